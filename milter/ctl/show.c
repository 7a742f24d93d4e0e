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

#define LABEL	8

static enum text_colour
colour(enum outcome o)
{
	return o == OUTCOME_CLEAN ? TEXT_GREEN : o == OUTCOME_INFECTED ? TEXT_RED : TEXT_YELLOW;
}

static enum outcome
part_outcome(const struct show *s, uint32_t i)
{
	return s->verdict->parts != NULL ? s->verdict->parts[i] : s->facts->scan->parts[i].outcome;
}

/* "infected (Eicar-Test)", "limit (MaxFileSize)" */
static void
put_outcome(struct buf *b, const struct text *t, enum outcome o, const char *signature, const char *detail)
{
	const char *why = signature != NULL && *signature != '\0' ? signature : detail;

	text_colour(b, t, colour(o), outcome_str(o));
	if (why == NULL || *why == '\0')
		return;
	buf_addz(b, " (");
	text_add(b, why, TEXT_UNLIMITED);
	buf_addc(b, ')');
}

static void
put_head(struct buf *b, const struct text *t, const struct show *s)
{
	const struct verdict *v = s->verdict;

	text_colour(b, t, TEXT_BOLD, strcmp(s->file, "-") == 0 ? "standard input" : s->file);
	buf_addz(b, ": ");
	put_outcome(b, t, v->outcome, v->signature, v->detail);
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
put_finding(struct buf *b, const struct text *t, const struct part *p, enum outcome o)
{
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
	put_outcome(b, t, o, p->signature, p->detail);
	buf_addc(b, '\n');
}

void
show_text(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	put_head(b, t, s);
	for (i = 0; scan != NULL && i < scan->parts_count; i++)
		if (part_outcome(s, i) != OUTCOME_CLEAN)
			put_finding(b, t, &scan->parts[i], part_outcome(s, i));
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
	uint32_t i;

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
	if (f->scan == NULL)
		return;
	label(b, t, "mime");
	buf_addf(b, "ambiguity %s", ambiguity_str(f->scan->ambiguity));
	for (i = 0; i < f->scan->reasons_count; i++) {
		buf_addz(b, i == 0 ? ": " : ", ");
		text_add(b, f->scan->reasons[i], TEXT_UNLIMITED);
	}
	buf_addc(b, '\n');
}

/* Depth in the tree: "2.1" lies in "2", "2.1/3" in "2.1"; all lie in the message, "0". */
static int
depth(const char *path)
{
	int d = 1;

	if (strcmp(path, "0") == 0)
		return 0;
	for (; *path != '\0'; path++)
		d += *path == '.' || *path == '/';
	return d < 16 ? d : 16;		/* deeper ones stand below each other */
}

static void
explain_part(struct buf *b, const struct text *t, const struct show *s, uint32_t i)
{
	const struct part *p = &s->facts->scan->parts[i];
	const struct policy_action *a;
	enum outcome o = part_outcome(s, i);
	const char *path = p->path != NULL ? p->path : "?";
	char size[32];
	int in = 4 + 2 * depth(path), k;

	buf_addf(b, "%*s", in, "");
	text_colour(b, t, TEXT_BOLD, path);
	buf_addc(b, ' ');
	if (p->name != NULL) {
		text_add(b, p->name, TEXT_UNLIMITED);
		buf_addc(b, ' ');
	} else if (strcmp(path, "0") == 0)
		buf_addz(b, "the message as a whole ");
	put_outcome(b, t, o, p->signature, p->detail);
	if (o != OUTCOME_CLEAN) {
		a = &s->conf->front->policy.actions[s->verdict->class][o];
		buf_addf(b, " -> %s%s by %s.%s", a->watch ? "watch:" : "", action_str(a->action),
		    class_str(s->verdict->class), outcome_str(o));
	}
	buf_addf(b, "\n%*s", in + 2, "");
	text_add(b, p->type != NULL ? p->type : "no declared type", TEXT_UNLIMITED);
	buf_addz(b, ", really ");
	text_add(b, p->real_type != NULL ? p->real_type : "unknown", TEXT_UNLIMITED);
	buf_addf(b, ", %s (%llu)\n%*ssha256 ", text_size(p->size, size, sizeof(size)), (unsigned long long)p->size, in + 2, "");
	for (k = 0; k < 32; k++)
		buf_addf(b, "%02x", p->sha256[k]);
	buf_addc(b, '\n');
}

void
show_explain(struct buf *b, const struct text *t, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	put_head(b, t, s);
	explain_class(b, t, s);
	for (i = 0; i < s->verdict->partners_count && i < PARTNER_RESULTS_MAX; i++)
		explain_partner(b, t, &s->verdict->partners[i]);
	explain_answer(b, t, s);
	explain_scan(b, t, s);
	if (scan == NULL)
		return;
	label(b, t, "parts");
	buf_addf(b, "%u\n", scan->parts_count);
	for (i = 0; i < scan->parts_count; i++)
		explain_part(b, t, s, i);
}

/* ---- JSON ---- */

static void
json_part(struct json *j, const struct part *p, enum outcome o)
{
	json_begin_object(j, NULL);
	json_str(j, "path", p->path);
	json_str(j, "name", p->name);
	json_str(j, "type", p->type);
	json_str(j, "real_type", p->real_type);
	json_u64(j, "size", p->size);
	json_hex(j, "sha256", p->sha256, sizeof(p->sha256));
	json_str(j, "outcome", outcome_str(o));
	json_str(j, "signature", p->signature);
	json_str(j, "detail", p->detail);
	json_end_object(j);
}

static void
json_scan(struct json *j, const struct show *s)
{
	const struct scan_result *scan = s->facts->scan;
	uint32_t i;

	json_begin_array(j, "parts");
	for (i = 0; scan != NULL && i < scan->parts_count; i++)
		json_part(j, &scan->parts[i], part_outcome(s, i));
	json_end_array(j);
	json_begin_object(j, "mime");
	json_str(j, "ambiguity", scan != NULL ? ambiguity_str(scan->ambiguity) : NULL);
	json_begin_array(j, "reasons");
	for (i = 0; scan != NULL && i < scan->reasons_count; i++)
		json_str(j, NULL, scan->reasons[i]);
	json_end_array(j);
	json_end_object(j);
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
