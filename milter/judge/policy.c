/* SPDX-License-Identifier: ISC */
/* Facts -> verdict: which findings a message has, and the action that the policy wants for them. */
/*
 * Called by the front's threads and by hopwardctl.  A verdict borrows from the
 * facts and the policy and owns its route and its list of parts.  Every doubt ends on the
 * side of "not clean": no scan, no parts, an outcome that is none.
 * It does not read the clock, touch files or know of the MTA's protocol.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/findings.h"
#include "judge/policy.h"
#include "judge/reply.h"

/* ---- actions and the policy itself ---- */

static const char *const action_names[] = {
#define X(e, s) [ACTION_##e] = s,
	ACTIONS(X)
#undef X
};

/* The shipped defaults, the same for every class. */
static const struct policy_action defaults[OUTCOME_MAX] = {
	[OUTCOME_CLEAN] = { ACTION_ACCEPT, 0 },
	[OUTCOME_INFECTED] = { ACTION_REJECT, 0 },
	[OUTCOME_PUA] = { ACTION_TAG, 0 },
	[OUTCOME_ENCRYPTED] = { ACTION_TAG, 0 },
	[OUTCOME_MACRO] = { ACTION_TAG, 0 },
	[OUTCOME_BLOCKED] = { ACTION_REJECT, 1 },
	[OUTCOME_AMBIGUOUS] = { ACTION_TAG, 0 },
	[OUTCOME_LIMIT] = { ACTION_TAG, 0 },
	[OUTCOME_UNOPENED] = { ACTION_TAG, 0 },
	[OUTCOME_TIMEOUT] = { ACTION_TEMPFAIL, 0 },
	[OUTCOME_CRASH] = { ACTION_TEMPFAIL, 0 },
	[OUTCOME_UNAVAILABLE] = { ACTION_TEMPFAIL, 0 },
	[OUTCOME_NOT_SCANNED] = { ACTION_TEMPFAIL, 0 },
};

const char *
action_str(enum action action)
{
	return (unsigned int)action < ACTION_MAX ? action_names[action] : "unknown";
}

int
policy_action_parse(const char *s, struct policy_action *out)
{
	unsigned int i;
	int watch = 0;

	if (s == NULL)
		return -1;
	if (strncmp(s, "watch:", 6) == 0) {
		watch = 1;
		s += 6;
	}
	for (i = 0; i < ACTION_MAX; i++)
		if (strcmp(s, action_names[i]) == 0) {
			out->action = (enum action)i;
			out->watch = watch;
			return 0;
		}
	return -1;
}

int
policy_init(struct policy *policy)
{
	unsigned int c;

	memset(policy, 0, sizeof(*policy));
	for (c = 0; c < CLASS_MAX; c++)
		memcpy(policy->actions[c], defaults, sizeof(defaults));
	return (policy->contact = strdup("postmaster")) == NULL ? -1 : 0;
}

static void
list_free(char **list)
{
	char **p;

	for (p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	list_free(policy->submission_daemons);
	list_free(policy->proxied_listeners);
	list_free(policy->blocked_extensions);
	list_free(policy->trusted_authserv_ids);
	partners_free(&policy->partners);
	rules_free(&policy->rules);
	free(policy->internal.nets);
	free(policy->contact);
	free(policy->submission_text);
	memset(policy, 0, sizeof(*policy));
}

/* Could the same message end otherwise if it came again? */
static int
retry_helps(enum outcome outcome)
{
	return outcome == OUTCOME_CLEAN || outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_CRASH ||
	    outcome == OUTCOME_UNAVAILABLE || outcome == OUTCOME_NOT_SCANNED;
}

int
policy_check(const struct policy *policy, char *where, size_t size)
{
	unsigned int c, o;

	for (c = 0; c < CLASS_MAX; c++)
		for (o = 0; o < OUTCOME_MAX; o++)
			if (policy->actions[c][o].action == ACTION_TEMPFAIL && !retry_helps((enum outcome)o)) {
				snprintf(where, size, "%s.%s", class_str((enum traffic_class)c),
				    outcome_str((enum outcome)o));
				return -1;
			}
	return 0;
}

void
policy_with(const struct policy *policy, const struct exceptions *x, int64_t now, struct policy *copy)
{
	*copy = *policy;
	copy->exceptions = x;
	if (x != NULL && override_mode_on(&x->mode, now))
		copy->observe = 1;
}

/* ---- partners ---- */

/* They have promised how their mail comes here, not how our people and programs hand theirs in. */
static int
has_partners(const struct verdict *v)
{
	return v->class == CLASS_MX || v->class == CLASS_RELAY;
}

static void
partners_collect(const struct policy *policy, const struct message_facts *facts, struct verdict *v)
{
	const struct partner_facts pf = {
		.message = facts, .route = v->route, .trusted = policy->trusted_authserv_ids, .own = &policy->internal,
		.now = (int64_t)(facts->time_ms / 1000), .observe = policy->observe, .at_mail = facts->stage_mail
	};

	if (!has_partners(v))
		return;
	v->partners_count = partners_judge(&policy->partners, &pf, v->partners);
	v->confirmed = partner_sender(&policy->partners, &pf, &v->sender_domain);
}

static size_t
partners_listed(const struct verdict *v)
{
	return v->partners_count < PARTNER_RESULTS_MAX ? v->partners_count : PARTNER_RESULTS_MAX;
}

static void
partner_rule(const struct partner_result *r, char *out, size_t size)
{
	snprintf(out, size, "partner.%s", r->partner->name);
}

/*
 * Partners beside what was decided so far: only what is stricter changes it,
 * and is at least `from`.  Gives the one that decides now, or NULL.
 */
static const struct partner_result *
decide_partners(struct verdict *v, enum action from)
{
	const struct partner_result *decided = NULL, *r;
	size_t i;

	for (i = 0; i < partners_listed(v); i++) {
		r = &v->partners[i];
		if (r->action >= (int)from && r->action > (int)v->action) {
			v->action = (enum action)r->action;
			partner_rule(r, v->rule, sizeof(v->rule));
			decided = r;
		}
		if (r->would >= (int)from && r->would > (int)v->would) {
			v->would = (enum action)r->would;
			partner_rule(r, v->would_rule, sizeof(v->would_rule));
		}
	}
	if (v->would <= v->action) {
		v->would = v->action;
		memcpy(v->would_rule, v->rule, sizeof(v->would_rule));
	}
	return decided;
}

/* The mark of a miss: the first rule that wants one. */
static void
fill_tls_tag(struct verdict *v)
{
	const struct partner_result *r;
	size_t i;

	for (i = 0; i < partners_listed(v); i++) {
		r = &v->partners[i];
		if (r->action != ACTION_TAG)
			continue;
		snprintf(v->tls_tag, sizeof(v->tls_tag), "partner=%s; missed=%s; confirmed=%s", r->partner->name,
		    partner_state_str(r->state),
		    r->confirmed == PARTNER_BY_NONE ? "no" : partner_confirmed_str(r->confirmed));
		return;
	}
}

/* ---- the whole ---- */

/* What MAIL, RCPT and the end of a message have in common. */
static int
verdict_begin(const struct policy *policy, const struct message_facts *facts, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->class = policy_class(policy, facts, &v->class_why);
	hops_observed(facts, v->class == CLASS_LOCAL, policy_proxied(policy, facts), &v->hop);
	if ((v->route = malloc(sizeof(*v->route))) == NULL)
		return -1;
	route_judge(facts, &v->hop, v->class == CLASS_LOCAL, &policy->internal, policy->profile, v->route);
	partners_collect(policy, facts, v);
	return 0;
}

int
policy_judge(const struct policy *policy, const struct message_facts *facts, struct verdict *v)
{
	const struct partner_result *partner;
	enum outcome decided;

	if (verdict_begin(policy, facts, v) == -1 || findings_judge(policy, facts, v, &decided) == -1) {
		verdict_free(v);
		return -1;
	}
	partner = decide_partners(v, ACTION_TAG);
	fill_tls_tag(v);
	reply_fill(policy, facts, decided, partner, v);
	return 0;
}

int
policy_envelope(const struct policy *policy, const struct message_facts *facts, struct verdict *v)
{
	const struct partner_result *partner;

	if (verdict_begin(policy, facts, v) == -1)
		return -1;
	/* Nothing of it was looked at, so nothing is clean. */
	v->outcome = OUTCOME_NOT_SCANNED;
	v->detail = facts->stage_mail ? "MAIL" : "RCPT";
	partner = decide_partners(v, ACTION_TEMPFAIL);
	reply_fill(policy, facts, OUTCOME_NOT_SCANNED, partner, v);
	return 0;
}

/* By what is configured; the class, the hop and the day may still make it nothing. */
static int
may_refuse(const struct policy *policy, const struct partner *p)
{
	return !policy->observe && !p->watch && (p->action == ACTION_TEMPFAIL || p->action == ACTION_REJECT);
}

int
policy_asks_mail(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->partners.count; i++)
		if (may_refuse(policy, &policy->partners.list[i]) && policy->partners.list[i].recipients == NULL)
			return 1;
	return 0;
}

/* Also where MAIL could not be refused because an exception depends on the recipient. */
int
policy_asks_rcpt(const struct policy *policy)
{
	const struct partner *p;
	size_t i, k;

	for (i = 0; i < policy->partners.count; i++) {
		p = &policy->partners.list[i];
		if (!may_refuse(policy, p))
			continue;
		if (p->recipients != NULL)
			return 1;
		for (k = 0; k < p->exceptions_count; k++)
			if (p->exceptions[k].recipient != NULL)
				return 1;
	}
	return 0;
}

void
verdict_free(struct verdict *v)
{
	if (v == NULL)
		return;
	free(v->parts);
	v->parts = NULL;
	free(v->judged);
	v->judged = NULL;
	free(v->recipients);
	v->recipients = NULL;
	v->recipients_count = 0;
	free(v->recipient_of);
	v->recipient_of = NULL;
	free(v->route);
	v->route = NULL;
}
