/* SPDX-License-Identifier: ISC */
/* Tests of the Authentication-Results reader: writers' spellings, the grammar's corners, forgeries, blocks, time that stays linear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "scan/authres.h"

static void
passes_clear(struct scan_result *r)
{
	uint32_t	i;

	for (i = 0; i < r->authres_count; i++)
		authres_clear(&r->authres[i]);
	free(r->authres);
	memset(r, 0, sizeof(*r));
}

/* Facts that do not encode would cost the whole result. */
static void
must_encode(const struct scan_result *passes)
{
	static struct received	hops[SCAN_RECEIVED_MAX];
	struct part		part = { .path = (char[]){ "0" } };
	struct scan_result	r = *passes;
	struct buf		b;

	r.parts = &part;
	r.parts_count = 1;
	r.received = hops;
	r.received_count = SCAN_RECEIVED_MAX;
	buf_init(&b, 1 << 20);
	if (scan_result_encode(&r, &b) != 0)
		fail_msg("facts do not encode");
	buf_free(&b);
}

/* "ID spf=DOMAIN dkim=DOMAIN ..."; nothing: "".  With `all`, "spf!DOMAIN" where it is no pass. */
static const char *
described_as(const struct scan_result *r, int all, struct buf *b)
{
	static const char *const	methods[AUTHRES_METHODS] = { [AUTHRES_SPF] = "spf", [AUTHRES_DKIM] = "dkim" };
	const char			*id = "";
	uint32_t			i;

	buf_reset(b);
	for (i = 0; i < r->authres_count; i++) {
		if (!r->authres[i].pass && !all)
			continue;
		if (strcmp(r->authres[i].authserv_id, id) != 0)
			buf_addf(b, "%s%s", *id == '\0' ? "" : " ", r->authres[i].authserv_id);
		id = r->authres[i].authserv_id;
		buf_addf(b, " %s%c%s", methods[r->authres[i].method], r->authres[i].pass ? '=' : '!', r->authres[i].domain);
	}
	return b->data == NULL ? "" : b->data;
}

static const char *
described(const struct scan_result *r, struct buf *b)
{
	return described_as(r, 0, b);
}

/* From an allocation of exactly that size, so that the sanitizers see each octet beyond. */
static void
read_exact(const void *value, size_t len, struct scan_result *r)
{
	uint8_t	*copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, value, len);
	memset(r, 0, sizeof(*r));
	assert_int_equal(authres_read(copy, len, 0, r), 0);
	must_encode(r);
	free(copy);
}

struct field_case {
	const char	*value, *want;
};

static void
check(const struct field_case *cases, size_t count)
{
	struct scan_result	r;
	struct buf		b;
	const char		*got;
	size_t			i, bad = 0;

	buf_init(&b, 65536);
	for (i = 0; i < count; i++) {
		read_exact(cases[i].value, strlen(cases[i].value), &r);
		got = described(&r, &b);
		if (strcmp(got, cases[i].want) != 0) {
			print_error("%s\n  got  \"%s\"\n  want \"%s\"\n", cases[i].value, got, cases[i].want);
			bad++;
		}
		passes_clear(&r);
	}
	buf_free(&b);
	if (bad > 0)
		fail_msg("%zu of %zu fields differ", bad, count);
}
#define CHECK(cases)	check(cases, sizeof(cases) / sizeof((cases)[0]))

/* ---- as software writes them ---- */

static void
writers(void **state)
{
	static const struct field_case cases[] = {
		/* Gmail */
		{ " mx.google.com;\r\n       dkim=pass header.i=@partner.example header.s=s1 header.b=AbC12+/x;\r\n"
		  "       spf=pass (google.com: domain of bounce+1=a@bounce.partner.example designates 192.0.2.1 as permitted "
		  "sender) smtp.mailfrom=\"bounce+1=a@bounce.partner.example\";\r\n"
		  "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=partner.example\r\n",
		  "mx.google.com dkim=partner.example spf=bounce.partner.example" },
		{ " mx.google.com;\r\n       dkim=neutral (body hash did not verify) header.i=@a.example header.s=s header.b=Xy;\r\n"
		  "       spf=softfail (google.com: domain of transitioning a@a.example does not designate 192.0.2.1 as permitted "
		  "sender) smtp.mailfrom=a@a.example;\r\n       dara=pass header.i=@b.example\r\n", "" },
		{ " mx.google.com; spf=pass (google.com: best guess record for domain of postmaster@h.example designates "
		  "2001:db8::1 as permitted sender) smtp.helo=h.example\r\n", "" },
		/* rspamd */
		{ " mail.our.example;\r\n\tdkim=pass header.d=partner.example header.s=mail header.b=\"AbC d/=\";\r\n"
		  "\tspf=pass (mail.our.example: domain of a@partner.example designates 2001:db8::17 as permitted sender) "
		  "smtp.mailfrom=a@partner.example;\r\n\tdmarc=pass (policy=quarantine) header.from=partner.example\r\n",
		  "mail.our.example dkim=partner.example spf=partner.example" },
		{ " mail.our.example;\r\n\tdkim=pass (\"rsa key\") header.d=a.example;\r\n\tdkim=pass header.d=b.example;\r\n"
		  "\tarc=none;\r\n\tauth=pass smtp.auth=u@our.example smtp.mailfrom=u@our.example\r\n",
		  "mail.our.example dkim=a.example dkim=b.example" },
		{ " mail.our.example;\r\n\tdkim=none;\r\n\tspf=none (mail.our.example: domain of u@a.example has no SPF policy "
		  "when checking 192.0.2.1) smtp.mailfrom=u@a.example\r\n", "" },
		/* OpenDKIM */
		{ " mx.our.example;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=partner.example header.i=@partner.example "
		  "header.a=rsa-sha256 header.s=s1 header.b=AbCdEf12;\r\n\tdkim-atps=neutral\r\n",
		  "mx.our.example dkim=partner.example" },
		{ " mx.our.example/4VxYz1;\r\n\tdkim=pass reason=\"1024-bit key; insecure key\"\r\n\theader.d=partner.example "
		  "header.i=@mail.partner.example header.b=\"Ab;C\"; dkim-adsp=pass\r\n",
		  "mx.our.example/4vxyz1 dkim=partner.example" },
		{ " mx.our.example; dkim=fail (signature verification failed) header.d=partner.example header.b=A=\r\n", "" },
		/* OpenDMARC, its own SPF too */
		{ " OpenDMARC; spf=pass (sender SPF authorized) smtp.mailfrom=partner.example\r\n", "opendmarc spf=partner.example" },
		{ " mx.our.example; dmarc=pass (p=reject dis=none) header.from=partner.example\r\n", "" },
		{ " mx.our.example; spf=pass smtp.mailfrom=<a@partner.example>\r\n", "mx.our.example spf=partner.example" },
		/* policyd-spf */
		{ " mx.our.example; spf=Pass (mailfrom) smtp.mailfrom=partner.example (client-ip=192.0.2.1; helo=mail.partner.example; "
		  "envelope-from=a@partner.example; receiver=b@our.example)\r\n", "mx.our.example spf=partner.example" },
		{ " mx.our.example; spf=pass (sender SPF authorized) smtp.helo=mail.partner.example\r\n", "" },
		/* Exim */
		{ " mx.our.example;\r\n\tiprev=pass (mail.partner.example) smtp.remote-ip=2001:db8::1;\r\n"
		  "\tspf=pass smtp.mailfrom=partner.example;\r\n\tdkim=pass header.d=partner.example header.s=s header.a=rsa-sha256;\r\n"
		  "\tdmarc=pass header.from=partner.example;\r\n\tarc=none\r\n",
		  "mx.our.example spf=partner.example dkim=partner.example" },
		/* Exchange Online: no authserv-id */
		{ " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=partner.example; dkim=pass (signature was verified)\r\n"
		  " header.d=partner.example;dmarc=pass action=none\r\n header.from=partner.example;compauth=pass reason=100\r\n", "" },
		{ " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=partner.example; our.example; dkim=pass (signature was\r\n"
		  " verified) header.d=partner.example;our.example; dmarc=bestguesspass\r\n action=none header.from=partner.example;\r\n",
		  "" },
		/* Exchange with a name, once more between the results */
		{ " our.example; dkim=pass (signature was verified)\r\n header.d=partner.example;our.example; dmarc=pass action=none\r\n"
		  " header.from=partner.example;\r\n", "our.example dkim=partner.example" },
		/* Yahoo */
		{ " atlas-production.yahoo.example;\r\n dkim=pass header.i=@partner.example header.s=s1;\r\n"
		  " spf=pass smtp.mailfrom=partner.example;\r\n dmarc=pass(p=REJECT) header.from=partner.example;\r\n",
		  "atlas-production.yahoo.example dkim=partner.example spf=partner.example" },
		/* Fastmail's milter */
		{ " mx3.our.example;\r\n    dkim=pass (2048-bit rsa key sha256) header.d=partner.example\r\n    header.i=@partner.example "
		  "header.b=AbCd header.a=rsa-sha256\r\n    header.s=s1 x-bits=2048;\r\n    dmarc=pass policy.published-domain-policy=reject\r\n"
		  "    policy.applied-disposition=none (p=reject,d=none) header.from=partner.example;\r\n    iprev=pass smtp.remote-ip=192.0.2.1 "
		  "(mail.partner.example);\r\n    spf=pass smtp.mailfrom=a@partner.example\r\n    smtp.helo=mail.partner.example;\r\n"
		  "    bimi=pass policy.authority-uri=https://x.example/l.pem;\r\n    x-google-dkim=pass (2048-bit key) header.d=1e100.net;\r\n"
		  "    x-tls=pass smtp.version=TLSv1.3 smtp.cipher=TLS_AES_256_GCM_SHA384 smtp.bits=256/256\r\n",
		  "mx3.our.example dkim=partner.example spf=partner.example" },
		/* Cisco */
		{ " esa1.our.example; dkim=pass (signature verified) header.i=@partner.example; spf=Pass smtp.mailfrom=a@partner.example; "
		  "spf=None smtp.helo=postmaster@mail.partner.example; dmarc=pass (p=reject dis=none) d=partner.example\r\n",
		  "esa1.our.example dkim=partner.example spf=partner.example" },
		{ " esa1.our.example; dkim=none (message not signed) header.i=none; spf=SoftFail smtp.mailfrom=a@partner.example; "
		  "spf=Pass smtp.helo=postmaster@mail.partner.example\r\n", "" },
		/* Zoho: no header fields named */
		{ " mx.our.example;\r\n\tdkim=pass;\r\n\tspf=pass (zoho: domain of a@p.example designates 192.0.2.1 as permitted sender)  "
		  "smtp.mailfrom=a@p.example;\r\n\tdmarc=pass(p=reject dis=none)  header.from=p.example\r\n", "mx.our.example spf=p.example" },
		/* iCloud */
		{ " spf.our.example; spf=pass (spf.our.example: domain of b@p.example designates 192.0.2.1 as permitted sender) "
		  "smtp.mailfrom=b@p.example\r\n", "spf.our.example spf=p.example" },
		/* mail.ru */
		{ " mxs.our.example; spf=pass (mx1.our.example: domain of p.example designates 192.0.2.1 as permitted sender) "
		  "smtp.mailfrom=a@p.example smtp.helo=m.p.example;\r\n\t dkim=pass header.d=p.example; dmarc=pass header.from=a@p.example\r\n",
		  "mxs.our.example spf=p.example dkim=p.example" },
		/* SES: the words of Received-SPF as if they were results */
		{ " ses.our.example;\r\n spf=pass (spfCheck: domain of p.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1; "
		  "envelope-from=a@p.example; helo=m.p.example;\r\n dkim=pass header.i=@p.example;\r\n dmarc=none header.from=p.example;\r\n",
		  "ses.our.example dkim=p.example" },
		/* Proofpoint, Mimecast, Halon */
		{ " ppops.our.example; spf=pass smtp.mailfrom=p.example; dkim=pass header.d=p.example header.s=s; "
		  "dmarc=pass header.from=p.example\r\n", "ppops.our.example spf=p.example dkim=p.example" },
		{ " relay.our.example;\r\n\tdkim=pass header.d=p.example header.s=s header.b=A1b2C3==;\r\n\tdmarc=pass (policy=none) "
		  "header.from=p.example;\r\n\tspf=pass (relay.our.example: domain of a@p.example designates 192.0.2.1 as permitted sender) "
		  "smtp.mailfrom=a@p.example\r\n", "relay.our.example dkim=p.example spf=p.example" },
	};

	(void)state;
	CHECK(cases);
}

/* ---- the grammar ---- */

static void
grammar(void **state)
{
	static const struct field_case cases[] = {
		/* The shapes of RFC 8601's appendix B. */
		{ " our.example 1; none", "" },
		{ " our.example; none", "" },
		{ " our.example;\r\n  spf=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example;\r\n  auth=pass (cram-md5) smtp.auth=s@p.example;\r\n  spf=pass smtp.mailfrom=p.example",
		  "our.example spf=p.example" },
		{ " our.example;\r\n  sender-id=pass header.from=p.example", "" },
		{ " our.example;\r\n dkim=pass reason=\"good signature\"\r\n  header.i=@relay.p.example;\r\n dkim=fail reason=\"bad "
		  "signature\"\r\n  header.i=@q.example", "our.example dkim=relay.p.example" },
		{ " foo.our.example (foobar) 1 (baz);\r\n  dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n  policy (A dot "
		  "can go here) . (like that) expired\r\n  (this surprised me) = (as I was not expecting it) 1362471462", "" },
		{ " foo.our.example (foobar) 1 (baz);\r\n  dkim (a) / 1 (b) = (c) pass\r\n  header (d) . (e) d (f) = (g) p.example (h)",
		  "foo.our.example dkim=p.example" },
		/* authserv-id and version */
		{ "our.example;spf=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " OUR.Example; SPF=PASS SMTP.MailFrom=A@P.Example", "our.example spf=p.example" },
		{ " \"our.example\"; spf=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " \"Our \\\"own; \\\\id\"; spf=pass smtp.mailfrom=p.example", "our \"own; \\id spf=p.example" },
		{ " (c) our.example (c) ; (c) spf=pass (c) smtp.mailfrom=p.example (c)", "our.example spf=p.example" },
		{ " our.example 1; spf=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example 1 (c); spf=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example 2; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example 11; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example x; spf=pass smtp.mailfrom=p.example", "" },
		{ " \"our.example\"1; spf=pass smtp.mailfrom=p.example", "" },
		{ " \"\"; spf=pass smtp.mailfrom=p.example", "" },
		{ " ; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example, x; spf=pass smtp.mailfrom=p.example", "" },
		{ " i=1; our.example; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example", "" },
		{ "", "" },
		{ " ", "" },
		{ " our.example;", "" },
		{ " our.example;;", "" },
		{ " our.example; ; spf=pass smtp.mailfrom=p.example; ;", "our.example spf=p.example" },
		{ " our.example; none; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; none", "" },
		/* method and result */
		{ " our.example; spf/1=pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example; spf / 1 = pass smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example; spf/2=pass smtp.mailfrom=p.example; dkim=pass header.d=q.example", "our.example dkim=q.example" },
		{ " our.example; spf=passed smtp.mailfrom=p.example", "" },
		{ " our.example; spf=pas smtp.mailfrom=p.example", "" },
		{ " our.example; spf=\"pass\" smtp.mailfrom=p.example", "" },
		{ " our.example; spf=(pass) smtp.mailfrom=p.example", "" },
		{ " our.example; spf=none (pass) smtp.mailfrom=p.example", "" },
		{ " our.example; spf=temperror smtp.mailfrom=p.example; spf=permerror smtp.mailfrom=p.example", "" },
		{ " our.example; x-spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example; spfx=pass smtp.mailfrom=p.example", "" },
		{ " our.example; spf.x=pass smtp.mailfrom=p.example", "" },
		{ " our.example; spf = pass smtp . mailfrom = p.example", "our.example spf=p.example" },
		{ " our.example;\tspf=pass\tsmtp.mailfrom=p.example\t;", "our.example spf=p.example" },
		/* the value */
		{ " our.example; spf=pass smtp.mailfrom=", "" },
		{ " our.example; spf=pass smtp.mailfrom=;", "" },
		{ " our.example; spf=pass smtp.mailfrom=<>", "" },
		{ " our.example; spf=pass smtp.mailfrom=\"\"", "" },
		{ " our.example; spf=pass smtp.mailfrom=@p.example", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=\"a b\"@p.example", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=\"a\\\"@q.example; \"@p.example", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=\"a@p.example\"", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=SRS0=ab=cd=q.example=u@p.example", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=a@p.example.", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=a@p..example", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@.p.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@p.example..", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@b@p.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@[192.0.2.1]", "" },
		{ " our.example; spf=pass smtp.mailfrom=a\"b\"@p.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example:25", "" },
		{ " our.example; spf=pass smtp.mailfrom=a@b\xc3\xbc.example", "our.example spf=b\xc3\xbc.example" },
		{ " our.example; spf=pass smtp.mailfrom=a@xn--bcher-kva.EXAMPLE", "our.example spf=xn--bcher-kva.example" },
		{ " our.example; spf=pass smtp.mfrom=a@p.example", "" },
		{ " our.example; spf=pass header.mailfrom=a@p.example", "" },
		{ " our.example; spf=pass mailfrom=a@p.example", "" },
		{ " our.example; spf=pass header.d=p.example header.i=@p.example", "" },
		{ " our.example; spf=pass smtp.helo=h.example smtp.mailfrom=a@p.example", "our.example spf=p.example" },
		{ " our.example; dkim=pass smtp.mailfrom=a@p.example", "" },
		{ " our.example; dkim=pass header.d=a@p.example", "" },
		{ " our.example; dkim=pass header.d=\"P.example\"", "our.example dkim=p.example" },
		{ " our.example; dkim=pass header.i=u@Sub.p.example", "our.example dkim=sub.p.example" },
		{ " our.example; dkim=pass header.i=\"u v\"@p.example", "our.example dkim=p.example" },
		{ " our.example; dkim=pass header.i=p.example", "our.example dkim=p.example" },
		{ " our.example; dkim=pass header.i=@Sub.p.example header.d=p.example", "our.example dkim=p.example" },
		{ " our.example; dkim=pass header.d=p.example header.i=@xp.example", "" },
		{ " our.example; dkim=pass header.d=sub.p.example header.i=@p.example", "" },
		{ " our.example; dkim=pass header.d=p.example header.i=@", "" },
		{ " our.example; dkim=pass header.b=abc header.s=s", "" },
		{ " our.example; dkim=pass header.d=p.example; dkim=pass header.d=p.example",
		  "our.example dkim=p.example" },
	};

	(void)state;
	CHECK(cases);
}

/* ---- what a sender may try through what a writer repeats, and what is simply broken ---- */

static void
forged(void **state)
{
	static const struct field_case cases[] = {
		/* Words in comments, quoted strings, reasons and other values. */
		{ " our.example; spf=fail (spf=pass smtp.mailfrom=bank.example) smtp.mailfrom=a@evil.example", "" },
		{ " our.example; spf=fail smtp.mailfrom=\"x; dkim=pass header.d=bank.example; y\"@evil.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=\"x; dkim=pass header.d=bank.example; y\"@evil.example",
		  "our.example spf=evil.example" },
		{ " our.example; spf=pass smtp.mailfrom=\"a smtp.mailfrom=bank.example\"@evil.example", "our.example spf=evil.example" },
		{ " our.example; dkim=fail reason=\"; dkim=pass header.d=bank.example\" header.d=evil.example", "" },
		{ " our.example; dkim=fail reason=\"\\\"; dkim=pass header.d=bank.example\" header.d=evil.example", "" },
		{ " (bank.example;) our.example; none", "" },
		{ " our.example; spf=fail (a (b) spf=pass smtp.mailfrom=bank.example) smtp.mailfrom=a@evil.example", "" },
		{ " our.example; spf=fail (a \\) spf=pass) smtp.mailfrom=bank.example", "" },
		/* A local part that ends the writer's comment. */
		{ " our.example; spf=pass (our.example: domain of \"x) smtp.mailfrom=bank.example (y\"@evil.example designates 192.0.2.1 "
		  "as permitted sender) smtp.mailfrom=\"x) smtp.mailfrom=bank.example (y\"@evil.example", "" },
		{ " our.example; spf=fail (domain of \"x); dkim=pass header.d=bank.example (y\"@evil.example does not) "
		  "smtp.mailfrom=z@evil.example", "" },
		{ " our.example; spf=pass (domain of \"a b\"@p.example) smtp.mailfrom=\"a b\"@p.example", "our.example spf=p.example" },
		/* Twice, and not the same; or of another property. */
		{ " our.example; spf=pass smtp.mailfrom=bank.example smtp.mailfrom=a@evil.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example smtp.mailfrom=p.example", "our.example spf=p.example" },
		{ " our.example; dkim=pass header.d=bank.example header.d=evil.example; spf=pass smtp.mailfrom=p.example",
		  "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom= smtp.helo=postmaster@bank.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=\r\n\ta@p.example", "our.example spf=p.example" },
		{ " our.example; spf=pass smtp.mailfrom=(c)a=b@bank.example", "" },
		{ " our.example; dkim= spf=pass smtp.mailfrom=bank.example", "" },
		/* A comment inside an address. */
		{ " our.example; spf=pass smtp.mailfrom=bank.example(x)y@evil.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=a(x)@bank.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=bank.example y@evil.example", "" },
		{ " our.example; spf=pass smtp.mailfrom=a\\;b@evil.example", "" },
		/* Unparsable: not even what stands before. */
		{ " our.example; spf=pass smtp.mailfrom=p.example; dkim=pass (", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; dkim=pass header.b=\"", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; dkim=pass header.b=\"\\", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example )", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; =x", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; a.=x", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example; two words", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example trailing", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example (\\", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example\x7f", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example\v", "" },
		{ " our.example; spf=pass smtp.mailfrom=p.example\r spf=x", "" },
		{ " our\x01.example; spf=pass smtp.mailfrom=p.example", "" },
		{ " \"our\r\n .example\"; spf=pass smtp.mailfrom=p.example", "" },
		{ " our.example (; spf=pass smtp.mailfrom=p.example", "" },
		{ " (our.example; spf=pass smtp.mailfrom=p.example", "" },
		{ " \"our.example; spf=pass smtp.mailfrom=p.example", "" },
	};
	static const char	nul[] = " our.example; spf=pass smtp.mailfrom=p.example\0.evil.example",
				nul_id[] = " our\0.example; spf=pass smtp.mailfrom=p.example";
	struct scan_result	r;

	(void)state;
	CHECK(cases);
	read_exact(nul, sizeof(nul) - 1, &r);
	assert_int_equal(r.authres_count, 0);
	passes_clear(&r);
	read_exact(nul_id, sizeof(nul_id) - 1, &r);
	assert_int_equal(r.authres_count, 0);
	passes_clear(&r);
}

/* Texts at their bounds: a longer one is none, as a part of it would be another's name. */
static void
bounds(void **state)
{
	static const struct {
		size_t	id, domain;
		int	want;
	} cases[] = { { 255, 255, 1 }, { 256, 255, 0 }, { 255, 256, 0 }, { 60000, 10, 0 }, { 10, 60000, 0 } };
	struct scan_result	r;
	struct buf		b;
	size_t			i, k;

	(void)state;
	buf_init(&b, 1 << 20);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		for (k = 0; k < cases[i].id; k++)
			buf_addc(&b, 'i');
		buf_addz(&b, "; dkim=pass header.d=");
		for (k = 0; k < cases[i].domain; k++)
			buf_addc(&b, 'd');
		read_exact(b.data, b.len, &r);
		if ((int)r.authres_count != cases[i].want)
			fail_msg("case %zu: got %u passes, want %d", i, r.authres_count, cases[i].want);
		passes_clear(&r);
	}
	buf_free(&b);
}

/* Cut anywhere, a field gives nothing that the whole does not give, but for a domain that is cut. */
static void
cut(void **state)
{
	static const char	whole[] = " our.example (a (b) c) 1; dkim=pass (k \"q\") header.d=p.example header.i=\"u v\"@p.example;\r\n"
	    "\tspf=pass reason=\"x\\\"y\" smtp.mailfrom=p@p.example;";
	struct scan_result	r;
	size_t			n;
	uint32_t		i;

	(void)state;
	for (n = 0; n < sizeof(whole); n++) {
		read_exact(whole, n, &r);
		for (i = 0; i < r.authres_count; i++)
			if (strncmp(r.authres[i].domain, "p.example", strlen(r.authres[i].domain)) != 0)
				fail_msg("cut at %zu: got %s", n, r.authres[i].domain);
		passes_clear(&r);
	}
	read_exact(whole, sizeof(whole) - 1, &r);
	assert_int_equal(r.authres_count, 2);
	passes_clear(&r);
}

/* ---- blocks ---- */

static void
block_read(const char *msg, size_t len, struct scan_result *r)
{
	uint8_t	*copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, msg, len);
	memset(r, 0, sizeof(*r));
	assert_int_equal(authres_block(copy, len, r), 0);
	must_encode(r);
	free(copy);
}

static void
blocks(void **state)
{
#define AR	"Authentication-Results: our.example; spf=pass smtp.mailfrom="
	static const struct {
		const char	*msg, *want;
		uint32_t	above[3];
	} cases[] = {
		{ AR "p.example\r\n\r\nbody", "our.example spf=p.example", { 0 } },
		{ AR "p.example", "our.example spf=p.example", { 0 } },
		{ "Received: a\r\n" AR "p.example\r\nreceived:\r\n b\r\n" AR "q.example\nSubject: x\n" AR "r.example\n\n",
		  "our.example spf=p.example spf=q.example spf=r.example", { 1, 2, 2 } },
		{ "authentication-RESULTS:\r\n our.example;\r\n spf=pass\r\n smtp.mailfrom=p.example\r\n\r\n",
		  "our.example spf=p.example", { 0 } },
		{ "Subject: x\r\n\r\n" AR "p.example\r\n", "", { 0 } },
		{ "X-" AR "p.example\r\n\r\n", "", { 0 } },
		{ "ARC-" AR "p.example\r\n\r\n", "", { 0 } },
		{ "Authentication-Results-Original: our.example; spf=pass smtp.mailfrom=p.example\r\n\r\n", "", { 0 } },
		/* An MTA that removes forged fields may not take this for one. */
		{ "Authentication-Results : our.example; spf=pass smtp.mailfrom=p.example\r\n\r\n", "", { 0 } },
		{ "From a Mon Mar  2 10:00:00 2026\n" AR "p.example\n\n", "our.example spf=p.example", { 0 } },
		{ AR "p.example\r\nno field\r\n" AR "q.example\r\n\r\n", "our.example spf=p.example", { 0 } },
		{ AR "p.example\r\n" "Authentication-Results: our.example; spf=pass (\r\n" AR "q.example\r\n\r\n",
		  "our.example spf=p.example spf=q.example", { 0, 0 } },
		{ AR "p.example\r\nAuthentication-Results: second.example; dkim=pass header.d=p.example\r\n\r\n",
		  "our.example spf=p.example second.example dkim=p.example", { 0, 0 } },
		{ "", "", { 0 } },
	};
	struct scan_result	r;
	struct buf		b;
	size_t			i;
	uint32_t		k;

	(void)state;
	buf_init(&b, 65536);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		block_read(cases[i].msg, strlen(cases[i].msg), &r);
		if (strcmp(described(&r, &b), cases[i].want) != 0)
			fail_msg("block %zu: got \"%s\", want \"%s\"", i, described(&r, &b), cases[i].want);
		for (k = 0; k < r.authres_count; k++)
			if (r.authres[k].received_above != cases[i].above[k])
				fail_msg("block %zu, pass %u: got %u above, want %u", i, k, r.authres[k].received_above, cases[i].above[k]);
		passes_clear(&r);
	}
	buf_free(&b);
}

/* What a writer said last stands in his topmost field. */
static void
contradictions(void **state)
{
#define FIELD(text)	"Authentication-Results: " text "\r\n"
#define SPF(result)	"spf=" result " smtp.mailfrom=a@p.example"
#define DKIM(result)	"dkim=" result " header.d=p.example"
	static const struct {
		const char	*msg, *want;
	} cases[] = {
		{ FIELD("a; " SPF("fail")) FIELD("a; " SPF("pass")), "a spf!p.example" },
		{ FIELD("a; " SPF("pass")) FIELD("a; " SPF("fail")), "a spf=p.example" },
		{ FIELD("a; " SPF("none")) "Received: x\r\n" FIELD("A; " SPF("PASS")), "a spf!p.example" },
		{ FIELD("a; " SPF("softfail")) FIELD("b; " SPF("pass")), "a spf!p.example b spf=p.example" },
		{ FIELD("a; " SPF("fail")) FIELD("a; spf=pass smtp.mailfrom=q.example"), "a spf!p.example spf=q.example" },
		{ FIELD("a; " SPF("fail")) FIELD("a; " DKIM("pass")), "a spf!p.example dkim=p.example" },
		{ FIELD("a; " DKIM("permerror")) FIELD("a; " DKIM("pass")), "a dkim!p.example" },
		{ FIELD("a; dkim=fail header.i=@p.example") FIELD("a; " DKIM("pass")), "a dkim!p.example" },
		{ FIELD("a; dkim=fail header.d=p.example header.i=@x.example") FIELD("a; " DKIM("pass")), "a dkim!p.example" },
		/* two signatures, of which one is enough; two answers of SPF, of which neither is believed */
		{ FIELD("a; " DKIM("fail") "; " DKIM("pass")) FIELD("a; " DKIM("fail")), "a dkim=p.example" },
		{ FIELD("a; " DKIM("pass") "; " DKIM("neutral")), "a dkim=p.example" },
		{ FIELD("a; " DKIM("fail")) FIELD("a; " DKIM("fail") "; " DKIM("pass")), "a dkim!p.example" },
		{ FIELD("a; " SPF("pass") "; " SPF("fail")), "a spf!p.example" },
		{ FIELD("a; " SPF("fail") "; " SPF("pass")), "a spf!p.example" },
		/* a field that cannot be read says nothing, also of what stands in it */
		{ FIELD("a; " SPF("fail") " (") FIELD("a; " SPF("pass")), "a spf=p.example" },
		{ FIELD("a; " DKIM("fail")) FIELD("a; " DKIM("pass") " (") FIELD("a; spf=pass smtp.mailfrom=q.example"),
		  "a dkim!p.example spf=q.example" },
		{ FIELD("a; spf=fail smtp.helo=p.example") FIELD("a; " SPF("pass")), "a spf=p.example" },
		{ FIELD("a; spf= smtp.mailfrom=p.example") FIELD("a; " SPF("pass")), "a spf=p.example" },
	};
	struct scan_result	r;
	struct buf		b;
	size_t			i;

	(void)state;
	buf_init(&b, 65536);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		block_read(cases[i].msg, strlen(cases[i].msg), &r);
		if (strcmp(described_as(&r, 1, &b), cases[i].want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].msg, described_as(&r, 1, &b), cases[i].want);
		passes_clear(&r);
	}
	buf_free(&b);
}

static void
too_many(void **state)
{
	struct scan_result	r;
	struct buf		b;
	int			i;

	(void)state;
	buf_init(&b, 1 << 20);
	for (i = 0; i < SCAN_AUTHRES_MAX + 8; i++)
		buf_addf(&b, AR "d%d.example; dkim=pass\r\n", i);
	/* One that breaks off must take none of what is counted with it. */
	buf_addz(&b, AR "x.example; spf=pass smtp.mailfrom=y.example (\r\n");
	block_read(b.data, b.len, &r);
	assert_int_equal(r.authres_count, SCAN_AUTHRES_MAX);
	assert_int_equal(r.authres_more, 8);
	assert_string_equal(r.authres[SCAN_AUTHRES_MAX - 1].domain, "d31.example");
	passes_clear(&r);
	buf_free(&b);
}

static void
tls_required(void **state)
{
	static const struct {
		const char	*msg;
		int		want;
	} cases[] = {
		{ "TLS-Required: No\r\n\r\n", 1 }, { "tls-required:no\r\n\r\n", 1 }, { "TLS-Required:\r\n NO \r\n\r\n", 1 },
		{ "TLS-Required: No", 1 },
		{ "TLS-Required: Yes\r\n\r\n", 0 }, { "TLS-Required:\r\n\r\n", 0 }, { "TLS-Required: No.\r\n\r\n", 0 },
		{ "TLS-Required: No No\r\n\r\n", 0 }, { "TLS-Required: N\r\n o\r\n\r\n", 0 }, { "TLS-Required: (c) No\r\n\r\n", 0 },
		{ "TLS-Required: \"No\"\r\n\r\n", 0 },
		{ "TLS-Required: No\r\nTLS-Required: No\r\n\r\n", 0 }, { "TLS-Required: No\r\nTLS-Required: Yes\r\n\r\n", 0 },
		{ "TLS-Required: Yes\r\nTLS-Required: No\r\n\r\n", 0 }, { "TLS-Required: No\r\nTLS-Required : No\r\n\r\n", 0 },
		{ "TLS-Required : No\r\n\r\n", 0 },
		{ "X-TLS-Required: No\r\n\r\n", 0 }, { "Subject: a\r\n\r\nTLS-Required: No\r\n", 0 },
		{ "Subject: a\r\n b\r\nTLS-Required: No\r\nTo: x\r\n\r\n", 1 },
	};
	struct scan_result	r;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		block_read(cases[i].msg, strlen(cases[i].msg), &r);
		if (r.tls_required_no != cases[i].want)
			fail_msg("%s: got %d, want %d", cases[i].msg, r.tls_required_no, cases[i].want);
		passes_clear(&r);
	}
	block_read("TLS-Required: No\0\r\n\r\n", 21, &r);
	assert_int_equal(r.tls_required_no, 0);
	passes_clear(&r);
}

/* ---- time ---- */

static double
seconds(const char *head, const char *piece, size_t size)
{
	struct scan_result	r;
	struct timespec		a, b;
	char			*buf = malloc(size + strlen(head) + strlen(piece));
	size_t			n = strlen(head);
	double			best = 1e9, t;
	int			round;

	assert_non_null(buf);
	memcpy(buf, head, n);
	for (; n < size; n += strlen(piece))
		memcpy(buf + n, piece, strlen(piece));
	for (round = 0; round < 3; round++) {
		memset(&r, 0, sizeof(r));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		assert_int_equal(authres_read((const uint8_t *)buf, n, 0, &r), 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		passes_clear(&r);
		t = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
		best = t < best ? t : best;
	}
	free(buf);
	return best;
}

/* Sixteen times the octets may not take more than some forty times as long: squared, it would be 256. */
static void
linear(void **state)
{
	static const char *const heads[] = { "", "o;", "o; spf=pass ", "o; spf=pass smtp.mailfrom=", "o; spf=pass (", "\"" };
	static const char *const pieces[] = { "(", "()", ")", "\"", "\"\"", "\\", "\\\"", ";", "a", "a=", "a=b ", "a.", "a.b=c ", "@",
	    "a@", "<", " ", "\r\n ", "/", ";spf=pass smtp.mailfrom=a@b", ";dkim=pass header.d=a", " smtp.mailfrom=a", "(\"", "a;", "." };
	size_t	h, i;
	double	small, large;

	(void)state;
	for (h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
		for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			small = seconds(heads[h], pieces[i], 16384);
			large = seconds(heads[h], pieces[i], 16 * 16384);
			if (large > 40 * small + 0.005)
				fail_msg("'%s' behind '%s': %g s for 16 KB, %g s for 256 KB", pieces[i], heads[h], small, large);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writers),
		cmocka_unit_test(grammar),
		cmocka_unit_test(forged),
		cmocka_unit_test(bounds),
		cmocka_unit_test(cut),
		cmocka_unit_test(blocks),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(too_many),
		cmocka_unit_test(tls_required),
		cmocka_unit_test(linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
