/* SPDX-License-Identifier: ISC */
/* The ledger's seals: begins or continues the chain at the start, ends each epoch, and the last one at the stop. */
/*
 * Called by ledger.c.  At the start and at the stop it works in the caller's
 * thread; between them a thread of its own, the sealer, makes keys and destroys
 * them (each waits for the disk), and gives the writer an entry of kind
 * ENTRY_SEAL, which the writer signs (50 us) and writes with what else waits.
 * So no append waits for more than a signature.
 *
 * What fails is said once, tried again after RETRY_MS, and keeps nobody from
 * recording: the epoch only becomes longer.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "record/ledger_int.h"
#include "record/record.h"

#define DAY_MS		86400000ull
#define RETRY_MS	10000		/* after a seal that could not be written */
#define EVENT_MAX	4096		/* octets of an event of the ledger's own */

/* ---- one seal ---- */

int
ledger_seal_line(struct ledger *l, struct entry *e, const struct position *at)
{
	buf_reset(&l->seal_body);
	if (seal_keys_sign(l->keys, l->stream, l->gateway, e->seq, e->time_ms, e->seq - at->base - 1, &at->chain, &l->seal_body,
	    e->why, sizeof(e->why)) == -1) {
		errno = EIO;
		return -1;
	}
	e->body = l->seal_body.data;
	e->len = l->seal_body.len;
	return ledger_entry_hash(e);
}

/* An anchor a day: with the first seal of each. */
static void
anchor_tell(struct ledger *l, const struct entry *e)
{
	char hex[2 * SEAL_CHAIN_LEN + 1];
	size_t i;

	if (!l->anchor || e->time_ms / DAY_MS <= l->last_ms / DAY_MS)
		return;
	for (i = 0; i < SEAL_CHAIN_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", e->after.value[i]);
	log_notice("anchor: %s %" PRIu64 " %s", l->stream, e->after.seq, hex);
}

/* Ends the epoch; direct: there is no writer.  0, or -1 with why. */
static int
epoch_end(struct ledger *l, int direct, char *why, size_t size)
{
	struct entry e = { .kind = ENTRY_SEAL, .time_ms = clock_wall_ms() };

	if (l->advance_due && seal_keys_advance(l->keys, why, size) == -1)
		return -1;
	l->advance_due = 0;
	if (seal_keys_prepare(l->keys, why, size) == -1)
		return -1;
	if ((ledger_day(e.time_ms, e.day) == -1 || (direct ? ledger_commit(l, &e, NULL) : ledger_enqueue(l, &e)) == -1)) {
		snprintf(why, size, "%s", e.why[0] != '\0' ? e.why : strerror(errno));
		return -1;
	}
	l->advance_due = 1;
	anchor_tell(l, &e);
	l->last_ms = e.time_ms;
	if (seal_keys_advance(l->keys, why, size) == -1)
		return -1;
	l->advance_due = 0;
	return 0;
}

/* Says what fails once, and that it works again. */
static int
seal_now(struct ledger *l, int direct)
{
	char why[512] = "";
	int rc = epoch_end(l, direct, why, sizeof(why));

	if (rc == -1 && !l->failing)
		log_error("records: %s: not sealed, tried again: %s", l->stream, why);
	if (rc == 0 && l->failing)
		log_warn("records: %s: sealed again", l->stream);
	l->failing = rc == -1;
	return rc;
}

/* ---- the start ---- */

/* An entry of our own, before there is a writer. */
static int
line_write(struct ledger *l, enum entry_kind kind, const struct buf *body, char *err, size_t errlen)
{
	struct entry e = { .kind = kind, .body = body->data, .len = body->len };

	if (body->failed || body->data == NULL)
		errno = ENOMEM;
	else if (ledger_day(clock_wall_ms(), e.day) == 0 && ledger_entry_hash(&e) == 0 && ledger_commit(l, &e, NULL) == 0)
		return 0;
	snprintf(err, errlen, "%s: records of \"%s\": %s", l->directory, l->stream, strerror(errno));
	return -1;
}

static int
chain_new(struct ledger *l, const char *why, char *err, size_t errlen)
{
	const uint8_t *first = seal_keys_first(l->keys);
	uint64_t now = clock_wall_ms();
	struct buf body;
	int rc = -1;

	buf_init(&body, SEAL_BODY_MAX);
	if (seal_init_body(l->gateway, now, first, why, &body) == -1)
		snprintf(err, errlen, "records of \"%s\": the clock or the gateway's name is none", l->stream);
	else if (line_write(l, ENTRY_INIT, &body, err, errlen) == 0)
		rc = seal_keys_begin(l->keys, err, errlen);
	buf_free(&body);
	return rc;
}

/* Keys that no line names yet.  1: there is such a line after all, 0: it is due, for this reason; -1 with errno. */
static int
fresh_find(struct ledger *l, const char **why)
{
	struct position p;
	int rc;

	*why = "new";
	/* The line is the very last one, if it is there; what else is sealed is looked for to name it. */
	if ((rc = ledger_chain_find(l, LEDGER_SCAN_MAX, 1, &p)) != 1)
		return rc;
	if (p.epoch == 1 && memcmp(p.public_key, seal_keys_first(l->keys), SEAL_KEY_LEN) == 0) {
		l->at = p;
		return 1;
	}
	*why = "keys-lost";
	log_error("records: %s: was sealed until line %" PRIu64 " with keys that are not there: a new chain begins, and a new first key is to be kept",
	    l->stream, p.base);
	return 0;
}

static int
chain_continue(struct ledger *l, const char **why, char *err, size_t errlen)
{
	struct position p;
	int rc;

	*why = "lines-lost";
	if ((rc = ledger_chain_find(l, LEDGER_SCAN_MAX, 1, &p)) == 1 &&
	    (rc = seal_keys_settle(l->keys, p.epoch, p.public_key, err, errlen)) == 1) {
		l->at = p;
		return 1;
	}
	if (rc == -1)
		return -1;
	log_error("records: %s: the keys are those of epoch %" PRIu64 ", and the records end in another: a new chain begins, and a new first key is to be kept",
	    l->stream, seal_keys_epoch(l->keys));
	return seal_keys_renew(l->keys, err, errlen);
}

int
ledger_torn_tell(struct ledger *l)
{
	char octets[24], err[512] = "";
	const char *const pairs[] = { "octets", octets, NULL };
	uint64_t torn = l->torn;
	struct buf body;
	int rc = -1;

	if (torn == l->torn_told)
		return 0;
	buf_init(&body, EVENT_MAX);
	snprintf(octets, sizeof(octets), "%" PRIu64, torn - l->torn_told);
	if (record_event(l->gateway, clock_wall_ms(), "torn-tail", pairs, &body) == 0)
		rc = line_write(l, ENTRY_LINE, &body, err, sizeof(err));
	buf_free(&body);
	if (rc == 0)
		l->torn_told = torn;
	return rc;
}

/* 1: goes on, 0: has begun, -1 with err. */
static int
chain_open(struct ledger *l, const struct ledger_settings *set, char *err, size_t errlen)
{
	const char *why;
	int rc;

	errno = 0;
	*err = '\0';
	if (seal_keys_open(set->seal_directory, l->stream, &l->keys, err, errlen) == -1)
		return -1;
	rc = seal_keys_fresh(l->keys) ? fresh_find(l, &why) : chain_continue(l, &why, err, errlen);
	if (rc == -1 && *err == '\0')
		snprintf(err, errlen, "%s: records of \"%s\": newest seal: %s", l->directory, l->stream, strerror(errno));
	if (rc == 0)
		return chain_new(l, why, err, errlen);
	if (rc == 1 && seal_keys_begin(l->keys, err, errlen) == -1)
		return -1;
	l->last_ms = l->at.sealed_ms;
	return rc;
}

int
ledger_seal_open(struct ledger *l, const struct ledger_settings *set, char *err, size_t errlen)
{
	int left_open, rc;

	if (set->gateway != NULL && (l->gateway = strdup(set->gateway)) == NULL) {
		snprintf(err, errlen, "records of \"%s\": no memory", l->stream);
		return -1;
	}
	if (!set->sealed || set->seal_directory == NULL) {
		(void)ledger_torn_tell(l);
		return 0;
	}
	l->anchor = set->seal_anchor;
	buf_init(&l->seal_body, SEAL_BODY_MAX);
	if ((rc = chain_open(l, set, err, errlen)) == -1)
		return -1;
	left_open = rc == 1 && (l->torn > 0 || l->at.chain.seq != l->at.base);
	/* Records go on where these fail: the writer and the sealer try again. */
	(void)ledger_torn_tell(l);
	if (left_open)
		(void)seal_now(l, 1);
	return 0;
}

/* ---- the sealer ---- */

/* Until the epoch ends, or the day: closed days hold whole epochs but for a moment. */
static uint64_t
wait_ms(const struct ledger *l)
{
	uint64_t day = DAY_MS - clock_wall_ms() % DAY_MS;

	if (l->failing && l->epoch_ms > RETRY_MS)
		return RETRY_MS;
	return l->epoch_ms < day ? l->epoch_ms : day;
}

static void *
sealer(void *arg)
{
	struct ledger *l = arg;
	struct timespec until;
	uint64_t ns;

	pthread_mutex_lock(&l->mutex);
	while (!l->sealer_stop) {
		ns = clock_mono_ns() + wait_ms(l) * 1000000;
		until.tv_sec = (time_t)(ns / 1000000000);
		until.tv_nsec = (long)(ns % 1000000000);
		while (!l->sealer_stop && pthread_cond_timedwait(&l->due, &l->mutex, &until) == 0)
			;
		if (l->sealer_stop)
			break;
		pthread_mutex_unlock(&l->mutex);
		(void)seal_now(l, 0);
		pthread_mutex_lock(&l->mutex);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

int
ledger_sealer_start(struct ledger *l)
{
	int rc;

	if (l->keys == NULL)
		return 0;
	rc = pthread_create(&l->sealer, NULL, sealer, l);
	l->sealer_started = rc == 0;
	errno = rc;
	return rc == 0 ? 0 : -1;
}

void
ledger_sealer_stop(struct ledger *l)
{
	if (!l->sealer_started)
		return;
	pthread_mutex_lock(&l->mutex);
	l->sealer_stop = 1;
	pthread_cond_signal(&l->due);
	pthread_mutex_unlock(&l->mutex);
	pthread_join(l->sealer, NULL);
	(void)seal_now(l, 0);
}
