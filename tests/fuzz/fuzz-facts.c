/* SPDX-License-Identifier: ISC */
/* Fuzzes every decoder of judge/facts.c; the first octet chooses which. */
/*
 * For libFuzzer:
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -Imilter -D_GNU_SOURCE \
 *       tests/fuzz/fuzz-facts.c milter/judge/facts.c milter/base/buf.c \
 *       milter/base/wire.c milter/base/clock.c -o build/fuzz-facts
 * What a decoder accepts has one form: encoded again, it must give the same octets.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/facts.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
settings_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct scan_settings	*s;

	if (scan_settings_decode(p, n, &s) == -1)
		return -1;
	if (scan_settings_encode(s, out) == -1)
		abort();
	scan_settings_free(s);
	return 0;
}

static int
job_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct scan_job	j;

	if (scan_job_decode(p, n, &j) == -1)
		return -1;
	if (scan_job_encode(&j, out) == -1)
		abort();
	return 0;
}

static int
result_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct scan_result	*r;

	if (scan_result_decode(p, n, &r) == -1)
		return -1;
	if (scan_result_encode(r, out) == -1)
		abort();
	scan_result_free(r);
	return 0;
}

static int
object_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct scan_object	*o;

	if (scan_object_decode(p, n, &o) == -1)
		return -1;
	if (scan_object_encode(o, out) == -1)
		abort();
	scan_object_free(o);
	return 0;
}

static int
engine_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct engine_info	*e;

	if (engine_info_decode(p, n, &e) == -1)
		return -1;
	if (engine_info_encode(e, out) == -1)
		abort();
	engine_info_free(e);
	return 0;
}

static int
report_again(const uint8_t *p, size_t n, struct buf *out)
{
	struct scan_report	r;

	if (scan_report_decode(p, n, &r) == -1)
		return -1;
	if (scan_report_encode(&r, out) == -1)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int	(*const again[])(const uint8_t *, size_t, struct buf *) = {
		settings_again, job_again, result_again, engine_again, report_again, object_again,
	};
	struct buf	out;

	if (n == 0)
		return 0;
	buf_init(&out, SCAN_REPLY_MAX);
	if (again[p[0] % (sizeof(again) / sizeof(again[0]))](p + 1, n - 1, &out) == 0 &&
	    (out.len != n - 1 || memcmp(out.data, p + 1, out.len) != 0))
		abort();
	buf_free(&out);
	return 0;
}
