/* SPDX-License-Identifier: ISC */
/* Sizes, times and modes as people write them: "25MB", "30d", "0660"; and back. */
#ifndef HOPWARD_BASE_UNITS_H
#define HOPWARD_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All return 0, or -1 for what is no such thing or too large.  A unit is required except for "0". */
int	units_size(const char *, uint64_t *bytes);	/* B KB MB GB TB, 1024 each; "K" and "KiB" too */
int	units_time(const char *, uint64_t *ms);		/* ms s m h d w y: 365 days */
int	units_mode(const char *, mode_t *);		/* octal, leading 0 required, at most 0777 */
/* The shortest exact spelling, e.g. "25MB", "90s"; out of at least 32 octets. */
void	units_size_str(uint64_t bytes, char *, size_t);
void	units_time_str(uint64_t ms, char *, size_t);

#endif
