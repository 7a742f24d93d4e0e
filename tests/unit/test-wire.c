/* SPDX-License-Identifier: ISC */
/* Tests of base/wire.c: values in and out, hostile octets, and frames over a socket that trickles, ends or is silent. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/wire.h"

#define HEAD	12	/* octets in front of a payload */

/* ---- values ---- */

static void
sample(struct buf *b)
{
	wire_put_u8(b, 0xa5);
	wire_put_u32(b, 0xdeadbeef);
	wire_put_u64(b, 0x0123456789abcdefu);
	wire_put_bytes(b, "\0\1\2", 3);
	wire_put_str(b, NULL);
	wire_put_str(b, "");
	wire_put_str(b, "gr\xc3\xbc\xc3\x9f");
}

/* Reads the sample's shape from n octets of its own allocation; 0 if wire_end() liked it. */
static int
read_sample(const void *from, size_t n, int check)
{
	uint8_t		*copy = malloc(n), three[3];
	struct wire	 w;
	char		*a, *b, *c;
	int		 r;

	assert_true(copy != NULL || n == 0);
	if (n > 0)
		memcpy(copy, from, n);
	wire_init(&w, copy, n);
	r = wire_u8(&w) == 0xa5;
	r &= wire_u32(&w) == 0xdeadbeef;
	r &= wire_u64(&w) == 0x0123456789abcdefu;
	wire_bytes(&w, three, 3);
	r &= memcmp(three, "\0\1\2", 3) == 0;
	a = wire_str(&w);
	b = wire_str(&w);
	c = wire_str(&w);
	if (check) {
		assert_true(r);
		assert_null(a);
		assert_string_equal(b, "");
		assert_string_equal(c, "gr\xc3\xbc\xc3\x9f");
	}
	if (w.bad) {
		assert_int_equal(wire_u8(&w), 0);
		assert_int_equal(wire_u32(&w), 0);
		assert_int_equal(wire_u64(&w), 0);
		assert_null(wire_str(&w));
	}
	free(a);
	free(b);
	free(c);
	free(copy);
	return wire_end(&w);
}

static void
values(void **state)
{
	static const char want[] = "\xa5" "\xef\xbe\xad\xde" "\xef\xcd\xab\x89\x67\x45\x23\x01"
	    "\3\0\0\0\0\1\2" "\xff\xff\xff\xff" "\0\0\0\0" "\6\0\0\0gr\xc3\xbc\xc3\x9f";
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	sample(&b);
	assert_int_equal(b.failed, 0);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.data, want, sizeof(want) - 1);
	assert_int_equal(read_sample(b.data, b.len, 1), 0);
	buf_free(&b);
}

static void
hostile_octets(void **state)
{
	struct buf	b;
	size_t		n, bit;

	(void)state;
	buf_init(&b, 1000);
	sample(&b);
	for (n = 0; n < b.len; n++)
		if (read_sample(b.data, n, 0) != -1)
			fail_msg("cut at %zu: got 0, want -1", n);
	for (bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (char)(1 << bit % 8);
		read_sample(b.data, b.len, 0);
		b.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_addc(&b, 'x');
	assert_int_equal(read_sample(b.data, b.len, 0), -1);
	buf_free(&b);
}

static void
refused(void **state)
{
	static const struct {
		const char	*octets;
		size_t		 n;
	} cases[] = {
		{ "\3\0\0\0a\0b", 7 },			/* NUL inside */
		{ "\xfe\xff\xff\xff", 4 },
		{ "\4\0\0\0abc", 7 },
		{ "\0\0\0\x80", 4 },
	};
	struct wire	w;
	uint8_t		out[4] = { 9, 9, 9, 9 };
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wire_init(&w, cases[i].octets, cases[i].n);
		assert_null(wire_str(&w));
		if (!w.bad)
			fail_msg("case %zu: got good, want bad", i);
	}
	wire_init(&w, "\3\0\0\0abcd", 8);
	wire_bytes(&w, out, 4);
	assert_int_equal(w.bad, 1);
	assert_memory_equal(out, "\0\0\0\0", 4);
}

static void
longest_string(void **state)
{
	static const struct {
		size_t		 len;
		const char	*tail;
		size_t		 want;
	} cases[] = {
		{ WIRE_STR_MAX - 1, "x", WIRE_STR_MAX },
		{ WIRE_STR_MAX, "x", WIRE_STR_MAX },
		{ WIRE_STR_MAX - 1, "\xc3\xbc", WIRE_STR_MAX - 1 },
		{ WIRE_STR_MAX - 3, "\xf0\x9f\x93\xa7", WIRE_STR_MAX - 3 },
		{ WIRE_STR_MAX - 2, "\xc3\xbcx", WIRE_STR_MAX },
	};
	struct buf	 b;
	struct wire	 w;
	char		*s, *got;
	size_t		 i;

	(void)state;
	s = malloc(WIRE_STR_MAX + 10);
	assert_non_null(s);
	buf_init(&b, WIRE_STR_MAX + 100);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(s, 'a', cases[i].len);
		memcpy(s + cases[i].len, cases[i].tail, strlen(cases[i].tail) + 1);
		buf_reset(&b);
		wire_put_str(&b, s);
		wire_init(&w, b.data, b.len);
		got = wire_str(&w);
		if (got == NULL || strlen(got) != cases[i].want || wire_end(&w) != 0)
			fail_msg("case %zu: got %zu, want %zu", i, got ? strlen(got) : 0,
			    cases[i].want);
		free(got);
	}
	/* A writer that does not cut. */
	buf_reset(&b);
	memset(s, 'a', WIRE_STR_MAX + 1);
	wire_put_bytes(&b, s, WIRE_STR_MAX + 1);
	wire_init(&w, b.data, b.len);
	assert_null(wire_str(&w));
	assert_int_equal(w.bad, 1);
	buf_free(&b);
	free(s);
}

/* ---- frames ---- */

struct writer {
	int		 fd;
	const char	*p;
	size_t		 len, step;	/* step 0: frame_write() of all */
	int		 ret;
};

static void *
writer_run(void *arg)
{
	struct writer	*w = arg;
	size_t		 at, n;
	ssize_t		 r;

	if (w->step == 0) {
		w->ret = frame_write(w->fd, 7, w->p, w->len);
		return NULL;
	}
	for (at = 0; at < w->len; at += n) {
		n = w->len - at < w->step ? w->len - at : w->step;
		do
			r = send(w->fd, w->p + at, n, MSG_NOSIGNAL);
		while (r == -1 && errno == EINTR);
		if (r != (ssize_t)n)
			return NULL;
		sched_yield();
	}
	w->ret = 0;
	return NULL;
}

static void
pair(int sv[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
}

/* The octets of a frame, as they pass the socket. */
static size_t
frame_octets(uint32_t type, const char *payload, size_t len, char *out, size_t size)
{
	int	sv[2];
	ssize_t	n;

	pair(sv);
	assert_int_equal(frame_write(sv[0], type, payload, len), 0);
	n = recv(sv[1], out, size, MSG_DONTWAIT);
	assert_true(n > 0);
	close(sv[0]);
	close(sv[1]);
	return (size_t)n;
}

static void
frames_in_a_row(void **state)
{
	struct buf	b;
	uint32_t	type;
	int		sv[2];

	(void)state;
	pair(sv);
	buf_init(&b, 100);
	assert_int_equal(frame_write(sv[0], 1, "one", 3), 0);
	assert_int_equal(frame_write(sv[0], 0xffffffff, NULL, 0), 0);
	assert_int_equal(frame_write(sv[0], 3, "\0three", 6), 0);
	/* A deadline that is over does not refuse what is already there. */
	assert_int_equal(frame_read(sv[1], 1, &type, &b), FRAME_OK);
	assert_int_equal(type, 1);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "one", 3);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_OK);
	assert_int_equal(type, 0xffffffff);
	assert_int_equal(b.len, 0);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_OK);
	assert_memory_equal(b.data, "\0three", 6);
	assert_int_equal(frame_read(sv[1], 1, &type, &b), FRAME_TIMEOUT);
	close(sv[0]);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_EOF);
	close(sv[1]);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_ERROR);
	buf_free(&b);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* One octet at a time, signals falling on both threads all the while. */
static void
frame_trickles(void **state)
{
	struct sigaction	sa = { .sa_handler = on_alarm };
	struct itimerval	on = { { 0, 300 }, { 0, 300 } }, off = { { 0, 0 }, { 0, 0 } };
	struct writer		w = { .step = 1, .ret = -1 };
	char			text[300], octets[400];
	struct buf		b;
	pthread_t		t;
	uint32_t		type;
	int			sv[2];

	(void)state;
	memset(text, 'p', sizeof(text));
	pair(sv);
	buf_init(&b, sizeof(text));
	w.fd = sv[0];
	w.p = octets;
	w.len = frame_octets(7, text, sizeof(text), octets, sizeof(octets));
	assert_int_equal(w.len, sizeof(text) + HEAD);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &on, NULL);
	assert_int_equal(pthread_create(&t, NULL, writer_run, &w), 0);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_OK);
	pthread_join(t, NULL);
	setitimer(ITIMER_REAL, &off, NULL);
	assert_int_equal(w.ret, 0);
	assert_int_equal(b.len, sizeof(text));
	assert_memory_equal(b.data, text, sizeof(text));
	buf_free(&b);
	close(sv[0]);
	close(sv[1]);
}

/* More than the socket holds: partial writes, blocking or not. */
static void
large_frame(void **state)
{
	const size_t	 size = 1500001;
	struct writer	 w = { .ret = -1 };
	int		 nonblock, sv[2], small = 4096;
	char		*text = malloc(size);
	struct buf	 b;
	pthread_t	 t;
	uint32_t	 type;
	size_t		 i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < size; i++)
		text[i] = (char)(i * 31 >> 3);
	for (nonblock = 0; nonblock < 2; nonblock++) {
		pair(sv);
		setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
		if (nonblock)
			assert_int_equal(fcntl(sv[0], F_SETFL, O_NONBLOCK), 0);
		buf_init(&b, size);
		w.fd = sv[0];
		w.p = text;
		w.len = size;
		w.ret = -1;
		assert_int_equal(pthread_create(&t, NULL, writer_run, &w), 0);
		assert_int_equal(frame_read(sv[1], clock_mono_ns() + 60000000000u, &type, &b), FRAME_OK);
		pthread_join(t, NULL);
		assert_int_equal(w.ret, 0);
		assert_int_equal(type, 7);
		assert_int_equal(b.len, size);
		assert_memory_equal(b.data, text, size);
		buf_free(&b);
		close(sv[0]);
		close(sv[1]);
	}
	free(text);
}

/* Every beginning of a frame: then silence, then the end. */
static void
cut_frames(void **state)
{
	struct buf	b;
	uint32_t	type;
	uint64_t	deadline;
	char		octets[64];
	size_t		n, len;
	int		sv[2];

	(void)state;
	len = frame_octets(5, "payload", 7, octets, sizeof(octets));
	buf_init(&b, 100);
	for (n = 0; n < len; n++) {
		pair(sv);
		assert_int_equal(send(sv[0], octets, n, 0), n);
		assert_int_equal(frame_read(sv[1], 1, &type, &b), FRAME_TIMEOUT);
		close(sv[0]);
		close(sv[1]);
		pair(sv);
		assert_int_equal(send(sv[0], octets, n, 0), n);
		close(sv[0]);
		if (frame_read(sv[1], 0, &type, &b) != FRAME_EOF)
			fail_msg("end after %zu octets: want FRAME_EOF", n);
		close(sv[1]);
	}
	pair(sv);
	deadline = clock_mono_ns() + 5000000;
	assert_int_equal(frame_read(sv[1], deadline, &type, &b), FRAME_TIMEOUT);
	assert_true(clock_mono_ns() >= deadline);
	/* The peer dies with our octets unread: the kernel says reset. */
	assert_int_equal(frame_write(sv[1], 1, "x", 1), 0);
	close(sv[0]);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_EOF);
	errno = 0;
	assert_int_equal(frame_write(sv[1], 1, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(sv[1]);
	buf_free(&b);
}

static void
bad_frames(void **state)
{
	struct buf	b;
	uint32_t	type;
	char		octets[64];
	size_t		len, i;
	int		sv[2];

	(void)state;
	len = frame_octets(5, "payload", 7, octets, sizeof(octets));
	for (i = 0; i < 4; i++) {	/* magic and version */
		pair(sv);
		buf_init(&b, 100);
		octets[i] ^= 4;
		assert_int_equal(send(sv[0], octets, len, 0), len);
		octets[i] ^= 4;
		if (frame_read(sv[1], 0, &type, &b) != FRAME_BAD)
			fail_msg("octet %zu changed: want FRAME_BAD", i);
		close(sv[0]);
		close(sv[1]);
	}
	for (i = 0; i < 9; i++) {	/* the reader's max */
		pair(sv);
		buf_init(&b, i);
		assert_int_equal(send(sv[0], octets, len, 0), len);
		if (frame_read(sv[1], 0, &type, &b) != (i < 7 ? FRAME_BAD : FRAME_OK))
			fail_msg("max %zu of 7: wrong status", i);
		buf_free(&b);
		close(sv[0]);
		close(sv[1]);
	}
	/* A length that is only claimed costs no memory. */
	pair(sv);
	memcpy(octets + 8, "\xff\xff\xff\x7f", 4);
	buf_init(&b, 0x7fffffff);
	assert_int_equal(send(sv[0], octets, len, 0), len);
	close(sv[0]);
	assert_int_equal(frame_read(sv[1], 0, &type, &b), FRAME_EOF);
	assert_true(b.size < 1024 * 1024);
	close(sv[1]);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(hostile_octets),
		cmocka_unit_test(refused),
		cmocka_unit_test(longest_string),
		cmocka_unit_test(frames_in_a_row),
		cmocka_unit_test(frame_trickles),
		cmocka_unit_test(large_frame),
		cmocka_unit_test(cut_frames),
		cmocka_unit_test(bad_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
