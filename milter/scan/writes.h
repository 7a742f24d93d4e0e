/* SPDX-License-Identifier: ISC */
/* Notices every failed write of a temporary file, wherever in the process it is made. */
#ifndef HOPWARD_SCAN_WRITES_H
#define HOPWARD_SCAN_WRITES_H

/*
 * writes.c defines open, fopen, mkdir, write and their kin.  They do what the
 * C library's do; the program must be linked with -rdynamic, so that libclamav
 * binds to them.  Single-threaded use; one scratch directory per process.
 */

/* Failures for paths in `dir` (absolute) count; the last call holds. */
void		 writes_scratch(const char *dir);
/* From here on failures are remembered, the first one stays. */
void		 writes_watch(void);
/* Stops watching.  Returns the errno of the first failure since writes_watch(), or 0; *call names what failed. */
int		 writes_unwatch(const char **call);

#endif
