/* SPDX-License-Identifier: ISC */
/* Tests of judge/facts.c: every decoder gets its own encoder's octets whole, cut, flipped, forged and random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/facts.h"

#define WIRE_MAX	(1024 * 1024)

/* ---- what a decoder allocates; known in the sanitizers' lane only ---- */

int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
    void (*)(const volatile void *)) __attribute__((weak));

static size_t	allocated;	/* since it was last set to 0 */

static void
on_malloc(const volatile void *p, size_t n)
{
	(void)p;
	allocated += n;
}

static void
on_free(const volatile void *p)
{
	(void)p;
}

/* ---- samples: every member another value ---- */

static int
settings_sample(struct buf *b)
{
	struct scan_settings	s = { 0 };
	uint64_t		v = 5000000000u;

#define SAMPLE_SIZE	v++
#define SAMPLE_TIME	v++
#define SAMPLE_COUNT	(v++ & 0xffff)
#define SAMPLE_BOOL	(v++ & 1)
#define X(name, kind, def) s.name = SAMPLE_##kind;
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	s.database = (char[]){ "/var/lib/clamav" };
	s.exclude_pua = (char[]){ "" };
	s.scratch = (char[]){ "/run/hopward/scratch" };
	s.workers_small = 3;
	s.workers_large = 2;
	s.spares = 1;
	s.messages_per_worker = 4;
	s.crashes_max = 5;
	s.hand_out = 1;
	return scan_settings_encode(&s, b);
}

static int
settings_again(const void *p, size_t n, struct buf *out)
{
	struct scan_settings	*s;
	int			 r;

	if (scan_settings_decode(p, n, &s) == -1) {
		assert_null(s);
		return -1;
	}
	r = out == NULL ? 0 : scan_settings_encode(s, out);
	scan_settings_free(s);
	return r;
}

static int
job_sample(struct buf *b)
{
	const struct scan_job	j = { 1ull << 40, 123456789012345u, 15000000, 211 };

	return scan_job_encode(&j, b);
}

static int
job_again(const void *p, size_t n, struct buf *out)
{
	struct scan_job	j;

	if (scan_job_decode(p, n, &j) == -1)
		return -1;
	return out == NULL ? 0 : scan_job_encode(&j, out);
}

static struct part	sample_parts[] = {
	{ .path = (char[]){ "0" }, .size = 1ull << 33, .sha256 = { 1, 2, 3 },
	    .outcome = OUTCOME_CLEAN },
	{ .path = (char[]){ "1.2" }, .name = (char[]){ "gr\xc3\xbc\xc3\x9f.zip" },
	    .type = (char[]){ "application/zip" }, .real_type = (char[]){ "CL_TYPE_ZIP" }, .names = (char[]){ "a.exe\nb.exe" },
	    .view = (char[]){ "exact" }, .decoder = (char[]){ "base64-join" }, .encrypted = 1,
	    .signature = (char[]){ "Eicar-Test-Signature" }, .detail = (char[]){ "" },
	    .size = 184, .sha256 = { [31] = 255 }, .outcome = OUTCOME_INFECTED },
	{ .path = (char[]){ "1.2/1" }, .detail = (char[]){ "MaxFileSize" },
	    .outcome = OUTCOME_LIMIT },
};
static char	*sample_reasons[] = { (char[]){ "CT-DUP" }, (char[]){ "B64-PAD-2" } };

static struct received	sample_received[] = {
	{ .helo = (char[]){ "a.example.net" }, .rdns = (char[]){ "r.example.net" }, .ip = (char[]){ "2001:db8::7" },
	    .by = (char[]){ "mx.example.com" }, .with = (char[]){ "ESMTPSA" }, .id = (char[]){ "4X1y" },
	    .writer = (char[]){ "postfix" }, .tls_words = (char[]){ "using TLS1_3 with cipher C" },
	    .version = (char[]){ "TLS1_3" }, .version_norm = (char[]){ "TLSv1.3" }, .cipher = (char[]){ "C" },
	    .time = 1772445600, .bits = 128, .tls = RECEIVED_TLS_YES, .has_time = 1, .auth = 1, .cut = 1 },
	{ .ip = (char[]){ "127.0.0.1" }, .tls = RECEIVED_TLS_NO, .local = 1 },
	{ .tls = RECEIVED_TLS_UNKNOWN, .odd = 1 },
};

static struct authres	sample_authres[] = {
	{ (char[]){ "mx.example.com" }, (char[]){ "partner.example" }, AUTHRES_SPF, 0, 1 },
	{ (char[]){ "mx.example.com" }, (char[]){ "xn--bcher-kva.example" }, AUTHRES_DKIM, 2, 0 },
};

static const struct scan_result	sample_result = {
	.parts = sample_parts, .parts_count = 3,
	.reasons = sample_reasons, .reasons_count = 2,
	.received = sample_received, .received_count = 3,
	.authres = sample_authres, .authres_count = 2, .tls_required_no = 1,
	.ambiguity = AMBIGUITY_HARD, .scan_us = 17000, .cpu_us = 16000,
};

static int
result_sample(struct buf *b)
{
	return scan_result_encode(&sample_result, b);
}

static int
result_again(const void *p, size_t n, struct buf *out)
{
	struct scan_result	*res;
	int			 r;

	if (scan_result_decode(p, n, &res) == -1) {
		assert_null(res);
		return -1;
	}
	r = out == NULL ? 0 : scan_result_encode(res, out);
	scan_result_free(res);
	return r;
}

static int
object_sample(struct buf *b)
{
	const struct scan_object	o = { .number = SCAN_PARTS_MAX - 1, .part = sample_parts[0] };

	return scan_object_encode(&o, b);
}

static int
object_again(const void *p, size_t n, struct buf *out)
{
	struct scan_object	*o;
	int			 r;

	if (scan_object_decode(p, n, &o) == -1) {
		assert_null(o);
		return -1;
	}
	r = out == NULL ? 0 : scan_object_encode(o, out);
	scan_object_free(o);
	return r;
}

static int
engine_sample(struct buf *b)
{
	const struct engine_info	e = { (char[]){ "1.4.6" }, 27000, 1700000000, 8700000, 9000,
	    1ull << 30, NULL, (char[]){ "/d/x.ndb: broken" } };

	return engine_info_encode(&e, b);
}

static int
engine_again(const void *p, size_t n, struct buf *out)
{
	struct engine_info	*e;
	int			 r;

	if (engine_info_decode(p, n, &e) == -1) {
		assert_null(e);
		return -1;
	}
	r = out == NULL ? 0 : engine_info_encode(e, out);
	engine_info_free(e);
	return r;
}

static int
report_sample(struct buf *b)
{
	const struct scan_report	r = { 99, DEATH_OUTSIDE, 9 };

	return scan_report_encode(&r, b);
}

static int
report_again(const void *p, size_t n, struct buf *out)
{
	struct scan_report	r;

	if (scan_report_decode(p, n, &r) == -1)
		return -1;
	return out == NULL ? 0 : scan_report_encode(&r, out);
}

static const struct form {
	const char	*name;
	int		(*sample)(struct buf *);
	/* Decodes, encodes what came into out (NULL: not), frees. */
	int		(*again)(const void *, size_t, struct buf *out);
} forms[] = {
	{ "settings", settings_sample, settings_again },
	{ "job", job_sample, job_again },
	{ "result", result_sample, result_again },
	{ "object", object_sample, object_again },
	{ "engine", engine_sample, engine_again },
	{ "report", report_sample, report_again },
};
#define FORMS	(sizeof(forms) / sizeof(forms[0]))

/* From an allocation of exactly n octets, so that ASan sees the octet beyond. */
static int
decode(const struct form *f, const void *p, size_t n, struct buf *out)
{
	void	*copy = malloc(n);
	int	 r;

	assert_true(copy != NULL || n == 0);
	if (n > 0)
		memcpy(copy, p, n);
	allocated = 0;
	r = f->again(copy, n, NULL);
	if (allocated > 4096 + 4 * n)
		fail_msg("%s: got %zu octets allocated for %zu", f->name, allocated, n);
	if (r == 0 && out != NULL)
		r = f->again(copy, n, out);
	free(copy);
	return r;
}

/* ---- whole, cut, longer, flipped, random ---- */

static void
round_trip(void **state)
{
	struct buf	b, out;
	size_t		i;

	(void)state;
	buf_init(&b, WIRE_MAX);
	buf_init(&out, WIRE_MAX);
	for (i = 0; i < FORMS; i++) {
		buf_reset(&b);
		buf_reset(&out);
		assert_int_equal(forms[i].sample(&b), 0);
		assert_true(b.len > 0);
		if (decode(&forms[i], b.data, b.len, &out) != 0)
			fail_msg("%s: got -1, want 0", forms[i].name);
		assert_int_equal(out.len, b.len);
		assert_memory_equal(out.data, b.data, b.len);
	}
	buf_free(&b);
	buf_free(&out);
}

static void
cut_and_longer(void **state)
{
	struct buf	b;
	size_t		i, n;

	(void)state;
	buf_init(&b, WIRE_MAX);
	for (i = 0; i < FORMS; i++) {
		buf_reset(&b);
		assert_int_equal(forms[i].sample(&b), 0);
		for (n = 0; n < b.len; n++)
			if (decode(&forms[i], b.data, n, NULL) != -1)
				fail_msg("%s cut at %zu: got 0, want -1", forms[i].name, n);
		buf_addc(&b, '\0');
		if (decode(&forms[i], b.data, b.len, NULL) != -1)
			fail_msg("%s and an octet: got 0, want -1", forms[i].name);
	}
	buf_free(&b);
}

/* What is accepted has one form only: it encodes to the octets it came from. */
static void
flipped(void **state)
{
	struct buf	b, out;
	size_t		i, bit;

	(void)state;
	buf_init(&b, WIRE_MAX);
	buf_init(&out, WIRE_MAX);
	for (i = 0; i < FORMS; i++) {
		buf_reset(&b);
		assert_int_equal(forms[i].sample(&b), 0);
		for (bit = 0; bit < b.len * 8; bit++) {
			b.data[bit / 8] ^= (char)(1 << bit % 8);
			buf_reset(&out);
			if (decode(&forms[i], b.data, b.len, &out) == 0 &&
			    (out.len != b.len || memcmp(out.data, b.data, b.len) != 0))
				fail_msg("%s, bit %zu: accepted as something else",
				    forms[i].name, bit);
			b.data[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
	buf_free(&b);
	buf_free(&out);
}

static void
random_octets(void **state)
{
	unsigned char	octets[600];
	uint64_t	seed = 4711;
	struct buf	b;
	size_t		i, k, n;
	int		round;

	(void)state;
	buf_init(&b, WIRE_MAX);
	for (round = 0; round < 5000; round++)
		for (i = 0; i < FORMS; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			n = (seed >> 33) % sizeof(octets);
			/* Half of the rounds splice the sample with noise. */
			buf_reset(&b);
			assert_int_equal(forms[i].sample(&b), 0);
			for (k = 0; k < n; k++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				octets[k] = round % 2 && k < b.len && (seed >> 40) % 16 != 0 ?
				    (unsigned char)b.data[k] : (unsigned char)(seed >> 56);
			}
			decode(&forms[i], octets, n, NULL);
		}
	buf_free(&b);
}

/* ---- forged numbers ---- */

static const struct form *
form_of(const char *name)
{
	size_t	i;

	for (i = 0; i < FORMS; i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	fail_msg("no form %s", name);
	return NULL;
}

/* Overwrites octets of a sample: what the decoder must say then. */
static void
forged(void **state)
{
	static const struct {
		const char	*form;
		size_t		 at, n;
		const char	*octets;
		int		 want;
	} cases[] = {
		{ "result", 0, 1, "\0", 0 },				/* ambiguity */
		{ "result", 0, 1, "\3", 0 },
		{ "result", 0, 1, "\4", -1 },
		{ "result", 0, 1, "\xff", -1 },
		{ "result", 21, 4, "\0\0\0\0", -1 },			/* parts */
		{ "result", 21, 4, "\2\0\0\0", -1 },
		{ "result", 21, 4, "\0\x20\0\0", -1 },
		{ "result", 21, 4, "\1\x20\0\0", -1 },
		{ "result", 21, 4, "\xff\xff\xff\xff", -1 },
		{ "result", 25, 4, "\0\0\0\0", -1 },			/* reasons */
		{ "result", 25, 4, "\x40\0\0\0", -1 },
		{ "result", 25, 4, "\xff\xff\xff\xff", -1 },
		{ "result", 29, 4, "\xff\xff\xff\xff", -1 },		/* no path */
		{ "result", 33, 1, "\0", -1 },				/* NUL in it */
		{ "job", 24, 4, "\0\xe1\xf5\x05", -1 },			/* prefix > size */
		{ "job", 24, 4, "\0\0\0\0", 0 },
		{ "object", 0, 4, "\0\0\0\0", -1 },			/* the message itself is not handed out */
		{ "object", 0, 4, "\0\x20\0\0", -1 },			/* no such part */
		{ "object", 0, 4, "\1\0\0\0", 0 },
		{ "report", 8, 1, "\4", 0 },				/* death */
		{ "report", 8, 1, "\5", -1 },
		{ "settings", 0, 1, "\1", -1 },				/* another release's list */
		{ "settings", 4 + 3 * 8 + 7, 1, "\1", -1 },		/* COUNT: MaxRecursion */
		{ "settings", 4 + 3 * 8, 4, "\xff\xff\xff\xff", 0 },
		{ "settings", 4 + 17 * 8, 1, "\2", -1 },		/* BOOL: DetectPUA */
		{ "settings", 4 + 17 * 8, 1, "\1", 0 },
		{ "settings", 4 + 17 * 8, 1, "\0", 0 },
	};
	const struct form	*f;
	struct buf		 b;
	size_t			 i;
	int			 got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = form_of(cases[i].form);
		buf_reset(&b);
		assert_int_equal(f->sample(&b), 0);
		assert_true(cases[i].at + cases[i].n <= b.len);
		memcpy(b.data + cases[i].at, cases[i].octets, cases[i].n);
		got = decode(f, b.data, b.len, NULL);
		if (got != cases[i].want)
			fail_msg("case %zu (%s): got %d, want %d", i, f->name, got, cases[i].want);
	}
	buf_free(&b);
}

/* Reasons are tokens: what an encoder refuses, and what a decoder does with it. */
static void
reasons(void **state)
{
	static const struct {
		const char	*in;
		int		 want;
	} cases[] = {
		{ "A", 0 }, { "CT-DUP", 0 }, { "0-9", 0 },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", 0 },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", -1 },
		{ "", -1 }, { "ct-dup", -1 }, { "CT DUP", -1 }, { "CT_DUP", -1 }, { "CT\n", -1 },
		{ "CT\xc3\x9c", -1 }, { NULL, -1 },
	};
	/* The same octets under a name of the same length that is a token. */
	static const char	token[] = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
	char			text[40], *one[1];
	struct scan_result	r = sample_result;
	struct buf		b;
	size_t			i, n;
	int			got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	r.reasons = one;
	r.reasons_count = 1;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one[0] = cases[i].in == NULL ? NULL : text;
		if (cases[i].in != NULL)
			memcpy(text, cases[i].in, strlen(cases[i].in) + 1);
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got != cases[i].want)
			fail_msg("encode %s: got %d, want %d", cases[i].in, got, cases[i].want);
		n = cases[i].in == NULL ? 0 : strlen(cases[i].in);
		if (n == 0 || n > 32)
			continue;
		memcpy(text, token, n);
		text[n] = '\0';
		buf_reset(&b);
		assert_int_equal(scan_result_encode(&r, &b), 0);
		memcpy(b.data + b.len - n, cases[i].in, n);
		got = decode(form_of("result"), b.data, b.len, NULL);
		if (got != cases[i].want)
			fail_msg("decode %s: got %d, want %d", cases[i].in, got, cases[i].want);
	}
	buf_free(&b);
}

/* Each number and text of a hop is held against its bounds, on both sides of the wire. */
static void
received_bounds(void **state)
{
	static char	long_text[257], twelve[] = "TLSv1.2", four[] = "TLSv1.4";
	const struct {
		struct received	hop;
		int		want;
	} cases[] = {
		{ { .bits = 0 }, 0 },
		{ { .bits = RECEIVED_BITS_MAX }, 0 },
		{ { .bits = RECEIVED_BITS_MAX + 1 }, -1 },
		{ { .tls = RECEIVED_TLS_YES }, 0 },
		{ { .tls = (enum received_tls)3 }, -1 },
		{ { .has_time = 1, .time = RECEIVED_TIME_MAX }, 0 },
		{ { .has_time = 1, .time = RECEIVED_TIME_MAX + 1ull }, -1 },
		{ { .has_time = 0, .time = 1 }, -1 },
		{ { .has_time = 2 }, -1 }, { { .auth = 2 }, -1 }, { { .local = 2 }, -1 }, { { .cut = 2 }, -1 },
		{ { .odd = 1 }, 0 }, { { .odd = 2 }, -1 }, { { .odd = 1, .local = 1 }, -1 }, { { .odd = 1, .auth = 1 }, -1 },
		{ { .odd = 1, .ip = (char[]){ "192.0.2.1" } }, -1 },
		{ { .ip = (char[]){ "192.0.2.1" } }, 0 },
		{ { .ip = (char[]){ "::ffff:192.0.2.1" } }, -1 },	/* is 192.0.2.1 */
		{ { .ip = (char[]){ "::ffff:0:0:1" } }, 0 },		/* is not */
		{ { .ip = (char[]){ "2001:DB8::1" } }, -1 },
		{ { .ip = (char[]){ "2001:db8:0:0:0:0:0:1" } }, -1 },
		{ { .ip = (char[]){ "fe80::1%eth0" } }, -1 },
		{ { .ip = (char[]){ "[192.0.2.1]" } }, -1 },
		{ { .ip = (char[]){ "192.0.2.01" } }, -1 },
		{ { .version_norm = twelve }, 0 }, { { .version_norm = four }, -1 },
		{ { .version = four }, 0 },
		{ { .helo = (char[]){ "" } }, -1 },
		{ { .helo = (char[]){ "a\nb" } }, -1 }, { { .helo = (char[]){ "a\x7f" } }, -1 },
		{ { .helo = (char[]){ "a \xff" } }, 0 },
		{ { .helo = long_text + 1 }, 0 }, { { .helo = long_text }, -1 },
	};
	struct scan_result	 r = sample_result;
	struct received		 hop;
	struct buf		 b;
	size_t			 i;
	int			 got;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	buf_init(&b, WIRE_MAX);
	r.received_count = 1;
	r.received = &hop;
	r.authres_count = 0;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hop = cases[i].hop;
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got != cases[i].want)
			fail_msg("hop %zu: got %d, want %d", i, got, cases[i].want);
		if (got == 0 && decode(form_of("result"), b.data, b.len, NULL) != 0)
			fail_msg("hop %zu: encoded, but not decoded", i);
	}
	buf_free(&b);
}

/* The decoder's own checks: octets behind an encoder that would have refused. */
static void
received_forged(void **state)
{
	/* A hop without texts is 62 octets, all 0xff or 0; reasons follow. */
	enum { TEXTS = 11 * 4, HOP = TEXTS + 8 + 4 + 6, TAIL = 4 + 1 };
	static const struct {
		size_t	at;
		uint8_t	octet;
		int	want;
	} cases[] = {
		{ 0, 0, 0 },
		{ 9 + TEXTS, 1, -1 },		/* a time that is not there */
		{ 9 + TEXTS + 8, 1, 0 }, { 9 + TEXTS + 9, 0x11, -1 },	/* bits */
		{ 9 + TEXTS + 12, 2, 0 }, { 9 + TEXTS + 12, 3, -1 },	/* tls */
		{ 9 + TEXTS + 13, 2, -1 }, { 9 + TEXTS + 14, 2, -1 },
		{ 9 + TEXTS + 15, 2, -1 }, { 9 + TEXTS + 16, 2, -1 },
		{ 9, 0, -1 },			/* "" and not NULL, and all behind it moves */
		{ 0, 2, -1 }, { 0, 65, -1 }, { 3, 0xff, -1 },		/* count */
		{ 4, 1, -1 },			/* more, although there was room */
		{ 8, 1, 0 }, { 8, 2, -1 },	/* header_cut */
		{ 9 + TEXTS + 17, 1, 0 }, { 9 + TEXTS + 17, 2, -1 },	/* odd */
	};
	char			*one[] = { (char[]){ "A" } };
	struct received		 hop = { 0 };
	struct scan_result	 r = sample_result;
	struct buf		 b;
	size_t			 i, at;
	int			 got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	r.reasons = one;
	r.reasons_count = 1;
	r.received = &hop;
	r.received_count = 1;
	r.authres_count = 0;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		assert_int_equal(scan_result_encode(&r, &b), 0);
		at = b.len - TAIL - HOP - 9;
		assert_int_equal(b.data[at], 1);
		if (i > 0)
			b.data[at + cases[i].at] = (char)cases[i].octet;
		got = decode(form_of("result"), b.data, b.len, NULL);
		if (got != cases[i].want)
			fail_msg("case %zu: got %d, want %d", i, got, cases[i].want);
	}
	buf_free(&b);
}

static void
most_received(void **state)
{
	static const struct {
		uint32_t	count, more;
		int		want;
	} cases[] = {
		{ 0, 0, 0 }, { 0, 1, -1 }, { SCAN_RECEIVED_MAX - 1, 1, -1 }, { SCAN_RECEIVED_MAX, 0, 0 },
		{ SCAN_RECEIVED_MAX, UINT32_MAX, 0 }, { SCAN_RECEIVED_MAX + 1, 0, -1 },
	};
	static struct received	hops[SCAN_RECEIVED_MAX + 1];
	struct scan_result	r = sample_result, *again;
	struct buf		b;
	size_t			i;
	int			got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	r.received = hops;
	r.authres_count = 0;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.received_count = cases[i].count;
		r.received_more = cases[i].more;
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got != cases[i].want)
			fail_msg("%u and %u more: got %d, want %d", cases[i].count, cases[i].more, got, cases[i].want);
		if (got == -1)
			continue;
		assert_int_equal(scan_result_decode(b.data, b.len, &again), 0);
		assert_int_equal(again->received_count, cases[i].count);
		assert_true(again->received_more == cases[i].more);
		scan_result_free(again);
	}
	buf_free(&b);
}

/* Each text and number of a pass is held against its bounds by the encoder. */
static void
authres_bounds(void **state)
{
	static char	long_text[257];
	static struct received hops[SCAN_RECEIVED_MAX];
	const struct {
		struct authres	pass;
		uint32_t	received, more;
		uint8_t		tls_required_no;
		int		want;
	} cases[] = {
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_DKIM, 0, 0 }, 0, 0, 1, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_DKIM, 0, 0 }, 0, 0, 2, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_METHODS, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 1, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 1, 0 }, 1, 0, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 66, 0 }, SCAN_RECEIVED_MAX, 1, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 65, 0 }, SCAN_RECEIVED_MAX, 1, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, UINT32_MAX, 0 }, SCAN_RECEIVED_MAX,
		    UINT32_MAX, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 1 }, 0, 0, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 2 }, 0, 0, 0, -1 },
		{ { NULL, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, NULL, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "Mx" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "a b; \"c\"" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
		{ { (char[]){ "a\nb" }, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { long_text + 1, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
		{ { long_text, (char[]){ "a.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, long_text + 1, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
		{ { (char[]){ "mx" }, long_text, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
		{ { (char[]){ "mx" }, (char[]){ "A.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a..example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ ".a" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a." }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "u@a" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a b" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "a\x7f" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, -1 },
		{ { (char[]){ "mx" }, (char[]){ "b\xc3\xbc.example" }, AUTHRES_SPF, 0, 0 }, 0, 0, 0, 0 },
	};
	struct scan_result	 r = sample_result;
	struct authres		 pass;
	struct buf		 b;
	size_t			 i;
	int			 got;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	buf_init(&b, WIRE_MAX);
	r.received = hops;
	r.authres = &pass;
	r.authres_count = 1;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pass = cases[i].pass;
		r.received_count = cases[i].received;
		r.received_more = cases[i].more;
		r.tls_required_no = cases[i].tls_required_no;
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got != cases[i].want)
			fail_msg("pass %zu: got %d, want %d", i, got, cases[i].want);
		if (got == 0 && decode(form_of("result"), b.data, b.len, NULL) != 0)
			fail_msg("pass %zu: encoded, but not decoded", i);
	}
	buf_free(&b);
}

/* The decoder's own checks; of two passes by "m" for "d", 16 octets each, one hop and one reason behind them. */
static void
authres_forged(void **state)
{
	enum { PASS = 4 + 1 + 4 + 1 + 1 + 4 + 1, TAIL = 9 + (11 * 4 + 8 + 4 + 6) + 4 + 1 };
	static const struct {
		size_t	at;
		uint8_t	octet;
		int	want;
	} cases[] = {
		{ 0, 2, 0 },
		{ 0, 1, -1 }, { 0, 0, -1 }, { 0, 3, -1 }, { 0, 33, -1 }, { 3, 0xff, -1 },	/* count */
		{ 4, 1, -1 },					/* more, although there was room */
		{ 8, 0, 0 }, { 8, 2, -1 }, { 8, 0xff, -1 },	/* tls_required_no */
		{ 9, 0, -1 }, { 9, 2, -1 }, { 12, 0xff, -1 },	/* length of the id */
		{ 13, 'z', 0 }, { 13, 'Z', -1 }, { 13, '\n', -1 }, { 13, 0, -1 },
		{ 14, 0, -1 },
		{ 18, 'z', 0 }, { 18, 'Z', -1 }, { 18, '.', -1 }, { 18, '@', -1 }, { 18, ' ', -1 }, { 18, 0, -1 },
		{ 19, 1, 0 }, { 19, 2, -1 }, { 19, 0xff, -1 },	/* method */
		{ 20, 1, 0 }, { 20, 2, -1 },			/* more above it than there are, or than above the next */
		{ 23, 1, -1 },
		{ 24, 1, 0 }, { 24, 2, -1 }, { 24, 0xff, -1 },	/* pass */
		{ 9 + PASS + 11, 0, 0 }, { 9 + PASS + 11, 2, -1 },
	};
	struct authres		 passes[] = {
		{ (char[]){ "m" }, (char[]){ "d" }, AUTHRES_SPF, 0, 0 }, { (char[]){ "m" }, (char[]){ "d" }, AUTHRES_DKIM, 1, 0 },
	};
	char			*one[] = { (char[]){ "A" } };
	struct received		 hop = { 0 };
	struct scan_result	 r = sample_result;
	struct buf		 b;
	size_t			 i, at;
	int			 got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	r.reasons = one;
	r.reasons_count = 1;
	r.received = &hop;
	r.received_count = 1;
	r.authres = passes;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		assert_int_equal(scan_result_encode(&r, &b), 0);
		at = b.len - TAIL - 2 * PASS - 9;
		assert_int_equal(b.data[at], 2);
		b.data[at + cases[i].at] = (char)cases[i].octet;
		got = decode(form_of("result"), b.data, b.len, NULL);
		if (got != cases[i].want)
			fail_msg("case %zu: got %d, want %d", i, got, cases[i].want);
	}
	/* The first stands below the hop, the second above it. */
	passes[0].received_above = 1;
	passes[1].received_above = 0;
	buf_reset(&b);
	assert_int_equal(scan_result_encode(&r, &b), -1);
	buf_free(&b);
}

static void
most_authres(void **state)
{
	static const struct {
		uint32_t	count, more;
		int		want;
	} cases[] = {
		{ 0, 0, 0 }, { 0, 1, -1 }, { SCAN_AUTHRES_MAX - 1, 1, -1 }, { SCAN_AUTHRES_MAX, 0, 0 },
		{ SCAN_AUTHRES_MAX, UINT32_MAX, 0 }, { SCAN_AUTHRES_MAX + 1, 0, -1 },
	};
	struct authres		passes[SCAN_AUTHRES_MAX + 1];
	struct scan_result	r = sample_result, *again;
	struct buf		b;
	size_t			i;
	int			got;

	(void)state;
	buf_init(&b, WIRE_MAX);
	for (i = 0; i <= SCAN_AUTHRES_MAX; i++)
		passes[i] = sample_authres[0];
	r.authres = passes;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.authres_count = cases[i].count;
		r.authres_more = cases[i].more;
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got != cases[i].want)
			fail_msg("%u and %u more: got %d, want %d", cases[i].count, cases[i].more, got, cases[i].want);
		if (got == -1)
			continue;
		assert_int_equal(scan_result_decode(b.data, b.len, &again), 0);
		assert_int_equal(again->authres_count, cases[i].count);
		assert_true(again->authres_more == cases[i].more);
		scan_result_free(again);
	}
	buf_free(&b);
}

/* ---- limits and members ---- */

static void
most_parts(void **state)
{
	static const struct {
		uint32_t	parts, reasons;
		int		want;
	} cases[] = {
		{ 1, 0, 0 },
		{ SCAN_PARTS_MAX, SCAN_REASONS_MAX, 0 },
		{ SCAN_PARTS_MAX + 1, 0, -1 },
		{ 1, SCAN_REASONS_MAX + 1, -1 },
		{ 0, 0, -1 },
	};
	struct scan_result	r = { 0 };
	struct buf		b;
	uint32_t		k;
	size_t			i;
	int			got;

	(void)state;
	buf_init(&b, SCAN_REPLY_MAX);
	r.parts = calloc(SCAN_PARTS_MAX + 1, sizeof(*r.parts));
	r.reasons = calloc(SCAN_REASONS_MAX + 1, sizeof(*r.reasons));
	assert_true(r.parts != NULL && r.reasons != NULL);
	for (k = 0; k <= SCAN_PARTS_MAX; k++)
		r.parts[k].path = sample_parts[0].path;
	for (k = 0; k <= SCAN_REASONS_MAX; k++)
		r.reasons[k] = sample_reasons[0];
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.parts_count = cases[i].parts;
		r.reasons_count = cases[i].reasons;
		buf_reset(&b);
		got = scan_result_encode(&r, &b);
		if (got == 0)
			got = decode(form_of("result"), b.data, b.len, NULL);
		if (got != cases[i].want)
			fail_msg("%u parts, %u reasons: got %d, want %d", cases[i].parts,
			    cases[i].reasons, got, cases[i].want);
	}
	free(r.parts);
	free(r.reasons);
	buf_free(&b);
}

static void
same_text(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
}

static void
members_arrive(void **state)
{
	struct scan_result	*r;
	struct engine_info	*e;
	struct scan_settings	*s;
	struct scan_job		 j;
	struct scan_report	 d;
	struct buf		 b;
	uint32_t		 i;

	(void)state;
	buf_init(&b, WIRE_MAX);
	assert_int_equal(result_sample(&b), 0);
	assert_int_equal(scan_result_decode(b.data, b.len, &r), 0);
	assert_int_equal(r->parts_count, 3);
	for (i = 0; i < 3; i++) {
		same_text(r->parts[i].path, sample_parts[i].path);
		same_text(r->parts[i].name, sample_parts[i].name);
		same_text(r->parts[i].type, sample_parts[i].type);
		same_text(r->parts[i].real_type, sample_parts[i].real_type);
		same_text(r->parts[i].names, sample_parts[i].names);
		same_text(r->parts[i].view, sample_parts[i].view);
		same_text(r->parts[i].decoder, sample_parts[i].decoder);
		assert_int_equal(r->parts[i].member, sample_parts[i].member);
		assert_int_equal(r->parts[i].encrypted, sample_parts[i].encrypted);
		same_text(r->parts[i].signature, sample_parts[i].signature);
		same_text(r->parts[i].detail, sample_parts[i].detail);
		assert_true(r->parts[i].size == sample_parts[i].size);
		assert_memory_equal(r->parts[i].sha256, sample_parts[i].sha256, 32);
		assert_int_equal(r->parts[i].outcome, sample_parts[i].outcome);
	}
	assert_int_equal(r->received_count, 3);
	for (i = 0; i < 3; i++) {
#define X(member, max) same_text(r->received[i].member, sample_received[i].member);
		RECEIVED_TEXTS(X)
#undef X
		assert_true(r->received[i].time == sample_received[i].time);
		assert_int_equal(r->received[i].bits, sample_received[i].bits);
		assert_int_equal(r->received[i].tls, sample_received[i].tls);
		assert_int_equal(r->received[i].has_time, sample_received[i].has_time);
		assert_int_equal(r->received[i].auth, sample_received[i].auth);
		assert_int_equal(r->received[i].local, sample_received[i].local);
		assert_int_equal(r->received[i].cut, sample_received[i].cut);
		assert_int_equal(r->received[i].odd, sample_received[i].odd);
	}
	assert_int_equal(r->authres_count, 2);
	for (i = 0; i < 2; i++) {
		same_text(r->authres[i].authserv_id, sample_authres[i].authserv_id);
		same_text(r->authres[i].domain, sample_authres[i].domain);
		assert_int_equal(r->authres[i].method, sample_authres[i].method);
		assert_int_equal(r->authres[i].pass, sample_authres[i].pass);
		assert_int_equal(r->authres[i].received_above, sample_authres[i].received_above);
	}
	assert_int_equal(r->authres_more, 0);
	assert_int_equal(r->tls_required_no, 1);
	assert_int_equal(r->reasons_count, 2);
	assert_string_equal(r->reasons[0], "CT-DUP");
	assert_string_equal(r->reasons[1], "B64-PAD-2");
	assert_int_equal(r->ambiguity, AMBIGUITY_HARD);
	assert_int_equal(r->scan_us, 17000);
	assert_int_equal(r->cpu_us, 16000);
	scan_result_free(r);

	buf_reset(&b);
	assert_int_equal(engine_sample(&b), 0);
	assert_int_equal(engine_info_decode(b.data, b.len, &e), 0);
	assert_string_equal(e->version, "1.4.6");
	assert_int_equal(e->db_version, 27000);
	assert_int_equal(e->db_time, 1700000000);
	assert_int_equal(e->signatures, 8700000);
	assert_int_equal(e->load_ms, 9000);
	assert_int_equal(e->huge_bytes, 1 << 30);
	assert_null(e->sandbox);
	engine_info_free(e);

	buf_reset(&b);
	assert_int_equal(settings_sample(&b), 0);
	assert_int_equal(scan_settings_decode(b.data, b.len, &s), 0);
	assert_true(s->MaxScanTime == 5000000000u);
	assert_true(s->MaxScanSize == 5000000001u);
	assert_string_equal(s->database, "/var/lib/clamav");
	assert_null(s->include_pua);
	assert_string_equal(s->exclude_pua, "");
	assert_string_equal(s->scratch, "/run/hopward/scratch");
	assert_null(s->test_hook);
	assert_int_equal(s->workers_small, 3);
	assert_int_equal(s->workers_large, 2);
	assert_int_equal(s->spares, 1);
	assert_int_equal(s->messages_per_worker, 4);
	assert_int_equal(s->crashes_max, 5);
	scan_settings_free(s);

	buf_reset(&b);
	assert_int_equal(job_sample(&b), 0);
	assert_true(b.len <= SCAN_JOB_WIRE_MAX);
	assert_int_equal(scan_job_decode(b.data, b.len, &j), 0);
	assert_true(j.id == 1ull << 40 && j.deadline_ns == 123456789012345u);
	assert_true(j.size == 15000000 && j.prefix_len == 211);

	buf_reset(&b);
	assert_int_equal(report_sample(&b), 0);
	assert_int_equal(scan_report_decode(b.data, b.len, &d), 0);
	assert_true(d.id == 99 && d.death == DEATH_OUTSIDE && d.number == 9);
	buf_free(&b);
	scan_result_free(NULL);
	scan_settings_free(NULL);
	engine_info_free(NULL);
}

/* What an encoder refuses, so that no reader has to. */
static void
encoders_refuse(void **state)
{
	struct scan_settings	s = { .workers_small = 1 };
	struct scan_result	r = sample_result;
	struct part		p = { .path = (char[]){ "0" } };
	struct scan_report	d = { 1, DEATH_EXIT, 0 };
	struct scan_job		j = { .size = 1, .prefix_len = 1 };
	struct buf		b;

	(void)state;
	buf_init(&b, WIRE_MAX);
	assert_int_equal(scan_settings_encode(&s, &b), 0);
	s.ScanMail = 2;
	assert_int_equal(scan_settings_encode(&s, &b), -1);
	s.ScanMail = 0;
	s.max_depth = 1ull << 32;
	assert_int_equal(scan_settings_encode(&s, &b), -1);
	s.max_depth = 0;
	s.workers_small = 0;
	assert_int_equal(scan_settings_encode(&s, &b), -1);
	r.parts = &p;
	r.parts_count = 1;
	assert_int_equal(scan_result_encode(&r, &b), 0);
	r.ambiguity = (enum ambiguity)9;
	assert_int_equal(scan_result_encode(&r, &b), -1);
	r.ambiguity = AMBIGUITY_NONE;
	p.outcome = OUTCOME_MAX;
	assert_int_equal(scan_result_encode(&r, &b), -1);
	buf_reset(&b);
	p.outcome = OUTCOME_CLEAN;
	p.path = NULL;
	assert_int_equal(scan_result_encode(&r, &b), -1);
	buf_reset(&b);
	assert_int_equal(scan_report_encode(&d, &b), 0);
	d.death = (enum scan_death)77;
	assert_int_equal(scan_report_encode(&d, &b), -1);
	assert_int_equal(scan_job_encode(&j, &b), 0);
	j.prefix_len = 2;
	assert_int_equal(scan_job_encode(&j, &b), -1);
	buf_free(&b);
	buf_init(&b, 5);
	assert_int_equal(job_sample(&b), -1);
	buf_free(&b);
}

/* ---- names and order ---- */

static void
names(void **state)
{
	enum outcome	got;
	int		i;

	(void)state;
	for (i = 0; i < OUTCOME_MAX; i++) {
		assert_int_equal(outcome_parse(outcome_str((enum outcome)i), &got), 0);
		assert_int_equal(got, i);
	}
	assert_string_equal(outcome_str(OUTCOME_NOT_SCANNED), "not-scanned");
	assert_string_equal(outcome_str(OUTCOME_MAX), "invalid");
	assert_int_equal(outcome_parse("Clean", &got), -1);
	assert_int_equal(outcome_parse("", &got), -1);
	assert_int_equal(outcome_parse(NULL, &got), -1);
	assert_int_not_equal(got, OUTCOME_CLEAN);
	assert_string_equal(ambiguity_str(AMBIGUITY_NONE), "none");
	assert_string_equal(ambiguity_str(AMBIGUITY_SOFT), "soft");
	assert_string_equal(ambiguity_str(AMBIGUITY_HARD), "hard");
	assert_string_equal(ambiguity_str(AMBIGUITY_LIMIT), "limit");
	assert_string_equal(ambiguity_str((enum ambiguity)4), "invalid");
}

static void
order(void **state)
{
	static const char *const	gravest_first[OUTCOME_MAX] = { "infected", "crash", "timeout",
	    "unavailable", "not-scanned", "blocked", "pua", "macro", "encrypted", "ambiguous",
	    "limit", "unopened", "clean" };
	enum outcome	a, b;
	int		i, k;

	(void)state;
	for (i = 0; i < OUTCOME_MAX; i++)
		for (k = i; k < OUTCOME_MAX; k++) {
			assert_int_equal(outcome_parse(gravest_first[i], &a), 0);
			assert_int_equal(outcome_parse(gravest_first[k], &b), 0);
			if (outcome_worse(a, b) != a || outcome_worse(b, a) != a)
				fail_msg("%s and %s: got %s", gravest_first[i], gravest_first[k],
				    outcome_str(outcome_worse(a, b)));
		}
	assert_int_equal(outcome_worse(OUTCOME_MAX, OUTCOME_MAX), OUTCOME_NOT_SCANNED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(cut_and_longer),
		cmocka_unit_test(flipped),
		cmocka_unit_test(random_octets),
		cmocka_unit_test(forged),
		cmocka_unit_test(reasons),
		cmocka_unit_test(received_bounds),
		cmocka_unit_test(received_forged),
		cmocka_unit_test(most_received),
		cmocka_unit_test(authres_bounds),
		cmocka_unit_test(authres_forged),
		cmocka_unit_test(most_authres),
		cmocka_unit_test(most_parts),
		cmocka_unit_test(members_arrive),
		cmocka_unit_test(encoders_refuse),
		cmocka_unit_test(names),
		cmocka_unit_test(order),
	};

	if (__sanitizer_install_malloc_and_free_hooks != NULL)
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
