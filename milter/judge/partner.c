/* SPDX-License-Identifier: ISC */
/* Whether a message keeps what a partner promised about TLS, whether it is known to be his, and what follows. */
/*
 * Called by policy.c, and by whatever asks who a sender is.  Owns nothing but
 * what partners_free() frees.  Pure: the time is told, no name is resolved.
 *
 * It looks at the route's boundary hop alone, which is observed or attested,
 * never at claims.  A certificate speaks for the client that we saw, so it
 * counts only where that hop is the boundary.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "judge/partner.h"
#include "judge/policy.h"

const char *
partner_confirmed_str(enum partner_confirmed confirmed)
{
	static const char *const names[] = {
#define X(e, s) [PARTNER_BY_##e] = s,
		PARTNER_CONFIRMED(X)
#undef X
	};

	return (unsigned int)confirmed < PARTNER_BY_MAX ? names[confirmed] : names[PARTNER_BY_NONE];
}

const char *
partner_state_str(enum partner_state state)
{
	static const char *const names[] = {
#define X(e, s) [PARTNER_##e] = s,
		PARTNER_STATES(X)
#undef X
	};

	return (unsigned int)state < PARTNER_STATE_MAX ? names[state] : names[PARTNER_UNKNOWN];
}

static void
list_free(char **list)
{
	char	**p;

	for (p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

void
partners_free(struct partners *partners)
{
	size_t	 i, k;

	for (i = 0; i < partners->count; i++) {
		struct partner *p = &partners->list[i];

		for (k = 0; k < p->exceptions_count; k++) {
			free(p->exceptions[k].domain);
			free(p->exceptions[k].recipient);
			free(p->exceptions[k].networks.nets);
			free(p->exceptions[k].reason);
		}
		free(p->exceptions);
		free(p->name);
		list_free(p->domains);
		list_free(p->certificates);
		list_free(p->recipients);
		free(p->networks.nets);
	}
	free(partners->list);
	memset(partners, 0, sizeof(*partners));
}

/* ---- domains ---- */

/* The domain of an address, without a final dot: its octets, 0 if it has none (the null sender, a bare name). */
static const char *
address_domain(const char *address, size_t *len)
{
	const char	*at = address != NULL ? strrchr(address, '@') : NULL;

	*len = at != NULL ? strlen(at + 1) : 0;
	if (*len > 0 && at[*len] == '.')
		(*len)--;
	return at != NULL ? at + 1 : "";
}

/* Is it this domain? */
static int
domain_is(const char *domain, size_t len, const char *of)
{
	return len > 0 && strlen(of) == len && strncasecmp(domain, of, len) == 0;
}

/* Is it this domain or one below it? */
static int
domain_below(const char *domain, size_t len, const char *of)
{
	size_t	 n = strlen(of);

	if (n == 0 || len < n || strncasecmp(domain + len - n, of, n) != 0)
		return 0;
	return len == n || domain[len - n - 1] == '.';
}

static int
domain_listed(char *const *list, const char *domain, size_t len)
{
	for (; list != NULL && *list != NULL; list++)
		if (domain_below(domain, len, *list))
			return 1;
	return 0;
}

/* ---- what a message is known by ---- */

/* What all rules ask of one message. */
struct view {
	const struct partner_facts	*facts;
	const struct route_hop		*hop;		/* the boundary; NULL: there is none */
	const char			*peer;		/* the address on its other side; NULL */
	const char			*subject;	/* of a certificate that the MTA verified; NULL */
	int				 relayed;	/* the boundary lies behind a host of ours */
	const char			*domain;	/* of the sender */
	size_t				 domain_len;
	uint32_t			 attested;	/* Received fields that hosts of ours wrote */
};

/*
 * Sendmail tells in {verify} what came of the certificate and the subject in
 * any case.  Postfix has no such macro and tells the subject of a trusted
 * certificate only, and of that the CN: a DN without {verify} is Sendmail's
 * unverified one.
 */
static const char *
verified_subject(const struct tls_facts *tls)
{
	const char	*subject = tls->cert_subject;

	if (subject == NULL || *subject == '\0')
		return NULL;
	if (tls->verify != NULL && *tls->verify != '\0')
		return strcmp(tls->verify, "OK") == 0 ? subject : NULL;
	return *subject == '/' ? NULL : subject;
}

static void
view_make(const struct partner_facts *facts, struct view *view)
{
	const struct route	*route = facts->route;
	size_t			 i;

	memset(view, 0, sizeof(*view));
	view->facts = facts;
	view->domain = address_domain(facts->message->mail, &view->domain_len);
	if (route == NULL || route->boundary >= route->count)
		return;
	view->hop = &route->hops[route->boundary];
	view->relayed = view->hop->hop.evidence != HOP_OBSERVED;
	view->peer = view->relayed ? view->hop->received->ip : facts->message->client_ip;
	if (!view->relayed && view->hop->hop.tls == HOP_TLS_YES)
		view->subject = verified_subject(&facts->message->tls);
	for (i = 0; i < route->count; i++)
		if (route->hops[i].received != NULL) {
			if (route->hops[i].hop.evidence != HOP_ATTESTED)
				break;
			view->attested++;
		}
}

/* ---- certificates ---- */

/* The octet that xtext (RFC 3461) writes as "+XX" where Sendmail's macros have it; moves on. */
static int
subject_octet(const char **p)
{
	static const char	 hex[] = "0123456789ABCDEF";
	const char		*high, *low, *s = *p;

	if (s[0] == '+' && s[1] != '\0' && s[2] != '\0' && (high = strchr(hex, s[1])) != NULL &&
	    (low = strchr(hex, s[2])) != NULL) {
		*p += 3;
		return (int)((high - hex) * 16 + (low - hex));
	}
	(*p)++;
	return (unsigned char)s[0];
}

/* Is that what stands at p, up to its end or, if told so, to the next part of the DN? */
static int
subject_equal(const char *p, const char *want, int part, int fold)
{
	int	 c;

	while (*p != '\0' && *want != '\0') {
		c = subject_octet(&p);
		if (fold ? tolower(c) != tolower((unsigned char)*want) : c != (unsigned char)*want)
			return 0;
		want++;
	}
	return *want == '\0' && (*p == '\0' || (part && *p == '/'));
}

static int
certificate_is(const char *subject, const char *want)
{
	const char	*cn;

	if (want[0] == '/')
		return strcmp(subject, want) == 0 || subject_equal(subject, want, 0, 0);
	if (strncasecmp(want, "CN=", 3) == 0)
		want += 3;
	if (subject[0] != '/')
		return strcasecmp(subject, want) == 0;
	/* "/O=x/CN=y" can be one value with a slash in it: where there are two of them nobody can tell which is the CN. */
	if ((cn = strstr(subject, "/CN=")) == NULL || strstr(cn + 1, "/CN=") != NULL)
		return 0;
	return subject_equal(cn + 4, want, 1, 1);
}

static int
certificate_listed(char *const *list, const char *subject)
{
	if (subject == NULL)
		return 0;
	for (; list != NULL && *list != NULL; list++)
		if (certificate_is(subject, *list))
			return 1;
	return 0;
}

/* ---- SPF and DKIM ---- */

static int
authres_trusted(const struct view *view, const struct authres *r)
{
	char	*const *id;

	if (r->received_above > view->attested || r->authserv_id == NULL || r->domain == NULL)
		return 0;
	for (id = view->facts->trusted; id != NULL && *id != NULL; id++)
		if (strcasecmp(*id, r->authserv_id) == 0)
			return 1;
	return 0;
}

/*
 * SPF speaks for the very domain of the sender.  DKIM for that too, or for one
 * above it which the partner himself is listed with: "com" signs for nobody.
 */
static int
authres_speaks(const struct view *view, const struct authres *r, char *const *domains)
{
	if (domain_is(view->domain, view->domain_len, r->domain))
		return 1;
	return r->method == AUTHRES_DKIM && domain_below(view->domain, view->domain_len, r->domain) &&
	    domain_listed(domains, r->domain, strlen(r->domain));
}

/* The first pass of that method for the sender's domain; domains are the partner's, or NULL. */
static const struct authres *
authres_find(const struct view *view, enum authres_method method, char *const *domains)
{
	const struct scan_result	*scan = view->facts->message->scan;
	uint32_t			 i;

	for (i = 0; scan != NULL && view->domain_len > 0 && i < scan->authres_count; i++)
		if (scan->authres[i].pass && scan->authres[i].method == method && authres_speaks(view, &scan->authres[i], domains) &&
		    authres_trusted(view, &scan->authres[i]))
			return &scan->authres[i];
	return NULL;
}

static enum partner_confirmed
confirmed_by(const struct partner *p, const struct view *view)
{
	if (certificate_listed(p->certificates, view->subject))
		return PARTNER_BY_CERTIFICATE;
	if (cidr_match(&p->networks, view->peer))
		return PARTNER_BY_NETWORK;
	if (!domain_listed(p->domains, view->domain, view->domain_len))
		return PARTNER_BY_NONE;
	if (authres_find(view, AUTHRES_SPF, p->domains) != NULL)
		return PARTNER_BY_SPF;
	if (authres_find(view, AUTHRES_DKIM, p->domains) != NULL)
		return PARTNER_BY_DKIM;
	return PARTNER_BY_NONE;
}

/* ---- is the rule about the message ---- */

static int
about_sender(const struct partner *p, const struct view *view)
{
	if (p->domains == NULL && p->certificates == NULL && p->networks.count == 0)
		return 1;	/* of recipients alone: whoever sends to them */
	return domain_listed(p->domains, view->domain, view->domain_len) || cidr_match(&p->networks, view->peer) ||
	    certificate_listed(p->certificates, view->subject);
}

static int
about_recipient(const struct partner *p, const char *rcpt)
{
	size_t		 len;
	const char	*domain;

	if (p->recipients == NULL)
		return 1;
	domain = address_domain(rcpt, &len);
	return domain_listed(p->recipients, domain, len);
}

static int
about(const struct partner *p, const struct view *view)
{
	const struct message_facts	*m = view->facts->message;
	uint32_t			 i;

	if (view->facts->now < p->since || (p->until != 0 && view->facts->now >= p->until) || !about_sender(p, view))
		return 0;
	if (p->recipients == NULL)
		return 1;
	for (i = 0; !view->facts->at_mail && i < m->rcpts_count; i++)
		if (about_recipient(p, m->rcpts[i]))
			return 1;
	return 0;
}

/* ---- exceptions ---- */

/* All recipients that the rule is about must be the exception's: what excuses one does not excuse the others. */
static int
exception_recipients(const struct partner *p, const struct partner_exception *e, const struct message_facts *m)
{
	const char	*domain;
	size_t		 len;
	uint32_t	 i, found = 0;

	for (i = 0; i < m->rcpts_count; i++) {
		if (!about_recipient(p, m->rcpts[i]))
			continue;
		domain = address_domain(m->rcpts[i], &len);
		if (!domain_below(domain, len, e->recipient))
			return 0;
		found++;
	}
	return found > 0;
}

/*
 * The exception that covers the message, or NULL.  *wait: one may, once the
 * recipients are known.
 */
static const struct partner_exception *
exception_find(const struct partner *p, const struct view *view, int *wait)
{
	const struct partner_exception	*e;
	size_t				 i;

	*wait = 0;
	for (i = 0; i < p->exceptions_count; i++) {
		e = &p->exceptions[i];
		if (view->facts->now >= e->expires ||
		    (e->domain != NULL && !domain_below(view->domain, view->domain_len, e->domain)) ||
		    (e->networks.count > 0 && !cidr_match(&e->networks, view->peer)))
			continue;
		if (e->recipient == NULL)
			return e;
		if (view->facts->at_mail)
			*wait = 1;
		else if (exception_recipients(p, e, view->facts->message))
			return e;
	}
	return NULL;
}

/* ---- what was kept ---- */

static int
version_rank(const char *version)
{
	int	 i;

	for (i = 0; version != NULL && received_versions[i] != NULL; i++)
		if (strcmp(version, received_versions[i]) == 0)
			return i;
	return -1;
}

/* What came of a client's certificate: 1 verified, 0 not, -1 nobody knows. */
static int
certificate_state(const struct view *view)
{
	static const char *const	 unknown[] = { "NOT", "TEMP", "CONFIG", "PROTOCOL", "SOFTWARE" };
	const struct tls_facts		*tls = &view->facts->message->tls;
	size_t				 i;

	if (view->relayed)
		return -1;
	if (view->subject != NULL)
		return 1;
	/* Sendmail's words for "was not asked for" and for troubles of its own */
	for (i = 0; tls->verify != NULL && i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (strcmp(tls->verify, unknown[i]) == 0)
			return -1;
	return tls->cert_subject != NULL && tls->cert_subject[0] == '/' && (tls->verify == NULL || *tls->verify == '\0') ?
	    -1 : 0;
}

static int
hop_is_own(const struct view *view)
{
	return view->facts->own != NULL && cidr_match(view->facts->own, view->peer);
}

/* A miss that is known counts more than something else that is not. */
static enum partner_state
state_of(const struct partner *p, const struct view *view)
{
	int	 unknown = 0, rank, certificate;

	if (view->hop == NULL || view->hop->hop.tls == HOP_TLS_UNKNOWN)
		return PARTNER_UNKNOWN;
	/* Between two hosts of ours: how it came to the first of them is not known. */
	if (hop_is_own(view) && !cidr_match(&p->networks, view->peer))
		return PARTNER_UNKNOWN;
	if (view->hop->hop.tls == HOP_TLS_NO)
		return PARTNER_NO_TLS;
	if (p->version != NULL) {
		rank = version_rank(view->hop->version);
		if (rank != -1 && rank < version_rank(p->version))
			return PARTNER_VERSION;
		unknown |= rank == -1;
	}
	if (p->grade != GRADE_UNKNOWN) {
		if (view->hop->grade != GRADE_UNKNOWN && view->hop->grade < p->grade)
			return PARTNER_GRADE;
		unknown |= view->hop->grade == GRADE_UNKNOWN;
	}
	if (p->verified) {
		if ((certificate = certificate_state(view)) == 0)
			return PARTNER_UNVERIFIED;
		unknown |= certificate == -1;
	}
	return unknown ? PARTNER_UNKNOWN : PARTNER_KEPT;
}

/* ---- what follows ---- */

static int
milder(int action)
{
	return action == ACTION_REJECT ? ACTION_TEMPFAIL : action == ACTION_TEMPFAIL ? ACTION_TAG : action;
}

static int
in_grace(const struct partner *p, int64_t now)
{
	return p->grace_ms > 0 && (uint64_t)(now - p->since) < p->grace_ms / 1000;
}

static void
action_of(const struct view *view, struct partner_result *r)
{
	const struct message_facts	*m = view->facts->message;
	const struct partner		*p = r->partner;
	int				 action = p->action, refuses;

	r->action = r->would = ACTION_ACCEPT;
	if (r->state == PARTNER_KEPT || r->state == PARTNER_UNKNOWN || r->exception != NULL)
		return;
	if (in_grace(p, view->facts->now) && milder(action) != action) {
		action = milder(action);
		r->grace = 1;
	}
	refuses = action == ACTION_TEMPFAIL || action == ACTION_REJECT;
	if (refuses && m->mail != NULL && *m->mail == '\0') {
		r->null_sender = 1;
		action = ACTION_TAG;
	}
	r->action = r->would = action;
	if (refuses && !r->null_sender && view->relayed) {
		r->relayed = 1;
		r->action = ACTION_TAG;
	}
	if (p->watch || view->facts->observe)
		r->action = ACTION_ACCEPT;
}

/* 0 if the rule is not about the message, or cannot be judged before its recipients are known. */
static int
partner_judge(const struct partner *p, const struct view *view, struct partner_result *r)
{
	int	 wait;

	memset(r, 0, sizeof(*r));
	if (!about(p, view))
		return 0;
	r->partner = p;
	r->exception = exception_find(p, view, &wait);
	if (r->exception == NULL && wait)
		return 0;
	r->confirmed = confirmed_by(p, view);
	r->state = state_of(p, view);
	action_of(view, r);
	return 1;
}

static int
stricter(const struct partner_result *a, const struct partner_result *b)
{
	return a->action != b->action ? a->action > b->action : a->would > b->would;
}

size_t
partners_judge(const struct partners *partners, const struct partner_facts *facts, struct partner_result *out)
{
	struct partner_result	 r;
	struct view		 view;
	size_t			 i, n = 0;

	view_make(facts, &view);
	for (i = 0; i < partners->count; i++) {
		if (!partner_judge(&partners->list[i], &view, &r))
			continue;
		if (n < PARTNER_RESULTS_MAX)
			out[n] = r;
		else if (stricter(&r, &out[PARTNER_RESULTS_MAX - 1]))
			out[PARTNER_RESULTS_MAX - 1] = r;
		n++;
	}
	return n;
}

/* ---- who the sender is ---- */

/* The partner that the connection itself proves, and how. */
static const struct partner *
partner_of_connection(const struct partners *partners, const struct view *view, enum partner_confirmed *how)
{
	size_t	 i;

	*how = PARTNER_BY_CERTIFICATE;
	for (i = 0; i < partners->count; i++)
		if (certificate_listed(partners->list[i].certificates, view->subject))
			return &partners->list[i];
	*how = PARTNER_BY_NETWORK;
	for (i = 0; i < partners->count; i++)
		if (cidr_match(&partners->list[i].networks, view->peer))
			return &partners->list[i];
	*how = PARTNER_BY_NONE;
	return NULL;
}

/* The DKIM domain that some partner is listed with and the sender's lies below. */
static const struct authres *
dkim_find(const struct partners *partners, const struct view *view)
{
	const struct authres	*found = authres_find(view, AUTHRES_DKIM, NULL);
	size_t			 i;

	for (i = 0; found == NULL && i < partners->count; i++)
		if (domain_listed(partners->list[i].domains, view->domain, view->domain_len))
			found = authres_find(view, AUTHRES_DKIM, partners->list[i].domains);
	return found;
}

enum partner_confirmed
partner_sender(const struct partners *partners, const struct partner_facts *facts, const char **domain)
{
	const struct partner	*p;
	const struct authres	*r;
	struct view		 view;
	enum partner_confirmed	 how;

	view_make(facts, &view);
	if ((p = partner_of_connection(partners, &view, &how)) != NULL) {
		*domain = p->domains != NULL && p->domains[0] != NULL ? p->domains[0] : p->name;
		return how;
	}
	if ((r = authres_find(&view, AUTHRES_SPF, NULL)) != NULL)
		how = PARTNER_BY_SPF;
	else if ((r = dkim_find(partners, &view)) != NULL)
		how = PARTNER_BY_DKIM;
	*domain = r != NULL ? r->domain : NULL;
	return how;
}
