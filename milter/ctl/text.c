/* SPDX-License-Identifier: ISC */
/* Text for people: colour, the terminal's width, strangers' strings made harmless, ages and sizes, near misses. */
/*
 * Used by every subcommand.  Names and addresses in a record or a message are
 * strangers' text: nothing of them reaches a terminal but through text_add().
 * Does not: sort, know what a record is.
 */
#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "ctl/text.h"

#define WORD_MAX_LEN	40	/* longer words are no typing errors of ours */

void
text_init(struct text *t, FILE *stream)
{
	struct winsize ws;
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *columns = getenv("COLUMNS");

	memset(t, 0, sizeof(*t));
	if (!isatty(fileno(stream)))
		return;
	t->terminal = 1;
	t->colour = (no == NULL || *no == '\0') && term != NULL && strcmp(term, "dumb") != 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		t->width = ws.ws_col;
	else if (columns != NULL && atoi(columns) > 0)
		t->width = atoi(columns);
	else
		t->width = 80;
	if (t->width < 40)
		t->width = 40;
}

/* One UTF-8 character at s: its octets (0: invalid) and code point. */
static int
utf8_next(const char *s, uint32_t *cp)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int i, n;

	if (u[0] < 0x80) {
		*cp = u[0];
		return 1;
	}
	if ((u[0] & 0xe0) == 0xc0) {
		n = 2;
		*cp = u[0] & 0x1f;
	} else if ((u[0] & 0xf0) == 0xe0) {
		n = 3;
		*cp = u[0] & 0x0f;
	} else if ((u[0] & 0xf8) == 0xf0) {
		n = 4;
		*cp = u[0] & 0x07;
	} else
		return 0;
	for (i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (u[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* Characters that move or hide the text around them (Unicode's Cf of general use, line separators). */
static int
deceptive(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe007f);
}

/* The next character as it may be shown: octets read, octets to write, columns. */
static int
shown(const char *s, const char **out, int *outlen)
{
	uint32_t cp = 0;
	int cols, n = utf8_next(s, &cp);

	*out = s;
	*outlen = n;
	if (n == 1 && cp >= 0x20 && cp != 0x7f)
		return 1;
	cols = n == 0 || deceptive(cp) ? -1 : wcwidth((wchar_t)cp);
	if (cols < 0) {		/* nor what this locale cannot show */
		*out = "?";
		*outlen = 1;
		return 1;
	}
	return cols;
}

static int
octets(const char *s)
{
	uint32_t cp;
	int n = utf8_next(s, &cp);

	return n > 0 ? n : 1;
}

int
text_add(struct buf *b, const char *s, int width)
{
	const char *out, *rest;
	int cols, len, used = 0, room, more;

	for (; *s != '\0'; s += octets(s)) {
		cols = shown(s, &out, &len);
		if (width != TEXT_UNLIMITED && used + cols >= width) {
			/* it fits only if nothing with a width follows */
			room = width - used - cols;
			more = 0;
			for (rest = s + octets(s); room >= 0 && *rest != '\0' && !more; rest += octets(rest)) {
				const char *o;
				int l;

				more = shown(rest, &o, &l) > 0;
			}
			if (room < 0 || more) {
				buf_addc(b, '~');
				return used + 1;
			}
		}
		buf_add(b, out, (size_t)len);
		used += cols;
	}
	return used;
}

/* The next word with the blanks before it: its octets, and its columns. */
static size_t
next_word(const char *s, int *cols)
{
	const char *from = s, *out;
	int len, begun = 0;

	for (*cols = 0; *s != '\0' && *s != '\n' && !(begun && *s == ' ');) {
		if (*s == '\033') {	/* our own colours */
			s += strcspn(s, "m");
			s += *s == 'm';
			continue;
		}
		begun |= *s != ' ';
		*cols += shown(s, &out, &len);
		s += octets(s);
	}
	return (size_t)(s - from);
}

void
text_wrap(struct buf *b, const char *s, int width, int hang)
{
	int used = 0, cols, words = 0;
	size_t n;

	for (; *s != '\0'; s += n) {
		if (*s == '\n') {
			buf_addc(b, '\n');
			used = words = 0;
			n = 1;
			continue;
		}
		n = next_word(s, &cols);
		if (width != TEXT_UNLIMITED && words++ > 0 && used + cols > width && hang < width / 2) {
			buf_addf(b, "\n%*s", hang, "");
			used = hang;
			for (; *s == ' '; s++, n--)
				cols--;
		}
		buf_add(b, s, n);
		used += cols;
	}
}

static const char *
sequence(enum text_colour c)
{
	switch (c) {
	case TEXT_BOLD:
		return "\033[1m";
	case TEXT_DIM:
		return "\033[2m";
	case TEXT_RED:
		return "\033[1;31m";
	case TEXT_GREEN:
		return "\033[32m";
	case TEXT_YELLOW:
		return "\033[33m";
	case TEXT_PLAIN:
		break;
	}
	return "";
}

void
text_cell(struct buf *b, const struct text *t, enum text_colour c, const char *s, int width, int cut)
{
	int on = t->colour && c != TEXT_PLAIN, used;

	if (on)
		buf_addz(b, sequence(c));
	used = text_add(b, s, cut ? width : TEXT_UNLIMITED);
	if (on)
		buf_addz(b, "\033[0m");
	for (; cut >= 0 && used < width; used++)
		buf_addc(b, ' ');
}

void
text_colour(struct buf *b, const struct text *t, enum text_colour c, const char *s)
{
	text_cell(b, t, c, s, 0, 0);
}

const char *
text_span(uint64_t ms, char *out, size_t len)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		snprintf(out, len, "%llu ms", (unsigned long long)ms);
	else if (s < 120)
		snprintf(out, len, "%llu s", (unsigned long long)s);
	else if (s < 2 * 3600)
		snprintf(out, len, "%llu min", (unsigned long long)(s / 60));
	else if (s < 2 * 86400)
		snprintf(out, len, "%llu h %llu min", (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60));
	else
		snprintf(out, len, "%llu d %llu h", (unsigned long long)(s / 86400), (unsigned long long)(s / 3600 % 24));
	return out;
}

const char *
text_size(uint64_t bytes, char *out, size_t len)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		u++;
	}
	snprintf(out, len, u > 0 && v < 10 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return out;
}

const char *
text_time(uint64_t ms, char *out, size_t len)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(out, len, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, len, "?");
	return out;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b; both at most WORD_MAX_LEN. */
static int
distance(const char *a, const char *b)
{
	int row[3][WORD_MAX_LEN + 1], la = (int)strlen(a), lb = (int)strlen(b), i, j, best;
	int *cur, *prev, *before;

	memset(row, 0, sizeof(row));
	for (j = 0; j <= lb; j++)
		row[0][j] = j;
	for (i = 1; i <= la; i++) {
		cur = row[i % 3];
		prev = row[(i + 2) % 3];
		before = row[(i + 1) % 3];
		cur[0] = i;
		for (j = 1; j <= lb; j++) {
			best = prev[j - 1] + (a[i - 1] != b[j - 1]);
			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			cur[j] = best;
		}
	}
	return row[la % 3][lb];
}

const char *
text_suggest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t len = strlen(word);
	int d, least = len <= 3 ? 2 : 3;	/* fewer edits than this */

	if (len == 0 || len > WORD_MAX_LEN)
		return NULL;
	for (; *names != NULL; names++) {
		if (strlen(*names) > WORD_MAX_LEN)
			continue;
		d = distance(word, *names);
		if (d >= 2 && len >= 3 && strncmp(word, *names, len) == 0)
			d = 1;		/* a beginning of it */
		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
