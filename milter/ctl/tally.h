/* SPDX-License-Identifier: ISC */
/* What collect counts of a run, and how it tells: sums, lines that could not be read, services that log no TLS. */
#ifndef HOPWARD_CTL_TALLY_H
#define HOPWARD_CTL_TALLY_H

#include <stdint.h>

#include "base/buf.h"
#include "judge/outbound.h"
#include "judge/profile.h"

#define TALLY_HOSTS	64	/* hosts whose unreadable lines are counted apart */
#define TALLY_REASONS	16	/* different reasons of an unknown TLS */

struct tally_host {
	char		 host[MAILLOG_NAME_MAX + 1];
	uint64_t	 count;
	char		 example[MAILLOG_EXAMPLE_MAX + 16];	/* the first one, without addresses */
};

struct tally {
	uint64_t	 lines, cut;
	uint64_t	 deliveries;	/* records, those of earlier runs not counted */
	uint64_t	 again;		/* known from an earlier run */
	uint64_t	 tls[3];	/* by enum hop_tls */
	const struct profile *profile;	/* set by the caller, borrowed; NULL: nothing is graded */
	uint64_t	 grades[GRADE_MAX];	/* of what is known to be under TLS or in clear */
	struct { const char *reason; uint64_t count; } reasons[TALLY_REASONS];
	uint64_t	 unreadable;
	struct tally_host hosts[TALLY_HOSTS];
	size_t		 hosts_count;
};

void	tally_delivery(struct tally *, const struct outbound_delivery *);
/* A line that should be known.  1: the first one of its host, else 0. */
int	tally_unreadable(struct tally *, const struct maillog_text *host, const char *line, size_t len);
/* For a service without TLS lines: what to do about it, one line without its end. */
void	tally_advice(const struct outbound_service *, struct buf *);
/* All of it: as lines of text, or as one JSON object and a line end. */
void	tally_text(const struct tally *, struct outbound *, struct buf *);
void	tally_json(const struct tally *, struct outbound *, struct buf *);

#endif
