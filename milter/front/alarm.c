/* SPDX-License-Identifier: ISC */
/* Decides who is counted for the downgrade alarm, and raises it: operator's log, record, metric. */

/*
 * Called at the end of a message by its thread, and by the control thread to
 * save.  What a habit is, and that it is bounded, is record/peers.c's; who a
 * sender is beyond doubt is the judge's.  Nothing here changes what becomes of
 * a message.
 *
 * The hop that counts is the boundary: between two hosts of ours, or between a
 * balancer and us, TLS says nothing of the peer.  Where no message has shown
 * such a hop the alarm is off, and `status` says so: silence must not look
 * like safety.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "front/alarm.h"

#define PAIRS_MAX	(2 * 8 + 1)	/* of the event */

struct alarm {
	struct peers		*peers;
	struct front_stats	*stats;
	pthread_mutex_t		 lock;		/* of what follows */
	enum alarm_state	 configured;	/* on, or why it cannot be */
	unsigned int		 shown;		/* what messages were like: a bit for each state */
	int			 unsaved;	/* the last save failed, and that was said */
	int			 full;		/* that the table is full was said */
};

/* ---- on or off ---- */

/* Under the lock. */
static void
state_tell(struct alarm *a)
{
	enum alarm_state state = a->configured;
	unsigned int s;

	if (state == ALARM_ON && a->shown != 0 && (a->shown & 1u << ALARM_ON) == 0)
		for (s = 0; s < ALARM_STATE_MAX; s++)
			if (a->shown & 1u << s) {
				state = (enum alarm_state)s;
				break;
			}
	atomic_store(&a->stats->alarm_state, state);
}

static int
anybody(const struct policy *policy)
{
	size_t i;

	if (policy->trusted_authserv_ids != NULL && policy->trusted_authserv_ids[0] != NULL)
		return 1;
	for (i = 0; i < policy->partners.count; i++)
		if (policy->partners.list[i].networks.count > 0 || (policy->partners.list[i].certificates != NULL &&
		    policy->partners.list[i].certificates[0] != NULL))
			return 1;
	return 0;
}

void
alarm_settings(struct alarm *a, const struct front_settings *st)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->configured = !st->downgrade_alarm ? ALARM_DISABLED : anybody(&st->policy) ? ALARM_ON : ALARM_NOBODY;
	a->shown = 0;	/* listeners and networks may be others now */
	state_tell(a);
	pthread_mutex_unlock(&a->lock);
}

static void
state_show(struct alarm *a, enum alarm_state state)
{
	pthread_mutex_lock(&a->lock);
	if ((a->shown & 1u << state) == 0) {
		a->shown |= 1u << state;
		state_tell(a);
	}
	pthread_mutex_unlock(&a->lock);
}

/* ---- who is counted ---- */

/* The hop that the sender's own host made, and its address; or why there is none. */
static enum alarm_state
peer_hop(const struct front_settings *st, const struct message_facts *facts, const struct verdict *v,
    const struct route_hop **hop, const char **ip)
{
	const struct route *route = v->route;
	const struct route_hop *h;
	const char *reason;

	if (route == NULL || route->boundary >= route->count)
		return ALARM_UNTOLD;
	h = &route->hops[route->boundary];
	*ip = h->received != NULL ? h->received->ip : facts->client_ip;
	reason = h->hop.reason;
	if (h->hop.tls == HOP_TLS_UNKNOWN)
		return reason != NULL && strcmp(reason, "proxy") == 0 ? ALARM_PROXY : ALARM_UNTOLD;
	/* One of our networks may be a partner's, too: then it is the partner. */
	if (v->confirmed != PARTNER_BY_CERTIFICATE && v->confirmed != PARTNER_BY_NETWORK &&
	    (cidr_match(&st->policy.internal, *ip) || (*ip == NULL && h->received != NULL)))
		return ALARM_INSIDE;
	*hop = h;
	return ALARM_ON;
}

/* The first network of a partner that the address lies in: its text, or NULL. */
static const char *
partner_network(const struct partners *partners, const char *ip, char *out, size_t size)
{
	const struct cidr_list *list;
	struct cidr_list one = { NULL, 1 };
	size_t i, k;

	for (i = 0; ip != NULL && i < partners->count; i++) {
		list = &partners->list[i].networks;
		if (!cidr_match(list, ip))
			continue;
		for (k = 0; k < list->count; k++) {
			one.nets = &list->nets[k];
			if (cidr_match(&one, ip))
				return cidr_str(one.nets, out, size);
		}
	}
	return NULL;
}

/* ---- raising ---- */

/* What one message raised. */
struct raised {
	struct peers_alarm	 alarm;
	const char		*network;	/* of a partner: its habit was broken as well; NULL */
	const char		*confirmed;	/* by what the peer is known */
};

static void
raise_event(struct front *f, const struct raised *r, const char *since, const char *id)
{
	const char *pairs[PAIRS_MAX] = { NULL };
	char messages[16];
	size_t n = 0;

	snprintf(messages, sizeof(messages), "%u", r->alarm.messages);
	pairs[n++] = "peer";
	pairs[n++] = r->alarm.peer;
	if (r->network != NULL) {
		pairs[n++] = "network";
		pairs[n++] = r->network;
	}
	pairs[n++] = "confirmed";
	pairs[n++] = r->confirmed;
	pairs[n++] = "was";
	pairs[n++] = grade_str(r->alarm.was);
	pairs[n++] = "now";
	pairs[n++] = grade_str(r->alarm.now);
	pairs[n++] = "messages";
	pairs[n++] = messages;
	pairs[n++] = "since";
	pairs[n++] = since;
	pairs[n++] = "id";
	pairs[n++] = id;
	front_event(f, "downgrade", pairs);
}

static void
raise_alarm(struct front *f, const struct raised *r, const struct message_facts *facts)
{
	time_t t = (time_t)r->alarm.since;
	char since[32] = "?", now[64] = "without TLS";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (r->alarm.tls != 0)
		snprintf(now, sizeof(now), "with weaker TLS (%s)", grade_str(r->alarm.now));
	atomic_fetch_add(&f->stats->downgrades, 1);
	log_warn("%s: downgrade: %s came %s, after %u messages under TLS since %s, the weakest of them %s; confirmed by %s, id=%s. "
	    "Ask its postmaster what has changed: a fault there, or somebody in between. This is said once",
	    facts->queue_id != NULL ? facts->queue_id : "NOQUEUE", r->alarm.peer, now, r->alarm.messages, since,
	    r->alarm.was == GRADE_UNKNOWN ? "of unknown grade" : grade_str(r->alarm.was), r->confirmed, facts->id);
	raise_event(f, r, since, facts->id);
}

static void
counts_tell(struct alarm *a)
{
	struct peers_counts c;
	int say = 0;

	peers_counts(a->peers, &c);
	atomic_store(&a->stats->peers, c.peers);
	atomic_store(&a->stats->peers_habits, c.habits);
	atomic_store(&a->stats->peers_evicted, c.evicted);
	pthread_mutex_lock(&a->lock);
	if (c.evicted > 0 && !a->full)
		say = a->full = 1;
	pthread_mutex_unlock(&a->lock);
	if (say)
		log_warn("downgrade.max: %llu peers are known: the one not seen for longest is forgotten for each new one",
		    (unsigned long long)c.peers);
}

/* ---- the whole ---- */

/* 1: an alarm, filled. */
static int
count_message(struct alarm *a, const struct front_settings *st, const struct message_facts *facts,
    const struct verdict *v, const struct route_hop *hop, const char *network, struct raised *r)
{
	int64_t now = (int64_t)(facts->time_ms / 1000);
	const struct profile *profile = st->policy.profile;
	struct peers_alarm by_network;
	char name[256] = "";
	int raised = 0;

	if (profile != NULL)
		snprintf(name, sizeof(name), "%s/%s", profile->name, profile->version);
	peers_graded_by(a->peers, name);
	r->confirmed = partner_confirmed_str(v->confirmed);
	if (v->confirmed != PARTNER_BY_NONE && v->sender_domain != NULL)
		raised = peers_seen(a->peers, v->sender_domain, (int)hop->hop.tls, hop->grade, now, &r->alarm);
	if (network != NULL && peers_seen(a->peers, network, (int)hop->hop.tls, hop->grade, now, &by_network)) {
		if (raised)
			r->network = network;
		else {
			r->alarm = by_network;
			r->confirmed = partner_confirmed_str(PARTNER_BY_NETWORK);
		}
		raised = 1;
	}
	return raised;
}

void
alarm_message(struct front *f, const struct front_settings *st, const struct message_facts *facts,
    const struct verdict *v)
{
	const struct route_hop *hop = NULL;
	char text[CIDR_TEXT_MAX + 1];
	struct raised r = { .network = NULL };
	const char *network, *ip = NULL;
	enum alarm_state state;

	if (f->alarm == NULL || !st->downgrade_alarm || (v->class != CLASS_MX && v->class != CLASS_RELAY))
		return;
	state = peer_hop(st, facts, v, &hop, &ip);
	/* A refused envelope has no Received fields that could tell more. */
	if (!facts->stage_mail && !facts->stage_rcpt)
		state_show(f->alarm, state);
	if (hop == NULL)
		return;
	network = partner_network(&st->policy.partners, ip, text, sizeof(text));
	if (network == NULL && v->sender_domain == NULL)
		return;
	if (count_message(f->alarm, st, facts, v, hop, network, &r))
		raise_alarm(f, &r, facts);
	counts_tell(f->alarm);
}

struct alarm *
alarm_open(const struct peers_settings *settings, struct front_stats *stats)
{
	int64_t now = (int64_t)(clock_wall_ms() / 1000);
	char err[1024] = "";
	struct alarm *a;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->stats = stats;
	if (peers_open(settings, now, &a->peers, err, sizeof(err)) == -1) {
		free(a);
		return NULL;
	}
	if (err[0] != '\0')
		log_error("downgrade.file: %s", err);
	snprintf(stats->alarm_lost, sizeof(stats->alarm_lost), "%s", err);
	pthread_mutex_init(&a->lock, NULL);
	counts_tell(a);
	return a;
}

void
alarm_save(struct alarm *a)
{
	char err[1024] = "";
	int rv, before;

	if (a == NULL)
		return;
	rv = peers_save(a->peers, (int64_t)(clock_wall_ms() / 1000), err, sizeof(err));
	pthread_mutex_lock(&a->lock);
	before = a->unsaved;
	a->unsaved = rv == -1;
	pthread_mutex_unlock(&a->lock);
	if (rv == -1 && !before)
		log_error("downgrade.file: %s: a restart would forget what peers have come with", err);
	else if (rv == 0 && before)
		log_info("downgrade.file can be written again");
	counts_tell(a);
}

void
alarm_close(struct alarm *a)
{
	if (a == NULL)
		return;
	peers_close(a->peers);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
