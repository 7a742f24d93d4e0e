/* SPDX-License-Identifier: ISC */
/* Fuzzes the Received reader: no crash, facts that encode and come back the same, no "no" that has no writer. */
/*
 * Build and run (seeds: the corpus of the unit test, one field a file or many):
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Imilter -o build/fuzz-received \
 *       tests/fuzz/fuzz-received.c milter/scan/received*.c milter/scan/{header,words,decode}.c \
 *       milter/judge/facts.c milter/base/{buf,wire,clock}.c -lcrypto
 *   build/fuzz-received -dict=tests/fuzz/fuzz-received.dict -max_len=4096 NEW-CORPUS tests/corpus/received
 * An input is read as one value and, behind a name, as a header block.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/received.h"

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
result_check(struct scan_result *r)
{
	struct part		 part = { .path = (char[]){ "0" } };
	struct scan_result	*again;
	struct buf		 b;
	uint32_t		 i;

	r->parts = &part;
	r->parts_count = 1;
	buf_init(&b, SCAN_REPLY_MAX);
	MUST(scan_result_encode(r, &b) == 0);
	MUST(scan_result_decode(b.data, b.len, &again) == 0);
	MUST(again->received_count == r->received_count);
	for (i = 0; i < r->received_count; i++) {
		const struct received *p = &r->received[i], *q = &again->received[i];

#define X(member, max) MUST(same(p->member, q->member));
		RECEIVED_TEXTS(X)
#undef X
		MUST(p->tls == q->tls && p->bits == q->bits && p->time == q->time);
		/* Who says yes or no has words for it; a version and a cipher belong to yes; no needs a writer or a word. */
		MUST((p->tls == RECEIVED_TLS_UNKNOWN) == (p->tls_words == NULL));
		MUST(p->tls == RECEIVED_TLS_YES || (p->version == NULL && p->cipher == NULL && p->bits == 0));
		MUST(p->version != NULL || p->version_norm == NULL);
		MUST(p->tls != RECEIVED_TLS_NO || p->writer != NULL || strcasestr(p->tls_words, "encrypted") != NULL ||
		    strcasestr(p->tls_words, "plain") != NULL);
	}
	scan_result_free(again);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct received		hop, twice;
	struct scan_result	r = { .received = &hop, .received_count = 1 };
	uint32_t		i;

	MUST(received_read(p, n, &hop) == 0);
	MUST(received_read(p, n, &twice) == 0);
#define X(member, max) MUST(same(hop.member, twice.member));
	RECEIVED_TEXTS(X)
#undef X
	result_check(&r);
	received_clear(&hop);
	received_clear(&twice);

	memset(&r, 0, sizeof(r));
	MUST(received_block(p, n, &r) == 0);
	result_check(&r);
	for (i = 0; i < r.received_count; i++)
		received_clear(&r.received[i]);
	free(r.received);
	return 0;
}
