/* SPDX-License-Identifier: ISC */
/* The date of a Received field, in the forms that are met, as seconds since 1970. */
/*
 * Called by received.c with the words behind the last ';' (comments taken out).
 * Reads RFC 5322 with and without weekday, seconds, fraction or zone, two-digit
 * years, asctime(3), and what Go and ISO 8601 print.  Without a zone it is UTC.
 * Asks no clock and no time zone file; a named zone is RFC 5322's or none.
 */
#include <string.h>
#include <strings.h>

#include "scan/received_int.h"

struct text {
	const char	*p, *end;
};

struct moment {
	int	year, month, day, hour, minute, second;
	int	offset;		/* minutes east */
	int	minus;
};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void
skip(struct text *t, const char *set)
{
	const char	*c;

	for (; t->p < t->end; t->p++) {
		for (c = set; *c != '\0' && *c != *t->p; c++)
			;
		if (*c == '\0')
			return;
	}
}

/* Digits, between min and max of them; how many, 0: not so. */
static int
number(struct text *t, int min, int max, int *value)
{
	int	n = 0;

	*value = 0;
	while (t->p + n < t->end && n < max && is_digit(t->p[n])) {
		*value = *value * 10 + (t->p[n] - '0');
		n++;
	}
	if (n < min || (t->p + n < t->end && is_digit(t->p[n])))
		return 0;
	t->p += n;
	return n;
}

/* A word of letters that begins with one of `count` names of three; its number from 1, or 0. */
static int
name(struct text *t, const char *names, int count)
{
	const char	*begin = t->p;
	int		 i;

	if (t->end - begin < 3)
		return 0;
	for (i = 0; i < count; i++)
		if ((begin[0] | 0x20) == names[3 * i] && (begin[1] | 0x20) == names[3 * i + 1] &&
		    (begin[2] | 0x20) == names[3 * i + 2]) {
			while (t->p < t->end && is_letter(*t->p))
				t->p++;
			return i + 1;
		}
	return 0;
}

static int
month(struct text *t, int *value)
{
	*value = name(t, "janfebmaraprmayjunjulaugsepoctnovdec", 12);
	return *value > 0;
}

static int
clock_time(struct text *t, struct moment *m)
{
	int	fraction;

	if (!number(t, 1, 2, &m->hour) || t->p == t->end || *t->p != ':')
		return 0;
	t->p++;
	if (!number(t, 2, 2, &m->minute))
		return 0;
	m->second = 0;
	if (t->p < t->end && *t->p == ':') {
		t->p++;
		if (!number(t, 2, 2, &m->second))
			return 0;
		if (t->end - t->p > 1 && (*t->p == '.' || *t->p == ',') && is_digit(t->p[1])) {
			t->p++;
			for (fraction = 0; fraction < 9 && t->p < t->end && is_digit(*t->p); fraction++)
				t->p++;
		}
	}
	return 1;
}

static int
zone_digits(struct text *t, struct moment *m)
{
	int	sign = *t->p == '-' ? -1 : 1, hour, minute = 0, n;

	t->p++;
	if ((n = number(t, 1, 4, &hour)) == 0)
		return 0;
	if (n > 2) {
		minute = hour % 100;
		hour /= 100;
	} else if (t->p < t->end && *t->p == ':') {
		t->p++;
		if (!number(t, 2, 2, &minute))
			return 0;
	}
	if (hour > 23 || minute > 59)
		return 0;
	m->offset = sign * (hour * 60 + minute);
	m->minus = sign < 0 && m->offset == 0;
	return 1;
}

/* A zone, if one stands here.  An unknown name counts as UTC: RFC 5322, 4.3. */
static void
zone(struct text *t, struct moment *m)
{
	static const struct {
		const char	*name;
		int		 hours;
	} zones[] = {
		{ "UT", 0 }, { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 }, { "EST", -5 }, { "EDT", -4 },
		{ "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
	};
	const char	*begin;
	size_t		 i, n;

	skip(t, " ");
	begin = t->p;
	while (t->p < t->end && is_letter(*t->p))
		t->p++;
	n = (size_t)(t->p - begin);
	for (i = n > 0 ? 0 : sizeof(zones) / sizeof(zones[0]); i < sizeof(zones) / sizeof(zones[0]); i++)
		if (n == strlen(zones[i].name) && strncasecmp(begin, zones[i].name, n) == 0)
			m->offset = zones[i].hours * 60;
	/* "+0100", also "GMT+0100" */
	if (t->p < t->end && (*t->p == '+' || *t->p == '-') && t->end - t->p > 1 && is_digit(t->p[1]))
		(void)zone_digits(t, m);
}

static int
year(struct text *t, int *value)
{
	int	n = number(t, 2, 4, value);

	if (n == 2)
		*value += *value < 50 ? 2000 : 1900;
	else if (n == 3)
		*value += 1900;
	return n > 0;
}

/* "2 Mar 2026 10:00:00 +0100", "02-Mar-26 10:00" */
static int
form_mail(struct text t, struct moment *m)
{
	if (!number(&t, 1, 2, &m->day))
		return 0;
	skip(&t, " -");
	if (!month(&t, &m->month))
		return 0;
	skip(&t, " -,");
	if (!year(&t, &m->year))
		return 0;
	skip(&t, " ,");
	if (!clock_time(&t, m))
		return 0;
	zone(&t, m);
	return 1;
}

/* "Mar  2 10:00:00 2026", a zone before or behind the year */
static int
form_asctime(struct text t, struct moment *m)
{
	const char	*before;

	if (!month(&t, &m->month))
		return 0;
	skip(&t, " ");
	if (!number(&t, 1, 2, &m->day))
		return 0;
	skip(&t, " ,");
	if (!clock_time(&t, m))
		return 0;
	skip(&t, " ");
	before = t.p;
	if (!number(&t, 4, 4, &m->year)) {
		t.p = before;
		zone(&t, m);
		skip(&t, " ");
		return number(&t, 4, 4, &m->year);
	}
	zone(&t, m);
	return 1;
}

/* "2026-03-02T10:00:00Z", "2026-03-02 10:00:00.123456789 +0000 UTC" */
static int
form_iso(struct text t, struct moment *m)
{
	if (!number(&t, 4, 4, &m->year) || t.p == t.end || (*t.p != '-' && *t.p != '/'))
		return 0;
	t.p++;
	if (!number(&t, 1, 2, &m->month) || t.p == t.end || (*t.p != '-' && *t.p != '/'))
		return 0;
	t.p++;
	if (!number(&t, 1, 2, &m->day))
		return 0;
	skip(&t, " T");
	if (!clock_time(&t, m))
		return 0;
	zone(&t, m);
	return 1;
}

/* Days since 1970-01-01 in the Gregorian calendar (years begin in March). */
static int64_t
days(int y, int m, int d)
{
	int64_t	era, of_era, of_year;

	y -= m <= 2;
	era = y / 400;
	of_era = y - era * 400;
	of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
moment_time(const struct moment *m, uint64_t *time)
{
	static const int	length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int			leap = m->year % 4 == 0 && (m->year % 100 != 0 || m->year % 400 == 0);
	int64_t			t;

	if (m->year < 1970 || m->year > 9998 || m->month < 1 || m->month > 12 || m->day < 1 ||
	    m->day > length[m->month - 1] + (m->month == 2 && leap) ||
	    m->hour > 23 || m->minute > 59 || m->second > 60)
		return 0;
	t = days(m->year, m->month, m->day) * 86400 + m->hour * 3600 + m->minute * 60 + m->second - m->offset * 60;
	if (t < 0)
		return 0;
	*time = (uint64_t)t;
	return 1;
}

int
date_read(const char *s, size_t n, int search, struct date *d)
{
	struct text	t = { s, s + n }, u;
	struct moment	m;

	memset(d, 0, sizeof(*d));
	skip(&t, " ,");
	while (t.p < t.end) {
		u = t;
		d->weekday = is_letter(*u.p) && name(&u, "montuewedthufrisatsun", 7) > 0;
		skip(&u, " ,.");
		memset(&m, 0, sizeof(m));
		if ((form_mail(u, &m) || form_asctime(u, &m) || form_iso(u, &m)) && moment_time(&m, &d->time)) {
			d->zone_minus = m.minus;
			return 1;
		}
		if (!search)
			break;
		while (t.p < t.end && *t.p != ' ')
			t.p++;
		skip(&t, " ,");
	}
	memset(d, 0, sizeof(*d));
	return 0;
}
