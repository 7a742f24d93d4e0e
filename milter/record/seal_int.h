/* SPDX-License-Identifier: ISC */
/* What the seals' own files share: signing, and the text of a seal. */
#ifndef HOPWARD_RECORD_SEAL_INT_H
#define HOPWARD_RECORD_SEAL_INT_H

#include "record/seal.h"

/* Fills s->sig.  0 or -1. */
int	seal_sign(struct seal *, const char *stream, const uint8_t seed[SEAL_KEY_LEN]);
/* Appends the body of the line.  0 or -1. */
int	seal_body(const struct seal *, const char *gateway, struct buf *out);
/* 2 * len lower-case digits.  0 or -1. */
int	seal_unhex(const char *text, uint8_t *out, size_t len);

#endif
