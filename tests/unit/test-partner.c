/* SPDX-License-Identifier: ISC */
/* Tests of judge/partner.c: whom a rule is about, what confirms him, what was kept, and what follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/partner.h"
#include "judge/policy.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW	1800000000
#define DAY	86400

/* ---- one message ---- */

/* How a message comes; members that are NULL or 0 are the usual. */
struct way {
	const char	*mail;		/* a@tsy.example */
	const char	*ip;		/* 203.0.113.9: nobody's */
	const char	*version;	/* "TLSv1.3"; "" none; "?" not offered */
	enum grade	 grade;		/* of the boundary hop; 0: recommended */
	const char	*verify, *subject;
	const char	*rcpts[3];
	int		 at_mail;
	/* Received fields of the relays 10.0.0.x, the newest first; "IP VERSION", VERSION "-": in clear, "?": not said */
	const char	*received[3];
	const char	*authres[3];	/* "spf tsy.example in.example.org 0"; "spf!": it failed */
};

static struct cidr own_nets[] = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0 }, 104 } };
static const struct cidr_list own = { own_nets, 1 };
static char in_example[] = "in.example.org";
static char *const trusted[] = { in_example, NULL };

/* All that the facts borrow. */
struct built {
	struct received		 received[3];
	char			 texts[3][2][64];
	struct authres		 authres[3];
	char			 domains[3][64], ids[3][64];
	struct scan_result	 scan;
	struct message_facts	 facts;
	struct route		 route;
	struct partner_facts	 pf;
};

static void
build_received(struct built *b, const struct way *w)
{
	size_t	 i;

	for (i = 0; i < COUNT(w->received) && w->received[i] != NULL; i++) {
		struct received *r = &b->received[i];

		assert_int_equal(sscanf(w->received[i], "%63s %63s", b->texts[i][0], b->texts[i][1]), 2);
		r->ip = b->texts[i][0];
		r->tls = b->texts[i][1][0] == '-' ? RECEIVED_TLS_NO : b->texts[i][1][0] == '?' ? RECEIVED_TLS_UNKNOWN :
		    RECEIVED_TLS_YES;
		if (r->tls == RECEIVED_TLS_YES)
			r->version = r->version_norm = b->texts[i][1];
		if (strcmp(r->ip, "127.0.0.1") == 0)
			r->local = 1;
		b->scan.received_count++;
	}
	b->scan.received = b->received;
}

static void
build_authres(struct built *b, const struct way *w)
{
	size_t	 i;
	char	 method[8];

	for (i = 0; i < COUNT(w->authres) && w->authres[i] != NULL; i++) {
		struct authres *a = &b->authres[i];

		assert_int_equal(sscanf(w->authres[i], "%7s %63s %63s %u", method, b->domains[i], b->ids[i],
		    &a->received_above), 4);
		a->pass = strchr(method, '!') == NULL;
		a->method = strncmp(method, "spf", 3) == 0 ? AUTHRES_SPF : AUTHRES_DKIM;
		a->domain = b->domains[i];
		a->authserv_id = b->ids[i];
		b->scan.authres_count++;
	}
	b->scan.authres = b->authres;
}

static void
build(struct built *b, const struct way *w)
{
	struct hop	 hop;
	const char	*version = w->version != NULL ? w->version : "TLSv1.3";

	memset(b, 0, sizeof(*b));
	b->facts.mail = w->mail != NULL ? w->mail : "a@tsy.example";
	b->facts.client_ip = w->ip != NULL ? w->ip : "203.0.113.9";
	b->facts.tls.canary_mail = strcmp(version, "?") != 0;
	if (strcmp(version, "?") != 0 && version[0] != '\0') {
		b->facts.tls.tls_version = version;
		b->facts.tls.cipher = "TLS_AES_256_GCM_SHA384";
	}
	b->facts.tls.verify = w->verify;
	b->facts.tls.cert_subject = w->subject;
	b->facts.rcpts = w->rcpts;
	while (b->facts.rcpts_count < COUNT(w->rcpts) && w->rcpts[b->facts.rcpts_count] != NULL)
		b->facts.rcpts_count++;
	if (!w->at_mail) {
		build_received(b, w);
		build_authres(b, w);
		b->facts.scan = &b->scan;
	}
	hops_observed(&b->facts, 0, 0, &hop);
	route_judge(&b->facts, &hop, 0, &own, NULL, &b->route);
	if (b->route.boundary != ROUTE_NONE && b->route.hops[b->route.boundary].hop.tls == HOP_TLS_YES)
		b->route.hops[b->route.boundary].grade = w->grade != GRADE_UNKNOWN ? w->grade : GRADE_RECOMMENDED;
	b->pf = (struct partner_facts){
		.message = &b->facts, .route = &b->route, .trusted = trusted, .own = &own, .now = NOW, .at_mail = w->at_mail
	};
}

/* ---- the partners ---- */

static char tsy[] = "tsy.example", sub_listed[] = "mail.dept.example", dn[] = "/C=GB/O=HM Treasury/CN=mx.tsy.example";
static char cn[] = "CN=mx.tsy.example", bare_cn[] = "mx.tsy.example", ours[] = "example.org", reason[] = "old";
static char name_p[] = "p", name_q[] = "q";
static char *domains[] = { tsy, sub_listed, NULL }, *certificates[] = { cn, NULL }, *dns[] = { dn, NULL };
static char *bare[] = { bare_cn, NULL }, *recipients[] = { ours, NULL };
static struct cidr nets[] = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0 }, 120 } };
static struct cidr inside[] = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 5 }, 128 } };

static struct partner
partner(void)
{
	return (struct partner){ .name = name_p, .domains = domains, .networks = { nets, 1 }, .certificates = certificates,
	    .action = ACTION_REJECT };
}

static size_t
judge(const struct partner *p, size_t n, const struct partner_facts *pf, struct partner_result *out)
{
	struct partner		 copies[16];
	const struct partners	 partners = { copies, n };
	size_t			 count, i;

	assert_true(n <= COUNT(copies));
	memcpy(copies, p, n * sizeof(*p));
	count = partners_judge(&partners, pf, out);
	for (i = 0; i < count && i < PARTNER_RESULTS_MAX; i++)
		out[i].partner = &p[out[i].partner - copies];
	return count;
}

/* ---- whom it is about, and by what he is known ---- */

#define NOBODY	(-1)	/* the rule is not about it */
#define BY(x)	((int)PARTNER_BY_##x)

static const struct {
	const char	*what;
	struct way	 way;
	int		 want;		/* enum partner_confirmed, or NOBODY */
} knowing[] = {
	{ "a forged domain", { .mail = "a@tsy.example" }, BY(NONE) },
	{ "another domain", { .mail = "a@example.net" }, NOBODY },
	{ "a subdomain", { .mail = "a@x.y.tsy.example" }, BY(NONE) },
	{ "upper case, and a final dot", { .mail = "a@TSY.Example." }, BY(NONE) },
	{ "a domain that ends alike", { .mail = "a@xtsy.example" }, NOBODY },
	{ "the domain above", { .mail = "a@example" }, NOBODY },
	{ "no domain", { .mail = "tsy.example" }, NOBODY },
	{ "an @ in the local part", { .mail = "\"a@tsy.example\"@example.net" }, NOBODY },
	{ "null sender of a stranger", { .mail = "" }, NOBODY },
	{ "his network", { .ip = "192.0.2.77" }, BY(NETWORK) },
	{ "his network, another domain", { .mail = "a@example.net", .ip = "192.0.2.77" }, BY(NETWORK) },
	{ "his network, null sender", { .mail = "", .ip = "192.0.2.77" }, BY(NETWORK) },
	{ "his network in clear", { .ip = "192.0.2.77", .version = "" }, BY(NETWORK) },
	/* certificates: Sendmail */
	{ "verified DN", { .verify = "OK", .subject = "/C=GB/CN=mx.tsy.example" }, BY(CERTIFICATE) },
	{ "more behind the CN", { .verify = "OK", .subject = "/C=GB/CN=mx.tsy.example/emailAddress=a@b" }, BY(CERTIFICATE) },
	{ "case of a CN", { .verify = "OK", .subject = "/CN=MX.tsy.example" }, BY(CERTIFICATE) },
	{ "certificate before network", { .ip = "192.0.2.77", .verify = "OK", .subject = "/CN=mx.tsy.example" }, BY(CERTIFICATE) },
	{ "another domain by certificate", { .mail = "a@b", .verify = "OK", .subject = "/CN=mx.tsy.example" }, BY(CERTIFICATE) },
	{ "a certificate that failed", { .mail = "a@b", .verify = "FAIL", .subject = "/CN=mx.tsy.example" }, NOBODY },
	{ "no {verify}, a DN", { .mail = "a@b", .subject = "/CN=mx.tsy.example" }, NOBODY },
	{ "another CN", { .mail = "a@b", .verify = "OK", .subject = "/CN=mx.tsy.example.net" }, NOBODY },
	{ "a longer CN", { .mail = "a@b", .verify = "OK", .subject = "/CN=xmx.tsy.example" }, NOBODY },
	{ "two CNs", { .mail = "a@b", .verify = "OK", .subject = "/O=x/CN=mx.tsy.example/CN=evil" }, NOBODY },
	{ "no CN", { .mail = "a@b", .verify = "OK", .subject = "/O=mx.tsy.example" }, NOBODY },
	{ "not under TLS", { .mail = "a@b", .version = "", .verify = "OK", .subject = "/CN=mx.tsy.example" }, NOBODY },
	/* Postfix */
	{ "a trusted CN", { .mail = "a@b", .subject = "mx.tsy.example" }, BY(CERTIFICATE) },
	{ "another one", { .mail = "a@b", .subject = "mx.example.net" }, NOBODY },
	{ "Sendmail's empty subject", { .mail = "a@b", .verify = "NO", .subject = "" }, NOBODY },
	/* SPF */
	{ "SPF that failed", { .authres = { "spf! tsy.example in.example.org 0" } }, BY(NONE) },
	{ "SPF that failed, DKIM that passed", { .authres = { "spf! tsy.example in.example.org 0",
	    "dkim tsy.example in.example.org 0" } }, BY(DKIM) },
	{ "SPF of this host", { .authres = { "spf tsy.example in.example.org 0" } }, BY(SPF) },
	{ "SPF of a subdomain for itself", { .mail = "a@x.tsy.example", .authres = { "spf x.tsy.example in.example.org 0" } },
	    BY(SPF) },
	{ "SPF of the domain above", { .mail = "a@x.tsy.example", .authres = { "spf tsy.example in.example.org 0" } }, BY(NONE) },
	{ "SPF of another domain", { .authres = { "spf example.net in.example.org 0" } }, BY(NONE) },
	{ "a stranger's SPF", { .authres = { "spf tsy.example mx.evil.example 0" } }, BY(NONE) },
	{ "SPF below a stranger's hop", { .received = { "198.51.100.1 TLSv1.3" },
	    .authres = { "spf tsy.example in.example.org 1" } }, BY(NONE) },
	{ "SPF of a relay of ours", { .ip = "10.0.0.1", .received = { "203.0.113.9 TLSv1.3" },
	    .authres = { "spf tsy.example in.example.org 1" } }, BY(SPF) },
	{ "SPF below its client's hop", { .ip = "10.0.0.1", .received = { "203.0.113.9 TLSv1.3", "198.51.100.1 TLSv1.3" },
	    .authres = { "spf tsy.example in.example.org 2" } }, BY(NONE) },
	{ "the second field counts", { .authres = { "spf tsy.example x 0", "spf tsy.example In.Example.ORG 0" } }, BY(SPF) },
	{ "SPF for who is no partner", { .mail = "a@example.net", .authres = { "spf example.net in.example.org 0" } }, NOBODY },
	/* DKIM */
	{ "DKIM", { .authres = { "dkim tsy.example in.example.org 0" } }, BY(DKIM) },
	{ "SPF before DKIM", { .authres = { "dkim tsy.example in.example.org 0", "spf tsy.example in.example.org 0" } }, BY(SPF) },
	{ "DKIM of the domain above", { .mail = "a@x.tsy.example", .authres = { "dkim tsy.example in.example.org 0" } },
	    BY(DKIM) },
	{ "DKIM above what is listed", { .mail = "a@mail.dept.example", .authres = { "dkim dept.example in.example.org 0" } },
	    BY(NONE) },
	{ "DKIM of a top-level domain", { .authres = { "dkim example in.example.org 0" } }, BY(NONE) },
	{ "DKIM of the domain below", { .authres = { "dkim x.tsy.example in.example.org 0" } }, BY(NONE) },
	{ "DKIM of another of his domains", { .authres = { "dkim mail.dept.example in.example.org 0" } }, BY(NONE) },
	{ "DKIM, null sender", { .mail = "", .authres = { "dkim tsy.example in.example.org 0" } }, NOBODY },
	/* behind a relay of ours */
	{ "his network behind a relay", { .mail = "a@b", .ip = "10.0.0.1", .received = { "192.0.2.7 TLSv1.3" } }, BY(NETWORK) },
	{ "his network behind a stranger", { .mail = "a@b", .received = { "192.0.2.7 TLSv1.3" } }, NOBODY },
	{ "the relay's certificate", { .mail = "a@b", .ip = "10.0.0.1", .verify = "OK", .subject = "/CN=mx.tsy.example",
	    .received = { "198.51.100.7 TLSv1.3" } }, NOBODY },
};

static void
who_it_is_and_how_that_is_known(void **state)
{
	const struct partner	 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i, n;
	int			 got;

	(void)state;
	for (i = 0; i < COUNT(knowing); i++) {
		build(&b, &knowing[i].way);
		n = judge(&p, 1, &b.pf, r);
		got = n == 0 ? NOBODY : (int)r[0].confirmed;
		if (got != knowing[i].want)
			fail_msg("%s: got %s, want %s", knowing[i].what,
			    got == NOBODY ? "no rule" : partner_confirmed_str((enum partner_confirmed)got),
			    knowing[i].want == NOBODY ? "no rule" : partner_confirmed_str((enum partner_confirmed)knowing[i].want));
	}
}

static void
certificates_in_all_spellings(void **state)
{
	static const struct { char **list; const char *verify, *subject; int want; } cases[] = {
		{ bare, NULL, "mx.tsy.example", 1 },
		{ bare, "OK", "/C=GB/CN=mx.tsy.example", 1 },
		{ dns, "OK", "/C=GB/O=HM Treasury/CN=mx.tsy.example", 1 },
		{ dns, "OK", "/C=GB/O=HM+20Treasury/CN=mx.tsy.example", 1 },	/* xtext */
		{ dns, "OK", "/C=GB/O=HM+2020Treasury/CN=mx.tsy.example", 0 },
		{ dns, "OK", "/C=GB/O=HM treasury/CN=mx.tsy.example", 0 },	/* a whole DN is compared as it is */
		{ dns, "OK", "/C=GB/O=HM Treasury/CN=mx.tsy.example/L=x", 0 },
		{ dns, "OK", "/C=GB/O=HM Treasury", 0 },
		{ dns, NULL, "mx.tsy.example", 0 },
	};
	struct partner		 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i;
	int			 got;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct way w = { .mail = "a@b", .verify = cases[i].verify, .subject = cases[i].subject };

		p.certificates = cases[i].list;
		build(&b, &w);
		got = judge(&p, 1, &b.pf, r) == 1 && r[0].confirmed == PARTNER_BY_CERTIFICATE;
		if (got != cases[i].want)
			fail_msg("%s: got %d, want %d", cases[i].subject, got, cases[i].want);
	}
}

static void
a_rule_may_be_for_some_recipients(void **state)
{
	static const struct { struct way way; int any, want; } cases[] = {
		{ { .rcpts = { "x@example.org" } }, 0, 1 },
		{ { .rcpts = { "x@sub.Example.ORG" } }, 0, 1 },
		{ { .rcpts = { "x@example.net" } }, 0, 0 },
		{ { .rcpts = { "x@example.net", "y@example.org" } }, 0, 1 },
		{ { .rcpts = { "postmaster" } }, 0, 0 },
		{ { .at_mail = 1 }, 0, 0 },
		{ { .mail = "a@b", .rcpts = { "x@example.org" } }, 0, 0 },
		/* without any word of the sender: from anybody */
		{ { .mail = "a@b", .rcpts = { "x@example.org" } }, 1, 1 },
		{ { .mail = "a@b", .rcpts = { "x@example.net" } }, 1, 0 },
		{ { .mail = "a@b", .at_mail = 1 }, 1, 0 },
	};
	struct partner		 p;
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		p = partner();
		if (cases[i].any)
			p = (struct partner){ .name = name_p, .action = ACTION_REJECT };
		p.recipients = recipients;
		build(&b, &cases[i].way);
		n = judge(&p, 1, &b.pf, r);
		if ((int)n != cases[i].want)
			fail_msg("case %zu: got %zu, want %d", i, n, cases[i].want);
	}
	/* Whoever that is, it is not the partner. */
	p = (struct partner){ .name = name_p, .recipients = recipients, .action = ACTION_REJECT };
	build(&b, &(const struct way){ .mail = "a@example.net", .rcpts = { "x@example.org" },
	    .authres = { "spf example.net in.example.org 0" } });
	assert_int_equal(judge(&p, 1, &b.pf, r), 1);
	assert_int_equal(r[0].confirmed, PARTNER_BY_NONE);
}

/* ---- what was kept ---- */

static const struct {
	const char	*what;
	struct way	 way;
	const char	*version;	/* required */
	enum grade	 grade;
	int		 verified;
	enum partner_state want;
} keeping[] = {
	{ "TLS", { 0 }, NULL, 0, 0, PARTNER_KEPT },
	{ "clear", { .version = "" }, NULL, 0, 0, PARTNER_NO_TLS },
	{ "not offered", { .version = "?" }, NULL, 0, 0, PARTNER_UNKNOWN },
	{ "the version", { .version = "TLSv1.2" }, "TLSv1.2", 0, 0, PARTNER_KEPT },
	{ "a later version", { .version = "TLSv1.3" }, "TLSv1.2", 0, 0, PARTNER_KEPT },
	{ "an earlier version", { .version = "TLSv1.1" }, "TLSv1.2", 0, 0, PARTNER_VERSION },
	{ "TLSv1 is 1.0", { .version = "TLSv1" }, "TLSv1.1", 0, 0, PARTNER_VERSION },
	{ "a version that says nothing", { .version = "TLS" }, "TLSv1.2", 0, 0, PARTNER_UNKNOWN },
	{ "clear where more is asked", { .version = "" }, "TLSv1.2", GRADE_ACCEPTABLE, 1, PARTNER_NO_TLS },
	{ "the grade", { .grade = GRADE_ACCEPTABLE }, NULL, GRADE_ACCEPTABLE, 0, PARTNER_KEPT },
	{ "a better grade", { .grade = GRADE_RECOMMENDED }, NULL, GRADE_ACCEPTABLE, 0, PARTNER_KEPT },
	{ "a worse grade", { .grade = GRADE_LEGACY }, NULL, GRADE_ACCEPTABLE, 0, PARTNER_GRADE },
	{ "a verified certificate", { .verify = "OK", .subject = "/CN=x" }, NULL, 0, 1, PARTNER_KEPT },
	{ "Postfix's trusted one", { .subject = "x" }, NULL, 0, 1, PARTNER_KEPT },
	{ "none at Sendmail", { .verify = "NO", .subject = "" }, NULL, 0, 1, PARTNER_UNVERIFIED },
	{ "one that failed", { .verify = "FAIL", .subject = "/CN=x" }, NULL, 0, 1, PARTNER_UNVERIFIED },
	{ "none that was asked for", { .verify = "NOT" }, NULL, 0, 1, PARTNER_UNKNOWN },
	{ "a trouble of ours", { .verify = "TEMP" }, NULL, 0, 1, PARTNER_UNKNOWN },
	{ "none at Postfix", { 0 }, NULL, 0, 1, PARTNER_UNVERIFIED },
	{ "a DN that nobody vouches for", { .subject = "/CN=x" }, NULL, 0, 1, PARTNER_UNKNOWN },
	{ "the version before the certificate", { .version = "TLSv1.1" }, "TLSv1.2", 0, 1, PARTNER_VERSION },
	{ "a miss before what is unknown", { .version = "TLS", .grade = GRADE_LEGACY }, "TLSv1.2", GRADE_ACCEPTABLE, 0, PARTNER_GRADE },
	/* behind a relay of ours, its hop counts */
	{ "clear behind a relay", { .ip = "10.0.0.1", .received = { "192.0.2.7 -" } }, NULL, 0, 0, PARTNER_NO_TLS },
	{ "TLS behind a relay in clear", { .ip = "10.0.0.1", .version = "", .received = { "192.0.2.7 TLSv1.3" } }, NULL, 0, 0,
	    PARTNER_KEPT },
	{ "nothing said behind a relay", { .ip = "10.0.0.1", .received = { "192.0.2.7 ?" } }, NULL, 0, 0, PARTNER_UNKNOWN },
	{ "two relays", { .ip = "10.0.0.1", .received = { "10.0.0.2 TLSv1.3", "192.0.2.7 -" } }, NULL, 0, 0, PARTNER_NO_TLS },
	{ "certificate behind a relay", { .ip = "10.0.0.1", .subject = "x", .received = { "192.0.2.7 TLSv1.3" } }, NULL, 0, 1,
	    PARTNER_UNKNOWN },
	{ "what strangers claim", { .received = { "192.0.2.7 -" } }, NULL, 0, 0, PARTNER_KEPT },
	/* between hosts of ours it is not the partner's hop */
	{ "a relay without Received", { .ip = "10.0.0.1", .version = "" }, NULL, 0, 0, PARTNER_UNKNOWN },
	{ "made inside a relay", { .ip = "10.0.0.1", .version = "", .received = { "127.0.0.1 -" } }, NULL, 0, 0, PARTNER_UNKNOWN },
	{ "made at the inner relay", { .ip = "10.0.0.1", .received = { "10.0.0.2 -" } }, NULL, 0, 0, PARTNER_UNKNOWN },
	{ "a relay at MAIL", { .ip = "10.0.0.1", .version = "", .at_mail = 1 }, NULL, 0, 0, PARTNER_UNKNOWN },
};

static void
what_was_kept_and_what_was_missed(void **state)
{
	struct partner		 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(keeping); i++) {
		p.version = keeping[i].version;
		p.grade = keeping[i].grade;
		p.verified = keeping[i].verified;
		build(&b, &keeping[i].way);
		assert_int_equal(judge(&p, 1, &b.pf, r), 1);
		if (r[0].state != keeping[i].want)
			fail_msg("%s: got %s, want %s", keeping[i].what, partner_state_str(r[0].state),
			    partner_state_str(keeping[i].want));
		if ((r[0].state == PARTNER_KEPT || r[0].state == PARTNER_UNKNOWN) &&
		    (r[0].action != ACTION_ACCEPT || r[0].would != ACTION_ACCEPT))
			fail_msg("%s: got %s, want accept", keeping[i].what, action_str((enum action)r[0].action));
	}
	/* An ungraded session is no bad one. */
	build(&b, &(const struct way){ 0 });
	b.route.hops[0].grade = GRADE_UNKNOWN;
	p = partner();
	p.grade = GRADE_LEGACY;
	assert_int_equal(judge(&p, 1, &b.pf, r), 1);
	assert_int_equal(r[0].state, PARTNER_UNKNOWN);
}

static void
a_partner_inside_our_networks_is_one(void **state)
{
	struct partner		 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;

	(void)state;
	p.networks = (struct cidr_list){ inside, 1 };
	build(&b, &(const struct way){ .ip = "10.0.0.5", .version = "" });
	assert_int_equal(judge(&p, 1, &b.pf, r), 1);
	assert_int_equal(r[0].state, PARTNER_NO_TLS);
	assert_int_equal(r[0].action, ACTION_REJECT);
}

/* ---- when ---- */

static void
a_rule_has_a_beginning_and_an_end(void **state)
{
	static const struct { int64_t since, until; size_t want; } cases[] = {
		{ 0, 0, 1 }, { NOW, 0, 1 }, { NOW + 1, 0, 0 }, { 0, NOW + 1, 1 }, { 0, NOW, 0 }, { NOW - 5, NOW + 5, 1 },
	};
	struct partner		 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i, n;

	(void)state;
	build(&b, &(const struct way){ .version = "" });
	for (i = 0; i < COUNT(cases); i++) {
		p.since = cases[i].since;
		p.until = cases[i].until;
		if ((n = judge(&p, 1, &b.pf, r)) != cases[i].want)
			fail_msg("case %zu: got %zu, want %zu", i, n, cases[i].want);
	}
}

/* ---- exceptions ---- */

static char old_tsy[] = "old.tsy.example", sub_ours[] = "sub.example.org";

static const struct {
	const char	*what;
	struct way	 way;
	struct partner_exception exception;
	int		 covers;	/* -1: not to be judged yet */
} excusing[] = {
	{ "its domain", { .mail = "a@old.tsy.example", .version = "" }, { .domain = old_tsy, .expires = NOW + 1 }, 1 },
	{ "below its domain", { .mail = "a@x.old.tsy.example", .version = "" }, { .domain = old_tsy, .expires = NOW + 1 }, 1 },
	{ "another domain", { .version = "" }, { .domain = old_tsy, .expires = NOW + 1 }, 0 },
	{ "expired", { .mail = "a@old.tsy.example", .version = "" }, { .domain = old_tsy, .expires = NOW }, 0 },
	{ "its network", { .ip = "192.0.2.7", .version = "" }, { .networks = { nets, 1 }, .expires = NOW + 1 }, 1 },
	{ "another network", { .version = "" }, { .networks = { nets, 1 }, .expires = NOW + 1 }, 0 },
	{ "domain but not network", { .mail = "a@old.tsy.example", .version = "" },
	    { .domain = old_tsy, .networks = { nets, 1 }, .expires = NOW + 1 }, 0 },
	{ "domain and network", { .mail = "a@old.tsy.example", .ip = "192.0.2.7", .version = "" },
	    { .domain = old_tsy, .networks = { nets, 1 }, .expires = NOW + 1 }, 1 },
	{ "its network behind a relay", { .ip = "10.0.0.1", .received = { "192.0.2.7 -" } },
	    { .networks = { nets, 1 }, .expires = NOW + 1 }, 1 },
	{ "its recipient", { .version = "", .rcpts = { "x@sub.example.org" } }, { .recipient = sub_ours, .expires = NOW + 1 }, 1 },
	{ "below its recipient", { .version = "", .rcpts = { "x@y.sub.example.org" } },
	    { .recipient = sub_ours, .expires = NOW + 1 }, 1 },
	{ "another recipient", { .version = "", .rcpts = { "x@example.org" } }, { .recipient = sub_ours, .expires = NOW + 1 }, 0 },
	{ "one recipient of two", { .version = "", .rcpts = { "x@sub.example.org", "y@example.org" } },
	    { .recipient = sub_ours, .expires = NOW + 1 }, 0 },
	{ "recipients at MAIL", { .version = "", .at_mail = 1 }, { .recipient = sub_ours, .expires = NOW + 1 }, -1 },
	{ "an expired one at MAIL", { .version = "", .at_mail = 1 }, { .recipient = sub_ours, .expires = NOW }, 0 },
	{ "one of another domain at MAIL", { .version = "", .at_mail = 1 },
	    { .domain = old_tsy, .recipient = sub_ours, .expires = NOW + 1 }, 0 },
};

static void
exceptions_excuse_what_they_say(void **state)
{
	struct partner			 p = partner();
	struct partner_exception	 e;
	struct partner_result		 r[PARTNER_RESULTS_MAX];
	struct built			 b;
	size_t				 i;
	int				 got;

	(void)state;
	for (i = 0; i < COUNT(excusing); i++) {
		e = excusing[i].exception;
		e.reason = reason;
		p.exceptions = &e;
		p.exceptions_count = 1;
		build(&b, &excusing[i].way);
		got = judge(&p, 1, &b.pf, r) == 0 ? -1 : r[0].exception == &e;
		if (got != excusing[i].covers)
			fail_msg("%s: got %d, want %d", excusing[i].what, got, excusing[i].covers);
		if (got == -1)
			continue;
		assert_int_equal(r[0].state, PARTNER_NO_TLS);
		if (got == 1 && (r[0].action != ACTION_ACCEPT || r[0].would != ACTION_ACCEPT))
			fail_msg("%s: got %s, want accept", excusing[i].what, action_str((enum action)r[0].action));
		if (got == 0 && r[0].would != ACTION_REJECT)
			fail_msg("%s: got %s, want reject", excusing[i].what, action_str((enum action)r[0].would));
	}
	/* Only the recipients that the rule is about are to be covered. */
	e = (struct partner_exception){ .recipient = sub_ours, .reason = reason, .expires = NOW + 1 };
	p.recipients = recipients;
	build(&b, &(const struct way){ .version = "", .rcpts = { "x@sub.example.org", "y@example.net" } });
	assert_int_equal(judge(&p, 1, &b.pf, r), 1);
	assert_ptr_equal(r[0].exception, &e);
}

/* ---- what is done: all of action, watch, observe, grace, null sender, relay ---- */

/* What the page says, in its own words: grace first, then who is never refused, then who only watches. */
static void
expect(int action, int watch, int grace, int null_sender, int relayed, int *do_it, int *would)
{
	if (grace)
		action = action == ACTION_REJECT ? ACTION_TEMPFAIL : action == ACTION_TEMPFAIL ? ACTION_TAG : action;
	*would = action;
	if (action == ACTION_REJECT || action == ACTION_TEMPFAIL) {
		if (null_sender)
			action = *would = ACTION_TAG;
		else if (relayed)
			action = ACTION_TAG;
	}
	*do_it = watch ? ACTION_ACCEPT : action;
}

static void
what_is_done(void **state)
{
	static const int	 actions[] = { ACTION_ACCEPT, ACTION_TAG, ACTION_TEMPFAIL, ACTION_REJECT };
	static const struct way	 direct = { .ip = "192.0.2.7", .version = "" },
	    bounce = { .mail = "", .ip = "192.0.2.7", .version = "" },
	    relayed = { .ip = "10.0.0.1", .received = { "192.0.2.7 -" } },
	    relayed_bounce = { .mail = "", .ip = "10.0.0.1", .received = { "192.0.2.7 -" } };
	const struct way	*ways[2][2] = { { &direct, &relayed }, { &bounce, &relayed_bounce } };
	struct partner		 p = partner();
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	unsigned int		 i, bits;
	int			 action, would, refuses;

	(void)state;
	for (i = 0; i < COUNT(actions); i++)
		for (bits = 0; bits < 64; bits++) {
			int grace = bits & 1, watch = (bits >> 1) & 1, observe = (bits >> 2) & 1, null_sender = (bits >> 3) & 1;
			int relay = (bits >> 4) & 1, over = (bits >> 5) & 1;

			p.action = actions[i];
			p.watch = watch;
			p.since = NOW - 10 * DAY;
			p.grace_ms = !grace ? 0 : over ? 10ull * DAY * 1000 : 10ull * DAY * 1000 + 1000;
			build(&b, ways[null_sender][relay]);
			b.pf.observe = observe;
			assert_int_equal(judge(&p, 1, &b.pf, r), 1);
			expect(actions[i], watch || observe, grace && !over, null_sender, relay, &action, &would);
			if (r[0].action != action || r[0].would != would)
				fail_msg("%s bits %02x: got %s would %s, want %s would %s", action_str((enum action)actions[i]), bits,
				    action_str((enum action)r[0].action), action_str((enum action)r[0].would),
				    action_str((enum action)action), action_str((enum action)would));
			refuses = actions[i] == ACTION_REJECT || (actions[i] == ACTION_TEMPFAIL && !(grace && !over));
			assert_int_equal(r[0].grace, grace && !over && actions[i] >= ACTION_TEMPFAIL);
			assert_int_equal(r[0].null_sender, refuses && null_sender);
			assert_int_equal(r[0].relayed, refuses && relay && !null_sender);
			assert_int_equal(r[0].confirmed, PARTNER_BY_NETWORK);
		}
}

static void
what_does_not_fit_is_counted_and_the_strictest_stays(void **state)
{
	struct partner		 p[12];
	struct partner_result	 r[PARTNER_RESULTS_MAX];
	struct built		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(p); i++) {
		p[i] = partner();
		p[i].action = i == 9 ? ACTION_REJECT : i == 10 ? ACTION_TEMPFAIL : ACTION_TAG;
	}
	build(&b, &(const struct way){ .version = "" });
	assert_int_equal(judge(p, COUNT(p), &b.pf, r), COUNT(p));
	for (i = 0; i + 1 < PARTNER_RESULTS_MAX; i++)
		assert_ptr_equal(r[i].partner, &p[i]);
	assert_ptr_equal(r[i].partner, &p[9]);
	assert_int_equal(r[i].action, ACTION_REJECT);
}

/* ---- who the sender is ---- */

static const struct {
	const char	*what;
	struct way	 way;
	int		 want;
	const char	*domain;	/* NULL: none */
} senders[] = {
	{ "nobody knows", { 0 }, BY(NONE), NULL },
	{ "SPF of a stranger", { .mail = "a@Example.NET", .authres = { "spf example.net in.example.org 0" } }, BY(SPF), "example.net" },
	{ "DKIM of a stranger", { .mail = "a@example.net", .authres = { "dkim example.net in.example.org 0" } }, BY(DKIM),
	    "example.net" },
	{ "a stranger's domain above", { .mail = "a@x.example.net", .authres = { "dkim example.net in.example.org 0" } },
	    BY(NONE), NULL },
	{ "a partner's domain above", { .mail = "a@x.tsy.example", .authres = { "dkim tsy.example in.example.org 0" } }, BY(DKIM),
	    "tsy.example" },
	{ "not for another domain", { .mail = "a@example.net", .authres = { "spf tsy.example in.example.org 0" } }, BY(NONE), NULL },
	{ "not by just any name", { .mail = "a@example.net", .authres = { "spf example.net other.example 0" } }, BY(NONE), NULL },
	{ "a partner's network", { .mail = "a@example.net", .ip = "192.0.2.1" }, BY(NETWORK), "tsy.example" },
	{ "a partner's certificate", { .ip = "192.0.2.1", .subject = "mx.tsy.example" }, BY(CERTIFICATE), "tsy.example" },
	{ "a partner of networks alone", { .ip = "10.0.0.5" }, BY(NETWORK), "q" },
	{ "null sender", { .mail = "", .authres = { "dkim tsy.example in.example.org 0" } }, BY(NONE), NULL },
};

static void
who_the_sender_is(void **state)
{
	struct partner		 list[] = { partner(), { .name = name_q, .networks = { inside, 1 } } };
	const struct partners	 partners = { list, COUNT(list) };
	const char		*domain;
	struct built		 b;
	size_t			 i;
	enum partner_confirmed	 got;

	(void)state;
	list[0].until = 1;	/* his network stays his when the rule is over */
	for (i = 0; i < COUNT(senders); i++) {
		build(&b, &senders[i].way);
		domain = "not set";
		got = partner_sender(&partners, &b.pf, &domain);
		if ((int)got != senders[i].want || (domain == NULL) != (senders[i].domain == NULL) ||
		    (domain != NULL && strcmp(domain, senders[i].domain) != 0))
			fail_msg("%s: got %s %s, want %s %s", senders[i].what, partner_confirmed_str(got), domain != NULL ? domain : "(none)",
			    partner_confirmed_str((enum partner_confirmed)senders[i].want),
			    senders[i].domain != NULL ? senders[i].domain : "(none)");
	}
	/* Nobody trusted, nobody believed. */
	build(&b, &senders[1].way);
	b.pf.trusted = NULL;
	assert_int_equal(partner_sender(&partners, &b.pf, &domain), PARTNER_BY_NONE);
	assert_null(domain);
}

static void
names_are_those_of_the_record(void **state)
{
	(void)state;
	assert_string_equal(partner_confirmed_str(PARTNER_BY_NONE), "unconfirmed");
	assert_string_equal(partner_confirmed_str(PARTNER_BY_MAX), "unconfirmed");
	assert_string_equal(partner_state_str(PARTNER_NO_TLS), "no-tls");
	assert_string_equal(partner_state_str(PARTNER_STATE_MAX), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_it_is_and_how_that_is_known),
		cmocka_unit_test(certificates_in_all_spellings),
		cmocka_unit_test(a_rule_may_be_for_some_recipients),
		cmocka_unit_test(what_was_kept_and_what_was_missed),
		cmocka_unit_test(a_partner_inside_our_networks_is_one),
		cmocka_unit_test(a_rule_has_a_beginning_and_an_end),
		cmocka_unit_test(exceptions_excuse_what_they_say),
		cmocka_unit_test(what_is_done),
		cmocka_unit_test(what_does_not_fit_is_counted_and_the_strictest_stays),
		cmocka_unit_test(who_the_sender_is),
		cmocka_unit_test(names_are_those_of_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
