/* SPDX-License-Identifier: ISC */
/* Which kind of traffic a message is, and why: mx, submission, relay or local. */
/*
 * Called by policy.c and by the front (before the scan).  Owns nothing.
 * It trusts the MTA's macros and nothing that the client said.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "judge/policy.h"

const char *
class_str(enum traffic_class class)
{
	static const char *const names[] = {
#define X(e, s) [CLASS_##e] = s,
		CLASSES(X)
#undef X
	};

	return (unsigned int)class < CLASS_MAX ? names[class] : "unknown";
}

static int
listed(char *const *list, const char *s)
{
	if (list == NULL || s == NULL || *s == '\0')
		return 0;
	for (; *list != NULL; list++)
		if (strcasecmp(*list, s) == 0)
			return 1;
	return 0;
}

/*
 * Postfix simulates the SMTP events of mail that came by sendmail(1), qmqpd
 * or requeuing: the port is "0" where it is told at all; {client_resolve} is
 * answered by smtpd only, and a queue id exists before MAIL only there.
 * Sendmail always has a queue id, and a client that omits HELO has no
 * {client_resolve} either: a port is proof of a connection.  `sendmail -bs` has none.
 */
static int
simulated(const struct message_facts *facts)
{
	if (facts->daemon_port != NULL && *facts->daemon_port != '\0')
		return strcmp(facts->daemon_port, "0") == 0;
	return facts->queue_id_at_connect && (facts->client_resolve == NULL || *facts->client_resolve == '\0');
}

enum traffic_class
policy_class(const struct policy *policy, const struct message_facts *facts, const char **why)
{
	const char *unused;

	if (why == NULL)
		why = &unused;
	if (simulated(facts)) {
		*why = "simulated events";
		return CLASS_LOCAL;
	}
	if (facts->auth_type != NULL && *facts->auth_type != '\0') {
		*why = "auth_type";
		return CLASS_SUBMISSION;
	}
	if (listed(policy->submission_daemons, facts->daemon_name)) {
		*why = "daemon_name";
		return CLASS_SUBMISSION;
	}
	if (facts->client_ip != NULL && cidr_match(&policy->internal, facts->client_ip)) {
		*why = "internal network";
		return CLASS_RELAY;
	}
	*why = "default";
	return CLASS_MX;
}

/* The same address in any spelling; "[::1]" is IPv6 as people write it before a port. */
static int
same_address(const char *want, size_t len, const char *got)
{
	uint8_t a[16], b[16];
	char text[64];

	if (got == NULL || len >= sizeof(text))
		return 0;
	if (len >= 2 && want[0] == '[' && want[len - 1] == ']') {
		want++;
		len -= 2;
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, want);
	if (cidr_address(text, a) == -1 || cidr_address(got, b) == -1)
		return strcasecmp(text, got) == 0;
	return memcmp(a, b, sizeof(a)) == 0;
}

int
policy_proxied(const struct policy *policy, const struct message_facts *facts)
{
	char *const *entry;
	const char *colon;

	if (policy->proxied_listeners == NULL)
		return 0;
	if (listed(policy->proxied_listeners, facts->daemon_name))
		return 1;
	if (facts->daemon_port == NULL || *facts->daemon_port == '\0')
		return 0;
	for (entry = policy->proxied_listeners; *entry != NULL; entry++) {
		if ((colon = strrchr(*entry, ':')) == NULL || strcmp(colon + 1, facts->daemon_port) != 0)
			continue;
		if (colon == *entry || same_address(*entry, (size_t)(colon - *entry), facts->daemon_addr))
			return 1;
	}
	return 0;
}
