/* SPDX-License-Identifier: ISC */
/* The whole names of a tar's files, which libclamav cuts at 100 octets. */
#ifndef HOPWARD_SCAN_TAR_H
#define HOPWARD_SCAN_TAR_H

#include <stddef.h>
#include <stdint.h>

#define TAR_FIELD_MAX	100	/* of a header: what libclamav takes for the name */
#define TAR_NAME_MAX	4096	/* of long names so much is kept, the end */

struct tar {
	const unsigned char	*p;
	size_t			 len, at;
	const char		*damage;	/* what is wrong with it, or NULL */
	char			 field[TAR_FIELD_MAX + 1];	/* of the file */
	char			 name[TAR_NAME_MAX + 1];	/* whole; "" where it is the field */
};

/* Begins; the octets are borrowed. */
void	tar_init(struct tar *, const void *data, size_t len);
/* The next file that libclamav announces.  1, or 0 at the end, or where it is damaged. */
int	tar_next(struct tar *);

#endif
