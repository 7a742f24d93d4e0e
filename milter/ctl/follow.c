/* SPDX-License-Identifier: ISC */
/* Reads logs line by line: pipes, files, and files that are rotated while they are read or between two runs. */
/*
 * A file is known by its first line: that stays when it is renamed, and when it
 * is copied and cut (copytruncate), where the inode does not tell.  After
 * renaming the old file is read until the new one has a line: who writes a log
 * holds the old one for a while.  Looks four times a second instead of being told: a
 * log directory changes all the time, and it works on any file system.
 * Holds one chunk and the beginning of one line.  Called by collect.
 * It does not: unpack, know what a line says, keep state over runs.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/follow.h"
#include "judge/maillog.h"

#define CHUNK		(256u * 1024)
#define LOOK_MS		250
#define ID_OCTETS	512	/* of the first line, if it is longer */
#define SIBLINGS_MAX	1024	/* rotated files of one log */

struct source {
	const struct follow_to *to;
	const char	*path;
	int		 fd;
	char		 id[FOLLOW_ID_LEN + 1];
	uint64_t	 at;		/* behind the last whole line */
	uint64_t	 offset;	/* of what is read next */
	int		 overlong;	/* in a line whose beginning is kept */
	struct buf	 line;		/* its beginning */
	char		*chunk;
};

/* A rotated file. */
struct sibling {
	char		 path[4096];
	char		 id[FOLLOW_ID_LEN + 1];
	struct timespec	 mtime;
	off_t		 size;
};

/* ---- identity ---- */

/* Of the first line, or its beginning; "" while there is none. */
static void
identify(int fd, char id[FOLLOW_ID_LEN + 1])
{
	uint64_t h = 14695981039346656037u;
	char head[ID_OCTETS], *nl;
	ssize_t i, n;

	id[0] = '\0';
	if ((n = pread(fd, head, sizeof(head), 0)) <= 0)
		return;
	if ((nl = memchr(head, '\n', (size_t)n)) != NULL)
		n = nl - head;
	else if (n < (ssize_t)sizeof(head))
		return;
	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)head[i]) * 1099511628211u;
	snprintf(id, FOLLOW_ID_LEN + 1, "%016llx", (unsigned long long)h);
}

static int
packed(const char *name)
{
	static const char *const ends[] = { ".gz", ".xz", ".bz2", ".zst", ".lz4", ".Z" };
	size_t i, n = strlen(name), e;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if ((e = strlen(ends[i])) < n && strcmp(name + n - e, ends[i]) == 0)
			return 1;
	return 0;
}

static int
by_age(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;

	if (x->mtime.tv_sec != y->mtime.tv_sec)
		return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
	if (x->mtime.tv_nsec != y->mtime.tv_nsec)
		return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
	return strcmp(y->path, x->path);	/* mail.log.2 is older than mail.log.1 */
}

static int
sibling_look(struct sibling *s, const char *dir, const char *name)
{
	struct stat st;
	int fd;

	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/%s", dir, name) >= sizeof(s->path) ||
	    (fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return 0;
	s->id[0] = '\0';
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		s->mtime = st.st_mtim;
		s->size = st.st_size;
		identify(fd, s->id);
	}
	close(fd);
	return s->id[0] != '\0';
}

/* Files beside `path` whose name begins with its name, from the oldest; free(3). */
static struct sibling *
siblings(const char *path, size_t *count)
{
	struct sibling *all = NULL;
	char *copy1 = strdup(path), *copy2 = strdup(path);
	const char *dir, *base;
	struct dirent *e;
	size_t n = 0, len;
	DIR *d = NULL;

	*count = 0;
	if (copy1 == NULL || copy2 == NULL || (all = calloc(SIBLINGS_MAX, sizeof(*all))) == NULL)
		goto out;
	dir = dirname(copy1);
	base = basename(copy2);
	len = strlen(base);
	if ((d = opendir(dir)) == NULL)
		goto out;
	while (n < SIBLINGS_MAX && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, base, len) == 0 && (e->d_name[len] == '.' || e->d_name[len] == '-') &&
		    !packed(e->d_name) && sibling_look(&all[n], dir, e->d_name))
			n++;
	qsort(all, n, sizeof(*all), by_age);
	*count = n;
out:
	if (d != NULL)
		closedir(d);
	free(copy1);
	free(copy2);
	return all;
}

/* ---- lines ---- */

static void
source_close(struct source *s)
{
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
	free(s->chunk);
	s->chunk = NULL;
	buf_free(&s->line);
}

static int
source_init(struct source *s, const char *path, int fd, const struct follow_to *to)
{
	memset(s, 0, sizeof(*s));
	s->to = to;
	s->path = path;
	s->fd = fd;
	buf_init(&s->line, MAILLOG_LINE_MAX);
	if ((s->chunk = malloc(CHUNK)) == NULL) {
		to->trouble(to->arg, path, "no memory");
		source_close(s);
		return -1;
	}
	return 0;
}

/* Goes to where a line begins. */
static void
source_seek(struct source *s, uint64_t at)
{
	s->at = s->offset = at;
	s->overlong = 0;
	buf_reset(&s->line);
	lseek(s->fd, (off_t)at, SEEK_SET);
}

static int
source_open(struct source *s, const char *path, const struct follow_to *to)
{
	struct stat st;
	uint64_t at;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);	/* a FIFO must not hold us: see below */

	if (fd == -1 || fstat(fd, &st) == -1) {
		to->trouble(to->arg, path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	/* no place to come back to, and a read that only the writer ends, signals being blocked */
	if (!S_ISREG(st.st_mode)) {
		to->trouble(to->arg, path, "is not a regular file; use: hopwardctl collect - <FILE");
		close(fd);
		return -1;
	}
	if (packed(path)) {
		to->trouble(to->arg, path, "is compressed; use: zcat -f FILE | hopwardctl collect -");
		close(fd);
		return -1;
	}
	if (source_init(s, path, fd, to) == -1)
		return -1;
	identify(fd, s->id);
	at = s->id[0] != '\0' ? to->known(to->arg, s->id) : 0;
	source_seek(s, at <= (uint64_t)st.st_size ? at : 0);
	to->opened(to->arg, path, s->id, st.st_mtime);
	return 0;
}

/* Hands a line on, whose end is at s->at. */
static int
source_line(struct source *s, const char *text, size_t len, int cut)
{
	struct follow_line l = { .cut = cut, .id = s->id, .at = s->at };

	if (s->id[0] == '\0' && s->path != NULL)
		identify(s->fd, s->id);
	/* a cut file that its writer goes on with begins with a hole */
	while (len > 0 && *text == '\0') {
		text++;
		len--;
	}
	l.text = text;
	l.len = len;
	return s->to->line(s->to->arg, &l);
}

/* Keeps the beginning of a line. */
static void
source_keep(struct source *s, const char *text, size_t len)
{
	size_t room = MAILLOG_LINE_MAX - s->line.len;

	if (len > room) {
		s->overlong = 1;
		len = room;
	}
	if (len > 0 && buf_add(&s->line, text, len) == -1)
		s->overlong = 1;
}

static int
source_chunk(struct source *s, const char *p, const char *end)
{
	const char *nl;
	int rc = 0;

	for (; rc == 0 && p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			source_keep(s, p, (size_t)(end - p));
			return 0;
		}
		s->at = s->offset - (uint64_t)(end - nl) + 1;
		if (s->line.len == 0 && !s->overlong) {
			size_t len = (size_t)(nl - p);

			rc = source_line(s, p, len < MAILLOG_LINE_MAX ? len : MAILLOG_LINE_MAX, len > MAILLOG_LINE_MAX);
			continue;
		}
		source_keep(s, p, (size_t)(nl - p));
		rc = source_line(s, s->line.data, s->line.len, s->overlong);
		s->overlong = 0;
		buf_reset(&s->line);
	}
	return rc;
}

/* Reads what is there.  0: all read, 1: stopped, -1: trouble. */
static int
source_drain(struct source *s)
{
	ssize_t n;

	for (;;) {
		if ((n = read(s->fd, s->chunk, CHUNK)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			s->to->trouble(s->to->arg, s->path, strerror(errno));
		if (n <= 0)
			return (int)n;
		s->offset += (uint64_t)n;
		if (source_chunk(s, s->chunk, s->chunk + n) != 0 || s->to->pause(s->to->arg, 0) != 0)
			return 1;
	}
}

/* No more comes: the last line need not have an end. */
static int
source_finish(struct source *s)
{
	int rc = 0;

	if (s->line.len > 0) {
		s->at = s->offset;
		rc = source_line(s, s->line.data, s->line.len, s->overlong);
		buf_reset(&s->line);
	}
	s->overlong = 0;
	return rc;
}

int
follow_stream(int fd, const struct follow_to *to)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct source s;
	ssize_t n;
	int rc = 0;

	if (source_init(&s, NULL, fd, to) == -1)
		return -1;
	to->opened(to->arg, "-", "", 0);
	for (;;) {
		if (poll(&p, 1, LOOK_MS) == 0) {
			if ((rc = to->pause(to->arg, 1)) != 0)
				break;
			continue;
		}
		if ((n = read(fd, s.chunk, CHUNK)) == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n == -1)
			to->trouble(to->arg, "standard input", strerror(errno));
		if (n <= 0) {
			rc = n == 0 ? source_finish(&s) : -1;
			break;
		}
		s.offset += (uint64_t)n;
		if ((rc = source_chunk(&s, s.chunk, s.chunk + n) != 0 || to->pause(to->arg, 0) != 0) != 0)
			break;
	}
	s.fd = -1;	/* the caller's */
	source_close(&s);
	return rc;
}

/* ---- rotation ---- */

/* Reads one file that is no longer written to its end. */
static int
read_old(const char *path, const struct follow_to *to)
{
	struct source s;
	int rc;

	if (source_open(&s, path, to) == -1)
		return 0;	/* told; go on with the next */
	if ((rc = source_drain(&s)) == 0)
		rc = source_finish(&s);
	source_close(&s);
	return rc;
}

/* The file was cut below us: its rest may be in a copy. */
static int
source_cut(struct source *s)
{
	char id[FOLLOW_ID_LEN + 1];
	struct sibling *all;
	size_t i, count;
	struct stat st;
	int rc = 0, found = 0;

	snprintf(id, sizeof(id), "%s", s->id);
	all = siblings(s->path, &count);
	for (i = 0; all != NULL && i < count && !found; i++)
		if (strcmp(all[i].id, id) == 0 && (uint64_t)all[i].size >= s->at) {
			found = 1;
			rc = read_old(all[i].path, s->to);
		}
	free(all);
	if (!found && s->at > 0)
		s->to->gap(s->to->arg, s->path, "was cut, and no copy of it is there");
	source_seek(s, 0);
	identify(s->fd, s->id);
	s->to->opened(s->to->arg, s->path, s->id, fstat(s->fd, &st) == 0 ? st.st_mtime : 0);
	return rc;
}

/* Smaller than what was read, or another first line. */
static int
is_cut(const struct source *s)
{
	char id[FOLLOW_ID_LEN + 1];
	struct stat st;

	if (fstat(s->fd, &st) == -1)
		return 0;
	if ((uint64_t)st.st_size < s->offset)
		return 1;
	if (s->id[0] == '\0' || s->at == 0)
		return 0;
	identify(s->fd, id);
	return strcmp(id, s->id) != 0;
}

/* Another file is at `path`, and has something in it. */
static int
is_renamed(const struct source *s, const char *path)
{
	struct stat mine, there;

	return fstat(s->fd, &mine) == 0 && stat(path, &there) == 0 && there.st_size > 0 &&
	    (mine.st_ino != there.st_ino || mine.st_dev != there.st_dev);
}

/* From `s` on to the end of all (once), or for ever. */
static int
follow_source(struct source *s, const char *path, int once)
{
	const struct follow_to *to = s->to;
	int rc, renamed;

	for (;;) {
		/* looked at first: what the old file gets before the new one begins is then read */
		renamed = is_renamed(s, path);
		if (is_cut(s) && (rc = source_cut(s)) != 0)
			return rc;
		if ((rc = source_drain(s)) != 0)
			return rc;
		if (renamed) {
			if ((rc = source_finish(s)) != 0)
				return rc;
			source_close(s);
			if (source_open(s, path, to) == -1)
				return -1;
			continue;
		}
		if (once) {
			if (s->line.len > 0)
				to->trouble(to->arg, s->path, "its last line has no end: left for the next time");
			return 0;
		}
		if ((rc = to->pause(to->arg, 1)) != 0)
			return rc;
		poll(NULL, 0, LOOK_MS);
	}
}

/* The files to be read before `path`: the one that was read last, and what is newer.  First of them in *from; -1: it is gone. */
static int
earlier(const struct sibling *all, size_t count, const char *last, const char *now, uint64_t at, size_t *from)
{
	size_t i;

	*from = count;
	if (*last == '\0' || strcmp(last, now) == 0)
		return 0;
	for (i = 0; i < count; i++)
		if (strcmp(all[i].id, last) == 0 && (uint64_t)all[i].size >= at) {
			*from = i;
			return 0;
		}
	return -1;
}

static void
tell_files(const struct follow_to *to, const struct sibling *all, size_t from, size_t count, const char *now)
{
	char (*ids)[FOLLOW_ID_LEN + 1] = calloc(count - from + 1, sizeof(*ids));
	size_t i, n = 0;

	if (ids == NULL)
		return;
	for (i = from; i < count; i++)
		memcpy(ids[n++], all[i].id, sizeof(*ids));
	snprintf(ids[n++], sizeof(*ids), "%s", now);
	to->files(to->arg, (const char (*)[FOLLOW_ID_LEN + 1])ids, n);
	free(ids);
}

int
follow_file(const char *path, const char *last, int once, const struct follow_to *to)
{
	char now[FOLLOW_ID_LEN + 1] = "";
	struct sibling *all = NULL;
	struct source s = { .fd = -1 };
	size_t count = 0, from = 0;
	int fd, rc = 0;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) != -1) {
		identify(fd, now);
		close(fd);
	} else if (errno != ENOENT || once) {
		to->trouble(to->arg, path, strerror(errno));
		return -1;
	}
	all = siblings(path, &count);
	if (all == NULL)
		count = 0;
	if (earlier(all, count, last, now, *last != '\0' ? to->known(to->arg, last) : 0, &from) == -1)
		to->gap(to->arg, path, "is another file, and the one that was read last is gone");
	tell_files(to, all, from, count, now);
	/* all but the last of them; the last may still be written, if nothing is at `path` yet */
	for (; rc == 0 && from + 1 < count; from++)
		rc = read_old(all[from].path, to);
	while (rc == 0 && from >= count && access(path, F_OK) == -1 && errno == ENOENT) {
		rc = to->pause(to->arg, 1);
		poll(NULL, 0, LOOK_MS);
	}
	if (rc == 0)
		rc = source_open(&s, from < count ? all[from].path : path, to);
	if (rc == 0)
		rc = follow_source(&s, path, once);
	source_close(&s);
	free(all);
	return rc;
}
