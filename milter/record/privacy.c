/* SPDX-License-Identifier: ISC */
/* What of a person is kept: the level, local parts by it, shortened addresses. */
/*
 * Called by record.c and by hopwardctl; safe for threads.  Keys and their
 * periods are pseudonym.c's.  It folds case for ASCII alone.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cidr.h"
#include "record/privacy.h"

struct privacy {
	enum privacy_level	 level;
	struct pseudonyms	*pseudonyms;	/* NULL where the level has none */
};

static const char *const level_names[] = {
	[PRIVACY_MINIMAL] = "minimal",
	[PRIVACY_PSEUDONYM] = "pseudonym",
	[PRIVACY_FULL] = "full",
};
#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

const char *
privacy_level_str(enum privacy_level level)
{
	return (size_t)level < LEVELS ? level_names[level] : "unknown";
}

int
privacy_level_parse(const char *s, enum privacy_level *level)
{
	size_t i;

	for (i = 0; s != NULL && i < LEVELS; i++)
		if (strcmp(s, level_names[i]) == 0) {
			*level = (enum privacy_level)i;
			return 0;
		}
	return -1;
}

int
privacy_open(enum privacy_level level, const struct pseudonym_settings *pseudonyms, struct privacy **out, char *err,
    size_t errlen)
{
	struct privacy *p;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		snprintf(err, errlen, "no memory");
		return -1;
	}
	p->level = level;
	if (level == PRIVACY_PSEUDONYM && pseudonyms_open(pseudonyms, &p->pseudonyms, err, errlen) == -1) {
		free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
privacy_free(struct privacy *p)
{
	if (p == NULL)
		return;
	pseudonyms_free(p->pseudonyms);
	free(p);
}

enum privacy_level
privacy_level(const struct privacy *p)
{
	return p->level;
}

/* ---- addresses ---- */

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* At most size - 1 octets; where it must cut, before a UTF-8 character rather than in it. */
static void
copy_cut(char *out, size_t size, const char *s, size_t len)
{
	size_t back;

	if (len >= size) {
		len = size - 1;
		for (back = 0; back < 3 && len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80; back++)
			len--;
	}
	memcpy(out, s, len);
	out[len] = '\0';
}

const char *
privacy_domain(const char *address, char *out, size_t size)
{
	const char *at = address == NULL ? NULL : strrchr(address, '@');
	size_t len;

	out[0] = '\0';
	if (at == NULL)
		return out;
	len = strlen(at + 1);
	if (len > 1 && at[len] == '.')
		len--;		/* "example.org." is the same domain */
	copy_cut(out, size, at + 1, len);
	lower(out);
	return out;
}

const char *
privacy_local(const struct privacy *p, const char *purpose, uint64_t time_ms, const char *address, char *out, size_t size)
{
	const char *at;
	size_t len;

	if (address == NULL)
		return NULL;
	at = strrchr(address, '@');
	len = at == NULL ? strlen(address) : (size_t)(at - address);
	if (len == 0) {
		out[0] = '\0';
		return out;	/* the null sender is nobody */
	}
	if (p->level == PRIVACY_MINIMAL)
		return NULL;
	if (p->level == PRIVACY_PSEUDONYM)
		return pseudonym_of(p->pseudonyms, purpose, time_ms, address, out, size);
	copy_cut(out, size, address, len);
	return out;
}

const char *
privacy_ip(const struct privacy *p, const char *ip, int cut, char *out, size_t size)
{
	uint8_t addr[16];
	char text[INET6_ADDRSTRLEN];
	int v4;

	out[0] = '\0';
	if (ip == NULL || cidr_address(ip, addr) == -1)
		return out;
	cut = cut && p->level != PRIVACY_FULL;
	v4 = memcmp(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
	if (cut && v4)
		addr[15] = 0;
	else if (cut)
		memset(addr + 6, 0, 10);
	if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, text, sizeof(text)) == NULL)
		return out;
	snprintf(out, size, "%s%s", text, !cut ? "" : v4 ? "/24" : "/48");
	return out;
}
