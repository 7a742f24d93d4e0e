/* SPDX-License-Identifier: ISC */
/* Points in time as people type them, and as records have them. */
#ifndef HOPWARD_CTL_WHEN_H
#define HOPWARD_CTL_WHEN_H

#include <stddef.h>
#include <stdint.h>

/*
 * "2026-10-01", "2026-10-01 12:30[:00]" (local time), RFC 3339 with its offset,
 * "today", "yesterday", "now", or an age: "2h", "30d".  `end`: a whole day or minute means its end.  0 or -1.
 */
int	when_parse(const char *, uint64_t now_ms, int end, uint64_t *ms);
/* RFC 3339 alone, n octets, as records have it.  0 or -1. */
int	when_rfc3339(const char *, size_t n, uint64_t *ms);

#endif
