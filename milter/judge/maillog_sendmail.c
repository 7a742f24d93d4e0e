/* SPDX-License-Identifier: ISC */
/* What Sendmail logs of outbound mail: deliveries and TLS sessions. */
/*
 * Called by maillog.c with the text of a line.  Nothing is searched for behind
 * stat= or reply=, which is the server's.
 */
#include <string.h>

#include "judge/maillog_int.h"

static void
tail_dot(struct maillog_text *t)
{
	if (t->len > 1 && t->p[t->len - 1] == '.')
		t->len--;
}

/* Sendmail: "mx.example.org. [192.0.2.1]", "[192.0.2.1] [192.0.2.1]", "local". */
static int
relay_sendmail(struct maillog *m)
{
	const struct maillog_text *r = &m->relay;
	const char *open = memmem(r->p, r->len, " [", 2), *end = r->p + r->len;

	if (r->len == 0 || r->len > MAILLOG_NAME_MAX || memchr(r->p, '\0', r->len) != NULL)
		return 0;
	m->relay_host = *r;
	if (open != NULL && end[-1] == ']') {
		m->relay_host.len = (size_t)(open - r->p);
		m->relay_ip.p = open + 2;
		m->relay_ip.len = (size_t)(end - 1 - m->relay_ip.p);
		if (m->relay_ip.len > 5 && memcmp(m->relay_ip.p, "IPv6:", 5) == 0) {
			m->relay_ip.p += 5;
			m->relay_ip.len -= 5;
		}
		m->network = maillog_address_like(&m->relay_ip);
		if (!m->network)
			m->relay_ip.p = NULL;
	}
	tail_dot(&m->relay_host);
	return 1;
}

int
maillog_is_sendmail(const struct maillog_text *p)
{
	static const char *const begins[] = { "sm-", "sendmail", "mta" };
	size_t i, n;

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		n = strlen(begins[i]);
		if (p->len >= n && memcmp(p->p, begins[i], n) == 0)
			return 1;
	}
	return 0;
}

int
maillog_like_sendmail(const struct cursor *c)
{
	size_t n = cursor_left(c) < MAILLOG_HEAD_MAX ? cursor_left(c) : MAILLOG_HEAD_MAX;
	struct cursor at = *c;
	struct maillog_text id;

	if (cursor_word(&at, "", MAILLOG_WORD_MAX, &id) && !cursor_skip(&at, ": "))
		at = *c;
	return cursor_starts(&at, "STARTTLS=client, ", 17) ||
	    (maillog_delivery_like(c) && memmem(c->p, n, ", mailer=", 9) != NULL && memmem(c->p, n, ", stat=", 7) != NULL);
}

/* Behind "STARTTLS=client, ": relay=, version=, verify=, cipher=, bits=ALG/USED: the other way round than Postfix. */
static enum maillog_kind
sendmail_session(struct cursor *c, struct maillog *m)
{
	if (cursor_skip(c, "error: ") || cursor_skip(c, "errno="))
		return MAILLOG_FAILED;
	if (!cursor_skip(c, "relay="))
		return MAILLOG_IRRELEVANT;
	if (!cursor_upto(c, ", ", &m->relay))
		return MAILLOG_UNREADABLE;
	if (!cursor_skip(c, "version="))
		return cursor_starts(c, "warning=", 8) || cursor_starts(c, "info=", 5) ? MAILLOG_IRRELEVANT : MAILLOG_UNREADABLE;
	if (!relay_sendmail(m) || !cursor_word(c, "._-", MAILLOG_WORD_MAX, &m->version) || !cursor_skip(c, ", verify=") ||
	    !cursor_word(c, "_-", MAILLOG_WORD_MAX, &m->trust) || !cursor_skip(c, ", cipher=") ||
	    !cursor_word(c, "._-+", MAILLOG_WORD_MAX, &m->cipher) || !cursor_skip(c, ", bits=") || !cursor_number(c, 65535, &m->alg_bits) ||
	    !cursor_skip(c, "/") || !cursor_number(c, 65535, &m->bits))
		return MAILLOG_UNREADABLE;
	return MAILLOG_SESSION;
}

/* "[d+]hh:mm:ss" */
static int
interval(const struct maillog_text *t, uint64_t *ms)
{
	struct cursor c = { t->p, t->p + t->len }, at = c;
	uint32_t days = 0;
	int h, m, s;

	if (cursor_number(&at, 9999, &days) && cursor_skip(&at, "+"))
		c = at;
	else
		days = 0;
	if (!cursor_digits(&c, 2, &h) || !cursor_skip(&c, ":") || !cursor_digits(&c, 2, &m) || !cursor_skip(&c, ":") || !cursor_digits(&c, 2, &s))
		return 0;
	*ms = ((uint64_t)days * 86400 + (uint64_t)(h * 3600 + m * 60 + s)) * 1000;
	return 1;
}

/* The status as Postfix would call it: by the enhanced code, which stands before anything that is the server's. */
static void
sendmail_status(struct cursor *c, struct maillog *m)
{
	static const struct maillog_text sent = { "sent", 4 }, deferred = { "deferred", 8 }, bounced = { "bounced", 7 };

	switch (m->dsn.p != NULL ? *m->dsn.p : '\0') {
	case '2':
		m->status = sent;
		break;
	case '4':
		m->status = deferred;
		break;
	case '5':
		m->status = bounced;
		break;
	default:
		m->status = cursor_starts(c, "Sent", 4) ? sent : cursor_starts(c, "Deferred", 8) ? deferred : bounced;
		break;
	}
}

/* "tls_verify=OK", "tls_version=TLSv1.2": one word.  What is none is not kept. */
static void
sendmail_word(const struct maillog_text *value, struct maillog_text *to)
{
	struct cursor v = { value->p, value->p + value->len };

	if (!cursor_word(&v, "._-+", MAILLOG_WORD_MAX, to) || v.p != v.end)
		memset(to, 0, sizeof(*to));
}

/* One "key=value, "; 1 for stat= or reply=, behind which all is the server's; -1 for what is none. */
static int
sendmail_field(struct cursor *c, struct maillog *m)
{
	struct maillog_text key, value;
	const char *end;
	int quoted = 0;

	if (!cursor_word(c, "_", MAILLOG_WORD_MAX, &key) || !cursor_skip(c, "="))
		return -1;
	if (maillog_text_is(&key, "stat") || maillog_text_is(&key, "reply")) {
		m->spoke = *key.p == 'r';
		return 1;
	}
	/* An address, which could hold fields of its own making. */
	if (cursor_starts(c, "<", 1) && (end = maillog_address_end(c->p + 1, c->end, &quoted)) != NULL)
		c->p = end + 1;
	if (!cursor_upto(c, ", ", &value))
		return -1;
	if (maillog_text_is(&key, "relay")) {
		m->relay = value;
		return relay_sendmail(m) ? 0 : -1;
	}
	if (maillog_text_is(&key, "xdelay"))
		m->timed = interval(&value, &m->transfer_ms);
	else if (maillog_text_is(&key, "dsn"))
		m->dsn = value;
	else if (maillog_text_is(&key, "tls_verify"))
		sendmail_word(&value, &m->trust);
	else if (maillog_text_is(&key, "tls_version"))
		sendmail_word(&value, &m->version);
	else if (maillog_text_is(&key, "cipher"))
		sendmail_word(&value, &m->cipher);
	return 0;
}

/* Where the list of recipients ends: at ", " and a key that always comes, outside of quotes and brackets. */
static const char *
recipients_end(const struct cursor *c)
{
	const char *p;
	int quoted = 0, bracket = 0;
	struct cursor at;

	for (p = c->p; p < c->end; p++) {
		if (quoted && *p == '\\' && p + 1 < c->end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '<' || *p == '>'))
			bracket = *p == '<';
		else if (!quoted && !bracket && *p == ',') {
			at.p = p;
			at.end = c->end;
			if (cursor_starts(&at, ", ctladdr=", 10) || cursor_starts(&at, ", delay=", 8) || cursor_starts(&at, ", xdelay=", 9) ||
			    cursor_starts(&at, ", [more], ", 10))
				return p;
		}
	}
	return NULL;
}

/* Behind "QUEUEID: to=". */
static enum maillog_kind
sendmail_delivery(struct cursor *c, struct maillog *m)
{
	const char *end = recipients_end(c);
	int rc;

	if (end == NULL)
		return MAILLOG_UNREADABLE;
	m->to.p = c->p;
	m->to.len = (size_t)(end - c->p);
	c->p = end;
	if (!cursor_skip(c, ", [more], "))
		(void)cursor_skip(c, ", ");
	while ((rc = sendmail_field(c, m)) == 0)
		continue;
	if (rc == -1)
		return MAILLOG_UNREADABLE;
	/* Not tried yet. */
	if (m->dsn.p == NULL && cursor_starts(c, "queued", 6))
		return MAILLOG_IRRELEVANT;
	if (m->dsn.p != NULL && (m->dsn.len < 5 || m->dsn.len > 11))
		return MAILLOG_UNREADABLE;
	sendmail_status(c, m);
	return MAILLOG_DELIVERY;
}

enum maillog_kind
maillog_sendmail(struct cursor *c, struct maillog *m)
{
	(void)(maillog_queue_id(c, m) || cursor_skip(c, "NOQUEUE: "));
	if (m->queue_id.p != NULL && cursor_skip(c, "to="))
		return sendmail_delivery(c, m);
	if (maillog_delivery_like(c))
		return MAILLOG_UNREADABLE;
	return cursor_skip(c, "STARTTLS=client, ") ? sendmail_session(c, m) : MAILLOG_IRRELEVANT;
}
