/* SPDX-License-Identifier: ISC */
/* Measures the Received reader on ordinary fields against memchr over the same octets, and on the worst shapes. */
/*
 * Build and run:
 *   cc -O2 -D_GNU_SOURCE -Imilter -o build/bench-received tests/bench/bench-received.c \
 *       milter/scan/received*.c milter/scan/{header,words,decode}.c milter/judge/facts.c \
 *       milter/base/{buf,wire,clock}.c -lcrypto && build/bench-received
 * Ordinary: the fields of the corpus of the unit test, one after the other,
 * many times.  A shape is one field of 64 KB.  Ratios compare; the figures
 * belong to the machine.  CPU time: others may be at work beside us.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scan/header.h"
#include "scan/received.h"

#define CORPUS	"tests/corpus/received"
#define FIELDS	1000

static struct { const uint8_t *p; size_t n; } fields[FIELDS];
static size_t	count, total;
static size_t	sink;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
load(const char *name)
{
	char			path[300];
	struct header_reader	r;
	struct header_field	f;
	FILE			*in;
	uint8_t			*p = malloc(1 << 20);
	size_t			n;

	snprintf(path, sizeof(path), CORPUS "/%s", name);
	if (p == NULL || (in = fopen(path, "rb")) == NULL)
		exit(1);
	n = fread(p, 1, 1 << 20, in);
	fclose(in);
	header_start(&r, p, 0, n);
	while (header_next(&r, &f) == HEADER_FIELD && count < FIELDS) {
		fields[count].p = p + f.value;
		fields[count].n = f.end - f.value;
		total += fields[count++].n;
	}
}

static void
one(const uint8_t *p, size_t n)
{
	struct received hop;

	if (received_read(p, n, &hop) == -1)
		exit(1);
	sink += hop.bits;
	received_clear(&hop);
}

static void
walk(const uint8_t *p, size_t n)
{
	const uint8_t *q, *end = p + n;

	for (; (q = memchr(p, ' ', (size_t)(end - p))) != NULL; p = q + 1)
		sink++;
}

static double
ordinary(void (*f)(const uint8_t *, size_t))
{
	double	best = 1e9, t;
	size_t	i;
	int	round, k;

	for (round = 0; round < 20; round++) {
		t = now();
		for (k = 0; k < 50; k++)
			for (i = 0; i < count; i++)
				f(fields[i].p, fields[i].n);
		t = now() - t;
		best = t < best ? t : best;
	}
	return 50 * (double)total / best / 1e6;
}

static double
shape(const char *head, const char *piece, size_t len)
{
	static uint8_t	buf[65536];
	double		best = 1e9, t;
	size_t		n = strlen(head);
	int		round, k;

	memcpy(buf, head, n);
	for (; n + len <= sizeof(buf); n += len)
		memcpy(buf + n, piece, len);
	for (round = 0; round < 5; round++) {
		t = now();
		for (k = 0; k < 4; k++)
			one(buf, n);
		t = now() - t;
		best = t < best ? t : best;
	}
	return 4 * (double)n / best / 1e6;
}

int
main(void)
{
	static const char *const heads[] = { "", "from ", "from a ", "from a (", "from a (r [192.0.2.1]) by b ", "from a by b with ESMTP ",
	    "from a by b with ", "from a by b (", "from a by b with x id 1 for ", "from a by b; " };
	static const char *const pieces[] = { "(", ")", "()", "( ) ", "((", "\\", "\"", "\" ", "\"\\", "<", "< ", "<\"", "<\" ", "[", "[ ", "[(", "[( ", "] ", "; ", " ;x", ";x ;",
	    "a", "a ", " ", "\r\n ", "by ", "by a ", "with ", "with a ", "from ", "id ", "for ", "tls ", "tls A-B ", "tls version= ", "TLS cipher= ", "over ", "over TLS ",
	    "(using ", "(using TLSv1 with cipher ", "(using TLSv1) ", "(using TLSv1 with cipher A-B (1 bits)) ", "(TLS: a) ", "(IDENT: , TLS: a) ", "(version=a) ", "version=", "(a [192.0.2.1]) ", "([192.0.2.1]) by ",
	    "(helo=a) ", "helo= ", "with (a [1.2.3.4]) by ", "a,", ":", "@", "1.2.3.4 ", "::1 ", "encrypted ", "with a encrypted ", "2 Mar 2026 ", "Mon, ",
	    "; 2 Mar 2026 10:00 ", "(cellopoint with) ", "(HELO a) ", "(over ,) ", "(8.1.1/) ", "(A A A A A A A A) ", "(a)", "(i)" };
	struct dirent	*e;
	DIR		*d = opendir(CORPUS);
	const char	*worst_head = "", *worst_piece = "";
	double		 ours, memchr_rate, rate, worst = 1e9;
	size_t		 h, i;

	if (d == NULL)
		return 1;
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, ".txt") != NULL && strcmp(e->d_name, "forged.txt") != 0)
			load(e->d_name);
	memchr_rate = ordinary(walk);
	ours = ordinary(one);
	printf("%zu fields, %zu octets each in the middle\n", count, total / count);
	printf("memchr  %7.0f MB/s\nreader  %7.0f MB/s, %.2f of it, %.2f us a field\n", memchr_rate, ours, ours / memchr_rate,
	    (double)total / (double)count / ours);
	for (h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
		for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			rate = shape(heads[h], pieces[i], strlen(pieces[i]));
			if (rate < ours / 4)
				printf("  %5.0f MB/s  '%s' behind '%s'\n", rate, pieces[i], heads[h]);
			if (rate < worst) {
				worst = rate;
				worst_head = heads[h];
				worst_piece = pieces[i];
			}
		}
	printf("worst   %7.0f MB/s, %.2f of ordinary: '%s' behind '%s'\n", worst, worst / ours, worst_piece, worst_head);
	return sink == 42;
}
