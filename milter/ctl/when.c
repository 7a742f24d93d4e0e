/* SPDX-License-Identifier: ISC */
/* Points in time as people type them, and as records have them. */
/*
 * Called by log for --since, --until and for each line; the second is on the
 * hot path, so it reads digits itself.  Days are counted by arithmetic (proleptic
 * Gregorian), without the C library's time zone.  Does not: print times (text.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "ctl/when.h"

#define DAY_S	86400

struct parts {
	int	year, month, day, hour, minute, second, ms;
	int	precision;		/* how many of them were given: 3, 5, 6 */
};

static int
digits(const char **p, const char *end, int n, int *out)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (*p == end || **p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return 0;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* Fractions beyond milliseconds are cut. */
static void
fraction(const char **p, const char *end, int *ms)
{
	int unit = 100;

	for (*ms = 0, (*p)++; *p < end && **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*ms += (**p - '0') * unit;
}

/* YYYY-MM-DD[(T| )HH:MM[:SS[.FFF]]]; p moves behind it. */
static int
parts_read(const char **p, const char *end, struct parts *t)
{
	memset(t, 0, sizeof(*t));
	if (digits(p, end, 4, &t->year) == -1 || *p == end || *(*p)++ != '-' || digits(p, end, 2, &t->month) == -1 ||
	    *p == end || *(*p)++ != '-' || digits(p, end, 2, &t->day) == -1)
		return -1;
	if (t->year < 1970 || t->month < 1 || t->month > 12 || t->day < 1 || t->day > days_in(t->year, t->month))
		return -1;
	t->precision = 3;
	if (*p == end || (**p != 'T' && **p != 't' && **p != ' '))
		return 0;
	(*p)++;
	if (digits(p, end, 2, &t->hour) == -1 || *p == end || *(*p)++ != ':' || digits(p, end, 2, &t->minute) == -1)
		return -1;
	t->precision = 5;
	if (*p < end && **p == ':') {
		(*p)++;
		if (digits(p, end, 2, &t->second) == -1)
			return -1;
		t->precision = 6;
		if (*p < end && **p == '.')
			fraction(p, end, &t->ms);
	}
	return t->hour > 23 || t->minute > 59 || t->second > 60 ? -1 : 0;
}

/* Days since 1970-01-01, after Hinnant's days_from_civil. */
static int64_t
days_since_1970(const struct parts *t)
{
	int64_t y = t->year - (t->month <= 2), era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (t->month + (t->month > 2 ? -3 : 9)) + 2) / 5 + t->day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* "Z", "+02:00": seconds east of Greenwich; p moves behind it. */
static int
offset_read(const char **p, const char *end, int *seconds)
{
	int sign, h, m;

	*seconds = 0;
	if (*p == end)
		return -1;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		return 0;
	}
	if (**p != '+' && **p != '-')
		return -1;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (digits(p, end, 2, &h) == -1 || *p == end || *(*p)++ != ':' || digits(p, end, 2, &m) == -1 || h > 23 || m > 59)
		return -1;
	*seconds = sign * (h * 3600 + m * 60);
	return 0;
}

int
when_rfc3339(const char *s, size_t n, uint64_t *ms)
{
	const char *end = s + n;
	struct parts t;
	int64_t v;
	int east;

	if (parts_read(&s, end, &t) == -1 || t.precision != 6 || offset_read(&s, end, &east) == -1 || s != end)
		return -1;
	v = days_since_1970(&t) * DAY_S + t.hour * 3600 + t.minute * 60 + t.second - east;
	if (v < 0)
		return -1;
	*ms = (uint64_t)v * 1000 + (uint64_t)t.ms;
	return 0;
}

/* Local time; mktime() knows the rules of the zone. */
static int
local_ms(const struct parts *t, int end, uint64_t *ms)
{
	struct tm tm = { .tm_year = t->year - 1900, .tm_mon = t->month - 1, .tm_mday = t->day,
	    .tm_hour = t->hour, .tm_min = t->minute, .tm_sec = t->second, .tm_isdst = -1 };
	int past = 0;	/* the last millisecond of what was named */
	time_t v;

	if (end && t->precision == 3)
		tm.tm_mday++;
	else if (end && t->precision == 5)
		tm.tm_min++;
	past = end && t->precision < 6;
	if ((v = mktime(&tm)) == (time_t)-1 || v < 0)
		return -1;
	*ms = (uint64_t)v * 1000 + (uint64_t)t->ms - (past && v > 0);
	return 0;
}

static int
day_ms(uint64_t now_ms, int back, int end, uint64_t *ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct parts t = { .precision = 3 };
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return -1;
	t.year = tm.tm_year + 1900;
	t.month = tm.tm_mon + 1;
	t.day = tm.tm_mday - back;	/* mktime() takes the 0th */
	return local_ms(&t, end, ms);
}

int
when_parse(const char *s, uint64_t now_ms, int end, uint64_t *ms)
{
	const char *p = s, *stop = s + strlen(s);
	struct parts t;
	uint64_t age;

	if (strcmp(s, "now") == 0) {
		*ms = now_ms;
		return 0;
	}
	if (strcmp(s, "today") == 0)
		return day_ms(now_ms, 0, end, ms);
	if (strcmp(s, "yesterday") == 0)
		return day_ms(now_ms, 1, end, ms);
	if (units_time(s, &age) == 0) {
		*ms = age < now_ms ? now_ms - age : 0;
		return 0;
	}
	if (when_rfc3339(s, strlen(s), ms) == 0)
		return 0;
	if (parts_read(&p, stop, &t) == -1 || p != stop)
		return -1;
	return local_ms(&t, end, ms);
}
