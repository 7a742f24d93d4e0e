/* SPDX-License-Identifier: ISC */
/* Attachments that are called something else than they are: real type against names and declared type. */
/*
 * Called by policy.c.  Owns nothing.  The real type is the scanner's, from
 * content: libclamav's or libmagic's spelling.  Only types that are told by a
 * magic at the beginning count, and only against names of which honest
 * programs write nothing else: tables that are called .xls and are web pages
 * are everyday mail, a .jpg that is one is not.
 */
#include <string.h>
#include <strings.h>

#include "judge/attach.h"

#define PROGRAM_MIN	64	/* octets: "MZ" alone begins many a note */

struct kind {
	const char	*real;		/* as the scanner calls it */
	const char *const *own;		/* extensions that such a thing rightly has; NULL: any but those of pictures */
};

/* Portable executables: the name tells which sort of program it is. */
static const char *const windows[] = {
	"exe", "dll", "sys", "scr", "ocx", "cpl", "drv", "efi", "com", "mui", "ax", "pif", "msstyles", "tsp", "xll", "node",
	"pyd", "wll", "acm", "cnv", "rll", "ime", "fon", "winmd", NULL
};
/* Unix: no extension is the custom there, see below. */
static const char *const elf[] = {
	"so", "o", "ko", "elf", "bin", "run", "appimage", "axf", "mod", "prx", "puff", "out", NULL
};
static const char *const macho[] = { "dylib", "bundle", "o", "so", "bin", "class", "out", "node", NULL };
static const char *const shortcut[] = { "lnk", NULL };
static const char *const installer[] = { "exe", "msi", "bin", NULL };

static const struct kind programs[] = {
	{ "CL_TYPE_MSEXE", windows },
	{ "application/x-dosexec", windows },
	{ "application/vnd.microsoft.portable-executable", windows },
	{ "CL_TYPE_NULSFT", installer },
	{ "CL_TYPE_AUTOIT", installer },
	{ "CL_TYPE_LNK", shortcut },
	{ "application/x-ms-shortcut", shortcut },
	{ "CL_TYPE_ELF", elf },
	{ "application/x-executable", elf },
	{ "application/x-pie-executable", elf },
	{ "application/x-sharedlib", elf },
	{ "CL_TYPE_MACHO", macho },
	{ "CL_TYPE_MACHO_UNIBIN", macho },
	{ "application/x-mach-binary", macho },
};

static const char *const pages[] = {
	"CL_TYPE_HTML", "CL_TYPE_HTML_UTF16", "CL_TYPE_SCRIPT", "CL_TYPE_SCRENC", "text/html", "application/xhtml+xml",
	"text/x-shellscript", "text/x-msdos-batch", "text/javascript", "application/javascript", "text/vbscript", NULL
};

/* What a web page is not. */
static const char *const pictures[] = {
	"jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "pdf", NULL
};
/* What no program of Unix is called, beside pictures. */
static const char *const documents[] = {
	"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf", "txt", "csv", "htm", "html", "eml", "ics", "vcf",
	"mp3", "mp4", "avi", "mov", "zip", NULL
};
static const char *const picture_types[] = {
	"image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/webp",
	"image/heic", "application/pdf", NULL
};

static int
listed(const char *const *list, const char *s)
{
	if (s == NULL)
		return 0;
	for (; *list != NULL; list++)
		if (strcasecmp(*list, s) == 0)
			return 1;
	return 0;
}

static int
is_member_of(const char *const *list, const struct name_readings *names)
{
	char ext[NAME_EXT_MAX + 1];
	size_t i;

	for (i = 0; i < names->count; i++)
		if (listed(list, name_reading_extension(names, i, ext, sizeof(ext))))
			return 1;
	return 0;
}

/* Does every reading of its names have one of these extensions? */
static int
all_members_of(const char *const *list, const struct name_readings *names)
{
	char ext[NAME_EXT_MAX + 1];
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!listed(list, name_reading_extension(names, i, ext, sizeof(ext))))
			return 0;
	return names->count > 0;
}

static const char *
program_misnamed(const struct kind *k, const struct part *p, const struct name_readings *names)
{
	/* The text of a mail that begins with "MZ" is shown, not run. */
	if (names->count == 0 && (p->type == NULL || strncmp(p->type, "text/", 5) == 0))
		return NULL;
	if (p->size != 0 && p->size < PROGRAM_MIN)
		return NULL;
	if (all_members_of(k->own, names))
		return NULL;
	/* "libx.so.1", "tool", "tool-1.2": there only what is shown as a document tricks anybody. */
	if ((k->own == elf || k->own == macho) && !is_member_of(pictures, names) && !is_member_of(documents, names) &&
	    !listed(picture_types, p->type))
		return NULL;
	return k->own == shortcut ? "a shortcut under another name" : "a program under another name";
}

const char *
attach_misnamed(const struct part *p, const struct name_readings *names)
{
	size_t i;

	if (names->backwards)
		return "a name that is shown backwards";
	if (p->real_type == NULL)
		return NULL;
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcasecmp(programs[i].real, p->real_type) == 0)
			return program_misnamed(&programs[i], p, names);
	if (listed(pages, p->real_type) &&
	    (is_member_of(pictures, names) || (names->count == 0 && listed(picture_types, p->type))))
		return "a web page or script that goes as a picture or PDF";
	return NULL;
}
