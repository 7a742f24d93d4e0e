/* SPDX-License-Identifier: ISC */
/* For the tests of the scanner: a zip writer, EICAR put together at run time, default settings, a scratch directory. */
#ifndef HOPWARD_TESTS_SCAN_FIXTURES_H
#define HOPWARD_TESTS_SCAN_FIXTURES_H

#include <sys/stat.h>

#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/units.h"
#include "judge/facts.h"

#define ZIP_STORED	0
#define ZIP_LZMA	14
#define ZIP_ENCRYPTED	1	/* flag */

struct zip_entry {
	const char	*name;
	const void	*data;
	size_t		 len;
	unsigned int	 method, flags;
	uint32_t	 claim;		/* size in the header if not 0 */
};

/* Two halves, so that this file is not taken for it. */
__attribute__((unused)) static const char *
eicar(void)
{
	static char	text[80];

	snprintf(text, sizeof(text), "%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");
	return text;
}

__attribute__((unused)) static uint32_t
zip_crc(const uint8_t *p, size_t len)
{
	uint32_t	crc = ~0u;
	int		i;

	for (; len > 0; len--, p++)
		for (crc ^= *p, i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	return ~crc;
}

__attribute__((unused)) static void
zip_le(struct buf *b, uint32_t v, int octets)
{
	for (; octets > 0; octets--, v >>= 8)
		buf_addc(b, (char)(v & 0xff));
}

/* Fields from "version needed" to "extra length", the same in both headers. */
__attribute__((unused)) static void
zip_fields(struct buf *b, const struct zip_entry *e)
{
	zip_le(b, 20, 2);
	zip_le(b, e->flags, 2);
	zip_le(b, e->method, 2);
	zip_le(b, 0x5a210000, 4);
	zip_le(b, zip_crc(e->data, e->len), 4);
	zip_le(b, (uint32_t)e->len, 4);
	zip_le(b, e->claim != 0 ? e->claim : (uint32_t)e->len, 4);
	zip_le(b, (uint32_t)strlen(e->name), 2);
	zip_le(b, 0, 2);
}

/* Appends a zip; data is taken as already packed by the method that the entry names. */
__attribute__((unused)) static void
zip_make(struct buf *b, const struct zip_entry *e, size_t count)
{
	uint32_t	at[64], start = (uint32_t)b->len, central;
	size_t		i;

	for (i = 0; i < count && i < 64; i++) {
		at[i] = (uint32_t)b->len - start;
		buf_add(b, "PK\3\4", 4);
		zip_fields(b, &e[i]);
		buf_addz(b, e[i].name);
		buf_add(b, e[i].data, e[i].len);
	}
	central = (uint32_t)b->len - start;
	for (i = 0; i < count && i < 64; i++) {
		buf_add(b, "PK\1\2", 4);
		zip_le(b, 20, 2);
		zip_fields(b, &e[i]);
		zip_le(b, 0, 2);	/* comment */
		zip_le(b, 0, 2);	/* disk */
		zip_le(b, 0, 2);
		zip_le(b, 0, 4);
		zip_le(b, at[i], 4);
		buf_addz(b, e[i].name);
	}
	buf_add(b, "PK\5\6\0\0\0\0", 8);
	zip_le(b, (uint32_t)count, 2);
	zip_le(b, (uint32_t)count, 2);
	zip_le(b, (uint32_t)b->len - start - central - 12 + 0, 4);
	zip_le(b, central, 4);
	zip_le(b, 0, 2);
}

__attribute__((unused)) static void
default_settings(struct scan_settings *s)
{
#define KIND_SIZE(to, def)	units_size(def, &(to))
#define KIND_TIME(to, def)	units_time(def, &(to))
#define KIND_COUNT(to, def)	((to) = strtoull(def, NULL, 10))
#define KIND_BOOL(to, def)	((to) = strcmp(def, "true") == 0)
#define X(name, kind, def)	KIND_##kind(s->name, def);
	memset(s, 0, sizeof(*s));
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	s->workers_small = 2;
	s->workers_large = 1;
	s->spares = 1;
	s->messages_per_worker = 1;
	s->crashes_max = 5;
}

/* tests/gen-database into dir; this program lies in BUILD/tests/unit. */
__attribute__((unused)) static int
database_make(const char *dir)
{
	char	exe[PATH_MAX], cmd[3 * PATH_MAX];
	ssize_t	n;

	if ((n = readlink("/proc/self/exe", exe, sizeof(exe) - 1)) <= 0)
		return -1;
	exe[n] = '\0';
	snprintf(cmd, sizeof(cmd), "'%s/../../../tests/gen-database' '%s'", dirname(exe), dir);
	return system(cmd);
}

__attribute__((unused)) static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void
remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
