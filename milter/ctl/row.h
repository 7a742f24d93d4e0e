/* SPDX-License-Identifier: ISC */
/* One record as one row of a table that fits the terminal. */
#ifndef HOPWARD_CTL_ROW_H
#define HOPWARD_CTL_ROW_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/text.h"

/* How wide each column is; fixed for a run, so that a row needs no other row. */
struct row_style {
	struct text	text;
	int		class;
	int		route;		/* columns of "from -> to" */
	int		rule;		/* 0: no column of its own, shown only where it says more than class and outcome */
	int		date;		/* whole time in each row; otherwise a line for each day is wanted */
	int		last;		/* columns of the last one; 0: not cut */
};

void	row_style_init(struct row_style *, const struct text *);
void	row_heading(struct buf *, const struct row_style *);
/*
 * A message or an event; of other types nothing is written.  Without style.date the row begins with
 * ROW_DAY octets, its local day: for row_day() and not to be shown.
 */
#define ROW_DAY	10
void	row_write(struct buf *, const struct row_style *, const json_t *record);
/* The line for a day. */
void	row_day(struct buf *, const struct row_style *, const char *day);

/* A text member; "" where there is none. */
const char *row_text(const json_t *record, const char *key);
/* The boundary hop's TLS: "yes", "no", "unknown", "" where there is no hop. */
const char *row_tls(const json_t *record);

#endif
