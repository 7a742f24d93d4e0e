/* SPDX-License-Identifier: ISC */
/* Rules about findings and attachments: which hold for a message, a part, a finding, a recipient. */
/*
 * Called by policy.c, and by the configuration for rules_check().  Owns its
 * lists.  Every question is asked once and answered as a bit per rule, so that
 * many recipients cost no more than many parts do.  It decides nothing: what
 * follows from the first rule that holds is policy.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "judge/pattern.h"
#include "judge/policy.h"
#include "judge/rules.h"

#define BIT(n)	((rule_mask)1 << (n))
#define ABOUT_CONTENT	(1u << OUTCOME_CLEAN | 1u << OUTCOME_PUA | 1u << OUTCOME_ENCRYPTED | 1u << OUTCOME_MACRO |	\
	    1u << OUTCOME_BLOCKED | 1u << OUTCOME_AMBIGUOUS | 1u << OUTCOME_LIMIT | 1u << OUTCOME_UNOPENED)
#define NO_PARTS	(1u << OUTCOME_TIMEOUT | 1u << OUTCOME_CRASH | 1u << OUTCOME_UNAVAILABLE)
#define SIGNED		(1u << OUTCOME_INFECTED | 1u << OUTCOME_PUA | 1u << OUTCOME_MACRO | 1u << OUTCOME_ENCRYPTED | \
	    1u << OUTCOME_LIMIT)

static void
list_free(char **list)
{
	char **p;

	for (p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

/* The lists of a rule, and what each asks of. */
#define RULE_LISTS(X)							\
	X(signatures) X(extensions) X(extensions_not) X(names) X(types)	\
	X(real_types) X(containers) X(reasons) X(partners) X(senders) X(recipients)

void
rules_free(struct rules *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->count; i++) {
		free(rules->list[i].name);
#define X(m) list_free(rules->list[i].m);
		RULE_LISTS(X)
#undef X
	}
	free(rules->list);
	rules->list = NULL;
	rules->count = 0;
}

/* ---- rules that can never do what they say ---- */

static int
asks_part(const struct rule *r)
{
	return r->extensions != NULL || r->extensions_not != NULL || r->names != NULL || r->types != NULL ||
	    r->real_types != NULL || r->containers != NULL || r->member != -1 || r->encrypted != -1 || r->larger != 0 ||
	    r->deeper != 0 || r->members != 0 || r->expansion != 0;
}

static int
asks_anything(const struct rule *r)
{
	return asks_part(r) || r->outcomes != 0 || r->classes != 0 || r->signatures != NULL || r->reasons != NULL ||
	    r->partners != NULL || r->senders != NULL || r->recipients != NULL;
}

static const char *
never_holds(const struct rule *r)
{
	const uint32_t retried = NO_PARTS | 1u << OUTCOME_NOT_SCANNED;

	if (!asks_anything(r))
		return "asks nothing, so it would be about all mail: when = { ... }";
	if (r->partners != NULL && r->classes != 0 && (r->classes & (1u << CLASS_MX | 1u << CLASS_RELAY)) == 0)
		return "partners come as mx or relay, never as the classes it asks for";
	if (r->signatures != NULL && r->outcomes != 0 && (r->outcomes & SIGNED) == 0)
		return "no finding of the outcomes that it asks for has a signature";
	if ((asks_part(r) || r->signatures != NULL) && r->outcomes != 0 &&
	    (r->outcomes & ~(NO_PARTS | 1u << OUTCOME_AMBIGUOUS)) == 0)
		return "asks for a part, but the outcomes that it asks for are those of a whole message";
	if (r->types != NULL && r->member == 1)
		return "a member of a container has no declared type: want real_type";
	if (r->containers != NULL && r->member == 0)
		return "asks for a container, and for what is in none";
	if ((r->members != 0 || r->expansion != 0) && r->member == 1)
		return "members are counted for the attachment, however deep they are, and not for a member";
	if (r->has_action && r->action == ACTION_TEMPFAIL && (r->outcomes == 0 || (r->outcomes & ~retried) != 0))
		return "tempfail cannot help, as a retry would find the same: want \"tag\", \"quarantine\", \"reject\" or \"accept\"";
	if (!r->has_action && r->outcomes == 1u << r->outcome)
		return "its outcome is what it asks for already";
	return NULL;
}

static int
list_same(char *const *a, char *const *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcasecmp(*a, *b) != 0)
			return 0;
	return *a == *b;
}

/* Does a hold wherever b does?  Only by what is written alike. */
static int
covers(const struct rule *a, const struct rule *b)
{
	/* Without either, a rule is not about what is infected. */
	if (a->outcomes == 0 && a->signatures == NULL && (b->outcomes != 0 || b->signatures != NULL) &&
	    (b->outcomes & ~ABOUT_CONTENT) != 0)
		return 0;
	if (a->outcomes == 0 && a->signatures == NULL && b->outcomes == 0 && b->signatures != NULL)
		return 0;
	if (a->outcomes != 0 && (b->outcomes == 0 || (b->outcomes & ~a->outcomes) != 0))
		return 0;
	if (a->classes != 0 && (b->classes == 0 || (b->classes & ~a->classes) != 0))
		return 0;
#define X(m) if (a->m != NULL && !list_same(a->m, b->m)) return 0;
	RULE_LISTS(X)
#undef X
	return (a->member == -1 || a->member == b->member) && (a->encrypted == -1 || a->encrypted == b->encrypted) &&
	    a->larger <= b->larger && a->deeper <= b->deeper && a->members <= b->members && a->expansion <= b->expansion;
}

int
rules_check(const struct rules *rules, char *why, size_t size)
{
	const char *never;
	size_t i, k;

	for (i = 0; i < rules->count; i++) {
		if ((never = never_holds(&rules->list[i])) != NULL) {
			snprintf(why, size, "%s", never);
			return (int)i;
		}
		for (k = 0; k < i; k++)
			if (!rules->list[k].watch && covers(&rules->list[k], &rules->list[i])) {
				snprintf(why, size, "is never reached: rule %s before it holds wherever this one does",
				    rules->list[k].name);
				return (int)i;
			}
	}
	return -1;
}

/* ---- the message ---- */

/* An address, or a domain with those below it. */
static int
address_listed(char *const *list, const char *address)
{
	const char *at;
	size_t have, n;

	if (address == NULL || *address == '\0')
		return 0;
	at = strrchr(address, '@');
	have = at != NULL ? strlen(at + 1) : 0;
	for (; *list != NULL; list++) {
		if (strchr(*list, '@') != NULL) {
			if (strcasecmp(*list, address) == 0)
				return 1;
			continue;
		}
		n = strlen(*list);
		if (at != NULL && have >= n && strcasecmp(at + 1 + have - n, *list) == 0 &&
		    (have == n || at[have - n] == '.'))
			return 1;
	}
	return 0;
}

static int
partner_listed(char *const *list, const struct rules_message *m)
{
	size_t i;

	for (; *list != NULL; list++)
		for (i = 0; i < m->partners_count; i++)
			if (strcasecmp(*list, m->partners[i]) == 0)
				return 1;
	return 0;
}

static int
reason_listed(char *const *list, const struct scan_result *scan)
{
	uint32_t i;

	for (i = 0; scan != NULL && i < scan->reasons_count; i++)
		if (pattern_listed(list, scan->reasons[i]) != NULL)
			return 1;
	return 0;
}

void
rules_message(struct rules_message *m)
{
	size_t i;

	m->mask = 0;
	for (i = 0; i < m->rules->count; i++) {
		const struct rule *r = &m->rules->list[i];

		if ((r->classes == 0 || (r->classes & 1u << m->class) != 0) &&
		    (r->partners == NULL || partner_listed(r->partners, m)) &&
		    (r->senders == NULL || address_listed(r->senders, m->facts->mail)) &&
		    (r->reasons == NULL || reason_listed(r->reasons, m->facts->scan)))
			m->mask |= BIT(i);
	}
}

rule_mask
rules_recipient(const struct rules *rules, const char *address)
{
	rule_mask mask = 0;
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->list[i].recipients == NULL || address_listed(rules->list[i].recipients, address))
			mask |= BIT(i);
	return mask;
}

rule_mask
rules_with_recipients(const struct rules *rules)
{
	rule_mask mask = 0;
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->list[i].recipients != NULL)
			mask |= BIT(i);
	return mask;
}

/* ---- a part ---- */

rule_mask
rules_of_parts(const struct rules *rules)
{
	rule_mask mask = 0;
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (asks_part(&rules->list[i]))
			mask |= BIT(i);
	return mask;
}

uint32_t
part_depth(const char *path)
{
	uint32_t n = 0;

	for (; path != NULL && *path != '\0'; path++)
		n += *path == '/' || *path == '>';
	return n;
}

static int
extension_in(char *const *list, const struct name_readings *names)
{
	return name_readings_blocked(names, list) != NULL;
}

/* Some reading has none of the list: whoever may send only these gets no second name past it. */
static int
extension_out(char *const *list, const struct name_readings *names)
{
	size_t i, n;
	const char *s;
	char *const *p;

	for (i = 0; i < names->count; i++) {
		s = names->list[i];
		for (p = list; *p != NULL; p++) {
			n = strlen(*p);
			if (strlen(s) > n && s[strlen(s) - n - 1] == '.' && strcmp(s + strlen(s) - n, *p) == 0)
				break;
		}
		if (*p == NULL)
			return 1;
	}
	return 0;
}

static int
name_listed(char *const *list, const struct name_readings *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (pattern_listed(list, names->list[i]) != NULL)
			return 1;
	return 0;
}

static int
is_encrypted(const struct part *p)
{
	return p->encrypted || p->outcome == OUTCOME_ENCRYPTED ||
	    (p->signature != NULL && strncasecmp(p->signature, "Heuristics.Encrypted.", 21) == 0);
}

static int
holds_for_part(const struct rule *r, const struct rules_part *rp)
{
	const struct part *p = rp->part;

	if (r->extensions != NULL && !extension_in(r->extensions, &rp->names))
		return 0;
	if (r->extensions_not != NULL && !extension_out(r->extensions_not, &rp->names))
		return 0;
	if (r->names != NULL && !name_listed(r->names, &rp->names))
		return 0;
	if (r->types != NULL && pattern_listed(r->types, p->type) == NULL)
		return 0;
	if (r->real_types != NULL && pattern_listed(r->real_types, p->real_type) == NULL)
		return 0;
	if (r->containers != NULL && pattern_listed(r->containers, rp->container) == NULL)
		return 0;
	if ((r->member != -1 && r->member != (p->member != 0)) || (r->encrypted != -1 && r->encrypted != is_encrypted(p)))
		return 0;
	if (p->size < r->larger || (r->larger != 0 && p->size == r->larger) || (r->deeper != 0 && rp->depth <= r->deeper))
		return 0;
	if (r->members != 0 && rp->members <= r->members)
		return 0;
	return r->expansion == 0 || (p->size > 0 && rp->members_size / r->expansion >= p->size &&
	    rp->members_size > p->size * r->expansion);
}

void
rules_part(const struct rules_message *m, struct rules_part *rp)
{
	int whole = rp->part->path == NULL || strcmp(rp->part->path, "0") == 0;
	size_t i;

	rp->mask = 0;
	for (i = 0; i < m->rules->count; i++) {
		const struct rule *r = &m->rules->list[i];

		if ((m->mask & BIT(i)) != 0 && (!asks_part(r) || (!whole && holds_for_part(r, rp))))
			rp->mask |= BIT(i);
	}
}

/* ---- a finding ---- */

static int
holds_for_finding(const struct rule *r, int part, enum outcome outcome, const char *signature)
{
	if (!part && (asks_part(r) || r->signatures != NULL))
		return 0;
	if (r->outcomes != 0 && (r->outcomes & 1u << outcome) == 0)
		return 0;
	if (r->signatures != NULL)
		return pattern_listed(r->signatures, signature) != NULL;
	return r->outcomes != 0 || (ABOUT_CONTENT & 1u << outcome) != 0;
}

rule_mask
rules_finding(const struct rules_message *m, const struct rules_part *rp, enum outcome outcome, const char *signature)
{
	rule_mask in = rp != NULL ? rp->mask : m->mask, mask = 0;
	size_t i;

	for (i = 0; in != 0 && i < m->rules->count; i++)
		if ((in & BIT(i)) != 0 && holds_for_finding(&m->rules->list[i], rp != NULL, outcome, signature))
			mask |= BIT(i);
	return mask;
}
