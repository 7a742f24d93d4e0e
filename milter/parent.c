/* SPDX-License-Identifier: ISC */
/* The process that owns privilege: starts, watches and restarts the front and the scanners. */
/*
 * Single-threaded, one poll(2) loop.  It never sees a message: queues lead from
 * the front to the scanners, and all it holds of them is the ends that it hands
 * on.  It runs no libmilter, whose signal thread takes SIGHUP as stop, and no
 * libclamav.  A generation that does not load leaves the old one serving.
 * Here: the loop, signals, reload and stop.  Not here: the talk with the front
 * (parent_front.c), generations of scanners (parent_scan.c), what hopwardctl is
 * told (control.c), exceptions (parent_except.c), when the signatures have
 * changed (watch.c).
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "control.h"
#include "notify.h"
#include "parent_int.h"
#include "pidfile.h"

#define STOP_GRACE_NS	(5 * SECOND_NS)		/* beyond stop_wait, before children are killed */

/* ---- the end ---- */

void
parent_stop(struct parent *p, const char *why, int exit_code)
{
	char	type = FRONT_CTL_STOP;

	if (p->stopping)
		return;
	log_info("stopping (%s): what is in flight is finished first", why);
	notify_stopping();
	p->stopping = 1;
	p->exit_code = exit_code;
	p->stop_due_ns = clock_mono_ns() + p->conf->front->stop_wait_ms * 1000000ULL + STOP_GRACE_NS;
	p->wanted = 0;
	if (p->front != -1 && fdpass_send(p->front, &type, 1, NULL, 0, MSG_DONTWAIT) == -1)
		log_warn("the front was not told to stop: %s", strerror(errno));
}

/* ---- children that ended ---- */

static void
reap(struct parent *p)
{
	siginfo_t	si;
	int		status;

	/* Looked at first and reaped last, so that no pid is signalled that may be another's by now. */
	for (;;) {
		si.si_pid = 0;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == -1 || si.si_pid == 0)
			return;
		if (si.si_pid != p->front_pid)
			parent_scan_ended(p, si.si_pid);
		if (waitpid(si.si_pid, &status, 0) == p->front_pid)
			parent_front_ended(p, status);
	}
}

/* ---- reload, and what signals ask for ---- */

static int
differ(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

#define SWAP(a, b)	do { __typeof__(a) swap = (a); (a) = (b); (b) = swap; } while (0)

/* What is fixed at start is told and not taken, so that all that runs later agrees with what ran before. */
static void
keep_fixed(struct conf *old, struct conf *new)
{
	const struct { const char *key; int changed; } fixed[] = {
		{ "socket", differ(old->start.socket, new->start.socket) },
		{ "socket_mode", old->start.socket_mode != new->start.socket_mode },
		{ "socket_group", differ(old->start.socket_group, new->start.socket_group) },
		{ "records.directory", differ(old->start.ledger.directory, new->start.ledger.directory) },
		{ "records.sync", old->start.ledger.sync != new->start.ledger.sync },
		{ "records.batch_wait", old->start.ledger.batch_us != new->start.ledger.batch_us },
		{ "records.keys", differ(old->start.pseudonyms.directory, new->start.pseudonyms.directory) },
		{ "records.key_period", old->start.pseudonyms.period != new->start.pseudonyms.period },
		{ "records.compress", old->start.retain.compress != new->start.retain.compress },
		{ "records.keep", old->start.retain.keep_ms != new->start.retain.keep_ms },
		{ "records.totals_keep", old->start.retain.totals_keep_ms != new->start.retain.totals_keep_ms },
		{ "records.group", differ(old->start.retain.group, new->start.retain.group) },
		{ "records.reserve", old->start.retain.reserve != new->start.retain.reserve },
		{ "records.warn_free", old->start.retain.warn_ms != new->start.retain.warn_ms },
		{ "seal.enabled", old->start.ledger.sealed != new->start.ledger.sealed },
		{ "seal.epoch", old->start.ledger.seal_epoch_ms != new->start.ledger.seal_epoch_ms },
		{ "seal.directory", differ(old->start.ledger.seal_directory, new->start.ledger.seal_directory) },
		{ "seal.anchor", old->start.ledger.seal_anchor != new->start.ledger.seal_anchor },
		{ "downgrade.file", differ(old->start.peers.file, new->start.peers.file) },
		{ "downgrade.max", old->start.peers.max != new->start.peers.max },
		{ "downgrade.messages", old->start.peers.messages != new->start.peers.messages },
		{ "downgrade.forget", old->start.peers.forget_ms != new->start.peers.forget_ms },
		{ "user", differ(old->parent.user, new->parent.user) },
		{ "pid_file", differ(old->parent.pid_file, new->parent.pid_file) },
		{ "control_socket", differ(old->parent.control_socket, new->parent.control_socket) },
		{ "control_mode", old->parent.control_mode != new->parent.control_mode },
		{ "control_group", differ(old->parent.control_group, new->parent.control_group) },
	};
	size_t	i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (fixed[i].changed)
			log_warn("%s has changed: that takes a restart, the old one stays until then", fixed[i].key);
	SWAP(old->start, new->start);
	SWAP(old->parent.user, new->parent.user);
	SWAP(old->parent.pid_file, new->parent.pid_file);
	SWAP(old->parent.control_socket, new->parent.control_socket);
	SWAP(old->parent.control_mode, new->parent.control_mode);
	SWAP(old->parent.control_group, new->parent.control_group);
}

/* What was taken but has no effect; the next lines are about what fails. */
static void
notes_log(struct buf *notes)
{
	const char	*p, *nl;

	for (p = notes->data; p != NULL && (nl = strchr(p, '\n')) != NULL; p = nl + 1)
		log_warn("%.*s", (int)(nl - p), p);
	buf_reset(notes);
}

int
parent_reload(struct parent *p, struct buf *errs)
{
	struct conf	*conf;

	if ((conf = conf_read(p->path, p->overrides, errs)) != NULL)
		notes_log(errs);
	if (conf == NULL || conf_check(conf, errs) == -1) {
		conf_free(conf);
		log_error("configuration not taken, the old one stays: %.*s", (int)strcspn(errs->data != NULL ?
		    errs->data : "", "\n"), errs->data != NULL ? errs->data : "");
		parent_event(p, "reload-failed", "reason", errs->data != NULL ? errs->data : "unknown", NULL);
		return -1;
	}
	keep_fixed(p->conf, conf);
	notify_reloading();
	watch_close(&p->watch);
	conf_free(p->conf);
	p->conf = conf;
	watch_open(&p->watch, conf->scan->database, conf->scan->extra_databases,
	    conf->parent.database_check_ms);
	parent_front_settings(p);
	parent_event(p, "reload", NULL);
	parent_except_reload(p);
	parent_scan_want(p, "reload");
	notify_ready();
	return 0;
}

static void
signals(struct parent *p, int fd)
{
	struct signalfd_siginfo	 si;
	struct buf		 errs;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGHUP:
			buf_init(&errs, PACKET_MAX);
			parent_reload(p, &errs);
			buf_free(&errs);
			break;
		case SIGTERM:
		case SIGINT:
			parent_stop(p, strsignal((int)si.ssi_signo), EX_OK);
			break;
		default:
			reap(p);
		}
	}
}

static void
kill_all(struct parent *p)
{
	unsigned int i;

	log_error("children outlived the stop and are killed");
	if (p->front_pid != -1)
		kill(p->front_pid, SIGKILL);
	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL)
			kill(p->old[i]->pid, SIGKILL);
	p->stop_due_ns = clock_mono_ns() + STOP_GRACE_NS;
}

/* The front goes first: what it has in flight needs the scanners.  1 when all are gone. */
static int
stop_go_on(struct parent *p)
{
	if (clock_mono_ns() > p->stop_due_ns)
		kill_all(p);
	if (p->front_pid != -1)
		return 0;
	parent_scan_stop(p);
	return !parent_scan_draining(p);
}

/* ---- the loop ---- */

static int
signals_open(void)
{
	sigset_t	set;
	int		fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		fatal(EX_OSERR, "signalfd: %s", strerror(errno));
	return fd;
}

/* Milliseconds until something is due, at most a second. */
static int
next_due(const struct parent *p)
{
	const uint64_t	dues[] = { p->front_due_ns, p->watch.due_ns, p->wanted ? p->wanted_due_ns : 0,
	    p->loading != NULL ? p->loading_due_ns : 0, p->stopping ? p->stop_due_ns : 0 };
	uint64_t	now = clock_mono_ns(), left = SECOND_NS;
	size_t		i;

	for (i = 0; i < sizeof(dues) / sizeof(dues[0]); i++) {
		if (dues[i] == 0)
			continue;
		if (dues[i] <= now)
			return 0;
		if (dues[i] - now < left)
			left = dues[i] - now;
	}
	return (int)(left / 1000000) + 1;
}

static void
timers(struct parent *p)
{
	uint64_t	now = clock_mono_ns();

	control_timers(p, now);
	parent_events_flush(p);
	if (p->stopping)
		return;
	parent_except_timers(p);
	if (p->front_due_ns != 0 && now >= p->front_due_ns)
		parent_front_start(p);
	if (watch_due(&p->watch, now))
		parent_scan_want(p, "a signature directory has changed");
	parent_scan_timeout(p);
	parent_scan_start(p);
}

static void
loop(struct parent *p, int sigfd)
{
	struct pollfd	fds[6 + PARENT_OLD_MAX];
	struct generation *gens[2 + PARENT_OLD_MAX];
	size_t		n, g, i;

	for (;;) {
		n = 0;
		fds[n++] = (struct pollfd){ .fd = sigfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = p->front, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = p->control, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = p->watch.fd, .events = POLLIN };
		gens[0] = p->loading;
		gens[1] = p->current;
		for (g = 0; g < 2; g++)
			fds[n++] = (struct pollfd){ .fd = gens[g] != NULL ? gens[g]->ctl : -1, .events = POLLIN };
		for (i = 0; i < PARENT_OLD_MAX; i++)
			fds[n++] = (struct pollfd){ .fd = p->old[i] != NULL ? p->old[i]->ctl : -1, .events = POLLIN };
		if (poll(fds, n, next_due(p)) == -1 && errno != EINTR)
			fatal(EX_OSERR, "poll: %s", strerror(errno));
		for (g = 0; g < 2; g++)
			if (fds[4 + g].revents != 0 && gens[g] != NULL && (gens[g] == p->loading || gens[g] == p->current))
				parent_scan_readable(p, gens[g]);
		for (i = 0; i < PARENT_OLD_MAX; i++)
			if (fds[6 + i].revents != 0 && p->old[i] != NULL && p->old[i]->ctl == fds[6 + i].fd)
				parent_scan_readable(p, p->old[i]);
		if (fds[1].revents & POLLIN)
			parent_front_readable(p);
		if (fds[2].revents != 0)
			control_serve(p);
		if (fds[3].revents != 0)
			watch_event(&p->watch);
		if (fds[0].revents != 0)
			signals(p, sigfd);
		timers(p);
		if (p->stopping && stop_go_on(p))
			return;
	}
}

void
parent_ready(struct parent *p, const char *why_not)
{
	size_t	len = why_not != NULL ? strlen(why_not) : 1;

	if (p->ready == -1)
		return;
	if (write(p->ready, why_not != NULL ? why_not : "", len) != (ssize_t)len)
		log_debug("nobody waits for the start");
	close(p->ready);
	p->ready = -1;
}

static void __attribute__((noreturn))
give_up(struct parent *p, int code, const char *why)
{
	parent_ready(p, why);
	fatal(code, "%s", why);
}

int
parent_run(struct conf *conf, const char *path, const char *const *overrides, int ready)
{
	struct parent	 p = { .conf = conf, .path = path, .overrides = overrides, .front_pid = -1, .front = -1,
	    .control = -1, .ready = ready };
	char		 err[512];
	int		 sigfd = signals_open();

	prctl(PR_SET_NAME, "hopward");
	p.stats = mmap(NULL, sizeof(*p.stats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.stats == MAP_FAILED)
		fatal(EX_OSERR, "mmap: %s", strerror(errno));
	if (control_open(&p) == -1)
		give_up(&p, EX_CANTCREAT, "another hopward runs already: it answers on control_socket");
	if (conf->parent.pid_file != NULL && pidfile_write(conf->parent.pid_file, err, sizeof(err)) == -1)
		give_up(&p, EX_CANTCREAT, err);
	watch_open(&p.watch, conf->scan->database, conf->scan->extra_databases,
	    conf->parent.database_check_ms);
	log_info("hopward %s starts", HOPWARD_VERSION);
	parent_except_open(&p);
	if (parent_front_start(&p) == -1)
		fatal(EX_OSERR, "no front");
	p.started_ns = p.front_started_ns;
	parent_scan_want(&p, "start");
	loop(&p, sigfd);
	log_info("hopward ended");
	watch_close(&p.watch);
	control_close(&p);
	if (p.conf->parent.pid_file != NULL)
		pidfile_remove(p.conf->parent.pid_file);
	parent_ready(&p, p.last_error[0] != '\0' ? p.last_error : "it ended before it was ready; the log says why");
	conf_free(p.conf);
	close(sigfd);
	munmap(p.stats, sizeof(*p.stats));
	while (p.events_count > 0)
		buf_free(&p.events[--p.events_count]);
	parent_except_close(&p);
	return p.exit_code;
}
