/* SPDX-License-Identifier: ISC */
/* One delivery of an MTA's log -> the body of its record (a JSON object of type "delivery", see hopward-log(5)). */
#ifndef HOPWARD_RECORD_DELIVERY_H
#define HOPWARD_RECORD_DELIVERY_H

#include "base/buf.h"
#include "judge/outbound.h"
#include "record/privacy.h"

#define DELIVERY_RCPTS_MAX	100	/* that are listed; Sendmail names as many in a line as fit 1 KB */
#define DELIVERY_MAX		(512 * 1024)	/* octets of a record, hostile addresses included */

/* All is borrowed for the call. */
struct delivery {
	const char		*id;		/* record_id() */
	uint64_t		 time_ms;
	const char		*gateway;	/* the host that the log names */
	const struct maillog	*line;		/* of kind MAILLOG_DELIVERY */
	const struct outbound_delivery *tls;
	const char		*source;	/* which log; NULL: one that cannot be read again */
	uint64_t		 source_at;	/* where in it the line ends */
};

/* Appends "{...}".  Of the server's reply and the sender nothing is kept.  0 or -1 (out->failed). */
int	record_delivery(const struct delivery *, const struct privacy *, struct buf *out);

#endif
