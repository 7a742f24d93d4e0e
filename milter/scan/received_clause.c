/* SPDX-License-Identifier: ISC */
/* The clauses of a Received field: which word is HELO, host, keyword or id, and whose comment is whose. */
/*
 * Called by received.c.  One pass over the items, whatever the order of the
 * clauses.  A word right behind a keyword is its value even if it reads like a
 * keyword where a client chose it.  Decides nothing: it gathers.
 *
 * A client's words may hold clauses, parentheses and quotes of their own, where
 * the writer takes them over raw.  The writer's own by cannot be kept out by
 * that, so there are then two of it, on top or swallowed by what the client
 * opened.  Where the field's form does not leave one reading alone, it is
 * `odd`, and nothing of it is told but the HELO.
 */
#include <string.h>

#include "scan/received_int.h"

#define PHRASE_WORDS	4	/* "Microsoft SMTP Server" */
#define HIDE_MIN	16	/* octets of a comment that has its end: " by h with SMTP f" */

/* ---- date ---- */

static void
date_word(struct field *f, struct span w)
{
	if (f->date_len + w.n + 1 > RECEIVED_DATE_MAX)
		return;
	memcpy(f->date + f->date_len, w.p, w.n);
	f->date_len += w.n;
	f->date[f->date_len++] = ' ';
}

/* The date is behind the last ';' that has one behind it. */
static void
date_end(struct field *f)
{
	struct date	d;

	if (f->date_len > 0 && date_read(f->date, f->date_len, !f->in_date, &d)) {
		f->when = d;
		f->has_when = 1;
	}
	f->date_len = 0;
}

/* ---- words ---- */

/* The clause a word opens; CLAUSE_NONE: none. */
static enum clause
clause_of(struct span w)
{
	switch (w.n) {
	case 2:
		return span_is(w, "by") ? CLAUSE_BY : span_is(w, "id") ? CLAUSE_ID : CLAUSE_NONE;
	case 3:
		return span_is(w, "for") ? CLAUSE_FOR : span_is(w, "via") ? CLAUSE_VIA :
		    span_is(w, "tls") ? CLAUSE_OTHER : CLAUSE_NONE;
	case 4:
		return span_is(w, "with") ? CLAUSE_WITH : span_is(w, "from") ? CLAUSE_FROM :
		    span_is(w, "over") ? CLAUSE_OTHER : CLAUSE_NONE;
	case 6:
		return span_is(w, "pod-id") ? CLAUSE_OTHER : CLAUSE_NONE;
	case 13:
		return span_is(w, "envelope-from") ? CLAUSE_OTHER : CLAUSE_NONE;
	default:
		return CLAUSE_NONE;
	}
}

static struct span
extended(struct span to, struct span w)
{
	return to.n == 0 ? w : (struct span){ to.p, (size_t)(w.p + w.n - to.p) };
}

/* What was found first stands, and later finds fill its gaps: Exim's "(TLS1.3) tls SUITE". */
static void
tls_found(struct field *f, const struct tls_words *t)
{
	if (f->tls.tls == RECEIVED_TLS_UNKNOWN || t->tls == RECEIVED_TLS_NO) {
		f->tls = *t;
		f->tls_words2.n = 0;
		return;
	}
	if (f->tls.tls == RECEIVED_TLS_NO)
		return;
	if ((f->tls.version.n == 0 && t->version.n > 0) || (f->tls.cipher.n == 0 && t->cipher.n > 0))
		f->tls_words2 = t->words;
	if (f->tls.version.n == 0)
		f->tls.version = t->version;
	if (f->tls.cipher.n == 0)
		f->tls.cipher = t->cipher;
	if (f->tls.bits == 0)
		f->tls.bits = t->bits;
}

static void
tls_said(struct field *f, struct span words)
{
	struct tls_words	t = { .tls = RECEIVED_TLS_YES, .words = words };

	tls_found(f, &t);
}

/*
 * Sendmail takes a HELO with blanks: "from a by b with ESMTPS (rdns [ip]) by
 * us": a second by, behind an address, shows that what was read before it is
 * the client's text.
 */
static void
forget(struct field *f)
{
	f->form.by = f->form.id = f->form.with = f->form.via = f->form.product = (struct span){ NULL, 0 };
	f->form.keyword = f->form.sender = f->form.envelope_after_id = 0;
	f->form.by_literal = f->form.by_comment = f->form.space_semicolon = 0;
	f->have_by = f->have_with = f->has_when = 0;
	f->by_address.n = 0;
	memset(&f->writer, 0, sizeof(f->writer));
	memset(&f->tls, 0, sizeof(f->tls));
	f->tls_words2.n = 0;
	f->auth = f->local = 0;
	f->late_count = 0;
}

/* Here the HELO goes on, or the address follows: what a comment said before that was in the HELO. */
static void
said_before(struct field *f)
{
	memset(&f->tls, 0, sizeof(f->tls));
	f->tls_words2.n = 0;
	f->auth = 0;
}

/* First word behind with. */
static void
with_first(struct field *f, struct span w)
{
	const uint8_t	*slash, *second;
	struct tls_words t = { .tls = RECEIVED_TLS_YES };
	struct span	 next, head;

	f->form.with = w;
	f->words = 1;
	if ((f->form.keyword = received_keyword(w)) != 0)
		return;
	next = items_peek(&f->in);
	if (span_is(next, "encrypted") && (tls_suite(w) || span_is(w, "tls"))) {
		if (tls_suite(w))
			t.cipher = w;
		(void)items_next(&f->in, &next);
		t.words = extended(w, next);
		tls_found(f, &t);
		f->form.with.n = 0;
		f->words = 0;
		return;
	}
	f->open = 1;
	if ((slash = memchr(w.p, '/', w.n)) == NULL)
		return;
	/* "ESMTP/TLS/C" */
	head = (struct span){ w.p, (size_t)(slash - w.p) };
	if (received_keyword(head) == 0)
		return;
	f->form.keyword = received_keyword(head) & KW_AUTH;
	f->open = 0;
	w = (struct span){ slash + 1, w.n - head.n - 1 };
	if (!span_starts(w, "tls"))
		return;
	t.words = f->form.with;
	if ((second = memchr(w.p, '/', w.n)) != NULL) {
		head = (struct span){ second + 1, w.n - (size_t)(second - w.p) - 1 };
		if (tls_suite(head))
			t.cipher = head;
	}
	tls_found(f, &t);
}

static void
with_word(struct field *f, struct span w)
{
	if (f->form.with.n == 0) {
		with_first(f, w);
	} else if (f->open && f->words < PHRASE_WORDS && memchr(w.p, '=', w.n) == NULL) {
		f->form.with = extended(f->form.with, w);
		f->form.keyword |= received_keyword(w) & (KW_TLS | KW_AUTH);
		f->words++;
	} else {
		date_word(f, w);
	}
}

static void
by_word(struct field *f, struct span w)
{
	char	ip[46];

	if (f->words++ == 0) {
		f->form.by = w;
		f->open = 1;
	} else if (f->open && f->words <= PHRASE_WORDS && !span_address(w, 0, ip) && memchr(w.p, '=', w.n) == NULL) {
		f->form.by = extended(f->form.by, w);
	} else {
		f->open = 0;
		date_word(f, w);
	}
}

/* "tls SUITE", "TLS version=V cipher=C ...", "over TLS secured channel", "with STARTTLS"; borrows what follows. */
static void
tls_clause(struct field *f, struct span w)
{
	struct tls_words	t = { .tls = RECEIVED_TLS_YES };
	struct span		next = items_peek(&f->in);
	size_t			n;

	if (f->tls.tls == RECEIVED_TLS_YES && (f->tls.cipher.n > 0 || !span_is(w, "tls")))
		return;
	if (span_is(w, "over")) {
		if (span_phrase(items_rest(&f->in), "tls secured channel", &n))
			tls_said(f, extended(w, (struct span){ items_rest(&f->in).p, n }));
	} else if (span_is(w, "with")) {
		if (span_is(next, "starttls"))
			tls_said(f, extended(w, next));
	} else if (f->tls.tls != RECEIVED_TLS_YES && span_starts(next, "version=")) {
		if (tls_pairs(items_rest(&f->in), &t))
			tls_found(f, &t);
	} else if (span_is(w, "tls") && tls_suite(next)) {
		t.cipher = next;
		t.words = extended(w, next);
		tls_found(f, &t);
	}
}

/* A by behind the comments in `late`: does one of them have the client's address?  The last one counts. */
static int
late_by(struct field *f)
{
	struct from	g;
	unsigned int	i = f->late_count, n = i < LATE_MAX ? i : LATE_MAX;

	for (; n > 0; n--) {
		memset(&g, 0, sizeof(g));
		if (!from_comment(&g, f->late[--i % LATE_MAX]) || g.ip[0] == '\0')
			continue;
		(void)from_comment(&f->from, f->late[i % LATE_MAX]);
		forget(f);
		return 1;
	}
	return 0;
}

/*
 * A by that is not the first of these clauses.  If no comment was there before
 * them, HELO is the only thing that could be, and all of them stand in it.
 */
static void
by_again(struct field *f)
{
	/* Exchange: "with MailboxResubmission by AGENT id" */
	if (f->clause == CLAUSE_WITH && f->words == 1 && span_is(f->form.with, "mailboxresubmission") &&
	    f->late_count == 0 && !f->resubmitted && !f->early) {
		f->resubmitted = 1;
		return;
	}
	if (!late_by(f) || f->commented)
		f->odd = 1;
	f->early = 0;
}

/* A second with: another protocol, or only "with STARTTLS"? */
static int
with_differs(const struct field *f)
{
	int	keyword = received_keyword(items_peek(&f->in));

	return keyword != 0 && ((keyword ^ f->form.keyword) & (KW_TLS | KW_AUTH)) != 0;
}

static void
clause_open(struct field *f, enum clause c, struct span w)
{
	if (c == CLAUSE_BY && (f->have_by || f->early))
		by_again(f);
	else if (c != CLAUSE_BY && !f->have_by && f->have_from)
		f->early = 1;
	f->late_count = 0;
	if (f->in_date)
		date_end(f);
	f->open = f->in_date = 0;
	f->words = 0;
	f->clause = c;
	switch (c) {
	case CLAUSE_FROM:
		if (f->have_from || f->have_by)
			f->clause = CLAUSE_OTHER;
		f->have_from = 1;
		break;
	case CLAUSE_BY:
		if (f->have_by)
			f->clause = CLAUSE_OTHER;
		else
			f->has_when = 0;	/* a date in front of by stood in the HELO */
		f->have_by = 1;
		break;
	case CLAUSE_WITH:
		if (f->have_with) {
			f->clause = CLAUSE_OTHER;
			if (f->resubmitted || with_differs(f))
				f->odd = 1;
			tls_clause(f, w);
		}
		f->have_with = 1;
		break;
	case CLAUSE_ID:
		if (f->form.id.n > 0)
			f->clause = CLAUSE_OTHER;
		break;
	case CLAUSE_OTHER:
		if (f->have_by || f->have_with)
			tls_clause(f, w);
		break;
	default:
		break;
	}
}

/* A comment on TLS comes next: "by with (C encrypted) ESMTP" has no host. */
static int
tls_follows(const struct field *f)
{
	struct items		in = f->in;
	struct tls_words	t;
	struct span		c;

	return items_next(&in, &c) == ITEM_COMMENT && tls_comment(c, &t);
}

/* Whether the word behind from or by is the HELO or host even if it reads like a keyword. */
static int
name_whatever(const struct field *f, struct span w)
{
	struct span	next;

	if (f->words > 0 || (f->clause != CLAUSE_FROM && f->clause != CLAUSE_BY))
		return 0;
	next = items_peek(&f->in);
	/* "by with (Postfix)", "by id with": a host may be called that, and by is seldom empty. */
	if (f->clause == CLAUSE_BY)
		return f->late_count == 0 && f->form.by.n == 0 && !span_is(w, "by") &&
		    (span_is(next, "with") || (next.n == 1 && next.p[0] == '(' && !tls_follows(f)));
	return !span_is(w, "by") || span_is(next, "by") || (next.n == 1 && next.p[0] == '(');
}

static void
word(struct field *f, struct span w)
{
	enum clause	c = clause_of(w);

	f->late_count = c == CLAUSE_NONE ? 0 : f->late_count;
	/* '<', '"' and '[' take blanks in. */
	if ((w.p[0] == '"' || w.p[0] == '<' || w.p[0] == '[') && span_hides_by(w, 0))
		f->odd = 1;
	if (f->angle) {
		f->odd |= c == CLAUSE_BY;
		f->angle = w.p[w.n - 1] != '>';
		return;
	}
	/* Quoted strings are not told from words here: no keyword has a quote. */
	if (c != CLAUSE_NONE && !name_whatever(f, w)) {
		clause_open(f, c, w);
		return;
	}
	if (f->in_date) {
		date_word(f, w);
		return;
	}
	if (span_is(w, "auth=yes") && (f->have_by || f->have_with)) {
		f->auth = 1;
		return;
	}
	switch (f->clause) {
	case CLAUSE_FROM:
		if (f->words++ > 0) {
			said_before(f);
			f->from.uid = f->from.unix_socket = 0;
		}
		from_word(&f->from, w);
		break;
	case CLAUSE_BY:
		by_word(f, w);
		break;
	case CLAUSE_WITH:
		with_word(f, w);
		break;
	case CLAUSE_ID:
		if (f->words++ == 0)
			f->form.id = w;
		else
			date_word(f, w);
		break;
	case CLAUSE_VIA:
		if (f->words++ == 0)
			f->form.via = w;
		break;
	case CLAUSE_FOR:
		if (f->words == 0 && w.p[0] == '<' && w.p[w.n - 1] != '>')
			f->angle = 1;
		/* FALLTHROUGH */
	default:
		/* A date without ';' (SendGrid) is among the words that belong to no clause. */
		if (f->words++ > 0 && f->have_by)
			date_word(f, w);
		break;
	}
}

/* ---- comments ---- */

static void
comment_from(struct field *f, struct span c)
{
	struct tls_words	t;
	int			raw, auth;

	f->words += f->words == 0;	/* "from ([IP]) via http": no HELO follows */
	if (c.n < 2)	/* no form is that short, and nothing else takes as long for each octet */
		return;
	raw = f->from.raw;
	auth = from_auth(c);
	/* Another comment than a log-in's behind it makes that "(uid 7)" is somebody's words. */
	if (f->commented++ > 0 && !auth)
		f->from.uid = f->from.unix_socket = 0;
	if (from_comment(&f->from, c)) {
		said_before(f);
	} else if (!raw && tls_comment(c, &t)) {
		tls_found(f, &t);
		auth |= t.auth;
	}
	if (f->commented > 1 && f->from.uid)
		f->from.uid = 0;
	if (auth)
		from_raw(&f->from);
	if (span_starts(c, "ident:") && (f->from.address_word.p < c.p || f->from.address_word.p >= c.p + c.n))
		f->from.raw = 1;	/* the address should be in it, or is in front of it */
	/* Behind a client's own words all may be his, up to by. */
	f->auth |= auth && !raw;
}

/* Behind by, before any other clause. */
static void
comment_by(struct field *f, struct span c)
{
	struct span	rest = c, first = span_word(&rest);
	size_t		n;

	if (span_address_like(first)) {
		f->by_address = first;
		f->form.by_literal = 1;
		return;
	}
	if (!f->form.by_comment && span_phrase(c, "envelope-sender <", &n))
		f->form.sender = 1;
	else if (f->form.product.n == 0)
		f->form.product = first.n > 0 ? c : first;
}

static void
product(struct field *f, struct span c)
{
	struct span	s = { c.p, c.n < RECEIVED_DATE_MAX ? c.n : RECEIVED_DATE_MAX };
	size_t		n;

	if (f->writer.name != NULL || !writer_comment(c, &f->writer))
		return;
	if ((f->writer.flags & WRITER_POSTFIX) && span_phrase(c, "postfix, from userid", &n))
		f->local = 1;
	if (f->writer.flags & WRITER_SENDMAIL)
		for (; s.n > 0; s = (struct span){ s.p + 1, s.n - 1 })
			f->local |= span_is(s, "/submit");
}

static void
comment(struct field *f, struct span c)
{
	struct tls_words	t;
	size_t			n;

	/* An unclosed one takes in all the rest. */
	if ((c.n >= HIDE_MIN || f->in.unclosed) && span_hides_by(c, !f->in.unclosed))
		f->odd = 1;
	if (f->angle) {
		f->late[f->late_count++ % LATE_MAX] = c;
		return;
	}
	if (!f->have_from && !f->have_by && !f->have_with) {
		/* "(qmail 17 invoked by uid 0)", Sendmail's "(from u@localhost)" */
		f->local |= span_phrase(c, "from ", &n) || (span_phrase(c, "qmail ", &n) && writer_comment(c, &f->writer));
		return;
	}
	if (!f->have_by && f->clause == CLAUSE_FROM) {
		comment_from(f, c);
		return;
	}
	if (f->in_date && c.n > 0)
		f->form.zone_comment = 1;
	if (f->have_from)
		f->late[f->late_count++ % LATE_MAX] = c;
	f->auth |= from_auth(c);
	product(f, c);
	if (tls_comment(c, &t)) {
		f->auth |= t.auth;
		if (!t.ident)
			tls_found(f, &t);
	} else if (f->clause == CLAUSE_BY) {
		comment_by(f, c);
	}
	if (f->clause == CLAUSE_ID && span_phrase(c, "envelope-from <", &n))
		f->form.envelope_after_id = 1;
	f->form.by_comment |= f->clause == CLAUSE_BY;
	f->open = 0;
}

/* "from a;b (": the HELO goes on behind this ';'. */
static int
helo_goes_on(struct field *f)
{
	struct span	*token = &f->from.token, next = items_peek(&f->in);

	if (f->clause != CLAUSE_FROM || f->have_by || token->n == 0 || token->p + token->n + 1 != f->in.p ||
	    next.n == 0 || next.p != f->in.p)
		return 0;
	if (next.p[0] != '(' && next.p[0] != ';')
		(void)items_next(&f->in, &next);
	else
		next.n = 0;
	*token = extended(*token, next);
	return 1;
}

static void
semicolon(struct field *f)
{
	const uint8_t	*p = f->in.p - 1;
	struct span	 with = f->form.with, between;

	if (helo_goes_on(f))
		return;
	if (f->clause == CLAUSE_WITH && with.n > 0 && with.p + with.n < p) {
		between = (struct span){ with.p + with.n, (size_t)(p - (with.p + with.n)) };
		f->form.space_semicolon = !f->in_date && span_skip(between, 0).n == 0;
	}
	date_end(f);
	f->early |= f->have_from && !f->have_by;
	f->open = f->angle = 0;
	f->in_date = 1;
}

void
clauses_read(struct field *f, struct span value, int cut)
{
	struct span	s;
	enum item	item;

	memset(f, 0, offsetof(struct field, date));
	items_start(&f->in, value);
	while ((item = items_next(&f->in, &s)) != ITEM_END) {
		if (item == ITEM_WORD)
			word(f, s);
		else if (item == ITEM_COMMENT)
			comment(f, s);
		else
			semicolon(f);
	}
	date_end(f);
	f->odd |= cut;	/* what has no end may have the writer's words there */
	if (!f->odd)
		return;
	forget(f);
	s = f->from.helo.n > 0 ? f->from.helo : f->from.token;
	memset(&f->from, 0, sizeof(f->from));
	f->from.helo = s;
}
