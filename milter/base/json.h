/* SPDX-License-Identifier: ISC */
/* Writes JSON into a buf: always valid UTF-8 and valid JSON, whatever bytes the strings hold.  It does not parse. */
#ifndef HOPWARD_BASE_JSON_H
#define HOPWARD_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX	32	/* deeper nesting sets out->failed */

/*
 * A byte that is no part of valid UTF-8 (RFC 3629: no surrogates, no overlong
 * form) becomes U+FFFD; control octets, '"' and '\' are escaped.  `key` is
 * NULL inside an array and for the outermost value.  Errors show in out->failed.
 */
struct json {
	struct buf	*out;
	unsigned int	 depth;
	unsigned char	 more[JSON_DEPTH_MAX];	/* a comma is due at this depth */
};

void	 json_begin(struct json *, struct buf *);
void	 json_begin_object(struct json *, const char *key);
void	 json_end_object(struct json *);
void	 json_begin_array(struct json *, const char *key);
void	 json_end_array(struct json *);
void	 json_str(struct json *, const char *key, const char *val);	/* NULL val: null */
void	 json_strn(struct json *, const char *key, const void *val, size_t len);
void	 json_hex(struct json *, const char *key, const void *val, size_t len); /* lower case */
void	 json_u64(struct json *, const char *key, uint64_t);
void	 json_i64(struct json *, const char *key, int64_t);
void	 json_bool(struct json *, const char *key, int);
void	 json_put_null(struct json *, const char *key);	/* json_null and the like are libjansson's names */

#endif
