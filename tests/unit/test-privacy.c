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

#define NOVEMBER	1006473600000ull	/* 2001-11-23: no day that this runs on */
#define DAY		86400000ull

struct place {
	char	dir[64];	/* of keys; made by the module */
	char	key[96];	/* of November, purpose from */
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
	snprintf(p->key, sizeof(p->key), "%s/2001-11-from.key", p->dir);
	*state = p;
	return 0;
}

static int
forget(void *arg, const char *period, const char *purpose)
{
	char *told = arg;

	if (told != NULL)
		snprintf(told + strlen(told), 256 - strlen(told), "%s-%s ", period, purpose);
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char err[256];

	pseudonyms_expire(p->dir, UINT64_MAX, forget, NULL, err, sizeof(err));
	if (rmdir(p->dir) == -1)
		return -1;	/* a temporary file was left */
	free(p);
	return 0;
}

static void
key_write(const struct place *p, int octet, size_t len, mode_t mode)
{
	unsigned char octets[64];
	int fd;

	memset(octets, octet, sizeof(octets));
	unlink(p->key);
	fd = open(p->key, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, octets, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct privacy *
opened_for(enum privacy_level level, char *dir, enum pseudonym_period period)
{
	const struct pseudonym_settings set = { dir, period };
	struct privacy *p;
	char err[256] = "";

	if (privacy_open(level, dir == NULL ? NULL : &set, &p, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want keys", err);
	assert_int_equal(privacy_level(p), level);
	return p;
}

static struct privacy *
opened(enum privacy_level level, char *dir)
{
	return opened_for(level, dir, PSEUDONYM_MONTH);
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
want_local(const struct privacy *p, const char *purpose, uint64_t ms, char *out)
{
	if (privacy_local(p, purpose, ms, "x@example.org", out, PRIVACY_LOCAL_MAX) == NULL)
		fail_msg("got no pseudonym for %s", purpose);
}

static void
keys_are_made_once(void **state)
{
	struct place *place = *state;
	char a[PRIVACY_LOCAL_MAX], b[PRIVACY_LOCAL_MAX], c[PRIVACY_LOCAL_MAX];
	struct privacy *p;
	struct stat st;

	umask(0);
	rmdir(place->dir);
	p = opened(PRIVACY_PSEUDONYM, place->dir);
	want_local(p, "from", NOVEMBER, a);
	want_local(p, "to", NOVEMBER, b);
	assert_string_not_equal(a, b);
	/* another month, another key; and back, with more months than are kept in memory */
	want_local(p, "from", NOVEMBER - 30 * DAY, b);
	assert_string_not_equal(a, b);
	want_local(p, "from", NOVEMBER - 60 * DAY, b);
	want_local(p, "from", NOVEMBER - 90 * DAY, b);
	want_local(p, "from", NOVEMBER - 120 * DAY, b);
	want_local(p, "from", NOVEMBER - 20 * DAY, b);
	assert_string_equal(a, b);
	privacy_free(p);
	assert_int_equal(stat(place->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(place->key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(st.st_nlink, 1);
	p = opened(PRIVACY_PSEUDONYM, place->dir);
	want_local(p, "from", NOVEMBER, b);
	privacy_free(p);
	assert_string_equal(a, b);
	/* Another key, another pseudonym. */
	unlink(place->key);
	p = opened(PRIVACY_PSEUDONYM, place->dir);
	want_local(p, "from", NOVEMBER, c);
	privacy_free(p);
	assert_string_not_equal(a, c);
}

/* A key that cannot be used leaves local parts out; of the present period it stops the start. */
static void
bad_keys_are_refused(void **state)
{
	static const struct { size_t len; mode_t mode; int octet, good; } cases[] = {
		{ 0, 0400, 7, 0 }, { 31, 0400, 7, 0 }, { 33, 0400, 7, 0 }, { 32, 0404, 7, 0 }, { 32, 0644, 7, 0 },
		{ 32, 0420, 7, 0 }, { 32, 0440, 7, 0 }, { 32, 0400, 0, 0 }, { 32, 0400, 7, 1 }, { 32, 0600, 7, 1 },
	};
	struct place *place = *state;
	const struct pseudonym_settings set = { place->dir, PSEUDONYM_MONTH };
	const struct pseudonym_settings nowhere = { (char[]){ "/nonexistent/dir/keys" }, PSEUDONYM_MONTH };
	const struct pseudonym_settings none = { NULL, PSEUDONYM_MONTH };
	char err[256] = "", out[PRIVACY_LOCAL_MAX];
	struct privacy *p;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		key_write(place, cases[i].octet, cases[i].len, cases[i].mode);
		p = opened(PRIVACY_PSEUDONYM, place->dir);
		if ((privacy_local(p, "from", NOVEMBER, "x@example.org", out, sizeof(out)) != NULL) != cases[i].good)
			fail_msg("case %zu: got %s, want %s", i, cases[i].good ? "nothing" : out, cases[i].good ? "a pseudonym" : "nothing");
		privacy_free(p);
	}
	chmod(place->dir, 0750);
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, &set, &p, err, sizeof(err)), -1);
	assert_null(p);
	assert_non_null(strstr(err, "mode is 0750, want 0700"));
	chmod(place->dir, 0700);
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, &nowhere, &p, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "/nonexistent/dir/keys"));
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, &none, &p, err, sizeof(err)), -1);
	assert_int_equal(privacy_open(PRIVACY_PSEUDONYM, NULL, &p, err, sizeof(err)), -1);
	privacy_free(opened(PRIVACY_MINIMAL, NULL));
	privacy_free(opened(PRIVACY_FULL, NULL));
}

static void
periods_have_names_and_ends(void **state)
{
	static const struct { const char *name; uint64_t begin, end; } cases[] = {
		{ "2026-11", 1793491200, 1796083200 }, { "2026-12", 1796083200, 1798761600 }, { "2026-Q4", 1790812800, 1798761600 },
		{ "2026", 1767225600, 1798761600 }, { "2028-02-29", 1835395200, 1835481600 }, { "2026-12-31", 1798675200, 1798761600 },
		{ "2026-13", 0, 0 }, { "2026-02-30", 0, 0 }, { "2026-Q5", 0, 0 }, { "2026-1", 0, 0 }, { "", 0, 0 }, { "2026-11x", 0, 0 },
		{ "26-11", 0, 0 }, { "2026-Q0", 0, 0 },
	};
	uint64_t begin, end;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int rc = pseudonym_period_span(cases[i].name, &begin, &end);

		if (rc != (cases[i].end == 0 ? -1 : 0))
			fail_msg("%s: got %d", cases[i].name, rc);
		if (rc == 0 && (begin != cases[i].begin * 1000 || end != cases[i].end * 1000))
			fail_msg("%s: got %llu to %llu, want %llu to %llu", cases[i].name, (unsigned long long)begin / 1000,
			    (unsigned long long)end / 1000, (unsigned long long)cases[i].begin, (unsigned long long)cases[i].end);
		if (rc == 0)
			assert_true(end - begin <= pseudonym_period_ms(PSEUDONYM_YEAR));
	}
}

/* All pseudonyms of an address, of whichever kind of period; those of the other purpose and of other files are none. */
static void
a_search_finds_every_period(void **state)
{
	static const struct { enum pseudonym_period period; uint64_t ms; } made[] = {
		{ PSEUDONYM_MONTH, NOVEMBER }, { PSEUDONYM_MONTH, NOVEMBER - 60 * DAY }, { PSEUDONYM_DAY, NOVEMBER },
		{ PSEUDONYM_QUARTER, NOVEMBER }, { PSEUDONYM_YEAR, NOVEMBER },
	};
	struct place *place = *state;
	struct pseudonym_alias *list;
	char want[COUNT(made)][PRIVACY_LOCAL_MAX], err[256], other[128];
	struct privacy *p;
	size_t count, i, k;

	assert_int_equal(pseudonyms_search("/nonexistent", "to", "x@example.org", &list, &count, err, sizeof(err)), 0);
	assert_int_equal(count, 0);
	for (i = 0; i < COUNT(made); i++) {
		p = opened_for(PRIVACY_PSEUDONYM, place->dir, made[i].period);
		want_local(p, "to", made[i].ms, want[i]);
		privacy_free(p);
	}
	snprintf(other, sizeof(other), "%s/README", place->dir);
	assert_int_equal(close(open(other, O_WRONLY | O_CREAT, 0600)), 0);
	assert_int_equal(pseudonyms_search(place->dir, "to", "X@Example.org", &list, &count, err, sizeof(err)), 0);
	assert_true(count >= COUNT(made));
	for (i = 0; i < COUNT(made); i++) {
		for (k = 0; k < count && strcmp(list[k].text, want[i]) != 0; k++)
			;
		if (k == count)
			fail_msg("got no alias for case %zu", i);
		assert_true(list[k].begin_ms <= made[i].ms && made[i].ms < list[k].end_ms);
	}
	for (k = 1; k < count; k++)
		assert_true(list[k - 1].begin_ms <= list[k].begin_ms);
	free(list);
	unlink(other);
}

static int
unrecordable(void *arg, const char *period, const char *purpose)
{
	(void)arg;
	(void)period;
	(void)purpose;
	return -1;
}

static void
expired_keys_are_destroyed(void **state)
{
	struct place *place = *state;
	char out[PRIVACY_LOCAL_MAX], err[256], told[256] = "", linked[128];
	unsigned char key[33];
	struct pseudonym_alias *list;
	uint64_t begin, end;
	struct privacy *p;
	size_t count;
	int fd;

	p = opened(PRIVACY_PSEUDONYM, place->dir);
	want_local(p, "from", NOVEMBER, out);
	want_local(p, "from", NOVEMBER - 60 * DAY, out);
	privacy_free(p);
	assert_int_equal(pseudonym_period_span("2001-11", &begin, &end), 0);
	/* a second name shows what is left of the file's content */
	snprintf(linked, sizeof(linked), "%s.kept", place->dir);
	assert_int_equal(link(place->key, linked), 0);
	assert_int_equal(pseudonyms_expire(place->dir, NOVEMBER, forget, told, err, sizeof(err)), 1);
	assert_string_equal(told, "2001-09-from ");
	assert_int_equal(pseudonyms_expire(place->dir, end - 1, forget, told, err, sizeof(err)), 0);
	/* not on record: it stays, without its content, and is no key any more */
	assert_int_equal(pseudonyms_expire(place->dir, end, unrecordable, NULL, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "not on record"));
	assert_int_equal(access(place->key, F_OK), 0);
	p = opened(PRIVACY_PSEUDONYM, place->dir);
	assert_null(privacy_local(p, "from", NOVEMBER, "x@example.org", out, sizeof(out)));
	privacy_free(p);
	assert_int_equal(pseudonyms_search(place->dir, "from", "x@example.org", &list, &count, err, sizeof(err)), 0);
	while (count > 0)
		assert_string_not_equal(list[--count].period, "2001-11");
	free(list);
	told[0] = '\0';
	assert_true(pseudonyms_expire(place->dir, end, forget, told, err, sizeof(err)) >= 1);
	assert_non_null(strstr(told, "2001-11-from "));
	assert_int_equal(access(place->key, F_OK), -1);
	assert_true((fd = open(linked, O_RDONLY)) != -1);
	assert_int_equal(read(fd, key, sizeof(key)), 32);
	while (key[0] == 0 && count < 31)
		assert_int_equal(key[++count], 0);
	assert_int_equal(key[0], 0);
	close(fd);
	unlink(linked);
	assert_int_equal(pseudonyms_expire("/nonexistent", end, forget, NULL, err, sizeof(err)), 0);
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
	char to[128];
	char got[PRIVACY_LOCAL_MAX], want[PRIVACY_LOCAL_MAX];
	unsigned int len;
	struct privacy *p;
	size_t i, k;

	key_write(place, 7, 32, 0400);
	snprintf(to, sizeof(to), "%s/2001-11-to.key", place->dir);
	assert_int_equal(link(place->key, to), 0);
	memset(key, 7, sizeof(key));
	p = opened(PRIVACY_PSEUDONYM, place->dir);
	for (i = 0; i < COUNT(cases); i++) {
		HMAC(EVP_sha256(), key, 32, (const unsigned char *)cases[i].text, cases[i].len, mac, &len);
		strcpy(want, "p:");
		for (k = 0; k < 16; k++)
			snprintf(want + 2 + 2 * k, 3, "%02x", mac[k]);
		assert_ptr_equal(privacy_local(p, cases[i].purpose, NOVEMBER, cases[i].address, got, sizeof(got)), got);
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
	pseudo = opened(PRIVACY_PSEUDONYM, place->dir);
	assert_null(privacy_local(minimal, "from", NOVEMBER, "jane@example.org", out, sizeof(out)));
	assert_string_equal(privacy_local(full, "from", NOVEMBER, "Jane@Example.org", out, sizeof(out)), "Jane");
	assert_string_equal(privacy_local(full, "from", NOVEMBER, "postmaster", out, sizeof(out)), "postmaster");
	assert_string_equal(privacy_local(minimal, "from", NOVEMBER, "", out, sizeof(out)), "");
	assert_string_equal(privacy_local(full, "from", NOVEMBER, "", out, sizeof(out)), "");
	assert_string_equal(privacy_local(pseudo, "from", NOVEMBER, "", out, sizeof(out)), "");
	assert_null(privacy_local(full, "from", NOVEMBER, NULL, out, sizeof(out)));

	memset(longs, 'a', sizeof(longs) - 1);
	assert_int_equal(strlen(privacy_local(full, "from", NOVEMBER, longs, out, sizeof(out))), sizeof(out) - 1);
	assert_int_equal(strlen(privacy_local(pseudo, "from", NOVEMBER, longs, out, sizeof(out))), 34);
	longs[3000] = '@';
	assert_int_equal(strlen(privacy_local(pseudo, "from", NOVEMBER, longs, out, sizeof(out))), 34);
	assert_int_equal(strlen(privacy_domain(longs, domain, sizeof(domain))), 255);
	memset(longs, 0x80, sizeof(longs) - 1);
	assert_true(strlen(privacy_local(full, "from", NOVEMBER, longs, out, sizeof(out))) >= sizeof(out) - 4);
	assert_int_equal(strlen(privacy_local(pseudo, "from", NOVEMBER, longs, out, sizeof(out))), 34);
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

	pseudo = opened(PRIVACY_PSEUDONYM, place->dir);
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
		T(levels), T(keys_are_made_once), T(bad_keys_are_refused), T(periods_have_names_and_ends), T(a_search_finds_every_period), T(expired_keys_are_destroyed), T(pseudonym_is_the_hmac), T(locals_by_level),
		T(domains), T(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
