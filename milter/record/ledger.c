/* SPDX-License-Identifier: ISC */
/* Appends records to the day's file, in order, whole, and durable before the caller goes on. */
/*
 * Called by the front's threads and by hopwardctl collect.  One thread of its
 * own writes: it takes all lines that wait, writes them with one write(2) and
 * syncs them with one fdatasync(2), then wakes their callers (group commit).
 * Owns the file, the lock and the thread; a waiting line is its caller's.
 *
 * What is in a file but was not answered is cut: after a failed write at once,
 * after a crash by the next start (torn tail).  What was answered is never cut.
 * Limits: LEDGER_LINE_MAX a line, LEDGER_BATCH_MAX a write.
 * It does not chain, seal, compress or expire.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "record/ledger.h"

#define DAY_LEN		10			/* "2026-11-23" */
#define PREFIX_MAX	256			/* what comes before the body */
#define TORN_MAX	(LEDGER_BATCH_MAX + LEDGER_LINE_MAX)	/* a crash leaves one batch at most */

/* One caller's line, on its stack. */
struct entry {
	struct entry	*next;
	const char	*body;
	size_t		 len;
	char		 salt[2 * LEDGER_SALT_LEN + 1];
	char		 leaf[2 * LEDGER_LEAF_LEN + 1];
	char		 day[DAY_LEN + 1];
	uint64_t	 seq;
	int		 error;
	int		 done;
};

struct ledger {
	char			*directory;
	char			 stream[LEDGER_STREAM_MAX + 1];
	enum ledger_sync	 sync;
	uint64_t		 batch_us;
	int			 lock_fd;
	uint64_t		 torn;

	/* the writer's own once it runs */
	int			 fd;		/* -1: to be opened */
	char			 day[DAY_LEN + 1];
	off_t			 good;		/* octets of whole, answered lines */
	int			 dirty;		/* unanswered octets lie behind them, and could not be cut */
	uint64_t		 seq;		/* of the last line */
	struct buf		 batch;

	pthread_t		 thread;
	int			 started;
	pthread_mutex_t		 mutex;		/* guards all below */
	pthread_cond_t		 wake;		/* the writer's */
	pthread_cond_t		 done;		/* the callers' */
	struct entry		*head, **tail;
	int			 stop;
};

static void
hex(const unsigned char *p, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
day_of(uint64_t ms, char out[DAY_LEN + 1])
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

static char *
path_of(const struct ledger *l, const char *day)
{
	char *path;

	return asprintf(&path, "%s/%s-%s.jsonl", l->directory, l->stream, day) == -1 ? NULL : path;
}

/* The newest day with a file that is older than `before` ("" : any).  1 found, 0 none, -1 errno. */
static int
newest_day(const struct ledger *l, const char *before, char day[DAY_LEN + 1])
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

/* Offset of the line that ends at `end` (exclusive, behind its newline or not); -1: errno, or EFBIG for no such line. */
static off_t
line_start(int fd, off_t end)
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

/* Is the text at [start, end) a whole line of ours?  After a power cut a block may hold NULs instead. */
static int
line_whole(const struct ledger *l, int fd, off_t start, off_t end, uint64_t *seq)
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
		if ((start = line_start(fd, end)) == -1)
			return -1;
		if (line_whole(l, fd, start, end, seq))
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

	if ((path = path_of(l, l->day)) == NULL)
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
	    (l->sync != LEDGER_SYNC_NONE && sync_directory(l) == -1)) {
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

static void
file_close(struct ledger *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

/* The file of `day`, the very one that its name leads to, ending where we left it. */
static int
file_ready(struct ledger *l, const char *day)
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
		file_close(l);
		memcpy(l->day, day, sizeof(l->day));
	}
	if (l->fd != -1) {
		if ((path = path_of(l, l->day)) == NULL)
			return -1;
		same = fstat(l->fd, &at_fd) == 0 && stat(path, &at_path) == 0 && at_fd.st_dev == at_path.st_dev &&
		    at_fd.st_ino == at_path.st_ino;
		free(path);
		if (same && at_fd.st_size == l->good)
			return 0;
		log_warn("records: %s-%s.jsonl %s", l->stream, l->day,
		    same ? "was changed by somebody else" : "was removed or replaced: made anew");
		file_close(l);
	}
	return file_open(l);
}

/* All or nothing: on failure the file ends where it ended before. */
static int
file_write(struct ledger *l, const char *p, size_t len)
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
	if (l->sync != LEDGER_SYNC_NONE && fdatasync(l->fd) == -1)
		goto undo;
	l->good += (off_t)len;
	return 0;
undo:
	saved = errno;
	if ((l->dirty = ftruncate(l->fd, l->good) == -1))
		log_error("records: %s: cannot take back a failed write yet: %s", l->stream, strerror(errno));
	else if (l->sync != LEDGER_SYNC_NONE)
		(void)fdatasync(l->fd);	/* so that a crash does not bring it back; best effort */
	errno = saved;
	return -1;
}

/* ---- the writer ---- */

static int
batch_add(struct ledger *l, const struct entry *e, uint64_t seq)
{
	return buf_addf(&l->batch, "{\"seq\":%" PRIu64 ",\"stream\":\"%s\",\"salt\":\"%s\",\"leaf\":\"%s\"%s", seq, l->stream,
	    e->salt, e->leaf, e->body[1] == '}' ? "" : ",") == -1 || buf_add(&l->batch, e->body + 1, e->len - 1) == -1 ||
	    buf_addc(&l->batch, '\n') == -1 ? -1 : 0;
}

/* Writes the entries from `first` up to `end` (exclusive), all of one day.  0 or -1 with errno. */
static int
commit(struct ledger *l, struct entry *first, const struct entry *end)
{
	struct entry *e;
	uint64_t seq;

	if (file_ready(l, first->day) == -1)
		return -1;
	buf_reset(&l->batch);
	seq = l->seq;
	for (e = first; e != end; e = e->next)
		if (batch_add(l, e, e->seq = ++seq) == -1) {
			errno = ENOMEM;
			return -1;
		}
	if (file_write(l, l->batch.data, l->batch.len) == -1)
		return -1;
	l->seq = seq;
	return 0;
}

/* As many entries as share a day's file and a write. */
static struct entry *
run_end(const struct ledger *l, struct entry *first)
{
	const char *day = strcmp(first->day, l->day) > 0 ? first->day : l->day;
	struct entry *e;
	size_t size = 0;

	for (e = first; e != NULL; e = e->next) {
		size += e->len + PREFIX_MAX;
		if (e != first && (l->sync == LEDGER_SYNC_ALWAYS || strcmp(e->day, day) > 0 || size > LEDGER_BATCH_MAX))
			break;
	}
	return e;
}

static void
write_all(struct ledger *l, struct entry *list)
{
	struct entry *e, *end;

	while (list != NULL) {
		end = run_end(l, list);
		if (commit(l, list, end) == 0) {
			list = end;
			continue;
		}
		/* One by one: a large line that does not fit must not take small ones with it. */
		for (e = list; e != end; e = e->next)
			e->error = commit(l, e, e->next) == -1 ? (errno != 0 ? errno : EIO) : 0;
		list = end;
	}
}

static void
wait_for_company(struct ledger *l)
{
	struct timespec until;
	uint64_t ns;

	if (l->sync != LEDGER_SYNC_BATCH || l->batch_us == 0)
		return;
	ns = clock_mono_ns() + l->batch_us * 1000;
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (!l->stop && pthread_cond_timedwait(&l->wake, &l->mutex, &until) == 0)
		;
}

static void *
writer(void *arg)
{
	struct ledger *l = arg;
	struct entry *e, *list, *next;

	pthread_mutex_lock(&l->mutex);
	for (;;) {
		while (l->head == NULL && !l->stop)
			pthread_cond_wait(&l->wake, &l->mutex);
		if (l->head == NULL)
			break;
		wait_for_company(l);
		list = l->head;
		l->head = NULL;
		l->tail = &l->head;
		pthread_mutex_unlock(&l->mutex);

		write_all(l, list);

		pthread_mutex_lock(&l->mutex);
		for (e = list; e != NULL; e = next) {
			next = e->next;		/* done: its stack may go */
			e->done = 1;
		}
		pthread_cond_broadcast(&l->done);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

/* ---- opening and closing ---- */

/* The lock lives beside the files, since those come and go. */
static int
lock_take(struct ledger *l)
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
static int
position_find(struct ledger *l)
{
	char before[DAY_LEN + 1] = "", day[DAY_LEN + 1];
	int fd, found, rc, saved;
	uint64_t seq;
	off_t size;
	char *path;

	while ((found = newest_day(l, before, day)) == 1) {
		if ((path = path_of(l, day)) == NULL)
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

static int
threads_init(struct ledger *l)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int rc;

	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->done, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are the process' business, not this thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&l->thread, NULL, writer, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	l->started = rc == 0;
	errno = rc;
	return rc == 0 ? 0 : -1;
}

static int
stream_valid(const char *stream)
{
	size_t n = strspn(stream, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= LEDGER_STREAM_MAX && stream[n] == '\0';
}

int
ledger_open(const struct ledger_settings *settings, const char *stream, struct ledger **out, char *err, size_t errlen)
{
	struct ledger *l = NULL;
	char today[DAY_LEN + 1];
	const char *what = "no memory";

	*out = NULL;
	if (!stream_valid(stream) || settings->directory == NULL) {
		snprintf(err, errlen, "records: no directory, or no name for a stream: \"%s\"", stream);
		return -1;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		goto fail;
	l->fd = l->lock_fd = -1;
	l->tail = &l->head;
	l->sync = settings->sync;
	l->batch_us = settings->batch_us;
	snprintf(l->stream, sizeof(l->stream), "%s", stream);
	buf_init(&l->batch, LEDGER_BATCH_MAX + LEDGER_LINE_MAX);
	if ((l->directory = strdup(settings->directory)) == NULL)
		goto fail;
	what = "lock";
	if (lock_take(l) == -1)
		goto fail;
	what = "newest line";
	if (position_find(l) == -1)
		goto fail;
	what = "today's file";
	if (day_of(clock_wall_ms(), today) == -1 || file_ready(l, today) == -1)
		goto fail;
	what = "thread";
	if (threads_init(l) == -1)
		goto fail;
	*out = l;
	return 0;
fail:
	if (strcmp(what, "lock") == 0 && errno == EWOULDBLOCK)
		snprintf(err, errlen, "%s: another process writes the records of \"%s\"", settings->directory, stream);
	else if (errno == EFBIG)
		snprintf(err, errlen, "%s: the newest file of \"%s\" ends in something that is no record; move it away",
		    settings->directory, stream);
	else
		snprintf(err, errlen, "%s: records of \"%s\": %s: %s", settings->directory, stream, what, strerror(errno));
	ledger_close(l);
	return -1;
}

uint64_t
ledger_torn(const struct ledger *l)
{
	return l->torn;
}

/* ---- appending ---- */

/* RFC 6962's reason for salt: a leaf that outlives its erased line must not confirm a guess of it. */
static int
entry_hash(struct entry *e)
{
	unsigned char salt[LEDGER_SALT_LEN], leaf[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len = 0;
	int ok;

	ok = ctx != NULL && RAND_bytes(salt, sizeof(salt)) == 1 && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, salt, sizeof(salt)) == 1 && EVP_DigestUpdate(ctx, e->body, e->len) == 1 &&
	    EVP_DigestFinal_ex(ctx, leaf, &len) == 1 && len == LEDGER_LEAF_LEN;
	EVP_MD_CTX_free(ctx);
	if (!ok) {
		errno = EIO;
		return -1;
	}
	hex(salt, sizeof(salt), e->salt);
	hex(leaf, LEDGER_LEAF_LEN, e->leaf);
	return 0;
}

int
ledger_append(struct ledger *l, const char *body, size_t len, uint64_t *seq)
{
	struct entry e;

	memset(&e, 0, sizeof(e));
	e.body = body;
	e.len = len;
	/* A newline or NUL inside would end the line early; the leaf would then prove another text. */
	if (len < 2 || body[0] != '{' || (body[1] != '"' && body[1] != '}') || body[len - 1] != '}' ||
	    memchr(body, '\n', len) != NULL || memchr(body, '\0', len) != NULL) {
		errno = EINVAL;
		return -1;
	}
	if (len > LEDGER_LINE_MAX - PREFIX_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (entry_hash(&e) == -1)
		return -1;

	pthread_mutex_lock(&l->mutex);
	if (l->stop || day_of(clock_wall_ms(), e.day) == -1) {
		pthread_mutex_unlock(&l->mutex);
		errno = ESHUTDOWN;
		return -1;
	}
	*l->tail = &e;
	l->tail = &e.next;
	pthread_cond_signal(&l->wake);
	while (!e.done)
		pthread_cond_wait(&l->done, &l->mutex);
	pthread_mutex_unlock(&l->mutex);

	if (e.error != 0) {
		errno = e.error;
		return -1;
	}
	if (seq != NULL)
		*seq = e.seq;
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	if (l->started) {
		pthread_mutex_lock(&l->mutex);
		l->stop = 1;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->mutex);
		pthread_join(l->thread, NULL);
		pthread_mutex_destroy(&l->mutex);
		pthread_cond_destroy(&l->wake);
		pthread_cond_destroy(&l->done);
	}
	file_close(l);
	if (l->lock_fd != -1)
		close(l->lock_fd);
	buf_free(&l->batch);
	free(l->directory);
	free(l);
}
