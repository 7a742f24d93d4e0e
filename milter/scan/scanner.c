/* SPDX-License-Identifier: ISC */
/* hopward-scan's main: loads the engine, forks workers, watches their deadlines, says how each one died. */
/*
 * Started by generation.c with the descriptors SCAN_FD_*, never by people.
 * Single-threaded; it reads no mail, and of the packets in the queues not one.
 * Workers (worker.c) block on their queue; spares are forked ahead and wait for
 * a ticket, so that a worker which died with its message is followed at once.
 * Main knows a worker's job by the note it sends before it touches a byte,
 * kills what outlives the deadline, and reports each death that no answer came
 * before.  At end of file on the control stream it serves what the queues still
 * hold and exits.  It does not reload: its starter starts another one.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/sockios.h>
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
#include "base/wire.h"
#include "scan/sandbox.h"
#include "scan/worker.h"

#define SETTINGS_MAX	(1024 * 1024)	/* seven strings of at most WIRE_STR_MAX and numbers */
#define WORKERS_MAX	4096		/* a slip in the configuration must not become a fork bomb */
#define GRACE_NS	200000000ULL	/* past the deadline: the front has given up, the worker may be sending */
#define DRAIN_NS	2000000000ULL	/* for the front to let go of a queue whose control stream has ended */
#define BACKOFF_MIN_NS	10000000ULL	/* after a worker that died without a job; doubled each time */
#define BACKOFF_MAX_NS	1000000000ULL
#define REPORT_WIRE_MAX	64

enum state { FREE, SPARE, ACTIVE };	/* active: it has its ticket */

struct slot {
	enum state	state;
	pid_t		pid;
	int		channel;	/* -1: closed by the worker */
	int		queue;
	int		busy;		/* told us its job */
	int		killed;		/* by us, at its deadline */
	uint64_t	id;
	uint64_t	deadline_ns;
};

static struct {
	struct scan_settings	*settings;
	struct worker_env	 env;
	struct slot		*slots;
	struct pollfd		*polls;
	size_t			 size;
	uint32_t		 want[QUEUES];
	uint32_t		 crashes;
	uint64_t		 backoff_ns, not_before;	/* no fork before this time */
	uint64_t		 drain_at;			/* 0: the control stream is alive */
	int			 shut;				/* queues take no more */
	int			 signals;
	int			 memory_events;			/* kept open; -1 */
	uint64_t		 oom_kills;
	char			*title;
	size_t			 title_len;
} sc;

/* ---- what ps shows ---- */

static void
title_init(int argc, char **argv)
{
	char	*end;
	int	 i;

	if (argc < 1)
		return;
	end = argv[0] + strlen(argv[0]) + 1;
	for (i = 1; i < argc && argv[i] == end; i++)
		end += strlen(argv[i]) + 1;
	/* The environment lies behind the arguments and is not used. */
	for (i = 0; environ[i] != NULL && environ[i] == end; i++)
		end += strlen(environ[i]) + 1;
	sc.title = argv[0];
	sc.title_len = (size_t)(end - argv[0]);
	environ = NULL;
}

static void
title_set(const char *what)
{
	if (sc.title_len < 2)
		return;
	memset(sc.title, 0, sc.title_len);
	snprintf(sc.title, sc.title_len, "hopward-scan: %s", what);
}

/* ---- deaths ---- */

/* The count of processes that the kernel killed for lack of memory: of our group if it can be read, else of all. */
static void
memory_open(void)
{
	char	 line[512], path[768], *p;
	FILE	*f;

	sc.memory_events = -1;
	if ((f = fopen("/proc/self/cgroup", "re")) != NULL) {
		while (sc.memory_events == -1 && fgets(line, sizeof(line), f) != NULL) {
			line[strcspn(line, "\n")] = '\0';
			if (strncmp(line, "0::", 3) == 0) {
				snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.events", line + 3);
				sc.memory_events = open(path, O_RDONLY | O_CLOEXEC);
			} else if ((p = strstr(line, ":memory:")) != NULL) {
				snprintf(path, sizeof(path), "/sys/fs/cgroup/memory%s/memory.oom_control", p + 8);
				sc.memory_events = open(path, O_RDONLY | O_CLOEXEC);
			}
		}
		fclose(f);
	}
	if (sc.memory_events == -1)
		sc.memory_events = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
}

static uint64_t
memory_kills(void)
{
	char	 text[16384], *p;
	ssize_t	 n;

	if (sc.memory_events == -1 || (n = pread(sc.memory_events, text, sizeof(text) - 1, 0)) <= 0)
		return 0;
	text[n] = '\0';
	for (p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, "oom_kill ", 9) == 0)
			return strtoull(p + 9, NULL, 10);
	}
	return 0;
}

static enum scan_death
death_of_kill(const struct slot *s)
{
	uint64_t	kills;

	if (s->killed)
		return DEATH_DEADLINE;
	if ((kills = memory_kills()) > sc.oom_kills) {
		sc.oom_kills = kills;
		return DEATH_MEMORY;
	}
	return DEATH_OUTSIDE;
}

static void
crash_count(void)
{
	struct buf	b;

	sc.crashes++;
	if (sc.drain_at != 0)
		return;
	buf_init(&b, sizeof(uint32_t));
	wire_put_u32(&b, sc.crashes);
	if (b.failed || frame_write(SCAN_FD_CTL, SCAN_CTL_CRASHES, b.data, b.len) == -1)
		log_warn("cannot report %u crashes", sc.crashes);
	buf_free(&b);
}

static void
death_report(const struct slot *s, enum scan_death death, uint32_t number)
{
	static const char *const	names[] = {
		[DEATH_SIGNAL] = "signal", [DEATH_DEADLINE] = "deadline", [DEATH_MEMORY] = "memory",
		[DEATH_OUTSIDE] = "killed from outside", [DEATH_EXIT] = "exit",
	};
	struct scan_report	r = { .id = s->id, .death = death, .number = number };
	struct buf		b;

	log_warn("worker %ld died with job %llu: %s (%u)", (long)s->pid, (unsigned long long)s->id, names[death], number);
	buf_init(&b, REPORT_WIRE_MAX);
	/* A front that does not read its reports must not hold up the watch. */
	if (scan_report_encode(&r, &b) == -1 || fdpass_send(SCAN_FD_REPORTS, b.data, b.len, NULL, 0, MSG_DONTWAIT) == -1)
		log_warn("cannot report the death of job %llu: %s", (unsigned long long)s->id, strerror(errno));
	buf_free(&b);
}

/* Nothing of the worker's is followed: a link is removed, not what it points to. */
static void
scratch_remove(pid_t pid)
{
	char	 path[4096];
	char	*const paths[] = { path, NULL };
	FTS	*fts;
	FTSENT	*e;

	if (worker_scratch(sc.settings, pid, path, sizeof(path)) == -1 || rmdir(path) == 0 || errno == ENOENT)
		return;
	if ((fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT | FTS_XDEV, NULL)) == NULL)
		return;
	while ((e = fts_read(fts)) != NULL) {
		/* libclamav makes its directories 0700; a hijacked worker need not. */
		if (e->fts_info == FTS_DNR && chmod(e->fts_accpath, 0700) == 0)
			(void)fts_set(fts, e, FTS_AGAIN);
		else if (e->fts_info == FTS_DP || e->fts_info == FTS_DNR)
			(void)rmdir(e->fts_accpath);
		else if (e->fts_info != FTS_D)
			(void)unlink(e->fts_accpath);
	}
	fts_close(fts);
}

static void
backoff_raise(void)
{
	sc.backoff_ns = sc.backoff_ns == 0 ? BACKOFF_MIN_NS : sc.backoff_ns * 2;
	if (sc.backoff_ns > BACKOFF_MAX_NS)
		sc.backoff_ns = BACKOFF_MAX_NS;
	sc.not_before = clock_mono_ns() + sc.backoff_ns;
}

static void	channel_read(struct slot *);

static int
queue_hung_up(int q)
{
	struct pollfd	p = { .fd = sc.env.queue[q], .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP)) != 0;
}

static void
slot_died(struct slot *s, int status)
{
	/* Its last note may still lie in the channel. */
	if (s->channel != -1)
		channel_read(s);
	if (s->channel != -1)
		close(s->channel);
	s->channel = -1;
	if (s->busy) {
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			death_report(s, death_of_kill(s), SIGKILL);
		else if (WIFSIGNALED(status)) {
			death_report(s, DEATH_SIGNAL, (uint32_t)WTERMSIG(status));
			crash_count();
		} else if (WEXITSTATUS(status) != 0) {
			death_report(s, DEATH_EXIT, (uint32_t)WEXITSTATUS(status));
			crash_count();
		}
	} else if (s->id == 0 && (status != 0 || !queue_hung_up(s->queue))) {
		if (status != 0)
			log_warn("worker %ld died without a job: status %#x", (long)s->pid, (unsigned int)status);
		backoff_raise();
	}
	if (s->state == ACTIVE)
		scratch_remove(s->pid);
	memset(s, 0, sizeof(*s));
	s->channel = -1;
}

static void
reap(void)
{
	struct signalfd_siginfo	 si;
	size_t			 i;
	pid_t			 pid;
	int			 status;

	while (read(sc.signals, &si, sizeof(si)) == (ssize_t)sizeof(si))
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < sc.size; i++)
			if (sc.slots[i].state != FREE && sc.slots[i].pid == pid)
				slot_died(&sc.slots[i], status);
}

/* ---- workers ---- */

static struct slot *
slot_fork(void)
{
	struct slot	*s = NULL;
	sigset_t	 none;
	size_t		 i;
	pid_t		 pid;
	int		 pair[2];

	for (i = 0; i < sc.size && s == NULL; i++)
		if (sc.slots[i].state == FREE)
			s = &sc.slots[i];
	if (s == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		log_error("cannot make a worker's channel: %s", strerror(errno));
		backoff_raise();
		return NULL;
	}
	if ((pid = fork()) == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		title_set("worker");
		worker_run(&sc.env, pair[1]);
	}
	close(pair[1]);
	if (pid == -1) {
		log_error("cannot fork a worker: %s", strerror(errno));
		close(pair[0]);
		backoff_raise();
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->state = SPARE;
	s->pid = pid;
	s->channel = pair[0];
	return s;
}

static void
note_take(struct slot *s, const struct worker_note *n)
{
	if (n->kind == WORKER_NOTE_DONE) {
		s->busy = 0;
		return;
	}
	/* With one message a process, a second note is a hijacked worker's: it would move its deadline. */
	if (sc.settings->messages_per_worker <= 1 && s->id != 0)
		return;
	s->busy = 1;
	s->id = n->id;
	s->deadline_ns = n->deadline_ns;
	sc.backoff_ns = 0;
}

static void
channel_read(struct slot *s)
{
	struct worker_note	 n;
	char			 wire[WORKER_NOTE_WIRE_MAX];
	ssize_t			 len;

	for (;;) {
		len = recv(s->channel, wire, sizeof(wire), MSG_DONTWAIT);
		if (len == -1 && errno == EINTR)
			continue;
		if (len == -1 && errno == EAGAIN)
			return;
		if (len <= 0)
			break;
		if (s->state != ACTIVE || worker_note_decode(wire, (size_t)len, &n) == -1) {
			log_error("worker %ld sent a bad note: killed", (long)s->pid);
			kill(s->pid, SIGKILL);
			break;
		}
		note_take(s, &n);
	}
	close(s->channel);
	s->channel = -1;
}

static size_t
count(enum state state, int queue)
{
	size_t	i, n = 0;

	for (i = 0; i < sc.size; i++)
		n += sc.slots[i].state == state && (state != ACTIVE || sc.slots[i].queue == queue);
	return n;
}

static int
queue_holds(int q)
{
	int	n = 0;

	return ioctl(sc.env.queue[q], SIOCINQ, &n) == 0 && n > 0;
}

/* Somebody may still send to it, or something lies in it. */
static int
queue_needs(int q)
{
	return queue_holds(q) || (!sc.shut && !queue_hung_up(q));
}

/* The ticket goes to a spare if one waits, so that its queue is served before the next fork. */
static int
ticket_give(int q)
{
	unsigned char	 ticket = (unsigned char)q;
	struct slot	*s = NULL;
	size_t		 i;

	for (i = 0; i < sc.size && s == NULL; i++)
		if (sc.slots[i].state == SPARE && sc.slots[i].channel != -1)
			s = &sc.slots[i];
	if (s == NULL && (s = slot_fork()) == NULL)
		return -1;
	s->state = ACTIVE;
	s->queue = q;
	/* A spare that has just died is replaced when it is reaped. */
	if (send(s->channel, &ticket, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		log_warn("worker %ld does not take its ticket: %s", (long)s->pid, strerror(errno));
	return 0;
}

static void
refill(void)
{
	int	q;

	if (sc.not_before > clock_mono_ns())
		return;
	for (q = 0; q < QUEUES; q++)
		while (queue_needs(q) && count(ACTIVE, q) < sc.want[q])
			if (ticket_give(q) == -1)
				return;
	while (sc.drain_at == 0 && count(SPARE, 0) < sc.settings->spares)
		if (slot_fork() == NULL)
			return;
}

/* Kills what outlived its deadline.  Returns the milliseconds until the next thing to do; -1: none. */
static int
watch_deadlines(void)
{
	uint64_t	now = clock_mono_ns(), next = UINT64_MAX, at;
	struct slot	*s;
	size_t		 i;

	for (i = 0; i < sc.size; i++) {
		s = &sc.slots[i];
		if (s->state != ACTIVE || !s->busy || s->killed)
			continue;
		at = s->deadline_ns + GRACE_NS < s->deadline_ns ? UINT64_MAX : s->deadline_ns + GRACE_NS;
		if (at <= now) {
			s->killed = 1;
			kill(s->pid, SIGKILL);
		} else if (at < next)
			next = at;
	}
	if (sc.not_before > now && sc.not_before < next)
		next = sc.not_before;
	if (sc.drain_at > now && sc.drain_at < next)
		next = sc.drain_at;
	if (next == UINT64_MAX)
		return -1;
	at = (next - now) / 1000000 + 1;
	return at > 60000 ? 60000 : (int)at;
}

/* ---- the end ---- */

/* The starter sends nothing; whatever comes is read away, so that only its end is seen. */
static void
ctl_read(void)
{
	char	junk[256];
	ssize_t	n;

	n = recv(SCAN_FD_CTL, junk, sizeof(junk), MSG_DONTWAIT);
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR)))
		return;
	sc.drain_at = clock_mono_ns() + DRAIN_NS;
	title_set("main, draining");
	log_info("draining: the control stream has ended");
}

/* 1: nothing is left to do.  Idle workers see the end of their queue, so that none is killed with a job just taken. */
static int
drained(void)
{
	int	q;

	if (sc.drain_at == 0)
		return 0;
	if (!sc.shut && ((queue_hung_up(QUEUE_SMALL) && queue_hung_up(QUEUE_LARGE)) || clock_mono_ns() >= sc.drain_at)) {
		for (q = 0; q < QUEUES; q++)
			shutdown(sc.env.queue[q], SHUT_RD);
		sc.shut = 1;
	}
	return sc.shut && count(ACTIVE, QUEUE_SMALL) + count(ACTIVE, QUEUE_LARGE) == 0 &&
	    !queue_holds(QUEUE_SMALL) && !queue_holds(QUEUE_LARGE);
}

static void
spares_kill(void)
{
	size_t	i;

	for (i = 0; i < sc.size; i++)
		if (sc.slots[i].state != FREE) {
			kill(sc.slots[i].pid, SIGKILL);
			waitpid(sc.slots[i].pid, NULL, 0);
		}
}

static void
serve(void)
{
	size_t	i, n;
	int	timeout;

	for (;;) {
		reap();
		refill();
		if (drained())
			return;
		timeout = watch_deadlines();
		sc.polls[0] = (struct pollfd){ .fd = sc.signals, .events = POLLIN };
		sc.polls[1] = (struct pollfd){ .fd = sc.drain_at == 0 ? SCAN_FD_CTL : -1, .events = POLLIN };
		/* While draining the queues' ends matter; before, workers alone look at them. */
		for (n = 2; n < 2 + QUEUES; n++)
			sc.polls[n] = (struct pollfd){ .fd = sc.drain_at != 0 && !sc.shut && !queue_hung_up((int)n - 2) ?
			    sc.env.queue[n - 2] : -1, .events = POLLRDHUP };
		for (i = 0; i < sc.size; i++, n++)
			sc.polls[n] = (struct pollfd){ .fd = sc.slots[i].channel, .events = POLLIN };
		if (poll(sc.polls, n, timeout) == -1 && errno != EINTR)
			fatal(EX_OSERR, "poll: %s", strerror(errno));
		if (sc.polls[1].revents != 0)
			ctl_read();
		for (i = 0; i < sc.size; i++)
			if (sc.slots[i].channel != -1 && sc.polls[i + 2 + QUEUES].fd == sc.slots[i].channel &&
			    sc.polls[i + 2 + QUEUES].revents != 0)
				channel_read(&sc.slots[i]);
	}
}

/* ---- the beginning ---- */

static void __attribute__((noreturn))
fail(int code, const char *why)
{
	struct buf	b;

	buf_init(&b, WIRE_STR_MAX);
	wire_put_str(&b, why);
	(void)frame_write(SCAN_FD_CTL, SCAN_CTL_FAILED, b.data, b.len);
	buf_free(&b);
	fatal(code, "%s", why);
}

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "hopward-scan %s: never called by people, see hopward(8)\n", HOPWARD_VERSION);
	exit(EX_USAGE);
}

static struct scan_settings *
settings_read(void)
{
	struct scan_settings	*s = NULL;
	struct stat		 st;
	struct buf		 b;
	char			 chunk[8192];
	ssize_t			 n;

	/* Somebody's shell has nothing at these numbers, or no memfd. */
	if (fcntl(SCAN_FD_SETTINGS, F_GET_SEALS) == -1 || fstat(SCAN_FD_CTL, &st) == -1 || !S_ISSOCK(st.st_mode))
		usage();
	if (lseek(SCAN_FD_SETTINGS, 0, SEEK_SET) == -1)
		usage();
	buf_init(&b, SETTINGS_MAX);
	while ((n = read(SCAN_FD_SETTINGS, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n);
	if (n == -1 || b.failed || scan_settings_decode(b.data, b.len, &s) == -1)
		fail(EX_CONFIG, "settings cannot be read: hopward and hopward-scan must be of one release");
	buf_free(&b);
	close(SCAN_FD_SETTINGS);
	return s;
}

static void
log_begin(void)
{
	struct stat	st;

	/* Whoever sends a daemon's stderr to /dev/null means syslog. */
	sc.env.log_stderr = !(fstat(STDERR_FILENO, &st) == -1 ||
	    (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)));
	log_open("hopward-scan", sc.env.log_stderr, 0);
}

static void
signals_begin(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };
	sigset_t	 set;
	size_t		 i;

	/* A terminal's interrupt is for the starter: it decides, and closes the control stream. */
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (sc.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		fatal(EX_OSERR, "signalfd: %s", strerror(errno));
}

static void
slots_make(void)
{
	const struct scan_settings	*s = sc.settings;
	size_t				 i;

	sc.size = (size_t)s->workers_small + s->workers_large + s->spares;
	if (sc.size > WORKERS_MAX)
		fail(EX_CONFIG, "workers: more than 4096 together");
	sc.want[QUEUE_SMALL] = s->workers_small;
	sc.want[QUEUE_LARGE] = s->workers_large;
	if ((sc.slots = calloc(sc.size, sizeof(*sc.slots))) == NULL ||
	    (sc.polls = calloc(sc.size + 2 + QUEUES, sizeof(*sc.polls))) == NULL)
		fail(EX_OSERR, "no memory for the workers");
	for (i = 0; i < sc.size; i++)
		sc.slots[i].channel = -1;
}

static void
engine_begin(struct engine_info **info)
{
	char	err[512];

	title_set("main, loading signatures");
	if (engine_load(sc.settings, &sc.env.engine, info, err, sizeof(err)) == -1)
		fail(EX_UNAVAILABLE, err);
	sc.env.types = types_load();
	free((*info)->sandbox);
	if (((*info)->sandbox = strdup(sandbox_layers())) == NULL)
		fail(EX_OSERR, "no memory");
	/* After everything that is to be shared was loaded, before the first fork. */
	(*info)->huge_bytes = engine_collapse();
	log_info("engine %s: %llu signatures in %llu ms, %llu MB in huge pages; sandbox: %s", (*info)->version,
	    (unsigned long long)(*info)->signatures, (unsigned long long)(*info)->load_ms,
	    (unsigned long long)(*info)->huge_bytes >> 20, (*info)->sandbox);
}

static void
ready(const struct engine_info *info)
{
	struct buf	b;

	buf_init(&b, WIRE_STR_MAX);
	if (engine_info_encode(info, &b) == -1)
		fail(EX_SOFTWARE, "engine information cannot be encoded");
	/* A starter that is gone is found by the loop. */
	(void)frame_write(SCAN_FD_CTL, SCAN_CTL_READY, b.data, b.len);
	buf_free(&b);
}

int
main(int argc, char *argv[])
{
	struct engine_info	*info = NULL;
	int			 fd;

	if (argc > 1)
		usage();
	title_init(argc, argv);
	log_begin();
	sc.settings = settings_read();
	for (fd = SCAN_FD_SMALL; fd <= SCAN_FD_CTL; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			usage();
	signals_begin();
	memory_open();
	sc.oom_kills = memory_kills();
	sc.env.settings = sc.settings;
	sc.env.queue[QUEUE_SMALL] = SCAN_FD_SMALL;
	sc.env.queue[QUEUE_LARGE] = SCAN_FD_LARGE;
	sc.env.main = getpid();
	slots_make();
	engine_begin(&info);
	title_set("main");
	refill();
	ready(info);
	serve();
	spares_kill();
	engine_info_free(info);
	types_free(sc.env.types);
	engine_free(sc.env.engine);
	scan_settings_free(sc.settings);
	free(sc.slots);
	free(sc.polls);
	return 0;
}
