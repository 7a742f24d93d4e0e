/* SPDX-License-Identifier: ISC */
/* The front's life: open what it needs, listen, serve, and go when the parent says so. */

/*
 * Runs in a child of the parent that has dropped privileges and has a process
 * group of its own: libmilter's signal thread takes a stray HUP, TERM or INT as
 * the order to stop, so the parent sends none and speaks on the control socket.
 * All signals are blocked before the first thread exists.  What fails before
 * the socket listens ends the front with a code of sysexits.h; later, nothing does.
 */

#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "front/alarm.h"
#include "front/filter.h"
#include "record/pseudonym.h"

#define FILES_WANTED	65536	/* a connection, a memfd and a reply socket for each message; the kernel counts queued ones too */

static void
front_fail(struct front *f, int code, const char *why) __attribute__((noreturn));
static void
front_fail(struct front *f, int code, const char *why)
{
	log_error("%s", why);
	front_tell(f, FRONT_MSG_FAILED, why, strlen(why));
	retain_stop(f->retain);
	ledger_close(f->ledger);
	_exit(code);
}

/* The path of a unix socket in libmilter's spelling, or NULL. */
static const char *
socket_path(const char *spec)
{
	if (strncasecmp(spec, "unix:", 5) == 0)
		return spec + 5;
	if (strncasecmp(spec, "local:", 6) == 0)
		return spec + 6;
	return *spec == '/' ? spec : NULL;
}

/* Nobody can connect before group and mode are right: it was made under umask 0777. */
static int
socket_rights(const struct front_start *start, char *err, size_t errlen)
{
	const char *path = socket_path(start->socket);
	struct group *gr;
	gid_t gid;

	if (path == NULL)
		return 0;
	if (start->socket_group != NULL) {
		/* Numbers need not stand in the group file. */
		gid = (gid_t)strtoul(start->socket_group, NULL, 10);
		if ((gr = getgrnam(start->socket_group)) != NULL)
			gid = gr->gr_gid;
		else if (start->socket_group[strspn(start->socket_group, "0123456789")] != '\0') {
			snprintf(err, errlen, "%s: no group %s", path, start->socket_group);
			return -1;
		}
		if (chown(path, (uid_t)-1, gid) == -1) {
			snprintf(err, errlen, "%s: giving it to group %s: %s (hopward's user must be a member)",
			    path, start->socket_group, strerror(errno));
			return -1;
		}
	}
	if (chmod(path, start->socket_mode) == -1) {
		snprintf(err, errlen, "%s: chmod: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

static void
files_raise(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max == RLIM_INFINITY || rl.rlim_max > FILES_WANTED ?
	    FILES_WANTED : rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("RLIMIT_NOFILE: %s", strerror(errno));
}

static void
on_drained(void *arg, uint32_t number)
{
	uint8_t wire[4] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
	    (uint8_t)(number >> 24) };

	log_info("generation %u has no job left", number);
	front_tell(arg, FRONT_MSG_DRAINED, wire, sizeof(wire));
}

static void
record_start(struct front *f)
{
	const char *pairs[5] = { "version", HOPWARD_VERSION, NULL, NULL, NULL };
	char torn[24];

	if (ledger_torn(f->ledger) > 0) {
		snprintf(torn, sizeof(torn), "%llu", (unsigned long long)ledger_torn(f->ledger));
		pairs[2] = "torn_octets";
		pairs[3] = torn;
	}
	front_event(f, "start", pairs);
}

/* ---- the keeper of the records' files ---- */

static void
on_look(void *arg, const struct retain_look *look)
{
	struct front_stats *st = ((struct front *)arg)->stats;

	atomic_store(&st->disk_free, look->free);
	atomic_store(&st->disk_records, look->octets);
	atomic_store(&st->disk_day, look->day_octets);
	atomic_store(&st->disk_oldest_ms, look->oldest_ms);
	atomic_store(&st->disk_days_left, look->days_left);
	atomic_store(&st->disk_low, (uint32_t)look->low);
	atomic_store(&st->disk_reserve, (uint32_t)look->reserve);
	atomic_store(&st->disk_size, look->size);
}

static int
on_key_destroyed(void *arg, const char *period, const char *purpose)
{
	const char *pairs[5] = { "period", period, "purpose", purpose, NULL };

	front_event(arg, "key-destroyed", pairs);
	return 0;
}

/* Whose records are gone: nobody has a use for the keys to their pseudonyms. */
static void
on_expired(void *arg, uint64_t before_ms)
{
	struct front *f = arg;
	char err[512] = "";

	if (pseudonyms_expire(f->start->pseudonyms.directory, before_ms, on_key_destroyed, f, err, sizeof(err)) == -1)
		log_warn("%s", err);
}

static void
keeper_start(struct front *f)
{
	const struct retain_hooks hooks = { on_look, on_expired, f };
	struct front_conf *c = front_conf_get(f);
	const struct retain_job job = { .set = &f->start->retain, .directory = f->start->ledger.directory, .stream = "mail",
	    .gateway = c->settings->gateway, .sealed = f->start->ledger.sealed, .ledger = f->ledger };

	if (retain_start(&job, &hooks, &f->retain) == -1)
		log_error("records: nothing is compressed and nothing expires: %s", strerror(errno));
	front_conf_put(f, c);
}

/* Everything that may fail, in the order of what is cheapest to undo. */
static void
front_open(struct front *f, struct front_settings *settings, const struct filter_ops *ops)
{
	struct ledger_settings ledger = f->start->ledger;
	char err[512] = "";
	mode_t mask;

	if (handover_new(on_drained, f, &f->stats->queued_small, &f->stats->queued_large,
	    &f->handover) == -1)
		front_fail(f, EX_OSERR, "no memory");
	if ((f->alarm = alarm_open(&f->start->peers, f->stats)) == NULL)
		front_fail(f, EX_OSERR, "no memory");
	if (front_conf_publish(f, settings, err, sizeof(err)) == -1)
		front_fail(f, EX_CONFIG, err);
	if (f->start->exceptions != NULL &&
	    front_exceptions_publish(f, f->start->exceptions, strlen(f->start->exceptions)) == -1)
		front_fail(f, EX_OSERR, "no memory");
	if (retain_check(&f->start->retain, ledger.directory, "mail", err, sizeof(err)) == -1)
		front_fail(f, EX_CANTCREAT, err);
	ledger.gateway = settings->gateway;
	if (ledger_open(&ledger, "mail", &f->ledger, err, sizeof(err)) == -1)
		front_fail(f, EX_CANTCREAT, err);
	mask = umask(0777);
	if (ops->open(f, f->start->socket, err, sizeof(err)) == -1) {
		umask(mask);
		front_fail(f, EX_UNAVAILABLE, err);
	}
	umask(mask);
	if (socket_rights(f->start, err, sizeof(err)) == -1)
		front_fail(f, EX_NOPERM, err);
}

void
front_run(int ctl, struct front_settings *settings, const struct front_start *start,
    struct front_stats *stats, const struct front_hooks *hooks, const struct filter_ops *ops)
{
	struct front *f;
	pthread_t control;
	sigset_t all;
	int rv;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	files_raise();
	if ((f = front_new(ctl, start, stats, hooks)) == NULL)
		fatal(EX_OSERR, "no memory");
	f->stop = ops->stop;
	front_open(f, settings, ops);
	record_start(f);
	keeper_start(f);
	if ((rv = pthread_create(&control, NULL, control_thread, f)) != 0)
		front_fail(f, EX_OSERR, strerror(rv));
	atomic_store(&stats->started_ms, clock_wall_ms());
	front_tell(f, FRONT_MSG_LISTENING, NULL, 0);
	log_info("listening on %s", start->socket);
	rv = ops->run();
	/*
	 * Either the control thread has stopped it and leaves the process soon,
	 * or a signal did: then there is no way back to listening, and the
	 * messages in flight are finished as at any other stop.
	 */
	control_quit(f, rv == -1 ? EX_UNAVAILABLE : EX_OK);
}
