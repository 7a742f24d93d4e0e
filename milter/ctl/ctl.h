/* SPDX-License-Identifier: ISC */
/* What every subcommand of hopwardctl gets: the options before it, and help with reading its own. */
#ifndef HOPWARD_CTL_CTL_H
#define HOPWARD_CTL_CTL_H

#include <getopt.h>

#include "conf.h"
#include "ctl/text.h"

#define CTL_OVERRIDES_MAX	64	/* -o options; nobody types more */

struct ctl {
	const char	*conf_path;			/* -c, or NULL */
	const char	*overrides[CTL_OVERRIDES_MAX + 1];	/* -o, NULL-terminated */
	size_t		 overrides_count;
	int		 json;
	struct text	 out;				/* of standard output */
	struct text	 err;
};

struct ctl_command {
	const char	*name;
	const char	*summary;	/* one line, for the list of commands */
	const char	*help;		/* whole text of --help, with an example */
	int		(*run)(struct ctl *, const struct ctl_command *, int argc, char **argv);	/* exit code */
};

extern const struct ctl_command command_scan, command_extract, command_hops, command_log, command_explain, command_except, command_mode, command_collect, command_held, command_status, command_reload, command_verify, command_seal;
extern const struct ctl_command command_subject;

/* Options that stand before and after any command; keys of a command's own long options start at 256. */
#define CTL_SHORT	":c:o:hj"
#define CTL_LONG						\
	{ "config", required_argument, NULL, 'c' },		\
	{ "option", required_argument, NULL, 'o' },		\
	{ "json", no_argument, NULL, 'j' },			\
	{ "help", no_argument, NULL, 'h' }
#define CTL_END		{ NULL, 0, NULL, 0 }

/*
 * The next option of argv: the common ones are taken here.  Returns its key, -1
 * at the end (optind is the first operand), or CTL_STOP after --help was
 * shown or a mistake explained; *code is then what to exit with.
 * `command` is NULL before the command; `shorts` begins with CTL_SHORT, `longs` holds CTL_LONG.
 */
#define CTL_STOP	(-2)
int	ctl_getopt(struct ctl *, const struct ctl_command *, int argc, char **argv,
	    const char *shorts, const struct option *longs, int *code);

/* "hopwardctl: ..." on standard error, control octets made harmless. */
void	ctl_warn(const struct ctl *, const char *, ...) __attribute__((format(printf, 2, 3)));
/* The same, and how to get help; returns EX_USAGE. */
int	ctl_usage(const struct ctl *, const struct ctl_command *, const char *, ...) __attribute__((format(printf, 3, 4)));
/*
 * The configuration that -c and -o say: the default file where none is named,
 * an empty one where that does not exist.  NULL after telling why; *code is a code of sysexits.h.
 */
struct conf *ctl_conf(const struct ctl *, int *code);
/* Writes what is in the buffer to standard output and empties it.  0, or -1: nobody reads it any more. */
int	ctl_put(struct buf *);

#endif
