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

#define SAYS_NO		1	/* writes S whenever TLS was on */
#define PLAIN_NO	2	/* has a keyword of its own for TLS without ESMTP, too */
#define LOOP		4	/* inside one host */

static const struct {
	const char	*begin;		/* of the comment, lower case; a word ends there */
	const char	*name;
	int		 flags;
} products[] = {
	{ "postfix", "postfix", SAYS_NO },
	{ "opensmtpd", "opensmtpd", SAYS_NO },
	{ "cyrus", "cyrus", SAYS_NO },
	{ "stalwart", "stalwart", SAYS_NO },
	{ "chasquid", "chasquid", SAYS_NO },
	{ "kumomta", "kumomta", SAYS_NO },
	{ "haraka", "haraka", SAYS_NO },
	{ "james smtp server", "james", SAYS_NO },
	{ "james lmtp server", "james", SAYS_NO },
	{ "zonemta", "zonemta", SAYS_NO },
	{ "amavisd-new", "amavis", SAYS_NO | LOOP },
	{ "amavis", "amavis", SAYS_NO | LOOP },
	{ "qpsmtpd", "qpsmtpd", SAYS_NO },
	{ "sg", "sendgrid", 0 },
	{ "simpleemailservice", "amazon-ses", 0 },
	{ "pps", "proofpoint", 0 },
	{ "google transport security", "gmail", 0 },
	{ "yahoo inc. hermes smtp server", "yahoo", 0 },
	{ "trex", "mailchannels", 0 },
	{ "nemesis", "nemesis", 0 },
	{ "rzmta", "rzmta", 0 },
	{ "smtp/yandex", "yandex", 0 },
	{ "coremail", "coremail", 0 },
	{ "halon", "halon", 0 },
	{ "powermta", "powermta", 0 },
	{ "ecelerity", "momentum", 0 },
	{ "oracle communications messaging server", "oracle", 0 },
	{ "sun java", "oracle", 0 },
	{ "iplanet", "oracle", 0 },
	{ "communigate pro", "communigate", 0 },
	{ "mdaemon", "mdaemon", 0 },
	{ "ibm domino", "domino", 0 },
	{ "hcl domino", "domino", 0 },
	{ "lotus domino", "domino", 0 },
	{ "icewarp", "icewarp", 0 },
	{ "merak", "icewarp", 0 },
	{ "axigen", "axigen", 0 },
	{ "kerio", "kerio", 0 },
	{ "sentrion-mta", "sentrion", 0 },
	{ "cellopoint", "cellopoint", 0 },
	{ "wp-smtpd", "wp-smtpd", 0 },
	{ "xmail", "xmail", 0 },
	{ "fetchmail", "fetchmail", 0 },
	{ "qmail", "qmail", 0 },
	{ "esmtp", "qq", 0 },
	{ "squirrelmail", "squirrelmail", 0 },
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
	w->says_no = (flags & SAYS_NO) != 0;
	w->plain_no = (flags & PLAIN_NO) != 0;
	w->loop = (flags & LOOP) != 0;
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
	return writer_set(w, "sendmail", minor >= 15 ? SAYS_NO : 0);
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
			return writer_set(w, "exim", 0);
	}
	return writer_set(w, "exim", SAYS_NO | PLAIN_NO);
}

int
writer_comment(struct span c, struct writer *w)
{
	size_t	i, n;

	c = span_skip(c, 0);
	if (sendmail(c, w) || exim(c, w))
		return 1;
	for (i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		if (c.n == 0 || products[i].begin[0] != (c.p[0] | 0x20) || !span_phrase(c, products[i].begin, &n))
			continue;
		if (n < c.n && (is_alnum(c.p[n])))
			continue;
		return writer_set(w, products[i].name, products[i].flags);
	}
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

	if (f->keyword != 0 && !upper && exim_id(f->id))
		return writer_set(w, "exim", SAYS_NO | PLAIN_NO);
	if (f->keyword != 0 && bare && courier_id(f->id, f->mapped))
		return writer_set(w, "courier", SAYS_NO);
	if (span_starts(f->by, "forcepoint email"))
		return writer_set(w, "postfix", SAYS_NO);
	if (!extended || !upper)
		return 0;
	if (bare && f->by_literal && span_is(f->via, "tcp"))
		return writer_set(w, "mox", SAYS_NO);
	if (bare && f->sender && f->id.n > 0)
		return writer_set(w, "maddy", SAYS_NO);
	if (bare && f->envelope_after_id && dovecot_id(f->id))
		return writer_set(w, "dovecot", SAYS_NO);
	if (bare && f->rdns_and_ip && f->id.n == 0 && f->space_semicolon && !f->by_comment)
		return writer_set(w, "hmailserver", SAYS_NO);
	/* Under another name: mail_name is a setting. */
	if (!bare && f->rdns_and_ip && f->zone_comment && f->weekday && postfix_id(f->id))
		return writer_set(w, "postfix", SAYS_NO);
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
	else if (span_starts(f->with, "[xmail "))
		writer_set(w, "xmail", 0);
	else if (span_starts(f->id, "us-mta-"))
		writer_set(w, "mimecast", 0);
	else if (!form_says_no(f, w) && (f->keyword & KW_PLAIN) && f->id.n == 0 && f->product.n == 0 &&
	    !f->weekday && f->zone_minus)
		writer_set(w, "qmail", 0);
}
