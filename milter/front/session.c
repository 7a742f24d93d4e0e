/* SPDX-License-Identifier: ISC */
/* Keeps what the MTA tells of a connection and a message, and takes the message from its last octet to its answer. */

/*
 * Called by the one thread that libmilter gives a connection.  Owns two
 * lifetimes, the connection's and the message's, with one free function each;
 * every path ends there.  The way of a message is session_eom(): seal, scan,
 * judge, record, answer; each step is a room of its own.  Nothing is answered
 * before the end of the message, and nothing is accepted without its record.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "front/session.h"
#include "record/record.h"

#define MS		UINT64_C(1000000)
#define STR_MAX		1024	/* octets kept of one word of the MTA's; RFC 5321 names are shorter */
#define ADDRESS_MAX	1024	/* of an address; a path has 256 (RFC 5321 section 4.5.3.1.3), SMTPUTF8 some more */

/* ---- macros ---- */

#define C	(1u << STAGE_CONNECT)
#define H	(1u << STAGE_HELO)
#define M	(1u << STAGE_MAIL)
#define D	(1u << STAGE_DATA)

/*
 * What is asked for, and at which stage.  A client may skip the EHLO after
 * STARTTLS, so TLS is asked for at MAIL and DATA as well.  {client_resolve} is
 * asked for at HELO alone and {mail_addr} at MAIL alone: where they come, the
 * MTA does offer macros at that stage, and absence of TLS macros means no TLS.
 * At RCPT (no list of ours) the names are those of both MTAs' defaults.
 */
static const struct {
	const char	*name;
	unsigned int	 asked;		/* stages at which we ask for it */
} macros[] = {
	{ "j", C }, { "_", C }, { "v", C },
	{ "{daemon_name}", C }, { "{daemon_addr}", C }, { "{daemon_port}", C },
	{ "{if_name}", C }, { "{if_addr}", C },
	{ "{client_addr}", C }, { "{client_name}", C }, { "{client_port}", C }, { "{client_ptr}", C },
	{ "i", C | M | D },
	{ "{tls_version}", C | H | M | D }, { "{cipher}", C | H | M | D },
	{ "{cipher_bits}", C | H | M | D }, { "{verify}", C | H | M | D },
	{ "{cert_subject}", C | H | M | D }, { "{cert_issuer}", C | H | M | D },
	{ "{tls_sni}", C | H | M | D },
	{ "{client_resolve}", H },
	{ "{auth_type}", M }, { "{auth_authen}", M }, { "{auth_author}", M }, { "{auth_ssf}", M },
	{ "{mail_addr}", M }, { "{mail_host}", M }, { "{mail_mailer}", M },
	{ "{rcpt_addr}", 0 }, { "{rcpt_host}", 0 }, { "{rcpt_mailer}", 0 }
};
#undef C
#undef H
#undef M
#undef D
#define MACROS	(sizeof(macros) / sizeof(macros[0]))
_Static_assert(MACROS <= 32, "they are bits of a uint32_t");
_Static_assert(MACROS <= SESSION_MACROS_MAX, "a list must not be longer");

size_t
session_macro_list(enum session_stage stage, char *out)
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < MACROS; i++)
		if (macros[i].asked & (1u << stage))
			n += (size_t)snprintf(out + n, SESSION_LIST_MAX - n, "%s%s",
			    n == 0 ? "" : " ", macros[i].name);
	return n;
}

/* ---- state ---- */

struct message {
	struct front_conf	*conf;
	struct spool		*spool;
	struct seen		 seen;
	char			*mail;
	char			**rcpts;
	uint32_t		 rcpts_count, rcpts_size, rcpts_dropped;
	char			*queue_id;
	char			*auth_type;
	uint64_t		 began_ns;
	int			 failed;	/* memory lacked: parts of it are unknown */
};

struct session {
	struct front		*front;
	struct session_mta	 mta;
	unsigned int		 caps;
	char			*client_name, *client_ip, *helo;
	char			*daemon_name, *daemon_addr, *daemon_port;
	char			*client_resolve;
	char			*mta_version, *mta_host;
	int			 queue_id_at_connect;
#define X(member, macro) char *member;
	TLS_MACROS(X)
#undef X
	int			 canary_helo, canary_mail;
	uint32_t		 visible[FRONT_STAGES];	/* macros that could be seen at each stage, as bits */
	int			 counted;	/* in connections_open */
	struct message		*msg;
	int			 ending;	/* session_eom() ran, session_done() did not: still in flight */
};

static const char *
macro(const struct session *s, const char *name)
{
	return s->mta.macro(s->mta.arg, name);
}

/* Replaces *p by a copy of at most STR_MAX octets.  NULL gives NULL. */
static int
keep(char **p, const char *value)
{
	char *copy = NULL;

	if (value != NULL && (copy = strndup(value, STR_MAX)) == NULL)
		return -1;
	free(*p);
	*p = copy;
	return 0;
}

/* Shows in status which names became visible at this stage; libmilter does not tell at which stage a value came. */
static void
macros_show(struct session *s, enum session_stage stage)
{
	struct front *f = s->front;
	char *out = f->stats->macros[stage];
	uint32_t now = 0, new;
	size_t i, n = 0;

	for (i = 0; i < MACROS; i++)
		if (macro(s, macros[i].name) != NULL)
			now |= UINT32_C(1) << i;
	new = stage == STAGE_CONNECT ? now : now & ~s->visible[stage - 1];
	s->visible[stage] = now;
	if (new == 0)
		return;
	pthread_mutex_lock(&f->stats_lock);
	if (f->stats_macros[stage] != new) {
		f->stats_macros[stage] = new;
		for (i = 0; i < MACROS && n < FRONT_MACROS; i++)
			if (new & (UINT32_C(1) << i))
				n += (size_t)snprintf(out + n, FRONT_MACROS - n, "%s%s",
				    n == 0 ? "" : " ", macros[i].name);
	}
	pthread_mutex_unlock(&f->stats_lock);
}

/* TLS belongs to the connection: the values of the last stage that can know replace what was known. */
static void
tls_read(struct session *s)
{
#define X(member, name) (void)keep(&s->member, macro(s, name));
	TLS_MACROS(X)
#undef X
}

static void
tls_forget(struct session *s)
{
#define X(member, name) free(s->member);
	TLS_MACROS(X)
#undef X
}

static void
queue_id_read(struct session *s)
{
	const char *id;

	if (s->msg == NULL || s->msg->queue_id != NULL)
		return;
	if ((id = macro(s, "i")) != NULL && *id != '\0')
		(void)keep(&s->msg->queue_id, id);
}

/* ---- connection ---- */

struct session *
session_new(struct front *f, const struct session_mta *mta, unsigned int caps)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->front = f;
	s->mta = *mta;
	s->caps = caps;
	return s;
}

static void
message_free(struct session *s)
{
	struct message *m = s->msg;
	uint32_t i;

	s->msg = NULL;
	if (m == NULL)
		return;
	front_conf_put(s->front, m->conf);
	spool_free(m->spool);
	seen_free(&m->seen);
	free(m->mail);
	for (i = 0; i < m->rcpts_count; i++)
		free(m->rcpts[i]);
	free(m->rcpts);
	free(m->queue_id);
	free(m->auth_type);
	free(m);
	if (!s->ending)
		front_end(s->front);
}

void
session_done(struct session *s)
{
	if (s->ending)
		front_end(s->front);
	s->ending = 0;
}

void
session_abort(struct session *s)
{
	session_done(s);
	message_free(s);
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	session_abort(s);
	if (s->counted)
		atomic_fetch_sub(&s->front->stats->connections_open, 1);
	free(s->client_name);
	free(s->client_ip);
	free(s->helo);
	free(s->daemon_name);
	free(s->daemon_addr);
	free(s->daemon_port);
	free(s->client_resolve);
	free(s->mta_version);
	free(s->mta_host);
	tls_forget(s);
	free(s);
}

void
session_connect(struct session *s, const char *name, const char *ip)
{
	struct front_stats *st = s->front->stats;
	const char *id = macro(s, "i");

	session_abort(s);
	(void)keep(&s->client_name, name);
	(void)keep(&s->client_ip, ip);
	(void)keep(&s->daemon_name, macro(s, "{daemon_name}"));
	(void)keep(&s->daemon_addr, macro(s, "{daemon_addr}"));
	if (s->daemon_addr == NULL)
		(void)keep(&s->daemon_addr, macro(s, "{if_addr}"));	/* Sendmail's */
	(void)keep(&s->daemon_port, macro(s, "{daemon_port}"));
	(void)keep(&s->mta_version, macro(s, "v"));
	(void)keep(&s->mta_host, macro(s, "j"));
	s->queue_id_at_connect = id != NULL && *id != '\0';
	tls_read(s);	/* TLS from the first octet (port 465) is known here already */
	if (!s->counted) {
		s->counted = 1;
		atomic_fetch_add(&st->connections, 1);
		atomic_fetch_add(&st->connections_open, 1);
	}
	atomic_store(&st->last_connect_ms, clock_wall_ms());
	macros_show(s, STAGE_CONNECT);
	if (s->mta_version == NULL && s->mta_host == NULL)
		return;
	pthread_mutex_lock(&s->front->stats_lock);
	snprintf(st->mta, sizeof(st->mta), "%s%s%s", s->mta_version != NULL ? s->mta_version : "",
	    s->mta_version != NULL && s->mta_host != NULL ? " " : "",
	    s->mta_host != NULL ? s->mta_host : "");
	pthread_mutex_unlock(&s->front->stats_lock);
}

void
session_helo(struct session *s, const char *helo)
{
	(void)keep(&s->helo, helo);
	(void)keep(&s->client_resolve, macro(s, "{client_resolve}"));
	if (s->client_resolve != NULL)
		s->canary_helo = 1;
	tls_read(s);
	macros_show(s, STAGE_HELO);
}

/* ---- envelope ---- */

/*
 * The address out of a path: Sendmail before 8.17.2 glues the ESMTP arguments
 * of an SMTPUTF8 sender to it, and a quoted local part may hold '>' and spaces.
 */
static char *
path_address(const char *path)
{
	const char *p, *begin;
	int quoted = 0, angle = *path == '<';

	begin = path + angle;
	for (p = begin; *p != '\0' && p - begin < ADDRESS_MAX; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (!quoted && (angle ? *p == '>' : *p == ' '))
			break;
	}
	return strndup(begin, (size_t)(p - begin));
}

/*
 * Ours, on top of what is scanned: libclamav takes for mail what begins with
 * a Received line.  It tells nothing, and the walker starts behind it.
 */
static struct spool *
message_spool(struct session *s, const struct front_settings *st)
{
	static const char prefix[] = "Received: by hopward; Thu, 1 Jan 1970 00:00:00 +0000\r\n";

	return spool_new(&s->front->budget, st->spool_message, st->spool_total, prefix);
}

void
session_mail(struct session *s, const char *arg)
{
	struct message *m;

	session_abort(s);
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return;
	if ((m->conf = front_conf_get(s->front)) == NULL) {
		free(m);
		return;
	}
	s->msg = m;
	front_begin(s->front);
	atomic_fetch_add(&s->front->stats->messages, 1);
	m->began_ns = clock_mono_ns();
	if ((m->mail = path_address(arg)) == NULL ||
	    (m->spool = message_spool(s, m->conf->settings)) == NULL)
		m->failed = 1;
	if (keep(&m->auth_type, macro(s, "{auth_type}")) == -1)
		m->failed = 1;
	tls_read(s);
	if (macro(s, "{mail_addr}") != NULL || macro(s, "{mail_host}") != NULL ||
	    macro(s, "{mail_mailer}") != NULL)
		s->canary_mail = 1;
	queue_id_read(s);
	macros_show(s, STAGE_MAIL);
}

void
session_rcpt(struct session *s, const char *arg)
{
	struct message *m = s->msg;
	uint32_t size;
	char **rcpts;

	if (m == NULL)
		return;
	queue_id_read(s);
	if (m->rcpts_count == 0)
		macros_show(s, STAGE_RCPT);
	if (m->rcpts_count >= m->conf->settings->rcpts_max) {
		m->rcpts_dropped++;
		return;
	}
	if (m->rcpts_count == m->rcpts_size) {
		size = m->rcpts_size == 0 ? 4 : m->rcpts_size * 2;
		if ((rcpts = reallocarray(m->rcpts, size, sizeof(*rcpts))) == NULL) {
			m->failed = 1;
			return;
		}
		m->rcpts = rcpts;
		m->rcpts_size = size;
	}
	if ((m->rcpts[m->rcpts_count] = path_address(arg)) == NULL)
		m->failed = 1;
	else
		m->rcpts_count++;
}

void
session_data(struct session *s)
{
	if (s->msg == NULL)
		return;
	queue_id_read(s);
	/* Postfix asks no more after DATA: the last word on TLS, unless it says nothing at all here. */
	if (macro(s, "{tls_version}") != NULL)
		tls_read(s);
	macros_show(s, STAGE_DATA);
}

/* ---- content ---- */

void
session_header(struct session *s, const char *name, const char *value)
{
	struct message *m = s->msg;

	if (m == NULL || m->spool == NULL)
		return;
	spool_header(m->spool, name, value, (s->caps & ANSWER_LEADSPC) != 0);
	if (seen_add(&m->seen, name, value, m->conf->settings->authserv_id,
	    m->conf->settings->header_virus) == -1)
		m->failed = 1;
}

void
session_eoh(struct session *s)
{
	if (s->msg == NULL || s->msg->spool == NULL)
		return;
	queue_id_read(s);
	spool_eoh(s->msg->spool);
}

void
session_body(struct session *s, const void *data, size_t len)
{
	if (s->msg != NULL && s->msg->spool != NULL)
		spool_body(s->msg->spool, data, len);
}

/* ---- the end of the message ---- */

/* Everything that one message's end needs at once. */
struct end {
	const struct front_settings *st;
	struct message_facts	 facts;
	struct handover_answer	 scan;
	struct verdict		 verdict;
	char			 id[RECORD_ID_LEN + 1];
	uint64_t		 began_ns;
};

static void
end_facts(struct session *s, struct end *e)
{
	struct message_facts *f = &e->facts;
	struct message *m = s->msg;

	f->gateway = e->st->gateway;
	f->id = e->id;
	f->time_ms = clock_wall_ms();
	record_id(f->time_ms, e->id);
	f->queue_id = m->queue_id;
	f->mta = s->mta_version;
	f->client_ip = s->client_ip;
	f->client_name = s->client_name;
	f->helo = s->helo;
	f->daemon_name = s->daemon_name;
	f->daemon_addr = s->daemon_addr;
	f->daemon_port = s->daemon_port;
	f->client_resolve = s->client_resolve;
	f->queue_id_at_connect = s->queue_id_at_connect;
	f->auth_type = m->auth_type;
#define X(member, name) f->tls.member = s->member;
	TLS_MACROS(X)
#undef X
	f->tls.canary_helo = s->canary_helo;
	f->tls.canary_mail = s->canary_mail;
	f->mail = m->mail;
	f->rcpts = (const char *const *)m->rcpts;
	f->rcpts_count = m->rcpts_count;
	f->rcpts_dropped = m->rcpts_dropped;
	f->size = spool_size(m->spool);
	f->receive_ms = (uint32_t)((e->began_ns - m->began_ns) / MS);
}

static void
scan_failed(struct end *e, enum outcome outcome, const char *detail)
{
	e->facts.scan_failed = outcome;
	e->facts.scan_detail = detail;
}

/* Scans, or says why not. */
static void
end_scan(struct session *s, struct end *e)
{
	const struct handover_bounds bounds = {
		.scan_timeout_ms = e->st->scan_timeout_ms,
		.engine_wait_ms = e->st->engine_wait_ms,
		.progress_ms = e->st->progress_ms,
		.large_size = e->st->large_size,
		.queue_max = e->st->queue_max
	};
	struct message *m = s->msg;

	switch (spool_seal(m->spool)) {
	case SPOOL_OK:
		break;
	case SPOOL_LIMIT:
		scan_failed(e, OUTCOME_LIMIT, "spool.message");
		return;
	case SPOOL_TOTAL:
		scan_failed(e, OUTCOME_NOT_SCANNED, "spool.total");
		return;
	case SPOOL_FAILED:
		scan_failed(e, OUTCOME_NOT_SCANNED, "spool");
		return;
	}
	handover_scan(s->front->handover, m->spool, &bounds, s->mta.progress, s->mta.arg, &e->scan);
	e->facts.scan = e->scan.scan;
	if (e->scan.scan == NULL)
		scan_failed(e, e->scan.failed, e->scan.detail);
	e->facts.engine = e->scan.engine;
	e->facts.queue_ms = e->scan.queue_ms;
	e->facts.scan_ms = e->scan.scan_ms;
}

static void
verdict_text(struct end *e, const char *text)
{
	struct verdict *v = &e->verdict;
	const char *contact = e->st->policy.contact;

	if (contact != NULL && *contact != '\0')
		snprintf(v->reply_text, sizeof(v->reply_text), "%s (ref %s, %.300s)", text, e->id, contact);
	else
		snprintf(v->reply_text, sizeof(v->reply_text), "%s (ref %s)", text, e->id);
}

/* What the front itself must answer, whatever the policy says: tempfail, as the record shall show. */
static void
verdict_tempfail(struct end *e, const char *rule, const char *code_rule, const char *text)
{
	struct verdict *v = &e->verdict;

	v->action = v->would = ACTION_TEMPFAIL;
	snprintf(v->rule, sizeof(v->rule), "%s", rule);
	snprintf(v->would_rule, sizeof(v->would_rule), "%s", rule);
	v->reply_code = strcmp(code_rule, "4.3.1") == 0 ? 452 : 451;
	snprintf(v->reply_xcode, sizeof(v->reply_xcode), "%s", code_rule);
	verdict_text(e, text);
}

/*
 * More fields of our names than can be removed: a forgery would pass as ours,
 * whatever the policy says of limits.  A graver finding of the scan stays the
 * outcome; an observer refuses nothing and removes none of them anyway.
 */
static void
verdict_fields(struct end *e)
{
	static const char rule[] = "front.fields";
	struct verdict *v = &e->verdict;

	if (outcome_worse(v->outcome, OUTCOME_LIMIT) == OUTCOME_LIMIT) {
		v->outcome = OUTCOME_LIMIT;
		v->signature = NULL;
		v->detail = rule;
	}
	if (v->would < ACTION_REJECT) {
		v->would = ACTION_REJECT;
		snprintf(v->would_rule, sizeof(v->would_rule), "%s", rule);
	}
	if (e->st->policy.observe || v->action >= ACTION_REJECT)
		return;
	v->action = ACTION_REJECT;
	snprintf(v->rule, sizeof(v->rule), "%s", rule);
	v->reply_code = 550;
	snprintf(v->reply_xcode, sizeof(v->reply_xcode), "5.6.0");
	verdict_text(e, "Too many header fields of this gateway's own names");
}

/* Corrects the verdict where the front or the MTA cannot do what it says; before it is recorded. */
static void
end_correct(struct session *s, struct end *e)
{
	const struct message *m = s->msg;
	struct verdict *v = &e->verdict;
	enum spool_status spool = spool_status(m->spool);
	int observe = e->st->policy.observe;

	if (e->scan.gone)
		verdict_tempfail(e, "front.client-gone", "4.3.0", "Client gone");
	else if (m->seen.overflow)
		verdict_fields(e);
	else if (spool == SPOOL_TOTAL && !observe && v->action <= ACTION_TEMPFAIL)
		verdict_tempfail(e, "front.spool-total", "4.3.1", "Insufficient system storage, try again later");
	else if (spool == SPOOL_FAILED && !observe && v->action <= ACTION_TEMPFAIL)
		verdict_tempfail(e, "front.spool", "4.3.0", "Message could not be stored, try again later");
	else if (v->action == ACTION_QUARANTINE && (s->caps & ANSWER_CAN_HOLD) == 0) {
		if (front_say_once(s->front, SAID_NO_QUARANTINE))
			log_error("the MTA offers no quarantine: such mail is tempfailed");
		verdict_tempfail(e, "front.no-quarantine", "4.3.0", "Message could not be held, try again later");
	}
	if ((s->caps & ANSWER_CAN_ADD) == 0 && front_say_once(s->front, SAID_NO_ADDHDRS))
		log_warn("the MTA lets no header fields be added: mail is not marked");
	if ((s->caps & ANSWER_CAN_CHANGE) == 0 && front_say_once(s->front, SAID_NO_CHGHDRS))
		log_warn("the MTA lets no header fields be removed: forged ones stay");
}

/* 0 if the message may be answered as judged; -1: no record, so tempfail. */
static int
end_record(struct session *s, const struct end *e)
{
	struct front *f = s->front;
	struct buf body;
	int rv;

	/* record_message() itself stops listing parts at RECORD_MAX. */
	buf_init(&body, RECORD_MAX);
	rv = record_message(&e->facts, &e->verdict, s->msg->conf->privacy, &body);
	if (rv == 0)
		rv = ledger_append(f->ledger, body.data, body.len, NULL);
	if (rv == -1) {
		atomic_fetch_add(&f->stats->records_failed, 1);
		log_error("%s: no record: %s", s->msg->queue_id != NULL ? s->msg->queue_id : "NOQUEUE",
		    strerror(errno));
		if (e->st->unrecorded == UNRECORDED_ACCEPT)
			rv = 0;
	}
	buf_free(&body);
	return rv;
}

/* A value for the log line: no spaces and no controls, so that the line stays key=value. */
static const char *
word(const char *s, char *out, size_t size)
{
	size_t i;

	if (s == NULL || *s == '\0')
		s = "-";
	for (i = 0; s[i] != '\0' && i < size - 1; i++)
		out[i] = s[i] > ' ' && s[i] < 0x7f && s[i] != '"' ? s[i] : '?';
	out[i] = '\0';
	return out;
}

/* The administrator's line: what an MTA's log shows of a message anyway, and no more of people. */
static void
end_log(struct session *s, const struct end *e)
{
	const struct message_facts *f = &e->facts;
	const struct verdict *v = &e->verdict;
	const struct privacy *privacy = s->msg->conf->privacy;
	char id[64], ip[64], domain[PRIVACY_LOCAL_MAX], kept[PRIVACY_LOCAL_MAX], cut[64];
	char version[32], cipher[80], signature[96], detail[96], would[64] = "";
	/* As in the record: behind submission and local mail are persons' devices, not organisations' servers. */
	int person = v->class == CLASS_SUBMISSION || v->class == CLASS_LOCAL ||
	    privacy_level(privacy) == PRIVACY_MINIMAL;

	if (v->would != v->action)
		snprintf(would, sizeof(would), " would=%s", action_str(v->would));
	log_info("%s: outcome=%s action=%s%s rule=%s class=%s tls=%s version=%s cipher=%s client=%s "
	    "from_domain=%s size=%llu parts=%u signature=%s detail=%s ms=%llu id=%s",
	    word(f->queue_id != NULL ? f->queue_id : "NOQUEUE", id, sizeof(id)),
	    outcome_str(v->outcome), action_str(v->action), would, v->rule, class_str(v->class),
	    hop_tls_str(v->hop.tls), word(v->hop.version, version, sizeof(version)),
	    word(v->hop.cipher, cipher, sizeof(cipher)),
	    word(f->client_ip != NULL ? privacy_ip(privacy, f->client_ip, person, cut, sizeof(cut)) : NULL,
	    ip, sizeof(ip)),
	    word(privacy_domain(f->mail, domain, sizeof(domain)), kept, sizeof(kept)),
	    (unsigned long long)f->size, f->scan != NULL ? f->scan->parts_count : 0,
	    word(v->signature, signature, sizeof(signature)),
	    word(f->scan == NULL ? f->scan_detail : NULL, detail, sizeof(detail)),
	    (unsigned long long)((clock_mono_ns() - e->began_ns) / MS), e->id);
}

static void
end_count(struct session *s, const struct end *e)
{
	struct front_stats *st = s->front->stats;

	if (e->verdict.outcome < OUTCOME_MAX)
		atomic_fetch_add(&st->outcomes[e->verdict.outcome], 1);
	if (e->verdict.action < ACTION_MAX)
		atomic_fetch_add(&st->actions[e->verdict.action], 1);
}

/* From the judge to the answer; the message is whole and scanned, or known not to be. */
static void
end_judge(struct session *s, struct end *e, struct answer *a)
{
	if (policy_judge(&e->st->policy, &e->facts, &e->verdict) == -1) {
		log_error("judging: no memory");
		answer_tempfail(a, "451", "4.3.0", "Message could not be judged, try again later");
		return;
	}
	end_correct(s, e);
	if (end_record(s, e) == -1)
		verdict_tempfail(e, "front.unrecorded", "4.3.0", "Message could not be recorded, try again later");
	if (answer_make(a, e->st, &e->facts, &e->verdict, &s->msg->seen, s->caps) == -1) {
		log_error("answering: no memory");
		answer_free(a);
		answer_tempfail(a, "451", "4.3.0", "Message could not be answered, try again later");
	}
	end_count(s, e);
	end_log(s, e);
	verdict_free(&e->verdict);
}

void
session_eom(struct session *s, struct answer *a)
{
	struct end e;

	if (s->msg == NULL || s->msg->failed || s->msg->spool == NULL) {
		log_error("a message is refused for now: %s", s->msg == NULL ? "its MAIL never came" : "no memory");
		answer_tempfail(a, "451", "4.3.0", "Message could not be stored, try again later");
		s->ending = s->msg != NULL;
		message_free(s);
		return;
	}
	queue_id_read(s);
	memset(&e, 0, sizeof(e));
	e.st = s->msg->conf->settings;
	e.began_ns = clock_mono_ns();
	end_facts(s, &e);
	end_scan(s, &e);
	end_judge(s, &e, a);
	handover_answer_free(&e.scan);
	s->ending = 1;
	message_free(s);
}
