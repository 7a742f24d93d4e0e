/* SPDX-License-Identifier: ISC */
/* Records of one queue id -> stories: what came, and the deliveries that are its own. */
/*
 * Called by explain.  Neither Postfix nor Sendmail has an id that never
 * comes again, so the join is gateway, queue id and time, and time decides.
 * It does not read files or records, and shows nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/story.h"

#define SLACK_MS	2000u		/* a log's stamps are cut to seconds: a delivery may seem to come before its message */
#define STAGE_MS	7200000u	/* from a refused recipient to the end of the message: a large one over a slow line */

int
story_gateway_is(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), n = la < lb ? la : lb;

	if (strncasecmp(a, b, n) != 0)
		return 0;
	return la == lb || (la > n ? a[n] : b[n]) == '.';
}

int
stories_add(struct stories *s, const struct story_item *item, const char *text, size_t len)
{
	size_t max = item->kind == STORY_DELIVERY ? STORY_ITEMS_MAX : 2 * STORY_ITEMS_MAX, size;
	struct story_item *p;

	if (s->count >= max || s->bytes + len > (item->kind == STORY_DELIVERY ? 1 : 2) * (uint64_t)STORY_BYTES_MAX) {
		s->dropped++;
		return 0;
	}
	if (s->count == s->size) {
		size = s->size == 0 ? 64 : 2 * s->size;
		if ((p = reallocarray(s->items, size, sizeof(*p))) == NULL)
			return -1;
		s->items = p;
		s->size = size;
	}
	p = &s->items[s->count];
	*p = *item;
	p->story = STORY_NONE;
	if ((p->text = malloc(len + 1)) == NULL)
		return -1;
	memcpy(p->text, text, len);
	p->text[len] = '\0';
	p->len = len;
	s->bytes += len;
	s->count++;
	return 0;
}

void
stories_free(struct stories *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->items[i].text);
	free(s->items);
	free(s->list);
	memset(s, 0, sizeof(*s));
}

static uint64_t
place(const struct story_item *i)
{
	return i->time_ms + (i->kind == STORY_DELIVERY ? SLACK_MS : 0);
}

static int
by_time(const void *a, const void *b)
{
	const struct story_item *x = a, *y = b;

	if (place(x) != place(y))
		return place(x) < place(y) ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->id, y->id);
}

static struct story *
story_new(struct stories *s, const struct story_item *i)
{
	struct story *t = &s->list[s->list_count++];

	t->begin_ms = i->time_ms;
	t->first = (size_t)(i - s->items);
	t->message = t->stage = STORY_NONE;
	t->deliveries = 0;
	return t;
}

/* A refusal at RCPT before it, of the same transaction. */
static size_t
find_stage(const struct stories *s, const struct story_item *i)
{
	const struct story *t;
	size_t k;

	for (k = s->list_count; k-- > 0;) {
		t = &s->list[k];
		if (t->begin_ms + STAGE_MS < i->time_ms)
			break;
		if (t->message == STORY_NONE && t->stage != STORY_NONE && story_gateway_is(s->items[t->stage].gateway, i->gateway))
			return k;
	}
	return STORY_NONE;
}

/* Whose delivery it is: of the nearest message before it, or else of those that have none either. */
static size_t
find_owner(const struct stories *s, const struct story_item *i)
{
	size_t k, orphans = STORY_NONE;
	const struct story *t;

	for (k = s->list_count; k-- > 0;) {
		t = &s->list[k];
		if (t->begin_ms + STORY_WINDOW_MS < i->time_ms)
			break;
		if (t->message != STORY_NONE && story_gateway_is(s->items[t->message].gateway, i->gateway))
			return k;
		/* the list is by time: what lies before a message of the gateway is not looked at */
		if (orphans == STORY_NONE && t->message == STORY_NONE && t->stage == STORY_NONE &&
		    strcasecmp(s->items[t->first].gateway, i->gateway) == 0)
			orphans = k;
	}
	return orphans;
}

/* Stories are made in the order of time already; a message takes the place of the refusal before it. */
static void
place_item(struct stories *s, size_t at)
{
	struct story_item *i = &s->items[at];
	struct story *t;
	size_t k = STORY_NONE;

	if (i->kind == STORY_MESSAGE)
		k = find_stage(s, i);
	else if (i->kind == STORY_DELIVERY)
		k = find_owner(s, i);
	if (k == STORY_NONE) {
		t = story_new(s, i);
		k = s->list_count - 1;
	} else
		t = &s->list[k];
	if (i->kind == STORY_MESSAGE)
		t->message = at;
	else if (i->kind == STORY_STAGE)
		t->stage = at;
	else
		t->deliveries++;
	i->story = k;
}

int
stories_build(struct stories *s)
{
	struct story *list;
	size_t i;

	if (s->count == 0)
		return 0;
	if ((list = reallocarray(s->list, s->count, sizeof(*list))) == NULL)
		return -1;
	s->list = list;
	s->list_count = 0;
	qsort(s->items, s->count, sizeof(*s->items), by_time);
	for (i = 0; i < s->count; i++)
		place_item(s, i);
	return 0;
}
