/* SPDX-License-Identifier: ISC */
/* What a stretch of a message could stand for: the decoders that its header or its octets call for. */
/*
 * Called by views.c for each start of a region.  What the strict reader saw
 * and nobody else could read otherwise costs a look-up.  Texts that all
 * readers see as they are give objects only for what a person could be told to
 * decode, and for what could be a file by its first octets.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/lines.h"
#include "scan/views_int.h"

#define HEADS_MAX	4096	/* octets from the first header-like lines of a region to the last that are searched for names together */
#define SAMPLE		4096	/* octets looked at to tell whether a plain text is base64 */

void
views_limit(struct views *v, const char *which)
{
	if (v->report->limit == NULL)
		v->report->limit = which;
}

/* ---- handing out ---- */

int
views_room(struct views *v, size_t need)
{
	if (need <= v->out_size)
		return 0;
	free(v->out);
	if ((v->out = malloc(need)) == NULL) {
		v->out_size = 0;
		v->rc = -1;
		return -1;
	}
	v->out_size = need;
	return 0;
}

int
views_hand_out(struct views *v, struct view_object *o)
{
	struct views_report *r = v->report;

	if (o->len == 0)
		return 0;
	if (r->objects >= v->limits->objects) {
		views_limit(v, "mime.max_parts");
		v->rc = 1;
		return -1;
	}
	if (o->len > v->limits->decoded - r->decoded) {
		views_limit(v, "mime.max_decoded");
		v->rc = 1;
		return -1;
	}
	r->objects++;
	r->decoded += o->len;
	r->views[o->view] = 1;
	v->rc = v->cb(v->arg, o);
	return v->rc == 0 ? 0 : -1;
}

/* 1: so many octets may still be looked at.  0: noted; the rest goes on, so that what is small is still read. */
static int
work_take(struct views *v, size_t octets)
{
	if (octets > v->limits->work - v->report->work) {
		views_limit(v, "mime.work");
		return 0;
	}
	v->report->work += octets;
	return 1;
}

/* Decodes [begin, end) one way, unless that was done; *reasons (may be NULL) says what was odd.  -1: the walk ends. */
static int
decode_out(struct views *v, const struct region *g, enum decode_kind kind, size_t begin, size_t end, uint64_t *reasons)
{
	struct view_object o;
	struct decoder d;
	int seen = ranges_enter(v->ranges, begin, end, (int)kind, 0);

	/* Line ends alone make no other file. */
	if (seen == 0 && kind == DECODE_IDENTITY && v->strict != NULL && ranges_has(v->strict, begin, end, (int)kind))
		return 0;
	if (seen == -1)
		v->rc = -1;
	if (seen != 0 && reasons == NULL)
		return seen == -1 ? -1 : 0;
	if (kind != DECODE_IDENTITY && !work_take(v, end - begin))
		return 0;
	memset(&o, 0, sizeof(o));
	o.view = v->view;
	o.decode = kind;
	o.raw = begin;
	o.raw_len = end - begin;
	if (g != NULL && g->head_end > g->head) {
		size_t from = g->head_end - g->heads < HEADS_MAX ? g->heads : g->head;

		o.head = v->msg + from;
		o.head_len = g->head_end - from;
	}
	o.data = v->msg + begin;
	o.len = end - begin;
	if (kind != DECODE_IDENTITY) {
		if (views_room(v, decode_max(kind, end - begin)) == -1)
			return -1;
		decode_start(&d, kind, v->out);
		decode_feed(&d, v->msg + begin, end - begin);
		decode_finish(&d);
		o.data = v->out;
		o.len = d.len;
		if (reasons != NULL)
			*reasons = d.reasons;
	}
	return seen == 1 ? 0 : views_hand_out(v, &o);
}

/* ---- content ---- */

struct stats {
	size_t	alphabet, blanks, line_ends, equals, url, other;
	int	equals_mid;	/* '=' and letters of base64 behind it */
	int	blank_line;	/* an empty line with something behind it */
	int	escapes;	/* '=' before a hexadecimal digit, a blank or a line's end */
};

enum { T_OTHER, T_ALPHA, T_BLANK, T_CR, T_LF, T_EQ, T_URL };

static const uint8_t octet_type[256] = {
	['A' ... 'Z'] = T_ALPHA, ['a' ... 'z'] = T_ALPHA, ['0' ... '9'] = T_ALPHA, ['+'] = T_ALPHA, ['/'] = T_ALPHA,
	[' '] = T_BLANK, ['\t'] = T_BLANK, ['\r'] = T_CR, ['\n'] = T_LF, ['='] = T_EQ, ['-'] = T_URL, ['_'] = T_URL, [','] = T_URL
};

static void
stats_take(const uint8_t *p, size_t len, struct stats *s)
{
	int lf = 0, empty = 0;
	size_t i, run;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < len; i++) {
		switch (octet_type[p[i]]) {
		case T_ALPHA:
			for (run = i++; i < len && octet_type[p[i]] == T_ALPHA; i++)
				;
			s->alphabet += i-- - run;
			s->equals_mid |= s->equals > 0;
			s->blank_line |= empty;
			lf = 0;
			break;
		case T_BLANK:
			s->blanks++;
			break;
		case T_CR:
			s->line_ends++;
			break;
		case T_LF:
			s->line_ends++;
			empty |= lf;
			lf = 1;
			break;
		case T_EQ:
			s->equals++;
			if (i + 1 == len || p[i + 1] <= ' ' || decode_hex(p[i + 1]) >= 0)
				s->escapes = 1;
			lf = 0;
			break;
		case T_URL:
			s->url++;
			lf = 0;
			break;
		default:
			s->other++;
			lf = 0;
		}
	}
}

/* What looks like base64 though nothing says so: mostly its letters, and unlike prose hardly a blank. */
static int
stats_base64(const struct stats *s, size_t len)
{
	size_t seen = len - s->line_ends;

	return s->alphabet >= 16 && s->alphabet * 100 >= seen * 60 && s->blanks * 100 <= seen * 4;
}

int
content_base64(const uint8_t *p, size_t len)
{
	struct stats s;

	stats_take(p, len, &s);
	return stats_base64(&s, len);
}

/* A plain text that is nothing but base64: all readers agree that it is text, but a person may have been told what to do. */
int
text_is_base64(const uint8_t *p, size_t len)
{
	struct stats s;
	size_t n = len < SAMPLE ? len : SAMPLE;

	stats_take(p, n, &s);
	return s.alphabet >= 16 && s.blanks + s.other + s.url == 0 && s.equals <= 2;
}

/* Likewise what is mostly "=4D=5A...". */
static int
text_is_qp(const uint8_t *p, size_t len)
{
	size_t n = len < SAMPLE ? len : SAMPLE, escapes = 0;
	const uint8_t *end = p + n;

	for (; (p = memchr(p, '=', (size_t)(end - p))) != NULL && end - p > 2; p++)
		if (decode_hex(p[1]) >= 0 && decode_hex(p[2]) >= 0)
			escapes++;
	return escapes >= 16 && escapes * 5 >= n;
}

static int
base64_out(struct views *v, const struct region *g, size_t begin, size_t end, const struct stats *s)
{
	if (decode_out(v, g, DECODE_BASE64, begin, end, NULL) == -1)
		return -1;
	if (s->equals_mid && (decode_out(v, g, DECODE_BASE64_JOIN, begin, end, NULL) == -1 ||
	    decode_out(v, g, DECODE_BASE64_LINE, begin, end, NULL) == -1 ||
	    decode_out(v, g, DECODE_BASE64_STOP, begin, end, NULL) == -1))
		return -1;
	if (s->url > 0 && decode_out(v, g, DECODE_BASE64_URL, begin, end, NULL) == -1)
		return -1;
	return s->blank_line ? decode_out(v, g, DECODE_BASE64_BLANK, begin, end, NULL) : 0;
}

static int
qp_out(struct views *v, const struct region *g, size_t begin, size_t end)
{
	uint64_t reasons = 0;

	if (decode_out(v, g, DECODE_QP, begin, end, &reasons) == -1)
		return -1;
	if (reasons == 0)
		return 0;
	if (decode_out(v, g, DECODE_QP_KEEP, begin, end, NULL) == -1)
		return -1;
	return decode_out(v, g, DECODE_QP_DROP, begin, end, NULL);
}

/* A piece of a text that everybody sees: it is worth a scan of its own only if it could be a file. */
static int
piece_is_file(const uint8_t *p, size_t len)
{
	static const char *const marks[] = { "<?xml", "<html", "<!doctype", "<script", "{\\rtf", "%PDF", "%!PS", "#!" };
	size_t i, n = len < 40 ? len : 40;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (len > strlen(marks[i]) && strncasecmp((const char *)p, marks[i], strlen(marks[i])) == 0)
			return 1;
	for (i = 0; i < n && p[i] != '\n' && p[i] != '\r'; i++)
		if (p[i] == '\0' || (p[i] < ' ' && i < 8 && p[i] != '\t' && p[i] != '\f' && p[i] != '\033'))
			return 1;
	return i == 40 && memchr(p, ' ', 40) == NULL && memcmp(p, p + 1, 39) != 0;
}

/* "-----BEGIN PGP ...": what follows is known for what it is. */
static int
armored(const struct views *v, size_t begin)
{
	static const char mark[] = "-----BEGIN ";
	size_t pos = begin;

	if (pos == 0)
		return 0;
	for (pos--; pos > 0 && v->msg[pos - 1] != '\n' && begin - pos < 100; pos--)
		;
	return begin - pos > sizeof(mark) && memcmp(v->msg + pos, mark, sizeof(mark) - 1) == 0;
}

/* A text that all readers see as it is: only what a person could be told to decode. */
static int
text_out(struct views *v, struct region *g, size_t begin, size_t end, int within)
{
	const uint8_t *p = v->msg + begin;
	size_t len = end - begin;
	struct stats s;

	if (text_is_base64(p, len)) {
		if (armored(v, g->begin))
			return 0;
		stats_take(p, len, &s);
		return base64_out(v, g, begin, end, &s);
	}
	if (text_is_qp(p, len))
		return qp_out(v, g, begin, end);
	/* As it stands it is nothing, in a text that is decoded. */
	if (!within || g->whole || (g->says & SAYS_QP) || begin == g->text_start || !piece_is_file(p, len))
		return 0;
	return decode_out(v, g, DECODE_IDENTITY, begin, end, NULL);
}

int
views_content(struct views *v, struct region *g, size_t begin, size_t end)
{
	const uint8_t *p = v->msg + begin;
	size_t len = end - begin, next;
	struct stats s;

	if (lines_blank(v->msg, begin, end < begin + SAMPLE ? end : begin + SAMPLE) && lines_blank(v->msg, begin, end))
		return 0;
	if (ranges_plain(v->ranges, begin, end))
		return ranges_has(v->ranges, begin, end, DECODE_IDENTITY) || ranges_has(v->ranges, begin, end, DECODE_QP) ?
		    text_out(v, g, begin, end, 0) : 0;
	/* Within such a text a header that names an encoding makes a part of what follows. */
	if (ranges_in_text(v->ranges, begin, end) && (g->last_says == 0 || !ranges_in_text(v->ranges, g->head, end)))
		return text_out(v, g, begin, end, 1);
	if (begin == g->text_start)
		return text_out(v, g, begin, end, 0);
	memset(&s, 0, sizeof(s));
	if (work_take(v, len))
		stats_take(p, len, &s);
	if ((g->says & (SAYS_B64 | SAYS_ODD)) || (stats_base64(&s, len) &&
	    (g->head_end > 0 || (s.other + s.url) * 4 <= s.alphabet))) {
		if (base64_out(v, g, begin, end, &s) == -1)
			return -1;
	}
	if (s.escapes && qp_out(v, g, begin, end) == -1)
		return -1;
	next = lines_next(v->msg, begin, end);
	if ((g->says & (SAYS_UU | SAYS_ODD)) || (lines_uu(v->msg, begin, next) && next < end &&
	    lines_uu(v->msg, next, lines_next(v->msg, next, end))))
		if (decode_out(v, g, DECODE_UU_BARE, begin, end, NULL) == -1)
			return -1;
	/* What has no header of its own stands in another object as well. */
	if ((g->whole || g->head_end == 0) && !piece_is_file(p, len))
		return 0;
	g->whole = 1;
	return decode_out(v, g, DECODE_IDENTITY, begin, end, NULL);
}
