/* SPDX-License-Identifier: ISC */
/* hopward.conf(5) -> the settings of each room.  For the daemon's root files and hopwardctl; no room below includes it. */
#ifndef HOPWARD_CONF_H
#define HOPWARD_CONF_H

#include <stddef.h>
#include <stdio.h>

#include "front/front.h"
#include "judge/facts.h"
#include "base/buf.h"

#ifndef CONF_DEFAULT
#define CONF_DEFAULT	"/etc/hopward/hopward.conf"	/* the Makefile knows better */
#endif

/* Mail on hold: for hopwardctl held alone. */
enum held_mta { HELD_MTA_AUTO, HELD_MTA_POSTFIX, HELD_MTA_SENDMAIL };

struct held_settings {
	enum held_mta	 mta;
	uint64_t	 keep_ms;		/* 0: for ever */
	uint64_t	 warn_ms;		/* before that */
	char		*postfix_tools;		/* directory of postqueue(1), postsuper(1), postcat(1) */
	char		*postfix_config;	/* their -c, or NULL */
	char		*sendmail;		/* Sendmail's program */
	char		*sendmail_config;	/* its -C, or NULL */
	char		*qtool;			/* Sendmail's qtool.pl */
};

/* The parent's own settings. */
struct parent_settings {
	char		*user;		/* name or number; of the front */
	char		*scan_user;	/* of hopward-scan */
	char		*control_socket;
	mode_t		 control_mode;
	char		*control_group;	/* or NULL */
	char		*pid_file;	/* or NULL */
	char		*scanner_path;	/* hopward-scan's */
	char		*scratch;	/* directory where scratch space is mounted or made */
	uint64_t	 scratch_size;	/* of one generation; 0: from the limits and the number of workers */
	uint64_t	 database_check_ms;	/* how often the signature directory is looked at; 0: inotify only */
	uint64_t	 engine_start_ms;	/* how long an engine may take to load */
	int		 reload_overlap;	/* -1 auto (by memory), 0 drain first, 1 overlap */
	char		*exceptions_file;	/* or NULL: none can be made */
	uint64_t	 exceptions_max_ms;	/* how long one may hold that hopwardctl makes */
	char		**smarthosts;	/* read by hopwardctl collect alone; NULL-terminated */
	struct held_settings held;
};

struct conf {
	struct parent_settings	 parent;
	struct front_start	 start;
	struct front_settings	*front;		/* taken by front_main or conf_front_read's caller */
	struct scan_settings	*scan;
};

/* "socket" in libmilter's or Postfix' spelling -> libmilter's.  0 or -1 with err. */
int	conf_socket(const char *spec, char **libmilter, char *err, size_t errlen);

/*
 * Reads a configuration.  `path` NULL: an empty one.  `overrides`: "key.path=value"
 * strings (hopward -o), NULL-terminated, or NULL.  On failure returns NULL and
 * appends one or more whole lines "FILE:LINE: text" (with a caret line and a
 * hint where the mistake is known) to errs.  On success there may be lines
 * "note: text", with or without a place, about what was taken but has no effect.
 */
struct conf	*conf_read(const char *path, const char *const *overrides, struct buf *errs);
void		 conf_free(struct conf *);
/*
 * Why TLS is not graded, one line for people, or NULL if it is.  The profiles
 * of a program that was not installed are missing, and that alone is no
 * mistake: a build tree works, but says so.
 */
const char	*conf_ungraded(const struct conf *);
/* Checks what reading cannot: users, directories, sockets exist and fit.  0, perhaps with notes in errs, or -1 with lines. */
int		 conf_check(const struct conf *, struct buf *errs);
/*
 * Likewise that there are signatures.  Apart, as it is no fault of the
 * configuration: a start without them is EX_UNAVAILABLE, a reload keeps the old engine.
 */
int		 conf_check_database(const struct conf *, struct buf *errs);
/* The whole effective configuration, itself a valid configuration with includes and file: lists resolved. */
int		 conf_print(const struct conf *, struct buf *out);
/*
 * The front's hook: settings out of conf_print's text behind a descriptor.  The
 * profile is read anew from its file, the only one that is opened.
 */
struct front_settings *conf_front_read(int fd, char **err);
void		 conf_front_free(struct front_settings *);

#endif
