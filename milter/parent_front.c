/* SPDX-License-Identifier: ISC */
/* The parent's half of the talk with the front: start it, tell it, hear it, record its own events through it. */
/*
 * The front is the only writer of records, so what happens to the daemon itself
 * (reload, a dead scanner) is sent there; events wait here while no front serves.
 */
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "control.h"
#include "notify.h"
#include "parent_int.h"
#include "user.h"

#define EVENT_WORDS_MAX	16	/* of parent_event()'s own callers, who name a handful */

static const struct front_hooks front_hooks = { conf_front_read, conf_front_free };

/* ---- events: what of the daemon itself goes into the record, through the front ---- */

void
parent_events_flush(struct parent *p)
{
	unsigned int i;

	if (p->front == -1 || !p->listening)
		return;
	for (i = 0; i < p->events_count; i++) {
		if (fdpass_send(p->front, p->events[i].data, p->events[i].len, NULL, 0, MSG_DONTWAIT) == -1) {
			if (errno == EAGAIN)
				break;	/* many at once: the others go a little later */
			log_warn("an event was not recorded: %s", strerror(errno));
		}
		buf_free(&p->events[i]);
	}
	memmove(p->events, p->events + i, (p->events_count - i) * sizeof(p->events[0]));
	p->events_count -= i;
}

void
parent_event_pairs(struct parent *p, const char *name, const char *const *pairs)
{
	struct buf	*b;

	if (p->events_count == PARENT_EVENTS_MAX) {
		log_warn("event %s is not recorded: no front has taken events for too long", name);
		return;
	}
	b = &p->events[p->events_count++];
	buf_init(b, PACKET_MAX);
	buf_addc(b, FRONT_CTL_EVENT);
	wire_put_str(b, name);
	for (; pairs != NULL && *pairs != NULL; pairs++)
		wire_put_str(b, *pairs);
	parent_events_flush(p);
}

/* key, value, ..., NULL */
void
parent_event(struct parent *p, const char *name, ...)
{
	const char	*pairs[EVENT_WORDS_MAX + 1];
	size_t		 n = 0;
	va_list		 ap;

	va_start(ap, name);
	while (n < EVENT_WORDS_MAX && (pairs[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	pairs[n] = NULL;
	parent_event_pairs(p, name, pairs);
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
	/* Those of this moment; later ones come as packets. */
	p->conf->start.exceptions = p->except.text.data;
	front_main(3, p->conf->front, &p->conf->start, p->stats, &front_hooks);
}

int
parent_front_start(struct parent *p)
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
	p->except.forked = p->except.serial;
	p->front_started_ns = clock_mono_ns();
	return 0;
}

/* What cannot be told at once is not waited for: the parent must stay able to act.  A new front is told everything. */
void
parent_front_hangs(struct parent *p, const char *what)
{
	log_error("the front takes no word of %s (%s): it hangs and is ended, a new one starts", what, strerror(errno));
	kill(p->front_pid, SIGKILL);
}

/* Tells the front which queues to use from now on.  One that does not listen yet is told once it does, so each hears of a generation once. */
void
parent_front_generation(struct parent *p)
{
	struct buf	b;
	int		fds[3];

	if (p->front == -1 || !p->listening || p->current == NULL)
		return;
	buf_init(&b, PACKET_MAX);
	buf_addc(&b, FRONT_CTL_GENERATION);
	wire_put_u32(&b, p->current->number);
	engine_info_encode(p->current->info, &b);
	fds[0] = p->current->small;
	fds[1] = p->current->large;
	fds[2] = p->current->reports;
	if (b.failed || fdpass_send(p->front, b.data, b.len, fds, 3, MSG_DONTWAIT) == -1)
		parent_front_hangs(p, "the next generation");
	buf_free(&b);
}

void
parent_front_no_engine(struct parent *p, const char *why)
{
	struct buf	b;

	if (p->front == -1)
		return;
	buf_init(&b, PACKET_MAX);
	buf_addc(&b, FRONT_CTL_NO_ENGINE);
	wire_put_str(&b, why);
	if (fdpass_send(p->front, b.data, b.len, NULL, 0, MSG_DONTWAIT) == -1)
		parent_front_hangs(p, "that there is no engine");
	buf_free(&b);
}

/* The whole configuration as text, so that front and parent never read two different ones. */
int
parent_front_settings(struct parent *p)
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
		rc = fdpass_send(p->front, &type, 1, &fd, 1, MSG_DONTWAIT);
	if (rc == -1)
		parent_front_hangs(p, "the new settings");
	if (fd != -1)
		close(fd);
	buf_free(&text);
	return rc;
}

void
parent_front_ended(struct parent *p, int status)
{
	uint64_t	now = clock_mono_ns();
	unsigned int	i;

	close(p->front);
	p->front = -1;
	p->front_pid = -1;
	atomic_store(&p->stats->in_flight, 0);
	atomic_store(&p->stats->connections_open, 0);
	for (i = 0; i < PARENT_OLD_MAX; i++)
		if (p->old[i] != NULL)
			generation_close(p->old[i]);
	if (p->stopping)
		return;
	if (!p->listening && p->started_ns == p->front_started_ns) {
		parent_stop(p, "the front did not start",
		    WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EX_OSERR);
		return;
	}
	if (WIFSIGNALED(status))
		log_error("the front was killed by signal %d; a new one starts", WTERMSIG(status));
	else
		log_error("the front ended with code %d; a new one starts", WEXITSTATUS(status));
	parent_event(p, "front-died", "reason", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit", NULL);
	p->front_due_ns = now - p->front_started_ns > STEADY_NS ? now : now + SECOND_NS / 2;
}

/* ---- what the front says ---- */

void
parent_front_readable(struct parent *p)
{
	char		 packet[1024];
	struct wire	 w;
	uint32_t	 number;
	ssize_t		 n;
	unsigned int	 i;
	int		 nfds;

	n = fdpass_recv(p->front, packet, sizeof(packet) - 1, NULL, 0, &nfds, MSG_DONTWAIT);
	if (n <= 0)
		return;		/* its end shows as a dead child */
	packet[n] = '\0';
	switch (packet[0]) {
	case FRONT_MSG_LISTENING:
		p->listening = 1;
		log_info("listening on %s", p->conf->start.socket);
		parent_front_generation(p);
		parent_events_flush(p);
		control_held(p, p->except.forked);
		if (p->except.serial != p->except.forked)
			parent_front_exceptions(p);
		notify_ready();
		break;
	case FRONT_MSG_EXCEPTIONS:
		wire_init(&w, packet + 1, (size_t)n - 1);
		number = wire_u32(&w);
		if (wire_end(&w) == 0)
			control_held(p, number);
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
