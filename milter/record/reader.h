/* SPDX-License-Identifier: ISC */
/* The lines of a file of records, plain or compressed with zstd, from its beginning to its end. */
#ifndef HOPWARD_RECORD_READER_H
#define HOPWARD_RECORD_READER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A file is compressed if it begins as zstd's frames do (RFC 8878), whatever its
 * name is; a line of a record begins with '{'.  Memory: a chunk, a line, and of a
 * compressed file a window of READER_WINDOW_LOG bits at most, which "zstd -19" keeps to.
 */
#define READER_WINDOW_LOG	23
#define READER_COMPRESSED	".zst"		/* what the name of a closed day's file then ends in */

enum reader_got {
	READER_BAD = -1,	/* it cannot be read on: reader_why() */
	READER_END,		/* of the file, so far */
	READER_LINE,
	READER_LONG,		/* a line beyond the bound was passed over: number only */
	READER_REST		/* of reader_rest(): what the file ends with has no newline */
};

/* Borrowed until the next call. */
struct reader_line {
	const char	*text;		/* without its newline; no NUL behind it; may have NULs in it */
	size_t		 len;
	uint64_t	 number;	/* from 1; empty lines count and are passed over */
	uint64_t	 offset;	/* where it begins, in octets of the plain text */
};

struct reader;

/*
 * "-" is standard input.  Where DAY.jsonl is not there but DAY.jsonl.zst is, it is
 * opened instead: the day was compressed since the name was read.  0, or -1 with errno
 * (ENOMEM, or open(2)'s); a directory is EISDIR.
 */
int	reader_open(const char *path, size_t line_max, struct reader **);
void	reader_close(struct reader *);		/* NULL is fine */
enum reader_got reader_next(struct reader *, struct reader_line *);
/* After READER_END: what stands behind the last newline, as READER_REST or READER_LONG; else READER_END, and the number a next line would have. */
enum reader_got reader_rest(struct reader *, struct reader_line *);
/*
 * After READER_END, of a plain file that grows: the next call reads on, an unfinished line from its beginning,
 * since the daemon cuts off a torn one and writes another in its place.  1: the file was cut behind our back and
 * it goes on at its end; 0.  Of a pipe or a compressed file nothing is done.
 */
int	reader_again(struct reader *);
/* After READER_BAD, for people: "cut: it ends within a compressed block". */
const char *reader_why(const struct reader *);
/* 1: it is compressed (known after the first line). */
int	reader_compressed(const struct reader *);

#endif
