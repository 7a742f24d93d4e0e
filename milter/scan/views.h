/* SPDX-License-Identifier: ISC */
/* The further readings of one message: what mail programs could see in it that do not read it strictly. */
#ifndef HOPWARD_SCAN_VIEWS_H
#define HOPWARD_SCAN_VIEWS_H

#include <stddef.h>
#include <stdint.h>

#include "scan/decode.h"
#include "scan/ranges.h"

/* Where an object was seen first. */
#define VIEWS(X)							\
	X(STRICT, "strict")	/* RFC 2045-2049; mime.h, not here */	\
	X(EXACT, "exact")	/* split at each line that is some boundary of the message */ \
	X(GENERIC, "generic")	/* split at each line that begins with "--" */ \
	X(JOINED, "joined")	/* lines of "--" behind which no part begins passed over */ \
	X(CR, "cr")		/* all of these, with a lone CR as the end of a line */ \
	X(INLINE, "inline")	/* uuencode, yEnc, BinHex in the middle of text */
enum view {
#define X(e, s) VIEW_##e,
	VIEWS(X)
#undef X
	VIEW_MAX
};
const char	*view_str(enum view);

struct views_limits {
	uint64_t	 objects;	/* handed out, repeated ones among them */
	uint64_t	 decoded;	/* octets of them */
	uint64_t	 boundaries;	/* candidates */
	uint64_t	 work;		/* octets looked at for what they could be, and given to decoders, each time they are */
};

/* Memory is the reader's and good during the call only. */
struct view_object {
	const uint8_t	*data;
	size_t		 len;
	enum view	 view;
	enum decode_kind decode;
	const char	*format;	/* "binhex" where no decode_kind names it; else NULL */
	size_t		 raw, raw_len;	/* where it stands in the message */
	const uint8_t	*head;		/* the header-like lines before it, for names; NULL */
	size_t		 head_len;
};
typedef int (*view_cb)(void *arg, const struct view_object *);	/* 0: go on; else stop and return it */

struct views_report {
	const char	*limit;		/* first bound that was reached, "mime.max_boundaries"...; NULL */
	uint64_t	 objects, decoded, work;
	uint64_t	 mask;		/* REASON() bits: of delimiters and line ends */
	int		 views[VIEW_MAX];	/* 1: that reading was made */
};

/*
 * Reads msg[0..len) in each view and hands out every object that ranges does
 * not hold as plain; who calls drops those with octets he has seen (most).
 * No cross product: each region of a view is read once, from at most a few
 * starts, by each decoder that its content or its header calls for.  Linear
 * time, no recursion; memory: two buffers of the message's size.
 * Returns 0, the callback's value, or -1: no memory.
 */
int	views_walk(const uint8_t *msg, size_t len, struct ranges *, const struct views_limits *, view_cb, void *arg,
	    struct views_report *);

/* 1 if the octets begin like a mail message or a part of one: then they are worth a walk of their own. */
int	views_mail_like(const uint8_t *, size_t);

#endif
