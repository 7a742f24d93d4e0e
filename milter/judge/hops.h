/* SPDX-License-Identifier: ISC */
/* The route of a message and its TLS, judged from facts.  Pure: no clock, no I/O, no library. */
#ifndef HOPWARD_JUDGE_HOPS_H
#define HOPWARD_JUDGE_HOPS_H

#include "judge/facts.h"
#include "base/cidr.h"

enum hop_tls { HOP_TLS_UNKNOWN, HOP_TLS_NO, HOP_TLS_YES };
enum hop_evidence { HOP_OBSERVED, HOP_ATTESTED, HOP_CLAIMED };

/* One hop.  Strings are borrowed from the facts. */
struct hop {
	enum hop_evidence	 evidence;
	enum hop_tls		 tls;
	const char		*reason;	/* why unknown (a stable token), or NULL */
	const char		*version;	/* as written */
	const char		*cipher;
	const char		*bits;
};

const char	*hop_tls_str(enum hop_tls);		/* "yes" "no" "unknown" */
const char	*hop_evidence_str(enum hop_evidence);	/* "observed" ... */

/*
 * The hop of this connection.  `local`: simulated events (see policy_class).
 * `proxied`: the connection came in on a listener behind a TLS-ending proxy.
 * Reasons: "local", "proxy", "not-offered" (no canary macro came at that stage).
 */
void	hops_observed(const struct message_facts *, int local, int proxied, struct hop *);

#endif
