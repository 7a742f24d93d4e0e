/* SPDX-License-Identifier: ISC */
/* Tests of record/privacy.c: pseudonyms against a second computation, cut addresses, the key file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "record/privacy.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct place {
	char	dir[64];
	char	key[96];
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/hopward-privacy-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->key, sizeof(p->key), "%s/key", p->dir);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	unlink(p->key);
	if (rmdir(p->dir) == -1)
		return -1;	/* a temporary file was left */
	free(p);
	return 0;
}

static void
key_write(const struct place *p, size_t len, mode_t mode)
{
	unsigned char octets[64];
	int fd;

	memset(octets, 7, sizeof(octets));
	unlink(p->key);
	fd = open(p->key, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, octets, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct privacy *
opened(enum privacy_level level, const char *key)
{
	struct privacy *p;
	char err[256] = "";

	if (privacy_open(level, key, &p, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want a key", err);
	assert_int_equal(privacy_level(p), level);
	return p;
}

static void
levels(void **state)
{
	enum privacy_level level;

	(void)state;
	assert_int_equal(privacy_level_parse("minimal", &level), 0);
	assert_int_equal(level, PRIVACY_MINIMAL);
	assert_int_equal(privacy_level_parse("pseudonym", &level), 0);
	assert_int_equal(level, PRIVACY_PSEUDONYM);
	assert_int_equal(privacy_level_parse("full", &level), 0);
	assert_int_equal(level, PRIVACY_FULL);
	assert_int_equal(privacy_level_parse("Full", &level), -1);
	assert_int_equal(privacy_level_parse(NULL, &level), -1);
	assert_string_equal(privacy_level_str(PRIVACY_PSEUDONYM), "pseudonym");
}

static void
key_is_made_once(void **state)
{
	struct place *place = *state;
	char a[PRIVACY_LOCAL_MAX], b[PRIVACY_LOCAL_MAX];
	struct privacy *p;
	struct stat st;

	umask(0);
	p = opened(PRIVACY_PSEUDONYM, place->key);
	assert_non_null(privacy_local(p, "from", "x@example.org", a, sizeof(a)));
	privacy_free(p);
	assert_int_equal(stat(place->key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(st.st_nlink, 1);
	p = opened(PRIVACY_PSEUDONYM, place->key);
	assert_non_null(privacy_local(p, "from", "x@example.org", b, sizeof(b)));
	privacy_free(p);
	assert_string_equal(a, b);
	/* Another key, another pseudonym. */
	unlink(place->key);
	p = opened(PRIVACY_PSEUDONYM, place->key);
	assert_non_null(privacy_local(p, "from", "x@example.org", b, sizeof(b)));
	privacy_free(p);
	assert_string_not_equal(a, b);
}

static void
bad_keys_are_refused(void **state)
{
	static const struct { size_t len; mode_t mode; const char *want; } cases[] = {
		{ 0, 0400, "got 0 octets, want 32" }, { 31, 0400, "got 31 octets, want 32" },
		{ 33, 0400, "got more than 32 octets, want 32" }, { 32, 0404, "mode is 0404, want 0400" },
		{ 32, 0644, "mode is 0644, want 0400" }, { 32, 0420, "mode is 0420" },
		{ 32, 0400, NULL }, { 32, 0440, NULL }, { 32, 0600, NULL },
	};
	struct place *place = *state;
	struct privacy *p;
	char err[256];
	size_t i;
	int rc;

	for (i = 0; i < COUNT(cases); i++) {
		key_write(place, cases[i].len, cases[i].mode);
		err[0] = '\0';
		rc = privacy_open(PRIVACY_PSEUDONYM, place->key, &p, err, sizeof(err));
		assert_int_equal(rc, cases[i].want == NULL ? 0 : -1);
		if (cases[i].want != NULL) {
			assert_null(p);
			if (strstr(err, cases[i].want) == NULL)
				fail_msg("got \"%s\", want \"%s\"", err, cases[i].want);
		}
		privacy_free(p);
	}
	unlink(place->key);
	assert_int_equal(mkdir(place->key, 0700), 0);
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, place->key, &p, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "not a regular file"));
	rmdir(place->key);
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, "/nonexistent/dir/key", &p, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "/nonexistent/dir/key"));
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, NULL, &p, err, sizeof(err)), -1);
	privacy_free(opened(PRIVACY_MINIMAL, NULL));
	privacy_free(opened(PRIVACY_FULL, NULL));
}

/* The contract, computed a second time. */
static void
pseudonym_is_the_hmac(void **state)
{
	static const struct { const char *purpose, *address, *text; size_t len; } cases[] = {
		{ "from", "Jane.Doe@Example.ORG", "from\0jane.doe@example.org", 25 },
		{ "from", "jane.doe@example.org.", "from\0jane.doe@example.org", 25 },
		{ "to", "jane.doe@example.org", "to\0jane.doe@example.org", 23 },
		{ "to", "\"a@b\"@c.example", "to\0\"a@b\"@c.example", 18 },
		{ "to", "root", "to\0root@", 8 },
	};
	struct place *place = *state;
	unsigned char key[32], mac[32];
	char got[PRIVACY_LOCAL_MAX], want[PRIVACY_LOCAL_MAX];
	unsigned int len;
	struct privacy *p;
	size_t i, k;

	key_write(place, 32, 0400);
	memset(key, 7, sizeof(key));
	p = opened(PRIVACY_PSEUDONYM, place->key);
	for (i = 0; i < COUNT(cases); i++) {
		HMAC(EVP_sha256(), key, 32, (const unsigned char *)cases[i].text, cases[i].len, mac, &len);
		strcpy(want, "p:");
		for (k = 0; k < 16; k++)
			snprintf(want + 2 + 2 * k, 3, "%02x", mac[k]);
		assert_ptr_equal(privacy_local(p, cases[i].purpose, cases[i].address, got, sizeof(got)), got);
		assert_string_equal(got, want);
		assert_int_equal(strlen(got), 34);
	}
	privacy_free(p);
}

static void
locals_by_level(void **state)
{
	static char longs[6000];
	struct place *place = *state;
	char out[PRIVACY_LOCAL_MAX], domain[256];
	struct privacy *minimal, *full, *pseudo;

	minimal = opened(PRIVACY_MINIMAL, NULL);
	full = opened(PRIVACY_FULL, NULL);
	pseudo = opened(PRIVACY_PSEUDONYM, place->key);
	assert_null(privacy_local(minimal, "from", "jane@example.org", out, sizeof(out)));
	assert_string_equal(privacy_local(full, "from", "Jane@Example.org", out, sizeof(out)), "Jane");
	assert_string_equal(privacy_local(full, "from", "postmaster", out, sizeof(out)), "postmaster");
	assert_string_equal(privacy_local(minimal, "from", "", out, sizeof(out)), "");
	assert_string_equal(privacy_local(full, "from", "", out, sizeof(out)), "");
	assert_string_equal(privacy_local(pseudo, "from", "", out, sizeof(out)), "");
	assert_null(privacy_local(full, "from", NULL, out, sizeof(out)));

	memset(longs, 'a', sizeof(longs) - 1);
	assert_int_equal(strlen(privacy_local(full, "from", longs, out, sizeof(out))), sizeof(out) - 1);
	assert_int_equal(strlen(privacy_local(pseudo, "from", longs, out, sizeof(out))), 34);
	longs[3000] = '@';
	assert_int_equal(strlen(privacy_local(pseudo, "from", longs, out, sizeof(out))), 34);
	assert_int_equal(strlen(privacy_domain(longs, domain, sizeof(domain))), 255);
	memset(longs, 0x80, sizeof(longs) - 1);
	assert_true(strlen(privacy_local(full, "from", longs, out, sizeof(out))) >= sizeof(out) - 4);
	assert_int_equal(strlen(privacy_local(pseudo, "from", longs, out, sizeof(out))), 34);
	privacy_free(minimal);
	privacy_free(full);
	privacy_free(pseudo);
}

static void
domains(void **state)
{
	static const struct { const char *address, *want; } cases[] = {
		{ "a@Example.ORG", "example.org" }, { "a", "" }, { "", "" }, { NULL, "" }, { "a@", "" },
		{ "a@b@c", "c" }, { "a@example.org.", "example.org" }, { "a@[192.0.2.1]", "[192.0.2.1]" },
		{ "a@.", "." }, { "a@b\xc3\x84.example", "b\xc3\x84.example" },
	};
	char out[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(privacy_domain(cases[i].address, out, sizeof(out)), cases[i].want);
	/* Cut before a character, not in it. */
	assert_string_equal(privacy_domain("a@xy\xc3\xa4", out, 4), "xy");
}

static void
addresses(void **state)
{
	static const struct { const char *ip, *whole, *cut; } cases[] = {
		{ "192.0.2.129", "192.0.2.129", "192.0.2.0/24" },
		{ "2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48" },
		{ "IPv6:2001:db8::1", "2001:db8::1", "2001:db8::/48" },
		{ "::ffff:192.0.2.129", "192.0.2.129", "192.0.2.0/24" },
		{ "::1", "::1", "::/48" },
		{ "local", "", "" }, { "", "", "" }, { NULL, "", "" }, { "192.0.2.300", "", "" },
	};
	struct place *place = *state;
	struct privacy *pseudo, *full;
	char out[64];
	size_t i;

	pseudo = opened(PRIVACY_PSEUDONYM, place->key);
	full = opened(PRIVACY_FULL, NULL);
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(privacy_ip(pseudo, cases[i].ip, 0, out, sizeof(out)), cases[i].whole);
		assert_string_equal(privacy_ip(pseudo, cases[i].ip, 1, out, sizeof(out)), cases[i].cut);
		assert_string_equal(privacy_ip(full, cases[i].ip, 1, out, sizeof(out)), cases[i].whole);
	}
	privacy_free(pseudo);
	privacy_free(full);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(levels), T(key_is_made_once), T(bad_keys_are_refused), T(pseudonym_is_the_hmac), T(locals_by_level),
		T(domains), T(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
