/* SPDX-License-Identifier: ISC */
/* What a header block says of its message's authentication: results of SPF and DKIM, and TLS-Required. */
#ifndef HOPWARD_SCAN_AUTHRES_H
#define HOPWARD_SCAN_AUTHRES_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"

/*
 * Reads the top header block of [msg, msg + len) into the result's authres
 * members and tls_required_no.  Linear time and constant stack on any octets;
 * what it gives fits what scan_result_encode() asks.  0, or -1: no memory, and
 * what was read before is there.  The caller frees with authres_clear().
 */
int	authres_block(const uint8_t *msg, size_t len, struct scan_result *);

/*
 * One field's value, in the order of the message: appends its results, but for those of which a field above
 * of the same writer has spoken.  A field that cannot be parsed, has
 * another version than 1, or can be read in two ways adds none.  0 or -1.
 */
int	authres_read(const uint8_t *value, size_t len, uint32_t received_above, struct scan_result *);

#endif
