/* SPDX-License-Identifier: ISC */
/* Notices that a signature directory has changed and all have come to rest. */
#ifndef HOPWARD_WATCH_H
#define HOPWARD_WATCH_H

#include <stdint.h>

#define WATCH_SETTLE_NS	1000000000ULL	/* quiet for this long: freshclam writes several files */

struct watch {
	int		 fd;		/* inotify, to be polled; -1 where there is none */
	const char	*dir;		/* borrowed; NULL: nothing is watched */
	const char	*more;		/* borrowed; further ones with commas between them, or NULL */
	uint64_t	 check_ns;	/* besides inotify, look this often; 0: never */
	uint64_t	 due_ns;	/* next look; 0: none */
	uint64_t	 seen;		/* fingerprint at the latest watch_mark() */
};

void	watch_open(struct watch *, const char *dir, const char *more, uint64_t check_ms);
void	watch_close(struct watch *);
/* What is in the directories now is what a load that starts now will read. */
void	watch_mark(struct watch *);
/* Call when fd is readable. */
void	watch_event(struct watch *);
/* Call when due_ns has come.  1: a directory differs from the latest mark and is at rest. */
int	watch_due(struct watch *, uint64_t now_ns);

#endif
