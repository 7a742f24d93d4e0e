/* SPDX-License-Identifier: ISC */
/* Fuzzes the collector of boundaries: candidates in their bounds, each found again as a delimiter, the same each time. */
/*
 * make fuzz F=boundary (seeds: the corpus of the walkers).  What stands before
 * the first empty line is the header, each line behind it is matched.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/boundary.h"
#include "scan/lines.h"

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
candidate_check(const struct boundaries *b, const struct boundary *c)
{
	uint8_t line[BOUNDARY_READ_MAX + 8];

	MUST(c->len > 0 && c->len <= BOUNDARY_READ_MAX && c->at + c->len <= b->text_len);
	memcpy(line, "--", 2);
	memcpy(line + 2, b->text + c->at, c->len);
	MUST(boundaries_match(b, line, c->len + 2) == 1);
	memcpy(line + c->len + 2, "-- \t", 4);
	MUST(boundaries_match(b, line, c->len + 6) == 1);
	line[1] = ' ';
	line[0] = ' ';
	MUST(boundaries_match(b, line, 1) == 0);
}

static void
lines_check(const struct boundaries *b, const uint8_t *p, size_t len)
{
	size_t pos, next;
	uint8_t *line;

	for (pos = 0; pos < len; pos = next) {
		next = lines_next(p, pos, len);
		line = malloc(next - pos);
		MUST(line != NULL);
		memcpy(line, p + pos, next - pos);
		MUST((unsigned)boundaries_match(b, line, next - pos - (line[next - pos - 1] == '\n')) <= BOUNDARY_ODD);
		free(line);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const size_t max[] = { 256, 3, 0 };
	const uint8_t *empty = memmem(data, len, "\n\n", 2);
	size_t i, k, head = empty != NULL ? (size_t)(empty - data) + 1 : len;
	struct boundaries b;
	uint8_t *copy = malloc(head > 0 ? head : 1);

	MUST(copy != NULL);
	if (head > 0)
		memcpy(copy, data, head);
	for (i = 0; i < sizeof(max) / sizeof(max[0]); i++) {
		boundaries_init(&b, max[i]);
		MUST(boundaries_collect(&b, copy, head) == 0);
		MUST(b.count <= max[i]);
		for (k = 0; k < b.count; k++)
			candidate_check(&b, &b.list[k]);
		lines_check(&b, data + head, len - head);
		boundaries_free(&b);
	}
	free(copy);
	return 0;
}
