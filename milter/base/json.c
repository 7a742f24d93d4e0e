/* SPDX-License-Identifier: ISC */
/* Writes JSON (RFC 8259) into a buf: valid UTF-8 and valid JSON, whatever bytes the strings hold. */
/*
 * Called by whoever writes a record or an answer for a program.  It owns
 * nothing: the text is the buf's.  It does not parse, and it does not know
 * whether the caller gave a key where one belongs.
 */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"

void
json_begin(struct json *j, struct buf *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

/*
 * Octets of the valid UTF-8 character at p, 0 if there is none.  RFC 3629
 * section 4: the second octet's range shuts out overlong forms, surrogates
 * and what lies above U+10FFFF.
 */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	unsigned char	lo = 0x80, hi = 0xbf;
	size_t		n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	switch (p[0]) {
	case 0xe0:
		lo = 0xa0;
		break;
	case 0xed:
		hi = 0x9f;
		break;
	case 0xf0:
		lo = 0x90;
		break;
	case 0xf4:
		hi = 0x8f;
		break;
	}
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void
escape(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_addz(out, "\\\"");
		break;
	case '\\':
		buf_addz(out, "\\\\");
		break;
	case '\n':
		buf_addz(out, "\\n");
		break;
	case '\r':
		buf_addz(out, "\\r");
		break;
	case '\t':
		buf_addz(out, "\\t");
		break;
	default:
		buf_addf(out, "\\u%04x", c);
		break;
	}
}

static void
quoted(struct buf *out, const void *val, size_t len)
{
	const unsigned char	*p = val;
	size_t			 i, n, plain = 0;	/* plain: start of what goes out as it is */

	buf_addc(out, '"');
	for (i = 0; i < len && !out->failed; i += n) {
		n = utf8_len(p + i, len - i);
		if (n > 1 || (n == 1 && p[i] >= 0x20 && p[i] != 0x7f &&
		    p[i] != '"' && p[i] != '\\'))
			continue;
		buf_add(out, p + plain, i - plain);
		if (n == 0)
			buf_addz(out, "\xef\xbf\xbd");	/* U+FFFD */
		else
			escape(out, p[i]);
		n = 1;
		plain = i + 1;
	}
	if (!out->failed && len > plain)
		buf_add(out, p + plain, len - plain);
	buf_addc(out, '"');
}

/* The comma that is due, and the key. */
static void
lead(struct json *j, const char *key)
{
	if (j->depth > 0) {
		if (j->more[j->depth - 1])
			buf_addc(j->out, ',');
		j->more[j->depth - 1] = 1;
	}
	if (key != NULL) {
		quoted(j->out, key, strlen(key));
		buf_addc(j->out, ':');
	}
}

static void
open_one(struct json *j, const char *key, char c)
{
	if (j->depth >= JSON_DEPTH_MAX)
		j->out->failed = 1;
	if (j->out->failed)
		return;
	lead(j, key);
	buf_addc(j->out, c);
	j->more[j->depth++] = 0;
}

static void
close_one(struct json *j, char c)
{
	if (j->depth == 0)
		j->out->failed = 1;
	if (j->out->failed)
		return;
	j->depth--;
	buf_addc(j->out, c);
}

void
json_begin_object(struct json *j, const char *key)
{
	open_one(j, key, '{');
}

void
json_end_object(struct json *j)
{
	close_one(j, '}');
}

void
json_begin_array(struct json *j, const char *key)
{
	open_one(j, key, '[');
}

void
json_end_array(struct json *j)
{
	close_one(j, ']');
}

void
json_str(struct json *j, const char *key, const char *val)
{
	if (val == NULL)
		json_put_null(j, key);
	else
		json_strn(j, key, val, strlen(val));
}

void
json_strn(struct json *j, const char *key, const void *val, size_t len)
{
	lead(j, key);
	quoted(j->out, val, len);
}

void
json_hex(struct json *j, const char *key, const void *val, size_t len)
{
	static const char	 digits[] = "0123456789abcdef";
	const unsigned char	*p = val;
	char			 two[2];
	size_t			 i;

	lead(j, key);
	buf_addc(j->out, '"');
	for (i = 0; i < len && !j->out->failed; i++) {
		two[0] = digits[p[i] >> 4];
		two[1] = digits[p[i] & 15];
		buf_add(j->out, two, 2);
	}
	buf_addc(j->out, '"');
}

void
json_u64(struct json *j, const char *key, uint64_t v)
{
	lead(j, key);
	buf_addf(j->out, "%" PRIu64, v);
}

void
json_i64(struct json *j, const char *key, int64_t v)
{
	lead(j, key);
	buf_addf(j->out, "%" PRId64, v);
}

void
json_bool(struct json *j, const char *key, int v)
{
	lead(j, key);
	buf_addz(j->out, v ? "true" : "false");
}

void
json_put_null(struct json *j, const char *key)
{
	lead(j, key);
	buf_addz(j->out, "null");
}
