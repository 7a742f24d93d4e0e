/* SPDX-License-Identifier: ISC */
/* Encoded files in the middle of text: uuencode, "begin-base64", yEnc, BinHex, whatever the header says. */
#ifndef HOPWARD_SCAN_INLINE_H
#define HOPWARD_SCAN_INLINE_H

#include <stddef.h>
#include <stdint.h>

#include "scan/decode.h"

struct inline_object {
	const uint8_t	*data;		/* good during the call */
	size_t		 len;
	enum decode_kind decode;
	const char	*format;	/* "binhex"; NULL */
	size_t		 begin, end;	/* in the text, with the lines that frame it */
	const uint8_t	*name;		/* as written; NULL */
	size_t		 name_len;
};
typedef int (*inline_cb)(void *arg, const struct inline_object *);	/* 0: go on */

/* 1: the text has a line that frames one, so that a look is worth while. */
int	inline_like(const uint8_t *, size_t len);
/* Linear; one buffer of the text's size.  0, the callback's value, or -1: no memory. */
int	inline_find(const uint8_t *, size_t len, inline_cb, void *arg);

#endif
