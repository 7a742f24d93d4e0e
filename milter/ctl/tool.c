/* SPDX-License-Identifier: ISC */
/* Runs a program of the MTA's and reads what it says. */
/*
 * Called by held.  Reads both of its outputs as they come, so that neither can block it.
 * Owns the child and the pipes for one call.  It knows no program, and sets no time limit:
 * the tools have their own, and a person can interrupt.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/tool.h"

struct reader {
	struct tool	*tool;
	struct buf	 line;
	int		 overlong;	/* in a line that was given up */
	int		 stopped;
	size_t		 said;
};

static void
take_said(struct reader *r, const char *p, size_t n)
{
	size_t room = sizeof(r->tool->said) - 1 - r->said;

	if (n > room)
		n = room;
	memcpy(r->tool->said + r->said, p, n);
	r->said += n;
	r->tool->said[r->said] = '\0';
}

static void
line_end(struct reader *r)
{
	if (r->overlong)
		r->tool->overlong++;
	else if (buf_addc(&r->line, '\0') == 0)
		r->stopped = r->tool->line(r->tool->arg, r->line.data, r->line.len - 1) != 0;
	buf_reset(&r->line);
	r->overlong = 0;
}

static void
take_output(struct reader *r, const char *p, size_t n)
{
	const char *nl;
	size_t len;

	while (n > 0 && !r->stopped) {
		nl = memchr(p, '\n', n);
		len = nl != NULL ? (size_t)(nl - p) : n;
		if (!r->overlong && buf_add(&r->line, p, len) == -1)
			r->overlong = 1;
		if (nl == NULL)
			return;
		line_end(r);
		p += len + 1;
		n -= len + 1;
	}
}

/* Until both ends are closed. */
static void
read_all(struct reader *r, int out, int err)
{
	struct pollfd p[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	char chunk[65536];
	ssize_t n;
	int i;

	while (!r->stopped && (p[0].fd != -1 || p[1].fd != -1)) {
		if (poll(p, 2, -1) == -1) {
			if (errno != EINTR)
				return;
			continue;
		}
		for (i = 0; i < 2; i++) {
			if (p[i].fd == -1 || p[i].revents == 0)
				continue;
			if ((n = read(p[i].fd, chunk, sizeof(chunk))) == -1 && errno == EINTR)
				continue;
			if (n <= 0)
				p[i].fd = -1;
			else if (i == 0)
				take_output(r, chunk, (size_t)n);
			else
				take_said(r, chunk, (size_t)n);
		}
	}
	if (!r->stopped && (r->line.len > 0 || r->overlong))
		line_end(r);
}

/* 0, or an errno. */
static int
start(const struct tool *t, int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	extern char **environ;
	sigset_t set;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (out != -1)
		posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);	/* that we ignore */
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	/* posix_spawn(3) takes char *const *, and changes nothing of it */
	rc = posix_spawn(pid, t->argv[0], &files, &attr, (char *const *)(uintptr_t)t->argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

int
tool_run(struct tool *t)
{
	struct reader r = { .tool = t };
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, rc = -1, status = 0, code, i;
	pid_t pid;

	t->said[0] = '\0';
	t->overlong = 0;
	buf_init(&r.line, TOOL_LINE_MAX);
	fflush(stdout);
	if (pipe2(err, O_CLOEXEC) == -1 || (t->line != NULL && pipe2(out, O_CLOEXEC) == -1))
		goto done;
	if ((code = start(t, out[1], err[1], &pid)) != 0) {
		errno = code;
		goto done;
	}
	close(err[1]);
	err[1] = -1;
	if (out[1] != -1)
		close(out[1]);
	out[1] = -1;
	read_all(&r, out[0], err[0]);
	if (r.stopped)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	rc = r.stopped ? 0 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
done:
	code = errno;
	for (i = 0; i < 2; i++) {
		if (out[i] != -1)
			close(out[i]);
		if (err[i] != -1)
			close(err[i]);
	}
	buf_free(&r.line);
	errno = code;
	return rc;
}
