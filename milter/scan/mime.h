/* SPDX-License-Identifier: ISC */
/* Walks the MIME structure of one message in memory and hands out each part, decoded.  RFC 2045-2049, strict reading. */
#ifndef HOPWARD_SCAN_MIME_H
#define HOPWARD_SCAN_MIME_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"
#include "scan/decode.h"

struct mime_limits {
	uint64_t max_depth, max_parts, max_header_bytes, max_decoded;
};

/* A leaf, or a message/rfc822 body before its own parts.  All memory is the walker's and good during the call only. */
struct mime_part {
	const char	*path;		/* "1", "2.1": as IMAP numbers parts (RFC 3501 section 6.4.5) */
	const char	*name;		/* file name decoded to UTF-8 (RFC 2231, 2047), or NULL */
	const char	*type;		/* "text/plain" in lower case; the default of RFC 2045 5.2 where none */
	const uint8_t	*data;		/* decoded octets */
	size_t		 len;
	/* Where it stands in the message, still encoded, and how. */
	size_t		 raw, raw_len;
	enum decode_kind decode;
	const uint8_t	*head;		/* the header block above it; NULL where it has none */
	size_t		 head_len;
	int		 plain;		/* nothing is odd about its header, nor about how it keeps to its encoding */
	int		 leaf;		/* neither a message nor a multipart nor what stands between parts */
};
typedef int (*mime_part_cb)(void *arg, const struct mime_part *);	/* 0: go on; else stop and return it */

struct mime_report {
	const char	*limit;		/* first bound that was reached ("mime.max_depth"...); NULL */
	uint64_t	 mask;		/* REASON() bits, see reasons.h */
	size_t		 parts;
	uint64_t	 decoded;	/* octets handed out */
};

/*
 * Paths besides IMAP's: "2.P" and "2.E" are the preamble and the epilogue of
 * the multipart 2 ("P" and "E" of the outermost), handed out if they hold more
 * than white space; "R" is what was left when max_parts was reached.  A
 * multipart without a boundary, and a composite part beyond max_depth, is
 * handed out whole as a leaf; so is an encoded message.
 *
 * Walks msg[0..len).  Linear time, no recursion on input, memory bounded by
 * the limits plus one decoded part.  Returns 0, the callback's value, or -1: no memory.
 */
int	mime_walk(const uint8_t *msg, size_t len, const struct mime_limits *,
	    mime_part_cb, void *arg, struct mime_report *);

#endif
