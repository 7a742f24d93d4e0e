/* SPDX-License-Identifier: ISC */
/* What the front needs of a mail filter library: three functions, so that only one file knows which library it is. */
#ifndef HOPWARD_FRONT_FILTER_H
#define HOPWARD_FRONT_FILTER_H

#include <stddef.h>
#include <sys/types.h>

#include "front/control.h"

struct filter_ops {
	/* Opens the socket (with no rights for anybody yet).  0, or -1 with err. */
	int	(*open)(struct front *, const char *spec, char *err, size_t errlen);
	/* Serves until stop; 0, or -1: it cannot go on. */
	int	(*run)(void);
	/* No new connections.  Returns at once; sessions go on. */
	void	(*stop)(void);
};

/*
 * The front's whole life; front_main() with the library's functions.  Never
 * returns.  In front.c.
 */
void	front_run(int ctl, struct front_settings *, const struct front_start *, struct front_stats *,
	    const struct front_hooks *, const struct filter_ops *) __attribute__((noreturn));

#endif
