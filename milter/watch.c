/* SPDX-License-Identifier: ISC */
/* Notices that a signature directory has changed and all have come to rest. */
/*
 * For the parent's loop.  inotify(7) tells soon, a look at names, sizes and
 * times now and then tells for sure (network file systems, a directory that
 * was replaced).  Whether the files load is the scanner's to say.
 */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "watch.h"

#define FNV_BASIS	14695981039346656037ULL
#define FNV_PRIME	1099511628211ULL

static uint64_t
fnv(uint64_t h, const void *data, size_t len)
{
	const unsigned char	*p = data;
	size_t			 i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * FNV_PRIME;
	return h;
}

/* The same for the same files in any order; directories, dot files and freshclam's temporary ones do not count. */
static uint64_t
fingerprint(const char *dir)
{
	struct dirent	*de;
	struct stat	 st;
	uint64_t	 h, sum = 0;
	DIR		*d;

	if ((d = opendir(dir)) == NULL)
		return 0;
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || strncmp(de->d_name, "tmp", 3) == 0)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, 0) == -1 || !S_ISREG(st.st_mode))
			continue;
		h = fnv(FNV_BASIS, de->d_name, strlen(de->d_name));
		h = fnv(h, &st.st_size, sizeof(st.st_size));
		h = fnv(h, &st.st_mtim, sizeof(st.st_mtim));
		h = fnv(h, &st.st_ino, sizeof(st.st_ino));
		h = fnv(h, &st.st_ctim, sizeof(st.st_ctim));	/* rights too */
		sum += h;
	}
	closedir(d);
	return sum;
}

/* The next directory of the list; *list moves on.  0 at the end. */
static int
next_dir(const char **list, char *dir, size_t size)
{
	size_t	len;

	if (*list == NULL || **list == '\0')
		return 0;
	len = strcspn(*list, ",");
	snprintf(dir, size, "%.*s", (int)len, *list);
	*list += len + ((*list)[len] == ',');
	return 1;
}

/* In any order, but each for itself: a file that moves from one to another is a change. */
static uint64_t
fingerprints(const struct watch *w)
{
	const char	*list = w->more;
	char		 dir[PATH_MAX];
	uint64_t	 sum = fingerprint(w->dir), one;

	while (next_dir(&list, dir, sizeof(dir))) {
		one = fingerprint(dir);
		sum += fnv(fnv(FNV_BASIS, dir, strlen(dir)), &one, sizeof(one));
	}
	return sum;
}

static void
add(struct watch *w, const char *dir)
{
	/* One that cannot be watched is looked at from time to time only. */
	(void)inotify_add_watch(w->fd, dir,
	    IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
}

static void
schedule(struct watch *w, uint64_t now)
{
	w->due_ns = w->check_ns != 0 ? now + w->check_ns : 0;
}

void
watch_open(struct watch *w, const char *dir, const char *more, uint64_t check_ms)
{
	char	one[PATH_MAX];

	memset(w, 0, sizeof(*w));
	w->fd = -1;
	w->dir = dir;
	w->more = more;
	if (dir == NULL)
		return;
	w->check_ns = check_ms * 1000000ULL;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd != -1) {
		add(w, dir);
		while (next_dir(&more, one, sizeof(one)))
			add(w, one);
	}
	watch_mark(w);
}

void
watch_close(struct watch *w)
{
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	w->due_ns = 0;
}

void
watch_mark(struct watch *w)
{
	if (w->dir == NULL)
		return;
	w->seen = fingerprints(w);
	schedule(w, clock_mono_ns());
}

void
watch_event(struct watch *w)
{
	char	events[4096];

	while (read(w->fd, events, sizeof(events)) > 0)
		continue;
	w->due_ns = clock_mono_ns() + WATCH_SETTLE_NS;
}

int
watch_due(struct watch *w, uint64_t now_ns)
{
	if (w->due_ns == 0 || now_ns < w->due_ns)
		return 0;
	schedule(w, now_ns);
	return fingerprints(w) != w->seen;
}
