/* SPDX-License-Identifier: ISC */
/* Tests of record/verify.c, verify_seal.c and line.c: each kind of tampering at each place of a small stream is named, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "record/verify.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define LINES_MAX	64
#define TEXT_MAX	1200
#define T0		1790812800000ull	/* 2026-10-01T00:00:00Z */

/* ---- a stream, made from the format's description ---- */

struct made {
	char		 text[LINES_MAX][TEXT_MAX];
	int		 file[LINES_MAX];		/* which of the files it stands in */
	size_t		 count;
	uint64_t	 seq, epoch, since, now;
	uint8_t		 seed, public_1[32], chain[32];
	int		 at_file, sealed;
};

static void
hex(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static EVP_PKEY *
key_of(uint8_t seed, uint8_t public_key[32])
{
	uint8_t raw[32];
	size_t n = 32;
	EVP_PKEY *key;

	memset(raw, seed, sizeof(raw));
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof(raw));
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public_key, &n), 1);
	return key;
}

static void
digest(const void *a, size_t an, const void *b, size_t bn, const void *c, size_t cn, uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, a, an);
	EVP_DigestUpdate(ctx, b, bn);
	EVP_DigestUpdate(ctx, c, cn);
	EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
}

static void
u64(uint64_t v, uint8_t out[8])
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static const char *
stamp(uint64_t ms)
{
	static char out[40];
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&t, &tm);
	n = strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, sizeof(out) - n, ".%03uZ", (unsigned int)(ms % 1000));
	return out;
}

/* A line of that seq and body; its leaf is given, too. */
static void
line_make(char out[TEXT_MAX], uint64_t seq, const char *body, uint8_t leaf[32])
{
	uint8_t salt[16];
	char salt_hex[33], leaf_hex[65];

	memset(salt, (int)(seq * 7 + 1), sizeof(salt));
	digest(salt, sizeof(salt), body, strlen(body), "", 0, leaf);
	hex(salt, sizeof(salt), salt_hex);
	hex(leaf, 32, leaf_hex);
	snprintf(out, TEXT_MAX, "{\"seq\":%llu,\"stream\":\"mail\",\"salt\":\"%s\",\"leaf\":\"%s\",%s", (unsigned long long)seq, salt_hex, leaf_hex, body + 1);
}

static void
put(struct made *m, const char *body)
{
	uint8_t leaf[32], n[8], chain[32];

	assert_true(m->count < LINES_MAX);
	line_make(m->text[m->count], ++m->seq, body, leaf);
	m->file[m->count++] = m->at_file;
	if (!m->sealed)
		return;
	u64(m->seq, n);
	digest(m->chain, 32, n, 8, leaf, 32, chain);
	memcpy(m->chain, chain, 32);
	m->since++;
}

static void
put_init(struct made *m)
{
	char body[400], public_hex[65];

	m->seed = 1;
	m->since = 0;
	m->epoch = 1;
	EVP_PKEY_free(key_of(m->seed, m->public_1));
	hex(m->public_1, 32, public_hex);
	digest("hopward chain 1\0mail", 21, m->public_1, 32, "", 0, m->chain);
	m->sealed = 1;
	snprintf(body, sizeof(body), "{\"v\":1,\"type\":\"seal-init\",\"time\":\"%s\",\"gateway\":\"gw\",\"public\":\"%s\",\"why\":\"new\"}", stamp(m->now), public_hex);
	put(m, body);
}

/* A seal, by the key that is due or by another one. */
static void
put_seal(struct made *m, int forged)
{
	uint8_t text[128], next[32], own[32], sig[64];
	char body[700], chain_hex[65], next_hex[65], sig_hex[129];
	EVP_PKEY *key = key_of((uint8_t)(m->seed + (forged ? 100 : 0)), own);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 20, sig_len = sizeof(sig);

	EVP_PKEY_free(key_of((uint8_t)(m->seed + 1), next));
	m->now += 1000;
	memcpy(text, "hopward seal 1\0mail", 20);
	u64(m->epoch, text + n), n += 8;
	u64(m->seq + 1, text + n), n += 8;
	u64(m->now, text + n), n += 8;
	u64(m->since, text + n), n += 8;
	memcpy(text + n, m->chain, 32), n += 32;
	memcpy(text + n, next, 32), n += 32;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, text, n), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	hex(m->chain, 32, chain_hex);
	hex(next, 32, next_hex);
	hex(sig, 64, sig_hex);
	snprintf(body, sizeof(body), "{\"v\":1,\"type\":\"seal\",\"time\":\"%s\",\"gateway\":\"gw\",\"epoch\":%llu,\"lines\":%llu,\"chain\":\"%s\",\"next\":\"%s\",\"sig\":\"%s\"}",
	    stamp(m->now), (unsigned long long)m->epoch, (unsigned long long)m->since, chain_hex, next_hex, sig_hex);
	m->since = 0;
	put(m, body);
	m->since = 0;
	m->epoch++;
	m->seed++;
}

static void
put_message(struct made *m)
{
	char body[300];

	m->now += 10;
	snprintf(body, sizeof(body), "{\"v\":1,\"type\":\"message\",\"time\":\"%s\",\"gateway\":\"gw\",\"queue_id\":\"4Q%llu\",\"n\":[1,{\"a\":\"\\u00e9\"}]}", stamp(m->now),
	    (unsigned long long)m->seq);
	put(m, body);
}

static void
put_event(struct made *m, const char *event, const char *data)
{
	char body[400];

	m->now += 10;
	snprintf(body, sizeof(body), "{\"v\":1,\"type\":\"event\",\"time\":\"%s\",\"gateway\":\"gw\",\"event\":\"%s\"%s%s}", stamp(m->now), event,
	    data != NULL ? ",\"data\":" : "", data != NULL ? data : "");
	put(m, body);
}

/* Lines 1 to 14: two files, of which the first ends with line 7; seals are 5, 9, 10; 11 to 14 are open. */
static void
make(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->now = T0;
	put_init(m);
	put_event(m, "start", NULL);
	put_message(m), put_message(m);
	put_seal(m, 0);
	put_message(m), put_message(m);
	m->at_file = 1;
	put_message(m);
	put_seal(m, 0);
	put_seal(m, 0);
	put_message(m), put_message(m), put_message(m), put_message(m);
}
#define LAST		14
#define LAST_SEAL	10
#define FILE_EDGE	7	/* the first file's last line */

/* ---- a run ---- */

struct found {
	enum verify_kind kind;
	int		 file;		/* -1 none */
	uint64_t	 line, line_last, seq, seq_last;
	char		 said[200];
};

struct result {
	struct found		 found[40];
	size_t			 count;
	struct verify_report	 report;
	int			 clean;
};

static void
take(void *arg, const struct verify_finding *f)
{
	struct result *r = arg;
	struct found *o = &r->found[r->count];

	if (r->count == COUNT(r->found))
		return;
	r->count++;
	o->kind = f->kind;
	o->file = f->file != NULL ? f->file[0] - 'A' : -1;
	o->line = f->line;
	o->line_last = f->line_last;
	o->seq = f->seq;
	o->seq_last = f->seq_last;
	snprintf(o->said, sizeof(o->said), "%s", f->said);
}

struct how {
	const uint8_t	(*publics)[32];
	const struct verify_anchor *anchor;
	int		 part, quick;
	int		 torn;		/* the last line has no end */
};

static void
run(const struct made *m, const struct how *how, struct result *r)
{
	struct verify_settings set = { .stream = "mail", .publics = how->publics, .publics_count = how->publics != NULL, .anchors = how->anchor,
	    .anchors_count = how->anchor != NULL, .part = how->part, .found = take, .arg = r };
	const struct verify_report *report;
	struct verify *v;
	uint64_t number = 0;
	int file = -1;

	memset(r, 0, sizeof(*r));
	assert_non_null(v = verify_new(&set));
	for (size_t i = 0; i < m->count; i++) {
		for (; file < m->file[i]; number = 0)
			assert_int_equal(verify_file(v, (const char *[]){ "A", "B", "C" }[++file], how->quick), 0);
		/* a copy of its exact size: reading beyond it is seen by sanitizers */
		size_t len = strlen(m->text[i]);
		char *copy = malloc(len + 1);
		memcpy(copy, m->text[i], len);
		assert_int_equal(verify_line(v, ++number, copy, len, !(how->torn && i + 1 == m->count)), 0);
		free(copy);
	}
	assert_int_equal(verify_end(v, &report), 0);
	r->report = *report;
	r->report.torn_file = NULL;
	r->clean = verify_clean(report);
	verify_free(v);
}

static void
show(const struct result *r)
{
	for (size_t i = 0; i < r->count; i++)
		print_message("    %s file %d lines %llu-%llu seq %llu-%llu: %s\n", verify_kind_str(r->found[i].kind), r->found[i].file,
		    (unsigned long long)r->found[i].line, (unsigned long long)r->found[i].line_last, (unsigned long long)r->found[i].seq,
		    (unsigned long long)r->found[i].seq_last, r->found[i].said);
}

/* Exactly one finding, of one of the kinds (a bit each), that names this line or this seq (0: it need not). */
static void
want_one(const char *what, int place, const struct result *r, unsigned int kinds, int file, uint64_t line, uint64_t seq)
{
	const struct found *f = r->found;

	if (r->count == 1 && (kinds & 1u << f->kind) && (line == 0 || (f->file == file && f->line <= line && line <= f->line_last)) &&
	    (seq == 0 || (f->seq <= seq && seq <= f->seq_last)))
		return;
	show(r);
	fail_msg("%s at line %d: got %zu findings, want one of kinds %x for file %d line %llu seq %llu", what, place, r->count, kinds, file,
	    (unsigned long long)line, (unsigned long long)seq);
}

static void
want_clean(const char *what, const struct result *r)
{
	if (r->count == 0 && r->clean)
		return;
	show(r);
	fail_msg("%s: got %zu findings, want none", what, r->count);
}

/* The line's number in its file. */
static uint64_t
number_of(const struct made *m, size_t i)
{
	uint64_t n = 1;

	for (size_t k = 0; k < i; k++)
		n += m->file[k] == m->file[i];
	return n;
}

static void
lose(struct made *m, size_t i)
{
	memmove(&m->text[i], &m->text[i + 1], (m->count - i - 1) * sizeof(m->text[0]));
	memmove(&m->file[i], &m->file[i + 1], (m->count - i - 1) * sizeof(m->file[0]));
	m->count--;
}

static void
gain(struct made *m, size_t i, const char *text)
{
	memmove(&m->text[i + 1], &m->text[i], (m->count - i) * sizeof(m->text[0]));
	memmove(&m->file[i + 1], &m->file[i], (m->count - i) * sizeof(m->file[0]));
	m->count++;
	memmove(m->text[i], text, strlen(text) + 1);
}

#define K(k)	(1u << VERIFY_##k)

static int
is_seal(size_t line)
{
	return line == 5 || line == 9 || line == 10;
}

/* ---- tests ---- */

static void
test_clean(void **state)
{
	static struct made m;
	struct result r;
	struct how how = { 0 };

	(void)state;
	make(&m);
	run(&m, &how, &r);
	want_clean("a clean stream", &r);
	assert_int_equal(r.report.key_given, 0);
	assert_memory_equal(r.report.first_key, m.public_1, 32);
	how.publics = (const uint8_t (*)[32])&m.public_1;
	run(&m, &how, &r);
	want_clean("with its key", &r);
	assert_int_equal(r.report.key_given, 1);
	assert_int_equal(r.report.seals_good, 3);
	assert_int_equal(r.report.epochs_whole, 3);
	assert_int_equal(r.report.trust_seq, LAST_SEAL);
	assert_int_equal(r.report.after, LAST - LAST_SEAL);
	assert_int_equal(r.report.after_seq, LAST_SEAL + 1);
	how.quick = 1;
	run(&m, &how, &r);
	want_clean("quickly", &r);
	assert_int_equal(r.report.seals_good, 3);
	assert_int_equal(r.report.epochs_whole, 0);
}

/* Each octet of a line, one after the other. */
static void
test_each_octet(void **state)
{
	static struct made m, c;
	static const size_t places[] = { 1, 2, 4, 5, 6, FILE_EDGE, FILE_EDGE + 1, 9, 10, 11, LAST };
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };
	size_t i, k, at, body;

	(void)state;
	make(&m);
	for (i = 0; i < COUNT(places); i++) {
		at = places[i] - 1;
		body = (size_t)(strstr(m.text[at], "\"stream\"") - m.text[at]);
		for (k = body; k < strlen(m.text[at]); k++) {
			c = m;
			c.text[at][k] = m.text[at][k] == 'Z' ? 'Y' : 'Z';
			run(&c, &how, &r);
			want_one("an octet altered", (int)places[i], &r, K(ALTERED), m.file[at], number_of(&m, at),
			    places[i] == LAST ? 0 : places[i]);
		}
	}
}

enum op { REMOVE, TWICE, SWAP, SEQ_UP, SEQ_DOWN, GARBAGE, EMPTY, ERASE, STRANGER, LEAF_TOO, CUT_SHORT };
static const char *const op_names[] = { "removed", "twice", "swapped", "seq up", "seq down", "garbage", "empty", "erased", "a stranger", "leaf, too", "cut short" };

static void
erase(char *text)
{
	char leaf[65], out[TEXT_MAX];
	unsigned long long seq = strtoull(text + 7, NULL, 10);

	snprintf(leaf, sizeof(leaf), "%.64s", strstr(text, "\"leaf\":\"") + 8);
	snprintf(out, sizeof(out), "{\"seq\":%llu,\"stream\":\"mail\",\"leaf\":\"%s\",\"erased\":\"2026-11-01T00:00:00.000Z\"}", seq, leaf);
	memcpy(text, out, strlen(out) + 1);
}

static void
seq_set(char *text, unsigned long long seq)
{
	char out[TEXT_MAX];

	snprintf(out, sizeof(out), "{\"seq\":%llu%.1000s", seq, strchr(text, ','));
	memcpy(text, out, strlen(out) + 1);
}

static void
forge(char *text, uint64_t seq)
{
	char body[TEXT_MAX], *p;
	uint8_t leaf[32];

	snprintf(body, sizeof(body), "{%s", strstr(text, "\"leaf\":\"") + 74);
	p = strstr(body, "\"gw\"");
	p[1] = 'k';
	line_make(text, seq, body, leaf);
}

static void
tamper(struct made *m, enum op op, size_t at)
{
	char text[TEXT_MAX];
	uint8_t leaf[32];

	switch (op) {
	case REMOVE:
		lose(m, at);
		break;
	case TWICE:
		memcpy(text, m->text[at], sizeof(text));
		gain(m, at + 1, text);
		m->file[at + 1] = m->file[at];
		break;
	case SWAP:
		memcpy(text, m->text[at], sizeof(text));
		memcpy(m->text[at], m->text[at + 1], sizeof(text));
		memcpy(m->text[at + 1], text, sizeof(text));
		break;
	case SEQ_UP:
		seq_set(m->text[at], at + 101);
		break;
	case SEQ_DOWN:
		seq_set(m->text[at], at);
		break;
	case GARBAGE:
		snprintf(m->text[at], TEXT_MAX, "\x7f\xffnonsense");
		break;
	case EMPTY:
		m->text[at][0] = '\0';
		break;
	case ERASE:
		erase(m->text[at]);
		break;
	case STRANGER:
		line_make(text, at + 1, "{\"v\":1,\"type\":\"message\"}", leaf);
		gain(m, at + 1, text);
		m->file[at + 1] = m->file[at];
		break;
	case LEAF_TOO:
		forge(m->text[at], at + 1);
		break;
	case CUT_SHORT:
		m->text[at][strlen(m->text[at]) / 2] = '\0';
		break;
	}
}

/* Each kind of tampering at each line: exactly one finding, which names it; and what is still proved. */
static void
test_each_place(void **state)
{
	static const struct {
		enum op		 op;
		unsigned int	 kinds, at_last;	/* at_last: 0: the exception, nothing is found */
		int		 next;			/* which line is named: this or the next */
	} cases[] = {
		{ REMOVE, K(REMOVED) | K(CUT), 0, 0 },
		{ TWICE, K(ADDED), K(ADDED), 1 },
		{ SEQ_UP, K(ALTERED), K(REMOVED), 0 },
		{ SEQ_DOWN, K(ALTERED) | K(ADDED), K(ADDED), 0 },
		{ GARBAGE, K(ALTERED), K(ALTERED), 0 },
		{ EMPTY, K(ALTERED), K(ALTERED), 0 },
		{ CUT_SHORT, K(ALTERED), K(ALTERED), 0 },
		{ STRANGER, K(ADDED), K(ADDED), 1 },
	};
	static struct made m, c;
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };
	size_t i, at;

	(void)state;
	make(&m);
	for (i = 0; i < COUNT(cases); i++)
		for (at = 0; at < LAST; at++) {
			unsigned int kinds = at + 1 == LAST ? cases[i].at_last : cases[i].kinds;
			uint64_t line = number_of(&m, at) + (uint64_t)cases[i].next;

			if (cases[i].op == SEQ_DOWN && at == 0)
				continue;	/* seq 0 is none: as garbage */
			c = m;
			tamper(&c, cases[i].op, at);
			run(&c, &how, &r);
			if (kinds == 0)
				want_clean(op_names[cases[i].op], &r);
			else
				want_one(op_names[cases[i].op], (int)at + 1, &r, kinds, m.file[at], cases[i].op == REMOVE ? 0 : line,
				    cases[i].op == REMOVE ? at + 1 : 0);
			if (is_seal(at + 1) && cases[i].op == REMOVE && r.report.trust_seq >= at + 1)
				fail_msg("seal %zu removed: got proved up to %llu, want less", at + 1, (unsigned long long)r.report.trust_seq);
			if (!is_seal(at + 1) && at != 0 && r.report.trust_seq != LAST_SEAL)
				fail_msg("%s at %zu: got proved up to %llu, want all seals", op_names[cases[i].op], at + 1, (unsigned long long)r.report.trust_seq);
		}
}

static void
test_order(void **state)
{
	static struct made m, c;
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };
	char text[TEXT_MAX];
	size_t from, to, i;

	(void)state;
	make(&m);
	for (from = 0; from + 1 < LAST; from++) {
		c = m;
		tamper(&c, SWAP, from);
		run(&c, &how, &r);
		want_one("swapped with the next", (int)from + 1, &r, K(REORDERED), -1, 0, from + 1 + (from + 2 <= LAST && r.found[0].seq == from + 2));
	}
	for (from = 0; from < LAST; from++)
		for (to = 0; to < LAST; to++) {
			if (to == from)
				continue;
			c = m;
			memcpy(text, c.text[from], sizeof(text));
			lose(&c, from);
			gain(&c, to, text);
			for (i = 0; i < LAST; i++)
				c.file[i] = m.file[i];
			run(&c, &how, &r);
			for (i = 0; i < r.count && r.found[i].kind == VERIFY_REORDERED; i++)
				continue;
			if (r.count == 0 || i < r.count) {
				show(&r);
				fail_msg("line %zu moved to %zu: got %zu findings, want reordered alone", from + 1, to + 1, r.count);
			}
		}
}

/* What only the chain can tell. */
static void
test_leaf_made_anew(void **state)
{
	static struct made m, c;
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };
	struct verify_anchor anchor = { .seq = LAST };
	size_t at;

	(void)state;
	make(&m);
	memcpy(anchor.chain, m.chain, sizeof(anchor.chain));
	for (at = 0; at < LAST; at++) {
		c = m;
		tamper(&c, LEAF_TOO, at);
		how.anchor = NULL;
		run(&c, &how, &r);
		/* the open epoch, and the seal before it, whose leaf is of that: nothing but an anchor knows */
		if (at + 1 >= LAST_SEAL)
			want_clean("in the open epoch", &r);
		else
			want_one("its leaf made anew", (int)at + 1, &r, K(ALTERED), m.file[at], at == FILE_EDGE ? 0 : number_of(&m, at), at + 1);
		how.anchor = &anchor;
		run(&c, &how, &r);
		if (at + 1 >= LAST_SEAL)
			want_one("in the open epoch, with an anchor", (int)at + 1, &r, K(ANCHOR), 1, 0, 0);
	}
	for (at = 0; at < LAST; at++) {
		c = m;
		tamper(&c, ERASE, at);
		how.anchor = NULL;
		run(&c, &how, &r);
		if (!is_seal(at + 1) && at > 0)
			want_one("erased", (int)at + 1, &r, K(ALTERED), m.file[at], number_of(&m, at), at + 1);
		else
			assert_false(r.clean);
	}
}

static void
test_anchors(void **state)
{
	static struct made m, c;
	struct result r;
	struct verify_anchor anchor = { .seq = LAST };
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1, .anchor = &anchor };
	size_t n;

	(void)state;
	make(&m);
	memcpy(anchor.chain, m.chain, sizeof(anchor.chain));
	run(&m, &how, &r);
	want_clean("the last line anchored", &r);
	assert_int_equal(r.report.anchored_seq, LAST);
	for (n = 1; n < LAST; n++) {	/* cut everywhere, seals and all */
		c = m;
		c.count = n;
		run(&c, &how, &r);
		want_one("cut off", (int)n, &r, K(CUT), -1, 0, LAST);
	}
	anchor.chain[5] ^= 1;
	run(&m, &how, &r);
	want_one("another anchor", LAST, &r, K(ANCHOR), 1, 0, LAST);
}

static void
test_keys(void **state)
{
	static struct made m;
	static uint8_t other[1][32] = { { 9 } };
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };

	(void)state;
	make(&m);
	how.publics = (const uint8_t (*)[32])other;
	run(&m, &how, &r);
	want_one("another first key", 1, &r, K(RESEALED), 0, 1, 1);
	assert_int_equal(r.report.trust_seq, 0);
	/* a seal by another key, the lines being what they were */
	make(&m);
	how.publics = (const uint8_t (*)[32])&m.public_1;
	put_seal(&m, 1);
	put_message(&m);
	put_seal(&m, 0);
	run(&m, &how, &r);
	want_one("a seal by another key", LAST + 1, &r, K(RESEALED), 1, LAST + 1 - FILE_EDGE, LAST + 1);
	assert_int_equal(r.report.trust_seq, LAST_SEAL);
	/* a whole new chain behind the old one */
	make(&m);
	put_init(&m);
	put_message(&m);
	put_seal(&m, 0);
	run(&m, &how, &r);
	want_one("a chain begun anew", LAST + 1, &r, K(RESEALED), 1, 0, LAST + 1);
	/* the first line gone, but its key is known: one finding, and all seals good */
	make(&m);
	lose(&m, 0);
	run(&m, &how, &r);
	want_one("the first line removed", 1, &r, K(CUT) | K(REMOVED), -1, 0, 1);
	assert_int_equal(r.report.seals_good, 3);
	how.publics = NULL;
	run(&m, &how, &r);
	assert_int_equal(r.report.seals_good, 0);
	assert_false(r.clean);
}

/* What is recorded is no tampering: erased lines, an expired day. */
static void
test_recorded(void **state)
{
	static struct made m;
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };

	(void)state;
	make(&m);
	put_event(&m, "erase", "{\"seq\":\"3,11-12\"}");
	put_event(&m, "expire", "{\"seq\":\"6\",\"seq2\":\"7-8\"}");
	put_event(&m, "torn-tail", "{\"octets\":\"77\"}");
	put_seal(&m, 0);
	erase(m.text[10]);
	erase(m.text[2]);
	lose(&m, 7), lose(&m, 6), lose(&m, 5);
	run(&m, &how, &r);
	want_clean("erased and expired", &r);
	assert_int_equal(r.report.erased, 2);
	assert_int_equal(r.report.expired, 3);
	assert_int_equal(r.report.tails_octets, 77);
	assert_int_equal(r.report.epochs_lacking, 1);
	/* one more than was recorded */
	erase(m.text[3]);
	run(&m, &how, &r);
	want_one("erased without a record", 4, &r, K(ALTERED), 0, 4, 4);
	/* an event that is itself not what was written says nothing */
	make(&m);
	put_event(&m, "erase", "{\"seq\":\"4\"}");
	m.text[LAST][strlen(m.text[LAST]) - 4] = '3';
	erase(m.text[2]);
	run(&m, &how, &r);
	assert_int_equal(r.count, 2);
}

static void
test_other(void **state)
{
	static struct made m;
	struct result r;
	struct how how = { 0 };
	size_t i;

	(void)state;
	/* never sealed */
	memset(&m, 0, sizeof(m));
	m.now = T0;
	for (i = 0; i < 4; i++)
		put_message(&m);
	run(&m, &how, &r);
	want_one("no chain", 1, &r, K(UNSEALED), -1, 0, 0);
	/* sealed later */
	put_init(&m);
	put_message(&m);
	put_seal(&m, 0);
	run(&m, &how, &r);
	want_clean("sealed later", &r);
	assert_int_equal(r.report.init_seq, 5);
	/* a clock that goes back is told, and is no tampering */
	m.now -= 100000;
	put_seal(&m, 0);
	run(&m, &how, &r);
	want_one("the clock", 8, &r, K(CLOCK), 0, 8, 8);
	assert_int_equal(r.clean, 1);
	/* a newer schema stands in its place */
	make(&m);
	put(&m, "{\"v\":2,\"type\":\"message\",\"time\":7}");
	run(&m, &how, &r);
	want_one("a newer schema", LAST + 1, &r, K(NEWER), 1, LAST + 1 - FILE_EDGE, LAST + 1);
	/* a torn last line */
	make(&m);
	how.torn = 1;
	run(&m, &how, &r);
	want_clean("torn", &r);
	assert_int_equal(r.report.last_seq, LAST - 1);
	assert_int_equal(r.report.torn_line, LAST - FILE_EDGE);
	/* the second file alone */
	make(&m);
	how.torn = 0;
	how.part = 1;
	for (i = 0; i < FILE_EDGE; i++)
		lose(&m, 0);
	run(&m, &how, &r);
	want_clean("a part", &r);
	assert_int_equal(r.report.seals_good, 0);
	assert_int_equal(r.report.seals, 2);
	how.part = 0;
	run(&m, &how, &r);
	assert_false(r.clean);
}

static void
test_lines(void **state)
{
#define HEAD	"{\"seq\":1,\"stream\":\"mail\",\"salt\":\"00000000000000000000000000000000\",\"leaf\":\"0000000000000000000000000000000000000000000000000000000000000000\""
	static const struct {
		const char	*text;
		enum line_state	 want;
		uint64_t	 seq;
	} cases[] = {
		{ HEAD ",\"a\":1}", LINE_LEAF, 1 },
		{ HEAD "}", LINE_LEAF, 1 },
		{ HEAD, LINE_BAD, 1 },
		{ "", LINE_BAD, 0 },
		{ "{", LINE_BAD, 0 },
		{ "{\"seq\":", LINE_BAD, 0 },
		{ "{\"seq\":0,\"stream\":\"mail\"", LINE_BAD, 0 },
		{ "{\"seq\":01,\"stream\":\"mail\"", LINE_BAD, 0 },
		{ "{\"seq\":99999999999999999999,\"stream\":\"mail\"", LINE_BAD, 0 },
		{ "{\"seq\":1,\"stream\":\"mail\",\"salt\":\"00\"", LINE_BAD, 1 },
		{ "{\"seq\":1,\"stream\":\"a-name-of-a-stream-that-is-longer-than-any\",", LINE_BAD, 1 },
		{ "{\"seq\":1,\"stream\":\"mail\",\"leaf\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"erased\":true}", LINE_ERASED, 1 },
		{ "{\"seq\":1,\"stream\":\"mail\",\"leaf\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"erased\":true,\"x\":1}", LINE_BAD, 1 },
		{ "{\"seq\":1,\"stream\":\"mail\",\"leaf\":\"000000000000000000000000000000000000000000000000000000000000000G\",\"erased\":true}", LINE_BAD, 1 },
	};
	/* with a right leaf: is the body whole JSON? */
	static const struct {
		const char	*body;
		enum line_state	 want;
	} bodies[] = {
		{ "{}", LINE_GOOD }, { "{\"a\":[]}", LINE_GOOD }, { "{\"a\":{},\"b\":[[],{}],\"c\":-0.5e+3}", LINE_GOOD },
		{ "{\"a\":\"\\\"\\u00e9\\n\",\"b\":null,\"c\":true}", LINE_GOOD }, { "{\"a\" : 1 , \"b\":[ 1 , 2 ] }", LINE_GOOD },
		{ "{\"a\":1,}", LINE_BAD }, { "{\"a\":}", LINE_BAD }, { "{\"a\"}", LINE_BAD }, { "{\"a\":1}}", LINE_BAD }, { "{\"a\":[1}", LINE_BAD },
		{ "{\"a\":[1,]}", LINE_BAD }, { "{\"a\":01}", LINE_BAD }, { "{\"a\":1.}", LINE_BAD }, { "{\"a\":\"\\x\"}", LINE_BAD }, { "{\"a\":\"\t\"}", LINE_BAD },
		{ "{\"a\":tru}", LINE_BAD }, { "{\"a\":\"x}", LINE_BAD }, { "{\"a\":1} ", LINE_BAD }, { "{\"v\":1,\"v\":2}", LINE_BAD }, { "{\"a\":\"\\u12\"}", LINE_BAD },
		{ "{\"a\":{1:2}}", LINE_BAD }, { "{\"a\":[1 2]}", LINE_BAD },
	};
	struct line_hash *h = line_hash_new();
	struct line l;
	char text[TEXT_MAX], deep[TEXT_MAX];
	uint8_t leaf[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(line_read(h, cases[i].text, strlen(cases[i].text), 0, &l), 0);
		if (l.state != cases[i].want || l.seq != cases[i].seq)
			fail_msg("line %zu: got state %d seq %llu, want %d %llu", i, (int)l.state, (unsigned long long)l.seq, (int)cases[i].want, (unsigned long long)cases[i].seq);
		line_free(&l);
	}
	for (i = 0; i < COUNT(bodies); i++) {
		if (strcmp(bodies[i].body, "{}") == 0) {
			line_make(text, 1, bodies[i].body, leaf);
			memmove(strstr(text, "\",}") + 1, "}", 2);
		} else
			line_make(text, 1, bodies[i].body, leaf);
		assert_int_equal(line_read(h, text, strlen(text), 0, &l), 0);
		if (l.state != bodies[i].want)
			fail_msg("body %s: got state %d (%s), want %d", bodies[i].body, (int)l.state, l.why != NULL ? l.why : "", (int)bodies[i].want);
		line_free(&l);
	}
	/* nested as deep as may be, and one deeper */
	for (i = LINE_DEPTH_MAX; i <= LINE_DEPTH_MAX + 1; i++) {
		snprintf(deep, sizeof(deep), "{\"a\":%.*s1%.*s}", (int)i, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", (int)i,
		    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		line_make(text, 1, deep, leaf);
		assert_int_equal(line_read(h, text, strlen(text), 0, &l), 0);
		assert_int_equal(l.state, i == LINE_DEPTH_MAX ? LINE_GOOD : LINE_BAD);
	}
	line_hash_free(h);
}

/* Any octets, and any cut of good ones: no crash, and always a finding. */
static void
test_random(void **state)
{
	static struct made m, c;
	struct result r;
	struct how how = { .publics = (const uint8_t (*)[32])&m.public_1 };
	uint32_t x = 7;
	int n;

	(void)state;
	make(&m);
	for (n = 0; n < 3000; n++) {
		size_t at, k, len;

		c = m;
		x = x * 1664525 + 1013904223;
		at = (x >> 8) % LAST;
		x = x * 1664525 + 1013904223;
		len = strlen(c.text[at]);
		k = (x >> 8) % len;
		x = x * 1664525 + 1013904223;
		if (x & 0x10000) {
			c.text[at][k] = '\0';
		} else {
			char was = c.text[at][k];

			c.text[at][k] = (char)(1 + (x >> 20) % 255);
			if (c.text[at][k] == was || c.text[at][k] == '\n')
				continue;
		}
		run(&c, &how, &r);
		if (r.clean)
			fail_msg("octet %zu of line %zu: got nothing found, want something", k, at + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_each_octet),
		cmocka_unit_test(test_each_place),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_leaf_made_anew),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
