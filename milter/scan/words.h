/* SPDX-License-Identifier: ISC */
/* Text in header fields brought to UTF-8: character sets and RFC 2047 encoded words. */
#ifndef HOPWARD_SCAN_WORDS_H
#define HOPWARD_SCAN_WORDS_H

#include <iconv.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* iconv_open() reads files for each name it has not met; a message may be full of invented ones. */
#define WORDS_OPENS_MAX		64
#define WORDS_CHARSET_MAX	40	/* RFC 2978 section 2.3 */

/* What one message's conversions share.  `reasons` gathers REASON() bits. */
struct words {
	iconv_t		cd;		/* (iconv_t)-1: none is open */
	char		charset[WORDS_CHARSET_MAX + 1];	/* that cd is, or was refused, for */
	unsigned	opens;
	uint64_t	reasons;
};

void	words_init(struct words *);
void	words_free(struct words *);	/* closes; words_free(NULL) is fine */

/*
 * Both append valid UTF-8 without NUL; what cannot be read becomes U+FFFD and
 * is noted.  0, or -1: no memory, or out's maximum.
 */
int	words_convert(struct words *, const void *charset, size_t charset_len,
	    const void *in, size_t len, struct buf *out);
/* Text with RFC 2047 encoded words anywhere in it, as mail programs write them into quoted strings. */
int	words_decode(struct words *, const void *in, size_t len, struct buf *out);
/* 1 if the text holds what looks like an encoded word. */
int	words_present(const void *, size_t);
/* 1 if there is nothing but white space and line ends. */
int	words_blank(const uint8_t *, size_t);

#endif
