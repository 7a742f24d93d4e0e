/* SPDX-License-Identifier: ISC */
/* Every boundary that some reader could take from a message, in every way it could be read. */
#ifndef HOPWARD_SCAN_BOUNDARY_H
#define HOPWARD_SCAN_BOUNDARY_H

#include <stddef.h>
#include <stdint.h>

#define BOUNDARY_READ_MAX	1024	/* octets compared of one; a longer one is a candidate by its first 1,024 too */

struct boundaries {
	struct boundary {
		uint32_t at, len;	/* in text */
	}		*list;
	size_t		 count, size, max;
	uint8_t		*text;
	size_t		 text_len, text_size;
	uint8_t		 first[256];	/* 1: one begins with that octet */
	uint8_t		 last[256];
	size_t		 reads;		/* times "boundary=" was read */
	int		 full;		/* max was reached: not all are known */
};

void	boundaries_init(struct boundaries *, size_t max);
void	boundaries_free(struct boundaries *);
/* Collects from the header-like lines [p, p + len): one block, with its folds.  Linear.  0 or -1: no memory. */
int	boundaries_collect(struct boundaries *, const uint8_t *p, size_t len);
enum boundary_match {
	BOUNDARY_NONE,
	BOUNDARY_EXACT,		/* "--" and one of them, perhaps with "--" and blanks behind */
	BOUNDARY_TRAIL,		/* with other text behind */
	BOUNDARY_CASE,		/* in other case */
	BOUNDARY_ODD		/* with text or blanks before the dashes, or more of them, or fewer */
};
/* What the line is, without its line end. */
enum boundary_match	boundaries_match(const struct boundaries *, const uint8_t *line, size_t len);

#endif
