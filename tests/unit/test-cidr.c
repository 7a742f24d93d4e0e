/* SPDX-License-Identifier: ISC */
/* Tests of base/cidr.c: spellings of networks and addresses, and who lies in which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/cidr.h"

static void
parse(void **state)
{
	static const struct {
		const char	*in;
		int		 want;	/* bits, or -1 */
	} cases[] = {
		{ "192.0.2.0/24", 120 }, { "192.0.2.1", 128 }, { "0.0.0.0/0", 96 },
		{ "127.0.0.1/8", 104 }, { "[192.0.2.1]", 128 },
		{ "2001:db8::/32", 32 }, { "::/0", 0 }, { "[::1]/128", 128 }, { "::1", 128 },
		{ "[2001:db8::]/32", 32 }, { "IPv6:2001:db8::/32", 32 },
		{ "::ffff:192.0.2.0/120", 120 },
		{ "", -1 }, { "/", -1 }, { "/8", -1 }, { "192.0.2.0/", -1 }, { "192.0.2.0/33", -1 },
		{ "192.0.2.0/ 8", -1 }, { "192.0.2.0/-1", -1 }, { "192.0.2.0/24x", -1 },
		{ "192.0.2.0/99999999999999999999", -1 }, { "192.0.2.0/4294967304", -1 },
		{ "192.0.2", -1 }, { "10/8", -1 }, { "192.0.2.256", -1 }, { "192.0.2.01", -1 },
		{ "2001:db8::/129", -1 }, { "[::1/128", -1 }, { "::1]/128", -1 }, { "[::1/128]", -1 },
		{ "fe80::1%eth0", -1 }, { "example.org", -1 }, { "2001:db8::/32/8", -1 },
		{ " 192.0.2.1", -1 }, { "192.0.2.1 ", -1 }, { "[]", -1 }, { "[", -1 },
		{ "IPv6:192.0.2.1", -1 },
		{ "1111111111111111111111111111111111111111111111111111111111111111111111111", -1 },
	};
	struct cidr	net;
	size_t		i;
	int		r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = cidr_parse(cases[i].in, &net);
		if (cases[i].want == -1 ? r != -1 : r != 0 || (int)net.bits != cases[i].want)
			fail_msg("\"%s\": got %d, /%u, want %d", cases[i].in, r, net.bits,
			    cases[i].want);
	}
}

static void
text(void **state)
{
	static const char	*const cases[][2] = {
		{ "192.0.2.0/24", "192.0.2.0/24" }, { "192.0.2.1", "192.0.2.1/32" }, { "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:DB8:0::/32", "2001:db8::/32" }, { "::/0", "::/0" }, { "[::1]", "::1/128" },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24" }, { "::ffff:0:0/90", "::ffff:0.0.0.0/90" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888/128", "1111:2222:3333:4444:5555:6666:7777:8888/128" },
	};
	char			 got[CIDR_TEXT_MAX + 1];
	struct cidr		 net;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cidr_parse(cases[i][0], &net), 0);
		assert_string_equal(cidr_str(&net, got, sizeof(got)), cases[i][1]);
	}
}

static void
match(void **state)
{
	static const struct {
		const char	*net, *address;
		int		 want;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.128/25", "192.0.2.128", 1 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.8/30", "192.0.2.11", 1 },
		{ "192.0.2.8/30", "192.0.2.12", 0 },
		{ "127.0.0.1/8", "127.255.0.9", 1 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1", "192.0.2.2", 0 },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", 1 },
		{ "192.0.2.0/24", "IPv6:::ffff:192.0.2.7", 1 },
		{ "::ffff:192.0.2.0/120", "192.0.2.7", 1 },
		{ "0.0.0.0/0", "203.0.113.9", 1 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "::/0", "2001:db8::1", 1 },
		{ "::/0", "192.0.2.1", 0 },
		{ "2001:db8::/32", "2001:db8:ffff::1", 1 },
		{ "2001:db8::/32", "IPv6:2001:db8::1", 1 },
		{ "2001:db8::/32", "ipv6:2001:DB8::1", 1 },
		{ "2001:db8::/32", "[IPv6:2001:db8::1]", 1 },
		{ "2001:db8::/32", "2001:db9::1", 0 },
		{ "2001:db8::/33", "2001:db8:8000::1", 0 },
		{ "::1", "[::1]", 1 },
		{ "::1", "127.0.0.1", 0 },
		{ "0.0.0.0/0", "unknown", 0 },
		{ "0.0.0.0/0", "", 0 },
		{ "0.0.0.0/0", NULL, 0 },
		{ "::/0", "local:/run/x", 0 },
	};
	struct cidr_list	list = { NULL, 0 };
	struct cidr		nets[2];
	size_t			i;
	int			got;

	(void)state;
	assert_int_equal(cidr_match(&list, "192.0.2.1"), 0);
	list.nets = nets;
	list.count = 2;
	assert_int_equal(cidr_parse("198.51.100.0/32", &nets[0]), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cidr_parse(cases[i].net, &nets[1]), 0);
		got = cidr_match(&list, cases[i].address);
		if (got != cases[i].want)
			fail_msg("%s in %s: got %d, want %d", cases[i].address, cases[i].net, got,
			    cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(text),
		cmocka_unit_test(match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
