/* SPDX-License-Identifier: ISC */
/* The client of a Received field: HELO, rDNS and address, from a dozen ways to write them. */
/*
 * Called by received_clause.c for what stands between from and by.  A comment
 * is read by how it begins.  Some writers take a HELO, an ident or a log-in
 * over raw, and it may then hold whole comments.  Where such a text stands in
 * front of the address, the last address is the writer's; where it stands
 * behind one (Exim, Courier, CommuniGate), the first.  The forms of both can be
 * made to look like each other, so behind an address that has a client's text
 * behind it another one makes that none is taken.  Names are not checked
 * against anything.
 */
#include <string.h>

#include "scan/received_int.h"

#define WORDS_MAX	8	/* of a comment */

static int
is_helo(struct span w)
{
	return span_is(w, "helo") || span_is(w, "ehlo") || span_is(w, "lhlo");
}

/* "[[UNIX: localhost]]", "[unix socket]", "[local]" */
static int
is_socket(struct span w)
{
	return (span_starts(w, "[[unix:") || span_starts(w, "[unix") || span_is(w, "[local]")) && memchr(w.p, '@', w.n) == NULL;
}

/* An address should stand here, and does not. */
static int
is_empty(struct span w)
{
	return span_is(w, "[]") || span_is(w, "[unknown]");
}

static int
is_mapped(struct span w)
{
	return span_starts(w, "[::ffff:") || span_starts(w, "::ffff:");
}

static struct span
without_dot(struct span s)
{
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* The name in front of an address: "host", "host.", "IDENT:user@host"; SmarterMail's word for none. */
static struct span
name_of(struct span w)
{
	size_t	i;

	for (i = w.n; i > 0; i--)
		if (w.p[i - 1] == '@') {
			w = (struct span){ w.p + i, w.n - i };
			break;
		}
	w = without_dot(w);
	return span_host(w) && !span_is(w, "unknownhost") ? w : (struct span){ NULL, 0 };
}

/* "helo=H", or ZMailer's "EHLO H" in quotes, among the words behind the address: 1 if there is that, or an ident. */
static int
helo_take(struct from *f, struct span rest)
{
	struct span	w;
	int		i;

	for (i = 0; i < WORDS_MAX && (w = span_word(&rest)).n > 0; i++) {
		if (span_starts(w, "ident="))
			return 1;
		if (span_starts(w, "helo=")) {
			if (w.n > 5)
				f->helo = (struct span){ w.p + 5, w.n - 5 };
			return 1;
		}
		if (w.n == 5 && w.p[0] == '"' && is_helo((struct span){ w.p + 1, 4 })) {
			w = span_word(&rest);
			if (w.n > 1 && w.p[w.n - 1] == '"')
				f->helo = (struct span){ w.p, w.n - 1 };
			f->lhlo = 1;
			return 1;
		}
	}
	return 0;
}

/* "HELO H", "account U HELO H", "helo=H", "port=N helo=H" */
static int
comment_helo(struct from *f, struct span c, struct span first, struct span rest)
{
	struct span	w;
	int		i;

	if (is_helo(first)) {
		/* All that follows: qmail takes a HELO with blanks. */
		w = span_skip(c, (size_t)(first.p + first.n - c.p));
		while (w.n > 0 && span_skip((struct span){ w.p + w.n - 1, 1 }, 0).n == 0)
			w.n--;
		if (w.n > 0) {
			f->helo = w;
			f->lhlo = span_is(first, "lhlo");
		}
		return 1;
	}
	if (span_is(first, "account")) {
		for (i = 0; i < WORDS_MAX && (w = span_word(&rest)).n > 0; i++)
			if (i > 0 && is_helo(w)) {
				f->helo = span_word(&rest);
				break;
			}
		return 1;
	}
	if (span_starts(first, "helo=") || span_starts(first, "port=") || span_starts(first, "ident=")) {
		(void)helo_take(f, c);
		return 1;
	}
	return 0;
}

/* "name[192.0.2.1]", "Not Verified[192.0.2.1]": the address in `ip`, and where it begins. */
static size_t
glued(struct span w, char ip[46])
{
	const uint8_t	*open;
	size_t		 at;

	if (w.n == 0 || w.n > 300 || w.p[w.n - 1] != ']' || (open = memchr(w.p, '[', w.n)) == NULL || open == w.p)
		return 0;
	at = (size_t)(open - w.p);
	if (memchr(w.p, ':', at) != NULL || memchr(w.p, '@', at) != NULL)	/* "IDENT:x[10.0.0.2]" */
		return 0;
	return span_address((struct span){ open, w.n - at }, 0, ip) ? at : 0;
}

/* The comment's address and name, if it is of that form. */
static int
comment_address(struct span first, struct span second, struct from *g)
{
	size_t	at;

	if (span_address(first, 1, g->ip)) {
		g->login = first.p[0] != '[' && memchr(first.p, '@', first.n) != memrchr(first.p, '@', first.n);
		g->mapped = is_mapped(first);
		g->address_word = first;
		/* ZoneMTA has the name behind the address; "verified", "RDNS failed" are none. */
		if (second.n > 0 && memchr(second.p, '.', second.n) != NULL && memchr(second.p, '=', second.n) == NULL)
			g->rdns = name_of(second);
		return 1;
	}
	if (is_socket(first) || is_empty(first)) {
		g->unix_socket = is_socket(first);
		g->address_word = first;
		return 1;
	}
	if (first.n > 0 && first.p[first.n - 1] == ':')
		return 0;
	if (span_address(second, 0, g->ip)) {
		g->mapped = is_mapped(second);
		g->address_word = second;
		g->rdns = name_of(first);
		g->rdns_and_ip = second.p[0] == '[';
		return 1;
	}
	if (is_socket(second) || is_empty(second)) {
		g->unix_socket = is_socket(second);
		g->address_word = second;
		g->rdns = name_of(first);
		return 1;
	}
	if ((at = glued(first, g->ip)) > 0) {
		g->rdns = name_of((struct span){ first.p, at });
		g->address_word = first;
		return 1;
	}
	if (glued(second, g->ip) > 0) {
		g->address_word = second;
		return 1;
	}
	return (second.n == 0 && (span_is(first, "unknown") || span_is(first, "<unknown>")));
}

/* The address found so far.  Yahoo writes "127.0.0.1", without brackets, where it has none. */
static int
address_before(const struct from *f, char ip[46])
{
	ip[0] = '\0';
	if (f->ip[0] != '\0' || f->word_ip[0] != '\0')
		memcpy(ip, f->ip[0] != '\0' ? f->ip : f->word_ip, 46);
	return ip[0] != '\0' || (!span_is(f->token, "127.0.0.1") && span_address(f->token, 0, ip));
}

/* Another address: is it one behind a client's text, and not that in front of it? */
static int
is_another(const struct from *f, const char *ip)
{
	char	before[46];

	return f->raw && (!address_before(f, before) || strcmp(before, ip) != 0);
}

void
from_raw(struct from *f)
{
	char	ip[46];

	f->raw |= address_before(f, ip);
}

/* "IDENT:x [10.0.0.2] @host [192.0.2.1]": the ident may be anything.  Where "[IP]" comes first, a HELO or none follows. */
static int
has_two(struct span c, struct span word, const char *ip)
{
	const uint8_t	*behind, *open;
	struct span	 rest;
	char		 other[46];

	if (word.n == 0 || (word.p[0] == '[' && word.p == span_skip(c, 0).p))
		return 0;
	behind = word.p + 1;
	if ((open = memrchr(behind, '[', (size_t)(c.p + c.n - behind))) == NULL)
		return 0;
	rest = (struct span){ open, (size_t)(c.p + c.n - open) };
	return span_address(span_word(&rest), 0, other) && strcmp(other, ip) != 0;
}

int
from_comment(struct from *f, struct span c)
{
	struct from	g = { .ip = "" };
	struct span	rest = c, first = span_word(&rest), behind = rest, second = span_word(&rest);

	/* Of "(IDENT:x@host [IP])" the ident may have closed it, and the address is in a further one. */
	f->many |= f->ident && memchr(c.p, '[', c.n) != NULL;
	if (span_is(first, "uid") || span_is(first, "envelope-sender") || span_is(first, "envelope-from") ||
	    span_is(first, "client")) {
		f->uid |= span_is(first, "uid");
		return 0;
	}
	if (comment_helo(f, c, first, behind)) {
		from_raw(f);
		return 0;
	}
	if (!comment_address(first, second, &g))
		return 0;
	f->many |= is_another(f, g.ip) || has_two(c, g.address_word, g.ip);
	memcpy(f->ip, g.ip, sizeof(f->ip));
	f->rdns = g.rdns;
	f->address_word = g.address_word;
	f->login = g.login;
	f->mapped = g.mapped;
	f->rdns_and_ip = g.rdns_and_ip;
	f->unix_socket = g.unix_socket;
	f->address = 1;
	/* Behind the address: not so in "(NAME [IP])". */
	if (rest.n > 0 || (second.n > 0 && g.address_word.p == first.p))
		f->raw |= helo_take(f, c) && g.ip[0] != '\0';
	if (span_starts(first, "ident:"))
		f->raw = f->ident = 1;
	return 1;
}

void
from_word(struct from *f, struct span w)
{
	char	ip[46];

	if (f->token.n == 0 && f->ip[0] == '\0') {
		f->token = w;
	} else if (!f->many && span_address(w, 1, ip)) {
		/* "from x (y [10.0.0.2]) [192.0.2.1] by": the address may be a word where HELO is raw. */
		f->many |= is_another(f, ip) || (f->ip[0] != '\0' && strcmp(f->ip, ip) != 0) ||
		    (f->word_ip[0] != '\0' && strcmp(f->word_ip, ip) != 0) || ++f->words_ip == WORDS_MAX;
		if (f->word_ip[0] == '\0')
			memcpy(f->word_ip, ip, sizeof(f->word_ip));
	}
}

void
from_client(const struct from *f, int token_rdns, int no_helo, struct client *c)
{
	struct span	token = f->token;
	char		ip[46];

	memset(c, 0, sizeof(*c));
	memcpy(c->ip, f->ip[0] != '\0' ? f->ip : f->word_ip, sizeof(c->ip));
	c->helo = f->helo;
	c->rdns = f->rdns;
	if (span_is(token, "unknown") || span_is(token, "<unknown>") || token.n == 0)
		return;
	if (span_address(token, 0, ip) && (c->ip[0] == '\0' || f->helo.n > 0 || token_rdns)) {
		if (c->ip[0] == '\0')
			memcpy(c->ip, ip, sizeof(c->ip));
		return;
	}
	if (f->helo.n > 0 || token_rdns) {
		if (c->rdns.n == 0 && !(f->lhlo && span_same(token, f->helo)))
			c->rdns = name_of(token);
		/* Exim and qmail leave a HELO out that is the rDNS: what is not written is not told. */
		else if (token_rdns && f->helo.n == 0)
			c->helo = token;
	} else if (!no_helo) {
		c->helo = token;
	}
}

int
from_auth(struct span c)
{
	struct span	rest = span_skip(c, 0), first, second;

	/* Of nearly all comments the first letters tell. */
	if (!span_starts(rest, "a") && !span_starts(rest, "user=") && !span_starts(rest, "smtp-auth") &&
	    !span_starts(rest, "squirrelmail"))
		return 0;
	first = span_word(&rest);
	if (span_starts(first, "authenticated") && (first.n == 13 || first.p[13] == ':'))
		return 1;
	if (span_is(first, "account") || span_starts(first, "auth:"))
		return 1;
	second = span_word(&rest);
	if (span_is(first, "smtp-auth") && span_is(second, "username"))
		return 1;
	if (span_starts(first, "user=") && (span_starts(second, "mech=") || span_starts(second, "bits=")))
		return 1;
	return span_is(first, "squirrelmail") && span_is(second, "authenticated");
}
