/* SPDX-License-Identifier: ISC */
/* The files that records are kept in: append, day change, sync.  One writer per directory and stream. */
#ifndef HOPWARD_RECORD_LEDGER_H
#define HOPWARD_RECORD_LEDGER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/seal.h"

/*
 * A line is {"seq":N,"stream":"mail","salt":"HEX32","leaf":"HEX64",BODY... where
 * leaf = SHA256(salt octets || body octets), the body being the object that was
 * appended, and the line's rest after the leaf being that object without its '{'.
 * File: DIR/STREAM-YYYY-MM-DD.jsonl (UTC), mode 0640.  A file follows the newest day seen, never goes back.
 */
#define LEDGER_STREAM_MAX	32			/* a name of [a-z0-9-] */
#define LEDGER_SALT_LEN		16
#define LEDGER_LEAF_LEN		32
#define LEDGER_LINE_MAX		(2 * 1024 * 1024)	/* twice what a record may have */
#define LEDGER_BATCH_MAX	(4 * 1024 * 1024)	/* of one write: bounds memory, and what a crash can tear */

/*
 * none: append returns after the write; the machine's crash may lose lines, the daemon's does not.
 * batch: after a sync that waiting lines share; a line waits up to batch_us for company.
 * always: after a sync of its own.
 */
enum ledger_sync { LEDGER_SYNC_NONE, LEDGER_SYNC_BATCH, LEDGER_SYNC_ALWAYS };

struct ledger_settings {
	char			*directory;
	enum ledger_sync	 sync;
	uint64_t		 batch_us;	/* how long a batch may wait for company */
	int			 sealed;	/* see record/seal.h */
	char			*seal_directory;	/* of the keys; made if it is missing; NULL: not sealed */
	uint64_t		 seal_epoch_ms;
	int			 seal_anchor;	/* a line a day to the operator's log */
	const char		*gateway;	/* named in seals and in events of the ledger's own; borrowed for the opening; NULL: not */
};

struct ledger;

/*
 * Opens or makes today's file, cuts a torn tail (its octets are reported by
 * ledger_torn, and recorded as event "torn-tail"), continues seq, takes an exclusive lock (a second writer fails)
 * and starts the writer thread.  If sealed, goes on with the chain or begins one, closes the epoch that an
 * earlier run left open, and starts a thread that ends each epoch: no append waits for a key.  What keeps a seal from being
 * written is logged and tried again, and stops no record.  0 or -1 with err filled.
 */
int	ledger_open(const struct ledger_settings *, const char *stream, struct ledger **, char *err, size_t errlen);
uint64_t ledger_torn(const struct ledger *);
/*
 * Appends one body and returns when it is as safe as `sync` says.  Many threads
 * may call it; their lines share a sync.  The body begins "{\"" (or is "{}"), ends in '}',
 * has no newline or NUL (else EINVAL), and fits LEDGER_LINE_MAX (else EMSGSIZE).  seq may be NULL.  0, or -1 with errno: nothing of it
 * stays in the file, and the ledger can be used again once the cause is gone.
 */
int	ledger_append(struct ledger *, const char *body, size_t len, uint64_t *seq);
/* Writes what waits, seals and stops.  No append may be under way or come later.  NULL is fine. */
void	ledger_close(struct ledger *);
/*
 * The anchor of a stream: chain and seq of its last whole line.  Reads only, also
 * under a running writer.  1; 0: the stream is not sealed; -1 with err.
 */
int	ledger_anchor(const char *directory, const char *stream, struct seal_chain *, char *err, size_t errlen);

#endif
