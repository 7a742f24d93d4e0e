/* SPDX-License-Identifier: ISC */
/* Fuzzes the walker of all readings: no crash, nothing unread, nothing twice, the same each time, in time. */
/*
 * make fuzz F=walk (seeds: the corpus of the walkers).  Every message is
 * walked under the usual and under small limits, from a copy that ends where the message ends.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "mime-cover.h"
#include "scan/walk.h"

#define OBJECTS_MAX	20000

struct seen {
	uint8_t	*seen;
	size_t	 len;
	uint64_t count, extra, sum, stop;
};

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

static uint8_t digests[OBJECTS_MAX][32];	/* of the walk that is being made */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
mix(struct seen *s, const void *p, size_t len)
{
	const uint8_t *q = p;

	while (len-- > 0)
		s->sum = (s->sum ^ *q++) * UINT64_C(0x100000001b3);
}

static int
object(void *arg, const struct walk_object *o)
{
	struct seen *s = arg;
	uint8_t sha256[32];

	MUST(o->path != NULL && o->path[0] != '\0');
	MUST(o->name == NULL || o->name[0] != '\0');
	MUST(o->type == NULL ? o->view != VIEW_STRICT || o->format != NULL : o->view == VIEW_STRICT);
	MUST(o->view < VIEW_MAX && o->decode < DECODE_MAX);
	SHA256(o->data, o->len, sha256);
	MUST(memcmp(sha256, o->sha256, sizeof(sha256)) == 0);
	/* Seen before, and the same then; what only a view has is new, or has a name that is. */
	MUST(o->first <= s->count);
	if (o->first < s->count && o->first < OBJECTS_MAX)
		MUST(memcmp(digests[o->first], sha256, sizeof(sha256)) == 0);
	if (s->count < OBJECTS_MAX)
		memcpy(digests[s->count], sha256, sizeof(sha256));
	MUST(o->view == VIEW_STRICT || (o->len > 0 && (o->first == s->count || o->name != NULL || o->names != NULL)));
	MUST(o->names == NULL || o->names[0] != '\0');
	if (o->depth == 0) {
		MUST(o->raw <= s->len && o->raw_len <= s->len - o->raw);
		memset(s->seen + o->raw, 1, o->raw_len);
	}
	mix(s, o->path, strlen(o->path));
	mix(s, sha256, sizeof(sha256));
	mix(s, &o->raw, sizeof(o->raw));
	s->extra += o->view != VIEW_STRICT && o->first == s->count;
	s->count++;
	return s->count == s->stop ? 7 : 0;
}

static void
report_check(const struct walk_report *r, const struct seen *s)
{
	size_t i, k;

	MUST(r->objects == s->count && r->extra == s->extra);
	MUST(r->views >= 1 && r->views <= VIEW_MAX);
	MUST(r->reasons_count <= REASONS_MAX);
	MUST(r->limit == NULL || r->ambiguity == AMBIGUITY_LIMIT);
	MUST(r->limit != NULL || r->ambiguity != AMBIGUITY_LIMIT);
	MUST(r->limit != NULL || (r->reasons_count > 0) == (r->ambiguity != AMBIGUITY_NONE));
	for (i = 0; i < r->reasons_count; i++)
		for (k = 0; k < i; k++)
			MUST(strcmp(r->reasons[i], r->reasons[k]) != 0);
}

static int
walk(const uint8_t *data, size_t len, const struct walk_limits *limits, uint64_t stop, struct seen *s)
{
	struct walk_report r;
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	memset(s, 0, sizeof(*s));
	s->len = len;
	s->stop = stop;
	s->seen = calloc(1, len + 1);
	MUST(copy != NULL && s->seen != NULL);
	if (len > 0)
		memcpy(copy, data, len);
	rc = walk_message(copy, len, limits, object, s, &r);
	report_check(&r, s);
	if (rc == 0 && (r.limit == NULL || limits->max_decoded > 30 * len))
		MUST(mime_cover_gap(data, len, s->seen) == len);
	free(copy);
	free(s->seen);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct walk_limits limits[] = {
		{ 24, 4096, 1 << 20, 400u << 20, 256 }, { 3, 4096, 1 << 20, 400u << 20, 2 },
		{ 24, 4, 1 << 20, 400u << 20, 256 }, { 24, 4096, 40, 400u << 20, 256 },
		{ 24, 4096, 1 << 20, 200, 256 }, { 0, 0, 0, 0, 0 },
	};
	struct seen s, again;
	clock_t begin = clock();

	MUST(walk(data, len, &limits[0], 0, &s) == 0);
	/* With sanitizers a hundred times ordinary time, and the least that is always granted. */
	MUST((double)(clock() - begin) / CLOCKS_PER_SEC < 1.5 + (double)len * 50e-6);
	MUST(walk(data, len, &limits[0], 0, &again) == 0);
	MUST(s.count == again.count && s.sum == again.sum);
	if (s.count > 0)
		MUST(walk(data, len, &limits[0], 1 + len % s.count, &again) == 7);
	/* One of the others for each input, always the same. */
	MUST(walk(data, len, &limits[1 + s.sum % 5], 0, &again) == 0);
	return 0;
}
