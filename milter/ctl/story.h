/* SPDX-License-Identifier: ISC */
/* Records of one queue id -> stories: what came, and the deliveries that are its own. */
#ifndef HOPWARD_CTL_STORY_H
#define HOPWARD_CTL_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define STORY_ITEMS_MAX	20000			/* deliveries that are kept: a list of a thousand recipients, each put off 20 times */
#define STORY_BYTES_MAX	(128u * 1024 * 1024)	/* of their records */
#define STORY_WINDOW_MS	(7 * 86400000ull)	/* from arrival to the last delivery: MTAs give up after 5 days, and warn of it */
#define STORY_NONE	SIZE_MAX

enum story_kind {
	STORY_STAGE,		/* refused at MAIL or RCPT: of the transaction that ends after it, if one does */
	STORY_MESSAGE,
	STORY_DELIVERY
};

struct story_item {
	enum story_kind	 kind;
	uint64_t	 time_ms;
	char		 gateway[256];
	char		 id[RECORD_ID_LEN + 1];
	char		*text;		/* the record */
	size_t		 len;
	size_t		 story;		/* of list; after stories_build() */
};

struct story {
	uint64_t	 begin_ms;	/* of the message, or of the first delivery */
	size_t		 first;		/* of items: what it begins with */
	size_t		 message;	/* STORY_NONE: how it came is not on record */
	size_t		 stage;		/* the first refusal; likewise */
	size_t		 deliveries;
};

/* Zero is an empty one. */
struct stories {
	struct story_item *items;	/* by time, after stories_build() */
	size_t		 count, size;
	struct story	*list;		/* by begin_ms */
	size_t		 list_count;
	uint64_t	 bytes;
	uint64_t	 dropped;	/* deliveries beyond the bounds, and messages beyond twice of them */
};

/* Takes a copy of the record.  0 or -1: no memory. */
int	stories_add(struct stories *, const struct story_item *, const char *text, size_t len);
/*
 * Groups what is there, anew.  Queue ids repeat: a delivery is of the nearest earlier message of the same gateway, within
 * STORY_WINDOW_MS; what has none makes stories of its own.  0 or -1: no memory.
 */
int	stories_build(struct stories *);
void	stories_free(struct stories *);	/* members */

/* "mx1" and "mx1.example.net" are one host: the log has often the short name.  1 or 0. */
int	story_gateway_is(const char *, const char *);

#endif
