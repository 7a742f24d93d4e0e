/* SPDX-License-Identifier: ISC */
/* Takes a log line's text bit by bit: words, numbers, what comes before a literal. */
/*
 * Called by the files of the log reader (maillog_int.h).  ASCII, whatever the
 * locale.  Nothing is taken where a function says 0.
 */
#include <string.h>

#include "judge/maillog_int.h"

int
cursor_upto(struct cursor *c, const char *s, struct maillog_text *out)
{
	size_t n = strlen(s);
	const char *at = memmem(c->p, cursor_left(c), s, n);

	if (at == NULL)
		return 0;
	out->p = c->p;
	out->len = (size_t)(at - c->p);
	c->p = at + n;
	return 1;
}

int
cursor_word(struct cursor *c, const char *more, size_t max, struct maillog_text *out)
{
	const char *p = c->p;

	while (p < c->end && (ascii_alnum(*p) || (*p != '\0' && strchr(more, *p) != NULL)))
		p++;
	if (p == c->p || (size_t)(p - c->p) > max)
		return 0;
	out->p = c->p;
	out->len = (size_t)(p - c->p);
	c->p = p;
	return 1;
}

int
cursor_number(struct cursor *c, uint32_t max, uint32_t *out)
{
	const char *p = c->p;
	uint64_t v = 0;

	while (p < c->end && *p >= '0' && *p <= '9' && v <= max)
		v = v * 10 + (uint64_t)(*p++ - '0');
	if (p == c->p || v > max)
		return 0;
	*out = (uint32_t)v;
	c->p = p;
	return 1;
}

int
cursor_digits(struct cursor *c, int n, int *out)
{
	int i, v = 0;

	if (cursor_left(c) < (size_t)n)
		return 0;
	for (i = 0; i < n; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return 0;
		v = v * 10 + (c->p[i] - '0');
	}
	c->p += n;
	*out = v;
	return 1;
}
