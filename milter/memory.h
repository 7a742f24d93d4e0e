/* SPDX-License-Identifier: ISC */
/* Whether this host's memory holds a second engine beside the one that serves. */
#ifndef HOPWARD_MEMORY_H
#define HOPWARD_MEMORY_H

#include <sys/types.h>

/*
 * 1 if what is available (MemAvailable, and what the cgroups of this process
 * leave) is 1.2 times the resident size of `engine` or more; 0 if not.
 * 1 where it cannot be told.
 */
int	memory_holds_another(pid_t engine);

#endif
