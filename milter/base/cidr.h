/* SPDX-License-Identifier: ISC */
/* Lists of networks in CIDR form (RFC 4632), and whether an address lies in one.  Numeric only: no DNS. */
#ifndef HOPWARD_BASE_CIDR_H
#define HOPWARD_BASE_CIDR_H

#include <stddef.h>
#include <stdint.h>

struct cidr {
	uint8_t		addr[16];	/* IPv4 as v4-mapped */
	unsigned int	bits;		/* 0..128 of addr */
};

struct cidr_list {
	struct cidr	*nets;
	size_t		 count;
};

int	cidr_parse(const char *, struct cidr *);	/* "192.0.2.0/24", "2001:db8::/32", "[::1]/128", bare address */
int	cidr_address(const char *, uint8_t addr[16]);	/* also "IPv6:..." as Sendmail writes it; v4-mapped equals v4 */
/* "192.0.2.0/24"; out of at least CIDR_TEXT_MAX + 1.  Returns out. */
#define CIDR_TEXT_MAX	49
const char *cidr_str(const struct cidr *, char *out, size_t);
int	cidr_match(const struct cidr_list *, const char *address);	/* 1 or 0; not an address: 0 */

#endif
