/* SPDX-License-Identifier: ISC */
/* Where collect stopped: the state file, and the last line of the stream that it writes. */
#ifndef HOPWARD_CTL_RESUME_H
#define HOPWARD_CTL_RESUME_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/follow.h"
#include "judge/outbound.h"

#define RESUME_LOGS	64	/* files that are remembered; the one not read for longest goes */
#define RESUME_VERSION	1

/* A file, and how far it was read. */
struct resume_log {
	char		 id[FOLLOW_ID_LEN + 1];
	char		*path;		/* under which it was asked for */
	uint64_t	 at;
	uint64_t	 time_ms;	/* of its last line with a known time */
};

struct resume {
	struct resume_log	 logs[RESUME_LOGS];	/* from the one read last */
	size_t			 count;
	uint64_t		 journal_us;	/* time of the last line of the journal */
	uint64_t		 journal_lines;	/* how many lines of that time were read */
};

void	resume_free(struct resume *);	/* members only */
/* Brought to the front, or added there; NULL: no memory. */
struct resume_log *resume_log_get(struct resume *, const char *id, const char *path);
const struct resume_log *resume_log_find(const struct resume *, const char *id);
/* The one read last under this path, or NULL. */
const struct resume_log *resume_log_last(const struct resume *, const char *path);

/* Reads the state file, the joiner's state too.  0, 1: there is none, -1 with err. */
int	resume_load(const char *file, struct resume *, struct outbound *, char *err, size_t errlen);
/* Writes it: whole or not at all, durable. 0 or -1 with err. */
int	resume_save(const char *file, const struct resume *, struct outbound *, char *err, size_t errlen);

/*
 * The source of the last delivery in the stream's newest files; id "" if there is none.  *count: how many at the end have
 * that same source, as lines of the journal may.
 */
void	resume_tail(const char *directory, const char *stream, char id[FOLLOW_ID_LEN + 1], uint64_t *at, uint64_t *count);
/* Makes what was written to the stream durable.  0 or -1 with errno. */
int	resume_sync(const char *directory, const char *stream);

#endif
