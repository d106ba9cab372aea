/* addr.h - one IPv4 or IPv6 address as a value, and the addresses that are never dialled.
 *
 * Bytes are in network order, ports anywhere in this tree in host order.  Pure: no resolver, no
 * allocation, safe in every process.  Source of the ranges: IANA special-purpose registries (RFC 6890
 * and its updates), RFC 6052 and RFC 8215 (NAT64), RFC 3056 (6to4), and the documentation of the
 * clouds for their metadata services. */
#ifndef NETNS_ADDR_H
#define NETNS_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

struct addr {
	uint8_t family;	   /* enum addr_family */
	uint8_t bytes[16]; /* v4: the first four; the others are 0 */
};

#define ADDR_TEXT_MAX 46 /* longest text with its NUL */

struct addr addr_v4(uint32_t host_order);
uint32_t addr_v4_host(const struct addr *addr); /* of a v4 address, in host order */
struct addr addr_v6(const uint8_t bytes[16]);
bool addr_equal(const struct addr *a, const struct addr *b);
unsigned addr_bits(const struct addr *addr); /* 32 or 128 */

/* addr_parse() - the whole of [text, text + len).  IPv4 is four decimal numbers without leading
 * zeros: what inet_aton(3) also takes (octal, hex, fewer parts) is no address here.  IPv6 without
 * brackets and without a zone. */
bool addr_parse(const char *text, size_t len, struct addr *out);
void addr_format(struct text *t, const struct addr *addr); /* RFC 5952, no brackets */

/* addr_in_prefix() - do the first prefix_len bits agree?  Families must be the same. */
bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned prefix_len);
struct addr addr_mask(const struct addr *addr, unsigned prefix_len); /* host bits cleared */

/* addr_unwrap() - the IPv4 address that an IPv6 address stands for: 4in6 (::ffff:0:0/96, ::/96), NAT64
 * (64:ff9b::/96, 64:ff9b:1::/48), 6to4 (2002::/16); any other address unchanged.  The place of the
 * inner address in 64:ff9b:1::/48 is the operator's choice: of the possible readings the one that
 * must not be dialled is taken, if there is one. */
struct addr addr_unwrap(const struct addr *addr);

/* May an address rule open a row?  HINTED: a refusal says how. */
enum addr_opening { ADDR_SHUT, ADDR_OPENS, ADDR_HINTED };

/* Never dialled, by most specific row.  A rule opens a row only if it is not wider than the row, so
 * 0.0.0.0/0 opens none, and a metadata address takes a rule of its own.  198.18.0.0/15 is shut because
 * names get their addresses from it inside.
 * X(identifier, word in the record, family, prefix, length, enum addr_opening) */
/* clang-format off */
#define ADDR_NEVER_TABLE(X) \
	X(THIS_NETWORK, "this-network", ADDR_V4, "0.0.0.0", 8, ADDR_SHUT) \
	X(PRIVATE_10, "private", ADDR_V4, "10.0.0.0", 8, ADDR_HINTED) \
	X(PRIVATE_172, "private", ADDR_V4, "172.16.0.0", 12, ADDR_HINTED) \
	X(PRIVATE_192, "private", ADDR_V4, "192.168.0.0", 16, ADDR_HINTED) \
	X(SHARED, "shared", ADDR_V4, "100.64.0.0", 10, ADDR_HINTED) \
	X(LOOPBACK, "loopback", ADDR_V4, "127.0.0.0", 8, ADDR_OPENS) \
	X(LINK_LOCAL, "link-local", ADDR_V4, "169.254.0.0", 16, ADDR_OPENS) \
	X(METADATA, "metadata", ADDR_V4, "169.254.169.254", 32, ADDR_OPENS) \
	X(METADATA_TASK, "metadata", ADDR_V4, "169.254.170.2", 32, ADDR_OPENS) \
	X(METADATA_POD, "metadata", ADDR_V4, "169.254.170.23", 32, ADDR_OPENS) \
	X(METADATA_ALIBABA, "metadata", ADDR_V4, "100.100.100.200", 32, ADDR_OPENS) \
	X(METADATA_ORACLE, "metadata", ADDR_V4, "192.0.0.192", 32, ADDR_OPENS) \
	X(METADATA_AZURE, "metadata", ADDR_V4, "168.63.129.16", 32, ADDR_OPENS) \
	X(PROTOCOLS, "ietf-protocols", ADDR_V4, "192.0.0.0", 24, ADDR_OPENS) \
	X(SYNTHETIC, "benchmark", ADDR_V4, "198.18.0.0", 15, ADDR_SHUT) \
	X(MULTICAST, "multicast", ADDR_V4, "224.0.0.0", 4, ADDR_SHUT) \
	X(RESERVED, "reserved", ADDR_V4, "240.0.0.0", 4, ADDR_SHUT) \
	X(BROADCAST, "broadcast", ADDR_V4, "255.255.255.255", 32, ADDR_SHUT) \
	X(UNSPECIFIED6, "this-network", ADDR_V6, "::", 128, ADDR_SHUT) \
	X(LOOPBACK6, "loopback", ADDR_V6, "::1", 128, ADDR_OPENS) \
	X(LOW6, "reserved", ADDR_V6, "::", 3, ADDR_SHUT) \
	X(MIDDLE6, "reserved", ADDR_V6, "4000::", 2, ADDR_SHUT) \
	X(HIGH6, "reserved", ADDR_V6, "8000::", 1, ADDR_SHUT) \
	X(TEREDO6, "teredo", ADDR_V6, "2001::", 32, ADDR_SHUT) \
	X(PROTOCOLS6, "ietf-protocols", ADDR_V6, "2001::", 23, ADDR_SHUT) \
	X(PRIVATE6, "private", ADDR_V6, "fc00::", 7, ADDR_HINTED) \
	X(METADATA6, "metadata", ADDR_V6, "fd00:ec2::254", 128, ADDR_OPENS) \
	X(METADATA6_POD, "metadata", ADDR_V6, "fd00:ec2::23", 128, ADDR_OPENS) \
	X(METADATA6_GOOGLE, "metadata", ADDR_V6, "fd20:ce::254", 128, ADDR_OPENS) \
	X(LINK_LOCAL6, "link-local", ADDR_V6, "fe80::", 10, ADDR_OPENS) \
	X(SITE_LOCAL6, "private", ADDR_V6, "fec0::", 10, ADDR_HINTED) \
	X(MULTICAST6, "multicast", ADDR_V6, "ff00::", 8, ADDR_SHUT)
/* clang-format on */

enum addr_never {
	ADDR_PUBLIC = 0,
#define ADDR_NEVER_ENUM(id, word, family, prefix, len, opening) ADDR_NEVER_##id,
	ADDR_NEVER_TABLE(ADDR_NEVER_ENUM)
#undef ADDR_NEVER_ENUM
		ADDR_NEVER_COUNT
};

struct addr_never_row {
	const char *word;
	const char *text; /* prefix, without its length */
	uint8_t family, prefix_len;
	enum addr_opening opening;
};

/* addr_never_row() - one row; for ADDR_PUBLIC a row with the word "public" and no family. */
const struct addr_never_row *addr_never_row(enum addr_never id);

/* addr_never() - the most specific row of an address after addr_unwrap(), or ADDR_PUBLIC.  A walk
 * over the table: lookups at run time take the compiled rules of netns/egress.h instead. */
enum addr_never addr_never(const struct addr *addr);

#endif
