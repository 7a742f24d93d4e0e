/* SPDX-License-Identifier: ISC */
/* The wire forms of what is asked of a scanner and of what it saw, and the names of outcomes. */
/*
 * Called by the front, the scanner and hopwardctl; these meet nowhere else.
 * Each encoder stands above its decoder and changes with it.  Encoders refuse
 * what their decoder would refuse.  Decoders take the sender for hijacked:
 * counts are held against the octets left before memory is asked for, enums
 * are range-checked, no octet may be left over.  Nothing here judges: what a
 * fact means is policy.c's affair.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "judge/facts.h"

#define REASON_LEN_MAX	32	/* a token, not a text */

/* Fewest octets of a part: nine string lengths, size, digest with its length, two flags, outcome. */
#define PART_WIRE_MIN	(9 * 4 + 8 + (4 + 32) + 3)
/* ... and of a reason: its length and one octet. */
#define REASON_WIRE_MIN	(4 + 1)
/* ... and of a hop: its texts' lengths, time, bits, six octets. */
#define RECEIVED_COUNT_ONE(member, max)	+ 1
#define RECEIVED_WIRE_MIN	((0 RECEIVED_TEXTS(RECEIVED_COUNT_ONE)) * 4 + 8 + 4 + 6)

/* ... and of a pass: two texts of an octet, method, place. */
#define AUTHRES_WIRE_MIN	(2 * (4 + 1) + 1 + 1 + 4)
#define AUTHRES_TEXT_MAX	255

/* ---- names ---- */

static const char *const	outcome_names[] = {
#define X(e, s) [OUTCOME_##e] = s,
	OUTCOMES(X)
#undef X
};

static const enum outcome	gravest_first[] = {
	OUTCOME_INFECTED,
	OUTCOME_CRASH,
	OUTCOME_TIMEOUT,
	OUTCOME_UNAVAILABLE,
	OUTCOME_NOT_SCANNED,
	OUTCOME_BLOCKED,
	OUTCOME_PUA,
	OUTCOME_MACRO,
	OUTCOME_ENCRYPTED,
	OUTCOME_AMBIGUOUS,
	OUTCOME_LIMIT,
	OUTCOME_UNOPENED,
	OUTCOME_CLEAN,
};
_Static_assert(sizeof(gravest_first) / sizeof(gravest_first[0]) == OUTCOME_MAX,
    "every outcome has its place");

const char *
outcome_str(enum outcome o)
{
	return (unsigned int)o < OUTCOME_MAX ? outcome_names[o] : "invalid";
}

int
outcome_parse(const char *s, enum outcome *out)
{
	size_t	i;

	*out = OUTCOME_NOT_SCANNED;
	if (s == NULL)
		return -1;
	for (i = 0; i < OUTCOME_MAX; i++)
		if (strcmp(s, outcome_names[i]) == 0) {
			*out = (enum outcome)i;
			return 0;
		}
	return -1;
}

enum outcome
outcome_worse(enum outcome a, enum outcome b)
{
	size_t	i;

	for (i = 0; i < OUTCOME_MAX; i++)
		if (gravest_first[i] == a || gravest_first[i] == b)
			return gravest_first[i];
	return OUTCOME_NOT_SCANNED;	/* neither is an outcome; never clean */
}

const char *
ambiguity_str(enum ambiguity a)
{
	static const char *const	names[] = {
		[AMBIGUITY_NONE] = "none",
		[AMBIGUITY_SOFT] = "soft",
		[AMBIGUITY_HARD] = "hard",
		[AMBIGUITY_LIMIT] = "limit",
	};

	return (unsigned int)a <= AMBIGUITY_LIMIT ? names[a] : "invalid";
}

/* ---- settings ---- */

#define COUNT_ONE(name, kind, def)	+ 1
#define SETTINGS_COUNT	(0 SCAN_ENGINE_SETTINGS(COUNT_ONE) SCAN_MIME_SETTINGS(COUNT_ONE))

#define VALID_SIZE(v)	1
#define VALID_TIME(v)	1
#define VALID_COUNT(v)	((v) <= UINT32_MAX)
#define VALID_BOOL(v)	((v) <= 1)

static int
settings_valid(const struct scan_settings *s)
{
	int	ok = s->workers_small >= 1 && s->hand_out <= 1;

#define X(name, kind, def) ok &= VALID_##kind(s->name);
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	return ok;
}

int
scan_settings_encode(const struct scan_settings *s, struct buf *out)
{
	if (!settings_valid(s))
		return -1;
	/* A hopward and a hopward-scan of different releases notice here. */
	wire_put_u32(out, SETTINGS_COUNT);
#define X(name, kind, def) wire_put_u64(out, s->name);
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	wire_put_str(out, s->database);
	wire_put_str(out, s->extra_databases);
	wire_put_str(out, s->include_pua);
	wire_put_str(out, s->exclude_pua);
	wire_put_str(out, s->scratch);
	wire_put_str(out, s->test_hook);
	wire_put_u32(out, s->workers_small);
	wire_put_u32(out, s->workers_large);
	wire_put_u32(out, s->spares);
	wire_put_u32(out, s->messages_per_worker);
	wire_put_u32(out, s->crashes_max);
	wire_put_u32(out, s->hand_out);
	return out->failed ? -1 : 0;
}

int
scan_settings_decode(const void *p, size_t n, struct scan_settings **out)
{
	struct scan_settings	*s;
	struct wire		 w;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return -1;
	wire_init(&w, p, n);
	if (wire_u32(&w) != SETTINGS_COUNT)
		w.bad = 1;
#define X(name, kind, def) s->name = wire_u64(&w);
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	s->database = wire_str(&w);
	s->extra_databases = wire_str(&w);
	s->include_pua = wire_str(&w);
	s->exclude_pua = wire_str(&w);
	s->scratch = wire_str(&w);
	s->test_hook = wire_str(&w);
	s->workers_small = wire_u32(&w);
	s->workers_large = wire_u32(&w);
	s->spares = wire_u32(&w);
	s->messages_per_worker = wire_u32(&w);
	s->crashes_max = wire_u32(&w);
	s->hand_out = wire_u32(&w);
	if (wire_end(&w) == -1 || !settings_valid(s)) {
		scan_settings_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
scan_settings_free(struct scan_settings *s)
{
	if (s == NULL)
		return;
	free(s->database);
	free(s->extra_databases);
	free(s->include_pua);
	free(s->exclude_pua);
	free(s->scratch);
	free(s->test_hook);
	free(s);
}

/* ---- job ---- */

int
scan_job_encode(const struct scan_job *j, struct buf *out)
{
	if (j->prefix_len > j->size)
		return -1;
	wire_put_u64(out, j->id);
	wire_put_u64(out, j->deadline_ns);
	wire_put_u64(out, j->size);
	wire_put_u32(out, j->prefix_len);
	return out->failed ? -1 : 0;
}

int
scan_job_decode(const void *p, size_t n, struct scan_job *j)
{
	struct wire	w;

	wire_init(&w, p, n);
	j->id = wire_u64(&w);
	j->deadline_ns = wire_u64(&w);
	j->size = wire_u64(&w);
	j->prefix_len = wire_u32(&w);
	if (wire_end(&w) == -1 || j->prefix_len > j->size) {
		memset(j, 0, sizeof(*j));
		return -1;
	}
	return 0;
}

/* ---- result ---- */

/* A part without a path could not be named in a record. */
static int
part_valid(const struct part *p)
{
	return p->path != NULL && p->path[0] != '\0' && (unsigned int)p->outcome < OUTCOME_MAX;
}

/* Tokens reach the record and headers: nothing else than a token may. */
static int
reason_valid(const char *s)
{
	size_t	n;

	if (s == NULL)
		return 0;
	n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
	return n >= 1 && n <= REASON_LEN_MAX && s[n] == '\0';
}

const char *const	received_versions[] = {
	"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL
};

static int
version_valid(const char *s)
{
	size_t	i;

	for (i = 0; s != NULL && received_versions[i] != NULL; i++)
		if (strcmp(s, received_versions[i]) == 0)
			return 1;
	return s == NULL;
}

/* Trust will go by this text: there is one for each address. */
static int
ip_valid(const char *s)
{
	struct in6_addr	addr;
	char		text[INET6_ADDRSTRLEN];
	int		family;

	if (s == NULL)
		return 1;
	family = strchr(s, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(family, s, &addr) == 1 && inet_ntop(family, &addr, text, sizeof(text)) != NULL &&
	    strcmp(s, text) == 0 && (family == AF_INET || !IN6_IS_ADDR_V4MAPPED(&addr));
}

static int
text_valid(const char *s, size_t max)
{
	size_t	n;

	if (s == NULL)
		return 1;
	for (n = 0; s[n] != '\0'; n++)
		if (n == max || (unsigned char)s[n] < ' ' || s[n] == 0x7f)
			return 0;
	return n > 0;
}

static int
received_valid(const struct received *h)
{
	int	ok = 1;

#define X(member, max) ok &= text_valid(h->member, max);
	RECEIVED_TEXTS(X)
#undef X
	return ok && ip_valid(h->ip) && version_valid(h->version_norm) &&
	    h->bits <= RECEIVED_BITS_MAX && (unsigned int)h->tls <= RECEIVED_TLS_YES &&
	    h->has_time <= 1 && h->auth <= 1 && h->local <= 1 && h->cut <= 1 && h->odd <= (h->ip == NULL && !h->local && !h->auth) &&
	    h->time <= (h->has_time ? RECEIVED_TIME_MAX : 0);
}

static int
received_count_valid(const struct scan_result *r)
{
	return r->received_count <= SCAN_RECEIVED_MAX &&
	    (r->received_more == 0 || r->received_count == SCAN_RECEIVED_MAX);
}

/* Confirms a sender: only what can be the name of a domain, in the one form that is compared. */
static int
domain_valid(const char *s)
{
	size_t	i;

	for (i = 0; s[i] != '\0'; i++) {
		unsigned char	c = (unsigned char)s[i];

		if (c == '.' && (i == 0 || s[i - 1] == '.'))
			return 0;
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_' && c < 0x80)
			return 0;
	}
	return i > 0 && s[i - 1] != '.';
}

static int
authres_valid(const struct authres *a)
{
	return a->authserv_id != NULL && text_valid(a->authserv_id, AUTHRES_TEXT_MAX) &&
	    strpbrk(a->authserv_id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL &&
	    a->domain != NULL && text_valid(a->domain, AUTHRES_TEXT_MAX) && domain_valid(a->domain) &&
	    (unsigned int)a->method < AUTHRES_METHODS && a->pass <= 1;
}

/* Trust in a result goes by the hops above it: these are in order, and there. */
static int
authres_places_valid(const struct scan_result *r)
{
	uint64_t	received = (uint64_t)r->received_count + r->received_more;
	uint32_t	i;

	for (i = 0; i < r->authres_count; i++)
		if (r->authres[i].received_above > received ||
		    (i > 0 && r->authres[i].received_above < r->authres[i - 1].received_above))
			return 0;
	return 1;
}

static int
authres_count_valid(const struct scan_result *r)
{
	return r->authres_count <= SCAN_AUTHRES_MAX && r->tls_required_no <= 1 &&
	    (r->authres_more == 0 || r->authres_count == SCAN_AUTHRES_MAX);
}

/* A result without the raw message saw nothing, and must not pass for clean. */
static int
counts_valid(const struct scan_result *r)
{
	return r->parts_count >= 1 && r->parts_count <= SCAN_PARTS_MAX &&
	    r->reasons_count <= SCAN_REASONS_MAX &&
	    (unsigned int)r->ambiguity <= AMBIGUITY_LIMIT;
}

static void
part_encode(const struct part *p, struct buf *out)
{
	if (!part_valid(p)) {
		out->failed = 1;
		return;
	}
	wire_put_str(out, p->path);
	wire_put_str(out, p->name);
	wire_put_str(out, p->names);
	wire_put_str(out, p->type);
	wire_put_str(out, p->view);
	wire_put_str(out, p->decoder);
	wire_put_str(out, p->real_type);
	wire_put_str(out, p->signature);
	wire_put_str(out, p->detail);
	wire_put_u64(out, p->size);
	wire_put_bytes(out, p->sha256, sizeof(p->sha256));
	wire_put_u8(out, p->member);
	wire_put_u8(out, p->encrypted);
	wire_put_u8(out, (uint8_t)p->outcome);
}

static void
part_decode(struct wire *w, struct part *p)
{
	p->path = wire_str(w);
	p->name = wire_str(w);
	p->names = wire_str(w);
	p->type = wire_str(w);
	p->view = wire_str(w);
	p->decoder = wire_str(w);
	p->real_type = wire_str(w);
	p->signature = wire_str(w);
	p->detail = wire_str(w);
	p->size = wire_u64(w);
	wire_bytes(w, p->sha256, sizeof(p->sha256));
	p->member = wire_u8(w);
	p->encrypted = wire_u8(w);
	p->outcome = (enum outcome)wire_u8(w);
	if (!part_valid(p) || p->member > 1 || p->encrypted > 1)
		w->bad = 1;
}

static void
received_encode(const struct received *h, struct buf *out)
{
	if (!received_valid(h)) {
		out->failed = 1;
		return;
	}
#define X(member, max) wire_put_str(out, h->member);
	RECEIVED_TEXTS(X)
#undef X
	wire_put_u64(out, h->time);
	wire_put_u32(out, h->bits);
	wire_put_u8(out, (uint8_t)h->tls);
	wire_put_u8(out, h->has_time);
	wire_put_u8(out, h->auth);
	wire_put_u8(out, h->local);
	wire_put_u8(out, h->cut);
	wire_put_u8(out, h->odd);
}

/* Texts that are allocations of their own become parts of one. */
static void
texts_join(struct wire *w, struct received *h)
{
	size_t	n, size = 0;
	char	*to;

#define X(member, max) size += h->member != NULL ? strlen(h->member) + 1 : 0;
	RECEIVED_TEXTS(X)
#undef X
	if (size > 0 && (h->texts = malloc(size)) == NULL)
		w->bad = 1;
	to = h->texts;
#define X(member, max)							\
	if (h->member != NULL && to != NULL) {				\
		n = strlen(h->member) + 1;				\
		memcpy(to, h->member, n);				\
		free(h->member);					\
		h->member = to;						\
		to += n;						\
	} else {							\
		free(h->member);					\
		h->member = NULL;					\
	}
	RECEIVED_TEXTS(X)
#undef X
}

static void
received_decode(struct wire *w, struct received *h)
{
#define X(member, max) h->member = wire_str(w);
	RECEIVED_TEXTS(X)
#undef X
	texts_join(w, h);
	h->time = wire_u64(w);
	h->bits = wire_u32(w);
	h->tls = (enum received_tls)wire_u8(w);
	h->has_time = wire_u8(w);
	h->auth = wire_u8(w);
	h->local = wire_u8(w);
	h->cut = wire_u8(w);
	h->odd = wire_u8(w);
	if (!received_valid(h))
		w->bad = 1;
}

static void
hops_encode(const struct scan_result *r, struct buf *out)
{
	uint32_t	i;

	wire_put_u32(out, r->received_count);
	wire_put_u32(out, r->received_more);
	wire_put_u8(out, r->header_cut);
	for (i = 0; i < r->received_count && !out->failed; i++)
		received_encode(&r->received[i], out);
}

/* What scan_result_free() finds is right at any time.  No memory counts as bad. */
static void
hops_decode(struct wire *w, struct scan_result *r)
{
	uint32_t	count;

	r->received_count = count = wire_u32(w);
	r->received_more = wire_u32(w);
	r->header_cut = wire_u8(w);
	if (w->bad || r->header_cut > 1 || !received_count_valid(r) || count > w->left / RECEIVED_WIRE_MIN)
		w->bad = 1;
	r->received_count = 0;
	if (w->bad || count == 0)
		return;
	if ((r->received = calloc(count, sizeof(*r->received))) == NULL)
		w->bad = 1;
	while (r->received_count < count && !w->bad)
		received_decode(w, &r->received[r->received_count++]);
}

static void
passes_encode(const struct scan_result *r, struct buf *out)
{
	const struct authres	*a;
	uint32_t		 i;

	wire_put_u32(out, r->authres_count);
	wire_put_u32(out, r->authres_more);
	wire_put_u8(out, r->tls_required_no);
	for (i = 0; i < r->authres_count && !out->failed; i++) {
		a = &r->authres[i];
		if (!authres_valid(a)) {
			out->failed = 1;
			return;
		}
		wire_put_str(out, a->authserv_id);
		wire_put_str(out, a->domain);
		wire_put_u8(out, (uint8_t)a->method);
		wire_put_u32(out, a->received_above);
		wire_put_u8(out, a->pass);
	}
}

/* As hops_decode(). */
static void
passes_decode(struct wire *w, struct scan_result *r)
{
	struct authres	*a;
	uint32_t	 count;

	r->authres_count = count = wire_u32(w);
	r->authres_more = wire_u32(w);
	r->tls_required_no = wire_u8(w);
	if (w->bad || !authres_count_valid(r) || count > w->left / AUTHRES_WIRE_MIN)
		w->bad = 1;
	r->authres_count = 0;
	if (w->bad || count == 0)
		return;
	if ((r->authres = calloc(count, sizeof(*r->authres))) == NULL)
		w->bad = 1;
	while (r->authres_count < count && !w->bad) {
		a = &r->authres[r->authres_count++];
		a->authserv_id = wire_str(w);
		a->domain = wire_str(w);
		a->method = (enum authres_method)wire_u8(w);
		a->received_above = wire_u32(w);
		a->pass = wire_u8(w);
		if (!authres_valid(a))
			w->bad = 1;
	}
}

int
scan_result_encode(const struct scan_result *r, struct buf *out)
{
	uint32_t	i;

	if (!counts_valid(r) || !received_count_valid(r) || !authres_count_valid(r) || !authres_places_valid(r))
		return -1;
	wire_put_u8(out, (uint8_t)r->ambiguity);
	wire_put_u32(out, r->views);
	wire_put_u64(out, r->scan_us);
	wire_put_u64(out, r->cpu_us);
	wire_put_u32(out, r->parts_count);
	wire_put_u32(out, r->reasons_count);
	for (i = 0; i < r->parts_count && !out->failed; i++)
		part_encode(&r->parts[i], out);
	passes_encode(r, out);
	hops_encode(r, out);
	for (i = 0; i < r->reasons_count && !out->failed; i++) {
		if (!reason_valid(r->reasons[i]))
			out->failed = 1;
		else
			wire_put_str(out, r->reasons[i]);
	}
	return out->failed ? -1 : 0;
}

int
scan_result_decode(const void *p, size_t n, struct scan_result **out)
{
	struct scan_result	*r;
	struct wire		 w;
	uint32_t		 parts, reasons;
	int			 ret = -1;

	*out = NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return -1;
	wire_init(&w, p, n);
	r->ambiguity = (enum ambiguity)wire_u8(&w);
	r->views = wire_u32(&w);
	r->scan_us = wire_u64(&w);
	r->cpu_us = wire_u64(&w);
	r->parts_count = parts = wire_u32(&w);
	r->reasons_count = reasons = wire_u32(&w);
	if (w.bad || !counts_valid(r) || parts > w.left / PART_WIRE_MIN ||
	    reasons > (w.left - parts * PART_WIRE_MIN) / REASON_WIRE_MIN)
		w.bad = 1;
	/* From here on the counts say what scan_result_free() finds. */
	r->parts_count = r->reasons_count = 0;
	if (w.bad || (r->parts = calloc(parts, sizeof(*r->parts))) == NULL)
		goto out;
	if (reasons > 0 && (r->reasons = calloc(reasons, sizeof(*r->reasons))) == NULL)
		goto out;
	while (r->parts_count < parts && !w.bad)
		part_decode(&w, &r->parts[r->parts_count++]);
	passes_decode(&w, r);
	hops_decode(&w, r);
	if (!authres_places_valid(r))
		w.bad = 1;
	while (r->reasons_count < reasons && !w.bad) {
		r->reasons[r->reasons_count] = wire_str(&w);
		if (!reason_valid(r->reasons[r->reasons_count++]))
			w.bad = 1;
	}
	if (wire_end(&w) == -1)
		goto out;
	*out = r;
	r = NULL;
	ret = 0;
out:
	scan_result_free(r);
	return ret;
}

void
received_clear(struct received *h)
{
	free(h->texts);
	memset(h, 0, sizeof(*h));
}

void
authres_clear(struct authres *a)
{
	free(a->authserv_id);
	free(a->domain);
	memset(a, 0, sizeof(*a));
}

static void
part_clear(struct part *p)
{
	free(p->path);
	free(p->name);
	free(p->names);
	free(p->type);
	free(p->view);
	free(p->decoder);
	free(p->real_type);
	free(p->signature);
	free(p->detail);
}

void
scan_result_free(struct scan_result *r)
{
	uint32_t	i;

	if (r == NULL)
		return;
	for (i = 0; i < r->parts_count; i++)
		part_clear(&r->parts[i]);
	for (i = 0; i < r->reasons_count; i++)
		free(r->reasons[i]);
	for (i = 0; i < r->received_count; i++)
		received_clear(&r->received[i]);
	for (i = 0; i < r->authres_count; i++)
		authres_clear(&r->authres[i]);
	free(r->received);
	free(r->authres);
	free(r->parts);
	free(r->reasons);
	free(r);
}

/* ---- an object handed out ---- */

static int
object_valid(const struct scan_object *o)
{
	return o->number >= 1 && o->number < SCAN_PARTS_MAX && !o->part.member && !o->part.encrypted;
}

int
scan_object_encode(const struct scan_object *o, struct buf *out)
{
	if (!object_valid(o))
		return -1;
	wire_put_u32(out, o->number);
	part_encode(&o->part, out);
	return out->failed ? -1 : 0;
}

int
scan_object_decode(const void *p, size_t n, struct scan_object **out)
{
	struct scan_object	*o;
	struct wire		 w;

	*out = NULL;
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return -1;
	wire_init(&w, p, n);
	o->number = wire_u32(&w);
	part_decode(&w, &o->part);
	if (wire_end(&w) == -1 || !object_valid(o)) {
		scan_object_free(o);
		return -1;
	}
	*out = o;
	return 0;
}

void
scan_object_free(struct scan_object *o)
{
	if (o == NULL)
		return;
	part_clear(&o->part);
	free(o);
}

/* ---- engine ---- */

int
engine_info_encode(const struct engine_info *e, struct buf *out)
{
	wire_put_str(out, e->version);
	wire_put_u32(out, e->db_version);
	wire_put_u64(out, e->db_time);
	wire_put_u64(out, e->signatures);
	wire_put_u64(out, e->load_ms);
	wire_put_u64(out, e->huge_bytes);
	wire_put_str(out, e->sandbox);
	wire_put_str(out, e->left_out);
	return out->failed ? -1 : 0;
}

int
engine_info_decode(const void *p, size_t n, struct engine_info **out)
{
	struct engine_info	*e;
	struct wire		 w;

	*out = NULL;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return -1;
	wire_init(&w, p, n);
	e->version = wire_str(&w);
	e->db_version = wire_u32(&w);
	e->db_time = wire_u64(&w);
	e->signatures = wire_u64(&w);
	e->load_ms = wire_u64(&w);
	e->huge_bytes = wire_u64(&w);
	e->sandbox = wire_str(&w);
	e->left_out = wire_str(&w);
	/* Both are shown in headers and status lines, which have no room for more. */
	if (wire_end(&w) == -1 || (e->version != NULL && strlen(e->version) > ENGINE_VERSION_MAX) ||
	    (e->sandbox != NULL && strlen(e->sandbox) > ENGINE_SANDBOX_MAX) ||
	    (e->left_out != NULL && strlen(e->left_out) > ENGINE_LEFT_OUT_MAX)) {
		engine_info_free(e);
		return -1;
	}
	*out = e;
	return 0;
}

void
engine_info_free(struct engine_info *e)
{
	if (e == NULL)
		return;
	free(e->version);
	free(e->sandbox);
	free(e->left_out);
	free(e);
}

/* ---- cause of death ---- */

int
scan_report_encode(const struct scan_report *r, struct buf *out)
{
	if ((unsigned int)r->death > DEATH_EXIT)
		return -1;
	wire_put_u64(out, r->id);
	wire_put_u8(out, (uint8_t)r->death);
	wire_put_u32(out, r->number);
	return out->failed ? -1 : 0;
}

int
scan_report_decode(const void *p, size_t n, struct scan_report *r)
{
	struct wire	w;

	wire_init(&w, p, n);
	r->id = wire_u64(&w);
	r->death = (enum scan_death)wire_u8(&w);
	r->number = wire_u32(&w);
	if (wire_end(&w) == -1 || (unsigned int)r->death > DEATH_EXIT) {
		memset(r, 0, sizeof(*r));
		return -1;
	}
	return 0;
}
