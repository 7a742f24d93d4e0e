/* SPDX-License-Identifier: ISC */
/* Fuzzes the reader of log lines, the joiner behind it, and the example of a line. */
/*
 * For libFuzzer:
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -Imilter -D_GNU_SOURCE \
 *       tests/fuzz/fuzz-maillog.c milter/judge/maillog*.c milter/judge/outbound.c \
 *       milter/base/buf.c -o build/fuzz-maillog
 * Each newline of the input ends a line; texts must lie within theirs, tables within their bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/outbound.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
within(const struct maillog_text *t, const char *line, size_t len)
{
	if (t->p != NULL && (t->p < line || t->p + t->len > line + len))
		abort();
}

static void
one_line(struct outbound *o, const char *line, size_t len)
{
	struct outbound_delivery d;
	struct maillog_text rcpt;
	struct maillog m;
	struct buf b;
	size_t at = 0;

	maillog_read(line, len, &m);
	within(&m.host, line, len);
	within(&m.relay, line, len);
	within(&m.relay_ip, line, len);
	within(&m.relay_port, line, len);
	if (m.mta == MAILLOG_POSTFIX)
		within(&m.status, line, len);	/* Sendmail's is our own word */
	within(&m.group, line, len);
	while (maillog_rcpt(&m, &at, &rcpt))
		within(&rcpt, line, len);
	outbound_take(o, &m, (uint64_t)m.stamp.second * 1000, &d);
	buf_init(&b, 4096);
	maillog_example(line, len, &b);
	if (b.failed || b.len > MAILLOG_EXAMPLE_MAX + 3)
		abort();
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const smarthosts[] = { ".example", "[x]:25", NULL };
	const struct outbound_settings set = { 20, 4, smarthosts };
	const char *p = (const char *)data, *end = p + size, *nl;
	struct outbound_counts c;
	struct outbound *o;

	if (outbound_open(&set, &o) == -1)
		return 0;
	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			nl = end;
		one_line(o, p, (size_t)(nl - p));
	}
	outbound_counts(o, &c);
	if (c.sessions > 20)
		abort();
	outbound_free(o);
	return 0;
}
