/* SPDX-License-Identifier: ISC */
/* The parent's side of hopwardctl: one question, one answer, on a unix socket. */
#ifndef HOPWARD_CONTROL_H
#define HOPWARD_CONTROL_H

#include "parent_int.h"

/*
 * SOCK_SEQPACKET.  Question: one packet {"command":"status"|"reload"}.  Answer:
 * packets of JSON text until end of file.  Who may ask is decided by the mode
 * and group of the socket.
 */
#define CONTROL_QUESTION_MAX	512
#define CONTROL_PACKET		(32u * 1024)

/* The listening socket, or -1 (logged): the daemon serves mail without it. */
int	control_open(const struct conf *);
void	control_close(int fd, const struct conf *);
/* Takes one connection and answers it; waits no longer than 100 ms for a slow asker. */
void	control_serve(struct parent *);

#endif
