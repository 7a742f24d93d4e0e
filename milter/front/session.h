/* SPDX-License-Identifier: ISC */
/* One connection of the MTA and the message on it, driven by plain calls: no libmilter here. */
#ifndef HOPWARD_FRONT_SESSION_H
#define HOPWARD_FRONT_SESSION_H

#include <stddef.h>

#include "front/answer.h"
#include "front/control.h"

/* As FRONT_STAGES counts them. */
enum session_stage { STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT, STAGE_DATA };

#define SESSION_MACROS_MAX	50	/* Sendmail takes no more in one list */
#define SESSION_LIST_MAX	1024	/* octets of a list, all of its names */

/*
 * The macros to ask for at a stage, space-separated, as smfi_setsymlist() wants
 * them: a list replaces the administrator's, so the defaults of Postfix and
 * Sendmail are in it.  0: leave that stage's list alone.  out of SESSION_LIST_MAX.
 */
size_t	session_macro_list(enum session_stage, char *out);

/* What the session asks of the MTA's side.  Called by the thread that has the connection. */
struct session_mta {
	const char	*(*macro)(void *arg, const char *name);	/* NULL: not there; good until the callback returns */
	int		 (*progress)(void *arg);		/* 0, or -1: the client is gone */
	void		*arg;
};

struct session;

/*
 * ANSWER_AT_*: where the rules of the current configuration may want to answer,
 * so that a connection that begins now must let them.  Where rules come
 * later, they answer at the end of the message.
 */
unsigned int	 session_asks(struct front *);

/* caps: ANSWER_*, what the MTA agreed to.  NULL: no memory. */
struct session	*session_new(struct front *, const struct session_mta *, unsigned int caps);
unsigned int	 session_caps(const struct session *);
/* Any message is dropped; in any state; NULL is fine. */
void		 session_free(struct session *);

/*
 * The MTA's events in its own order, or in a wrong one: none of these can fail.
 * What could not be kept makes the end of the message a tempfail.
 * ip: numeric, or NULL.
 */
void	session_connect(struct session *, const char *name, const char *ip);
void	session_helo(struct session *, const char *helo);
/*
 * argv as xxfi_envfrom and xxfi_envrcpt have it: the path, ESMTP parameters,
 * NULL.  Fills the answer (free it with answer_free): ANSWER_CONTINUE, or
 * with ANSWER_AT_* a refusal, which is on record then.  A refused MAIL is no
 * message any more, a refused recipient none of its.
 */
void	session_mail(struct session *, char *const *argv, struct answer *);
void	session_rcpt(struct session *, char *const *argv, struct answer *);
void	session_data(struct session *);
void	session_header(struct session *, const char *name, const char *value);
void	session_eoh(struct session *);
void	session_body(struct session *, const void *, size_t);
/* Drops the message; what is known of the connection (its TLS!) stays: a second EHLO comes with an abort before it. */
void	session_abort(struct session *);
/*
 * The end of the message: scans, judges, records, and only then fills the
 * answer (free it with answer_free).  The message stays in flight until
 * session_done(), so call that after the answer was carried out.
 */
void	session_eom(struct session *, struct answer *);
void	session_done(struct session *);

#endif
