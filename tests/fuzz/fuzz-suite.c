/* SPDX-License-Identifier: ISC */
/* Fuzzes the grammar of judge/suite.c and the grades of judge/profile.c: the first line is a version, the rest a name. */
/*
 * For libFuzzer:
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -Imilter -D_GNU_SOURCE \
 *       tests/fuzz/fuzz-suite.c milter/judge/suite.c milter/judge/profile.c -o build/fuzz-suite
 *   build/fuzz-suite -dict=tests/fuzz/fuzz-suite.dict -max_len=300
 * What is known and has a name means the same by that name; what is not known is not praised.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/profile.h"
#include "judge/suite.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* All of TLS 1.3 is recommended, of the rest what has forward secrecy and no CBC. */
static enum grade
graded(const struct suite *s)
{
	struct profile_rule	 rules[3];
	struct profile		 p;
	const char		*reason = NULL;
	char			 text[] = "reason";
	enum grade		 g;
	size_t			 i;

	memset(&p, 0, sizeof(p));
	for (i = 0; i < 3; i++) {
		profile_rule_init(&rules[i]);
		rules[i].reason = text;
	}
	rules[0].versions = 1u << SUITE_VERSION_TLS13;
	rules[0].grade = GRADE_RECOMMENDED;
	rules[1].modes = 1u << SUITE_MODE_CBC;
	rules[1].grade = GRADE_FORBIDDEN;
	rules[2].fs = 1;
	rules[2].grade = GRADE_ACCEPTABLE;
	p.rules = rules;
	p.rules_count = 3;
	g = profile_grade(&p, s, HOP_TLS_YES, &reason);
	must(reason != NULL && reason[0] != '\0');
	return g;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*text = (const char *)data, *end = size > 0 ? memchr(text, '\n', size) : NULL;
	size_t		 version_len = end != NULL ? (size_t)(end - text) : 0;
	const char	*name = end != NULL ? end + 1 : text;
	struct suite	 s, t;
	char		 iana[SUITE_IANA_MAX], shown[200];
	unsigned int	 bits;

	must(suite_parse(name, size - (size_t)(name - text), text, version_len, &s) ==
	    !(suite_known(&s) && s.version != SUITE_VERSION_UNKNOWN));
	must(s.least <= s.most && s.least != SUITE_VERSION_UNKNOWN && s.most < SUITE_VERSION_MAX);
	must(s.version == SUITE_VERSION_UNKNOWN || (s.version == s.least && s.version == s.most));
	if (s.cipher == SUITE_CIPHER_UNKNOWN) {
		must(s.kx == SUITE_KX_UNKNOWN && s.auth == SUITE_AUTH_UNKNOWN && s.mode == SUITE_MODE_UNKNOWN && s.bits == 0);
		must(graded(&s) == GRADE_UNKNOWN);
	}
	must(s.bits <= 256 && (s.bits > 0) == (s.cipher != SUITE_CIPHER_UNKNOWN && s.cipher != SUITE_CIPHER_NULL));
	if (s.mode == SUITE_MODE_CBC)
		must(graded(&s) != GRADE_RECOMMENDED && graded(&s) != GRADE_ACCEPTABLE);
	must(suite_str(&s, shown, sizeof(shown)) == shown && shown[0] != '\0');
	if (suite_iana(&s, iana, sizeof(iana)) == 0) {
		(void)suite_read(iana, suite_version_str(s.version), &t);
		must(suite_same(&s, &t) == 1 && t.version == s.version && t.fs == s.fs && t.aead == s.aead);
	}
	(void)suite_bits_parse(name, size - (size_t)(name - text), &bits);
	return 0;
}
