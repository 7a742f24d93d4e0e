/* SPDX-License-Identifier: ISC */
/* Tests of record/retain*.c, pack.c, totals.c, reserve.c: what a crash at each step leaves, what stays of a day, who may read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <zstd.h>

#include "base/clock.h"
#include "record/pack.h"
#include "record/reader.h"
#include "record/retain.h"
#include "record/totals.h"

/* The clock that all is linked with here: the test sets it. */
static _Atomic uint64_t now_ms;

uint64_t
clock_wall_ms(void)
{
	return now_ms;
}

uint64_t
clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

#define DAY_MS		86400000ull
#define HOUR_MS		3600000ull
#define NOV_23		1795392000000ull	/* 2026-11-23T00:00:00Z */
#define DAYS(n)		((n) * DAY_MS)

struct place {
	char			dir[64];
	int			fd;
	struct ledger_settings	ledger;
	struct retain_settings	set;
	struct ledger		*l;
	struct retain_job	job;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/hopward-retain-XXXXXX");
	if (mkdtemp(p->dir) == NULL || (p->fd = open(p->dir, O_RDONLY | O_DIRECTORY)) == -1)
		return -1;
	p->ledger.directory = p->dir;
	p->ledger.sync = LEDGER_SYNC_NONE;
	p->set = (struct retain_settings){ .compress = 1, .keep_ms = DAYS(180), .totals_keep_ms = DAYS(730) };
	p->job = (struct retain_job){ .set = &p->set, .directory = p->dir, .stream = "mail", .gateway = "mx.example" };
	now_ms = NOV_23 + 12 * HOUR_MS;
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	struct dirent *e;
	DIR *dir;

	ledger_close(p->l);
	dir = opendir(p->dir);
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	close(p->fd);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void
open_ledger(struct place *p)
{
	char err[256] = "";

	if (ledger_open(&p->ledger, "mail", &p->l, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want an open ledger", err);
	p->job.ledger = p->l;
}

static void
put(const struct place *p, const char *name, const char *text, size_t len)
{
	int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, 0640), 0);
	close(fd);
}

static int
there(const struct place *p, const char *name)
{
	return faccessat(p->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
want_there(const struct place *p, const char *name, int want)
{
	if (there(p, name) != want)
		fail_msg("%s: got it %s, want it %s", name, want ? "missing" : "there", want ? "there" : "gone");
}

/* All text of a file, plain or not. */
static char *
text_of(const struct place *p, const char *name)
{
	struct reader_line line;
	struct reader *r;
	char path[256];
	struct buf all;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	if (reader_open(path, 1 << 20, &r) == -1)
		return NULL;
	buf_init(&all, 1 << 24);
	while (reader_next(r, &line) == READER_LINE) {
		buf_add(&all, line.text, line.len);
		buf_addc(&all, '\n');
	}
	assert_string_equal(reader_why(r), "");
	reader_close(r);
	return all.data != NULL ? all.data : strdup("");
}

/* Whether the file's text has that, as often. */
static void
want_text(const struct place *p, const char *name, const char *what, int times)
{
	char *text = text_of(p, name), *at;
	int n = 0;

	if (text == NULL)
		fail_msg("%s: got nothing, want \"%s\"", name, what);
	for (at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	if (n != times)
		fail_msg("%s: got \"%s\" %d times, want %d in:\n%s", name, what, n, times, text);
	free(text);
}

static void
want_json(const struct place *p, const char *name)
{
	char *text = text_of(p, name), *line, *nl;
	json_t *root;

	for (line = text; (nl = strchr(line, '\n')) != NULL; line = nl + 1) {
		*nl = '\0';
		if ((root = json_loads(line, 0, NULL)) == NULL)
			fail_msg("%s: got \"%s\", want JSON", name, line);
		json_decref(root);
	}
	free(text);
}

#define MESSAGE(seq, outcome, tls)	"{\"seq\":" #seq ",\"stream\":\"mail\",\"salt\":\"00\",\"leaf\":\"00\",\"v\":1," \
	"\"type\":\"message\",\"id\":\"x\",\"time\":\"2026-01-01T00:00:00.000Z\",\"class\":\"mx\",\"to\":[{\"domain\":" \
	"\"planted.example\",\"local\":\"p:{\\\"planted]\"}],\"hops\":[{\"evidence\":\"attested\",\"tls\":\"no\"},{" tls "}]," \
	"\"boundary\":1,\"outcome\":\"" outcome "\",\"action\":\"accept\",\"partners\":[{\"name\":\"Bank \\\"A\\\"\"}]}\n"
#define TLS13	"\"tls\":\"yes\",\"version\":\"TLSv1.3\",\"cipher\":\"AES\",\"grade\":\"good\""
#define NOTLS	"\"tls\":\"no\",\"grade\":\"none\""
#define SEAL(seq) "{\"seq\":" #seq ",\"stream\":\"mail\",\"salt\":\"11\",\"leaf\":\"22\",\"v\":1,\"type\":\"seal\",\"epoch\":1}\n"
#define EVENT(seq) "{\"seq\":" #seq ",\"stream\":\"mail\",\"salt\":\"00\",\"leaf\":\"00\",\"v\":1,\"type\":\"event\",\"event\":\"start\"}\n"

static void
put_old(const struct place *p)
{
	static const char first[] = MESSAGE(1, "clean", TLS13) MESSAGE(2, "clean", TLS13) SEAL(3);
	static const char second[] = MESSAGE(4, "infected", NOTLS) EVENT(6) SEAL(7);
	static const char recent[] = EVENT(8);

	put(p, "mail-2026-01-01.jsonl", first, sizeof(first) - 1);
	put(p, "mail-2026-05-26.jsonl", second, sizeof(second) - 1);
	put(p, "mail-2026-05-27.jsonl", recent, sizeof(recent) - 1);	/* its 180 days end today */
	put(p, "mail-2026-11-21.jsonl", EVENT(9), sizeof(EVENT(9)) - 1);
	put(p, "mail-2026-11-22.jsonl", EVENT(10), sizeof(EVENT(10)) - 1);
}

/* ---- packing ---- */

static void
pack_keeps_all(void **state)
{
	struct place *p = *state;
	const struct timespec times[2] = { { 1000, 0 }, { 2000, 5 } };
	char err[256] = "", *before, *after;
	struct stat st;

	put_old(p);
	assert_int_equal(fchmodat(p->fd, "mail-2026-01-01.jsonl", 0600, 0), 0);
	assert_int_equal(utimensat(p->fd, "mail-2026-01-01.jsonl", times, 0), 0);
	before = text_of(p, "mail-2026-01-01.jsonl");
	assert_int_equal(pack_file(p->fd, "mail-2026-01-01.jsonl", NULL, err, sizeof(err)), 0);
	want_there(p, "mail-2026-01-01.jsonl", 0);
	after = text_of(p, "mail-2026-01-01.jsonl.zst");
	assert_string_equal(before, after);
	assert_int_equal(fstatat(p->fd, "mail-2026-01-01.jsonl.zst", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
	assert_int_equal(pack_file(p->fd, "nix.jsonl", NULL, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "nix.jsonl"));
	free(before);
	free(after);
}

/* A file of some chunks, so that a cut is anywhere in them. */
static void
pack_large_and_cut(void **state)
{
	struct place *p = *state;
	size_t len = 700000, n, i;
	char *text = malloc(len), *packed = malloc(len + 1024), err[256] = "";
	unsigned int x = 1;
	struct stat st;

	for (i = 0; i < len; i++) {
		x = x * 1103515245u + 12345u;
		text[i] = i % 100 == 99 ? '\n' : (char)('a' + (x >> 16) % 26);
	}
	n = ZSTD_compress(packed, len + 1024, text, len, 1);
	/* a crash: the other is not whole.  It is not ours by its level, and whole all the same. */
	for (i = 0; i < 3; i++) {
		put(p, "mail-2026-01-01.jsonl", text, len);
		put(p, "mail-2026-01-01.jsonl.zst", packed, i == 0 ? n - 1 : i == 1 ? n / 2 : n);
		put(p, ".mail-2026-01-01.jsonl.zst.new", "torn", 4);
		if (pack_file(p->fd, "mail-2026-01-01.jsonl", NULL, err, sizeof(err)) != 0)
			fail_msg("twin %zu: got \"%s\", want it done", i, err);
		want_there(p, "mail-2026-01-01.jsonl", 0);
		want_there(p, "mail-2026-01-01.jsonl.zst", 1);
		fstatat(p->fd, "mail-2026-01-01.jsonl.zst", &st, 0);
		if ((st.st_size == (off_t)n) != (i == 2))
			fail_msg("twin %zu: got %jd octets, want it %s", i, (intmax_t)st.st_size, i == 2 ? "as it was" : "made anew");
		unlinkat(p->fd, "mail-2026-01-01.jsonl.zst", 0);
		unlinkat(p->fd, ".mail-2026-01-01.jsonl.zst.new", 0);
	}
	/* two whole ones that differ: a person must look */
	text[3] ^= 1;
	put(p, "mail-2026-01-01.jsonl", text, len);
	put(p, "mail-2026-01-01.jsonl.zst", packed, n);
	assert_int_equal(pack_file(p->fd, "mail-2026-01-01.jsonl", NULL, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "other lines"));
	want_there(p, "mail-2026-01-01.jsonl", 1);
	want_there(p, "mail-2026-01-01.jsonl.zst", 1);
	free(text);
	free(packed);
}

static void
pack_stopped(void **state)
{
	struct place *p = *state;
	atomic_int stop = 1;
	char err[256];

	put_old(p);
	assert_int_equal(pack_file(p->fd, "mail-2026-01-01.jsonl", &stop, err, sizeof(err)), 1);
	want_there(p, "mail-2026-01-01.jsonl", 1);
	want_there(p, "mail-2026-01-01.jsonl.zst", 0);
	want_there(p, ".mail-2026-01-01.jsonl.zst.new", 0);
}

/* ---- rounds ---- */

static void
round_compresses_and_expires(void **state)
{
	struct place *p = *state;

	put_old(p);
	put(p, ".mail-2026-11-20.jsonl.zst.new", "torn", 4);
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, ".mail-2026-11-20.jsonl.zst.new", 0);
	want_there(p, "mail-2026-01-01.jsonl", 0);
	want_there(p, "mail-2026-05-26.jsonl", 0);
	want_there(p, "mail-2026-05-27.jsonl.zst", 1);
	want_there(p, "mail-2026-11-21.jsonl.zst", 1);
	want_there(p, "mail-2026-11-22.jsonl.zst", 1);
	want_there(p, "mail-2026-11-23.jsonl", 1);

	want_text(p, "mail-2026-01-01.seals.jsonl", SEAL(3), 1);
	want_text(p, "mail-2026-01-01.seals.jsonl", "\n", 1);
	want_text(p, "mail-2026-05-26.seals.jsonl", SEAL(7), 1);
	want_text(p, "mail-2026-11-23.jsonl", "\"event\":\"retention\"", 1);
	want_text(p, "mail-2026-11-23.jsonl", "\"event\":\"expire\"", 1);
	/* seq 5 was not there: it is not called expired */
	want_text(p, "mail-2026-11-23.jsonl", "\"from\":\"2026-01-01\",\"to\":\"2026-05-26\",\"days\":\"2\",\"lines\":\"6\","
	    "\"seals_kept\":\"2\",\"keep\":\"180d\",\"seq\":\"1-4,6-7\"", 1);
	want_text(p, "totals-2026.jsonl", "planted", 0);
	want_text(p, "totals-2026.jsonl", "{\"v\":1,\"type\":\"totals\",\"stream\":\"mail\",\"day\":\"2026-01-01\",\"lines\":3,"
	    "\"messages\":2,\"deliveries\":0,\"outcomes\":{\"clean\":2},\"actions\":{\"accept\":2},\"classes\":{\"mx\":2},"
	    "\"grades\":{\"good\":2},\"partners\":{\"Bank \\\"A\\\"\":2},"
	    "\"tls\":[{\"tls\":\"yes\",\"version\":\"TLSv1.3\",\"cipher\":\"AES\",\"count\":2}]}\n", 1);
	want_text(p, "totals-2026.jsonl", "\"events\":{\"start\":1},\"tls\":[{\"tls\":\"no\",\"count\":1}]}\n", 1);

	want_json(p, "totals-2026.jsonl");
	want_json(p, "mail-2026-11-23.jsonl");

	/* the same once more does nothing */
	assert_int_equal(retain_pass(&p->job, now_ms + HOUR_MS), 0);
	want_text(p, "mail-2026-11-23.jsonl", "\"event\":\"expire\"", 1);
	want_text(p, "mail-2026-11-23.jsonl", "\"event\":\"retention\"", 1);
	want_text(p, "totals-2026.jsonl", "\n", 2);
}

static void
yesterday_until_one(void **state)
{
	struct place *p = *state;

	put_old(p);
	now_ms = NOV_23 + HOUR_MS - 1;
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2026-11-21.jsonl.zst", 1);
	want_there(p, "mail-2026-11-22.jsonl.zst", 0);
	assert_int_equal(retain_pass(&p->job, now_ms + 1), 0);
	want_there(p, "mail-2026-11-22.jsonl.zst", 1);
}

/* The ledger goes on from the newest line, and the chain from the newest seal: an old day with either stays as it is. */
static void
newest_stays_plain(void **state)
{
	struct place *p = *state;

	put(p, "mail-2026-11-19.jsonl", SEAL(1), sizeof(SEAL(1)) - 1);
	put(p, "mail-2026-11-20.jsonl", SEAL(2), sizeof(SEAL(2)) - 1);
	put(p, "mail-2026-11-21.jsonl", EVENT(3), sizeof(EVENT(3)) - 1);
	open_ledger(p);
	p->job.sealed = 1;
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2026-11-19.jsonl.zst", 1);
	want_there(p, "mail-2026-11-20.jsonl", 1);
	want_there(p, "mail-2026-11-21.jsonl", 1);
	want_text(p, "mail-2026-11-23.jsonl", "{\"seq\":4,", 1);
	p->job.sealed = 0;
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2026-11-20.jsonl.zst", 1);
	want_there(p, "mail-2026-11-21.jsonl.zst", 1);
	want_there(p, "mail-2026-11-23.jsonl", 1);
}

static void
no_compression_no_expiry(void **state)
{
	struct place *p = *state;

	put_old(p);
	p->set.compress = 0;
	p->set.keep_ms = 0;
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2026-01-01.jsonl", 1);
	want_there(p, "mail-2026-11-21.jsonl", 1);
	/* the time is set: that is on record before anything goes by it */
	p->set.keep_ms = DAYS(1);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_text(p, "mail-2026-11-23.jsonl", "\"event\":\"retention\"", 2);
	want_text(p, "mail-2026-11-23.jsonl", "\"was\":\"keep=0 totals_keep=2y compress=false\"", 1);
	want_there(p, "mail-2026-11-21.jsonl", 0);
	want_there(p, "mail-2026-11-22.jsonl", 1);
}

/* No event, no deletion. */
static void
unrecorded_is_undone(void **state)
{
	struct place *p = *state;

	put_old(p);
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, NOV_23 - DAYS(300)), 0);	/* the settings' event */
	p->job.gateway = NULL;
	ledger_close(p->l);
	p->l = NULL;
	/* the ledger's file cannot be written: it is a directory */
	open_ledger(p);
	now_ms += DAY_MS;
	mkdirat(p->fd, "mail-2026-11-24.jsonl", 0700);
	assert_int_equal(retain_pass(&p->job, now_ms), -1);
	want_there(p, "mail-2026-01-01.jsonl.zst", 1);
	unlinkat(p->fd, "mail-2026-11-24.jsonl", AT_REMOVEDIR);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2026-01-01.jsonl.zst", 0);
	/* what stays had been written by the round that failed, and is there once */
	want_text(p, "totals-2026.jsonl", "\"day\":\"2026-01-01\"", 1);
	want_text(p, "mail-2026-01-01.seals.jsonl", "\n", 1);
}

static void
damaged_day_goes(void **state)
{
	struct place *p = *state;
	char packed[4096];
	size_t n;

	put_old(p);
	n = ZSTD_compress(packed, sizeof(packed), SEAL(1), sizeof(SEAL(1)) - 1, 3);
	put(p, "mail-2025-12-31.jsonl.zst", packed, n - 3);
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "mail-2025-12-31.jsonl.zst", 0);
	want_text(p, "mail-2026-11-23.jsonl", "\"damaged\":\"1\"", 1);
}

static void
not_all_at_once(void **state)
{
	struct place *p = *state;
	char name[64];
	int i, left = 0;

	for (i = 1; i <= RETAIN_DAYS_PER_PASS + 3; i++) {
		snprintf(name, sizeof(name), "mail-2026-01-%02d.jsonl", i);
		put(p, name, EVENT(1), sizeof(EVENT(1)) - 1);
	}
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	for (i = 1; i <= RETAIN_DAYS_PER_PASS + 3; i++) {
		snprintf(name, sizeof(name), "mail-2026-01-%02d.jsonl.zst", i);
		left += there(p, name);
		snprintf(name, sizeof(name), "mail-2026-01-%02d.jsonl", i);
		left += there(p, name);
	}
	assert_int_equal(left, 3);
}

static void
totals_end(void **state)
{
	struct place *p = *state;
	static const char old[] = "{\"v\":1,\"type\":\"totals\",\"stream\":\"mail\",\"day\":\"2024-11-22\"}\n"
	    "{\"v\":1,\"type\":\"totals\",\"stream\":\"mail\",\"day\":\"2024-11-23\"}\n{\"torn";
	static const char older[] = "{\"v\":1,\"type\":\"totals\",\"stream\":\"mail\",\"day\":\"2023-11-22\"}\n";

	put(p, "totals-2024.jsonl", old, sizeof(old) - 1);
	put(p, "totals-2023.jsonl", older, sizeof(older) - 1);
	open_ledger(p);
	assert_int_equal(retain_pass(&p->job, now_ms), 0);
	want_there(p, "totals-2023.jsonl", 0);
	want_text(p, "totals-2024.jsonl", "2024-11-22", 0);
	want_text(p, "totals-2024.jsonl", "2024-11-23", 1);
	want_text(p, "totals-2024.jsonl", "torn", 0);
}

/* ---- the directory ---- */

static void
rights_are_mended(void **state)
{
	struct place *p = *state;
	char err[512] = "", group[16];
	struct stat st;

	put_old(p);
	assert_int_equal(fchmod(p->fd, 0777), 0);
	assert_int_equal(fchmodat(p->fd, "mail-2026-01-01.jsonl", 0666, 0), 0);
	assert_int_equal(fchmodat(p->fd, "mail-2026-05-26.jsonl", 0600, 0), 0);
	put(p, "collect-2026-01-01.jsonl", "", 0);
	assert_int_equal(fchmodat(p->fd, "collect-2026-01-01.jsonl", 0666, 0), 0);
	if (retain_check(&p->set, p->dir, "mail", err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want it mended", err);
	fstat(p->fd, &st);
	assert_int_equal(st.st_mode & 07777, 0750);
	fstatat(p->fd, "mail-2026-01-01.jsonl", &st, 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	fstatat(p->fd, "mail-2026-05-26.jsonl", &st, 0);
	assert_int_equal(st.st_mode & 07777, 0600);	/* less is a person's choice */
	fstatat(p->fd, "collect-2026-01-01.jsonl", &st, 0);
	assert_int_equal(st.st_mode & 07777, 0666);	/* another writer's */

	snprintf(group, sizeof(group), "%u", (unsigned int)getegid());
	p->set.group = group;
	assert_int_equal(retain_check(&p->set, p->dir, "mail", err, sizeof(err)), 0);
	fstat(p->fd, &st);
	assert_int_equal(st.st_mode & 07777, 02750);
	p->set.group = (char[]){ "no-such-group" };
	assert_int_equal(retain_check(&p->set, p->dir, "mail", err, sizeof(err)), -1);
	assert_non_null(strstr(err, "no-such-group"));
	p->set.group = NULL;
	assert_int_equal(symlinkat("/etc/passwd", p->fd, "mail-2026-02-01.jsonl"), 0);
	assert_int_equal(retain_check(&p->set, p->dir, "mail", err, sizeof(err)), -1);
	assert_non_null(strstr(err, "mail-2026-02-01.jsonl is no file"));
}

static void
reserve_comes_and_goes(void **state)
{
	struct place *p = *state;
	const char *why;
	struct stat st;

	assert_int_equal(reserve_release(p->dir, "mail"), 0);
	assert_int_equal(reserve_make(p->dir, "mail", 1 << 20, &why), RESERVE_WHOLE);
	assert_int_equal(fstatat(p->fd, ".mail.reserve", &st, 0), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_true(st.st_blocks * 512 >= 1 << 20);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(reserve_make(p->dir, "mail", 1 << 20, &why), RESERVE_WHOLE);
	errno = ENOSPC;
	assert_int_equal(reserve_release(p->dir, "mail"), 1);
	assert_int_equal(errno, ENOSPC);
	want_there(p, ".mail.reserve", 0);
	assert_int_equal(reserve_make(p->dir, "mail", UINT64_MAX / 4, &why), RESERVE_LACKING);
	assert_non_null(why);
	assert_int_equal(reserve_make(p->dir, "mail", 1 << 20, &why), RESERVE_WHOLE);
	assert_int_equal(reserve_make(p->dir, "mail", 0, &why), RESERVE_OFF);
	want_there(p, ".mail.reserve", 0);
}

static void
look_at_the_disk(void **state)
{
	struct place *p = *state;
	char *text = calloc(1, 1 << 20);
	struct retain_look look;
	size_t i;

	memset(&look, 0, sizeof(look));
	assert_int_equal(retain_look(&p->set, p->dir, now_ms, &look), 0);
	assert_int_equal(look.days, 0);
	assert_int_equal(look.days_left, RETAIN_FOREVER);
	memset(text, 'x', 1 << 20);
	for (i = 20; i < 23; i++) {
		char name[40];

		snprintf(name, sizeof(name), "mail-2026-11-%zu.jsonl", i);
		put(p, name, text, 1 << 20);
	}
	put(p, "collect-2026-11-22.jsonl", text, 1 << 20);
	assert_int_equal(retain_look(&p->set, p->dir, now_ms, &look), 0);
	assert_int_equal(look.days, 3);
	assert_int_equal(look.oldest_ms, NOV_23 - DAYS(3));
	if (look.day_octets < (4u << 20) / 3 || look.day_octets > (4u << 20) / 3 + 65536)
		fail_msg("got %llu octets a day, want four thirds of 1 MB", (unsigned long long)look.day_octets);
	/* all that is free goes in as many days as it holds, if nothing expires meanwhile */
	p->set.keep_ms = 0;
	p->set.warn_ms = DAYS(36600);
	assert_int_equal(retain_look(&p->set, p->dir, now_ms, &look), 0);
	if (look.free / look.day_octets < 3660 && look.days_left != look.free / look.day_octets)
		fail_msg("got %u days left, want %llu", look.days_left, (unsigned long long)(look.free / look.day_octets));
	assert_int_equal(look.low, look.days_left != RETAIN_FOREVER);
	/* what goes after two days holds the disk */
	p->set.keep_ms = DAYS(2);
	assert_int_equal(retain_look(&p->set, p->dir, now_ms, &look), 0);
	assert_int_equal(look.days_left, RETAIN_FOREVER);
	free(text);
}

/* ---- the keeper ---- */

static pthread_mutex_t told_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told_cond = PTHREAD_COND_INITIALIZER;

struct heard {
	int			times;
	struct retain_look	look;
	uint64_t		before_ms;
};

static void
told(void *arg, const struct retain_look *look)
{
	struct heard *h = arg;

	pthread_mutex_lock(&told_mutex);
	h->look = *look;
	h->times++;
	pthread_cond_signal(&told_cond);
	pthread_mutex_unlock(&told_mutex);
}

static void
expired(void *arg, uint64_t before_ms)
{
	((struct heard *)arg)->before_ms = before_ms;
}

static void
keeper_does_it_at_once(void **state)
{
	struct place *p = *state;
	struct heard h = { 0 };
	const struct retain_hooks hooks = { told, expired, &h };
	struct retain *k;

	put_old(p);
	p->set.reserve = 1 << 20;
	open_ledger(p);
	assert_int_equal(retain_start(&p->job, &hooks, &k), 0);
	pthread_mutex_lock(&told_mutex);
	while (h.times == 0)
		pthread_cond_wait(&told_cond, &told_mutex);
	pthread_mutex_unlock(&told_mutex);
	retain_stop(k);
	want_there(p, "mail-2026-01-01.jsonl", 0);
	want_there(p, "mail-2026-11-21.jsonl.zst", 1);
	want_there(p, ".mail.reserve", 1);
	assert_int_equal(h.look.reserve, RESERVE_WHOLE);
	assert_true(h.before_ms == now_ms - DAYS(180));
	assert_true(h.look.free > 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(pack_keeps_all), T(pack_large_and_cut), T(pack_stopped), T(round_compresses_and_expires), T(yesterday_until_one),
		T(newest_stays_plain), T(no_compression_no_expiry), T(unrecorded_is_undone), T(damaged_day_goes), T(not_all_at_once),
		T(totals_end), T(rights_are_mended), T(reserve_comes_and_goes), T(look_at_the_disk), T(keeper_does_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
