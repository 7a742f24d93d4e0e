/* SPDX-License-Identifier: ISC */
/* Draws a route as a table: in one row a hop, or two lines a hop where the terminal has no room. */
#ifndef HOPWARD_CTL_HOPTABLE_H
#define HOPWARD_CTL_HOPTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/text.h"
#include "judge/hops.h"
#include "judge/profile.h"

#define HOPTABLE_CELL_MAX	256	/* octets of a cell; longer names tell no more */

enum hoptable_cell { HOPTABLE_FROM, HOPTABLE_BY, HOPTABLE_HOW, HOPTABLE_DELAY, HOPTABLE_CELLS };

/* A hop; cells as they came from wherever.  An empty delay is none. */
struct hoptable_row {
	char			 cells[HOPTABLE_CELLS][HOPTABLE_CELL_MAX];
	enum grade		 grade;
	enum hop_evidence	 evidence;
	const char		*reason;	/* of the grade, where it wants a word; NULL; borrowed */
	const char		*note;		/* what is wrong with its field; NULL; borrowed */
};

struct hoptable_how {
	const char	*with;			/* the protocol; may be NULL, as the next two */
	enum hop_tls	 tls;
	const char	*version, *cipher;
	int		 auth, loop;
};

/* The cells' words. */
void	hoptable_how(const struct hoptable_how *, char *out, size_t size);
void	hoptable_delay(int64_t seconds, char *out, size_t size);
/* Appends the table, and a line for each note and reason. */
void	hoptable_write(struct buf *, const struct text *, const struct hoptable_row *, size_t count);

#endif
