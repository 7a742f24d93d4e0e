/* SPDX-License-Identifier: ISC */
/* The lines of a file of records, plain or compressed with zstd, from its beginning to its end. */
/*
 * Called by hopwardctl's commands and by the keeper of closed days (retain.c).  Holds one
 * chunk of the file, one of its text, and one line.  A compressed file is whole
 * only if its last frame is: one that was cut is named, and what stood before is handed out.
 * Does not: parse a line, check leaf or seq, know days and streams.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/buf.h"
#include "record/reader.h"

#define CHUNK		(256u * 1024)	/* of text; as much of a compressed file */
#define MAGIC_LEN	4

static const char magic[MAGIC_LEN] = "\x28\xb5\x2f\xfd";

struct reader {
	int		 fd;
	size_t		 line_max;
	int		 known;		/* whether it is compressed */
	int		 torn;		/* inside a frame */
	uint64_t	 offset;	/* of the end of the chunk, in plain text */
	uint64_t	 number;	/* of the line that comes */
	int		 overlong;	/* inside a line that was given up */
	struct buf	 line;		/* its beginning, where it spans chunks */
	uint64_t	 line_len;	/* of all of it, also where it was given up */
	int		 taken;		/* what is in `line` was handed on */
	char		*chunk;
	const char	*p, *end;	/* what of it is not taken yet */
	ZSTD_DStream	*z;		/* NULL: plain */
	char		*packed;
	ZSTD_inBuffer	 in;
	char		 why[160];
};

static int
bad(struct reader *r, const char *why)
{
	snprintf(r->why, sizeof(r->why), "%s", why);
	return -1;
}

/* ---- octets ---- */

static ssize_t
read_full(int fd, char *to, size_t want)
{
	size_t got = 0;
	ssize_t n;

	while (got < want) {
		if ((n = read(fd, to + got, want - got)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static int
unpack_begin(struct reader *r)
{
	if ((r->z = ZSTD_createDStream()) == NULL || (r->packed = malloc(CHUNK)) == NULL)
		return bad(r, "no memory");
	if (ZSTD_isError(ZSTD_DCtx_setParameter(r->z, ZSTD_d_windowLogMax, READER_WINDOW_LOG)))
		return bad(r, "zstd does not take our window");
	memcpy(r->packed, magic, MAGIC_LEN);
	r->in.src = r->packed;
	r->in.size = MAGIC_LEN;
	r->in.pos = 0;
	return 0;
}

/* More text of a compressed file: its octets, 0 at its end, -1. */
static ssize_t
unpack(struct reader *r)
{
	ZSTD_outBuffer out = { r->chunk, CHUNK, 0 };
	char why[160];
	size_t rc, before;
	ssize_t n;

	for (;;) {
		/* What did not fit the last time comes out without new input. */
		before = r->in.pos;
		rc = ZSTD_decompressStream(r->z, &out, &r->in);
		if (ZSTD_isError(rc)) {
			snprintf(why, sizeof(why), "damaged: zstd: %s", ZSTD_getErrorName(rc));
			return bad(r, why);
		}
		/* At a frame's end the next call, without input, asks for a header: that is no torn frame. */
		if (r->in.pos > before || out.pos > 0)
			r->torn = rc != 0;
		if (out.pos > 0)
			return (ssize_t)out.pos;
		if (r->in.pos < r->in.size)
			continue;
		if ((n = read_full(r->fd, r->packed, CHUNK)) == -1)
			return bad(r, strerror(errno));
		r->in.size = (size_t)n;
		r->in.pos = 0;
		if (n == 0)
			return r->torn ? bad(r, "cut: it ends within a compressed block") : 0;
	}
}

/* The first octets say what the file is. */
static ssize_t
first(struct reader *r)
{
	ssize_t n = read_full(r->fd, r->chunk, MAGIC_LEN);

	if (n == -1)
		return bad(r, strerror(errno));
	if (n == MAGIC_LEN && memcmp(r->chunk, magic, MAGIC_LEN) == 0) {
		r->known = 1;
		return unpack_begin(r) == -1 ? -1 : unpack(r);
	}
	r->known = n > 0;
	return n;
}

static ssize_t
more(struct reader *r)
{
	ssize_t n;

	if (!r->known)
		n = first(r);
	else if (r->z != NULL)
		n = unpack(r);
	else
		while ((n = read(r->fd, r->chunk, CHUNK)) == -1)
			if (errno != EINTR)
				return bad(r, strerror(errno));
	if (n > 0) {
		r->offset += (uint64_t)n;
		r->p = r->chunk;
		r->end = r->chunk + n;
	}
	return n;
}

/* ---- lines ---- */

/* Takes a middle of a line. */
static int
keep(struct reader *r, const char *text, size_t len)
{
	r->line_len += len;
	if (r->overlong)
		return 0;
	if (r->line.len + len > r->line_max) {
		r->overlong = 1;
		buf_reset(&r->line);
	} else if (buf_add(&r->line, text, len) == -1)
		return bad(r, "no memory");
	return 0;
}

static void
line_again(struct reader *r)
{
	buf_reset(&r->line);
	r->line_len = 0;
	r->overlong = r->taken = 0;
}

/* Takes a line's end.  An empty one is READER_END here: nothing to hand out. */
static enum reader_got
ended(struct reader *r, const char *text, size_t len, struct reader_line *out)
{
	r->number++;
	r->taken = 1;
	if (r->line_len > 0 || len > r->line_max) {
		if (keep(r, text, len) == -1)
			return READER_BAD;
		text = r->line.data;
		len = r->line.len;
	}
	out->number = r->number - 1;
	out->offset = r->offset - (uint64_t)(r->end - r->p) - 1 - (r->line_len > 0 ? r->line_len : len);
	out->text = text;
	out->len = len;
	if (r->overlong) {
		out->text = NULL;
		out->len = 0;
		return READER_LONG;
	}
	return len > 0 ? READER_LINE : READER_END;
}

enum reader_got
reader_next(struct reader *r, struct reader_line *out)
{
	enum reader_got got;
	const char *p, *nl;
	ssize_t n;

	memset(out, 0, sizeof(*out));
	if (r->why[0] != '\0')
		return READER_BAD;
	for (;;) {
		if (r->taken)
			line_again(r);
		if (r->p == r->end && (n = more(r)) <= 0)
			return n == 0 ? READER_END : READER_BAD;
		p = r->p;
		if ((nl = memchr(p, '\n', (size_t)(r->end - p))) == NULL) {
			r->p = r->end;
			if (keep(r, p, (size_t)(r->end - p)) == -1)
				return READER_BAD;
			continue;
		}
		r->p = nl + 1;
		if ((got = ended(r, p, (size_t)(nl - p), out)) != READER_END)
			return got;
	}
}

enum reader_got
reader_rest(struct reader *r, struct reader_line *out)
{
	memset(out, 0, sizeof(*out));
	out->number = r->number;
	if (r->taken || r->line_len == 0)
		return READER_END;
	out->offset = r->offset - r->line_len;
	if (r->overlong)
		return READER_LONG;
	out->text = r->line.data;
	out->len = r->line.len;
	return READER_REST;
}

int
reader_again(struct reader *r)
{
	uint64_t begin = r->offset - (r->taken ? 0 : r->line_len);
	struct stat st;
	int cut = 0;

	if (r->z != NULL || r->p != r->end || fstat(r->fd, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	if ((uint64_t)st.st_size < begin) {
		begin = (uint64_t)st.st_size;
		cut = 1;
	}
	if (lseek(r->fd, (off_t)begin, SEEK_SET) == -1)
		return 0;
	r->offset = begin;
	line_again(r);
	return cut;
}

/* ---- a file ---- */

static int
path_open(const char *path)
{
	size_t len = strlen(path), end = sizeof(".jsonl") - 1;
	struct stat st;
	char *other;
	int fd;

	if (strcmp(path, "-") == 0)
		return dup(STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT && len > end && strcmp(path + len - end, ".jsonl") == 0) {
		if (asprintf(&other, "%s" READER_COMPRESSED, path) == -1) {
			errno = ENOMEM;
			return -1;
		}
		fd = open(other, O_RDONLY | O_CLOEXEC);
		free(other);
	}
	if (fd != -1 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return -1;
	}
	return fd;
}

int
reader_open(const char *path, size_t line_max, struct reader **out)
{
	struct reader *r;
	int saved;

	*out = NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return -1;
	r->number = 1;
	r->line_max = line_max;
	buf_init(&r->line, line_max);
	if ((r->fd = path_open(path)) == -1 || (r->chunk = malloc(CHUNK)) == NULL) {
		saved = errno;
		reader_close(r);
		errno = saved;
		return -1;
	}
	*out = r;
	return 0;
}

void
reader_close(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->fd != -1)
		close(r->fd);
	ZSTD_freeDStream(r->z);
	free(r->packed);
	free(r->chunk);
	buf_free(&r->line);
	free(r);
}

const char *
reader_why(const struct reader *r)
{
	return r->why;
}

int
reader_compressed(const struct reader *r)
{
	return r->z != NULL;
}
