/* SPDX-License-Identifier: ISC */
/* Writes the record of one outbound delivery: to where, over what TLS, how that is known, and what came of it. */
/*
 * Called by hopwardctl collect.  Owns nothing.  The keys are described in
 * hopward-log(5), and a test holds page and code together.  What is absent is
 * left out, never null.  Recipients are kept as in a message's record, with the same pseudonyms; the relay
 * is a server of an organisation, and kept whole unless privacy is minimal.
 * It does not read logs, join lines or write files.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "record/delivery.h"
#include "record/record.h"

#define ADDRESS_MAX	2048	/* octets of an address that are looked at */

struct writer {
	struct json		 json;
	const struct privacy	*privacy;
	uint64_t		 cut;	/* texts that were cut */
};

static void
put_text(struct writer *w, const char *key, const struct maillog_text *t)
{
	if (t->p != NULL && t->len > 0)
		json_strn(&w->json, key, t->p, t->len);
}

static void
put_string(struct writer *w, const char *key, const char *s)
{
	if (s != NULL && *s != '\0')
		json_str(&w->json, key, s);
}

static void
put_time(struct writer *w, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char date[32], text[48];
	struct tm tm;

	if (ms / 1000 > 253402300799ull || gmtime_r(&t, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return;
	snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned int)(ms % 1000));
	json_str(&w->json, "time", text);
}

static void
put_recipient(struct writer *w, const struct maillog_text *rcpt, uint64_t time_ms)
{
	char address[ADDRESS_MAX + 1], domain[256], local[PRIVACY_LOCAL_MAX];
	size_t n = rcpt->len < ADDRESS_MAX ? rcpt->len : ADDRESS_MAX;
	const char *at;

	/* Where it is too long its end is kept, which has the domain. */
	memcpy(address, rcpt->p + (rcpt->len - n), n);
	address[n] = '\0';
	at = strrchr(address, '@');
	w->cut += n < rcpt->len || (at != NULL && strlen(at + 1) >= sizeof(domain)) ||
	    (privacy_level(w->privacy) == PRIVACY_FULL && (at == NULL ? n : (size_t)(at - address)) >= sizeof(local));
	json_begin_object(&w->json, NULL);
	json_str(&w->json, "domain", privacy_domain(address, domain, sizeof(domain)));
	put_string(w, "local", privacy_local(w->privacy, PSEUDONYM_TO, time_ms, address, local, sizeof(local)));
	json_end_object(&w->json);
}

static void
put_recipients(struct writer *w, const struct maillog *m, uint64_t time_ms)
{
	struct maillog_text rcpt;
	uint64_t count = 0;
	size_t at = 0;

	json_begin_array(&w->json, "to");
	while (maillog_rcpt(m, &at, &rcpt))
		if (count++ < DELIVERY_RCPTS_MAX)
			put_recipient(w, &rcpt, time_ms);
	json_end_array(&w->json);
	json_u64(&w->json, "rcpts", count);
}

static void
put_relay(struct writer *w, const struct maillog *m)
{
	enum privacy_level level = privacy_level(w->privacy);
	char text[64], ip[64];

	json_begin_object(&w->json, "relay");
	if (!m->network || level != PRIVACY_MINIMAL)
		put_text(w, "host", &m->relay_host);
	if (m->relay_ip.p != NULL && m->relay_ip.len < sizeof(text)) {
		memcpy(text, m->relay_ip.p, m->relay_ip.len);
		text[m->relay_ip.len] = '\0';
		put_string(w, "ip", privacy_ip(w->privacy, text, level == PRIVACY_MINIMAL, ip, sizeof(ip)));
	}
	put_text(w, "port", &m->relay_port);
	json_end_object(&w->json);
}

static void
put_bits(struct writer *w, const char *key, uint32_t bits)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", bits);
	json_str(&w->json, key, text);
}

static void
put_tls(struct writer *w, const struct maillog *m, const struct outbound_delivery *d)
{
	json_str(&w->json, "tls", hop_tls_str(d->tls));
	put_string(w, "reason", d->reason);
	put_string(w, "known_by", outbound_evidence_str(d->evidence));
	if (d->smarthost)
		json_str(&w->json, "onward", "unknown");
	put_string(w, "version", d->version);
	put_string(w, "cipher", d->cipher);
	if (d->evidence == OUTBOUND_SESSION) {
		put_bits(w, "bits", d->bits);
		put_bits(w, "alg_bits", d->alg_bits);
	}
	put_string(w, "group", d->group);
	put_string(w, "trust", d->trust);
	put_text(w, "level", &m->level);
	put_text(w, "downgraded", &m->downgraded);
	if (m->level.p != NULL)
		json_str(&w->json, "policy", m->violated ? "violated" : m->undecided ? "undecided" : "met");
	put_text(w, "requiretls", &m->requiretls);
}

int
record_delivery(const struct delivery *d, const struct privacy *privacy, struct buf *out)
{
	const struct maillog *m = d->line;
	struct writer w = { .privacy = privacy };

	json_begin(&w.json, out);
	json_begin_object(&w.json, NULL);
	json_u64(&w.json, "v", RECORD_SCHEMA);
	json_str(&w.json, "type", "delivery");
	json_str(&w.json, "id", d->id);
	put_time(&w, d->time_ms);
	put_string(&w, "gateway", d->gateway);
	put_text(&w, "service", &m->program);
	put_text(&w, "queue_id", &m->queue_id);
	put_recipients(&w, m, d->time_ms);
	put_relay(&w, m);
	put_tls(&w, m, d->tls);
	put_text(&w, "dsn", &m->dsn);
	put_text(&w, "status", &m->status);
	if (d->source != NULL) {
		json_begin_object(&w.json, "source");
		json_str(&w.json, "log", d->source);
		json_u64(&w.json, "at", d->source_at);
		json_end_object(&w.json);
	}
	if (w.cut > 0)
		json_u64(&w.json, "cut", w.cut);
	json_end_object(&w.json);
	return out->failed ? -1 : 0;
}
