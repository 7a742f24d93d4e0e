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

#include "judge/name.h"
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

/* ---- findings ---- */

/* What a message has of each outcome; the texts are those of the first finding. */
struct findings {
	int		 seen[OUTCOME_MAX];
	const char	*signature[OUTCOME_MAX];
	const char	*detail[OUTCOME_MAX];
};

static void
finding_add(struct findings *f, enum outcome outcome, const char *signature, const char *detail)
{
	f->seen[outcome] = 1;
	if (f->signature[outcome] == NULL)
		f->signature[outcome] = signature;
	if (f->detail[outcome] == NULL)
		f->detail[outcome] = detail;
}

/* The walker's bound, for a report that came without a part that names it. */
static const char *
limit_reason(const struct scan_result *scan)
{
	uint32_t i;

	for (i = 0; i < scan->reasons_count; i++)
		if (strncmp(scan->reasons[i], "LIMIT", 5) == 0 || strncmp(scan->reasons[i], "mime.", 5) == 0)
			return scan->reasons[i];
	return "mime";
}

static void
findings_of_parts(const struct policy *policy, const struct scan_result *scan, enum outcome *parts, struct findings *f)
{
	const char *blocked;
	uint32_t i;

	for (i = 0; i < scan->parts_count; i++) {
		const struct part *p = &scan->parts[i];

		parts[i] = (unsigned int)p->outcome < OUTCOME_MAX ? p->outcome : OUTCOME_NOT_SCANNED;
		finding_add(f, parts[i], p->signature, p->detail);
		if ((blocked = name_blocked(p->name, policy->blocked_extensions)) != NULL) {
			finding_add(f, OUTCOME_BLOCKED, NULL, blocked);
			parts[i] = outcome_worse(parts[i], OUTCOME_BLOCKED);
		}
	}
}

static int
findings_collect(const struct policy *policy, const struct message_facts *facts, struct verdict *v, struct findings *f)
{
	const struct scan_result *scan = facts->scan;

	if (scan == NULL) {
		if (facts->scan_failed == OUTCOME_CLEAN || (unsigned int)facts->scan_failed >= OUTCOME_MAX)
			finding_add(f, OUTCOME_NOT_SCANNED, NULL, facts->scan_detail);
		else
			finding_add(f, facts->scan_failed, NULL, facts->scan_detail);
		return 0;
	}
	if (scan->parts_count == 0)
		finding_add(f, OUTCOME_NOT_SCANNED, NULL, "no parts");
	else if ((v->parts = calloc(scan->parts_count, sizeof(*v->parts))) == NULL)
		return -1;
	else
		findings_of_parts(policy, scan, v->parts, f);
	if (scan->ambiguity == AMBIGUITY_HARD)
		finding_add(f, OUTCOME_AMBIGUOUS, NULL, scan->reasons_count > 0 ? scan->reasons[0] : NULL);
	else if (scan->ambiguity == AMBIGUITY_LIMIT)
		finding_add(f, OUTCOME_LIMIT, NULL, limit_reason(scan));
	return 0;
}

/* ---- judging ---- */

static void
rule_name(enum traffic_class class, enum outcome outcome, char *out, size_t size)
{
	snprintf(out, size, "%s.%s", class_str(class), outcome_str(outcome));
}

static int
graver(enum outcome a, enum outcome b)
{
	return a != b && outcome_worse(a, b) == a;
}

/* Strictest action of what is done, and of what is only watched; among equals the graver finding decides. */
static void
decide(const struct policy *policy, const struct findings *f, struct verdict *v, enum outcome *decided)
{
	enum outcome would_by;
	unsigned int i;

	v->action = v->would = ACTION_ACCEPT;
	*decided = would_by = v->outcome;
	for (i = 0; i < OUTCOME_MAX; i++) {
		const struct policy_action *cell = &policy->actions[v->class][i];
		int watched = policy->observe || cell->watch;
		enum action *action = watched ? &v->would : &v->action;
		enum outcome *by = watched ? &would_by : decided, o = (enum outcome)i;

		if (!f->seen[i])
			continue;
		if (cell->action > *action || (cell->action == *action && cell->action != ACTION_ACCEPT && graver(o, *by))) {
			*action = cell->action;
			*by = o;
		}
	}
	rule_name(v->class, *decided, v->rule, sizeof(v->rule));
	if (v->would <= v->action) {
		v->would = v->action;
		would_by = *decided;
	}
	rule_name(v->class, would_by, v->would_rule, sizeof(v->would_rule));
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
	struct findings f;
	enum outcome decided;
	unsigned int i;

	memset(&f, 0, sizeof(f));
	if (verdict_begin(policy, facts, v) == -1 || findings_collect(policy, facts, v, &f) == -1) {
		verdict_free(v);
		return -1;
	}
	v->outcome = OUTCOME_CLEAN;
	for (i = 0; i < OUTCOME_MAX; i++)
		if (f.seen[i])
			v->outcome = outcome_worse(v->outcome, (enum outcome)i);
	/* Clean is a claim about the whole message: another finding takes it back. */
	if (v->outcome != OUTCOME_CLEAN)
		f.seen[OUTCOME_CLEAN] = 0;
	v->signature = f.signature[v->outcome];
	v->detail = f.detail[v->outcome];
	decide(policy, &f, v, &decided);
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
	free(v->route);
	v->route = NULL;
}
