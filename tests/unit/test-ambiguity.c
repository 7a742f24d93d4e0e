/* SPDX-License-Identifier: ISC */
/* judge/ambiguity: every token of the walker has its sentence, and the field says no more than the facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "judge/ambiguity.h"
#include "scan/reasons.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The walker's table says what is to be expected: tokens that stand twice are of both classes. */
static void
tokens_have_sentences(void **state)
{
	static const struct { const char *token, *grave; } rows[] = {
#define SOFT	"soft"
#define HARD	"hard"
#define LIMIT	"limit"
#define X(e, t, g)	{ t, g },
		MIME_REASONS(X)
#undef X
#undef SOFT
#undef HARD
#undef LIMIT
	};
	const struct ambiguity_meaning *m;
	size_t i, k, own, n = 0, known;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (own = 0, k = 0; k < COUNT(rows); k++)
			own += strcmp(rows[k].token, rows[i].token) == 0;
		if ((m = ambiguity_meaning(rows[i].token)) == NULL)
			fail_msg("%s: got no sentence, want one in ambiguity_meanings", rows[i].token);
		if (strcmp(m->grave, own > 1 ? "soft or hard" : rows[i].grave) != 0)
			fail_msg("%s: got %s, want %s", m->token, m->grave, own > 1 ? "soft or hard" : rows[i].grave);
		if (strlen(m->sentence) < 15 || m->sentence[strlen(m->sentence) - 1] == '.')
			fail_msg("%s: got \"%s\", want a sentence without its full stop", m->token, m->sentence);
	}
	for (m = ambiguity_meanings; m->token != NULL; m++, n++) {
		for (known = 0, i = 0; i < COUNT(rows); i++)
			known += strcmp(rows[i].token, m->token) == 0;
		if (known == 0)
			fail_msg("%s: got a sentence, want none: the walker does not know it", m->token);
		if (ambiguity_meaning(m->token) != m)
			fail_msg("%s: stands twice", m->token);
	}
	assert_true(n > 0);
	assert_null(ambiguity_meaning("NONE-SUCH"));
}

static char	*few[] = { (char[]){ "CT-DUP" }, (char[]){ "B64-PAD-MID" } };

static void
field(void **state)
{
	struct part parts[] = { { .path = (char[]){ "0" } }, { .path = (char[]){ "1" } }, { .path = (char[]){ "1/1" }, .member = 1 },
	    { .path = (char[]){ "exact:1" } } };
	static const struct {
		enum ambiguity	 is;
		int		 from;
		uint32_t	 reasons;
		const char	*want;	/* NULL: none */
	} cases[] = {
		{ AMBIGUITY_NONE, AMBIGUITY_SOFT, 0, NULL },
		{ AMBIGUITY_NONE, AMBIGUITY_NONE, 0, NULL },
		{ AMBIGUITY_SOFT, AMBIGUITY_HARD, 1, NULL },
		{ AMBIGUITY_SOFT, AMBIGUITY_SOFT, 1, "soft; views=3; objects=2; reasons=CT-DUP" },
		{ AMBIGUITY_HARD, AMBIGUITY_HARD, 2, "hard; views=3; objects=2; reasons=CT-DUP,B64-PAD-MID" },
		{ AMBIGUITY_LIMIT, AMBIGUITY_HARD, 0, "limit; views=3; objects=2" },
		{ AMBIGUITY_LIMIT, AMBIGUITY_FIELD_NEVER, 2, NULL },
	};
	struct scan_result r = { .parts = parts, .parts_count = COUNT(parts), .reasons = few, .views = 3 };
	struct buf b;
	size_t i;
	int rc;

	(void)state;
	buf_init(&b, 2000);
	for (i = 0; i < COUNT(cases); i++) {
		r.ambiguity = cases[i].is;
		r.reasons_count = cases[i].reasons;
		buf_reset(&b);
		rc = ambiguity_field(&r, cases[i].from, &b);
		if (rc != (cases[i].want != NULL) || strcmp(b.len > 0 ? b.data : "", rc ? cases[i].want : "") != 0)
			fail_msg("%zu: got %d \"%s\", want \"%s\"", i, rc, b.len > 0 ? b.data : "", cases[i].want != NULL ? cases[i].want : "");
	}
	assert_int_equal(ambiguity_field(NULL, AMBIGUITY_SOFT, &b), 0);
	buf_free(&b);
}

/* However many there are and whatever they hold: one line, of tokens alone. */
static void
field_is_bounded(void **state)
{
	static char longest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234", evil[] = "X\r\nBcc: a", empty[] = "";
	char *reasons[SCAN_REASONS_MAX];
	struct part part = { .path = (char[]){ "0" } };
	struct scan_result r = { .parts = &part, .parts_count = 1, .reasons = reasons, .reasons_count = SCAN_REASONS_MAX,
	    .views = UINT32_MAX, .ambiguity = AMBIGUITY_HARD };
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < SCAN_REASONS_MAX; i++)
		reasons[i] = i == 3 ? evil : i == 4 ? empty : longest;
	buf_init(&b, 4000);
	assert_int_equal(ambiguity_field(&r, AMBIGUITY_HARD, &b), 1);
	assert_false(b.failed);
	if (b.len > AMBIGUITY_FIELD_MAX)
		fail_msg("got %zu octets, want at most %d", b.len, AMBIGUITY_FIELD_MAX);
	if (strpbrk(b.data, "\r\n:") != NULL)
		fail_msg("got \"%s\", want tokens alone", b.data);
	if (strstr(b.data, "; more=") == NULL)
		fail_msg("got \"%s\", want the tokens that do not fit counted", b.data);
	/* Today's tokens all fit. */
	for (r.reasons_count = 0; ambiguity_meanings[r.reasons_count].token != NULL; r.reasons_count++)
		reasons[r.reasons_count] = (char *)(uintptr_t)ambiguity_meanings[r.reasons_count].token;
	buf_reset(&b);
	assert_int_equal(ambiguity_field(&r, AMBIGUITY_HARD, &b), 1);
	if (strstr(b.data, "more=") != NULL)
		fail_msg("got \"%s\", want all tokens of today", b.data);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_have_sentences),
		cmocka_unit_test(field),
		cmocka_unit_test(field_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
