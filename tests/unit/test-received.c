/* SPDX-License-Identifier: ISC */
/* Tests of the Received reader: a corpus of all writers, hostile fields, cuts at every length, time that stays linear. */

/*
 * tests/corpus/received/WRITER.txt holds fields as they stand in mail, folded
 * or not, and WRITER.want a line for each: what its facts are, "NAME=VALUE"
 * between tabs, what is not there left out.  These lines were written from the
 * formats, not by the reader: a difference is a question to both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "scan/header.h"
#include "scan/received.h"

#define CORPUS	"tests/corpus/received"

static uint8_t *
slurp(const char *path, size_t *len)
{
	FILE	*f = fopen(path, "rb");
	uint8_t	*p = malloc(1 << 20);

	if (f == NULL || p == NULL)
		fail_msg("%s cannot be read (tests run in the top directory)", path);
	*len = fread(p, 1, 1 << 20, f);
	fclose(f);
	return p;
}

/* Reads from an allocation of exactly that size, so that the sanitizers see each octet beyond. */
static void
read_exact(const void *value, size_t len, struct received *hop)
{
	uint8_t	*copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, value, len);
	assert_int_equal(received_read(copy, len, hop), 0);
	free(copy);
}

/* Facts that do not encode would cost the whole result. */
static void
must_encode(struct received *hop, const char *what)
{
	struct part		part = { .path = (char[]){ "0" } };
	struct scan_result	r = { .parts = &part, .parts_count = 1, .received = hop, .received_count = 1 };
	struct buf		b;

	buf_init(&b, 1 << 20);
	if (scan_result_encode(&r, &b) != 0)
		fail_msg("%s: facts do not encode", what);
	buf_free(&b);
}

/* ---- the corpus ---- */

static void
text_field(struct buf *b, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(b, "\t%s=%s", name, value);
}

/* The facts as a line of a .want file has them. */
static void
describe(const struct received *hop, struct buf *b)
{
	static const char *const	tls[] = { "unknown", "no", "yes" };

	buf_reset(b);
	buf_addf(b, "tls=%s", tls[hop->tls]);
	text_field(b, "helo", hop->helo);
	text_field(b, "rdns", hop->rdns);
	text_field(b, "ip", hop->ip);
	text_field(b, "by", hop->by);
	text_field(b, "with", hop->with);
	text_field(b, "id", hop->id);
	text_field(b, "version", hop->version);
	text_field(b, "norm", hop->version_norm);
	text_field(b, "cipher", hop->cipher);
	if (hop->bits > 0)
		buf_addf(b, "\tbits=%u", hop->bits);
	if (hop->auth)
		buf_addz(b, "\tauth=1");
	if (hop->local)
		buf_addz(b, "\tlocal=1");
	if (hop->odd)
		buf_addz(b, "\todd=1");
	if (hop->has_time)
		buf_addf(b, "\ttime=%" PRIu64, hop->time);
	assert_false(b->failed);
}

/* Each Received field of NAME.txt against its line of NAME.want; how many, and how many differ. */
static size_t
corpus_file(const char *name, size_t *bad)
{
	char			path[300];
	struct header_reader	r;
	struct header_field	f;
	struct received		hop;
	struct buf		got;
	size_t			len, want_len, n = 0, next;
	uint8_t			*msg, *want, *line;

	snprintf(path, sizeof(path), CORPUS "/%s.txt", name);
	msg = slurp(path, &len);
	snprintf(path, sizeof(path), CORPUS "/%s.want", name);
	line = want = slurp(path, &want_len);
	buf_init(&got, 65536);
	header_start(&r, msg, 0, len);
	while (header_next(&r, &f) == HEADER_FIELD) {
		if (line == want + want_len)
			fail_msg("%s.want is too short", name);
		next = line_next(line, 0, want_len - (size_t)(line - want));
		read_exact(msg + f.value, f.end - f.value, &hop);
		describe(&hop, &got);
		if (got.len != next - 1 || memcmp(got.data, line, got.len) != 0) {
			print_error("%s, field %zu:\n  got  %s\n  want %.*s\n", name, n + 1, got.data, (int)next - 1, (const char *)line);
			(*bad)++;
		}
		must_encode(&hop, name);
		received_clear(&hop);
		line += next;
		n++;
	}
	if (line != want + want_len)
		fail_msg("%s.want is too long", name);
	buf_free(&got);
	free(msg);
	free(want);
	return n;
}

static size_t
corpus_each(size_t (*file)(const char *, size_t *), size_t *bad)
{
	struct dirent	**list;
	size_t		 n = 0, len;
	char		 name[300];
	int		 count = scandir(CORPUS, &list, NULL, alphasort), i;

	assert_true(count > 2);
	for (i = 0; i < count; i++) {
		len = strlen(list[i]->d_name);
		if (len > 4 && strcmp(list[i]->d_name + len - 4, ".txt") == 0) {
			snprintf(name, sizeof(name), "%.*s", (int)len - 4, list[i]->d_name);
			n += file(name, bad);
		}
		free(list[i]);
	}
	free(list);
	return n;
}

static void
corpus(void **state)
{
	size_t	bad = 0, n = corpus_each(corpus_file, &bad);

	(void)state;
	if (bad > 0)
		fail_msg("%zu of %zu fields differ", bad, n);
	assert_true(n >= 200);
}

/* ---- cut at every length ---- */

/* 1: what the shorter field says of TLS is not denied by the longer one, or the other way. */
static int
tls_agree(enum received_tls a, enum received_tls b)
{
	return !(a == RECEIVED_TLS_NO && b == RECEIVED_TLS_YES);
}

static size_t
cut_file(const char *name, size_t *bad)
{
	char			path[300];
	struct header_reader	r;
	struct header_field	f;
	struct received		whole, hop;
	size_t			len, n = 0, cut;
	uint8_t			*msg;

	(void)bad;
	snprintf(path, sizeof(path), CORPUS "/%s.txt", name);
	msg = slurp(path, &len);
	header_start(&r, msg, 0, len);
	while (header_next(&r, &f) == HEADER_FIELD) {
		read_exact(msg + f.value, f.end - f.value, &whole);
		for (cut = 0; cut < f.end - f.value; cut++) {
			read_exact(msg + f.value, cut, &hop);
			must_encode(&hop, name);
			/* A field that was cut in transit must not turn TLS into its absence. */
			if (whole.tls == RECEIVED_TLS_YES && whole.with != NULL && strchr("sS", whole.with[strlen(whole.with) - 1]) != NULL &&
			    hop.with != NULL && strcmp(hop.with, whole.with) == 0 && !tls_agree(hop.tls, whole.tls))
				fail_msg("%s, field %zu cut at %zu: got no, want yes", name, n + 1, cut);
			received_clear(&hop);
		}
		received_clear(&whole);
		n++;
	}
	free(msg);
	return n;
}

static void
cut_everywhere(void **state)
{
	size_t	bad = 0;

	(void)state;
	assert_true(corpus_each(cut_file, &bad) >= 200);
}

/* ---- octets that no text file holds ---- */

static void
octets(void **state)
{
	static const struct {
		const char	*in;
		size_t		 len;
		const char	*want;
	} cases[] = {
#define F(s, want) { s, sizeof(s) - 1, want }
		F("from a\0b (r.example [192.0.2.1]) by mx (Postfix) with ESMTP id 1",
		    "tls=no\thelo=a?b\trdns=r.example\tip=192.0.2.1\tby=mx\twith=ESMTP\tid=1"),
		F("from a (r.example [192.0.2.1]) by mx (Postfix) with ESMTP\0S id 1",
		    "tls=unknown\thelo=a\trdns=r.example\tip=192.0.2.1\tby=mx\twith=ESMTP?S\tid=1"),
		F("from a (r.example [192.0.2.1]) (us\0ing TLSv1.3 with cipher A-B (1 bits)) by mx (Postfix) with ESMTP id 1",
		    "tls=no\thelo=a\trdns=r.example\tip=192.0.2.1\tby=mx\twith=ESMTP\tid=1"),
		F("from a\x01\x7f (r.example [192.0.2.1]) by m\x1bx with SMTP", "tls=unknown\thelo=a??\trdns=r.example\tip=192.0.2.1\tby=m?x\twith=SMTP"),
		F("\0", "tls=unknown"),
		F("(\\", "tls=unknown"),
		F("from a by b with c d e f g h", "tls=unknown\thelo=a\tby=b\twith=c d e f"),
		F("from a\rb by c\r\n", "tls=unknown\thelo=a\tby=c"),
#undef F
	};
	struct received	hop;
	struct buf	got;
	size_t		i;

	(void)state;
	buf_init(&got, 65536);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_exact(cases[i].in, cases[i].len, &hop);
		describe(&hop, &got);
		if (strcmp(got.data, cases[i].want) != 0)
			fail_msg("case %zu: got %s, want %s", i, got.data, cases[i].want);
		must_encode(&hop, "octets");
		received_clear(&hop);
	}
	buf_free(&got);
}

/* ---- words that prove, writer, cut ---- */

static void
proofs(void **state)
{
	static const struct {
		const char	*in, *words, *writer;
	} cases[] = {
		{ "from a (r [192.0.2.1]) (using TLSv1.3 with\r\n cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X) (No client certificate) by b (Postfix) with ESMTPS id 1",
		    "using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits)", "postfix" },
		{ "from a (r [192.0.2.1]) by b (Postfix) with ESMTPS id 1", "ESMTPS", "postfix" },
		{ "from a (r [192.0.2.1]) by b (Postfix) with ESMTP id 1", "ESMTP", "postfix" },
		{ "from a (r [192.0.2.1]) by b with SMTP id 1", NULL, NULL },
		{ "from a ([192.0.2.1]) by b with esmtps (TLS1.3) tls TLS_AES_128_GCM_SHA256 (Exim 4.98)", "TLS1.3 tls TLS_AES_128_GCM_SHA256", "exim" },
		{ "from a ([192.0.2.1]) by b (chasquid) with ESMTP (over SMTP, plain text!, envelope from \"x\")", "plain text!", "chasquid" },
		{ "from a ([192.0.2.1]) by b over TLS secured channel with Microsoft SMTPSVC(8.5)", "over TLS secured channel", "smtpsvc" },
		{ "from a ([192.0.2.1]) by b with ESMTP with STARTTLS id us-mta-1", "with STARTTLS", "mimecast" },
		{ "from a ([192.0.2.1]) (IDENT: joe, AUTH: LOGIN joe, TLS: TLSv1.3,128bits,TLS_AES_128_GCM_SHA256) by b with ESMTPSA id 000000000005DC1C.0000000069A51234.00001B2C",
		    "TLS: TLSv1.3,128bits,TLS_AES_128_GCM_SHA256", "courier" },
		{ "from a ([192.0.2.1]) by b (ecelerity 4) with ESMTPS (cipher=AES-256-GCM subject=\"/CN=x\") id 1", "cipher=AES-256-GCM", "momentum" },
		{ "from a ([192.0.2.1]) by b with ESMTP (NOT encrypted)", "NOT encrypted", NULL },
	};
	struct received	hop;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_exact(cases[i].in, strlen(cases[i].in), &hop);
		if ((cases[i].words == NULL) != (hop.tls_words == NULL) ||
		    (hop.tls_words != NULL && strcmp(hop.tls_words, cases[i].words) != 0))
			fail_msg("case %zu: got words %s, want %s", i, hop.tls_words, cases[i].words);
		if ((cases[i].writer == NULL) != (hop.writer == NULL) ||
		    (hop.writer != NULL && strcmp(hop.writer, cases[i].writer) != 0))
			fail_msg("case %zu: got writer %s, want %s", i, hop.writer, cases[i].writer);
		assert_int_equal(hop.cut, 0);
		received_clear(&hop);
	}
}

/* A text or a field that is longer than is kept: cut, said, and no longer than its bound. */
static void
too_long(void **state)
{
	static const char	head[] = "from ", tail[] = " (r.example [192.0.2.1]) by mx (Postfix) with ESMTPS id 1; Mon, 2 Mar 2026 10:00:00 +0000";
	struct received		hop;
	size_t			n;
	char			*s = malloc(200000);

	(void)state;
	assert_non_null(s);
	for (n = 250; n < 262; n++) {
		memcpy(s, head, 5);
		memset(s + 5, 'a', n);
		memcpy(s + 5 + n, tail, sizeof(tail) - 1);
		read_exact(s, 5 + n + sizeof(tail) - 1, &hop);
		assert_int_equal(hop.cut, n > 255);
		assert_int_equal(strlen(hop.helo), n > 255 ? 255 : n);
		assert_int_equal(hop.tls, RECEIVED_TLS_YES);
		must_encode(&hop, "long");
		received_clear(&hop);
	}
	/* UTF-8 is not cut through the middle. */
	memcpy(s, head, 5);
	s[5] = 'a';
	for (n = 6; n < 400; n += 2)
		memcpy(s + n, "\xc3\xbc", 2);
	read_exact(s, n, &hop);
	assert_int_equal(hop.cut, 1);
	assert_int_equal(strlen(hop.helo), 255);
	received_clear(&hop);
	s[5] = '\xc3';
	s[6] = '\xbc';
	for (n = 7; n < 400; n += 2)
		memcpy(s + n, "\xc3\xbc", 2);
	read_exact(s, n, &hop);
	assert_int_equal(hop.cut, 1);
	assert_int_equal(strlen(hop.helo), 254);
	received_clear(&hop);

	memset(s, ' ', 200000);
	memcpy(s, "from a by b with ESMTPS", 23);
	read_exact(s, RECEIVED_FIELD_MAX, &hop);
	assert_int_equal(hop.cut, 0);
	received_clear(&hop);
	memcpy(s + RECEIVED_FIELD_MAX + 5, "id 1", 4);
	read_exact(s, 200000, &hop);
	assert_int_equal(hop.cut, 1);
	assert_null(hop.id);
	/* The writer's own clauses may stand behind the HELO there. */
	assert_int_equal(hop.odd, 1);
	assert_int_equal(hop.tls, RECEIVED_TLS_UNKNOWN);
	received_clear(&hop);
	free(s);
}

/* ---- a client's words ---- */

/*
 * What a client at 203.0.113.66 makes of a hop in clear and without a log-in
 * where its HELO or ident is taken over raw, by writers of all orders of the
 * words: put together from what could help him, at random, but the same each time.
 */
static const char *const	raw_forms[] = {
	"from [203.0.113.66] (helo=%s ident=root) by relay.example with esmtp (Exim 4.96) (envelope-from"
	    " <s@a.example>) id 1aAAAA-000001-2B for r@b.example; Mon, 02 Mar 2026 10:00:00 +0000",
	"from [203.0.113.66] (port=4711 helo=%s) by relay.example with esmtp (Exim 4.96) (envelope-from"
	    " <s@a.example>) id 1aAAAA-000001-2B for r@b.example; Mon, 02 Mar 2026 10:00:00 +0000",
	"from a.example ([203.0.113.66] helo=%s) by relay.example with esmtp (Exim 4.96) (envelope-from"
	    " <\"a b\"@a.example>) id 1aAAAA-000001-2B; Mon, 02 Mar 2026 10:00:00 +0000",
	"from a.example ([203.0.113.66]:4711 helo=%s)\n\tby relay.example with esmtp\n\tid"
	    " 1aAAAA-000001-2B\n\tfor r@b.example; Mon, 02 Mar 2026 10:00:00 +0000",
	"from %s (a.example [203.0.113.66]) by relay.example (8.18.1/8.18.1) with ESMTP id 4EF5364800022"
	    " for <r@b.example>; Mon, 2 Mar 2026 03:22:00 -0700",
	"from %s (a.example [203.0.113.66])\n\tby relay.example (Postfix) with ESMTP id"
	    " 80E9BDA000000\n\tfor <r@b.example>; Mon, 2 Mar 2026 10:00:00 +0000 (UTC)",
	"from %s (unknown [203.0.113.66]) by relay.example (Postfix) with ESMTP id 80E9BDA000000; Mon, 2"
	    " Mar 2026 10:00:00 +0000 (UTC)",
	"from %s ([203.0.113.66]) by relay.example with ESMTP id 80E9BDA000000; Mon, 2 Mar 2026 10:00:00"
	    " +0000",
	"from a.example (HELO %s) (203.0.113.66) by relay.example with SMTP; 2 Mar 2026 11:03:00 -0000",
	"from unknown (HELO %s) (root@203.0.113.66) by relay.example with SMTP; 2 Mar 2026 11:03:00 -0000",
	"from x (IDENT:%s@a.example [203.0.113.66]) by relay.example (8.9.3/8.9.3) with ESMTP id JAA01;"
	    " Mon, 2 Mar 2026 03:22:00 -0700",
	"from x (IDENT:%s@[203.0.113.66]) by relay.example (8.18.1/8.18.1) with ESMTP id JAA01; Mon, 2"
	    " Mar 2026 03:22:00 -0700",
	"from x (a.example [::ffff:203.0.113.66]) (IDENT: %s) by relay.example with ESMTP id"
	    " 74497879692E873F.7552261128BB8D5D.6124D55D; Mon, 02 Mar 2026 07:16:00 -0400",
	"from [203.0.113.66] (HELO %s) by relay.example (CommuniGate Pro SMTP 6.3.19) with ESMTP id"
	    " 19642685; Mon, 02 Mar 2026 14:51:00 +0200",
	"from 203.0.113.66 (EHLO %s) by relay.example with SMTP; Mon, 02 Mar 2026 11:48:00 +0000",
	"from a.example ([203.0.113.66]:52016 \"EHLO %s\" rhost-flags-OK-OK) by relay.example with ESMTP"
	    " id P831614AdpUCZIj (ORCPT <rfc822;r@example.com>); Mon, 2 Mar 2026 10:05:00 -0400",
	"from %s (203.0.113.66) by relay.example (198.51.100.250) with Microsoft SMTP Server id"
	    " 15.20.9137.12; Mon, 2 Mar 2026 11:24:00 +0000",
	"from %s [203.0.113.66] by relay.example with ESMTP; Mon, 02 Mar 2026 16:57:00 +0300 (EEST)",
	"from a.example (EHLO %s) ([203.0.113.66]) by relay.example (JAMES SMTP Server ) with ESMTP ID"
	    " 3e2f7a; Mon, 02 Mar 2026 13:43:00 +0000 (UTC)",
};

static const char *const	raw_words[] = {
	"x", "x", ")", ")", "(", "(", "(gw2 [10.0.0.2])", "(gw2 [10.0.0.2]", "gw2 [10.0.0.2]", "([10.0.0.2])",
	"([10.0.0.2]", "[10.0.0.2]", "10.0.0.2", "(10.0.0.2)", "(10.0.0.2", "by q", "by inner (", "with esmtps",
	"with ESMTPSA", "(TLS1.3)", "tls TLS_AES_128_GCM_SHA256", "(Exim 4.98)", "(Postfix)", "id 1", ";",
	"Mon, 2 Mar 2026 10:00:00 +0000", "\"", "<", ">", "\\", "[", "]", "helo=z", "ident=q",
	"(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))", "(Authenticated sender: boss)", "for <",
	"for", "(envelope-from <", "HELO", "(EHLO z)", "(helo=z)", "via tcp",
	"by localhost (q [10.0.0.2]) (amavisd-new, port 10024)", "@", "from", "(qmail 7 invoked by uid 1)",
	"with local", "(uid 7)", "[unix socket]", "(version=TLSv1.3 cipher=AES256-SHA bits=256)",
	"over TLS secured channel", "auth=yes", "account u", "()", ", TLS: TLSv1.3,128bits,TLS_AES_128_GCM_SHA256",
	"TLS: TLSv1.3,128bits,AES128-SHA", "by q with MailboxResubmission", "by", "with",
};

static unsigned int
dice(uint64_t *seed, size_t sides)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned int)((*seed >> 16) % sides);
}

/* What of the hop is the client's, or NULL. */
static const char *
believed(const struct received *r)
{
	static const char *const	with[] = { "esmtp", "ESMTP", "SMTP", "Microsoft SMTP Server" };
	size_t				i;

	if (r->ip != NULL && strcmp(r->ip, "203.0.113.66") != 0)
		return "address";
	if (r->tls == RECEIVED_TLS_YES)
		return "TLS";
	if (r->auth)
		return "log-in";
	if (r->local && r->ip == NULL)
		return "loop";
	if (r->by != NULL && strncmp(r->by, "relay.example", 13) != 0)
		return "by";
	for (i = 0; r->with != NULL && i < sizeof(with) / sizeof(with[0]); i++)
		if (strcmp(r->with, with[i]) == 0)
			return NULL;
	return r->with != NULL ? "with" : NULL;
}

static void
clients_words(void **state)
{
	enum { ROUNDS = 100000, WORDS_MOST = 9, MOST = 1024 };
	const size_t	forms = sizeof(raw_forms) / sizeof(raw_forms[0]), words = sizeof(raw_words) / sizeof(raw_words[0]);
	char		helo[MOST], value[2 * MOST];
	struct received	hop;
	const char	*what;
	unsigned int	form;
	size_t		i, n, told = 0, bad = 0, used;
	uint64_t	seed = 88172645463325252u;

	(void)state;
	for (i = 0; i < ROUNDS && bad < 5; i++) {
		form = dice(&seed, forms);
		for (used = 0, n = 1 + dice(&seed, WORDS_MOST); n > 0; n--)
			used += (size_t)snprintf(helo + used, sizeof(helo) - used, "%s%s", raw_words[dice(&seed, words)],
			    n > 1 && dice(&seed, 4) > 0 ? " " : "");
		assert_true(used < sizeof(helo));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n = (size_t)snprintf(value, sizeof(value), raw_forms[form], helo);
#pragma GCC diagnostic pop
		assert_true(n < sizeof(value));
		read_exact(value, n, &hop);
		must_encode(&hop, value);
		told += hop.ip != NULL;
		if ((what = believed(&hop)) != NULL) {
			print_error("%s is the client's:\n  %s\n", what, value);
			bad++;
		}
		received_clear(&hop);
	}
	assert_int_equal(bad, 0);
	/* To tell nothing at all would be right as well, and of no use. */
	assert_true(told > ROUNDS / 4);
}

/* ---- hostile shapes: right, and linear ---- */

static void
deep(void **state)
{
	static const char	tail[] = " by mx (Postfix) with ESMTPS id 1; Mon, 2 Mar 2026 10:00:00 +0000";
	struct received		hop;
	size_t			n = 0, i;
	char			*s = malloc(65536);

	(void)state;
	assert_non_null(s);
	memcpy(s, "from a (r.example [192.0.2.1]) ", 31);
	n = 31;
	for (i = 0; i < 10000; i++)
		s[n++] = '(';
	memcpy(s + n, "with ESMTP (TLS)", 16);
	n += 16;
	for (i = 0; i < 10000; i++)
		s[n++] = ')';
	memcpy(s + n, tail, sizeof(tail) - 1);
	n += sizeof(tail) - 1;
	read_exact(s, n, &hop);
	assert_int_equal(hop.tls, RECEIVED_TLS_YES);
	assert_string_equal(hop.with, "ESMTPS");
	assert_string_equal(hop.ip, "192.0.2.1");
	assert_int_equal(hop.has_time, 1);
	received_clear(&hop);
	/* One parenthesis short: all behind it is comment. */
	s[31 + 10000 + 16] = ' ';
	read_exact(s, n, &hop);
	assert_int_equal(hop.tls, RECEIVED_TLS_UNKNOWN);
	assert_null(hop.by);
	received_clear(&hop);
	free(s);
}

static double
read_time(const uint8_t *p, size_t n)
{
	struct timespec	a, b;
	struct received	hop;
	double		best = 1e9, t;
	int		round;

	for (round = 0; round < 5; round++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		assert_int_equal(received_read(p, n, &hop), 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		must_encode(&hop, "shape");
		received_clear(&hop);
		t = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
		best = t < best ? t : best;
	}
	return best;
}

/* Each piece, repeated to 4 KB and to 64 KB, at each place: 16 times the octets may not cost 40 times the time. */
static void
linear(void **state)
{
	static const char *const	heads[] = { "", "from ", "from a ", "from a (", "from a (r [192.0.2.1]) by b ", "from a by b with ESMTP ",
	    "from a by b with ", "from a by b (", "from a by b with x id 1 for ", "from a by b; " };
	static const char *const	pieces[] = { "(", ")", "()", "((", "\\", "\"", "\" ", "\"\\", "<", "< ", "<\"", "[", "[ ", "[(", "] ", "; ", " ;x",
	    "a", "a ", " ", "\r\n ", "by ", "by a ", "with ", "with a ", "from ", "id ", "for ", "tls ", "tls A-B ", "tls version= ", "over ", "over TLS ",
	    "(using ", "(using TLSv1 with cipher ", "(TLS: ", "(IDENT: , TLS: ", "(version=", "version=", "(a [192.0.2.1]) ", "([192.0.2.1]) by ",
	    "(helo=", "helo= ", "with (a [1.2.3.4]) by ", "a,", ":", "@", "1.2.3.4 ", "::1 ", "encrypted ", "with a encrypted ", "\0x", "2 Mar 2026 ", "Mon, " };
	uint8_t	*s = malloc(65536);
	size_t	h, i, n, len, size[2] = { 4096, 65536 };
	double	t[2];
	int	k, tries;

	(void)state;
	assert_non_null(s);
	for (h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
		for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			len = pieces[i][0] == '\0' ? 2 : strlen(pieces[i]);
			for (tries = 0; tries < 5; tries++) {
				for (k = 0; k < 2; k++) {
					n = strlen(heads[h]);
					memcpy(s, heads[h], n);
					for (; n + len <= size[k]; n += len)
						memcpy(s + n, pieces[i], len);
					t[k] = read_time(s, n);
				}
				if (t[1] < 40 * t[0] || t[1] < 0.0005)
					break;
			}
			if (tries == 5)
				fail_msg("'%s' behind '%s': got %.1f us for 64 KB and %.1f us for 4 KB, want a sixteenth", pieces[i], heads[h],
				    t[1] * 1e6, t[0] * 1e6);
		}
	free(s);
}

/* ---- the block ---- */

static void
block(void **state)
{
	static const char	msg[] =
	    "From x@example.net Mon Mar  2 10:00:00 2026\r\n"
	    "Return-Path: <x@example.net>\r\n"
	    "RECEIVED : from c by b\r\n"
	    "X-Received: from no by no\r\n"
	    "Received: from b\r\n\tby a\r\n with ESMTPS\r\n"
	    "junk\r\n"
	    "received:by d\r\n"
	    "\r\n"
	    "Received: from body by body\r\n";
	struct scan_result	r = { 0 };
	struct buf		b;
	uint32_t		i;

	(void)state;
	assert_int_equal(received_block((const uint8_t *)msg, sizeof(msg) - 1, &r), 0);
	assert_int_equal(r.received_count, 3);
	assert_int_equal(r.received_more, 0);
	assert_string_equal(r.received[0].by, "b");
	assert_string_equal(r.received[1].with, "ESMTPS");
	assert_string_equal(r.received[2].by, "d");
	for (i = 0; i < r.received_count; i++)
		received_clear(&r.received[i]);
	free(r.received);

	buf_init(&b, 1 << 20);
	for (i = 0; i < SCAN_RECEIVED_MAX + 7; i++)
		buf_addf(&b, "Received: by h%u\n", i);
	assert_int_equal(received_block((const uint8_t *)b.data, b.len, &r), 0);
	assert_int_equal(r.received_count, SCAN_RECEIVED_MAX);
	assert_int_equal(r.received_more, 7);
	assert_string_equal(r.received[SCAN_RECEIVED_MAX - 1].by, "h63");
	for (i = 0; i < r.received_count; i++)
		received_clear(&r.received[i]);
	free(r.received);
	buf_free(&b);
	assert_int_equal(received_block((const uint8_t *)"", 0, &r), 0);
	assert_int_equal(r.received_count, 0);
	assert_null(r.received);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(octets),
		cmocka_unit_test(proofs),
		cmocka_unit_test(too_long),
		cmocka_unit_test(clients_words),
		cmocka_unit_test(deep),
		cmocka_unit_test(linear),
		cmocka_unit_test(block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
