/* SPDX-License-Identifier: ISC */
/* Keeps account of containers: members announced, layers that followed, what came of each, and what no unpacker knows. */
/*
 * engine.c feeds it libclamav's callbacks for one object.  libclamav calls an
 * archive clean whose members it could not unpack (zip with LZMA, a damaged
 * 7z), of which it unpacked a piece, or that it has no unpacker for at all
 * (zstd, a RAR without libclamunrar).  In a zip all members are announced
 * before any layer, twice each, and are told apart by name; elsewhere a layer
 * is that of the member announced last.  A layer that nothing announced is a
 * member if it lies in an archive.  Owns the list of members
 * until layers_free().  It knows nothing of libclamav but the names of its types.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scan/layers.h"
#include "scan/sealed.h"
#include "scan/tar.h"

#define LAYERS_DEPTH_MAX	128	/* deeper than any MaxRecursion that makes sense; more is said (limit) */
#define LAYERS_MEMBERS_MAX	65536	/* of all open containers together: what a zip's directory can count */
#define PACKED_MIN		64	/* fewer packed octets hold at most LAYER_MIN (the largest is bzip2's frame) */
#define ISO_BLOCK		2048	/* directories are of whole blocks, and are announced as files are */
/* libclamav cuts longer names, and with them the extension. */
#define ZIP_NAME_MAX		255
#define ZIP_END_MAX		(65535 + 22)	/* the record of its end and the comment behind it */
#define TAR_NAMES_BYTES		(4u * 1024 * 1024)	/* of one tar */
#define NONE			UINT32_MAX

/* A member of an open container. */
struct member {
	uint64_t	hash;		/* of the name without directories */
	uint64_t	size;		/* announced */
	uint32_t	kept;		/* its number in `kept`, or NONE */
	unsigned int	pos;
	unsigned int	encrypted : 1, opened : 1, expected : 1, cut : 1;
	unsigned int	must : 1, iso : 1;	/* a layer must follow; or may be that of a directory */
	char		name[24];	/* its end, for the detail */
};

struct frame {
	const char	*holds;		/* static: of archives[], or NULL */
	size_t		 first;		/* its members begin here */
	size_t		 cursor;
	size_t		 size;
	uint32_t	 level;
	uint32_t	 children;
	uint32_t	 self;		/* which of `kept` this layer is, or NONE */
	const char	*sealed;	/* encrypted so, if the engine does not open it; NULL */
	uint32_t	 isize;		/* of a gzip: the size it claims, modulo 2^32 */
	int		 archive, zip, tar, iso, gzip, streams, cut, counted, zip_end;
	char		 type[LAYER_TYPE_MAX];
	char		*names;		/* of a tar: field and whole name of each file, NUL behind each */
	size_t		 names_len, names_at;
};

struct layers {
	struct frame	 frames[LAYERS_DEPTH_MAX];
	size_t		 depth;		/* frames in use */
	size_t		 lost;		/* layers beyond LAYERS_DEPTH_MAX */
	struct member	*members;
	size_t		 count, size;
	struct layer_member *kept;
	size_t		 kept_count, kept_size, kept_max;
	char		 unopened[64], encrypted[64];
	const char	*limit;
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
	{ "CL_TYPE_ISO9660", 0, 0 },	{ "CL_TYPE_UDF", 1, 0 },	{ "CL_TYPE_TNEF", 0, 0 },
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
layers_new(size_t max)
{
	struct layers *l;

	if ((l = calloc(1, sizeof(*l))) != NULL)
		l->kept_max = max < NONE ? max : NONE - 1;
	return l;
}

void
layers_free(struct layers *l)
{
	size_t	i;

	if (l == NULL)
		return;
	for (i = 0; i < l->kept_count; i++) {
		free(l->kept[i].name);
		free(l->kept[i].other);
		free(l->kept[i].signature);
		free(l->kept[i].detail);
	}
	for (i = 0; i < l->depth; i++)
		free(l->frames[i].names);
	free(l->kept);
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

static uint32_t
le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int
has(const unsigned char *p, size_t len, size_t at, const char *magic, size_t n)
{
	return p != NULL && len >= at + n && memcmp(p + at, magic, n) == 0;
}

/*
 * What the layer's own octets say and libclamav does not: a piece is missing,
 * or there is more than it reads.  NULL: nothing.
 */
static const char *
damage_kind(struct frame *f, const char *type, const unsigned char *p, size_t len)
{
	const unsigned char	*at = p;

	if (p == NULL)
		return NULL;
	/* Found by libclamav in what has no type; the primary volume descriptor counts the blocks. */
	if (has(p, len, 32769, "CD001", 5)) {
		f->iso = f->archive = 1;
		if ((uint64_t)le32(p + 32768 + 80) * ((unsigned int)p[32768 + 128] | (unsigned int)p[32768 + 129] << 8) > len)
			return "iso: truncated";
	}
	if (strcmp(type, "CL_TYPE_GZ") == 0 && len > 18) {
		f->gzip = 1;
		f->isize = le32(p + len - 4);
		f->streams = memmem(p + 1, len - 1, "\x1f\x8b\x08", 3) != NULL;
	}
	/* Only the first of several streams is read. */
	if (strcmp(type, "CL_TYPE_BZ") == 0)
		while ((at = memmem(at + 1, len - (size_t)(at + 1 - p), "BZh", 3)) != NULL)
			if (has(at, len - (size_t)(at - p), 4, "1AY&SY", 6) || has(at, len - (size_t)(at - p), 4, "\x17\x72\x45\x38", 4))
				return "bzip2: several streams";
	return NULL;
}

/* ---- the list of members ---- */

static void
text_put(struct layers *l, char **to, const char *text)
{
	char	*copy = NULL;

	if (text != NULL && text[0] != '\0' && (copy = strdup(text)) == NULL)
		l->failed = 1;
	free(*to);
	*to = copy;
}

/* The number of a new one, or NONE. */
static uint32_t
kept_add(struct layers *l, const char *name, uint64_t size)
{
	struct layer_member	*p;
	size_t			 want;

	if (l->kept_count >= l->kept_max) {
		l->limit = "members";
		return NONE;
	}
	if (l->kept_count == l->kept_size) {
		want = l->kept_size == 0 ? 16 : l->kept_size * 2;
		if ((p = reallocarray(l->kept, want, sizeof(*p))) == NULL) {
			l->failed = 1;
			return NONE;
		}
		l->kept = p;
		l->kept_size = want;
	}
	p = &l->kept[l->kept_count];
	memset(p, 0, sizeof(*p));
	p->outcome = OUTCOME_CLEAN;
	p->size = size;
	text_put(l, &p->name, name);
	return (uint32_t)l->kept_count++;
}

/* The gravest stays; among equals the first. */
static void
kept_note(struct layers *l, uint32_t kept, enum outcome outcome, const char *signature, const char *detail, int missing)
{
	struct layer_member	*m;

	if (kept == NONE)
		return;
	m = &l->kept[kept];
	if (outcome == m->outcome || outcome_worse(m->outcome, outcome) == m->outcome)
		return;
	m->outcome = outcome;
	m->missing = missing != 0;
	text_put(l, &m->signature, signature);
	text_put(l, &m->detail, detail);
}

/* What holds of something inside holds of all members around it. */
static void
around_note(struct layers *l, size_t depth, enum outcome outcome, const char *signature, const char *detail, int missing)
{
	while (depth-- > 0)
		kept_note(l, l->frames[depth].self, outcome, signature, detail, missing);
}

void
layers_note(struct layers *l, enum outcome outcome, const char *signature, const char *detail, int container)
{
	size_t	depth = l->depth;

	while (container && depth > 0 && !l->frames[depth - 1].archive)
		depth--;
	around_note(l, depth, outcome, signature, detail, 0);
}

/* ---- layers ---- */

/* The member that this inner layer is: in a zip by name, mostly in the order of announcement; elsewhere the last. */
static struct member *
child_member(struct layers *l, struct frame *f, const char *name)
{
	size_t		 i, n = l->count - f->first;
	uint64_t	 hash;
	struct member	*m;

	if (n == 0)
		return NULL;
	if (!f->zip) {
		m = &l->members[l->count - 1];
		return m->opened ? NULL : m;
	}
	if (name == NULL)
		return NULL;
	hash = name_hash(name);
	for (i = 0; i < n; i++) {
		m = &l->members[f->first + (f->cursor + i) % n];
		if (m->expected && !m->opened && m->hash == hash) {
			f->cursor = (f->cursor + i + 1) % n;
			return m;
		}
	}
	return NULL;
}

/* Gives the number of the member that the layer is, or NONE. */
static uint32_t
child_seen(struct layers *l, struct frame *f, const char *name, const char *type, size_t size)
{
	struct layer_member	*k;
	struct member		*m = child_member(l, f, name);
	uint32_t		 kept = NONE;

	f->children++;
	/* The default password opens it: the engine knows that one. */
	if (f->sealed != NULL && !f->zip && (strncmp(type, "CL_TYPE_OOXML", 13) == 0 || strcmp(type, "CL_TYPE_ZIP") == 0))
		f->sealed = NULL;
	if (f->gzip && f->isize != (uint32_t)size && (!f->streams || size < f->isize))
		f->cut = 1;
	if (m != NULL) {
		m->opened = 1;
		/* Unpackers give what they have of a damaged member. */
		m->cut = size < m->size;
		kept = m->kept;
	} else if (f->archive)
		kept = kept_add(l, name, size);
	if (kept == NONE)
		return NONE;
	k = &l->kept[kept];
	strncpy(k->real_type, type, sizeof(k->real_type) - 1);
	if (k->size == 0)
		k->size = size;
	return kept;
}

static void
frame_kind(struct frame *f, const char *type)
{
	size_t	i;

	strncpy(f->type, type, sizeof(f->type) - 1);
	for (i = 0; i < sizeof(archives) / sizeof(archives[0]); i++)
		if (strcmp(type, archives[i].type) == 0) {
			f->holds = archives[i].holds ? archives[i].type : NULL;
			f->counted = archives[i].counted;
			f->archive = 1;
		}
	f->zip = strcmp(type, "CL_TYPE_ZIP") == 0 || strncmp(type, "CL_TYPE_OOXML", 13) == 0;
	f->tar = strcmp(type, "CL_TYPE_POSIX_TAR") == 0 || strcmp(type, "CL_TYPE_OLD_TAR") == 0;
	f->iso = strcmp(type, "CL_TYPE_ISO9660") == 0;
}

/*
 * libclamav finds containers inside of others (a program with a zip behind it)
 * and announces their members in the layer around.  Any two octets may look
 * like a zip's header: only with the record of its end it is one.
 */
static void
frame_embedded(struct frame *f, const char *type)
{
	const char	*holds = f->holds;

	memset(f->type, 0, sizeof(f->type));
	frame_kind(f, type);
	f->holds = holds;
	f->counted &= !f->zip || f->zip_end;
}

/* The whole names of a tar, before its octets go. */
static const char *
tar_names(struct layers *l, struct frame *f, const char *data, size_t size)
{
	struct tar	t;
	struct buf	b;
	size_t		n = 0;

	buf_init(&b, TAR_NAMES_BYTES);
	tar_init(&t, data, size);
	while (tar_next(&t) && !b.failed) {
		buf_add(&b, t.field, strlen(t.field) + 1);
		buf_add(&b, t.name, strlen(t.name) + 1);
		n = b.failed ? n : b.len;
	}
	/* What there was no room for, is announced with the name that libclamav has. */
	f->names_len = n;
	f->names = n > 0 ? buf_steal(&b, NULL) : NULL;
	buf_free(&b);
	if (n > 0 && f->names == NULL)
		l->failed = 1;
	return t.damage;
}

/* The whole name of the member announced, or the name itself. */
static const char *
tar_name(struct frame *f, const char *name)
{
	const char	*field = f->names + f->names_at, *whole;

	if (!f->tar || f->names_at >= f->names_len || strcmp(field, name) != 0)
		return name;
	whole = field + strlen(field) + 1;
	f->names_at = (size_t)(whole + strlen(whole) + 1 - f->names);
	return whole[0] != '\0' ? whole : name;
}

static void
frame_look(struct layers *l, struct frame *f, const char *type, const char *name, const char *data, size_t size)
{
	const char	*what;
	enum outcome	 outcome = OUTCOME_UNOPENED;

	if ((what = foreign_kind(type, data, size)) == NULL)
		what = damage_kind(f, type, (const unsigned char *)data, size);
	if (what == NULL && f->tar && data != NULL)
		what = tar_names(l, f, data, size);
	if (data != NULL && !f->archive)
		f->zip_end = memmem(size > ZIP_END_MAX ? data + size - ZIP_END_MAX : data,
		    size > ZIP_END_MAX ? ZIP_END_MAX : size, "PK\5\6", 4) != NULL;
	if (what == NULL && data != NULL)
		outcome = sealed_look(type, data, size, &what);
	if (outcome == OUTCOME_ENCRYPTED)
		f->sealed = what;
	else if (what != NULL && outcome == OUTCOME_UNOPENED) {
		say(l->unopened, sizeof(l->unopened), what);
		around_note(l, l->depth, OUTCOME_UNOPENED, NULL, what, 0);
	}
	/* OpenDocument: each stream is encrypted by itself, inside an ordinary zip. */
	if (l->depth > 1 && l->frames[l->depth - 2].zip && name != NULL && strcmp(base_name(name), "manifest.xml") == 0 &&
	    data != NULL && sealed_manifest(data, size))
		l->frames[l->depth - 2].sealed = "ODF";
}

void
layers_enter(struct layers *l, const char *type, const char *name, const char *data, size_t size,
    uint32_t level, int normalized)
{
	uint32_t	 self = NONE;
	struct frame	*f;

	while (l->depth > 0 && l->frames[l->depth - 1].level >= level)
		layers_leave(l);
	if (l->depth > 0 && !normalized)
		self = child_seen(l, &l->frames[l->depth - 1], name, type, size);
	if (l->depth == LAYERS_DEPTH_MAX) {
		l->lost++;
		l->limit = "depth";
		return;
	}
	f = &l->frames[l->depth++];
	memset(f, 0, sizeof(*f));
	f->first = l->count;
	f->level = level;
	f->size = size;
	f->self = self;
	frame_kind(f, type);
	if (!normalized)
		frame_look(l, f, type, name, data, size);
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
		l->limit = "members";
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

/* A name that may have lost its end. */
static int
name_cut(const struct frame *f, const char *name)
{
	size_t	len = strlen(name);

	return (f->zip && len >= ZIP_NAME_MAX) || (f->tar && len == TAR_FIELD_MAX);
}

static void
member_name_put(struct layers *l, const struct frame *f, struct member *m, const char *name)
{
	const char	*base = base_name(name);
	size_t		 len = strlen(base);

	if (len >= sizeof(m->name))
		base += len - (sizeof(m->name) - 1);
	memcpy(m->name, base, strlen(base) + 1);
	if (m->kept != NONE && l->kept[m->kept].name != NULL && strcmp(l->kept[m->kept].name, name) != 0)
		text_put(l, &l->kept[m->kept].other, name);
	if (name_cut(f, name)) {
		l->limit = "member name";
		kept_note(l, m->kept, OUTCOME_LIMIT, NULL, "member name", 0);
	}
}

void
layers_member(struct layers *l, const char *container, const char *name, uint64_t packed, uint64_t size,
    int encrypted, unsigned int pos)
{
	struct frame	*f;
	struct member	*m;
	size_t		 len;

	if (l->depth == 0 || l->lost > 0)
		return;
	f = &l->frames[l->depth - 1];
	if (strcmp(container, f->type) != 0)
		frame_embedded(f, container);
	if (name == NULL)
		name = "";
	name = tar_name(f, name);
	if ((m = announced_before(l, f, pos)) == NULL) {
		if ((m = member_add(l)) == NULL)
			return;
		len = strlen(name);
		/* A directory is no file. */
		m->kept = size == 0 && len > 0 && name[len - 1] == '/' ? NONE : kept_add(l, name, size);
	}
	m->pos = pos;
	m->must = f->counted != 0;
	m->iso = f->iso;
	if (size > m->size)
		m->size = size;
	/* The layer will bear the name of the local header, which comes last. */
	m->hash = name_hash(name);
	m->encrypted |= encrypted != 0;
	m->expected |= size > LAYER_MIN || packed > PACKED_MIN;
	if (m->kept != NONE) {
		l->kept[m->kept].size = m->size;
		l->kept[m->kept].encrypted |= encrypted != 0;
	}
	member_name_put(l, f, m, name);
}

/* f is no frame any more: around it are those that are left. */
static void
member_missing(struct layers *l, const struct frame *f, const struct member *m)
{
	enum outcome	outcome = m->encrypted ? OUTCOME_ENCRYPTED : OUTCOME_UNOPENED;

	if (m->encrypted)
		say(l->encrypted, sizeof(l->encrypted), m->name);
	else
		say(l->unopened, sizeof(l->unopened), m->name);
	kept_note(l, m->kept, outcome, NULL, NULL, 1);
	kept_note(l, f->self, outcome, NULL, m->name, 1);
	around_note(l, l->depth, outcome, NULL, m->name, 1);
}

static int
is_missing(const struct member *m)
{
	if (m->opened)
		return m->cut;
	if (!m->expected)
		return 0;
	return m->iso ? m->size % ISO_BLOCK != 0 : m->must;
}

void
layers_leave(struct layers *l)
{
	struct frame	*f;
	size_t		 i;

	if (l->lost > 0) {
		l->lost--;
		return;
	}
	if (l->depth == 0)
		return;
	f = &l->frames[--l->depth];
	for (i = f->first; i < l->count; i++)
		if (is_missing(&l->members[i]))
			member_missing(l, f, &l->members[i]);
	if (f->holds != NULL && f->children == 0 && l->count == f->first && f->size > PACKED_MIN) {
		say(l->unopened, sizeof(l->unopened), f->holds);
		kept_note(l, f->self, OUTCOME_UNOPENED, NULL, f->holds, 1);
		around_note(l, l->depth, OUTCOME_UNOPENED, NULL, f->holds, 1);
	}
	if (f->cut) {
		say(l->unopened, sizeof(l->unopened), "gzip: truncated");
		kept_note(l, f->self, OUTCOME_UNOPENED, NULL, "gzip: truncated", 0);
		around_note(l, l->depth, OUTCOME_UNOPENED, NULL, "gzip: truncated", 0);
	}
	if (f->sealed != NULL) {
		say(l->encrypted, sizeof(l->encrypted), f->sealed);
		kept_note(l, f->self, OUTCOME_ENCRYPTED, NULL, f->sealed, 0);
		around_note(l, l->depth, OUTCOME_ENCRYPTED, NULL, f->sealed, 0);
	}
	l->count = f->first;
	free(f->names);
	f->names = NULL;
}

void
layers_end(struct layers *l)
{
	while (l->depth > 0 || l->lost > 0)
		layers_leave(l);
}

void
layers_excuse(struct layers *l, enum outcome outcome, const char *detail)
{
	struct layer_member	*m;
	size_t			 i;

	for (i = 0; i < l->kept_count; i++) {
		m = &l->kept[i];
		if (m->outcome != OUTCOME_UNOPENED || !m->missing)
			continue;
		m->outcome = outcome;
		text_put(l, &m->detail, detail);
	}
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

const char *
layers_limit(const struct layers *l)
{
	return l->limit;
}

int
layers_failed(const struct layers *l)
{
	return l->failed;
}

const struct layer_member *
layers_members(const struct layers *l, size_t *count)
{
	*count = l->kept_count;
	return l->kept;
}
