/* SPDX-License-Identifier: ISC */
/* Every reading of one message, every object of any of them once. */
/*
 * Called by a worker, for one message.  A mail is walked strictly (mime.c),
 * then in the other views (views.c) with what the strict reader saw; a decoded object
 * that is a mail itself, or text with encoded files in it, waits in a queue for its own walk.  Owns the queue, the
 * digests of all objects, and the report.  Scans nothing.
 */

#include "scan/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/sha.h>

#include "base/buf.h"
#include "scan/cms.h"
#include "scan/header.h"
#include "scan/inline.h"
#include "scan/mime.h"
#include "scan/names.h"
#include "scan/reasons.h"

#define FIELDS_MAX	(1u << 20)	/* octets in which mail in a file must show its first MIME field */
/*
 * For each octet of the message: octets that the views look at and decode,
 * and those of decoded mail, which costs about that many to walk.  A body that
 * calls for every decoder takes 12, honest mail two or three, mail in mail in
 * base64 10; only tricks on tricks in a large message need more.  Time is
 * bounded by that; a small message is read in all ways.
 */
#define WORK_FACTOR	16
#define WORK_LEAST	(4u << 20)
#define WORK_OF_MAIL	4
#define PATH_MAX_OCTETS	256	/* of a path; a deeper one is cut in front */

/* A mail that waits, or is being walked. */
struct source {
	const uint8_t	*data;
	size_t		 len;
	uint8_t		*owned;
	char		 path[PATH_MAX_OCTETS];
	unsigned int	 depth;
	enum source_kind {
		SOURCE_MAIL,
		SOURCE_TEXT,		/* for what is encoded in it */
		SOURCE_CMS
	}		 kind;
	int		 declared;	/* somebody says that it is mail */
	struct source	*next;
};

struct digest {
	uint8_t		 sha256[SHA256_DIGEST_LENGTH];
	uint64_t	 first;		/* number + 1; 0: empty */
};

struct name_key {
	uint64_t	 a, b;		/* of SHA-256 over the object's number and the name */
};

struct walker {
	const struct walk_limits *limits;
	walk_cb		 cb;
	void		*arg;
	struct walk_report *report;
	struct source	*at, *queue, **queue_end;
	struct ranges	*ranges;
	struct digest	*digests;
	size_t		 digests_count, digests_size;
	uint64_t	 decoded;	/* octets, of all walks */
	uint64_t	 work;		/* that may still be done, see WORK_FACTOR */
	uint64_t	 parts, own;	/* own: objects of views, for their paths */
	uint64_t	 reasons;
	int		 views[VIEW_MAX];
	struct words	 words;
	struct buf	 name, further;
	struct name_key	*names;		/* that were handed out */
	size_t		 names_count, names_size, names_reads;
	const uint8_t	*head;		/* whose names `name` and `further` are; NULL */
	size_t		 head_len;
	int		 rc;
};

static void
limit_note(struct walker *w, const char *which)
{
	if (w->report->limit == NULL)
		w->report->limit = which;
}

/* ---- digests ---- */

static struct digest *
digest_slot(struct digest *table, size_t size, const uint8_t *sha256)
{
	size_t at;

	memcpy(&at, sha256, sizeof(at));
	for (at &= size - 1; table[at].first != 0; at = (at + 1) & (size - 1))
		if (memcmp(table[at].sha256, sha256, sizeof(table[at].sha256)) == 0)
			break;
	return &table[at];
}

static int
digests_grow(struct walker *w)
{
	size_t i, size = w->digests_size == 0 ? 64 : 2 * w->digests_size;
	struct digest *bigger = calloc(size, sizeof(*bigger));

	if (bigger == NULL)
		return -1;
	for (i = 0; i < w->digests_size; i++)
		if (w->digests[i].first != 0)
			*digest_slot(bigger, size, w->digests[i].sha256) = w->digests[i];
	free(w->digests);
	w->digests = bigger;
	w->digests_size = size;
	return 0;
}

/* Sets o->sha256 and o->first; o is the next to be handed out if it is new.  0, or -1: no memory. */
static int
digest_find(struct walker *w, struct walk_object *o)
{
	struct digest *d;

	if (2 * (w->digests_count + 1) > w->digests_size && digests_grow(w) == -1)
		return -1;
	SHA256(o->data, o->len, o->sha256);
	d = digest_slot(w->digests, w->digests_size, o->sha256);
	if (d->first == 0) {
		memcpy(d->sha256, o->sha256, sizeof(d->sha256));
		d->first = w->report->objects + 1;
		w->digests_count++;
	}
	o->first = d->first - 1;
	return 0;
}

/* ---- names ---- */

/* Room for one more name.  0 or -1. */
static int
names_grow(struct walker *w)
{
	size_t i, at, size = w->names_size == 0 ? 64 : 2 * w->names_size;
	struct name_key *bigger;

	if (2 * (w->names_count + 1) <= w->names_size)
		return 0;
	if ((bigger = calloc(size, sizeof(*bigger))) == NULL)
		return -1;
	for (i = 0; i < w->names_size; i++) {
		if (w->names[i].a == 0)
			continue;
		for (at = w->names[i].b & (size - 1); bigger[at].a != 0; at = (at + 1) & (size - 1))
			;
		bigger[at] = w->names[i];
	}
	free(w->names);
	w->names = bigger;
	w->names_size = size;
	return 0;
}

/* 1: the object `first` was not yet handed out under that name; -1: no memory. */
static int
name_new(struct walker *w, uint64_t first, const char *name, size_t len)
{
	uint8_t sha[SHA256_DIGEST_LENGTH], text[sizeof(first) + HEADER_NAME_MAX];
	struct name_key key;
	size_t at;

	if (len > HEADER_NAME_MAX)
		len = HEADER_NAME_MAX;
	memcpy(text, &first, sizeof(first));
	memcpy(text + sizeof(first), name, len);
	SHA256(text, sizeof(first) + len, sha);
	memcpy(&key, sha, sizeof(key));
	key.a |= 1;	/* 0: empty slot */
	if (names_grow(w) == -1)
		return -1;
	for (at = key.b & (w->names_size - 1); w->names[at].a != 0; at = (at + 1) & (w->names_size - 1))
		if (w->names[at].a == key.a && w->names[at].b == key.b)
			return 0;
	w->names[at] = key;
	w->names_count++;
	return 1;
}

/* Of an object's name and names, whether any is new to it.  1, 0, or -1. */
static int
names_new(struct walker *w, uint64_t first, const char *name, const char *names)
{
	int any = 0, rc;
	size_t n;

	if (name != NULL && (any = name_new(w, first, name, strlen(name))) == -1)
		return -1;
	while (names != NULL && *names != '\0') {
		n = strcspn(names, "\n");
		if ((rc = name_new(w, first, names, n)) == -1)
			return -1;
		any |= rc;
		names += n + (names[n] == '\n');
	}
	return any;
}

/* o->names from the header above the object; o->name stands.  0 or -1. */
static int
names_find(struct walker *w, struct walk_object *o, const uint8_t *head, size_t len)
{
	buf_reset(&w->further);
	if (len > 0 && names_collect(head, len, o->name, &w->words, &w->names_reads, &w->further) == -1)
		return -1;
	o->names = w->further.len > 0 ? w->further.data : NULL;
	return 0;
}

/* ---- the queue ---- */

/* 1: a line begins with a MIME field.  Mail without any is text, and was scanned as that. */
static int
mime_fields(const uint8_t *p, size_t len)
{
	static const char name[] = "content-";
	size_t pos, end = len < FIELDS_MAX ? len : FIELDS_MAX;

	for (pos = 0; pos + sizeof(name) < end; pos++) {
		if ((pos == 0 || p[pos - 1] == '\n' || p[pos - 1] == '\r') && (p[pos] | 0x20) == 'c' &&
		    strncasecmp((const char *)p + pos, name, sizeof(name) - 1) == 0)
			return 1;
	}
	return 0;
}

/* A file that says, or is said, to be mail: then what is odd about it counts like that of the message itself. */
static int
declared_mail(const struct walk_object *o)
{
	static const char *const ends[] = { ".eml", ".mht", ".mhtml", ".mbox", ".nws" };
	size_t i, n = o->name != NULL ? strlen(o->name) : 0;

	if (o->type != NULL && (strncmp(o->type, "message/", 8) == 0 || strncmp(o->type, "multipart/", 10) == 0))
		return 1;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (n > strlen(ends[i]) && strcasecmp(o->name + n - strlen(ends[i]), ends[i]) == 0)
			return 1;
	return 0;
}

/* A copy of the object waits for a walk of its own.  0, or -1: no memory. */
static int
queue_add(struct walker *w, const struct walk_object *o, enum source_kind kind)
{
	struct source *s;

	if (w->at->depth >= w->limits->max_depth) {
		limit_note(w, "mime.max_depth");
		return 0;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL || (s->owned = malloc(o->len)) == NULL) {
		free(s);
		return -1;
	}
	memcpy(s->owned, o->data, o->len);
	s->data = s->owned;
	s->len = o->len;
	s->depth = w->at->depth + 1;
	s->kind = kind;
	s->declared = w->at->declared && (kind == SOURCE_CMS || w->at->kind == SOURCE_CMS || declared_mail(o));
	snprintf(s->path, sizeof(s->path), "%s", o->path);
	*w->queue_end = s;
	w->queue_end = &s->next;
	return 0;
}

/* ---- handing out ---- */

static const char *
path_of(const struct walker *w, const char *path, char *out, size_t size)
{
	if (w->at->path[0] == '\0')
		return path;
	snprintf(out, size, "%s>%s", w->at->path, path);
	return out;
}

static int
hand_out(struct walker *w, struct walk_object *o)
{
	int new = o->first == w->report->objects;
	enum cms_kind cms;

	o->depth = w->at->depth;
	w->report->objects++;
	if ((w->rc = w->cb(w->arg, o)) != 0)
		return w->rc;
	/* What stands in the message as it is was read with it. */
	if (!new || (o->decode == DECODE_IDENTITY && o->format == NULL))
		return 0;
	cms = cms_kind(o->data, o->len);
	if (cms == CMS_OTHER)
		w->reasons |= REASON(OPAQUE);
	if (cms == CMS_SIGNED)
		w->rc = queue_add(w, o, SOURCE_CMS);
	else if (views_mail_like(o->data, o->len) && mime_fields(o->data, o->len))
		w->rc = queue_add(w, o, SOURCE_MAIL);
	else if (inline_like(o->data, o->len))
		w->rc = queue_add(w, o, SOURCE_TEXT);
	return w->rc;
}

static int
on_part(void *arg, const struct mime_part *p)
{
	struct walker *w = arg;
	struct walk_object o;
	char path[2 * PATH_MAX_OCTETS];

	memset(&o, 0, sizeof(o));
	o.path = path_of(w, p->path, path, sizeof(path));
	o.name = p->name;
	o.type = p->type;
	o.data = p->data;
	o.len = p->len;
	o.view = VIEW_STRICT;
	o.decode = p->decode;
	o.raw = p->raw;
	o.raw_len = p->raw_len;
	if (digest_find(w, &o) == -1 || names_find(w, &o, p->head, p->head_len) == -1 ||
	    names_new(w, o.first, o.name, o.names) == -1 ||
	    ranges_add(w->ranges, p->raw, p->raw + p->raw_len, p->decode, p->plain, p->leaf) == -1)
		return w->rc = -1;
	return hand_out(w, &o);
}

/* The file name that the header-like lines give, first a Content-Disposition's.  0 or -1. */
static int
head_name(struct walker *w, const struct view_object *v)
{
	struct header_reader r;
	struct header_field f;
	enum header_line line;
	int found = 0;

	buf_reset(&w->name);
	if (v->view == VIEW_INLINE) {
		if (v->head_len > 0 && v->head_len <= HEADER_NAME_MAX)
			return words_decode(&w->words, v->head, v->head_len, &w->name);
		return 0;
	}
	header_start(&r, v->head, 0, v->head_len);
	while (found == 0 && (line = header_next(&r, &f)) != HEADER_END) {
		if (line != HEADER_FIELD)
			continue;
		if (header_is(&r, &f, "Content-Disposition"))
			found = header_name(v->head + f.value, f.end - f.value, "filename", &w->words, &w->name);
		else if (header_is(&r, &f, "Content-Type"))
			found = header_name(v->head + f.value, f.end - f.value, "name", &w->words, &w->name);
	}
	return found == -1 ? -1 : 0;
}

/* The decodings of one region have one head, and follow one another. */
static int
view_names(struct walker *w, const struct view_object *v, struct walk_object *o)
{
	int in = v->view == VIEW_INLINE, again = !in && v->head != NULL && v->head == w->head && v->head_len == w->head_len;

	w->head = in ? NULL : v->head;
	w->head_len = v->head_len;
	if (!again && head_name(w, v) == -1)
		return -1;
	o->name = w->name.len > 0 ? w->name.data : NULL;
	if (!again && names_find(w, o, in ? NULL : v->head, in ? 0 : v->head_len) == -1)
		return -1;
	o->names = w->further.len > 0 ? w->further.data : NULL;
	return 0;
}

/* What it says that only another view has the object. */
static void
view_note(struct walker *w, const struct view_object *v)
{
	w->report->extra++;
	if (v->view == VIEW_INLINE)
		w->reasons |= REASON(ENC_INLINE);
	else if (v->decode != DECODE_IDENTITY)
		w->reasons |= REASON(VIEW_ONLY);
	if (v->decode == DECODE_BASE64_URL)
		w->reasons |= REASON(B64_ALPHA);
}

static int
on_view(void *arg, const struct view_object *v)
{
	struct walker *w = arg;
	struct walk_object o;
	char own[32], path[2 * PATH_MAX_OCTETS];
	int known, names;

	memset(&o, 0, sizeof(o));
	o.data = v->data;
	o.len = v->len;
	if (digest_find(w, &o) == -1)
		return w->rc = -1;
	if (view_names(w, v, &o) == -1)
		return w->rc = -1;
	if ((names = names_new(w, o.first, o.name, o.names)) == -1)
		return w->rc = -1;
	/* Known octets again, but under a name that nobody has heard of. */
	if ((known = o.first != w->report->objects) && names == 0)
		return 0;
	w->own++;
	if (!known)
		view_note(w, v);
	snprintf(own, sizeof(own), "%s:%llu", view_str(v->view), (unsigned long long)w->own);
	o.path = path_of(w, own, path, sizeof(path));
	o.view = v->view;
	o.decode = v->decode;
	o.format = v->format;
	o.raw = v->raw;
	o.raw_len = v->raw_len;
	return hand_out(w, &o);
}

/* ---- one mail ---- */

static int
on_inline(void *arg, const struct inline_object *in)
{
	struct view_object v = {
		.data = in->data, .len = in->len, .view = VIEW_INLINE, .decode = in->decode, .format = in->format,
		.raw = in->begin, .raw_len = in->end - in->begin, .head = in->name, .head_len = in->name_len
	};

	return v.len > 0 ? on_view(arg, &v) : 0;
}

static uint64_t
left(uint64_t max, uint64_t used)
{
	return used < max ? max - used : 0;
}

/* A text file with quoted mail in it is no attack: what is odd about such mail is soft. */
static void
reasons_note(struct walker *w, uint64_t mask)
{
	uint64_t hard = w->at->declared ? 0 : mask & reasons_hard();

	w->reasons |= mask & ~hard;
	if (hard != 0)
		w->reasons |= REASON(VIEW_ONLY);
}

static int
source_strict(struct walker *w)
{
	const struct walk_limits *l = w->limits;
	const struct mime_limits limits = {
		.max_depth = l->max_depth, .max_parts = left(l->max_parts, w->parts),
		.max_header_bytes = l->max_header_bytes, .max_decoded = left(l->max_decoded, w->decoded)
	};
	struct mime_report report;
	int rc = mime_walk(w->at->data, w->at->len, &limits, on_part, w, &report);

	reasons_note(w, report.mask);
	w->parts += report.parts;
	w->decoded += report.decoded;
	if (report.limit != NULL)
		limit_note(w, report.limit);
	return rc;
}

static int
source_views(struct walker *w)
{
	const struct walk_limits *l = w->limits;
	const struct views_limits limits = {
		/* Repeated objects count here, so that work is bounded as well as what comes of it. */
		.objects = 8 * left(l->max_parts, w->parts), .decoded = 8 * left(l->max_decoded, w->decoded),
		.boundaries = l->max_boundaries, .work = w->work
	};
	struct views_report report;
	int rc = views_walk(w->at->data, w->at->len, w->ranges, &limits, on_view, w, &report), i;

	for (i = 0; i < VIEW_MAX; i++)
		w->views[i] |= report.views[i];
	w->parts += report.objects / 8;
	w->decoded += report.decoded / 8;
	w->work -= report.work;
	reasons_note(w, report.mask);
	if (report.limit != NULL)
		limit_note(w, report.limit);
	return rc;
}

/* What a signed object signs: one object more, a mail's part mostly. */
static int
source_cms(struct walker *w)
{
	struct walk_object o;
	char path[2 * PATH_MAX_OCTETS];
	uint8_t *content;
	size_t len;

	if (cms_content(w->at->data, w->at->len, &content, &len) == -1) {
		w->reasons |= REASON(OPAQUE);
		return 0;
	}
	if (len > left(w->limits->max_decoded, w->decoded)) {
		limit_note(w, "mime.max_decoded");
		len = 0;
	}
	if (len > 0) {
		memset(&o, 0, sizeof(o));
		o.path = path_of(w, "1", path, sizeof(path));
		o.data = content;
		o.len = len;
		o.format = "cms";
		w->decoded += len;
		w->rc = digest_find(w, &o);
		if (w->rc == 0 && o.first == w->report->objects)
			hand_out(w, &o);
	}
	free(content);
	return w->rc;
}

static int
source_walk(struct walker *w)
{
	int rc;

	if (w->at->owned != NULL) {
		if (w->at->len > w->work / WORK_OF_MAIL) {
			limit_note(w, "mime.work");
			return 0;
		}
		w->work -= WORK_OF_MAIL * w->at->len;
	}
	w->head = NULL;
	if (w->at->kind == SOURCE_CMS)
		return source_cms(w);
	if (w->at->kind == SOURCE_TEXT)
		return inline_find(w->at->data, w->at->len, on_inline, w);
	if ((w->ranges = ranges_new()) == NULL)
		return -1;
	rc = source_strict(w);
	if (rc == 0)
		rc = source_views(w);
	ranges_free(w->ranges);
	w->ranges = NULL;
	return rc;
}

/* ---- the report ---- */

static void
report_fill(struct walker *w)
{
	struct walk_report *r = w->report;
	size_t i;

	if (r->limit != NULL)
		w->reasons |= REASON(LIMIT);
	r->reasons_count = reasons_list(w->reasons, r->reasons, &r->ambiguity);
	r->views = 1;
	for (i = 0; i < VIEW_MAX; i++)
		r->views += i != VIEW_STRICT && w->views[i];
}

static void
source_free(struct source *s)
{
	free(s->owned);
	free(s);
}

int
walk_message(const uint8_t *msg, size_t len, const struct walk_limits *limits, walk_cb cb, void *arg,
    struct walk_report *report)
{
	struct source first = { .data = msg, .len = len, .kind = SOURCE_MAIL, .declared = 1 }, *s;
	struct walker w;

	memset(report, 0, sizeof(*report));
	memset(&w, 0, sizeof(w));
	w.limits = limits;
	w.cb = cb;
	w.arg = arg;
	w.report = report;
	w.work = (uint64_t)WORK_FACTOR * len + WORK_LEAST;
	w.queue_end = &w.queue;
	buf_init(&w.name, 16 * HEADER_NAME_MAX);
	buf_init(&w.further, NAMES_OCTETS_MAX + 1);
	words_init(&w.words);
	w.at = &first;
	w.rc = source_walk(&w);
	while ((s = w.queue) != NULL) {
		if ((w.queue = s->next) == NULL)
			w.queue_end = &w.queue;
		w.at = s;
		if (w.rc == 0)
			w.rc = source_walk(&w);
		source_free(s);
	}
	w.reasons |= w.words.reasons;
	report_fill(&w);
	free(w.digests);
	free(w.names);
	buf_free(&w.name);
	buf_free(&w.further);
	words_free(&w.words);
	return w.rc;
}
