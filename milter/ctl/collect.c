/* SPDX-License-Identifier: ISC */
/* hopwardctl collect: follows an MTA's log and records each outbound delivery with its TLS. */
/*
 * Needs no daemon: it is the one writer of the stream "collect".  Lines are
 * read (judge/maillog.c), joined (judge/outbound.c), written (record/delivery.c);
 * here are options, time, and what survives a restart.  Appends without a sync of their own
 * and makes them durable together, before the state is saved: a log can be read again.
 * Bounded: one chunk, one line, the joiner's tables, the tally.
 * It does not: judge (grades are counted for the summary, none is recorded), keep a reply's text, unpack old logs.
 */
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/deliveryline.h"
#include "ctl/follow.h"
#include "ctl/journal.h"
#include "ctl/resume.h"
#include "ctl/stamps.h"
#include "ctl/tally.h"
#include "record/delivery.h"
#include "record/ledger.h"
#include "record/record.h"

#define STREAM		"collect"
#define STATE_NAME	"collect.state"
#define JOURNAL		"journal"	/* its lines' source; a file's is hexadecimal */
#define SMARTHOSTS_MAX	64
#define SAVE_NS		1000000000ull	/* between two saved states: what a crash makes us read again */
#define SAVE_BUSY_NS	5000000000ull	/* the same while there is more to read */
#define SAVE_SHARE	20		/* a large state on a slow disk takes a twentieth of the time at most */

static const char help[] =
    "usage: hopwardctl collect [-f] [--stdout] [--json] [--smarthost HOST]... [--year YYYY] [--state FILE] FILE | -\n"
    "       hopwardctl collect --journal [options]\n"
    "\n"
    "Reads the log of Postfix or Sendmail and records each outbound delivery: to where, over what TLS,\n"
    "how that is known, what came of it.  Goes on where it stopped the last time, over rotated files.\n"
    "  -f, --follow      goes on for ever, as tail -F\n"
    "  -                 standard input, to its end; nothing is remembered\n"
    "  --journal         the mail of systemd's journal, for ever\n"
    "  --stdout          shows the deliveries instead of recording them; remembers nothing unless --state\n"
    "  --smarthost HOST  hands mail on: its TLS is not the last; a host, .domain, or an address\n"
    "                    (besides smarthosts of the configuration)\n"
    "  --year YYYY       of the first line, where stamps have none (default: from the file's time)\n"
    "  --state FILE      where it stopped (default: collect.state in the directory of the records)\n"
    "\n"
    "Example:\n"
    "  hopwardctl collect --follow /var/log/mail.log\n";

enum { KEY_JOURNAL = 256, KEY_STDOUT, KEY_SMARTHOST, KEY_YEAR, KEY_STATE };

struct collect {
	const struct ctl	*ctl;
	const char		*input;		/* path, "-", or "journal" */
	int			 follow, journal, show;
	const char		*smarthosts[SMARTHOSTS_MAX + 1];
	size_t			 smarthosts_count;

	struct conf		*conf;
	struct privacy		*privacy;
	char			 own_keys[48];	/* directory of keys of this run alone; "" */
	struct ledger		*ledger;	/* NULL: shown */
	struct retain		*retain;	/* the keeper of its files, while a log is followed */
	int			 own_sync;	/* durable when the state is saved */
	char			*state;		/* file; NULL: nothing is remembered */
	struct outbound		*joiner;
	struct resume		 resume;
	struct tally		 tally;
	struct buf		 out;
	int			 signals;	/* signalfd */
	int			 signal;	/* that came; 0 */
	int			 failed;	/* exit code of what cannot go on; 0 */

	/* where we are */
	char			 id[FOLLOW_ID_LEN + 1];
	uint64_t		 at;
	struct stamps		 stamps;
	int			 since_set;
	int			 dirty;		/* more was read than is saved */
	uint64_t		 saved_ns, save_took_ns;
	/* the last delivery that an earlier run recorded, until it is passed */
	char			 tail_id[FOLLOW_ID_LEN + 1];
	uint64_t		 tail_at, tail_count;
	int			 again;
	uint64_t		 from_us;	/* where the journal is read from */
};

/* ---- output ---- */

/* Into the stream.  A log can be read again, so nothing is lost by stopping. */
static int
append(struct collect *run)
{
	if (run->out.failed)
		ctl_warn(run->ctl, "a record is too large");
	else if (ledger_append(run->ledger, run->out.data, run->out.len, NULL) == -1)
		ctl_warn(run->ctl, "the record cannot be written: %s", strerror(errno));
	else
		return 0;
	run->failed = EX_IOERR;
	return 1;
}

static void
event(struct collect *run, const char *name, const char *const *pairs)
{
	if (run->ledger == NULL)
		return;
	buf_reset(&run->out);
	record_event(run->conf->front->gateway, clock_wall_ms(), name, pairs, &run->out);
	append(run);
}

static int
emit(struct collect *run, const struct maillog *m, const struct outbound_delivery *tls, uint64_t time_ms)
{
	char id[RECORD_ID_LEN + 1], gateway[MAILLOG_NAME_MAX + 1];
	struct delivery d = { .id = id, .time_ms = time_ms, .gateway = gateway, .line = m, .tls = tls,
	    .source = run->journal ? JOURNAL : run->id[0] != '\0' ? run->id : NULL,
	    .source_at = run->journal ? run->resume.journal_us : run->at };

	tally_delivery(&run->tally, tls);
	record_id(time_ms, id);
	snprintf(gateway, sizeof(gateway), "%.*s", (int)m->host.len, m->host.p);
	buf_reset(&run->out);
	if (!run->ctl->json && run->show)
		delivery_line(&run->out, &run->ctl->out, &d);
	else
		record_delivery(&d, run->privacy, &run->out);
	if (!run->show)
		return append(run);
	if (run->ctl->json)
		buf_addc(&run->out, '\n');
	return ctl_put(&run->out) == -1;
}

/* ---- lines ---- */

static void
unreadable(struct collect *run, const struct maillog *m, const struct follow_line *l)
{
	if (tally_unreadable(&run->tally, &m->host, l->text, l->len) && run->follow)
		ctl_warn(run->ctl, "%s: a line that should be known and cannot be read (more of this host are counted): %s",
		    run->tally.hosts[run->tally.hosts_count - 1].host, run->tally.hosts[run->tally.hosts_count - 1].example);
}

/* The journal has no offsets: lines up to the time of the last one are known, those of the same microsecond counted. */
static int
journal_known(struct collect *run, const struct maillog *m, uint64_t ms)
{
	uint64_t us = ms * 1000 + (uint64_t)(m->stamp.us % 1000);
	struct resume *r = &run->resume;

	if (run->again > 0 && us == r->journal_us) {
		run->again--;
		run->tail_count -= m->kind == MAILLOG_DELIVERY && us == run->tail_at && run->tail_count > 0;
		return 1;
	}
	if (us < r->journal_us && run->again >= 0)
		return 1;
	run->again = -1;	/* from here on all is new, even if the clock goes back */
	r->journal_lines = us == r->journal_us ? r->journal_lines + 1 : 1;
	r->journal_us = us;
	return 0;
}

/* The same of a delivery: it was recorded, and then the run could not save its state. */
static int
journal_again(struct collect *run)
{
	uint64_t us = run->resume.journal_us;

	if (strcmp(run->tail_id, JOURNAL) != 0)
		return 0;
	if (us >= run->from_us && (us < run->tail_at || (us == run->tail_at && run->tail_count > 0))) {
		run->tail_count -= us == run->tail_at;
		return 1;
	}
	if (us > run->tail_at)
		run->tail_id[0] = '\0';	/* all behind it is new, even if the clock goes back */
	return 0;
}

/* Was this line's delivery recorded by a run that could not save its state? */
static int
known_again(struct collect *run)
{
	if (run->journal)
		return journal_again(run);
	if (!run->again)
		return 0;
	if (strcmp(run->id, run->tail_id) != 0 || run->at <= run->tail_at)
		return 1;
	run->again = 0;
	return 0;
}

static int
take_relevant(struct collect *run, struct maillog *m, const struct follow_line *l)
{
	struct outbound_delivery tls;
	uint64_t ms;

	if (m->host.p == NULL && m->stamp.month != 0) {
		m->host.p = run->conf->front->gateway;
		m->host.len = strlen(m->host.p);
	}
	if (m->kind == MAILLOG_UNREADABLE || (ms = stamps_ms(&run->stamps, &m->stamp)) == 0) {
		unreadable(run, m, l);
		return 0;
	}
	run->stamps.time_ms = ms;
	if (run->journal && journal_known(run, m, ms))
		return 0;
	if (m->level_bad)
		unreadable(run, m, l);
	if (!outbound_take(run->joiner, m, ms, &tls))
		return 0;
	if (known_again(run)) {
		run->tally.again++;
		return 0;
	}
	return emit(run, m, &tls, ms);
}

static int
take_line(void *arg, const struct follow_line *l)
{
	struct collect *run = arg;
	struct maillog m;
	uint64_t ms;

	if (strcmp(run->id, l->id) != 0) {
		if (strcmp(run->id, run->tail_id) == 0 && run->id[0] != '\0' && !run->journal)
			run->again = 0;	/* all of that file is behind us */
		memcpy(run->id, l->id, sizeof(run->id));
	}
	run->at = l->at;
	run->dirty = 1;
	run->tally.lines++;
	run->tally.cut += l->cut != 0;
	maillog_read(l->text, l->len, &m);
	if (!run->since_set && m.stamp.month != 0 && (ms = stamps_ms(&run->stamps, &m.stamp)) != 0) {
		run->stamps.time_ms = ms;
		outbound_since(run->joiner, ms);
		run->since_set = 1;
	}
	return m.kind == MAILLOG_IRRELEVANT ? 0 : take_relevant(run, &m, l);
}

/* ---- what survives ---- */

/* The place in the current file, for the state. */
static void
note_place(struct collect *run)
{
	struct resume_log *log;

	if (run->id[0] == '\0' || (log = resume_log_get(&run->resume, run->id, run->input)) == NULL)
		return;
	log->at = run->at;
	log->time_ms = run->stamps.time_ms;
}

static int
save(struct collect *run)
{
	char err[512];

	uint64_t from = clock_mono_ns();

	note_place(run);
	run->saved_ns = from;
	run->dirty = 0;
	if (run->state == NULL)
		return 0;
	if (run->own_sync && resume_sync(run->conf->start.ledger.directory, STREAM) == -1)
		ctl_warn(run->ctl, "%s: %s", run->conf->start.ledger.directory, strerror(errno));
	else if (fflush(stdout) == EOF)
		ctl_warn(run->ctl, "standard output: %s", strerror(errno));
	else if (resume_save(run->state, &run->resume, run->joiner, err, sizeof(err)) == -1)
		ctl_warn(run->ctl, "%s", err);
	else {
		run->saved_ns = clock_mono_ns();
		run->save_took_ns = run->saved_ns - from;
		return 0;
	}
	run->failed = EX_IOERR;
	return -1;
}

static void
tell_advice(struct collect *run)
{
	struct outbound_service *s;
	struct buf b;
	size_t at = 0;

	buf_init(&b, 4096);
	while ((s = outbound_service_next(run->joiner, &at)) != NULL)
		if (s->not_logged > 0 && s->session_ms == 0 && !s->told) {
			s->told = 1;
			buf_reset(&b);
			tally_advice(s, &b);
			ctl_warn(run->ctl, "%s", b.data);
		}
	buf_free(&b);
}

static int
take_pause(void *arg, int waiting)
{
	struct collect *run = arg;
	struct signalfd_siginfo si;

	if (read(run->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		run->signal = (int)si.ssi_signo;
		return 1;
	}
	if (waiting && run->follow)
		tell_advice(run);
	if (waiting && run->show)
		fflush(stdout);
	if (run->dirty && clock_mono_ns() - run->saved_ns > (waiting ? SAVE_NS : SAVE_BUSY_NS) + SAVE_SHARE * run->save_took_ns &&
	    save(run) == -1)
		return 1;
	return ferror(stdout) != 0;
}

static uint64_t
take_known(void *arg, const char *id)
{
	struct collect *run = arg;
	const struct resume_log *log;

	note_place(run);
	log = resume_log_find(&run->resume, id);
	return log != NULL ? log->at : 0;
}

static void
take_opened(void *arg, const char *path, const char *id, time_t mtime)
{
	struct collect *run = arg;
	const struct resume_log *log;

	(void)path;
	run->stamps.newest_ms = mtime > 0 ? (uint64_t)mtime * 1000 : clock_wall_ms();
	if (run->stamps.time_ms == 0 && *id != '\0' && (log = resume_log_find(&run->resume, id)) != NULL)
		run->stamps.time_ms = log->time_ms;
}

/* Which files will be read: is the last recorded delivery in one of them? */
static void
take_files(void *arg, const char (*ids)[FOLLOW_ID_LEN + 1], size_t count)
{
	struct collect *run = arg;
	const struct resume_log *log;
	size_t i;

	for (i = 0; i < count; i++)
		if (run->tail_id[0] != '\0' && strcmp(ids[i], run->tail_id) == 0) {
			log = resume_log_find(&run->resume, run->tail_id);
			run->again = log == NULL || log->at < run->tail_at;
		}
}

static void
take_gap(void *arg, const char *path, const char *why)
{
	struct collect *run = arg;
	const char *const pairs[] = { "log", path, "why", why, NULL };

	ctl_warn(run->ctl, "%s %s: lines may be missing", path, why);
	run->since_set = 0;
	event(run, "gap", pairs);
}

static void
take_trouble(void *arg, const char *path, const char *what)
{
	struct collect *run = arg;

	ctl_warn(run->ctl, "%s: %s", path, what);
}

/* ---- the journal ---- */

static int
journal_run(struct collect *run, const struct follow_to *to)
{
	pid_t pid = -1;
	int code, fd = -1, rc, status = 0;

	run->from_us = run->resume.journal_us;
	run->again = run->resume.journal_lines < INT32_MAX ? (int)run->resume.journal_lines : INT32_MAX;
	if ((code = journal_start(run->ctl, run->resume.journal_us, &pid, &fd)) != 0)
		return code;
	rc = follow_stream(fd, to);
	close(fd);
	if (rc != 0)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (rc == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		ctl_warn(run->ctl, "journalctl ended with %d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
		return EX_UNAVAILABLE;
	}
	return rc == -1 ? EX_IOERR : EX_OK;
}

/* ---- a run ---- */

/* Pseudonyms that hold for this run alone, for who may not read the key. */
static int
privacy_own(struct collect *run, const char *why)
{
	struct pseudonym_settings own = { run->own_keys, run->conf->start.pseudonyms.period };
	char err[512];

	snprintf(run->own_keys, sizeof(run->own_keys), "/tmp/hopward-collect.XXXXXX");
	if (mkdtemp(run->own_keys) == NULL) {
		run->own_keys[0] = '\0';
		return -1;
	}
	if (privacy_open(run->conf->front->privacy, &own, &run->privacy, err, sizeof(err)) == -1)
		return -1;
	ctl_warn(run->ctl, "pseudonyms are of this run alone: %s", why);
	return 0;
}

static int
unrecorded(void *arg, const char *period, const char *purpose)
{
	(void)arg;
	(void)period;
	(void)purpose;
	return 0;
}

static void
privacy_end(struct collect *run)
{
	char err[512];

	privacy_free(run->privacy);
	if (run->own_keys[0] == '\0')
		return;
	pseudonyms_expire(run->own_keys, UINT64_MAX, unrecorded, NULL, err, sizeof(err));
	rmdir(run->own_keys);
}

static int
open_records(struct collect *run)
{
	struct ledger_settings set = run->conf->start.ledger;
	char err[512] = "";

	if (privacy_open(run->conf->front->privacy, &run->conf->start.pseudonyms, &run->privacy, err, sizeof(err)) == -1 &&
	    (!run->show || privacy_own(run, err) == -1)) {
		ctl_warn(run->ctl, "%s", err);
		return EX_NOPERM;
	}
	if (run->show)
		return 0;
	run->own_sync = set.sync == LEDGER_SYNC_BATCH;
	if (run->own_sync)
		set.sync = LEDGER_SYNC_NONE;
	set.gateway = run->conf->front->gateway;
	set.seal_anchor &= run->follow;		/* a person's terminal is no place that keeps it */
	if (retain_check(&run->conf->start.retain, set.directory, STREAM, err, sizeof(err)) == -1) {
		ctl_warn(run->ctl, "%s", err);
		return EX_CANTCREAT;
	}
	resume_tail(set.directory, STREAM, run->tail_id, &run->tail_at, &run->tail_count);
	if (ledger_open(&set, STREAM, &run->ledger, err, sizeof(err)) == -1) {
		ctl_warn(run->ctl, "%s", err);
		return EX_CANTCREAT;
	}
	if (run->state == NULL && strcmp(run->input, "-") != 0 &&
	    asprintf(&run->state, "%s/%s", set.directory, STATE_NAME) == -1) {
		run->state = NULL;
		return EX_OSERR;
	}
	return 0;
}

/* The stream's files are looked after by who writes it: all the time, or once at the end of a short run. */
static struct retain_job
retention(const struct collect *run)
{
	const struct front_start *start = &run->conf->start;

	return (struct retain_job){ .set = &start->retain, .directory = start->ledger.directory, .stream = STREAM,
	    .gateway = run->conf->front->gateway, .sealed = start->ledger.sealed, .ledger = run->ledger };
}

static void
retention_begin(struct collect *run)
{
	const struct retain_job job = retention(run);

	if (run->ledger != NULL && run->follow && retain_start(&job, NULL, &run->retain) == -1)
		ctl_warn(run->ctl, "records: nothing is compressed and nothing expires: %s", strerror(errno));
}

static void
retention_end(struct collect *run)
{
	const struct retain_job job = retention(run);

	retain_stop(run->retain);
	run->retain = NULL;
	if (run->ledger != NULL && !run->follow)
		(void)retain_pass(&job, clock_wall_ms());
}

static int
prepare(struct collect *run)
{
	struct outbound_settings set = { .smarthosts = run->smarthosts };
	char err[512], **host;
	sigset_t stop;
	int code, rc;

	run->tally.profile = run->conf->front->policy.profile;
	for (host = run->conf->parent.smarthosts; host != NULL && *host != NULL; host++) {
		if (run->smarthosts_count == SMARTHOSTS_MAX) {
			ctl_warn(run->ctl, "more than %d smarthosts", SMARTHOSTS_MAX);
			return EX_CONFIG;
		}
		run->smarthosts[run->smarthosts_count++] = *host;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if ((run->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK)) == -1 || outbound_open(&set, &run->joiner) == -1) {
		ctl_warn(run->ctl, "%s", strerror(errno));
		return EX_OSERR;
	}
	if ((code = open_records(run)) != 0)
		return code;
	if (run->state != NULL) {
		if ((rc = resume_load(run->state, &run->resume, run->joiner, err, sizeof(err))) == -1) {
			ctl_warn(run->ctl, "%s (remove it to begin anew; what was recorded is known again)", err);
			return EX_DATAERR;
		}
		run->since_set = rc == 0 && outbound_since_get(run->joiner) != 0;
	}
	run->saved_ns = clock_mono_ns();
	return 0;
}

/* Names in it come from the log: line by line made harmless. */
static void
put_lines(const struct buf *text, FILE *to)
{
	const char *p = text->data, *end;
	char line[4096];
	struct buf b;

	buf_init(&b, 4 * sizeof(line));
	for (; p != NULL && *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = strchrnul(p, '\n');
		snprintf(line, sizeof(line), "%.*s", (int)(end - p), p);
		buf_reset(&b);
		text_add(&b, line, TEXT_UNLIMITED);
		fprintf(to, "%s\n", b.data != NULL ? b.data : "");
	}
	buf_free(&b);
}

static void
summary(struct collect *run)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	if (run->ctl->json && !run->show) {
		tally_json(&run->tally, run->joiner, &b);
		ctl_put(&b);
	} else {
		tally_text(&run->tally, run->joiner, &b);
		fflush(stdout);
		put_lines(&b, run->show ? stderr : stdout);
	}
	buf_free(&b);
}

static int
run_input(struct collect *run)
{
	const struct follow_to to = { take_files, take_known, take_opened, take_line, take_pause, take_gap, take_trouble, run };
	const struct resume_log *last = resume_log_last(&run->resume, run->input);
	char id[FOLLOW_ID_LEN + 1];
	int rc;

	if (run->journal)
		return journal_run(run, &to);
	if (strcmp(run->input, "-") == 0)
		rc = follow_stream(STDIN_FILENO, &to);
	else {
		snprintf(id, sizeof(id), "%s", last != NULL ? last->id : "");
		rc = follow_file(run->input, id, !run->follow, &to);
	}
	return rc == -1 ? EX_NOINPUT : EX_OK;
}

static int
collect(struct collect *run)
{
	const char *const pairs[] = { "version", HOPWARD_VERSION, "log", run->input, NULL };
	int code;

	buf_init(&run->out, DELIVERY_MAX);
	run->signals = -1;
	if ((code = prepare(run)) == 0) {
		if (run->follow)
			event(run, "start", pairs);
		retention_begin(run);
		code = run_input(run);
		retention_end(run);
		if (run->follow)
			event(run, "stop", pairs);
		if (!run->failed && (run->dirty || run->own_sync))
			save(run);
		if (run->failed)
			code = run->failed;
		summary(run);
		/* who follows was told at once, and ends well */
		if (code == EX_OK && run->tally.unreadable > 0 && !run->follow)
			code = EX_DATAERR;
		/* the end of following is the normal one */
		if (run->signal != 0 && !run->follow)
			code = 128 + run->signal;
	}
	if (run->signals != -1)
		close(run->signals);
	ledger_close(run->ledger);
	privacy_end(run);
	outbound_free(run->joiner);
	resume_free(&run->resume);
	buf_free(&run->out);
	free(run->state);
	return code;
}

/* ---- options ---- */

static int
take_option(struct collect *run, const struct ctl_command *self, int key)
{
	char *end;
	long v;

	switch (key) {
	case 'f':
		run->follow = 1;
		return 0;
	case KEY_JOURNAL:
		run->journal = run->follow = 1;
		return 0;
	case KEY_STDOUT:
		run->show = 1;
		return 0;
	case KEY_SMARTHOST:
		if (run->smarthosts_count == SMARTHOSTS_MAX)
			return ctl_usage(run->ctl, self, "more than %d smarthosts", SMARTHOSTS_MAX);
		run->smarthosts[run->smarthosts_count++] = optarg;
		return 0;
	case KEY_YEAR:
		v = strtol(optarg, &end, 10);
		if (*end != '\0' || v < 1970 || v > 9999)
			return ctl_usage(run->ctl, self, "--year wants a year, got \"%s\"", optarg);
		run->stamps.year = (int)v;
		return 0;
	default:
		free(run->state);
		run->state = strdup(optarg);
		return run->state != NULL ? 0 : EX_OSERR;
	}
}

static int
collect_options(struct collect *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "follow", no_argument, NULL, 'f' },
		{ "journal", no_argument, NULL, KEY_JOURNAL },
		{ "stdout", no_argument, NULL, KEY_STDOUT },
		{ "smarthost", required_argument, NULL, KEY_SMARTHOST },
		{ "year", required_argument, NULL, KEY_YEAR },
		{ "state", required_argument, NULL, KEY_STATE },
		CTL_END
	};
	int ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT "f", longs, code)) != -1)
		if (ch == CTL_STOP || (*code = take_option(run, self, ch)) != 0)
			return -1;
	run->input = run->journal ? "journal" : argv[optind];
	if (run->journal ? optind < argc : optind != argc - 1)
		*code = ctl_usage(ctl, self, run->journal ? "--journal takes no file" : "collect wants one log, or -");
	else if (run->follow && strcmp(run->input, "-") == 0)
		*code = ctl_usage(ctl, self, "-f cannot follow standard input, which is read to its end anyway");
	else
		return 0;
	return -1;
}

static int
collect_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct collect run = { .ctl = ctl };
	int code = EX_OK;

	if (collect_options(&run, ctl, self, argc, argv, &code) == -1 || (run.conf = ctl_conf(ctl, &code)) == NULL) {
		free(run.state);
		return code;
	}
	code = collect(&run);
	conf_free(run.conf);
	return code;
}

const struct ctl_command command_collect = {
	"collect", "record outbound deliveries and their TLS from the MTA's log", help, collect_run
};
