/* SPDX-License-Identifier: ISC */
/* A name against a pattern with '*'.  Pure. */
#ifndef HOPWARD_JUDGE_PATTERN_H
#define HOPWARD_JUDGE_PATTERN_H

#include <stddef.h>

/*
 * 1: the whole of text is described by pattern: '*' any octets or none, all
 * else itself, case folded for ASCII.  text NULL: 0.  Time at most len(pattern) * len(text).
 */
int	pattern_match(const char *pattern, const char *text);
int	pattern_match_n(const char *pattern, const char *text, size_t len);
/* The first entry of a NULL-terminated list that describes it, or NULL.  list may be NULL. */
const char *pattern_listed(char *const *list, const char *text);

#endif
