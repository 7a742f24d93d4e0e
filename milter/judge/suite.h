/* SPDX-License-Identifier: ISC */
/* A cipher suite and TLS version as any software writes them -> what they mean; and back to the IANA name. */
#ifndef HOPWARD_JUDGE_SUITE_H
#define HOPWARD_JUDGE_SUITE_H

#include <stddef.h>

/*
 * Names are read by a grammar of their words, there is no table of suites:
 * IANA, OpenSSL, LibreSSL, GnuTLS (names, descriptions and what Exim makes of
 * them), Schannel, JSSE, rustls, mbed TLS and .NET write the same words in
 * another order and with other glue.  A name with a word that is not known, or
 * words that make no suite, is not understood: then all of struct suite but
 * its version is unknown.  A name that says only a part ("AES-256-GCM") leaves
 * the rest unknown.  That a suite was ever registered is not checked.
 */

#define SUITE_NAME_MAX	160	/* octets; the longest real one, a GnuTLS description with a hybrid, has some 90 */

/* X(constant, as shown and as written in profiles); 0 is always UNKNOWN. */
#define SUITE_VERSIONS(X)	/* in order of age */			\
	X(UNKNOWN, "unknown")						\
	X(SSL2, "SSLv2")						\
	X(SSL3, "SSLv3")						\
	X(TLS10, "TLSv1.0")						\
	X(TLS11, "TLSv1.1")						\
	X(TLS12, "TLSv1.2")						\
	X(TLS13, "TLSv1.3")

#define SUITE_KXS(X)							\
	X(UNKNOWN, "unknown")						\
	X(NULL, "NULL")							\
	X(ANY, "any")		/* TLS 1.3: not the suite's affair, always ephemeral */ \
	X(RSA, "RSA")							\
	X(DH, "DH")		/* static */				\
	X(DHE, "DHE")							\
	X(ECDH, "ECDH")		/* static */				\
	X(ECDHE, "ECDHE")						\
	X(PSK, "PSK")		/* alone; with another, that one, and auth is PSK */ \
	X(KRB5, "KRB5")							\
	X(SRP, "SRP")							\
	X(GOST, "GOST")							\
	X(CECPQ1, "CECPQ1")						\
	X(ECCPWD, "ECCPWD")

#define SUITE_AUTHS(X)							\
	X(UNKNOWN, "unknown")						\
	X(NULL, "NULL")							\
	X(ANY, "any")							\
	X(RSA, "RSA")							\
	X(DSS, "DSS")							\
	X(ECDSA, "ECDSA")	/* EdDSA too */				\
	X(PSK, "PSK")							\
	X(ANON, "anon")							\
	X(KRB5, "KRB5")							\
	X(SRP, "SRP")							\
	X(GOST, "GOST")							\
	X(ECCPWD, "ECCPWD")

#define SUITE_CIPHERS(X)						\
	X(UNKNOWN, "unknown")						\
	X(NULL, "NULL")							\
	X(AES, "AES")							\
	X(CHACHA20, "CHACHA20")						\
	X(CAMELLIA, "CAMELLIA")						\
	X(ARIA, "ARIA")							\
	X(SM4, "SM4")							\
	X(SEED, "SEED")							\
	X(IDEA, "IDEA")							\
	X(3DES, "3DES")							\
	X(DES, "DES")							\
	X(RC2, "RC2")							\
	X(RC4, "RC4")							\
	X(GOST, "GOST")

#define SUITE_MODES(X)							\
	X(UNKNOWN, "unknown")						\
	X(STREAM, "stream")	/* and NULL */				\
	X(CBC, "CBC")							\
	X(GCM, "GCM")							\
	X(CCM, "CCM")							\
	X(CCM_8, "CCM_8")						\
	X(POLY1305, "POLY1305")

#define SUITE_MACS(X)							\
	X(UNKNOWN, "unknown")						\
	X(NULL, "NULL")							\
	X(AEAD, "AEAD")		/* the hash in such a name is not the MAC's */ \
	X(MD5, "MD5")							\
	X(SHA, "SHA")							\
	X(SHA256, "SHA256")						\
	X(SHA384, "SHA384")						\
	X(GOST, "GOST")

#define X(e, s) SUITE_VERSION_##e,
enum suite_version { SUITE_VERSIONS(X) SUITE_VERSION_MAX };
#undef X
#define X(e, s) SUITE_KX_##e,
enum suite_kx { SUITE_KXS(X) SUITE_KX_MAX };
#undef X
#define X(e, s) SUITE_AUTH_##e,
enum suite_auth { SUITE_AUTHS(X) SUITE_AUTH_MAX };
#undef X
#define X(e, s) SUITE_CIPHER_##e,
enum suite_cipher { SUITE_CIPHERS(X) SUITE_CIPHER_MAX };
#undef X
#define X(e, s) SUITE_MODE_##e,
enum suite_mode { SUITE_MODES(X) SUITE_MODE_MAX };
#undef X
#define X(e, s) SUITE_MAC_##e,
enum suite_mac { SUITE_MACS(X) SUITE_MAC_MAX };
#undef X

struct suite {
	enum suite_version	 version;	/* as stated; a name alone states none */
	enum suite_version	 least, most;	/* what version and name together leave possible */
	enum suite_kx		 kx;
	enum suite_auth		 auth;
	enum suite_cipher	 cipher;	/* unknown: so are bits, export and draft */
	enum suite_mode		 mode;		/* unknown: so is aead */
	enum suite_mac		 mac;
	unsigned int		 bits;		/* of strength: 3DES has 112 */
	int			 aead, fs, export;	/* fs: forward secrecy, unknown where kx is */
	int			 draft;		/* a suite of another meaning than its registered namesake: "_OLD", "FIPS" */
	int			 odd;		/* name and version contradict each other, so the name counts for nothing, but that of a NULL cipher */
};

/*
 * Reads both, of which each may be NULL with length 0 or empty; any octets.
 * Linear.  0 if the suite is known in all its parts, 1 if something of it
 * stayed unknown; *suite is filled either way.
 *
 * The version wins: under TLS 1.3 a name with key exchange and authentication
 * of TLS 1.2, as GnuTLS writes it, has kx and auth "any".  Without a version
 * string "V:NAME:BITS" (Exim) and "(V)-(...)" (GnuTLS) are read for theirs.
 */
int	suite_parse(const char *name, size_t name_len, const char *version, size_t version_len, struct suite *);
/* The same of strings; NULL is fine. */
int	suite_read(const char *name, const char *version, struct suite *);

/*
 * "TLSv1.3" "TLS1_3" "TLS-1.0" "Tls13" "TLS\Tls12" "SSLv3" ...; unknown for
 * what names none, such as "TLSv1/SSLv3" (old Sendmail, for any) and "TLS".
 */
enum suite_version suite_version_parse(const char *, size_t);

/*
 * Strength as written: "256", "256/256", "128bits"; the first number counts.
 * Up to 32 it is octets (old Exim with GnuTLS).  0 and *bits, or -1.
 * The suite's own bits are better where it is known: some count 3DES as 168.
 */
int	suite_bits_parse(const char *, size_t, unsigned int *bits);

/*
 * The name in IANA's registry, into out of at least SUITE_IANA_MAX octets.
 * 0, or -1 and "" where name and version do not determine it, and for GOST and drafts.
 */
#define SUITE_IANA_MAX	64
int	suite_iana(const struct suite *, char *out, size_t size);
/* For people: the IANA name, else what is known of it in words, else "unknown".  Returns out. */
char	*suite_str(const struct suite *, char *out, size_t size);

int	suite_known(const struct suite *);	/* all of it but the version */
/* 1: the same suite whatever the version, 0: not, -1: too little is known of one. */
int	suite_same(const struct suite *, const struct suite *);

const char	*suite_version_str(enum suite_version);
const char	*suite_kx_str(enum suite_kx);
const char	*suite_auth_str(enum suite_auth);
const char	*suite_cipher_str(enum suite_cipher);
const char	*suite_mode_str(enum suite_mode);
const char	*suite_mac_str(enum suite_mac);

#endif
