/* SPDX-License-Identifier: ISC */
/* Judges the route of a message: whose word each hop is, how good its TLS was, how long it took. */
/*
 * Called by policy.c and by hopwardctl.  Owns nothing.  It does not read
 * Received fields, the scanner did; here it is decided what they are worth.
 * Pure: no clock, no I/O, no library.
 */
#include <string.h>

#include "judge/route.h"

/* ---- one hop ---- */

static void
hop_grade(struct route_hop *h, const struct profile *profile)
{
	const char	*version = h->received != NULL ? h->received->version_norm : NULL;
	struct suite	 suite;

	(void)suite_read(h->hop.cipher, h->hop.version, &suite);
	if (suite_iana(&suite, h->cipher, sizeof(h->cipher)) == -1)
		h->cipher[0] = '\0';
	h->version = version;
	if (version == NULL && h->hop.version != NULL && suite.version != SUITE_VERSION_UNKNOWN)
		h->version = received_versions[suite.version - SUITE_VERSION_SSL2];
	h->grade = GRADE_UNKNOWN;
	if (h->loop && h->hop.tls != HOP_TLS_YES)
		h->grade_reason = "a loop inside one host";	/* nothing was on a wire to be in clear */
	else if (profile == NULL)
		h->grade_reason = "no profile to grade by";
	else
		h->grade = profile_grade(profile, &suite, h->hop.tls, &h->grade_reason);
}

static void
hop_observed(struct route_hop *h, const struct hop *observed)
{
	h->hop = *observed;
	if (observed->bits != NULL && suite_bits_parse(observed->bits, strlen(observed->bits), &h->bits) == -1)
		h->bits = 0;
}

/*
 * A stranger chooses words that stand in a field of our own gateway, his HELO
 * among them, and one day finds some that make it look like a loop.  The
 * address he comes from he cannot choose.
 */
static int
is_loop(const struct received *received)
{
	struct cidr own[] = {
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 }, 104 },	/* 127.0.0.0/8 */
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128 },	/* ::1 */
		{ { 0xfe, 0x80 }, 10 },						/* link-local, without a zone */
	};
	const struct cidr_list list = { own, sizeof(own) / sizeof(own[0]) };

	return received->local && !received->odd && (received->ip == NULL || cidr_match(&list, received->ip));
}

static void
hop_received(struct route_hop *h, const struct received *received, enum hop_evidence evidence)
{
	h->received = received;
	h->loop = is_loop(received);
	h->hop.evidence = evidence;
	switch (received->tls) {
	case RECEIVED_TLS_YES:
		h->hop.tls = HOP_TLS_YES;
		break;
	case RECEIVED_TLS_NO:
		h->hop.tls = HOP_TLS_NO;
		break;
	case RECEIVED_TLS_UNKNOWN:
		h->hop.tls = HOP_TLS_UNKNOWN;
		h->hop.reason = h->loop ? "local" : received->odd ? "odd" : "not-said";
		break;
	}
	h->hop.version = received->version;
	h->hop.cipher = received->cipher;
	h->bits = received->bits;
}

/* ---- all of them ---- */

/* Whose word the next field is, and who handed over to its writer. */
struct walk {
	const struct cidr_list	*trusted;
	const char		*peer;		/* NULL: the walk has ended */
};

static enum hop_evidence
walk_step(struct walk *w, const struct received *received)
{
	if (w->peer == NULL || w->trusted == NULL || !cidr_match(w->trusted, w->peer)) {
		w->peer = NULL;
		return HOP_CLAIMED;
	}
	/* Of an odd one nothing says who handed over, whatever else is in it. */
	if (received->odd)
		w->peer = NULL;
	else if (!is_loop(received))
		w->peer = received->ip;
	return HOP_ATTESTED;
}

static void
route_delays(struct route *route, uint64_t end)
{
	const struct received	*before;
	struct route_hop	*h;
	uint64_t		 time;
	size_t			 i;

	for (i = 0; i + 1 < route->count; i++) {
		h = &route->hops[i];
		before = route->hops[i + 1].received;
		time = h->received == NULL ? end : h->received->has_time ? h->received->time : 0;
		/* Zero is no time: it is what an unset clock says, and facts without one. */
		if (time == 0 || !before->has_time || before->time == 0)
			continue;
		h->delay = (int64_t)time - (int64_t)before->time;
		h->has_delay = 1;
	}
}

void
route_judge(const struct message_facts *facts, const struct hop *observed, int local, const struct cidr_list *trusted,
    const struct profile *profile, struct route *route)
{
	const struct scan_result	*scan = facts->scan;
	struct walk			 walk = { trusted, observed != NULL && !local ? facts->client_ip : NULL };
	struct route_hop		*h;
	uint32_t			 i;

	memset(route, 0, sizeof(*route));
	route->profile = profile;
	route->boundary = ROUTE_NONE;
	if (observed != NULL) {
		hop_observed(&route->hops[route->count++], observed);
		route->boundary = 0;
	}
	for (i = 0; scan != NULL && i < scan->received_count && i < SCAN_RECEIVED_MAX; i++) {
		h = &route->hops[route->count];
		hop_received(h, &scan->received[i], walk_step(&walk, &scan->received[i]));
		if (h->hop.evidence == HOP_ATTESTED && !h->loop)
			route->boundary = route->count;
		route->count++;
	}
	route->cut = scan != NULL && scan->header_cut;
	if (scan != NULL)
		route->more = scan->received_more + (scan->received_count - i);
	for (i = 0; i < route->count; i++)
		hop_grade(&route->hops[i], profile);
	route_delays(route, facts->time_ms / 1000);
}
