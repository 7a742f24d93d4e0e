/* SPDX-License-Identifier: ISC */
/* Lists of networks in CIDR form (RFC 4632), and whether an address lies in one. */
/*
 * Called by the configuration's reader (parse) and by any thread (match).
 * Lists belong to whoever filled them.  Numeric only: no DNS, no zone index
 * ("fe80::1%eth0" is no address), no classful abbreviation ("10/8").
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cidr.h"

#define V4_BITS		96	/* of the v4-mapped prefix */
#define ADDRESS_MAX	63	/* "[IPv6:...]" with room to spare */

static const uint8_t	v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
cidr_address(const char *s, uint8_t addr[16])
{
	char	text[ADDRESS_MAX + 1];
	size_t	n = strlen(s);

	memset(addr, 0, 16);
	if (n >= 2 && s[0] == '[' && s[n - 1] == ']') {
		s++;
		n -= 2;
	}
	if (n > ADDRESS_MAX)
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	if (strncasecmp(text, "IPv6:", 5) == 0)
		return inet_pton(AF_INET6, text + 5, addr) == 1 ? 0 : -1;
	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	memcpy(addr, v4_prefix, sizeof(v4_prefix));
	return inet_pton(AF_INET, text, addr + 12) == 1 ? 0 : -1;
}

int
cidr_parse(const char *s, struct cidr *net)
{
	char		 text[ADDRESS_MAX + 1];
	const char	*slash = strchr(s, '/'), *p;
	size_t		 n = slash != NULL ? (size_t)(slash - s) : strlen(s);
	unsigned int	 bits = 0, is_v4;

	memset(net, 0, sizeof(*net));
	if (n > ADDRESS_MAX)
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	if (cidr_address(text, net->addr) == -1)
		return -1;
	net->bits = 128;
	if (slash == NULL)
		return 0;
	for (p = slash + 1; *p >= '0' && *p <= '9' && bits <= 128; p++)
		bits = bits * 10 + (unsigned int)(*p - '0');
	is_v4 = strchr(text, ':') == NULL;
	if (p == slash + 1 || *p != '\0' || bits > (is_v4 ? 32 : 128))
		return -1;
	net->bits = is_v4 ? V4_BITS + bits : bits;
	return 0;
}

const char *
cidr_str(const struct cidr *net, char *out, size_t size)
{
	int	is_v4 = net->bits >= V4_BITS && memcmp(net->addr, v4_prefix, sizeof(v4_prefix)) == 0;
	char	text[INET6_ADDRSTRLEN];

	if (inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? net->addr + 12 : net->addr, text, sizeof(text)) == NULL)
		text[0] = '\0';
	snprintf(out, size, "%s/%u", text, is_v4 ? net->bits - V4_BITS : net->bits);
	return out;
}

static int
net_holds(const struct cidr *net, const uint8_t addr[16])
{
	unsigned int	whole = net->bits / 8, rest = net->bits % 8;
	uint8_t		mask;

	if (net->bits > 128 || memcmp(net->addr, addr, whole) != 0)
		return 0;
	if (rest == 0)
		return 1;
	mask = (uint8_t)(0xff << (8 - rest));
	return (net->addr[whole] & mask) == (addr[whole] & mask);
}

int
cidr_match(const struct cidr_list *list, const char *address)
{
	uint8_t	addr[16];
	size_t	i;
	int	is_v4;

	if (address == NULL || cidr_address(address, addr) == -1)
		return 0;
	is_v4 = memcmp(addr, v4_prefix, sizeof(v4_prefix)) == 0;
	for (i = 0; i < list->count; i++) {
		/* "::/0" means every IPv6 address; that IPv4 is mapped is our affair. */
		if (is_v4 && list->nets[i].bits < V4_BITS)
			continue;
		if (net_holds(&list->nets[i], addr))
			return 1;
	}
	return 0;
}
