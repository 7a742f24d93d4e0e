/* SPDX-License-Identifier: ISC */
/* What is said of a message's MIME ambiguity: its field, and each token in a sentence.  Pure. */
#ifndef HOPWARD_JUDGE_AMBIGUITY_H
#define HOPWARD_JUDGE_AMBIGUITY_H

#include "base/buf.h"
#include "judge/facts.h"

/* Octets of a field's value: RFC 5322 allows a line of 998.  All tokens of today together are fewer. */
#define AMBIGUITY_FIELD_MAX	900

/*
 * From which class on the field is written.  A value above AMBIGUITY_LIMIT: never.
 */
#define AMBIGUITY_FIELD_NEVER	(AMBIGUITY_LIMIT + 1)

/*
 * Appends the value of X-Hopward-MIME, "hard; views=4; objects=7;
 * reasons=CT-DUP,B64-PAD-MID"; tokens that do not fit are counted, "; more=3".
 * Nothing of it is the message's: the tokens are the walker's.  1, or 0: the
 * message is not ambiguous enough to be told so, nothing was written.
 */
int	ambiguity_field(const struct scan_result *, int from, struct buf *);
/* Objects of all readings; members of containers are not counted, nor the message itself. */
uint32_t ambiguity_objects(const struct scan_result *);

/* All tokens of the walker (scan/reasons.h; a test compares), one sentence each, in its order.  Ends with a NULL token. */
struct ambiguity_meaning {
	const char	*token;
	const char	*grave;		/* "soft", "hard", "soft or hard" */
	const char	*sentence;	/* without its full stop */
};
extern const struct ambiguity_meaning	ambiguity_meanings[];
/* Of one token; NULL: a newer walker's. */
const struct ambiguity_meaning *ambiguity_meaning(const char *token);

#endif
