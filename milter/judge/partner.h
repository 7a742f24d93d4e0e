/* SPDX-License-Identifier: ISC */
/* Partners: who has promised to come with TLS, what of it, and whether a message keeps that.  Pure. */
#ifndef HOPWARD_JUDGE_PARTNER_H
#define HOPWARD_JUDGE_PARTNER_H

#include <stddef.h>
#include <stdint.h>

#include "base/cidr.h"
#include "judge/facts.h"
#include "judge/profile.h"
#include "judge/route.h"

/*
 * Sender domains are forged, so "whom a rule is about" and "who it was" are two
 * things.  A rule is about a message if the sender's domain, the client's
 * address or its certificate is among the partner's (any of them), and, where
 * recipients are given, one of them is the message's.  It was the partner only if that is
 * confirmed: by a verified certificate, by the client's network, or by an SPF
 * or DKIM pass for one of his domains in an Authentication-Results field
 * of a trusted authserv-id.  Reports and alarms count the confirmed alone.
 */

#define PARTNERS_MAX		1000
#define PARTNER_EXCEPTIONS_MAX	100	/* of one partner */
#define PARTNER_RESULTS_MAX	8	/* of one message; more are counted */

/* An exception covers what all of its set members hold for; at least one is set. */
struct partner_exception {
	char			*domain;	/* sender's, with subdomains, lower case; NULL */
	char			*recipient;	/* domain; NULL */
	struct cidr_list	 networks;	/* of the client; empty: any */
	char			*reason;	/* never NULL */
	int64_t			 expires;	/* seconds since 1970: the first moment at which it holds no more */
};

struct partner {
	char			*name;		/* a word, unique */
	char			**domains;	/* NULL-terminated, lower case, with subdomains; may be NULL */
	struct cidr_list	 networks;
	char			**certificates;	/* subjects: a whole DN as the MTA writes it, or a CN */
	char			**recipients;	/* domains; may be NULL */
	/* what he promised; TLS at all always */
	const char		*version;	/* at least; one of received_versions, or NULL */
	enum grade		 grade;		/* at least; GRADE_UNKNOWN: not asked */
	int			 verified;	/* a certificate that the MTA could verify */
	int64_t			 since;		/* seconds since 1970; 0: always */
	int64_t			 until;		/* the first moment at which it is over; 0: never */
	uint64_t		 grace_ms;	/* after since: one step milder (reject is tempfail, tempfail is tag) */
	struct partner_exception *exceptions;
	size_t			 exceptions_count;
	int			 action;	/* enum action: accept (written "log"), tag, tempfail, reject */
	int			 watch;
	unsigned int		 line;		/* of the configuration */
};

struct partners {
	struct partner		*list;
	size_t			 count;
};
void	partners_free(struct partners *);	/* members */

#define PARTNER_CONFIRMED(X)						\
	X(NONE, "unconfirmed")						\
	X(CERTIFICATE, "certificate") X(NETWORK, "network")		\
	X(SPF, "spf") X(DKIM, "dkim")
enum partner_confirmed {
#define X(e, s) PARTNER_BY_##e,
	PARTNER_CONFIRMED(X)
#undef X
	PARTNER_BY_MAX
};

/* What was kept or missed; unknown is neither, and is never refused. */
#define PARTNER_STATES(X)						\
	X(KEPT, "kept") X(NO_TLS, "no-tls") X(VERSION, "version")	\
	X(GRADE, "grade") X(UNVERIFIED, "unverified") X(UNKNOWN, "unknown")
enum partner_state {
#define X(e, s) PARTNER_##e,
	PARTNER_STATES(X)
#undef X
	PARTNER_STATE_MAX
};
const char	*partner_confirmed_str(enum partner_confirmed);
const char	*partner_state_str(enum partner_state);

struct partner_result {
	const struct partner	*partner;	/* borrowed from the policy */
	enum partner_confirmed	 confirmed;
	enum partner_state	 state;
	const struct partner_exception *exception;	/* that covers it; then nothing is done; NULL */
	int			 grace;		/* the milder step was taken */
	int			 null_sender;	/* so tempfail and reject became tag */
	int			 relayed;	/* the hop is not ours to answer (it lies behind a host of ours): likewise */
	int			 action;	/* enum action: to be done; accept where the promise was kept */
	int			 would;		/* if watched: what would have been done; else == action */
};

/* What is known at a stage.  At MAIL there are no recipients and no scan, at RCPT the one recipient. */
struct partner_facts {
	const struct message_facts *message;	/* mail, rcpts, client_ip, tls, scan (for Authentication-Results) */
	const struct route	*route;		/* its boundary hop is the one that counts */
	char			*const *trusted;	/* authserv-ids, NULL-terminated; may be NULL */
	const struct cidr_list	*own;		/* networks of our hosts: a hop from one is not the partner's; may be NULL */
	int64_t			 now;		/* seconds since 1970 */
	int			 observe;	/* everything is watched */
	int			 at_mail;	/* recipients are not known yet: rules with recipients wait for RCPT */
};

/*
 * Judges all rules that are about the message, into out (PARTNER_RESULTS_MAX),
 * in the order of the configuration.  Returns how many there are, which may be
 * more than fit: then the last one listed is the strictest of the rest.
 * Linear in rules and recipients.
 */
size_t	partners_judge(const struct partners *, const struct partner_facts *, struct partner_result *out);

/*
 * Who the sender is beyond doubt, for counting by peer, whether a rule is about
 * him or not.  The first of: the partner whose certificate or network it is
 * (then *domain is the first of his domains, or his name where he has none);
 * the sender's own domain by an SPF pass; the domain of a DKIM pass that is
 * the sender's, or one above it that lies in a partner's domains.  *domain is
 * borrowed from the partners or the scan's results, in lower case; NULL with PARTNER_BY_NONE.
 */
enum partner_confirmed partner_sender(const struct partners *, const struct partner_facts *, const char **domain);

#endif
