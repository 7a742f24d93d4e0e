/* SPDX-License-Identifier: ISC */
/* One delivery as one line of text, as it comes out of the log. */
#ifndef HOPWARD_CTL_DELIVERYLINE_H
#define HOPWARD_CTL_DELIVERYLINE_H

#include "base/buf.h"
#include "ctl/text.h"
#include "record/delivery.h"

/* Appends the line and its end: time, gateway, queue id, domain, relay, TLS, result.  No local part. */
void	delivery_line(struct buf *, const struct text *, const struct delivery *);

#endif
