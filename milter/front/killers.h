/* SPDX-License-Identifier: ISC */
/* Remembers messages that crashed workers, by digest, so that their retry is not scanned again. */
#ifndef HOPWARD_FRONT_KILLERS_H
#define HOPWARD_FRONT_KILLERS_H

#include <pthread.h>
#include <stdint.h>

#include "front/spool.h"

#define KILLERS_MAX	1024	/* messages remembered; the oldest goes */
#define KILLERS_TWICE	2	/* crashes until a message counts as known */

struct killers {
	pthread_mutex_t	 lock;
	struct {
		uint64_t	body_size;
		uint8_t		digest[32];
		unsigned int	crashes;
	}		 seen[KILLERS_MAX];
	unsigned int	 count, next;
};

void	killers_init(struct killers *);
void	killers_destroy(struct killers *);
/* Called by libmilter's threads.  1: this message crashed workers KILLERS_TWICE times or more. */
int	killers_known(struct killers *, const struct spool *);
void	killers_note(struct killers *, const struct spool *);	/* it crashed one */

#endif
