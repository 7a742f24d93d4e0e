/* SPDX-License-Identifier: ISC */
/* Text for people: colour, the terminal's width, strangers' strings made harmless, ages and sizes, near misses. */
#ifndef HOPWARD_CTL_TEXT_H
#define HOPWARD_CTL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

/* Width of a stream that is no terminal: nothing is cut, columns are padded to their least width. */
#define TEXT_UNLIMITED	0

enum text_colour { TEXT_PLAIN, TEXT_BOLD, TEXT_DIM, TEXT_RED, TEXT_GREEN, TEXT_YELLOW };

struct text {
	int	colour;		/* 1: escape sequences may be written */
	int	width;		/* columns of the terminal, or TEXT_UNLIMITED */
	int	terminal;
};

/* Looks at a stream: colour only on a terminal, without NO_COLOR and TERM=dumb. */
void	text_init(struct text *, FILE *);

/*
 * Appends `s` as a terminal may show it: control octets, invalid UTF-8 and
 * format characters (bidi overrides too) become '?'; line ends as well.  At most `width`
 * columns (TEXT_UNLIMITED: all), a cut is shown by "~" in the last one.  Returns the columns used.
 */
int	text_add(struct buf *, const char *s, int width);
/* The same, cut to `width` if `cut`, then spaces up to it unless cut < 0; colour around the text alone. */
void	text_cell(struct buf *, const struct text *, enum text_colour, const char *s, int width, int cut);
/* In colour, no padding. */
void	text_colour(struct buf *, const struct text *, enum text_colour, const char *s);

/*
 * Appends lines that text_add() and the like made, broken between words where they are wider than `width`; what
 * is broken goes on `hang` columns in.  A word that is too long stays whole.
 */
void	text_wrap(struct buf *, const char *s, int width, int hang);

/* "3 d 4 h", "12 min", "8 s": the two greatest units of a span. */
const char *text_span(uint64_t ms, char *, size_t);
/* "1.2 GB", "15 MB", "312 B": rounded, for people. */
const char *text_size(uint64_t bytes, char *, size_t);
/* Wall clock as local "2026-11-23 19:02:11". */
const char *text_time(uint64_t ms, char *, size_t);

/* The nearest of `names` (NULL-terminated) that a typing error may have meant, or NULL. */
const char *text_suggest(const char *word, const char *const *names);

#endif
