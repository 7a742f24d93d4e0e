/* SPDX-License-Identifier: ISC */
/* Says whether a walk left octets of a message unscanned, by a rule that knows no MIME parser. */
/*
 * For the tests and the fuzz program of the walker.  Lines that no part covers
 * may only be: blank, lines that begin with "--", and header blocks, which
 * begin at the message's begin or behind an uncovered "--" line and end at an
 * empty line.  Does not hold where mime.max_decoded was reached.
 */
#ifndef HOPWARD_TESTS_MIME_COVER_H
#define HOPWARD_TESTS_MIME_COVER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* seen[i] is not 0 where a part covers octet i.  Returns the offset of the first line left out, or len. */
static inline size_t
mime_cover_gap(const uint8_t *msg, size_t len, const uint8_t *seen)
{
	size_t pos, next, end, i;
	int header = 1;

	for (pos = 0; pos < len; pos = next) {
		const uint8_t *nl = memchr(msg + pos, '\n', len - pos);
		int covered = 1, blank = 1;

		next = nl == NULL ? len : (size_t)(nl - msg) + 1;
		for (end = next; end > pos && (msg[end - 1] == '\n' || msg[end - 1] == '\r'); end--)
			;
		for (i = pos; i < end; i++) {
			covered &= seen[i] != 0;
			blank &= msg[i] == ' ' || msg[i] == '\t' || msg[i] == '\r';
		}
		if (end == pos)
			header = 0;
		else if (covered || blank)
			continue;
		else if (end - pos >= 2 && msg[pos] == '-' && msg[pos + 1] == '-')
			header = 1;
		else if (!header)
			return pos;
	}
	return len;
}

#endif
