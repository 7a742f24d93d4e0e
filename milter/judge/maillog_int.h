/* SPDX-License-Identifier: ISC */
/* What the files of the log reader share: a cursor over the line, and who reads which part of it. */
#ifndef HOPWARD_JUDGE_MAILLOG_INT_H
#define HOPWARD_JUDGE_MAILLOG_INT_H

#include <string.h>

#include "judge/maillog.h"

#define MAILLOG_HEAD_MAX	1024	/* octets in which a known line says what it is */

/* What is left to read. */
struct cursor {
	const char	*p, *end;
};

/* ---- maillog_cursor.c; inline what is asked of every line ---- */

/* ASCII, whatever the locale. */
static inline int
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
ascii_alnum(char c)
{
	return ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static inline int
cursor_starts(const struct cursor *c, const char *s, size_t n)
{
	return cursor_left(c) >= n && memcmp(c->p, s, n) == 0;
}

/* Takes the literal where it is next. */
static inline int
cursor_skip(struct cursor *c, const char *s)
{
	size_t n = strlen(s);

	if (!cursor_starts(c, s, n))
		return 0;
	c->p += n;
	return 1;
}

/* Takes all before the literal, and the literal.  0: it does not come. */
int	cursor_upto(struct cursor *, const char *literal, struct maillog_text *out);
/* A word of letters, digits and `more`, of 1 to max octets, taken. */
int	cursor_word(struct cursor *, const char *more, size_t max, struct maillog_text *out);
int	cursor_number(struct cursor *, uint32_t max, uint32_t *out);
int	cursor_digits(struct cursor *, int n, int *out);	/* exactly n */

/* ---- maillog_head.c: everything before the text; the cursor is then at the text ---- */

int	maillog_header(struct cursor *, struct maillog *);

/* ---- maillog.c ---- */

/* An address rather than a path; what it is worth, base/cidr.h knows. */
int	maillog_address_like(const struct maillog_text *);
/*
 * Behind '<': up to the '>' that a comma follows, or NULL.  What is in quotes is
 * passed over; quotes that do not close are none.  *quoted: there were some.
 */
const char *maillog_address_end(const char *p, const char *end, int *quoted);
/* "ABC123:" before a blank, taken. */
int	maillog_queue_id(struct cursor *, struct maillog *);
/* Does the text begin as a delivery does, with whatever id or none, and name a relay?  For lines that could not be read. */
int	maillog_delivery_like(const struct cursor *);

/* ---- maillog_postfix.c, maillog_sendmail.c: the text of a line ---- */

enum maillog_kind maillog_postfix(struct cursor *, struct maillog *);
int	maillog_is_sendmail(const struct maillog_text *program);
/* The same by the text, of a program of another name: sendmail -L gives it any. */
int	maillog_like_sendmail(const struct cursor *);
enum maillog_kind maillog_sendmail(struct cursor *, struct maillog *);

#endif
