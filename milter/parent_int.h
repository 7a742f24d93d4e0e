/* SPDX-License-Identifier: ISC */
/* What the parent's own files share: its state, and what they ask of one another.  For parent*.c and control.c alone. */
#ifndef HOPWARD_PARENT_INT_H
#define HOPWARD_PARENT_INT_H

#include "conf.h"
#include "generation.h"
#include "judge/exception_text.h"
#include "parent.h"
#include "watch.h"

#define SECOND_NS		1000000000ULL
#define STEADY_NS		(10 * SECOND_NS)	/* a child that lived so long is replaced at once */
#define PACKET_MAX		(64u * 1024)	/* of text in one packet to the front */
#define PARENT_OLD_MAX		8	/* generations that drain at once; one more waits */
#define PARENT_EVENTS_MAX	(64 + EXCEPTIONS_MAX)	/* events kept while no front can record them; a file of exceptions may change whole */
#define EXCEPT_ERRS_SHOWN	16	/* lines left out that are told one by one; the others are counted */
#define PARENT_ASKERS_MAX	8	/* who wait for an answer until the front holds what they changed */

/* Who changed an exception or the mode, for its record; NULL: as its line says. */
struct except_who {
	const char		*by;
	const char		*uid;
	const char		*via;		/* "control", "file" (edited by hand), "time" (it ended) */
	const char		*reason;
};

/* parent_except.c's: what holds, and its file */
struct except_state {
	struct exceptions	 list;
	struct buf		 text;		/* the file's, as it holds */
	struct buf		 errs;		/* lines that are left out */
	uint32_t		 serial;	/* of what holds */
	uint32_t		 forked;	/* with which the front was started */
	uint32_t		 held;		/* that the front holds */
	int			 unsent;	/* the front is still to be told */
	int			 unwritten;	/* the file is still to be written */
	uint64_t		 due_ns;	/* not before */
	char			 trouble[512];	/* with the file; "": none */
};

/* control_except.c's */
struct parent_asker {
	int			 fd;		/* 0: nobody: that one is never a connection's */
	uint32_t		 serial;	/* what the front must hold */
	uint64_t		 due_ns;
	char			*line;		/* for the answer */
};

struct parent {
	/* configuration, and how to read it anew */
	struct conf		*conf;
	const char		*path;
	const char *const	*overrides;
	/* the front */
	struct front_stats	*stats;		/* shared page, see front/front.h */
	pid_t			 front_pid;	/* -1: none */
	int			 front;		/* its control socket, -1: none */
	int			 listening;
	uint64_t		 front_started_ns;
	uint64_t		 front_due_ns;	/* start it then; 0: not due */
	/* scanners */
	struct generation	*current;	/* serves; NULL: none does */
	struct generation	*loading;	/* its engine is not ready yet */
	struct generation	*old[PARENT_OLD_MAX];
	unsigned int		 numbers;	/* generations started so far */
	int			 wanted;	/* a fresh one is wanted as soon as one may start */
	uint64_t		 wanted_due_ns;	/* not before */
	uint64_t		 loading_due_ns;	/* it is killed then */
	unsigned int		 failures;	/* loads that failed in a row */
	struct watch		 watch;
	char			 last_error[512];	/* "" after a success */
	/* hopwardctl */
	int			 control;	/* listening socket, -1: none */
	dev_t			 control_dev;	/* of its name, so that no other is removed */
	ino_t			 control_ino;
	struct parent_asker	 askers[PARENT_ASKERS_MAX];
	struct except_state	 except;
	/* life */
	uint64_t		 started_ns;
	int			 stopping;
	uint64_t		 stop_due_ns;
	int			 exit_code;
	int			 served;	/* an engine has been ready once */
	int			 ready;		/* who waits for the start: an octet 0, or why not; -1: nobody */
	struct buf		 events[PARENT_EVENTS_MAX];
	unsigned int		 events_count;
};

/* parent.c */
/* Reads the configuration anew and asks for a fresh generation.  0, or -1 with lines in errs and nothing changed. */
int	parent_reload(struct parent *, struct buf *errs);
/* Begins the end; parent_run() returns `exit_code` once all children are gone.  Later calls do nothing. */
void	parent_stop(struct parent *, const char *why, int exit_code);

/* Tells who waits for the start, once: NULL for ready, or why not. */
void	parent_ready(struct parent *, const char *why_not);

/* parent_front.c */
int	parent_front_start(struct parent *);
void	parent_front_generation(struct parent *);		/* tells it which queues to use from now on */
void	parent_front_no_engine(struct parent *, const char *why);
int	parent_front_settings(struct parent *);			/* hands it the configuration that holds now */
void	parent_front_readable(struct parent *);
void	parent_front_ended(struct parent *, int status);	/* it was reaped */
/* Something to be recorded of the daemon itself: key, value, ..., NULL. */
void	parent_event(struct parent *, const char *name, ...) __attribute__((sentinel));
void	parent_event_pairs(struct parent *, const char *name, const char *const *pairs);
void	parent_events_flush(struct parent *);			/* those that could not be sent yet */
void	parent_front_hangs(struct parent *, const char *what);	/* it takes no word of that: it is ended */

/* parent_except.c */
void	parent_except_open(struct parent *);	/* at the start */
void	parent_except_reload(struct parent *);	/* reads the file anew */
void	parent_except_close(struct parent *);
void	parent_except_timers(struct parent *);	/* ends what is over, writes what could not be written */
/*
 * Ends the lines that `close` says, adds `line` (or NULL), writes the file,
 * then it holds and is on record.  1; 0: nothing had to change; -1 with err.
 */
int	parent_except_change(struct parent *, const struct exception_close *, const char *line, const struct except_who *,
	    char *err, size_t errlen);
int64_t	parent_except_now(void);
void	parent_front_exceptions(struct parent *);		/* hands the front what holds now */

/* parent_scan.c */
void	parent_scan_want(struct parent *, const char *why);	/* a fresh generation, as soon as one may start */
void	parent_scan_start(struct parent *);			/* starts it if it is wanted and due */
void	parent_scan_timeout(struct parent *);			/* gives up a load that takes too long */
void	parent_scan_readable(struct parent *, struct generation *);
void	parent_scan_ended(struct parent *, pid_t);		/* its process can be reaped; call before that */
void	parent_scan_stop(struct parent *);			/* all are to drain and go */
int	parent_scan_draining(const struct parent *);		/* some are not gone yet */

#endif
