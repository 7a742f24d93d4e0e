/* SPDX-License-Identifier: ISC */
/* What one line of a message looks like, to a reader who believes nothing. */
#ifndef HOPWARD_SCAN_LINES_H
#define HOPWARD_SCAN_LINES_H

#include <stddef.h>
#include <stdint.h>

/* Offset behind the line that begins at pos: behind its LF, or end. */
size_t	lines_next(const uint8_t *, size_t pos, size_t end);
/* Nothing but blanks and CR before the LF. */
int	lines_blank(const uint8_t *, size_t pos, size_t next);
/* Nothing but CR before the LF. */
int	lines_empty(const uint8_t *, size_t pos, size_t next);
/* "Name:" however it is dressed: blanks, comments or control octets before the colon. */
int	lines_field(const uint8_t *, size_t pos, size_t next);
/* A field that mail has: Content-*, MIME-Version, Received, From, To, Subject... */
int	lines_mail_field(const uint8_t *, size_t pos, size_t next);
/* A line of uuencode: its first character says its length (RFC-less; see uuencode(5)). */
int	lines_uu(const uint8_t *, size_t pos, size_t next);

#endif
