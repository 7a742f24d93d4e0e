/* SPDX-License-Identifier: ISC */
/* The file of exceptions on disk: read whole, replaced whole. */
#ifndef HOPWARD_EXCEPT_FILE_H
#define HOPWARD_EXCEPT_FILE_H

#include <sys/types.h>

#include "base/buf.h"

/*
 * Its directory may be another user's than root's, so neither follows a
 * symbolic link at the file's own name, waits for a FIFO, or reads more than
 * EXCEPTION_TEXT_MAX.  Both: 0, or -1 with one line in err.
 */
/* Appends the text.  1: there is no such file. */
int	except_file_read(const char *path, struct buf *out, char *err, size_t errlen);
/*
 * Either the old or the new text is there, whatever happens meanwhile.  Owner
 * and mode stay; a new file is of mode 0640 and the group ((gid_t)-1: our own).
 */
int	except_file_write(const char *path, gid_t group, const struct buf *text, char *err, size_t errlen);

#endif
