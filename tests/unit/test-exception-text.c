/* SPDX-License-Identifier: ISC */
/* judge/exception_text.c: which lines are commented out, that all else stays, and what is dropped when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/exception_text.h"

#define NOW	1796098200	/* 2026-12-01T04:10:00Z */
#define STAMP	"2026-12-01T04:10:00Z"
#define LIVE(id)	"except id=" id " signature=X.* until=2026-12-02T00:00:00Z reason=r\n"
#define PAST(id)	"except id=" id " signature=X.* until=2026-12-01T04:10:00Z reason=r\n"
#define MODE		"mode observe until=2026-12-02T00:00:00Z reason=r\n"
#define PAST_MODE	"mode observe until=2026-12-01T00:00:00Z reason=r\n"

static void
closes(void **state)
{
	static const struct {
		const char		*name, *text, *want;
		struct exception_close	 close;
		int			 closed;
	} cases[] = {
		{ "nothing", "", "", { .ended = 1, .now = NOW }, 0 },
		{ "none is over", "# c\n\n" LIVE("A") "what?\n", "# c\n\n" LIVE("A") "what?\n", { .ended = 1, .now = NOW }, 0 },
		{ "over at that second", PAST("A") LIVE("B"), "# ended " STAMP " " PAST("A") LIVE("B"), { .ended = 1, .now = NOW }, 1 },
		{ "not a second before", PAST("A"), PAST("A"), { .ended = 1, .now = NOW - 1 }, 0 },
		{ "by id, any case", LIVE("Ab") LIVE("C"), "# removed " STAMP " " LIVE("Ab") LIVE("C"), { .id = "aB", .now = NOW }, 1 },
		{ "by id, over as well", PAST("A"), "# ended " STAMP " " PAST("A"), { .id = "A", .now = NOW }, 1 },
		{ "another id", LIVE("A"), LIVE("A"), { .id = "B", .now = NOW }, 0 },
		{ "the mode", MODE LIVE("A"), "# removed " STAMP " " MODE LIVE("A"), { .mode = 1, .now = NOW }, 1 },
		{ "the mode is over", PAST_MODE MODE, "# ended " STAMP " " PAST_MODE MODE, { .ended = 1, .now = NOW }, 1 },
		{ "a line without its end", "except id=A signature=X.* until=2026-12-01 reason=r",
		    "# removed " STAMP " except id=A signature=X.* until=2026-12-01 reason=r\n", { .id = "A", .now = NOW }, 1 },
		{ "blanks before it", "  \t" PAST("A"), "# ended " STAMP " " PAST("A"), { .ended = 1, .now = NOW }, 1 },
		{ "a broken one stays", "except id=A signature=X.* until=2026-12-01T00:00:00Z\n",
		    "except id=A signature=X.* until=2026-12-01T00:00:00Z\n", { .ended = 1, .id = "A", .now = NOW }, 0 },
		{ "over for 30 days", "# ended 2026-11-01T04:10:00Z " PAST("A"), "# ended 2026-11-01T04:10:00Z " PAST("A"),
		    { .ended = 1, .now = NOW }, 0 },
		{ "and a second", "# ended 2026-11-01T04:09:59Z " PAST("A") "# removed 2020-01-01T00:00:00Z x\n# kept\n", "# kept\n",
		    { .ended = 1, .now = NOW }, 0 },
		{ "comments that only look so", "# ended tomorrow except\n# ended\n#ended 2020-01-01T00:00:00Z x\n",
		    "# ended tomorrow except\n# ended\n#ended 2020-01-01T00:00:00Z x\n", { .ended = 1, .now = NOW }, 0 },
	};
	struct buf out;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&out, 65536);
		got = exception_text_close(cases[i].text, strlen(cases[i].text), &cases[i].close, &out, NULL);
		if (got != cases[i].closed)
			fail_msg("%s: got %d closed, want %d", cases[i].name, got, cases[i].closed);
		if (strcmp(out.data != NULL ? out.data : "", cases[i].want) != 0)
			fail_msg("%s: got\n%s\nwant\n%s", cases[i].name, out.data, cases[i].want);
		buf_free(&out);
	}
}

/* Of too many that are over the oldest go. */
static void
over_bounded(void **state)
{
	const struct exception_close close = { .ended = 1, .now = NOW };
	struct buf text, out;
	unsigned int i, dropped;

	(void)state;
	buf_init(&text, EXCEPTION_TEXT_MAX);
	buf_init(&out, EXCEPTION_TEXT_MAX);
	for (i = 0; i < EXCEPTION_OVER_MAX + 3; i++)
		buf_addf(&text, "# removed " STAMP " except id=N%u\n", i);
	assert_int_equal(exception_text_close(text.data, text.len, &close, &out, &dropped), 0);
	assert_int_equal(dropped, 3);
	assert_non_null(strstr(out.data, "id=N3\n"));
	assert_null(strstr(out.data, "id=N2\n"));
	buf_free(&text);
	buf_free(&out);
}

static void
over(void **state)
{
	static const struct { const char *line, *word, *rest; } cases[] = {
		{ "# ended " STAMP " except id=A", "ended", "except id=A" },
		{ "# removed " STAMP " mode observe", "removed", "mode observe" },
		{ "# removed " STAMP, NULL, NULL },
		{ "# ended 2026-13-01T04:10:00Z x", NULL, NULL },
		{ "except id=A", NULL, NULL },
		{ "", NULL, NULL },
	};
	const char *word;
	int64_t when;
	size_t i, at;
	int got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = exception_text_over(cases[i].line, strlen(cases[i].line), &word, &when, &at);
		if (got != (cases[i].word != NULL))
			fail_msg("%s: got %d", cases[i].line, got);
		if (got && (strcmp(word, cases[i].word) != 0 || when != NOW || strcmp(cases[i].line + at, cases[i].rest) != 0))
			fail_msg("%s: got %s, %s", cases[i].line, word, cases[i].line + at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes),
		cmocka_unit_test(over_bounded),
		cmocka_unit_test(over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
