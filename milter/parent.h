/* SPDX-License-Identifier: ISC */
/* The process that owns privilege: starts, watches and restarts the front and the scanners. */
#ifndef HOPWARD_PARENT_H
#define HOPWARD_PARENT_H

#include "conf.h"

/*
 * Runs until SIGTERM or SIGINT (0) or until it cannot go on (a code of
 * sysexits.h).  `conf` is taken.  `ready` (may be -1) is closed after one
 * octet was written to it when the milter socket is open: for whoever waits in
 * the foreground.  The process must be single-threaded.
 */
int	parent_run(struct conf *conf, const char *path, const char *const *overrides, int ready);

#endif
