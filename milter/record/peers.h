/* SPDX-License-Identifier: ISC */
/* What TLS each confirmed peer has always come with; so that the first time without it is seen.  Bounded, kept over restarts. */
#ifndef HOPWARD_RECORD_PEERS_H
#define HOPWARD_RECORD_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "judge/profile.h"

#define PEER_NAME_MAX	255	/* octets: a domain or a network, "example.org", "192.0.2.0/24"; longer ones are not kept */

#define PEERS_MAX	100000	/* of settings.max: some 30 MB of memory, and as much of a file at most */

struct peers_settings {
	char		*file;		/* "": kept in memory only */
	uint32_t	 max;		/* peers; beyond it the one not seen for longest goes, those without a habit first */
	uint32_t	 messages;	/* so many in a row make a habit */
	uint64_t	 forget_ms;	/* a peer not seen for so long is forgotten */
};

struct peers_alarm {
	char		 peer[PEER_NAME_MAX + 1];
	int		 tls;		/* now: 0 none, 1 weaker */
	enum grade	 was, now;	/* was: the lowest of the habit */
	uint32_t	 messages;	/* of the habit */
	int64_t		 since;		/* its first, seconds since 1970 */
};

struct peers_counts {
	uint64_t	 peers, habits;	/* known; with a habit */
	uint64_t	 alarms;	/* raised since start */
	uint64_t	 evicted, forgotten;
};

struct peers;

/*
 * Reads the file if there is one.  One that cannot be read or parsed is set
 * aside (FILE.bad) and said in err (else err is ""), and the table is empty: 0 still.  -1: no memory.
 */
int	peers_open(const struct peers_settings *, int64_t now, struct peers **, char *err, size_t errlen);
/*
 * One message of a confirmed peer.  tls: enum hop_tls yes or no (unknown is not to be given);
 * grade unknown is taken for TLS of no known strength: it neither lowers nor alarms.
 * 1: an alarm, filled; 0: none.  Raised once: after it the habit starts anew,
 * and takes twice as many messages as the one before (up to 64 times as many).
 * "Two grades lower" is grade <= was - 2; none is always an alarm.  Any thread.
 */
int	peers_seen(struct peers *, const char *peer, int tls, enum grade, int64_t now, struct peers_alarm *);
/*
 * The profile that grades are by from now on, "uk_gov/2022-10"; NULL: none.
 * Grades by another one compare with none of these: they are forgotten, the habits stay.
 */
void	peers_graded_by(struct peers *, const char *profile);
void	peers_counts(struct peers *, struct peers_counts *);
/* Writes the file if something changed (new file, fsync, rename); 0, or -1 with err.  Called from time to time and at the end. */
int	peers_save(struct peers *, int64_t now, char *err, size_t errlen);
void	peers_close(struct peers *);	/* does not save; NULL is fine */

#endif
