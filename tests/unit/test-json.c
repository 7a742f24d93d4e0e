/* SPDX-License-Identifier: ISC */
/* Tests of base/json.c: every byte string gives valid UTF-8 and valid JSON; jansson is the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/json.h"

#define FFFD	"\xef\xbf\xbd"

/* A second opinion on UTF-8, by decoding code points: 1 if all of it is valid. */
static int
utf8_valid(const unsigned char *p, size_t n)
{
	static const uint32_t	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t		cp;
	size_t			i, k, len;

	for (i = 0; i < n; i += len) {
		if (p[i] < 0x80) {
			len = 1;
			continue;
		}
		if ((p[i] & 0xe0) == 0xc0)
			len = 2, cp = p[i] & 0x1f;
		else if ((p[i] & 0xf0) == 0xe0)
			len = 3, cp = p[i] & 0x0f;
		else if ((p[i] & 0xf8) == 0xf0)
			len = 4, cp = p[i] & 0x07;
		else
			return 0;
		if (len > n - i)
			return 0;
		for (k = 1; k < len; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return 0;
			cp = cp << 6 | (p[i + k] & 0x3f);
		}
		if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
			return 0;
	}
	return 1;
}

static void
strings(void **state)
{
	static const struct {
		const char	*in;
		size_t		 len;
		const char	*want;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "plain", 5, "\"plain\"" },
		{ "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
		{ "\r\n\t\b\f", 5, "\"\\r\\n\\t\\u0008\\u000c\"" },
		{ "\0x\x1f\x7f", 4, "\"\\u0000x\\u001f\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xe2\x82\xac\xf0\x9f\x93\xa7", 7, "\"\xe2\x82\xac\xf0\x9f\x93\xa7\"" },
		{ "\xf4\x8f\xbf\xbf", 4, "\"\xf4\x8f\xbf\xbf\"" },
		{ "gr\xfc\xdf", 4, "\"gr" FFFD FFFD "\"" },			/* Latin-1 */
		{ "\xc3", 1, "\"" FFFD "\"" },				/* cut */
		{ "\xe2\x82", 2, "\"" FFFD FFFD "\"" },
		{ "\xe2\x82(", 3, "\"" FFFD FFFD "(\"" },
		{ "\xc0\xaf", 2, "\"" FFFD FFFD "\"" },			/* overlong */
		{ "\xe0\x80\xaf", 3, "\"" FFFD FFFD FFFD "\"" },
		{ "\xf0\x8f\xbf\xbf", 4, "\"" FFFD FFFD FFFD FFFD "\"" },
		{ "\xed\xa0\x80", 3, "\"" FFFD FFFD FFFD "\"" },		/* surrogate */
		{ "\xed\x9f\xbf", 3, "\"\xed\x9f\xbf\"" },
		{ "\xf4\x90\x80\x80", 4, "\"" FFFD FFFD FFFD FFFD "\"" },	/* > U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", 5, "\"" FFFD FFFD FFFD FFFD FFFD "\"" },
		{ "\x80", 1, "\"" FFFD "\"" },
	};
	struct buf	b;
	struct json	j;
	size_t		i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		json_begin(&j, &b);
		json_strn(&j, NULL, cases[i].in, cases[i].len);
		if (strcmp(b.data, cases[i].want) != 0)
			fail_msg("case %zu: got %s, want %s", i, b.data, cases[i].want);
	}
	buf_free(&b);
}

static void
structure(void **state)
{
	struct buf	b;
	struct json	j;

	(void)state;
	buf_init(&b, 1000);
	json_begin(&j, &b);
	json_begin_object(&j, NULL);
	json_str(&j, "s", "x");
	json_str(&j, "none", NULL);
	json_begin_array(&j, "a");
	json_u64(&j, NULL, UINT64_MAX);
	json_i64(&j, NULL, INT64_MIN);
	json_begin_object(&j, NULL);
	json_end_object(&j);
	json_begin_array(&j, NULL);
	json_end_array(&j);
	json_bool(&j, NULL, 0);
	json_end_array(&j);
	json_hex(&j, "h", "\x00\xff\x1a", 3);
	json_bool(&j, "b", 2);
	json_put_null(&j, "k\"ey");
	json_end_object(&j);
	assert_int_equal(b.failed, 0);
	assert_string_equal(b.data, "{\"s\":\"x\",\"none\":null,\"a\":[18446744073709551615,"
	    "-9223372036854775808,{},[],false],\"h\":\"00ff1a\",\"b\":true,\"k\\\"ey\":null}");
	buf_free(&b);
}

static void
nesting_is_bounded(void **state)
{
	struct buf	b;
	struct json	j;
	int		i;

	(void)state;
	buf_init(&b, 1000);
	json_begin(&j, &b);
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		json_begin_array(&j, NULL);
	assert_int_equal(b.failed, 0);
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		json_end_array(&j);
	assert_int_equal(b.failed, 0);
	assert_int_equal(b.len, 2 * JSON_DEPTH_MAX);
	json_end_array(&j);
	assert_int_equal(b.failed, 1);

	buf_reset(&b);
	json_begin(&j, &b);
	for (i = 0; i < 1000; i++)
		json_begin_object(&j, i == 0 ? NULL : "k");
	for (i = 0; i < 2000; i++)
		json_end_object(&j);
	assert_int_equal(b.failed, 1);
	buf_free(&b);
}

static void
too_long_fails(void **state)
{
	struct buf	b;
	struct json	j;

	(void)state;
	buf_init(&b, 8);
	json_begin(&j, &b);
	json_str(&j, NULL, "123456");
	assert_int_equal(b.failed, 0);
	buf_reset(&b);
	json_begin(&j, &b);
	json_str(&j, NULL, "1234567");
	assert_int_equal(b.failed, 1);
	buf_free(&b);
}

/* What must come back: the input with U+FFFD for each octet that is no part of valid UTF-8. */
static size_t
expect(const unsigned char *in, size_t n, unsigned char *out)
{
	size_t	i, len, o = 0;

	for (i = 0; i < n; i += len) {
		for (len = 1; len <= 4 && i + len <= n; len++)
			if (utf8_valid(in + i, len))
				break;
		if (len <= 4 && i + len <= n) {
			memcpy(out + o, in + i, len);
			o += len;
		} else {
			memcpy(out + o, FFFD, 3);
			o += 3;
			len = 1;
		}
	}
	return o;
}

static void
random_octets(void **state)
{
	/* Octets near the edges of the rules, so that random strings meet them. */
	static const unsigned char	edges[] = { 0, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
	    0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff };
	unsigned char	in[64], want[3 * 64];
	uint64_t	seed = 20240229;
	struct buf	b;
	struct json	j;
	json_t		*root, *val;
	json_error_t	err;
	size_t		n, i, o;
	int		round;

	(void)state;
	buf_init(&b, 4096);
	for (round = 0; round < 20000; round++) {
		n = (size_t)round % sizeof(in);
		for (i = 0; i < n; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			in[i] = round % 2 ? (unsigned char)(seed >> 56) :
			    edges[(seed >> 33) % sizeof(edges)];
		}
		buf_reset(&b);
		json_begin(&j, &b);
		json_begin_object(&j, NULL);
		json_strn(&j, "v", in, n);
		json_end_object(&j);
		assert_int_equal(b.failed, 0);
		if (!utf8_valid((unsigned char *)b.data, b.len))
			fail_msg("round %d: not UTF-8: %s", round, b.data);
		root = json_loadb(b.data, b.len, JSON_ALLOW_NUL, &err);
		if (root == NULL)
			fail_msg("round %d: %s: %s", round, err.text, b.data);
		val = json_object_get(root, "v");
		o = expect(in, n, want);
		if (json_string_length(val) != o || memcmp(json_string_value(val), want, o) != 0)
			fail_msg("round %d: got other octets back: %s", round, b.data);
		json_decref(root);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(structure),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(too_long_fails),
		cmocka_unit_test(random_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
