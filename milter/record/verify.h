/* SPDX-License-Identifier: ISC */
/* The lines of one stream, in the order of its files -> what is proved of them, and what was done to them. */
#ifndef HOPWARD_RECORD_VERIFY_H
#define HOPWARD_RECORD_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "record/line.h"

#define VERIFY_LINE_MAX		LEDGER_LINE_MAX	/* octets; a longer one is none of ours */
#define VERIFY_RANGES_MAX	1000000		/* ranges of seq that are missing or erased, kept to the end: 60 MB */
#define VERIFY_EARLY_MAX	4096		/* lines that stand before their place, kept until it comes */
#define VERIFY_PENDING_MAX	64		/* lines in a row that are none of ours and are named one by one */
#define VERIFY_SAID_MAX		512

#define VERIFY_KINDS(X)			\
	X(ALTERED, "altered")		\
	X(REMOVED, "removed")		\
	X(ADDED, "added")		\
	X(REORDERED, "reordered")	\
	X(CUT, "cut off")		\
	X(RESEALED, "re-sealed")	\
	X(ANCHOR, "not anchored")	\
	X(CLOCK, "clock")		/* a well-signed seal older than the one before it: the gateway's clock */	\
	X(UNSEALED, "unsealed")		/* no line of the stream begins a chain */	\
	X(UNREADABLE, "unreadable")	/* a file, not what stands in it */		\
	X(NEWER, "newer")		/* of a later schema: in its place, its contents not understood */	\
	X(LIMIT, "limit")		/* more of something than is kept in mind */
enum verify_kind {
#define X(e, s) VERIFY_##e,
	VERIFY_KINDS(X)
#undef X
	VERIFY_KIND_COUNT
};
const char *verify_kind_str(enum verify_kind);

/* What was found: lines first..last of a file (0: the file itself, or what is not there), seq first..last (0: not known). */
struct verify_finding {
	enum verify_kind kind;
	const char	*file;		/* NULL: of the stream as a whole */
	uint64_t	 line, line_last;
	uint64_t	 seq, seq_last;
	const char	*said;		/* a clause: "the leaf is not that of the body" */
};

/* STREAM SEQ CHAIN, kept elsewhere. */
struct verify_anchor {
	uint64_t	 seq;
	uint8_t		 chain[SEAL_CHAIN_LEN];
};

struct verify_settings {
	const char	*stream;	/* NULL: that of the first line */
	const uint8_t	(*publics)[SEAL_KEY_LEN];	/* first keys that a person kept: of the stream, and of chains begun anew */
	size_t		 publics_count;	/* 0: that which the stream itself names is taken */
	const struct verify_anchor *anchors;	/* of this stream, by seq */
	size_t		 anchors_count;
	int		 part;		/* the files need not begin with the stream: that they do not is no finding but no proof */
	void		(*found)(void *arg, const struct verify_finding *);
	/* Each line that can be read, before it is judged; may be NULL.  Its texts are the line's. */
	void		(*line)(void *arg, const struct line *);
	void		*arg;
};

struct verify_report {
	char		 stream[LEDGER_STREAM_MAX + 1];
	uint64_t	 lines, octets, messages, deliveries, events, others, erased;
	uint64_t	 first_seq, last_seq, first_ms, last_ms;
	uint64_t	 found[VERIFY_KIND_COUNT];
	/* sealing */
	int		 sealed;	/* a chain began */
	int		 key_given;	/* the stream begins with a key that was given */
	int		 key_known;	/* first_key is filled: what the stream itself names */
	uint8_t		 first_key[SEAL_KEY_LEN];
	uint64_t	 init_seq;	/* lines before it were written before there was a chain */
	uint64_t	 seals, seals_good;	/* good: signed by the key that the one before named, from the first on */
	uint64_t	 epochs_whole;	/* all lines of which are those that were sealed */
	uint64_t	 epochs_open;	/* with lines that are altered: what else is in them cannot be proved */
	uint64_t	 epochs_lacking;	/* with lines that are not there: the same */
	uint64_t	 epochs_quick;	/* passed over: verify_quick() */
	uint64_t	 trust_seq, trust_ms;	/* the last good seal: 0 none */
	uint64_t	 anchored_seq;	/* the last line that a given anchor confirms */
	uint64_t	 anchors_good, anchors_unchecked;
	uint64_t	 after, after_seq, after_ms;	/* lines behind the last seal, the first of them; 0 none */
	int		 after_stop;	/* the last seal is followed by nothing, and before it the daemon stopped */
	char		*torn_file;	/* a last line without its end; NULL none */
	uint64_t	 torn_line;
	/* what the stream tells of itself */
	uint64_t	 starts, stops, crashes, tails, tails_octets;	/* crashes: starts without a stop before; tails: torn and cut at a start */
	uint64_t	 expired, expired_epochs;	/* lines whose bodies went with their time, by an event; in so many pieces */
	uint64_t	 expired_age_ms;	/* how long before that event the youngest of them was written, at least; UINT64_MAX: not known */
	uint64_t	 anchor_events;
};

struct verify;

/* settings are borrowed until verify_free().  NULL: no memory. */
struct verify *verify_new(const struct verify_settings *);
void	verify_free(struct verify *);
/* The lines of `name` come.  quick: seq, seals and events alone are read.  0, or -1: no memory, as all below. */
int	verify_file(struct verify *, const char *name, int quick);
/* Line `number` (from 1) without its newline; whole 0: that is not there. */
int	verify_line(struct verify *, uint64_t number, const char *text, size_t len, int whole);
/* A line that the reader could not give: longer than VERIFY_LINE_MAX.  `why` is static. */
int	verify_bad_line(struct verify *, uint64_t number, const char *why);
/* The rest of the file cannot be read. */
int	verify_broken(struct verify *, uint64_t number, const char *why);
uint64_t verify_seals(const struct verify *);		/* so far */
/* No more comes.  The report is the verifier's. */
int	verify_end(struct verify *, const struct verify_report **);
/* 1: nothing was found, but for clocks; 0 otherwise. */
int	verify_clean(const struct verify_report *);

#endif
