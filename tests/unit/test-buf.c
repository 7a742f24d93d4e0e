/* SPDX-License-Identifier: ISC */
/* Tests of base/buf.c: growth, the maximum, failure that sticks, stealing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

static void
starts_empty(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_int_equal(buf_addz(&b, ""), 0);
	assert_int_equal(buf_addf(&b, "%s", ""), 0);
	assert_null(b.data);
	buf_free(&b);
	buf_free(NULL);
}

static void
adds_append(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	buf_addz(&b, "a=");
	buf_addf(&b, "%d,%s", 42, "x");
	buf_addc(&b, '\0');
	buf_add(&b, "end", 3);
	assert_int_equal(b.failed, 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "a=42,x\0end", 11);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
	assert_int_equal(b.max, 1000);
}

/* Each way to add, up to max, to one beyond, and after. */
static void
maximum_holds(void **state)
{
	static const struct {
		size_t	max, first, second;
		int	want;
	} cases[] = {
		{ 0, 0, 1, -1 },
		{ 1, 0, 1, 0 },
		{ 1, 1, 1, -1 },
		{ 255, 200, 55, 0 },
		{ 255, 200, 56, -1 },
		{ 256, 255, 1, 0 },
		{ 257, 256, 1, 0 },
		{ 100000, 99999, 1, 0 },
		{ 100000, 99999, 2, -1 },
	};
	char		*text;
	struct buf	 b;
	size_t		 i;
	int		 how, got;

	(void)state;
	text = malloc(100001);
	assert_non_null(text);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (how = 0; how < 3; how++) {
			memset(text, 'x', 100000);
			text[cases[i].first] = '\0';
			buf_init(&b, cases[i].max);
			assert_int_equal(buf_addz(&b, text), 0);
			memset(text, 'y', 100000);
			text[cases[i].second] = '\0';
			if (how == 0)
				got = buf_add(&b, text, cases[i].second);
			else if (how == 1)
				got = buf_addz(&b, text);
			else
				got = buf_addf(&b, "%s", text);
			if (got != cases[i].want || b.failed != (got == -1))
				fail_msg("case %zu way %d: got %d failed %d, want %d", i, how, got,
				    b.failed, cases[i].want);
			if (got == -1) {
				assert_int_equal(b.len, cases[i].first);
				assert_int_equal(buf_add(&b, "", 0), -1);
				assert_int_equal(buf_addf(&b, "%s", ""), -1);
				if (cases[i].first < cases[i].max)
					assert_int_equal(buf_addc(&b, 'z'), -1);
				assert_null(buf_steal(&b, NULL));
				assert_null(b.data);
			} else
				assert_int_equal(b.data[b.len], '\0');
			buf_free(&b);
		}
	free(text);
}

static void
no_bound_is_no_overflow(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	assert_int_equal(buf_addz(&b, "x"), 0);
	assert_int_equal(buf_add(&b, "x", SIZE_MAX), -1);
	assert_int_equal(b.len, 1);
	buf_free(&b);
}

static void
steal_gives(void **state)
{
	struct buf	b;
	size_t		len = 99;
	char		*p;

	(void)state;
	buf_init(&b, 100);
	assert_null(buf_steal(&b, &len));
	assert_int_equal(len, 0);
	buf_addz(&b, "abc");
	p = buf_steal(&b, &len);
	assert_string_equal(p, "abc");
	assert_int_equal(len, 3);
	free(p);
	assert_null(b.data);
	assert_int_equal(buf_addz(&b, "again"), 0);
	assert_string_equal(b.data, "again");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(adds_append),
		cmocka_unit_test(maximum_holds),
		cmocka_unit_test(no_bound_is_no_overflow),
		cmocka_unit_test(steal_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
