/* SPDX-License-Identifier: ISC */
/* Tests of record/peers.c: what makes a habit and what breaks it, the bounds, and a file that may hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <pthread.h>
#include <unistd.h>

#include "record/peers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY	86400
#define T0	1790000000	/* some day in 2026 */
#define HABIT	3

struct place {
	char	dir[64];
	char	file[96], fresh[112], bad[112];
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/hopward-peers-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->file, sizeof(p->file), "%s/peers", p->dir);
	snprintf(p->fresh, sizeof(p->fresh), "%s.new", p->file);
	snprintf(p->bad, sizeof(p->bad), "%s.bad", p->file);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	unlink(p->file);
	unlink(p->bad);
	if (rmdir(p->dir) == -1)
		return -1;	/* a temporary file was left */
	free(p);
	return 0;
}

static struct peers *
opened_with(char *file, uint32_t max, int64_t now, char *err, size_t errlen)
{
	struct peers_settings s = { .file = file, .max = max, .messages = HABIT, .forget_ms = 90ull * DAY * 1000 };
	struct peers *p;

	assert_int_equal(peers_open(&s, now, &p, err, errlen), 0);
	return p;
}

static struct peers *
opened(char *file, uint32_t max, int64_t now)
{
	char err[512];
	struct peers *p = opened_with(file, max, now, err, sizeof(err));

	if (err[0] != '\0')
		fail_msg("got \"%s\", want a table", err);
	return p;
}

static void
saved(struct peers *p, int64_t now)
{
	char err[512] = "";

	if (peers_save(p, now, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want a file", err);
}

static int
tls(struct peers *p, const char *name, enum grade grade, int64_t now)
{
	struct peers_alarm a;

	return peers_seen(p, name, HOP_TLS_YES, grade, now, &a);
}

static int
clear(struct peers *p, const char *name, int64_t now)
{
	struct peers_alarm a;

	return peers_seen(p, name, HOP_TLS_NO, GRADE_NONE, now, &a);
}

static void
make_habit(struct peers *p, const char *name, int64_t now)
{
	int i;

	for (i = 0; i < HABIT; i++)
		assert_int_equal(tls(p, name, GRADE_RECOMMENDED, now), 0);
}

static void
want_counts(struct peers *p, uint64_t peers, uint64_t habits)
{
	struct peers_counts c;

	peers_counts(p, &c);
	if (c.peers != peers || c.habits != habits)
		fail_msg("got %llu peers, %llu habits, want %llu, %llu", (unsigned long long)c.peers,
		    (unsigned long long)c.habits, (unsigned long long)peers, (unsigned long long)habits);
}

/*
 * One octet a message: R recommended, A acceptable, L legacy, F forbidden, U
 * TLS of unknown grade, - clear.  In `want` ! is an alarm.
 */
static void
test_habits(void **state)
{
	static const struct {
		const char *what, *seen, *want;
	} cases[] = {
		{ "a habit, then clear", "RRR-", "...!" },
		{ "raised once", "RRR--", "...!." },
		{ "no habit yet", "RR-", "..." },
		{ "a clear one breaks what is no habit yet", "RR-RR-", "......" },
		{ "always clear", "----", "...." },
		{ "at first clear", "--RRR-", ".....!" },
		{ "the next habit takes twice as many", "RRR-RRRRR-", "...!......" },
		{ "and then alarms again", "RRR-RRRRRR-", "...!......!" },
		{ "two grades lower", "RRRL", "...!" },
		{ "three grades lower", "RRRF", "...!" },
		{ "raised once, the lower one is the new measure", "RRRLLLLLL", "...!....." },
		{ "one grade lower", "RRRA", "...." },
		{ "acceptable to forbidden", "AAAF", "...!" },
		{ "acceptable to legacy", "AAAL", "...." },
		{ "the lowest of the habit counts", "RRRAL", "....." },
		{ "unknown neither lowers", "RRRUL", "....!" },
		{ "nor alarms", "RRRU", "...." },
		{ "but makes a habit of TLS", "UUU-", "...!" },
		{ "no grade to compare with", "UUUF", "...." },
		{ "weaker without a habit", "RRF", "..." },
		{ "weaker, then clear before the next habit", "RRRL-", "...!." },
	};
	static const enum grade grades[256] = { ['R'] = GRADE_RECOMMENDED, ['A'] = GRADE_ACCEPTABLE,
	    ['L'] = GRADE_LEGACY, ['F'] = GRADE_FORBIDDEN };
	struct peers_alarm a;
	char got[32];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct peers *p = opened(NULL, 10, T0);

		for (k = 0; cases[i].seen[k] != '\0'; k++)
			got[k] = peers_seen(p, "example.org", cases[i].seen[k] == '-' ? HOP_TLS_NO : HOP_TLS_YES,
			    grades[(unsigned char)cases[i].seen[k]], T0 + (int64_t)k, &a) ? '!' : '.';
		got[k] = '\0';
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s (%s): got %s, want %s", cases[i].what, cases[i].seen, got, cases[i].want);
		peers_close(p);
	}
}

static void
test_alarm(void **state)
{
	struct peers *p = opened(NULL, 10, T0);
	struct peers_alarm a;
	struct peers_counts c;

	(void)state;
	tls(p, "Example.ORG", GRADE_ACCEPTABLE, T0);
	tls(p, "example.org", GRADE_RECOMMENDED, T0 + 5);
	tls(p, "EXAMPLE.org", GRADE_UNKNOWN, T0 + 6);
	tls(p, "example.org", GRADE_RECOMMENDED, T0 + 7);
	/* Another peer, and what is not to be given, change nothing. */
	assert_int_equal(clear(p, "example.net", T0 + 7), 0);
	assert_int_equal(peers_seen(p, "example.org", HOP_TLS_UNKNOWN, GRADE_UNKNOWN, T0 + 7, &a), 0);
	assert_int_equal(peers_seen(p, "example.org", HOP_TLS_NO, GRADE_NONE, T0 + 8, &a), 1);
	assert_string_equal(a.peer, "example.org");
	assert_int_equal(a.tls, 0);
	assert_int_equal(a.was, GRADE_ACCEPTABLE);
	assert_int_equal(a.now, GRADE_NONE);
	assert_int_equal(a.messages, 4);
	assert_int_equal(a.since, T0);
	peers_counts(p, &c);
	assert_int_equal(c.alarms, 1);
	make_habit(p, "192.0.2.0/24", T0);
	assert_int_equal(peers_seen(p, "192.0.2.0/24", HOP_TLS_YES, GRADE_LEGACY, T0 + 9, &a), 1);
	assert_int_equal(a.tls, 1);
	assert_int_equal(a.was, GRADE_RECOMMENDED);
	assert_int_equal(a.now, GRADE_LEGACY);
	peers_close(p);
}

static void
test_names(void **state)
{
	static const char *const refused[] = { "", "a b", "a\nb", "a\tb", "a\177" };
	struct peers *p = opened(NULL, 10, T0);
	char longest[PEER_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++)
		tls(p, refused[i], GRADE_RECOMMENDED, T0);
	memset(longest, 'a', sizeof(longest));
	longest[PEER_NAME_MAX + 1] = '\0';
	tls(p, longest, GRADE_RECOMMENDED, T0);
	want_counts(p, 0, 0);
	longest[PEER_NAME_MAX] = '\0';
	tls(p, longest, GRADE_RECOMMENDED, T0);
	want_counts(p, 1, 0);
	peers_close(p);
}

static void
test_bounds(void **state)
{
	struct peers *p = opened(NULL, 4, T0);
	struct peers_counts c;
	char name[32];
	int i;

	(void)state;
	make_habit(p, "old.example", T0);
	make_habit(p, "good.example", T0 + 1);
	/* A flood of fresh names does not touch who has a habit. */
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "d%d.evil.example", i);
		tls(p, name, GRADE_RECOMMENDED, T0 + 2 + i);
	}
	want_counts(p, 4, 2);
	peers_counts(p, &c);
	assert_int_equal(c.evicted, 998);
	assert_int_equal(clear(p, "good.example", T0 + 2000), 1);
	/* Among habits the one not seen for longest goes. */
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "h%d.example", i);
		make_habit(p, name, T0 + 3000 + i);
	}
	want_counts(p, 4, 4);
	assert_int_equal(clear(p, "old.example", T0 + 4000), 0);
	assert_int_equal(clear(p, "h0.example", T0 + 4000), 1);
	peers_close(p);
}

static void
test_forgets(void **state)
{
	struct place *place = *state;
	struct peers *p = opened(place->file, 10, T0);
	struct peers_counts c;

	make_habit(p, "a.example", T0);
	make_habit(p, "b.example", T0);
	make_habit(p, "c.example", T0 + 89 * DAY);
	assert_int_equal(clear(p, "a.example", T0 + 91 * DAY), 0);
	want_counts(p, 2, 2);
	saved(p, T0 + 91 * DAY);	/* b goes without being seen */
	want_counts(p, 1, 1);
	peers_counts(p, &c);
	assert_int_equal(c.forgotten, 2);
	/* The clock steps back: nothing is forgotten for that. */
	make_habit(p, "d.example", T0 - 1000 * DAY);
	saved(p, T0 - 1000 * DAY);
	want_counts(p, 2, 2);
	peers_close(p);
	/* Read much later. */
	p = opened(place->file, 10, T0 + 500 * DAY);
	want_counts(p, 0, 0);
	peers_close(p);
}

static void
test_file(void **state)
{
	struct place *place = *state;
	struct peers *p = opened(place->file, 10, T0);
	struct peers_alarm a;
	struct stat st;

	saved(p, T0);
	assert_int_equal(access(place->file, F_OK), -1);	/* nothing to say: no file */
	peers_graded_by(p, "uk_gov/2022-10");
	make_habit(p, "example.org", T0);
	make_habit(p, "2001:db8::/32", T0 + 1);
	tls(p, "fresh.example", GRADE_UNKNOWN, T0 + 2);
	make_habit(p, "flaps.example", T0 + 3);
	clear(p, "flaps.example", T0 + 4);
	saved(p, T0 + 5);
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	peers_close(p);

	p = opened(place->file, 10, T0 + 10);
	want_counts(p, 4, 2);
	peers_graded_by(p, "uk_gov/2022-10");
	assert_int_equal(peers_seen(p, "2001:db8::/32", HOP_TLS_YES, GRADE_FORBIDDEN, T0 + 11, &a), 1);
	assert_int_equal(peers_seen(p, "example.org", HOP_TLS_NO, GRADE_NONE, T0 + 11, &a), 1);
	assert_int_equal(a.was, GRADE_RECOMMENDED);
	assert_int_equal(a.messages, HABIT);
	assert_int_equal(a.since, T0);
	make_habit(p, "flaps.example", T0 + 12);
	assert_int_equal(clear(p, "flaps.example", T0 + 13), 0);	/* twice as many: that was kept, too */
	/* Nothing changed since the save: the file is not touched. */
	saved(p, T0 + 14);
	assert_int_equal(unlink(place->file), 0);
	saved(p, T0 + 15);
	assert_int_equal(access(place->file, F_OK), -1);
	tls(p, "example.org", GRADE_RECOMMENDED, T0 + 16);
	saved(p, T0 + 17);
	assert_int_equal(access(place->file, F_OK), 0);
	peers_close(p);
	/* A lower maximum than when it was written is no damage. */
	p = opened(place->file, 1, T0 + 20);
	want_counts(p, 1, 0);
	peers_close(p);
}

/* Another profile's grades compare with none; that there was TLS stands. */
static void
test_profile(void **state)
{
	struct place *place = *state;
	struct peers *p = opened(place->file, 10, T0);
	struct peers_alarm a;

	peers_graded_by(p, "uk_gov/2022-10");
	make_habit(p, "example.org", T0);
	saved(p, T0);
	peers_close(p);
	p = opened(place->file, 10, T0);
	peers_graded_by(p, "bsi/2024 01");
	assert_int_equal(tls(p, "example.org", GRADE_LEGACY, T0 + 1), 0);
	saved(p, T0 + 1);
	peers_close(p);
	p = opened(place->file, 10, T0 + 1);
	peers_graded_by(p, "bsi/2024 01");
	assert_int_equal(peers_seen(p, "example.org", HOP_TLS_NO, GRADE_NONE, T0 + 2, &a), 1);
	assert_int_equal(a.was, GRADE_LEGACY);
	peers_close(p);
}

static void
put_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#define HEAD "hopward-peers 1\ngraded-by -\n"

static void
test_bad_files(void **state)
{
	static const struct {
		const char *what, *text;
	} cases[] = {
		{ "empty", "" },
		{ "another version", "hopward-peers 2\ngraded-by -\nend 0\n" },
		{ "no profile", "hopward-peers 1\nend 0\n" },
		{ "no end", HEAD },
		{ "torn line", HEAD "example.org 3 recommended 1 2" },
		{ "wrong count", HEAD "example.org 3 recommended 1 2 0\nend 2\n" },
		{ "something behind the end", HEAD "end 0\nexample.org 3 recommended 1 2 0\n" },
		{ "the same twice", HEAD "a 3 legacy 1789999999 1790000000 0\nA 3 legacy 1789999999 1790000000 0\nend 2\n" },
		{ "too few words", HEAD "a 3 recommended 1 2\nend 1\n" },
		{ "too many words", HEAD "a 3 recommended 1 2 0 0\nend 1\n" },
		{ "no name", HEAD " 3 recommended 1 2 0\nend 1\n" },
		{ "a control octet", HEAD "a\033[31m 3 recommended 1 2 0\nend 1\n" },
		{ "no grade", HEAD "a 3 splendid 1 2 0\nend 1\n" },
		{ "no TLS", HEAD "a 3 none 1 2 0\nend 1\n" },
		{ "a negative number", HEAD "a -3 recommended 1 2 0\nend 1\n" },
		{ "no number", HEAD "a 3 recommended 1 x 0\nend 1\n" },
		{ "a number too large", HEAD "a 4294967296 recommended 1 2 0\nend 1\n" },
		{ "a time too large", HEAD "a 3 recommended 1 9223372036854775808 0\nend 1\n" },
		{ "far too large", HEAD "a 3 recommended 99999999999999999999999999 2 0\nend 1\n" },
	};
	struct place *place = *state;
	struct peers *p;
	char err[512];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		put_file(place->file, cases[i].text, strlen(cases[i].text));
		p = opened_with(place->file, 10, T0, err, sizeof(err));
		if (strstr(err, place->bad) == NULL)
			fail_msg("%s: got \"%s\", want that it is set aside", cases[i].what, err);
		want_counts(p, 0, 0);
		assert_int_equal(access(place->file, F_OK), -1);
		assert_int_equal(access(place->bad, F_OK), 0);
		make_habit(p, "example.org", T0);
		saved(p, T0);
		peers_close(p);
		p = opened(place->file, 10, T0);
		want_counts(p, 1, 1);
		peers_close(p);
		unlink(place->bad);
	}
	put_file(place->file, HEAD "a\0b 3 recommended 1 2 0\nend 1\n", sizeof(HEAD "a\0b 3 recommended 1 2 0\nend 1\n") - 1);
	peers_close(opened_with(place->file, 10, T0, err, sizeof(err)));
	assert_non_null(strstr(err, "NUL"));
	unlink(place->bad);
	assert_int_equal(mkfifo(place->file, 0600), 0);
	peers_close(opened_with(place->file, 10, T0, err, sizeof(err)));
	assert_non_null(strstr(err, "no regular file"));
}

/* Cut at every octet, a file is refused whole, or was whole. */
static void
test_cut_files(void **state)
{
	static const char text[] = HEAD "example.org 3 recommended 1789999999 1790000000 0\nend 1\n";
	struct place *place = *state;
	char err[512];
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		put_file(place->file, text, n);
		peers_close(opened_with(place->file, 10, T0, err, sizeof(err)));
		if (err[0] == '\0')
			fail_msg("cut at %zu: got no error, want one", n);
	}
	put_file(place->file, text, n);
	peers_close(opened(place->file, 10, T0));
}

/* Written under a clock that ran ahead: seen just now, so that it can be forgotten one day. */
static void
test_future(void **state)
{
	static const char text[] = HEAD "example.org 3 recommended 9000000000 9000000000 0\nend 1\n";
	struct place *place = *state;
	struct peers_alarm a;
	struct peers *p;

	put_file(place->file, text, sizeof(text) - 1);
	p = opened(place->file, 10, T0);
	assert_int_equal(peers_seen(p, "example.org", HOP_TLS_NO, GRADE_NONE, T0 + 89 * DAY, &a), 1);
	assert_int_equal(a.since, T0);
	peers_close(p);
}

static void
test_unwritable(void **state)
{
	struct place *place = *state;
	struct peers *p = opened(place->file, 10, T0);
	char err[512] = "";

	make_habit(p, "example.org", T0);
	assert_int_equal(mkdir(place->fresh, 0700), 0);
	assert_int_equal(peers_save(p, T0, err, sizeof(err)), -1);
	assert_non_null(strstr(err, place->file));
	assert_int_equal(rmdir(place->fresh), 0);
	saved(p, T0);	/* what could not be written is not taken for written */
	peers_close(p);
	p = opened(place->file, 10, T0);
	want_counts(p, 1, 1);
	peers_close(p);
}

struct crowd {
	struct peers	*peers;
	int		 alarms;
};

static void *
crowd_run(void *arg)
{
	struct crowd *c = arg;
	char name[32], err[512];
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "d%d.example", i % 50);
		tls(c->peers, name, GRADE_RECOMMENDED, T0 + i);
		if (i % 500 == 0)
			peers_save(c->peers, T0 + i, err, sizeof(err));
	}
	c->alarms = clear(c->peers, "d1.example", T0 + 5000);
	return NULL;
}

static void
test_threads(void **state)
{
	struct place *place = *state;
	struct peers *p = opened(place->file, 100, T0);
	struct crowd crowd[4];
	pthread_t threads[4];
	int i, alarms = 0;

	for (i = 0; i < 4; i++) {
		crowd[i].peers = p;
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_run, &crowd[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		alarms += crowd[i].alarms;
	}
	assert_true(alarms >= 1);
	want_counts(p, 50, 49);
	saved(p, T0 + 6000);
	peers_close(p);
	p = opened(place->file, 100, T0 + 6000);
	want_counts(p, 50, 49);
	peers_close(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_habits),
		cmocka_unit_test(test_alarm),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test_setup_teardown(test_forgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_profile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_future, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwritable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
