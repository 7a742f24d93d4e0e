/* SPDX-License-Identifier: ISC */
/* Tests of front/spool.c: the octets of a spooled message, the caps, the budget, the digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "front/spool.h"

#define PREFIX	"Received: by test; x\r\n"

static struct spool_budget budget;

static void
want_text(struct spool *sp, const char *want)
{
	char *got = calloc(1, strlen(want) + 64);

	assert_non_null(got);
	assert_int_equal(spool_seal(sp), SPOOL_OK);
	assert_int_equal(spool_octets(sp), strlen(want));
	assert_int_equal(spool_prefix(sp), strlen(PREFIX));
	assert_int_equal(spool_size(sp), strlen(want) - strlen(PREFIX));
	assert_int_equal(pread(spool_fd(sp), got, strlen(want) + 63, 0), (ssize_t)strlen(want));
	assert_string_equal(got, want);
	assert_int_equal(lseek(spool_fd(sp), 0, SEEK_CUR), 0);
	assert_int_equal(pwrite(spool_fd(sp), "x", 1, 0), -1);
	free(got);
}

static const struct {
	const char	*name, *value;
	int		 leadspc;
	const char	*want;
} fields[] = {
	{ "Subject", " x", 1, "Subject: x" },
	{ "Subject", "x", 1, "Subject:x" },
	{ "Subject", "x", 0, "Subject: x" },
	{ "Subject", "\t x", 1, "Subject:\t x" },
	{ "To", " a,\n\tb,\n c", 1, "To: a,\r\n\tb,\r\n c" },
	{ "To", " a,\r\n\tb", 1, "To: a,\r\n\tb" },
	{ "To", " a\rb", 1, "To: a\rb" },
	{ "To", "", 1, "To:" },
	{ "To", "", 0, "To: " },
	{ "To", " a\n", 1, "To: a\r\n" },
	{ "", " x", 1, ": x" },
	{ "X", " \xff\xc3\x28", 1, "X: \xff\xc3\x28" }
};

static void
test_fields(void **state)
{
	char want[256];
	struct spool *sp;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		sp = spool_new(&budget, 1000, 1000, PREFIX);
		spool_header(sp, fields[i].name, fields[i].value, fields[i].leadspc);
		spool_eoh(sp);
		spool_body(sp, "b", 1);
		snprintf(want, sizeof(want), PREFIX "%s\r\n\r\nb", fields[i].want);
		want_text(sp, want);
		spool_free(sp);
	}
	assert_int_equal(budget.used, 0);
}

/* Chunks of every size around the buffer's come out whole and in order. */
static void
test_chunks(void **state)
{
	static const size_t sizes[] = { 1, 65535, 65536, 131071, 131072, 131073, 300000 };
	size_t i, j, n, total;
	char *chunk = malloc(300000), *got;
	struct spool *sp;

	(void)state;
	assert_non_null(chunk);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		n = sizes[i];
		sp = spool_new(&budget, 1 << 24, 1 << 24, "");
		for (j = 0; j < 5; j++) {
			memset(chunk, (int)('a' + j), n);
			spool_body(sp, chunk, n);
			spool_body(sp, "|", 1);
		}
		assert_int_equal(spool_seal(sp), SPOOL_OK);
		total = 5 * (n + 1);
		assert_int_equal(spool_octets(sp), total);
		assert_int_equal(spool_body_size(sp), total);
		assert_int_equal(budget.used, total);
		got = malloc(total);
		assert_int_equal(pread(spool_fd(sp), got, total, 0), (ssize_t)total);
		for (j = 0; j < total; j++)
			if (got[j] != (j % (n + 1) == n ? '|' : (char)('a' + j / (n + 1))))
				fail_msg("chunks of %zu: octet %zu: got %c", n, j, got[j]);
		free(got);
		spool_free(sp);
	}
	free(chunk);
	assert_int_equal(budget.used, 0);
}

static void
test_limit(void **state)
{
	struct spool *sp;
	size_t n;

	(void)state;
	for (n = 9; n <= 11; n++) {
		sp = spool_new(&budget, 12, 1000, PREFIX);
		spool_eoh(sp);
		spool_body(sp, "0123456789abcdef", n);
		assert_int_equal(spool_status(sp), n <= 10 ? SPOOL_OK : SPOOL_LIMIT);
		/* What comes after is counted, and nothing is held. */
		spool_body(sp, "x", n <= 10 ? 0 : 1);
		assert_int_equal(spool_seal(sp), n <= 10 ? SPOOL_OK : SPOOL_LIMIT);
		assert_int_equal(spool_size(sp), 2 + n + (n <= 10 ? 0 : 1));
		assert_int_equal(budget.used, n <= 10 ? 2 + n + strlen(PREFIX) : 0);
		assert_int_equal(spool_fd(sp) == -1, n > 10);
		spool_free(sp);
	}
	assert_int_equal(budget.used, 0);
}

static void
test_total(void **state)
{
	struct spool *a = spool_new(&budget, 1000, 100, ""), *b = spool_new(&budget, 1000, 100, "");
	char x[60];
	_Atomic uint64_t shown = 0;

	(void)state;
	memset(x, 'x', sizeof(x));
	budget.shown = &shown;
	spool_body(a, x, sizeof(x));
	assert_int_equal(shown, 60);
	spool_body(b, x, sizeof(x));
	assert_int_equal(spool_status(a), SPOOL_OK);
	assert_int_equal(spool_status(b), SPOOL_TOTAL);
	assert_int_equal(shown, 60);
	spool_free(a);
	/* It gave up, and does not come back when there is room again. */
	spool_body(b, x, 1);
	assert_int_equal(spool_seal(b), SPOOL_TOTAL);
	spool_free(b);
	assert_int_equal(shown, 0);
	budget.shown = NULL;
}

static void
test_no_descriptor(void **state)
{
	struct rlimit old, none;
	struct spool *sp;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	sp = spool_new(&budget, 1000, 1000, PREFIX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_non_null(sp);
	spool_header(sp, "A", " b", 1);
	spool_eoh(sp);
	spool_body(sp, "x", 1);
	assert_int_equal(spool_seal(sp), SPOOL_FAILED);
	assert_int_equal(spool_size(sp), 6 + 2 + 1);
	spool_free(sp);
	assert_int_equal(budget.used, 0);
}

/* ---- digest ---- */

struct letter { const char *subject, *received, *results, *body; };

static void
digest(const struct letter *l, uint8_t out[32])
{
	struct spool *sp = spool_new(&budget, 1000, 1000, PREFIX);

	spool_header(sp, "Received", l->received, 1);
	spool_header(sp, "Authentication-Results", l->results, 1);
	spool_header(sp, "subject", l->subject, 1);
	spool_eoh(sp);
	spool_body(sp, l->body, strlen(l->body));
	assert_int_equal(spool_digest(sp, out), -1);
	assert_int_equal(spool_seal(sp), SPOOL_OK);
	assert_int_equal(spool_digest(sp, out), 0);
	spool_free(sp);
}

static const struct { struct letter letter; int same; } letters[] = {
	{ { " s", " by a", " x", "body" }, 1 },
	{ { "s", " by b", " y", "body" }, 1 },	/* a relay's and a filter's fields, the MTA's white space */
	{ { " t", " by a", " x", "body" }, 0 },
	{ { " s", " by a", " x", "bodY" }, 0 },
	{ { " s", " by a", " x", "" }, 0 }
};

static void
test_digest(void **state)
{
	uint8_t first[32], got[32];
	size_t i;

	(void)state;
	digest(&letters[0].letter, first);
	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		digest(&letters[i].letter, got);
		if ((memcmp(got, first, 32) == 0) != letters[i].same)
			fail_msg("letter %zu: got %s, want %s", i, letters[i].same ? "another digest" : "the same",
			    letters[i].same ? "the same" : "another");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_digest)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
