/* SPDX-License-Identifier: ISC */
/* Room on the records' disk that is taken beforehand, for the moment when there is no other. */
#ifndef HOPWARD_RECORD_RESERVE_H
#define HOPWARD_RECORD_RESERVE_H

#include <stdint.h>

enum reserve_state { RESERVE_OFF, RESERVE_WHOLE, RESERVE_LACKING };	/* lacking: given up, or no room to make it */

/*
 * Makes DIRECTORY/.STREAM.reserve of that size where it lacks and the disk has twice that besides; size 0 removes it.
 * Only the stream's writer calls it.  Sets *why (static, or of strerror) for LACKING.
 */
enum reserve_state reserve_make(const char *directory, const char *stream, uint64_t size, const char **why);
/*
 * A write failed with ENOSPC or EDQUOT: gives the room to the disk.  1: there was some, write again; 0: there was
 * none.  errno stays.  Said in the log.
 */
int	reserve_release(const char *directory, const char *stream);

#endif
