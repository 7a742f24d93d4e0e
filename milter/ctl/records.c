/* SPDX-License-Identifier: ISC */
/* Reads files of records line by line, and goes on reading where they grow. */
/*
 * Of the files that are open there is one for each stream: those of one day are merged by time.
 * A line beyond RECORDS_LINE_MAX is named and passed over, and so is what a cut or damaged
 * file has no more of; the rest is read on.  Called by log, explain and held.
 * Does not: parse a line, know its fields but the time, check leaf or seq.
 */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/records.h"
#include "ctl/when.h"
#include "record/reader.h"

#define PATTERN		"-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].jsonl*"
#define DAY_LEN		10
#define TAIL_LEN	16		/* of "YYYY-MM-DD.jsonl" */
#define PACKED_LEN	(sizeof(READER_COMPRESSED) - 1)
#define HEAD_MAX	512		/* octets in which a record's own time stands: seq, stream, salt, leaf, v, type, id come before */
#define LOOK_MS		1000		/* a new file, or growth that inotify did not tell (network file systems) */

struct source {
	const struct records_reader *to;
	char		*name;
	struct reader	*reader;
	/* the line that waits for its turn, where files are merged */
	const char	*text;
	size_t		 len;
	uint64_t	 number;
	uint64_t	 time_ms;	/* 0: not found, it does not wait */
};

static const char *const streams[] = { "mail", "collect", "acts" };
#define STREAMS	(sizeof(streams) / sizeof(streams[0]))

/* ---- which files ---- */

static int
files_add(struct records_files *f, const char *dir, const char *name)
{
	char **p, *path;
	int n;

	n = dir != NULL ? asprintf(&path, "%s/%s", dir, name) : asprintf(&path, "%s", name);
	if (n == -1)
		return -1;
	if ((p = reallocarray(f->paths, f->count + 1, sizeof(*p))) == NULL) {
		free(path);
		return -1;
	}
	f->paths = p;
	f->paths[f->count++] = path;
	return 0;
}

/* The day in the name of a stream's file, or NULL. */
static const char *
file_day(const char *name)
{
	const char *base = strrchr(name, '/');
	size_t i, n, len;

	base = base != NULL ? base + 1 : name;
	len = strlen(base);
	if (len > PACKED_LEN && strcmp(base + len - PACKED_LEN, READER_COMPRESSED) == 0)
		len -= PACKED_LEN;
	for (i = 0; i < STREAMS; i++) {
		n = strlen(streams[i]);
		if (len == n + 1 + TAIL_LEN && strncmp(base, streams[i], n) == 0 && fnmatch(PATTERN, base + n, 0) == 0)
			return base + n + 1;
	}
	return NULL;
}

/* By day, and on one day the messages first; what is there twice, plain and compressed, plain first. */
static int
by_day(const struct dirent **a, const struct dirent **b)
{
	const char *x = file_day((*a)->d_name), *y = file_day((*b)->d_name);
	int rc = strncmp(x, y, DAY_LEN);

	if (rc == 0)
		rc = strncmp((*b)->d_name, (*a)->d_name, (size_t)(y - (*b)->d_name));
	return rc != 0 ? rc : strcmp(x, y);
}

/* The same lines once more?  A day is compressed beside its file, which goes afterwards. */
static int
is_twin(const char *plain, const char *name)
{
	size_t len = strlen(plain);

	return strncmp(plain, name, len) == 0 && strcmp(name + len, READER_COMPRESSED) == 0;
}

static int
is_records(const struct dirent *d)
{
	return file_day(d->d_name) != NULL;
}

static int
is_stream(const char *name, const char *stream)
{
	size_t n = stream != NULL ? strlen(stream) : 0;

	return stream == NULL || (strncmp(name, stream, n) == 0 && name[n] == '-');
}

static int
list_directory(struct records_files *f, const char *dir, const char *stream, const char *day)
{
	struct dirent **names = NULL;
	int i, n, rc = 0;

	if ((n = scandir(dir, &names, is_records, by_day)) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		/* a file follows the newest day seen: nothing in it is later than its day, so older ones can go */
		if (rc == 0 && (i == 0 || !is_twin(names[i - 1]->d_name, names[i]->d_name)) &&
		    is_stream(names[i]->d_name, stream) && strncmp(file_day(names[i]->d_name), day, strlen(day)) >= 0)
			rc = files_add(f, dir, names[i]->d_name);
	}
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

int
records_list(struct records_files *f, const char *path, const char *stream, uint64_t since_ms)
{
	time_t t = (time_t)(since_ms / 1000);
	char day[32] = "";
	struct stat st;
	struct tm tm;

	if (strcmp(path, "-") == 0)
		return files_add(f, NULL, path);
	if (stat(path, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return files_add(f, NULL, path);
	if (since_ms > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return list_directory(f, path, stream, day);
}

size_t
records_day(const struct records_files *f, size_t at)
{
	const char *first = f->paths[at], *day = file_day(first), *p;
	size_t n, same;

	for (n = 1; day != NULL && n < STREAMS && at + n < f->count; n++) {
		p = file_day(f->paths[at + n]);
		same = (size_t)(strrchr(first, '/') != NULL ? strrchr(first, '/') - first + 1 : 0);
		if (p == NULL || strncmp(p, day, DAY_LEN) != 0 || strncmp(first, f->paths[at + n], same) != 0 ||
		    strchr(f->paths[at + n] + same, '/') != NULL || strcmp(first, f->paths[at + n]) == 0)
			break;
	}
	return n;
}

int
records_begin(const char *path, uint64_t *ms)
{
	const char *day = file_day(path);
	char text[DAY_LEN + 16];

	if (day == NULL)
		return -1;
	snprintf(text, sizeof(text), "%.*sT00:00:00Z", DAY_LEN, day);
	return when_rfc3339(text, strlen(text), ms);
}

void
records_files_free(struct records_files *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		free(f->paths[i]);
	free(f->paths);
	memset(f, 0, sizeof(*f));
}

/* ---- one file ---- */

static void
source_close(struct source *s)
{
	reader_close(s->reader);
	free(s->name);
	memset(s, 0, sizeof(*s));
}

static int
source_open(struct source *s, const char *path, const struct records_reader *to)
{
	memset(s, 0, sizeof(*s));
	s->to = to;
	if (reader_open(path, RECORDS_LINE_MAX, &s->reader) == 0 && (s->name = strdup(path)) != NULL)
		return 0;
	to->trouble(to->arg, path, 0, strerror(errno));
	source_close(s);
	return -1;
}

static void
source_overlong(const struct source *s, uint64_t number)
{
	char what[80];

	snprintf(what, sizeof(what), "longer than %u octets: no record", RECORDS_LINE_MAX);
	s->to->trouble(s->to->arg, s->name, number, what);
}

/* The next line, in text and len until the next call.  1; 0: end of file; -1: trouble. */
static int
source_next(struct source *s)
{
	struct reader_line line;
	enum reader_got got;

	while ((got = reader_next(s->reader, &line)) == READER_LONG)
		source_overlong(s, line.number);
	if (got == READER_BAD)
		s->to->trouble(s->to->arg, s->name, 0, reader_why(s->reader));
	s->text = line.text;
	s->len = line.len;
	s->number = line.number;
	return got == READER_LINE ? 1 : got == READER_BAD ? -1 : 0;
}

static int
source_hand(struct source *s)
{
	return s->to->line(s->to->arg, s->name, s->number, s->text, s->len, 1);
}

/* Nothing comes any more: a line without its end is handed on as such. */
static int
source_finish(struct source *s)
{
	struct reader_line line;
	enum reader_got got = reader_rest(s->reader, &line);

	if (got == READER_LONG)
		source_overlong(s, line.number);
	return got == READER_REST && s->to->line(s->to->arg, s->name, line.number, line.text, line.len, 0) != 0;
}

/* Hands on what is there.  0: end of file, 1: stopped, -1: trouble. */
static int
source_drain(struct source *s)
{
	int rc;

	while ((rc = source_next(s)) == 1)
		if (source_hand(s) != 0)
			return 1;
	return rc;
}

/* ---- more than one ---- */

static uint64_t
line_time(const char *text, size_t len)
{
	static const char key[] = "\"time\":\"";
	const char *p = memmem(text, len < HEAD_MAX ? len : HEAD_MAX, key, sizeof(key) - 1), *end;
	uint64_t ms = 0;

	if (p == NULL)
		return 0;
	p += sizeof(key) - 1;
	end = memchr(p, '"', (size_t)(text + len - p));
	return end != NULL && when_rfc3339(p, (size_t)(end - p), &ms) == 0 ? ms : 0;
}

/* Looks at the next line of a source, for its turn; what cannot be read on is at its end. */
static int
source_look(struct source *s)
{
	int rc = source_next(s);

	if (rc == 1)
		s->time_ms = line_time(s->text, s->len);
	else
		s->text = NULL;
	return rc == -1 ? -1 : 0;
}

/* What is there of all of them, the earliest line first; each keeps its own order.  Return as source_drain(). */
static int
sources_merge(struct source *s, size_t count)
{
	struct source *first;
	size_t i;
	int rc = 0;

	if (count == 1)
		return source_drain(s);
	for (i = 0; i < count; i++)
		rc |= source_look(&s[i]);
	for (;;) {
		first = NULL;
		for (i = 0; i < count; i++)
			if (s[i].text != NULL && (first == NULL || s[i].time_ms < first->time_ms))
				first = &s[i];
		if (first == NULL)
			return rc;
		if (source_hand(first) != 0)
			return 1;
		rc |= source_look(first);
	}
}

int
records_read(char *const *paths, size_t count, const struct records_reader *to)
{
	struct source s[STREAMS];
	size_t i, n = 0;
	int rc = 0, got;

	for (i = 0; i < count && n < STREAMS; i++)
		if (source_open(&s[n], paths[i], to) == 0)
			n++;
		else
			rc = -1;
	if (n > 0 && (got = sources_merge(s, n)) != 0)
		rc = got;
	for (i = 0; i < n; i++) {
		if (rc != 1 && source_finish(&s[i]))
			rc = 1;
		source_close(&s[i]);
	}
	return rc;
}

/* ---- following ---- */

/* One stream of a directory, or a file. */
struct follower {
	struct source	 s;
	int		 open;
	const char	*stream;	/* NULL: a file */
};

static void
source_again(struct source *s)
{
	if (reader_again(s->reader))
		s->to->trouble(s->to->arg, s->name, 0, "was cut; going on at its end");
}

/* The oldest file of the stream that is newer than `after` (NULL: the newest of all); malloc'ed, or NULL. */
static char *
next_file(const char *dir, const char *stream, const char *after)
{
	struct records_files f = { 0 };
	char *found = NULL;
	size_t i;

	if (list_directory(&f, dir, stream, "") == 0 && f.count > 0) {
		if (after == NULL)
			i = f.count - 1;
		else
			for (i = 0; i < f.count && strncmp(file_day(f.paths[i]), file_day(after), DAY_LEN) <= 0; i++)
				continue;
		if (i < f.count)
			found = strdup(f.paths[i]);
	}
	records_files_free(&f);
	return found;
}

/* Until something may have changed.  1: nobody reads our output any more. */
static int
follow_wait(int watch)
{
	struct pollfd p[2] = { { .fd = watch, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	char events[4096];

	poll(p, 2, LOOK_MS);
	if (p[1].revents & (POLLERR | POLLNVAL))
		return 1;
	if (p[0].revents != 0)
		while (read(watch, events, sizeof(events)) > 0)
			continue;
	return 0;
}

/* What is new of one follower, over the change of day.  Return as source_drain(). */
static int
follower_step(struct follower *f, const char *dir, const struct records_reader *to)
{
	char *next;
	int rc;

	for (;;) {
		/* looked for first: what the old file gets before the new one begins is then read */
		next = f->stream != NULL ? next_file(dir, f->stream, f->open ? f->s.name : NULL) : NULL;
		if (f->open) {
			source_again(&f->s);
			if ((rc = source_drain(&f->s)) != 0 || next == NULL) {
				free(next);
				return rc;
			}
			rc = source_finish(&f->s);
			source_close(&f->s);
			f->open = 0;
			if (rc != 0) {
				free(next);
				return rc;
			}
		}
		if (next == NULL)
			return 0;
		rc = source_open(&f->s, next, to);
		free(next);
		if (rc == -1)
			return -1;
		f->open = 1;
	}
}

/* Opens what there is, and hands on what is in it, merged. */
static int
followers_begin(struct follower *f, size_t count, const char *path, const struct records_reader *to)
{
	struct source s[STREAMS];
	size_t i, n = 0, at[STREAMS];
	char *file;
	int rc = 0;

	for (i = 0; i < count; i++) {
		if ((file = f[i].stream == NULL ? strdup(path) : next_file(path, f[i].stream, NULL)) == NULL)
			continue;
		if (source_open(&s[n], file, to) == 0)
			at[n++] = i;
		else
			rc = -1;
		free(file);
	}
	if (rc == 0 && n > 0)
		rc = sources_merge(s, n);
	for (i = 0; i < n; i++) {
		f[at[i]].s = s[i];
		f[at[i]].open = 1;
	}
	return rc;
}

/* All but the newest file of each stream, which will be followed. */
static int
read_before(const char *path, const char *stream, uint64_t since_ms, const struct records_reader *to)
{
	struct records_files files = { 0 };
	size_t i, k, n;
	char *last;
	int rc = 0;

	if (records_list(&files, path, stream, since_ms) == -1)
		return 0;	/* told by who follows */
	for (i = 0; i < STREAMS; i++)
		if ((last = next_file(path, streams[i], NULL)) != NULL) {
			for (k = n = 0; k < files.count; k++)
				if (strcmp(files.paths[k], last) == 0)
					free(files.paths[k]);
				else
					files.paths[n++] = files.paths[k];
			files.count = n;
			free(last);
		}
	for (i = 0; rc != 1 && i < files.count; i += n) {
		n = records_day(&files, i);
		rc = records_read(files.paths + i, n, to);
	}
	records_files_free(&files);
	return rc == 1;
}

int
records_follow(const char *path, const char *stream, uint64_t since_ms, const struct records_reader *to)
{
	struct follower f[STREAMS];
	size_t i, count = 0;
	struct stat st;
	int watch, rc;

	memset(f, 0, sizeof(f));
	if (strcmp(path, "-") == 0) {
		to->trouble(to->arg, path, 0, "standard input cannot be followed");
		return -1;
	}
	if (stat(path, &st) == -1) {
		to->trouble(to->arg, path, 0, strerror(errno));
		return -1;
	}
	for (i = 0; i < STREAMS && S_ISDIR(st.st_mode); i++)
		if (stream == NULL || strcmp(stream, streams[i]) == 0)
			f[count++].stream = streams[i];
	count += count == 0;
	if ((watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) != -1)
		inotify_add_watch(watch, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	rc = f[0].stream != NULL && since_ms > 0 ? read_before(path, stream, since_ms, to) : 0;
	if (rc == 0)
		rc = followers_begin(f, count, path, to);
	while (rc == 0) {
		if (to->idle(to->arg) != 0 || follow_wait(watch))
			break;
		for (i = 0; rc == 0 && i < count; i++)
			rc = follower_step(&f[i], path, to);
	}
	for (i = 0; i < count; i++)
		if (f[i].open)
			source_close(&f[i].s);
	if (watch != -1)
		close(watch);
	return rc == 0 ? 1 : rc;
}
