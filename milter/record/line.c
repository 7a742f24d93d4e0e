/* SPDX-License-Identifier: ISC */
/* Reads a line of records for the verifier: strictly what the ledger writes, and whole JSON behind it. */
/*
 * Called by record/verify.c for each line; owns nothing but the ranges that an
 * event names.  The head (seq, stream, salt, leaf) is compared octet by octet with what the
 * ledger writes; the body is walked once, to its end, without a tree and
 * without recursion, in time linear in its length.
 * It does not: judge a line by those around it, check UTF-8 (the leaf covers every octet).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "record/line.h"

#define TIME_LEN	24	/* "2026-11-23T12:00:00.000Z" */

struct line_hash {
	EVP_MD		*sha256;
	EVP_MD_CTX	*ctx;
};

/* What is left of the text. */
struct rest {
	const char	*p, *end;
};

/* The members that are looked for, where they stand. */
enum member { M_V, M_TYPE, M_TIME, M_EVENT, M_DATA, M_QUEUE_ID, M_GATEWAY, M_EPOCH, M_LINES, M_CHAIN, M_NEXT, M_SIG, M_PUBLIC, MEMBERS };
static const char *const member_names[MEMBERS] = {
	"v", "type", "time", "event", "data", "queue_id", "gateway", "epoch", "lines", "chain", "next", "sig", "public"
};

/* ---- JSON ---- */

static void
blank(struct rest *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n'))
		r->p++;
}

static int
skip(struct rest *r, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, s, n) != 0)
		return 0;
	r->p += n;
	return 1;
}

static int
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the opening quote, up to and with the closing one; `out` is what is between. */
static int
string(struct rest *r, struct line_text *out)
{
	const char *p = r->p, *end = r->end;
	int i;

	for (out->p = p; p < end && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return 0;
		if (*p != '\\')
			continue;
		if (++p == end || *p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
			return 0;
		if (*p == 'u')
			for (i = 0; i < 4; i++)
				if (++p >= end || !is_hex(*p))
					return 0;
	}
	if (p >= end)
		return 0;
	out->len = (size_t)(p - out->p);
	r->p = p + 1;
	return 1;
}

static int
digits(struct rest *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from;
}

static int
number(struct rest *r)
{
	const char *from;

	(void)skip(r, "-");
	from = r->p;
	if (!digits(r) || (*from == '0' && r->p > from + 1))
		return 0;
	if (skip(r, ".") && !digits(r))
		return 0;
	if (skip(r, "e") || skip(r, "E")) {
		if (!skip(r, "+"))
			(void)skip(r, "-");
		return digits(r);
	}
	return 1;
}

static int
scalar(struct rest *r)
{
	struct line_text t;

	if (skip(r, "\""))
		return string(r, &t);
	return skip(r, "true") || skip(r, "false") || skip(r, "null") || number(r);
}

/* "key": taken. */
static int
key(struct rest *r, struct line_text *out)
{
	blank(r);
	if (!skip(r, "\"") || !string(r, out))
		return 0;
	blank(r);
	return skip(r, ":");
}

/* One value, taken; 0: it is none, or too deep. */
static int
value(struct rest *r)
{
	char open[LINE_DEPTH_MAX];
	struct line_text name;
	unsigned int depth = 0;

	for (;;) {
		blank(r);
		if (r->p < r->end && (*r->p == '{' || *r->p == '[')) {
			if (depth == LINE_DEPTH_MAX)
				return 0;
			open[depth++] = *r->p++;
			blank(r);
			if (r->p < r->end && *r->p == (open[depth - 1] == '{' ? '}' : ']'))
				goto closed;
		} else if (scalar(r))
			goto ended;
		else
			return 0;
		goto member;
closed:
		r->p++;
		depth--;
ended:
		if (depth == 0)
			return 1;
		blank(r);
		if (r->p == r->end)
			return 0;
		if (*r->p == (open[depth - 1] == '{' ? '}' : ']'))
			goto closed;
		if (!skip(r, ","))
			return 0;
member:
		if (open[depth - 1] == '{' && !key(r, &name))
			return 0;
	}
}

static int
text_is(const struct line_text *t, const char *s)
{
	return t->p != NULL && t->len == strlen(s) && memcmp(t->p, s, t->len) == 0;
}

/* The next member of an object whose '{' is taken.  1; 0 at its end, which is taken; -1: no object. */
static int
member_next(struct rest *r, int first, struct line_text *name, struct line_text *val)
{
	blank(r);
	if (skip(r, "}"))
		return 0;
	if ((!first && !skip(r, ",")) || !key(r, name))
		return -1;
	blank(r);
	val->p = r->p;
	if (!value(r))
		return -1;
	val->len = (size_t)(r->p - val->p);
	return 1;
}

/* The members of the body, behind its '{'.  NULL, or why it is no JSON object. */
static const char *
members(struct rest r, struct line_text found[MEMBERS])
{
	struct line_text name, val;
	int i, rc, first = 1;

	while ((rc = member_next(&r, first, &name, &val)) == 1) {
		first = 0;
		for (i = 0; i < MEMBERS; i++)
			if (text_is(&name, member_names[i])) {
				if (found[i].p != NULL)
					return "names a key twice";
				found[i] = val;
				break;
			}
	}
	return rc == -1 ? "is no whole JSON object" : r.p != r.end ? "has something behind its end" : NULL;
}

/* ---- values ---- */

/* Decimal digits without a zero in front, and nothing behind them. */
static int
take_number(const struct line_text *t, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (t->p == NULL || t->len == 0 || t->len > 19 || (*t->p == '0' && t->len > 1))
		return 0;
	for (i = 0; i < t->len; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(t->p[i] - '0');
	}
	*out = v;
	return 1;
}

/* The inside of a string value. */
static int
take_string(const struct line_text *t, struct line_text *out)
{
	if (t->p == NULL || t->len < 2 || *t->p != '"')
		return 0;
	out->p = t->p + 1;
	out->len = t->len - 2;
	return 1;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly n octets in lower-case hexadecimal. */
static int
take_hex(const char *p, size_t len, uint8_t *out, size_t n)
{
	size_t i;
	int a, b;

	if (len != 2 * n)
		return 0;
	for (i = 0; i < n; i++) {
		if ((a = hex_digit(p[2 * i])) < 0 || (b = hex_digit(p[2 * i + 1])) < 0)
			return 0;
		out[i] = (uint8_t)(a << 4 | b);
	}
	return 1;
}

static int
take_key(const struct line_text *t, uint8_t *out, size_t n)
{
	struct line_text s;

	return take_string(t, &s) && take_hex(s.p, s.len, out, n);
}

/* As records have it, and no other form: a seal is signed over it. */
static int
take_time(const struct line_text *t, uint64_t *ms)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	struct line_text s;
	int v[7] = { 0 }, i, n = 0;
	struct tm tm = { 0 };
	time_t at;

	if (!take_string(t, &s) || s.len != TIME_LEN)
		return 0;
	for (i = 0; i < TIME_LEN; i++) {
		if (form[i] != 'd') {
			if (s.p[i] != form[i])
				return 0;
			n++;
		} else if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		else
			v[n] = v[n] * 10 + (s.p[i] - '0');
	}
	tm.tm_year = v[0] - 1900;
	tm.tm_mon = v[1] - 1;
	tm.tm_mday = v[2];
	tm.tm_hour = v[3];
	tm.tm_min = v[4];
	tm.tm_sec = v[5];
	if ((at = timegm(&tm)) < 0 || tm.tm_mon != v[1] - 1 || tm.tm_mday != v[2] || tm.tm_hour != v[3] || tm.tm_min != v[4])
		return 0;
	*ms = (uint64_t)at * 1000 + (uint64_t)v[6];
	return 1;
}

/* ---- events ---- */

static int
range_add(struct line *out, uint64_t first, uint64_t last)
{
	struct line_range *p;

	if (out->ranges_count >= LINE_RANGES_MAX || first == 0 || last < first)
		return 0;
	if ((p = reallocarray(out->ranges, out->ranges_count + 1, sizeof(*p))) == NULL)
		return -1;
	out->ranges = p;
	p[out->ranges_count].first = first;
	p[out->ranges_count++].last = last;
	return 0;
}

/* "12,15-18"; what is none of it ends it.  0 or -1. */
static int
take_ranges(struct line *out, const char *p, const char *end)
{
	struct line_text t;
	uint64_t first, last;

	while (p < end) {
		for (t.p = p; p < end && *p >= '0' && *p <= '9'; p++)
			continue;
		t.len = (size_t)(p - t.p);
		if (!take_number(&t, &first))
			return 0;
		last = first;
		if (p < end && *p == '-') {
			for (t.p = ++p; p < end && *p >= '0' && *p <= '9'; p++)
				continue;
			t.len = (size_t)(p - t.p);
			if (!take_number(&t, &last))
				return 0;
		}
		if (range_add(out, first, last) == -1)
			return -1;
		if (p < end && *p != ',' && *p != ' ')
			return 0;
		while (p < end && (*p == ',' || *p == ' '))
			p++;
	}
	return 0;
}

/* What an event names in its data. */
static int
take_data(const struct line_text *data, struct line *out)
{
	struct rest r = { data->p + 1, data->p + data->len };
	struct line_text name, val, s;
	int first = 1;

	while (member_next(&r, first, &name, &val) == 1) {
		first = 0;
		if (!take_string(&val, &s))
			s = val;
		if (out->event == EVENT_TORN) {
			if (text_is(&name, "octets"))
				(void)take_number(&s, &out->torn);
		} else if (name.len >= 3 && memcmp(name.p, "seq", 3) == 0 && take_ranges(out, s.p, s.p + s.len) == -1)
			return -1;
	}
	return 0;
}

static int
take_event(const struct line_text found[MEMBERS], struct line *out)
{
	static const struct {
		const char	*name;
		enum line_event	 is;
	} known[] = {
		{ "start", EVENT_START }, { "stop", EVENT_STOP }, { "torn-tail", EVENT_TORN }, { "erase", EVENT_ERASE }, { "expire", EVENT_EXPIRE },
		{ "anchor", EVENT_ANCHOR }
	};
	const struct line_text *data = &found[M_DATA];
	struct line_text name = { NULL, 0 };
	size_t i;

	(void)take_string(&found[M_EVENT], &name);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_is(&name, known[i].name))
			out->event = known[i].is;
	if (out->event == EVENT_OTHER || data->p == NULL || *data->p != '{')
		return 0;
	return take_data(data, out);
}

/* ---- the body ---- */

static void
take_seal(const struct line_text found[MEMBERS], struct line *out)
{
	struct seal *s = &out->seal;

	s->seq = out->seq;
	s->time_ms = out->time_ms;
	out->sealed = take_number(&found[M_EPOCH], &s->epoch) && take_number(&found[M_LINES], &s->lines) && out->time_ms != 0 &&
	    take_key(&found[M_CHAIN], s->chain, sizeof(s->chain)) && take_key(&found[M_NEXT], s->next, sizeof(s->next)) &&
	    take_key(&found[M_SIG], s->sig, sizeof(s->sig));
}

static enum line_type
type_of(const struct line_text *val)
{
	static const struct {
		const char	*name;
		enum line_type	 is;
	} known[] = {
		{ "message", LINE_MESSAGE }, { "delivery", LINE_DELIVERY }, { "event", LINE_EVENT },
		{ "seal-init", LINE_SEAL_INIT }, { "seal", LINE_SEAL }
	};
	struct line_text name = { NULL, 0 };
	size_t i;

	(void)take_string(val, &name);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_is(&name, known[i].name))
			return known[i].is;
	return LINE_OTHER;
}

/* The body behind its '{'. */
static int
take_body(struct rest r, struct line *out)
{
	struct line_text found[MEMBERS];

	memset(found, 0, sizeof(found));
	if ((out->why = members(r, found)) != NULL) {
		/* with a leaf that differs nothing more need be said */
		if (out->state == LINE_GOOD)
			out->state = LINE_BAD;
		return 0;
	}
	out->type = type_of(&found[M_TYPE]);
	(void)take_number(&found[M_V], &out->schema);
	(void)take_time(&found[M_TIME], &out->time_ms);
	(void)take_string(&found[M_QUEUE_ID], &out->queue_id);
	(void)take_string(&found[M_GATEWAY], &out->gateway);
	if (out->type == LINE_SEAL)
		take_seal(found, out);
	else if (out->type == LINE_SEAL_INIT)
		out->sealed = take_key(&found[M_PUBLIC], out->public_1, sizeof(out->public_1));
	else if (out->type == LINE_EVENT)
		return take_event(found, out);
	return 0;
}

/* ---- the head ---- */

/* {"seq":N,"stream":"S", */
static int
take_head(struct rest *r, struct line *out)
{
	struct line_text t;
	size_t n;

	if (!skip(r, "{\"seq\":"))
		return 0;
	t.p = r->p;
	if (!digits(r))
		return 0;
	t.len = (size_t)(r->p - t.p);
	if (!take_number(&t, &out->seq) || out->seq == 0 || !skip(r, ",\"stream\":\"") || !string(r, &t)) {
		out->seq = 0;
		return 0;
	}
	n = t.len < sizeof(out->stream) ? t.len : 0;
	memcpy(out->stream, t.p, n);
	out->stream[n] = '\0';
	return n > 0 && skip(r, ",");
}

/* "leaf":"HEX64" */
static int
take_leaf(struct rest *r, struct line *out)
{
	if (!skip(r, "\"leaf\":\"") || r->end - r->p < 2 * LEDGER_LEAF_LEN ||
	    !take_hex(r->p, 2 * LEDGER_LEAF_LEN, out->leaf, LEDGER_LEAF_LEN))
		return 0;
	r->p += 2 * LEDGER_LEAF_LEN;
	return skip(r, "\"");
}

static int
leaf_make(struct line_hash *h, const uint8_t salt[LEDGER_SALT_LEN], struct rest body, uint8_t out[LEDGER_LEAF_LEN])
{
	return EVP_DigestInit_ex2(h->ctx, h->sha256, NULL) == 1 && EVP_DigestUpdate(h->ctx, salt, LEDGER_SALT_LEN) == 1 &&
	    EVP_DigestUpdate(h->ctx, "{", 1) == 1 && EVP_DigestUpdate(h->ctx, body.p, (size_t)(body.end - body.p)) == 1 &&
	    EVP_DigestFinal_ex(h->ctx, out, NULL) == 1 ? 0 : -1;
}

/* Behind the leaf of a line that was erased. */
static int
take_erased(struct rest *r)
{
	return skip(r, ",\"erased\":") && scalar(r) && skip(r, "}") && r->p == r->end;
}

static int
bad(struct line *out, const char *why)
{
	out->state = LINE_BAD;
	out->why = why;
	return 0;
}

/* What later or earlier lines need: seals, and events that say what became of lines. */
static int
concerns_all(const struct rest *r)
{
	static const char seal[] = "\"v\":1,\"type\":\"seal", event[] = "\"v\":1,\"type\":\"event\"";
	size_t n = (size_t)(r->end - r->p);

	return (n >= sizeof(seal) - 1 && memcmp(r->p, seal, sizeof(seal) - 1) == 0) ||
	    (n >= sizeof(event) - 1 && memcmp(r->p, event, sizeof(event) - 1) == 0);
}

int
line_read(struct line_hash *h, const char *text, size_t len, int quick, struct line *out)
{
	struct rest r = { text, text + len };
	uint8_t salt[LEDGER_SALT_LEN];

	memset(out, 0, sizeof(*out));
	if (len == 0)
		return bad(out, "is empty");
	if (!take_head(&r, out))
		return bad(out, "is no line of records");
	if (r.end - r.p >= 7 && memcmp(r.p, "\"leaf\":", 7) == 0) {
		if (!take_leaf(&r, out) || !take_erased(&r))
			return bad(out, "is neither a line of records nor an erased one");
		out->state = LINE_ERASED;
		return 0;
	}
	if (!skip(&r, "\"salt\":\"") || r.end - r.p < 2 * LEDGER_SALT_LEN || !take_hex(r.p, 2 * LEDGER_SALT_LEN, salt, LEDGER_SALT_LEN))
		return bad(out, "has no salt");
	r.p += 2 * LEDGER_SALT_LEN;
	if (!skip(&r, "\",") || !take_leaf(&r, out))
		return bad(out, "has no leaf");
	if (!skip(&r, ",") && !(r.end - r.p == 1 && *r.p == '}'))
		return bad(out, "has no body");
	if (quick && !concerns_all(&r))
		return 0;
	if (leaf_make(h, salt, r, out->made) == -1)
		return -1;
	if (memcmp(out->made, out->leaf, sizeof(out->leaf)) != 0)
		out->state = LINE_LEAF;
	return take_body(r, out);
}

void
line_free(struct line *l)
{
	free(l->ranges);
	l->ranges = NULL;
	l->ranges_count = 0;
}

struct line_hash *
line_hash_new(void)
{
	struct line_hash *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->ctx = EVP_MD_CTX_new()) == NULL || (h->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL) {
		line_hash_free(h);
		return NULL;
	}
	return h;
}

void
line_hash_free(struct line_hash *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->sha256);
	free(h);
}
