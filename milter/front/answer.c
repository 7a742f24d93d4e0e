/* SPDX-License-Identifier: ISC */
/* Makes the list of header edits and the SMTP reply that carry out a verdict. */

/*
 * Called by end.c and envelope.c; knows no libmilter.  Our own fields from outside go
 * first, from the last to the first, since every removal may move the numbers
 * behind it: one edit a name, so that a hundred thousand forgeries cost as much
 * memory as one; then ours are put in at position 1, below the MTA's own Received.
 * Fields of other programs stay, Authentication-Results of other names too.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "front/answer.h"
#include "judge/ambiguity.h"

#define OWN_PREFIX	"X-Hopward-"
#define VALUE_MAX	1024	/* octets of a field we write; MTAs take 2048 */
/* A Subject beyond this is not rewritten whole by MTAs either (their limit for one field value is about 2048 a line). */
#define SUBJECT_MAX	8192

/* ---- what came from outside ---- */

/* Skips white space and comments (RFC 5322 section 3.2.2); a comment without end swallows the rest. */
static const char *
skip_cfws(const char *p)
{
	unsigned int depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '(')
			depth++;
		else if (depth > 0 && *p == ')')
			depth--;
		else if (depth > 0 && *p == '\\' && p[1] != '\0')
			p++;
		else if (depth == 0 && !isspace((unsigned char)*p))
			break;
	}
	return p;
}

int
answer_is_ours(const char *value, const char *authserv_id)
{
	const char *p = skip_cfws(value);
	size_t n = 0, want = strlen(authserv_id);
	int quoted = *p == '"';

	/* authserv-id is a value of RFC 2045: a token or a quoted string. */
	if (quoted)
		p++;
	for (; *p != '\0'; p++) {
		if (quoted ? *p == '"' : (*p == ';' || *p == '(' || isspace((unsigned char)*p)))
			break;
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		if (n >= want || tolower((unsigned char)*p) != tolower((unsigned char)authserv_id[n]))
			return 0;
		n++;
	}
	/* What follows, a version or the results, does not matter: the name is claimed. */
	return n == want;
}

/* Counts a field that goes with all others of its name. */
static int
seen_count(struct seen *s, const char *name)
{
	size_t i;

	if (strlen(name) > SEEN_NAME_MAX) {
		s->overflow = 1;
		return 0;
	}
	for (i = 0; i < s->count; i++)
		if (strcasecmp(s->names[i].name, name) == 0)
			break;
	if (i == SEEN_NAMES_MAX) {
		s->overflow = 1;
		return 0;
	}
	if (i == s->count) {
		if ((s->names[i].name = strdup(name)) == NULL)
			return -1;
		s->count++;
	}
	if (s->names[i].count == SEEN_INDEX_MAX)
		s->overflow = 1;
	else
		s->names[i].count++;
	return 0;
}

/* Remembers that the last Authentication-Results so far was written in our name. */
static int
seen_mark(struct seen *s)
{
	size_t bit = s->auth_results - 1, size = s->auth_size == 0 ? 8 : s->auth_size;
	unsigned char *ours;

	if (s->auth_results > SEEN_INDEX_MAX) {
		s->overflow = 1;
		return 0;
	}
	while (size <= bit / 8)
		size *= 2;
	if (size > s->auth_size) {
		if ((ours = realloc(s->auth_ours, size)) == NULL)
			return -1;
		memset(ours + s->auth_size, 0, size - s->auth_size);
		s->auth_ours = ours;
		s->auth_size = size;
	}
	s->auth_ours[bit / 8] |= (unsigned char)(1u << bit % 8);
	s->auth_last = s->auth_results;
	return 0;
}

int
seen_add(struct seen *s, const char *name, const char *value, const char *authserv_id,
    int header_virus)
{
	if (strcasecmp(name, "Authentication-Results") == 0) {
		if (s->auth_results <= SEEN_INDEX_MAX)
			s->auth_results++;
		return answer_is_ours(value, authserv_id) ? seen_mark(s) : 0;
	}
	if (strncasecmp(name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0 ||
	    /* Where we write none, they may be another scanner's. */
	    (header_virus && (strcasecmp(name, "X-Virus-Scanned") == 0 ||
	    strcasecmp(name, "X-Virus-Status") == 0)))
		return seen_count(s, name);
	if (s->subject == NULL && strcasecmp(name, "Subject") == 0 &&
	    (s->subject = strndup(value, SUBJECT_MAX)) == NULL)
		return -1;
	return 0;
}

void
seen_free(struct seen *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->names[i].name);
	free(s->auth_ours);
	free(s->subject);
	memset(s, 0, sizeof(*s));
}

/* ---- edits ---- */

int
edit_next(const struct edit *e, int after)
{
	int n;

	if (e->kind != EDIT_DELETE)
		return after == 0 ? e->index : 0;
	n = after == 0 ? e->index : after - 1;
	while (n > 0 && e->only != NULL && (e->only[(n - 1) / 8] & 1u << (n - 1) % 8) == 0)
		n--;
	return n;
}

static int
edit_add(struct answer *a, enum edit_kind kind, const char *name, int index, const char *value,
    unsigned int caps)
{
	struct edit *edits, *e;
	size_t size, len;

	if (a->count == a->size) {
		size = a->size == 0 ? 8 : a->size * 2;
		if ((edits = reallocarray(a->edits, size, sizeof(*edits))) == NULL)
			return -1;
		a->edits = edits;
		a->size = size;
	}
	e = &a->edits[a->count];
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->index = index;
	if ((e->name = strdup(name)) == NULL)
		return -1;
	a->count++;
	if (value == NULL)
		return 0;
	while (*value == ' ' || *value == '\t')
		value++;
	len = strlen(value);
	if ((e->value = malloc(len + 2)) == NULL)
		return -1;
	snprintf(e->value, len + 2, "%s%s", caps & ANSWER_LEADSPC ? " " : "", value);
	return 0;
}

/* A token's octets (RFC 2045), and '/': what TLS names are made of.  Anything else was not written by a TLS library. */
static void
put_token(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		buf_addc(b, isalnum((unsigned char)*s) || strchr("._-+", *s) != NULL ? *s : '_');
}

/* Authentication-Results as Fastmail's authentication_milter spells it; "" where nothing is known. */
static void
tls_value(struct buf *b, const char *authserv_id, const struct hop *hop)
{
	if (hop->tls == HOP_TLS_UNKNOWN)
		return;
	buf_addf(b, "%s;\n\tx-tls=%s", authserv_id, hop->tls == HOP_TLS_YES ? "pass" : "none");
	if (hop->tls != HOP_TLS_YES)
		return;
	if (hop->version != NULL && *hop->version != '\0') {
		buf_addz(b, " smtp.version=");
		put_token(b, hop->version);
	}
	if (hop->cipher != NULL && *hop->cipher != '\0') {
		buf_addz(b, " smtp.cipher=");
		put_token(b, hop->cipher);
	}
	if (hop->bits != NULL && *hop->bits != '\0') {
		buf_addz(b, " smtp.bits=");
		put_token(b, hop->bits);
	}
}

static void
scanned_value(struct buf *b, const struct front_settings *st, const struct message_facts *facts)
{
	buf_addz(b, "hopward " HOPWARD_VERSION);
	if (facts->engine != NULL && facts->engine->version != NULL) {
		buf_addz(b, " (ClamAV ");
		put_token(b, facts->engine->version);
		if (facts->engine->db_version != 0)
			buf_addf(b, ", db %u", facts->engine->db_version);
		buf_addz(b, ")");
	}
	buf_addf(b, " at %s", st->gateway);
}

/* From the one that shall stand lowest, since each goes above the one before. */
static int
edits_insert(struct answer *a, const struct front_settings *st, const struct message_facts *facts,
    const struct verdict *v, unsigned int caps)
{
	struct buf b;
	int rv = -1;

	buf_init(&b, VALUE_MAX);
	if (st->header_virus) {
		if (edit_add(a, EDIT_INSERT, "X-Virus-Status", 1, v->status, caps) == -1)
			goto out;
		scanned_value(&b, st, facts);
		if (b.failed || edit_add(a, EDIT_INSERT, "X-Virus-Scanned", 1, b.data, caps) == -1)
			goto out;
		buf_reset(&b);
	}
	if (st->header_tls) {
		tls_value(&b, st->authserv_id, &v->hop);
		if (b.failed || (b.len > 0 &&
		    edit_add(a, EDIT_INSERT, "Authentication-Results", 1, b.data, caps) == -1))
			goto out;
		buf_reset(&b);
	}
	if (ambiguity_field(facts->scan, st->header_mime, &b)) {
		if (b.failed || edit_add(a, EDIT_INSERT, OWN_PREFIX "MIME", 1, b.data, caps) == -1)
			goto out;
		buf_reset(&b);
	}
	/* A rule asked for it, whatever other fields are wanted. */
	if (v->tls_tag[0] != '\0' && edit_add(a, EDIT_INSERT, OWN_PREFIX "TLS", 1, v->tls_tag, caps) == -1)
		goto out;
	rv = 0;
out:
	buf_free(&b);
	return rv;
}

static int
edits_subject(struct answer *a, const char *tag, const char *subject, unsigned int caps)
{
	struct buf b;
	int rv;

	if (subject == NULL) {
		if ((caps & ANSWER_CAN_ADD) == 0)
			return 0;
		return edit_add(a, EDIT_INSERT, "Subject", 1, tag, caps);
	}
	while (isspace((unsigned char)*subject))
		subject++;
	if ((caps & ANSWER_CAN_CHANGE) == 0 || strncmp(subject, tag, strlen(tag)) == 0)
		return 0;
	buf_init(&b, SUBJECT_MAX + VALUE_MAX);
	buf_addf(&b, "%s %s", tag, subject);
	rv = b.failed ? -1 : edit_add(a, EDIT_CHANGE, "Subject", 1, b.data, caps);
	buf_free(&b);
	return rv;
}

/* One edit for each name, whatever the number of its fields. */
static int
edits_delete(struct answer *a, struct seen *seen, unsigned int caps)
{
	size_t i;

	for (i = 0; i < seen->count; i++)
		if (edit_add(a, EDIT_DELETE, seen->names[i].name, (int)seen->names[i].count, NULL, caps) == -1)
			return -1;
	if (seen->auth_last == 0)
		return 0;
	if (edit_add(a, EDIT_DELETE, "Authentication-Results", (int)seen->auth_last, NULL, caps) == -1)
		return -1;
	a->edits[a->count - 1].only = seen->auth_ours;
	seen->auth_ours = NULL;
	seen->auth_size = seen->auth_last = seen->auth_results = 0;
	return 0;
}

static int
edits_make(struct answer *a, const struct front_settings *st, const struct message_facts *facts,
    const struct verdict *v, struct seen *seen, unsigned int caps)
{
	if ((caps & ANSWER_CAN_CHANGE) && edits_delete(a, seen, caps) == -1)
		return -1;
	if (v->action == ACTION_TAG && st->subject_tag != NULL && *st->subject_tag != '\0' &&
	    edits_subject(a, st->subject_tag, seen->subject, caps) == -1)
		return -1;
	if (caps & ANSWER_CAN_ADD)
		return edits_insert(a, st, facts, v, caps);
	return 0;
}

/* ---- reply ---- */

/* libmilter passes the text through printf's hands at the MTA: '%' is doubled.  Cut between, never inside a pair. */
static void
reply_text(struct answer *a, const char *text)
{
	size_t n = 0, need;

	for (; *text != '\0'; text++) {
		need = *text == '%' ? 2 : 1;
		if (n + need > ANSWER_TEXT_MAX)
			break;
		if (need == 2)
			a->text[n++] = '%';
		a->text[n++] = (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text;
	}
	a->text[n] = '\0';
}

static void
answer_reply(struct answer *a, enum answer_status status, int code, const char *xcode,
    const char *text)
{
	int first = status == ANSWER_TEMPFAIL ? 4 : 5;

	a->status = status;
	/* libmilter drops a reply whose class is not that of the status, without a word. */
	if (code / 100 != first)
		return;
	snprintf(a->code, sizeof(a->code), "%u", (unsigned int)code % 1000);
	snprintf(a->xcode, sizeof(a->xcode), "%s", xcode);
	reply_text(a, text);
}

void
answer_tempfail(struct answer *a, const char *code, const char *xcode, const char *text)
{
	memset(a, 0, sizeof(*a));
	answer_reply(a, ANSWER_TEMPFAIL, atoi(code), xcode, text);
}

int
answer_make(struct answer *a, const struct front_settings *st, const struct message_facts *facts,
    const struct verdict *v, struct seen *seen, unsigned int caps)
{
	memset(a, 0, sizeof(*a));
	switch (v->action) {
	case ACTION_TEMPFAIL:
		answer_reply(a, ANSWER_TEMPFAIL, v->reply_code, v->reply_xcode, v->reply_text);
		return 0;
	case ACTION_REJECT:
		answer_reply(a, ANSWER_REJECT, v->reply_code, v->reply_xcode, v->reply_text);
		return 0;
	case ACTION_DISCARD:
		a->status = ANSWER_DISCARD;
		return 0;
	case ACTION_QUARANTINE:
		snprintf(a->hold, sizeof(a->hold), "%s", v->hold_reason);
		break;
	default:
		break;
	}
	a->status = ANSWER_CONTINUE;
	/* To observe is to touch nothing. */
	if (st->policy.observe)
		return 0;
	return edits_make(a, st, facts, v, seen, caps);
}

void
answer_free(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		free(a->edits[i].name);
		free(a->edits[i].value);
		free(a->edits[i].only);
	}
	free(a->edits);
	memset(a, 0, sizeof(*a));
}
