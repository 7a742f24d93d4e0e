/* SPDX-License-Identifier: ISC */
/* S/MIME: the content of a signed CMS object, which mail programs open as mail. */
#ifndef HOPWARD_SCAN_CMS_H
#define HOPWARD_SCAN_CMS_H

#include <stddef.h>
#include <stdint.h>

enum cms_kind {
	CMS_NONE,		/* not CMS */
	CMS_SIGNED,		/* signedData: its content is in clear */
	CMS_SEALED,		/* enveloped, encrypted: nobody but the recipient reads it */
	CMS_OTHER		/* compressed, authenticated...: there is content, and we do not open it */
};
/* By its first octets (RFC 5652, DER or BER). */
enum cms_kind	cms_kind(const uint8_t *, size_t len);

/*
 * The content of signedData.  No signature is checked.  0: *out (gives;
 * free(3)) holds it, NULL and 0 where it is detached; -1: it cannot be read, or no memory.
 */
int	cms_content(const uint8_t *, size_t len, uint8_t **out, size_t *out_len);

#endif
