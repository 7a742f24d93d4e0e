/* SPDX-License-Identifier: ISC */
/* Where collect stopped: a small state file of JSON, and what the stream itself tells of its last line. */
/*
 * Order: records are appended, made durable, then the state is written.  A
 * crash between leaves a state that is behind the records; the last record says
 * where its line ended (source), so that the same lines are known again.
 * The state holds what the joiner knows, too: a session's line may be read
 * before, its delivery after a restart.  Hosts and relays are in it, no recipients.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/json.h"
#include "ctl/resume.h"

#define STATE_MAX	(64u * 1024 * 1024)	/* sessions and services at their bounds take less than half */
#define TAIL_MAX	(1024 * 1024)		/* octets at the end of a file in which a delivery is looked for */
#define TAIL_FILES	3			/* newest files of the stream that are looked into */
#define SYNC_FILES	2			/* that lines since the last sync can be in: two days */

/* ---- logs ---- */

void
resume_free(struct resume *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->logs[i].path);
	memset(r, 0, sizeof(*r));
}

const struct resume_log *
resume_log_find(const struct resume *r, const char *id)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->logs[i].id, id) == 0)
			return &r->logs[i];
	return NULL;
}

const struct resume_log *
resume_log_last(const struct resume *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->logs[i].path, path) == 0)
			return &r->logs[i];
	return NULL;
}

struct resume_log *
resume_log_get(struct resume *r, const char *id, const char *path)
{
	struct resume_log log = { 0 };
	char *copy;
	size_t i;

	for (i = 0; i < r->count && strcmp(r->logs[i].id, id) != 0; i++)
		continue;
	if (i == 0 && r->count > 0 && strcmp(r->logs[0].path, path) == 0)
		return &r->logs[0];
	if ((copy = strdup(path)) == NULL)
		return NULL;
	if (i < r->count)
		log = r->logs[i];
	else
		snprintf(log.id, sizeof(log.id), "%s", id);
	free(log.path);
	log.path = copy;
	if (i == r->count && r->count == RESUME_LOGS)
		free(r->logs[--i].path);
	else if (i == r->count)
		r->count++;
	memmove(r->logs + 1, r->logs, i * sizeof(*r->logs));
	r->logs[0] = log;
	return &r->logs[0];
}

/* ---- reading ---- */

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? (uint64_t)v : 0;
}

static void
text(const json_t *o, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));

	snprintf(out, size, "%s", s != NULL ? s : "");
}

static void
load_joiner(const json_t *root, struct outbound *o)
{
	const json_t *v;
	size_t i;

	outbound_since(o, number(root, "since"));
	json_array_foreach(json_object_get(root, "services"), i, v) {
		struct outbound_service s = { .session_ms = number(v, "session"), .newest_ms = number(v, "newest"),
		    .lost_ms = number(v, "lost"), .reused = number(v, "reused") != 0 };

		text(v, "host", s.host, sizeof(s.host));
		text(v, "service", s.service, sizeof(s.service));
		outbound_service_put(o, &s);
	}
	json_array_foreach(json_object_get(root, "sessions"), i, v) {
		struct outbound_session s = { .pid = (uint32_t)number(v, "pid"), .time_ms = number(v, "time"),
		    .bits = (uint32_t)number(v, "bits"), .alg_bits = (uint32_t)number(v, "alg_bits"),
		    .mta = (int)number(v, "mta"), .unsure = number(v, "unsure") != 0 };

		text(v, "host", s.host, sizeof(s.host));
		text(v, "service", s.service, sizeof(s.service));
		text(v, "relay", s.relay, sizeof(s.relay));
		text(v, "version", s.version, sizeof(s.version));
		text(v, "cipher", s.cipher, sizeof(s.cipher));
		text(v, "group", s.group, sizeof(s.group));
		text(v, "trust", s.trust, sizeof(s.trust));
		text(v, "queue_id", s.queue_id, sizeof(s.queue_id));
		outbound_session_put(o, &s);
	}
}

int
resume_load(const char *file, struct resume *r, struct outbound *o, char *err, size_t errlen)
{
	struct resume_log *log;
	const json_t *logs, *v;
	json_error_t why;
	const char *id, *path;
	json_t *root;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (access(file, F_OK) == -1 && errno == ENOENT)
		return 1;
	if ((root = json_load_file(file, 0, &why)) == NULL) {
		snprintf(err, errlen, "%s: %s", file, why.text);
		return -1;
	}
	if (number(root, "v") != RESUME_VERSION) {
		snprintf(err, errlen, "%s: got version %llu, want %d", file, (unsigned long long)number(root, "v"), RESUME_VERSION);
		json_decref(root);
		return -1;
	}
	logs = json_object_get(root, "logs");
	/* each comes to the front: the last first */
	for (i = json_array_size(logs); i-- > 0;) {
		v = json_array_get(logs, i);
		id = json_string_value(json_object_get(v, "id"));
		path = json_string_value(json_object_get(v, "path"));
		if (id == NULL || path == NULL || strlen(id) != FOLLOW_ID_LEN || (log = resume_log_get(r, id, path)) == NULL)
			continue;
		log->at = number(v, "at");
		log->time_ms = number(v, "time");
	}
	r->journal_us = number(root, "journal_us");
	r->journal_lines = number(root, "journal_lines");
	load_joiner(root, o);
	json_decref(root);
	return 0;
}

/* ---- writing ---- */

static void
save_session(struct json *j, const struct outbound_session *s)
{
	json_begin_object(j, NULL);
	json_str(j, "host", s->host);
	json_str(j, "service", s->service);
	json_u64(j, "pid", s->pid);
	json_str(j, "relay", s->relay);
	json_u64(j, "time", s->time_ms);
	json_str(j, "version", s->version);
	json_str(j, "cipher", s->cipher);
	json_u64(j, "bits", s->bits);
	json_u64(j, "alg_bits", s->alg_bits);
	json_str(j, "group", s->group);
	json_str(j, "trust", s->trust);
	json_str(j, "queue_id", s->queue_id);
	json_u64(j, "mta", (uint64_t)s->mta);
	json_u64(j, "unsure", s->unsure != 0);
	json_end_object(j);
}

static void
save_text(struct buf *b, const struct resume *r, struct outbound *o)
{
	const struct outbound_session *session = NULL;
	const struct outbound_service *service;
	size_t i, at = 0;
	struct json j;

	json_begin(&j, b);
	json_begin_object(&j, NULL);
	json_u64(&j, "v", RESUME_VERSION);
	json_begin_array(&j, "logs");
	for (i = 0; i < r->count; i++) {
		json_begin_object(&j, NULL);
		json_str(&j, "id", r->logs[i].id);
		json_str(&j, "path", r->logs[i].path);
		json_u64(&j, "at", r->logs[i].at);
		json_u64(&j, "time", r->logs[i].time_ms);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_u64(&j, "journal_us", r->journal_us);
	json_u64(&j, "journal_lines", r->journal_lines);
	json_u64(&j, "since", outbound_since_get(o));
	json_begin_array(&j, "services");
	while ((service = outbound_service_next(o, &at)) != NULL) {
		json_begin_object(&j, NULL);
		json_str(&j, "host", service->host);
		json_str(&j, "service", service->service);
		json_u64(&j, "session", service->session_ms);
		json_u64(&j, "newest", service->newest_ms);
		json_u64(&j, "lost", service->lost_ms);
		json_u64(&j, "reused", service->reused != 0);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_begin_array(&j, "sessions");
	while ((session = outbound_session_next(o, session)) != NULL)
		save_session(&j, session);
	json_end_array(&j);
	json_end_object(&j);
	buf_addc(b, '\n');
}

static int
write_whole(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
resume_save(const char *file, const struct resume *r, struct outbound *o, char *err, size_t errlen)
{
	char *tmp = NULL;
	struct buf b;
	int fd = -1, rc = -1;

	buf_init(&b, STATE_MAX);
	save_text(&b, r, o);
	if (b.failed) {
		snprintf(err, errlen, "%s: the state is too large", file);
		goto out;
	}
	if (asprintf(&tmp, "%s.new", file) == -1) {
		tmp = NULL;
		snprintf(err, errlen, "no memory");
		goto out;
	}
	if ((fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1 ||
	    write_whole(fd, b.data, b.len) == -1 || fdatasync(fd) == -1 || rename(tmp, file) == -1) {
		snprintf(err, errlen, "%s: %s", file, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(tmp);
	buf_free(&b);
	return rc;
}

/* ---- the stream ---- */

/* Its newest files, the newest first; how many of `max` there are. */
static size_t
newest_files(const char *directory, const char *stream, char (*names)[NAME_MAX + 1], size_t max)
{
	size_t i, n = 0, len = strlen(stream);
	struct dirent *e;
	DIR *d = opendir(directory);

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		/* STREAM-YYYY-MM-DD.jsonl */
		if (strncmp(e->d_name, stream, len) != 0 || e->d_name[len] != '-' || strlen(e->d_name) != len + 17 ||
		    strcmp(e->d_name + len + 11, ".jsonl") != 0)
			continue;
		for (i = n < max ? n++ : max; i > 0 && strcmp(names[i - 1], e->d_name) < 0; i--)
			if (i < max)
				memcpy(names[i], names[i - 1], sizeof(*names));
		if (i < max)
			snprintf(names[i], sizeof(*names), "%s", e->d_name);
	}
	closedir(d);
	return n;
}

static int
line_source(const char *line, size_t len, char id[FOLLOW_ID_LEN + 1], uint64_t *at)
{
	json_t *root = json_loadb(line, len, 0, NULL), *source = json_object_get(root, "source");
	const char *log = json_string_value(json_object_get(source, "log"));
	int found = log != NULL && strlen(log) <= FOLLOW_ID_LEN;

	if (found) {
		snprintf(id, FOLLOW_ID_LEN + 1, "%s", log);
		*at = number(source, "at");
	}
	json_decref(root);
	return found;
}

/* Looks from the end for a delivery with its source, and how many before it have the same. */
static int
file_source(const char *path, char *buf, char id[FOLLOW_ID_LEN + 1], uint64_t *at, uint64_t *count)
{
	char before[FOLLOW_ID_LEN + 1];
	const char *end, *nl, *line;
	uint64_t before_at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0)
		n = pread(fd, buf, TAIL_MAX, st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0);
	close(fd);
	if (n <= 0 || (nl = memrchr(buf, '\n', (size_t)n)) == NULL)
		return 0;	/* what has no end is cut by the ledger */
	for (end = nl; end > buf; end = line > buf ? line - 1 : buf) {
		nl = memrchr(buf, '\n', (size_t)(end - buf));
		line = nl == NULL ? buf : nl + 1;
		if (memmem(line, (size_t)(end - line), "\"source\":{", 10) == NULL)
			continue;
		if (*count > 0 && (!line_source(line, (size_t)(end - line), before, &before_at) || before_at != *at ||
		    strcmp(before, id) != 0))
			break;
		if (*count > 0 || line_source(line, (size_t)(end - line), id, at))
			++*count;
	}
	return *count > 0;
}

void
resume_tail(const char *directory, const char *stream, char id[FOLLOW_ID_LEN + 1], uint64_t *at, uint64_t *count)
{
	char names[TAIL_FILES][NAME_MAX + 1], path[4096], *buf = malloc(TAIL_MAX);
	size_t i, n = newest_files(directory, stream, names, TAIL_FILES);

	id[0] = '\0';
	*at = *count = 0;
	for (i = 0; buf != NULL && i < n; i++)
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, names[i]) < sizeof(path) &&
		    file_source(path, buf, id, at, count))
			break;
	free(buf);
}

int
resume_sync(const char *directory, const char *stream)
{
	char names[SYNC_FILES][NAME_MAX + 1], path[4096];
	size_t i, n = newest_files(directory, stream, names, SYNC_FILES);
	int fd, rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, names[i]) >= sizeof(path))
			continue;
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			return -1;
		rc = fdatasync(fd);
		close(fd);
	}
	return rc;
}
