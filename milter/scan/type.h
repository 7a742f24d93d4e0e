/* SPDX-License-Identifier: ISC */
/* libmagic's opinion of what an object is, for what libclamav has no name for. */
#ifndef HOPWARD_SCAN_TYPE_H
#define HOPWARD_SCAN_TYPE_H

#include <stddef.h>

struct types;

/* Before the fork: opens the magic database, which a worker could not.  NULL: none (type_of() then gives NULL). */
struct types	*types_load(void);
void		 types_free(struct types *);
/* "application/x-lzma", or NULL.  The memory is the library's and good until the next call. */
const char	*type_of(struct types *, const void *data, size_t len);

#endif
