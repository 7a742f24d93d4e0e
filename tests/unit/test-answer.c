/* SPDX-License-Identifier: ISC */
/* Tests of front/answer.c: what goes, what stays, what is put in; carried out by the test as an MTA would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "front/answer.h"

#define ALL	(ANSWER_CAN_ADD | ANSWER_CAN_CHANGE | ANSWER_CAN_HOLD)

/* ---- authserv-id ---- */

static const struct {
	const char	*value;
	int		 ours;
} ids[] = {
	{ " mx.example; spf=pass", 1 },
	{ "mx.example;spf=pass", 1 },
	{ " MX.Example; none", 1 },
	{ " mx.example 1; none", 1 },
	{ "\n\tmx.example\n\t; none", 1 },
	{ " (a comment) mx.example; none", 1 },
	{ " (a (nested \\) one) x) mx.example(c); none", 1 },
	{ " \"mx.example\"; none", 1 },
	{ " \"mx\\.example\" 1; none", 1 },
	{ " mx.example", 1 },
	{ " mail.mx.example; none", 0 },
	{ " mx.example.org; none", 0 },
	{ " mx.exampl; none", 0 },
	{ " opendkim.example; dkim=pass (mx.example)", 0 },
	{ " (mx.example) other; none", 0 },
	{ " (mx.example; none", 0 },
	{ " ; mx.example", 0 },
	{ "", 0 },
	{ " \"", 0 }
};

static void
test_ids(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (answer_is_ours(ids[i].value, "mx.example") != ids[i].ours)
			fail_msg("\"%s\": got %d, want %d", ids[i].value, !ids[i].ours, ids[i].ours);
}

/* ---- a header, and an MTA's hands on it ---- */

struct field { char name[64], value[512]; };
struct header {
	struct field	f[512];
	size_t		n;
};

static void
header_put(struct header *h, const char *name, const char *value)
{
	snprintf(h->f[h->n].name, sizeof(h->f[0].name), "%s", name);
	snprintf(h->f[h->n].value, sizeof(h->f[0].value), "%s", value);
	h->n++;
}

/* As Postfix does: the index counts the fields of that name that are there at this moment. */
static void
header_edit_at(struct header *h, const struct edit *e, int index)
{
	size_t i, at = (size_t)index;
	int nth = 0;

	if (e->kind == EDIT_INSERT) {
		at = at > 0 ? at - 1 : 0;
		memmove(&h->f[at + 1], &h->f[at], (h->n - at) * sizeof(h->f[0]));
		snprintf(h->f[at].name, sizeof(h->f[0].name), "%s", e->name);
		snprintf(h->f[at].value, sizeof(h->f[0].value), "%s", e->value);
		h->n++;
		return;
	}
	for (i = 0; i < h->n; i++)
		if (strcasecmp(h->f[i].name, e->name) == 0 && ++nth == index)
			break;
	if (i == h->n)
		fail_msg("no %s number %d", e->name, index);
	if (e->kind == EDIT_CHANGE)
		snprintf(h->f[i].value, sizeof(h->f[0].value), "%s", e->value);
	else {
		memmove(&h->f[i], &h->f[i + 1], (h->n - i - 1) * sizeof(h->f[0]));
		h->n--;
	}
}

static void
header_edit(struct header *h, const struct edit *e)
{
	int n;

	for (n = edit_next(e, 0); n > 0; n = edit_next(e, n))
		header_edit_at(h, e, n);
}

static void
header_want(const struct header *h, const char *const *want)
{
	char line[600];
	size_t i;

	for (i = 0; i < h->n && want[i] != NULL; i++) {
		snprintf(line, sizeof(line), "%s:%s", h->f[i].name, h->f[i].value);
		if (strcmp(line, want[i]) != 0)
			fail_msg("field %zu: got \"%s\", want \"%s\"", i, line, want[i]);
	}
	if (i != h->n || want[i] != NULL)
		fail_msg("got %zu fields, want %s", h->n, want[i] != NULL ? "more" : "fewer");
}

/* ---- the setting ---- */

struct scene {
	struct front_settings	 st;
	struct message_facts	 facts;
	struct verdict		 v;
	struct engine_info	 engine;
	struct seen		 seen;
	struct header		 header;
	struct answer		 a;
	char			 gateway[16], id[16], tag[16], version[8];
};

static void
scene_open(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->gateway, sizeof(s->gateway), "gw.example");
	snprintf(s->id, sizeof(s->id), "mx.example");
	snprintf(s->tag, sizeof(s->tag), "[SUSPECT]");
	snprintf(s->version, sizeof(s->version), "1.4.6");
	s->st.gateway = s->gateway;
	s->st.authserv_id = s->id;
	s->st.subject_tag = s->tag;
	s->st.header_virus = s->st.header_tls = 1;
	s->engine.version = s->version;
	s->engine.db_version = 27400;
	s->facts.engine = &s->engine;
	s->v.action = ACTION_ACCEPT;
	snprintf(s->v.status, sizeof(s->v.status), "Clean");
	s->v.hop.tls = HOP_TLS_YES;
	s->v.hop.version = "TLSv1.3";
	s->v.hop.cipher = "TLS_AES_256_GCM_SHA384";
	s->v.hop.bits = "256";
}

static void
scene_field(struct scene *s, const char *name, const char *value)
{
	header_put(&s->header, name, value);
	assert_int_equal(seen_add(&s->seen, name, value, s->st.authserv_id, s->st.header_virus), 0);
}

static void
scene_run(struct scene *s, unsigned int caps)
{
	size_t i;

	assert_int_equal(answer_make(&s->a, &s->st, &s->facts, &s->v, &s->seen, caps), 0);
	for (i = 0; i < s->a.count; i++)
		header_edit(&s->header, &s->a.edits[i]);
}

static void
scene_close(struct scene *s)
{
	answer_free(&s->a);
	seen_free(&s->seen);
}

#define SCANNED	"X-Virus-Scanned: hopward " HOPWARD_VERSION " (ClamAV 1.4.6, db 27400) at gw.example"
#define RESULTS	"Authentication-Results: mx.example;\n\tx-tls=pass smtp.version=TLSv1.3 smtp.cipher=TLS_AES_256_GCM_SHA384 smtp.bits=256"

static void
test_forged(void **state)
{
	static const char *const want[] = {
		RESULTS, SCANNED, "X-Virus-Status: Clean",
		"Authentication-Results: opendkim.example; dkim=pass",
		"From: a", "Authentication-Results: other.example; x-tls=pass",
		"Subject: s", "X-Virus-Other: stays", NULL
	};
	struct scene s;
	int i;

	(void)state;
	scene_open(&s);
	for (i = 0; i < 3; i++)
		scene_field(&s, "Authentication-Results", " mx.example; x-tls=pass");
	scene_field(&s, "authentication-results", " opendkim.example; dkim=pass");
	/* As it was written it stays. */
	snprintf(s.header.f[s.header.n - 1].name, sizeof(s.header.f[0].name), "Authentication-Results");
	scene_field(&s, "X-Virus-Status", " Clean");
	scene_field(&s, "From", " a");
	scene_field(&s, "AUTHENTICATION-RESULTS", " (x) MX.EXAMPLE; x-tls=pass");
	scene_field(&s, "X-Hopward-A", " 1");
	scene_field(&s, "X-Hopward-B", " 1");
	scene_field(&s, "x-hopward-a", " 2");
	scene_field(&s, "Authentication-Results", " other.example; x-tls=pass");
	for (i = 0; i < 4; i++)
		scene_field(&s, "Authentication-Results", " \"mx.example\" 1; x-tls=pass");
	scene_field(&s, "Subject", " s");
	scene_field(&s, "X-Virus-Scanned", " by nobody");
	scene_field(&s, "X-Virus-Other", " stays");
	scene_field(&s, "X-Virus-Status", " Clean");
	scene_run(&s, ALL | ANSWER_LEADSPC);
	header_want(&s.header, want);
	scene_close(&s);
}

/* Every removal is done before anything is put in, and later ones of a name before earlier ones. */
static void
test_order(void **state)
{
	struct scene s;
	size_t i, inserts = 0;
	int n, last = 301;

	(void)state;
	scene_open(&s);
	for (i = 0; i < 300; i++)
		scene_field(&s, i % 2 ? "X-Hopward-Id" : "X-HOPWARD-ID", " x");
	scene_run(&s, ALL);
	for (i = 0; i < s.a.count; i++) {
		if (s.a.edits[i].kind == EDIT_INSERT) {
			inserts++;
			continue;
		}
		assert_int_equal(inserts, 0);
		for (n = edit_next(&s.a.edits[i], 0); n > 0; n = edit_next(&s.a.edits[i], n)) {
			assert_int_equal(n, last - 1);
			last = n;
		}
	}
	assert_int_equal(last, 1);
	assert_int_equal(inserts, 3);
	scene_close(&s);
}

/* How often an answer removes fields of a name, each from the last to the first. */
static int
removals(const struct answer *a, const char *name, int *odd)
{
	int n, last, count = 0;
	size_t i;

	*odd = 0;
	for (i = 0; i < a->count; i++) {
		if (a->edits[i].kind != EDIT_DELETE || strcasecmp(a->edits[i].name, name) != 0)
			continue;
		last = a->edits[i].index + 1;
		for (n = edit_next(&a->edits[i], 0); n > 0; n = edit_next(&a->edits[i], n)) {
			assert_true(n < last);
			last = n;
			*odd += n % 2;
			count++;
		}
	}
	return count;
}

/* However many stand before them, none stays; and the answer does not grow with their number. */
static void
test_many(void **state)
{
	static const int rows[] = { 1000, SEEN_INDEX_MAX - 2 };
	struct scene s;
	size_t r;
	int i, odd;

	(void)state;
	for (r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		scene_open(&s);
		for (i = 0; i < rows[r]; i++)
			seen_add(&s.seen, "X-Hopward-Id", " x", "mx.example", 1);
		/* Every second one is another's, and stays. */
		for (i = 0; i < rows[r]; i++)
			seen_add(&s.seen, "Authentication-Results", i % 2 ? " other.example; spf=pass" :
			    " mx.example; x-tls=pass", "mx.example", 1);
		seen_add(&s.seen, "X-Virus-Status", " Clean", "mx.example", 1);
		seen_add(&s.seen, "Authentication-Results", " mx.example; x-tls=pass", "mx.example", 1);
		assert_int_equal(s.seen.overflow, 0);
		assert_int_equal(answer_make(&s.a, &s.st, &s.facts, &s.v, &s.seen, ALL), 0);
		assert_int_equal(s.a.count, 3 + 3);
		assert_int_equal(removals(&s.a, "X-Hopward-Id", &odd), rows[r]);
		assert_int_equal(removals(&s.a, "X-Virus-Status", &odd), 1);
		assert_int_equal(removals(&s.a, "Authentication-Results", &odd), rows[r] / 2 + 1);
		assert_int_equal(odd, rows[r] / 2 + 1);
		scene_close(&s);
	}
}

static void
test_overflow(void **state)
{
	char name[SEEN_NAME_MAX + 2];
	struct scene s;
	int i;

	(void)state;
	/* Names. */
	scene_open(&s);
	for (i = 0; i <= SEEN_NAMES_MAX; i++) {
		assert_int_equal(s.seen.overflow, 0);
		snprintf(name, sizeof(name), "X-Hopward-%d", i);
		seen_add(&s.seen, name, "x", "mx.example", 1);
	}
	assert_int_equal(s.seen.overflow, 1);
	scene_close(&s);

	/* A name's length. */
	scene_open(&s);
	snprintf(name, sizeof(name), "X-Hopward-%0*d", SEEN_NAME_MAX - 10, 0);
	seen_add(&s.seen, name, "x", "mx.example", 1);
	assert_int_equal(s.seen.overflow, 0);
	snprintf(name, sizeof(name), "X-Hopward-%0*d", SEEN_NAME_MAX - 9, 0);
	seen_add(&s.seen, name, "x", "mx.example", 1);
	assert_int_equal(s.seen.overflow, 1);
	scene_close(&s);

	/* Fields of a name, and of Authentication-Results: those of others are no matter, one of ours behind them is. */
	scene_open(&s);
	for (i = 0; i < SEEN_INDEX_MAX; i++) {
		seen_add(&s.seen, "X-Virus-Status", "x", "mx.example", 1);
		seen_add(&s.seen, "Authentication-Results", "o", "mx.example", 1);
	}
	seen_add(&s.seen, "Authentication-Results", "o", "mx.example", 1);
	assert_int_equal(s.seen.overflow, 0);
	seen_add(&s.seen, "X-Virus-Status", "x", "mx.example", 1);
	assert_int_equal(s.seen.overflow, 1);
	s.seen.overflow = 0;
	seen_add(&s.seen, "Authentication-Results", "mx.example; x", "mx.example", 1);
	assert_int_equal(s.seen.overflow, 1);
	scene_close(&s);
}

static const struct {
	const char	*name;
	enum hop_tls	 tls;
	const char	*version, *cipher, *bits;
	const char	*want;	/* NULL: no field */
} hops[] = {
	{ "plain", HOP_TLS_NO, NULL, NULL, NULL, "Authentication-Results: mx.example;\n\tx-tls=none" },
	{ "unknown", HOP_TLS_UNKNOWN, "TLSv1.3", NULL, NULL, NULL },
	{ "bare", HOP_TLS_YES, NULL, NULL, NULL, "Authentication-Results: mx.example;\n\tx-tls=pass" },
	{ "no bits", HOP_TLS_YES, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "",
	    "Authentication-Results: mx.example;\n\tx-tls=pass smtp.version=TLSv1.2 smtp.cipher=ECDHE-RSA-AES128-GCM-SHA256" },
	{ "hostile", HOP_TLS_YES, "TLSv1.2; dkim=pass", "a\nX: y", NULL,
	    "Authentication-Results: mx.example;\n\tx-tls=pass smtp.version=TLSv1.2__dkim_pass smtp.cipher=a_X__y" }
};

static void
test_tls(void **state)
{
	const char *want[2] = { NULL, NULL };
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		scene_open(&s);
		s.st.header_virus = 0;
		s.v.hop.tls = hops[i].tls;
		s.v.hop.version = hops[i].version;
		s.v.hop.cipher = hops[i].cipher;
		s.v.hop.bits = hops[i].bits;
		want[0] = hops[i].want;
		scene_run(&s, ALL | ANSWER_LEADSPC);
		header_want(&s.header, want);
		scene_close(&s);
	}
}

static const struct {
	const char	*subject;	/* NULL: the message has none */
	unsigned int	 caps;
	enum action	 action;
	const char	*want;
} subjects[] = {
	{ " hello", ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT] hello" },
	{ " hello", ALL, ACTION_TAG, "Subject:[SUSPECT] hello" },
	{ " [SUSPECT] hello", ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT] hello" },
	{ " re: [SUSPECT] x", ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT] re: [SUSPECT] x" },
	{ " a\n\tb", ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT] a\n\tb" },
	{ "", ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT] " },
	{ NULL, ALL | ANSWER_LEADSPC, ACTION_TAG, "Subject: [SUSPECT]" },
	{ " hello", ALL | ANSWER_LEADSPC, ACTION_ACCEPT, "Subject: hello" },
	{ " hello", ALL | ANSWER_LEADSPC, ACTION_QUARANTINE, "Subject: hello" },
	{ " hello", ANSWER_CAN_ADD | ANSWER_LEADSPC, ACTION_TAG, "Subject: hello" }
};

static void
test_subject(void **state)
{
	const char *want[2] = { NULL, NULL };
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		scene_open(&s);
		s.st.header_virus = s.st.header_tls = 0;
		s.v.action = subjects[i].action;
		if (subjects[i].subject != NULL)
			scene_field(&s, "Subject", subjects[i].subject);
		scene_run(&s, subjects[i].caps);
		want[0] = subjects[i].want;
		header_want(&s.header, want);
		scene_close(&s);
	}
}

/* X-Hopward-MIME: by the setting and the class, ours alone, and never of the message's words. */
static void
test_mime(void **state)
{
	static const struct { enum ambiguity is; int from; unsigned int caps; const char *want; } cases[] = {
		{ AMBIGUITY_HARD, AMBIGUITY_HARD, ALL | ANSWER_LEADSPC, "X-Hopward-MIME: hard; views=4; objects=1; reasons=CT-DUP" },
		{ AMBIGUITY_LIMIT, AMBIGUITY_HARD, ALL | ANSWER_LEADSPC, "X-Hopward-MIME: limit; views=4; objects=1; reasons=CT-DUP" },
		{ AMBIGUITY_SOFT, AMBIGUITY_HARD, ALL | ANSWER_LEADSPC, NULL },
		{ AMBIGUITY_SOFT, AMBIGUITY_SOFT, ALL | ANSWER_LEADSPC, "X-Hopward-MIME: soft; views=4; objects=1; reasons=CT-DUP" },
		{ AMBIGUITY_NONE, AMBIGUITY_SOFT, ALL | ANSWER_LEADSPC, NULL },
		{ AMBIGUITY_HARD, AMBIGUITY_LIMIT + 1, ALL | ANSWER_LEADSPC, NULL },
		{ AMBIGUITY_HARD, AMBIGUITY_HARD, ANSWER_CAN_CHANGE, NULL },
	};
	static char reason[] = "CT-DUP", whole[] = "0", one[] = "1";
	char *reasons[] = { reason };
	struct part parts[] = { { .path = whole }, { .path = one } };
	struct scan_result scan = { .parts = parts, .parts_count = 2, .reasons = reasons, .reasons_count = 1, .views = 4 };
	const char *want[] = { "From: a", NULL, NULL };
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_open(&s);
		s.st.header_virus = s.st.header_tls = 0;
		s.st.header_mime = cases[i].from;
		scan.ambiguity = cases[i].is;
		s.facts.scan = &scan;
		scene_field(&s, "x-hopward-mime", " none");
		scene_field(&s, "From", " a");
		want[0] = cases[i].want != NULL ? cases[i].want : "From: a";
		want[1] = cases[i].want != NULL ? "From: a" : NULL;
		if ((cases[i].caps & ANSWER_CAN_CHANGE) && !(cases[i].caps & ANSWER_CAN_ADD))
			assert_null(cases[i].want);
		scene_run(&s, cases[i].caps);
		header_want(&s.header, want);
		scene_close(&s);
	}
}

static const struct {
	enum action		 action;
	int			 code;
	const char		*text;
	enum answer_status	 status;
	const char		*want_code, *want_text;
} replies[] = {
	{ ACTION_ACCEPT, 0, "", ANSWER_CONTINUE, "", "" },
	{ ACTION_DISCARD, 0, "", ANSWER_DISCARD, "", "" },
	{ ACTION_REJECT, 550, "No (ref 4X, https://x/%41)", ANSWER_REJECT, "550", "No (ref 4X, https://x/%%41)" },
	{ ACTION_REJECT, 550, "a\r\nb\x01", ANSWER_REJECT, "550", "a  b " },
	{ ACTION_TEMPFAIL, 451, "later", ANSWER_TEMPFAIL, "451", "later" },
	/* A reply of the other class would be dropped by libmilter; better the MTA's own words than none of ours. */
	{ ACTION_TEMPFAIL, 550, "x", ANSWER_TEMPFAIL, "", "" },
	{ ACTION_REJECT, 0, "x", ANSWER_REJECT, "", "" }
};

static void
test_reply(void **state)
{
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		scene_open(&s);
		s.v.action = replies[i].action;
		s.v.reply_code = replies[i].code;
		snprintf(s.v.reply_xcode, sizeof(s.v.reply_xcode), "5.7.1");
		snprintf(s.v.reply_text, sizeof(s.v.reply_text), "%s", replies[i].text);
		scene_run(&s, ALL);
		assert_int_equal(s.a.status, replies[i].status);
		assert_string_equal(s.a.code, replies[i].want_code);
		assert_string_equal(s.a.text, replies[i].want_text);
		if (s.a.status != ANSWER_CONTINUE)
			assert_int_equal(s.a.count, 0);
		scene_close(&s);
	}
}

/* However many '%' there are, the text stays within libmilter's bound and pairs stay whole. */
static void
test_reply_long(void **state)
{
	struct scene s;
	size_t n, i, percents;

	(void)state;
	for (n = 500; n < sizeof(s.v.reply_text); n++) {
		scene_open(&s);
		s.v.action = ACTION_REJECT;
		s.v.reply_code = 550;
		memset(s.v.reply_text, '%', n);
		s.v.reply_text[0] = 'x';
		scene_run(&s, ALL);
		assert_true(strlen(s.a.text) <= ANSWER_TEXT_MAX);
		for (percents = 0, i = 0; s.a.text[i] != '\0'; i++)
			percents += s.a.text[i] == '%';
		assert_int_equal(percents % 2, 0);
		scene_close(&s);
	}
}

static void
test_hold_and_observe(void **state)
{
	static const char *const untouched[] = { "X-Virus-Status: forged", NULL };
	struct scene s;

	(void)state;
	scene_open(&s);
	s.v.action = ACTION_QUARANTINE;
	snprintf(s.v.hold_reason, sizeof(s.v.hold_reason), "hopward: infected rule=mx.infected ref=X");
	scene_run(&s, ALL);
	assert_string_equal(s.a.hold, s.v.hold_reason);
	assert_int_equal(s.a.status, ANSWER_CONTINUE);
	assert_int_equal(s.a.count, 3);
	scene_close(&s);

	scene_open(&s);
	s.st.policy.observe = 1;
	scene_field(&s, "X-Virus-Status", " forged");
	scene_run(&s, ALL | ANSWER_LEADSPC);
	header_want(&s.header, untouched);
	scene_close(&s);
}

/* What the MTA did not offer is not tried. */
static void
test_caps(void **state)
{
	struct scene s;
	unsigned int caps;
	size_t i;

	(void)state;
	for (caps = 0; caps < 16; caps++) {
		scene_open(&s);
		s.v.action = ACTION_TAG;
		scene_field(&s, "X-Virus-Status", " forged");
		scene_field(&s, "Subject", " x");
		scene_run(&s, caps);
		for (i = 0; i < s.a.count; i++)
			assert_true(caps & (s.a.edits[i].kind == EDIT_INSERT ? ANSWER_CAN_ADD : ANSWER_CAN_CHANGE));
		scene_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_mime),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_reply_long),
		cmocka_unit_test(test_hold_and_observe),
		cmocka_unit_test(test_caps)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
