/* SPDX-License-Identifier: ISC */
/* The parent's side of hopwardctl: one question, one answer, on a unix socket. */
/*
 * What the front counts is read from the shared page and not believed to be
 * well-formed (front/front.h).  Answers hold nothing about any person.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "control.h"
#include "user.h"

#define ANSWER_MAX	(4u * 1024 * 1024)	/* except-list sends the whole file, with its quotes escaped */
#define SLOW_ASKER_US	100000

static const char *const stage_names[FRONT_STAGES] = { "connect", "helo", "mail", "rcpt", "data" };

/* 1: somebody listens there. */
static int
answered(const struct sockaddr_un *sun)
{
	int	fd, rc;

	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return 0;
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	rc = rc == 0 || errno == EAGAIN;	/* EAGAIN: its backlog is full */
	close(fd);
	return rc;
}

int
control_open(struct parent *p)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	const char		*path = p->conf->parent.control_socket;
	struct stat		 st;
	gid_t			 gid;
	mode_t			 mask;
	int			 fd, rc;

	p->control = -1;
	if (path == NULL || strlen(path) >= sizeof(sun.sun_path)) {
		log_warn("control_socket: no path, or too long: hopwardctl cannot ask this daemon");
		return 0;
	}
	memcpy(sun.sun_path, path, strlen(path));
	if (answered(&sun))
		return -1;
	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		goto fail;
	if (unlink(path) == -1 && errno != ENOENT)
		goto fail;
	/* The directory may be another user's, who must not turn a chmod or chown of root's to a file of his choice. */
	mask = umask(~p->conf->parent.control_mode & 0777);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc == -1 || lstat(path, &st) == -1 || listen(fd, 16) == -1)
		goto fail;
	if (p->conf->parent.control_group != NULL && (user_group(p->conf->parent.control_group, &gid) == -1 ||
	    lchown(path, (uid_t)-1, gid) == -1))
		goto fail;
	p->control = fd;
	p->control_dev = st.st_dev;
	p->control_ino = st.st_ino;
	return 0;
fail:
	log_warn("control_socket %s: %s: hopwardctl cannot ask this daemon", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return 0;
}

void
control_close(struct parent *p)
{
	const char	*path = p->conf->parent.control_socket;
	struct stat	 st;

	if (p->control == -1)
		return;
	close(p->control);
	if (lstat(path, &st) == 0 && st.st_dev == p->control_dev && st.st_ino == p->control_ino)
		unlink(path);
}

static void
put_macros(struct json *j, const struct front_stats *st)
{
	const char	*s, *end;
	size_t		 len;
	int		 i;

	json_begin_object(j, "macros");
	for (i = 0; i < FRONT_STAGES; i++) {
		json_begin_array(j, stage_names[i]);
		s = st->macros[i];
		end = s + strnlen(s, FRONT_MACROS);
		while (s < end) {
			for (len = 0; s + len < end && s[len] != ' '; len++)
				continue;
			if (len > 0)
				json_strn(j, NULL, s, len);
			s += len + 1;
		}
		json_end_array(j);
	}
	json_end_object(j);
}

static void
put_downgrade(struct json *j, const struct front_stats *st)
{
	static const char *const	 reasons[] = {
#define X(e, s) [ALARM_##e] = s,
		ALARM_STATES(X)
#undef X
	};
	uint32_t			 state = atomic_load(&st->alarm_state);

	json_begin_object(j, "downgrade");
	json_str(j, "alarm", state == ALARM_ON ? "on" : "off");
	if (state != ALARM_ON)
		json_str(j, "reason", state < ALARM_STATE_MAX ? reasons[state] : "?");
	json_u64(j, "alarms", atomic_load(&st->downgrades));
	json_u64(j, "peers", atomic_load(&st->peers));
	json_u64(j, "habits", atomic_load(&st->peers_habits));
	json_u64(j, "evicted", atomic_load(&st->peers_evicted));
	if (st->alarm_lost[0] != '\0')
		json_strn(j, "lost", st->alarm_lost, strnlen(st->alarm_lost, FRONT_LOST));
	json_end_object(j);
}

static void
put_disk(struct json *j, const struct parent *p)
{
	static const char *const	 states[] = { [RESERVE_OFF] = "off", [RESERVE_WHOLE] = "whole", [RESERVE_LACKING] = "lacking" };
	const struct front_stats	*st = p->stats;
	uint32_t			 reserve = atomic_load(&st->disk_reserve), days = atomic_load(&st->disk_days_left);

	if (atomic_load(&st->disk_size) == 0)
		return;
	json_begin_object(j, "disk");
	json_str(j, "directory", p->conf->start.ledger.directory);
	json_u64(j, "free", atomic_load(&st->disk_free));
	json_u64(j, "size", atomic_load(&st->disk_size));
	json_u64(j, "records", atomic_load(&st->disk_records));
	json_u64(j, "day", atomic_load(&st->disk_day));
	if (days != RETAIN_FOREVER)
		json_u64(j, "days_left", days);
	json_bool(j, "low", atomic_load(&st->disk_low) != 0);
	if (atomic_load(&st->disk_oldest_ms) > 0)
		json_u64(j, "oldest_ms", atomic_load(&st->disk_oldest_ms));
	json_u64(j, "keep_ms", p->conf->start.retain.keep_ms);
	json_str(j, "reserve", reserve <= RESERVE_LACKING ? states[reserve] : "?");
	json_end_object(j);
}

static void
put_front(struct json *j, struct parent *p)
{
	struct front_stats	*st = p->stats;
	int			 i;

	json_begin_object(j, "front");
	json_i64(j, "pid", p->front_pid);
	json_u64(j, "connections", atomic_load(&st->connections));
	json_u64(j, "connections_open", atomic_load(&st->connections_open));
	json_u64(j, "last_connect_ms", atomic_load(&st->last_connect_ms));
	json_u64(j, "messages", atomic_load(&st->messages));
	json_u64(j, "in_flight", atomic_load(&st->in_flight));
	json_u64(j, "queued_small", atomic_load(&st->queued_small));
	json_u64(j, "queued_large", atomic_load(&st->queued_large));
	json_u64(j, "spool_bytes", atomic_load(&st->spool_bytes));
	json_u64(j, "records_failed", atomic_load(&st->records_failed));
	put_disk(j, p);
	put_downgrade(j, st);
	json_begin_object(j, "outcomes");
	for (i = 0; i < OUTCOME_MAX; i++)
		json_u64(j, outcome_str((enum outcome)i), atomic_load(&st->outcomes[i]));
	json_end_object(j);
	json_begin_object(j, "actions");
	for (i = 0; i < ACTION_MAX; i++)
		json_u64(j, action_str((enum action)i), atomic_load(&st->actions[i]));
	json_end_object(j);
	json_begin_object(j, "refused");
	json_u64(j, "mail", atomic_load(&st->refused_mail));
	json_u64(j, "rcpt", atomic_load(&st->refused_rcpt));
	json_end_object(j);
	json_u64(j, "requiretls_clear", atomic_load(&st->requiretls_clear));
	put_macros(j, st);
	json_strn(j, "mta", st->mta, strnlen(st->mta, sizeof(st->mta)));
	json_end_object(j);
}

/* "FILE: why", one each. */
static void
put_left_out(struct json *j, const char *lines)
{
	size_t	len;

	json_begin_array(j, "left_out");
	for (; lines != NULL && *lines != '\0'; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		json_strn(j, NULL, lines, len);
	}
	json_end_array(j);
}

static void
put_generation(struct json *j, const struct parent *p)
{
	const struct generation	*gen = p->current != NULL ? p->current : p->loading;

	if (gen == NULL) {
		json_put_null(j, "generation");
		return;
	}
	json_begin_object(j, "generation");
	json_u64(j, "number", gen->number);
	json_i64(j, "pid", gen->pid);
	json_bool(j, "ready", gen == p->current);
	json_u64(j, "age_ms", (clock_mono_ns() - gen->started_ns) / 1000000);
	json_u64(j, "crashes", gen->crashes);
	json_str(j, "walls", gen->walls);
	json_str(j, "sandbox", gen->info != NULL ? gen->info->sandbox : NULL);
	if (gen->info != NULL) {
		json_begin_object(j, "engine");
		json_str(j, "version", gen->info->version);
		json_u64(j, "db_version", gen->info->db_version);
		json_u64(j, "db_time", gen->info->db_time);
		json_u64(j, "signatures", gen->info->signatures);
		json_u64(j, "load_ms", gen->info->load_ms);
		json_u64(j, "huge_bytes", gen->info->huge_bytes);
		put_left_out(j, gen->info->left_out);
		json_end_object(j);
	}
	json_end_object(j);
}

static void
put_status(struct json *j, struct parent *p)
{
	json_begin_object(j, NULL);
	json_str(j, "version", HOPWARD_VERSION);
	json_i64(j, "pid", getpid());
	json_u64(j, "uptime_ms", (clock_mono_ns() - p->started_ns) / 1000000);
	control_except_status(p, j);
	json_str(j, "socket", p->conf->start.socket);
	json_bool(j, "listening", p->listening && p->front != -1 && !p->stopping);
	put_generation(j, p);
	json_bool(j, "loading", p->loading != NULL);
	json_str(j, "last_error", p->last_error[0] != '\0' ? p->last_error : NULL);
	put_front(j, p);
	json_end_object(j);
}

static void
put_reload(struct json *j, struct parent *p)
{
	struct buf	errs;
	int		rc;

	buf_init(&errs, ANSWER_MAX / 2);
	rc = parent_reload(p, &errs);
	json_begin_object(j, NULL);
	json_bool(j, "ok", rc == 0);
	json_str(j, "error", rc == 0 ? NULL : errs.data);
	json_end_object(j);
	buf_free(&errs);
}

/* The word behind "command", or "".  Nothing else of the question's first line matters. */
static void
command_read(const char *question, char *word, size_t size)
{
	char	text[32] = "";

	if (sscanf(question, " { \"command\" : \"%31[a-z-]\"", text) != 1)
		text[0] = '\0';
	snprintf(word, size, "%s", text);
}

/* *fd becomes -1 where it is answered later. */
static void
answer(struct parent *p, int *fd, const char *question, struct buf *out)
{
	const char	*body = strchr(question, '\n');
	struct json	 j;
	char		 command[32];

	command_read(question, command, sizeof(command));
	if (control_except(p, fd, command, body != NULL ? body + 1 : "", out))
		return;
	json_begin(&j, out);
	if (strcmp(command, "status") == 0)
		put_status(&j, p);
	else if (strcmp(command, "reload") == 0)
		put_reload(&j, p);
	else {
		json_begin_object(&j, NULL);
		json_bool(&j, "ok", 0);
		json_str(&j, "error", "unknown command: this daemon knows status, reload, except-list, except-add, except-remove, "
		    "mode-observe and mode-enforce");
		json_end_object(&j);
	}
}

void
control_send(int fd, const struct buf *out)
{
	size_t	at, len;

	for (at = 0; at < out->len && !out->failed; at += len) {
		len = out->len - at < CONTROL_PACKET ? out->len - at : CONTROL_PACKET;
		if (send(fd, out->data + at, len, MSG_NOSIGNAL) == -1)
			return;
	}
}

void
control_serve(struct parent *p)
{
	struct timeval	 wait = { .tv_usec = SLOW_ASKER_US };
	struct buf	 out;
	char		 question[CONTROL_QUESTION_MAX];
	ssize_t		 n;
	int		 fd;

	if ((fd = accept4(p->control, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	buf_init(&out, ANSWER_MAX);
	if ((n = recv(fd, question, sizeof(question) - 1, 0)) > 0) {
		question[n] = '\0';
		answer(p, &fd, question, &out);
		if (fd != -1)
			control_send(fd, &out);
	}
	buf_free(&out);
	if (fd != -1)
		close(fd);
}
