/* SPDX-License-Identifier: ISC */
/* Exceptions and the mode for a while: the parent keeps their file, tells the front, and puts each change on record. */
/*
 * The text in p->except is what holds; the file is its copy, written before
 * anything takes effect, so that a restart knows it, too.  People edit the file
 * as well: it is read anew before each change and at a reload.  An event is sent
 * to the front before the exceptions that it is about, so it is on record before
 * they hold.  What ends by its time needs nobody here: the judge compares it.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "except_file.h"
#include "judge/exception_text.h"
#include "parent_int.h"
#include "user.h"

#define RETRY_NS	(60 * SECOND_NS)	/* until a file that could not be written is tried again */
#define PAIRS_MAX	20

static const char head[] =
    "# Exceptions of hopward, written by \"hopwardctl except\" and \"hopwardctl mode\": see hopwardctl(8).\n"
    "# It may be edited by hand; \"hopwardctl reload\" then reads it.\n";

int64_t
parent_except_now(void)
{
	return (int64_t)(clock_wall_ms() / 1000);
}

/* ---- records of what has changed ---- */

/* Who did it: of a line that went by hand nobody knows, the line itself tells only who made it. */
static const char *
who_did(const char *event, const struct except_who *who, const char *by)
{
	int	 taken_out = strcmp(event, "except-remove") == 0 || strcmp(event, "mode-enforce") == 0;

	return who->by != NULL || (taken_out && strcmp(who->via, "file") == 0) ? who->by : by;
}

/* Key, value and so on of one event, as parent_event_pairs() takes them. */
struct pairs {
	const char	*list[PAIRS_MAX + 1];
	size_t		 count;
};

static void
pair(struct pairs *p, const char *key, const char *value)
{
	if (value == NULL || *value == '\0' || p->count + 2 > PAIRS_MAX)
		return;
	p->list[p->count++] = key;
	p->list[p->count++] = value;
	p->list[p->count] = NULL;
}

/* An address names a person: as in other records, its domain is enough, unless all is kept anyway. */
static const char *
sender_kept(const struct parent *p, const char *sender)
{
	const char	*at = sender != NULL ? strrchr(sender, '@') : NULL;

	return at != NULL && p->conf->front->privacy != PRIVACY_FULL ? at : sender;
}

static void
record_exception(struct parent *p, const char *event, const struct exception *e, const struct except_who *who)
{
	const char	*by = who_did(event, who, e->by), *reason = who->reason != NULL ? who->reason : e->reason;
	const char	*sender = sender_kept(p, e->sender);
	struct pairs	 list = { .count = 0 };
	char		 until[32], digest[65] = "";
	size_t		 i;

	for (i = 0; e->has_digest && i < sizeof(e->digest); i++)
		snprintf(digest + 2 * i, 3, "%02x", (unsigned int)e->digest[i]);
	pair(&list, "id", e->id);
	pair(&list, "signature", e->signature);
	pair(&list, "sender", sender);
	pair(&list, "digest", digest);
	pair(&list, "until", exception_time_str(e->until, until, sizeof(until)));
	pair(&list, "reason", reason);
	pair(&list, "by", by);
	pair(&list, "uid", who->uid);
	pair(&list, "via", who->via);
	parent_event_pairs(p, event, list.list);
	log_warn("%s: id=%s signature=%s sender=%s digest=%s until=%s by=%s via=%s: %s", event, e->id,
	    e->signature != NULL ? e->signature : "-", sender != NULL ? sender : "-", e->has_digest ? digest : "-",
	    until, by != NULL ? by : "-", who->via, reason);
}

static void
record_mode(struct parent *p, const char *event, const struct override_mode *m, const struct except_who *who)
{
	const char	*by = who_did(event, who, m->by), *reason = who->reason != NULL ? who->reason : m->reason;
	struct pairs	 list = { .count = 0 };
	char		 until[32];
	const char	*mode = strcmp(event, "mode-observe") == 0 || p->conf->front->policy.observe ? "observe" : "enforce";

	pair(&list, "mode", mode);
	pair(&list, "until", exception_time_str(m->until, until, sizeof(until)));
	pair(&list, "reason", reason);
	pair(&list, "by", by);
	pair(&list, "uid", who->uid);
	pair(&list, "via", who->via);
	parent_event_pairs(p, event, list.list);
	log_warn("%s: mode=%s until=%s by=%s via=%s: %s", event, mode, until,
	    by != NULL ? by : "-", who->via, reason);
}

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
same_exception(const struct exception *a, const struct exception *b)
{
	return strcasecmp(a->id, b->id) == 0 && same_text(a->signature, b->signature) && same_text(a->sender, b->sender) &&
	    a->has_digest == b->has_digest && memcmp(a->digest, b->digest, sizeof(a->digest)) == 0 && a->until == b->until &&
	    same_text(a->reason, b->reason);
}

static int
has(const struct exceptions *x, const struct exception *e)
{
	size_t	 i;

	for (i = 0; i < x->count; i++)
		if (same_exception(&x->list[i], e))
			return 1;
	return 0;
}

/* What is in one and not in the other; "ended" where its time is over, else whoever it was. */
static void
record_changes(struct parent *p, const struct exceptions *old, const struct exceptions *new, const struct except_who *who)
{
	static const struct except_who time_is_up = { .via = "time" };
	int64_t	 now = parent_except_now();
	size_t	 i;

	for (i = 0; i < old->count; i++)
		if (!has(new, &old->list[i])) {
			if (old->list[i].until <= now)
				record_exception(p, "except-end", &old->list[i], &time_is_up);
			else
				record_exception(p, "except-remove", &old->list[i], who);
		}
	for (i = 0; i < new->count; i++)
		if (!has(old, &new->list[i]))
			record_exception(p, "except-add", &new->list[i], who);
	if (old->mode.until == new->mode.until && same_text(old->mode.reason, new->mode.reason))
		return;
	if (new->mode.until != 0)
		record_mode(p, "mode-observe", &new->mode, who);
	else
		record_mode(p, "mode-enforce", &old->mode, old->mode.until <= now ? &time_is_up : who);
}

/* ---- what holds ---- */

/* Lines that are left out, in the log: they are somebody's work that has no effect. */
static void
tell_left_out(struct parent *p, const struct buf *errs)
{
	const char	*s, *nl;
	unsigned int	 n = 0;

	for (s = errs->data; s != NULL && (nl = strchr(s, '\n')) != NULL; s = nl + 1)
		if (n++ < EXCEPT_ERRS_SHOWN)
			log_warn("%s: %.*s: left out, the others hold", p->conf->parent.exceptions_file, (int)(nl - s), s);
	if (n > EXCEPT_ERRS_SHOWN)
		log_warn("%s: %u more lines are left out", p->conf->parent.exceptions_file, n - EXCEPT_ERRS_SHOWN);
}

/* Makes the text hold: on record, then in the front.  Takes text.  0, or -1: no memory, all stays. */
static int
take(struct parent *p, struct buf *text, const struct except_who *who)
{
	struct exceptions	 new;
	struct buf		 errs;

	buf_init(&errs, EXCEPTION_TEXT_MAX);
	if (text->failed || exceptions_parse(text->data != NULL ? text->data : "", text->len, &new, &errs) == -1) {
		log_error("exceptions: no memory: the old ones stay");
		buf_free(text);
		buf_free(&errs);
		return -1;
	}
	if (errs.len != p->except.errs.len || (errs.len > 0 && memcmp(errs.data, p->except.errs.data, errs.len) != 0))
		tell_left_out(p, &errs);
	if (who != NULL)
		record_changes(p, &p->except.list, &new, who);
	exceptions_free(&p->except.list);
	buf_free(&p->except.text);
	buf_free(&p->except.errs);
	p->except.list = new;
	p->except.text = *text;
	p->except.errs = errs;
	p->except.serial++;
	memset(text, 0, sizeof(*text));
	parent_front_exceptions(p);
	return 0;
}

/* The file as it is now.  0, 1 (there is none, text is empty), or -1 with err. */
static int
file_read(struct parent *p, struct buf *text, char *err, size_t errlen)
{
	const char	*path = p->conf->parent.exceptions_file;

	buf_init(text, 2 * EXCEPTION_TEXT_MAX);	/* what is read, and what one change may add */
	return path == NULL ? 0 : except_file_read(path, text, err, errlen);
}

static int
file_write(struct parent *p, const struct buf *text, char *err, size_t errlen)
{
	gid_t	 gid = (gid_t)-1;

	if (p->conf->parent.control_group != NULL && user_group(p->conf->parent.control_group, &gid) == -1)
		gid = (gid_t)-1;
	return except_file_write(p->conf->parent.exceptions_file, gid, text, err, errlen);
}

static int
same_buf(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* What was edited by hand since, and not reloaded yet, holds with the next change. */
static int
take_hand_edits(struct parent *p, char *err, size_t errlen)
{
	static const struct except_who hand = { .via = "file" };
	struct buf	 text;
	int		 rc;

	if (p->except.unwritten)
		return 0;	/* ours is newer */
	/* A file that is gone is no edit: its directory may be gone with it.  Only a reload takes that for "none". */
	if ((rc = file_read(p, &text, err, errlen)) != 0 || same_buf(&text, &p->except.text)) {
		buf_free(&text);
		return rc == -1 ? -1 : 0;
	}
	log_info("%s was edited by hand", p->conf->parent.exceptions_file);
	if (take(p, &text, &hand) == 0)
		return 0;
	snprintf(err, errlen, "no memory");
	return -1;
}

int
parent_except_change(struct parent *p, const struct exception_close *close, const char *line, const struct except_who *who,
    char *err, size_t errlen)
{
	struct buf	 text;
	int		 closed;

	if (p->conf->parent.exceptions_file == NULL) {
		snprintf(err, errlen, "exceptions.file is empty in the configuration: exceptions have nowhere to be kept");
		return -1;
	}
	if (take_hand_edits(p, err, errlen) == -1)
		return -1;
	buf_init(&text, 2 * EXCEPTION_TEXT_MAX);
	if (p->except.text.len == 0)
		buf_addz(&text, head);
	closed = exception_text_close(p->except.text.data, p->except.text.len, close, &text, NULL);
	if (line != NULL)
		buf_addz(&text, line);
	if (closed == -1 || text.failed || text.len > EXCEPTION_TEXT_MAX)
		snprintf(err, errlen, "%s has no room for more", p->conf->parent.exceptions_file);
	else if (line == NULL && closed == 0) {
		buf_free(&text);
		return 0;
	} else if (file_write(p, &text, err, errlen) == 0) {
		p->except.unwritten = 0;
		if (take(p, &text, who) == 0)
			return 1;
		snprintf(err, errlen, "no memory");
	}
	buf_free(&text);
	return -1;
}

/* ---- life ---- */

void
parent_except_open(struct parent *p)
{
	struct buf	 text;

	buf_init(&p->except.errs, EXCEPTION_TEXT_MAX);
	if (file_read(p, &text, p->except.trouble, sizeof(p->except.trouble)) == -1) {
		log_error("exceptions.file: %s: there are no exceptions", p->except.trouble);
		buf_free(&text);
		return;
	}
	if (take(p, &text, NULL) == -1)
		return;
	if (p->except.list.count > 0)
		log_info("%zu exceptions in %s", p->except.list.count, p->conf->parent.exceptions_file);
	parent_except_timers(p);
}

void
parent_except_reload(struct parent *p)
{
	static const struct except_who hand = { .via = "file" };
	struct buf	 text;

	p->except.trouble[0] = '\0';
	if (file_read(p, &text, p->except.trouble, sizeof(p->except.trouble)) == -1) {
		log_error("exceptions.file: %s: those from before stay", p->except.trouble);
		buf_free(&text);
		return;
	}
	p->except.unwritten = 0;
	if (same_buf(&text, &p->except.text))
		buf_free(&text);
	else
		take(p, &text, &hand);
}

/* The next end of any, or -1. */
static int64_t
next_end(const struct exceptions *x)
{
	int64_t	 end = x->mode.until != 0 ? x->mode.until : -1;
	size_t	 i;

	for (i = 0; i < x->count; i++)
		if (end == -1 || x->list[i].until < end)
			end = x->list[i].until;
	return end;
}

void
parent_except_timers(struct parent *p)
{
	struct exception_close	 close = { .ended = 1, .now = parent_except_now() };
	static const struct except_who time_is_up = { .via = "time" };
	struct buf		 text;
	int64_t			 end = next_end(&p->except.list);
	char			 err[512];
	int			 writable;

	if (p->except.unsent)
		parent_front_exceptions(p);
	if (end != -1 && end <= close.now) {
		writable = take_hand_edits(p, err, sizeof(err)) == 0;
		buf_init(&text, 2 * EXCEPTION_TEXT_MAX);
		exception_text_close(p->except.text.data, p->except.text.len, &close, &text, NULL);
		/* It ends in memory whatever becomes of the file, so that it is recorded once. */
		if (take(p, &text, &time_is_up) == -1)
			return;
		/* What cannot be read is somebody's that we do not know: it is not written over. */
		p->except.unwritten = writable;
		p->except.due_ns = 0;
		if (!writable)
			log_error("exceptions.file: %s", err);
	}
	if (!p->except.unwritten || p->except.due_ns > clock_mono_ns() || p->conf->parent.exceptions_file == NULL)
		return;
	if (file_write(p, &p->except.text, err, sizeof(err)) == 0) {
		p->except.unwritten = 0;
		p->except.trouble[0] = '\0';
		return;
	}
	if (strcmp(p->except.trouble, err) != 0)
		log_error("exceptions.file: %s", err);
	snprintf(p->except.trouble, sizeof(p->except.trouble), "%s", err);
	p->except.due_ns = clock_mono_ns() + RETRY_NS;
}

void
parent_except_close(struct parent *p)
{
	exceptions_free(&p->except.list);
	buf_free(&p->except.text);
	buf_free(&p->except.errs);
}

/* ---- the front ---- */

void
parent_front_exceptions(struct parent *p)
{
	struct buf	 packet;
	int		 fd, rc = -1;

	if (p->front == -1 || !p->listening)
		return;		/* it is forked with them, and told later ones when it listens */
	if ((p->except.unsent = p->events_count > 0))
		return;		/* what is to be on record before */
	buf_init(&packet, 64);
	buf_addc(&packet, FRONT_CTL_EXCEPTIONS);
	wire_put_u32(&packet, p->except.serial);
	fd = memfd_create("hopward-exceptions", MFD_CLOEXEC);
	if (fd != -1 && !packet.failed && (p->except.text.len == 0 ||
	    write(fd, p->except.text.data, p->except.text.len) == (ssize_t)p->except.text.len) && lseek(fd, 0, SEEK_SET) == 0)
		rc = fdpass_send(p->front, packet.data, packet.len, &fd, 1, MSG_DONTWAIT);
	if (rc == -1)
		parent_front_hangs(p, "the exceptions");
	if (fd != -1)
		close(fd);
	buf_free(&packet);
}
