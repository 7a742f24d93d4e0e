/* SPDX-License-Identifier: ISC */
/* File names as the sender wrote them: which extension counts, and whether it is on a list. */
/*
 * Called by policy.c and by the record.  Owns nothing.  Case is folded for
 * ASCII only.  It does not decode (the walker did) and does not look at content.
 */
#include <string.h>
#include <strings.h>

#include "judge/name.h"

/* One layer of packing: the name inside is the name without this. */
static const char *const packings[] = { "gz", "bz2", "xz", "zst", "lzma", "lz", "z" };

static int
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length without what Windows and mail programs drop, or do not show, at the end of a name. */
static size_t
trimmed(const char *s, size_t len)
{
	size_t before;

	do {
		before = len;
		while (len > 0 && (s[len - 1] == '.' || (unsigned char)s[len - 1] <= ' ' || s[len - 1] == 0x7f ||
		    s[len - 1] == '"' || s[len - 1] == '\''))
			len--;
		/* U+00A0; U+2000..U+203F: spaces, zero width, direction marks; U+3000; U+FEFF */
		if (len >= 2 && memcmp(s + len - 2, "\xc2\xa0", 2) == 0)
			len -= 2;
		if (len >= 3 && memcmp(s + len - 3, "\xe2\x80", 2) == 0)
			len -= 3;
		if (len >= 3 && (memcmp(s + len - 3, "\xe3\x80\x80", 3) == 0 || memcmp(s + len - 3, "\xef\xbb\xbf", 3) == 0))
			len -= 3;
	} while (len != before);
	return len;
}

static const char *
last_element(const char *name)
{
	const char *p, *start = name;

	for (p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			start = p + 1;
	return start;
}

/* Where the extension of s[0..len) begins (behind its dot), or len. */
static size_t
extension_at(const char *s, size_t len)
{
	size_t i;

	for (i = len; i > 0; i--)
		if (s[i - 1] == '.')
			return i;
	return len;
}

const char *
name_extension(const char *name, char *out, size_t size)
{
	const char *s;
	size_t at, i, len;

	out[0] = '\0';
	if (name == NULL)
		return out;
	s = last_element(name);
	len = trimmed(s, strlen(s));
	at = extension_at(s, len);
	if (len - at == 0 || len - at > NAME_EXT_MAX || len - at >= size)
		return out;
	for (i = 0; at + i < len; i++) {
		unsigned char c = (unsigned char)s[at + i];

		if (!is_alnum(c)) {
			out[0] = '\0';
			return out;
		}
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	out[i] = '\0';
	return out;
}

/* Does s[0..len) end in "." and an entry of the list? */
static const char *
ends_in(const char *s, size_t len, char *const *list)
{
	size_t n;

	for (; *list != NULL; list++) {
		n = strlen(*list);
		if (n > 0 && len > n && s[len - n - 1] == '.' && strncasecmp(s + len - n, *list, n) == 0)
			return *list;
	}
	return NULL;
}

/* One reading of the name: as it is, and without one layer of packing. */
static const char *
reading_blocked(const char *s, size_t len, char *const *list)
{
	const char *hit;
	size_t at, i, n;

	len = trimmed(s, len);
	if ((hit = ends_in(s, len, list)) != NULL)
		return hit;
	at = extension_at(s, len);
	for (i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		n = strlen(packings[i]);
		if (len - at == n && strncasecmp(s + at, packings[i], n) == 0)
			return ends_in(s, trimmed(s, at - 1), list);
	}
	return NULL;
}

const char *
name_blocked(const char *name, char *const *list)
{
	const char *hit, *s;
	size_t cut, len;

	if (name == NULL || list == NULL)
		return NULL;
	s = last_element(name);
	len = strlen(s);
	if ((hit = reading_blocked(s, len, list)) != NULL)
		return hit;
	for (cut = 0; cut < len; cut++)
		if (s[cut] == ':' || (unsigned char)s[cut] < ' ')
			break;
	return cut < len ? reading_blocked(s, cut, list) : NULL;
}
