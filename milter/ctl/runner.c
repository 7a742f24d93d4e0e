/* SPDX-License-Identifier: ISC */
/* A hopward-scan of hopwardctl's own: started once, fed with many messages, all its workers busy. */
/*
 * The front's hand-over once more, for one thread and without an MTA: the same
 * packets, the same deadlines, the same words for what went wrong.  Never has
 * more messages on their way than there are workers, so a deadline begins when
 * the work does.  Restarts the scanner RESTARTS_MAX times when it dies or asks for it;
 * after that what is left comes out as unavailable.  Does not judge.
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/wire.h"
#include "ctl/runner.h"
#include "generation.h"

#define ON_WAY_MAX	512		/* messages on their way, whatever the number of workers */
#define RESTARTS_MAX	8		/* fresh scanners a run; more deaths are no accident */
#define REPORT_WAIT_NS	1000000000ULL	/* for the cause of death, after a worker hung up */
#define GRACE_NS	2000000000ULL	/* beyond the deadline, for the scanner's main to kill and tell */
#define TICK_MS		250
#define SAID_MAX	4096		/* of the scanner's log: the end is what tells */
#define STOP_WAIT_MS	3000		/* for the scanner to go by itself */

struct runner {
	struct conf		*conf;
	struct generation	*gen;		/* NULL: none is left */
	unsigned int		 number;
	int			 signals;	/* signalfd */
	int			 stopped;	/* the first signal that came from it; 0 */
	int			 renew;		/* a fresh scanner is asked for, when nothing is on its way */
	uint64_t		 next_id;
	struct task		*tasks[ON_WAY_MAX];
	size_t			 count;
	size_t			 small, large;	/* of them, per queue */
	int			 log;		/* reading end of the scanner's standard error */
	char			 said[2 * SAID_MAX];
	size_t			 said_len;
	char			 scratch[256];	/* ours to remove; "" */
	char			 why[256];	/* why there is no scanner */
};

void
task_free(struct task *t)
{
	if (t == NULL)
		return;
	if (t->fd != -1)
		close(t->fd);
	if (t->reply != -1)
		close(t->reply);
	scan_result_free(t->result);
	memset(t, 0, sizeof(*t));
	t->fd = t->reply = -1;
}

/* ---- scratch space ---- */

/* A directory of our own, in memory if possible: temporary files of strangers' mail. */
static int
scratch_make(struct runner *r, char *err, size_t errlen)
{
	const char *candidates[] = { getenv("XDG_RUNTIME_DIR"), "/dev/shm", getenv("TMPDIR"), "/tmp" };
	size_t i;
	char *copy;

	for (i = geteuid() == 0 ? 1 : 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i] == NULL || candidates[i][0] != '/' || strlen(candidates[i]) > 200)
			continue;
		snprintf(r->scratch, sizeof(r->scratch), "%s/hopwardctl.XXXXXX", candidates[i]);
		if (mkdtemp(r->scratch) == NULL)
			continue;
		if ((copy = strdup(r->scratch)) == NULL)
			break;
		free(r->conf->parent.scratch);
		r->conf->parent.scratch = copy;
		return 0;
	}
	r->scratch[0] = '\0';
	snprintf(err, errlen, "no directory for temporary files: %s (set TMPDIR)", strerror(errno));
	return -1;
}

/* ---- the scanner ---- */

static int
signals_take(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
signal_read(struct runner *r)
{
	struct signalfd_siginfo si;

	if (r->stopped == 0 && read(r->signals, &si, sizeof(si)) == (ssize_t)sizeof(si))
		r->stopped = (int)si.ssi_signo;
	return r->stopped;
}

/* Keeps the end of what the scanner logs; a pipe that nobody reads would fill up. */
static void
log_drain(struct runner *r)
{
	size_t cut;
	ssize_t n;

	for (;;) {
		if (r->said_len >= SAID_MAX) {
			cut = r->said_len - SAID_MAX / 2;
			memmove(r->said, r->said + cut, r->said_len - cut);
			r->said_len -= cut;
		}
		n = r->log == -1 ? -1 : read(r->log, r->said + r->said_len, SAID_MAX);
		if (n <= 0)
			break;
		r->said_len += (size_t)n;
	}
	r->said[r->said_len] = '\0';
	if (n == 0) {
		close(r->log);
		r->log = -1;
	}
}

const char *
runner_said(const struct runner *r)
{
	return r->said;
}

/* Of what it said; the line's end is cut off. */
static const char *
last_line(struct runner *r)
{
	char *nl;

	if (r->said_len > 0 && r->said[r->said_len - 1] == '\n')
		r->said[--r->said_len] = '\0';
	return (nl = strrchr(r->said, '\n')) != NULL ? nl + 1 : r->said;
}

/*
 * Starts the scanner with nothing of ours as its input and output: a hijacked
 * one must not write lines among those that we print.
 */
static int
scanner_fork(struct runner *r, char *err, size_t errlen)
{
	int saved[3] = { -1, -1, -1 }, null = -1, pipefd[2] = { -1, -1 }, i, rc = -1;

	if (r->log != -1)
		close(r->log);
	r->log = -1;
	fflush(stdout);
	fflush(stderr);
	for (i = 0; i < 3; i++)
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || pipe2(pipefd, O_CLOEXEC | O_NONBLOCK) == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(pipefd[1], 2) == -1)
		snprintf(err, errlen, "descriptors: %s", strerror(errno));
	else
		rc = generation_start(r->conf, ++r->number, &r->gen, err, errlen);
	for (i = 0; i < 3; i++)
		if (saved[i] == -1)
			close(i);	/* was closed when we started */
		else {
			dup2(saved[i], i);
			close(saved[i]);
		}
	if (null != -1)
		close(null);
	if (pipefd[1] != -1)
		close(pipefd[1]);
	r->log = pipefd[0];
	return rc;
}

/* Waits for the scanner's end; kills it where it does not come to one. */
static void
scanner_stop(struct runner *r)
{
	uint64_t end = clock_mono_ns() + STOP_WAIT_MS * 1000000ULL;
	int killed = 0;
	pid_t pid;

	if (r->gen == NULL)
		return;
	pid = r->gen->pid;
	generation_close(r->gen);
	if (r->count > 0)
		kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (!killed && clock_mono_ns() > end) {
			kill(pid, SIGKILL);
			killed = 1;
		}
		log_drain(r);
		poll(NULL, 0, 5);
	}
	log_drain(r);
	generation_free(r->gen);
	r->gen = NULL;
}

/* 1: ready; 0: stopped by a signal (code set) or failed (err filled). */
static int
scanner_wait(struct runner *r, void (*tick)(void *), void *arg, int *code, char *err, size_t errlen)
{
	uint64_t end = clock_mono_ns() + r->conf->parent.engine_start_ms * 1000000ULL;
	struct pollfd p[2];
	int ready = 0, sig;

	while (ready == 0) {
		log_drain(r);
		if (tick != NULL)
			tick(arg);
		p[0] = (struct pollfd){ .fd = r->gen->ctl, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
		if (poll(p, 2, TICK_MS) == -1 && errno != EINTR)
			break;
		if ((sig = signal_read(r)) != 0) {
			*code = 128 + sig;
			snprintf(err, errlen, "interrupted");
			return 0;
		}
		if (p[0].revents != 0)
			ready = generation_event(r->gen, err, errlen);
		else if (clock_mono_ns() > end) {
			snprintf(err, errlen, "signatures did not load within %llu s",
			    (unsigned long long)(r->conf->parent.engine_start_ms / 1000));
			return 0;
		}
	}
	return ready == 1;
}

static int
scanner_start(struct runner *r, void (*tick)(void *), void *arg, int *code, char *err, size_t errlen)
{
	size_t used;

	*code = EX_UNAVAILABLE;
	snprintf(err, errlen, "no reason given");
	r->renew = 0;
	if (scanner_fork(r, err, errlen) == -1)
		return -1;
	if (scanner_wait(r, tick, arg, code, err, errlen))
		return 0;
	scanner_stop(r);
	if (*code == EX_UNAVAILABLE && r->said_len > 0 && strstr(r->said, err) == NULL) {
		used = strlen(err);
		snprintf(err + used, errlen - used, "; it said: %s", last_line(r));
	}
	return -1;
}

struct runner *
runner_start(struct conf *conf, void (*tick)(void *), void *arg, int *code, char *err, size_t errlen)
{
	struct runner *r;

	*code = EX_OSERR;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		snprintf(err, errlen, "no memory");
		return NULL;
	}
	r->conf = conf;
	r->log = -1;
	if ((r->signals = signals_take()) == -1) {
		snprintf(err, errlen, "signals: %s", strerror(errno));
		goto fail;
	}
	if (scratch_make(r, err, errlen) == -1 || scanner_start(r, tick, arg, code, err, errlen) == -1)
		goto fail;
	return r;
fail:
	runner_free(r);
	return NULL;
}

void
runner_free(struct runner *r)
{
	if (r == NULL)
		return;
	scanner_stop(r);
	if (r->signals != -1)
		close(r->signals);
	if (r->log != -1)
		close(r->log);
	if (r->scratch[0] != '\0')
		rmdir(r->scratch);	/* generation_free() removed what was in it */
	free(r);
}

const struct engine_info *
runner_engine(const struct runner *r)
{
	return r->gen != NULL ? r->gen->info : NULL;
}

const char *
runner_walls(const struct runner *r)
{
	return r->gen != NULL ? r->gen->walls : "";
}

/* ---- messages ---- */

static int
is_large(const struct runner *r, uint64_t size)
{
	return size > r->conf->front->large_size;
}

int
runner_room(const struct runner *r, uint64_t size)
{
	int large = is_large(r, size);

	if (r->gen == NULL)
		return 1;	/* runner_put() says unavailable */
	if (r->renew || r->count == ON_WAY_MAX)
		return 0;
	return large ? r->large < r->conf->scan->workers_large : r->small < r->conf->scan->workers_small;
}

static void
task_done(struct task *t, enum outcome failed, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
task_done(struct task *t, enum outcome failed, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->detail, sizeof(t->detail), fmt, ap);
	va_end(ap);
	t->failed = failed;
	t->done = 1;
	if (t->sent_ns != 0)
		t->took_ms = (uint32_t)((clock_mono_ns() - t->sent_ns) / 1000000);
	if (t->fd != -1)
		close(t->fd);
	if (t->reply != -1)
		close(t->reply);
	t->fd = t->reply = -1;
}

/* Takes the task at i out of the list; it is the caller's alone again. */
static void
task_drop(struct runner *r, size_t i)
{
	if (r->tasks[i]->large)
		r->large--;
	else
		r->small--;
	r->tasks[i] = r->tasks[--r->count];
}

void
runner_put(struct runner *r, struct task *t)
{
	struct scan_job job = { 0 };
	struct buf packet;
	int pair[2], fds[2], rc;

	t->reply = -1;
	if (r->gen == NULL) {
		task_done(t, OUTCOME_UNAVAILABLE, "%s", r->why);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		task_done(t, OUTCOME_UNAVAILABLE, "socketpair: %s", strerror(errno));
		return;
	}
	t->sent_ns = clock_mono_ns();
	t->deadline_ns = t->sent_ns + r->conf->front->scan_timeout_ms * 1000000;
	t->id = job.id = ++r->next_id;
	job.deadline_ns = t->deadline_ns;
	job.size = t->size;
	job.prefix_len = t->prefix_len;
	t->large = is_large(r, t->size);
	buf_init(&packet, SCAN_JOB_WIRE_MAX);
	fds[0] = t->fd;
	fds[1] = pair[1];
	rc = scan_job_encode(&job, &packet);
	if (rc == 0)
		rc = fdpass_send(t->large ? r->gen->large : r->gen->small, packet.data, packet.len, fds, 2, MSG_DONTWAIT);
	buf_free(&packet);
	close(pair[1]);
	t->reply = pair[0];
	if (rc == -1) {
		task_done(t, OUTCOME_UNAVAILABLE, "queue: %s", strerror(errno));
		return;
	}
	close(t->fd);
	t->fd = -1;
	r->tasks[r->count++] = t;
	if (t->large)
		r->large++;
	else
		r->small++;
}

static void
frame_bad(struct task *t)
{
	task_done(t, OUTCOME_CRASH, "bad frame");
}

/* A piece of an object that was asked for.  1: the task is done. */
static int
task_object(struct task *t, uint32_t type, const struct buf *b)
{
	struct scan_object *o = NULL;
	int rc = 0;

	if (clock_mono_ns() > t->deadline_ns + GRACE_NS)
		task_done(t, OUTCOME_TIMEOUT, "deadline");	/* also where frames come without end */
	else if (t->sink == NULL || (type == SCAN_REPLY_OBJECT) != (t->object_left == 0))
		frame_bad(t);
	else if (type == SCAN_REPLY_OCTETS) {
		if (b->len == 0 || b->len > t->object_left)
			frame_bad(t);
		else {
			t->object_left -= b->len;
			rc = t->sink->octets(t->sink->arg, b->data, b->len);
		}
	} else if (scan_object_decode(b->data, b->len, &o) == -1 || o->number <= t->object)
		frame_bad(t);
	else {
		t->object = o->number;
		t->object_left = o->part.size;
		rc = t->sink->object(t->sink->arg, o);
	}
	scan_object_free(o);
	if (rc == -1)
		task_done(t, OUTCOME_NOT_SCANNED, "its objects cannot be written");
	return t->done;
}

static int
task_result(struct task *t, const struct buf *b)
{
	if (t->object_left > 0 || scan_result_decode(b->data, b->len, &t->result) == -1)
		frame_bad(t);
	else if (t->result->parts_count == 0) {
		scan_result_free(t->result);
		t->result = NULL;
		frame_bad(t);
	} else
		task_done(t, OUTCOME_CLEAN, "%s", "");
	return 1;
}

static int
task_frame(struct task *t, uint32_t type, const struct buf *b)
{
	switch (type) {
	case SCAN_REPLY_RESULT:
		return task_result(t, b);
	case SCAN_REPLY_EXPIRED:
		task_done(t, OUTCOME_TIMEOUT, "deadline");
		return 1;
	case SCAN_REPLY_OBJECT:
	case SCAN_REPLY_OCTETS:
		return task_object(t, type, b);
	default:
		frame_bad(t);
		return 1;
	}
}

/* The answer has begun or the worker has hung up.  1: the task is done. */
static int
task_reply(struct task *t)
{
	struct buf b;
	uint32_t type = 0;
	int rc = 1;

	buf_init(&b, SCAN_REPLY_MAX);
	switch (frame_read(t->reply, t->deadline_ns + GRACE_NS, &type, &b)) {
	case FRAME_OK:
		rc = task_frame(t, type, &b);
		break;
	case FRAME_EOF:
		/* whoever asks next learns why from the reports */
		close(t->reply);
		t->reply = -1;
		t->hangup_ns = clock_mono_ns();
		rc = 0;
		break;
	case FRAME_TIMEOUT:
		task_done(t, OUTCOME_TIMEOUT, "deadline");
		break;
	case FRAME_BAD:
		frame_bad(t);
		break;
	case FRAME_ERROR:
		task_done(t, OUTCOME_CRASH, "reply: %s", strerror(errno));
		break;
	}
	buf_free(&b);
	return rc;
}

static void
task_died(struct task *t, const struct scan_report *rep)
{
	switch (rep->death) {
	case DEATH_SIGNAL:
		task_done(t, OUTCOME_CRASH, "signal %u", rep->number);
		break;
	case DEATH_DEADLINE:
		task_done(t, OUTCOME_TIMEOUT, "deadline");
		break;
	case DEATH_MEMORY:
		task_done(t, OUTCOME_CRASH, "memory");
		break;
	case DEATH_OUTSIDE:
		task_done(t, OUTCOME_CRASH, "killed");
		break;
	case DEATH_EXIT:
		task_done(t, OUTCOME_CRASH, "exit %u", rep->number);
		break;
	}
}

/* A cause of death; it may come before the hang-up is seen, and is then as good. */
static void
report_take(struct runner *r)
{
	struct scan_report rep;
	uint8_t packet[256];
	ssize_t n;
	size_t i;
	int nfds;

	while ((n = fdpass_recv(r->gen->reports, packet, sizeof(packet), NULL, 0, &nfds, MSG_DONTWAIT)) > 0) {
		if (scan_report_decode(packet, (size_t)n, &rep) == -1)
			continue;
		for (i = 0; i < r->count; i++)
			if (r->tasks[i]->id == rep.id)
				break;
		if (i == r->count)
			continue;
		/* an answer that was complete before the death counts */
		while (!r->tasks[i]->done && r->tasks[i]->reply != -1)
			task_reply(r->tasks[i]);
		if (!r->tasks[i]->done)
			task_died(r->tasks[i], &rep);
		task_drop(r, i);
	}
	if (n == 0) {
		close(r->gen->reports);
		r->gen->reports = -1;
	}
}

/* The scanner is gone or asks to be replaced. */
static void
scanner_event(struct runner *r)
{
	char err[256];
	int rc = generation_event(r->gen, err, sizeof(err));

	if (rc == 2)
		r->renew = 1;
	if (rc != -1)
		return;
	snprintf(r->why, sizeof(r->why), "%s", err);
	close(r->gen->ctl);
	r->gen->ctl = -1;
	r->renew = 1;
}

/* Ends of deadlines and of patience. */
static void
tasks_age(struct runner *r)
{
	uint64_t now = clock_mono_ns();
	struct task *t;
	size_t i = 0;

	while (i < r->count) {
		t = r->tasks[i];
		if (t->hangup_ns != 0 && (now > t->hangup_ns + REPORT_WAIT_NS || r->gen->reports == -1))
			task_done(t, now > t->deadline_ns ? OUTCOME_TIMEOUT : OUTCOME_CRASH, "no report");
		else if (now > t->deadline_ns + GRACE_NS)
			task_done(t, OUTCOME_TIMEOUT, "deadline");
		else {
			i++;
			continue;
		}
		task_drop(r, i);
	}
}

static void
scanner_renew(struct runner *r)
{
	char err[256];
	int code;

	scanner_stop(r);
	if (r->number <= RESTARTS_MAX && scanner_start(r, NULL, NULL, &code, err, sizeof(err)) == 0)
		return;
	if (r->number > RESTARTS_MAX)
		snprintf(err, sizeof(err), "the scanner died %d times", RESTARTS_MAX + 1);
	snprintf(r->why, sizeof(r->why), "%s", err);
}

int
runner_step(struct runner *r, int timeout_ms)
{
	struct pollfd p[ON_WAY_MAX + 4];
	size_t i, n;

	if (r->gen == NULL)
		return signal_read(r);
	p[0] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = r->gen->ctl, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = r->gen->reports, .events = POLLIN };
	n = r->count;
	for (i = 0; i < n; i++)
		p[3 + i] = (struct pollfd){ .fd = r->tasks[i]->reply, .events = POLLIN };
	p[3 + n] = (struct pollfd){ .fd = r->log, .events = POLLIN };
	if (poll(p, (nfds_t)(4 + n), timeout_ms < TICK_MS ? timeout_ms : TICK_MS) == -1 && errno != EINTR)
		return 0;
	if (signal_read(r) != 0)
		return r->stopped;
	/* from the end, as a drop moves the last one down */
	for (i = n; i-- > 0;)
		if (p[3 + i].revents != 0 && task_reply(r->tasks[i]))
			task_drop(r, i);
	if (p[2].revents != 0)
		report_take(r);
	if (p[1].revents != 0)
		scanner_event(r);
	tasks_age(r);
	log_drain(r);
	if (r->renew && r->count == 0)
		scanner_renew(r);
	return r->stopped;	/* it may have come while a fresh scanner was waited for */
}

int
runner_wait_input(struct runner *r, int fd)
{
	struct pollfd p[2];

	for (;;) {
		p[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
		/* what poll() itself fails with, read() will tell */
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return signal_read(r);
		if (signal_read(r) != 0 || p[0].revents != 0)
			return r->stopped;
	}
}

int
runner_stopped(const struct runner *r)
{
	return r->stopped;
}
