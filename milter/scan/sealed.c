/* SPDX-License-Identifier: ISC */
/* What is encrypted or wrapped in a way that the engine does not know, by its own octets. */
/*
 * Called by layers.c for each layer.  libclamav says nothing of encrypted
 * Office documents, OpenPGP and CMS: it finds no signature in what nobody can
 * read, and calls it clean.  Only what proves encryption counts: a signature
 * beside its content (.asc, .p7s) is none.  Offsets are checked before each
 * read; chains are bounded by the number of sectors.
 */
#include <stdint.h>
#include <string.h>

#include "scan/sealed.h"

struct view {
	const uint8_t	*p;
	size_t		 len;
};

static const struct magic {
	const char	*what;
	enum outcome	 outcome;
	size_t		 len;
	const char	*magic;
} magics[] = {
	{ "age", OUTCOME_ENCRYPTED, 21, "age-encryption.org/v1" },
	{ "age", OUTCOME_ENCRYPTED, 34, "-----BEGIN AGE ENCRYPTED FILE-----" },
	{ "rpmsg", OUTCOME_ENCRYPTED, 8, "\x76\xe8\x04\x60\xc4\x11\xe3\x86" },	/* Microsoft's rights management */
	{ "openssl", OUTCOME_ENCRYPTED, 8, "Salted__" },
	{ "luks", OUTCOME_ENCRYPTED, 6, "LUKS\xba\xbe" },
	{ "dmg", OUTCOME_ENCRYPTED, 8, "encrcdsa" },
	{ "keepass", OUTCOME_ENCRYPTED, 8, "\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5" },
	{ "cms", OUTCOME_UNOPENED, 21, "-----BEGIN PKCS7-----" },
	{ "cms", OUTCOME_UNOPENED, 19, "-----BEGIN CMS-----" },
};

static uint32_t
le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* ---- CMS (RFC 5652), DER or BER ---- */

/* Steps into the value at *v if it has the tag.  Of an indefinite length the value goes on to the end. */
static int
der_enter(struct view *v, uint8_t tag, struct view *value)
{
	size_t	len = 0, n, i;

	if (v->len < 2 || v->p[0] != tag)
		return 0;
	n = v->p[1] & 0x7f;
	if (v->p[1] < 0x80) {
		len = n;
		n = 0;
	} else if (n > 4 || v->len < 2 + n)
		return 0;
	else
		for (i = 0; i < n; i++)
			len = len << 8 | v->p[2 + i];
	value->p = v->p + 2 + n;
	value->len = v->len - 2 - n;
	if (v->p[1] != 0x80 && len < value->len)
		value->len = len;
	v->p = value->p + value->len;
	v->len -= 2 + n + value->len;
	return 1;
}

/* Signed data that holds its content, in a form that the engine does not unwrap. */
static int
signed_holds(struct view *v)
{
	struct view	explicit, data, skip, encap, oid, content;

	return der_enter(v, 0xa0, &explicit) && der_enter(&explicit, 0x30, &data) && der_enter(&data, 0x02, &skip) &&
	    der_enter(&data, 0x31, &skip) && der_enter(&data, 0x30, &encap) && der_enter(&encap, 0x06, &oid) &&
	    der_enter(&encap, 0xa0, &content);
}

static enum outcome
cms_look(const uint8_t *p, size_t len, const char **what)
{
	static const char	pkcs7[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07", smime[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";
	struct view		all = { p, len }, v, oid;
	char			kind;

	if (!der_enter(&all, 0x30, &v) || !der_enter(&v, 0x06, &oid) || oid.len < 9)
		return OUTCOME_CLEAN;
	kind = (char)oid.p[oid.len - 1];
	*what = "cms";
	if (oid.len == 9 && memcmp(oid.p, pkcs7, 8) == 0) {
		if (kind == 3 || kind == 4 || kind == 6)
			return OUTCOME_ENCRYPTED;
		*what = "cms-signed";
		return kind == 2 && signed_holds(&v) ? OUTCOME_UNOPENED : OUTCOME_CLEAN;
	}
	if (oid.len == 11 && memcmp(oid.p, smime, 10) == 0)
		return kind == 23 ? OUTCOME_ENCRYPTED : kind == 9 ? OUTCOME_UNOPENED : OUTCOME_CLEAN;
	return OUTCOME_CLEAN;
}

/* ---- OpenPGP (RFC 9580) ---- */

/* The first packet tells: session keys and encrypted data, or something signed or compressed around the content. */
static enum outcome
pgp_tag(unsigned int tag)
{
	switch (tag) {
	case 1: case 3: case 9: case 18: case 20:
		return OUTCOME_ENCRYPTED;
	case 4: case 8: case 11:
		return OUTCOME_UNOPENED;
	default:
		return OUTCOME_CLEAN;
	}
}

/* Without armour there is no magic: version octets and lengths of the packets that begin an encrypted message must fit. */
static enum outcome
pgp_binary(const uint8_t *p, size_t len)
{
	unsigned int	tag, version;
	size_t		head;

	if (len < 32 || (p[0] & 0x80) == 0)
		return OUTCOME_CLEAN;
	if ((p[0] & 0x40) != 0) {
		tag = p[0] & 0x3f;
		head = p[1] < 192 ? 2 : p[1] < 224 ? 3 : p[1] == 255 ? 6 : 0;
	} else {
		tag = p[0] >> 2 & 0x0f;
		head = (p[0] & 3) == 0 ? 2 : (p[0] & 3) == 1 ? 3 : (p[0] & 3) == 2 ? 5 : 0;
	}
	if (head == 0)
		return OUTCOME_CLEAN;
	version = p[head];
	if (tag == 1 && ((version == 3 && p[head + 9] >= 1 && p[head + 9] <= 27) || (version == 6 && p[head + 1] < 34)))
		return OUTCOME_ENCRYPTED;
	if (tag == 3 && (version == 4 || version == 5 || version == 6) && p[head + 1] >= 1 && p[head + 1] <= 13)
		return OUTCOME_ENCRYPTED;
	return OUTCOME_CLEAN;
}

static int
base64_value(uint8_t c)
{
	static const char	alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char		*at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

/* The armour's first octet; its headers end with an empty line.  What cannot be read is taken for encrypted. */
static enum outcome
pgp_armour(const uint8_t *p, size_t len)
{
	size_t	i;
	int	a, b;

	for (i = 0; i + 4 < len; i++) {
		if (p[i] != '\n')
			continue;
		i += p[i + 1] == '\r';
		if (p[i + 1] != '\n')
			continue;
		a = base64_value(p[i + 2]);
		b = base64_value(p[i + 3]);
		if (a == -1 || b == -1)
			break;
		a = a << 2 | b >> 4;
		return pgp_tag((a & 0x40) != 0 ? (unsigned int)a & 0x3f : (unsigned int)a >> 2 & 0x0f);
	}
	return OUTCOME_ENCRYPTED;
}

/* Anywhere in a text, at the beginning of a line: people write around it. */
static enum outcome
pgp_text(const uint8_t *p, size_t len)
{
	static const char	begin[] = "-----BEGIN PGP MESSAGE-----";
	const uint8_t		*at = p;
	enum outcome		 worst = OUTCOME_CLEAN;

	while ((at = memmem(at, len - (size_t)(at - p), begin, sizeof(begin) - 1)) != NULL) {
		if (at == p || at[-1] == '\n' || at[-1] == '\r')
			worst = outcome_worse(worst, pgp_armour(at, len - (size_t)(at - p)));
		at += sizeof(begin) - 1;
	}
	return worst;
}

/* ---- compound files (MS-CFB) ---- */

#define OLE_END		0xfffffffa	/* sector numbers from here on are marks */
#define OLE_DIFAT	109		/* entries of it in the header */
#define OLE_ENTRY	128

struct ole {
	const uint8_t	*p;
	size_t		 len;
	unsigned int	 shift;		/* of a sector's size */
	uint32_t	 cutoff, mini_at;	/* streams below the cutoff lie in the root's stream */
};

static const uint8_t *
ole_sector(const struct ole *o, uint32_t n, size_t need)
{
	uint64_t	at = ((uint64_t)n + 1) << o->shift;

	return n < OLE_END && at <= o->len && o->len - at >= need ? o->p + at : NULL;
}

static uint32_t
ole_next(const struct ole *o, uint32_t n)
{
	uint32_t	per = 1u << (o->shift - 2), i = n / per, difat = le32(o->p + 0x44), k;
	const uint8_t	*s;

	if (i < OLE_DIFAT)
		s = ole_sector(o, le32(o->p + 0x4c + 4 * i), (size_t)1 << o->shift);
	else {
		/* Further sectors of the table form a chain; one holds so many entries that it is short. */
		for (k = (i - OLE_DIFAT) / (per - 1); (s = ole_sector(o, difat, (size_t)1 << o->shift)) != NULL && k > 0; k--)
			difat = le32(s + 4 * (per - 1));
		if (s != NULL)
			s = ole_sector(o, le32(s + 4 * ((i - OLE_DIFAT) % (per - 1))), (size_t)1 << o->shift);
	}
	return s != NULL ? le32(s + 4 * (n % per)) : OLE_END;
}

/* The first `need` (at most 64) octets of the stream of a directory entry. */
static const uint8_t *
ole_head(const struct ole *o, const uint8_t *entry, size_t need)
{
	uint32_t	start = le32(entry + 116), size = le32(entry + 120), n;
	uint64_t	at;
	const uint8_t	*s;

	if (size < need)
		return NULL;
	if (size >= o->cutoff)
		return ole_sector(o, start, need);
	if (start >= OLE_END)
		return NULL;
	at = (uint64_t)start * 64;
	n = o->mini_at;
	/* No more steps than the file has sectors. */
	if (at >> o->shift > o->len >> o->shift)
		return NULL;
	for (; at >> o->shift > 0 && n < OLE_END; at -= (uint64_t)1 << o->shift)
		n = ole_next(o, n);
	s = ole_sector(o, n, (size_t)at + need);
	return s != NULL ? s + at : NULL;
}

static int
ole_named(const uint8_t *entry, const char *name)
{
	size_t	i, len = strlen(name);

	if (le16(entry + 64) != 2 * (len + 1))
		return 0;
	for (i = 0; i < len; i++)
		if (entry[2 * i] != (uint8_t)name[i] || entry[2 * i + 1] != 0)
			return 0;
	return 1;
}

/* FilePass stands near the beginning of a workbook, in the first records. */
static int
xls_locked(const uint8_t *p, size_t len)
{
	size_t	at = 0;
	int	i;

	for (i = 0; i < 8 && at + 4 <= len; i++) {
		if (le16(p + at) == 0x2f)
			return 1;
		at += 4 + le16(p + at + 2);
	}
	return 0;
}

static int
ole_locked(const struct ole *o, const uint8_t *entry)
{
	const uint8_t	*s;

	if (ole_named(entry, "EncryptedPackage"))
		return 1;
	if (ole_named(entry, "WordDocument"))
		return (s = ole_head(o, entry, 12)) != NULL && le16(s) == 0xa5ec && (s[11] & 1) != 0;
	if (ole_named(entry, "Workbook") || ole_named(entry, "Book"))
		return (s = ole_head(o, entry, 64)) != NULL && xls_locked(s, 64);
	if (ole_named(entry, "Current User"))
		return (s = ole_head(o, entry, 16)) != NULL && le32(s + 12) == 0xf3d1c4df;
	return 0;
}

static int
ole_look(const uint8_t *p, size_t len)
{
	struct ole	o = { .p = p, .len = len };
	const uint8_t	*s;
	uint32_t	n;
	size_t		i, steps;

	if (len < 1024 || memcmp(p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) != 0)
		return 0;
	o.shift = le16(p + 0x1e);
	if (o.shift != 9 && o.shift != 12)
		return 0;
	o.cutoff = le32(p + 0x38);
	n = le32(p + 0x30);
	o.mini_at = OLE_END;
	if ((s = ole_sector(&o, n, OLE_ENTRY)) != NULL)
		o.mini_at = le32(s + 116);
	for (steps = len >> o.shift; steps > 0 && (s = ole_sector(&o, n, (size_t)1 << o.shift)) != NULL; steps--) {
		for (i = 0; i + OLE_ENTRY <= (size_t)1 << o.shift; i += OLE_ENTRY)
			if (s[i + 66] == 2 && ole_locked(&o, s + i))
				return 1;
		n = ole_next(&o, n);
	}
	return 0;
}

/* ---- all of them ---- */

int
sealed_manifest(const void *data, size_t len)
{
	return memmem(data, len, "encryption-data", 15) != NULL;
}

enum outcome
sealed_look(const char *type, const void *data, size_t len, const char **what)
{
	const uint8_t	*p = data;
	enum outcome	 got;
	size_t		 i;

	*what = "";
	if (strcmp(type, "CL_TYPE_MSOLE2") == 0) {
		*what = "OLE2";
		return ole_look(p, len) ? OUTCOME_ENCRYPTED : OUTCOME_CLEAN;
	}
	if (strcmp(type, "CL_TYPE_BINARY_DATA") != 0 && strcmp(type, "CL_TYPE_ANY") != 0 &&
	    strncmp(type, "CL_TYPE_TEXT_", 13) != 0 && strcmp(type, "CL_TYPE_HTML") != 0)
		return OUTCOME_CLEAN;
	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (len > magics[i].len && memcmp(p, magics[i].magic, magics[i].len) == 0) {
			*what = magics[i].what;
			return magics[i].outcome;
		}
	if ((got = cms_look(p, len, what)) != OUTCOME_CLEAN)
		return got;
	*what = "pgp";
	if ((got = pgp_binary(p, len)) != OUTCOME_CLEAN)
		return got;
	return pgp_text(p, len);
}
