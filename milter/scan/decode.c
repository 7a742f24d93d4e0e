/* SPDX-License-Identifier: ISC */
/* Content-transfer-encodings undone: base64, quoted-printable, uuencode, yEnc, in the readings that mail programs have of them. */
/*
 * Called by mime.c and views.c for bodies and by words.c for encoded words, with input in
 * pieces of any size.  Owns nothing; writes into the caller's buffer, which
 * decode_max() sizes.  O(1) state, linear time, never fails: what is no valid
 * encoding is read as leniently as named at each decoder, and noted.  Does not
 * find encoded text by itself: which decoder runs is the caller's choice.
 */

#include "scan/decode.h"

#include <endian.h>
#include <string.h>

#include "scan/reasons.h"

/* Beyond the 64 values: white space, padding, foreign. */
#define W_	64
#define P_	65
#define J_	66

/* E() makes an entry of a value; the values of ',', '-' and '_' differ. */
#define BASE64_FOREIGN_ROW(E)	\
	E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_)
#define BASE64_TABLE(E, comma, minus, under) {	\
	E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(W_), E(W_), E(J_), E(J_), E(W_), E(J_), E(J_),	\
	E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_),	\
	E(W_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(J_), E(62), E(comma), E(minus), E(J_), E(63),	\
	E(52), E(53), E(54), E(55), E(56), E(57), E(58), E(59), E(60), E(61), E(J_), E(J_), E(J_), E(P_), E(J_), E(J_),	\
	E(J_), E( 0), E( 1), E( 2), E( 3), E( 4), E( 5), E( 6), E( 7), E( 8), E( 9), E(10), E(11), E(12), E(13), E(14),	\
	E(15), E(16), E(17), E(18), E(19), E(20), E(21), E(22), E(23), E(24), E(25), E(J_), E(J_), E(J_), E(J_), E(under),	\
	E(J_), E(26), E(27), E(28), E(29), E(30), E(31), E(32), E(33), E(34), E(35), E(36), E(37), E(38), E(39), E(40),	\
	E(41), E(42), E(43), E(44), E(45), E(46), E(47), E(48), E(49), E(50), E(51), E(J_), E(J_), E(J_), E(J_), E(J_),	\
	BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E),	\
	BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E), BASE64_FOREIGN_ROW(E)	\
}
#define E_VALUE(v)	(v)
static const uint8_t base64_value[256] = BASE64_TABLE(E_VALUE, J_, J_, J_);
static const uint8_t base64_url_value[256] = BASE64_TABLE(E_VALUE, 63, 62, 63);

/* The same at each place of a quartet, so that whole ones are four look-ups. */
#define BASE64_FOREIGN	(UINT32_C(1) << 31)
#define E_PLACED(v, shift)	((v) < 64 ? (uint32_t)(v) << (shift) : BASE64_FOREIGN)
#define E_FIRST(v)	E_PLACED(v, 18)
#define E_SECOND(v)	E_PLACED(v, 12)
#define E_THIRD(v)	E_PLACED(v, 6)
#define E_FOURTH(v)	E_PLACED(v, 0)
#define BASE64_PLACED(comma, minus, under) {	\
	BASE64_TABLE(E_FIRST, comma, minus, under), BASE64_TABLE(E_SECOND, comma, minus, under),	\
	BASE64_TABLE(E_THIRD, comma, minus, under), BASE64_TABLE(E_FOURTH, comma, minus, under)	\
}
static const uint32_t base64_placed[4][256] = BASE64_PLACED(J_, J_, J_);
static const uint32_t base64_url_placed[4][256] = BASE64_PLACED(63, 62, 63);

static const char *const decode_names[DECODE_MAX] = {
	[DECODE_IDENTITY] = "identity", [DECODE_BASE64] = "base64", [DECODE_QP] = "qp", [DECODE_UU] = "uu",
	[DECODE_BASE64_JOIN] = "base64-join", [DECODE_BASE64_LINE] = "base64-line", [DECODE_BASE64_STOP] = "base64-stop",
	[DECODE_BASE64_BLANK] = "base64-blank", [DECODE_BASE64_URL] = "base64-url", [DECODE_QP_KEEP] = "qp-keep",
	[DECODE_QP_DROP] = "qp-drop", [DECODE_UU_BARE] = "uu-bare", [DECODE_YENC] = "yenc"
};

const char *
decode_str(enum decode_kind kind)
{
	return decode_names[kind];
}

/* UU_SEEK: at the start of a line, matching "begin "; left counts what matched. */
enum { UU_SEEK, UU_SEEK_SKIP, UU_BEGIN, UU_COUNT, UU_DATA, UU_SKIP };

size_t
decode_max(enum decode_kind kind, size_t len)
{
	switch (kind) {
	case DECODE_BASE64:
	case DECODE_BASE64_JOIN:
	case DECODE_BASE64_LINE:
	case DECODE_BASE64_STOP:
	case DECODE_BASE64_BLANK:
	case DECODE_BASE64_URL:
		/* Each restart may leave an unfinished quartet, which writes less than it took; base64_quartets() writes one octet more. */
		return len + 8;
	case DECODE_UU:
	case DECODE_UU_BARE:
		/* Lines whose trailing blanks were lost are filled up; uu_line_end() keeps that within the input's size. */
		return len + 64;
	default:
		return len + 8;
	}
}

void
decode_start(struct decoder *d, enum decode_kind kind, uint8_t *out)
{
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->out = out;
	d->table = kind == DECODE_BASE64_URL ? base64_url_value : base64_value;
	if (kind == DECODE_UU_BARE)
		d->state = UU_COUNT;
}

/* ---- base64 ---- */

static void
base64_quartet_end(struct decoder *d)
{
	if (d->n == 3) {
		d->out[d->len++] = (uint8_t)(d->acc >> 10);
		d->out[d->len++] = (uint8_t)(d->acc >> 2);
	} else if (d->n == 2) {
		d->out[d->len++] = (uint8_t)(d->acc >> 4);
	} else if (d->n == 1) {
		d->reasons |= REASON(B64_JUNK);
	}
	d->n = 0;
	d->acc = 0;
}

/* The states of variants; n counts line ends in a row for BLANK through `left`. */
enum { B64_READ, B64_PADDED, B64_ENDED };

/* 1: the octet is passed over. */
static int
base64_skips(struct decoder *d, uint8_t c)
{
	if (d->kind == DECODE_BASE64_BLANK) {
		if (c == '\n' && ++d->left == 2)
			base64_quartet_end(d);
		else if (d->table[c] != W_)
			d->left = 0;
		return 0;
	}
	if (d->state == B64_PADDED && c == '\n')
		d->state = B64_READ;
	return d->state != B64_READ;
}

static void
base64_octet(struct decoder *d, uint8_t c)
{
	uint8_t v = d->table[c];

	if (d->state != B64_READ || d->kind == DECODE_BASE64_BLANK) {
		if (base64_skips(d, c))
			return;
	}
	if (v < 64) {
		if (d->padded) {
			/* Several readings exist: ours starts a new quartet. */
			d->reasons |= REASON(B64_PAD_MID);
			d->padded = 0;
		}
		d->acc = d->acc << 6 | v;
		if (++d->n == 4) {
			d->out[d->len++] = (uint8_t)(d->acc >> 16);
			d->out[d->len++] = (uint8_t)(d->acc >> 8);
			d->out[d->len++] = (uint8_t)d->acc;
			d->n = 0;
			d->acc = 0;
		}
	} else if (v == P_ && d->kind == DECODE_BASE64_JOIN) {
		d->reasons |= REASON(B64_JUNK);
	} else if (v == P_) {
		base64_quartet_end(d);
		d->padded = 1;
		if (d->kind == DECODE_BASE64_STOP)
			d->state = B64_ENDED;
		else if (d->kind == DECODE_BASE64_LINE)
			d->state = B64_PADDED;
	} else if (v == J_) {
		d->reasons |= REASON(B64_JUNK);
	}
}

/*
 * Whole quartets of letters, as many as follow one another.  Of each four
 * octets that are written three count; decode_max() has room for the last.
 */
static const uint8_t *
base64_quartets(struct decoder *d, const uint8_t *p, const uint8_t *end)
{
	const uint32_t (*t)[256] = d->kind == DECODE_BASE64_URL ? base64_url_placed : base64_placed;
	uint8_t *o = d->out + d->len;
	uint32_t a, b;

	for (; end - p >= 8; p += 8, o += 6) {
		a = t[0][p[0]] | t[1][p[1]] | t[2][p[2]] | t[3][p[3]];
		b = t[0][p[4]] | t[1][p[5]] | t[2][p[6]] | t[3][p[7]];
		if ((a | b) & BASE64_FOREIGN)
			break;
		a = htobe32(a << 8);
		b = htobe32(b << 8);
		memcpy(o, &a, 4);
		memcpy(o + 3, &b, 4);
	}
	for (; end - p >= 4; p += 4, o += 3) {
		a = t[0][p[0]] | t[1][p[1]] | t[2][p[2]] | t[3][p[3]];
		if (a & BASE64_FOREIGN)
			break;
		a = htobe32(a << 8);
		memcpy(o, &a, 4);
	}
	d->len = (size_t)(o - d->out);
	return p;
}

static void
base64_feed(struct decoder *d, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q;

	while (p < end) {
		if (d->n == 0 && !d->padded && d->state == B64_READ) {
			d->left = 0;
			q = base64_quartets(d, p, end);
			for (p = q; p < end && d->table[*p] == W_; p++)
				;
			if (p == end)
				break;
			if (p > q)
				continue;
		}
		base64_octet(d, *p++);
	}
}

/* ---- quoted-printable ---- */

enum { QP_TEXT, QP_CR, QP_EQUALS, QP_DIGIT, QP_SOFT, QP_SOFT_CR };

/* Value of a hexadecimal digit + 1; 0: none. */
static const uint8_t hex_value[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
};
/* Octets that a line of text may end at, or an escape begin. */
static const uint8_t qp_stops[256] = { ['='] = 1, ['\r'] = 1, ['\n'] = 1 };

int
decode_hex(uint8_t c)
{
	return (int)hex_value[c] - 1;
}

/* RFC 2045 section 6.7 rule 3: white space at a line's end was put there by transport. */
static void
qp_trim(struct decoder *d)
{
	while (d->len > d->floor &&
	    (d->out[d->len - 1] == ' ' || d->out[d->len - 1] == '\t'))
		d->len--;
}

static void
qp_soft_end(struct decoder *d)
{
	if (d->len > d->soft + 1)
		d->reasons |= REASON(QP_PAD);
	d->len = d->floor = d->soft;
	d->state = QP_TEXT;
}

/* What began like a soft break was none: its '=' is lost where that is the reading. */
static void
qp_drop(struct decoder *d)
{
	if (d->kind != DECODE_QP_DROP)
		return;
	d->len--;
	memmove(d->out + d->soft, d->out + d->soft + 1, d->len - d->soft);
}

/* An escape of one digit was none. */
static void
qp_held(struct decoder *d)
{
	if (d->kind != DECODE_QP_DROP)
		d->out[d->len++] = '=';
	d->out[d->len++] = d->held;
}

/* Takes one octet in any state but QP_TEXT.  Returns 0 if the octet is to be read again, as text. */
static int
qp_special(struct decoder *d, uint8_t c)
{
	int hi, lo;

	switch (d->state) {
	case QP_CR:
		if (c == '\n')
			qp_trim(d);
		d->out[d->len++] = '\r';
		d->state = QP_TEXT;
		if (c == '\n')
			d->out[d->len++] = '\n';
		d->floor = d->len;
		return c == '\n';
	case QP_EQUALS:
		if (decode_hex(c) >= 0) {
			d->held = c;
			d->state = QP_DIGIT;
			return 1;
		}
		d->soft = d->len;
		d->out[d->len++] = '=';
		/* FALLTHROUGH */
	case QP_SOFT:
		if (c == '\n') {
			qp_soft_end(d);
			return 1;
		}
		if (c == '\r') {
			d->state = QP_SOFT_CR;
			return 1;
		}
		if ((c == ' ' || c == '\t') && d->kind != DECODE_QP_KEEP) {
			d->out[d->len++] = c;
			d->state = QP_SOFT;
			return 1;
		}
		qp_drop(d);
		break;
	case QP_SOFT_CR:
		if (c == '\n') {
			qp_soft_end(d);
			return 1;
		}
		if (c == '\r') {	/* CR CR LF: a line end that was converted twice */
			d->out[d->len++] = '\r';
			return 1;
		}
		qp_drop(d);
		d->out[d->len++] = '\r';
		break;
	case QP_DIGIT:
		hi = decode_hex(d->held);
		lo = decode_hex(c);
		if (lo >= 0) {
			d->out[d->len++] = (uint8_t)(hi << 4 | lo);
			d->floor = d->len;
			d->state = QP_TEXT;
			return 1;
		}
		qp_held(d);
		break;
	}
	d->reasons |= REASON(QP_BAD);
	d->state = QP_TEXT;
	return 0;
}

static void
qp_feed(struct decoder *d, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		uint8_t *o;

		if (d->state != QP_TEXT) {
			p += qp_special(d, *p);
			continue;
		}
		for (o = d->out + d->len; p < end; o++) {
			if (!qp_stops[*p]) {
				*o = *p++;
			} else if (*p == '=' && end - p > 2 && hex_value[p[1]] && hex_value[p[2]]) {
				*o = (uint8_t)((hex_value[p[1]] - 1) << 4 | (hex_value[p[2]] - 1));
				d->floor = (size_t)(o - d->out) + 1;
				p += 3;
			} else
				break;
		}
		d->len = (size_t)(o - d->out);
		if (p == end)
			break;
		if (*p == '=') {
			d->state = QP_EQUALS;
		} else if (*p == '\r') {
			d->state = QP_CR;
		} else {
			qp_trim(d);
			d->out[d->len++] = '\n';
			d->floor = d->len;
		}
		p++;
	}
}

static void
qp_finish(struct decoder *d)
{
	switch (d->state) {
	case QP_CR:
		d->out[d->len++] = '\r';
		break;
	case QP_DIGIT:
		qp_held(d);
		d->reasons |= REASON(QP_BAD);
		break;
	case QP_SOFT:
	case QP_SOFT_CR:
		qp_soft_end(d);
		break;
	case QP_EQUALS:		/* a soft break whose line end went to the delimiter */
		break;
	default:
		qp_trim(d);
	}
	d->state = QP_TEXT;
}

/* ---- uuencode ---- */

static const char uu_begin[] = "begin ";

static void
uu_put(struct decoder *d, uint8_t c)
{
	if (d->left > 0) {
		d->out[d->len++] = c;
		d->left--;
	}
}

static void
uu_char(struct decoder *d, uint8_t c)
{
	d->acc = d->acc << 6 | ((c - 32u) & 63);
	if (++d->n < 4)
		return;
	uu_put(d, (uint8_t)(d->acc >> 16));
	uu_put(d, (uint8_t)(d->acc >> 8));
	uu_put(d, (uint8_t)d->acc);
	d->n = 0;
	d->acc = 0;
}

/* A line that is short lost blanks at its end, and a blank is zero.  Filled up while that cannot swell the output. */
static void
uu_line_end(struct decoder *d)
{
	if (d->left > 0 && d->len + d->left <= d->fed) {
		while (d->left > 0)
			uu_char(d, ' ');
	} else if (d->left > 0) {
		d->reasons |= REASON(UU_BAD);
		d->left = 0;
	}
	d->n = 0;
	d->acc = 0;
	d->state = UU_COUNT;
}

static void
uu_octet(struct decoder *d, uint8_t c)
{
	d->fed++;
	switch (d->state) {
	case UU_SEEK:
		if (c == '\n')
			d->left = 0;
		else if (c != (uint8_t)uu_begin[d->left])
			d->state = UU_SEEK_SKIP;
		else if (uu_begin[++d->left] == '\0')
			d->state = UU_BEGIN;
		break;
	case UU_SEEK_SKIP:
		if (c == '\n') {
			d->left = 0;
			d->state = UU_SEEK;
		}
		break;
	case UU_BEGIN:
	case UU_SKIP:
		if (c == '\n') {
			d->left = 0;
			d->state = UU_COUNT;
		}
		break;
	case UU_COUNT:
		if (c == '\r' || c == '\n' || c == ' ' || c == '`') {
			/* A zero count stands before "end"; read on, since others do. */
			d->state = c == '\n' ? UU_COUNT : UU_SKIP;
		} else if (c == 'e') {	/* no line has that length: the end */
			d->left = 0;
			d->state = UU_SEEK_SKIP;
		} else {
			d->left = (c - 32u) & 63;
			d->n = 0;
			d->acc = 0;
			d->state = UU_DATA;
		}
		break;
	case UU_DATA:
		if (c == '\n')
			uu_line_end(d);
		else if (c >= 32 && c <= 96)
			uu_char(d, c);
		else if (c != '\r')
			d->reasons |= REASON(UU_BAD);
		break;
	}
}

/* ---- yEnc ---- */

/* YENC_START: a line begins; a line "=y..." is not data, and "=yend" (left counts) is the end. */
enum { YENC_START, YENC_DATA, YENC_EQUALS, YENC_SKIP, YENC_ENDED };

static void
yenc_octet(struct decoder *d, uint8_t c)
{
	static const char end[] = "end";

	switch (d->state) {
	case YENC_START:
	case YENC_DATA:
		if (c == '\n')
			d->state = YENC_START;
		else if (c == '=') {
			d->n = d->state == YENC_START;
			d->state = YENC_EQUALS;
		} else if (c != '\r') {
			d->out[d->len++] = (uint8_t)(c - 42);
			d->state = YENC_DATA;
		}
		break;
	case YENC_EQUALS:
		if (c == 'y' && d->n == 1) {
			d->state = YENC_SKIP;
			d->left = 0;
			break;
		}
		d->out[d->len++] = (uint8_t)(c - 64 - 42);
		d->state = YENC_DATA;
		break;
	case YENC_SKIP:
		if (c == '\n')
			d->state = YENC_START;
		else if (d->left < 3 && c != (uint8_t)end[d->left++])
			d->left = 4;
		else if (d->left == 3)
			d->state = YENC_ENDED;
		break;
	}
}

static void
yenc_feed(struct decoder *d, const uint8_t *p, const uint8_t *end)
{
	while (p < end && d->state != YENC_ENDED)
		yenc_octet(d, *p++);
}

/* ---- all ---- */

void
decode_feed(struct decoder *d, const uint8_t *in, size_t len)
{
	size_t i;

	if (len == 0)
		return;
	switch (d->kind) {
	case DECODE_IDENTITY:
		memcpy(d->out + d->len, in, len);
		d->len += len;
		break;
	case DECODE_BASE64:
	case DECODE_BASE64_JOIN:
	case DECODE_BASE64_LINE:
	case DECODE_BASE64_STOP:
	case DECODE_BASE64_BLANK:
	case DECODE_BASE64_URL:
		base64_feed(d, in, in + len);
		break;
	case DECODE_QP:
	case DECODE_QP_KEEP:
	case DECODE_QP_DROP:
		qp_feed(d, in, in + len);
		break;
	case DECODE_YENC:
		yenc_feed(d, in, in + len);
		break;
	case DECODE_UU:
	case DECODE_UU_BARE:
		for (i = 0; i < len; i++)
			uu_octet(d, in[i]);
		break;
	case DECODE_MAX:
		break;
	}
}

void
decode_finish(struct decoder *d)
{
	switch (d->kind) {
	case DECODE_IDENTITY:
	case DECODE_YENC:
	case DECODE_MAX:
		break;
	case DECODE_BASE64:
	case DECODE_BASE64_JOIN:
	case DECODE_BASE64_LINE:
	case DECODE_BASE64_STOP:
	case DECODE_BASE64_BLANK:
	case DECODE_BASE64_URL:
		base64_quartet_end(d);
		break;
	case DECODE_QP:
	case DECODE_QP_KEEP:
	case DECODE_QP_DROP:
		qp_finish(d);
		break;
	case DECODE_UU:
	case DECODE_UU_BARE:
		if (d->state == UU_DATA)
			uu_line_end(d);
		break;
	}
}
