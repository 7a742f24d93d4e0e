/* SPDX-License-Identifier: ISC */
/* Starts journalctl, so that the mail of systemd's journal can be read as lines of a log. */
/*
 * Called by collect.  Links no library of systemd: its program is on every
 * machine that has a journal.  The child gets no blocked signals of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/journal.h"

int
journal_start(const struct ctl *ctl, uint64_t since_us, pid_t *pid, int *fd)
{
	char since[64];
	char name[] = "journalctl", quiet[] = "-q", follow[] = "-f", all[] = "--no-tail", form[] = "--output=short-iso-precise",
	    match[] = "SYSLOG_FACILITY=2";
	char *argv[] = { name, quiet, follow, all, form, match, NULL, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	extern char **environ;
	int p[2], err;
	sigset_t none;

	if (since_us != 0) {
		snprintf(since, sizeof(since), "--since=@%" PRIu64, since_us / 1000000);
		argv[6] = since;
	}
	if (pipe2(p, O_CLOEXEC) == -1) {
		ctl_warn(ctl, "pipe: %s", strerror(errno));
		return EX_OSERR;
	}
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, p[1], STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawnp(pid, name, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(p[1]);
	if (err != 0) {
		ctl_warn(ctl, "journalctl: %s", strerror(err));
		close(p[0]);
		return EX_UNAVAILABLE;
	}
	*fd = p[0];
	return 0;
}
