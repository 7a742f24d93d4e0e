/* SPDX-License-Identifier: ISC */
/* The front's shared state, and the thread that takes the parent's packets: engines, settings, events, the end. */

/*
 * A reference to the configuration is taken under the lock that publishes it,
 * so a message never sees one half of two.  The parent is trusted, yet a packet
 * that makes no sense is logged and dropped: the front serves on.
 *
 * The end: libmilter's smfi_stop() returns at once and its sessions go on, so
 * this thread waits for the messages in flight itself and then leaves the
 * process; it does not wait for smfi_main(), which may look up only seconds later.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/log.h"
#include "base/wire.h"
#include "front/alarm.h"
#include "front/control.h"
#include "judge/exception_text.h"
#include "record/record.h"

#define MS		UINT64_C(1000000)
#define PACKET_MAX	(64 * 1024)
#define EVENT_PAIRS	16	/* keys of one event; the parent sends a handful */
/* libmilter writes a message's reply after our callback returned, and tells nobody: so long a quiet means that it is out. */
#define SETTLE_MS	150
/* Between two looks whether the peers' file is to be written: what a crash loses of habits is a minute's. */
#define SAVE_NS		(60000 * MS)

struct front *
front_new(int ctl, const struct front_start *start, struct front_stats *stats,
    const struct front_hooks *hooks)
{
	pthread_condattr_t attr;
	struct front *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->ctl = ctl;
	f->start = start;
	f->stats = stats;
	f->hooks = *hooks;
	f->budget.shown = &stats->spool_bytes;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->stats_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->quiet, &attr);
	pthread_condattr_destroy(&attr);
	return f;
}

void
front_tell(struct front *f, enum front_msg type, const void *payload, size_t len)
{
	char packet[1024];

	packet[0] = (char)type;
	if (len > sizeof(packet) - 1)
		len = sizeof(packet) - 1;
	if (len > 0)
		memcpy(packet + 1, payload, len);
	if (fdpass_send(f->ctl, packet, len + 1, NULL, 0, 0) == -1 && errno != EPIPE)
		log_warn("telling the parent: %s", strerror(errno));
}

int
front_say_once(struct front *f, enum front_said what)
{
	return (atomic_fetch_or(&f->said, what) & what) == 0;
}

/* ---- configuration ---- */

static void
conf_free(struct front *f, struct front_conf *c)
{
	if (c == NULL)
		return;
	f->hooks.settings_free(c->settings);
	privacy_free(c->privacy);
	free(c);
}

int
front_conf_publish(struct front *f, struct front_settings *settings, char *err, size_t errlen)
{
	struct front_conf *c, *old;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		snprintf(err, errlen, "no memory");
		f->hooks.settings_free(settings);
		return -1;
	}
	c->settings = settings;
	c->refs = 1;
	if (privacy_open(settings->privacy, &f->start->pseudonyms, &c->privacy, err, errlen) == -1) {
		conf_free(f, c);
		return -1;
	}
	pthread_mutex_lock(&f->lock);
	old = f->conf;
	f->conf = c;
	pthread_mutex_unlock(&f->lock);
	alarm_settings(f->alarm, settings);
	front_conf_put(f, old);
	return 0;
}

struct front_conf *
front_conf_get(struct front *f)
{
	struct front_conf *c;

	pthread_mutex_lock(&f->lock);
	if ((c = f->conf) != NULL)
		c->refs++;
	pthread_mutex_unlock(&f->lock);
	return c;
}

void
front_conf_put(struct front *f, struct front_conf *c)
{
	unsigned int left;

	if (c == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	left = --c->refs;
	pthread_mutex_unlock(&f->lock);
	if (left == 0)
		conf_free(f, c);
}

/* ---- exceptions ---- */

int
front_exceptions_publish(struct front *f, const char *text, size_t len)
{
	struct front_exceptions *x, *old;

	if ((x = calloc(1, sizeof(*x))) == NULL || exceptions_parse(text, len, &x->list, NULL) == -1) {
		free(x);
		return -1;
	}
	x->refs = 1;
	pthread_mutex_lock(&f->lock);
	old = f->exceptions;
	f->exceptions = x;
	pthread_mutex_unlock(&f->lock);
	front_exceptions_put(f, old);
	return 0;
}

struct front_exceptions *
front_exceptions_get(struct front *f)
{
	struct front_exceptions *x;

	pthread_mutex_lock(&f->lock);
	if ((x = f->exceptions) != NULL)
		x->refs++;
	pthread_mutex_unlock(&f->lock);
	return x;
}

void
front_exceptions_put(struct front *f, struct front_exceptions *x)
{
	unsigned int left;

	if (x == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	left = --x->refs;
	pthread_mutex_unlock(&f->lock);
	if (left > 0)
		return;
	exceptions_free(&x->list);
	free(x);
}

void
front_free(struct front *f)
{
	if (f == NULL)
		return;
	front_exceptions_put(f, f->exceptions);
	handover_free(f->handover);
	alarm_close(f->alarm);
	retain_stop(f->retain);
	ledger_close(f->ledger);
	conf_free(f, f->conf);
	pthread_cond_destroy(&f->quiet);
	pthread_mutex_destroy(&f->stats_lock);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* ---- messages in flight ---- */

void
front_begin(struct front *f)
{
	pthread_mutex_lock(&f->lock);
	f->in_flight++;
	atomic_store(&f->stats->in_flight, f->in_flight);
	pthread_mutex_unlock(&f->lock);
}

void
front_end(struct front *f)
{
	pthread_mutex_lock(&f->lock);
	f->in_flight--;
	f->last_end_ns = clock_mono_ns();
	atomic_store(&f->stats->in_flight, f->in_flight);
	pthread_cond_signal(&f->quiet);
	pthread_mutex_unlock(&f->lock);
}

/* Waits until nothing is in flight and the last reply is out, or the bound is reached.  Gives how many are left. */
static unsigned int
front_wait_quiet(struct front *f, uint64_t wait_ms)
{
	uint64_t now = clock_mono_ns(), limit = now + wait_ms * MS, until;
	struct timespec ts;
	unsigned int left;

	pthread_mutex_lock(&f->lock);
	for (; now < limit; now = clock_mono_ns()) {
		until = limit;
		if (f->in_flight == 0) {
			if (f->last_end_ns + SETTLE_MS * MS <= now)
				break;
			if (f->last_end_ns + SETTLE_MS * MS < limit)
				until = f->last_end_ns + SETTLE_MS * MS;
		}
		ts.tv_sec = (time_t)(until / (1000 * MS));
		ts.tv_nsec = (long)(until % (1000 * MS));
		pthread_cond_timedwait(&f->quiet, &f->lock, &ts);
	}
	left = f->in_flight;
	pthread_mutex_unlock(&f->lock);
	return left;
}

/* ---- events ---- */

void
front_event(struct front *f, const char *event, const char *const *pairs)
{
	struct front_conf *c = front_conf_get(f);
	struct buf body;

	buf_init(&body, RECORD_MAX);
	if (f->ledger == NULL || record_event(c != NULL ? c->settings->gateway : NULL,
	    clock_wall_ms(), event, pairs, &body) == -1 ||
	    ledger_append(f->ledger, body.data, body.len, NULL) == -1) {
		log_error("event %s is not on record: %s", event, strerror(errno));
		atomic_fetch_add(&f->stats->records_failed, 1);
	}
	buf_free(&body);
	front_conf_put(f, c);
}

/* ---- the parent's packets ---- */

/* Takes the three descriptors. */
static void
control_generation(struct front *f, const uint8_t *p, size_t len, int *fds, int nfds)
{
	struct engine_info *info = NULL;
	struct wire w;
	uint32_t number;

	wire_init(&w, p, len);
	number = wire_u32(&w);
	if (w.bad || nfds != 3 || engine_info_decode(p + 4, len - 4, &info) == -1) {
		log_error("the parent's word of a new generation makes no sense");
		return;
	}
	if (handover_publish(f->handover, number, info, fds) == -1)
		log_error("generation %u: no memory", number);
	else
		log_info("generation %u takes new messages", number);
	fds[0] = fds[1] = fds[2] = -1;
}

static void
control_settings(struct front *f, int fd)
{
	const char *pairs[3] = { "reason", NULL, NULL };
	struct front_settings *settings;
	char err[512] = "";
	char *text = NULL;

	if ((settings = f->hooks.settings_read(fd, &text)) == NULL)
		snprintf(err, sizeof(err), "%s", text != NULL ? text : "unreadable");
	else if (front_conf_publish(f, settings, err, sizeof(err)) == 0) {
		log_info("new settings hold from now on");
		free(text);
		return;
	}
	log_error("the old settings stay: %s", err);
	pairs[1] = err;
	front_event(f, "reload-failed", pairs);
	free(text);
}

/* The whole text behind a descriptor, at most max octets, or NULL. */
static char *
text_read(int fd, size_t max, size_t *len)
{
	char *text = malloc(max + 1);
	ssize_t n = 0;

	for (*len = 0; text != NULL && *len <= max && (n = pread(fd, text + *len, max + 1 - *len, (off_t)*len)) > 0; )
		*len += (size_t)n;
	if (text == NULL || n == -1 || *len > max) {
		free(text);
		return NULL;
	}
	return text;
}

/* Told that they hold: the parent answers who made them. */
static void
control_exceptions(struct front *f, const uint8_t *p, size_t len, int fd)
{
	struct wire w;
	size_t text_len;
	char *text;

	wire_init(&w, p, len);
	wire_u32(&w);
	if (wire_end(&w) == -1) {
		log_error("the parent's exceptions make no sense");
		return;
	}
	if ((text = text_read(fd, EXCEPTION_TEXT_MAX, &text_len)) == NULL || front_exceptions_publish(f, text, text_len) == -1)
		log_error("exceptions: no memory: the old ones stay");
	else
		front_tell(f, FRONT_MSG_EXCEPTIONS, p, len);
	free(text);
}

static void
control_event(struct front *f, const uint8_t *p, size_t len)
{
	const char *pairs[2 * EVENT_PAIRS + 1] = { NULL };
	char *strings[1 + 2 * EVENT_PAIRS] = { NULL };
	struct wire w;
	size_t n = 0, i;

	wire_init(&w, p, len);
	while (w.left > 0 && !w.bad && n < sizeof(strings) / sizeof(strings[0]))
		strings[n++] = wire_str(&w);
	for (i = 0; i < n; i++)
		if (strings[i] == NULL)
			w.bad = 1;
	/* An event and whole pairs. */
	if (wire_end(&w) == -1 || n == 0 || n % 2 == 0)
		log_error("the parent's event makes no sense");
	else {
		for (i = 1; i < n; i++)
			pairs[i - 1] = strings[i];
		front_event(f, strings[0], pairs);
	}
	for (i = 0; i < n; i++)
		free(strings[i]);
}

int
control_packet(struct front *f, const void *packet, size_t len, int *fds, int nfds)
{
	const uint8_t *p = packet;
	int i, stop = 0;

	switch (p[0]) {
	case FRONT_CTL_GENERATION:
		control_generation(f, p + 1, len - 1, fds, nfds);
		break;
	case FRONT_CTL_NO_ENGINE:
		log_warn("no engine: %.*s", (int)(len - 1), (const char *)p + 1);
		handover_withdraw(f->handover);
		break;
	case FRONT_CTL_SETTINGS:
		if (nfds == 1)
			control_settings(f, fds[0]);
		break;
	case FRONT_CTL_EXCEPTIONS:
		if (nfds == 1)
			control_exceptions(f, p + 1, len - 1, fds[0]);
		break;
	case FRONT_CTL_EVENT:
		control_event(f, p + 1, len - 1);
		break;
	case FRONT_CTL_STOP:
		stop = 1;
		break;
	default:
		log_error("a packet of the parent's that the front does not know: %u", p[0]);
	}
	for (i = 0; i < nfds; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return stop;
}

void
control_quit(struct front *f, int code)
{
	const char *pairs[5] = { "in_flight", NULL, "unfinished", NULL, NULL };
	struct front_conf *c = front_conf_get(f);
	char begun[16], cut[16];
	unsigned int left;
	int second;

	pthread_mutex_lock(&f->lock);
	second = f->quitting;
	f->quitting = 1;
	pthread_mutex_unlock(&f->lock);
	/* The first one leaves the process, and this thread with it. */
	while (second)
		pause();
	f->stop();
	snprintf(begun, sizeof(begun), "%llu",
	    (unsigned long long)atomic_load(&f->stats->in_flight));
	left = front_wait_quiet(f, c->settings->stop_wait_ms);
	if (left > 0)
		log_warn("stopping with %u messages unfinished: their clients will try again", left);
	snprintf(cut, sizeof(cut), "%u", left);
	pairs[1] = begun;
	pairs[3] = cut;
	alarm_save(f->alarm);
	retain_stop(f->retain);
	front_event(f, "stop", pairs);
	ledger_close(f->ledger);
	log_info("stopped");
#ifdef __SANITIZE_ADDRESS__
	/* _exit(2) would skip it. */
	__lsan_do_recoverable_leak_check();
#endif
	/* Not exit(3): other threads still run. */
	_exit(code);
}

/* 1: a packet, or the end of the parent; 0: it is due. */
static int
control_wait(struct front *f, uint64_t due)
{
	struct pollfd p = { .fd = f->ctl, .events = POLLIN };
	uint64_t now = clock_mono_ns();

	return now < due && poll(&p, 1, (int)((due - now) / MS) + 1) != 0;
}

void *
control_thread(void *arg)
{
	struct front *f = arg;
	int fds[FDPASS_MAX], nfds;
	char *packet;
	uint64_t due = clock_mono_ns() + SAVE_NS;
	ssize_t n;

	if ((packet = malloc(PACKET_MAX)) == NULL)
		control_quit(f, EX_OSERR);
	for (;;) {
		if (!control_wait(f, due)) {
			alarm_save(f->alarm);
			due = clock_mono_ns() + SAVE_NS;
			continue;
		}
		nfds = 0;
		n = fdpass_recv(f->ctl, packet, PACKET_MAX, fds, FDPASS_MAX, &nfds, 0);
		if (n == -1 && (errno == EINTR || errno == EBADMSG))
			continue;
		if (n <= 0) {
			log_warn("the parent is gone");
			break;
		}
		if (control_packet(f, packet, (size_t)n, fds, nfds))
			break;
	}
	free(packet);
	control_quit(f, EX_OK);
}
