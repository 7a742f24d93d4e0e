/* SPDX-License-Identifier: ISC */
/* Runs a program of the MTA's and reads what it says. */
#ifndef HOPWARD_CTL_TOOL_H
#define HOPWARD_CTL_TOOL_H

#include <stddef.h>
#include <stdint.h>

#define TOOL_ARGS_MAX	16
#define TOOL_LINE_MAX	(4u * 1024 * 1024)	/* octets: one message of a listing, with tens of thousands of recipients */
#define TOOL_SAID_MAX	1024			/* octets of its standard error that are kept */

struct tool {
	const char	*argv[TOOL_ARGS_MAX + 1];	/* argv[0] is a path; no shell reads them */
	/* Each line of its standard output, without its end; not 0: stop, the program is ended.  NULL: it is ours. */
	int		(*line)(void *arg, char *text, size_t len);
	void		*arg;
	/* ---- filled */
	uint64_t	 overlong;			/* lines that were passed over */
	char		 said[TOOL_SAID_MAX];		/* the beginning of its standard error */
};

/*
 * Runs it to its end, standard input empty.  Its exit code, 128 + the signal that ended it, or -1: it could
 * not be started, errno.  After line() has stopped it, 0.
 */
int	tool_run(struct tool *);

#endif
