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

#include "judge/maillog.h"

#define QUEUE_ID_MIN	5
#define QUEUE_ID_MAX	32
#define WORD_LEN_MAX	16	/* of a trust word */
#define HEAD_MAX	1024	/* octets in which a known line says what it is */
#define SECONDS_MAX	9999999u	/* of a delay: Postfix gives up mail after days */

/* What is left to read. */
struct cursor {
	const char	*p, *end;
};

/* ASCII, whatever the locale. */
static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t
left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static int
starts(const struct cursor *c, const char *s, size_t n)
{
	return left(c) >= n && memcmp(c->p, s, n) == 0;
}

/* Takes the literal where it is next. */
static int
skip(struct cursor *c, const char *s)
{
	size_t n = strlen(s);

	if (!starts(c, s, n))
		return 0;
	c->p += n;
	return 1;
}

/* Takes all before the literal, and the literal.  0: it does not come. */
static int
upto(struct cursor *c, const char *s, struct maillog_text *out)
{
	size_t n = strlen(s);
	const char *at = memmem(c->p, left(c), s, n);

	if (at == NULL)
		return 0;
	out->p = c->p;
	out->len = (size_t)(at - c->p);
	c->p = at + n;
	return 1;
}

int
maillog_text_is(const struct maillog_text *t, const char *s)
{
	return t->p != NULL && t->len == strlen(s) && memcmp(t->p, s, t->len) == 0;
}

/* A word of letters, digits and `more`, of 1 to max octets, taken. */
static int
word(struct cursor *c, const char *more, size_t max, struct maillog_text *out)
{
	const char *p = c->p;

	while (p < c->end && (is_alnum(*p) || (*p != '\0' && strchr(more, *p) != NULL)))
		p++;
	if (p == c->p || (size_t)(p - c->p) > max)
		return 0;
	out->p = c->p;
	out->len = (size_t)(p - c->p);
	c->p = p;
	return 1;
}

static int
number(struct cursor *c, uint32_t max, uint32_t *out)
{
	const char *p = c->p;
	uint64_t v = 0;

	while (p < c->end && *p >= '0' && *p <= '9' && v <= max)
		v = v * 10 + (uint64_t)(*p++ - '0');
	if (p == c->p || v > max)
		return 0;
	*out = (uint32_t)v;
	c->p = p;
	return 1;
}

/* Exactly n digits. */
static int
digits(struct cursor *c, int n, int *out)
{
	int i, v = 0;

	if (left(c) < (size_t)n)
		return 0;
	for (i = 0; i < n; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return 0;
		v = v * 10 + (c->p[i] - '0');
	}
	c->p += n;
	*out = v;
	return 1;
}

/* ---- stamp ---- */

static int
month(struct cursor *c, int *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	if (left(c) < 4 || c->p[3] != ' ')
		return 0;
	for (i = 0; i < 12; i++)
		if (memcmp(c->p, names + 3 * i, 3) == 0) {
			*out = i + 1;
			c->p += 4;
			return 1;
		}
	return 0;
}

/* "HH:MM:SS" and a fraction. */
static int
clock_time(struct cursor *c, struct maillog_stamp *t)
{
	int unit = 100000;

	if (!digits(c, 2, &t->hour) || !skip(c, ":") || !digits(c, 2, &t->minute) || !skip(c, ":") ||
	    !digits(c, 2, &t->second) || t->hour > 23 || t->minute > 59 || t->second > 60)
		return 0;
	if (left(c) < 2 || (*c->p != '.' && *c->p != ',') || !is_digit(c->p[1]))
		return 1;
	for (c->p++; c->p < c->end && is_digit(*c->p); c->p++, unit /= 10)
		t->us += (*c->p - '0') * unit;
	return 1;
}

/* "Z", "+01:00", "+0100"; none is fine too. */
static int
zone(struct cursor *c, struct maillog_stamp *t)
{
	int h, m, sign;

	if (left(c) == 0)
		return 0;
	if (*c->p == 'Z' || *c->p == 'z') {
		c->p++;
		t->zoned = 1;
		return 1;
	}
	if (*c->p != '+' && *c->p != '-')
		return 1;
	sign = *c->p++ == '-' ? -1 : 1;
	if (!digits(c, 2, &h))
		return 0;
	(void)skip(c, ":");
	if (!digits(c, 2, &m) || h > 23 || m > 59)
		return 0;
	t->zoned = 1;
	t->east = sign * (h * 3600 + m * 60);
	return 1;
}

/* YYYY-MM-DDTHH:MM:SS[.ffffff][zone] */
static int
stamp_rfc3339(struct cursor *c, struct maillog_stamp *t)
{
	return digits(c, 4, &t->year) && skip(c, "-") && digits(c, 2, &t->month) && skip(c, "-") &&
	    digits(c, 2, &t->day) && (skip(c, "T") || skip(c, "t") || skip(c, " ")) && clock_time(c, t) && zone(c, t) &&
	    t->month >= 1 && t->month <= 12;
}

/* A year, and the blank behind it. */
static int
year(struct cursor *c, int *out)
{
	struct cursor at = *c;
	int v;

	if (!digits(&at, 4, &v) || !skip(&at, " ") || v < 1970)
		return 0;
	*out = v;
	*c = at;
	return 1;
}

/* [YYYY ]Mmm dd [YYYY ]HH:MM:SS[ YYYY] */
static int
stamp_syslog(struct cursor *c, struct maillog_stamp *t)
{
	struct cursor at;
	const char *blank;

	(void)year(c, &t->year);
	if (!month(c, &t->month))
		return 0;
	(void)skip(c, " ");
	if (left(c) >= 2 && c->p[1] == ' ' ? !digits(c, 1, &t->day) : !digits(c, 2, &t->day))
		return 0;
	if (!skip(c, " "))
		return 0;
	if (t->year == 0)
		(void)year(c, &t->year);
	if (!clock_time(c, t))
		return 0;
	at = *c;
	/* A year behind the time; a host may have such a name, but then the program comes next. */
	if (t->year == 0 && skip(&at, " ") && year(&at, &t->year)) {
		blank = memchr(at.p, ' ', left(&at));
		if (blank != NULL && blank > at.p && blank[-1] != ':') {
			c->p = at.p - 1;
			return 1;
		}
		t->year = 0;
	}
	return 1;
}

static int
stamp(struct cursor *c, struct maillog_stamp *t)
{
	struct cursor at = *c;

	if (left(c) > 4 && c->p[4] == '-' ? !stamp_rfc3339(&at, t) : !stamp_syslog(&at, t))
		return 0;
	if (t->day < 1 || t->day > 31 || !skip(&at, " "))
		return 0;
	*c = at;
	return 1;
}

/* ---- host, program, pid ---- */

/* All up to a blank, taken with it. */
static int
token(struct cursor *c, struct maillog_text *out)
{
	const char *blank = memchr(c->p, ' ', left(c) < HEAD_MAX ? left(c) : HEAD_MAX);

	if (blank == NULL || blank == c->p || (size_t)(blank - c->p) > MAILLOG_NAME_MAX)
		return 0;
	out->p = c->p;
	out->len = (size_t)(blank - c->p);
	c->p = blank + 1;
	return 1;
}

/* "postfix/smtp[123]:" or "postfix/smtp:" -> name and pid. */
static int
program(const struct maillog_text *t, struct maillog *m)
{
	struct cursor c = { t->p, t->p + t->len };
	const char *open;

	if (t->len < 2 || t->p[t->len - 1] != ':')
		return 0;
	m->program.p = t->p;
	if (t->p[t->len - 2] != ']') {
		m->program.len = t->len - 1;
		return 1;
	}
	if ((open = memrchr(t->p, '[', t->len)) == NULL || open == t->p)
		return 0;
	m->program.len = (size_t)(open - t->p);
	c.p = open + 1;
	/* What is no number in there is no process that could be joined. */
	return number(&c, UINT32_MAX, &m->pid) && c.p == c.end - 2;
}

/* RFC 5424 behind its version: stamp host app procid msgid structured-data text. */
static int
header_5424(struct cursor *c, struct maillog *m)
{
	struct maillog_text pid, msgid;
	struct cursor n;

	if (!stamp(c, &m->stamp) || !token(c, &m->host) || !token(c, &m->program) || !token(c, &pid) || !token(c, &msgid))
		return 0;
	n.p = pid.p;
	n.end = pid.p + pid.len;
	if (!maillog_text_is(&pid, "-") && !(number(&n, UINT32_MAX, &m->pid) && n.p == n.end))
		return 0;
	if (!skip(c, "- ")) {
		int quoted = 0;

		for (; c->p < c->end; c->p++) {
			if (*c->p == '\\' && quoted && left(c) > 1)
				c->p++;
			else if (*c->p == '"')
				quoted = !quoted;
			else if (*c->p == ' ' && !quoted && c->p[-1] == ']')
				break;
		}
		if (!skip(c, " "))
			return 0;
	}
	(void)skip(c, "\xef\xbb\xbf");
	return 1;
}

/* Everything before the text; c is then at the text. */
static int
header(struct cursor *c, struct maillog *m)
{
	struct maillog_text t;
	uint32_t n;

	if (skip(c, "<")) {
		if (!number(c, 191, &n) || !skip(c, ">"))
			return 0;
		if (skip(c, "1 "))
			return header_5424(c, m);
	}
	if (!stamp(c, &m->stamp))
		return 0;
	/* BSD's syslogd -v: <mail.info> */
	if (starts(c, "<", 1) && (!token(c, &t) || t.p[t.len - 1] != '>'))
		return 0;
	if (!token(c, &t))
		return 0;
	if (!program(&t, m)) {
		m->program.p = NULL;
		m->host = t;
		if (!token(c, &t) || !program(&t, m))
			return 0;
	}
	/* Solaris: [ID 197553 mail.info] */
	if (skip(c, "[ID ") && !upto(c, "] ", &t))
		return 0;
	return 1;
}

/* ---- relay ---- */

/* An address rather than a path; what it is worth, base/cidr.h knows. */
static int
address_like(const struct maillog_text *t)
{
	size_t i;
	int sign = 0;

	for (i = 0; i < t->len; i++) {
		if (t->p[i] == ':' || t->p[i] == '.')
			sign = 1;
		else if (!is_alnum(t->p[i]) && t->p[i] != '%')
			return 0;
	}
	return sign;
}

static void
tail_dot(struct maillog_text *t)
{
	if (t->len > 1 && t->p[t->len - 1] == '.')
		t->len--;
}

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
	if (!address_like(&m->relay_ip)) {
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
		m->network = address_like(&m->relay_ip);
		if (!m->network)
			m->relay_ip.p = NULL;
	}
	tail_dot(&m->relay_host);
	return 1;
}

/* ---- addresses ---- */

/*
 * Behind '<': up to the '>' that a comma and `behind` follow, or to the end of the text.  What
 * is in quotes is passed over; quotes that do not close are none.  *quoted: there were some.
 */
static const char *
address_end(const char *p, const char *end, int *quoted)
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
		if ((close = address_end(p + 1, end, &quoted)) == NULL)
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

/* ---- Postfix ---- */

/* "0.01", "12", as milliseconds. */
static int
seconds(struct cursor *c, uint64_t *ms)
{
	uint32_t whole, unit = 100;

	if (!number(c, SECONDS_MAX, &whole))
		return 0;
	*ms = (uint64_t)whole * 1000;
	if (skip(c, "."))
		for (; c->p < c->end && is_digit(*c->p); c->p++, unit /= 10)
			*ms += (uint64_t)(*c->p - '0') * unit;
	return 1;
}

/* a/b/c/d: before the queue manager, in it, connecting, transferring. */
static void
delays(const struct maillog_text *t, struct maillog *m)
{
	struct cursor c = { t->p, t->p + t->len };
	uint64_t a, b;

	m->timed = seconds(&c, &a) && skip(&c, "/") && seconds(&c, &b) && skip(&c, "/") &&
	    seconds(&c, &m->connect_ms) && skip(&c, "/") && seconds(&c, &m->transfer_ms) && c.p == c.end;
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
		bang = skip(&c, "!");
		if (!word(&c, "-_", MAILLOG_WORD_MAX, &name) ||
		    (skip(&c, ":") && !word(&c, "-_", MAILLOG_WORD_MAX, &final)))
			return 0;
		open = skip(&c, "?");
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
	} while (skip(&c, "/"));
	return c.p == c.end && m->level.p != NULL;
}

/* Refused in answer to MAIL or a later command: Postfix' own words around the server's. */
static int
spoke(const struct cursor *text)
{
	static const char *const last[] = { "MAIL FROM", "RCPT TO", "DATA", "end of DATA", "BDAT" };
	char want[64];
	size_t i, n;

	if (!starts(text, "(host ", 6) || memmem(text->p, left(text), " said: ", 7) == NULL)
		return 0;
	for (i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		n = strlen(last[i]);
		memcpy(want, "(in reply to ", 13);
		memcpy(want + 13, last[i], n);
		memcpy(want + 13 + n, " command))", 10);
		n += 23;
		if (left(text) > n && memcmp(text->end - n, want, n) == 0)
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

	if (!word(c, "_", MAILLOG_WORD_MAX, &key) || !skip(c, "="))
		return -1;
	if (maillog_text_is(&key, "status"))
		return word(c, "-_", MAILLOG_WORD_MAX, &m->status) ? 1 : -1;
	if (!upto(c, ", ", &value))
		return -1;
	v.p = value.p;
	v.end = value.p + value.len;
	if (maillog_text_is(&key, "relay")) {
		m->relay = value;
		return relay_postfix(m) ? 0 : -1;
	}
	if (maillog_text_is(&key, "conn_use"))
		return number(&v, UINT32_MAX, &m->conn_use) ? 0 : -1;
	if (maillog_text_is(&key, "delays"))
		delays(&value, m);
	else if (maillog_text_is(&key, "tls")) {
		if (!tls_status(&value, m)) {
			memset(&m->level, 0, sizeof(m->level));
			m->level_bad = 1;
		}
	} else if (maillog_text_is(&key, "dsn"))
		return word(&v, ".", MAILLOG_WORD_MAX, &m->dsn) && v.p == v.end ? 0 : -1;
	return 0;
}

/* Behind "QUEUEID: to=". */
static enum maillog_kind
postfix_delivery(struct cursor *c, struct maillog *m)
{
	const char *end;
	int quoted = 0, rc;

	if (!starts(c, "<", 1) || (end = address_end(c->p + 1, c->end, &quoted)) == NULL)
		return MAILLOG_UNREADABLE;
	m->to.p = c->p;
	m->to.len = (size_t)(end + 1 - c->p);
	c->p = end + 1;
	if (skip(c, ", orig_to=<")) {
		if ((end = address_end(c->p, c->end, &quoted)) == NULL)
			return MAILLOG_UNREADABLE;
		c->p = end + 1;
	}
	if (!skip(c, ", "))
		return MAILLOG_UNREADABLE;
	while ((rc = postfix_field(c, m)) == 0)
		continue;
	if (rc == -1 || m->relay.p == NULL)
		return MAILLOG_UNREADABLE;
	(void)skip(c, " ");
	m->spoke = spoke(c);
	m->ambiguous = !quoted && memmem(c->p, left(c), ">, relay=", 9) != NULL;
	return MAILLOG_DELIVERY;
}

/* " key-exchange ECDHE (P-256)", " key-exchange x25519": only under TLS 1.3. */
static void
key_exchange(struct cursor *c, struct maillog *m)
{
	struct maillog_text name, curve;

	if (!skip(c, " key-exchange ") || !word(c, "-_.", MAILLOG_WORD_MAX, &name))
		return;
	m->group = name;
	if (skip(c, " (") && word(c, "-_.", MAILLOG_WORD_MAX, &curve) && starts(c, ")", 1))
		m->group = curve;
}

/* Behind "TLS connection ": "established to NAMADDR[ to SNI]: VERSION with cipher NAME (USE/ALG bits)...". */
static enum maillog_kind
postfix_session(struct cursor *c, struct maillog *m)
{
	const char *sni;

	if (skip(c, "established from ") || skip(c, "reused from "))
		return MAILLOG_IRRELEVANT;
	m->reused = skip(c, "reused to ");
	if (!m->reused && !skip(c, "established to "))
		return MAILLOG_UNREADABLE;
	if (!upto(c, ": ", &m->relay))
		return MAILLOG_UNREADABLE;
	if ((sni = memmem(m->relay.p, m->relay.len, " to ", 4)) != NULL)
		m->relay.len = (size_t)(sni - m->relay.p);
	if (!relay_postfix(m) || !word(c, "._-", MAILLOG_WORD_MAX, &m->version) || !skip(c, " with cipher ") ||
	    !word(c, "._-+", MAILLOG_WORD_MAX, &m->cipher) || !skip(c, " (") || !number(c, 65535, &m->bits) ||
	    !skip(c, "/") || !number(c, 65535, &m->alg_bits) || !skip(c, " bits)"))
		return MAILLOG_UNREADABLE;
	key_exchange(c, m);
	return MAILLOG_SESSION;
}

/* Behind "QUEUEID: " of smtp(8): a session that broke, after which Postfix may try again in clear. */
static enum maillog_kind
postfix_lost(struct cursor *c, struct maillog *m)
{
	if (skip(c, "lost connection with ") ? !upto(c, " while ", &m->relay) :
	    !skip(c, "conversation with ") || !upto(c, " timed out", &m->relay))
		return MAILLOG_IRRELEVANT;
	return relay_postfix(m) ? MAILLOG_LOST : MAILLOG_IRRELEVANT;
}

/* "ABC123:" before a blank. */
static int
queue_id(struct cursor *c, struct maillog *m)
{
	struct cursor at = *c;
	struct maillog_text id;

	if (!word(&at, "", QUEUE_ID_MAX, &id) || id.len < QUEUE_ID_MIN || !skip(&at, ": "))
		return 0;
	m->queue_id = id;
	*c = at;
	return 1;
}

enum component { OTHER, AGENT, CLIENT, PROXY, MASTER };

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
		{ "verify", AGENT }, { "relay", CLIENT }
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

static enum maillog_kind
read_postfix(struct cursor *c, struct maillog *m)
{
	enum component is = component(&m->program);
	struct cursor at;

	if (is == OTHER)
		return MAILLOG_IRRELEVANT;
	if (is == MASTER)
		return skip(c, "reload -- ") || skip(c, "daemon started -- ") ? MAILLOG_RESTART : MAILLOG_IRRELEVANT;
	if (queue_id(c, m)) {
		if (skip(c, "to="))
			return postfix_delivery(c, m);
		return is == CLIENT ? postfix_lost(c, m) : MAILLOG_IRRELEVANT;
	}
	/* verbose, it shows what the server says */
	if (is == AGENT || starts(c, "<", 1) || starts(c, ">", 1))
		return MAILLOG_IRRELEVANT;
	m->twin = is == PROXY;
	at = *c;
	if (skip(&at, "TLS connection "))
		return postfix_session(&at, m);
	if (word(&at, "", WORD_LEN_MAX, &m->trust) && skip(&at, " TLS connection "))
		return postfix_session(&at, m);
	/* Whatever it is called in a later version, it will tell the cipher. */
	return memmem(c->p, left(c) < HEAD_MAX ? left(c) : HEAD_MAX, " with cipher ", 13) != NULL ?
	    MAILLOG_UNREADABLE : MAILLOG_IRRELEVANT;
}

/* ---- Sendmail ---- */

static int
is_sendmail(const struct maillog_text *p)
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

/* Behind "STARTTLS=client, ": relay=, version=, verify=, cipher=, bits=ALG/USED: the other way round than Postfix. */
static enum maillog_kind
sendmail_session(struct cursor *c, struct maillog *m)
{
	if (skip(c, "error: ") || skip(c, "errno="))
		return MAILLOG_FAILED;
	if (!skip(c, "relay="))
		return MAILLOG_IRRELEVANT;
	if (!upto(c, ", ", &m->relay))
		return MAILLOG_UNREADABLE;
	if (!skip(c, "version="))
		return starts(c, "warning=", 8) || starts(c, "info=", 5) ? MAILLOG_IRRELEVANT : MAILLOG_UNREADABLE;
	if (!relay_sendmail(m) || !word(c, "._-", MAILLOG_WORD_MAX, &m->version) || !skip(c, ", verify=") ||
	    !word(c, "_-", MAILLOG_WORD_MAX, &m->trust) || !skip(c, ", cipher=") ||
	    !word(c, "._-+", MAILLOG_WORD_MAX, &m->cipher) || !skip(c, ", bits=") || !number(c, 65535, &m->alg_bits) ||
	    !skip(c, "/") || !number(c, 65535, &m->bits))
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

	if (number(&at, 9999, &days) && skip(&at, "+"))
		c = at;
	else
		days = 0;
	if (!digits(&c, 2, &h) || !skip(&c, ":") || !digits(&c, 2, &m) || !skip(&c, ":") || !digits(&c, 2, &s))
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
		m->status = starts(c, "Sent", 4) ? sent : starts(c, "Deferred", 8) ? deferred : bounced;
		break;
	}
}

/* One "key=value, "; 1 for stat= or reply=, behind which all is the server's; -1 for what is none. */
static int
sendmail_field(struct cursor *c, struct maillog *m)
{
	struct maillog_text key, value;
	const char *end;
	int quoted = 0;

	if (!word(c, "_", MAILLOG_WORD_MAX, &key) || !skip(c, "="))
		return -1;
	if (maillog_text_is(&key, "stat") || maillog_text_is(&key, "reply")) {
		m->spoke = *key.p == 'r';
		return 1;
	}
	/* An address, which could hold fields of its own making. */
	if (starts(c, "<", 1) && (end = address_end(c->p + 1, c->end, &quoted)) != NULL)
		c->p = end + 1;
	if (!upto(c, ", ", &value))
		return -1;
	if (maillog_text_is(&key, "relay")) {
		m->relay = value;
		return relay_sendmail(m) ? 0 : -1;
	}
	if (maillog_text_is(&key, "xdelay"))
		m->timed = interval(&value, &m->transfer_ms);
	else if (maillog_text_is(&key, "dsn"))
		m->dsn = value;
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
			if (starts(&at, ", ctladdr=", 10) || starts(&at, ", delay=", 8) || starts(&at, ", xdelay=", 9) ||
			    starts(&at, ", [more], ", 10))
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
	if (!skip(c, ", [more], "))
		(void)skip(c, ", ");
	while ((rc = sendmail_field(c, m)) == 0)
		continue;
	if (rc == -1)
		return MAILLOG_UNREADABLE;
	/* Not tried yet. */
	if (m->dsn.p == NULL && starts(c, "queued", 6))
		return MAILLOG_IRRELEVANT;
	if (m->dsn.p != NULL && (m->dsn.len < 5 || m->dsn.len > 11))
		return MAILLOG_UNREADABLE;
	sendmail_status(c, m);
	return MAILLOG_DELIVERY;
}

static enum maillog_kind
read_sendmail(struct cursor *c, struct maillog *m)
{
	(void)(queue_id(c, m) || skip(c, "NOQUEUE: "));
	if (m->queue_id.p != NULL && skip(c, "to="))
		return sendmail_delivery(c, m);
	return skip(c, "STARTTLS=client, ") ? sendmail_session(c, m) : MAILLOG_IRRELEVANT;
}

/* ---- a line ---- */

/* A stamp or header of no known form: is it nevertheless one of an MTA's client? */
static enum maillog_kind
strange(const struct cursor *c)
{
	size_t n = left(c) < HEAD_MAX ? left(c) : HEAD_MAX;

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
	if (!header(&c, out)) {
		memset(out, 0, sizeof(*out));
		return out->kind = strange(&all);
	}
	/* rsyslog's reduction of repeated lines */
	if (skip(&c, "message repeated ")) {
		if (!upto(&c, ": [", &t))
			return out->kind = MAILLOG_IRRELEVANT;
		(void)skip(&c, " ");
		if (c.end > c.p && c.end[-1] == ']')
			c.end--;
	}
	if (memchr(out->program.p, '/', out->program.len) != NULL) {
		out->mta = MAILLOG_POSTFIX;
		out->kind = read_postfix(&c, out);
	} else if (is_sendmail(&out->program)) {
		out->mta = MAILLOG_SENDMAIL;
		out->kind = read_sendmail(&c, out);
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
	const char *p = line, *end = line + (len < HEAD_MAX ? len : HEAD_MAX), *close;
	size_t room = MAILLOG_EXAMPLE_MAX;
	int start = 1;

	while (p < end && room >= 5) {
		if (*p == '<' && memchr(p, '>', (size_t)(end - p)) == NULL)
			break;
		/* '>' within quotes is not the end: up to the last one that a comma or a blank follows */
		if (*p == '<') {
			int quoted = 0;

			if ((close = address_end(p + 1, end, &quoted)) == NULL)
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
	if (p < end || len > HEAD_MAX)
		buf_addz(out, "...");
}
