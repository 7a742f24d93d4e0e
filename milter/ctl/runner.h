/* SPDX-License-Identifier: ISC */
/* A hopward-scan of hopwardctl's own: started once, fed with many messages, all its workers busy. */
#ifndef HOPWARD_CTL_RUNNER_H
#define HOPWARD_CTL_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "judge/facts.h"

/*
 * Where objects go that a scanner hands out (scan_settings.hand_out).  Called by runner_step(): object() before its octets,
 * which come in order and are as many as it said.  A worker that says otherwise is taken for hijacked: crash, "bad frame".
 * 0, or -1: nothing more of this message is wanted.
 */
struct task_sink {
	int	(*object)(void *arg, const struct scan_object *);
	int	(*octets)(void *arg, const void *, size_t);
	void	*arg;
};

/* One message on its way.  The caller owns it; the runner fills what is below the line. */
struct task {
	int			 fd;		/* sealed memfd, or -1; the runner closes it when it is done */
	uint64_t		 size;		/* octets of the memfd */
	uint32_t		 prefix_len;
	const struct task_sink	*sink;		/* borrowed; NULL: objects are not asked for */
	/* ---- */
	uint64_t		 id;
	int			 reply;		/* -1 unless on its way */
	int			 large;
	uint64_t		 sent_ns, deadline_ns;
	uint32_t		 object;	/* number of the last one that came; 0 */
	uint64_t		 object_left;	/* octets it still owes */
	uint64_t		 hangup_ns;	/* the reply socket ended without an answer; 0: not */
	int			 done;
	struct scan_result	*result;	/* owned by the task; NULL: none came, then: */
	enum outcome		 failed;	/* TIMEOUT CRASH UNAVAILABLE NOT_SCANNED */
	char			 detail[96];
	uint32_t		 took_ms;
};

void	task_free(struct task *);	/* frees members only */

struct runner;

/*
 * Makes private scratch space, starts a scanner and waits until its engine is
 * loaded, calling tick() about four times a second (may be NULL).  The configuration is
 * borrowed and its scratch directory set.  SIGINT, SIGTERM and SIGHUP are blocked from now on
 * and read by the runner.  Gives the runner, or NULL: err says why, *code is for exit.
 */
struct runner	*runner_start(struct conf *, void (*tick)(void *), void *arg, int *code, char *err, size_t errlen);
/* Ends the scanner, waits for it, removes the scratch space.  Tasks on their way must have been freed. */
void		 runner_free(struct runner *);
const struct engine_info *runner_engine(const struct runner *);	/* of the newest scanner; NULL */
const char	*runner_walls(const struct runner *);
/* The end of what the scanner wrote to its log, whole lines; "" if nothing. */
const char	*runner_said(const struct runner *);

/* Whether a message of this size finds an idle worker. */
int	runner_room(const struct runner *, uint64_t size);
/* Sends it; sets done at once where that fails.  The runner keeps the pointer until done. */
void	runner_put(struct runner *, struct task *);
/* Waits up to timeout_ms for something to happen and takes it.  0, or the number of a signal that says stop. */
int	runner_step(struct runner *, int timeout_ms);
/*
 * Waits, however long, until a read of fd has something to give (data, an end
 * or an error).  0, or the number of a signal that says stop.
 */
int	runner_wait_input(struct runner *, int fd);
/* The number of the first signal that said stop, once one has come; 0. */
int	runner_stopped(const struct runner *);

#endif
