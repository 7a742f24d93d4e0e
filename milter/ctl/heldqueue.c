/* SPDX-License-Identifier: ISC */
/* The queue of mail on hold, through the MTA's own tools: postqueue, postsuper and postcat, or sendmail and qtool.pl. */
/*
 * Called by held.  No file of a queue is opened here.  What a listing says comes from strangers where it is
 * an address, so a line is read by its form alone.  Ids go to a tool only as letters and digits.
 * Postfix does not keep the reason of a hold, so what is hopward's there is for heldrecord.c to find;
 * Sendmail shows it.  Limits: HELD_MAX messages, TOOL_LINE_MAX a line; what is beyond is counted and told.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "ctl/held.h"
#include "ctl/row.h"
#include "ctl/tool.h"

#define PATH_LEN	1200
#define POSTQUEUE_DENIED 69	/* what postqueue(1) ends with where it is not allowed, or the queue cannot be asked */

/* ---- small things ---- */

/* Only what can be no option and no pattern. */
static int
is_id(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!isalnum((unsigned char)s[i]))
			return 0;
	return i > 0 && i <= HELD_ID_MAX;
}

/* An empty one at the end of the list; NULL: no memory, or too many. */
static struct held_message *
message_new(struct held *held)
{
	struct held_message *p;

	if (held->count == held->size) {
		size_t size = held->size == 0 ? 64 : 2 * held->size;

		if (held->count >= HELD_MAX || (p = reallocarray(held->list, size, sizeof(*p))) == NULL)
			return NULL;
		held->list = p;
		held->size = size;
	}
	p = &held->list[held->count++];
	memset(p, 0, sizeof(*p));
	return p;
}

static int
rcpt_add(struct held_message *m, const char *address)
{
	char **p;

	m->rcpts_count++;
	if (m->rcpts_kept == HELD_RCPTS_MAX)
		return 0;
	if ((p = reallocarray(m->rcpts, m->rcpts_kept + 1, sizeof(*p))) == NULL)
		return -1;
	m->rcpts = p;
	if ((p[m->rcpts_kept] = strdup(address)) == NULL)
		return -1;
	m->rcpts_kept++;
	return 0;
}

/* Runs a tool and tells what went wrong.  Its exit code, or -1. */
static int
run(const struct held *held, struct tool *t)
{
	int rc = tool_run(t);
	char *p;

	if (rc == -1) {
		ctl_warn(held->ctl, "%s: %s", t->argv[0], strerror(errno));
		return -1;
	}
	if (t->overlong > 0)
		ctl_warn(held->ctl, "%s: %" PRIu64 " lines of more than %u octets passed over", t->argv[0], t->overlong, TOOL_LINE_MAX);
	for (p = t->said; *p != '\0'; p++)
		if (*p == '\n')
			*p = p[1] == '\0' ? '\0' : ' ';
	return rc;
}

/* ---- Postfix ---- */

static void
postfix_tool(const struct held *held, struct tool *t, char path[PATH_LEN], const char *name, const char *const *args)
{
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	snprintf(path, PATH_LEN, "%s/%s", held->set->postfix_tools, name);
	t->argv[n++] = path;
	if (held->set->postfix_config != NULL) {
		t->argv[n++] = "-c";
		t->argv[n++] = held->set->postfix_config;
	}
	while (*args != NULL && n < TOOL_ARGS_MAX)
		t->argv[n++] = *args++;
}

/* What a listing is read with. */
struct listing {
	struct held		*held;
	struct held_message	*m;		/* Sendmail: that the next lines are about; NULL */
	char			*directory;	/* likewise; of its queue */
	int			 failed;
};

static int
listing_failed(const struct held *held)
{
	ctl_warn(held->ctl, held->count >= HELD_MAX ? "the queue holds more messages than can be listed" : "no memory for a list of this queue");
	return EX_OSERR;
}

/* One message of postqueue -j. */
static int
postfix_line(void *arg, char *text, size_t len)
{
	struct listing *l = arg;
	struct held *held = l->held;
	json_t *o = json_loadb(text, len, 0, NULL);
	const char *id = row_text(o, "queue_id");
	struct held_message *m;
	const json_t *rcpt;
	json_int_t n;
	size_t i;

	if (!is_id(id))
		held->unread++;
	if (!is_id(id) || strcmp(row_text(o, "queue_name"), "hold") != 0) {
		json_decref(o);
		return 0;
	}
	l->failed = 1;
	if ((m = message_new(held)) == NULL)
		goto out;
	snprintf(m->queue_id, sizeof(m->queue_id), "%s", id);
	n = json_integer_value(json_object_get(o, "arrival_time"));
	m->arrival_ms = n > 0 ? (uint64_t)n * 1000 : 0;
	n = json_integer_value(json_object_get(o, "message_size"));
	m->size = n > 0 ? (uint64_t)n : 0;
	if ((m->sender = strdup(strcmp(row_text(o, "sender"), "MAILER-DAEMON") == 0 ? "" : row_text(o, "sender"))) == NULL)
		goto out;
	json_array_foreach(json_object_get(o, "recipients"), i, rcpt)
		if (rcpt_add(m, row_text(rcpt, "address")) == -1)
			goto out;
	l->failed = 0;
out:
	json_decref(o);
	return l->failed;
}

static int
postfix_list(struct held *held)
{
	static const char *const args[] = { "-j", NULL };
	struct listing l = { .held = held };
	char path[PATH_LEN];
	struct tool t;
	int rc;

	postfix_tool(held, &t, path, "postqueue", args);
	t.line = postfix_line;
	t.arg = &l;
	if ((rc = run(held, &t)) == 0)
		return l.failed ? listing_failed(held) : 0;
	if (rc != -1)
		ctl_warn(held->ctl, "%s: %s%s", path, *t.said != '\0' ? t.said : "failed",
		    geteuid() != 0 ? "; root, and who is in authorized_mailq_users of main.cf, may look at the queue" : "");
	return rc == POSTQUEUE_DENIED && geteuid() != 0 ? EX_NOPERM : EX_UNAVAILABLE;
}

/* "postsuper: Released from hold: 1 message": its exit code says nothing of an id that is not there. */
static int
postsuper(struct held *held, const struct held_message *m, int drop, char *why, size_t len)
{
	const char *const release[] = { "-H", m->queue_id, NULL }, *const remove[] = { "-d", m->queue_id, "hold", NULL };
	char path[PATH_LEN];
	struct tool t;
	int rc;

	postfix_tool(held, &t, path, "postsuper", drop ? remove : release);
	rc = run(held, &t);
	if (rc == 0 && strstr(t.said, drop ? "Deleted: 1 message" : "Released from hold: 1 message") != NULL)
		return 0;
	if (rc == -1)
		snprintf(why, len, "%.500s: not started", path);
	else if (rc == 0)
		snprintf(why, len, "it is no longer on hold");
	else
		snprintf(why, len, "%.400s", *t.said != '\0' ? t.said : "postsuper failed");
	ctl_warn(held->ctl, "%s: %s", m->queue_id, why);
	return -1;
}

static int
postfix_release(struct held *held, const struct held_message *m, char *why, size_t len)
{
	const char *const args[] = { "-i", m->queue_id, NULL };
	char path[PATH_LEN];
	struct tool t;
	int rc;

	if (postsuper(held, m, 0, why, len) == -1)
		return -1;
	postfix_tool(held, &t, path, "postqueue", args);
	if ((rc = run(held, &t)) != 0)
		ctl_warn(held->ctl, "%s: is in the queue, but delivery cannot be asked for now: %s; Postfix tries by itself later",
		    m->queue_id, rc == -1 ? strerror(errno) : t.said);
	return 0;
}

/* ---- Sendmail ---- */

static void
sendmail_tool(const struct held *held, struct tool *t, const char *const *args)
{
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	t->argv[n++] = held->set->sendmail;
	if (held->set->sendmail_config != NULL) {
		t->argv[n++] = "-C";
		t->argv[n++] = held->set->sendmail_config;
	}
	while (*args != NULL && n < TOOL_ARGS_MAX)
		t->argv[n++] = *args++;
}

/* "Mon Nov 23 22:57": the year is the one that makes it the newest that is not in the future. */
static uint64_t
sendmail_time(const char *text, uint64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000), t;
	struct tm today, tm;
	int back;

	if (localtime_r(&now, &today) == NULL)
		return 0;
	for (back = 0; back <= 1; back++) {
		memset(&tm, 0, sizeof(tm));
		if (strptime(text, "%a %b %d %H:%M", &tm) == NULL)
			return 0;
		tm.tm_year = today.tm_year - back;
		tm.tm_isdst = -1;
		if ((t = mktime(&tm)) != -1 && t <= now + 86400)
			return (uint64_t)t * 1000;
	}
	return 0;
}

/* An address without its angle brackets. */
static char *
address_dup(char *s)
{
	size_t len = strlen(s);

	if (len >= 2 && s[0] == '<' && s[len - 1] == '>')
		return strndup(s + 1, len - 2);
	return strdup(s);
}

/* "6ANMvTAE029824*     301 Mon Nov 23 22:57 <alice@sender.test>" */
static void
sendmail_head(struct listing *l, char *text)
{
	char *p = text + strcspn(text, " \t"), *end;
	struct held_message *m;
	unsigned long long size;
	char id[HELD_ID_MAX + 2];
	size_t n;

	l->m = NULL;
	n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	snprintf(id, sizeof(id), "%.*s", (int)(n <= HELD_ID_MAX ? n : 0), text);
	p += strspn(p, " \t");
	size = strtoull(p, &end, 10);
	if (!is_id(id) || end == p || *end != ' ' || strlen(end) < 18) {
		l->held->unread++;
		return;
	}
	if ((m = message_new(l->held)) == NULL) {
		l->failed = 1;
		return;
	}
	memcpy(m->queue_id, id, n + 1);
	m->size = size;
	m->arrival_ms = sendmail_time(end + 1, l->held->now_ms);
	end += 17;
	end += strspn(end, " ");
	if ((m->sender = address_dup(end)) == NULL || (l->directory != NULL && (m->directory = strdup(l->directory)) == NULL))
		l->failed = 1;
	l->m = m;
}

/* "hopward: infected rule=mx.infected ref=6FHRYSAZZVPK" */
static void
sendmail_reason(struct held_message *m, const char *s)
{
	const char *rule, *ref;
	size_t n;

	if (m->ref[0] != '\0' || strncmp(s, HELD_REASON, sizeof(HELD_REASON) - 1) != 0)
		return;
	s += sizeof(HELD_REASON) - 1;
	if ((rule = strstr(s, " rule=")) == NULL || (ref = strstr(rule, " ref=")) == NULL)
		return;
	snprintf(m->outcome, sizeof(m->outcome), "%.*s", (int)strcspn(s, " "), s);
	snprintf(m->rule, sizeof(m->rule), "%.*s", (int)strcspn(rule + 6, " "), rule + 6);
	n = strcspn(ref + 5, " ");
	if (n == RECORD_ID_LEN)
		snprintf(m->ref, sizeof(m->ref), "%.*s", (int)n, ref + 5);
}

/* Recipients stand behind tabs, and a stranger's address between brackets: neither can be taken for another line. */
static int
sendmail_line(void *arg, char *text, size_t len)
{
	static const char quarantine[] = "     QUARANTINE: ";
	struct listing *l = arg;
	char *address, *p;

	if (len == 0 || text[0] == '-')
		return 0;
	if (text[0] == '\t' && text[1] == '\t' && text[2] == '/') {
		free(l->directory);
		p = strstr(text, " (");
		l->directory = strndup(text + 2, p != NULL ? (size_t)(p - text - 2) : strlen(text) - 2);
		l->m = NULL;
	} else if (text[0] != ' ' && text[0] != '\t') {
		if (strstr(text, " is empty") == NULL)
			sendmail_head(l, text);
	} else if (l->m != NULL && strncmp(text, quarantine, sizeof(quarantine) - 1) == 0)
		sendmail_reason(l->m, text + sizeof(quarantine) - 1);
	else if (l->m != NULL && text[strspn(text, " \t")] == '<') {
		if ((address = address_dup(text + strspn(text, " \t"))) == NULL || rcpt_add(l->m, address) == -1)
			l->failed = 1;
		free(address);
	}
	return l->failed;
}

static int
sendmail_list(struct held *held)
{
	static const char *const args[] = { "-bp", "-qQ", NULL };
	struct listing l = { .held = held };
	struct tool t;
	int rc;

	sendmail_tool(held, &t, args);
	t.line = sendmail_line;
	t.arg = &l;
	rc = run(held, &t);
	free(l.directory);
	if (rc == 0 && !l.failed)
		return 0;
	if (l.failed)
		return listing_failed(held);
	if (rc != -1)
		ctl_warn(held->ctl, "%s -bp -qQ: %s%s", t.argv[0], *t.said != '\0' ? t.said : "failed",
		    geteuid() != 0 ? "; root may look at the queue" : "");
	return geteuid() != 0 ? EX_NOPERM : EX_UNAVAILABLE;
}

/* Is it still in quarantine?  The tools say nothing of an id that they did not find. */
static int
sendmail_is_held(struct held *held, const char *id)
{
	struct held now = { .ctl = held->ctl, .conf = held->conf, .set = held->set, .mta = held->mta, .now_ms = held->now_ms };
	int found = 0;
	size_t i;

	if (sendmail_list(&now) != 0)
		found = -1;
	for (i = 0; i < now.count; i++)
		found |= found == 0 && strcmp(now.list[i].queue_id, id) == 0;
	held_free(&now);
	return found;
}

/* What came of a tool: 0, or -1 with why. */
static int
sendmail_done(struct held *held, const struct held_message *m, const struct tool *t, int rc, char *why, size_t len)
{
	int still = rc == 0 ? sendmail_is_held(held, m->queue_id) : 1;

	if (still == 0)
		return 0;
	snprintf(why, len, "%.300s: %.400s", t->argv[0], *t->said != '\0' ? t->said : rc == -1 ? "not started" :
	    "it is still in quarantine; another process may have it locked");
	ctl_warn(held->ctl, "%s: %s", m->queue_id, why);
	return -1;
}

static int
sendmail_release(struct held *held, const struct held_message *m, char *why, size_t len)
{
	char pick[HELD_ID_MAX + 8];
	const char *const release[] = { "-qQ", pick, "-Q", NULL }, *const deliver[] = { pick, NULL };
	struct tool t;
	int rc;

	snprintf(pick, sizeof(pick), "-qI%s", m->queue_id);
	sendmail_tool(held, &t, release);
	rc = run(held, &t);
	if (sendmail_done(held, m, &t, rc, why, len) == -1)
		return -1;
	sendmail_tool(held, &t, deliver);
	if ((rc = run(held, &t)) != 0)
		ctl_warn(held->ctl, "%s: is in the queue, but delivery failed now: %s; Sendmail tries again later", m->queue_id,
		    rc == -1 ? strerror(errno) : t.said);
	return 0;
}

static int
sendmail_drop(struct held *held, const struct held_message *m, char *why, size_t len)
{
	char file[PATH_LEN];
	struct tool t = { .argv = { held->set->qtool, "-Q", "-d" } };
	size_t n = 3;
	int rc;

	if (m->directory == NULL || access(held->set->qtool, X_OK) == -1) {
		snprintf(why, len, "%.400s: %s", held->set->qtool, m->directory == NULL ? "the queue's directory is not known" :
		    strerror(errno));
		ctl_warn(held->ctl, "%s: Sendmail itself cannot delete a message, and its tool is not there: %s (held.qtool names it)",
		    m->queue_id, why);
		return -1;
	}
	snprintf(file, sizeof(file), "%s/hf%s", m->directory, m->queue_id);
	if (held->set->sendmail_config != NULL) {
		t.argv[n++] = "-C";
		t.argv[n++] = held->set->sendmail_config;
	}
	t.argv[n] = file;
	rc = run(held, &t);
	return sendmail_done(held, m, &t, rc, why, len);
}

/* ---- either ---- */

int
heldqueue_list(struct held *held)
{
	return held->mta == HELD_MTA_POSTFIX ? postfix_list(held) : sendmail_list(held);
}

int
heldqueue_release(struct held *held, const struct held_message *m, char *why, size_t len)
{
	return (held->mta == HELD_MTA_POSTFIX ? postfix_release : sendmail_release)(held, m, why, len);
}

int
heldqueue_drop(struct held *held, const struct held_message *m, char *why, size_t len)
{
	return held->mta == HELD_MTA_POSTFIX ? postsuper(held, m, 1, why, len) : sendmail_drop(held, m, why, len);
}

int
heldqueue_has_raw(const struct held *held)
{
	if (held->mta == HELD_MTA_POSTFIX)
		return 1;
	ctl_warn(held->ctl, "Sendmail has no tool that shows a message in its queue; \"held show\" without --raw has what is on record");
	return 0;
}

static int
raw_line(void *arg, char *text, size_t len)
{
	struct buf b;
	int rc;

	(void)arg;
	if (len > 0 && text[len - 1] == '\r')
		text[len - 1] = '\0';
	buf_init(&b, 2 * TOOL_LINE_MAX);
	text_add(&b, text, TEXT_UNLIMITED);
	buf_addc(&b, '\n');
	rc = ctl_put(&b);
	buf_free(&b);
	return rc;
}

int
heldqueue_raw(struct held *held, const struct held_message *m)
{
	const char *const args[] = { "-bh", "-q", m->queue_id, NULL };
	char path[PATH_LEN];
	struct tool t;
	int rc;

	postfix_tool(held, &t, path, "postcat", args);
	if (held->ctl->out.terminal)	/* a stranger's octets do nothing there */
		t.line = raw_line;
	if ((rc = run(held, &t)) == 0)
		return 0;
	if (rc != -1)
		ctl_warn(held->ctl, "%s: %s", path, *t.said != '\0' ? t.said : "failed");
	return EX_UNAVAILABLE;
}
