/* SPDX-License-Identifier: ISC */
/* What a file name says of the kind of file.  Pure. */
#ifndef HOPWARD_JUDGE_NAME_H
#define HOPWARD_JUDGE_NAME_H

#include <stddef.h>

#define NAME_EXT_MAX	16	/* octets of an extension; longer ones are none that a system acts on */

/*
 * The extension that a person's system would act on: the last one of the last
 * path element, after trailing dots, white space and control octets, in lower
 * case, without its dot.  Letters and digits only; anything else, a longer
 * one, or none at all: "".  `out` of at least NAME_EXT_MAX + 1 octets; gives out.
 */
const char	*name_extension(const char *name, char *out, size_t);
/*
 * The first entry of `list` (lower case, no dot, NULL-terminated; an entry may
 * itself hold dots, "tar.gz") by which the name is dangerous, or NULL.  Looks
 * at the last extension, and at the one before where the name is cut at ':'
 * (an NTFS stream), at a control octet, or where the last one only says how
 * the file is packed ("a.exe.gz").  "report.exe.pdf" opens as a PDF: no match.
 */
const char	*name_blocked(const char *name, char *const *list);

#endif
