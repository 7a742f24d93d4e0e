/* SPDX-License-Identifier: ISC */
/* Tests of the walker of all readings: crafted messages whose file must be found, and ordinary ones that must stay ordinary. */
/*
 * tests/corpus/mime/vectors.pl makes the messages and says what is wanted of
 * each (its head describes the words).  Run from the root of the repository.
 * WALK_ONLY=NAME: that one alone, with every object printed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "mime-cover.h"
#include "scan/walk.h"

#define VECTORS	"perl tests/corpus/mime/vectors.pl"

static const struct walk_limits usual = { 24, 4096, 1 << 20, 400u << 20, 64 };
static char payload[69];	/* put together at run time, so that no scanner stops at this file */

struct vector {
	char		 name[96], want[8], class[8], tokens[128], extra[16];
	char		*names[8];
	unsigned int	 names_count;
	size_t		 len;
	uint8_t		*data;
};

struct seen {
	const struct vector *v;
	size_t		 len, objects;
	uint8_t		*covered;
	int		 start, in;
	char		 names[8192];	/* of the object that begins with the payload */
	int		 verbose;
	uint64_t	 sum;		/* of everything, for comparisons */
};

static int
vector_read(FILE *f, struct vector *v)
{
	char line[8192];
	unsigned int i;

	memset(v, 0, sizeof(*v));
	if (fgets(line, sizeof(line), f) == NULL)
		return 0;
	if (sscanf(line, "%95s %7s %7s %127s %15s %u %zu", v->name, v->want, v->class, v->tokens, v->extra,
	    &v->names_count, &v->len) != 7 || v->names_count > 8)
		fail_msg("vectors: got \"%.60s\", want a vector", line);
	for (i = 0; i < v->names_count; i++) {
		assert_non_null(fgets(line, sizeof(line), f));
		line[strcspn(line, "\n")] = '\0';
		assert_non_null(v->names[i] = strdup(line));
	}
	assert_non_null(v->data = malloc(v->len + 1));
	assert_int_equal(fread(v->data, 1, v->len, f), v->len);
	return 1;
}

static void
vector_free(struct vector *v)
{
	unsigned int i;

	for (i = 0; i < v->names_count; i++)
		free(v->names[i]);
	free(v->data);
}

static int
on_object(void *arg, const struct walk_object *o)
{
	struct seen *s = arg;
	const uint8_t *at = memmem(o->data, o->len, payload, 68);
	size_t i;

	if (o->depth == 0) {
		if (o->raw > s->len || o->raw_len > s->len - o->raw)
			fail_msg("%s: raw region got %zu+%zu, want within %zu", o->path, o->raw, o->raw_len, s->len);
		if (s->covered != NULL)
			memset(s->covered + o->raw, 1, o->raw_len);
	}
	s->objects++;
	for (i = 0; i < sizeof(o->sha256); i++)
		s->sum = s->sum * 31 + o->sha256[i];
	if (at != NULL)
		s->in = 1;
	if (at == o->data && at != NULL) {
		s->start = 1;
		for (i = 0; i < 2; i++) {
			const char *n = i == 0 ? o->name : o->names;

			if (n != NULL && strlen(s->names) + strlen(n) + 3 < sizeof(s->names)) {
				strncat(s->names, n, sizeof(s->names) - strlen(s->names) - 2);
				strncat(s->names, "\n", 2);
			}
		}
	}
	if (s->verbose)
		printf("  %s view=%s decode=%s %s name=%s names=%s type=%s len=%zu raw=%zu+%zu first=%" PRIu64 "%s\n", o->path,
		    view_str(o->view), decode_str(o->decode), o->format != NULL ? o->format : "", o->name != NULL ? o->name : "-",
		    o->names != NULL ? o->names : "-", o->type != NULL ? o->type : "-", o->len, o->raw, o->raw_len, o->first,
		    at != NULL ? at == o->data ? " START" : " IN" : "");
	return 0;
}

static int
has_token(const struct walk_report *r, const char *token, size_t len)
{
	size_t i;

	for (i = 0; i < r->reasons_count; i++)
		if (strlen(r->reasons[i]) == len && memcmp(r->reasons[i], token, len) == 0)
			return 1;
	return 0;
}

static int
has_name(const char *names, const char *want)
{
	size_t len = strlen(want);
	const char *p;

	for (p = names; p != NULL && *p != '\0'; p = (p = strchr(p, '\n')) != NULL ? p + 1 : NULL)
		if (strncmp(p, want, len) == 0 && (p[len] == '\n' || p[len] == '\0'))
			return 1;
	return 0;
}

static int
class_good(const char *want, enum ambiguity got)
{
	if (strcmp(want, "any") == 0)
		return 1;
	if (strcmp(want, "soft+") == 0)
		return got != AMBIGUITY_NONE;
	return strcmp(want, ambiguity_str(got)) == 0;
}

/* Says what is wrong of one vector; returns the number of things. */
static int
vector_check(const struct vector *v, const struct seen *s, const struct walk_report *r)
{
	const char *got = s->start ? "start" : s->in ? "in" : memmem(v->data, v->len, payload, 68) != NULL ? "clear" : "none", *t;
	int bad = 0;
	unsigned int i;

	if (strcmp(got, v->want) != 0 && !(strcmp(v->want, "in") == 0 && s->start))
		bad++, printf("%s: found: got %s, want %s\n", v->name, got, v->want);
	if (!class_good(v->class, r->ambiguity))
		bad++, printf("%s: class: got %s, want %s\n", v->name, ambiguity_str(r->ambiguity), v->class);
	for (t = v->tokens; *t != '\0' && strcmp(v->tokens, "-") != 0; ) {
		size_t n = strcspn(t, ",");
		int not = *t == '!';

		if (has_token(r, t + not, n - not) == not)
			bad++, printf("%s: tokens: want %.*s\n", v->name, (int)n, t);
		t += n + (t[n] == ',');
	}
	if (strcmp(v->extra, "-") != 0 && r->extra > strtoull(v->extra, NULL, 10))
		bad++, printf("%s: extra objects: got %" PRIu64 ", want at most %s\n", v->name, r->extra, v->extra);
	if (strncmp(v->name, "ok-", 3) == 0 && (r->ambiguity >= AMBIGUITY_HARD || r->limit != NULL))
		bad++, printf("%s: ordinary mail: got %s, want soft at most\n", v->name, ambiguity_str(r->ambiguity));
	for (i = 0; i < v->names_count; i++)
		if (!has_name(s->names, v->names[i]))
			bad++, printf("%s: names: want \"%s\", got \"%s\"\n", v->name, v->names[i], s->names);
	if (bad > 0) {
		printf("    %s, limit %s:", ambiguity_str(r->ambiguity), r->limit != NULL ? r->limit : "-");
		for (i = 0; i < r->reasons_count; i++)
			printf(" %s", r->reasons[i]);
		printf("\n");
	}
	return bad;
}

/* Walks a copy of exactly len octets, so that the sanitizers see each read beyond. */
static int
walk(struct seen *s, const uint8_t *data, size_t len, struct walk_report *r)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, data, len);
	s->len = len;
	rc = walk_message(copy, len, &usual, on_object, s, r);
	free(copy);
	return rc;
}

static void
test_vectors(void **state)
{
	const char *only = getenv("WALK_ONLY");
	struct vector v;
	unsigned int count = 0, bad = 0;
	FILE *f = popen(VECTORS, "r");

	(void)state;
	assert_non_null(f);
	while (vector_read(f, &v)) {
		struct seen s = { .v = &v };
		struct walk_report r;

		if (only == NULL || strcmp(only, v.name) == 0) {
			s.verbose = only != NULL;
			if (walk(&s, v.data, v.len, &r) != 0)
				fail_msg("%s: walk_message failed", v.name);
			count++;
			bad += vector_check(&v, &s, &r) > 0;
		}
		vector_free(&v);
	}
	assert_int_equal(pclose(f), 0);
	if (bad > 0 || count < (only != NULL ? 1 : 2000))
		fail_msg("vectors: got %u of %u bad, want 0 of 2000 or more", bad, count);
}

static void
check_cover(const char *name, size_t len, const uint8_t *data, const struct seen *s)
{
	size_t gap = mime_cover_gap(data, len, s->covered);

	if (gap != len)
		fail_msg("%s, %zu octets: no object covers the line at octet %zu", name, len, gap);
}

/* Cut anywhere, a message is walked to its end, each octet of it is in an object, and the same cut gives the same objects. */
static void
test_every_cut_is_covered(void **state)
{
	struct vector v;
	unsigned int number = 0;
	FILE *f = popen(VECTORS, "r");
	size_t cut;

	(void)state;
	assert_non_null(f);
	for (; vector_read(f, &v); vector_free(&v)) {
		/* Some of each family, and not those made to be long. */
		if (v.len > 2500 || number++ % 23 != 0)
			continue;
		for (cut = 0; cut <= v.len; cut++) {
			struct seen s = { .v = &v };
			struct walk_report r;

			assert_non_null(s.covered = calloc(1, cut + 1));
			if (walk(&s, v.data, cut, &r) != 0)
				fail_msg("%s, %zu octets: walk_message failed", v.name, cut);
			check_cover(v.name, cut, v.data, &s);
			free(s.covered);
		}
	}
	assert_int_equal(pclose(f), 0);
	assert_true(number > 1000);
}

/* All vectors whole: covered, and twice the same. */
static void
test_every_octet_is_covered(void **state)
{
	struct vector v;
	FILE *f = popen(VECTORS, "r");

	(void)state;
	assert_non_null(f);
	for (; vector_read(f, &v); vector_free(&v)) {
		struct seen s = { .v = &v }, again = { .v = &v };
		struct walk_report r;

		assert_non_null(s.covered = calloc(1, v.len + 1));
		assert_int_equal(walk(&s, v.data, v.len, &r), 0);
		check_cover(v.name, v.len, v.data, &s);
		free(s.covered);
		assert_int_equal(walk(&again, v.data, v.len, &r), 0);
		if (again.objects != s.objects || again.sum != s.sum)
			fail_msg("%s: the second walk got %zu objects, want the %zu of the first", v.name, again.objects, s.objects);
	}
	assert_int_equal(pclose(f), 0);
}

/* DER: tag and length put before the n octets that end at `end`.  Returns the new number. */
static size_t
der_wrap(uint8_t *end, size_t n, uint8_t tag)
{
	uint8_t *p = end - n - 4;

	p[0] = tag;
	p[1] = 0x82;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	return n + 4;
}

static size_t
der_prepend(uint8_t *end, size_t n, const void *p, size_t len)
{
	memcpy(end - n - len, p, len);
	return n + len;
}

/* A mail of signed data around a part with the payload, signed as often as said, by nobody (RFC 5652 section 5.1).  Gives. */
static char *
cms_mail(int times)
{
	static const uint8_t signed_oid[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2 };
	static const uint8_t data_oid[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1 };
	static const uint8_t version_digests[] = { 2, 1, 1, 0x31, 0 }, no_signers[] = { 0x31, 0 };
	static uint8_t der[32768];
	uint8_t *end = der + sizeof(der);
	char *mail = calloc(1, 65536), b64[45000];
	size_t n;

	assert_non_null(mail);
	EVP_EncodeBlock((unsigned char *)b64, (unsigned char *)payload, 68);
	snprintf(mail, 65536, "Content-Type: a/b; name=e.com\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", b64);
	while (times-- > 0) {
		end = der + sizeof(der) - sizeof(no_signers);
		n = der_prepend(end, 0, mail, strlen(mail));
		n = der_wrap(end, der_wrap(end, n, 0x04), 0xa0);
		n = der_wrap(end, der_prepend(end, n, data_oid, sizeof(data_oid)), 0x30);
		n = der_prepend(end, n, version_digests, sizeof(version_digests)) + sizeof(no_signers);
		end += sizeof(no_signers);
		memcpy(end - sizeof(no_signers), no_signers, sizeof(no_signers));
		n = der_wrap(end, der_wrap(end, n, 0x30), 0xa0);
		n = der_wrap(end, der_prepend(end, n, signed_oid, sizeof(signed_oid)), 0x30);
		EVP_EncodeBlock((unsigned char *)b64, end - n, (int)n);
		snprintf(mail, 65536, "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", b64);
	}
	return mail;
}

static void
test_signed_content_is_opened(void **state)
{
	int times;

	(void)state;
	for (times = 1; times <= 3; times++) {
		struct vector v = { .name = "cms" };
		struct seen s = { .v = &v };
		struct walk_report r;
		char *mail = cms_mail(times);
		size_t len = strlen(mail), cut;

		assert_int_equal(walk(&s, (uint8_t *)mail, len, &r), 0);
		if (!s.start || r.ambiguity != AMBIGUITY_NONE || !has_name(s.names, "e.com"))
			fail_msg("signed %d times: got %s, %s, \"%s\", want start, none, \"e.com\"", times, s.start ? "start" : "nothing",
			    ambiguity_str(r.ambiguity), s.names);
		/* Broken, it is said to be unopened. */
		memset(&s, 0, sizeof(s));
		assert_int_equal(walk(&s, (uint8_t *)mail, len - 120, &r), 0);
		if (!has_token(&r, "OPAQUE", 6))
			fail_msg("signed %d times, cut: want OPAQUE", times);
		for (cut = 0; cut < len && times == 1; cut += 3) {
			memset(&s, 0, sizeof(s));
			assert_int_equal(walk(&s, (uint8_t *)mail, cut, &r), 0);
		}
		free(mail);
	}
}

static int
stop_at_once(void *arg, const struct walk_object *o)
{
	(void)o;
	++*(int *)arg;
	return 42;
}

static void
test_callback_stops_the_walk(void **state)
{
	static const char msg[] = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\none\r\n--a\r\n\r\ntwo\r\n--a--\r\n";
	struct walk_report r;
	int calls = 0;

	(void)state;
	assert_int_equal(walk_message((const uint8_t *)msg, sizeof(msg) - 1, &usual, stop_at_once, &calls, &r), 42);
	assert_int_equal(calls, 1);
}

/* ---- work ---- */

struct work {
	uint64_t octets;
	size_t	 objects;
};

static int
work_count(void *arg, const struct walk_object *o)
{
	struct work *w = arg;

	w->octets += o->len;
	w->objects++;
	return 0;
}

/* Heads with a line that is no field, one behind the other: each could begin a body that calls for every decoder. */
static void
test_work_is_bounded(void **state)
{
	static const char head[] = "Subject: x\nContent-Transfer-Encoding: base64 x-uu x\njunk\n \n", body[] = "QUJDREVG=3D-_QUJDREVG\n\n";
	static const struct { size_t size; int limited; } cases[] = { { 20000, 0 }, { 4 << 20, 1 } };
	struct walk_report r;
	struct work w;
	size_t i, n;
	char *msg;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		msg = malloc(cases[i].size + 100);
		assert_non_null(msg);
		for (n = 0; n < 10 * (sizeof(head) - 1); n += sizeof(head) - 1)
			memcpy(msg + n, head, sizeof(head) - 1);
		for (; n < cases[i].size; n += sizeof(body) - 1)
			memcpy(msg + n, body, sizeof(body) - 1);
		memset(&w, 0, sizeof(w));
		assert_int_equal(walk_message((uint8_t *)msg, n, &usual, work_count, &w, &r), 0);
		if ((r.limit != NULL && strcmp(r.limit, "mime.work") == 0) != cases[i].limited)
			fail_msg("%zu octets: got limit %s, want %s", n, r.limit != NULL ? r.limit : "none",
			    cases[i].limited ? "mime.work" : "none");
		if (cases[i].limited && w.octets > 32 * n)
			fail_msg("%zu octets: got %" PRIu64 " in objects, want at most 32 times as many", n, w.octets);
		if (!cases[i].limited && w.objects < 60)
			fail_msg("%zu octets: got %zu objects, want those of every decoder at every start", n, w.objects);
		free(msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_octet_is_covered),
		cmocka_unit_test(test_every_cut_is_covered),
		cmocka_unit_test(test_signed_content_is_opened),
		cmocka_unit_test(test_callback_stops_the_walk),
		cmocka_unit_test(test_work_is_bounded),
	};

	snprintf(payload, sizeof(payload), "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI", "CAR-STANDARD-ANTI",
	    "VIRUS-TEST-FILE!$H+H*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
