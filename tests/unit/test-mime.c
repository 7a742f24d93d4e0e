/* SPDX-License-Identifier: ISC */
/* Tests of the MIME walker: a corpus with wanted walks, generated monsters, every cut, and nothing unscanned. */
/*
 * tests/corpus/mime/NAME.eml is walked and compared with NAME.want: one line a
 * part: path type "name" length sha256[0..8], then "limit" and "reasons".
 * MIME_WANT=write rewrites the .want files: read the difference before you
 * commit it.  Run from the root of the repository.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "mime-cover.h"
#include "scan/mime.h"
#include "scan/reasons.h"

#define CORPUS	"tests/corpus/mime"

static const struct mime_limits usual = { 24, 4096, 1 << 20, 400u << 20 };

/* A mime_report in words. */
struct report {
	const char	*limit, *reasons[REASONS_MAX];
	size_t		 reasons_count, parts;
	enum ambiguity	 ambiguity;
};

struct seen {
	struct buf	 text;
	uint8_t		*covered;	/* one octet for each of the message */
	size_t		 len, parts, total, sum;
	char		 last_path[4096], last_type[128];
	size_t		 last_len;
	int		 stop_at;	/* part at which the callback stops; 0: never */
	int		 quiet;		/* no text */
};

static int
part_seen(void *arg, const struct mime_part *p)
{
	struct seen *s = arg;
	uint8_t sha[EVP_MAX_MD_SIZE];
	const char *c;
	size_t i;

	if (p->raw > s->len || p->raw_len > s->len - p->raw)
		fail_msg("part %s: raw region got %zu+%zu, want within %zu", p->path, p->raw, p->raw_len, s->len);
	if (p->raw_len > 0)
		memset(s->covered + p->raw, 1, p->raw_len);
	s->parts++;
	s->total += p->len;
	snprintf(s->last_path, sizeof(s->last_path), "%s", p->path);
	snprintf(s->last_type, sizeof(s->last_type), "%s", p->type);
	s->last_len = p->len;
	if (s->quiet) {
		for (i = 0; i < p->len; i++)
			s->sum += p->data[i];
	} else {
		EVP_Digest(p->data, p->len, sha, NULL, EVP_sha256(), NULL);
		buf_addf(&s->text, "%s %s ", p->path, p->type);
		if (p->name == NULL)
			buf_addc(&s->text, '-');
		else
			buf_addc(&s->text, '"');
		for (c = p->name; c != NULL && *c != '\0'; c++) {
			if ((uint8_t)*c < 0x20 || *c == 0x7f)
				buf_addf(&s->text, "\\x%02x", (uint8_t)*c);
			else
				buf_addc(&s->text, *c);
		}
		buf_addf(&s->text, "%s %zu %02x%02x%02x%02x\n", p->name != NULL ? "\"" : "", p->len,
		    sha[0], sha[1], sha[2], sha[3]);
	}
	return s->stop_at != 0 && s->parts == (size_t)s->stop_at ? 42 : 0;
}

/* Walks a copy of exactly len octets, so that the sanitizers see each read beyond. */
static int
walk(struct seen *s, const void *msg, size_t len, const struct mime_limits *limits, struct report *r)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct mime_report m;
	int rc;

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, msg, len);
	s->len = len;
	s->covered = calloc(1, len + 1);
	assert_non_null(s->covered);
	buf_init(&s->text, 16 << 20);
	rc = mime_walk(copy, len, limits, part_seen, s, &m);
	r->limit = m.limit;
	r->parts = m.parts;
	r->reasons_count = reasons_list(m.mask, r->reasons, &r->ambiguity);
	if (m.limit != NULL)
		r->ambiguity = AMBIGUITY_LIMIT;
	free(copy);
	return rc;
}

static void
seen_free(struct seen *s)
{
	free(s->covered);
	buf_free(&s->text);
}

static void
check_cover(const char *what, const void *msg, const struct seen *s)
{
	size_t gap = mime_cover_gap(msg, s->len, s->covered);

	if (gap != s->len)
		fail_msg("%s: no part covers the line at octet %zu: \"%.40s\"", what, gap, (const char *)msg + gap);
}

static void
report_text(struct buf *b, const struct report *r)
{
	static const char *const grave[] = { "none", "soft", "hard", "limit" };
	size_t i;

	buf_addf(b, "limit %s\nambiguity %s\nreasons", r->limit != NULL ? r->limit : "-", grave[r->ambiguity]);
	for (i = 0; i < r->reasons_count; i++)
		buf_addf(b, " %s", r->reasons[i]);
	buf_addc(b, '\n');
}

static int
has_reason(const struct report *r, const char *token)
{
	size_t i;

	for (i = 0; i < r->reasons_count; i++)
		if (strcmp(r->reasons[i], token) == 0)
			return 1;
	return 0;
}

/* ---- the corpus ---- */

static char *
file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data;

	*len = 0;
	if (f == NULL)
		return NULL;
	data = malloc(1 << 20);
	assert_non_null(data);
	*len = fread(data, 1, (1 << 20) - 1, f);
	data[*len] = '\0';
	fclose(f);
	return data;
}

static int
is_eml(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".eml") == 0;
}

static void
corpus_want(const char *want_path, const struct buf *got)
{
	size_t len;
	char *want;
	FILE *f;

	if (getenv("MIME_WANT") != NULL) {
		f = fopen(want_path, "wb");
		assert_non_null(f);
		fwrite(got->data, 1, got->len, f);
		fclose(f);
		return;
	}
	want = file_read(want_path, &len);
	if (want == NULL || strcmp(want, got->data) != 0)
		fail_msg("%s:\ngot\n%s\nwant\n%s", want_path, got->data, want != NULL ? want : "(no file)");
	free(want);
}

/* Each message of the corpus, given to `each` with its name. */
static size_t
corpus_each(void (*each)(const char *path, const char *msg, size_t len))
{
	struct dirent **list;
	char path[512];
	size_t len;
	char *msg;
	int i, n = scandir(CORPUS, &list, is_eml, alphasort);

	if (n < 0)
		fail_msg("%s: run from the root of the repository", CORPUS);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), CORPUS "/%s", list[i]->d_name);
		msg = file_read(path, &len);
		assert_non_null(msg);
		each(path, msg, len);
		free(msg);
		free(list[i]);
	}
	free(list);
	return (size_t)n;
}

static void
wanted_one(const char *path, const char *msg, size_t len)
{
	struct seen s = { 0 };
	struct report r;
	char want_path[512];

	if (walk(&s, msg, len, &usual, &r) != 0)
		fail_msg("%s: the walk failed", path);
	if (r.parts != s.parts)
		fail_msg("%s: report's parts got %zu, want %zu", path, r.parts, s.parts);
	report_text(&s.text, &r);
	check_cover(path, msg, &s);
	snprintf(want_path, sizeof(want_path), "%.*s.want", (int)(strlen(path) - 4), path);
	corpus_want(want_path, &s.text);
	seen_free(&s);
}

static void
test_corpus_wanted(void **state)
{
	(void)state;
	assert_true(corpus_each(wanted_one) >= 40);
}

static void
cut_one(const char *path, const char *msg, size_t len)
{
	struct report r;
	size_t n;

	if (len > 3000)
		return;
	for (n = 0; n <= len; n++) {
		struct seen s = { .quiet = 1 };

		if (walk(&s, msg, n, &usual, &r) != 0)
			fail_msg("%s cut at %zu: the walk failed", path, n);
		check_cover(path, msg, &s);
		seen_free(&s);
	}
}

static void
test_corpus_cut_at_every_length(void **state)
{
	(void)state;
	corpus_each(cut_one);
}

static void
tight_one(const char *path, const char *msg, size_t len)
{
	static const struct mime_limits tight[] = {
		{ 0, 4096, 1 << 20, 400u << 20 }, { 1, 4096, 1 << 20, 400u << 20 },
		{ 24, 0, 1 << 20, 400u << 20 }, { 24, 1, 1 << 20, 400u << 20 }, { 24, 2, 1 << 20, 400u << 20 },
		{ 24, 4096, 0, 400u << 20 }, { 24, 4096, 20, 400u << 20 }, { 24, 4096, 200, 400u << 20 },
	};
	struct report r;
	size_t i;

	for (i = 0; i < sizeof(tight) / sizeof(tight[0]); i++) {
		struct seen s = { .quiet = 1 };

		if (walk(&s, msg, len, &tight[i], &r) != 0)
			fail_msg("%s, bounds %zu: the walk failed", path, i);
		if ((r.limit != NULL) != (r.ambiguity == AMBIGUITY_LIMIT))
			fail_msg("%s, bounds %zu: limit %s but ambiguity %d", path, i, r.limit, r.ambiguity);
		check_cover(path, msg, &s);
		seen_free(&s);
	}
}

static void
test_corpus_in_tight_bounds_is_still_covered(void **state)
{
	(void)state;
	corpus_each(tight_one);
}

/* ---- bounds ---- */

static struct buf
big(void)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	return b;
}

static void
levels(struct buf *b, int n)
{
	int i;

	for (i = 0; i < n; i++)
		buf_addf(b, "Content-Type: multipart/mixed; boundary=\"level%04d\"\r\n\r\n--level%04d\r\n", i, i);
	buf_addz(b, "\r\ndeep\r\n");
	while (i-- > 0)
		buf_addf(b, "--level%04d--\r\n", i);
}

static void
test_depth_is_bounded_and_the_rest_handed_out(void **state)
{
	static const struct { int levels; uint64_t max; const char *limit, *type; size_t len; } t[] = {
		{ 5, 24, NULL, "text/plain", 4 },
		{ 24, 24, NULL, "text/plain", 4 },
		{ 25, 24, "mime.max_depth", "multipart/mixed", 0 },
		{ 100, 24, "mime.max_depth", "multipart/mixed", 0 },
		{ 100, 100, NULL, "text/plain", 4 },
		{ 3000, UINT64_MAX, "mime.max_depth", "multipart/mixed", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mime_limits limits = usual;
		struct report r;
		struct seen s = { 0 };
		struct buf b = big();

		levels(&b, t[i].levels);
		limits.max_depth = t[i].max;
		assert_int_equal(walk(&s, b.data, b.len, &limits, &r), 0);
		if ((r.limit == NULL) != (t[i].limit == NULL) || (r.limit && strcmp(r.limit, t[i].limit) != 0))
			fail_msg("%d levels: limit got %s, want %s", t[i].levels, r.limit, t[i].limit);
		if (strcmp(s.last_type, t[i].type) != 0 || (t[i].len != 0 && s.last_len != t[i].len))
			fail_msg("%d levels: got %s %zu, want %s %zu", t[i].levels, s.last_type, s.last_len, t[i].type, t[i].len);
		if (r.parts != 1)
			fail_msg("%d levels: parts got %zu, want 1", t[i].levels, r.parts);
		check_cover("levels", b.data, &s);
		seen_free(&s);
		buf_free(&b);
	}
}

static void
test_forwards_in_forwards(void **state)
{
	struct report r;
	struct seen s = { 0 };
	struct buf b = big();
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		buf_addz(&b, "Content-Type: message/rfc822\n\n");
	buf_addz(&b, "\nbody\n");
	assert_int_equal(walk(&s, b.data, b.len, &usual, &r), 0);
	/* 24 are walked into; the 25th is a leaf. */
	if (r.parts != 25)
		fail_msg("parts got %zu, want 25", r.parts);
	assert_string_equal(r.limit, "mime.max_depth");
	assert_string_equal(s.last_type, "message/rfc822");
	check_cover("forwards", b.data, &s);
	seen_free(&s);
	buf_free(&b);
}

static void
test_parts_are_bounded_and_the_rest_handed_out(void **state)
{
	static const struct { int parts; size_t want; const char *limit, *last; } t[] = {
		{ 4096, 4096, NULL, "4096" },
		{ 4097, 4097, "mime.max_parts", "R" },
		{ 5000, 4097, "mime.max_parts", "R" },
	};
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct report r;
		struct seen s = { 0 };
		struct buf b = big();

		buf_addz(&b, "Content-Type: multipart/mixed; boundary=p\r\n\r\n");
		for (k = 0; k < t[i].parts; k++)
			buf_addf(&b, "--p\r\n\r\n%d\r\n", k);
		buf_addz(&b, "--p--\r\n");
		assert_int_equal(walk(&s, b.data, b.len, &usual, &r), 0);
		if (r.parts != t[i].want || strcmp(s.last_path, t[i].last) != 0)
			fail_msg("%d parts: got %zu and %s, want %zu and %s", t[i].parts, r.parts, s.last_path, t[i].want, t[i].last);
		if ((r.limit == NULL) != (t[i].limit == NULL))
			fail_msg("%d parts: limit got %s, want %s", t[i].parts, r.limit, t[i].limit);
		check_cover("parts", b.data, &s);
		seen_free(&s);
		buf_free(&b);
	}
}

static void
test_header_bytes_are_bounded(void **state)
{
	static const struct { size_t filler; const char *limit, *path; } t[] = {
		{ 1000, NULL, "1" },		/* the multipart is seen */
		{ 1 << 20, "mime.max_header_bytes", "1" },	/* it is not: one leaf */
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct report r;
		struct seen s = { 0 };
		struct buf b = big();

		buf_addz(&b, "X-Filler: ");
		for (k = 0; k < t[i].filler; k++)
			buf_addc(&b, 'x');
		buf_addz(&b, "\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nbody\r\n--p--\r\n");
		assert_int_equal(walk(&s, b.data, b.len, &usual, &r), 0);
		if ((r.limit == NULL) != (t[i].limit == NULL) || (r.limit && strcmp(r.limit, t[i].limit) != 0))
			fail_msg("filler %zu: limit got %s, want %s", t[i].filler, r.limit, t[i].limit);
		if (s.last_len != (t[i].limit == NULL ? 4u : 20u))
			fail_msg("filler %zu: the part has %zu octets", t[i].filler, s.last_len);
		check_cover("filler", b.data, &s);
		seen_free(&s);
		buf_free(&b);
	}
}

static void
test_decoded_octets_are_bounded(void **state)
{
	static const char msg[] = "Content-Type: multipart/mixed; boundary=p\r\n\r\n"
	    "--p\r\n\r\n0123456789\r\n--p\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "MDEyMzQ1Njc4OQ==\r\n--p\r\n\r\n0123456789\r\n--p--\r\n";
	static const struct { uint64_t max; size_t total, parts; const char *limit; } t[] = {
		{ 30, 30, 3, NULL }, { 29, 29, 3, "mime.max_decoded" }, { 15, 15, 2, "mime.max_decoded" },
		{ 10, 10, 1, "mime.max_decoded" }, { 0, 0, 0, "mime.max_decoded" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mime_limits limits = usual;
		struct report r;
		struct seen s = { 0 };

		limits.max_decoded = t[i].max;
		assert_int_equal(walk(&s, msg, sizeof(msg) - 1, &limits, &r), 0);
		if (r.parts != s.parts || s.total != t[i].total || s.parts != t[i].parts)
			fail_msg("bound %d: got %zu octets in %zu parts, want %zu in %zu", (int)t[i].max, s.total, s.parts,
			    t[i].total, t[i].parts);
		if ((r.limit == NULL) != (t[i].limit == NULL))
			fail_msg("bound %d: limit got %s, want %s", (int)t[i].max, r.limit, t[i].limit);
		seen_free(&s);
	}
}

/* ---- the rest of the contract ---- */

static void
test_callback_stops_the_walk(void **state)
{
	static const char msg[] = "Content-Type: multipart/mixed; boundary=p\n\n--p\n\na\n--p\n\nb\n--p\n\nc\n--p--\n";
	struct report r;
	int stop;

	(void)state;
	for (stop = 1; stop <= 3; stop++) {
		struct seen s = { .stop_at = stop };

		assert_int_equal(walk(&s, msg, sizeof(msg) - 1, &usual, &r), 42);
		if (s.parts != (size_t)stop || has_reason(&r, "MP-UNCLOSED"))
			fail_msg("stop at %d: got %zu parts", stop, s.parts);
		seen_free(&s);
	}
}

static void
test_long_shapes(void **state)
{
	struct report r;
	struct seen s = { 0 };
	struct buf b = big();
	int i;

	(void)state;
	/* A 5,000-octet boundary works whole; thousands of sections are cut off, and said. */
	buf_addz(&b, "Content-Type: multipart/mixed; boundary=");
	for (i = 0; i < 5000; i++)
		buf_addc(&b, 'b');
	buf_addz(&b, "\n\n--");
	for (i = 0; i < 5000; i++)
		buf_addc(&b, 'b');
	buf_addz(&b, "\nContent-Disposition: attachment");
	for (i = 3000; i-- > 0;)
		buf_addf(&b, "; filename*%d=x", i);
	buf_addz(&b, "\n\nbody\n");
	assert_int_equal(walk(&s, b.data, b.len, &usual, &r), 0);
	if (s.last_len != 5 || !has_reason(&r, "BND-LONG") || !has_reason(&r, "PARAM-MANY"))
		fail_msg("got %s", s.text.data);
	check_cover("long", b.data, &s);
	seen_free(&s);

	buf_reset(&b);
	memset(&s, 0, sizeof(s));
	buf_addz(&b, "Content-Disposition: attachment; filename=\"");
	for (i = 0; i < 100000; i++)
		buf_addz(&b, "\xe2\x82\xac");
	buf_addz(&b, ".exe\"\n\n");
	assert_int_equal(walk(&s, b.data, b.len, &usual, &r), 0);
	assert_true(has_reason(&r, "NAME-LONG"));
	if (strstr(s.text.data, ".exe\" 0 ") == NULL || strstr(s.text.data, "- \"\xe2\x82\xac") == NULL)
		if (strstr(s.text.data, "1 text/plain \"\xe2\x82\xac") == NULL)
			fail_msg("the end of a long name is kept whole: got %.60s", s.text.data);
	seen_free(&s);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus_wanted),
		cmocka_unit_test(test_corpus_cut_at_every_length),
		cmocka_unit_test(test_corpus_in_tight_bounds_is_still_covered),
		cmocka_unit_test(test_depth_is_bounded_and_the_rest_handed_out),
		cmocka_unit_test(test_forwards_in_forwards),
		cmocka_unit_test(test_parts_are_bounded_and_the_rest_handed_out),
		cmocka_unit_test(test_header_bytes_are_bounded),
		cmocka_unit_test(test_decoded_octets_are_bounded),
		cmocka_unit_test(test_callback_stops_the_walk),
		cmocka_unit_test(test_long_shapes),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
