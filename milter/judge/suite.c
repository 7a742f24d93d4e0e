/* SPDX-License-Identifier: ISC */
/* The grammar of cipher suite names: words of any dialect -> key exchange, authentication, cipher, mode, MAC. */
/*
 * Called by whoever has a name from a macro, a Received field or a log line.
 * Owns nothing, keeps nothing.  It does not grade (profile.c) and does not
 * look for a suite within other text: the caller cuts out the name.
 *
 * A name is cut into words at - and _.  What the words mean does not depend on
 * the dialect but for one thing: a name without key exchange is RSA in
 * OpenSSL's ("AES128-GCM-SHA256") and TLS 1.3 in IANA's
 * ("TLS_AES_128_GCM_SHA256").  The glue tells them apart: OpenSSL writes the
 * key length without a separator, and LibreSSL's 1.3 names begin with AEAD.
 */
#include <stdio.h>
#include <string.h>

#include "judge/suite.h"

#define WORDS_MAX	24	/* of a name; the longest real one, a description, has 14 */
#define WORD_LEN_MAX	15	/* of a word; the longest that is known has 11 */
#define GROUPS_MAX	6	/* of a description: version, key exchange, signature, cipher, MAC, one spare */

/* ---- the words ---- */

enum kind {
	WORD_PREFIX, WORD_KX, WORD_EXPORT, WORD_FIPS, WORD_WITH, WORD_CIPHER, WORD_MODE, WORD_HASH, WORD_OLD, WORD_CURVE,
	WORD_GOST
};

/* Words of key exchange and authentication; which together make one says kx_pairs. */
#define K_RSA		0x0001u
#define K_DH		0x0002u
#define K_DHE		0x0004u
#define K_ECDH		0x0008u
#define K_ECDHE		0x0010u
#define K_ANON		0x0020u
#define K_DSS		0x0040u
#define K_ECDSA		0x0080u
#define K_PSK		0x0100u
#define K_KRB5		0x0200u
#define K_SRP		0x0400u
#define K_CECPQ1	0x0800u
#define K_ECCPWD	0x1000u
#define K_NULL		0x2000u

enum prefix { PREFIX_NONE, PREFIX_TLS, PREFIX_TLS13, PREFIX_SSL };
enum hash { HASH_NONE, HASH_MD5, HASH_SHA, HASH_SHA256, HASH_SHA384, HASH_SM3 };
#define MODE_EDE	100u	/* words that are no mode by themselves: 3DES-EDE-CBC, DES-CBC3 */
#define MODE_CBC3	101u

static const struct word {
	char		 text[12];
	enum kind	 kind;
	unsigned int	 value;
	unsigned int	 bits;		/* of a cipher; glued: its length was in the word */
} words[] = {
	{ "TLS", WORD_PREFIX, PREFIX_TLS, 0 },
	{ "SSL", WORD_PREFIX, PREFIX_SSL, 0 },
	{ "TLS13", WORD_PREFIX, PREFIX_TLS13, 0 },
	{ "AEAD", WORD_PREFIX, PREFIX_TLS13, 0 },
	{ "RSA", WORD_KX, K_RSA, 0 },
	{ "DH", WORD_KX, K_DH, 0 },
	{ "DHE", WORD_KX, K_DHE, 0 },
	{ "EDH", WORD_KX, K_DHE, 0 },
	{ "ADH", WORD_KX, K_DH | K_ANON, 0 },
	{ "ECDH", WORD_KX, K_ECDH, 0 },
	{ "ECDHE", WORD_KX, K_ECDHE, 0 },
	{ "EECDH", WORD_KX, K_ECDHE, 0 },
	{ "AECDH", WORD_KX, K_ECDH | K_ANON, 0 },
	{ "ANON", WORD_KX, K_ANON, 0 },
	{ "DSS", WORD_KX, K_DSS, 0 },
	{ "DSA", WORD_KX, K_DSS, 0 },
	{ "ECDSA", WORD_KX, K_ECDSA, 0 },
	{ "PSK", WORD_KX, K_PSK, 0 },
	{ "KRB5", WORD_KX, K_KRB5, 0 },
	{ "SRP", WORD_KX, K_SRP, 0 },
	{ "CECPQ1", WORD_KX, K_CECPQ1, 0 },
	{ "ECCPWD", WORD_KX, K_ECCPWD, 0 },
	{ "EXP", WORD_EXPORT, 40, 0 },
	{ "EXPORT", WORD_EXPORT, 40, 0 },
	{ "EXP1024", WORD_EXPORT, 56, 0 },
	{ "EXPORT1024", WORD_EXPORT, 56, 0 },
	{ "FIPS", WORD_FIPS, 0, 0 },
	{ "WITH", WORD_WITH, 0, 0 },
	{ "NULL", WORD_CIPHER, SUITE_CIPHER_NULL, 0 },
	{ "AES", WORD_CIPHER, SUITE_CIPHER_AES, 0 },
	{ "AES128", WORD_CIPHER, SUITE_CIPHER_AES, 128 },
	{ "AES256", WORD_CIPHER, SUITE_CIPHER_AES, 256 },
	{ "CHACHA20", WORD_CIPHER, SUITE_CIPHER_CHACHA20, 256 },
	{ "CAMELLIA", WORD_CIPHER, SUITE_CIPHER_CAMELLIA, 0 },
	{ "CAMELLIA128", WORD_CIPHER, SUITE_CIPHER_CAMELLIA, 128 },
	{ "CAMELLIA256", WORD_CIPHER, SUITE_CIPHER_CAMELLIA, 256 },
	{ "ARIA", WORD_CIPHER, SUITE_CIPHER_ARIA, 0 },
	{ "ARIA128", WORD_CIPHER, SUITE_CIPHER_ARIA, 128 },
	{ "ARIA256", WORD_CIPHER, SUITE_CIPHER_ARIA, 256 },
	{ "SM4", WORD_CIPHER, SUITE_CIPHER_SM4, 128 },
	{ "SEED", WORD_CIPHER, SUITE_CIPHER_SEED, 128 },
	{ "IDEA", WORD_CIPHER, SUITE_CIPHER_IDEA, 128 },
	{ "3DES", WORD_CIPHER, SUITE_CIPHER_3DES, 112 },
	{ "TRIPLEDES", WORD_CIPHER, SUITE_CIPHER_3DES, 112 },
	{ "DES", WORD_CIPHER, SUITE_CIPHER_DES, 56 },
	{ "DES40", WORD_CIPHER, SUITE_CIPHER_DES, 40 },
	{ "RC2", WORD_CIPHER, SUITE_CIPHER_RC2, 128 },
	{ "RC4", WORD_CIPHER, SUITE_CIPHER_RC4, 128 },
	{ "ARCFOUR", WORD_CIPHER, SUITE_CIPHER_RC4, 128 },
	{ "EDE", WORD_MODE, MODE_EDE, 0 },
	{ "CBC", WORD_MODE, SUITE_MODE_CBC, 0 },
	{ "CBC3", WORD_MODE, MODE_CBC3, 0 },
	{ "GCM", WORD_MODE, SUITE_MODE_GCM, 0 },
	{ "CCM", WORD_MODE, SUITE_MODE_CCM, 0 },
	{ "CCM8", WORD_MODE, SUITE_MODE_CCM_8, 0 },
	{ "POLY1305", WORD_MODE, SUITE_MODE_POLY1305, 0 },
	{ "MD5", WORD_HASH, HASH_MD5, 0 },
	{ "SHA", WORD_HASH, HASH_SHA, 0 },
	{ "SHA1", WORD_HASH, HASH_SHA, 0 },
	{ "SHA256", WORD_HASH, HASH_SHA256, 0 },
	{ "SHA384", WORD_HASH, HASH_SHA384, 0 },
	{ "SM3", WORD_HASH, HASH_SM3, 0 },
	{ "OLD", WORD_OLD, 0, 0 },
	{ "P256", WORD_CURVE, 0, 0 },
	{ "P384", WORD_CURVE, 0, 0 },
	{ "P521", WORD_CURVE, 0, 0 },
	{ "GOST", WORD_GOST, 0, 0 },
	{ "GOST94", WORD_GOST, 0, 0 },
	{ "GOST2001", WORD_GOST, 0, 0 },
	{ "GOST2012", WORD_GOST, 0, 0 },
	{ "GOST12", WORD_GOST, 0, 0 },
	{ "GOST89", WORD_GOST, 0, 0 },
	{ "GOST8912", WORD_GOST, 0, 0 },
	{ "GOSTR341094", WORD_GOST, 0, 0 },
	{ "GOSTR341001", WORD_GOST, 0, 0 },
	{ "GOSTR341112", WORD_GOST, 0, 0 },
	{ "GOSTR3411", WORD_GOST, 0, 0 },
	{ "28147", WORD_GOST, 0, 0 },
	{ "KUZNYECHIK", WORD_GOST, 0, 0 },
	{ "MAGMA", WORD_GOST, 0, 0 },
	{ "IMIT", WORD_GOST, 0, 0 },
	{ "CNT", WORD_GOST, 0, 0 },
	{ "CTR", WORD_GOST, 0, 0 },
	{ "OMAC", WORD_GOST, 0, 0 },
	{ "MGM", WORD_GOST, 0, 0 },
	{ "L", WORD_GOST, 0, 0 },
	{ "S", WORD_GOST, 0, 0 },
	{ "IANA", WORD_GOST, 0, 0 },
	{ "LEGACY", WORD_GOST, 0, 0 },
};

/* What the words before the cipher come to, and how IANA writes that; NULL: no such name. */
static const struct kx_pair {
	unsigned int		 mask;
	enum suite_kx		 kx;
	enum suite_auth		 auth;
	const char		*iana;
} kx_pairs[] = {
	{ K_RSA, SUITE_KX_RSA, SUITE_AUTH_RSA, "RSA" },
	{ K_DH | K_RSA, SUITE_KX_DH, SUITE_AUTH_RSA, "DH_RSA" },
	{ K_DH | K_DSS, SUITE_KX_DH, SUITE_AUTH_DSS, "DH_DSS" },
	{ K_DHE | K_RSA, SUITE_KX_DHE, SUITE_AUTH_RSA, "DHE_RSA" },
	{ K_DHE | K_DSS, SUITE_KX_DHE, SUITE_AUTH_DSS, "DHE_DSS" },
	{ K_DH | K_ANON, SUITE_KX_DHE, SUITE_AUTH_ANON, "DH_anon" },
	{ K_ECDH | K_RSA, SUITE_KX_ECDH, SUITE_AUTH_RSA, "ECDH_RSA" },
	{ K_ECDH | K_ECDSA, SUITE_KX_ECDH, SUITE_AUTH_ECDSA, "ECDH_ECDSA" },
	{ K_ECDHE | K_RSA, SUITE_KX_ECDHE, SUITE_AUTH_RSA, "ECDHE_RSA" },
	{ K_ECDHE | K_ECDSA, SUITE_KX_ECDHE, SUITE_AUTH_ECDSA, "ECDHE_ECDSA" },
	{ K_ECDH | K_ANON, SUITE_KX_ECDHE, SUITE_AUTH_ANON, "ECDH_anon" },
	{ K_PSK, SUITE_KX_PSK, SUITE_AUTH_PSK, "PSK" },
	{ K_RSA | K_PSK, SUITE_KX_RSA, SUITE_AUTH_PSK, "RSA_PSK" },
	{ K_DHE | K_PSK, SUITE_KX_DHE, SUITE_AUTH_PSK, "DHE_PSK" },
	{ K_ECDHE | K_PSK, SUITE_KX_ECDHE, SUITE_AUTH_PSK, "ECDHE_PSK" },
	{ K_KRB5, SUITE_KX_KRB5, SUITE_AUTH_KRB5, "KRB5" },
	{ K_SRP, SUITE_KX_SRP, SUITE_AUTH_SRP, "SRP_SHA" },
	{ K_SRP | K_RSA, SUITE_KX_SRP, SUITE_AUTH_RSA, "SRP_SHA_RSA" },
	{ K_SRP | K_DSS, SUITE_KX_SRP, SUITE_AUTH_DSS, "SRP_SHA_DSS" },
	{ K_CECPQ1 | K_RSA, SUITE_KX_CECPQ1, SUITE_AUTH_RSA, "CECPQ1_RSA" },
	{ K_CECPQ1 | K_ECDSA, SUITE_KX_CECPQ1, SUITE_AUTH_ECDSA, "CECPQ1_ECDSA" },
	{ K_ECCPWD, SUITE_KX_ECCPWD, SUITE_AUTH_ECCPWD, "ECCPWD" },
	{ K_NULL, SUITE_KX_NULL, SUITE_AUTH_NULL, "NULL" },
	/* A description may lack the signature. */
	{ K_DHE, SUITE_KX_DHE, SUITE_AUTH_UNKNOWN, NULL },
	{ K_ECDHE, SUITE_KX_ECDHE, SUITE_AUTH_UNKNOWN, NULL },
};

/* ---- names of the values ---- */

#define X(e, s) s,
static const char *const version_names[] = { SUITE_VERSIONS(X) };
static const char *const kx_names[] = { SUITE_KXS(X) };
static const char *const auth_names[] = { SUITE_AUTHS(X) };
static const char *const cipher_names[] = { SUITE_CIPHERS(X) };
static const char *const mode_names[] = { SUITE_MODES(X) };
static const char *const mac_names[] = { SUITE_MACS(X) };
#undef X

#define NAMED(what, value, max) ((unsigned int)(value) < (unsigned int)(max) ? (what)[value] : (what)[0])

const char *
suite_version_str(enum suite_version v)
{
	return NAMED(version_names, v, SUITE_VERSION_MAX);
}

const char *
suite_kx_str(enum suite_kx v)
{
	return NAMED(kx_names, v, SUITE_KX_MAX);
}

const char *
suite_auth_str(enum suite_auth v)
{
	return NAMED(auth_names, v, SUITE_AUTH_MAX);
}

const char *
suite_cipher_str(enum suite_cipher v)
{
	return NAMED(cipher_names, v, SUITE_CIPHER_MAX);
}

const char *
suite_mode_str(enum suite_mode v)
{
	return NAMED(mode_names, v, SUITE_MODE_MAX);
}

const char *
suite_mac_str(enum suite_mac v)
{
	return NAMED(mac_names, v, SUITE_MAC_MAX);
}

/* ---- versions and bits ---- */

static int
letter_is(char c, char upper)
{
	return c == upper || c == upper + ('a' - 'A');
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1.3" "1_3" "13" "1-3" "1": what follows the name of the protocol.  Major * 10 + minor, or -1. */
static int
version_number(const char *s, size_t len)
{
	int	 major, minor = 0;

	if (len == 0 || !is_digit(s[0]))
		return -1;
	major = s[0] - '0';
	s++;
	len--;
	if (len > 0 && (*s == '.' || *s == '_' || *s == '-')) {
		s++;
		if (--len == 0)
			return -1;
	}
	if (len == 1 && is_digit(*s))
		minor = *s - '0';
	else if (len != 0)
		return -1;
	return major * 10 + minor;
}

enum suite_version
suite_version_parse(const char *s, size_t len)
{
	int	 ssl;

	while (len > 0 && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	if (len > 4 && memcmp(s, "TLS\\", 4) == 0) {	/* .NET's enum with its type */
		s += 4;
		len -= 4;
	}
	if (len < 3)
		return SUITE_VERSION_UNKNOWN;
	/* .NET's 1.0; written in capitals it is only the protocol's name. */
	if (len == 3 && memcmp(s, "Tls", 3) == 0)
		return SUITE_VERSION_TLS10;
	ssl = letter_is(s[0], 'S') && letter_is(s[1], 'S') && letter_is(s[2], 'L');
	if (!ssl && !(letter_is(s[0], 'T') && letter_is(s[1], 'L') && letter_is(s[2], 'S')))
		return SUITE_VERSION_UNKNOWN;
	s += 3;
	len -= 3;
	if (len > 0 && (*s == '-' || *s == '_' || *s == ' ')) {
		s++;
		len--;
	}
	if (len > 0 && letter_is(*s, 'V')) {
		s++;
		len--;
	}
	switch (version_number(s, len)) {
	case 10:
		return ssl ? SUITE_VERSION_UNKNOWN : SUITE_VERSION_TLS10;
	case 11:
		return ssl ? SUITE_VERSION_UNKNOWN : SUITE_VERSION_TLS11;
	case 12:
		return ssl ? SUITE_VERSION_UNKNOWN : SUITE_VERSION_TLS12;
	case 13:
		return ssl ? SUITE_VERSION_UNKNOWN : SUITE_VERSION_TLS13;
	case 20:
		return ssl ? SUITE_VERSION_SSL2 : SUITE_VERSION_UNKNOWN;
	case 30:
		return ssl ? SUITE_VERSION_SSL3 : SUITE_VERSION_UNKNOWN;
	}
	return SUITE_VERSION_UNKNOWN;
}

int
suite_bits_parse(const char *s, size_t len, unsigned int *bits)
{
	unsigned int	 n = 0;
	size_t		 i = 0;

	*bits = 0;
	while (i < len && (s[i] == ' ' || s[i] == '\t'))
		i++;
	if (i == len || !is_digit(s[i]))
		return -1;
	for (; i < len && is_digit(s[i]); i++)
		if ((n = n * 10 + (unsigned int)(s[i] - '0')) > 4096)	/* no cipher has as many */
			return -1;
	if (i < len && s[i] != '/' && s[i] != ' ' && !letter_is(s[i], 'B'))
		return -1;
	*bits = n <= 32 ? n * 8 : n;
	return 0;
}

/* ---- cutting ---- */

struct token {
	char	 text[WORD_LEN_MAX + 1];	/* in capitals */
	char	 before;			/* the separator, 0 at the start */
};

struct parse {
	struct token	 tokens[WORDS_MAX];
	size_t		 count;
	size_t		 with;			/* index of WITH, or count */
	enum prefix	 prefix;
	unsigned int	 kx;			/* words K_* */
	int		 with_seen;
	enum suite_cipher cipher;
	unsigned int	 bits;
	int		 glued;			/* the length stood in the cipher's word */
	int		 length_under;		/* the length stood behind a _ */
	enum suite_mode	 mode;
	enum hash	 hash;
	unsigned int	 export_bits;
	int		 gost, old, fips, closed, integrity;
	int		 description;
	enum suite_version stated;		/* within the name */
};

/* 0, or -1 for what can be no name. */
static int
tokens_cut(struct parse *p, const char *s, size_t len)
{
	struct token	*t = NULL;
	size_t		 i, n = 0;
	char		 c, before = '\0';

	p->count = 0;
	for (i = 0; i < len; i++) {
		c = s[i];
		if (c == '-' || c == '_') {
			if (t == NULL)
				return -1;
			t = NULL;
			before = c;
			continue;
		}
		if (c >= 'a' && c <= 'z')
			c = (char)(c - ('a' - 'A'));
		else if (!(c >= 'A' && c <= 'Z') && !is_digit(c))
			return -1;
		if (t == NULL) {
			if (p->count == WORDS_MAX)
				return -1;
			t = &p->tokens[p->count++];
			t->before = before;
			n = 0;
		}
		if (n == WORD_LEN_MAX)
			return -1;
		t->text[n++] = c;
		t->text[n] = '\0';
	}
	return t == NULL ? -1 : 0;
}

static const struct word *
word_find(const char *text)
{
	size_t	 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].text[0] == text[0] && strcmp(words[i].text, text) == 0)
			return &words[i];
	return NULL;
}

/* ---- taking the words in their order ---- */

static int
number_take(struct parse *p, const struct token *t)
{
	unsigned int	 n = 0;
	size_t		 i;

	for (i = 0; t->text[i] != '\0'; i++) {
		if (!is_digit(t->text[i]) || i == 4)
			return -1;
		n = n * 10 + (unsigned int)(t->text[i] - '0');
	}
	if (p->hash != HASH_NONE || p->closed)
		return -1;
	switch (p->cipher) {
	case SUITE_CIPHER_AES:
	case SUITE_CIPHER_CAMELLIA:
	case SUITE_CIPHER_ARIA:
		if (p->mode == SUITE_MODE_CCM && n == 8) {
			p->mode = SUITE_MODE_CCM_8;
			return 0;
		}
		if (p->bits != 0 || p->mode != SUITE_MODE_UNKNOWN || (n != 128 && n != 256))
			return -1;
		p->length_under = t->before == '_';
		break;
	case SUITE_CIPHER_DES:
	case SUITE_CIPHER_RC2:
	case SUITE_CIPHER_RC4:
		if (n != 40 && n != 56 && n != 64 && n != 128)
			return -1;
		break;
	default:
		return -1;
	}
	p->bits = n;
	return 0;
}

static int
cipher_take(struct parse *p, const struct word *w, size_t at)
{
	/* NULL_WITH_NULL_NULL: key exchange, cipher, MAC. */
	if (w->value == SUITE_CIPHER_NULL && at < p->with && p->with < p->count) {
		p->kx |= K_NULL;
		return 0;
	}
	if (w->value == SUITE_CIPHER_NULL && p->cipher == SUITE_CIPHER_NULL && p->kx == K_NULL) {
		p->closed = 1;
		return 0;
	}
	if (p->cipher != SUITE_CIPHER_UNKNOWN || (p->with < p->count && !p->with_seen))
		return -1;
	p->cipher = (enum suite_cipher)w->value;
	p->bits = w->bits;
	p->glued = w->bits != 0 && (p->cipher == SUITE_CIPHER_AES || p->cipher == SUITE_CIPHER_CAMELLIA ||
	    p->cipher == SUITE_CIPHER_ARIA);
	return 0;
}

static int
mode_take(struct parse *p, const struct word *w)
{
	int	 block = p->cipher == SUITE_CIPHER_AES || p->cipher == SUITE_CIPHER_CAMELLIA ||
		    p->cipher == SUITE_CIPHER_ARIA;

	if (p->mode != SUITE_MODE_UNKNOWN || p->hash != HASH_NONE || p->closed)
		return -1;
	switch (w->value) {
	case MODE_EDE:
		return p->cipher == SUITE_CIPHER_3DES ? 0 : -1;
	case MODE_CBC3:
		if (p->cipher != SUITE_CIPHER_DES)
			return -1;
		p->cipher = SUITE_CIPHER_3DES;
		p->bits = 112;
		p->mode = SUITE_MODE_CBC;
		return 0;
	case SUITE_MODE_CBC:
		if (!block && p->cipher != SUITE_CIPHER_SEED && p->cipher != SUITE_CIPHER_IDEA &&
		    p->cipher != SUITE_CIPHER_3DES && p->cipher != SUITE_CIPHER_DES && p->cipher != SUITE_CIPHER_RC2)
			return -1;
		break;
	case SUITE_MODE_GCM:
		if (!block && p->cipher != SUITE_CIPHER_SM4)
			return -1;
		break;
	case SUITE_MODE_POLY1305:
		if (p->cipher != SUITE_CIPHER_CHACHA20)
			return -1;
		break;
	default:
		if (p->cipher != SUITE_CIPHER_AES && !(p->cipher == SUITE_CIPHER_SM4 && w->value == SUITE_MODE_CCM))
			return -1;
	}
	p->mode = (enum suite_mode)w->value;
	return 0;
}

static int
hash_take(struct parse *p, const struct word *w)
{
	if (p->closed)
		return -1;
	if (p->cipher == SUITE_CIPHER_UNKNOWN) {
		if ((p->kx & K_SRP) != 0 && w->value == HASH_SHA && !p->with_seen)
			return 0;	/* SRP_SHA_... */
		/* TLS_SHA256_SHA256: 1.3 without encryption (RFC 9150). */
		if (p->prefix != PREFIX_TLS || p->kx != 0 || w->value < HASH_SHA256)
			return -1;
		if (p->hash == (enum hash)w->value) {
			p->cipher = SUITE_CIPHER_NULL;
			p->integrity = 1;
		} else if (p->hash != HASH_NONE)
			return -1;
	} else if (p->hash != HASH_NONE)
		return -1;
	p->hash = (enum hash)w->value;
	return 0;
}

static int
prefix_take(struct parse *p, const struct word *w, size_t at)
{
	if (at != 0)
		return -1;
	p->prefix = (enum prefix)w->value;
	return 0;
}

static int
word_take(struct parse *p, const struct word *w, size_t at)
{
	switch (w->kind) {
	case WORD_PREFIX:
		return prefix_take(p, w, at);
	case WORD_KX:
		if (p->cipher != SUITE_CIPHER_UNKNOWN || p->with_seen || (p->kx & w->value) != 0)
			return -1;
		p->kx |= w->value;
		return 0;
	case WORD_EXPORT:
		if (p->cipher != SUITE_CIPHER_UNKNOWN || p->export_bits != 0)
			return -1;
		p->export_bits = w->value;
		return 0;
	case WORD_FIPS:
		p->fips = 1;
		return p->cipher != SUITE_CIPHER_UNKNOWN || p->prefix != PREFIX_SSL ? -1 : 0;
	case WORD_WITH:
		if (p->with_seen || p->cipher != SUITE_CIPHER_UNKNOWN || (p->kx == 0 && !p->gost))
			return -1;
		p->with_seen = 1;
		return 0;
	case WORD_CIPHER:
		return cipher_take(p, w, at);
	case WORD_MODE:
		return mode_take(p, w);
	case WORD_HASH:
		return hash_take(p, w);
	case WORD_OLD:
		if (p->cipher != SUITE_CIPHER_CHACHA20 || p->closed)
			return -1;
		p->old = p->closed = 1;
		return 0;
	case WORD_CURVE:
		if (p->cipher == SUITE_CIPHER_UNKNOWN || p->closed)
			return -1;
		p->closed = 1;
		return 0;
	case WORD_GOST:
		p->gost = 1;
		return 0;
	}
	return -1;
}

/* All words of a plain name.  0, or -1 if one is unknown or stands where it cannot. */
static int
words_take(struct parse *p)
{
	const struct word	*w;
	size_t			 i, from = 0;

	p->with = p->count;
	for (i = 0; i < p->count; i++)
		if (strcmp(p->tokens[i].text, "WITH") == 0) {
			p->with = i;
			break;
		}
	/* mbed TLS: TLS1-3-AES-128-GCM-SHA256 */
	if (p->count > 2 && strcmp(p->tokens[0].text, "TLS1") == 0 && strcmp(p->tokens[1].text, "3") == 0) {
		p->prefix = PREFIX_TLS13;
		from = 2;
	}
	for (i = from; i < p->count; i++) {
		if ((w = word_find(p->tokens[i].text)) != NULL ? word_take(p, w, i) == -1 :
		    number_take(p, &p->tokens[i]) == -1)
			/* GOST's words come in any order, all of it is graded alike. */
			if (!p->gost || w == NULL)
				return -1;
	}
	return p->gost || p->cipher != SUITE_CIPHER_UNKNOWN ? 0 : -1;
}

/* ---- what they come to ---- */

static int
is_aead(enum suite_mode mode)
{
	return mode == SUITE_MODE_GCM || mode == SUITE_MODE_CCM || mode == SUITE_MODE_CCM_8 || mode == SUITE_MODE_POLY1305;
}

/* The hash that belongs to an AEAD suite's PRF; HASH_NONE: it has none in its name. */
static enum hash
aead_hash(const struct suite *s)
{
	if (s->cipher == SUITE_CIPHER_SM4)
		return HASH_SM3;
	switch (s->mode) {
	case SUITE_MODE_GCM:
		return s->bits == 256 ? HASH_SHA384 : HASH_SHA256;
	case SUITE_MODE_POLY1305:
		return HASH_SHA256;
	default:
		/* RFC 8442 gave ECDHE_PSK's CCM a hash, all others of 1.2 have none. */
		return s->kx == SUITE_KX_ANY || (s->kx == SUITE_KX_ECDHE && s->auth == SUITE_AUTH_PSK) ? HASH_SHA256 :
		    HASH_NONE;
	}
}

/* Is this cipher and mode one of TLS 1.3's? */
static int
tls13_has(const struct parse *p)
{
	if (p->export_bits != 0 || p->old || p->fips)
		return 0;
	if (p->integrity)
		return 1;
	switch (p->cipher) {
	case SUITE_CIPHER_AES:
		/* A hash without a mode is CBC. */
		return p->mode == SUITE_MODE_GCM || (p->mode == SUITE_MODE_UNKNOWN && p->hash == HASH_NONE) ||
		    ((p->mode == SUITE_MODE_CCM || p->mode == SUITE_MODE_CCM_8) && p->bits == 128);
	case SUITE_CIPHER_CHACHA20:
		return p->mode == SUITE_MODE_POLY1305;
	case SUITE_CIPHER_SM4:
		return p->mode == SUITE_MODE_GCM || p->mode == SUITE_MODE_CCM;
	default:
		return 0;
	}
}

/* Without words of key exchange: TLS 1.3, OpenSSL's silent RSA, or not said. */
static void
kx_absent(const struct parse *p, struct suite *s)
{
	int	 legacy = p->cipher != SUITE_CIPHER_AES && p->cipher != SUITE_CIPHER_CAMELLIA &&
		    p->cipher != SUITE_CIPHER_ARIA && p->cipher != SUITE_CIPHER_CHACHA20 && p->cipher != SUITE_CIPHER_SM4;
	int	 tls13 = p->prefix == PREFIX_TLS || p->prefix == PREFIX_TLS13;

	/* GnuTLS' 1.3 names have no prefix: AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256. */
	if (p->hash != HASH_NONE && is_aead(p->mode) && p->count > 1 && p->tokens[1].before == '_' && !p->glued)
		tls13 = 1;
	if (tls13) {
		s->kx = SUITE_KX_ANY;
		s->auth = SUITE_AUTH_ANY;
	} else if (p->cipher == SUITE_CIPHER_NULL && p->hash == HASH_NONE) {
		s->kx = SUITE_KX_NULL;
		s->auth = SUITE_AUTH_NULL;
	} else if (p->prefix == PREFIX_NONE && !p->description && (legacy || p->glued) &&
	    (p->hash != HASH_NONE || p->mode == SUITE_MODE_CCM || p->mode == SUITE_MODE_CCM_8)) {
		s->kx = SUITE_KX_RSA;
		s->auth = SUITE_AUTH_RSA;
	}
}

static int
kx_resolve(const struct parse *p, struct suite *s)
{
	size_t		 i;

	if (p->kx == 0) {
		kx_absent(p, s);
		return 0;
	}
	if (p->prefix == PREFIX_TLS13)
		return -1;
	for (i = 0; i < sizeof(kx_pairs) / sizeof(kx_pairs[0]); i++)
		if (kx_pairs[i].mask == p->kx)
			break;
	if (i == sizeof(kx_pairs) / sizeof(kx_pairs[0])) {
		/* OpenSSL's ECDH-ARIA128-GCM-SHA256 is ECDH_RSA. */
		if (p->kx != K_ECDH || p->cipher != SUITE_CIPHER_ARIA || !p->glued)
			return -1;
		s->kx = SUITE_KX_ECDH;
		s->auth = SUITE_AUTH_RSA;
		return 0;
	}
	s->kx = kx_pairs[i].kx;
	s->auth = kx_pairs[i].auth;
	if (s->auth == SUITE_AUTH_UNKNOWN && p->cipher == SUITE_CIPHER_ARIA && p->glued && p->kx == K_ECDHE)
		s->auth = SUITE_AUTH_RSA;
	return 0;
}

static enum suite_mac
mac_of(const struct parse *p, enum suite_mode mode)
{
	if (is_aead(mode))
		return SUITE_MAC_AEAD;
	switch (p->hash) {
	case HASH_MD5:
		return SUITE_MAC_MD5;
	case HASH_SHA:
		return SUITE_MAC_SHA;
	case HASH_SHA256:
		return SUITE_MAC_SHA256;
	case HASH_SHA384:
		return SUITE_MAC_SHA384;
	default:
		return p->cipher == SUITE_CIPHER_NULL && (p->kx == 0 || p->kx == K_NULL) ? SUITE_MAC_NULL : SUITE_MAC_UNKNOWN;
	}
}

static void
gost_fill(struct suite *s)
{
	s->kx = SUITE_KX_GOST;
	s->auth = SUITE_AUTH_GOST;
	s->cipher = SUITE_CIPHER_GOST;
	s->mode = SUITE_MODE_STREAM;
	s->mac = SUITE_MAC_GOST;
	s->bits = 256;
	s->least = SUITE_VERSION_SSL3;
	s->most = SUITE_VERSION_TLS13;
}

/* May the name be that of a 1.3 session, where the words of key exchange say nothing of the suite? */
static int
kx_may_be_any(const struct parse *p, const struct suite *s)
{
	if (s->auth == SUITE_AUTH_ANON || !tls13_has(p))
		return 0;
	return s->kx == SUITE_KX_ECDHE || s->kx == SUITE_KX_DHE || s->kx == SUITE_KX_UNKNOWN || s->kx == SUITE_KX_PSK ||
	    (s->kx == SUITE_KX_RSA && p->kx == 0);
}

/* The versions that know this suite. */
static void
bounds_set(const struct parse *p, struct suite *s)
{
	s->least = p->hash == HASH_MD5 ? SUITE_VERSION_SSL2 : SUITE_VERSION_SSL3;
	s->most = SUITE_VERSION_TLS12;
	if (s->kx == SUITE_KX_ANY)
		s->least = s->most = SUITE_VERSION_TLS13;
	else if (s->aead || s->cipher == SUITE_CIPHER_CHACHA20 || p->hash >= HASH_SHA256)
		s->least = SUITE_VERSION_TLS12;
	/* GnuTLS and descriptions name key exchange under 1.3 as well; what names none may be of any. */
	if (kx_may_be_any(p, s) && !p->with_seen && (s->kx == SUITE_KX_UNKNOWN || p->description || (p->prefix == PREFIX_NONE &&
	    (p->length_under || (p->cipher == SUITE_CIPHER_CHACHA20 && p->tokens[1].before == '_')))))
		s->most = SUITE_VERSION_TLS13;
}

/* Words -> suite.  0, or -1: they make none. */
static int
parse_fill(const struct parse *p, struct suite *s)
{
	if (p->gost) {
		gost_fill(s);
		return 0;
	}
	s->cipher = p->cipher;
	s->bits = p->bits;
	s->mode = p->mode;
	s->draft = p->old || p->fips;
	if (p->export_bits != 0 || (p->cipher == SUITE_CIPHER_DES && p->bits == 40)) {
		s->export = 1;
		s->bits = p->export_bits != 0 ? p->export_bits : 40;
		if (s->cipher != SUITE_CIPHER_DES && s->cipher != SUITE_CIPHER_RC2 && s->cipher != SUITE_CIPHER_RC4)
			return -1;
	}
	if (s->bits == 0 && s->cipher != SUITE_CIPHER_NULL)
		return -1;
	if (s->mode == SUITE_MODE_UNKNOWN) {
		if (s->cipher == SUITE_CIPHER_NULL || s->cipher == SUITE_CIPHER_RC4)
			s->mode = SUITE_MODE_STREAM;
		else if (s->cipher == SUITE_CIPHER_CHACHA20 || s->cipher == SUITE_CIPHER_SM4)
			return -1;
		else if (p->hash != HASH_NONE || s->cipher != SUITE_CIPHER_AES)
			s->mode = SUITE_MODE_CBC;	/* but for .NET's "Aes256", which says nothing of it */
	}
	if (kx_resolve(p, s) == -1)
		return -1;
	s->aead = is_aead(s->mode);
	s->mac = p->integrity ? p->hash == HASH_SHA256 ? SUITE_MAC_SHA256 : SUITE_MAC_SHA384 : mac_of(p, s->mode);
	if (s->aead && p->hash != HASH_NONE && p->hash != aead_hash(s) &&
	    !(p->hash == HASH_SHA256 && s->kx == SUITE_KX_UNKNOWN && s->mode != SUITE_MODE_GCM))
		return -1;
	if (!s->aead && (p->hash == HASH_SM3 || s->kx == SUITE_KX_ANY) && !p->integrity && s->mode != SUITE_MODE_UNKNOWN)
		return -1;
	if (s->kx == SUITE_KX_ANY && !tls13_has(p))
		return -1;
	bounds_set(p, s);
	return 0;
}

/* ---- descriptions: (TLS1.3)-(ECDHE-X25519)-(RSA-PSS-RSAE-SHA256)-(AES-256-GCM), and with __ for )-( ---- */

struct group {
	const char	*s;
	size_t		 len;
};

/* Number of groups, 0 if it is none, -1 if it is a broken one. */
static int
groups_cut(const char *s, size_t len, struct group *groups)
{
	size_t	 i, from = 0, skip;
	int	 n = 0, parens = len > 0 && s[0] == '(';

	if (parens) {
		if (len < 2 || s[len - 1] != ')')
			return -1;
		s++;
		len -= 2;
	}
	skip = parens ? 3 : 2;
	for (i = 0; i + skip <= len; i++)
		if (memcmp(s + i, parens ? ")-(" : "__", skip) == 0) {
			if (n == GROUPS_MAX - 1)
				return -1;
			groups[n].s = s + from;
			groups[n++].len = i - from;
			from = i + skip;
			i = from - 1;
		}
	if (n == 0)
		return parens ? -1 : 0;
	groups[n].s = s + from;
	groups[n++].len = len - from;
	return n;
}

/* Key exchange, with the name of its group, which no profile asks for: any word may be that. */
static int
group_kx(struct parse *p)
{
	const struct word	*w;
	size_t			 i;

	for (i = 0; i < p->count; i++) {
		if (strcmp(p->tokens[i].text, "HYBRID") == 0 && i == 0)
			p->kx |= K_ECDHE;
		else if ((w = word_find(p->tokens[i].text)) != NULL && w->kind == WORD_KX)
			p->kx |= w->value;
		else if (i == 0)
			return -1;
	}
	return 0;
}

/* 1 if the words are a signature, which then says the authentication; 0 if not. */
static int
group_signature(struct parse *p)
{
	const char	*first = p->tokens[0].text;
	unsigned int	 auth = 0;

	if (strcmp(first, "RSA") == 0)
		auth = K_RSA;
	else if (strcmp(first, "ECDSA") == 0 || strcmp(first, "EDDSA") == 0)
		auth = K_ECDSA;
	else if (strcmp(first, "DSA") == 0)
		auth = K_DSS;
	if (auth != 0)
		p->kx |= auth;
	return auth != 0;
}

static int
description_parse(struct parse *p, const struct group *groups, int n)
{
	unsigned int	 kx;
	int		 i = 0;

	p->description = 1;
	if ((p->stated = suite_version_parse(groups[0].s, groups[0].len)) != SUITE_VERSION_UNKNOWN)
		i++;
	if (i >= n || tokens_cut(p, groups[i].s, groups[i].len) == -1 || group_kx(p) == -1)
		return -1;
	if (++i < n && tokens_cut(p, groups[i].s, groups[i].len) == -1)
		return -1;
	if (i < n && group_signature(p) && (++i == n || tokens_cut(p, groups[i].s, groups[i].len) == -1))
		return -1;
	/* The cipher's group is a plain name without key exchange. */
	kx = p->kx;
	if (i >= n || words_take(p) == -1 || p->kx != kx || p->prefix != PREFIX_NONE || p->hash != HASH_NONE)
		return -1;
	if (++i < n) {
		const struct word	*w;

		if (tokens_cut(p, groups[i].s, groups[i].len) == -1 || p->count != 1 ||
		    (w = word_find(p->tokens[0].text)) == NULL || w->kind != WORD_HASH || hash_take(p, w) == -1)
			return -1;
		i++;
	}
	return i == n ? 0 : -1;
}

/* ---- the whole ---- */

static void
suite_unknown(struct suite *s)
{
	memset(s, 0, sizeof(*s));
	s->least = SUITE_VERSION_SSL2;
	s->most = SUITE_VERSION_TLS13;
}

/* "TLS1.3:NAME:256[:group]" and a trailing * (resumed), as Exim logs it. */
static void
name_strip(const char **s, size_t *len, enum suite_version *stated)
{
	const char		*colon;
	enum suite_version	 v;

	while (*len > 0 && (**s == ' ' || **s == '\t')) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && ((*s)[*len - 1] == ' ' || (*s)[*len - 1] == '\t' || (*s)[*len - 1] == '*'))
		(*len)--;
	if ((colon = memchr(*s, ':', *len)) == NULL ||
	    (v = suite_version_parse(*s, (size_t)(colon - *s))) == SUITE_VERSION_UNKNOWN)
		return;
	*stated = v;
	*len -= (size_t)(colon + 1 - *s);
	*s = colon + 1;
	if ((colon = memchr(*s, ':', *len)) != NULL)
		*len = (size_t)(colon - *s);
}

/* The version that was stated rules over the name. */
static void
version_apply(struct suite *s, const struct parse *p, enum suite_version version)
{
	int	null;

	if (version == SUITE_VERSION_TLS13 && s->cipher != SUITE_CIPHER_UNKNOWN && s->cipher != SUITE_CIPHER_GOST &&
	    kx_may_be_any(p, s)) {
		/* 1.2-style names under 1.3.  AES_256 is only with GCM there. */
		s->kx = SUITE_KX_ANY;
		s->auth = SUITE_AUTH_ANY;
		if (s->mode == SUITE_MODE_UNKNOWN && s->bits == 256)
			s->mode = SUITE_MODE_GCM;
		s->aead = is_aead(s->mode);
		if (s->aead)
			s->mac = SUITE_MAC_AEAD;
		s->least = s->most = SUITE_VERSION_TLS13;
	}
	if (version < s->least || version > s->most) {
		/* Whatever the name is wrong in: whoever says that nothing was encrypted is not to be graded better. */
		null = s->cipher == SUITE_CIPHER_NULL;
		suite_unknown(s);
		s->odd = 1;
		if (null) {
			s->cipher = SUITE_CIPHER_NULL;
			s->mode = SUITE_MODE_STREAM;
		}
	}
	s->version = s->least = s->most = version;
}

int
suite_parse(const char *name, size_t name_len, const char *version, size_t version_len, struct suite *s)
{
	struct parse		 p;
	struct group		 groups[GROUPS_MAX];
	enum suite_version	 stated, within = SUITE_VERSION_UNKNOWN;
	int			 n, good = 0;

	memset(&p, 0, sizeof(p));
	suite_unknown(s);
	stated = version != NULL ? suite_version_parse(version, version_len) : SUITE_VERSION_UNKNOWN;
	if (name != NULL && name_len <= SUITE_NAME_MAX) {
		name_strip(&name, &name_len, &within);
		if ((n = groups_cut(name, name_len, groups)) > 0)
			good = description_parse(&p, groups, n) == 0;
		else if (n == 0)
			good = tokens_cut(&p, name, name_len) == 0 && words_take(&p) == 0;
		if (good && parse_fill(&p, s) == -1) {
			suite_unknown(s);
			good = 0;
		}
	}
	if (stated == SUITE_VERSION_UNKNOWN)
		stated = within != SUITE_VERSION_UNKNOWN ? within : p.stated;
	if (stated != SUITE_VERSION_UNKNOWN)
		version_apply(s, &p, stated);
	s->fs = s->kx == SUITE_KX_ANY || s->kx == SUITE_KX_DHE || s->kx == SUITE_KX_ECDHE || s->kx == SUITE_KX_CECPQ1 ||
	    s->kx == SUITE_KX_ECCPWD;
	return suite_known(s) && s->version != SUITE_VERSION_UNKNOWN ? 0 : 1;
}

int
suite_read(const char *name, const char *version, struct suite *s)
{
	/* Names far beyond the limit need not be measured to their end. */
	return suite_parse(name, name != NULL ? strnlen(name, SUITE_NAME_MAX + 1) : 0, version,
	    version != NULL ? strnlen(version, SUITE_NAME_MAX + 1) : 0, s);
}

/* ---- back ---- */

static const char *
hash_str(enum hash hash)
{
	switch (hash) {
	case HASH_SHA256:
		return "_SHA256";
	case HASH_SHA384:
		return "_SHA384";
	case HASH_SM3:
		return "_SM3";
	default:
		return "";
	}
}

/* "AES_128_GCM" and the like, as IANA writes it. */
static int
iana_cipher(const struct suite *s, char *out, size_t size)
{
	const char	*mode = suite_mode_str(s->mode);

	switch (s->cipher) {
	case SUITE_CIPHER_NULL:
		return snprintf(out, size, "NULL");
	case SUITE_CIPHER_AES:
	case SUITE_CIPHER_CAMELLIA:
	case SUITE_CIPHER_ARIA:
		return snprintf(out, size, "%s_%u_%s", suite_cipher_str(s->cipher), s->bits, mode);
	case SUITE_CIPHER_3DES:
		return snprintf(out, size, "3DES_EDE_CBC");
	case SUITE_CIPHER_DES:
		return snprintf(out, size, s->bits != 40 ? "DES_CBC" : s->kx == SUITE_KX_KRB5 ? "DES_CBC_40" : "DES40_CBC");
	case SUITE_CIPHER_RC2:
		return snprintf(out, size, s->bits == 40 ? "RC2_CBC_40" : "RC2_CBC_%u", s->bits);
	case SUITE_CIPHER_RC4:
		return snprintf(out, size, "RC4_%u", s->bits);
	default:
		return snprintf(out, size, "%s_%s", suite_cipher_str(s->cipher), mode);
	}
}

static const char *
iana_kx(const struct suite *s)
{
	size_t	 i;

	/* The registry itself has this one the other way round. */
	if (s->kx == SUITE_KX_DHE && s->auth == SUITE_AUTH_PSK && s->mode == SUITE_MODE_CCM_8)
		return "PSK_DHE";
	for (i = 0; i < sizeof(kx_pairs) / sizeof(kx_pairs[0]); i++)
		if (kx_pairs[i].kx == s->kx && kx_pairs[i].auth == s->auth)
			return kx_pairs[i].iana;
	return NULL;
}

int
suite_iana(const struct suite *s, char *out, size_t size)
{
	char		 cipher[32];
	const char	*kx, *mac = "";
	int		 n;

	if (size > 0)
		out[0] = '\0';
	if (!suite_known(s) || s->draft || s->cipher == SUITE_CIPHER_GOST || (s->cipher == SUITE_CIPHER_RC2 && s->bits > 56))
		return -1;
	(void)iana_cipher(s, cipher, sizeof(cipher));
	if (s->kx == SUITE_KX_ANY) {
		if (s->cipher == SUITE_CIPHER_NULL)
			n = snprintf(out, size, "TLS_%s_%s", suite_mac_str(s->mac), suite_mac_str(s->mac));
		else
			n = snprintf(out, size, "TLS_%s%s", cipher, hash_str(aead_hash(s)));
	} else {
		/* Under 1.3 it would be another suite. */
		if (s->most == SUITE_VERSION_TLS13 || (kx = iana_kx(s)) == NULL)
			return -1;
		if (!s->aead)
			mac = suite_mac_str(s->mac);
		n = snprintf(out, size, "TLS_%s%s_WITH_%s%s%s%s", kx,
		    !s->export ? "" : s->bits == 56 ? "_EXPORT1024" : "_EXPORT", cipher, s->aead ? hash_str(aead_hash(s)) : "",
		    mac[0] != '\0' ? "_" : "", mac);
	}
	if (n < 0 || (size_t)n >= size) {
		if (size > 0)
			out[0] = '\0';
		return -1;
	}
	return 0;
}

char *
suite_str(const struct suite *s, char *out, size_t size)
{
	if (suite_iana(s, out, size) == 0)
		return out;
	if (s->cipher == SUITE_CIPHER_UNKNOWN)
		(void)snprintf(out, size, "unknown");
	else
		(void)snprintf(out, size, "%s %u, mode %s, key exchange %s, authentication %s, MAC %s%s", suite_cipher_str(s->cipher),
		    s->bits, suite_mode_str(s->mode), suite_kx_str(s->kx), suite_auth_str(s->auth), suite_mac_str(s->mac),
		    s->draft ? ", draft" : "");
	return out;
}

int
suite_known(const struct suite *s)
{
	return s->kx != SUITE_KX_UNKNOWN && s->auth != SUITE_AUTH_UNKNOWN && s->cipher != SUITE_CIPHER_UNKNOWN &&
	    s->mode != SUITE_MODE_UNKNOWN && s->mac != SUITE_MAC_UNKNOWN;
}

static int
differ(unsigned int a, unsigned int b)
{
	return a != 0 && b != 0 && a != b;
}

int
suite_same(const struct suite *a, const struct suite *b)
{
	if (differ(a->kx, b->kx) || differ(a->auth, b->auth) || differ(a->cipher, b->cipher) || differ(a->mode, b->mode) ||
	    differ(a->mac, b->mac))
		return 0;
	if (a->cipher != SUITE_CIPHER_UNKNOWN && b->cipher != SUITE_CIPHER_UNKNOWN &&
	    (a->bits != b->bits || a->export != b->export || a->draft != b->draft))
		return 0;
	return suite_known(a) && suite_known(b) ? 1 : -1;
}
