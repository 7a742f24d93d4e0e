/* SPDX-License-Identifier: ISC */
/* The sandbox without hard layers: for sanitizers, fuzzing and until a kernel filter stands beside it. */
/*
 * Called by worker.c once per process, after the job came and before a byte
 * of it is read.  Debugging a denial: none can happen here; with a filter the
 * kernel's audit log names the system call.  Namespaces, mounts and the change
 * of user are made by whoever starts hopward-scan.  A file of its own,
 * sandbox_seccomp.c, takes this one's place for the system-call allow-list and
 * Landlock; the hook where it belongs is the end of sandbox_enter().
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <stddef.h>

#include "scan/sandbox.h"

int
sandbox_enter(const char *scratch)
{
	const struct rlimit none = { 0, 0 };

	(void)scratch;		/* for Landlock: all that a worker may write */
	/* A dump would hold strangers' mail. */
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
	/* No ptrace and no /proc/PID/mem by others of the same user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return 0;
}

const char *
sandbox_layers(void)
{
	return "no_new_privs undumpable no_core";
}
