/* SPDX-License-Identifier: ISC */
/* The exceptions' file as text: lines are added and ended in it, and all else stays as people wrote it.  Pure. */
#ifndef HOPWARD_JUDGE_EXCEPTION_TEXT_H
#define HOPWARD_JUDGE_EXCEPTION_TEXT_H

#include "judge/exception.h"

#define EXCEPTION_TEXT_MAX	(1024u * 1024)	/* of the file: EXCEPTIONS_MAX lines, as many that are over, and comments */
#define EXCEPTION_OVER_MAX	256		/* lines that are over and are kept, the newest */
#define EXCEPTION_OVER_KEPT	(30 * 86400)	/* seconds that they are kept */

/*
 * A line that is over stays for a while, as a comment:
 *
 *   # ended 2026-12-02T02:10:00Z except id=7Q2K ...
 *   # removed 2026-12-01T04:00:00Z mode observe ...
 */
#define EXCEPTION_ENDED		"ended"
#define EXCEPTION_REMOVED	"removed"

/* Which lines are to be over. */
struct exception_close {
	const char	*id;	/* the one with this id, any case; NULL: none */
	int		 mode;	/* the mode's */
	int		 ended;	/* those whose time is over */
	int64_t		 now;
};

/*
 * The text with these lines commented out ("removed" where their time was not
 * over), and without those that have been over for too long, into out (added
 * to it).  Lines that are wrong stay.  Returns how many lines were ended now;
 * -1: out failed.  *dropped (may be NULL): how many old ones went.
 */
int	exception_text_close(const char *text, size_t len, const struct exception_close *, struct buf *out,
	    unsigned int *dropped);

/* A line that is over: 1, and which word and when, and where the line behind them begins; else 0. */
int	exception_text_over(const char *line, size_t len, const char **word, int64_t *when, size_t *at);

#endif
