/* SPDX-License-Identifier: ISC */
/* Mail that hopward has put on hold: what the MTA's queue says of it, joined with its record.  For held*.c alone. */
#ifndef HOPWARD_CTL_HELD_H
#define HOPWARD_CTL_HELD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"
#include "record/record.h"

#define HELD_ID_MAX	64		/* octets of a queue id */
#define HELD_MAX	1000000		/* messages of a queue that are taken; more are said to be left out */
#define HELD_RCPTS_MAX	1000		/* addresses of one that are kept from the queue's listing; all are counted */
#define HELD_REASON	"hopward: "	/* what its hold reasons begin with */

/* Events of the stream "acts", see hopward-log(5). */
#define HELD_RELEASE	"held-release"
#define HELD_DROP	"held-drop"
#define HELD_RAW	"held-raw"
#define HELD_WARN	"held-warn"
#define HELD_EXPIRE	"held-expire"
#define HELD_FAILED	"held-failed"

struct held_message {
	/* of the queue */
	char		 queue_id[HELD_ID_MAX + 1];
	uint64_t	 arrival_ms;		/* 0: not known */
	uint64_t	 size;
	char		*sender;		/* address, "" */
	char		**rcpts;
	size_t		 rcpts_count, rcpts_kept;
	char		*directory;		/* Sendmail's queue directory; NULL */
	/* of hopward */
	char		 ref[RECORD_ID_LEN + 1];	/* "": not (yet) known to be hopward's */
	char		 outcome[24], rule[64];		/* of a hold reason, where there is no record */
	json_t		*record;		/* NULL */
	char		*text;			/* the record's line */
	size_t		 len;
	uint64_t	 held_ms;
	/* of the stream of acts */
	json_t		*acts;			/* array of events, or NULL */
	uint64_t	 warned_ms;		/* 0: not */
	int		 released;		/* it was released once: what holds it now is not hopward */
};

struct held {
	struct ctl		*ctl;
	struct conf		*conf;
	const struct held_settings *set;
	enum held_mta		 mta;		/* never AUTO once held_open() was called */
	uint64_t		 now_ms;
	struct held_message	*list;		/* hopward's, the oldest first */
	size_t			 count, size;
	uint64_t		 others;	/* on hold, and not by hopward as far as records say */
	uint64_t		 unread;	/* lines of the listing that could not be understood */
	int			 records_bad;	/* records could not be read: others may be hopward's */
};

/* Which MTA.  0 or an exit code after telling why. */
int	held_open(struct held *);
void	held_free(struct held *);	/* members but ctl and conf */
/* "Postfix' queue" or "Sendmail's queue". */
const char *held_queue(const struct held *);

/* ---- heldqueue.c: the MTA's tools ---- */

/* Fills the list with all that is on hold.  0 or an exit code after telling why. */
int	heldqueue_list(struct held *);
/* Each: 0, or -1 after telling why, with `why` (for the record) filled. */
int	heldqueue_release(struct held *, const struct held_message *, char *why, size_t);
int	heldqueue_drop(struct held *, const struct held_message *, char *why, size_t);
/* The message as it lies in the queue, to standard output; made harmless on a terminal.  0 or an exit code after telling why. */
int	heldqueue_raw(struct held *, const struct held_message *);
/* Whether this MTA has a tool that shows a message; tells why not. */
int	heldqueue_has_raw(const struct held *);

/* ---- heldrecord.c: whose they are ---- */

/* Joins the list with the records, leaves hopward's in it, oldest first.  0 or -1: no memory. */
int	heldrecord_join(struct held *);

/* ---- heldlist.c: what is shown ---- */

/* When it expires; UINT64_MAX: never. */
uint64_t heldlist_expires(const struct held *, const struct held_message *);
void	heldlist_table(const struct held *, int full);
void	heldlist_json(const struct held *, int full);
/* One message's story; and what was done with it. */
int	heldlist_show(const struct held *, const struct held_message *, int full);
/* "4gFw2K1xYzz9 (06GVJ4M9KZ3T): from a.test to b.test, 15 KB, infected Eicar by mx.infected, held for 3 d". */
void	heldlist_line(struct buf *, const struct held *, const struct held_message *);
const char *heldlist_outcome(const struct held_message *);
const char *heldlist_rule(const struct held_message *);

/* ---- heldact.c: what is done ---- */

struct held_do {
	int		 drop;		/* or release */
	int		 yes;
	const char	*why;
};

/* Asks, records, does; as many of list as `chosen` says (an octet for each).  An exit code. */
int	heldact_run(struct held *, const struct held_do *, const char *chosen, size_t count);
/* Warns of what will expire, and drops what has.  An exit code. */
int	heldact_expire(struct held *, int dry_run);
/* Records that a message is looked at.  0 or -1 after telling why. */
int	heldact_raw(struct held *, const struct held_message *, const char *why);

#endif
