/* SPDX-License-Identifier: ISC */
/* What the files of a session share: its two lifetimes, and the steps that each of them takes. */
#ifndef HOPWARD_FRONT_SESSION_INT_H
#define HOPWARD_FRONT_SESSION_INT_H

/* Included by session.c, macros.c, envelope.c and end.c alone. */

#include "front/session.h"

#define SESSION_STR_MAX	1024	/* octets kept of one word of the MTA's; RFC 5321 names are shorter */

struct message {
	struct front_conf	*conf;
	struct spool		*spool;
	struct seen		 seen;
	char			*mail;
	char			**rcpts;
	uint32_t		 rcpts_count, rcpts_size, rcpts_dropped;
	char			*queue_id;
	char			*auth_type;
	uint64_t		 began_ns;
	int			 failed;	/* memory lacked: parts of it are unknown */
};

struct session {
	struct front		*front;
	struct session_mta	 mta;
	unsigned int		 caps;
	char			*client_name, *client_ip, *helo;
	char			*daemon_name, *daemon_addr, *daemon_port;
	char			*client_resolve;
	char			*mta_version, *mta_host;
	int			 queue_id_at_connect;
#define X(member, macro) char *member;
	TLS_MACROS(X)
#undef X
	int			 canary_helo, canary_mail;
	uint32_t		 visible[FRONT_STAGES];	/* macros that could be seen at each stage, as bits */
	int			 counted;	/* in connections_open */
	struct message		*msg;
	int			 ending;	/* session_eom() ran, session_done() did not: still in flight */
};

/* A macro's value, as long as the callback lasts; NULL: not there. */
const char	*session_macro(const struct session *, const char *name);
/* Replaces *p by a copy of at most SESSION_STR_MAX octets.  NULL gives NULL.  0 or -1: no memory, and *p stays. */
int		 session_keep(char **p, const char *value);
/* The message is over, and no longer in flight unless its end is being answered. */
void		 session_drop(struct session *);

/* Shows in status which names became visible at this stage; libmilter does not tell at which stage a value came. */
void		 macros_show(struct session *, enum session_stage);
/* TLS belongs to the connection: the values of the last stage that can know replace what was known. */
void		 macros_tls(struct session *);
void		 macros_forget(struct session *);	/* frees them */
void		 macros_queue_id(struct session *);	/* the first one that a message is given stays */

#endif
