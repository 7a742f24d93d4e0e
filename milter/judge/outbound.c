/* SPDX-License-Identifier: ISC */
/* Joins TLS session lines and delivery lines of MTAs' logs, which share no queue id. */
/*
 * Called by hopwardctl collect for each line that means something, in the order of
 * the log.  The key is host, service, process and relay; within it time and
 * queue id decide:
 *
 * Postfix' client serves one message at a time.  It writes a line when a session
 * begins or is taken up again, so a session line belongs to the one queue id
 * that comes next, and lies within the delivery's own times (delays=).
 * Sendmail may send more messages over one session, and says so nowhere: its
 * newest session with that relay counts, for as long as it caches connections.
 *
 * "No" is concluded from a missing line only where the service was seen to
 * write them, lately, where the beginning of the delivery was watched, and where
 * nothing was forgotten that could be the missing line.  All else is unknown, with its reason.
 *
 * Bounded: sessions_max, of which the oldest is forgotten, and services_max; both
 * are counted.  It does not: read text (maillog.c), ask a clock, keep deliveries.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "judge/outbound.h"

#define SLACK_MS	2000u		/* stamps are cut to seconds, delays rounded */
#define STAMP_MS	999u		/* what cutting to seconds takes away */
#define UNTIMED_MS	600000u		/* how long a delivery without delays= may have taken */
#define CACHED_MS	600000u		/* Sendmail keeps a connection for 5 minutes, and uses it for some */
#define SESSION_MS	21600000u	/* a session of Postfix: one recipient may be refused at once, the last be served 6 hours later */
#define LOGGING_MS	86400000u	/* how long a TLS line proves that the service writes them */
#define LINE_CIPHER_CUT	20		/* octets of cipher= that Sendmail writes: one as long may be the beginning of another */
#define STEP_MS		86400000u	/* a clock that goes back further was wrong before */

struct node {
	struct outbound_session	 s;	/* first: outbound_session_next() goes back from it */
	struct node		*chain;	/* of a bucket */
	struct node		*older, *newer;
};

struct outbound {
	size_t			 sessions_max, services_max;
	const char *const	*smarthosts;
	uint64_t		 since_ms;

	struct node		**buckets;
	size_t			 mask;
	struct node		*oldest, *newest;

	struct outbound_service	**services;	/* open addressing, places_mask + 1 places */
	size_t			 places_mask, services_count;
	struct outbound_counts	 counts;

	/* of the last delivery's own line */
	char			 version[MAILLOG_WORD_MAX + 1], cipher[MAILLOG_WORD_MAX + 1], trust[MAILLOG_WORD_MAX + 1];
};

static const char *const evidence_names[] = {
	[OUTBOUND_SESSION] = "session", [OUTBOUND_LEVEL] = "level", [OUTBOUND_LINE] = "line",
	[OUTBOUND_ABSENCE] = "absence"
};

const char *
outbound_evidence_str(enum outbound_evidence e)
{
	return (size_t)e < sizeof(evidence_names) / sizeof(evidence_names[0]) ? evidence_names[e] : NULL;
}

/* ---- texts ---- */

static void
copy(char *out, size_t size, const struct maillog_text *t)
{
	size_t n = t->p == NULL ? 0 : t->len < size ? t->len : size - 1;

	if (n > 0)
		memcpy(out, t->p, n);
	out[n] = '\0';
}

static size_t
hash_add(size_t h, const char *p, size_t n)
{
	while (n-- > 0)
		h = (h ^ (unsigned char)*p++) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

static size_t
hash_of(const char *host, size_t host_len, const char *service, size_t service_len, uint32_t pid)
{
	size_t h = hash_add(hash_add(14695981039346656037u, host, host_len), service, service_len);

	h = hash_add(h, (const char *)&pid, sizeof(pid));
	return h ^ (h >> 29);
}

static size_t
power_of_two(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

/* ---- services ---- */

/* Its place, taken or free; there is always a free one. */
static size_t
service_place(const struct outbound *o, const struct maillog_text *host, const char *name, size_t len)
{
	size_t i = hash_of(host->p, host->len, name, len, 0) & o->places_mask;
	const struct outbound_service *s;

	for (; (s = o->services[i]) != NULL; i = (i + 1) & o->places_mask)
		if (strncmp(s->service, name, len) == 0 && s->service[len] == '\0' && maillog_text_is(host, s->host))
			break;
	return i;
}

/* Found or made; NULL: there are too many. */
static struct outbound_service *
service_get(struct outbound *o, const struct maillog_text *host, const struct maillog_text *name)
{
	size_t i = service_place(o, host, name->p, name->len);
	struct outbound_service *s = o->services[i];

	if (s != NULL)
		return s;
	if (o->services_count >= o->services_max || (s = calloc(1, sizeof(*s))) == NULL) {
		o->counts.services_full++;
		return NULL;
	}
	copy(s->host, sizeof(s->host), host);
	copy(s->service, sizeof(s->service), name);
	o->services[i] = s;
	o->services_count++;
	return s;
}

/* tlsproxy(8) of the same Postfix. */
static const struct outbound_service *
service_proxy(const struct outbound *o, const struct outbound_service *s)
{
	struct maillog_text host = { s->host, strlen(s->host) };
	char name[MAILLOG_NAME_MAX + 16];
	size_t n = strcspn(s->service, "/");

	memcpy(name, s->service, n);
	memcpy(name + n, "/tlsproxy", 10);
	return o->services[service_place(o, &host, name, n + 9)];
}

/* Whether a missing line means anything at this time. */
static int
service_logs(const struct outbound *o, const struct outbound_service *s, uint64_t time_ms)
{
	const struct outbound_service *proxy;

	if (s->session_ms == 0 || time_ms > s->session_ms + LOGGING_MS)
		return 0;
	/* smtp(8) writes lines of sessions that can be used again whatever its log level: the twin proves that. */
	return !s->reused || ((proxy = service_proxy(o, s)) != NULL && proxy->session_ms != 0);
}

/* All services of this Postfix may have another log level from now on. */
static void
services_restart(struct outbound *o, const struct maillog *m)
{
	const char *slash = memchr(m->program.p, '/', m->program.len);
	size_t i, n = (size_t)(slash - m->program.p) + 1;

	for (i = 0; i <= o->places_mask; i++)
		if (o->services[i] != NULL && strncmp(o->services[i]->service, m->program.p, n) == 0 &&
		    maillog_text_is(&m->host, o->services[i]->host))
			o->services[i]->session_ms = 0;
}

/* ---- sessions ---- */

static struct node **
bucket(const struct outbound *o, const struct maillog_text *host, const struct maillog_text *service, uint32_t pid)
{
	return &o->buckets[hash_of(host->p, host->len, service->p, service->len, pid) & o->mask];
}

static int
of_process(const struct node *n, const struct maillog *m)
{
	return n->s.pid == m->pid && maillog_text_is(&m->host, n->s.host) && maillog_text_is(&m->program, n->s.service);
}

static struct node **
bucket_of_node(const struct outbound *o, const struct node *n)
{
	return &o->buckets[hash_of(n->s.host, strlen(n->s.host), n->s.service, strlen(n->s.service), n->s.pid) & o->mask];
}

static void
node_unlink(struct outbound *o, struct node *n)
{
	if (n->older != NULL)
		n->older->newer = n->newer;
	else
		o->oldest = n->newer;
	if (n->newer != NULL)
		n->newer->older = n->older;
	else
		o->newest = n->older;
	n->older = n->newer = NULL;
}

static void
node_link(struct outbound *o, struct node *n)
{
	n->newer = NULL;
	n->older = o->newest;
	if (o->newest != NULL)
		o->newest->newer = n;
	else
		o->oldest = n;
	o->newest = n;
}

/* `at` is where the chain points to it. */
static void
node_drop(struct outbound *o, struct node **at)
{
	struct node *n = *at;

	*at = n->chain;
	node_unlink(o, n);
	free(n);
	o->counts.sessions--;
}

static void
node_drop_found(struct outbound *o, struct node *n)
{
	struct node **at = bucket_of_node(o, n);

	while (*at != n)
		at = &(*at)->chain;
	node_drop(o, at);
}

/* Forgets a session; the service remembers that there was one, for it may have recipients left even if a delivery came. */
static void
node_forget(struct outbound *o, struct node *n, int counted)
{
	struct maillog_text host = { n->s.host, strlen(n->s.host) };
	struct outbound_service *s = o->services[service_place(o, &host, n->s.service, strlen(n->s.service))];

	o->counts.forgotten += counted && n->s.queue_id[0] == '\0';
	if (s != NULL && s->lost_ms < n->s.time_ms)
		s->lost_ms = n->s.time_ms;
	node_drop_found(o, n);
}

/* Those whose host has gone on for hours since. */
static void
nodes_expire(struct outbound *o)
{
	const struct outbound_service *s;
	struct maillog_text host;
	struct node *n;

	while ((n = o->oldest) != NULL) {
		host.p = n->s.host;
		host.len = strlen(n->s.host);
		s = o->services[service_place(o, &host, n->s.service, strlen(n->s.service))];
		if (s != NULL && s->newest_ms < n->s.time_ms + (n->s.mta == MAILLOG_SENDMAIL ? CACHED_MS : SESSION_MS))
			return;
		node_forget(o, n, 0);
	}
}

/* The place for a session of this process with this relay: its last one, which is over, or a new one. */
static struct node *
node_get(struct outbound *o, const struct maillog *m, const struct maillog_text *relay)
{
	struct node **head = bucket(o, &m->host, &m->program, m->pid), *n, *first = NULL;
	unsigned int count = 0;

	for (n = *head; n != NULL; n = n->chain)
		if (of_process(n, m)) {
			if (maillog_text_is(relay, n->s.relay)) {
				node_unlink(o, n);
				node_link(o, n);
				return n;
			}
			/* a chain goes from the newest to the oldest */
			first = n;
			count++;
		}
	if (count >= OUTBOUND_OF_PROCESS)
		node_forget(o, first, 1);
	while (o->counts.sessions >= o->sessions_max)
		node_forget(o, o->oldest, 1);
	if ((n = calloc(1, sizeof(*n))) == NULL)
		return NULL;
	n->chain = *head;
	*head = n;
	node_link(o, n);
	o->counts.sessions++;
	return n;
}

static void
session_take(struct outbound *o, const struct maillog *m, struct outbound_service *service, uint64_t time_ms)
{
	const struct maillog_text *relay = m->mta == MAILLOG_SENDMAIL ? &m->relay_host : &m->relay;
	struct outbound_session *s;
	struct node *n;

	if (service != NULL) {
		if (service->session_ms < time_ms)
			service->session_ms = time_ms;
		service->reused |= m->reused;
	}
	if (m->twin)
		return;
	if ((n = node_get(o, m, relay)) == NULL) {
		o->counts.forgotten++;
		if (service != NULL)
			service->lost_ms = time_ms;
		return;
	}
	s = &n->s;
	copy(s->host, sizeof(s->host), &m->host);
	copy(s->service, sizeof(s->service), &m->program);
	copy(s->relay, sizeof(s->relay), relay);
	copy(s->version, sizeof(s->version), &m->version);
	copy(s->cipher, sizeof(s->cipher), &m->cipher);
	copy(s->group, sizeof(s->group), &m->group);
	copy(s->trust, sizeof(s->trust), &m->trust);
	s->pid = m->pid;
	s->time_ms = time_ms;
	s->bits = m->bits;
	s->alg_bits = m->alg_bits;
	s->queue_id[0] = '\0';
	s->mta = (int)m->mta;
	s->unsure = 0;
}

/* A session broke: with this host, on whatever port. */
static void
session_lost(struct outbound *o, const struct maillog *m)
{
	struct node **at = bucket(o, &m->host, &m->program, m->pid);

	while (*at != NULL) {
		const char *relay = (*at)->s.relay;

		if (of_process(*at, m) && strncmp(relay, m->relay.p, m->relay.len) == 0 &&
		    (relay[m->relay.len] == '\0' || relay[m->relay.len] == ':'))
			node_drop(o, at);
		else
			at = &(*at)->chain;
	}
}

static void
sessions_unsure(struct outbound *o, const struct maillog *m)
{
	struct node *n;

	for (n = *bucket(o, &m->host, &m->program, m->pid); n != NULL; n = n->chain)
		if (of_process(n, m))
			n->s.unsure = 1;
}

/* ---- a delivery ---- */

/* When it began; what came before is none of its session. */
static uint64_t
began(const struct maillog *m, uint64_t time_ms)
{
	uint64_t took = SLACK_MS + (m->timed ? m->connect_ms + m->transfer_ms : UNTIMED_MS);

	return took < time_ms ? time_ms - took : 0;
}

/*
 * Whether it began before the lines that were seen.  A stamp is cut to its second: where that leaves it open
 * the answer is no, or the first deliveries of every log would be unknown.
 */
static int
began_unseen(const struct outbound *o, const struct maillog *m, uint64_t time_ms)
{
	return m->timed && time_ms + STAMP_MS < o->since_ms + m->connect_ms + m->transfer_ms;
}

/* Takes the session of this delivery, and drops those of the process that are over. */
static struct node *
find_postfix(struct outbound *o, const struct maillog *m, uint64_t time_ms, uint64_t begin_ms)
{
	struct node **at = bucket(o, &m->host, &m->program, m->pid), *found = NULL, *n;
	int over;

	while ((n = *at) != NULL) {
		if (!of_process(n, m)) {
			at = &n->chain;
			continue;
		}
		over = n->s.queue_id[0] != '\0' ? !maillog_text_is(&m->queue_id, n->s.queue_id) : n->s.time_ms < begin_ms;
		if (over && n->s.time_ms <= time_ms) {
			node_drop(o, at);
			continue;
		}
		if (maillog_text_is(&m->relay, n->s.relay) && n->s.time_ms >= begin_ms && n->s.time_ms <= time_ms + SLACK_MS)
			found = n;
		at = &n->chain;
	}
	if (found != NULL)
		copy(found->s.queue_id, sizeof(found->s.queue_id), &m->queue_id);
	return found;
}

/* Sendmail shortens a long name to its ends and "..." between them. */
static int
shortened_is(const struct maillog_text *t, const char *name)
{
	const char *dots = memmem(t->p, t->len, "...", 3);
	size_t head, tail, n = strlen(name);

	if (dots == NULL)
		return t->len == n && strncasecmp(t->p, name, n) == 0;
	head = (size_t)(dots - t->p);
	tail = t->len - head - 3;
	return n >= head + tail && strncasecmp(t->p, name, head) == 0 &&
	    strncasecmp(dots + 3, name + n - tail, tail) == 0;
}

static struct node *
find_sendmail(struct outbound *o, const struct maillog *m, uint64_t time_ms, uint64_t begin_ms)
{
	struct node *n;

	for (n = *bucket(o, &m->host, &m->program, m->pid); n != NULL; n = n->chain)
		if (of_process(n, m) && shortened_is(&m->relay_host, n->s.relay) &&
		    n->s.time_ms + CACHED_MS >= begin_ms && n->s.time_ms <= time_ms + SLACK_MS) {
			copy(n->s.queue_id, sizeof(n->s.queue_id), &m->queue_id);
			return n;
		}
	return NULL;
}

static int
name_is(const struct maillog_text *t, const char *want, size_t n)
{
	return t->p != NULL && t->len == n && strncasecmp(t->p, want, n) == 0;
}

/* As an administrator writes it: "[mail.example.net]:587" too. */
static int
is_smarthost(const struct outbound *o, const struct maillog *m)
{
	const struct maillog_text *h = &m->relay_host;
	const char *const *p, *s;
	size_t n;

	for (p = o->smarthosts; p != NULL && *p != NULL; p++) {
		s = **p == '[' ? *p + 1 : *p;
		n = strcspn(s, s != *p ? "]" : strchr(s, ':') == strrchr(s, ':') ? ":" : "");
		if (n > 1 && s[n - 1] == '.')
			n--;
		if (n == 0)
			continue;
		if (name_is(h, s, n) || name_is(&m->relay_ip, s, n) ||
		    (*s == '.' && h->p != NULL && h->len > n && strncasecmp(h->p + h->len - n, s, n) == 0))
			return 1;
	}
	return 0;
}

static int
is_none(const struct maillog_text *level)
{
	return maillog_text_is(level, "none");
}

static void
conclude(struct outbound_delivery *d, enum hop_tls tls, enum outbound_evidence e, const char *reason)
{
	d->tls = tls;
	d->evidence = e;
	d->reason = reason;
}

/* No session line: what does its absence say? */
static void
judge_absence(struct outbound *o, const struct maillog *m, struct outbound_service *s, uint64_t time_ms, uint64_t begin_ms,
    struct outbound_delivery *d)
{
	const char *reason = NULL;

	if (m->ambiguous)
		reason = "ambiguous";
	else if (m->level_bad)
		reason = "not understood";
	else if (!maillog_text_is(&m->status, "sent") && !maillog_text_is(&m->status, "deliverable") && !m->spoke)
		reason = "not sent";
	else if (s == NULL || begin_ms <= s->lost_ms)
		reason = "forgotten";
	else if (m->mta == MAILLOG_POSTFIX && m->conn_use > 1)
		;	/* a TLS session that is used again has its line whatever the log level */
	else if (!service_logs(o, s, time_ms) || m->level.p != NULL) {
		reason = "not logged";
		s->not_logged++;
	}
	if (reason == NULL && began_unseen(o, m, time_ms))
		reason = "before the log";
	else if (reason == NULL && time_ms + SLACK_MS < s->newest_ms)
		reason = "clock";
	if (reason != NULL)
		conclude(d, HOP_TLS_UNKNOWN, OUTBOUND_NONE, reason);
	else
		conclude(d, HOP_TLS_NO, OUTBOUND_ABSENCE, NULL);
}

/*
 * Sendmail's own words at the delivery.  1: they say how it went.  {verify} is
 * NONE where there was no STARTTLS, and without a session an attempt tells
 * nothing of what would have been.
 */
static int
judge_line(struct outbound *o, const struct maillog *m, const struct node *n, struct outbound_delivery *d)
{
	int sent = maillog_text_is(&m->status, "sent") || m->spoke;

	if (m->trust.p == NULL || !sent)
		return 0;
	if (maillog_text_is(&m->trust, "NONE")) {
		if (m->version.p != NULL)
			return 0;
		conclude(d, HOP_TLS_NO, OUTBOUND_LINE, NULL);
		return 1;
	}
	/* The session's line tells more. */
	if (m->version.p == NULL || (n != NULL && !n->s.unsure && maillog_text_is(&m->version, n->s.version)))
		return 0;
	conclude(d, HOP_TLS_YES, OUTBOUND_LINE, m->cipher.len >= LINE_CIPHER_CUT ? "cipher cut" : NULL);
	copy(o->version, sizeof(o->version), &m->version);
	copy(o->cipher, sizeof(o->cipher), &m->cipher);
	copy(o->trust, sizeof(o->trust), &m->trust);
	d->version = o->version;
	d->cipher = m->cipher.p != NULL && m->cipher.len < LINE_CIPHER_CUT ? o->cipher : NULL;
	d->trust = o->trust;
	return 1;
}

static void
delivery_take(struct outbound *o, const struct maillog *m, struct outbound_service *s, uint64_t time_ms,
    struct outbound_delivery *d)
{
	uint64_t begin_ms = began(m, time_ms);
	int postfix = m->mta == MAILLOG_POSTFIX;
	struct node *n = NULL;

	if (!m->network) {
		conclude(d, HOP_TLS_UNKNOWN, OUTBOUND_NONE, maillog_text_is(&m->relay, "none") || m->relay.p == NULL ?
		    "no connection" : "local");
		return;
	}
	if (s != NULL)
		s->deliveries++;
	d->smarthost = is_smarthost(o, m);
	n = postfix ? find_postfix(o, m, time_ms, begin_ms) : find_sendmail(o, m, time_ms, begin_ms);
	/* Its own line has the last word: Postfix may have gone back to clear text after the session's line. */
	if (!m->ambiguous && (is_none(&m->level) || is_none(&m->downgraded)))
		conclude(d, HOP_TLS_NO, OUTBOUND_LEVEL, NULL);
	else if (!postfix && judge_line(o, m, n, d))
		;
	else if (n != NULL && n->s.unsure)
		conclude(d, HOP_TLS_UNKNOWN, OUTBOUND_NONE, "ambiguous");
	else if (n != NULL) {
		conclude(d, HOP_TLS_YES, OUTBOUND_SESSION, NULL);
		d->version = n->s.version;
		d->cipher = n->s.cipher;
		d->group = n->s.group[0] != '\0' ? n->s.group : NULL;
		d->trust = n->s.trust[0] != '\0' ? n->s.trust : NULL;
		d->bits = n->s.bits;
		d->alg_bits = n->s.alg_bits;
	} else if (m->level.p != NULL && !m->violated && !m->undecided && !m->ambiguous)
		conclude(d, HOP_TLS_YES, OUTBOUND_LEVEL, "not logged");
	else
		judge_absence(o, m, s, time_ms, begin_ms, d);
	if (d->smarthost && d->reason == NULL)
		d->reason = "onward unknown";
}

int
outbound_take(struct outbound *o, const struct maillog *m, uint64_t time_ms, struct outbound_delivery *out)
{
	struct outbound_service *s;

	memset(out, 0, sizeof(*out));
	if (m->host.p == NULL || m->program.p == NULL)
		return 0;
	switch (m->kind) {
	case MAILLOG_RESTART:
		services_restart(o, m);
		return 0;
	case MAILLOG_SESSION:
	case MAILLOG_DELIVERY:
		break;
	case MAILLOG_LOST:
		session_lost(o, m);
		return 0;
	case MAILLOG_FAILED:
		sessions_unsure(o, m);
		return 0;
	default:
		return 0;
	}
	s = service_get(o, &m->host, &m->program);
	if (s != NULL && (s->newest_ms < time_ms || s->newest_ms > time_ms + STEP_MS))
		s->newest_ms = time_ms;
	nodes_expire(o);
	if (m->kind == MAILLOG_SESSION) {
		session_take(o, m, s, time_ms);
		return 0;
	}
	delivery_take(o, m, s, time_ms, out);
	return 1;
}

/* ---- its life ---- */

int
outbound_open(const struct outbound_settings *set, struct outbound **out)
{
	struct outbound *o = calloc(1, sizeof(*o));

	*out = NULL;
	if (o == NULL)
		return -1;
	o->sessions_max = set->sessions_max != 0 ? set->sessions_max : OUTBOUND_SESSIONS;
	o->services_max = set->services_max != 0 ? set->services_max : OUTBOUND_SERVICES;
	o->smarthosts = set->smarthosts;
	o->mask = power_of_two(o->sessions_max) - 1;
	o->places_mask = power_of_two(2 * o->services_max) - 1;
	o->buckets = calloc(o->mask + 1, sizeof(*o->buckets));
	o->services = calloc(o->places_mask + 1, sizeof(*o->services));
	if (o->buckets == NULL || o->services == NULL) {
		outbound_free(o);
		return -1;
	}
	*out = o;
	return 0;
}

void
outbound_free(struct outbound *o)
{
	struct node *n, *newer;
	size_t i;

	if (o == NULL)
		return;
	for (n = o->oldest; n != NULL; n = newer) {
		newer = n->newer;
		free(n);
	}
	for (i = 0; o->services != NULL && i <= o->places_mask; i++)
		free(o->services[i]);
	free(o->services);
	free(o->buckets);
	free(o);
}

void
outbound_since(struct outbound *o, uint64_t time_ms)
{
	while (o->oldest != NULL)
		node_drop_found(o, o->oldest);
	o->since_ms = time_ms;
}

uint64_t
outbound_since_get(const struct outbound *o)
{
	return o->since_ms;
}

void
outbound_counts(const struct outbound *o, struct outbound_counts *c)
{
	*c = o->counts;
}

/* ---- for the state file ---- */

struct outbound_service *
outbound_service_next(struct outbound *o, size_t *at)
{
	while (*at <= o->places_mask)
		if (o->services[(*at)++] != NULL)
			return o->services[*at - 1];
	return NULL;
}

const struct outbound_session *
outbound_session_next(const struct outbound *o, const struct outbound_session *before)
{
	const struct node *n = before == NULL ? o->oldest : ((const struct node *)before)->newer;

	return n == NULL ? NULL : &n->s;
}

void
outbound_service_put(struct outbound *o, const struct outbound_service *put)
{
	struct maillog_text host = { put->host, strlen(put->host) }, name = { put->service, strlen(put->service) };
	struct outbound_service *s = service_get(o, &host, &name);

	if (s != NULL)
		*s = *put;
}

void
outbound_session_put(struct outbound *o, const struct outbound_session *put)
{
	struct maillog_text relay = { put->relay, strlen(put->relay) };
	struct maillog m = { .host = { put->host, strlen(put->host) }, .program = { put->service, strlen(put->service) },
	    .pid = put->pid };
	struct node *n = node_get(o, &m, &relay);

	if (n != NULL)
		n->s = *put;
}
