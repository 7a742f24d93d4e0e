/* SPDX-License-Identifier: ISC */
/* Tests of record/seal.c, seal_keys.c and ledger_seal.c: the construction as a stranger computes it, keys, and a crash at every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "record/ledger.h"
#include "record/seal_int.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define DAY_MS		86400000ull
#define NOV_22		1795305600000ull	/* 2026-11-22T00:00:00Z */
#define CRASHED		42

static _Atomic uint64_t now_ms = NOV_22 + 1000;

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

/* ---- crashes: the program ends before the n-th change of a file, or in the middle of a write ---- */

static _Atomic int steps_left = -1, half_writes, fail_step = -1;

/* 1: this one fails instead. */
static int
step(void)
{
	if (fail_step > 0 && --fail_step == 0) {
		errno = ENOSPC;
		return 1;
	}
	if (steps_left > 0 && --steps_left == 0)
		_exit(CRASHED);
	return 0;
}

#define STEP(decl, number, ...)						\
	int decl;							\
	int decl { return step() ? -1 : (int)syscall(number, __VA_ARGS__); }
STEP(fsync(int fd), SYS_fsync, fd)
STEP(fdatasync(int fd), SYS_fdatasync, fd)
STEP(ftruncate(int fd, off_t to), SYS_ftruncate, fd, to)
STEP(fchmod(int fd, mode_t mode), SYS_fchmod, fd, mode)
STEP(renameat(int a, const char *p, int b, const char *q), SYS_renameat, a, p, b, q)
STEP(unlinkat(int a, const char *p, int flags), SYS_unlinkat, a, p, flags)

ssize_t write(int fd, const void *p, size_t len);
ssize_t
write(int fd, const void *p, size_t len)
{
	if (fd > 2) {
		if (half_writes && steps_left == 1)
			(void)syscall(SYS_write, fd, p, len / 2);
		if (step())
			return -1;
	}
	return syscall(SYS_write, fd, p, len);
}

/* ---- a place ---- */

struct place {
	char			root[64], records[80], keys[80];
	struct ledger_settings	set;
};

static void
clear(const char *path)
{
	struct dirent *e;
	DIR *dir = opendir(path);

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	/* Hundreds of lives: not all on a real disk, where there is another. */
	snprintf(p->root, sizeof(p->root), "%s/hopward-seal-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(p->root) == NULL)
		return -1;
	snprintf(p->records, sizeof(p->records), "%s/records", p->root);
	snprintf(p->keys, sizeof(p->keys), "%s/keys", p->root);
	if (mkdir(p->records, 0750) == -1)
		return -1;
	p->set = (struct ledger_settings){ .directory = p->records, .sync = LEDGER_SYNC_BATCH, .sealed = 1,
	    .seal_directory = p->keys, .seal_epoch_ms = 3600000, .gateway = "gw \"1\"" };
	now_ms = NOV_22 + 1000;
	steps_left = fail_step = -1;
	half_writes = 0;
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	clear(p->records);
	clear(p->keys);
	rmdir(p->records);
	rmdir(p->keys);
	rmdir(p->root);
	free(p);
	return 0;
}

static char *
in(const char *directory, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int
exists(const char *directory, const char *name)
{
	return access(in(directory, name), F_OK) == 0;
}

static struct ledger *
opened(const struct place *p)
{
	struct ledger *l;
	char err[512] = "";

	if (ledger_open(&p->set, "mail", &l, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want an open ledger", err);
	return l;
}

static void
append(struct ledger *l, unsigned int count)
{
	while (count-- > 0)
		assert_int_equal(ledger_append(l, "{\"v\":1,\"type\":\"message\"}", 24, NULL), 0);
}

/* ---- a stranger's verification ---- */

struct seen {
	uint64_t	lines, seals, inits, torn, messages, behind;	/* behind: the last seal */
	uint8_t		first[SEAL_KEY_LEN];		/* of the last seal-init */
	struct seal_chain chain;
	uint8_t		key[SEAL_KEY_LEN];
	uint64_t	epoch, base;
	struct seal	last;
};

static void
take_seal(struct seen *v, const struct seal *s)
{
	if (!seal_check(s, "mail", v->key))
		fail_msg("line %llu: got a signature that does not hold, want epoch %llu's", (unsigned long long)s->seq,
		    (unsigned long long)v->epoch);
	assert_memory_equal(s->chain, v->chain.value, SEAL_CHAIN_LEN);
	assert_int_equal(s->epoch, v->epoch);
	assert_int_equal(s->lines, s->seq - v->base - 1);
	memcpy(v->key, s->next, SEAL_KEY_LEN);
	v->epoch++;
	v->base = s->seq;
	v->seals++;
	v->last = *s;
}

static void
take_line(struct seen *v, const char *line, int sealed)
{
	uint8_t salt[16], leaf[32], got[32], text[8192];
	const char *body = strstr(line, "\"leaf\":\"") + 8 + 64 + 1;
	struct seal s;
	enum seal_kind kind = seal_parse(line, "mail", &s);
	uint64_t seq = strtoull(line + 7, NULL, 10);
	size_t n;

	if (seq != v->lines + 1)
		fail_msg("got line %llu, want %llu", (unsigned long long)seq, (unsigned long long)v->lines + 1);
	v->lines++;
	assert_int_equal(seal_unhex(strstr(line, "\"salt\":\"") + 8, salt, 16), 0);
	assert_int_equal(seal_unhex(strstr(line, "\"leaf\":\"") + 8, leaf, 32), 0);
	memcpy(text, salt, 16);
	n = (size_t)snprintf((char *)text + 16, sizeof(text) - 16, "{%s", body + (*body == ','));
	EVP_Digest(text, 16 + n, got, NULL, EVP_sha256(), NULL);
	assert_memory_equal(got, leaf, 32);
	v->torn += strstr(line, "\"event\":\"torn-tail\"") != NULL;
	v->messages += strstr(line, "\"type\":\"message\"") != NULL;
	if (kind == SEAL_INIT) {
		seal_chain_init(&v->chain, "mail", s.next, seq - 1);
		memcpy(v->first, s.next, SEAL_KEY_LEN);
		memcpy(v->key, s.next, SEAL_KEY_LEN);
		v->base = seq - 1;
		v->epoch = 1;
		v->inits++;
	} else if (kind == SEAL_LINE)
		take_seal(v, &s);
	else if (sealed)
		assert_true(strstr(line, "\"type\":\"seal") == NULL);
	if (v->inits > 0)
		seal_chain_add(&v->chain, seq, leaf);
	v->behind = seq - v->base;
}

static struct seen
verify(const struct place *p)
{
	struct seen v;
	struct dirent **names;
	char *line = NULL, *name;
	size_t size = 0;
	ssize_t len;
	FILE *f;
	int i, n;

	memset(&v, 0, sizeof(v));
	n = scandir(p->records, &names, NULL, alphasort);
	assert_true(n >= 0);
	for (i = 0; i < n; i++) {
		name = names[i]->d_name;
		if (strstr(name, ".jsonl") != NULL) {
			assert_non_null(f = fopen(in(p->records, name), "r"));
			while ((len = getline(&line, &size, f)) > 0) {
				assert_int_equal(line[len - 1], '\n');
				line[len - 1] = '\0';
				take_line(&v, line, v.inits > 0);
			}
			fclose(f);
		}
		free(names[i]);
	}
	free(names);
	free(line);
	return v;
}

/* ---- the construction ---- */

static void
unhex(const char *text, uint8_t *out, size_t len)
{
	assert_int_equal(strlen(text), 2 * len);
	assert_int_equal(seal_unhex(text, out, len), 0);
}

/* Computed with Python's hashlib and openssl pkeyutl. */
static void
as_others_compute_it(void **state)
{
	struct seal s = { .epoch = 3, .seq = 10, .time_ms = 1795305601234ull, .lines = 2 }, other;
	uint8_t first[32], leaf[32], want[64], seed[32];
	struct seal_chain c;
	size_t i;

	(void)state;
	for (i = 0; i < 32; i++)
		seed[i] = (uint8_t)i;
	unhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8", first, 32);
	seal_chain_init(&c, "mail", first, 7);
	unhex("85ab80b8a2b8042718047499522d0b6b8e57abee938fa4d74ab867be0b17de32", want, 32);
	assert_memory_equal(c.value, want, 32);
	assert_int_equal(c.seq, 7);
	for (i = 8; i < 10; i++) {
		memset(leaf, (int)i - 7, 32);
		seal_chain_add(&c, i, leaf);
	}
	unhex("212e374d4bd731575e2d9c9e89e3199a6a6e8dcd8e0a6924984ad304eb037540", want, 32);
	assert_memory_equal(c.value, want, 32);
	assert_int_equal(c.seq, 9);
	memcpy(s.chain, c.value, 32);
	memset(s.next, 0x77, 32);
	assert_int_equal(seal_sign(&s, "mail", seed), 0);
	unhex("d8f687e89ff2e30eb1955ac9754e734e46d93530316b31d3a178ddc87b99e152"
	    "1ee9a49d2bc8864ae269e38b6e10167881fd0a53b036d84729a34b8419ce340d", want, 64);
	assert_memory_equal(s.sig, want, 64);
	assert_int_equal(seal_check(&s, "mail", first), 1);
	assert_int_equal(seal_check(&s, "collect", first), 0);
	/* each of its parts is signed */
	for (i = 0; i < sizeof(s); i++) {
		other = s;
		((uint8_t *)&other)[i] ^= 1;
		if (seal_check(&other, "mail", first))
			fail_msg("octet %zu: got a signature that holds, want none", i);
	}
	first[5] ^= 1;
	assert_int_equal(seal_check(&s, "mail", first), 0);
}

static void
lines_that_are_no_seals(void **state)
{
	static const char head[] = "{\"seq\":12,\"stream\":\"mail\",\"salt\":\"000102030405060708090a0b0c0d0e0f\",\"leaf\":\""
	    "0000000000000000000000000000000000000000000000000000000000000000\",";
	char line[4096], broken[4098];
	struct seal s = { .epoch = 7, .seq = 12, .time_ms = 1795305601234ull, .lines = 5 }, got;
	uint8_t key[32] = { 9 };
	struct buf b;
	size_t i, len, accepted = 0;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(seal_body(&s, "a \"b\" \\", &b), 0);
	snprintf(line, sizeof(line), "%s%s", head, b.data + 1);
	assert_int_equal(seal_parse(line, "mail", &got), SEAL_LINE);
	assert_memory_equal(&got, &s, sizeof(s));
	assert_int_equal(seal_parse(line, "mai", &got), SEAL_NONE);
	assert_int_equal(seal_parse(line, "collect", &got), SEAL_NONE);
	len = strlen(line);
	for (i = 0; i < len; i++) {
		memcpy(broken, line, len + 1);
		broken[i] = '\0';
		assert_int_equal(seal_parse(broken, "mail", &got), SEAL_NONE);
		memcpy(broken, line, len + 1);
		broken[i] = '~';
		accepted += seal_parse(broken, "mail", &got) != SEAL_NONE;
	}
	assert_true(accepted < 12);	/* in the gateway's name alone */
	snprintf(broken, sizeof(broken), "%s ", line);
	assert_int_equal(seal_parse(broken, "mail", &got), SEAL_NONE);
	buf_reset(&b);
	assert_int_equal(seal_init_body(NULL, 1795305601234ull, key, "new", &b), 0);
	snprintf(line, sizeof(line), "%s%s", head, b.data + 1);
	assert_int_equal(seal_parse(line, "mail", &got), SEAL_INIT);
	assert_memory_equal(got.next, key, 32);
	assert_int_equal(got.seq, 12);
	buf_free(&b);
}

/* ---- keys ---- */

static struct seal_keys *
keys(const struct place *p)
{
	struct seal_keys *k;
	char err[512] = "";

	if (seal_keys_open(p->keys, "mail", &k, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want keys", err);
	return k;
}

static void
mode_is(const char *path, mode_t want)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	if ((st.st_mode & 07777) != want)
		fail_msg("%s: got mode %o, want %o", path, st.st_mode & 07777, want);
}

static void
keys_live_for_an_epoch(void **state)
{
	struct place *p = *state;
	struct seal_keys *k = keys(p);
	uint8_t first[32], peeked[32], text[256];
	struct seal_chain c = { .seq = 4 };
	char err[512] = "";
	uint64_t epoch;
	struct buf b;
	int old;

	buf_init(&b, 4096);
	memcpy(first, seal_keys_first(k), 32);
	assert_int_equal(seal_keys_epoch(k), 1);
	assert_int_equal(seal_keys_fresh(k), 1);
	mode_is(p->keys, 0700);
	mode_is(in(p->keys, "mail.first"), 0400);
	assert_int_equal(seal_keys_sign(k, "mail", "gw", 5, NOV_22, 2, &c, &b, err, sizeof(err)), 0);
	assert_int_equal(seal_keys_fresh(k), 0);
	mode_is(in(p->keys, "mail.key"), 0400);
	mode_is(in(p->keys, "mail.next"), 0400);
	old = open(in(p->keys, "mail.key"), O_RDONLY);
	assert_int_equal(read(old, text, 200) > 130, 1);
	assert_memory_equal(text, "1 1 ", 4);
	assert_int_equal(seal_keys_advance(k, err, sizeof(err)), 0);
	/* who had it open has nothing either */
	memset(text, 'x', sizeof(text));
	assert_int_equal(lseek(old, 0, SEEK_SET), 0);
	assert_int_equal(read(old, text, 256), 256);
	assert_int_equal(text[0], 0);
	close(old);
	assert_false(exists(p->keys, "mail.next"));
	assert_false(exists(p->keys, "mail.first"));
	assert_int_equal(seal_keys_epoch(k), 2);
	assert_memory_equal(seal_keys_first(k), first, 32);
	seal_keys_free(k);
	k = keys(p);
	assert_int_equal(seal_keys_epoch(k), 2);
	assert_memory_equal(seal_keys_first(k), first, 32);
	seal_keys_free(k);
	assert_int_equal(seal_keys_peek(p->keys, "mail", peeked, &epoch, err, sizeof(err)), 1);
	assert_memory_equal(peeked, first, 32);
	assert_int_equal(epoch, 2);
	assert_int_equal(seal_keys_peek(p->keys, "acts", peeked, &epoch, err, sizeof(err)), 0);
	assert_int_equal(seal_keys_peek("/nonexistent", "acts", peeked, &epoch, err, sizeof(err)), 0);
	buf_free(&b);
}

static void
keys_that_others_may_read_are_refused(void **state)
{
	struct place *p = *state;
	struct seal_keys *k = keys(p);
	char err[512] = "";

	seal_keys_free(k);
	assert_int_equal(chmod(p->keys, 0750), 0);
	assert_int_equal(seal_keys_open(p->keys, "mail", &k, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "0700"));
	assert_int_equal(chmod(p->keys, 0700), 0);
	assert_int_equal(chmod(in(p->keys, "mail.first"), 0440), 0);
	assert_int_equal(seal_keys_open(p->keys, "mail", &k, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "0400"));
}

static void
what_root_makes_is_the_owners(void **state)
{
	struct place *p = *state;
	struct seal_keys *k;
	struct stat st;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(p->root, 61951, 61952), 0);
	k = keys(p);
	seal_keys_free(k);
	assert_int_equal(stat(p->keys, &st), 0);
	assert_int_equal(st.st_uid, 61951);
	assert_int_equal(st.st_gid, 61952);
	assert_int_equal(stat(in(p->keys, "mail.first"), &st), 0);
	assert_int_equal(st.st_uid, 61951);
}

/* ---- the sealed stream ---- */

static void
a_stream_from_its_beginning(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	struct seal_chain anchor;
	char err[512] = "";
	struct seen v;

	append(l, 3);
	assert_int_equal(ledger_anchor(p->records, "mail", &anchor, err, sizeof(err)), 1);
	assert_int_equal(anchor.seq, 4);
	v = verify(p);
	assert_memory_equal(anchor.value, v.chain.value, 32);
	ledger_close(l);
	v = verify(p);
	assert_int_equal(v.lines, 5);		/* seal-init, three, seal */
	assert_int_equal(v.last.lines, 4);
	assert_int_equal(v.seals, 1);
	assert_int_equal(v.behind, 0);
	/* closed well: nothing is closed again at the start, an empty epoch at the stop */
	ledger_close(opened(p));
	v = verify(p);
	assert_int_equal(v.lines, 6);
	assert_int_equal(v.last.lines, 0);
	assert_int_equal(v.inits, 1);
	assert_int_equal(ledger_anchor(p->records, "mail", &anchor, err, sizeof(err)), 1);
	assert_memory_equal(anchor.value, v.chain.value, 32);
	assert_int_equal(ledger_anchor(p->records, "acts", &anchor, err, sizeof(err)), 0);
}

static void
a_stream_that_was_not_sealed(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct seen v;

	p->set.sealed = 0;
	l = opened(p);
	append(l, 7);
	ledger_close(l);
	assert_false(exists(p->keys, "mail.key"));
	p->set.sealed = 1;
	l = opened(p);
	append(l, 1);
	ledger_close(l);
	v = verify(p);
	assert_int_equal(v.lines, 10);
	assert_int_equal(v.last.lines, 2);
	assert_int_equal(v.inits, 1);
	assert_int_equal(v.seals, 1);
}

/* Some turns of the sealer, and of the calendar. */
static void
epochs_end_also_when_they_are_empty(void **state)
{
	struct place *p = *state;
	uint64_t end = clock_mono_ns() + 20000000000ull;
	const struct timespec nap = { 0, 2000000 };
	struct ledger *l;
	struct seen v;

	p->set.seal_epoch_ms = 5;
	l = opened(p);
	append(l, 2);
	do {
		nanosleep(&nap, NULL);
		v = verify(p);
	} while (v.seals < 5 && clock_mono_ns() < end);
	assert_true(v.seals >= 5);
	assert_int_equal(v.last.lines, 0);
	now_ms = NOV_22 + DAY_MS;
	append(l, 2);
	ledger_close(l);
	assert_true(exists(p->records, "mail-2026-11-23.jsonl"));
	v = verify(p);
	assert_int_equal(v.messages, 4);
	assert_int_equal(v.behind, 0);
	/* the next start looks into two files */
	assert_int_equal(unlink(in(p->records, ".mail.lock")), 0);
	ledger_close(opened(p));
	assert_int_equal(verify(p).inits, 1);
}

/* The child ends where it stands: an epoch is left open, over midnight. */
static void
open_epoch_is_closed_by_the_next_start(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct seen v;
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		l = opened(p);
		append(l, 3);
		now_ms = NOV_22 + DAY_MS;
		append(l, 2);
		_exit(CRASHED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), CRASHED);
	now_ms = NOV_22 + 2 * DAY_MS;
	l = opened(p);
	v = verify(p);
	assert_int_equal(v.lines, 7);
	assert_int_equal(v.last.lines, 6);
	assert_int_equal(v.behind, 0);
	ledger_close(l);
}

static void
lost_keys_begin_another_chain(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	uint8_t first[32];
	struct seen v;

	append(l, 1);
	ledger_close(l);
	v = verify(p);
	memcpy(first, v.first, 32);
	clear(p->keys);
	l = opened(p);
	append(l, 1);
	ledger_close(l);
	v = verify(p);
	assert_int_equal(v.inits, 2);
	assert_int_equal(v.lines, 6);
	assert_memory_not_equal(v.first, first, 32);
	/* the lines go, the keys stay: the same */
	clear(p->records);
	l = opened(p);
	append(l, 1);
	ledger_close(l);
	v = verify(p);
	assert_int_equal(v.inits, 1);
	assert_memory_not_equal(v.first, first, 32);
}

/* The seal's line fails as often as its keys do; records go on, and the next one signs all. */
static void
a_seal_that_fails_stops_no_record(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct seen v;
	int i;

	l = opened(p);
	ledger_close(l);
	for (i = 1; i < 12; i++) {
		l = opened(p);
		append(l, 1);
		fail_step = i;
		ledger_close(l);
		fail_step = -1;
		l = opened(p);
		append(l, 1);
		ledger_close(l);
		v = verify(p);
		if (v.inits != 1 || v.messages != (uint64_t)i * 2 || v.behind != 0)
			fail_msg("step %d: got %llu chains and %llu messages, want 1 and %d", i, (unsigned long long)v.inits,
			    (unsigned long long)v.messages, 2 * i);
	}
}

/* ---- a crash at every step ---- */

/* A life: start, records, stop.  What was answered is counted where the parent sees it. */
static void
life(const struct place *p, _Atomic int *told)
{
	struct ledger *l;
	char err[512];
	int i;

	if (ledger_open(&p->set, "mail", &l, err, sizeof(err)) == -1)
		_exit(1);
	for (i = 0; i < 3; i++) {
		if (ledger_append(l, "{\"v\":1,\"type\":\"message\"}", 24, NULL) == -1)
			_exit(1);
		++*told;
	}
	ledger_close(l);
	_exit(0);
}

/* Opens once more what a crash left, and looks at all of it. */
static void
after_a_crash(const struct place *p, int step_number, uint64_t told, const uint8_t *first)
{
	struct ledger *l = opened(p);
	struct seen v;

	append(l, 1);
	ledger_close(l);
	v = verify(p);
	if (v.inits != 1 || v.behind != 0 || v.messages < told + 1 || v.messages > told + 2)
		fail_msg("crash at step %d: got %llu chains, %llu open lines, %llu messages, want 1, 0, %llu", step_number,
		    (unsigned long long)v.inits, (unsigned long long)v.behind, (unsigned long long)v.messages,
		    (unsigned long long)told + 1);
	if (first != NULL)
		assert_memory_equal(v.first, first, SEAL_KEY_LEN);
	assert_false(exists(p->keys, "mail.next"));
	assert_false(exists(p->keys, "mail.first"));
}

/* Lives that end at step 1, 2, 3... until one is whole; gives how many did not end well. */
static int
crashes(struct place *p, int from_nothing)
{
	void *shared = mmap(NULL, sizeof(_Atomic int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic int *told = shared;
	int n, status;
	struct seen v;
	pid_t pid;

	assert_true(shared != MAP_FAILED);
	for (n = 1; n < 500; n++) {
		if (from_nothing) {
			clear(p->records);
			clear(p->keys);
		}
		v = verify(p);
		*told = 0;
		if ((pid = fork()) == 0) {
			steps_left = n;
			life(p, told);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), CRASHED);
		after_a_crash(p, n, v.messages + (uint64_t)*told, from_nothing ? NULL : v.first);
	}
	munmap(shared, sizeof(*told));
	return n - 1;
}

static void
crash_of_a_first_life(void **state)
{
	assert_true(crashes(*state, 1) > 20);
}

static void
crash_of_a_later_life(void **state)
{
	struct ledger *l = opened(*state);

	ledger_close(l);
	assert_true(crashes(*state, 0) > 12);
}

static void
crash_in_the_middle_of_a_write(void **state)
{
	struct ledger *l = opened(*state);

	half_writes = 1;
	ledger_close(l);
	assert_true(crashes(*state, 0) > 12);
	assert_true(crashes(*state, 1) > 20);
}

/* One crash behind the other, with no whole life between. */
static void
crash_after_crash(void **state)
{
	void *shared = mmap(NULL, sizeof(_Atomic int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic int *told = shared;
	struct place *p = *state;
	int n, status;
	pid_t pid;

	assert_true(shared != MAP_FAILED);
	half_writes = 1;
	for (n = 0; n < 300; n++) {
		if ((pid = fork()) == 0) {
			steps_left = 1 + n * 7 % 43;
			life(p, told);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_not_equal(WEXITSTATUS(status), 1);
	}
	/* a line may be there that was not answered, none may lack that was */
	ledger_close(opened(p));
	assert_true(verify(p).messages >= (uint64_t)*told);
	assert_true(*told > 30);
	assert_int_equal(verify(p).inits, 1);
	assert_int_equal(verify(p).behind, 0);
	munmap(shared, sizeof(*told));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_others_compute_it), cmocka_unit_test(lines_that_are_no_seals), T(keys_live_for_an_epoch),
		T(keys_that_others_may_read_are_refused), T(what_root_makes_is_the_owners), T(a_stream_from_its_beginning), T(a_stream_that_was_not_sealed),
		T(epochs_end_also_when_they_are_empty), T(open_epoch_is_closed_by_the_next_start), T(lost_keys_begin_another_chain),
		T(a_seal_that_fails_stops_no_record), T(crash_of_a_first_life), T(crash_of_a_later_life),
		T(crash_in_the_middle_of_a_write), T(crash_after_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
