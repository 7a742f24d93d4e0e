/* SPDX-License-Identifier: ISC */
/* What "except" and "mode" share: how long, who asks, and the talk with the daemon. */
#ifndef HOPWARD_CTL_EXCEPT_H
#define HOPWARD_CTL_EXCEPT_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "judge/exception.h"

/* "24h" from now, or a time as when_parse() reads it; a day means its end.  0, or -1 with what is wanted in err. */
int	except_until(const char *, int64_t *until, char *err, size_t errlen);
/*
 * Tells the daemon.  EX_OK: it is done, and *answer is what it said (json_decref).
 * Otherwise the reason has been told, and the code is what to exit with.
 */
int	except_tell(const struct ctl *, const char *socket, const char *command, const char *what, const char *reason,
	    json_t **answer);
/*
 * The policy of the configuration becomes what the daemon judges by: with the
 * exceptions and the mode of exceptions.file, into x (exceptions_free() after the
 * configuration's end).  A file that is not there or not ours to read is none.
 */
void	except_apply(struct conf *, struct exceptions *x);
/* "until 2026-12-02 03:10:00 (23 h 50 min left)" */
void	except_put_until(struct buf *, int64_t until);

#endif
