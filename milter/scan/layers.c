/* SPDX-License-Identifier: ISC */
/* Keeps account of containers: members announced, layers that followed, and what no unpacker knows. */
/*
 * engine.c feeds it libclamav's callbacks for one object.  libclamav calls an
 * archive clean whose members it could not unpack (zip with LZMA, a damaged
 * 7z), or that it has no unpacker for at all (zstd, a RAR without libclamunrar).
 * In a zip the members are told apart by name, as each is announced twice; in
 * other containers their number is compared with the number of layers.
 * It knows nothing of libclamav but the names of its types.
 */
#include <stdlib.h>
#include <string.h>

#include "scan/layers.h"

#define LAYERS_DEPTH_MAX	128	/* deeper than any MaxRecursion that makes sense; more is said (failed) */
#define LAYERS_MEMBERS_MAX	65536	/* of all open containers together: what a zip's directory can count */
#define PACKED_MIN		64	/* fewer packed octets hold at most LAYER_MIN (the largest is bzip2's frame) */

struct member {
	uint64_t	hash;		/* of the name without directories */
	unsigned int	pos;
	unsigned int	encrypted : 1, opened : 1, expected : 1;
	char		name[24];	/* its end, for the detail */
};

struct frame {
	const char	*kind;		/* static: of archives[], or NULL */
	size_t		 first;		/* its members begin here */
	size_t		 cursor;
	size_t		 size;
	uint32_t	 level;
	uint32_t	 children;
	int		 zip, counted;
};

struct layers {
	struct frame	 frames[LAYERS_DEPTH_MAX];
	size_t		 depth;		/* frames in use */
	size_t		 lost;		/* layers beyond LAYERS_DEPTH_MAX */
	struct member	*members;
	size_t		 count, size;
	char		 unopened[64], encrypted[64];
	int		 failed;
};

/*
 * `holds`: holds something if it is well-formed; with none of it seen it was
 * not opened.  `counted`: each announced member is a layer.  Not so installers,
 * which announce what lies in other files, and documents.
 */
static const struct archive {
	const char	*type;
	int		 holds, counted;
} archives[] = {
	{ "CL_TYPE_ZIP", 1, 1 },	{ "CL_TYPE_RAR", 1, 1 },	{ "CL_TYPE_7Z", 1, 1 },
	{ "CL_TYPE_ARJ", 1, 1 },	{ "CL_TYPE_EGG", 1, 1 },	{ "CL_TYPE_ALZ", 1, 1 },
	{ "CL_TYPE_LHA_LZH", 1, 1 },	{ "CL_TYPE_MSCAB", 1, 1 },	{ "CL_TYPE_XAR", 1, 0 },
	{ "CL_TYPE_GZ", 1, 0 },		{ "CL_TYPE_BZ", 1, 0 },		{ "CL_TYPE_XZ", 1, 0 },
	{ "CL_TYPE_MSSZDD", 1, 0 },	{ "CL_TYPE_BINHEX", 1, 0 },	{ "CL_TYPE_MSCHM", 1, 0 },
	{ "CL_TYPE_POSIX_TAR", 0, 1 },	{ "CL_TYPE_OLD_TAR", 0, 1 },	{ "CL_TYPE_CPIO_OLD", 0, 1 },
	{ "CL_TYPE_CPIO_ODC", 0, 1 },	{ "CL_TYPE_CPIO_NEWC", 0, 1 },	{ "CL_TYPE_CPIO_CRC", 0, 1 },
	{ "CL_TYPE_OOXML_WORD", 0, 1 },	{ "CL_TYPE_OOXML_PPT", 0, 1 },	{ "CL_TYPE_OOXML_XL", 0, 1 },
	{ "CL_TYPE_OOXML_HWP", 0, 1 },
};

/*
 * Compressed forms and containers that libclamav knows no unpacker for, by
 * their first octets.  Containers that only store (ar, rpm) are among them, as
 * what is compressed inside them is not found.
 */
static const struct foreign {
	const char	*what;
	size_t		 at, len;
	const char	*magic;
} foreign[] = {
	{ "zstd", 0, 4, "\x28\xb5\x2f\xfd" },
	{ "lz4", 0, 4, "\x04\x22\x4d\x18" },
	{ "lzip", 0, 5, "LZIP\1" },
	{ "lzop", 0, 8, "\x89LZO\0\r\n\x1a" },
	{ "compress", 0, 2, "\x1f\x9d" },
	{ "pack", 0, 2, "\x1f\x1e" },
	{ "ace", 7, 7, "**ACE**" },
	{ "zoo", 20, 4, "\xdc\xa7\xc4\xfd" },
	{ "lrzip", 0, 4, "LRZI" },
	{ "rzip", 0, 4, "RZIP" },
	{ "zpaq", 0, 3, "zPQ" },
	{ "zpaq", 0, 4, "7kSt" },
	{ "stuffit", 0, 8, "StuffIt " },
	{ "freearc", 0, 4, "ArC\1" },
	{ "wim", 0, 8, "MSWIM\0\0\0" },
	{ "ar", 0, 8, "!<arch>\n" },
	{ "rpm", 0, 4, "\xed\xab\xee\xdb" },
	{ "squashfs", 0, 4, "hsqs" },
	{ "cramfs", 0, 4, "\x45\x3d\xcd\x28" },
	{ "qcow", 0, 4, "QFI\xfb" },
	{ "vmdk", 0, 4, "KDMV" },
	{ "vhdx", 0, 8, "vhdxfile" },
	{ "vhd", 0, 8, "conectix" },
	{ "snappy", 0, 10, "\xff\6\0\0sNaPpY" },
};

struct layers *
layers_new(void)
{
	return calloc(1, sizeof(struct layers));
}

void
layers_free(struct layers *l)
{
	if (l == NULL)
		return;
	free(l->members);
	free(l);
}

static void
say(char *to, size_t size, const char *what)
{
	size_t	i;

	if (to[0] != '\0')
		return;
	for (i = 0; what[i] != '\0' && i + 1 < size; i++)
		to[i] = (unsigned char)what[i] < 0x20 || (unsigned char)what[i] >= 0x7f ? '?' : what[i];
	to[i] = '\0';
	if (i == 0)
		say(to, size, "member");
}

static const char *
base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : name;
}

/*
 * FNV-1a: names are compared within one archive only; who forges a collision
 * there gains nothing that a lie in the header would not give.
 */
static uint64_t
name_hash(const char *name)
{
	uint64_t	h = 14695981039346656037ULL;

	for (name = base_name(name); *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ULL;
	return h;
}

/* LZMA alone has no magic but a plausible header: properties, a dictionary of 2^n or 2^n + 2^(n-1), a size or -1. */
static int
is_lzma(const unsigned char *p, size_t len)
{
	uint32_t	dict;
	uint64_t	size = 0;
	int		i;

	if (len < 14 || p[0] != 0x5d || p[13] != 0)
		return 0;
	dict = (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
	for (i = 12; i >= 5; i--)
		size = size << 8 | p[i];
	if (dict < 4096 || (size != UINT64_MAX && size >= 1ULL << 40))
		return 0;
	while ((dict & 1) == 0)
		dict >>= 1;
	return dict == 1 || dict == 3 || dict == 0x7fffffff;
}

static const char *
foreign_kind(const char *type, const char *data, size_t len)
{
	size_t	i;

	if (data == NULL || (strcmp(type, "CL_TYPE_BINARY_DATA") != 0 && strcmp(type, "CL_TYPE_ANY") != 0 &&
	    strncmp(type, "CL_TYPE_TEXT_", 13) != 0))
		return NULL;
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (len > foreign[i].at + foreign[i].len + LAYER_MIN &&
		    memcmp(data + foreign[i].at, foreign[i].magic, foreign[i].len) == 0)
			return foreign[i].what;
	return is_lzma((const unsigned char *)data, len) ? "lzma" : NULL;
}

/* Marks the member that this inner layer is; members mostly come in the order in which they were announced. */
static void
child_seen(struct layers *l, struct frame *f, const char *name)
{
	size_t		 i, n = l->count - f->first;
	uint64_t	 hash;
	struct member	*m;

	f->children++;
	if (!f->zip || name == NULL || n == 0)
		return;
	hash = name_hash(name);
	for (i = 0; i < n; i++) {
		m = &l->members[f->first + (f->cursor + i) % n];
		if (m->expected && !m->opened && m->hash == hash) {
			m->opened = 1;
			f->cursor = (f->cursor + i + 1) % n;
			return;
		}
	}
}

void
layers_enter(struct layers *l, const char *type, const char *name, const char *data, size_t size,
    uint32_t level, int normalized)
{
	const char	*what;
	struct frame	*f;
	size_t		 i;

	while (l->depth > 0 && l->frames[l->depth - 1].level >= level)
		layers_leave(l);
	if (l->depth > 0 && !normalized)
		child_seen(l, &l->frames[l->depth - 1], name);
	if (l->depth == LAYERS_DEPTH_MAX) {
		l->lost++;
		l->failed = 1;
		return;
	}
	f = &l->frames[l->depth++];
	memset(f, 0, sizeof(*f));
	f->first = l->count;
	f->level = level;
	f->size = size;
	for (i = 0; i < sizeof(archives) / sizeof(archives[0]); i++)
		if (strcmp(type, archives[i].type) == 0) {
			f->kind = archives[i].holds ? archives[i].type : NULL;
			f->counted = archives[i].counted;
		}
	f->zip = strcmp(type, "CL_TYPE_ZIP") == 0 || strncmp(type, "CL_TYPE_OOXML", 13) == 0;
	if ((what = foreign_kind(type, data, size)) != NULL)
		say(l->unopened, sizeof(l->unopened), what);
}

/* In a zip a member is announced from the central directory and again from its local header. */
static struct member *
announced_before(struct layers *l, const struct frame *f, unsigned int pos)
{
	size_t	i;

	if (!f->zip)
		return NULL;
	for (i = l->count; i > f->first && l->count - i < 2; i--)
		if (l->members[i - 1].pos == pos)
			return &l->members[i - 1];
	return NULL;
}

static struct member *
member_add(struct layers *l)
{
	struct member	*p;
	size_t		 size;

	if (l->count == LAYERS_MEMBERS_MAX) {
		l->failed = 1;
		return NULL;
	}
	if (l->count == l->size) {
		size = l->size == 0 ? 64 : l->size * 2;
		if ((p = reallocarray(l->members, size, sizeof(*p))) == NULL) {
			l->failed = 1;
			return NULL;
		}
		l->members = p;
		l->size = size;
	}
	p = &l->members[l->count++];
	memset(p, 0, sizeof(*p));
	return p;
}

void
layers_member(struct layers *l, const char *container, const char *name, uint64_t packed, uint64_t size,
    int encrypted, unsigned int pos)
{
	struct frame	*f;
	struct member	*m;
	const char	*base;
	size_t		 len;

	(void)container;
	if (l->depth == 0 || l->lost > 0)
		return;
	f = &l->frames[l->depth - 1];
	if (name == NULL)
		name = "";
	if ((m = announced_before(l, f, pos)) == NULL && (m = member_add(l)) == NULL)
		return;
	m->pos = pos;
	/* The layer will bear the name of the local header, which comes last. */
	m->hash = name_hash(name);
	base = base_name(name);
	len = strlen(base);
	if (len >= sizeof(m->name))
		base += len - (sizeof(m->name) - 1);
	memcpy(m->name, base, strlen(base) + 1);
	m->encrypted |= encrypted != 0;
	m->expected |= size > LAYER_MIN || packed > PACKED_MIN;
}

static void
member_missing(struct layers *l, const struct member *m)
{
	if (m->encrypted)
		say(l->encrypted, sizeof(l->encrypted), m->name);
	else
		say(l->unopened, sizeof(l->unopened), m->name);
}

void
layers_leave(struct layers *l)
{
	struct frame	*f;
	struct member	*m;
	size_t		 i, expected = 0;

	if (l->lost > 0) {
		l->lost--;
		return;
	}
	if (l->depth == 0)
		return;
	f = &l->frames[--l->depth];
	for (i = f->first; i < l->count; i++) {
		m = &l->members[i];
		if (!m->expected)
			continue;
		expected++;
		/* Elsewhere only their number tells: the last ones are named. */
		if (f->zip ? !m->opened : f->counted && expected > f->children)
			member_missing(l, m);
	}
	if (f->kind != NULL && f->children == 0 && l->count == f->first && f->size > PACKED_MIN)
		say(l->unopened, sizeof(l->unopened), f->kind);
	l->count = f->first;
}

void
layers_end(struct layers *l)
{
	while (l->depth > 0 || l->lost > 0)
		layers_leave(l);
}

const char *
layers_unopened(const struct layers *l)
{
	return l->unopened[0] != '\0' ? l->unopened : NULL;
}

const char *
layers_encrypted(const struct layers *l)
{
	return l->encrypted[0] != '\0' ? l->encrypted : NULL;
}

int
layers_failed(const struct layers *l)
{
	return l->failed;
}
