/* SPDX-License-Identifier: ISC */
/* What one line of a message looks like, to a reader who believes nothing. */
/*
 * Called by views.c and inline.c.  Each test looks at one line, and at no more
 * of it than it must; none remembers anything.
 */

#include "scan/lines.h"

#include <string.h>
#include <strings.h>

#define FIELD_MAX	128	/* octets in which a field's colon must come */

size_t
lines_next(const uint8_t *p, size_t pos, size_t end)
{
	const uint8_t *lf = memchr(p + pos, '\n', end - pos);

	return lf != NULL ? (size_t)(lf - p) + 1 : end;
}

int
lines_blank(const uint8_t *p, size_t pos, size_t next)
{
	for (; pos < next; pos++)
		if (p[pos] != ' ' && p[pos] != '\t' && p[pos] != '\r' && p[pos] != '\n')
			return 0;
	return 1;
}

int
lines_empty(const uint8_t *p, size_t pos, size_t next)
{
	for (; pos < next; pos++)
		if (p[pos] != '\r' && p[pos] != '\n')
			return 0;
	return 1;
}

int
lines_field(const uint8_t *p, size_t pos, size_t next)
{
	size_t i, end = next - pos < FIELD_MAX ? next : pos + FIELD_MAX, depth = 0, name = 0, blank = 0;

	for (i = pos; i < end; i++) {
		uint8_t c = p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth > 0)
			continue;
		else if (c == ':')
			return name > 0;
		else if (c == ' ' || c == '\t')
			blank = 1;
		else if (c > ' ' && c != 0x7f) {
			if (blank)
				return 0;	/* two words: prose */
			name++;
		}
	}
	return 0;
}

int
lines_mail_field(const uint8_t *p, size_t pos, size_t next)
{
	static const char *const names[] = {
		"content", "mime-version", "received", "return-path", "from", "to", "cc", "subject", "date", "message-id",
		"reply-to", "sender", "delivered-to", "dkim-signature", "x-mailer", "in-reply-to", "references", "user-agent"
	};
	size_t i, n;

	if (!lines_field(p, pos, next))
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if (next - pos > n && strncasecmp((const char *)p + pos, names[i], n) == 0 &&
		    (i == 0 || p[pos + n] == ':' || p[pos + n] <= ' ' || p[pos + n] == '('))
			return 1;
	}
	return 0;
}

int
lines_uu(const uint8_t *p, size_t pos, size_t next)
{
	size_t len, want, i;

	while (next > pos && (p[next - 1] == '\n' || p[next - 1] == '\r'))
		next--;
	len = next - pos;
	if (len < 2 || p[pos] < '!' || p[pos] > 'M')
		return 0;
	want = (p[pos] - 32u + 2) / 3 * 4;
	/* Blanks at the end may be lost, one character of a checksum may follow. */
	if (len - 1 > want + 1 || (len - 1 < want && len - 1 + 3 < want))
		return 0;
	for (i = pos + 1; i < next; i++)
		if (p[i] < ' ' || p[i] > '`')
			return 0;
	return 1;
}
