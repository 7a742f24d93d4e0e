/* SPDX-License-Identifier: ISC */
/* One message as a sealed memfd: our Received line, the header fields, a blank line, the body. */
#ifndef HOPWARD_FRONT_SPOOL_H
#define HOPWARD_FRONT_SPOOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What all messages together hold.  One per front; `shown` may be NULL (status). */
struct spool_budget {
	_Atomic uint64_t	 used;
	_Atomic uint64_t	*shown;
};

enum spool_status {
	SPOOL_OK,
	SPOOL_LIMIT,	/* beyond the cap of one message */
	SPOOL_TOTAL,	/* beyond the cap of all */
	SPOOL_FAILED	/* the kernel would not: no memory, no descriptor */
};

struct spool;

/*
 * Starts a message with `prefix` (whole lines with CRLF, ours).  Gives the
 * spool, or NULL: no memory.  Trouble of any other kind shows in the status:
 * a spool that is not SPOOL_OK keeps counting what it is fed, but holds nothing.
 */
struct spool	*spool_new(struct spool_budget *, uint64_t message_max, uint64_t total_max, const char *prefix);
void		 spool_free(struct spool *);
/* value as the MTA gave it, LF in folded values; leadspc: it carries its own leading space. */
void		 spool_header(struct spool *, const char *name, const char *value, int leadspc);
void		 spool_eoh(struct spool *);
void		 spool_body(struct spool *, const void *, size_t);
/* Writes what is buffered and seals.  Gives the status; afterwards only the readers below may be called. */
enum spool_status spool_seal(struct spool *);

enum spool_status spool_status(const struct spool *);
int		 spool_fd(const struct spool *);		/* borrowed; -1 unless sealed and OK */
uint64_t	 spool_octets(const struct spool *);		/* of the memfd, prefix included */
uint32_t	 spool_prefix(const struct spool *);
uint64_t	 spool_size(const struct spool *);		/* header and body as they came, counted even beyond a cap */
uint64_t	 spool_body_size(const struct spool *);
/*
 * What stays the same when a client tries the message again: the fields that
 * its author wrote, and the body; not what relays and filters add.  Reads the
 * body again, so ask only when there is a reason.  0 or -1.
 */
int		 spool_digest(const struct spool *, uint8_t out[32]);

#endif
