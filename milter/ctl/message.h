/* SPDX-License-Identifier: ISC */
/* A message in a file, as if it had come: reading it, the scanner to give it to, what options say of its connection. */
#ifndef HOPWARD_CTL_MESSAGE_H
#define HOPWARD_CTL_MESSAGE_H

#include <stdint.h>

#include "ctl/ctl.h"
#include "ctl/mailbox.h"
#include "ctl/runner.h"
#include "judge/facts.h"

enum message_read {
	MESSAGE_WHOLE,		/* of a larger file nothing is kept */
	MESSAGE_BEGINNING	/* of a larger file the first octets are enough */
};

/*
 * Reads a file ("-": standard input) into the task's memfd behind `prefix`, at
 * most `max` octets of it, and seals that.  *size is the file's as far as known.
 * Waits for a FIFO's writer and for what comes through a pipe, until a signal says stop.
 * 0; 1: it is larger, and with MESSAGE_WHOLE the task has no memfd; -1 with
 * errno, which is EINTR and runner_stopped() true after such a signal.  The task is initialised either way.
 */
int	message_load(struct runner *, struct task *, const char *file, const char *prefix, uint64_t max, enum message_read,
	    uint64_t *size);
/* The same of what mailbox.c found: a file that must be a regular one and no link, or a piece of a file. */
int	message_load_item(struct runner *, struct task *, const struct mailbox_item *, const char *prefix, uint64_t max,
	    enum message_read, uint64_t *size);
/*
 * Where the configured scanner is not installed takes the one beside this
 * program, and nobody for its user where that does not exist.  0, or an exit code after telling why.
 */
int	message_scanner(const struct ctl *, struct conf *);
/* What a scanner that crashed may have said of it, line by line as warnings. */
void	message_scanner_said(const struct ctl *, const struct runner *);

/*
 * --client IP[,NAME] and --tls VERSION,CIPHER,BITS or none.  The facts point
 * into *copy, which is made anew for the caller to free.  0, or an exit code after telling why.
 */
int	message_client(const struct ctl *, const struct ctl_command *, const char *arg, struct message_facts *, char **copy);
int	message_tls(const struct ctl *, const struct ctl_command *, const char *arg, struct tls_facts *, char **copy);

#endif
