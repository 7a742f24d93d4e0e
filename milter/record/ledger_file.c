/* SPDX-License-Identifier: ISC */
/* The ledger's files: their names, the end of the newest, and writes that are whole or undone. */
/*
 * Called by ledger.c: at the opening, then by its one writer.  What is in a file
 * but was not answered is cut: after a failed write at once, after a crash by the
 * next start (torn tail).  What was answered is never cut.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "record/ledger_int.h"

int
ledger_day(uint64_t ms, char out[DAY_LEN + 1])
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &tm) != DAY_LEN)
		return -1;
	memcpy(out, text, DAY_LEN + 1);
	return 0;
}

/* ---- names of files ---- */

/* Is it STREAM-YYYY-MM-DD.jsonl?  Gives the day. */
static int
name_day(const char *stream, const char *name, char day[DAY_LEN + 1])
{
	static const char form[] = "dddd-dd-dd.jsonl";
	size_t i, n = strlen(stream);

	if (strncmp(name, stream, n) != 0 || name[n] != '-')
		return 0;
	name += n + 1;
	if (strlen(name) != sizeof(form) - 1)
		return 0;
	for (i = 0; form[i] != '\0'; i++)
		if (i < DAY_LEN && form[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
			return 0;
	memcpy(day, name, DAY_LEN);
	day[DAY_LEN] = '\0';
	return 1;
}

char *
ledger_path(const struct ledger *l, const char *day)
{
	char *path;

	return asprintf(&path, "%s/%s-%s.jsonl", l->directory, l->stream, day) == -1 ? NULL : path;
}

int
ledger_newest_day(const struct ledger *l, const char *before, char day[DAY_LEN + 1])
{
	char d[DAY_LEN + 1];
	struct dirent *e;
	DIR *dir;
	int found = 0;

	if ((dir = opendir(l->directory)) == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		if (!name_day(l->stream, e->d_name, d) || (*before != '\0' && strcmp(d, before) >= 0))
			continue;
		if (!found || strcmp(d, day) > 0)
			memcpy(day, d, sizeof(d));
		found = 1;
	}
	closedir(dir);
	return found;
}

static int
sync_directory(const struct ledger *l)
{
	int fd, rc;

	if ((fd = open(l->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/* ---- the end of a file ---- */

off_t
ledger_line_start(int fd, off_t end)
{
	char chunk[4096];
	off_t at = end - 1;	/* the line's own newline does not count */
	ssize_t i, n;
	off_t from;

	while (at > 0) {
		from = at > (off_t)sizeof(chunk) ? at - (off_t)sizeof(chunk) : 0;
		if ((n = pread(fd, chunk, (size_t)(at - from), from)) != at - from) {
			if (n >= 0)
				errno = EIO;
			return -1;
		}
		for (i = n - 1; i >= 0; i--)
			if (chunk[i] == '\n')
				return from + i + 1;
		at = from;
		if (end - at > TORN_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	return 0;
}

int
ledger_line_whole(const struct ledger *l, int fd, off_t start, off_t end, uint64_t *seq)
{
	char begin[PREFIX_MAX], last[2], want[LEDGER_STREAM_MAX + 16], *p;
	ssize_t n;

	if (end - start < 8 || pread(fd, last, 2, end - 2) != 2 || last[0] != '}' || last[1] != '\n')
		return 0;
	n = pread(fd, begin, end - start < (off_t)sizeof(begin) ? (size_t)(end - start) : sizeof(begin) - 1, start);
	if (n < 8)
		return 0;
	begin[n < (ssize_t)sizeof(begin) ? n : (ssize_t)sizeof(begin) - 1] = '\0';
	if (strncmp(begin, "{\"seq\":", 7) != 0 || begin[7] < '0' || begin[7] > '9')
		return 0;
	errno = 0;
	*seq = strtoull(begin + 7, &p, 10);
	snprintf(want, sizeof(want), ",\"stream\":\"%s\",", l->stream);
	return errno == 0 && strncmp(p, want, strlen(want)) == 0;
}

/*
 * Cuts what a crash left behind the last whole line.  Gives its seq, 0 if none.
 * More than a batch of rubbish is no crash's work: refused, a person must look.
 */
static int
tail_recover(struct ledger *l, int fd, off_t *size, uint64_t *seq)
{
	struct stat st;
	off_t end, start;

	*seq = 0;
	if (fstat(fd, &st) == -1)
		return -1;
	for (end = st.st_size; end > 0; end = start) {
		if ((start = ledger_line_start(fd, end)) == -1)
			return -1;
		if (ledger_line_whole(l, fd, start, end, seq))
			break;
		if (st.st_size - start > TORN_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	if (end < st.st_size) {
		if (ftruncate(fd, end) == -1 || fdatasync(fd) == -1)
			return -1;
		l->torn += (uint64_t)(st.st_size - end);
		log_warn("records: %s: %jd octets of an unfinished line cut", l->stream, (intmax_t)(st.st_size - end));
	}
	*size = end;
	return 0;
}

/* ---- the open file ---- */

/* Opens or makes the file of l->day; its seq counts if it is ahead. */
static int
file_open(struct ledger *l)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	int fd, fresh, saved;
	char *path;
	uint64_t seq;

	if ((path = ledger_path(l, l->day)) == NULL)
		return -1;
	fd = open(path, flags | O_CREAT | O_EXCL, 0640);
	fresh = fd != -1;
	if (!fresh && errno == EEXIST)
		fd = open(path, flags);
	saved = errno;
	free(path);
	errno = saved;
	if (fd == -1)
		return -1;
	/* Not what umask made of it: the group reads records.  An older file keeps what a person set. */
	if ((fresh && fchmod(fd, 0640) == -1) || tail_recover(l, fd, &l->good, &seq) == -1 ||
	    ((l->sync != LEDGER_SYNC_NONE || l->epoch_ms > 0) && sync_directory(l) == -1)) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	if (seq > l->seq)
		l->seq = seq;
	l->fd = fd;
	l->dirty = 0;
	return 0;
}

void
ledger_file_close(struct ledger *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

int
ledger_file_ready(struct ledger *l, const char *day)
{
	struct stat at_fd, at_path;
	char *path;
	int same;

	/* First, since a whole but unanswered line is not to be found again as a good one. */
	if (l->fd != -1 && l->dirty) {
		if (ftruncate(l->fd, l->good) == -1)
			return -1;
		l->dirty = 0;
	}
	if (strcmp(day, l->day) > 0) {
		ledger_file_close(l);
		memcpy(l->day, day, sizeof(l->day));
	}
	if (l->fd != -1) {
		if ((path = ledger_path(l, l->day)) == NULL)
			return -1;
		same = fstat(l->fd, &at_fd) == 0 && stat(path, &at_path) == 0 && at_fd.st_dev == at_path.st_dev &&
		    at_fd.st_ino == at_path.st_ino;
		free(path);
		if (same && at_fd.st_size == l->good)
			return 0;
		log_warn("records: %s-%s.jsonl %s", l->stream, l->day,
		    same ? "was changed by somebody else" : "was removed or replaced: made anew");
		ledger_file_close(l);
	}
	return file_open(l);
}

int
ledger_file_write(struct ledger *l, const char *p, size_t len, int sync)
{
	size_t left = len;
	ssize_t n;
	int saved;

	while (left > 0) {
		if ((n = write(l->fd, p, left)) == -1) {
			if (errno == EINTR)
				continue;
			goto undo;
		}
		p += n;
		left -= (size_t)n;
	}
	if (sync && fdatasync(l->fd) == -1)
		goto undo;
	l->good += (off_t)len;
	return 0;
undo:
	saved = errno;
	if ((l->dirty = ftruncate(l->fd, l->good) == -1))
		log_error("records: %s: cannot take back a failed write yet: %s", l->stream, strerror(errno));
	else if (sync)
		(void)fdatasync(l->fd);	/* so that a crash does not bring it back; best effort */
	errno = saved;
	return -1;
}

/* ---- where it goes on ---- */

/* The lock lives beside the files, since those come and go. */
int
ledger_lock(struct ledger *l)
{
	char *path;
	int saved;

	if (asprintf(&path, "%s/.%s.lock", l->directory, l->stream) == -1)
		return -1;
	l->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	saved = errno;
	free(path);
	errno = saved;
	return l->lock_fd == -1 ? -1 : flock(l->lock_fd, LOCK_EX | LOCK_NB);
}

/* Goes back to the newest line there is; the newest file may be empty. */
int
ledger_position(struct ledger *l)
{
	char before[DAY_LEN + 1] = "", day[DAY_LEN + 1];
	int fd, found, rc, saved;
	uint64_t seq;
	off_t size;
	char *path;

	while ((found = ledger_newest_day(l, before, day)) == 1) {
		if ((path = ledger_path(l, day)) == NULL)
			return -1;
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		free(path);
		if (fd == -1)
			return -1;
		rc = tail_recover(l, fd, &size, &seq);
		saved = errno;
		close(fd);
		errno = saved;
		if (rc == -1)
			return -1;
		if (*before == '\0')
			memcpy(l->day, day, sizeof(l->day));
		if (size > 0) {
			l->seq = seq;
			return 0;
		}
		memcpy(before, day, sizeof(before));
	}
	return found;
}
