/* SPDX-License-Identifier: ISC */
/* The verifier: puts the lines of a stream in order, and names what is altered, not there, too much or elsewhere. */
/*
 * Called by hopwardctl verify with every line of a stream's files, oldest first.
 * Reads no file and asks no clock.  Memory does not grow with the stream, but with what is
 * wrong in it, up to the bounds of verify.h; reaching one is a finding.
 *
 * A line is in its place when its seq is the one that is due.  One that is not
 * is held until the next line tells what it is: in the place of the one that is
 * due (its seq was altered), the first behind a gap, in front of its place, behind it, or one too many.
 * A gap is told at the end, since its lines may stand further on, or a later event may
 * say that they expired.  What the lines mean for the chain is verify_seal.c's.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "record/verify_int.h"

#define SPLITS_MAX	4096	/* gaps that events divide; each costs a move of those behind it */

static const struct place nowhere = { -1, 0 };
static const struct line nothing;

const char *
verify_kind_str(enum verify_kind kind)
{
#define X(e, s) s,
	static const char *const names[] = { VERIFY_KINDS(X) };
#undef X

	return names[kind];
}

/* ---- findings ---- */

const char *
verify_file_name(const struct verify *v, struct place at)
{
	return at.file >= 0 ? v->files[at.file] : NULL;
}

static void
tell(struct verify *v, enum verify_kind kind, struct place at, uint64_t last, uint64_t seq, uint64_t seq_last, const char *said)
{
	struct verify_finding f = { .kind = kind, .file = verify_file_name(v, at), .line = at.number, .line_last = last,
	    .seq = seq, .seq_last = seq_last, .said = said };

	v->r.found[kind]++;
	v->set.found(v->set.arg, &f);
}

static void
run_flush(struct verify *v)
{
	struct run *r = &v->run;

	if (!r->open)
		return;
	r->open = 0;
	tell(v, r->kind, r->at, r->last, r->seq, r->seq_last, r->said);
}

/* Lines in a row, seq in a row: one finding. */
static void
run_add(struct verify *v, enum verify_kind kind, struct place at, uint64_t seq, const char *said)
{
	struct run *r = &v->run;

	if (r->open && r->kind == kind && r->at.file == at.file && at.number == r->last + 1 &&
	    (seq == r->seq_last + 1 || (seq == 0 && r->seq_last == 0))) {
		r->last = at.number;
		r->seq_last = seq;
		return;
	}
	run_flush(v);
	r->open = 1;
	r->kind = kind;
	r->at = at;
	r->last = at.number;
	r->seq = r->seq_last = seq;
	snprintf(r->said, sizeof(r->said), "%s", said);
}

void
verify_say(struct verify *v, enum verify_kind kind, struct place at, uint64_t seq, uint64_t seq_last, const char *fmt, ...)
{
	char said[VERIFY_SAID_MAX];
	va_list ap;

	run_flush(v);
	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	tell(v, kind, at, at.number, seq, seq_last, said);
}

static void
limit_say(struct verify *v, const char *what)
{
	if (v->limit_said++ == 0)
		verify_say(v, VERIFY_LIMIT, nowhere, 0, 0, "more %s than are kept in mind: what is said of them is incomplete", what);
}

void
verify_say_lines(struct verify *v, struct place from, struct place to, uint64_t seq, uint64_t seq_last, const char *said)
{
	run_flush(v);
	tell(v, VERIFY_ALTERED, from, to.file == from.file && to.number > from.number ? to.number : from.number, seq, seq_last, said);
}

/* Room for one more of n; NULL: there is none, said. */
static void *
grown(struct verify *v, void *p, size_t n, size_t *size, size_t each, const char *what)
{
	size_t want = *size == 0 ? 64 : *size * 2;
	void *q;

	if (n < *size)
		return p;
	if (n >= VERIFY_RANGES_MAX) {
		limit_say(v, what);
		return NULL;
	}
	if ((q = reallocarray(p, want, each)) == NULL) {
		v->oom = 1;
		return NULL;
	}
	*size = want;
	return q;
}

/* ---- lines that are not there ---- */

static void
gap_tell(struct verify *v, const struct gap *g)
{
	uint64_t n = g->last - g->first + 1 - g->back;
	const char *before = verify_file_name(v, g->before), *after = verify_file_name(v, g->after);
	char some[80] = "", where[VERIFY_SAID_MAX / 2] = "";
	int edge = g->before.file != g->after.file;

	if (g->first > g->last || n == 0)
		return;
	if (g->back > 0)
		snprintf(some, sizeof(some), " of the %" PRIu64 " of seq %" PRIu64 " to %" PRIu64, g->last - g->first + 1, g->first, g->last);
	if (before == NULL)
		snprintf(where, sizeof(where), ", at the beginning of the stream");
	else if (edge)
		snprintf(where, sizeof(where), ", from the end of %.100s (line %" PRIu64 ") or the beginning of this file, or a file between them",
		    before, g->before.number);
	(void)after;
	verify_say(v, edge ? VERIFY_CUT : VERIFY_REMOVED, g->after, g->first, g->last, "%" PRIu64 " line%s%s %s not there, before this one%s",
	    n, n == 1 ? "" : "s", some, n == 1 ? "is" : "are", where);
}

static void
gap_add(struct verify *v, uint64_t first, uint64_t last, const struct item *after)
{
	struct gap g = { .first = first, .last = last, .before = v->last, .after = after->at, .time_ms = after->line.time_ms }, *p;

	verify_seal_gap(v);
	if ((p = grown(v, v->gaps, v->gaps_count, &v->gaps_size, sizeof(*p), "gaps")) == NULL) {
		gap_tell(v, &g);
		return;
	}
	v->gaps = p;
	v->gaps[v->gaps_count++] = g;
}

/* The first gap that ends with `seq` or behind it. */
static size_t
gap_find(const struct verify *v, uint64_t seq)
{
	size_t a = 0, b = v->gaps_count, m;

	while (a < b) {
		m = a + (b - a) / 2;
		if (v->gaps[m].last < seq)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

/* A line of a gap stands elsewhere: 1, and it is no longer one of the gap. */
static int
gap_take(struct verify *v, uint64_t seq)
{
	size_t i = gap_find(v, seq);
	struct gap *g;

	if (i == v->gaps_count || (g = &v->gaps[i])->first > seq || g->last - g->first + 1 <= g->back)
		return 0;
	if (g->first == seq)
		g->first++;	/* it may be empty now, with last == first - 1: the order of gaps stays */
	else if (g->last == seq && g->back == 0)
		g->last--;
	else
		g->back++;
	return 1;
}

/* An event of that time says that these lines expired. */
static void
gap_expire(struct verify *v, uint64_t first, uint64_t last, uint64_t time_ms)
{
	size_t i;
	struct gap *g, rest;
	uint64_t a, b;

	for (i = gap_find(v, first); i < v->gaps_count && v->gaps[i].first <= last; i++) {
		g = &v->gaps[i];
		if (g->first > g->last)
			continue;
		a = g->first > first ? g->first : first;
		b = g->last < last ? g->last : last;
		v->r.expired += b - a + 1;
		v->r.expired_epochs++;
		if (g->time_ms != 0 && time_ms != 0 && (time_ms <= g->time_ms || time_ms - g->time_ms < v->r.expired_age_ms))
			v->r.expired_age_ms = time_ms > g->time_ms ? time_ms - g->time_ms : 0;
		rest = *g;
		if (a == g->first)
			g->first = b + 1;
		else if (b == g->last)
			g->last = a - 1;
		else {
			g->last = a - 1;
			rest.first = b + 1;
			if ((g = grown(v, v->gaps, v->gaps_count, &v->gaps_size, sizeof(*g), "gaps")) == NULL)
				return;
			v->gaps = g;
			memmove(&v->gaps[i + 2], &v->gaps[i + 1], (v->gaps_count - i - 1) * sizeof(*g));
			v->gaps[i + 1] = rest;
			v->gaps_count++;
			return;
		}
	}
}

static void
gaps_tell(struct verify *v)
{
	size_t i;

	for (i = 0; i < v->gaps_count; i++)
		gap_tell(v, &v->gaps[i]);
}

/* ---- erased lines ---- */

static void
erased_add(struct verify *v, uint64_t seq, struct place at)
{
	struct erased *p;

	v->r.erased++;
	if ((p = grown(v, v->erased, v->erased_count, &v->erased_size, sizeof(*p), "erased lines")) == NULL)
		return;
	v->erased = p;
	p[v->erased_count].seq = seq;
	p[v->erased_count++].at = at;
}

/* Which stands at or behind seq, first; by their order, which is that of seq. */
static size_t
erased_find(const struct verify *v, uint64_t seq)
{
	size_t a = 0, b = v->erased_count, m;

	while (a < b) {
		m = a + (b - a) / 2;
		if (v->erased[m].seq >> 1 < seq)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

/* A later line says that these were to be erased.  The lowest bit of a kept seq: it is said. */
static void
erased_said(struct verify *v, uint64_t first, uint64_t last)
{
	size_t i;

	for (i = erased_find(v, first); i < v->erased_count && v->erased[i].seq >> 1 <= last; i++)
		v->erased[i].seq |= 1;
}

static void
erased_tell(struct verify *v)
{
	size_t i;

	for (i = 0; i < v->erased_count; i++)
		if (!(v->erased[i].seq & 1))
			run_add(v, VERIFY_ALTERED, v->erased[i].at, v->erased[i].seq >> 1, "is erased, and no later record says that it was to be");
	run_flush(v);
}

/* ---- lines that are none of ours ---- */

static void
bad_add(struct verify *v, struct place at, const char *why)
{
	struct pending *last = v->bad_count > 0 ? &v->bad[v->bad_count - 1] : NULL;

	v->bad_lines++;
	if (v->bad_count == VERIFY_PENDING_MAX) {
		if (last->at.file == at.file)
			last->last = at.number;
		return;
	}
	v->bad[v->bad_count].at = at;
	v->bad[v->bad_count].last = at.number;
	v->bad[v->bad_count++].why = why;
}

/* What they were is known by how many lines lack behind them: in their places, or too many. */
static void
bad_flush(struct verify *v, uint64_t lack, int end)
{
	uint64_t seq = v->next;
	size_t i;
	char said[VERIFY_SAID_MAX];

	if (v->bad_count == 0)
		return;
	run_flush(v);
	for (i = 0; i < v->bad_count; i++) {
		enum verify_kind kind = end ? VERIFY_ALTERED : lack > 0 ? VERIFY_ALTERED : VERIFY_ADDED;

		snprintf(said, sizeof(said), "%s%s", v->bad[i].why, end ? " (the last line altered, or one added)" : "");
		tell(v, kind, v->bad[i].at, v->bad[i].last, lack > 0 ? seq : 0, lack > 0 ? seq : 0, said);
		if (lack > 0) {
			lack--;
			seq++;
		}
	}
	v->bad_count = 0;
	v->bad_lines = 0;
}

/* ---- lines in front of their places ---- */

/* Takes the item. */
static int
early_add(struct verify *v, struct item *item)
{
	struct item *p;

	if (v->early_count == VERIFY_EARLY_MAX) {
		limit_say(v, "lines in front of their places");
		return 0;
	}
	if ((p = reallocarray(v->early, v->early_count + 1, sizeof(*p))) == NULL) {
		v->oom = 1;
		return 0;
	}
	v->early = p;
	p[v->early_count++] = *item;
	memset(&item->line, 0, sizeof(item->line));
	return 1;
}

/* The lowest of seq first..last, or -1. */
static ssize_t
early_find(const struct verify *v, uint64_t first, uint64_t last)
{
	ssize_t found = -1;
	size_t i;

	for (i = 0; i < v->early_count; i++)
		if (v->early[i].line.seq >= first && v->early[i].line.seq <= last &&
		    (found == -1 || v->early[i].line.seq < v->early[found].line.seq))
			found = (ssize_t)i;
	return found;
}

static struct item
early_out(struct verify *v, size_t i)
{
	struct item item = v->early[i];

	v->early[i] = v->early[--v->early_count];
	return item;
}

/* ---- a line in its place ---- */

static void
event_take(struct verify *v, const struct item *item)
{
	const struct line *l = &item->line;
	size_t i;

	switch (l->event) {
	case EVENT_START:
		v->r.starts++;
		if (v->started && !v->stopped)
			v->r.crashes++;
		v->started = 1;
		v->stopped = 0;
		break;
	case EVENT_TORN:
		v->r.tails++;
		v->r.tails_octets += l->torn;
		break;
	case EVENT_STOP:
		v->r.stops++;
		v->stopped = 1;
		break;
	case EVENT_ANCHOR:
		v->r.anchor_events++;
		break;
	case EVENT_ERASE:
		for (i = 0; i < l->ranges_count; i++)
			erased_said(v, l->ranges[i].first, l->ranges[i].last);
		break;
	case EVENT_EXPIRE:
		for (i = 0; i < l->ranges_count && i < SPLITS_MAX; i++)
			gap_expire(v, l->ranges[i].first, l->ranges[i].last, l->time_ms);
		break;
	default:
		break;
	}
}

/* The line has the place of seq q. */
static void
accept(struct verify *v, const struct item *item, uint64_t q)
{
	const struct line *l = &item->line;
	struct item other;
	ssize_t i;

	while (v->early_count > 0 && (i = early_find(v, q, q)) >= 0) {
		other = early_out(v, (size_t)i);
		run_add(v, VERIFY_ADDED, other.at, q, "has the seq of another line, which stands in its place");
		line_free(&other.line);
	}
	if (l->seq != q)
		verify_say(v, VERIFY_ALTERED, item->at, q, q, "its seq is %" PRIu64 ", its place that of %" PRIu64, l->seq, q);
	if (l->state == LINE_LEAF)
		verify_say(v, VERIFY_ALTERED, item->at, q, q, "its leaf is not that of its body");
	else if (l->state == LINE_BAD)
		verify_say(v, VERIFY_ALTERED, item->at, q, q, "%s", l->why);
	else if (l->state == LINE_ERASED)
		erased_add(v, q << 1, item->at);
	if (l->schema > RECORD_SCHEMA && l->state == LINE_GOOD)
		run_add(v, VERIFY_NEWER, item->at, q, "is of a newer schema: it stands in its place, what it says is not understood");
	if (!v->begun)
		v->r.first_seq = q;
	v->begun = 1;
	v->r.last_seq = q;
	if (l->time_ms != 0) {
		if (v->r.first_ms == 0)
			v->r.first_ms = l->time_ms;
		v->r.last_ms = l->time_ms;
	}
	if (l->type == LINE_EVENT && l->state == LINE_GOOD)
		event_take(v, item);
	v->last = item->at;
	v->next = q + 1;
	verify_seal_take(v, item, q);
	v->r.after_stop = v->r.after == 0 && v->stopped;
}

/* What lies before seq `upto`: lines that stood in front of their places, and gaps between them. */
static void
fill(struct verify *v, uint64_t upto, const struct item *after)
{
	struct place last = v->last;
	struct item item;
	ssize_t i;

	while (v->early_count > 0 && v->next < upto && (i = early_find(v, v->next, upto - 1)) >= 0) {
		item = early_out(v, (size_t)i);
		if (item.line.seq > v->next)
			gap_add(v, v->next, item.line.seq - 1, after);
		run_add(v, VERIFY_REORDERED, item.at, item.line.seq, "stands in front of its place");
		accept(v, &item, item.line.seq);
		line_free(&item.line);
		v->last = last;
	}
	if (v->next < upto && (v->begun || !v->set.part))
		gap_add(v, v->next, upto - 1, after);
}

/* Those that are due now: they are all there, if not in order. */
static void
early_due(struct verify *v, const struct item *after)
{
	while (v->early_count > 0 && early_find(v, v->next, v->next) >= 0)
		fill(v, v->next + 1, after);
}

/* ---- a line out of order ---- */

/*
 * Stands the held line in the place of the one that is due, with another seq?  It does if the
 * next line is the one after that; but a seal tells its place by itself where the keys are known.
 */
static int
in_place(const struct verify *v, const struct item *h, uint64_t place, const struct line *next)
{
	if (h->line.type == LINE_SEAL && (place != 0 || (v->based && v->key_state != KEY_NONE)))
		return 0;
	if (next->seq == v->next + 1)
		return 1;
	return h->line.type == LINE_SEAL_INIT && !v->begun && next->seq > v->next && next->seq < h->line.seq;
}

/* It lies behind the one that is due. */
static void
resolve_ahead(struct verify *v, struct item *h, const struct line *next)
{
	uint64_t bad = v->bad_lines, lack = h->line.seq - v->next, seq = h->line.seq, place = verify_seal_place(v, h);
	int sealed = place == seq && next->type == LINE_SEAL;	/* two seals: the one that is proved stands where it belongs */

	if (bad > 0) {
		bad_flush(v, lack, 0);
		v->next += bad < lack ? bad : lack;
		verify_seal_gap(v);
	}
	if (place >= v->next && place != seq) {
		fill(v, place, h);
		accept(v, h, place);
	} else if (seq > v->next && in_place(v, h, place, next))
		accept(v, h, v->next);
	else if (seq > v->next && next->seq < seq && ((next->seq == v->next && !sealed) || (next->seq > v->next && place == 0)) &&
	    early_add(v, h))
		;
	else {
		fill(v, seq, h);
		accept(v, h, seq);
	}
}

/* It lies before the one that is due. */
static void
resolve_behind(struct verify *v, struct item *h, const struct line *next)
{
	uint64_t place = verify_seal_place(v, h);
	char said[128];

	if (place >= v->next) {
		fill(v, place, h);
		accept(v, h, place);
	} else if (in_place(v, h, place, next))
		accept(v, h, v->next);
	else if (gap_take(v, h->line.seq)) {
		snprintf(said, sizeof(said), "stands behind its place, after seq %" PRIu64, v->next - 1);
		run_add(v, VERIFY_REORDERED, h->at, h->line.seq, said);
	} else
		run_add(v, VERIFY_ADDED, h->at, h->line.seq, "is a second line of its seq");
}

/* The line behind the held one is known now; seq 0: there is none, or it has none. */
static void
resolve(struct verify *v, const struct line *next)
{
	struct item h = v->held;

	if (!v->holding)
		return;
	v->holding = 0;
	if (h.line.seq > v->next)
		resolve_ahead(v, &h, next);
	else if (h.line.seq < v->next)
		resolve_behind(v, &h, next);
	else
		accept(v, &h, v->next);
	line_free(&h.line);
}

/* Takes the item. */
static void
feed(struct verify *v, struct item *item)
{
	struct line *l = &item->line;
	uint64_t place;

	resolve(v, l);
	if (l->seq == 0) {
		bad_add(v, item->at, l->why);
		line_free(l);
		return;
	}
	if (l->seq > v->next && v->early_count > 0 && early_find(v, v->next, v->next) >= 0)
		early_due(v, item);
	if (l->seq == v->next) {
		bad_flush(v, 0, 0);
		/* between lines that expired a seal's own seq is all that tells its place */
		place = l->type == LINE_SEAL ? verify_seal_place(v, item) : 0;
		if (place > v->next)
			fill(v, place, item);
		accept(v, item, place > v->next ? place : v->next);
		line_free(l);
		return;
	}
	v->held = *item;
	v->holding = 1;
}

/* ---- what the reader gives ---- */

/* A line without its end was not the last of all. */
static void
torn_flush(struct verify *v)
{
	struct item item = v->torn_item;

	if (!v->torn)
		return;
	v->torn = 0;
	verify_say(v, VERIFY_CUT, item.at, item.line.state == LINE_BAD ? 0 : item.line.seq, item.line.state == LINE_BAD ? 0 : item.line.seq,
	    "the last line of the file has no end");
	feed(v, &item);
}

static void
count(struct verify *v, const struct line *l, size_t len)
{
	v->r.lines++;
	v->r.octets += len + 1;
	v->r.messages += l->type == LINE_MESSAGE;
	v->r.deliveries += l->type == LINE_DELIVERY;
	v->r.events += l->type == LINE_EVENT;
	v->r.others += l->type == LINE_OTHER && l->state != LINE_ERASED && l->state != LINE_BAD;
}

int
verify_line(struct verify *v, uint64_t number, const char *text, size_t len, int whole)
{
	struct item item = { .at = { (int32_t)v->files_count - 1, number } };

	torn_flush(v);
	if (line_read(v->hash, text, len, v->quick, &item.line) == -1)
		return -1;
	if (item.line.seq != 0 && v->r.stream[0] == '\0')
		memcpy(v->r.stream, item.line.stream, sizeof(v->r.stream));
	count(v, &item.line, len);
	if (item.line.seq != 0 && strcmp(item.line.stream, v->r.stream) != 0) {
		line_free(&item.line);
		memset(&item.line, 0, sizeof(item.line));
		item.line.state = LINE_BAD;
		item.line.why = "is of another stream";
	} else if (v->set.line != NULL && item.line.state != LINE_BAD)
		v->set.line(v->set.arg, &item.line);
	item.line.queue_id.p = item.line.gateway.p = NULL;
	if (!whole) {
		v->torn = 1;
		v->torn_item = item;
	} else
		feed(v, &item);
	return v->oom ? -1 : 0;
}

int
verify_bad_line(struct verify *v, uint64_t number, const char *why)
{
	struct item item = { .at = { (int32_t)v->files_count - 1, number }, .line = { .state = LINE_BAD, .why = why } };

	torn_flush(v);
	v->r.lines++;
	feed(v, &item);
	return v->oom ? -1 : 0;
}

int
verify_broken(struct verify *v, uint64_t number, const char *why)
{
	struct place at = { (int32_t)v->files_count - 1, number };

	torn_flush(v);
	resolve(v, &nothing);
	verify_say(v, VERIFY_UNREADABLE, at, 0, 0, "%s", why);
	return v->oom ? -1 : 0;
}

int
verify_file(struct verify *v, const char *name, int quick)
{
	char **p;

	torn_flush(v);
	if ((p = reallocarray(v->files, v->files_count + 1, sizeof(*p))) == NULL)
		return -1;
	v->files = p;
	if ((p[v->files_count] = strdup(name)) == NULL)
		return -1;
	v->files_count++;
	v->quick = quick;
	return v->oom ? -1 : 0;
}

uint64_t
verify_seals(const struct verify *v)
{
	return v->r.seals;
}

/* ---- begin and end ---- */

int
verify_end(struct verify *v, const struct verify_report **out)
{
	struct item none = { .at = v->last };
	size_t i;

	resolve(v, &nothing);
	if (v->torn) {
		v->r.torn_file = strdup(v->files[v->torn_item.at.file]);
		v->r.torn_line = v->torn_item.at.number;
		line_free(&v->torn_item.line);
		v->torn = 0;
	}
	early_due(v, &none);
	bad_flush(v, 0, 1);
	for (i = 0; i < v->early_count; i++)
		run_add(v, VERIFY_ADDED, v->early[i].at, v->early[i].line.seq, "stands where no line of its seq belongs");
	run_flush(v);
	gaps_tell(v);
	erased_tell(v);
	verify_seal_end(v);
	run_flush(v);
	*out = &v->r;
	return v->oom ? -1 : 0;
}

int
verify_clean(const struct verify_report *r)
{
	int i;

	for (i = 0; i < VERIFY_KIND_COUNT; i++)
		if (r->found[i] > 0 && i != VERIFY_CLOCK)
			return 0;
	return 1;
}

struct verify *
verify_new(const struct verify_settings *settings)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->hash = line_hash_new()) == NULL) {
		free(v);
		return NULL;
	}
	v->set = *settings;
	v->next = 1;
	v->last = nowhere;
	v->r.expired_age_ms = UINT64_MAX;
	if (settings->stream != NULL)
		snprintf(v->r.stream, sizeof(v->r.stream), "%s", settings->stream);
	return v;
}

void
verify_free(struct verify *v)
{
	size_t i;

	if (v == NULL)
		return;
	if (v->holding)
		line_free(&v->held.line);
	if (v->torn)
		line_free(&v->torn_item.line);
	for (i = 0; i < v->files_count; i++)
		free(v->files[i]);
	free(v->files);
	for (i = 0; i < v->early_count; i++)
		line_free(&v->early[i].line);
	free(v->gaps);
	free(v->erased);
	free(v->early);
	free(v->r.torn_file);
	line_hash_free(v->hash);
	free(v);
}
