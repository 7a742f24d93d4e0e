/* SPDX-License-Identifier: ISC */
/* Tests of the decoders: tables of odd encodings, in one piece and octet by octet, and against libcrypto. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "scan/decode.h"
#include "scan/reasons.h"

/* Decodes in pieces of `step` octets into exactly decode_max() octets.  Gives the memory. */
static uint8_t *
decode(enum decode_kind kind, const void *in, size_t len, size_t step, size_t *out_len, uint64_t *reasons)
{
	size_t i, n, max = decode_max(kind, len);
	uint8_t *out = malloc(max), *copy = malloc(len > 0 ? len : 1);
	struct decoder d;

	assert_non_null(out);
	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, in, len);
	decode_start(&d, kind, out);
	for (i = 0; i < len; i += n) {
		n = len - i < step ? len - i : step;
		decode_feed(&d, copy + i, n);
	}
	decode_finish(&d);
	free(copy);
	assert_true(d.len <= max);
	*out_len = d.len;
	*reasons = d.reasons;
	return out;
}

struct decode_case {
	const char	*in, *want;
	uint64_t	 reasons;
};

static void
run(enum decode_kind kind, const struct decode_case *c, size_t n)
{
	uint64_t reasons;
	size_t len, step;
	uint8_t *out;

	for (; n-- > 0; c++) {
		for (step = 1; step <= strlen(c->in) + 1; step++) {
			out = decode(kind, c->in, strlen(c->in), step, &len, &reasons);
			if (len != strlen(c->want) || memcmp(out, c->want, len) != 0)
				fail_msg("\"%s\" in pieces of %zu: got \"%.*s\", want \"%s\"", c->in, step, (int)len,
				    (const char *)out, c->want);
			if (reasons != c->reasons)
				fail_msg("\"%s\" in pieces of %zu: reasons got %llx, want %llx", c->in, step,
				    (unsigned long long)reasons, (unsigned long long)c->reasons);
			free(out);
		}
	}
}
#define RUN(kind, cases)	run(kind, cases, sizeof(cases) / sizeof((cases)[0]))

static void
test_base64(void **state)
{
	static const struct decode_case cases[] = {
		{ "", "", 0 },
		{ "QUJD", "ABC", 0 },
		{ "QUJDRA==", "ABCD", 0 },
		{ "QUJDREU=", "ABCDE", 0 },
		{ "QUJDREU=\r\n\r\n", "ABCDE", 0 },
		{ "QUJD\r\nREVG\r\n", "ABCDEF", 0 },
		{ "Q\r\nU\r\nJ\r\nD", "ABC", 0 },
		{ " Q\tUJD", "ABC", 0 },
		{ "QUJDRA", "ABCD", 0 },		/* not padded */
		{ "QUJDREU", "ABCDE", 0 },
		{ "QUJDR", "ABC", REASON(B64_JUNK) },	/* six bits are no octet */
		{ "Q!U*J-D", "ABC", REASON(B64_JUNK) },
		{ "\x80QU\xffJD", "ABC", REASON(B64_JUNK) },
		{ "QQ==QkM=RA", "ABCD", REASON(B64_PAD_MID) },
		{ "QQ=\r\n=QUJD", "AABC", REASON(B64_PAD_MID) },
		{ "QUJD====", "ABC", 0 },
		{ "====QUJD", "ABC", REASON(B64_PAD_MID) },
	};

	(void)state;
	RUN(DECODE_BASE64, cases);
}

static void
test_base64_restart_loses_no_later_octet(void **state)
{
	uint64_t reasons;
	uint8_t *out;
	size_t len;

	(void)state;
	out = decode(DECODE_BASE64, "Q=UJDUJDU", 9, 3, &len, &reasons);
	/* "Q=" is six bits, lost; "UJDU" and the unpadded "JDU" follow. */
	if (len != 5 || memcmp(out, "\x50\x90\xd4\x24\x35", 5) != 0)
		fail_msg("got %zu octets, %02x %02x", len, out[0], out[1]);
	assert_true(reasons == (REASON(B64_JUNK) | REASON(B64_PAD_MID)));
	free(out);
}

static void
test_base64_like_libcrypto(void **state)
{
	uint8_t plain[600], code[1024], lined[2048], *out;
	size_t n, i, k, len;
	uint64_t reasons;
	int coded;

	(void)state;
	for (n = 0; n <= sizeof(plain); n++) {
		for (i = 0; i < n; i++)
			plain[i] = (uint8_t)(i * 167 + n * 31 + (i >> 3));
		coded = EVP_EncodeBlock(code, plain, (int)n);
		/* Lines of a length that is no multiple of four as well. */
		for (i = k = 0; i < (size_t)coded; i++) {
			lined[k++] = code[i];
			if (i % (40 + n % 40) == 39) {
				lined[k++] = '\r';
				lined[k++] = '\n';
			}
		}
		out = decode(DECODE_BASE64, lined, k, 1 + n % 97, &len, &reasons);
		if (len != n || (n > 0 && memcmp(out, plain, n) != 0) || reasons != 0)
			fail_msg("%zu octets: got %zu, reasons %llx", n, len, (unsigned long long)reasons);
		free(out);
	}
}

static void
test_quoted_printable(void **state)
{
	static const struct decode_case cases[] = {
		{ "", "", 0 },
		{ "plain text\r\n", "plain text\r\n", 0 },
		{ "a=3Db=3db", "a=b=b", 0 },
		{ "=41=42\n", "AB\n", 0 },
		{ "soft=\r\nbreak", "softbreak", 0 },
		{ "soft=\nbreak", "softbreak", 0 },
		{ "soft= \t\r\nbreak", "softbreak", REASON(QP_PAD) },
		{ "soft=  \nbreak", "softbreak", REASON(QP_PAD) },
		{ "trail \t\r\nx \n", "trail\r\nx\n", 0 },
		{ "trail  ", "trail", 0 },
		{ "kept=20\r\n", "kept \r\n", 0 },
		{ "kept =\r\n\r\n", "kept \r\n", 0 },
		{ " \r \r\n", " \r\r\n", 0 },
		{ "end=", "end", 0 },
		{ "end=\r", "end", 0 },
		{ "end= ", "end", REASON(QP_PAD) },
		{ "bad =zz =4 =4", "bad =zz =4 =4", REASON(QP_BAD) },
		{ "==3D", "==", REASON(QP_BAD) },
		{ "= x", "= x", REASON(QP_BAD) },
		{ "=\rx", "=\rx", REASON(QP_BAD) },
		{ "a\rb", "a\rb", 0 },
		{ "a\r", "a\r", 0 },
		{ "\r\r\n", "\r\r\n", 0 },
		{ "\n\n", "\n\n", 0 },
	};

	(void)state;
	RUN(DECODE_QP, cases);
}

static void
test_uuencode(void **state)
{
	static const struct decode_case cases[] = {
		{ "", "", 0 },
		{ "no begin line\n#86)C\n", "", 0 },
		{ "begin 644 x\n#86)C\n`\nend\n", "abc", 0 },
		{ "begin 644 x\r\n#86)C\r\n`\r\nend\r\n", "abc", 0 },
		{ "words\nbegin 644 x\n#86)C\n&9&5F9VAI\n`\nend\nmore words\n", "abcdefghi", 0 },
		{ "begin 644 x\n#86)C", "abc", 0 },		/* cut */
		{ "begin 644 x\n#86)C\n`\nend\nbegin 644 y\n#9&5F\n`\nend\n", "abcdef", 0 },
		{ "begin 644 x\n\x7f\x80" "abc\n", "", REASON(UU_BAD) },
		{ "begi\nbegin 644 x\n#86)C\n", "abc", 0 },
	};

	(void)state;
	RUN(DECODE_UU, cases);
}

static void
test_uuencode_fills_blanks_but_does_not_swell(void **state)
{
	static const char trimmed[] = "begin 644 x\n&86)C\n";	/* says 6, the last three are lost blanks */
	uint64_t reasons;
	size_t len, i;
	uint8_t *out;
	char *many;

	(void)state;
	out = decode(DECODE_UU, trimmed, sizeof(trimmed) - 1, 5, &len, &reasons);
	if (len != 6 || memcmp(out, "abc\0\0\0", 6) != 0 || reasons != 0)
		fail_msg("got %zu octets, want 6", len);
	free(out);
	/* Each line promises 45 octets and holds none. */
	many = malloc(20012);
	assert_non_null(many);
	memcpy(many, "begin 644 x\n", 12);
	for (i = 12; i + 1 < 20012; i += 2)
		memcpy(many + i, "M\n", 2);
	out = decode(DECODE_UU, many, 20012, 4096, &len, &reasons);
	if (len > 20012 || !(reasons & REASON(UU_BAD)))
		fail_msg("got %zu octets out of 20012, want no more, and UU-BAD", len);
	free(out);
	free(many);
}

static void
test_identity(void **state)
{
	static const struct decode_case cases[] = { { "a =3D\r\n ", "a =3D\r\n ", 0 } };

	(void)state;
	RUN(DECODE_IDENTITY, cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_restart_loses_no_later_octet),
		cmocka_unit_test(test_base64_like_libcrypto),
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_uuencode),
		cmocka_unit_test(test_uuencode_fills_blanks_but_does_not_swell),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
