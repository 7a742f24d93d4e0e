/* SPDX-License-Identifier: ISC */
/* The members of containers: what each came to, and which were announced and never opened. */
#ifndef HOPWARD_SCAN_LAYERS_H
#define HOPWARD_SCAN_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"

#define LAYER_MIN	5	/* libclamav looks at nothing that is not longer than this */
#define LAYER_TYPE_MAX	40

/* One member of a container, at any depth, in the order of announcement. */
struct layer_member {
	char		*name;		/* its octets as libclamav gave them; NULL: it has none */
	char		*other;		/* a second name that its container has for it; NULL */
	char		*signature;	/* of the finding in it or below it; NULL */
	char		*detail;	/* NULL */
	char		 real_type[LAYER_TYPE_MAX];	/* of its layer; "": none followed */
	uint64_t	 size;		/* announced, or of its layer */
	uint8_t		 encrypted;	/* announced so */
	uint8_t		 missing;	/* UNOPENED because no layer followed, or not a whole one */
	enum outcome	 outcome;
};

/* The layers of one object; at most `max` members are kept.  NULL where memory lacks. */
struct layers;
struct layers	*layers_new(size_t max);
void		 layers_free(struct layers *);

/* The order of the engine's callbacks: a layer begins, announces its members and holds inner layers, ends. */
void	layers_enter(struct layers *, const char *type, const char *name, const char *data, size_t size,
	    uint32_t level, int normalized);
void	layers_member(struct layers *, const char *container, const char *name, uint64_t packed, uint64_t size,
	    int encrypted, unsigned int pos);
void	layers_leave(struct layers *);
/*
 * Something was found where the engine is now: it is the innermost member's and
 * that of all members around it.  `container`: of the innermost layer that can hold members.
 */
void	layers_note(struct layers *, enum outcome, const char *signature, const char *detail, int container);
/* Ends what is still open. */
void	layers_end(struct layers *);
/* After the end: members that no layer followed came to this instead, with this detail. */
void	layers_excuse(struct layers *, enum outcome, const char *detail);

/* The first one's name or type, printable; NULL if there was none.  Good until layers_free(). */
const char	*layers_unopened(const struct layers *);
const char	*layers_encrypted(const struct layers *);
/* Which bound was reached: too many members, layers too deep, a name that was cut; NULL: none. */
const char	*layers_limit(const struct layers *);
/* No memory: nothing can be said. */
int		 layers_failed(const struct layers *);
/* All of them; good until layers_free(). */
const struct layer_member *layers_members(const struct layers *, size_t *count);

#endif
