/* SPDX-License-Identifier: ISC */
/* Text in header fields brought to UTF-8: character sets and RFC 2047 encoded words. */
/*
 * Called by header.c for names of parts.  Holds at most one iconv descriptor.
 * Linear time: an encoded word's text ends at the first '?', so no octet is
 * looked at by more than a few attempts.  Does not load anything that the
 * sandbox forbids: an iconv that cannot be opened means replacing.
 */

#include "scan/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "scan/decode.h"
#include "scan/reasons.h"

static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */

/* One encoded word within a text. */
struct word {
	const uint8_t	*charset, *text;
	size_t		 charset_len, text_len, len;	/* len: of all of it */
	enum decode_kind kind;
};

void
words_init(struct words *w)
{
	memset(w, 0, sizeof(*w));
	w->cd = (iconv_t)-1;
}

void
words_free(struct words *w)
{
	if (w == NULL)
		return;
	if (w->cd != (iconv_t)-1)
		iconv_close(w->cd);
	w->cd = (iconv_t)-1;
	w->charset[0] = '\0';
}

/* ---- UTF-8 ---- */

/* Length of the valid sequence at p, with its code point; 0: none (RFC 3629 section 4). */
static size_t
utf8_next(const uint8_t *p, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	*cp = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000))
		return 0;
	return n;
}

static void
code_point_note(struct words *w, uint32_t cp)
{
	if ((cp < 0x20 && cp != '\t') || cp == 0x7f)
		w->reasons |= REASON(NAME_CTL);
	/* Embeddings, overrides, isolates; plain marks (U+200E, U+200F) are honest in names of files. */
	if ((cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069))
		w->reasons |= REASON(NAME_BIDI);
}

static int
add_utf8(struct words *w, const uint8_t *p, size_t len, struct buf *out)
{
	size_t i, n, start = 0;
	uint32_t cp = 0;

	for (i = 0; i < len; i += n) {
		if (p[i] >= 0x20 && p[i] < 0x7f) {
			n = 1;
			continue;
		}
		n = utf8_next(p + i, len - i, &cp);
		if (n > 0)
			code_point_note(w, cp);
		else
			w->reasons |= REASON(NAME_CHARSET);
		if (n > 0 && cp != 0)
			continue;
		buf_add(out, p + start, i - start);
		buf_addz(out, replacement);
		n = 1;
		start = i + 1;
	}
	return buf_add(out, p + start, len - start);
}

static int
add_latin1(struct words *w, const uint8_t *p, size_t len, struct buf *out)
{
	uint8_t two[2];
	size_t i, start = 0;

	for (i = 0; i < len; i++) {
		if (p[i] < 0x80)
			continue;
		if (add_utf8(w, p + start, i - start, out) == -1)
			return -1;
		two[0] = (uint8_t)(0xc0 | p[i] >> 6);
		two[1] = (uint8_t)(0x80 | (p[i] & 0x3f));
		buf_add(out, two, 2);
		start = i + 1;
	}
	return add_utf8(w, p + start, len - start, out);
}

/* ---- iconv ---- */

/* Makes w->cd the one for that character set.  0, or -1: there is none. */
static int
charset_open(struct words *w, const uint8_t *name, size_t len)
{
	char wanted[WORDS_CHARSET_MAX + 1];
	size_t i;

	if (len == 0 || len > WORDS_CHARSET_MAX)
		return -1;
	for (i = 0; i < len; i++) {
		/* No '/': iconv would take what follows as a suffix of its own. */
		if (name[i] == '\0' || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789-_.:+()", name[i]) == NULL)
			return -1;
		wanted[i] = (char)name[i];
	}
	wanted[len] = '\0';
	if (strcasecmp(wanted, w->charset) == 0)
		return w->cd == (iconv_t)-1 ? -1 : 0;
	if (w->opens >= WORDS_OPENS_MAX)
		return -1;
	words_free(w);
	w->opens++;
	memcpy(w->charset, wanted, len + 1);
	w->cd = iconv_open("UTF-8", wanted);
	return w->cd == (iconv_t)-1 ? -1 : 0;
}

static int
add_iconv(struct words *w, const uint8_t *p, size_t len, struct buf *out)
{
	char chunk[1024], *to, *from = (char *)(uintptr_t)p;	/* iconv(3) takes no const */
	size_t room, rc;
	int done = 0;

	iconv(w->cd, NULL, NULL, NULL, NULL);
	while (!done) {
		to = chunk;
		room = sizeof(chunk);
		if (len > 0)
			rc = iconv(w->cd, &from, &len, &to, &room);
		else
			rc = iconv(w->cd, NULL, NULL, &to, &room);
		done = rc != (size_t)-1 && len == 0 && to == chunk;
		if (add_utf8(w, (const uint8_t *)chunk, (size_t)(to - chunk), out) == -1)
			return -1;
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (len == 0)
			break;
		w->reasons |= REASON(NAME_CHARSET);
		if (buf_addz(out, replacement) == -1)
			return -1;
		if (errno == EINVAL)	/* cut in the middle of a character */
			break;
		from++;
		len--;
	}
	return 0;
}

static int
charset_is(const uint8_t *name, size_t len, const char *what)
{
	return len == strlen(what) && strncasecmp((const char *)name, what, len) == 0;
}

int
words_convert(struct words *w, const void *charset, size_t charset_len,
    const void *in, size_t len, struct buf *out)
{
	if (len == 0)
		return 0;
	if (charset_len == 0 || charset_is(charset, charset_len, "utf-8") ||
	    charset_is(charset, charset_len, "us-ascii"))
		return add_utf8(w, in, len, out);
	if (charset_is(charset, charset_len, "iso-8859-1"))
		return add_latin1(w, in, len, out);
	if (charset_open(w, charset, charset_len) == 0)
		return add_iconv(w, in, len, out);
	w->reasons |= REASON(NAME_CHARSET);
	return add_utf8(w, in, len, out);
}

/* ---- RFC 2047 ---- */

/* Reads "=?charset*lang?Q?text?=" at p.  1, or 0: it is none. */
static int
word_parse(const uint8_t *p, size_t len, struct word *word)
{
	const uint8_t *end = p + len, *c, *q;

	if (len < 8 || p[0] != '=' || p[1] != '?')
		return 0;
	for (c = p + 2; c < end && *c != '?' && *c > ' ' && *c < 0x7f; c++)
		if (c - p > 2 * WORDS_CHARSET_MAX)
			return 0;
	if (end - c < 4 || *c != '?' || c[2] != '?')
		return 0;
	word->charset = p + 2;
	q = memchr(p + 2, '*', (size_t)(c - p - 2));	/* RFC 2231 section 5: a language */
	word->charset_len = (size_t)((q != NULL ? q : c) - p - 2);
	if ((c[1] | 0x20) == 'q')
		word->kind = DECODE_QP;
	else if ((c[1] | 0x20) == 'b')
		word->kind = DECODE_BASE64;
	else
		return 0;
	word->text = c + 3;
	q = memchr(word->text, '?', (size_t)(end - word->text));
	if (q == NULL || q + 1 == end || q[1] != '=')
		return 0;
	word->text_len = (size_t)(q - word->text);
	word->len = (size_t)(q + 2 - p);
	return 1;
}

/* Appends the word's octets, in its own character set. */
static int
word_octets(const struct word *word, struct buf *raw)
{
	const uint8_t *p = word->text;
	uint8_t piece[768];
	struct decoder d;
	size_t i, n;

	if (word->kind == DECODE_QP) {
		for (i = 0; i < word->text_len; i++) {
			if (p[i] == '=' && word->text_len - i > 2 && decode_hex(p[i + 1]) >= 0 && decode_hex(p[i + 2]) >= 0) {
				buf_addc(raw, (char)(decode_hex(p[i + 1]) << 4 | decode_hex(p[i + 2])));
				i += 2;
			} else {
				buf_addc(raw, p[i] == '_' ? ' ' : (char)p[i]);
			}
		}
		return raw->failed ? -1 : 0;
	}
	decode_start(&d, DECODE_BASE64, piece);
	for (i = 0; i < word->text_len; i += n) {
		n = word->text_len - i < 512 ? word->text_len - i : 512;
		decode_feed(&d, p + i, n);
		if (i + n == word->text_len)
			decode_finish(&d);
		buf_add(raw, piece, d.len);
		d.len = 0;
	}
	return raw->failed ? -1 : 0;
}

int
words_blank(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
			return 0;
	return 1;
}

/* Converts what words of one character set have left together: some writers cut a character in two. */
static int
run_flush(struct words *w, const struct word *last, struct buf *raw, struct buf *out)
{
	int rc = 0;

	if (raw->len > 0)
		rc = words_convert(w, last->charset, last->charset_len, raw->data, raw->len, out);
	buf_reset(raw);
	return rc;
}

int
words_decode(struct words *w, const void *in, size_t len, struct buf *out)
{
	const uint8_t *p = in, *q;
	size_t literal = 0, i = 0;
	struct word word, last;
	struct buf raw;
	int in_run = 0, rc = -1;

	memset(&last, 0, sizeof(last));
	buf_init(&raw, len + 8);
	while (i < len && (q = memchr(p + i, '=', len - i)) != NULL) {
		i = (size_t)(q - p);
		if (!word_parse(q, len - i, &word)) {
			i++;
			continue;
		}
		/* White space between two words is not part of the text (RFC 2047 section 6.2). */
		if (!in_run || !words_blank(p + literal, i - literal)) {
			if (run_flush(w, &last, &raw, out) == -1 ||
			    add_utf8(w, p + literal, i - literal, out) == -1)
				goto out;
		} else if (last.charset_len != word.charset_len || strncasecmp((const char *)last.charset,
		    (const char *)word.charset, word.charset_len) != 0) {
			if (run_flush(w, &last, &raw, out) == -1)
				goto out;
		}
		if (word_octets(&word, &raw) == -1)
			goto out;
		last = word;
		in_run = 1;
		i += word.len;
		literal = i;
	}
	if (run_flush(w, &last, &raw, out) == -1 || add_utf8(w, p + literal, len - literal, out) == -1)
		goto out;
	rc = 0;
out:
	buf_free(&raw);
	return rc;
}

int
words_present(const void *in, size_t len)
{
	const uint8_t *p = in, *q;
	struct word word;
	size_t i = 0;

	while (i < len && (q = memchr(p + i, '=', len - i)) != NULL) {
		i = (size_t)(q - p);
		if (word_parse(q, len - i, &word))
			return 1;
		i++;
	}
	return 0;
}
