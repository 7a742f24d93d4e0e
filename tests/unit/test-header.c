/* SPDX-License-Identifier: ISC */
/* Tests of header blocks, parameters, boundaries, file names and encoded words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scan/header.h"
#include "scan/reasons.h"
#include "scan/words.h"

/* A copy of exactly that size, so that the sanitizers see each read beyond. */
static uint8_t *
exact(const char *s, size_t len)
{
	uint8_t *p = malloc(len > 0 ? len : 1);

	assert_non_null(p);
	if (len > 0)
		memcpy(p, s, len);
	return p;
}

static void
test_block(void **state)
{
	/* want: name=value with its raw line ends, or !line for junk, '|' between. */
	static const struct { const char *in, *want; } cases[] = {
		{ "", "" },
		{ "A: b\r\n", "A= b\r\n|" },
		{ "A: b", "A= b|" },
		{ "A:b\nC:\n", "A=b\n|C=\n|" },
		{ "A: b\r\n c\r\n\td\r\nE: f\r\n", "A= b\r\n c\r\n\td\r\n|E= f\r\n|" },
		{ "A : b\n", "A+= b\n|" },
		{ "A\t :b\n", "A+=b\n|" },
		{ "no field\nA: b\n", "!no field\n|A= b\n|" },
		{ ": b\n", "!: b\n|" },
		{ " fold of nothing\nA: b\n", "! fold of nothing\n|A= b\n|" },
		{ "A b: c\n", "!A b: c\n|" },
		{ "A\x01: c\n", "!A\x01: c\n|" },
		{ "A(c): d\n", "A(c)= d\n|" },
		{ "A: b\n \n c\n", "A~= b\n \n c\n|" },
		{ "A\n : b\n", "!A\n|! : b\n|" },
	};
	struct header_reader r;
	struct header_field f;
	enum header_line line;
	struct buf got;
	size_t i;

	(void)state;
	buf_init(&got, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		uint8_t *in = exact(cases[i].in, len);

		buf_reset(&got);
		header_start(&r, in, 0, len);
		while ((line = header_next(&r, &f)) != HEADER_END) {
			if (line == HEADER_JUNK)
				buf_addc(&got, '!');
			buf_add(&got, in + f.name, f.name_len);
			if (line == HEADER_FIELD)
				buf_addf(&got, "%s%s=", f.space ? "+" : "", f.blank_fold ? "~" : "");
			buf_add(&got, in + f.value, f.end - f.value);
			buf_addc(&got, '|');
		}
		if (strcmp(got.len > 0 ? got.data : "", cases[i].want) != 0)
			fail_msg("\"%s\": got \"%s\", want \"%s\"", cases[i].in, got.data, cases[i].want);
		free(in);
	}
	buf_free(&got);
}

static void
test_params(void **state)
{
	/* want: token, then ";attr[section]*=value" with '"' where quoted, '!' where odd. */
	static const struct { const char *in, *want; uint64_t reasons; } cases[] = {
		{ "", "", 0 },
		{ " Text/Plain", "text/plain", 0 },
		{ "text/plain;", "text/plain", 0 },
		{ "text/plain;;", "text/plain", 0 },
		{ "a/b; c=d", "a/b;c=d", 0 },
		{ "a/b;\r\n\tc=d\r\n ;e=f\r\n", "a/b;c=d;e=f", 0 },
		{ "a/b; c = \"d;e\" ; f=g", "a/b;c=\"d;e;f=g", 0 },
		{ "a/b; c=\"d\\\"e\"", "a/b;c=\"d\\\"e", 0 },
		{ "a/b; c=\"d", "a/b;c=\"d!", 0 },
		{ "a/b; c=\"d\\", "a/b;c=\"d\\!", 0 },
		{ "a/b; c=\"d\"e; f=g", "a/b;c=\"d!;f=g", 0 },
		{ "a/b; c=d e; f=g", "a/b;c=d!;f=g", 0 },
		{ "a/b; c=d=e/f", "a/b;c=d=e/f", 0 },
		{ "(x) a/b (y); c=d (z)", "a/b;c=d", REASON(COMMENT) },
		{ "a/b; c=d (z; (e=f) \\) ); g=h", "a/b;c=d;g=h", REASON(COMMENT) },
		{ "a/b (; c=d", "a/b", REASON(COMMENT) | REASON(PARAM_COMMENT) },
		{ "a/b; c (x) =d", "a/b;c=d", REASON(COMMENT) | REASON(PARAM_COMMENT) },
		{ "a/b; foo; c=d", "a/b;c=d", REASON(PARAM_BAD) },
		{ "a/b; =foo; c=d", "a/b;c=d", REASON(PARAM_BAD) },
		{ "a/b; c*0*=d; c*1=\"e\"; f*=g; h*x=i", "a/b;c[0]*=d;c[1]=\"e;f*=g;h=i", 0 },
		{ "a/b; c*99999999999999999999=d", "a/b;c[999999]=d", 0 },
		{ "a/b; c=", "a/b;c=", 0 },
		{ "a/b; c", "a/b", REASON(PARAM_BAD) },
		{ "a/1234567890123456789012345678901; c=d", "a/12345678901234567890123456789;c=d", REASON(TYPE_LONG) },
	};
	struct param_reader r;
	struct param p;
	struct buf got;
	char token[32];
	size_t i;

	(void)state;
	buf_init(&got, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		uint8_t *in = exact(cases[i].in, len);

		buf_reset(&got);
		param_start(&r, in, len, token, sizeof(token));
		buf_addz(&got, token);
		while (param_next(&r, &p)) {
			buf_addf(&got, ";%.*s", (int)p.attr_len, (const char *)p.attr);
			if (p.section >= 0)
				buf_addf(&got, "[%d]", p.section);
			buf_addf(&got, "%s=%s%.*s%s", p.extended ? "*" : "", p.quoted ? "\"" : "", (int)p.value_len,
			    (const char *)p.value, p.odd ? "!" : "");
		}
		if (strcmp(got.len > 0 ? got.data : "", cases[i].want) != 0 || r.reasons != cases[i].reasons)
			fail_msg("\"%s\": got \"%s\" %llx, want \"%s\" %llx", cases[i].in, got.data,
			    (unsigned long long)r.reasons, cases[i].want, (unsigned long long)cases[i].reasons);
		free(in);
	}
	buf_free(&got);
}

static void
test_boundary(void **state)
{
	static const struct { const char *in, *want; uint64_t reasons; } cases[] = {
		{ "multipart/mixed", NULL, 0 },
		{ "multipart/mixed; x=boundary", NULL, 0 },
		{ "multipart/mixed; BOUNDARY=a", "a", 0 },
		{ "multipart/mixed; boundary=\"a b \"", "a b", REASON(TOKEN_ODD_SOFT) },
		{ "multipart/mixed; boundary=\"\"", "", 0 },
		{ "multipart/mixed; boundary=\"a\\\\b\"", "a\\b", REASON(QUOTE_ODD) },
		{ "multipart/mixed; boundary=\"a\" \"b\"", "a", REASON(QUOTE_ODD) },
		{ "multipart/mixed; boundary=\"a", "a", REASON(QUOTE_ODD) },
		{ "multipart/mixed; boundary=a b", "a", REASON(TOKEN_ODD) },
		{ "multipart/mixed; boundary=a (b)", "a", REASON(COMMENT) },
		{ "multipart/mixed; boundary=a; boundary=b", "a", REASON(PARAM_DUP) },
		{ "multipart/mixed; boundary*=us-ascii''a%20b", "a b", REASON(P2231) },
		{ "multipart/mixed; boundary*1=b; boundary*0=a", "ab", REASON(P2231) },
		{ "multipart/mixed; boundary*0=a; boundary=c", "c", REASON(P2231) },
		{ "multipart/mixed; boundary*0=a; boundary*0=b", "a", REASON(P2231) | REASON(PARAM_DUP) },
		{ "multipart/mixed; boundary=\"=?us-ascii?Q?a?=\"", "=?us-ascii?Q?a?=", REASON(P2047) },
		{ "multipart/mixed; boundary=\"a\r\n b\"", "a b", REASON(TOKEN_ODD_SOFT) },
	};
	uint64_t reasons;
	struct buf got;
	size_t i;
	int rc;

	(void)state;
	buf_init(&got, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		uint8_t *in = exact(cases[i].in, len);

		buf_reset(&got);
		reasons = 0;
		rc = header_boundary(in, len, &got, &reasons);
		if (rc != (cases[i].want != NULL) || (rc && (got.len != strlen(cases[i].want) ||
		    memcmp(got.len > 0 ? got.data : "", cases[i].want, got.len) != 0)) || reasons != cases[i].reasons)
			fail_msg("\"%s\": got %d \"%.*s\" %llx, want \"%s\" %llx", cases[i].in, rc, (int)got.len, got.data,
			    (unsigned long long)reasons, cases[i].want, (unsigned long long)cases[i].reasons);
		free(in);
	}
	buf_free(&got);
}

static void
test_words(void **state)
{
	static const struct { const char *in, *want; uint64_t reasons; } cases[] = {
		{ "", "", 0 },
		{ "plain = ? text", "plain = ? text", 0 },
		{ "=?utf-8?Q?a_b=3D?=", "a b=", 0 },
		{ "=?utf-8?q?=e2=82=ac?=", "\xe2\x82\xac", 0 },
		{ "=?UTF-8?b?4oKs?=", "\xe2\x82\xac", 0 },
		{ "x =?utf-8?Q?a?= y", "x a y", 0 },
		{ "=?utf-8?Q?a?= \r\n =?utf-8?Q?b?=", "ab", 0 },
		{ "=?utf-8?Q?a?= =?iso-8859-1?Q?=fc?=", "a\xc3\xbc", 0 },
		{ "=?utf-8?Q?=e2=82?==?utf-8?Q?=ac?=", "\xe2\x82\xac", 0 },
		{ "=?utf-8*de?Q?a?=", "a", 0 },
		{ "=?utf-16be?B?AGEA4Q==?=", "a\xc3\xa1", 0 },
		{ "=?koi8-r?Q?=c1?=", "\xd0\xb0", 0 },
		{ "=?utf-8?Q?my file.pdf?=", "my file.pdf", 0 },	/* blanks are wrong, and common */
		{ "=?utf-8?Q?a", "=?utf-8?Q?a", 0 },
		{ "=?utf-8?Q?a?", "=?utf-8?Q?a?", 0 },
		{ "=?utf-8?X?a?=", "=?utf-8?X?a?=", 0 },
		{ "=?=?utf-8?Q?a?=", "=?a", 0 },
		{ "=?no-such?Q?a=fc?=", "a\xef\xbf\xbd", REASON(NAME_CHARSET) },
		{ "=?utf-8//IGNORE?Q?a?=", "a", REASON(NAME_CHARSET) },
		{ "=?utf-8?Q?=fc?=", "\xef\xbf\xbd", REASON(NAME_CHARSET) },
		{ "=?utf-8?Q?=c0=80?=", "\xef\xbf\xbd\xef\xbf\xbd", REASON(NAME_CHARSET) },	/* overlong */
		{ "=?utf-8?Q?=ed=a0=80?=", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", REASON(NAME_CHARSET) },
		{ "cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd", REASON(NAME_CHARSET) },
		{ "=?utf-8?Q?a=00b?=", "a\xef\xbf\xbd" "b", REASON(NAME_CTL) },
		{ "=?iso-8859-1?Q?a=00=fcb?=", "a\xef\xbf\xbd\xc3\xbc" "b", REASON(NAME_CTL) },
		{ "=?utf-16be?B?AAAAYQ==?=", "\xef\xbf\xbd" "a", REASON(NAME_CTL) },
		{ "=?utf-8?Q?=e2=80=ae?=x", "\xe2\x80\xae" "x", REASON(NAME_BIDI) },
		{ "=?iso-2022-jp?B?GyRCRnw?=", "\xe6\x97\xa5", 0 },
		{ "=?iso-2022-jp?B?GyRCRg==?=", "\xef\xbf\xbd", REASON(NAME_CHARSET) },	/* half a character */
	};
	struct words w;
	struct buf got;
	size_t i;

	(void)state;
	buf_init(&got, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		uint8_t *in = exact(cases[i].in, len);

		buf_reset(&got);
		words_init(&w);
		assert_int_equal(words_decode(&w, in, len, &got), 0);
		if (strcmp(got.len > 0 ? got.data : "", cases[i].want) != 0 || w.reasons != cases[i].reasons)
			fail_msg("\"%s\": got \"%s\" %llx, want \"%s\" %llx", cases[i].in, got.data,
			    (unsigned long long)w.reasons, cases[i].want, (unsigned long long)cases[i].reasons);
		words_free(&w);
		free(in);
	}
	buf_free(&got);
}

static void
test_charsets_are_opened_a_bounded_number_of_times(void **state)
{
	struct words w;
	struct buf in, got;
	int i;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&got, 1 << 20);
	words_init(&w);
	for (i = 0; i < 1000; i++)
		buf_addf(&in, "=?no-such-%d?Q?a?=", i);
	assert_int_equal(words_decode(&w, in.data, in.len, &got), 0);
	if (w.opens != WORDS_OPENS_MAX || got.len != 1000)
		fail_msg("got %u opens, %zu octets, want %d, 1000", w.opens, got.len, WORDS_OPENS_MAX);
	words_free(&w);
	buf_free(&in);
	buf_free(&got);
}

static void
test_names_cut_at_every_length(void **state)
{
	static const char in[] = " attachment (c\\)); filename*0*=utf-8'en'%e2%82; filename*1*=%ac; filename*2=\"\\\"x\";"
	    " filename=\"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?utf-8?Q?=e2=82=ac?=\"; filename=z";
	struct words w;
	struct buf got;
	uint64_t reasons;
	size_t n;

	(void)state;
	buf_init(&got, 10000);
	for (n = 0; n < sizeof(in); n++) {
		uint8_t *p = exact(in, n);

		buf_reset(&got);
		words_init(&w);
		assert_true(header_name(p, n, "filename", &w, &got) >= 0);
		reasons = 0;
		assert_true(header_boundary(p, n, &got, &reasons) >= 0);
		words_free(&w);
		free(p);
	}
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_boundary),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_charsets_are_opened_a_bounded_number_of_times),
		cmocka_unit_test(test_names_cut_at_every_length),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
