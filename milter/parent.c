/* SPDX-License-Identifier: ISC */
/* The process that owns privilege: starts, watches and restarts the front and the scanners. */
/*
 * Single-threaded, one poll(2) loop.  It never sees a message: queues lead from
 * the front to the scanners, and all it holds of them is the ends that it hands
 * on.  It runs no libmilter, whose signal thread takes SIGHUP as stop, and no
 * libclamav.  A generation that does not load leaves the old one serving.
 * Not here: how a scanner is walled in (generation.c), what hopwardctl is told
 * (control.c), when the signatures have changed (watch.c).
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "control.h"
#include "memory.h"
#include "notify.h"
#include "parent.h"
#include "user.h"

#define SECOND_NS	1000000000ULL
#define STEADY_NS	(10 * SECOND_NS)	/* a child that lived so long may be restarted at once */
#define RETRY_MAX_NS	(60 * SECOND_NS)	/* between attempts to load an engine */
#define STOP_GRACE_NS	(5 * SECOND_NS)		/* beyond stop_wait, before children are killed */
#define PACKET_MAX	(64u * 1024)

static const struct front_hooks front_hooks = { conf_front_read, conf_front_free };

/* ---- events: what of the daemon itself goes into the record, through the front ---- */

static void
events_flush(struct parent *p)
{
	unsigned int i;

	if (p->front == -1 || !p->listening)
		return;
	for (i = 0; i < p->events_count; i++) {
		if (fdpass_send(p->front, p->events[i].data, p->events[i].len, NULL, 0, MSG_DONTWAIT) == -1)
			log_warn("an event was not recorded: %s", strerror(errno));
		buf_free(&p->events[i]);
	}
	p->events_count = 0;
}

/* key, value, ..., NULL */
static void __attribute__((sentinel))
event(struct parent *p, const char *name, ...)
{
	struct buf	*b;
	const char	*s;
	va_list		 ap;

	if (p->events_count == PARENT_EVENTS_MAX) {
		log_warn("event %s is not recorded: no front has taken events for too long", name);
		return;
	}
	b = &p->events[p->events_count++];
	buf_init(b, PACKET_MAX);
	buf_addc(b, FRONT_CTL_EVENT);
	wire_put_str(b, name);
	va_start(ap, name);
	while ((s = va_arg(ap, const char *)) != NULL)
		wire_put_str(b, s);
	va_end(ap);
	events_flush(p);
}

/* ---- the front ---- */

static void __attribute__((noreturn))
front_child(struct parent *p, int ctl)
{
	struct user	 user;
	gid_t		 gid;
	int		 group;

	prctl(PR_SET_NAME, "hopward-front");
	setpgid(0, 0);		/* a terminal's interrupt is for the parent alone */
	closelog();
	if (ctl != 3 && dup2(ctl, 3) == -1)
		_exit(EX_OSERR);
	close_range(4, ~0U, 0);
	group = p->conf->start.socket_group != NULL && user_group(p->conf->start.socket_group, &gid) == 0;
	if (geteuid() == 0 && (user_lookup(p->conf->parent.user, &user) == -1 ||
	    user_become(&user, group ? &gid : NULL) == -1)) {
		log_error("user \"%s\": %s", p->conf->parent.user, strerror(errno));
		_exit(EX_NOUSER);
	}
	front_main(3, p->conf->front, &p->conf->start, p->stats, &front_hooks);
}

static int
front_start(struct parent *p)
{
	int	pair[2];

	p->front_due_ns = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1 || (p->front_pid = fork()) == -1) {
		log_error("cannot start the front: %s", strerror(errno));
		p->front_due_ns = clock_mono_ns() + SECOND_NS;
		return -1;
	}
	if (p->front_pid == 0)
		front_child(p, pair[1]);
	close(pair[1]);
	p->front = pair[0];
	p->listening = 0;
	p->front_started_ns = clock_mono_ns();
	return 0;
}

/* Tells the front which queues to use from now on. */
static void
front_generation(struct parent *p)
{
	struct buf	b;
	int		fds[3];

	if (p->front == -1 || p->current == NULL)
		return;
	buf_init(&b, PACKET_MAX);
	buf_addc(&b, FRONT_CTL_GENERATION);
	wire_put_u32(&b, p->current->number);
	engine_info_encode(p->current->info, &b);
	fds[0] = p->current->small;
	fds[1] = p->current->large;
	fds[2] = p->current->reports;
	if (b.failed || fdpass_send(p->front, b.data, b.len, fds, 3, 0) == -1)
		log_error("the front was not told of generation %u: %s", p->current->number, strerror(errno));
	buf_free(&b);
}

static void
front_no_engine(struct parent *p, const char *why)
{
	struct buf	b;

	if (p->front == -1)
		return;
	buf_init(&b, PACKET_MAX);
	buf_addc(&b, FRONT_CTL_NO_ENGINE);
	wire_put_str(&b, why);
	if (fdpass_send(p->front, b.data, b.len, NULL, 0, 0) == -1)
		log_warn("the front was not told that there is no engine: %s", strerror(errno));
	buf_free(&b);
}

/* The whole configuration as text, so that front and parent never read two different ones. */
static int
front_settings(struct parent *p)
{
	struct buf	text;
	char		type = FRONT_CTL_SETTINGS;
	int		fd, rc = -1;

	if (p->front == -1)
		return 0;	/* the next one is forked with it */
	buf_init(&text, 16u * 1024 * 1024);
	fd = memfd_create("hopward-conf", MFD_CLOEXEC);
	if (fd != -1 && conf_print(p->conf, &text) == 0 &&
	    write(fd, text.data, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0)
		rc = fdpass_send(p->front, &type, 1, &fd, 1, 0);
	if (rc == -1)
		log_error("the front was not given the new settings: %s", strerror(errno));
	if (fd != -1)
		close(fd);
	buf_free(&text);
	return rc;
}

/* ---- the end ---- */

static void
stop(struct parent *p, const char *why, int exit_code)
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
	if (p->front != -1 && fdpass_send(p->front, &type, 1, NULL, 0, 0) == -1)
		log_warn("the front was not told to stop: %s", strerror(errno));
}

/* ---- generations of scanners ---- */

static void
retire(struct parent *p, struct generation *gen, int now)
{
	unsigned int i;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] == NULL)
			break;
	if (i == PARENT_OLD_MAX) {	/* cannot be: load_start() waits for a place */
		log_error("too many generations drain; generation %u is ended", gen->number);
		kill(gen->pid, SIGKILL);
		waitpid(gen->pid, NULL, 0);
		generation_free(gen);
		return;
	}
	p->old[i] = gen;
	if (now || p->front == -1)
		generation_close(gen);
}

static int
old_full(const struct parent *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		n += p->old[i] != NULL;
	return n >= PARENT_OLD_MAX - 2;
}

static int
old_any(const struct parent *p)
{
	unsigned int i;

	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL)
			return 1;
	return 0;
}

static void
load_failed(struct parent *p, const char *why)
{
	uint64_t	wait;

	snprintf(p->last_error, sizeof(p->last_error), "%s", why);
	p->failures++;
	event(p, "engine-failed", "reason", why, "serving", p->current != NULL ? "old engine" : "none", NULL);
	if (!p->served) {
		log_error("no engine: %s", why);
		stop(p, "no engine", EX_UNAVAILABLE);
		return;
	}
	log_error("engine not loaded: %s; %s", why, p->current != NULL ? "the old one serves on" : "mail waits");
	if (p->current == NULL) {
		wait = SECOND_NS << (p->failures < 6 ? p->failures : 6);
		p->wanted = 1;
		p->wanted_due_ns = clock_mono_ns() + (wait < RETRY_MAX_NS ? wait : RETRY_MAX_NS);
	}
}

/* Starts a fresh generation if one is wanted and nothing stands in the way. */
static void
load_start(struct parent *p)
{
	char	err[512];
	int	overlap;

	if (!p->wanted || p->stopping || p->loading != NULL || clock_mono_ns() < p->wanted_due_ns || old_full(p))
		return;
	overlap = p->conf->parent.reload_overlap;
	if (p->current != NULL && (overlap == 0 || (overlap == -1 && !memory_holds_another(p->current->pid)))) {
		log_info("memory does not hold two engines: generation %u drains first", p->current->number);
		front_no_engine(p, "the old engine makes room for the new one");
		retire(p, p->current, 0);
		p->current = NULL;
	}
	if (p->current == NULL && overlap != 1 && old_any(p))
		return;		/* again when it is gone */
	p->wanted = 0;
	watch_mark(&p->watch);
	if (generation_start(p->conf, ++p->numbers, &p->loading, err, sizeof(err)) == -1) {
		load_failed(p, err);
		return;
	}
	p->loading_due_ns = clock_mono_ns() + p->conf->parent.engine_start_ms * 1000000ULL;
	log_info("generation %u loads its engine (pid %ld)", p->loading->number, (long)p->loading->pid);
}

static void
load_want(struct parent *p, const char *why)
{
	log_info("a fresh generation of scanners is wanted: %s", why);
	p->wanted = 1;
	p->wanted_due_ns = 0;
	load_start(p);
}

static void
load_ready(struct parent *p)
{
	struct generation	*gen = p->loading;
	const struct engine_info *info = gen->info;
	char			 number[16], db[16], sigs[24];

	p->loading = NULL;
	p->failures = 0;
	p->last_error[0] = '\0';
	if (p->current != NULL)
		retire(p, p->current, 0);
	p->current = gen;
	p->served = 1;
	front_generation(p);
	snprintf(number, sizeof(number), "%u", gen->number);
	snprintf(db, sizeof(db), "%u", info->db_version);
	snprintf(sigs, sizeof(sigs), "%llu", (unsigned long long)info->signatures);
	event(p, "engine-ready", "generation", number, "clamav", info->version != NULL ? info->version : "",
	    "db_version", db, "signatures", sigs, NULL);
	log_info("generation %s serves: ClamAV %s, %s signatures, database %s, loaded in %llu ms, %llu MB in huge pages, "
	    "walls: %s; %s", number, info->version != NULL ? info->version : "?", sigs, db,
	    (unsigned long long)info->load_ms, (unsigned long long)(info->huge_bytes >> 20),
	    gen->walls[0] != '\0' ? gen->walls : "none (not root)", info->sandbox != NULL ? info->sandbox : "");
}

/* The scanner's control stream has something for us, or its end. */
static void
generation_readable(struct parent *p, struct generation *gen)
{
	char	err[512];
	int	rc = generation_event(gen, err, sizeof(err));

	if (rc == 0)
		return;
	if (gen == p->loading) {
		if (rc == 1) {
			load_ready(p);
			return;
		}
		p->loading = NULL;
		kill(gen->pid, SIGKILL);
		retire(p, gen, 1);
		load_failed(p, err);
	} else if (gen == p->current) {
		if (rc == 2) {
			if (gen->crashes >= p->conf->scan->crashes_max && p->loading == NULL && !p->wanted) {
				event(p, "scanner-crashes", "reason", "too many crashes in a generation", NULL);
				load_want(p, "workers of this one crashed too often (forks share one address layout)");
			}
			return;
		}
		p->current = NULL;
		log_error("the scanners are gone: %s; mail waits for new ones", err);
		snprintf(p->last_error, sizeof(p->last_error), "%s", err);
		event(p, "scanner-died", "reason", err, NULL);
		front_no_engine(p, err);
		kill(gen->pid, SIGKILL);
		p->wanted = 1;
		p->wanted_due_ns = clock_mono_ns() - gen->started_ns > STEADY_NS ? 0 : clock_mono_ns() + SECOND_NS;
		retire(p, gen, 1);
	} else if (rc != 2)
		generation_close(gen);
}

/* ---- children that ended ---- */

static void
front_ended(struct parent *p, int status)
{
	uint64_t	now = clock_mono_ns();
	unsigned int	i;

	close(p->front);
	p->front = -1;
	p->front_pid = -1;
	p->front_status = status;
	atomic_store(&p->stats->in_flight, 0);
	atomic_store(&p->stats->connections_open, 0);
	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL)
			generation_close(p->old[i]);
	if (p->stopping)
		return;
	if (!p->listening && p->started_ns == p->front_started_ns) {
		stop(p, "the front did not start",
		    WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EX_OSERR);
		return;
	}
	if (WIFSIGNALED(status))
		log_error("the front was killed by signal %d; a new one starts", WTERMSIG(status));
	else
		log_error("the front ended with code %d; a new one starts", WEXITSTATUS(status));
	event(p, "front-died", "reason", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit", NULL);
	p->front_due_ns = now - p->front_started_ns > STEADY_NS ? now : now + SECOND_NS / 2;
}

/* A scanner was reaped: its stream is read to its end, which makes it an old generation, and it is let go. */
static void
generation_ended(struct parent *p, pid_t pid)
{
	unsigned int	i;

	while (p->loading != NULL && p->loading->pid == pid)
		generation_readable(p, p->loading);
	while (p->current != NULL && p->current->pid == pid)
		generation_readable(p, p->current);
	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL && p->old[i]->pid == pid) {
			log_debug("generation %u is gone", p->old[i]->number);
			generation_free(p->old[i]);
			p->old[i] = NULL;
		}
}

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
			generation_ended(p, si.si_pid);
		if (waitpid(si.si_pid, &status, 0) == p->front_pid)
			front_ended(p, status);
	}
}

/* ---- what the front says ---- */

static void
front_readable(struct parent *p, int *ready)
{
	char		 packet[1024];
	struct wire	 w;
	uint32_t	 number;
	ssize_t		 n;
	unsigned int	 i;

	n = fdpass_recv(p->front, packet, sizeof(packet) - 1, NULL, 0, NULL, MSG_DONTWAIT);
	if (n <= 0)
		return;		/* its end shows as a dead child */
	packet[n] = '\0';
	switch (packet[0]) {
	case FRONT_MSG_LISTENING:
		p->listening = 1;
		log_info("listening on %s", p->conf->start.socket);
		front_generation(p);
		events_flush(p);
		notify_ready();
		if (*ready != -1) {
			if (write(*ready, "", 1) != 1)
				log_debug("nobody waits for the start");
			close(*ready);
			*ready = -1;
		}
		break;
	case FRONT_MSG_DRAINED:
		wire_init(&w, packet + 1, (size_t)n - 1);
		number = wire_u32(&w);
		for (i = 0; i < PARENT_OLD_MAX && wire_end(&w) == 0; i++)
			if (p->old[i] != NULL && p->old[i]->number == number)
				generation_close(p->old[i]);
		break;
	case FRONT_MSG_FAILED:
		log_error("the front cannot serve: %s", packet + 1);
		break;
	default:
		log_error("the front sent a bad packet (type %d); it is ended", packet[0]);
		kill(p->front_pid, SIGKILL);
	}
}

/* ---- reload, and what signals ask for ---- */

/* Fixed at start: told, not taken. */
static void
warn_fixed(const struct conf *a, const struct conf *b)
{
	if (strcmp(a->start.socket, b->start.socket) != 0)
		log_warn("socket has changed: that takes a restart");
	if (strcmp(a->start.ledger.directory, b->start.ledger.directory) != 0)
		log_warn("records.directory has changed: that takes a restart");
	if (strcmp(a->parent.user, b->parent.user) != 0)
		log_warn("user has changed: that takes a restart");
	if (strcmp(a->parent.control_socket, b->parent.control_socket) != 0)
		log_warn("control_socket has changed: that takes a restart");
}

int
parent_reload(struct parent *p, struct buf *errs)
{
	struct conf	*conf;

	conf = conf_read(p->path, p->overrides, errs);
	if (conf == NULL || conf_check(conf, errs) == -1) {
		conf_free(conf);
		log_error("configuration not taken, the old one stays: %.*s", (int)strcspn(errs->data != NULL ?
		    errs->data : "", "\n"), errs->data != NULL ? errs->data : "");
		event(p, "reload-failed", "reason", errs->data != NULL ? errs->data : "unknown", NULL);
		return -1;
	}
	warn_fixed(p->conf, conf);
	notify_reloading();
	watch_close(&p->watch);
	conf_free(p->conf);
	p->conf = conf;
	watch_open(&p->watch, conf->scan->database, conf->parent.database_check_ms);
	front_settings(p);
	event(p, "reload", NULL);
	load_want(p, "reload");
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
			stop(p, strsignal((int)si.ssi_signo), EX_OK);
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
	if (p->loading != NULL) {
		kill(p->loading->pid, SIGKILL);
		retire(p, p->loading, 1);
		p->loading = NULL;
	}
	if (p->current != NULL) {
		retire(p, p->current, 1);
		p->current = NULL;
	}
	return !old_any(p);
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

	if (p->stopping)
		return;
	if (p->front_due_ns != 0 && now >= p->front_due_ns)
		front_start(p);
	if (watch_due(&p->watch, now))
		load_want(p, "the signature directory has changed");
	if (p->loading != NULL && now >= p->loading_due_ns) {
		struct generation *gen = p->loading;

		p->loading = NULL;
		kill(gen->pid, SIGKILL);
		retire(p, gen, 1);
		load_failed(p, "the engine took longer than scanner.engine_start to load");
	}
	load_start(p);
}

static void
loop(struct parent *p, int sigfd, int *ready)
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
				generation_readable(p, gens[g]);
		for (i = 0; i < PARENT_OLD_MAX; i++)
			if (fds[6 + i].revents != 0 && p->old[i] != NULL && p->old[i]->ctl == fds[6 + i].fd)
				generation_readable(p, p->old[i]);
		if (fds[1].revents & POLLIN)
			front_readable(p, ready);
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

int
parent_run(struct conf *conf, const char *path, const char *const *overrides, int ready)
{
	struct parent	 p = { .conf = conf, .path = path, .overrides = overrides, .front_pid = -1, .front = -1 };
	int		 sigfd = signals_open();

	prctl(PR_SET_NAME, "hopward");
	p.stats = mmap(NULL, sizeof(*p.stats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.stats == MAP_FAILED)
		fatal(EX_OSERR, "mmap: %s", strerror(errno));
	p.control = control_open(conf);
	watch_open(&p.watch, conf->scan->database, conf->parent.database_check_ms);
	log_info("hopward %s starts", HOPWARD_VERSION);
	if (front_start(&p) == -1)
		fatal(EX_OSERR, "no front");
	p.started_ns = p.front_started_ns;
	load_want(&p, "start");
	loop(&p, sigfd, &ready);
	log_info("hopward ended");
	watch_close(&p.watch);
	control_close(p.control, p.conf);
	if (ready != -1)
		close(ready);
	conf_free(p.conf);
	close(sigfd);
	munmap(p.stats, sizeof(*p.stats));
	while (p.events_count > 0)
		buf_free(&p.events[--p.events_count]);
	return p.exit_code;
}
