/* SPDX-License-Identifier: ISC */
/* Starts one hopward-scan and holds its ends: the queues, the reports, the control stream.  For the parent and for hopwardctl scan. */
#ifndef HOPWARD_GENERATION_H
#define HOPWARD_GENERATION_H

#include <sys/types.h>

#include "conf.h"

struct generation {
	unsigned int		 number;
	pid_t			 pid;
	int			 ctl;		/* frames of enum scan_ctl come here */
	int			 small, large;	/* sending ends; a front gets duplicates */
	int			 reports;
	struct engine_info	*info;		/* after READY; NULL before */
	uint64_t		 started_ns;
	uint32_t		 crashes;
	char			 walls[64];	/* what its process was shut off from: "uid tmpfs mount net ipc" */
	char			*scratch;	/* directory to remove afterwards; NULL where it is a private mount */
};

/*
 * Forks and execs conf->parent.scanner_path with the descriptors SCAN_FD_* of
 * judge/facts.h.  As root: own mount, network and IPC namespaces, a tmpfs of
 * scratch_size on parent.scratch, then the scan user.  Otherwise a directory
 * below parent.scratch and the same user.  Does not wait for READY.
 * 0, or -1 with err filled and *gen NULL.
 */
int	generation_start(const struct conf *, unsigned int number, struct generation **gen, char *err, size_t errlen);
/*
 * Takes one frame from ctl; call it when ctl is readable.
 * 1: became ready; 2: asks for a fresh generation (too many crashes); 0: nothing to do;
 * -1: failed or gone, err filled: close it.
 */
int	generation_event(struct generation *, char *err, size_t errlen);
/* Closes all ends, so that it drains and exits; the pid is still to be waited for. */
void	generation_close(struct generation *);
/* Closes what is open, removes the scratch directory.  The process must be gone.  NULL is fine. */
void	generation_free(struct generation *);

#endif
