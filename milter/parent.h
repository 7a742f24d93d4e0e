/* SPDX-License-Identifier: ISC */
/* The process that owns privilege: starts, watches and restarts the front and the scanners. */
#ifndef HOPWARD_PARENT_H
#define HOPWARD_PARENT_H

#include "conf.h"
#include "watch.h"
#include "generation.h"

#define PARENT_OLD_MAX		8	/* generations that drain at once; one more waits */
#define PARENT_EVENTS_MAX	16	/* events kept while no front can record them */

struct parent {
	/* configuration, and how to read it anew */
	struct conf		*conf;
	const char		*path;
	const char *const	*overrides;
	/* the front */
	struct front_stats	*stats;		/* shared page, see front/front.h */
	pid_t			 front_pid;	/* -1: none */
	int			 front;		/* its control socket, -1: none */
	int			 listening;
	uint64_t		 front_started_ns;
	uint64_t		 front_due_ns;	/* start it then; 0: not due */
	int			 front_status;	/* of its latest end, as waitpid(2) gave it */
	/* scanners */
	struct generation	*current;	/* serves; NULL: none does */
	struct generation	*loading;	/* its engine is not ready yet */
	struct generation	*old[PARENT_OLD_MAX];
	unsigned int		 numbers;	/* generations started so far */
	int			 wanted;	/* a fresh one is wanted as soon as one may start */
	uint64_t		 wanted_due_ns;	/* not before */
	uint64_t		 loading_due_ns;	/* it is killed then */
	unsigned int		 failures;	/* loads that failed in a row */
	struct watch		 watch;
	char			 last_error[512];	/* "" after a success */
	/* hopwardctl */
	int			 control;	/* listening socket, -1: none */
	/* life */
	uint64_t		 started_ns;
	int			 stopping;
	uint64_t		 stop_due_ns;
	int			 exit_code;
	int			 served;	/* an engine has been ready once */
	struct buf		 events[PARENT_EVENTS_MAX];
	unsigned int		 events_count;
};

/*
 * Runs until SIGTERM or SIGINT (0) or until it cannot go on (a code of
 * sysexits.h).  `conf` is taken.  `ready` (may be -1) is closed after one
 * octet was written to it when the milter socket is open: for whoever waits in
 * the foreground.  The process must be single-threaded.
 */
int	parent_run(struct conf *conf, const char *path, const char *const *overrides, int ready);

/* For control.c: reads the configuration anew and asks for a fresh generation.  0, or -1 with lines in errs. */
int	parent_reload(struct parent *, struct buf *errs);

#endif
