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
#define GRADED		124	/* and from here on the grade */
#define W_TIME		8
#define W_DATE		19
#define W_QUEUE		12	/* Postfix' short ids have 10 or 11, Sendmail's 14 */
#define W_CLASS		5	/* "subm~" */
#define W_CLASS_WIDE	10
#define W_TLS		3
#define W_GRADE		11	/* "recommended" */
#define W_OUTCOME	11
#define W_ACTION	10
#define W_ACTION_LAST	15	/* "accept (reject)" */
#define W_RULE		22	/* "submission.unavailable" */
#define W_RULE_WIDE	38	/* and what a watched one would have done */
#define WIDEST		150
#define ROUTE_MIN	16
#define ROUTE_PIPE	40	/* where nothing is cut it is only padded */
#define NO_TIME		"0000-00-00 00:00:00"
#define TO_MAX		4	/* domains of recipients that are named; the rest is counted */

void
row_style_init(struct row_style *s, const struct text *t)
{
	int fixed;

	memset(s, 0, sizeof(*s));
	s->text = *t;
	s->date = t->width == TEXT_UNLIMITED || t->width >= WIDE;
	s->rule = !s->date ? 0 : t->width >= WIDEST ? W_RULE_WIDE : W_RULE;
	s->grade = t->width == TEXT_UNLIMITED || t->width >= GRADED;
	s->class = s->date ? W_CLASS_WIDE : W_CLASS;
	if (t->width == TEXT_UNLIMITED) {
		s->route = ROUTE_PIPE;
		return;
	}
	s->last = s->rule > 0 ? s->rule : W_ACTION_LAST;
	fixed = (s->date ? W_DATE : W_TIME) + 1 + W_QUEUE + 1 + s->class + 1 + 1 + W_TLS + 1 +
	    (s->grade ? W_GRADE + 1 : 0) + W_OUTCOME + 1 + (s->rule > 0 ? W_ACTION + 1 : 0) + s->last;
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

	if (strcmp(row_text(rec, "type"), "delivery") == 0)
		return row_text(rec, "tls");
	return row_text(json_array_get(hops, at > 0 ? (size_t)at : 0), "tls");
}

enum grade
row_grade(const json_t *rec, const struct profile *profile, const char **reason)
{
	json_int_t at = json_integer_value(json_object_get(rec, "boundary"));
	enum grade grade = GRADE_UNKNOWN;
	struct suite suite;
	enum hop_tls tls;

	if (reason != NULL)
		*reason = NULL;
	if (strcmp(row_text(rec, "type"), "delivery") != 0) {
		(void)grade_parse(row_text(json_array_get(json_object_get(rec, "hops"), at > 0 ? (size_t)at : 0), "grade"), &grade);
		return grade;
	}
	if (profile == NULL)
		return GRADE_UNKNOWN;
	(void)suite_read(json_string_value(json_object_get(rec, "cipher")), json_string_value(json_object_get(rec, "version")), &suite);
	for (tls = HOP_TLS_UNKNOWN; tls <= HOP_TLS_YES; tls++)
		if (strcmp(row_text(rec, "tls"), hop_tls_str(tls)) == 0)
			return profile_grade(profile, &suite, tls, reason);
	return GRADE_UNKNOWN;
}

enum text_colour
row_grade_colour(enum grade grade)
{
	switch (grade) {
	case GRADE_RECOMMENDED:
	case GRADE_ACCEPTABLE:
		return TEXT_GREEN;
	case GRADE_LEGACY:
		return TEXT_YELLOW;
	case GRADE_FORBIDDEN:
	case GRADE_NONE:
		return TEXT_RED;
	default:
		return TEXT_DIM;
	}
}

static void
cell(struct buf *b, const struct row_style *s, enum text_colour c, const char *text, int width)
{
	text_cell(b, &s->text, c, *text != '\0' ? text : "?", width, s->text.width != TEXT_UNLIMITED);
	buf_addc(b, ' ');
}

/* The recipients' domains, each once, the first few. */
static void
recipients(const json_t *rec, char *out, size_t len)
{
	const char *seen[TO_MAX], *d;
	const json_t *to;
	size_t i, k, n = 0, more = 0, used = 0;

	snprintf(out, len, "?");
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
		snprintf(out + used, len - used, "%s%.255s", n > 1 ? "," : "", d);
		used += strlen(out + used);
	}
	if (more > 0)
		snprintf(out + used, len - used, " +%zu", more);
}

/* "from -> to", "to via relay"; where both do not fit, each gets a half, and what the other leaves. */
static void
put_pair(struct buf *b, const struct row_style *s, const char *from, const char *between, const char *to)
{
	int gap = (int)strlen(between), room = s->route - gap, f = 0, t = 0, used;
	struct buf scratch;

	if (s->text.width != TEXT_UNLIMITED) {
		buf_init(&scratch, 64 * 1024);
		f = text_add(&scratch, from, TEXT_UNLIMITED);
		t = text_add(&scratch, to, TEXT_UNLIMITED);
		buf_free(&scratch);
		if (f + t > room)
			f = t < room / 2 ? room - t : f < room / 2 ? f : room / 2;
		t = room - f;
	}
	used = text_add(b, from, f) + gap;
	buf_addz(b, between);
	used += text_add(b, to, t);
	do
		buf_addc(b, ' ');
	while (++used <= s->route);
}

/* Of a refusal before any content there is none, but the stage. */
static const char *
outcome_or_stage(const json_t *rec)
{
	const char *stage = row_text(rec, "stage");

	return strcmp(stage, "mail") == 0 ? "at MAIL" : strcmp(stage, "rcpt") == 0 ? "at RCPT" : row_text(rec, "outcome");
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

/* The time; its day stands before the row where it has no column. */
static void
put_time(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const char *when = row_text(rec, "time");
	char text[64] = NO_TIME;
	uint64_t ms;

	if (when_rfc3339(when, strlen(when), &ms) == 0)
		text_time(ms, text, sizeof(text));
	if (s->date) {
		cell(b, s, TEXT_DIM, text, W_DATE);
		return;
	}
	if (strlen(text) != W_DATE)	/* a year of five digits */
		snprintf(text, sizeof(text), NO_TIME);
	buf_add(b, text, ROW_DAY);
	cell(b, s, TEXT_DIM, text + ROW_DAY + 1, W_TIME);
}

void
row_day(struct buf *b, const struct row_style *s, const char *day)
{
	text_colour(b, &s->text, TEXT_BOLD, day);
	buf_addc(b, '\n');
}

/*
 * The last column: the rule if it has one, or else the action with a rule that
 * surprises; and what a watched rule would have done.
 */
static void
put_last(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const char *rule = row_text(rec, "rule"), *action = row_text(rec, "action");
	const json_t *would = json_object_get(rec, "would");
	char own[128], text[512];
	int used;

	snprintf(own, sizeof(own), "%s.%s", row_text(rec, "class"), row_text(rec, "outcome"));
	if (s->rule > 0)
		used = snprintf(text, sizeof(text), "%.128s", *rule != '\0' ? rule : "?");
	else
		used = snprintf(text, sizeof(text), "%.64s%s%.128s", *action != '\0' ? action : "?",
		    strcmp(rule, own) != 0 ? " " : "", strcmp(rule, own) != 0 ? rule : "");
	if (json_is_object(would))
		snprintf(text + used, sizeof(text) - (size_t)used, " (%s%.64s)",
		    s->last == 0 || s->last >= W_RULE_WIDE ? "would " : "", row_text(would, "action"));
	text_cell(b, &s->text, s->rule > 0 ? TEXT_PLAIN : action_colour(action), text, s->last, -(s->last > 0));
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
	if (strcmp(row_text(rec, "stream"), "mail") != 0 && *row_text(rec, "stream") != '\0')
		buf_addf(&line, "%s ", row_text(rec, "stream"));
	buf_addz(&line, row_text(rec, "event"));
	json_object_foreach(json_object_get(rec, "data"), key, value)
		buf_addf(&line, " %s=%s", key, json_is_string(value) ? json_string_value(value) : "?");
	text_cell(b, &s->text, TEXT_BOLD, line.data != NULL ? line.data : "?", room, room != TEXT_UNLIMITED);
	buf_addc(b, '\n');
	buf_free(&line);
}

/* Shown where they are asked for. */
static void
put_seal(struct buf *b, const struct row_style *s, const json_t *rec)
{
	int room = s->text.width == TEXT_UNLIMITED ? TEXT_UNLIMITED :
	    s->text.width - (s->date ? W_DATE : W_TIME) - 1;
	char line[512];

	if (strcmp(row_text(rec, "type"), "seal") == 0)
		snprintf(line, sizeof(line), "-- %.64s seal of epoch %lld, %lld lines", row_text(rec, "stream"),
		    (long long)json_integer_value(json_object_get(rec, "epoch")),
		    (long long)json_integer_value(json_object_get(rec, "lines")));
	else
		snprintf(line, sizeof(line), "-- %.64s begins to be sealed (%.32s), first key %.64s", row_text(rec, "stream"),
		    row_text(rec, "why"), row_text(rec, "public"));
	text_cell(b, &s->text, TEXT_PLAIN, line, room, room != TEXT_UNLIMITED);
	buf_addc(b, '\n');
}

/* TLS, coloured by its grade where there is one, and the grade. */
static void
put_tls(struct buf *b, const struct row_style *s, const json_t *rec)
{
	enum grade grade = row_grade(rec, s->profile, NULL);
	enum text_colour c = grade != GRADE_UNKNOWN ? row_grade_colour(grade) : TEXT_PLAIN;
	const char *tls = row_tls(rec);

	if (strcmp(tls, "no") == 0 && c == TEXT_PLAIN)
		c = TEXT_YELLOW;
	cell(b, s, c, strcmp(tls, "unknown") == 0 ? "?" : tls, W_TLS);
	if (s->grade)
		cell(b, s, row_grade_colour(grade), grade == GRADE_UNKNOWN ? "-" : grade_str(grade), W_GRADE);
}

/* Where a message's outcome, action and rule stand: what came of it, its code, and what the TLS was. */
static void
put_delivery(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const char *status = row_text(rec, "status"), *dsn = row_text(rec, "dsn"), *version = row_text(rec, "version");
	const json_t *relay = json_object_get(rec, "relay");
	const char *via = *row_text(relay, "host") != '\0' ? row_text(relay, "host") : row_text(relay, "ip");
	char to[(TO_MAX + 1) * 256], how[512];

	recipients(rec, to, sizeof(to));
	cell(b, s, TEXT_PLAIN, *row_text(rec, "queue_id") != '\0' ? row_text(rec, "queue_id") : "-", W_QUEUE);
	cell(b, s, TEXT_PLAIN, "out", s->class);
	put_pair(b, s, to, " via ", *via != '\0' ? via : "?");
	put_tls(b, s, rec);
	cell(b, s, strcmp(status, "sent") == 0 ? TEXT_GREEN : TEXT_YELLOW, status, W_OUTCOME);
	if (s->rule > 0)
		cell(b, s, TEXT_PLAIN, *dsn != '\0' ? dsn : "-", W_ACTION);
	snprintf(how, sizeof(how), "%.64s%s%.64s%s%.128s", version, *version != '\0' ? " " : "", row_text(rec, "cipher"),
	    *version != '\0' && *row_text(rec, "reason") != '\0' ? ", " : "", row_text(rec, "reason"));
	text_cell(b, &s->text, TEXT_PLAIN, s->rule > 0 ? how : dsn, s->last, -(s->last > 0));
	buf_addc(b, '\n');
}

static void
put_message(struct buf *b, const struct row_style *s, const json_t *rec)
{
	const char *from = json_string_value(json_object_get(json_object_get(rec, "from"), "domain"));
	const char *outcome = outcome_or_stage(rec), *action = row_text(rec, "action");
	char to[(TO_MAX + 1) * 256];

	cell(b, s, TEXT_PLAIN, *row_text(rec, "queue_id") != '\0' ? row_text(rec, "queue_id") : "-", W_QUEUE);
	cell(b, s, TEXT_PLAIN, row_text(rec, "class"), s->class);
	recipients(rec, to, sizeof(to));
	put_pair(b, s, from == NULL ? "?" : *from == '\0' ? "<>" : from, " -> ", to);
	put_tls(b, s, rec);
	cell(b, s, outcome_colour(outcome), outcome, W_OUTCOME);
	if (s->rule > 0)
		cell(b, s, action_colour(action), action, W_ACTION);
	put_last(b, s, rec);
	buf_addc(b, '\n');
}

void
row_write(struct buf *b, const struct row_style *s, const json_t *rec)
{
	if (strcmp(row_text(rec, "type"), "event") == 0) {
		put_time(b, s, rec);
		put_event(b, s, rec);
	} else if (strcmp(row_text(rec, "type"), "message") == 0) {
		put_time(b, s, rec);
		put_message(b, s, rec);
	} else if (strcmp(row_text(rec, "type"), "delivery") == 0) {
		put_time(b, s, rec);
		put_delivery(b, s, rec);
	} else if (strncmp(row_text(rec, "type"), "seal", 4) == 0) {
		put_time(b, s, rec);
		put_seal(b, s, rec);
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
	if (s->grade)
		cell(b, s, TEXT_BOLD, "GRADE", W_GRADE);
	cell(b, s, TEXT_BOLD, "OUTCOME", W_OUTCOME);
	text_cell(b, &s->text, TEXT_BOLD, "ACTION", s->rule > 0 ? W_ACTION : 0, 0);
	if (s->rule > 0) {
		buf_addc(b, ' ');
		text_colour(b, &s->text, TEXT_BOLD, "RULE");
	}
	buf_addc(b, '\n');
}
