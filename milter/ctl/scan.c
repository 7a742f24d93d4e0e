/* SPDX-License-Identifier: ISC */
/* hopwardctl scan: what the daemon would say of these messages, without a daemon. */
/*
 * Has the messages found (mailbox.c), each read into a sealed memfd (message.c), gives it to a hopward-scan of its own
 * (runner.c), lets the daemon's judge (judge/policy.c) decide, and prints in the order of the
 * arguments.  Macros that an MTA would send come from options.  Keeps at most WINDOW
 * results that wait for an earlier file.  Does not: write records, change files, talk to a daemon.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/except.h"
#include "ctl/mailbox.h"
#include "ctl/message.h"
#include "ctl/runner.h"
#include "ctl/show.h"
#include "record/record.h"

#define WINDOW		64		/* files between the oldest unprinted and the newest read one */
#define OUT_MAX		(64u * 1024 * 1024)	/* octets printed of one file: SCAN_PARTS_MAX parts with long names */
#define PROGRESS_NS	100000000ULL

/* What the front puts before a message (front/envelope.c), so that the engine takes it for mail. */
static const char prefix[] = "Received: by hopward; Thu, 1 Jan 1970 00:00:00 +0000\r\n";

static const char help[] =
    "usage: hopwardctl scan [--explain] [-q] [--mbox] [--json] [--database DIR] [macros] FILE|DIR...\n"
    "       hopwardctl scan --reasons\n"
    "\n"
    "Scans and judges messages (RFC 5322, one a file, - is standard input) as the daemon would:\n"
    "files, all files below a folder, the messages of a Maildir.\n"
    "  --explain            the rule that decided and why, the tree of parts, reply, headers, times\n"
    "  --quiet, -q          only what is not clean, and the totals\n"
    "  --mbox               each FILE is an mbox\n"
    "  --reasons            what the tokens of ambiguous MIME mean; scans nothing\n"
    "  --database DIR       signatures from there\n"
    "  --client IP[,NAME]   who connected           --helo NAME     what it said\n"
    "  --from ADDR          envelope sender         --to ADDR       recipient, repeatable\n"
    "  --auth USER          authenticated           --daemon NAME   the MTA's listener\n"
    "  --tls VERSION,CIPHER,BITS or --tls none      --queue-id ID\n"
    "  --local              by sendmail(1), not by SMTP\n"
    "Exit: 0 nothing unsafe, 1 something unsafe, 64 and above an error (66 a file, 69 no scanner).\n"
    "\n"
    "Example:\n"
    "  hopwardctl scan --explain --client 192.0.2.1 --tls TLSv1.3,TLS_AES_256_GCM_SHA384,256 mail.eml\n";

enum {
	KEY_EXPLAIN = 256, KEY_MBOX, KEY_REASONS, KEY_DATABASE, KEY_CLIENT, KEY_HELO, KEY_FROM, KEY_TO, KEY_AUTH, KEY_DAEMON, KEY_TLS,
	KEY_LOCAL, KEY_QUEUE_ID
};

/* What the options say of the connection and the envelope; copied into each message's facts. */
struct simulated {
	struct message_facts facts;
	char	*client, *tls;		/* cut into pieces that facts points into */
	const char **to;
	int	 local;
};

struct item {
	const struct mailbox_item *from;
	const char	*why;		/* of missing, if it is no errno's */
	struct task	 task;
	int		 loaded;
	int		 missing;	/* errno: could not be read */
	int		 limit;		/* beyond spool.message */
	uint64_t	 size;		/* of the file */
	uint64_t	 loaded_ns;
	uint32_t	 wait_ms;
};

struct scan_run {
	const struct ctl *ctl;
	struct conf	*conf;
	struct simulated sim;
	const char	*database;
	int		 explain, quiet, mbox, reasons;
	struct runner	*runner;
	char		**files;	/* as named */
	size_t		 files_count;
	struct mailbox	 box;		/* the messages in them */
	size_t		 printed, next;	/* of box: [printed, next) are in the window */
	struct item	 items[WINDOW];
	struct buf	 out;
	uint64_t	 progress_ns;
	int		 progress_shown;
	size_t		 outcomes[OUTCOME_MAX], unread;
	int		 unsafe, broken;	/* any outcome but clean; one that the scanner is to blame for */
	int		 code;			/* an error's, once there is one */
};

/* ---- progress ---- */

static void
progress_clear(struct scan_run *run)
{
	if (run->progress_shown)
		fputs("\r\033[K", stderr);
	run->progress_shown = 0;
}

static void
progress(struct scan_run *run, int now)
{
	uint64_t ns;

	if (!run->ctl->err.terminal || run->ctl->err.width == TEXT_UNLIMITED)
		return;
	ns = clock_mono_ns();
	if (!now && ns - run->progress_ns < PROGRESS_NS)
		return;
	run->progress_ns = ns;
	if (run->runner == NULL)
		fputs("\rloading signatures ...", stderr);
	else
		fprintf(stderr, "\r%zu of %zu messages scanned, %zu not clean ...\033[K", run->printed, run->box.count,
		    run->printed - run->outcomes[OUTCOME_CLEAN] - run->unread);
	run->progress_shown = 1;
}

static void
progress_tick(void *arg)
{
	progress(arg, 1);
}

/* ---- files ---- */

/* Reads the message into a sealed memfd.  What goes wrong is in the item. */
static void
item_load(struct scan_run *run, struct item *it, const struct mailbox_item *from)
{
	memset(it, 0, sizeof(*it));
	it->task.fd = it->task.reply = -1;
	it->from = from;
	it->loaded = 1;
	it->loaded_ns = clock_mono_ns();
	if (from->error != 0) {
		it->missing = from->error;
		it->why = from->why;
		it->task.done = 1;
		return;
	}
	switch (message_load_item(run->runner, &it->task, from, prefix, run->conf->front->spool_message, MESSAGE_WHOLE, &it->size)) {
	case 1:
		it->limit = 1;
		it->task.done = 1;
		break;
	case -1:
		it->missing = errno;
		it->task.done = 1;
		break;
	}
}

/* ---- results ---- */

static void
print_missing(struct scan_run *run, const struct item *it)
{
	const char *why = it->why != NULL ? it->why : strerror(it->missing);

	run->code = EX_NOINPUT;
	run->unread++;
	if (run->ctl->json) {
		show_json_error(&run->out, it->from->file, why);
		ctl_put(&run->out);
	}
	ctl_warn(run->ctl, "%s: %s", it->from->file, why);
}

/* Facts -> verdict -> text. */
static int
print_verdict(struct scan_run *run, struct item *it)
{
	struct message_facts facts = run->sim.facts;
	struct verdict verdict = { 0 };
	struct show show = { it->from->file, it->from->number, run->conf, &facts, &verdict, "" };
	char id[RECORD_ID_LEN + 1];

	facts.gateway = run->conf->front->gateway;
	facts.time_ms = clock_wall_ms();
	record_id(facts.time_ms, id);
	facts.id = id;
	facts.size = it->size;
	facts.scan = it->task.result;
	if (facts.scan == NULL) {
		facts.scan_failed = it->limit ? OUTCOME_LIMIT : it->task.failed;
		facts.scan_detail = it->limit ? "spool.message" : it->task.detail;
	}
	facts.engine = runner_engine(run->runner);
	facts.scan_ms = it->task.took_ms;
	facts.queue_ms = it->wait_ms;
	show.walls = runner_walls(run->runner);
	if (policy_judge(&run->conf->front->policy, &facts, &verdict) == -1) {
		ctl_warn(run->ctl, "%s: no memory", it->from->file);
		run->code = EX_OSERR;
		return -1;
	}
	run->unsafe |= verdict.outcome != OUTCOME_CLEAN;
	run->broken |= verdict.outcome == OUTCOME_CRASH || verdict.outcome == OUTCOME_UNAVAILABLE;
	run->outcomes[verdict.outcome]++;
	if (run->quiet && verdict.outcome == OUTCOME_CLEAN)
		;
	else if (run->ctl->json)
		show_json(&run->out, &show);
	else if (run->explain)
		show_explain(&run->out, &run->ctl->out, &show);
	else
		show_text(&run->out, &run->ctl->out, &show);
	verdict_free(&verdict);
	return ctl_put(&run->out);
}

/* Prints what is finished, in the order of the arguments.  -1: nobody reads it. */
static int
print_done(struct scan_run *run)
{
	struct item *it;
	int rc = 0, any = 0;

	while (rc == 0 && run->printed < run->next) {
		it = &run->items[run->printed % WINDOW];
		if (!it->task.done)
			break;
		progress_clear(run);
		if (it->missing != 0)
			print_missing(run, it);
		else
			rc = print_verdict(run, it);
		task_free(&it->task);
		run->printed++;
		any = 1;
	}
	if (any && fflush(stdout) == EOF)
		rc = -1;
	return rc;
}

/* "12 messages: 10 clean, 2 infected", once there is more than one to count. */
static void
print_totals(struct scan_run *run)
{
	size_t o, n = 0, total = run->printed - run->unread;

	if (run->ctl->json || (run->box.count == 1 && !run->quiet && !run->mbox && !run->box.folders))
		return;
	buf_addf(&run->out, "%zu message%s", total, total == 1 ? "" : "s");
	for (o = 0; o < OUTCOME_MAX; o++)
		if (run->outcomes[o] > 0)
			buf_addf(&run->out, "%s%zu %s", n++ == 0 ? ": " : ", ", run->outcomes[o], outcome_str((enum outcome)o));
	if (run->unread > 0)
		buf_addf(&run->out, "; %zu could not be read", run->unread);
	if (run->printed < run->box.count)
		buf_addf(&run->out, "; %zu not scanned", run->box.count - run->printed);
	buf_addc(&run->out, '\n');
	ctl_put(&run->out);
}

/* ---- the run ---- */

/* Reads and sends as much as there are idle workers for; one file may wait, read, for a worker.  0, or a signal that says stop. */
static int
feed(struct scan_run *run, int *waiting)
{
	struct item *it;

	while (run->next < run->box.count || *waiting) {
		if (!*waiting) {
			if (run->next - run->printed == WINDOW)
				return 0;
			it = &run->items[run->next % WINDOW];
			item_load(run, it, &run->box.items[run->next]);
			run->next++;
			if (runner_stopped(run->runner) != 0)
				break;
		} else
			it = &run->items[(run->next - 1) % WINDOW];
		*waiting = 0;
		if (it->task.done)
			continue;
		if (!runner_room(run->runner, it->task.size)) {
			*waiting = 1;
			return 0;
		}
		it->wait_ms = (uint32_t)((clock_mono_ns() - it->loaded_ns) / 1000000);
		runner_put(run->runner, &it->task);
	}
	return runner_stopped(run->runner);
}

static void
scan_all(struct scan_run *run)
{
	int sig, waiting = 0;

	while (run->printed < run->box.count) {
		if ((sig = feed(run, &waiting)) != 0) {
			run->code = 128 + sig;
			return;
		}
		if (print_done(run) == -1) {
			if (errno != EPIPE)
				ctl_warn(run->ctl, "standard output: %s", strerror(errno));
			if (run->code == 0)
				run->code = EX_IOERR;
			return;
		}
		if (run->printed == run->box.count)
			return;
		progress(run, 0);
		if (run->printed < run->next && run->items[run->printed % WINDOW].task.done)
			continue;
		if ((sig = runner_step(run->runner, 1000)) != 0) {
			run->code = 128 + sig;
			return;
		}
	}
}

/* Puts --database, the scanner's place and user into the configuration.  0, or a code after telling why. */
static int
settings_fit(struct scan_run *run)
{
	struct conf *conf = run->conf;
	struct stat st;
	char *copy;

	if (run->database != NULL) {
		if ((copy = realpath(run->database, NULL)) == NULL) {
			ctl_warn(run->ctl, "--database %s: %s", run->database, strerror(errno));
			return EX_NOINPUT;
		}
		free(conf->scan->database);
		conf->scan->database = copy;
	}
	if (conf->scan->database == NULL || stat(conf->scan->database, &st) == -1) {
		ctl_warn(run->ctl, "no signatures in %s: run freshclam(1), or name their directory with --database DIR",
		    conf->scan->database != NULL ? conf->scan->database : "any directory");
		return EX_UNAVAILABLE;
	}
	return message_scanner(run->ctl, conf);
}

/* What was named -> messages.  0, or a code after telling why. */
static int
box_fill(struct scan_run *run)
{
	size_t i;

	for (i = 0; i < run->files_count; i++)
		if (mailbox_add(&run->box, run->files[i], run->mbox) == -1) {
			if (errno != E2BIG) {
				ctl_warn(run->ctl, "%s: no memory", run->files[i]);
				return EX_OSERR;
			}
			ctl_warn(run->ctl, "%s: more than %d messages at once", run->files[i], MAILBOX_MAX);
			return EX_USAGE;
		}
	return 0;
}

/* No more workers than files; a fork of a large engine is not free. */
static void
workers_fit(struct scan_run *run)
{
	struct scan_settings *s = run->conf->scan;

	if (run->box.count < s->workers_small)
		s->workers_small = run->box.count > 0 ? (uint32_t)run->box.count : 1;
	if (run->box.count < s->workers_large)
		s->workers_large = run->box.count > 0 ? (uint32_t)run->box.count : 1;
}

static void
tell_start(const struct scan_run *run, const char *err)
{
	const struct conf *conf = run->conf;

	ctl_warn(run->ctl, "no scanner: %s", err);
	ctl_warn(run->ctl, "the signatures are those in %s%s%s: freshclam(1) brings them, --database DIR names others", conf->scan->database,
	    geteuid() == 0 ? ", read as the user " : "", geteuid() == 0 ? conf->parent.scan_user : "");
}

static int
scan_files(struct scan_run *run)
{
	char err[512] = "";
	size_t i;
	int code;

	if ((code = settings_fit(run)) != 0 || (code = box_fill(run)) != 0)
		return code;
	workers_fit(run);
	run->runner = runner_start(run->conf, progress_tick, run, &code, err, sizeof(err));
	progress_clear(run);
	if (run->runner == NULL) {
		if (code == EX_UNAVAILABLE)
			tell_start(run, err);
		else if (code < 128)
			ctl_warn(run->ctl, "%s", err);
		return code;
	}
	buf_init(&run->out, OUT_MAX);
	scan_all(run);
	progress_clear(run);
	if (run->code != EX_IOERR)
		print_totals(run);
	for (i = run->printed; i < run->next; i++)
		task_free(&run->items[i % WINDOW].task);
	if (run->broken)
		message_scanner_said(run->ctl, run->runner);
	runner_free(run->runner);
	buf_free(&run->out);
	return run->code != 0 ? run->code : run->unsafe;
}

/* ---- options ---- */

/* An address as people write it, angle brackets or not. */
static char *
address(char *s)
{
	size_t len = strlen(s);

	if (len >= 2 && s[0] == '<' && s[len - 1] == '>') {
		s[len - 1] = '\0';
		s++;
	}
	return s;
}

static int
take_to(struct scan_run *run)
{
	struct message_facts *f = &run->sim.facts;
	const char **p = reallocarray(run->sim.to, (size_t)f->rcpts_count + 1, sizeof(*p));

	if (p == NULL)
		return EX_OSERR;
	run->sim.to = p;
	p[f->rcpts_count++] = address(optarg);
	f->rcpts = p;
	return 0;
}

static int
take_option(struct scan_run *run, const struct ctl_command *self, int key)
{
	struct message_facts *f = &run->sim.facts;

	switch (key) {
	case KEY_EXPLAIN:
		run->explain = 1;
		return 0;
	case KEY_MBOX:
		run->mbox = 1;
		return 0;
	case KEY_REASONS:
		run->reasons = 1;
		return 0;
	case 'q':
		run->quiet = 1;
		return 0;
	case KEY_DATABASE:
		run->database = optarg;
		return 0;
	case KEY_CLIENT:
		return message_client(run->ctl, self, optarg, f, &run->sim.client);
	case KEY_HELO:
		f->helo = optarg;
		return 0;
	case KEY_FROM:
		f->mail = address(optarg);
		return 0;
	case KEY_TO:
		return take_to(run);
	case KEY_AUTH:
		if (*optarg == '\0')
			return ctl_usage(run->ctl, self, "--auth wants a user's name");
		f->auth_type = "PLAIN";		/* that somebody is authenticated counts, not who and how */
		return 0;
	case KEY_DAEMON:
		f->daemon_name = optarg;
		return 0;
	case KEY_TLS:
		return message_tls(run->ctl, self, optarg, &f->tls, &run->sim.tls);
	case KEY_LOCAL:
		run->sim.local = 1;
		return 0;
	default:
		f->queue_id = optarg;
		return 0;
	}
}

static int
scan_options(struct scan_run *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "explain", no_argument, NULL, KEY_EXPLAIN },
		{ "quiet", no_argument, NULL, 'q' },
		{ "mbox", no_argument, NULL, KEY_MBOX },
		{ "reasons", no_argument, NULL, KEY_REASONS },
		{ "database", required_argument, NULL, KEY_DATABASE },
		{ "client", required_argument, NULL, KEY_CLIENT },
		{ "helo", required_argument, NULL, KEY_HELO },
		{ "from", required_argument, NULL, KEY_FROM },
		{ "to", required_argument, NULL, KEY_TO },
		{ "auth", required_argument, NULL, KEY_AUTH },
		{ "daemon", required_argument, NULL, KEY_DAEMON },
		{ "tls", required_argument, NULL, KEY_TLS },
		{ "local", no_argument, NULL, KEY_LOCAL },
		{ "queue-id", required_argument, NULL, KEY_QUEUE_ID },
		CTL_END
	};
	struct message_facts *f = &run->sim.facts;
	int ch, i, stdins = 0;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT "q", longs, code)) != -1)
		if (ch == CTL_STOP || (*code = take_option(run, self, ch)) != 0)
			return -1;
	for (i = optind; i < argc; i++)
		stdins += strcmp(argv[i], "-") == 0;
	if (run->reasons && optind < argc)
		*code = ctl_usage(ctl, self, "--reasons scans nothing");
	else if (run->reasons)
		return 0;
	else if (optind == argc)
		*code = ctl_usage(ctl, self, "scan wants FILE or DIR... (- is standard input)");
	else if (run->mbox && stdins > 0)
		*code = ctl_usage(ctl, self, "--mbox wants files");
	else if (stdins > 1)
		*code = ctl_usage(ctl, self, "standard input can be read once only");
	else if (run->sim.local && (run->sim.client != NULL || f->auth_type != NULL || f->tls.canary_helo))
		*code = ctl_usage(ctl, self, "--local mail has no client: it excludes --client, --auth and --tls");
	else {
		if (run->sim.local) {
			f->daemon_port = "0";
			f->queue_id_at_connect = 1;
		}
		run->files = argv + optind;
		run->files_count = (size_t)(argc - optind);
		return 0;
	}
	return -1;
}

static int
print_reasons(struct scan_run *run)
{
	buf_init(&run->out, OUT_MAX);
	if (run->ctl->json)
		show_reasons_json(&run->out);
	else
		show_reasons(&run->out, &run->ctl->out);
	ctl_put(&run->out);
	buf_free(&run->out);
	return EX_OK;
}

static int
scan_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct scan_run *run = calloc(1, sizeof(*run));
	struct exceptions exceptions = { .list = NULL };
	int code = EX_OSERR;

	if (run == NULL)
		return code;
	run->ctl = ctl;
	if (scan_options(run, ctl, self, argc, argv, &code) == 0) {
		if (run->reasons)
			code = print_reasons(run);
		else if ((run->conf = ctl_conf(ctl, &code)) != NULL) {
			except_apply(run->conf, &exceptions);
			code = scan_files(run);
		}
	}
	mailbox_free(&run->box);
	conf_free(run->conf);
	exceptions_free(&exceptions);
	free(run->sim.client);
	free(run->sim.tls);
	free(run->sim.to);
	free(run);
	return code;
}

const struct ctl_command command_scan = {
	"scan", "scan and judge messages in files as the daemon would", help, scan_run
};
