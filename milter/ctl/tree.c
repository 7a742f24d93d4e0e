/* SPDX-License-Identifier: ISC */
/* The objects of a message as a tree for people: where each was found, what it is, what became of it. */
/*
 * Called by show.c.  Paths are a scanner's words: which part lies in which is worked out from them
 * in n log n, without recursion, and whatever they say each part is shown once.  Judges nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/tree.h"

#define INDENT		4
#define LEVELS_MAX	16	/* deeper ones stand below each other */
#define DIGEST_SHORT	6	/* octets of a digest: enough to find it in the record or in extract's index */
#define LINE_MAX_LEN	(64u * 1024)
#define NONE		UINT32_MAX

struct node {
	uint32_t	parent, child, last, next;	/* of parts; NONE */
	int		level;
};

struct tree {
	const struct part *parts;
	struct node	*nodes;
	uint32_t	*sorted;	/* by path */
	uint32_t	 count;
};

/* ---- which lies in which ---- */

static int
by_path(const void *a, const void *b, void *arg)
{
	const struct part *parts = arg;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	int c = strcmp(parts[i].path, parts[k].path);

	return c != 0 ? c : i < k ? -1 : i > k;
}

/* The part with the path's first n octets, or NONE. */
static uint32_t
tree_find(const struct tree *t, const char *path, size_t n)
{
	uint32_t low = 0, high = t->count, mid;
	const char *p;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		p = t->parts[t->sorted[mid]].path;
		if ((c = strncmp(p, path, n)) == 0 && p[n] != '\0')
			c = 1;
		if (c == 0)
			return t->sorted[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NONE;
}

/* The longest beginning of its path, cut before a separator, that is a part; else the message. */
static uint32_t
parent_of(const struct tree *t, uint32_t i)
{
	const char *path = t->parts[i].path;
	size_t n = strlen(path);
	uint32_t p;
	int cuts = 0;

	if (i == 0)
		return NONE;
	while (n > 0 && cuts <= LEVELS_MAX) {
		for (n--; n > 0 && strchr("./>", path[n]) == NULL; n--)
			continue;
		if (n > 0 && (p = tree_find(t, path, n)) != NONE && p != i)
			return p;
		cuts++;
	}
	return 0;
}

static void
tree_free(struct tree *t)
{
	free(t->nodes);
	free(t->sorted);
}

static int
tree_make(struct tree *t, const struct part *parts, uint32_t count)
{
	struct node *n, *p;
	uint32_t i;

	memset(t, 0, sizeof(*t));
	t->parts = parts;
	t->count = count;
	if ((t->nodes = calloc(count, sizeof(*t->nodes))) == NULL || (t->sorted = calloc(count, sizeof(*t->sorted))) == NULL) {
		tree_free(t);
		return -1;
	}
	for (i = 0; i < count; i++) {
		t->sorted[i] = i;
		t->nodes[i] = (struct node){ NONE, NONE, NONE, NONE, 0 };
	}
	qsort_r(t->sorted, count, sizeof(*t->sorted), by_path, (void *)(uintptr_t)parts);
	for (i = 1; i < count; i++) {
		n = &t->nodes[i];
		n->parent = parent_of(t, i);
		p = &t->nodes[n->parent];
		if (p->child == NONE)
			p->child = i;
		else
			t->nodes[p->last].next = i;
		p->last = i;
	}
	return 0;
}

/* The next one to be shown after i: its first child, or what follows it or one of those around it.  NONE: no more. */
static uint32_t
tree_next(struct tree *t, uint32_t i)
{
	uint32_t next = t->nodes[i].child;

	if (next == NONE) {
		while (i != NONE && t->nodes[i].next == NONE)
			i = t->nodes[i].parent;
		next = i == NONE ? NONE : t->nodes[i].next;
	}
	if (next != NONE)
		t->nodes[next].level = t->nodes[t->nodes[next].parent].level + 1;
	return next;
}

/* ---- one part ---- */

static void
line(struct buf *b, const struct text *t, struct buf *tmp, int in)
{
	buf_addc(tmp, '\n');
	text_wrap(b, tmp->data != NULL ? tmp->data : "\n", t->width, in + 2);
	buf_reset(tmp);
}

static const struct rule *
rule_find(const struct rules *rules, const char *name)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (strcmp(rules->list[i].name, name) == 0)
			return &rules->list[i];
	return NULL;
}

/* " -> reject by mx.infected", " -> tag by rule.zips", " by rule.zips -> reject by mx.blocked" */
static void
put_decided(struct buf *b, const struct show *s, enum outcome o, const char *rule_name)
{
	const struct policy *policy = &s->conf->front->policy;
	const struct rule *rule = rule_name != NULL ? rule_find(&policy->rules, rule_name) : NULL;
	const struct policy_action *a = &policy->actions[s->verdict->class][o];

	if (rule != NULL && rule->has_action) {
		buf_addf(b, " -> %s%s by rule.%s", rule->watch ? "watch:" : "", action_str((enum action)rule->action), rule->name);
		return;
	}
	if (rule != NULL)
		buf_addf(b, " by rule.%s", rule->name);
	if (o != OUTCOME_CLEAN)
		buf_addf(b, " -> %s%s by %s.%s", a->watch ? "watch:" : "", action_str(a->action), class_str(s->verdict->class),
		    outcome_str(o));
}

static void
put_first(struct buf *b, const struct text *t, const struct show *s, uint32_t i)
{
	const struct part *p = &s->facts->scan->parts[i];
	const struct part_judged *judged = s->verdict->judged != NULL ? &s->verdict->judged[i] : NULL;

	text_colour(b, t, TEXT_BOLD, p->path);
	if (p->name != NULL) {
		buf_addc(b, ' ');
		text_add(b, p->name, TEXT_UNLIMITED);
	} else if (i == 0)
		buf_addz(b, " the message as a whole");
	buf_addz(b, ": ");
	show_part_finding(b, t, s, i);
	put_decided(b, s, show_part_outcome(s, i), judged != NULL ? judged->rule : NULL);
}

/* Facts about it, with commas between. */
static void
put_second(struct buf *b, const struct part *p)
{
	char size[32];
	int k;

	if (p->member)
		buf_addf(b, "%smember, ", p->encrypted ? "encrypted " : "");
	else {
		text_add(b, p->type != NULL ? p->type : "no declared type", TEXT_UNLIMITED);
		buf_addz(b, ", ");
	}
	buf_addz(b, "really ");
	text_add(b, p->real_type != NULL ? p->real_type : "unknown", TEXT_UNLIMITED);
	buf_addf(b, ", %s", text_size(p->size, size, sizeof(size)));
	if (p->decoder != NULL) {
		buf_addz(b, ", decoded by ");
		text_add(b, p->decoder, TEXT_UNLIMITED);
	}
	if (p->view != NULL) {
		buf_addz(b, ", only in reading ");
		text_add(b, p->view, TEXT_UNLIMITED);
	}
	if (p->member)
		return;
	buf_addz(b, ", sha256 ");
	for (k = 0; k < DIGEST_SHORT; k++)
		buf_addf(b, "%02x", p->sha256[k]);
}

static void
put_names(struct buf *b, const char *names)
{
	char name[1024];
	size_t n;
	int first = 1;

	for (; *names != '\0'; names += n + (names[n] != '\0'), first = 0) {
		n = strcspn(names, "\n");
		snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1), names);
		buf_addz(b, first ? "also called " : ", ");
		text_add(b, name, TEXT_UNLIMITED);
	}
}

static void
part_write(struct buf *b, const struct text *t, const struct show *s, uint32_t i, int level)
{
	const struct part *p = &s->facts->scan->parts[i];
	int in = INDENT + 2 * (level < LEVELS_MAX ? level : LEVELS_MAX);
	struct buf tmp;

	buf_init(&tmp, LINE_MAX_LEN);
	buf_addf(&tmp, "%*s", in, "");
	put_first(&tmp, t, s, i);
	line(b, t, &tmp, in);
	buf_addf(&tmp, "%*s", in + 2, "");
	put_second(&tmp, p);
	line(b, t, &tmp, in);
	if (p->names != NULL && p->names[0] != '\0') {
		buf_addf(&tmp, "%*s", in + 2, "");
		put_names(&tmp, p->names);
		line(b, t, &tmp, in);
	}
	buf_free(&tmp);
}

void
tree_write(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	struct tree tree;
	uint32_t i;

	if (tree_make(&tree, scan->parts, scan->parts_count) == -1) {
		buf_addz(b, "  (no memory for the tree of parts)\n");
		return;
	}
	for (i = 0; i != NONE; i = tree_next(&tree, i))
		part_write(b, t, s, i, tree.nodes[i].level);
	tree_free(&tree);
}
