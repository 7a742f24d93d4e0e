/* SPDX-License-Identifier: ISC */
/* Which software wrote a Received field, and whether its silence about TLS means that there was none. */
/*
 * Called by received.c.  The product comment tells first, the form of the
 * field second; never a host's name, as anyone has those.  Products that end
 * TLS elsewhere, or do not write RFC 3848's S, are named but say nothing.  A
 * form counts only where no other writer is known to share it: a wrong "no"
 * is worse than an unknown.
 */
#include <string.h>

#include "scan/received_int.h"

#define SAYS_NO		WRITER_SAYS_NO
#define POSTFIX		(WRITER_SAYS_NO | WRITER_WITH_FROM | WRITER_POSTFIX)
#define EXIM		(WRITER_SAYS_NO | WRITER_PLAIN_NO | WRITER_TOKEN_RDNS)

/* The begin of a product comment, in lower case, a word's end behind it; by its first letter, as each comment is looked up. */
#define PRODUCTS_OF_A_LETTER	8

static const struct product {
	const char	*begin, *name;
	int		 flags;
} products[26][PRODUCTS_OF_A_LETTER] = {
	['a' - 'a'] = {
		{ "amavisd-new", "amavis", SAYS_NO | WRITER_LOOP },
		{ "amavis", "amavis", SAYS_NO | WRITER_LOOP },
		{ "axigen", "axigen", 0 },
	},
	['c' - 'a'] = {
		{ "cyrus", "cyrus", SAYS_NO },
		{ "chasquid", "chasquid", SAYS_NO },
		{ "coremail", "coremail", 0 },
		{ "communigate pro", "communigate", 0 },
		{ "cellopoint", "cellopoint", 0 },
	},
	['e' - 'a'] = {
		{ "ecelerity", "momentum", 0 },
		{ "esmtp", "qq", 0 },
	},
	['f' - 'a'] = {
		{ "fetchmail", "fetchmail", 0 },
	},
	['g' - 'a'] = {
		{ "google transport security", "gmail", 0 },
	},
	['h' - 'a'] = {
		{ "haraka", "haraka", SAYS_NO },
		{ "halon", "halon", 0 },
		{ "hcl domino", "domino", 0 },
	},
	['i' - 'a'] = {
		{ "iplanet", "oracle", 0 },
		{ "ibm domino", "domino", 0 },
		{ "icewarp", "icewarp", 0 },
	},
	['j' - 'a'] = {
		{ "james", "james", SAYS_NO },
	},
	['k' - 'a'] = {
		{ "kumomta", "kumomta", SAYS_NO },
		{ "kerio", "kerio", 0 },
	},
	['l' - 'a'] = {
		{ "lotus domino", "domino", 0 },
	},
	['m' - 'a'] = {
		{ "mdaemon", "mdaemon", 0 },
		{ "merak", "icewarp", 0 },
	},
	['n' - 'a'] = {
		{ "nemesis", "nemesis", 0 },
	},
	['o' - 'a'] = {
		{ "opensmtpd", "opensmtpd", SAYS_NO },
		{ "oracle communications messaging server", "oracle", 0 },
	},
	['p' - 'a'] = {
		{ "postfix", "postfix", POSTFIX },
		{ "pps", "proofpoint", 0 },
		{ "powermta", "powermta", 0 },
	},
	['q' - 'a'] = {
		{ "qpsmtpd", "qpsmtpd", SAYS_NO },
		{ "qmail", "qmail", WRITER_TOKEN_RDNS },
	},
	['r' - 'a'] = {
		{ "rzmta", "rzmta", 0 },
	},
	['s' - 'a'] = {
		{ "stalwart", "stalwart", SAYS_NO },
		{ "sg", "sendgrid", 0 },
		{ "simpleemailservice", "amazon-ses", 0 },
		{ "smtp/yandex", "yandex", 0 },
		{ "sun java", "oracle", 0 },
		{ "sentrion-mta", "sentrion", 0 },
		{ "squirrelmail", "squirrelmail", 0 },
	},
	['t' - 'a'] = {
		{ "trex", "mailchannels", 0 },
	},
	['w' - 'a'] = {
		{ "wp-smtpd", "wp-smtpd", WRITER_LOGIN },
	},
	['x' - 'a'] = {
		{ "xmail", "xmail", 0 },
	},
	['y' - 'a'] = {
		{ "yahoo inc. hermes smtp server", "yahoo", 0 },
	},
	['z' - 'a'] = {
		{ "zonemta", "zonemta", SAYS_NO },
	},
};

static int
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static int
is_alnum(uint8_t c)
{
	return is_digit(c) || is_upper(c) || is_upper((uint8_t)(c & ~0x20));
}

static int
writer_set(struct writer *w, const char *writer_name, int flags)
{
	w->name = writer_name;
	w->flags = flags;
	return 1;
}

/* ---- by product comment ---- */

/* "8.18.1/8.18.1/Submit": S is written since 8.15.1. */
static int
sendmail(struct span c, struct writer *w)
{
	uint32_t	minor;
	int		n;

	if (!span_starts(c, "8.") || (n = span_number((struct span){ c.p + 2, c.n - 2 }, &minor)) == 0 ||
	    c.n < (size_t)n + 3 || c.p[n + 2] != '.' || memchr(c.p, '/', c.n < 40 ? c.n : 40) == NULL)
		return 0;
	return writer_set(w, "sendmail", WRITER_SENDMAIL | (minor >= 15 ? SAYS_NO : 0));
}

/* "Exim 4.98 (FreeBSD)", "Exim"; "esmtps" is written since 4.40 or before. */
static int
exim(struct span c, struct writer *w)
{
	struct span	rest;
	uint32_t	major, minor = 40;
	int		n;

	if (!span_starts(c, "exim") || (c.n > 4 && is_alnum(c.p[4])))
		return 0;
	rest = span_skip(c, 4);
	if ((n = span_number(rest, &major)) > 0) {
		if ((size_t)n + 1 < rest.n && rest.p[n] == '.')
			span_number((struct span){ rest.p + n + 1, rest.n - (size_t)n - 1 }, &minor);
		if (major < 4 || (major == 4 && minor < 40))
			return writer_set(w, "exim", WRITER_TOKEN_RDNS);
	}
	return writer_set(w, "exim", EXIM);
}

int
writer_comment(struct span c, struct writer *w)
{
	const struct product	*p;
	size_t			 n;
	uint8_t			 letter;

	c = span_skip(c, 0);
	if (c.n == 0)
		return 0;
	if (c.p[0] == '8')
		return sendmail(c, w);
	letter = (uint8_t)((c.p[0] | 0x20) - 'a');
	if (letter >= 26)
		return 0;
	if (exim(c, w))
		return 1;
	for (p = products[letter]; p->begin != NULL; p++)
		if (span_phrase(c, p->begin, &n) && (n == c.n || !is_alnum(c.p[n])))
			return writer_set(w, p->name, p->flags);
	return 0;
}

/* ---- by form ---- */

/* Groups of letters and digits between '-' or '.': their lengths, how many; 0: something else is in it. */
static size_t
groups(struct span s, uint8_t between, size_t length[4])
{
	size_t	i, n = 0;

	memset(length, 0, 4 * sizeof(*length));
	for (i = 0; i < s.n; i++) {
		if (is_alnum(s.p[i]))
			length[n]++;
		else if (s.p[i] != between || ++n == 4)
			return 0;
	}
	return n + 1;
}

/* 1bcDef-000GhI-Jk, since 4.97 1bcDef-00000001234-5AbC */
static int
exim_id(struct span s)
{
	size_t	len[4];

	return groups(s, '-', len) == 3 && len[0] == 6 &&
	    ((len[1] == 6 && len[2] == 2) || (len[1] == 11 && len[2] == 4));
}

/* 74497879692E873F.7552261128BB8D5D.6124D55D */
static int
courier_id(struct span s, int mapped)
{
	size_t	len[4], count = groups(s, '.', len), i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '.' && !is_digit(s.p[i]) && (s.p[i] < 'A' || s.p[i] > 'F'))
			return 0;
	return (count == 3 && len[0] == 16 && len[1] == 16 && len[2] == 8) || (mapped && (count == 2 || count == 3));
}

/* Postfix: upper-case hexadecimal, or the long form without vowels. */
static int
postfix_id(struct span s)
{
	size_t	i, hex = 0, digits = 0, vowels = 0;

	if (s.n < 9 || s.n > 20)
		return 0;
	for (i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]))
			return 0;
		digits += is_digit(s.p[i]) != 0;
		hex += is_digit(s.p[i]) || (s.p[i] >= 'A' && s.p[i] <= 'F');
		vowels += memchr("aeiouAEIOU", s.p[i], 10) != NULL;
	}
	return digits > 0 && digits < s.n && (hex == s.n || (vowels == 0 && s.n >= 12));
}

/* Dovecot: base64 of 16 octets, ":P1" behind it from a proxy. */
static int
dovecot_id(struct span s)
{
	size_t	i;

	if (s.n < 20 || (s.n > 24 && s.p[22] != ':'))
		return 0;
	for (i = 0; i < 20; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '/')
			return 0;
	return 1;
}

/* Forms of writers whose S can be relied on. */
static int
form_says_no(const struct form *f, struct writer *w)
{
	int	extended = (f->keyword & KW_EXTENDED) != 0, upper = f->with.n > 0 && is_upper(f->with.p[0]);
	int	bare = f->product.n == 0;
	size_t	n;

	if (f->keyword != 0 && !upper && exim_id(f->id))
		return writer_set(w, "exim", EXIM);
	if (f->keyword != 0 && bare && courier_id(f->id, f->mapped))
		return writer_set(w, "courier", SAYS_NO);
	if (span_phrase(f->by, "forcepoint email", &n))
		return writer_set(w, "postfix", POSTFIX);
	if (!extended || !upper)
		return 0;
	if (bare && f->by_literal && f->via.n == 3 && memcmp(f->via.p, "tcp", 3) == 0)
		return writer_set(w, "mox", SAYS_NO);
	if (bare && f->sender && f->id.n > 0)
		return writer_set(w, "maddy", SAYS_NO);
	if (bare && f->envelope_after_id && dovecot_id(f->id))
		return writer_set(w, "dovecot", SAYS_NO);
	if (bare && f->rdns_and_ip && f->id.n == 0 && f->space_semicolon && !f->by_comment)
		return writer_set(w, "hmailserver", SAYS_NO);
	/* Under another name: mail_name is a setting. */
	if (!bare && f->rdns_and_ip && f->zone_comment && f->weekday && postfix_id(f->id))
		return writer_set(w, "postfix", POSTFIX);
	return 0;
}

void
writer_form(const struct form *f, struct writer *w)
{
	size_t	n;

	if (span_phrase(f->with, "microsoft smtp server", &n) || span_is(f->with, "mapi") ||
	    span_is(f->with, "mailboxresubmission"))
		writer_set(w, "exchange", 0);
	else if (span_phrase(f->with, "microsoft smtpsvc", &n))
		writer_set(w, "smtpsvc", 0);
	else if (span_phrase(f->with, "mailenable ", &n))
		writer_set(w, "mailenable", 0);
	else if (span_phrase(f->with, "[xmail ", &n))
		writer_set(w, "xmail", 0);
	else if (span_starts(f->id, "us-mta-"))
		writer_set(w, "mimecast", 0);
	else if (!form_says_no(f, w) && (f->keyword & KW_PLAIN) && f->id.n == 0 && f->product.n == 0 &&
	    !f->weekday && f->zone_minus)
		writer_set(w, "qmail", WRITER_TOKEN_RDNS);
}
