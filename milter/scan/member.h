/* SPDX-License-Identifier: ISC */
/* Names of members of containers, from an archive's octets to UTF-8. */
#ifndef HOPWARD_SCAN_MEMBER_H
#define HOPWARD_SCAN_MEMBER_H

#include <stddef.h>

/*
 * A copy in UTF-8 of at most `max` octets; where the name is longer its end is
 * kept, which has the extension.  Octets that are no UTF-8 are taken for
 * ISO 8859-1: no archive says what they are, and extensions are the same in all.
 * NULL: no memory.
 */
char	*member_name(const char *octets, size_t max);

#endif
