/* SPDX-License-Identifier: ISC */
/* One line of a file of records -> what a verifier asks of it: seq, leaf, whether the leaf is the body's, and the seal in it. */
#ifndef HOPWARD_RECORD_LINE_H
#define HOPWARD_RECORD_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "record/ledger.h"
#include "record/seal.h"

#define LINE_DEPTH_MAX	64	/* of nested JSON; what hopward writes has half of it at most (base/json.h) */
#define LINE_RANGES_MAX	4096	/* ranges of seq that one event names; more are no event of ours */

enum line_state {
	LINE_GOOD,
	LINE_LEAF,		/* a line of ours by its form, but its leaf is not that of its body */
	LINE_ERASED,		/* seq, stream and leaf are left of it */
	LINE_BAD		/* no line of ours; `why` */
};

enum line_type { LINE_OTHER, LINE_MESSAGE, LINE_DELIVERY, LINE_EVENT, LINE_SEAL_INIT, LINE_SEAL };
enum line_event { EVENT_OTHER, EVENT_START, EVENT_STOP, EVENT_TORN, EVENT_ERASE, EVENT_EXPIRE, EVENT_ANCHOR };

struct line_text {
	const char	*p;		/* into the line, as written there, escapes and all; NULL: not there */
	size_t		 len;
};

struct line_range {
	uint64_t	 first, last;
};

struct line {
	enum line_state	 state;
	const char	*why;		/* BAD; static */
	uint64_t	 seq;		/* 0: cannot be read */
	char		 stream[LEDGER_STREAM_MAX + 1];
	uint8_t		 leaf[LEDGER_LEAF_LEN];		/* as it says */
	uint8_t		 made[LEDGER_LEAF_LEN];		/* of LEAF: that of its body */
	/* of the body; zero where it is gone or no JSON */
	enum line_type	 type;
	enum line_event	 event;
	uint64_t	 schema, time_ms;
	struct line_text queue_id, gateway;
	int		 sealed;	/* SEAL: seal is filled; SEAL_INIT: public_1 is */
	struct seal	 seal;		/* its seq is the line's */
	uint8_t		 public_1[SEAL_KEY_LEN];
	uint64_t	 torn;		/* TORN: octets that were cut off */
	/* ERASE, EXPIRE: what it names, malloc'ed; see line_read() */
	struct line_range *ranges;
	size_t		 ranges_count;
};

struct line_hash;		/* what a leaf is made with; one a thread */
struct line_hash *line_hash_new(void);		/* NULL: no memory */
void	line_hash_free(struct line_hash *);

/*
 * Reads a line without its newline.  quick: of seals and events alone the leaf is compared and the body read.
 * An event "erase" or "expire" names lines of its own stream in the members of its
 * data whose keys begin with "seq": "12", "12-40", "12,15-18,40"; a number too.
 * The texts point into the line.  line_free() afterwards; 0, or -1: no memory.
 */
int	line_read(struct line_hash *, const char *text, size_t len, int quick, struct line *);
void	line_free(struct line *);	/* members */

#endif
