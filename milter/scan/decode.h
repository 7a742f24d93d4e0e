/* SPDX-License-Identifier: ISC */
/* Content-transfer-encodings undone: state machines that take their input in any pieces. */
#ifndef HOPWARD_SCAN_DECODE_H
#define HOPWARD_SCAN_DECODE_H

#include <stddef.h>
#include <stdint.h>

enum decode_kind {
	DECODE_IDENTITY,	/* 7bit, 8bit, binary */
	DECODE_BASE64,		/* foreign octets skipped; restarts behind padding */
	DECODE_QP,
	DECODE_UU,		/* what stands between "begin" and "end" lines */
	/* How other readers take what is not quite base64: */
	DECODE_BASE64_JOIN,	/* padding is foreign, the quartets go on over it */
	DECODE_BASE64_LINE,	/* what follows padding on its line is lost; restarts on the next */
	DECODE_BASE64_STOP,	/* padding is the end */
	DECODE_BASE64_BLANK,	/* restarts at an empty line as well */
	DECODE_BASE64_URL,	/* '-' and '_' (RFC 4648 section 5) and ',' (RFC 3501 section 5.1.3) are letters */
	/* and quoted-printable: */
	DECODE_QP_KEEP,		/* '=' with blanks behind it at the end of a line is no soft break */
	DECODE_QP_DROP,		/* '=' before what is no escape is lost */
	/* Encodings without a name in MIME: */
	DECODE_UU_BARE,		/* lines of uuencode from the first one on, no "begin" */
	DECODE_YENC,		/* what stands behind "=ybegin" and "=ypart" lines, up to "=yend" */
	DECODE_MAX
};
const char	*decode_str(enum decode_kind);	/* "base64", "base64-join": stable, for records */

/*
 * One encoded body.  `out` is the caller's and holds decode_max() octets of
 * the whole input; a decoder may take back octets at its end (white space
 * before a line end), so they are good after decode_finish() only.
 * `reasons` gathers REASON() bits.
 */
struct decoder {
	enum decode_kind kind;
	int		 state;
	uint8_t		*out;
	size_t		 len;		/* octets in out */
	size_t		 fed;		/* octets taken so far */
	size_t		 floor;		/* qp: nothing before it is taken back */
	size_t		 soft;		/* qp: where the '=' of a soft break was written */
	uint32_t	 acc;		/* base64, uu: bits of an unfinished quartet */
	unsigned	 n;		/* its characters so far */
	unsigned	 left;		/* uu: octets that the line still owes; begin matcher */
	int		 padded;	/* base64: '=' was seen */
	const uint8_t	*table;		/* base64 */
	uint8_t		 held;		/* qp: first digit of an escape */
	uint64_t	 reasons;
};

/* Most that len octets of input can become, with the room that the decoders need to write in. */
size_t	decode_max(enum decode_kind, size_t len);
void	decode_start(struct decoder *, enum decode_kind, uint8_t *out);
void	decode_feed(struct decoder *, const uint8_t *, size_t);
void	decode_finish(struct decoder *);

int	decode_hex(uint8_t);	/* value of a hexadecimal digit, or -1 */

#endif
