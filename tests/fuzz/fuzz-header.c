/* SPDX-License-Identifier: ISC */
/* Fuzzes the header reader, its parameters and names, and the words of RFC 2047: offsets within, text that is UTF-8. */
/* make fuzz F=header (seeds: the corpus of the walkers).  An input is a header block, one field's value, and text. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/header.h"

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* RFC 3629, without NUL. */
static int
utf8_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	uint32_t c;
	int n, i;

	while (p < end) {
		if (*p == 0)
			return 0;
		if (*p < 0x80) {
			p++;
			continue;
		}
		n = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		if (*p < 0xc2 || *p > 0xf4 || end - p <= n)
			return 0;
		c = *p & (0x3fu >> n);
		for (i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if ((n == 2 && c < 0x800) || (n == 3 && c < 0x10000) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return 0;
		p += n + 1;
	}
	return 1;
}

static void
text_check(const struct buf *b, size_t max)
{
	MUST(!b->failed && b->len <= max);
	MUST(b->len == 0 || utf8_valid(b->data, b->len));
}

static void
value_check(const uint8_t *v, size_t len)
{
	struct param_reader r;
	struct param p;
	struct words w;
	struct buf b;
	char token[32];
	size_t count = 0;
	uint64_t reasons = 0;
	int found;

	param_start(&r, v, len, token, sizeof(token));
	MUST(memchr(token, '\0', sizeof(token)) != NULL);
	while (param_next(&r, &p)) {
		MUST(r.pos <= len && ++count <= len);
		MUST(p.attr >= v && p.attr + p.attr_len <= v + len);
		MUST(p.value_len == 0 || (p.value >= v && p.value + p.value_len <= v + len));
		MUST(p.quoted || p.loose_len == 0 || p.value + p.loose_len <= v + len);
	}
	buf_init(&b, 16 * len + 64);
	words_init(&w);
	found = header_boundary(v, len, &b, &reasons);
	MUST(found == 0 || found == 1);
	buf_reset(&b);
	found = header_name(v, len, "filename", &w, &b);
	MUST(found == 0 || found == 1);
	text_check(&b, HEADER_NAME_MAX);
	buf_reset(&b);
	MUST(words_decode(&w, v, len, &b) == 0);
	text_check(&b, 16 * len + 64);
	MUST(w.opens <= WORDS_OPENS_MAX);
	words_free(&w);
	buf_free(&b);
}

static void
block_check(const uint8_t *p, size_t len)
{
	struct header_reader r;
	struct header_field f;
	size_t head = header_length(p, len), at = 0;

	MUST(head <= len);
	header_start(&r, p, 0, head);
	/* Every octet of the block is some line's. */
	for (;;) {
		enum header_line line = header_next(&r, &f);

		if (line == HEADER_END)
			break;
		MUST(f.name == at && f.end > at && f.end <= head && f.value <= f.end);
		MUST(line != HEADER_FIELD || (f.name_len > 0 && p[f.value - 1] == ':'));
		if (line == HEADER_FIELD)
			value_check(p + f.value, f.end - f.value);
		at = f.end;
	}
	MUST(at == head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	MUST(copy != NULL);
	if (len > 0)
		memcpy(copy, data, len);
	block_check(copy, len);
	value_check(copy, len);
	free(copy);
	return 0;
}
