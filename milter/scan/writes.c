/* SPDX-License-Identifier: ISC */
/* The C library's opening and writing calls once more, remembering each one that fails. */
/*
 * libclamav calls a message clean when its temporary directory is full or
 * missing: it logs at most a warning, and for what stdio still holds not even
 * that.  These definitions stand in front of the C library's (the linker gives
 * the executable's symbols to all libraries), pass every call on, and while a
 * scan is watched remember the first failure that concerns the scratch
 * directory or any descriptor but the standard ones.  engine.c turns that into
 * "not scanned".  What it does not see: writes through a mapping (libclamav
 * 1.4 makes none) and calls that the C library makes inside itself; fclose()
 * asks the stream for those.
 */
/* The fortified inline versions would clash with what is defined here. */
#undef _FORTIFY_SOURCE
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/writes.h"

/* The state of this process' one scan; interposed functions have no argument to carry it. */
static struct {
	char		 scratch[4096];	/* longer than any path that can be opened */
	size_t		 scratch_len;
	const char	*call;
	int		 error;
	int		 on;
} watch;

void
writes_scratch(const char *dir)
{
	size_t	len = strlen(dir);

	if (len >= sizeof(watch.scratch))
		len = 0;
	memcpy(watch.scratch, dir, len);
	watch.scratch[len] = '\0';
	watch.scratch_len = len;
}

void
writes_watch(void)
{
	watch.error = 0;
	watch.call = NULL;
	watch.on = 1;
}

int
writes_unwatch(const char **call)
{
	watch.on = 0;
	*call = watch.call != NULL ? watch.call : "";
	return watch.error;
}

static void
failed(const char *call, int error)
{
	if (!watch.on || watch.error != 0)
		return;
	watch.call = call;
	watch.error = error != 0 ? error : EIO;
}

static int
in_scratch(const char *path)
{
	return watch.scratch_len > 0 && strncmp(path, watch.scratch, watch.scratch_len) == 0 &&
	    (path[watch.scratch_len] == '/' || path[watch.scratch_len] == '\0');
}

/*
 * A file that cannot be made counts anywhere.  One that cannot be read counts
 * in scratch only, and not if it is not there: libclamav looks for files that
 * its unpackers may have made, and had one failed to make it, that was seen.
 */
static void
path_failed(const char *call, const char *path, int makes)
{
	int	error = errno;

	if (makes || (in_scratch(path) && error != ENOENT) || error == EMFILE || error == ENFILE)
		failed(call, error);
	errno = error;
}

static void
fd_failed(const char *call, int fd)
{
	int	error = errno;

	if (fd > STDERR_FILENO && error != EINTR && error != EAGAIN)
		failed(call, error);
	errno = error;
}

static void
stream_failed(const char *call, FILE *f)
{
	if (f != stdout && f != stderr)
		failed(call, errno);
}

/* Looks the next definition up once; without it nothing can work, and nothing could be said either. */
static void *
next(void **slot, const char *name)
{
	if (*slot == NULL && (*slot = dlsym(RTLD_NEXT, name)) == NULL)
		abort();
	return *slot;
}
#define NEXT(name) ((__typeof__(&name))next(&next_##name, #name))
#define SLOT(name) static void *next_##name

/* Definitions of the C library's functions; their prototypes are in its headers. */
#define EXPORT __attribute__((visibility("default"), noinline))

/* ---- opening ---- */

#define MAKES(flags)	(((flags) & (O_CREAT | O_WRONLY | O_RDWR)) != 0)

SLOT(open);
SLOT(open64);
SLOT(openat);
SLOT(openat64);
SLOT(creat);
SLOT(creat64);
SLOT(mkdir);
SLOT(fopen);
SLOT(fopen64);
SLOT(fdopen);

/* The mode is there only if the flags say so (open(2)). */
#define MODE_ARG(mode, flags) do {					\
	va_list ap_;							\
	(mode) = 0;							\
	if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) { \
		va_start(ap_, flags);					\
		(mode) = va_arg(ap_, mode_t);				\
		va_end(ap_);						\
	}								\
} while (0)

#define OPEN(name)							\
EXPORT int								\
name(const char *path, int flags, ...)					\
{									\
	mode_t	mode;							\
	int	fd;							\
									\
	MODE_ARG(mode, flags);						\
	if ((fd = NEXT(name)(path, flags, mode)) == -1)			\
		path_failed("open", path, MAKES(flags));		\
	return fd;							\
}
OPEN(open)
OPEN(open64)

#define OPENAT(name)							\
EXPORT int								\
name(int dir, const char *path, int flags, ...)				\
{									\
	mode_t	mode;							\
	int	fd;							\
									\
	MODE_ARG(mode, flags);						\
	if ((fd = NEXT(name)(dir, path, flags, mode)) == -1)		\
		path_failed("open", path, MAKES(flags));		\
	return fd;							\
}
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)							\
EXPORT int								\
name(const char *path, mode_t mode)					\
{									\
	int	fd;							\
									\
	if ((fd = NEXT(name)(path, mode)) == -1)			\
		path_failed("open", path, 1);				\
	return fd;							\
}
CREAT(creat)
CREAT(creat64)

EXPORT int
mkdir(const char *path, mode_t mode)
{
	int	rc;

	if ((rc = NEXT(mkdir)(path, mode)) == -1)
		path_failed("mkdir", path, errno != EEXIST);
	return rc;
}

#define FOPEN(name)							\
EXPORT FILE *								\
name(const char *path, const char *mode)				\
{									\
	FILE	*f;							\
									\
	if ((f = NEXT(name)(path, mode)) == NULL)			\
		path_failed("open", path, strpbrk(mode, "wa+") != NULL); \
	return f;							\
}
FOPEN(fopen)
FOPEN(fopen64)

EXPORT FILE *
fdopen(int fd, const char *mode)
{
	FILE	*f;

	if ((f = NEXT(fdopen)(fd, mode)) == NULL)
		fd_failed("open", fd);
	return f;
}

/* ---- writing to descriptors ---- */

SLOT(write);
SLOT(writev);
SLOT(pwrite);
SLOT(pwrite64);
SLOT(pwritev);
SLOT(pwritev64);
SLOT(ftruncate);
SLOT(ftruncate64);
SLOT(sendfile);
SLOT(sendfile64);
SLOT(copy_file_range);

#define FD_CALL(type, name, params, args, fd, what)			\
EXPORT type								\
name params								\
{									\
	type	n;							\
									\
	if ((n = NEXT(name) args) == -1)				\
		fd_failed(what, fd);					\
	return n;							\
}
FD_CALL(ssize_t, write, (int fd, const void *p, size_t len), (fd, p, len), fd, "write")
FD_CALL(ssize_t, writev, (int fd, const struct iovec *v, int n_), (fd, v, n_), fd, "write")
FD_CALL(ssize_t, pwrite, (int fd, const void *p, size_t len, off_t at), (fd, p, len, at), fd, "write")
FD_CALL(ssize_t, pwrite64, (int fd, const void *p, size_t len, off64_t at), (fd, p, len, at), fd, "write")
FD_CALL(ssize_t, pwritev, (int fd, const struct iovec *v, int n_, off_t at), (fd, v, n_, at), fd, "write")
FD_CALL(ssize_t, pwritev64, (int fd, const struct iovec *v, int n_, off64_t at), (fd, v, n_, at), fd, "write")
FD_CALL(int, ftruncate, (int fd, off_t len), (fd, len), fd, "ftruncate")
FD_CALL(int, ftruncate64, (int fd, off64_t len), (fd, len), fd, "ftruncate")

/* These two may fail because of what they copy from; callers then fall back to write(). */
#define COPY_CALL(name, params, args, fd)				\
EXPORT ssize_t								\
name params								\
{									\
	ssize_t	n;							\
									\
	if ((n = NEXT(name) args) == -1 &&				\
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO)) \
		fd_failed("write", fd);					\
	return n;							\
}
COPY_CALL(sendfile, (int out, int in, off_t *at, size_t len), (out, in, at, len), out)
COPY_CALL(sendfile64, (int out, int in, off64_t *at, size_t len), (out, in, at, len), out)
COPY_CALL(copy_file_range, (int in, off64_t *inat, int out, off64_t *outat, size_t len, unsigned int flags),
    (in, inat, out, outat, len, flags), out)

/* ---- writing to streams ---- */

SLOT(fwrite);
SLOT(fputs);
SLOT(fputc);
SLOT(putc);
SLOT(fflush);
SLOT(fclose);

EXPORT size_t
fwrite(const void *p, size_t size, size_t count, FILE *f)
{
	size_t	n;

	if ((n = NEXT(fwrite)(p, size, count, f)) != count && size != 0)
		stream_failed("write", f);
	return n;
}

EXPORT int
fputs(const char *s, FILE *f)
{
	int	rc;

	if ((rc = NEXT(fputs)(s, f)) == EOF)
		stream_failed("write", f);
	return rc;
}

EXPORT int
fputc(int c, FILE *f)
{
	int	rc;

	if ((rc = NEXT(fputc)(c, f)) == EOF)
		stream_failed("write", f);
	return rc;
}

#undef putc
EXPORT int
putc(int c, FILE *f)
{
	int	rc;

	if ((rc = NEXT(putc)(c, f)) == EOF)
		stream_failed("write", f);
	return rc;
}

EXPORT int
fflush(FILE *f)
{
	int	rc;

	if ((rc = NEXT(fflush)(f)) == EOF && f != NULL)
		stream_failed("write", f);
	return rc;
}

/*
 * fprintf() and its like write inside the C library, unseen; a stream that
 * they broke is found here, if it was one for writing.
 */
EXPORT int
fclose(FILE *f)
{
	int	broken, rc, watched, fd;

	watched = watch.on && f != stdout && f != stderr;
	broken = 0;
	if (watched) {
		fd = fileno(f);
		broken = ferror(f) && fd != -1 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
	}
	errno = 0;
	rc = NEXT(fclose)(f);
	if (watched && (rc == EOF || broken))
		failed("write", errno);
	return rc;
}
