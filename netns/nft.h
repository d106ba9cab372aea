/* nft.h - the netlink form of packet rules: tables, chains, rules as arrays of expressions.
 *
 * A rule is read from left to right: loads into registers, comparisons that leave the rule when they
 * fail, an action.  Registers are the 4-byte ones; a concatenation is looked up in consecutive ones.
 * The short names below are for rule tables alone: only netns/ruleset.c includes this.
 * Messages are added to a batch (netns/netlink.h), between nft_begin() and nft_end().
 * Runs in: socket maker.  Source: linux/netfilter/nf_tables.h, net/netfilter/nft_*.c. */
#ifndef NETNS_NFT_H
#define NETNS_NFT_H

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/netlink.h"

#define NFT_TABLE "enclave"
#define NFT_LOG_SNAPLEN 128 /* headers; what was denied is in them */

enum nft_expr_kind {
	E_META,
	E_PAYLOAD,
	E_MASK,
	E_CMP,
	E_LOOKUP,
	E_PORT,
	E_TPROXY,
	E_SOCKET,
	E_LOG,
	E_COUNT,
	E_REJECT,
	E_VERDICT
};

struct nft_expr {
	enum nft_expr_kind kind;
	uint32_t a, b, c;  /* by kind: see the macros */
	unsigned reg;	   /* E_META, E_PAYLOAD: loaded into; all others work on register 0 */
	const void *value; /* E_CMP, E_MASK: c bytes */
	const char *chain; /* E_VERDICT: of NFT_GOTO; E_LOG: prefix; E_LOOKUP: set */
};

#define META_TO(n, key)                                         \
	{                                                       \
		.kind = E_META, .a = NFT_META_##key, .reg = (n) \
	}
#define HEADER_TO(n, base, offset, len)                                                         \
	{                                                                                       \
		.kind = E_PAYLOAD, .a = NFT_PAYLOAD_##base##_HEADER, .b = (offset), .c = (len), \
		.reg = (n)                                                                      \
	}
#define META(key) META_TO(0, key)
#define IP(offset, len) HEADER_TO(0, NETWORK, offset, len)
#define DPORT_TO(n) HEADER_TO(n, TRANSPORT, 2, 2)
#define DPORT DPORT_TO(0)
#define MASK(v)                                               \
	{                                                     \
		.kind = E_MASK, .c = sizeof(v), .value = &(v) \
	}
#define IS(v)                                                                 \
	{                                                                     \
		.kind = E_CMP, .a = NFT_CMP_EQ, .c = sizeof(v), .value = &(v) \
	}
#define IS_NOT(v)                                                              \
	{                                                                      \
		.kind = E_CMP, .a = NFT_CMP_NEQ, .c = sizeof(v), .value = &(v) \
	}
#define FROM(v)                                                                \
	{                                                                      \
		.kind = E_CMP, .a = NFT_CMP_GTE, .c = sizeof(v), .value = &(v) \
	}
#define ACCEPT                                    \
	{                                         \
		.kind = E_VERDICT, .a = NF_ACCEPT \
	}
#define DROP                                    \
	{                                       \
		.kind = E_VERDICT, .a = NF_DROP \
	}
#define DENY                                                                \
	{                                                                   \
		.kind = E_VERDICT, .a = (uint32_t)NFT_GOTO, .chain = "deny" \
	}
#define LOG(group, prefix)                                     \
	{                                                      \
		.kind = E_LOG, .a = (group), .chain = (prefix) \
	}
#define PROHIBITED                                                                     \
	{                                                                              \
		.kind = E_REJECT, .a = NFT_REJECT_ICMP_UNREACH, .b = ICMP_PKT_FILTERED \
	}
#define COUNT                   \
	{                       \
		.kind = E_COUNT \
	}
#define LOOKUP(set)                              \
	{                                        \
		.kind = E_LOOKUP, .chain = (set) \
	}
#define BOUND                    \
	{                        \
		.kind = E_SOCKET \
	} /* 0: to one address; a listener is bound to all of them */
#define TPROXY(port) { .kind = E_PORT, .a = (port) }, { .kind = E_TPROXY }, ACCEPT
#define RESET                                             \
	{                                                 \
		.kind = E_REJECT, .a = NFT_REJECT_TCP_RST \
	}

#define SADDR IP(12, 4)
#define DADDR IP(16, 4)

void nft_begin(struct netlink_batch *b);
void nft_end(struct netlink_batch *b);

/* nft_table() - family: NFPROTO_IPV4, NFPROTO_IPV6.  Everything is in one table of this name. */
void nft_table(struct netlink_batch *b, uint8_t family);

/* nft_chain() - hook < 0: one to go to; else a base chain that drops what it does not accept. */
void nft_chain(struct netlink_batch *b, uint8_t family, const char *name, int hook, int priority);

/* nft_rule() - at the end of an IPv4 chain.  @what: named when the kernel refuses it; static. */
void nft_rule(struct netlink_batch *b, const char *chain, const char *what,
	      const struct nft_expr *x, size_t count);

#define RULE(b, chain, what, ...)                                          \
	nft_rule(b, chain, what, (const struct nft_expr[]){ __VA_ARGS__ }, \
		 sizeof((const struct nft_expr[]){ __VA_ARGS__ }) / sizeof(struct nft_expr))

/* For messages of other kinds: nft_message() starts one, nft_add() adds it, or remembers the failure.
 * nft_put_be32(), nft_put_data() return 0, or less when there is no room. */
struct nl_msg *nft_message(unsigned type, unsigned flags, uint8_t family, size_t room);
void nft_add(struct netlink_batch *b, struct nl_msg *take_msg, int failed, const char *what);
int nft_put_be32(struct nl_msg *msg, int type, uint32_t value);
int nft_put_data(struct nl_msg *msg, int type, const void *value, size_t len);

#endif
