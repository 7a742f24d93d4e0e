/* SPDX-License-Identifier: ISC */
/* The operator's log: syslog (facility mail) or standard error.  Not the record (see record/). */
#ifndef HOPWARD_BASE_LOG_H
#define HOPWARD_BASE_LOG_H

/*
 * Call log_open() once per process, before any thread.  Until then, and with
 * to_stderr, lines go to standard error as "ident[pid]: text".  Thread-safe;
 * errno is preserved.  Control octets in a line are written as '?'.
 */
void	log_open(const char *ident, int to_stderr, int verbose);
void	log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));	/* only if verbose */
void	log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_notice(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_error(const char *, ...) __attribute__((format(printf, 1, 2)));
/* The world broke: logs and exits with a code of sysexits.h.  Never called by the front once it serves. */
void	fatal(int code, const char *, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
