/* SPDX-License-Identifier: ISC */
/* Tests of judge/profile.c and conf_profile.c: the shipped profiles grade as their sources do; broken files are refused. */
#include "conf-files.h"
#include "conf_profile.h"

enum { UK_GOV, NIST, BSI, NCSC_NL, BCP195, PROFILES };
static const char *const names[] = { "uk_gov", "nist", "bsi", "ncsc_nl", "bcp195" };
static struct profile	*shipped[PROFILES];

static int
setup(void **state)
{
	struct buf	 errs;
	size_t		 i;

	buf_init(&errs, 65536);
	for (i = 0; i < PROFILES; i++)
		if ((shipped[i] = conf_profile_find("conf/profiles", names[i], &errs)) == NULL) {
			print_error("%s", errs.data);
			return -1;
		}
	if (errs.len != 0)
		print_error("got %s, want no complaint\n", errs.data);
	buf_free(&errs);
	return files_setup(state);
}

static int
teardown(void **state)
{
	size_t	 i;

	for (i = 0; i < PROFILES; i++)
		profile_free(shipped[i]);
	return files_teardown(state);
}

static const char *
grade_of(const struct profile *p, const char *name, const char *version, const char **reason)
{
	struct suite	 s;

	(void)suite_read(name, version, &s);
	return grade_str(profile_grade(p, &s, HOP_TLS_YES, reason));
}

static const char *
grade_word(char c)
{
	switch (c) {
	case 'R':
		return "recommended";
	case 'A':
		return "acceptable";
	case 'L':
		return "legacy";
	case 'F':
		return "forbidden";
	}
	return "unknown";
}

struct row {
	const char	*name, *version;
	const char	*want;		/* a letter for each of names[]: R A L F, ? unknown */
};

static int
rows_check(const struct row *rows, size_t n)
{
	const char	*got, *reason;
	size_t		 i, k;
	int		 bad = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < PROFILES; k++) {
			reason = NULL;
			got = grade_of(shipped[k], rows[i].name, rows[i].version, &reason);
			if (strcmp(got, grade_word(rows[i].want[k])) != 0 || reason == NULL || reason[0] == '\0') {
				print_error("%s: %s %s: got %s (%s), want %s\n", names[k], rows[i].version, rows[i].name, got,
				    reason != NULL ? reason : "no reason", grade_word(rows[i].want[k]));
				bad++;
			}
		}
	return bad;
}

/* The suites that mail meets. */
static void
suites(void **state)
{
	static const struct row rows[] = {
		{ "TLS_AES_256_GCM_SHA384", "TLSv1.3", "RRRRR" },
		{ "TLS_AES_128_GCM_SHA256", "TLSv1.3", "RRRAR" },
		{ "TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", "AFLRR" },
		{ "TLS_AES_128_CCM_SHA256", "TLSv1.3", "ARRAR" },
		{ "TLS_AES_128_CCM_8_SHA256", "TLSv1.3", "LALFL" },
		{ "TLS_SM4_GCM_SM3", "TLSv1.3", "LFLFL" },
		{ "TLS_SHA256_SHA256", "TLSv1.3", "FFFFF" },
		{ "ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", "RRRAR" },
		{ "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "RRRAR" },
		{ "ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "AFLAA" },
		{ "ECDHE-RSA-CHACHA20-POLY1305-OLD", "TLSv1.2", "AFLFA" },
		{ "ECDHE-ECDSA-AES256-CCM", "TLSv1.2", "ARRAA" },
		{ "ECDHE-ECDSA-AES256-CCM8", "TLSv1.2", "LALFL" },
		{ "DHE-RSA-AES256-GCM-SHA384", "TLSv1.2", "ARALL" },
		{ "DHE-RSA-AES256-CCM", "TLSv1.2", "LRALL" },
		{ "DHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "LFLLL" },
		{ "AES256-GCM-SHA384", "TLSv1.2", "LLLFL" },
		{ "AES128-CCM8", "TLSv1.2", "LLLFL" },
		{ "ECDHE-RSA-AES256-SHA384", "TLSv1.2", "AARLL" },
		{ "ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", "AARLL" },
		{ "ECDHE-RSA-AES256-SHA", "TLSv1.2", "LLLFL" },
		{ "DHE-RSA-AES256-SHA256", "TLSv1.2", "AAALL" },
		{ "DHE-RSA-AES128-SHA256", "TLSv1.2", "AAALL" },
		{ "DHE-RSA-AES128-SHA", "TLSv1.2", "LLLFL" },
		{ "AES128-SHA256", "TLSv1.2", "LLLFL" },
		{ "AES256-SHA", "TLSv1.2", "LLLFL" },
		{ "ECDHE-RSA-DES-CBC3-SHA", "TLSv1.2", "LFFFL" },
		{ "DES-CBC3-SHA", "TLSv1.2", "LFFFL" },
		{ "EDH-RSA-DES-CBC-SHA", "TLSv1.2", "FFFFF" },
		{ "RC4-MD5", "TLSv1.2", "FFFFF" },
		{ "RC4-SHA", "TLSv1.2", "FFFFF" },
		{ "ECDHE-RSA-RC4-SHA", "TLSv1.2", "FFFFF" },
		{ "NULL-SHA256", "TLSv1.2", "FFFFF" },
		{ "ECDHE-RSA-NULL-SHA", "TLSv1.2", "FFFFF" },
		{ "TLS_NULL_WITH_NULL_NULL", "TLSv1.2", "FFFFF" },
		{ "EXP-RC4-MD5", "TLSv1.2", "FFFFF" },
		{ "EXP1024-DES-CBC-SHA", "TLSv1.2", "FFFFF" },
		{ "ADH-AES256-GCM-SHA384", "TLSv1.2", "FFFFF" },
		{ "AECDH-AES256-SHA", "TLSv1.2", "FFFFF" },
		{ "SRP-RSA-AES-256-CBC-SHA", "TLSv1.2", "FFFFF" },
		{ "KRB5-DES-CBC3-SHA", "TLSv1.2", "FFFFF" },
		{ "GOST2001-GOST89-GOST89", "TLSv1.2", "FFFFF" },
		{ "CAMELLIA256-SHA", "TLSv1.2", "LFLFL" },
		{ "ECDHE-RSA-CAMELLIA256-SHA384", "TLSv1.2", "LFLLL" },
		{ "ECDH-RSA-AES128-GCM-SHA256", "TLSv1.2", "LLLFL" },
		{ "DHE-DSS-AES128-GCM-SHA256", "TLSv1.2", "LRAFL" },
		{ "ECDHE-PSK-AES128-CBC-SHA256", "TLSv1.2", "LARFL" },
		{ "RSA-PSK-AES128-GCM-SHA256", "TLSv1.2", "LFLFL" },
		{ "IDEA-CBC-SHA", "TLSv1.2", "LFLFL" },
	};

	(void)state;
	assert_int_equal(rows_check(rows, sizeof(rows) / sizeof(rows[0])), 0);
}

/* The version has a word of its own. */
static void
versions(void **state)
{
	static const struct row rows[] = {
		{ "ECDHE-RSA-AES256-SHA", "TLSv1.1", "LLFFF" },
		{ "ECDHE-RSA-AES256-SHA", "TLSv1", "LFFFF" },
		{ "ECDHE-RSA-AES256-SHA", "SSLv3", "FFFFF" },
		{ "DES-CBC3-SHA", "TLSv1.1", "LFFFF" },
		{ "RC4-SHA", "TLSv1", "FFFFF" },
		{ "RC4-MD5", "SSLv2", "FFFFF" },
		{ "ADH-AES256-SHA", "TLSv1.1", "FFFFF" },
		/* GnuTLS' names of 1.2 under 1.3 */
		{ "ECDHE_RSA_AES_128_GCM_SHA256", "TLS1.3", "RRRAR" },
		{ "DHE_RSA_AES_256_GCM_SHA384", "TLS1.3", "RRRRR" },
		{ "ECDHE_RSA_CHACHA20_POLY1305", "TLS1.3", "AFLRR" },
		{ "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM", "TLS1.3", "RRRRR" },
		/* the same letters, two suites */
		{ "AES128-GCM-SHA256", "TLSv1.2", "LLLFL" },
		{ "TLS_AES_128_GCM_SHA256", "TLSv1.3", "RRRAR" },
	};

	(void)state;
	assert_int_equal(rows_check(rows, sizeof(rows) / sizeof(rows[0])), 0);
}

/* A grade stands only if it is the same whatever is not known. */
static void
unknowns(void **state)
{
	static const struct row rows[] = {
		/* The suite is not known: a version may condemn, it never praises. */
		{ NULL, "TLSv1.3", "?????" },
		{ NULL, "TLSv1.2", "?????" },
		{ NULL, "SSLv3", "FFFFF" },
		{ NULL, "TLSv1.0", "?FFFF" },	/* forbidden or legacy, says uk_gov */
		{ NULL, NULL, "?????" },
		{ "FOO-AES256-GCM-SHA384", "TLSv1.3", "?????" },
		{ "TLS_AES_256_GCM_SHA384_FOO", "TLSv1.3", "?????" },
		{ "TLS_AEGIS_256_SHA512", "TLSv1.3", "?????" },
		{ "FOO", "TLSv1.1", "??FFF" },
		/* The version is not known. */
		{ "TLS_AES_256_GCM_SHA384", NULL, "RRRRR" },
		{ "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1/SSLv3", "RRRAR" },
		{ "ECDHE_RSA_AES_256_GCM_SHA384", NULL, "RRR?R" },
		{ "ECDHE-RSA-AES128-SHA", "TLSv1/SSLv3", "???F?" },
		{ "RC4-SHA", NULL, "FFFFF" },
		{ "DES-CBC3-SHA", NULL, "?FFF?" },
		/* Only a part of the name is known. */
		{ "AES-256-GCM", NULL, "?????" },
		{ "AES-256-GCM", "TLSv1.3", "RRRRR" },
		{ "Aes256", "TLS\\Tls12", "?????" },
		{ "Aes256", "TLS\\Tls13", "RRRRR" },
		{ "Aes128", "TLS\\Tls13", "?????" },
		{ "Rc4", "TLS\\Tls12", "FFFFF" },
		{ "TripleDes", "TLS\\Tls12", "?FFF?" },
		/* Name and version contradict each other. */
		{ "TLS_AES_128_GCM_SHA256", "TLSv1.2", "?????" },
		{ "ECDHE-RSA-AES256-SHA", "TLSv1.3", "?????" },
		{ "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.0", "?FFFF" },
	};

	(void)state;
	assert_int_equal(rows_check(rows, sizeof(rows) / sizeof(rows[0])), 0);
}

static void
without_tls(void **state)
{
	const char	*reason;
	struct suite	 s;
	size_t		 i;

	(void)state;
	(void)suite_read("TLS_AES_256_GCM_SHA384", "TLSv1.3", &s);
	for (i = 0; i < PROFILES; i++) {
		assert_string_equal(grade_str(profile_grade(shipped[i], NULL, HOP_TLS_NO, &reason)), "none");
		assert_string_equal(reason, "no TLS");
		assert_string_equal(grade_str(profile_grade(shipped[i], &s, HOP_TLS_NO, &reason)), "none");
		assert_string_equal(grade_str(profile_grade(shipped[i], &s, HOP_TLS_UNKNOWN, &reason)), "unknown");
		assert_string_equal(grade_str(profile_grade(shipped[i], NULL, HOP_TLS_YES, &reason)), "unknown");
		assert_string_equal(reason, "the cipher suite is not known");
		assert_string_equal(grade_str(profile_grade(shipped[i], &s, HOP_TLS_YES, NULL)), "recommended");
	}
}

static void
reasons(void **state)
{
	static const struct { int profile; const char *name, *version, *want; } cases[] = {
		{ UK_GOV, "TLS_AES_256_GCM_SHA384", "TLSv1.3", "TLS 1.3 with AES-GCM" },
		{ UK_GOV, "AES256-SHA", "TLSv1.2", "no forward secrecy (RSA key exchange)" },
		{ UK_GOV, "ECDHE-RSA-AES256-SHA", "TLSv1", "TLS before 1.2" },
		{ UK_GOV, "RC4-SHA", NULL, "RC4 (RFC 7465)" },
		{ BCP195, "ADH-AES256-SHA", "TLSv1.2", "anonymous: encrypted, but anybody may have answered" },
		{ NCSC_NL, "AES256-SHA", "TLSv1.2", "no forward secrecy: insufficient" },
		{ BSI, "ECDHE-RSA-AES256-SHA", NULL, "the TLS version is not known" },
		{ BSI, "AES-256-GCM", NULL, "the name says only a part of the cipher suite" },
		{ BSI, "TLS_AES_256_GCM_SHA384", "TLSv1.2", "the cipher suite is none of the TLS version that is stated" },
	};
	const char	*reason;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)grade_of(shipped[cases[i].profile], cases[i].name, cases[i].version, &reason);
		if (strcmp(reason, cases[i].want) != 0)
			fail_msg("%s of %s: got \"%s\", want \"%s\"", cases[i].name, names[cases[i].profile], reason, cases[i].want);
	}
}

/* What is shipped says where it is from, and what nobody has compared yet. */
static void
heads(void **state)
{
	size_t	 i, k, waiting;

	(void)state;
	for (i = 0; i < PROFILES; i++) {
		assert_string_equal(shipped[i]->name, names[i]);
		assert_non_null(shipped[i]->source);
		assert_non_null(shipped[i]->compare);
		assert_non_null(shipped[i]->notes);
		if (shipped[i]->rules_count > 40)
			fail_msg("%s: got %zu rules, want few enough to be read", names[i], shipped[i]->rules_count);
		for (k = waiting = 0; k < shipped[i]->rules_count; k++) {
			waiting += shipped[i]->rules[k].compare != 0;
			assert_true(shipped[i]->rules[k].line > 0);
			assert_true(k == 0 || shipped[i]->rules[k].line > shipped[i]->rules[k - 1].line);
		}
		if (waiting == shipped[i]->rules_count || waiting == 0)
			fail_msg("%s: %zu of %zu rules wait to be compared, want some but not all", names[i], waiting,
			    shipped[i]->rules_count);
	}
	assert_non_null(strstr(shipped[UK_GOV]->source, "Mail Check"));
	assert_non_null(strstr(shipped[UK_GOV]->compare, "ncsc.gov.uk/guidance/using-tls-to-protect-data"));
}

static void
grades(void **state)
{
	enum grade	 g;

	(void)state;
	assert_true(GRADE_UNKNOWN < GRADE_NONE && GRADE_NONE < GRADE_FORBIDDEN && GRADE_FORBIDDEN < GRADE_LEGACY &&
	    GRADE_LEGACY < GRADE_ACCEPTABLE && GRADE_ACCEPTABLE < GRADE_RECOMMENDED);
	assert_int_equal(grade_parse("legacy", &g), 0);
	assert_int_equal(g, GRADE_LEGACY);
	assert_int_equal(grade_parse("Legacy", &g), -1);
	assert_int_equal(grade_parse("", &g), -1);
	assert_string_equal(grade_str((enum grade)77), "unknown");
}

/* ---- files ---- */

#define HEAD	"name = \"own\";\nversion = \"1\";\ndate = \"2026-11-23\";\nsource = \"us\";\n"

static struct profile *
read_own(const char *text, char **said)
{
	struct buf	 errs;
	struct profile	*p;

	buf_init(&errs, 65536);
	p = conf_profile_read(file_write("own.conf", text), &errs);
	*said = without_dir(errs.data != NULL ? errs.data : "");
	buf_free(&errs);
	return p;
}

/* What a rule asks and nobody knows. */
static void
keys_unknown(void **state)
{
	static const struct { const char *asks, *name, *version, *want; } cases[] = {
		{ "fs = true", "AES-256-GCM", "TLSv1.2", "unknown" },
		{ "fs = false", "AES-256-GCM", "TLSv1.2", "unknown" },
		{ "fs = true", "AES-256-GCM", "TLSv1.3", "acceptable" },
		{ "kx = \"RSA\"", "AES-256-GCM", "TLSv1.2", "unknown" },
		{ "auth = \"RSA\"", "AES-256-GCM", "TLSv1.2", "unknown" },
		{ "aead = true", "Aes256", "TLSv1.2", "unknown" },
		{ "mode = \"CBC\"", "Aes256", "TLSv1.2", "unknown" },
		{ "mac = \"SHA\"", "Aes256", "TLSv1.2", "unknown" },
		{ "bits = 256", "Aes256", "TLSv1.2", "acceptable" },
		{ "bits = 128", "Aes256", "TLSv1.2", "legacy" },
		{ "bits = 128", "FOO", "TLSv1.2", "unknown" },
		{ "export = true", "FOO", "TLSv1.2", "unknown" },
		{ "draft = true", "Aes256", "TLSv1.2", "legacy" },
		{ "suite = \"AES256-SHA\"", "Aes256", "TLSv1.2", "unknown" },
		{ "suite = \"AES128-SHA\"", "Aes256", "TLSv1.2", "legacy" },
		{ "kx = \"GOST\"", "GOST2001-GOST89-GOST89", NULL, "acceptable" },
		{ "kx = \"ECDHE\"", "ECDHE_RSA_AES_256_GCM_SHA384", NULL, "unknown" },	/* under 1.3 it is any */
		{ "version = \"TLSv1.3\"", "AES-256-GCM", NULL, "unknown" },
		{ "version = [ \"TLSv1.3\", \"TLSv1.2\" ]", "AES-256-GCM", NULL, "acceptable" },
	};
	char		 text[1024], *said;
	const char	*got;
	struct profile	*p;
	size_t		 i;
	int		 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD "rules = ( { %s; grade = \"acceptable\"; reason = \"yes\"; },\n"
		    "  { grade = \"legacy\"; reason = \"no\"; } );\n", cases[i].asks);
		p = read_own(text, &said);
		assert_non_null(p);
		if (strcmp(got = grade_of(p, cases[i].name, cases[i].version, NULL), cases[i].want) != 0) {
			print_error("%s: %s: got %s, want %s\n", cases[i].asks, cases[i].name, got, cases[i].want);
			bad++;
		}
		profile_free(p);
		free(said);
	}
	assert_int_equal(bad, 0);
}

/* Every key of a rule, alone. */
static void
keys(void **state)
{
	static const struct { const char *asks, *yes, *no; } cases[] = {
		{ "version = \"TLSv1.2\"", "ECDHE-RSA-AES128-SHA", NULL },
		{ "version = [ \"TLS1_2\", \"TLSv1.1\" ]", "ECDHE-RSA-AES128-SHA", NULL },
		{ "version = ( \"TLSv1.3\", \"SSLv3\" )", NULL, "ECDHE-RSA-AES128-SHA" },
		{ "kx = \"ecdhe\"", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-SHA" },
		{ "auth = [ \"RSA\", \"anon\" ]", "AECDH-AES128-SHA", "ECDHE-ECDSA-AES128-SHA" },
		{ "cipher = \"3DES\"", "DES-CBC3-SHA", "DES-CBC-SHA" },
		{ "mode = \"CCM_8\"", "AES128-CCM8", "AES128-CCM" },
		{ "mac = \"SHA\"", "AES128-SHA", "AES128-SHA256" },
		{ "aead = true", "AES128-GCM-SHA256", "AES128-SHA" },
		{ "fs = false", "AES128-GCM-SHA256", "DHE-RSA-AES128-SHA" },
		{ "export = true", "EXP-RC4-MD5", "RC4-MD5" },
		{ "draft = true", "ECDHE-RSA-CHACHA20-POLY1305-OLD", "ECDHE-RSA-CHACHA20-POLY1305" },
		{ "bits = 128", "AES128-SHA", "AES256-SHA" },
		{ "bits = \"256\"", "AES256-SHA", "AES128-SHA" },
		{ "bits = \"= 256\"", "AES256-SHA", "AES128-SHA" },
		{ "bits = \"< 128\"", "DES-CBC3-SHA", "AES128-SHA" },
		{ "bits = \"<=128\"", "AES128-SHA", "AES256-SHA" },
		{ "bits = \">128\"", "AES256-SHA", "AES128-SHA" },
		{ "bits = \">= 128\"", "AES128-SHA", "DES-CBC3-SHA" },
		{ "bits = 0", "NULL-SHA", "DES-CBC-SHA" },
		{ "suite = \"TLS_RSA_WITH_AES_128_CBC_SHA\"", "AES128-SHA", "AES256-SHA" },
		{ "suite = [ \"AES256-SHA\", \"ECDHE_RSA_AES_256_CBC_SHA1\" ]", "ECDHE-RSA-AES256-SHA", "AES128-SHA" },
		{ "cipher = \"AES\"; bits = 256; kx = \"RSA\"", "AES256-SHA", "ECDHE-RSA-AES256-SHA" },
		{ "compare = true; mac = \"SHA\"", "AES128-SHA", "AES128-SHA256" },
	};
	char		 text[1024], *said;
	const char	*got;
	struct profile	*p;
	size_t		 i;
	int		 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD "rules = ( { %s; grade = \"acceptable\"; reason = \"yes\"; },\n"
		    "  { grade = \"legacy\"; reason = \"no\"; } );\n", cases[i].asks);
		if ((p = read_own(text, &said)) == NULL || said[0] != '\0') {
			print_error("%s: got %s\n", cases[i].asks, said);
			bad++;
		} else {
			if (cases[i].yes != NULL && strcmp(got = grade_of(p, cases[i].yes, "TLSv1.2", NULL), "acceptable") != 0) {
				print_error("%s: %s: got %s, want acceptable\n", cases[i].asks, cases[i].yes, got);
				bad++;
			}
			if (cases[i].no != NULL && strcmp(got = grade_of(p, cases[i].no, "TLSv1.2", NULL), "legacy") != 0) {
				print_error("%s: %s: got %s, want legacy\n", cases[i].asks, cases[i].no, got);
				bad++;
			}
		}
		profile_free(p);
		free(said);
	}
	assert_int_equal(bad, 0);
}

static void
no_rule(void **state)
{
	char		*said, *more;
	const char	*reason;
	struct profile	*p = read_own(HEAD "rules = ( { cipher = \"RC4\"; grade = \"forbidden\"; reason = \"x\"; } );", &said);
	struct profile	*kind = read_own(HEAD "rules = ( { version = \"TLSv1.3\"; grade = \"recommended\"; reason = \"x\"; } );",
	    &more);

	(void)state;
	assert_non_null(p);
	assert_non_null(kind);
	assert_string_equal(grade_of(p, "AES128-SHA", "TLSv1.2", &reason), "unknown");
	assert_string_equal(reason, "no rule of the profile speaks of it");
	assert_string_equal(grade_of(p, "RC4-SHA", "TLSv1.2", &reason), "forbidden");
	/* Even a rule for all of TLS 1.3 does not recommend what nobody understood. */
	assert_string_equal(grade_of(kind, "TLS_AES_128_GCM_SHA256", "TLSv1.3", &reason), "recommended");
	assert_string_equal(grade_of(kind, "TLS_FOO_SHA256", "TLSv1.3", &reason), "unknown");
	assert_string_equal(reason, "the cipher suite is not known");
	profile_free(p);
	profile_free(kind);
	free(said);
	free(more);
}

#define RULE	"rules = ( { grade = \"legacy\"; reason = \"r\"; } );\n"

static void
refused(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "", "own.conf: the profile has no name\nown.conf: the profile has no version\nown.conf: the profile has no date\n"
		    "own.conf: the profile has no source\nown.conf: the profile has no rules\n" },
		{ HEAD, "own.conf: the profile has no rules\n" },
		{ HEAD "rules = ( );\n", "own.conf:5: rules: want a list of rules:  rules = ( { ... }, { ... } );\n" },
		{ HEAD "rules = \"x\";\n", "own.conf:5: rules: want a list of rules:  rules = ( { ... }, { ... } );\n" },
		{ HEAD "ruels = ( );\n" RULE, "own.conf:5: unknown key: ruels; did you mean rules?\n" },
		{ HEAD "frobnicate = 1;\n" RULE, "own.conf:5: unknown key: frobnicate; hopward-profile(5) lists all\n" },
		{ HEAD "rules = (\n  {\n    cypher = \"AES\";\n    grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:7: unknown key: cypher; did you mean cipher?\n" },
		{ HEAD "rules = (\n  { cipher = \"AES265\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: cipher: unknown \"AES265\"; hopward-profile(5) lists all\n" },
		{ HEAD "rules = (\n  { cipher = [ \"RC4\", \"CHACHA\" ]; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: cipher: unknown \"CHACHA\"; did you mean \"CHACHA20\"?\n" },
		{ HEAD "rules = (\n  { cipher = \"unknown\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: cipher: unknown \"unknown\"; hopward-profile(5) lists all\n" },
		{ HEAD "rules = (\n  { version = \"TLSv1.4\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: version: unknown \"TLSv1.4\"; did you mean \"TLSv1.0\"?\n" },
		{ HEAD "rules = (\n  { kx = [ ]; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: kx: the list is empty, so nothing could ever match\n" },
		{ HEAD "rules = (\n  { kx = 5; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: kx: want a string, or a list of strings: [ \"a\", \"b\" ]\n" },
		{ HEAD "rules = (\n  { kx = [ 5 ]; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: kx: want strings in the list\n" },
		{ HEAD "rules = (\n  { fs = \"yes\"; grade = \"legacy\"; reason = \"r\"; } );\n", "own.conf:6: fs: want true or false\n" },
		{ HEAD "rules = (\n  { bits = \"< 0\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: bits: want a number up to 4096, or one behind < <= > or >= in a string: \"< 128\"\n" },
		{ HEAD "rules = (\n  { bits = \"=> 128\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: bits: want a number up to 4096, or one behind < <= > or >= in a string: \"< 128\"\n" },
		{ HEAD "rules = (\n  { bits = -1; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: bits: want a number up to 4096, or one behind < <= > or >= in a string: \"< 128\"\n" },
		{ HEAD "rules = (\n  { suite = \"AES-256-GCM\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: suite: \"AES-256-GCM\" is no cipher suite that is known in all its parts\n" },
		{ HEAD "rules = (\n  { grade = \"good\"; reason = \"r\"; } );\n",
		    "own.conf:6: grade: unknown \"good\"; hopward-profile(5) lists all\n" },
		{ HEAD "rules = (\n  { grade = \"legasy\"; reason = \"r\"; } );\n",
		    "own.conf:6: grade: unknown \"legasy\"; did you mean \"legacy\"?\n" },
		{ HEAD "rules = (\n  { grade = \"none\"; reason = \"r\"; } );\n",
		    "own.conf:6: grade: \"none\" is for what came without TLS and cannot be given by a rule\n" },
		{ HEAD "rules = (\n  { reason = \"r\"; } );\n", "own.conf:6: this rule has no grade\n" },
		{ HEAD "rules = (\n  { grade = \"legacy\"; } );\n", "own.conf:6: this rule has no reason\n" },
		{ HEAD "rules = (\n  { grade = \"legacy\"; reason = \"\"; } );\n",
		    "own.conf:6: reason: want a string that is not empty\n" },
		{ HEAD "rules = ( \"x\" );\n",
		    "own.conf:5: rules: want groups in the list:  { cipher = \"RC4\"; grade = \"forbidden\"; reason = \"...\"; }\n" },
		{ HEAD "rules = (\n  { grade = \"legacy\"; reason = \"r\"; },\n  { mac = \"MD5\"; grade = \"legacy\"; reason = \"r\"; } );\n",
		    "own.conf:6: this rule asks nothing, so it holds for all and the rules behind it are never reached\n" },
		{ "name = \"uk_gov\";\nversion = \"1\";\ndate = \"2026-11-23\";\nsource = \"us\";\n" RULE,
		    "own.conf:1: name: got \"uk_gov\", want the file's name without .conf: records tell profiles apart by it\n" },
		{ "name = \"Own profile\";\nversion = \"1\";\ndate = \"2026-11-23\";\nsource = \"us\";\n" RULE,
		    "own.conf:1: name: want at most 64 of a-z, 0-9, _ and -\n" },
		{ "name = \"own\";\nversion = 1;\ndate = \"2026-11-23\";\nsource = \"us\";\n" RULE,
		    "own.conf:2: version: want a string that is not empty\n" },
		{ "name = \"own\";\nversion = \"1\";\ndate = \"23.11.2026\";\nsource = \"us\";\n" RULE,
		    "own.conf:3: date: got \"23.11.2026\", want YYYY-MM-DD\n" },
		{ "name = \"own\";\nversion = \"1\";\ndate = \"2026-13-01\";\nsource = \"us\";\n" RULE,
		    "own.conf:3: date: got \"2026-13-01\", want YYYY-MM-DD\n" },
	};
	struct profile	*p;
	char		*said;
	size_t		 i;
	int		 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = read_own(cases[i].text, &said);
		if (p != NULL || strcmp(said, cases[i].want) != 0) {
			print_error("%s\ngot  (%s)\n%swant\n%s", cases[i].text, p != NULL ? "accepted" : "refused", said, cases[i].want);
			bad++;
		}
		profile_free(p);
		free(said);
	}
	assert_int_equal(bad, 0);
}

/* Syntax is explained as that of hopward.conf is; a cut file is no profile. */
static void
syntax(void **state)
{
	struct profile	*p;
	struct buf	 text, errs;
	char		*said, *cut;
	size_t		 n, last;

	(void)state;
	p = read_own(HEAD "rules = (\n  { cipher = RC4; grade = \"legacy\"; reason = \"r\"; } );\n", &said);
	assert_null(p);
	assert_int_equal(strncmp(said, "own.conf:6: got the bare word RC4, want a value\n", 48), 0);
	free(said);
	buf_init(&text, 65536);
	buf_init(&errs, 65536);
	assert_int_equal(conf_slurp("conf/profiles/uk_gov.conf", 65536, &text, NULL, &errs), 0);
	for (last = text.len; last > 0 && text.data[last - 1] != ')'; last--)
		;
	for (n = 0; n < last; n += 97) {
		cut = strndup(text.data, n);
		assert_non_null(cut);
		buf_reset(&errs);
		p = conf_profile_read(file_write("uk_gov.conf", cut), &errs);
		if (p != NULL || errs.len == 0)
			fail_msg("%zu octets of uk_gov.conf: got %s, want a refusal", n, p != NULL ? "a profile" : "no word of it");
		free(cut);
	}
	buf_free(&text);
	buf_free(&errs);
}

static void
found(void **state)
{
	static const struct { const char *name, *want; } bad[] = {
		{ "no_such", "cannot read no_such.conf: No such file or directory\n" },
		{ "", "profile \"\": want a path, or a name of a-z, 0-9, _ and -\n" },
		{ "..", "profile \"..\": want a path, or a name of a-z, 0-9, _ and -\n" },
		{ "own.conf", "profile \"own.conf\": want a path, or a name of a-z, 0-9, _ and -\n" },
	};
	struct profile	*p;
	struct buf	 errs;
	char		*said;
	size_t		 i;

	(void)state;
	buf_init(&errs, 65536);
	(void)file_write("own.conf", HEAD RULE);
	p = conf_profile_find(dir, "own", &errs);
	assert_non_null(p);
	profile_free(p);
	p = conf_profile_find("/nowhere", in_dir("own.conf"), &errs);
	assert_non_null(p);
	profile_free(p);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&errs);
		assert_null(conf_profile_find(dir, bad[i].name, &errs));
		said = without_dir(errs.data);
		assert_string_equal(said, bad[i].want);
		free(said);
	}
	buf_free(&errs);
	profile_free(NULL);
}

/* The page: its example is a profile, and it names every word that a rule may use. */
static void
page(void **state)
{
	static const char *const lists[] = {
#define X(e, s) s,
		SUITE_VERSIONS(X) SUITE_KXS(X) SUITE_AUTHS(X) SUITE_CIPHERS(X) SUITE_MODES(X) SUITE_MACS(X) GRADES(X)
#undef X
		"aead", "fs", "export", "draft", "bits", "suite", "compare", "reason", "notes", "source", "date",
	};
	struct buf	 text, errs;
	struct profile	*p;
	char		*from, *to;
	const char	*at;
	size_t		 i, len;

	(void)state;
	buf_init(&text, 65536);
	buf_init(&errs, 65536);
	assert_int_equal(conf_slurp("milter/hopward-profile.5", 65536, &text, NULL, &errs), 0);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		len = strlen(lists[i]);
		for (at = text.data; (at = strstr(at, lists[i])) != NULL; at++)
			if (strchr(" \n,", at[-1]) != NULL && strchr(" \n,.", at[len]) != NULL)
				break;
		if (at == NULL)
			fail_msg("hopward-profile(5) does not name %s", lists[i]);
	}
	assert_non_null(from = strstr(text.data, "name = \"house\""));
	assert_non_null(to = strstr(from, ".Ed"));
	*to = '\0';
	p = conf_profile_read(file_write("house.conf", from), &errs);
	if (p == NULL)
		fail_msg("%s", errs.data);
	assert_string_equal(grade_of(p, "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", NULL), "recommended");
	assert_string_equal(grade_of(p, "ECDHE-RSA-AES128-SHA", "TLSv1.2", NULL), "legacy");
	assert_string_equal(grade_of(p, "ADH-AES256-GCM-SHA384", "TLSv1.2", NULL), "forbidden");
	profile_free(p);
	buf_free(&text);
	buf_free(&errs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites),
		cmocka_unit_test(versions),
		cmocka_unit_test(unknowns),
		cmocka_unit_test(without_tls),
		cmocka_unit_test(reasons),
		cmocka_unit_test(heads),
		cmocka_unit_test(grades),
		cmocka_unit_test(keys),
		cmocka_unit_test(keys_unknown),
		cmocka_unit_test(no_rule),
		cmocka_unit_test(refused),
		cmocka_unit_test(syntax),
		cmocka_unit_test(found),
		cmocka_unit_test(page),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
