/* SPDX-License-Identifier: ISC */
/* The envelope of a message: MAIL, its recipients, DATA. */

/*
 * Called by the one thread that has the connection.  A message begins here; what
 * could not be kept of it makes its end a tempfail.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "front/session_int.h"

#define ADDRESS_MAX	1024	/* of an address; a path has 256 (RFC 5321 section 4.5.3.1.3), SMTPUTF8 some more */

/*
 * The address out of a path: Sendmail before 8.17.2 glues the ESMTP arguments
 * of an SMTPUTF8 sender to it, and a quoted local part may hold '>' and spaces.
 */
static char *
path_address(const char *path)
{
	const char *p, *begin;
	int quoted = 0, angle = *path == '<';

	begin = path + angle;
	for (p = begin; *p != '\0' && p - begin < ADDRESS_MAX; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (!quoted && (angle ? *p == '>' : *p == ' '))
			break;
	}
	return strndup(begin, (size_t)(p - begin));
}

/*
 * Ours, on top of what is scanned: libclamav takes for mail what begins with
 * a Received line.  It tells nothing, and the walker starts behind it.
 */
static struct spool *
message_spool(struct session *s, const struct front_settings *st)
{
	static const char prefix[] = "Received: by hopward; Thu, 1 Jan 1970 00:00:00 +0000\r\n";

	return spool_new(&s->front->budget, st->spool_message, st->spool_total, prefix);
}

void
session_mail(struct session *s, const char *arg)
{
	struct message *m;

	session_abort(s);
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return;
	if ((m->conf = front_conf_get(s->front)) == NULL) {
		free(m);
		return;
	}
	s->msg = m;
	front_begin(s->front);
	atomic_fetch_add(&s->front->stats->messages, 1);
	m->began_ns = clock_mono_ns();
	if ((m->mail = path_address(arg)) == NULL ||
	    (m->spool = message_spool(s, m->conf->settings)) == NULL)
		m->failed = 1;
	if (session_keep(&m->auth_type, session_macro(s, "{auth_type}")) == -1)
		m->failed = 1;
	macros_tls(s);
	if (session_macro(s, "{mail_addr}") != NULL || session_macro(s, "{mail_host}") != NULL ||
	    session_macro(s, "{mail_mailer}") != NULL)
		s->canary_mail = 1;
	macros_queue_id(s);
	macros_show(s, STAGE_MAIL);
}

void
session_rcpt(struct session *s, const char *arg)
{
	struct message *m = s->msg;
	uint32_t size;
	char **rcpts;

	if (m == NULL)
		return;
	macros_queue_id(s);
	if (m->rcpts_count == 0)
		macros_show(s, STAGE_RCPT);
	if (m->rcpts_count >= m->conf->settings->rcpts_max) {
		m->rcpts_dropped++;
		return;
	}
	if (m->rcpts_count == m->rcpts_size) {
		size = m->rcpts_size == 0 ? 4 : m->rcpts_size * 2;
		if ((rcpts = reallocarray(m->rcpts, size, sizeof(*rcpts))) == NULL) {
			m->failed = 1;
			return;
		}
		m->rcpts = rcpts;
		m->rcpts_size = size;
	}
	if ((m->rcpts[m->rcpts_count] = path_address(arg)) == NULL)
		m->failed = 1;
	else
		m->rcpts_count++;
}

void
session_data(struct session *s)
{
	if (s->msg == NULL)
		return;
	macros_queue_id(s);
	/* Postfix asks no more after DATA: the last word on TLS, unless it says nothing at all here. */
	if (session_macro(s, "{tls_version}") != NULL)
		macros_tls(s);
	macros_show(s, STAGE_DATA);
}
