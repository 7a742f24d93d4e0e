/* SPDX-License-Identifier: ISC */
/* Tests of judge/route.c: whose word each hop is, where the boundary lies, grades, normal forms, delays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/route.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define FIELDS		8
#define NETS		4

/* ---- evidence and boundary ---- */

/*
 * A field in short: its address; "-" none; "local" a loop in one host; "local
 * ADDRESS" the same that also names an address; "odd ..." any of them, odd.  Evidence in letters: o
 * observed, a attested, c claimed.
 */
static const struct {
	const char	*what, *client, *nets[NETS], *fields[FIELDS], *want;
	int		 boundary, local, unobserved;
} walks[] = {
	{ "no fields", "203.0.113.1", { "10.0.0.0/8" }, { NULL }, "o", 0, 0, 0 },
	{ "nobody is trusted", "10.0.0.1", { NULL }, { "203.0.113.1", "198.51.100.1" }, "occ", 0, 0, 0 },
	{ "a stranger writes what he likes", "203.0.113.1", { "10.0.0.0/8" }, { "10.0.0.1", "10.0.0.2" }, "occ", 0, 0, 0 },
	{ "one gateway of ours", "10.0.0.1", { "10.0.0.0/8" }, { "203.0.113.1", "198.51.100.1" }, "oac", 1, 0, 0 },
	{ "gateways behind gateways", "10.0.0.1", { "10.0.0.0/8" }, { "10.1.0.1", "10.2.0.1", "203.0.113.1", "10.0.0.9" },
	    "oaaac", 3, 0, 0 },
	{ "a provider in front", "192.0.2.10", { "192.0.2.0/24" }, { "192.0.2.77", "203.0.113.1", "192.0.2.77" }, "oaac", 2, 0, 0 },
	{ "a provider in front of a gateway", "10.0.0.1", { "10.0.0.0/8", "192.0.2.0/24" },
	    { "192.0.2.10", "203.0.113.1", "192.0.2.10" }, "oaac", 2, 0, 0 },
	{ "the provider is not listed", "10.0.0.1", { "10.0.0.0/8" }, { "192.0.2.10", "203.0.113.1" }, "oac", 1, 0, 0 },
	{ "forged fields below, as if from ours", "10.0.0.1", { "10.0.0.0/8" },
	    { "203.0.113.1", "10.0.0.1", "10.0.0.2", "10.0.0.3" }, "oaccc", 1, 0, 0 },
	{ "a forged loop behind the boundary", "10.0.0.1", { "10.0.0.0/8" }, { "203.0.113.1", "local", "10.0.0.1" }, "oacc", 1, 0, 0 },
	{ "a stranger's forged loop", "203.0.113.1", { "10.0.0.0/8" }, { "local", "10.0.0.1" }, "occ", 0, 0, 0 },
	{ "a loop in our gateway", "10.0.0.1", { "10.0.0.0/8" }, { "local", "203.0.113.1", "10.0.0.1" }, "oaac", 2, 0, 0 },
	{ "two loops", "10.0.0.1", { "10.0.0.0/8" }, { "local", "local", "10.0.0.2", "local", "203.0.113.1", "local" },
	    "oaaaaac", 5, 0, 0 },
	{ "a loop's address is not the peer", "10.0.0.1", { "10.0.0.0/8" }, { "local 127.0.0.1", "203.0.113.1" }, "oaa", 2, 0, 0 },
	{ "a loop over IPv6", "10.0.0.1", { "10.0.0.0/8" }, { "local ::1", "local fe80::1", "203.0.113.1" }, "oaaa", 3, 0, 0 },
	{ "what looks like a loop, but has a stranger's address", "10.0.0.1", { "10.0.0.0/8" }, { "local 203.0.113.1", "10.0.0.2" },
	    "oac", 1, 0, 0 },
	{ "a filter on another machine of ours", "10.0.0.1", { "10.0.0.0/8" }, { "local 10.0.0.2", "203.0.113.1" }, "oaa", 2, 0, 0 },
	{ "loops alone are no boundary", "10.0.0.1", { "10.0.0.0/8" }, { "local", "local" }, "oaa", 0, 0, 0 },
	{ "a loop at the end is no boundary", "10.0.0.1", { "10.0.0.0/8" }, { "10.0.0.2", "local" }, "oaa", 1, 0, 0 },
	{ "no address ends it", "10.0.0.1", { "10.0.0.0/8" }, { "-", "10.0.0.2", "203.0.113.1" }, "oacc", 1, 0, 0 },
	{ "an odd field ends it", "10.0.0.1", { "10.0.0.0/8" }, { "odd -", "10.0.0.2", "203.0.113.1" }, "oacc", 1, 0, 0 },
	{ "an odd field's address is nobody's", "10.0.0.1", { "10.0.0.0/8" }, { "odd 10.0.0.2", "10.0.0.3" }, "oac", 1, 0, 0 },
	{ "an odd field is no loop", "10.0.0.1", { "10.0.0.0/8" }, { "odd local", "10.0.0.2" }, "oac", 1, 0, 0 },
	{ "no address, even where every network is trusted", "10.0.0.1", { "0.0.0.0/0", "::/0" }, { "-", "10.0.0.2" }, "oac", 1, 0, 0 },
	{ "all trusted", "203.0.113.1", { "0.0.0.0/0", "::/0" }, { "198.51.100.1", "2001:db8::1", "127.0.0.1" }, "oaaa", 3, 0, 0 },
	{ "IPv6", "2001:db8:1::1", { "2001:db8:1::/48" }, { "2001:db8:1::2", "2001:db8:2::1", "2001:db8:1::1" }, "oaac", 2, 0, 0 },
	{ "a mapped client is an IPv4 one", "::ffff:10.0.0.1", { "10.0.0.0/8" }, { "203.0.113.1" }, "oa", 1, 0, 0 },
	{ "Sendmail's prefix", "IPv6:2001:db8:1:0:0:0:0:1", { "2001:db8:1::/48" }, { "203.0.113.1" }, "oa", 1, 0, 0 },
	{ "loopback is trusted only if listed", "127.0.0.1", { "10.0.0.0/8" }, { "203.0.113.1" }, "oc", 0, 0, 0 },
	{ "a filter behind the queue", "127.0.0.1", { "127.0.0.0/8" }, { "203.0.113.1", "127.0.0.1" }, "oac", 1, 0, 0 },
	{ "no client's address", NULL, { "0.0.0.0/0", "::/0" }, { "203.0.113.1" }, "oc", 0, 0, 0 },
	{ "an address that is none", "unknown", { "0.0.0.0/0", "::/0" }, { "203.0.113.1" }, "oc", 0, 0, 0 },
	{ "a field's address that is none", "10.0.0.1", { "10.0.0.0/8" }, { "10.0.0.1.example", "10.0.0.2" }, "oac", 1, 0, 0 },
	{ "local submission", "10.0.0.1", { "10.0.0.0/8" }, { "10.0.0.2", "local" }, "occ", 0, 1, 0 },
	{ "a file", NULL, { "0.0.0.0/0" }, { "10.0.0.1", "203.0.113.1" }, "cc", -1, 0, 1 },
	{ "a file, whatever the facts say", "10.0.0.1", { "10.0.0.0/8" }, { "10.0.0.1" }, "c", -1, 0, 1 },
	{ "a file without fields", NULL, { NULL }, { NULL }, "", -1, 0, 1 },
};

/* Facts of one case; texts are borrowed from it. */
struct mail {
	struct received		received[SCAN_RECEIVED_MAX];
	struct scan_result	scan;
	struct message_facts	facts;
	struct cidr		nets[NETS];
	struct cidr_list	trusted;
	struct hop		observed;
	char			texts[FIELDS][64];
};

static void
mail_init(struct mail *m)
{
	memset(m, 0, sizeof(*m));
	m->scan.received = m->received;
	m->facts.scan = &m->scan;
	m->trusted.nets = m->nets;
	m->observed.evidence = HOP_OBSERVED;
	m->observed.reason = "not-offered";
}

static void
field_set(struct mail *m, const char *text)
{
	uint32_t n = m->scan.received_count++;

	if (strncmp(text, "odd ", 4) == 0) {
		m->received[n].odd = 1;
		text += 4;
	}
	if (strncmp(text, "local", 5) == 0) {
		m->received[n].local = 1;
		text += text[5] == ' ' ? 6 : 5;
	}
	snprintf(m->texts[n], sizeof(m->texts[n]), "%s", text);
	m->received[n].ip = *text == '\0' || strcmp(text, "-") == 0 ? NULL : m->texts[n];
}

static void
trust_walks_outwards(void **state)
{
	char got[FIELDS + 2];
	struct route route;
	struct mail m;
	size_t i, k;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(walks); i++) {
		mail_init(&m);
		m.facts.client_ip = walks[i].client;
		for (k = 0; k < NETS && walks[i].nets[k] != NULL; k++)
			assert_int_equal(cidr_parse(walks[i].nets[k], &m.nets[m.trusted.count++]), 0);
		for (k = 0; k < FIELDS && walks[i].fields[k] != NULL; k++)
			field_set(&m, walks[i].fields[k]);
		memset(&route, 0xff, sizeof(route));
		route_judge(&m.facts, walks[i].unobserved ? NULL : &m.observed, walks[i].local, &m.trusted, NULL, &route);
		for (k = 0; k < route.count; k++)
			got[k] = *hop_evidence_str(route.hops[k].hop.evidence);
		got[k] = '\0';
		if (strcmp(got, walks[i].want) != 0 ||
		    route.boundary != (walks[i].boundary == -1 ? ROUTE_NONE : (size_t)walks[i].boundary)) {
			print_error("%s: got %s, boundary %zd, want %s, %d\n", walks[i].what, got, (ssize_t)route.boundary,
			    walks[i].want, walks[i].boundary);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	/* Without a list nobody is trusted; without a scan there is the observed hop. */
	mail_init(&m);
	m.facts.client_ip = "10.0.0.1";
	field_set(&m, "10.0.0.2");
	route_judge(&m.facts, &m.observed, 0, NULL, NULL, &route);
	assert_int_equal(route.hops[1].hop.evidence, HOP_CLAIMED);
	m.facts.scan = NULL;
	route_judge(&m.facts, &m.observed, 0, NULL, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.boundary, 0);
}

/* ---- TLS, normal forms, grades ---- */

static char reason_good[] = "good", reason_old[] = "old";
static struct profile_rule rules[2];
static const struct profile profile = { .rules = rules, .rules_count = 2 };

static int
rules_setup(void **state)
{
	(void)state;
	profile_rule_init(&rules[0]);
	rules[0].versions = 1u << SUITE_VERSION_TLS12 | 1u << SUITE_VERSION_TLS13;
	rules[0].modes = 1u << SUITE_MODE_GCM;
	rules[0].grade = GRADE_RECOMMENDED;
	rules[0].reason = reason_good;
	profile_rule_init(&rules[1]);
	rules[1].grade = GRADE_LEGACY;
	rules[1].reason = reason_old;
	return 0;
}

static const char *
shown(const char *s)
{
	return s == NULL ? "(null)" : s;
}

static void
hops_are_read_and_graded(void **state)
{
	static const struct {
		const char	*what;
		enum received_tls tls;
		int		 local;
		const char	*version, *version_norm, *cipher;
		const char	*want_tls, *want_reason, *want_version, *want_cipher, *want_grade, *want_why;
	} cases[] = {
		{ "TLS 1.3", RECEIVED_TLS_YES, 0, "TLSv1.3", "TLSv1.3", "TLS_AES_256_GCM_SHA384",
		    "yes", NULL, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "recommended", "good" },
		{ "OpenSSL's name", RECEIVED_TLS_YES, 0, "TLS1_2", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384",
		    "yes", NULL, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "recommended", "good" },
		{ "the reader has no version, the words have", RECEIVED_TLS_YES, 0, "TLS1.0", NULL, "ECDHE-RSA-AES128-SHA",
		    "yes", NULL, "TLSv1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "legacy", "old" },
		{ "a version that is none", RECEIVED_TLS_YES, 0, "TLSv1/SSLv3", NULL, "ECDHE-RSA-AES256-GCM-SHA384",
		    "yes", NULL, NULL, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "recommended", "good" },
		{ "TLS of which nothing is said", RECEIVED_TLS_YES, 0, NULL, NULL, NULL,
		    "yes", NULL, NULL, "", "unknown", "the cipher suite is not known" },
		{ "half a cipher", RECEIVED_TLS_YES, 0, "TLSv1.2", "TLSv1.2", "Aes256",
		    "yes", NULL, "TLSv1.2", "", "unknown", "the name says only a part of the cipher suite" },
		{ "in clear", RECEIVED_TLS_NO, 0, NULL, NULL, NULL, "no", NULL, NULL, "", "none", "no TLS" },
		{ "not said", RECEIVED_TLS_UNKNOWN, 0, NULL, NULL, NULL,
		    "unknown", "not-said", NULL, "", "unknown", "it is not known whether there was TLS" },
		{ "a loop", RECEIVED_TLS_UNKNOWN, 1, NULL, NULL, NULL,
		    "unknown", "local", NULL, "", "unknown", "a loop inside one host" },
		{ "a loop in clear is no hop in clear", RECEIVED_TLS_NO, 1, NULL, NULL, NULL,
		    "no", NULL, NULL, "", "unknown", "a loop inside one host" },
		{ "a loop under TLS", RECEIVED_TLS_YES, 1, "TLSv1.3", "TLSv1.3", "TLS_AES_128_GCM_SHA256",
		    "yes", NULL, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "recommended", "good" },
	};
	static char texts[3][64];
	const struct route_hop *h;
	struct route route;
	struct mail m;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m);
		m.scan.received_count = 1;
		snprintf(texts[0], sizeof(texts[0]), "%s", shown(cases[i].version));
		snprintf(texts[1], sizeof(texts[1]), "%s", shown(cases[i].version_norm));
		snprintf(texts[2], sizeof(texts[2]), "%s", shown(cases[i].cipher));
		m.received[0].tls = cases[i].tls;
		m.received[0].local = (uint8_t)cases[i].local;
		m.received[0].version = cases[i].version == NULL ? NULL : texts[0];
		m.received[0].version_norm = cases[i].version_norm == NULL ? NULL : texts[1];
		m.received[0].cipher = cases[i].cipher == NULL ? NULL : texts[2];
		route_judge(&m.facts, NULL, 0, NULL, &profile, &route);
		h = &route.hops[0];
		if (strcmp(hop_tls_str(h->hop.tls), cases[i].want_tls) != 0 ||
		    strcmp(shown(h->hop.reason), shown(cases[i].want_reason)) != 0 ||
		    strcmp(shown(h->version), shown(cases[i].want_version)) != 0 ||
		    strcmp(h->cipher, cases[i].want_cipher) != 0 ||
		    strcmp(grade_str(h->grade), cases[i].want_grade) != 0 ||
		    strcmp(shown(h->grade_reason), shown(cases[i].want_why)) != 0 || h->hop.version != m.received[0].version) {
			print_error("%s: got %s/%s/%s/%s/%s/%s, want %s/%s/%s/%s/%s/%s\n", cases[i].what,
			    hop_tls_str(h->hop.tls), shown(h->hop.reason), shown(h->version), h->cipher, grade_str(h->grade),
			    shown(h->grade_reason), cases[i].want_tls, shown(cases[i].want_reason),
			    shown(cases[i].want_version), cases[i].want_cipher, cases[i].want_grade, shown(cases[i].want_why));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	/* Without a profile there is no grade, and why. */
	route_judge(&m.facts, NULL, 0, NULL, NULL, &route);
	assert_null(route.profile);
	assert_int_equal(route.hops[0].grade, GRADE_UNKNOWN);
}

static void
the_observed_hop_is_graded_as_well(void **state)
{
	static const struct { const char *version, *cipher, *bits, *want_version; unsigned int want_bits; enum grade want; } cases[] = {
		{ "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256", "TLSv1.3", 256, GRADE_RECOMMENDED },
		{ "TLSv1", "ECDHE-RSA-AES256-SHA", "256/256", "TLSv1", 256, GRADE_LEGACY },
		{ "TLSv1.2", NULL, "x", "TLSv1.2", 0, GRADE_UNKNOWN },
	};
	struct route route;
	struct mail m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m);
		m.observed = (struct hop){ HOP_OBSERVED, HOP_TLS_YES, NULL, cases[i].version, cases[i].cipher, cases[i].bits };
		route_judge(&m.facts, &m.observed, 0, NULL, &profile, &route);
		assert_null(route.hops[0].received);
		assert_string_equal(route.hops[0].version, cases[i].want_version);
		assert_int_equal(route.hops[0].bits, cases[i].want_bits);
		assert_int_equal(route.hops[0].grade, cases[i].want);
		assert_ptr_equal(route.profile, &profile);
	}
	mail_init(&m);
	route_judge(&m.facts, &m.observed, 0, NULL, &profile, &route);
	assert_string_equal(route.hops[0].hop.reason, "not-offered");
	assert_int_equal(route.hops[0].grade, GRADE_UNKNOWN);
	m.observed.tls = HOP_TLS_NO;
	route_judge(&m.facts, &m.observed, 0, NULL, &profile, &route);
	assert_int_equal(route.hops[0].grade, GRADE_NONE);
}

/* ---- times ---- */

#define NO	(-9999)

static void
delays_are_raw(void **state)
{
	/* Times of the end of the message and of the fields; 0 is none.  want: of each hop that has one before it. */
	static const struct {
		uint64_t	 end, times[4];
		uint32_t	 count;
		int64_t		 want[5];
	} cases[] = {
		{ 1000, { 998, 990, 100 }, 3, { 2, 8, 890, NO } },
		{ 1000, { 1003, 990 }, 2, { -3, 13, NO } },
		{ 0, { 998, 990 }, 2, { NO, 8, NO } },
		{ 1000, { 0, 990, 980 }, 3, { NO, NO, 10, NO } },
		{ 1000, { 990, 0, 980 }, 3, { 10, NO, NO, NO } },
		{ RECEIVED_TIME_MAX, { 1, RECEIVED_TIME_MAX }, 2, { RECEIVED_TIME_MAX - 1, 1 - (int64_t)RECEIVED_TIME_MAX, NO } },
		{ 1000, { 0 }, 0, { NO } },
	};
	struct route route;
	struct mail m;
	size_t i, k;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m);
		m.facts.time_ms = cases[i].end * 1000 + 999;
		if (cases[i].end == 0)
			m.facts.time_ms = 0;
		m.scan.received_count = cases[i].count;
		for (k = 0; k < cases[i].count; k++) {
			m.received[k].time = cases[i].times[k];
			m.received[k].has_time = cases[i].times[k] != 0;
		}
		route_judge(&m.facts, &m.observed, 0, NULL, NULL, &route);
		assert_int_equal(route.count, cases[i].count + 1);
		for (k = 0; k < route.count; k++)
			if ((route.hops[k].has_delay ? route.hops[k].delay : NO) != cases[i].want[k]) {
				print_error("case %zu, hop %zu: got %lld, want %lld\n", i, k,
				    (long long)(route.hops[k].has_delay ? route.hops[k].delay : NO), (long long)cases[i].want[k]);
				bad++;
			}
	}
	assert_int_equal(bad, 0);
}

/* As many fields as there can be, and more that were not read. */
static void
the_most_fields(void **state)
{
	static char ip[] = "10.0.0.1";
	struct route route;
	struct mail m;
	size_t i;

	(void)state;
	mail_init(&m);
	m.facts.client_ip = ip;
	m.trusted.count = 1;
	assert_int_equal(cidr_parse("10.0.0.0/8", m.nets), 0);
	for (i = 0; i < SCAN_RECEIVED_MAX; i++)
		m.received[i].ip = ip;
	m.scan.received_count = SCAN_RECEIVED_MAX;
	m.scan.received_more = 7;
	route_judge(&m.facts, &m.observed, 0, &m.trusted, &profile, &route);
	assert_int_equal(route.count, 1 + SCAN_RECEIVED_MAX);
	assert_int_equal(route.boundary, SCAN_RECEIVED_MAX);
	assert_int_equal(route.more, 7);
	route_judge(&m.facts, NULL, 0, &m.trusted, &profile, &route);
	assert_int_equal(route.count, SCAN_RECEIVED_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trust_walks_outwards),
		cmocka_unit_test(hops_are_read_and_graded),
		cmocka_unit_test(the_observed_hop_is_graded_as_well),
		cmocka_unit_test(delays_are_raw),
		cmocka_unit_test(the_most_fields),
	};

	return cmocka_run_group_tests(tests, rules_setup, NULL);
}
