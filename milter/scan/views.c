/* SPDX-License-Identifier: ISC */
/* The further readings of one message: regions by every kind of delimiter, bodies by every decoder that could be meant. */
/*
 * Called by walk.c behind the strict reader, with what that one saw.  A
 * message that is read the same by all costs a look at each line and a look-up
 * for each region; only what is odd is decoded again.  No tree is built:
 * a nested multipart is more regions, a preamble is one too.
 *
 *   split:   one pass over the lines ends the regions of all views at once
 *   region:  header-like lines, then the few offsets at which a body could begin
 *   content: the decoders that its header or its octets call for (views_content.c)
 *
 * What decoded objects hold (mail in mail) is who calls' to queue.  Judges
 * nothing: that objects appear which the strict reading does not have is seen there too.
 */

#include "scan/views.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/inline.h"
#include "scan/lines.h"
#include "scan/reasons.h"
#include "scan/views_int.h"

#define JUNK_MAX	4	/* lines before the first field of a header block: an mbox separator and the like */

static const char *const view_names[VIEW_MAX] = {
#define X(e, s) s,
	VIEWS(X)
#undef X
};

const char *
view_str(enum view view)
{
	return view_names[view];
}

/* ---- regions ---- */

/* Behind a field's name: blanks, control octets, comments, then its colon. */
static int
colon_follows(const uint8_t *p, size_t len)
{
	size_t i, depth = 0;

	for (i = 0; i < len && i < 128; i++) {
		if (p[i] == '(')
			depth++;
		else if (p[i] == ')' && depth > 0)
			depth--;
		else if (depth == 0 && p[i] == ':')
			return 1;
		else if (depth == 0 && p[i] > ' ' && p[i] < 0x7f)
			return 0;
	}
	return 0;
}

/* What header-like lines say of an encoding, in whatever dress. */
static int
head_says(const uint8_t *p, size_t len)
{
	const uint8_t *q = p, *end = p + len, *stop;
	int says = 0, known;
	size_t i, n;

	for (; (size_t)(end - q) > 6; q++) {
		if ((*q | 0x20) == 'b' && strncasecmp((const char *)q, "base64", 6) == 0)
			says |= SAYS_B64;
		if ((*q | 0x20) != 'e' || (size_t)(end - q) < 9 || strncasecmp((const char *)q, "encoding", 8) != 0)
			continue;
		/* The name of a field, not "; encoding=utf-8". */
		q += 8;
		if ((size_t)(end - q) == 0 || !colon_follows(q, (size_t)(end - q))) {
			q--;
			continue;
		}
		/* Its value, folds included. */
		for (stop = q; (stop = memchr(stop, '\n', (size_t)(end - stop))) != NULL; stop++)
			if (stop + 1 == end || (stop[1] != ' ' && stop[1] != '\t'))
				break;
		n = (size_t)((stop != NULL ? stop : end) - q);
		known = 0;
		for (i = 0; i + 3 <= n; i++) {
			const char *w = (const char *)q + i;
			int c = q[i] | 0x20;

			if (c != 'b' && c != 'e' && c != 'u' && c != 's' && c != '-')
				continue;
			if (strncasecmp(w, "bit", 3) == 0 || (i + 6 <= n && strncasecmp(w, "binary", 6) == 0))
				known = 1;
			else if (i + 4 <= n && strncasecmp(w, "ed-p", 4) == 0) {
				says |= SAYS_QP;
				known = 1;
			} else if (strncasecmp(w, "uue", 3) == 0 || strncasecmp(w, "-uu", 3) == 0) {
				says |= SAYS_UU;
				known = 1;
			} else if (i + 4 <= n && strncasecmp(w, "se64", 4) == 0) {
				says |= SAYS_B64;
				known = 1;
			}
		}
		if (!known)
			says |= SAYS_ODD;
		q += n > 0 ? n - 1 : 0;
	}
	return says;
}

static void
start_add(struct views *v, struct region *g, size_t at)
{
	size_t i;

	if (at >= g->end || (g->done != SIZE_MAX && at <= g->done))
		return;
	for (i = 0; i < g->starts_count; i++)
		if (g->starts[i] == at)
			return;
	if (g->starts_count == STARTS_MAX) {
		views_limit(v, "mime.starts");
		return;
	}
	g->starts[g->starts_count++] = at;
}

/* The foremost that waits.  1, or 0: there is none. */
static int
start_take(struct region *g, size_t *at)
{
	size_t i, least = 0;

	if (g->starts_count == 0)
		return 0;
	for (i = 1; i < g->starts_count; i++)
		if (g->starts[i] < g->starts[least])
			least = i;
	*at = g->done = g->starts[least];
	g->starts[least] = g->starts[--g->starts_count];
	return 1;
}

/* Offset behind the next empty line from `at`, or the region's end.  Looked for once a stretch. */
static size_t
empty_line(const struct views *v, struct region *g, size_t at)
{
	size_t pos, next;

	if (g->empty_at > at)
		return g->empty_at;
	for (pos = at; pos < g->end; pos = next) {
		next = lines_next(v->msg, pos, g->end);
		if (lines_empty(v->msg, pos, next)) {
			g->empty_at = next;
			return next;
		}
	}
	return g->empty_at = g->end;
}

/*
 * Header-like lines from `at`: notes where readers see a body begin behind
 * them: where they end, behind the first blank line, behind the first empty one.
 */
static void
head_read(struct views *v, struct region *g, size_t at)
{
	size_t pos, next, blank = g->end;

	for (pos = at; pos < g->end; pos = next) {
		next = lines_next(v->msg, pos, g->end);
		if (lines_blank(v->msg, pos, next)) {
			blank = next;
			break;
		}
		if (!lines_field(v->msg, pos, next) && v->msg[pos] != ' ' && v->msg[pos] != '\t')
			break;
	}
	if (g->head_end == 0)
		g->heads = at;
	g->head = at;
	g->head_end = pos;
	start_add(v, g, blank != g->end ? blank : pos);
	/* A line that is no field ends the header for some; for others it goes on to the blank line. */
	if (blank == g->end && pos < g->end) {
		for (; pos < g->end; pos = next) {
			next = lines_next(v->msg, pos, g->end);
			if (lines_blank(v->msg, pos, next)) {
				start_add(v, g, next);
				break;
			}
		}
		g->head_end = pos;
	}
	start_add(v, g, empty_line(v, g, at));
	g->last_says = head_says(v->msg + g->head, g->head_end - g->head);
	g->says |= g->last_says;
}

/* A region read from all its starts. */
static int
region_read(struct views *v, size_t begin, size_t end)
{
	struct region g = { .begin = begin, .end = end, .done = SIZE_MAX };
	size_t at, next, reads = 0;

	/* The line end before a delimiter is the delimiter's: RFC 2046 section 5.1.1. */
	if (end < v->len && end > begin && v->msg[end - 1] == '\n')
		end--;
	if (end < v->len && end > begin && v->msg[end - 1] == '\r')
		end--;
	g.end = end;
	if (begin == end)
		return 0;
	start_add(v, &g, begin);
	while (start_take(&g, &at)) {
		next = lines_next(v->msg, at, g.end);
		if (lines_blank(v->msg, at, next)) {
			/* No header for some; for others it begins behind. */
			g.whole |= ranges_has(v->ranges, at, g.end, DECODE_IDENTITY);
			while (next < g.end && lines_blank(v->msg, next, lines_next(v->msg, next, g.end)))
				next = lines_next(v->msg, next, g.end);
			start_add(v, &g, next);
			continue;
		}
		/*
		 * A header, or a mail in the mail: a body follows.  Other text that
		 * begins with a field is nobody's header where all take it for text.
		 */
		if ((at == begin && lines_field(v->msg, at, next) && !ranges_in_text(v->ranges, at, g.end)) ||
		    views_mail_like(v->msg + at, g.end - at)) {
			head_read(v, &g, at);
			continue;
		}
		if (++reads > STARTS_MAX) {
			views_limit(v, "mime.starts");
			return 0;
		}
		if (views_content(v, &g, at, g.end) == -1)
			return -1;
		/* Behind lines that are no header, and an empty one, some see a body. */
		if (!g.behind_text && (!ranges_plain(v->ranges, at, g.end) || !ranges_has(v->ranges, at, g.end, DECODE_BASE64))) {
			g.behind_text = 1;
			g.text_start = empty_line(v, &g, at);
			start_add(v, &g, g.text_start);
		}
	}
	return 0;
}

/* The pieces between which only lines of dashes stood, as one base64 body. */
static int
joined_read(struct views *v)
{
	struct region g = { .begin = v->pieces[0].begin, .end = v->pieces[0].end, .done = SIZE_MAX };
	struct view_object o;
	struct decoder d;
	size_t i, at, n = v->pieces_count;

	v->pieces_count = 0;
	if (n < 2 || !lines_field(v->msg, g.begin, lines_next(v->msg, g.begin, g.end)))
		return 0;
	head_read(v, &g, g.begin);
	if (g.starts_count == 0)
		return 0;
	at = g.starts[0];
	if (!(g.says & (SAYS_B64 | SAYS_ODD)) && !content_base64(v->msg + at, g.end - at))
		return 0;
	if (views_room(v, decode_max(DECODE_BASE64, v->pieces[n - 1].end - at)) == -1)
		return -1;
	decode_start(&d, DECODE_BASE64, v->out);
	for (i = 0; i < n; i++) {
		size_t from = i == 0 ? at : v->pieces[i].begin;

		/* A footer behind a line of dashes is no base64. */
		if (i > 0 && !text_is_base64(v->msg + from, v->pieces[i].end - from))
			break;
		decode_feed(&d, v->msg + from, v->pieces[i].end - from);
	}
	if ((n = i) < 2)
		return 0;
	v->report->mask |= REASON(DELIM_IN_B64);
	decode_finish(&d);
	memset(&o, 0, sizeof(o));
	o.data = v->out;
	o.len = d.len;
	o.view = VIEW_JOINED;
	o.decode = DECODE_BASE64;
	o.raw = at;
	o.raw_len = v->pieces[n - 1].end - at;
	o.head = v->msg + g.head;
	o.head_len = g.head_end - g.head;
	return views_hand_out(v, &o);
}

/* ---- the split ---- */

/* Behind a delimiter that is one, a part begins: with a field, or with an empty line. */
static int
part_begins(const struct views *v, size_t at)
{
	size_t next = lines_next(v->msg, at, v->len);

	return at >= v->len || lines_blank(v->msg, at, next) || lines_field(v->msg, at, next);
}

static void
piece_add(struct views *v, size_t begin, size_t end)
{
	if (v->pieces_count == PIECES_MAX) {
		v->pieces[PIECES_MAX - 1].end = end;
		return;
	}
	v->pieces[v->pieces_count].begin = begin;
	v->pieces[v->pieces_count].end = end;
	v->pieces_count++;
}

/* The first octets of a line say whether it can be a delimiter. */
static int
dashes(const uint8_t *p, size_t pos, size_t next)
{
	while (pos < next && (p[pos] == ' ' || p[pos] == '\t'))
		pos++;
	return next - pos >= 2 && p[pos] == '-' && p[pos + 1] == '-';
}

static size_t
line_end(const uint8_t *p, size_t pos, size_t next)
{
	while (next > pos && (p[next - 1] == '\n' || p[next - 1] == '\r'))
		next--;
	return next;
}

/* A line that is a delimiter to some: what that says of the message. */
static void
delim_note(struct views *v, enum boundary_match m, size_t pos, size_t next)
{
	static const char content[] = "content-";
	size_t after = lines_next(v->msg, next, v->len);
	int fields = lines_field(v->msg, next, after);

	/* In the CR view: a delimiter that has no line of its own for who reads LF. */
	if (v->cr != NULL) {
		if ((pos > 0 && v->cr[pos - 1] == '\r') || (next < v->len && v->cr[next - 1] == '\r'))
			v->report->mask |= REASON(BARE_CR);
		return;
	}
	if (m == BOUNDARY_CASE)
		v->report->mask |= REASON(BND_CASE);
	else if (m == BOUNDARY_ODD && fields)
		v->report->mask |= after - next > sizeof(content) &&
		    strncasecmp((const char *)v->msg + next, content, sizeof(content) - 1) == 0 ?
		    REASON(DELIM_ODD) : REASON(DELIM_ODD_SOFT);
}

static int
split_run(struct views *v, enum view exact_view, enum view generic_view)
{
	size_t pos, next, end, exact = 0, generic = 0, crlf = 0, lf = 0;
	int crcrlf = 0;
	enum boundary_match m;

	v->pieces_count = 0;
	for (pos = 0; pos < v->len; pos = next) {
		next = lines_next(v->msg, pos, v->len);
		end = line_end(v->msg, pos, next);
		crlf += next - end == 2;
		crcrlf |= next - end > 2;
		lf += next - end == 1 && v->msg[end] == '\n';
		m = boundaries_match(&v->boundaries, v->msg + pos, end - pos);
		if (m == BOUNDARY_NONE && !dashes(v->msg, pos, next))
			continue;
		v->view = generic_view;
		if (region_read(v, generic, pos) == -1)
			return -1;
		piece_add(v, generic, pos);
		if (m != BOUNDARY_NONE) {
			delim_note(v, m, pos, next);
			v->view = exact_view;
			/* Both views' regions end here; they are one if they began together. */
			if (exact != generic && region_read(v, exact, pos) == -1)
				return -1;
			exact = next;
		}
		generic = next;
		if (part_begins(v, next) && joined_read(v) == -1)
			return -1;
	}
	if (((crlf > 0 && lf > 0) || crcrlf) && v->cr == NULL)
		v->report->mask |= REASON(EOL_MIX);
	v->view = generic_view;
	if (region_read(v, generic, v->len) == -1)
		return -1;
	piece_add(v, generic, v->len);
	v->view = exact_view;
	if (exact != generic && region_read(v, exact, v->len) == -1)
		return -1;
	return joined_read(v);
}

/* Boundaries of all header-like blocks: at the start, behind dashes, behind blank lines. */
static int
boundaries_find(struct views *v)
{
	size_t pos, next, begin;
	int may = JUNK_MAX;

	for (pos = 0; pos < v->len; pos = next) {
		next = lines_next(v->msg, pos, v->len);
		if (may == 0 || !lines_field(v->msg, pos, next)) {
			if (lines_blank(v->msg, pos, next) || dashes(v->msg, pos, next))
				may = JUNK_MAX;
			else if (may > 0)
				may--;
			continue;
		}
		begin = pos;
		while (next < v->len && !lines_blank(v->msg, next, lines_next(v->msg, next, v->len)) &&
		    !dashes(v->msg, next, lines_next(v->msg, next, v->len)))
			next = lines_next(v->msg, next, v->len);
		if (boundaries_collect(&v->boundaries, v->msg + begin, next - begin) == -1) {
			v->rc = -1;
			return -1;
		}
		if (v->boundaries.full) {
			views_limit(v, "mime.max_boundaries");
			return 0;
		}
	}
	return 0;
}

/* ---- encoded text in text ---- */

static int
on_inline(void *arg, const struct inline_object *in)
{
	struct views *v = arg;
	struct view_object o;

	memset(&o, 0, sizeof(o));
	o.data = in->data;
	o.len = in->len;
	o.view = VIEW_INLINE;
	o.decode = in->decode;
	o.format = in->format;
	o.raw = in->begin;
	o.raw_len = in->end - in->begin;
	o.head = in->name;
	o.head_len = in->name_len;
	return views_hand_out(v, &o);
}

/* ---- all of it ---- */

/* A copy in which a lone CR is a line's end too; NULL: there is none, or no memory (then rc is -1). */
static uint8_t *
cr_copy(struct views *v)
{
	const uint8_t *end = v->msg + v->len, *p = v->msg;
	uint8_t *copy, *q;

	while ((p = memchr(p, '\r', (size_t)(end - p))) != NULL && p + 1 < end && (p[1] == '\n' || p[1] == '\r'))
		p++;
	if (p == NULL || p + 1 >= end)
		return NULL;
	if ((copy = malloc(v->len)) == NULL) {
		v->rc = -1;
		return NULL;
	}
	memcpy(copy, v->msg, v->len);
	for (q = copy; (q = memchr(q, '\r', (size_t)(copy + v->len - q))) != NULL; q++)
		if (q + 1 < copy + v->len && q[1] != '\n' && q[1] != '\r')
			*q = '\n';
	return copy;
}

/* The message once more, each lone CR a line's end.  What was plain is not, in this reading. */
static int
cr_run(struct views *v)
{
	struct ranges *ranges = v->ranges;
	const uint8_t *msg = v->msg;
	uint8_t *copy = cr_copy(v);
	int rc;

	if (copy == NULL)
		return v->rc == 0 ? 0 : -1;
	v->msg = copy;
	v->cr = msg;
	v->strict = ranges;
	if ((v->ranges = ranges_new()) == NULL)
		v->rc = -1;
	rc = v->rc == -1 || boundaries_find(v) == -1 ? -1 : split_run(v, VIEW_CR, VIEW_CR);
	if (rc == 0 && (rc = inline_find(copy, v->len, on_inline, v)) == -1 && v->rc == 0)
		v->rc = -1;
	ranges_free(v->ranges);
	v->ranges = ranges;
	v->strict = NULL;
	v->cr = NULL;
	v->msg = msg;
	free(copy);
	return rc;
}

int
views_walk(const uint8_t *msg, size_t len, struct ranges *ranges, const struct views_limits *limits, view_cb cb, void *arg,
    struct views_report *report)
{
	struct views v;

	memset(report, 0, sizeof(*report));
	memset(&v, 0, sizeof(v));
	v.msg = msg;
	v.len = len;
	v.ranges = ranges;
	v.limits = limits;
	v.cb = cb;
	v.arg = arg;
	v.report = report;
	boundaries_init(&v.boundaries, (size_t)limits->boundaries);
	if (len > 0 && boundaries_find(&v) == 0 && split_run(&v, VIEW_EXACT, VIEW_GENERIC) == 0 && cr_run(&v) == 0 &&
	    inline_find(msg, len, on_inline, &v) == -1 && v.rc == 0)
		v.rc = -1;
	boundaries_free(&v.boundaries);
	free(v.out);
	/* A bound that was reached is in the report; the rest was handed out. */
	return report->limit != NULL && v.rc == 1 ? 0 : v.rc;
}

int
views_mail_like(const uint8_t *p, size_t len)
{
	size_t pos = 0, next, lines = 0;

	/* Blank lines, an mbox separator or a delimiter may stand before the fields. */
	while (pos < len && lines++ < 8) {
		next = lines_next(p, pos, len);
		if (lines_mail_field(p, pos, next))
			return 1;
		if (!lines_blank(p, pos, next) && !dashes(p, pos, next) && !lines_field(p, pos, next) &&
		    p[pos] != ' ' && p[pos] != '\t' && !(next - pos > 5 && (memcmp(p + pos, "From ", 5) == 0)) &&
		    !(next - pos > 6 && memcmp(p + pos, ">From ", 6) == 0))
			return 0;
		pos = next;
	}
	return 0;
}
