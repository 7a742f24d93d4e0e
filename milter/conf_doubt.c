/* SPDX-License-Identifier: ISC */
/* What a configuration says that cannot be meant: entries that match nobody, or everybody, and bounds that switch things off. */

/*
 * Called by conf_check(), so by hopward -n, at the start and before a reload.
 * It looks at values alone and changes nothing.  What would make everybody
 * trusted is a mistake; all else is a note, for it may be meant after all.
 * It does not know from which line a value came.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_int.h"
#include "base/units.h"

struct doubts {
	struct buf	*errs, *notes;
	int		 failed;
};

/* ---- networks ---- */

/* Are the first bits of both the same? */
static int
prefix_equal(const struct cidr *a, const struct cidr *b, unsigned int bits)
{
	unsigned int	 whole = bits / 8, rest = bits % 8;

	return memcmp(a->addr, b->addr, whole) == 0 &&
	    (rest == 0 || (a->addr[whole] ^ b->addr[whole]) >> (8 - rest) == 0);
}

static int
net_within(const struct cidr *net, const struct cidr *of)
{
	return of->bits <= net->bits && prefix_equal(net, of, of->bits);
}

static int
nets_meet(const struct cidr_list *a, const struct cidr_list *b)
{
	size_t	 i, k;

	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (net_within(&a->nets[i], &b->nets[k]) || net_within(&b->nets[k], &a->nets[i]))
				return 1;
	return 0;
}

static int
nets_within(const struct cidr_list *list, const struct cidr_list *of)
{
	size_t	 i, k;

	for (i = 0; i < list->count; i++) {
		for (k = 0; k < of->count && !net_within(&list->nets[i], &of->nets[k]); k++)
			;
		if (k == of->count)
			return 0;
	}
	return list->count > 0;
}

/* All of IPv4, or all addresses of IPv6 that are in use. */
static int
net_is_everybody(const struct cidr *net)
{
	static const char *const	 everybody[] = { "0.0.0.0/0", "2000::/3" };
	struct cidr			 all;
	size_t				 i;

	for (i = 0; i < sizeof(everybody) / sizeof(everybody[0]); i++)
		if (cidr_parse(everybody[i], &all) == 0 && net_within(&all, net))
			return 1;
	return 0;
}

static void
nets_check(struct doubts *d, const char *where, const struct cidr_list *list, const char *then)
{
	char	 text[CIDR_TEXT_MAX + 1];
	size_t	 i;

	for (i = 0; i < list->count; i++)
		if (net_is_everybody(&list->nets[i])) {
			buf_addf(d->errs, "%s: %s is everybody: %s\n", where, cidr_str(&list->nets[i], text, sizeof(text)), then);
			d->failed = 1;
		}
}

/* ---- partners ---- */

/* Is it this domain or one below it?  Both are in lower case; a leading dot says nothing. */
static int
domain_within(const char *domain, const char *of)
{
	size_t	 n, m;

	domain += domain[0] == '.';
	of += of[0] == '.';
	n = strlen(domain);
	m = strlen(of);
	return n >= m && strcmp(domain + n - m, of) == 0 && (n == m || domain[n - m - 1] == '.');
}

static int
domain_meets(char *const *list, const char *domain)
{
	for (; *list != NULL; list++)
		if (domain_within(*list, domain) || domain_within(domain, *list))
			return 1;
	return 0;
}

static int
domains_within(char *const *list, const char *of)
{
	for (; *list != NULL; list++)
		if (!domain_within(*list, of))
			return 0;
	return 1;
}

/* What of it lies outside of what the partner is about, or NULL. */
static const char *
exception_outside(const struct partner *p, const struct partner_exception *e)
{
	int	 only_domains = p->domains != NULL && p->networks.count == 0 && p->certificates == NULL;
	int	 only_networks = p->domains == NULL && p->networks.count > 0 && p->certificates == NULL;

	if (e->domain != NULL && only_domains && !domain_meets(p->domains, e->domain))
		return "domain";
	if (e->networks.count > 0 && only_networks && !nets_meet(&e->networks, &p->networks))
		return "networks";
	if (e->recipient != NULL && p->recipients != NULL && !domain_meets(p->recipients, e->recipient))
		return "recipient";
	return NULL;
}

static int
exception_is_all(const struct partner *p, const struct partner_exception *e)
{
	return (e->domain == NULL || (p->domains != NULL && domains_within(p->domains, e->domain))) &&
	    (e->networks.count == 0 || nets_within(&p->networks, &e->networks)) &&
	    (e->recipient == NULL || (p->recipients != NULL && domains_within(p->recipients, e->recipient)));
}

static void
exceptions_check(struct doubts *d, const struct partner *p)
{
	const char	*outside;
	size_t		 i;

	for (i = 0; i < p->exceptions_count; i++)
		if ((outside = exception_outside(p, &p->exceptions[i])) != NULL)
			buf_addf(d->notes, "note: partner %s, exception %zu: covers no message: its %s %s none of the partner's\n",
			    p->name, i + 1, outside, strcmp(outside, "networks") == 0 ? "are" : "is");
		else if (exception_is_all(p, &p->exceptions[i]))
			buf_addf(d->notes, "note: partner %s, exception %zu: covers all of the partner: as long as it holds, nothing is "
			    "asked of him\n", p->name, i + 1);
}

/* Behind a comma, the name of an attribute: "O=", "emailAddress=". */
static int
holds_attribute(const char *s)
{
	for (; (s = strchr(s, ',')) != NULL;) {
		s += 1 + strspn(s + 1, " ");
		if (isalnum((unsigned char)*s) && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")] == '=')
			return 1;
	}
	return 0;
}

static int
is_attribute(const char *s)
{
	static const char *const	 names[] = { "O=", "OU=", "C=", "L=", "ST=", "S=", "DC=", "E=", "emailAddress=",
	    "serialNumber=", "UID=", "DN=", "subject=" };
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(s, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

static void
certificates_check(struct doubts *d, const struct partner *p)
{
	char	*const *c;

	for (c = p->certificates; c != NULL && *c != NULL; c++)
		if (**c != '/' && (holds_attribute(*c) || is_attribute(*c)))
			buf_addf(d->notes, "note: partner %s: no MTA tells a certificate as \"%s\": want \"CN=mx.example.org\", or the "
			    "whole DN with slashes, \"/C=GB/O=Example/CN=mx.example.org\"\n", p->name, *c);
}

static void
partners_check(struct doubts *d, const struct partners *partners)
{
	const struct partner	*p;
	char			 where[64];
	size_t			 i;

	for (i = 0; i < partners->count; i++) {
		p = &partners->list[i];
		snprintf(where, sizeof(where), "partner %s, networks", p->name);
		nets_check(d, where, &p->networks, "all mail would be confirmed to be this partner's");
		certificates_check(d, p);
		exceptions_check(d, p);
	}
}

/* ---- listeners ---- */

/* NULL, or why it can be no listener's.  Without a colon it is a name. */
static const char *
listener_bad(const char *entry)
{
	const char	*colon = strrchr(entry, ':'), *p;
	long		 port = 0;

	if (colon == NULL)
		return NULL;
	for (p = colon + 1; isdigit((unsigned char)*p) && port <= 65535; p++)
		port = port * 10 + (*p - '0');
	return *p != '\0' || port < 1 || port > 65535 ? "there is no such port (1 to 65535)" : NULL;
}

static void
listeners_check(struct doubts *d, char *const *list)
{
	const char	*bad;

	for (; list != NULL && *list != NULL; list++)
		if ((bad = listener_bad(*list)) != NULL)
			buf_addf(d->notes, "note: proxied_listeners: \"%s\" matches no listener: %s\n", *list, bad);
}

/* ---- bounds ---- */

/* The outcome that a bound of 0 gives to nearly all mail. */
static void
mime_check(struct doubts *d, const struct conf *conf)
{
	const struct conf_key	*key;
	size_t			 i;

	for (i = 0; i < conf_keys_count; i++) {
		key = &conf_keys[i];
		if (strncmp(key->path, "mime.", 5) == 0 && key->room == ROOM_SCAN && (key->type == KEY_SIZE ||
		    (key->type == KEY_COUNT && (key->flags & KEY_WIDE))) && *(uint64_t *)conf_key_member(conf, key) == 0)
			buf_addf(d->notes, "note: %s: is 0: what it bounds is not looked at at all, and each message with such a "
			    "thing has the outcome limit\n", key->path);
	}
}

static void
engine_check(struct doubts *d, const struct scan_settings *s)
{
	const struct {
		const char	*name;
		uint64_t	 value;
	} unbounded[] = {
		{ "MaxScanTime", s->MaxScanTime }, { "MaxScanSize", s->MaxScanSize }, { "MaxFileSize", s->MaxFileSize },
		{ "MaxFiles", s->MaxFiles }
	};
	size_t	 i;

	for (i = 0; i < sizeof(unbounded) / sizeof(unbounded[0]); i++)
		if (unbounded[i].value == 0)
			buf_addf(d->notes, "note: clamav.%s: is 0, which libclamav takes for no limit\n", unbounded[i].name);
	if (s->MaxRecursion == 0)
		buf_addz(d->notes, "note: clamav.MaxRecursion: is 0, which libclamav does not take: it has its own default\n");
}

static void
scratch_check(struct doubts *d, const struct conf *conf)
{
	uint64_t	 size = conf->parent.scratch_size, one = conf->scan->MaxScanSize;
	char		 have[32], want[32];

	if (size == 0 || one == 0 || size >= one + one / 4)
		return;
	units_size_str(size, have, sizeof(have));
	units_size_str(one + one / 4, want, sizeof(want));
	buf_addf(d->notes, "note: scanner.scratch_size: %s is less than one message may take (clamav.MaxScanSize and a quarter of "
	    "it, %s); such a message is not-scanned\n", have, want);
}

int
conf_doubts(const struct conf *conf, struct buf *errs, struct buf *notes)
{
	struct doubts		 d = { .errs = errs, .notes = notes };
	const struct policy	*policy;

	if (conf->front != NULL) {
		policy = &conf->front->policy;
		nets_check(&d, "internal_networks", &policy->internal, "all mail would be of the class relay, and all that anybody "
		    "writes into Received fields would be taken for attested");
		partners_check(&d, &policy->partners);
		listeners_check(&d, policy->proxied_listeners);
	}
	mime_check(&d, conf);
	engine_check(&d, conf->scan);
	scratch_check(&d, conf);
	return d.failed ? -1 : 0;
}
