/* SPDX-License-Identifier: ISC */
/* Every name that some reader could show for a part: a sweep over its header that knows no grammar. */
/*
 * Called by walk.c for each part and each object of a view.  mime.c says which
 * name is the part's; these are the others, for rules about extensions, which
 * must hold whatever the recipient's program makes of the header.  Linear in the header for
 * a bounded number of names.  Judges nothing; notes only what it cannot keep.
 */

#include "scan/names.h"

#include <string.h>
#include <strings.h>

#include "scan/decode.h"
#include "scan/header.h"
#include "scan/reasons.h"

#define READS_MAX	12	/* values read of one part, each in up to ten ways: beyond them PARAM-MANY */
#define VALUE_MAX	(3 * HEADER_NAME_MAX)	/* octets, percent-encoded */
#define SECTIONS_MAX	64	/* pieces joined in the order in which they stand */

struct collector {
	struct words	*words;
	struct buf	*out;
	const char	*name;
	size_t		 start, count, reads, *reads_all;
	struct buf	 raw, one, joined;	/* in turn: a reading's octets, the same in UTF-8, the pieces so far */
};

/* ---- the set ---- */

static int
set_has(const struct collector *c, const char *p, size_t len)
{
	const char *q = c->out->data != NULL ? c->out->data + c->start : NULL;
	const char *end = c->out->data != NULL ? c->out->data + c->out->len : NULL, *lf;

	if (c->name != NULL && strlen(c->name) == len && memcmp(c->name, p, len) == 0)
		return 1;
	for (; q != NULL && q < end; q = lf + 1) {
		if ((lf = memchr(q, '\n', (size_t)(end - q))) == NULL)
			lf = end;
		if ((size_t)(lf - q) == len && memcmp(q, p, len) == 0)
			return 1;
	}
	return 0;
}

/* The UTF-8 in c->one. */
static void
set_add(struct collector *c)
{
	size_t i, n = 0;

	/* LF stands between names. */
	for (i = 0; i < c->one.len; i++)
		if (c->one.data[i] != '\n' && c->one.data[i] != '\r')
			c->one.data[n++] = c->one.data[i];
	if (n == 0 || set_has(c, c->one.data, n))
		return;
	if (n > HEADER_NAME_MAX || c->count == NAMES_MAX || c->out->len - c->start + n + 1 > NAMES_OCTETS_MAX) {
		/* A longer one is cut as header.c does it. */
		if (n <= HEADER_NAME_MAX)
			c->words->reasons |= REASON(PARAM_MANY);
		return;
	}
	if (c->count++ > 0)
		buf_addc(c->out, '\n');
	buf_add(c->out, c->one.data, n);
}

/* ---- readings of one value ---- */

/* The octets as text of a character set, or with encoded words, or (charset "") as UTF-8 that is no encoded word. */
static void
text_add(struct collector *c, const char *charset, size_t charset_len, const void *p, size_t len)
{
	uint64_t before = c->words->reasons;
	int rc;

	if (len == 0)
		return;
	buf_reset(&c->one);
	rc = charset == NULL ? words_decode(c->words, p, len, &c->one) :
	    words_convert(c->words, charset_len > 0 ? charset : "utf-8", charset_len > 0 ? charset_len : 5, p, len, &c->one);
	/* What a reading that is not ours stumbles over says nothing of the message. */
	c->words->reasons = before | (c->words->reasons & (REASON(NAME_CTL) | REASON(NAME_BIDI)));
	if (rc == 0)
		set_add(c);
}

/* A name's octets, and what is left of them for readers that stop or skip. */
static void
octets_add(struct collector *c, const char *charset, size_t charset_len, const uint8_t *p, size_t len)
{
	uint8_t plain[HEADER_NAME_MAX];
	const uint8_t *nul;
	size_t i, n = len;

	if (len > HEADER_NAME_MAX)
		return;
	text_add(c, charset, charset_len, p, len);
	if (charset == NULL && words_present(p, len))
		text_add(c, "", 0, p, len);
	if ((nul = memchr(p, '\0', len)) != NULL)
		text_add(c, charset, charset_len, p, (size_t)(nul - p));
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '.'))
		n--;
	if (n < len)
		text_add(c, charset, charset_len, p, n);
	if (len > 2 && (p[0] == '\'' || p[0] == '<'))
		text_add(c, charset, charset_len, p + 1, len - 1 - (p[len - 1] == p[0] || p[len - 1] == '>'));
	for (i = 0; i < len && p[i] >= ' ' && p[i] != 0x7f; i++)
		;
	if (i == len)
		return;
	for (i = n = 0; i < len; i++)
		if (p[i] >= ' ' && p[i] != 0x7f)
			plain[n++] = p[i];
	text_add(c, charset, charset_len, plain, n);
	/* A fold is a blank to some, nothing to others. */
	for (i = n = 0; i < len; i++)
		if (p[i] > ' ' && p[i] != 0x7f)
			plain[n++] = p[i];
	if (memchr(p, '\n', len) != NULL)
		text_add(c, charset, charset_len, plain, n);
}

/* RFC 2231: with its character set in front, or without. */
static void
extended_add(struct collector *c, const uint8_t *p, size_t len)
{
	const uint8_t *tick, *tick2, *v = p;
	size_t i, n = len;

	if (len == 0 || len > VALUE_MAX)
		return;
	if ((tick = memchr(p, '\'', len)) != NULL && (tick2 = memchr(tick + 1, '\'', len - (size_t)(tick + 1 - p))) != NULL) {
		v = tick2 + 1;
		n = len - (size_t)(v - p);
	} else
		tick = p;
	octets_add(c, NULL, 0, v, n);
	buf_reset(&c->raw);
	for (i = 0; i < n; i++) {
		if (v[i] == '%' && n - i > 2 && decode_hex(v[i + 1]) >= 0 && decode_hex(v[i + 2]) >= 0) {
			buf_addc(&c->raw, (char)(decode_hex(v[i + 1]) << 4 | decode_hex(v[i + 2])));
			i += 2;
		} else
			buf_addc(&c->raw, (char)v[i]);
	}
	if (c->raw.len > 0)
		octets_add(c, (const char *)p, (size_t)(tick - p), (const uint8_t *)c->raw.data, c->raw.len);
}

static size_t
until(const uint8_t *p, size_t len, const char *stop)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != '\0' && strchr(stop, p[i]) != NULL)
			break;
	return i;
}

/* Without quotes, backslashes' effect undone: "a""b" is ab. */
static void
unquoted_add(struct collector *c, const uint8_t *p, size_t len)
{
	size_t i;

	buf_reset(&c->raw);
	for (i = 0; i < len; i++) {
		if (p[i] == '"')
			continue;
		if (p[i] == '\\' && i + 1 < len)
			i++;
		buf_addc(&c->raw, (char)p[i]);
	}
	if (c->raw.len > 0)
		octets_add(c, NULL, 0, (const uint8_t *)c->raw.data, c->raw.len);
}

/* All readings of what stands behind '='.  Returns the octets of the plainest one. */
static size_t
value_add(struct collector *c, const uint8_t *p, size_t len, int extended, const uint8_t **plain)
{
	size_t i, n;

	for (n = 0; n < len && (p[n] == ' ' || p[n] == '\t' || p[n] == '\r' || p[n] == '\n'); n++)
		;
	p += n;
	len = len - n < VALUE_MAX ? len - n : VALUE_MAX;
	*plain = p;
	if (len == 0)
		return 0;
	if (p[0] == '"') {
		for (i = 1; i < len && p[i] != '"'; i++)
			if (p[i] == '\\' && i + 1 < len)
				i++;
		*plain = p + 1;
		n = (i < len ? i : len) - 1;
		/* Nobody closed it: to the end of the line, or to the next parameter. */
		if (i >= len) {
			octets_add(c, NULL, 0, p + 1, until(p + 1, len - 1, ";\r\n"));
			while (n > 0 && (p[n] == '\n' || p[n] == '\r' || p[n] == ' '))
				n--;
		}
		octets_add(c, NULL, 0, p + 1, n);
		if (memchr(p, '\\', n + 1) != NULL || (i + 1 < len && p[i + 1] != ';' && p[i + 1] > ' '))
			unquoted_add(c, p, until(p + n, len - n, ";\r\n") + n);
	} else {
		n = until(p, len, ";\r\n");
		while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
			n--;
		octets_add(c, NULL, 0, p, n);
		octets_add(c, NULL, 0, p, until(p, n, " \t"));
		if (memchr(p, '"', n) != NULL)
			unquoted_add(c, p, n);
		/* A comment before it. */
		if (p[0] == '(' && (i = until(p, n, ")")) + 1 < n)
			octets_add(c, NULL, 0, p + i + 1, n - i - 1);
	}
	if (extended || memchr(*plain, '%', n) != NULL)
		extended_add(c, *plain, n);
	return n;
}

/* ---- the sweep ---- */

/* Behind the word: blanks, comments, "*0*", up to '='.  Returns the offset behind it, or 0. */
static size_t
equals_find(const uint8_t *p, size_t len, int *section, int *extended)
{
	size_t i, depth = 0;

	*section = *extended = 0;
	for (i = 0; i < len && i < 256; i++) {
		uint8_t ch = p[i];

		if (ch == '(')
			depth++;
		else if (ch == ')' && depth > 0)
			depth--;
		else if (depth > 0 || ch <= ' ')
			continue;
		else if (ch == '=')
			return i + 1;
		else if (ch >= '0' && ch <= '9')
			*section = 1;
		else if (ch == '*')
			*extended = 1;
		else
			return 0;
	}
	return 0;
}

/* One field's value. */
static void
field_sweep(struct collector *c, const uint8_t *p, size_t len)
{
	const uint8_t *q = p, *end = p + len, *plain;
	size_t at, n, pieces = 0;
	int section, extended;

	buf_reset(&c->joined);
	for (; end - q > 5; q++) {
		if ((*q | 0x20) != 'n' || strncasecmp((const char *)q, "name", 4) != 0)
			continue;
		q += 4;
		if ((at = equals_find(q, (size_t)(end - q), &section, &extended)) == 0) {
			q--;
			continue;
		}
		q += at;
		if (!section) {
			if (c->reads++ == READS_MAX || *c->reads_all >= NAMES_READS_MAX) {
				c->words->reasons |= REASON(PARAM_MANY);
				break;
			}
			++*c->reads_all;
			value_add(c, q, (size_t)(end - q), extended, &plain);
		} else if (pieces++ < SECTIONS_MAX) {
			/* In the order in which they stand; by their numbers is the strict reader's. */
			while (q < end && *q <= ' ')
				q++;
			plain = q < end && *q == '"' ? q + 1 : q;
			n = until(plain, (size_t)(end - plain), plain > q ? "\"" : "; \t\r\n");
			buf_add(&c->joined, plain, n);
		}
		q--;
	}
	if (pieces > 1 && c->joined.len > 0) {
		octets_add(c, NULL, 0, (const uint8_t *)c->joined.data, c->joined.len);
		if (memchr(c->joined.data, '%', c->joined.len) != NULL)
			extended_add(c, (const uint8_t *)c->joined.data, c->joined.len);
	}
}

int
names_collect(const uint8_t *head, size_t len, const char *name, struct words *words, size_t *reads, struct buf *out)
{
	struct collector c = { .words = words, .out = out, .name = name, .start = out->len, .reads_all = reads };
	struct header_reader r;
	struct header_field f;
	enum header_line line;
	size_t begin = 0, end = 0;
	int content = 0;

	buf_init(&c.raw, len + 1);
	buf_init(&c.one, 16 * HEADER_NAME_MAX);
	buf_init(&c.joined, len + 1);
	/* A field, with the lines behind it that are none but may continue it for some. */
	header_start(&r, head, 0, len);
	do {
		line = header_next(&r, &f);
		if (line == HEADER_JUNK && content && head[f.name] <= ' ') {
			end = f.end;
			continue;
		}
		if (content)
			field_sweep(&c, head + begin, end - begin);
		content = line != HEADER_END && f.end - f.name > 8 && strncasecmp((const char *)head + f.name, "content-", 8) == 0;
		begin = f.name;
		end = f.end;
	} while (line != HEADER_END);
	buf_free(&c.raw);
	buf_free(&c.one);
	buf_free(&c.joined);
	return out->failed ? -1 : 0;
}
