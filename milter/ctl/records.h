/* SPDX-License-Identifier: ISC */
/* Reads files of records line by line, and goes on reading where they grow. */
#ifndef HOPWARD_CTL_RECORDS_H
#define HOPWARD_CTL_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* A line is a record's body, and seq, stream, salt and leaf before it. */
#define RECORDS_LINE_MAX	(RECORD_MAX + 4096)

/* Who gets the lines.  Everything is borrowed for the call; `file` is "-" for standard input. */
struct records_reader {
	/* A line without its end, no NUL behind it.  whole: 0 for a last line whose end is not there.  Not 0: stop. */
	int	(*line)(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole);
	/* number 0: the file itself; otherwise a line that is too long to be one. */
	void	(*trouble)(void *arg, const char *file, uint64_t number, const char *what);
	/* Called when all that is there was read and more is waited for.  Not 0: stop. */
	int	(*idle)(void *arg);
	void	*arg;
};

/* Files in the order they are to be read. */
struct records_files {
	char	**paths;
	size_t	 count;
};

/*
 * What `path` names: itself, or if it is a directory its files STREAM-YYYY-MM-DD.jsonl from the oldest
 * day, without those that can hold nothing from `since_ms` on; of one stream ("mail", "collect", "acts") or of all (NULL).
 * Appends.  0, or -1 with errno.
 */
int	records_list(struct records_files *, const char *path, const char *stream, uint64_t since_ms);
void	records_files_free(struct records_files *);	/* members only */
/* How many files from `at` on are of one directory and one day: to be read together. */
size_t	records_day(const struct records_files *, size_t at);
/* When the day of a stream's file begins, by its name.  0, or -1: it has none. */
int	records_begin(const char *path, uint64_t *ms);

/*
 * Reads files (one, or those of one day) to their end, lines of more than one merged by their time.
 * 0; 1: line() stopped it; -1 after trouble().
 */
int	records_read(char *const *paths, size_t count, const struct records_reader *);
/*
 * Reads `path` and waits for more; in a directory, starts with the newest file of the stream (NULL: of each), or
 * with since_ms > 0 with the first that may hold something from then on, and goes on to each newer one.  Ends only when line() or idle() stop it (1), or with trouble (-1).
 */
int	records_follow(const char *path, const char *stream, uint64_t since_ms, const struct records_reader *);

#endif
