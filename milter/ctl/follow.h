/* SPDX-License-Identifier: ISC */
/* Reads logs line by line where they are rotated, cut or go on growing, and says where in which file each line is. */
#ifndef HOPWARD_CTL_FOLLOW_H
#define HOPWARD_CTL_FOLLOW_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FOLLOW_ID_LEN	16	/* hex digits: of the file's first line, which it keeps when it is renamed or copied */

struct follow_line {
	const char	*text;		/* without its newline and without NULs before it; no NUL behind it */
	size_t		 len;
	int		 cut;		/* it was longer */
	const char	*id;		/* of the file; "" for a stream */
	uint64_t	 at;		/* offset behind its newline */
};

/* Who gets the lines; all is borrowed for the call.  Where a function gives an int: not 0 stops. */
struct follow_to {
	/* Of which files lines will come, if they are not read already; ids in their order, "" for one without a line. */
	void		(*files)(void *arg, const char (*ids)[FOLLOW_ID_LEN + 1], size_t count);
	/* How far a file was read earlier; 0: not at all. */
	uint64_t	(*known)(void *arg, const char *id);
	/* Lines of this file come next; mtime 0: of a stream. */
	void		(*opened)(void *arg, const char *path, const char *id, time_t mtime);
	int		(*line)(void *arg, const struct follow_line *);
	/* After each chunk (waiting 0), and when all is read and more is waited for (1). */
	int		(*pause)(void *arg, int waiting);
	/* Lines between what was read earlier and what comes now are gone. */
	void		(*gap)(void *arg, const char *path, const char *why);
	void		(*trouble)(void *arg, const char *path, const char *what);
	void		*arg;
};

/* Reads a stream to its end.  0; 1: stopped; -1 after trouble(). */
int	follow_stream(int fd, const struct follow_to *);
/*
 * Reads `path`, from where known() says.  `last`: id of the file that was read last under this name, or "": where that is
 * another by now, it is looked for beside it (renamed or copied), read to its end, then what is newer.
 * once: to its end; otherwise goes on for ever, over renaming and cutting.  Return as above.
 */
int	follow_file(const char *path, const char *last, int once, const struct follow_to *);

#endif
