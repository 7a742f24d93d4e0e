/* SPDX-License-Identifier: ISC */
/* Puts a spooled message on a scanner's queue and waits for what came of it. */
#ifndef HOPWARD_FRONT_HANDOVER_H
#define HOPWARD_FRONT_HANDOVER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "front/spool.h"
#include "judge/facts.h"

struct handover;

/* What handover takes from the settings of the message (see front.h). */
struct handover_bounds {
	uint64_t	 scan_timeout_ms;
	uint64_t	 engine_wait_ms;
	uint64_t	 progress_ms;
	uint64_t	 large_size;
	uint32_t	 queue_max;
};

struct generation_ref;

struct handover_answer {
	struct scan_result	*scan;		/* owned; NULL: none came, then: */
	enum outcome		 failed;	/* TIMEOUT CRASH UNAVAILABLE NOT_SCANNED */
	char			 detail[64];
	int			 gone;		/* progress() failed: nobody waits for the answer */
	const struct engine_info *engine;	/* of the generation that was asked; NULL; lives as long as the answer */
	uint32_t		 queue_ms, scan_ms;
	struct generation_ref	*gen;		/* handover's own */
};

/*
 * `drained` is called, without locks, from any thread, with the number of an
 * older generation whose last job has ended.  `queued`: two counters to show, or NULL.
 */
int	handover_new(void (*drained)(void *, uint32_t number), void *arg,
	    _Atomic uint64_t *queued_small, _Atomic uint64_t *queued_large, struct handover **);
void	handover_free(struct handover *);	/* nobody may wait in it any more */

/*
 * A generation is ready: new jobs go to its queues, the one before is let go
 * when its last job has ended.  One that serves already is left as it is.
 * Takes info and the three descriptors, also on failure.  0 or -1.
 */
int	handover_publish(struct handover *, uint32_t number, struct engine_info *, const int fds[3]);
/* No generation: mail waits for the next. */
void	handover_withdraw(struct handover *);

/*
 * Called by libmilter's threads.  Borrows the sealed spool.  Calls progress()
 * every progress_ms; -1 from it means that the client is gone: the worker is
 * hung up on.  Always fills the answer; free it with handover_answer_free().
 */
void	handover_scan(struct handover *, const struct spool *, const struct handover_bounds *,
	    int (*progress)(void *), void *arg, struct handover_answer *);
void	handover_answer_free(struct handover_answer *);

#endif
