/* SPDX-License-Identifier: ISC */
/* The ordered list of rules about findings and attachments: what each asks, and whether it holds.  Pure. */
#ifndef HOPWARD_JUDGE_RULES_H
#define HOPWARD_JUDGE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"
#include "judge/name.h"

/*
 * Each finding of each part is held against the rules in order; the first whose
 * conditions all hold decides about this finding.  A rule that is only watched
 * is noted, and the next one that holds decides.  Findings of the message as a
 * whole (ambiguous, a scan that failed) have no part: conditions about parts
 * never hold for them, nor for part "0", the raw message.
 *
 * A rule that names neither an outcome nor a signature is about what was found in
 * content, but not about what is infected: an allow list must not let malware
 * through because nobody thought of it.
 */

#define RULES_MAX	64		/* bits of a rule_mask */
#define RULE_NAME_MAX	32		/* "rule.NAME" is the rule in records */

typedef uint64_t rule_mask;

struct rule {
	char		*name;		/* a word, unique */
	/* when: all that is set must hold; of a list any entry.  Lists are NULL-terminated, NULL: not asked */
	uint32_t	 outcomes;	/* bit of each enum outcome; 0: not asked */
	uint32_t	 classes;	/* bit of each enum traffic_class; 0: not asked */
	char		**signatures;	/* patterns */
	char		**extensions;	/* of any reading of any name; lower case, no dot */
	char		**extensions_not; /* the part has a name, and some reading of it has none of these */
	char		**names;	/* patterns, on every reading */
	char		**types;	/* declared: patterns, lower case */
	char		**real_types;	/* patterns */
	char		**containers;	/* real type of the container in which the member is: patterns */
	char		**reasons;	/* the walker's tokens: patterns */
	char		**partners;	/* names; of those confirmed to be the sender */
	char		**senders;	/* domains with those below, or addresses; as MAIL FROM says */
	char		**recipients;	/* domains with those below, or addresses; asked for each recipient */
	int		 member;	/* 1: a member of a container, 0: none, -1: not asked */
	int		 encrypted;	/* likewise */
	uint64_t	 larger;	/* more than so many octets; 0: not asked */
	uint32_t	 deeper;	/* inside more than so many mails and containers; 0: not asked */
	uint32_t	 members;	/* a container of more than so many members; 0: not asked */
	uint32_t	 expansion;	/* a container whose members are together more than so many times its size */
	/* then: one of the two */
	int		 has_action;
	int		 action;	/* enum action */
	int		 watch;
	enum outcome	 outcome;	/* it is one of these, and is treated as such */
	unsigned int	 line;		/* of the configuration */
};

struct rules {
	struct rule	*list;
	size_t		 count;
};

void	rules_free(struct rules *);	/* members */
/*
 * Rules that can never do what they say: the first such one's place in the
 * list, with why in `why`; or -1.  An earlier rule that is always first counts.
 */
int	rules_check(const struct rules *, char *why, size_t);

/* ---- whether they hold ---- */

/* Of a message: what its rules are asked with. */
struct rules_message {
	const struct rules	*rules;
	const struct message_facts *facts;
	unsigned int		 class;		/* enum traffic_class */
	const char *const	*partners;	/* names of those confirmed */
	size_t			 partners_count;
	rule_mask		 mask;		/* rules of which all that is asked of the message holds */
};

/* A part with what is worked out once for all rules. */
struct rules_part {
	const struct part	*part;
	struct name_readings	 names;
	const char		*container;	/* real type of its container; NULL */
	uint32_t		 depth;
	uint32_t		 members;	/* in it */
	uint64_t		 members_size;
	rule_mask		 mask;		/* rules of which all that is asked of the message and the part holds */
};

/* Fills mask from the other members.  Recipients are not asked here. */
void	rules_message(struct rules_message *);
/* The rules that hold for mail to this recipient (NULL: nobody knows to whom), recipients being all that is asked. */
rule_mask rules_recipient(const struct rules *, const char *address);
/* Those that ask for recipients: if none does, all recipients are treated alike. */
rule_mask rules_with_recipients(const struct rules *);
/* The rules that ask something of a part: the others are about a part in which nothing was found only as the message, "0". */
rule_mask rules_of_parts(const struct rules *);
/* Fills part's mask; its other members are given.  NULL part: a finding of the message. */
void	rules_part(const struct rules_message *, struct rules_part *);
/* Of the part's mask (NULL: of the message's), those that are about this finding. */
rule_mask rules_finding(const struct rules_message *, const struct rules_part *, enum outcome, const char *signature);

/* How deep a part lies: mails and containers around it, by its path. */
uint32_t part_depth(const char *path);

#endif
