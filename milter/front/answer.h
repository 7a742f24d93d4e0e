/* SPDX-License-Identifier: ISC */
/* Verdict -> what is to be done to the message, as plain data that the filter carries out. */
#ifndef HOPWARD_FRONT_ANSWER_H
#define HOPWARD_FRONT_ANSWER_H

#include <stddef.h>

#include "front/front.h"

/* ---- fields of the message that may have to go, gathered while its header arrives ---- */

/*
 * Bounds of what is remembered.  Mail has none of these fields or a few; where a
 * bound is reached not all forgeries are known, so the message must be refused.
 */
#define SEEN_NAMES_MAX	64		/* distinct names: ours are a handful, and each field is looked for among them */
#define SEEN_NAME_MAX	256		/* octets of such a name */
#define SEEN_INDEX_MAX	10000	/* fields of one name; Postfix 3.7 takes 7 s to delete so many, and four times that for twice as many */

struct seen_name {
	char		*name;		/* as written first */
	unsigned int	 count;		/* fields of that name; all of them go */
};
struct seen {
	struct seen_name names[SEEN_NAMES_MAX];	/* X-Hopward-* and X-Virus-* */
	size_t		 count;
	unsigned int	 auth_results;	/* Authentication-Results so far, all of them; stops behind SEEN_INDEX_MAX */
	unsigned int	 auth_last;	/* the last one that is ours, from 1; 0: none */
	unsigned char	*auth_ours;	/* which of them are ours: bit n - 1 is the n-th; NULL */
	size_t		 auth_size;	/* octets of it */
	char		*subject;	/* value of the first one; NULL */
	int		 overflow;	/* a bound above was reached: not all of them are known */
};

/* One field, as the MTA gave it.  authserv_id: ours.  0, or -1: no memory, and the answer cannot be made. */
int	seen_add(struct seen *, const char *name, const char *value, const char *authserv_id, int header_virus);
void	seen_free(struct seen *);	/* frees members */
/* 1 if an Authentication-Results value (RFC 8601) was written under `authserv_id`. */
int	answer_is_ours(const char *value, const char *authserv_id);

/* ---- the answer ---- */

enum edit_kind {
	EDIT_DELETE,	/* fields `name`, from the index-th of that name down to the first; see edit_next() */
	EDIT_INSERT,	/* at position index of the header */
	EDIT_CHANGE	/* value of field `name`, the index-th of that name */
};
struct edit {
	enum edit_kind	 kind;
	char		*name;
	int		 index;
	char		*value;		/* NULL for EDIT_DELETE; begins with a space where the MTA wants it so */
	unsigned char	*only;		/* EDIT_DELETE of some: bit n - 1 tells if the n-th goes; NULL: all go */
};

/*
 * The numbers at which an edit is to be carried out, one after the other.
 * after: the one before, 0 at first.  0: no more.
 */
int	edit_next(const struct edit *, int after);

enum answer_status { ANSWER_CONTINUE, ANSWER_TEMPFAIL, ANSWER_REJECT, ANSWER_DISCARD };

/* What the MTA agreed to. */
#define ANSWER_CAN_ADD		1
#define ANSWER_CAN_CHANGE	2
#define ANSWER_CAN_HOLD		4
#define ANSWER_LEADSPC		8	/* header values carry their own leading space */
#define ANSWER_AT_MAIL		16	/* it waits for an answer to MAIL; elsewhere none may be given there */
#define ANSWER_AT_RCPT		32

#define ANSWER_TEXT_MAX	512

struct answer {
	struct edit	*edits;		/* in the order in which they are to be carried out */
	size_t		 count, size;
	char		 hold[128];	/* reason of a quarantine; "" if none */
	char		 code[4];	/* "550"; "" if the MTA may use its own words */
	char		 xcode[8];
	char		 text[ANSWER_TEXT_MAX + 1];	/* '%' already doubled, no CR, no LF */
	enum answer_status status;
};

/*
 * Turns a verdict into an answer.  `caps` as above: what the MTA did not offer
 * is left out (who calls has degraded the verdict before).  Borrows all;
 * the answer owns its strings, and takes seen->auth_ours.  0, or -1: no memory, and nothing may be promised.
 */
int	answer_make(struct answer *, const struct front_settings *, const struct message_facts *,
	    const struct verdict *, struct seen *, unsigned int caps);
/* An answer without a verdict: our own fault.  text: see struct answer, '%' not yet doubled. */
void	answer_tempfail(struct answer *, const char *code, const char *xcode, const char *text);
void	answer_free(struct answer *);	/* frees members */

#endif
