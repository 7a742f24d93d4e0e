/* SPDX-License-Identifier: ISC */
/* Fuzzes the Authentication-Results reader: no crash, facts that encode, nothing that is not in the field. */
/*
 * Build and run (seeds: any header blocks, or none):
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Imilter -o build/fuzz-authres \
 *       tests/fuzz/fuzz-authres.c milter/scan/{authres,received*,header,words,decode}.c \
 *       milter/judge/facts.c milter/base/{buf,wire,clock}.c -lcrypto
 *   build/fuzz-authres -dict=tests/fuzz/fuzz-authres.dict -max_len=4096 NEW-CORPUS
 * An input is read as one value and as a header block.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/authres.h"
#include "scan/received.h"

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
result_check(struct scan_result *r, const uint8_t *p, size_t n)
{
	struct part		 part = { .path = (char[]){ "0" } };
	struct scan_result	*again;
	struct buf		 b, text;
	uint32_t		 i;
	size_t			 k;

	r->parts = &part;
	r->parts_count = 1;
	buf_init(&b, SCAN_REPLY_MAX);
	buf_init(&text, n + 1);
	for (k = 0; k < n; k++)
		buf_addc(&text, p[k] == '\0' ? ' ' : (char)p[k]);
	MUST(scan_result_encode(r, &b) == 0);
	MUST(scan_result_decode(b.data, b.len, &again) == 0);
	MUST(again->authres_count == r->authres_count && again->authres_more == r->authres_more);
	for (i = 0; i < r->authres_count; i++) {
		MUST(strcmp(again->authres[i].domain, r->authres[i].domain) == 0);
		/* A pass is written out, and its domain is. */
		MUST(strcasestr(text.data, r->authres[i].domain) != NULL);
		MUST(strcasestr(text.data, "pass") != NULL);
		MUST(strcasestr(text.data, r->authres[i].method == AUTHRES_SPF ? "mailfrom" : "header") != NULL);
	}
	scan_result_free(again);
	buf_free(&b);
	buf_free(&text);
}

static void
passes_clear(struct scan_result *r)
{
	uint32_t	i;

	for (i = 0; i < r->authres_count; i++)
		authres_clear(&r->authres[i]);
	free(r->authres);
	r->authres = NULL;
	r->authres_count = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct scan_result	r;
	uint32_t		i;

	memset(&r, 0, sizeof(r));
	MUST(authres_read(p, n, 0, &r) == 0);
	result_check(&r, p, n);
	passes_clear(&r);

	/* As a worker does: what stands above a pass must be among the hops. */
	memset(&r, 0, sizeof(r));
	MUST(received_block(p, n, &r) == 0);
	MUST(authres_block(p, n, &r) == 0);
	result_check(&r, p, n);
	passes_clear(&r);
	for (i = 0; i < r.received_count; i++)
		received_clear(&r.received[i]);
	free(r.received);
	return 0;
}
