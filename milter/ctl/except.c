/* SPDX-License-Identifier: ISC */
/* hopwardctl except: exceptions that end by themselves, at once and without a reload. */
/*
 * Makes a line of the exceptions' file, and gives it to the daemon, which keeps
 * that file and puts the change on record.  The list is the daemon's, or where
 * none runs what stands in the file.  Does not: write the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/units.h"
#include "ctl/control.h"
#include "ctl/except.h"
#include "ctl/when.h"
#include "judge/exception_text.h"

#define ASK_WAIT_MS	10000	/* the daemon itself waits 3 s for its front */
#define LIST_MAX	(4u * 1024 * 1024)

static const char help[] =
    "usage: hopwardctl except add [--signature NAME] [--sender ADDRESS|DOMAIN] [--digest SHA256]\n"
    "                             --until SPAN|TIME --reason TEXT [--json]\n"
    "       hopwardctl except list [--all] [--json]\n"
    "       hopwardctl except remove ID [--reason TEXT] [--json]\n"
    "\n"
    "Takes findings out of the policy for a while: what matches is recorded, and\n"
    "nothing is done for it.  It holds from the next message on, ends by itself, and\n"
    "is on record, as are who made it and why.\n"
    "  --signature NAME   as status and records show it; \"*\" stands for anything\n"
    "  --sender WHO       address, or a domain with those below it; alone it takes out\n"
    "                     nothing that is infected: anybody can claim to be a sender\n"
    "  --digest SHA256    of a part, or of the whole message\n"
    "  --until WHEN       24h, 7d; 2026-12-24, \"2026-12-24 12:00\"\n"
    "  --all              also what has ended or was removed within 30 days\n"
    "What is given must all match.\n"
    "\n"
    "Example:\n"
    "  hopwardctl except add --signature 'Pdf.Exploit.*' --until 24h --reason 'hits every PDF, ticket 4711'\n";

/* ---- shared with mode ---- */

int
except_until(const char *s, int64_t *until, char *err, size_t errlen)
{
	uint64_t now = clock_wall_ms(), span, ms;

	if (units_time(s, &span) == 0)
		ms = now + span;
	else if (when_parse(s, now, 1, &ms) == -1) {
		snprintf(err, errlen, "want a span such as 24h, or a time such as 2026-12-24 or \"2026-12-24 12:00\", got \"%.60s\"", s);
		return -1;
	}
	*until = (int64_t)((ms + 999) / 1000);
	if (ms > now)
		return 0;
	snprintf(err, errlen, "\"%.60s\" is over already", s);
	return -1;
}

void
except_put_until(struct buf *b, int64_t until)
{
	uint64_t now = clock_wall_ms(), ms = until > 0 ? (uint64_t)until * 1000 : 0;
	char text[64];

	buf_addf(b, "until %s", text_time(ms, text, sizeof(text)));
	if (ms > now)
		buf_addf(b, " (%s left)", text_span(ms - now, text, sizeof(text)));
}

/* Nothing but the word: a line feed would end the question's line. */
static const char *
behalf(void)
{
	const char *user = getenv("SUDO_USER");
	size_t i;

	for (i = 0; user != NULL && user[i] > ' ' && user[i] < 0x7f; i++)
		;
	return user != NULL && user[i] == '\0' && i <= EXCEPTION_BY_MAX ? user : "";
}

int
except_tell(const struct ctl *ctl, const char *socket, const char *command, const char *what, const char *reason,
    json_t **answer)
{
	enum control_result r;
	struct buf lines;
	const char *error;
	char err[512];
	int code;

	buf_init(&lines, 2 * EXCEPTION_LINE_MAX);
	buf_addf(&lines, "%s\n%s\n%s", what, reason != NULL ? reason : "", behalf());
	r = lines.failed ? CONTROL_BAD : control_ask_with(socket, command, lines.data, ASK_WAIT_MS, answer, err, sizeof(err));
	if (lines.failed)
		snprintf(err, sizeof(err), "that is too long");
	buf_free(&lines);
	if (r != CONTROL_OK) {
		ctl_warn(ctl, "%s", err);
		return r == CONTROL_DENIED ? EX_NOPERM : r == CONTROL_BAD ? EX_PROTOCOL : EX_UNAVAILABLE;
	}
	if (json_is_true(json_object_get(*answer, "ok")))
		return EX_OK;
	error = json_string_value(json_object_get(*answer, "error"));
	ctl_warn(ctl, "%s", error != NULL ? error : "the daemon refused, and did not say why");
	code = error != NULL && strncmp(error, "unknown command", 15) == 0 ? EX_PROTOCOL : EX_DATAERR;
	json_decref(*answer);
	*answer = NULL;
	return code;
}

/* ---- showing ---- */

/* One exception or mode, that holds or is over. */
struct shown {
	const struct exception		*e;	/* NULL: the mode */
	const struct override_mode	*m;
	const char			*over;	/* word; NULL: in force */
	int64_t				 when;	/* it was over */
};

static int64_t
shown_until(const struct shown *s)
{
	return s->e != NULL ? s->e->until : s->m->until;
}

static void
put_what(struct buf *b, const struct shown *s)
{
	const struct exception *e = s->e;
	size_t i;

	if (e == NULL) {
		buf_addz(b, "mode observe");
		return;
	}
	if (e->signature != NULL) {
		buf_addz(b, "signature ");
		text_add(b, e->signature, TEXT_UNLIMITED);
	}
	if (e->sender != NULL) {
		buf_addz(b, e->signature != NULL ? ", sender " : "sender ");
		text_add(b, e->sender, TEXT_UNLIMITED);
	}
	if (e->has_digest) {
		buf_addz(b, e->signature != NULL || e->sender != NULL ? ", digest " : "digest ");
		for (i = 0; i < sizeof(e->digest); i++)
			buf_addf(b, "%02x", (unsigned int)e->digest[i]);
	}
}

/* Two lines: what and until when; who, when and why. */
static void
put_text(struct buf *b, const struct text *t, const struct shown *s)
{
	int64_t added = s->e != NULL ? s->e->added : s->m->added;
	const char *by = s->e != NULL ? s->e->by : s->m->by, *reason = s->e != NULL ? s->e->reason : s->m->reason;
	char text[64];

	text_cell(b, t, s->over != NULL ? TEXT_DIM : TEXT_BOLD, s->e != NULL ? s->e->id : "-", 8, 0);
	put_what(b, s);
	buf_addz(b, ", ");
	if (s->over != NULL)
		buf_addf(b, "%s %s", s->over, text_time(s->when > 0 ? (uint64_t)s->when * 1000 : 0, text, sizeof(text)));
	else
		except_put_until(b, shown_until(s));
	buf_addz(b, "\n        ");
	text_add(b, reason != NULL ? reason : "?", TEXT_UNLIMITED);
	if (by != NULL) {
		buf_addz(b, " (");
		text_add(b, by, TEXT_UNLIMITED);
		if (added > 0)
			buf_addf(b, ", %s", text_time((uint64_t)added * 1000, text, sizeof(text)));
		buf_addc(b, ')');
	}
	buf_addc(b, '\n');
}

static void
set_time(json_t *o, const char *key, int64_t t)
{
	char text[32];

	if (t > 0)
		json_object_set_new(o, key, json_string(exception_time_str(t, text, sizeof(text))));
}

/* Octets that are no UTF-8 do not come: the file may have been edited by hand, so they may stand there. */
static void
set_str(json_t *o, const char *key, const char *s)
{
	struct buf b;

	if (s == NULL)
		return;
	buf_init(&b, 4 * EXCEPTION_LINE_MAX);
	text_add(&b, s, TEXT_UNLIMITED);
	json_object_set_new(o, key, json_string(b.data != NULL ? b.data : ""));
	buf_free(&b);
}

static json_t *
shown_json(const struct shown *s)
{
	json_t *o = json_object();
	char digest[65];
	size_t i;

	json_object_set_new(o, "state", json_string(s->over != NULL ? s->over : "in force"));
	if (s->e != NULL) {
		set_str(o, "id", s->e->id);
		set_str(o, "signature", s->e->signature);
		set_str(o, "sender", s->e->sender);
		for (i = 0; s->e->has_digest && i < sizeof(s->e->digest); i++)
			snprintf(digest + 2 * i, 3, "%02x", (unsigned int)s->e->digest[i]);
		if (s->e->has_digest)
			json_object_set_new(o, "digest", json_string(digest));
	} else
		json_object_set_new(o, "mode", json_string("observe"));
	set_time(o, "until", shown_until(s));
	set_time(o, "added", s->e != NULL ? s->e->added : s->m->added);
	set_time(o, s->over != NULL ? s->over : "", s->over != NULL ? s->when : 0);
	set_str(o, "by", s->e != NULL ? s->e->by : s->m->by);
	set_str(o, "reason", s->e != NULL ? s->e->reason : s->m->reason);
	return o;
}

/* ---- list ---- */

struct listing {
	const struct ctl *ctl;
	int		 all;
	struct buf	 out;
	json_t		*list;
	size_t		 count;
};

static void
list_one(struct listing *l, const struct shown *s)
{
	l->count += s->over == NULL;
	if (l->ctl->json)
		json_array_append_new(l->list, shown_json(s));
	else
		put_text(&l->out, &l->ctl->out, s);
}

/* A line that is over already: by its comment, or as no daemon has ended it yet. */
static void
list_over(struct listing *l, const char *line, size_t len)
{
	struct shown s = { .over = NULL };
	struct override_mode m;
	struct exception e;
	char err[256];
	size_t at;

	if (!exception_text_over(line, len, &s.over, &s.when, &at))
		return;
	switch (exception_parse(line + at, len - at, &e, &m, err, sizeof(err))) {
	case EXCEPTION_EXCEPT:
		s.e = &e;
		list_one(l, &s);
		exception_clear(&e);
		break;
	case EXCEPTION_MODE:
		s.m = &m;
		list_one(l, &s);
		override_mode_clear(&m);
		break;
	default:
		break;
	}
}

static void
list_holding(struct listing *l, const struct exceptions *x, int64_t now)
{
	struct shown s;
	size_t i;

	for (i = 0; i <= x->count; i++) {
		memset(&s, 0, sizeof(s));
		if (i < x->count)
			s.e = &x->list[i];
		else if (x->mode.until != 0)
			s.m = &x->mode;
		else
			break;
		if (shown_until(&s) <= now) {
			s.over = EXCEPTION_ENDED;
			s.when = shown_until(&s);
		}
		if (s.over == NULL || l->all)
			list_one(l, &s);
	}
}

/* Shows the text of the file.  `running`: it came from the daemon. */
static int
list_text(const struct ctl *ctl, int all, const char *text, size_t len, const char *file, int running)
{
	struct listing l = { .ctl = ctl, .all = all };
	const char *p, *feed, *end = text + len;
	struct exceptions x;
	struct buf errs;
	json_t *whole;
	int rc;

	buf_init(&errs, LIST_MAX);
	buf_init(&l.out, LIST_MAX);
	l.list = json_array();
	if (exceptions_parse(text, len, &x, &errs) == -1) {
		ctl_warn(ctl, "no memory");
		rc = EX_OSERR;
		goto out;
	}
	list_holding(&l, &x, (int64_t)(clock_wall_ms() / 1000));
	for (p = text; all && p < end; p = feed + 1) {
		if ((feed = memchr(p, '\n', (size_t)(end - p))) == NULL)
			feed = end;
		list_over(&l, p, (size_t)(feed - p));
	}
	exceptions_free(&x);
	if (ctl->json) {
		whole = json_pack("{s:b, s:o}", "running", running, "exceptions", json_incref(l.list));
		json_dumpf(whole, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(whole);
	} else {
		if (l.count == 0)
			buf_addz(&l.out, "no exception is in force\n");
		ctl_put(&l.out);
	}
	for (p = errs.data; p != NULL && (feed = strchr(p, '\n')) != NULL; p = feed + 1)
		ctl_warn(ctl, "%s: %.*s: left out", file != NULL ? file : "the file", (int)(feed - p), p);
	rc = errs.len > 0 ? EX_DATAERR : EX_OK;
out:
	json_decref(l.list);
	buf_free(&l.out);
	buf_free(&errs);
	return rc;
}

/* 0, or -1 with errno: 0 for a file that is too large. */
static int
file_read(const char *path, struct buf *text)
{
	char block[16384];
	size_t n;
	FILE *f;
	int e;

	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while ((n = fread(block, 1, sizeof(block), f)) > 0 && buf_add(text, block, n) == 0)
		continue;
	e = ferror(f) ? EIO : 0;
	fclose(f);
	errno = e;
	return e != 0 || text->failed ? -1 : 0;
}

static int
list_file(const struct ctl *ctl, const char *path, int all)
{
	struct buf text;
	int code;

	buf_init(&text, EXCEPTION_TEXT_MAX);
	if (path == NULL || file_read(path, &text) == 0 || errno == ENOENT)
		code = list_text(ctl, all, text.data != NULL ? text.data : "", text.len, path, 0);
	else if (errno != 0) {
		code = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
		ctl_warn(ctl, "%s: %s", path, strerror(errno));
	} else {
		ctl_warn(ctl, "%s: is larger than %u octets", path, EXCEPTION_TEXT_MAX);
		code = EX_DATAERR;
	}
	buf_free(&text);
	return code;
}

void
except_apply(struct conf *conf, struct exceptions *x)
{
	const char *path = conf->parent.exceptions_file;
	struct policy copy;
	struct buf text;

	memset(x, 0, sizeof(*x));
	buf_init(&text, EXCEPTION_TEXT_MAX);
	if (path != NULL && file_read(path, &text) == 0 &&
	    exceptions_parse(text.data != NULL ? text.data : "", text.len, x, NULL) != -1) {
		policy_with(&conf->front->policy, x, (int64_t)(clock_wall_ms() / 1000), &copy);
		conf->front->policy = copy;	/* the same members, which are freed once */
	}
	buf_free(&text);
}

static int
list(const struct ctl *ctl, const struct conf *conf, int all)
{
	const char *text, *error;
	json_t *answer, *t;
	char err[512];
	int code;

	switch (control_ask(conf->parent.control_socket, "except-list", ASK_WAIT_MS, &answer, err, sizeof(err))) {
	case CONTROL_OK:
		break;
	case CONTROL_DOWN:
		ctl_warn(ctl, "no daemon runs; this is what its file says");
		return list_file(ctl, conf->parent.exceptions_file, all);
	case CONTROL_DENIED:
		ctl_warn(ctl, "%s", err);
		return EX_NOPERM;
	case CONTROL_SILENT:
		ctl_warn(ctl, "%s", err);
		return EX_UNAVAILABLE;
	default:
		ctl_warn(ctl, "%s", err);
		return EX_PROTOCOL;
	}
	t = json_object_get(answer, "text");
	text = json_string_value(t);
	if (text == NULL) {
		error = json_string_value(json_object_get(answer, "error"));
		ctl_warn(ctl, "the daemon shows no exceptions: %s", error != NULL ? error : "it did not say why");
		code = EX_PROTOCOL;
	} else
		code = list_text(ctl, all, text, json_string_length(t), json_string_value(json_object_get(answer, "file")), 1);
	json_decref(answer);
	return code;
}

/* ---- add and remove ---- */

/* Says what the daemon has done with it. */
static int
told(const struct ctl *ctl, json_t *answer, int removed)
{
	const char *line = json_string_value(json_object_get(answer, "line"));
	struct override_mode m;
	struct shown s = { .over = removed ? EXCEPTION_REMOVED : NULL, .when = (int64_t)(clock_wall_ms() / 1000) };
	struct exception e;
	struct buf b;
	char err[256];
	int held = json_is_true(json_object_get(answer, "held")), code = EX_OK;

	if (line == NULL || exception_parse(line, strlen(line), &e, &m, err, sizeof(err)) != EXCEPTION_EXCEPT) {
		ctl_warn(ctl, "the daemon's answer cannot be read: do hopward and hopwardctl have the same version?");
		json_decref(answer);
		return EX_PROTOCOL;
	}
	s.e = &e;
	buf_init(&b, 4 * EXCEPTION_LINE_MAX);
	if (ctl->json) {
		json_t *o = shown_json(&s);

		json_object_set_new(o, "held", json_boolean(held));
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	} else {
		put_text(&b, &ctl->out, &s);
		if (!removed && e.sender != NULL && e.signature == NULL && !e.has_digest)
			buf_addz(&b, "note: a sender alone takes out nothing that is infected\n");
		ctl_put(&b);
	}
	if (!held) {
		ctl_warn(ctl, "it is in the file, but the daemon has not taken it up within 3 s: \"hopwardctl status\" tells how it is");
		code = EX_TEMPFAIL;
	}
	buf_free(&b);
	exception_clear(&e);
	json_decref(answer);
	return code;
}

struct asked {
	const char	*signature, *sender, *digest, *until, *reason;
	int		 all;
};

/* Takes all values into e.  0, or -1 with err: "OPTION: what is wanted". */
static int
exception_take(struct exception *e, const struct asked *a, char *err, size_t errlen)
{
	char why[256];

	if (a->signature == NULL && a->sender == NULL && a->digest == NULL) {
		snprintf(err, errlen, "an exception from what? Give --signature, --sender or --digest");
		return -1;
	}
	if (a->until == NULL) {
		snprintf(err, errlen, "until when? Give --until, such as --until 24h: each exception ends by itself");
		return -1;
	}
	if (a->reason == NULL) {
		snprintf(err, errlen, "why? Give --reason, a sentence for those who find it in the record");
		return -1;
	}
	if (except_until(a->until, &e->until, why, sizeof(why)) == -1) {
		snprintf(err, errlen, "--until: %s", why);
		return -1;
	}
	if ((a->signature != NULL && exception_set_signature(e, a->signature, err, errlen) == -1) ||
	    (a->sender != NULL && exception_set_sender(e, a->sender, err, errlen) == -1) ||
	    (a->digest != NULL && exception_set_digest(e, a->digest, err, errlen) == -1) ||
	    exception_set_reason(e, a->reason, err, errlen) == -1)
		return -1;
	return 0;
}

static int
add(struct ctl *ctl, const struct ctl_command *self, const struct conf *conf, const struct asked *a)
{
	struct exception e;
	struct buf line;
	json_t *answer;
	char err[512];
	int code;

	memset(&e, 0, sizeof(e));
	buf_init(&line, EXCEPTION_LINE_MAX + 1);
	snprintf(e.id, sizeof(e.id), "0");	/* the daemon gives it its own */
	if (exception_take(&e, a, err, sizeof(err)) == -1)
		code = ctl_usage(ctl, self, "%s", err);
	else if (exception_print(&e, &line) == -1)
		code = ctl_usage(ctl, self, "that is too long for one line");
	else {
		line.data[line.len - 1] = '\0';
		if ((code = except_tell(ctl, conf->parent.control_socket, "except-add", line.data, NULL, &answer)) == EX_OK)
			code = told(ctl, answer, 0);
	}
	buf_free(&line);
	exception_clear(&e);
	return code;
}

static int
remove_one(struct ctl *ctl, const struct ctl_command *self, const struct conf *conf, const char *id, const char *reason)
{
	struct exception e;
	json_t *answer;
	char err[256];
	int code;

	if (strlen(id) > EXCEPTION_ID_MAX || id[strcspn(id, "\n")] != '\0')
		return ctl_usage(ctl, self, "\"%s\" is no id: \"hopwardctl except list\" shows them", id);
	memset(&e, 0, sizeof(e));
	if (reason != NULL && exception_set_reason(&e, reason, err, sizeof(err)) == -1)
		return ctl_usage(ctl, self, "--%s", err);
	exception_clear(&e);
	if ((code = except_tell(ctl, conf->parent.control_socket, "except-remove", id, reason, &answer)) == EX_OK)
		code = told(ctl, answer, 1);
	return code;
}

/* ---- the command ---- */

enum { OPT_SIGNATURE = 256, OPT_SENDER, OPT_DIGEST, OPT_UNTIL, OPT_REASON, OPT_ALL };

static int
options_read(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv, struct asked *a, int *code)
{
	static const struct option longs[] = { CTL_LONG,
		{ "signature", required_argument, NULL, OPT_SIGNATURE }, { "sender", required_argument, NULL, OPT_SENDER },
		{ "digest", required_argument, NULL, OPT_DIGEST }, { "until", required_argument, NULL, OPT_UNTIL },
		{ "reason", required_argument, NULL, OPT_REASON }, { "all", no_argument, NULL, OPT_ALL }, CTL_END };
	int ch;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, code)) != -1)
		switch (ch) {
		case CTL_STOP:
			return -1;
		case OPT_SIGNATURE:
			a->signature = optarg;
			break;
		case OPT_SENDER:
			a->sender = optarg;
			break;
		case OPT_DIGEST:
			a->digest = optarg;
			break;
		case OPT_UNTIL:
			a->until = optarg;
			break;
		case OPT_REASON:
			a->reason = optarg;
			break;
		default:
			a->all = 1;
			break;
		}
	return 0;
}

/* What each of the three takes besides its options. */
static int
words_check(struct ctl *ctl, const struct ctl_command *self, const struct asked *a, const char *verb, int words)
{
	static const char *const verbs[] = { "add", "list", "remove", NULL };
	int what = a->signature != NULL || a->sender != NULL || a->digest != NULL || a->until != NULL;
	const char *near;

	if (strcmp(verb, "add") == 0)
		return words != 0 || a->all ? ctl_usage(ctl, self, "add takes options alone") : 0;
	if (strcmp(verb, "list") == 0)
		return words != 0 || what || a->reason != NULL ? ctl_usage(ctl, self, "list takes --all and --json alone") : 0;
	if (strcmp(verb, "remove") == 0) {
		if (words != 1)
			return ctl_usage(ctl, self, words == 0 ? "remove which? \"hopwardctl except list\" shows the ids" :
			    "remove takes one id at a time");
		return what || a->all ? ctl_usage(ctl, self, "remove takes an id and --reason alone") : 0;
	}
	near = text_suggest(verb, verbs);
	return ctl_usage(ctl, self, near != NULL ? "there is no except %s; did you mean \"%s\"?" :
	    "there is no except %s%s: want add, list or remove", verb, near != NULL ? near : "");
}

static int
except_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	struct asked a = { 0 };
	struct conf *conf;
	const char *verb;
	int code = EX_OK;

	if (options_read(ctl, self, argc, argv, &a, &code) == -1)
		return code;
	if (optind == argc)
		return ctl_usage(ctl, self, "want add, list or remove");
	verb = argv[optind++];
	if ((code = words_check(ctl, self, &a, verb, argc - optind)) != 0 || (conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	if (strcmp(verb, "add") == 0)
		code = add(ctl, self, conf, &a);
	else if (strcmp(verb, "list") == 0)
		code = list(ctl, conf, a.all);
	else
		code = remove_one(ctl, self, conf, argv[optind], a.reason);
	conf_free(conf);
	return code;
}

const struct ctl_command command_except = {
	"except", "exceptions that end by themselves: add, list, remove", help, except_run
};
