/* SPDX-License-Identifier: ISC */
/* Reads header blocks and the parameters of MIME fields: RFC 5322, 2045, 2231. */
/*
 * Called by mime.c, received.c and authres.c.  The block reader gives offsets and copies nothing; only a
 * boundary and a name are built, in the caller's buffer.  One pass per
 * question, comments by a counter.  Lenient where nearly all mail programs
 * agree, and says so by a reason.  Does not choose among fields, and does not
 * know what a multipart is.
 */

#include "scan/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/decode.h"
#include "scan/reasons.h"

/* ---- lines and fields ---- */

size_t
line_next(const uint8_t *msg, size_t pos, size_t end)
{
	const uint8_t *nl = memchr(msg + pos, '\n', end - pos);

	return nl == NULL ? end : (size_t)(nl - msg) + 1;
}

int
line_empty(const uint8_t *msg, size_t pos, size_t next)
{
	while (pos < next && msg[pos] == '\r')
		pos++;
	return pos == next || (msg[pos] == '\n' && pos + 1 == next);
}

size_t
header_length(const uint8_t *msg, size_t len)
{
	size_t end, next;

	for (end = 0; end < len; end = next) {
		next = line_next(msg, end, len);
		if (line_empty(msg, end, next))
			break;
	}
	return end;
}

static int
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
header_start(struct header_reader *r, const uint8_t *msg, size_t begin, size_t end)
{
	r->msg = msg;
	r->pos = begin;
	r->end = end;
}

/* Length of the field name at p and whether white space follows it; 0: no field. */
static size_t
name_length(const uint8_t *p, size_t len, size_t *colon)
{
	size_t n = 0, i;

	while (n < len && p[n] > ' ' && p[n] < 0x7f && p[n] != ':')
		n++;
	for (i = n; i < len && (p[i] == ' ' || p[i] == '\t'); i++)
		;
	if (n == 0 || i == len || p[i] != ':')
		return 0;
	*colon = i;
	return n;
}

enum header_line
header_next(struct header_reader *r, struct header_field *f)
{
	size_t next, colon = 0, i;

	memset(f, 0, sizeof(*f));
	if (r->pos >= r->end)
		return HEADER_END;
	f->name = f->value = r->pos;
	next = line_next(r->msg, r->pos, r->end);
	f->name_len = name_length(r->msg + r->pos, next - r->pos, &colon);
	f->end = r->pos = next;
	if (f->name_len == 0)
		return HEADER_JUNK;
	f->space = colon > f->name_len;
	f->value = f->name + colon + 1;
	while (r->pos < r->end && (r->msg[r->pos] == ' ' || r->msg[r->pos] == '\t')) {
		next = line_next(r->msg, r->pos, r->end);
		for (i = r->pos; i < next && is_space(r->msg[i]); i++)
			;
		if (i == next)
			f->blank_fold = 1;
		r->pos = next;
	}
	f->end = r->pos;
	return HEADER_FIELD;
}

int
header_is(const struct header_reader *r, const struct header_field *f, const char *name)
{
	return strlen(name) == f->name_len &&
	    strncasecmp((const char *)r->msg + f->name, name, f->name_len) == 0;
}

/* ---- parameters ---- */

/* Over white space and comments.  A comment that nothing closes ends the value. */
static void
skip_cfws(struct param_reader *r)
{
	unsigned depth = 0;

	for (; r->pos < r->len; r->pos++) {
		uint8_t c = r->v[r->pos];

		if (c == '(') {
			depth++;
			r->reasons |= REASON(COMMENT);
		} else if (depth == 0 && !is_space(c)) {
			return;
		} else if (depth > 0 && c == ')') {
			depth--;
		} else if (depth > 0 && c == '\\' && r->pos + 1 < r->len) {
			r->pos++;
		}
	}
	if (depth > 0)
		r->reasons |= REASON(PARAM_COMMENT);
}

/* From the octet behind an opening quote to behind the closing one.  Returns the length between, sets *closed. */
static size_t
skip_quoted(struct param_reader *r, int *closed)
{
	size_t begin = r->pos;

	for (; r->pos < r->len; r->pos++) {
		if (r->v[r->pos] == '"') {
			*closed = 1;
			return r->pos++ - begin;
		}
		if (r->v[r->pos] == '\\' && r->pos + 1 < r->len)
			r->pos++;
	}
	*closed = 0;
	while (r->pos > begin && is_space(r->v[r->pos - 1]))
		r->pos--;
	begin = r->pos - begin;
	r->pos = r->len;
	return begin;
}

void
param_start(struct param_reader *r, const uint8_t *v, size_t len, char *token, size_t size)
{
	size_t n = 0;

	r->v = v;
	r->len = len;
	r->pos = 0;
	r->reasons = 0;
	for (skip_cfws(r); r->pos < len && v[r->pos] != ';'; skip_cfws(r)) {
		uint8_t c = v[r->pos++];

		if (n + 1 < size)
			token[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c > ' ' && c < 0x7f ? (char)c : '?';
		else if (size > 0)
			r->reasons |= REASON(TYPE_LONG);
	}
	if (size > 0)
		token[n] = '\0';
}

/* To the next ';' that stands in no quotes.  Returns 1 if anything but white space and comments was passed over. */
static int
skip_to_semicolon(struct param_reader *r)
{
	int odd = 0, closed;

	for (skip_cfws(r); r->pos < r->len && r->v[r->pos] != ';'; skip_cfws(r)) {
		odd = 1;
		if (r->v[r->pos++] == '"')
			skip_quoted(r, &closed);
	}
	return odd;
}

/* "name*2*" -> name, 2, extended. */
static void
attr_parse(struct param *p)
{
	const uint8_t *star = memchr(p->attr, '*', p->attr_len);
	const uint8_t *end = p->attr + p->attr_len, *q;

	p->section = -1;
	p->extended = 0;
	if (star == NULL)
		return;
	p->attr_len = (size_t)(star - p->attr);
	q = star + 1;
	if (q < end && *q >= '0' && *q <= '9')
		p->section = 0;
	for (; q < end && *q >= '0' && *q <= '9'; q++)
		if (p->section < 100000)	/* larger ones are alike: last */
			p->section = p->section * 10 + (*q - '0');
	p->extended = end[-1] == '*';
}

static void
value_parse(struct param_reader *r, struct param *p)
{
	const uint8_t *semi;
	size_t begin;
	int closed;

	skip_cfws(r);
	p->quoted = p->odd = 0;
	if (r->pos < r->len && r->v[r->pos] == '"') {
		r->pos++;
		p->quoted = 1;
		p->value = r->v + r->pos;
		p->value_len = p->loose_len = skip_quoted(r, &closed);
		p->odd = !closed;
	} else {
		begin = r->pos;
		p->value = r->v + begin;
		semi = r->len > begin ? memchr(p->value, ';', r->len - begin) : NULL;
		p->loose_len = semi == NULL ? r->len - begin : (size_t)(semi - p->value);
		while (p->loose_len > 0 && is_space(p->value[p->loose_len - 1]))
			p->loose_len--;
		while (r->pos < r->len && !is_space(r->v[r->pos]) && r->v[r->pos] != ';' && r->v[r->pos] != '(')
			r->pos++;
		p->value_len = r->pos - begin;
	}
	if (skip_to_semicolon(r))
		p->odd = 1;
}

int
param_next(struct param_reader *r, struct param *p)
{
	uint64_t before;
	size_t begin;

	for (;;) {
		skip_to_semicolon(r);
		if (r->pos >= r->len)
			return 0;
		r->pos++;
		skip_cfws(r);
		begin = r->pos;
		while (r->pos < r->len && r->v[r->pos] != '=' && r->v[r->pos] != ';' &&
		    r->v[r->pos] != '(' && !is_space(r->v[r->pos]))
			r->pos++;
		p->attr = r->v + begin;
		p->attr_len = r->pos - begin;
		before = r->reasons;
		r->reasons &= ~REASON(COMMENT);
		skip_cfws(r);
		if ((r->reasons & REASON(COMMENT)) && p->attr_len > 0)
			r->reasons |= REASON(PARAM_COMMENT);
		r->reasons |= before;
		if (r->pos < r->len && r->v[r->pos] == '=' && p->attr_len > 0)
			break;
		/* "a;;b" and "a;" are common; a word without '=' is not. */
		if (p->attr_len > 0 || (r->pos < r->len && r->v[r->pos] != ';'))
			r->reasons |= REASON(PARAM_BAD);
	}
	r->pos++;
	attr_parse(p);
	value_parse(r, p);
	return 1;
}

static int
param_is(const struct param *p, const char *attr)
{
	return strlen(attr) == p->attr_len && strncasecmp((const char *)p->attr, attr, p->attr_len) == 0;
}

/* Appends the value with folding and quoted pairs undone.  Returns 1 if there was a quoted pair. */
static int
value_add(const uint8_t *v, size_t len, int quoted, struct buf *out)
{
	size_t i, start = 0;
	int pairs = 0;

	for (i = 0; i < len; i++) {
		if (v[i] == '\r' || v[i] == '\n') {
			buf_add(out, v + start, i - start);
			start = i + 1;
		} else if (quoted && v[i] == '\\' && i + 1 < len && (v[i + 1] == '"' || v[i + 1] == '\\')) {
			/* Others are left: "C:\file" is written by programs that know no pairs. */
			buf_add(out, v + start, i - start);
			start = ++i;
			pairs = 1;
		}
	}
	buf_add(out, v + start, len - start);
	return pairs;
}

/* ---- RFC 2231: the sections of one parameter, in order ---- */

struct section {
	struct param	p;
	unsigned	order;		/* of appearance: the first of equal numbers counts */
};

struct sections {
	struct section	*list;
	size_t		 count, size;
	struct param	 plain;
	int		 has_plain, many;
	size_t		 plain_dup, dup;	/* those beyond the first of their kind */
	uint64_t	 reasons;
};

static int
section_compare(const void *va, const void *vb)
{
	const struct section *a = va, *b = vb;

	if (a->p.section != b->p.section)
		return a->p.section < b->p.section ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int
section_add(struct sections *s, const struct param *p)
{
	struct section *list;
	size_t size;

	if (s->count == HEADER_SECTIONS_MAX) {
		s->many = 1;
		return 0;
	}
	if (s->count == s->size) {
		size = s->size == 0 ? 8 : 2 * s->size;
		list = realloc(s->list, size * sizeof(*list));
		if (list == NULL)
			return -1;
		s->list = list;
		s->size = size;
	}
	s->list[s->count].p = *p;
	s->list[s->count].order = (unsigned)s->count;
	s->count++;
	return 0;
}

/* Finds all of the parameter in one pass.  0 or -1; free s->list in both cases. */
static int
sections_find(struct sections *s, const uint8_t *v, size_t len, const char *attr)
{
	struct param_reader r;
	struct param p;
	size_t i, n;

	memset(s, 0, sizeof(*s));
	param_start(&r, v, len, NULL, 0);
	while (param_next(&r, &p)) {
		if (!param_is(&p, attr))
			continue;
		if (p.section >= 0 || p.extended) {
			if (section_add(s, &p) == -1)
				return -1;
		} else if (!s->has_plain) {
			s->plain = p;
			s->has_plain = 1;
		} else {
			s->plain_dup++;
		}
	}
	s->reasons = r.reasons;
	if (s->count > 1)
		qsort(s->list, s->count, sizeof(*s->list), section_compare);
	for (i = n = 0; i < s->count; i++) {
		if (n > 0 && s->list[n - 1].p.section == s->list[i].p.section) {
			s->dup++;
			continue;
		}
		/* "name*=" is whole by itself. */
		if (n > 0 && s->list[0].p.section == -1)
			break;
		s->list[n++] = s->list[i];
	}
	s->count = n;
	return 0;
}

static void
percent_add(const uint8_t *v, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (v[i] == '%' && len - i > 2 && decode_hex(v[i + 1]) >= 0 && decode_hex(v[i + 2]) >= 0) {
			buf_addc(out, (char)(decode_hex(v[i + 1]) << 4 | decode_hex(v[i + 2])));
			i += 2;
		} else {
			buf_addc(out, (char)v[i]);
		}
	}
}

/* Joins the sections' octets; the character set of the first, if it names one. */
static int
sections_join(const struct sections *s, struct buf *out, const uint8_t **charset, size_t *charset_len)
{
	const uint8_t *tick, *tick2;
	struct buf one;
	size_t i;
	int rc;

	*charset = NULL;
	*charset_len = 0;
	buf_init(&one, out->max);
	for (i = 0; i < s->count; i++) {
		const struct param *p = &s->list[i].p;
		const uint8_t *v = p->value;
		size_t len = p->quoted ? p->value_len : p->loose_len;

		if (i == 0 && p->extended && (tick = memchr(v, '\'', len)) != NULL &&
		    (tick2 = memchr(tick + 1, '\'', len - (size_t)(tick + 1 - v))) != NULL) {
			*charset = v;
			*charset_len = (size_t)(tick - v);
			len -= (size_t)(tick2 + 1 - v);
			v = tick2 + 1;
		}
		if (!p->extended) {
			value_add(v, len, p->quoted, out);
			continue;
		}
		buf_reset(&one);
		value_add(v, len, p->quoted, &one);
		if (one.len > 0)
			percent_add((const uint8_t *)one.data, one.len, out);
	}
	rc = one.failed || out->failed ? -1 : 0;
	buf_free(&one);
	return rc;
}

/* ---- the two that are asked for ---- */

size_t
header_boundary_words(const uint8_t *v, size_t len)
{
	static const char word[] = "boundary";
	size_t i, k, n = 0;

	for (i = 0; i + sizeof(word) <= len; i++) {
		if ((v[i] | 0x20) != 'b' || strncasecmp((const char *)v + i, word, sizeof(word) - 1) != 0)
			continue;
		k = i + sizeof(word) - 1;
		while (k < len && (is_space(v[k]) || v[k] == '*' || (v[k] >= '0' && v[k] <= '9')))
			k++;
		if (k < len && v[k] == '=' && (i == 0 || is_space(v[i - 1]) || memchr(";\"'(<,", v[i - 1], 7) != NULL))
			n++;
		i = k - 1;
	}
	return n;
}

/* What readers that know the grammar less well make of a boundary as it is written. */
static uint64_t
boundary_odd(const struct param *p)
{
	const uint8_t *v = p->value;
	size_t i, len = p->value_len;
	uint64_t reasons = 0;

	if (p->odd)
		reasons |= p->quoted ? REASON(QUOTE_ODD) : REASON(TOKEN_ODD);
	/* Blanks at its ends are kept by some, dropped by others. */
	if (p->quoted && len > 0 && (is_space(v[0]) || is_space(v[len - 1])))
		reasons |= REASON(TOKEN_ODD_SOFT);
	for (i = 0; i < len; i++) {
		uint8_t c = v[i];

		if (c == '\\' || (!p->quoted && c == '"'))
			reasons |= REASON(QUOTE_ODD);
		else if ((c < ' ' && !is_space(c)) || c == 0x7f || (!p->quoted && (c >= 0x80 || c == '<' || c == '>')))
			reasons |= REASON(TOKEN_ODD);
		else if (c == '\n' || c >= 0x80)
			reasons |= REASON(TOKEN_ODD_SOFT);
		else if (!p->quoted && memchr("/@:?=,[]'", c, 9) != NULL)
			reasons |= REASON(TOKEN_ODD_SOFT);
	}
	/* A comment that touches it. */
	if (!p->quoted && p->loose_len > len && v[len] == '(')
		reasons |= REASON(TOKEN_ODD);
	return reasons;
}

int
header_boundary(const uint8_t *v, size_t len, struct buf *out, uint64_t *reasons)
{
	const uint8_t *charset;
	size_t charset_len, before = out->len;
	struct sections s;
	int rc = -1;

	if (sections_find(&s, v, len, "boundary") == -1)
		goto out;
	*reasons |= s.reasons;
	if (s.plain_dup || s.dup)
		*reasons |= REASON(PARAM_DUP);
	if (s.many)
		*reasons |= REASON(PARAM_MANY);
	if (s.count > 0)
		*reasons |= REASON(P2231);
	if (header_boundary_words(v, len) > s.count + (size_t)s.has_plain + s.plain_dup + s.dup)
		*reasons |= REASON(PARAM_HIDDEN);
	if (s.has_plain) {
		*reasons |= boundary_odd(&s.plain);
		if (value_add(s.plain.value, s.plain.value_len, s.plain.quoted, out))
			*reasons |= REASON(QUOTE_ODD);
	} else if (s.count > 0 && sections_join(&s, out, &charset, &charset_len) == -1) {
		goto out;
	}
	if (out->failed)
		goto out;
	/* RFC 2046 section 5.1.1: a boundary does not end in white space. */
	while (out->len > before && is_space((uint8_t)out->data[out->len - 1]))
		out->len--;
	if (out->len > before && words_present(out->data + before, out->len - before))
		*reasons |= REASON(P2047);
	rc = s.has_plain || s.count > 0;
out:
	free(s.list);
	return rc;
}

/* Of a name that is too long the end is kept, from the start of a character. */
static void
name_cut(struct words *w, struct buf *name)
{
	size_t cut;

	if (name->len > HEADER_NAME_LONG)
		w->reasons |= REASON(NAME_LONG);
	if (name->len <= HEADER_NAME_MAX)
		return;
	cut = name->len - HEADER_NAME_MAX;
	while (cut < name->len && ((uint8_t)name->data[cut] & 0xc0) == 0x80)
		cut++;
	memmove(name->data, name->data + cut, name->len - cut + 1);
	name->len -= cut;
}

int
header_name(const uint8_t *v, size_t len, const char *attr, struct words *w, struct buf *name)
{
	const uint8_t *charset = NULL;
	size_t charset_len = 0;
	struct sections s;
	struct buf raw;
	int rc = -1;

	buf_init(&raw, len + 1);
	if (sections_find(&s, v, len, attr) == -1)
		goto out;
	w->reasons |= s.reasons;
	if (s.plain_dup || s.dup)
		w->reasons |= REASON(NAME_DUP);
	if (s.many)
		w->reasons |= REASON(PARAM_MANY);
	if (s.count > 0) {
		if (sections_join(&s, &raw, &charset, &charset_len) == -1)
			goto out;
	} else if (s.has_plain) {
		value_add(s.plain.value, s.plain.quoted ? s.plain.value_len : s.plain.loose_len, s.plain.quoted, &raw);
		if (raw.failed)
			goto out;
	}
	if (raw.len > 0) {
		/* Without a character set some writers put encoded words into the sections. */
		rc = charset_len > 0 ? words_convert(w, charset, charset_len, raw.data, raw.len, name) :
		    words_decode(w, raw.data, raw.len, name);
		if (rc == -1)
			goto out;
		name_cut(w, name);
	}
	rc = name->len > 0;
out:
	buf_free(&raw);
	free(s.list);
	return rc;
}
