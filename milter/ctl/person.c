/* SPDX-License-Identifier: ISC */
/* Whether a party of a record is a given address: by the pseudonym of its time's key, or by the text at level full. */
/*
 * Called by log and subject.  Where a record's key is destroyed, or local parts were never kept, the domain alone is
 * left and nobody can say: such parties are counted, and told, instead of passed over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "ctl/person.h"

int
person_open(const struct ctl *ctl, const struct conf *conf, const char *address, unsigned int sides, struct person *p)
{
	static const char *const purposes[PERSON_SIDES] = { PSEUDONYM_FROM, PSEUDONYM_TO };
	const char *keys = conf->start.pseudonyms.directory;
	size_t len = strlen(address);
	char err[512] = "";
	int i;

	memset(p, 0, sizeof(*p));
	if (len > 2 && address[0] == '<' && address[len - 1] == '>') {
		address++;
		len -= 2;
	}
	if (len == 0 || len > 1024 || address[0] == '@') {
		ctl_warn(ctl, "\"%s\" is no address", address);
		return EX_USAGE;
	}
	if ((p->address = strndup(address, len)) == NULL)
		return EX_OSERR;
	privacy_domain(p->address, p->domain, sizeof(p->domain));
	for (i = 0; i < PERSON_SIDES; i++) {
		if (!(sides & (1u << i)) ||
		    pseudonyms_search(keys, purposes[i], p->address, &p->aliases[i], &p->counts[i], err, sizeof(err)) == 0)
			continue;
		ctl_warn(ctl, "%s; the keys of pseudonyms are needed to look for an address: ask as root, or as the user of the daemon", err);
		person_close(p);
		return EX_NOPERM;
	}
	return 0;
}

void
person_close(struct person *p)
{
	int i;

	for (i = 0; i < PERSON_SIDES; i++)
		free(p->aliases[i]);
	free(p->address);
	memset(p, 0, sizeof(*p));
}

/* 1, 0, or -1: there is no key to that pseudonym. */
static int
is_pseudonym(const struct person *p, int side, const char *local, uint64_t time_ms)
{
	int keyed = 0;
	size_t i;

	for (i = 0; i < p->counts[side]; i++) {
		const struct pseudonym_alias *a = &p->aliases[side][i];

		if (time_ms < a->begin_ms || time_ms >= a->end_ms)
			continue;
		if (strcmp(local, a->text) == 0)
			return 1;
		keyed = 1;
	}
	return keyed ? 0 : -1;
}

/* As the pseudonym has it: case of ASCII does not count. */
static int
is_text(const struct person *p, const char *local)
{
	const char *at = strrchr(p->address, '@');
	size_t len = at != NULL ? (size_t)(at - p->address) : strlen(p->address);

	return strlen(local) == len && strncasecmp(local, p->address, len) == 0;
}

int
person_is(struct person *p, int side, const json_t *party, uint64_t time_ms)
{
	const char *domain = json_string_value(json_object_get(party, "domain"));
	const char *local = json_string_value(json_object_get(party, "local"));
	int is = -1;

	if (domain == NULL || strcasecmp(domain, p->domain) != 0 || (local != NULL && *local == '\0'))
		return 0;
	if (local != NULL && is_text(p, local))
		return 1;
	if (local != NULL)
		is = strncmp(local, "p:", 2) == 0 && strlen(local) == PSEUDONYM_TEXT - 1 ? is_pseudonym(p, side, local, time_ms) : 0;
	p->unsure += is == -1;
	return is == 1;
}

int
person_among(struct person *p, int side, const json_t *parties, uint64_t time_ms)
{
	const json_t *party;
	size_t i;

	json_array_foreach(parties, i, party)
		if (person_is(p, side, party, time_ms))
			return 1;
	return 0;
}

const char *
person_needle(const struct person *p)
{
	return p->domain[0] != '\0' && p->domain[strspn(p->domain, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] == '\0' ?
	    p->domain : NULL;
}

void
person_doubts(const struct ctl *ctl, const struct person *p)
{
	if (p->unsure > 0)
		ctl_warn(ctl, "of %llu senders and recipients of %s nobody can say who they are: the key of their time is gone, "
		    "or their local part was not kept", (unsigned long long)p->unsure, *p->domain != '\0' ? p->domain : "no domain");
}
