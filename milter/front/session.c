/* SPDX-License-Identifier: ISC */
/* Keeps what the MTA tells of a connection and of the content of its message. */

/*
 * Called by the one thread that libmilter gives a connection.  Owns two
 * lifetimes, the connection's and the message's, with one free function each;
 * every path ends there.  What is asked of the MTA is in macros.c, the envelope in
 * envelope.c; the way of a message is session_eom() in end.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "front/session_int.h"

const char *
session_macro(const struct session *s, const char *name)
{
	return s->mta.macro(s->mta.arg, name);
}

int
session_keep(char **p, const char *value)
{
	char *copy = NULL;

	if (value != NULL && (copy = strndup(value, SESSION_STR_MAX)) == NULL)
		return -1;
	free(*p);
	*p = copy;
	return 0;
}

/* ---- connection ---- */

struct session *
session_new(struct front *f, const struct session_mta *mta, unsigned int caps)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->front = f;
	s->mta = *mta;
	s->caps = caps;
	return s;
}

unsigned int
session_caps(const struct session *s)
{
	return s->caps;
}

unsigned int
session_asks(struct front *f)
{
	struct front_conf *conf = front_conf_get(f);
	unsigned int asks = 0;

	if (conf == NULL)
		return 0;
	if (policy_asks_mail(&conf->settings->policy))
		asks |= ANSWER_AT_MAIL;
	if (policy_asks_rcpt(&conf->settings->policy))
		asks |= ANSWER_AT_RCPT;
	front_conf_put(f, conf);
	return asks;
}

void
session_drop(struct session *s)
{
	struct message *m = s->msg;
	uint32_t i;

	s->msg = NULL;
	if (m == NULL)
		return;
	front_conf_put(s->front, m->conf);
	spool_free(m->spool);
	seen_free(&m->seen);
	free(m->mail);
	for (i = 0; i < m->rcpts_count; i++)
		free(m->rcpts[i]);
	free(m->rcpts);
	free(m->queue_id);
	free(m->auth_type);
	free(m);
	if (!s->ending)
		front_end(s->front);
}

void
session_done(struct session *s)
{
	if (s->ending)
		front_end(s->front);
	s->ending = 0;
}

void
session_abort(struct session *s)
{
	session_done(s);
	session_drop(s);
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	session_abort(s);
	if (s->counted)
		atomic_fetch_sub(&s->front->stats->connections_open, 1);
	free(s->client_name);
	free(s->client_ip);
	free(s->helo);
	free(s->daemon_name);
	free(s->daemon_addr);
	free(s->daemon_port);
	free(s->client_resolve);
	free(s->mta_version);
	free(s->mta_host);
	macros_forget(s);
	free(s);
}

void
session_connect(struct session *s, const char *name, const char *ip)
{
	struct front_stats *st = s->front->stats;
	const char *id = session_macro(s, "i");

	session_abort(s);
	(void)session_keep(&s->client_name, name);
	(void)session_keep(&s->client_ip, ip);
	(void)session_keep(&s->daemon_name, session_macro(s, "{daemon_name}"));
	(void)session_keep(&s->daemon_addr, session_macro(s, "{daemon_addr}"));
	if (s->daemon_addr == NULL)
		(void)session_keep(&s->daemon_addr, session_macro(s, "{if_addr}"));	/* Sendmail's */
	(void)session_keep(&s->daemon_port, session_macro(s, "{daemon_port}"));
	(void)session_keep(&s->mta_version, session_macro(s, "v"));
	(void)session_keep(&s->mta_host, session_macro(s, "j"));
	s->queue_id_at_connect = id != NULL && *id != '\0';
	macros_tls(s);	/* TLS from the first octet (port 465) is known here already */
	if (!s->counted) {
		s->counted = 1;
		atomic_fetch_add(&st->connections, 1);
		atomic_fetch_add(&st->connections_open, 1);
	}
	atomic_store(&st->last_connect_ms, clock_wall_ms());
	macros_show(s, STAGE_CONNECT);
	if (s->mta_version == NULL && s->mta_host == NULL)
		return;
	pthread_mutex_lock(&s->front->stats_lock);
	snprintf(st->mta, sizeof(st->mta), "%s%s%s", s->mta_version != NULL ? s->mta_version : "",
	    s->mta_version != NULL && s->mta_host != NULL ? " " : "",
	    s->mta_host != NULL ? s->mta_host : "");
	pthread_mutex_unlock(&s->front->stats_lock);
}

void
session_helo(struct session *s, const char *helo)
{
	(void)session_keep(&s->helo, helo);
	(void)session_keep(&s->client_resolve, session_macro(s, "{client_resolve}"));
	if (s->client_resolve != NULL)
		s->canary_helo = 1;
	macros_tls(s);
	macros_show(s, STAGE_HELO);
}

/* ---- content ---- */

void
session_header(struct session *s, const char *name, const char *value)
{
	struct message *m = s->msg;

	if (m == NULL || m->spool == NULL)
		return;
	spool_header(m->spool, name, value, (s->caps & ANSWER_LEADSPC) != 0);
	if (seen_add(&m->seen, name, value, m->conf->settings->authserv_id,
	    m->conf->settings->header_virus) == -1)
		m->failed = 1;
}

void
session_eoh(struct session *s)
{
	if (s->msg == NULL || s->msg->spool == NULL)
		return;
	macros_queue_id(s);
	spool_eoh(s->msg->spool);
}

void
session_body(struct session *s, const void *data, size_t len)
{
	if (s->msg != NULL && s->msg->spool != NULL)
		spool_body(s->msg->spool, data, len);
}
