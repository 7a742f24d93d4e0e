/* SPDX-License-Identifier: ISC */
/* What is done with mail on hold: released, dropped, looked at, expired; each recorded first. */
/*
 * Called by held with a list that was just read.  The order is always: rights, question, record, deed.  Where the
 * record cannot be written nothing is done; where the deed fails after it, a second record says so.
 * Expiry is the same by the clock: a warning, and only after it, held.warn later, the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/units.h"
#include "ctl/acts.h"
#include "ctl/held.h"
#include "ctl/row.h"

#define SHOWN_MAX	20	/* messages that are listed before the question; the rest is counted */
#define WHY_LEN		1024

/* ---- records ---- */

static int
record(struct held *held, const struct held_message *m, const char *event, const char *why, const char *expires)
{
	const char *const pairs[] = { "why", why, "ref", m->ref, "queue_id", m->queue_id, "outcome", heldlist_outcome(m),
	    expires != NULL ? "expires" : NULL, expires, NULL };

	if (acts_record(held->ctl, held->conf, event, pairs) == 0)
		return 0;
	ctl_warn(held->ctl, "%s: the record of \"%s\" cannot be written: nothing was done", m->queue_id, event);
	return -1;
}

int
heldact_raw(struct held *held, const struct held_message *m, const char *why)
{
	return record(held, m, HELD_RAW, why, NULL);
}

/* Records, does, and records where it failed.  0 or an exit code. */
static int
perform(struct held *held, const struct held_message *m, int drop, const char *event, const char *why)
{
	char failed[WHY_LEN] = "";

	if (record(held, m, event, why, NULL) == -1)
		return EX_CANTCREAT;
	if ((drop ? heldqueue_drop : heldqueue_release)(held, m, failed, sizeof(failed)) == 0)
		return 0;
	(void)record(held, m, HELD_FAILED, failed, NULL);
	return EX_UNAVAILABLE;
}

/* ---- release and drop ---- */

static void
say(struct held *held, const struct held_message *m, const char *before, const char *behind)
{
	struct buf b, out;

	buf_init(&b, 256 * 1024);
	buf_init(&out, 256 * 1024);
	buf_addz(&b, before);
	heldlist_line(&b, held, m);
	buf_addz(&b, behind);
	if (b.data != NULL)
		text_wrap(&out, b.data, held->ctl->out.width, 4);
	ctl_put(&out);
	buf_free(&b);
	buf_free(&out);
}

static void
announce(struct held *held, const struct held_do *what, const char *chosen, size_t count)
{
	size_t i, shown = 0;

	for (i = 0; i < held->count && shown < SHOWN_MAX; i++)
		if (chosen[i]) {
			say(held, &held->list[i], "  ", "\n");
			shown++;
		}
	if (shown < count)
		printf("  ... and %zu more\n", count - shown);
	if (what->drop)
		printf("%s deleted for good; nobody is told.\n", count == 1 ? "It is" : "They are");
	else if (held->mta == HELD_MTA_POSTFIX)
		printf("%s back into the queue and to the recipients.  hopward does not see %s again: Postfix shows\n"
		    "released mail to no filter.  Older than maximal_queue_lifetime (5 days), a first delivery that fails\n"
		    "is the last.\n", count == 1 ? "It goes" : "They go", count == 1 ? "it" : "them");
	else
		printf("%s back into the queue and to the recipients.  hopward does not see %s again: Sendmail shows\n"
		    "released mail to no filter.\n", count == 1 ? "It goes" : "They go", count == 1 ? "it" : "them");
}

/* 1: yes. */
static int
ask(const struct held_do *what, size_t count)
{
	char line[16] = "";

	printf("%s %zu message%s? [y/N] ", what->drop ? "Drop" : "Release", count, count == 1 ? "" : "s");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		putchar('\n');
	return line[0] == 'y' || line[0] == 'Y';
}

static void
tell(struct held *held, const struct held_message *m, const struct held_do *what, int code)
{
	const char *done = code != 0 ? NULL : what->drop ? "dropped" : "released";
	struct json j;
	struct buf b;

	if (!held->ctl->json) {
		if (done != NULL)
			printf("%s %s\n", m->queue_id, what->drop ? "dropped" : "released, delivery asked for");
		return;
	}
	buf_init(&b, 4096);
	json_begin(&j, &b);
	json_begin_object(&j, NULL);
	json_str(&j, "queue_id", m->queue_id);
	json_str(&j, "ref", m->ref);
	json_str(&j, "done", done);
	json_end_object(&j);
	buf_addc(&b, '\n');
	ctl_put(&b);
	buf_free(&b);
}

int
heldact_run(struct held *held, const struct held_do *what, const char *chosen, size_t count)
{
	int code = 0, rc;
	size_t i;

	if (!held->ctl->json)
		announce(held, what, chosen, count);
	if (!what->yes && !isatty(STDIN_FILENO)) {
		ctl_warn(held->ctl, "nothing was done: without a terminal to ask on, --yes says that it is meant");
		return EX_USAGE;
	}
	if (!what->yes && !ask(what, count)) {
		ctl_warn(held->ctl, "nothing was done");
		return 1;
	}
	for (i = 0; i < held->count; i++) {
		if (!chosen[i])
			continue;
		rc = perform(held, &held->list[i], what->drop, what->drop ? HELD_DROP : HELD_RELEASE, what->why);
		tell(held, &held->list[i], what, rc);
		if (rc != 0)
			code = rc;
		if (rc == EX_CANTCREAT)
			break;		/* the next record would fail as well */
	}
	return code;
}

/* ---- expiry ---- */

struct expiry {
	uint64_t	warned, dropped;
	int		code;
};

static void
stamp(uint64_t ms, char *out, size_t len)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, len, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, len, "?");
}

static void
log_line(const struct held *held, const struct held_message *m, int drop, const char *expires)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	heldlist_line(&b, held, m);
	if (drop)
		log_warn("held mail expired and was dropped: %s", b.data != NULL ? b.data : m->queue_id);
	else
		log_warn("held mail will be dropped after %s: %s; hopwardctl held release %s --reason ... delivers it", expires,
		    b.data != NULL ? b.data : m->queue_id, m->queue_id);
	buf_free(&b);
}

static void
expire_one(struct held *held, const struct held_message *m, int dry_run, struct expiry *sum)
{
	uint64_t end = heldlist_expires(held, m);
	char expires[40], keep[32], why[128];
	int rc;

	if (end == UINT64_MAX || m->held_ms == 0)
		return;
	stamp(end, expires, sizeof(expires));
	units_time_str(held->set->keep_ms, keep, sizeof(keep));
	snprintf(why, sizeof(why), "held.keep is %s", keep);
	if (end <= held->now_ms) {
		if (!dry_run && (rc = perform(held, m, 1, HELD_EXPIRE, why)) != 0) {
			sum->code = rc;
			return;
		}
		sum->dropped++;
		if (!dry_run)
			log_line(held, m, 1, expires);
		if (!held->ctl->json)
			say(held, m, dry_run ? "would be dropped: " : "dropped: ", "\n");
	} else if (m->warned_ms == 0 && held->set->warn_ms > 0 && end <= held->now_ms + held->set->warn_ms) {
		/* recorded first, since the end counts from the record */
		if (!dry_run && record(held, m, HELD_WARN, why, expires) == -1) {
			sum->code = EX_CANTCREAT;
			return;
		}
		if (!dry_run)
			log_line(held, m, 0, expires);
		if (!held->ctl->json)
			say(held, m, dry_run ? "would be warned of: " : "warned of: ", "\n");
		sum->warned++;
	}
}

int
heldact_expire(struct held *held, int dry_run)
{
	struct expiry sum = { 0 };
	size_t i;

	log_open("hopwardctl", 0, 0);
	for (i = 0; i < held->count && sum.code != EX_CANTCREAT; i++)
		expire_one(held, &held->list[i], dry_run, &sum);
	if (held->ctl->json)
		printf("{\"held\":%zu,\"warned\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"dry_run\":%s}\n", held->count, sum.warned,
		    sum.dropped, dry_run ? "true" : "false");
	else
		printf("%zu held by hopward, %" PRIu64 " %s of, %" PRIu64 " %s\n", held->count, sum.warned,
		    dry_run ? "would be warned" : "warned", sum.dropped, dry_run ? "would be dropped" : "dropped");
	return sum.code;
}
