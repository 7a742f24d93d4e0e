/* SPDX-License-Identifier: ISC */
/* hopwardctl held: lists, shows, releases and drops mail that hopward has put on hold in the MTA's queue. */
/*
 * The queue is the MTA's, and its own tools work on it (heldqueue.c); whose a message is the records say
 * (heldrecord.c).  Here are the options, who may, and which messages are meant.
 * It needs no daemon.  It does not: touch mail that others hold, change what is in a message, scan again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/acts.h"
#include "ctl/held.h"
#include "ctl/row.h"

#define EXIT_NONE	1	/* no such message on hold */

static const char help[] =
    "usage: hopwardctl held list [--full] [--signature S] [--json]\n"
    "       hopwardctl held show [--full] [--raw --reason R] [--json] ID\n"
    "       hopwardctl held release --reason R [--yes] ID... | --signature S\n"
    "       hopwardctl held drop --reason R [--yes] ID... | --signature S\n"
    "       hopwardctl held expire [--dry-run]\n"
    "\n"
    "Works the mail that hopward has put on hold (the action quarantine), with the MTA's own tools.\n"
    "ID is a queue id, or that of the message's record.  What others hold is counted, never touched.\n"
    "  list     what is held, since when, why, and how long it is kept\n"
    "  show     one message's story; --raw the message itself (Postfix), which is recorded\n"
    "  release  back into the queue and to the recipients; no filter sees it again\n"
    "  drop     deletes it; nobody is told\n"
    "  expire   warns of what is nearly as old as held.keep, drops what was warned of; for a timer\n"
    "  --reason R     why; recorded with who, before anything is done\n"
    "  --signature S  all with that signature, or with its beginning: S*\n"
    "  --full         whole addresses, as the queue has them; for root\n"
    "  --yes          does not ask\n"
    "Exit: 0, 1 no such message or not done, 64 and above an error; 77 needs root.\n"
    "\n"
    "Example:\n"
    "  hopwardctl held release 4gFw2K1xYzz9 --reason 'false alarm, ticket 4711'\n";

enum { KEY_FULL = 256, KEY_RAW, KEY_REASON, KEY_YES, KEY_DRY_RUN, KEY_SIGNATURE };
enum { DO_LIST = 1 << 0, DO_SHOW = 1 << 1, DO_RELEASE = 1 << 2, DO_DROP = 1 << 3, DO_EXPIRE = 1 << 4 };

static const struct {
	const char	*name;
	int		 what;
} verbs[] = {
	{ "list", DO_LIST }, { "show", DO_SHOW }, { "release", DO_RELEASE }, { "drop", DO_DROP }, { "expire", DO_EXPIRE }
};
#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

struct run {
	struct held	 held;
	int		 what;		/* DO_... */
	const char	*verb;
	int		 full, raw, yes, dry_run;
	const char	*why, *signature;
	char		**ids;
	int		 ids_count;
};

/* ---- which MTA ---- */

const char *
held_queue(const struct held *held)
{
	return held->mta == HELD_MTA_POSTFIX ? "Postfix' queue" : "Sendmail's queue";
}

int
held_open(struct held *held)
{
	char path[1200];

	held->set = &held->conf->parent.held;
	held->now_ms = clock_wall_ms();
	held->mta = held->set->mta;
	snprintf(path, sizeof(path), "%s/postqueue", held->set->postfix_tools);
	if (held->mta == HELD_MTA_AUTO)
		held->mta = access(path, X_OK) == 0 ? HELD_MTA_POSTFIX : HELD_MTA_SENDMAIL;
	if (access(held->mta == HELD_MTA_POSTFIX ? path : held->set->sendmail, X_OK) == 0)
		return 0;
	ctl_warn(held->ctl, "%s: %s: held.mta says whose queue it is, %s where its tools are",
	    held->mta == HELD_MTA_POSTFIX ? path : held->set->sendmail, strerror(errno),
	    held->mta == HELD_MTA_POSTFIX ? "held.postfix_tools" : "held.sendmail");
	return EX_UNAVAILABLE;
}

/* ---- which messages ---- */

static int
has_signature(const struct held_message *m, const char *want)
{
	const char *s = row_text(m->record, "signature");
	size_t n = strlen(want);

	if (n > 0 && want[n - 1] == '*')
		return *s != '\0' && strncmp(s, want, n - 1) == 0;
	return strcmp(s, want) == 0;
}

/* An octet for each message of the list, or NULL after telling why; *code is then what to exit with. */
static char *
choose(struct run *run, size_t *count, int *code)
{
	struct held *held = &run->held;
	char *chosen = calloc(held->count + 1, 1);
	size_t i;
	int k, found;

	*count = 0;
	*code = EX_OSERR;
	for (i = 0; chosen != NULL && run->signature != NULL && i < held->count; i++)
		*count += chosen[i] = has_signature(&held->list[i], run->signature) != 0;
	for (k = 0; chosen != NULL && k < run->ids_count; k++) {
		for (i = 0, found = 0; i < held->count; i++)
			if (strcmp(held->list[i].queue_id, run->ids[k]) == 0 || strcmp(held->list[i].ref, run->ids[k]) == 0) {
				*count += !chosen[i];
				chosen[i] = found = 1;
			}
		if (!found) {
			ctl_warn(held->ctl, "%s: hopward holds no such message in %s%s", run->ids[k], held_queue(held),
			    held->others > 0 ? "; what is on hold without a record of hopward's is not its" : "");
			*code = held->records_bad ? EX_NOINPUT : EXIT_NONE;
			free(chosen);
			return NULL;
		}
	}
	if (chosen != NULL && *count == 0) {
		ctl_warn(held->ctl, "no message on hold has the signature \"%s\"", run->signature);
		*code = EXIT_NONE;
		free(chosen);
		return NULL;
	}
	return chosen;
}

/* ---- the verbs ---- */

static void
leave_signature(struct run *run)
{
	struct held *held = &run->held;
	struct held_message spare;
	size_t i, n = 0;

	for (i = 0; run->signature != NULL && i < held->count; i++)
		if (has_signature(&held->list[i], run->signature)) {
			spare = held->list[n];
			held->list[n++] = held->list[i];
			held->list[i] = spare;
		}
	if (run->signature == NULL)
		return;
	/* what is behind is freed with a list of its own */
	for (i = n; i < held->count; i++) {
		struct held rest = { .list = malloc(sizeof(struct held_message)), .count = 1 };

		if (rest.list == NULL)
			return;
		rest.list[0] = held->list[i];
		held_free(&rest);
	}
	held->count = n;
}

static int
do_list(struct run *run)
{
	struct held *held = &run->held;

	leave_signature(run);
	if (held->ctl->json)
		heldlist_json(held, run->full);
	else
		heldlist_table(held, run->full);
	if (!held->ctl->json && held->count == 0)
		printf("hopward holds no mail in %s%s\n", held_queue(held), run->signature != NULL ? " with that signature" : "");
	if (!held->ctl->json && held->others > 0)
		printf("%" PRIu64 " more on hold, not by hopward%s\n", held->others,
		    held->records_bad ? " as far as the records could be read" : " (or its record is gone)");
	return held->records_bad ? EX_NOINPUT : 0;
}

static int
do_show(struct run *run, const char *chosen)
{
	struct held *held = &run->held;
	size_t i;
	int code = 0;

	for (i = 0; i < held->count && code == 0; i++) {
		if (!chosen[i])
			continue;
		if (!run->raw)
			code = heldlist_show(held, &held->list[i], run->full);
		else if (!heldqueue_has_raw(held))
			code = EX_UNAVAILABLE;
		else if (heldact_raw(held, &held->list[i], run->why) == -1)
			code = EX_CANTCREAT;
		else
			code = heldqueue_raw(held, &held->list[i]);
	}
	return code;
}

/* Only root may change the queue, and only root needs to see more than the records keep. */
static int
check_rights(const struct run *run)
{
	const char *what;

	if (geteuid() == 0)
		return 0;
	if (run->what & (DO_RELEASE | DO_DROP | DO_EXPIRE) && !run->dry_run)
		what = "changes the MTA's queue, which";
	else if (run->raw)
		what = "--raw reads a message in the MTA's queue, which";
	else if (run->full)
		what = "--full shows whole addresses, which";
	else
		return 0;
	ctl_warn(run->held.ctl, "held %s: %s is for root; nothing was done. Try: sudo hopwardctl held %s ...", run->verb, what, run->verb);
	return EX_NOPERM;
}

static int
held_do(struct run *run)
{
	struct held_do what = { .drop = run->what == DO_DROP, .yes = run->yes, .why = run->why };
	struct held *held = &run->held;
	char *chosen;
	size_t count;
	int code;

	if ((code = check_rights(run)) != 0 || (code = held_open(held)) != 0 || (code = heldqueue_list(held)) != 0)
		return code;
	if (heldrecord_join(held) == -1) {
		ctl_warn(held->ctl, "no memory");
		return EX_OSERR;
	}
	if (held->unread > 0)
		ctl_warn(held->ctl, "%" PRIu64 " lines of the listing of %s cannot be understood", held->unread, held_queue(held));
	if (run->what == DO_LIST)
		return do_list(run);
	if (run->what == DO_EXPIRE) {
		code = heldact_expire(held, run->dry_run);
		return code == 0 && held->records_bad ? EX_NOINPUT : code;
	}
	if ((chosen = choose(run, &count, &code)) == NULL)
		return code;
	code = run->what == DO_SHOW ? do_show(run, chosen) : heldact_run(held, &what, chosen, count);
	free(chosen);
	return code;
}

/* ---- options ---- */

static int
take_option(struct run *run, int key)
{
	switch (key) {
	case KEY_FULL:
		run->full = 1;
		return DO_LIST | DO_SHOW;
	case KEY_RAW:
		run->raw = 1;
		return DO_SHOW;
	case KEY_REASON:
		run->why = optarg;
		return DO_SHOW | DO_RELEASE | DO_DROP;
	case KEY_YES:
		run->yes = 1;
		return DO_RELEASE | DO_DROP;
	case KEY_DRY_RUN:
		run->dry_run = 1;
		return DO_EXPIRE;
	default:
		run->signature = optarg;
		return DO_LIST | DO_RELEASE | DO_DROP;
	}
}

static int
check_options(const struct run *run, const struct ctl *ctl, const struct ctl_command *self)
{
	int acts = run->what & (DO_RELEASE | DO_DROP), n = run->ids_count;
	const char *bad;

	if (run->what & (DO_LIST | DO_EXPIRE) && n > 0)
		return ctl_usage(ctl, self, "held %s takes no id", run->verb);
	if (run->what == DO_SHOW && n != 1)
		return ctl_usage(ctl, self, "held show wants one id; hopwardctl held list has them");
	if (acts && (n > 0) == (run->signature != NULL))
		return ctl_usage(ctl, self, "held %s wants ids or --signature; hopwardctl held list has both", run->verb);
	if ((acts || run->raw) && run->why == NULL)
		return ctl_usage(ctl, self, "held %s%s wants --reason: who and why are recorded first", run->verb, run->raw ? " --raw" : "");
	if (run->why != NULL && !acts && !run->raw)
		return ctl_usage(ctl, self, "--reason is for what is recorded: --raw, release, drop");
	if (run->raw && ctl->json)
		return ctl_usage(ctl, self, "--raw is no JSON");
	if (run->why != NULL && (bad = acts_why_bad(run->why)) != NULL)
		return ctl_usage(ctl, self, "the reason %s", bad);
	return 0;
}

static int
take_verb(struct run *run, const struct ctl *ctl, const struct ctl_command *self, const char *word)
{
	const char *names[VERBS + 1], *near;
	size_t i;

	for (i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(word, verbs[i].name) == 0) {
			run->what = verbs[i].what;
			run->verb = verbs[i].name;
			return 0;
		}
	}
	names[i] = NULL;
	near = text_suggest(word, names);
	return near != NULL ? ctl_usage(ctl, self, "held: there is no \"%s\"; did you mean \"%s\"?", word, near) :
	    ctl_usage(ctl, self, "held: there is no \"%s\"", word);
}

static int
held_options(struct run *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "full", no_argument, NULL, KEY_FULL },
		{ "raw", no_argument, NULL, KEY_RAW },
		{ "reason", required_argument, NULL, KEY_REASON },
		{ "yes", no_argument, NULL, KEY_YES },
		{ "dry-run", no_argument, NULL, KEY_DRY_RUN },
		{ "signature", required_argument, NULL, KEY_SIGNATURE },
		CTL_END
	};
	int allowed = ~0, ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1) {
		if (ch == CTL_STOP)
			return -1;
		allowed &= take_option(run, ch);
	}
	if (optind == argc)
		*code = ctl_usage(ctl, self, "held wants list, show, release, drop or expire");
	else if ((*code = take_verb(run, ctl, self, argv[optind])) == 0) {
		run->ids = argv + optind + 1;
		run->ids_count = argc - optind - 1;
		if (!(allowed & run->what))
			*code = ctl_usage(ctl, self, "held %s has not all of these options", run->verb);
		else
			*code = check_options(run, ctl, self);
	}
	return *code == 0 ? 0 : -1;
}

static int
held_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct run run = { .held = { .ctl = ctl } };
	int code = EX_OK;

	if (held_options(&run, ctl, self, argc, argv, &code) == -1 || (run.held.conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	code = held_do(&run);
	held_free(&run.held);
	conf_free(run.held.conf);
	return code;
}

const struct ctl_command command_held = {
	"held", "list, show, release and drop mail on hold", help, held_run
};
