/* SPDX-License-Identifier: ISC */
/* The MTA's side: one process with libmilter's threads.  This header is all that the parent knows of it. */
#ifndef HOPWARD_FRONT_FRONT_H
#define HOPWARD_FRONT_FRONT_H

#include <stdatomic.h>
#include <stdint.h>

#include "judge/policy.h"
#include "judge/profile.h"
#include "record/ledger.h"
#include "record/peers.h"
#include "record/privacy.h"
#include "record/retain.h"

enum unrecorded { UNRECORDED_TEMPFAIL, UNRECORDED_ACCEPT };

/* Everything that may change with a reload.  Immutable once published; refcounted inside the front. */
struct front_settings {
	struct policy		 policy;
	char			*gateway;		/* name in records and headers */
	char			*authserv_id;		/* RFC 8601 */
	int			 header_virus;		/* X-Virus-Scanned and X-Virus-Status */
	int			 header_tls;		/* Authentication-Results: x-tls */
	int			 header_mime;		/* X-Hopward-MIME from this enum ambiguity on; AMBIGUITY_FIELD_NEVER */
	char			*subject_tag;		/* put before the Subject of tagged mail, or NULL */
	enum unrecorded		 unrecorded;		/* when the record cannot be written */
	enum privacy_level	 privacy;
	char			*profile_name;		/* that TLS is graded by: a name or a path; NULL: it is not */
	char			*profiles;		/* directory of profiles */
	int			 downgrade_alarm;	/* peers that always came with TLS are watched */
	struct profile		*profile;		/* the same that policy borrows; NULL: ungraded */
	/* hand-over */
	uint64_t		 scan_timeout_ms;	/* from end of message to the scanner's deadline */
	uint64_t		 engine_wait_ms;	/* how long mail waits for the first or next engine */
	uint64_t		 progress_ms;		/* between smfi_progress calls */
	uint64_t		 large_size;		/* octets; larger messages use the other queue */
	uint64_t		 spool_message;		/* cap of one message; beyond it: limit, not scanned */
	uint64_t		 spool_total;		/* cap of all; beyond it: tempfail */
	uint32_t		 queue_max;		/* jobs queued per queue */
	uint32_t		 rcpts_max;		/* recipients kept for the record */
	uint64_t		 stop_wait_ms;		/* for messages in flight at SIGTERM */
};

/* What is fixed at start. */
struct front_start {
	char			*socket;		/* libmilter's spelling */
	mode_t			 socket_mode;		/* for unix sockets */
	char			*socket_group;		/* NULL: the process' own */
	struct ledger_settings	 ledger;
	struct pseudonym_settings pseudonyms;
	struct retain_settings	 retain;
	char			*old_key;		/* of before keys had periods: nothing reads it; NULL */
	struct peers_settings	 peers;			/* of the downgrade alarm */
	char			*exceptions;		/* text of their file as it was at the fork; borrowed; NULL: none */
	int			 verbose;
};

/* Whether the downgrade alarm can be raised, and if not, why.  X(state, words for people) */
#define ALARM_STATES(X)								\
	X(ON, NULL)								\
	X(DISABLED, "downgrade.alarm is false")					\
	X(NOBODY, "nobody can be confirmed (no partner with networks or certificates, no trusted_authserv_ids)") \
	X(PROXY, "TLS ends before the MTA (proxied_listeners)")			\
	X(INSIDE, "all mail comes from internal_networks, and nothing tells from where it came there") \
	X(UNTOLD, "no message has shown yet whether it came under TLS")
enum alarm_state {
#define X(e, s) ALARM_##e,
	ALARM_STATES(X)
#undef X
	ALARM_STATE_MAX
};

/*
 * Numbers that the parent shows in `status`: a MAP_SHARED page made before the
 * fork, written by the front, only read by the parent, which trusts none of it
 * (strings may lack their NUL).
 */
#define FRONT_STAGES	5	/* connect, helo, mail, rcpt, data */
#define FRONT_LOST	512	/* octets of a sentence with the file's name */
#define FRONT_MACROS	512	/* octets of macro names, space-separated, per stage */
struct front_stats {
	_Atomic uint64_t	 started_ms;		/* wall clock; 0: not yet listening */
	_Atomic uint64_t	 connections, connections_open;
	_Atomic uint64_t	 last_connect_ms;
	_Atomic uint64_t	 messages, in_flight;
	_Atomic uint64_t	 queued_small, queued_large;
	_Atomic uint64_t	 spool_bytes;
	_Atomic uint64_t	 outcomes[OUTCOME_MAX];
	_Atomic uint64_t	 actions[ACTION_MAX];
	_Atomic uint64_t	 records_failed;
	_Atomic uint64_t	 disk_free, disk_size;	/* of the records; size 0: not looked at yet */
	_Atomic uint64_t	 disk_records, disk_day;	/* what they take, and what a day takes */
	_Atomic uint64_t	 disk_oldest_ms;	/* when the oldest day of records began; 0: there is none */
	_Atomic uint32_t	 disk_days_left;	/* until it is full; RETAIN_FOREVER: not in sight */
	_Atomic uint32_t	 disk_low;		/* that is below records.warn_free */
	_Atomic uint32_t	 disk_reserve;		/* enum reserve_state */
	_Atomic uint64_t	 downgrades;	/* alarms */
	_Atomic uint64_t	 peers, peers_habits, peers_evicted;
	_Atomic uint32_t	 alarm_state;	/* enum alarm_state */
	char			 alarm_lost[FRONT_LOST];	/* why the habits of before are lost; "": they are not; set before it listens */
	_Atomic uint64_t	 refused_mail, refused_rcpt;	/* at that stage, for a partner's TLS */
	_Atomic uint64_t	 requiretls_clear;	/* messages with REQUIRETLS that came without TLS */
	char			 macros[FRONT_STAGES][FRONT_MACROS];	/* seen at each stage, of the last connection that had any */
	char			 mta[128];		/* {v} {j} of the last connection */
};

/*
 * Packets parent -> front on the control socket (SOCK_SEQPACKET, base/fdpass.h).
 * First octet is the type, the rest is its payload.
 */
enum front_ctl {
	FRONT_CTL_GENERATION = 'G',	/* payload: u32 number, then engine_info; descriptors: small queue, large queue, reports */
	FRONT_CTL_NO_ENGINE = 'N',	/* payload: reason; the old generation is gone or drains: mail waits (engine_wait_ms) */
	FRONT_CTL_SETTINGS = 'S',	/* descriptor: memfd with the new settings' text */
	FRONT_CTL_EXCEPTIONS = 'X',	/* payload: u32 serial; descriptor: memfd with the text of the exceptions' file */
	FRONT_CTL_EVENT = 'E',		/* payload: wire strings event, key, value, ...: to be recorded */
	FRONT_CTL_STOP = 'T'		/* finish what is in flight, within stop_wait_ms, and exit */
};
/* Packets front -> parent. */
enum front_msg {
	FRONT_MSG_LISTENING = 'L',	/* the milter socket is open */
	FRONT_MSG_EXCEPTIONS = 'X',	/* payload: u32 serial: those exceptions hold */
	FRONT_MSG_DRAINED = 'D',	/* payload: u32 number: no job of that older generation is left, its scanner may go */
	FRONT_MSG_FAILED = 'F'		/* payload: why; the front exits afterwards with a code of sysexits.h */
};

/*
 * The front's main: never returns.  Runs after the parent forked and dropped
 * privileges.  `settings` and `start` are taken.  `settings_read` turns the
 * text behind a descriptor into new settings (it belongs to the configuration's
 * room, which the front must not know); NULL with *err (malloc'ed) on failure.
 */
struct front_hooks {
	struct front_settings	*(*settings_read)(int fd, char **err);
	void			 (*settings_free)(struct front_settings *);
};
void	front_main(int ctl, struct front_settings *, const struct front_start *,
	    struct front_stats *, const struct front_hooks *) __attribute__((noreturn));

#endif
