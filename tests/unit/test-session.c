/* SPDX-License-Identifier: ISC */
/* Tests of front/session.c: connections in right and wrong order, with a scanner played by the test and a real ledger. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/log.h"
#include "fake-scanner.h"
#include "front/session.h"
#include "record/record.h"

#define ALL	(ANSWER_CAN_ADD | ANSWER_CAN_CHANGE | ANSWER_CAN_HOLD | ANSWER_LEADSPC)

/* ---- an MTA: macros come with a stage, and libmilter forgets those of later stages ---- */

struct mta {
	struct { const char *name, *value; enum session_stage stage; } macros[32];
	size_t		count;
	unsigned int	progress;
	int		gone;
};

static void
mta_set(struct mta *m, enum session_stage stage, const char *name, const char *value)
{
	m->macros[m->count].name = name;
	m->macros[m->count].value = value;
	m->macros[m->count++].stage = stage;
}

/* A stage begins: its macros and all later ones are gone. */
static void
mta_stage(struct mta *m, enum session_stage stage)
{
	size_t i, n = 0;

	for (i = 0; i < m->count; i++)
		if (m->macros[i].stage < stage)
			m->macros[n++] = m->macros[i];
	m->count = n;
}

static const char *
mta_macro(void *arg, const char *name)
{
	struct mta *m = arg;
	size_t i;

	for (i = m->count; i > 0; i--)
		if (strcmp(m->macros[i - 1].name, name) == 0)
			return m->macros[i - 1].value;
	return NULL;
}

static int
mta_progress(void *arg)
{
	struct mta *m = arg;

	m->progress++;
	return m->gone ? -1 : 0;
}

/* ---- a front ---- */

struct house {
	struct front		*front;
	struct front_start	 start;
	struct front_stats	*stats;
	struct fake		 fake;
	struct mta		 mta;
	struct session		*session;
	char			 dir[64];
	int			 parent;	/* our end of the control socket */
	int			 fds;		/* open before */
};

static void
settings_free(struct front_settings *st)
{
	if (st == NULL)
		return;
	policy_free(&st->policy);
	free(st->gateway);
	free(st->authserv_id);
	free(st->subject_tag);
	free(st);
}

static struct front_settings *
settings_new(void)
{
	struct front_settings *st = calloc(1, sizeof(*st));

	assert_non_null(st);
	assert_int_equal(policy_init(&st->policy), 0);
	st->gateway = strdup("gw.example");
	st->authserv_id = strdup("gw.example");
	st->header_virus = st->header_tls = 1;
	st->privacy = PRIVACY_FULL;
	st->scan_timeout_ms = 5000;
	st->engine_wait_ms = 300;
	st->progress_ms = 100;
	st->large_size = 100000;
	st->spool_message = 1000000;
	st->spool_total = 2000000;
	st->queue_max = 10;
	st->rcpts_max = 3;
	st->stop_wait_ms = 1000;
	return st;
}

static char **
one(const char *s)
{
	char **list = calloc(2, sizeof(*list));

	assert_non_null(list);
	assert_non_null(list[0] = strdup(s));
	return list;
}

/* Settings with one rule, "acme": TLS from sender.example, or towards `recipient`. */
static struct front_settings *
settings_partner(enum action action, int watch, const char *recipient)
{
	struct front_settings *st = settings_new();
	struct partner *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	assert_non_null(p->name = strdup("acme"));
	if (recipient != NULL)
		p->recipients = one(recipient);
	else
		p->domains = one("sender.example");
	p->grade = GRADE_UNKNOWN;
	p->action = action;
	p->watch = watch;
	st->policy.partners.list = p;
	st->policy.partners.count = 1;
	return st;
}

/* The hook: the text is "NAME", the new gateway's; "partner": with a rule; none: an error. */
static struct front_settings *
settings_read(int fd, char **err)
{
	struct front_settings *st;
	char name[32];
	ssize_t n = pread(fd, name, sizeof(name) - 1, 0);

	if (n <= 0) {
		*err = strdup("line 1: nothing there");
		return NULL;
	}
	name[n] = '\0';
	st = strcmp(name, "partner") == 0 ? settings_partner(ACTION_REJECT, 0, NULL) : settings_new();
	free(st->gateway);
	st->gateway = strdup(name);
	return st;
}

static void
on_drained(void *arg, uint32_t number)
{
	(void)arg;
	(void)number;
}

static void
house_open(struct house *h, struct front_settings *st, const enum act *script, unsigned int acts)
{
	static const struct front_hooks hooks = { settings_read, settings_free };
	char err[256] = "";
	int sp[2], fds[3];

	memset(h, 0, sizeof(*h));
	h->fds = count_fds();
	snprintf(h->dir, sizeof(h->dir), "/tmp/hopward-test-session-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	h->start.ledger.directory = h->dir;
	h->start.ledger.sync = LEDGER_SYNC_NONE;
	h->stats = calloc(1, sizeof(*h->stats));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sp), 0);
	h->parent = sp[0];
	h->front = front_new(sp[1], &h->start, h->stats, &hooks);
	assert_non_null(h->front);
	assert_int_equal(handover_new(on_drained, NULL, NULL, NULL, &h->front->handover), 0);
	if (front_conf_publish(h->front, st, err, sizeof(err)) == -1 ||
	    ledger_open(&h->start.ledger, "mail", &h->front->ledger, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	if (acts > 0) {
		fake_open(&h->fake, fds, script, acts);
		fake_start(&h->fake);
		assert_int_equal(handover_publish(h->front->handover, 1, fake_info(), fds), 0);
	}
}

/* All of the ledger's lines, parsed. */
static json_t *
house_records(struct house *h)
{
	json_t *all = json_array(), *one;
	struct dirent *de;
	char path[400], *line = NULL;
	size_t size = 0;
	DIR *d = opendir(h->dir);
	FILE *f;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		if (strstr(de->d_name, ".jsonl") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", h->dir, de->d_name);
		assert_non_null(f = fopen(path, "r"));
		while (getline(&line, &size, f) > 0) {
			assert_non_null(one = json_loads(line, 0, NULL));
			json_array_append_new(all, one);
		}
		fclose(f);
	}
	free(line);
	closedir(d);
	return all;
}

/* A value of the last record by its dotted path, as text; static memory. */
static const char *
last_value(struct house *h, const char *path)
{
	static char out[256];
	json_t *all = house_records(h), *v = NULL;
	char copy[128], *p = copy, *key;

	if (json_array_size(all) > 0)
		v = json_array_get(all, json_array_size(all) - 1);
	snprintf(copy, sizeof(copy), "%s", path);
	while (v != NULL && (key = strsep(&p, ".")) != NULL)
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(key)) : json_object_get(v, key);
	if (v == NULL)
		snprintf(out, sizeof(out), "(none)");
	else if (json_is_string(v))
		snprintf(out, sizeof(out), "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(out, sizeof(out), "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(out, sizeof(out), "%s", json_is_true(v) ? "true" : "false");
	else
		snprintf(out, sizeof(out), "(%zu)", json_is_array(v) ? json_array_size(v) : json_object_size(v));
	json_decref(all);
	return out;
}

static size_t
count_records(struct house *h)
{
	json_t *all = house_records(h);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

/* Everything is given back: messages, octets, descriptors. */
static void
house_close(struct house *h)
{
	struct dirent *de;
	char path[400];
	DIR *d;

	session_free(h->session);
	assert_int_equal(h->stats->in_flight, 0);
	assert_int_equal(h->stats->spool_bytes, 0);
	assert_int_equal(h->stats->connections_open, 0);
	close(h->front->ctl);
	close(h->parent);
	front_free(h->front);
	if (h->fake.acts > 0)
		fake_close(&h->fake);
	free(h->stats);
	d = opendir(h->dir);
	while (d != NULL && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0) {
			snprintf(path, sizeof(path), "%s/%s", h->dir, de->d_name);
			unlink(path);
		}
	closedir(d);
	rmdir(h->dir);
	assert_int_equal(count_fds(), h->fds);
}

/* ---- one connection, as Postfix shows it ---- */

static void
connection(struct house *h, unsigned int caps)
{
	struct session_mta mta = { mta_macro, mta_progress, &h->mta };

	session_free(h->session);
	memset(&h->mta, 0, sizeof(h->mta));
	h->session = session_new(h->front, &mta, caps);
	assert_non_null(h->session);
	mta_set(&h->mta, STAGE_CONNECT, "j", "mx.example");
	mta_set(&h->mta, STAGE_CONNECT, "v", "Postfix 3.7.11");
	mta_set(&h->mta, STAGE_CONNECT, "{daemon_name}", "mx.example");
	mta_set(&h->mta, STAGE_CONNECT, "{daemon_addr}", "192.0.2.1");
	mta_set(&h->mta, STAGE_CONNECT, "{daemon_port}", "25");
	session_connect(h->session, "client.example", "198.51.100.7");
}

static void
helo(struct house *h, int tls)
{
	mta_stage(&h->mta, STAGE_HELO);
	mta_set(&h->mta, STAGE_HELO, "{client_resolve}", "OK");
	if (tls) {
		mta_set(&h->mta, STAGE_HELO, "{tls_version}", "TLSv1.3");
		mta_set(&h->mta, STAGE_HELO, "{cipher}", "TLS_AES_256_GCM_SHA384");
		mta_set(&h->mta, STAGE_HELO, "{cipher_bits}", "256");
	}
	session_helo(h->session, "client.example");
}

/* MAIL and RCPT as libmilter gives them; the answer's status. */
static enum answer_status
mail_with(struct session *s, const char *arg, const char *param, struct answer *keep)
{
	char path[256], words[64];
	char *argv[3] = { path, param != NULL ? words : NULL, NULL };
	enum answer_status status;
	struct answer a;

	snprintf(path, sizeof(path), "%s", arg);
	snprintf(words, sizeof(words), "%s", param != NULL ? param : "");
	session_mail(s, argv, &a);
	status = a.status;
	if (keep != NULL)
		*keep = a;
	else
		answer_free(&a);
	return status;
}

static enum answer_status
mail_at(struct session *s, const char *arg)
{
	return mail_with(s, arg, NULL, NULL);
}

static enum answer_status
rcpt_at(struct session *s, const char *arg)
{
	char path[256];
	char *argv[2] = { path, NULL };
	enum answer_status status;
	struct answer a;

	snprintf(path, sizeof(path), "%s", arg);
	session_rcpt(s, argv, &a);
	status = a.status;
	answer_free(&a);
	return status;
}

static void
envelope(struct house *h, const char *id)
{
	mta_stage(&h->mta, STAGE_MAIL);
	mta_set(&h->mta, STAGE_MAIL, "{mail_addr}", "a@sender.example");
	mail_at(h->session, "<a@sender.example>");
	mta_stage(&h->mta, STAGE_RCPT);
	rcpt_at(h->session, "<b@rcpt.example>");
	mta_stage(&h->mta, STAGE_DATA);
	if (id != NULL)
		mta_set(&h->mta, STAGE_DATA, "i", id);
	session_data(h->session);
}

static void
content(struct house *h, const char *body)
{
	session_header(h->session, "From", " a@sender.example");
	session_header(h->session, "Subject", " secret subject");
	session_eoh(h->session);
	session_body(h->session, body, strlen(body));
}

/* The end; the answer's status. */
static enum answer_status
end(struct house *h, struct answer *keep)
{
	struct answer a;
	enum answer_status status;

	session_eom(h->session, &a);
	status = a.status;
	assert_true(h->stats->in_flight <= 1);
	session_done(h->session);
	assert_int_equal(h->stats->in_flight, 0);
	if (keep != NULL)
		*keep = a;
	else
		answer_free(&a);
	return status;
}

static const enum act clean[] = { ACT_CLEAN };

static void
test_plain(void **state)
{
	static const char want[] = "Received: by hopward; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
	    "From: a@sender.example\r\nSubject: secret subject\r\n\r\nHello\r\n";
	struct house h;
	struct answer a;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "4F1234");
	content(&h, "Hello\r\n");
	assert_int_equal(h.stats->in_flight, 1);
	assert_int_equal(end(&h, &a), ANSWER_CONTINUE);
	assert_int_equal(a.count, 3);
	answer_free(&a);
	assert_int_equal(h.fake.text_len, strlen(want));
	assert_memory_equal(h.fake.text, want, strlen(want));
	assert_string_equal(last_value(&h, "outcome"), "clean");
	assert_string_equal(last_value(&h, "action"), "accept");
	assert_string_equal(last_value(&h, "class"), "mx");
	assert_string_equal(last_value(&h, "hops.0.tls"), "no");
	assert_string_equal(last_value(&h, "client.ip"), "198.51.100.7");
	assert_string_equal(last_value(&h, "from.domain"), "sender.example");
	assert_string_equal(last_value(&h, "rcpts"), "1");
	assert_string_equal(last_value(&h, "size"), "58");
	assert_string_equal(last_value(&h, "parts"), "(1)");
	assert_int_equal(h.stats->outcomes[OUTCOME_CLEAN], 1);
	assert_int_equal(h.stats->actions[ACTION_ACCEPT], 1);
	assert_string_equal(h.stats->mta, "Postfix 3.7.11 mx.example");
	assert_string_equal(h.stats->macros[STAGE_HELO], "{client_resolve}");
	assert_string_equal(h.stats->macros[STAGE_MAIL], "{mail_addr}");
	assert_string_equal(h.stats->macros[STAGE_DATA], "i");
	house_close(&h);
}

/* EHLO, STARTTLS, an abort between, EHLO again; or none, and the values come at MAIL; and the next message still knows. */
static void
test_starttls(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	helo(&h, 0);
	session_abort(h.session);
	helo(&h, 1);
	session_abort(h.session);
	envelope(&h, "A1");
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_CONTINUE);
	assert_string_equal(last_value(&h, "hops.0.tls"), "yes");
	assert_string_equal(last_value(&h, "hops.0.version"), "TLSv1.3");
	assert_string_equal(last_value(&h, "hops.0.bits"), "256");
	envelope(&h, "A2");
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "hops.0.version"), "TLSv1.3");
	assert_string_equal(last_value(&h, "queue_id"), "A2");

	connection(&h, ALL);
	helo(&h, 0);
	session_abort(h.session);
	mta_stage(&h.mta, STAGE_MAIL);
	mta_set(&h.mta, STAGE_MAIL, "{tls_version}", "TLSv1.2");
	mail_at(h.session, "<a@sender.example>");
	rcpt_at(h.session, "<b@rcpt.example>");
	session_data(h.session);
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "hops.0.version"), "TLSv1.2");
	/* Another connection knows nothing of it. */
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "A3");
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "hops.0.tls"), "no");
	house_close(&h);
}

/* An MTA that offers no macros at all: TLS is unknown, not absent. */
static void
test_no_macros(void **state)
{
	struct session_mta mta = { mta_macro, mta_progress, NULL };
	struct house h;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	mta.arg = &h.mta;
	h.session = session_new(h.front, &mta, 0);
	session_connect(h.session, "x", NULL);
	session_helo(h.session, "x");
	mail_at(h.session, "<>");
	rcpt_at(h.session, "b@rcpt.example");
	session_data(h.session);
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_CONTINUE);
	assert_string_equal(last_value(&h, "hops.0.tls"), "unknown");
	assert_string_equal(last_value(&h, "from.domain"), "");
	assert_string_equal(last_value(&h, "queue_id"), "(none)");
	house_close(&h);
}

static void
test_local(void **state)
{
	struct session_mta mta = { mta_macro, mta_progress, NULL };
	struct house h;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	mta.arg = &h.mta;
	h.session = session_new(h.front, &mta, ALL);
	mta_set(&h.mta, STAGE_CONNECT, "i", "B1");
	mta_set(&h.mta, STAGE_CONNECT, "{daemon_port}", "0");
	session_connect(h.session, "localhost", "127.0.0.1");
	session_helo(h.session, "localhost");
	mail_at(h.session, "<root@gw.example>");
	rcpt_at(h.session, "<b@rcpt.example>");
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "class"), "local");
	assert_string_equal(last_value(&h, "queue_id"), "B1");
	assert_string_equal(last_value(&h, "hops.0.tls"), "unknown");
	house_close(&h);
}

static const struct {
	const char *arg, *domain, *local;
} paths[] = {
	{ "<a@sender.example>", "sender.example", "a" },
	{ "a@sender.example", "sender.example", "a" },
	{ "<>", "", "" },
	{ "", "", "" },
	{ "<a@sender.example> SIZE=5 SMTPUTF8", "sender.example", "a" },
	{ "a@sender.example SIZE=5", "sender.example", "a" },
	{ "<\"a> <b\"@sender.example> SIZE=1", "sender.example", "\"a> <b\"" },
	{ "<\"a\\\"> <b\"@sender.example>", "sender.example", "\"a\\\"> <b\"" }
};

static void
test_paths(void **state)
{
	struct house h;
	size_t i;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		mail_at(h.session, paths[i].arg);
		content(&h, "x");
		end(&h, NULL);
		if (strcmp(last_value(&h, "from.domain"), paths[i].domain) != 0)
			fail_msg("%s: got %s, want %s", paths[i].arg, last_value(&h, "from.domain"), paths[i].domain);
		if (strcmp(last_value(&h, "from.local"), paths[i].local) != 0)
			fail_msg("%s: got %s, want %s", paths[i].arg, last_value(&h, "from.local"), paths[i].local);
	}
	house_close(&h);
}

/* Calls in every wrong order: nothing leaks (the house is counted when it closes), nothing is accepted without a record. */
static void
test_disorder(void **state)
{
	struct house h;
	unsigned int i, seed = 1;
	struct answer a;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	assert_int_equal(end(&h, NULL), ANSWER_TEMPFAIL);
	rcpt_at(h.session, "<x>");
	session_header(h.session, "A", " b");
	session_body(h.session, "x", 1);
	assert_int_equal(end(&h, &a), ANSWER_TEMPFAIL);
	assert_string_equal(a.code, "451");
	answer_free(&a);
	assert_int_equal(count_records(&h), 0);
	for (i = 0; i < 2000; i++) {
		seed = seed * 1103515245 + 12345;
		switch ((seed >> 16) % 11) {
		case 0: connection(&h, ALL); break;
		case 1: session_helo(h.session, "x"); break;
		case 2: case 3: mail_at(h.session, "<a@b>"); break;
		case 4: rcpt_at(h.session, "<a@b>"); break;
		case 5: session_data(h.session); break;
		case 6: session_header(h.session, "X-Hopward-A", " x"); break;
		case 7: session_eoh(h.session); break;
		case 8: session_body(h.session, "body", 4); break;
		case 9: session_abort(h.session); break;
		case 10: end(&h, NULL); break;
		}
	}
	house_close(&h);
}

static void
test_ten_messages(void **state)
{
	struct house h;
	char id[8];
	int i;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	helo(&h, 1);
	for (i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "Q%c", '0' + i);
		envelope(&h, id);
		content(&h, "x");
		if (i % 3 == 2)
			session_abort(h.session);
		else
			assert_int_equal(end(&h, NULL), ANSWER_CONTINUE);
	}
	assert_int_equal(count_records(&h), 7);
	assert_int_equal(h.stats->messages, 10);
	/* Away in the middle of a body. */
	envelope(&h, "Q10");
	content(&h, "x");
	assert_true(h.stats->spool_bytes > 0);
	house_close(&h);
}

static const struct {
	enum act		 act;
	enum answer_status	 status;
	const char		*outcome, *code;
} outcomes[] = {
	{ ACT_INFECTED, ANSWER_REJECT, "infected", "550" },
	{ ACT_SIGNAL, ANSWER_TEMPFAIL, "crash", "451" },
	{ ACT_OUTSIDE, ANSWER_TEMPFAIL, "crash", "451" },
	{ ACT_DEADLINE, ANSWER_TEMPFAIL, "timeout", "451" },
	{ ACT_GARBAGE, ANSWER_TEMPFAIL, "crash", "451" }
};

static void
test_outcomes(void **state)
{
	struct front_settings *st;
	struct house h;
	struct answer a;
	size_t i;
	int observe;

	(void)state;
	for (i = 0; i < 2 * sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		observe = i % 2;
		st = settings_new();
		st->policy.observe = observe;
		house_open(&h, st, &outcomes[i / 2].act, 1);
		connection(&h, ALL);
		helo(&h, 0);
		envelope(&h, "C1");
		content(&h, "x");
		assert_int_equal(end(&h, &a), observe ? ANSWER_CONTINUE : outcomes[i / 2].status);
		assert_string_equal(a.code, observe ? "" : outcomes[i / 2].code);
		if (observe)
			assert_int_equal(a.count, 0);
		else	/* a reference that the record has, too */
			assert_non_null(strstr(a.text, last_value(&h, "id")));
		answer_free(&a);
		assert_string_equal(last_value(&h, "outcome"), outcomes[i / 2].outcome);
		assert_int_equal(count_records(&h), 1);
		house_close(&h);
	}
}

static void
test_no_scanner(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, settings_new(), NULL, 0);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "D1");
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_TEMPFAIL);
	assert_string_equal(last_value(&h, "outcome"), "unavailable");
	assert_true(h.mta.progress >= 1);
	house_close(&h);
}

static void
test_client_gone(void **state)
{
	static const enum act never[] = { ACT_NEVER };
	struct house h;

	(void)state;
	house_open(&h, settings_new(), never, 1);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "E1");
	content(&h, "x");
	h.mta.gone = 1;
	assert_int_equal(end(&h, NULL), ANSWER_TEMPFAIL);
	assert_string_equal(last_value(&h, "rule"), "front.client-gone");
	assert_string_equal(last_value(&h, "action"), "tempfail");
	assert_true(WAIT_UNTIL(h.fake.hung_up == 1));
	house_close(&h);
}

/* ---- bounds ---- */

static void
test_bounds(void **state)
{
	struct front_settings *st = settings_new();
	struct session *other;
	struct house h;
	struct answer a;
	char *big = malloc(60000);
	int i;

	(void)state;
	memset(big, 'x', 60000);
	st->spool_message = 100000;
	st->spool_total = 150000;
	house_open(&h, st, clean, 1);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "F1");
	content(&h, "x");
	session_body(h.session, big, 60000);
	session_body(h.session, big, 60000);
	assert_int_equal(h.stats->spool_bytes, 0);
	assert_int_equal(end(&h, &a), ANSWER_CONTINUE);
	answer_free(&a);
	assert_string_equal(last_value(&h, "outcome"), "limit");
	assert_string_equal(last_value(&h, "detail"), "spool.message");
	assert_string_equal(last_value(&h, "size"), "120052");

	/* Two at a time are too much together. */
	envelope(&h, "F2");
	content(&h, "x");
	session_body(h.session, big, 60000);
	session_body(h.session, big, 30000);
	other = h.session;
	h.session = NULL;
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "F3");
	content(&h, "x");
	session_body(h.session, big, 60000);
	session_eom(h.session, &a);
	session_done(h.session);
	assert_int_equal(a.status, ANSWER_TEMPFAIL);
	assert_string_equal(a.code, "452");
	assert_string_equal(a.xcode, "4.3.1");
	answer_free(&a);
	assert_string_equal(last_value(&h, "outcome"), "not-scanned");
	assert_string_equal(last_value(&h, "detail"), "spool.total");
	assert_string_equal(last_value(&h, "rule"), "front.spool-total");
	session_free(other);
	assert_int_equal(h.fake.jobs, 0);

	/* Recipients. */
	mta_stage(&h.mta, STAGE_MAIL);
	mail_at(h.session, "<a@sender.example>");
	for (i = 0; i < 10; i++)
		rcpt_at(h.session, "<b@rcpt.example>");
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_CONTINUE);
	assert_string_equal(last_value(&h, "to"), "(3)");
	assert_string_equal(last_value(&h, "rcpts"), "10");
	house_close(&h);
	free(big);
}

/* Fields of our names neither keep a message from the scan nor stay, however many; too many names are refused. */
static void
test_forged(void **state)
{
	static const struct {
		const char	*what;
		int		 fields, names, observe;
		unsigned int	 caps;
		enum answer_status status;
		const char	*outcome, *detail, *rule, *would;
	} rows[] = {
		{ "fields", 10000, 1, 0, ALL, ANSWER_CONTINUE, "clean", "(none)", "mx.clean", "(none)" },
		{ "names", 0, SEEN_NAMES_MAX, 0, ALL, ANSWER_REJECT, "limit", "front.fields", "front.fields", "(none)" },
		{ "names, no removal", 0, SEEN_NAMES_MAX, 0, ANSWER_CAN_ADD, ANSWER_REJECT, "limit", "front.fields",
		    "front.fields", "(none)" },
		{ "observed", 0, SEEN_NAMES_MAX, 1, ALL, ANSWER_CONTINUE, "limit", "front.fields", "mx.clean", "reject" }
	};
	struct front_settings *st;
	struct house h;
	struct answer a;
	char name[32];
	size_t r;
	int i;

	(void)state;
	for (r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		st = settings_new();
		st->policy.observe = rows[r].observe;
		st->policy.actions[CLASS_MX][OUTCOME_LIMIT].action = ACTION_ACCEPT;
		house_open(&h, st, clean, 1);
		connection(&h, rows[r].caps);
		helo(&h, 0);
		envelope(&h, "F1");
		for (i = 0; i < rows[r].fields; i++)
			session_header(h.session, "X-Hopward-A", "");
		for (i = 0; i < rows[r].names; i++) {
			snprintf(name, sizeof(name), "X-Hopward-%d", i);
			session_header(h.session, name, "");
		}
		session_header(h.session, "X-Virus-Status", " Clean");
		session_header(h.session, "Authentication-Results", " gw.example; x-tls=pass");
		content(&h, "x");
		if (end(&h, &a) != rows[r].status)
			fail_msg("%s: got status %d, want %d", rows[r].what, (int)a.status, (int)rows[r].status);
		if (rows[r].status == ANSWER_REJECT) {
			assert_string_equal(a.code, "550");
			assert_string_equal(a.xcode, "5.6.0");
		} else if (!rows[r].observe)
			assert_int_equal(a.count, 4 + 3);
		answer_free(&a);
		assert_int_equal(h.fake.jobs, 1);
		assert_string_equal(last_value(&h, "outcome"), rows[r].outcome);
		assert_string_equal(last_value(&h, "detail"), rows[r].detail);
		assert_string_equal(last_value(&h, "rule"), rows[r].rule);
		assert_string_equal(last_value(&h, "would.action"), rows[r].would);
		house_close(&h);
	}
}

/* ---- the record ---- */

static void
test_unrecorded(void **state)
{
	struct rlimit old, none;
	struct front_settings *st;
	struct house h;
	struct answer a;
	const char *pairs[3] = { "filler", NULL, NULL };
	char filler[2000];
	int accept, i;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	pairs[1] = filler;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (accept = 0; accept < 2; accept++) {
		st = settings_new();
		st->unrecorded = accept ? UNRECORDED_ACCEPT : UNRECORDED_TEMPFAIL;
		house_open(&h, st, clean, 1);
		connection(&h, ALL);
		helo(&h, 0);
		envelope(&h, "G1");
		content(&h, "x");
		/* The ledger is longer than the limit and cannot grow; the spool is shorter. */
		for (i = 0; i < 8; i++)
			front_event(h.front, "filler", pairs);
		none = old;
		none.rlim_cur = 4096;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
		session_eom(h.session, &a);
		session_done(h.session);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(a.status, accept ? ANSWER_CONTINUE : ANSWER_TEMPFAIL);
		assert_string_equal(a.code, accept ? "" : "451");
		answer_free(&a);
		assert_int_equal(h.stats->records_failed, 1);
		assert_int_equal(count_records(&h), 8);
		house_close(&h);
	}
}

/* No quarantine at the MTA: what the record says is what is done. */
static void
test_no_quarantine(void **state)
{
	static const enum act infected[] = { ACT_INFECTED };
	struct front_settings *st = settings_new();
	struct house h;
	struct answer a;

	(void)state;
	st->policy.actions[CLASS_MX][OUTCOME_INFECTED].action = ACTION_QUARANTINE;
	house_open(&h, st, infected, 1);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "H1");
	content(&h, "x");
	assert_int_equal(end(&h, &a), ANSWER_CONTINUE);
	assert_non_null(strstr(a.hold, "infected"));
	assert_null(strstr(a.hold, "@"));
	answer_free(&a);
	assert_string_equal(last_value(&h, "action"), "quarantine");
	connection(&h, ALL & ~ANSWER_CAN_HOLD);
	helo(&h, 0);
	envelope(&h, "H2");
	content(&h, "x");
	assert_int_equal(end(&h, &a), ANSWER_TEMPFAIL);
	assert_string_equal(a.hold, "");
	answer_free(&a);
	assert_string_equal(last_value(&h, "action"), "tempfail");
	assert_string_equal(last_value(&h, "rule"), "front.no-quarantine");
	house_close(&h);
}

/* ---- partners ---- */

/* Refused at MAIL, on record; then nothing of it is left, and the next one under TLS is taken. */
static void
test_refused_mail(void **state)
{
	struct front_settings *st = settings_partner(ACTION_REJECT, 0, NULL);
	struct house h;
	struct answer a;

	(void)state;
	free(st->policy.contact);
	assert_non_null(st->policy.contact = strdup("https://gw.example/100%25"));
	house_open(&h, st, clean, 1);
	assert_int_equal(session_asks(h.front), ANSWER_AT_MAIL);
	connection(&h, ALL | ANSWER_AT_MAIL);
	helo(&h, 0);
	mta_stage(&h.mta, STAGE_MAIL);
	mta_set(&h.mta, STAGE_MAIL, "{mail_addr}", "a@sender.example");
	assert_int_equal(mail_with(h.session, "<a@sender.example>", "REQUIRETLS", &a), ANSWER_REJECT);
	assert_string_equal(a.code, "550");
	assert_string_equal(a.xcode, "5.7.10");
	assert_non_null(strstr(a.text, "100%%25"));
	assert_non_null(strstr(a.text, last_value(&h, "id")));
	assert_int_equal(a.count, 0);
	answer_free(&a);
	assert_int_equal(h.stats->in_flight, 0);
	assert_int_equal(h.stats->refused_mail, 1);
	assert_int_equal(h.stats->actions[ACTION_REJECT], 1);
	assert_int_equal(h.stats->requiretls_clear, 1);
	assert_int_equal(count_records(&h), 1);
	assert_string_equal(last_value(&h, "stage"), "mail");
	assert_string_equal(last_value(&h, "action"), "reject");
	assert_string_equal(last_value(&h, "rule"), "partner.acme");
	assert_string_equal(last_value(&h, "reply"), "550 5.7.10");
	assert_string_equal(last_value(&h, "hops.0.tls"), "no");
	assert_string_equal(last_value(&h, "from.domain"), "sender.example");
	assert_string_equal(last_value(&h, "to"), "(0)");
	assert_string_equal(last_value(&h, "partners.0.name"), "acme");
	assert_string_equal(last_value(&h, "partners.0.state"), "no-tls");
	assert_string_equal(last_value(&h, "partners.0.confirmed"), "unconfirmed");
	/* A peer that goes on nevertheless gets nothing in. */
	assert_int_equal(rcpt_at(h.session, "<b@rcpt.example>"), ANSWER_CONTINUE);
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_TEMPFAIL);
	assert_int_equal(count_records(&h), 1);
	/* Others are not concerned, and he himself comes with TLS. */
	assert_int_equal(mail_at(h.session, "<a@other.example>"), ANSWER_CONTINUE);
	helo(&h, 1);
	envelope(&h, "P2");
	content(&h, "x");
	assert_int_equal(end(&h, &a), ANSWER_CONTINUE);
	answer_free(&a);
	assert_string_equal(last_value(&h, "stage"), "(none)");
	assert_string_equal(last_value(&h, "partners.0.state"), "kept");
	house_close(&h);
}

/* One record for the refused recipients of a message, and they are not its recipients. */
static void
test_refused_rcpt(void **state)
{
	struct house h;
	struct answer a;
	char path[] = "<c@secret.example>", *argv[] = { path, NULL }, ref[RECORD_ID_LEN + 1];

	(void)state;
	house_open(&h, settings_partner(ACTION_TEMPFAIL, 0, "secret.example"), clean, 1);
	assert_int_equal(session_asks(h.front), ANSWER_AT_RCPT);
	connection(&h, ALL | ANSWER_AT_RCPT);
	helo(&h, 0);
	envelope(&h, "P3");
	session_rcpt(h.session, argv, &a);
	assert_int_equal(a.status, ANSWER_TEMPFAIL);
	assert_string_equal(a.xcode, "4.7.10");
	answer_free(&a);
	assert_string_equal(last_value(&h, "stage"), "rcpt");
	assert_string_equal(last_value(&h, "to"), "(1)");
	assert_string_equal(last_value(&h, "to.0.domain"), "secret.example");
	snprintf(ref, sizeof(ref), "%s", last_value(&h, "id"));
	session_rcpt(h.session, argv, &a);
	assert_int_equal(a.status, ANSWER_TEMPFAIL);
	assert_non_null(strstr(a.text, ref));
	answer_free(&a);
	assert_int_equal(count_records(&h), 1);
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_CONTINUE);
	assert_int_equal(count_records(&h), 2);
	assert_string_equal(last_value(&h, "stage"), "(none)");
	assert_string_equal(last_value(&h, "to"), "(1)");
	assert_string_equal(last_value(&h, "to.0.domain"), "rcpt.example");
	assert_string_equal(last_value(&h, "rcpts"), "1");
	assert_string_equal(last_value(&h, "rcpts_refused"), "2");
	assert_string_equal(last_value(&h, "partners"), "(none)");
	assert_int_equal(h.stats->refused_rcpt, 2);
	assert_int_equal(h.stats->actions[ACTION_TEMPFAIL], 1);
	/* The next message begins anew. */
	envelope(&h, "P4");
	assert_int_equal(rcpt_at(h.session, "<c@secret.example>"), ANSWER_TEMPFAIL);
	assert_int_equal(count_records(&h), 3);
	house_close(&h);
}

static const struct {
	const char	*what;
	enum action	 action;
	int		 watch;
	const char	*mail;
	enum answer_status at_end;
	const char	*rule, *would, *partner_action, *partner_would;
	size_t		 edits;
} late[] = {
	{ "no answer is waited for", ACTION_REJECT, 0, "<a@sender.example>", ANSWER_REJECT, "partner.acme", "(none)", "reject", "(none)", 0 },
	{ "watched", ACTION_REJECT, 1, "<a@sender.example>", ANSWER_CONTINUE, "mx.clean", "reject", "accept", "reject", 3 },
	{ "tag", ACTION_TAG, 0, "<a@sender.example>", ANSWER_CONTINUE, "partner.acme", "(none)", "tag", "(none)", 4 },
	{ "log", ACTION_ACCEPT, 0, "<a@sender.example>", ANSWER_CONTINUE, "mx.clean", "(none)", "accept", "(none)", 3 }
};

/* What is not refused early is judged at the end, and the status of the scan stays what it is. */
static void
test_partner_at_end(void **state)
{
	struct house h;
	struct answer a;
	size_t i, k;
	int marked;

	(void)state;
	for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		house_open(&h, settings_partner(late[i].action, late[i].watch, NULL), clean, 1);
		connection(&h, ALL);
		helo(&h, 0);
		envelope(&h, "P5");
		content(&h, "x");
		if (end(&h, &a) != late[i].at_end || a.count != late[i].edits)
			fail_msg("%s: got status %d, %zu edits, want %d, %zu", late[i].what, (int)a.status, a.count,
			    (int)late[i].at_end, late[i].edits);
		for (k = 0, marked = 0; k < a.count; k++) {
			marked |= strcmp(a.edits[k].name, "X-Hopward-TLS") == 0 &&
			    strstr(a.edits[k].value, "partner=acme; missed=no-tls") != NULL;
			if (strcmp(a.edits[k].name, "X-Virus-Status") == 0)
				assert_string_equal(a.edits[k].value, " Clean");
		}
		assert_int_equal(marked, late[i].action == ACTION_TAG);
		answer_free(&a);
		assert_int_equal(count_records(&h), 1);
		assert_string_equal(last_value(&h, "stage"), "(none)");
		assert_string_equal(last_value(&h, "outcome"), "clean");
		assert_string_equal(last_value(&h, "rule"), late[i].rule);
		assert_string_equal(last_value(&h, "would.action"), late[i].would);
		assert_string_equal(last_value(&h, "partners.0.state"), "no-tls");
		assert_string_equal(last_value(&h, "partners.0.action"), late[i].partner_action);
		assert_string_equal(last_value(&h, "partners.0.would"), late[i].partner_would);
		house_close(&h);
	}
}

/* Rules that a reload brings ask for answers of new connections only. */
static void
test_partner_reload(void **state)
{
	unsigned char type = FRONT_CTL_SETTINGS;
	struct house h;
	int fds[1];

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	assert_int_equal(session_asks(h.front), 0);
	connection(&h, ALL);
	helo(&h, 0);
	assert_true((fds[0] = memfd_create("test", MFD_CLOEXEC)) != -1);
	assert_int_equal(write(fds[0], "partner", 7), 7);
	assert_int_equal(control_packet(h.front, &type, 1, fds, 1), 0);
	assert_int_equal(session_asks(h.front), ANSWER_AT_MAIL);
	mta_stage(&h.mta, STAGE_MAIL);
	assert_int_equal(mail_at(h.session, "<a@sender.example>"), ANSWER_CONTINUE);
	assert_int_equal(rcpt_at(h.session, "<b@rcpt.example>"), ANSWER_CONTINUE);
	content(&h, "x");
	assert_int_equal(end(&h, NULL), ANSWER_REJECT);
	assert_string_equal(last_value(&h, "rule"), "partner.acme");
	assert_string_equal(last_value(&h, "stage"), "(none)");
	house_close(&h);
}

/* What cannot be recorded is put off, not refused for good. */
static void
test_refused_unrecorded(void **state)
{
	struct rlimit old, none;
	struct house h;
	struct answer a;
	const char *pairs[3] = { "filler", NULL, NULL };
	char filler[2000];
	int i;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	pairs[1] = filler;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	house_open(&h, settings_partner(ACTION_REJECT, 0, NULL), clean, 1);
	connection(&h, ALL | ANSWER_AT_MAIL);
	helo(&h, 0);
	for (i = 0; i < 8; i++)
		front_event(h.front, "filler", pairs);
	none = old;
	none.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	mail_with(h.session, "<a@sender.example>", NULL, &a);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(a.status, ANSWER_TEMPFAIL);
	assert_string_equal(a.code, "451");
	assert_string_equal(a.xcode, "4.3.0");
	answer_free(&a);
	assert_int_equal(h.stats->records_failed, 1);
	assert_int_equal(h.stats->actions[ACTION_TEMPFAIL], 1);
	assert_int_equal(count_records(&h), 8);
	house_close(&h);
}

static const struct {
	const char *path, *param, *asked;
} requires[] = {
	{ "<a@sender.example>", "REQUIRETLS", "true" },
	{ "<a@sender.example>", "RequireTLS", "true" },
	{ "<a@sender.example> SIZE=5 REQUIRETLS SMTPUTF8", NULL, "true" },
	{ "<a@sender.example>REQUIRETLS", NULL, "true" },
	{ "<a@sender.example> SMTPUTF8", "requiretls", "true" },
	{ "a@sender.example REQUIRETLS", NULL, "true" },
	{ "<a@sender.example>", NULL, "(none)" },
	{ "<a@sender.example>", "SIZE=1", "(none)" },
	{ "<a@sender.example>", "REQUIRETLSX", "(none)" },
	{ "<a@sender.example>", "XREQUIRETLS", "(none)" },
	{ "<a@sender.example>", "REQUIRETLS=1", "(none)" },
	{ "<\"x REQUIRETLS \"@sender.example>", NULL, "(none)" }
};

static void
test_requiretls(void **state)
{
	struct house h;
	size_t i, clear = 0;
	int tls;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	for (i = 0; i < 2 * sizeof(requires) / sizeof(requires[0]); i++) {
		tls = i % 2;
		connection(&h, ALL);
		helo(&h, tls);
		mail_with(h.session, requires[i / 2].path, requires[i / 2].param, NULL);
		content(&h, "x");
		end(&h, NULL);
		if (strcmp(last_value(&h, "requiretls_asked"), requires[i / 2].asked) != 0)
			fail_msg("%s %s: got %s, want %s", requires[i / 2].path, requires[i / 2].param,
			    last_value(&h, "requiretls_asked"), requires[i / 2].asked);
		assert_string_equal(last_value(&h, "requiretls_clear"), tls ? "(none)" : requires[i / 2].asked);
		clear += !tls && *requires[i / 2].asked == 't';
	}
	assert_int_equal(h.stats->requiretls_clear, clear);
	house_close(&h);
}

/* ---- the parent's packets ---- */

static void
packet(struct house *h, const void *data, size_t len, int fd)
{
	int fds[1] = { fd };

	assert_int_equal(control_packet(h->front, data, len, fds, fd != -1), 0);
}

static int
text_fd(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

/* A message keeps the settings it began with; a broken one changes nothing and is on record. */
static void
test_settings(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	connection(&h, ALL);
	helo(&h, 0);
	envelope(&h, "I1");
	packet(&h, "S", 1, text_fd("new.example"));
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "gateway"), "gw.example");
	packet(&h, "S", 1, text_fd(""));
	assert_string_equal(last_value(&h, "event"), "reload-failed");
	assert_string_equal(last_value(&h, "data.reason"), "line 1: nothing there");
	envelope(&h, "I2");
	content(&h, "x");
	end(&h, NULL);
	assert_string_equal(last_value(&h, "gateway"), "new.example");
	house_close(&h);
}

/* Exceptions and the mode hold from the next judgement on, also for a message that has begun; the parent is told. */
static void
test_exceptions(void **state)
{
	static const enum act infected[] = { ACT_INFECTED };
	static const struct { const char *text; enum answer_status want; const char *outcome, *would; } cases[] = {
		{ "", ANSWER_REJECT, "infected", "(none)" },
		{ "mode observe until=2099-01-01 reason=drill\n", ANSWER_CONTINUE, "infected", "reject" },
		{ "mode observe until=2020-01-01 reason=over\n", ANSWER_REJECT, "infected", "(none)" },
		{ "except id=A signature=Eicar* until=2099-01-01 reason=r\n", ANSWER_CONTINUE, NULL, NULL },
		{ "what?\nexcept id=A signature=Eicar* until=2020-01-01 reason=over\n", ANSWER_REJECT, "infected", "(none)" },
	};
	char packet_x[5] = { FRONT_CTL_EXCEPTIONS, 1, 2, 3, 4 }, told[16];
	struct house h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		house_open(&h, settings_new(), infected, 1);
		connection(&h, ALL);
		helo(&h, 0);
		envelope(&h, "X1");
		packet(&h, packet_x, sizeof(packet_x), text_fd(cases[i].text));
		assert_int_equal(recv(h.parent, told, sizeof(told), MSG_DONTWAIT), 5);
		assert_int_equal(told[0], FRONT_MSG_EXCEPTIONS);
		assert_memory_equal(told + 1, packet_x + 1, 4);
		content(&h, "x");
		if (end(&h, NULL) != cases[i].want)
			fail_msg("%s: got another answer, want %d", cases[i].text, (int)cases[i].want);
		if (cases[i].outcome != NULL) {
			assert_string_equal(last_value(&h, "outcome"), cases[i].outcome);
			assert_string_equal(last_value(&h, "would.action"), cases[i].would);
		}
		/* One that makes no sense changes nothing, and is not said to hold. */
		packet(&h, packet_x, 3, text_fd("except id=B signature=Eicar* until=2099-01-01 reason=r\n"));
		assert_int_equal(recv(h.parent, told, sizeof(told), MSG_DONTWAIT), -1);
		house_close(&h);
	}
}

static void
test_packets(void **state)
{
	struct house h;
	struct buf b;
	size_t n, whole;
	int fds[1];

	(void)state;
	house_open(&h, settings_new(), clean, 1);
	buf_init(&b, 1024);
	buf_addc(&b, 'E');
	wire_put_str(&b, "crash");
	wire_put_str(&b, "generation");
	wire_put_str(&b, "7");
	packet(&h, b.data, b.len, -1);
	assert_string_equal(last_value(&h, "event"), "crash");
	assert_string_equal(last_value(&h, "data.generation"), "7");
	/* Cut anywhere, it is no event, except where a whole one ends. */
	whole = 1 + (b.len - 1);
	for (n = 1; n < whole; n++)
		packet(&h, b.data, n, -1);
	assert_true(count_records(&h) <= 2);
	packet(&h, "G", 1, -1);
	packet(&h, "S", 1, -1);
	packet(&h, "?", 1, -1);
	packet(&h, "N" "gone", 5, -1);
	assert_int_equal(control_packet(h.front, "T", 1, fds, 0), 1);
	buf_free(&b);
	house_close(&h);
}

/* Sendmail takes at most 50 macros in a list; both MTAs' defaults are in it. */
static void
test_lists(void **state)
{
	static const struct { enum session_stage stage; const char *want[8]; } lists[] = {
		{ STAGE_CONNECT, { "j", "_", "v", "{daemon_name}", "{daemon_addr}", "{daemon_port}", "{if_addr}", "i" } },
		{ STAGE_HELO, { "{tls_version}", "{cipher}", "{cipher_bits}", "{verify}", "{cert_subject}", "{cert_issuer}", "{tls_sni}", "{client_resolve}" } },
		{ STAGE_MAIL, { "i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}", "{mail_host}", "{mail_mailer}", "{tls_version}" } },
		{ STAGE_DATA, { "i", "{tls_version}" } }
	};
	char list[SESSION_LIST_MAX], *p, *word;
	size_t i, j, n;
	int found;

	(void)state;
	assert_int_equal(session_macro_list(STAGE_RCPT, list), 0);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (j = 0; j < 8 && lists[i].want[j] != NULL; j++) {
			n = session_macro_list(lists[i].stage, list);
			assert_true(n > 0 && n < sizeof(list));
			for (p = list, n = 0, found = 0; (word = strsep(&p, " ")) != NULL; n++)
				found |= strcmp(word, lists[i].want[j]) == 0;
			assert_true(n <= SESSION_MACROS_MAX);
			if (!found)
				fail_msg("stage %zu: %s is missing", i, lists[i].want[j]);
		}
}

static int
setup(void **state)
{
	(void)state;
	log_open("test-session", 1, 0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_no_macros),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_disorder),
		cmocka_unit_test(test_ten_messages),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_no_scanner),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_unrecorded),
		cmocka_unit_test(test_no_quarantine),
		cmocka_unit_test(test_refused_mail),
		cmocka_unit_test(test_refused_rcpt),
		cmocka_unit_test(test_partner_at_end),
		cmocka_unit_test(test_partner_reload),
		cmocka_unit_test(test_refused_unrecorded),
		cmocka_unit_test(test_requiretls),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_lists)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
