/* SPDX-License-Identifier: ISC */
/* hopwardctl verify --mta-log: the mail that the MTA took and of which there is no record. */
/*
 * Called by ctl/verify.c: first with every message's record, of which a digest of the
 * queue id, the time and the gateway are kept (16 octets); then with the logs, line by line.
 * A queue id may come again: a record counts for a mail if its time lies between the mail's
 * beginning and its end, with some slack.  A gateway is compared by the first label
 * of its name, and only where the log's host is one of the records' gateways.
 * It does not: join deliveries, know which smtpd had a milter to ask.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/stamps.h"
#include "ctl/verify.h"
#include "judge/arrival.h"
#include "record/reader.h"

#define ID_MAX		32
#define CLIENT_MAX	128
#define GATEWAYS_MAX	64
#define SLOTS		65536u		/* of open mails; a power of two */
#define EARLY_MS	60000u		/* a record may be so much older than the log's first line of its mail: stamps are whole seconds */
#define LATE_MS		900000u		/* ... and so much younger than its last: a slow scan, a log in disorder */
#define OPEN_MS		3600000u	/* a mail that was begun so long ago does not end any more: no MTA waits that long */
#define WHEN_SHIFT	16

struct seen {
	uint64_t	id;		/* digest of the queue id */
	uint64_t	when;		/* time in ms, gateway's digest in the lower bits */
};

/* A mail that the log has begun. */
struct mail {
	struct mail	*next;
	uint64_t	 id, other;	/* digests; other 0: none */
	uint64_t	 begun_ms;
	uint64_t	 line;
	uint16_t	 gateway;
	int		 taken;		/* Sendmail: it is, unless a refusal follows */
	char		 name[ID_MAX + 1];
	char		 client[CLIENT_MAX];
	char		 host[64], program[64];
};

struct verify_mta {
	const struct ctl	*ctl;
	uint64_t		 since, until;
	struct verify_mta_counts n;
	struct seen		*seen;
	size_t			 seen_count, seen_size;
	int			 sorted;
	uint16_t		 gateways[GATEWAYS_MAX];
	size_t			 gateways_count;
	uint64_t		 first_ms;	/* of the records */
	struct mail		**slots;
	size_t			 open;
	struct stamps		 stamps;
	const char		*path;
	uint64_t		 known;		/* lines of this log that are an MTA's */
};

/* FNV-1a, 64 bits: nobody but the MTA chooses a queue id. */
static uint64_t
digest(const char *p, size_t n)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211u;
	return h;
}

/* The first label, in lower case; never 0. */
static uint16_t
gateway_digest(const char *p, size_t n)
{
	char label[64];
	size_t i;
	uint64_t h;

	for (i = 0; i < n && i < sizeof(label) && p[i] != '.'; i++)
		label[i] = (char)tolower((unsigned char)p[i]);
	h = digest(label, i);
	h ^= h >> 32;
	h ^= h >> 16;
	return (uint16_t)h != 0 ? (uint16_t)h : 1;
}

/* ---- records ---- */

static int
gateway_known(const struct verify_mta *m, uint16_t g)
{
	size_t i;

	for (i = 0; i < m->gateways_count; i++)
		if (m->gateways[i] == g)
			return 1;
	return 0;
}

void
verify_mta_record(struct verify_mta *m, const struct line *l)
{
	uint16_t g = l->gateway.p != NULL ? gateway_digest(l->gateway.p, l->gateway.len) : 0;
	struct seen *p;
	size_t want;

	if (l->time_ms != 0 && (m->first_ms == 0 || l->time_ms < m->first_ms))
		m->first_ms = l->time_ms;
	if (l->type != LINE_MESSAGE || l->queue_id.p == NULL || l->time_ms == 0)
		return;
	if (g != 0 && !gateway_known(m, g) && m->gateways_count < GATEWAYS_MAX)
		m->gateways[m->gateways_count++] = g;
	if (m->seen_count == VERIFY_RECORDS_MAX) {
		m->n.full = 1;
		return;
	}
	if (m->seen_count == m->seen_size) {
		want = m->seen_size == 0 ? 4096 : m->seen_size * 2;
		if ((p = reallocarray(m->seen, want, sizeof(*p))) == NULL) {
			m->n.full = 1;
			return;
		}
		m->seen = p;
		m->seen_size = want;
	}
	m->seen[m->seen_count].id = digest(l->queue_id.p, l->queue_id.len);
	m->seen[m->seen_count++].when = l->time_ms << WHEN_SHIFT | g;
	m->n.records++;
}

static int
by_id(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->when < y->when ? -1 : x->when > y->when;
}

/* Is there a record of the id from `from` to `to`, of the gateway where that is known? */
static int
seen_find(const struct verify_mta *m, uint64_t id, uint64_t from, uint64_t to, uint16_t gateway)
{
	size_t a = 0, b = m->seen_count, mid;

	while (a < b) {
		mid = a + (b - a) / 2;
		if (m->seen[mid].id < id || (m->seen[mid].id == id && m->seen[mid].when >> WHEN_SHIFT < from))
			a = mid + 1;
		else
			b = mid;
	}
	for (; a < m->seen_count && m->seen[a].id == id && m->seen[a].when >> WHEN_SHIFT <= to; a++)
		if (gateway == 0 || (uint16_t)m->seen[a].when == 0 || (uint16_t)m->seen[a].when == gateway)
			return 1;
	return 0;
}

/* ---- what has none ---- */

static void
when_text(uint64_t ms, char *out, size_t size)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, size, "no time");
}

static void
missing_show(const struct verify_mta *m, const struct mail *mail)
{
	char when[32];
	struct json j;
	struct buf b;

	buf_init(&b, 8192);
	when_text(mail->begun_ms, when, sizeof(when));
	if (m->ctl->json) {
		json_begin(&j, &b);
		json_begin_object(&j, NULL);
		json_str(&j, "finding", "no record");
		json_str(&j, "queue_id", mail->name);
		json_str(&j, "time", when);
		if (mail->host[0] != '\0')
			json_str(&j, "host", mail->host);
		json_str(&j, "program", mail->program);
		if (mail->client[0] != '\0')
			json_str(&j, "client", mail->client);
		json_str(&j, "log", m->path);
		json_u64(&j, "line", mail->line);
		json_end_object(&j);
	} else {
		text_cell(&b, &m->ctl->out, TEXT_RED, "no record", 12, 0);
		buf_addc(&b, ' ');
		text_add(&b, m->path, TEXT_UNLIMITED);
		buf_addf(&b, ":%" PRIu64 ": %s, %s, ", mail->line, mail->name, when);
		text_add(&b, mail->program, TEXT_UNLIMITED);
		buf_addz(&b, mail->client[0] != '\0' ? ", from " : ", local");
		text_add(&b, mail->client, TEXT_UNLIMITED);
	}
	buf_addc(&b, '\n');
	ctl_put(&b);
	buf_free(&b);
}

/* The MTA has taken it, at `at`. */
static void
judge(struct verify_mta *m, const struct mail *mail, uint64_t at)
{
	uint64_t from = mail->begun_ms > EARLY_MS ? mail->begun_ms - EARLY_MS : 0, to = at + LATE_MS;
	uint16_t g = m->gateways_count > 0 && gateway_known(m, mail->gateway) ? mail->gateway : 0;

	if (at < m->since || (m->until != 0 && at > m->until))
		return;
	if (m->gateways_count > 1 && g == 0 && mail->gateway != 0)
		g = mail->gateway;	/* another gateway's: no record of these is its */
	if (m->first_ms != 0 && at + EARLY_MS < m->first_ms && m->since == 0) {
		m->n.before++;
		return;
	}
	m->n.mails++;
	if (seen_find(m, mail->id, from, to, g) || (mail->other != 0 && seen_find(m, mail->other, from > OPEN_MS ? from - OPEN_MS : 0, to, 0)))
		return;
	m->n.missing++;
	missing_show(m, mail);
}

/* ---- open mails ---- */

static struct mail **
slot_find(struct verify_mta *m, uint64_t id, uint16_t gateway)
{
	struct mail **p;

	for (p = &m->slots[id & (SLOTS - 1)]; *p != NULL; p = &(*p)->next)
		if ((*p)->id == id && (*p)->gateway == gateway)
			break;
	return p;
}

static void
mail_drop(struct verify_mta *m, struct mail **p)
{
	struct mail *gone = *p;

	*p = gone->next;
	free(gone);
	m->open--;
}

/* Those begun before: they are over, one way or the other. */
static void
sweep(struct verify_mta *m, uint64_t before, int all)
{
	struct mail **p;
	size_t i;

	for (i = 0; i < SLOTS; i++)
		for (p = &m->slots[i]; *p != NULL; ) {
			if (!all && (*p)->begun_ms >= before) {
				p = &(*p)->next;
				continue;
			}
			if ((*p)->taken)
				judge(m, *p, (*p)->begun_ms);
			else if (!all && before == UINT64_MAX)
				m->n.forgotten++;
			mail_drop(m, p);
		}
}

static void
copy(char *out, size_t size, const struct maillog_text *t)
{
	size_t n = t->p != NULL ? t->len : 0;

	n = n < size ? n : size - 1;
	if (n > 0)
		memcpy(out, t->p, n);
	out[n] = '\0';
}

static void
begin(struct verify_mta *m, const struct arrival *a, uint64_t ms, uint64_t number)
{
	uint16_t g = a->host.p != NULL ? gateway_digest(a->host.p, a->host.len) : 0;
	uint64_t id = digest(a->queue_id.p, a->queue_id.len);
	struct mail **p, *mail;

	if (m->open >= VERIFY_OPEN_MAX) {
		sweep(m, ms > OPEN_MS ? ms - OPEN_MS : 0, 0);
		if (m->open >= VERIFY_OPEN_MAX / 2)
			sweep(m, UINT64_MAX, 0);
	}
	if (*(p = slot_find(m, id, g)) != NULL) {
		if ((*p)->taken)
			judge(m, *p, (*p)->begun_ms);
		mail_drop(m, p);
	}
	if ((mail = calloc(1, sizeof(*mail))) == NULL) {
		m->n.forgotten++;
		return;
	}
	mail->id = id;
	mail->other = a->other_id.p != NULL ? digest(a->other_id.p, a->other_id.len) : 0;
	mail->begun_ms = ms;
	mail->line = number;
	mail->gateway = g;
	mail->taken = a->kind == ARRIVAL_MAIL;
	copy(mail->name, sizeof(mail->name), &a->queue_id);
	copy(mail->client, sizeof(mail->client), &a->client);
	copy(mail->host, sizeof(mail->host), &a->host);
	copy(mail->program, sizeof(mail->program), &a->program);
	mail->next = *p;
	*p = mail;
	m->open++;
}

static void
go_on(struct verify_mta *m, const struct arrival *a, uint64_t ms)
{
	uint16_t g = a->host.p != NULL ? gateway_digest(a->host.p, a->host.len) : 0;
	struct mail **p = slot_find(m, digest(a->queue_id.p, a->queue_id.len), g);

	if (a->kind == ARRIVAL_REFUSED)
		m->n.refused++;
	if (*p == NULL) {
		m->n.unknown += a->kind == ARRIVAL_TAKEN;
		return;
	}
	if (a->kind == ARRIVAL_TAKEN)
		judge(m, *p, ms);
	mail_drop(m, p);
}

/* ---- a log ---- */

static void
take(struct verify_mta *m, const struct reader_line *l)
{
	struct arrival a;
	uint64_t ms;

	m->n.lines++;
	if (arrival_read(l->text, l->len, &a) == ARRIVAL_NONE) {
		m->known += a.queue_id.p != NULL;
		return;
	}
	m->known++;
	if ((ms = stamps_ms(&m->stamps, &a.stamp)) == 0) {
		m->n.timeless++;
		return;
	}
	m->stamps.time_ms = ms;
	if (a.kind == ARRIVAL_BEGUN || a.kind == ARRIVAL_MAIL)
		begin(m, &a, ms, l->number);
	else
		go_on(m, &a, ms);
}

int
verify_mta_log(struct verify_mta *m, const char *path)
{
	struct reader *r;
	struct reader_line l;
	enum reader_got got;
	struct stat st;
	int code = 0;

	if (!m->sorted && m->seen_count > 0)
		qsort(m->seen, m->seen_count, sizeof(*m->seen), by_id);
	m->sorted = 1;
	m->path = path;
	m->known = 0;
	if (reader_open(path, MAILLOG_LINE_MAX, &r) == -1) {
		ctl_warn(m->ctl, "%s: %m", path);
		return EX_NOINPUT;
	}
	memset(&m->stamps, 0, sizeof(m->stamps));
	m->stamps.newest_ms = strcmp(path, "-") != 0 && stat(path, &st) == 0 ? (uint64_t)st.st_mtime * 1000 : clock_wall_ms();
	while ((got = reader_next(r, &l)) == READER_LINE || got == READER_LONG)
		if (got == READER_LINE)
			take(m, &l);
	if (got == READER_END && reader_rest(r, &l) == READER_REST)
		take(m, &l);
	if (got == READER_BAD) {
		ctl_warn(m->ctl, "%s: %s", path, reader_why(r));
		code = EX_DATAERR;
	} else if (m->known == 0) {
		ctl_warn(m->ctl, "%s: no line in it is one of Postfix or Sendmail about a message", path);
		code = EX_DATAERR;
	}
	reader_close(r);
	return code;
}

static void
counts_text(struct buf *b, const struct verify_mta *m, uint64_t gone)
{
	const struct verify_mta_counts *n = &m->n;

	buf_addf(b, "MTA's log: %" PRIu64 " messages taken, %" PRIu64 " without a record%s\n", n->mails, n->missing,
	    n->missing > 0 ? ": no milter was asked, or the MTA's default action let them through" : "");
	if (n->refused > 0)
		buf_addf(b, "  refused   %" PRIu64 " by a milter\n", n->refused);
	if (n->before > 0)
		buf_addf(b, "  before    %" PRIu64 " are older than the first record: not judged\n", n->before);
	if (n->unknown > 0)
		buf_addf(b, "  unknown   %" PRIu64 " times the log says \"from\" of one that no client and no maildrop began in it: bounces, forwarded\n"
		    "            and deferred mail\n", n->unknown);
	if (n->forgotten > 0)
		buf_addf(b, "  forgotten %" PRIu64 " that were begun: more than are kept in mind\n", n->forgotten);
	if (n->timeless > 0)
		buf_addf(b, "  no time   %" PRIu64 " lines whose time cannot be read\n", n->timeless);
	if (gone > 0 && n->missing > 0)
		buf_addf(b, "  erased    %" PRIu64 " records are erased or expired, or cannot be read: some may be of these\n", gone);
	if (n->full)
		buf_addf(b, "  LIMIT     of more than %u records the queue ids are not compared: ask for a shorter time\n", VERIFY_RECORDS_MAX);
}

static void
counts_json(struct buf *b, const struct verify_mta *m, uint64_t gone)
{
	const struct verify_mta_counts *n = &m->n;
	struct json j;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_str(&j, "stream", "mta-log");
	json_u64(&j, "mails", n->mails);
	json_u64(&j, "missing", n->missing);
	json_u64(&j, "refused", n->refused);
	json_u64(&j, "before", n->before);
	json_u64(&j, "unknown", n->unknown);
	json_u64(&j, "forgotten", n->forgotten);
	json_u64(&j, "timeless", n->timeless);
	json_u64(&j, "gone", gone);
	json_bool(&j, "limit", n->full);
	json_end_object(&j);
	buf_addc(b, '\n');
}

uint64_t
verify_mta_end(struct verify_mta *m, uint64_t gone)
{
	struct buf b;

	sweep(m, 0, 1);
	buf_init(&b, 8192);
	if (m->ctl->json)
		counts_json(&b, m, gone);
	else
		counts_text(&b, m, gone);
	ctl_put(&b);
	buf_free(&b);
	return m->n.missing;
}

struct verify_mta *
verify_mta_new(const struct ctl *ctl, uint64_t since_ms, uint64_t until_ms)
{
	struct verify_mta *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->slots = calloc(SLOTS, sizeof(struct mail *))) == NULL) {
		free(m);
		return NULL;
	}
	m->ctl = ctl;
	m->since = since_ms;
	m->until = until_ms;
	return m;
}

void
verify_mta_free(struct verify_mta *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		while (m->slots[i] != NULL)
			mail_drop(m, &m->slots[i]);
	free(m->slots);
	free(m->seen);
	free(m);
}
