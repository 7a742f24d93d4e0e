/* SPDX-License-Identifier: ISC */
/* Refuses an envelope at MAIL or RCPT, before any content is transferred. */

/*
 * Called by envelope.c, where the MTA waits for an answer.  The rules are the
 * judge's; here the refusal is put on record, and only then answered.  What
 * is not refused leaves no trace here: the end of the message judges it again,
 * with its content.  Without memory nothing is refused here, but there.
 */

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "front/alarm.h"
#include "front/session_int.h"

static void
refuse_count(struct session *s, const struct end *e, const char *rcpt, int recorded)
{
	struct front_stats *st = s->front->stats;

	atomic_fetch_add(rcpt != NULL ? &st->refused_rcpt : &st->refused_mail, 1);
	if (recorded && e->verdict.action < ACTION_MAX)
		atomic_fetch_add(&st->actions[e->verdict.action], 1);
}

/* At most one record for the refused recipients of a message: the first, which is there before its answer. */
static void
refuse_record(struct session *s, struct end *e, const char *rcpt)
{
	struct message *m = s->msg;
	int again = rcpt != NULL && m->refused_id[0] != '\0';

	if (!again) {
		if (end_record(s, e) == -1)
			end_tempfail(e, "front.unrecorded", "4.3.0", "Message could not be recorded, try again later");
		else if (rcpt != NULL)
			snprintf(m->refused_id, sizeof(m->refused_id), "%s", e->id);
		end_requiretls(s, e);
		end_log(s, e);
		alarm_message(s->front, e->st, &e->facts, &e->verdict);
	}
	refuse_count(s, e, rcpt, !again);
}

static void
refuse_facts(struct session *s, struct end *e, const char *const *rcpts)
{
	end_begin(s, e);
	e->facts.stage_mail = *rcpts == NULL;
	e->facts.stage_rcpt = *rcpts != NULL;
	e->facts.rcpts = rcpts;
	e->facts.rcpts_count = *rcpts != NULL;
	e->facts.rcpts_dropped = e->facts.rcpts_refused = 0;
	/* The reference in the answer is that of the record. */
	if (*rcpts != NULL && s->msg->refused_id[0] != '\0')
		snprintf(e->id, sizeof(e->id), "%s", s->msg->refused_id);
}

void
refuse_envelope(struct session *s, const char *rcpt, struct answer *a)
{
	struct message *m = s->msg;
	const char *rcpts[2] = { rcpt, NULL };
	struct end e;

	if (m->failed || m->mail == NULL || m->spool == NULL)
		return;
	refuse_facts(s, &e, rcpts);
	end_policy(s, &e);
	if (policy_envelope(&e.st->policy, &e.facts, &e.verdict) == -1) {
		log_error("judging an envelope: no memory; the end of the message judges it");
		end_finish(s, &e);
		return;
	}
	if (e.verdict.action == ACTION_TEMPFAIL || e.verdict.action == ACTION_REJECT) {
		refuse_record(s, &e, rcpt);
		/* It makes no edits: nothing in it can fail. */
		(void)answer_make(a, e.st, &e.facts, &e.verdict, &m->seen, s->caps);
		if (rcpt != NULL)
			m->rcpts_refused++;
		else
			session_drop(s);
	}
	end_finish(s, &e);
}
