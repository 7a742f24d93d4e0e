/* SPDX-License-Identifier: ISC */
/* Tests of front/handover.c: the test plays the scanner that answers, dies, lies, floods, stalls, or never comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "fake-scanner.h"

#define BODY	"Hello\r\n"
#define PREFIX	"Received: by test; x\r\n"

static struct spool_budget budget;
static atomic_uint drained_count, drained_number;
static atomic_int progress_left;	/* calls until the client is gone; negative: never */
static atomic_uint progress_calls;

static void
on_drained(void *arg, uint32_t number)
{
	(void)arg;
	atomic_store(&drained_number, number);
	atomic_fetch_add(&drained_count, 1);
}

static int
on_progress(void *arg)
{
	(void)arg;
	atomic_fetch_add(&progress_calls, 1);
	if (atomic_load(&progress_left) < 0)
		return 0;
	return atomic_fetch_sub(&progress_left, 1) > 0 ? 0 : -1;
}

static struct spool *
message(const char *subject, const char *body)
{
	struct spool *sp = spool_new(&budget, 1 << 20, 1 << 24, PREFIX);

	assert_non_null(sp);
	spool_header(sp, "Subject", subject, 1);
	spool_eoh(sp);
	spool_body(sp, body, strlen(body));
	assert_int_equal(spool_seal(sp), SPOOL_OK);
	return sp;
}

static const struct handover_bounds usual = {
	.scan_timeout_ms = 5000, .engine_wait_ms = 5000, .progress_ms = 1000,
	.large_size = 1000, .queue_max = 50
};

static struct handover *
new_handover(_Atomic uint64_t *small)
{
	struct handover *h;

	atomic_store(&drained_count, 0);
	atomic_store(&progress_left, -1);
	atomic_store(&progress_calls, 0);
	assert_int_equal(handover_new(on_drained, NULL, small, NULL, &h), 0);
	return h;
}

/* One message through; frees all but the outcome. */
static struct handover_answer
scan_with(struct handover *h, const struct handover_bounds *b, const char *subject, const char *body,
    int (*progress)(void *), void *arg)
{
	struct spool *sp = message(subject, body);
	struct handover_answer a, copy;

	handover_scan(h, sp, b, progress, arg, &a);
	copy = a;
	copy.failed = a.scan != NULL ? a.scan->parts[0].outcome : a.failed;	/* the pointers of the copy only say: there was one */
	handover_answer_free(&a);
	spool_free(sp);
	return copy;
}

static struct handover_answer
scan(struct handover *h, const struct handover_bounds *b, const char *subject, const char *body)
{
	return scan_with(h, b, subject, body, on_progress, NULL);
}

/* ---- what a scanner may do ---- */

static const struct {
	const char	*name;
	enum act	 act;
	int		 result;	/* a scan_result came */
	enum outcome	 outcome;
	const char	*detail;
	unsigned int	 timeout_ms;	/* 0: the usual one */
} acts[] = {
	{ "clean", ACT_CLEAN, 1, OUTCOME_CLEAN, "", 0 },
	{ "infected", ACT_INFECTED, 1, OUTCOME_INFECTED, "", 0 },
	{ "trickle", ACT_TRICKLE, 1, OUTCOME_CLEAN, "", 0 },
	{ "expired", ACT_EXPIRED, 0, OUTCOME_TIMEOUT, "deadline", 0 },
	{ "signal", ACT_SIGNAL, 0, OUTCOME_CRASH, "signal 11", 0 },
	{ "memory", ACT_MEMORY, 0, OUTCOME_CRASH, "memory", 0 },
	{ "outside", ACT_OUTSIDE, 0, OUTCOME_CRASH, "killed", 0 },
	{ "deadline", ACT_DEADLINE, 0, OUTCOME_TIMEOUT, "deadline", 0 },
	{ "exit", ACT_EXIT, 0, OUTCOME_CRASH, "exit 3", 0 },
	{ "silent", ACT_SILENT, 0, OUTCOME_CRASH, "no report", 0 },
	{ "cut", ACT_CUT, 0, OUTCOME_CRASH, "signal 6", 0 },
	{ "stall", ACT_STALL, 0, OUTCOME_TIMEOUT, "deadline", 300 },
	{ "stall long", ACT_STALL, 0, OUTCOME_CRASH, "bad frame", 0 },
	{ "garbage", ACT_GARBAGE, 0, OUTCOME_CRASH, "bad frame", 0 },
	{ "type", ACT_TYPE, 0, OUTCOME_CRASH, "bad frame", 0 },
	{ "result", ACT_RESULT, 0, OUTCOME_CRASH, "bad frame", 0 },
	{ "flood", ACT_FLOOD, 0, OUTCOME_CRASH, "bad frame", 0 },
	{ "never", ACT_NEVER, 0, OUTCOME_TIMEOUT, "deadline", 200 }
};

static void
test_acts(void **state)
{
	struct handover_bounds b;
	struct handover_answer a;
	struct handover *h;
	struct fake f;
	size_t i;
	int fds[3], before = count_fds();

	(void)state;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		b = usual;
		if (acts[i].timeout_ms != 0)
			b.scan_timeout_ms = acts[i].timeout_ms;
		h = new_handover(NULL);
		fake_open(&f, fds, &acts[i].act, 1);
		fake_start(&f);
		assert_int_equal(handover_publish(h, 1, fake_info(), fds), 0);
		a = scan(h, &b, " s", BODY);
		if ((a.scan != NULL) != acts[i].result || a.failed != acts[i].outcome ||
		    strcmp(a.detail, acts[i].detail) != 0)
			fail_msg("%s: got %s \"%s\", want %s \"%s\"", acts[i].name, outcome_str(a.failed),
			    a.detail, outcome_str(acts[i].outcome), acts[i].detail);
		assert_int_equal(a.gone, 0);
		handover_free(h);
		fake_close(&f);
	}
	assert_int_equal(count_fds(), before);
}

static void
test_job(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	struct handover *h = new_handover(NULL);
	struct fake f;
	char big[2000];
	int fds[3];
	static const char want[] = PREFIX "Subject: x\r\n\r\n" BODY;

	(void)state;
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	scan(h, &usual, " x", BODY);
	assert_int_equal(f.last.size, strlen(want));
	assert_int_equal(f.last.prefix_len, strlen(PREFIX));
	assert_true(f.last.deadline_ns > clock_mono_ns());
	assert_true(f.last.deadline_ns <= clock_mono_ns() + usual.scan_timeout_ms * 1000000);
	assert_int_equal(f.text_len, strlen(want));
	assert_memory_equal(f.text, want, strlen(want));
	assert_int_equal(f.seals, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(f.large_jobs, 0);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	scan(h, &usual, " x", big);
	assert_int_equal(f.large_jobs, 1);
	handover_free(h);
	fake_close(&f);
}

/* ---- the client ---- */

static void
test_client_gone(void **state)
{
	static const enum act script[] = { ACT_NEVER };
	struct handover_bounds b = usual;
	struct handover_answer a;
	struct handover *h = new_handover(NULL);
	struct fake f;
	int fds[3];

	(void)state;
	b.progress_ms = 20;
	/* While waiting for an engine, and while waiting for an answer. */
	atomic_store(&progress_left, 2);
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.gone, 1);
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	atomic_store(&progress_left, 2);
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.gone, 1);
	assert_int_equal(a.failed, OUTCOME_NOT_SCANNED);
	assert_string_equal(a.detail, "client gone");
	assert_true(WAIT_UNTIL(f.hung_up == 1));
	handover_free(h);
	fake_close(&f);
}

static void
test_progress(void **state)
{
	static const enum act script[] = { ACT_NEVER };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct fake f;
	int fds[3];

	(void)state;
	b.progress_ms = 20;
	b.scan_timeout_ms = 200;
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	scan(h, &b, " s", BODY);
	if (progress_calls < 3 || progress_calls > 10)
		fail_msg("progress: got %u calls in 200 ms, want 3 to 10", progress_calls);
	handover_free(h);
	fake_close(&f);
}

/* ---- threads that ask at the same time ---- */

struct asker {
	struct handover		*h;
	struct handover_bounds	 b;
	struct handover_answer	 a;
	char			 subject[16];
	atomic_int		 done;
	atomic_uint		 progress;	/* calls: it waits for something */
	pthread_t		 thread;
};

static int
asker_progress(void *arg)
{
	atomic_fetch_add(&((struct asker *)arg)->progress, 1);
	return 0;
}

static void *
asker_thread(void *arg)
{
	struct asker *k = arg;

	k->a = scan_with(k->h, &k->b, k->subject, BODY, asker_progress, k);
	atomic_store(&k->done, 1);
	return NULL;
}

static void
ask(struct asker *k, struct handover *h, const struct handover_bounds *b, unsigned int n)
{
	memset(k, 0, sizeof(*k));
	k->h = h;
	k->b = *b;
	snprintf(k->subject, sizeof(k->subject), " %u", n);
	assert_int_equal(pthread_create(&k->thread, NULL, asker_thread, k), 0);
}

static void
test_no_engine(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct asker k;
	struct fake f;
	int fds[3];

	(void)state;
	b.engine_wait_ms = 100;
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.failed, OUTCOME_UNAVAILABLE);
	assert_null(a.engine);
	/* One that comes in time; and then goes again. */
	ask(&k, h, &usual, 1);
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	pthread_join(k.thread, NULL);
	assert_non_null(k.a.scan);
	handover_withdraw(h);
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.failed, OUTCOME_UNAVAILABLE);
	assert_true(WAIT_UNTIL(drained_count == 1));
	handover_free(h);
	fake_close(&f);
}

/* At most queue_max jobs are out, and the line is first come, first served. */
static void
test_queue_bound(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	struct handover_bounds b = usual;
	_Atomic uint64_t queued = 0;
	struct handover *h = new_handover(&queued);
	struct asker k[8];
	char want[32], packet[256];
	struct fake f;
	unsigned int i, n = 0;
	int fds[3], jobfds[2], nfds;

	(void)state;
	b.queue_max = 1;	/* of two slots given one after the other, either job may be sent first */
	b.progress_ms = 5;
	fake_open(&f, fds, script, 1);
	handover_publish(h, 1, fake_info(), fds);
	for (i = 0; i < 8; i++) {
		ask(&k[i], h, &b, i);
		if (i == 0)
			assert_true(WAIT_UNTIL(atomic_load(&queued) == 1));
		else	/* it stands in line before the next comes */
			assert_true(WAIT_UNTIL(k[i].progress > 0));
	}
	assert_int_equal(queued, 1);
	for (i = 0; i < 8; i++) {
		struct pollfd p = { .fd = f.small, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_true(atomic_load(&queued) <= 1);
		assert_true(fdpass_recv(f.small, packet, sizeof(packet), jobfds, 2, &nfds, 0) > 0);
		f.text_len = (size_t)pread(jobfds[0], f.text, sizeof(f.text) - 1, 0);
		f.text[f.text_len] = '\0';
		snprintf(want, sizeof(want), "Subject: %u\r\n", i);
		if (strstr(f.text, want) == NULL)
			n++;
		close(jobfds[0]);
		fake_act(&f, ACT_CLEAN, jobfds[1]);
	}
	assert_int_equal(n, 0);
	for (i = 0; i < 8; i++) {
		pthread_join(k[i].thread, NULL);
		assert_non_null(k[i].a.scan);
	}
	assert_int_equal(queued, 0);
	handover_free(h);
	fake_close(&f);
}

/* The line is bounded by the deadline. */
static void
test_queue_timeout(void **state)
{
	static const enum act script[] = { ACT_NEVER };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct asker k;
	struct handover_answer a;
	struct fake f;
	int fds[3];

	(void)state;
	b.queue_max = 1;
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	b.scan_timeout_ms = 1000;
	ask(&k, h, &b, 0);
	assert_true(WAIT_UNTIL(f.jobs == 1));
	b.scan_timeout_ms = 100;
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.failed, OUTCOME_TIMEOUT);
	assert_string_equal(a.detail, "queue");
	pthread_join(k.thread, NULL);
	handover_free(h);
	fake_close(&f);
}

/* The kernel's queue is fuller than ours: EAGAIN is waited for. */
static void
test_eagain(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	_Atomic uint64_t queued = 0;
	struct handover *h = new_handover(&queued);
	struct asker k[24];
	struct fake f;
	unsigned int i;
	int fds[3], small = 4096;

	(void)state;
	fake_open(&f, fds, script, 1);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	handover_publish(h, 1, fake_info(), fds);
	for (i = 0; i < 24; i++)
		ask(&k[i], h, &usual, i);
	assert_true(WAIT_UNTIL(atomic_load(&queued) == 24));
	fake_start(&f);
	for (i = 0; i < 24; i++) {
		pthread_join(k[i].thread, NULL);
		assert_non_null(k[i].a.scan);
	}
	assert_int_equal(f.jobs, 24);
	handover_free(h);
	fake_close(&f);
}

/* ---- generations ---- */

static void
test_generations(void **state)
{
	static const enum act first[] = { ACT_NEVER }, second[] = { ACT_INFECTED };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct asker k;
	struct fake f1, f2;
	int fds[3];

	(void)state;
	fake_open(&f1, fds, first, 1);
	fake_start(&f1);
	handover_publish(h, 41, fake_info(), fds);
	b.scan_timeout_ms = 400;
	ask(&k, h, &b, 0);
	assert_true(WAIT_UNTIL(f1.jobs == 1));
	fake_open(&f2, fds, second, 1);
	fake_start(&f2);
	handover_publish(h, 42, fake_info(), fds);
	a = scan(h, &usual, " s", BODY);
	assert_int_equal(a.failed, OUTCOME_INFECTED);
	assert_int_equal(f1.jobs, 1);
	/* The old one is held until its job ends. */
	assert_int_equal(k.done, 0);
	assert_int_equal(drained_count, 0);
	pthread_join(k.thread, NULL);
	assert_int_equal(k.a.failed, OUTCOME_TIMEOUT);
	assert_true(WAIT_UNTIL(drained_count == 1));
	assert_int_equal(drained_number, 41);
	assert_true(WAIT_UNTIL(f1.small == -1));
	handover_free(h);
	assert_int_equal(drained_number, 42);
	fake_close(&f1);
	fake_close(&f2);
}

/* Told twice of the same scanner, by descriptors that share its sockets: it serves on. */
static void
test_generation_again(void **state)
{
	static const enum act script[] = { ACT_CLEAN, ACT_CLEAN };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct fake f;
	int fds[3], again[3], i;

	(void)state;
	b.engine_wait_ms = 200;
	fake_open(&f, fds, script, 2);
	fake_start(&f);
	for (i = 0; i < 3; i++)
		assert_int_not_equal(again[i] = dup(fds[i]), -1);
	handover_publish(h, 1, fake_info(), fds);
	assert_int_equal(handover_publish(h, 1, fake_info(), again), 0);
	assert_int_equal(drained_count, 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(scan(h, &b, " s", BODY).failed, OUTCOME_CLEAN);
	handover_free(h);
	fake_close(&f);
}

/* hopward-scan dies with a job in its queue: nothing is lost, the next one scans it. */
static void
test_scanner_gone(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	_Atomic uint64_t queued = 0;
	struct handover *h = new_handover(&queued);
	struct asker k;
	struct fake f1, f2;
	int fds[3], i;

	(void)state;
	fake_open(&f1, fds, script, 1);
	handover_publish(h, 1, fake_info(), fds);
	ask(&k, h, &usual, 0);
	assert_true(WAIT_UNTIL(atomic_load(&queued) == 1));
	for (i = 0; i < 2; i++) {
		struct pollfd p = { .fd = f1.small, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 5000), 1);
	}
	fake_close(&f1);
	fake_open(&f2, fds, script, 1);
	fake_start(&f2);
	handover_publish(h, 2, fake_info(), fds);
	pthread_join(k.thread, NULL);
	assert_non_null(k.a.scan);
	assert_int_equal(f2.jobs, 1);
	handover_free(h);
	fake_close(&f2);
}

/* It dies unnoticed before anything was sent, and nobody comes after it. */
static void
test_scanner_gone_for_good(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	struct handover_bounds b = usual;
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct fake f;
	int fds[3];

	(void)state;
	b.engine_wait_ms = 200;
	fake_open(&f, fds, script, 1);
	handover_publish(h, 1, fake_info(), fds);
	fake_close(&f);
	a = scan(h, &b, " s", BODY);
	assert_int_equal(a.failed, OUTCOME_UNAVAILABLE);
	handover_free(h);
}

/* Both scanners die under the same message: that is not tried for ever. */
static void
test_scanner_gone_twice(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	_Atomic uint64_t queued = 0;
	struct handover *h = new_handover(&queued);
	struct asker k;
	struct fake f;
	int fds[3], i;

	(void)state;
	ask(&k, h, &usual, 0);
	for (i = 1; i <= 2; i++) {
		struct pollfd p = { .events = POLLIN };

		fake_open(&f, fds, script, 1);
		p.fd = f.small;
		handover_publish(h, (uint32_t)i, fake_info(), fds);
		assert_int_equal(poll(&p, 1, 5000), 1);
		fake_close(&f);
	}
	pthread_join(k.thread, NULL);
	assert_int_equal(k.a.failed, OUTCOME_CRASH);
	assert_string_equal(k.a.detail, "scanner gone");
	handover_free(h);
}

/* ---- messages that crash workers ---- */

static void
test_killers(void **state)
{
	static const enum act script[] = { ACT_SIGNAL, ACT_SIGNAL, ACT_CLEAN };
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct fake f;
	int fds[3];

	(void)state;
	fake_open(&f, fds, script, 3);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	a = scan(h, &usual, " killer", BODY);
	assert_string_equal(a.detail, "signal 11");
	a = scan(h, &usual, " killer", BODY);
	assert_string_equal(a.detail, "signal 11");
	a = scan(h, &usual, " killer", BODY);
	assert_int_equal(a.failed, OUTCOME_CRASH);
	assert_string_equal(a.detail, "remembered");
	assert_int_equal(f.jobs, 2);
	/* The same short body in another letter is no killer. */
	a = scan(h, &usual, " other", BODY);
	assert_non_null(a.scan);
	handover_free(h);
	fake_close(&f);
}

static void
test_no_killers(void **state)
{
	static const enum act script[] = { ACT_OUTSIDE, ACT_MEMORY, ACT_OUTSIDE, ACT_MEMORY, ACT_CLEAN };
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct fake f;
	int fds[3], i;

	(void)state;
	fake_open(&f, fds, script, 5);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	for (i = 0; i < 4; i++) {
		a = scan(h, &usual, " innocent", BODY);
		assert_int_equal(a.failed, OUTCOME_CRASH);
	}
	a = scan(h, &usual, " innocent", BODY);
	assert_non_null(a.scan);
	handover_free(h);
	fake_close(&f);
}

/* A report that is no report condemns nobody else. */
static void
test_bad_report(void **state)
{
	static const enum act script[] = { ACT_CLEAN };
	struct handover *h = new_handover(NULL);
	struct handover_answer a;
	struct fake f;
	int fds[3];

	(void)state;
	fake_open(&f, fds, script, 1);
	fake_start(&f);
	handover_publish(h, 1, fake_info(), fds);
	assert_int_equal(send(f.reports, "?", 1, 0), 1);
	fake_report(&f, 4711, DEATH_SIGNAL, 11);
	a = scan(h, &usual, " s", BODY);
	assert_non_null(a.scan);
	handover_free(h);
	fake_close(&f);
}

static int
setup(void **state)
{
	(void)state;
	log_open("test-handover", 1, 0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_job),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_no_engine),
		cmocka_unit_test(test_queue_bound),
		cmocka_unit_test(test_queue_timeout),
		cmocka_unit_test(test_eagain),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_generation_again),
		cmocka_unit_test(test_scanner_gone),
		cmocka_unit_test(test_scanner_gone_for_good),
		cmocka_unit_test(test_scanner_gone_twice),
		cmocka_unit_test(test_killers),
		cmocka_unit_test(test_no_killers),
		cmocka_unit_test(test_bad_report)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
