/* SPDX-License-Identifier: ISC */
/* The keeper of a stream: rounds of expiry and compression, the reserve, a look at the disk. */
/*
 * One keeper a stream, in the process that writes it: nobody else touches its files meanwhile. Owns its thread and the
 * directory's descriptor for a round.  What is compressed is, one file after
 * the other, in a thread of lowest priority; the keeper's own is ordinary, as it shares the ledger's lock with mail.
 * Nothing here stops a record: what fails is logged and tried again in the next round.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "record/pack.h"
#include "record/reader.h"
#include "record/record.h"
#include "record/retain_int.h"
#include "record/totals.h"

#define SECOND_NS	UINT64_C(1000000000)
#define MINUTE_NS	(60 * SECOND_NS)
#define ROUND_NS	(60 * MINUTE_NS)
#define LOOK_NS		(10 * MINUTE_NS)	/* reads the directory */
#define CLOSED_MS	3600000ull	/* after midnight: what belonged to the day is in its file by then */
#define WARN_NS		(24 * 60 * MINUTE_NS)	/* between two warnings of the same */
#define SEAL_AT		512		/* octets in which a line's type stands */
#define NOTE_MAX	160
#define IOPRIO_LOWEST	((2 << 13) | 7)	/* best effort, 7; the idle class would wait for ever on a busy disk */

int
retain_stopped(const struct retain_job *job)
{
	return job->stop != NULL && atomic_load(job->stop) != 0;
}

/* ---- events ---- */

/* The line is in one of the newest two files. */
static int
sync_newest(struct retain_round *r)
{
	struct retain_days days;
	char name[NAME_MAX + 1];
	size_t i, left = 2;
	int fd, rc;

	rc = retain_days(r->dir, r->job->stream, &days);
	for (i = days.count; rc == 0 && i > 0 && left > 0; i--) {
		if (!days.list[i - 1].plain)
			continue;
		left--;
		snprintf(name, sizeof(name), "%s-%s.jsonl", r->job->stream, days.list[i - 1].day);
		if ((fd = openat(r->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
			rc = -1;
		else {
			rc = fdatasync(fd);
			close(fd);
		}
	}
	retain_days_free(&days);
	return rc;
}

int
retain_event(struct retain_round *r, const char *event, const char *const *pairs)
{
	struct buf body;
	int rc = -1;

	buf_init(&body, RECORD_MAX);
	errno = ENOMEM;
	if (record_event(r->job->gateway, r->now_ms, event, pairs, &body) == 0 &&
	    ledger_append(r->job->ledger, body.data, body.len, NULL) == 0)
		rc = sync_newest(r);
	if (rc == -1)
		log_warn("records: %s: event %s is not on record, so nothing is done: %s", r->job->stream, event, strerror(errno));
	buf_free(&body);
	return rc;
}

/* ---- a change of the settings ---- */

static int
note_read(int dir, const char *name, char text[NOTE_MAX])
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	text[0] = '\0';
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	n = read(fd, text, NOTE_MAX - 1);
	close(fd);
	if (n >= 0)
		text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n < 0 ? -1 : 0;
}

static int
note_write(int dir, const char *name, const char *text)
{
	int fd, rc;

	(void)unlinkat(dir, name, 0);
	if ((fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return -1;
	rc = dprintf(fd, "%s\n", text) < 0 ? -1 : 0;
	close(fd);
	return rc;
}

/* When a day will expire follows from its name and these; so what they are is on record from the first day on. */
static int
note_settings(struct retain_round *r)
{
	const struct retain_settings *set = r->job->set;
	char name[NAME_MAX + 1], was[NOTE_MAX], now[NOTE_MAX], keep[40], totals[40];
	const char *pairs[9] = { "keep", keep, "totals_keep", totals, "compress", set->compress ? "true" : "false" };

	snprintf(name, sizeof(name), ".%s.retention", r->job->stream);
	units_time_str(set->keep_ms, keep, sizeof(keep));
	units_time_str(set->totals_keep_ms, totals, sizeof(totals));
	snprintf(now, sizeof(now), "keep=%s totals_keep=%s compress=%s", keep, totals, pairs[5]);
	if (note_read(r->dir, name, was) == -1) {
		log_warn("records: %s/%s: %s", r->job->directory, name, strerror(errno));
		return -1;
	}
	if (strcmp(was, now) == 0)
		return 0;
	if (was[0] != '\0')
		pairs[6] = "was", pairs[7] = was;
	if (retain_event(r, "retention", pairs) == -1)
		return -1;
	if (note_write(r->dir, name, now) == -1) {
		log_warn("records: %s/%s: %s", r->job->directory, name, strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- what may be touched ---- */

static int
has_seal(const struct retain_round *r, const struct retain_day *d)
{
	struct reader *reader;
	struct reader_line line;
	enum reader_got got;
	int found = 0;
	char *path;

	if (asprintf(&path, "%s/%s-%s.jsonl", r->job->directory, r->job->stream, d->day) == -1)
		return 0;
	if (reader_open(path, LEDGER_LINE_MAX, &reader) == 0) {
		while (!found && !retain_stopped(r->job) && ((got = reader_next(reader, &line)) == READER_LINE || got == READER_LONG))
			found = got == READER_LINE &&
			    memmem(line.text, line.len < SEAL_AT ? line.len : SEAL_AT, "\"type\":\"seal", 12) != NULL;
		reader_close(reader);
	}
	free(path);
	return found;
}

/* The ledger goes on with the seq of the newest line and the chain of the newest seal: what is older is free. */
static void
find_free(struct retain_round *r)
{
	size_t i;

	r->free_below = 0;
	for (i = r->days.count; i > 1 && r->free_below == 0; i--)
		if (r->days.list[i - 1].plain_size > 0 && (!r->job->sealed || has_seal(r, &r->days.list[i - 1])))
			r->free_below = i - 1;
}

/* Of a crash: what was not whole. */
static void
remove_leftovers(const struct retain_round *r)
{
	char begin[LEDGER_STREAM_MAX + 4];
	struct dirent *e;
	size_t len;
	int fd;
	DIR *d;

	if ((fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	snprintf(begin, sizeof(begin), ".%s-", r->job->stream);
	while ((e = readdir(d)) != NULL) {
		len = strlen(e->d_name);
		/* ".mail-" begins the names of another stream "mail-x" as well: behind it there is a year */
		if (strncmp(e->d_name, begin, strlen(begin)) == 0 && e->d_name[strlen(begin)] >= '0' &&
		    e->d_name[strlen(begin)] <= '9' && len > sizeof(PACK_NEW) &&
		    strcmp(e->d_name + len - (sizeof(PACK_NEW) - 1), PACK_NEW) == 0)
			(void)unlinkat(r->dir, e->d_name, 0);
	}
	closedir(d);
}

/* ---- compressing ---- */

struct packing {
	const struct retain_round *r;
	const char	*name;
	char		 err[512];
	int		 rc;
};

/* Priority is a thread's on Linux, and cannot be raised again: so it is a thread of its own. */
static void *
pack_thread(void *arg)
{
	struct packing *p = arg;

	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
	(void)syscall(SYS_ioprio_set, 1, 0, IOPRIO_LOWEST);
	p->rc = pack_file(p->r->dir, p->name, p->r->job->stop, p->err, sizeof(p->err));
	return NULL;
}

static int
pack_day(const struct retain_round *r, const char *day)
{
	char name[NAME_MAX + 1];
	struct packing p = { .r = r, .name = name, .rc = -1 };
	pthread_t thread;
	sigset_t all, old;
	int rc;

	snprintf(name, sizeof(name), "%s-%s.jsonl", r->job->stream, day);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, NULL, pack_thread, &p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		snprintf(p.err, sizeof(p.err), "%s: %s", name, strerror(rc));
	else
		pthread_join(thread, NULL);
	if (p.rc == -1)
		log_warn("records: %s/%s is not compressed", r->job->directory, p.err);
	return p.rc == -1 ? -1 : 0;
}

static int
closed(const struct retain_day *d, uint64_t now_ms)
{
	return d->begin_ms + RETAIN_DAY_MS + CLOSED_MS <= now_ms;
}

static int
pack_all(struct retain_round *r)
{
	const struct retain_day *d;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->free_below && !retain_stopped(r->job); i++) {
		d = &r->days.list[i];
		if (d->plain && (d->plain_size > 0 || d->packed) && closed(d, r->now_ms) && pack_day(r, d->day) == -1)
			rc = -1;
	}
	return rc;
}

/* ---- a round ---- */

static int
list(struct retain_round *r)
{
	retain_days_free(&r->days);
	if (retain_days(r->dir, r->job->stream, &r->days) == -1) {
		log_warn("records: %s: %s", r->job->directory, strerror(errno));
		return -1;
	}
	find_free(r);
	return 0;
}

static int
trim(const struct retain_round *r)
{
	uint64_t keep = r->job->set->totals_keep_ms;
	char oldest[RETAIN_DAY_LEN + 1];

	if (keep == 0 || keep >= r->now_ms || retain_day_text(r->now_ms - keep, oldest) == -1 || totals_trim(r->dir, oldest) == 0)
		return 0;
	log_warn("records: %s: totals: %s", r->job->directory, strerror(errno));
	return -1;
}

int
retain_pass(const struct retain_job *job, uint64_t now_ms)
{
	struct retain_round r = { .job = job, .now_ms = now_ms };
	int rc;

	if ((r.dir = open(job->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		log_warn("records: %s: %s", job->directory, strerror(errno));
		return -1;
	}
	remove_leftovers(&r);
	/* A time that is shorter now is on record before anything goes by it. */
	if ((rc = note_settings(&r)) == 0 && (rc = list(&r)) == 0 && !retain_stopped(job)) {
		rc = retain_expire(&r);
		rc |= trim(&r);
		if (job->set->compress && !retain_stopped(job) && (list(&r) == -1 || pack_all(&r) == -1))
			rc = -1;
	}
	retain_days_free(&r.days);
	close(r.dir);
	return rc;
}

/* ---- the keeper ---- */

struct retain {
	struct retain_job	 job;
	struct retain_hooks	 hooks;
	char			*gateway;
	atomic_int		 stop;
	pthread_t		 thread;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 wake;
	/* the thread's own */
	struct retain_look	 look;
	uint64_t		 warned_ns, round_ns, look_ns;	/* when next; 0: now */
};

static void
mind_reserve(struct retain *k)
{
	enum reserve_state was = k->look.reserve;
	const char *why = NULL;

	/* It was whole, and nobody but the ledger takes it. */
	k->look.reserve = reserve_make(k->job.directory, k->job.stream, k->job.set->reserve, &why);
	if (k->look.reserve == RESERVE_LACKING && was != RESERVE_LACKING)
		log_warn("records: %s: there is no reserve for a full disk: %s", k->job.stream, why);
	else if (k->look.reserve == RESERVE_WHOLE && was == RESERVE_LACKING)
		log_info("records: %s: the reserve for a full disk is there again", k->job.stream);
}

static void
mind_disk(struct retain *k, uint64_t now)
{
	if (retain_look(k->job.set, k->job.directory, clock_wall_ms(), &k->look) == -1) {
		log_warn("records: %s: %s", k->job.directory, strerror(errno));
		return;
	}
	if (!k->look.low || now < k->warned_ns)
		return;
	log_warn("records: %s: the disk will be full in %u days at the present rate", k->job.directory, k->look.days_left);
	k->warned_ns = now + WARN_NS;
}

static void
keep(struct retain *k)
{
	uint64_t now = clock_mono_ns(), wall = clock_wall_ms(), ms = k->job.set->keep_ms;

	mind_reserve(k);
	if (now >= k->round_ns) {
		(void)retain_pass(&k->job, wall);
		if (ms > 0 && ms < wall && k->hooks.expired != NULL && !retain_stopped(&k->job))
			k->hooks.expired(k->hooks.arg, wall - ms);
		k->round_ns = now + ROUND_NS;
		k->look_ns = 0;
	}
	if (now >= k->look_ns) {
		mind_disk(k, now);
		k->look_ns = now + LOOK_NS;
	}
	if (k->hooks.told != NULL)
		k->hooks.told(k->hooks.arg, &k->look);
}

static void *
keeper(void *arg)
{
	struct retain *k = arg;
	struct timespec until;
	uint64_t ns;

	while (!retain_stopped(&k->job)) {
		keep(k);
		ns = clock_mono_ns() + MINUTE_NS;
		until.tv_sec = (time_t)(ns / SECOND_NS);
		until.tv_nsec = (long)(ns % SECOND_NS);
		pthread_mutex_lock(&k->mutex);
		while (!retain_stopped(&k->job) && pthread_cond_timedwait(&k->wake, &k->mutex, &until) == 0)
			continue;
		pthread_mutex_unlock(&k->mutex);
	}
	return NULL;
}

int
retain_start(const struct retain_job *job, const struct retain_hooks *hooks, struct retain **out)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	struct retain *k;
	int rc;

	*out = NULL;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return -1;
	k->job = *job;
	k->job.stop = &k->stop;
	if (job->gateway != NULL && (k->gateway = strdup(job->gateway)) == NULL) {
		free(k);
		return -1;
	}
	k->job.gateway = k->gateway;
	if (hooks != NULL)
		k->hooks = *hooks;
	k->look.days_left = RETAIN_FOREVER;
	pthread_mutex_init(&k->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&k->thread, NULL, keeper, k);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		pthread_cond_destroy(&k->wake);
		pthread_mutex_destroy(&k->mutex);
		free(k->gateway);
		free(k);
		errno = rc;
		return -1;
	}
	*out = k;
	return 0;
}

void
retain_stop(struct retain *k)
{
	if (k == NULL)
		return;
	pthread_mutex_lock(&k->mutex);
	atomic_store(&k->stop, 1);
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->mutex);
	pthread_join(k->thread, NULL);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->mutex);
	free(k->gateway);
	free(k);
}
