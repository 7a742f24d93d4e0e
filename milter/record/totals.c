/* SPDX-License-Identifier: ISC */
/* The lines of a day -> counts that name no person, kept when the lines go. */
/*
 * Called by retain.c before a day expires.  Reads the lines that hopward itself wrote, without a
 * tree: each look goes once over the object, in linear time and without recursion.  What is
 * no such line is counted as other.  Values are copied as they are written, so no text is
 * unescaped and escaped again.  It does not judge: TLS is kept raw, so that it can be graded anew.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "record/totals.h"

#define FILE_MAX	(256u * 1024 * 1024)	/* a year of all streams has some MB */
#define DAY_LEN		10
#define LOCK		".totals.lock"
#define NEW		".totals.new"

struct text {
	const char	*p;
	size_t		 len;
};

static const char *const keys[] = {
#define X(e, s) s,
	TOTALS_KINDS(X)
#undef X
};

/* ---- looking into an object ---- */

/* Behind the string that begins at p, or end. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* Behind the value that begins at p. */
static const char *
value_end(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_end(p, end);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			depth--;
			p++;
		} else if (*p == ',' && depth == 0) {
			return p;
		} else
			p++;
		if (depth == 0 && (p == end || *p == ',' || *p == '}' || *p == ']'))
			return p;
	}
	return end;
}

/* The member of the object at o.  0 or -1. */
static int
member(struct text o, const char *name, struct text *out)
{
	const char *p = o.p, *end = o.p + o.len, *key, *key_end, *value;
	size_t n = strlen(name);

	if (o.len < 2 || *p != '{')
		return -1;
	for (p++; p < end && *p == '"'; p++) {
		key = p + 1;
		key_end = string_end(p, end);
		if (key_end >= end || *key_end != ':')
			return -1;
		value = key_end + 1;
		p = value_end(value, end);
		if ((size_t)(key_end - 1 - key) == n && memcmp(key, name, n) == 0) {
			out->p = value;
			out->len = (size_t)(p - value);
			return 0;
		}
		if (p >= end || *p != ',')
			break;
	}
	return -1;
}

/* The element number i of the array. */
static int
element(struct text a, uint64_t i, struct text *out)
{
	const char *p = a.p, *end = a.p + a.len, *value;

	if (a.len < 2 || *p != '[')
		return -1;
	for (p++; p < end && *p != ']'; p++, i--) {
		value = p;
		p = value_end(p, end);
		if (i == 0) {
			out->p = value;
			out->len = (size_t)(p - value);
			return 0;
		}
		if (p >= end || *p != ',')
			break;
	}
	return -1;
}

/* What is between the quotes; "" where there is no such string. */
static struct text
string(struct text o, const char *name)
{
	struct text t = { "", 0 };

	if (member(o, name, &t) == -1 || t.len < 2 || *t.p != '"') {
		t.p = "";
		t.len = 0;
		return t;
	}
	t.p++;
	t.len -= 2;
	return t;
}

static uint64_t
number(struct text o, const char *name)
{
	struct text t;
	uint64_t v = 0;
	size_t i;

	if (member(o, name, &t) == -1 || t.len == 0 || t.len > 19)
		return 0;
	for (i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(t.p[i] - '0');
	}
	return v;
}

static int
is(struct text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.p, s, t.len) == 0;
}

/* ---- counting ---- */

static void
count(struct totals *t, enum totals_kind kind, const char *p, size_t len)
{
	struct totals_value *v, *list;
	size_t i;

	if (len > TOTALS_VALUE_MAX) {
		p = "?";
		len = 1;
	}
	for (i = 0; i < t->kinds[kind].count; i++) {
		v = &t->kinds[kind].list[i];
		if (strncmp(v->text, p, len) == 0 && v->text[len] == '\0') {
			v->count++;
			return;
		}
	}
	if (i == TOTALS_VALUES_MAX) {
		t->kinds[kind].more++;
		return;
	}
	if ((list = reallocarray(t->kinds[kind].list, i + 1, sizeof(*list))) == NULL) {
		t->failed = 1;
		return;
	}
	t->kinds[kind].list = list;
	t->kinds[kind].count++;
	memcpy(list[i].text, p, len);
	list[i].text[len] = '\0';
	list[i].count = 1;
}

static void
count_string(struct totals *t, enum totals_kind kind, struct text o, const char *name)
{
	struct text s = string(o, name);

	if (s.len > 0)
		count(t, kind, s.p, s.len);
}

/* tls, version, cipher: a tab stands in none of them, since JSON escapes it. */
static void
count_tls(struct totals *t, struct text o)
{
	struct text tls = string(o, "tls"), version = string(o, "version"), cipher = string(o, "cipher");
	char all[TOTALS_VALUE_MAX + 2];
	int n;

	n = snprintf(all, sizeof(all), "%.*s\t%.*s\t%.*s", tls.len > 0 && tls.len <= 16 ? (int)tls.len : 7,
	    tls.len > 0 && tls.len <= 16 ? tls.p : "unknown", version.len <= 32 ? (int)version.len : 1,
	    version.len <= 32 ? version.p : "?", cipher.len <= 96 ? (int)cipher.len : 1, cipher.len <= 96 ? cipher.p : "?");
	count(t, TOTALS_TLS, all, (size_t)n);
}

static void
add_message(struct totals *t, struct text o)
{
	struct text a, e;
	uint64_t i;

	t->messages++;
	count_string(t, TOTALS_OUTCOME, o, "outcome");
	count_string(t, TOTALS_ACTION, o, "action");
	count_string(t, TOTALS_CLASS, o, "class");
	if (member(o, "hops", &a) == 0 && element(a, number(o, "boundary"), &e) == 0) {
		count_tls(t, e);
		count_string(t, TOTALS_GRADE, e, "grade");
	}
	if (member(o, "partners", &a) == 0)
		for (i = 0; i < TOTALS_VALUES_MAX && element(a, i, &e) == 0; i++)
			count_string(t, TOTALS_PARTNER, e, "name");
}

enum totals_line
totals_add(struct totals *t, const char *line, size_t len, uint64_t *seq)
{
	struct text o = { line, len }, type = string(o, "type");

	*seq = number(o, "seq");
	t->lines++;
	if (is(type, "message")) {
		add_message(t, o);
		return TOTALS_MESSAGE;
	}
	if (is(type, "delivery")) {
		t->deliveries++;
		count_tls(t, o);
		count_string(t, TOTALS_STATUS, o, "status");
		return TOTALS_DELIVERY;
	}
	if (is(type, "event")) {
		t->events++;
		count_string(t, TOTALS_EVENT, o, "event");
		return TOTALS_AN_EVENT;
	}
	if (is(type, "seal") || is(type, "seal-init"))
		return TOTALS_SEAL;
	t->others++;
	return TOTALS_OTHER;
}

void
totals_free(struct totals *t)
{
	size_t i;

	for (i = 0; i < TOTALS_KIND_COUNT; i++)
		free(t->kinds[i].list);
	memset(t, 0, sizeof(*t));
}

/* ---- writing ---- */

static void
put_kind(const struct totals *t, enum totals_kind kind, struct buf *out)
{
	const struct totals_value *v;
	size_t i;

	buf_addf(out, ",\"%s\":{", keys[kind]);
	for (i = 0; i < t->kinds[kind].count; i++) {
		v = &t->kinds[kind].list[i];
		buf_addf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", v->text, v->count);
	}
	buf_addc(out, '}');
}

static void
put_tls(const struct totals *t, struct buf *out)
{
	const struct totals_value *v;
	const char *version, *cipher;
	size_t i;

	buf_addz(out, ",\"tls\":[");
	for (i = 0; i < t->kinds[TOTALS_TLS].count; i++) {
		v = &t->kinds[TOTALS_TLS].list[i];
		if ((version = strchr(v->text, '\t')) == NULL || (cipher = strchr(version + 1, '\t')) == NULL)
			continue;
		buf_addf(out, "%s{\"tls\":\"%.*s\"", i > 0 ? "," : "", (int)(version - v->text), v->text);
		version++;
		if (cipher > version)
			buf_addf(out, ",\"version\":\"%.*s\"", (int)(cipher - version), version);
		if (cipher[1] != '\0')
			buf_addf(out, ",\"cipher\":\"%s\"", cipher + 1);
		buf_addf(out, ",\"count\":%" PRIu64 "}", v->count);
	}
	buf_addc(out, ']');
}

/* What a stream's line of a day begins with: by it the file is searched. */
static void
put_head(struct buf *out, const char *stream, const char *day)
{
	buf_addf(out, "{\"v\":1,\"type\":\"totals\",\"stream\":\"%s\",\"day\":\"%s\"", stream, day);
}

int
totals_line(const struct totals *t, const char *stream, const char *day, struct buf *out)
{
	uint64_t more = 0;
	size_t i;

	put_head(out, stream, day);
	buf_addf(out, ",\"lines\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"deliveries\":%" PRIu64, t->lines, t->messages,
	    t->deliveries);
	for (i = 0; i < TOTALS_KIND_COUNT; i++) {
		more += t->kinds[i].more;
		if (i != TOTALS_TLS && t->kinds[i].count > 0)
			put_kind(t, (enum totals_kind)i, out);
	}
	if (t->kinds[TOTALS_TLS].count > 0)
		put_tls(t, out);
	if (more > 0)
		buf_addf(out, ",\"more\":%" PRIu64, more);
	buf_addz(out, "}\n");
	return out->failed || t->failed ? -1 : 0;
}

/* ---- the files ---- */

static int
slurp(int directory, const char *name, struct buf *out)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = 0;
	char chunk[8192];
	ssize_t n;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0 && rc == 0)
		if (n > 0)
			rc = buf_add(out, chunk, (size_t)n);
		else if (errno != EINTR)
			rc = -1;
	close(fd);
	if (out->failed)
		errno = EFBIG;
	return rc;
}

static int
replace(int directory, const char *name, const struct buf *text)
{
	size_t at = 0;
	ssize_t n = 0;
	int fd, rc = -1;

	if (text->len == 0)
		return unlinkat(directory, name, 0) == -1 && errno != ENOENT ? -1 : 0;
	(void)unlinkat(directory, NEW, 0);
	if ((fd = openat(directory, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640)) == -1)
		return -1;
	for (; at < text->len; at += (size_t)n)
		if ((n = write(fd, text->data + at, text->len - at)) == -1) {
			if (errno != EINTR)
				break;
			n = 0;
		}
	if (at == text->len && fchmod(fd, 0640) == 0 && fsync(fd) == 0 && renameat(directory, NEW, directory, name) == 0)
		rc = fsync(directory);
	close(fd);
	return rc;
}

/* The lines that stay, in out; *changed: not all do.  A line without its end, of a crash elsewhere, does not. */
static int
keep_lines(const struct buf *all, const char *oldest, struct buf *out, int *changed)
{
	const char *p = all->data, *end = p + all->len, *nl;
	struct text day;

	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			*changed = 1;
			break;
		}
		day = string((struct text){ p, (size_t)(nl - p) }, "day");
		if (day.len == DAY_LEN && strncmp(day.p, oldest, DAY_LEN) < 0)
			*changed = 1;
		else if (buf_add(out, p, (size_t)(nl + 1 - p)) == -1)
			return -1;
	}
	return 0;
}

/* Under the lock. */
static int
update(int directory, const char *name, const char *head, const struct buf *line, const char *oldest)
{
	struct buf all, kept;
	int rc = -1, changed = 0;

	buf_init(&all, FILE_MAX);
	buf_init(&kept, FILE_MAX);
	if (slurp(directory, name, &all) == -1 || (all.len > 0 && keep_lines(&all, oldest, &kept, &changed) == -1))
		goto out;
	if (line != NULL && (kept.len == 0 || memmem(kept.data, kept.len, head, strlen(head)) == NULL)) {
		if (buf_add(&kept, line->data, line->len) == -1)
			goto out;
		changed = 1;
	}
	rc = changed ? replace(directory, name, &kept) : 0;
out:
	if (all.failed || kept.failed)
		errno = ENOMEM;
	buf_free(&all);
	buf_free(&kept);
	return rc;
}

static int
lock(int directory)
{
	int fd = openat(directory, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd != -1 && flock(fd, LOCK_EX) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
totals_put(int directory, const char *stream, const char *day, const struct buf *line, const char *oldest)
{
	struct buf head;
	char name[32];
	int fd, rc = -1;

	if (strncmp(day, oldest, DAY_LEN) < 0)
		return 0;
	snprintf(name, sizeof(name), "totals-%.4s.jsonl", day);
	buf_init(&head, 256);
	put_head(&head, stream, day);
	if (!head.failed && (fd = lock(directory)) != -1) {
		rc = update(directory, name, head.data, line, oldest);
		close(fd);
	}
	buf_free(&head);
	return rc;
}

int
totals_trim(int directory, const char *oldest)
{
	int copy = dup(directory), fd = -1, rc = 0;
	DIR *d = copy != -1 ? fdopendir(copy) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (copy != -1)
			close(copy);
		return -1;
	}
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		if (fnmatch("totals-[0-9][0-9][0-9][0-9].jsonl", e->d_name, 0) != 0 || strncmp(e->d_name + 7, oldest, 4) > 0)
			continue;
		if ((fd == -1 && (fd = lock(directory)) == -1) || update(directory, e->d_name, NULL, NULL, oldest) == -1)
			rc = -1;
	}
	if (fd != -1)
		close(fd);
	closedir(d);
	return rc;
}
