/* SPDX-License-Identifier: ISC */
/* Tells one story: how the message came, what was made of it, where it went; as text or as a JSON object. */
/*
 * Called by explain with what story.c grouped.  What a record lacks is left
 * out; a member of another kind is as good as none.  Grades of the route are
 * those on record, of deliveries those of today's profile, as none are recorded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ctl/hoptable.h"
#include "ctl/row.h"
#include "ctl/telling.h"
#include "ctl/when.h"

#define LABEL		9
#define INDENT		(2 + LABEL + 1)
#define DOMAINS_MAX	8	/* of recipients that are named; the rest is counted */
#define DEPTH_MAX	16	/* in the tree of parts; deeper ones stand below each other */

/* ---- small things ---- */

static const char *
text_of(const json_t *rec, const char *key, const char *none)
{
	const char *s = row_text(rec, key);

	return *s != '\0' ? s : none;
}

static void
label(struct buf *b, const struct text *t, const char *name)
{
	buf_addz(b, "  ");
	text_cell(b, t, TEXT_DIM, name, LABEL, 0);
	buf_addc(b, ' ');
}

static void
add(struct buf *b, const char *s)
{
	text_add(b, s, TEXT_UNLIMITED);
}

/* Words before, the member, words behind; nothing where it is not there. */
static void
add_if(struct buf *b, const char *before, const json_t *rec, const char *key, const char *behind)
{
	const char *s = row_text(rec, key);

	if (*s == '\0')
		return;
	buf_addz(b, before);
	add(b, s);
	buf_addz(b, behind);
}

static void
add_time(struct buf *b, uint64_t ms)
{
	char text[64];

	buf_addz(b, text_time(ms, text, sizeof(text)));
}

static uint64_t
number(const json_t *rec, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(rec, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void
add_size(struct buf *b, uint64_t size)
{
	char text[32];

	buf_addz(b, text_size(size, text, sizeof(text)));
}

/* The recipients' domains, each once where they follow each other. */
static void
add_recipients(struct buf *b, const json_t *rec)
{
	const char *d, *last = NULL;
	const json_t *to;
	size_t i, shown = 0, more = 0;

	json_array_foreach(json_object_get(rec, "to"), i, to) {
		d = text_of(to, "domain", "local");
		if (last != NULL && strcmp(d, last) == 0)
			continue;
		last = d;
		if (shown == DOMAINS_MAX) {
			more++;
			continue;
		}
		buf_addz(b, shown++ > 0 ? ", " : "");
		add(b, d);
	}
	if (shown == 0)
		buf_addc(b, '?');
	if (more > 0)
		buf_addf(b, " and %zu more", more);
}

/* ---- how it came ---- */

static void
put_came(struct buf *b, const struct text *t, const json_t *rec, uint64_t time_ms)
{
	const json_t *from = json_object_get(rec, "from");
	uint64_t rcpts = number(rec, "rcpts"), refused = number(rec, "rcpts_refused");

	label(b, t, "came");
	add_time(b, time_ms);
	buf_addz(b, ", ");
	add(b, from == NULL ? "?" : text_of(from, "domain", "<>"));
	buf_addz(b, " -> ");
	add_recipients(b, rec);
	buf_addf(b, " (%" PRIu64 " recipient%s", rcpts, rcpts == 1 ? "" : "s");
	if (refused > 0)
		buf_addf(b, ", %" PRIu64 " refused", refused);
	buf_addz(b, "), ");
	add_size(b, number(rec, "size"));
	buf_addz(b, ", record ");
	add(b, text_of(rec, "id", "?"));
	buf_addc(b, '\n');
}

static void
put_client(struct buf *b, const struct text *t, const json_t *rec)
{
	const json_t *client = json_object_get(rec, "client"), *sender = json_object_get(rec, "sender");

	label(b, t, "client");
	add(b, text_of(client, "ip", "no address on record"));
	add_if(b, " ", client, "name", "");
	add_if(b, ", HELO ", client, "helo", "");
	add_if(b, ", logged in by ", rec, "auth", "");
	buf_addz(b, "; class ");
	add(b, text_of(rec, "class", "?"));
	add_if(b, " (", rec, "class_why", ")");
	add_if(b, "; ", rec, "mta", "");
	buf_addc(b, '\n');
	if (sender != NULL) {
		label(b, t, "sender");
		add(b, text_of(sender, "domain", "?"));
		add_if(b, ", confirmed by ", sender, "confirmed", "");
		buf_addc(b, '\n');
	}
	if (json_is_true(json_object_get(rec, "requiretls_asked"))) {
		label(b, t, "asked");
		buf_addz(b, "TLS all the way (REQUIRETLS)");
		if (json_is_true(json_object_get(rec, "requiretls_clear")))
			text_colour(b, t, TEXT_RED, ", over a connection in clear");
		buf_addc(b, '\n');
	}
	if (json_is_true(json_object_get(rec, "tls_required_no"))) {
		label(b, t, "asked");
		buf_addz(b, "delivery even without TLS (TLS-Required: No)\n");
	}
}

/* ---- the route ---- */

static enum hop_evidence
evidence_of(const json_t *hop, int observed)
{
	enum hop_evidence e;

	if (*row_text(hop, "evidence") == '\0' && observed)
		return HOP_OBSERVED;
	for (e = HOP_OBSERVED; e < HOP_CLAIMED; e++)
		if (strcmp(row_text(hop, "evidence"), hop_evidence_str(e)) == 0)
			break;
	return e;
}

static enum hop_tls
tls_of(const json_t *rec)
{
	const char *s = row_text(rec, "tls");

	return strcmp(s, "yes") == 0 ? HOP_TLS_YES : strcmp(s, "no") == 0 ? HOP_TLS_NO : HOP_TLS_UNKNOWN;
}

static void
hop_fill(const json_t *rec, const json_t *hop, int observed, struct hoptable_row *row)
{
	const json_t *from = observed ? json_object_get(rec, "client") : json_object_get(hop, "from"), *delay;
	const char *name = text_of(from, "name", row_text(from, "helo")), *ip = row_text(from, "ip");
	const struct hoptable_how how = {
		.with = row_text(hop, "with"), .tls = tls_of(hop), .version = text_of(hop, "version", NULL),
		.cipher = text_of(hop, "cipher", NULL), .auth = json_is_true(json_object_get(hop, "auth")),
		.loop = json_is_true(json_object_get(hop, "local"))
	};
	size_t used;

	snprintf(row->cells[HOPTABLE_FROM], HOPTABLE_CELL_MAX, "%s%s%s%s%s", name, *name != '\0' && *ip != '\0' ? " " : "",
	    *ip != '\0' ? "[" : "", ip, *ip != '\0' ? "]" : *name == '\0' ? "?" : "");
	snprintf(row->cells[HOPTABLE_BY], HOPTABLE_CELL_MAX, "%s", observed ? text_of(rec, "gateway", "?") : text_of(hop, "by", "?"));
	hoptable_how(&how, row->cells[HOPTABLE_HOW], HOPTABLE_CELL_MAX);
	used = strlen(row->cells[HOPTABLE_HOW]);
	if (how.tls == HOP_TLS_UNKNOWN && *row_text(hop, "reason") != '\0')
		snprintf(row->cells[HOPTABLE_HOW] + used, HOPTABLE_CELL_MAX - used, " (%s)", row_text(hop, "reason"));
	if (json_is_integer(delay = json_object_get(hop, "delay")))
		hoptable_delay(json_integer_value(delay), row->cells[HOPTABLE_DELAY], HOPTABLE_CELL_MAX);
	(void)grade_parse(row_text(hop, "grade"), &row->grade);
	row->evidence = evidence_of(hop, observed);
}

static void
put_route(struct buf *b, const struct text *t, const json_t *rec)
{
	const json_t *hops = json_object_get(rec, "hops");
	size_t i, n = json_array_size(hops);
	struct hoptable_row *rows;

	if (n == 0 || (rows = calloc(n, sizeof(*rows))) == NULL)
		return;
	for (i = 0; i < n; i++)
		hop_fill(rec, json_array_get(hops, i), i == 0, &rows[i]);
	label(b, t, "route");
	buf_addf(b, "%zu hop%s%s; hop %" PRIu64 " is the boundary", n, n == 1 ? "" : "s", n == 1 ? "" : ", newest first",
	    number(rec, "boundary"));
	if (*row_text(rec, "profile") != '\0')
		add_if(b, "; graded by ", rec, "profile", "");
	else
		buf_addz(b, "; not graded");
	if (number(rec, "hops_more") > 0)
		buf_addf(b, "; %" PRIu64 " more are not on record", number(rec, "hops_more"));
	buf_addc(b, '\n');
	hoptable_write(b, t, rows, n);
	free(rows);
}

/* ---- scan, policy, answer ---- */

static void
add_outcome(struct buf *b, const struct text *t, const json_t *rec, const char *otherwise)
{
	const char *o = text_of(rec, "outcome", otherwise);

	text_colour(b, t, strcmp(o, "clean") == 0 ? TEXT_GREEN : strcmp(o, "infected") == 0 ? TEXT_RED : TEXT_YELLOW, o);
	add_if(b, " ", rec, "signature", "");
	add_if(b, " (", rec, "detail", ")");
}

/* "2.1" lies in "2", "2.1/3" in "2.1"; all lie in the message, "0". */
static int
depth(const char *path)
{
	int d = 1;

	if (strcmp(path, "0") == 0)
		return 0;
	for (; *path != '\0' && d < DEPTH_MAX; path++)
		d += *path == '.' || *path == '/';
	return d;
}

static void
put_part(struct buf *b, const struct text *t, const json_t *part)
{
	const char *path = text_of(part, "path", "?");

	buf_addf(b, "%*s", INDENT + 2 * depth(path), "");
	text_colour(b, t, TEXT_BOLD, path);
	buf_addc(b, ' ');
	if (strcmp(path, "0") == 0)
		buf_addz(b, "the message as a whole, ");
	else {
		add_if(b, "\"", part, "name", "\", ");
		if (*row_text(part, "name") == '\0')
			add_if(b, ".", part, "ext", ", ");
		add(b, text_of(part, "type", "no declared type"));
		add_if(b, ", really ", part, "real_type", "");
		buf_addz(b, ", ");
	}
	add_size(b, number(part, "size"));
	buf_addz(b, ": ");
	add_outcome(b, t, part, "clean");
	buf_addc(b, '\n');
}

static void
put_scan(struct buf *b, const struct text *t, const json_t *rec)
{
	const json_t *mime = json_object_get(rec, "mime"), *engine = json_object_get(rec, "engine"), *part, *reason;
	size_t i;

	label(b, t, "scan");
	add_outcome(b, t, rec, "?");
	if (engine != NULL) {
		add_if(b, "; ClamAV ", engine, "version", "");
		if (number(engine, "db_version") > 0)
			buf_addf(b, ", daily %" PRIu64, number(engine, "db_version"));
		buf_addf(b, ", %" PRIu64 " ms", number(json_object_get(rec, "ms"), "scan"));
	}
	if (mime != NULL && strcmp(row_text(mime, "ambiguity"), "none") != 0) {
		add_if(b, "; structure ambiguous, ", mime, "ambiguity", "");
		json_array_foreach(json_object_get(mime, "reasons"), i, reason) {
			buf_addz(b, i == 0 ? ": " : ", ");
			add(b, json_is_string(reason) ? json_string_value(reason) : "?");
		}
	}
	buf_addc(b, '\n');
	json_array_foreach(json_object_get(rec, "parts"), i, part)
		put_part(b, t, part);
	if (number(rec, "parts_more") > 0)
		buf_addf(b, "%*s%" PRIu64 " more parts are not on record\n", INDENT, "", number(rec, "parts_more"));
}

static void
put_partner(struct buf *b, const struct text *t, const json_t *p)
{
	const char *state = text_of(p, "state", "?");

	label(b, t, "partner");
	add(b, text_of(p, "name", "?"));
	if (strcmp(row_text(p, "confirmed"), "unconfirmed") == 0)
		buf_addz(b, ", unconfirmed");
	else
		add_if(b, ", confirmed by ", p, "confirmed", "");
	buf_addz(b, ": ");
	text_colour(b, t, strcmp(state, "kept") == 0 ? TEXT_GREEN : strcmp(state, "unknown") == 0 ? TEXT_YELLOW : TEXT_RED, state);
	add_if(b, " -> ", p, "action", "");
	add_if(b, ", would ", p, "would", " were it not watched");
	add_if(b, "; excepted: ", p, "exception", "");
	if (json_is_true(json_object_get(p, "grace")))
		buf_addz(b, "; in the grace period");
	if (json_is_true(json_object_get(p, "null_sender")))
		buf_addz(b, "; a bounce is not refused");
	if (json_is_true(json_object_get(p, "relayed")))
		buf_addz(b, "; the hop lies behind a host of ours");
	buf_addc(b, '\n');
}

static void
put_policy(struct buf *b, const struct text *t, const json_t *rec)
{
	const json_t *would = json_object_get(rec, "would"), *p;
	size_t i;

	json_array_foreach(json_object_get(rec, "partners"), i, p)
		put_partner(b, t, p);
	if (number(rec, "partners_more") > 0)
		buf_addf(b, "%*s%" PRIu64 " more rules about partners are not on record\n", INDENT, "", number(rec, "partners_more"));
	label(b, t, "policy");
	add(b, text_of(rec, "action", "?"));
	add_if(b, " by ", rec, "rule", "");
	if (would != NULL) {
		add_if(b, "; would ", would, "action", "");
		add_if(b, " by ", would, "rule", ", were it not watched");
	}
	buf_addc(b, '\n');
}

static void
put_answer(struct buf *b, const struct text *t, const json_t *rec, uint64_t time_ms)
{
	const char *action = row_text(rec, "action"), *stage = row_text(rec, "stage");
	enum text_colour c = TEXT_PLAIN;
	const char *what = "taken";

	label(b, t, "answer");
	add_time(b, time_ms);
	buf_addc(b, ' ');
	if (strcmp(action, "reject") == 0 || strcmp(action, "tempfail") == 0) {
		what = strcmp(action, "reject") == 0 ? "refused" : "put off";
		c = TEXT_RED;
	} else if (strcmp(action, "quarantine") == 0)
		what = "taken, and held by the MTA";
	else if (strcmp(action, "discard") == 0)
		what = "taken, and thrown away";
	else if (strcmp(action, "tag") == 0)
		what = "taken, and marked";
	text_colour(b, t, c, what);
	if (*stage != '\0')
		buf_addz(b, strcmp(stage, "mail") == 0 ? " at MAIL" : " at RCPT");
	add_if(b, ": ", rec, "reply", "");
	buf_addc(b, '\n');
}

/* ---- deliveries ---- */

static void
add_how(struct buf *b, const json_t *rec)
{
	const struct hoptable_how how = {
		.tls = tls_of(rec), .version = text_of(rec, "version", NULL), .cipher = text_of(rec, "cipher", NULL)
	};
	char text[HOPTABLE_CELL_MAX];

	hoptable_how(&how, text, sizeof(text));
	add(b, text);
	add_if(b, " ", rec, "trust", "");
	add_if(b, ", ", rec, "reason", "");
	if (*row_text(rec, "onward") != '\0')
		buf_addz(b, ", handed on to a smarthost");
	add_if(b, ", level ", rec, "level", "");
	add_if(b, " came down to ", rec, "downgraded", "");
	if (strcmp(row_text(rec, "policy"), "violated") == 0)
		buf_addz(b, " violated");
}

static void
put_delivery(struct buf *b, const struct text *t, const struct telling *tell, const json_t *rec, const struct story_item *i,
    uint64_t begin_ms)
{
	const char *status = text_of(rec, "status", "?"), *reason;
	const json_t *relay = json_object_get(rec, "relay");
	enum grade grade = row_grade(rec, tell->profile, &reason);
	char span[48];

	buf_addf(b, "%*s", INDENT, "");
	add_time(b, i->time_ms);
	if (i->time_ms > begin_ms + 1000)
		buf_addf(b, " (after %s)", text_span(i->time_ms - begin_ms, span, sizeof(span)));
	buf_addc(b, ' ');
	add_recipients(b, rec);
	buf_addz(b, " via ");
	add(b, text_of(relay, "host", text_of(relay, "ip", "?")));
	if (*row_text(relay, "host") != '\0')
		add_if(b, "[", relay, "ip", "]");
	add_if(b, ":", relay, "port", "");
	if (t->terminal)
		buf_addf(b, "\n%*s", INDENT + 2, "");
	else
		buf_addz(b, ": ");
	text_colour(b, t, strcmp(status, "sent") == 0 ? TEXT_GREEN : TEXT_YELLOW, status);
	add_if(b, " ", rec, "dsn", "");
	buf_addz(b, "; ");
	add_how(b, rec);
	if (tell->profile != NULL && tls_of(rec) != HOP_TLS_UNKNOWN) {
		buf_addz(b, "; ");
		text_colour(b, t, row_grade_colour(grade), grade_str(grade));
		if (grade < GRADE_ACCEPTABLE && grade != GRADE_NONE && reason != NULL) {
			buf_addz(b, ": ");
			add(b, reason);
		}
	}
	buf_addc(b, '\n');
}

static int
was_taken(const json_t *rec)
{
	const char *action = row_text(rec, "action");

	return *row_text(rec, "stage") == '\0' && strcmp(action, "reject") != 0 && strcmp(action, "tempfail") != 0 &&
	    strcmp(action, "discard") != 0;
}

/* A host that logs deliveries of this queue id in this time, and no message is theirs: the log may know the gateway by it. */
static const char *
other_host(const struct stories *s, size_t story)
{
	const struct story *st = &s->list[story], *o;

	for (o = st + 1; o < s->list + s->list_count; o++)
		if (o->message == STORY_NONE && o->stage == STORY_NONE && o->begin_ms < st->begin_ms + STORY_WINDOW_MS)
			return s->items[o->first].gateway;
	return NULL;
}

static void
put_deliveries(struct buf *b, const struct text *t, const struct telling *tell, const struct stories *s, size_t story,
    const json_t *message)
{
	const struct story *st = &s->list[story];
	const char *other;
	json_t *rec;
	size_t i;

	if (message != NULL && st->deliveries == 0 && !was_taken(message))
		return;
	label(b, t, "went");
	if (st->deliveries == 0 && (other = other_host(s, story)) != NULL) {
		buf_addz(b, "no delivery is on record; some of this queue id are logged by ");
		add(b, other);
		buf_addz(b, ": if that is this gateway, set gateway to that name\n");
	} else if (st->deliveries == 0)
		buf_addz(b, tell->collected ? "no delivery is on record\n" :
		    "no delivery is on record: hopwardctl collect writes them from the MTA's log\n");
	else {
		buf_addf(b, "%zu deliver%s", st->deliveries, st->deliveries == 1 ? "y" : "ies");
		if (tell->profile != NULL) {
			buf_addz(b, ", graded by ");
			add(b, tell->profile->name);
			buf_addc(b, '/');
			add(b, tell->profile->version);
		}
		buf_addc(b, '\n');
	}
	for (i = 0; i < s->count; i++)
		if (s->items[i].story == story && s->items[i].kind == STORY_DELIVERY &&
		    (rec = json_loadb(s->items[i].text, s->items[i].len, 0, NULL)) != NULL) {
			put_delivery(b, t, tell, rec, &s->items[i], st->begin_ms);
			json_decref(rec);
		}
}

/* ---- the whole ---- */

static json_t *
item_load(const struct stories *s, size_t at)
{
	return at == STORY_NONE ? NULL : json_loadb(s->items[at].text, s->items[at].len, 0, NULL);
}

void
telling_text(struct buf *b, const struct text *t, const struct telling *tell, const struct stories *s, size_t story)
{
	const struct story *st = &s->list[story];
	json_t *message = item_load(s, st->message), *stage = item_load(s, st->stage);
	const json_t *first = stage != NULL ? stage : message;

	text_colour(b, t, TEXT_BOLD, tell->queue_id);
	buf_addz(b, " on ");
	add(b, s->items[st->first].gateway[0] != '\0' ? s->items[st->first].gateway : "?");
	buf_addc(b, '\n');
	if (first == NULL) {
		label(b, t, "came");
		buf_addz(b, "is not on record: made by this host, as bounces are, or past hopward, or before the records begin\n");
	} else {
		put_came(b, t, message != NULL ? message : stage, s->items[message != NULL ? st->message : st->stage].time_ms);
		put_client(b, t, message != NULL ? message : stage);
		put_route(b, t, message != NULL ? message : stage);
	}
	if (stage != NULL) {
		put_policy(b, t, stage);
		put_answer(b, t, stage, s->items[st->stage].time_ms);
	}
	if (message != NULL) {
		put_scan(b, t, message);
		put_policy(b, t, message);
		put_answer(b, t, message, s->items[st->message].time_ms);
	}
	put_deliveries(b, t, tell, s, story, message != NULL ? message : stage);
	json_decref(message);
	json_decref(stage);
}

/* ---- JSON ---- */

static json_t *
json_delivery(const struct telling *tell, const struct story_item *i)
{
	json_t *rec = json_loadb(i->text, i->len, 0, NULL);
	const char *reason;
	enum grade grade;
	char profile[600];

	if (rec == NULL || tell->profile == NULL)
		return rec;
	grade = row_grade(rec, tell->profile, &reason);
	snprintf(profile, sizeof(profile), "%.250s/%.250s", tell->profile->name, tell->profile->version);
	json_object_set_new(rec, "graded", json_pack("{s:s, s:s?, s:s}", "grade", grade_str(grade), "reason", reason,
	    "profile", profile));
	return rec;
}

void
telling_json(struct buf *b, const struct telling *tell, const struct stories *s, size_t story)
{
	const struct story *st = &s->list[story];
	json_t *out = json_object(), *list = json_array(), *message = item_load(s, st->message), *stage = item_load(s, st->stage);
	char *text;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->items[i].story == story && s->items[i].kind == STORY_DELIVERY)
			json_array_append_new(list, json_delivery(tell, &s->items[i]));
	json_object_set_new(out, "queue_id", json_string(tell->queue_id));
	json_object_set_new(out, "gateway", json_string(s->items[st->first].gateway));
	json_object_set_new(out, "refused", stage != NULL ? stage : json_null());
	json_object_set_new(out, "message", message != NULL ? message : json_null());
	json_object_set_new(out, "deliveries", list);
	json_object_set_new(out, "others", json_integer((json_int_t)tell->others));
	if ((text = json_dumps(out, JSON_COMPACT)) != NULL)
		buf_addz(b, text);
	else
		buf_addz(b, "null");
	buf_addc(b, '\n');
	free(text);
	json_decref(out);
}
