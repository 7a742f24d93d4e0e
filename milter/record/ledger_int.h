/* SPDX-License-Identifier: ISC */
/* What the files of the ledger share: its state, and the files' side of it. */
#ifndef HOPWARD_RECORD_LEDGER_INT_H
#define HOPWARD_RECORD_LEDGER_INT_H

#include <pthread.h>

#include "base/buf.h"
#include "record/ledger.h"

#define DAY_LEN		10			/* "2026-11-23" */
#define PREFIX_MAX	256			/* what comes before the body */
#define TORN_MAX	(LEDGER_BATCH_MAX + LEDGER_LINE_MAX)	/* a crash leaves one batch at most */

/* One caller's line, on its stack. */
struct entry {
	struct entry	*next;
	const char	*body;
	size_t		 len;
	char		 salt[2 * LEDGER_SALT_LEN + 1];
	char		 leaf[2 * LEDGER_LEAF_LEN + 1];
	char		 day[DAY_LEN + 1];
	uint64_t	 seq;
	int		 error;
	int		 done;
};

struct ledger {
	char			*directory;
	char			 stream[LEDGER_STREAM_MAX + 1];
	enum ledger_sync	 sync;
	uint64_t		 batch_us;
	int			 lock_fd;
	uint64_t		 torn;

	/* the writer's own once it runs */
	int			 fd;		/* -1: to be opened */
	char			 day[DAY_LEN + 1];
	off_t			 good;		/* octets of whole, answered lines */
	int			 dirty;		/* unanswered octets lie behind them, and could not be cut */
	uint64_t		 seq;		/* of the last line */
	struct buf		 batch;

	pthread_t		 thread;
	int			 started;
	pthread_mutex_t		 mutex;		/* guards all below */
	pthread_cond_t		 wake;		/* the writer's */
	pthread_cond_t		 done;		/* the callers' */
	struct entry		*head, **tail;
	int			 stop;
};

/* ---- ledger_file.c: of the writer alone; 0, or -1 with errno ---- */

/* The UTC day of a time. */
int	ledger_day(uint64_t ms, char out[DAY_LEN + 1]);
/* Exclusive, for the life of the ledger. */
int	ledger_lock(struct ledger *);
/* Goes back to the newest line there is, cuts what is torn; day and seq are then its. */
int	ledger_position(struct ledger *);
/* The file of `day`, the very one that its name leads to, ending where we left it. */
int	ledger_file_ready(struct ledger *, const char *day);
/* All or nothing: on failure the file ends where it ended before. */
int	ledger_file_write(struct ledger *, const char *p, size_t len);
void	ledger_file_close(struct ledger *);

#endif
