/* SPDX-License-Identifier: ISC */
/* What becomes of a stream's files with time: compressed, expired, counted; and whether their disk lasts. */
#ifndef HOPWARD_RECORD_RETAIN_H
#define HOPWARD_RECORD_RETAIN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "record/ledger.h"
#include "record/reserve.h"

#define RETAIN_DAYS_PER_PASS	14	/* that expire at once: a clock that is wrong by years is noticed before all is gone */
#define RETAIN_FOREVER		UINT32_MAX

struct retain_settings {
	int		 compress;
	uint64_t	 keep_ms;		/* of a record, from the end of its day; 0: for ever */
	uint64_t	 totals_keep_ms;	/* of a day's totals; 0: for ever */
	uint64_t	 warn_ms;		/* so long before the disk is full there is a warning; 0: none */
	uint64_t	 reserve;		/* octets; 0: none */
	char		*group;			/* that may read records; NULL: what the directory has */
};

/*
 * Before the ledger is opened: the directory belongs to us (or root), and to nobody else to write; it and the
 * stream's files are closed to others, and open to the group of readers (set-group-ID on the directory gives it to
 * new files).  What is wrong is mended and said in the log.  0, or -1 with err: it cannot be mended.
 */
int	retain_check(const struct retain_settings *, const char *directory, const char *stream, char *err, size_t errlen);

/* Whose files, and how events about them are recorded.  All borrowed. */
struct retain_job {
	const struct retain_settings *set;
	const char	*directory, *stream, *gateway;
	int		 sealed;		/* the newest seal stays in a plain file: the chain is continued from it */
	struct ledger	*ledger;		/* the stream's, open: nobody else may do this */
	const atomic_int *stop;			/* not 0: leave off between two steps; may be NULL */
};
/*
 * One round: records a change of the settings (event "retention"); lets days expire, the oldest first; compresses
 * closed days.  Of a day that expires the lines of type seal and seal-init stay in STREAM-DAY.seals.jsonl and its
 * totals in totals-YYYY.jsonl; an event "expire" names its lines ("seq"), and is on disk before they are unlinked.
 * A day is closed an hour after its end; the newest file with lines is none.  0, or -1 after log_warn().
 */
int	retain_pass(const struct retain_job *, uint64_t now_ms);

struct retain_look {
	uint64_t	 free, size;		/* of the file system, for us */
	uint64_t	 octets;		/* of all streams' days on disk */
	uint64_t	 day_octets;		/* a day takes, of late; 0: not known */
	uint32_t	 days_left;		/* until the disk is full, with what expires until then; RETAIN_FOREVER: not in sight */
	uint32_t	 days;
	uint64_t	 oldest_ms;		/* when the oldest day began; 0: there is none */
	enum reserve_state reserve;
	int		 low;			/* days_left is below the warning */
};
/* Looks at the disk; the reserve is not its.  0 or -1 with errno. */
int	retain_look(const struct retain_settings *, const char *directory, uint64_t now_ms, struct retain_look *);

/* ---- the keeper: a thread that does all that, at once, every hour, and the reserve every minute ---- */

struct retain_hooks {
	void	(*told)(void *arg, const struct retain_look *);		/* may be NULL */
	void	(*expired)(void *arg, uint64_t before_ms);		/* each round, if records expire: what is of before; may be NULL */
	void	*arg;
};

struct retain;

/* Takes nothing; of the job all but the gateway, and the hooks' arg, must outlive it.  job->stop is its own.  0, or -1: errno. */
int	retain_start(const struct retain_job *, const struct retain_hooks *, struct retain **);
/* Leaves off at the next chunk of work and waits for it.  Before ledger_close().  NULL is fine. */
void	retain_stop(struct retain *);

#endif
