/* SPDX-License-Identifier: ISC */
/* Who a process shall be: looks a user up, and becomes it for good. */
/*
 * Called by the parent between fork(2) and the child's first act.  It keeps no
 * state and does not log: the caller knows which child it was about.
 */
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user.h"

#define GROUPS_MAX	64	/* supplementary groups of a mail filter's user; more is a mistake */

static int
number(const char *s, unsigned long *out)
{
	char	*end;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	*out = strtoul(s, &end, 10);
	return errno != 0 || *end != '\0' || *out > 0x7fffffffUL ? -1 : 0;
}

int
user_group(const char *spec, gid_t *gid)
{
	struct group	*gr;
	unsigned long	 n;

	if (number(spec, &n) == 0) {
		*gid = (gid_t)n;
		return 0;
	}
	if ((gr = getgrnam(spec)) == NULL)
		return -1;
	*gid = gr->gr_gid;
	return 0;
}

int
user_lookup(const char *spec, struct user *user)
{
	struct passwd	*pw;
	const char	*colon = strchr(spec, ':');
	unsigned long	 n;
	char		 name[sizeof(user->name)];
	size_t		 len = colon != NULL ? (size_t)(colon - spec) : strlen(spec);

	memset(user, 0, sizeof(*user));
	if (len == 0 || len >= sizeof(name))
		return -1;
	memcpy(name, spec, len);
	name[len] = '\0';
	if (number(name, &n) == 0) {
		user->uid = (uid_t)n;
		user->gid = (gid_t)n;
		pw = getpwuid(user->uid);
	} else if ((pw = getpwnam(name)) == NULL)
		return -1;
	if (pw != NULL) {
		user->uid = pw->pw_uid;
		user->gid = pw->pw_gid;
		snprintf(user->name, sizeof(user->name), "%s", pw->pw_name);
	}
	return colon != NULL ? user_group(colon + 1, &user->gid) : 0;
}

int
user_become(const struct user *user, const gid_t *extra)
{
	gid_t	groups[GROUPS_MAX];
	int	count = GROUPS_MAX - 1;

	if (geteuid() != 0)
		return 0;
	if (user->name[0] == '\0') {
		groups[0] = user->gid;
		count = 1;
	} else if (getgrouplist(user->name, user->gid, groups, &count) == -1) {
		errno = E2BIG;
		return -1;
	}
	if (extra != NULL)
		groups[count++] = *extra;
	if (setgroups((size_t)count, groups) == -1 ||
	    setresgid(user->gid, user->gid, user->gid) == -1 ||
	    setresuid(user->uid, user->uid, user->uid) == -1)
		return -1;
	return 0;
}
