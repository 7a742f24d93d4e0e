/* SPDX-License-Identifier: ISC */
/* The words of a verdict: X-Virus-Status, the SMTP answer, the reason of a hold.  Pure. */
#ifndef HOPWARD_JUDGE_REPLY_H
#define HOPWARD_JUDGE_REPLY_H

#include "judge/policy.h"

/*
 * RFC 5321 section 4.5.3.1.5: a reply line has at most 512 octets with code and
 * CRLF; "550 5.7.1 " and CRLF take 12.
 */
#define REPLY_TEXT_MAX	500

/*
 * Fills status, reply_* and hold_reason of a verdict whose other members are
 * set.  `decided` is the finding that the action comes from: the sender is told
 * of that one, since a watched finding is not to be seen from outside.  `partner` instead
 * if the action is his rule's, else NULL.  All
 * text is printable ASCII on one line, whatever the facts and the policy hold.
 */
void	reply_fill(const struct policy *, const struct message_facts *, enum outcome decided,
	    const struct partner_result *partner, struct verdict *);

#endif
