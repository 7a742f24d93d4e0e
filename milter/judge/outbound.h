/* SPDX-License-Identifier: ISC */
/* Joins the lines of MTAs' logs: a delivery comes out with its TLS, or why that is not known.  Pure. */
#ifndef HOPWARD_JUDGE_OUTBOUND_H
#define HOPWARD_JUDGE_OUTBOUND_H

#include <stddef.h>
#include <stdint.h>

#include "judge/hops.h"
#include "judge/maillog.h"

#define OUTBOUND_SESSIONS	16384	/* sessions that wait for their delivery: a process each, of many gateways */
#define OUTBOUND_SERVICES	4096	/* pairs of host and service that are remembered */
#define OUTBOUND_OF_PROCESS	16	/* sessions of one process: Postfix tries few hosts for a message */

/* How a delivery's TLS is known. */
enum outbound_evidence {
	OUTBOUND_NONE,		/* it is not */
	OUTBOUND_SESSION,	/* the line of its TLS session */
	OUTBOUND_LEVEL,		/* tls= of the delivery's own line */
	OUTBOUND_LINE,		/* Sendmail's tls_verify= and tls_version= of the delivery's own line */
	OUTBOUND_ABSENCE	/* this service writes a line for each TLS session, and there is none */
};

struct outbound_settings {
	size_t			  sessions_max;	/* 0: OUTBOUND_SESSIONS */
	size_t			  services_max;
	/* Relays that hand mail on: a host, ".domain" for all below it, or an address; NULL-terminated, borrowed.  May be NULL. */
	const char *const	 *smarthosts;
};

/* Its TLS.  Strings live until the next call with the same joiner; what the lines do not say is NULL or 0. */
struct outbound_delivery {
	enum hop_tls		 tls;
	enum outbound_evidence	 evidence;
	const char		*reason;	/* why unknown, or what remains so; NULL */
	const char		*version, *cipher, *group, *trust;
	uint32_t		 bits, alg_bits;
	int			 smarthost;
};

/* What one service of one host has shown; also what a state file keeps. */
struct outbound_service {
	char		 host[MAILLOG_NAME_MAX + 1];
	char		 service[MAILLOG_NAME_MAX + 1];	/* program as written */
	uint64_t	 session_ms;	/* newest TLS line; 0: none since it (re)started */
	uint64_t	 newest_ms;	/* newest line */
	uint64_t	 lost_ms;	/* newest session of it that was forgotten: what began before may have had one */
	int		 reused;	/* connections are used again: lines come without smtp_tls_loglevel too */
	uint64_t	 deliveries;	/* over a network; of this run */
	uint64_t	 not_logged;	/* of these, not known since no TLS line was ever seen */
	int		 told;		/* the caller's own */
};

/* A TLS session that waits for its delivery. */
struct outbound_session {
	char		 host[MAILLOG_NAME_MAX + 1];
	char		 service[MAILLOG_NAME_MAX + 1];
	uint32_t	 pid;
	char		 relay[MAILLOG_NAME_MAX + 1];
	uint64_t	 time_ms;
	char		 version[MAILLOG_WORD_MAX + 1], cipher[MAILLOG_WORD_MAX + 1];
	char		 group[MAILLOG_WORD_MAX + 1], trust[MAILLOG_WORD_MAX + 1];
	uint32_t	 bits, alg_bits;
	char		 queue_id[MAILLOG_WORD_MAX + 1];	/* of the delivery that took it; "" */
	int		 mta;			/* enum maillog_mta */
	int		 unsure;		/* something failed in its process: it need not be in use any more */
};

/* What was too much to remember. */
struct outbound_counts {
	uint64_t	 sessions;	/* that are remembered now */
	uint64_t	 forgotten;	/* pushed out before their delivery came */
	uint64_t	 services_full;	/* lines of services beyond services_max */
};

struct outbound;

int	 outbound_open(const struct outbound_settings *, struct outbound **);	/* 0 or -1: memory */
void	 outbound_free(struct outbound *);	/* NULL is fine */
/*
 * The lines before this time have not been seen: a delivery that began
 * earlier may have had a session.  Called first, and again after a gap, which
 * ends all sessions.
 */
void	 outbound_since(struct outbound *, uint64_t time_ms);
/* Takes one line, which `maillog_read` filled.  1: a delivery, *out is its TLS; 0. */
int	 outbound_take(struct outbound *, const struct maillog *, uint64_t time_ms, struct outbound_delivery *out);
void	 outbound_counts(const struct outbound *, struct outbound_counts *);

/* For the state file: each service, each session from the oldest (*at begins with 0), NULL at the end. */
struct outbound_service *outbound_service_next(struct outbound *, size_t *at);
const struct outbound_session *outbound_session_next(const struct outbound *, const struct outbound_session *before);
uint64_t outbound_since_get(const struct outbound *);
/* Back from a state file, after outbound_since(); sessions from the oldest. */
void	 outbound_service_put(struct outbound *, const struct outbound_service *);
void	 outbound_session_put(struct outbound *, const struct outbound_session *);

const char *outbound_evidence_str(enum outbound_evidence);	/* "session" "level" "line" "absence"; NULL for none */

#endif
