/* SPDX-License-Identifier: ISC */
/* The file with the parent's process id. */
#ifndef HOPWARD_PIDFILE_H
#define HOPWARD_PIDFILE_H

#include <stddef.h>

/* Whether `path` may become a pid file: it is not there, or a plain file that holds a number or nothing.  0 or -1 with err. */
int	pidfile_check(const char *path, char *err, size_t errlen);
int	pidfile_write(const char *path, char *err, size_t errlen);	/* 0 or -1 */
void	pidfile_remove(const char *path);	/* only if it still holds our own id */

#endif
