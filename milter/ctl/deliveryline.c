/* SPDX-License-Identifier: ISC */
/* One delivery as one line of text, as it comes out of the log. */
/*
 * Called by collect for --stdout; what is on record is shown by row.c and
 * telling.c.  Texts of the log are made harmless here.
 */
#include <stdio.h>

#include "ctl/deliveryline.h"

static void
put_tls(const struct text *t, const struct outbound_delivery *d, const struct maillog *m, struct buf *b)
{
	char words[512];

	switch (d->tls) {
	case HOP_TLS_NO:
		text_colour(b, t, TEXT_RED, "in clear");
		break;
	case HOP_TLS_YES:
		if (d->evidence == OUTBOUND_SESSION)
			snprintf(words, sizeof(words), "%s %s %u/%u%s%s", d->version, d->cipher, d->bits, d->alg_bits,
			    d->trust != NULL ? " " : "", d->trust != NULL ? d->trust : "");
		else if (d->evidence == OUTBOUND_LINE)
			snprintf(words, sizeof(words), "%s%s%s %s", d->version, d->cipher != NULL ? " " : "",
			    d->cipher != NULL ? d->cipher : "", d->trust);
		else
			snprintf(words, sizeof(words), "TLS (level %.*s; version not logged)", (int)m->level.len, m->level.p);
		text_colour(b, t, TEXT_GREEN, words);
		break;
	default:
		snprintf(words, sizeof(words), "unknown: %s", d->reason);
		text_colour(b, t, TEXT_YELLOW, words);
		break;
	}
	if (d->smarthost)
		buf_addz(b, d->tls == HOP_TLS_YES ? " (handed on under TLS, onward unknown)" : " (onward unknown)");
}

void
delivery_line(struct buf *b, const struct text *t, const struct delivery *d)
{
	const struct maillog *m = d->line;
	struct maillog_text rcpt = { "", 0 };
	char time[64], address[1024], domain[256], words[600];
	size_t at = 0;

	(void)maillog_rcpt(m, &at, &rcpt);
	snprintf(address, sizeof(address), "%.*s", (int)(rcpt.len < 1000 ? rcpt.len : 1000), rcpt.p);
	snprintf(words, sizeof(words), "%s %s %.*s %s -> ", text_time(d->time_ms, time, sizeof(time)), d->gateway,
	    (int)m->queue_id.len, m->queue_id.p, privacy_domain(address, domain, sizeof(domain)));
	text_add(b, words, TEXT_UNLIMITED);
	snprintf(words, sizeof(words), "%.*s", (int)m->relay.len, m->relay.p != NULL ? m->relay.p : "");
	text_add(b, words, TEXT_UNLIMITED);
	buf_addc(b, ' ');
	put_tls(t, d->tls, m, b);
	snprintf(words, sizeof(words), " %.*s", (int)m->status.len, m->status.p != NULL ? m->status.p : "");
	text_add(b, words, TEXT_UNLIMITED);
	buf_addc(b, '\n');
}
