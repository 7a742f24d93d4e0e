/* SPDX-License-Identifier: ISC */
/* Starts one hopward-scan and holds its ends: the queues, the reports, the control stream.  For the parent and for hopwardctl scan. */
#ifndef HOPWARD_GENERATION_H
#define HOPWARD_GENERATION_H

#include <sys/types.h>

#include "conf.h"

/* Descriptors a hopward-scan finds open when it starts; anything else is closed. */
#define SCAN_FD_SETTINGS	3	/* memfd: scan_settings */
#define SCAN_FD_SMALL		4	/* queue, receiving end */
#define SCAN_FD_LARGE		5
#define SCAN_FD_REPORTS		6	/* SEQPACKET, sending end: scan_report */
#define SCAN_FD_CTL		7	/* stream to whoever started it; end of file: drain and exit */

struct generation {
	pid_t			 pid;
	int			 ctl;		/* frames of enum scan_ctl come here */
	int			 small, large;	/* sending ends; a front gets duplicates */
	int			 reports;
	struct engine_info	*info;		/* after READY */
	uint64_t		 started_ns;
	uint32_t		 crashes;
	unsigned int		 number;
};

/*
 * Forks and execs.  As root: own mount, network and IPC namespaces, a tmpfs of
 * scratch_size on parent.scratch, then the scan user.  Otherwise a directory
 * below parent.scratch, same user.  Does not wait for READY.  0 or -1 with err.
 */
int	generation_start(const struct conf *, unsigned int number, struct generation **, char *err, size_t errlen);
/* Takes one frame from ctl (call when readable).  1: became ready, 0: nothing to do, -1: failed or gone, err filled. */
int	generation_event(struct generation *, char *err, size_t errlen);
/* Closes all ends, so that it drains and exits; the pid is still to be waited for. */
void	generation_close(struct generation *);
void	generation_free(struct generation *);

#endif
