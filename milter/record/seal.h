/* SPDX-License-Identifier: ISC */
/* The chain over all lines of a stream and the signatures that close each epoch of it: forward-secure, nothing personal. */
#ifndef HOPWARD_RECORD_SEAL_H
#define HOPWARD_RECORD_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Every line of a stream has seq (1, 2, 3...) and leaf = SHA256(salt || body);
 * an erased one keeps both.  The chain runs over all of them, over files and days:
 *
 *   chain_0 = SHA256("hopward chain 1" NUL stream NUL public_1)
 *   chain_i = SHA256(chain_{i-1} || seq_i as 8 octets, big end first || leaf_i)
 *
 * public_1 is the Ed25519 key (RFC 8032) of epoch 1.  It stands in the line of
 * type "seal-init", the first of a sealed stream, and a person who is not root here keeps it:
 * with it alone all is verified.  Where a stream was written before it was
 * sealed, the line of type "seal-init" is where the chain begins:
 *
 *   {"v":1,"type":"seal-init","time":T,"gateway":G,"public":HEX64,"why":W}
 *
 * W: "new", or "keys-lost" or "lines-lost" where the stream was sealed before and
 * cannot be continued: then another chain begins, with another public_1 and
 * epoch 1, and nothing but an anchor proves what was between the last seal and it.
 *
 * An epoch ends after a fixed time (seal.epoch, 15 minutes), at a stop and at
 * a start, also when no record came, by a line of type "seal":
 *
 *   {"v":1,"type":"seal","time":T,"gateway":G,"epoch":E,"lines":N,
 *    "chain":HEX64,"next":HEX64,"sig":HEX128}
 *
 * lines: those before it in the epoch (behind the last seal; "seal-init" is the
 * first of epoch 1); T: RFC 3339 with milliseconds; chain: over them (chain_{i-1} of this
 * line); next: the public key of epoch E + 1; sig: by the private key of epoch
 * E over "hopward seal 1" NUL stream NUL, then epoch, seq of this line, time in
 * ms since 1970, lines as 8 octets each, big end first, then chain and next.
 * The line is itself one of the chain.  Then the private key of epoch E is
 * overwritten and unlinked: who takes the machine later can go on, but can no
 * longer sign another past.
 *
 * Not shown: a cut inside the running epoch, unless an anchor elsewhere says
 * that more was there.  An anchor is "STREAM SEQ CHAIN-HEX", of any line.
 */
#define SEAL_CHAIN_LEN	32
#define SEAL_KEY_LEN	32	/* Ed25519, private seed and public key alike */
#define SEAL_SIG_LEN	64

struct seal_chain {
	uint8_t		value[SEAL_CHAIN_LEN];
	uint64_t	seq;		/* of the last line in it */
};
void	seal_chain_init(struct seal_chain *, const char *stream, const uint8_t public_1[SEAL_KEY_LEN], uint64_t seq_before);
void	seal_chain_add(struct seal_chain *, uint64_t seq, const uint8_t leaf[32]);

/* What a "seal" line says. */
struct seal {
	uint64_t	epoch, seq, time_ms, lines;
	uint8_t		chain[SEAL_CHAIN_LEN], next[SEAL_KEY_LEN], sig[SEAL_SIG_LEN];
};
/* 1: the signature holds, 0: not. */
int	seal_check(const struct seal *, const char *stream, const uint8_t public_key[SEAL_KEY_LEN]);

/* What a line is for the chain.  `line` is a whole one, without its newline, NUL-terminated. */
enum seal_kind { SEAL_NONE, SEAL_LINE, SEAL_INIT };
/* Of a seal fills *s, of "seal-init" s->seq, s->time_ms and s->next (public_1) alone.  One that is not exactly as we write them is SEAL_NONE. */
enum seal_kind seal_parse(const char *line, const char *stream, struct seal *s);
#define SEAL_BODY_MAX	2048	/* octets of either; a gateway's name is the only thing in it that varies much */
/* The body of "seal-init", appended.  0 or -1. */
int	seal_init_body(const char *gateway, uint64_t time_ms, const uint8_t public_1[SEAL_KEY_LEN], const char *why, struct buf *out);

/*
 * The writer's side: the private key of the running epoch in DIRECTORY/STREAM.key
 * (mode 0400, its directory 0700; one line: version, epoch, seed in hex, public key of epoch 1).
 * A new key is on disk (fsync) before the line that names it is written, and the old one is
 * destroyed after that line is on disk, so that a crash at any instant leaves
 * one that continues: both files (.key and .next) may be there then, and the stream's last seal says which is the running one.
 * Before "seal-init" is on disk the first key is in .first.  Called by one thread at a time.
 */
struct seal_keys;
int	seal_keys_open(const char *directory, const char *stream, struct seal_keys **, char *err, size_t errlen);
void	seal_keys_free(struct seal_keys *);
const uint8_t *seal_keys_first(const struct seal_keys *);	/* public_1 */
uint64_t seal_keys_epoch(const struct seal_keys *);
/* 1: the first key, and no line is known to name it: "seal-init" is due, and seal_keys_begin() once it is on disk. */
int	seal_keys_fresh(const struct seal_keys *);
int	seal_keys_begin(struct seal_keys *, char *err, size_t errlen);
/* The stream says that this is the running epoch and its public key.  1: we have it, 0: we do not (seal_keys_renew), -1 with err. */
int	seal_keys_settle(struct seal_keys *, uint64_t epoch, const uint8_t public_key[SEAL_KEY_LEN], char *err, size_t errlen);
/* Destroys what there is and makes a first key. */
int	seal_keys_renew(struct seal_keys *, char *err, size_t errlen);
/* Makes the next key, so that seal_keys_sign() need not wait for a disk.  What is made stays until seal_keys_advance(). */
int	seal_keys_prepare(struct seal_keys *, char *err, size_t errlen);
/* Looks, and makes nothing.  1; 0: there are none; -1 with err. */
int	seal_keys_peek(const char *directory, const char *stream, uint8_t public_1[SEAL_KEY_LEN], uint64_t *epoch, char *err, size_t errlen);
/* Makes the next key, signs; the body of the line is appended to out.  0 or -1 with err. */
int	seal_keys_sign(struct seal_keys *, const char *stream, const char *gateway, uint64_t seq, uint64_t time_ms,
	    uint64_t lines, const struct seal_chain *, struct buf *out, char *err, size_t errlen);
/* The line is on disk: the old key goes. */
int	seal_keys_advance(struct seal_keys *, char *err, size_t errlen);

#endif
