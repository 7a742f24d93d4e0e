/* SPDX-License-Identifier: ISC */
/* One line of an MTA's log -> what it says of a message's arrival.  Pure: no clock, no I/O, no library. */
#ifndef HOPWARD_JUDGE_ARRIVAL_H
#define HOPWARD_JUDGE_ARRIVAL_H

#include "judge/maillog.h"

enum arrival_kind {
	ARRIVAL_NONE,
	ARRIVAL_BEGUN,		/* Postfix: a client, or the maildrop, has a queue id */
	ARRIVAL_TAKEN,		/* Postfix: it is in the queue, or on hold */
	ARRIVAL_REFUSED,	/* by a milter, or discarded by one */
	ARRIVAL_MAIL		/* Sendmail: a daemon has read a message to its end; REFUSED may follow */
};

struct arrival {
	enum arrival_kind	 kind;
	enum maillog_mta	 mta;
	struct maillog_stamp	 stamp;
	struct maillog_text	 host, program, queue_id;
	struct maillog_text	 other_id;	/* BEGUN: of the same message before it came back from a content filter */
	struct maillog_text	 client;	/* BEGUN, MAIL: "host[ip]" as the MTA has it; p NULL: the maildrop */
};

/* As maillog_read(): texts point into the line, of which MAILLOG_LINE_MAX octets are looked at.  Returns out->kind. */
enum arrival_kind arrival_read(const char *line, size_t len, struct arrival *out);

#endif
