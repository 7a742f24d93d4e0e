/* SPDX-License-Identifier: ISC */
/* Every name that some reader could show for a part, from the header above it. */
#ifndef HOPWARD_SCAN_NAMES_H
#define HOPWARD_SCAN_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "scan/words.h"

/* Kept of one part; beyond them PARAM-MANY is noted. */
#define NAMES_MAX		32
#define NAMES_OCTETS_MAX	8192
#define NAMES_READS_MAX		16384	/* values read of one message: two are usual for a part */

/*
 * Appends to out the names besides `name` (which may be NULL), each once, LF
 * between them: of each parameter called name or filename in the Content-
 * fields of head, however they are dressed; as written, unquoted, decoded by RFC 2231 and 2047,
 * cut at NUL, without control octets, without blanks and dots at the end.
 * UTF-8; nothing is appended for an ordinary name.  *reads counts the values
 * read, of all calls.  0, or -1: no memory.
 */
int	names_collect(const uint8_t *head, size_t len, const char *name, struct words *, size_t *reads, struct buf *out);

#endif
