/* SPDX-License-Identifier: ISC */
/* The downgrade alarm: a peer that has always come with TLS comes without, or two grades lower. */
#ifndef HOPWARD_FRONT_ALARM_H
#define HOPWARD_FRONT_ALARM_H

#include "front/control.h"

struct alarm;		/* the peers, and whether the alarm can work at all */

/* Reads what peers have come with; a file that cannot be used is logged, and is no failure.  NULL: no memory. */
struct alarm	*alarm_open(const struct peers_settings *, struct front_stats *);
/* New settings hold from now on: `status` is told whether the alarm is on.  a may be NULL. */
void		 alarm_settings(struct alarm *, const struct front_settings *);
/*
 * A message of any outcome, after its record.  Called by the thread that has
 * it; of the front it uses the alarm (none: nothing is done), the stats and the
 * ledger.  Counted are mail of the classes mx and relay, the boundary hop of which came from a
 * host that is none of ours and is known to have been with or without TLS.
 * Its peers are the domain that the verdict has confirmed and, of a partner,
 * the network that the client lies in.  One message raises one alarm.
 */
void		 alarm_message(struct front *, const struct front_settings *, const struct message_facts *,
		    const struct verdict *);
/* Writes the file if something changed; trouble is logged once.  From time to time and at the end, never while mail waits. */
void		 alarm_save(struct alarm *);
void		 alarm_close(struct alarm *);	/* does not save; NULL is fine */

#endif
