/* SPDX-License-Identifier: ISC */
/* Which macros are asked for at which stage, and what came of that. */

/*
 * Called by the files of a session, in the thread that has the connection.  A
 * macro's absence is an answer only where another of the same stage came.
 */

#include <stdio.h>
#include <stdlib.h>

#include "front/session_int.h"

#define C	(1u << STAGE_CONNECT)
#define H	(1u << STAGE_HELO)
#define M	(1u << STAGE_MAIL)
#define D	(1u << STAGE_DATA)

/*
 * What is asked for, and at which stage.  A client may skip the EHLO after
 * STARTTLS, so TLS is asked for at MAIL and DATA as well.  {client_resolve} is
 * asked for at HELO alone and {mail_addr} at MAIL alone: where they come, the
 * MTA does offer macros at that stage, and absence of TLS macros means no TLS.
 * At RCPT (no list of ours) the names are those of both MTAs' defaults.
 */
static const struct {
	const char	*name;
	unsigned int	 asked;		/* stages at which we ask for it */
} macros[] = {
	{ "j", C }, { "_", C }, { "v", C },
	{ "{daemon_name}", C }, { "{daemon_addr}", C }, { "{daemon_port}", C },
	{ "{if_name}", C }, { "{if_addr}", C },
	{ "{client_addr}", C }, { "{client_name}", C }, { "{client_port}", C }, { "{client_ptr}", C },
	{ "i", C | M | D },
	{ "{tls_version}", C | H | M | D }, { "{cipher}", C | H | M | D },
	{ "{cipher_bits}", C | H | M | D }, { "{verify}", C | H | M | D },
	{ "{cert_subject}", C | H | M | D }, { "{cert_issuer}", C | H | M | D },
	{ "{tls_sni}", C | H | M | D },
	{ "{client_resolve}", H },
	{ "{auth_type}", M }, { "{auth_authen}", M }, { "{auth_author}", M }, { "{auth_ssf}", M },
	{ "{mail_addr}", M }, { "{mail_host}", M }, { "{mail_mailer}", M },
	{ "{rcpt_addr}", 0 }, { "{rcpt_host}", 0 }, { "{rcpt_mailer}", 0 }
};
#undef C
#undef H
#undef M
#undef D
#define MACROS	(sizeof(macros) / sizeof(macros[0]))
_Static_assert(MACROS <= 32, "they are bits of a uint32_t");
_Static_assert(MACROS <= SESSION_MACROS_MAX, "a list must not be longer");

size_t
session_macro_list(enum session_stage stage, char *out)
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < MACROS; i++)
		if (macros[i].asked & (1u << stage))
			n += (size_t)snprintf(out + n, SESSION_LIST_MAX - n, "%s%s",
			    n == 0 ? "" : " ", macros[i].name);
	return n;
}

void
macros_show(struct session *s, enum session_stage stage)
{
	struct front *f = s->front;
	char *out = f->stats->macros[stage];
	uint32_t now = 0, new;
	size_t i, n = 0;

	for (i = 0; i < MACROS; i++)
		if (session_macro(s, macros[i].name) != NULL)
			now |= UINT32_C(1) << i;
	new = stage == STAGE_CONNECT ? now : now & ~s->visible[stage - 1];
	s->visible[stage] = now;
	if (new == 0)
		return;
	pthread_mutex_lock(&f->stats_lock);
	if (f->stats_macros[stage] != new) {
		f->stats_macros[stage] = new;
		for (i = 0; i < MACROS && n < FRONT_MACROS; i++)
			if (new & (UINT32_C(1) << i))
				n += (size_t)snprintf(out + n, FRONT_MACROS - n, "%s%s",
				    n == 0 ? "" : " ", macros[i].name);
	}
	pthread_mutex_unlock(&f->stats_lock);
}

void
macros_tls(struct session *s)
{
#define X(member, name) (void)session_keep(&s->member, session_macro(s, name));
	TLS_MACROS(X)
#undef X
}

void
macros_forget(struct session *s)
{
#define X(member, name) free(s->member);
	TLS_MACROS(X)
#undef X
}

void
macros_queue_id(struct session *s)
{
	const char *id;

	if (s->msg == NULL || s->msg->queue_id != NULL)
		return;
	if ((id = session_macro(s, "i")) != NULL && *id != '\0')
		(void)session_keep(&s->msg->queue_id, id);
}
