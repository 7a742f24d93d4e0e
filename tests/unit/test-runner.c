/* SPDX-License-Identifier: ISC */
/* ctl/runner: objects that a scanner hands out, and one that lies about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* With its statics: what a hijacked worker says cannot be said by an honest one. */
#include "ctl/runner.c"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define FRAMES_MAX	6

/* What the worker sends: 'o' an object with number and size, 'd' octets, 'r' a result, 'x' another type, 'j' junk as an object. */
struct sent {
	char		kind;
	uint32_t	number;
	uint64_t	size;
};

struct got {
	uint32_t	objects;
	uint64_t	octets;
	int		stop;		/* the sink wants no more after so many objects; 0: never */
};

static int
take_object(void *arg, const struct scan_object *o)
{
	struct got *g = arg;

	assert_non_null(o->part.path);
	g->objects++;
	return g->stop != 0 && g->objects >= (uint32_t)g->stop ? -1 : 0;
}

static int
take_octets(void *arg, const void *p, size_t n)
{
	struct got *g = arg;

	(void)p;
	g->octets += n;
	return 0;
}

static void
frame_put(int fd, const struct sent *s)
{
	static char one[] = "1", whole[] = "0", octets[SCAN_OCTETS_MAX];
	struct scan_object o = { .number = s->number, .part = { .path = one, .size = s->size } };
	struct part part = { .path = whole };
	struct scan_result r = { .parts = &part, .parts_count = 1 };
	struct buf b;

	buf_init(&b, SCAN_REPLY_MAX);
	switch (s->kind) {
	case 'o':
		assert_int_equal(scan_object_encode(&o, &b), 0);
		assert_int_equal(frame_write(fd, SCAN_REPLY_OBJECT, b.data, b.len), 0);
		break;
	case 'd':
		assert_int_equal(frame_write(fd, SCAN_REPLY_OCTETS, octets, s->size), 0);
		break;
	case 'r':
		assert_int_equal(scan_result_encode(&r, &b), 0);
		assert_int_equal(frame_write(fd, SCAN_REPLY_RESULT, b.data, b.len), 0);
		break;
	case 'j':
		assert_int_equal(frame_write(fd, SCAN_REPLY_OBJECT, "junk", 4), 0);
		break;
	default:
		assert_int_equal(frame_write(fd, 77, "x", 1), 0);
	}
	buf_free(&b);
}

static const struct {
	const char	*what;
	int		 sink, stop;
	struct sent	 frames[FRAMES_MAX];
	enum outcome	 failed;	/* CLEAN: a result came */
	const char	*detail;
	uint32_t	 objects;
	uint64_t	 octets;
} cases[] = {
	{ "a result alone", 0, 0, { { 'r', 0, 0 } }, OUTCOME_CLEAN, "", 0, 0 },
	{ "an object and a result", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 5 }, { 'r', 0, 0 } }, OUTCOME_CLEAN, "", 1, 5 },
	{ "in pieces, and an empty one", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 2 }, { 'd', 0, 3 }, { 'o', 7, 0 }, { 'r', 0, 0 } }, OUTCOME_CLEAN, "", 2, 5 },
	{ "objects that nobody asked for", 0, 0, { { 'o', 1, 5 }, { 'd', 0, 5 }, { 'r', 0, 0 } }, OUTCOME_CRASH, "bad frame", 0, 0 },
	{ "octets that nobody asked for", 0, 0, { { 'd', 0, 5 } }, OUTCOME_CRASH, "bad frame", 0, 0 },
	{ "octets of no object", 1, 0, { { 'd', 0, 5 } }, OUTCOME_CRASH, "bad frame", 0, 0 },
	{ "more octets than it said", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 6 } }, OUTCOME_CRASH, "bad frame", 1, 0 },
	{ "octets behind the last one", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 5 }, { 'd', 0, 1 } }, OUTCOME_CRASH, "bad frame", 1, 5 },
	{ "no octets", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 0 } }, OUTCOME_CRASH, "bad frame", 1, 0 },
	{ "an object inside another", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 2 }, { 'o', 2, 1 } }, OUTCOME_CRASH, "bad frame", 1, 2 },
	{ "a result inside an object", 1, 0, { { 'o', 1, 5 }, { 'd', 0, 2 }, { 'r', 0, 0 } }, OUTCOME_CRASH, "bad frame", 1, 2 },
	{ "the same number again", 1, 0, { { 'o', 2, 0 }, { 'o', 2, 0 } }, OUTCOME_CRASH, "bad frame", 1, 0 },
	{ "a number that goes back", 1, 0, { { 'o', 2, 0 }, { 'o', 1, 0 } }, OUTCOME_CRASH, "bad frame", 1, 0 },
	{ "junk", 1, 0, { { 'j', 0, 0 } }, OUTCOME_CRASH, "bad frame", 0, 0 },
	{ "another type", 1, 0, { { 'x', 0, 0 } }, OUTCOME_CRASH, "bad frame", 0, 0 },
	{ "a sink that is full", 1, 1, { { 'o', 1, 5 }, { 'd', 0, 5 } }, OUTCOME_NOT_SCANNED, "its objects cannot be written", 1, 0 },
};

static void
frames(void **state)
{
	struct got g;
	const struct task_sink sink = { take_object, take_octets, &g };
	struct task t;
	size_t i, k;
	int pair[2];

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&g, 0, sizeof(g));
		g.stop = cases[i].stop;
		memset(&t, 0, sizeof(t));
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		t.fd = -1;
		t.reply = pair[0];
		t.sink = cases[i].sink ? &sink : NULL;
		t.deadline_ns = clock_mono_ns() + 10000000000ULL;
		for (k = 0; k < FRAMES_MAX && cases[i].frames[k].kind != 0 && !t.done; k++) {
			frame_put(pair[1], &cases[i].frames[k]);
			task_reply(&t);
		}
		if (!t.done || t.failed != cases[i].failed || strcmp(t.detail, cases[i].detail) != 0 ||
		    (t.result != NULL) != (cases[i].failed == OUTCOME_CLEAN))
			fail_msg("%s: got done %d, %s (%s), result %d; want %s (%s)", cases[i].what, t.done, outcome_str(t.failed), t.detail,
			    t.result != NULL, outcome_str(cases[i].failed), cases[i].detail);
		if (g.objects != cases[i].objects || g.octets != cases[i].octets)
			fail_msg("%s: got %u objects, %llu octets; want %u, %llu", cases[i].what, g.objects, (unsigned long long)g.octets,
			    cases[i].objects, (unsigned long long)cases[i].octets);
		close(pair[1]);
		task_free(&t);
	}
}

/* Frames without end are no way around the deadline. */
static void
deadline(void **state)
{
	const struct sent object = { 'o', 1, 5 };
	struct got g = { 0 };
	const struct task_sink sink = { take_object, take_octets, &g };
	struct task t = { .fd = -1, .sink = &sink };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	t.reply = pair[0];
	frame_put(pair[1], &object);
	t.deadline_ns = clock_mono_ns() - GRACE_NS - 1;
	task_reply(&t);
	assert_true(t.done);
	assert_int_equal(t.failed, OUTCOME_TIMEOUT);
	assert_int_equal(g.objects, 0);
	close(pair[1]);
	task_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
