/* SPDX-License-Identifier: ISC */
/* Files, folders, Maildirs and mbox files -> the messages in them, in a stable order. */
#ifndef HOPWARD_CTL_MAILBOX_H
#define HOPWARD_CTL_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#define MAILBOX_MAX	4000000		/* messages of one run: each takes some 100 octets until the end */
#define MAILBOX_WHOLE	UINT64_MAX

struct mailbox_item {
	char		*file;		/* its path; of messages of one mbox the same pointer */
	uint64_t	 from, len;	/* the piece of it; 0 and MAILBOX_WHOLE: all */
	uint32_t	 number;	/* in an mbox, from 1; 0: none */
	int		 found;		/* not named by the user but found in a folder: no link is followed, it must be a regular file */
	int		 error;		/* errno: it, or the folder, cannot be read; there is nothing to load */
	const char	*why;		/* static; instead of error's text; NULL */
};

struct mailbox {
	struct mailbox_item *items;
	size_t		 count, size;
	int		 folders;	/* some argument was one */
};

/*
 * Appends the messages that `path` names: itself; of a folder all regular files
 * below it, of a Maildir (a folder that has cur and new) those in cur and new alone, and its
 * own subfolders, by name; with mbox, the pieces between "From " lines of a file.  What cannot be read becomes an item with
 * its error.  0, or -1: no memory, or more than MAILBOX_MAX (errno E2BIG).
 */
int	mailbox_add(struct mailbox *, const char *path, int mbox);
void	mailbox_free(struct mailbox *);		/* members */

#endif
