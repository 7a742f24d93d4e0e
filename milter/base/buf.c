/* SPDX-License-Identifier: ISC */
/* A growing byte buffer that never passes the maximum given at its birth. */
/*
 * Called by everyone who builds a line, a frame or a reply.  It owns its
 * memory until buf_steal().  Not thread-safe: one buffer, one thread.
 * It does not wipe what it frees; secrets do not belong in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SIZE_FIRST	256	/* most short lines and frames fit without a second allocation */

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	/* The NUL behind the data must be countable too. */
	b->max = max < SIZE_MAX ? max : SIZE_MAX - 1;
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for n more octets and the NUL. */
static int
buf_reserve(struct buf *b, size_t n)
{
	size_t	 need, size;
	char	*p;

	if (b->failed)
		return -1;
	if (n > b->max - b->len) {
		b->failed = 1;
		return -1;
	}
	need = b->len + n + 1;
	if (need <= b->size)
		return 0;
	size = b->size == 0 ? SIZE_FIRST : b->size;
	while (size < need)
		size = size <= SIZE_MAX / 2 ? size * 2 : need;
	if (size > b->max + 1)
		size = b->max + 1;
	if ((p = realloc(b->data, size)) == NULL) {
		b->failed = 1;
		return -1;
	}
	b->data = p;
	b->size = size;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return b->failed ? -1 : 0;
	if (buf_reserve(b, n) == -1)
		return -1;
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addz(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;
	int	r;

	va_start(ap, fmt);
	r = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return r;
}

int
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list	again;
	int	n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = 1;
		return -1;
	}
	if (n == 0)
		return b->failed ? -1 : 0;
	if (buf_reserve(b, (size_t)n) == -1)
		return -1;
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

char *
buf_steal(struct buf *b, size_t *len)
{
	char	*p;

	if (len != NULL)
		*len = 0;
	if (b->failed || b->len == 0) {
		buf_free(b);
		return NULL;
	}
	p = b->data;
	if (len != NULL)
		*len = b->len;
	b->data = NULL;
	buf_free(b);
	return p;
}
