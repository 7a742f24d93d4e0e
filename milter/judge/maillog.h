/* SPDX-License-Identifier: ISC */
/* One line of an MTA's log -> what it says of outbound mail and its TLS.  Pure: no clock, no I/O, no library. */
#ifndef HOPWARD_JUDGE_MAILLOG_H
#define HOPWARD_JUDGE_MAILLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define MAILLOG_LINE_MAX	65536	/* octets that are looked at; what an MTA writes that matters comes before */
#define MAILLOG_NAME_MAX	255	/* of a host, a program, a relay: longer ones are none */
#define MAILLOG_WORD_MAX	64	/* of a version, a cipher, a level... */
#define MAILLOG_EXAMPLE_MAX	160	/* of a line shown as an example */

enum maillog_kind {
	MAILLOG_IRRELEVANT,
	MAILLOG_UNREADABLE,	/* should be known, but cannot be read */
	MAILLOG_SESSION,	/* a TLS session with a server began, or is used again */
	MAILLOG_DELIVERY,	/* what became of recipients */
	MAILLOG_LOST,		/* Postfix: a session broke; it may go on in clear */
	MAILLOG_FAILED,		/* Sendmail: STARTTLS failed; with whom is not said */
	MAILLOG_RESTART		/* Postfix started or read its configuration anew */
};

enum maillog_mta { MAILLOG_POSTFIX, MAILLOG_SENDMAIL };

/* Octets of the line; p NULL: the line does not say it. */
struct maillog_text {
	const char	*p;
	size_t		 len;
};

/* The time as written.  year 0: the stamp has none.  zoned 0: local time of who wrote it. */
struct maillog_stamp {
	int	year, month, day, hour, minute, second;
	int	us;
	int	zoned;
	int	east;		/* seconds east of Greenwich */
};

struct maillog {
	enum maillog_kind	 kind;
	enum maillog_mta	 mta;
	struct maillog_stamp	 stamp;
	struct maillog_text	 host;		/* p NULL: the log has no hosts */
	struct maillog_text	 program;	/* "postfix/smtp", "sm-mta" */
	uint32_t		 pid;

	/* SESSION, LOST, DELIVERY: with whom.  relay is all of it, as written; host may end in a dot, ip may be NULL. */
	struct maillog_text	 relay, relay_host, relay_ip, relay_port;

	/* SESSION; the first three of a DELIVERY as well, where its own line has them (Sendmail with _FFR_LOG_MORE) */
	struct maillog_text	 trust, version, cipher, group;
	uint32_t		 bits, alg_bits;	/* used, and of the algorithm */
	int			 reused;
	int			 twin;		/* written by tlsproxy(8), of a session that smtp(8) writes too */

	/* DELIVERY */
	struct maillog_text	 queue_id;
	struct maillog_text	 to;		/* one or more, see maillog_rcpt() */
	struct maillog_text	 dsn, status;	/* status: "sent", "deferred", "bounced"... */
	int			 network;	/* relay is a host with an address */
	int			 spoke;		/* refused in answer to MAIL or later: past the place of STARTTLS */
	int			 ambiguous;	/* the line can be read in two ways: forged recipient or reply */
	uint32_t		 conn_use;	/* messages over this connection, this one counted; 0: not said */
	int			 timed;		/* connect_ms and transfer_ms are known */
	uint64_t		 connect_ms, transfer_ms;
	/* tls= of Postfix 3.11: level[:downgraded] and what came of it */
	struct maillog_text	 level, downgraded, requiretls;
	int			 violated, undecided;
	int			 level_bad;	/* there is a tls=, and it cannot be read, or has words that are not known */
};

/*
 * Reads one line without its newline, of which MAILLOG_LINE_MAX octets are looked at.
 * Returns out->kind.  Texts in `out` point into the line.  What stands behind status= or stat= is
 * the remote server's, and behind to= anybody's: neither can make up another line or field.
 * Fields of other kinds are left zero.
 */
enum maillog_kind maillog_read(const char *line, size_t len, struct maillog *out);

/* The recipients of a delivery, one a call; *at begins with 0.  1 and the address without brackets, or 0. */
int	maillog_rcpt(const struct maillog *, size_t *at, struct maillog_text *rcpt);

/*
 * The line as an example to show: what may be an address or a reply is "...", control octets are '?', at most
 * MAILLOG_EXAMPLE_MAX octets.  Appends.
 */
void	maillog_example(const char *line, size_t len, struct buf *out);

int	maillog_text_is(const struct maillog_text *, const char *);

#endif
