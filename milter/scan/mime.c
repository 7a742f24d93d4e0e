/* SPDX-License-Identifier: ISC */
/* Walks the MIME structure of one message in memory and hands out each part, decoded: the strict reading. */
/*
 * Called by a worker, for one message.  Strict: RFC 2045-2049, the first of
 * several fields or parameters wins; only exact delimiter lines count.  Where
 * mail programs are known to differ from that, a reason is noted; other
 * readings are not made here.  One pass with an explicit stack: every line
 * that begins with "--" is compared with the boundaries of all open
 * multiparts, so an outer delimiter ends inner parts (RFC 2046 section 5.1.2).
 * A message/rfc822 is measured before its own parts are walked, so the cost is
 * at most depth x length.  Memory: the stack and one decoded part.
 * Does not walk into what was encoded (walk.c does, as it does for any mail
 * within a part), does not look for encoded text outside of declared encodings
 * (views.c does), does not reassemble message/partial, opens no containers.
 */

#include "scan/mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/mime_int.h"

_Static_assert(REASON_MAX <= 64, "reasons fit the mask");

#define DEPTH_CEILING	1000	/* whatever the setting: each level costs a look at every "--" line */
#define PROSE_SAMPLE	1024	/* octets that tell text from base64 */

enum step { STEP_ENTITY, STEP_PREAMBLE, STEP_EPILOGUE, STEP_REST, STEP_DONE };

static void
limit_note(struct walk *w, const char *which)
{
	if (w->report->limit == NULL)
		w->report->limit = which;
}

/* ---- lines and delimiters ---- */

int
delim_match(const struct walk *w, const struct level *l, size_t pos, size_t next)
{
	const uint8_t *p = w->msg + pos + 2;
	size_t len = next - pos - 2;

	if (len < l->boundary_len || (len > 0 && memcmp(p, l->boundary, l->boundary_len) != 0))
		return 0;
	p += l->boundary_len;
	len -= l->boundary_len;
	if (words_blank(p, len))
		return 1;
	if (len >= 2 && p[0] == '-' && p[1] == '-' && words_blank(p + 2, len - 2))
		return 2;
	return l->boundary_len > 0 ? -1 : 0;
}

int
delim_find(struct walk *w, size_t pos, size_t next, struct delim *d)
{
	size_t i;
	int m, like = 0;

	for (i = w->depth; i-- > 0;) {
		const struct level *l = &w->stack[i];

		if (l->kind != LEVEL_MULTIPART || next - pos - 2 < l->boundary_len)
			continue;
		m = delim_match(w, l, pos, next);
		if (m > 0 && l->closed) {
			/* Closed twice is a habit of some writers. */
			w->reasons |= m == 1 ? REASON(EPILOGUE_PART) : 0;
			continue;
		}
		if (m > 0) {
			d->level = i;
			d->close = m == 2;
			return 1;
		}
		like |= m;
	}
	if (like)
		w->reasons |= REASON(DELIM_TRAIL);
	return 0;
}

int
starts_dashes(const struct walk *w, size_t pos, size_t next)
{
	return next - pos >= 2 && w->msg[pos] == '-' && w->msg[pos + 1] == '-';
}

/* Finds the end of the region that begins at `begin`, which starts a line. */
static void
region_end(struct walk *w, size_t begin, struct delim *d)
{
	size_t pos, next;

	/* A message in a message ends where that one does. */
	if (w->found.next > 0 && begin >= w->found_from && begin <= w->found.line) {
		*d = w->found;
	} else {
		d->line = d->next = w->len;
		d->level = NO_LEVEL;
		d->close = 0;
		for (pos = begin; pos < w->len; pos = next) {
			next = line_next(w->msg, pos, w->len);
			if (starts_dashes(w, pos, next) && delim_find(w, pos, next, d)) {
				d->line = pos;
				d->next = next;
				break;
			}
		}
		w->found = *d;
		w->found_from = begin;
	}
	d->end = d->line;
	if (d->level == NO_LEVEL)
		return;
	if (d->end > begin && w->msg[d->end - 1] == '\n')
		d->end--;
	if (d->end > begin && w->msg[d->end - 1] == '\r')
		d->end--;
}

/* 1 if a line of the region begins like a MIME field. */
static int
region_has_fields(const struct walk *w, size_t begin, size_t end)
{
	size_t pos;

	for (pos = begin; pos < end; pos = line_next(w->msg, pos, end))
		if (end - pos > 8 && strncasecmp((const char *)w->msg + pos, "content-", 8) == 0)
			return 1;
	return 0;
}

/* ---- paths ---- */

static int
path_set(struct walk *w, size_t prefix, const char *last)
{
	w->path.len = prefix;
	if (prefix > 0 && last[0] != '\0')
		buf_addc(&w->path, '.');
	buf_addz(&w->path, last);
	return w->path.failed ? -1 : 0;
}

/*
 * The path of an entity below the top of the stack.  `direct`: a multipart that
 * is a message's body shares that message's number, as IMAP counts.
 */
static int
path_child(struct walk *w, int direct)
{
	const struct level *top = &w->stack[w->depth - 1];

	if (top->kind == LEVEL_MESSAGE)
		return path_set(w, top->path_len, direct ? "" : "1");
	w->path.len = top->path_len;
	if (top->path_len > 0)
		buf_addc(&w->path, '.');
	buf_addf(&w->path, "%u", top->children);
	return w->path.failed ? -1 : 0;
}

/* ---- handing out ---- */

/* 1: as many letters and '=' as make whole quartets, so that no reader could begin a new one elsewhere. */
static int
base64_whole(const uint8_t *p, size_t len, unsigned open, size_t decoded)
{
	size_t pads = 0;

	while (len > 0 && (p[len - 1] == '=' || words_blank(p + len - 1, 1)))
		pads += p[--len] == '=';
	/* Without padding some do write it; then an empty line could be a start. */
	if (open > 1 && pads == 0)
		return memmem(p, len, "\n\r\n", 3) == NULL && memmem(p, len, "\n\n", 2) == NULL;
	return open == 0 && pads == (3 - decoded % 3) % 3;
}

/* 1: behind the first padding stands no more base64 but text, as mailing lists add it. */
static int
padding_then_prose(const uint8_t *p, size_t len)
{
	const uint8_t *pad = memchr(p, '=', len), *end = p + len;
	size_t letters = 0, other = 0;

	while (pad != NULL && pad < end && (*pad == '=' || words_blank(pad, 1)))
		pad++;
	for (; pad != NULL && pad < end && letters + other < PROSE_SAMPLE; pad++) {
		if (*pad == '\r' || *pad == '\n')
			continue;
		if ((*pad >= '0' && *pad <= '9') || ((*pad | 0x20) >= 'a' && (*pad | 0x20) <= 'z') || *pad == '+' || *pad == '/' ||
		    *pad == '=')
			letters++;
		else
			other++;
	}
	return other * 12 > letters + other;
}

/* Undoes the encoding of [begin, end) into w->part.  0 or -1. */
static int
region_decode(struct walk *w, enum decode_kind kind, size_t begin, size_t end, struct mime_part *p)
{
	size_t need = decode_max(kind, end - begin);
	struct decoder d;
	unsigned open;

	if (need > w->part_size) {
		free(w->part);
		w->part_size = 0;
		w->part = malloc(need);
		if (w->part == NULL)
			return -1;
		w->part_size = need;
	}
	decode_start(&d, kind, w->part);
	decode_feed(&d, w->msg + begin, end - begin);
	open = d.n;
	decode_finish(&d);
	if ((d.reasons & REASON(B64_PAD_MID)) && padding_then_prose(w->msg + begin, end - begin))
		d.reasons = (d.reasons & ~REASON(B64_PAD_MID)) | REASON(B64_PAD_MID_SOFT);
	w->reasons |= d.reasons;
	/* Nothing came of it: it is in no such encoding. */
	p->plain &= (d.len > 0 || words_blank(w->msg + begin, end - begin)) && d.reasons == 0 && (kind != DECODE_BASE64 || base64_whole(w->msg + begin, end - begin, open, d.len));
	p->data = w->part;
	p->len = d.len;
	return 0;
}

/* Hands out [begin, end) under the path that is set; e is its header, or NULL.  0, or -1 with w->rc set: the walk ends. */
static int
part_emit(struct walk *w, const char *type, enum decode_kind kind, size_t begin, size_t end, const struct entity *e)
{
	struct mime_part p;
	int cut = 0;

	memset(&p, 0, sizeof(p));
	p.path = w->path.data;
	p.name = w->name.len > 0 ? w->name.data : NULL;
	p.type = type;
	p.data = w->msg + begin;
	p.len = end - begin;
	p.raw = begin;
	p.raw_len = end - begin;
	p.decode = kind;
	p.plain = e != NULL && e->reasons == 0 && !e->cte_unknown;
	if (e != NULL && e->body > e->begin) {
		p.head = w->msg + e->begin;
		p.head_len = e->body - e->begin;
	}
	p.leaf = e != NULL && strncmp(type, "message/", 8) != 0 && strncmp(type, "multipart/", 10) != 0;
	if (kind != DECODE_IDENTITY && region_decode(w, kind, begin, end, &p) == -1) {
		w->rc = -1;
		return -1;
	}
	if (p.len > w->limits->max_decoded - w->decoded) {
		limit_note(w, "mime.max_decoded");
		p.len = (size_t)(w->limits->max_decoded - w->decoded);
		cut = 1;
	}
	w->decoded += p.len;
	if (!cut || p.len > 0) {
		w->report->parts++;
		w->rc = w->cb(w->arg, &p);
	}
	return cut || w->rc != 0 ? -1 : 0;
}

static int
parts_full(struct walk *w)
{
	if (w->report->parts < w->limits->max_parts)
		return 0;
	limit_note(w, "mime.max_parts");
	return 1;
}

/* An encoding nobody knows is grave where the body looks encoded: long runs without a blank. */
static void
unknown_encoding_note(struct walk *w, size_t begin, size_t end)
{
	size_t i, n = end - begin < 1024 ? end - begin : 1024, coded = 0, white = 0;

	for (i = begin; i < begin + n; i++) {
		uint8_t c = w->msg[i];

		if (c == '\r' || c == '\n')
			white++;
		else if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '/' || c == '=')
			coded++;
	}
	w->reasons |= coded >= 16 && coded * 20 >= (n - white) * 19 ? REASON(CTE_UNKNOWN) : REASON(CTE_UNKNOWN_SOFT);
}

/* ---- the stack ---- */

static struct level *
level_push(struct walk *w, enum level_kind kind)
{
	struct level *stack;
	size_t size;

	if (w->depth == w->size) {
		size = w->size == 0 ? 16 : 2 * w->size;
		stack = realloc(w->stack, size * sizeof(*stack));
		if (stack == NULL) {
			w->rc = -1;
			return NULL;
		}
		w->stack = stack;
		w->size = size;
	}
	memset(&w->stack[w->depth], 0, sizeof(w->stack[0]));
	w->stack[w->depth].kind = kind;
	w->stack[w->depth].path_len = w->path.len;
	return &w->stack[w->depth++];
}

static void
level_pop(struct walk *w)
{
	struct level *l = &w->stack[--w->depth];

	if (l->kind == LEVEL_MULTIPART && !l->closed)
		w->reasons |= REASON(MP_UNCLOSED);
	/* Home-made mailers append "_alt" to a boundary; theirs are well-formed. */
	if (l->kind == LEVEL_MULTIPART && l->prefix)
		w->reasons |= l->closed ? REASON(BND_PREFIX_SOFT) : REASON(BND_PREFIX);
	free(l->boundary);
}

/* Boundaries that one line could match both.  1: one is the other's beginning. */
static int
boundary_compare(struct walk *w)
{
	size_t i, n;
	int prefix = 0;

	for (i = 0; i < w->depth; i++) {
		const struct level *l = &w->stack[i];

		if (l->kind != LEVEL_MULTIPART)
			continue;
		n = l->boundary_len < w->boundary.len ? l->boundary_len : w->boundary.len;
		if (n == 0 || memcmp(l->boundary, w->boundary.data, n) != 0)
			continue;
		if (l->boundary_len == w->boundary.len)
			w->reasons |= REASON(BND_REUSE);
		else
			prefix = 1;
	}
	return prefix;
}

/* ---- the steps of the walk ---- */

/* Goes on behind the region that d ended. */
static enum step
delim_follow(struct walk *w, const struct delim *d)
{
	struct level *l;

	w->found.next = 0;
	if (d->level == NO_LEVEL) {
		while (w->depth > 1)
			level_pop(w);
		return STEP_DONE;
	}
	while (w->depth > d->level + 1)
		level_pop(w);
	l = &w->stack[d->level];
	w->pos = d->next;
	if (d->close) {
		l->closed = 1;
		return STEP_EPILOGUE;
	}
	l->children++;
	return STEP_ENTITY;
}

static enum step
multipart_enter(struct walk *w, const struct entity *e)
{
	struct level *l;
	int prefix;

	if (e->decode != DECODE_IDENTITY)
		w->reasons |= REASON(CTE_COMPOSITE);
	prefix = boundary_compare(w);
	if (path_child(w, 1) == -1 || (l = level_push(w, LEVEL_MULTIPART)) == NULL) {
		w->rc = -1;
		return STEP_DONE;
	}
	l->boundary = malloc(w->boundary.len + 1);
	if (l->boundary == NULL) {
		w->rc = -1;
		return STEP_DONE;
	}
	if (w->boundary.len > 0)
		memcpy(l->boundary, w->boundary.data, w->boundary.len);
	l->boundary_len = w->boundary.len;
	l->digest = strcmp(e->type, "multipart/digest") == 0;
	l->decode = e->decode;
	l->prefix = prefix;
	w->found.next = 0;
	w->pos = e->body;
	return STEP_PREAMBLE;
}

/* 1 if a message or multipart said to be encoded stands there as it is: base64 text holds no colon. */
static int
composite_is_raw(const struct walk *w, size_t begin, size_t end)
{
	return memchr(w->msg + begin, ':', end - begin < 100 ? end - begin : 100) != NULL;
}

/* A part that is no multipart, or one that is not walked. */
static enum step
leaf_step(struct walk *w, struct entity *e, int message)
{
	struct delim d;

	region_end(w, e->body, &d);
	if (d.end < e->body)
		d.end = e->body;
	if (e->cte_unknown)
		unknown_encoding_note(w, e->body, d.end);
	if ((message || strncmp(e->type, "multipart/", 10) == 0) && e->decode != DECODE_IDENTITY) {
		/* message/global may be encoded: RFC 6532 section 3.7. */
		if (strcmp(e->type, "message/global") != 0)
			w->reasons |= REASON(CTE_COMPOSITE);
		if (e->decode == DECODE_BASE64 && composite_is_raw(w, e->body, d.end))
			e->decode = DECODE_IDENTITY;
	}
	if (part_emit(w, e->type, e->decode, e->body, d.end, e) == -1)
		return STEP_DONE;
	if (!message || e->decode != DECODE_IDENTITY)
		return delim_follow(w, &d);
	if (w->depth > w->depth_max) {
		limit_note(w, "mime.max_depth");
		return delim_follow(w, &d);
	}
	w->pos = e->body;
	return level_push(w, LEVEL_MESSAGE) != NULL ? STEP_ENTITY : STEP_DONE;
}

static enum step
entity_step(struct walk *w)
{
	struct entity e;
	int message;

	if (parts_full(w))
		return STEP_REST;
	if (entity_read(w, &e) == -1) {
		w->rc = -1;
		return STEP_DONE;
	}
	if (e.header_limit)
		limit_note(w, "mime.max_header_bytes");
	if (strncmp(e.type, "multipart/", 10) == 0 && e.has_boundary) {
		if (w->depth <= w->depth_max)
			return multipart_enter(w, &e);
		limit_note(w, "mime.max_depth");
	}
	if (strcmp(e.type, "message/partial") == 0)
		w->reasons |= REASON(PARTIAL);
	if (strcmp(e.type, "message/external-body") == 0)
		w->reasons |= REASON(EXTERNAL);
	if (path_child(w, 0) == -1) {
		w->rc = -1;
		return STEP_DONE;
	}
	message = strcmp(e.type, "message/rfc822") == 0 || strcmp(e.type, "message/global") == 0;
	return leaf_step(w, &e, message);
}

/* What stands before the first delimiter or behind the last. */
static enum step
between_step(struct walk *w, int epilogue)
{
	const struct level *l = &w->stack[w->depth - 1];
	enum decode_kind kind = DECODE_IDENTITY;
	size_t begin = w->pos;
	struct delim d;

	region_end(w, begin, &d);
	if (words_blank(w->msg + begin, d.end - begin))
		return delim_follow(w, &d);
	if (parts_full(w))
		return STEP_REST;
	if (region_has_fields(w, begin, d.end))
		w->reasons |= epilogue ? REASON(EPILOGUE_PART) : REASON(PREAMBLE_PART);
	/* A multipart that was itself encoded has no delimiter to be found. */
	if (!epilogue && d.level != w->depth - 1)
		kind = l->decode;
	buf_reset(&w->name);
	if (path_set(w, l->path_len, epilogue ? "E" : "P") == -1) {
		w->rc = -1;
		return STEP_DONE;
	}
	if (part_emit(w, "text/plain", kind, begin, d.end, NULL) == -1)
		return STEP_DONE;
	return delim_follow(w, &d);
}

/* max_parts was reached: what is left of each source goes out as one. */
static enum step
rest_step(struct walk *w)
{
	struct delim end = { .line = w->len, .end = w->len, .next = w->len, .level = NO_LEVEL };

	buf_reset(&w->name);
	if (w->pos < w->len) {
		if (path_set(w, 0, "R") == -1) {
			w->rc = -1;
			return STEP_DONE;
		}
		if (part_emit(w, "application/octet-stream", DECODE_IDENTITY, w->pos, w->len, NULL) == -1)
			return STEP_DONE;
	}
	return delim_follow(w, &end);
}

static void
walk_run(struct walk *w)
{
	enum step step = STEP_ENTITY;

	while (step != STEP_DONE) {
		switch (step) {
		case STEP_ENTITY:
			step = entity_step(w);
			break;
		case STEP_PREAMBLE:
		case STEP_EPILOGUE:
			step = between_step(w, step == STEP_EPILOGUE);
			break;
		case STEP_REST:
			step = rest_step(w);
			break;
		case STEP_DONE:
			break;
		}
	}
}

int
mime_walk(const uint8_t *msg, size_t len, const struct mime_limits *limits,
    mime_part_cb cb, void *arg, struct mime_report *report)
{
	struct walk w;

	memset(report, 0, sizeof(*report));
	memset(&w, 0, sizeof(w));
	w.msg = msg != NULL ? msg : (const uint8_t *)"";
	w.len = len;
	w.limits = limits;
	w.depth_max = limits->max_depth < DEPTH_CEILING ? (size_t)limits->max_depth : DEPTH_CEILING;
	w.cb = cb;
	w.arg = arg;
	w.report = report;
	buf_init(&w.path, 16 * (w.depth_max + 2));
	/* A character of some sets becomes several in UTF-8. */
	buf_init(&w.name, 16 * len + 64);
	buf_init(&w.boundary, len + 1);
	words_init(&w.words);
	if (path_set(&w, 0, "") == -1 || level_push(&w, LEVEL_MESSAGE) == NULL)
		w.rc = -1;
	else
		walk_run(&w);
	report->decoded = w.decoded;
	report->mask = w.reasons | w.words.reasons;
	while (w.depth > 0)
		level_pop(&w);
	free(w.stack);
	free(w.part);
	buf_free(&w.path);
	buf_free(&w.name);
	buf_free(&w.boundary);
	words_free(&w.words);
	return w.rc;
}
