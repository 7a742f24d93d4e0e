/* SPDX-License-Identifier: ISC */
/* Pseudonyms of addresses, and the keys they hang on: one for each period and purpose, destroyed with its period. */
/*
 * A key is the file DIRECTORY/PERIOD-PURPOSE.key: 32 random octets, mode 0400, in a directory that nobody else may
 * enter.  PERIOD is of UTC: 2026-10-05, 2026-10, 2026-Q4 or 2026, whichever was set when it was made, so that a
 * record's time leads to its keys and a change of the setting loses none.  A key that was destroyed is 32 NULs until
 * its file is gone, and is never used.
 */
#ifndef HOPWARD_RECORD_PSEUDONYM_H
#define HOPWARD_RECORD_PSEUDONYM_H

#include <stddef.h>
#include <stdint.h>

/* X(name, word) */
#define PSEUDONYM_PERIODS(X)							\
	X(DAY, "day") X(MONTH, "month") X(QUARTER, "quarter") X(YEAR, "year")
enum pseudonym_period {
#define X(e, s) PSEUDONYM_##e,
	PSEUDONYM_PERIODS(X)
#undef X
	PSEUDONYM_PERIOD_MAX
};

/* Purposes: the same person's pseudonyms differ as sender and as recipient, and need different keys. */
#define PSEUDONYM_FROM		"from"
#define PSEUDONYM_TO		"to"

#define PSEUDONYM_KEY_LEN	32	/* of HMAC-SHA256: more adds nothing (RFC 2104 section 3) */
#define PSEUDONYM_LEN		16	/* octets kept of the HMAC: 128 bits do not collide by chance */
#define PSEUDONYM_TEXT		(2 + 2 * PSEUDONYM_LEN + 1)	/* "p:", hexadecimal, NUL */
#define PSEUDONYM_NAME_MAX	16	/* of a period, with its NUL */

struct pseudonym_settings {
	char			*directory;
	enum pseudonym_period	 period;
};

struct pseudonyms;	/* keys in use; safe for threads; wiped when freed */

/*
 * Makes the directory (not its parents) and the present period's keys where they are missing, owned by
 * the directory's owner even where root runs it.  Settings are borrowed for the call.  0, or -1 with err filled.
 */
int	pseudonyms_open(const struct pseudonym_settings *, struct pseudonyms **, char *err, size_t errlen);
void	pseudonyms_free(struct pseudonyms *);
/*
 * "p:" + 32 hex digits of HMAC-SHA256(key of purpose and time, purpose NUL lower-cased address), ASCII alone being
 * folded.  A key that is missing is made.  NULL where it cannot be had; told in the log, once a minute.
 */
const char *pseudonym_of(struct pseudonyms *, const char *purpose, uint64_t time_ms, const char *address,
	    char *out, size_t);

/* The longest that a period may be, in milliseconds. */
uint64_t pseudonym_period_ms(enum pseudonym_period);
/* Of "2026-10": begins, and ends before.  0 or -1. */
int	pseudonym_period_span(const char *name, uint64_t *begin_ms, uint64_t *end_ms);

/* One of an address' pseudonyms: that of records with a time in [begin, end). */
struct pseudonym_alias {
	char		period[PSEUDONYM_NAME_MAX];
	uint64_t	begin_ms, end_ms;
	char		text[PSEUDONYM_TEXT];
};
/*
 * All that an address has for a purpose under the keys that are there, oldest first; gives a list to be freed.  A
 * directory that is not there has none.  0, or -1 with err filled: errno EACCES where the keys may not be read.
 */
int	pseudonyms_search(const char *directory, const char *purpose, const char *address,
	    struct pseudonym_alias **, size_t *count, char *err, size_t errlen);

/*
 * Destroys the keys of periods that ended at before_ms or earlier: overwrites, calls destroyed() (for the record of
 * it; not 0: the file stays as NULs, and it is called again next time), unlinks.  What a file system or a disk keeps of
 * overwritten blocks is beyond it.  How many, or -1 with err filled (of the first; the others are tried).
 */
int	pseudonyms_expire(const char *directory, uint64_t before_ms,
	    int (*destroyed)(void *arg, const char *period, const char *purpose), void *arg, char *err, size_t errlen);

#endif
