/* SPDX-License-Identifier: ISC */
/* File names as the sender wrote them: which extension counts, and whether it is on a list. */
/*
 * Called by policy.c and by the record.  Owns nothing.  Case is folded for
 * ASCII only.  Of decoding it knows only what is left where a reader did half
 * of it; the walker did the rest.  It does not look at content.
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
		/* the end of an RFC 2047 word that nobody decoded */
		if (len >= 2 && memcmp(s + len - 2, "?=", 2) == 0)
			len -= 2;
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

		if (!is_alnum(c) && c != '-' && c != '_') {
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

/* ---- readings ---- */

/* Octets of a mark at s that is not seen, or that only turns the writing; 0: none is there. */
static size_t
unseen(const char *s, size_t left)
{
	unsigned char c = (unsigned char)s[0], d = left > 1 ? (unsigned char)s[1] : 0, e = left > 2 ? (unsigned char)s[2] : 0;

	if (c < ' ' || c == 0x7f)
		return 1;
	if ((c == 0xc2 && d == 0xad) || (c == 0xd8 && d == 0x9c))	/* U+00AD, U+061C */
		return 2;
	/* U+200B..U+200F, U+202A..U+202E; U+2060..U+2069; U+180E; U+FEFF */
	if (c == 0xe2 && d == 0x80 && ((e >= 0x8b && e <= 0x8f) || (e >= 0xaa && e <= 0xae)))
		return 3;
	if ((c == 0xe2 && d == 0x81 && e >= 0xa0 && e <= 0xa9) || (c == 0xe1 && d == 0xa0 && e == 0x8e) ||
	    (c == 0xef && d == 0xbb && e == 0xbf))
		return 3;
	return 0;
}

/* One reading of s[0..len) into the list, unless it is there. */
static void
reading_add(struct name_readings *r, const char *s, size_t len)
{
	char text[NAME_READING_MAX + 1];
	size_t at, i, mark, n = 0;

	for (at = len; at > 0 && s[at - 1] != '/' && s[at - 1] != '\\'; at--)
		;
	s += at;
	len = trimmed(s, len - at);
	for (i = 0; i < len; i += mark > 0 ? mark : 1) {
		if ((mark = unseen(s + i, len - i)) > 0)
			continue;
		if (n == sizeof(text) - 1) {
			memmove(text, text + n / 2, n - n / 2);
			n -= n / 2;
		}
		text[n++] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
	}
	n = trimmed(text, n);
	text[n] = '\0';
	if (n == 0)
		return;
	for (i = 0; i < r->count; i++)
		if (strcmp(r->list[i], text) == 0)
			return;
	if (r->count == NAME_READINGS_MAX || sizeof(r->text) - r->used <= n) {
		r->more = 1;
		return;
	}
	memcpy(r->text + r->used, text, n + 1);
	r->list[r->count++] = r->text + r->used;
	r->used += n + 1;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "%2E" and "=2E" of the end of s as octets: 1 if there were any. */
static int
half_decoded(const char *s, size_t len, char *out, size_t size, size_t *out_len)
{
	size_t i, n = 0;
	int some = 0;

	/* A triplet takes three octets at most, and only the end counts. */
	if (len > 3 * (size - 1)) {
		s += len - 3 * (size - 1);
		len = 3 * (size - 1);
	}
	for (i = 0; i < len; i++) {
		char c = s[i];

		if ((c == '%' || c == '=') && i + 2 < len && hex(s[i + 1]) != -1 && hex(s[i + 2]) != -1) {
			c = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
			some = 1;
		}
		if (n == size - 1) {
			memmove(out, out + size / 2, n - size / 2);
			n -= size / 2;
		}
		out[n++] = c;
	}
	*out_len = n;
	return some;
}

/* One name as it stands, and cut where some program stops. */
static void
readings_of(struct name_readings *r, const char *s, size_t len)
{
	size_t at, cut;

	reading_add(r, s, len);
	for (at = len; at > 0 && s[at - 1] != '/' && s[at - 1] != '\\'; at--)
		;
	for (cut = at; cut < len; cut++)
		if (s[cut] == ':' || (unsigned char)s[cut] < ' ')
			break;
	if (cut < len)
		reading_add(r, s + at, cut - at);
	/* "a.exe\0/b.txt": the path goes on behind the end */
	for (cut = 0; cut < at; cut++)
		if ((unsigned char)s[cut] < ' ')
			break;
	if (cut < at)
		reading_add(r, s, cut);
}

static void
name_add(struct name_readings *r, const char *s, size_t len)
{
	char decoded[2 * NAME_READING_MAX];
	size_t i, n;

	for (i = 0; i + 2 < len; i++)
		if (memcmp(s + i, "\xe2\x80\xae", 3) == 0)
			r->backwards = 1;
	readings_of(r, s, len);
	if (half_decoded(s, len, decoded, sizeof(decoded), &n))
		readings_of(r, decoded, n);
}

void
name_read(const char *name, const char *names, struct name_readings *r)
{
	size_t len;

	r->count = r->used = 0;
	r->more = r->backwards = 0;
	if (name != NULL)
		name_add(r, name, strlen(name));
	while (names != NULL && *names != '\0') {
		len = strcspn(names, "\n");
		name_add(r, names, len);
		names += len + (names[len] == '\n');
	}
}

const char *
name_readings_blocked(const struct name_readings *r, char *const *list)
{
	const char *hit = NULL;
	size_t i;

	for (i = 0; list != NULL && hit == NULL && i < r->count; i++)
		hit = reading_blocked(r->list[i], strlen(r->list[i]), list);
	return hit;
}

const char *
name_reading_extension(const struct name_readings *r, size_t n, char *out, size_t size)
{
	return name_extension(n < r->count ? r->list[n] : NULL, out, size);
}
