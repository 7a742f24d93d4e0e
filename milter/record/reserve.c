/* SPDX-License-Identifier: ISC */
/* Room on the records' disk that is taken beforehand, for the moment when there is no other. */
/*
 * The ledger gives it up (reserve_release) when a write finds the disk full, so that what is in flight
 * can still be recorded; the keeper of the stream (retain.c) makes it again when there is room.
 * A file of NULs that has its blocks: on a file system that cannot promise blocks (btrfs, or one
 * that compresses) it is worth less.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "record/reserve.h"

static int
path_of(const char *directory, const char *stream, char **path)
{
	return asprintf(path, "%s/.%s.reserve", directory, stream) == -1 ? -1 : 0;
}

static enum reserve_state
make(const char *directory, const char *path, uint64_t size, const char **why)
{
	struct statvfs fs;
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size &&
	    (uint64_t)st.st_blocks * 512 >= size)
		return RESERVE_WHOLE;
	if (statvfs(directory, &fs) == -1) {
		*why = strerror(errno);
		return RESERVE_LACKING;
	}
	/* It must not take what mail could be recorded in. */
	if ((uint64_t)fs.f_bavail * fs.f_frsize / 3 < size) {
		*why = "the disk has no room for it";
		return RESERVE_LACKING;
	}
	(void)unlink(path);
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1) {
		*why = strerror(errno);
		return RESERVE_LACKING;
	}
	if ((rc = posix_fallocate(fd, 0, (off_t)size)) != 0) {
		*why = strerror(rc);
		(void)unlink(path);
	}
	close(fd);
	return rc == 0 ? RESERVE_WHOLE : RESERVE_LACKING;
}

enum reserve_state
reserve_make(const char *directory, const char *stream, uint64_t size, const char **why)
{
	enum reserve_state state = RESERVE_OFF;
	char *path;

	*why = NULL;
	if (path_of(directory, stream, &path) == -1) {
		*why = "no memory";
		return size > 0 ? RESERVE_LACKING : RESERVE_OFF;
	}
	if (size == 0)
		(void)unlink(path);
	else
		state = make(directory, path, size, why);
	free(path);
	return state;
}

int
reserve_release(const char *directory, const char *stream)
{
	int saved = errno, given = 0;
	char *path;

	if (path_of(directory, stream, &path) == 0) {
		given = unlink(path) == 0;
		free(path);
	}
	if (given)
		log_error("records: %s: the disk is full: the reserve is given up for what is in flight", stream);
	errno = saved;
	return given;
}
