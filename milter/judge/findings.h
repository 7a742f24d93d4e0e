/* SPDX-License-Identifier: ISC */
/* What was found in a message, less the exceptions, through the rules, for each recipient: the action that follows.  Pure. */
#ifndef HOPWARD_JUDGE_FINDINGS_H
#define HOPWARD_JUDGE_FINDINGS_H

#include "judge/policy.h"

/*
 * Fills outcome, signature, detail, action, rule, would, would_rule, parts,
 * judged, exceptions and recipients of a verdict whose class and partners are
 * set; *decided is the finding that the action comes from.  0, or -1: no memory
 * (then verdict_free() is due).  Linear in parts, rules and recipients, but for
 * members that stand far from their container.
 */
int	findings_judge(const struct policy *, const struct message_facts *, struct verdict *, enum outcome *decided);

#endif
