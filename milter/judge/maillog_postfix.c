/* SPDX-License-Identifier: ISC */
/* What Postfix logs of outbound mail: deliveries, TLS sessions, sessions that broke. */
/*
 * Called by maillog.c with the text of a line.  Postfix 3.4 to 3.12, older ones
 * as far as they are the same.  Nothing is searched for in a server's reply.
 */
#include <string.h>

#include "judge/maillog_int.h"

#define WORD_LEN_MAX	16	/* of a trust word */
#define SECONDS_MAX	9999999u	/* of a delay: Postfix gives up mail after days */

/* ---- relay ---- */

/* Postfix: "host[ip]:port", "host[ip]", "host[/socket]", "none", "local"...  0: too long to be one. */
static int
relay_postfix(struct maillog *m)
{
	const struct maillog_text *r = &m->relay;
	const char *open = memchr(r->p, '[', r->len), *end = r->p + r->len, *close;

	if (r->len == 0 || r->len > MAILLOG_NAME_MAX || memchr(r->p, '\0', r->len) != NULL)
		return 0;
	m->relay_host = *r;
	if (open == NULL || (close = memchr(open, ']', (size_t)(end - open))) == NULL)
		return 1;
	m->relay_host.len = (size_t)(open - r->p);
	m->relay_ip.p = open + 1;
	m->relay_ip.len = (size_t)(close - open - 1);
	if (!maillog_address_like(&m->relay_ip)) {
		m->relay_ip.p = NULL;
		return 1;
	}
	m->network = 1;
	if (close + 1 < end && close[1] == ':') {
		m->relay_port.p = close + 2;
		m->relay_port.len = (size_t)(end - close - 2);
	}
	return 1;
}

/* ---- a delivery ---- */

/* "0.01", "12", as milliseconds. */
static int
seconds(struct cursor *c, uint64_t *ms)
{
	uint32_t whole, unit = 100;

	if (!cursor_number(c, SECONDS_MAX, &whole))
		return 0;
	*ms = (uint64_t)whole * 1000;
	if (cursor_skip(c, "."))
		for (; c->p < c->end && ascii_digit(*c->p); c->p++, unit /= 10)
			*ms += (uint64_t)(*c->p - '0') * unit;
	return 1;
}

/* a/b/c/d: before the queue manager, in it, connecting, transferring. */
static void
delays(const struct maillog_text *t, struct maillog *m)
{
	struct cursor c = { t->p, t->p + t->len };
	uint64_t a, b;

	m->timed = seconds(&c, &a) && cursor_skip(&c, "/") && seconds(&c, &b) && cursor_skip(&c, "/") &&
	    seconds(&c, &m->connect_ms) && cursor_skip(&c, "/") && seconds(&c, &m->transfer_ms) && c.p == c.end;
}

static int
word_known(const struct maillog_text *t, const char *const *words)
{
	for (; *words != NULL; words++)
		if (maillog_text_is(t, *words))
			return 1;
	return 0;
}

/*
 * A word that is not known may be the next version's for clear text, so
 * nothing is made of it.  "unknown" says of itself that it is undecided.
 */
static int
tls_words_known(const struct maillog_text *name, const struct maillog_text *final, int requiretls, int undecided)
{
	static const char *const levels[] = { "none", "may", "encrypt", "dane", "dane-only", "halfdane", "half-dane", "fingerprint",
	    "verify", "secure", NULL };
	static const char *const misses[] = { "nocertmatch", "nostarttls", "noencryption", "none", NULL };

	if (requiretls)
		return final->p == NULL || word_known(final, misses);
	if (!word_known(name, levels) && !(undecided && maillog_text_is(name, "unknown")))
		return 0;
	return final->p == NULL || word_known(final, levels);
}

/* [!]name[:final][?], and requiretls behind a slash. */
static int
tls_status(const struct maillog_text *t, struct maillog *m)
{
	struct cursor c = { t->p, t->p + t->len };
	struct maillog_text name, final;
	const char *from;
	int first = 1, bang, open;

	do {
		from = c.p;
		memset(&final, 0, sizeof(final));
		bang = cursor_skip(&c, "!");
		if (!cursor_word(&c, "-_", MAILLOG_WORD_MAX, &name) ||
		    (cursor_skip(&c, ":") && !cursor_word(&c, "-_", MAILLOG_WORD_MAX, &final)))
			return 0;
		open = cursor_skip(&c, "?");
		if (!tls_words_known(&name, &final, maillog_text_is(&name, "requiretls"), open))
			return 0;
		if (maillog_text_is(&name, "requiretls")) {
			m->requiretls.p = from;
			m->requiretls.len = (size_t)(c.p - from);
		} else if (first) {
			m->level = name;
			m->downgraded = final;
			m->violated = bang;
			m->undecided = open;
		}
		first = 0;
	} while (cursor_skip(&c, "/"));
	return c.p == c.end && m->level.p != NULL;
}

/* Refused in answer to MAIL or a later command: Postfix' own words around the server's. */
static int
spoke(const struct cursor *text)
{
	static const char *const last[] = { "MAIL FROM", "RCPT TO", "DATA", "end of DATA", "BDAT" };
	char want[64];
	size_t i, n;

	if (!cursor_starts(text, "(host ", 6) || memmem(text->p, cursor_left(text), " said: ", 7) == NULL)
		return 0;
	for (i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		n = strlen(last[i]);
		memcpy(want, "(in reply to ", 13);
		memcpy(want + 13, last[i], n);
		memcpy(want + 13 + n, " command))", 10);
		n += 23;
		if (cursor_left(text) > n && memcmp(text->end - n, want, n) == 0)
			return 1;
	}
	return 0;
}

/* One "key=value, " of a delivery; 1 for status=, the last one; -1 for what is none. */
static int
postfix_field(struct cursor *c, struct maillog *m)
{
	struct maillog_text key, value;
	struct cursor v;

	if (!cursor_word(c, "_", MAILLOG_WORD_MAX, &key) || !cursor_skip(c, "="))
		return -1;
	if (maillog_text_is(&key, "status"))
		return cursor_word(c, "-_", MAILLOG_WORD_MAX, &m->status) ? 1 : -1;
	if (!cursor_upto(c, ", ", &value))
		return -1;
	v.p = value.p;
	v.end = value.p + value.len;
	if (maillog_text_is(&key, "relay")) {
		m->relay = value;
		return relay_postfix(m) ? 0 : -1;
	}
	if (maillog_text_is(&key, "conn_use"))
		return cursor_number(&v, UINT32_MAX, &m->conn_use) ? 0 : -1;
	if (maillog_text_is(&key, "delays"))
		delays(&value, m);
	else if (maillog_text_is(&key, "tls")) {
		if (!tls_status(&value, m)) {
			memset(&m->level, 0, sizeof(m->level));
			memset(&m->downgraded, 0, sizeof(m->downgraded));
			memset(&m->requiretls, 0, sizeof(m->requiretls));
			m->violated = m->undecided = 0;
			m->level_bad = 1;
		}
	} else if (maillog_text_is(&key, "dsn"))
		return cursor_word(&v, ".", MAILLOG_WORD_MAX, &m->dsn) && v.p == v.end ? 0 : -1;
	return 0;
}

/* Behind "QUEUEID: to=". */
static enum maillog_kind
postfix_delivery(struct cursor *c, struct maillog *m)
{
	const char *end;
	int quoted = 0, rc;

	if (!cursor_starts(c, "<", 1) || (end = maillog_address_end(c->p + 1, c->end, &quoted)) == NULL)
		return MAILLOG_UNREADABLE;
	m->to.p = c->p;
	m->to.len = (size_t)(end + 1 - c->p);
	c->p = end + 1;
	if (cursor_skip(c, ", orig_to=<")) {
		if ((end = maillog_address_end(c->p, c->end, &quoted)) == NULL)
			return MAILLOG_UNREADABLE;
		c->p = end + 1;
	}
	if (!cursor_skip(c, ", "))
		return MAILLOG_UNREADABLE;
	while ((rc = postfix_field(c, m)) == 0)
		continue;
	if (rc == -1 || m->relay.p == NULL)
		return MAILLOG_UNREADABLE;
	(void)cursor_skip(c, " ");
	m->spoke = spoke(c);
	m->ambiguous = !quoted && memmem(c->p, cursor_left(c), ">, relay=", 9) != NULL;
	return MAILLOG_DELIVERY;
}

/* " key-exchange ECDHE (P-256)", " key-exchange x25519": only under TLS 1.3. */
static void
key_exchange(struct cursor *c, struct maillog *m)
{
	struct maillog_text name, curve;

	if (!cursor_skip(c, " key-exchange ") || !cursor_word(c, "-_.", MAILLOG_WORD_MAX, &name))
		return;
	m->group = name;
	if (cursor_skip(c, " (") && cursor_word(c, "-_.", MAILLOG_WORD_MAX, &curve) && cursor_starts(c, ")", 1))
		m->group = curve;
}

/* Behind "TLS connection ": "established to NAMADDR[ to SNI]: VERSION with cipher NAME (USE/ALG bits)...". */
static enum maillog_kind
postfix_session(struct cursor *c, struct maillog *m)
{
	const char *sni;

	if (cursor_skip(c, "established from ") || cursor_skip(c, "reused from "))
		return MAILLOG_IRRELEVANT;
	m->reused = cursor_skip(c, "reused to ");
	if (!m->reused && !cursor_skip(c, "established to "))
		return MAILLOG_UNREADABLE;
	if (!cursor_upto(c, ": ", &m->relay))
		return MAILLOG_UNREADABLE;
	if ((sni = memmem(m->relay.p, m->relay.len, " to ", 4)) != NULL)
		m->relay.len = (size_t)(sni - m->relay.p);
	if (!relay_postfix(m) || !cursor_word(c, "._-", MAILLOG_WORD_MAX, &m->version) || !cursor_skip(c, " with cipher ") ||
	    !cursor_word(c, "._-+", MAILLOG_WORD_MAX, &m->cipher) || !cursor_skip(c, " (") || !cursor_number(c, 65535, &m->bits) ||
	    !cursor_skip(c, "/") || !cursor_number(c, 65535, &m->alg_bits) || !cursor_skip(c, " bits)"))
		return MAILLOG_UNREADABLE;
	key_exchange(c, m);
	return MAILLOG_SESSION;
}

/* Behind "QUEUEID: " of smtp(8): a session that broke, after which Postfix may try again in clear. */
static enum maillog_kind
postfix_lost(struct cursor *c, struct maillog *m)
{
	if (cursor_skip(c, "lost connection with ") ? !cursor_upto(c, " while ", &m->relay) :
	    !cursor_skip(c, "conversation with ") || !cursor_upto(c, " timed out", &m->relay))
		return MAILLOG_IRRELEVANT;
	return relay_postfix(m) ? MAILLOG_LOST : MAILLOG_IRRELEVANT;
}

enum component { OTHER, QUIET, AGENT, CLIENT, PROXY, MASTER };

/* The daemon behind the last slash of the program. */
static enum component
component(const struct maillog_text *prog)
{
	static const struct {
		const char	*name;
		enum component	 is;
	} known[] = {
		{ "smtp", CLIENT }, { "lmtp", CLIENT }, { "tlsproxy", PROXY }, { "master", MASTER }, { "local", AGENT },
		{ "virtual", AGENT }, { "pipe", AGENT }, { "error", AGENT }, { "retry", AGENT }, { "discard", AGENT },
		{ "qmgr", AGENT }, { "oqmgr", AGENT }, { "cleanup", AGENT }, { "bounce", AGENT }, { "defer", AGENT },
		{ "verify", AGENT }, { "relay", CLIENT },
		/* these deliver nothing, and show what clients say */
		{ "smtpd", QUIET }, { "postscreen", QUIET }, { "qmqpd", QUIET }, { "pickup", QUIET }, { "sendmail", QUIET },
		{ "postdrop", QUIET }, { "trivial-rewrite", QUIET }, { "anvil", QUIET }, { "scache", QUIET },
		{ "dnsblog", QUIET }, { "postsuper", QUIET }
	};
	const char *slash = memrchr(prog->p, '/', prog->len);
	struct maillog_text last;
	size_t i;

	last.p = slash + 1;
	last.len = prog->len - (size_t)(last.p - prog->p);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (maillog_text_is(&last, known[i].name))
			return known[i].is;
	return OTHER;
}

enum maillog_kind
maillog_postfix(struct cursor *c, struct maillog *m)
{
	enum component is = component(&m->program);
	struct cursor at;

	if (is == QUIET)
		return MAILLOG_IRRELEVANT;
	if (is == MASTER)
		return cursor_skip(c, "reload -- ") || cursor_skip(c, "daemon started -- ") ? MAILLOG_RESTART : MAILLOG_IRRELEVANT;
	if (maillog_queue_id(c, m)) {
		if (cursor_skip(c, "to="))
			return postfix_delivery(c, m);
		return is == CLIENT || is == OTHER ? postfix_lost(c, m) : MAILLOG_IRRELEVANT;
	}
	if (maillog_delivery_like(c))
		return MAILLOG_UNREADABLE;
	/* verbose, it shows what the server says */
	if (is == AGENT || cursor_starts(c, "<", 1) || cursor_starts(c, ">", 1))
		return MAILLOG_IRRELEVANT;
	m->twin = is == PROXY;
	at = *c;
	if (cursor_skip(&at, "TLS connection "))
		return postfix_session(&at, m);
	if (cursor_word(&at, "", WORD_LEN_MAX, &m->trust) && cursor_skip(&at, " TLS connection "))
		return postfix_session(&at, m);
	/* Whatever it is called in a later version, it will tell the cipher. */
	return is != OTHER && memmem(c->p, cursor_left(c) < MAILLOG_HEAD_MAX ? cursor_left(c) : MAILLOG_HEAD_MAX, " with cipher ", 13) != NULL ?
	    MAILLOG_UNREADABLE : MAILLOG_IRRELEVANT;
}
