/* SPDX-License-Identifier: ISC */
/* Findings -> outcome and action: exceptions first, then the first rule that holds, then the table of actions. */
/*
 * Called by policy.c alone.  What it allocates is the verdict's, or gone when
 * it returns.  A finding is one outcome of one part, or of the message as a
 * whole; a part may have several (encrypted, and its name forbidden).
 * Recipients for whom the same rules count are one group; each finding is
 * decided once for each group, and the strictest group is the message's.
 * It knows nothing of partners' rules (policy.c) and words (reply.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/ambiguity.h"
#include "judge/attach.h"
#include "judge/findings.h"

#define DIGEST_PARTS_MAX 16	/* parts that an exception names by digest; those inside the others are not covered */

/* An action, and what it comes from. */
struct choice {
	enum action		 action;
	enum outcome		 by;
	const struct rule	*rule;	/* NULL: the table of actions */
};

/* Recipients for whom the same rules count. */
struct group {
	rule_mask	 rules;
	uint32_t	 rcpts;
	enum outcome	 outcome;	/* the gravest for them */
	struct choice	 done, would;
};

struct finding {
	enum outcome	 outcome;
	const struct part *part;	/* NULL: of the message */
	const char	*signature, *detail;
};

/* One judgement. */
struct judging {
	const struct policy	*policy;
	const struct message_facts *facts;
	struct verdict		*v;
	struct rules_message	 rules;
	const char		*partners[PARTNER_RESULTS_MAX];
	struct group		*groups;
	size_t			 groups_count;
	/* what the message has of each outcome; the texts are those of the first finding */
	int			 seen[OUTCOME_MAX];
	const char		*signature[OUTCOME_MAX], *detail[OUTCOME_MAX];
	enum outcome		 excepted;	/* the gravest that was taken out; CLEAN: none */
	struct finding		 excepted_first;
	rule_mask		 rules_of_parts;
	uint32_t		*container;	/* index of each member's, or of itself; NULL: no rule needs it */
	uint32_t		*members;
	uint64_t		*members_size;
	uint32_t		 named[DIGEST_PARTS_MAX];	/* parts that an exception in force names by digest */
	size_t			 named_count;
};

static int
graver(enum outcome a, enum outcome b)
{
	return a != b && outcome_worse(a, b) == a;
}

/* ---- recipients ---- */

static struct group *
group_of(struct judging *j, rule_mask rules)
{
	size_t i;

	for (i = 0; i < j->groups_count; i++)
		if (j->groups[i].rules == rules)
			return &j->groups[i];
	j->groups[j->groups_count].rules = rules;
	j->groups[j->groups_count].outcome = OUTCOME_CLEAN;
	return &j->groups[j->groups_count++];
}

/* One group where no rule asks for recipients, which is nearly always. */
static int
groups_make(struct judging *j)
{
	const struct rules *rules = &j->policy->rules;
	uint32_t i, n = j->facts->rcpts_count;

	if (n == 0 || rules_with_recipients(rules) == 0)
		n = 0;
	if ((j->groups = calloc((size_t)n + 2, sizeof(*j->groups))) == NULL)
		return -1;
	if (n == 0) {
		group_of(j, rules_recipient(rules, j->facts->rcpts_count > 0 ? j->facts->rcpts[0] : NULL))->rcpts =
		    j->facts->rcpts_count;
		return 0;
	}
	if ((j->v->recipient_of = calloc(n, sizeof(*j->v->recipient_of))) == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		struct group *g = group_of(j, rules_recipient(rules, j->facts->rcpts[i]));

		g->rcpts++;
		j->v->recipient_of[i] = (uint32_t)(g - j->groups);
	}
	/* Nobody knows who they were: what is allowed for some is not allowed for them. */
	if (j->facts->rcpts_dropped > 0)
		group_of(j, rules_recipient(rules, NULL))->rcpts += j->facts->rcpts_dropped;
	return 0;
}

/* ---- exceptions ---- */

/* What an exception may take out: not that nothing was scanned. */
static int
may_be_excepted(enum outcome o)
{
	return o != OUTCOME_CLEAN && o != OUTCOME_TIMEOUT && o != OUTCOME_CRASH && o != OUTCOME_UNAVAILABLE &&
	    o != OUTCOME_NOT_SCANNED;
}

static const struct exception *
exception_ask(const struct judging *j, const struct finding *f, const uint8_t *digest)
{
	const struct exception_finding ef = { f->signature, j->facts->mail, digest, f->outcome == OUTCOME_INFECTED };

	return exceptions_match(j->policy->exceptions, &ef, (int64_t)(j->facts->time_ms / 1000));
}

/* Parts whose digest an exception names: what it says holds inside them, too. */
static void
exceptions_name_parts(struct judging *j)
{
	const struct exceptions *x = j->policy->exceptions;
	const struct scan_result *scan = j->facts->scan;
	uint32_t i;
	size_t k;

	for (k = 0; x != NULL && k < x->count && !x->list[k].has_digest; k++)
		;
	if (x == NULL || k == x->count || scan == NULL)
		return;
	for (i = 0; i < scan->parts_count && j->named_count < DIGEST_PARTS_MAX; i++)
		for (k = 0; k < x->count && !scan->parts[i].member; k++)
			if (x->list[k].has_digest && memcmp(x->list[k].digest, scan->parts[i].sha256, 32) == 0) {
				j->named[j->named_count++] = i;
				break;
			}
}

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Is the finding inside that part?  All is inside "0"; and "0" repeats what was found in its parts. */
static int
inside(const struct finding *f, const struct part *outer)
{
	const char *path = f->part != NULL && f->part->path != NULL ? f->part->path : "0";
	size_t n = outer->path != NULL ? strlen(outer->path) : 0;

	if (n == 0)
		return 0;
	if (strcmp(outer->path, "0") == 0)
		return 1;
	if (strcmp(path, "0") == 0)
		return f->part != NULL && f->outcome == outer->outcome && same_text(f->signature, outer->signature);
	return strncmp(path, outer->path, n) == 0 && (path[n] == '/' || path[n] == '>');
}

static const struct exception *
exception_find(const struct judging *j, const struct finding *f)
{
	const struct exception *e;
	size_t i;

	if (j->policy->exceptions == NULL || !may_be_excepted(f->outcome))
		return NULL;
	if ((e = exception_ask(j, f, f->part != NULL && !f->part->member ? f->part->sha256 : NULL)) != NULL)
		return e;
	for (i = 0; i < j->named_count; i++) {
		const struct part *outer = &j->facts->scan->parts[j->named[i]];

		if (inside(f, outer) && (e = exception_ask(j, f, outer->sha256)) != NULL)
			return e;
	}
	return NULL;
}

static void
exception_note(struct judging *j, const struct finding *f, const struct exception *e)
{
	struct verdict *v = j->v;
	struct exception_hit *hit;
	size_t i;

	if (j->excepted == OUTCOME_CLEAN || graver(f->outcome, j->excepted)) {
		j->excepted = f->outcome;
		j->excepted_first = *f;
	}
	for (i = 0; i < v->exceptions_count && i < EXCEPTION_HITS_MAX; i++) {
		hit = &v->exceptions[i];
		if (strcmp(hit->id, e->id) == 0 && hit->outcome == f->outcome && same_text(hit->signature, f->signature)) {
			hit->findings++;
			return;
		}
	}
	if (v->exceptions_count++ >= EXCEPTION_HITS_MAX)
		return;
	hit = &v->exceptions[v->exceptions_count - 1];
	snprintf(hit->id, sizeof(hit->id), "%s", e->id);
	snprintf(hit->reason, sizeof(hit->reason), "%s", e->reason);
	hit->outcome = f->outcome;
	hit->signature = f->signature;
	hit->path = f->part != NULL ? f->part->path : NULL;
	hit->findings = 1;
}

/* ---- rules and the table ---- */

static void
offer(struct choice *c, enum action action, enum outcome by, const struct rule *rule)
{
	if (action > c->action || (action == c->action && (graver(by, c->by) || (by == c->by && c->rule == NULL)))) {
		c->action = action;
		c->by = by;
		c->rule = rule;
	}
}

/*
 * What a finding is after a rule with an action.  A name is only forbidden by
 * us, so a rule that accepts takes that back; what a rule acts on though
 * nothing was found is a thing that we forbid.
 */
static enum outcome
outcome_by_rule(const struct rule *r, enum outcome o)
{
	if (!r->has_action)
		return r->outcome;
	if (r->action == ACTION_ACCEPT)
		return o == OUTCOME_BLOCKED ? OUTCOME_CLEAN : o;
	return o == OUTCOME_CLEAN ? OUTCOME_BLOCKED : o;
}

/* Decides one finding for one group; gives what it is now, and the rule that said so. */
static enum outcome
decide_finding(const struct judging *j, struct group *g, const struct finding *f, rule_mask mask, const struct rule **by)
{
	const struct policy_action *cell;
	const struct rule *r;
	enum outcome o = f->outcome;
	size_t i;

	*by = NULL;
	for (i = 0, mask &= g->rules; mask != 0; i++, mask >>= 1) {
		if ((mask & 1) == 0)
			continue;
		r = &j->policy->rules.list[i];
		o = outcome_by_rule(r, f->outcome);
		if (r->has_action && r->watch) {
			offer(&g->would, (enum action)r->action, o, r);
			o = f->outcome;
			continue;
		}
		*by = r;
		if (r->has_action) {
			offer(j->policy->observe ? &g->would : &g->done, (enum action)r->action, o, r);
			return o;
		}
		break;
	}
	/* Clean is a claim about the whole message: its action is for the end. */
	if (o != OUTCOME_CLEAN) {
		cell = &j->policy->actions[j->v->class][o];
		offer(j->policy->observe || cell->watch ? &g->would : &g->done, cell->action, o, *by);
	}
	return o;
}

static void
see(struct judging *j, enum outcome o, const char *signature, const char *detail)
{
	j->seen[o] = 1;
	if (j->signature[o] == NULL)
		j->signature[o] = signature;
	if (j->detail[o] == NULL)
		j->detail[o] = detail;
}

/* One finding, through exceptions, rules and table.  What it is in the end, the gravest of all groups. */
static enum outcome
finding_take(struct judging *j, const struct finding *f, const struct rules_part *rp, const struct rule **by)
{
	const struct exception *e = exception_find(j, f);
	const struct rule *rule;
	enum outcome o, worst = OUTCOME_CLEAN;
	rule_mask mask;
	size_t i;

	*by = NULL;
	if (e != NULL) {
		exception_note(j, f, e);
		return f->outcome;
	}
	mask = rules_finding(&j->rules, rp, f->outcome, f->signature);
	/* A rule about a sender, say, forbids the message, not each of its parts. */
	if (f->outcome == OUTCOME_CLEAN && f->part != NULL && f->part->path != NULL && strcmp(f->part->path, "0") != 0)
		mask &= j->rules_of_parts;
	for (i = 0; i < j->groups_count; i++) {
		o = decide_finding(j, &j->groups[i], f, mask, &rule);
		j->groups[i].outcome = outcome_worse(j->groups[i].outcome, o);
		if (i == 0 || graver(o, worst)) {
			worst = o;
			*by = rule;
		}
		/* The old detail is that of the old outcome; of an archive it may be a member's name, which not all may see. */
		see(j, o, f->signature, o != f->outcome && rule != NULL ? rule->name : f->detail);
	}
	return worst;
}

/* ---- parts ---- */

/* The container of a member is the last part before it whose path its own goes on from; mostly that of the member before. */
static uint32_t
container_find(const struct scan_result *scan, uint32_t i, uint32_t last)
{
	const char *path = scan->parts[i].path, *slash = path != NULL ? strrchr(path, '/') : NULL;
	uint32_t k;
	size_t n;

	if (slash == NULL)
		return i;
	n = (size_t)(slash - path);
	if (scan->parts[last].path != NULL && strncmp(scan->parts[last].path, path, n) == 0 && scan->parts[last].path[n] == '\0')
		return last;
	for (k = i; k-- > 0;)
		if (scan->parts[k].path != NULL && strncmp(scan->parts[k].path, path, n) == 0 && scan->parts[k].path[n] == '\0')
			return k;
	return i;
}

static int
containers_count(struct judging *j)
{
	const struct scan_result *scan = j->facts->scan;
	uint32_t i, c = 0;

	if (j->policy->rules.count == 0)
		return 0;
	if ((j->container = calloc(scan->parts_count, sizeof(*j->container))) == NULL ||
	    (j->members = calloc(scan->parts_count, sizeof(*j->members))) == NULL ||
	    (j->members_size = calloc(scan->parts_count, sizeof(*j->members_size))) == NULL)
		return -1;
	for (i = 0; i < scan->parts_count; i++) {
		if (!scan->parts[i].member || (c = container_find(scan, i, c)) == i) {
			j->container[i] = i;
			continue;
		}
		j->container[i] = c;
		j->members[c]++;
		if (j->members_size[c] + scan->parts[i].size < j->members_size[c])
			j->members_size[c] = UINT64_MAX;	/* sizes are what archives say, and may be any number */
		else
			j->members_size[c] += scan->parts[i].size;
	}
	return 0;
}

/* The raw message repeats what its parts have: rules and exceptions are to be asked about the part. */
static int
repeated(const struct judging *j, uint32_t i)
{
	const struct scan_result *scan = j->facts->scan;
	const struct part *p = &scan->parts[i];
	uint32_t k;

	if (p->path == NULL || strcmp(p->path, "0") != 0 || p->outcome == OUTCOME_CLEAN)
		return 0;
	for (k = 0; k < scan->parts_count; k++)
		if (k != i && scan->parts[k].outcome == p->outcome && same_text(scan->parts[k].signature, p->signature))
			return 1;
	return 0;
}

static void
part_fill(const struct judging *j, uint32_t i, struct rules_part *rp)
{
	rp->part = &j->facts->scan->parts[i];
	name_read(rp->part->name, rp->part->names, &rp->names);
	rp->container = NULL;
	rp->depth = part_depth(rp->part->path);
	rp->members = 0;
	rp->members_size = 0;
	if (j->container != NULL) {
		if (j->container[i] != i)
			rp->container = j->facts->scan->parts[j->container[i]].real_type;
		rp->members = j->members[i];
		rp->members_size = j->members_size[i];
	}
	rules_part(&j->rules, rp);
}

/* All findings of one part. */
static void
part_judge(struct judging *j, uint32_t i, struct rules_part *rp)
{
	const struct part *p = &j->facts->scan->parts[i];
	struct finding found[3];
	struct part_judged *pj = &j->v->judged[i];
	const struct rule *by;
	const char *why;
	enum outcome o;
	size_t n = 0, k;

	part_fill(j, i, rp);
	o = (unsigned int)p->outcome < OUTCOME_MAX ? p->outcome : OUTCOME_NOT_SCANNED;
	if (o != OUTCOME_CLEAN && !repeated(j, i))
		found[n++] = (struct finding){ o, p, p->signature, p->detail };
	if ((why = name_readings_blocked(&rp->names, j->policy->blocked_extensions)) != NULL ||
	    (j->policy->misnamed && (why = attach_misnamed(p, &rp->names)) != NULL))
		found[n++] = (struct finding){ OUTCOME_BLOCKED, p, NULL, why };
	if (rp->names.more)
		found[n++] = (struct finding){ OUTCOME_LIMIT, p, NULL, "names of a part" };
	if (n == 0 && o == OUTCOME_CLEAN)
		found[n++] = (struct finding){ o, p, p->signature, p->detail };
	j->v->parts[i] = n == 0 ? o : OUTCOME_CLEAN;
	for (k = 0; k < n; k++) {
		o = finding_take(j, &found[k], rp, &by);
		if (k == 0 || graver(o, j->v->parts[i])) {
			j->v->parts[i] = o;
			pj->rule = by != NULL ? by->name : NULL;
			pj->why = o != OUTCOME_BLOCKED ? NULL : found[k].outcome == OUTCOME_BLOCKED || by == NULL ?
			    found[k].detail : by->name;
		}
	}
}

static void
message_finding(struct judging *j, enum outcome o, const char *detail)
{
	const struct finding f = { o, NULL, NULL, detail };
	const struct rule *by;

	finding_take(j, &f, NULL, &by);
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

/* The first of the walker's tokens that is always hard, or NULL: soft ones stand among them. */
static const char *
hard_reason(const struct scan_result *scan)
{
	const struct ambiguity_meaning *m;
	uint32_t i;

	for (i = 0; i < scan->reasons_count; i++)
		if ((m = ambiguity_meaning(scan->reasons[i])) != NULL && strcmp(m->grave, "hard") == 0)
			return scan->reasons[i];
	return NULL;
}

/* A bound that was reached does not hide what was seen before it: who wants to be taken for large is judged as ambiguous, too. */
static void
ambiguity_judge(struct judging *j, const struct scan_result *scan)
{
	const char *hard = hard_reason(scan);

	if (scan->ambiguity == AMBIGUITY_HARD || (scan->ambiguity == AMBIGUITY_LIMIT && hard != NULL))
		message_finding(j, OUTCOME_AMBIGUOUS, hard != NULL ? hard : scan->reasons_count > 0 ? scan->reasons[0] : NULL);
	if (scan->ambiguity == AMBIGUITY_LIMIT)
		message_finding(j, OUTCOME_LIMIT, limit_reason(scan));
}

/* What the reader's program would fetch or put together was not in the message. */
static void
elsewhere(struct judging *j, const struct scan_result *scan)
{
	uint32_t i;

	for (i = 0; i < scan->reasons_count; i++)
		if (strcmp(scan->reasons[i], "PARTIAL") == 0 || strcmp(scan->reasons[i], "EXTERNAL") == 0)
			message_finding(j, OUTCOME_UNOPENED, scan->reasons[i]);
}

static int
findings_collect(struct judging *j)
{
	const struct message_facts *facts = j->facts;
	const struct scan_result *scan = facts->scan;
	struct rules_part rp;
	uint32_t i;

	if (scan == NULL) {
		message_finding(j, facts->scan_failed == OUTCOME_CLEAN || (unsigned int)facts->scan_failed >= OUTCOME_MAX ?
		    OUTCOME_NOT_SCANNED : facts->scan_failed, facts->scan_detail);
		return 0;
	}
	if (scan->parts_count == 0)
		message_finding(j, OUTCOME_NOT_SCANNED, "no parts");
	else {
		if ((j->v->parts = calloc(scan->parts_count, sizeof(*j->v->parts))) == NULL ||
		    (j->v->judged = calloc(scan->parts_count, sizeof(*j->v->judged))) == NULL || containers_count(j) == -1)
			return -1;
		exceptions_name_parts(j);
		for (i = 0; i < scan->parts_count; i++)
			part_judge(j, i, &rp);
	}
	ambiguity_judge(j, scan);
	elsewhere(j, scan);
	return 0;
}

/* ---- the message ---- */

static void
outcome_fill(struct judging *j)
{
	struct verdict *v = j->v;
	unsigned int i;

	v->outcome = OUTCOME_CLEAN;
	for (i = 0; i < OUTCOME_MAX; i++)
		if (j->seen[i])
			v->outcome = outcome_worse(v->outcome, (enum outcome)i);
	v->signature = j->signature[v->outcome];
	v->detail = j->detail[v->outcome];
	if (v->outcome != OUTCOME_CLEAN || j->excepted == OUTCOME_CLEAN)
		return;
	/* The engine stops at what it finds: nobody knows that the rest of that part is clean. */
	v->excepted = 1;
	v->outcome = j->excepted;
	v->signature = j->excepted_first.signature;
	v->detail = j->excepted_first.detail;
}

static void
rule_name(const struct verdict *v, const struct choice *c, char *out, size_t size)
{
	if (c->rule != NULL)
		snprintf(out, size, "rule.%s", c->rule->name);
	else if (v->excepted && c->action == ACTION_ACCEPT)
		snprintf(out, size, "exception.%s", v->exceptions[0].id);
	else
		snprintf(out, size, "%s.%s", class_str(v->class), outcome_str(c->by));
}

/* The end of a group: the action of clean, and who is named where nothing is done. */
static void
group_end(struct judging *j, struct group *g)
{
	const struct policy_action *cell = &j->policy->actions[j->v->class][OUTCOME_CLEAN];

	if (g->outcome == OUTCOME_CLEAN && !j->v->excepted)
		offer(j->policy->observe || cell->watch ? &g->would : &g->done, cell->action, OUTCOME_CLEAN, NULL);
	if (g->done.action == ACTION_ACCEPT && g->done.by != g->outcome) {
		g->done.by = g->outcome;
		g->done.rule = NULL;
	}
	if (g->would.action <= g->done.action)
		g->would = g->done;
}

static int
stricter(const struct choice *a, const struct choice *b)
{
	return a->action > b->action || (a->action == b->action && graver(a->by, b->by));
}

static int
recipients_fill(struct judging *j)
{
	struct verdict *v = j->v;
	size_t i;

	if (j->groups_count < 2) {
		free(v->recipient_of);
		v->recipient_of = NULL;
		return 0;
	}
	if ((v->recipients = calloc(j->groups_count, sizeof(*v->recipients))) == NULL)
		return -1;
	v->recipients_count = j->groups_count;
	for (i = 0; i < j->groups_count; i++) {
		struct group *g = &j->groups[i];
		struct recipient_result *r = &v->recipients[i];

		r->rcpts = g->rcpts;
		r->action = g->done.action;
		r->would = g->would.action;
		rule_name(v, &g->done, r->rule, sizeof(r->rule));
		rule_name(v, &g->would, r->would_rule, sizeof(r->would_rule));
	}
	return 0;
}

/* The stricter wins for the message: it cannot be refused for one and delivered to another. */
static void
action_fill(struct judging *j, enum outcome *decided)
{
	const struct choice *done, *would;
	struct verdict *v = j->v;
	size_t i;

	for (i = 0; i < j->groups_count; i++)
		group_end(j, &j->groups[i]);
	done = &j->groups[0].done;
	would = &j->groups[0].would;
	for (i = 1; i < j->groups_count; i++) {
		if (stricter(&j->groups[i].done, done))
			done = &j->groups[i].done;
		if (stricter(&j->groups[i].would, would))
			would = &j->groups[i].would;
	}
	if (would->action <= done->action)
		would = done;
	*decided = done->by;
	v->action = done->action;
	v->would = would->action;
	rule_name(v, done, v->rule, sizeof(v->rule));
	rule_name(v, would, v->would_rule, sizeof(v->would_rule));
}

static void
partners_name(struct judging *j)
{
	const struct verdict *v = j->v;
	size_t i;

	for (i = 0; i < v->partners_count && i < PARTNER_RESULTS_MAX; i++)
		if (v->partners[i].confirmed != PARTNER_BY_NONE)
			j->partners[j->rules.partners_count++] = v->partners[i].partner->name;
}

int
findings_judge(const struct policy *policy, const struct message_facts *facts, struct verdict *v, enum outcome *decided)
{
	struct judging j;
	int rc = -1;

	memset(&j, 0, sizeof(j));
	j.policy = policy;
	j.facts = facts;
	j.v = v;
	j.excepted = OUTCOME_CLEAN;
	j.rules.rules = &policy->rules;
	j.rules.facts = facts;
	j.rules.class = v->class;
	j.rules.partners = j.partners;
	partners_name(&j);
	rules_message(&j.rules);
	j.rules_of_parts = rules_of_parts(&policy->rules);
	if (groups_make(&j) == -1 || findings_collect(&j) == -1)
		goto out;
	outcome_fill(&j);
	action_fill(&j, decided);
	rc = recipients_fill(&j);
out:
	free(j.groups);
	free(j.container);
	free(j.members);
	free(j.members_size);
	return rc;
}
