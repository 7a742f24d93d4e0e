/* SPDX-License-Identifier: ISC */
/* One Received field, whoever wrote it, becomes the facts of one hop. */
#ifndef HOPWARD_SCAN_RECEIVED_H
#define HOPWARD_SCAN_RECEIVED_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"

/* Octets of one field that are read; of a longer one the rest is not looked at, `cut` says so, and it is `odd`. */
#define RECEIVED_FIELD_MAX	(64u * 1024)

/*
 * Reads a field's value, folded or not, and fills *hop, which must be empty or
 * uninitialised.  Time is linear in len, stack constant, on any octets; every
 * value fits what scan_result_encode() asks.  0, or -1: no memory, and *hop is
 * empty.  The caller frees with received_clear().  A field in which a client's
 * words may stand as the writer's has `odd` set, and no address.
 */
int	received_read(const uint8_t *value, size_t len, struct received *hop);

/* The Received fields of the header block at [msg, msg + len), newest first, into the result's received members.  0 or -1. */
int	received_block(const uint8_t *msg, size_t len, struct scan_result *);

#endif
