/* SPDX-License-Identifier: ISC */
/* Which stretches of a message were read already, and which of them leave no room for another reading. */
#ifndef HOPWARD_SCAN_RANGES_H
#define HOPWARD_SCAN_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "scan/decode.h"

struct ranges;
struct ranges	*ranges_new(void);	/* NULL: no memory */
void		 ranges_free(struct ranges *);
/*
 * What the strict reader handed out: [begin, end), decoded as `decode`.  plain:
 * nothing about it is odd, neither its header nor how it keeps to its encoding,
 * so that every reader sees the same.  text: and it is a leaf, not a message
 * with parts of its own.  Such texts must come in the order of the message.  0 or -1: no memory.
 */
int		 ranges_add(struct ranges *, size_t begin, size_t end, enum decode_kind, int plain, int text);

#define RANGE_PLAIN	1000	/* a kind besides enum decode_kind */
/* 0: entered; 1: it was there; -1: no memory. */
int		 ranges_enter(struct ranges *, size_t begin, size_t end, int kind, int plain);
int		 ranges_has(const struct ranges *, size_t begin, size_t end, int kind);
int		 ranges_plain(const struct ranges *, size_t begin, size_t end);	/* exactly these octets are plain */
int		 ranges_in_text(const struct ranges *, size_t begin, size_t end);	/* they lie within a plain text, quoted-printable or not */

#endif
