/* SPDX-License-Identifier: ISC */
/* One address, and which parties of records it is: by its pseudonyms under all keys that are there, or by its text. */
#ifndef HOPWARD_CTL_PERSON_H
#define HOPWARD_CTL_PERSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"
#include "record/privacy.h"

enum { PERSON_FROM, PERSON_TO, PERSON_SIDES };

struct person {
	char			*address;	/* without <> */
	char			 domain[256];	/* lower case; "" */
	struct pseudonym_alias	*aliases[PERSON_SIDES];
	size_t			 counts[PERSON_SIDES];
	uint64_t		 unsure;	/* parties of that domain of which nobody can say any more who they were */
};

/*
 * sides: bits 1 << PERSON_FROM, 1 << PERSON_TO; whose keys are read.  0, or an exit code after telling why: EX_NOPERM where
 * the keys may not be read, as a search that finds nothing would be taken for an answer.
 */
int	person_open(const struct ctl *, const struct conf *, const char *address, unsigned int sides, struct person *);
void	person_close(struct person *);	/* members only */
/* Is this party (an object with domain and local) of a record of that time the person? */
int	person_is(struct person *, int side, const json_t *party, uint64_t time_ms);
/* The same of any in an array. */
int	person_among(struct person *, int side, const json_t *parties, uint64_t time_ms);
/* What a JSON line with a party of that domain must hold as it is; NULL where that cannot be said. */
const char *person_needle(const struct person *);
/* Says on standard error what could not be decided. */
void	person_doubts(const struct ctl *, const struct person *);

#endif
