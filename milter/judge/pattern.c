/* SPDX-License-Identifier: ISC */
/* Names against patterns with '*': signatures, file names, types. */
/*
 * Called by exception.c and rules.c.  Owns nothing, does not recurse.  The
 * pattern is the administrator's, the text is anybody's: after a mismatch only
 * the last '*' is taken up again, which is all that is needed.
 */
#include <string.h>

#include "judge/pattern.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
pattern_match_n(const char *pattern, const char *text, size_t len)
{
	const char *star = NULL;
	size_t at = 0, retry = 0;

	if (text == NULL)
		return 0;
	while (at < len) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = at;
		} else if (*pattern != '\0' && lower(*pattern) == lower(text[at])) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++retry;
		} else
			return 0;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

int
pattern_match(const char *pattern, const char *text)
{
	return text != NULL && pattern_match_n(pattern, text, strlen(text));
}

const char *
pattern_listed(char *const *list, const char *text)
{
	if (list == NULL || text == NULL)
		return NULL;
	for (; *list != NULL; list++)
		if (pattern_match(*list, text))
			return *list;
	return NULL;
}
