/* SPDX-License-Identifier: ISC */
/* What is shown of mail on hold: a table, JSON, one message's story. */
/*
 * Called by held.  Of people no more is shown than the records keep, unless the whole addresses of the queue are
 * asked for.  What comes from strangers passes text_add().
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/json.h"
#include "ctl/held.h"
#include "ctl/row.h"
#include "ctl/telling.h"
#include "ctl/when.h"

#define WIDE		116	/* from here on the finding has a column; below a line of its own */
#define W_REF		RECORD_ID_LEN
#define W_SPAN		9	/* "13 d 23 h" */
#define W_SIZE		7
#define W_FINDING	38
#define ROUTE_MIN	16
#define ROUTE_PIPE	40
#define INDENT		2
#define TO_MAX		4	/* domains that are named; the rest is counted */
#define LINE_MAX_LEN	(64u * 1024)
#define JSON_LINE_MAX	(RECORD_MAX + 1024u * 1024)
#define HANG		12

/* ---- what a message has ---- */

const char *
heldlist_outcome(const struct held_message *m)
{
	return m->record != NULL ? row_text(m->record, "outcome") : m->outcome;
}

const char *
heldlist_rule(const struct held_message *m)
{
	return m->record != NULL ? row_text(m->record, "rule") : m->rule;
}

uint64_t
heldlist_expires(const struct held *held, const struct held_message *m)
{
	uint64_t at = m->held_ms + held->set->keep_ms;

	if (held->set->keep_ms == 0 || m->released)
		return UINT64_MAX;
	if (m->warned_ms != 0 && m->warned_ms + held->set->warn_ms > at)
		at = m->warned_ms + held->set->warn_ms;
	else if (m->warned_ms == 0 && held->set->warn_ms > 0 && held->now_ms + held->set->warn_ms > at)
		at = held->now_ms + held->set->warn_ms;	/* the warning comes first */
	return at;
}

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return *address == '\0' ? "<>" : at != NULL ? at + 1 : "local";
}

/* As recorded, or where there is no record, as the queue says. */
static const char *
from_of(const struct held_message *m)
{
	const char *d = json_string_value(json_object_get(json_object_get(m->record, "from"), "domain"));

	return d == NULL ? domain_of(m->sender) : *d == '\0' ? "<>" : d;
}

static const char *
rcpt_domain(const struct held_message *m, size_t i)
{
	const json_t *to = json_object_get(m->record, "to");
	const char *d;

	if (json_array_size(to) == 0)
		return i < m->rcpts_kept ? domain_of(m->rcpts[i]) : NULL;
	if (i >= json_array_size(to))
		return NULL;
	d = json_string_value(json_object_get(json_array_get(to, i), "domain"));
	return d == NULL || *d == '\0' ? "local" : d;
}

static void
add_to(struct buf *b, const struct held_message *m)
{
	const char *seen[TO_MAX], *d;
	size_t i, k, n = 0, more = 0;

	for (i = 0; (d = rcpt_domain(m, i)) != NULL; i++) {
		for (k = 0; k < n && strcmp(seen[k], d) != 0; k++)
			continue;
		if (k < n)
			continue;
		if (n == TO_MAX) {
			more++;
			continue;
		}
		seen[n++] = d;
		buf_addf(b, "%s%.255s", n > 1 ? "," : "", d);
	}
	if (n == 0)
		buf_addc(b, '?');
	if (more > 0)
		buf_addf(b, " +%zu", more);
}

/* "infected Eicar-Test-Signature by mx.infected" */
static void
add_finding(struct buf *b, const struct held_message *m)
{
	char own[128];

	buf_addz(b, *heldlist_outcome(m) != '\0' ? heldlist_outcome(m) : "?");
	if (*row_text(m->record, "signature") != '\0')
		buf_addf(b, " %s", row_text(m->record, "signature"));
	snprintf(own, sizeof(own), ".%.100s", heldlist_outcome(m));
	if (strstr(heldlist_rule(m), own) == NULL)
		buf_addf(b, " by %s", heldlist_rule(m));
}

static void
add_left(struct buf *b, const struct held *held, const struct held_message *m)
{
	uint64_t at = heldlist_expires(held, m);
	char span[48];

	buf_addz(b, at == UINT64_MAX ? "-" : at <= held->now_ms ? "due" : text_span(at - held->now_ms, span, sizeof(span)));
}

static const char *
age_of(const struct held *held, const struct held_message *m, char *span, size_t len)
{
	return m->held_ms == 0 ? "?" : text_span(held->now_ms > m->held_ms ? held->now_ms - m->held_ms : 0, span, len);
}

void
heldlist_line(struct buf *out, const struct held *held, const struct held_message *m)
{
	char size[32], span[48];
	struct buf b;

	buf_init(&b, LINE_MAX_LEN);
	buf_addf(&b, "%s (%s): from %.255s to ", m->queue_id, m->ref, from_of(m));
	add_to(&b, m);
	buf_addf(&b, ", %s, ", text_size(m->size, size, sizeof(size)));
	add_finding(&b, m);
	buf_addf(&b, ", held for %s", age_of(held, m, span, sizeof(span)));
	text_add(out, b.data != NULL ? b.data : "?", TEXT_UNLIMITED);
	buf_free(&b);
}

/* ---- the table ---- */

struct columns {
	struct text	 t;
	int		 id, route, finding;	/* finding 0: a line of its own */
	int		 cut;
};

static void
columns_init(struct columns *c, const struct held *held)
{
	int fixed;

	memset(c, 0, sizeof(*c));
	c->t = held->ctl->out;
	c->id = held->mta == HELD_MTA_POSTFIX ? 12 : 14;
	c->cut = c->t.width != TEXT_UNLIMITED;
	c->finding = !c->cut || c->t.width >= WIDE ? W_FINDING : 0;
	c->route = ROUTE_PIPE;
	if (c->cut) {
		fixed = c->id + 1 + W_REF + 1 + 2 * (W_SPAN + 1) + W_SIZE + 1 + (c->finding > 0 ? c->finding + 1 : 0);
		c->route = c->t.width - fixed > ROUTE_MIN ? c->t.width - fixed : ROUTE_MIN;
	}
}

static void
cell(struct buf *b, const struct columns *c, enum text_colour colour, const char *s, int width)
{
	text_cell(b, &c->t, colour, s, width, c->cut);
	buf_addc(b, ' ');
}

/* One cell out of what an adder writes. */
static void
cell_of(struct buf *b, const struct columns *c, enum text_colour colour, struct buf *text, int width, int last)
{
	text_cell(b, &c->t, colour, text->data != NULL ? text->data : "?", width, last ? -c->cut : c->cut);
	if (!last)
		buf_addc(b, ' ');
	buf_reset(text);
}

static void
heading(struct buf *b, const struct columns *c)
{
	cell(b, c, TEXT_BOLD, "QUEUE-ID", c->id);
	cell(b, c, TEXT_BOLD, "REF", W_REF);
	cell(b, c, TEXT_BOLD, "HELD FOR", W_SPAN);
	cell(b, c, TEXT_BOLD, "LEFT", W_SPAN);
	cell(b, c, TEXT_BOLD, "SIZE", W_SIZE);
	text_cell(b, &c->t, TEXT_BOLD, "FROM -> TO", c->finding > 0 ? c->route : 0, 0);
	if (c->finding > 0) {
		buf_addc(b, ' ');
		text_colour(b, &c->t, TEXT_BOLD, "WHAT");
	}
	buf_addc(b, '\n');
}

static void
put_route(struct buf *b, const struct held_message *m, int full)
{
	size_t i;

	if (!full) {
		buf_addf(b, "%.255s -> ", from_of(m));
		add_to(b, m);
		return;
	}
	buf_addf(b, "%s -> ", *m->sender != '\0' ? m->sender : "<>");
	for (i = 0; i < m->rcpts_kept; i++)
		buf_addf(b, "%s%s", i > 0 ? "," : "", m->rcpts[i]);
	if (m->rcpts_count > m->rcpts_kept)
		buf_addf(b, " +%zu", m->rcpts_count - m->rcpts_kept);
}

static void
put_row(struct buf *b, const struct held *held, const struct columns *c, const struct held_message *m, int full)
{
	enum text_colour left = m->warned_ms != 0 ? TEXT_RED : TEXT_PLAIN,
	    what = strcmp(heldlist_outcome(m), "infected") == 0 ? TEXT_RED : TEXT_YELLOW;
	char size[32], span[48];
	struct buf text;

	buf_init(&text, LINE_MAX_LEN);
	cell(b, c, TEXT_PLAIN, m->queue_id, c->id);
	cell(b, c, TEXT_PLAIN, m->ref, W_REF);
	cell(b, c, TEXT_DIM, age_of(held, m, span, sizeof(span)), W_SPAN);
	add_left(&text, held, m);
	cell_of(b, c, left, &text, W_SPAN, 0);
	cell(b, c, TEXT_PLAIN, text_size(m->size, size, sizeof(size)), W_SIZE);
	put_route(&text, m, full);
	cell_of(b, c, TEXT_PLAIN, &text, c->route, c->finding == 0);
	if (c->finding == 0)
		buf_addf(b, "\n%*s", INDENT, "");
	add_finding(&text, m);
	cell_of(b, c, what, &text, c->finding > 0 ? c->finding : c->t.width - INDENT, 1);
	buf_addc(b, '\n');
	buf_free(&text);
}

void
heldlist_table(const struct held *held, int full)
{
	struct columns c;
	struct buf b;
	size_t i;

	columns_init(&c, held);
	buf_init(&b, LINE_MAX_LEN * 4);
	if (held->count > 0)
		heading(&b, &c);
	for (i = 0; i < held->count; i++) {
		put_row(&b, held, &c, &held->list[i], full);
		if (ctl_put(&b) == -1)
			break;
	}
	buf_free(&b);
}

/* ---- JSON ---- */

static void
json_time(struct json *j, const char *key, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (ms == 0 || ms == UINT64_MAX || gmtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		json_put_null(j, key);
	else
		json_str(j, key, text);
}

static void
json_rcpts(struct json *j, const struct held_message *m, int full)
{
	const char *d;
	size_t i;

	json_begin_array(j, "to");
	for (i = 0; full ? i < m->rcpts_kept : rcpt_domain(m, i) != NULL; i++) {
		d = full ? m->rcpts[i] : rcpt_domain(m, i);
		json_str(j, NULL, d);
	}
	json_end_array(j);
	json_u64(j, "rcpts", m->rcpts_count);
}

/* The members of one, without the braces. */
static void
json_message(struct json *j, const struct held *held, const struct held_message *m, int full)
{
	uint64_t expires = heldlist_expires(held, m);

	json_str(j, "queue_id", m->queue_id);
	json_str(j, "ref", m->ref);
	json_str(j, "gateway", m->record != NULL ? row_text(m->record, "gateway") : held->conf->front->gateway);
	json_time(j, "held", m->held_ms);
	json_time(j, "expires", expires);
	json_time(j, "warned", m->warned_ms);
	json_bool(j, "released", m->released);
	json_u64(j, "size", m->size);
	json_str(j, "from", full ? m->sender : strcmp(from_of(m), "<>") == 0 ? "" : from_of(m));
	json_rcpts(j, m, full);
	json_str(j, "outcome", heldlist_outcome(m));
	json_str(j, "signature", json_string_value(json_object_get(m->record, "signature")));
	json_str(j, "rule", heldlist_rule(m));
}

void
heldlist_json(const struct held *held, int full)
{
	struct json j;
	struct buf b;
	size_t i;

	buf_init(&b, JSON_LINE_MAX);
	for (i = 0; i < held->count; i++) {
		json_begin(&j, &b);
		json_begin_object(&j, NULL);
		json_message(&j, held, &held->list[i], full);
		json_end_object(&j);
		buf_addc(&b, '\n');
		if (ctl_put(&b) == -1)
			break;
	}
	buf_free(&b);
}

/* ---- one message ---- */

static void
label(struct buf *b, const struct text *t, const char *name)
{
	buf_addz(b, "  ");
	text_cell(b, t, TEXT_DIM, name, HANG - 3, 0);
	buf_addc(b, ' ');
}

static void
put_held(struct buf *b, const struct held *held, const struct held_message *m, int full)
{
	uint64_t expires = heldlist_expires(held, m);
	const struct text *t = &held->ctl->out;
	char time[64], span[48], size[32];
	struct buf text;

	buf_init(&text, LINE_MAX_LEN * 4);
	label(b, t, "held");
	buf_addf(b, "since %s (%s), %s in the queue, record %s", text_time(m->held_ms, time, sizeof(time)),
	    age_of(held, m, span, sizeof(span)), text_size(m->size, size, sizeof(size)), m->ref);
	if (m->record == NULL)
		buf_addz(b, ", which is not there any more");
	buf_addc(b, '\n');
	label(b, t, "envelope");
	put_route(&text, m, full);
	text_add(b, text.data != NULL ? text.data : "?", TEXT_UNLIMITED);
	buf_free(&text);
	buf_addc(b, '\n');
	label(b, t, "expires");
	if (m->released)
		buf_addz(b, "not: it was released once, and what holds it now is not hopward\n");
	else if (expires == UINT64_MAX)
		buf_addz(b, "never (held.keep is 0)\n");
	else if (expires <= held->now_ms)
		buf_addz(b, "with the next run of \"hopwardctl held expire\"\n");
	else
		buf_addf(b, "%s, in %s, where \"hopwardctl held expire\" runs%s\n", text_time(expires, time, sizeof(time)),
		    text_span(expires - held->now_ms, span, sizeof(span)), m->warned_ms != 0 ? "; warned of" : "");
}

static void
put_acts(struct buf *b, const struct held *held, const struct held_message *m)
{
	const json_t *act, *data;
	char time[64] = "?";
	uint64_t ms;
	size_t i;

	json_array_foreach(m->acts, i, act) {
		data = json_object_get(act, "data");
		if (when_rfc3339(row_text(act, "time"), strlen(row_text(act, "time")), &ms) == 0)
			text_time(ms, time, sizeof(time));
		label(b, &held->ctl->out, i == 0 ? "acts" : "");
		buf_addf(b, "%s ", time);
		text_add(b, row_text(act, "event"), TEXT_UNLIMITED);
		buf_addz(b, " by ");
		text_add(b, row_text(data, "who"), TEXT_UNLIMITED);
		buf_addz(b, ": ");
		text_add(b, row_text(data, "why"), TEXT_UNLIMITED);
		buf_addc(b, '\n');
	}
}

/* The story as explain tells it, of this one record. */
static int
put_story(struct buf *b, const struct held *held, const struct held_message *m)
{
	const struct telling how = { .queue_id = m->queue_id, .profile = held->conf->front->policy.profile, .collected = 1 };
	struct story_item item = { .kind = STORY_MESSAGE, .time_ms = m->held_ms };
	struct stories stories = { 0 };
	int rc = -1;

	snprintf(item.gateway, sizeof(item.gateway), "%s", row_text(m->record, "gateway"));
	snprintf(item.id, sizeof(item.id), "%s", m->ref);
	if (stories_add(&stories, &item, m->text, m->len) == 0 && stories_build(&stories) == 0 && stories.list_count == 1) {
		telling_text(b, &held->ctl->out, &how, &stories, 0);
		rc = 0;
	}
	stories_free(&stories);
	return rc;
}

static int
show_json(const struct held *held, const struct held_message *m, int full)
{
	json_t *out, *acts = m->acts != NULL ? json_incref(m->acts) : json_array();
	struct json j;
	struct buf b;
	char *text = NULL;

	buf_init(&b, JSON_LINE_MAX);
	json_begin(&j, &b);
	json_begin_object(&j, NULL);
	json_message(&j, held, m, full);
	json_end_object(&j);
	out = b.failed ? NULL : json_loadb(b.data, b.len, 0, NULL);
	json_object_set_new(out, "record", m->record != NULL ? json_incref(m->record) : json_null());
	json_object_set_new(out, "acts", acts);
	if (out != NULL && (text = json_dumps(out, JSON_COMPACT)) != NULL)
		puts(text);
	json_decref(out);
	buf_free(&b);
	if (text == NULL)
		ctl_warn(held->ctl, "no memory");
	free(text);
	return text != NULL ? 0 : EX_OSERR;
}

int
heldlist_show(const struct held *held, const struct held_message *m, int full)
{
	struct buf b, out;
	int rc = 0;

	if (held->ctl->json)
		return show_json(held, m, full);
	buf_init(&b, TELLING_MAX);
	buf_init(&out, TELLING_MAX);
	if (m->record == NULL)
		buf_addf(&b, "%s\n", m->queue_id);
	else
		rc = put_story(&b, held, m);
	put_held(&b, held, m, full);
	put_acts(&b, held, m);
	if (b.data != NULL && rc == 0)
		text_wrap(&out, b.data, held->ctl->out.width, HANG);
	ctl_put(&out);
	buf_free(&b);
	buf_free(&out);
	if (rc == -1)
		ctl_warn(held->ctl, "no memory");
	return rc == 0 ? 0 : EX_OSERR;
}
