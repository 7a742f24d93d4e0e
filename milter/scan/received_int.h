/* SPDX-License-Identifier: ISC */
/* What the files of the Received reader share: spans of the field, and what was found in them. */
#ifndef HOPWARD_SCAN_RECEIVED_INT_H
#define HOPWARD_SCAN_RECEIVED_INT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "judge/facts.h"

/* Octets of the field; n 0: none. */
struct span {
	const uint8_t	*p;
	size_t		 n;
};

/* ---- received_span.c: octets ---- */

int		span_starts_rest(struct span, const char *lower);	/* from the second octet on */
int		span_same(struct span, struct span);		/* in any case */
/* Without its first n octets and the white space behind them. */
static inline struct span
span_skip(struct span s, size_t n)
{
	n = n < s.n ? n : s.n;
	while (n < s.n && s.p[n] <= ' ' && (s.p[n] == ' ' || s.p[n] == '\t' || s.p[n] == '\r' || s.p[n] == '\n'))
		n++;
	return (struct span){ s.p + n, s.n - n };
}
/* In any case.  Inline, as the first octet or the length gives most answers. */
static inline int
span_starts(struct span s, const char *lower)
{
	return s.n > 0 && (s.p[0] | (s.p[0] >= 'A' && s.p[0] <= 'Z' ? 0x20 : 0)) == (uint8_t)lower[0] &&
	    span_starts_rest(s, lower);
}
static inline int
span_is(struct span s, const char *lower)
{
	return s.n == strlen(lower) && span_starts(s, lower);
}
/*
 * Takes the next word off *rest: up to white space or '(', a "[...]" with
 * spaces as one.  Nothing is left behind a '(': a nested comment ends the words.
 */
struct span	span_word(struct span *rest);
/* Whether the word "by" stands in it, between blanks; `with`: and behind it the word "with". */
int		span_hides_by(struct span, int with);
/* Whether the words of `lower` stand at the begin, any white space between; *n: octets they take. */
int		span_phrase(struct span, const char *lower, size_t *n);
int		span_number(struct span, uint32_t *);		/* decimal digits at the begin; how many, 0: none */
/* Canonical text of the address in a word: brackets, prefix, zone and port are taken off; `ident`: "user@" as well. */
int		span_address(struct span, int ident, char ip[46]);
int		span_address_like(struct span);			/* is made of an address's characters */
int		span_host(struct span);				/* could be a host's name; not "unknown", not an address */

/* The next item of a field. */
enum item { ITEM_END, ITEM_WORD, ITEM_COMMENT, ITEM_SEMICOLON };
struct items {
	const uint8_t	*p, *end;
	/* No closing '>', '"' or ']' up to there: said once, so that time stays linear. */
	const uint8_t	*no_angle, *no_quote, *no_bracket, *no_local;
	int		 unclosed;	/* the comment that came last: the field ended before its ')' */
};
void		items_start(struct items *, struct span);
enum item	items_next(struct items *, struct span *);	/* a comment without its parentheses */
struct span	items_peek(const struct items *);		/* the word that follows; comment: "("; or nothing */
struct span	items_rest(const struct items *);

/* ---- received_words.c: keywords and what is said of TLS ---- */

#define KW_TLS		1	/* says that TLS was on */
#define KW_AUTH		2
#define KW_EXTENDED	4	/* without S, means no TLS where the writer knows S */
#define KW_PLAIN	8	/* "SMTP" */
#define KW_OTHER	16	/* no mail protocol: there was no HELO */

int	received_keyword(struct span);		/* of `with`; 0: not known */

struct tls_words {
	enum received_tls tls;
	struct span	words, version, cipher;
	uint32_t	bits;
	int		ident;		/* stands behind an ident, which the client wrote */
	int		auth;		/* "..., authenticated" */
};

/* Each 1, and fills; or 0: says nothing of TLS. */
int	tls_comment(struct span, struct tls_words *);
int	tls_pairs(struct span, struct tls_words *);	/* "version=V cipher=C bits=B" */
int	tls_suite(struct span);				/* could be a cipher's name */
/* One of received_versions, or NULL: no version, or one that is not known. */
const char *tls_version(struct span);

/* ---- received_from.c: what stands between from and by ---- */

struct from {
	struct span	token;		/* right behind from */
	struct span	helo, rdns;	/* as comments tell them */
	struct span	address_word;	/* in a comment */
	char		ip[46];		/* the same, canonical */
	char		word_ip[46];	/* from a further word */
	unsigned int	words_ip;	/* such words; no writer has more than one */
	int		lhlo;		/* helo was told by LHLO or in ZMailer's way: token is no rDNS */
	int		address;	/* a comment that has or should have an address was there */
	int		login;		/* "user@domain@[IP]" */
	int		rdns_and_ip, mapped, unix_socket, uid;
	int		raw;		/* behind an address stands what the client chose: no further comment is the writer's for sure */
	int		ident;		/* that is an ident in front of the address: no comment with another follows */
	int		many;		/* addresses of which any may be the writer's: none is taken */
};

/* A comment: 1 if it is one on the address (all that was said before it may be forged), else 0. */
int	from_comment(struct from *, struct span);
void	from_word(struct from *, struct span);
void	from_raw(struct from *);	/* here stands what a client chose */
/* Who the client was.  `token_rdns`: the writer puts the rDNS where others put HELO; `no_helo`: the protocol has none. */
struct client {
	struct span	helo, rdns;
	char		ip[46];		/* "" none */
};
void	from_client(const struct from *, int token_rdns, int no_helo, struct client *);
/* "Authenticated sender: U", "AUTH: ", ...: 1 if a comment says that the client authenticated. */
int	from_auth(struct span);

/* ---- received_writer.c: who writes like this ---- */

/* What of a field's form tells its writer. */
struct form {
	struct span	product;	/* a comment behind by that no other form explains */
	struct span	by, id, with, via;
	int		keyword;	/* KW_* of with */
	int		sender;		/* "(envelope-sender <" right behind by */
	int		envelope_after_id;
	int		rdns_and_ip;	/* "(NAME [IP])" behind from */
	int		mapped;		/* its address was written "::ffff:" */
	int		by_literal;	/* "(IP)" right behind by */
	int		by_comment;	/* any comment behind by */
	int		weekday, zone_comment, zone_minus;
	int		space_semicolon;	/* " ;" right behind with */
};

#define WRITER_SAYS_NO		1	/* an extended keyword without S means no TLS */
#define WRITER_PLAIN_NO		2	/* "smtp" as well */
#define WRITER_LOOP		4	/* its hops are inside one host */
#define WRITER_WITH_FROM	8	/* always writes from; without it, others had a hand in it */
#define WRITER_TOKEN_RDNS	16	/* the word behind from is the rDNS */
#define WRITER_LOGIN		32	/* "user@domain@[IP]": that user logged in */
#define WRITER_SENDMAIL		64
#define WRITER_POSTFIX		128

struct writer {
	const char	*name;		/* NULL: not known */
	int		flags;
};

int	writer_comment(struct span, struct writer *);	/* a product comment; 1 or 0 */
void	writer_form(const struct form *, struct writer *);	/* when no product told */

/* ---- received_date.c ---- */

struct date {
	uint64_t	time;
	int		weekday;	/* was there */
	int		zone_minus;	/* "-0000" */
};

int	date_read(const char *text, size_t n, int search, struct date *);	/* 1 or 0; search: it may stand further back */

/* ---- received_clause.c: from, by, with, id, for and what stands among them ---- */

#define RECEIVED_DATE_MAX	128	/* octets of the words behind ';' */

enum clause { CLAUSE_NONE, CLAUSE_FROM, CLAUSE_BY, CLAUSE_WITH, CLAUSE_ID, CLAUSE_FOR, CLAUSE_VIA, CLAUSE_OTHER };

/* One field while it is read. */
struct field {
	struct items	 in;
	enum clause	 clause;
	unsigned int	 words;		/* taken by this clause */
	int		 open;		/* by or with takes further words */
	int		 angle;		/* in a recipient's "<...>" that has parentheses */
	int		 have_from, have_by, have_with;
	struct from	 from;
	struct form	 form;
	struct writer	 writer;
	struct tls_words tls;
	struct span	 tls_words2;	/* where the rest of it stood */
	int		 auth, local;
	unsigned int	 commented;	/* comments right behind from, in front of all other clauses */
	int		 early;		/* a clause stands between from and by */
	int		 resubmitted;	/* "with MailboxResubmission by": the end of Exchange's protocol words */
	int		 odd;		/* there may be a client's words among the clauses: nothing of it counts */
#define LATE_MAX	4
	struct span	 late[LATE_MAX];	/* the last comments behind any clause but from, no word between them; see forget() */
	unsigned int	 late_count;	/* of all */
	struct span	 by_address;	/* in a comment behind by */
	size_t		 date_len;
	int		 in_date;
	struct date	 when;
	int		 has_when;
	char		 date[RECEIVED_DATE_MAX];	/* last: not cleared */
};

/* Goes over the whole field; *f is then complete but for what the form as a whole tells.  `cut`: it goes on behind the span. */
void	clauses_read(struct field *f, struct span, int cut);

#endif
