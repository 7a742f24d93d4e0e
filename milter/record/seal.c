/* SPDX-License-Identifier: ISC */
/* The chain over a stream's lines, and the lines that begin and sign it: made, read and checked. */
/*
 * Called by the ledger's writer and by who verifies.  Pure but for OpenSSL: no
 * files, no clock.  A line is read as it is written, octet for octet: what is
 * the same JSON in another dress is no seal, so that there is one text for one meaning.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "record/record.h"
#include "record/seal_int.h"

#define CHAIN_MAGIC	"hopward chain 1"	/* with their NULs */
#define SEAL_MAGIC	"hopward seal 1"
#define STREAM_MAX	64			/* twice what the ledger allows */
#define SIGNED_MAX	(sizeof(SEAL_MAGIC) + STREAM_MAX + 4 * 8 + 2 * 32)
#define YEAR_9999_MS	253402300799999ull

static void
be64(uint8_t out[8], uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

/* ---- the chain ---- */

/* SHA-256 in memory does not fail but for want of memory; then the value is one that no one else computes, and verify tells. */
static void
sha256(const uint8_t *p, size_t len, uint8_t out[SEAL_CHAIN_LEN])
{
	if (EVP_Digest(p, len, out, NULL, EVP_sha256(), NULL) != 1)
		memset(out, 0, SEAL_CHAIN_LEN);
}

void
seal_chain_init(struct seal_chain *c, const char *stream, const uint8_t public_1[SEAL_KEY_LEN], uint64_t seq_before)
{
	uint8_t text[sizeof(CHAIN_MAGIC) + STREAM_MAX + SEAL_KEY_LEN];
	size_t n = strnlen(stream, STREAM_MAX - 1);

	memcpy(text, CHAIN_MAGIC, sizeof(CHAIN_MAGIC));
	memcpy(text + sizeof(CHAIN_MAGIC), stream, n);
	n += sizeof(CHAIN_MAGIC);
	text[n++] = '\0';
	memcpy(text + n, public_1, SEAL_KEY_LEN);
	sha256(text, n + SEAL_KEY_LEN, c->value);
	c->seq = seq_before;
}

void
seal_chain_add(struct seal_chain *c, uint64_t seq, const uint8_t leaf[32])
{
	uint8_t text[SEAL_CHAIN_LEN + 8 + 32];

	memcpy(text, c->value, SEAL_CHAIN_LEN);
	be64(text + SEAL_CHAIN_LEN, seq);
	memcpy(text + SEAL_CHAIN_LEN + 8, leaf, 32);
	sha256(text, sizeof(text), c->value);
	c->seq = seq;
}

/* ---- the signature ---- */

/* What is signed; gives its length. */
static size_t
signed_text(const struct seal *s, const char *stream, uint8_t out[SIGNED_MAX])
{
	size_t n = sizeof(SEAL_MAGIC), len = strnlen(stream, STREAM_MAX - 1);

	memcpy(out, SEAL_MAGIC, sizeof(SEAL_MAGIC));
	memcpy(out + n, stream, len);
	n += len;
	out[n++] = '\0';
	be64(out + n, s->epoch);
	be64(out + n + 8, s->seq);
	be64(out + n + 16, s->time_ms);
	be64(out + n + 24, s->lines);
	memcpy(out + n + 32, s->chain, SEAL_CHAIN_LEN);
	memcpy(out + n + 64, s->next, SEAL_KEY_LEN);
	return n + 96;
}

int
seal_check(const struct seal *s, const char *stream, const uint8_t public_key[SEAL_KEY_LEN])
{
	uint8_t text[SIGNED_MAX];
	size_t n = signed_text(s, stream, text);
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SEAL_KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	ok = key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, s->sig, SEAL_SIG_LEN, text, n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

int
seal_sign(struct seal *s, const char *stream, const uint8_t seed[SEAL_KEY_LEN])
{
	uint8_t text[SIGNED_MAX];
	size_t n = signed_text(s, stream, text), len = SEAL_SIG_LEN;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEAL_KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	ok = key != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, s->sig, &len, text, n) == 1 && len == SEAL_SIG_LEN;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? 0 : -1;
}

/* ---- the bodies ---- */

static int
body_begin(struct json *j, struct buf *out, const char *type, uint64_t time_ms, const char *gateway)
{
	char date[32], text[48];
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm;

	if (time_ms > YEAR_9999_MS || gmtime_r(&t, &tm) == NULL || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return -1;
	snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned int)(time_ms % 1000));
	json_begin(j, out);
	json_begin_object(j, NULL);
	json_u64(j, "v", RECORD_SCHEMA);
	json_str(j, "type", type);
	json_str(j, "time", text);
	if (gateway != NULL)
		json_str(j, "gateway", gateway);
	return 0;
}

int
seal_init_body(const char *gateway, uint64_t time_ms, const uint8_t public_1[SEAL_KEY_LEN], const char *why, struct buf *out)
{
	struct json j;

	if (body_begin(&j, out, "seal-init", time_ms, gateway) == -1)
		return -1;
	json_hex(&j, "public", public_1, SEAL_KEY_LEN);
	json_str(&j, "why", why);
	json_end_object(&j);
	return out->failed ? -1 : 0;
}

int
seal_body(const struct seal *s, const char *gateway, struct buf *out)
{
	struct json j;

	if (body_begin(&j, out, "seal", s->time_ms, gateway) == -1)
		return -1;
	json_u64(&j, "epoch", s->epoch);
	json_u64(&j, "lines", s->lines);
	json_hex(&j, "chain", s->chain, SEAL_CHAIN_LEN);
	json_hex(&j, "next", s->next, SEAL_KEY_LEN);
	json_hex(&j, "sig", s->sig, SEAL_SIG_LEN);
	json_end_object(&j);
	return out->failed ? -1 : 0;
}

/* ---- reading ---- */

/* Each takes its part from *p and goes on behind it.  1 or 0. */
static int
take(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return 0;
	*p += n;
	return 1;
}

static int
take_number(const char **p, uint64_t *v)
{
	const char *start = *p;

	for (*v = 0; **p >= '0' && **p <= '9'; ++*p) {
		if (*v > (UINT64_MAX - 9) / 10)
			return 0;
		*v = *v * 10 + (uint64_t)(**p - '0');
	}
	return *p != start && (*start != '0' || *p == start + 1);
}

int
seal_unhex(const char *text, uint8_t *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const char *high, *low;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[2 * i] == '\0' || (high = strchr(digits, text[2 * i])) == NULL ||
		    text[2 * i + 1] == '\0' || (low = strchr(digits, text[2 * i + 1])) == NULL)
			return -1;
		out[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return 0;
}

static int
take_hex(const char **p, uint8_t *out, size_t len)
{
	if (seal_unhex(*p, out, len) == -1)
		return 0;
	*p += 2 * len;
	return 1;
}

/* 2026-11-23T12:34:56.789Z */
static int
take_time(const char **p, uint64_t *ms)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	unsigned int thousandths;
	struct tm tm = { 0 };
	size_t i;
	time_t t;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? (*p)[i] < '0' || (*p)[i] > '9' : (*p)[i] != form[i])
			return 0;
	if (sscanf(*p, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	    &tm.tm_sec, &thousandths) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if ((t = timegm(&tm)) < 0)
		return 0;
	*ms = (uint64_t)t * 1000 + thousandths;
	*p += sizeof(form) - 1;
	return 1;
}

/* A string that is passed over; ours escapes its quotes and backslashes. */
static int
take_string(const char **p)
{
	if (*(*p)++ != '"')
		return 0;
	for (; **p != '"'; ++*p)
		if (**p == '\0' || (**p == '\\' && *++*p == '\0'))
			return 0;
	++*p;
	return 1;
}

/* Up to the body's own keys, of which both have the same first ones. */
static int
take_head(const char **p, const char *stream, uint64_t *seq)
{
	uint8_t hex[32];

	return take(p, "{\"seq\":") && take_number(p, seq) && take(p, ",\"stream\":\"") && take(p, stream) &&
	    take(p, "\",\"salt\":\"") && take_hex(p, hex, 16) && take(p, "\",\"leaf\":\"") && take_hex(p, hex, 32) &&
	    take(p, "\",\"v\":1,\"type\":\"");
}

enum seal_kind
seal_parse(const char *line, const char *stream, struct seal *s)
{
	const char *p = line;
	enum seal_kind kind;

	memset(s, 0, sizeof(*s));
	if (!take_head(&p, stream, &s->seq))
		return SEAL_NONE;
	if (take(&p, "seal\",\"time\":\""))
		kind = SEAL_LINE;
	else if (take(&p, "seal-init\",\"time\":\""))
		kind = SEAL_INIT;
	else
		return SEAL_NONE;
	if (!take_time(&p, &s->time_ms) || !take(&p, "\",") || (take(&p, "\"gateway\":") && (!take_string(&p) || !take(&p, ","))))
		return SEAL_NONE;
	if (kind == SEAL_INIT)
		return take(&p, "\"public\":\"") && take_hex(&p, s->next, SEAL_KEY_LEN) && take(&p, "\",\"why\":") &&
		    take_string(&p) && strcmp(p, "}") == 0 ? kind : SEAL_NONE;
	return take(&p, "\"epoch\":") && take_number(&p, &s->epoch) && take(&p, ",\"lines\":") && take_number(&p, &s->lines) &&
	    take(&p, ",\"chain\":\"") && take_hex(&p, s->chain, SEAL_CHAIN_LEN) && take(&p, "\",\"next\":\"") &&
	    take_hex(&p, s->next, SEAL_KEY_LEN) && take(&p, "\",\"sig\":\"") && take_hex(&p, s->sig, SEAL_SIG_LEN) &&
	    strcmp(p, "\"}") == 0 ? kind : SEAL_NONE;
}
