/* SPDX-License-Identifier: ISC */
/* What the verifier's files share: its state, and how a finding is told. */
#ifndef HOPWARD_RECORD_VERIFY_INT_H
#define HOPWARD_RECORD_VERIFY_INT_H

#include "record/verify.h"

/* A line of a file; file -1: none. */
struct place {
	int32_t		 file;
	uint64_t	 number;
};

struct item {
	struct line	 line;
	struct place	 at;
};

/* Lines that are not there; empty where first > last. */
struct gap {
	uint64_t	 first, last;
	uint64_t	 back;		/* so many inside it were found elsewhere */
	struct place	 before, after;	/* the lines around it */
	uint64_t	 time_ms;	/* of the line behind it; 0: not known */
};

/* A line that was erased, until a later one says so; seq 0: it did. */
struct erased {
	uint64_t	 seq;
	struct place	 at;
};

/* Lines in a row of which one thing is to be said. */
struct run {
	int		 open;
	enum verify_kind kind;
	struct place	 at;
	uint64_t	 last, seq, seq_last;
	char		 said[VERIFY_SAID_MAX];
};

struct pending {
	struct place	 at;
	uint64_t	 last;
	const char	*why;
};

enum key_state {
	KEY_NONE,
	KEY_SHAKY,		/* named by a line that is not proved itself */
	KEY_GOOD		/* named by the seal before, in an unbroken row from the first */
};

struct verify {
	struct verify_settings	 set;
	struct line_hash	*hash;
	struct verify_report	 r;
	char			**files;
	size_t			 files_count;
	int			 quick, oom;

	/* the order of lines */
	uint64_t		 next;		/* the seq that is due */
	int			 begun;		/* a line was taken */
	struct place		 last;		/* the line that was taken last */
	int			 holding;
	struct item		 held;		/* it is out of order: the next one tells how */
	int			 torn;		/* a line without its end: good as a file's last alone */
	struct item		 torn_item;
	struct gap		*gaps;
	size_t			 gaps_count, gaps_size;
	struct erased		*erased;
	size_t			 erased_count, erased_size;
	struct item		*early;		/* lines in front of their places */
	size_t			 early_count;
	struct run		 run;
	struct pending		 bad[VERIFY_PENDING_MAX];
	size_t			 bad_count;
	uint64_t		 bad_lines;
	int			 limit_said;

	/* the chain */
	struct seal_chain	 chain, alt;	/* alt: with the leaves as they are made where they differ */
	int			 known, alt_on;
	int			 damage;	/* something is said of the epoch already */
	int			 epoch_quick;
	struct place		 epoch_at, epoch_to;	/* its first line, and the last of it in the same file */
	uint64_t		 epoch_first, base;	/* base: seq of the seal before */
	int			 based;		/* it is known */
	uint64_t		 epoch;		/* the one that is due */
	enum key_state		 key_state;
	uint8_t			 key[SEAL_KEY_LEN];
	int			 headless;	/* no seal-init, but seals */
	uint64_t		 seal_ms;
	size_t			 anchor;	/* the next one */
	int			 stopped, started;
};

/* ---- verify.c ---- */

/* Says it, and counts it.  printf's. */
void	verify_say(struct verify *, enum verify_kind, struct place, uint64_t seq, uint64_t seq_last, const char *, ...)
	    __attribute__((format(printf, 6, 7)));
/* That lines from here to there were altered; where that is another file, `said` tells. */
void	verify_say_lines(struct verify *, struct place from, struct place to, uint64_t seq, uint64_t seq_last, const char *said);
const char *verify_file_name(const struct verify *, struct place);

/* ---- verify_seal.c: what a line in its place, with seq q, means for the chain ---- */

void	verify_seal_take(struct verify *, const struct item *, uint64_t q);
/* Lines are not there, so the chain is not known up to the next seal. */
void	verify_seal_gap(struct verify *);
/* The seq that a seal was signed with, by the seal before it, whatever its line says; 0: not known, or no seal. */
uint64_t verify_seal_place(const struct verify *, const struct item *);
void	verify_seal_end(struct verify *);

#endif
