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
#include "front/session_int.h"
#include "record/record.h"

#define MS		UINT64_C(1000000)

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
		session_drop(s);
		return;
	}
	macros_queue_id(s);
	memset(&e, 0, sizeof(e));
	e.st = s->msg->conf->settings;
	e.began_ns = clock_mono_ns();
	end_facts(s, &e);
	end_scan(s, &e);
	end_judge(s, &e, a);
	handover_answer_free(&e.scan);
	s->ending = 1;
	session_drop(s);
}
