/* SPDX-License-Identifier: ISC */
/* Keys of pseudonyms, one for each period and purpose: made, read, searched through, destroyed. */
/*
 * Called by privacy.c for records, by hopwardctl for searches and by who lets records expire.  A plain digest of an
 * address could be guessed, hence a key; a key for each period, so that its end makes the period's pseudonyms strings
 * without meaning; one for each purpose, so that who has one cannot link a person's two sides.  It knows
 * nothing of the records' own expiry, and folds case for ASCII alone.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/log.h"
#include "record/pseudonym.h"

#define ADDRESS_MAX	2048	/* octets of an address that go in; RFC 5321 allows 254 */
#define PURPOSE_MAX	8
#define SLOTS		4	/* keys in memory: two purposes, around the turn of a period */
#define COMPLAINT_NS	60000000000ull
#define TIME_MAX_MS	253402300799999ull	/* the year 9999 */

struct slot {
	char		period[PSEUDONYM_NAME_MAX];	/* "": free */
	char		purpose[PURPOSE_MAX];
	unsigned char	key[PSEUDONYM_KEY_LEN];
	uint64_t	used;
};

struct pseudonyms {
	char			*directory;
	enum pseudonym_period	 period;
	pthread_mutex_t		 mutex;		/* of all below */
	struct slot		 slots[SLOTS];
	uint64_t		 uses;
	uint64_t		 complained_ns;
};

static const char *const purposes[] = { PSEUDONYM_FROM, PSEUDONYM_TO };
#define PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

/* ---- periods ---- */

static int
period_name(enum pseudonym_period period, uint64_t ms, char out[PSEUDONYM_NAME_MAX])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	if (ms > TIME_MAX_MS || gmtime_r(&t, &tm) == NULL)
		return -1;
	n = period == PSEUDONYM_DAY ? strftime(out, PSEUDONYM_NAME_MAX, "%Y-%m-%d", &tm) :
	    period == PSEUDONYM_MONTH ? strftime(out, PSEUDONYM_NAME_MAX, "%Y-%m", &tm) :
	    period == PSEUDONYM_QUARTER ? strftime(out, PSEUDONYM_NAME_MAX, "%Y-Q#", &tm) :
	    strftime(out, PSEUDONYM_NAME_MAX, "%Y", &tm);
	if (n == 0)
		return -1;
	if (period == PSEUDONYM_QUARTER)
		out[strlen(out) - 1] = (char)('1' + tm.tm_mon / 3);
	return 0;
}

uint64_t
pseudonym_period_ms(enum pseudonym_period period)
{
	static const unsigned int days[] = {
		[PSEUDONYM_DAY] = 1, [PSEUDONYM_MONTH] = 31, [PSEUDONYM_QUARTER] = 92, [PSEUDONYM_YEAR] = 366
	};

	return (period < PSEUDONYM_PERIOD_MAX ? days[period] : 366) * (uint64_t)86400000;
}

static uint64_t
utc_ms(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month, .tm_mday = day };
	time_t t = timegm(&tm);

	return t > 0 ? (uint64_t)t * 1000 : 0;
}

int
pseudonym_period_span(const char *name, uint64_t *begin, uint64_t *end)
{
	char again[PSEUDONYM_NAME_MAX];
	enum pseudonym_period period;
	int year, month = 1, day = 1, n = 0;

	if (sscanf(name, "%4d-%2d-%2d%n", &year, &month, &day, &n) == 3 && name[n] == '\0') {
		period = PSEUDONYM_DAY;
		*end = utc_ms(year, month - 1, day + 1);
	} else if (sscanf(name, "%4d-Q%1d%n", &year, &month, &n) == 2 && name[n] == '\0') {
		period = PSEUDONYM_QUARTER;
		month = 3 * (month - 1) + 1;
		day = 1;
		*end = utc_ms(year, month + 2, 1);
	} else if (sscanf(name, "%4d-%2d%n", &year, &month, &n) == 2 && name[n] == '\0') {
		period = PSEUDONYM_MONTH;
		day = 1;
		*end = utc_ms(year, month, 1);
	} else if (sscanf(name, "%4d%n", &year, &n) == 1 && name[n] == '\0') {
		period = PSEUDONYM_YEAR;
		month = day = 1;
		*end = utc_ms(year + 1, 0, 1);
	} else
		return -1;
	*begin = utc_ms(year, month - 1, day);
	/* what it is called again: no "2026-13", no "2026-2-30" */
	return period_name(period, *begin, again) == 0 && strcmp(again, name) == 0 ? 0 : -1;
}

/* "2026-10-from.key" */
static int
file_name(const char *name, char period[PSEUDONYM_NAME_MAX], const char **purpose)
{
	const char *dash = strrchr(name, '-');
	uint64_t begin, end;
	char want[32];
	size_t i;

	if (dash == NULL || dash == name || (size_t)(dash - name) >= PSEUDONYM_NAME_MAX)
		return -1;
	memcpy(period, name, (size_t)(dash - name));
	period[dash - name] = '\0';
	for (i = 0; i < PURPOSES; i++) {
		snprintf(want, sizeof(want), "%s.key", purposes[i]);
		if (strcmp(dash + 1, want) == 0) {
			*purpose = purposes[i];
			return pseudonym_period_span(period, &begin, &end);
		}
	}
	return -1;
}

static char *
path_of(const char *directory, const char *period, const char *purpose)
{
	char *path;

	return asprintf(&path, "%s/%s-%s.key", directory, period, purpose) == -1 ? NULL : path;
}

/* ---- one key's file ---- */

static int
write_all(int fd, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A name is durable, and gone for good, only with its directory. */
static void
sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
}

/* What root makes belongs to whom the directory belongs: the front must read it. */
static int
give_to_owner(int fd, const char *directory)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) == -1)
		return -1;
	return st.st_uid == 0 ? 0 : fchown(fd, st.st_uid, st.st_gid);
}

/*
 * Made under another name and linked, so that nobody ever reads half a key, and
 * of two who make one at the same time both use the first.
 */
static int
key_make(const char *directory, const char *path)
{
	unsigned char key[PSEUDONYM_KEY_LEN];
	char *tmp = NULL;
	int fd = -1, rc = -1;

	if (asprintf(&tmp, "%s/.new.XXXXXX", directory) == -1)
		return -1;
	if ((fd = mkostemp(tmp, O_CLOEXEC)) == -1)
		goto out;
	if (RAND_bytes(key, sizeof(key)) != 1) {
		errno = EIO;
		goto out;
	}
	if (write_all(fd, key, sizeof(key)) == -1 || fchmod(fd, 0400) == -1 || give_to_owner(fd, directory) == -1 ||
	    fsync(fd) == -1)
		goto out;
	if (link(tmp, path) == -1 && errno != EEXIST)
		goto out;
	rc = 0;
out:
	OPENSSL_cleanse(key, sizeof(key));
	if (fd != -1) {
		int saved = errno;

		unlink(tmp);
		close(fd);
		if (rc == 0)
			sync_directory(directory);
		errno = saved;
	}
	free(tmp);
	return rc;
}

static int
all_zero(const unsigned char *p, size_t n)
{
	unsigned char any = 0;

	while (n-- > 0)
		any |= *p++;
	return any == 0;
}

/* 0, 1: there is no such file, 2: it was destroyed, -1 with err and errno. */
static int
key_read(const char *path, unsigned char key[PSEUDONYM_KEY_LEN], char *err, size_t errlen)
{
	unsigned char buf[PSEUDONYM_KEY_LEN + 1];
	struct stat st;
	ssize_t n = -1;
	int fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)) == -1) {
		if (errno == ENOENT)
			return 1;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		snprintf(err, errlen, "%s: not a regular file", path);
	else if ((st.st_mode & 0077) != 0)
		snprintf(err, errlen, "%s: mode is %04o, want 0400: who reads the key reads through pseudonyms", path,
		    (unsigned int)(st.st_mode & 07777));
	else if ((n = read(fd, buf, sizeof(buf))) != PSEUDONYM_KEY_LEN)
		snprintf(err, errlen, "%s: got %s%zd octets, want %d", path, n > PSEUDONYM_KEY_LEN ? "more than " : "",
		    n > PSEUDONYM_KEY_LEN ? (ssize_t)PSEUDONYM_KEY_LEN : n, PSEUDONYM_KEY_LEN);
	else {
		memcpy(key, buf, PSEUDONYM_KEY_LEN);
		rc = all_zero(key, PSEUDONYM_KEY_LEN) ? 2 : 0;
	}
	OPENSSL_cleanse(buf, sizeof(buf));
	close(fd);
	errno = EINVAL;
	return rc;
}

static int
key_have(const char *directory, const char *period, const char *purpose, unsigned char key[PSEUDONYM_KEY_LEN],
    char *err, size_t errlen)
{
	char *path = path_of(directory, period, purpose);
	int rc;

	if (path == NULL) {
		snprintf(err, errlen, "no memory");
		return -1;
	}
	if ((rc = key_read(path, key, err, errlen)) == 1) {
		if (key_make(directory, path) == -1) {
			snprintf(err, errlen, "%s: cannot make the key: %s", path, strerror(errno));
			rc = -1;
		} else if ((rc = key_read(path, key, err, errlen)) == 1)
			snprintf(err, errlen, "%s: gone after it was made", path);
	}
	if (rc == 2)
		snprintf(err, errlen, "%s: was destroyed: the period is over", path);
	free(path);
	return rc == 0 ? 0 : -1;
}

/* ---- the keys in use ---- */

static int
directory_ready(const char *directory, char *err, size_t errlen)
{
	char *parent = NULL, *slash;
	struct stat st;
	int fd = -1, rc = -1, made = mkdir(directory, 0700) == 0;

	if (!made && errno != EEXIST) {
		snprintf(err, errlen, "%s: cannot make the directory of keys: %s", directory, strerror(errno));
		return -1;
	}
	if (stat(directory, &st) == -1)
		snprintf(err, errlen, "%s: %s", directory, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		snprintf(err, errlen, "%s: not a directory", directory);
	else if (!made && (st.st_mode & 0077) != 0)
		snprintf(err, errlen, "%s: mode is %04o, want 0700: who reads the keys reads through pseudonyms", directory,
		    (unsigned int)(st.st_mode & 07777));
	else
		rc = 0;
	if (rc == -1 || !made)
		return rc;
	/* not what umask made of it; and root's making it for the front must not keep the front out */
	if ((parent = strdup(directory)) != NULL && (slash = strrchr(parent, '/')) != NULL && slash != parent) {
		*slash = '\0';
		if ((fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 || fchmod(fd, 0700) == -1 ||
		    give_to_owner(fd, parent) == -1) {
			snprintf(err, errlen, "%s: %s", directory, strerror(errno));
			rc = -1;
		}
		sync_directory(parent);
	}
	if (fd != -1)
		close(fd);
	free(parent);
	return rc;
}

int
pseudonyms_open(const struct pseudonym_settings *settings, struct pseudonyms **out, char *err, size_t errlen)
{
	unsigned char key[PSEUDONYM_KEY_LEN];
	char period[PSEUDONYM_NAME_MAX];
	struct pseudonyms *p;
	int rc = 0;
	size_t i;

	*out = NULL;
	if (settings == NULL || settings->directory == NULL || *settings->directory == '\0') {
		snprintf(err, errlen, "pseudonyms need a directory of keys");
		return -1;
	}
	if (directory_ready(settings->directory, err, errlen) == -1)
		return -1;
	/* What is wrong with the keys shows at the start, not with the first mail. */
	if (period_name(settings->period, clock_wall_ms(), period) == -1) {
		snprintf(err, errlen, "the clock has no year of four digits");
		return -1;
	}
	for (i = 0; rc == 0 && i < PURPOSES; i++)
		rc = key_have(settings->directory, period, purposes[i], key, err, errlen);
	OPENSSL_cleanse(key, sizeof(key));
	if (rc == -1)
		return -1;
	if ((p = calloc(1, sizeof(*p))) == NULL || (p->directory = strdup(settings->directory)) == NULL) {
		snprintf(err, errlen, "no memory");
		free(p);
		return -1;
	}
	p->period = settings->period;
	pthread_mutex_init(&p->mutex, NULL);
	*out = p;
	return 0;
}

void
pseudonyms_free(struct pseudonyms *p)
{
	if (p == NULL)
		return;
	pthread_mutex_destroy(&p->mutex);
	free(p->directory);
	OPENSSL_cleanse(p, sizeof(*p));
	free(p);
}

/* The key, in a slot; NULL where it cannot be had.  Under the mutex. */
static const struct slot *
slot_of(struct pseudonyms *p, const char *period, const char *purpose)
{
	struct slot *s, *oldest = &p->slots[0];
	char err[512] = "";
	uint64_t now;

	for (s = p->slots; s < p->slots + SLOTS; s++) {
		if (strcmp(s->period, period) == 0 && strcmp(s->purpose, purpose) == 0) {
			s->used = ++p->uses;
			return s;
		}
		if (s->used < oldest->used)
			oldest = s;
	}
	s = oldest;
	OPENSSL_cleanse(s, sizeof(*s));
	if (key_have(p->directory, period, purpose, s->key, err, sizeof(err)) == -1) {
		now = clock_mono_ns();
		if (p->complained_ns == 0 || now - p->complained_ns >= COMPLAINT_NS) {
			log_warn("records: local parts are left out: %s", err);
			p->complained_ns = now;
		}
		return NULL;
	}
	snprintf(s->period, sizeof(s->period), "%s", period);
	snprintf(s->purpose, sizeof(s->purpose), "%s", purpose);
	s->used = ++p->uses;
	return s;
}

/* ---- pseudonyms ---- */

static char *
fold(char *to, const char *from, size_t len)
{
	for (; len > 0; len--, from++)
		*to++ = *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
	return to;
}

/* "p:" and hexadecimal digits.  Of an address that is too long, the domain and the beginning of the local part count. */
static const char *
digest(const unsigned char key[PSEUDONYM_KEY_LEN], const char *purpose, const char *address, char out[PSEUDONYM_TEXT])
{
	const char *at = strrchr(address, '@'), *domain = at == NULL ? "" : at + 1;
	size_t local = at == NULL ? strlen(address) : (size_t)(at - address), tail = strlen(domain), i;
	unsigned char mac[EVP_MAX_MD_SIZE];
	char text[PURPOSE_MAX + ADDRESS_MAX + 2], *p;
	unsigned int len = 0;

	if (tail > 255)
		tail = 255;
	if (tail > 1 && domain[tail - 1] == '.' && domain[tail] == '\0')
		tail--;		/* "example.org." is the same domain */
	if (local > ADDRESS_MAX - 256)
		local = ADDRESS_MAX - 256;
	p = fold(text, purpose, strlen(purpose));
	*p++ = '\0';
	p = fold(p, address, local);
	*p++ = '@';
	p = fold(p, domain, tail);
	if (HMAC(EVP_sha256(), key, PSEUDONYM_KEY_LEN, (const unsigned char *)text, (size_t)(p - text), mac, &len) == NULL ||
	    len < PSEUDONYM_LEN)
		return NULL;
	memcpy(out, "p:", 3);
	for (i = 0; i < PSEUDONYM_LEN; i++)
		snprintf(out + 2 + 2 * i, 3, "%02x", mac[i]);
	OPENSSL_cleanse(text, sizeof(text));
	return out;
}

const char *
pseudonym_of(struct pseudonyms *p, const char *purpose, uint64_t time_ms, const char *address, char *out, size_t size)
{
	char period[PSEUDONYM_NAME_MAX];
	unsigned char key[PSEUDONYM_KEY_LEN];
	const struct slot *slot;

	if (size < PSEUDONYM_TEXT || strlen(purpose) >= PURPOSE_MAX || period_name(p->period, time_ms, period) == -1)
		return NULL;
	pthread_mutex_lock(&p->mutex);
	if ((slot = slot_of(p, period, purpose)) != NULL)
		memcpy(key, slot->key, sizeof(key));
	pthread_mutex_unlock(&p->mutex);
	if (slot == NULL)
		return NULL;
	out = (char *)(uintptr_t)digest(key, purpose, address, out);
	OPENSSL_cleanse(key, sizeof(key));
	return out;
}

/* ---- all keys ---- */

static int
oldest_first(const void *a, const void *b)
{
	const struct pseudonym_alias *x = a, *y = b;

	return x->begin_ms < y->begin_ms ? -1 : x->begin_ms > y->begin_ms;
}

static int
alias_add(const char *directory, const char *name, const char *purpose, const char *address,
    struct pseudonym_alias **list, size_t *count, char *err, size_t errlen)
{
	unsigned char key[PSEUDONYM_KEY_LEN];
	struct pseudonym_alias *bigger, *a;
	char period[PSEUDONYM_NAME_MAX], *path;
	const char *of;
	int rc;

	if (file_name(name, period, &of) == -1 || strcmp(of, purpose) != 0)
		return 0;
	if ((path = path_of(directory, period, purpose)) == NULL ||
	    (bigger = realloc(*list, (*count + 1) * sizeof(**list))) == NULL) {
		snprintf(err, errlen, "no memory");
		free(path);
		return -1;
	}
	*list = bigger;
	a = &bigger[*count];
	if ((rc = key_read(path, key, err, errlen)) == 0) {
		snprintf(a->period, sizeof(a->period), "%s", period);
		(void)pseudonym_period_span(period, &a->begin_ms, &a->end_ms);
		*count += digest(key, purpose, address, a->text) != NULL;
	}
	OPENSSL_cleanse(key, sizeof(key));
	free(path);
	return rc == -1 ? -1 : 0;
}

int
pseudonyms_search(const char *directory, const char *purpose, const char *address, struct pseudonym_alias **list,
    size_t *count, char *err, size_t errlen)
{
	struct dirent *e;
	int rc = 0;
	DIR *dir;

	*list = NULL;
	*count = 0;
	if ((dir = opendir(directory)) == NULL) {
		if (errno == ENOENT)
			return 0;
		snprintf(err, errlen, "%s: %s", directory, strerror(errno));
		return -1;
	}
	while (rc == 0 && (e = readdir(dir)) != NULL)
		rc = alias_add(directory, e->d_name, purpose, address, list, count, err, errlen);
	closedir(dir);
	if (rc == -1) {
		free(*list);
		*list = NULL;
		*count = 0;
	} else if (*count > 0)
		qsort(*list, *count, sizeof(**list), oldest_first);
	return rc;
}

/* Overwritten where it lies; who destroys owns it, and so may write after all. */
static int
key_overwrite(const char *path)
{
	static const unsigned char zero[PSEUDONYM_KEY_LEN];
	int fd, rc, saved;

	if (chmod(path, 0600) == -1 || (fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return -1;
	rc = write_all(fd, zero, sizeof(zero)) == -1 || ftruncate(fd, sizeof(zero)) == -1 || fsync(fd) == -1 ? -1 : 0;
	saved = errno;
	(void)fchmod(fd, 0400);
	close(fd);
	errno = saved;
	return rc;
}

int
pseudonyms_expire(const char *directory, uint64_t before_ms,
    int (*destroyed)(void *arg, const char *period, const char *purpose), void *arg, char *err, size_t errlen)
{
	char period[PSEUDONYM_NAME_MAX], *path;
	const char *purpose;
	uint64_t begin, end;
	struct dirent *e;
	int count = 0, failed = 0;
	DIR *dir;

	if ((dir = opendir(directory)) == NULL) {
		if (errno == ENOENT)
			return 0;
		snprintf(err, errlen, "%s: %s", directory, strerror(errno));
		return -1;
	}
	while ((e = readdir(dir)) != NULL) {
		if (file_name(e->d_name, period, &purpose) == -1 || pseudonym_period_span(period, &begin, &end) == -1 ||
		    end > before_ms || (path = path_of(directory, period, purpose)) == NULL)
			continue;
		if (key_overwrite(path) == -1) {
			if (failed++ == 0)
				snprintf(err, errlen, "%s: cannot destroy the key: %s", path, strerror(errno));
		} else if (destroyed(arg, period, purpose) != 0) {
			if (failed++ == 0)
				snprintf(err, errlen, "%s: destroyed, and not on record yet", path);
		} else if (unlink(path) == -1 && errno != ENOENT) {
			if (failed++ == 0)
				snprintf(err, errlen, "%s: %s", path, strerror(errno));
		} else
			count++;
		free(path);
	}
	closedir(dir);
	if (count > 0)
		sync_directory(directory);
	return failed > 0 ? -1 : count;
}
