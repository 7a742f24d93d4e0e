/* SPDX-License-Identifier: ISC */
/* hopward-scan as a front sees it: jobs in, results and causes of death out.  HOPWARD_SCAN names another program. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/wire.h"
#include "scan-fixtures.h"

#define SECOND		1000000000ULL
#define PATIENCE	(60 * SECOND)	/* a test that waits longer has failed */

static char	tmp[PATH_MAX], database[PATH_MAX + 16], scratch[PATH_MAX + 16];

struct scanner {
	pid_t	pid;
	int	small, large, reports, ctl;
};

struct reply {
	uint32_t		 type;		/* 0: end of file */
	struct scan_result	*result;
};

/* ---- a scanner ---- */

static void
program_path(char *path, size_t size)
{
	const char	*env = getenv("HOPWARD_SCAN");
	char		 exe[PATH_MAX];
	ssize_t		 n;

	if (env != NULL) {
		snprintf(path, size, "%s", env);
		return;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	assert_true(n > 0);
	exe[n] = '\0';
	snprintf(path, size, "%s/../../hopward-scan", dirname(exe));
}

static int
settings_fd(const struct scan_settings *s)
{
	struct buf	b;
	int		fd;

	buf_init(&b, 65536);
	assert_int_equal(scan_settings_encode(s, &b), 0);
	fd = memfd_create("settings", MFD_CLOEXEC);
	assert_true(fd != -1);
	assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
	buf_free(&b);
	return fd;
}

static void
scanner_start(struct scanner *sc, const struct scan_settings *s)
{
	int	types[4] = { SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_STREAM };
	int	pair[2], ends[5], ours[4], i;
	char	path[PATH_MAX + 32];

	program_path(path, sizeof(path));
	ends[0] = settings_fd(s);
	for (i = 0; i < 4; i++) {
		assert_int_equal(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair), 0);
		ours[i] = pair[0];
		ends[i + 1] = pair[1];
	}
	sc->pid = fork();
	assert_true(sc->pid != -1);
	if (sc->pid == 0) {
		for (i = 0; i < 5; i++)
			ends[i] = fcntl(ends[i], F_DUPFD, 20);
		for (i = 0; i < 5; i++)
			dup2(ends[i], SCAN_FD_SETTINGS + i);
		close_range(SCAN_FD_CTL + 1, ~0u, 0);
		execl(path, "hopward-scan", (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < 5; i++)
		close(ends[i]);
	sc->small = ours[0];
	sc->large = ours[1];
	sc->reports = ours[2];
	sc->ctl = ours[3];
}

static void
scanner_ready(struct scanner *sc, int engine)
{
	struct engine_info	*info = NULL;
	struct buf		 b;
	uint32_t		 type = 0;

	buf_init(&b, 65536);
	assert_int_equal(frame_read(sc->ctl, clock_mono_ns() + PATIENCE, &type, &b), FRAME_OK);
	assert_int_equal(type, SCAN_CTL_READY);
	assert_int_equal(engine_info_decode(b.data, b.len, &info), 0);
	if (engine) {
		assert_true(info->signatures >= 3);
		assert_true(info->db_time > 1000000000);
		assert_non_null(info->version);
	}
	engine_info_free(info);
	buf_free(&b);
}

static void
hang_up(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* Lets it go; its exit status. */
static int
scanner_stop(struct scanner *sc)
{
	int	status = -1;

	hang_up(&sc->small);
	hang_up(&sc->large);
	hang_up(&sc->ctl);
	assert_int_equal(waitpid(sc->pid, &status, 0), sc->pid);
	hang_up(&sc->reports);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void
start(struct scanner *sc, const char *hook)
{
	struct scan_settings	s;

	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	s.test_hook = (char *)(uintptr_t)hook;
	scanner_start(sc, &s);
	scanner_ready(sc, 1);
}

/* ---- jobs ---- */

static int
message_fd(const void *p, size_t len, int sealed)
{
	int	fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd != -1);
	assert_int_equal(write(fd, p, len), (ssize_t)len);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	return fd;
}

/* Queues a job as the front does; gives the end on which the answer comes. */
static int
job_send_fd(int queue, int memfd, const struct scan_job *job)
{
	struct buf	b;
	int		pair[2], fds[2], on = 1;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	/* Before anything is written, so that each answer names its writer. */
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	buf_init(&b, SCAN_JOB_WIRE_MAX);
	assert_int_equal(scan_job_encode(job, &b), 0);
	fds[0] = memfd;
	fds[1] = pair[1];
	assert_int_equal(fdpass_send(queue, b.data, b.len, fds, 2, 0), 0);
	close(pair[1]);
	buf_free(&b);
	return pair[0];
}

static int
job_send(int queue, uint64_t id, const char *msg, uint64_t within_ns)
{
	static const char	prefix[] = "Received: from a by b\r\n";
	struct scan_job		job = { .id = id };
	struct buf		b;
	int			fd, reply;

	buf_init(&b, 64 << 20);
	buf_add(&b, prefix, sizeof(prefix) - 1);
	buf_addz(&b, msg);
	assert_false(b.failed);
	job.deadline_ns = clock_mono_ns() + within_ns;
	job.size = b.len;
	job.prefix_len = sizeof(prefix) - 1;
	fd = message_fd(b.data, b.len, 1);
	reply = job_send_fd(queue, fd, &job);
	close(fd);
	buf_free(&b);
	return reply;
}

static void
reply_take(int fd, struct reply *r)
{
	struct buf		b;
	enum frame_status	st;

	memset(r, 0, sizeof(*r));
	buf_init(&b, SCAN_REPLY_MAX);
	st = frame_read(fd, clock_mono_ns() + PATIENCE, &r->type, &b);
	if (st == FRAME_EOF)
		r->type = 0;
	else
		assert_int_equal(st, FRAME_OK);
	if (r->type == SCAN_REPLY_RESULT)
		assert_int_equal(scan_result_decode(b.data, b.len, &r->result), 0);
	buf_free(&b);
	close(fd);
}

static enum outcome
worst(const struct scan_result *r)
{
	enum outcome	o = OUTCOME_CLEAN;
	uint32_t	i;

	for (i = 0; i < r->parts_count; i++)
		o = outcome_worse(o, r->parts[i].outcome);
	return o;
}

static void
expect_outcome(int fd, const char *what, enum outcome want)
{
	struct reply	r;
	enum outcome	got;

	reply_take(fd, &r);
	if (r.type != SCAN_REPLY_RESULT)
		fail_msg("%s: got reply %u, want a result", what, r.type);
	got = worst(r.result);
	if (got != want)
		fail_msg("%s: got %s, want %s (%s)", what, outcome_str(got), outcome_str(want),
		    r.result->parts[0].detail != NULL ? r.result->parts[0].detail : "");
	scan_result_free(r.result);
}

static void
report_take(struct scanner *sc, struct scan_report *rep)
{
	struct pollfd	p = { .fd = sc->reports, .events = POLLIN };
	char		wire[256];
	ssize_t		n;

	assert_int_equal(poll(&p, 1, (int)(PATIENCE / 1000000)), 1);
	n = recv(sc->reports, wire, sizeof(wire), 0);
	assert_true(n > 0);
	assert_int_equal(scan_report_decode(wire, (size_t)n, rep), 0);
}

/* ---- messages ---- */

#define CLEAN	"Subject: x\r\n\r\nnothing to see here\r\n"

static char *
mail_with(const char *name, const char *encoding, const char *body)
{
	char	*msg;

	assert_true(asprintf(&msg, "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain\r\n\r\nhello there\r\n"
	    "--b\r\nContent-Type: application/octet-stream; name=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n--b--\r\n",
	    name, encoding, body) > 0);
	return msg;
}

static char *
base64(const void *p, size_t len)
{
	static const char	set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t		*s = p;
	struct buf		b;
	size_t			i, j;
	uint32_t		v;

	buf_init(&b, 64 << 20);
	for (i = 0; i < len; i += 3) {
		v = (uint32_t)s[i] << 16 | (i + 1 < len ? (uint32_t)s[i + 1] << 8 : 0) | (i + 2 < len ? s[i + 2] : 0);
		for (j = 0; j < 4; j++)
			buf_addc(&b, i + j > len ? '=' : set[v >> (18 - 6 * j) & 63]);
		if (i % 57 == 54)
			buf_addz(&b, "\r\n");
	}
	assert_false(b.failed);
	return buf_steal(&b, NULL);
}

static char *
mail_with_zip(const struct zip_entry *e, size_t n)
{
	struct buf	 b;
	char		*text, *msg;

	buf_init(&b, 1 << 20);
	zip_make(&b, e, n);
	text = base64(b.data, b.len);
	msg = mail_with("a.zip", "base64", text);
	free(text);
	buf_free(&b);
	return msg;
}

/* ---- tests ---- */

static void
test_outcomes(void **state)
{
	struct zip_entry	 virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	struct zip_entry	 secret = { "s.txt", "0123456789ab0123456789abcdef", 28, ZIP_STORED, ZIP_ENCRYPTED, 0 };
	struct zip_entry	 both[2] = { secret, virus };
	struct zip_entry	 lzma = { "l.bin", "\x09\x04\x05\0 garbage garbage garbage", 28, ZIP_LZMA, 0, 400 };
	struct { const char *what; char *msg; enum outcome want; } cases[] = {
		{ "clean", strdup(CLEAN), OUTCOME_CLEAN },
		{ "eicar plain", mail_with("e.txt", "7bit", eicar()), OUTCOME_INFECTED },
		{ "eicar in a zip", mail_with_zip(&virus, 1), OUTCOME_INFECTED },
		{ "encrypted zip", mail_with_zip(&secret, 1), OUTCOME_ENCRYPTED },
		{ "encrypted beside a virus", mail_with_zip(both, 2), OUTCOME_INFECTED },
		{ "zip with LZMA", mail_with_zip(&lzma, 1), OUTCOME_UNOPENED },
	};
	struct scanner		 sc;
	size_t			 i;

	(void)state;
	start(&sc, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_outcome(job_send(i % 2 ? sc.large : sc.small, i + 1, cases[i].msg, PATIENCE), cases[i].what, cases[i].want);
		free(cases[i].msg);
	}
	assert_int_equal(scanner_stop(&sc), 0);
}

/* Path, name, size and digest of parts, and that the same octets are judged alike. */
static void
test_parts(void **state)
{
	static const char	text[] = "the same twice";
	char			*msg = NULL;
	struct scanner		 sc;
	struct reply		 r;
	const struct part	*p;

	(void)state;
	assert_true(asprintf(&msg, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain; name=one.txt\r\n\r\n%s\r\n--b\r\nContent-Type: application/x-two; name=two.bin\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\ndGhlIHNhbWUgdHdpY2U=\r\n--b--\r\n", text) > 0);
	start(&sc, NULL);
	reply_take(job_send(sc.small, 1, msg, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->parts_count, 3);
	p = r.result->parts;
	assert_string_equal(p[0].path, "0");
	assert_int_equal(p[0].size, strlen(msg));
	assert_string_equal(p[0].real_type, "CL_TYPE_MAIL");
	assert_string_equal(p[1].path, "1");
	assert_string_equal(p[1].name, "one.txt");
	assert_string_equal(p[1].type, "text/plain");
	assert_string_equal(p[2].path, "2");
	assert_string_equal(p[2].name, "two.bin");
	assert_int_equal(p[1].size, strlen(text));
	assert_int_equal(p[2].size, strlen(text));
	assert_memory_equal(p[1].sha256, p[2].sha256, 32);
	assert_string_equal(p[1].real_type, p[2].real_type);
	assert_int_equal(worst(r.result), OUTCOME_CLEAN);
	scan_result_free(r.result);
	free(msg);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* The i-th member in "PATH/": the part that has that path. */
static const struct part *
part_at(const struct scan_result *r, const char *path)
{
	uint32_t	i;

	for (i = 0; i < r->parts_count; i++)
		if (strcmp(r->parts[i].path, path) == 0)
			return &r->parts[i];
	fail_msg("no part %s among %u", path, r->parts_count);
	return NULL;
}

/*
 * Members of archives at any depth are parts, and stay so when the same worker
 * sees the same archive again: a cache of the engine's would hide their names.
 */
static void
test_members(void **state)
{
	static const struct { const char *path, *name; int encrypted; enum outcome want; } want[] = {
		{ "2/1", "inner.zip", 0, OUTCOME_INFECTED }, { "2/2", "lzma.bin", 0, OUTCOME_UNOPENED },
		{ "2/3", "s\xc3\xa9.txt", 1, OUTCOME_ENCRYPTED }, { "2/4", "ordinary.js", 0, OUTCOME_CLEAN },
		{ "2/5", "e.com", 0, OUTCOME_INFECTED },
	};
	struct zip_entry	 virus[2] = { { "ordinary.js", "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 },
	    { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 } };
	struct zip_entry	 outer[3] = { { "inner.zip", NULL, 0, ZIP_STORED, 0, 0 },
	    { "lzma.bin", "\x09\x04\x05\0 garbage garbage garbage", 28, ZIP_LZMA, 0, 400 },
	    { "s\xe9.txt", "0123456789ab0123456789abcdef", 28, ZIP_STORED, ZIP_ENCRYPTED, 0 } };
	struct scan_settings	 s;
	struct scanner		 sc;
	struct reply		 r;
	const struct part	*p;
	struct buf		 inner;
	char			*msg;
	size_t			 i;
	int			 round;

	(void)state;
	buf_init(&inner, 1 << 20);
	zip_make(&inner, virus, 2);
	outer[0].data = inner.data;
	outer[0].len = inner.len;
	msg = mail_with_zip(outer, 3);
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	s.messages_per_worker = 2;
	s.workers_small = 1;
	s.spares = 0;
	scanner_start(&sc, &s);
	scanner_ready(&sc, 1);
	for (round = 0; round < 2; round++) {
		reply_take(job_send(sc.small, (uint64_t)round + 1, msg, PATIENCE), &r);
		assert_int_equal(r.type, SCAN_REPLY_RESULT);
		assert_int_equal(worst(r.result), OUTCOME_INFECTED);
		for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
			p = part_at(r.result, want[i].path);
			if (p->name == NULL || strcmp(p->name, want[i].name) != 0 || p->member != 1 || p->encrypted != want[i].encrypted)
				fail_msg("round %d, %s: got \"%s\"%s, want \"%s\"", round, want[i].path,
				    p->name != NULL ? p->name : "", p->encrypted ? " encrypted" : "", want[i].name);
			/* The hit ends the scan; members that come behind it are not called anything better than not scanned. */
			if (p->outcome != want[i].want && !(want[i].want == OUTCOME_UNOPENED && p->outcome == OUTCOME_NOT_SCANNED))
				fail_msg("round %d, %s: got %s, want %s", round, want[i].path, outcome_str(p->outcome),
				    outcome_str(want[i].want));
		}
		scan_result_free(r.result);
	}
	assert_int_equal(scanner_stop(&sc), 0);
	buf_free(&inner);
	free(msg);
}

/* The same archive twice in one message: both have their members.  One with more members than are kept: limit. */
static void
test_members_many(void **state)
{
	struct zip_entry	 e[64];
	struct scan_settings	 s;
	struct scanner		 sc;
	struct reply		 r;
	struct buf		 zip;
	char			 names[64][16], *one, *two, *msg;
	size_t			 i;

	(void)state;
	for (i = 0; i < 64; i++) {
		snprintf(names[i], sizeof(names[i]), "member-%zu", i);
		e[i] = (struct zip_entry){ names[i], "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 };
	}
	buf_init(&zip, 1 << 20);
	zip_make(&zip, e, 64);
	one = base64(zip.data, zip.len);
	two = mail_with("a.zip", "base64", one);
	assert_true(asprintf(&msg, "%.*s--b\r\nContent-Type: application/zip; name=b.zip\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n", (int)(strlen(two) - strlen("--b--\r\n")), two, one) > 0);
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	scanner_start(&sc, &s);
	scanner_ready(&sc, 1);
	reply_take(job_send(sc.small, 1, msg, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->parts_count, 4 + 2 * 64);
	assert_string_equal(part_at(r.result, "2/64")->name, "member-63");
	assert_string_equal(part_at(r.result, "3/64")->name, "member-63");
	assert_string_equal(part_at(r.result, "3/1")->real_type, "CL_TYPE_TEXT_ASCII");
	assert_int_equal(worst(r.result), OUTCOME_CLEAN);
	scan_result_free(r.result);
	assert_int_equal(scanner_stop(&sc), 0);

	s.MaxFiles = 20;
	scanner_start(&sc, &s);
	scanner_ready(&sc, 1);
	reply_take(job_send(sc.small, 1, msg, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(worst(r.result), OUTCOME_LIMIT);
	assert_int_equal(r.result->parts_count, 4 + 2 * 20);
	scan_result_free(r.result);
	assert_int_equal(scanner_stop(&sc), 0);
	free(msg);
	free(one);
	free(two);
	buf_free(&zip);
}

/* The Received fields of the top block, newest first; not our own line, not those of the body, not more than are kept. */
static void
test_hops(void **state)
{
	struct scanner		 sc;
	struct reply		 r;
	struct buf		 b;
	uint32_t		 i;

	(void)state;
	start(&sc, NULL);
	reply_take(job_send(sc.small, 1, "Received: from h (r.example [192.0.2.1])\r\n\tby mx (Postfix) with ESMTPS id 1A2B3C4D5E;\r\n"
	    "\tMon, 2 Mar 2026 10:00:00 +0000\r\nSubject: x\r\nReceived: by old (Postfix)\r\n\r\nReceived: from body by body\r\n", PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->received_count, 2);
	assert_int_equal(r.result->received_more, 0);
	assert_string_equal(r.result->received[0].ip, "192.0.2.1");
	assert_int_equal(r.result->received[0].tls, RECEIVED_TLS_YES);
	assert_int_equal(r.result->received[0].time, 1772445600);
	assert_string_equal(r.result->received[1].by, "old");
	scan_result_free(r.result);

	buf_init(&b, 1 << 20);
	for (i = 0; i < SCAN_RECEIVED_MAX + 3; i++)
		buf_addf(&b, "Received: by h%u\r\n", i);
	buf_addz(&b, CLEAN);
	reply_take(job_send(sc.small, 2, b.data, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->received_count, SCAN_RECEIVED_MAX);
	assert_int_equal(r.result->received_more, 3);
	scan_result_free(r.result);
	buf_free(&b);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* What the top block says of the sender arrives, with its place among the hops; our own line is none of them. */
static void
test_authres(void **state)
{
	struct scanner		 sc;
	struct reply		 r;
	const struct authres	*a;

	(void)state;
	start(&sc, NULL);
	reply_take(job_send(sc.small, 1, "Received: by mx (Postfix)\r\nAuthentication-Results: MX.our.example;\r\n"
	    "\tdkim=pass header.d=Partner.example;\r\n\tspf=pass smtp.mailfrom=a@b.partner.example\r\nTLS-Required: No\r\n\r\n"
	    "Authentication-Results: mx.our.example; dkim=pass header.d=body.example\r\n", PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->authres_count, 2);
	assert_int_equal(r.result->authres_more, 0);
	a = r.result->authres;
	assert_string_equal(a[0].authserv_id, "mx.our.example");
	assert_string_equal(a[0].domain, "partner.example");
	assert_int_equal(a[0].method, AUTHRES_DKIM);
	assert_int_equal(a[0].received_above, 1);
	assert_string_equal(a[1].domain, "b.partner.example");
	assert_int_equal(a[1].method, AUTHRES_SPF);
	assert_int_equal(r.result->tls_required_no, 1);
	scan_result_free(r.result);

	reply_take(job_send(sc.small, 2, CLEAN, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->authres_count, 0);
	assert_int_equal(r.result->tls_required_no, 0);
	scan_result_free(r.result);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* A hundred jobs over both queues at once: all answered. */
static void
test_many(void **state)
{
	struct scanner	 sc;
	char		*virus = mail_with("e.txt", "7bit", eicar());
	int		 fds[100], i;

	(void)state;
	start(&sc, NULL);
	for (i = 0; i < 100; i++)
		fds[i] = job_send(i % 3 == 0 ? sc.large : sc.small, (uint64_t)i + 1, i % 2 ? virus : CLEAN, PATIENCE);
	for (i = 0; i < 100; i++)
		expect_outcome(fds[i], "one of a hundred", i % 2 ? OUTCOME_INFECTED : OUTCOME_CLEAN);
	free(virus);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* Who wrote to the other end of fd: the kernel says so with each packet. */
static pid_t
writer_of(int fd)
{
	union { char space[CMSG_SPACE(sizeof(struct ucred))]; struct cmsghdr align; } ctl;
	struct msghdr	 msg = { 0 };
	struct cmsghdr	*c;
	struct iovec	 iov;
	struct ucred	 cred = { 0 };
	char		 octet;

	iov.iov_base = &octet;
	iov.iov_len = 1;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = ctl.space;
	msg.msg_controllen = sizeof(ctl.space);
	assert_int_equal(recvmsg(fd, &msg, MSG_PEEK), 1);
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	return cred.pid;
}

/* One message, one process. */
static void
test_pids(void **state)
{
	struct scanner	sc;
	pid_t		pids[40];
	int		fd, i, j;

	(void)state;
	start(&sc, NULL);
	for (i = 0; i < 40; i++) {
		fd = job_send(sc.small, (uint64_t)i + 1, CLEAN, PATIENCE);
		pids[i] = writer_of(fd);
		expect_outcome(fd, "of forty", OUTCOME_CLEAN);
		assert_true(pids[i] > 0 && pids[i] != sc.pid);
		for (j = 0; j < i; j++)
			if (pids[j] == pids[i])
				fail_msg("job %d and job %d: both by process %ld", j + 1, i + 1, (long)pids[i]);
	}
	assert_int_equal(scanner_stop(&sc), 0);
}

/* Jobs that were queued when the starter let go are answered before it exits. */
static void
test_drain(void **state)
{
	struct scanner	sc;
	int		fds[20], i;

	(void)state;
	start(&sc, NULL);
	for (i = 0; i < 20; i++)
		fds[i] = job_send(i % 2 ? sc.large : sc.small, (uint64_t)i + 1, CLEAN, PATIENCE);
	hang_up(&sc.ctl);
	hang_up(&sc.small);
	hang_up(&sc.large);
	for (i = 0; i < 20; i++)
		expect_outcome(fds[i], "queued before the end", OUTCOME_CLEAN);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* The queues stay open at the sender's: they are shut after a while, and it exits all the same. */
static void
test_drain_open_queue(void **state)
{
	struct scanner	sc;
	int		status;

	(void)state;
	start(&sc, NULL);
	expect_outcome(job_send(sc.small, 1, CLEAN, PATIENCE), "before", OUTCOME_CLEAN);
	hang_up(&sc.ctl);
	assert_int_equal(waitpid(sc.pid, &status, 0), sc.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	hang_up(&sc.small);
	hang_up(&sc.large);
	hang_up(&sc.reports);
}

static void
test_deaths(void **state)
{
	static const struct {
		const char	*hook;
		uint64_t	 within;
		enum scan_death	 death;
		uint32_t	 number;
		int		 crash;
	} cases[] = {
		{ "sleep:trigger",	SECOND / 5,	DEATH_DEADLINE,	SIGKILL, 0 },
		{ "stop:trigger",	SECOND / 5,	DEATH_DEADLINE,	SIGKILL, 0 },
		{ "abort:trigger",	PATIENCE,	DEATH_SIGNAL,	SIGABRT, 1 },
		{ "exit:trigger",	PATIENCE,	DEATH_EXIT,	3, 1 },
	};
	struct scanner		 sc;
	struct scan_report	 rep;
	struct reply		 r;
	struct buf		 b;
	char			*msg = mail_with("trigger", "7bit", "some content");
	uint32_t		 type;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&sc, cases[i].hook);
		reply_take(job_send(sc.small, 70 + i, msg, cases[i].within), &r);
		if (r.type != 0)
			fail_msg("%s: got reply %u, want end of file", cases[i].hook, r.type);
		report_take(&sc, &rep);
		if (rep.id != 70 + i || rep.death != cases[i].death || rep.number != cases[i].number)
			fail_msg("%s: got job %llu death %d (%u), want %zu, %d (%u)", cases[i].hook,
			    (unsigned long long)rep.id, rep.death, rep.number, 70 + i, cases[i].death, cases[i].number);
		if (cases[i].crash) {
			buf_init(&b, 64);
			assert_int_equal(frame_read(sc.ctl, clock_mono_ns() + PATIENCE, &type, &b), FRAME_OK);
			assert_int_equal(type, SCAN_CTL_CRASHES);
			buf_free(&b);
		}
		/* The next message is served as if nothing had been. */
		expect_outcome(job_send(sc.small, 80 + i, CLEAN, PATIENCE), "after a death", OUTCOME_CLEAN);
		assert_int_equal(scanner_stop(&sc), 0);
	}
	free(msg);
}

/* The state letter of a process (proc(5)), 0 if it is gone. */
static int
process_state(long pid)
{
	char	 path[64], line[512], *paren;
	FILE	*f;
	int	 c = 0;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL && (paren = strrchr(line, ')')) != NULL)
		c = paren[2];
	fclose(f);
	return c;
}

/* Waits for a child of main that has stopped itself in the middle of its scan. */
static pid_t
stopped_worker(const struct scanner *sc)
{
	char	 path[64], text[4096], *p, *end;
	FILE	*f;
	long	 pid;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)sc->pid, (long)sc->pid);
	for (;;) {
		if ((f = fopen(path, "r")) == NULL)
			return -1;
		if (fgets(text, sizeof(text), f) == NULL)
			text[0] = '\0';
		fclose(f);
		for (p = text; (pid = strtol(p, &end, 10)) > 0; p = end)
			if (process_state(pid) == 'T')
				return (pid_t)pid;
		sched_yield();
	}
}

/* Killed from outside in the middle of a scan: that message only. */
static void
test_killed(void **state)
{
	struct scanner		 sc;
	struct scan_report	 rep;
	struct reply		 r;
	char			*msg = mail_with("trigger", "7bit", "some content");
	int			 fd;

	(void)state;
	start(&sc, "stop:trigger");
	fd = job_send(sc.large, 5, msg, PATIENCE);
	assert_int_equal(kill(stopped_worker(&sc), SIGKILL), 0);
	reply_take(fd, &r);
	assert_int_equal(r.type, 0);
	report_take(&sc, &rep);
	assert_int_equal(rep.id, 5);
	assert_int_equal(rep.death, DEATH_OUTSIDE);
	expect_outcome(job_send(sc.large, 6, CLEAN, PATIENCE), "after the kill", OUTCOME_CLEAN);
	free(msg);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* Time runs out between parts: what was found is answered, and nothing passes for clean. */
static void
test_time_short(void **state)
{
	struct scanner	 sc;
	struct reply	 r;
	char		*msg = NULL;

	(void)state;
	assert_true(asprintf(&msg, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain; name=first\r\n\r\n%s\r\n--b\r\nContent-Type: text/plain; name=trigger\r\n\r\n"
	    "some content\r\n--b\r\nContent-Type: text/plain; name=third\r\n\r\nnever looked at\r\n--b--\r\n", eicar()) > 0);
	start(&sc, "late:trigger");
	reply_take(job_send(sc.small, 1, msg, PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->parts_count, 3);
	assert_int_equal(r.result->parts[1].outcome, OUTCOME_INFECTED);
	/* The raw message held the same octets in clear, and infected is graver than timeout. */
	assert_int_equal(r.result->parts[0].outcome, OUTCOME_INFECTED);
	scan_result_free(r.result);
	free(msg);
	msg = mail_with("trigger", "7bit", "some content\r\n--b\r\n\r\nnever looked at");
	expect_outcome(job_send(sc.small, 2, msg, PATIENCE), "clean so far", OUTCOME_TIMEOUT);
	free(msg);
	assert_int_equal(scanner_stop(&sc), 0);
}

static void
test_dropped(void **state)
{
	struct scanner	sc;
	struct reply	r;

	(void)state;
	/* A message that would abort the worker shows by its absence that it was not read. */
	start(&sc, "abort:trigger");
	char *msg = mail_with("trigger", "7bit", "some content");

	reply_take(job_send(sc.small, 1, msg, 0), &r);
	assert_int_equal(r.type, SCAN_REPLY_EXPIRED);
	close(job_send(sc.small, 2, msg, PATIENCE));
	expect_outcome(job_send(sc.small, 3, CLEAN, PATIENCE), "after", OUTCOME_CLEAN);
	expect_outcome(job_send(sc.small, 4, CLEAN, PATIENCE), "after", OUTCOME_CLEAN);
	assert_int_equal(scanner_stop(&sc), 0);
	free(msg);
}

static void
test_bad_jobs(void **state)
{
	struct scan_job	 job = { .id = 1, .deadline_ns = clock_mono_ns() + PATIENCE, .size = 6 };
	struct scanner	 sc;
	int		 fd;

	(void)state;
	start(&sc, NULL);
	fd = message_fd("a: b\r\n", 6, 0);
	expect_outcome(job_send_fd(sc.small, fd, &job), "not sealed", OUTCOME_NOT_SCANNED);
	close(fd);
	fd = message_fd("a: b\r\n", 6, 1);
	job.size = 4096;
	expect_outcome(job_send_fd(sc.small, fd, &job), "another size", OUTCOME_NOT_SCANNED);
	close(fd);
	assert_int_equal(send(sc.small, "no job", 6, 0), 6);
	expect_outcome(job_send(sc.small, 3, CLEAN, PATIENCE), "after no job", OUTCOME_CLEAN);
	fd = message_fd("", 0, 1);
	job.size = 0;
	expect_outcome(job_send_fd(sc.small, fd, &job), "empty", OUTCOME_CLEAN);
	close(fd);
	assert_int_equal(scanner_stop(&sc), 0);
}

/* No engine: the walk and the header's facts alone, and nothing is called clean. */
static void
test_no_engine(void **state)
{
	struct scan_settings	s;
	struct scanner		sc;
	struct reply		r;

	(void)state;
	default_settings(&s);
	s.scratch = scratch;
	scanner_start(&sc, &s);
	scanner_ready(&sc, 0);
	expect_outcome(job_send(sc.small, 1, CLEAN, PATIENCE), "no engine", OUTCOME_NOT_SCANNED);
	reply_take(job_send(sc.small, 2, "Authentication-Results: mx.our.example; spf=pass smtp.mailfrom=p.example\r\n" CLEAN,
	    PATIENCE), &r);
	assert_int_equal(r.type, SCAN_REPLY_RESULT);
	assert_int_equal(r.result->authres_count, 1);
	assert_string_equal(r.result->authres[0].domain, "p.example");
	scan_result_free(r.result);
	assert_int_equal(scanner_stop(&sc), 0);
}

static void
test_bad_database(void **state)
{
	struct scan_settings	s;
	struct scanner		sc;
	struct buf		b;
	uint32_t		type = 0;
	char			dir[PATH_MAX + 16];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/empty", tmp);
	mkdir(dir, 0700);
	default_settings(&s);
	s.database = dir;
	s.scratch = scratch;
	scanner_start(&sc, &s);
	buf_init(&b, 65536);
	assert_int_equal(frame_read(sc.ctl, clock_mono_ns() + PATIENCE, &type, &b), FRAME_OK);
	assert_int_equal(type, SCAN_CTL_FAILED);
	buf_free(&b);
	assert_int_equal(scanner_stop(&sc), 69);
}

/* The scratch directory vanished: never clean. */
static void
test_no_scratch(void **state)
{
	struct scan_settings	s;
	struct scanner		sc;
	struct zip_entry	virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	char			dir[PATH_MAX + 16], *msg = mail_with_zip(&virus, 1);

	(void)state;
	snprintf(dir, sizeof(dir), "%s/gone", tmp);
	default_settings(&s);
	s.database = database;
	s.scratch = dir;
	scanner_start(&sc, &s);
	scanner_ready(&sc, 1);
	expect_outcome(job_send(sc.small, 1, msg, PATIENCE), "no scratch", OUTCOME_NOT_SCANNED);
	assert_int_equal(scanner_stop(&sc), 0);
	free(msg);
}

static void
test_several_messages(void **state)
{
	struct scan_settings	 s;
	struct scan_report	 rep;
	struct reply		 r;
	struct scanner		 sc;
	char			*msg = mail_with("trigger", "7bit", "some content");
	int			 i;

	(void)state;
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	s.messages_per_worker = 3;
	s.workers_small = 1;
	s.test_hook = (char *)(uintptr_t)"sleep:trigger";
	scanner_start(&sc, &s);
	scanner_ready(&sc, 1);
	for (i = 0; i < 4; i++)
		expect_outcome(job_send(sc.small, (uint64_t)i + 1, CLEAN, PATIENCE), "of several", OUTCOME_CLEAN);
	reply_take(job_send(sc.small, 9, msg, SECOND / 5), &r);
	assert_int_equal(r.type, 0);
	report_take(&sc, &rep);
	assert_int_equal(rep.id, 9);
	assert_int_equal(rep.death, DEATH_DEADLINE);
	expect_outcome(job_send(sc.small, 10, CLEAN, PATIENCE), "after", OUTCOME_CLEAN);
	assert_int_equal(scanner_stop(&sc), 0);
	free(msg);
}

static int
count_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (strcmp(path, scratch) != 0)
		print_error("left in scratch: %s (%d)\n", path, type);
	return strcmp(path, scratch) != 0;
}

/* Runs last: nothing of any worker is left. */
static void
test_scratch_clean(void **state)
{
	(void)state;
	assert_int_equal(nftw(scratch, count_entry, 8, FTW_PHYS), 0);
}

static void
test_usage(void **state)
{
	char	path[PATH_MAX + 32];
	pid_t	pid;
	int	status;

	(void)state;
	program_path(path, sizeof(path));
	if ((pid = fork()) == 0) {
		close_range(2, ~0u, 0);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 64);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(tmp, sizeof(tmp), "%s/hopward-test-scanner.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(tmp) == NULL)
		return -1;
	snprintf(database, sizeof(database), "%s/db", tmp);
	snprintf(scratch, sizeof(scratch), "%s/scratch", tmp);
	return mkdir(scratch, 0700) == 0 && database_make(database) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	remove_tree(tmp);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_members_many),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_authres),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_pids),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_open_queue),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_time_short),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_bad_jobs),
		cmocka_unit_test(test_no_engine),
		cmocka_unit_test(test_bad_database),
		cmocka_unit_test(test_no_scratch),
		cmocka_unit_test(test_several_messages),
		cmocka_unit_test(test_scratch_clean),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
