/* SPDX-License-Identifier: ISC */
/* Starts journalctl, so that the mail of systemd's journal can be read as lines of a log. */
#ifndef HOPWARD_CTL_JOURNAL_H
#define HOPWARD_CTL_JOURNAL_H

#include <sys/types.h>

#include <stdint.h>

#include "ctl/ctl.h"

/*
 * The journal's mail from the second of `since_us` on (0: from its beginning),
 * and what comes later.  *fd to be read and closed, *pid to be ended and waited for.
 * 0, or an exit code after telling why.
 */
int	journal_start(const struct ctl *, uint64_t since_us, pid_t *pid, int *fd);

#endif
