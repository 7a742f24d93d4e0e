/* SPDX-License-Identifier: ISC */
/* S/MIME: the content of a signed CMS object (RFC 8551 section 3.5), by libcrypto's reader. */
/*
 * Called by walk.c with decoded objects, whatever their type is said to be.
 * Opens signedData only: what is sealed needs a key, and what is compressed
 * is said to be unopened.  Trusts no signature and looks at none.
 */

#include "scan/cms.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/err.h>

/* 1.2.840.113549.1.7.N and, for compressed and authenticated data, 1.2.840.113549.1.9.16.1.N. */
static const uint8_t pkcs7_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07 };
static const uint8_t smime_oid[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01 };

enum cms_kind
cms_kind(const uint8_t *p, size_t len)
{
	size_t at;

	if (len < 32 || p[0] != 0x30)
		return CMS_NONE;
	/* The length: one octet, or as many as its low bits say; 0x80 is BER's "until the end". */
	at = 2 + (p[1] > 0x80 ? p[1] & 0x7fu : 0);
	if (at > 10)
		return CMS_NONE;
	if (memcmp(p + at, smime_oid, sizeof(smime_oid)) == 0)
		return CMS_OTHER;
	if (memcmp(p + at, pkcs7_oid, sizeof(pkcs7_oid)) != 0)
		return CMS_NONE;
	switch (p[at + sizeof(pkcs7_oid)]) {
	case 2:
		return CMS_SIGNED;
	case 3:
	case 6:
		return CMS_SEALED;
	default:
		return CMS_OTHER;
	}
}

int
cms_content(const uint8_t *p, size_t len, uint8_t **out, size_t *out_len)
{
	CMS_ContentInfo *cms = NULL;
	ASN1_OCTET_STRING **content;
	int rc = -1, n;

	*out = NULL;
	*out_len = 0;
	if (len > LONG_MAX || (cms = d2i_CMS_ContentInfo(NULL, &p, (long)len)) == NULL)
		goto out;
	rc = 0;
	if ((content = CMS_get0_content(cms)) == NULL || *content == NULL)
		goto out;
	if ((n = ASN1_STRING_length(*content)) <= 0)
		goto out;
	if ((*out = malloc((size_t)n)) == NULL) {
		rc = -1;
		goto out;
	}
	memcpy(*out, ASN1_STRING_get0_data(*content), (size_t)n);
	*out_len = (size_t)n;
out:
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
