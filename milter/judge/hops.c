/* SPDX-License-Identifier: ISC */
/* Grades how a message travelled: so far the hop of this connection, from the macros that the MTA gave. */
/*
 * Called by policy.c and by hopwardctl.  Owns nothing: strings are borrowed
 * from the facts.  It does not read Received fields and knows no baseline.
 *
 * A macro that the MTA does not offer looks like a macro without a value, so
 * "no TLS" is said only where another macro of the same stage came (canary).
 */
#include <string.h>

#include "judge/hops.h"

const char *
hop_tls_str(enum hop_tls tls)
{
	switch (tls) {
	case HOP_TLS_YES:
		return "yes";
	case HOP_TLS_NO:
		return "no";
	case HOP_TLS_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *
hop_evidence_str(enum hop_evidence evidence)
{
	switch (evidence) {
	case HOP_OBSERVED:
		return "observed";
	case HOP_ATTESTED:
		return "attested";
	case HOP_CLAIMED:
		break;
	}
	return "claimed";
}

/* Sendmail sends macros it has no value for as empty strings. */
static const char *
nonempty(const char *s)
{
	return s != NULL && *s != '\0' ? s : NULL;
}

void
hops_observed(const struct message_facts *facts, int local, int proxied, struct hop *hop)
{
	const struct tls_facts *tls = &facts->tls;

	memset(hop, 0, sizeof(*hop));
	hop->evidence = HOP_OBSERVED;
	hop->tls = HOP_TLS_UNKNOWN;
	if (local) {
		/* Simulated events: there was no connection that could be in clear. */
		hop->reason = "local";
		return;
	}
	if (proxied) {
		/* What the MTA saw is the proxy's leg, not the client's. */
		hop->reason = "proxy";
		return;
	}
	if (nonempty(tls->tls_version) != NULL) {
		hop->tls = HOP_TLS_YES;
		hop->version = tls->tls_version;
		hop->cipher = nonempty(tls->cipher);
		hop->bits = nonempty(tls->cipher_bits);
		return;
	}
	if (tls->canary_mail || tls->canary_helo)
		hop->tls = HOP_TLS_NO;
	else
		hop->reason = "not-offered";
}
