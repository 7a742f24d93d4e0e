/* SPDX-License-Identifier: ISC */
/* Tests of judge/suite.c: every dialect of cipher names, against tables and against OpenSSL's own list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <openssl/objects.h>
#include <openssl/ssl.h>

#include "judge/suite.h"

/* "TLSv1.3 any/any AES-256-GCM AEAD fs"; what is not known shows as "unknown". */
static const char *
shown(const struct suite *s, char *out, size_t size)
{
	snprintf(out, size, "%s %s/%s %s-%u-%s %s%s%s%s%s%s", suite_version_str(s->version), suite_kx_str(s->kx),
	    suite_auth_str(s->auth), suite_cipher_str(s->cipher), s->bits, suite_mode_str(s->mode), suite_mac_str(s->mac),
	    s->aead ? " aead" : "", s->fs ? " fs" : "", s->export ? " export" : "", s->draft ? " draft" : "",
	    s->odd ? " odd" : "");
	return out;
}

struct sample {
	const char	*name, *version;	/* as written */
	const char	*want;			/* as shown() */
	const char	*iana;			/* or "" */
};

static int
samples_check(const struct sample *samples, size_t n)
{
	struct suite	 s;
	char		 got[200], iana[SUITE_IANA_MAX];
	size_t		 i;
	int		 bad = 0;

	for (i = 0; i < n; i++) {
		memset(&s, 0xff, sizeof(s));
		memset(iana, 'x', sizeof(iana));
		(void)suite_read(samples[i].name, samples[i].version, &s);
		(void)suite_iana(&s, iana, sizeof(iana));
		if (strcmp(shown(&s, got, sizeof(got)), samples[i].want) != 0 || strcmp(iana, samples[i].iana) != 0) {
			print_error("%s %s:\n  got  %s = %s\n  want %s = %s\n", samples[i].version, samples[i].name, got, iana,
			    samples[i].want, samples[i].iana);
			bad++;
		}
	}
	return bad;
}

#define S13_256	"TLSv1.3 any/any AES-256-GCM AEAD aead fs"
#define S13_128	"TLSv1.3 any/any AES-128-GCM AEAD aead fs"
#define S12_EC	"TLSv1.2 ECDHE/RSA AES-256-GCM AEAD aead fs"
#define N13_256	"TLS_AES_256_GCM_SHA384"
#define N13_128	"TLS_AES_128_GCM_SHA256"
#define N12_EC	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define NOTHING	"unknown/unknown unknown-0-unknown unknown"

/* As MTAs write them. */
static void
dialects(void **state)
{
	static const struct sample samples[] = {
		/* IANA: Gmail, Exchange, Exim, Go, James */
		{ "TLS_AES_256_GCM_SHA384", "TLS1_3", S13_256, N13_256 },
		{ "TLS_AES_128_GCM_SHA256", "TLSv1.3", S13_128, N13_128 },
		{ "tls_aes_128_gcm_sha256", "tlsv1.3", S13_128, N13_128 },
		{ "TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", "TLSv1.3 any/any CHACHA20-256-POLY1305 AEAD aead fs",
		    "TLS_CHACHA20_POLY1305_SHA256" },
		{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS1_2", S12_EC, N12_EC },
		{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS-1.2", "TLSv1.2 ECDHE/ECDSA AES-256-GCM AEAD aead fs",
		    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
		{ "TLS_NULL_WITH_NULL_NULL", "SSLv3", "SSLv3 NULL/NULL NULL-0-stream NULL", "TLS_NULL_WITH_NULL_NULL" },
		{ "TLS_SHA256_SHA256", "TLSv1.3", "TLSv1.3 any/any NULL-0-stream SHA256 fs", "TLS_SHA256_SHA256" },
		/* OpenSSL: Postfix, Sendmail and their macros */
		{ "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", S12_EC, N12_EC },
		{ "ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "TLSv1.2 ECDHE/RSA CHACHA20-256-POLY1305 AEAD aead fs",
		    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
		{ "AES256-SHA", "TLSv1", "TLSv1.0 RSA/RSA AES-256-CBC SHA", "TLS_RSA_WITH_AES_256_CBC_SHA" },
		{ "DES-CBC3-SHA", "TLSv1/SSLv3", "unknown RSA/RSA 3DES-112-CBC SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
		{ "EDH-RSA-DES-CBC3-SHA", "SSLv3", "SSLv3 DHE/RSA 3DES-112-CBC SHA fs", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA" },
		{ "AECDH-AES256-SHA", "TLSv1.2", "TLSv1.2 ECDHE/anon AES-256-CBC SHA fs", "TLS_ECDH_anon_WITH_AES_256_CBC_SHA" },
		{ "ADH-AES256-GCM-SHA384", "TLSv1.2", "TLSv1.2 DHE/anon AES-256-GCM AEAD aead fs",
		    "TLS_DH_anon_WITH_AES_256_GCM_SHA384" },
		{ "DHE-RSA-CAMELLIA256-SHA", "TLSv1", "TLSv1.0 DHE/RSA CAMELLIA-256-CBC SHA fs",
		    "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA" },
		{ "RC4-SHA", "TLSv1", "TLSv1.0 RSA/RSA RC4-128-stream SHA", "TLS_RSA_WITH_RC4_128_SHA" },
		{ "EXP-RC4-MD5", "SSLv3", "SSLv3 RSA/RSA RC4-40-stream MD5 export", "TLS_RSA_EXPORT_WITH_RC4_40_MD5" },
		{ "EXP1024-DES-CBC-SHA", "SSLv3", "SSLv3 RSA/RSA DES-56-CBC SHA export", "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA" },
		{ "EXP-EDH-RSA-DES-CBC-SHA", "TLSv1", "TLSv1.0 DHE/RSA DES-40-CBC SHA fs export",
		    "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA" },
		{ "NULL-SHA256", "TLSv1.2", "TLSv1.2 RSA/RSA NULL-0-stream SHA256", "TLS_RSA_WITH_NULL_SHA256" },
		{ "ECDHE-ARIA128-GCM-SHA256", "TLSv1.2", "TLSv1.2 ECDHE/RSA ARIA-128-GCM AEAD aead fs",
		    "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256" },
		{ "SRP-RSA-AES-256-CBC-SHA", "TLSv1.2", "TLSv1.2 SRP/RSA AES-256-CBC SHA", "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA" },
		{ "RC4-MD5", "SSLv2", "SSLv2 RSA/RSA RC4-128-stream MD5", "TLS_RSA_WITH_RC4_128_MD5" },
		{ "GOST2012-GOST8912-GOST8912", "TLSv1.2", "TLSv1.2 GOST/GOST GOST-256-stream GOST", "" },
		/* GnuTLS names: Exim with GnuTLS */
		{ "ECDHE_RSA_AES_256_GCM_SHA384", "TLS1.2", S12_EC, N12_EC },
		{ "RSA_AES_256_CBC_SHA1", "TLS1.0", "TLSv1.0 RSA/RSA AES-256-CBC SHA", "TLS_RSA_WITH_AES_256_CBC_SHA" },
		{ "RSA_AES_256_CBC_SHA", "TLS-1.0", "TLSv1.0 RSA/RSA AES-256-CBC SHA", "TLS_RSA_WITH_AES_256_CBC_SHA" },
		{ "RSA_ARCFOUR_128_MD5", "TLS1.0", "TLSv1.0 RSA/RSA RC4-128-stream MD5", "TLS_RSA_WITH_RC4_128_MD5" },
		{ "DH_ANON_AES_128_GCM_SHA256", "TLS1.2", "TLSv1.2 DHE/anon AES-128-GCM AEAD aead fs",
		    "TLS_DH_anon_WITH_AES_128_GCM_SHA256" },
		{ "SRP_SHA_RSA_AES_128_CBC_SHA1", "TLS1.2", "TLSv1.2 SRP/RSA AES-128-CBC SHA", "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA" },
		{ "AES_256_GCM_SHA384", "TLS1.3", S13_256, N13_256 },
		{ "AES_256_GCM_SHA384", NULL, "unknown any/any AES-256-GCM AEAD aead fs", N13_256 },
		/* GnuTLS descriptions, and what Exim makes of them */
		{ "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM", "TLS1.3", S13_256, N13_256 },
		{ "ECDHE_SECP256R1__RSA_SHA256__AES_256_GCM", "TLS1.2", S12_EC, N12_EC },
		{ "ECDHE_SECP256R1__ECDSA_SHA256__AES_128_CBC__SHA1", "TLS1.2", "TLSv1.2 ECDHE/ECDSA AES-128-CBC SHA fs",
		    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
		{ "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256", NULL, S13_256, N13_256 },
		{ "(TLS1.3)-(ECDHE-SECP256R1)-(RSA-PSS-RSAE-SHA256)-(AES-256-GCM)", NULL, S13_256, N13_256 },
		{ "(TLS1.3)-(HYBRID-X25519-MLKEM768)-(ECDSA-SECP256R1-SHA256)-(CHACHA20-POLY1305)", NULL,
		    "TLSv1.3 any/any CHACHA20-256-POLY1305 AEAD aead fs", "TLS_CHACHA20_POLY1305_SHA256" },
		{ "(TLS1.2)-(DHE-FFDHE3072)-(RSA-SHA512)-(AES-256-CBC)-(SHA1)", "", "TLSv1.2 DHE/RSA AES-256-CBC SHA fs",
		    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
		{ "(TLS1.2)-(ECDHE-RSA-SECP256R1)-(AES-256-GCM)", NULL, S12_EC, N12_EC },
		{ "(TLS1.2)-(RSA)-(AES-128-GCM)", NULL, "TLSv1.2 RSA/RSA AES-128-GCM AEAD aead", "TLS_RSA_WITH_AES_128_GCM_SHA256" },
		{ "(TLS1.2)-(ECDHE-X25519)-(AES-128-GCM)", NULL, "TLSv1.2 ECDHE/unknown AES-128-GCM AEAD aead fs", "" },
		/* Exim's log */
		{ "TLS1.3:TLS_AES_256_GCM_SHA384:256", NULL, S13_256, N13_256 },
		{ "TLS1.3:TLS_AES_256_GCM_SHA384:256:X25519*", NULL, S13_256, N13_256 },
		/* Schannel, LibreSSL, rustls, mbed TLS, wolfSSL, JSSE, .NET, Momentum */
		{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P256", "TLS1_2", S12_EC, N12_EC },
		{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P384", "TLS1_2", S12_EC, N12_EC },
		{ "AEAD-AES256-GCM-SHA384", "TLSv1.3", S13_256, N13_256 },
		{ "AEAD-CHACHA20-POLY1305-SHA256", "TLSv1.3", "TLSv1.3 any/any CHACHA20-256-POLY1305 AEAD aead fs",
		    "TLS_CHACHA20_POLY1305_SHA256" },
		{ "TLS13_AES_256_GCM_SHA384", "TLSv1_3", S13_256, N13_256 },
		{ "TLS13-AES128-GCM-SHA256", "TLSv1.3", S13_128, N13_128 },
		{ "TLS1-3-AES-128-GCM-SHA256", "TLSv1.3", S13_128, N13_128 },
		{ "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384", "TLSv1.2", S12_EC, N12_EC },
		{ "SSL_RSA_WITH_3DES_EDE_CBC_SHA", "TLSv1", "TLSv1.0 RSA/RSA 3DES-112-CBC SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
		{ "Aes256", "TLS\\Tls12", "TLSv1.2 unknown/unknown AES-256-unknown unknown", "" },
		{ "Aes256", "TLS\\Tls13", S13_256, N13_256 },
		{ "Aes128", "Tls13", "TLSv1.3 any/any AES-128-unknown unknown fs", "" },
		{ "AES-256-GCM", NULL, "unknown unknown/unknown AES-256-GCM AEAD aead", "" },
		{ "AES-256-GCM", "TLSv1.3", S13_256, N13_256 },
		{ "AES-256-GCM-SHA384", NULL, "unknown unknown/unknown AES-256-GCM AEAD aead", "" },
		{ "CHACHA20-POLY1305-SHA256", NULL, "unknown unknown/unknown CHACHA20-256-POLY1305 AEAD aead", "" },
	};

	(void)state;
	assert_int_equal(samples_check(samples, sizeof(samples) / sizeof(samples[0])), 0);
}

/* Where the same letters mean different things. */
static void
traps(void **state)
{
	static const struct sample samples[] = {
		/* RSA key exchange in OpenSSL's, TLS 1.3 in IANA's */
		{ "AES128-GCM-SHA256", "TLSv1.2", "TLSv1.2 RSA/RSA AES-128-GCM AEAD aead", "TLS_RSA_WITH_AES_128_GCM_SHA256" },
		{ "AES128-GCM-SHA256", NULL, "unknown RSA/RSA AES-128-GCM AEAD aead", "TLS_RSA_WITH_AES_128_GCM_SHA256" },
		{ "TLS_AES_128_GCM_SHA256", NULL, "unknown any/any AES-128-GCM AEAD aead fs", N13_128 },
		{ "TLS_AES_128_GCM_SHA256", "TLSv1.2", "TLSv1.2 " NOTHING " odd", "" },
		{ "NULL", "TLSv1.3", "TLSv1.3 unknown/unknown NULL-0-stream unknown odd", "" },
		{ "NULL-SHA", "TLSv1.3", "TLSv1.3 unknown/unknown NULL-0-stream unknown odd", "" },
		/* the version wins over GnuTLS' names of 1.2 */
		{ "ECDHE_RSA_AES_256_GCM_SHA384", "TLS1.3", S13_256, N13_256 },
		{ "DHE_RSA_AES_128_GCM_SHA256", "TLS1.3", S13_128, N13_128 },
		{ "ECDHE_RSA_AES_256_GCM_SHA384", NULL, "unknown ECDHE/RSA AES-256-GCM AEAD aead fs", "" },
		{ "ECDHE_RSA_CHACHA20_POLY1305", "TLS1.3", "TLSv1.3 any/any CHACHA20-256-POLY1305 AEAD aead fs",
		    "TLS_CHACHA20_POLY1305_SHA256" },
		/* but not over what 1.3 cannot have */
		{ "ECDHE_RSA_AES_256_CBC_SHA1", "TLS1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "ECDHE-RSA-AES256-SHA", "TLSv1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "AES256-SHA256", "TLSv1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "DES-CBC3-SHA", "TLSv1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "RC4-SHA", "TLSv1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "ECDHE_ECDSA_AES_256_CCM", "TLS1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "DH_ANON_AES_128_GCM_SHA256", "TLS1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "RSA_AES_128_GCM_SHA256", "TLS1.3", "TLSv1.3 " NOTHING " odd", "" },
		{ "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.1", "TLSv1.1 " NOTHING " odd", "" },
		{ "AES128-SHA256", "TLSv1", "TLSv1.0 " NOTHING " odd", "" },
		/* CCM and CCM_8 */
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "TLSv1.2", "TLSv1.2 ECDHE/ECDSA AES-128-CCM AEAD aead fs",
		    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "TLSv1.2", "TLSv1.2 ECDHE/ECDSA AES-128-CCM_8 AEAD aead fs",
		    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
		{ "ECDHE-ECDSA-AES128-CCM8", "TLSv1.2", "TLSv1.2 ECDHE/ECDSA AES-128-CCM_8 AEAD aead fs",
		    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
		{ "AES256-CCM", "TLSv1.2", "TLSv1.2 RSA/RSA AES-256-CCM AEAD aead", "TLS_RSA_WITH_AES_256_CCM" },
		{ "TLS_AES_128_CCM_8_SHA256", "TLSv1.3", "TLSv1.3 any/any AES-128-CCM_8 AEAD aead fs", "TLS_AES_128_CCM_8_SHA256" },
		{ "DHE-PSK-AES128-CCM8", "TLSv1.2", "TLSv1.2 DHE/PSK AES-128-CCM_8 AEAD aead fs", "TLS_PSK_DHE_WITH_AES_128_CCM_8" },
		{ "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", "TLSv1.2", "TLSv1.2 ECDHE/PSK AES-128-CCM AEAD aead fs",
		    "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256" },
		/* drafts */
		{ "ECDHE-RSA-CHACHA20-POLY1305-OLD", "TLSv1.2", "TLSv1.2 ECDHE/RSA CHACHA20-256-POLY1305 AEAD aead fs draft", "" },
		{ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD", "TLSv1.2",
		    "TLSv1.2 ECDHE/RSA CHACHA20-256-POLY1305 AEAD aead fs draft", "" },
		{ "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA", "TLSv1", "TLSv1.0 RSA/RSA 3DES-112-CBC SHA draft", "" },
		/* SHA is a word of SRP's key exchange too */
		{ "TLS_SRP_SHA_WITH_AES_128_CBC_SHA", "TLSv1.2", "TLSv1.2 SRP/SRP AES-128-CBC SHA", "TLS_SRP_SHA_WITH_AES_128_CBC_SHA" },
	};

	(void)state;
	assert_int_equal(samples_check(samples, sizeof(samples) / sizeof(samples[0])), 0);
}

/* What is not understood is not understood at all. */
static void
unknowns(void **state)
{
	static const char *const names[] = {
		"", " ", "-", "_", "--", "TLS", "TLS_", "TLS_WITH", "WITH", "RSA", "ECDHE-RSA", "SHA", "GCM", "128", "FOO",
		"TLS_AES_256_GCM_SHA384_FOO", "TLS_FOO_AES_256_GCM_SHA384", "FOO-AES256-GCM-SHA384", "ECDHE-FOO-AES256-GCM-SHA384",
		"ECDHE-RSA-AES512-GCM-SHA384", "ECDHE-RSA-AES192-GCM-SHA384", "TLS_AES_512_GCM_SHA384", "TLS_AEGIS_256_SHA512",
		"TLS_AES_256_GCM_SHA256", "TLS_AES_128_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA",
		"TLS_AES_256_GCM_SHA384;", "TLS_AES_256_GCM_SHA384(256)", "-ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-RSA-AES256-GCM-SHA384-", "ECDHE--RSA-AES256-GCM-SHA384", "ECDHE-RSA-ECDHE-AES256-GCM-SHA384",
		"DHE-ECDSA-AES256-GCM-SHA384", "ECDHE-DSS-AES256-GCM-SHA384", "RSA-DHE-ECDHE-AES256-GCM-SHA384",
		"AES256-ECDHE-RSA-GCM-SHA384", "ECDHE-RSA-GCM-AES256-SHA384", "ECDHE-RSA-AES256-SHA384-GCM",
		"ECDHE-RSA-AES256-GCM-CBC-SHA384", "ECDHE-RSA-AES256-GCM-SHA384-SHA384", "ECDHE-RSA-RC4-GCM-SHA256",
		"ECDHE-RSA-CHACHA20-GCM-SHA256", "ECDHE-RSA-CHACHA20", "TLS_AES_256_CBC_SHA384", "TLS_RC4_128_SHA",
		"TLS_AES_256_CCM_SHA256", "TLS_CAMELLIA_256_GCM_SHA384", "TLS13_ECDHE_RSA_AES_256_GCM_SHA384",
		"TLS_ECDHE_RSA_WITH_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_AES_WITH_256_GCM_SHA384", "EXP-AES256-SHA",
		"TLS_WITH_AES_256_GCM_SHA384", "SSL_CK_RC4_128_WITH_MD5", "AES256-GCM-SHA384-P256-P256", "AES-0-GCM", "AES--GCM",
		"ECDHE_ECDSA_AES_128_GCM_8", "TLS_ECDHE_RSA_WITH_AES_8_CBC_SHA", "DES-EDE-CBC-SHA", "TLS_RSA_WITH_DES_EDE_CBC_SHA",
		"(TLS1.3)", "(TLS1.3)-(ECDHE-X25519)", "(TLS1.3)-(ECDHE-X25519)-(AES-256-GCM", "()-()-()", "(((((", "__", "a__b",
		"(TLS1.3)-(FOO-X25519)-(RSA-SHA256)-(AES-256-GCM)", "(TLS1.3)-(ECDHE-X25519)-(AES-256-GCM)-(AES-256-GCM)",
		"(TLS1.2)-(ECDHE-X25519)-(RSA-SHA256)-(AES-256-GCM)-(SHA384)-(SHA384)-(X)-(Y)", "TLS1.3:", "TLS1.3::", ":", "TLS1.3:FOO:256",
		"ECDHE-RSA-AES256-GCM-SHA384\r\n", "ECDHE-RSA-AES256\xc2\xa0-GCM-SHA384", "<NONE>", "(NONE)", "unknown", "0", "none",
	};
	struct suite	 s;
	char		 got[200];
	size_t		 i;
	int		 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (suite_read(names[i], "TLSv1.3", &s) != 1 || s.cipher != SUITE_CIPHER_UNKNOWN || s.kx != SUITE_KX_UNKNOWN ||
		    s.version != SUITE_VERSION_TLS13 || s.odd) {
			print_error("\"%s\" under 1.3: got %s, want nothing known\n", names[i], shown(&s, got, sizeof(got)));
			bad++;
		}
		if (suite_read(names[i], NULL, &s) != 1 || s.cipher != SUITE_CIPHER_UNKNOWN || s.bits != 0 || s.fs || s.aead) {
			print_error("\"%s\": got %s, want nothing known\n", names[i], shown(&s, got, sizeof(got)));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_int_equal(suite_read(NULL, NULL, &s), 1);
	assert_string_equal(suite_str(&s, got, sizeof(got)), "unknown");
	assert_int_equal(s.least, SUITE_VERSION_SSL2);
	assert_int_equal(s.most, SUITE_VERSION_TLS13);
}

static void
versions(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "TLSv1.3", "TLSv1.3" }, { "TLS1.3", "TLSv1.3" }, { "TLS1_3", "TLSv1.3" }, { "TLSv1_3", "TLSv1.3" },
		{ "TLS-1.3", "TLSv1.3" }, { "Tls13", "TLSv1.3" }, { "TLS\\Tls13", "TLSv1.3" }, { "tlsv1.3", "TLSv1.3" },
		{ "TLS 1.3", "TLSv1.3" }, { " TLSv1.3 ", "TLSv1.3" }, { "TLSv1.2", "TLSv1.2" }, { "TLS\\Tls12", "TLSv1.2" },
		{ "TLSv1.1", "TLSv1.1" }, { "TLSv1.0", "TLSv1.0" }, { "TLSv1", "TLSv1.0" }, { "TLS1", "TLSv1.0" },
		{ "TLS1_0", "TLSv1.0" }, { "TLS-1.0", "TLSv1.0" }, { "Tls", "TLSv1.0" }, { "TLS\\Tls", "TLSv1.0" },
		{ "SSLv3", "SSLv3" }, { "SSL3", "SSLv3" }, { "Ssl3", "SSLv3" }, { "SSL3_0", "SSLv3" }, { "SSL-3.0", "SSLv3" },
		{ "SSLv2", "SSLv2" }, { "Ssl2", "SSLv2" },
		{ "TLSv1/SSLv3", "unknown" }, { "TLS", "unknown" }, { "SSL", "unknown" }, { "", "unknown" }, { "TLSv", "unknown" },
		{ "TLSv1.4", "unknown" }, { "TLSv2", "unknown" }, { "TLSv3", "unknown" }, { "SSLv1", "unknown" },
		{ "SSLv3.1", "unknown" }, { "TLSv1.33", "unknown" }, { "TLSv1.", "unknown" }, { "TLSv1.3x", "unknown" },
		{ "DTLSv1.2", "unknown" }, { "1.3", "unknown" }, { "0x0304", "unknown" }, { "TLSv1.3/TLSv1.2", "unknown" },
		{ "TLSv11", "TLSv1.1" }, { "unknown", "unknown" },
	};
	size_t	 i;
	int	 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = suite_version_str(suite_version_parse(cases[i].text, strlen(cases[i].text)));

		if (strcmp(got, cases[i].want) != 0) {
			print_error("\"%s\": got %s, want %s\n", cases[i].text, got, cases[i].want);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_int_equal(suite_version_parse("TLSv1.3\0", 8), SUITE_VERSION_UNKNOWN);
}

/* What a name leaves possible where no version is stated. */
static void
bounds(void **state)
{
	static const struct { const char *name, *version, *least, *most; } cases[] = {
		{ "TLS_AES_256_GCM_SHA384", NULL, "TLSv1.3", "TLSv1.3" },
		{ "TLS13_AES_256_GCM_SHA384", NULL, "TLSv1.3", "TLSv1.3" },
		{ "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1/SSLv3", "TLSv1.2", "TLSv1.2" },
		{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", NULL, "TLSv1.2", "TLSv1.2" },
		{ "ECDHE_RSA_AES_128_GCM_SHA256", NULL, "TLSv1.2", "TLSv1.3" },
		{ "ECDHE_RSA_CHACHA20_POLY1305", NULL, "TLSv1.2", "TLSv1.3" },
		{ "ECDHE-RSA-CHACHA20-POLY1305", NULL, "TLSv1.2", "TLSv1.2" },
		{ "ECDHE-RSA-AES128-SHA256", NULL, "TLSv1.2", "TLSv1.2" },
		{ "ECDHE-RSA-AES128-SHA", NULL, "SSLv3", "TLSv1.2" },
		{ "RSA_AES_128_CBC_SHA1", NULL, "SSLv3", "TLSv1.2" },
		{ "RC4-MD5", NULL, "SSLv2", "TLSv1.2" },
		{ "AES-256-GCM", NULL, "TLSv1.2", "TLSv1.3" },
		{ "Aes256", NULL, "SSLv3", "TLSv1.3" },
		{ "FOO", NULL, "SSLv2", "TLSv1.3" },
		{ "FOO", "TLSv1.1", "TLSv1.1", "TLSv1.1" },
	};
	struct suite	 s;
	size_t		 i;
	int		 bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)suite_read(cases[i].name, cases[i].version, &s);
		if (strcmp(suite_version_str(s.least), cases[i].least) != 0 || strcmp(suite_version_str(s.most), cases[i].most) != 0) {
			print_error("%s: got %s to %s, want %s to %s\n", cases[i].name, suite_version_str(s.least),
			    suite_version_str(s.most), cases[i].least, cases[i].most);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
bits(void **state)
{
	static const struct { const char *text; int rc; unsigned int want; } cases[] = {
		{ "256", 0, 256 }, { "256/256", 0, 256 }, { "128/256", 0, 128 }, { "128bits", 0, 128 }, { "256 bits", 0, 256 },
		{ "168", 0, 168 }, { "112", 0, 112 }, { "0", 0, 0 }, { "56", 0, 56 }, { "40", 0, 40 },
		{ "16", 0, 128 }, { "24", 0, 192 }, { "32", 0, 256 },	/* octets, from old Exim */
		{ "", -1, 0 }, { "x", -1, 0 }, { "-1", -1, 0 }, { "256x", -1, 0 }, { "99999999999999999999", -1, 0 }, { "0x80", -1, 0 },
	};
	unsigned int	 got;
	size_t		 i;
	int		 rc, bad = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = suite_bits_parse(cases[i].text, strlen(cases[i].text), &got);
		if (rc != cases[i].rc || got != cases[i].want) {
			print_error("\"%s\": got %d %u, want %d %u\n", cases[i].text, rc, got, cases[i].rc, cases[i].want);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
same(void **state)
{
	static const struct { const char *a, *b; int want; } cases[] = {
		{ "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P256", 1 },
		{ "AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256", 0 },
		{ "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", 0 },
		{ "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305-OLD", 0 },
		{ "ECDHE-RSA-AES256-GCM-SHA384", "AES-256-GCM", -1 },
		{ "ECDHE-RSA-AES128-GCM-SHA256", "AES-256-GCM", 0 },
		{ "FOO", "FOO", -1 },
	};
	struct suite	 a, b;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)suite_read(cases[i].a, NULL, &a);
		(void)suite_read(cases[i].b, NULL, &b);
		if (suite_same(&a, &b) != cases[i].want || suite_same(&b, &a) != cases[i].want)
			fail_msg("%s and %s: got %d, want %d", cases[i].a, cases[i].b, suite_same(&a, &b), cases[i].want);
	}
}

static void
strings(void **state)
{
	struct suite	 s;
	char		 out[200], small[8];

	(void)state;
	(void)suite_read("ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", &s);
	assert_string_equal(suite_str(&s, out, sizeof(out)), N12_EC);
	assert_int_equal(suite_iana(&s, small, sizeof(small)), -1);
	assert_string_equal(small, "");
	(void)suite_read("AES-256-GCM", NULL, &s);
	assert_string_equal(suite_str(&s, out, sizeof(out)),
	    "AES 256, mode GCM, key exchange unknown, authentication unknown, MAC AEAD");
	assert_string_equal(suite_str(&s, small, sizeof(small)), "AES 256");
	assert_string_equal(suite_kx_str((enum suite_kx)99), "unknown");
}

/* Octets of any kind and any number, in time that does not grow with them. */
static void
hostile(void **state)
{
	static const char	 kinds[] = { '-', '_', 'A', '(', ')', ':', '1', '\0', ' ', '\xff', '*', '.' };
	const size_t		 len = 65536;
	char			*text = malloc(len + 1), *p;
	struct suite		 s;
	struct timespec		 a, b;
	size_t			 i, n;
	const char		*repeat[] = { "AES-", "(TLS1.3)-", "ECDHE__", "TLS_", "TLS1.3:", "GOST-", "RSA_PSK_", "-(" };

	(void)state;
	assert_non_null(text);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < sizeof(kinds); i++)
		for (n = 0; n <= len; n = n < 400 ? n + 1 : n * 2) {
			memset(text, kinds[i], n);
			assert_int_equal(suite_parse(text, n, text, n, &s), 1);
			assert_int_equal(s.cipher, SUITE_CIPHER_UNKNOWN);
		}
	for (i = 0; i < sizeof(repeat) / sizeof(repeat[0]); i++) {
		for (p = text; p < text + len; p++)
			*p = repeat[i][(size_t)(p - text) % strlen(repeat[i])];
		text[len] = '\0';
		for (n = 0; n < 400; n++)
			(void)suite_parse(text, n, text, n, &s);
		assert_int_equal(suite_parse(text, len, text, len, &s), 1);
		assert_int_equal(suite_read(text, text, &s), 1);
		assert_int_equal(s.cipher, SUITE_CIPHER_UNKNOWN);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	/* Some 8,000 readings; a bound that only a quadratic one passes. */
	if (b.tv_sec - a.tv_sec > 5)
		fail_msg("got %ld s, want a fraction of one", (long)(b.tv_sec - a.tv_sec));
	/* A NUL is no end. */
	assert_int_equal(suite_parse("TLS_AES_256_GCM_SHA384\0X", 24, "TLSv1.3", 7, &s), 1);
	assert_int_equal(s.cipher, SUITE_CIPHER_UNKNOWN);
	/* No octet behind the given length is looked at. */
	for (n = 0; n <= 22; n++) {
		char *exact = malloc(n + 1);	/* one more, as malloc(0) may be NULL */

		assert_non_null(exact);
		memcpy(exact + 1, "TLS_AES_256_GCM_SHA384", n);
		assert_int_equal(suite_parse(exact + 1, n, NULL, 0, &s), 1);
		assert_int_equal(s.kx == SUITE_KX_ANY && s.mode == SUITE_MODE_GCM, n == 22 || n == 15);
		free(exact);
	}
	free(text);
}

/* ---- OpenSSL's own list ---- */

static enum suite_kx
openssl_kx(int nid)
{
	switch (nid) {
	case NID_kx_rsa:
	case NID_kx_rsa_psk:
		return SUITE_KX_RSA;
	case NID_kx_dhe:
	case NID_kx_dhe_psk:
		return SUITE_KX_DHE;
	case NID_kx_ecdhe:
	case NID_kx_ecdhe_psk:
		return SUITE_KX_ECDHE;
	case NID_kx_psk:
		return SUITE_KX_PSK;
	case NID_kx_srp:
		return SUITE_KX_SRP;
	case NID_kx_gost:
		return SUITE_KX_GOST;
	case NID_kx_any:
		return SUITE_KX_ANY;
	}
	return SUITE_KX_UNKNOWN;
}

static enum suite_auth
openssl_auth(const SSL_CIPHER *c)
{
	/* OpenSSL names the certificate; here PSK is named wherever it takes part, as OpenSSL does with DHE_PSK. */
	if (SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa_psk)
		return SUITE_AUTH_PSK;
	switch (SSL_CIPHER_get_auth_nid(c)) {
	case NID_auth_rsa:
		return SUITE_AUTH_RSA;
	case NID_auth_ecdsa:
		return SUITE_AUTH_ECDSA;
	case NID_auth_psk:
		return SUITE_AUTH_PSK;
	case NID_auth_dss:
		return SUITE_AUTH_DSS;
	case NID_auth_srp:
		return SUITE_AUTH_SRP;
	case NID_auth_null:
		return SUITE_AUTH_ANON;
	case NID_auth_gost01:
	case NID_auth_gost12:
		return SUITE_AUTH_GOST;
	case NID_auth_any:
		return SUITE_AUTH_ANY;
	}
	return SUITE_AUTH_UNKNOWN;
}

static int
openssl_check(const SSL_CIPHER *c)
{
	const char	*name = SSL_CIPHER_get_name(c), *iana = SSL_CIPHER_standard_name(c);
	const char	*version = strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") == 0 ? "TLSv1.3" : "TLSv1.2";
	struct suite	 s, t;
	char		 a[200], b[200], back[SUITE_IANA_MAX];
	int		 bad = 0;

	(void)suite_read(name, version, &s);
	(void)suite_read(iana, version, &t);
	if (memcmp(&s, &t, sizeof(s)) != 0) {
		print_error("%s: got %s, want %s as of %s\n", name, shown(&s, a, sizeof(a)), shown(&t, b, sizeof(b)), iana);
		bad++;
	}
	if (s.kx != openssl_kx(SSL_CIPHER_get_kx_nid(c)) || s.auth != openssl_auth(c) ||
	    s.bits != (unsigned int)SSL_CIPHER_get_bits(c, NULL) || s.aead != SSL_CIPHER_is_aead(c) ||
	    (s.cipher == SUITE_CIPHER_NULL) != (SSL_CIPHER_get_cipher_nid(c) == NID_undef)) {
		print_error("%s: got %s, want %s %s %d aead %d\n", name, shown(&s, a, sizeof(a)),
		    OBJ_nid2sn(SSL_CIPHER_get_kx_nid(c)), OBJ_nid2sn(SSL_CIPHER_get_auth_nid(c)), SSL_CIPHER_get_bits(c, NULL),
		    SSL_CIPHER_is_aead(c));
		bad++;
	}
	if (s.cipher != SUITE_CIPHER_GOST && (suite_iana(&s, back, sizeof(back)) == -1 || strcmp(back, iana) != 0)) {
		print_error("%s: got %s, want %s\n", name, back, iana);
		bad++;
	}
	/* Under 1.3 what is no AEAD suite contradicts, and what is one has the cipher that it names, or contradicts. */
	(void)suite_read(name, "TLSv1.3", &t);
	if (t.odd ? t.cipher != (s.cipher == SUITE_CIPHER_NULL ? SUITE_CIPHER_NULL : SUITE_CIPHER_UNKNOWN) : !t.aead || t.kx != SUITE_KX_ANY || t.cipher != s.cipher || t.bits != s.bits) {
		print_error("%s under 1.3: got %s\n", name, shown(&t, a, sizeof(a)));
		bad++;
	}
	/* Without its version a name means the same or, as GnuTLS would write it, leaves 1.3 open. */
	(void)suite_read(iana, NULL, &t);
	if (suite_same(&s, &t) != 1) {
		print_error("%s without version: got %s, want %s\n", iana, shown(&t, a, sizeof(a)), shown(&s, b, sizeof(b)));
		bad++;
	}
	return bad;
}

static void
openssl_agrees(void **state)
{
	SSL_CTX			*ctx = SSL_CTX_new(TLS_method());
	STACK_OF(SSL_CIPHER)	*list;
	int			 i, n, bad = 0, tls13 = 0;

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0"), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	    "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"), 1);
	list = SSL_CTX_get_ciphers(ctx);
	n = sk_SSL_CIPHER_num(list);
	for (i = 0; i < n; i++) {
		bad += openssl_check(sk_SSL_CIPHER_value(list, i));
		tls13 += strcmp(SSL_CIPHER_get_version(sk_SSL_CIPHER_value(list, i)), "TLSv1.3") == 0;
	}
	SSL_CTX_free(ctx);
	if (n < 100 || tls13 != 5)
		fail_msg("got %d suites, %d of TLS 1.3, want at least 100 and 5", n, tls13);
	assert_int_equal(bad, 0);
}

/* No two of them may be read as one. */
static void
openssl_distinct(void **state)
{
	SSL_CTX			*ctx = SSL_CTX_new(TLS_method());
	STACK_OF(SSL_CIPHER)	*list;
	struct suite		 a, b;
	int			 i, j, n, bad = 0;

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0"), 1);
	list = SSL_CTX_get_ciphers(ctx);
	n = sk_SSL_CIPHER_num(list);
	for (i = 0; i < n; i++) {
		(void)suite_read(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)), NULL, &a);
		for (j = 0; j < i; j++) {
			(void)suite_read(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, j)), NULL, &b);
			if (a.cipher != SUITE_CIPHER_GOST && suite_same(&a, &b) != 0) {
				print_error("got %s the same as %s\n", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)),
				    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, j)));
				bad++;
			}
		}
	}
	SSL_CTX_free(ctx);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialects),
		cmocka_unit_test(traps),
		cmocka_unit_test(unknowns),
		cmocka_unit_test(versions),
		cmocka_unit_test(bounds),
		cmocka_unit_test(bits),
		cmocka_unit_test(same),
		cmocka_unit_test(strings),
		cmocka_unit_test(hostile),
		cmocka_unit_test(openssl_agrees),
		cmocka_unit_test(openssl_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
