/* SPDX-License-Identifier: ISC */
/* Remembers messages that crashed workers, by digest, so that their retry is not scanned again. */
/*
 * Called by handover.c from libmilter's threads.  What a digest covers is
 * spool_digest()'s to say.  It forgets all at a restart, and judges nothing.
 */
#include <stddef.h>
#include <string.h>

#include "front/killers.h"

void
killers_init(struct killers *k)
{
	memset(k, 0, sizeof(*k));
	pthread_mutex_init(&k->lock, NULL);
}

void
killers_destroy(struct killers *k)
{
	pthread_mutex_destroy(&k->lock);
}

/* Lock held.  Index of the first of that size, and digest if one is given; KILLERS_MAX: none. */
static unsigned int
find(const struct killers *k, uint64_t size, const uint8_t *digest)
{
	unsigned int i;

	for (i = 0; i < k->count; i++)
		if (k->seen[i].body_size == size && (digest == NULL ||
		    memcmp(k->seen[i].digest, digest, sizeof(k->seen[i].digest)) == 0))
			return i;
	return KILLERS_MAX;
}

int
killers_known(struct killers *k, const struct spool *sp)
{
	uint64_t size = spool_body_size(sp);
	unsigned int i;
	uint8_t digest[32];
	int known;

	/* Hashing every message would cost more than it saves: the size is asked first. */
	pthread_mutex_lock(&k->lock);
	known = find(k, size, NULL) != KILLERS_MAX;
	pthread_mutex_unlock(&k->lock);
	if (!known || spool_digest(sp, digest) == -1)
		return 0;
	pthread_mutex_lock(&k->lock);
	i = find(k, size, digest);
	known = i != KILLERS_MAX && k->seen[i].crashes >= KILLERS_TWICE;
	pthread_mutex_unlock(&k->lock);
	return known;
}

void
killers_note(struct killers *k, const struct spool *sp)
{
	uint8_t digest[32];
	unsigned int i;

	if (spool_digest(sp, digest) == -1)
		return;
	pthread_mutex_lock(&k->lock);
	if ((i = find(k, spool_body_size(sp), digest)) == KILLERS_MAX) {
		i = k->next;
		k->next = (k->next + 1) % KILLERS_MAX;
		if (k->count < KILLERS_MAX)
			k->count++;
		k->seen[i].body_size = spool_body_size(sp);
		memcpy(k->seen[i].digest, digest, sizeof(digest));
		k->seen[i].crashes = 0;
	}
	k->seen[i].crashes++;
	pthread_mutex_unlock(&k->lock);
}
