/* SPDX-License-Identifier: ISC */
/* The two clocks, in one unit each. */
#ifndef HOPWARD_BASE_CLOCK_H
#define HOPWARD_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_ns(void);	/* CLOCK_MONOTONIC: deadlines and durations */
uint64_t clock_wall_ms(void);	/* CLOCK_REALTIME since 1970: what records show */

#endif
