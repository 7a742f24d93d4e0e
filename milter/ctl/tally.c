/* SPDX-License-Identifier: ISC */
/* What collect counts of a run, and how it tells: nothing that was not understood goes unsaid. */
/*
 * Called by collect.  Bounded: hosts beyond TALLY_HOSTS share one line.  Reasons
 * are the joiner's constant strings.  Does not: write to a stream, know records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/tally.h"

#define OTHER_HOSTS	"(other hosts)"

void
tally_delivery(struct tally *t, const struct outbound_delivery *d)
{
	struct suite suite;
	size_t i;

	t->deliveries++;
	t->tls[d->tls]++;
	if (t->profile != NULL && d->tls != HOP_TLS_UNKNOWN) {
		(void)suite_read(d->cipher, d->version, &suite);
		t->grades[profile_grade(t->profile, &suite, d->tls, NULL)]++;
	}
	if (d->tls != HOP_TLS_UNKNOWN || d->reason == NULL)
		return;
	for (i = 0; i < TALLY_REASONS - 1 && t->reasons[i].reason != NULL; i++)
		if (strcmp(t->reasons[i].reason, d->reason) == 0)
			break;
	t->reasons[i].reason = d->reason;
	t->reasons[i].count++;
}

int
tally_unreadable(struct tally *t, const struct maillog_text *host, const char *line, size_t len)
{
	struct tally_host *h;
	struct buf b;
	size_t i;

	t->unreadable++;
	for (i = 0; i < t->hosts_count; i++)
		if (maillog_text_is(host, t->hosts[i].host) || (host->p == NULL && strcmp(t->hosts[i].host, "?") == 0) ||
		    (i == TALLY_HOSTS - 1 && strcmp(t->hosts[i].host, OTHER_HOSTS) == 0)) {
			t->hosts[i].count++;
			return 0;
		}
	h = &t->hosts[t->hosts_count++];
	if (t->hosts_count == TALLY_HOSTS)
		snprintf(h->host, sizeof(h->host), "%s", OTHER_HOSTS);
	else if (host->p == NULL)
		snprintf(h->host, sizeof(h->host), "?");
	else
		snprintf(h->host, sizeof(h->host), "%.*s", (int)host->len, host->p);
	h->count = 1;
	buf_init(&b, sizeof(h->example) - 1);
	maillog_example(line, len, &b);
	snprintf(h->example, sizeof(h->example), "%s", b.data != NULL ? b.data : "");
	buf_free(&b);
	return 1;
}

void
tally_advice(const struct outbound_service *s, struct buf *out)
{
	const char *slash = strrchr(s->service, '/');

	buf_addf(out, "%s %s: %" PRIu64 " deliveries and no TLS line: unknown, not logged; on that host: ", s->host, s->service,
	    s->not_logged);
	if (slash == NULL)
		buf_addz(out, "set LogLevel to 9 or more (sendmail.mc: define(`confLOG_LEVEL', `9')dnl)");
	else
		buf_addf(out, "postconf -e %s_tls_loglevel=1 && postfix reload", strcmp(slash + 1, "lmtp") == 0 ? "lmtp" : "smtp");
}

static void
text_grades(const struct tally *t, struct buf *out)
{
	const char *before = ": ";
	enum grade g;

	if (t->profile == NULL || t->tls[HOP_TLS_YES] + t->tls[HOP_TLS_NO] == 0)
		return;
	buf_addf(out, "graded by %s/%s", t->profile->name, t->profile->version);
	for (g = GRADE_MAX; g-- > 0;)
		if (t->grades[g] > 0) {
			buf_addf(out, "%s%s %" PRIu64, before, grade_str(g), t->grades[g]);
			before = ", ";
		}
	buf_addc(out, '\n');
}

static int
wants_advice(const struct outbound_service *s)
{
	return s->not_logged > 0 && s->session_ms == 0;
}

void
tally_text(const struct tally *t, struct outbound *o, struct buf *out)
{
	const struct outbound_service *s;
	struct outbound_counts c;
	size_t i, at = 0;

	outbound_counts(o, &c);
	buf_addf(out, "%" PRIu64 " lines, %" PRIu64 " deliveries: %" PRIu64 " under TLS, %" PRIu64 " in clear, %" PRIu64 " unknown",
	    t->lines, t->deliveries, t->tls[HOP_TLS_YES], t->tls[HOP_TLS_NO], t->tls[HOP_TLS_UNKNOWN]);
	for (i = 0; i < TALLY_REASONS && t->reasons[i].reason != NULL; i++)
		buf_addf(out, "%s%s %" PRIu64, i == 0 ? " (" : ", ", t->reasons[i].reason, t->reasons[i].count);
	buf_addz(out, i > 0 ? ")\n" : "\n");
	text_grades(t, out);
	if (t->again > 0)
		buf_addf(out, "%" PRIu64 " deliveries were recorded by an earlier run, and not again\n", t->again);
	while ((s = outbound_service_next(o, &at)) != NULL)
		if (wants_advice(s)) {
			tally_advice(s, out);
			buf_addc(out, '\n');
		}
	if (c.forgotten > 0)
		buf_addf(out, "%" PRIu64 " TLS sessions were forgotten before their delivery came: more than %u at a time\n", c.forgotten,
		    OUTBOUND_SESSIONS);
	if (c.services_full > 0)
		buf_addf(out, "%" PRIu64 " lines of more than %u hosts and services\n", c.services_full, OUTBOUND_SERVICES);
	if (t->cut > 0)
		buf_addf(out, "%" PRIu64 " lines were longer than %u octets, and looked at that far\n", t->cut, MAILLOG_LINE_MAX);
	if (t->unreadable > 0)
		buf_addf(out, "%" PRIu64 " lines should be known and cannot be read:\n", t->unreadable);
	for (i = 0; i < t->hosts_count; i++)
		buf_addf(out, "  %s: %" PRIu64 ", as: %s\n", t->hosts[i].host, t->hosts[i].count, t->hosts[i].example);
}

static void
json_unreadable(const struct tally *t, struct json *j)
{
	size_t i;

	json_u64(j, "unreadable", t->unreadable);
	json_begin_array(j, "unreadable_hosts");
	for (i = 0; i < t->hosts_count; i++) {
		json_begin_object(j, NULL);
		json_str(j, "host", t->hosts[i].host);
		json_u64(j, "count", t->hosts[i].count);
		json_str(j, "example", t->hosts[i].example);
		json_end_object(j);
	}
	json_end_array(j);
}

static void
json_not_logged(struct outbound *o, struct json *j)
{
	const struct outbound_service *s;
	struct buf advice;
	size_t at = 0;

	buf_init(&advice, 4096);
	json_begin_array(j, "not_logged");
	while ((s = outbound_service_next(o, &at)) != NULL)
		if (wants_advice(s)) {
			buf_reset(&advice);
			tally_advice(s, &advice);
			json_begin_object(j, NULL);
			json_str(j, "host", s->host);
			json_str(j, "service", s->service);
			json_u64(j, "deliveries", s->not_logged);
			json_str(j, "advice", advice.data);
			json_end_object(j);
		}
	json_end_array(j);
	buf_free(&advice);
}

void
tally_json(const struct tally *t, struct outbound *o, struct buf *out)
{
	struct outbound_counts c;
	struct json j;
	enum grade g;
	size_t i;

	outbound_counts(o, &c);
	json_begin(&j, out);
	json_begin_object(&j, NULL);
	json_u64(&j, "lines", t->lines);
	json_u64(&j, "deliveries", t->deliveries);
	json_u64(&j, "again", t->again);
	json_begin_object(&j, "tls");
	json_u64(&j, "yes", t->tls[HOP_TLS_YES]);
	json_u64(&j, "no", t->tls[HOP_TLS_NO]);
	json_u64(&j, "unknown", t->tls[HOP_TLS_UNKNOWN]);
	json_end_object(&j);
	json_begin_object(&j, "reasons");
	for (i = 0; i < TALLY_REASONS && t->reasons[i].reason != NULL; i++)
		json_u64(&j, t->reasons[i].reason, t->reasons[i].count);
	json_end_object(&j);
	json_begin_object(&j, "grades");
	for (g = GRADE_UNKNOWN; t->profile != NULL && g < GRADE_MAX; g++)
		json_u64(&j, grade_str(g), t->grades[g]);
	json_end_object(&j);
	json_not_logged(o, &j);
	json_u64(&j, "forgotten", c.forgotten);
	json_u64(&j, "services_full", c.services_full);
	json_u64(&j, "cut", t->cut);
	json_unreadable(t, &j);
	json_end_object(&j);
	buf_addc(out, '\n');
}
