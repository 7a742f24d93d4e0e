/* SPDX-License-Identifier: ISC */
/* One packet with descriptors over a SOCK_SEQPACKET socket. */
/*
 * Called on both ends of the job queues and the control stream.  Descriptors
 * are borrowed when sent and given when received; a packet that is refused
 * leaves none open.  It does not look into the packet.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fdpass.h"

/* The union aligns the octets for struct cmsghdr. */
union control {
	char		space[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
	struct cmsghdr	align;
};

int
fdpass_send(int sock, const void *p, size_t len, const int *fds, int nfds, int flags)
{
	union control	 ctl;
	struct msghdr	 msg = { 0 };
	struct iovec	 iov;
	struct cmsghdr	*c;
	ssize_t		 n;

	/* An empty packet would look like end of file. */
	if (len == 0 || nfds < 0 || nfds > FDPASS_MAX) {
		errno = EINVAL;
		return -1;
	}
	iov.iov_base = (void *)(uintptr_t)p;	/* only read */
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		memset(&ctl, 0, sizeof(ctl));
		msg.msg_control = ctl.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)nfds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)nfds);
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL | flags);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/* Collects every descriptor of the packet into all[]; returns how many. */
static int
collect(struct msghdr *msg, int all[FDPASS_MAX])
{
	struct cmsghdr	*c;
	int		 n = 0, fd;
	size_t		 i, count;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (n < FDPASS_MAX)
				all[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

ssize_t
fdpass_recv(int sock, void *p, size_t size, int *fds, int maxfds, int *nfds, int flags)
{
	union control	ctl;
	struct msghdr	msg = { 0 };
	struct iovec	iov;
	int		all[FDPASS_MAX], i, n;
	ssize_t		got;

	*nfds = 0;
	for (i = 0; i < maxfds; i++)
		fds[i] = -1;
	iov.iov_base = p;
	iov.iov_len = size;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = ctl.space;
	msg.msg_controllen = sizeof(ctl.space);
	do
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return -1;
	n = collect(&msg, all);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || n > maxfds || (got == 0 && n > 0)) {
		for (i = 0; i < n; i++)
			close(all[i]);
		errno = EBADMSG;
		return -1;
	}
	for (i = 0; i < n; i++)
		fds[i] = all[i];
	*nfds = n;
	return got;
}
