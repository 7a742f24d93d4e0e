/* SPDX-License-Identifier: ISC */
/* What a file name says of the kind of file.  Pure. */
#ifndef HOPWARD_JUDGE_NAME_H
#define HOPWARD_JUDGE_NAME_H

#include <stddef.h>

#define NAME_EXT_MAX	24	/* octets of an extension ("searchconnector-ms"); longer ones are none that a system acts on */

/*
 * The extension that a person's system would act on: the last one of the last
 * path element, after trailing dots, white space and control octets, in lower
 * case, without its dot.  Letters, digits, '-' and '_' only; anything else, a longer
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

/*
 * All that somebody's system could take for the name of one part: each of its
 * names as it stands, and again where it is cut at an octet at which some
 * program stops (a control octet, ':'), and where "%2E" or "=2E" are read as
 * what they stand for.  Of each the last path element, in lower case for ASCII,
 * without control octets, without marks that are not seen or turn the writing
 * (zero width, bidi), without what is dropped at its end.  No reading twice.
 */
#define NAME_READINGS_MAX	24
#define NAME_READING_MAX	512	/* octets; of a longer one its end, at least half of this: no system has names so long */

struct name_readings {
	const char	*list[NAME_READINGS_MAX];	/* into text */
	size_t		 count;
	int		 more;		/* there were more readings than are kept */
	int		 backwards;	/* U+202E: shown from right to left, so that its end is not where it seems */
	char		 text[8192];
	size_t		 used;
};

/* `name` and the lines of `names` (LF between them); both may be NULL. */
void		 name_read(const char *name, const char *names, struct name_readings *);
/* As name_blocked(), of any reading. */
const char	*name_readings_blocked(const struct name_readings *, char *const *list);
/* The extension of the n-th reading, as name_extension(). */
const char	*name_reading_extension(const struct name_readings *, size_t n, char *out, size_t);

#endif
