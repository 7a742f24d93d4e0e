/* SPDX-License-Identifier: ISC */
/* What of a person is kept in a record, and in what form. */
#ifndef HOPWARD_RECORD_PRIVACY_H
#define HOPWARD_RECORD_PRIVACY_H

#include <stddef.h>
#include <stdint.h>

#include "record/pseudonym.h"

enum privacy_level { PRIVACY_MINIMAL, PRIVACY_PSEUDONYM, PRIVACY_FULL };

struct privacy;		/* level and keys; safe for threads */

/* Settings are borrowed for the call, and needed for PRIVACY_PSEUDONYM alone; see pseudonyms_open().  0 or -1 with err filled. */
int	privacy_open(enum privacy_level, const struct pseudonym_settings *, struct privacy **, char *err, size_t errlen);
void	privacy_free(struct privacy *);
enum privacy_level privacy_level(const struct privacy *);
const char *privacy_level_str(enum privacy_level);
int	privacy_level_parse(const char *, enum privacy_level *);

/*
 * The local part as a record of that time keeps it: "" stays "", minimal: NULL is given (omit it), pseudonym: see
 * pseudonym_of() (NULL where its key cannot be had), full: the text.  `out` of at least 330 octets.
 */
#define PRIVACY_LOCAL_MAX 330
const char *privacy_local(const struct privacy *, const char *purpose, uint64_t time_ms, const char *address, char *out, size_t);
/* The domain, lower-cased; "" if there is none. */
const char *privacy_domain(const char *address, char *out, size_t);
/* The address as kept: whole, or cut to /24 and /48 where `cut` and the level is not full.  Not an address: "". */
const char *privacy_ip(const struct privacy *, const char *ip, int cut, char *out, size_t);

#endif
