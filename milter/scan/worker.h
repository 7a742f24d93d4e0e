/* SPDX-License-Identifier: ISC */
/* One worker: takes a job from its queue, walks and scans the message, answers with facts, dies. */
#ifndef HOPWARD_SCAN_WORKER_H
#define HOPWARD_SCAN_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "judge/facts.h"
#include "scan/engine.h"
#include "scan/type.h"

enum { QUEUE_SMALL, QUEUE_LARGE, QUEUES };

/* What main made before the fork; all borrowed. */
struct worker_env {
	const struct scan_settings	*settings;
	struct engine			*engine;	/* NULL: walk only */
	struct types			*types;		/* NULL: libmagic did not load */
	int				 queue[QUEUES];
	pid_t				 main;
	int				 log_stderr;
};

/*
 * Between main and each worker, a SOCK_SEQPACKET pair.  Main sends one octet,
 * the ticket: the number of the queue.  The worker sends notes, before it
 * touches a byte of a job and, if it takes more than one, after it.
 */
enum worker_note_kind { WORKER_NOTE_JOB = 1, WORKER_NOTE_DONE = 2 };
struct worker_note {
	enum worker_note_kind	kind;
	uint64_t		id;
	uint64_t		deadline_ns;
};
#define WORKER_NOTE_WIRE_MAX	32
int	worker_note_encode(const struct worker_note *, struct buf *);
int	worker_note_decode(const void *, size_t, struct worker_note *);

/* The directory for temporary files of process `pid`: made by the worker, removed by main. */
int	worker_scratch(const struct scan_settings *, pid_t pid, char *path, size_t size);

/* In the child, right after the fork.  Takes `channel`; every other descriptor but the queues is closed. */
void	worker_run(const struct worker_env *, int channel) __attribute__((noreturn));

#endif
