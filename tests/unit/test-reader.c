/* SPDX-License-Identifier: ISC */
/* Tests of record/reader.c: plain and compressed give the same lines; cut at every octet it says so; bounds; growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <zstd.h>

#include "record/reader.h"

#define LINE_MAX_HERE	4096

struct place {
	char	dir[64], plain[96], packed[112];
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/hopward-reader-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->plain, sizeof(p->plain), "%s/mail-2026-11-22.jsonl", p->dir);
	snprintf(p->packed, sizeof(p->packed), "%s.zst", p->plain);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	unlink(p->plain);
	unlink(p->packed);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void
put(const char *path, const void *text, size_t len, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static size_t
pack(const char *text, size_t len, char *out, size_t size)
{
	size_t n = ZSTD_compress(out, size, text, len, 3);

	assert_false(ZSTD_isError(n));
	return n;
}

/* "1@0:abc|2@4!|" and so on, and what it ended with. */
static enum reader_got
told(struct reader *r, char *out, size_t size)
{
	struct reader_line l;
	enum reader_got got;
	size_t n = strlen(out);

	while ((got = reader_next(r, &l)) == READER_LINE || got == READER_LONG)
		n += (size_t)snprintf(out + n, n < size ? size - n : 0, "%llu@%llu%s%.*s|", (unsigned long long)l.number,
		    (unsigned long long)l.offset, got == READER_LONG ? "!" : ":", (int)l.len, l.len > 0 ? l.text : "");
	if (got == READER_END && (got = reader_rest(r, &l)) == READER_REST)
		snprintf(out + n, n < size ? size - n : 0, "%llu@%llu~%.*s", (unsigned long long)l.number,
		    (unsigned long long)l.offset, (int)l.len, l.text);
	return got;
}

static struct reader *
opened(const char *path, size_t max)
{
	struct reader *r;

	if (reader_open(path, max, &r) == -1)
		fail_msg("%s: got %s, want it open", path, strerror(errno));
	return r;
}

static void
lines_both_ways(void **state)
{
	static const struct {
		const char	*text, *want;
		enum reader_got	 end;
	} cases[] = {
		{ "", "", READER_END },
		{ "{}\n", "1@0:{}|", READER_END },
		{ "{a}\n{bc}\n", "1@0:{a}|2@4:{bc}|", READER_END },
		{ "{a}\n\n\n{b}\n", "1@0:{a}|4@6:{b}|", READER_END },
		{ "{a}\n{torn", "1@0:{a}|2@4~{torn", READER_REST },
		{ "{", "1@0~{", READER_REST },
		{ "{0123456789}\n{b}\n", "1@0!|2@13:{b}|", READER_END },
		{ "{a}\n{0123456789", "1@0:{a}|", READER_LONG },
	};
	struct place *p = *state;
	char got[256], packed[512];
	enum reader_got end;
	struct reader *r;
	size_t i, way;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (way = 0; way < 2; way++) {
			if (way == 0)
				put(p->plain, cases[i].text, strlen(cases[i].text), O_TRUNC);
			else
				put(p->packed, packed, pack(cases[i].text, strlen(cases[i].text), packed, sizeof(packed)), O_TRUNC);
			r = opened(way == 0 ? p->plain : p->packed, 8);
			got[0] = '\0';
			end = told(r, got, sizeof(got));
			if (end != cases[i].end || strcmp(got, cases[i].want) != 0)
				fail_msg("case %zu, way %zu: got \"%s\" and %d, want \"%s\" and %d", i, way, got, end,
				    cases[i].want, cases[i].end);
			reader_close(r);
		}
}

/* Some hundred KB, lines of all lengths over the chunks' borders. */
static char *
large(size_t *len)
{
	size_t size = 900 * 1024, at = 0, i, n;
	char *text = malloc(size);
	unsigned int x = 1;

	assert_non_null(text);
	for (i = 1; at + LINE_MAX_HERE < size; i++) {
		x = x * 1103515245u + 12345u;
		n = 8 + (x >> 16) % (LINE_MAX_HERE - 8);
		at += (size_t)snprintf(text + at, 32, "{%zu:", i);
		for (; n > 8; n--) {
			x = x * 1103515245u + 12345u;
			text[at++] = (char)('a' + (x >> 16) % 26);
		}
		text[at++] = '}';
		text[at++] = '\n';
	}
	*len = at;
	return text;
}

static void
large_is_the_same(void **state)
{
	struct place *p = *state;
	size_t len, size, way;
	char *text = large(&len), *packed = malloc(len + 1024);
	struct reader_line l;
	struct reader *r;
	uint64_t at;

	assert_non_null(packed);
	size = pack(text, len, packed, len + 1024);
	put(p->plain, text, len, O_TRUNC);
	put(p->packed, packed, size, O_TRUNC);
	for (way = 0; way < 2; way++) {
		r = opened(way == 0 ? p->plain : p->packed, LINE_MAX_HERE + 32);
		for (at = 0; reader_next(r, &l) == READER_LINE; at += l.len + 1)
			if (l.offset != at || memcmp(l.text, text + at, l.len) != 0 || text[at + l.len] != '\n')
				fail_msg("way %zu, line %llu: got offset %llu, want %llu and its text", way,
				    (unsigned long long)l.number, (unsigned long long)l.offset, (unsigned long long)at);
		assert_string_equal(reader_why(r), "");
		assert_int_equal(reader_compressed(r), way);
		if (at != len)
			fail_msg("way %zu: got %llu octets, want %zu", way, (unsigned long long)at, len);
		reader_close(r);
	}
	free(packed);
	free(text);
}

/* Two frames, as after cat a.zst b.zst; a cut anywhere but between them is told, and no line is made up. */
static void
cut_is_named(void **state)
{
	static const char text[] = "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n";
	const char *whole = "1@0:{\"seq\":1}|2@10:{\"seq\":2}|3@20:{\"seq\":3}|4@30:{\"seq\":1}|5@40:{\"seq\":2}|6@50:{\"seq\":3}|";
	struct place *p = *state;
	char packed[512], got[512];
	size_t one, two, cut;
	enum reader_got end, want;
	struct reader *r;

	one = pack(text, sizeof(text) - 1, packed, sizeof(packed));
	two = one + pack(text, sizeof(text) - 1, packed + one, sizeof(packed) - one);
	for (cut = 4; cut <= two; cut++) {
		put(p->packed, packed, cut, O_TRUNC);
		r = opened(p->packed, 64);
		got[0] = '\0';
		end = told(r, got, sizeof(got));
		want = cut == one || cut == two ? READER_END : READER_BAD;
		if (end != want || (want == READER_BAD) != (strstr(reader_why(r), "cut") != NULL))
			fail_msg("cut at %zu of %zu: got %d (%s), want %d", cut, two, end, reader_why(r), want);
		if (strncmp(got, whole, strlen(got)) != 0 || (cut == two && strcmp(got, whole) != 0))
			fail_msg("cut at %zu: got \"%s\", want a beginning of \"%s\"", cut, got, whole);
		reader_close(r);
	}
	put(p->packed, "rubbish", 7, O_APPEND);
	r = opened(p->packed, 64);
	got[0] = '\0';
	assert_int_equal(told(r, got, sizeof(got)), READER_BAD);
	assert_non_null(strstr(reader_why(r), "damaged"));
	assert_string_equal(got, whole);
	reader_close(r);
}

static void
window_is_bounded(void **state)
{
	struct place *p = *state;
	ZSTD_CCtx *z = ZSTD_createCCtx();
	char *text = calloc(1, 65536), *packed = malloc(65536);
	ZSTD_inBuffer in = { text, 65536, 0 };
	ZSTD_outBuffer out = { packed, 65536, 0 };
	struct reader_line l;
	struct reader *r;

	assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, READER_WINDOW_LOG + 2)));
	assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush), 0);	/* streamed: its size is not known */
	assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
	put(p->packed, packed, out.pos, O_TRUNC);
	r = opened(p->packed, 64);
	assert_int_equal(reader_next(r, &l), READER_BAD);
	assert_non_null(strstr(reader_why(r), "memory"));
	reader_close(r);
	ZSTD_freeCCtx(z);
	free(text);
	free(packed);
}

static void
compressed_since_its_name_was_read(void **state)
{
	struct place *p = *state;
	char packed[128], got[64] = "";
	struct reader *r;

	put(p->packed, packed, pack("{}\n", 3, packed, sizeof(packed)), O_TRUNC);
	r = opened(p->plain, 64);
	assert_int_equal(told(r, got, sizeof(got)), READER_END);
	assert_string_equal(got, "1@0:{}|");
	reader_close(r);
	unlink(p->packed);
	assert_int_equal(reader_open(p->plain, 64, &r), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(reader_open(p->dir, 64, &r), -1);
	assert_int_equal(errno, EISDIR);
}

static void
grows(void **state)
{
	struct place *p = *state;
	char got[128] = "";
	struct reader *r;

	put(p->plain, "{1}\n{to", 7, O_TRUNC);
	r = opened(p->plain, 64);
	assert_int_equal(told(r, got, sizeof(got)), READER_REST);
	assert_int_equal(reader_again(r), 0);
	put(p->plain, "rn}\n{3}\n", 8, O_APPEND);
	assert_int_equal(told(r, got + strlen(got), sizeof(got) - strlen(got)), READER_END);
	assert_string_equal(got, "1@0:{1}|2@4~{to" "2@4:{torn}|3@11:{3}|");
	got[0] = '\0';
	assert_int_equal(truncate(p->plain, 4), 0);
	assert_int_equal(reader_again(r), 1);
	put(p->plain, "{4}\n", 4, O_APPEND);
	assert_int_equal(told(r, got, sizeof(got)), READER_END);
	assert_string_equal(got, "4@4:{4}|");
	reader_close(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(large_is_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(window_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(compressed_since_its_name_was_read, setup, teardown),
		cmocka_unit_test_setup_teardown(grows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
