/* SPDX-License-Identifier: ISC */
/* Measures the MIME walker: base64 against memcpy and libcrypto in one run, and time per octet of the worst shapes. */
/*
 * Build and run:
 *   cc -O2 -D_GNU_SOURCE -Imilter -o build/bench-mime tests/bench/bench-mime.c \
 *       milter/scan/{mime,header,words,decode}.c milter/base/buf.c -lcrypto && build/bench-mime
 * Each shape is walked at 1 MB and at 8 MB: a ratio of time per octet well
 * above 1 would mean that the time is not linear.  Ratios compare; the
 * figures themselves belong to the machine.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "scan/decode.h"
#include "scan/mime.h"

#define MB	(1024u * 1024)

static const struct mime_limits limits = { 24, 4096, 64 * MB, 4000ull * MB };
static size_t sink;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);	/* others may be at work beside us */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
part(void *arg, const struct mime_part *p)
{
	(void)arg;
	sink += p->len > 0 ? p->data[p->len - 1] : 0;
	return 0;
}

static double
walk_time(const struct buf *b, int rounds, struct mime_report *r)
{
	double best = 1e9, t;

	while (rounds-- > 0) {
		t = now();
		mime_walk((const uint8_t *)b->data, b->len, &limits, part, NULL, r);
		t = now() - t;
		if (t < best)
			best = t;
	}
	return best;
}

/* ---- base64 ---- */

static void
bench_base64(void)
{
	size_t plain_len = 10 * MB / 57 * 57, len = plain_len / 57 * 78, i, k;
	uint8_t *plain = malloc(plain_len), *lined = malloc(len + 4), *flat = malloc(len + 4), *out = malloc(len + 8);
	double copy = 1e9, evp = 1e9, ours = 1e9, walk, t;
	struct mime_report r;
	struct decoder d;
	struct buf b;
	int round, n = 0;

	for (i = 0; i < plain_len; i++)
		plain[i] = (uint8_t)((i * 2654435761u) >> 13);
	for (i = k = 0; i < plain_len; i += 57) {
		k += (size_t)EVP_EncodeBlock(lined + k, plain + i, 57);
		memcpy(lined + k, "\r\n", 2);
		k += 2;
	}
	len = k;
	n = EVP_EncodeBlock(flat, plain, (int)plain_len);
	for (round = 0; round < 7; round++) {
		t = now();
		memcpy(out, lined, len);
		sink += out[round];
		t = now() - t;
		copy = t < copy ? t : copy;
		t = now();
		EVP_DecodeBlock(out, flat, n);
		t = now() - t;
		evp = t < evp ? t : evp;
		t = now();
		decode_start(&d, DECODE_BASE64, out);
		decode_feed(&d, lined, len);
		decode_finish(&d);
		t = now() - t;
		ours = t < ours ? t : ours;
	}
	if (d.len != plain_len || memcmp(out, plain, plain_len) != 0)
		printf("WRONG: decoded %zu, want %zu\n", d.len, plain_len);
	buf_init(&b, 64 * MB);
	buf_addz(&b, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody\r\n--b\r\n"
	    "Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	buf_add(&b, lined, len);
	buf_addz(&b, "--b--\r\n");
	walk = walk_time(&b, 7, &r);
	printf("10 MB attachment, %zu octets of base64 in lines of 76\n", len);
	printf("  %-34s %8.0f MB/s\n", "memcpy", (double)len / copy / 1e6);
	printf("  %-34s %8.0f MB/s of base64, without line ends\n", "EVP_DecodeBlock", (double)n / evp / 1e6);
	printf("  %-34s %8.0f MB/s  %.2f x EVP, %.2f x memcpy\n", "decode_feed", (double)len / ours / 1e6,
	    evp / ours * (double)len / n, copy / ours);
	printf("  %-34s %8.0f MB/s  %.2f x EVP\n", "mime_walk, whole message", (double)b.len / walk / 1e6,
	    evp / walk * (double)b.len / n);
	buf_free(&b);
	free(plain);
	free(lined);
	free(flat);
	free(out);
}

/* ---- the worst shapes ---- */

static void
fill(struct buf *b, size_t size, const char *unit)
{
	while (b->len < size)
		buf_addz(b, unit);
}

/* 24 open multiparts whose boundaries differ in the last octet only. */
static void
open_levels(struct buf *b, const char *last)
{
	int i, k;

	for (i = 0; i < 24; i++) {
		buf_addf(b, "Content-Type: multipart/mixed; boundary=\"%060d%c\"\r\n\r\n--%060d%c\r\n", 0, 'a' + i, 0, 'a' + i);
		for (k = 0; i == 23 && k < 1; k++)
			buf_addf(b, "%s\r\n", last);
	}
}

static void
shape_dashes(struct buf *b, size_t size)
{
	open_levels(b, "");
	fill(b, size, "--\n");
}

static void
shape_near_boundaries(struct buf *b, size_t size)
{
	open_levels(b, "");
	fill(b, size, "--000000000000000000000000000000000000000000000000000000000000z\n");
}

static void
shape_boundaries(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n");
	fill(b, size, "--a\n");
}

static void
shape_newlines(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n");
	fill(b, size, "\n");
}

static void
shape_forwards(struct buf *b, size_t size)
{
	fill(b, 29 * 24, "Content-Type:message/rfc822\n\n");
	fill(b, size, "\n\n--x\n");
}

static void
shape_forwards_base64(struct buf *b, size_t size)
{
	fill(b, size, "Content-Type:message/rfc822\nContent-Transfer-Encoding:quoted-printable\n\n");
}

static void
shape_header_lines(struct buf *b, size_t size)
{
	fill(b, size, "A:\n");
}

static void
shape_junk_lines(struct buf *b, size_t size)
{
	buf_addz(b, "A: b\n");
	fill(b, size, "content-\n");
}

static void
shape_comments(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed; boundary=a ");
	fill(b, size, "((\\");
	buf_addz(b, "\n\nx");
}

static void
shape_params(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed");
	fill(b, size, ";a=");
	buf_addz(b, "\n\nx");
}

static void
shape_quotes(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed;name=");
	fill(b, size, "\"\\\"\"(");
	buf_addz(b, "\n\nx");
}

static void
shape_sections(struct buf *b, size_t size)
{
	unsigned i = 0;

	buf_addz(b, "Content-Disposition: a");
	while (b->len < size)
		buf_addf(b, ";filename*%u*=%%41", 99999 - i++ % 99999);
	buf_addz(b, "\n\nx");
}

static void
shape_boundary_sections(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Type: multipart/mixed");
	fill(b, size, ";boundary*0=");
	buf_addz(b, "\n\nx");
}

static void
shape_word_starts(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Disposition: a;filename=\"");
	fill(b, size, "=?a?Q?");
	buf_addz(b, "\"\n\nx");
}

static void
shape_charset_starts(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Disposition: a;filename=\"");
	fill(b, size, "=?aaaaaaaaaa=");
	buf_addz(b, "\"\n\nx");
}

static void
shape_words(struct buf *b, size_t size)
{
	unsigned i = 0;

	buf_addz(b, "Content-Disposition: a;filename=\"");
	while (b->len < size)
		buf_addf(b, "=?x%u?Q?=ff?=", i++);
	buf_addz(b, "\"\n\nx");
}

static void
shape_iconv_errors(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Disposition: a;filename*=euc-jp''");
	fill(b, size, "%ff");
	buf_addz(b, "\n\nx");
}

static void
shape_qp_blanks(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Transfer-Encoding: quoted-printable\n\n");
	fill(b, size, "=  \r  ");
}

static void
shape_base64_odd(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Transfer-Encoding: base64\n\n");
	fill(b, size, "Q=!\n");
}

static void
shape_uu(struct buf *b, size_t size)
{
	buf_addz(b, "Content-Transfer-Encoding: x-uuencode\n\nbegin 6 x\n");
	fill(b, size, "M\n");
}

static const struct {
	const char *name;
	void (*make)(struct buf *, size_t);
} shapes[] = {
	{ "lines of --, 24 open multiparts", shape_dashes },
	{ "almost a boundary, 24 open", shape_near_boundaries },
	{ "nothing but boundaries", shape_boundaries },
	{ "nothing but newlines", shape_newlines },
	{ "24 forwards around short lines", shape_forwards },
	{ "forwards, each quoted-printable", shape_forwards_base64 },
	{ "fields of one octet", shape_header_lines },
	{ "lines that are no field", shape_junk_lines },
	{ "nested comments", shape_comments },
	{ "parameters", shape_params },
	{ "quotes", shape_quotes },
	{ "RFC 2231 sections, last first", shape_sections },
	{ "the same section again", shape_boundary_sections },
	{ "starts of encoded words", shape_word_starts },
	{ "starts of character sets", shape_charset_starts },
	{ "a character set for each octet", shape_words },
	{ "octets that iconv refuses", shape_iconv_errors },
	{ "blanks around soft breaks", shape_qp_blanks },
	{ "padding and foreign octets", shape_base64_odd },
	{ "uuencoded lines too short", shape_uu },
};

int
main(void)
{
	struct mime_report r;
	double small, large;
	struct buf b;
	size_t i;

	bench_base64();
	printf("\n%-36s %10s %10s %6s\n", "shape", "ns/octet 1M", "8M", "8M/1M");
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		buf_init(&b, 16 * MB);
		shapes[i].make(&b, MB);
		small = walk_time(&b, 3, &r) / (double)b.len * 1e9;
		buf_reset(&b);
		shapes[i].make(&b, 8 * MB);
		large = walk_time(&b, 3, &r) / (double)b.len * 1e9;
		printf("%-36s %10.2f %10.2f %6.2f  %s\n", shapes[i].name, small, large, large / small,
		    r.limit != NULL ? r.limit : "");
		buf_free(&b);
	}
	return sink == 1;
}
