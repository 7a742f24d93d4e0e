/* SPDX-License-Identifier: ISC */
/* Fuzzes the MIME walker: no crash, all data readable, nothing unscanned, the report in its bounds. */
/*
 * Build and run (seeds: the corpus of the unit test):
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Imilter -Itests/unit -o build/fuzz-mime \
 *       tests/fuzz/fuzz-mime.c milter/scan/{mime,header,words,decode}.c milter/base/buf.c
 *   build/fuzz-mime -dict=tests/fuzz/fuzz-mime.dict -max_len=4096 NEW-CORPUS tests/corpus/mime
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mime-cover.h"
#include "scan/mime.h"

struct seen {
	uint8_t	*seen;
	size_t	 len, parts;
	uint64_t decoded, sum;
};

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
part(void *arg, const struct mime_part *p)
{
	struct seen *s = arg;
	size_t i;

	MUST(p->path != NULL && p->path[0] != '\0');
	MUST(p->type != NULL && strchr(p->type, '/') != NULL);
	MUST(p->name == NULL || (p->name[0] != '\0' && strlen(p->name) <= 4096));
	MUST(p->raw <= s->len && p->raw_len <= s->len - p->raw);
	for (i = 0; i < p->len; i++)
		s->sum += p->data[i];
	memset(s->seen + p->raw, 1, p->raw_len);
	s->parts++;
	s->decoded += p->len;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct mime_limits limits[] = {
		{ 24, 4096, 1 << 20, 400u << 20 }, { 3, 4096, 1 << 20, 400u << 20 },
		{ 24, 4, 1 << 20, 400u << 20 }, { 24, 4096, 40, 400u << 20 },
		{ 24, 4096, 1 << 20, 200 }, { 0, 0, 0, 0 },
	};
	struct mime_report r;
	struct seen s;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		memset(&s, 0, sizeof(s));
		s.len = len;
		s.seen = calloc(1, len + 1);
		MUST(s.seen != NULL);
		MUST(mime_walk(data, len, &limits[i], part, &s, &r) == 0);
		MUST(r.parts == s.parts && r.decoded == s.decoded);
		MUST(s.decoded <= limits[i].max_decoded);
		/* Beyond max_parts: what is left. */
		MUST(s.parts <= limits[i].max_parts + 1);
		if (r.limit == NULL || limits[i].max_decoded > len * 30)
			MUST(mime_cover_gap(data, len, s.seen) == len);
		free(s.seen);
	}
	return 0;
}
