/* SPDX-License-Identifier: ISC */
/* Draws a route as a table: in one row a hop, or two lines a hop where the terminal has no room. */
/*
 * Called by hops for what it judged, and by explain for what is on record.
 * Names in the cells are strangers' and made harmless here.  It does not judge.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/hoptable.h"
#include "ctl/row.h"

#define GAP		2
#define WIDTH_NUMBER	3
#define WIDTH_GRADE	11	/* "recommended" */
#define WIDTH_EVIDENCE	8	/* "attested" */
#define WIDTH_REST	(WIDTH_GRADE + WIDTH_EVIDENCE + 2 * GAP)

void
hoptable_how(const struct hoptable_how *h, char *out, size_t size)
{
	const char *with = h->with != NULL && *h->with != '\0' ? h->with : NULL;
	struct buf b;

	buf_init(&b, 4 * HOPTABLE_CELL_MAX);
	buf_addz(&b, with != NULL ? with : "");
	if (h->tls == HOP_TLS_YES) {
		buf_addf(&b, "%s%s", with != NULL ? " " : "", h->version != NULL ? h->version : "TLS");
		if (h->cipher != NULL)
			buf_addf(&b, " %s", h->cipher);
	} else if (!h->loop)
		buf_addf(&b, "%s%s", with != NULL ? ", " : "", h->tls == HOP_TLS_NO ? "no TLS" : "TLS not known");
	if (h->auth)
		buf_addf(&b, "%slogged in", b.len > 0 ? ", " : "");
	if (h->loop)
		buf_addf(&b, "%sinside one host", b.len > 0 ? ", " : "");
	snprintf(out, size, "%s", b.data != NULL ? b.data : "?");
	buf_free(&b);
}

void
hoptable_delay(int64_t seconds, char *out, size_t size)
{
	uint64_t s = seconds < 0 ? (uint64_t)-seconds : (uint64_t)seconds;
	char span[48];

	snprintf(out, size, "%s%s", seconds < 0 ? "-" : "", s == 0 ? "0 s" : text_span(s * 1000, span, sizeof(span)));
}

/* Columns that a text takes when shown. */
static int
columns(const char *s)
{
	struct buf b;
	int n;

	buf_init(&b, 4 * HOPTABLE_CELL_MAX);
	n = text_add(&b, s, TEXT_UNLIMITED);
	buf_free(&b);
	return n;
}

static void
put_gap(struct buf *b)
{
	buf_addf(b, "%*s", GAP, "");
}

/* `how` in so many columns, grade, evidence, delay. */
static void
put_judged(struct buf *b, const struct text *text, const struct hoptable_row *r, const char *how, int width)
{
	const char *delay = r->cells[HOPTABLE_DELAY];

	text_cell(b, text, TEXT_PLAIN, how, width, 0);
	put_gap(b);
	text_cell(b, text, row_grade_colour(r->grade), grade_str(r->grade), WIDTH_GRADE, 0);
	put_gap(b);
	text_cell(b, text, r->evidence == HOP_CLAIMED ? TEXT_DIM : TEXT_BOLD, hop_evidence_str(r->evidence),
	    *delay != '\0' ? WIDTH_EVIDENCE : 0, 0);
	if (*delay != '\0') {
		put_gap(b);
		text_add(b, delay, TEXT_UNLIMITED);
	}
	buf_addc(b, '\n');
}

/* All of a hop in one row. */
static void
put_wide(struct buf *b, const struct text *text, const struct hoptable_row *rows, size_t count, const int *widths)
{
	size_t i;

	buf_addf(b, "%*s%-*s%*s%-*s%*s%-*s%*s%-*s%*s%-*s%*sdelay\n", WIDTH_NUMBER + 1, "", widths[HOPTABLE_FROM], "from", GAP, "",
	    widths[HOPTABLE_BY], "by", GAP, "", widths[HOPTABLE_HOW], "how", GAP, "", WIDTH_GRADE, "grade", GAP, "",
	    WIDTH_EVIDENCE, "evidence", GAP, "");
	for (i = 0; i < count; i++) {
		buf_addf(b, "%*zu ", WIDTH_NUMBER, i);
		text_cell(b, text, TEXT_PLAIN, rows[i].cells[HOPTABLE_FROM], widths[HOPTABLE_FROM], 0);
		put_gap(b);
		text_cell(b, text, TEXT_PLAIN, rows[i].cells[HOPTABLE_BY], widths[HOPTABLE_BY], 0);
		put_gap(b);
		put_judged(b, text, &rows[i], rows[i].cells[HOPTABLE_HOW], widths[HOPTABLE_HOW]);
	}
}

/* A line that is cut only where it alone does not fit; and the begin of the next. */
static void
put_line(struct buf *b, const struct text *text, const char *arrow, const char *s)
{
	int room = text->width - WIDTH_NUMBER - 1 - (int)strlen(arrow);

	buf_addz(b, arrow);
	text_cell(b, text, TEXT_PLAIN, s, room < 8 ? 8 : room, 1);
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->len--;
	buf_addf(b, "\n%*s", WIDTH_NUMBER + 1, "");
}

/* Two lines a hop, for terminals that have no room; more where what fits in none would be cut: a suite cut short is no suite. */
static void
put_narrow(struct buf *b, const struct text *text, const struct hoptable_row *rows, size_t count, const int *widths)
{
	int room = text->width - WIDTH_NUMBER - 1, most = room - WIDTH_REST - GAP - widths[HOPTABLE_DELAY], how = 8, n;
	struct buf line;
	size_t i;

	for (i = 0; i < count; i++)
		if ((n = columns(rows[i].cells[HOPTABLE_HOW])) > how && n <= most)
			how = n;
	for (i = 0; i < count; i++) {
		buf_init(&line, 3 * HOPTABLE_CELL_MAX);
		buf_addf(&line, "%s -> %s", rows[i].cells[HOPTABLE_FROM], rows[i].cells[HOPTABLE_BY]);
		buf_addf(b, "%*zu ", WIDTH_NUMBER, i);
		if (line.data != NULL && columns(line.data) <= room) {
			put_line(b, text, "", line.data);
		} else {
			put_line(b, text, "", rows[i].cells[HOPTABLE_FROM]);
			put_line(b, text, "-> ", rows[i].cells[HOPTABLE_BY]);
		}
		buf_free(&line);
		if (columns(rows[i].cells[HOPTABLE_HOW]) > how)
			put_line(b, text, "", rows[i].cells[HOPTABLE_HOW]);
		put_judged(b, text, &rows[i], columns(rows[i].cells[HOPTABLE_HOW]) > how ? "" : rows[i].cells[HOPTABLE_HOW], how);
	}
}

void
hoptable_write(struct buf *b, const struct text *text, const struct hoptable_row *rows, size_t count)
{
	int widths[HOPTABLE_CELLS] = { 4, 2, 3, 5 };		/* of the headings */
	int c, n, wide = WIDTH_NUMBER + 1 + WIDTH_REST + 3 * GAP;
	size_t i;

	for (c = 0; c < HOPTABLE_CELLS; c++) {
		for (i = 0; i < count; i++)
			if ((n = columns(rows[i].cells[c])) > widths[c])
				widths[c] = n;
		wide += widths[c];
	}
	if (count > 0 && (text->width == TEXT_UNLIMITED || wide <= text->width))
		put_wide(b, text, rows, count, widths);
	else
		put_narrow(b, text, rows, count, widths);
	/* what is wrong with a field, and what the grades that want a word are for */
	for (i = 0; i < count; i++) {
		if (rows[i].note != NULL)
			buf_addf(b, "%*zu %s\n", WIDTH_NUMBER, i, rows[i].note);
		if (rows[i].reason == NULL)
			continue;
		buf_addf(b, "%*zu ", WIDTH_NUMBER, i);
		text_colour(b, text, row_grade_colour(rows[i].grade), grade_str(rows[i].grade));
		buf_addz(b, ": ");
		text_add(b, rows[i].reason, TEXT_UNLIMITED);
		buf_addc(b, '\n');
	}
}
