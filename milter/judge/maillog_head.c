/* SPDX-License-Identifier: ISC */
/* What stands before the text of a log line: stamp, host, program, process. */
/*
 * Called by maillog.c.  Stamps of syslog with and without a year, RFC 3339 and
 * RFC 5424; BSD's and Solaris' additions.  It does not resolve times.
 */
#include <string.h>

#include "judge/maillog_int.h"

/* ---- stamp ---- */

static int
month(struct cursor *c, int *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	if (cursor_left(c) < 4 || c->p[3] != ' ')
		return 0;
	for (i = 0; i < 12; i++)
		if (memcmp(c->p, names + 3 * i, 3) == 0) {
			*out = i + 1;
			c->p += 4;
			return 1;
		}
	return 0;
}

/* "HH:MM:SS" and a fraction. */
static int
clock_time(struct cursor *c, struct maillog_stamp *t)
{
	int unit = 100000;

	if (!cursor_digits(c, 2, &t->hour) || !cursor_skip(c, ":") || !cursor_digits(c, 2, &t->minute) || !cursor_skip(c, ":") ||
	    !cursor_digits(c, 2, &t->second) || t->hour > 23 || t->minute > 59 || t->second > 60)
		return 0;
	if (cursor_left(c) < 2 || (*c->p != '.' && *c->p != ',') || !ascii_digit(c->p[1]))
		return 1;
	for (c->p++; c->p < c->end && ascii_digit(*c->p); c->p++, unit /= 10)
		t->us += (*c->p - '0') * unit;
	return 1;
}

/* "Z", "+01:00", "+0100"; none is fine too. */
static int
zone(struct cursor *c, struct maillog_stamp *t)
{
	int h, m, sign;

	if (cursor_left(c) == 0)
		return 0;
	if (*c->p == 'Z' || *c->p == 'z') {
		c->p++;
		t->zoned = 1;
		return 1;
	}
	if (*c->p != '+' && *c->p != '-')
		return 1;
	sign = *c->p++ == '-' ? -1 : 1;
	if (!cursor_digits(c, 2, &h))
		return 0;
	(void)cursor_skip(c, ":");
	if (!cursor_digits(c, 2, &m) || h > 23 || m > 59)
		return 0;
	t->zoned = 1;
	t->east = sign * (h * 3600 + m * 60);
	return 1;
}

/* YYYY-MM-DDTHH:MM:SS[.ffffff][zone] */
static int
stamp_rfc3339(struct cursor *c, struct maillog_stamp *t)
{
	return cursor_digits(c, 4, &t->year) && cursor_skip(c, "-") && cursor_digits(c, 2, &t->month) && cursor_skip(c, "-") &&
	    cursor_digits(c, 2, &t->day) && (cursor_skip(c, "T") || cursor_skip(c, "t") || cursor_skip(c, " ")) && clock_time(c, t) && zone(c, t) &&
	    t->month >= 1 && t->month <= 12;
}

/* A year, and the blank behind it. */
static int
year(struct cursor *c, int *out)
{
	struct cursor at = *c;
	int v;

	if (!cursor_digits(&at, 4, &v) || !cursor_skip(&at, " ") || v < 1970)
		return 0;
	*out = v;
	*c = at;
	return 1;
}

/* [YYYY ]Mmm dd [YYYY ]HH:MM:SS[ YYYY] */
static int
stamp_syslog(struct cursor *c, struct maillog_stamp *t)
{
	struct cursor at;
	const char *blank;

	(void)year(c, &t->year);
	if (!month(c, &t->month))
		return 0;
	(void)cursor_skip(c, " ");
	if (cursor_left(c) >= 2 && c->p[1] == ' ' ? !cursor_digits(c, 1, &t->day) : !cursor_digits(c, 2, &t->day))
		return 0;
	if (!cursor_skip(c, " "))
		return 0;
	if (t->year == 0)
		(void)year(c, &t->year);
	if (!clock_time(c, t))
		return 0;
	at = *c;
	/* A year behind the time; a host may have such a name, but then the program comes next. */
	if (t->year == 0 && cursor_skip(&at, " ") && year(&at, &t->year)) {
		blank = memchr(at.p, ' ', cursor_left(&at));
		if (blank != NULL && blank > at.p && blank[-1] != ':') {
			c->p = at.p - 1;
			return 1;
		}
		t->year = 0;
	}
	return 1;
}

/* "Mon YYYY-MM-DD HH:MM:SS[.ffffff] ZONE", of journalctl -o short-full.  A zone by its name is the local one, or UTC. */
static int
stamp_journal(struct cursor *c, struct maillog_stamp *t)
{
	struct maillog_text name;
	struct cursor at;

	if (!cursor_word(c, "", 3, &name) || !cursor_skip(c, " ") || !stamp_rfc3339(c, t))
		return 0;
	at = *c;
	if (!cursor_skip(&at, " ") || !cursor_word(&at, "+-", 8, &name))
		return 0;
	if (maillog_text_is(&name, "UTC") || maillog_text_is(&name, "GMT"))
		t->zoned = 1;
	*c = at;
	return 1;
}

static int
stamp(struct cursor *c, struct maillog_stamp *t)
{
	struct cursor at = *c;
	int full = cursor_left(c) > 8 && c->p[3] == ' ' && c->p[8] == '-';

	if (full ? !stamp_journal(&at, t) : cursor_left(c) > 4 && c->p[4] == '-' ? !stamp_rfc3339(&at, t) : !stamp_syslog(&at, t))
		return 0;
	if (t->day < 1 || t->day > 31 || !cursor_skip(&at, " "))
		return 0;
	*c = at;
	return 1;
}

/* ---- host, program, pid ---- */

/* All up to a blank, taken with it. */
static int
token(struct cursor *c, struct maillog_text *out)
{
	const char *blank = memchr(c->p, ' ', cursor_left(c) < MAILLOG_HEAD_MAX ? cursor_left(c) : MAILLOG_HEAD_MAX);

	if (blank == NULL || blank == c->p || (size_t)(blank - c->p) > MAILLOG_NAME_MAX)
		return 0;
	out->p = c->p;
	out->len = (size_t)(blank - c->p);
	c->p = blank + 1;
	return 1;
}

/* "postfix/smtp[123]:" or "postfix/smtp:" -> name and pid. */
static int
program(const struct maillog_text *t, struct maillog *m)
{
	struct cursor c = { t->p, t->p + t->len };
	const char *open;

	if (t->len < 2 || t->p[t->len - 1] != ':')
		return 0;
	m->program.p = t->p;
	if (t->p[t->len - 2] != ']') {
		m->program.len = t->len - 1;
		return 1;
	}
	if ((open = memrchr(t->p, '[', t->len)) == NULL || open == t->p)
		return 0;
	m->program.len = (size_t)(open - t->p);
	c.p = open + 1;
	/* What is no number in there is no process that could be joined. */
	return cursor_number(&c, UINT32_MAX, &m->pid) && c.p == c.end - 2;
}

/* RFC 5424 behind its version: stamp host app procid msgid structured-data text. */
static int
header_5424(struct cursor *c, struct maillog *m)
{
	struct maillog_text pid, msgid;
	struct cursor n;

	if (!stamp(c, &m->stamp) || !token(c, &m->host) || !token(c, &m->program) || !token(c, &pid) || !token(c, &msgid))
		return 0;
	n.p = pid.p;
	n.end = pid.p + pid.len;
	if (!maillog_text_is(&pid, "-") && !(cursor_number(&n, UINT32_MAX, &m->pid) && n.p == n.end))
		return 0;
	if (!cursor_skip(c, "- ")) {
		int quoted = 0;

		for (; c->p < c->end; c->p++) {
			if (*c->p == '\\' && quoted && cursor_left(c) > 1)
				c->p++;
			else if (*c->p == '"')
				quoted = !quoted;
			else if (*c->p == ' ' && !quoted && c->p[-1] == ']')
				break;
		}
		if (!cursor_skip(c, " "))
			return 0;
	}
	(void)cursor_skip(c, "\xef\xbb\xbf");
	return 1;
}

int
maillog_header(struct cursor *c, struct maillog *m)
{
	struct maillog_text t;
	uint32_t n;

	if (cursor_skip(c, "<")) {
		if (!cursor_number(c, 191, &n) || !cursor_skip(c, ">"))
			return 0;
		if (cursor_skip(c, "1 "))
			return header_5424(c, m);
	}
	if (!stamp(c, &m->stamp))
		return 0;
	/* BSD's syslogd -v: <mail.info> */
	if (cursor_starts(c, "<", 1) && (!token(c, &t) || t.p[t.len - 1] != '>'))
		return 0;
	if (!token(c, &t))
		return 0;
	if (!program(&t, m)) {
		m->program.p = NULL;
		m->host = t;
		if (!token(c, &t) || !program(&t, m))
			return 0;
	}
	/* Solaris: [ID 197553 mail.info] */
	if (cursor_skip(c, "[ID ") && !cursor_upto(c, "] ", &t))
		return 0;
	return 1;
}
