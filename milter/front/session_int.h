/* SPDX-License-Identifier: ISC */
/* What the files of a session share: its two lifetimes, and the steps that each of them takes. */
#ifndef HOPWARD_FRONT_SESSION_INT_H
#define HOPWARD_FRONT_SESSION_INT_H

/* Included by session.c, macros.c, envelope.c, refuse.c and end.c alone. */

#include "front/session.h"
#include "record/record.h"

#define SESSION_STR_MAX	1024	/* octets kept of one word of the MTA's; RFC 5321 names are shorter */

struct message {
	struct front_conf	*conf;
	struct spool		*spool;
	struct seen		 seen;
	char			*mail;
	char			**rcpts;
	uint32_t		 rcpts_count, rcpts_size, rcpts_dropped, rcpts_refused;
	int			 requiretls;
	int			 requiretls_counted;	/* as having come in clear */
	char			 refused_id[RECORD_ID_LEN + 1];	/* of the record of the first refused recipient; "" */
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

/* Everything that is needed at once to judge a message, or what is known of it so far. */
struct end {
	const struct front_settings *st;	/* the message's; from end_policy() on those below */
	struct front_settings	 settings;	/* with the exceptions and the mode that hold: a shallow copy, never freed */
	struct front_exceptions	*exceptions;	/* a reference; NULL: none */
	struct message_facts	 facts;
	struct handover_answer	 scan;
	struct verdict		 verdict;
	char			 id[RECORD_ID_LEN + 1];
	uint64_t		 began_ns;
};
void		 end_begin(struct session *, struct end *);	/* fills it, with a fresh id */
/* What holds at this moment, for the judgement; end_finish() gives it back, when the verdict is no longer needed. */
void		 end_policy(struct session *, struct end *);
void		 end_finish(struct session *, struct end *);
/* Our own fault: tempfail instead of what the verdict says.  xcode: "4.3.0". */
void		 end_tempfail(struct end *, const char *rule, const char *xcode, const char *text);
/* The record, durable.  0 if the message may be answered as judged; -1: no record, so tempfail. */
int		 end_record(struct session *, const struct end *);
void		 end_requiretls(struct session *, const struct end *);	/* counts and warns where TLS was required and lacked */
void		 end_log(struct session *, const struct end *);	/* the administrator's line */

/* Judges the envelope before any content, at MAIL (rcpt NULL) or at RCPT.  Fills the answer, ANSWER_CONTINUE mostly. */
void		 refuse_envelope(struct session *, const char *rcpt, struct answer *);

#endif
