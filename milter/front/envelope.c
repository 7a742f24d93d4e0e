/* SPDX-License-Identifier: ISC */
/* The envelope of a message: MAIL, its recipients, DATA. */

/*
 * Called by the one thread that has the connection.  A message begins here; what
 * could not be kept of it makes its end a tempfail.  Whether the envelope is
 * refused is refuse.c's.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "front/session_int.h"

#define ADDRESS_MAX	1024	/* of an address; a path has 256 (RFC 5321 section 4.5.3.1.3), SMTPUTF8 some more */

/*
 * The address out of a path: Sendmail before 8.17.2 glues the ESMTP arguments
 * of an SMTPUTF8 sender to it, and a quoted local part may hold '>' and spaces.
 * rest: where the address ends.
 */
static char *
path_address(const char *path, const char **rest)
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
	*rest = p + (angle && *p == '>');
	return strndup(begin, (size_t)(p - begin));
}

/* REQUIRETLS among parameters in one text (RFC 8689 section 4.1: it has no value). */
static int
has_requiretls(const char *params)
{
	static const char want[] = "REQUIRETLS";
	size_t n;

	for (; *params != '\0'; params += n) {
		params += strspn(params, " ");
		n = strcspn(params, " ");
		if (n == strlen(want) && strncasecmp(params, want, n) == 0)
			return 1;
	}
	return 0;
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

static struct message *
message_new(struct session *s)
{
	struct message *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	if ((m->conf = front_conf_get(s->front)) == NULL) {
		free(m);
		return NULL;
	}
	m->began_ns = clock_mono_ns();
	return m;
}

void
session_mail(struct session *s, char *const *argv, struct answer *a)
{
	const char *rest;
	struct message *m;

	memset(a, 0, sizeof(*a));
	session_abort(s);
	if ((m = message_new(s)) == NULL)
		return;
	s->msg = m;
	front_begin(s->front);
	atomic_fetch_add(&s->front->stats->messages, 1);
	if ((m->mail = path_address(*argv != NULL ? *argv++ : "", &rest)) == NULL ||
	    (m->spool = message_spool(s, m->conf->settings)) == NULL)
		m->failed = 1;
	for (m->requiretls = has_requiretls(rest); *argv != NULL; argv++)
		m->requiretls |= has_requiretls(*argv);
	if (session_keep(&m->auth_type, session_macro(s, "{auth_type}")) == -1)
		m->failed = 1;
	macros_tls(s);
	if (session_macro(s, "{mail_addr}") != NULL || session_macro(s, "{mail_host}") != NULL ||
	    session_macro(s, "{mail_mailer}") != NULL)
		s->canary_mail = 1;
	macros_queue_id(s);
	macros_show(s, STAGE_MAIL);
	if (s->caps & ANSWER_AT_MAIL)
		refuse_envelope(s, NULL, a);
}

/* Takes the address; NULL: there was no memory for it. */
static void
rcpt_add(struct message *m, char *address)
{
	uint32_t size;
	char **rcpts;

	if (address == NULL) {
		m->failed = 1;
		return;
	}
	if (m->rcpts_count >= m->conf->settings->rcpts_max) {
		m->rcpts_dropped++;
		free(address);
		return;
	}
	if (m->rcpts_count == m->rcpts_size) {
		size = m->rcpts_size == 0 ? 4 : m->rcpts_size * 2;
		if ((rcpts = reallocarray(m->rcpts, size, sizeof(*rcpts))) == NULL) {
			m->failed = 1;
			free(address);
			return;
		}
		m->rcpts = rcpts;
		m->rcpts_size = size;
	}
	m->rcpts[m->rcpts_count++] = address;
}

void
session_rcpt(struct session *s, char *const *argv, struct answer *a)
{
	struct message *m = s->msg;
	const char *rest;
	char *address;

	memset(a, 0, sizeof(*a));
	if (m == NULL)
		return;
	macros_queue_id(s);
	if (m->rcpts_count == 0)
		macros_show(s, STAGE_RCPT);
	address = path_address(*argv != NULL ? *argv : "", &rest);
	if (address != NULL && (s->caps & ANSWER_AT_RCPT)) {
		refuse_envelope(s, address, a);
		if (a->status != ANSWER_CONTINUE) {
			free(address);
			return;
		}
	}
	rcpt_add(m, address);
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
