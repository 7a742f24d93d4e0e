/* SPDX-License-Identifier: ISC */
/* Words, comments and addresses of a Received field. */
/*
 * Called by the other files of the reader.  Works on spans of the message and
 * copies nothing but an address.  Lenient where writers are sloppy: an opening
 * '<', '"' or '[' that nothing closes soon is an ordinary octet, a ')' too many
 * is white space, a comment that nothing closes ends with the field.  Each
 * octet is looked at a bounded number of times.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "scan/received_int.h"

#define CLOSE_MAX	512	/* octets between '<' or '"' and what closes it: RFC 5321 has 320 */
#define BRACKET_MAX	128
#define ADDRESS_MAX	63

#define C_SPACE		1	/* ends a word */
#define C_OPEN		2
#define C_SEMI		4
#define C_IN_COMMENT	8	/* means something inside a comment */
#define C_BLANK		16
#define C_HOST		32	/* may be in a host's name */

static const uint8_t	classes[256] = {
	[' '] = C_SPACE | C_BLANK, ['\t'] = C_SPACE | C_BLANK, ['\r'] = C_SPACE | C_BLANK, ['\n'] = C_SPACE | C_BLANK,
	['('] = C_OPEN | C_IN_COMMENT, [')'] = C_SPACE | C_IN_COMMENT, [';'] = C_SEMI,
	['\\'] = C_IN_COMMENT, ['<'] = C_IN_COMMENT,
	['0' ... '9'] = C_HOST, ['A' ... 'Z'] = C_HOST, ['a' ... 'z'] = C_HOST, [0x80 ... 0xff] = C_HOST,
	['.'] = C_HOST, ['-'] = C_HOST, ['_'] = C_HOST,
};

static int
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

#define EACH	0x0101010101010101u	/* times an octet: in each of eight */

/* Sets the high bit of each octet of x that is below n; a wrong one only behind a right one. */
static inline uint64_t
below(uint64_t x, uint8_t n)
{
	return (x - EACH * n) & ~x;
}

/*
 * The first octet of one of those classes, or end.  Most of the time goes
 * here: of eight octets at a time it is asked only whether one could be.  All
 * classes but C_IN_COMMENT are ';' or below '*'.
 */
static inline const uint8_t *
run_end(const uint8_t *p, const uint8_t *end, uint8_t mask)
{
	uint64_t	x, hit;

	for (; end - p >= 8; p += 8) {
		memcpy(&x, p, 8);
		x = le64toh(x);
		if (mask & C_IN_COMMENT)
			hit = below(x ^ EACH * '(', 2) | below(x ^ EACH * '\\', 1) | below(x ^ EACH * '<', 1);
		else
			hit = below(x, '*') | (mask & C_SEMI ? below(x ^ EACH * ';', 1) : 0);
		for (hit &= EACH * 0x80; hit != 0; hit &= hit - 1)
			if (classes[p[__builtin_ctzll(hit) / 8]] & mask)
				return p + __builtin_ctzll(hit) / 8;
	}
	while (p < end && !(classes[*p] & mask))
		p++;
	return p;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static int
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* ---- spans ---- */

int
span_starts_rest(struct span s, const char *text)
{
	size_t	i;

	for (i = 1; text[i] != '\0'; i++)
		if (i == s.n || lower(s.p[i]) != (uint8_t)text[i])
			return 0;
	return 1;
}

int
span_same(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

struct span
span_word(struct span *rest)
{
	struct span	s = span_skip(*rest, 0), word;
	size_t		i, n = 0;

	if (s.n > 0 && s.p[0] == '[')
		for (i = 1; i < s.n && i < BRACKET_MAX && s.p[i] != '('; i++)
			if (s.p[i] == ']') {
				n = i + 1;
				break;
			}
	n = (size_t)(run_end(s.p + n, s.p + s.n, C_BLANK | C_OPEN) - s.p);
	word = (struct span){ s.p, n };
	if (n == 0)
		s.n = 0;
	*rest = (struct span){ s.p + n, s.n - n };
	return word;
}

int
span_phrase(struct span s, const char *text, size_t *n)
{
	size_t	i = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ') {
			if (i == s.n || !is_space(s.p[i]))
				return 0;
			while (i < s.n && is_space(s.p[i]))
				i++;
		} else {
			if (i == s.n || lower(s.p[i]) != (uint8_t)*text)
				return 0;
			i++;
		}
	}
	*n = i;
	return 1;
}

typedef uint8_t octets __attribute__((vector_size(16)));	/* the compiler does 16 at once */

/* Whether "by" stands at p as a word, in any case. */
static int
is_by(struct span s, const uint8_t *p)
{
	return lower(p[0]) == 'b' && lower(p[1]) == 'y' && p > s.p && is_space(p[-1]) && (p + 2 == s.p + s.n || is_space(p[2]));
}

/* The first of them; NULL: none.  The last 16 octets are looked at once more. */
static const uint8_t *
find_by(struct span s)
{
	const uint8_t	*p = s.p, *last, *q;
	octets		 x, y;
	uint64_t	 any[2];

	if (s.n < 2)
		return NULL;
	for (last = s.p + s.n - 2; s.n > 16 && p <= last; p += 16) {
		if (last - p < 15)
			p = last - 15;
		memcpy(&x, p, 16);
		memcpy(&y, p + 1, 16);
		x = (octets)(((x | 0x20) == 'b') & ((y | 0x20) == 'y'));
		memcpy(any, &x, 16);
		if ((any[0] | any[1]) == 0)
			continue;
		for (q = p; q < p + 16; q++)
			if (is_by(s, q))
				return q;
	}
	for (; p <= last; p++)
		if (is_by(s, p))
			return p;
	return NULL;
}

int
span_hides_by(struct span s, int with)
{
	const uint8_t	*p = find_by(s), *end = s.p + s.n;

	if (p == NULL || !with)
		return p != NULL;
	for (; end - p > 5; p++)
		if (is_space(p[0]) && span_starts((struct span){ p + 1, (size_t)(end - p) - 1 }, "with") && is_space(p[5]))
			return 1;
	return 0;
}

int
span_number(struct span s, uint32_t *value)
{
	int	n = 0;

	*value = 0;
	while ((size_t)n < s.n && n < 6 && is_digit(s.p[n]))
		*value = *value * 10 + (uint32_t)(s.p[n++] - '0');
	return n;
}

/* ---- addresses ---- */

/* The text without "[", "]", ":port", prefix and zone; 0: cannot be an address. */
static size_t
address_bare(struct span s, char text[ADDRESS_MAX + 1])
{
	const uint8_t	*q;
	size_t		 n = 0;

	while (s.n > 0 && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == '>'))
		s.n--;
	if (s.n > 0 && s.p[0] == '[') {
		for (q = s.p + s.n; q > s.p && q[-1] != ']'; q--)
			if (!is_digit(q[-1]) && q[-1] != ':')
				return 0;
		if (q == s.p)
			return 0;
		s = (struct span){ s.p + 1, (size_t)(q - s.p) - 2 };
		if (s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')')
			s = (struct span){ s.p + 1, s.n - 2 };
	}
	if (span_starts(s, "ipv6:"))
		s = (struct span){ s.p + 5, s.n - 5 };
	for (; n < s.n && s.p[n] != '%' && s.p[n] != ';'; n++) {	/* a zone; spam has dates in its brackets */
		if (n == ADDRESS_MAX || (!is_digit(s.p[n]) && s.p[n] != '.' && s.p[n] != ':' &&
		    (lower(s.p[n]) < 'a' || lower(s.p[n]) > 'f')))
			return 0;
		text[n] = (char)s.p[n];
	}
	text[n] = '\0';
	return n;
}

/* Dotted quad; its only accepted text is the canonical one. */
static int
is_v4(const char *s)
{
	int	i, n, value;

	for (i = 0; i < 4; i++) {
		for (n = value = 0; n < 4 && is_digit((uint8_t)s[n]); n++)
			value = value * 10 + (s[n] - '0');
		if (n == 0 || value > 255 || (n > 1 && s[0] == '0') || s[n] != (i < 3 ? '.' : '\0'))
			return 0;
		s += n + 1;
	}
	return 1;
}

/* As inet_ntop() writes it, which takes the time of all the rest.  0: has an IPv4 address at its end, perhaps. */
static int
v6_text(const uint8_t a[16], char ip[46])
{
	static const char	hex[] = "0123456789abcdef";
	unsigned int		group[8], i, k, shift, from = 8, best = 1;
	char			*to = ip;

	for (i = 0; i < 8; i++)
		group[i] = (unsigned int)a[2 * i] << 8 | a[2 * i + 1];
	if ((group[0] | group[1] | group[2] | group[3] | group[4]) == 0)
		return 0;
	/* RFC 5952 section 4.2: the first longest run of two or more. */
	for (i = 0; i < 8; i = k + 1) {
		for (k = i; k < 8 && group[k] == 0; k++)
			;
		if (k - i > best) {
			best = k - i;
			from = i;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == from) {
			*to++ = ':';
			if ((i += best) == 8)
				*to++ = ':';
		}
		if (i == 8)
			break;
		if (i > 0)
			*to++ = ':';
		for (shift = 12; shift > 0 && group[i] >> shift == 0; shift -= 4)
			;
		for (; shift > 0; shift -= 4)
			*to++ = hex[group[i] >> shift & 15];
		*to++ = hex[group[i] & 15];
	}
	*to = '\0';
	return 1;
}

static int
address_text(const char *text, char ip[46])
{
	struct in6_addr	v6;

	if (is_v4(text)) {
		memcpy(ip, text, strlen(text) + 1);
		return 1;
	}
	if (strchr(text, ':') == NULL || inet_pton(AF_INET6, text, &v6) != 1)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return inet_ntop(AF_INET, v6.s6_addr + 12, ip, 46) != NULL;
	return v6_text(v6.s6_addr, ip) || inet_ntop(AF_INET6, &v6, ip, 46) != NULL;
}

int
span_address(struct span s, int ident, char ip[46])
{
	char	 text[ADDRESS_MAX + 1], *colon;
	size_t	 i;

	ip[0] = '\0';
	if (s.n > 2 * BRACKET_MAX)
		return 0;
	if (ident)
		for (i = s.n; i > 0; i--)
			if (s.p[i - 1] == '@') {
				s = (struct span){ s.p + i, s.n - i };
				break;
			}
	if (address_bare(s, text) < 2)
		return 0;
	if (address_text(text, ip))
		return 1;
	/* Behind the last colon a port, "192.0.2.1:25" or, of eight groups, a ninth. */
	if ((colon = strrchr(text, ':')) != NULL) {
		*colon = '\0';
		if (address_text(text, ip))
			return 1;
	}
	ip[0] = '\0';
	return 0;
}

int
span_address_like(struct span s)
{
	char	text[ADDRESS_MAX + 1];

	return address_bare(s, text) >= 2;
}

int
span_host(struct span s)
{
	char	ip[46];
	size_t	i;

	if (s.n == 0 || s.n > 255 || span_is(s, "unknown"))
		return 0;
	for (i = 0; i < s.n; i++)
		if (!(classes[s.p[i]] & C_HOST))
			return 0;
	return !is_digit(s.p[s.n - 1]) || !span_address(s, 0, ip);
}

/* ---- items ---- */

void
items_start(struct items *in, struct span s)
{
	in->p = s.p;
	in->end = s.p + s.n;
	in->no_angle = in->no_quote = in->no_bracket = in->no_local = s.p;
	in->unclosed = 0;
}

/* From a '"' to behind the one that closes it; NULL: none does. */
static const uint8_t *
quoted_end(struct items *in, const uint8_t *p, const uint8_t **none)
{
	const uint8_t	*q, *stop = in->end - p > CLOSE_MAX ? p + CLOSE_MAX : in->end;

	if (p < *none)
		return NULL;
	for (q = p + 1; q < stop; q++) {
		if (*q == '"')
			return q + 1;
		if (*q == '\\')
			q++;
	}
	*none = stop;
	return NULL;
}

static const uint8_t *
angle_end(struct items *in, const uint8_t *p)
{
	const uint8_t	*q, *e, *stop = in->end - p > CLOSE_MAX ? p + CLOSE_MAX : in->end;

	if (p < in->no_angle)
		return NULL;
	for (q = p + 1; q < stop && *q != '('; q++) {
		if (*q == '>')
			return q + 1;
		if (*q == '"' && (e = quoted_end(in, q, &in->no_quote)) != NULL)
			q = e - 1;
	}
	in->no_angle = q < in->end ? q : in->end;
	return NULL;
}

/* A literal, "[XMail 1.20 ESMTP Server]", or "[(192.0.2.1)]". */
static const uint8_t *
bracket_end(struct items *in, const uint8_t *p)
{
	const uint8_t	*q, *stop = in->end - p > BRACKET_MAX ? p + BRACKET_MAX : in->end;

	if (p < in->no_bracket)
		return NULL;
	q = p + 1;
	if (q < stop && *q == '(')
		q++;
	for (; q < stop && *q != '(' && *q != '['; q++)
		if (*q == ']')
			return q + 1;
	in->no_bracket = q;
	return NULL;
}

/*
 * From behind '(' to behind its ')'.  A backslash hides an octet.  Quotes are
 * nothing in a comment, but in (envelope-from <"a) b"@x>) the sender chose what
 * stands between them.
 */
static const uint8_t *
comment_end(struct items *in, const uint8_t *p, size_t *len)
{
	const uint8_t	*q = p, *e, *const end = in->end;
	unsigned int	 depth = 1;

	for (;;) {
		q = run_end(q, end, C_IN_COMMENT);
		if (q == end)
			break;
		if (*q == '(') {
			depth++;
		} else if (*q == ')') {
			if (--depth == 0) {
				*len = (size_t)(q - p);
				return q + 1;
			}
		} else if (*q == '\\') {
			q += end - q > 1;
		} else if (end - q > 1 && q[1] == '"' && (e = quoted_end(in, q + 1, &in->no_local)) != NULL) {
			if (e < end && *e == '@')
				q = e;
		}
		q++;
	}
	*len = (size_t)(end - p);
	in->unclosed = 1;
	return end;
}

enum item
items_next(struct items *in, struct span *s)
{
	const uint8_t	*p = in->p, *begin, *e = NULL;

	while (p < in->end && (classes[*p] & C_SPACE))
		p++;
	*s = (struct span){ p, 0 };
	in->p = p;
	if (p == in->end)
		return ITEM_END;
	if (*p == '(') {
		s->p = p + 1;
		in->unclosed = 0;
		in->p = comment_end(in, p + 1, &s->n);
		return ITEM_COMMENT;
	}
	if (*p == ';') {
		in->p = p + 1;
		return ITEM_SEMICOLON;
	}
	begin = p;
	if (*p == '<')
		e = angle_end(in, p);
	else if (*p == '"')
		e = quoted_end(in, p, &in->no_quote);
	else if (*p == '[')
		e = bracket_end(in, p);
	p = run_end(e != NULL ? e : p + 1, in->end, C_SPACE | C_OPEN | C_SEMI);
	*s = (struct span){ begin, (size_t)(p - begin) };
	in->p = p;
	return ITEM_WORD;
}

struct span
items_rest(const struct items *in)
{
	return span_skip((struct span){ in->p, (size_t)(in->end - in->p) }, 0);
}

struct span
items_peek(const struct items *in)
{
	struct span	s = items_rest(in);
	size_t		n = 0;

	if (s.n > 0 && s.p[0] == '(')
		return (struct span){ s.p, 1 };
	while (n < s.n && n < BRACKET_MAX && !(classes[s.p[n]] & (C_SPACE | C_OPEN | C_SEMI)))
		n++;
	return (struct span){ s.p, n };
}
