/* SPDX-License-Identifier: ISC */
/* Tests of base/units.c: what is read, what is refused, and that what is written reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <inttypes.h>
#include <cmocka.h>

#include "base/units.h"

#define BAD	UINT64_MAX	/* no case wants this value */

struct unit_case {
	const char	*in;
	uint64_t	 want;
};

static void
run(const struct unit_case *c, size_t n, int (*fn)(const char *, uint64_t *))
{
	uint64_t	got;
	int		r;

	for (; n > 0; n--, c++) {
		got = 77;
		r = fn(c->in, &got);
		if (c->want == BAD ? r != -1 : r != 0 || got != c->want)
			fail_msg("\"%s\": got %d, %" PRIu64 ", want %" PRIu64, c->in, r, got, c->want);
	}
}

static void
sizes(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 }, { "0B", 0 }, { "0MB", 0 }, { "1B", 1 }, { "25MB", 25u << 20 },
		{ "25M", 25u << 20 }, { "25MiB", 25u << 20 }, { "25mb", 25u << 20 },
		{ "1KB", 1024 }, { "1K", 1024 }, { "1KiB", 1024 }, { "007KB", 7168 },
		{ "5000000000B", 5000000000 }, { "2GB", 2ull << 30 }, { "3TB", 3ull << 40 },
		{ "16777215TB", 16777215ull << 40 }, { "16777216TB", BAD },
		{ "18446744073709551614B", UINT64_MAX - 1 }, { "18446744073709551616B", BAD },
		{ "99999999999999999999999999B", BAD },
		{ "", BAD }, { "25", BAD }, { "00", BAD }, { "MB", BAD }, { "25 MB", BAD },
		{ " 25MB", BAD }, { "25MB ", BAD }, { "-1B", BAD }, { "+1B", BAD }, { "1.5GB", BAD },
		{ "0x10B", BAD }, { "25MBB", BAD }, { "25s", BAD }, { "25Bi", BAD }, { "1e3B", BAD },
	};

	(void)state;
	run(cases, sizeof(cases) / sizeof(cases[0]), units_size);
}

static void
times(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 }, { "0s", 0 }, { "250ms", 250 }, { "1s", 1000 }, { "90s", 90000 },
		{ "2m", 120000 }, { "1h", 3600000 }, { "30d", 2592000000 }, { "2w", 1209600000 }, { "2y", 63072000000 },
		{ "30500568904w", 18446744073139200000u }, { "30500568905w", BAD },
		{ "", BAD }, { "30", BAD }, { "s", BAD }, { "30 d", BAD }, { "30D", BAD },
		{ "1M", BAD }, { "1mS", BAD }, { "-1s", BAD }, { "1.5h", BAD }, { "1h30m", BAD },
		{ "1MB", BAD }, { "1Y", BAD },
	};

	(void)state;
	run(cases, sizeof(cases) / sizeof(cases[0]), units_time);
}

static void
modes(void **state)
{
	static const struct unit_case cases[] = {
		{ "0660", 0660 }, { "0", 0 }, { "0000", 0 }, { "0777", 0777 }, { "00640", 0640 },
		{ "660", BAD }, { "0o660", BAD }, { "0888", BAD }, { "01777", BAD }, { "", BAD },
		{ "06 60", BAD }, { "0660 ", BAD }, { "rw-rw----", BAD }, { "0x1b0", BAD },
		{ "0777777777777777777777", BAD },
	};
	size_t		i;
	mode_t		got;
	int		r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = units_mode(cases[i].in, &got);
		if (cases[i].want == BAD ? r != -1 : r != 0 || got != cases[i].want)
			fail_msg("\"%s\": got %d, %o, want %" PRIo64, cases[i].in, r, got, cases[i].want);
	}
}

static void
spelling(void **state)
{
	static const struct {
		uint64_t	 v;
		const char	*size, *time;
	} cases[] = {
		{ 0, "0", "0" },
		{ 1, "1B", "1ms" },
		{ 90000, "90000B", "90s" },
		{ 25u << 20, "25MB", "26214400ms" },
		{ 1536u << 20, "1536MB", "1610612736ms" },
		{ 2592000000, "2531250KB", "30d" },
		{ 1ull << 63, "8388608TB", "9223372036854775808ms" },
		{ UINT64_MAX, "18446744073709551615B", "18446744073709551615ms" },
	};
	char	size[32], time[32];
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_size_str(cases[i].v, size, sizeof(size));
		units_time_str(cases[i].v, time, sizeof(time));
		assert_string_equal(size, cases[i].size);
		assert_string_equal(time, cases[i].time);
	}
}

static void
reads_back(void **state)
{
	static const uint64_t	factors[] = { 1, 7, 1000, 1024, 60000, 1 << 20, 86400000, 604800000,
	    1ull << 40, UINT64_MAX / 3 };
	char			text[32];
	uint64_t		v, got;
	size_t			f;
	unsigned int		i;

	(void)state;
	for (f = 0; f < sizeof(factors) / sizeof(factors[0]); f++)
		for (i = 0; i < 500; i++) {
			v = factors[f] * i;	/* may wrap: any value will do */
			units_size_str(v, text, sizeof(text));
			if (units_size(text, &got) == -1 || got != v)
				fail_msg("%s: got %" PRIu64 ", want %" PRIu64, text, got, v);
			units_time_str(v, text, sizeof(text));
			if (units_time(text, &got) == -1 || got != v)
				fail_msg("%s: got %" PRIu64 ", want %" PRIu64, text, got, v);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(times),
		cmocka_unit_test(modes),
		cmocka_unit_test(spelling),
		cmocka_unit_test(reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
