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

/* What other readers make of the same octets; the values are Python's, of the pieces that each reader sees. */
static void
test_base64_readings(void **state)
{
	static const enum decode_kind kinds[] = {
		DECODE_BASE64, DECODE_BASE64_JOIN, DECODE_BASE64_LINE, DECODE_BASE64_STOP, DECODE_BASE64_BLANK
	};
	static const struct {
		const char *in, *want[5];	/* of these */
	} cases[] = {
		{ "", { "", "", "", "", "" } },
		{ "QUJDREVG", { "ABCDEF", "ABCDEF", "ABCDEF", "ABCDEF", "ABCDEF" } },
		{ "QUJD\r\nREVG\r\n", { "ABCDEF", "ABCDEF", "ABCDEF", "ABCDEF", "ABCDEF" } },
		{ "QQ==", { "A", "A", "A", "A", "A" } },
		{ "QQ==QkM=", { "ABC", "A\004$", "A", "A", "ABC" } },
		{ "QQ==\nQkM=\n", { "ABC", "A\004$", "ABC", "A", "ABC" } },
		{ "QQ==Qk\r\nM=RA", { "ABCD", "A\004$1\020", "A", "A", "ABCD" } },
		{ "QU=JD", { "A$", "ABC", "A", "A", "A$" } },
		{ "QUJDR\n\nREVG", { "ABCE\021\025", "ABCE\021\025", "ABCE\021\025", "ABCE\021\025", "ABCDEF" } },
		{ "QUJDR\n \t\r\nREVG", { "ABCE\021\025", "ABCE\021\025", "ABCE\021\025", "ABCE\021\025", "ABCDEF" } },
		{ "Q\nU\nJ\nD", { "ABC", "ABC", "ABC", "ABC", "ABC" } },
		{ "Q\n\nUJDRA", { "ABCD", "ABCD", "ABCD", "ABCD", "P\220\321" } },
		{ "=QUJD", { "ABC", "ABC", "", "", "ABC" } },
		{ "QQ==\n\nQkM", { "ABC", "A\004$", "ABC", "A", "ABC" } },
		{ "Q!U*J\n\nD", { "ABC", "ABC", "ABC", "ABC", "AB" } },
		{ "QQ=!\n!QkM=\nRA==RQ==", { "ABCDE", "A\004$1\020\021", "ABCD", "A", "ABCDE" } },
	};
	size_t i, k, step, len;
	uint64_t reasons;
	uint8_t *out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 5; k++)
			for (step = 1; step <= strlen(cases[i].in) + 1; step++) {
				const char *want = cases[i].want[k];

				out = decode(kinds[k], cases[i].in, strlen(cases[i].in), step, &len, &reasons);
				if (len != strlen(want) || memcmp(out, want, len) != 0)
					fail_msg("%s, \"%s\" in pieces of %zu: got %zu octets \"%.*s\", want \"%s\"",
					    decode_str(kinds[k]), cases[i].in, step, len, (int)len, (const char *)out, want);
				free(out);
			}
}

static void
test_base64_url(void **state)
{
	static const struct decode_case cases[] = {
		{ "QUJD", "ABC", 0 },
		{ "_-8_", "\xff\xef?", 0 },			/* RFC 4648 section 5 */
		{ "++//", "\xfb\xef\xff", 0 },			/* the usual letters as well */
		{ "U,BK", "S\xf0J", 0 },			/* RFC 3501 section 5.1.3 */
		{ "QUJD-_\n,", "ABC\xfb\xff", 0 },
		{ "QQ==_-8_", "A\xff\xef?", REASON(B64_PAD_MID) },
		{ "QU!JD", "ABC", REASON(B64_JUNK) },
	};

	(void)state;
	RUN(DECODE_BASE64_URL, cases);
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

/* '=' with blanks behind it is a soft break for some only; before no escape it is lost for some. */
static void
test_quoted_printable_readings(void **state)
{
	static const struct decode_case keep[] = {
		{ "a=3D=\r\nb=\nc", "a=bc", 0 },
		{ "soft= \t\r\nbreak", "soft=\r\nbreak", REASON(QP_BAD) },
		{ "soft=\t\nbreak", "soft=\nbreak", REASON(QP_BAD) },
		{ "= x =zz", "= x =zz", REASON(QP_BAD) },
		{ "end=", "end", 0 },
		{ "end= ", "end=", REASON(QP_BAD) },
	};
	static const struct decode_case drop[] = {
		{ "a=3D=\r\nb=\nc", "a=bc", 0 },
		{ "soft= \t\r\nbreak", "softbreak", REASON(QP_PAD) },
		{ "=zz=", "zz", REASON(QP_BAD) },
		{ "=4z", "4z", REASON(QP_BAD) },
		{ "=4", "4", REASON(QP_BAD) },
		{ "= x", " x", REASON(QP_BAD) },
		{ "a=\t\rx", "a\t\rx", REASON(QP_BAD) },
		{ "==41", "A", REASON(QP_BAD) },
		{ "=\rx", "\rx", REASON(QP_BAD) },
	};

	(void)state;
	RUN(DECODE_QP_KEEP, keep);
	RUN(DECODE_QP_DROP, drop);
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
test_uuencode_bare(void **state)
{
	static const struct decode_case cases[] = {
		{ "", "", 0 },
		{ "#86)C\n", "abc", 0 },
		{ "#86)C", "abc", 0 },
		{ "#86)C\r\n#9&5F\r\n", "abcdef", 0 },
		{ "&86)C9&5F\n!9P  \n`\nend\n", "abcdefg", 0 },	/* as Python's b2a_uu() writes */
		{ "#86)C\nend\n#9&5F\n", "abc", 0 },			/* the end is the end */
		{ "#86)C\nend\nbegin 644 x\n#9&5F\n", "abcdef", 0 },
		{ "`\n#86)C\n", "abc", 0 },
		{ "\n\n#86)C\n", "abc", 0 },
		{ "#86)C!\n", "abc", 0 },				/* a checksum behind the line */
		{ "#86\x80)C\n", "abc", REASON(UU_BAD) },
	};

	(void)state;
	RUN(DECODE_UU_BARE, cases);
}

/* http://www.yenc.org/yenc-draft.1.3.txt: octet + 42, critical ones behind '=' and + 64. */
static void
test_yenc(void **state)
{
	static const struct decode_case cases[] = {
		{ "", "", 0 },
		{ "\x8b\x8c\x8d\r\n", "abc", 0 },
		{ "\x8b\r\n\x8c\n\x8d", "abc", 0 },
		{ "\x8b=\xcc\x8d", "abc", 0 },			/* escaped though it need not be */
		{ "=}\x8b", "\x13" "a", 0 },				/* 0x13 + 42 is '=' */
		{ "=ybegin line=128 size=3 name=x\r\n=ypart begin=1 end=3\r\n\x8b\x8c\x8d\r\n=yend size=3\r\n\x8b", "abc", 0 },
		{ "\x8b=y\x8c", "a\x0f" "b", 0 },			/* "=y" in a line's middle is data */
		{ "=yen\n\x8b\n", "a", 0 },
		{ "=yend", "", 0 },
		{ "\x8b=", "a", 0 },					/* cut */
	};

	(void)state;
	RUN(DECODE_YENC, cases);
}

/* Every short input over the octets that matter, cut at each place: one result, and never too much of it. */
static void
exhaust(enum decode_kind kind, const char *letters, size_t max)
{
	size_t n = strlen(letters), len, cut, i, got[2];
	uint64_t count, at, reasons[2];
	uint8_t *out[2];
	char in[16];

	for (len = 0, count = 1; len <= max; len++, count *= n)
		for (at = 0; at < count; at++) {
			uint64_t rest = at;

			for (i = 0; i < len; i++, rest /= n)
				in[i] = letters[rest % n];
			out[0] = decode(kind, in, len, len + 1, &got[0], &reasons[0]);
			for (cut = 1; cut < len; cut++) {
				struct decoder d;

				out[1] = malloc(decode_max(kind, len));
				assert_non_null(out[1]);
				decode_start(&d, kind, out[1]);
				decode_feed(&d, (uint8_t *)in, cut);
				decode_feed(&d, (uint8_t *)in + cut, len - cut);
				decode_finish(&d);
				if (d.len != got[0] || d.reasons != reasons[0] || memcmp(out[0], out[1], d.len) != 0)
					fail_msg("%s, \"%.*s\" cut at %zu: got %zu octets, want %zu as uncut", decode_str(kind),
					    (int)len, in, cut, d.len, got[0]);
				free(out[1]);
			}
			free(out[0]);
		}
}

static void
test_cut_anywhere(void **state)
{
	enum decode_kind kind;

	(void)state;
	for (kind = 0; kind < DECODE_MAX; kind++) {
		exhaust(kind, "Qz=\n !", 5);
		exhaust(kind, "=\r\n 4x", 5);
		exhaust(kind, "M#\n`ey=", 4);
	}
	exhaust(DECODE_QP, "=\n 4", 7);
	exhaust(DECODE_BASE64_BLANK, "Q=\n", 8);
}

/* A long input of few runs, cut at each place: what is decoded many octets at a time. */
static void
test_cut_anywhere_in_long_lines(void **state)
{
	static const char *const units[] = {
		"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk\n", "-_-_+/+/QUJD,\r\n\r\n",
		"text with =3D and =\r\nsoft breaks  \r\n", "M86)C9&5F9VAI:FML;6YO<'%R<W1U=G=X>7HP,3(S-#4V-S@Y86)C9&5F9VAI\n",
		"begin 644 x\n&86)C9&5F\n`\nend\n", "=ybegin line=1\r\n\x8b\x8c=\xcc\r\n=yend\r\n"
	};
	char in[400];
	size_t i, n, cut, want_len, len;
	enum decode_kind kind;
	uint64_t want_reasons, reasons;

	(void)state;
	for (kind = 0; kind < DECODE_MAX; kind++)
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			uint8_t *want, *out;

			for (n = 0; n + strlen(units[i]) <= sizeof(in); n += strlen(units[i]))
				memcpy(in + n, units[i], strlen(units[i]));
			want = decode(kind, in, n, n, &want_len, &want_reasons);
			for (cut = 1; cut < n; cut++) {
				out = decode(kind, in, n, cut, &len, &reasons);
				if (len != want_len || memcmp(out, want, len) != 0 || reasons != want_reasons)
					fail_msg("%s, unit %zu in pieces of %zu: got %zu octets, want %zu as whole",
					    decode_str(kind), i, cut, len, want_len);
				free(out);
			}
			free(want);
		}
}

static void
test_names(void **state)
{
	enum decode_kind kind, other;

	(void)state;
	for (kind = 0; kind < DECODE_MAX; kind++) {
		if (decode_str(kind) == NULL)
			fail_msg("kind %d: got no name", (int)kind);
		for (other = 0; other < kind; other++)
			assert_string_not_equal(decode_str(kind), decode_str(other));
	}
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
		cmocka_unit_test(test_base64_readings),
		cmocka_unit_test(test_base64_url),
		cmocka_unit_test(test_base64_like_libcrypto),
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_quoted_printable_readings),
		cmocka_unit_test(test_uuencode),
		cmocka_unit_test(test_uuencode_fills_blanks_but_does_not_swell),
		cmocka_unit_test(test_uuencode_bare),
		cmocka_unit_test(test_yenc),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_cut_anywhere_in_long_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
