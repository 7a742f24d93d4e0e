/* SPDX-License-Identifier: ISC */
/* What the words of a Received field say of TLS: the keyword of `with`, and some twenty forms of comment. */
/*
 * Called by received.c.  A comment counts only if it begins as a known writer
 * begins it: words deeper in, in quotes, or behind a HELO or an address prove
 * nothing, as the client chose them.  Cipher names are kept as written, no
 * table of them is needed.  Looks at a bounded part of each comment.  Does not
 * decide between yes, no and unknown: received.c does.
 */
#include <string.h>

#include "scan/received_int.h"

#define LOOK_MAX	512	/* octets of a comment that are looked at for a form that does not begin it */

static int
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* ---- the keyword ---- */

/* (UTF8)(E|ES|S|A|L)(S)MTP(S)(A), as RFC 3848 and 6531 have it and as Exim, maddy, Yahoo and Merak write it. */
static int
mail_keyword(struct span s)
{
	int	kw = 0, utf8 = span_starts(s, "utf8");

	if (span_starts(s, "local-"))
		return KW_OTHER;
	if (utf8)
		s = span_skip(s, 4);
	if (span_starts(s, "essmtp") || span_starts(s, "ssmtp")) {	/* TLS from the first octet on */
		kw = KW_TLS;
		s = span_skip(s, span_starts(s, "e") ? 6 : 5);
	} else if (span_starts(s, "esmtp")) {
		kw = KW_EXTENDED;
		s = span_skip(s, 5);
	} else if (span_starts(s, "asmtp")) {
		kw = KW_AUTH;
		s = span_skip(s, 5);
	} else if (span_starts(s, "lmtp")) {
		kw = KW_EXTENDED;
		s = span_skip(s, 4);
	} else if (span_starts(s, "smtp")) {
		kw = utf8 ? KW_EXTENDED : KW_PLAIN;	/* UTF8SMTP is an extension of ESMTP */
		s = span_skip(s, 4);
	} else {
		return 0;
	}
	if (span_is(s, "s") || span_is(s, "sa") || span_is(s, "-tls"))
		kw |= KW_TLS;
	if (span_is(s, "a") || span_is(s, "sa"))
		kw |= KW_AUTH;
	else if (s.n > 0 && !span_is(s, "s") && !span_is(s, "-tls"))
		return 0;
	return kw;
}

int
received_keyword(struct span s)
{
	static const struct {
		const char	*word;
		int		 kw;
	} others[] = {
		{ "http", KW_OTHER }, { "https", KW_OTHER | KW_TLS }, { "httpu", KW_OTHER },
		{ "httprest", KW_OTHER }, { "rest", KW_OTHER }, { "mapi", KW_OTHER }, { "local", KW_OTHER },
		{ "mailboxresubmission", KW_OTHER }, { "qmqp", KW_OTHER }, { "ecstream", KW_OTHER },
		{ "imap", KW_OTHER }, { "imap4", KW_OTHER }, { "pop3", KW_OTHER },
		{ "imaps", KW_OTHER | KW_TLS }, { "imap-ssl", KW_OTHER | KW_TLS }, { "imap4-ssl", KW_OTHER | KW_TLS },
		{ "pop3s", KW_OTHER | KW_TLS }, { "pop3-ssl", KW_OTHER | KW_TLS },
	};
	size_t	i;
	int	kw;

	if (s.n < 4 || s.n > 20)
		return 0;
	if ((kw = mail_keyword(s)) != 0)
		return kw;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_starts(s, others[i].word) && span_is(s, others[i].word))	/* the first letter tells most */
			return others[i].kw;
	return 0;
}

/* ---- versions and suites ---- */

enum version_kind { VERSION_NOT, VERSION_GENERIC, VERSION_GIVEN };

/* "TLSv1.3" "TLS1_3" "TLS-1.3" "Tls13" "TLS\Tls13" "SSLv3"; "TLS" alone and "TLSv1/SSLv3" name no version. */
static enum version_kind
version_kind(struct span s, const char **norm)
{
	static const struct {
		int		 digits;
		const char	*tls, *ssl;
	} known[] = {
		{ 13, "TLSv1.3", NULL }, { 12, "TLSv1.2", NULL }, { 11, "TLSv1.1", NULL },
		{ 1, "TLSv1", NULL }, { 10, "TLSv1", NULL },
		{ 2, NULL, "SSLv2" }, { 20, NULL, "SSLv2" }, { 3, NULL, "SSLv3" }, { 30, NULL, "SSLv3" },
	};
	size_t	i;
	int	ssl, digits = 0;

	*norm = NULL;
	if (span_starts(s, "tls\\"))
		s = (struct span){ s.p + 4, s.n - 4 };
	if (s.n == 3 && memcmp(s.p, "Tls", 3) == 0) {	/* .NET's SslProtocols.Tls */
		*norm = "TLSv1";
		return VERSION_GIVEN;
	}
	if (span_is(s, "tlsv1/sslv3") || span_is(s, "tls") || span_is(s, "ssl"))
		return VERSION_GENERIC;
	ssl = span_starts(s, "ssl");
	if ((!ssl && !span_starts(s, "tls")) || s.n > 10)
		return VERSION_NOT;
	for (i = 3; i < s.n; i++) {
		if (is_digit(s.p[i]))
			digits = digits * 10 + (s.p[i] - '0');
		else if (s.p[i] != '.' && s.p[i] != '_' && s.p[i] != '-' && (i != 3 || (s.p[i] | 0x20) != 'v'))
			return VERSION_NOT;
	}
	if (digits == 0)
		return VERSION_NOT;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (digits == known[i].digits) {
			*norm = ssl ? known[i].ssl : known[i].tls;
			break;
		}
	return VERSION_GIVEN;
}

const char *
tls_version(struct span s)
{
	const char	*norm;

	version_kind(s, &norm);
	return norm;
}

/* Enters a version into what was found; 0: it is none. */
static int
version_take(struct span s, struct tls_words *t)
{
	const char	*norm;

	if (version_kind(s, &norm) == VERSION_NOT)
		return 0;
	if (s.n > 3 || norm != NULL)
		t->version = s;
	return 1;
}

/* Where a writer names a cipher: any token but the words for none.  2: looks like one even alone. */
static int
suite_kind(struct span s)
{
	enum { LETTER = 1, OTHER = 2, MARK = 4 };
	static const uint8_t	kinds[256] = {
		['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER,
		['0' ... '9'] = OTHER, ['-'] = OTHER, ['_'] = OTHER,
		['+'] = MARK, ['.'] = MARK, ['/'] = MARK,
	};
	size_t	i;
	int	seen = 0, kind;

	if (s.n < 3 || s.n > 127 || span_is(s, "none") || span_is(s, "unknown"))
		return 0;
	for (i = 0; i < s.n; i++) {
		if ((kind = kinds[s.p[i]]) == 0)
			return 0;
		seen |= kind;
	}
	return seen & LETTER ? 1 + ((seen & OTHER) != 0) : 0;
}

int
tls_suite(struct span s)
{
	return suite_kind(s) == 2;
}

/* ---- forms ---- */

static struct span
cut_comma(struct span s)
{
	while (s.n > 0 && s.p[s.n - 1] == ',')
		s.n--;
	return s;
}

/* From the begin of a to the end of b. */
static struct span
join(struct span a, struct span b)
{
	return (struct span){ a.p, (size_t)(b.p + b.n - a.p) };
}

/* "256/256 bits", "256 bits", "128bits", also in parentheses of its own. */
static void
bits_take(struct span rest, struct tls_words *t)
{
	struct span	s = span_skip(rest, 0);
	uint32_t	first, second;
	size_t		n, unit;
	int		open = s.n > 0 && s.p[0] == '(', digits;

	if (open)
		s = span_skip(s, 1);
	if ((n = (size_t)span_number(s, &first)) == 0)
		return;
	if (n < s.n && s.p[n] == '/') {
		digits = span_number((struct span){ s.p + n + 1, s.n - n - 1 }, &second);
		if (digits == 0)
			return;
		n += (size_t)digits + 1;
	}
	rest = span_skip(s, n);
	if (span_phrase(rest, "bits", &unit)) {
		t->bits = first;
		t->words = join(t->words, (struct span){ rest.p, unit + (open && rest.n > unit && rest.p[unit] == ')') });
	}
}

/* Behind "using": "V with cipher C ...", "TLS: V, C". */
static int
form_using(struct span c, struct tls_words *t)
{
	struct span	rest = span_skip(c, 5), word;
	size_t		n;

	if (span_phrase(rest, "tls:", &n)) {
		rest = span_skip(rest, n);
		if (!version_take(cut_comma(span_word(&rest)), t))
			return 0;
		t->words = join(c, t->version.n > 0 ? t->version : rest);
		word = cut_comma(span_word(&rest));
		if (tls_suite(word)) {
			t->cipher = word;
			t->words = join(c, word);
		}
		return 1;
	}
	word = span_word(&rest);
	if (!version_take(word, t))
		return 0;
	t->words = join(c, word);
	rest = span_skip(rest, 0);
	if (!span_phrase(rest, "with cipher", &n))
		return rest.n == 0;	/* "(Using TLS)" */
	rest = span_skip(rest, n);
	word = cut_comma(span_word(&rest));
	if (suite_kind(word) > 0) {
		t->cipher = word;
		t->words = join(c, word);
		bits_take(rest, t);
	}
	return 1;
}

/* Up to white space or a comma. */
static struct span
pair_word(struct span *rest)
{
	struct span	word = span_word(rest);
	const uint8_t	*comma = word.n > 0 ? memchr(word.p, ',', word.n) : NULL, *end = rest->p + rest->n;

	if (comma != NULL) {
		word.n = (size_t)(comma + 1 - word.p);
		*rest = (struct span){ comma + 1, (size_t)(end - comma) - 1 };
	}
	return word;
}

int
tls_pairs(struct span c, struct tls_words *t)
{
	struct span	rest = span_skip(c, 0), word, value;
	size_t		key;
	int		i, yes = 0;

	memset(t, 0, sizeof(*t));
	t->words = (struct span){ rest.p, 0 };
	for (i = 0; i < 8; i++) {
		word = pair_word(&rest);
		if (word.n == 0)
			break;
		key = span_starts(word, "version=") ? 8 : span_starts(word, "cipher=") ? 7 :
		    span_starts(word, "bits=") ? 5 : span_starts(word, "verify=") ? 7 : 0;
		if (key == 0)
			continue;
		value = (struct span){ word.p + key, word.n - key };
		if (value.n == 0)	/* folded behind '=' */
			value = pair_word(&rest);
		if (memchr(value.p, '=', value.n) != NULL)
			break;
		value = cut_comma(value);
		if (key == 8 && t->version.n == 0)
			yes |= version_take(value, t);
		else if (key == 7 && (word.p[0] | 0x20) == 'c' && t->cipher.n == 0 && suite_kind(value) > !yes)
			t->cipher = value;
		else if (key == 5 && t->bits == 0)
			span_number(value, &t->bits);
		t->words = join(t->words, value);
	}
	if (!yes && t->cipher.n == 0)
		return 0;
	t->tls = RECEIVED_TLS_YES;
	return 1;
}

/* "V:C:B", "V:C:B:YES", "V:C", "V"; "UNKNOWN:C:B" of an Exim older than its OpenSSL. */
static int
form_colons(struct span word, struct tls_words *t)
{
	struct span	s = word;
	const uint8_t	*colon = memchr(s.p, ':', s.n);

	if (colon != NULL)
		s.n = (size_t)(colon - s.p);
	if (!version_take(s, t) && (colon == NULL || !span_is(s, "unknown")))
		return 0;
	t->words = word;
	if (colon == NULL)
		return t->version.n > 0;
	s = (struct span){ colon + 1, word.n - (size_t)(colon - word.p) - 1 };
	if ((colon = memchr(s.p, ':', s.n)) != NULL)
		s.n = (size_t)(colon - s.p);
	if (!tls_suite(s))
		return 0;
	t->cipher = s;
	if (colon != NULL) {
		s = (struct span){ colon + 1, word.n - (size_t)(colon - word.p) - 1 };
		span_number(s, &t->bits);
		if (t->bits == 16 || t->bits == 24 || t->bits == 32)
			t->bits *= 8;	/* Exim with an old GnuTLS: octets */
	}
	return 1;
}

/* "V,Nbits,C" behind "TLS:" or "SSL:". */
static int
form_list(struct span c, struct tls_words *t)
{
	struct span	s = span_skip(c, 4), part;
	const uint8_t	*comma;
	uint32_t	bits;
	int		i, yes = 0, digits;

	for (i = 0; i < 3 && s.n > 0; i++) {
		part = s;
		if ((comma = memchr(s.p, ',', s.n < LOOK_MAX ? s.n : LOOK_MAX)) != NULL)
			part.n = (size_t)(comma - s.p);
		s = span_skip(s, part.n + (comma != NULL));
		part = span_word(&part);
		if (i == 0)
			yes = version_take(part, t);
		else if (i == 1 && (digits = span_number(part, &bits)) > 0 &&
		    span_is((struct span){ part.p + digits, part.n - (size_t)digits }, "bits"))
			t->bits = bits;
		else if (tls_suite(part))
			t->cipher = part;
		t->words = join(c, part);
	}
	return yes;
}

/* Where the last "what" begins, in the part of the comment that is looked at; p NULL: none. */
static struct span
find_last(struct span c, const char *what)
{
	size_t		i = c.n < LOOK_MAX ? c.n : LOOK_MAX, n;
	struct span	s;

	for (; i > 0; i--) {
		s = (struct span){ c.p + i - 1, c.n - (i - 1) };
		if (span_phrase(s, what, &n))
			return s;
	}
	return (struct span){ NULL, 0 };
}

/* Courier: "IDENT: i, AUTH: LOGIN u, TLS: V,Nbits,C".  What the client chose stands before TLS. */
static int
form_courier(struct span c, struct tls_words *t)
{
	struct span	s = find_last(c, ", tls: ");

	if (s.p == NULL)
		s = find_last(c, ", ssl: ");
	t->ident = span_starts(c, "ident:");
	return s.p != NULL && form_list(span_skip(s, 1), t);
}

/* chasquid: "over SMTP, TLS-1.2, envelope from "..."", "over SMTP, plain text!, ...". */
static int
form_over(struct span c, struct tls_words *t)
{
	const uint8_t	*comma = memchr(c.p, ',', c.n < LOOK_MAX ? c.n : LOOK_MAX);
	struct span	rest, word;
	size_t		n;

	if (comma == NULL)
		return 0;
	rest = span_skip(c, (size_t)(comma - c.p) + 1);
	if (span_phrase(rest, "plain text!", &n)) {
		t->tls = RECEIVED_TLS_NO;
		t->words = (struct span){ rest.p, n };
		return 1;
	}
	word = cut_comma(span_word(&rest));
	t->words = word;
	return version_take(word, t);
}

/* Cellopoint: its product comment ends with "with V C b/B", or with "with TLS". */
static int
form_cellopoint(struct span c, struct tls_words *t)
{
	struct span	s = find_last(c, "with "), rest, word;
	uint32_t	bits;

	if (s.p == NULL || s.p == c.p || s.p[-1] > ' ')
		return 0;
	rest = span_skip(s, 4);
	word = span_word(&rest);
	if (!version_take(word, t))
		return 0;
	t->words = join(s, word);
	word = span_word(&rest);
	if (tls_suite(word)) {
		t->cipher = word;
		t->words = join(t->words, word);
		word = span_word(&rest);
		if (span_number(word, &bits) > 0) {
			t->bits = bits;
			t->words = join(t->words, word);
		}
	}
	return 1;
}

/* "C encrypted", "V:C encrypted", "C encrypted, authenticated"; "TLS encrypted", "NOT encrypted"; "V SUITE"; "V, Aes256, ..."; "V:C:B". */
static int
form_words(struct span c, struct tls_words *t)
{
	struct span	rest = c, first = span_word(&rest), second;
	int		comma = first.n > 0 && first.p[first.n - 1] == ',';

	rest = span_skip(rest, 0);
	if (!span_starts(rest, "encrypted") && !span_starts(first, "tls") && !span_starts(first, "ssl"))
		return 0;
	second = span_word(&rest);
	if (span_is(second, "encrypted") || span_is(second, "encrypted,")) {
		t->words = join(first, cut_comma(second));
		t->auth = second.n > 9 && span_is(span_word(&rest), "authenticated");
		if (span_is(first, "not")) {
			t->tls = RECEIVED_TLS_NO;
			return 1;
		}
		if (memchr(first.p, ':', first.n) == NULL) {
			if (!span_is(first, "tls") && !tls_suite(first))
				return 0;
			if (tls_suite(first))
				t->cipher = first;
			return 1;
		}
		if (!form_colons(first, t))
			return 0;
		t->words = join(first, cut_comma(second));
		return 1;
	}
	if (!span_starts(first, "tls") && !span_starts(first, "ssl"))
		return 0;
	if (comma) {
		t->words = c;
		return t->version.n == 0 && version_take(cut_comma(first), t) && t->version.n > 0;
	}
	if (second.n == 0)
		return form_colons(first, t);
	if (memchr(first.p, ':', first.n) != NULL)
		return form_colons(first, t);
	if (rest.n > 0 || !version_take(first, t) || t->version.n == 0 || !tls_suite(second))
		return 0;
	t->cipher = second;
	t->words = join(first, second);
	return 1;
}

/* The whole comment is these words. */
static int
form_alone(struct span c, const char *words, struct tls_words *t)
{
	size_t	n;

	if (!span_phrase(c, words, &n) || span_skip(c, n).n > 0)
		return 0;
	t->words = (struct span){ c.p, n };
	return 1;
}

static int
comment_form(struct span c, struct tls_words *t)
{
	size_t	n;

	switch (c.p[0] | 0x20) {
	case 'u':
		if (span_phrase(c, "using ", &n))
			return form_using(c, t);
		if (span_starts(c, "unknown:"))
			return form_colons(span_word(&c), t);
		break;
	case 'v':
		if (span_starts(c, "version="))
			return tls_pairs(c, t);
		break;
	case 'c':
		if (span_starts(c, "cipher="))
			return tls_pairs(c, t);
		if (span_phrase(c, "cipher ", &n))	/* Exim 3 */
			return form_words(span_skip(c, n), t) && t->cipher.n > 0;
		if (span_starts(c, "cellopoint"))
			return form_cellopoint(c, t);
		break;
	case 't':
	case 's':
		if (form_alone(c, "tls", t) || form_alone(c, "ssl", t))
			return 1;
		if (span_phrase(c, "tls version=", &n))
			return tls_pairs(span_skip(c, 3), t);
		if (span_starts(c, "tls:") || span_starts(c, "ssl:"))
			return form_list(c, t);
		break;
	case 'g':
		if (form_alone(c, "google transport security", t))
			return 1;
		break;
	case 'i':
	case 'a':
		if (span_starts(c, "ident:") || span_starts(c, "auth:"))
			return form_courier(c, t);
		break;
	case 'o':
		if (span_phrase(c, "over ", &n))
			return form_over(c, t);
		break;
	default:
		break;
	}
	return form_words(c, t);
}

int
tls_comment(struct span c, struct tls_words *t)
{
	memset(t, 0, sizeof(*t));
	c = span_skip(c, 0);
	if (c.n < 3 || !comment_form(c, t)) {
		memset(t, 0, sizeof(*t));
		return 0;
	}
	if (t->tls == RECEIVED_TLS_UNKNOWN)
		t->tls = RECEIVED_TLS_YES;
	if (t->bits > RECEIVED_BITS_MAX)
		t->bits = 0;
	return 1;
}
