/* SPDX-License-Identifier: ISC */
/* The two clocks, in one unit each. */
/*
 * Called wherever time is taken, by any thread.  It does not format, and
 * rooms that judge do not call it: they are told the time.
 */
#include <time.h>

#include "base/clock.h"

uint64_t
clock_mono_ns(void)
{
	struct timespec	ts;

	/* Cannot fail for a clock every kernel has. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
clock_wall_ms(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
