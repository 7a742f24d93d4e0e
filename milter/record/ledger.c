/* SPDX-License-Identifier: ISC */
/* Appends records to the day's file, in order, whole, and durable before the caller goes on. */
/*
 * Called by the front's threads and by hopwardctl collect.  One thread of its
 * own writes: it takes all lines that wait, writes them with one write(2) and
 * syncs them with one fdatasync(2), then wakes their callers (group commit).
 * Owns the file, the lock and the thread; a waiting line is its caller's.
 * Limits: LEDGER_LINE_MAX a line, LEDGER_BATCH_MAX a write.
 * Chains and seals with ledger_seal.c.  It does not compress or expire.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "record/ledger_int.h"
#include "record/reserve.h"

static void
hex(const unsigned char *p, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

/* ---- one line ---- */

/* RFC 6962's reason for salt: a leaf that outlives its erased line must not confirm a guess of it. */
int
ledger_entry_hash(struct entry *e)
{
	unsigned char salt[LEDGER_SALT_LEN], leaf[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len = 0;
	int ok;

	ok = ctx != NULL && RAND_bytes(salt, sizeof(salt)) == 1 && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, salt, sizeof(salt)) == 1 && EVP_DigestUpdate(ctx, e->body, e->len) == 1 &&
	    EVP_DigestFinal_ex(ctx, leaf, &len) == 1 && len == LEDGER_LEAF_LEN;
	EVP_MD_CTX_free(ctx);
	if (!ok) {
		errno = EIO;
		return -1;
	}
	hex(salt, sizeof(salt), e->salt);
	hex(leaf, LEDGER_LEAF_LEN, e->leaf);
	memcpy(e->hash, leaf, LEDGER_LEAF_LEN);
	return 0;
}

/* ---- the writer ---- */

static int
batch_add(struct ledger *l, const struct entry *e)
{
	return buf_addf(&l->batch, "{\"seq\":%" PRIu64 ",\"stream\":\"%s\",\"salt\":\"%s\",\"leaf\":\"%s\"%s", e->seq, l->stream,
	    e->salt, e->leaf, e->body[1] == '}' ? "" : ",") == -1 || buf_add(&l->batch, e->body + 1, e->len - 1) == -1 ||
	    buf_addc(&l->batch, '\n') == -1 ? -1 : 0;
}

/* Its place in the chain; a seal becomes the last of its epoch. */
static void
chain_entry(struct ledger *l, struct entry *e, struct position *at)
{
	if (e->kind == ENTRY_INIT) {
		seal_chain_init(&at->chain, l->stream, seal_keys_first(l->keys), e->seq - 1);
		at->base = e->seq - 1;
	}
	seal_chain_add(&at->chain, e->seq, e->hash);
	if (e->kind == ENTRY_SEAL) {
		at->base = e->seq;
		e->after = at->chain;
	}
}

int
ledger_commit(struct ledger *l, struct entry *first, const struct entry *end)
{
	int sync = l->sync != LEDGER_SYNC_NONE;
	struct position at;
	struct entry *e;
	uint64_t seq;

	if (ledger_file_ready(l, first->day) == -1)
		return -1;
	buf_reset(&l->batch);
	seq = l->seq;
	at = l->at;
	for (e = first; e != end; e = e->next) {
		e->seq = ++seq;
		if (e->kind == ENTRY_SEAL && ledger_seal_line(l, e, &at) == -1)
			return -1;
		if (batch_add(l, e) == -1) {
			errno = ENOMEM;
			return -1;
		}
		if (l->keys != NULL)
			chain_entry(l, e, &at);
		/* A key is destroyed on the strength of it. */
		sync |= e->kind != ENTRY_LINE;
	}
	if (ledger_file_write(l, l->batch.data, l->batch.len, sync) == -1)
		return -1;
	l->seq = seq;
	l->at = at;
	return 0;
}

/* As many entries as share a day's file and a write. */
static struct entry *
run_end(const struct ledger *l, struct entry *first)
{
	const char *day = strcmp(first->day, l->day) > 0 ? first->day : l->day;
	struct entry *e;
	size_t size = 0;

	for (e = first; e != NULL; e = e->next) {
		size += e->len + PREFIX_MAX;
		if (e != first && (l->sync == LEDGER_SYNC_ALWAYS || strcmp(e->day, day) > 0 || size > LEDGER_BATCH_MAX))
			break;
	}
	return e;
}

static void
write_all(struct ledger *l, struct entry *list)
{
	struct entry *e, *end;

	while (list != NULL) {
		end = run_end(l, list);
		if (ledger_commit(l, list, end) == 0 || ((errno == ENOSPC || errno == EDQUOT) &&
		    reserve_release(l->directory, l->stream) && ledger_commit(l, list, end) == 0)) {
			list = end;
			continue;
		}
		/* One by one: a large line that does not fit must not take small ones with it. */
		for (e = list; e != end; e = e->next)
			e->error = ledger_commit(l, e, e->next) == -1 ? (errno != 0 ? errno : EIO) : 0;
		list = end;
	}
}

static void
wait_for_company(struct ledger *l)
{
	struct timespec until;
	uint64_t ns;

	if (l->sync != LEDGER_SYNC_BATCH || l->batch_us == 0)
		return;
	ns = clock_mono_ns() + l->batch_us * 1000;
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (!l->stop && pthread_cond_timedwait(&l->wake, &l->mutex, &until) == 0)
		;
}

static void *
writer(void *arg)
{
	struct ledger *l = arg;
	struct entry *e, *list, *next;

	pthread_mutex_lock(&l->mutex);
	for (;;) {
		while (l->head == NULL && !l->stop)
			pthread_cond_wait(&l->wake, &l->mutex);
		if (l->head == NULL)
			break;
		wait_for_company(l);
		list = l->head;
		l->head = NULL;
		l->tail = &l->head;
		pthread_mutex_unlock(&l->mutex);

		write_all(l, list);
		(void)ledger_torn_tell(l);

		pthread_mutex_lock(&l->mutex);
		for (e = list; e != NULL; e = next) {
			next = e->next;		/* done: its stack may go */
			e->done = 1;
		}
		pthread_cond_broadcast(&l->done);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

/* ---- opening and closing ---- */

static int
threads_init(struct ledger *l)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int rc;

	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->done, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_cond_init(&l->due, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are the process' business, not this thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&l->thread, NULL, writer, l);
	l->started = rc == 0;
	if (rc == 0 && ledger_sealer_start(l) == -1)
		rc = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = rc;
	return rc == 0 ? 0 : -1;
}

static int
stream_valid(const char *stream)
{
	size_t n = strspn(stream, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= LEDGER_STREAM_MAX && stream[n] == '\0';
}

int
ledger_open(const struct ledger_settings *settings, const char *stream, struct ledger **out, char *err, size_t errlen)
{
	struct ledger *l = NULL;
	char today[DAY_LEN + 1];
	const char *what = "no memory";

	*out = NULL;
	if (!stream_valid(stream) || settings->directory == NULL) {
		snprintf(err, errlen, "records: no directory, or no name for a stream: \"%s\"", stream);
		return -1;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		goto fail;
	l->fd = l->lock_fd = -1;
	l->tail = &l->head;
	l->sync = settings->sync;
	l->batch_us = settings->batch_us;
	l->epoch_ms = settings->sealed && settings->seal_directory != NULL ? settings->seal_epoch_ms : 0;
	snprintf(l->stream, sizeof(l->stream), "%s", stream);
	buf_init(&l->batch, LEDGER_BATCH_MAX + LEDGER_LINE_MAX);
	if ((l->directory = strdup(settings->directory)) == NULL)
		goto fail;
	what = "lock";
	if (ledger_lock(l) == -1)
		goto fail;
	what = "newest line";
	if (ledger_position(l) == -1)
		goto fail;
	what = "today's file";
	if (ledger_day(clock_wall_ms(), today) == -1 || ledger_file_ready(l, today) == -1)
		goto fail;
	what = "seal";
	if (ledger_seal_open(l, settings, err, errlen) == -1)
		goto fail;
	what = "thread";
	if (threads_init(l) == -1)
		goto fail;
	*out = l;
	return 0;
fail:
	if (l != NULL && strcmp(what, "seal") == 0)
		;	/* told already */
	else if (strcmp(what, "lock") == 0 && errno == EWOULDBLOCK)
		snprintf(err, errlen, "%s: another process writes the records of \"%s\"", settings->directory, stream);
	else if (errno == EFBIG)
		snprintf(err, errlen, "%s: the newest file of \"%s\" ends in something that is no record; move it away",
		    settings->directory, stream);
	else
		snprintf(err, errlen, "%s: records of \"%s\": %s: %s", settings->directory, stream, what, strerror(errno));
	ledger_close(l);
	return -1;
}

uint64_t
ledger_torn(const struct ledger *l)
{
	return l->torn;
}

/* ---- appending ---- */

int
ledger_enqueue(struct ledger *l, struct entry *e)
{
	pthread_mutex_lock(&l->mutex);
	if (l->stop || ledger_day(clock_wall_ms(), e->day) == -1) {
		pthread_mutex_unlock(&l->mutex);
		errno = ESHUTDOWN;
		return -1;
	}
	*l->tail = e;
	l->tail = &e->next;
	pthread_cond_signal(&l->wake);
	while (!e->done)
		pthread_cond_wait(&l->done, &l->mutex);
	pthread_mutex_unlock(&l->mutex);
	errno = e->error;
	return e->error != 0 ? -1 : 0;
}

int
ledger_append(struct ledger *l, const char *body, size_t len, uint64_t *seq)
{
	struct entry e;

	memset(&e, 0, sizeof(e));
	e.body = body;
	e.len = len;
	/* A newline or NUL inside would end the line early; the leaf would then prove another text. */
	if (len < 2 || body[0] != '{' || (body[1] != '"' && body[1] != '}') || body[len - 1] != '}' ||
	    memchr(body, '\n', len) != NULL || memchr(body, '\0', len) != NULL) {
		errno = EINVAL;
		return -1;
	}
	if (len > LEDGER_LINE_MAX - PREFIX_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (ledger_entry_hash(&e) == -1 || ledger_enqueue(l, &e) == -1)
		return -1;
	if (seq != NULL)
		*seq = e.seq;
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	ledger_sealer_stop(l);
	if (l->started) {
		pthread_mutex_lock(&l->mutex);
		l->stop = 1;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->mutex);
		pthread_join(l->thread, NULL);
		pthread_mutex_destroy(&l->mutex);
		pthread_cond_destroy(&l->wake);
		pthread_cond_destroy(&l->done);
		pthread_cond_destroy(&l->due);
	}
	ledger_file_close(l);
	if (l->lock_fd != -1)
		close(l->lock_fd);
	seal_keys_free(l->keys);
	buf_free(&l->batch);
	buf_free(&l->seal_body);
	free(l->gateway);
	free(l->directory);
	free(l);
}
