/* SPDX-License-Identifier: ISC */
/* Encoded files in the middle of text: uuencode, "begin-base64", yEnc, BinHex, whatever the header says. */
/*
 * Called by views.c with a message or a decoded text.  One pass over the
 * lines; a framing line opens a stretch, its end, the next framing line or the
 * text's end closes it, so no octet is decoded twice.  Readers differ in how
 * much of a "begin" line they want to see; ours is content with the word, if digits or a line of
 * uuencode follow.
 */

#include "scan/inline.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/lines.h"

enum frame { FRAME_NONE, FRAME_UU, FRAME_BARE, FRAME_BASE64, FRAME_YENC, FRAME_BINHEX };

struct finder {
	const uint8_t	*p;
	size_t		 len;
	inline_cb	 cb;
	void		*arg;
	uint8_t		*out;
	size_t		 out_size;
	int		 rc;
};

/* ---- BinHex 4.0: RFC 1741 ---- */

static const char binhex_letters[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
#define BINHEX_RUN	0x90	/* "octet, 0x90, count"; a count of 0 is the octet 0x90 itself */

/* The octets between the colons, runs expanded; never more than `max`. */
static size_t
binhex_decode(const uint8_t *p, size_t len, uint8_t *out, size_t max)
{
	int8_t value[256];
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i, n = 0;
	int run = 0;

	memset(value, -1, sizeof(value));
	for (i = 0; i < 64; i++)
		value[(uint8_t)binhex_letters[i]] = (int8_t)i;
	for (i = 0; i < len && p[i] != ':'; i++) {
		uint8_t c;

		if (value[p[i]] < 0)
			continue;
		acc = acc << 6 | (uint8_t)value[p[i]];
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		c = (uint8_t)(acc >> bits);
		if (run) {
			run = 0;
			if (c == 0 && n < max)
				out[n++] = BINHEX_RUN;
			else
				for (; c > 1 && n > 0 && n < max; c--, n++)
					out[n] = out[n - 1];
		} else if (c == BINHEX_RUN)
			run = 1;
		else if (n < max)
			out[n++] = c;
	}
	return n;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Its two forks; all of it where the header makes no sense. */
static int
binhex_out(struct finder *f, struct inline_object *o, size_t n)
{
	const uint8_t *all = f->out;
	size_t at, data, resource;

	o->data = all;
	o->len = n;
	o->format = "binhex";
	at = n > 0 ? 1 + (size_t)all[0] + 1 + 4 + 4 + 2 : 0;
	if (n == 0 || at + 10 > n)
		return f->cb(f->arg, o);
	o->name = all + 1;
	o->name_len = all[0];
	data = be32(all + at);
	resource = be32(all + at + 4);
	at += 10;
	o->data = all + at;
	o->len = data < n - at ? data : n - at;
	if ((f->rc = f->cb(f->arg, o)) != 0 || resource == 0 || data + 2 >= n - at)
		return f->rc;
	o->data = all + at + data + 2;
	o->len = resource < n - at - data - 2 ? resource : n - at - data - 2;
	return f->cb(f->arg, o);
}

/* ---- stretches ---- */

static int
room(struct finder *f, size_t need)
{
	if (need <= f->out_size)
		return 0;
	free(f->out);
	f->out_size = 0;
	if ((f->out = malloc(need)) == NULL)
		return f->rc = -1;
	f->out_size = need;
	return 0;
}

/* "begin 644 NAME", "=ybegin ... name=NAME": the last word, or what follows name=. */
static void
name_find(const uint8_t *line, size_t len, enum frame frame, struct inline_object *o)
{
	const uint8_t *p;
	size_t i;

	while (len > 0 && line[len - 1] <= ' ')
		len--;
	if (frame == FRAME_YENC) {
		if ((p = memmem(line, len, "name=", 5)) != NULL) {
			o->name = p + 5;
			o->name_len = (size_t)(line + len - p) - 5;
		}
		return;
	}
	/* Behind the word and the mode. */
	for (i = 0; i < len && line[i] > ' '; i++)
		;
	while (i < len && line[i] <= ' ')
		i++;
	while (i < len && line[i] > ' ')
		i++;
	while (i < len && line[i] <= ' ')
		i++;
	o->name = line + i;
	o->name_len = len - i;
}

static int
stretch_out(struct finder *f, enum frame frame, size_t begin, size_t end)
{
	static const enum decode_kind kinds[] = {
		[FRAME_UU] = DECODE_UU_BARE, [FRAME_BARE] = DECODE_UU_BARE, [FRAME_BASE64] = DECODE_BASE64, [FRAME_YENC] = DECODE_YENC
	};
	struct inline_object o = { .begin = begin, .end = end };
	size_t body = frame == FRAME_BARE ? begin : lines_next(f->p, begin, end);
	const uint8_t *colon;
	struct decoder d;

	if (frame == FRAME_BINHEX) {
		if ((colon = memchr(f->p + body, ':', end - body)) == NULL)
			return 0;
		body = (size_t)(colon - f->p) + 1;
		/* Runs make up to 255 octets of two: what one stretch may become is bounded. */
		if (room(f, 4 * (end - body) + 65536) == -1)
			return -1;
		return binhex_out(f, &o, binhex_decode(f->p + body, end - body, f->out, f->out_size));
	}
	o.decode = kinds[frame];
	if (room(f, decode_max(o.decode, end - body)) == -1)
		return -1;
	decode_start(&d, o.decode, f->out);
	decode_feed(&d, f->p + body, end - body);
	decode_finish(&d);
	o.data = f->out;
	o.len = d.len;
	if (frame != FRAME_BARE)
		name_find(f->p + begin, body - begin, frame, &o);
	return f->cb(f->arg, &o);
}

static enum frame
begin_frame(const struct finder *f, size_t pos, size_t next)
{
	const uint8_t *p = f->p;
	size_t at = pos + 5;

	if (next - pos > 12 && strncasecmp((const char *)p + pos, "begin-base64", 12) == 0)
		return FRAME_BASE64;
	while (at < next && (p[at] == ' ' || p[at] == '\t'))
		at++;
	if ((at > pos + 5 && at < next && p[at] >= '0' && p[at] <= '9') ||
	    (next < f->len && lines_uu(p, next, lines_next(p, next, f->len))))
		return FRAME_UU;
	return FRAME_NONE;
}

static enum frame
frame_of(const struct finder *f, size_t pos, size_t next)
{
	const uint8_t *p = f->p;
	size_t len;

	while (pos < next && (p[pos] == ' ' || p[pos] == '\t'))
		pos++;
	len = next - pos;
	if (len < 6)
		return FRAME_NONE;
	switch (p[pos]) {
	case 'b':
	case 'B':
		return strncasecmp((const char *)p + pos, "begin", 5) == 0 ? begin_frame(f, pos, next) : FRAME_NONE;
	case '=':
		return len > 8 && strncasecmp((const char *)p + pos, "=ybegin ", 8) == 0 ? FRAME_YENC : FRAME_NONE;
	case '(':
		return memmem(p + pos, len, "BinHex", 6) != NULL ? FRAME_BINHEX : FRAME_NONE;
	}
	return FRAME_NONE;
}

static int
frame_ends(const struct finder *f, enum frame frame, size_t pos, size_t next)
{
	const uint8_t *p = f->p + pos;
	size_t len = next - pos;

	switch (frame) {
	case FRAME_UU:
		return len >= 3 && memcmp(p, "end", 3) == 0 && (len == 3 || p[3] <= ' ');
	case FRAME_BASE64:
		return len >= 4 && memcmp(p, "====", 4) == 0;
	case FRAME_YENC:
		return len >= 5 && memcmp(p, "=yend", 5) == 0;
	case FRAME_BARE:
		return !lines_uu(f->p, pos, next);
	case FRAME_BINHEX:
	case FRAME_NONE:
		break;
	}
	return 0;
}

/* Two lines of uuencode in a row, with no "begin" before them. */
static int
bare_uu(const struct finder *f, size_t pos, size_t next)
{
	return lines_uu(f->p, pos, next) && next < f->len && lines_uu(f->p, next, lines_next(f->p, next, f->len));
}

int
inline_like(const uint8_t *p, size_t len)
{
	struct finder f = { .p = p, .len = len };
	size_t pos, next, n = len < 512 ? len : 512;

	if (n > 0 && memchr(p, '\0', n) != NULL)
		return 0;
	for (pos = 0; pos < len; pos = next) {
		next = lines_next(p, pos, len);
		if (frame_of(&f, pos, next) != FRAME_NONE || bare_uu(&f, pos, next))
			return 1;
	}
	return 0;
}

int
inline_find(const uint8_t *p, size_t len, inline_cb cb, void *arg)
{
	struct finder f = { .p = p, .len = len, .cb = cb, .arg = arg };
	enum frame open = FRAME_NONE, frame;
	size_t pos, next, begin = 0;

	for (pos = 0; pos < len && f.rc == 0; pos = next) {
		next = lines_next(p, pos, len);
		frame = frame_of(&f, pos, next);
		if (frame == FRAME_NONE && open == FRAME_NONE && bare_uu(&f, pos, next))
			frame = FRAME_BARE;
		if (open != FRAME_NONE && (frame != FRAME_NONE || frame_ends(&f, open, pos, next))) {
			f.rc = stretch_out(&f, open, begin, frame != FRAME_NONE || open == FRAME_BARE ? pos : next);
			open = FRAME_NONE;
		}
		if (frame != FRAME_NONE) {
			open = frame;
			begin = pos;
		}
	}
	if (open != FRAME_NONE && f.rc == 0)
		f.rc = stretch_out(&f, open, begin, len);
	free(f.out);
	return f.rc;
}
