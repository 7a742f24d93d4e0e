/* SPDX-License-Identifier: ISC */
/* Reads one line of an MTA's log for what it says of a message's arrival: begun, taken, refused. */
/*
 * Called by hopwardctl verify for each line; owns nothing, keeps nothing.
 * Postfix: "ID: client=" of smtpd(8) and "ID: uid=" of pickup(8) begin, "ID: from=<" of qmgr(8) and a hold of cleanup(8)
 * take, "ID: milter-reject:" and "milter-discard:" refuse.  What neither smtpd nor pickup began (bounces, forwarded
 * mail) passes no milter and is not looked for.  Sendmail: "ID: from=" with a daemon=, and "ID: Milter: ".
 * An address may hold what looks like a field; nothing behind from= is searched for but daemon= and relay=, the last of which counts.
 */
#include <string.h>

#include "judge/arrival.h"
#include "judge/maillog_int.h"

/* Does the program's last part have this name? */
static int
is_part(const struct maillog_text *program, const char *name)
{
	const char *slash = memrchr(program->p, '/', program->len);
	struct maillog_text last;

	if (slash == NULL)
		return 0;
	last.p = slash + 1;
	last.len = program->len - (size_t)(last.p - program->p);
	return maillog_text_is(&last, name);
}

/* Up to a comma or the end. */
static void
upto_comma(struct cursor *c, struct maillog_text *out)
{
	const char *comma = memchr(c->p, ',', cursor_left(c));

	out->p = c->p;
	out->len = comma != NULL ? (size_t)(comma - c->p) : cursor_left(c);
	c->p += out->len;
}

static enum arrival_kind
of_smtpd(struct cursor *c, struct arrival *out)
{
	struct maillog_text t;
	const char *p;

	if (!cursor_skip(c, "client="))
		return ARRIVAL_NONE;
	upto_comma(c, &out->client);
	if ((p = memmem(c->p, cursor_left(c), ", orig_queue_id=", 16)) != NULL) {
		c->p = p + 16;
		upto_comma(c, &t);
		out->other_id = t;
	}
	return ARRIVAL_BEGUN;
}

/* The message, not one of its recipients. */
static int
refused(const struct cursor *c)
{
	static const char reject[] = "milter-reject: END-OF-MESSAGE ", discard[] = "milter-discard: ";

	return cursor_starts(c, reject, sizeof(reject) - 1) || cursor_starts(c, discard, sizeof(discard) - 1);
}

static enum arrival_kind
of_cleanup(const struct cursor *c)
{
	if (refused(c))
		return ARRIVAL_REFUSED;
	return cursor_starts(c, "milter-hold: ", 13) || cursor_starts(c, "hold: ", 6) ? ARRIVAL_TAKEN : ARRIVAL_NONE;
}

static enum arrival_kind
postfix(struct cursor *c, struct arrival *out)
{
	if (is_part(&out->program, "smtpd")) {
		/* at end of message the milter's answer may be told by smtpd */
		return refused(c) ? ARRIVAL_REFUSED : of_smtpd(c, out);
	}
	if (is_part(&out->program, "pickup"))
		return cursor_starts(c, "uid=", 4) ? ARRIVAL_BEGUN : ARRIVAL_NONE;
	if (is_part(&out->program, "cleanup"))
		return of_cleanup(c);
	if (is_part(&out->program, "qmgr") || is_part(&out->program, "oqmgr"))
		return cursor_starts(c, "from=<", 6) ? ARRIVAL_TAKEN : ARRIVAL_NONE;
	return ARRIVAL_NONE;
}

/* The last place of a key, which no address in front of it can have made up. */
static const char *
last_of(const struct cursor *c, const char *key)
{
	size_t n = strlen(key);
	const char *p = c->p, *at, *found = NULL;

	while ((at = memmem(p, (size_t)(c->end - p), key, n)) != NULL) {
		found = at + n;
		p = found;
	}
	return found;
}

static enum arrival_kind
sendmail(struct cursor *c, struct arrival *out)
{
	struct cursor at;

	if (cursor_skip(c, "Milter: "))
		return cursor_starts(c, "data, reject=", 13) || cursor_starts(c, "data, discard", 13) ? ARRIVAL_REFUSED : ARRIVAL_NONE;
	if (!cursor_skip(c, "from=") || last_of(c, ", daemon=") == NULL)
		return ARRIVAL_NONE;
	if ((at.p = last_of(c, ", relay=")) != NULL) {
		at.end = c->end;
		upto_comma(&at, &out->client);
	}
	return ARRIVAL_MAIL;
}

enum arrival_kind
arrival_read(const char *line, size_t len, struct arrival *out)
{
	struct cursor c = { line, line + (len < MAILLOG_LINE_MAX ? len : MAILLOG_LINE_MAX) };
	struct maillog m;

	memset(out, 0, sizeof(*out));
	memset(&m, 0, sizeof(m));
	if (!maillog_header(&c, &m) || !maillog_queue_id(&c, &m))
		return ARRIVAL_NONE;
	out->stamp = m.stamp;
	out->host = m.host;
	out->program = m.program;
	out->queue_id = m.queue_id;
	if (memchr(m.program.p, '/', m.program.len) != NULL) {
		out->mta = MAILLOG_POSTFIX;
		out->kind = postfix(&c, out);
	} else if (maillog_is_sendmail(&m.program)) {
		out->mta = MAILLOG_SENDMAIL;
		out->kind = sendmail(&c, out);
	}
	return out->kind;
}
