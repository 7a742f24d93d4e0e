/* SPDX-License-Identifier: ISC */
/* Lets the days of a stream go whose time is over: what stays of them, the event, and only then the deletion. */
/*
 * Called by retain.c in each round.  Seals and totals are written first, then the event "expire",
 * then the day's files are unlinked: after a crash in between the next round does
 * the same again, and the record says so twice.  A day that cannot be read whole goes all the same, since the
 * law's time is over, and the event says how many were damaged.
 * Limits: RETAIN_DAYS_PER_PASS, RANGES_MAX.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "record/pack.h"
#include "record/reader.h"
#include "record/record.h"
#include "record/retain_int.h"
#include "record/totals.h"

#define RANGES_LINE	10		/* of seq in one value of the event: each has 41 octets at most, a value 512 */
#define RANGES_VALUES	24		/* such values */
#define RANGES_MAX	(RANGES_LINE * RANGES_VALUES)	/* whole streams have one */
#define VALUE_MAX	RECORD_STRING_MAX

struct range {
	uint64_t	 first, last;
};

struct expiry {
	struct retain_round *r;
	const struct retain_day *days[RETAIN_DAYS_PER_PASS];
	size_t		 count;
	uint64_t	 lines, seals, damaged;
	struct range	 ranges[RANGES_MAX];
	size_t		 ranges_count;
	int		 seals_fd;	/* of the day that is read; -1: none yet */
	char		 name[NAME_MAX + 1], fresh[NAME_MAX + 1];	/* of its seals, and while they are written */
};

/* ---- one day ---- */

static void
add_seq(struct expiry *x, uint64_t seq)
{
	struct range *last = x->ranges_count > 0 ? &x->ranges[x->ranges_count - 1] : NULL;

	if (seq == 0)
		return;
	if (last != NULL && seq == last->last + 1)
		last->last = seq;
	else if (x->ranges_count < RANGES_MAX)
		x->ranges[x->ranges_count++] = (struct range){ seq, seq };
	else if (seq > last->last)
		last->last = seq;	/* so torn a stream has more wrong with it than what this hides */
}

static int
keep_seal(struct expiry *x, const struct reader_line *line)
{
	const char *parts[2] = { line->text, "\n" };
	size_t left[2] = { line->len, 1 };
	ssize_t n;
	int i;

	if (x->seals_fd == -1) {
		(void)unlinkat(x->r->dir, x->fresh, 0);
		x->seals_fd = openat(x->r->dir, x->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
		if (x->seals_fd == -1 || fchmod(x->seals_fd, 0640) == -1)
			return -1;
	}
	for (i = 0; i < 2; i++)
		for (; left[i] > 0; parts[i] += n, left[i] -= (size_t)n)
			if ((n = write(x->seals_fd, parts[i], left[i])) == -1) {
				if (errno != EINTR)
					return -1;
				n = 0;
			}
	x->seals++;
	return 0;
}

/* 0, 1 stopped, -1 with errno. */
static int
read_day(struct expiry *x, struct reader *reader, struct totals *t)
{
	struct reader_line line;
	enum reader_got got;
	uint64_t seq;

	while ((got = reader_next(reader, &line)) == READER_LINE || got == READER_LONG) {
		if (retain_stopped(x->r->job))
			return 1;
		if (got == READER_LONG) {
			t->lines++;
			t->others++;
			continue;
		}
		if (totals_add(t, line.text, line.len, &seq) == TOTALS_SEAL && keep_seal(x, &line) == -1)
			return -1;
		add_seq(x, seq);
	}
	x->damaged += got == READER_BAD;
	x->lines += t->lines;
	return 0;
}

static int
end_seals(struct expiry *x)
{
	int rc = 0;

	if (x->seals_fd == -1)
		return 0;
	if (fsync(x->seals_fd) == -1 || renameat(x->r->dir, x->fresh, x->r->dir, x->name) == -1)
		rc = -1;
	close(x->seals_fd);
	x->seals_fd = -1;
	return rc;
}

static int
put_totals(struct expiry *x, const struct totals *t, const char *day)
{
	uint64_t keep = x->r->job->set->totals_keep_ms;
	char oldest[RETAIN_DAY_LEN + 1] = "0000-00-00";
	struct buf line;
	int rc = -1;

	if (keep > 0 && keep < x->r->now_ms)
		(void)retain_day_text(x->r->now_ms - keep, oldest);
	buf_init(&line, 4 * 1024 * 1024);
	if (totals_line(t, x->r->job->stream, day, &line) == 0)
		rc = totals_put(x->r->dir, x->r->job->stream, day, &line, oldest);
	else
		errno = ENOMEM;
	buf_free(&line);
	return rc;
}

/* What stays of a day is written.  0, 1 stopped, -1 after log_warn(). */
static int
day_prepare(struct expiry *x, const struct retain_day *d)
{
	const struct retain_job *job = x->r->job;
	struct reader *reader = NULL;
	struct totals t = { 0 };
	char *path;
	int rc = -1;

	snprintf(x->name, sizeof(x->name), "%s-%s.seals.jsonl", job->stream, d->day);
	snprintf(x->fresh, sizeof(x->fresh), ".%s-%s.seals.jsonl" PACK_NEW, job->stream, d->day);
	if (asprintf(&path, "%s/%s-%s.jsonl%s", job->directory, job->stream, d->day, d->plain ? "" : READER_COMPRESSED) == -1)
		return -1;
	if (reader_open(path, LEDGER_LINE_MAX, &reader) == 0 && (rc = read_day(x, reader, &t)) == 0 &&
	    (end_seals(x) == -1 || put_totals(x, &t, d->day) == -1))
		rc = -1;
	if (rc == -1)
		log_warn("records: %s: %s cannot expire: %s", job->stream, d->day, strerror(errno));
	if (x->seals_fd != -1) {
		close(x->seals_fd);
		x->seals_fd = -1;
		(void)unlinkat(x->r->dir, x->fresh, 0);
	}
	reader_close(reader);
	totals_free(&t);
	free(path);
	return rc;
}

/* ---- the event ---- */

static void
ranges_text(const struct expiry *x, size_t from, char out[VALUE_MAX])
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = from; i < x->ranges_count && i < from + RANGES_LINE; i++)
		n += (size_t)snprintf(out + n, VALUE_MAX - n, "%s%" PRIu64 "-%" PRIu64, i > from ? "," : "", x->ranges[i].first,
		    x->ranges[i].last);
}

static int
event(struct expiry *x)
{
	char days[24], lines[24], seals[24], damaged[24], keep[40], names[RANGES_VALUES][16], (*values)[VALUE_MAX];
	const char *pairs[2 * (7 + RANGES_VALUES) + 1] = { NULL };
	size_t i, n = 0;
	int rc;

	if ((values = calloc(RANGES_VALUES, sizeof(*values))) == NULL)
		return -1;
	snprintf(days, sizeof(days), "%zu", x->count);
	snprintf(lines, sizeof(lines), "%" PRIu64, x->lines);
	snprintf(seals, sizeof(seals), "%" PRIu64, x->seals);
	snprintf(damaged, sizeof(damaged), "%" PRIu64, x->damaged);
	units_time_str(x->r->job->set->keep_ms, keep, sizeof(keep));
	pairs[n++] = "from", pairs[n++] = x->days[0]->day;
	pairs[n++] = "to", pairs[n++] = x->days[x->count - 1]->day;
	pairs[n++] = "days", pairs[n++] = days;
	pairs[n++] = "lines", pairs[n++] = lines;
	pairs[n++] = "seals_kept", pairs[n++] = seals;
	pairs[n++] = "keep", pairs[n++] = keep;
	if (x->damaged > 0)
		pairs[n++] = "damaged", pairs[n++] = damaged;
	for (i = 0; i * RANGES_LINE < x->ranges_count; i++) {
		snprintf(names[i], sizeof(names[i]), i == 0 ? "seq" : "seq%zu", i + 1);
		ranges_text(x, i * RANGES_LINE, values[i]);
		pairs[n++] = names[i], pairs[n++] = values[i];
	}
	rc = retain_event(x->r, "expire", pairs);
	free(values);
	return rc;
}

static int
unlink_day(struct expiry *x, const char *day, const char *end)
{
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s-%s.jsonl%s", x->r->job->stream, day, end);
	if (unlinkat(x->r->dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	log_warn("records: %s/%s: cannot be removed though its time is over: %s", x->r->job->directory, name, strerror(errno));
	return -1;
}

/* day_prepare(), and of a day that does not go nothing is named. */
static int
day_take(struct expiry *x, const struct retain_day *d)
{
	struct range last = x->ranges_count > 0 ? x->ranges[x->ranges_count - 1] : (struct range){ 0, 0 };
	size_t ranges = x->ranges_count;
	uint64_t seals = x->seals;
	int rc;

	if ((rc = day_prepare(x, d)) == 0)
		return 0;
	x->seals = seals;
	x->ranges_count = ranges;
	if (ranges > 0)
		x->ranges[ranges - 1] = last;
	return rc;
}

static int
unlink_days(struct expiry *x)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < x->count; i++)
		if (unlink_day(x, x->days[i]->day, "") == -1 || unlink_day(x, x->days[i]->day, READER_COMPRESSED) == -1)
			rc = -1;
	(void)fsync(x->r->dir);
	log_info("records: %s: %zu days from %s to %s expired", x->r->job->stream, x->count, x->days[0]->day,
	    x->days[x->count - 1]->day);
	return rc;
}

int
retain_expire(struct retain_round *r)
{
	uint64_t keep = r->job->set->keep_ms;
	const struct retain_day *d;
	struct expiry *x;
	size_t i;
	int rc = 0;

	if (keep == 0 || (x = calloc(1, sizeof(*x))) == NULL)
		return 0;
	x->r = r;
	x->seals_fd = -1;
	for (i = 0; rc == 0 && i < r->free_below && x->count < RETAIN_DAYS_PER_PASS; i++) {
		d = &r->days.list[i];
		if (d->begin_ms + RETAIN_DAY_MS + keep > r->now_ms)
			break;
		if ((rc = day_take(x, d)) == 0)
			x->days[x->count++] = d;
	}
	/* one that fails does not keep those before it */
	if (x->count > 0 && rc != 1 && (event(x) == -1 || unlink_days(x) == -1))
		rc = -1;
	free(x);
	return rc == 1 ? 0 : rc;
}
