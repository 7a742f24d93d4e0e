/* SPDX-License-Identifier: ISC */
/* One header block, understood as the RFCs have it: type, encoding, boundary, name, and what is odd about it. */
/*
 * Called by mime.c for each part.  The first of several fields or parameters
 * counts.  Leaves w->pos where it was; e->body is where the part's content begins.
 */

#include <string.h>
#include <strings.h>

#include "scan/mime_int.h"

static const struct {
	const char	*token;
	enum decode_kind kind;
} encodings[] = {
	{ "7bit", DECODE_IDENTITY },
	{ "8bit", DECODE_IDENTITY },
	{ "binary", DECODE_IDENTITY },
	{ "base64", DECODE_BASE64 },
	{ "quoted-printable", DECODE_QP },
	{ "x-uuencode", DECODE_UU },
	{ "x-uue", DECODE_UU },
	{ "uuencode", DECODE_UU },
};

static int
encoding_find(const char *token, enum decode_kind *kind)
{
	size_t i;

	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		if (strcmp(token, encodings[i].token) == 0) {
			*kind = encodings[i].kind;
			return 0;
		}
	}
	return -1;
}

/* 1: white space with something on both sides. */
static int
blank_within(const uint8_t *v, size_t len)
{
	while (len > 0 && words_blank(v + len - 1, 1))
		len--;
	for (; len > 0 && words_blank(v, 1); len--)
		v++;
	for (; len > 0 && !words_blank(v, 1); len--)
		v++;
	return len > 0;
}

/* The encoding by its token; then as most read `"base64"`, `base64;x`, `base64 7bit`, `x-base64`. */
static void
encoding_parse(const struct walk *w, struct entity *e)
{
	char token[64], *p = token;
	struct param_reader r;
	const uint8_t *v = w->msg + e->cte;
	size_t i, n = 0;

	if (e->cte_len == 0)
		return;
	param_start(&r, v, e->cte_len, token, sizeof(token));
	e->reasons |= r.reasons & ~REASON(TYPE_LONG);	/* it is unknown, then */
	if (token[0] == '\0')
		return;
	if (encoding_find(token, &e->decode) == 0 && r.pos == e->cte_len) {
		/* param_start() drops blanks: "base64 7bit" was not found, but "ba se64" was.  uuencode is no encoding of RFC 2045. */
		if (e->decode == DECODE_UU || (!(r.reasons & REASON(COMMENT)) && blank_within(v, e->cte_len)))
			e->reasons |= REASON(CTE_ODD);
		return;
	}
	e->reasons |= REASON(CTE_ODD);
	for (i = 0; i < e->cte_len && (words_blank(v + i, 1) || v[i] == '"'); i++)
		;
	for (; i < e->cte_len && n + 1 < sizeof(token) && !words_blank(v + i, 1) && strchr("\";,(", v[i]) == NULL; i++)
		token[n++] = v[i] >= 'A' && v[i] <= 'Z' ? (char)(v[i] + 32) : (char)v[i];
	token[n] = '\0';
	if (strncmp(p, "x-base64", 8) == 0)
		p += 2;
	if (encoding_find(p, &e->decode) == -1) {
		e->reasons &= ~REASON(CTE_ODD);
		e->cte_unknown = 1;
	}
}

static void
type_parse(const struct walk *w, struct entity *e, int digest)
{
	struct param_reader r;
	const char *slash, *fallback;

	param_start(&r, w->msg + e->ct, e->ct_len, e->type, sizeof(e->type));
	e->reasons |= r.reasons;
	/* Octets that no token has stand as '?'. */
	if (strpbrk(e->type, "?\"<") != NULL)
		e->reasons |= strncmp(e->type, "multipart", 9) == 0 || strstr(e->type, "multipart/") != NULL ?
		    REASON(TOKEN_ODD) : REASON(TOKEN_ODD_SOFT);
	slash = strchr(e->type, '/');
	/* RFC 2045 section 5.2: what is missing or no type is text/plain. */
	if (slash == NULL || slash == e->type || slash[1] == '\0') {
		fallback = digest && e->ct_len == 0 ? "message/rfc822" : "text/plain";
		memcpy(e->type, fallback, strlen(fallback) + 1);
	}
}

/* The first of a field counts. */
static void
field_keep(struct entity *e, const struct header_field *f, size_t *value, size_t *len, uint64_t dup)
{
	if (*value != 0) {
		e->reasons |= dup;
		return;
	}
	*value = f->value;
	*len = f->end - f->value;
}

static int
bare_cr(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len, *q;

	while (p < end && (q = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		/* CR CR LF is a line end that was converted twice. */
		for (p = q + 1; p < end && *p == '\r'; p++)
			;
		if (p == end || *p != '\n')
			return 1;
	}
	return 0;
}

/* "From ann@example.org Mon Jun  1 10:00:00 2026", as programs that keep mail in files leave it among the fields. */
static int
mbox_line(const uint8_t *p, size_t len)
{
	return len > 20 && len < 256 && memcmp(p, "From ", 5) == 0 && memchr(p, ':', len) != NULL &&
	    (memmem(p, len, " 20", 3) != NULL || memmem(p, len, " 19", 3) != NULL);
}

/*
 * Reads the fields of [begin, end).  Returns the offset of the first junk line
 * behind a field; begin if there is no field at all; else end.
 */
static size_t
fields_read(const struct walk *w, size_t begin, size_t end, struct entity *e)
{
	size_t junk = end, fields = 0, any_junk = 0;
	struct header_reader r;
	struct header_field f;
	enum header_line line;

	header_start(&r, w->msg, begin, end);
	while ((line = header_next(&r, &f)) != HEADER_END) {
		size_t left = r.end - f.name;

		if (line == HEADER_JUNK) {
			/* An mbox separator, quoted or not, stands before the fields. */
			if (f.name == begin && ((left > 5 && memcmp(w->msg + f.name, "From ", 5) == 0) ||
			    (left > 6 && memcmp(w->msg + f.name, ">From ", 6) == 0)))
				continue;
			if (mbox_line(w->msg + f.name, f.end - f.name)) {
				e->reasons |= REASON(HDR_JUNK_SOFT);
				continue;
			}
			any_junk = 1;
			if (fields > 0 && junk == end)
				junk = f.name;
			if (left > 8 && strncasecmp((const char *)w->msg + f.name, "content-", 8) == 0)
				e->reasons |= memchr(w->msg + f.name, '(', f.end - f.name) ?
				    REASON(NAME_COMMENT) : REASON(NAME_CTL);
			continue;
		}
		fields++;
		if (f.name_len > 8 && strncasecmp((const char *)w->msg + f.name, "content-", 8) == 0) {
			if (any_junk)
				e->reasons |= REASON(HDR_JUNK);
			if (f.space)
				e->reasons |= REASON(NAME_WSP);
			if (memchr(w->msg + f.name, '(', f.name_len) != NULL)
				e->reasons |= REASON(NAME_COMMENT);
			if (header_is(&r, &f, "Content-Type"))
				field_keep(e, &f, &e->ct, &e->ct_len, REASON(CT_DUP));
			else if (header_is(&r, &f, "Content-Transfer-Encoding"))
				field_keep(e, &f, &e->cte, &e->cte_len, REASON(CTE_DUP));
			else if (header_is(&r, &f, "Content-Disposition")) {
				field_keep(e, &f, &e->cd, &e->cd_len, REASON(CD_DUP));
				if (header_boundary_words(w->msg + f.value, f.end - f.value) > 0)
					e->reasons |= REASON(BND_IN_CD);
			}
		}
		if (f.blank_fold)
			e->reasons |= REASON(PART_HDR_ODD);
		any_junk |= (size_t)f.blank_fold;
	}
	if (any_junk && !(e->reasons & REASON(HDR_JUNK)))
		e->reasons |= REASON(HDR_JUNK_SOFT);
	return fields == 0 ? begin : junk;
}

/* Finds where the block that begins at w->pos ends, and where its body begins. */
static size_t
block_end(struct walk *w, size_t *body)
{
	size_t pos, next;
	struct delim d;

	for (pos = w->pos; pos < w->len; pos = next) {
		next = line_next(w->msg, pos, w->len);
		if (line_empty(w->msg, pos, next)) {
			*body = next;
			return pos;
		}
		if (starts_dashes(w, pos, next) && delim_find(w, pos, next, &d))
			break;
	}
	*body = pos;
	return pos;
}

/* 1 if the first line that is not blank begins with a MIME field. */
static int
content_follows(const struct walk *w, size_t pos)
{
	while (pos < w->len && words_blank(w->msg + pos, 1))
		pos++;
	return w->len - pos > 8 && strncasecmp((const char *)w->msg + pos, "content-", 8) == 0;
}

static void
block_read(struct walk *w, size_t end, int separated, struct entity *e)
{
	size_t begin = w->pos, seen = end, junk;

	e->reasons = 0;
	e->ct = e->ct_len = e->cd = e->cd_len = e->cte = e->cte_len = 0;
	e->header_limit = 0;
	if (end - begin > w->limits->max_header_bytes) {
		e->header_limit = 1;
		seen = begin + (size_t)w->limits->max_header_bytes;
	}
	e->begin = begin;
	if (end == begin) {
		if (content_follows(w, e->body))
			e->reasons |= REASON(PART_HDR_ODD);
		return;
	}
	if (memchr(w->msg + begin, '\0', end - begin) != NULL)
		e->reasons |= REASON(NUL_HDR);
	if (bare_cr(w->msg + begin, end - begin))
		e->reasons |= REASON(BARE_CR);
	junk = fields_read(w, begin, seen, e);
	if (junk == begin) {
		/* Not one field: text without a header. */
		e->body = begin;
	} else if (!separated && !(end == w->len && junk == seen)) {
		/* Without an empty line the body begins where some readers always see it: at the first line that is no field. */
		e->reasons |= REASON(HDR_NOSEP);
		if (junk != seen) {
			e->reasons |= REASON(HDR_JUNK_SOFT);
			e->body = junk;
		}
	}
}

/* Where a multipart's first delimiter stands in its own header block, for lack of an empty line; or end. */
static size_t
block_own_delim(const struct walk *w, size_t end)
{
	uint8_t empty[1] = { 0 };
	struct level l;
	size_t pos, next;

	memset(&l, 0, sizeof(l));
	l.boundary = w->boundary.len > 0 ? (uint8_t *)w->boundary.data : empty;
	l.boundary_len = w->boundary.len;
	for (pos = w->pos; pos < end; pos = next) {
		next = line_next(w->msg, pos, end);
		if (starts_dashes(w, pos, next) && delim_match(w, &l, pos, next) > 0)
			return pos;
	}
	return end;
}

static int
boundary_read(struct walk *w, struct entity *e)
{
	int found;

	buf_reset(&w->boundary);
	found = header_boundary(w->msg + e->ct, e->ct_len, &w->boundary, &e->reasons);
	if (found == -1)
		return -1;
	e->has_boundary = found;
	if (!found)
		e->reasons |= REASON(BND_MISSING);
	else if (w->boundary.len == 0)
		e->reasons |= REASON(BND_EMPTY);
	else if (w->boundary.len > 70)
		e->reasons |= REASON(BND_LONG);
	return 0;
}

/* The file name into w->name: Content-Disposition's, else Content-Type's.  0 or -1. */
static int
name_read(struct walk *w, const struct entity *e)
{
	int found = 0;

	buf_reset(&w->name);
	if (e->cd_len > 0)
		found = header_name(w->msg + e->cd, e->cd_len, "filename", &w->words, &w->name);
	if (found == 0 && e->ct_len > 0)
		found = header_name(w->msg + e->ct, e->ct_len, "name", &w->words, &w->name);
	return found == -1 ? -1 : 0;
}

int
entity_read(struct walk *w, struct entity *e)
{
	const struct level *top = &w->stack[w->depth - 1];
	int digest = top->kind == LEVEL_MULTIPART && top->digest;
	size_t end, own;

	memset(e, 0, sizeof(*e));
	end = block_end(w, &e->body);
	block_read(w, end, e->body != end, e);
	type_parse(w, e, digest);
	if (strncmp(e->type, "multipart/", 10) == 0) {
		if (boundary_read(w, e) == -1)
			return -1;
		if (e->has_boundary && (own = block_own_delim(w, end)) != end) {
			end = e->body = own;
			block_read(w, end, 0, e);
			e->body = own;
			if (boundary_read(w, e) == -1)
				return -1;
			type_parse(w, e, digest);
		}
	}
	encoding_parse(w, e);
	w->reasons |= e->reasons;
	return name_read(w, e);
}
