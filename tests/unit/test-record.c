/* SPDX-License-Identifier: ISC */
/* Tests of record/record.c, read back by another JSON library: keys, privacy, rubbish, bounds; and its page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "record/delivery.h"
#include "record/record.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		"milter/hopward-log.5"	/* programs run where the Makefile is */
#define LEDGER_KEYS	160			/* octets that the ledger puts before a body */
#define PSEUDONYM_SIZE	34

/* ---- a message with everything ---- */

struct mail {
	struct part		parts[4];
	struct scan_result	scan;
	struct engine_info	engine;
	struct message_facts	facts;
	struct verdict		verdict;
	enum outcome		outcomes[4];
	struct received		received[SCAN_RECEIVED_MAX];
	struct route		route;
};

static char p0[] = "0", p1[] = "1", p2[] = "2", p3[] = "2/1";
static char plain[] = "text/plain", html[] = "text/html", zip[] = "application/zip", pdf[] = "application/pdf";
static char pdf_name[] = "salaries.pdf", zip_name[] = "Invoice 17.ZIP", type_html[] = "CL_TYPE_HTML";
static char view_exact[] = "exact", decoder_join[] = "base64-join";
static char type_mail[] = "CL_TYPE_MAIL", type_text[] = "CL_TYPE_TEXT_ASCII", type_zip[] = "CL_TYPE_ZIP", type_pdf[] = "CL_TYPE_PDF";
static char heuristic[] = "Heuristics.Encrypted.Zip", clamav[] = "1.4.6", reason[] = "BND-CASE";
static char member[] = "redundancies.xlsx";
static char *reasons[] = { reason };
static const char *const rcpts[] = { "bob@example.net", "carol@example.net" };

static void
mail_init(struct mail *m)
{
	uint32_t i;
	size_t k;

	memset(m, 0, sizeof(*m));
	m->parts[0] = (struct part){ .path = p0, .real_type = type_mail, .size = 15360 };
	m->parts[1] = (struct part){ .path = p1, .type = plain, .real_type = type_text, .size = 412 };
	m->parts[2] = (struct part){ .path = p2, .type = zip, .real_type = type_zip, .size = 9731, .name = zip_name,
	    .outcome = OUTCOME_ENCRYPTED, .signature = heuristic };
	m->parts[3] = (struct part){ .path = p3, .real_type = type_pdf, .size = 20480, .name = pdf_name };
	for (i = 0; i < 4; i++)
		for (k = 0; k < 32; k++)
			m->parts[i].sha256[k] = (uint8_t)(i * 32 + k * 7);
	m->scan.parts = m->parts;
	m->scan.parts_count = 3;
	m->scan.reasons = reasons;
	m->scan.reasons_count = 1;
	m->scan.ambiguity = AMBIGUITY_SOFT;
	m->scan.views = 3;
	m->engine.version = clamav;
	m->engine.db_version = 27824;
	m->engine.db_time = 1795424461;
	m->engine.signatures = 8712345;
	m->facts.gateway = "mx1.example.net";
	m->facts.id = "06GVJ4M9KZ3T";
	m->facts.time_ms = 1795425302417;
	m->facts.queue_id = "4gFw2K1xYzz9";
	m->facts.mta = "Postfix 3.7.11";
	m->facts.client_ip = "203.0.113.77";
	m->facts.client_name = "mail.example.org";
	m->facts.helo = "mail.example.org";
	m->facts.daemon_name = "smtpd";
	m->facts.daemon_addr = "192.0.2.25";
	m->facts.daemon_port = "25";
	m->facts.client_resolve = "OK";
	m->facts.tls.tls_version = "TLSv1.3";
	m->facts.tls.cipher = "TLS_AES_256_GCM_SHA384";
	m->facts.tls.cipher_bits = "256";
	m->facts.tls.canary_helo = m->facts.tls.canary_mail = 1;
	m->facts.mail = "Alice@Example.ORG";
	m->facts.rcpts = rcpts;
	m->facts.rcpts_count = 1;
	m->facts.size = 15234;
	m->facts.scan = &m->scan;
	m->facts.engine = &m->engine;
	m->facts.receive_ms = 41;
	m->facts.queue_ms = 1;
	m->facts.scan_ms = 27;
	m->verdict.class = CLASS_MX;
	m->verdict.class_why = "default";
	m->verdict.hop = (struct hop){ HOP_OBSERVED, HOP_TLS_YES, NULL, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256" };
	m->verdict.outcome = OUTCOME_ENCRYPTED;
	m->verdict.action = m->verdict.would = ACTION_TAG;
	snprintf(m->verdict.rule, sizeof(m->verdict.rule), "mx.encrypted");
	snprintf(m->verdict.would_rule, sizeof(m->verdict.would_rule), "mx.encrypted");
	m->verdict.signature = heuristic;
	m->outcomes[2] = OUTCOME_ENCRYPTED;
	m->verdict.parts = m->outcomes;
}

/* ---- earlier hops ---- */

static char by_relay[] = "relay.example.org", by_mta[] = "mta.example.org", by_desk[] = "submit.example.org";
static char esmtp[] = "ESMTP", esmtps[] = "ESMTPS", esmtpsa[] = "ESMTPSA", lmtp[] = "LMTP";
static char tls13[] = "TLSv1.3", tls12_ms[] = "TLS1_2", tls12[] = "TLSv1.2", aes256[] = "TLS_AES_256_GCM_SHA384";
static char openssl_name[] = "ECDHE-RSA-AES256-GCM-SHA384", half_name[] = "Aes256", generic[] = "TLSv1/SSLv3";
static char ip_mta[] = "198.51.100.20", ip_inner[] = "2001:db8:77:1::9", ip_desk[] = "192.0.2.55", desk[] = "kims-laptop";
static char uk_gov[] = "uk_gov", edition[] = "2022-10", new_enough[] = "new enough";

/* A route as the judge makes it: `trusted` (may be NULL) is a network whose hosts wrote the truth. */
static void
mail_route(struct mail *m, uint32_t count, const char *trusted)
{
	static const struct received hops[] = {
		{ .by = by_relay, .with = esmtps, .tls = RECEIVED_TLS_YES, .version = tls13, .version_norm = tls13,
		    .cipher = aes256, .bits = 256, .ip = ip_mta, .helo = by_mta, .has_time = 1, .time = 1795425300 },
		{ .by = by_mta, .with = lmtp, .local = 1, .has_time = 1, .time = 1795425299 },
		{ .by = by_mta, .with = esmtps, .tls = RECEIVED_TLS_YES, .version = tls12_ms, .version_norm = tls12,
		    .cipher = openssl_name, .bits = 256, .ip = ip_inner, .helo = by_desk, .has_time = 1, .time = 1795425301 },
		{ .by = by_desk, .with = esmtpsa, .tls = RECEIVED_TLS_YES, .version = generic, .cipher = half_name, .auth = 1,
		    .ip = ip_desk, .helo = desk, .has_time = 1, .time = 1795425290 },
		{ .by = by_desk, .with = esmtp, .tls = RECEIVED_TLS_NO, .ip = ip_desk, .helo = desk },
	};
	static struct profile_rule rule;
	static const struct profile profile = { .name = uk_gov, .version = edition, .rules = &rule, .rules_count = 1 };
	struct cidr net;
	struct cidr_list list = { &net, trusted != NULL };

	profile_rule_init(&rule);
	rule.modes = 1u << SUITE_MODE_GCM;
	rule.grade = GRADE_RECOMMENDED;
	rule.reason = new_enough;
	assert_true(count <= COUNT(hops) && (trusted == NULL || cidr_parse(trusted, &net) == 0));
	memcpy(m->received, hops, count * sizeof(hops[0]));
	m->scan.received = m->received;
	m->scan.received_count = count;
	route_judge(&m->facts, &m->verdict.hop, 0, &list, &profile, &m->route);
	m->verdict.route = &m->route;
}

static char acme[] = "acme", moving[] = "they move house";
static struct partner partner = { .name = acme };
static struct partner_exception exception = { .reason = moving };

/* More rules than are listed, the first with all that there is. */
static void
mail_partners(struct mail *m)
{
	size_t i;

	m->verdict.partners_count = PARTNER_RESULTS_MAX + 2;
	for (i = 0; i < PARTNER_RESULTS_MAX; i++)
		m->verdict.partners[i].partner = &partner;
	m->verdict.partners[0] = (struct partner_result){ .partner = &partner, .confirmed = PARTNER_BY_DKIM,
	    .state = PARTNER_NO_TLS, .exception = &exception, .grace = 1, .null_sender = 1, .relayed = 1,
	    .action = ACTION_TAG, .would = ACTION_REJECT };
	m->verdict.confirmed = PARTNER_BY_DKIM;
	m->verdict.sender_domain = "example.org";
	m->scan.tls_required_no = 1;
	m->facts.rcpts_refused = 4;
	m->facts.requiretls = 1;
}

/* Every key that there is, but those of a refusal before the content. */
static void
mail_fill(struct mail *m)
{
	mail_init(m);
	mail_partners(m);
	m->scan.received_more = 3;
	m->scan.header_cut = 1;
	mail_route(m, 5, "203.0.113.77");
	m->received[0].cut = m->received[0].odd = 1;
	m->route.hops[1].has_delay = 0;	/* so that the next one's time is not told */
	m->verdict.class_why = "internal network";
	m->facts.client_resolve = "FAIL";
	m->facts.auth_type = "EXTERNAL";
	m->facts.rcpts_count = 2;
	m->facts.rcpts_dropped = 5;
	m->facts.tls.verify = "OK";
	m->facts.tls.cert_subject = "/CN=mail.example.org";
	m->facts.tls.cert_issuer = "/CN=Example CA";
	m->facts.tls.tls_sni = "mx1.example.net";
	m->verdict.hop.reason = "local";
	m->verdict.action = ACTION_TEMPFAIL;
	m->verdict.would = ACTION_REJECT;
	m->verdict.reply_code = 451;
	snprintf(m->verdict.reply_xcode, sizeof(m->verdict.reply_xcode), "4.7.0");
	m->verdict.detail = member;
	m->parts[2].detail = member;
}

/* Refused at RCPT: nothing was scanned, and it came in clear. */
static void
mail_refused(struct mail *m)
{
	mail_init(m);
	m->facts.stage_rcpt = 1;
	m->facts.tls.verify = m->facts.tls.cert_subject = m->facts.tls.cert_issuer = "";
	m->facts.tls.canary_mail = 0;
	m->facts.requiretls = 1;
	m->facts.scan = NULL;
	m->facts.engine = NULL;
	m->facts.size = 0;
	m->verdict.hop = (struct hop){ HOP_OBSERVED, HOP_TLS_NO, NULL, NULL, NULL, NULL };
	m->verdict.outcome = OUTCOME_NOT_SCANNED;
	m->verdict.detail = "RCPT";
	m->verdict.signature = NULL;
	m->verdict.action = m->verdict.would = ACTION_REJECT;
	snprintf(m->verdict.rule, sizeof(m->verdict.rule), "partner.acme");
	m->verdict.partners_count = 1;
	m->verdict.partners[0] = (struct partner_result){ .partner = &partner, .state = PARTNER_NO_TLS,
	    .action = ACTION_REJECT, .would = ACTION_REJECT };
}

/* ---- privacy at each level, and records read back ---- */

static struct privacy *levels[3];
static char key_dir[] = "/tmp/hopward-record-XXXXXX", key_path[2][64];

/* Keys of the month of mail_init()'s message. */
static int
group_setup(void **state)
{
	const struct pseudonym_settings set = { key_dir, PSEUDONYM_MONTH };
	unsigned char key[32];
	char err[256];
	FILE *f;
	int i;

	(void)state;
	memset(key, 7, sizeof(key));
	if (mkdtemp(key_dir) == NULL)
		return -1;
	for (i = 0; i < 2; i++) {
		snprintf(key_path[i], sizeof(key_path[i]), "%s/2026-11-%s.key", key_dir, i == 0 ? "from" : "to");
		if ((f = fopen(key_path[i], "w")) == NULL || fwrite(key, 1, 32, f) != 32 || fclose(f) != 0 ||
		    chmod(key_path[i], 0400) == -1)
			return -1;
	}
	for (i = 0; i < 3; i++)
		if (privacy_open((enum privacy_level)i, &set, &levels[i], err, sizeof(err)) == -1)
			return -1;
	return 0;
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
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		privacy_free(levels[i]);
	return pseudonyms_expire(key_dir, UINT64_MAX, destroyed, NULL, err, sizeof(err)) == -1 ? -1 : rmdir(key_dir);
}

static json_t *
parsed(const char *text, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (root == NULL)
		fail_msg("got \"%.300s\": %s, want JSON", text, error.text);
	return root;
}

static json_t *
recorded(const struct mail *m, enum privacy_level level, size_t *len)
{
	struct buf out;
	json_t *root;

	buf_init(&out, RECORD_MAX);
	assert_int_equal(record_message(&m->facts, &m->verdict, levels[level], &out), 0);
	assert_null(memchr(out.data, '\n', out.len));
	root = parsed(out.data, out.len);
	if (len != NULL)
		*len = out.len;
	buf_free(&out);
	return root;
}

/* "client.ip", "hops.0.tls"; NULL if it is not there. */
static json_t *
at(json_t *root, const char *path)
{
	char part[64];
	size_t n;

	while (root != NULL && *path != '\0') {
		n = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		root = json_is_array(root) ? json_array_get(root, strtoul(part, NULL, 10)) : json_object_get(root, part);
		path += n + (path[n] == '.');
	}
	return root;
}

/* The value as compact JSON text, "(absent)" if it is not there. */
static const char *
text_at(json_t *root, const char *path)
{
	static char out[4096];
	json_t *v = at(root, path);
	char *dump;

	if (v == NULL)
		return "(absent)";
	dump = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	assert_non_null(dump);
	snprintf(out, sizeof(out), "%s", dump);
	free(dump);
	return out;
}

struct want {
	const char *path, *text;
};

static void
check_wants(json_t *root, const struct want *wants, size_t count, const char *what)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < count; i++)
		if (strcmp(text_at(root, wants[i].path), wants[i].text) != 0) {
			print_error("%s: %s: got %s, want %s\n", what, wants[i].path, text_at(root, wants[i].path),
			    wants[i].text);
			bad++;
		}
	assert_int_equal(bad, 0);
}

static void
message_by_key(void **state)
{
	static const struct want wants[] = {
		{ "v", "1" }, { "type", "\"message\"" }, { "id", "\"06GVJ4M9KZ3T\"" },
		{ "time", "\"2026-11-23T09:15:02.417Z\"" }, { "gateway", "\"mx1.example.net\"" },
		{ "queue_id", "\"4gFw2K1xYzz9\"" }, { "mta", "\"Postfix 3.7.11\"" }, { "class", "\"mx\"" },
		{ "class_why", "(absent)" },
		{ "listener", "{\"name\":\"smtpd\",\"addr\":\"192.0.2.25\",\"port\":\"25\"}" },
		{ "client.ip", "\"203.0.113.77\"" }, { "client.name", "(absent)" },
		{ "client.helo", "\"mail.example.org\"" }, { "client.resolve", "(absent)" }, { "auth", "(absent)" },
		{ "from.domain", "\"example.org\"" }, { "to.0.domain", "\"example.net\"" }, { "to.1", "(absent)" },
		{ "rcpts", "1" }, { "size", "15234" }, { "hops.0.evidence", "(absent)" }, { "hops.0.tls", "\"yes\"" },
		{ "hops.0.reason", "(absent)" }, { "hops.0.version", "\"TLSv1.3\"" },
		{ "hops.0.cipher", "\"TLS_AES_256_GCM_SHA384\"" }, { "hops.0.bits", "\"256\"" },
		{ "hops.0.verify", "(absent)" }, { "hops.0.cert_subject", "(absent)" },
		{ "hops.0.macros", "(absent)" },
		{ "hops.0.offered", "(absent)" }, { "hops.1", "(absent)" }, { "boundary", "(absent)" },
		{ "outcome", "\"encrypted\"" }, { "action", "\"tag\"" }, { "rule", "\"mx.encrypted\"" },
		{ "would", "(absent)" }, { "signature", "\"Heuristics.Encrypted.Zip\"" }, { "detail", "(absent)" },
		{ "reply", "(absent)" }, { "mime", "{\"ambiguity\":\"soft\",\"views\":3,\"objects\":2,\"reasons\":[\"BND-CASE\"]}" },
		{ "engine", "{\"version\":\"1.4.6\",\"db_version\":27824,\"db_time\":\"2026-11-23T09:01:01Z\",\"signatures\":8712345}" },
		{ "ms", "{\"receive\":41,\"queue\":1,\"scan\":27}" }, { "parts.0.path", "\"0\"" },
		{ "parts.0.name", "(absent)" }, { "parts.0.ext", "(absent)" }, { "parts.0.outcome", "(absent)" },
		{ "parts.0.sha256", "\"00070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9\"" },
		{ "parts.1.type", "\"text/plain\"" }, { "parts.1.size", "412" }, { "parts.2.ext", "\"zip\"" },
		{ "parts.2.real_type", "\"ZIP\"" }, { "parts.2.outcome", "\"encrypted\"" },
		{ "parts.2.signature", "\"Heuristics.Encrypted.Zip\"" }, { "parts.2.name", "\"Invoice 17.ZIP\"" },
		{ "parts_more", "(absent)" }, { "cut", "(absent)" },
	};
	struct mail m;
	json_t *root;

	(void)state;
	mail_init(&m);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, wants, COUNT(wants), "message");
	assert_int_equal(json_string_length(at(root, "from.local")), PSEUDONYM_SIZE);
	assert_int_equal(json_string_length(at(root, "to.0.local")), PSEUDONYM_SIZE);
	json_decref(root);
}

static void
partners_by_key(void **state)
{
	static const struct want many[] = {
		{ "stage", "(absent)" }, { "outcome", "\"encrypted\"" }, { "rcpts_refused", "4" },
		{ "requiretls_asked", "true" }, { "requiretls_clear", "(absent)" }, { "tls_required_no", "true" },
		{ "sender", "{\"domain\":\"example.org\",\"confirmed\":\"dkim\"}" },
		{ "partners.0", "{\"name\":\"acme\",\"confirmed\":\"dkim\",\"state\":\"no-tls\","
		    "\"exception\":\"they move house\",\"grace\":true,\"null_sender\":true,\"relayed\":true,"
		    "\"action\":\"tag\",\"would\":\"reject\"}" },
		{ "partners.1", "{\"name\":\"acme\",\"confirmed\":\"unconfirmed\",\"state\":\"kept\",\"action\":\"accept\"}" },
		{ "partners.8", "(absent)" }, { "partners_more", "2" },
	}, refused[] = {
		{ "stage", "\"rcpt\"" }, { "outcome", "\"not-scanned\"" }, { "signature", "(absent)" }, { "detail", "\"RCPT\"" },
		{ "action", "\"reject\"" }, { "rule", "\"partner.acme\"" }, { "requiretls_asked", "true" },
		{ "requiretls_clear", "true" }, { "tls_required_no", "(absent)" }, { "sender", "(absent)" },
		{ "partners", "[{\"name\":\"acme\",\"confirmed\":\"unconfirmed\",\"state\":\"no-tls\",\"action\":\"reject\"}]" },
		{ "partners_more", "(absent)" }, { "rcpts_refused", "(absent)" }, { "parts", "(absent)" },
	}, none[] = {
		{ "stage", "(absent)" }, { "rcpts_refused", "(absent)" }, { "requiretls_asked", "(absent)" },
		{ "requiretls_clear", "(absent)" }, { "tls_required_no", "(absent)" }, { "sender", "(absent)" },
		{ "partners", "(absent)" }, { "partners_more", "(absent)" },
	};
	struct mail m;
	json_t *root;

	(void)state;
	mail_fill(&m);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, many, COUNT(many), "many partners");
	json_decref(root);
	mail_refused(&m);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, refused, COUNT(refused), "refused at RCPT");
	json_decref(root);
	m.facts.stage_rcpt = 0;
	m.facts.stage_mail = 1;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_equal(text_at(root, "stage"), "\"mail\"");
	json_decref(root);
	mail_init(&m);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, none, COUNT(none), "no partners");
	json_decref(root);
}

static void
verdicts_and_absences(void **state)
{
	static const struct want full[] = {
		{ "would", "{\"action\":\"reject\",\"rule\":\"mx.encrypted\"}" }, { "reply", "\"451 4.7.0\"" },
		{ "rcpts", "7" }, { "to.1.domain", "\"example.net\"" }, { "to.2", "(absent)" }, { "auth", "\"EXTERNAL\"" },
		{ "detail", "\"redundancies.xlsx\"" }, { "hops.0.verify", "\"OK\"" },
		{ "hops.0.cert_subject", "\"/CN=mail.example.org\"" },
		{ "hops.0.cert_issuer", "\"/CN=Example CA\"" }, { "hops.0.macros", "{\"tls_sni\":\"mx1.example.net\"}" },
		{ "class_why", "\"internal network\"" }, { "client.resolve", "\"FAIL\"" }, { "hops.0.macros.tls_sni", "\"mx1.example.net\"" },
	};
	static const struct want bare[] = {
		{ "queue_id", "(absent)" }, { "mta", "(absent)" }, { "listener", "(absent)" }, { "client", "{}" },
		{ "from", "(absent)" }, { "to", "[]" }, { "rcpts", "0" }, { "mime", "(absent)" }, { "parts", "(absent)" },
		{ "engine", "(absent)" }, { "hops.0.tls", "\"unknown\"" }, { "hops.0.reason", "\"not-offered\"" },
		{ "hops.0.macros", "(absent)" }, { "hops.0.offered", "[]" }, { "outcome", "\"timeout\"" },
	};
	static const struct want empties[] = {
		{ "from", "{\"domain\":\"\",\"local\":\"\"}" }, { "hops.0.macros", "{\"tls_version\":\"\"}" }, { "hops.0.verify", "\"NONE\"" },
		{ "hops.0.version", "(absent)" }, { "client.helo", "(absent)" },
		{ "engine", "{\"signatures\":0}" }, { "parts", "[]" },
	};
	struct mail m;
	json_t *root;

	(void)state;
	mail_fill(&m);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, full, COUNT(full), "full");
	json_decref(root);

	memset(&m, 0, sizeof(m));
	m.facts.gateway = m.facts.id = "x";
	m.verdict.class_why = "default";
	m.verdict.outcome = OUTCOME_TIMEOUT;
	m.verdict.hop.reason = "not-offered";
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, bare, COUNT(bare), "bare");
	json_decref(root);

	m.facts.mail = m.facts.tls.tls_version = m.facts.helo = "";
	m.facts.tls.verify = "NONE";
	m.facts.engine = &m.engine;
	m.facts.scan = &m.scan;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, empties, COUNT(empties), "empties");
	json_decref(root);
}

static void
the_route_by_key(void **state)
{
	static const struct want wants[] = {
		{ "hops.0.evidence", "(absent)" }, { "hops.0.grade", "\"recommended\"" }, { "hops.0.by", "(absent)" },
		{ "hops.0.version", "\"TLSv1.3\"" }, { "hops.0.delay", "2" },
		{ "hops.1", "{\"evidence\":\"attested\",\"by\":\"relay.example.org\",\"with\":\"ESMTPS\",\"tls\":\"yes\","
		    "\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\",\"grade\":\"recommended\","
		    "\"delay\":1,\"from\":{\"ip\":\"198.51.100.20\"}}" },
		{ "hops.2", "{\"local\":true,\"by\":\"mta.example.org\",\"with\":\"LMTP\","
		    "\"tls\":\"unknown\",\"grade\":\"unknown\",\"delay\":-2}" },
		{ "hops.3.version", "\"TLSv1.2\"" }, { "hops.3.version_written", "\"TLS1_2\"" },
		{ "hops.3.cipher", "\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"" },
		{ "hops.3.from", "{\"ip\":\"2001:db8:77::/48\"}" }, { "hops.3.delay", "11" },
		{ "hops.4", "{\"by\":\"submit.example.org\",\"with\":\"ESMTPSA\",\"tls\":\"yes\","
		    "\"version_written\":\"TLSv1/SSLv3\",\"cipher\":\"Aes256\",\"grade\":\"unknown\",\"auth\":true,"
		    "\"from\":{\"ip\":\"192.0.2.0/24\"}}" },
		{ "hops.5", "{\"by\":\"submit.example.org\",\"with\":\"ESMTP\",\"tls\":\"no\","
		    "\"grade\":\"none\",\"from\":{\"ip\":\"192.0.2.0/24\"}}" },
		{ "hops.6", "(absent)" }, { "boundary", "1" }, { "profile", "\"uk_gov/2022-10\"" }, { "hops_more", "(absent)" },
		{ "cut", "(absent)" },
	};
	static const struct want ungraded[] = {
		{ "hops.0.grade", "(absent)" }, { "hops.1.grade", "(absent)" }, { "profile", "(absent)" }, { "hops_more", "3" },
		{ "cut", "1" }, { "boundary", "(absent)" }, { "hops.1.evidence", "(absent)" },
	};
	struct mail m;
	json_t *root;

	(void)state;
	mail_init(&m);
	mail_route(&m, 5, "203.0.113.77");
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, wants, COUNT(wants), "route");
	json_decref(root);
	mail_fill(&m);
	route_judge(&m.facts, &m.verdict.hop, 0, NULL, NULL, &m.route);
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	check_wants(root, ungraded, COUNT(ungraded), "ungraded");
	json_decref(root);
}

/* What of earlier hops' people is kept: level by class; boundary 1, a log-in at 4. */
static void
privacy_of_earlier_hops(void **state)
{
	static const struct {
		enum privacy_level level;
		enum traffic_class class;
		const char *ip1, *ip4, *by3;
		int helo;
	} cases[] = {
		{ PRIVACY_MINIMAL, CLASS_MX, "\"198.51.100.0/24\"", "\"192.0.2.0/24\"", "(absent)", 0 },
		{ PRIVACY_PSEUDONYM, CLASS_MX, "\"198.51.100.20\"", "\"192.0.2.0/24\"", "\"mta.example.org\"", 0 },
		{ PRIVACY_PSEUDONYM, CLASS_RELAY, "\"198.51.100.20\"", "\"192.0.2.0/24\"", "\"mta.example.org\"", 0 },
		{ PRIVACY_PSEUDONYM, CLASS_SUBMISSION, "\"198.51.100.0/24\"", "\"192.0.2.0/24\"", "\"mta.example.org\"", 0 },
		{ PRIVACY_FULL, CLASS_MX, "\"198.51.100.20\"", "\"192.0.2.55\"", "\"mta.example.org\"", 1 },
	};
	struct mail m;
	json_t *root;
	char *dump;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mail_init(&m);
		mail_route(&m, 5, "203.0.113.77");
		m.verdict.class = cases[i].class;
		root = recorded(&m, cases[i].level, NULL);
		assert_string_equal(text_at(root, "hops.1.from.ip"), cases[i].ip1);
		assert_string_equal(text_at(root, "hops.4.from.ip"), cases[i].ip4);
		assert_string_equal(text_at(root, "hops.3.by"), cases[i].by3);
		assert_string_equal(text_at(root, "hops.1.by"), "\"relay.example.org\"");
		dump = json_dumps(root, 0);
		assert_int_equal(strstr(dump, "kims-laptop") != NULL, cases[i].helo);
		free(dump);
		json_decref(root);
	}
	/* Where an attested hop's client logged in, it is a person's as well. */
	mail_init(&m);
	mail_route(&m, 5, "0.0.0.0/0");
	m.received[0].auth = 1;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_equal(text_at(root, "boundary"), "3");
	assert_string_equal(text_at(root, "hops.1.from.ip"), "\"198.51.100.0/24\"");
	assert_string_equal(text_at(root, "hops.3.from.ip"), "\"2001:db8:77:1::9\"");
	json_decref(root);
}

/* What of a person is kept: level by class. */
static void
privacy_by_level_and_class(void **state)
{
	static const struct {
		enum privacy_level level;
		enum traffic_class class;
		const char *ip, *name, *helo, *cert, *file;
	} cases[] = {
		{ PRIVACY_MINIMAL, CLASS_MX, "\"203.0.113.0/24\"", "-", "-", "-", "-" },
		{ PRIVACY_MINIMAL, CLASS_SUBMISSION, "\"203.0.113.0/24\"", "-", "-", "-", "-" },
		{ PRIVACY_PSEUDONYM, CLASS_MX, "\"203.0.113.77\"", "-", "+", "+", "+" },
		{ PRIVACY_PSEUDONYM, CLASS_RELAY, "\"203.0.113.77\"", "-", "+", "+", "+" },
		{ PRIVACY_PSEUDONYM, CLASS_SUBMISSION, "\"203.0.113.0/24\"", "-", "-", "-", "+" },
		{ PRIVACY_PSEUDONYM, CLASS_LOCAL, "\"203.0.113.0/24\"", "-", "-", "-", "+" },
		{ PRIVACY_FULL, CLASS_MX, "\"203.0.113.77\"", "+", "+", "+", "+" },
		{ PRIVACY_FULL, CLASS_SUBMISSION, "\"203.0.113.77\"", "+", "+", "+", "+" },
	};
	struct mail m;
	json_t *root;
	char *dump;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mail_fill(&m);
		m.scan.parts_count = 4;
		m.verdict.class = cases[i].class;
		root = recorded(&m, cases[i].level, NULL);
		assert_string_equal(text_at(root, "client.ip"), cases[i].ip);
		assert_int_equal(at(root, "client.name") != NULL, *cases[i].name == '+');
		assert_int_equal(at(root, "client.helo") != NULL, *cases[i].helo == '+');
		assert_int_equal(at(root, "hops.0.cert_subject") != NULL, *cases[i].cert == '+');
		assert_int_equal(at(root, "hops.0.cert_issuer") != NULL, *cases[i].cert == '+');
		assert_null(at(root, "hops.0.macros.cert_subject"));
		assert_int_equal(at(root, "parts.2.name") != NULL, *cases[i].file == '+');
		assert_int_equal(at(root, "parts.2.detail") != NULL, *cases[i].file == '+');
		assert_int_equal(at(root, "detail") != NULL, *cases[i].file == '+');
		assert_int_equal(at(root, "from.local") != NULL, cases[i].level != PRIVACY_MINIMAL);
		/* Nowhere else either: a clean part's name, and locals below full. */
		dump = json_dumps(root, 0);
		assert_null(strstr(dump, "salaries"));
		assert_int_equal(strstr(dump, "redundancies") != NULL, *cases[i].file == '+');
		if (cases[i].level == PRIVACY_FULL) {
			assert_string_equal(text_at(root, "from.local"), "\"Alice\"");
		} else {
			assert_null(strcasestr(dump, "alice"));
			assert_null(strcasestr(dump, "carol"));
		}
		if (strstr(cases[i].ip, "/24") != NULL)
			assert_null(strstr(dump, "203.0.113.77"));
		free(dump);
		json_decref(root);
	}
	/* What a limit is called is nobody's secret. */
	mail_fill(&m);
	m.verdict.outcome = OUTCOME_LIMIT;
	m.verdict.detail = "MaxFileSize";
	root = recorded(&m, PRIVACY_MINIMAL, NULL);
	assert_string_equal(text_at(root, "detail"), "\"MaxFileSize\"");
	json_decref(root);
	/* The same person as sender and recipient: two pseudonyms; twice as recipient: one. */
	mail_init(&m);
	m.facts.mail = "bob@example.net";
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_not_equal(json_string_value(at(root, "from.local")), json_string_value(at(root, "to.0.local")));
	json_decref(root);
}

static void
blocked_part_is_the_judges(void **state)
{
	struct mail m;
	json_t *root;

	(void)state;
	mail_init(&m);
	m.scan.parts_count = 4;
	m.outcomes[3] = OUTCOME_BLOCKED;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_equal(text_at(root, "parts.3.outcome"), "\"blocked\"");
	assert_string_equal(text_at(root, "parts.3.name"), "\"salaries.pdf\"");
	json_decref(root);
	m.verdict.parts = NULL;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_equal(text_at(root, "parts.3.outcome"), "(absent)");
	assert_string_equal(text_at(root, "parts.2.outcome"), "\"encrypted\"");
	json_decref(root);
}

/* ---- hostile facts ---- */

static void
set_all(struct mail *m, char *s)
{
	const char **const texts[] = {
		&m->facts.gateway, &m->facts.id, &m->facts.queue_id, &m->facts.mta, &m->facts.client_name, &m->facts.helo,
		&m->facts.daemon_name, &m->facts.daemon_addr, &m->facts.daemon_port, &m->facts.client_resolve,
		&m->facts.auth_type, &m->facts.mail, &m->facts.tls.tls_version, &m->facts.tls.cipher,
		&m->facts.tls.cipher_bits, &m->facts.tls.verify, &m->facts.tls.cert_subject, &m->facts.tls.cert_issuer,
		&m->facts.tls.tls_sni, &m->verdict.hop.version, &m->verdict.hop.cipher, &m->verdict.hop.bits,
		&m->verdict.signature, &m->verdict.detail, &m->facts.client_ip,
	};
	size_t i;

	for (i = 0; i < COUNT(texts); i++)
		*texts[i] = s;
	for (i = 0; i < COUNT(m->parts); i++) {
		m->parts[i].path = m->parts[i].name = m->parts[i].type = m->parts[i].real_type = s;
		m->parts[i].signature = m->parts[i].detail = s;
		m->parts[i].outcome = m->outcomes[i] = OUTCOME_INFECTED;
	}
	m->engine.version = s;
	for (i = 0; i < SCAN_RECEIVED_MAX; i++) {
#define X(member, max) m->received[i].member = s;
		RECEIVED_TEXTS(X)
#undef X
		m->received[i].tls = RECEIVED_TLS_YES;
		m->received[i].has_time = 1;
		m->received[i].time = UINT64_MAX;
	}
	m->scan.received_count = SCAN_RECEIVED_MAX;
	route_judge(&m->facts, &m->verdict.hop, 0, NULL, m->route.profile, &m->route);
}

/* jansson refuses what is not UTF-8, so that parsing is the check. */
static void
rubbish_octets(void **state)
{
	static char all[256 + 64];
	char *rubbish_reasons[1], one[8];
	const char *to[1];
	struct mail m;
	int c, i, level;

	(void)state;
	for (i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	memcpy(all + 255, "@\xed\xa0\x80\xc0\xaf\xf5\xe2\x82.\xf0\x9f\x98@\xff", 15);
	for (level = 0; level < 3; level++)
		for (c = 0; c < 256; c++) {
			mail_fill(&m);
			snprintf(one, sizeof(one), "%c\"\\", c);
			set_all(&m, c == 0 ? all : one);
			rubbish_reasons[0] = c == 0 ? all : one;
			m.scan.reasons = rubbish_reasons;
			to[0] = c == 0 ? all : one;
			m.facts.rcpts = to;
			m.facts.rcpts_count = 1;
			m.facts.time_ms = UINT64_MAX;
			m.engine.db_time = UINT64_MAX;
			json_decref(recorded(&m, (enum privacy_level)level, NULL));
		}
}

static void
long_texts_are_cut_and_counted(void **state)
{
	static char longs[70000];
	struct mail m;
	json_t *root;
	size_t i, len;

	(void)state;
	for (i = 0; i + 2 < sizeof(longs); i += 2)
		memcpy(longs + i, "\xc3\xa4", 2);
	mail_init(&m);
	longs[0] = 'x';		/* so that the bound falls inside a character */
	longs[1] = 'x';
	longs[2] = 'x';
	longs[3] = '\x01';
	memmove(longs + 3, longs + 4, sizeof(longs) - 4);
	m.facts.helo = longs;
	root = recorded(&m, PRIVACY_PSEUDONYM, NULL);
	assert_string_equal(text_at(root, "cut"), "1");
	assert_int_equal(json_string_length(at(root, "client.helo")), RECORD_STRING_MAX - 1);
	assert_null(strstr(json_string_value(at(root, "client.helo")), "\xef\xbf\xbd"));
	json_decref(root);
	/* Everything long, every octet to be escaped. */
	memset(longs, 1, sizeof(longs) - 1);
	longs[30000] = '@';
	mail_fill(&m);
	set_all(&m, longs);
	root = recorded(&m, PRIVACY_FULL, &len);
	assert_true(len < RECORD_MAX - LEDGER_KEYS);
	assert_true(json_array_size(at(root, "hops")) > 20);
	assert_int_equal(json_array_size(at(root, "hops")) + (size_t)json_integer_value(at(root, "hops_more")),
	    1 + SCAN_RECEIVED_MAX + 3);
	assert_true(json_integer_value(at(root, "cut")) > 20);
	json_decref(root);
}

/* As many parts and recipients as can come, the findings last. */
static void
many_parts_and_recipients(void **state)
{
	static struct part parts[SCAN_PARTS_MAX];
	static enum outcome outcomes[SCAN_PARTS_MAX];
	static const char *to[20000];
	json_t *root, *list;
	struct mail m;
	size_t i, len;

	(void)state;
	mail_fill(&m);
	for (i = 0; i < SCAN_PARTS_MAX; i++) {
		parts[i] = m.parts[2];
		parts[i].outcome = OUTCOME_CLEAN;
		outcomes[i] = OUTCOME_CLEAN;
	}
	outcomes[SCAN_PARTS_MAX - 1] = parts[SCAN_PARTS_MAX - 1].outcome = OUTCOME_INFECTED;
	for (i = 0; i < COUNT(to); i++)
		to[i] = "someone.with.a.rather.long.local.part@some.rather.long.domain.example";
	m.scan.parts = parts;
	m.scan.parts_count = SCAN_PARTS_MAX;
	m.verdict.parts = outcomes;
	m.facts.rcpts = to;
	m.facts.rcpts_count = COUNT(to);
	root = recorded(&m, PRIVACY_PSEUDONYM, &len);
	assert_true(len < RECORD_MAX - LEDGER_KEYS);
	list = at(root, "parts");
	assert_int_equal(json_array_size(list) + (size_t)json_integer_value(at(root, "parts_more")), SCAN_PARTS_MAX);
	assert_true(json_array_size(list) > 500);
	assert_string_equal(text_at(json_array_get(list, json_array_size(list) - 1), "outcome"), "\"infected\"");
	assert_true(json_array_size(at(root, "to")) > 1000);
	assert_true(json_array_size(at(root, "to")) < COUNT(to));
	assert_int_equal(json_integer_value(at(root, "rcpts")), COUNT(to) + 5);
	json_decref(root);
}

static void
small_buffer_fails(void **state)
{
	struct buf out;
	struct mail m;

	(void)state;
	mail_init(&m);
	buf_init(&out, 300);
	assert_int_equal(record_message(&m.facts, &m.verdict, levels[1], &out), -1);
	assert_int_equal(out.failed, 1);
	buf_free(&out);
}

static void
ordinary_record_is_small(void **state)
{
	struct mail m;
	size_t len;

	(void)state;
	/* Clean, text, HTML and a PDF, one recipient, TLS 1.3 without a client certificate. */
	mail_init(&m);
	m.parts[2] = (struct part){ .path = p2, .type = html, .real_type = type_html, .size = 2731 };
	m.parts[3].type = pdf;
	m.scan.parts_count = 4;
	m.outcomes[2] = m.verdict.outcome = OUTCOME_CLEAN;
	m.scan.views = 1;
	m.verdict.signature = NULL;
	m.verdict.action = m.verdict.would = ACTION_ACCEPT;
	snprintf(m.verdict.rule, sizeof(m.verdict.rule), "mx.clean");
	m.scan.ambiguity = AMBIGUITY_NONE;
	m.scan.reasons_count = 0;
	json_decref(recorded(&m, PRIVACY_PSEUDONYM, &len));
	if (len + LEDGER_KEYS > 1536)
		fail_msg("got %zu octets with the ledger's, want at most 1536", len + LEDGER_KEYS);
	print_message("an ordinary record without earlier hops has %zu octets\n", len + LEDGER_KEYS);
	mail_route(&m, 4, NULL);
	json_decref(recorded(&m, PRIVACY_PSEUDONYM, &len));
	if (len + LEDGER_KEYS > 2240)
		fail_msg("with 4 earlier hops: got %zu octets, want at most 2240", len + LEDGER_KEYS);
	print_message("with 4 earlier hops it has %zu octets\n", len + LEDGER_KEYS);
}

/* ---- ids, events ---- */

static void
ids(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char a[RECORD_ID_LEN + 1], b[RECORD_ID_LEN + 1];

	(void)state;
	record_id(1795425302417, a);
	assert_int_equal(strlen(a), RECORD_ID_LEN);
	assert_int_equal(strspn(a, digits), RECORD_ID_LEN);
	record_id(1795425302999, b);
	assert_memory_equal(a, b, 6);		/* the same second */
	assert_string_not_equal(a, b);
	record_id(1795425303000, b);
	assert_true(strcmp(a, b) < 0);		/* they sort by time */
	assert_true(memcmp(a, b, 6) != 0);
}

static json_t *
event_of(const char *gateway, const char *event, const char *const *pairs)
{
	struct buf out;
	json_t *root;

	buf_init(&out, RECORD_MAX);
	assert_int_equal(record_event(gateway, 1795425302417, event, pairs, &out), 0);
	root = parsed(out.data, out.len);
	buf_free(&out);
	return root;
}

static void
events(void **state)
{
	static const char *const pairs[] = { "reason", "line 3\n\xff", "serving", "old engine", NULL };
	static const char *const odd[] = { "a", "1", "left", NULL };
	static const struct want wants[] = {
		{ "v", "1" }, { "type", "\"event\"" }, { "time", "\"2026-11-23T09:15:02.417Z\"" },
		{ "gateway", "\"mx1.example.net\"" }, { "event", "\"reload-failed\"" },
		{ "data", "{\"reason\":\"line 3\\n\xef\xbf\xbd\",\"serving\":\"old engine\"}" }, { "cut", "(absent)" },
	};
	const char *many[2 * (RECORD_PAIRS_MAX + 2) + 1];
	char names[RECORD_PAIRS_MAX + 2][8];
	json_t *root;
	size_t i;

	(void)state;
	root = event_of("mx1.example.net", "reload-failed", pairs);
	check_wants(root, wants, COUNT(wants), "event");
	assert_int_equal(json_string_length(at(root, "id")), RECORD_ID_LEN);
	json_decref(root);
	root = event_of(NULL, "start", NULL);
	assert_null(at(root, "gateway"));
	assert_null(at(root, "data"));
	json_decref(root);
	root = event_of("g", "odd", odd);
	assert_string_equal(text_at(root, "data"), "{\"a\":\"1\"}");
	assert_string_equal(text_at(root, "cut"), "1");
	json_decref(root);
	for (i = 0; i < RECORD_PAIRS_MAX + 2; i++) {
		snprintf(names[i], sizeof(names[i]), "k%zu", i);
		many[2 * i] = many[2 * i + 1] = names[i];
	}
	many[2 * i] = NULL;
	root = event_of("g", "many", many);
	assert_int_equal(json_object_size(at(root, "data")), RECORD_PAIRS_MAX);
	assert_string_equal(text_at(root, "cut"), "1");
	json_decref(root);
}

/* ---- the page ---- */

static char *
page_text(void)
{
	FILE *f = fopen(PAGE, "r");
	char *text = calloc(1, 256 * 1024);
	size_t n;

	assert_non_null(text);
	if (f == NULL)
		fail_msg("got no %s, want to run where it is", PAGE);
	n = fread(text, 1, 256 * 1024 - 1, f);
	assert_true(n > 0 && n < 256 * 1024 - 1);
	fclose(f);
	return text;
}

/* The keys that ".It Cm KEY Pq TYPE" describes, with their types. */
static json_t *
page_keys(const char *text)
{
	json_t *keys = json_object();
	char key[128], type[64];
	const char *p;

	for (p = text; (p = strstr(p, "\n.It Cm ")) != NULL; p++) {
		assert_int_equal(sscanf(p, "\n.It Cm %127s Pq %63[^\n]", key, type), 2);
		if (json_object_get(keys, key) != NULL)
			fail_msg("got %s twice in the page, want it once", key);
		json_object_set_new(keys, key, json_string(type));
	}
	assert_true(json_object_size(keys) > 50);
	return keys;
}

static const char *
type_of(const json_t *v)
{
	if (json_is_string(v))
		return "string";
	if (json_is_integer(v))
		return "number";
	if (json_is_boolean(v))
		return "boolean";
	if (json_is_object(v))
		return "object";
	return json_is_array(v) ? "array" : "none that a record has";
}

/* Every key below `v` is documented, with its type; marks it as seen. */
static int
check_documented(json_t *v, const char *prefix, json_t *keys, json_t *seen)
{
	const char *key, *type;
	json_t *child, *item;
	char path[160];
	int bad = 0;
	size_t i;

	if (strcmp(prefix, "data") == 0)
		return 0;	/* an event's own */
	json_object_foreach(v, key, child) {
		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix != '\0' ? "." : "", key);
		type = json_string_value(json_object_get(keys, path));
		json_object_set_new(seen, path, json_true());
		if (type == NULL || strncmp(type, type_of(child), strlen(type_of(child))) != 0) {
			print_error("%s: got %s in the record, want what the page says: %s\n", path, type_of(child),
			    type == NULL ? "nothing" : type);
			bad++;
		}
		bad += check_documented(child, path, keys, seen);
		if (json_is_array(child))
			json_array_foreach(child, i, item)
				bad += check_documented(item, path, keys, seen);
	}
	return bad;
}

/* A delivery with all that one can have. */
static json_t *
delivery_of(void)
{
	static const char head[] = "2026-11-23T09:00:00Z mx1 postfix/smtp[1]: ABCDEF1: to=<",
	    tail[] = "@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, tls=dane:encrypt/requiretls, dsn=2.0.0, status=sent (ok)";
	struct outbound_delivery tls = { HOP_TLS_YES, OUTBOUND_SESSION, "onward unknown", "TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519",
	    "Verified", 256, 256, 1 };
	struct delivery d = { "0123456789AB", 1000, "mx1", NULL, &tls, "0123456789abcdef", 4711 };
	char line[sizeof(head) + 500 + sizeof(tail)];
	struct maillog m;
	struct buf out;
	json_t *root;

	snprintf(line, sizeof(line), "%s%0500d%s", head, 0, tail);	/* "cut" */
	assert_int_equal(maillog_read(line, strlen(line), &m), MAILLOG_DELIVERY);
	d.line = &m;
	buf_init(&out, DELIVERY_MAX);
	assert_int_equal(record_delivery(&d, levels[PRIVACY_FULL], &out), 0);
	root = parsed(out.data, out.len);
	buf_free(&out);
	return root;
}

#define RESULTS	20000	/* more than a record holds */

/* More exceptions than are listed, more results for recipients than there is room for, of more domains than are told. */
static void
mail_rules(struct mail *m)
{
	static struct recipient_result results[RESULTS];
	static uint32_t recipient_of[40];
	static char addresses[40][32], names[] = "a.exe\nb.vbs";
	static const char *many[40];
	static struct part_judged judged[4] = { { NULL, NULL }, { NULL, NULL }, { "exe", "no-programs" }, { NULL, NULL } };
	size_t i;

	for (i = 0; i < 40; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "u@d%zu.example", i);
		many[i] = addresses[i];
	}
	for (i = 0; i < RESULTS; i++)
		results[i] = (struct recipient_result){ .rcpts = 1, .action = ACTION_ACCEPT, .would = ACTION_REJECT,
		    .rule = "mx.clean", .would_rule = "rule.x" };
	m->facts.rcpts = many;
	m->facts.rcpts_count = 40;
	m->verdict.recipients = results;
	m->verdict.recipients_count = RESULTS;
	m->verdict.recipient_of = recipient_of;
	m->verdict.judged = judged;
	m->verdict.excepted = 1;
	m->verdict.exceptions_count = EXCEPTION_HITS_MAX + 3;
	for (i = 0; i < EXCEPTION_HITS_MAX; i++)
		m->verdict.exceptions[i] = (struct exception_hit){ "A1", "bad signature", OUTCOME_INFECTED, heuristic, "1.2", 3 };
	m->parts[2].names = names;
	m->parts[2].member = m->parts[2].encrypted = 1;
}

/* What rules and exceptions did: who it was for, what it would have been, and which extensions there are. */
static void
rules_by_key(void **state)
{
	struct mail m;
	json_t *root;

	(void)state;
	mail_init(&m);
	mail_rules(&m);
	m.verdict.recipients_count = 2;
	root = recorded(&m, PRIVACY_MINIMAL, NULL);
	assert_string_equal(json_string_value(at(root, "exceptions.0.id")), "A1");
	assert_string_equal(json_string_value(at(root, "exceptions.0.outcome")), "infected");
	assert_int_equal(json_integer_value(at(root, "exceptions_more")), 3);
	assert_int_equal(json_array_size(at(root, "recipients.0.domains")), 16);
	assert_string_equal(json_string_value(at(root, "recipients.0.domains.1")), "d1.example");
	assert_int_equal(json_array_size(at(root, "recipients.1.domains")), 0);
	assert_string_equal(json_string_value(at(root, "recipients.1.would.rule")), "rule.x");
	assert_string_equal(json_string_value(at(root, "parts.2.ext")), "zip");
	assert_string_equal(json_string_value(at(root, "parts.2.exts.0")), "exe");
	assert_string_equal(json_string_value(at(root, "parts.2.exts.1")), "vbs");
	assert_string_equal(json_string_value(at(root, "parts.2.why")), "exe");
	assert_string_equal(json_string_value(at(root, "parts.2.rule")), "no-programs");
	assert_null(at(root, "parts.2.name"));
	json_decref(root);
}

/* A thousand clean members stand behind what was found, and do not push it out. */
static void
clean_members_come_last(void **state)
{
	struct part *parts = calloc(SCAN_PARTS_MAX, sizeof(*parts));
	enum outcome *outcomes = calloc(SCAN_PARTS_MAX, sizeof(*outcomes));
	static char path[] = "2/1", last[] = "3";
	struct mail m;
	json_t *root;
	uint32_t i;

	(void)state;
	assert_true(parts != NULL && outcomes != NULL);
	mail_init(&m);
	for (i = 0; i < SCAN_PARTS_MAX; i++) {
		parts[i].path = path;
		parts[i].member = 1;
		parts[i].name = zip_name;
		parts[i].type = parts[i].real_type = type_html;
	}
	parts[0] = m.parts[0];
	parts[SCAN_PARTS_MAX - 1] = (struct part){ .path = last, .outcome = OUTCOME_INFECTED, .signature = heuristic };
	outcomes[SCAN_PARTS_MAX - 1] = OUTCOME_INFECTED;
	parts[SCAN_PARTS_MAX - 2].outcome = outcomes[SCAN_PARTS_MAX - 2] = OUTCOME_INFECTED;
	m.scan.parts = parts;
	m.scan.parts_count = SCAN_PARTS_MAX;
	m.verdict.parts = outcomes;
	root = recorded(&m, PRIVACY_MINIMAL, NULL);
	assert_string_equal(json_string_value(at(root, "parts.0.path")), "0");
	assert_string_equal(json_string_value(at(root, "parts.1.path")), path);
	assert_string_equal(json_string_value(at(root, "parts.1.outcome")), "infected");
	assert_string_equal(json_string_value(at(root, "parts.2.path")), last);
	assert_null(at(root, "parts.3.outcome"));
	assert_string_equal(json_string_value(at(root, "parts.3.ext")), "zip");
	assert_int_equal(json_array_size(at(root, "parts")) + (size_t)json_integer_value(at(root, "parts_more")), SCAN_PARTS_MAX);
	json_decref(root);
	free(parts);
	free(outcomes);
}

static void
page_has_every_key_and_no_other(void **state)
{
	static const char *const ledger[] = { "seq", "stream", "salt", "leaf" }, *const pairs[] = { "a", "b", NULL };
	static char longs[1000];
	char *text = page_text();
	json_t *keys = page_keys(text), *seen = json_object(), *root, *v;
	const char *key;
	struct part *parts;
	enum outcome *outcomes;
	struct mail m;
	int bad = 0;
	size_t i;

	(void)state;
	memset(longs, 'x', sizeof(longs) - 1);
	mail_fill(&m);
	m.facts.helo = longs;		/* "cut" */
	m.parts[2].view = view_exact;
	m.parts[2].decoder = decoder_join;
	parts = calloc(SCAN_PARTS_MAX, sizeof(*parts));
	outcomes = calloc(SCAN_PARTS_MAX, sizeof(*outcomes));
	assert_true(parts != NULL && outcomes != NULL);
	for (i = 0; i < SCAN_PARTS_MAX; i++) {
		parts[i] = m.parts[2];
		outcomes[i] = OUTCOME_ENCRYPTED;
	}
	m.scan.parts = parts;		/* "parts_more" */
	m.scan.parts_count = SCAN_PARTS_MAX;
	m.verdict.parts = outcomes;
	root = recorded(&m, PRIVACY_FULL, NULL);
	bad += check_documented(root, "", keys, seen);
	json_decref(root);
	mail_init(&m);
	mail_rules(&m);
	root = recorded(&m, PRIVACY_FULL, NULL);
	bad += check_documented(root, "", keys, seen);
	json_decref(root);
	mail_refused(&m);		/* "stage" */
	root = recorded(&m, PRIVACY_FULL, NULL);
	bad += check_documented(root, "", keys, seen);
	json_decref(root);
	root = event_of("g", "start", pairs);
	bad += check_documented(root, "", keys, seen);
	json_decref(root);
	root = delivery_of();
	bad += check_documented(root, "", keys, seen);
	json_decref(root);
	for (i = 0; i < COUNT(ledger); i++)
		json_object_set_new(seen, ledger[i], json_true());
	json_object_foreach(keys, key, v)
		if (json_object_get(seen, key) == NULL) {
			print_error("%s: got it in the page only, want it in a record\n", key);
			bad++;
		}
	json_decref(keys);
	json_decref(seen);
	free(parts);
	free(outcomes);
	free(text);
	assert_int_equal(bad, 0);
}

static void
hex_of(const unsigned char *p, size_t len, char *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* The example is a record of ours, folded: key by key, and its leaf is that of the line. */
static void
page_example(void **state)
{
	unsigned char salt[16], leaf[EVP_MAX_MD_SIZE];
	char salt_hex[33], leaf_hex[65], *text = page_text(), *from, *to;
	json_t *example, *want;
	EVP_MD_CTX *ctx;
	struct buf out;
	struct mail m;
	unsigned int n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(salt); i++)
		salt[i] = (unsigned char)(0xa0 + i * 5);
	mail_init(&m);
	mail_route(&m, 1, NULL);
	buf_init(&out, RECORD_MAX);
	assert_int_equal(record_message(&m.facts, &m.verdict, levels[PRIVACY_PSEUDONYM], &out), 0);
	ctx = EVP_MD_CTX_new();
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, salt, sizeof(salt));
	EVP_DigestUpdate(ctx, out.data, out.len);
	EVP_DigestFinal_ex(ctx, leaf, &n);
	EVP_MD_CTX_free(ctx);
	hex_of(salt, sizeof(salt), salt_hex);
	hex_of(leaf, 32, leaf_hex);
	want = parsed(out.data, out.len);
	json_object_set_new(want, "seq", json_integer(4711));
	json_object_set_new(want, "stream", json_string("mail"));
	json_object_set_new(want, "salt", json_string(salt_hex));
	json_object_set_new(want, "leaf", json_string(leaf_hex));

	from = strstr(text, "\n.Bd -literal\n{");
	to = from == NULL ? NULL : strstr(from, "\n.Ed");
	example = from == NULL || to == NULL ? NULL : parsed(from + strlen("\n.Bd -literal\n"),
	    (size_t)(to - from) - strlen("\n.Bd -literal\n"));
	if (example == NULL || !json_equal(example, want)) {
		/* The whole line, for whoever mends the page; cmocka would cut it. */
		fprintf(stderr, "{\"seq\":4711,\"stream\":\"mail\",\"salt\":\"%s\",\"leaf\":\"%s\",%s\n", salt_hex, leaf_hex,
		    out.data + 1);
		fail_msg("got %s example in the page, want the one above", example == NULL ? "no" : "another");
	}
	json_decref(example);
	json_decref(want);
	buf_free(&out);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_by_key),
		cmocka_unit_test(partners_by_key),
		cmocka_unit_test(verdicts_and_absences),
		cmocka_unit_test(the_route_by_key),
		cmocka_unit_test(privacy_by_level_and_class),
		cmocka_unit_test(privacy_of_earlier_hops),
		cmocka_unit_test(blocked_part_is_the_judges),
		cmocka_unit_test(rubbish_octets),
		cmocka_unit_test(long_texts_are_cut_and_counted),
		cmocka_unit_test(many_parts_and_recipients),
		cmocka_unit_test(small_buffer_fails),
		cmocka_unit_test(ordinary_record_is_small),
		cmocka_unit_test(ids),
		cmocka_unit_test(events),
		cmocka_unit_test(rules_by_key),
		cmocka_unit_test(clean_members_come_last),
		cmocka_unit_test(page_has_every_key_and_no_other),
		cmocka_unit_test(page_example),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
