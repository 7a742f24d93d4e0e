/* SPDX-License-Identifier: ISC */
/* Tests of judge/outbound.c: lines of logs in, deliveries with their TLS out; collisions, gaps, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/outbound.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- lines: all of one day, in UTC ---- */

#define AT(t, host, prog)	"2026-11-23T" t "Z " host " " prog ": "
#define SESSION(t, host, prog, to) \
	AT(t, host, prog) "Trusted TLS connection established to " to ": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519"
#define REUSED(t, host, prog, to) \
	AT(t, host, prog) "Trusted TLS connection reused to " to ": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
#define OLD(t, host, prog, to) \
	AT(t, host, prog) "Untrusted TLS connection established to " to ": TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"
/* A delivery that took 2 seconds. */
#define SENT(t, host, prog, id, to) \
	AT(t, host, prog) id ": to=<bob@example.org>, relay=" to ", delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 ok)"
#define SENT_MORE(t, host, prog, id, to, more) \
	AT(t, host, prog) id ": to=<bob@example.org>, relay=" to ", " more "delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 ok)"
#define SENT_TLS(t, host, prog, id, to, tls) \
	AT(t, host, prog) id ": to=<bob@example.org>, relay=" to ", delay=2, delays=0/0/1/1, tls=" tls ", dsn=2.0.0, status=sent (250 ok)"
#define MX1	"mx1.example.org[192.0.2.1]:25"
#define MX2	"mx2.example.org[192.0.2.2]:25"
#define YES	"yes session - TLSv1.3 TLS_AES_256_GCM_SHA384 256 Trusted\n"
#define NO	"no absence - \n"
#define UNKNOWN(r) "unknown - " r " \n"

static uint64_t
time_of(const struct maillog *m)
{
	const struct maillog_stamp *t = &m->stamp;

	return (uint64_t)(((t->day * 24 + t->hour) * 60 + t->minute) * 60 + t->second) * 1000 + (uint64_t)t->us / 1000;
}

/* Feeds lines; what came out, a line for each delivery. */
static void
feed(struct outbound *o, const char *line, struct buf *out)
{
	struct outbound_delivery d;
	struct maillog m;

	maillog_read(line, strlen(line), &m);
	if (m.kind == MAILLOG_UNREADABLE || m.kind == MAILLOG_IRRELEVANT)
		fail_msg("%s: got kind %d, want one that is read", line, m.kind);
	if (!outbound_take(o, &m, time_of(&m), &d))
		return;
	buf_addf(out, "%s %s %s ", hop_tls_str(d.tls), d.evidence != OUTBOUND_NONE ? outbound_evidence_str(d.evidence) : "-",
	    d.reason != NULL ? d.reason : "-");
	if (d.version != NULL)
		buf_addf(out, "%s %s %u %s", d.version, d.cipher != NULL ? d.cipher : "-", d.bits, d.trust != NULL ? d.trust : "-");
	buf_addc(out, '\n');
}

struct log {
	const char	*what;
	const char	*lines[10];
	const char	*want;
};

static struct outbound *
joiner(size_t sessions, size_t services, const char *const *smarthosts)
{
	struct outbound_settings set = { sessions, services, smarthosts };
	struct outbound *o;

	assert_int_equal(outbound_open(&set, &o), 0);
	return o;
}

static void
check_logs(const struct log *logs, size_t count, const char *const *smarthosts)
{
	struct outbound *o;
	struct buf out;
	size_t i, k;

	for (i = 0; i < count; i++) {
		o = joiner(0, 0, smarthosts);
		outbound_since(o, 1);
		buf_init(&out, 64 * 1024);
		for (k = 0; logs[i].lines[k] != NULL; k++)
			feed(o, logs[i].lines[k], &out);
		if (out.data == NULL || strcmp(out.data, logs[i].want) != 0)
			fail_msg("%s:\ngot\n%swant\n%s", logs[i].what, out.data, logs[i].want);
		buf_free(&out);
		outbound_free(o);
	}
}

#define P	"postfix/smtp[10]"
#define Q	"postfix/smtp[11]"
static void
postfix(void **state)
{
	static const struct log logs[] = {
		{ "a session and its delivery",
		    { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, YES },
		{ "two recipients of one message",
		    { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, YES YES },
		{ "the next message of the process has no session",
		    { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SENT("09:00:03", "gw1", P, "AAAAA2", MX1) }, YES NO },
		{ "another relay", { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX2) }, NO },
		{ "another port", { SESSION("09:00:01", "gw1", P, "a.example[192.0.2.1]:25"), SENT("09:00:02", "gw1", P, "AAAAA1", "a.example[192.0.2.1]:26") }, NO },
		{ "another process", { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", Q, "AAAAA1", MX1) }, NO },
		{ "two gateways, same process, same queue id, same relay",
		    { SESSION("09:00:01", "gw1", P, MX1), OLD("09:00:01", "gw2", P, MX1), SENT("09:00:02", "gw2", P, "AAAAA1", MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) },
		    "yes session - TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 128 Untrusted\n" YES },
		{ "two gateways, one in clear",
		    { SESSION("08:00:00", "gw2", P, MX2), SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw2", P, "AAAAA1", MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, NO YES },
		{ "two services", { SESSION("09:00:01", "gw1", "postfix/relay/smtp[10]", MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, UNKNOWN("not logged") },
		{ "an old session of a reused process id",
		    { SESSION("08:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, NO },
		{ "the same queue id again, later and in clear",
		    { SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SENT("09:10:02", "gw1", P, "AAAAA1", MX1) }, YES NO },
		{ "a delivery that takes an hour",
		    { SESSION("09:00:01", "gw1", P, MX1), SESSION("09:30:00", "gw1", Q, MX2),
		      AT("10:00:03", "gw1", P) "AAAAA1: to=<b@example.org>, relay=" MX1 ", delay=3602, delays=0/0/1/3600, dsn=2.0.0, status=sent (ok)" }, YES },
		{ "one recipient refused at once, the other served after an hour",
		    { SESSION("09:00:01", "gw1", P, MX1), SESSION("09:20:00", "gw1", Q, MX2), SENT("09:20:02", "gw1", Q, "AAAAA2", MX2),
		      AT("09:00:02", "gw1", P) "AAAAA1: to=<b@example.org>, relay=" MX1 ", delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (x)", SESSION("09:59:59", "gw1", Q, MX1),
		      AT("10:00:03", "gw1", P) "AAAAA1: to=<b@example.org>, relay=" MX1 ", delay=3602, delays=0/0/1/3600, dsn=2.0.0, status=sent (ok)" }, YES YES YES },
		{ "two hosts for one message",
		    { SESSION("09:00:01", "gw1", P, MX1), OLD("09:00:02", "gw1", P, MX2), SENT("09:00:02", "gw1", P, "AAAAA1", MX2), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) },
		    "yes session - TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 128 Untrusted\n" YES },
		{ "no connection, and no network",
		    { AT("09:00:02", "gw1", P) "AAAAA1: to=<b@x.example>, relay=none, delay=2, delays=0/0/1/1, dsn=4.4.1, status=deferred (x)",
		      AT("09:00:02", "gw1", "postfix/local[5]") "AAAAA1: to=<b@x.example>, relay=local, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (x)" },
		    UNKNOWN("no connection") UNKNOWN("local") },
		{ "put off: whether it came to STARTTLS is not said",
		    { SESSION("08:00:01", "gw1", Q, MX2),
		      AT("09:00:02", "gw1", P) "AAAAA1: to=<b@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, dsn=4.4.2, status=deferred (lost connection)",
		      AT("09:00:02", "gw1", P) "AAAAA2: to=<b@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, dsn=5.1.1, status=bounced (host mx[192.0.2.1] said: 550 no (in reply to RCPT TO command))" },
		    UNKNOWN("not sent") NO },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
not_logged(void **state)
{
	static const struct log logs[] = {
		{ "never a TLS line", { SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SENT("09:00:03", "gw1", Q, "AAAAA2", MX2) },
		    UNKNOWN("not logged") UNKNOWN("not logged") },
		{ "the first TLS line comes later", { SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SESSION("09:00:03", "gw1", Q, MX2), SENT("09:00:05", "gw1", P, "AAAAA2", MX1) },
		    UNKNOWN("not logged") NO },
		{ "another gateway logs", { SESSION("09:00:01", "gw2", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, UNKNOWN("not logged") },
		{ "a configuration read anew may have another level",
		    { SESSION("09:00:01", "gw1", Q, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1), AT("09:00:04", "gw1", "postfix/master[1]") "reload -- version 3.7.11, configuration /etc/postfix",
		      SENT("09:00:05", "gw1", P, "AAAAA2", MX1), SESSION("09:00:06", "gw1", Q, MX1), SENT("09:00:07", "gw1", P, "AAAAA3", MX1) },
		    NO UNKNOWN("not logged") NO },
		{ "of another Postfix it says nothing",
		    { SESSION("09:00:01", "gw1", Q, MX1), AT("09:00:04", "gw1", "mx-in/master[1]") "daemon started -- version 3.7.11, configuration /etc/postfix-in",
		      AT("09:00:04", "gw2", "postfix/master[1]") "daemon started -- version 3.7.11, configuration /etc/postfix", SENT("09:00:05", "gw1", P, "AAAAA2", MX1) }, NO },
		{ "a day without one TLS line",
		    { "2026-11-21T09:00:01Z gw1 " Q ": Trusted TLS connection established to " MX1 ": TLSv1.3 with cipher X (256/256 bits)", SENT("09:00:02", "gw1", P, "AAAAA1", MX1) },
		    UNKNOWN("not logged") },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
reuse(void **state)
{
	static const struct log logs[] = {
		{ "established, then reused by another process",
		    { SESSION("09:00:01", "gw1", "postfix/tlsproxy[5]", MX1), SESSION("09:00:01", "gw1", P, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1),
		      REUSED("09:00:03", "gw1", Q, MX1), SENT_MORE("09:00:04", "gw1", Q, "AAAAA2", MX1, "conn_use=2, ") }, YES YES },
		{ "the twin is not another session: a second message has none",
		    { SESSION("09:00:01", "gw1", P, MX1), SESSION("09:00:01", "gw1", "postfix/tlsproxy[10]", MX1), SENT("09:00:02", "gw1", P, "AAAAA1", MX1), SENT("09:00:03", "gw1", P, "AAAAA2", MX1) }, YES NO },
		{ "lines of sessions that can be used again come without a log level: no proof",
		    { SESSION("09:00:01", "gw1", P, MX1), REUSED("09:00:03", "gw1", Q, MX1), SENT("09:00:05", "gw1", P, "AAAAA2", MX2) }, UNKNOWN("not logged") },
		{ "a connection used again without a line was in clear, whatever is logged",
		    { SENT_MORE("09:00:02", "gw1", P, "AAAAA1", MX1, "conn_use=2, ") }, NO },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
levels(void **state)
{
	static const struct log logs[] = {
		{ "none, in three forms", { SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "none"), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "may:none"),
		    SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "none?") }, "no level - \nno level - \nno level - \n" },
		{ "a level without a session line", { SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "may"), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "dane:encrypt") },
		    "yes level not logged \nyes level not logged \n" },
		{ "with one", { SESSION("09:00:01", "gw1", P, MX1), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "may") }, YES },
		{ "a level that is not known says nothing, and absence nothing beside it",
		  { SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "newlevel"), SENT_TLS("09:00:02", "gw1", P, "AAAAA2", MX1, "may:weird"),
		    SESSION("09:00:03", "gw1", Q, MX2), SENT_TLS("09:00:05", "gw1", P, "AAAAA3", MX1, "newlevel"),
		    SESSION("09:00:06", "gw1", P, MX1), SENT_TLS("09:00:07", "gw1", P, "AAAAA4", MX1, "newlevel") },
		    UNKNOWN("not understood") UNKNOWN("not understood") UNKNOWN("not understood") YES },
		{ "back to clear text after the session broke", { SESSION("09:00:01", "gw1", P, MX1), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "may:none") }, "no level - \n" },
		{ "the same before 3.11", { SESSION("09:00:01", "gw1", P, MX1), AT("09:00:01", "gw1", P) "AAAAA1: lost connection with mx1.example.org[192.0.2.1] while sending MAIL FROM",
		    SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, NO },
		{ "lost with another host", { SESSION("09:00:01", "gw1", P, MX1), AT("09:00:01", "gw1", P) "AAAAA1: lost connection with mx1.example.org[192.0.2.11] while sending MAIL FROM",
		    SENT("09:00:02", "gw1", P, "AAAAA1", MX1) }, YES },
		{ "undecided says nothing, and absence nothing where each peer may have its log level",
		    { SESSION("08:00:01", "gw1", Q, MX1), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", MX1, "may?") }, UNKNOWN("not logged") },
		{ "a policy that was not met", { SESSION("09:00:01", "gw1", P, MX1),
		    AT("09:00:02", "gw1", P) "AAAAA1: to=<b@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, tls=!secure, dsn=4.7.5, status=deferred (Server certificate not verified)",
		    AT("09:00:05", "gw1", P) "AAAAA2: to=<b@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, tls=!encrypt, dsn=4.7.4, status=deferred (TLS is required)" },
		    YES UNKNOWN("not sent") },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
sendmail(void **state)
{
#define SM	"sm-mta[77]"
#define SM_SESSION(t, pid, relay) AT(t, "gw1", pid) "STARTTLS=client, relay=" relay ", version=TLSv1.3, verify=OK, cipher=TLS_AES_128_GCM_SHA256, bits=256/128"
#define SM_SENT(t, pid, id, relay) AT(t, "gw1", pid) id ": to=<a@x.example>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=1, relay=" relay ", dsn=2.0.0, stat=Sent (ok)"
#define SM_MORE(t, tls, more) AT(t, "gw1", SM) "3AN1111: to=<a@x.example>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx.example.org. [192.0.2.1], " tls more
#define SM_YES	"yes session - TLSv1.3 TLS_AES_128_GCM_SHA256 128 OK\n"
	static const struct log logs[] = {
		{ "one session, several messages", { SM_SESSION("09:00:01", SM, "mx.example.org."), SM_SENT("09:00:02", SM, "3AN1111", "mx.example.org. [192.0.2.1]"),
		    SM_SENT("09:00:03", SM, "3AN1112", "mx.example.org. [192.0.2.1]") }, SM_YES SM_YES },
		{ "a name that was shortened", { SM_SESSION("09:00:01", SM, "a-very-long-name-of-a-mail-exchanger.example.org."),
		    SM_SENT("09:00:02", SM, "3AN1111", "a-very-long-name-...er.example.org. [192.0.2.1]"), SM_SENT("09:00:02", SM, "3AN1112", "a-very-long-name-...er.example.net. [192.0.2.1]") }, SM_YES NO },
		{ "another process", { SM_SESSION("09:00:01", SM, "mx.example.org."), SM_SENT("09:00:02", "sm-mta[78]", "3AN1111", "mx.example.org. [192.0.2.1]") }, NO },
		{ "not logged", { SM_SENT("09:00:02", SM, "3AN1111", "mx.example.org. [192.0.2.1]") }, UNKNOWN("not logged") },
		{ "a session from long ago", { SM_SESSION("08:00:01", SM, "mx.example.org."), SM_SENT("09:00:02", SM, "3AN1111", "mx.example.org. [192.0.2.1]") }, NO },
		{ "STARTTLS failed in between, with whom is not said", { SM_SESSION("09:00:01", SM, "mx.example.org."),
		    AT("09:00:02", "gw1", SM) "STARTTLS=client, error: connect failed=-1, reason=x, SSL_error=1, errno=0, retry=-1", SM_SENT("09:00:03", SM, "3AN1111", "mx.example.org. [192.0.2.1]") },
		    UNKNOWN("ambiguous") },
		{ "evidence in the line itself", { SM_MORE("09:00:02", "tls_verify=OK, tls_version=TLSv1.2, cipher=AES256-GCM-SHA384, ", "dsn=2.0.0, stat=Sent"),
		    SM_MORE("09:00:02", "tls_verify=NONE, ", "dsn=2.0.0, stat=Sent"),
		    SM_MORE("09:00:02", "tls_verify=FAIL, tls_version=TLSv1.3, cipher=TLS_AES_256_GCM_SHA3, ", "dsn=2.0.0, stat=Sent") },
		    "yes line - TLSv1.2 AES256-GCM-SHA384 0 OK\nno line - \nyes line cipher cut TLSv1.3 - 0 FAIL\n" },
		{ "the session tells more, if it is of that version", { SM_SESSION("09:00:01", SM, "mx.example.org."),
		    SM_MORE("09:00:02", "tls_verify=OK, tls_version=TLSv1.3, cipher=TLS_AES_128_GCM_SHA2, ", "dsn=2.0.0, stat=Sent"),
		    SM_MORE("09:00:02", "tls_verify=OK, tls_version=TLSv1.2, cipher=AES128-SHA, ", "dsn=2.0.0, stat=Sent"),
		    SM_MORE("09:00:02", "tls_verify=NONE, ", "dsn=2.0.0, stat=Sent") },
		    SM_YES "yes line - TLSv1.2 AES128-SHA 0 OK\nno line - \n" },
		{ "an attempt proves nothing, a refusal does", { SM_MORE("09:00:02", "tls_verify=NONE, ", "dsn=4.0.0, stat=Deferred: Connection refused"),
		    SM_MORE("09:00:02", "tls_verify=NONE, ", "dsn=5.1.1, reply=550 5.1.1 no, stat=User unknown"),
		    SM_MORE("09:00:02", "tls_verify=NONE, tls_version=TLSv1.2, ", "dsn=2.0.0, stat=Sent") },
		    UNKNOWN("not sent") "no line - \n" UNKNOWN("not logged") },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
forged(void **state)
{
	static const struct log logs[] = {
		{ "a reply that looks like a delivery does not take the session away", { SESSION("09:00:01", "gw1", P, MX1),
		    AT("09:00:02", "gw1", P) "AAAAA1: to=<b@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 x>, relay=evil[198.51.100.1]:25, tls=none, status=sent (x))" }, YES },
		{ "a recipient that brings its own fields does not make a no", { SESSION("09:00:01", "gw1", P, MX1),
		    AT("09:00:02", "gw1", P) "AAAAA1: to=<x>, relay=evil[198.51.100.1]:25, delay=1, tls=none, dsn=2.0.0, status=sent (@x.example>, relay=" MX1 ", delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 ok)" },
		    UNKNOWN("ambiguous") },
	};

	(void)state;
	check_logs(logs, COUNT(logs), NULL);
}

static void
smarthosts(void **state)
{
	static const char *const hosts[] = { "[Relay.example.net]:587", ".isp.example", "2001:db8::25", "192.0.2.99", NULL };
	static const struct log logs[] = {
		{ "a host", { SESSION("09:00:01", "gw1", P, "relay.example.net[192.0.2.9]:587"), SENT("09:00:02", "gw1", P, "AAAAA1", "relay.example.net[192.0.2.9]:587") },
		    "yes session onward unknown TLSv1.3 TLS_AES_256_GCM_SHA384 256 Trusted\n" },
		{ "a domain", { SESSION("08:00:01", "gw1", Q, MX1), SENT("09:00:02", "gw1", P, "AAAAA1", "out.isp.example[192.0.2.9]:587") }, "no absence onward unknown \n" },
		{ "addresses", { SENT("09:00:02", "gw1", P, "AAAAA1", "x[2001:db8::25]:587"), SENT_TLS("09:00:02", "gw1", P, "AAAAA1", "x[192.0.2.99]:25", "none") },
		    "unknown - not logged \nno level onward unknown \n" },
		{ "not one", { SENT_TLS("09:00:02", "gw1", P, "AAAAA1", "xisp.example[192.0.2.9]:25", "none") }, "no level - \n" },
	};

	(void)state;
	check_logs(logs, COUNT(logs), hosts);
}

/* A beginning in the middle, a gap, a clock that goes back. */
static void
what_was_not_seen(void **state)
{
	struct outbound *o = joiner(0, 0, NULL);
	struct buf out;
	struct maillog m;
	static const char first[] = AT("09:00:00", "gw1", "postfix/master[1]") "reload -- x";

	(void)state;
	buf_init(&out, 64 * 1024);
	maillog_read(first, strlen(first), &m);
	outbound_since(o, time_of(&m));
	feed(o, SESSION("09:00:01", "gw1", Q, MX2), &out);
	feed(o, SENT("09:00:01", "gw1", P, "AAAAA0", MX1), &out);	/* began at 08:59:59.999 at the latest */
	feed(o, SENT("09:00:09", "gw1", P, "AAAAA1", MX1), &out);
	feed(o, SESSION("09:00:10", "gw1", P, MX1), &out);
	outbound_since(o, time_of(&m) + 11000);				/* lines are missing */
	feed(o, SENT("09:00:11", "gw1", P, "AAAAA2", MX1), &out);
	feed(o, SENT("09:00:30", "gw1", P, "AAAAA3", MX1), &out);
	feed(o, SENT("09:00:20", "gw1", P, "AAAAA4", MX1), &out);
	assert_string_equal(out.data, UNKNOWN("before the log") NO UNKNOWN("before the log") NO UNKNOWN("clock"));
	buf_free(&out);
	outbound_free(o);
}

/* What was pushed out may be what a delivery lacks. */
static void
bounds(void **state)
{
	struct outbound_service *s;
	struct outbound_counts c;
	struct outbound *o = joiner(32, 8, NULL);
	char line[512];
	struct buf out;
	size_t at = 0;
	int i;

	(void)state;
	outbound_since(o, 1);
	buf_init(&out, 64 * 1024);
	feed(o, SESSION("09:00:00", "gw1", "postfix/smtp[1]", MX1), &out);
	for (i = 0; i < 64; i++) {
		snprintf(line, sizeof(line), SESSION("09:00:01", "gw1", "postfix/smtp[%d]", MX1), 100 + i);
		feed(o, line, &out);
	}
	outbound_counts(o, &c);
	assert_int_equal(c.sessions, 32);
	assert_int_equal(c.forgotten, 33);
	feed(o, SENT("09:00:02", "gw1", "postfix/smtp[1]", "AAAAA1", MX1), &out);
	feed(o, SENT("09:00:02", "gw1", "postfix/smtp[163]", "AAAAA1", MX1), &out);
	feed(o, SENT("09:00:09", "gw1", "postfix/smtp[1]", "AAAAA2", MX1), &out);
	assert_string_equal(out.data, UNKNOWN("forgotten") YES NO);
	/* one process with many relays does not push out the others' */
	for (i = 0; i < 64; i++) {
		snprintf(line, sizeof(line), SESSION("09:00:10", "gw1", "postfix/smtp[7]", "x%d.example[192.0.2.1]:25"), i);
		feed(o, line, &out);
	}
	outbound_counts(o, &c);
	assert_int_equal(c.sessions, 32);
	buf_reset(&out);
	feed(o, SESSION("09:00:20", "gw1", "postfix/smtp[300]", MX1), &out);
	feed(o, SENT("09:00:21", "gw1", "postfix/smtp[300]", "AAAAA4", MX1), &out);
	/* services beyond the bound are counted, and nothing is concluded of them */
	for (i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), SENT("09:00:22", "gw-%d", "postfix/smtp[9]", "AAAAA4", MX1), i);
		feed(o, line, &out);
	}
	outbound_counts(o, &c);
	assert_int_equal(c.services_full, 13);
	assert_non_null(strstr(out.data, UNKNOWN("forgotten")));
	for (i = 0; (s = outbound_service_next(o, &at)) != NULL; i++)
		assert_true(s->deliveries > 0);
	assert_int_equal(i, 8);
	buf_free(&out);
	outbound_free(o);
}

/* Sessions without a delivery go with time; those that were used sooner. */
static void
expiry(void **state)
{
	struct outbound *o = joiner(0, 0, NULL);
	struct outbound_counts c;
	struct buf out;

	(void)state;
	outbound_since(o, 1);
	buf_init(&out, 64 * 1024);
	feed(o, SESSION("01:00:00", "gw1", P, MX1), &out);
	feed(o, SESSION("08:00:00", "gw1", Q, MX1), &out);
	outbound_counts(o, &c);
	assert_int_equal(c.sessions, 1);
	assert_int_equal(c.forgotten, 0);
	/* began before the one that has gone */
	feed(o, AT("08:00:01", "gw1", P) "AAAAA1: to=<b@x.example>, relay=" MX1 ", delay=26000, delays=0/0/1/26000, dsn=2.0.0, status=sent (x)", &out);
	assert_string_equal(out.data, UNKNOWN("forgotten"));
	buf_free(&out);
	outbound_free(o);
}

/* All that it knows can be carried into another one. */
static void
carried_over(void **state)
{
	struct outbound *a = joiner(0, 0, NULL), *b = joiner(0, 0, NULL);
	const struct outbound_session *session = NULL;
	const struct outbound_service *service;
	struct buf out;
	size_t at = 0;

	(void)state;
	buf_init(&out, 64 * 1024);
	outbound_since(a, 5);
	feed(a, SESSION("09:00:01", "gw1", P, MX1), &out);
	feed(a, SESSION("09:00:01", "gw1", P, MX2), &out);
	feed(a, SENT("09:00:02", "gw1", P, "AAAAA1", MX1), &out);
	feed(a, SESSION("09:00:03", "gw1", "postfix/smtp[12]", MX2), &out);
	buf_reset(&out);
	outbound_since(b, outbound_since_get(a));
	while ((service = outbound_service_next(a, &at)) != NULL)
		outbound_service_put(b, service);
	while ((session = outbound_session_next(a, session)) != NULL)
		outbound_session_put(b, session);
	outbound_free(a);
	feed(b, SENT("09:00:02", "gw1", P, "AAAAA1", MX1), &out);
	feed(b, SENT("09:00:02", "gw1", P, "AAAAA2", MX1), &out);
	feed(b, SENT("09:00:04", "gw1", "postfix/smtp[12]", "AAAAA3", MX2), &out);
	feed(b, SENT("09:00:04", "gw1", Q, "AAAAA4", MX2), &out);
	assert_string_equal(out.data, YES NO YES NO);
	buf_free(&out);
	outbound_free(b);
	outbound_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postfix),
		cmocka_unit_test(not_logged),
		cmocka_unit_test(reuse),
		cmocka_unit_test(levels),
		cmocka_unit_test(sendmail),
		cmocka_unit_test(forged),
		cmocka_unit_test(smarthosts),
		cmocka_unit_test(what_was_not_seen),
		cmocka_unit_test(bounds),
		cmocka_unit_test(expiry),
		cmocka_unit_test(carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
