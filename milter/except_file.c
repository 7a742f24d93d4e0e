/* SPDX-License-Identifier: ISC */
/* The file of exceptions on disk: read whole, replaced whole. */
/*
 * Called by the parent alone, the one writer.  It knows nothing of the lines.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "except_file.h"
#include "judge/exception_text.h"

static int
fail(const char *path, const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s: %s%s", path, what, strerror(errno));
	return -1;
}

int
except_file_read(const char *path, struct buf *out, char *err, size_t errlen)
{
	struct stat	 st;
	char		 block[16384];
	ssize_t		 n = 0;
	int		 fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)) == -1) {
		if (errno == ENOENT)
			return 1;
		if (errno != ELOOP)
			return fail(path, "", err, errlen);
		snprintf(err, errlen, "%s: is a symbolic link, which is not followed", path);
		return -1;
	}
	if (fstat(fd, &st) == -1) {
		fail(path, "", err, errlen);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, errlen, "%s: is no regular file", path);
		goto out;
	}
	while ((n = read(fd, block, sizeof(block))) > 0)
		if (out->len + (size_t)n > EXCEPTION_TEXT_MAX || buf_add(out, block, (size_t)n) == -1) {
			snprintf(err, errlen, "%s: is larger than %u octets", path, EXCEPTION_TEXT_MAX);
			goto out;
		}
	if (n == -1)
		fail(path, "reading: ", err, errlen);
	else
		rc = 0;
out:
	close(fd);
	return rc;
}

/* A name is safe on disk once its directory is. */
static int
sync_directory(const char *path)
{
	char	 copy[PATH_MAX];
	int	 fd, rc;

	snprintf(copy, sizeof(copy), "%s", path);
	if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static int
write_all(int fd, const struct buf *text)
{
	size_t	 at;
	ssize_t	 n;

	for (at = 0; at < text->len; at += (size_t)n)
		if ((n = write(fd, text->data + at, text->len - at)) == -1)
			return -1;
	return 0;
}

int
except_file_write(const char *path, gid_t group, const struct buf *text, char *err, size_t errlen)
{
	struct stat	 st;
	uid_t		 uid = (uid_t)-1;
	mode_t		 mode = 0640;
	char		 fresh[PATH_MAX];
	int		 fd;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return fail(path, "", err, errlen);
	}
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		uid = st.st_uid;
		group = st.st_gid;
		mode = st.st_mode & 0666;
	}
	unlink(fresh);		/* a crash left it */
	if ((fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) == -1)
		return fail(fresh, "", err, errlen);
	/* As an ordinary user it cannot be given away; then it is ours as before. */
	if (fchown(fd, uid, group) == -1 && errno != EPERM)
		goto fail;
	if (fchmod(fd, mode) == -1 || write_all(fd, text) == -1 || fsync(fd) == -1)
		goto fail;
	close(fd);
	if (rename(fresh, path) == -1) {
		fail(path, "", err, errlen);
		unlink(fresh);
		return -1;
	}
	if (sync_directory(path) == -1)
		return fail(path, "its directory: ", err, errlen);
	return 0;
fail:
	fail(fresh, "writing: ", err, errlen);
	close(fd);
	unlink(fresh);
	return -1;
}
