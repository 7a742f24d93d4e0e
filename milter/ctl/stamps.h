/* SPDX-License-Identifier: ISC */
/* The stamps of a log's lines -> points in time: years, zones and the hour that comes twice. */
#ifndef HOPWARD_CTL_STAMPS_H
#define HOPWARD_CTL_STAMPS_H

#include <stdint.h>
#include <time.h>

#include "judge/maillog.h"

/* Where in time the reader is; the caller sets the first three. */
struct stamps {
	int		 year;		/* of the first line; 0: by the file's time */
	uint64_t	 time_ms;	/* of the last line with a time; 0 */
	uint64_t	 newest_ms;	/* what a file's lines are not later than */
	struct tm	 minute;	/* that was resolved last */
	uint64_t	 minute_ms;
};

/* Milliseconds since 1970; 0: no time.  Does not set time_ms. */
uint64_t stamps_ms(struct stamps *, const struct maillog_stamp *);

#endif
