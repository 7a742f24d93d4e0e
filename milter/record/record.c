/* SPDX-License-Identifier: ISC */
/* Writes one record: the facts of a message and its verdict, or an event of hopward, as one JSON object. */
/*
 * Called by the front's threads and by hopwardctl.  Owns nothing.  The keys are
 * described in hopward-log(5), and a test holds page and code together.  What
 * is absent is left out, never null.  No subject, no content, no address: what
 * of a person goes in is decided by privacy.c, and for which clients and hops here.
 * It does not write files (ledger.c) and does not judge.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "judge/ambiguity.h"
#include "judge/name.h"
#include "judge/suite.h"
#include "record/record.h"

#define LEDGER_ROOM	512		/* seq, stream, salt and leaf come before the body */
#define PART_ROOM	(26 * 1024)	/* more than one part can take: 7 texts, each octet escaped, and its extensions */
#define EXCEPTION_ROOM	(6 * 1024)	/* an id, a reason, a signature and a path, each octet escaped */
#define RECIPIENT_ROOM	(RECIPIENT_DOMAINS_MAX * 260 + 512)
#define RECIPIENT_DOMAINS_MAX 16	/* of one result */
#define RCPT_ROOM	(8 * 1024)
#define HOP_ROOM	(8 * 1024)	/* six texts, of 900 octets together */
#define PARTNER_ROOM	(4 * 1024)	/* a name and the reason of an exception, each octet escaped */
#define TOKEN_MAX	64		/* a reason of the walker */
#define ENGINE_TYPE	"CL_TYPE_"
#define ID_EPOCH	1577836800u	/* 2020-01-01: 30 bits of seconds last until 2054 */

/* One record being written. */
struct writer {
	struct json		 json;
	struct buf		*out;
	size_t			 start;	/* out->len before it */
	const struct privacy	*privacy;
	uint64_t		 cut;	/* texts that were cut */
};

/* ---- small things ---- */

void
record_id(uint64_t time_ms, char *out)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint32_t rnd = 0;
	uint64_t bits;
	int i;

	while (getrandom(&rnd, sizeof(rnd), 0) == -1)
		if (errno != EINTR) {
			/* It need not be secret, only new. */
			rnd = (uint32_t)(clock_mono_ns() >> 4);
			break;
		}
	bits = (((time_ms / 1000 - ID_EPOCH) & 0x3fffffff) << 30) | (rnd & 0x3fffffff);
	for (i = RECORD_ID_LEN - 1; i >= 0; i--) {
		out[i] = digits[bits & 31];
		bits >>= 5;
	}
	out[RECORD_ID_LEN] = '\0';
}

static void
put_max(struct writer *w, const char *key, const char *s, size_t max)
{
	size_t back, len;

	if (s == NULL)
		return;
	len = strnlen(s, max + 1);
	if (len > max) {
		len = max;
		for (back = 0; back < 3 && len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80; back++)
			len--;
		w->cut++;
	}
	json_strn(&w->json, key, s, len);
}

static void
put(struct writer *w, const char *key, const char *s)
{
	put_max(w, key, s, RECORD_STRING_MAX);
}

static void
put_nonempty(struct writer *w, const char *key, const char *s)
{
	if (s != NULL && *s != '\0')
		put(w, key, s);
}

/* RFC 3339 in UTC, with milliseconds or without. */
static void
put_time(struct writer *w, const char *key, uint64_t ms, int with_ms)
{
	time_t t = (time_t)(ms / 1000);
	char date[32], text[48];
	struct tm tm;

	/* A year of five digits is none that RFC 3339 knows; such a time comes from a broken clock or a hijacked scanner. */
	if (ms / 1000 > 253402300799ull || gmtime_r(&t, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return;
	if (with_ms)
		snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned int)(ms % 1000));
	else
		snprintf(text, sizeof(text), "%sZ", date);
	json_str(&w->json, key, text);
}

static void
begin(struct writer *w, const struct privacy *privacy, struct buf *out, const char *type)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	w->start = out->len;
	w->privacy = privacy;
	json_begin(&w->json, out);
	json_begin_object(&w->json, NULL);
	json_u64(&w->json, "v", RECORD_SCHEMA);
	json_str(&w->json, "type", type);
}

static int
end(struct writer *w)
{
	if (w->cut > 0)
		json_u64(&w->json, "cut", w->cut);
	json_end_object(&w->json);
	return w->out->failed ? -1 : 0;
}

/* Octets that may still be written. */
static size_t
room(const struct writer *w)
{
	size_t used = w->out->len - w->start + LEDGER_ROOM, max = RECORD_MAX;

	if (w->out->max - w->start < max)
		max = w->out->max - w->start;
	return used < max ? max - used : 0;
}

/* ---- the connection and the envelope ---- */

/* Behind these are persons' devices, not organisations' servers.  Requeued mail replays its client as local. */
static int
client_is_person(const struct verdict *v)
{
	return v->class == CLASS_SUBMISSION || v->class == CLASS_LOCAL;
}

static void
put_client(struct writer *w, const struct message_facts *facts, const struct verdict *v)
{
	enum privacy_level level = privacy_level(w->privacy);
	char ip[64];

	json_begin_object(&w->json, "client");
	put_nonempty(w, "ip", privacy_ip(w->privacy, facts->client_ip,
	    client_is_person(v) || level == PRIVACY_MINIMAL, ip, sizeof(ip)));
	/* A home line's name spells out its address, and often its owner's. */
	if (level == PRIVACY_FULL)
		put_nonempty(w, "name", facts->client_name);
	if (level == PRIVACY_FULL || (level == PRIVACY_PSEUDONYM && !client_is_person(v)))
		put_nonempty(w, "helo", facts->helo);
	/* The ordinary is not said, here and below: an ordinary record is to stay small. */
	if (facts->client_resolve != NULL && strcmp(facts->client_resolve, "OK") != 0)
		put_nonempty(w, "resolve", facts->client_resolve);
	json_end_object(&w->json);
}

static void
put_listener(struct writer *w, const struct message_facts *facts)
{
	if (facts->daemon_name == NULL && facts->daemon_addr == NULL && facts->daemon_port == NULL)
		return;
	json_begin_object(&w->json, "listener");
	put_nonempty(w, "name", facts->daemon_name);
	put_nonempty(w, "addr", facts->daemon_addr);
	put_nonempty(w, "port", facts->daemon_port);
	json_end_object(&w->json);
}

static void
put_address(struct writer *w, const char *key, const char *purpose, uint64_t time_ms, const char *address)
{
	char domain[256], local[PRIVACY_LOCAL_MAX];
	const char *at = strrchr(address, '@');

	if (at != NULL && strlen(at + 1) >= sizeof(domain))
		w->cut++;
	if (privacy_level(w->privacy) == PRIVACY_FULL &&
	    (at == NULL ? strlen(address) : (size_t)(at - address)) >= sizeof(local))
		w->cut++;
	json_begin_object(&w->json, key);
	put(w, "domain", privacy_domain(address, domain, sizeof(domain)));
	put(w, "local", privacy_local(w->privacy, purpose, time_ms, address, local, sizeof(local)));
	json_end_object(&w->json);
}

static void
put_envelope(struct writer *w, const struct message_facts *facts)
{
	uint32_t i;

	if (facts->mail != NULL)
		put_address(w, "from", PSEUDONYM_FROM, facts->time_ms, facts->mail);
	json_begin_array(&w->json, "to");
	/* The other half is kept for the rest. */
	for (i = 0; i < facts->rcpts_count && room(w) > RECORD_MAX / 2 + RCPT_ROOM; i++)
		put_address(w, NULL, PSEUDONYM_TO, facts->time_ms, facts->rcpts[i]);
	json_end_array(&w->json);
	json_u64(&w->json, "rcpts", (uint64_t)facts->rcpts_count + facts->rcpts_dropped);
	if (facts->rcpts_refused > 0)
		json_u64(&w->json, "rcpts_refused", facts->rcpts_refused);
	json_u64(&w->json, "size", facts->size);
}

/* What the sender asked for (RFC 8689). */
static void
put_requests(struct writer *w, const struct message_facts *facts, const struct verdict *v)
{
	if (facts->requiretls)
		json_bool(&w->json, "requiretls_asked", 1);
	if (facts->requiretls && v->hop.tls == HOP_TLS_NO)
		json_bool(&w->json, "requiretls_clear", 1);
	if (facts->scan != NULL && facts->scan->tls_required_no)
		json_bool(&w->json, "tls_required_no", 1);
}

/* ---- partners ---- */

static void
put_partner(struct writer *w, const struct partner_result *r)
{
	json_begin_object(&w->json, NULL);
	put(w, "name", r->partner->name);
	json_str(&w->json, "confirmed", partner_confirmed_str(r->confirmed));
	json_str(&w->json, "state", partner_state_str(r->state));
	if (r->exception != NULL)
		put(w, "exception", r->exception->reason);
	if (r->grace)
		json_bool(&w->json, "grace", 1);
	if (r->null_sender)
		json_bool(&w->json, "null_sender", 1);
	if (r->relayed)
		json_bool(&w->json, "relayed", 1);
	json_str(&w->json, "action", action_str((enum action)r->action));
	if (r->would != r->action)
		json_str(&w->json, "would", action_str((enum action)r->would));
	json_end_object(&w->json);
}

static void
put_partners(struct writer *w, const struct verdict *v)
{
	size_t i;

	if (v->confirmed != PARTNER_BY_NONE && v->sender_domain != NULL) {
		json_begin_object(&w->json, "sender");
		put(w, "domain", v->sender_domain);
		json_str(&w->json, "confirmed", partner_confirmed_str(v->confirmed));
		json_end_object(&w->json);
	}
	if (v->partners_count == 0)
		return;
	json_begin_array(&w->json, "partners");
	for (i = 0; i < v->partners_count && i < PARTNER_RESULTS_MAX && room(w) > PARTNER_ROOM; i++)
		put_partner(w, &v->partners[i]);
	json_end_array(&w->json);
	if (i < v->partners_count)
		json_u64(&w->json, "partners_more", v->partners_count - i);
}

/* ---- the route ---- */

static void
put_grade(struct writer *w, const struct route *route, const struct route_hop *h)
{
	if (route != NULL && route->profile != NULL)
		json_str(&w->json, "grade", grade_str(h->grade));
}

/* Whether what a macro said is on record already, word by word, as what was made of it. */
static int
said(const char *name, const char *value, const struct verdict *v)
{
	const char *as = strcmp(name, "tls_version") == 0 ? v->hop.version : strcmp(name, "cipher") == 0 ? v->hop.cipher :
	    strcmp(name, "cipher_bits") == 0 ? v->hop.bits : NULL;

	/* Sendmail gives the names empty where there was no certificate. */
	if (strcmp(name, "verify") == 0)
		return *value != '\0';
	if (strncmp(name, "cert_", 5) == 0)
		return 1;
	return as != NULL && strcmp(value, as) == 0;
}

static void
put_macros(struct writer *w, const struct tls_facts *tls, const struct verdict *v, int cert)
{
	const struct { const char *name, *value; } all[] = {
#define X(member, macro) { #member, tls->member },
		TLS_MACROS(X)
#undef X
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].value == NULL || (!cert && strncmp(all[i].name, "cert_", 5) == 0) ||
		    said(all[i].name, all[i].value, v))
			continue;
		if (n++ == 0)
			json_begin_object(&w->json, "macros");
		put(w, all[i].name, all[i].value);
	}
	if (n > 0)
		json_end_object(&w->json);
}

static void
put_observed(struct writer *w, const struct message_facts *facts, const struct verdict *v)
{
	const struct tls_facts *tls = &facts->tls;
	enum privacy_level level = privacy_level(w->privacy);
	/* A client certificate of a person's device names the person. */
	int cert = level == PRIVACY_FULL || (level == PRIVACY_PSEUDONYM && !client_is_person(v));

	json_begin_object(&w->json, NULL);
	if (v->hop.evidence != HOP_OBSERVED)
		json_str(&w->json, "evidence", hop_evidence_str(v->hop.evidence));
	json_str(&w->json, "tls", hop_tls_str(v->hop.tls));
	put(w, "reason", v->hop.reason);
	put(w, "version", v->hop.version);
	put(w, "cipher", v->hop.cipher);
	put(w, "bits", v->hop.bits);
	put_grade(w, v->route, v->route != NULL ? &v->route->hops[0] : NULL);
	put_nonempty(w, "verify", tls->verify);
	if (cert) {
		put_nonempty(w, "cert_subject", tls->cert_subject);
		put_nonempty(w, "cert_issuer", tls->cert_issuer);
	}
	put_macros(w, tls, v, cert);
	if (!tls->canary_helo || !tls->canary_mail) {
		json_begin_array(&w->json, "offered");
		if (tls->canary_helo)
			json_str(&w->json, NULL, "helo");
		if (tls->canary_mail)
			json_str(&w->json, NULL, "mail");
		json_end_array(&w->json);
	}
	if (v->route != NULL && v->route->hops[0].has_delay)
		json_i64(&w->json, "delay", v->route->hops[0].delay);
	json_end_object(&w->json);
}

static void
put_profile(struct writer *w, const struct profile *profile)
{
	char text[RECORD_STRING_MAX];

	snprintf(text, sizeof(text), "%s/%s", profile->name, profile->version);
	put(w, "profile", text);
}

/* What its writer says of the TLS, in our spelling where that says the same. */
static void
put_session(struct writer *w, const struct route_hop *h)
{
	struct suite suite;
	char bits[16];

	json_str(&w->json, "tls", hop_tls_str(h->hop.tls));
	if (h->hop.tls != HOP_TLS_YES)
		return;
	put_nonempty(w, "version", h->version);
	if (h->version == NULL || (h->hop.version != NULL && strcmp(h->version, h->hop.version) != 0))
		put_nonempty(w, "version_written", h->hop.version);
	put_nonempty(w, "cipher", h->cipher[0] != '\0' ? h->cipher : h->hop.cipher);
	/* A whole suite's name says them. */
	(void)suite_read(h->hop.cipher, h->hop.version, &suite);
	if (h->bits != 0 && h->bits != suite.bits) {
		snprintf(bits, sizeof(bits), "%u", h->bits);
		json_str(&w->json, "bits", bits);
	}
}

/* Who handed over.  Beyond the boundary, and where somebody logged in, that is at times a person's device. */
static void
put_from(struct writer *w, const struct received *r, int beyond)
{
	enum privacy_level level = privacy_level(w->privacy);
	const char *helo = level == PRIVACY_FULL ? r->helo : NULL;
	char ip[64];

	privacy_ip(w->privacy, r->ip, beyond || r->auth || level == PRIVACY_MINIMAL, ip, sizeof(ip));
	if (ip[0] == '\0' && helo == NULL)
		return;
	json_begin_object(&w->json, "from");
	put_nonempty(w, "ip", ip);
	put_nonempty(w, "helo", helo);
	json_end_object(&w->json);
}

static void
put_earlier(struct writer *w, const struct verdict *v, size_t i, uint64_t told)
{
	const struct route_hop *h = &v->route->hops[i];
	const struct received *r = h->received;
	int beyond = v->route->boundary == ROUTE_NONE || i > v->route->boundary;

	json_begin_object(&w->json, NULL);
	if (h->hop.evidence != HOP_CLAIMED)
		json_str(&w->json, "evidence", hop_evidence_str(h->hop.evidence));
	if (r->odd)
		json_bool(&w->json, "odd", 1);
	if (r->cut)
		json_bool(&w->json, "cut", 1);
	if (h->loop)
		json_bool(&w->json, "local", 1);
	if (!beyond || privacy_level(w->privacy) != PRIVACY_MINIMAL)
		put_nonempty(w, "by", r->by);
	put_nonempty(w, "with", r->with);
	put_session(w, h);
	put_grade(w, v->route, h);
	if (r->auth)
		json_bool(&w->json, "auth", 1);
	if (r->has_time && r->time <= RECEIVED_TIME_MAX && r->time != told)
		put_time(w, "time", r->time * 1000, 0);
	if (h->has_delay)
		json_i64(&w->json, "delay", h->delay);
	put_from(w, r, beyond || client_is_person(v));
	json_end_object(&w->json);
	w->cut += r->cut;
}

/* When hop i was, as told by the delays of those before it; 0: they do not. */
static uint64_t
told_time(const struct message_facts *facts, const struct route *route, size_t i)
{
	const struct route_hop *before = &route->hops[i - 1];
	uint64_t time = i == 1 ? facts->time_ms / 1000 : before->received->has_time ? before->received->time : 0;

	return before->has_delay && time <= RECEIVED_TIME_MAX ? time - (uint64_t)before->delay : 0;
}

static void
put_hops(struct writer *w, const struct message_facts *facts, const struct verdict *v)
{
	const struct route *route = v->route;
	size_t i = 1;
	uint64_t more = 0;

	json_begin_array(&w->json, "hops");
	put_observed(w, facts, v);
	if (route != NULL) {
		for (; i < route->count && room(w) > HOP_ROOM + PART_ROOM; i++)
			put_earlier(w, v, i, told_time(facts, route, i));
		more = route->count - i + route->more;
	}
	json_end_array(&w->json);
	if (more > 0)
		json_u64(&w->json, "hops_more", more);
	if (route != NULL && route->cut)
		json_bool(&w->json, "header_cut", 1);
	if (route != NULL && route->boundary != ROUTE_NONE && route->boundary > 0)
		json_u64(&w->json, "boundary", route->boundary);
	if (route != NULL && route->profile != NULL)
		put_profile(w, route->profile);
}

/* ---- verdict, scan ---- */

/* Of an archive, the detail may be a member's name, and counts as one. */
static void
put_detail(struct writer *w, enum outcome outcome, const char *detail)
{
	if (privacy_level(w->privacy) == PRIVACY_MINIMAL &&
	    (outcome == OUTCOME_ENCRYPTED || outcome == OUTCOME_UNOPENED))
		return;
	put_nonempty(w, "detail", detail);
}

static void
put_verdict(struct writer *w, const struct verdict *v)
{
	char reply[32];

	json_str(&w->json, "outcome", outcome_str(v->outcome));
	json_str(&w->json, "action", action_str(v->action));
	json_str(&w->json, "rule", v->rule);
	if (v->would != v->action) {
		json_begin_object(&w->json, "would");
		json_str(&w->json, "action", action_str(v->would));
		json_str(&w->json, "rule", v->would_rule);
		json_end_object(&w->json);
	}
	put_nonempty(w, "signature", v->signature);
	put_detail(w, v->outcome, v->detail);
	if (v->reply_code != 0) {
		snprintf(reply, sizeof(reply), "%d %s", v->reply_code, v->reply_xcode);
		json_str(&w->json, "reply", reply);
	}
}

/* ---- exceptions, recipients ---- */

static void
put_exceptions(struct writer *w, const struct verdict *v)
{
	size_t i;

	if (v->exceptions_count == 0)
		return;
	if (v->excepted)
		json_bool(&w->json, "excepted", 1);
	json_begin_array(&w->json, "exceptions");
	for (i = 0; i < v->exceptions_count && i < EXCEPTION_HITS_MAX && room(w) > EXCEPTION_ROOM; i++) {
		const struct exception_hit *hit = &v->exceptions[i];

		json_begin_object(&w->json, NULL);
		put(w, "id", hit->id);
		put(w, "reason", hit->reason);
		json_str(&w->json, "outcome", outcome_str(hit->outcome));
		put_nonempty(w, "signature", hit->signature);
		put_nonempty(w, "path", hit->path);
		json_u64(&w->json, "findings", hit->findings);
		json_end_object(&w->json);
	}
	json_end_array(&w->json);
	if (i < v->exceptions_count)
		json_u64(&w->json, "exceptions_more", v->exceptions_count - i);
}

/* The domains of the recipients that a result is about, each once; they stand in "to" at every level, too. */
static void
put_domains(struct writer *w, const struct message_facts *facts, const struct verdict *v, uint32_t result)
{
	char seen[RECIPIENT_DOMAINS_MAX][256], domain[256];
	uint32_t i, k, n = 0, more = 0;

	json_begin_array(&w->json, "domains");
	for (i = 0; i < facts->rcpts_count; i++) {
		if (v->recipient_of == NULL || v->recipient_of[i] != result)
			continue;
		privacy_domain(facts->rcpts[i], domain, sizeof(domain));
		for (k = 0; k < n && strcmp(seen[k], domain) != 0; k++)
			;
		if (k < n)
			continue;
		if (n == RECIPIENT_DOMAINS_MAX) {
			more = 1;
			break;
		}
		memcpy(seen[n++], domain, sizeof(domain));
		json_str(&w->json, NULL, domain);
	}
	json_end_array(&w->json);
	if (more)
		json_bool(&w->json, "domains_more", 1);
}

static void
put_recipients(struct writer *w, const struct message_facts *facts, const struct verdict *v)
{
	size_t i;

	if (v->recipients_count == 0)
		return;
	json_begin_array(&w->json, "recipients");
	for (i = 0; i < v->recipients_count && room(w) > RECIPIENT_ROOM + PART_ROOM; i++) {
		const struct recipient_result *r = &v->recipients[i];

		json_begin_object(&w->json, NULL);
		put_domains(w, facts, v, (uint32_t)i);
		json_u64(&w->json, "rcpts", r->rcpts);
		json_str(&w->json, "action", action_str(r->action));
		json_str(&w->json, "rule", r->rule);
		if (r->would != r->action) {
			json_begin_object(&w->json, "would");
			json_str(&w->json, "action", action_str(r->would));
			json_str(&w->json, "rule", r->would_rule);
			json_end_object(&w->json);
		}
		json_end_object(&w->json);
	}
	json_end_array(&w->json);
	if (i < v->recipients_count)
		json_u64(&w->json, "recipients_more", v->recipients_count - i);
}

static void
put_mime(struct writer *w, const struct scan_result *scan)
{
	uint32_t i;

	json_begin_object(&w->json, "mime");
	json_str(&w->json, "ambiguity", ambiguity_str(scan->ambiguity));
	if (scan->views != 1)
		json_u64(&w->json, "views", scan->views);
	json_u64(&w->json, "objects", ambiguity_objects(scan));
	if (scan->reasons_count > 0) {
		json_begin_array(&w->json, "reasons");
		for (i = 0; i < scan->reasons_count && i < SCAN_REASONS_MAX; i++)
			put_max(w, NULL, scan->reasons[i], TOKEN_MAX);
		json_end_array(&w->json);
	}
	json_end_object(&w->json);
}

static void
put_engine(struct writer *w, const struct engine_info *engine)
{
	json_begin_object(&w->json, "engine");
	put_nonempty(w, "version", engine->version);
	if (engine->db_version != 0)
		json_u64(&w->json, "db_version", engine->db_version);
	if (engine->db_time != 0 && engine->db_time <= UINT64_MAX / 1000)
		put_time(w, "db_time", engine->db_time * 1000, 0);
	json_u64(&w->json, "signatures", engine->signatures);
	json_end_object(&w->json);
}

/*
 * The extension of its name, and those of what else somebody's system could
 * take for its name: a rule about extensions can be tried on the record alone.
 */
static void
put_extensions(struct writer *w, const struct part *p)
{
	char exts[NAME_READINGS_MAX][NAME_EXT_MAX + 1];
	struct name_readings r;
	size_t i, k, n = 0;

	name_read(p->name, p->names, &r);
	for (i = 0; i < r.count; i++) {
		if (*name_reading_extension(&r, i, exts[n], sizeof(exts[n])) == '\0')
			continue;
		for (k = 0; k < n && strcmp(exts[k], exts[n]) != 0; k++)
			;
		n += k == n;
	}
	if (n == 0)
		return;
	json_str(&w->json, "ext", exts[0]);
	if (n == 1)
		return;
	json_begin_array(&w->json, "exts");
	for (i = 1; i < n; i++)
		json_str(&w->json, NULL, exts[i]);
	json_end_array(&w->json);
}

/* All of the engine's names begin alike. */
static const char *
engine_type(const char *name)
{
	return name != NULL && strncmp(name, ENGINE_TYPE, sizeof(ENGINE_TYPE) - 1) == 0 ? name + sizeof(ENGINE_TYPE) - 1 : name;
}

static void
put_part(struct writer *w, const struct part *p, enum outcome outcome, const struct part_judged *judged)
{
	json_begin_object(&w->json, NULL);
	put(w, "path", p->path);
	put_extensions(w, p);
	if (p->member)
		json_bool(&w->json, "member", 1);
	if (p->encrypted)
		json_bool(&w->json, "encrypted", 1);
	if (p->path == NULL || strcmp(p->path, "0") != 0 || p->type == NULL || strcmp(p->type, "message/rfc822") != 0)
		put_nonempty(w, "type", p->type);
	put_nonempty(w, "real_type", engine_type(p->real_type));
	put_nonempty(w, "view", p->view);
	put_nonempty(w, "decoder", p->view != NULL ? p->decoder : NULL);
	json_u64(&w->json, "size", p->size);
	if (!p->member)
		json_hex(&w->json, "sha256", p->sha256, sizeof(p->sha256));
	if (outcome != OUTCOME_CLEAN)
		json_str(&w->json, "outcome", outcome_str(outcome));
	put_nonempty(w, "signature", p->signature);
	put_detail(w, p->outcome, p->detail);
	if (judged != NULL) {
		put_nonempty(w, "why", judged->why);
		put_nonempty(w, "rule", judged->rule);
	}
	/* A name tells of the sender's affairs; it is kept where somebody must find the thing. */
	if (outcome != OUTCOME_CLEAN && privacy_level(w->privacy) != PRIVACY_MINIMAL)
		put_nonempty(w, "name", p->name);
	json_end_object(&w->json);
}

static enum outcome
part_outcome(const struct scan_result *scan, const struct verdict *v, uint32_t i)
{
	return v->parts != NULL ? v->parts[i] : scan->parts[i].outcome;
}

/* One round over the parts: clean members are left for the second.  Clean parts leave `keep` octets.  Gives those not listed. */
static uint32_t
put_some_parts(struct writer *w, const struct scan_result *scan, const struct verdict *v, int members, size_t keep)
{
	uint32_t i, more = 0;

	for (i = 0; i < scan->parts_count; i++) {
		const struct part *p = &scan->parts[i];
		enum outcome o = part_outcome(scan, v, i);
		int clean = o == OUTCOME_CLEAN && (v->judged == NULL || v->judged[i].rule == NULL);

		if ((clean && p->member) != members)
			continue;
		if (room(w) > (clean ? keep : 0) + PART_ROOM)
			put_part(w, p, o, v->judged != NULL ? &v->judged[i] : NULL);
		else
			more++;
	}
	return more;
}

/*
 * Clean parts take a half of what is left at most, so that a thousand of them
 * do not hide the finding behind them; clean members of containers come last.
 */
static void
put_parts(struct writer *w, const struct scan_result *scan, const struct verdict *v)
{
	uint32_t more;

	json_begin_array(&w->json, "parts");
	more = put_some_parts(w, scan, v, 0, room(w) / 2);
	more += put_some_parts(w, scan, v, 1, 0);
	json_end_array(&w->json);
	if (more > 0)
		json_u64(&w->json, "parts_more", more);
}

int
record_message(const struct message_facts *facts, const struct verdict *v, const struct privacy *privacy, struct buf *out)
{
	struct writer w;

	begin(&w, privacy, out, "message");
	put(&w, "id", facts->id);
	put_time(&w, "time", facts->time_ms, 1);
	put(&w, "gateway", facts->gateway);
	put_nonempty(&w, "queue_id", facts->queue_id);
	put_nonempty(&w, "mta", facts->mta);
	json_str(&w.json, "class", class_str(v->class));
	if (v->class_why != NULL && strcmp(v->class_why, "default") != 0)
		put(&w, "class_why", v->class_why);
	put_listener(&w, facts);
	put_client(&w, facts, v);
	put_nonempty(&w, "auth", facts->auth_type);
	if (facts->stage_mail || facts->stage_rcpt)
		json_str(&w.json, "stage", facts->stage_mail ? "mail" : "rcpt");
	put_envelope(&w, facts);
	put_requests(&w, facts, v);
	put_hops(&w, facts, v);
	put_partners(&w, v);
	put_verdict(&w, v);
	put_exceptions(&w, v);
	put_recipients(&w, facts, v);
	if (facts->scan != NULL)
		put_mime(&w, facts->scan);
	if (facts->engine != NULL)
		put_engine(&w, facts->engine);
	json_begin_object(&w.json, "ms");
	json_u64(&w.json, "receive", facts->receive_ms);
	json_u64(&w.json, "queue", facts->queue_ms);
	json_u64(&w.json, "scan", facts->scan_ms);
	json_end_object(&w.json);
	if (facts->scan != NULL)
		put_parts(&w, facts->scan, v);
	return end(&w);
}

int
record_event(const char *gateway, uint64_t time_ms, const char *event, const char *const *pairs, struct buf *out)
{
	char id[RECORD_ID_LEN + 1];
	struct writer w;
	int i;

	begin(&w, NULL, out, "event");
	record_id(time_ms, id);
	json_str(&w.json, "id", id);
	put_time(&w, "time", time_ms, 1);
	put(&w, "gateway", gateway);
	put(&w, "event", event);
	if (pairs != NULL && pairs[0] != NULL) {
		json_begin_object(&w.json, "data");
		for (i = 0; i < 2 * RECORD_PAIRS_MAX && pairs[i] != NULL && pairs[i + 1] != NULL; i += 2)
			put(&w, pairs[i], pairs[i + 1]);
		json_end_object(&w.json);
		/* A key without its value, or more pairs than fit: said, not swallowed. */
		if (pairs[i] != NULL)
			w.cut++;
	}
	return end(&w);
}
