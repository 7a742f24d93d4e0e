/* SPDX-License-Identifier: ISC */
/* hopwardctl log: shows the records, filtered, as a table or as the lines they are. */
/*
 * Streams: one line in memory at a time, or as many rows as --limit asks for.
 * With --json a line is passed on octet by octet.  A line that cannot be read is
 * named on standard error and does not stop the rest.  Does not: write or
 * change records, check their leaves (that is verify's), join what two records say.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/person.h"
#include "ctl/records.h"
#include "ctl/row.h"
#include "ctl/when.h"

#define LIMIT_MAX	1000000		/* rows kept for --limit; memory for more is better spent on --since */
#define FOLLOW_ROWS	10		/* that -f begins with, like tail(1) */
#define BAD_SHOWN	1000		/* bad lines named one by one; the rest is counted */

static const char help[] =
    "usage: hopwardctl log [-f] [--type message|delivery|event]... [--since T] [--until T] [--queue-id ID]\n"
    "                      [--domain D] [--from ADDRESS] [--rcpt ADDRESS] [--tls yes|no|unknown]... [--grade G]...\n"
    "                      [--outcome O]... [--action A]...\n"
    "                      [--class C]... [--status S]... [--limit N] [--json] [FILE|DIR|-]...\n"
    "\n"
    "Shows records of mail that came, of its deliveries and of hopward itself, by time:\n"
    "those of the configuration's directory or of files and directories.\n"
    "  T is 2026-10-01, \"2026-10-01 12:30\", RFC 3339, today, yesterday, or an age: 2h, 7d\n"
    "  D is a sender's or a recipient's domain, subdomains included\n"
    "  ADDRESS is looked for by its pseudonyms, of every period whose key is still there and may be read\n"
    "  G is recommended, acceptable, legacy, forbidden, none or unknown, by the profile\n"
    "  O, A and C are of messages, S is of deliveries: sent, deferred, bounced, expired\n"
    "  N asks for the last N; -f begins with the last 10 and waits for more\n"
    "\n"
    "Example:\n"
    "  hopwardctl log --since today --outcome infected --outcome encrypted\n";

enum {
	KEY_SINCE = 256, KEY_UNTIL, KEY_QUEUE_ID, KEY_DOMAIN, KEY_OUTCOME, KEY_ACTION, KEY_CLASS, KEY_TLS, KEY_LIMIT,
	KEY_TYPE, KEY_GRADE, KEY_STATUS, KEY_FROM, KEY_RCPT
};

struct filter {
	uint64_t	 since, until;		/* until 0: none */
	const char	*queue_id;
	char		 domain[256];		/* lower case; "" */
	uint32_t	 outcomes, actions, classes;	/* of messages; a bit each; 0: all */
	uint32_t	 statuses;		/* of deliveries */
	uint32_t	 types, tls, grades;
	const char	*from, *rcpt;		/* addresses; NULL */
	const char	*needle;		/* octets that a matching line must hold as they are; NULL */
};

struct log_run {
	const struct ctl *ctl;
	struct filter	 filter;
	struct person	 from, rcpt;		/* where the filter has them */
	struct row_style style;
	int		 follow;
	/* --limit: a ring of what would be written */
	char		**ring;
	size_t		 limit, at, held;
	int		 live;			/* the ring was written: what comes now goes out at once */
	struct buf	 row;
	char		 day[ROW_DAY + 1];	/* shown last, where days have lines */
	int		 stopped;		/* nobody reads our output */
	uint64_t	 read, matched, bad;
	int		 missing;		/* a file that could not be read */
};

/* ---- filters ---- */

static int
in_domain(const char *domain, const char *of)
{
	size_t len = strlen(domain), want = strlen(of);

	if (len < want || strcasecmp(domain + len - want, of) != 0)
		return 0;
	return len == want || domain[len - want - 1] == '.';
}

static int
any_domain(const json_t *rec, const char *of)
{
	const char *d = json_string_value(json_object_get(json_object_get(rec, "from"), "domain"));
	const json_t *to;
	size_t i;

	if (d != NULL && in_domain(d, of))
		return 1;
	json_array_foreach(json_object_get(rec, "to"), i, to)
		if ((d = json_string_value(json_object_get(to, "domain"))) != NULL && in_domain(d, of))
			return 1;
	return 0;
}

/* A word's bit in a table, 0 for an unknown one (of a later version: it matches no filter). */
static uint32_t
bit(const char *word, const char *const *names)
{
	uint32_t i;

	for (i = 0; word != NULL && names[i] != NULL; i++)
		if (strcmp(word, names[i]) == 0)
			return 1u << i;
	return 0;
}

#define X(e, s) s,
static const char *const outcomes[] = { OUTCOMES(X) NULL };
static const char *const actions[] = { ACTIONS(X) NULL };
static const char *const classes[] = { CLASSES(X) NULL };
static const char *const grades[] = { GRADES(X) NULL };
#undef X
static const char *const statuses[] = { "sent", "deferred", "bounced", "expired", "deliverable", "undeliverable", NULL };
static const char *const types[] = { "message", "delivery", "event", "seal", "seal-init", NULL };
enum { MESSAGE = 1 << 0, DELIVERY = 1 << 1, SEALS = 3 << 3 };	/* bits of types */
static const char *const tls_words[] = { "yes", "no", "unknown", NULL };

/* Of which types something is asked; 0: of none. */
static uint32_t
asked(const struct filter *f)
{
	if (f->outcomes || f->actions || f->classes || f->from != NULL)
		return MESSAGE;
	if (f->statuses)
		return DELIVERY;
	return f->queue_id != NULL || f->rcpt != NULL || f->domain[0] != '\0' || f->tls || f->grades ? MESSAGE | DELIVERY : 0;
}

static int
wanted(struct log_run *run, const json_t *rec, uint64_t time_ms)
{
	const struct filter *f = &run->filter;
	uint32_t of = asked(f), type = bit(row_text(rec, "type"), types);
	const char *id;

	if (time_ms < f->since || (f->until != 0 && time_ms > f->until))
		return 0;
	if ((f->types && !(f->types & type)) || (of && !(of & type)))
		return 0;
	if (!f->types && (type & SEALS))
		return 0;	/* they say nothing of mail: --type seal shows them */
	if (f->queue_id != NULL && ((id = json_string_value(json_object_get(rec, "queue_id"))) == NULL ||
	    strcmp(id, f->queue_id) != 0))
		return 0;
	if ((f->outcomes && !(f->outcomes & bit(row_text(rec, "outcome"), outcomes))) ||
	    (f->actions && !(f->actions & bit(row_text(rec, "action"), actions))) ||
	    (f->classes && !(f->classes & bit(row_text(rec, "class"), classes))) ||
	    (f->statuses && !(f->statuses & bit(row_text(rec, "status"), statuses))) ||
	    (f->tls && !(f->tls & bit(row_tls(rec), tls_words))) ||
	    (f->grades && !(f->grades & bit(grade_str(row_grade(rec, run->style.profile, NULL)), grades))))
		return 0;
	if (f->domain[0] != '\0' && !any_domain(rec, f->domain))
		return 0;
	if (f->from != NULL && !person_is(&run->from, PERSON_FROM, json_object_get(rec, "from"), time_ms))
		return 0;
	return f->rcpt == NULL || person_among(&run->rcpt, PERSON_TO, json_object_get(rec, "to"), time_ms);
}

/* The one stream that can hold what is asked; NULL: both. */
static const char *
one_stream(const struct filter *f)
{
	uint32_t of = asked(f), want = (f->types ? f->types : of) & (of ? of : f->types);

	return want == MESSAGE ? "mail" : want == DELIVERY ? "collect" : NULL;
}

/* ---- output ---- */

/* Writes a line; before it the day, where it has a line of its own and has changed. */
static void
put_line(struct log_run *run, const char *line)
{
	struct buf b;

	if (!run->ctl->json && !run->style.date) {
		if (strncmp(run->day, line, ROW_DAY) != 0) {
			snprintf(run->day, sizeof(run->day), "%.*s", ROW_DAY, line);
			buf_init(&b, 256);
			row_day(&b, &run->style, run->day);
			ctl_put(&b);
			buf_free(&b);
		}
		line += ROW_DAY;
	}
	if (fputs(line, stdout) == EOF)
		run->stopped = 1;
}

/* Takes the row (a malloc'ed line). */
static int
emit(struct log_run *run, char *line)
{
	if (line == NULL) {
		ctl_warn(run->ctl, "no memory");
		return 1;
	}
	if (run->limit > 0 && !run->live) {
		free(run->ring[run->at]);
		run->ring[run->at] = line;
		run->at = (run->at + 1) % run->limit;
		run->held += run->held < run->limit;
		return 0;
	}
	put_line(run, line);
	free(line);
	return run->stopped;
}

/* All that was there has been read: the last rows of it. */
static int
ring_write(struct log_run *run)
{
	size_t i, first = run->held < run->limit ? 0 : run->at;

	for (i = 0; i < run->held; i++)
		put_line(run, run->ring[(first + i) % run->limit]);
	run->live = 1;
	return run->stopped;
}

/* ---- lines ---- */

static void
bad_line(struct log_run *run, const char *file, uint64_t number, const char *why)
{
	if (run->bad++ < BAD_SHOWN)
		ctl_warn(run->ctl, "%s:%llu: %s", file, (unsigned long long)number, why);
}

static int
take_record(struct log_run *run, const char *text, size_t len, const json_t *rec)
{
	run->matched++;
	buf_reset(&run->row);
	if (!run->ctl->json)
		row_write(&run->row, &run->style, rec);
	else {
		buf_add(&run->row, text, len);
		buf_addc(&run->row, '\n');
	}
	if (run->row.len == 0)
		return 0;	/* a type that this version does not show */
	return emit(run, buf_steal(&run->row, NULL));
}

static int
take_line(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole)
{
	struct log_run *run = arg;
	const struct filter *f = &run->filter;
	const char *when;
	json_error_t why;
	uint64_t time_ms;
	json_t *rec;
	int rc = 0;

	run->read++;
	/* what cannot match need not be parsed, but must be a whole object */
	if (f->needle != NULL && text[0] == '{' && text[len - 1] == '}' &&
	    memmem(text, len, f->needle, strlen(f->needle)) == NULL)
		return 0;
	if ((rec = json_loadb(text, len, 0, &why)) == NULL) {
		bad_line(run, file, number, whole ? why.text : "the line has no end: torn, or being written");
		return 0;
	}
	when = json_string_value(json_object_get(rec, "time"));
	if (when == NULL || row_text(rec, "type")[0] == '\0' || when_rfc3339(when, strlen(when), &time_ms) == -1)
		bad_line(run, file, number, "no record: it has no \"type\" or no \"time\"");
	else if (wanted(run, rec, time_ms))
		rc = take_record(run, text, len, rec);
	json_decref(rec);
	return rc;
}

static void
take_trouble(void *arg, const char *file, uint64_t number, const char *what)
{
	struct log_run *run = arg;

	if (number > 0) {
		bad_line(run, file, number, what);
		return;
	}
	ctl_warn(run->ctl, "%s: %s", strcmp(file, "-") == 0 ? "standard input" : file, what);
	run->missing = 1;
}

static int
take_idle(void *arg)
{
	struct log_run *run = arg;

	if (run->limit > 0 && !run->live && ring_write(run))
		return 1;
	return fflush(stdout) == EOF;
}

/* ---- the run ---- */

static int
run_code(const struct log_run *run)
{
	if (run->bad > BAD_SHOWN)
		ctl_warn(run->ctl, "%llu more lines that cannot be read", (unsigned long long)(run->bad - BAD_SHOWN));
	if (run->filter.from != NULL)
		person_doubts(run->ctl, &run->from);
	if (run->filter.rcpt != NULL)
		person_doubts(run->ctl, &run->rcpt);
	if (run->missing)
		return EX_NOINPUT;
	return run->bad > 0 ? EX_DATAERR : EX_OK;
}

static void
heading(struct log_run *run)
{
	if (run->ctl->json)
		return;
	buf_reset(&run->row);
	row_heading(&run->row, &run->style);
	ctl_put(&run->row);
}

static int
run_files(struct log_run *run, const struct records_files *files)
{
	const struct records_reader reader = { take_line, take_trouble, take_idle, run };
	size_t i, n;

	for (i = 0; i < files->count && !run->stopped; i += n) {
		n = records_day(files, i);
		records_read(files->paths + i, n, &reader);
	}
	if (run->limit > 0)
		ring_write(run);
	if (run->matched == 0 && run->ctl->err.terminal)
		fprintf(stderr, "no record matches (%llu read from %zu files)\n", (unsigned long long)run->read, files->count);
	return run_code(run);
}

static int
run_follow(struct log_run *run, const char *path)
{
	const struct records_reader reader = { take_line, take_trouble, take_idle, run };

	records_follow(path, one_stream(&run->filter), run->filter.since, &reader);
	return run_code(run);
}

static int
run_paths(struct log_run *run, const struct conf *conf, char **paths, int count)
{
	const char *own = conf != NULL ? conf->start.ledger.directory : NULL;
	struct records_files files = { 0 };
	const char *path;
	int i, code;

	for (i = 0; i < (count > 0 ? count : 1); i++) {
		if ((path = count > 0 ? paths[i] : own) == NULL)
			continue;
		if (records_list(&files, path, one_stream(&run->filter), run->filter.since) == -1) {
			ctl_warn(run->ctl, "%s: %s%s", path, strerror(errno),
			    count > 0 || errno != ENOENT ? "" : " (no record was written yet, or -c names another configuration)");
			run->missing = 1;
		}
	}
	if (run->missing && files.count == 0)
		code = run_code(run);
	else {
		heading(run);
		code = run->follow ? run_follow(run, count > 0 ? paths[0] : own) : run_files(run, &files);
	}
	records_files_free(&files);
	return code;
}

/* ---- options ---- */

static int
take_word(const struct ctl *ctl, const struct ctl_command *self, const char *option, const char *const *names, uint32_t *set)
{
	uint32_t b = bit(optarg, names);
	const char *near;

	if (b == 0) {
		near = text_suggest(optarg, names);
		return ctl_usage(ctl, self, "%s: there is no \"%s\"; did you mean \"%s\"?", option, optarg,
		    near != NULL ? near : names[0]);
	}
	*set |= b;
	return 0;
}

static int
take_time(const struct ctl *ctl, const struct ctl_command *self, const char *option, int end, uint64_t *ms)
{
	if (when_parse(optarg, clock_wall_ms(), end, ms) == 0)
		return 0;
	return ctl_usage(ctl, self, "%s: \"%s\" is no time; write 2026-10-01, \"2026-10-01 12:30\", "
	    "2026-10-01T12:30:00Z, today, yesterday, 2h or 7d", option, optarg);
}

static int
take_limit(const struct ctl *ctl, const struct ctl_command *self, struct log_run *run)
{
	char *end;
	unsigned long n = strtoul(optarg, &end, 10);

	if (*end != '\0' || optarg[0] < '0' || optarg[0] > '9' || n == 0 || n > LIMIT_MAX)
		return ctl_usage(ctl, self, "--limit: \"%s\" is no number from 1 to %d", optarg, LIMIT_MAX);
	run->limit = n;
	return 0;
}

static int
take_domain(const struct ctl *ctl, const struct ctl_command *self, struct filter *f)
{
	const char *d = optarg;
	size_t i;

	if (strchr(d, '@') != NULL)
		return ctl_usage(ctl, self, "--domain: \"%s\" is an address; ask for \"%s\", or with --from or --rcpt", d, strrchr(d, '@') + 1);
	d += *d == '.';
	if (*d == '\0' || strlen(d) >= sizeof(f->domain))
		return ctl_usage(ctl, self, "--domain: \"%s\" is no domain", optarg);
	for (i = 0; d[i] != '\0'; i++)
		f->domain[i] = d[i] >= 'A' && d[i] <= 'Z' ? (char)(d[i] + 'a' - 'A') : d[i];
	f->domain[i] = '\0';
	return 0;
}

/* Whether JSON writes it as it is. */
static int
plain(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0';
}

static int
take_option(struct log_run *run, const struct ctl_command *self, int key)
{
	const struct ctl *ctl = run->ctl;
	struct filter *f = &run->filter;

	switch (key) {
	case 'f':
		run->follow = 1;
		return 0;
	case KEY_SINCE:
		return take_time(ctl, self, "--since", 0, &f->since);
	case KEY_UNTIL:
		return take_time(ctl, self, "--until", 1, &f->until);
	case KEY_QUEUE_ID:
		f->queue_id = optarg;
		return 0;
	case KEY_DOMAIN:
		return take_domain(ctl, self, f);
	case KEY_FROM:
		f->from = optarg;
		return 0;
	case KEY_RCPT:
		f->rcpt = optarg;
		return 0;
	case KEY_OUTCOME:
		return take_word(ctl, self, "--outcome", outcomes, &f->outcomes);
	case KEY_ACTION:
		return take_word(ctl, self, "--action", actions, &f->actions);
	case KEY_CLASS:
		return take_word(ctl, self, "--class", classes, &f->classes);
	case KEY_TLS:
		return take_word(ctl, self, "--tls", tls_words, &f->tls);
	case KEY_TYPE:
		return take_word(ctl, self, "--type", types, &f->types);
	case KEY_GRADE:
		return take_word(ctl, self, "--grade", grades, &f->grades);
	case KEY_STATUS:
		return take_word(ctl, self, "--status", statuses, &f->statuses);
	default:
		return take_limit(ctl, self, run);
	}
}

static int
log_options(struct log_run *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "follow", no_argument, NULL, 'f' },
		{ "since", required_argument, NULL, KEY_SINCE },
		{ "until", required_argument, NULL, KEY_UNTIL },
		{ "queue-id", required_argument, NULL, KEY_QUEUE_ID },
		{ "domain", required_argument, NULL, KEY_DOMAIN },
		{ "from", required_argument, NULL, KEY_FROM },
		{ "rcpt", required_argument, NULL, KEY_RCPT },
		{ "outcome", required_argument, NULL, KEY_OUTCOME },
		{ "action", required_argument, NULL, KEY_ACTION },
		{ "class", required_argument, NULL, KEY_CLASS },
		{ "tls", required_argument, NULL, KEY_TLS },
		{ "type", required_argument, NULL, KEY_TYPE },
		{ "grade", required_argument, NULL, KEY_GRADE },
		{ "status", required_argument, NULL, KEY_STATUS },
		{ "limit", required_argument, NULL, KEY_LIMIT },
		CTL_END
	};
	int ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT "f", longs, code)) != -1)
		if (ch == CTL_STOP || (*code = take_option(run, self, ch)) != 0)
			return -1;
	if (run->follow && argc - optind > 1)
		*code = ctl_usage(ctl, self, "-f follows one file or directory");
	else if (run->follow && argc - optind == 1 && strcmp(argv[optind], "-") == 0)
		*code = ctl_usage(ctl, self, "-f cannot follow standard input, which is read to its end anyway");
	else if (run->filter.until != 0 && run->filter.until < run->filter.since)
		*code = ctl_usage(ctl, self, "--until is before --since");
	else if (run->filter.statuses && asked(&run->filter) == MESSAGE)
		*code = ctl_usage(ctl, self, "--status is of deliveries; --outcome, --action, --class and --from are of messages");
	else
		return 0;
	return -1;
}

/* Whom the filter asks for.  0 or an exit code. */
static int
persons_open(struct log_run *run, const struct conf *conf)
{
	struct filter *f = &run->filter;
	int code = EX_OK;

	if (f->from != NULL)
		code = person_open(run->ctl, conf, f->from, 1u << PERSON_FROM, &run->from);
	if (code == EX_OK && f->rcpt != NULL)
		code = person_open(run->ctl, conf, f->rcpt, 1u << PERSON_TO, &run->rcpt);
	if (code == EX_OK && f->needle == NULL && (f->from != NULL || f->rcpt != NULL))
		f->needle = person_needle(f->from != NULL ? &run->from : &run->rcpt);
	return code;
}

static int
log_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct log_run run = { .ctl = ctl };
	struct conf *conf = NULL, *graded = NULL;
	struct buf errs;
	int code = EX_OK;
	size_t i;

	buf_init(&errs, 64 * 1024);
	if (log_options(&run, ctl, self, argc, argv, &code) == -1)
		return code;
	if ((optind == argc || run.filter.from != NULL || run.filter.rcpt != NULL) && (conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	/* of files alone the profile is all that is wanted of it */
	if (conf == NULL)
		graded = conf_read(ctl->conf_path != NULL || access(CONF_DEFAULT, R_OK) == -1 ? ctl->conf_path : CONF_DEFAULT,
		    ctl->overrides, &errs);
	if (run.follow && run.limit == 0 && run.filter.since == 0)
		run.limit = FOLLOW_ROWS;
	if (run.filter.queue_id != NULL && plain(run.filter.queue_id))
		run.filter.needle = run.filter.queue_id;
	else if (run.filter.domain[0] != '\0' && plain(run.filter.domain))
		run.filter.needle = run.filter.domain;
	row_style_init(&run.style, &ctl->out);
	if (conf != NULL || graded != NULL)
		run.style.profile = (conf != NULL ? conf : graded)->front->policy.profile;
	buf_init(&run.row, RECORDS_LINE_MAX + 2);
	if ((code = persons_open(&run, conf)) != EX_OK)
		;
	else if (run.limit > 0 && (run.ring = calloc(run.limit, sizeof(*run.ring))) == NULL) {
		ctl_warn(ctl, "no memory");
		code = EX_OSERR;
	} else
		code = run_paths(&run, conf, argv + optind, argc - optind);
	for (i = 0; run.ring != NULL && i < run.limit; i++)
		free(run.ring[i]);
	free(run.ring);
	person_close(&run.from);
	person_close(&run.rcpt);
	buf_free(&run.row);
	buf_free(&errs);
	conf_free(graded);
	conf_free(conf);
	return code;
}

const struct ctl_command command_log = {
	"log", "show the records of mail and deliveries, filtered; -f follows", help, log_run
};
