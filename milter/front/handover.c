/* SPDX-License-Identifier: ISC */
/* Queues jobs to the current generation of scanners, waits for their answers, and tells an answer from a death. */

/*
 * Called by libmilter's threads (handover_scan) and by the control thread
 * (publish, withdraw).  Owns the sending ends of the queues, the report
 * sockets with a reader thread each, and (killers.c) the memory of messages that
 * crashed workers.  One lock guards all of it; nobody waits or writes while holding it.
 *
 * A slot is a job that was sent and not yet answered, so slots bound what can
 * lie in the kernel's queue.  Waiters for slots stand in line, one line a queue.
 * It judges nothing: deaths become outcomes with a detail, policy does the rest.
 */

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "front/handover.h"
#include "front/killers.h"

#define MS		UINT64_C(1000000)
#define REPORT_WAIT_MS	1000	/* the cause of a death comes from another process, a little later than the end of file */
#define FRAME_WAIT_MS	2000	/* a worker writes its whole answer at once; one that stalls inside is no worker of ours */
#define SEND_RETRY_MS	10	/* when the kernel's cap on descriptors in flight is reached, which poll(2) cannot show */
#define SEND_POLL_MS	100

enum { SMALL, LARGE, QUEUES };

/* One wait for a slot; stands in line, on its thread's stack. */
struct waiter {
	pthread_cond_t	 cond;
	struct waiter	*next;
};

/* One job in a scanner's hands, on its thread's stack. */
struct job {
	uint64_t	 id;
	int		 reported;
	struct scan_report report;
	pthread_cond_t	 cond;
	struct job	*next;
};

struct generation_ref {
	struct handover		*h;
	unsigned int		 refs;		/* current, reader, every job and answer */
	uint32_t		 number;
	struct engine_info	*info;
	int			 queue[QUEUES];	/* -1 once drained */
	int			 reports;
	unsigned int		 slots[QUEUES];	/* jobs sent, not answered */
	int			 retired;
	int			 dead;		/* the report socket ended: hopward-scan is gone */
	struct job		*jobs;
};

struct handover {
	pthread_mutex_t		 lock;
	pthread_condattr_t	 monotonic;
	struct generation_ref	*current;
	struct waiter		*head[QUEUES], **tail[QUEUES];
	unsigned int		 readers;
	pthread_cond_t		 readers_gone;
	uint64_t		 next_id;
	struct killers		 killers;
	void			(*drained)(void *, uint32_t);
	void			*drained_arg;
	_Atomic uint64_t	*shown[QUEUES];
};

/* The client's patience: progress() when it is due. */
struct pacer {
	int		(*progress)(void *);
	void		*arg;
	uint64_t	 every_ns, next_ns;
};

enum job_end { JOB_DONE, JOB_UNSENT, JOB_LOST };

/* ---- time ---- */

static struct timespec
timespec_at(uint64_t ns)
{
	struct timespec ts;

	ts.tv_sec = (time_t)(ns / (1000 * MS));
	ts.tv_nsec = (long)(ns % (1000 * MS));
	return ts;
}

static uint64_t
min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int
ms_until(uint64_t ns, uint64_t now)
{
	uint64_t ms = ns > now ? (ns - now + MS - 1) / MS : 0;

	return ms > 60000 ? 60000 : (int)ms;
}

/* Without the lock: it writes to the client.  0, or -1: the client is gone. */
static int
pacer_due(struct pacer *p, uint64_t now)
{
	if (now < p->next_ns)
		return 0;
	p->next_ns = now + p->every_ns;
	return p->progress(p->arg);
}

/* ---- generations ---- */

static void
gen_put(struct generation_ref *gen)
{
	struct handover *h;
	unsigned int left;

	if (gen == NULL)
		return;
	h = gen->h;
	pthread_mutex_lock(&h->lock);
	left = --gen->refs;
	pthread_mutex_unlock(&h->lock);
	if (left > 0)
		return;
	if (gen->queue[SMALL] != -1)
		close(gen->queue[SMALL]);
	if (gen->queue[LARGE] != -1)
		close(gen->queue[LARGE]);
	if (gen->reports != -1)
		close(gen->reports);
	engine_info_free(gen->info);
	free(gen);
}

/* Lock held.  1 once: the generation is retired and its last job has ended; its ends are closed and drained() is due. */
static int
gen_drains(struct generation_ref *gen)
{
	if (!gen->retired || gen->slots[SMALL] + gen->slots[LARGE] > 0 ||
	    gen->queue[SMALL] == -1)
		return 0;
	close(gen->queue[SMALL]);
	close(gen->queue[LARGE]);
	gen->queue[SMALL] = gen->queue[LARGE] = -1;
	shutdown(gen->reports, SHUT_RDWR);	/* wakes the reader */
	return 1;
}

static void
line_wake(struct handover *h)
{
	if (h->head[SMALL] != NULL)
		pthread_cond_signal(&h->head[SMALL]->cond);
	if (h->head[LARGE] != NULL)
		pthread_cond_signal(&h->head[LARGE]->cond);
}

/* Makes `gen` (or nothing) the current one and lets the former go. */
static void
gen_replace(struct handover *h, struct generation_ref *gen,
    const struct generation_ref *only_if)
{
	struct generation_ref *old;
	int drained = 0;
	uint32_t number = 0;

	pthread_mutex_lock(&h->lock);
	old = h->current;
	if (only_if != NULL && old != only_if) {
		pthread_mutex_unlock(&h->lock);
		return;
	}
	h->current = gen;
	if (old != NULL) {
		old->retired = 1;
		drained = gen_drains(old);
		number = old->number;
	}
	line_wake(h);
	pthread_mutex_unlock(&h->lock);
	if (drained)
		h->drained(h->drained_arg, number);
	gen_put(old);
}

/* Reads causes of death until hopward-scan is gone or the generation is drained. */
static void *
gen_reader(void *arg)
{
	struct generation_ref *gen = arg;
	struct handover *h = gen->h;
	struct scan_report report;
	struct job *job;
	char packet[64];
	ssize_t n;
	int nfds;

	while ((n = fdpass_recv(gen->reports, packet, sizeof(packet), NULL, 0, &nfds, 0)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EBADMSG)
			break;
		if (n == -1 || scan_report_decode(packet, (size_t)n, &report) == -1) {
			log_warn("generation %u: bad report from the scanner", gen->number);
			continue;
		}
		pthread_mutex_lock(&h->lock);
		for (job = gen->jobs; job != NULL; job = job->next)
			if (job->id == report.id) {
				job->report = report;
				job->reported = 1;
				pthread_cond_signal(&job->cond);
			}
		pthread_mutex_unlock(&h->lock);
	}
	pthread_mutex_lock(&h->lock);
	gen->dead = 1;
	for (job = gen->jobs; job != NULL; job = job->next)
		pthread_cond_signal(&job->cond);
	pthread_mutex_unlock(&h->lock);
	/* New mail shall wait for a living scanner, not in a dead one's queue. */
	gen_replace(h, NULL, gen);
	gen_put(gen);
	pthread_mutex_lock(&h->lock);
	h->readers--;
	pthread_cond_broadcast(&h->readers_gone);
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

int
handover_new(void (*drained)(void *, uint32_t), void *arg,
    _Atomic uint64_t *queued_small, _Atomic uint64_t *queued_large, struct handover **out)
{
	struct handover *h;

	*out = NULL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return -1;
	pthread_mutex_init(&h->lock, NULL);
	killers_init(&h->killers);
	pthread_condattr_init(&h->monotonic);
	pthread_condattr_setclock(&h->monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&h->readers_gone, NULL);
	h->tail[SMALL] = &h->head[SMALL];
	h->tail[LARGE] = &h->head[LARGE];
	h->drained = drained;
	h->drained_arg = arg;
	h->shown[SMALL] = queued_small;
	h->shown[LARGE] = queued_large;
	*out = h;
	return 0;
}

void
handover_free(struct handover *h)
{
	if (h == NULL)
		return;
	handover_withdraw(h);
	pthread_mutex_lock(&h->lock);
	while (h->readers > 0)
		pthread_cond_wait(&h->readers_gone, &h->lock);
	pthread_mutex_unlock(&h->lock);
	pthread_cond_destroy(&h->readers_gone);
	pthread_condattr_destroy(&h->monotonic);
	pthread_mutex_destroy(&h->lock);
	killers_destroy(&h->killers);
	free(h);
}

int
handover_publish(struct handover *h, uint32_t number, struct engine_info *info, const int fds[3])
{
	struct generation_ref *gen;
	pthread_attr_t attr;
	pthread_t thread;
	int rv, serves;

	/* Ending one of two that share their sockets would end both. */
	pthread_mutex_lock(&h->lock);
	serves = h->current != NULL && h->current->number == number;
	pthread_mutex_unlock(&h->lock);
	if (serves || (gen = calloc(1, sizeof(*gen))) == NULL) {
		engine_info_free(info);
		close(fds[0]);
		close(fds[1]);
		close(fds[2]);
		return serves ? 0 : -1;
	}
	gen->h = h;
	gen->refs = 2;
	gen->number = number;
	gen->info = info;
	gen->queue[SMALL] = fds[0];
	gen->queue[LARGE] = fds[1];
	gen->reports = fds[2];
	pthread_mutex_lock(&h->lock);
	h->readers++;
	pthread_mutex_unlock(&h->lock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rv = pthread_create(&thread, &attr, gen_reader, gen);
	pthread_attr_destroy(&attr);
	if (rv != 0) {
		/* Deaths stay unexplained, and hopward-scan's own is seen only when sending fails; mail is scanned all the same. */
		log_error("generation %u: no thread for its reports: %s", number, strerror(rv));
		gen->refs = 1;
		pthread_mutex_lock(&h->lock);
		h->readers--;
		pthread_mutex_unlock(&h->lock);
	}
	gen_replace(h, gen, NULL);
	return 0;
}

void
handover_withdraw(struct handover *h)
{
	gen_replace(h, NULL, NULL);
}

/* ---- slots ---- */

static void
line_leave(struct handover *h, int kind, struct waiter *w)
{
	struct waiter **p;

	for (p = &h->head[kind]; *p != NULL; p = &(*p)->next)
		if (*p == w) {
			*p = w->next;
			if (h->tail[kind] == &w->next)
				h->tail[kind] = p;
			break;
		}
	/* The one behind may have a slot as well. */
	if (h->head[kind] != NULL)
		pthread_cond_signal(&h->head[kind]->cond);
}

static void
answer_fail(struct handover_answer *a, enum outcome outcome, const char *detail)
{
	a->failed = outcome;
	snprintf(a->detail, sizeof(a->detail), "%s", detail);
}

static void
answer_gone(struct handover_answer *a)
{
	answer_fail(a, OUTCOME_NOT_SCANNED, "client gone");
	a->gone = 1;
}

/*
 * Waits in line for a generation and a slot in its queue.  The scanner's
 * deadline starts when there is a scanner to meet it; for a scanner the wait is
 * engine_wait_ms, and never beyond `last`, however often one comes and goes.
 * 0 with gen (a reference and a slot) and deadline, or -1 with the answer filled.
 */
static int
slot_take(struct handover *h, int kind, const struct handover_bounds *b, uint64_t last,
    struct pacer *pacer, struct generation_ref **out, uint64_t *deadline, struct handover_answer *a)
{
	uint64_t now = clock_mono_ns(), until = 0;
	uint64_t engine_until = min64(now + b->engine_wait_ms * MS, last);
	struct generation_ref *gen;
	struct timespec ts;
	struct waiter w;
	int rv = -1;

	*deadline = 0;
	w.next = NULL;
	pthread_cond_init(&w.cond, &h->monotonic);
	pthread_mutex_lock(&h->lock);
	*h->tail[kind] = &w;
	h->tail[kind] = &w.next;
	for (;;) {
		now = clock_mono_ns();
		gen = h->current;
		if (gen == NULL) {
			*deadline = 0;
			until = engine_until;
		} else {
			if (*deadline == 0)
				*deadline = now + b->scan_timeout_ms * MS;
			until = *deadline;
		}
		if (now >= until) {
			if (gen == NULL)
				answer_fail(a, OUTCOME_UNAVAILABLE, "no scanner");
			else
				answer_fail(a, OUTCOME_TIMEOUT, "queue");
			break;
		}
		if (gen != NULL && h->head[kind] == &w && gen->slots[kind] < b->queue_max) {
			gen->slots[kind]++;
			gen->refs++;
			*out = gen;
			rv = 0;
			break;
		}
		if (now >= pacer->next_ns) {
			pthread_mutex_unlock(&h->lock);
			rv = pacer_due(pacer, now);
			pthread_mutex_lock(&h->lock);
			if (rv == -1) {
				answer_gone(a);
				break;
			}
			rv = -1;
			continue;
		}
		ts = timespec_at(min64(until, pacer->next_ns));
		pthread_cond_timedwait(&w.cond, &h->lock, &ts);
	}
	line_leave(h, kind, &w);
	if (rv == 0 && h->shown[kind] != NULL)
		atomic_fetch_add(h->shown[kind], 1);
	pthread_mutex_unlock(&h->lock);
	pthread_cond_destroy(&w.cond);
	return rv;
}

/* Keeps the reference. */
static void
slot_give(struct handover *h, int kind, struct generation_ref *gen)
{
	int drained;

	pthread_mutex_lock(&h->lock);
	gen->slots[kind]--;
	drained = gen_drains(gen);
	line_wake(h);
	if (h->shown[kind] != NULL)
		atomic_fetch_sub(h->shown[kind], 1);
	pthread_mutex_unlock(&h->lock);
	if (drained)
		h->drained(h->drained_arg, gen->number);
}

/* ---- one job ---- */

static void
job_enter(struct handover *h, struct generation_ref *gen, struct job *job)
{
	memset(job, 0, sizeof(*job));
	pthread_cond_init(&job->cond, &h->monotonic);
	pthread_mutex_lock(&h->lock);
	job->id = ++h->next_id;
	job->next = gen->jobs;
	gen->jobs = job;
	pthread_mutex_unlock(&h->lock);
}

static void
job_leave(struct handover *h, struct generation_ref *gen, struct job *job)
{
	struct job **p;

	pthread_mutex_lock(&h->lock);
	for (p = &gen->jobs; *p != NULL; p = &(*p)->next)
		if (*p == job) {
			*p = job->next;
			break;
		}
	pthread_mutex_unlock(&h->lock);
	pthread_cond_destroy(&job->cond);
}

/* 1: a report came; 0: none within the bound; -1: nor will any, its sender is gone. */
static int
job_wait_report(struct handover *h, struct generation_ref *gen, struct job *job)
{
	struct timespec ts = timespec_at(clock_mono_ns() + REPORT_WAIT_MS * MS);
	int rv = 0;

	pthread_mutex_lock(&h->lock);
	while (!job->reported && !gen->dead)
		if (pthread_cond_timedwait(&job->cond, &h->lock, &ts) == ETIMEDOUT)
			break;
	if (job->reported)
		rv = 1;
	else if (gen->dead)
		rv = -1;
	pthread_mutex_unlock(&h->lock);
	return rv;
}

/* Sends the job.  JOB_DONE: the answer is filled (no time, client gone, no resources); JOB_LOST here means: sent. */
static enum job_end
job_send(struct handover *h, struct generation_ref *gen, int kind, const struct spool *sp,
    uint64_t id, uint64_t deadline, int reply, struct pacer *pacer, struct handover_answer *a)
{
	struct scan_job wire = { .id = id, .deadline_ns = deadline,
	    .size = spool_octets(sp), .prefix_len = spool_prefix(sp) };
	int fds[2] = { spool_fd(sp), reply };
	enum job_end end = JOB_DONE;
	struct pollfd pfd;
	struct buf packet;
	uint64_t now;

	buf_init(&packet, SCAN_JOB_WIRE_MAX);
	if (scan_job_encode(&wire, &packet) == -1) {
		answer_fail(a, OUTCOME_NOT_SCANNED, "memory");
		goto out;
	}
	while (fdpass_send(gen->queue[kind], packet.data, packet.len, fds, 2, MSG_DONTWAIT) == -1) {
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) {
			log_warn("generation %u: its queue has no reader", gen->number);
			gen_replace(h, NULL, gen);
			end = JOB_UNSENT;
			goto out;
		}
		if (errno != EAGAIN && errno != ETOOMANYREFS && errno != ENOBUFS &&
		    errno != ENOMEM && errno != EINTR) {
			log_error("handing over: %s", strerror(errno));
			answer_fail(a, OUTCOME_NOT_SCANNED, "hand-over");
			goto out;
		}
		pfd.fd = errno == EAGAIN ? gen->queue[kind] : -1;
		pfd.events = POLLOUT;
		now = clock_mono_ns();
		if (now >= deadline) {
			answer_fail(a, OUTCOME_TIMEOUT, "queue");
			goto out;
		}
		if (pacer_due(pacer, now) == -1) {
			answer_gone(a);
			goto out;
		}
		poll(&pfd, 1, pfd.fd == -1 ? SEND_RETRY_MS : SEND_POLL_MS);
	}
	end = JOB_LOST;
out:
	buf_free(&packet);
	return end;
}

/* End of file without an answer: what killed the worker? */
static enum job_end
job_died(struct handover *h, struct generation_ref *gen, struct job *job, int *killer,
    struct handover_answer *a)
{
	int told = job_wait_report(h, gen, job);

	if (told == -1)
		return JOB_LOST;	/* hopward-scan itself is gone, and what it had queued with it */
	a->failed = OUTCOME_CRASH;
	if (told == 0) {
		answer_fail(a, OUTCOME_CRASH, "no report");
		return JOB_DONE;
	}
	switch (job->report.death) {
	case DEATH_SIGNAL:
		snprintf(a->detail, sizeof(a->detail), "signal %u", job->report.number);
		*killer = 1;
		break;
	case DEATH_DEADLINE:
		answer_fail(a, OUTCOME_TIMEOUT, "deadline");
		break;
	case DEATH_MEMORY:
		answer_fail(a, OUTCOME_CRASH, "memory");
		break;
	case DEATH_OUTSIDE:
		answer_fail(a, OUTCOME_CRASH, "killed");
		break;
	case DEATH_EXIT:
		snprintf(a->detail, sizeof(a->detail), "exit %u", job->report.number);
		break;
	}
	return JOB_DONE;
}

/* A frame that no worker of ours would write: its sender is condemned with the message in its hands. */
static void
job_bad(const struct generation_ref *gen, uint64_t id, const char *why, int *killer,
    struct handover_answer *a)
{
	log_warn("generation %u, job %llu: bad frame (%s)", gen->number,
	    (unsigned long long)id, why);
	answer_fail(a, OUTCOME_CRASH, "bad frame");
	*killer = 1;
}

/* The reply socket is readable or ended. */
static enum job_end
job_read(struct handover *h, struct generation_ref *gen, struct job *job, int fd,
    uint64_t deadline, int *killer, struct handover_answer *a)
{
	uint64_t limit = min64(deadline, clock_mono_ns() + FRAME_WAIT_MS * MS);
	enum job_end end = JOB_DONE;
	enum frame_status status;
	struct buf payload;
	uint32_t type;

	buf_init(&payload, SCAN_REPLY_MAX);
	status = frame_read(fd, limit, &type, &payload);
	if (status == FRAME_EOF)
		end = job_died(h, gen, job, killer, a);
	else if (status == FRAME_TIMEOUT && clock_mono_ns() >= deadline)
		answer_fail(a, OUTCOME_TIMEOUT, "deadline");
	else if (status != FRAME_OK)
		job_bad(gen, job->id, status == FRAME_TIMEOUT ? "cut" : "no frame", killer, a);
	else if (type == SCAN_REPLY_EXPIRED && payload.len == 0)
		answer_fail(a, OUTCOME_TIMEOUT, "deadline");
	else if (type != SCAN_REPLY_RESULT)
		job_bad(gen, job->id, "unknown type", killer, a);
	else if (scan_result_decode(payload.data, payload.len, &a->scan) == -1)
		job_bad(gen, job->id, "no scan result", killer, a);
	else if (a->scan->parts_count == 0) {
		scan_result_free(a->scan);
		a->scan = NULL;
		job_bad(gen, job->id, "a result of nothing", killer, a);
	}
	buf_free(&payload);
	return end;
}

static enum job_end
job_run(struct handover *h, struct generation_ref *gen, int kind, const struct spool *sp,
    uint64_t deadline, struct pacer *pacer, int *killer, struct handover_answer *a)
{
	struct pollfd pfd = { .events = POLLIN };
	enum job_end end = JOB_DONE;
	int reply[2] = { -1, -1 }, n;
	struct job job;
	uint64_t now;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, reply) == -1) {
		log_error("handing over: socketpair: %s", strerror(errno));
		answer_fail(a, OUTCOME_NOT_SCANNED, "hand-over");
		return JOB_DONE;
	}
	job_enter(h, gen, &job);
	end = job_send(h, gen, kind, sp, job.id, deadline, reply[1], pacer, a);
	/* At once: the worker's death shall be end of file here. */
	close(reply[1]);
	if (end != JOB_LOST)
		goto out;
	end = JOB_DONE;
	pfd.fd = reply[0];
	for (;;) {
		now = clock_mono_ns();
		if (pacer_due(pacer, now) == -1) {
			answer_gone(a);
			break;
		}
		n = poll(&pfd, 1, ms_until(min64(deadline, pacer->next_ns), now));
		if (n > 0) {
			end = job_read(h, gen, &job, reply[0], deadline, killer, a);
			break;
		}
		if (n == 0 && clock_mono_ns() >= deadline) {
			answer_fail(a, OUTCOME_TIMEOUT, "deadline");
			break;
		}
	}
out:
	job_leave(h, gen, &job);
	close(reply[0]);
	return end;
}

/* ---- all of it ---- */

static void
answer_times(struct handover_answer *a, uint64_t began, uint64_t sent)
{
	uint64_t now = clock_mono_ns();
	uint64_t all = (now - began) / MS, scan;

	if (a->scan != NULL)
		scan = a->scan->scan_us / 1000;
	else
		scan = sent != 0 ? (now - sent) / MS : 0;
	/* The worker's own figure is only its claim. */
	if (scan > all)
		scan = all;
	a->scan_ms = (uint32_t)min64(scan, UINT32_MAX);
	a->queue_ms = (uint32_t)min64(all - scan, UINT32_MAX);
}

void
handover_scan(struct handover *h, const struct spool *sp, const struct handover_bounds *b,
    int (*progress)(void *), void *arg, struct handover_answer *a)
{
	struct pacer pacer = { progress, arg, b->progress_ms * MS, 0 };
	int kind = spool_size(sp) > b->large_size ? LARGE : SMALL;
	uint64_t began = clock_mono_ns(), sent = 0, deadline;
	uint64_t last = began + (b->engine_wait_ms + b->scan_timeout_ms) * MS;
	struct generation_ref *gen = NULL;
	enum job_end end;
	int killer = 0, lost = 0;

	memset(a, 0, sizeof(*a));
	if (pacer.every_ns == 0)
		pacer.every_ns = 1000 * MS;
	pacer.next_ns = began + pacer.every_ns;
	if (killers_known(&h->killers, sp)) {
		answer_fail(a, OUTCOME_CRASH, "remembered");
		return;
	}
	while (slot_take(h, kind, b, last, &pacer, &gen, &deadline, a) == 0) {
		gen_put(a->gen);
		a->gen = gen;
		a->engine = gen->info;
		sent = clock_mono_ns();
		end = job_run(h, gen, kind, sp, deadline, &pacer, &killer, a);
		slot_give(h, kind, gen);
		if (end == JOB_DONE)
			break;
		/* Unsent: nothing was tried.  Lost with its scanner: tried once more, by the next one. */
		if (end == JOB_LOST && ++lost > 1) {
			answer_fail(a, OUTCOME_CRASH, "scanner gone");
			break;
		}
		log_warn("generation %u went with a job in its hands: handing it over again", gen->number);
		/* Its successor, not itself. */
		gen_replace(h, NULL, gen);
	}
	if (killer)
		killers_note(&h->killers, sp);
	answer_times(a, began, sent);
}

void
handover_answer_free(struct handover_answer *a)
{
	if (a == NULL)
		return;
	scan_result_free(a->scan);
	gen_put(a->gen);
	memset(a, 0, sizeof(*a));
}
