/* SPDX-License-Identifier: ISC */
/* The control socket's questions about exceptions and the mode: checked, done, and answered once the front holds them. */
/*
 * Who asks is known from the kernel (SO_PEERCRED); that root asks on somebody's
 * behalf is root's own word, and shown as that.  What a line may hold is the
 * judge's to say, how long it may hold the configuration's.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "control.h"

#define ASKER_WAIT_NS	(3 * SECOND_NS)	/* the front takes a packet in milliseconds, unless it is being started */
#define ID_LEN		5		/* 32 million of them; at most some hundred are in the file */

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* One question, cut. */
struct asked {
	struct parent	*p;
	int		*fd;
	char		*what, *reason, *behalf;	/* "" where there is none */
	struct except_who who;
	char		 by[EXCEPTION_BY_MAX + 1];
	char		 uid[16];
	struct buf	*out;
};

/* ---- answers ---- */

static void
answer_no(struct asked *a, const char *error)
{
	struct json	 j;

	json_begin(&j, a->out);
	json_begin_object(&j, NULL);
	json_bool(&j, "ok", 0);
	json_str(&j, "error", error);
	json_end_object(&j);
}

/* The line tells what holds now, and until when. */
static void
answer_yes(const char *line, int held, struct buf *out)
{
	struct json	 j;

	json_begin(&j, out);
	json_begin_object(&j, NULL);
	json_bool(&j, "ok", 1);
	json_strn(&j, "line", line, strcspn(line, "\n"));
	json_bool(&j, "held", held);
	json_end_object(&j);
}

static void
asker_answer(struct parent_asker *asker, int held)
{
	struct buf	 out;

	buf_init(&out, 16384);
	answer_yes(asker->line, held, &out);
	control_send(asker->fd, &out);
	buf_free(&out);
	close(asker->fd);
	free(asker->line);
	memset(asker, 0, sizeof(*asker));
}

void
control_held(struct parent *p, uint32_t serial)
{
	size_t	 i;

	p->except.held = serial;
	for (i = 0; i < PARENT_ASKERS_MAX; i++)
		if (p->askers[i].fd != 0 && (int32_t)(serial - p->askers[i].serial) >= 0)
			asker_answer(&p->askers[i], 1);
}

void
control_timers(struct parent *p, uint64_t now)
{
	size_t	 i;

	for (i = 0; i < PARENT_ASKERS_MAX; i++)
		if (p->askers[i].fd != 0 && now >= p->askers[i].due_ns)
			asker_answer(&p->askers[i], 0);
}

static struct parent_asker *
asker_free(struct parent *p)
{
	size_t	 i;

	for (i = 0; i < PARENT_ASKERS_MAX; i++)
		if (p->askers[i].fd == 0)
			return &p->askers[i];
	return NULL;
}

/* Changes it, and lets the asker wait until the front holds it. */
static void
change(struct asked *a, struct exception_close *close, const char *line, const char *tell)
{
	struct parent_asker	*asker = asker_free(a->p);
	char			*copy = strdup(tell);
	char			 err[512];
	int			 rc;

	close->ended = 1;
	close->now = parent_except_now();
	if (asker == NULL || copy == NULL) {
		answer_no(a, "too many ask at once: try again in some seconds");
		free(copy);
		return;
	}
	if ((rc = parent_except_change(a->p, close, line, &a->who, err, sizeof(err))) <= 0) {
		if (rc == -1)
			answer_no(a, err);
		else
			answer_yes(tell, 1, a->out);
		free(copy);
		return;
	}
	*asker = (struct parent_asker){ .fd = *a->fd, .serial = a->p->except.serial, .line = copy,
	    .due_ns = clock_mono_ns() + ASKER_WAIT_NS };
	*a->fd = -1;
	/* It may have been held before we began to wait. */
	if (a->p->except.held == a->p->except.serial)
		asker_answer(asker, 1);
}

/* ---- who asks ---- */

static void
who_asks(struct asked *a)
{
	struct ucred	 cred;
	socklen_t	 len = sizeof(cred);
	struct passwd	*pw;
	char		 name[EXCEPTION_BY_MAX + 1];

	a->who.via = "control";
	if (getsockopt(*a->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
		snprintf(a->by, sizeof(a->by), "unknown");
		a->who.by = a->by;
		return;
	}
	snprintf(a->uid, sizeof(a->uid), "%lu", (unsigned long)cred.uid);
	if ((pw = getpwuid(cred.uid)) != NULL && pw->pw_name[0] != '\0')
		snprintf(name, sizeof(name), "%.40s", pw->pw_name);
	else
		snprintf(name, sizeof(name), "uid %s", a->uid);
	if (cred.uid == 0 && a->behalf[0] != '\0')
		snprintf(a->by, sizeof(a->by), "%.20s (for %.32s)", name, a->behalf);
	else
		snprintf(a->by, sizeof(a->by), "%.60s", name);
	a->who.by = a->by;
	a->who.uid = a->uid;
}

/* The three lines of a question's body, cut in place.  0, or -1: there are more. */
static int
body_cut(char *body, struct asked *a)
{
	char	**lines[] = { &a->what, &a->reason, &a->behalf };
	char	*feed;
	size_t	 i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		*lines[i] = body;
		if ((feed = strchr(body, '\n')) == NULL)
			body += strlen(body);
		else {
			*feed = '\0';
			body = feed + 1;
		}
	}
	return *body == '\0' ? 0 : -1;
}

/* ---- the commands ---- */

static int
until_check(const struct asked *a, int64_t until, char *err, size_t errlen)
{
	uint64_t	 max = a->p->conf->parent.exceptions_max_ms;
	int64_t		 now = parent_except_now();
	char		 text[32];

	units_time_str(max, text, sizeof(text));
	if (until <= now)
		snprintf(err, errlen, "until: that time is over already");
	/* A second for the way from hopwardctl to here. */
	else if (until - now > (int64_t)(max / 1000) + 1)
		snprintf(err, errlen, "until: at most %s from now (exceptions.max): make it shorter, and another one when it is over", text);
	else
		return 0;
	return -1;
}

static void
id_make(const char *text, char *id)
{
	unsigned char	 r[ID_LEN];
	char		 word[EXCEPTION_ID_MAX + 8];
	size_t		 i;

	do {
		if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
			memset(r, (int)(clock_mono_ns() & 0xff), sizeof(r));
		for (i = 0; i < ID_LEN; i++)
			id[i] = base32[r[i] % 32];
		id[ID_LEN] = '\0';
		snprintf(word, sizeof(word), "id=%s ", id);
	} while (text != NULL && strcasestr(text, word) != NULL);
}

static void
add(struct asked *a)
{
	struct exception_close	 close = { 0 };
	struct override_mode	 m;
	struct exception	 e;
	struct buf		 line;
	char			 err[512] = "want a line that begins with \"except\"";
	enum exception_line	 kind;

	if ((kind = exception_parse(a->what, strlen(a->what), &e, &m, err, sizeof(err))) != EXCEPTION_EXCEPT) {
		if (kind == EXCEPTION_MODE)
			override_mode_clear(&m);
		answer_no(a, err);
		return;
	}
	buf_init(&line, EXCEPTION_LINE_MAX + 1);
	id_make(a->p->except.text.data, e.id);
	e.added = parent_except_now();
	if (until_check(a, e.until, err, sizeof(err)) == -1 || exception_set_by(&e, a->by, err, sizeof(err)) == -1)
		answer_no(a, err);
	else if (a->p->except.list.count >= EXCEPTIONS_MAX) {
		snprintf(err, sizeof(err), "there are %d exceptions already: remove some", EXCEPTIONS_MAX);
		answer_no(a, err);
	} else if (exception_print(&e, &line) == -1)
		answer_no(a, "the exception is too long for a line");
	else
		change(a, &close, line.data, line.data);
	buf_free(&line);
	exception_clear(&e);
}

static void
reason_check(struct asked *a, char *err, size_t errlen)
{
	struct exception	 e;

	memset(&e, 0, sizeof(e));
	err[0] = '\0';
	if (a->reason[0] != '\0' && exception_set_reason(&e, a->reason, err, errlen) == 0)
		a->who.reason = a->reason;
	exception_clear(&e);
}

static void
remove_one(struct asked *a)
{
	struct exception_close	 close = { .id = a->what };
	const struct exceptions	*x = &a->p->except.list;
	struct buf		 line;
	char			 err[512];
	size_t			 i;

	for (i = 0; i < x->count && strcasecmp(x->list[i].id, a->what) != 0; i++)
		continue;
	reason_check(a, err, sizeof(err));
	if (err[0] == '\0' && i == x->count)
		snprintf(err, sizeof(err), "there is no exception \"%.32s\" in force: \"hopwardctl except list\" shows them", a->what);
	if (err[0] != '\0') {
		answer_no(a, err);
		return;
	}
	buf_init(&line, EXCEPTION_LINE_MAX + 1);
	if (exception_print(&x->list[i], &line) == -1)
		answer_no(a, "no memory");
	else
		change(a, &close, NULL, line.data);
	buf_free(&line);
}

static void
observe(struct asked *a)
{
	struct exception_close	 close = { .mode = 1 };
	struct override_mode	 m;
	struct exception	 e;
	struct buf		 line;
	char			 err[512] = "want a line that begins with \"mode observe\"";
	enum exception_line	 kind;

	if (a->p->conf->front->policy.observe) {
		answer_no(a, "mode is observe already, by the configuration");
		return;
	}
	if ((kind = exception_parse(a->what, strlen(a->what), &e, &m, err, sizeof(err))) != EXCEPTION_MODE) {
		if (kind == EXCEPTION_EXCEPT)
			exception_clear(&e);
		answer_no(a, err);
		return;
	}
	buf_init(&line, EXCEPTION_LINE_MAX + 1);
	m.added = parent_except_now();
	free(m.by);
	m.by = strdup(a->by);
	if (until_check(a, m.until, err, sizeof(err)) == -1)
		answer_no(a, err);
	else if (m.by == NULL || override_mode_print(&m, &line) == -1)
		answer_no(a, "no memory");
	else
		change(a, &close, line.data, line.data);
	buf_free(&line);
	override_mode_clear(&m);
}

static void
enforce(struct asked *a)
{
	struct exception_close	 close = { .mode = 1 };
	char			 err[512];

	reason_check(a, err, sizeof(err));
	if (a->p->conf->front->policy.observe)
		snprintf(err, sizeof(err), "mode is observe by the configuration: set  mode = \"enforce\";  there, then \"hopwardctl reload\"");
	if (err[0] != '\0')
		answer_no(a, err);
	else
		change(a, &close, NULL, "mode enforce");
}

/* The text itself: hopwardctl reads it as it reads the file where no daemon runs. */
static void
list(struct asked *a)
{
	struct json	 j;

	json_begin(&j, a->out);
	json_begin_object(&j, NULL);
	json_bool(&j, "ok", 1);
	json_str(&j, "file", a->p->conf->parent.exceptions_file);
	json_strn(&j, "text", a->p->except.text.data != NULL ? a->p->except.text.data : "", a->p->except.text.len);
	json_end_object(&j);
}

int
control_except(struct parent *p, int *fd, const char *command, const char *body, struct buf *out)
{
	static const struct {
		const char	*name;
		void		(*run)(struct asked *);
	} commands[] = {
		{ "except-list", list }, { "except-add", add }, { "except-remove", remove_one },
		{ "mode-observe", observe }, { "mode-enforce", enforce }
	};
	struct asked	 a = { .p = p, .fd = fd, .out = out };
	char		*copy;
	size_t		 i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(command, commands[i].name) == 0)
			break;
	if (i == sizeof(commands) / sizeof(commands[0]))
		return 0;
	if ((copy = strdup(body)) == NULL || body_cut(copy, &a) == -1)
		answer_no(&a, copy == NULL ? "no memory" : "the question has more than three lines");
	else if (p->stopping)
		answer_no(&a, "the daemon is stopping");
	else {
		who_asks(&a);
		commands[i].run(&a);
	}
	free(copy);
	return 1;
}

/* ---- status ---- */

static void
put_warning(struct json *j, const char *text, size_t len, const char *behind)
{
	struct buf	 b;

	buf_init(&b, 2048);
	buf_addz(&b, "exceptions.file: ");
	buf_add(&b, text, len);
	buf_addz(&b, behind);
	json_strn(j, NULL, b.data, b.len);
	buf_free(&b);
}

void
control_except_status(struct parent *p, struct json *j)
{
	const struct exceptions	*x = &p->except.list;
	const char		*s, *nl;
	int64_t			 now = parent_except_now();
	char			 text[32];
	size_t			 i, n = 0, left_out = 0;
	int			 on = override_mode_on(&x->mode, now);

	json_str(j, "mode", p->conf->front->policy.observe || on ? "observe" : "enforce");
	if (on) {
		json_begin_object(j, "mode_until");
		json_str(j, "until", exception_time_str(x->mode.until, text, sizeof(text)));
		json_str(j, "by", x->mode.by);
		json_str(j, "reason", x->mode.reason);
		json_end_object(j);
	}
	for (i = 0; i < x->count; i++)
		n += now < x->list[i].until;
	json_u64(j, "exceptions", n);
	json_begin_array(j, "warnings");
	for (s = p->except.errs.data; s != NULL && (nl = strchr(s, '\n')) != NULL; s = nl + 1)
		if (left_out++ < EXCEPT_ERRS_SHOWN)
			put_warning(j, s, (size_t)(nl - s), ": left out, the others hold");
	if (left_out > EXCEPT_ERRS_SHOWN) {
		snprintf(text, sizeof(text), "%zu more lines", left_out - EXCEPT_ERRS_SHOWN);
		put_warning(j, text, strlen(text), " are left out");
	}
	if (p->except.trouble[0] != '\0')
		put_warning(j, p->except.trouble, strlen(p->except.trouble), "");
	json_end_array(j);
}
