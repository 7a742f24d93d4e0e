/* SPDX-License-Identifier: ISC */
/* Exceptions and the switch to observing: one line of the plain file <-> struct, and which finding one is about. */
/*
 * Called by policy.c, by those who keep the file, and by hopwardctl.  Owns what
 * it parsed.  It knows no file, no lock and no clock: the caller says what time
 * it is.  The file is written by us and by people, so what is wrong is told
 * with its line and left out, and the rest stays in force.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "judge/exception.h"
#include "judge/pattern.h"

#define DAY_SECONDS	86400
#define TIME_MAX	253402300799	/* the end of year 9999 */
#define WORD_VALUE_MAX	512		/* of any value, unquoted */

/* ---- times ---- */

/* Days from 1970-01-01 of a date of the Gregorian calendar, March being the first month of a year. */
static int64_t
days_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

/* Does s have the form of "dddd-dd-dd..."?  'd' stands for a digit. */
static int
formed(const char *s, const char *form)
{
	for (; *form != '\0'; s++, form++)
		if (*form == 'd' ? !isdigit((unsigned char)*s) : *s != *form)
			return 0;
	return *s == '\0';
}

int
exception_time_parse(const char *s, int64_t *seconds)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int day_only = formed(s, "dddd-dd-dd"), y, m, d, hour, min, sec;

	if (!day_only && !formed(s, "dddd-dd-ddTdd:dd:ddZ"))
		return -1;
	y = atoi(s);
	m = atoi(s + 5);
	d = atoi(s + 8);
	if (y < 1970 || m < 1 || m > 12 || d < 1 ||
	    d > length[m - 1] + (m == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0)))
		return -1;
	*seconds = days_of(y, m, d) * DAY_SECONDS;
	if (day_only) {
		*seconds += DAY_SECONDS;
		return 0;
	}
	hour = atoi(s + 11);
	min = atoi(s + 14);
	sec = atoi(s + 17);
	if (hour > 23 || min > 59 || sec > 59)
		return -1;
	*seconds += hour * 3600 + min * 60 + sec;
	return 0;
}

const char *
exception_time_str(int64_t seconds, char *out, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds < 0 || seconds > TIME_MAX || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, size, "1970-01-01T00:00:00Z");
	return out;
}

/* ---- single values ---- */

static int
replace(char **to, const char *s, char *err, size_t errlen)
{
	char *copy = strdup(s);

	if (copy == NULL) {
		snprintf(err, errlen, "no memory");
		return -1;
	}
	free(*to);
	*to = copy;
	return 0;
}

/* No control octets, at least one that is no blank, at most max. */
static int
is_text(const char *s, size_t max)
{
	size_t i;

	for (i = 0; (unsigned char)s[i] >= ' ' && s[i] != 0x7f; i++)
		;
	return s[i] == '\0' && i <= max && strspn(s, " ") < i;
}

int
exception_set_signature(struct exception *e, const char *s, char *err, size_t errlen)
{
	/* "*" alone would be an exception from scanning. */
	if (!is_text(s, EXCEPTION_VALUE_MAX) || strchr(s, ' ') != NULL || strspn(s, "*.") == strlen(s)) {
		snprintf(err, errlen, "signature: want a signature's name, '*' in it for any octets, such as \"Pdf.Exploit.*\"");
		return -1;
	}
	return replace(&e->signature, s, err, errlen);
}

int
exception_set_sender(struct exception *e, const char *s, char *err, size_t errlen)
{
	const char *at = strrchr(s, '@'), *domain = at != NULL ? at + 1 : s + (s[0] == '.');
	char *p;

	if (!is_text(s, EXCEPTION_VALUE_MAX) || strchr(s, ' ') != NULL || at == s || *domain == '\0' ||
	    strpbrk(s, "<>*") != NULL || domain[0] == '.') {
		snprintf(err, errlen, "sender: want an address, or a domain, which includes those below it");
		return -1;
	}
	if (replace(&e->sender, at != NULL ? s : domain, err, errlen) == -1)
		return -1;
	for (p = e->sender; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
exception_set_digest(struct exception *e, const char *hex, char *err, size_t errlen)
{
	uint8_t digest[32];
	size_t i;

	for (i = 0; i < 64 && hex_digit(hex[i]) != -1; i++)
		;
	if (i != 64 || hex[64] != '\0') {
		snprintf(err, errlen, "digest: want 64 hex digits, the sha256 of a part as the record has it");
		return -1;
	}
	for (i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	memcpy(e->digest, digest, sizeof(digest));
	e->has_digest = 1;
	return 0;
}

static int
set_reason(char **to, const char *s, char *err, size_t errlen)
{
	if (is_text(s, EXCEPTION_REASON_MAX))
		return replace(to, s, err, errlen);
	snprintf(err, errlen, "reason: want a sentence of at most %d octets that says why", EXCEPTION_REASON_MAX);
	return -1;
}

static int
set_by(char **to, const char *s, char *err, size_t errlen)
{
	if (is_text(s, EXCEPTION_BY_MAX))
		return replace(to, s, err, errlen);
	snprintf(err, errlen, "by: want a name of at most %d octets", EXCEPTION_BY_MAX);
	return -1;
}

int
exception_set_reason(struct exception *e, const char *s, char *err, size_t errlen)
{
	return set_reason(&e->reason, s, err, errlen);
}

int
exception_set_by(struct exception *e, const char *s, char *err, size_t errlen)
{
	return set_by(&e->by, s, err, errlen);
}

static int
set_id(char *id, const char *s, char *err, size_t errlen)
{
	size_t i;

	for (i = 0; isalnum((unsigned char)s[i]); i++)
		;
	if (i == 0 || i > EXCEPTION_ID_MAX || s[i] != '\0') {
		snprintf(err, errlen, "id: want at most %d letters and digits", EXCEPTION_ID_MAX);
		return -1;
	}
	memcpy(id, s, i + 1);
	return 0;
}

static int
set_time(int64_t *to, const char *key, const char *s, char *err, size_t errlen)
{
	if (exception_time_parse(s, to) == 0)
		return 0;
	snprintf(err, errlen, "%s: got \"%.40s\", want a time such as 2026-12-01T04:10:00Z, or a day", key, s);
	return -1;
}

/* ---- one line ---- */

/* What is left of a line. */
struct cursor {
	const char	*p, *end;
};

static void
skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
}

/* A value, quoted or not, into out.  0, or -1 with err. */
static int
value_read(struct cursor *c, const char *key, char *out, size_t size, char *err, size_t errlen)
{
	size_t n = 0;
	int quoted = c->p < c->end && *c->p == '"', closed = !quoted;

	for (c->p += quoted; c->p < c->end && n + 1 < size; c->p++) {
		if (quoted && *c->p == '"') {
			c->p++;
			closed = 1;
			break;
		}
		if (!quoted && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '"'))
			break;
		if (quoted && *c->p == '\\' && c->p + 1 < c->end)
			c->p++;
		out[n++] = *c->p;
	}
	out[n] = '\0';
	if (n + 1 >= size)
		snprintf(err, errlen, "%s: its value is too long", key);
	else if (!closed)
		snprintf(err, errlen, "%s: the quote is never closed", key);
	else if (c->p < c->end && *c->p != ' ' && *c->p != '\t' && *c->p != '\r')
		snprintf(err, errlen, "%s: want a blank behind its value; one with blanks or quotes is quoted", key);
	else if (strlen(out) != n)
		snprintf(err, errlen, "%s: has a NUL octet", key);
	else
		return 0;
	return -1;
}

/* Where keys of both kinds of line go. */
struct common {
	int64_t	*until, *added;
	char	**by, **reason;
};

static int
key_set(const char *key, const char *value, struct exception *e, const struct common *to, char *err, size_t errlen)
{
	if (strcmp(key, "until") == 0)
		return set_time(to->until, key, value, err, errlen);
	if (strcmp(key, "added") == 0)
		return set_time(to->added, key, value, err, errlen);
	if (strcmp(key, "by") == 0)
		return set_by(to->by, value, err, errlen);
	if (strcmp(key, "reason") == 0)
		return set_reason(to->reason, value, err, errlen);
	if (e != NULL && strcmp(key, "id") == 0)
		return set_id(e->id, value, err, errlen);
	if (e != NULL && strcmp(key, "signature") == 0)
		return exception_set_signature(e, value, err, errlen);
	if (e != NULL && strcmp(key, "sender") == 0)
		return exception_set_sender(e, value, err, errlen);
	if (e != NULL && strcmp(key, "digest") == 0)
		return exception_set_digest(e, value, err, errlen);
	snprintf(err, errlen, "unknown word: %s=", key);
	return -1;
}

/* The key=value words up to the line's end. */
static int
words_read(struct cursor *c, struct exception *e, const struct common *to, char *err, size_t errlen)
{
	char key[16], value[WORD_VALUE_MAX];
	size_t n;

	for (skip_blanks(c); c->p < c->end; skip_blanks(c)) {
		for (n = 0; c->p + n < c->end && islower((unsigned char)c->p[n]); n++)
			;
		if (n == 0 || n >= sizeof(key) || c->p + n >= c->end || c->p[n] != '=') {
			snprintf(err, errlen, "want key=value words");
			return -1;
		}
		memcpy(key, c->p, n);
		key[n] = '\0';
		c->p += n + 1;
		if (value_read(c, key, value, sizeof(value), err, errlen) == -1 ||
		    key_set(key, value, e, to, err, errlen) == -1)
			return -1;
	}
	if (*to->until == 0) {
		snprintf(err, errlen, "has no until=: it would never end");
		return -1;
	}
	if (*to->reason == NULL) {
		snprintf(err, errlen, "has no reason=, which everybody needs who asks why it is there");
		return -1;
	}
	return 0;
}

/* Takes the word away if the line goes on with it. */
static int
word_is(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0 || (c->p + n < c->end && c->p[n] != ' ' && c->p[n] != '\t'))
		return 0;
	c->p += n;
	skip_blanks(c);
	return 1;
}

static enum exception_line
except_read(struct cursor *c, struct exception *out, char *err, size_t errlen)
{
	struct exception e;
	struct common to = { &e.until, &e.added, &e.by, &e.reason };

	memset(&e, 0, sizeof(e));
	if (words_read(c, &e, &to, err, errlen) == -1)
		goto bad;
	if (e.id[0] == '\0') {
		snprintf(err, errlen, "has no id=");
		goto bad;
	}
	if (e.signature == NULL && e.sender == NULL && !e.has_digest) {
		snprintf(err, errlen, "has neither signature= nor sender= nor digest=: it would be for all");
		goto bad;
	}
	*out = e;
	return EXCEPTION_EXCEPT;
bad:
	exception_clear(&e);
	return EXCEPTION_BAD;
}

static enum exception_line
mode_read(struct cursor *c, struct override_mode *out, char *err, size_t errlen)
{
	struct override_mode m;
	struct common to = { &m.until, &m.added, &m.by, &m.reason };

	memset(&m, 0, sizeof(m));
	if (!word_is(c, "observe"))
		snprintf(err, errlen, "mode: want observe");
	else if (words_read(c, NULL, &to, err, errlen) == 0) {
		*out = m;
		return EXCEPTION_MODE;
	}
	override_mode_clear(&m);
	return EXCEPTION_BAD;
}

enum exception_line
exception_parse(const char *line, size_t len, struct exception *e, struct override_mode *m, char *err, size_t errlen)
{
	struct cursor c = { line, line + len };

	if (len > EXCEPTION_LINE_MAX) {
		snprintf(err, errlen, "the line is longer than %d octets", EXCEPTION_LINE_MAX);
		return EXCEPTION_BAD;
	}
	skip_blanks(&c);
	if (c.p == c.end || *c.p == '#')
		return EXCEPTION_NOTHING;
	if (word_is(&c, "except"))
		return except_read(&c, e, err, errlen);
	if (word_is(&c, "mode"))
		return mode_read(&c, m, err, errlen);
	snprintf(err, errlen, "want a line that begins with \"except\" or \"mode\"");
	return EXCEPTION_BAD;
}

/* ---- the whole file ---- */

static void
left_out(struct buf *errs, size_t number, const char *why, int *rc)
{
	if (errs != NULL)
		buf_addf(errs, "line %zu: %s\n", number, why);
	if (*rc == 0)
		*rc = 1;
}

static int
has_id(const struct exceptions *x, const char *id)
{
	size_t i;

	for (i = 0; i < x->count; i++)
		if (strcasecmp(x->list[i].id, id) == 0)
			return 1;
	return 0;
}

static void
line_take(struct exceptions *x, const char *line, size_t len, size_t number, struct buf *errs, int *rc)
{
	struct override_mode mode;
	struct exception e;
	char err[256] = "";

	switch (exception_parse(line, len, &e, &mode, err, sizeof(err))) {
	case EXCEPTION_NOTHING:
		return;
	case EXCEPTION_BAD:
		left_out(errs, number, err, rc);
		return;
	case EXCEPTION_MODE:
		override_mode_clear(&x->mode);
		x->mode = mode;
		return;
	case EXCEPTION_EXCEPT:
		break;
	}
	if (x->count == EXCEPTIONS_MAX)
		snprintf(err, sizeof(err), "more than %d exceptions", EXCEPTIONS_MAX);
	else if (has_id(x, e.id))
		snprintf(err, sizeof(err), "there is an exception %s already", e.id);
	else {
		x->list[x->count++] = e;
		return;
	}
	left_out(errs, number, err, rc);
	exception_clear(&e);
}

int
exceptions_parse(const char *text, size_t len, struct exceptions *out, struct buf *errs)
{
	const char *end = text + len, *feed;
	size_t number = 0;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if ((out->list = calloc(EXCEPTIONS_MAX, sizeof(*out->list))) == NULL)
		return -1;
	while (len > 0 && text < end) {
		if ((feed = memchr(text, '\n', (size_t)(end - text))) == NULL)
			feed = end;
		line_take(out, text, (size_t)(feed - text), ++number, errs, &rc);
		text = feed < end ? feed + 1 : end;
	}
	return rc;
}

void
exception_clear(struct exception *e)
{
	free(e->signature);
	free(e->sender);
	free(e->by);
	free(e->reason);
	memset(e, 0, sizeof(*e));
}

void
override_mode_clear(struct override_mode *m)
{
	free(m->by);
	free(m->reason);
	memset(m, 0, sizeof(*m));
}

void
exceptions_free(struct exceptions *x)
{
	size_t i;

	if (x == NULL)
		return;
	for (i = 0; i < x->count; i++)
		exception_clear(&x->list[i]);
	free(x->list);
	override_mode_clear(&x->mode);
	memset(x, 0, sizeof(*x));
}

/* ---- printing ---- */

static void
print_word(struct buf *out, const char *key, const char *value)
{
	const char *p;

	if (value == NULL)
		return;
	buf_addf(out, " %s=", key);
	if (*value != '\0' && strpbrk(value, " \t\"\\#") == NULL) {
		buf_addz(out, value);
		return;
	}
	buf_addc(out, '"');
	for (p = value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
	buf_addc(out, '"');
}

static int
print_rest(struct buf *out, int64_t until, int64_t added, const char *by, const char *reason)
{
	char text[32];

	print_word(out, "until", exception_time_str(until, text, sizeof(text)));
	if (added != 0)
		print_word(out, "added", exception_time_str(added, text, sizeof(text)));
	print_word(out, "by", by);
	print_word(out, "reason", reason);
	return buf_addc(out, '\n');
}

int
exception_print(const struct exception *e, struct buf *out)
{
	size_t i;

	buf_addz(out, "except");
	print_word(out, "id", e->id);
	print_word(out, "signature", e->signature);
	print_word(out, "sender", e->sender);
	if (e->has_digest) {
		buf_addz(out, " digest=");
		for (i = 0; i < sizeof(e->digest); i++)
			buf_addf(out, "%02x", (unsigned int)e->digest[i]);
	}
	return print_rest(out, e->until, e->added, e->by, e->reason);
}

int
override_mode_print(const struct override_mode *m, struct buf *out)
{
	buf_addz(out, "mode observe");
	return print_rest(out, m->until, m->added, m->by, m->reason);
}

/* ---- matching ---- */

static int
sender_matches(const char *want, const char *sender)
{
	const char *at;
	size_t have, n;

	if (sender == NULL || *sender == '\0')
		return 0;
	if (strchr(want, '@') != NULL)
		return strcasecmp(want, sender) == 0;
	if ((at = strrchr(sender, '@')) == NULL)
		return 0;
	have = strlen(at + 1);
	n = strlen(want);
	return have >= n && strcasecmp(at + 1 + have - n, want) == 0 && (have == n || at[have - n] == '.');
}

static int
exception_matches(const struct exception *e, const struct exception_finding *f)
{
	if (e->signature == NULL && !e->has_digest && f->infected)
		return 0;
	if (e->signature == NULL && e->sender == NULL && !e->has_digest)
		return 0;
	return (e->signature == NULL || pattern_match(e->signature, f->signature)) &&
	    (e->sender == NULL || sender_matches(e->sender, f->sender)) &&
	    (!e->has_digest || (f->digest != NULL && memcmp(e->digest, f->digest, sizeof(e->digest)) == 0));
}

const struct exception *
exceptions_match(const struct exceptions *x, const struct exception_finding *f, int64_t now)
{
	size_t i;

	if (x == NULL)
		return NULL;
	for (i = 0; i < x->count; i++)
		if (now < x->list[i].until && exception_matches(&x->list[i], f))
			return &x->list[i];
	return NULL;
}

int
override_mode_on(const struct override_mode *m, int64_t now)
{
	return m->until != 0 && now < m->until;
}
