/* SPDX-License-Identifier: ISC */
/* What the files of retention share: a directory's days, and one round's state. */
#ifndef HOPWARD_RECORD_RETAIN_INT_H
#define HOPWARD_RECORD_RETAIN_INT_H

#include <limits.h>

#include "record/retain.h"

#define RETAIN_DAY_LEN	10			/* "2026-11-23" */
#define RETAIN_DAY_MS	86400000ull

struct retain_day {
	char		 day[RETAIN_DAY_LEN + 1];
	uint64_t	 begin_ms;
	int		 plain, packed;		/* which of the two are there */
	uint64_t	 plain_size;		/* octets of text; 0: empty, or not there */
	uint64_t	 on_disk;		/* of both */
};

struct retain_days {
	struct retain_day *list;		/* from the oldest; those of different streams apart */
	size_t		 count;
};

/* The days of a stream, or of all (NULL), in the directory.  0 or -1 with errno; retain_days_free() either way. */
int	retain_days(int directory, const char *stream, struct retain_days *);
void	retain_days_free(struct retain_days *);
/* 1: the name is STREAM-DAY with one of the ends of a day's files; packed may be NULL. */
int	retain_name(const char *name, const char *stream, char day[RETAIN_DAY_LEN + 1], int *packed);
int	retain_day_text(uint64_t ms, char day[RETAIN_DAY_LEN + 1]);	/* 0 or -1 */

struct retain_round {
	const struct retain_job	*job;
	int			 dir;
	uint64_t		 now_ms;
	struct retain_days	 days;
	size_t			 free_below;	/* days of a smaller index may be touched */
};

int	retain_stopped(const struct retain_job *);
/* Appends an event to the stream, and makes it durable whatever the ledger's sync is.  0, or -1 after log_warn(). */
int	retain_event(struct retain_round *, const char *event, const char *const *pairs);
/* retain_expire.c: lets what is older than keep_ms go.  0, or -1 after log_warn(). */
int	retain_expire(struct retain_round *);

#endif
