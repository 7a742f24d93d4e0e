/* SPDX-License-Identifier: ISC */
/* Tests of record/delivery.c: what is kept at each level of privacy, absences, hostile recipients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include <jansson.h>

#include "record/delivery.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define HEAD		"2026-11-23T09:00:00Z mx1 postfix/smtp[1]: ABCDEF1: to="
#define TAIL		", relay=mx.example.org[192.0.2.77]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 secret words)"

static struct privacy *levels[PRIVACY_FULL + 1];
static char keys[64];

static int
group_setup(void **state)
{
	char dir[] = "/tmp/hopward-test-delivery.XXXXXX", err[256];
	const struct pseudonym_settings set = { dir, PSEUDONYM_MONTH };
	int level, rc = 0;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(keys, sizeof(keys), "%s", dir);
	for (level = PRIVACY_MINIMAL; level <= PRIVACY_FULL; level++)
		rc |= privacy_open((enum privacy_level)level, &set, &levels[level], err, sizeof(err));
	return rc;
}

static int
destroyed(void *arg, const char *period, const char *purpose)
{
	(void)arg;
	(void)period;
	(void)purpose;
	return 0;
}

static int
group_teardown(void **state)
{
	char err[256];
	int level;

	(void)state;
	for (level = PRIVACY_MINIMAL; level <= PRIVACY_FULL; level++)
		privacy_free(levels[level]);
	return pseudonyms_expire(keys, UINT64_MAX, destroyed, NULL, err, sizeof(err)) == -1 ? -1 : rmdir(keys);
}

static json_t *
record_of(const char *line, size_t len, const struct outbound_delivery *tls, enum privacy_level level)
{
	struct delivery d = { "0123456789AB", 1795424402123ull, "mx1", NULL, tls, NULL, 0 };
	json_error_t why;
	struct maillog m;
	struct buf out;
	json_t *root;

	if (maillog_read(line, len, &m) != MAILLOG_DELIVERY)
		fail_msg("%s: got kind %d, want %d", line, m.kind, MAILLOG_DELIVERY);
	d.line = &m;
	buf_init(&out, DELIVERY_MAX);
	assert_int_equal(record_delivery(&d, levels[level], &out), 0);
	if ((root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &why)) == NULL)
		fail_msg("got %s in %s, want JSON", why.text, out.data);
	buf_free(&out);
	return root;
}

/* "a.b.0": a string, or a number as one; "-" if it is absent. */
static const char *
at(const json_t *root, const char *path)
{
	static char text[8192];
	char part[64];
	const json_t *v = root;
	size_t n;

	for (; *path != '\0' && v != NULL; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(part)) : json_object_get(v, part);
	}
	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
	else
		snprintf(text, sizeof(text), "%s", json_is_string(v) ? json_string_value(v) : v == NULL ? "-" : "?");
	return text;
}

static void
by_level(void **state)
{
	static const struct {
		const char	*key, *minimal, *pseudonym, *full;	/* "p:": begins so */
	} cases[] = {
		{ "to.0.domain", "example.org", "example.org", "example.org" },
		{ "to.0.local", "-", "p:", "Bob" },
		{ "relay.host", "-", "mx.example.org", "mx.example.org" },
		{ "relay.ip", "192.0.2.0/24", "192.0.2.77", "192.0.2.77" },
		{ "relay.port", "25", "25", "25" },
		{ "queue_id", "ABCDEF1", "ABCDEF1", "ABCDEF1" },
		{ "tls", "yes", "yes", "yes" },
		{ "version", "TLSv1.3", "TLSv1.3", "TLSv1.3" },
		{ "bits", "128", "128", "128" },
		{ "alg_bits", "256", "256", "256" },
		{ "known_by", "session", "session", "session" },
		{ "time", "2026-11-23T09:00:02.123Z", "2026-11-23T09:00:02.123Z", "2026-11-23T09:00:02.123Z" },
		{ "reason", "-", "-", "-" }, { "onward", "-", "-", "-" }, { "level", "-", "-", "-" }, { "policy", "-", "-", "-" },
		{ "source", "-", "-", "-" }, { "cut", "-", "-", "-" }, { "trust", "-", "-", "-" }, { "rcpts", "1", "1", "1" },
	};
	static const char line[] = HEAD "<Bob@Example.ORG>" TAIL;
	struct outbound_delivery tls = { HOP_TLS_YES, OUTBOUND_SESSION, NULL, "TLSv1.3", "TLS_AES_128_GCM_SHA256", NULL, NULL, 128, 256, 0 };
	const char *want, *got;
	char *whole;
	json_t *root;
	int level;
	size_t i;

	(void)state;
	for (level = PRIVACY_MINIMAL; level <= PRIVACY_FULL; level++) {
		root = record_of(line, strlen(line), &tls, (enum privacy_level)level);
		for (i = 0; i < COUNT(cases); i++) {
			want = level == PRIVACY_MINIMAL ? cases[i].minimal : level == PRIVACY_PSEUDONYM ? cases[i].pseudonym : cases[i].full;
			got = at(root, cases[i].key);
			if (strcmp(want, "p:") == 0 ? strncmp(got, "p:", 2) != 0 || strlen(got) != 34 : strcmp(got, want) != 0)
				fail_msg("level %d, %s: got %s, want %s", level, cases[i].key, got, want);
		}
		whole = json_dumps(root, 0);
		assert_null(strstr(whole, "secret"));
		free(whole);
		json_decref(root);
	}
}

static void
unknown_and_onward(void **state)
{
	static const char none[] = "2026-11-23T09:00:00Z mx1 postfix/smtp[1]: ABCDEF1: to=<b@x.example>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (x)";
	static const char line[] = "2026-11-23T09:00:00Z mx1 postfix/smtp[1]: ABCDEF1: to=<b@x.example>, relay=r[2001:db8::1]:587, delay=1, delays=0/0/0/1, tls=!may:none/requiretls, dsn=2.0.0, status=sent (x)";
	struct outbound_delivery unknown = { .tls = HOP_TLS_UNKNOWN, .reason = "no connection" };
	struct outbound_delivery clear = { .tls = HOP_TLS_NO, .evidence = OUTBOUND_LEVEL, .reason = "onward unknown", .smarthost = 1 };
	json_t *root = record_of(none, strlen(none), &unknown, PRIVACY_MINIMAL);

	(void)state;
	assert_string_equal(at(root, "tls"), "unknown");
	assert_string_equal(at(root, "reason"), "no connection");
	assert_string_equal(at(root, "known_by"), "-");
	assert_string_equal(at(root, "bits"), "-");
	assert_string_equal(at(root, "relay.host"), "none");
	assert_string_equal(at(root, "relay.ip"), "-");
	json_decref(root);
	root = record_of(line, strlen(line), &clear, PRIVACY_PSEUDONYM);
	assert_string_equal(at(root, "tls"), "no");
	assert_string_equal(at(root, "onward"), "unknown");
	assert_string_equal(at(root, "reason"), "onward unknown");
	assert_string_equal(at(root, "known_by"), "level");
	assert_string_equal(at(root, "level"), "may");
	assert_string_equal(at(root, "downgraded"), "none");
	assert_string_equal(at(root, "policy"), "violated");
	assert_string_equal(at(root, "requiretls"), "requiretls");
	assert_string_equal(at(root, "relay.ip"), "2001:db8::1");
	json_decref(root);
}

/* Long, binary and many. */
static void
hostile_recipients(void **state)
{
	static const char many_head[] = "2026-11-23T09:00:00Z mx1 sm-mta[1]: 3ANKI1x: to=",
	    many_tail[] = ", delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx. [192.0.2.1], dsn=2.0.0, stat=Sent";
	struct outbound_delivery tls = { .tls = HOP_TLS_NO, .evidence = OUTBOUND_ABSENCE };
	char *line = malloc(MAILLOG_LINE_MAX);
	json_t *root;
	size_t n;
	int i;

	(void)state;
	assert_non_null(line);
	n = (size_t)snprintf(line, MAILLOG_LINE_MAX, HEAD "<%0*d@%0300d.example>" TAIL, 5000, 0, 0);
	root = record_of(line, n, &tls, PRIVACY_FULL);
	assert_string_equal(at(root, "cut"), "1");
	json_decref(root);
	n = (size_t)snprintf(line, MAILLOG_LINE_MAX, HEAD "<\"%c%c%c\n\"@x.example>" TAIL, 0xff, 0x01, 0xc3);
	line[strlen(HEAD) + 3] = '\0';
	json_decref(record_of(line, n, &tls, PRIVACY_FULL));
	n = (size_t)snprintf(line, MAILLOG_LINE_MAX, "%s", many_head);
	for (i = 0; i < 1000; i++)
		n += (size_t)snprintf(line + n, MAILLOG_LINE_MAX - n, "%s<u%d@x.example>", i == 0 ? "" : ",", i);
	n += (size_t)snprintf(line + n, MAILLOG_LINE_MAX - n, "%s", many_tail);
	root = record_of(line, n, &tls, PRIVACY_PSEUDONYM);
	assert_int_equal(json_array_size(json_object_get(root, "to")), DELIVERY_RCPTS_MAX);
	assert_string_equal(at(root, "rcpts"), "1000");
	json_decref(root);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_level),
		cmocka_unit_test(unknown_and_onward),
		cmocka_unit_test(hostile_recipients),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
