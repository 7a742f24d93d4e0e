/* SPDX-License-Identifier: ISC */
/* Measures the Received reader on ordinary fields against memchr over the same octets, and on the worst shapes. */
/*
 * Build and run:
 *   cc -O2 -D_GNU_SOURCE -Imilter -o build/bench-received tests/bench/bench-received.c \
 *       milter/scan/received*.c milter/scan/{header,words,decode}.c milter/judge/facts.c \
 *       milter/base/{buf,wire,clock}.c -lcrypto && build/bench-received
 * Ordinary: the fields below, in lengths as mail has them; dense: those of the
 * corpus of the unit test, which are shorter.  Both one after the other, many
 * times.  A shape is one field of 64 KB.  Ratios compare; the figures
 * belong to the machine.  With an argument, ordinary fields alone.  CPU time: others may be at work beside us.
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

/* Made up, but for the form. */
static const char *const ordinary[] = {
	" from mail-relay-out17.newsletter.example.net (mail-relay-out17.newsletter.example.net [192.0.2.117])\r\n"
	"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
	"\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\r\n"
	"\t(No client certificate requested)\r\n"
	"\tby mx-in-03.mail.example.com (Postfix) with ESMTPS id 4VxYzW2Lz9z1vX9k\r\n"
	"\tfor <firstname.lastname@example.com>; Mon,  2 Mar 2026 10:00:00 +0000 (UTC)\r\n",
	" from AM0PR04MB0001.eurprd04.prod.example.net (2001:db8:10a6:208:a1::17)\r\n"
	" by VI1PR04MB0002.eurprd04.prod.example.net (2001:db8:10a6:803:e7::21) with\r\n"
	" Microsoft SMTP Server (version=TLS1_3,\r\n"
	" cipher=TLS_AES_256_GCM_SHA384) id 15.20.9137.12; Mon, 2 Mar 2026\r\n"
	" 10:00:00 +0000\r\n",
	" from DB5EUR03FT0001.eop-EUR03.prod.protection.example.net\r\n"
	" (2001:db8:10a6:4:a9:cafe::3b) by DB6PR0202CA0042.outlook.example.net\r\n"
	" (2001:db8:10a6:4:a9::28) with Microsoft SMTP Server (version=TLS1_2,\r\n"
	" cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9137.12 via Frontend\r\n"
	" Transport; Mon, 2 Mar 2026 10:00:01 +0000\r\n",
	" from mail-sor-f41.mailer.example.net (mail-sor-f41.mailer.example.net. [192.0.2.41])\r\n"
	"        by mx.big.example.com with SMTPS id d9443c01a7336-20e5a2b3c4dsor1234567a12.3.2026.03.02.10.00.02\r\n"
	"        for <firstname.lastname@example.com>\r\n"
	"        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r\n"
	"        Mon, 02 Mar 2026 02:00:02 -0800 (PST)\r\n",
	" by 2002:a05:7301:1a12:b0:f4:6e2d:6a9f with SMTP id e18csp1234567dyk;\r\n"
	"        Mon, 2 Mar 2026 02:00:03 -0800 (PST)\r\n",
	" from [192.0.2.77] (port=52344 helo=workstation-12.office.example.org)\r\n"
	"\tby server212.webhosting.example.com with esmtpsa  (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n"
	"\t(Exim 4.98.1)\r\n"
	"\t(envelope-from <firstname.lastname@example.org>)\r\n"
	"\tid 1tAbCd-00000001aBc-2XyZ\r\n"
	"\tfor someone.else@example.com;\r\n"
	"\tMon, 02 Mar 2026 11:00:04 +0100\r\n",
	" from smtp-out-2.campus.example.net (smtp-out-2.campus.example.net [198.51.100.22])\r\n"
	"\tby mailgate.campus.example.org (8.18.1/8.18.1) with ESMTPS id 622A05b1012345\r\n"
	"\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NOT)\r\n"
	"\tfor <firstname.lastname@campus.example.org>; Mon, 2 Mar 2026 10:00:05 GMT\r\n",
	" from localhost (localhost [127.0.0.1])\r\n"
	"\tby mx-in-03.mail.example.com (Postfix) with ESMTP id 4VxYzX1AbCz1vXB2\r\n"
	"\tfor <firstname.lastname@example.com>; Mon,  2 Mar 2026 10:00:06 +0000 (UTC)\r\n",
	" from mx-in-03.mail.example.com ([127.0.0.1])\r\n"
	" by localhost (mx-in-03.mail.example.com [127.0.0.1]) (amavis, port 10024)\r\n"
	" with ESMTP id 2vW_bCTpj9Nm for <firstname.lastname@example.com>;\r\n"
	" Mon,  2 Mar 2026 10:00:07 +0000 (UTC)\r\n",
	" from director1.imap.example.com ([10.20.30.41])\r\n"
	"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
	"\tby backend17.imap.example.com with LMTPS\r\n"
	"\tid oB8qNwLEpWk5AwAA0J78UA:P1\r\n"
	"\t(envelope-from <bounce+12345-abcdef@newsletter.example.net>)\r\n"
	"\tfor <firstname.lastname@example.com>; Mon, 02 Mar 2026 10:00:08 +0000\r\n",
	" from pps.filterd (m0123456.gateway.example.com [127.0.0.1])\r\n"
	"\tby mx0a-0123456.gateway.example.com (8.18.1.2/8.18.1.2) with ESMTP id 6229ab12034567\r\n"
	"\tfor <firstname.lastname@example.com>; Mon, 2 Mar 2026 10:00:09 GMT\r\n",
	" from EUR05-DB8-obe.outbound.protection.example.net\r\n"
	" (mail-db8eur05lp2104.outbound.protection.example.net [192.0.2.104]) by\r\n"
	" relay.cloudgate.example.com with ESMTP with STARTTLS (version=TLSv1.3,\r\n"
	" cipher=TLS_AES_256_GCM_SHA384) id uk-mta-139-AbCdEfGhMnOpQrStUvWxYz-1; Mon,\r\n"
	" 02 Mar 2026 10:00:10 +0000\r\n",
	" from unknown (HELO mail.shop.example.net) (203.0.113.99)\r\n"
	"  by mx1.hosting.example.com with ESMTPS (ECDHE-RSA-AES256-GCM-SHA384 encrypted); 2 Mar 2026 10:00:11 -0000\r\n",
	" from a14-22.smtp-out.sender.example.net (a14-22.smtp-out.sender.example.net [203.0.113.22])\r\n"
	"\tby inbound-smtp.region-1.example.com with SMTP id 8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b\r\n"
	"\tfor firstname.lastname@example.com; Mon, 02 Mar 2026 10:00:12 +0000 (UTC)\r\n",
};

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

static void
load_ordinary(void)
{
	for (count = total = 0; count < sizeof(ordinary) / sizeof(ordinary[0]); count++) {
		fields[count].p = (const uint8_t *)ordinary[count];
		fields[count].n = strlen(ordinary[count]);
		total += fields[count].n;
	}
}

/* MB/s over all fields. */
static double
measure(void (*f)(const uint8_t *, size_t))
{
	double	best = 1e9, t;
	size_t	i;
	int	round, k, turns = (int)(2500000 / total);

	for (round = 0; round < 20; round++) {
		t = now();
		for (k = 0; k < turns; k++)
			for (i = 0; i < count; i++)
				f(fields[i].p, fields[i].n);
		t = now() - t;
		best = t < best ? t : best;
	}
	return turns * (double)total / best / 1e6;
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

static void
report(const char *what, double ours)
{
	double	memchr_rate = measure(walk);

	printf("%-9s %4.0f MB/s; memchr %5.0f, %.2f of it; %zu fields, %zu octets and %.2f us each\n", what, ours, memchr_rate,
	    ours / memchr_rate, count, total / count, (double)total / (double)count / ours);
}

int
main(int argc, char **argv)
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
	double		 ours, rate, worst = 1e9;
	size_t		 h, i;

	if (d == NULL)
		return 1;
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, ".txt") != NULL && strcmp(e->d_name, "forged.txt") != 0)
			load(e->d_name);
	report("dense", measure(one));
	load_ordinary();
	ours = measure(one);
	report("ordinary", ours);
	(void)argv;
	for (h = 0; argc == 1 && h < sizeof(heads) / sizeof(heads[0]); h++)
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
	if (argc == 1)
		printf("worst     %4.0f MB/s, %.2f of ordinary: '%s' behind '%s'\n", worst, worst / ours, worst_piece,
		    worst_head);
	return sink == 42;
}
