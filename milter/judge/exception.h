/* SPDX-License-Identifier: ISC */
/* Exceptions that end by themselves, and the switch to observing: the plain file's lines, and what they match.  Pure. */
#ifndef HOPWARD_JUDGE_EXCEPTION_H
#define HOPWARD_JUDGE_EXCEPTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The file has one line each; '#' begins a comment line, an empty line is none:
 *
 *   except id=7Q2K signature=Pdf.Exploit.* until=2026-12-02T02:10:00Z added=2026-12-01T02:10:00Z by=root reason="hits every PDF"
 *   except id=7Q2M sender=partner.example signature=Heuristics.* until=... added=... by=... reason="..."
 *   except id=7Q2N digest=<64 hex digits> until=... added=... by=... reason="..."
 *   mode observe until=2026-12-01T04:10:00Z added=... by=... reason="..."
 *
 * Words are key=value; a value with blanks, quotes or '#' is quoted, with \" and
 * \\ inside.  A time is UTC, to the second; a bare day is its end.  Printing
 * what was parsed gives the same line again, in the order above.
 */

#define EXCEPTIONS_MAX		256	/* in force or not; each finding of a message is held against all */
#define EXCEPTION_ID_MAX	16	/* letters and digits */
#define EXCEPTION_VALUE_MAX	320	/* of signature and sender: an address has at most 254 octets */
#define EXCEPTION_REASON_MAX	200	/* octets, as for a partner's exceptions */
#define EXCEPTION_BY_MAX	64
#define EXCEPTION_LINE_MAX	2048

/*
 * What is given must all match; at least one of the three is.  A sender alone
 * takes out nothing that is infected: MAIL FROM is the sender's own word, so it
 * needs a signature or a digest beside it.
 */
struct exception {
	char		 id[EXCEPTION_ID_MAX + 1];
	char		*signature;	/* pattern with '*'; NULL */
	char		*sender;	/* an address, or a domain with those below it; lower case; NULL */
	uint8_t		 digest[32];	/* SHA-256 of a part's decoded octets, or of the message as it was scanned */
	int		 has_digest;
	int64_t		 until;		/* seconds since 1970: not in force from then on */
	int64_t		 added;		/* 0: unknown */
	char		*by;		/* who; NULL */
	char		*reason;
};

/* "mode observe": for a while nothing is done to mail, only recorded. */
struct override_mode {
	int64_t		 until;		/* 0: there is none */
	int64_t		 added;
	char		*by;
	char		*reason;
};

struct exceptions {
	struct exception *list;		/* in the file's order; the first that matches is named */
	size_t		 count;
	struct override_mode mode;	/* of several lines the last */
};

/* What one line is. */
enum exception_line { EXCEPTION_NOTHING, EXCEPTION_EXCEPT, EXCEPTION_MODE, EXCEPTION_BAD };

/*
 * One line without its line feed.  EXCEPT fills *e, MODE fills *m (the caller
 * frees them); BAD fills err with what was got and wanted.  Nothing else is touched.
 */
enum exception_line exception_parse(const char *line, size_t len, struct exception *e, struct override_mode *m,
	    char *err, size_t errlen);
/*
 * A whole file into *out (which is overwritten).  Lines that are wrong are left
 * out, each with one line "line N: ..." in errs (may be NULL); likewise those
 * beyond EXCEPTIONS_MAX and a second one with the same id.  0: all was well; 1:
 * lines were left out; -1: no memory, *out is empty.
 */
int	exceptions_parse(const char *text, size_t len, struct exceptions *out, struct buf *errs);
void	exceptions_free(struct exceptions *);		/* members, not the struct */
void	exception_clear(struct exception *);		/* likewise */
void	override_mode_clear(struct override_mode *);

/* One line with its line feed.  0 or -1 (out->failed). */
int	exception_print(const struct exception *, struct buf *out);
int	override_mode_print(const struct override_mode *, struct buf *out);

/* Checks of single values, for those who make a line; 0, or -1 with what is wanted in err.  sender is put into lower case. */
int	exception_set_signature(struct exception *, const char *, char *err, size_t);
int	exception_set_sender(struct exception *, const char *, char *err, size_t);
int	exception_set_digest(struct exception *, const char *hex, char *err, size_t);
int	exception_set_reason(struct exception *, const char *, char *err, size_t);
int	exception_set_by(struct exception *, const char *, char *err, size_t);
/* "2026-12-01T04:10:00Z" or "2026-12-01" (its end).  0 or -1. */
int	exception_time_parse(const char *, int64_t *seconds);
const char *exception_time_str(int64_t seconds, char *out, size_t);	/* out of at least 32 */

/* What an exception is asked about: one finding.  NULL where there is none. */
struct exception_finding {
	const char	*signature;
	const char	*sender;	/* MAIL FROM without brackets; "" is the null sender, which no exception names */
	const uint8_t	*digest;	/* of the part */
	int		 infected;
};

/* The first that is in force and matches, or NULL. */
const struct exception *exceptions_match(const struct exceptions *, const struct exception_finding *, int64_t now);
/* 1: in force. */
int	override_mode_on(const struct override_mode *, int64_t now);

#endif
