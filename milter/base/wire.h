/* SPDX-License-Identifier: ISC */
/* Little-endian values in and out of byte strings, and frames over stream sockets, for talk between hopward's own processes. */
#ifndef HOPWARD_BASE_WIRE_H
#define HOPWARD_BASE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define WIRE_STR_MAX	(64u * 1024)	/* longest string a reader accepts; writers cut to it */

/* Writing: appends to a buf; trouble shows in buf.failed. */
void	 wire_put_u8(struct buf *, uint8_t);
void	 wire_put_u32(struct buf *, uint32_t);
void	 wire_put_u64(struct buf *, uint64_t);
void	 wire_put_bytes(struct buf *, const void *, size_t);	/* length, then octets */
void	 wire_put_str(struct buf *, const char *);		/* NULL differs from "" */

/*
 * Reading: the sender is not trusted.  Any value that is not there or too long
 * sets `bad`, and all later reads return 0 or NULL.  wire_end() is 0 only if
 * nothing was bad and no octet is left.
 */
struct wire {
	const uint8_t	*p;
	size_t		 left;
	int		 bad;
};

void	 wire_init(struct wire *, const void *, size_t);
uint8_t	 wire_u8(struct wire *);
uint32_t wire_u32(struct wire *);
uint64_t wire_u64(struct wire *);
/* Copies exactly `want` octets that were put by wire_put_bytes; another length is bad. */
void	 wire_bytes(struct wire *, void *, size_t want);
/* Gives a malloc'ed string, or NULL where the sender had NULL.  NUL octets inside are bad. */
char	*wire_str(struct wire *);
int	 wire_end(const struct wire *);

/*
 * Frames: {u32 magic+version, u32 type, u32 length} and the payload.
 * frame_read() waits until deadline_ns (CLOCK_MONOTONIC; 0 = for ever).
 */
enum frame_status {
	FRAME_OK,
	FRAME_EOF,		/* the peer closed before or inside a frame */
	FRAME_TIMEOUT,
	FRAME_BAD,		/* not a frame, or longer than max: condemn the sender */
	FRAME_ERROR		/* errno */
};

int	 frame_write(int fd, uint32_t type, const void *payload, size_t len); /* 0 or -1; no SIGPIPE */
/* Fills `payload` (reset first; its max bounds the length). */
enum frame_status frame_read(int fd, uint64_t deadline_ns, uint32_t *type, struct buf *payload);

#endif
