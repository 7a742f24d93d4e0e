/* SPDX-License-Identifier: ISC */
/* The operator's log: one line to syslog (facility mail) or to standard error. */
/*
 * Called by every process and thread.  It owns the only writable globals
 * outside the main files, set once by log_open() before any thread exists.
 * A line longer than LINE_MAX_OCTETS is cut and ends with "...".  It is not
 * the record: nothing here is promised to reach a disk.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

#define LINE_MAX_OCTETS	2000	/* syslog daemons cut at 2048 with their own header in front */

static const char	*log_ident = "hopward";
static int		 log_stderr = 1;
static int		 log_verbose;

void
log_open(const char *ident, int to_stderr, int verbose)
{
	log_ident = ident;
	log_stderr = to_stderr;
	log_verbose = verbose;
	/* NDELAY: a sandboxed process cannot connect later. */
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

static void
line_stderr(const char *text)
{
	char	line[LINE_MAX_OCTETS + 128];
	int	n;

	n = snprintf(line, sizeof(line) - 1, "%s[%ld]: %s", log_ident, (long)getpid(), text);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n] = '\n';
	/* One write, so that lines of several processes do not mix. */
	while (write(STDERR_FILENO, line, (size_t)n + 1) == -1 && errno == EINTR)
		continue;
}

static void line_out(int, const char *, const char *, va_list)
    __attribute__((format(printf, 3, 0)));

static void
line_out(int level, const char *prefix, const char *fmt, va_list ap)
{
	char	text[LINE_MAX_OCTETS];
	size_t	lead, i;
	int	n, saved = errno;

	lead = strlen(prefix);
	memcpy(text, prefix, lead + 1);
	n = vsnprintf(text + lead, sizeof(text) - lead, fmt, ap);
	if (n < 0)
		memcpy(text + lead, "(unprintable)", 14);
	else if ((size_t)n >= sizeof(text) - lead)
		memcpy(text + sizeof(text) - 4, "...", 4);
	/* What a peer wrote must not forge a line or drive a terminal. */
	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	if (log_stderr)
		line_stderr(text);
	else
		syslog(level, "%s", text);
	errno = saved;
}

void
log_debug(const char *fmt, ...)
{
	va_list	ap;

	if (!log_verbose)
		return;
	va_start(ap, fmt);
	line_out(LOG_DEBUG, "debug: ", fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	line_out(LOG_INFO, "", fmt, ap);
	va_end(ap);
}

void
log_notice(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	line_out(LOG_NOTICE, "", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	line_out(LOG_WARNING, "warning: ", fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	line_out(LOG_ERR, "error: ", fmt, ap);
	va_end(ap);
}

void
fatal(int code, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	line_out(LOG_ERR, "fatal: ", fmt, ap);
	va_end(ap);
	exit(code);
}
