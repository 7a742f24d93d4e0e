/* SPDX-License-Identifier: ISC */
/* The parent's side of hopwardctl: one question, one answer, on a unix socket. */
#ifndef HOPWARD_CONTROL_H
#define HOPWARD_CONTROL_H

#include "base/json.h"
#include "parent_int.h"

/*
 * SOCK_SEQPACKET.  Question: one packet {"command":COMMAND} and, behind a line
 * feed, up to three lines of what the command needs.  Answer: packets of JSON
 * text until end of file.  Who may ask is decided by the mode and group of the
 * socket.
 *
 *   status
 *   reload
 *   except-list
 *   except-add     a line of the exceptions' file, any id | | on whose behalf
 *   except-remove  id | reason, may be empty | on whose behalf
 *   mode-observe   a line of the exceptions' file | | on whose behalf
 *   mode-enforce   | reason, may be empty | on whose behalf
 *
 * The last four are answered when the front holds them, or after 3 s.
 */
#define CONTROL_QUESTION_MAX	8192
#define CONTROL_PACKET		(32u * 1024)

/*
 * Opens p->control; on failure it stays -1 (logged): the daemon serves mail without it.
 * -1 only if another daemon answers there already: then this one must not start.
 */
int	control_open(struct parent *);
void	control_close(struct parent *);	/* removes the socket's name if it is still ours */
/* Takes one connection and answers it; waits no longer than 100 ms for a slow asker. */
void	control_serve(struct parent *);
/* The front holds these exceptions: who waited for it is answered. */
void	control_held(struct parent *, uint32_t serial);
void	control_timers(struct parent *, uint64_t now_ns);	/* who waited for too long is answered */

/* ---- for control*.c alone ---- */

void	control_send(int fd, const struct buf *);
/* 1: the question was about exceptions or the mode; then out has the answer, or is empty and fd will be answered later. */
int	control_except(struct parent *, int *fd, const char *command, const char *body, struct buf *out);
void	control_except_status(struct parent *, struct json *);	/* members of status */

#endif
