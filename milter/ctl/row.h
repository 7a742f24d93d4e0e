/* SPDX-License-Identifier: ISC */
/* One record as one row of a table that fits the terminal. */
#ifndef HOPWARD_CTL_ROW_H
#define HOPWARD_CTL_ROW_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/text.h"
#include "judge/profile.h"

/* How wide each column is; fixed for a run, so that a row needs no other row. */
struct row_style {
	struct text	text;
	int		class;
	int		route;		/* columns of "from -> to" */
	int		rule;		/* 0: no column of its own, shown only where it says more than class and outcome */
	int		date;		/* whole time in each row; otherwise a line for each day is wanted */
	int		last;		/* columns of the last one; 0: not cut */
	int		grade;		/* whether it has a column; otherwise it shows in colour alone */
	const struct profile *profile;	/* that grades deliveries; set by the caller, borrowed; NULL: they have none */
};

void	row_style_init(struct row_style *, const struct text *);
void	row_heading(struct buf *, const struct row_style *);
/*
 * A message, a delivery or an event; of other types nothing is written.  Without style.date the row begins with
 * ROW_DAY octets, its local day: for row_day() and not to be shown.
 */
#define ROW_DAY	10
void	row_write(struct buf *, const struct row_style *, const json_t *record);
/* The line for a day. */
void	row_day(struct buf *, const struct row_style *, const char *day);

/* A text member; "" where there is none. */
const char *row_text(const json_t *record, const char *key);
/* The boundary hop's TLS, or a delivery's: "yes", "no", "unknown", "" where there is none. */
const char *row_tls(const json_t *record);

/*
 * The grade of a message's boundary hop, as recorded; of a delivery by `profile` (NULL: unknown), as collect keeps what
 * the log says and judges nothing.  *reason (may be NULL) is static or the profile's, NULL where the record has none.
 */
enum grade row_grade(const json_t *record, const struct profile *, const char **reason);
enum text_colour row_grade_colour(enum grade);

#endif
