/* SPDX-License-Identifier: ISC */
/* Preloaded into OpenSMTPD 6.8 in tests: gives its TLS server the private key that it cannot use from another process. */
/*
 * That version keeps the key in its process "ca" and signs there through the
 * old method tables, which OpenSSL 3 no longer asks: with Debian 12's package
 * every handshake as a server ends with "EVP lib" (OpenSMTPD's issues 1171 and
 * 1239; mended in 7.3).  Here each session that has a certificate gets the key
 * of the file $SMTPD_KEY, read at start, before smtpd changes its root.
 * Version, cipher and the Received field are all smtpd's own as before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

static EVP_PKEY *key;

__attribute__((constructor)) static void
key_read(void)
{
	const char *path = getenv("SMTPD_KEY");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;

	if (f == NULL)
		return;
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
}

SSL *
SSL_new(SSL_CTX *ctx)
{
	SSL *(*next)(SSL_CTX *) = (SSL *(*)(SSL_CTX *))dlsym(RTLD_NEXT, "SSL_new");
	SSL *ssl = next(ctx);

	if (ssl != NULL && key != NULL && SSL_get_certificate(ssl) != NULL)
		(void)SSL_use_PrivateKey(ssl, key);
	return ssl;
}
