/* SPDX-License-Identifier: ISC */
/* Records what a person does with hopwardctl, before it is done: who, and why. */
#ifndef HOPWARD_CTL_ACTS_H
#define HOPWARD_CTL_ACTS_H

#include "ctl/ctl.h"

#define ACTS_STREAM	"acts"	/* of hopward-log(5) */
#define ACTS_WHY_MAX	512	/* octets of a reason; a record keeps no more of one text */

/* Who acts, as far as the system knows. */
struct acts_person {
	char	who[64];	/* a user's name, or its number */
	char	by[8];		/* "sudo", "login" or "uid": how that is known */
	char	uid[16];	/* the real user id of this process */
};

void	acts_person(struct acts_person *);
/* Whether this can be a reason: some text, one line, not too long.  NULL, or what is wrong with it. */
const char *acts_why_bad(const char *why);
/*
 * Appends one event to the stream "acts": who, by and uid, and the text pairs key, value, ..., NULL.
 * As root it is written by a child with the rights of the directory's owner, so that the daemon's user
 * can read what is there.  Waits a little for another hopwardctl that writes.
 * 0 once it is as safe as records.sync says, or -1 after telling why: what was to be done must then not be done.
 */
int	acts_record(const struct ctl *, const struct conf *, const char *event, const char *const *pairs);
/* Gives up root for good, for whose directory it is; nothing else than root gives up anything.  0, or -1 with errno. */
int	acts_become_owner(const char *directory);

#endif
