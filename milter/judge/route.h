/* SPDX-License-Identifier: ISC */
/* The route of a message: the hop that was observed and those that Received fields tell of, with what each is worth. */
#ifndef HOPWARD_JUDGE_ROUTE_H
#define HOPWARD_JUDGE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cidr.h"
#include "judge/facts.h"
#include "judge/hops.h"
#include "judge/profile.h"
#include "judge/suite.h"

/* One hop.  Texts are borrowed from the facts and the profile, or static. */
struct route_hop {
	struct hop		 hop;		/* version and cipher as written; bits of the observed hop only */
	const struct received	*received;	/* NULL: the observed hop */
	const char		*version;	/* one of received_versions, or NULL where none is known */
	char			 cipher[SUITE_IANA_MAX];	/* IANA's name; "" where it is not determined */
	unsigned int		 bits;		/* of the cipher, as stated; 0 unknown */
	enum grade		 grade;
	const char		*grade_reason;	/* never NULL */
	int64_t			 delay;		/* seconds since the hop before, if has_delay: */
	int			 has_delay;	/* raw, so negative where clocks differ */
	int			 loop;		/* inside one host: the reader takes it for that, and no other address is in it */
};

/* Newest first, as the fields stand in the message. */
struct route {
	struct route_hop	 hops[1 + SCAN_RECEIVED_MAX];
	size_t			 count;
	size_t			 boundary;	/* the hop that reports count, or ROUTE_NONE */
	uint32_t		 more;		/* fields that were not read, beyond the last hop */
	int			 cut;		/* the header was longer than is read: more fields may follow */
	const struct profile	*profile;	/* NULL: ungraded; then every grade is unknown */
};

#define ROUTE_NONE	SIZE_MAX

/*
 * Fills the route.  Borrows all, so the route lives no longer than any of
 * them.  `observed` is the hop of this connection and stands first; NULL where
 * there was none to observe (a message in a file), and then nothing is attested.
 * `local`: simulated events (see policy_class), behind which nothing is attested.
 * `trusted` (may be NULL): networks whose hosts write Received fields truthfully.
 *
 * Trust walks outwards from the client that we saw: while the peer lies in
 * `trusted`, the next field was written by it and is attested; then the peer
 * is the address which that field recorded.  A loop inside the peer's host
 * leaves the peer what it is, but a field that looks like one and has another
 * host's address is none; any other field without an address ends the walk, and
 * so does one that is odd (facts.h).  What follows is claimed.  Names prove
 * nothing and are not looked at.
 * The boundary is the outermost observed or attested hop that is no such loop.
 *
 * Reasons of unknown TLS: those of hops_observed, and "local" (inside one host), "odd" (its
 * field can be read in several ways), "not-said".
 */
void	route_judge(const struct message_facts *, const struct hop *observed, int local, const struct cidr_list *trusted,
	    const struct profile *, struct route *);

#endif
