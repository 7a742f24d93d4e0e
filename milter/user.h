/* SPDX-License-Identifier: ISC */
/* Who a process shall be: looks a user up, and becomes it for good. */
#ifndef HOPWARD_USER_H
#define HOPWARD_USER_H

#include <sys/types.h>

struct user {
	uid_t	uid;
	gid_t	gid;
	char	name[64];	/* for initgroups(3); "" where only numbers were given */
};

/* "name", "name:group", "1234" or "1234:5678" (a number need not exist in the password file).  0 or -1. */
int	user_lookup(const char *spec, struct user *);
/* A group's name or number.  0 or -1. */
int	user_group(const char *spec, gid_t *);
/*
 * Irrevocably becomes the user, with the user's groups and, if `extra` is
 * given, one more.  0, or -1 with errno; 0 and nothing done where the process
 * is not root, as there is then only one user to be.
 */
int	user_become(const struct user *, const gid_t *extra);

#endif
