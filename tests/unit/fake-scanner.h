/* SPDX-License-Identifier: ISC */
/* A scanner played by a test: the far ends of a generation, and a thread that does with each job what its script says. */
#ifndef HOPWARD_TESTS_FAKE_SCANNER_H
#define HOPWARD_TESTS_FAKE_SCANNER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/wire.h"
#include "front/handover.h"
#include "judge/facts.h"

enum act {
	ACT_CLEAN, ACT_INFECTED, ACT_EXPIRED,
	ACT_SIGNAL, ACT_MEMORY, ACT_OUTSIDE, ACT_DEADLINE, ACT_EXIT,	/* dies, its main reports */
	ACT_SILENT,		/* dies, its main says nothing */
	ACT_CUT,		/* dies by a signal in the middle of its answer */
	ACT_STALL,		/* stops in the middle of its answer */
	ACT_GARBAGE, ACT_TYPE, ACT_RESULT, ACT_FLOOD,
	ACT_NEVER,		/* holds the job and says nothing */
	ACT_TRICKLE		/* a good answer, octet by octet */
};

struct fake {
	int		 small, large, reports;	/* the scanner's ends; -1 once closed */
	enum act	 script[64];		/* of the first, second... job; the last one repeats */
	unsigned int	 acts;
	atomic_uint	 jobs, large_jobs;
	atomic_uint	 hung_up;		/* jobs whose asker went away while they were held */
	int		 held[64];
	unsigned int	 held_count;
	struct scan_job	 last;
	char		 text[4096];		/* what the last memfd held */
	size_t		 text_len;
	int		 seals;
	pthread_t	 thread;
	int		 stop[2];
};

static int
fake_result(struct buf *out, enum outcome outcome)
{
	struct part part = { .path = (char *)(uintptr_t)"0", .outcome = outcome };
	struct scan_result r = { .parts = &part, .parts_count = 1, .scan_us = 1000, .cpu_us = 900 };
	char sig[] = "Eicar-Test-Signature";

	if (outcome == OUTCOME_INFECTED)
		part.signature = sig;
	return scan_result_encode(&r, out);
}

static void
fake_report(struct fake *f, uint64_t id, enum scan_death death, uint32_t number)
{
	struct scan_report r = { .id = id, .death = death, .number = number };
	struct buf b;

	buf_init(&b, 64);
	scan_report_encode(&r, &b);
	fdpass_send(f->reports, b.data, b.len, NULL, 0, 0);
	buf_free(&b);
}

static void
fake_write(int fd, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;
		p = (const char *)p + w;
		n -= (size_t)w;
	}
}

/* The octets of a good answer, as frame_write() puts them on the wire. */
static size_t
fake_frame(char *out, size_t size, enum outcome outcome)
{
	struct buf b;
	ssize_t n;
	int sp[2];

	buf_init(&b, 4096);
	fake_result(&b, outcome);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sp) == -1)
		abort();
	frame_write(sp[0], SCAN_REPLY_RESULT, b.data, b.len);
	n = read(sp[1], out, size);
	close(sp[0]);
	close(sp[1]);
	buf_free(&b);
	return (size_t)n;
}

static void
fake_act(struct fake *f, enum act act, int reply)
{
	static const char junk[70000];
	char frame[1024];
	struct buf b;
	size_t n, i;

	buf_init(&b, 65536);
	n = fake_frame(frame, sizeof(frame), act == ACT_INFECTED ? OUTCOME_INFECTED : OUTCOME_CLEAN);
	switch (act) {
	case ACT_CLEAN:
	case ACT_INFECTED:
		fake_write(reply, frame, n);
		break;
	case ACT_TRICKLE:
		for (i = 0; i < n; i++)
			fake_write(reply, frame + i, 1);
		break;
	case ACT_EXPIRED:
		frame_write(reply, SCAN_REPLY_EXPIRED, NULL, 0);
		break;
	case ACT_SIGNAL:
		fake_report(f, f->last.id, DEATH_SIGNAL, 11);
		break;
	case ACT_MEMORY:
		fake_report(f, f->last.id, DEATH_MEMORY, 9);
		break;
	case ACT_OUTSIDE:
		fake_report(f, f->last.id, DEATH_OUTSIDE, 9);
		break;
	case ACT_DEADLINE:
		fake_report(f, f->last.id, DEATH_DEADLINE, 9);
		break;
	case ACT_EXIT:
		fake_report(f, f->last.id, DEATH_EXIT, 3);
		break;
	case ACT_CUT:
		fake_write(reply, frame, n / 2);
		close(reply);
		/* The cause comes later than the end of file. */
		fake_report(f, f->last.id, DEATH_SIGNAL, 6);
		buf_free(&b);
		return;
	case ACT_STALL:
		fake_write(reply, frame, n / 2);
		/* FALLTHROUGH */
	case ACT_NEVER:
		f->held[f->held_count++] = reply;
		buf_free(&b);
		return;
	case ACT_GARBAGE:
		fake_write(reply, "HTTP/1.1 200 OK\r\n\r\n", 19);
		break;
	case ACT_TYPE:
		frame_write(reply, 77, "x", 1);
		break;
	case ACT_RESULT:
		frame_write(reply, SCAN_REPLY_RESULT, "nonsense", 8);
		break;
	case ACT_FLOOD:
		for (i = 0; i < 400; i++)
			fake_write(reply, junk, sizeof(junk));
		break;
	case ACT_SILENT:
		break;
	}
	close(reply);
	buf_free(&b);
}

/* Takes one job off a queue; -1: the front has let go of it. */
static int
fake_take(struct fake *f, int queue)
{
	char packet[256];
	int fds[2] = { -1, -1 }, nfds = 0;
	unsigned int nth;
	ssize_t n;

	n = fdpass_recv(queue, packet, sizeof(packet), fds, 2, &nfds, 0);
	if (n <= 0)
		return -1;
	if (nfds != 2 || scan_job_decode(packet, (size_t)n, &f->last) == -1)
		abort();
	f->seals = fcntl(fds[0], F_GET_SEALS);
	f->text_len = (size_t)pread(fds[0], f->text, sizeof(f->text), 0);
	close(fds[0]);
	if (queue == f->large)
		atomic_fetch_add(&f->large_jobs, 1);
	nth = atomic_fetch_add(&f->jobs, 1);
	fake_act(f, f->script[nth < f->acts ? nth : f->acts - 1], fds[1]);
	return 0;
}

static void *
fake_thread(void *arg)
{
	struct fake *f = arg;
	struct pollfd p[3 + 64];
	unsigned int i;

	for (;;) {
		p[0] = (struct pollfd){ .fd = f->stop[0], .events = POLLIN };
		p[1] = (struct pollfd){ .fd = f->small, .events = POLLIN };
		p[2] = (struct pollfd){ .fd = f->large, .events = POLLIN };
		for (i = 0; i < f->held_count; i++)
			p[3 + i] = (struct pollfd){ .fd = f->held[i], .events = POLLIN };
		poll(p, 3 + f->held_count, -1);
		if (p[0].revents)
			break;
		for (i = 0; i < f->held_count; i++)
			if (f->held[i] != -1 && p[3 + i].revents) {
				close(f->held[i]);
				f->held[i] = -1;
				atomic_fetch_add(&f->hung_up, 1);
			}
		/* A front that let go of us: no more jobs, and no busy loop. */
		for (i = 1; i <= 2; i++)
			if (p[i].revents && fake_take(f, p[i].fd) == -1) {
				close(p[i].fd);
				*(i == 1 ? &f->small : &f->large) = -1;
			}
	}
	return NULL;
}

/* Makes the ends; the front's three go to fds.  Jobs wait until fake_start(). */
static void
fake_open(struct fake *f, int fds[3], const enum act *script, unsigned int acts)
{
	int sp[2], i, *mine[3] = { &f->small, &f->large, &f->reports };

	memset(f, 0, sizeof(*f));
	for (i = 0; i < 3; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sp) == -1)
			abort();
		*mine[i] = sp[0];
		fds[i] = sp[1];
	}
	memcpy(f->script, script, acts * sizeof(*script));
	f->acts = acts;
	f->stop[0] = f->stop[1] = -1;
}

static void
fake_start(struct fake *f)
{
	if (pipe2(f->stop, O_CLOEXEC) == -1 || pthread_create(&f->thread, NULL, fake_thread, f) != 0)
		abort();
}

/* The scanner's whole death, or the end of the test. */
static void
fake_close(struct fake *f)
{
	unsigned int i;

	if (f->stop[0] != -1) {
		if (write(f->stop[1], "x", 1) != 1)
			abort();
		pthread_join(f->thread, NULL);
		close(f->stop[0]);
		close(f->stop[1]);
	}
	for (i = 0; i < f->held_count; i++)
		if (f->held[i] != -1)
			close(f->held[i]);
	if (f->small != -1)
		close(f->small);
	if (f->large != -1)
		close(f->large);
	close(f->reports);
}

static struct engine_info *
fake_info(void)
{
	struct engine_info *info = calloc(1, sizeof(*info));

	if (info == NULL || (info->version = strdup("1.4.6")) == NULL)
		abort();
	info->db_version = 27400;
	return info;
}

/* Descriptors that this process has open. */
static int
count_fds(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}

/* Waits, bounded, for something another thread does; 1 when it came. */
#define WAIT_UNTIL(cond) __extension__ ({				\
	int tries_;							\
	for (tries_ = 0; tries_ < 5000 && !(cond); tries_++)		\
		usleep(1000);						\
	(cond);								\
})

#endif
