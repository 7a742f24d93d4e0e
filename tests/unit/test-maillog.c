/* SPDX-License-Identifier: ISC */
/* Tests of judge/maillog.c: stamps, headers, what Postfix and Sendmail write, and what hostile text can make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/maillog.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define HEAD		"Nov 23 20:18:01 mx1 "
#define OUT		HEAD "postfix/smtp[123]: "
#define SM		HEAD "sm-mta[77]: "
#define RELAY		"relay=mx.example.org[192.0.2.1]:25, "
#define DELAYS		"delay=1.7, delays=0.1/0.05/0.5/1, "
#define SENT		"dsn=2.0.0, status=sent (250 ok)"
#define SESSION		"Trusted TLS connection established to mx.example.org[192.0.2.1]:25: "

static void
add(struct buf *b, const char *what, const struct maillog_text *t)
{
	if (t->p != NULL)
		buf_addf(b, " %s=%.*s", what, (int)t->len, t->p);
}

static void
describe_delivery(const struct maillog *m, struct buf *b)
{
	struct maillog_text rcpt;
	size_t at = 0;

	add(b, "id", &m->queue_id);
	while (maillog_rcpt(m, &at, &rcpt))
		add(b, "to", &rcpt);
	add(b, "host", &m->relay_host);
	add(b, "ip", &m->relay_ip);
	add(b, "port", &m->relay_port);
	add(b, "level", &m->level);
	add(b, "down", &m->downgraded);
	add(b, "req", &m->requiretls);
	add(b, "dsn", &m->dsn);
	add(b, "status", &m->status);
	add(b, "trust", &m->trust);
	add(b, "v", &m->version);
	add(b, "c", &m->cipher);
	if (m->timed)
		buf_addf(b, " took=%llu+%llu", (unsigned long long)m->connect_ms, (unsigned long long)m->transfer_ms);
	if (m->conn_use > 0)
		buf_addf(b, " use=%u", m->conn_use);
	buf_addf(b, "%s%s%s%s%s%s", m->network ? "" : " nonet", m->violated ? " violated" : "", m->undecided ? " undecided" : "",
	    m->level_bad ? " badlevel" : "", m->spoke ? " spoke" : "", m->ambiguous ? " ambiguous" : "");
}

/* All that the line said, as words. */
static const char *
describe(const struct maillog *m, struct buf *b)
{
	static const char *const kinds[] = { "irrelevant", "unreadable", "session", "delivery", "lost", "failed", "restart" };

	buf_reset(b);
	buf_addz(b, kinds[m->kind]);
	switch (m->kind) {
	case MAILLOG_SESSION:
		buf_addf(b, "%s%s", m->reused ? " reused" : "", m->twin ? " twin" : "");
		add(b, "host", &m->relay_host);
		add(b, "ip", &m->relay_ip);
		add(b, "port", &m->relay_port);
		add(b, "trust", &m->trust);
		add(b, "v", &m->version);
		add(b, "c", &m->cipher);
		buf_addf(b, " bits=%u/%u", m->bits, m->alg_bits);
		add(b, "group", &m->group);
		break;
	case MAILLOG_DELIVERY:
		describe_delivery(m, b);
		break;
	case MAILLOG_LOST:
		add(b, "relay", &m->relay);
		break;
	default:
		break;
	}
	return b->data;
}

struct line {
	const char	*in, *want;
};

static void
check_lines(const struct line *lines, size_t count)
{
	struct maillog m;
	struct buf b;
	size_t i;

	buf_init(&b, 64 * 1024);
	for (i = 0; i < count; i++) {
		maillog_read(lines[i].in, strlen(lines[i].in), &m);
		if (strcmp(describe(&m, &b), lines[i].want) != 0)
			fail_msg("%s:\ngot  %s\nwant %s", lines[i].in, b.data, lines[i].want);
	}
	buf_free(&b);
}

static void
postfix_sessions(void **state)
{
	static const struct line lines[] = {
		{ OUT SESSION "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=ECDHE-RSA-AES256-GCM-SHA384 bits=256/256" },
		{ OUT SESSION "TLSv1.2 with cipher DES-CBC3-SHA (112/168 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=DES-CBC3-SHA bits=112/168" },
		{ OUT SESSION "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (P-256) server-signature ECDSA (P-256) server-digest SHA256",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256 group=P-256" },
		/* 3.9: raw public keys; 3.10: the group's own name */
		{ OUT "Verified TLS connection established to mx.example.org[2001:db8::1]:25: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1 raw public key) server-digest SHA256",
		    "session host=mx.example.org ip=2001:db8::1 port=25 trust=Verified v=TLSv1.3 c=TLS_AES_128_GCM_SHA256 bits=128/128 group=X25519" },
		{ OUT SESSION "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519mlkem768 server-signature RSA-PSS (2048 bit raw public key)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256 group=x25519mlkem768" },
		{ OUT SESSION "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange DHE (2048 bits) server-signature RSA-PSS (raw public key)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256 group=DHE" },
		{ OUT "Untrusted TLS connection reused to mx.example.org[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519",
		    "session reused host=mx.example.org ip=192.0.2.1 port=25 trust=Untrusted v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256 group=X25519" },
		{ HEAD "postfix/tlsproxy[9]: " SESSION "TLSv1.2 with cipher AES256-SHA (256/256 bits)",
		    "session twin host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=AES256-SHA bits=256/256" },
		{ OUT "Anonymous TLS connection established to mx.example.org[192.0.2.1]:25 to sni.example.org: TLSv1.2 with cipher ADH-AES256-GCM-SHA384 (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Anonymous v=TLSv1.2 c=ADH-AES256-GCM-SHA384 bits=256/256" },
		{ HEAD "postfix/relay/smtp[123]: " SESSION "TLSv1.2 with cipher AES256-SHA (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=AES256-SHA bits=256/256" },
		{ HEAD "mx-out/lmtp[123]: " SESSION "TLSv1.2 with cipher AES256-SHA (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=AES256-SHA bits=256/256" },
		{ OUT "TLS connection established to mx.example.org[192.0.2.1]:25: TLSv1 with cipher AES256-SHA (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 v=TLSv1 c=AES256-SHA bits=256/256" },
		/* the receiving side, and the like */
		{ HEAD "postfix/smtpd[1]: Anonymous TLS connection established from a.example[192.0.2.2]: TLSv1.2 with cipher AES256-SHA (256/256 bits)", "irrelevant" },
		{ HEAD "postfix/tlsproxy[1]: Anonymous TLS connection established from [192.0.2.2]:4711: TLSv1.2 with cipher AES256-SHA (256/256 bits)", "irrelevant" },
		{ OUT "setting up TLS connection to mx.example.org[192.0.2.1]:25", "irrelevant" },
		{ OUT "SSL_connect error to mx.example.org[192.0.2.1]:25: -1", "irrelevant" },
		{ OUT "Host offered STARTTLS: [mx.example.org]", "irrelevant" },
		/* should be known */
		{ OUT "Trusted TLS connection resumed to mx.example.org[192.0.2.1]:25: TLSv1.4 with cipher X (256/256 bits)", "unreadable" },
		{ OUT SESSION "TLSv1.2 with cipher AES256-SHA (256 bits)", "unreadable" },
		{ OUT SESSION "TLSv1.2 with ciph", "unreadable" },
		{ OUT SESSION "TLSv1.2 with cipher (256/256 bits)", "unreadable" },
		{ OUT "Trusted QUIC session with mx.example.org with cipher AES (256/256 bits)", "unreadable" },
		{ OUT SESSION "TLSv1.2 with cipher AES256-SHA (99999999999999999999/256 bits)", "unreadable" },
	};

	(void)state;
	check_lines(lines, COUNT(lines));
}

static void
postfix_deliveries(void **state)
{
#define TO "4Fw2K1xYzz9: to=<bob@example.org>, "
#define WANT "delivery id=4Fw2K1xYzz9 to=bob@example.org host=mx.example.org ip=192.0.2.1 port=25"
#define END " dsn=2.0.0 status=sent took=500+1000"
	static const struct line lines[] = {
		{ OUT TO RELAY DELAYS SENT, WANT END },
		{ OUT "ABC1234567: to=<b@x.example>, orig_to=<a@y.example>, " RELAY "conn_use=3, " DELAYS SENT,
		    "delivery id=ABC1234567 to=b@x.example host=mx.example.org ip=192.0.2.1 port=25" END " use=3" },
		{ OUT TO "relay=mx.example.org[2001:db8::25]:587, " DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=bob@example.org host=mx.example.org ip=2001:db8::25 port=587" END },
		{ OUT TO RELAY "delay=1, delays=0/0/0.01/86400, dsn=4.4.2, status=deferred (lost connection)",
		    WANT " dsn=4.4.2 status=deferred took=10+86400000" },
		{ OUT TO "relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to mx[192.0.2.1]:25: refused)",
		    "delivery id=4Fw2K1xYzz9 to=bob@example.org host=none dsn=4.4.1 status=deferred took=0+0 nonet" },
		{ HEAD "postfix/local[5]: " TO "relay=local, " DELAYS "dsn=2.0.0, status=sent (delivered to mailbox)",
		    "delivery id=4Fw2K1xYzz9 to=bob@example.org host=local" END " nonet" },
		{ HEAD "postfix/lmtp[5]: " TO "relay=mx.example.org[private/dovecot-lmtp], " DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=bob@example.org host=mx.example.org" END " nonet" },
		{ OUT TO RELAY "delay=3, status=sent (250 ok)", WANT " status=sent" },	/* before 2.3 */
		{ OUT TO RELAY DELAYS "later=thing, " SENT, WANT END },
		{ OUT TO RELAY DELAYS "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 no (in reply to RCPT TO command))",
		    WANT " dsn=5.1.1 status=bounced took=500+1000 spoke" },
		{ OUT TO RELAY DELAYS "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 (in reply to RCPT TO command)) no",
		    WANT " dsn=5.1.1 status=bounced took=500+1000" },
		/* tls= of 3.11 */
		{ OUT TO RELAY DELAYS "tls=may, " SENT, WANT " level=may" END },
		{ OUT TO RELAY DELAYS "tls=may:none, " SENT, WANT " level=may down=none" END },
		{ OUT TO RELAY DELAYS "tls=may?, dsn=4.4.2, status=deferred (x)", WANT " level=may dsn=4.4.2 status=deferred took=500+1000 undecided" },
		{ OUT TO RELAY DELAYS "tls=dane:halfdane, " SENT, WANT " level=dane down=halfdane" END },
		{ OUT TO RELAY DELAYS "tls=dane-only, " SENT, WANT " level=dane-only" END },
		{ OUT TO RELAY DELAYS "tls=!encrypt, dsn=4.7.4, status=deferred (x)", WANT " level=encrypt dsn=4.7.4 status=deferred took=500+1000 violated" },
		{ OUT TO RELAY DELAYS "tls=secure/requiretls, " SENT, WANT " level=secure req=requiretls" END },
		{ OUT TO RELAY DELAYS "tls=!secure/!requiretls:nocertmatch, dsn=5.7.10, status=bounced (x)",
		    WANT " level=secure req=!requiretls:nocertmatch dsn=5.7.10 status=bounced took=500+1000 violated" },
		{ OUT TO RELAY DELAYS "tls=unknown?, " SENT, WANT " level=unknown" END " undecided" },
		{ OUT TO RELAY DELAYS "tls=unknown, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=newlevel, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=!newlevel?, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=may:weird, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=may/newfeature, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=secure/requiretls:weird, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=may:, " SENT, WANT END " badlevel" },
		{ OUT TO RELAY DELAYS "tls=ma y, " SENT, WANT END " badlevel" },
		/* other lines of these programs */
		{ OUT "4Fw2K1xYzz9: lost connection with mx.example.org[192.0.2.1] while sending end of data", "lost relay=mx.example.org[192.0.2.1]" },
		{ OUT "4Fw2K1xYzz9: conversation with mx.example.org[192.0.2.1] timed out while receiving", "lost relay=mx.example.org[192.0.2.1]" },
		{ OUT "4Fw2K1xYzz9: host mx.example.org[192.0.2.1] said: 450 later (in reply to RCPT TO command)", "irrelevant" },
		{ HEAD "postfix/qmgr[5]: 4Fw2K1xYzz9: from=<a@x.example>, size=1, nrcpt=1 (queue active)", "irrelevant" },
		{ HEAD "postfix/cleanup[5]: 4Fw2K1xYzz9: message-id=<to=<x>, relay=y>", "irrelevant" },
		{ HEAD "postfix/smtpd[5]: 4Fw2K1xYzz9: to=<a@x.example>, relay=none, delay=1, status=sent (x)", "irrelevant" },
		{ HEAD "postfix/master[5]: reload -- version 3.7.11, configuration /etc/postfix", "restart" },
		{ HEAD "postfix/master[5]: daemon started -- version 3.7.11, configuration /etc/postfix", "restart" },
		{ HEAD "postfix/master[5]: terminating on signal 15", "irrelevant" },
		/* should be known */
		{ OUT TO "delay=1, " SENT, "unreadable" },
		{ OUT TO RELAY "delay=1, delays=0/0/0/0, dsn=2.0.0", "unreadable" },
		{ OUT TO "relay=mx.examp", "unreadable" },
		{ OUT "4Fw2K1xYzz9: to=<bob@example.org", "unreadable" },
		{ OUT "4Fw2K1xYzz9: to=bob@example.org, " RELAY SENT, "unreadable" },
		{ OUT "to=<bob@example.org>, " RELAY DELAYS SENT, "unreadable" },
		{ OUT "ABCD: to=<bob@example.org>, " RELAY DELAYS SENT, "unreadable" },
		{ HEAD "postfix/smtp-amavis[9]: to=<bob@example.org>, " RELAY DELAYS SENT, "unreadable" },
		{ HEAD "postfix/smtp-amavis[9]: 4Fw2K1xYzz9: to=<bob@example.org>, " RELAY "delay=1", "unreadable" },
		{ HEAD "postfix/pickup[5]: to=<a@x.example>, relay=none, delay=1, status=sent (x)", "irrelevant" },
		/* a program of an unknown name that writes what a client writes */
		{ HEAD "postfix/smtp-amavis[9]: " TO RELAY DELAYS SENT, WANT END },
		{ HEAD "postfix/smtp-amavis[9]: " SESSION "TLSv1.2 with cipher AES256-SHA (256/256 bits)",
		    "session host=mx.example.org ip=192.0.2.1 port=25 trust=Trusted v=TLSv1.2 c=AES256-SHA bits=256/256" },
		{ HEAD "charon/ike[9]: proposal with cipher AES (256/256 bits)", "irrelevant" },
	};

	(void)state;
	check_lines(lines, COUNT(lines));
}

static void
sendmail_lines(void **state)
{
#define SM_SESSION "STARTTLS=client, relay=mx.example.org., version=TLSv1.3, verify=OK, cipher=TLS_AES_256_GCM_SHA384, bits="
#define SM_TAIL ", delay=00:00:02, xdelay=00:01:01, mailer=esmtp, pri=120345, relay=mx.example.org. [192.0.2.1], "
#define SM_WANT " host=mx.example.org ip=192.0.2.1"
	static const struct line lines[] = {
		/* the algorithm's bits first */
		{ SM SM_SESSION "256/128", "session host=mx.example.org trust=OK v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=128/256" },
		{ SM "NOQUEUE: " SM_SESSION "256/256", "session host=mx.example.org trust=OK v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256" },
		{ SM SM_SESSION "256/256, pubkey_fp=SHA256:00:11, note=too many TLSA RRs",
		    "session host=mx.example.org trust=OK v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=256/256" },
		{ SM "STARTTLS=server, relay=a.example [192.0.2.2], version=TLSv1.3, verify=NO, cipher=X, bits=256/256", "irrelevant" },
		{ SM "STARTTLS=client, relay=mx.example.org., warning=DANE configured in DNS but STARTTLS not offered", "irrelevant" },
		{ SM "STARTTLS=client, cert-subject=/CN=x, cert-issuer=/CN=y, verifymsg=ok", "irrelevant" },
		{ SM "STARTTLS=client, start=ok", "irrelevant" },
		{ SM "STARTTLS=client, error: connect failed=-1, reason=sslv3 alert, SSL_error=1, errno=0, retry=-1", "failed" },
		{ SM "3ANKI1xx012345: to=<a@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent (ok)",
		    "delivery id=3ANKI1xx012345 to=a@x.example" SM_WANT " dsn=2.0.0 status=sent took=0+61000" },
		{ SM "3ANKI1xx012345: to=<a@x.example>,<b@x.example>, ctladdr=<c@y.example> (0/0)" SM_TAIL "dsn=4.0.0, stat=Deferred: x",
		    "delivery id=3ANKI1xx012345 to=a@x.example to=b@x.example" SM_WANT " dsn=4.0.0 status=deferred took=0+61000" },
		{ SM "3ANKI1xx012345: to=<a@x.example>,<b@x.example>, [more]" SM_TAIL "dsn=2.0.0, stat=Sent",
		    "delivery id=3ANKI1xx012345 to=a@x.example to=b@x.example" SM_WANT " dsn=2.0.0 status=sent took=0+61000" },
		{ SM "3ANKI1xx012345: to=bob,\"a,b\"@x.example" SM_TAIL "dsn=5.1.1, reply=550 5.1.1 no, stat=User unknown",
		    "delivery id=3ANKI1xx012345 to=bob to=\"a,b\"@x.example" SM_WANT " dsn=5.1.1 status=bounced took=0+61000 spoke" },
		{ SM "3ANKI1xx012345: to=<a@x.example>, delay=1+02:00:00, xdelay=1+00:00:00, mailer=esmtp, pri=1, relay=[IPv6:2001:db8::1] [IPv6:2001:db8::1], dsn=2.0.0, stat=Sent",
		    "delivery id=3ANKI1xx012345 to=a@x.example host=[IPv6:2001:db8::1] ip=2001:db8::1 dsn=2.0.0 status=sent took=0+86400000" },
		{ SM "3ANKI1xx012345: to=bob, delay=00:00:00, mailer=local, pri=1, relay=local, dsn=2.0.0, stat=Sent",
		    "delivery id=3ANKI1xx012345 to=bob host=local dsn=2.0.0 status=sent nonet" },
		{ SM "3ANKI1xx012345: to=<a@x.example>, delay=00:00:00, mailer=esmtp, pri=1, stat=queued", "irrelevant" },
		{ SM "3ANKI1xx012345: from=<a@x.example>, size=1, to=<b>, relay=y, stat=Sent", "irrelevant" },
		/* fields of an address' own making */
		{ SM "3ANKI1xx012345: to=<a@x.example>, ctladdr=<\"x>, relay=evil [198.51.100.1], dsn=2.0.0, stat=Sent\"@y>" SM_TAIL "dsn=4.0.0, stat=Deferred",
		    "delivery id=3ANKI1xx012345 to=a@x.example" SM_WANT " dsn=4.0.0 status=deferred took=0+61000" },
		{ SM "3ANKI1xx012345: to=<\", delay=00:00:00, relay=evil [198.51.100.1], dsn=2.0.0, stat=Sent\"@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent",
		    "delivery id=3ANKI1xx012345 to=\", delay=00:00:00, relay=evil [198.51.100.1], dsn=2.0.0, stat=Sent\"@x.example" SM_WANT
		    " dsn=2.0.0 status=sent took=0+61000" },
		/* built with _FFR_LOG_MORE */
		{ SM "3ANKI1xx012345: to=<a@x.example>" SM_TAIL "tls_verify=OK, tls_version=TLSv1.2, cipher=AES256-SHA, dsn=2.0.0, stat=Sent",
		    "delivery id=3ANKI1xx012345 to=a@x.example" SM_WANT " dsn=2.0.0 status=sent trust=OK v=TLSv1.2 c=AES256-SHA took=0+61000" },
		{ SM "3ANKI1xx012345: to=<a@x.example>" SM_TAIL "tls_verify=NONE, dsn=2.0.0, stat=Sent (tls_version=TLSv1.2, cipher=X, )",
		    "delivery id=3ANKI1xx012345 to=a@x.example" SM_WANT " dsn=2.0.0 status=sent trust=NONE took=0+61000" },
		/* sendmail -L quiet */
		{ HEAD "quiet[77]: 3ANKI1xx012345: to=<a@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent (ok)",
		    "delivery id=3ANKI1xx012345 to=a@x.example" SM_WANT " dsn=2.0.0 status=sent took=0+61000" },
		{ HEAD "quiet[77]: " SM_SESSION "256/128", "session host=mx.example.org trust=OK v=TLSv1.3 c=TLS_AES_256_GCM_SHA384 bits=128/256" },
		{ HEAD "quiet[77]: 3ANK: to=<a@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent (ok)", "unreadable" },
		{ HEAD "quiet[77]: to=<a@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent (ok)", "unreadable" },
		{ HEAD "quiet[77]: 3ANKI1xx012345: from=<a@x.example>, size=1, mailer=x, stat=y", "irrelevant" },
		{ SM "3ANK: to=<a@x.example>" SM_TAIL "dsn=2.0.0, stat=Sent (ok)", "unreadable" },
		{ SM "STARTTLS=client, relay=mx.example.org., version=TLSv1.3, verify=OK", "unreadable" },
		{ SM "3ANKI1xx012345: to=<a@x.example>, delay=00:00:00, mailer=esmtp", "unreadable" },
		{ SM "3ANKI1xx012345: to=<a@x.example>", "unreadable" },
	};

	(void)state;
	check_lines(lines, COUNT(lines));
}

/* The text of the reply, and recipients that would be fields. */
static void
forged(void **state)
{
	static const struct line lines[] = {
		{ OUT TO RELAY DELAYS "dsn=2.0.0, status=sent (250 Verified TLS connection established to mx.example.org[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits))", WANT END },
		{ OUT TO RELAY DELAYS "dsn=2.0.0, status=sent (250 ok), tls=may:none, relay=evil[198.51.100.1]:25, status=bounced (x)", WANT END },
		{ OUT TO RELAY DELAYS "dsn=5.0.0, status=bounced (host x said: 550 postfix/smtp[1]: ABCDEF: to=<x>, relay=y (in reply to end of DATA command))",
		    WANT " dsn=5.0.0 status=bounced took=500+1000 spoke ambiguous" },
		{ OUT "4Fw2K1xYzz9: to=<\"x>, relay=evil[198.51.100.1]:25, delays=0/0/0/0, dsn=2.0.0, status=sent (\"@example.org>, " RELAY DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=\"x>, relay=evil[198.51.100.1]:25, delays=0/0/0/0, dsn=2.0.0, status=sent (\"@example.org host=mx.example.org ip=192.0.2.1 port=25" END },
		{ OUT "4Fw2K1xYzz9: to=<\"x\\\">, relay=evil[198.51.100.1]:25, dsn=2.0.0, status=sent (\"@example.org>, " RELAY DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=\"x\\\">, relay=evil[198.51.100.1]:25, dsn=2.0.0, status=sent (\"@example.org host=mx.example.org ip=192.0.2.1 port=25" END },
		/* without quotes (before 3.5) the line has two readings */
		{ OUT "4Fw2K1xYzz9: to=<x>, relay=evil[198.51.100.1]:25, delay=1, dsn=2.0.0, status=sent (@example.org>, " RELAY DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=x host=evil ip=198.51.100.1 port=25 dsn=2.0.0 status=sent ambiguous" },
		/* a quote that does not close is none */
		{ OUT "4Fw2K1xYzz9: to=<a\"b@example.org>, " RELAY DELAYS SENT,
		    "delivery id=4Fw2K1xYzz9 to=a\"b@example.org host=mx.example.org ip=192.0.2.1 port=25" END },
		/* smtp(8) being verbose */
		{ OUT "< mx.example.org[192.0.2.1]:25: 250 Trusted TLS connection established to x[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)", "irrelevant" },
		{ HEAD "cron[5]: Trusted TLS connection established to x[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)", "irrelevant" },
	};

	(void)state;
	check_lines(lines, COUNT(lines));
}

static void
headers(void **state)
{
#define T "Trusted TLS connection established to x[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)"
	static const struct {
		const char	*in, *want;	/* year-month-day h:m:s.us zoned/east host program pid; NULL: not read */
	} cases[] = {
		{ "Nov 23 20:18:01 mx1 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov  3 20:18:01 mx1 postfix/smtp[123]: " T, "0-11-3 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 3 20:18:01 mx1 postfix/smtp[123]: " T, "0-11-3 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01.25 mx1 postfix/smtp[123]: " T, "0-11-23 20:18:1.250000 0/0 mx1 postfix/smtp 123" },
		{ "2026 Nov 23 20:18:01 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 2026 20:18:01 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 2026 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 2026 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 2026 postfix/smtp 123" },
		{ "2026-11-23T20:18:01Z mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.0 1/0 mx1 postfix/smtp 123" },
		{ "2026-11-23T20:18:01.123456+01:00 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.123456 1/3600 mx1 postfix/smtp 123" },
		{ "2026-11-23T20:18:01.123456789-0530 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.123456 1/-19800 mx1 postfix/smtp 123" },
		{ "2026-11-23 20:18:01,5 mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.500000 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 - postfix/smtp 123" },
		{ "Nov 23 20:18:01 mx1 postfix/smtp: " T, "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 0" },
		{ "Nov 23 20:18:01 <mail.info> mx1 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 mx1 postfix/smtp[123]: [ID 197553 mail.info] " T, "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "<22>Nov 23 20:18:01 mx1 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "<22>1 2026-11-23T20:18:01.000001Z mx1 postfix/smtp 123 - - " T, "2026-11-23 20:18:1.1 1/0 mx1 postfix/smtp 123" },
		{ "<22>1 2026-11-23T20:18:01Z mx1 postfix/smtp 123 - [a b=\"] \\\" \"][c] \xef\xbb\xbf" T, "2026-11-23 20:18:1.0 1/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 mx1 postfix/smtp[123]: message repeated 2 times: [ " T "]", "0-11-23 20:18:1.0 0/0 mx1 postfix/smtp 123" },
		{ "Nov 23 20:18:01 2001:db8::1 postfix/smtp[123]: " T, "0-11-23 20:18:1.0 0/0 2001:db8::1 postfix/smtp 123" },
		/* journalctl -o short-full; another zone than UTC is that of the machine */
		{ "Mon 2026-11-23 20:18:01 UTC mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.0 1/0 mx1 postfix/smtp 123" },
		{ "Mon 2026-11-23 20:18:01.5 CET mx1 postfix/smtp[123]: " T, "2026-11-23 20:18:1.500000 0/0 mx1 postfix/smtp 123" },
		{ "23.11.2026 20:18:01 mx1 postfix/smtp[123]: " T, NULL },
		{ "Nov 23 25:18:01 mx1 postfix/smtp[123]: " T, NULL },
		{ "2026-13-23T20:18:01Z mx1 postfix/smtp[123]: " T, NULL },
		{ "Nov 23 20:18:01 mx1 postfix/smtp[x]: " T, NULL },
		{ "Nov 23 20:18:01 mx1 postfix/smtp[99999999999]: " T, NULL },
		{ "postfix/smtp[123]: " T, NULL },
	};
	struct maillog m;
	char got[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		maillog_read(cases[i].in, strlen(cases[i].in), &m);
		if (cases[i].want == NULL) {
			if (m.kind != MAILLOG_UNREADABLE)
				fail_msg("%s: got kind %d, want %d: unreadable", cases[i].in, m.kind, MAILLOG_UNREADABLE);
			continue;
		}
		snprintf(got, sizeof(got), "%d-%d-%d %d:%d:%d.%d %d/%d %.*s %.*s %u", m.stamp.year, m.stamp.month, m.stamp.day,
		    m.stamp.hour, m.stamp.minute, m.stamp.second, m.stamp.us, m.stamp.zoned, m.stamp.east,
		    m.host.p != NULL ? (int)m.host.len : 1, m.host.p != NULL ? m.host.p : "-", (int)m.program.len,
		    m.program.p != NULL ? m.program.p : "", m.pid);
		if (m.kind != MAILLOG_SESSION || strcmp(got, cases[i].want) != 0)
			fail_msg("%s:\ngot  kind %d, %s\nwant kind %d, %s", cases[i].in, m.kind, got, MAILLOG_SESSION, cases[i].want);
	}
}

static void
noise(void **state)
{
	static const char *const cases[] = { "", " ", "<", "<22>", "<22>1", "<22>1 ", "Nov", "Nov 23", "Nov 23 20:18:01",
	    "Nov 23 20:18:01 ", "Nov 23 20:18:01 mx1", "Nov 23 20:18:01 mx1 ", "Nov 23 20:18:01 mx1 a:", "Nov 23 20:18:01 mx1 []: x",
	    "Nov 23 20:18:01 mx1 postfix/[1]: x", HEAD "postfix/smtp[1]: ", HEAD "postfix/smtp[1]:", HEAD "/[1]: x", "2026-", "2026-11-23T",
	    "-- Boot 0123 --", "last message repeated 2 times" };
	struct maillog m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (maillog_read(cases[i], strlen(cases[i]), &m) != MAILLOG_IRRELEVANT)
			fail_msg("\"%s\": got kind %d, want %d", cases[i], m.kind, MAILLOG_IRRELEVANT);
}

/* Each prefix of good lines, in memory of its own size, and each with one octet changed: for the sanitizers. */
static void
cut_and_changed(void **state)
{
	static const char *const lines[] = {
		OUT SESSION "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (P-256)",
		OUT TO "orig_to=<a@b>, " RELAY "conn_use=3, " DELAYS "tls=dane:halfdane/requiretls:none, " SENT,
		OUT TO RELAY DELAYS "dsn=5.1.1, status=bounced (host mx said: 550 no (in reply to RCPT TO command))",
		SM "3ANKI1xx012345: to=<a@x.example>,<b@x.example>, ctladdr=<c@y.example> (0/0)" SM_TAIL "dsn=4.0.0, stat=Deferred: x",
		SM SM_SESSION "256/128", "<22>1 2026-11-23T20:18:01Z mx1 postfix/smtp 123 - [a b=\"]\"] " T,
	};
	static const char octets[] = { '\0', '\n', ' ', '<', '>', '"', '\\', '[', ']', '=', ',', ':', '(', (char)0xff };
	struct maillog_text rcpt;
	struct maillog m;
	size_t i, k, n, at;
	char *copy;

	(void)state;
	for (i = 0; i < COUNT(lines); i++)
		for (n = 0; n <= strlen(lines[i]); n++)
			for (k = 0; k < COUNT(octets); k++) {
				assert_non_null(copy = malloc(n + 1));
				memcpy(copy, lines[i], n);
				if (n > 0)
					copy[n - 1] = octets[k];
				maillog_read(copy, n, &m);
				for (at = 0; maillog_rcpt(&m, &at, &rcpt);)
					assert_true(rcpt.p >= copy && rcpt.p + rcpt.len <= copy + n);
				free(copy);
			}
}

static void
long_lines(void **state)
{
	static const char *const fills[] = { "x", "<", "\"", "\\\"", "\0", ">, relay=", ", ", "to=<", "a@b>,<", "]: ", "[", " " };
	static const char *const heads[] = { "", HEAD, OUT, OUT TO RELAY DELAYS "dsn=2.0.0, status=sent (", OUT "4Fw2K1xYzz9: to=<", OUT "4Fw2K1xYzz9: to=<\"",
	    SM "3ANKI1xx012345: to=", SM "3ANKI1xx012345: to=<\"", SM "STARTTLS=client, relay=", OUT "Trusted TLS connection established to ",
	    "<22>1 2026-11-23T20:18:01Z mx1 postfix/smtp 123 - [", OUT TO };
	const size_t size = 1024 * 1024;
	struct maillog_text rcpt;
	struct maillog m;
	size_t h, f, n, len, at;
	char *line = malloc(size);

	(void)state;
	assert_non_null(line);
	for (h = 0; h < COUNT(heads); h++)
		for (f = 0; f < COUNT(fills); f++) {
			n = strlen(heads[h]);
			len = strlen(fills[f]) == 0 ? 1 : strlen(fills[f]);
			memcpy(line, heads[h], n);
			for (; n + len <= size; n += len)
				memcpy(line + n, fills[f], len);
			maillog_read(line, n, &m);
			if (h == 3 && m.kind != MAILLOG_DELIVERY)
				fail_msg("a reply of 1 MB: got kind %d, want %d", m.kind, MAILLOG_DELIVERY);
			for (at = 0; maillog_rcpt(&m, &at, &rcpt);)
				assert_true(rcpt.p >= line && rcpt.p + rcpt.len <= line + MAILLOG_LINE_MAX);
		}
	free(line);
}

static void
examples(void **state)
{
	static const struct line cases[] = {
		{ "Nov 23 20:18:01 mx1 postfix/smtp[1]: ABCDEF: to=<bob@example.org>, relay=x, foo", "Nov 23 20:18:01 mx1 postfix/smtp[1]: ABCDEF: to=<...>, relay=x, foo" },
		{ "x: to=<\"a>b\"@c>, status=sent (550 bob@example.org)", "x: to=<...>, status=sent ..." },
		{ "x: to=bob@example.org, user=ann@example.org y", "x: ... ... y" },
		{ "x: to=<bob@example.org", "x: to=..." },
		{ "x: bob@example.org", "x: ..." },
		{ "x \033[31m\001 y", "x ?[31m? y" },
	};
	char big[4096];
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 4096);
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		maillog_example(cases[i].in, strlen(cases[i].in), &b);
		if (strcmp(b.data, cases[i].want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].in, b.data, cases[i].want);
	}
	memset(big, 'x', sizeof(big));
	buf_reset(&b);
	maillog_example(big, sizeof(big), &b);
	assert_true(b.len <= MAILLOG_EXAMPLE_MAX + 3);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postfix_sessions),
		cmocka_unit_test(postfix_deliveries),
		cmocka_unit_test(sendmail_lines),
		cmocka_unit_test(forged),
		cmocka_unit_test(headers),
		cmocka_unit_test(noise),
		cmocka_unit_test(cut_and_changed),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
