/* SPDX-License-Identifier: ISC */
/* Tests of base/fdpass.c: descriptors arrive usable and close-on-exec; a refused packet leaves none open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fdpass.h"

static void
pair(int sv[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
}

static int
open_count(void)
{
	DIR	*d = opendir("/proc/self/fd");
	int	 n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* How many are sent, how many are wanted, how large the packet and the room for it. */
static void
counts(void **state)
{
	static const struct {
		int	sent, room_fds;
		size_t	len, room;
		ssize_t	want;
	} cases[] = {
		{ 0, 0, 5, 10, 5 },
		{ 0, 2, 5, 5, 5 },
		{ 1, 2, 5, 10, 5 },
		{ 2, 2, 5, 10, 5 },
		{ FDPASS_MAX, FDPASS_MAX, 1, 10, 1 },
		{ 3, 2, 5, 10, -1 },
		{ 1, 0, 5, 10, -1 },
		{ FDPASS_MAX, 1, 5, 10, -1 },
		{ 0, 0, 11, 10, -1 },
		{ 2, 2, 11, 10, -1 },
	};
	int	sv[2], p[2], send_fds[FDPASS_MAX], got[FDPASS_MAX], n, before, i;
	char	room[16], c;
	size_t	k;
	ssize_t	r;

	(void)state;
	pair(sv);
	assert_int_equal(pipe(p), 0);
	for (i = 0; i < FDPASS_MAX; i++)
		send_fds[i] = p[1];
	for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		before = open_count();
		assert_int_equal(fdpass_send(sv[0], "hello world", cases[k].len, send_fds,
		    cases[k].sent, 0), 0);
		errno = 0;
		r = fdpass_recv(sv[1], room, cases[k].room, got, cases[k].room_fds, &n, 0);
		if (r != cases[k].want)
			fail_msg("case %zu: got %zd, want %zd", k, r, cases[k].want);
		if (r == -1) {
			assert_int_equal(errno, EBADMSG);
			assert_int_equal(n, 0);
		} else {
			assert_memory_equal(room, "hello world", cases[k].len);
			assert_int_equal(n, cases[k].sent);
		}
		for (i = 0; i < n; i++) {
			assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
			assert_int_equal(write(got[i], "x", 1), 1);
			assert_int_equal(read(p[0], &c, 1), 1);
			close(got[i]);
		}
		if (open_count() != before)
			fail_msg("case %zu: descriptors leaked", k);
	}
	close(p[0]);
	close(p[1]);
	close(sv[0]);
	close(sv[1]);
}

/* A sender that is not ours may send more than there is room for. */
static void
surplus_of_a_stranger(void **state)
{
	union {
		char		space[CMSG_SPACE(sizeof(int) * 40)];
		struct cmsghdr	align;
	}		 ctl;
	struct msghdr	 msg = { 0 };
	struct iovec	 iov = { (char[]){ "x" }, 1 };
	struct cmsghdr	*c;
	int		 sv[2], fds[40], got[FDPASS_MAX], i, n, before;
	char		 room[4];

	(void)state;
	pair(sv);
	before = open_count();
	for (i = 0; i < 40; i++)
		fds[i] = sv[0];
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = ctl.space;
	msg.msg_controllen = sizeof(ctl.space);
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_int_equal(sendmsg(sv[0], &msg, 0), 1);
	errno = 0;
	assert_int_equal(fdpass_recv(sv[1], room, sizeof(room), got, FDPASS_MAX, &n, 0), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(n, 0);
	assert_int_equal(open_count(), before);
	close(sv[0]);
	close(sv[1]);
}

static void
ends_and_edges(void **state)
{
	int	sv[2], fds[FDPASS_MAX + 1] = { 0 }, got[2], n, i;
	char	room[4];

	(void)state;
	pair(sv);
	assert_int_equal(fdpass_recv(sv[1], room, sizeof(room), got, 2, &n, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fdpass_send(sv[0], "x", 1, fds, FDPASS_MAX + 1, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fdpass_send(sv[0], "", 0, NULL, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fdpass_send(sv[0], "x", 1, (int[]){ -1 }, 1, 0), -1);
	assert_int_equal(errno, EBADF);
	for (i = 0; fdpass_send(sv[0], "x", 1, NULL, 0, MSG_DONTWAIT) == 0; i++)
		assert_true(i < 1000000);
	assert_int_equal(errno, EAGAIN);
	assert_true(i > 1);
	close(sv[0]);
	for (; i > 0; i--)
		assert_int_equal(fdpass_recv(sv[1], room, sizeof(room), got, 2, &n, 0), 1);
	assert_int_equal(fdpass_recv(sv[1], room, sizeof(room), got, 2, &n, 0), 0);
	assert_int_equal(fdpass_send(sv[1], "x", 1, NULL, 0, 0), -1);
	assert_int_equal(errno, EPIPE);
	close(sv[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(surplus_of_a_stranger),
		cmocka_unit_test(ends_and_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
