/* SPDX-License-Identifier: ISC */
/* Whether what an attachment is and what it is called fit together.  Pure. */
#ifndef HOPWARD_JUDGE_ATTACH_H
#define HOPWARD_JUDGE_ATTACH_H

#include "judge/facts.h"
#include "judge/name.h"

/*
 * Why the part is not what its name or its declared type say, or NULL: static
 * text, for the detail of the outcome "blocked".  Only where that is how
 * people are tricked: a program under a name that no program has; a web page
 * or script that goes as a picture or a PDF; a name that is shown backwards.
 * A program that is called one is the list of extensions' matter.
 */
const char	*attach_misnamed(const struct part *, const struct name_readings *);

#endif
