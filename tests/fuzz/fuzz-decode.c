/* SPDX-License-Identifier: ISC */
/* Fuzzes the decoders: in pieces as in one, never beyond decode_max(), base64 as a slow decoder of few words has it. */
/*
 * make fuzz F=decode.  The first octet chooses the decoder, the second how the
 * input is cut; the rest is decoded.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/decode.h"

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Into exactly decode_max() octets, so that the sanitizer sees one too many.  Pieces of exactly their size too. */
static uint8_t *
decode(enum decode_kind kind, const uint8_t *p, size_t len, unsigned cut, struct decoder *d)
{
	uint8_t *out = malloc(decode_max(kind, len)), *piece;
	size_t i, n;

	MUST(out != NULL);
	decode_start(d, kind, out);
	for (i = 0; i < len; i += n) {
		n = cut == 0 ? len : 1 + (cut * 2654435761u >> 7) % (i % 5 == 0 ? 3 : 40);
		if (n > len - i)
			n = len - i;
		piece = malloc(n);
		MUST(piece != NULL);
		memcpy(piece, p + i, n);
		decode_feed(d, piece, n);
		free(piece);
		cut = cut == 0 ? 0 : cut + 1;
	}
	decode_finish(d);
	MUST(d->len <= decode_max(kind, len));
	return out;
}

static int
value(enum decode_kind kind, uint8_t c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c == '\0' ? NULL : strchr(letters, c);

	if (kind == DECODE_BASE64_URL && (c == '-' || c == '_' || c == ','))
		return c == '-' ? 62 : 63;
	return p == NULL ? -1 : (int)(p - letters);
}

/* What decode.h says of base64, a bit at a time.  Returns the octets written. */
static size_t
slow_base64(enum decode_kind kind, const uint8_t *p, size_t len, uint8_t *out)
{
	size_t i, n = 0, bits = 0, line_ends = 0, lost = 0;
	uint32_t acc = 0;

	for (i = 0; i < len; i++) {
		int v = value(kind, p[i]);

		lost &= p[i] != '\n';
		line_ends = p[i] == '\n' ? line_ends + 1 : strchr(" \t\r", p[i]) != NULL && p[i] != '\0' ? line_ends : 0;
		if (lost)
			continue;
		if ((p[i] == '=' && kind != DECODE_BASE64_JOIN) || (kind == DECODE_BASE64_BLANK && line_ends == 2)) {
			bits = 0;
			if (p[i] == '=' && kind == DECODE_BASE64_STOP)
				break;
			lost = p[i] == '=' && kind == DECODE_BASE64_LINE;
		}
		if (v < 0)
			continue;
		acc = acc << 6 | (uint32_t)v;
		if ((bits += 6) >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
		if (bits == 0)
			acc = 0;
	}
	return n;
}

static int
is_base64(enum decode_kind kind)
{
	return kind == DECODE_BASE64 || (kind >= DECODE_BASE64_JOIN && kind <= DECODE_BASE64_URL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct decoder whole, cut, octets;
	enum decode_kind kind;
	uint8_t *a, *b, *c;

	if (len < 2)
		return 0;
	kind = (enum decode_kind)(data[0] % DECODE_MAX);
	MUST(decode_str(kind) != NULL);
	a = decode(kind, data + 2, len - 2, 0, &whole);
	b = decode(kind, data + 2, len - 2, 1u + data[1], &cut);
	MUST(whole.len == cut.len && whole.reasons == cut.reasons && memcmp(a, b, whole.len) == 0);
	free(b);
	if (is_base64(kind)) {
		c = malloc(len + 1);
		MUST(c != NULL);
		octets.len = slow_base64(kind, data + 2, len - 2, c);
		MUST(octets.len == whole.len && memcmp(a, c, whole.len) == 0);
		free(c);
	}
	if (kind == DECODE_IDENTITY)
		MUST(whole.len == len - 2 && memcmp(a, data + 2, len - 2) == 0);
	free(a);
	return 0;
}
