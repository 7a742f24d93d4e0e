/* SPDX-License-Identifier: ISC */
/* Tests of front/alarm.c with the real judge and a real ledger: who is counted, what is raised, and when it is off. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <jansson.h>

#include "front/alarm.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HABIT	3

struct house {
	struct front		*front;
	struct front_start	 start;
	struct front_stats	*stats;
	struct front_settings	*settings;	/* the front's */
	char			 dir[64], file[96];
	uint64_t		 now;		/* ms */
};

static void
settings_free(struct front_settings *st)
{
	if (st == NULL)
		return;
	policy_free(&st->policy);
	free(st->gateway);
	free(st);
}

static char **
one(const char *word)
{
	char **list = calloc(2, sizeof(*list));

	assert_non_null(list);
	assert_non_null(list[0] = strdup(word));
	return list;
}

static void
one_net(struct cidr_list *list, const char *net)
{
	assert_non_null(list->nets = calloc(1, sizeof(*list->nets)));
	list->count = 1;
	assert_int_equal(cidr_parse(net, list->nets), 0);
}

/* Our own networks, a proxied listener, a trusted authserv-id, and a partner with domain and network. */
static struct front_settings *
settings_new(void)
{
	struct front_settings *st = calloc(1, sizeof(*st));
	struct partner *p = calloc(1, sizeof(*p));

	assert_non_null(st);
	assert_non_null(p);
	assert_int_equal(policy_init(&st->policy), 0);
	st->gateway = strdup("gw.example");
	st->privacy = PRIVACY_FULL;
	st->downgrade_alarm = 1;
	one_net(&st->policy.internal, "10.0.0.0/8");
	st->policy.proxied_listeners = one(":2525");
	st->policy.submission_daemons = one("submission");
	st->policy.trusted_authserv_ids = one("gw.example");
	p->name = strdup("acme");
	p->domains = one("acme.example");
	one_net(&p->networks, "203.0.113.0/24");
	st->policy.partners.list = p;
	st->policy.partners.count = 1;
	return st;
}

static void
settings_publish(struct house *h, struct front_settings *st)
{
	char err[256];

	if (front_conf_publish(h->front, st, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	h->settings = st;
}

static void
house_start(struct house *h, struct front_settings *st)
{
	static const struct front_hooks hooks = { NULL, settings_free };
	char err[256];

	assert_non_null(h->stats = calloc(1, sizeof(*h->stats)));
	assert_non_null(h->front = front_new(-1, &h->start, h->stats, &hooks));
	assert_non_null(h->front->alarm = alarm_open(&h->start.peers, h->stats));
	settings_publish(h, st);
	if (ledger_open(&h->start.ledger, "mail", &h->front->ledger, err, sizeof(err)) == -1)
		fail_msg("%s", err);
}

static void
house_stop(struct house *h)
{
	alarm_save(h->front->alarm);
	front_free(h->front);
	free(h->stats);
}

static void
house_open(struct house *h, struct front_settings *st)
{
	memset(h, 0, sizeof(*h));
	snprintf(h->dir, sizeof(h->dir), "/tmp/hopward-alarm-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->file, sizeof(h->file), "%s/peers", h->dir);
	h->start.ledger.directory = h->dir;
	h->start.ledger.sync = LEDGER_SYNC_NONE;
	h->start.peers = (struct peers_settings){ .file = h->file, .max = 10, .messages = HABIT, .forget_ms = 0 };
	h->now = UINT64_C(1790000000000);
	house_start(h, st);
}

static void
house_close(struct house *h)
{
	struct dirent *de;
	char path[400];
	DIR *d;

	house_stop(h);
	assert_non_null(d = opendir(h->dir));
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0) {
			snprintf(path, sizeof(path), "%s/%s", h->dir, de->d_name);
			unlink(path);
		}
	closedir(d);
	rmdir(h->dir);
}

/* The events "downgrade" of the ledger. */
static json_t *
events(struct house *h)
{
	json_t *all = json_array(), *line;
	char path[400], *text = NULL;
	struct dirent *de;
	size_t size = 0;
	DIR *d = opendir(h->dir);
	FILE *f;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		if (strstr(de->d_name, ".jsonl") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", h->dir, de->d_name);
		assert_non_null(f = fopen(path, "r"));
		while (getline(&text, &size, f) > 0) {
			assert_non_null(line = json_loads(text, 0, NULL));
			assert_string_equal(json_string_value(json_object_get(line, "event")), "downgrade");
			assert_string_equal(json_string_value(json_object_get(line, "type")), "event");
			json_array_append_new(all, line);
		}
		fclose(f);
	}
	free(text);
	closedir(d);
	return all;
}

/* ---- messages ---- */

enum { CLEAR, TLS, WEAK };

/* NULL: as with an ordinary message of the partner's, from his network. */
struct mail {
	const char	*from, *ip, *port, *daemon;
	const char	*spf;		/* an SPF pass of gw.example for that domain */
	const char	*relay_ip;	/* a Received field with this client: "" it has none */
	int		 untold;	/* no macros of the stages */
	int		 stage_mail;
};

/* How the hop of the peer was: the observed one, or that in the Received field. */
static void
mail_hop(const struct mail *m, int tls, struct message_facts *f, struct received *r)
{
	f->tls.canary_helo = f->tls.canary_mail = !m->untold;
	if (m->untold)
		return;
	if (m->relay_ip != NULL) {
		r->tls = tls == CLEAR ? RECEIVED_TLS_NO : RECEIVED_TLS_YES;
		if (*m->relay_ip != '\0')
			r->ip = (char *)(uintptr_t)m->relay_ip;	/* borrowed: r->texts is NULL */
	}
	if (tls == CLEAR && m->relay_ip == NULL)
		return;
	f->tls.tls_version = tls == WEAK ? "TLSv1" : "TLSv1.3";
	f->tls.cipher = tls == WEAK ? "RC4-MD5" : "TLS_AES_256_GCM_SHA384";
	f->tls.cipher_bits = "128";
}

/* Gives the number of alarms that it raised. */
static int
mail(struct house *h, const struct mail *m, int tls)
{
	uint64_t before = h->stats->downgrades;
	struct scan_result *scan = calloc(1, sizeof(*scan));
	struct message_facts f = { .gateway = "gw.example", .id = "06GVJ4M9KZ3T", .queue_id = "4gFw2K1xYzz9" };
	struct received hop = { .tls = RECEIVED_TLS_UNKNOWN };
	struct verdict v;

	assert_non_null(scan);
	f.time_ms = h->now += 1000;
	f.mail = m->from != NULL ? m->from : "alice@acme.example";
	f.client_ip = m->ip != NULL ? m->ip : "203.0.113.9";
	f.daemon_name = m->daemon != NULL ? m->daemon : "smtpd";
	f.daemon_addr = "192.0.2.1";
	f.daemon_port = m->port != NULL ? m->port : "25";
	f.client_resolve = "OK";
	f.stage_mail = m->stage_mail;
	f.scan = scan;
	mail_hop(m, tls, &f, &hop);
	if (m->relay_ip != NULL) {
		assert_non_null(scan->received = calloc(1, sizeof(*scan->received)));
		scan->received[0] = hop;
		scan->received_count = 1;
	}
	if (m->spf != NULL) {
		assert_non_null(scan->authres = calloc(1, sizeof(*scan->authres)));
		scan->authres[0].authserv_id = strdup("gw.example");
		scan->authres[0].domain = strdup(m->spf);
		scan->authres[0].method = AUTHRES_SPF;
		scan->authres[0].pass = 1;
		scan->authres_count = 1;
	}
	assert_int_equal(policy_judge(&h->settings->policy, &f, &v), 0);
	alarm_message(h->front, h->settings, &f, &v);
	verdict_free(&v);
	scan_result_free(scan);
	return (int)(h->stats->downgrades - before);
}

static void
make_habit(struct house *h, const struct mail *m)
{
	int i;

	for (i = 0; i < HABIT; i++)
		assert_int_equal(mail(h, m, TLS), 0);
}

/* ---- who is counted ---- */

static void
test_counted(void **state)
{
	static const struct {
		const char *what;
		struct mail m;
		int want;
		uint64_t peers;	/* after the habit */
	} cases[] = {
		{ "from the partner's network", { .from = NULL }, 1, 2 },
		{ "a bounce of his: only the network", { .from = "" }, 1, 2 },
		{ "his domain from elsewhere: not confirmed", { .ip = "198.51.100.7" }, 0, 0 },
		{ "anybody with SPF", { .from = "bob@Sender.Example", .ip = "198.51.100.7", .spf = "sender.example" }, 1, 1 },
		{ "SPF of somebody else", { .from = "bob@sender.example", .ip = "198.51.100.7", .spf = "evil.example" }, 0, 0 },
		{ "through a relay of ours", { .ip = "10.0.0.1", .relay_ip = "203.0.113.9" }, 1, 2 },
		{ "through a relay of ours, unconfirmed", { .ip = "10.0.0.1", .relay_ip = "198.51.100.7" }, 0, 0 },
		{ "from a host of ours, with SPF", { .from = "bob@sender.example", .ip = "10.0.0.1", .spf = "sender.example" }, 0, 0 },
		{ "between two hosts of ours", { .from = "bob@sender.example", .ip = "10.0.0.1", .relay_ip = "10.0.0.2",
		    .spf = "sender.example" }, 0, 0 },
		{ "a relay that does not tell its client", { .from = "bob@sender.example", .ip = "10.0.0.1", .relay_ip = "",
		    .spf = "sender.example" }, 0, 0 },
		{ "what the partner's own relay claims", { .relay_ip = "192.0.2.77" }, 0, 2 },
		{ "submission", { .daemon = "submission" }, 0, 0 },
		{ "behind a proxy", { .port = "2525" }, 0, 0 },
		{ "the MTA offers no macros", { .untold = 1 }, 0, 0 },
		{ "refused at MAIL", { .stage_mail = 1 }, 1, 2 },
	};
	struct house h;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		house_open(&h, settings_new());
		make_habit(&h, &cases[i].m);
		if (h.stats->peers != cases[i].peers)
			fail_msg("%s: got %llu peers, want %llu", cases[i].what, (unsigned long long)h.stats->peers,
			    (unsigned long long)cases[i].peers);
		if ((got = mail(&h, &cases[i].m, CLEAR)) != cases[i].want)
			fail_msg("%s: got %d alarms, want %d", cases[i].what, got, cases[i].want);
		if ((got = mail(&h, &cases[i].m, CLEAR)) != 0)
			fail_msg("%s, again: got %d alarms, want 0", cases[i].what, got);
		house_close(&h);
	}
}

/* Forged mail in a partner's name, in clear: nothing is said, and the habit stands. */
static void
test_forged(void **state)
{
	static const struct mail his = { .from = NULL }, forged = { .ip = "198.51.100.7" };
	struct house h;
	int i;

	(void)state;
	house_open(&h, settings_new());
	make_habit(&h, &his);
	for (i = 0; i < 10; i++)
		assert_int_equal(mail(&h, &forged, CLEAR), 0);
	assert_int_equal(mail(&h, &his, CLEAR), 1);
	house_close(&h);
}

/* ---- what is raised ---- */

static void
want_data(struct house *h, size_t count, const char *const *pairs)
{
	json_t *all = events(h), *data;
	const char *got;

	if (json_array_size(all) != count)
		fail_msg("got %zu events, want %zu", json_array_size(all), count);
	data = json_object_get(json_array_get(all, count - 1), "data");
	for (; *pairs != NULL; pairs += 2) {
		got = json_string_value(json_object_get(data, pairs[0]));
		if (pairs[1] == NULL ? got != NULL : got == NULL || strcmp(got, pairs[1]) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", pairs[0], got, pairs[1]);
	}
	json_decref(all);
}

static void
test_event(void **state)
{
	static const struct mail his = { .from = NULL }, bounce = { .from = "" },
	    other = { .from = "bob@sender.example", .ip = "198.51.100.7", .spf = "sender.example" };
	struct house h;
	size_t n;

	(void)state;
	house_open(&h, settings_new());
	make_habit(&h, &his);
	assert_int_equal(mail(&h, &his, CLEAR), 1);
	/* One message, one alarm: the network's habit is named in the domain's. */
	want_data(&h, 1, (const char *const[]){ "peer", "acme.example", "network", "203.0.113.0/24", "confirmed", "network",
	    "was", "unknown", "now", "none", "messages", "3", "since", "2026-09-21T14:13:21Z", "id", "06GVJ4M9KZ3T", NULL });
	make_habit(&h, &other);
	assert_int_equal(mail(&h, &other, CLEAR), 1);
	want_data(&h, 2, (const char *const[]){ "peer", "sender.example", "confirmed", "spf", NULL });
	{
		json_t *all = events(&h);

		assert_null(json_object_get(json_object_get(json_array_get(all, 1), "data"), "network"));
		json_decref(all);
	}
	/* Twice as many for the next habit; of bounces only the network is known. */
	for (n = 0; n < 2; n++)
		make_habit(&h, &bounce);
	assert_int_equal(mail(&h, &bounce, CLEAR), 1);
	house_close(&h);
}

/* Grades by a profile: two lower raise it, one does not; another profile's do not compare. */
static void
test_weaker(void **state)
{
	static const struct mail his = { .from = NULL };
	static struct profile good = { .name = (char *)(uintptr_t)"p", .version = (char *)(uintptr_t)"1" }, other = {
	    .name = (char *)(uintptr_t)"p", .version = (char *)(uintptr_t)"2" };
	static struct profile_rule rules[2];
	struct front_settings *st = settings_new();
	struct house h;

	(void)state;
	profile_rule_init(&rules[0]);
	rules[0].aead = 1;
	rules[0].grade = GRADE_RECOMMENDED;
	profile_rule_init(&rules[1]);
	rules[1].grade = GRADE_FORBIDDEN;
	rules[0].reason = rules[1].reason = (char *)(uintptr_t)"so";
	good.rules = other.rules = rules;
	good.rules_count = other.rules_count = 2;
	st->policy.profile = &good;
	house_open(&h, st);
	make_habit(&h, &his);
	assert_int_equal(mail(&h, &his, WEAK), 1);
	want_data(&h, 1, (const char *const[]){ "was", "recommended", "now", "forbidden", NULL });
	assert_int_equal(mail(&h, &his, WEAK), 0);
	house_close(&h);

	st = settings_new();
	st->policy.profile = &good;
	house_open(&h, st);
	make_habit(&h, &his);
	st = settings_new();
	st->policy.profile = &other;
	settings_publish(&h, st);
	assert_int_equal(mail(&h, &his, WEAK), 0);
	assert_int_equal(mail(&h, &his, CLEAR), 1);
	house_close(&h);
}

/* ---- restart, reload ---- */

/* Why the alarm knows nobody is told for as long as it is so. */
static void
test_lost(void **state)
{
	static const struct { const char *text; mode_t mode; const char *want; } files[] = {
		{ "rubbish", 0600, "line 1 makes no sense; it is set aside as " },
		{ "hopward-peers 1\ngraded-by -\nend 0\n", 0, "Permission denied; it is set aside as " },
	};
	struct house h;
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		if (files[i].mode == 0 && geteuid() == 0)
			continue;	/* root reads it */
		house_open(&h, settings_new());
		assert_string_equal(h.stats->alarm_lost, "");
		house_stop(&h);
		assert_non_null(f = fopen(h.file, "w"));
		fputs(files[i].text, f);
		fclose(f);
		assert_int_equal(chmod(h.file, files[i].mode), 0);
		house_start(&h, settings_new());
		if (strstr(h.stats->alarm_lost, files[i].want) == NULL)
			fail_msg("got \"%s\", want \"%s\" in it", h.stats->alarm_lost, files[i].want);
		house_stop(&h);
		house_start(&h, settings_new());
		assert_string_equal(h.stats->alarm_lost, "");
		house_close(&h);
	}
}

static void
test_restart(void **state)
{
	static const struct mail his = { .from = NULL };
	struct house h;

	(void)state;
	house_open(&h, settings_new());
	make_habit(&h, &his);
	house_stop(&h);
	house_start(&h, settings_new());
	assert_int_equal(h.stats->peers, 2);
	assert_int_equal(h.stats->peers_habits, 2);
	settings_publish(&h, settings_new());	/* a reload */
	assert_int_equal(mail(&h, &his, CLEAR), 1);
	house_stop(&h);
	house_start(&h, settings_new());
	assert_int_equal(mail(&h, &his, CLEAR), 0);
	house_close(&h);
}

/* ---- on or off ---- */

static void
want_state(struct house *h, const char *what, enum alarm_state want)
{
	if (h->stats->alarm_state != want)
		fail_msg("%s: got state %u, want %u", what, (unsigned int)h->stats->alarm_state, (unsigned int)want);
}

static void
test_states(void **state)
{
	static const struct mail his = { .from = NULL }, proxied = { .port = "2525" }, inside = { .ip = "10.0.0.1" },
	    untold = { .untold = 1 }, person = { .daemon = "submission" };
	struct front_settings *st;
	struct house h;

	(void)state;
	house_open(&h, settings_new());
	want_state(&h, "at first", ALARM_ON);
	mail(&h, &person, TLS);
	want_state(&h, "submission shows nothing", ALARM_ON);
	mail(&h, &untold, TLS);
	want_state(&h, "no macros", ALARM_UNTOLD);
	mail(&h, &inside, CLEAR);
	want_state(&h, "all inside", ALARM_INSIDE);
	mail(&h, &proxied, TLS);
	want_state(&h, "behind a proxy", ALARM_PROXY);
	mail(&h, &his, TLS);
	want_state(&h, "one that can be counted", ALARM_ON);
	mail(&h, &proxied, TLS);
	want_state(&h, "that remains", ALARM_ON);
	settings_publish(&h, settings_new());
	mail(&h, &proxied, TLS);
	want_state(&h, "after a reload it is seen anew", ALARM_PROXY);

	st = settings_new();
	st->downgrade_alarm = 0;
	settings_publish(&h, st);
	want_state(&h, "disabled", ALARM_DISABLED);
	make_habit(&h, &his);
	assert_int_equal(mail(&h, &his, CLEAR), 0);
	want_state(&h, "disabled, whatever comes", ALARM_DISABLED);

	st = settings_new();
	partners_free(&st->policy.partners);
	settings_publish(&h, st);
	want_state(&h, "an authserv-id alone", ALARM_ON);
	st = settings_new();
	partners_free(&st->policy.partners);
	free(st->policy.trusted_authserv_ids[0]);
	st->policy.trusted_authserv_ids[0] = NULL;
	settings_publish(&h, st);
	want_state(&h, "nobody", ALARM_NOBODY);
	st = settings_new();
	free(st->policy.trusted_authserv_ids[0]);
	st->policy.trusted_authserv_ids[0] = NULL;
	settings_publish(&h, st);
	want_state(&h, "a partner's network alone", ALARM_ON);
	free(st->policy.partners.list[0].networks.nets);
	memset(&st->policy.partners.list[0].networks, 0, sizeof(st->policy.partners.list[0].networks));
	alarm_settings(h.front->alarm, st);
	want_state(&h, "a partner with nothing but a domain", ALARM_NOBODY);
	st->policy.partners.list[0].certificates = one("mail.acme.example");
	alarm_settings(h.front->alarm, st);
	want_state(&h, "with a certificate", ALARM_ON);
	house_close(&h);
}

/* A directory that is not there is no reason not to serve; it is said, and mail goes on. */
static void
test_unwritable(void **state)
{
	static const struct mail his = { .from = NULL };
	struct house h;

	(void)state;
	house_open(&h, settings_new());
	house_stop(&h);
	snprintf(h.file, sizeof(h.file), "%s/none/peers", h.dir);
	house_start(&h, settings_new());
	make_habit(&h, &his);
	alarm_save(h.front->alarm);
	alarm_save(h.front->alarm);
	assert_int_equal(mail(&h, &his, CLEAR), 1);
	house_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_weaker),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
