/* SPDX-License-Identifier: ISC */
/* Tests of judge/: class, findings, the action that wins, and every word that is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "judge/name.h"
#include "judge/policy.h"
#include "judge/reply.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
init(void **state)
{
	static struct policy policy;

	*state = &policy;
	return policy_init(&policy);
}

static int
fini(void **state)
{
	policy_free(*state);
	return 0;
}

static char **
list_of(const char *a, const char *b)
{
	char **list = calloc(3, sizeof(*list));

	assert_non_null(list);
	list[0] = strdup(a);
	list[1] = b == NULL ? NULL : strdup(b);
	return list;
}

/* A message of one raw part and one attachment, as a scanner would report it. */
struct mail {
	struct part		parts[3];
	char			*reasons[2];
	struct scan_result	scan;
	struct message_facts	facts;
};

static char path0[] = "0", path1[] = "1", path2[] = "2", eicar[] = "Eicar-Test-Signature", why_limit[] = "MaxFileSize";
static char why_archive[] = "secret name.txt", dup_reason[] = "CT-DUP", limit_token[] = "mime.max_depth", soft[] = "TOKEN-ODD";

static void
mail_init(struct mail *m, enum outcome attachment)
{
	memset(m, 0, sizeof(*m));
	m->parts[0].path = path0;
	m->parts[1].path = path1;
	m->parts[2].path = path2;
	m->parts[1].outcome = attachment;
	m->scan.parts = m->parts;
	m->scan.parts_count = 2;
	m->scan.reasons = m->reasons;
	m->facts.scan = &m->scan;
	m->facts.id = "01ARZ3NDEKTS";
	m->facts.client_ip = "192.0.2.1";
	m->facts.client_resolve = "OK";
	m->facts.daemon_port = "25";
	if (attachment == OUTCOME_INFECTED || attachment == OUTCOME_PUA)
		m->parts[1].signature = eicar;
	if (attachment == OUTCOME_LIMIT)
		m->parts[1].detail = why_limit;
	if (attachment == OUTCOME_ENCRYPTED)
		m->parts[1].detail = why_archive;
}

/* ---- class ---- */

static void
classes(void **state)
{
	static const struct {
		const char *what, *ip, *daemon, *port, *resolve, *auth;
		int queue_id_at_connect;
		const char *class, *why;
	} cases[] = {
		{ "stranger", "203.0.113.5", "smtpd", "25", "OK", NULL, 0, "mx", "default" },
		{ "no macro at all", NULL, NULL, NULL, NULL, NULL, 0, "mx", "default" },
		{ "authenticated", "203.0.113.5", "smtpd", "25", "OK", "PLAIN", 0, "submission", "auth_type" },
		{ "empty auth_type", "203.0.113.5", "smtpd", "25", "OK", "", 0, "mx", "default" },
		{ "submission daemon", "203.0.113.5", "ORIGINATING", "587", "OK", NULL, 0, "submission", "daemon_name" },
		{ "its name in other case", "203.0.113.5", "originating", "587", "OK", NULL, 0, "submission", "daemon_name" },
		{ "internal", "10.1.2.3", "smtpd", "25", "FAIL", NULL, 0, "relay", "internal network" },
		{ "internal and authenticated", "10.1.2.3", "smtpd", "25", "OK", "LOGIN", 0, "submission", "auth_type" },
		{ "Sendmail's IPv6", "IPv6:2001:db8::25", NULL, "25", "OK", NULL, 0, "relay", "internal network" },
		{ "daemon_port 0", "127.0.0.1", "", "0", NULL, NULL, 0, "local", "simulated events" },
		{ "simulated, port not asked for", "127.0.0.1", NULL, NULL, NULL, NULL, 1, "local", "simulated events" },
		{ "Sendmail, a client without HELO", "192.0.2.1", NULL, "25", NULL, NULL, 1, "mx", "default" },
		{ "sendmail -bs", NULL, NULL, NULL, NULL, NULL, 1, "local", "simulated events" },
		{ "queue id early, but a real client", "203.0.113.5", NULL, "25", "OK", NULL, 1, "mx", "default" },
		{ "requeued mail of an internal client", "10.1.2.3", "", "0", NULL, "PLAIN", 1, "local", "simulated events" },
	};
	struct policy *policy = *state;
	struct message_facts facts;
	enum traffic_class class;
	const char *why;
	size_t i;
	int bad = 0;

	policy->internal.count = 2;
	policy->internal.nets = calloc(2, sizeof(*policy->internal.nets));
	assert_non_null(policy->internal.nets);
	assert_int_equal(cidr_parse("10.0.0.0/8", &policy->internal.nets[0]), 0);
	assert_int_equal(cidr_parse("2001:db8::/32", &policy->internal.nets[1]), 0);
	policy->submission_daemons = list_of("ORIGINATING", NULL);
	for (i = 0; i < COUNT(cases); i++) {
		memset(&facts, 0, sizeof(facts));
		facts.client_ip = cases[i].ip;
		facts.daemon_name = cases[i].daemon;
		facts.daemon_port = cases[i].port;
		facts.client_resolve = cases[i].resolve;
		facts.auth_type = cases[i].auth;
		facts.queue_id_at_connect = cases[i].queue_id_at_connect;
		class = policy_class(policy, &facts, &why);
		if (strcmp(class_str(class), cases[i].class) != 0 || strcmp(why, cases[i].why) != 0) {
			print_error("%s: got %s (%s), want %s (%s)\n", cases[i].what, class_str(class), why, cases[i].class,
			    cases[i].why);
			bad++;
		}
		assert_int_equal(policy_class(policy, &facts, NULL), class);
	}
	assert_int_equal(bad, 0);
}

static void
proxied(void **state)
{
	static const struct { const char *entry, *name, *addr, *port; int want; } cases[] = {
		{ "192.0.2.1:10025", "smtpd", "192.0.2.1", "10025", 1 },
		{ "192.0.2.1:10025", "smtpd", "192.0.2.1", "25", 0 },
		{ "192.0.2.1:10025", "smtpd", "192.0.2.2", "10025", 0 },
		{ "192.0.2.1:10025", "smtpd", NULL, "10025", 0 },
		{ "192.0.2.1:10025", "smtpd", "192.0.2.1", NULL, 0 },
		{ ":10025", "smtpd", "192.0.2.9", "10025", 1 },
		{ ":10025", "smtpd", NULL, "1002", 0 },
		{ "[::1]:25", "smtpd", "IPv6:0:0:0:0:0:0:0:1", "25", 1 },
		{ "[2001:db8::1]:25", "smtpd", "2001:DB8::1", "25", 1 },
		{ "behind-haproxy", "behind-haproxy", "192.0.2.1", "25", 1 },
		{ "behind-haproxy", "smtpd", "192.0.2.1", "25", 0 },
		{ "", "", "", "", 0 },
	};
	struct policy *policy = *state;
	struct message_facts facts;
	size_t i;
	int bad = 0, got;

	memset(&facts, 0, sizeof(facts));
	assert_int_equal(policy_proxied(policy, &facts), 0);
	for (i = 0; i < COUNT(cases); i++) {
		policy->proxied_listeners = list_of(cases[i].entry, NULL);
		facts.daemon_name = cases[i].name;
		facts.daemon_addr = cases[i].addr;
		facts.daemon_port = cases[i].port;
		if ((got = policy_proxied(policy, &facts)) != cases[i].want) {
			print_error("%s for %s %s:%s: got %d, want %d\n", cases[i].entry, cases[i].name, cases[i].addr,
			    cases[i].port, got, cases[i].want);
			bad++;
		}
		free(policy->proxied_listeners[0]);
		free(policy->proxied_listeners);
		policy->proxied_listeners = NULL;
	}
	assert_int_equal(bad, 0);
}

/* ---- actions ---- */

static void
actions_parse(void **state)
{
	static const struct { const char *text; int rc; enum action action; int watch; } cases[] = {
		{ "accept", 0, ACTION_ACCEPT, 0 }, { "tag", 0, ACTION_TAG, 0 },
		{ "quarantine", 0, ACTION_QUARANTINE, 0 }, { "tempfail", 0, ACTION_TEMPFAIL, 0 },
		{ "reject", 0, ACTION_REJECT, 0 }, { "discard", 0, ACTION_DISCARD, 0 },
		{ "watch:reject", 0, ACTION_REJECT, 1 }, { "watch:tag", 0, ACTION_TAG, 1 },
		{ "", -1, 0, 0 }, { "watch:", -1, 0, 0 }, { "Reject", -1, 0, 0 }, { "reject ", -1, 0, 0 },
		{ "watch:watch:reject", -1, 0, 0 }, { NULL, -1, 0, 0 },
	};
	struct policy_action got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&got, 0, sizeof(got));
		assert_int_equal(policy_action_parse(cases[i].text, &got), cases[i].rc);
		assert_int_equal(got.action, cases[i].action);
		assert_int_equal(got.watch, cases[i].watch);
	}
	assert_string_equal(action_str(ACTION_MAX), "unknown");
	assert_string_equal(class_str(CLASS_MAX), "unknown");
}

static void
check_refuses_useless_tempfail(void **state)
{
	static const struct { enum outcome outcome; int rc; } cases[] = {
		{ OUTCOME_CLEAN, 0 }, { OUTCOME_INFECTED, -1 }, { OUTCOME_PUA, -1 }, { OUTCOME_ENCRYPTED, -1 },
		{ OUTCOME_MACRO, -1 }, { OUTCOME_BLOCKED, -1 }, { OUTCOME_AMBIGUOUS, -1 }, { OUTCOME_LIMIT, -1 },
		{ OUTCOME_UNOPENED, -1 }, { OUTCOME_TIMEOUT, 0 }, { OUTCOME_CRASH, 0 }, { OUTCOME_UNAVAILABLE, 0 },
		{ OUTCOME_NOT_SCANNED, 0 },
	};
	struct policy *policy = *state;
	struct policy_action saved;
	char where[64], want[64];
	unsigned int c;
	size_t i;

	assert_int_equal(COUNT(cases), OUTCOME_MAX);
	assert_int_equal(policy_check(policy, where, sizeof(where)), 0);
	for (c = 0; c < CLASS_MAX; c++)
		for (i = 0; i < COUNT(cases); i++) {
			saved = policy->actions[c][cases[i].outcome];
			policy->actions[c][cases[i].outcome].action = ACTION_TEMPFAIL;
			snprintf(where, sizeof(where), "untouched");
			assert_int_equal(policy_check(policy, where, sizeof(where)), cases[i].rc);
			snprintf(want, sizeof(want), "%s.%s", class_str((enum traffic_class)c), outcome_str(cases[i].outcome));
			assert_string_equal(where, cases[i].rc == 0 ? "untouched" : want);
			policy->actions[c][cases[i].outcome] = saved;
		}
}

/* What an empty configuration does, in every class. */
static void
defaults_by_class_and_outcome(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *action, *would, *status, *reply;	/* reply: beginning, or NULL */
	} cases[] = {
		{ OUTCOME_CLEAN, "accept", "accept", "Clean", NULL },
		{ OUTCOME_INFECTED, "reject", "reject", "Infected (Eicar-Test-Signature)",
		    "550 5.7.1 Malware found (ref 01ARZ3NDEKTS, postmaster)" },
		{ OUTCOME_PUA, "tag", "tag", "Suspicious (pua: Eicar-Test-Signature)", NULL },
		{ OUTCOME_ENCRYPTED, "tag", "tag", "Not Scanned (encrypted)", NULL },
		{ OUTCOME_MACRO, "tag", "tag", "Suspicious (macro)", NULL },
		{ OUTCOME_BLOCKED, "accept", "reject", "Suspicious (blocked)", NULL },
		{ OUTCOME_AMBIGUOUS, "tag", "tag", "Not Scanned (ambiguous)", NULL },
		{ OUTCOME_LIMIT, "tag", "tag", "Not Scanned (limit: MaxFileSize)", NULL },
		{ OUTCOME_UNOPENED, "tag", "tag", "Not Scanned (unopened)", NULL },
		{ OUTCOME_TIMEOUT, "tempfail", "tempfail", "Not Scanned (timeout)",
		    "451 4.3.0 Message could not be scanned in time, try again later (ref 01ARZ3NDEKTS, postmaster)" },
		{ OUTCOME_CRASH, "tempfail", "tempfail", "Not Scanned (crash)",
		    "451 4.3.0 Message could not be scanned, try again later (ref 01ARZ3NDEKTS, postmaster)" },
		{ OUTCOME_UNAVAILABLE, "tempfail", "tempfail", "Not Scanned (unavailable)",
		    "451 4.3.0 No scanner available, try again later (ref 01ARZ3NDEKTS, postmaster)" },
		{ OUTCOME_NOT_SCANNED, "tempfail", "tempfail", "Not Scanned (not-scanned)",
		    "451 4.3.0 Message could not be scanned, try again later (ref 01ARZ3NDEKTS, postmaster)" },
	};
	static const struct { const char *class, *port, *auth, *ip; } kinds[] = {
		{ "mx", "25", NULL, "203.0.113.1" }, { "submission", "25", "PLAIN", "203.0.113.1" },
		{ "relay", "25", NULL, "10.0.0.1" }, { "local", "0", NULL, NULL },
	};
	struct policy *policy = *state;
	char got[700], rule[64];
	struct verdict v;
	struct mail m;
	size_t c, i;
	int bad = 0;

	assert_int_equal(COUNT(cases), OUTCOME_MAX);
	for (c = 0; c < COUNT(kinds); c++)
		for (i = 0; i < COUNT(cases); i++) {
			mail_init(&m, cases[i].outcome);
			m.facts.daemon_port = kinds[c].port;
			m.facts.auth_type = kinds[c].auth;
			m.facts.client_ip = kinds[c].ip;
			if (policy->internal.nets == NULL) {
				policy->internal.nets = calloc(1, sizeof(*policy->internal.nets));
				policy->internal.count = 1;
				cidr_parse("10.0.0.0/8", policy->internal.nets);
			}
			assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
			snprintf(got, sizeof(got), "%d %s %s", v.reply_code, v.reply_xcode, v.reply_text);
			snprintf(rule, sizeof(rule), "%s.%s", kinds[c].class, outcome_str(cases[i].outcome));
			if (v.outcome != cases[i].outcome || strcmp(action_str(v.action), cases[i].action) != 0 ||
			    strcmp(action_str(v.would), cases[i].would) != 0 || strcmp(v.status, cases[i].status) != 0 ||
			    strcmp(v.rule, rule) != 0 || strcmp(v.would_rule, rule) != 0 ||
			    (cases[i].reply == NULL ? v.reply_code != 0 : strcmp(got, cases[i].reply) != 0)) {
				print_error("%s: got %s %s/%s \"%s\" \"%s\", want %s/%s \"%s\" \"%s\"\n", rule, v.rule,
				    action_str(v.action), action_str(v.would), v.status, got, cases[i].action,
				    cases[i].would, cases[i].status, cases[i].reply);
				bad++;
			}
			assert_int_equal(v.parts[0], OUTCOME_CLEAN);
			assert_int_equal(v.parts[1], cases[i].outcome);
			verdict_free(&v);
		}
	assert_int_equal(bad, 0);
}

/* What every outcome says when it is refused, and when it is put off. */
static void
words_of_refusals(void **state)
{
	static const struct { enum outcome outcome; const char *reject, *tempfail; } cases[] = {
		{ OUTCOME_CLEAN, "550 5.7.1", "451 4.7.0" }, { OUTCOME_INFECTED, "550 5.7.1", "451 4.7.0" },
		{ OUTCOME_PUA, "550 5.7.1", "451 4.7.0" }, { OUTCOME_ENCRYPTED, "550 5.7.1", "451 4.7.0" },
		{ OUTCOME_MACRO, "550 5.7.1", "451 4.7.0" }, { OUTCOME_BLOCKED, "550 5.7.1", "451 4.7.0" },
		{ OUTCOME_AMBIGUOUS, "550 5.6.0", "451 4.6.0" }, { OUTCOME_LIMIT, "550 5.7.1", "451 4.7.0" },
		{ OUTCOME_UNOPENED, "550 5.7.1", "451 4.7.0" }, { OUTCOME_TIMEOUT, "550 5.3.0", "451 4.3.0" },
		{ OUTCOME_CRASH, "550 5.3.0", "451 4.3.0" }, { OUTCOME_UNAVAILABLE, "550 5.3.0", "451 4.3.0" },
		{ OUTCOME_NOT_SCANNED, "550 5.3.0", "451 4.3.0" },
	};
	static const char tail[] = " (ref 01ARZ3NDEKTS, postmaster)";
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	char got[32];
	size_t i;
	int a;

	for (i = 0; i < COUNT(cases); i++)
		for (a = 0; a < 2; a++) {
			policy->actions[CLASS_MX][cases[i].outcome].action = a == 0 ? ACTION_REJECT : ACTION_TEMPFAIL;
			policy->actions[CLASS_MX][cases[i].outcome].watch = 0;
			mail_init(&m, cases[i].outcome);
			assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
			snprintf(got, sizeof(got), "%d %s", v.reply_code, v.reply_xcode);
			assert_string_equal(got, a == 0 ? cases[i].reject : cases[i].tempfail);
			assert_true(strlen(v.reply_text) > sizeof(tail));
			assert_string_equal(v.reply_text + strlen(v.reply_text) - (sizeof(tail) - 1), tail);
			assert_null(strstr(v.reply_text, "Eicar"));
			verdict_free(&v);
		}
	mail_init(&m, OUTCOME_BLOCKED);
	policy->actions[CLASS_MX][OUTCOME_BLOCKED].action = ACTION_REJECT;
	free(policy->contact);
	policy->contact = strdup("https://help.example/mail");
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Attachment not allowed (ref 01ARZ3NDEKTS, https://help.example/mail)");
	verdict_free(&v);
}

static void
strictest_of_several(void **state)
{
	static const struct {
		const char *what;
		enum outcome one, two;
		const char *action_one, *action_two;	/* NULL: as shipped */
		int observe;
		const char *outcome, *action, *rule, *would, *would_rule;
	} cases[] = {
		{ "graver finding, milder action", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "quarantine", "reject", 0,
		    "infected", "reject", "mx.encrypted", "reject", "mx.encrypted" },
		{ "same action: the graver decides", OUTCOME_ENCRYPTED, OUTCOME_INFECTED, "reject", "reject", 0,
		    "infected", "reject", "mx.infected", "reject", "mx.infected" },
		{ "watched is only would-be", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "watch:reject", "tag", 0,
		    "infected", "tag", "mx.encrypted", "reject", "mx.infected" },
		{ "watched but milder is not shown", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "reject", "watch:tag", 0,
		    "infected", "reject", "mx.infected", "reject", "mx.infected" },
		{ "watched and equal is not shown", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "reject", "watch:reject", 0,
		    "infected", "reject", "mx.infected", "reject", "mx.infected" },
		{ "discard is strictest", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "reject", "discard", 0,
		    "infected", "discard", "mx.encrypted", "discard", "mx.encrypted" },
		{ "reject over tempfail", OUTCOME_TIMEOUT, OUTCOME_INFECTED, NULL, NULL, 0,
		    "infected", "reject", "mx.infected", "reject", "mx.infected" },
		{ "tempfail over quarantine", OUTCOME_TIMEOUT, OUTCOME_INFECTED, NULL, "quarantine", 0,
		    "infected", "tempfail", "mx.timeout", "tempfail", "mx.timeout" },
		{ "observe does nothing", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, NULL, NULL, 1,
		    "infected", "accept", "mx.infected", "reject", "mx.infected" },
		{ "observe: the would-be is the strictest", OUTCOME_INFECTED, OUTCOME_ENCRYPTED, "tag", "discard", 1,
		    "infected", "accept", "mx.infected", "discard", "mx.encrypted" },
		{ "observe and clean", OUTCOME_CLEAN, OUTCOME_CLEAN, NULL, NULL, 1,
		    "clean", "accept", "mx.clean", "accept", "mx.clean" },
		{ "a clean part is no finding beside another", OUTCOME_CLEAN, OUTCOME_ENCRYPTED, "reject", "tag", 0,
		    "encrypted", "tag", "mx.encrypted", "tag", "mx.encrypted" },
		{ "accepted finding still names its rule", OUTCOME_CLEAN, OUTCOME_MACRO, NULL, "accept", 0,
		    "macro", "accept", "mx.macro", "accept", "mx.macro" },
	};
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	size_t i;
	int bad = 0;

	for (i = 0; i < COUNT(cases); i++) {
		policy_free(policy);
		assert_int_equal(policy_init(policy), 0);
		policy->observe = cases[i].observe;
		if (cases[i].action_one != NULL)
			policy_action_parse(cases[i].action_one, &policy->actions[CLASS_MX][cases[i].one]);
		if (cases[i].action_two != NULL)
			policy_action_parse(cases[i].action_two, &policy->actions[CLASS_MX][cases[i].two]);
		mail_init(&m, cases[i].one);
		m.parts[2].outcome = cases[i].two;
		m.scan.parts_count = 3;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		if (strcmp(outcome_str(v.outcome), cases[i].outcome) != 0 ||
		    strcmp(action_str(v.action), cases[i].action) != 0 || strcmp(v.rule, cases[i].rule) != 0 ||
		    strcmp(action_str(v.would), cases[i].would) != 0 || strcmp(v.would_rule, cases[i].would_rule) != 0) {
			print_error("%s: got %s %s %s would %s %s, want %s %s %s would %s %s\n", cases[i].what,
			    outcome_str(v.outcome), action_str(v.action), v.rule, action_str(v.would), v.would_rule,
			    cases[i].outcome, cases[i].action, cases[i].rule, cases[i].would, cases[i].would_rule);
			bad++;
		}
		assert_int_equal(v.reply_code != 0, v.action == ACTION_REJECT || v.action == ACTION_TEMPFAIL);
		assert_int_equal(v.hold_reason[0] != '\0', v.action == ACTION_QUARANTINE);
		verdict_free(&v);
	}
	assert_int_equal(bad, 0);
}

/* ---- findings ---- */

static void
no_scan_is_never_clean(void **state)
{
	static const struct { enum outcome failed; const char *detail, *want, *status; } cases[] = {
		{ OUTCOME_TIMEOUT, NULL, "timeout", "Not Scanned (timeout)" },
		{ OUTCOME_CRASH, "signal 11", "crash", "Not Scanned (crash: signal 11)" },
		{ OUTCOME_UNAVAILABLE, NULL, "unavailable", "Not Scanned (unavailable)" },
		{ OUTCOME_LIMIT, "spool_message", "limit", "Not Scanned (limit: spool_message)" },
		{ OUTCOME_NOT_SCANNED, "scratch full", "not-scanned", "Not Scanned (not-scanned: scratch full)" },
		{ OUTCOME_CLEAN, NULL, "not-scanned", "Not Scanned (not-scanned)" },
		{ OUTCOME_MAX, NULL, "not-scanned", "Not Scanned (not-scanned)" },
	};
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m, OUTCOME_CLEAN);
		m.facts.scan = NULL;
		m.facts.scan_failed = cases[i].failed;
		m.facts.scan_detail = cases[i].detail;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_string_equal(outcome_str(v.outcome), cases[i].want);
		assert_string_equal(v.status, cases[i].status);
		assert_null(v.parts);
		verdict_free(&v);
	}
	mail_init(&m, OUTCOME_CLEAN);
	m.scan.parts_count = 0;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.status, "Not Scanned (not-scanned: no parts)");
	verdict_free(&v);
	mail_init(&m, (enum outcome)77);
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_int_equal(v.outcome, OUTCOME_NOT_SCANNED);
	verdict_free(&v);
}

static void
mime_findings(void **state)
{
	static const struct {
		enum ambiguity ambiguity; char *reason; enum outcome part; const char *outcome, *detail, *action;
	} cases[] = {
		{ AMBIGUITY_NONE, NULL, OUTCOME_CLEAN, "clean", NULL, "accept" },
		{ AMBIGUITY_SOFT, soft, OUTCOME_CLEAN, "clean", NULL, "accept" },
		{ AMBIGUITY_HARD, dup_reason, OUTCOME_CLEAN, "ambiguous", "CT-DUP", "tag" },
		{ AMBIGUITY_HARD, NULL, OUTCOME_CLEAN, "ambiguous", NULL, "tag" },
		{ AMBIGUITY_HARD, dup_reason, OUTCOME_INFECTED, "infected", NULL, "reject" },
		{ AMBIGUITY_LIMIT, limit_token, OUTCOME_CLEAN, "limit", "mime.max_depth", "tag" },
		{ AMBIGUITY_LIMIT, soft, OUTCOME_CLEAN, "limit", "mime", "tag" },
		{ AMBIGUITY_LIMIT, limit_token, OUTCOME_LIMIT, "limit", "MaxFileSize", "tag" },
	};
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m, cases[i].part);
		m.scan.ambiguity = cases[i].ambiguity;
		m.reasons[0] = cases[i].reason;
		m.scan.reasons_count = cases[i].reason != NULL;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_string_equal(outcome_str(v.outcome), cases[i].outcome);
		assert_string_equal(v.detail == NULL ? "(null)" : v.detail, cases[i].detail == NULL ? "(null)" : cases[i].detail);
		assert_string_equal(action_str(v.action), cases[i].action);
		assert_int_equal(strcmp(v.status, "Clean") == 0, v.outcome == OUTCOME_CLEAN);
		verdict_free(&v);
	}
}

static void
blocked_names(void **state)
{
	static const struct { const char *name, *want; } cases[] = {
		{ "setup.exe", "exe" }, { "SETUP.EXE", "exe" }, { "setup.exe.", "exe" }, { "setup.exe . .", "exe" },
		{ "invoice.pdf.exe", "exe" }, { "setup.exe\t", "exe" }, { "setup.exe\xe2\x80\x8f", "exe" },
		{ "setup.exe\xc2\xa0", "exe" }, { "setup.exe:x.txt", "exe" }, { "setup.exe:$DATA", "exe" },
		{ "a\\b/setup.exe", "exe" }, { "dir.exe/readme.txt", NULL }, { "dir.exe\\readme.txt", NULL },
		{ "setup.exe.gz", "exe" }, { "setup.exe.xz", "exe" }, { "backup.tar.gz", "tar.gz" }, { "tar.gz", NULL },
		{ "setup.exe\001.txt", "exe" }, { "\"setup.exe\"", "exe" }, { "report.exe.pdf", NULL }, { "exe", NULL },
		{ "a.exe2", NULL }, { "a.ex", NULL }, { "", NULL }, { ".", NULL }, { ".exe", "exe" }, { "...", NULL },
		{ NULL, NULL }, { "\xff\xfe.exe", "exe" },
	};
	char **list = list_of("exe", "tar.gz");
	const char *got;
	size_t i;
	int bad = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		got = name_blocked(cases[i].name, list);
		if ((got == NULL) != (cases[i].want == NULL) || (got != NULL && strcmp(got, cases[i].want) != 0)) {
			print_error("%s: got %s, want %s\n", cases[i].name, got, cases[i].want);
			bad++;
		}
	}
	assert_null(name_blocked("a.exe", NULL));
	free(list[0]);
	free(list[1]);
	free(list);
	assert_int_equal(bad, 0);
}

static void
extensions(void **state)
{
	static const struct { const char *name, *want; } cases[] = {
		{ "a.PDF", "pdf" }, { "a.pdf. ", "pdf" }, { "a", "" }, { NULL, "" }, { "", "" }, { "a.tar.gz", "gz" },
		{ "x.7z", "7z" }, { "Letter to Mr. Smith", "" }, { "a.abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx" },
		{ "a.abcdefghijklmnopqrstuvwxy", "" }, { "a.Settingcontent-MS", "settingcontent-ms" }, { "a.ex_", "ex_" }, { "d.x/a", "" }, { "a.p\xc3\xa4", "" }, { "a.\"", "" },
	};
	char out[NAME_EXT_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(name_extension(cases[i].name, out, sizeof(out)), cases[i].want);
}

static void
blocked_unless_graver(void **state)
{
	static const struct { enum outcome part; const char *part_want, *outcome, *action, *rule; } cases[] = {
		{ OUTCOME_CLEAN, "blocked", "blocked", "reject", "mx.blocked" },
		{ OUTCOME_INFECTED, "infected", "infected", "reject", "mx.infected" },
	};
	struct policy *policy = *state;
	char name[] = "Setup.Exe. ";
	struct verdict v;
	struct mail m;
	size_t i;

	policy->blocked_extensions = list_of("exe", NULL);
	policy_action_parse("reject", &policy->actions[CLASS_MX][OUTCOME_BLOCKED]);
	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m, cases[i].part);
		m.parts[1].name = name;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_string_equal(outcome_str(v.parts[1]), cases[i].part_want);
		assert_int_equal(v.parts[0], OUTCOME_CLEAN);
		assert_string_equal(outcome_str(v.outcome), cases[i].outcome);
		assert_string_equal(action_str(v.action), cases[i].action);
		assert_string_equal(v.rule, cases[i].rule);
		verdict_free(&v);
	}
	/* Both findings count for the action, whichever the part is shown as. */
	mail_init(&m, OUTCOME_ENCRYPTED);
	m.parts[1].name = name;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.rule, "mx.blocked");
	assert_int_equal(v.action, ACTION_REJECT);
	verdict_free(&v);
}

/* ---- words ---- */

static void
signature_only_if_told(void **state)
{
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;

	policy->name_signature = 1;
	mail_init(&m, OUTCOME_INFECTED);
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Malware found: Eicar-Test-Signature (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	/* The refusal is for another finding: the watched one's name stays inside. */
	policy_action_parse("watch:reject", &policy->actions[CLASS_MX][OUTCOME_INFECTED]);
	policy_action_parse("reject", &policy->actions[CLASS_MX][OUTCOME_ENCRYPTED]);
	m.parts[2].outcome = OUTCOME_ENCRYPTED;
	m.scan.parts_count = 3;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Encrypted attachment not allowed (ref 01ARZ3NDEKTS, postmaster)");
	assert_string_equal(v.signature, "Eicar-Test-Signature");
	verdict_free(&v);
}

/* Hosts in internal networks are believed; simulated events have nobody to believe. */
static void
the_route_is_judged_by_internal_networks_and_profile(void **state)
{
	static char ip[] = "203.0.113.1", why[] = "any";
	static struct profile_rule rule;
	static const struct profile profile = { .rules = &rule, .rules_count = 1 };
	struct received received = { .ip = ip };
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;

	profile_rule_init(&rule);
	rule.grade = GRADE_ACCEPTABLE;
	rule.reason = why;
	policy->profile = &profile;
	policy->internal.nets = calloc(1, sizeof(*policy->internal.nets));
	policy->internal.count = 1;
	assert_int_equal(cidr_parse("10.0.0.0/8", policy->internal.nets), 0);
	mail_init(&m, OUTCOME_CLEAN);
	m.facts.client_ip = "10.0.0.1";
	m.facts.tls.tls_version = "TLSv1.3";
	m.facts.tls.cipher = "TLS_AES_128_GCM_SHA256";
	m.scan.received = &received;
	m.scan.received_count = 1;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_int_equal(v.route->count, 2);
	assert_int_equal(v.route->hops[0].hop.tls, HOP_TLS_YES);
	assert_int_equal(v.route->hops[0].grade, GRADE_ACCEPTABLE);
	assert_int_equal(v.route->hops[1].hop.evidence, HOP_ATTESTED);
	assert_int_equal(v.route->boundary, 1);
	verdict_free(&v);
	assert_null(v.route);
	m.facts.daemon_port = "0";
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_int_equal(v.route->hops[1].hop.evidence, HOP_CLAIMED);
	assert_int_equal(v.route->boundary, 0);
	verdict_free(&v);
}

static void
submission_has_its_own_words(void **state)
{
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;

	policy->submission_text = strdup("Your message was not sent. Please call the help desk.");
	mail_init(&m, OUTCOME_INFECTED);
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Malware found (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	m.facts.auth_type = "PLAIN";
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text,
	    "Your message was not sent. Please call the help desk. (ref 01ARZ3NDEKTS, postmaster)");
	assert_string_equal(v.reply_xcode, "5.7.1");
	verdict_free(&v);
	/* An own fault is no refusal. */
	mail_init(&m, OUTCOME_CRASH);
	m.facts.auth_type = "PLAIN";
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text,
	    "Message could not be scanned, try again later (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
}

static int
one_printable_line(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return 0;
	return 1;
}

static void
hostile_words(void **state)
{
	static char longs[5000], evil[] = "Evil\r\nBCC: x\x80\xff\t%n%s)";
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	int i;

	memset(longs, 'x', sizeof(longs) - 1);
	policy->name_signature = 1;
	for (i = 0; i < 8; i++) {
		mail_init(&m, OUTCOME_INFECTED);
		m.parts[1].signature = i & 1 ? longs : evil;
		m.facts.auth_type = "PLAIN";
		free(policy->contact);
		policy->contact = strdup(i & 2 ? longs : evil);
		free(policy->submission_text);
		policy->submission_text = strdup(i & 4 ? longs : evil);
		m.facts.id = i & 2 ? longs : evil;
		policy->actions[CLASS_SUBMISSION][OUTCOME_INFECTED].action = ACTION_REJECT;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_true(one_printable_line(v.reply_text));
		assert_true(one_printable_line(v.status));
		assert_true(strlen(v.reply_text) <= REPLY_TEXT_MAX);
		assert_non_null(strstr(v.reply_text, " (ref "));
		assert_int_equal(v.reply_text[strlen(v.reply_text) - 1], ')');
		verdict_free(&v);
		policy->actions[CLASS_SUBMISSION][OUTCOME_INFECTED].action = ACTION_QUARANTINE;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_true(one_printable_line(v.hold_reason));
		assert_int_equal(strncmp(v.hold_reason, "hopward: infected rule=submission.infected ref=", 47), 0);
		verdict_free(&v);
	}
}

static void
hold_reason(void **state)
{
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;

	policy_action_parse("quarantine", &policy->actions[CLASS_MX][OUTCOME_ENCRYPTED]);
	mail_init(&m, OUTCOME_ENCRYPTED);
	m.facts.mail = "someone@example.org";
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.hold_reason, "hopward: encrypted rule=mx.encrypted ref=01ARZ3NDEKTS");
	assert_int_equal(v.reply_code, 0);
	verdict_free(&v);
	m.facts.id = NULL;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_string_equal(v.hold_reason, "hopward: encrypted rule=mx.encrypted ref=-");
	verdict_free(&v);
}

/* ---- partners ---- */

#define PARTNER_NOW	1800000000ull

/* A partner of his own domain, owned by the policy. */
static struct partner *
add_partner(struct policy *policy, const char *name, enum action action)
{
	struct partner *list, *p;

	list = reallocarray(policy->partners.list, policy->partners.count + 1, sizeof(*list));
	assert_non_null(list);
	policy->partners.list = list;
	p = &list[policy->partners.count++];
	memset(p, 0, sizeof(*p));
	p->name = strdup(name);
	p->domains = list_of("tsy.example", NULL);
	p->action = (int)action;
	return p;
}

/* In clear, from his domain. */
static void
partner_mail(struct mail *m, enum outcome outcome)
{
	mail_init(m, outcome);
	m->facts.mail = "a@tsy.example";
	m->facts.time_ms = PARTNER_NOW * 1000;
	m->facts.tls.canary_mail = 1;
}

/* What the end of a message comes to, of scan and partner. */
static const struct {
	enum outcome		 outcome;
	const char		*partner;	/* his action */
	enum action		 action, would;
	const char		*rule, *would_rule, *status;
	int			 code;
	const char		*tls_tag;
} partner_ends[] = {
	{ OUTCOME_CLEAN, "accept", ACTION_ACCEPT, ACTION_ACCEPT, "mx.clean", "mx.clean", "Clean", 0, "" },
	{ OUTCOME_CLEAN, "tag", ACTION_TAG, ACTION_TAG, "partner.tsy", "partner.tsy", "Clean", 0,
	    "partner=tsy; missed=no-tls; confirmed=no" },
	{ OUTCOME_CLEAN, "tempfail", ACTION_TEMPFAIL, ACTION_TEMPFAIL, "partner.tsy", "partner.tsy", "Clean", 451, "" },
	{ OUTCOME_CLEAN, "reject", ACTION_REJECT, ACTION_REJECT, "partner.tsy", "partner.tsy", "Clean", 550, "" },
	{ OUTCOME_CLEAN, "watch:reject", ACTION_ACCEPT, ACTION_REJECT, "mx.clean", "partner.tsy", "Clean", 0, "" },
	{ OUTCOME_CLEAN, "watch:tag", ACTION_ACCEPT, ACTION_TAG, "mx.clean", "partner.tsy", "Clean", 0, "" },
	/* beside a finding: the stricter of the two, at equal ones the finding */
	{ OUTCOME_INFECTED, "reject", ACTION_REJECT, ACTION_REJECT, "mx.infected", "mx.infected",
	    "Infected (Eicar-Test-Signature)", 550, "" },
	{ OUTCOME_INFECTED, "tag", ACTION_REJECT, ACTION_REJECT, "mx.infected", "mx.infected",
	    "Infected (Eicar-Test-Signature)", 550, "partner=tsy; missed=no-tls; confirmed=no" },
	{ OUTCOME_MACRO, "tag", ACTION_TAG, ACTION_TAG, "mx.macro", "mx.macro", "Suspicious (macro)", 0,
	    "partner=tsy; missed=no-tls; confirmed=no" },
	{ OUTCOME_MACRO, "reject", ACTION_REJECT, ACTION_REJECT, "partner.tsy", "partner.tsy", "Suspicious (macro)", 550, "" },
	{ OUTCOME_MACRO, "watch:reject", ACTION_TAG, ACTION_REJECT, "mx.macro", "partner.tsy", "Suspicious (macro)", 0, "" },
	{ OUTCOME_BLOCKED, "watch:reject", ACTION_ACCEPT, ACTION_REJECT, "mx.blocked", "mx.blocked", "Suspicious (blocked)", 0, "" },
	{ OUTCOME_BLOCKED, "tempfail", ACTION_TEMPFAIL, ACTION_REJECT, "partner.tsy", "mx.blocked", "Suspicious (blocked)", 451, "" },
	{ OUTCOME_BLOCKED, "reject", ACTION_REJECT, ACTION_REJECT, "partner.tsy", "partner.tsy", "Suspicious (blocked)", 550, "" },
	{ OUTCOME_NOT_SCANNED, "reject", ACTION_REJECT, ACTION_REJECT, "partner.tsy", "partner.tsy", "Not Scanned (not-scanned)",
	    550, "" },
	{ OUTCOME_NOT_SCANNED, "tempfail", ACTION_TEMPFAIL, ACTION_TEMPFAIL, "mx.not-scanned", "mx.not-scanned",
	    "Not Scanned (not-scanned)", 451, "" },
};

static void
a_partner_is_one_more_finding(void **state)
{
	static char exe[] = "a.exe";
	struct policy *policy = *state;
	struct partner *p = add_partner(policy, "tsy", ACTION_REJECT);
	struct policy_action action;
	struct verdict v;
	struct mail m;
	size_t i;

	policy->blocked_extensions = list_of("exe", NULL);
	for (i = 0; i < COUNT(partner_ends); i++) {
		assert_int_equal(policy_action_parse(partner_ends[i].partner, &action), 0);
		p->action = (int)action.action;
		p->watch = action.watch;
		partner_mail(&m, partner_ends[i].outcome == OUTCOME_BLOCKED ? OUTCOME_CLEAN : partner_ends[i].outcome);
		if (partner_ends[i].outcome == OUTCOME_BLOCKED)
			m.parts[1].name = exe;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		if (v.outcome != partner_ends[i].outcome || v.action != partner_ends[i].action || v.would != partner_ends[i].would ||
		    strcmp(v.rule, partner_ends[i].rule) != 0 || strcmp(v.would_rule, partner_ends[i].would_rule) != 0 ||
		    strcmp(v.status, partner_ends[i].status) != 0 || v.reply_code != partner_ends[i].code ||
		    strcmp(v.tls_tag, partner_ends[i].tls_tag) != 0)
			fail_msg("case %zu: got %s %s (%s) would %s (%s) \"%s\" %d \"%s\", want %s (%s) would %s (%s)", i,
			    outcome_str(v.outcome), action_str(v.action), v.rule, action_str(v.would), v.would_rule, v.status,
			    v.reply_code, v.tls_tag, action_str(partner_ends[i].action), partner_ends[i].rule,
			    action_str(partner_ends[i].would), partner_ends[i].would_rule);
		assert_int_equal(v.partners_count, 1);
		verdict_free(&v);
	}
	policy->observe = 1;
	p->action = ACTION_REJECT;
	p->watch = 0;
	partner_mail(&m, OUTCOME_CLEAN);
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_int_equal(v.action, ACTION_ACCEPT);
	assert_int_equal(v.would, ACTION_REJECT);
	assert_string_equal(v.would_rule, "partner.tsy");
	verdict_free(&v);
}

static void
partners_are_of_the_classes_mx_and_relay(void **state)
{
	static const struct { const char *auth_type, *daemon_port, *ip; size_t want; } cases[] = {
		{ NULL, "25", "192.0.2.1", 1 }, { NULL, "25", "10.0.0.1", 1 }, { "PLAIN", "25", "192.0.2.1", 0 },
		{ NULL, "0", "192.0.2.1", 0 },
	};
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;
	size_t i;

	add_partner(policy, "tsy", ACTION_REJECT);
	policy->internal.nets = calloc(1, sizeof(struct cidr));
	assert_int_equal(cidr_parse("10.0.0.0/8", policy->internal.nets), 0);
	policy->internal.count = 1;
	for (i = 0; i < COUNT(cases); i++) {
		partner_mail(&m, OUTCOME_CLEAN);
		m.facts.auth_type = cases[i].auth_type;
		m.facts.daemon_port = cases[i].daemon_port;
		m.facts.client_ip = cases[i].ip;
		assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
		assert_int_equal(v.partners_count, cases[i].want);
		verdict_free(&v);
		m.facts.stage_mail = 1;
		m.facts.scan = NULL;
		assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
		assert_int_equal(v.partners_count, cases[i].want);
		/* At MAIL nobody knows how it came to a relay of ours. */
		assert_int_equal(v.action, i == 0 ? ACTION_REJECT : ACTION_ACCEPT);
		verdict_free(&v);
	}
}

/* Behind a relay of ours it is too late to refuse. */
static void
what_a_relay_took_is_tagged(void **state)
{
	static char partner_ip[] = "192.0.2.7", ids[] = "in.example.org", domain[] = "tsy.example";
	struct received received = { .ip = partner_ip, .tls = RECEIVED_TLS_NO };
	struct authres authres = { ids, domain, AUTHRES_DKIM, 1, 1 };
	struct policy *policy = *state;
	struct verdict v;
	struct mail m;

	add_partner(policy, "tsy", ACTION_REJECT);
	policy->internal.nets = calloc(1, sizeof(struct cidr));
	assert_int_equal(cidr_parse("10.0.0.0/8", policy->internal.nets), 0);
	policy->internal.count = 1;
	policy->trusted_authserv_ids = list_of("in.example.org", NULL);
	partner_mail(&m, OUTCOME_CLEAN);
	m.facts.client_ip = "10.0.0.1";
	m.scan.received = &received;
	m.scan.received_count = 1;
	m.scan.authres = &authres;
	m.scan.authres_count = 1;
	assert_int_equal(policy_judge(policy, &m.facts, &v), 0);
	assert_int_equal(v.action, ACTION_TAG);
	assert_string_equal(v.rule, "partner.tsy");
	assert_int_equal(v.would, ACTION_REJECT);
	assert_string_equal(v.would_rule, "partner.tsy");
	assert_int_equal(v.partners[0].relayed, 1);
	assert_int_equal(v.reply_code, 0);
	assert_string_equal(v.status, "Clean");
	assert_string_equal(v.tls_tag, "partner=tsy; missed=no-tls; confirmed=dkim");
	assert_int_equal(v.confirmed, PARTNER_BY_DKIM);
	assert_string_equal(v.sender_domain, "tsy.example");
	verdict_free(&v);
}

static void
envelopes_are_refused_before_any_content(void **state)
{
	static const char *const rcpts[] = { "x@example.org" };
	static const struct {
		const char	*action, *mail;
		int		 recipients;	/* the rule is for example.org alone */
		enum action	 at_mail, at_rcpt;
	} cases[] = {
		{ "reject", "a@tsy.example", 0, ACTION_REJECT, ACTION_REJECT },
		{ "tempfail", "a@tsy.example", 0, ACTION_TEMPFAIL, ACTION_TEMPFAIL },
		{ "tag", "a@tsy.example", 0, ACTION_ACCEPT, ACTION_ACCEPT },
		{ "accept", "a@tsy.example", 0, ACTION_ACCEPT, ACTION_ACCEPT },
		{ "watch:reject", "a@tsy.example", 0, ACTION_ACCEPT, ACTION_ACCEPT },
		{ "reject", "a@tsy.example", 1, ACTION_ACCEPT, ACTION_REJECT },
		{ "reject", "", 0, ACTION_ACCEPT, ACTION_ACCEPT },
		{ "reject", "a@b.example", 0, ACTION_ACCEPT, ACTION_ACCEPT },
	};
	struct policy *policy = *state;
	struct partner *p = add_partner(policy, "tsy", ACTION_REJECT);
	struct policy_action action;
	struct verdict v;
	struct mail m;
	size_t i, stage;

	for (i = 0; i < COUNT(cases); i++)
		for (stage = 0; stage < 2; stage++) {
			enum action want = stage == 0 ? cases[i].at_mail : cases[i].at_rcpt;

			assert_int_equal(policy_action_parse(cases[i].action, &action), 0);
			p->action = (int)action.action;
			p->watch = action.watch;
			if (cases[i].recipients && p->recipients == NULL)
				p->recipients = list_of("example.org", NULL);
			else if (!cases[i].recipients && p->recipients != NULL) {
				free(p->recipients[0]);
				free(p->recipients);
				p->recipients = NULL;
			}
			partner_mail(&m, OUTCOME_CLEAN);
			m.facts.scan = NULL;
			m.facts.mail = cases[i].mail;
			m.facts.stage_mail = stage == 0;
			m.facts.stage_rcpt = stage == 1;
			m.facts.rcpts = rcpts;
			m.facts.rcpts_count = stage == 1;
			assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
			if (v.action != want)
				fail_msg("case %zu stage %zu: got %s, want %s", i, stage, action_str(v.action), action_str(want));
			assert_string_equal(v.rule, want == ACTION_ACCEPT ? "" : "partner.tsy");
			assert_int_equal(v.would, action.watch ? ACTION_REJECT : want);
			assert_int_equal(v.outcome, OUTCOME_NOT_SCANNED);
			assert_string_equal(v.detail, stage == 0 ? "MAIL" : "RCPT");
			assert_int_equal(v.reply_code, want == ACTION_REJECT ? 550 : want == ACTION_TEMPFAIL ? 451 : 0);
			assert_string_equal(v.tls_tag, "");
			verdict_free(&v);
		}
}

static void
the_mta_waits_only_where_a_rule_may_answer(void **state)
{
	static char sub[] = "sub.example.org", reason[] = "old";
	struct partner_exception e = { .domain = sub, .reason = reason, .expires = 1 };
	struct policy *policy = *state;
	struct partner *p;

	assert_int_equal(policy_asks_mail(policy), 0);
	assert_int_equal(policy_asks_rcpt(policy), 0);
	p = add_partner(policy, "tsy", ACTION_TAG);
	assert_int_equal(policy_asks_mail(policy), 0);
	p->action = ACTION_TEMPFAIL;
	assert_int_equal(policy_asks_mail(policy), 1);
	assert_int_equal(policy_asks_rcpt(policy), 0);
	p->watch = 1;
	assert_int_equal(policy_asks_mail(policy), 0);
	p->watch = 0;
	policy->observe = 1;
	assert_int_equal(policy_asks_mail(policy), 0);
	policy->observe = 0;
	p->exceptions = &e;
	p->exceptions_count = 1;
	assert_int_equal(policy_asks_rcpt(policy), 0);
	e.recipient = sub;
	assert_int_equal(policy_asks_mail(policy), 1);
	assert_int_equal(policy_asks_rcpt(policy), 1);
	p->exceptions = NULL;
	p->exceptions_count = 0;
	p->recipients = list_of("example.org", NULL);
	assert_int_equal(policy_asks_mail(policy), 0);
	assert_int_equal(policy_asks_rcpt(policy), 1);
}

/* What is needed and by whose rule, nothing of the peer's. */
static void
words_of_a_partners_refusal(void **state)
{
	static char profile_name[] = "uk_gov", weak[] = "weak";
	struct profile_rule rule;
	struct profile profile = { .name = profile_name, .rules = &rule, .rules_count = 1 };
	struct policy *policy = *state;
	struct partner *p = add_partner(policy, "tsy", ACTION_REJECT);
	struct verdict v;
	struct mail m;
	char long_contact[600];

	partner_mail(&m, OUTCOME_CLEAN);
	m.facts.stage_mail = 1;
	assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_xcode, "5.7.10");
	assert_string_equal(v.reply_text, "Encryption needed: TLS, by the rule for partner tsy (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	p->version = "TLSv1.2";
	p->action = ACTION_TEMPFAIL;
	assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
	assert_int_equal(v.reply_code, 451);
	assert_string_equal(v.reply_xcode, "4.7.10");
	assert_string_equal(v.reply_text, "Encryption needed: TLSv1.2 or later, by the rule for partner tsy; try again with it "
	    "(ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	p->verified = 1;
	p->action = ACTION_REJECT;
	m.facts.tls.tls_version = "TLSv1.3";
	assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Encryption needed: TLS with a client certificate that can be verified, by the rule for "
	    "partner tsy (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	profile_rule_init(&rule);
	rule.grade = GRADE_LEGACY;
	rule.reason = weak;
	p->verified = 0;
	p->grade = GRADE_ACCEPTABLE;
	policy->profile = &profile;
	m.facts.tls.cipher = "RC4-MD5";
	assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
	assert_string_equal(v.reply_text, "Encryption needed: TLS graded acceptable or better by profile uk_gov, by the rule for "
	    "partner tsy (ref 01ARZ3NDEKTS, postmaster)");
	verdict_free(&v);
	memset(long_contact, 'c', sizeof(long_contact) - 1);
	long_contact[sizeof(long_contact) - 1] = '\0';
	free(policy->contact);
	policy->contact = strdup(long_contact);
	assert_int_equal(policy_envelope(policy, &m.facts, &v), 0);
	assert_true(one_printable_line(v.reply_text));
	assert_true(strlen(v.reply_text) <= REPLY_TEXT_MAX);
	assert_int_equal(v.reply_text[strlen(v.reply_text) - 1], ')');
	verdict_free(&v);
	policy->profile = NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, init, fini)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(classes), T(proxied), T(actions_parse), T(check_refuses_useless_tempfail),
		T(defaults_by_class_and_outcome), T(words_of_refusals), T(strictest_of_several),
		T(no_scan_is_never_clean), T(mime_findings), T(blocked_names), T(extensions), T(blocked_unless_graver),
		T(signature_only_if_told), T(the_route_is_judged_by_internal_networks_and_profile), T(submission_has_its_own_words), T(hostile_words), T(hold_reason),
		T(a_partner_is_one_more_finding), T(partners_are_of_the_classes_mx_and_relay), T(what_a_relay_took_is_tagged),
		T(envelopes_are_refused_before_any_content), T(the_mta_waits_only_where_a_rule_may_answer),
		T(words_of_a_partners_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
