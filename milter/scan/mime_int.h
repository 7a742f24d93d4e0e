/* SPDX-License-Identifier: ISC */
/* What the two files of the strict walker share: mime.c goes from part to part, mime_entity.c reads their headers. */
#ifndef HOPWARD_SCAN_MIME_INT_H
#define HOPWARD_SCAN_MIME_INT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "scan/decode.h"
#include "scan/header.h"
#include "scan/mime.h"
#include "scan/reasons.h"
#include "scan/words.h"

#define TYPE_MAX	128	/* RFC 6838 section 4.2 allows 127 */

enum level_kind { LEVEL_MESSAGE, LEVEL_MULTIPART };

struct level {
	enum level_kind	 kind;
	size_t		 path_len;	/* of the prefix of its children's paths */
	/* multipart */
	uint8_t		*boundary;
	size_t		 boundary_len;
	unsigned	 children;
	int		 digest;	/* RFC 2046 section 5.1.5: children are messages */
	int		 closed;	/* its close delimiter was seen */
	int		 prefix;	/* its boundary begins like another open one */
	enum decode_kind decode;	/* that it should not have */
};

/* Where a region ends. */
struct delim {
	size_t	line;		/* offset of the delimiter line, or the end */
	size_t	end;		/* of the region: without the line end before the delimiter */
	size_t	next;		/* behind the delimiter line */
	size_t	level;		/* whose delimiter; NO_LEVEL: end of the source */
	int	close;
};
#define NO_LEVEL	SIZE_MAX

/* One header block, understood. */
struct entity {
	size_t		 begin, body;
	char		 type[TYPE_MAX];
	enum decode_kind decode;
	int		 has_boundary;
	int		 cte_unknown, header_limit;
	size_t		 ct, ct_len, cd, cd_len, cte, cte_len;	/* values in the source; 0 0: none */
	uint64_t	 reasons;
};

struct walk {
	const uint8_t	*msg;
	size_t		 len, pos;
	struct level	*stack;
	size_t		 depth, size;
	const struct mime_limits *limits;
	size_t		 depth_max;
	struct delim	 found;		/* the last region's end, while no multipart was opened or left; next 0: none */
	size_t		 found_from;
	mime_part_cb	 cb;
	void		*arg;
	struct mime_report *report;
	struct buf	 path, name, boundary;
	struct words	 words;
	uint8_t		*part;		/* the decoded part */
	size_t		 part_size;
	uint64_t	 decoded;	/* octets handed out so far */
	uint64_t	 reasons;
	int		 rc;		/* the callback's, or -1 */
};

/* 1: the line [pos, next) is that level's delimiter, 2: it closes; -1: it begins like one; 0: no. */
int	delim_match(const struct walk *, const struct level *, size_t pos, size_t next);
/* Compares a line that begins with "--" with all open multiparts, the innermost first. */
int	delim_find(struct walk *, size_t pos, size_t next, struct delim *);
int	starts_dashes(const struct walk *, size_t pos, size_t next);

/* Reads the header block at w->pos; its boundary into w->boundary, its name into w->name.  0, or -1: no memory. */
int	entity_read(struct walk *, struct entity *);

#endif
