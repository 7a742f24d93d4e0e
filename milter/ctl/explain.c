/* SPDX-License-Identifier: ISC */
/* hopwardctl explain: one message's story from the records: how it came, what was made of it, where it went. */
/*
 * Reads the newest day first, a line at a time, and keeps the lines of that
 * one queue id (story.c, bounded).  The newest story is told as soon as nothing
 * older can change it; then the rest is only counted.  A line without the id is not parsed.
 * Does not: join different queue ids, ask a daemon, change anything.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/records.h"
#include "ctl/row.h"
#include "ctl/story.h"
#include "ctl/telling.h"
#include "ctl/when.h"

#define ID_MAX		64	/* octets of a queue id */
#define ECHO_MAX	40	/* octets of what is none, shown */
#define OTHERS_SHOWN	5	/* of the stories that are not told: when and where */
#define DAY_MS		86400000u
#define HANG		16	/* columns, of what does not fit a line of the terminal */
#define EXIT_NONE	1	/* nothing of that id */

static const char help[] =
    "usage: hopwardctl explain [--all] [--newest] [--since T] [--gateway NAME] [--json] ID [FILE|DIR]...\n"
    "\n"
    "Tells one message's story from the records: how it came, its route, what the scan found, what the\n"
    "policy did and why, what was answered, and its deliveries.  ID is a queue id, or that of a record.\n"
    "Queue ids come again: the newest message is shown, and how many others there are.\n"
    "  --all           all of them, from the oldest\n"
    "  --newest        reads no further back than the newest one needs: the others are not counted\n"
    "  --since T       reads no older days; T as in log\n"
    "  --gateway NAME  only of that gateway\n"
    "Exit: 0, 1 nothing of that id, 64 and above an error.\n"
    "\n"
    "Example:\n"
    "  hopwardctl explain 4gFw2K1xYzz9\n";

enum { KEY_ALL = 256, KEY_NEWEST, KEY_SINCE, KEY_GATEWAY };

struct explain {
	const struct ctl *ctl;
	struct conf	*conf;
	int		 all, newest;
	uint64_t	 since;
	const char	*gateway;		/* NULL: any */
	const char	*id;			/* as asked for */
	char		 needle[ID_MAX + 4];	/* :"ID" */
	char		 queue_id[ID_MAX + 1];
	char		 record[RECORD_ID_LEN + 1];	/* that was asked for; "": a queue id was */
	int		 by_record;		/* a record of that id was found: begin again with its queue id */
	struct stories	 stories;
	size_t		 built;			/* stories.count when it was built last */
	int		 told;			/* the one that was asked for */
	struct buf	 out;
	int		 collected, missing;
	uint64_t	 bad;
};

/* ---- records ---- */

static void
bad_line(struct explain *run, const char *file, uint64_t number, const char *why)
{
	run->bad++;
	ctl_warn(run->ctl, "%s:%" PRIu64 ": %s", file, number, why);
}

/* Of a record that has the id: what keeps it from being told, or NULL.  Other types may have it where they like. */
static const char *
item_lacks(const json_t *rec, uint64_t *time_ms)
{
	const char *type = row_text(rec, "type"), *when = row_text(rec, "time");

	if (!json_is_object(rec))
		return "it is no record";
	if (*type == '\0')
		return "a record without a type";
	if (strcmp(type, "delivery") != 0 && strcmp(type, "message") != 0)
		return NULL;
	if (*when == '\0')
		return "a record without a time";
	if (when_rfc3339(when, strlen(when), time_ms) == -1)
		return "a record with a time that cannot be read";
	if (*row_text(rec, "gateway") == '\0')
		return "a record without a gateway";
	return NULL;
}

/* 1: it is of that id, and *item is filled. */
static int
item_of(struct explain *run, const json_t *rec, struct story_item *item)
{
	const char *type = row_text(rec, "type"), *id = row_text(rec, "id");

	if (strcmp(type, "delivery") == 0)
		item->kind = STORY_DELIVERY;
	else if (strcmp(type, "message") == 0)
		item->kind = *row_text(rec, "stage") != '\0' ? STORY_STAGE : STORY_MESSAGE;
	else
		return 0;
	snprintf(item->gateway, sizeof(item->gateway), "%s", row_text(rec, "gateway"));
	snprintf(item->id, sizeof(item->id), "%s", id);
	if (run->gateway != NULL && !story_gateway_is(item->gateway, run->gateway))
		return 0;
	if (strcmp(row_text(rec, "queue_id"), run->queue_id) == 0)
		return 1;
	if (run->record[0] != '\0')
		return strcmp(id, run->record) == 0;	/* found again: it has no queue id */
	if (strcmp(id, run->id) != 0)
		return 0;
	snprintf(run->record, sizeof(run->record), "%s", id);
	snprintf(run->queue_id, sizeof(run->queue_id), "%s", row_text(rec, "queue_id"));
	run->by_record = 1;
	return 1;
}

static int
take_line(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole)
{
	struct explain *run = arg;
	struct story_item item;
	const char *lacks;
	json_error_t why;
	json_t *rec;
	int rc = 0;

	if (memmem(text, len, run->needle, strlen(run->needle)) == NULL)
		return 0;
	if ((rec = json_loadb(text, len, 0, &why)) == NULL) {
		bad_line(run, file, number, whole ? why.text : "the line has no end: torn, or being written");
		return 0;
	}
	memset(&item, 0, sizeof(item));
	if ((lacks = item_lacks(rec, &item.time_ms)) != NULL)
		bad_line(run, file, number, lacks);
	else if (item_of(run, rec, &item)) {
		if (!run->by_record && stories_add(&run->stories, &item, text, len) == -1) {
			ctl_warn(run->ctl, "no memory");
			rc = 1;
		}
		rc |= run->by_record;
	}
	json_decref(rec);
	return rc;
}

static void
take_trouble(void *arg, const char *file, uint64_t number, const char *what)
{
	struct explain *run = arg;

	if (number > 0) {
		bad_line(run, file, number, what);
		return;
	}
	ctl_warn(run->ctl, "%s: %s", strcmp(file, "-") == 0 ? "standard input" : file, what);
	run->missing = 1;
}

/* ---- telling ---- */

/* The story that was asked for: the newest, or that of the record.  STORY_NONE: there is none yet. */
static size_t
chosen(const struct explain *run)
{
	const struct stories *s = &run->stories;
	size_t i, best = STORY_NONE;

	if (run->record[0] != '\0') {
		for (i = 0; i < s->count; i++)
			if (strcmp(s->items[i].id, run->record) == 0)
				return s->items[i].story;
		return STORY_NONE;
	}
	for (i = 0; i < s->list_count; i++)
		if (best == STORY_NONE || s->list[i].begin_ms >= s->list[best].begin_ms)
			best = i;
	return best;
}

static int
build(struct explain *run)
{
	if (run->built == run->stories.count)
		return 0;
	if (stories_build(&run->stories) == -1) {
		ctl_warn(run->ctl, "no memory");
		return -1;
	}
	run->built = run->stories.count;
	return 0;
}

static int
tell(struct explain *run, size_t story)
{
	const struct telling how = {
		.queue_id = strcmp(run->queue_id, "-") != 0 ? run->queue_id : run->record, .profile = run->conf->front->policy.profile,
		.collected = run->collected, .others = run->stories.list_count - 1
	};

	struct buf b;

	run->told = 1;
	if (run->ctl->json)
		telling_json(&run->out, &how, &run->stories, story);
	else {
		buf_init(&b, TELLING_MAX);
		telling_text(&b, &run->ctl->out, &how, &run->stories, story);
		if (b.data != NULL)
			text_wrap(&run->out, b.data, run->ctl->out.width, HANG);
		run->out.failed |= b.failed;
		buf_free(&b);
	}
	return ctl_put(&run->out) == -1 || fflush(stdout) == EOF ? -1 : 0;
}

/*
 * Can older days change the newest story?  Not if its message is there; deliveries alone
 * may have theirs as far back as a queue keeps mail.
 */
static int
is_settled(const struct explain *run, size_t story, uint64_t day_ms)
{
	const struct story *t = &run->stories.list[story];

	return t->message != STORY_NONE || day_ms + STORY_WINDOW_MS <= t->begin_ms;
}

static void
others_text(struct explain *run, size_t told)
{
	const struct stories *s = &run->stories;
	size_t i, shown = 0, count = s->list_count - 1;
	char time[64];

	if (count == 0)
		return;
	buf_addf(&run->out, "\n%zu other%s with this queue id:\n", count, count == 1 ? "" : "s");
	for (i = s->list_count; i-- > 0 && shown < OTHERS_SHOWN;)
		if (i != told) {
			shown++;
			buf_addf(&run->out, "  %s on ", text_time(s->list[i].begin_ms, time, sizeof(time)));
			text_add(&run->out, s->items[s->list[i].first].gateway, TEXT_UNLIMITED);
			buf_addz(&run->out, s->list[i].message == STORY_NONE && s->list[i].stage == STORY_NONE ?
			    ", deliveries alone\n" : "\n");
		}
	buf_addf(&run->out, "%s--all shows %s, --gateway and --since choose\n", shown < count ? "  ...\n" : "", count == 1 ? "both" : "all");
	ctl_put(&run->out);
}

/* What is left to tell when all is read. */
static int
finish(struct explain *run)
{
	const struct stories *s = &run->stories;
	size_t i, story;

	if (build(run) == -1)
		return EX_OSERR;
	if (s->dropped > 0)
		ctl_warn(run->ctl, "%" PRIu64 " more records of this id than are kept (%d, %u MB): left out", s->dropped, STORY_ITEMS_MAX,
		    STORY_BYTES_MAX >> 20);
	if ((story = chosen(run)) == STORY_NONE) {
		ctl_warn(run->ctl, "no record of \"%s\"%s%s%s", run->id, run->gateway != NULL ? " on " : "",
		    run->gateway != NULL ? run->gateway : "", run->since > 0 ? " since then" : "");
		return run->missing ? EX_NOINPUT : run->bad > 0 ? EX_DATAERR : EXIT_NONE;
	}
	if (run->all)
		for (i = 0; i < s->list_count; i++) {
			if (i > 0 && !run->ctl->json)
				buf_addc(&run->out, '\n');
			if (tell(run, i) == -1)
				return EX_IOERR;
		}
	else if (!run->told && tell(run, story) == -1)
		return EX_IOERR;
	if (!run->all && !run->ctl->json && !run->newest)
		others_text(run, story);
	return run->missing ? EX_NOINPUT : run->bad > 0 ? EX_DATAERR : EX_OK;
}

/* ---- days ---- */

/* Files to be read together. */
struct day {
	size_t		 at, count;
	uint64_t	 begin_ms;	/* of the day; UINT64_MAX: a file without one, read first */
};

static int
newest_first(const void *a, const void *b)
{
	const struct day *x = a, *y = b;

	return x->begin_ms > y->begin_ms ? -1 : x->begin_ms < y->begin_ms;
}

/* Days of all directories, the newest first; free(3).  NULL: no memory. */
static struct day *
days_list(const struct records_files *files, size_t *count)
{
	struct day *days = calloc(files->count + 1, sizeof(*days));
	size_t i, n = 0;

	for (i = 0; days != NULL && i < files->count; i += days[n++].count) {
		days[n].at = i;
		days[n].count = records_day(files, i);
		if (records_begin(files->paths[i], &days[n].begin_ms) == -1)
			days[n].begin_ms = UINT64_MAX;
	}
	*count = n;
	if (days != NULL)
		qsort(days, n, sizeof(*days), newest_first);
	return days;
}

/* Reads them; tells the story on the way, where that can be.  0; 1: stopped; -1: no memory or nobody reads. */
static int
days_read(struct explain *run, const struct records_files *files, const struct day *days, size_t count)
{
	const struct records_reader reader = { take_line, take_trouble, NULL, run };
	size_t i, story;

	for (i = 0; i < count; i++) {
		if (records_read(files->paths + days[i].at, days[i].count, &reader) == 1)
			return run->by_record ? 1 : -1;
		/* the next one may be of the same day, in another directory */
		if (run->all || run->told || days[i].begin_ms == UINT64_MAX ||
		    (i + 1 < count && days[i + 1].begin_ms == days[i].begin_ms) || run->stories.count == 0)
			continue;
		if (build(run) == -1)
			return -1;
		if ((story = chosen(run)) == STORY_NONE || !is_settled(run, story, days[i].begin_ms))
			continue;
		if (!run->ctl->json && tell(run, story) == -1)
			return -1;
		if (run->newest)
			return 0;
	}
	return 0;
}

static int
explain_files(struct explain *run, const struct records_files *files)
{
	size_t count, i;
	struct day *days = days_list(files, &count);
	int rc;

	if (days == NULL)
		return EX_OSERR;
	for (i = 0; i < files->count; i++)
		run->collected |= strstr(files->paths[i], "collect-") != NULL;
	snprintf(run->needle, sizeof(run->needle), ":\"%s\"", run->id);
	snprintf(run->queue_id, sizeof(run->queue_id), "%s", run->id);
	rc = days_read(run, files, days, count);
	if (rc == 1) {
		/* once more, by the queue id of that record, or for it alone */
		run->by_record = 0;
		stories_free(&run->stories);
		run->built = 0;
		if (run->queue_id[0] != '\0')
			snprintf(run->needle, sizeof(run->needle), ":\"%s\"", run->queue_id);
		else
			snprintf(run->queue_id, sizeof(run->queue_id), "-");	/* none that a record could have */
		rc = days_read(run, files, days, count);
	}
	free(days);
	return rc == -1 ? EX_OSERR : finish(run);
}

static int
explain_paths(struct explain *run, char **paths, int count)
{
	char *own = run->conf->start.ledger.directory;
	struct records_files files = { 0 };
	const char *path;
	int i, code;

	for (i = 0; i < (count > 0 ? count : 1); i++) {
		path = count > 0 ? paths[i] : own;
		if (records_list(&files, path, NULL, run->since) == -1) {
			ctl_warn(run->ctl, "%s: %s%s", path, strerror(errno),
			    count > 0 || errno != ENOENT ? "" : " (no record was written yet, or -c names another configuration)");
			run->missing = 1;
		}
	}
	code = run->missing && files.count == 0 ? EX_NOINPUT : explain_files(run, &files);
	records_files_free(&files);
	stories_free(&run->stories);
	return code;
}

/* ---- options ---- */

/* As MTAs write them: letters, digits, and what Exim puts between. */
static int
is_id(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= ID_MAX &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static int
explain_options(struct explain *run, struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, int *code)
{
	static const struct option longs[] = {
		CTL_LONG,
		{ "all", no_argument, NULL, KEY_ALL },
		{ "newest", no_argument, NULL, KEY_NEWEST },
		{ "since", required_argument, NULL, KEY_SINCE },
		{ "gateway", required_argument, NULL, KEY_GATEWAY },
		CTL_END
	};
	int ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1) {
		if (ch == CTL_STOP)
			return -1;
		if (ch == KEY_ALL)
			run->all = 1;
		else if (ch == KEY_NEWEST)
			run->newest = 1;
		else if (ch == KEY_GATEWAY)
			run->gateway = optarg;
		else if (when_parse(optarg, clock_wall_ms(), 0, &run->since) == -1) {
			*code = ctl_usage(ctl, self, "--since: \"%.*s\" is no time; write 2026-10-01, \"2026-10-01 12:30\", "
			    "2026-10-01T12:30:00Z, today, yesterday, 2h or 7d", ECHO_MAX, optarg);
			return -1;
		}
	}
	run->id = argv[optind];
	if (optind == argc)
		*code = ctl_usage(ctl, self, "explain wants a queue id");
	else if (!is_id(run->id))
		*code = ctl_usage(ctl, self, "\"%.*s%s\" is no queue id and no record's", ECHO_MAX, run->id,
		    strlen(run->id) > ECHO_MAX ? "..." : "");
	else if (run->all && run->newest)
		*code = ctl_usage(ctl, self, "--all or --newest, not both");
	else
		return 0;
	return -1;
}

static int
explain_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct explain run = { .ctl = ctl };
	int code = EX_OK;

	if (explain_options(&run, ctl, self, argc, argv, &code) == -1 || (run.conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	buf_init(&run.out, TELLING_MAX);
	code = explain_paths(&run, argv + optind + 1, argc - optind - 1);
	buf_free(&run.out);
	conf_free(run.conf);
	return code;
}

const struct ctl_command command_explain = {
	"explain", "tell one message's story: how it came, what was done, where it went", help, explain_run
};
