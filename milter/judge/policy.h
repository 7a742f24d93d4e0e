/* SPDX-License-Identifier: ISC */
/* Facts -> verdict.  Pure: no clock, no I/O, no library; the same for live mail, a file and last month's records. */
#ifndef HOPWARD_JUDGE_POLICY_H
#define HOPWARD_JUDGE_POLICY_H

#include "judge/exception.h"
#include "judge/facts.h"
#include "judge/hops.h"
#include "judge/partner.h"
#include "judge/route.h"
#include "judge/rules.h"

/* From the mildest to the strictest. */
#define ACTIONS(X)							\
	X(ACCEPT, "accept") X(TAG, "tag") X(QUARANTINE, "quarantine")	\
	X(TEMPFAIL, "tempfail") X(REJECT, "reject") X(DISCARD, "discard")
enum action {
#define X(e, s) ACTION_##e,
	ACTIONS(X)
#undef X
	ACTION_MAX
};

#define CLASSES(X) X(MX, "mx") X(SUBMISSION, "submission") X(RELAY, "relay") X(LOCAL, "local")
enum traffic_class {
#define X(e, s) CLASS_##e,
	CLASSES(X)
#undef X
	CLASS_MAX
};

const char	*action_str(enum action);
const char	*class_str(enum traffic_class);

/* An action as configured: "reject", or "watch:reject" (recorded as what would have been done). */
struct policy_action {
	enum action	action;
	int		watch;
};
int	policy_action_parse(const char *, struct policy_action *);	/* 0 or -1 */

struct policy {
	int			 observe;	/* mode = "observe": every action is watched */
	struct policy_action	 actions[CLASS_MAX][OUTCOME_MAX];
	struct cidr_list	 internal;	/* class relay; and Received fields written there are believed */
	const struct exceptions	*exceptions;	/* borrowed, see policy_with(); NULL: none */
	const struct profile	*profile;	/* by which hops are graded; borrowed; NULL: they are not */
	char			**submission_daemons;	/* {daemon_name}s, NULL-terminated */
	char			**proxied_listeners;	/* "ADDR:PORT", ":PORT" or a {daemon_name}; TLS ends before the MTA */
	struct partners		 partners;
	char			**trusted_authserv_ids;	/* whose Authentication-Results are believed; NULL-terminated, lower case */
	char			**blocked_extensions;	/* lower case, no dot, NULL-terminated */
	int			 misnamed;	/* attach_misnamed() makes a part BLOCKED */
	struct rules		 rules;		/* asked before the actions, the first that holds decides */
	/* words people see */
	char			*contact;	/* in every refusal: an https URL or a mail address */
	int			 name_signature;	/* tell the signature's name in replies */
	char			*submission_text;	/* human sentence for submission refusals, or NULL */
};

/* The shipped defaults for actions and words; everything else empty.  policy_free() frees members only. */
int	policy_init(struct policy *);		/* 0, or -1: no memory */
void	policy_free(struct policy *);
/*
 * Tempfail where a retry cannot change the outcome (infected, pua, encrypted,
 * macro, blocked, ambiguous, limit, unopened).  Returns the first such cell as
 * "mx.encrypted", or NULL.
 */
int	policy_check(const struct policy *, char *where, size_t);	/* 0, or -1 with where filled */

/*
 * The policy as it is at that time, with what the file of exceptions says: a
 * shallow copy for one judgement, never freed.  Both must outlive the verdict.
 * "mode observe" in force sets observe.  x may be NULL.
 */
void	policy_with(const struct policy *, const struct exceptions *x, int64_t now, struct policy *copy);

#define EXCEPTION_HITS_MAX	8	/* listed; more are counted */

/* A finding that an exception took out.  Texts of the exception are copied: it may end before the record is written. */
struct exception_hit {
	char			 id[EXCEPTION_ID_MAX + 1];
	char			 reason[EXCEPTION_REASON_MAX + 1];
	enum outcome		 outcome;	/* what the finding was */
	const char		*signature;	/* borrowed from the facts; NULL */
	const char		*path;		/* of the first such part; NULL: of the message */
	uint32_t		 findings;	/* so many alike */
};

/* What the judge thought of one part. */
struct part_judged {
	const char		*why;	/* of BLOCKED: the entry of the list, how it is misnamed, or the rule's name; NULL */
	const char		*rule;	/* name of the rule that decided about it; NULL: the table of actions */
};

/* What would be done if the message were for these recipients alone. */
struct recipient_result {
	uint32_t		 rcpts;
	enum action		 action, would;
	char			 rule[48], would_rule[48];
};

struct verdict {
	enum traffic_class	 class;
	const char		*class_why;	/* e.g. "auth_type", "daemon_name", "internal network", "simulated events", "default" */
	struct hop		 hop;		/* observed */
	struct route		*route;		/* with the earlier ones; of the verdict; NULL in one that was not judged */
	enum outcome		 outcome;	/* the gravest of all findings that count, see excepted */
	enum action		 action;	/* to be done */
	char			 rule[48];	/* "mx.infected", "rule.NAME"; of the finding that decided the action */
	enum action		 would;		/* strictest watched action, if stricter than action; else == action */
	char			 would_rule[48];
	const char		*signature;	/* of the gravest finding; NULL */
	const char		*detail;	/* likewise */
	struct partner_result	 partners[PARTNER_RESULTS_MAX];	/* rules about this message */
	size_t			 partners_count;	/* all; may be more than are listed */
	enum partner_confirmed	 confirmed;	/* how the sender's domain is known to be his */
	const char		*sender_domain;	/* that domain; NULL where it is not confirmed */
	/* What X-Hopward-TLS says of a miss that is to be tagged: "partner=NAME; missed=no-tls; confirmed=network"; "" none */
	char			 tls_tag[128];
	/*
	 * Findings that exceptions took out of the decision; all, may be more than are listed.  Where nothing else
	 * was found, `excepted` is set and outcome, signature and detail are those of the gravest of
	 * them: the part was not scanned beyond it, so that nobody can say clean.  Then rule is "exception.ID".
	 */
	struct exception_hit	 exceptions[EXCEPTION_HITS_MAX];
	size_t			 exceptions_count;
	int			 excepted;
	/* Where rules make a difference between recipients; NULL and 0 where they do not.  The strictest is the message's */
	struct recipient_result	*recipients;
	size_t			 recipients_count;
	uint32_t		*recipient_of;	/* index in recipients, of each of facts->rcpts */
	struct part_judged	*judged;	/* as many as parts; or NULL */
	/* The outcome of each part after the judge (BLOCKED may have been added); as many as scan->parts_count; or NULL */
	enum outcome		*parts;
	/* Text of X-Virus-Status: "Clean", "Infected (NAME)", "Not Scanned (encrypted)"... */
	char			 status[256];
	/* The SMTP answer for tempfail and reject; code 0 otherwise.  text has no CR, LF; '%' not yet doubled */
	int			 reply_code;
	char			 reply_xcode[8];
	char			 reply_text[512];
	/* For quarantine: parseable, names no address: "hopward: infected rule=mx.infected ref=ID" */
	char			 hold_reason[128];
};

/*
 * Judges one message.  Borrows everything in facts and policy; the verdict
 * lives no longer than both.  0, or -1: no memory.  verdict_free() frees members.
 */
int	policy_judge(const struct policy *, const struct message_facts *, struct verdict *);
/*
 * Judges what is known before any content: the partners' rules, at MAIL (no
 * recipients in the facts) or at RCPT (the one recipient).  facts->stage_mail
 * or stage_rcpt says which; time_ms is the wall clock's now, by which rules
 * begin and end.  The action is accept, tempfail or reject (a tag is for the
 * end of the message), the reply is filled, rule is "partner.NAME", or "" where
 * none wants anything; the outcome is not-scanned, the detail "MAIL" or "RCPT".
 * At the end of the message policy_judge() judges them again, with what the
 * content adds, as one more finding that leaves the outcome alone: the stricter
 * action wins, and rule says which it was.  Rules are about the classes mx and relay.
 */
int	policy_envelope(const struct policy *, const struct message_facts *, struct verdict *);
/* 1: there are rules that may answer at that stage (so the MTA must wait for a reply there). */
int	policy_asks_mail(const struct policy *);
int	policy_asks_rcpt(const struct policy *);
void	verdict_free(struct verdict *);

enum traffic_class policy_class(const struct policy *, const struct message_facts *, const char **why);
int	policy_proxied(const struct policy *, const struct message_facts *);

#endif
