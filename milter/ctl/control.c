/* SPDX-License-Identifier: ISC */
/* Asks the running daemon over its control socket. */
/*
 * One packet out, packets of JSON text back, end of file: that is the whole
 * protocol.  Called by status, reload, except and mode.  Waits with a deadline, so that a
 * monitor never hangs on a stopped daemon.  Does not: judge the answer.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ctl/control.h"

#define REQUEST_MAX	8000		/* the daemon takes 8 KB */
#define PACKET_MAX	(256u * 1024)	/* a SEQPACKET cannot be longer than the send buffer (208 KB by default) */

static enum control_result
control_connect(const char *path, int *sock, char *err, size_t errlen)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, e;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(err, errlen, "%s: longer than a socket's name may be", path);
		return CONTROL_DOWN;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1) {
		snprintf(err, errlen, "socket: %s", strerror(errno));
		return CONTROL_DOWN;
	}
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0) {
		*sock = fd;
		return CONTROL_OK;
	}
	e = errno;
	close(fd);
	switch (e) {
	case EACCES:
	case EPERM:
		snprintf(err, errlen, "%s: %s: run hopwardctl as root, or as a member of control_group", path, strerror(e));
		return CONTROL_DENIED;
	case EAGAIN:		/* the backlog is full: it does not accept */
		snprintf(err, errlen, "%s: the daemon does not take calls", path);
		return CONTROL_SILENT;
	case ENOENT:
		snprintf(err, errlen, "hopward is not running (no %s): start it with \"systemctl start hopward\" or hopward(8)", path);
		return CONTROL_DOWN;
	case ECONNREFUSED:
		snprintf(err, errlen, "hopward is not running (nobody listens on %s): "
		    "start it with \"systemctl start hopward\" or hopward(8)", path);
		return CONTROL_DOWN;
	default:
		snprintf(err, errlen, "%s: %s", path, strerror(e));
		return CONTROL_DOWN;
	}
}

/* Waits until the socket is readable.  1, 0 at the deadline, -1. */
static int
control_wait(int fd, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now;
	int n;

	do {
		now = clock_mono_ns();
		if (now >= deadline_ns)
			return 0;
		n = poll(&p, 1, (int)((deadline_ns - now) / 1000000 + 1));
	} while (n == 0 || (n == -1 && errno == EINTR));
	return n;
}

static enum control_result
control_read(int fd, uint64_t deadline_ns, struct buf *in, char *err, size_t errlen)
{
	enum control_result r = CONTROL_BAD;
	char *packet = malloc(PACKET_MAX);
	ssize_t n;
	int ready;

	while (packet != NULL) {
		if ((ready = control_wait(fd, deadline_ns)) == 0) {
			snprintf(err, errlen, "the daemon did not answer in time");
			r = CONTROL_SILENT;
			break;
		}
		n = ready == -1 ? -1 : recv(fd, packet, PACKET_MAX, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == 0 || (n == -1 && errno == ECONNRESET)) {
			r = CONTROL_OK;		/* what came is judged by its reader */
			break;
		}
		if (n == -1) {
			snprintf(err, errlen, "reading the answer: %s", strerror(errno));
			break;
		}
		if (buf_add(in, packet, (size_t)n) == -1) {
			snprintf(err, errlen, "the answer is longer than %u octets", CONTROL_ANSWER_MAX);
			break;
		}
	}
	if (packet == NULL)
		snprintf(err, errlen, "no memory");
	free(packet);
	return r;
}

static enum control_result
control_parse(const struct buf *in, json_t **answer, char *err, size_t errlen)
{
	json_error_t why;
	json_t *j;

	if (in->len == 0) {
		snprintf(err, errlen, "the daemon hung up without an answer");
		return CONTROL_BAD;
	}
	if ((j = json_loadb(in->data, in->len, JSON_REJECT_DUPLICATES, &why)) == NULL) {
		snprintf(err, errlen, "the daemon's answer cannot be read (%s): do hopward and hopwardctl have the same version?", why.text);
		return CONTROL_BAD;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		snprintf(err, errlen, "the daemon's answer is no JSON object");
		return CONTROL_BAD;
	}
	*answer = j;
	return CONTROL_OK;
}

enum control_result
control_ask(const char *path, const char *command, uint64_t timeout_ms, json_t **answer, char *err, size_t errlen)
{
	return control_ask_with(path, command, NULL, timeout_ms, answer, err, errlen);
}

enum control_result
control_ask_with(const char *path, const char *command, const char *lines, uint64_t timeout_ms, json_t **answer, char *err,
    size_t errlen)
{
	uint64_t deadline = clock_mono_ns() + timeout_ms * 1000000;
	struct buf request, in;
	enum control_result r;
	int fd = -1;

	*answer = NULL;
	buf_init(&request, REQUEST_MAX);
	buf_init(&in, CONTROL_ANSWER_MAX);
	buf_addf(&request, "{\"command\":\"%s\"}", command);	/* ours: nothing in it to escape */
	if (lines != NULL)
		buf_addf(&request, "\n%s", lines);
	if ((r = control_connect(path, &fd, err, errlen)) != CONTROL_OK)
		goto out;
	if (request.failed || send(fd, request.data, request.len, MSG_NOSIGNAL | MSG_EOR) != (ssize_t)request.len) {
		snprintf(err, errlen, "%s: sending: %s", path, strerror(errno));
		r = CONTROL_BAD;
		goto out;
	}
	if ((r = control_read(fd, deadline, &in, err, errlen)) == CONTROL_OK)
		r = control_parse(&in, answer, err, errlen);
out:
	if (fd != -1)
		close(fd);
	buf_free(&request);
	buf_free(&in);
	return r;
}
