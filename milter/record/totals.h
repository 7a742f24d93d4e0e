/* SPDX-License-Identifier: ISC */
/* The lines of a day -> counts that name no person, kept when the lines go. */
#ifndef HOPWARD_RECORD_TOTALS_H
#define HOPWARD_RECORD_TOTALS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TOTALS_VALUES_MAX	512	/* different values of one kind that are counted apart: suites are some hundred */
#define TOTALS_VALUE_MAX	160	/* octets of one: version and cipher, a partner's name; longer ones count as "?" */

/* Kinds of counts, in the order they are written.  X(enum, key of the totals) */
#define TOTALS_KINDS(X)		\
	X(OUTCOME, "outcomes")	\
	X(ACTION, "actions")	\
	X(CLASS, "classes")	\
	X(GRADE, "grades")	\
	X(PARTNER, "partners")	\
	X(STATUS, "statuses")	\
	X(EVENT, "events")	\
	X(TLS, "tls")
enum totals_kind {
#define X(e, s) TOTALS_##e,
	TOTALS_KINDS(X)
#undef X
	TOTALS_KIND_COUNT
};

struct totals_value {
	char		 text[TOTALS_VALUE_MAX + 1];	/* as it stands in the line, JSON's escapes and all; of TLS three, tabs between */
	uint64_t	 count;
};

struct totals {
	struct {
		struct totals_value	*list;
		size_t			 count;
		uint64_t		 more;	/* lines with further values */
	} kinds[TOTALS_KIND_COUNT];
	uint64_t	 lines, messages, deliveries, events, others;
	int		 failed;	/* no memory */
};

/* What a line is, by its beginning. */
enum totals_line { TOTALS_OTHER, TOTALS_MESSAGE, TOTALS_DELIVERY, TOTALS_AN_EVENT, TOTALS_SEAL };

/*
 * Counts a line of a stream.  Of a message: outcome, action, class, partners, and TLS and grade of its boundary hop;
 * of a delivery: TLS and status; of an event: its name.  *seq: the line's, 0 if it has none.
 */
enum totals_line totals_add(struct totals *, const char *line, size_t len, uint64_t *seq);
void	totals_free(struct totals *);	/* members */
/* One line for the file of totals, with its newline.  0 or -1. */
int	totals_line(const struct totals *, const char *stream, const char *day, struct buf *out);

/*
 * DIRECTORY/totals-YYYY.jsonl: puts `line` of that stream and day into the year's file, unless there is one already, and
 * takes out days before `oldest` ("YYYY-MM-DD").  Any process' streams share it, under a lock.  A file without lines goes.
 * The new file is whole and synced before it has its name.  0, or -1 with errno.
 */
int	totals_put(int directory, const char *stream, const char *day, const struct buf *line, const char *oldest);
/* Only takes out days before `oldest`, from all years' files. */
int	totals_trim(int directory, const char *oldest);

#endif
