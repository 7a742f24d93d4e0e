/* SPDX-License-Identifier: ISC */
/* main of hopward(8): options, the check of the configuration, start in fore- or background. */
/*
 * All that lasts is in parent.c.  This file reads the command line, refuses a
 * configuration that would not serve (exit 78 with file and line).
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "conf.h"
#include "parent.h"

#define OVERRIDES_MAX	128	/* -o and the options that are short for one */
#define ERRORS_MAX	(256u * 1024)

struct options {
	const char	*path;		/* of the configuration; NULL: there is none */
	char		*absolute;	/* what path points to */
	const char	*overrides[OVERRIDES_MAX + 1];
	size_t		 count;
	int		 foreground, check, verbose, to_syslog;
};

static void
usage(FILE *f)
{
	fprintf(f,
	    "usage: hopward [-flnvV] [-c FILE] [-o KEY=VALUE]... [-p SOCKET] [-P PIDFILE] [-u USER]\n"
	    "A milter for Postfix and Sendmail that proves how mail travelled and scans all it carries.\n\n"
	    "  -c FILE       configuration (default %s; without that file: the defaults)\n"
	    "  -f            stay in the foreground, log to standard error\n"
	    "  -l            with -f: log to syslog all the same\n"
	    "  -n            check configuration and signatures and exit (0 good, 78 or 69 not); -v prints all of it\n"
	    "  -o KEY=VALUE  override one setting, such as -o records.sync=always\n"
	    "  -p SOCKET     where the MTA finds us, as -o socket=SOCKET\n"
	    "  -P PIDFILE    as -o pid_file=PIDFILE\n"
	    "  -u USER       as -o user=USER\n"
	    "  -v            say more\n"
	    "  -V            print the version and exit\n\n"
	    "See hopward(8), hopward.conf(5).  hopwardctl(8) asks a running daemon.\n", CONF_DEFAULT);
}

static void
override(struct options *o, const char *key, const char *value)
{
	char	*s = NULL;

	if (o->count == OVERRIDES_MAX)
		fatal(EX_USAGE, "more than %d settings on the command line", OVERRIDES_MAX);
	if (key != NULL && asprintf(&s, "%s=%s", key, value) == -1)
		fatal(EX_OSERR, "no memory");
	o->overrides[o->count++] = key != NULL ? s : value;
}

static void
options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'n' },
		{ "foreground", no_argument, NULL, 'f' }, { "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 }
	};
	int	c;

	while ((c = getopt_long(argc, argv, "c:flno:p:P:u:vVh", longs, NULL)) != -1) {
		switch (c) {
		case 'c': o->path = optarg; break;
		case 'f': o->foreground = 1; break;
		case 'l': o->to_syslog = 1; break;
		case 'n': o->check = 1; break;
		case 'o': override(o, NULL, optarg); break;
		case 'p': override(o, "socket", optarg); break;
		case 'P': override(o, "pid_file", optarg); break;
		case 'u': override(o, "user", optarg); break;
		case 'v': o->verbose = 1; break;
		case 'V': printf("hopward %s\n", HOPWARD_VERSION); exit(EX_OK);
		case 'h': usage(stdout); exit(EX_OK);
		default: usage(stderr); exit(EX_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "hopward: got \"%s\", want options only\n", argv[optind]);
		exit(EX_USAGE);
	}
	if (o->path == NULL && access(CONF_DEFAULT, F_OK) == 0)
		o->path = CONF_DEFAULT;
	/* A daemon in the background leaves this directory. */
	if (o->path != NULL && (o->absolute = realpath(o->path, NULL)) == NULL) {
		fprintf(stderr, "hopward: configuration %s: %s\n", o->path, strerror(errno));
		exit(EX_CONFIG);
	}
	o->path = o->absolute;
}

static struct conf *
configuration(const struct options *o)
{
	struct conf	*conf;
	struct buf	 errs;

	buf_init(&errs, ERRORS_MAX);
	conf = conf_read(o->path, o->overrides, &errs);
	if (conf == NULL || conf_check(conf, &errs) == -1) {
		fputs(errs.data != NULL ? errs.data : "hopward: the configuration cannot be read\n", stderr);
		exit(EX_CONFIG);
	}
	if (errs.len > 0)
		fputs(errs.data, stderr);
	buf_free(&errs);
	conf->start.verbose = o->verbose;
	return conf;
}

static void
check_and_exit(struct conf *conf, const struct options *o)
{
	struct buf	text;

	buf_init(&text, ERRORS_MAX);
	if (conf_check_database(conf, &text) == -1) {
		fputs(text.data != NULL ? text.data : "hopward: no signatures\n", stderr);
		exit(EX_UNAVAILABLE);
	}
	buf_free(&text);
	if (conf_ungraded(conf) != NULL)
		fprintf(stderr, "hopward: note: %s\n", conf_ungraded(conf));

	buf_init(&text, 16u * 1024 * 1024);
	if (o->verbose) {
		if (conf_print(conf, &text) == -1)
			fatal(EX_OSERR, "no memory");
		fwrite(text.data, 1, text.len, stdout);
	} else if (isatty(STDOUT_FILENO))
		printf("%s: good\n", o->path != NULL ? o->path : "(no file: defaults)");
	buf_free(&text);
	conf_free(conf);
	exit(fflush(stdout) == 0 ? EX_OK : EX_IOERR);
}

/* Returns in the daemon with the pipe on which to tell that it serves; the caller's process waits for that and exits. */
static int
background(void)
{
	char	why[512];
	int	fds[2], status, null;
	pid_t	pid;
	ssize_t	n;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal(EX_OSERR, "cannot go to the background: %s", strerror(errno));
	if (pid != 0) {
		close(fds[1]);
		n = read(fds[0], why, sizeof(why));
		if (n == 1 && why[0] == '\0')
			_exit(EX_OK);
		if (n > 0)
			fprintf(stderr, "hopward: %.*s\n", (int)n, why);
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR);
	}
	close(fds[0]);
	if (setsid() == -1 || chdir("/") == -1 || (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		fatal(EX_OSERR, "cannot go to the background: %s", strerror(errno));
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	return fds[1];
}

int
main(int argc, char **argv)
{
	struct options	 o = { 0 };
	struct conf	*conf;
	int		 ready = -1, code;

	log_open("hopward", 1, 0);
	options(argc, argv, &o);
	conf = configuration(&o);
	if (o.check)
		check_and_exit(conf, &o);
	umask(027);
	if (!o.foreground)
		ready = background();
	log_open("hopward", o.foreground && !o.to_syslog, o.verbose);
	if (conf_ungraded(conf) != NULL)
		log_warn("%s", conf_ungraded(conf));
	code = parent_run(conf, o.path, o.overrides, ready);
	free(o.absolute);
	return code;
}
