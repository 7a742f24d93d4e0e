/* SPDX-License-Identifier: ISC */
/* hopwardctl subject: all that hopward holds on one person, for who asks what is kept about him. */
/*
 * One pass over the records of all streams, and the mail on hold.  A record is the person's where he is its sender or
 * a recipient; a delivery also where it is of a message that he sent, an act or an alarm where it names such a record.
 * What cannot be decided is counted and told, as an answer that leaves it out would be wrong.  It changes
 * nothing, writes no record, and does not look into the MTA's own log and queue beyond what hopward has put on hold.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/held.h"
#include "ctl/person.h"
#include "ctl/records.h"
#include "ctl/row.h"
#include "ctl/when.h"

#define BAD_SHOWN	100		/* bad lines named one by one; the rest is counted */
#define ROLE_WIDTH	11

static const char help[] =
    "usage: hopwardctl subject [--no-held] [--json] ADDRESS [FILE|DIR]...\n"
    "\n"
    "Shows all that is held on one person: records of mail that he sent or got, of its deliveries, of what was\n"
    "done with it, and mail on hold; those of the configuration's directory or of files and directories.\n"
    "An address is found by its pseudonyms as long as their keys are there; that takes the right to read the keys.\n"
    "  --no-held  does not ask the MTA for mail on hold\n"
    "\n"
    "Example:\n"
    "  hopwardctl subject --json jane@example.org >jane.json\n";

enum { ROLE_SENDER = 1, ROLE_RECIPIENT = 2, ROLE_DELIVERY = 4, ROLE_ACT = 8, ROLE_EXCEPTION = 16 };
static const char *const role_names[] = { "sender", "recipient", "delivery", "act", "exception", NULL };

struct subject {
	struct ctl	*ctl;
	struct person	 person;
	struct row_style style;
	struct buf	 out;
	json_t		*sent;		/* queue ids of messages that he sent, as long as they are theirs */
	json_t		*refs;		/* ids of his records */
	uint64_t	 read, found, bad;
	int		 missing;	/* a file that could not be read */
	int		 stopped;	/* nobody reads our output */
};

/* ---- what is whose ---- */

static unsigned int
message_roles(struct subject *s, const json_t *rec, uint64_t ms)
{
	const char *queue_id = row_text(rec, "queue_id");
	unsigned int roles = 0;

	if (person_is(&s->person, PERSON_FROM, json_object_get(rec, "from"), ms))
		roles |= ROLE_SENDER;
	if (person_among(&s->person, PERSON_TO, json_object_get(rec, "to"), ms))
		roles |= ROLE_RECIPIENT;
	/* the MTA uses a queue id again: from then on it is another's */
	if (*queue_id != '\0' && (roles & ROLE_SENDER))
		json_object_set_new(s->sent, queue_id, json_true());
	else if (*queue_id != '\0')
		json_object_del(s->sent, queue_id);
	if (roles != 0)
		json_object_set_new(s->refs, row_text(rec, "id"), json_true());
	return roles;
}

static unsigned int
event_roles(const struct subject *s, const json_t *rec)
{
	static const char *const refs[] = { "ref", "id" };
	const json_t *data = json_object_get(rec, "data");
	size_t i;

	if (strcasecmp(row_text(data, "sender"), s->person.address) == 0)
		return ROLE_EXCEPTION;
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
		if (json_object_get(s->refs, row_text(data, refs[i])) != NULL)
			return ROLE_ACT;
	return 0;
}

static unsigned int
roles_of(struct subject *s, const json_t *rec, uint64_t ms)
{
	const char *type = row_text(rec, "type");

	if (strcmp(type, "message") == 0)
		return message_roles(s, rec, ms);
	if (strcmp(type, "delivery") == 0)
		return (person_among(&s->person, PERSON_TO, json_object_get(rec, "to"), ms) ? ROLE_RECIPIENT : 0) |
		    (json_object_get(s->sent, row_text(rec, "queue_id")) != NULL ? ROLE_DELIVERY : 0);
	return strcmp(type, "event") == 0 ? event_roles(s, rec) : 0;
}

/* ---- output ---- */

static void
put_roles(struct buf *b, unsigned int roles, const char *between, const char *quote)
{
	int i, n = 0;

	for (i = 0; role_names[i] != NULL; i++)
		if (roles & (1u << i))
			buf_addf(b, "%s%s%s%s", n++ > 0 ? between : "", quote, role_names[i], quote);
}

static int
show(struct subject *s, unsigned int roles, const json_t *rec, const char *text, size_t len)
{
	struct buf *b = &s->out;

	s->found++;
	if (s->ctl->json) {
		buf_addf(b, "%s\n{\"as\":[", s->found > 1 ? "," : "");
		put_roles(b, roles, ",", "\"");
		buf_addz(b, "],\"record\":");
		buf_add(b, text, len);
		buf_addc(b, '}');
	} else {
		size_t from = b->len;

		put_roles(b, roles, "+", "");
		buf_addf(b, "%*s", b->len - from < ROLE_WIDTH ? (int)(ROLE_WIDTH - (b->len - from)) : 1, "");
		row_write(b, &s->style, rec);
	}
	s->stopped = ctl_put(b) == -1;
	return s->stopped;
}

static void
bad_line(struct subject *s, const char *file, uint64_t number, const char *why)
{
	if (s->bad++ < BAD_SHOWN)
		ctl_warn(s->ctl, "%s:%llu: %s", file, (unsigned long long)number, why);
}

static int
take_line(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole)
{
	struct subject *s = arg;
	unsigned int roles;
	const char *when;
	json_error_t why;
	uint64_t ms;
	json_t *rec;
	int rc = 0;

	s->read++;
	if ((rec = json_loadb(text, len, 0, &why)) == NULL) {
		bad_line(s, file, number, whole ? why.text : "the line has no end: torn, or being written");
		return 0;
	}
	when = row_text(rec, "time");
	/* lines of other kinds, as a seal, hold nobody */
	if (*when != '\0' && when_rfc3339(when, strlen(when), &ms) == 0 && (roles = roles_of(s, rec, ms)) != 0)
		rc = show(s, roles, rec, text, len);
	json_decref(rec);
	return rc;
}

static void
take_trouble(void *arg, const char *file, uint64_t number, const char *what)
{
	struct subject *s = arg;

	if (number > 0) {
		bad_line(s, file, number, what);
		return;
	}
	ctl_warn(s->ctl, "%s: %s", file, what);
	s->missing = 1;
}

static void
read_records(struct subject *s, const struct conf *conf, char **paths, int count)
{
	const struct records_reader reader = { take_line, take_trouble, NULL, s };
	struct records_files files = { 0 };
	const char *path;
	size_t at, n;
	int i;

	for (i = 0; i < (count > 0 ? count : 1); i++) {
		path = count > 0 ? paths[i] : conf->start.ledger.directory;
		if (records_list(&files, path, NULL, 0) == -1) {
			ctl_warn(s->ctl, "%s: %s", path, strerror(errno));
			s->missing = 1;
		}
	}
	for (at = 0; at < files.count && !s->stopped; at += n) {
		n = records_day(&files, at);
		records_read(files.paths + at, n, &reader);
	}
	records_files_free(&files);
}

/* ---- mail on hold ---- */

static unsigned int
held_roles(const struct subject *s, const struct held_message *m)
{
	unsigned int roles = m->sender != NULL && strcasecmp(m->sender, s->person.address) == 0 ? ROLE_SENDER : 0;
	size_t i;

	for (i = 0; i < m->rcpts_kept; i++)
		if (strcasecmp(m->rcpts[i], s->person.address) == 0)
			roles |= ROLE_RECIPIENT;
	return roles;
}

static void
show_held(struct subject *s, const struct held *held, const struct held_message *m, unsigned int roles, int first)
{
	struct buf *b = &s->out;
	size_t from = b->len;
	struct json j;

	if (s->ctl->json) {
		buf_addf(b, "%s\n{\"as\":[", first ? "" : ",");
		put_roles(b, roles, ",", "\"");
		buf_addz(b, "],\"message\":");
		json_begin(&j, b);
		json_begin_object(&j, NULL);
		json_str(&j, "queue_id", m->queue_id);
		json_str(&j, "ref", m->ref);
		json_u64(&j, "size", m->size);
		json_u64(&j, "held_ms", m->held_ms);
		json_end_object(&j);
		buf_addc(b, '}');
	} else {
		put_roles(b, roles, "+", "");
		buf_addf(b, "%*son hold: ", b->len - from < ROLE_WIDTH ? (int)(ROLE_WIDTH - (b->len - from)) : 1, "");
		heldlist_line(b, held, m);
		buf_addc(b, '\n');
	}
	(void)ctl_put(b);
}

/* 0, or an exit code after telling why it could not be looked at. */
static int
read_held(struct subject *s, struct conf *conf, uint64_t *found)
{
	struct held held = { .ctl = s->ctl, .conf = conf };
	unsigned int roles;
	size_t i;
	int code;

	held.set = &conf->parent.held;
	held.now_ms = clock_wall_ms();
	if ((code = held_open(&held)) == 0 && (code = heldqueue_list(&held)) == 0 && heldrecord_join(&held) == -1)
		code = EX_OSERR;
	for (i = 0; code == 0 && i < held.count; i++)
		if ((roles = held_roles(s, &held.list[i])) != 0)
			show_held(s, &held, &held.list[i], roles, (*found)++ == 0);
	held_free(&held);
	if (code != 0)
		ctl_warn(s->ctl, "mail on hold was not looked at");
	return code;
}

/* ---- the run ---- */

static void
begin(struct subject *s)
{
	struct json j;

	if (s->ctl->json) {
		buf_addz(&s->out, "{\"address\":");
		json_begin(&j, &s->out);
		json_str(&j, NULL, s->person.address);
		buf_addf(&s->out, ",\"asked_ms\":%llu,\"records\":[", (unsigned long long)clock_wall_ms());
	} else {
		buf_addf(&s->out, "%-*s", ROLE_WIDTH, "as");
		row_heading(&s->out, &s->style);
	}
	(void)ctl_put(&s->out);
}

static int
report(struct subject *s, struct conf *conf, int with_held, char **paths, int count)
{
	uint64_t held = 0;
	int code = EX_OK;

	begin(s);
	read_records(s, conf, paths, count);
	if (s->ctl->json)
		fputs("\n],\"held\":[", stdout);
	if (with_held && !s->stopped)
		code = read_held(s, conf, &held);
	if (s->ctl->json)
		printf("\n],\"held_looked_at\":%s,\"undecided\":%llu,\"unreadable\":%llu}\n", with_held && code == EX_OK ? "true" : "false",
		    (unsigned long long)s->person.unsure, (unsigned long long)s->bad);
	else
		printf("%llu of %llu records, %llu messages on hold\n", (unsigned long long)s->found, (unsigned long long)s->read,
		    (unsigned long long)held);
	fflush(stdout);
	person_doubts(s->ctl, &s->person);
	if (s->bad > BAD_SHOWN)
		ctl_warn(s->ctl, "%llu more lines that cannot be read", (unsigned long long)(s->bad - BAD_SHOWN));
	if (s->missing)
		return EX_NOINPUT;
	return s->bad > 0 ? EX_DATAERR : code;
}

static int
subject_run(struct ctl *ctl, const struct ctl_command *self, int argc, char **argv)
{
	enum { KEY_NO_HELD = 256 };
	static const struct option longs[] = { CTL_LONG, { "no-held", no_argument, NULL, KEY_NO_HELD }, CTL_END };
	struct subject s = { .ctl = ctl };
	int ch, code = EX_OK, with_held = 1;
	struct text narrow = ctl->out;
	struct conf *conf;

	while ((ch = ctl_getopt(ctl, self, argc, argv, CTL_SHORT, longs, &code)) != -1)
		if (ch == CTL_STOP)
			return code;
		else if (ch == KEY_NO_HELD)
			with_held = 0;
	if (optind == argc)
		return ctl_usage(ctl, self, "subject wants an ADDRESS");
	if ((conf = ctl_conf(ctl, &code)) == NULL)
		return code;
	if ((code = person_open(ctl, conf, argv[optind], 1u << PERSON_FROM | 1u << PERSON_TO, &s.person)) != 0) {
		conf_free(conf);
		return code;
	}
	narrow.width = narrow.width > 2 * ROLE_WIDTH ? narrow.width - ROLE_WIDTH : narrow.width;
	row_style_init(&s.style, &narrow);
	s.style.date = 1;
	s.style.profile = conf->front->policy.profile;
	buf_init(&s.out, RECORDS_LINE_MAX + 4096);
	s.sent = json_object();
	s.refs = json_object();
	if (s.sent == NULL || s.refs == NULL) {
		ctl_warn(ctl, "no memory");
		code = EX_OSERR;
	} else
		code = report(&s, conf, with_held, argv + optind + 1, argc - optind - 1);
	json_decref(s.sent);
	json_decref(s.refs);
	buf_free(&s.out);
	person_close(&s.person);
	conf_free(conf);
	return code;
}

const struct ctl_command command_subject = {
	"subject", "show all that is held on one person", help, subject_run
};
