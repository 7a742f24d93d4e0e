/* SPDX-License-Identifier: ISC */
/* What the two files of the views share: views.c finds regions and where bodies begin, views_content.c decodes them. */
#ifndef HOPWARD_SCAN_VIEWS_INT_H
#define HOPWARD_SCAN_VIEWS_INT_H

#include <stddef.h>
#include <stdint.h>

#include "scan/boundary.h"
#include "scan/ranges.h"
#include "scan/views.h"

#define STARTS_MAX	16	/* offsets at which one region's content could begin; crafted ones only */
#define PIECES_MAX	64	/* of one joined region; what comes behind is its last piece */

struct piece {
	size_t	begin, end;
};

/* A region being read: what may begin where. */
struct region {
	size_t	begin, end;
	size_t	starts[STARTS_MAX];	/* that wait, in no order */
	size_t	starts_count;
	size_t	done;			/* starts up to here were read; SIZE_MAX: none */
	size_t	head, head_end;		/* the last header-like lines */
	size_t	heads;			/* the first such lines; all of them give names */
	size_t	empty_at;		/* offset behind the next empty line from where it was last looked for; 0: not yet */
	int	behind_text;		/* text stood where a header could be: the start behind its next empty line waits, or was read */
	size_t	text_start;		/* that start; 0: none */
	int	whole;			/* its octets from an earlier start on were handed out as they are */
	int	says, last_says;	/* SAYS_*, of all header-like lines so far, and of the last ones */
};
#define SAYS_B64	1
#define SAYS_QP		2
#define SAYS_UU		4
#define SAYS_ODD	8	/* an encoding nobody knows: any */

struct views {
	const uint8_t	*msg;
	size_t		 len;
	struct ranges	*ranges;
	const struct ranges *strict;	/* what is in no need of a CR view: the other views' */
	const uint8_t	*cr;		/* in the CR view: the message as it is */
	const struct views_limits *limits;
	view_cb		 cb;
	void		*arg;
	struct views_report *report;
	struct boundaries boundaries;
	enum view	 view;
	uint8_t		*out;
	size_t		 out_size;
	int		 rc;
	struct piece	 pieces[PIECES_MAX];	/* of the joined region */
	size_t		 pieces_count;
};

void	views_limit(struct views *, const char *which);
/* Room to decode into, v->out.  0, or -1 with rc set. */
int	views_room(struct views *, size_t need);
/* -1: the walk ends. */
int	views_hand_out(struct views *, struct view_object *);
/* All that [begin, end) could stand for.  -1: the walk ends. */
int	views_content(struct views *, struct region *, size_t begin, size_t end);

/* 1: the octets look like base64 that nothing declares; of the whole, or by a sample: nothing but base64. */
int	content_base64(const uint8_t *, size_t);
int	text_is_base64(const uint8_t *, size_t);

#endif
