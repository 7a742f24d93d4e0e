/* SPDX-License-Identifier: ISC */
/* hopwardctl seal: the first keys, for a person to keep, and anchors, for a place that this machine cannot change. */
/*
 * init makes keys where a stream has none, by opening it once as the daemon would:
 * in a child that has given up root for the owner of the records.  All else only
 * looks.  It shows public keys alone; the private ones never leave record/seal_keys.c.
 */
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl/acts.h"
#include "ctl/ctl.h"
#include "record/ledger.h"

static const char help[] =
    "usage: hopwardctl seal init [--stream S] [--json]\n"
    "       hopwardctl seal show [--stream S] [--json]\n"
    "       hopwardctl seal anchor [--stream S] [--json]\n"
    "\n"
    "init    shows the first public key of each stream of records, and makes one where there is none:\n"
    "        keep it where root of this machine cannot change it; \"hopwardctl verify --public\" takes it\n"
    "show    the same, and makes nothing\n"
    "anchor  \"STREAM SEQ CHAIN\" of the last line: kept elsewhere, it fixes all up to that line\n"
    "  S is mail, collect or acts; by default all\n"
    "\n"
    "Example:\n"
    "  hopwardctl seal init >first.keys\n"
    "  hopwardctl seal anchor | mail -s anchor auditor@example.net\n";

static const char words[] =
    "\n"
    "These are the first public keys of the records' seals.  Give them to somebody who is not root\n"
    "here: on paper, in a password safe, in another system.  With them alone\n"
    "\"hopwardctl verify --public KEY\" proves all records from their beginning; without them it can\n"
    "only prove that the records agree with themselves.\n";

static const char *const streams[] = { "mail", "collect", ACTS_STREAM };
#define STREAMS		(sizeof(streams) / sizeof(streams[0]))
enum { KEY_STREAM = 256 };

struct seal_run {
	const struct ctl	*ctl;
	const struct conf	*conf;
	const char		*stream;	/* NULL: all */
	json_t			*list;		/* what --json shows */
	unsigned int		 shown;
};

static void
hex(const uint8_t *p, size_t len, char *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* ---- keys ---- */

/* The child's: begins the stream. */
static int
stream_begin(const struct seal_run *run, const char *stream)
{
	struct ledger_settings set = run->conf->start.ledger;
	struct ledger *ledger;
	char err[512];

	set.gateway = run->conf->front->gateway;
	set.seal_anchor = 0;
	if (acts_become_owner(set.directory) == -1)
		ctl_warn(run->ctl, "%s: %s", set.directory, strerror(errno));
	else if (ledger_open(&set, stream, &ledger, err, sizeof(err)) == -1)
		ctl_warn(run->ctl, "%s", err);
	else {
		ledger_close(ledger);
		return 0;
	}
	return 1;
}

static int
stream_make(const struct seal_run *run, const char *stream)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(stream_begin(run, stream));
	if (pid == -1)
		ctl_warn(run->ctl, "fork: %s", strerror(errno));
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int
key_show(struct seal_run *run, const char *stream, int make)
{
	const char *directory = run->conf->start.ledger.seal_directory;
	char err[512], text[2 * SEAL_KEY_LEN + 1];
	uint8_t first[SEAL_KEY_LEN];
	uint64_t epoch;
	int rc;

	rc = seal_keys_peek(directory, stream, first, &epoch, err, sizeof(err));
	if (rc == 0 && make) {
		if (stream_make(run, stream) == -1)
			return EX_CANTCREAT;
		rc = seal_keys_peek(directory, stream, first, &epoch, err, sizeof(err));
	}
	if (rc == -1) {
		ctl_warn(run->ctl, "%s", err);
		return EX_NOPERM;
	}
	if (rc == 0) {
		if (run->stream != NULL)
			ctl_warn(run->ctl, "the stream \"%s\" is not sealed: it has no key in %s", stream, directory);
		return run->stream != NULL ? EX_NOINPUT : EX_OK;
	}
	run->shown++;
	hex(first, sizeof(first), text);
	if (run->list != NULL)
		json_array_append_new(run->list, json_pack("{s:s,s:s,s:I}", "stream", stream, "public", text, "epoch", (json_int_t)epoch));
	else
		printf("%-8s %s   epoch %" PRIu64 "\n", stream, text, epoch);
	return EX_OK;
}

/* ---- anchors ---- */

static int
anchor_show(struct seal_run *run, const char *stream)
{
	const char *directory = run->conf->start.ledger.directory;
	char err[512], text[2 * SEAL_CHAIN_LEN + 1];
	struct seal_chain chain;
	int rc;

	if ((rc = ledger_anchor(directory, stream, &chain, err, sizeof(err))) == -1) {
		ctl_warn(run->ctl, "%s", err);
		return errno == EACCES ? EX_NOPERM : EX_NOINPUT;
	}
	if (rc == 0) {
		if (run->stream != NULL)
			ctl_warn(run->ctl, "%s: the stream \"%s\" is not sealed: it has no chain", directory, stream);
		return run->stream != NULL ? EX_NOINPUT : EX_OK;
	}
	run->shown++;
	hex(chain.value, sizeof(chain.value), text);
	if (run->list != NULL)
		json_array_append_new(run->list, json_pack("{s:s,s:I,s:s}", "stream", stream, "seq", (json_int_t)chain.seq, "chain", text));
	else
		printf("%s %" PRIu64 " %s\n", stream, chain.seq, text);
	return EX_OK;
}

/* ---- the command ---- */

static int
streams_show(struct seal_run *run, const char *verb)
{
	int code = EX_OK, one;
	size_t i;

	for (i = 0; i < STREAMS; i++) {
		if (run->stream != NULL && strcmp(run->stream, streams[i]) != 0)
			continue;
		one = *verb == 'a' ? anchor_show(run, streams[i]) : key_show(run, streams[i], *verb == 'i');
		if (one != EX_OK)
			code = one;
	}
	if (code == EX_OK && run->shown == 0) {
		ctl_warn(run->ctl, "nothing is sealed yet");
		code = EX_NOINPUT;
	}
	if (run->list != NULL) {
		json_dumpf(run->list, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (*verb == 'i' && code == EX_OK)
		fputs(words, isatty(STDOUT_FILENO) ? stdout : stderr);
	return code;
}

static int
stream_known(const char *name)
{
	size_t i;

	for (i = 0; i < STREAMS; i++)
		if (strcmp(name, streams[i]) == 0)
			return 1;
	return 0;
}

static int
seal_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG, { "stream", required_argument, NULL, KEY_STREAM }, CTL_END };
	struct seal_run run = { .ctl = ctl };
	struct conf *conf;
	const char *verb;
	int ch, code = EX_OK;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, &code)) != -1) {
		if (ch == CTL_STOP)
			return code;
		if (!stream_known(run.stream = optarg))
			return ctl_usage(ctl, self, "--stream wants mail, collect or acts, got \"%s\"", optarg);
	}
	if (optind + 1 != argc)
		return ctl_usage(ctl, self, "seal wants one word: init, show or anchor");
	verb = argv[optind];
	if (strcmp(verb, "init") != 0 && strcmp(verb, "show") != 0 && strcmp(verb, "anchor") != 0)
		return ctl_usage(ctl, self, "seal wants init, show or anchor, got \"%s\"", verb);
	if ((conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	run.conf = conf;
	if (*verb == 'i' && !conf->start.ledger.sealed) {
		ctl_warn(ctl, "seal.enabled is false: nothing would use a key");
		code = EX_CONFIG;
	} else {
		run.list = ctl->json ? json_array() : NULL;
		code = streams_show(&run, verb);
		json_decref(run.list);
	}
	conf_free(conf);
	return code;
}

const struct ctl_command command_seal = {
	"seal", "first keys and anchors of the records' seals", help, seal_run
};
