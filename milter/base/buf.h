/* SPDX-License-Identifier: ISC */
/* A growing byte buffer with a maximum that is given at its birth. */
#ifndef HOPWARD_BASE_BUF_H
#define HOPWARD_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * After buf_init() the buffer is empty and owns nothing.  Every add appends;
 * one that would pass `max` bytes, or for which memory lacks, sets `failed`
 * and changes nothing; all later adds fail too, so that a long run of adds is
 * checked once, at its end.  data is NUL-terminated (the NUL is not counted
 * in len and not in max), or NULL while nothing was added.
 */
struct buf {
	char	*data;
	size_t	 len;
	size_t	 size;		/* bytes allocated */
	size_t	 max;
	int	 failed;
};

void	 buf_init(struct buf *, size_t max);
void	 buf_free(struct buf *);	/* buf_free(NULL) is fine; max is kept */
void	 buf_reset(struct buf *);	/* empties, keeps the memory, clears failed */
int	 buf_add(struct buf *, const void *, size_t);		/* 0 or -1 */
int	 buf_addc(struct buf *, char);
int	 buf_addz(struct buf *, const char *);			/* a C string */
int	 buf_addf(struct buf *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
int	 buf_vaddf(struct buf *, const char *, va_list)
	    __attribute__((format(printf, 2, 0)));
/* Gives the memory to the caller (free(3)); the buffer is empty afterwards. NULL if it failed or is empty. */
char	*buf_steal(struct buf *, size_t *len);

#endif
