/* SPDX-License-Identifier: ISC */
/* Reads files of records line by line, and goes on reading where they grow. */
/*
 * Holds one chunk and one line at a time, whatever the size of the files; a
 * line beyond RECORDS_LINE_MAX is named and passed over.  Called by log.  Does
 * not: parse a line, know its fields, check leaf or seq.
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

#define CHUNK		(256u * 1024)
#define PATTERN		"mail-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].jsonl"
#define DAY_AT		5		/* of the day in such a name */
#define LOOK_MS		1000		/* a new file, or growth that inotify did not tell (network file systems) */

struct source {
	const struct records_reader *to;
	const char	*name;
	int		 fd;
	uint64_t	 number;	/* of the line that is being read */
	uint64_t	 offset;	/* octets read */
	int		 overlong;	/* inside a line that was given up */
	int		 grows;		/* what follows an unfinished line is read together with it, see source_again() */
	struct buf	 line;		/* its beginning, where it spans chunks */
	char		*chunk;
};

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

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_records(const struct dirent *d)
{
	return fnmatch(PATTERN, d->d_name, 0) == 0;
}

static int
list_directory(struct records_files *f, const char *dir, const char *day)
{
	struct dirent **names = NULL;
	int i, n, rc = 0;

	if ((n = scandir(dir, &names, is_records, by_name)) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		/* a file follows the newest day seen: nothing in it is later than its day, so older ones can go */
		if (rc == 0 && strncmp(names[i]->d_name + DAY_AT, day, strlen(day)) >= 0)
			rc = files_add(f, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return rc;
}

int
records_list(struct records_files *f, const char *path, uint64_t since_ms)
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
	return list_directory(f, path, day);
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

static int
source_open(struct source *s, const char *path, const struct records_reader *to)
{
	size_t len = strlen(path);

	memset(s, 0, sizeof(*s));
	s->to = to;
	s->name = path;
	s->number = 1;
	buf_init(&s->line, RECORDS_LINE_MAX);
	s->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	s->chunk = malloc(CHUNK);
	if (s->fd == -1 || s->chunk == NULL) {
		to->trouble(to->arg, path, 0, s->fd == -1 ? strerror(errno) : "no memory");
		return -1;
	}
	if (len > 4 && strcmp(path + len - 4, ".zst") == 0) {
		to->trouble(to->arg, path, 0, "is compressed; use: zstdcat FILE | hopwardctl log -");
		return -1;
	}
	return 0;
}

static void
source_close(struct source *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	free(s->chunk);
	s->chunk = NULL;
	buf_free(&s->line);
}

static void
source_overlong(struct source *s)
{
	char what[80];

	snprintf(what, sizeof(what), "longer than %u octets: no record", RECORDS_LINE_MAX);
	s->to->trouble(s->to->arg, s->name, s->number, what);
	s->overlong = 1;
	buf_reset(&s->line);
}

/* Takes one line's text: its end, or a middle of it. */
static int
source_text(struct source *s, const char *text, size_t len, int ends)
{
	int rc = 0;

	if (!s->overlong && s->line.len + len > RECORDS_LINE_MAX)
		source_overlong(s);
	if (!ends) {
		if (!s->overlong && buf_add(&s->line, text, len) == -1)
			source_overlong(s);
		return 0;
	}
	if (!s->overlong && s->line.len == 0)
		rc = len == 0 ? 0 : s->to->line(s->to->arg, s->name, s->number, text, len, 1);
	else if (!s->overlong && buf_add(&s->line, text, len) == 0)
		rc = s->to->line(s->to->arg, s->name, s->number, s->line.data, s->line.len, 1);
	s->overlong = 0;
	s->number++;
	buf_reset(&s->line);
	return rc;
}

/* Reads what is there.  0: end of file, 1: stopped, -1: trouble. */
static int
source_drain(struct source *s)
{
	const char *p, *nl, *end;
	ssize_t n;
	int rc;

	for (;;) {
		if ((n = read(s->fd, s->chunk, CHUNK)) == -1 && errno == EINTR)
			continue;
		if (n == 0)
			return 0;
		if (n == -1) {
			s->to->trouble(s->to->arg, s->name, 0, strerror(errno));
			return -1;
		}
		s->offset += (uint64_t)n;
		end = s->chunk + n;
		for (p = s->chunk; p < end; p = nl + 1) {
			if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL) {
				source_text(s, p, (size_t)(end - p), 0);
				break;
			}
			if ((rc = source_text(s, p, (size_t)(nl - p), 1)) != 0)
				return 1;
		}
		if (s->grows && (size_t)n < CHUNK)
			return 0;
	}
}

/* Nothing comes any more: a line without its end is handed on as such. */
static int
source_finish(struct source *s)
{
	if (s->overlong || s->line.len == 0)
		return 0;
	return s->to->line(s->to->arg, s->name, s->number, s->line.data, s->line.len, 0) != 0;
}

int
records_read(const char *path, const struct records_reader *to)
{
	struct source s;
	int rc = -1;

	if (source_open(&s, path, to) == 0 && (rc = source_drain(&s)) == 0)
		rc = source_finish(&s);
	source_close(&s);
	return rc;
}

/* ---- following ---- */

/*
 * Goes back to the beginning of a line whose end was not there: the daemon
 * cuts off a torn last line when it starts, and writes another in its place.
 */
static void
source_again(struct source *s)
{
	uint64_t begin = s->offset - s->line.len;
	struct stat st;

	if (fstat(s->fd, &st) == 0 && (uint64_t)st.st_size < begin) {
		s->to->trouble(s->to->arg, s->name, 0, "was cut; going on at its end");
		begin = (uint64_t)st.st_size;
		s->overlong = 0;
	}
	s->offset = begin;
	buf_reset(&s->line);
	lseek(s->fd, (off_t)begin, SEEK_SET);
}

/* The oldest file of the directory that is newer than `after` (NULL: the newest of all); malloc'ed, or NULL. */
static char *
next_file(const char *dir, const char *after)
{
	struct records_files f = { 0 };
	char *found = NULL;
	size_t i;

	if (list_directory(&f, dir, "") == 0 && f.count > 0) {
		if (after == NULL)
			i = f.count - 1;
		else
			for (i = 0; i < f.count && strcmp(f.paths[i], after) <= 0; i++)
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

/* One file until a newer one is there, whose path is given.  Return as records_follow(). */
static int
follow_file(const char *path, const char *dir, int watch, const struct records_reader *to, char **next)
{
	struct source s;
	int rc;

	*next = NULL;
	if ((rc = source_open(&s, path, to)) == -1)
		goto out;
	s.grows = 1;
	for (;;) {
		/* looked for first: what the old file gets before the new one begins is then read */
		if (dir != NULL)
			*next = next_file(dir, path);
		source_again(&s);
		if ((rc = source_drain(&s)) != 0)
			break;
		if (*next != NULL) {
			rc = source_finish(&s);
			break;
		}
		if ((rc = to->idle(to->arg) != 0 || follow_wait(watch)) != 0)
			break;
	}
out:
	source_close(&s);
	return rc;
}

int
records_follow(const char *path, const char *first, const struct records_reader *to)
{
	char *file = NULL, *next = NULL;
	const char *dir = NULL;
	struct stat st;
	int watch, rc = 0;

	if (strcmp(path, "-") == 0) {
		to->trouble(to->arg, path, 0, "standard input cannot be followed");
		return -1;
	}
	if (stat(path, &st) == -1) {
		to->trouble(to->arg, path, 0, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		dir = path;
	if ((watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) != -1)
		inotify_add_watch(watch, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	file = dir == NULL ? strdup(path) : first != NULL ? strdup(first) : next_file(dir, NULL);
	while (rc == 0 && (file != NULL || dir != NULL)) {
		if (file == NULL) {
			if (to->idle(to->arg) != 0 || follow_wait(watch))
				rc = 1;
			else
				file = next_file(dir, NULL);
			continue;
		}
		rc = follow_file(file, dir, watch, to, &next);
		free(file);
		file = next;
	}
	free(file);
	if (watch != -1)
		close(watch);
	return rc;
}
