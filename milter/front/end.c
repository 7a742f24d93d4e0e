/* SPDX-License-Identifier: ISC */
/* Takes a message from its last octet to its answer. */

/*
 * Called by the one thread that has the connection.  The way of a message is
 * session_eom(): seal, scan, judge, record, answer; each step is a room of its
 * own.  Nothing is accepted without its record.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "front/alarm.h"
#include "front/session_int.h"

#define MS		UINT64_C(1000000)
#define PARTNER_WORDS_MAX (PARTNER_RESULTS_MAX * 80 + 32)	/* a name has at most 64 octets here, a state 10 */
#define REQUIRETLS_SAY_NS (UINT64_C(600) * 1000 * MS)	/* warned of at most so often: senders choose how many there are */

void
end_begin(struct session *s, struct end *e)
{
	struct message_facts *f = &e->facts;
	struct message *m = s->msg;

	memset(e, 0, sizeof(*e));
	e->st = m->conf->settings;
	e->began_ns = clock_mono_ns();
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
	f->rcpts_refused = m->rcpts_refused;
	f->requiretls = m->requiretls;
	f->size = spool_size(m->spool);
	f->receive_ms = (uint32_t)((e->began_ns - m->began_ns) / MS);
}

void
end_policy(struct session *s, struct end *e)
{
	e->exceptions = front_exceptions_get(s->front);
	e->settings = *s->msg->conf->settings;
	policy_with(&s->msg->conf->settings->policy, e->exceptions != NULL ? &e->exceptions->list : NULL,
	    (int64_t)(e->facts.time_ms / 1000), &e->settings.policy);
	e->st = &e->settings;
}

void
end_finish(struct session *s, struct end *e)
{
	verdict_free(&e->verdict);
	front_exceptions_put(s->front, e->exceptions);
	e->exceptions = NULL;
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
void
end_tempfail(struct end *e, const char *rule, const char *xcode, const char *text)
{
	struct verdict *v = &e->verdict;

	v->action = v->would = ACTION_TEMPFAIL;
	snprintf(v->rule, sizeof(v->rule), "%s", rule);
	snprintf(v->would_rule, sizeof(v->would_rule), "%s", rule);
	v->reply_code = strcmp(xcode, "4.3.1") == 0 ? 452 : 451;
	snprintf(v->reply_xcode, sizeof(v->reply_xcode), "%s", xcode);
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
		end_tempfail(e, "front.client-gone", "4.3.0", "Client gone");
	else if (m->seen.overflow)
		verdict_fields(e);
	else if (spool == SPOOL_TOTAL && !observe && v->action <= ACTION_TEMPFAIL)
		end_tempfail(e, "front.spool-total", "4.3.1", "Insufficient system storage, try again later");
	else if (spool == SPOOL_FAILED && !observe && v->action <= ACTION_TEMPFAIL)
		end_tempfail(e, "front.spool", "4.3.0", "Message could not be stored, try again later");
	else if (v->action == ACTION_QUARANTINE && (s->caps & ANSWER_CAN_HOLD) == 0) {
		if (front_say_once(s->front, SAID_NO_QUARANTINE))
			log_error("the MTA offers no quarantine: such mail is tempfailed");
		end_tempfail(e, "front.no-quarantine", "4.3.0", "Message could not be held, try again later");
	}
	if ((s->caps & ANSWER_CAN_ADD) == 0 && front_say_once(s->front, SAID_NO_ADDHDRS))
		log_warn("the MTA lets no header fields be added: mail is not marked");
	if ((s->caps & ANSWER_CAN_CHANGE) == 0 && front_say_once(s->front, SAID_NO_CHGHDRS))
		log_warn("the MTA lets no header fields be removed: forged ones stay");
}

int
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

/* " partner=NAME:STATE,...": which rules were about the message.  Names are words of the configuration. */
static const char *
partner_words(const struct verdict *v, char *out, size_t size)
{
	size_t i, n = 0, listed = v->partners_count;

	if (listed > PARTNER_RESULTS_MAX)
		listed = PARTNER_RESULTS_MAX;
	out[0] = '\0';
	for (i = 0; i < listed && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%.64s:%s", i == 0 ? " partner=" : ",",
		    v->partners[i].partner->name, partner_state_str(v->partners[i].state));
	if (v->partners_count > listed && n < size)
		snprintf(out + n, size - n, ",+%zu", v->partners_count - listed);
	return out;
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

/* What an MTA's log shows of a message anyway, and no more of people. */
void
end_log(struct session *s, const struct end *e)
{
	const struct message_facts *f = &e->facts;
	const struct verdict *v = &e->verdict;
	const struct privacy *privacy = s->msg->conf->privacy;
	char id[64], ip[64], domain[PRIVACY_LOCAL_MAX], kept[PRIVACY_LOCAL_MAX], cut[64];
	char version[32], cipher[80], signature[96], detail[96], would[64] = "", partners[PARTNER_WORDS_MAX];
	/* As in the record: behind submission and local mail are persons' devices, not organisations' servers. */
	int person = v->class == CLASS_SUBMISSION || v->class == CLASS_LOCAL ||
	    privacy_level(privacy) == PRIVACY_MINIMAL;

	if (v->would != v->action)
		snprintf(would, sizeof(would), " would=%s", action_str(v->would));
	log_info("%s: outcome=%s action=%s%s rule=%s class=%s tls=%s version=%s cipher=%s client=%s "
	    "from_domain=%s size=%llu parts=%u signature=%s detail=%s%s ms=%llu id=%s",
	    word(f->queue_id != NULL ? f->queue_id : "NOQUEUE", id, sizeof(id)),
	    outcome_str(v->outcome), action_str(v->action), would, v->rule, class_str(v->class),
	    hop_tls_str(v->hop.tls), word(v->hop.version, version, sizeof(version)),
	    word(v->hop.cipher, cipher, sizeof(cipher)),
	    word(f->client_ip != NULL ? privacy_ip(privacy, f->client_ip, person, cut, sizeof(cut)) : NULL,
	    ip, sizeof(ip)),
	    word(privacy_domain(f->mail, domain, sizeof(domain)), kept, sizeof(kept)),
	    (unsigned long long)f->size, f->scan != NULL ? f->scan->parts_count : 0,
	    word(v->signature, signature, sizeof(signature)),
	    word(f->stage_mail || f->stage_rcpt ? v->detail : f->scan == NULL ? f->scan_detail : NULL, detail, sizeof(detail)),
	    partner_words(v, partners, sizeof(partners)),
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

/*
 * The sender asked for TLS all the way, and his own hop to us was without.
 * All are counted and on record; the warning is for somebody to look there.
 */
void
end_requiretls(struct session *s, const struct end *e)
{
	struct front *f = s->front;
	uint64_t now = clock_mono_ns(), last = atomic_load(&f->requiretls_said_ns);
	char domain[PRIVACY_LOCAL_MAX], kept[PRIVACY_LOCAL_MAX];

	if (!e->facts.requiretls || e->verdict.hop.tls != HOP_TLS_NO || s->msg->requiretls_counted)
		return;
	s->msg->requiretls_counted = 1;
	atomic_fetch_add(&f->stats->requiretls_clear, 1);
	if ((last != 0 && now - last < REQUIRETLS_SAY_NS) ||
	    !atomic_compare_exchange_strong(&f->requiretls_said_ns, &last, now))
		return;
	log_warn("REQUIRETLS came in clear (RFC 8689): from_domain=%s id=%s; `status' counts the next ones",
	    word(privacy_domain(e->facts.mail, domain, sizeof(domain)), kept, sizeof(kept)), e->id);
}

/* From the judge to the answer; the message is whole and scanned, or known not to be. */
static void
end_judge(struct session *s, struct end *e, struct answer *a)
{
	end_policy(s, e);
	if (policy_judge(&e->st->policy, &e->facts, &e->verdict) == -1) {
		log_error("judging: no memory");
		end_finish(s, e);
		answer_tempfail(a, "451", "4.3.0", "Message could not be judged, try again later");
		return;
	}
	end_correct(s, e);
	if (end_record(s, e) == -1)
		end_tempfail(e, "front.unrecorded", "4.3.0", "Message could not be recorded, try again later");
	if (answer_make(a, e->st, &e->facts, &e->verdict, &s->msg->seen, s->caps) == -1) {
		log_error("answering: no memory");
		answer_free(a);
		answer_tempfail(a, "451", "4.3.0", "Message could not be answered, try again later");
	}
	end_count(s, e);
	end_requiretls(s, e);
	end_log(s, e);
	alarm_message(s->front, e->st, &e->facts, &e->verdict);
	end_finish(s, e);
}

void
session_eom(struct session *s, struct answer *a)
{
	struct end e;

	if (s->msg == NULL || s->msg->failed || s->msg->spool == NULL) {
		log_error("a message is refused for now: %s", s->msg == NULL ? "its MAIL never came" : "no memory");
		answer_tempfail(a, "451", "4.3.0", "Message could not be stored, try again later");
		s->ending = s->msg != NULL;
		session_drop(s);
		return;
	}
	macros_queue_id(s);
	end_begin(s, &e);
	end_scan(s, &e);
	end_judge(s, &e, a);
	handover_answer_free(&e.scan);
	s->ending = 1;
	session_drop(s);
}
