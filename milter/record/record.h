/* SPDX-License-Identifier: ISC */
/* Facts and verdict -> the body of one record (a JSON object, see hopward-log(5)). */
#ifndef HOPWARD_RECORD_RECORD_H
#define HOPWARD_RECORD_RECORD_H

#include "base/buf.h"
#include "judge/policy.h"
#include "record/privacy.h"

#define RECORD_SCHEMA	1
#define RECORD_MAX	(1024 * 1024)	/* octets of a line; parts beyond it are counted, not listed */
#define RECORD_STRING_MAX 512	/* octets of one text from outside; where one is cut, "cut" counts it */
#define RECORD_PAIRS_MAX 64	/* of an event */
#define RECORD_ID_LEN	12		/* Crockford base 32: 30 bits of seconds, 30 random */

/* A fresh id for a record; out of RECORD_ID_LEN + 1. */
void	record_id(uint64_t time_ms, char *out);
/*
 * Appends "{...}" to out, at most RECORD_MAX octets with what the ledger adds:
 * recipients and parts beyond that are counted, findings are listed first.
 * 0 or -1 (out->failed).
 */
int	record_message(const struct message_facts *, const struct verdict *, const struct privacy *, struct buf *out);
/* An event of hopward itself: start, stop, reload, reload-failed, crash, generation...; text pairs key, value, ..., NULL. */
int	record_event(const char *gateway, uint64_t time_ms, const char *event, const char *const *pairs, struct buf *out);

#endif
