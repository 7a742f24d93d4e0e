/* SPDX-License-Identifier: ISC */
/* The further readings of one message: regions by every kind of delimiter, bodies by every decoder that could be meant. */
/*
 * Called by walk.c behind the strict reader, with what that one saw.  A
 * message that is read the same by all costs a look at each line and a look-up
 * for each region; only what is odd is decoded again.  No tree is built:
 * a nested multipart is more regions, a preamble is one too.
 *
 *   split.c-like part: one pass over the lines ends the regions of all views at once
 *   region:  header-like lines, then the few offsets at which a body could begin
 *   content: the decoders that its header or its octets call for
 *
 * What decoded objects hold (mail in mail) is who calls' to queue.  Judges
 * nothing: that objects appear which the strict reading does not have is seen there too.
 */

#include "scan/views.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/boundary.h"
#include "scan/inline.h"
#include "scan/lines.h"
#include "scan/reasons.h"

#define STARTS_MAX	16	/* offsets at which one region's content could begin; crafted ones only */
#define PIECES_MAX	64	/* of one joined region; what comes behind is its last piece */
#define HEADS_MAX	4096	/* octets from the first header-like lines of a region to the last that are searched for names together */
#define JUNK_MAX	4	/* lines before the first field of a header block: an mbox separator and the like */
#define SAMPLE		4096	/* octets looked at to tell whether a plain text is base64 */

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

struct piece {
	size_t	begin, end;
};

/* A region being read: what may begin where. */
struct region {
	size_t	begin, end;
	size_t	starts[STARTS_MAX];	/* that wait, in no order */
	size_t	starts_count;
	size_t	done;			/* starts up to here were read; SIZE_MAX: none */
	size_t	head, head_end;		/* the last header-like lines */
	size_t	heads;			/* the first such lines; all of them give names */
	size_t	empty_at;		/* offset behind the next empty line from where it was last looked for; 0: not yet */
	int	behind_text;		/* text stood where a header could be: the start behind its next empty line waits, or was read */
	size_t	text_start;		/* that start; 0: none */
	int	whole;			/* its octets from an earlier start on were handed out as they are */
	int	says, last_says;	/* SAYS_*, of all header-like lines so far, and of the last ones */
};
#define SAYS_B64	1
#define SAYS_QP		2
#define SAYS_UU		4
#define SAYS_ODD	8	/* an encoding nobody knows: any */

struct views {
	const uint8_t	*msg;
	size_t		 len;
	struct ranges	*ranges;
	const struct ranges *strict;	/* what is in no need of a CR view: the other views' */
	const uint8_t	*cr;		/* in the CR view: the message as it is */
	const struct views_limits *limits;
	view_cb		 cb;
	void		*arg;
	struct views_report *report;
	struct boundaries boundaries;
	enum view	 view;
	uint8_t		*out;
	size_t		 out_size;
	int		 rc;
	struct piece	 pieces[PIECES_MAX];	/* of the joined region */
	size_t		 pieces_count;
};

static void
limit_note(struct views *v, const char *which)
{
	if (v->report->limit == NULL)
		v->report->limit = which;
}

/* ---- handing out ---- */

/* Room to decode into.  0, or -1 with rc set. */
static int
out_room(struct views *v, size_t need)
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

/* -1: the walk ends. */
static int
hand_out(struct views *v, struct view_object *o)
{
	struct views_report *r = v->report;

	if (o->len == 0)
		return 0;
	if (r->objects >= v->limits->objects) {
		limit_note(v, "mime.max_parts");
		v->rc = 1;
		return -1;
	}
	if (o->len > v->limits->decoded - r->decoded) {
		limit_note(v, "mime.max_decoded");
		v->rc = 1;
		return -1;
	}
	r->objects++;
	r->decoded += o->len;
	r->views[o->view] = 1;
	v->rc = v->cb(v->arg, o);
	return v->rc == 0 ? 0 : -1;
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
	/* The rest goes on: what is small is still read. */
	if (end - begin > v->limits->work - v->report->work) {
		limit_note(v, "mime.work");
		return 0;
	}
	v->report->work += end - begin;
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
		if (out_room(v, decode_max(kind, end - begin)) == -1)
			return -1;
		decode_start(&d, kind, v->out);
		decode_feed(&d, v->msg + begin, end - begin);
		decode_finish(&d);
		o.data = v->out;
		o.len = d.len;
		if (reasons != NULL)
			*reasons = d.reasons;
	}
	return seen == 1 ? 0 : hand_out(v, &o);
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

/* A plain text that is nothing but base64: all readers agree that it is text, but a person may have been told what to do. */
static int
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

/* All that [begin, end) could stand for.  -1: the walk ends. */
static int
content_out(struct views *v, struct region *g, size_t begin, size_t end)
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
		limit_note(v, "mime.starts");
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
	int seen;

	/* The line end before a delimiter is the delimiter's: RFC 2046 section 5.1.1. */
	if (end < v->len && end > begin && v->msg[end - 1] == '\n')
		end--;
	if (end < v->len && end > begin && v->msg[end - 1] == '\r')
		end--;
	g.end = end;
	if (begin == end)
		return 0;
	if ((seen = ranges_enter(v->ranges, begin, end, RANGE_REGION, 0)) != 0) {
		v->rc = seen == -1 ? -1 : v->rc;
		return seen == -1 ? -1 : 0;
	}
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
			limit_note(v, "mime.starts");
			return 0;
		}
		if (content_out(v, &g, at, g.end) == -1)
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
	struct stats s;
	size_t i, at, n = v->pieces_count;

	v->pieces_count = 0;
	if (n < 2 || !lines_field(v->msg, g.begin, lines_next(v->msg, g.begin, g.end)))
		return 0;
	head_read(v, &g, g.begin);
	if (g.starts_count == 0)
		return 0;
	at = g.starts[0];
	stats_take(v->msg + at, g.end - at, &s);
	if (!(g.says & (SAYS_B64 | SAYS_ODD)) && !stats_base64(&s, g.end - at))
		return 0;
	if (out_room(v, decode_max(DECODE_BASE64, v->pieces[n - 1].end - at)) == -1)
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
	return hand_out(v, &o);
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
	enum boundary_match m;

	v->pieces_count = 0;
	for (pos = 0; pos < v->len; pos = next) {
		next = lines_next(v->msg, pos, v->len);
		end = line_end(v->msg, pos, next);
		crlf += next - end >= 2;
		lf += next - end == 1 && v->msg[end] == '\n';
		m = boundaries_match(&v->boundaries, v->msg + pos, end - pos);
		if (m == BOUNDARY_NONE && !dashes(v->msg, pos, next))
			continue;
		v->view = generic_view;
		if (region_read(v, generic, pos) == -1)
			return -1;
		piece_add(v, generic, pos);
		generic = next;
		if (m != BOUNDARY_NONE) {
			delim_note(v, m, pos, next);
			v->view = exact_view;
			if (region_read(v, exact, pos) == -1)
				return -1;
			exact = next;
		}
		if (part_begins(v, next) && joined_read(v) == -1)
			return -1;
	}
	if (crlf > 0 && lf > 0 && v->cr == NULL)
		v->report->mask |= REASON(EOL_MIX);
	v->view = generic_view;
	if (region_read(v, generic, v->len) == -1)
		return -1;
	piece_add(v, generic, v->len);
	v->view = exact_view;
	if (region_read(v, exact, v->len) == -1)
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
			limit_note(v, "mime.max_boundaries");
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
	return hand_out(v, &o);
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
