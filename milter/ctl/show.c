/* SPDX-License-Identifier: ISC */
/* What hopwardctl scan prints of one file: text, text with reasons, or a JSON line. */
/*
 * The names in it are strangers' and pass text.c or base/json.c.  Does not:
 * decide anything; all it says is in the facts and the verdict.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/row.h"
#include "ctl/show.h"
#include "ctl/tree.h"
#include "judge/ambiguity.h"

#define LABEL	8
#define LIMITS_SHOWN	8	/* different ones; there are hardly more to be reached */

static enum text_colour
colour(enum outcome o)
{
	return o == OUTCOME_CLEAN ? TEXT_GREEN : o == OUTCOME_INFECTED ? TEXT_RED : TEXT_YELLOW;
}

enum outcome
show_part_outcome(const struct show *s, uint32_t i)
{
	return s->verdict->parts != NULL ? s->verdict->parts[i] : s->facts->scan->parts[i].outcome;
}

void
show_outcome(struct buf *b, const struct text *t, enum outcome o, const char *signature, const char *detail)
{
	const char *why = signature != NULL && *signature != '\0' ? signature : detail;

	text_colour(b, t, colour(o), outcome_str(o));
	if (why == NULL || *why == '\0')
		return;
	buf_addz(b, " (");
	text_add(b, why, TEXT_UNLIMITED);
	buf_addc(b, ')');
}

void
show_part_finding(struct buf *b, const struct text *t, const struct show *s, uint32_t i)
{
	const struct part *p = &s->facts->scan->parts[i];
	const struct part_judged *judged = s->verdict->judged != NULL ? &s->verdict->judged[i] : NULL;
	enum outcome o = show_part_outcome(s, i);

	/* Blocked is the judge's: what the scanner said of it is another matter. */
	if (o == OUTCOME_BLOCKED && judged != NULL && judged->why != NULL)
		show_outcome(b, t, o, NULL, judged->why);
	else
		show_outcome(b, t, o, p->signature, p->detail);
}

static void
put_head(struct buf *b, const struct text *t, const struct show *s)
{
	const struct verdict *v = s->verdict;

	text_colour(b, t, TEXT_BOLD, strcmp(s->file, "-") == 0 ? "standard input" : s->file);
	if (s->number != 0)
		buf_addf(b, ", message %u", s->number);
	buf_addz(b, ": ");
	show_outcome(b, t, v->outcome, v->signature, v->detail);
	buf_addz(b, " -> ");
	text_colour(b, t, v->action == ACTION_ACCEPT ? TEXT_PLAIN : v->action == ACTION_REJECT ||
	    v->action == ACTION_DISCARD ? TEXT_RED : TEXT_YELLOW, action_str(v->action));
	if (v->rule[0] != '\0')
		buf_addf(b, " by %s", v->rule);
	if (v->would != v->action)
		buf_addf(b, " (would %s by %s)", action_str(v->would), v->would_rule);
	buf_addc(b, '\n');
}

/* "  2.1    eicar.zip (application/zip, 184 B): infected (Eicar-Test)" */
static void
put_finding(struct buf *b, const struct text *t, const struct show *s, uint32_t i)
{
	const struct part *p = &s->facts->scan->parts[i];
	char size[32];

	buf_addz(b, "  ");
	text_cell(b, t, TEXT_DIM, p->path != NULL ? p->path : "?", LABEL - 2, 0);
	buf_addc(b, ' ');
	if (p->path != NULL && strcmp(p->path, "0") == 0)
		buf_addz(b, "the message as a whole");
	else
		text_add(b, p->name != NULL ? p->name : "no name", TEXT_UNLIMITED);
	buf_addz(b, " (");
	text_add(b, p->type != NULL ? p->type : p->real_type != NULL ? p->real_type : "type unknown", TEXT_UNLIMITED);
	buf_addf(b, ", %s): ", text_size(p->size, size, sizeof(size)));
	show_part_finding(b, t, s, i);
	buf_addc(b, '\n');
}

void
show_text(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	put_head(b, t, s);
	for (i = 0; scan != NULL && i < scan->parts_count; i++)
		if (show_part_outcome(s, i) != OUTCOME_CLEAN)
			put_finding(b, t, s, i);
}

/* ---- with reasons ---- */

static void
label(struct buf *b, const struct text *t, const char *name)
{
	buf_addz(b, "  ");
	text_cell(b, t, TEXT_DIM, name, LABEL, 0);
	buf_addc(b, ' ');
}

/* Is there a grade of the hop to us? */
static int
graded(const struct verdict *v)
{
	return v->route != NULL && v->route->profile != NULL && v->route->count > 0 && v->hop.tls != HOP_TLS_UNKNOWN;
}

static void
explain_class(struct buf *b, const struct text *t, const struct show *s)
{
	const struct verdict *v = s->verdict;

	label(b, t, "class");
	buf_addf(b, "%s (%s)\n", class_str(v->class), v->class_why != NULL ? v->class_why : "?");
	label(b, t, "TLS");
	buf_addz(b, hop_tls_str(v->hop.tls));
	if (v->hop.reason != NULL)
		buf_addf(b, " (%s)", v->hop.reason);
	if (v->hop.version != NULL) {
		buf_addc(b, ' ');
		text_add(b, v->hop.version, TEXT_UNLIMITED);
	}
	if (v->hop.cipher != NULL) {
		buf_addc(b, ' ');
		text_add(b, v->hop.cipher, TEXT_UNLIMITED);
	}
	if (graded(v)) {
		buf_addz(b, ": ");
		text_colour(b, t, row_grade_colour(v->route->hops[0].grade), grade_str(v->route->hops[0].grade));
		buf_addf(b, " by %s/%s (", v->route->profile->name, v->route->profile->version);
		text_add(b, v->route->hops[0].grade_reason, TEXT_UNLIMITED);
		buf_addc(b, ')');
	}
	buf_addc(b, '\n');
}

static void
explain_partner(struct buf *b, const struct text *t, const struct partner_result *r)
{
	label(b, t, "partner");
	text_add(b, r->partner->name, TEXT_UNLIMITED);
	buf_addf(b, ", %s%s: ", r->confirmed != PARTNER_BY_NONE ? "confirmed by " : "", partner_confirmed_str(r->confirmed));
	text_colour(b, t, r->state == PARTNER_KEPT ? TEXT_GREEN : r->state == PARTNER_UNKNOWN ? TEXT_YELLOW : TEXT_RED,
	    partner_state_str(r->state));
	buf_addf(b, " -> %s", action_str((enum action)r->action));
	if (r->would != r->action)
		buf_addf(b, ", would %s were it not watched", action_str((enum action)r->would));
	if (r->exception != NULL) {
		buf_addz(b, "; excepted: ");
		text_add(b, r->exception->reason, TEXT_UNLIMITED);
	}
	buf_addf(b, "%s%s%s\n", r->grace ? "; in the grace period" : "", r->null_sender ? "; a bounce is not refused" : "",
	    r->relayed ? "; the hop lies behind a host of ours" : "");
}

static void
put_mime_field(struct buf *b, const struct show *s)
{
	struct buf value;

	buf_init(&value, AMBIGUITY_FIELD_MAX);
	if (ambiguity_field(s->facts->scan, s->conf->front->header_mime, &value)) {
		buf_addz(b, "; X-Hopward-MIME: ");
		text_add(b, value.data != NULL ? value.data : "", TEXT_UNLIMITED);
	}
	buf_free(&value);
}

static void
explain_answer(struct buf *b, const struct text *t, const struct show *s)
{
	const struct front_settings *f = s->conf->front;
	const struct verdict *v = s->verdict;
	int delivered = v->action == ACTION_ACCEPT || v->action == ACTION_TAG || v->action == ACTION_QUARANTINE;

	label(b, t, "would");
	if (v->would != v->action)
		buf_addf(b, "%s by %s, were it not watched\n", action_str(v->would), v->would_rule);
	else
		buf_addz(b, "nothing else: no watched rule is stricter\n");
	label(b, t, "reply");
	if (v->reply_code != 0) {
		buf_addf(b, "%d %s ", v->reply_code, v->reply_xcode);
		text_add(b, v->reply_text, TEXT_UNLIMITED);
		buf_addc(b, '\n');
	} else
		buf_addz(b, v->action == ACTION_DISCARD ? "the MTA's own 250, and the message is gone\n" : "the MTA's own 250\n");
	if (v->action == ACTION_QUARANTINE) {
		label(b, t, "hold");
		text_add(b, v->hold_reason, TEXT_UNLIMITED);
		buf_addc(b, '\n');
	}
	label(b, t, "headers");
	if (!delivered || f->policy.observe)
		buf_addz(b, delivered ? "none in observe mode" : "none");
	else if (f->header_virus) {
		buf_addz(b, "X-Virus-Scanned, X-Virus-Status: ");
		text_add(b, v->status, TEXT_UNLIMITED);
	}
	if (delivered && !f->policy.observe && f->header_tls && v->hop.tls != HOP_TLS_UNKNOWN)
		buf_addf(b, "%sAuthentication-Results: x-tls=%s", f->header_virus ? "; " : "",
		    v->hop.tls == HOP_TLS_YES ? "pass" : "none");
	if (delivered && !f->policy.observe)
		put_mime_field(b, s);
	if (v->action == ACTION_TAG && !f->policy.observe && f->subject_tag != NULL) {
		buf_addz(b, "; Subject begins with \"");
		text_add(b, f->subject_tag, TEXT_UNLIMITED);
		buf_addc(b, '"');
	}
	buf_addc(b, '\n');
}

static void
explain_scan(struct buf *b, const struct text *t, const struct show *s)
{
	const struct message_facts *f = s->facts;

	if (f->engine != NULL) {
		label(b, t, "engine");
		buf_addz(b, "ClamAV ");
		text_add(b, f->engine->version != NULL ? f->engine->version : "?", TEXT_UNLIMITED);
		buf_addf(b, ", %llu signatures, walls: %s %s\n", (unsigned long long)f->engine->signatures, s->walls,
		    f->engine->sandbox != NULL ? f->engine->sandbox : "none");
	}
	label(b, t, "times");
	buf_addf(b, "scan %u ms, waiting %u ms", f->scan_ms, f->queue_ms);
	if (f->scan != NULL)
		buf_addf(b, ", processor %llu ms", (unsigned long long)(f->scan->cpu_us / 1000));
	buf_addc(b, '\n');
}

/* Further readings alone have it. */
static uint32_t
extra_count(const struct scan_result *scan)
{
	uint32_t i, n = 0;

	for (i = 0; i < scan->parts_count; i++)
		n += scan->parts[i].view != NULL && !scan->parts[i].member;
	return n;
}

static void
put_reason(struct buf *b, const struct text *t, const char *token)
{
	const struct ambiguity_meaning *m = ambiguity_meaning(token);
	struct buf tmp;

	buf_init(&tmp, 1024);
	buf_addz(&tmp, "    ");
	text_cell(&tmp, t, m != NULL && strcmp(m->grave, "soft") == 0 ? TEXT_PLAIN : TEXT_YELLOW, token, 0, 0);
	if (m != NULL)
		buf_addf(&tmp, " (%s): %s", m->grave, m->sentence);
	text_wrap(b, tmp.data, t->width, 6);
	buf_addc(b, '\n');
	buf_free(&tmp);
}

static void
explain_mime(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	label(b, t, "mime");
	text_colour(b, t, scan->ambiguity >= AMBIGUITY_HARD ? TEXT_YELLOW : TEXT_PLAIN, "ambiguity ");
	text_colour(b, t, scan->ambiguity >= AMBIGUITY_HARD ? TEXT_YELLOW : TEXT_PLAIN, ambiguity_str(scan->ambiguity));
	buf_addf(b, ": read in %u way%s, %u object%s", scan->views, scan->views == 1 ? "" : "s", ambiguity_objects(scan),
	    ambiguity_objects(scan) == 1 ? "" : "s");
	if (extra_count(scan) > 0)
		buf_addf(b, ", %u of them in no strict reading", extra_count(scan));
	buf_addc(b, '\n');
	for (i = 0; i < scan->reasons_count; i++)
		put_reason(b, t, scan->reasons[i]);
}

/* A bound's key in the configuration and its value; a detail that names none stays as it is. */
static void
put_limit(struct buf *b, const struct scan_settings *st, const char *detail)
{
	char size[32];

#define PUT_SIZE(v)	text_size((v), size, sizeof(size))
#define PUT_TIME(v)	text_span((v), size, sizeof(size))
#define PUT_COUNT(v)	(snprintf(size, sizeof(size), "%llu", (unsigned long long)(v)), size)
#define PUT_BOOL(v)	((v) ? "true" : "false")
#define X(name, kind, def)						\
	if (strcmp(detail, #name) == 0 || strcmp(detail, "mime." #name) == 0) {	\
		buf_addf(b, "%s = %s", detail, PUT_##kind(st->name));	\
		return;							\
	}
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	text_add(b, detail, TEXT_UNLIMITED);
}

static void
explain_limits(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	const char *seen[LIMITS_SHOWN];
	size_t n = 0, k;
	uint32_t i;

	for (i = 0; i < scan->parts_count && n < LIMITS_SHOWN; i++) {
		const struct part *p = &scan->parts[i];

		if (p->outcome != OUTCOME_LIMIT || p->detail == NULL)
			continue;
		for (k = 0; k < n && strcmp(seen[k], p->detail) != 0; k++)
			continue;
		if (k < n)
			continue;
		seen[n++] = p->detail;
		label(b, t, "limit");
		put_limit(b, s->conf->scan, p->detail);
		buf_addz(b, " was reached in part ");
		text_add(b, p->path, TEXT_UNLIMITED);
		buf_addc(b, '\n');
	}
}

/* "mx.infected", "rule.zips", "partner.bank", "exception.7Q2K": where it stands. */
static void
put_rule(struct buf *b, const struct show *s, const char *rule)
{
	const struct rules *rules = &s->conf->front->policy.rules;
	size_t i;

	buf_addz(b, rule);
	if (strncmp(rule, "rule.", 5) != 0) {
		if (strncmp(rule, "partner.", 8) != 0 && strncmp(rule, "exception.", 10) != 0)
			buf_addf(b, " (actions.%s)", rule);
		return;
	}
	for (i = 0; i < rules->count; i++)
		if (strcmp(rules->list[i].name, rule + 5) == 0)
			buf_addf(b, " (line %u of the configuration)", rules->list[i].line);
}

static void
explain_rule(struct buf *b, const struct text *t, const struct show *s)
{
	const struct verdict *v = s->verdict;
	const struct exception_hit *x;
	const struct recipient_result *r;
	size_t i;

	if (v->rule[0] != '\0') {
		label(b, t, "rule");
		put_rule(b, s, v->rule);
		buf_addf(b, " -> %s\n", action_str(v->action));
	}
	for (i = 0; i < v->exceptions_count && i < EXCEPTION_HITS_MAX; i++) {
		x = &v->exceptions[i];
		label(b, t, "except");
		buf_addf(b, "%s: %s", x->id, outcome_str(x->outcome));
		if (x->signature != NULL) {
			buf_addz(b, " (");
			text_add(b, x->signature, TEXT_UNLIMITED);
			buf_addc(b, ')');
		}
		buf_addz(b, x->path != NULL ? " in part " : " of the message");
		text_add(b, x->path != NULL ? x->path : "", TEXT_UNLIMITED);
		buf_addz(b, " does not count: ");
		text_add(b, x->reason, TEXT_UNLIMITED);
		buf_addc(b, '\n');
	}
	for (i = 0; i < v->recipients_count; i++) {
		r = &v->recipients[i];
		label(b, t, "for");
		buf_addf(b, "%u recipient%s alone: %s by %s\n", r->rcpts, r->rcpts == 1 ? "" : "s", action_str(r->action), r->rule);
	}
}

void
show_explain(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	struct buf tmp;
	uint32_t i;

	buf_init(&tmp, b->max);
	put_head(&tmp, t, s);
	explain_rule(&tmp, t, s);
	explain_class(&tmp, t, s);
	for (i = 0; i < s->verdict->partners_count && i < PARTNER_RESULTS_MAX; i++)
		explain_partner(&tmp, t, &s->verdict->partners[i]);
	explain_answer(&tmp, t, s);
	explain_scan(&tmp, t, s);
	if (scan != NULL) {
		explain_mime(&tmp, t, s);
		explain_limits(&tmp, t, s);
	}
	text_wrap(b, tmp.data != NULL ? tmp.data : "", t->width, LABEL + 3);
	b->failed |= tmp.failed;
	buf_free(&tmp);
	if (scan == NULL)
		return;
	label(b, t, "parts");
	buf_addf(b, "%u\n", scan->parts_count);
	tree_write(b, t, s);
}

/* ---- the table of tokens ---- */

void
show_reasons(struct buf *b, const struct text *t)
{
	const struct ambiguity_meaning *m;
	struct buf tmp;

	for (m = ambiguity_meanings; m->token != NULL; m++) {
		buf_init(&tmp, 4096);
		text_cell(&tmp, t, TEXT_BOLD, m->token, 14, 0);
		buf_addc(&tmp, ' ');
		text_cell(&tmp, t, strcmp(m->grave, "soft") == 0 ? TEXT_PLAIN : TEXT_YELLOW, m->grave, 12, 0);
		buf_addf(&tmp, " %s\n", m->sentence);
		text_wrap(b, tmp.data, t->width, 28);
		buf_free(&tmp);
	}
}

void
show_reasons_json(struct buf *b)
{
	const struct ambiguity_meaning *m;
	struct json j;

	for (m = ambiguity_meanings; m->token != NULL; m++) {
		json_begin(&j, b);
		json_begin_object(&j, NULL);
		json_str(&j, "token", m->token);
		json_str(&j, "class", m->grave);
		json_str(&j, "meaning", m->sentence);
		json_end_object(&j);
		buf_addc(b, '\n');
	}
}

/* ---- JSON ---- */

static void
json_names(struct json *j, const char *names)
{
	size_t n;

	json_begin_array(j, "names");
	for (; names != NULL && *names != '\0'; names += n + (names[n] != '\0')) {
		n = strcspn(names, "\n");
		json_strn(j, NULL, names, n);
	}
	json_end_array(j);
}

static void
json_part(struct json *j, const struct show *s, uint32_t i)
{
	const struct part *p = &s->facts->scan->parts[i];
	const struct part_judged *judged = s->verdict->judged != NULL ? &s->verdict->judged[i] : NULL;

	json_begin_object(j, NULL);
	json_str(j, "path", p->path);
	json_str(j, "view", p->view != NULL ? p->view : "strict");
	json_str(j, "decoder", p->decoder);
	json_str(j, "name", p->name);
	json_names(j, p->names);
	json_str(j, "type", p->type);
	json_str(j, "real_type", p->real_type);
	json_u64(j, "size", p->size);
	if (p->member)
		json_put_null(j, "sha256");
	else
		json_hex(j, "sha256", p->sha256, sizeof(p->sha256));
	json_bool(j, "member", p->member);
	json_bool(j, "encrypted", p->encrypted);
	json_str(j, "outcome", outcome_str(show_part_outcome(s, i)));
	json_str(j, "signature", p->signature);
	json_str(j, "detail", p->detail);
	json_str(j, "why", judged != NULL ? judged->why : NULL);
	json_str(j, "rule", judged != NULL ? judged->rule : NULL);
	json_end_object(j);
}

static void
json_scan(struct json *j, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	json_begin_array(j, "parts");
	for (i = 0; scan != NULL && i < scan->parts_count; i++)
		json_part(j, s, i);
	json_end_array(j);
	json_begin_object(j, "mime");
	json_str(j, "ambiguity", scan != NULL ? ambiguity_str(scan->ambiguity) : NULL);
	json_u64(j, "views", scan != NULL ? scan->views : 0);
	json_u64(j, "objects", scan != NULL ? ambiguity_objects(scan) : 0);
	json_begin_array(j, "reasons");
	for (i = 0; scan != NULL && i < scan->reasons_count; i++)
		json_str(j, NULL, scan->reasons[i]);
	json_end_array(j);
	json_end_object(j);
}

/* Findings that do not count, and what single recipients would get. */
static void
json_exceptions(struct json *j, const struct verdict *v)
{
	size_t i;

	json_begin_array(j, "exceptions");
	for (i = 0; i < v->exceptions_count && i < EXCEPTION_HITS_MAX; i++) {
		json_begin_object(j, NULL);
		json_str(j, "id", v->exceptions[i].id);
		json_str(j, "outcome", outcome_str(v->exceptions[i].outcome));
		json_str(j, "signature", v->exceptions[i].signature);
		json_str(j, "path", v->exceptions[i].path);
		json_str(j, "reason", v->exceptions[i].reason);
		json_u64(j, "findings", v->exceptions[i].findings);
		json_end_object(j);
	}
	json_end_array(j);
	json_begin_array(j, "recipients");
	for (i = 0; i < v->recipients_count; i++) {
		json_begin_object(j, NULL);
		json_u64(j, "rcpts", v->recipients[i].rcpts);
		json_str(j, "action", action_str(v->recipients[i].action));
		json_str(j, "rule", v->recipients[i].rule);
		json_end_object(j);
	}
	json_end_array(j);
}

static void
json_answer(struct json *j, const struct verdict *v)
{
	if (v->would != v->action) {
		json_begin_object(j, "would");
		json_str(j, "action", action_str(v->would));
		json_str(j, "rule", v->would_rule);
		json_end_object(j);
	} else
		json_put_null(j, "would");
	if (v->reply_code != 0) {
		json_begin_object(j, "reply");
		json_u64(j, "code", (uint64_t)v->reply_code);
		json_str(j, "xcode", v->reply_xcode);
		json_str(j, "text", v->reply_text);
		json_end_object(j);
	} else
		json_put_null(j, "reply");
	json_str(j, "status", v->status);
	json_str(j, "hold", v->action == ACTION_QUARANTINE ? v->hold_reason : NULL);
}

static void
json_partners(struct json *j, const struct verdict *v)
{
	const struct partner_result *r;
	size_t i;

	json_begin_array(j, "partners");
	for (i = 0; i < v->partners_count && i < PARTNER_RESULTS_MAX; i++) {
		r = &v->partners[i];
		json_begin_object(j, NULL);
		json_str(j, "name", r->partner->name);
		json_str(j, "confirmed", partner_confirmed_str(r->confirmed));
		json_str(j, "state", partner_state_str(r->state));
		json_str(j, "exception", r->exception != NULL ? r->exception->reason : NULL);
		json_str(j, "action", action_str((enum action)r->action));
		json_str(j, "would", r->would != r->action ? action_str((enum action)r->would) : NULL);
		json_end_object(j);
	}
	json_end_array(j);
}

void
show_json(struct buf *b, const struct show *s)
{
	const struct message_facts *f = s->facts;
	const struct verdict *v = s->verdict;
	struct json j;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_str(&j, "file", s->file);
	if (s->number != 0)
		json_u64(&j, "message", s->number);
	json_str(&j, "outcome", outcome_str(v->outcome));
	json_str(&j, "action", action_str(v->action));
	json_str(&j, "rule", v->rule);
	json_str(&j, "signature", v->signature);
	json_str(&j, "detail", v->detail);
	json_str(&j, "class", class_str(v->class));
	json_str(&j, "class_why", v->class_why);
	json_begin_object(&j, "tls");
	json_str(&j, "observed", hop_tls_str(v->hop.tls));
	json_str(&j, "reason", v->hop.reason);
	json_str(&j, "version", v->hop.version);
	json_str(&j, "cipher", v->hop.cipher);
	json_str(&j, "bits", v->hop.bits);
	json_str(&j, "grade", graded(v) ? grade_str(v->route->hops[0].grade) : NULL);
	json_end_object(&j);
	json_partners(&j, v);
	json_exceptions(&j, v);
	json_answer(&j, v);
	json_u64(&j, "size", f->size);
	json_scan(&j, s);
	if (f->engine != NULL) {
		json_begin_object(&j, "engine");
		json_str(&j, "version", f->engine->version);
		json_u64(&j, "db_version", f->engine->db_version);
		json_u64(&j, "signatures", f->engine->signatures);
		json_end_object(&j);
	} else
		json_put_null(&j, "engine");
	json_begin_object(&j, "ms");
	json_u64(&j, "queue", f->queue_ms);
	json_u64(&j, "scan", f->scan_ms);
	json_u64(&j, "cpu", f->scan != NULL ? f->scan->cpu_us / 1000 : 0);
	json_end_object(&j);
	json_end_object(&j);
	buf_addc(b, '\n');
}

void
show_json_error(struct buf *b, const char *file, const char *error)
{
	struct json j;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_str(&j, "file", file);
	json_str(&j, "error", error);
	json_end_object(&j);
	buf_addc(b, '\n');
}
