/* SPDX-License-Identifier: ISC */
/* hopwardctl status: how the daemon is, for a person and for a monitor. */
/*
 * Asks the parent over the control socket, shows its answer, and says by the
 * exit code 0 (well), 1 (look at it) or 2 (mail is not scanned) what a monitor
 * is to think.  Every member of the answer may lack or be of another kind (an
 * older or newer daemon): it is then shown as "?" and judged as absent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "base/clock.h"
#include "ctl/control.h"
#include "ctl/ctl.h"
#include "ctl/when.h"

#define STATUS_WAIT_MS	5000
#define DATABASE_OLD_S	(3ULL * 86400)	/* signatures come several times a day; three missed days are a broken updater */
#define STATUS_TEXT_MAX	(1024u * 1024)
#define LABEL_WIDTH	11
#define MACROS_MAX	128		/* shown of one stage; an MTA has some dozens */

enum { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL };	/* also the exit codes */

static const char help[] =
    "usage: hopwardctl status [-c FILE] [--json]\n"
    "\n"
    "Shows the running daemon: engine and age of signatures, socket, last connection\n"
    "of the MTA, macros seen, queues, what became of the mail.\n"
    "Exit: 0 well, 1 a warning, 2 not running, not listening or without an engine.\n"
    "\n"
    "Example:\n"
    "  hopwardctl status || echo \"look at the mail filter\"\n";

struct status {
	const struct ctl *ctl;
	struct buf	 out;
	struct buf	 notes;		/* the judgement's lines */
	json_t		*list;		/* the same for --json */
	int		 code;
};

/* ---- members of the answer, whatever it holds ---- */

static const char *
str(const json_t *o, const char *key, const char *absent)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : absent;
}

static uint64_t
num(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static int
yes(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static unsigned long long
ull(const json_t *o, const char *key)
{
	return (unsigned long long)num(o, key);
}

/* Milliseconds since a wall clock time; one in the future is "now". */
static uint64_t
since(uint64_t ms)
{
	uint64_t now = clock_wall_ms();

	return now > ms ? now - ms : 0;
}

/* ---- judging ---- */

static void note(struct status *, int code, const char *, ...) __attribute__((format(printf, 3, 4)));

static void
note(struct status *s, int code, const char *fmt, ...)
{
	static const char *const words[] = { "note", "warning", "critical" };
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (code > s->code)
		s->code = code;
	text_colour(&s->notes, &s->ctl->out, code == STATUS_CRITICAL ? TEXT_RED :
	    code == STATUS_WARNING ? TEXT_YELLOW : TEXT_BOLD, words[code]);
	buf_addz(&s->notes, ": ");
	text_add(&s->notes, line, TEXT_UNLIMITED);
	buf_addc(&s->notes, '\n');
	json_array_append_new(s->list, json_pack("{s:s, s:s%}", "level", words[code], "text", line, strlen(line)));
}

static void
judge_engine(struct status *s, const json_t *a)
{
	const json_t *gen = json_object_get(a, "generation"), *engine = json_object_get(gen, "engine");
	uint64_t t = num(engine, "db_time");
	const char *why = str(a, "last_error", NULL);
	const json_t *file;
	char span[64];
	size_t i;

	if (!yes(gen, "ready"))
		note(s, STATUS_CRITICAL, "no engine is ready%s: mail waits, then gets the outcome unavailable",
		    yes(a, "loading") ? " (signatures are being loaded)" : "");
	else if (t == 0)
		note(s, STATUS_WARNING, "the age of the signatures is unknown");
	else if (since(t * 1000) > DATABASE_OLD_S * 1000)
		note(s, STATUS_WARNING, "the signatures are %s old: does freshclam run?",
		    text_span(since(t * 1000), span, sizeof(span)));
	json_array_foreach(json_object_get(engine, "left_out"), i, file)
		note(s, STATUS_WARNING, "signatures are left out: %s", json_is_string(file) ? json_string_value(file) : "?");
	if (why != NULL && *why != '\0')
		note(s, STATUS_WARNING, "the last start or reload of an engine failed: %s", why);
}

static void
judge_disk(struct status *s, const json_t *disk)
{
	const char *directory = str(disk, "directory", "the directory of records");

	if (yes(disk, "low"))
		note(s, STATUS_WARNING, "the disk of %s will be full in %llu days at the present rate: what cannot be recorded is "
		    "not accepted (records.on_failure)", directory, ull(disk, "days_left"));
	if (strcmp(str(disk, "reserve", ""), "lacking") == 0)
		note(s, STATUS_WARNING, "there is no reserve in %s: the disk was or is full", directory);
}

static void
judge_front(struct status *s, const json_t *a)
{
	const json_t *front = json_object_get(a, "front"), *macros = json_object_get(front, "macros");

	if (!json_is_object(front))
		note(s, STATUS_CRITICAL, "the process that talks to the MTA does not run");
	if (!yes(a, "listening")) {
		note(s, STATUS_CRITICAL, "it does not listen on %s", str(a, "socket", "its socket"));
		return;
	}
	if (num(front, "connections") == 0)
		note(s, STATUS_WARNING, "no MTA has connected yet: is %s among its milters?", str(a, "socket", "the socket"));
	else if (num(front, "messages") > 0 && json_array_size(json_object_get(macros, "helo")) == 0 &&
	    json_array_size(json_object_get(macros, "mail")) == 0)
		note(s, STATUS_WARNING, "the MTA sends no macros at HELO and MAIL: "
		    "the TLS of its connections stays unknown (see hopward(8))");
	if (num(json_object_get(front, "downgrade"), "alarms") > 0)
		note(s, STATUS_OK, "%llu downgrade alarms since the start: hopwardctl log shows which (event downgrade)",
		    ull(json_object_get(front, "downgrade"), "alarms"));
	judge_disk(s, json_object_get(front, "disk"));
	if (num(front, "records_failed") > 0)
		note(s, STATUS_WARNING, "%llu records could not be written: is the disk full?", ull(front, "records_failed"));
}

/* For a while nothing is stopped, malware neither: whoever looks shall see it. */
static void
judge_mode(struct status *s, const json_t *o)
{
	uint64_t ms, now = clock_wall_ms();
	char span[64], time[64];
	const char *until = str(o, "until", "");

	if (when_rfc3339(until, strlen(until), &ms) == -1 || ms < now)
		ms = now;
	note(s, STATUS_WARNING, "mode is observe until %s (%s left): nothing is done to mail, infected mail is delivered: %s (%s)",
	    text_time(ms, time, sizeof(time)), text_span(ms - now, span, sizeof(span)), str(o, "reason", "?"), str(o, "by", "?"));
}

static void
judge(struct status *s, const json_t *a)
{
	const json_t *w;
	size_t i;

	judge_front(s, a);
	judge_engine(s, a);
	json_array_foreach(json_object_get(a, "warnings"), i, w)
		note(s, STATUS_WARNING, "%s", json_is_string(w) ? json_string_value(w) : "?");
	if (json_is_object(json_object_get(a, "mode_until")))
		judge_mode(s, json_object_get(a, "mode_until"));
	else if (strcmp(str(a, "mode", ""), "observe") == 0)
		note(s, STATUS_OK, "mode is observe: what would be done is recorded, nothing is done");
	if (num(a, "exceptions") > 0)
		note(s, STATUS_OK, "%llu exceptions are in force: hopwardctl except list", ull(a, "exceptions"));
}

/* ---- showing ---- */

static void
label(struct status *s, const char *name)
{
	text_cell(&s->out, &s->ctl->out, TEXT_DIM, name, LABEL_WIDTH, 0);
	buf_addc(&s->out, ' ');
}

/* Words that do not fit begin a new line under the first. */
static void
words(struct status *s, int indent, const char *const *list, size_t count)
{
	int room = s->ctl->out.width == TEXT_UNLIMITED ? 0 : s->ctl->out.width - indent;
	int used = 0, len;
	size_t i;

	for (i = 0; i < count; i++) {
		len = (int)strlen(list[i]) + 1;
		if (used > 0 && room > 0 && used + len > room) {
			buf_addf(&s->out, "\n%*s", indent, "");
			used = 0;
		} else if (used > 0)
			buf_addc(&s->out, ' ');
		text_add(&s->out, list[i], TEXT_UNLIMITED);
		used += len;
	}
	buf_addc(&s->out, '\n');
}

static void
show_head(struct status *s, const json_t *a)
{
	const json_t *front = json_object_get(a, "front");
	char head[256], span[64];

	snprintf(head, sizeof(head), "hopward %s", str(a, "version", "?"));
	text_colour(&s->out, &s->ctl->out, TEXT_BOLD, head);
	buf_addf(&s->out, ", up %s, pid %llu", text_span(num(a, "uptime_ms"), span, sizeof(span)), ull(a, "pid"));
	if (json_is_object(front))
		buf_addf(&s->out, " (front %llu)", ull(front, "pid"));
	buf_addz(&s->out, ", mode ");
	text_add(&s->out, str(a, "mode", "?"), TEXT_UNLIMITED);
	buf_addc(&s->out, '\n');
	label(s, "socket");
	text_add(&s->out, str(a, "socket", "?"), TEXT_UNLIMITED);
	buf_addz(&s->out, yes(a, "listening") ? ", listening\n" : ", not listening\n");
}

static void
show_engine(struct status *s, const json_t *a)
{
	const json_t *gen = json_object_get(a, "generation"), *e = json_object_get(gen, "engine");
	char text[64];
	uint64_t t = num(e, "db_time");

	label(s, "engine");
	if (!json_is_object(e)) {
		buf_addf(&s->out, "none%s\n", yes(a, "loading") ? ", loading" : "");
	} else {
		buf_addz(&s->out, "ClamAV ");
		text_add(&s->out, str(e, "version", "?"), TEXT_UNLIMITED);
		buf_addf(&s->out, ", %llu signatures, loaded in %s", ull(e, "signatures"),
		    text_span(num(e, "load_ms"), text, sizeof(text)));
		buf_addf(&s->out, ", %s in huge pages%s\n", text_size(num(e, "huge_bytes"), text, sizeof(text)),
		    yes(a, "loading") ? "; a newer one is loading" : "");
		label(s, "signatures");
		if (num(e, "db_version") > 0)
			buf_addf(&s->out, "daily %llu, ", ull(e, "db_version"));
		if (t > 0)
			buf_addf(&s->out, "of %s", text_time(t * 1000, text, sizeof(text)));
		else
			buf_addz(&s->out, "of unknown age");
		if (t > 0)
			buf_addf(&s->out, " (%s old)", text_span(since(t * 1000), text, sizeof(text)));
		buf_addc(&s->out, '\n');
	}
	if (!json_is_object(gen))
		return;
	label(s, "scanner");
	buf_addf(&s->out, "generation %llu, %s, %s old, %llu crashes, walls ", ull(gen, "number"),
	    yes(gen, "ready") ? "ready" : "not ready", text_span(num(gen, "age_ms"), text, sizeof(text)), ull(gen, "crashes"));
	text_add(&s->out, str(gen, "walls", "?"), TEXT_UNLIMITED);
	buf_addc(&s->out, ' ');
	text_add(&s->out, str(gen, "sandbox", "?"), TEXT_UNLIMITED);
	buf_addc(&s->out, '\n');
}

static void
show_counts(struct status *s, const char *name, const json_t *counts)
{
	char line[32][48];
	const char *list[32];
	const char *key;
	json_t *value;
	size_t n = 0;
	void *it;

	for (it = json_object_iter(json_object_get(counts, name)); it != NULL && n < 32;
	    it = json_object_iter_next(json_object_get(counts, name), it)) {
		key = json_object_iter_key(it);
		value = json_object_iter_value(it);
		if (json_integer_value(value) <= 0)
			continue;
		snprintf(line[n], sizeof(line[n]), "%.24s %lld", key, (long long)json_integer_value(value));
		list[n] = line[n];
		n++;
	}
	if (n == 0)
		return;
	label(s, name);
	words(s, LABEL_WIDTH + 1, list, n);
}

static void
show_macros(struct status *s, const json_t *front)
{
	static const char *const stages[] = { "connect", "helo", "mail", "rcpt", "data" };
	const json_t *macros = json_object_get(front, "macros"), *list, *m;
	const char *names[MACROS_MAX + 1];
	char text[32], more[32];
	size_t i, k, n, total;

	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		list = json_object_get(macros, stages[i]);
		n = 0;
		json_array_foreach(list, k, m)
			if (json_is_string(m) && n < MACROS_MAX)
				names[n++] = json_string_value(m);
		total = json_array_size(list);
		snprintf(more, sizeof(more), "and %zu more", total - n);
		if (n < total && n == MACROS_MAX)
			names[n++] = more;
		snprintf(text, sizeof(text), "%s %s", i == 0 ? "macros" : "      ", stages[i]);
		/* the label is wider than the others' */
		text_cell(&s->out, &s->ctl->out, TEXT_DIM, text, LABEL_WIDTH + 4, 0);
		buf_addc(&s->out, ' ');
		if (n == 0)
			names[n++] = "none";
		words(s, LABEL_WIDTH + 5, names, n);
	}
}

static void
show_downgrade(struct status *s, const json_t *d)
{
	if (!json_is_object(d))
		return;
	text_cell(&s->out, &s->ctl->out, TEXT_DIM, "downgrade alarm:", LABEL_WIDTH + 5, 0);
	buf_addc(&s->out, ' ');
	if (strcmp(str(d, "alarm", "?"), "on") == 0)
		buf_addz(&s->out, "on");
	else {
		buf_addz(&s->out, "off: ");
		text_add(&s->out, str(d, "reason", "?"), TEXT_UNLIMITED);
	}
	buf_addf(&s->out, "; %llu raised, %llu peers known, %llu with a habit of TLS", ull(d, "alarms"), ull(d, "peers"),
	    ull(d, "habits"));
	if (num(d, "evicted") > 0)
		buf_addf(&s->out, ", %llu forgotten for room", ull(d, "evicted"));
	if (*str(d, "lost", "") != '\0') {
		buf_addz(&s->out, "; ");
		text_colour(&s->out, &s->ctl->out, TEXT_YELLOW, "the habits were lost at the start");
		buf_addz(&s->out, ": ");
		text_add(&s->out, str(d, "lost", ""), TEXT_UNLIMITED);
	}
	buf_addc(&s->out, '\n');
}

static void
show_disk(struct status *s, const json_t *disk)
{
	char text[64];

	if (!json_is_object(disk))
		return;
	label(s, "records");
	buf_addf(&s->out, "%s", text_size(num(disk, "records"), text, sizeof(text)));
	if (num(disk, "oldest_ms") > 0)
		buf_addf(&s->out, ", the oldest %s old", text_span(since(num(disk, "oldest_ms")), text, sizeof(text)));
	if (num(disk, "keep_ms") > 0)
		buf_addf(&s->out, ", kept for %s", text_span(num(disk, "keep_ms"), text, sizeof(text)));
	buf_addc(&s->out, '\n');
	label(s, "disk");
	buf_addf(&s->out, "%s free", text_size(num(disk, "free"), text, sizeof(text)));
	buf_addf(&s->out, " of %s", text_size(num(disk, "size"), text, sizeof(text)));
	if (num(disk, "day") > 0)
		buf_addf(&s->out, ", %s a day", text_size(num(disk, "day"), text, sizeof(text)));
	if (json_is_integer(json_object_get(disk, "days_left")))
		buf_addf(&s->out, ", full in %llu days", ull(disk, "days_left"));
	buf_addz(&s->out, ", reserve ");
	text_add(&s->out, str(disk, "reserve", "?"), TEXT_UNLIMITED);
	buf_addc(&s->out, '\n');
}

static void
show_front(struct status *s, const json_t *front)
{
	char text[64];

	label(s, "MTA");
	if (num(front, "connections") == 0)
		buf_addz(&s->out, "none has connected yet\n");
	else {
		text_add(&s->out, str(front, "mta", "?"), TEXT_UNLIMITED);
		buf_addf(&s->out, ", last connection %s", text_time(num(front, "last_connect_ms"), text, sizeof(text)));
		buf_addf(&s->out, " (%s ago), %llu in all, %llu open\n",
		    text_span(since(num(front, "last_connect_ms")), text, sizeof(text)),
		    ull(front, "connections"), ull(front, "connections_open"));
	}
	label(s, "messages");
	buf_addf(&s->out, "%llu in all, %llu in flight\n", ull(front, "messages"), ull(front, "in_flight"));
	label(s, "queue");
	buf_addf(&s->out, "%llu small, %llu large, spool %s, %llu records failed\n", ull(front, "queued_small"),
	    ull(front, "queued_large"), text_size(num(front, "spool_bytes"), text, sizeof(text)), ull(front, "records_failed"));
	show_disk(s, json_object_get(front, "disk"));
	show_downgrade(s, json_object_get(front, "downgrade"));
	show_counts(s, "outcomes", front);
	show_counts(s, "actions", front);
	show_counts(s, "refused", front);
	if (num(front, "requiretls_clear") > 0) {
		label(s, "requiretls");
		buf_addf(&s->out, "%llu messages that must not travel in clear came in clear\n", ull(front, "requiretls_clear"));
	}
	if (num(front, "connections") > 0)
		show_macros(s, front);
}

static void
show(struct status *s, const json_t *a)
{
	show_head(s, a);
	show_engine(s, a);
	if (json_is_object(json_object_get(a, "front")))
		show_front(s, json_object_get(a, "front"));
}

/* Not running, or it says nothing: that, too, is a status. */
static int
status_dead(const struct ctl *ctl, const char *err)
{
	json_t *j;

	if (ctl->json && (j = json_pack("{s:b, s:s}", "running", 0, "error", err)) != NULL) {
		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(j);
	}
	ctl_warn(ctl, "%s", err);
	return STATUS_CRITICAL;
}

static int
status_ask(const struct ctl *ctl, const char *socket, int broken)
{
	struct status s = { .ctl = ctl, .code = STATUS_OK };
	json_t *answer;
	char err[512];

	if (control_ask(socket, "status", STATUS_WAIT_MS, &answer, err, sizeof(err)) != CONTROL_OK)
		return status_dead(ctl, err);
	if (!json_is_string(json_object_get(answer, "version"))) {
		snprintf(err, sizeof(err), "the daemon said no status, but \"%s\": do hopward and hopwardctl have the same version?",
		    str(answer, "error", "nothing known"));
		json_decref(answer);
		return status_dead(ctl, err);
	}
	s.list = json_array();
	buf_init(&s.out, STATUS_TEXT_MAX);
	buf_init(&s.notes, STATUS_TEXT_MAX);
	judge(&s, answer);
	if (broken)
		note(&s, STATUS_WARNING, "the configuration on disk has errors: a reload or restart would fail");
	if (ctl->json) {
		json_object_set_new(answer, "running", json_true());
		json_object_set_new(answer, "exit", json_integer(s.code));
		json_object_set_new(answer, "notes", s.list);
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		show(&s, answer);
		ctl_put(&s.out);
		ctl_put(&s.notes);
		json_decref(s.list);
	}
	buf_free(&s.out);
	buf_free(&s.notes);
	json_decref(answer);
	return s.code;
}

static int
status_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG, CTL_END };
	struct conf *conf;
	struct buf errs;
	int code = EX_OK, broken = 0;

	if (ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, &code) == CTL_STOP)
		return code;
	if (optind < argc)
		return ctl_usage(ctl, self, "status takes no \"%s\"", argv[optind]);
	if ((conf = ctl_conf(ctl, &code)) == NULL) {
		/* A monitor wants to know of the daemon all the same; its errors have been shown. */
		if (code != EX_CONFIG)
			return code;
		buf_init(&errs, STATUS_TEXT_MAX);
		broken = 1;
		conf = conf_read(NULL, ctl->overrides, &errs);
		buf_free(&errs);
		if (conf == NULL)
			return STATUS_CRITICAL;
	}
	code = status_ask(ctl, conf->parent.control_socket, broken);
	conf_free(conf);
	return code;
}

const struct ctl_command command_status = {
	"status", "how the running daemon is, for people and monitors", help, status_run
};
