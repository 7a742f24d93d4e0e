/* SPDX-License-Identifier: ISC */
/* judge/exception.c: lines of the plain file, what is refused in them, and what an exception matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/exception.h"
#include "judge/pattern.h"

#define HEX64	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
patterns(void **state)
{
	static const struct { const char *pattern, *text; int want; } cases[] = {
		{ "*.UNOFFICIAL", "Foo.Bar.UNOFFICIAL", 1 },
		{ "*.UNOFFICIAL", "Foo.Bar.UNOFFICIAL.1", 0 },
		{ "Heuristics.*", "heuristics.encrypted.zip", 1 },
		{ "Heuristics.*", "Heuristic", 0 },
		{ "a*b*c", "aXXbYYc", 1 },
		{ "a*b*c", "aXXbYY", 0 },
		{ "*", "", 1 },
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0 },
		{ "Eicar", NULL, 0 },
	};
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if ((got = pattern_match(cases[i].pattern, cases[i].text)) != cases[i].want)
			fail_msg("%s on %s: got %d, want %d", cases[i].pattern,
			    cases[i].text != NULL ? cases[i].text : "NULL", got, cases[i].want);
}

static void
times(void **state)
{
	static const struct { const char *text; int64_t want; } cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-12-01T04:10:00Z", 1796098200 },
		{ "2026-12-01", 1796169600 },
		{ "2028-02-29T23:59:59Z", 1835481599 },
		{ "2026-02-29", -1 }, { "2026-12-01T24:00:00Z", -1 }, { "2026-12-01 04:10:00Z", -1 },
		{ "2026-12-01T04:10:00", -1 }, { "2026-13-01", -1 }, { "1969-12-31", -1 }, { "", -1 }, { "tomorrow", -1 },
	};
	char text[32];
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (exception_time_parse(cases[i].text, &got) == -1)
			got = -1;
		if (got != cases[i].want)
			fail_msg("%s: got %lld, want %lld", cases[i].text, (long long)got, (long long)cases[i].want);
		if (got != -1 && strchr(cases[i].text, 'T') != NULL)
			assert_string_equal(exception_time_str(got, text, sizeof(text)), cases[i].text);
	}
}

/* NULL: the line prints as it was. */
static const struct { const char *line, *printed, *err; } lines[] = {
	{ "except id=A1 signature=Pdf.Exploit.* until=2026-12-02T02:10:00Z added=2026-12-01T02:10:00Z by=root reason=\"hits every PDF\"",
	    NULL, NULL },
	{ "except id=A2 sender=a@b.example until=2026-12-02T02:10:00Z reason=known", NULL, NULL },
	{ "except id=A3 digest=" HEX64 " until=2026-12-02T02:10:00Z reason=known", NULL, NULL },
	{ "except id=A4 signature=X sender=b.example digest=" HEX64 " until=2026-12-02T02:10:00Z reason=\"a \\\"b\\\" \\\\ c # d\"",
	    NULL, NULL },
	{ "mode observe until=2026-12-01T04:10:00Z by=root reason=\"bad update\"", NULL, NULL },
	{ "  except  reason=x until=2026-12-01 sender=.B.Example id=A5 \r",
	    "except id=A5 sender=b.example until=2026-12-02T00:00:00Z reason=x", NULL },
	{ "", "", NULL }, { "   ", "", NULL }, { "# except id=A1", "", NULL },
	{ "except id=A1 signature=X until=2026-12-02", "", "no reason" },
	{ "except id=A1 signature=X reason=x", "", "no until" },
	{ "except signature=X until=2026-12-02 reason=x", "", "no id" },
	{ "except id=A1 until=2026-12-02 reason=x", "", "for all" },
	{ "except id=A1 signature=* until=2026-12-02 reason=x", "", "signature" },
	{ "except id=A1 signature=*.* until=2026-12-02 reason=x", "", "signature" },
	{ "except id=A1 sender=* until=2026-12-02 reason=x", "", "sender" },
	{ "except id=A1 sender=@b.example until=2026-12-02 reason=x", "", "sender" },
	{ "except id=A1 sender=a@ until=2026-12-02 reason=x", "", "sender" },
	{ "except id=A1 digest=abc until=2026-12-02 reason=x", "", "64 hex" },
	{ "except id=A1 digest=" HEX64 "0 until=2026-12-02 reason=x", "", "64 hex" },
	{ "except id=A1 signature=X until=soon reason=x", "", "a time such as" },
	{ "except id=A-1 signature=X until=2026-12-02 reason=x", "", "letters and digits" },
	{ "except id=12345678901234567 signature=X until=2026-12-02 reason=x", "", "letters and digits" },
	{ "except id=A1 signature=X until=2026-12-02 reason=\"x", "", "never closed" },
	{ "except id=A1 signature=X until=2026-12-02 reason=\"x\"y", "", "blank" },
	{ "except id=A1 signature=X until=2026-12-02 reason=\"  \"", "", "sentence" },
	{ "except id=A1 signature=X until=2026-12-02 reason=x why=y", "", "unknown word" },
	{ "except id=A1 signature=X until=2026-12-02 reason=x word", "", "key=value" },
	{ "mode enforce until=2026-12-02 reason=x", "", "want observe" },
	{ "mode observe reason=x", "", "no until" },
	{ "mode observe id=A until=2026-12-02 reason=x", "", "unknown word" },
	{ "exceptid=1", "", "begins with" },
};

static void
lines_parse(void **state)
{
	struct override_mode m;
	struct exception e;
	struct buf out;
	char err[256];
	const char *want;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_init(&out, 4096);
		buf_addz(&out, "");
		err[0] = '\0';
		switch (exception_parse(lines[i].line, strlen(lines[i].line), &e, &m, err, sizeof(err))) {
		case EXCEPTION_EXCEPT:
			assert_int_equal(exception_print(&e, &out), 0);
			exception_clear(&e);
			break;
		case EXCEPTION_MODE:
			assert_int_equal(override_mode_print(&m, &out), 0);
			override_mode_clear(&m);
			break;
		default:
			break;
		}
		want = lines[i].printed != NULL ? lines[i].printed : lines[i].line;
		if (out.len > 0)
			out.data[--out.len] = '\0';
		if (strcmp(out.data != NULL ? out.data : "", want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", lines[i].line, out.data, want);
		if ((lines[i].err == NULL) != (err[0] == '\0') || (lines[i].err != NULL && strstr(err, lines[i].err) == NULL))
			fail_msg("%s: got the error \"%s\", want \"%s\"", lines[i].line, err,
			    lines[i].err != NULL ? lines[i].err : "");
		buf_free(&out);
	}
}

/* Cut at every length and with any octet changed: no crash, and nothing leaks (SAN=1). */
static void
lines_cut(void **state)
{
	struct override_mode m;
	struct exception e;
	char err[256], copy[512];
	size_t i, k, len;
	enum exception_line got;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (k = 0, len = strlen(lines[i].line); k < 2 * len; k++) {
			memcpy(copy, lines[i].line, len + 1);
			if (k >= len)
				copy[k - len] = '\0';
			got = exception_parse(copy, k < len ? k : len, &e, &m, err, sizeof(err));
			if (got == EXCEPTION_EXCEPT)
				exception_clear(&e);
			else if (got == EXCEPTION_MODE)
				override_mode_clear(&m);
		}
}

static void
files(void **state)
{
	static const char text[] =
	    "# a comment\n"
	    "except id=A1 signature=X until=2026-12-02 reason=x\n"
	    "nonsense\n"
	    "except id=a1 signature=Y until=2026-12-02 reason=x\n"
	    "mode observe until=2026-12-01 reason=first\n"
	    "mode observe until=2026-12-02 reason=second\n"
	    "except id=A2 signature=Y until=2026-12-02 reason=last";
	struct exceptions x;
	struct buf errs, many;
	unsigned int i;

	(void)state;
	buf_init(&errs, 4096);
	assert_int_equal(exceptions_parse(text, sizeof(text) - 1, &x, &errs), 1);
	assert_int_equal(x.count, 2);
	assert_string_equal(x.list[1].reason, "last");
	assert_string_equal(x.mode.reason, "second");
	assert_non_null(strstr(errs.data, "line 3: "));
	assert_non_null(strstr(errs.data, "line 4: there is an exception a1 already"));
	exceptions_free(&x);
	buf_free(&errs);
	assert_int_equal(exceptions_parse("", 0, &x, NULL), 0);
	assert_int_equal(x.count, 0);
	exceptions_free(&x);
	buf_init(&many, 1024 * 1024);
	for (i = 0; i < EXCEPTIONS_MAX + 1; i++)
		buf_addf(&many, "except id=N%u signature=X until=2026-12-02 reason=x\n", i);
	assert_int_equal(exceptions_parse(many.data, many.len, &x, NULL), 1);
	assert_int_equal(x.count, EXCEPTIONS_MAX);
	exceptions_free(&x);
	buf_free(&many);
}

#define NOW	1796098200	/* 2026-12-01T04:10:00Z */

static const struct {
	const char	*line, *signature, *sender;
	int		 digest, infected, want;
} matches[] = {
	{ "signature=Pdf.*", "Pdf.Exploit.1", "a@b.example", 0, 1, 1 },
	{ "signature=Pdf.*", "Win.Exploit.1", "a@b.example", 0, 1, 0 },
	{ "signature=Pdf.*", NULL, "a@b.example", 0, 0, 0 },
	{ "sender=b.example", NULL, "a@b.example", 0, 0, 1 },
	{ "sender=b.example", NULL, "A@x.B.Example", 0, 0, 1 },
	{ "sender=b.example", NULL, "a@xb.example", 0, 0, 0 },
	{ "sender=b.example", NULL, "a@b.example.evil", 0, 0, 0 },
	{ "sender=b.example", NULL, "", 0, 0, 0 },
	{ "sender=b.example", NULL, NULL, 0, 0, 0 },
	{ "sender=b.example", NULL, "b.example", 0, 0, 0 },
	{ "sender=a@b.example", NULL, "A@B.example", 0, 0, 1 },
	{ "sender=a@b.example", NULL, "xa@b.example", 0, 0, 0 },
	/* the sender is his own word */
	{ "sender=b.example", "Pdf.Exploit.1", "a@b.example", 0, 1, 0 },
	{ "sender=b.example signature=Pdf.*", "Pdf.Exploit.1", "a@b.example", 0, 1, 1 },
	{ "sender=b.example signature=Pdf.*", "Pdf.Exploit.1", "a@c.example", 0, 1, 0 },
	{ "digest=" HEX64, "Pdf.Exploit.1", "a@b.example", 1, 1, 1 },
	{ "digest=" HEX64, "Pdf.Exploit.1", "a@b.example", 2, 1, 0 },
	{ "digest=" HEX64, "Pdf.Exploit.1", "a@b.example", 0, 1, 0 },
	{ "digest=" HEX64 " signature=Pdf.*", "Win.Exploit.1", "a@b.example", 1, 1, 0 },
};

static void
match(void **state)
{
	uint8_t digest[32];
	struct exceptions x;
	char text[512];
	const struct exception *got;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		struct exception_finding f = { matches[i].signature, matches[i].sender,
		    matches[i].digest != 0 ? digest : NULL, matches[i].infected };

		for (k = 0; k < 32; k++)
			digest[k] = (uint8_t)(0x0123456789abcdefull >> (56 - 8 * (k % 8)));
		digest[31] ^= matches[i].digest == 2;
		snprintf(text, sizeof(text), "except id=A1 %s until=2026-12-01T04:10:00Z reason=x\n", matches[i].line);
		assert_int_equal(exceptions_parse(text, strlen(text), &x, NULL), 0);
		assert_null(exceptions_match(&x, &f, NOW));
		got = exceptions_match(&x, &f, NOW - 1);
		if ((got != NULL) != matches[i].want)
			fail_msg("%s, case %zu: got %d, want %d", matches[i].line, i, got != NULL, matches[i].want);
		exceptions_free(&x);
	}
	assert_null(exceptions_match(NULL, &(struct exception_finding){ "X", "a@b", NULL, 1 }, NOW));
}

static void
mode(void **state)
{
	struct override_mode m = { .until = 0 };

	(void)state;
	assert_int_equal(override_mode_on(&m, NOW), 0);
	m.until = NOW;
	assert_int_equal(override_mode_on(&m, NOW), 0);
	assert_int_equal(override_mode_on(&m, NOW - 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(times),
		cmocka_unit_test(lines_parse),
		cmocka_unit_test(lines_cut),
		cmocka_unit_test(files),
		cmocka_unit_test(match),
		cmocka_unit_test(mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
