/* SPDX-License-Identifier: ISC */
/* What a worker gives up before it touches a byte of strangers' mail. */
#ifndef HOPWARD_SCAN_SANDBOX_H
#define HOPWARD_SCAN_SANDBOX_H

/* In each worker, after its job arrived and before the first octet of it is read.  0, or -1: the worker must exit. */
int	sandbox_enter(const char *scratch);
/* The layers that sandbox_enter() will switch on, space-separated, for status and the log. */
const char *sandbox_layers(void);

#endif
