/* SPDX-License-Identifier: ISC */
/* Verdict -> what is to be done to the message, as plain data that the filter carries out. */
#ifndef HOPWARD_FRONT_ANSWER_H
#define HOPWARD_FRONT_ANSWER_H

#include <stddef.h>

#include "front/front.h"

/* ---- fields of the message that may have to go, gathered while its header arrives ---- */

/* Forged fields kept track of in one message; more of them is no mail. */
#define SEEN_MAX	4096

struct seen_field {
	char		*name;		/* as written */
	unsigned int	 order;		/* of arrival, among these */
	unsigned int	 index;		/* among fields of that name, from 1, as milters count; 0: to be found */
};
struct seen {
	struct seen_field *fields;
	size_t		 count, size;
	unsigned int	 auth_results;	/* Authentication-Results so far, all of them */
	char		*subject;	/* value of the first one; NULL */
	int		 overflow;	/* more than SEEN_MAX, or no memory: not all of them are known */
};

/* One field, as the MTA gave it.  authserv_id: ours. */
void	seen_add(struct seen *, const char *name, const char *value, const char *authserv_id, int header_virus);
void	seen_free(struct seen *);	/* frees members */
/* 1 if an Authentication-Results value (RFC 8601) was written under `authserv_id`. */
int	answer_is_ours(const char *value, const char *authserv_id);

/* ---- the answer ---- */

enum edit_kind {
	EDIT_DELETE,	/* field `name`, the index-th of that name */
	EDIT_INSERT,	/* at position index of the header */
	EDIT_CHANGE	/* value of field `name`, the index-th of that name */
};
struct edit {
	enum edit_kind	 kind;
	char		*name;
	int		 index;
	char		*value;		/* NULL for EDIT_DELETE; begins with a space where the MTA wants it so */
};

enum answer_status { ANSWER_CONTINUE, ANSWER_TEMPFAIL, ANSWER_REJECT, ANSWER_DISCARD };

/* What the MTA agreed to. */
#define ANSWER_CAN_ADD		1
#define ANSWER_CAN_CHANGE	2
#define ANSWER_CAN_HOLD		4
#define ANSWER_LEADSPC		8	/* header values carry their own leading space */

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
 * the answer owns its strings.  0, or -1: no memory, and nothing may be promised.
 */
int	answer_make(struct answer *, const struct front_settings *, const struct message_facts *,
	    const struct verdict *, struct seen *, unsigned int caps);
/* An answer without a verdict: our own fault.  text: see struct answer, '%' not yet doubled. */
void	answer_tempfail(struct answer *, const char *code, const char *xcode, const char *text);
void	answer_free(struct answer *);	/* frees members */

#endif
