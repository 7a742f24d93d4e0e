/* SPDX-License-Identifier: ISC */
/* The process that owns privilege: starts, watches and restarts the front and the scanners. */
#ifndef HOPWARD_PARENT_H
#define HOPWARD_PARENT_H

#include "conf.h"

/*
 * Runs until SIGTERM or SIGINT (0) or until it cannot go on (a code of
 * sysexits.h).  `conf` is taken.  `ready` (may be -1), for whoever waits in the
 * foreground: closed after one octet 0 was written when the first engine is
 * ready, or else after the reason why not.  The process must be single-threaded.
 */
int	parent_run(struct conf *conf, const char *path, const char *const *overrides, int ready);

#endif
