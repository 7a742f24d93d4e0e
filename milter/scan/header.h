/* SPDX-License-Identifier: ISC */
/* Fields of one header block by their offsets, and the parameters of MIME fields. */
#ifndef HOPWARD_SCAN_HEADER_H
#define HOPWARD_SCAN_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "scan/words.h"

/* RFC 2231 sections read of one parameter; a name of 4,000 octets takes about 70. */
#define HEADER_SECTIONS_MAX	512
/* Of a name, in UTF-8.  Of a longer one the end is kept: it says what the file is. */
#define HEADER_NAME_MAX		4096
#define HEADER_NAME_LONG	255	/* octets; no file system takes more */

/* ---- the block: raw offsets only, nothing copied ---- */

struct header_reader {
	const uint8_t	*msg;
	size_t		 pos, end;
};

enum header_line {
	HEADER_END,
	HEADER_FIELD,
	HEADER_JUNK	/* a line that is no field and continues none */
};

struct header_field {
	size_t	name, name_len;		/* offsets into the message; without white space before the colon */
	size_t	value, end;		/* behind the colon to behind the last line end; junk: the line */
	int	space;			/* white space before the colon */
	int	blank_fold;		/* a continuation line of nothing but white space */
};

/* [begin, end) is the block without the empty line behind it. */
void		 header_start(struct header_reader *, const uint8_t *msg, size_t begin, size_t end);
enum header_line header_next(struct header_reader *, struct header_field *);
/* 1 if the field's name is that one, in any case. */
int		 header_is(const struct header_reader *, const struct header_field *, const char *name);

/* Octets of the header block that a message begins with, up to the empty line or all. */
size_t		 header_length(const uint8_t *msg, size_t len);

/* Offset behind the line that begins at pos. */
size_t		 line_next(const uint8_t *msg, size_t pos, size_t end);
/* 1 if the line [pos, next) holds nothing but its line end (CR CR LF as well). */
int		 line_empty(const uint8_t *msg, size_t pos, size_t next);

/* ---- parameters of one field's value ---- */

struct param {
	const uint8_t	*attr;
	size_t		 attr_len;	/* without "*0*" */
	int		 section;	/* RFC 2231 number, -1 none */
	int		 extended;	/* '*' at the end: percent-encoded */
	int		 quoted;
	const uint8_t	*value;		/* raw: between the quotes, or the token */
	size_t		 value_len;
	size_t		 loose_len;	/* the token up to the next ';' */
	int		 odd;		/* quote not closed, or text behind the value */
};

struct param_reader {
	const uint8_t	*v;
	size_t		 pos, len;
	uint64_t	 reasons;
};

/* Reads what stands before the first ';' as one lower-case token without comments ("text/plain"); cut to size, and then TYPE_LONG. */
void	param_start(struct param_reader *, const uint8_t *v, size_t len, char *token, size_t size);
int	param_next(struct param_reader *, struct param *);	/* 1 or 0 */

/*
 * The boundary parameter of a Content-Type's value: the first plain one, else
 * RFC 2231's.  Returns 1 and appends, 0: there is none, -1: no memory.
 */
int	header_boundary(const uint8_t *v, size_t len, struct buf *boundary, uint64_t *reasons);
/* Times that "boundary=" stands in a value, wherever: in quotes, behind a comment, with RFC 2231's marks. */
size_t	header_boundary_words(const uint8_t *v, size_t len);
/* A file name, RFC 2231's form before the plain one, in UTF-8.  Returns as above; reasons: words->reasons. */
int	header_name(const uint8_t *v, size_t len, const char *attr, struct words *, struct buf *name);

#endif
