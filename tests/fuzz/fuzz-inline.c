/* SPDX-License-Identifier: ISC */
/* Fuzzes the finder of encoded files in text: stretches in their order, none in another, all readable, and foretold. */
/* make fuzz F=inline (seeds: the corpus of the walkers). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/inline.h"

struct seen {
	const uint8_t	*p;
	size_t		 len, begin, end, count;
	uint64_t	 sum;
};

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
object(void *arg, const struct inline_object *o)
{
	struct seen *s = arg;
	size_t i;

	MUST(o->begin < o->end && o->end <= s->len);
	/* BinHex gives both forks of one stretch. */
	MUST(o->begin >= s->end || (o->format != NULL && o->begin == s->begin && o->end == s->end));
	MUST(o->format != NULL || o->len <= decode_max(o->decode, o->end - o->begin));
	MUST(o->name_len == 0 || o->name != NULL);
	for (i = 0; i < o->len; i++)
		s->sum += o->data[i];
	for (i = 0; i < o->name_len; i++)
		s->sum += o->name[i];
	s->begin = o->begin;
	s->end = o->end;
	s->count++;
	return s->sum == UINT64_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct seen s;

	MUST(copy != NULL);
	memset(&s, 0, sizeof(s));
	if (len > 0)
		memcpy(copy, data, len);
	s.p = copy;
	s.len = len;
	MUST(inline_find(copy, len, object, &s) == 0);
	MUST(s.count == 0 || inline_like(copy, len) || memchr(copy, '\0', len < 512 ? len : 512) != NULL);
	free(copy);
	return 0;
}
