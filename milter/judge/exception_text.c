/* SPDX-License-Identifier: ISC */
/* The exceptions' file as text: lines are added and ended in it, and all else stays as people wrote it. */
/*
 * Called by the parent, which keeps the file, and by hopwardctl, which shows
 * it.  A comment, and a line that cannot be read, stay octet by octet: they are
 * somebody's work.  Does not: read or write files, know what time it is.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "judge/exception_text.h"

#define TIME_LEN	20	/* of "2026-12-02T02:10:00Z" */

int
exception_text_over(const char *line, size_t len, const char **word, int64_t *when, size_t *at)
{
	static const char *const words[] = { EXCEPTION_ENDED, EXCEPTION_REMOVED };
	char	 text[TIME_LEN + 1];
	size_t	 i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (len < 2 + n + 1 + TIME_LEN + 1 || memcmp(line, "# ", 2) != 0 || memcmp(line + 2, words[i], n) != 0 ||
		    line[2 + n] != ' ' || line[3 + n + TIME_LEN] != ' ')
			continue;
		memcpy(text, line + 3 + n, TIME_LEN);
		text[TIME_LEN] = '\0';
		if (exception_time_parse(text, when) == -1)
			return 0;
		*word = words[i];
		*at = 3 + n + TIME_LEN + 1;
		return 1;
	}
	return 0;
}

/* The word that ends this line now, or NULL: it stays. */
static const char *
line_closes(const char *line, size_t len, const struct exception_close *c)
{
	struct override_mode	 m;
	struct exception	 e;
	const char		*word = NULL;
	char			 err[256];

	switch (exception_parse(line, len, &e, &m, err, sizeof(err))) {
	case EXCEPTION_EXCEPT:
		if (c->ended && e.until <= c->now)
			word = EXCEPTION_ENDED;
		else if (c->id != NULL && strcasecmp(c->id, e.id) == 0)
			word = e.until <= c->now ? EXCEPTION_ENDED : EXCEPTION_REMOVED;
		exception_clear(&e);
		break;
	case EXCEPTION_MODE:
		if (c->ended && m.until <= c->now)
			word = EXCEPTION_ENDED;
		else if (c->mode)
			word = m.until <= c->now ? EXCEPTION_ENDED : EXCEPTION_REMOVED;
		override_mode_clear(&m);
		break;
	case EXCEPTION_NOTHING:
	case EXCEPTION_BAD:
		break;
	}
	return word;
}

/* The next line of the text, without its line feed; p moves behind it. */
static size_t
line_next(const char **p, const char *end, const char **line)
{
	const char	*feed = memchr(*p, '\n', (size_t)(end - *p));

	*line = *p;
	*p = feed != NULL ? feed + 1 : end;
	return (size_t)((feed != NULL ? feed : end) - *line);
}

static size_t
count_over(const char *text, size_t len)
{
	const char	*p = text, *line, *word;
	size_t		 n, at, count = 0;
	int64_t		 when;

	while (len > 0 && p < text + len) {
		n = line_next(&p, text + len, &line);
		count += (size_t)exception_text_over(line, n, &word, &when, &at);
	}
	return count;
}

int
exception_text_close(const char *text, size_t len, const struct exception_close *c, struct buf *out,
    unsigned int *dropped)
{
	const char	*p = text, *line, *word;
	size_t		 n, at, over = count_over(text, len);
	unsigned int	 gone = 0;
	int64_t		 when;
	char		 now[32];
	int		 closed = 0;

	while (len > 0 && p < text + len) {
		n = line_next(&p, text + len, &line);
		if (exception_text_over(line, n, &word, &when, &at)) {
			if (over-- > EXCEPTION_OVER_MAX || when + EXCEPTION_OVER_KEPT < c->now) {
				gone++;
				continue;
			}
		} else if ((word = line_closes(line, n, c)) != NULL) {
			buf_addf(out, "# %s %s ", word, exception_time_str(c->now, now, sizeof(now)));
			for (; n > 0 && (*line == ' ' || *line == '\t'); n--)
				line++;
			closed++;
		}
		buf_add(out, line, n);
		buf_addc(out, '\n');
	}
	if (dropped != NULL)
		*dropped = gone;
	return out->failed ? -1 : closed;
}
