/* SPDX-License-Identifier: ISC */
/* One packet with descriptors over a SOCK_SEQPACKET socket. */
#ifndef HOPWARD_BASE_FDPASS_H
#define HOPWARD_BASE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX	4

/* Sends one packet; borrows fds.  flags: MSG_DONTWAIT or 0.  0, or -1 with errno (EAGAIN: queue is full).  No SIGPIPE. */
int	fdpass_send(int sock, const void *, size_t, const int *fds, int nfds, int flags);
/*
 * Receives one packet of at most `size` octets and exactly or fewer `maxfds`
 * descriptors, given to the caller close-on-exec.  Returns the octets, 0 at
 * end of file, -1 with errno; a cut packet or surplus descriptors: all closed, -1, EBADMSG.
 */
ssize_t	fdpass_recv(int sock, void *, size_t size, int *fds, int maxfds, int *nfds, int flags);

#endif
