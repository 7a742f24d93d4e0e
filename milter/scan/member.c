/* SPDX-License-Identifier: ISC */
/* Names of members of containers, from an archive's octets to UTF-8. */
/*
 * Called by worker.c.  Names stay as they are otherwise: directories, controls
 * and bidirectional marks are facts that rules ask for.
 */
#include <stdlib.h>
#include <string.h>

#include "scan/member.h"

/* Octets of the UTF-8 sequence at p, or 0: none is there. */
static size_t
sequence(const unsigned char *p)
{
	size_t	n, i;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
	/* Overlong, surrogates, beyond U+10FFFF. */
	if (n == 0 || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static int
is_utf8(const unsigned char *p)
{
	size_t	n;

	for (; *p != '\0'; p += n)
		if ((n = sequence(p)) == 0)
			return 0;
	return 1;
}

char *
member_name(const char *octets, size_t max)
{
	const unsigned char	*p = (const unsigned char *)octets;
	int			 as_is = is_utf8(p);
	size_t			 len = strlen(octets), n = 0;
	char			*out;

	if (len > max) {
		p += len - max;
		len = max;
		while (as_is && (*p & 0xc0) == 0x80)
			p++;
	}
	if ((out = malloc(2 * len + 1)) == NULL)
		return NULL;
	for (; *p != '\0'; p++)
		if (as_is || *p < 0x80)
			out[n++] = *p == '\n' ? '?' : (char)*p;	/* names are kept with LF between them */
		else {
			out[n++] = (char)(0xc0 | *p >> 6);
			out[n++] = (char)(0x80 | (*p & 0x3f));
		}
	out[n] = '\0';
	return out;
}
