/* SPDX-License-Identifier: ISC */
/* Every reading of one message, every object of any of them once. */
#ifndef HOPWARD_SCAN_WALK_H
#define HOPWARD_SCAN_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"
#include "scan/decode.h"
#include "scan/reasons.h"
#include "scan/views.h"

struct walk_limits {
	uint64_t max_depth, max_parts, max_header_bytes, max_decoded, max_boundaries;
};

/* All memory is the walker's and good during the call only. */
struct walk_object {
	/*
	 * Of the strict reading as in mime.h; "exact:3" is the third object that
	 * only another view has.  Within a mail that was itself decoded, "2>1.1".
	 */
	const char	*path;
	const char	*name;		/* in UTF-8, or NULL */
	const char	*names;		/* further ones that some reader shows, LF between them; NULL */
	const char	*type;		/* declared, in lower case; NULL in other views */
	const uint8_t	*data;
	size_t		 len;
	uint8_t		 sha256[32];	/* of them */
	enum view	 view;
	enum decode_kind decode;
	const char	*format;	/* as in views.h */
	size_t		 raw, raw_len;	/* where it stands in its mail */
	unsigned int	 depth;		/* decoded mails around it */
	uint64_t	 first;		/* number (from 0, in the order of calls) of the first object with these octets; its own: it is new */
};
/* Objects of the strict reading are all handed out; those of other views only if their octets are new, or a name of them. */
typedef int (*walk_cb)(void *arg, const struct walk_object *);	/* 0: go on; else stop and return it */

struct walk_report {
	enum ambiguity	 ambiguity;
	const char	*limit;			/* first bound that was reached ("mime.max_depth"...); NULL */
	const char	*reasons[REASONS_MAX];	/* static tokens */
	size_t		 reasons_count;
	uint64_t	 objects;		/* handed out */
	uint64_t	 extra;			/* of them in no strict reading */
	unsigned int	 views;			/* readings made */
};

/*
 * Walks msg[0..len): strictly, then in all other views; then each decoded
 * object that is mail itself, from a queue.  Linear time for each mail, no recursion on
 * input; memory bounded by the limits.  Returns 0, the callback's value, or -1: no memory.
 */
int	walk_message(const uint8_t *msg, size_t len, const struct walk_limits *, walk_cb, void *arg, struct walk_report *);

#endif
