/* SPDX-License-Identifier: ISC */
/* One closed file of records -> the same compressed, and nothing lost at any instant. */
/*
 * Called by the stream's writer alone (retain.c), so that nobody appends to the file meanwhile.
 * Holds two chunks and zstd's window.  A crash leaves the plain file, and beside it a
 * file that is not whole under a name of its own, or a whole one: the next call goes on from either.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "record/pack.h"
#include "record/reader.h"

#define CHUNK		(128u * 1024)
#define LEVEL		3	/* zstd's own default: records become a sixth, at 200 MB/s */

struct pack {
	int		 dir;
	const atomic_int *stop;
	const char	*name;
	char		 packed[NAME_MAX + 1], fresh[NAME_MAX + 1];
	int		 plain_fd, fresh_fd;
	struct stat	 st;		/* of the plain file */
	char		*in, *out;
	const char	*why;		/* NULL: errno */
};

static int
stopped(const struct pack *p)
{
	return p->stop != NULL && atomic_load(p->stop) != 0;
}

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(fd, p, len)) == -1) {
			if (errno != EINTR)
				return -1;
			n = 0;
		}
	return 0;
}

/* A whole chunk, or what is left of the file. */
static ssize_t
read_chunk(int fd, char *to, off_t at)
{
	size_t got = 0;
	ssize_t n;

	while (got < CHUNK) {
		if ((n = pread(fd, to + got, CHUNK - got, at + (off_t)got)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* 0, 1 stopped, -1. */
static int
compress_to(struct pack *p, ZSTD_CCtx *z)
{
	ZSTD_outBuffer out;
	ZSTD_inBuffer in;
	off_t at = 0;
	ssize_t n;
	size_t rest;

	do {
		if (stopped(p))
			return 1;
		if ((n = read_chunk(p->plain_fd, p->in, at)) == -1)
			return -1;
		at += n;
		in = (ZSTD_inBuffer){ p->in, (size_t)n, 0 };
		do {
			out = (ZSTD_outBuffer){ p->out, CHUNK, 0 };
			rest = ZSTD_compressStream2(z, &out, &in, n < (ssize_t)CHUNK ? ZSTD_e_end : ZSTD_e_continue);
			if (ZSTD_isError(rest)) {
				p->why = ZSTD_getErrorName(rest);
				return -1;
			}
			if (write_all(p->fresh_fd, p->out, out.pos) == -1)
				return -1;
		} while (n < (ssize_t)CHUNK ? rest > 0 : in.pos < in.size);
	} while (n == (ssize_t)CHUNK);
	return 0;
}

/* Is what came out the plain file's at this place? */
static int
same_piece(struct pack *p, const char *got, size_t len, off_t at)
{
	return len == 0 || (read_chunk(p->plain_fd, p->in, at) >= (ssize_t)len && memcmp(p->in, got, len) == 0);
}

enum { NOT_WHOLE, SAME, OTHER, STOPPED };

/* Is fd a whole compressed file, and of just what the plain file has? */
static int
compare(struct pack *p, ZSTD_DCtx *z, int fd, char *chunk)
{
	ZSTD_outBuffer out;
	ZSTD_inBuffer in = { chunk, 0, 0 };
	off_t at = 0, from = 0;
	size_t rest = 1;
	int same = 1;
	ssize_t n;

	for (;;) {
		if (stopped(p))
			return STOPPED;
		if ((n = read_chunk(fd, chunk, from)) == -1)
			return NOT_WHOLE;
		if (n == 0)
			return rest != 0 ? NOT_WHOLE : same && at == p->st.st_size ? SAME : OTHER;
		from += n;
		in = (ZSTD_inBuffer){ chunk, (size_t)n, 0 };
		do {
			out = (ZSTD_outBuffer){ p->out, CHUNK, 0 };
			rest = ZSTD_decompressStream(z, &out, &in);
			if (ZSTD_isError(rest))
				return NOT_WHOLE;
			same = same && same_piece(p, p->out, out.pos, at);
			at += (off_t)out.pos;
		} while (in.pos < in.size || (rest > 0 && out.pos == CHUNK));
	}
}

static int
proved(struct pack *p, int fd)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	char *chunk = malloc(CHUNK);
	int rc = NOT_WHOLE;

	if (z != NULL && chunk != NULL)
		rc = compare(p, z, fd, chunk);
	ZSTD_freeDCtx(z);
	free(chunk);
	return rc;
}

/* Nothing may have been written to it since we read it. */
static int
unlink_plain(struct pack *p)
{
	struct stat st;

	if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (st.st_ino != p->st.st_ino || st.st_size != p->st.st_size || st.st_mtim.tv_sec != p->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != p->st.st_mtim.tv_nsec) {
		p->why = "it was changed while it was compressed";
		(void)unlinkat(p->dir, p->packed, 0);
		return -1;
	}
	if (unlinkat(p->dir, p->name, 0) == -1)
		return -1;
	(void)fsync(p->dir);	/* should it come back, the next call proves the twin and unlinks it again */
	return 0;
}

/* What an earlier run left: 0 the plain file is done with; 1 stopped; 2 there is work; -1. */
static int
twin(struct pack *p)
{
	int fd = openat(p->dir, p->packed, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd == -1)
		return errno == ENOENT ? 2 : -1;
	rc = proved(p, fd);
	close(fd);
	switch (rc) {
	case STOPPED:
		return 1;
	case SAME:
		return unlink_plain(p);
	case OTHER:	/* no crash makes that */
		p->why = "is there compressed as well, with other lines: move one of the two away";
		return -1;
	default:
		return unlinkat(p->dir, p->packed, 0) == -1 ? -1 : 2;
	}
}

static int
dress(struct pack *p)
{
	const struct timespec times[2] = { p->st.st_atim, p->st.st_mtim };
	struct stat st;

	if (fstat(p->fresh_fd, &st) == -1)
		return -1;
	if ((st.st_uid != p->st.st_uid || st.st_gid != p->st.st_gid) &&
	    fchown(p->fresh_fd, st.st_uid != p->st.st_uid ? p->st.st_uid : (uid_t)-1, p->st.st_gid) == -1)
		return -1;
	return fchmod(p->fresh_fd, p->st.st_mode & 07777) == -1 || futimens(p->fresh_fd, times) == -1 ||
	    fsync(p->fresh_fd) == -1 ? -1 : 0;
}

static int
make(struct pack *p)
{
	ZSTD_CCtx *z;
	int rc = -1;

	if (unlinkat(p->dir, p->fresh, 0) == -1 && errno != ENOENT)
		return -1;
	if ((p->fresh_fd = openat(p->dir, p->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return -1;
	if ((z = ZSTD_createCCtx()) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (!ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)))
		rc = compress_to(p, z);
	ZSTD_freeCCtx(z);
	if (rc != 0)
		return rc;
	if (dress(p) == -1)
		return -1;
	if ((rc = proved(p, p->fresh_fd)) != SAME) {
		p->why = "what was written does not read back";
		return rc == STOPPED ? 1 : -1;
	}
	if (renameat(p->dir, p->fresh, p->dir, p->packed) == -1)
		return -1;
	p->fresh[0] = '\0';
	return fsync(p->dir) == -1 ? -1 : unlink_plain(p);
}

int
pack_file(int directory, const char *name, const atomic_int *stop, char *err, size_t errlen)
{
	struct pack p = { .dir = directory, .stop = stop, .name = name, .plain_fd = -1, .fresh_fd = -1 };
	int rc = -1, saved;

	if ((size_t)snprintf(p.packed, sizeof(p.packed), "%s" READER_COMPRESSED, name) >= sizeof(p.packed) ||
	    (size_t)snprintf(p.fresh, sizeof(p.fresh), ".%s" PACK_NEW, p.packed) >= sizeof(p.fresh)) {
		p.fresh[0] = '\0';
		errno = ENAMETOOLONG;
	} else if ((p.in = malloc(CHUNK)) != NULL && (p.out = malloc(CHUNK)) != NULL &&
	    (p.plain_fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) != -1 &&
	    fstat(p.plain_fd, &p.st) != -1 && (rc = twin(&p)) == 2)
		rc = make(&p);
	saved = errno;
	if (rc == -1)
		snprintf(err, errlen, "%s: %s", name, p.why != NULL ? p.why : strerror(saved));
	if (p.fresh_fd != -1) {
		close(p.fresh_fd);
		if (rc != 0 && p.fresh[0] != '\0')
			(void)unlinkat(directory, p.fresh, 0);
	}
	if (p.plain_fd != -1)
		close(p.plain_fd);
	free(p.in);
	free(p.out);
	errno = saved;
	return rc;
}
