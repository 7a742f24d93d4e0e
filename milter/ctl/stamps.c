/* SPDX-License-Identifier: ISC */
/* The stamps of a log's lines -> points in time: years, zones and the hour that comes twice. */
/*
 * Called by collect for each line that means something.  Stamps without a zone
 * are local time, by mktime(), whose last minute is kept: lines come by the thousand in one.
 * It does not read stamps (judge/maillog.c).
 */
#include <time.h>

#include "ctl/stamps.h"

#define DAY_MS		86400000u
#define OVERLAP_MS	1800000u	/* a clock without zone that goes back further than this was set back for winter */

static uint64_t
distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Local time; the rules of the zone are mktime()'s.  0: none. */
static uint64_t
local_ms(struct stamps *s, const struct maillog_stamp *t, int year)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = t->month - 1, .tm_mday = t->day, .tm_hour = t->hour,
	    .tm_min = t->minute, .tm_isdst = -1 }, was = tm, other;
	struct tm *m = &s->minute;
	time_t v, w;

	if (s->minute_ms != 0 && m->tm_year == tm.tm_year && m->tm_mon == tm.tm_mon && m->tm_mday == tm.tm_mday &&
	    m->tm_hour == tm.tm_hour && m->tm_min == tm.tm_min)
		return s->minute_ms + (uint64_t)t->second * 1000;
	if ((v = mktime(&tm)) == (time_t)-1 || v < 0)
		return 0;
	/* an hour that comes twice a year: the one that goes on from the line before */
	if (s->time_ms > (uint64_t)v * 1000 + OVERLAP_MS && s->time_ms < (uint64_t)v * 1000 + 2 * 3600 * 1000u) {
		other = was;
		other.tm_isdst = tm.tm_isdst > 0 ? 0 : 1;
		if ((w = mktime(&other)) > v && other.tm_hour == was.tm_hour)
			v = w;
	}
	*m = was;
	s->minute_ms = (uint64_t)v * 1000;
	return s->minute_ms + (uint64_t)t->second * 1000;
}

/* A stamp without a year is of that which brings it nearest to the line before, or, the first one, before the file's time. */
static uint64_t
yearless_ms(struct stamps *s, const struct maillog_stamp *t)
{
	uint64_t near = s->time_ms != 0 ? s->time_ms : s->newest_ms, v, best = 0;
	time_t at = (time_t)(near / 1000);
	const struct tm *m = &s->minute;
	struct tm tm, found = { 0 };
	uint64_t found_ms = 0;
	int y;

	if (s->time_ms != 0 && s->minute_ms != 0 && distance(s->minute_ms, near) < DAY_MS && m->tm_mon == t->month - 1 &&
	    m->tm_mday == t->day && m->tm_hour == t->hour && m->tm_min == t->minute)
		return s->minute_ms + (uint64_t)t->second * 1000;
	if (s->time_ms == 0 && s->year != 0)
		return local_ms(s, t, s->year);
	if (localtime_r(&at, &tm) == NULL)
		return 0;
	for (y = tm.tm_year + 1901; y >= tm.tm_year + 1899; y--) {
		if ((v = local_ms(s, t, y)) == 0)
			continue;
		if (s->time_ms == 0 && v <= near + DAY_MS)
			return v;
		if (s->time_ms != 0 && (best == 0 || distance(v, near) < distance(best, near))) {
			best = v;
			found = s->minute;
			found_ms = s->minute_ms;
		}
	}
	s->minute = found;
	s->minute_ms = found_ms;
	return best;
}

uint64_t
stamps_ms(struct stamps *s, const struct maillog_stamp *t)
{
	struct tm tm = { .tm_year = t->year - 1900, .tm_mon = t->month - 1, .tm_mday = t->day, .tm_hour = t->hour,
	    .tm_min = t->minute, .tm_sec = t->second };
	uint64_t ms = 0;
	time_t v;

	if (t->zoned) {
		if ((v = timegm(&tm) - t->east) > 0)
			ms = (uint64_t)v * 1000;
	} else
		ms = t->year != 0 ? local_ms(s, t, t->year) : yearless_ms(s, t);
	return ms == 0 ? 0 : ms + (uint64_t)t->us / 1000;
}
