/* SPDX-License-Identifier: ISC */
/* One closed file of records -> the same compressed, and nothing lost at any instant. */
#ifndef HOPWARD_RECORD_PACK_H
#define HOPWARD_RECORD_PACK_H

#include <stdatomic.h>
#include <stddef.h>

/* What a file is written under until it is whole: ".NAME.new". */
#define PACK_NEW	".new"

/*
 * NAME of the directory becomes NAME.zst, of the same owner, group, mode and time: written beside, synced, read back
 * and compared, renamed, and only then is the plain file unlinked.  Where both are there already the plain one
 * goes if the other is proved to be the same, and the other goes if it is not whole; two whole ones that differ are
 * an error, and stay.  *stop, if not NULL, is looked at between chunks: not 0 leaves all as it was.
 * 0, 1: stopped, -1 with err (ENOSPC and the like): the plain file is there.
 */
int	pack_file(int directory, const char *name, const atomic_int *stop, char *err, size_t errlen);

#endif
