/* SPDX-License-Identifier: ISC */
/* A records' directory: its days, who may read it, how long its disk lasts. */
/*
 * Called by the keeper of a stream (retain.c), and at a start before its ledger is opened.
 * Opens each file by its name without following links, and changes modes and groups by the
 * descriptor: the directory is its writer's own, yet root may be the caller.
 * It does not look into files.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "record/reader.h"
#include "record/retain_int.h"

#define PLAIN		".jsonl"
#define FILE_MODE	0640
#define RATE_DAYS	7		/* whole ones that the present rate is taken from */
#define HORIZON		3660		/* days; a disk that lasts longer lasts for ever */
#define HOUR_MS		3600000ull

/* ---- days ---- */

int
retain_day_text(uint64_t ms, char day[RETAIN_DAY_LEN + 1])
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &tm) != RETAIN_DAY_LEN)
		return -1;
	memcpy(day, text, RETAIN_DAY_LEN + 1);
	return 0;
}

static uint64_t
day_begin(const char *day)
{
	struct tm tm = { 0 };
	time_t t;

	if (sscanf(day, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm);
	return t > 0 ? (uint64_t)t * 1000 : 0;
}

int
retain_name(const char *name, const char *stream, char day[RETAIN_DAY_LEN + 1], int *packed)
{
	const char *p;
	size_t n;

	if (stream != NULL) {
		n = strlen(stream);
		if (strncmp(name, stream, n) != 0 || name[n] != '-')
			return 0;
		p = name + n + 1;
	} else {
		/* a stream's name may have digits and '-' itself */
		if ((p = strstr(name, PLAIN)) == NULL || p - name < RETAIN_DAY_LEN + 2 || name[0] == '.' ||
		    p[-RETAIN_DAY_LEN - 1] != '-')
			return 0;
		p -= RETAIN_DAY_LEN;
	}
	if (fnmatch("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]" PLAIN "*", p, 0) != 0)
		return 0;
	memcpy(day, p, RETAIN_DAY_LEN);
	day[RETAIN_DAY_LEN] = '\0';
	p += RETAIN_DAY_LEN + sizeof(PLAIN) - 1;
	if (packed != NULL)
		*packed = *p != '\0';
	return *p == '\0' || strcmp(p, READER_COMPRESSED) == 0;
}

static int
add_day(struct retain_days *days, const char *day, int packed, const struct stat *st)
{
	struct retain_day *d, *list;
	size_t i;

	if ((list = reallocarray(days->list, days->count + 1, sizeof(*list))) == NULL)
		return -1;
	days->list = list;
	for (i = days->count; i > 0 && strcmp(list[i - 1].day, day) > 0; i--)
		list[i] = list[i - 1];
	d = &list[i];
	memset(d, 0, sizeof(*d));
	memcpy(d->day, day, sizeof(d->day));
	d->begin_ms = day_begin(day);
	d->plain = !packed;
	d->packed = packed;
	d->plain_size = packed ? 0 : (uint64_t)st->st_size;
	d->on_disk = (uint64_t)st->st_blocks * 512;
	days->count++;
	return 0;
}

/* A day's two files become one; only where they are of one stream. */
static void
join_twins(struct retain_days *days)
{
	struct retain_day *d = days->list;
	size_t i, n = 0;

	for (i = 0; i < days->count; i++)
		if (n > 0 && strcmp(d[n - 1].day, d[i].day) == 0) {
			d[n - 1].plain |= d[i].plain;
			d[n - 1].packed |= d[i].packed;
			d[n - 1].plain_size += d[i].plain_size;
			d[n - 1].on_disk += d[i].on_disk;
		} else
			d[n++] = d[i];
	days->count = n;
}

static DIR *
list_open(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;

	if (d == NULL && fd != -1) {
		saved = errno;
		close(fd);
		errno = saved;
	}
	return d;
}

int
retain_days(int directory, const char *stream, struct retain_days *days)
{
	char day[RETAIN_DAY_LEN + 1];
	struct dirent *e;
	int packed, rc = 0;
	struct stat st;
	DIR *d;

	memset(days, 0, sizeof(*days));
	if ((d = list_open(directory)) == NULL)
		return -1;
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (retain_name(e->d_name, stream, day, &packed) &&
		    fstatat(directory, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			rc = add_day(days, day, packed, &st);
	closedir(d);
	if (rc == 0 && stream != NULL)
		join_twins(days);
	return rc;
}

void
retain_days_free(struct retain_days *days)
{
	free(days->list);
	memset(days, 0, sizeof(*days));
}

/* ---- who may read ---- */

static int
group_find(const char *name, gid_t *gid)
{
	struct group *gr = getgrnam(name);

	if (gr != NULL)
		*gid = gr->gr_gid;
	else if (name[0] != '\0' && name[strspn(name, "0123456789")] == '\0')
		*gid = (gid_t)strtoul(name, NULL, 10);
	else
		return -1;
	return 0;
}

/* The bits of mode that the directory may have. */
static int
check_directory(int fd, const char *path, const gid_t *gid, char *err, size_t errlen)
{
	uid_t self = geteuid();
	mode_t mode, want;
	struct stat st;

	if (fstat(fd, &st) == -1) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (st.st_uid != self && st.st_uid != 0 && self != 0) {
		snprintf(err, errlen, "%s belongs to user %u: who owns it can remove records; want its owner to be user %u", path,
		    (unsigned int)st.st_uid, (unsigned int)self);
		return -1;
	}
	if (gid != NULL && st.st_gid != *gid && fchown(fd, (uid_t)-1, *gid) == -1) {
		snprintf(err, errlen, "%s: giving it to group %u: %s (records.group: hopward's user must be a member)", path,
		    (unsigned int)*gid, strerror(errno));
		return -1;
	}
	mode = st.st_mode & 07777;
	want = (mode & ~(mode_t)0027) | (mode & 0050);
	if (st.st_uid != self && self != 0)
		want |= mode & 0020;		/* root's, and we write by the group */
	if (gid != NULL)
		want |= S_ISGID | 0050;
	if (mode == want)
		return 0;
	if (fchmod(fd, want) == -1) {
		snprintf(err, errlen, "%s has mode %04o: want %04o: %s", path, (unsigned int)mode, (unsigned int)want, strerror(errno));
		return -1;
	}
	log_warn("records: %s had mode %04o: now %04o", path, (unsigned int)mode, (unsigned int)want);
	return 0;
}

/* 1: mended, 0: good, -1 with err. */
static int
check_file(int dir, const char *name, const gid_t *gid, char *err, size_t errlen)
{
	struct stat st;
	int fd, rc = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, errlen, "%s is no file: want it gone from the directory of records", name);
		return -1;
	}
	if ((st.st_mode & 07777 & ~(mode_t)FILE_MODE) == 0 && (gid == NULL || st.st_gid == *gid))
		return 0;
	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1 || fstat(fd, &st) == -1 ||
	    (gid != NULL && st.st_gid != *gid && fchown(fd, (uid_t)-1, *gid) == -1) ||
	    fchmod(fd, (st.st_mode & FILE_MODE) | (gid != NULL ? 0040 : 0)) == -1)
		snprintf(err, errlen, "%s: mode %04o, group %u: %s", name, (unsigned int)(st.st_mode & 07777),
		    (unsigned int)st.st_gid, strerror(errno));
	else
		rc = 1;
	if (fd != -1)
		close(fd);
	return rc == 1 ? 1 : -1;
}

static int
is_ours(const char *name, const char *stream)
{
	char day[RETAIN_DAY_LEN + 1];
	size_t n = strlen(stream);

	return retain_name(name, stream, day, NULL) || fnmatch("totals-[0-9][0-9][0-9][0-9].jsonl", name, 0) == 0 ||
	    (strncmp(name, stream, n) == 0 && fnmatch("-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].seals.jsonl", name + n, 0) == 0);
}

static int
check_files(int fd, const char *directory, const char *stream, const gid_t *gid, char *err, size_t errlen)
{
	unsigned int mended = 0;
	struct dirent *e;
	char why[NAME_MAX + 256];
	int rc = 0, got;
	DIR *d;

	if ((d = list_open(fd)) == NULL) {
		snprintf(err, errlen, "%s: %s", directory, strerror(errno));
		return -1;
	}
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (!is_ours(e->d_name, stream))
			continue;
		if ((got = check_file(fd, e->d_name, gid, why, sizeof(why))) == -1) {
			snprintf(err, errlen, "%s/%s", directory, why);
			rc = -1;
		} else
			mended += (unsigned int)got;
	}
	closedir(d);
	if (mended > 0)
		log_warn("records: %s: mode or group of %u files of \"%s\" was wrong and is mended", directory, mended, stream);
	return rc;
}

int
retain_check(const struct retain_settings *set, const char *directory, const char *stream, char *err, size_t errlen)
{
	gid_t gid = 0, *want = NULL;
	int fd, rc;

	if (set->group != NULL) {
		if (group_find(set->group, &gid) == -1) {
			snprintf(err, errlen, "records.group: no group %s", set->group);
			return -1;
		}
		want = &gid;
	}
	if ((fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		snprintf(err, errlen, "%s: %s", directory, strerror(errno));
		return -1;
	}
	if ((rc = check_directory(fd, directory, want, err, errlen)) == 0)
		rc = check_files(fd, directory, stream, want, err, errlen);
	close(fd);
	return rc;
}

/* ---- how long the disk lasts ---- */

/* What a day takes: the mean of the last whole ones, else today's so far as if it went on so. */
static uint64_t
rate(const struct retain_days *days, uint64_t today_ms, uint64_t now_ms)
{
	uint64_t sum = 0, first = 0, today = 0, span;
	size_t i;

	for (i = 0; i < days->count; i++) {
		if (days->list[i].begin_ms >= today_ms) {
			today += days->list[i].on_disk;
		} else if (days->list[i].begin_ms + RATE_DAYS * RETAIN_DAY_MS >= today_ms) {
			if (first == 0)
				first = days->list[i].begin_ms;
			sum += days->list[i].on_disk;
		}
	}
	if (first != 0)
		return sum / ((today_ms - first) / RETAIN_DAY_MS);
	span = now_ms - today_ms;
	return span < HOUR_MS ? 0 : today * (RETAIN_DAY_MS / 1000) / (span / 1000);
}

/* Day by day: what comes, and what expires. */
static uint32_t
days_left(const struct retain_days *days, const struct retain_look *look, uint64_t keep_ms, uint64_t today_ms)
{
	uint64_t free = look->free, begin;
	uint32_t d;
	size_t i = 0;

	if (look->day_octets == 0)
		return RETAIN_FOREVER;
	for (d = 0; d < HORIZON; d++) {
		if (free < look->day_octets)
			return d;
		free -= look->day_octets;
		begin = today_ms + d * RETAIN_DAY_MS;
		for (; keep_ms > 0 && i < days->count && days->list[i].begin_ms + RETAIN_DAY_MS + keep_ms <= begin; i++)
			free += days->list[i].on_disk;
		/* from then on as much goes as comes */
		if (keep_ms > 0 && d > keep_ms / RETAIN_DAY_MS + 1)
			break;
	}
	return RETAIN_FOREVER;
}

int
retain_look(const struct retain_settings *set, const char *directory, uint64_t now_ms, struct retain_look *look)
{
	uint64_t today_ms = now_ms - now_ms % RETAIN_DAY_MS;
	struct retain_days days = { 0 };
	struct statvfs fs;
	int fd, rc = -1;
	size_t i;

	if ((fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if (fstatvfs(fd, &fs) == -1 || retain_days(fd, NULL, &days) == -1)
		goto out;
	look->free = (uint64_t)fs.f_bavail * fs.f_frsize;
	look->size = (uint64_t)fs.f_blocks * fs.f_frsize;
	look->octets = 0;
	look->days = 0;
	for (i = 0; i < days.count; i++) {
		look->octets += days.list[i].on_disk;
		look->days += i == 0 || strcmp(days.list[i - 1].day, days.list[i].day) != 0;
	}
	look->oldest_ms = days.count > 0 ? days.list[0].begin_ms : 0;
	look->day_octets = rate(&days, today_ms, now_ms);
	look->days_left = days_left(&days, look, set->keep_ms, today_ms);
	look->low = look->days_left < set->warn_ms / RETAIN_DAY_MS;
	rc = 0;
out:
	retain_days_free(&days);
	close(fd);
	return rc;
}
