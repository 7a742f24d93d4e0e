/* SPDX-License-Identifier: ISC */
/* Tests of record/ledger.c: order, torn tails, day change, full disks, removed files, the second writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "record/ledger.h"

/* The clock that the ledger is linked with here: the test sets it. */
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

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define DAY_MS		86400000ull
#define NOV_22		1795305600000ull	/* 2026-11-22T00:00:00Z */
#define NOV_23		(NOV_22 + DAY_MS)
#define F22		"mail-2026-11-22.jsonl"
#define F23		"mail-2026-11-23.jsonl"
#define F24		"mail-2026-11-24.jsonl"

struct place {
	char			dir[64];
	struct ledger_settings	settings;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/hopward-ledger-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	p->settings.directory = p->dir;
	p->settings.sync = LEDGER_SYNC_ALWAYS;
	now_ms = NOV_22 + 1000;
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	struct dirent *e;
	DIR *dir = opendir(p->dir);

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(p->dir);
	free(p);
	return 0;
}

static struct ledger *
opened(const struct place *p)
{
	struct ledger *l;
	char err[256] = "";

	if (ledger_open(&p->settings, "mail", &l, err, sizeof(err)) == -1)
		fail_msg("got \"%s\", want an open ledger", err);
	return l;
}

static char *
in_dir(const struct place *p, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return path;
}

/* The whole file, NUL-terminated; NULL if there is none. */
static char *
slurp(const struct place *p, const char *name, size_t *len)
{
	int fd = open(in_dir(p, name), O_RDONLY);
	struct stat st;
	char *text;

	if (fd == -1)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	text = malloc((size_t)st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	text[st.st_size] = '\0';
	*len = (size_t)st.st_size;
	return text;
}

static void
put_file(const struct place *p, const char *name, const char *text, size_t len)
{
	int fd = open(in_dir(p, name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static int
append(struct ledger *l, const char *body, uint64_t *seq)
{
	return ledger_append(l, body, strlen(body), seq);
}

static void
unhex(const char *text, unsigned char *out, size_t len)
{
	unsigned int octet;
	size_t i;

	for (i = 0; i < len; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &octet), 1);
		out[i] = (unsigned char)octet;
	}
}

/* Checks one line as a stranger would, with nothing but the page: gives its seq, and its body if wanted. */
static uint64_t
check_line(const char *line, size_t len, char **body)
{
	unsigned char salt[16], want[32], got[EVP_MAX_MD_SIZE];
	const char *rest;
	json_error_t error;
	json_t *root;
	char *text;
	uint64_t seq;
	unsigned int n;
	EVP_MD_CTX *ctx;

	root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		fail_msg("got \"%.*s\": %s, want JSON", (int)len, line, error.text);
	seq = (uint64_t)json_integer_value(json_object_get(root, "seq"));
	assert_string_equal(json_string_value(json_object_get(root, "stream")), "mail");
	assert_int_equal(json_string_length(json_object_get(root, "salt")), 32);
	assert_int_equal(json_string_length(json_object_get(root, "leaf")), 64);
	unhex(json_string_value(json_object_get(root, "salt")), salt, sizeof(salt));
	unhex(json_string_value(json_object_get(root, "leaf")), want, sizeof(want));
	rest = memmem(line, len, "\"leaf\":\"", 8);
	assert_non_null(rest);
	rest += 8 + 64 + 1;
	if (*rest == ',')
		rest++;
	text = malloc(len);
	assert_non_null(text);
	text[0] = '{';
	memcpy(text + 1, rest, (size_t)(line + len - rest));
	text[1 + (line + len - rest)] = '\0';
	ctx = EVP_MD_CTX_new();
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, salt, sizeof(salt));
	EVP_DigestUpdate(ctx, text, strlen(text));
	EVP_DigestFinal_ex(ctx, got, &n);
	EVP_MD_CTX_free(ctx);
	assert_memory_equal(got, want, 32);
	json_decref(root);
	if (body != NULL)
		*body = text;
	else
		free(text);
	return seq;
}

/* Every line of a file is whole and numbered from `first` on; gives how many. */
static size_t
check_file(const struct place *p, const char *name, uint64_t first)
{
	size_t count = 0, len;
	char *text = slurp(p, name, &len), *at, *nl;
	uint64_t seq;

	assert_non_null(text);
	for (at = text; at < text + len; at = nl + 1) {
		nl = memchr(at, '\n', (size_t)(text + len - at));
		assert_non_null(nl);
		seq = check_line(at, (size_t)(nl - at), NULL);
		if (seq != first + count)
			fail_msg("%s: got seq %llu, want %llu", name, (unsigned long long)seq,
			    (unsigned long long)(first + count));
		count++;
	}
	free(text);
	return count;
}

/* ---- plain ---- */

static void
lines_are_as_written(void **state)
{
	static const char body[] = "{\"v\":1,\"leaf\":\"no\",\"x\":[1,2]}";
	struct place *p = *state;
	struct ledger *l = opened(p);
	uint64_t seq = 0;
	struct stat st;
	size_t len;
	char *text, *got;

	assert_int_equal(ledger_torn(l), 0);
	assert_int_equal(append(l, "{\"a\":1}", &seq), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(append(l, "{}", &seq), 0);
	assert_int_equal(seq, 2);
	assert_int_equal(append(l, "{\"b\":\"}\"}", NULL), 0);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 3);
	assert_int_equal(stat(in_dir(p, F22), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);

	l = opened(p);
	assert_int_equal(append(l, body, &seq), 0);
	assert_int_equal(seq, 4);
	ledger_close(l);
	text = slurp(p, F22, &len);
	got = text + len - 1;
	while (got > text && got[-1] != '\n')
		got--;
	assert_int_equal(strncmp(got, "{\"seq\":4,\"stream\":\"mail\",\"salt\":\"", 33), 0);
	assert_int_equal(strncmp(got + 33 + 32, "\",\"leaf\":\"", 10), 0);
	assert_int_equal(strncmp(got + 33 + 32 + 10 + 64, "\",\"v\":1,", 8), 0);
	free(text);
	ledger_close(NULL);
}

static void
bodies_that_are_none(void **state)
{
	static const struct { const char *body; size_t len; int error; } cases[] = {
		{ "", 0, EINVAL }, { "{", 1, EINVAL }, { "[]", 2, EINVAL }, { "{\"a\":1", 6, EINVAL },
		{ "{ \"a\":1}", 8, EINVAL }, { "{\"a\":\n1}", 8, EINVAL }, { "{\"a\":\0001}", 8, EINVAL },
	};
	struct place *p = *state;
	struct ledger *l = opened(p);
	char *huge = malloc(LEDGER_LINE_MAX);
	size_t i, len;

	for (i = 0; i < COUNT(cases); i++) {
		errno = 0;
		assert_int_equal(ledger_append(l, cases[i].body, cases[i].len, NULL), -1);
		assert_int_equal(errno, cases[i].error);
	}
	assert_non_null(huge);
	memset(huge, 'x', LEDGER_LINE_MAX);
	memcpy(huge, "{\"a\":\"", 6);
	memcpy(huge + LEDGER_LINE_MAX - 2, "\"}", 2);
	assert_int_equal(ledger_append(l, huge, LEDGER_LINE_MAX, NULL), -1);
	assert_int_equal(errno, EMSGSIZE);
	len = 1024 * 1024;
	memcpy(huge + len - 2, "\"}", 2);
	assert_int_equal(ledger_append(l, huge, len, NULL), 0);
	assert_int_equal(append(l, "{}", NULL), 0);
	ledger_close(l);
	free(huge);
	assert_int_equal(check_file(p, F22, 1), 2);
	l = opened(p);
	assert_int_equal(ledger_torn(l), 0);
	ledger_close(l);
}

static void
open_refuses(void **state)
{
	static const char *const streams[] = { "", "Mail", "a/b", "..", "a_b", "a b",
	    "abcdefghijklmnopqrstuvwxyz0123456" };
	struct place *p = *state;
	struct ledger *l;
	char err[256], none[] = "/nonexistent/records";
	size_t i;

	for (i = 0; i < COUNT(streams); i++)
		assert_int_equal(ledger_open(&p->settings, streams[i], &l, err, sizeof(err)), -1);
	p->settings.directory = none;
	assert_int_equal(ledger_open(&p->settings, "mail", &l, err, sizeof(err)), -1);
	assert_null(l);
	assert_non_null(strstr(err, "/nonexistent/records"));
	assert_non_null(strstr(err, strerror(ENOENT)));
}

static void
second_writer_is_refused(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p), *second, *other;
	char err[256] = "";

	assert_int_equal(ledger_open(&p->settings, "mail", &second, err, sizeof(err)), -1);
	assert_null(second);
	assert_non_null(strstr(err, "another process writes"));
	assert_int_equal(ledger_open(&p->settings, "mail-out", &other, err, sizeof(err)), 0);
	assert_int_equal(append(other, "{}", NULL), 0);
	ledger_close(other);
	ledger_close(l);
	l = opened(p);		/* and "mail-out-..." is not taken for one of "mail" */
	assert_int_equal(append(l, "{}", NULL), 0);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 1);
}

/* ---- many threads ---- */

#define THREADS	8
#define APPENDS	500

struct job {
	struct ledger	*ledger;
	int		 number;
	uint64_t	 seqs[APPENDS];
	int		 failed;
};

static void *
job_run(void *arg)
{
	struct job *job = arg;
	char body[128];
	int i;

	for (i = 0; i < APPENDS; i++) {
		snprintf(body, sizeof(body), "{\"thread\":%d,\"i\":%d}", job->number, i);
		if (append(job->ledger, body, &job->seqs[i]) == -1)
			job->failed++;
	}
	return NULL;
}

static void
many_threads(void **state)
{
	struct place *p = *state;
	struct job *jobs = calloc(THREADS, sizeof(*jobs));
	pthread_t threads[THREADS];
	struct ledger *l;
	char *text, *at, *nl, *body, want[128], **by_seq;
	uint64_t seq;
	size_t len;
	int i, t;

	assert_non_null(jobs);
	p->settings.sync = LEDGER_SYNC_BATCH;
	p->settings.batch_us = 200;
	l = opened(p);
	for (t = 0; t < THREADS; t++) {
		jobs[t].ledger = l;
		jobs[t].number = t;
		assert_int_equal(pthread_create(&threads[t], NULL, job_run, &jobs[t]), 0);
	}
	for (t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
		assert_int_equal(jobs[t].failed, 0);
	}
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), THREADS * APPENDS);

	/* The seq that a caller was told is that of its own line, and its lines are in its order. */
	by_seq = calloc(THREADS * APPENDS + 1, sizeof(*by_seq));
	assert_non_null(by_seq);
	text = slurp(p, F22, &len);
	for (at = text; at < text + len; at = nl + 1) {
		nl = strchr(at, '\n');
		seq = check_line(at, (size_t)(nl - at), &body);
		assert_true(seq >= 1 && seq <= THREADS * APPENDS);
		by_seq[seq] = body;
	}
	for (t = 0; t < THREADS; t++)
		for (i = 0; i < APPENDS; i++) {
			snprintf(want, sizeof(want), "{\"thread\":%d,\"i\":%d}", t, i);
			assert_true(jobs[t].seqs[i] >= 1 && jobs[t].seqs[i] <= THREADS * APPENDS);
			assert_string_equal(by_seq[jobs[t].seqs[i]], want);
			assert_true(i == 0 || jobs[t].seqs[i] > jobs[t].seqs[i - 1]);
		}
	for (i = 0; i <= THREADS * APPENDS; i++)
		free(by_seq[i]);
	free(by_seq);
	free(text);
	free(jobs);
}

/* ---- torn tails ---- */

/* The event is on record, with these octets. */
static void
want_torn(const struct place *p, const char *name, size_t octets)
{
	char want[96];
	size_t len;
	char *text = slurp(p, name, &len);

	assert_non_null(text);
	snprintf(want, sizeof(want), "\"event\":\"torn-tail\",\"data\":{\"octets\":\"%zu\"}}", octets);
	if (strstr(text, want) == NULL)
		fail_msg("got \"%s\", want %s in it", text, want);
	free(text);
}

static void
torn_at_every_cut(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	size_t cut, len, second;
	uint64_t seq;
	char *text;

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	assert_int_equal(append(l, "{\"n\":2,\"text\":\"the last line\"}", NULL), 0);
	ledger_close(l);
	text = slurp(p, F22, &len);
	second = (size_t)(strchr(text, '\n') + 1 - text);
	for (cut = second; cut <= len; cut++) {
		put_file(p, F22, text, cut);
		l = opened(p);
		if (cut == len) {
			assert_int_equal(ledger_torn(l), 0);
		} else if (ledger_torn(l) != cut - second) {
			fail_msg("cut %zu: got %llu torn octets, want %zu", cut, (unsigned long long)ledger_torn(l),
			    cut - second);
		}
		assert_int_equal(append(l, "{\"n\":3}", &seq), 0);
		/* the second line, or the event that it was torn */
		assert_int_equal(seq, cut > second ? 3 : 2);
		ledger_close(l);
		assert_int_equal(check_file(p, F22, 1), cut > second ? 3 : 2);
		if (cut > second && cut < len)
			want_torn(p, F22, cut - second);
	}
	/* The first line torn: nothing is left, and counting begins anew. */
	for (cut = 0; cut < second; cut++) {
		put_file(p, F22, text, cut);
		l = opened(p);
		assert_int_equal(ledger_torn(l), cut);
		assert_int_equal(append(l, "{\"n\":3}", &seq), 0);
		assert_int_equal(seq, cut > 0 ? 2 : 1);
		ledger_close(l);
		assert_int_equal(check_file(p, F22, 1), cut > 0 ? 2 : 1);
	}
	free(text);
}

static void
rubbish_after_a_power_cut(void **state)
{
	static const char zeros[5000], lines[] = "rubbish\n\n\0\0\n{\"seq\":x}\n{\"seq\":9,\"stream\":\"other\",}\n";
	struct place *p = *state;
	struct ledger *l = opened(p);
	size_t len;
	char *text, *more;

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	ledger_close(l);
	text = slurp(p, F22, &len);
	more = malloc(len + sizeof(zeros) + sizeof(lines));
	assert_non_null(more);
	memcpy(more, text, len);
	memcpy(more + len, zeros, sizeof(zeros));
	memcpy(more + len + sizeof(zeros), lines, sizeof(lines) - 1);
	put_file(p, F22, more, len + sizeof(zeros) + sizeof(lines) - 1);
	l = opened(p);
	assert_int_equal(ledger_torn(l), sizeof(zeros) + sizeof(lines) - 1);
	assert_int_equal(append(l, "{\"n\":2}", NULL), 0);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 3);
	free(text);
	free(more);
}

/* More rubbish than a crash can leave is somebody's data: not cut. */
static void
much_rubbish_is_left_alone(void **state)
{
	struct place *p = *state;
	size_t size = LEDGER_BATCH_MAX + LEDGER_LINE_MAX + 10000;
	struct ledger *l;
	char err[256] = "";
	struct stat st;
	int fd;

	fd = open(in_dir(p, F22), O_WRONLY | O_CREAT, 0640);
	assert_true(fd != -1);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
	assert_int_equal(ledger_open(&p->settings, "mail", &l, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "no record"));
	assert_int_equal(stat(in_dir(p, F22), &st), 0);
	assert_int_equal(st.st_size, size);
}

static void
seq_goes_on_behind_an_empty_file(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	uint64_t seq;

	assert_int_equal(append(l, "{}", NULL), 0);
	assert_int_equal(append(l, "{}", NULL), 0);
	ledger_close(l);
	now_ms = NOV_23;
	put_file(p, F23, "{\"seq\":3,\"str", 13);
	l = opened(p);
	assert_int_equal(ledger_torn(l), 13);
	assert_int_equal(append(l, "{}", &seq), 0);
	assert_int_equal(seq, 4);
	ledger_close(l);
	assert_int_equal(check_file(p, F23, 3), 2);
	want_torn(p, F23, 13);
}

/* ---- days ---- */

static void
days_go_forward_only(void **state)
{
	static const struct { uint64_t at; const char *file; } steps[] = {
		{ NOV_22 + 1000, F22 },
		{ NOV_23 - 1, F22 },
		{ NOV_23, F23 },		/* midnight, UTC */
		{ NOV_22 + 5000, F23 },		/* the clock steps back: the file does not */
		{ NOV_23 + 10, F23 },
		{ NOV_23 + DAY_MS, F24 },
	};
	struct place *p = *state;
	struct ledger *l = opened(p);
	size_t before, i, len;
	char *text;

	for (i = 0; i < COUNT(steps); i++) {
		text = slurp(p, steps[i].file, &before);
		if (text == NULL)
			before = 0;
		free(text);
		now_ms = steps[i].at;
		assert_int_equal(append(l, "{}", NULL), 0);
		text = slurp(p, steps[i].file, &len);
		if (text == NULL || len <= before)
			fail_msg("step %zu: got nothing new in %s, want a line", i, steps[i].file);
		free(text);
	}
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 2);
	assert_int_equal(check_file(p, F23, 3), 3);
	assert_int_equal(check_file(p, F24, 6), 1);
	/* Nor does it go back at a start. */
	now_ms = NOV_22;
	l = opened(p);
	assert_int_equal(append(l, "{}", NULL), 0);
	ledger_close(l);
	assert_int_equal(check_file(p, F24, 6), 2);
}

static void *
append_one(void *arg)
{
	return append(arg, "{\"late\":1}", NULL) == 0 ? arg : NULL;
}

/* Lines of two days in one batch. */
static void
midnight_inside_a_batch(void **state)
{
	struct place *p = *state;
	pthread_t threads[2];
	struct ledger *l;
	void *ok;
	int i, n22, n23;

	p->settings.sync = LEDGER_SYNC_BATCH;
	p->settings.batch_us = 50000;
	l = opened(p);
	assert_int_equal(pthread_create(&threads[0], NULL, append_one, l), 0);
	now_ms = NOV_23 - 1;
	assert_int_equal(pthread_create(&threads[1], NULL, append_one, l), 0);
	now_ms = NOV_23 + 1;
	assert_int_equal(append(l, "{}", NULL), 0);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &ok);
		assert_ptr_equal(ok, l);
	}
	ledger_close(l);
	/* Where each thread's line went depends on when it ran; none is lost, and the numbers go on. */
	n22 = (int)check_file(p, F22, 1);
	n23 = (int)check_file(p, F23, (uint64_t)n22 + 1);
	assert_int_equal(n22 + n23, 3);
	assert_true(n23 >= 1);
}

/* ---- trouble ---- */

/* A limit on the file's size stands in for a full disk: a short write first, then an error. */
static void
no_space_left(void **state)
{
	struct place *p = *state;
	struct rlimit limit, old;
	struct ledger *l = opened(p);
	char *text, big[4096];
	size_t len, after;
	uint64_t seq = 0;

	memset(big, 'x', sizeof(big));
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + sizeof(big) - 2, "\"}", 2);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	text = slurp(p, F22, &len);
	free(text);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = len + 300;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	errno = 0;
	assert_int_equal(ledger_append(l, big, sizeof(big), NULL), -1);
	assert_int_equal(errno, EFBIG);
	text = slurp(p, F22, &after);
	free(text);
	assert_int_equal(after, len);		/* nothing of it stays */
	assert_int_equal(append(l, "{\"n\":2}", &seq), 0);	/* what fits, fits */
	assert_int_equal(seq, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(ledger_append(l, big, sizeof(big), &seq), 0);
	assert_int_equal(seq, 3);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 3);
	signal(SIGXFSZ, SIG_DFL);
}

/* In one batch, a large line that does not fit takes no small one with it. */
static void *
append_big(void *arg)
{
	static char big[100000];

	memset(big, 'x', sizeof(big));
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + sizeof(big) - 2, "\"}", 2);
	return ledger_append(arg, big, sizeof(big), NULL) == 0 ? NULL : arg;
}

static void
large_line_fails_alone(void **state)
{
	struct place *p = *state;
	struct rlimit limit, old;
	pthread_t small, large;
	struct ledger *l;
	void *failed, *ok;

	p->settings.sync = LEDGER_SYNC_BATCH;
	p->settings.batch_us = 100000;
	l = opened(p);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 2000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(pthread_create(&small, NULL, append_one, l), 0);
	assert_int_equal(pthread_create(&large, NULL, append_big, l), 0);
	assert_int_equal(append(l, "{}", NULL), 0);
	pthread_join(large, &failed);
	pthread_join(small, &ok);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_ptr_equal(failed, l);
	assert_ptr_equal(ok, l);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 2);
	signal(SIGXFSZ, SIG_DFL);
}

static void
removed_file_is_made_anew(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	uint64_t seq;
	char moved[256];

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	assert_int_equal(unlink(in_dir(p, F22)), 0);
	assert_int_equal(append(l, "{\"n\":2}", &seq), 0);
	assert_int_equal(seq, 2);
	assert_int_equal(check_file(p, F22, 2), 1);
	/* Moved away, as logrotate would. */
	snprintf(moved, sizeof(moved), "%s/moved", p->dir);
	assert_int_equal(rename(in_dir(p, F22), moved), 0);
	assert_int_equal(append(l, "{\"n\":3}", &seq), 0);
	assert_int_equal(seq, 3);
	ledger_close(l);
	assert_int_equal(check_file(p, "moved", 2), 1);
	assert_int_equal(check_file(p, F22, 3), 1);
}

/* Another file under the same name, of the same size: lines go where the name leads, and numbers stay ahead. */
static void
replaced_file_is_noticed(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	char *text, moved[256], *digit;
	size_t len;
	uint64_t seq;

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	text = slurp(p, F22, &len);
	snprintf(moved, sizeof(moved), "%s/moved", p->dir);
	assert_int_equal(rename(in_dir(p, F22), moved), 0);
	digit = strstr(text, "\"seq\":1,");
	assert_non_null(digit);
	digit[6] = '7';
	put_file(p, F22, text, len);
	assert_int_equal(append(l, "{\"n\":2}", &seq), 0);
	assert_int_equal(seq, 8);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 7), 2);
	assert_int_equal(check_file(p, "moved", 1), 1);
	free(text);
}

static void
lost_directory_comes_back(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	char away[96];
	uint64_t seq;

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	snprintf(away, sizeof(away), "%s-away", p->dir);
	assert_int_equal(rename(p->dir, away), 0);
	errno = 0;
	assert_int_equal(append(l, "{\"n\":2}", NULL), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(rename(away, p->dir), 0);
	assert_int_equal(append(l, "{\"n\":3}", &seq), 0);
	assert_int_equal(seq, 2);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 2);
}

/* Somebody's editor left half a line behind ours. */
static void
foreign_octets_do_not_join_a_line(void **state)
{
	struct place *p = *state;
	struct ledger *l = opened(p);
	int fd;

	assert_int_equal(append(l, "{\"n\":1}", NULL), 0);
	fd = open(in_dir(p, F22), O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	assert_int_equal(append(l, "{\"n\":2}", NULL), 0);
	ledger_close(l);
	assert_int_equal(check_file(p, F22, 1), 3);
	want_torn(p, F22, 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(lines_are_as_written), T(bodies_that_are_none), T(open_refuses), T(second_writer_is_refused),
		T(many_threads), T(torn_at_every_cut), T(rubbish_after_a_power_cut), T(much_rubbish_is_left_alone),
		T(seq_goes_on_behind_an_empty_file), T(days_go_forward_only), T(midnight_inside_a_batch),
		T(no_space_left), T(large_line_fails_alone), T(removed_file_is_made_anew), T(replaced_file_is_noticed),
		T(lost_directory_comes_back), T(foreign_octets_do_not_join_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
