/* SPDX-License-Identifier: ISC */
/* Which messages on hold are hopward's: found by their records; and what was done with them, by the stream of acts. */
/*
 * Called by held.  A queue id cannot be used again while its message is in the queue, so a record of that id
 * with the action quarantine, made when the message arrived, is its record.  Of Sendmail the reason of the
 * hold has the record's id.  A line that cannot matter is not parsed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/held.h"
#include "ctl/records.h"
#include "ctl/row.h"
#include "ctl/when.h"

#define BEFORE_MS	(60u * 1000)		/* the MTA's stamp of arrival has whole seconds, of a listing minutes */
#define AFTER_MS	(86400u * 1000)		/* from the arrival's begin to the message's end: no client may take longer */
#define SINCE_MS	(2 * 86400000ull)	/* before the oldest arrival records are not looked for */

struct join {
	struct held	*held;
	int		 failed;
	int		 trouble;
};

static int
by_id(const void *a, const void *b)
{
	const struct held_message *x = a, *y = b;

	return strcmp(x->queue_id, y->queue_id);
}

static int
by_ref(const void *a, const void *b)
{
	const struct held_message *x = a, *y = b;

	return strcmp(x->ref, y->ref);
}

static int
oldest_first(const void *a, const void *b)
{
	const struct held_message *x = a, *y = b;

	if (x->held_ms != y->held_ms)
		return x->held_ms < y->held_ms ? -1 : 1;
	return strcmp(x->queue_id, y->queue_id);
}

static struct held_message *
find(struct held *held, const char *id, int (*by)(const void *, const void *))
{
	struct held_message key;

	memset(&key, 0, sizeof(key));
	snprintf(by == by_id ? key.queue_id : key.ref, by == by_id ? sizeof(key.queue_id) : sizeof(key.ref), "%s", id);
	return held->count == 0 ? NULL : bsearch(&key, held->list, held->count, sizeof(key), by);
}

static void
message_free(struct held_message *m)
{
	size_t i;

	free(m->sender);
	for (i = 0; i < m->rcpts_kept; i++)
		free(m->rcpts[i]);
	free(m->rcpts);
	free(m->directory);
	free(m->text);
	json_decref(m->record);
	json_decref(m->acts);
	memset(m, 0, sizeof(*m));
}

void
held_free(struct held *held)
{
	size_t i;

	for (i = 0; i < held->count; i++)
		message_free(&held->list[i]);
	free(held->list);
	held->list = NULL;
	held->count = held->size = 0;
}

/* ---- records of messages ---- */

static int
is_of(const struct held *held, const struct held_message *m, const json_t *rec, uint64_t ms)
{
	if (strcmp(row_text(rec, "type"), "message") != 0 || strcmp(row_text(rec, "action"), "quarantine") != 0 ||
	    strlen(row_text(rec, "id")) != RECORD_ID_LEN)
		return 0;
	if (held->mta == HELD_MTA_SENDMAIL)
		return m->ref[0] != '\0' && strcmp(m->ref, row_text(rec, "id")) == 0;
	return ms + BEFORE_MS >= m->arrival_ms && ms <= m->arrival_ms + AFTER_MS && ms >= m->held_ms;
}

static int
take_record(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole)
{
	static const char needle[] = "\"action\":\"quarantine\"";
	struct join *join = arg;
	struct held_message *m;
	const char *when;
	uint64_t ms;
	json_t *rec;
	char *copy;

	(void)file;
	(void)number;
	if (!whole || memmem(text, len, needle, sizeof(needle) - 1) == NULL || (rec = json_loadb(text, len, 0, NULL)) == NULL)
		return 0;
	when = row_text(rec, "time");
	m = find(join->held, row_text(rec, "queue_id"), by_id);
	if (m == NULL || when_rfc3339(when, strlen(when), &ms) == -1 || !is_of(join->held, m, rec, ms) ||
	    (copy = malloc(len)) == NULL) {
		json_decref(rec);
		return 0;
	}
	memcpy(copy, text, len);
	free(m->text);
	json_decref(m->record);
	m->text = copy;
	m->len = len;
	m->record = rec;
	m->held_ms = ms;
	snprintf(m->ref, sizeof(m->ref), "%s", row_text(rec, "id"));
	return 0;
}

static void
take_trouble(void *arg, const char *file, uint64_t number, const char *what)
{
	struct join *join = arg;

	if (number == 0)
		join->trouble = 1;
	ctl_warn(join->held->ctl, "%s:%llu: %s", file, (unsigned long long)number, what);
}

/* ---- acts ---- */

static int
take_act(void *arg, const char *file, uint64_t number, const char *text, size_t len, int whole)
{
	struct join *join = arg;
	struct held_message *m;
	const char *event, *when;
	json_t *rec;
	uint64_t ms;

	(void)file;
	(void)number;
	if (!whole || memmem(text, len, "\"held-", 6) == NULL || (rec = json_loadb(text, len, 0, NULL)) == NULL)
		return 0;
	event = row_text(rec, "event");
	when = row_text(rec, "time");
	m = find(join->held, row_text(json_object_get(rec, "data"), "ref"), by_ref);
	if (m != NULL && m->ref[0] != '\0' && strcmp(row_text(rec, "type"), "event") == 0 &&
	    when_rfc3339(when, strlen(when), &ms) == 0) {
		if (strcmp(event, HELD_WARN) == 0 && m->warned_ms == 0)
			m->warned_ms = ms;
		else if (strcmp(event, HELD_RELEASE) == 0 || strcmp(event, HELD_FAILED) == 0)
			m->released = strcmp(event, HELD_RELEASE) == 0;
		if (m->acts == NULL)
			m->acts = json_array();
		json_array_append(m->acts, rec);
	}
	json_decref(rec);
	return 0;
}

/* ---- together ---- */

static uint64_t
oldest(const struct held *held)
{
	uint64_t ms = held->now_ms;
	size_t i;

	for (i = 0; i < held->count; i++)
		if (held->list[i].arrival_ms < ms)
			ms = held->list[i].arrival_ms;
	return ms > SINCE_MS ? ms - SINCE_MS : 0;
}

/* Reads a stream from `since` on; a directory that is not there holds nothing. */
static void
read_stream(struct join *join, const char *stream, uint64_t since,
    int (*line)(void *, const char *, uint64_t, const char *, size_t, int))
{
	const struct records_reader reader = { line, take_trouble, NULL, join };
	const char *directory = join->held->conf->start.ledger.directory;
	struct records_files files = { 0 };
	size_t i;

	if (records_list(&files, directory, stream, since) == -1) {
		ctl_warn(join->held->ctl, "%s: %s%s", directory, strerror(errno), errno == EACCES ?
		    "; the records may be read by root, the daemon's user and its group" : "");
		join->trouble = 1;
	}
	for (i = 0; i < files.count; i++)
		records_read(files.paths + i, 1, &reader);
	records_files_free(&files);
}

/* Leaves hopward's alone. */
static void
sift(struct held *held)
{
	size_t i, n = 0;

	for (i = 0; i < held->count; i++)
		if (held->list[i].ref[0] == '\0') {
			held->others++;
			message_free(&held->list[i]);
		} else {
			if (held->list[i].held_ms == 0)
				held->list[i].held_ms = held->list[i].arrival_ms;
			held->list[n++] = held->list[i];
		}
	held->count = n;
}

int
heldrecord_join(struct held *held)
{
	struct join join = { .held = held };
	uint64_t since = oldest(held);

	if (held->count == 0)
		return 0;
	qsort(held->list, held->count, sizeof(*held->list), by_id);
	read_stream(&join, "mail", since, take_record);
	sift(held);
	held->records_bad = join.trouble;
	if (held->count == 0)
		return 0;
	qsort(held->list, held->count, sizeof(*held->list), by_ref);
	read_stream(&join, "acts", since, take_act);
	held->records_bad = join.trouble;
	qsort(held->list, held->count, sizeof(*held->list), oldest_first);
	return 0;
}
