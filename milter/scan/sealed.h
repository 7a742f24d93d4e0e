/* SPDX-License-Identifier: ISC */
/* What is encrypted or wrapped in a way that the engine does not know, by its own octets. */
#ifndef HOPWARD_SCAN_SEALED_H
#define HOPWARD_SCAN_SEALED_H

#include <stddef.h>

#include "judge/facts.h"

/*
 * ENCRYPTED or UNOPENED with what it is in *what (static), or CLEAN: nothing of
 * the kind.  `type`: libclamav's.  Looks at heads and directories; linear.
 */
enum outcome sealed_look(const char *type, const void *data, size_t len, const char **what);
/* The manifest of an OpenDocument file that has encrypted streams. */
int	sealed_manifest(const void *data, size_t len);

#endif
