/* SPDX-License-Identifier: ISC */
/* hopwardctl: finds the subcommand, reads the options that all have in common. */
/*
 * One file a subcommand; this one has the table of them and what they share.
 * hopwardctl links neither libmilter nor libclamav: what it scans, it gives to
 * a hopward-scan of its own, and the daemon it asks over the control socket.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/ctl.h"

#define LINE_MAX_LEN	8192	/* octets of one line on standard error */
#define ERRORS_MAX	(256u * 1024)	/* octets of errors of a configuration */

static const struct ctl_command *const commands[] = {
	&command_scan, &command_extract, &command_hops, &command_log, &command_explain, &command_collect, &command_held, &command_seal, &command_verify, &command_except, &command_mode, &command_subject, &command_status, &command_reload
};
#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const char usage[] =
    "usage: hopwardctl [-c FILE] [-o KEY=VALUE]... COMMAND [options]\n";
static const char options[] =
    "\n"
    "  -c FILE       configuration (default " CONF_DEFAULT ")\n"
    "  -o KEY=VALUE  one setting over the file's, as \"-o mode=observe\"\n"
    "  --json        JSON instead of text\n"
    "  -h, --help    this, or of a command: hopwardctl COMMAND --help\n"
    "  -V, --version\n"
    "\n"
    "Example:\n"
    "  hopwardctl scan --explain message.eml\n"
    "See hopwardctl(8).\n";

static void
help_show(const struct ctl_command *command)
{
	size_t i;

	if (command != NULL) {
		fputs(command->help, stdout);
		return;
	}
	fputs(usage, stdout);
	fputs("\nCommands:\n", stdout);
	for (i = 0; i < COMMANDS; i++)
		printf("  %-12s  %s\n", commands[i]->name, commands[i]->summary);
	fputs(options, stdout);
}

static void warn_line(const struct ctl *, const char *, va_list) __attribute__((format(printf, 2, 0)));

static void
warn_line(const struct ctl *ctl, const char *fmt, va_list ap)
{
	struct buf raw, line;

	buf_init(&raw, LINE_MAX_LEN);
	buf_init(&line, 4 * LINE_MAX_LEN);
	buf_vaddf(&raw, fmt, ap);
	text_colour(&line, &ctl->err, TEXT_RED, "hopwardctl:");
	buf_addc(&line, ' ');
	text_add(&line, raw.data != NULL ? raw.data : "(a line too long to show)", TEXT_UNLIMITED);
	buf_addc(&line, '\n');
	fflush(stdout);		/* on a terminal the two stay in order */
	if (!line.failed)
		fputs(line.data, stderr);
	buf_free(&raw);
	buf_free(&line);
}

void
ctl_warn(const struct ctl *ctl, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_line(ctl, fmt, ap);
	va_end(ap);
}

int
ctl_usage(const struct ctl *ctl, const struct ctl_command *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_line(ctl, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try \"hopwardctl %s%s--help\".\n",
	    command != NULL ? command->name : "", command != NULL ? " " : "");
	return EX_USAGE;
}

/* Says what is wrong with the option that getopt_long() stumbled over; the long ones have been passed already. */
static int
option_error(const struct ctl *ctl, const struct ctl_command *command, int missing, const char *word,
    const struct option *longs)
{
	const char *names[64], *near;
	char given[128];
	size_t len, n = 0;
	int known = optopt == 0;

	len = strcspn(word, "=");
	snprintf(given, sizeof(given), "%.*s", (int)len, word);
	for (; strncmp(word, "--", 2) == 0 && longs->name != NULL && n < 63; longs++) {
		known |= longs->val == optopt && strncmp(longs->name, given + 2, len - 2) == 0;
		names[n++] = longs->name;
	}
	names[n] = NULL;
	if (!known)
		return ctl_usage(ctl, command, missing ? "option -%c needs a value" : "there is no option -%c", optopt);
	if (missing)
		return ctl_usage(ctl, command, "option %s needs a value", given);
	if (optopt != 0)
		return ctl_usage(ctl, command, "option %s takes no value", given);
	if ((near = text_suggest(given + 2, names)) != NULL)
		return ctl_usage(ctl, command, "there is no option %s; did you mean --%s?", given, near);
	return ctl_usage(ctl, command, "there is no option %s", given);
}

static int
override_add(struct ctl *ctl, const struct ctl_command *command)
{
	if (strchr(optarg, '=') == NULL)
		return ctl_usage(ctl, command, "-o wants KEY=VALUE, got \"%s\"", optarg);
	if (ctl->overrides_count == CTL_OVERRIDES_MAX)
		return ctl_usage(ctl, command, "more than %d options -o", CTL_OVERRIDES_MAX);
	ctl->overrides[ctl->overrides_count++] = optarg;
	return 0;
}

int
ctl_getopt(struct ctl *ctl, const struct ctl_command *command, int argc, char **argv,
    const char *shorts, const struct option *longs, int *code)
{
	int ch;

	for (;;) {
		switch (ch = getopt_long(argc, argv, shorts, longs, NULL)) {
		case 'c':
			ctl->conf_path = optarg;
			break;
		case 'o':
			if ((*code = override_add(ctl, command)) != 0)
				return CTL_STOP;
			break;
		case 'j':
			ctl->json = 1;
			break;
		case 'h':
			help_show(command);
			*code = EX_OK;
			return CTL_STOP;
		case '?':
		case ':':
			*code = option_error(ctl, command, ch == ':', argv[optind - 1], longs);
			return CTL_STOP;
		default:
			return ch;
		}
	}
}

struct conf *
ctl_conf(const struct ctl *ctl, int *code)
{
	const char *path = ctl->conf_path != NULL ? ctl->conf_path : CONF_DEFAULT;
	struct conf *conf = NULL;
	struct buf errs;

	if (access(path, R_OK) == -1) {
		if (errno == ENOENT && ctl->conf_path == NULL)
			path = NULL;
		else {
			*code = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
			ctl_warn(ctl, "%s: %s%s", path, strerror(errno), ctl->conf_path != NULL ? "" :
			    " (-c FILE names another, -c /dev/null asks for the defaults)");
			return NULL;
		}
	}
	buf_init(&errs, ERRORS_MAX);
	if ((conf = conf_read(path, ctl->overrides, &errs)) == NULL) {
		fflush(stdout);
		fputs(errs.data != NULL ? errs.data : "hopwardctl: the configuration cannot be read\n", stderr);
		*code = EX_CONFIG;
	}
	buf_free(&errs);
	return conf;
}

int
ctl_put(struct buf *b)
{
	if (b->failed)
		fputs("(more text than can be shown)\n", stdout);
	else if (b->len > 0)
		fwrite(b->data, 1, b->len, stdout);
	buf_reset(b);
	return ferror(stdout) ? -1 : 0;
}

static const struct ctl_command *
command_find(const struct ctl *ctl, const char *name, int *code)
{
	const char *names[COMMANDS + 1], *near;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
		names[i] = commands[i]->name;
	}
	names[i] = NULL;
	near = text_suggest(name, names);
	*code = near != NULL ? ctl_usage(ctl, NULL, "there is no command \"%s\"; did you mean \"%s\"?", name, near) :
	    ctl_usage(ctl, NULL, "there is no command \"%s\"", name);
	return NULL;
}

/* Runs a command: "hopwardctl help scan" is "hopwardctl scan --help". */
static int
command_run(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command;
	int code = EX_USAGE;

	if (strcmp(argv[0], "help") == 0) {
		if (argc > 1 && (command = command_find(ctl, argv[1], &code)) == NULL)
			return code;
		help_show(argc > 1 ? command : NULL);
		return EX_OK;
	}
	if ((command = command_find(ctl, argv[0], &code)) == NULL)
		return code;
	optind = 0;
	return command->run(ctl, command, argc, argv);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG, { "version", no_argument, NULL, 'V' }, CTL_END };
	struct ctl ctl = { 0 };
	int ch, code = EX_OK;

	/* strangers' names are shown as far as the terminal's character set can */
	if (setlocale(LC_CTYPE, "") == NULL)
		setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);	/* "| head" must not leave scratch space behind */
	text_init(&ctl.out, stdout);
	text_init(&ctl.err, stderr);
	opterr = 0;
	while ((ch = ctl_getopt(&ctl, NULL, argc, argv, "+" CTL_SHORT "V", longs, &code)) != -1) {
		if (ch == CTL_STOP)
			return code;
		if (ch == 'V') {
			puts("hopwardctl " HOPWARD_VERSION);
			return EX_OK;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		fputs("Try \"hopwardctl --help\".\n", stderr);
		return EX_USAGE;
	}
	code = command_run(&ctl, argc - optind, argv + optind);
	if (fflush(stdout) == EOF && errno != EPIPE && code == EX_OK) {
		ctl_warn(&ctl, "standard output: %s", strerror(errno));
		code = EX_IOERR;
	}
	return code;
}
