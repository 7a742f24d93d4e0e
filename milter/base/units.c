/* SPDX-License-Identifier: ISC */
/* Sizes, times and modes as people write them: "25MB", "30d", "0660"; and back. */
/*
 * Called by the configuration's reader and by whoever shows a value.  No
 * sign, no fraction, no space: "1.5GB" is "1536MB".  It does not say what is
 * wrong with a string; the caller knows the key and the line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/units.h"

struct unit {
	const char	*name;
	uint64_t	 factor;
};

/* Largest first: the first that divides a value spells it shortest. */
static const struct unit	sizes[] = {
	{ "TB", 1ull << 40 }, { "GB", 1ull << 30 }, { "MB", 1ull << 20 },
	{ "KB", 1ull << 10 }, { "B", 1 },
	{ "T", 1ull << 40 }, { "G", 1ull << 30 }, { "M", 1ull << 20 }, { "K", 1ull << 10 },
	{ "TiB", 1ull << 40 }, { "GiB", 1ull << 30 }, { "MiB", 1ull << 20 },
	{ "KiB", 1ull << 10 },
	{ NULL, 0 }
};

static const struct unit	times[] = {
	{ "y", 31536000000 }, { "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 },
	{ "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	{ NULL, 0 }
};

/* same: how unit names compare.  Case matters for times only: 1M is no minute. */
static int
units_parse(const char *s, const struct unit *u, int (*same)(const char *, const char *),
    uint64_t *out)
{
	const char	*p;
	uint64_t	 v = 0;
	unsigned int	 digit;

	*out = 0;
	for (p = s; *p >= '0' && *p <= '9'; p++) {
		digit = (unsigned int)(*p - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	if (p == s)
		return -1;
	if (strcmp(s, "0") == 0)
		return 0;
	for (; u->name != NULL; u++) {
		if (same(p, u->name) != 0)
			continue;
		if (v > UINT64_MAX / u->factor)
			return -1;
		*out = v * u->factor;
		return 0;
	}
	return -1;
}

static void
units_print(uint64_t v, const struct unit *u, char *out, size_t size)
{
	if (v == 0) {
		snprintf(out, size, "0");
		return;
	}
	while (v % u->factor != 0)
		u++;
	snprintf(out, size, "%" PRIu64 "%s", v / u->factor, u->name);
}

int
units_size(const char *s, uint64_t *bytes)
{
	return units_parse(s, sizes, strcasecmp, bytes);
}

int
units_time(const char *s, uint64_t *ms)
{
	return units_parse(s, times, strcmp, ms);
}

int
units_mode(const char *s, mode_t *mode)
{
	mode_t	v = 0;

	*mode = 0;
	if (*s != '0')
		return -1;
	for (; *s >= '0' && *s <= '7'; s++) {
		v = v * 8 + (mode_t)(*s - '0');
		if (v > 0777)
			return -1;
	}
	if (*s != '\0')
		return -1;
	*mode = v;
	return 0;
}

void
units_size_str(uint64_t bytes, char *out, size_t size)
{
	units_print(bytes, sizes, out, size);
}

void
units_time_str(uint64_t ms, char *out, size_t size)
{
	units_print(ms, times, out, size);
}
