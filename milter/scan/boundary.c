/* SPDX-License-Identifier: ISC */
/* Every boundary that some reader could take from a message, in every way it could be read. */
/*
 * Called by views.c with one header block after the other.  No grammar is
 * followed: each "boundary" in any case, whatever stands around it, followed by
 * '=' (comments, blanks, RFC 2231's marks between) is read in every way that
 * some mail program is known to use.  The cost is linear in the block; the number
 * of candidates is bounded.  Judges nothing and notes no reasons: that is the
 * strict reader's (mime.c).
 */

#include "scan/boundary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/decode.h"

static const char word[] = "boundary";
#define WORD_LEN (sizeof(word) - 1)
#define READS_PER_CANDIDATE 4
#define DASHES_MAX	8	/* dashes and blanks too many before one; each is a look at all of them */

void
boundaries_init(struct boundaries *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
boundaries_free(struct boundaries *b)
{
	free(b->list);
	free(b->text);
	memset(b, 0, sizeof(*b));
}

/* ---- the set ---- */

static int
set_has(const struct boundaries *b, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (b->list[i].len == len && memcmp(b->text + b->list[i].at, p, len) == 0)
			return 1;
	return 0;
}

static int
grow(void **p, size_t *size, size_t need, size_t each)
{
	size_t n = *size == 0 ? 16 : *size;
	void *q;

	if (need <= *size)
		return 0;
	while (n < need)
		n *= 2;
	if ((q = reallocarray(*p, n, each)) == NULL)
		return -1;
	*p = q;
	*size = n;
	return 0;
}

/* An empty one is no candidate: lines of "--" end regions in the generic split. */
static int
set_add(struct boundaries *b, const uint8_t *p, size_t len)
{
	if (len > BOUNDARY_READ_MAX)
		len = BOUNDARY_READ_MAX;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t' || p[len - 1] == '\r' || p[len - 1] == '\n'))
		len--;
	if (len == 0 || set_has(b, p, len))
		return 0;
	if (b->count == b->max) {
		b->full = 1;
		return 0;
	}
	if (grow((void **)&b->list, &b->size, b->count + 1, sizeof(*b->list)) == -1 ||
	    grow((void **)&b->text, &b->text_size, b->text_len + len, 1) == -1)
		return -1;
	memcpy(b->text + b->text_len, p, len);
	b->list[b->count].at = (uint32_t)b->text_len;
	b->list[b->count].len = (uint32_t)len;
	b->text_len += len;
	b->count++;
	b->first[p[0]] = 1;
	b->last[p[len - 1]] = 1;
	return 0;
}

/* ---- readings of one value ---- */

/* Octets of the value up to one of `stop`. */
static size_t
until(const uint8_t *p, size_t len, const char *stop)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\r' || p[i] == '\n' || (p[i] != '\0' && strchr(stop, p[i]) != NULL))
			break;
	return i;
}

/* A quoted string's content: as it stands, and with its quoted pairs undone.  Returns octets up to and with the closing quote. */
static size_t
quoted_add(struct boundaries *b, const uint8_t *p, size_t len, int *rc)
{
	uint8_t plain[BOUNDARY_READ_MAX];
	size_t i, n = 0;

	for (i = 1; i < len && p[i] != '"'; i++) {
		if (p[i] == '\\' && i + 1 < len)
			i++;
		if (p[i] != '\r' && p[i] != '\n' && n < sizeof(plain))
			plain[n++] = p[i];
	}
	*rc |= set_add(b, p + 1, i > len ? len - 1 : i - 1);
	*rc |= set_add(b, plain, n);
	/* Closed by its line's end, where nobody closed it. */
	if (i >= len)
		*rc |= set_add(b, p + 1, until(p + 1, len - 1, "\""));
	return i < len ? i + 1 : len;
}

/* Without comments, control octets, quotes, backslashes: what is left when a reader drops what it dislikes. */
static void
stripped_add(struct boundaries *b, const uint8_t *p, size_t len, int *rc)
{
	uint8_t out[2][BOUNDARY_READ_MAX];
	size_t i, n[2] = { 0, 0 }, depth = 0;

	for (i = 0; i < len && n[0] < BOUNDARY_READ_MAX && n[1] < BOUNDARY_READ_MAX; i++) {
		uint8_t c = p[i];

		if (c == ';' && depth == 0)
			break;
		if (c == '(')
			depth++;
		if (depth == 0 && c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'')
			out[0][n[0]++] = c;
		if (depth == 0 && c >= ' ' && c != '"')
			out[1][n[1]++] = c;
		if (c == ')' && depth > 0)
			depth--;
	}
	*rc |= set_add(b, out[0], n[0]);
	*rc |= set_add(b, out[1], n[1]);
}

/* RFC 2231: charset'language'value%20..., and percent signs alone. */
static void
percent_add(struct boundaries *b, const uint8_t *p, size_t len, int *rc)
{
	uint8_t out[BOUNDARY_READ_MAX];
	size_t i, n = 0, ticks = 0, skip = 0;

	for (i = 0; i < len && ticks < 2; i++)
		if (p[i] == '\'' && ++ticks == 2)
			skip = i + 1;
	for (i = skip; i < len && n < sizeof(out); i++) {
		if (p[i] == '%' && i + 2 < len && decode_hex(p[i + 1]) >= 0 && decode_hex(p[i + 2]) >= 0) {
			out[n++] = (uint8_t)(decode_hex(p[i + 1]) << 4 | decode_hex(p[i + 2]));
			i += 2;
		} else if (p[i] != '"')
			out[n++] = p[i];
	}
	if (n > 0)
		*rc |= set_add(b, out, n);
	if (skip > 0)
		*rc |= set_add(b, p + skip, len - skip);
}

/* RFC 2047: =?charset?Q?...?= or B, one word; text around it is kept. */
static void
word_add(struct boundaries *b, const uint8_t *p, size_t len, int *rc)
{
	uint8_t out[2 * BOUNDARY_READ_MAX + 16];
	struct decoder d;
	const uint8_t *q, *end = p + len, *text;
	size_t before, n;

	if (len > BOUNDARY_READ_MAX || (q = memmem(p, len, "=?", 2)) == NULL)
		return;
	before = (size_t)(q - p);
	if ((q = memchr(q + 2, '?', (size_t)(end - q - 2))) == NULL || end - q < 5 || q[2] != '?')
		return;
	text = q + 3;
	if ((q = memmem(text, (size_t)(end - text), "?=", 2)) == NULL)
		return;
	memcpy(out, p, before);
	n = before;
	if ((text[-2] | 0x20) == 'b') {
		decode_start(&d, DECODE_BASE64, out + n);
		decode_feed(&d, text, (size_t)(q - text));
		decode_finish(&d);
		n += d.len;
	} else
		for (; text < q; text++) {
			if (*text == '=' && q - text > 2 && decode_hex(text[1]) >= 0 && decode_hex(text[2]) >= 0) {
				out[n++] = (uint8_t)(decode_hex(text[1]) << 4 | decode_hex(text[2]));
				text += 2;
			} else
				out[n++] = *text == '_' ? ' ' : *text;
		}
	q += 2;
	if (n + (size_t)(end - q) <= sizeof(out)) {
		memcpy(out + n, q, (size_t)(end - q));
		n += (size_t)(end - q);
	}
	*rc |= set_add(b, out, n);
}

/* Readers with a buffer of their own cut a long one. */
static void
cut_add(struct boundaries *b, const uint8_t *p, size_t len, int *rc)
{
	static const size_t cuts[] = { 70, 76, 255, 256, 998, 1000 };
	size_t i;

	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		if (len > cuts[i])
			*rc |= set_add(b, p, cuts[i]);
}

/* All readings of what stands behind '='.  0, or not: no memory. */
static int
value_add(struct boundaries *b, const uint8_t *p, size_t len)
{
	size_t n, used = 0, whole;
	int rc = 0;

	while (used < len && (p[used] == ' ' || p[used] == '\t' || p[used] == '\r' || p[used] == '\n'))
		used++;
	p += used;
	len -= used;
	/* The field to its end, folds included, but no further than matters. */
	if (len > 4 * BOUNDARY_READ_MAX)
		len = 4 * BOUNDARY_READ_MAX;
	if (len == 0)
		return 0;
	if (p[0] == '"') {
		n = quoted_add(b, p, len, &rc);
		if (n > 2) {
			percent_add(b, p + 1, n - 2, &rc);
			word_add(b, p + 1, n - 2, &rc);
			cut_add(b, p + 1, n - 2, &rc);
		}
		/* "a""b" and "a"b */
		whole = until(p, len, ";");
		stripped_add(b, p, whole, &rc);
	} else if (p[0] == '\'' || p[0] == '<') {
		n = until(p + 1, len - 1, p[0] == '<' ? ">" : "'");
		rc |= set_add(b, p + 1, n);
	}
	whole = until(p, len, "");
	rc |= set_add(b, p, whole);
	n = until(p, whole, ";");
	rc |= set_add(b, p, n);
	percent_add(b, p, n, &rc);
	word_add(b, p, n, &rc);
	cut_add(b, p, n, &rc);
	stripped_add(b, p, whole, &rc);
	rc |= set_add(b, p, until(p, whole, " \t;"));
	rc |= set_add(b, p, until(p, whole, " \t;()<>@,\"[]?=\\"));
	rc |= set_add(b, p, until(p, whole, " \t;()<>@,:\"/[]?=\\"));
	rc |= set_add(b, p, until(p, whole, ",;"));
	for (n = 0; n < whole && p[n] > ' ' && p[n] < 0x7f; n++)
		;
	rc |= set_add(b, p, n);
	return rc;
}

/* ---- finding ---- */

/* Behind the word: blanks, comments, "*0*", up to '='.  Returns the offset behind it, or 0. */
static size_t
equals_find(const uint8_t *p, size_t len, int *section)
{
	size_t i, depth = 0;

	*section = -1;
	for (i = 0; i < len && i < 256; i++) {
		uint8_t c = p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth > 0 || c <= ' ')
			continue;
		else if (c == '=')
			return i + 1;
		else if (c >= '0' && c <= '9')
			*section = (*section < 0 ? 0 : *section % 1000 * 10) + (c - '0');
		else if (c != '*')
			return 0;
	}
	return 0;
}

/* RFC 2231's pieces of one parameter, joined as they come and by their numbers. */
struct joined {
	uint8_t		 text[2 * BOUNDARY_READ_MAX];
	size_t		 len;
	struct { const uint8_t *p; size_t len; } piece[16];
	int		 any;
};

static void
joined_note(struct joined *j, int section, const uint8_t *p, size_t len)
{
	size_t n;

	while (len > 0 && *p <= ' ') {
		p++;
		len--;
	}
	if (len > 0 && *p == '"') {
		p++;
		len--;
		n = until(p, len, "\"");
	} else
		n = until(p, len, "; \t");
	if (n > sizeof(j->text) - j->len)
		n = sizeof(j->text) - j->len;
	memcpy(j->text + j->len, p, n);
	j->len += n;
	j->any = 1;
	if (section < 16) {
		j->piece[section].p = p;
		j->piece[section].len = n;
	}
}

static int
joined_add(struct boundaries *b, struct joined *j)
{
	uint8_t out[2 * BOUNDARY_READ_MAX];
	size_t i, n = 0;
	int rc = 0;

	if (!j->any)
		return 0;
	rc |= set_add(b, j->text, j->len);
	percent_add(b, j->text, j->len, &rc);
	for (i = 0; i < 16 && j->piece[i].p != NULL; i++) {
		if (n + j->piece[i].len > sizeof(out))
			break;
		memcpy(out + n, j->piece[i].p, j->piece[i].len);
		n += j->piece[i].len;
		rc |= set_add(b, out, n);
		percent_add(b, out, n, &rc);
	}
	return rc;
}

int
boundaries_collect(struct boundaries *b, const uint8_t *p, size_t len)
{
	struct joined j;
	const uint8_t *end = p + len, *q = p;
	size_t at;
	int section, rc = 0;

	memset(&j, 0, sizeof(j));
	for (; (size_t)(end - q) > WORD_LEN && !b->full; q++) {
		if ((*q | 0x20) != 'b' || strncasecmp((const char *)q, word, WORD_LEN) != 0)
			continue;
		q += WORD_LEN;
		if ((at = equals_find(q, (size_t)(end - q), &section)) == 0) {
			q--;
			continue;
		}
		q += at;
		/* Each is read several times over, so their number is bounded too, not only that of the distinct ones. */
		if (b->reads++ == READS_PER_CANDIDATE * b->max) {
			b->full = 1;
			break;
		}
		rc |= value_add(b, q, (size_t)(end - q));
		if (section >= 0)
			joined_note(&j, section, q, (size_t)(end - q));
		q--;
	}
	rc |= joined_add(b, &j);
	return rc == 0 ? 0 : -1;
}

/* ---- matching lines ---- */

static size_t
blank_trim(const uint8_t *p, size_t len)
{
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t' || p[len - 1] == '\r'))
		len--;
	return len;
}

/* What stands behind the dashes.  `odd`: other case and text behind are looked for. */
static enum boundary_match
rest_match(const struct boundaries *b, const uint8_t *p, size_t len, int odd)
{
	enum boundary_match found = BOUNDARY_NONE;
	size_t i, n = blank_trim(p, len);

	if (n == 0 || (!odd && !b->first[p[0]]))
		return BOUNDARY_NONE;
	for (i = 0; i < b->count; i++) {
		const uint8_t *t = b->text + b->list[i].at;
		size_t want = b->list[i].len;

		if (want > n)
			continue;
		if (memcmp(t, p, want) == 0) {
			if (n == want || (n == want + 2 && p[want] == '-' && p[want + 1] == '-'))
				return BOUNDARY_EXACT;
			found = odd ? BOUNDARY_TRAIL : found;
		} else if (odd && found == BOUNDARY_NONE && strncasecmp((const char *)t, (const char *)p, want) == 0)
			found = BOUNDARY_CASE;
	}
	return found;
}

/* Behind other text: "...--boundary" to the line's end. */
static int
end_match(const struct boundaries *b, const uint8_t *p, size_t len)
{
	size_t i, n = blank_trim(p, len), end = n, k;

	if (n < 4)
		return 0;
	for (k = 0; k < 2; k++, end -= 2) {
		for (i = 0; b->last[p[end - 1]] && i < b->count; i++) {
			size_t want = b->list[i].len;

			if (want + 2 <= end && p[end - want - 1] == '-' && p[end - want - 2] == '-' &&
			    memcmp(b->text + b->list[i].at, p + end - want, want) == 0)
				return 1;
		}
		if (p[n - 1] != '-' || p[n - 2] != '-')
			break;
	}
	return 0;
}

enum boundary_match
boundaries_match(const struct boundaries *b, const uint8_t *line, size_t len)
{
	enum boundary_match m;
	size_t i = 0;

	if (b->count == 0 || len < 2)
		return BOUNDARY_NONE;
	if (line[0] == '-' && line[1] == '-') {
		if ((m = rest_match(b, line + 2, len - 2, 0)) != BOUNDARY_NONE ||
		    (m = rest_match(b, line + 2, len - 2, 1)) != BOUNDARY_NONE)
			return m;
		/* "---x", "-- x" */
		for (i = 2; i < len && i < 2 + DASHES_MAX && (line[i] == '-' || line[i] == ' ' || line[i] == '\t'); i++)
			if (rest_match(b, line + i + 1, len - i - 1, 0) == BOUNDARY_EXACT)
				return BOUNDARY_ODD;
		return BOUNDARY_NONE;
	}
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	if (len - i < 2 || line[i] != '-')
		return end_match(b, line, len) ? BOUNDARY_ODD : BOUNDARY_NONE;
	i += line[i + 1] == '-' ? 2 : 1;
	return rest_match(b, line + i, len - i, 0) != BOUNDARY_NONE ? BOUNDARY_ODD : BOUNDARY_NONE;
}
