/* SPDX-License-Identifier: ISC */
/* What the front's threads share, and the thread that listens to the parent. */
#ifndef HOPWARD_FRONT_CONTROL_H
#define HOPWARD_FRONT_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "front/front.h"
#include "front/handover.h"
#include "front/spool.h"
#include "record/ledger.h"
#include "record/privacy.h"
#include "record/retain.h"

/* One published configuration with the key that goes with it.  Immutable; a message uses one throughout. */
struct front_conf {
	struct front_settings	*settings;
	struct privacy		*privacy;
	unsigned int		 refs;		/* under front.lock */
};

/* The exceptions that hold, and the mode for a while.  Immutable; a judgement uses one throughout. */
struct front_exceptions {
	struct exceptions	 list;
	unsigned int		 refs;		/* under front.lock */
};

/* Things that are said once in the front's life, not once a message. */
enum front_said {
	SAID_NO_ADDHDRS = 1, SAID_NO_CHGHDRS = 2, SAID_NO_QUARANTINE = 4
};

struct front {
	const struct front_start *start;
	struct front_stats	*stats;
	struct front_hooks	 hooks;
	int			 ctl;		/* the parent */
	struct ledger		*ledger;
	struct retain		*retain;	/* the keeper of its files; NULL: none */
	struct handover		*handover;
	struct alarm		*alarm;		/* of downgrades; NULL: none */
	struct spool_budget	 budget;
	atomic_uint		 said;		/* enum front_said */
	_Atomic uint64_t	 requiretls_said_ns;	/* when REQUIRETLS in clear was last warned of */
	void			(*stop)(void);	/* no new connections (smfi_stop) */
	pthread_mutex_t		 lock;		/* of what follows */
	pthread_cond_t		 quiet;		/* in_flight fell */
	struct front_conf	*conf;
	struct front_exceptions	*exceptions;	/* NULL: there are none */
	int			 quitting;	/* one thread ends the process, others wait for it */
	unsigned int		 in_flight;	/* messages begun and not ended */
	uint64_t		 last_end_ns;	/* when the last of them ended */
	pthread_mutex_t		 stats_lock;	/* of the strings in stats */
	uint32_t		 stats_macros[FRONT_STAGES];	/* what stats->macros shows, as bits */
};

/* Borrows start and stats; nothing is open yet.  NULL: no memory. */
struct front *front_new(int ctl, const struct front_start *, struct front_stats *, const struct front_hooks *);
/* For tests: closes and frees all, when no other thread uses it any more. */
void	front_free(struct front *);

/* Takes the settings.  0, or -1 with err: the old ones stay. */
int	front_conf_publish(struct front *, struct front_settings *, char *err, size_t errlen);
/* A reference to the current one; never NULL once one was published. */
struct front_conf *front_conf_get(struct front *);
void	front_conf_put(struct front *, struct front_conf *);

/* Takes the text of the exceptions' file; lines that are wrong are left out.  0, or -1: no memory, the old ones stay. */
int	front_exceptions_publish(struct front *, const char *text, size_t len);
/* A reference to the current ones, or NULL: there are none. */
struct front_exceptions *front_exceptions_get(struct front *);
void	front_exceptions_put(struct front *, struct front_exceptions *);

/* A message begins, and ends (after its answer was given to libmilter). */
void	front_begin(struct front *);
void	front_end(struct front *);

/* Records an event of the front's own: text pairs key, value, ..., NULL. */
void	front_event(struct front *, const char *event, const char *const *pairs);
/* Tells the parent. */
void	front_tell(struct front *, enum front_msg, const void *payload, size_t len);
/* 1 the first time that this is to be said, else 0. */
int	front_say_once(struct front *, enum front_said);

/*
 * The control thread: takes packets of enum front_ctl until STOP or the end of
 * the parent, then control_quit().  `arg` is the struct front.  Never returns.
 */
void	*control_thread(void *arg);
/*
 * The end, in whatever thread it is first asked for: no new connections, a
 * bounded wait for messages in flight, the record closed, exit with `code`.
 */
void	control_quit(struct front *, int code) __attribute__((noreturn));
/* One packet, for the thread and for tests.  Takes fds.  1: stop was asked for; else 0. */
int	control_packet(struct front *, const void *, size_t, int *fds, int nfds);

#endif
