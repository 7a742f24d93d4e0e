/* SPDX-License-Identifier: ISC */
/* One record as one row of a table that fits the terminal. */
/*
 * Called by log for each record that matched.  Columns have fixed widths; the
 * route takes what the terminal leaves.  Into a pipe nothing is cut and every row has
 * its date.  Members that lack or are of another kind are shown as "?".
 */
#include <stdio.h>
#include <string.h>

#include "ctl/row.h"
#include "ctl/when.h"

#define WIDE		110	/* from here on the rule has a column */
#define W_TIME		8
#define W_DATE		19
#define W_QUEUE		12	/* Postfix' short ids have 10 or 11, Sendmail's 14 */
#define W_CLASS		5	/* "subm~" */
#define W_CLASS_WIDE	10
#define W_TLS		3
#define W_OUTCOME	11
#define W_ACTION	10
#define W_RULE		22
#define ROUTE_MIN	16
#define ROUTE_PIPE	40	/* where nothing is cut it is only padded */
#define TO_MAX		4	/* domains of recipients that are named; the rest is counted */

void
row_style_init(struct row_style *s, const struct text *t)
{
	int fixed;

	memset(s, 0, sizeof(*s));
	s->text = *t;
	s->date = t->width == TEXT_UNLIMITED || t->width >= WIDE;
	s->rule = s->date ? W_RULE : 0;
	s->class = s->date ? W_CLASS_WIDE : W_CLASS;
	if (t->width == TEXT_UNLIMITED) {
		s->route = ROUTE_PIPE;
		return;
	}
	fixed = (s->date ? W_DATE : W_TIME) + 1 + W_QUEUE + 1 + s->class + 1 + 1 + W_TLS + 1 + W_OUTCOME + 1 + W_ACTION +
	    (s->rule > 0 ? 1 + s->rule : 0);
	s->route = t->width - fixed;
	if (s->route < ROUTE_MIN)
		s->route = ROUTE_MIN;
}

const char *
row_text(const json_t *rec, const char *key)
{
	const char *s = json_string_value(json_object_get(rec, key));

	return s != NULL ? s : "";
}

const char *
row_tls(const json_t *rec)
{
	json_int_t at = json_integer_value(json_object_get(rec, "boundary"));
	const json_t *hops = json_object_get(rec, "hops");

	return row_text(json_array_get(hops, at > 0 ? (size_t)at : 0), "tls");
}

static void
cell(struct buf *b, const struct row_style *s, enum text_colour c, const char *text, int width)
{
	text_cell(b, &s->text, c, *text != '\0' ? text : "?", width, s->text.width != TEXT_UNLIMITED);
	buf_addc(b, ' ');
}

/* The sender's domain, the recipients' (each once, the first few). */
static void
route(const json_t *rec, char *out, size_t len)
{
	const char *d = json_string_value(json_object_get(json_object_get(rec, "from"), "domain"));
	const json_t *to;
	const char *seen[TO_MAX];
	size_t i, k, n = 0, more = 0;
	int used;

	used = snprintf(out, len, "%s ->", d == NULL ? "?" : *d == '\0' ? "<>" : d);
	json_array_foreach(json_object_get(rec, "to"), i, to) {
		if ((d = json_string_value(json_object_get(to, "domain"))) == NULL || *d == '\0')
			d = "local";
		for (k = 0; k < n && strcmp(seen[k], d) != 0; k++)
			continue;
		if (k < n)
			continue;
		if (n == TO_MAX) {
			more++;
			continue;
		}
		seen[n++] = d;
		if (used > 0 && (size_t)used < len)
			used += snprintf(out + used, len - (size_t)used, "%s%s", n > 1 ? "," : " ", d);
	}
	if (used > 0 && (size_t)used < len && n == 0)
		snprintf(out + used, len - (size_t)used, " ?");
	else if (used > 0 && (size_t)used < len && more > 0)
		snprintf(out + used, len - (size_t)used, " +%zu", more);
}

static enum text_colour
outcome_colour(const char *outcome)
{
	if (strcmp(outcome, "clean") == 0)
		return TEXT_GREEN;
	return strcmp(outcome, "infected") == 0 ? TEXT_RED : TEXT_YELLOW;
}

static enum text_colour
action_colour(const char *action)
{
	if (strcmp(action, "accept") == 0)
		return TEXT_PLAIN;
	return strcmp(action, "reject") == 0 || strcmp(action, "discard") == 0 ? TEXT_RED : TEXT_YELLOW;
}

/* The time, or first a line with the day where that has changed. */
static void
put_time(struct buf *b, struct row_style *s, const json_t *rec)
{
	const char *when = row_text(rec, "time");
	char text[64] = "?";
	uint64_t ms;

	if (when_rfc3339(when, strlen(when), &ms) == 0)
		text_time(ms, text, sizeof(text));
	if (!s->date && strlen(text) == W_DATE) {
		if (strncmp(s->day, text, 10) != 0) {
			snprintf(s->day, sizeof(s->day), "%.10s", text);
			text_colour(b, &s->text, TEXT_BOLD, s->day);
			buf_addc(b, '\n');
		}
		memmove(text, text + 11, strlen(text + 11) + 1);
	}
	cell(b, s, TEXT_DIM, text, s->date ? W_DATE : W_TIME);
}

/* What is behind the action: a rule that surprises, what watching would have done, the signature. */
static void
put_rest(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const json_t *would = json_object_get(rec, "would");
	const char *rule = row_text(rec, "rule");
	char own[128], rest[512];

	snprintf(own, sizeof(own), "%s.%s", row_text(rec, "class"), row_text(rec, "outcome"));
	if (s->rule > 0) {
		text_add(b, *rule != '\0' ? rule : "-", TEXT_UNLIMITED);
	} else if (*rule != '\0' && strcmp(rule, own) != 0) {
		buf_addc(b, ' ');
		text_add(b, rule, TEXT_UNLIMITED);
	}
	if (json_is_object(would)) {
		snprintf(rest, sizeof(rest), " (would %s)", row_text(would, "action"));
		text_colour(b, &s->text, TEXT_YELLOW, rest);
	}
}

static void
put_event(struct buf *b, const struct row_style *s, const json_t *rec)
{
	int room = s->text.width == TEXT_UNLIMITED ? TEXT_UNLIMITED :
	    s->text.width - (s->date ? W_DATE : W_TIME) - 1;
	const char *key;
	json_t *value;
	struct buf line;

	buf_init(&line, 64 * 1024);
	buf_addz(&line, "-- ");
	buf_addz(&line, row_text(rec, "event"));
	json_object_foreach(json_object_get(rec, "data"), key, value)
		buf_addf(&line, " %s=%s", key, json_is_string(value) ? json_string_value(value) : "?");
	text_cell(b, &s->text, TEXT_BOLD, line.data != NULL ? line.data : "?", room, room != TEXT_UNLIMITED);
	buf_addc(b, '\n');
	buf_free(&line);
}

static void
put_message(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const char *tls = row_tls(rec), *outcome = row_text(rec, "outcome"), *action = row_text(rec, "action");
	char text[2048];

	cell(b, s, TEXT_PLAIN, *row_text(rec, "queue_id") != '\0' ? row_text(rec, "queue_id") : "-", W_QUEUE);
	cell(b, s, TEXT_PLAIN, row_text(rec, "class"), s->class);
	route(rec, text, sizeof(text));
	cell(b, s, TEXT_PLAIN, text, s->route);
	cell(b, s, strcmp(tls, "no") == 0 ? TEXT_YELLOW : TEXT_PLAIN, strcmp(tls, "unknown") == 0 ? "?" : tls, W_TLS);
	cell(b, s, outcome_colour(outcome), outcome, W_OUTCOME);
	text_cell(b, &s->text, action_colour(action), action, s->rule > 0 ? W_ACTION : 0, 0);
	if (s->rule > 0)
		buf_addc(b, ' ');
	put_rest(b, s, rec);
	buf_addc(b, '\n');
}

void
row_write(struct buf *b, struct row_style *s, const json_t *rec)
{
	if (strcmp(row_text(rec, "type"), "event") == 0) {
		put_time(b, s, rec);
		put_event(b, s, rec);
	} else if (strcmp(row_text(rec, "type"), "message") == 0) {
		put_time(b, s, rec);
		put_message(b, s, rec);
	}
}

void
row_heading(struct buf *b, const struct row_style *s)
{
	cell(b, s, TEXT_BOLD, "TIME", s->date ? W_DATE : W_TIME);
	cell(b, s, TEXT_BOLD, "QUEUE-ID", W_QUEUE);
	cell(b, s, TEXT_BOLD, "CLASS", s->class);
	cell(b, s, TEXT_BOLD, "FROM -> TO", s->route);
	cell(b, s, TEXT_BOLD, "TLS", W_TLS);
	cell(b, s, TEXT_BOLD, "OUTCOME", W_OUTCOME);
	text_cell(b, &s->text, TEXT_BOLD, "ACTION", s->rule > 0 ? W_ACTION : 0, 0);
	if (s->rule > 0) {
		buf_addc(b, ' ');
		text_colour(b, &s->text, TEXT_BOLD, "RULE");
	}
	buf_addc(b, '\n');
}
