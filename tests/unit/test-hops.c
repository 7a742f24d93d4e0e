/* SPDX-License-Identifier: ISC */
/* Tests of judge/hops.c: what the macros of a connection say of its TLS, and when they say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/hops.h"

static const char *
shown(const char *s)
{
	return s == NULL ? "(null)" : s;
}

static void
observed(void **state)
{
	static const struct {
		const char	*what, *version, *cipher, *bits;
		int		 helo, mail, local, proxied;
		const char	*tls, *reason, *want_version, *want_cipher;
	} cases[] = {
		{ "TLS 1.3", "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256", 1, 1, 0, 0, "yes", NULL, "TLSv1.3",
		    "TLS_AES_256_GCM_SHA384" },
		{ "version alone", "TLSv1", NULL, NULL, 0, 0, 0, 0, "yes", NULL, "TLSv1", NULL },
		{ "empty cipher is none", "TLSv1.2", "", "", 1, 1, 0, 0, "yes", NULL, "TLSv1.2", NULL },
		{ "clear, Postfix", NULL, NULL, NULL, 1, 1, 0, 0, "no", NULL, NULL, NULL },
		{ "clear, Sendmail's empty macro", "", "", "", 1, 1, 0, 0, "no", NULL, NULL, NULL },
		{ "canary at helo only", NULL, NULL, NULL, 1, 0, 0, 0, "no", NULL, NULL, NULL },
		{ "canary at mail only", NULL, NULL, NULL, 0, 1, 0, 0, "no", NULL, NULL, NULL },
		{ "nothing offered", NULL, NULL, NULL, 0, 0, 0, 0, "unknown", "not-offered", NULL, NULL },
		{ "cipher without version is no proof", NULL, "AES", "256", 0, 0, 0, 0, "unknown", "not-offered", NULL, NULL },
		{ "local", NULL, NULL, NULL, 1, 1, 1, 0, "unknown", "local", NULL, NULL },
		{ "local with a replayed macro", "TLSv1.3", "X", "1", 1, 1, 1, 0, "unknown", "local", NULL, NULL },
		{ "proxy", NULL, NULL, NULL, 1, 1, 0, 1, "unknown", "proxy", NULL, NULL },
		{ "proxy's own TLS is not the client's", "TLSv1.3", "X", "1", 1, 1, 0, 1, "unknown", "proxy", NULL, NULL },
		{ "local wins over proxy", NULL, NULL, NULL, 0, 0, 1, 1, "unknown", "local", NULL, NULL },
	};
	struct message_facts facts;
	struct hop hop;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&facts, 0, sizeof(facts));
		facts.tls.tls_version = cases[i].version;
		facts.tls.cipher = cases[i].cipher;
		facts.tls.cipher_bits = cases[i].bits;
		facts.tls.canary_helo = cases[i].helo;
		facts.tls.canary_mail = cases[i].mail;
		memset(&hop, 0xff, sizeof(hop));
		hops_observed(&facts, cases[i].local, cases[i].proxied, &hop);
		if (strcmp(hop_tls_str(hop.tls), cases[i].tls) != 0 ||
		    strcmp(shown(hop.reason), shown(cases[i].reason)) != 0 ||
		    strcmp(shown(hop.version), shown(cases[i].want_version)) != 0 ||
		    strcmp(shown(hop.cipher), shown(cases[i].want_cipher)) != 0 || hop.evidence != HOP_OBSERVED) {
			print_error("%s: got %s %s %s %s, want %s %s %s %s\n", cases[i].what, hop_tls_str(hop.tls),
			    shown(hop.reason), shown(hop.version), shown(hop.cipher), cases[i].tls, shown(cases[i].reason),
			    shown(cases[i].want_version), shown(cases[i].want_cipher));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(hop_evidence_str(HOP_OBSERVED), "observed");
	assert_string_equal(hop_evidence_str(HOP_ATTESTED), "attested");
	assert_string_equal(hop_evidence_str(HOP_CLAIMED), "claimed");
	assert_string_equal(hop_tls_str(HOP_TLS_UNKNOWN), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(observed),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
