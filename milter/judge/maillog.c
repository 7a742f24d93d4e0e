/* SPDX-License-Identifier: ISC */
/* Reads one line of an MTA's log: stamp, host, program, and what it says of a TLS session or a delivery. */
/*
 * Called by hopwardctl collect for each line; owns nothing, keeps nothing.
 * Formats: Postfix 3.4 to 3.12 (older ones as far as they are the same) and
 * Sendmail; stamps of syslog with and without a year, RFC 3339 and RFC 5424.
 *
 * A line is read strictly from its left: first what our own MTA wrote, last
 * the remote server's reply, in which nothing is searched for.  An address may
 * hold anything within quotes; where an unquoted one could have forged fields
 * the line is `ambiguous`, and the joiner believes only what a session confirms.
 * Each line costs time linear in what is looked at of it; one without interest
 * some dozen octets beyond its header.
 * It does not: resolve times, join lines (outbound.c), know privacy.
 */
#include <string.h>

#include "judge/maillog_int.h"

#define QUEUE_ID_MIN	5
#define QUEUE_ID_MAX	32

int
maillog_text_is(const struct maillog_text *t, const char *s)
{
	return t->p != NULL && t->len == strlen(s) && memcmp(t->p, s, t->len) == 0;
}

/* ---- addresses and names ---- */

int
maillog_address_like(const struct maillog_text *t)
{
	size_t i;
	int sign = 0;

	for (i = 0; i < t->len; i++) {
		if (t->p[i] == ':' || t->p[i] == '.')
			sign = 1;
		else if (!ascii_alnum(t->p[i]) && t->p[i] != '%')
			return 0;
	}
	return sign;
}

const char *
maillog_address_end(const char *p, const char *end, int *quoted)
{
	const char *start = p;
	int open = 0, quotes = 1;

again:
	for (p = start; p < end; p++) {
		if (quotes && open && *p == '\\' && p + 1 < end)
			p++;
		else if (quotes && *p == '"') {
			open = !open;
			*quoted = 1;
		} else if (!open && *p == '>' && p + 1 < end && p[1] == ',')
			return p;
	}
	if (open) {
		open = quotes = *quoted = 0;
		goto again;
	}
	return NULL;
}

int
maillog_rcpt(const struct maillog *m, size_t *at, struct maillog_text *rcpt)
{
	const char *p = m->to.p + *at, *end = m->to.p + m->to.len, *close;
	int quoted = 0, open = 0;

	if (m->to.p == NULL || p >= end)
		return 0;
	if (*p == '<') {
		/* The last one has no comma behind it. */
		if ((close = maillog_address_end(p + 1, end, &quoted)) == NULL)
			close = end[-1] == '>' ? end - 1 : end;
		rcpt->p = p + 1;
		rcpt->len = (size_t)(close - p - 1);
		p = close < end ? close + 1 : end;
	} else {
		for (rcpt->p = p; p < end && (open || *p != ','); p++)
			if (*p == '"')
				open = !open;
		rcpt->len = (size_t)(p - rcpt->p);
	}
	while (p < end && (*p == ',' || *p == ' '))
		p++;
	*at = (size_t)(p - m->to.p);
	return 1;
}

int
maillog_queue_id(struct cursor *c, struct maillog *m)
{
	struct cursor at = *c;
	struct maillog_text id;

	if (!cursor_word(&at, "", QUEUE_ID_MAX, &id) || id.len < QUEUE_ID_MIN || !cursor_skip(&at, ": "))
		return 0;
	m->queue_id = id;
	*c = at;
	return 1;
}

int
maillog_delivery_like(const struct cursor *c)
{
	size_t n = cursor_left(c) < MAILLOG_HEAD_MAX ? cursor_left(c) : MAILLOG_HEAD_MAX;
	struct cursor at = *c;
	struct maillog_text id;

	if (!cursor_word(&at, "-_.", MAILLOG_WORD_MAX, &id) || !cursor_skip(&at, ": "))
		at = *c;
	return cursor_skip(&at, "to=") && memmem(c->p, n, ", relay=", 8) != NULL;
}

/* ---- a line ---- */

/* A stamp or header of no known form: is it nevertheless one of an MTA's client? */
static enum maillog_kind
strange(const struct cursor *c)
{
	size_t n = cursor_left(c) < MAILLOG_HEAD_MAX ? cursor_left(c) : MAILLOG_HEAD_MAX;

	if (memmem(c->p, n, " TLS connection established to ", 31) != NULL || memmem(c->p, n, " STARTTLS=client, relay=", 24) != NULL ||
	    (memmem(c->p, n, ": to=<", 6) != NULL && memmem(c->p, n, " relay=", 7) != NULL))
		return MAILLOG_UNREADABLE;
	return MAILLOG_IRRELEVANT;
}

enum maillog_kind
maillog_read(const char *line, size_t len, struct maillog *out)
{
	struct cursor c = { line, line + (len < MAILLOG_LINE_MAX ? len : MAILLOG_LINE_MAX) }, all = c;
	struct maillog_text t;

	memset(out, 0, sizeof(*out));
	if (!maillog_header(&c, out)) {
		memset(out, 0, sizeof(*out));
		return out->kind = strange(&all);
	}
	/* rsyslog's reduction of repeated lines */
	if (cursor_skip(&c, "message repeated ")) {
		if (!cursor_upto(&c, ": [", &t))
			return out->kind = MAILLOG_IRRELEVANT;
		(void)cursor_skip(&c, " ");
		if (c.end > c.p && c.end[-1] == ']')
			c.end--;
	}
	if (memchr(out->program.p, '/', out->program.len) != NULL) {
		out->mta = MAILLOG_POSTFIX;
		out->kind = maillog_postfix(&c, out);
	} else if (maillog_is_sendmail(&out->program) || maillog_like_sendmail(&c)) {
		out->mta = MAILLOG_SENDMAIL;
		out->kind = maillog_sendmail(&c, out);
	}
	if (out->kind > MAILLOG_UNREADABLE && (memchr(out->program.p, '\0', out->program.len) != NULL ||
	    (out->host.p != NULL && memchr(out->host.p, '\0', out->host.len) != NULL)))
		out->kind = MAILLOG_UNREADABLE;
	return out->kind;
}

/* ---- an example to show ---- */

/* Is it, up to a blank or a bracket, an address? */
static int
holds_at(const char *p, const char *end)
{
	for (; p < end && *p != ' ' && *p != '<' && *p != '>'; p++)
		if (*p == '@')
			return 1;
	return 0;
}

void
maillog_example(const char *line, size_t len, struct buf *out)
{
	const char *p = line, *end = line + (len < MAILLOG_HEAD_MAX ? len : MAILLOG_HEAD_MAX), *close;
	size_t room = MAILLOG_EXAMPLE_MAX;
	int start = 1;

	while (p < end && room >= 5) {
		if (*p == '<' && memchr(p, '>', (size_t)(end - p)) == NULL)
			break;
		/* '>' within quotes is not the end: up to the last one that a comma or a blank follows */
		if (*p == '<') {
			int quoted = 0;

			if ((close = maillog_address_end(p + 1, end, &quoted)) == NULL)
				close = memchr(p, '>', (size_t)(end - p));
			buf_addz(out, "<...>");
			p = close + 1;
			room -= 5;
		} else if (start && holds_at(p, end)) {
			buf_addz(out, "...");
			while (p < end && *p != ' ' && *p != '<' && *p != '>')
				p++;
			room -= 3;
		} else if (*p == '(') {
			break;	/* the server's words, or what else may be in brackets */
		} else {
			start = *p == ' ' || *p == '=' || *p == ',';
			buf_addc(out, *p >= ' ' && *p < 0x7f ? *p : '?');
			p++;
			room--;
		}
	}
	if (p < end || len > MAILLOG_HEAD_MAX)
		buf_addz(out, "...");
}
