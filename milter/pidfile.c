/* SPDX-License-Identifier: ISC */
/* The file with the parent's process id. */
/*
 * Written by root, so nothing is touched that does not look like a pid file:
 * no link is followed, and a file with other content stays as it is.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pidfile.h"

#define CONTENT_MAX	24	/* a number and a line feed */

/* A descriptor of it, its content in text; or -1 with err. */
static int
pidfile_open(const char *path, int flags, char text[CONTENT_MAX], char *err, size_t errlen)
{
	struct stat	st;
	ssize_t		n;
	int		fd;

	if ((fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0644)) == -1) {
		snprintf(err, errlen, "pid_file: %s: %s", path, strerror(errno));
		return -1;
	}
	n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 ? read(fd, text, CONTENT_MAX) : -1;
	if (n >= 0 && n < CONTENT_MAX) {
		text[n] = '\0';
		if (text[strspn(text, "0123456789\n")] == '\0' && strlen(text) == (size_t)n)
			return fd;
	}
	snprintf(err, errlen, "pid_file: %s is there and is no pid file: it is left alone", path);
	close(fd);
	errno = EEXIST;
	return -1;
}

int
pidfile_check(const char *path, char *err, size_t errlen)
{
	char	text[CONTENT_MAX];
	int	fd = pidfile_open(path, 0, text, err, errlen);

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	close(fd);
	return 0;
}

int
pidfile_write(const char *path, char *err, size_t errlen)
{
	char	text[CONTENT_MAX];
	int	fd = pidfile_open(path, O_CREAT, text, err, errlen);

	if (fd == -1)
		return -1;
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		snprintf(err, errlen, "pid_file: %s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

void
pidfile_remove(const char *path)
{
	char	text[CONTENT_MAX], err[512];
	int	fd = pidfile_open(path, 0, text, err, sizeof(err));

	if (fd == -1)
		return;
	close(fd);
	if (strtol(text, NULL, 10) == (long)getpid())
		unlink(path);
}
