/* SPDX-License-Identifier: ISC */
/* hopward-profile(5) -> struct profile.  For the root's files and hopwardctl; no room below includes it. */
#ifndef HOPWARD_CONF_PROFILE_H
#define HOPWARD_CONF_PROFILE_H

#include "judge/profile.h"
#include "base/buf.h"

#ifndef PROFILES_DEFAULT
#define PROFILES_DEFAULT "/usr/local/share/hopward/profiles"	/* the Makefile knows better */
#endif

#define CONF_PROFILE_NAME_MAX	64	/* octets of a profile's name; it stands in every record */

/*
 * Reads the profile in a file.  NULL, with one or more whole lines
 * "FILE:LINE: text" appended to errs, if anything in it is wrong: a profile is
 * taken whole or not at all.  Given; profile_free().
 */
struct profile	*conf_profile_read(const char *path, struct buf *errs);
/*
 * `name` as an administrator writes it: a path if it has a slash in it, else
 * NAME.conf in the directory (NULL: PROFILES_DEFAULT).
 */
struct profile	*conf_profile_find(const char *directory, const char *name, struct buf *errs);

#endif
