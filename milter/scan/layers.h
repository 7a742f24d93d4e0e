/* SPDX-License-Identifier: ISC */
/* Which members of which containers were announced and never opened. */
#ifndef HOPWARD_SCAN_LAYERS_H
#define HOPWARD_SCAN_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#define LAYER_MIN	5	/* libclamav looks at nothing that is not longer than this */

/* The layers of one object; NULL where memory lacks. */
struct layers;
struct layers	*layers_new(void);
void		 layers_free(struct layers *);

/* The order of the engine's callbacks: a layer begins, announces its members and holds inner layers, ends. */
void	layers_enter(struct layers *, const char *type, const char *name, const char *data, size_t size,
	    uint32_t level, int normalized);
void	layers_member(struct layers *, const char *container, const char *name, uint64_t packed, uint64_t size,
	    int encrypted, unsigned int pos);
void	layers_leave(struct layers *);
/* Ends what is still open. */
void	layers_end(struct layers *);

/* The first one's name or type, printable; NULL if there was none.  Good until layers_free(). */
const char	*layers_unopened(const struct layers *);
const char	*layers_encrypted(const struct layers *);
/* Too many members, layers too deep, or no memory: nothing can be said. */
int		 layers_failed(const struct layers *);

#endif
