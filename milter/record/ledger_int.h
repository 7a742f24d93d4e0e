/* SPDX-License-Identifier: ISC */
/* What the files of the ledger share: its state, and the files' side of it. */
#ifndef HOPWARD_RECORD_LEDGER_INT_H
#define HOPWARD_RECORD_LEDGER_INT_H

#include <pthread.h>

#include "base/buf.h"
#include "record/ledger.h"
#include "record/seal.h"

#define DAY_LEN		10			/* "2026-11-23" */
#define PREFIX_MAX	256			/* what comes before the body */
#define TORN_MAX	(LEDGER_BATCH_MAX + LEDGER_LINE_MAX)	/* a crash leaves one batch at most */

/* One caller's line, on its stack. */
enum entry_kind { ENTRY_LINE, ENTRY_INIT, ENTRY_SEAL };
struct entry {
	struct entry	*next;
	enum entry_kind	 kind;
	const char	*body;		/* of a seal: the writer's own, made when its seq is known */
	size_t		 len;
	char		 salt[2 * LEDGER_SALT_LEN + 1];
	char		 leaf[2 * LEDGER_LEAF_LEN + 1];
	uint8_t		 hash[LEDGER_LEAF_LEN];	/* the leaf's octets */
	char		 day[DAY_LEN + 1];
	uint64_t	 seq;
	int		 error;
	int		 done;
	/* of a seal */
	uint64_t	 time_ms;
	struct seal_chain after;	/* with it */
	char		 why[256];	/* it failed */
};

/* The chain as of the last line, and the running epoch's part in it. */
struct position {
	struct seal_chain chain;
	uint64_t	 base;		/* seq of the last seal, or of the line before "seal-init" */
	uint64_t	 sealed_ms;	/* its time */
	uint64_t	 epoch;		/* that runs */
	uint8_t		 public_key[SEAL_KEY_LEN];	/* of it */
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
	struct position		 at;		/* if sealed */
	struct buf		 seal_body;
	uint64_t		 torn_told;

	/* of who seals: the opening thread, the sealer, the closing one, one after another */
	struct seal_keys	*keys;		/* NULL: not sealed */
	char			*gateway;
	uint64_t		 epoch_ms;
	int			 anchor;
	int			 advance_due;	/* a seal is on disk whose key is not destroyed yet */
	int			 failing;	/* said so */
	uint64_t		 last_ms;	/* time of the last seal */
	pthread_t		 sealer;
	int			 sealer_started, sealer_stop;	/* stop: under the mutex */
	pthread_cond_t		 due;

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
int	ledger_file_write(struct ledger *, const char *p, size_t len, int sync);
void	ledger_file_close(struct ledger *);
/* The newest day with a file that is older than `before` ("" : any).  1 found, 0 none, -1. */
int	ledger_newest_day(const struct ledger *, const char *before, char day[DAY_LEN + 1]);
/* malloc'ed; NULL: no memory. */
char	*ledger_path(const struct ledger *, const char *day);
/* Offset of the line that ends at `end` (exclusive, behind its newline or not); -1: errno, or EFBIG for no such line. */
off_t	ledger_line_start(int fd, off_t end);
/* Is the text at [start, end) a whole line of ours?  After a power cut a block may hold NULs instead. */
int	ledger_line_whole(const struct ledger *, int fd, off_t start, off_t end, uint64_t *seq);

/* ---- ledger.c ---- */

/* Salt and leaf of its body.  0, or -1 with errno. */
int	ledger_entry_hash(struct entry *);
/* Gives it to the writer and waits.  0, or -1 with errno. */
int	ledger_enqueue(struct ledger *, struct entry *);
/* Writes the entries from `first` up to `end` (exclusive), all of one day: of the writer, or while there is none. */
int	ledger_commit(struct ledger *, struct entry *first, const struct entry *end);

/* ---- ledger_chain.c: where the chain is, from the files; reads only ---- */

#define LEDGER_SCAN_MAX	16000000	/* lines behind a seal: those of 6 hours at 740 a second */
/* At most `lines` are looked at; sync: what is read must not go away in a crash.  1; 0: no seal in them; -1 with errno. */
int	ledger_chain_find(const struct ledger *, uint64_t lines, int sync, struct position *);

/* ---- ledger_seal.c ---- */

/* With today's file open and no writer yet: continues or begins the chain, closes what was left open.  0 or -1 with err. */
int	ledger_seal_open(struct ledger *, const struct ledger_settings *, char *err, size_t errlen);
/* The event of what was cut since the last such: of the writer, or while there is none.  0 or -1. */
int	ledger_torn_tell(struct ledger *);
/* The body of a seal that will be line e->seq.  0, or -1 with errno and e->why. */
int	ledger_seal_line(struct ledger *, struct entry *, const struct position *);
int	ledger_sealer_start(struct ledger *);	/* 0, or -1 with errno */
/* Stops the sealer and, with the writer still there, seals for the last time. */
void	ledger_sealer_stop(struct ledger *);

#endif
