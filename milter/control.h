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

/*
 * Opens p->control; on failure it stays -1 (logged): the daemon serves mail without it.
 * -1 only if another daemon answers there already: then this one must not start.
 */
int	control_open(struct parent *);
void	control_close(struct parent *);	/* removes the socket's name if it is still ours */
/* Takes one connection and answers it; waits no longer than 100 ms for a slow asker. */
void	control_serve(struct parent *);

#endif
