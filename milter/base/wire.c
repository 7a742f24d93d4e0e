/* SPDX-License-Identifier: ISC */
/* Little-endian values in and out of byte strings, and frames over stream sockets. */
/*
 * Called by the encoders and decoders of messages between hopward's own
 * processes, and by both ends of a stream between them.  Readers do not trust
 * the writer.  It owns nothing but the strings it gives.  It knows no message:
 * what a type or a value means is its caller's.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "base/clock.h"
#include "base/wire.h"

#define STR_NULL	UINT32_MAX	/* the length that stands for NULL */
#define FRAME_MAGIC	0x01005748u	/* "HW", 0, version 1 */
#define FRAME_HEAD	12
#define FRAME_CHUNK	(16u * 1024)	/* memory grows with what came, not with what was announced */

/* ---- values ---- */

static void
le_put(uint8_t *p, uint64_t v, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t
le_get(const uint8_t *p, size_t n)
{
	uint64_t	v = 0;
	size_t		i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

void
wire_put_u8(struct buf *b, uint8_t v)
{
	buf_add(b, &v, 1);
}

void
wire_put_u32(struct buf *b, uint32_t v)
{
	uint8_t	p[4];

	le_put(p, v, sizeof(p));
	buf_add(b, p, sizeof(p));
}

void
wire_put_u64(struct buf *b, uint64_t v)
{
	uint8_t	p[8];

	le_put(p, v, sizeof(p));
	buf_add(b, p, sizeof(p));
}

void
wire_put_bytes(struct buf *b, const void *p, size_t n)
{
	if (n >= STR_NULL) {
		b->failed = 1;
		return;
	}
	wire_put_u32(b, (uint32_t)n);
	buf_add(b, p, n);
}

void
wire_put_str(struct buf *b, const char *s)
{
	size_t	n, back;

	if (s == NULL) {
		wire_put_u32(b, STR_NULL);
		return;
	}
	n = strnlen(s, WIRE_STR_MAX + 1);
	if (n > WIRE_STR_MAX) {
		n = WIRE_STR_MAX;
		/* Not inside a UTF-8 character. */
		for (back = 0; back < 3 && ((unsigned char)s[n] & 0xc0) == 0x80; back++)
			n--;
	}
	wire_put_bytes(b, s, n);
}

void
wire_init(struct wire *w, const void *p, size_t n)
{
	w->p = p;
	w->left = n;
	w->bad = 0;
}

/* The next n octets, or NULL and bad. */
static const uint8_t *
take(struct wire *w, size_t n)
{
	const uint8_t	*p = w->p;

	if (w->bad || n > w->left) {
		w->bad = 1;
		return NULL;
	}
	if (n > 0)
		w->p += n;
	w->left -= n;
	return p;
}

static uint64_t
number(struct wire *w, size_t n)
{
	const uint8_t	*p = take(w, n);

	return p == NULL ? 0 : le_get(p, n);
}

uint8_t
wire_u8(struct wire *w)
{
	return (uint8_t)number(w, 1);
}

uint32_t
wire_u32(struct wire *w)
{
	return (uint32_t)number(w, 4);
}

uint64_t
wire_u64(struct wire *w)
{
	return number(w, 8);
}

void
wire_bytes(struct wire *w, void *out, size_t want)
{
	const uint8_t	*p;

	memset(out, 0, want);
	if (wire_u32(w) != want)
		w->bad = 1;
	if ((p = take(w, want)) != NULL)
		memcpy(out, p, want);
}

char *
wire_str(struct wire *w)
{
	const uint8_t	*p;
	uint32_t	 n;
	char		*s;

	n = wire_u32(w);
	if (w->bad || n == STR_NULL)
		return NULL;
	if (n > WIRE_STR_MAX)
		w->bad = 1;
	if ((p = take(w, n)) == NULL)
		return NULL;
	if ((n > 0 && memchr(p, '\0', n) != NULL) || (s = malloc((size_t)n + 1)) == NULL) {
		w->bad = 1;
		return NULL;
	}
	if (n > 0)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

int
wire_end(const struct wire *w)
{
	return w->bad || w->left > 0 ? -1 : 0;
}

/* ---- frames ---- */

int
frame_write(int fd, uint32_t type, const void *payload, size_t len)
{
	uint8_t		head[FRAME_HEAD];
	struct msghdr	msg = { 0 };
	struct iovec	iov[2];
	struct pollfd	pfd = { .fd = fd, .events = POLLOUT };
	size_t		sent = 0, h;
	ssize_t		n;

	if (len > UINT32_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	le_put(head, FRAME_MAGIC, 4);
	le_put(head + 4, type, 4);
	le_put(head + 8, len, 4);
	while (sent < FRAME_HEAD + len) {
		h = sent < FRAME_HEAD ? sent : FRAME_HEAD;
		iov[0].iov_base = head + h;
		iov[0].iov_len = FRAME_HEAD - h;
		/* sendmsg() does not write through it. */
		iov[1].iov_base = len == 0 ? NULL : (char *)(uintptr_t)payload + (sent - h);
		iov[1].iov_len = len - (sent - h);
		msg.msg_iov = iov;
		msg.msg_iovlen = 2;
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* Until fd can be read or the deadline (0: none) has passed. */
static enum frame_status
wait_readable(int fd, uint64_t deadline_ns)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	struct timespec	ts;
	uint64_t	now;
	int		n;

	for (;;) {
		if (deadline_ns != 0) {
			now = clock_mono_ns();
			if (now >= deadline_ns)
				return FRAME_TIMEOUT;
			ts.tv_sec = (time_t)((deadline_ns - now) / 1000000000);
			ts.tv_nsec = (long)((deadline_ns - now) % 1000000000);
		}
		n = ppoll(&pfd, 1, deadline_ns != 0 ? &ts : NULL, NULL);
		if (n > 0)
			return FRAME_OK;
		if (n == -1 && errno != EINTR)
			return FRAME_ERROR;
	}
}

static enum frame_status
read_full(int fd, uint64_t deadline_ns, uint8_t *p, size_t want)
{
	enum frame_status	st;
	ssize_t			n;

	while (want > 0) {
		n = recv(fd, p, want, MSG_DONTWAIT);
		if (n == 0)
			return FRAME_EOF;
		if (n > 0) {
			p += n;
			want -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* A peer that died with our octets unread. */
		if (errno == ECONNRESET)
			return FRAME_EOF;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return FRAME_ERROR;
		if ((st = wait_readable(fd, deadline_ns)) != FRAME_OK)
			return st;
	}
	return FRAME_OK;
}

enum frame_status
frame_read(int fd, uint64_t deadline_ns, uint32_t *type, struct buf *payload)
{
	enum frame_status	st;
	uint8_t			p[FRAME_CHUNK];
	size_t			len, n;

	*type = 0;
	buf_reset(payload);
	if ((st = read_full(fd, deadline_ns, p, FRAME_HEAD)) != FRAME_OK)
		return st;
	if (le_get(p, 4) != FRAME_MAGIC)
		return FRAME_BAD;
	*type = (uint32_t)le_get(p + 4, 4);
	len = (size_t)le_get(p + 8, 4);
	if (len > payload->max)
		return FRAME_BAD;
	for (; len > 0; len -= n) {
		n = len < sizeof(p) ? len : sizeof(p);
		if ((st = read_full(fd, deadline_ns, p, n)) != FRAME_OK)
			return st;
		if (buf_add(payload, p, n) == -1) {
			errno = ENOMEM;
			return FRAME_ERROR;
		}
	}
	return FRAME_OK;
}
