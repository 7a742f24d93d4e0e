/* SPDX-License-Identifier: ISC */
/* libmagic's opinion of what an object is. */
/*
 * Loaded by scanner.c before the fork, asked by worker.c.  The type is a fact
 * for the record and for rules on types; it decides nothing about "clean".
 */
#include <magic.h>
#include <stdlib.h>

#include "base/log.h"
#include "scan/type.h"

/* Magic numbers stand at the beginning; libmagic's own tests for text read all that they get. */
#define TYPE_LOOK_MAX	(256u * 1024)

struct types {
	magic_t	cookie;
};

struct types *
types_load(void)
{
	struct types	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	/* No look into archives and documents: that is the engine's work, with its limits. */
	t->cookie = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
	    MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_APPTYPE);
	if (t->cookie == NULL || magic_load(t->cookie, NULL) == -1) {
		log_warn("libmagic: %s; types are the engine's alone",
		    t->cookie != NULL ? magic_error(t->cookie) : "no memory");
		types_free(t);
		return NULL;
	}
	/* The first call opens more (locale, converters). */
	(void)magic_buffer(t->cookie, "x", 1);
	return t;
}

void
types_free(struct types *t)
{
	if (t == NULL)
		return;
	if (t->cookie != NULL)
		magic_close(t->cookie);
	free(t);
}

const char *
type_of(struct types *t, const void *data, size_t len)
{
	if (t == NULL || len == 0)
		return NULL;
	return magic_buffer(t->cookie, data, len < TYPE_LOOK_MAX ? len : TYPE_LOOK_MAX);
}
