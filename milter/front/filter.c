/* SPDX-License-Identifier: ISC */
/* libmilter's callbacks: each translates one event for the session, and carries out the session's answer. */

/*
 * The only file that knows libmilter.  Callbacks run in libmilter's threads,
 * one a connection at a time; the private data of a context is its session.  No
 * callback ever returns SMFIS_ACCEPT: Postfix before August 2026 could then
 * skip us for the next message of the connection.
 *
 * No reply is given from MAIL to the body (libmilter fakes the flags where the
 * MTA lacks them), but at MAIL and RCPT where rules may answer there.  That is
 * settled when a connection begins: a reply that the MTA does not wait for
 * would be taken for the next one, and for a lacking one it waits for minutes.  With SMFIP_NR_BODY there is no SMFIS_SKIP: what passes a cap
 * is drained, which costs less than a round trip for each chunk of all others.
 * Connect and HELO are answered: Postfix would keep them back otherwise, and a
 * session that ends early would show only its close.
 */

#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "base/log.h"
#include "front/filter.h"
#include "front/session.h"

#define BACKLOG		256	/* an MTA under load connects faster than threads start */
#define LISTENER_FD_MAX	64	/* it was just opened, and few descriptors are older */
#define STOP_POKES	100
#define STOP_POKE_NS	10000000
#define NO_REPLY	(SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define AGREED_MAX	8191	/* contexts that are remembered, connections of MTAs; a prime, since addresses are multiples of 16 */

/* libmilter's callbacks have no argument of ours until a context has private data. */
static struct front *the_front;
/* libmilter tells nobody the descriptor that listens; see listener_find().  -1: not found. */
static int listener = -1;
/*
 * What the MTA of a context agreed to, by the context's address.  After
 * SMFIC_QUIT_NC another SMTP session begins on the same connection without a
 * negotiation, its private data being gone.  A context negotiates before all
 * else, so what is found here is its own; two that want one place are rare, and
 * the loser is put off at its connect.
 */
static struct { const SMFICTX *ctx; unsigned int caps; } agreed[AGREED_MAX];
static pthread_mutex_t agreed_lock = PTHREAD_MUTEX_INITIALIZER;

/* smfi_* take char *, but write to none of it. */
static char *
unconst(const char *s)
{
	char *p;

	memcpy(&p, &s, sizeof(p));
	return p;
}

static const char *
mta_macro(void *ctx, const char *name)
{
	return smfi_getsymval(ctx, unconst(name));
}

static int
mta_progress(void *ctx)
{
	return smfi_progress(ctx) == MI_SUCCESS ? 0 : -1;
}

static struct session *
session_begin(SMFICTX *ctx, unsigned int caps)
{
	struct session_mta mta = { mta_macro, mta_progress, ctx };
	struct session *s = session_new(the_front, &mta, caps);

	smfi_setpriv(ctx, s);
	return s;
}

/* ---- negotiation ---- */

static size_t
agreed_slot(const SMFICTX *ctx)
{
	return (size_t)(((uintptr_t)ctx >> 4) % AGREED_MAX);
}

static void
agreed_set(const SMFICTX *ctx, unsigned int caps)
{
	size_t i = agreed_slot(ctx);

	pthread_mutex_lock(&agreed_lock);
	agreed[i].ctx = ctx;
	agreed[i].caps = caps;
	pthread_mutex_unlock(&agreed_lock);
}

static int
agreed_get(const SMFICTX *ctx, unsigned int *caps)
{
	size_t i = agreed_slot(ctx);
	int found;

	pthread_mutex_lock(&agreed_lock);
	if ((found = agreed[i].ctx == ctx))
		*caps = agreed[i].caps;
	pthread_mutex_unlock(&agreed_lock);
	return found;
}

static void
ask_macros(SMFICTX *ctx)
{
	static const struct { enum session_stage stage; int where; } lists[] = {
		{ STAGE_CONNECT, SMFIM_CONNECT }, { STAGE_HELO, SMFIM_HELO },
		{ STAGE_MAIL, SMFIM_ENVFROM }, { STAGE_DATA, SMFIM_DATA }
	};
	char list[SESSION_LIST_MAX];
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (session_macro_list(lists[i].stage, list) > 0 &&
		    smfi_setsymlist(ctx, lists[i].where, list) != MI_SUCCESS)
			log_warn("asking for macros failed");
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol, unsigned long f2,
    unsigned long f3, unsigned long *want_actions, unsigned long *want_protocol,
    unsigned long *want_f2, unsigned long *want_f3)
{
	unsigned int caps = session_asks(the_front);

	(void)f2;
	(void)f3;
	*want_f2 = *want_f3 = 0;
	*want_actions = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE);
	*want_protocol = protocol & (NO_REPLY | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC |
	    (caps & ANSWER_AT_MAIL ? 0 : SMFIP_NR_MAIL) | (caps & ANSWER_AT_RCPT ? 0 : SMFIP_NR_RCPT));
	/* Sendmail and Postfix send lists of macros back only if asked; older ones ignore the wish. */
	if (actions & SMFIF_SETSYMLIST) {
		*want_actions |= SMFIF_SETSYMLIST;
		ask_macros(ctx);
	}
	if (*want_actions & SMFIF_ADDHDRS)
		caps |= ANSWER_CAN_ADD;
	if (*want_actions & SMFIF_CHGHDRS)
		caps |= ANSWER_CAN_CHANGE;
	if (*want_actions & SMFIF_QUARANTINE)
		caps |= ANSWER_CAN_HOLD;
	if (*want_protocol & SMFIP_HDR_LEADSPC)
		caps |= ANSWER_LEADSPC;
	agreed_set(ctx, caps);
	/* A peer may negotiate twice. */
	session_free(smfi_getpriv(ctx));
	return session_begin(ctx, caps) != NULL ? SMFIS_CONTINUE : SMFIS_REJECT;
}

/* ---- the answer ---- */

static int
edit_apply(SMFICTX *ctx, const struct edit *e)
{
	int n;

	switch (e->kind) {
	case EDIT_DELETE:
		for (n = edit_next(e, 0); n > 0; n = edit_next(e, n))
			if (smfi_chgheader(ctx, e->name, n, NULL) != MI_SUCCESS)
				return MI_FAILURE;
		return MI_SUCCESS;
	case EDIT_INSERT:
		return smfi_insheader(ctx, e->index, e->name, e->value);
	case EDIT_CHANGE:
		return smfi_chgheader(ctx, e->name, e->index, e->value);
	}
	return MI_FAILURE;
}

/* What the record says must be done, or the message must not pass. */
static sfsistat
answer_apply(SMFICTX *ctx, struct answer *a)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (edit_apply(ctx, &a->edits[i]) != MI_SUCCESS) {
			log_warn("the MTA is gone or takes no change of %s", a->edits[i].name);
			return SMFIS_TEMPFAIL;
		}
	if (a->hold[0] != '\0' && smfi_quarantine(ctx, a->hold) != MI_SUCCESS) {
		log_warn("the MTA is gone or holds no message");
		return SMFIS_TEMPFAIL;
	}
	if (a->code[0] != '\0' && smfi_setreply(ctx, a->code, a->xcode, a->text) != MI_SUCCESS)
		log_warn("smfi_setreply: %s %s: the MTA uses its own words", a->code, a->xcode);
	switch (a->status) {
	case ANSWER_CONTINUE:
		return SMFIS_CONTINUE;
	case ANSWER_TEMPFAIL:
		return SMFIS_TEMPFAIL;
	case ANSWER_REJECT:
		return SMFIS_REJECT;
	case ANSWER_DISCARD:
		return SMFIS_DISCARD;
	}
	return SMFIS_TEMPFAIL;
}

/* ---- events ---- */

/* NULL only without memory, or from a peer in disorder; then the message is tempfailed at its end. */
static struct session *
session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *addr)
{
	char ip[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	unsigned int caps = 0;

	if (addr != NULL && addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, ip, sizeof(ip));
	} else if (addr != NULL && addr->sa_family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof(ip));
	}
	if (session_of(ctx) == NULL && !agreed_get(ctx, &caps)) {
		log_warn("a connection of the MTA is put off: what was agreed on it is not known any more");
		return SMFIS_TEMPFAIL;
	}
	if (session_of(ctx) != NULL || session_begin(ctx, caps) != NULL)
		session_connect(session_of(ctx), name, *ip != '\0' ? ip : NULL);
	return SMFIS_CONTINUE;
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	if (session_of(ctx) != NULL)
		session_helo(session_of(ctx), helo);
	return SMFIS_CONTINUE;
}

/* An answer to MAIL or RCPT, where one is waited for. */
static sfsistat
answer_early(SMFICTX *ctx, struct answer *a, unsigned int stage)
{
	unsigned int caps = 0;
	sfsistat rv = SMFIS_NOREPLY;

	if (session_of(ctx) != NULL)
		caps = session_caps(session_of(ctx));
	else
		(void)agreed_get(ctx, &caps);
	if (caps & stage)
		rv = answer_apply(ctx, a);
	answer_free(a);
	return rv;
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	struct answer answer = { .status = ANSWER_CONTINUE };

	if (session_of(ctx) != NULL)
		session_mail(session_of(ctx), argv, &answer);
	return answer_early(ctx, &answer, ANSWER_AT_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	struct answer answer = { .status = ANSWER_CONTINUE };

	if (session_of(ctx) != NULL)
		session_rcpt(session_of(ctx), argv, &answer);
	return answer_early(ctx, &answer, ANSWER_AT_RCPT);
}

static sfsistat
on_data(SMFICTX *ctx)
{
	if (session_of(ctx) != NULL)
		session_data(session_of(ctx));
	return SMFIS_NOREPLY;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	if (session_of(ctx) != NULL)
		session_header(session_of(ctx), name, value);
	return SMFIS_NOREPLY;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	if (session_of(ctx) != NULL)
		session_eoh(session_of(ctx));
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	if (session_of(ctx) != NULL)
		session_body(session_of(ctx), data, len);
	return SMFIS_NOREPLY;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	if (session_of(ctx) != NULL)
		session_abort(session_of(ctx));
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	session_free(session_of(ctx));
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

/* ---- the end ---- */

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct answer answer;
	sfsistat rv;

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_eom(s, &answer);
	rv = answer_apply(ctx, &answer);
	answer_free(&answer);
	session_done(s);
	return rv;
}

/* ---- the library's life ---- */

/*
 * An answer with edits is several small packets in a row.  Without NODELAY,
 * Nagle's algorithm here and delayed acknowledgements at the MTA cost such a
 * message 40 ms.  Accepted sockets inherit the option.
 */
static void
listener_find(void)
{
	int fd, listens, one = 1;
	socklen_t len;

	for (fd = 3; fd < LISTENER_FD_MAX && listener == -1; fd++) {
		len = sizeof(listens);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens)
			listener = fd;
	}
	if (listener != -1)
		(void)setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* A connection to ourselves, at once closed again. */
static void
listener_poke(void)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd;

	if (listener == -1 || getsockname(listener, (struct sockaddr *)&addr, &len) == -1 ||
	    (fd = socket(addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1)
		return;
	(void)connect(fd, (struct sockaddr *)&addr, len);
	close(fd);
}

static void *
stopper(void *arg)
{
	smfi_stop();
	sem_post(arg);
	return NULL;
}

static int
filter_open(struct front *f, const char *spec, char *err, size_t errlen)
{
	struct smfiDesc desc = {
		.xxfi_name = unconst("hopward"),
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate
	};

	the_front = f;
	if (smfi_register(desc) != MI_SUCCESS || smfi_setconn(unconst(spec)) != MI_SUCCESS) {
		snprintf(err, errlen, "%s: libmilter refuses it", spec);
		return -1;
	}
	smfi_setbacklog(BACKLOG);
	/* Removes a socket that a former front left behind. */
	if (smfi_opensocket(1) != MI_SUCCESS) {
		snprintf(err, errlen, "%s: the socket cannot be opened (in use, or no right to make it there)", spec);
		return -1;
	}
	listener_find();
	return 0;
}

static int
filter_run(void)
{
	return smfi_main() == MI_SUCCESS ? 0 : -1;
}

/*
 * smfi_stop(3) waits for a lock that libmilter's listener holds for up to five
 * seconds while it polls; a connection wakes it.
 */
static void
filter_stop(void)
{
	struct timespec until;
	pthread_t thread;
	sem_t done;
	int i;

	if (sem_init(&done, 0, 0) == -1 || pthread_create(&thread, NULL, stopper, &done) != 0) {
		smfi_stop();
		return;
	}
	for (i = 0; i < STOP_POKES; i++) {
		listener_poke();
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += STOP_POKE_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		if (sem_timedwait(&done, &until) == 0)
			break;
	}
	pthread_join(thread, NULL);
	sem_destroy(&done);
}

void
front_main(int ctl, struct front_settings *settings, const struct front_start *start,
    struct front_stats *stats, const struct front_hooks *hooks)
{
	static const struct filter_ops ops = { filter_open, filter_run, filter_stop };

	front_run(ctl, settings, start, stats, hooks, &ops);
}
