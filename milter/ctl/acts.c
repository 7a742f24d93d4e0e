/* SPDX-License-Identifier: ISC */
/* Records what a person does with hopwardctl, before it is done: who, and why. */
/*
 * Called by the commands that change something.  One event a call: acts are rare, and each
 * must be on disk before its deed.  The child that writes has given up root for good; it owns
 * the ledger and ends with it.  Called by a single-threaded process alone, since it forks.
 * It does not judge who may act: the operating system does.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/acts.h"
#include "record/ledger.h"
#include "record/record.h"
#include "record/retain.h"

#define LOCK_WAIT_NS	5000000000ull	/* for another hopwardctl: an act takes milliseconds */
#define LOCK_STEP_NS	20000000
#define OWN_PAIRS	3		/* who, by, uid */

/* ---- who ---- */

/* The login that this session began with: it survives su(1).  -1: none, or the kernel does not say. */
static int
login_uid(uid_t *uid)
{
	char text[16] = "";
	unsigned long v;
	char *end;
	ssize_t n;
	int fd;

	if ((fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	v = strtoul(text, &end, 10);
	if (n <= 0 || end == text || v >= UINT32_MAX)
		return -1;
	*uid = (uid_t)v;
	return 0;
}

static void
person_uid(struct acts_person *p, uid_t uid, const char *by)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL && strlen(pw->pw_name) < sizeof(p->who))
		snprintf(p->who, sizeof(p->who), "%s", pw->pw_name);
	else
		snprintf(p->who, sizeof(p->who), "%lu", (unsigned long)uid);
	snprintf(p->by, sizeof(p->by), "%s", by);
}

void
acts_person(struct acts_person *p)
{
	const char *sudo = getenv("SUDO_USER");
	uid_t uid;

	memset(p, 0, sizeof(*p));
	snprintf(p->uid, sizeof(p->uid), "%lu", (unsigned long)getuid());
	/* Of anybody but root the variable is only what he says of himself. */
	if (getuid() == 0 && sudo != NULL && *sudo != '\0' && strlen(sudo) < sizeof(p->who)) {
		snprintf(p->who, sizeof(p->who), "%s", sudo);
		snprintf(p->by, sizeof(p->by), "sudo");
	} else if (login_uid(&uid) == 0)
		person_uid(p, uid, "login");
	else
		person_uid(p, getuid(), "uid");
}

const char *
acts_why_bad(const char *why)
{
	size_t i;

	if (why[strspn(why, " \t")] == '\0')
		return "is empty";
	if (strlen(why) > ACTS_WHY_MAX)
		return "is longer than 512 octets";
	for (i = 0; why[i] != '\0'; i++)
		if (iscntrl((unsigned char)why[i]))
			return "has a control character";
	return NULL;
}

/* ---- the record ---- */

int
acts_become_owner(const char *directory)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) == -1)
		return -1;
	if (st.st_uid == 0)
		return 0;
	return setgroups(0, NULL) == -1 || setgid(st.st_gid) == -1 || setuid(st.st_uid) == -1 ? -1 : 0;
}

/* The ledger, as soon as nobody else has it. */
static struct ledger *
open_patiently(const struct ledger_settings *set, char *err, size_t errlen)
{
	const struct timespec step = { 0, LOCK_STEP_NS };
	uint64_t end = clock_mono_ns() + LOCK_WAIT_NS;
	struct ledger *ledger;

	while (ledger_open(set, ACTS_STREAM, &ledger, err, errlen) == -1) {
		if (strstr(err, "another process writes") == NULL || clock_mono_ns() > end)
			return NULL;
		nanosleep(&step, NULL);
	}
	return ledger;
}

/* Nobody else writes this stream, so who does looks after its files; what there is to say is not for the terminal. */
static void
keep_files(const struct conf *conf, struct ledger *ledger)
{
	const struct retain_job job = { .set = &conf->start.retain, .directory = conf->start.ledger.directory,
	    .stream = ACTS_STREAM, .gateway = conf->front->gateway, .sealed = conf->start.ledger.sealed, .ledger = ledger };

	log_open("hopwardctl", 0, 0);
	(void)retain_pass(&job, clock_wall_ms());
}

/* The child: its exit code says whether the line is there. */
static int
write_line(const struct ctl *ctl, const struct conf *conf, const struct ledger_settings *set, const struct buf *line)
{
	struct ledger *ledger;
	char err[512] = "";
	int rc = -1;

	if (acts_become_owner(set->directory) == -1)
		ctl_warn(ctl, "%s: %s", set->directory, strerror(errno));
	else if ((ledger = open_patiently(set, err, sizeof(err))) == NULL)
		ctl_warn(ctl, "%s", err);
	else {
		if ((rc = ledger_append(ledger, line->data, line->len, NULL)) == -1)
			ctl_warn(ctl, "%s: records of \"%s\": %s", set->directory, ACTS_STREAM, strerror(errno));
		else
			keep_files(conf, ledger);
		ledger_close(ledger);
	}
	return rc;
}

int
acts_record(const struct ctl *ctl, const struct conf *conf, const char *event, const char *const *pairs)
{
	const char *all[2 * (RECORD_PAIRS_MAX + 1) + 1] = { NULL };
	struct acts_person person;
	size_t i, n = 2 * OWN_PAIRS;
	struct buf line;
	int status = -1;
	struct ledger_settings set = conf->start.ledger;
	pid_t pid;

	/* Not on a person's terminal: the daemon's log has the anchors of its own stream. */
	set.seal_anchor = 0;
	set.gateway = conf->front->gateway;
	acts_person(&person);
	all[0] = "who", all[1] = person.who, all[2] = "by", all[3] = person.by, all[4] = "uid", all[5] = person.uid;
	for (i = 0; pairs[i] != NULL && pairs[i + 1] != NULL && n < 2 * RECORD_PAIRS_MAX; i += 2) {
		all[n++] = pairs[i];
		all[n++] = pairs[i + 1];
	}
	buf_init(&line, RECORD_MAX);
	if (record_event(conf->front->gateway, clock_wall_ms(), event, all, &line) == -1)
		ctl_warn(ctl, "no memory");
	else {
		fflush(stdout);		/* or the child would have it, too */
		if ((pid = fork()) == 0)
			_exit(write_line(ctl, conf, &set, &line) == 0 ? 0 : 1);
		if (pid == -1)
			ctl_warn(ctl, "fork: %s", strerror(errno));
		while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
			continue;
	}
	buf_free(&line);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}
