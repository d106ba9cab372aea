/* ruleset.c - expressions, rules, chains, sets: nf_tables' netlink form of the table in ruleset.h.
 *
 * A rule is an array of struct expr, read from left to right: loads into registers, comparisons that
 * leave the rule when they fail, an action.  Registers are the 4-byte ones; a concatenation is
 * looked up in consecutive ones.  Source: linux/netfilter/nf_tables.h, net/netfilter/nft_*.c. */
#include "netns/ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "netns/gateway.h"
#include "netns/netlink.h"

#define TABLE "enclave"
#define SET "allow"
#define ELEMENTS_PER_MESSAGE 400 /* an attribute holds 64 KiB, an element takes about 80 bytes */
#define LOG_SNAPLEN 128		 /* headers; what was denied is in them */
#define RULE_ROOM 2048

/* ----------------------------------------------------------------------------------- expressions */

enum expr_kind {
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

struct expr {
	enum expr_kind kind;
	uint32_t a, b, c;  /* by kind: see the macros */
	unsigned reg;	   /* E_META, E_PAYLOAD: loaded into; all others work on register 0 */
	const void *value; /* E_CMP, E_MASK: c bytes */
	const char *chain; /* E_VERDICT: of NFT_GOTO; E_LOG: prefix */
};

#define REG(n) (NFT_REG32_00 + (n))
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
#define TO_GATEWAY { .kind = E_PORT }, { .kind = E_TPROXY }, ACCEPT

#define SADDR IP(12, 4)
#define DADDR IP(16, 4)

static int put_be32(struct nl_msg *msg, int type, uint32_t value)
{
	return nla_put_u32(msg, type, htonl(value));
}

static int put_data(struct nl_msg *msg, int type, const void *value, size_t len)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest || nla_put(msg, NFTA_DATA_VALUE, (int)len, value) != 0)
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_meta(struct nl_msg *msg, const struct expr *x)
{
	return put_be32(msg, NFTA_META_KEY, x->a) | put_be32(msg, NFTA_META_DREG, REG(x->reg));
}

static int put_payload(struct nl_msg *msg, const struct expr *x)
{
	return put_be32(msg, NFTA_PAYLOAD_DREG, REG(x->reg)) |
	       put_be32(msg, NFTA_PAYLOAD_BASE, x->a) | put_be32(msg, NFTA_PAYLOAD_OFFSET, x->b) |
	       put_be32(msg, NFTA_PAYLOAD_LEN, x->c);
}

static int put_mask(struct nl_msg *msg, const struct expr *x)
{
	const uint32_t zero = 0;

	return put_be32(msg, NFTA_BITWISE_SREG, REG(0)) | put_be32(msg, NFTA_BITWISE_DREG, REG(0)) |
	       put_be32(msg, NFTA_BITWISE_LEN, x->c) |
	       put_data(msg, NFTA_BITWISE_MASK, x->value, x->c) |
	       put_data(msg, NFTA_BITWISE_XOR, &zero, x->c);
}

static int put_cmp(struct nl_msg *msg, const struct expr *x)
{
	return put_be32(msg, NFTA_CMP_SREG, REG(0)) | put_be32(msg, NFTA_CMP_OP, x->a) |
	       put_data(msg, NFTA_CMP_DATA, x->value, x->c);
}

static int put_lookup(struct nl_msg *msg, const struct expr *x)
{
	(void)x;
	return nla_put_string(msg, NFTA_LOOKUP_SET, SET) | put_be32(msg, NFTA_LOOKUP_SET_ID, 1) |
	       put_be32(msg, NFTA_LOOKUP_SREG, REG(0));
}

static int put_port(struct nl_msg *msg, const struct expr *x)
{
	const uint16_t port = htons(RULESET_TPROXY_PORT);

	(void)x;
	return put_be32(msg, NFTA_IMMEDIATE_DREG, REG(0)) |
	       put_data(msg, NFTA_IMMEDIATE_DATA, &port, sizeof(port));
}

static int put_tproxy(struct nl_msg *msg, const struct expr *x)
{
	(void)x;
	return put_be32(msg, NFTA_TPROXY_FAMILY, NFPROTO_IPV4) |
	       put_be32(msg, NFTA_TPROXY_REG_PORT, REG(0));
}

/* 0: bound to one address.  A listener is bound to all of them. */
static int put_socket(struct nl_msg *msg, const struct expr *x)
{
	(void)x;
	return put_be32(msg, NFTA_SOCKET_KEY, NFT_SOCKET_WILDCARD) |
	       put_be32(msg, NFTA_SOCKET_DREG, REG(0));
}

/* a: group, chain: prefix or NULL. */
static int put_log(struct nl_msg *msg, const struct expr *x)
{
	int rc = nla_put_u16(msg, NFTA_LOG_GROUP, htons((uint16_t)x->a)) |
		 put_be32(msg, NFTA_LOG_SNAPLEN, LOG_SNAPLEN) |
		 nla_put_u16(msg, NFTA_LOG_QTHRESHOLD, htons(1));

	return x->chain ? rc | nla_put_string(msg, NFTA_LOG_PREFIX, x->chain) : rc;
}

static int put_nothing(struct nl_msg *msg, const struct expr *x)
{
	(void)msg;
	(void)x;
	return 0;
}

static int put_reject(struct nl_msg *msg, const struct expr *x)
{
	return put_be32(msg, NFTA_REJECT_TYPE, x->a) |
	       nla_put_u8(msg, NFTA_REJECT_ICMP_CODE, (uint8_t)x->b);
}

static int put_verdict(struct nl_msg *msg, const struct expr *x)
{
	struct nlattr *data, *verdict;
	int rc = put_be32(msg, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);

	data = nla_nest_start(msg, NFTA_IMMEDIATE_DATA);
	verdict = data ? nla_nest_start(msg, NFTA_DATA_VERDICT) : NULL;
	if (!verdict)
		return -1;
	rc |= put_be32(msg, NFTA_VERDICT_CODE, x->a);
	if (x->chain)
		rc |= nla_put_string(msg, NFTA_VERDICT_CHAIN, x->chain);
	return rc | nla_nest_end(msg, verdict) | nla_nest_end(msg, data);
}

static const struct {
	const char *name;
	int (*put)(struct nl_msg *msg, const struct expr *x);
} kinds[] = {
	[E_META] = { "meta", put_meta },       [E_PAYLOAD] = { "payload", put_payload },
	[E_MASK] = { "bitwise", put_mask },    [E_CMP] = { "cmp", put_cmp },
	[E_LOOKUP] = { "lookup", put_lookup }, [E_PORT] = { "immediate", put_port },
	[E_TPROXY] = { "tproxy", put_tproxy }, [E_SOCKET] = { "socket", put_socket },
	[E_LOG] = { "log", put_log },	       [E_COUNT] = { "counter", put_nothing },
	[E_REJECT] = { "reject", put_reject }, [E_VERDICT] = { "immediate", put_verdict },
};

static int put_expr(struct nl_msg *msg, const struct expr *x)
{
	struct nlattr *element = nla_nest_start(msg, NFTA_LIST_ELEM), *data;
	int rc;

	if (!element)
		return -1;
	rc = nla_put_string(msg, NFTA_EXPR_NAME, kinds[x->kind].name);
	data = nla_nest_start(msg, NFTA_EXPR_DATA);
	if (!data)
		return -1;
	return rc | kinds[x->kind].put(msg, x) | nla_nest_end(msg, data) |
	       nla_nest_end(msg, element);
}

/* -------------------------------------------------------------------------------------- messages */

static struct nl_msg *message(unsigned type, unsigned flags, uint8_t family, size_t room)
{
	const struct nfgenmsg fixed = { .nfgen_family = family, .version = NFNETLINK_V0 };

	return netlink_message((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
			       (uint16_t)(NLM_F_CREATE | flags), &fixed, sizeof(fixed), room);
}

static void add(struct netlink_batch *b, struct nl_msg *take_msg, int failed, const char *what)
{
	if (failed) {
		nlmsg_free(take_msg);
		take_msg = NULL;
	}
	netlink_add(b, take_msg, what);
}

static void add_marker(struct netlink_batch *b, uint16_t type)
{
	const struct nfgenmsg fixed = { .nfgen_family = AF_UNSPEC,
					.version = NFNETLINK_V0,
					.res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_add_marker(b, netlink_message(type, 0, &fixed, sizeof(fixed), 0));
}

static void add_table(struct netlink_batch *b, uint8_t family)
{
	struct nl_msg *msg = message(NFT_MSG_NEWTABLE, 0, family, 64);

	add(b, msg, !msg || nla_put_string(msg, NFTA_TABLE_NAME, TABLE),
	    "make a packet rule table (kernel module nf_tables)");
}

/* A base chain drops what it does not accept; without a hook it is one to go to. */
static int put_chain(struct nl_msg *msg, const char *name, int hook, int priority)
{
	struct nlattr *nest;
	int rc = nla_put_string(msg, NFTA_CHAIN_TABLE, TABLE) |
		 nla_put_string(msg, NFTA_CHAIN_NAME, name);

	if (hook < 0)
		return rc;
	nest = nla_nest_start(msg, NFTA_CHAIN_HOOK);
	if (!nest)
		return -1;
	rc |= put_be32(msg, NFTA_HOOK_HOOKNUM, (uint32_t)hook) |
	      put_be32(msg, NFTA_HOOK_PRIORITY, (uint32_t)priority) | nla_nest_end(msg, nest);
	return rc | put_be32(msg, NFTA_CHAIN_POLICY, NF_DROP) |
	       nla_put_string(msg, NFTA_CHAIN_TYPE, "filter");
}

static void add_chain(struct netlink_batch *b, uint8_t family, const char *name, int hook,
		      int priority)
{
	struct nl_msg *msg = message(NFT_MSG_NEWCHAIN, 0, family, 256);

	add(b, msg, !msg || put_chain(msg, name, hook, priority), "make a packet rule chain");
}

static int put_rule(struct nl_msg *msg, const char *chain, const struct expr *x, size_t count)
{
	int rc = nla_put_string(msg, NFTA_RULE_TABLE, TABLE) |
		 nla_put_string(msg, NFTA_RULE_CHAIN, chain);
	struct nlattr *list = nla_nest_start(msg, NFTA_RULE_EXPRESSIONS);

	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		rc |= put_expr(msg, &x[i]);
	return rc | nla_nest_end(msg, list);
}

static void add_rule(struct netlink_batch *b, const char *chain, const char *what,
		     const struct expr *x, size_t count)
{
	struct nl_msg *msg = message(NFT_MSG_NEWRULE, NLM_F_APPEND, NFPROTO_IPV4, RULE_ROOM);

	add(b, msg, !msg || put_rule(msg, chain, x, count), what);
}

#define RULE(b, chain, what, ...)                                      \
	add_rule(b, chain, what, (const struct expr[]){ __VA_ARGS__ }, \
		 sizeof((const struct expr[]){ __VA_ARGS__ }) / sizeof(struct expr))

/* ------------------------------------------------------------------------------------------- set */

struct set_key {
	uint32_t address_be;
	uint8_t protocol, pad[3];
	uint16_t port_be, pad2;
};

_Static_assert(sizeof(struct set_key) == 12, "three 4-byte registers");

static int put_set(struct nl_msg *msg)
{
	static const uint32_t fields[] = { 4, 1, 2 }; /* address . protocol . port */
	struct nlattr *desc, *concat, *field;
	int rc = nla_put_string(msg, NFTA_SET_TABLE, TABLE) |
		 nla_put_string(msg, NFTA_SET_NAME, SET) |
		 put_be32(msg, NFTA_SET_FLAGS,
			  NFT_SET_INTERVAL | NFT_SET_CONCAT | NFT_SET_CONSTANT) |
		 put_be32(msg, NFTA_SET_KEY_LEN, sizeof(struct set_key)) |
		 put_be32(msg, NFTA_SET_ID, 1);

	desc = nla_nest_start(msg, NFTA_SET_DESC);
	concat = desc ? nla_nest_start(msg, NFTA_SET_DESC_CONCAT) : NULL;
	for (size_t i = 0; concat && i < 3; i++) {
		field = nla_nest_start(msg, NFTA_LIST_ELEM);
		if (!field)
			return -1;
		rc |= put_be32(msg, NFTA_SET_FIELD_LEN, fields[i]) | nla_nest_end(msg, field);
	}
	if (!concat)
		return -1;
	return rc | nla_nest_end(msg, concat) | nla_nest_end(msg, desc);
}

static struct set_key key_of(uint32_t address, enum egress_protocol protocol, uint16_t port)
{
	return (struct set_key){ .address_be = htonl(address),
				 .protocol = protocol == EGRESS_UDP ? IPPROTO_UDP : IPPROTO_TCP,
				 .port_be = htons(port) };
}

static int put_element(struct nl_msg *msg, const struct egress_kernel_row *row)
{
	const struct set_key low = key_of(row->low, row->protocol, row->ports.low);
	const struct set_key high = key_of(row->high, row->protocol, row->ports.high);
	struct nlattr *element = nla_nest_start(msg, NFTA_LIST_ELEM);

	if (!element)
		return -1;
	return put_data(msg, NFTA_SET_ELEM_KEY, &low, sizeof(low)) |
	       put_data(msg, NFTA_SET_ELEM_KEY_END, &high, sizeof(high)) |
	       nla_nest_end(msg, element);
}

static int put_elements(struct nl_msg *msg, const struct egress_kernel_row *rows, size_t count)
{
	struct nlattr *list;
	int rc = nla_put_string(msg, NFTA_SET_ELEM_LIST_TABLE, TABLE) |
		 nla_put_string(msg, NFTA_SET_ELEM_LIST_SET, SET) |
		 put_be32(msg, NFTA_SET_ELEM_LIST_SET_ID, 1);

	list = nla_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		rc |= put_element(msg, &rows[i]);
	return rc | nla_nest_end(msg, list);
}

static void add_set(struct netlink_batch *b, const struct ruleset *rules)
{
	struct nl_msg *msg = message(NFT_MSG_NEWSET, 0, NFPROTO_IPV4, 512);

	add(b, msg, !msg || put_set(msg), "make the set of permitted destinations");
	for (size_t at = 0; at < rules->row_count; at += ELEMENTS_PER_MESSAGE) {
		size_t left = rules->row_count - at;
		size_t count = left < ELEMENTS_PER_MESSAGE ? left : ELEMENTS_PER_MESSAGE;

		msg = message(NFT_MSG_NEWSETELEM, 0, NFPROTO_IPV4, 256 + count * 96);
		add(b, msg, !msg || put_elements(msg, rules->rows + at, count),
		    "fill the set of permitted destinations");
	}
}

/* ----------------------------------------------------------------------------------------- rules */

static const uint8_t tcp = IPPROTO_TCP, udp = IPPROTO_UDP;

static void add_chains(struct netlink_batch *b)
{
	add_table(b, NFPROTO_IPV4);
	add_table(b, NFPROTO_IPV6);
	add_chain(b, NFPROTO_IPV4, "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE);
	add_chain(b, NFPROTO_IPV4, "forward", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	add_chain(b, NFPROTO_IPV4, "output", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
	add_chain(b, NFPROTO_IPV4, "deny", -1, 0);
	add_chain(b, NFPROTO_IPV6, "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE);
	add_chain(b, NFPROTO_IPV6, "output", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
}

/* The gateway sends itself one such datagram at the end, to learn the last number of each group. */
static void add_marks(struct netlink_batch *b)
{
	const uint32_t loopback = 1;

	for (uint16_t group = 1; group <= GATEWAY_LOG_GROUPS; group++) {
		const uint16_t port = htons(group);

		RULE(b, "prerouting", "log the gateway's marks (kernel module nfnetlink_log)",
		     META(IIF), IS(loopback), META(L4PROTO), IS(udp), DPORT, IS(port),
		     LOG(group, GATEWAY_LOG_MARK), DROP);
	}
}

static void add_arrival(struct netlink_batch *b, const struct ruleset *rules)
{
	const uint32_t loopback = 1, gate = rules->gate_index;
	const in_addr_t workload = rules->net.workload.s_addr;
	const uint16_t domain = htons(53);
	const uint8_t bound = 0;

	add_marks(b);
	RULE(b, "prerouting", "accept the loopback", META(IIF), IS(loopback), ACCEPT);
	RULE(b, "prerouting", "drop foreign interfaces", META(IIF), IS_NOT(gate), DROP);
	RULE(b, "prerouting", "drop foreign sources", SADDR, IS_NOT(workload), COUNT, DROP);
	RULE(b, "prerouting", "accept dns", META(L4PROTO), IS(udp), DPORT, IS(domain), ACCEPT);
	RULE(b, "prerouting", "accept dns", META(L4PROTO), IS(tcp), DPORT, IS(domain), ACCEPT);
	RULE(b, "prerouting", "accept open udp flows (kernel module nft_socket)", META(L4PROTO),
	     IS(udp), { .kind = E_SOCKET }, IS(bound), ACCEPT);
}

static void add_decision(struct netlink_batch *b, const struct ruleset *rules)
{
	const uint8_t multicast = 224, net_mask[4] = { 255, 255, 255, 252 };
	const uint8_t pool[4] = { 198, 18, 0, 0 }, pool_mask[4] = { 255, 254, 0, 0 };
	const in_addr_t own = rules->net.network.s_addr;

	RULE(b, "prerouting", "deny the run's own network", DADDR, MASK(net_mask), IS(own), DENY);
	RULE(b, "prerouting", "deny multicast", IP(16, 1), FROM(multicast), DENY);
	if (rules->everything) {
		RULE(b, "prerouting", "hand tcp over (kernel module nft_tproxy)", META(L4PROTO),
		     IS(tcp), TO_GATEWAY);
		RULE(b, "prerouting", "hand udp over", META(L4PROTO), IS(udp), TO_GATEWAY);
	} else if (rules->row_count > 0) {
		RULE(b, "prerouting", "hand permitted destinations over", DADDR,
		     META_TO(1, L4PROTO), DPORT_TO(2), { .kind = E_LOOKUP }, TO_GATEWAY);
	}
	RULE(b, "prerouting", "hand names over (kernel module nft_tproxy)", META(L4PROTO), IS(tcp),
	     DADDR, MASK(pool_mask), IS(pool), TO_GATEWAY);
	RULE(b, "prerouting", "hand names over", META(L4PROTO), IS(udp), DADDR, MASK(pool_mask),
	     IS(pool), TO_GATEWAY);
	RULE(b, "prerouting", "deny the rest", DENY);
}

static void add_rest(struct netlink_batch *b, const struct ruleset *rules)
{
	const in_addr_t workload = rules->net.workload.s_addr;
	const uint32_t loopback = 1;

	/* One group per protocol: each is counted exactly, even when messages are lost. */
	RULE(b, "deny", "reset denied connections (kernel module nft_reject)", META(L4PROTO),
	     IS(tcp), LOG(GATEWAY_LOG_TCP, NULL), { .kind = E_REJECT, .a = NFT_REJECT_TCP_RST });
	RULE(b, "deny", "refuse denied datagrams", META(L4PROTO), IS(udp),
	     LOG(GATEWAY_LOG_UDP, NULL), PROHIBITED);
	RULE(b, "deny", "refuse everything else", LOG(GATEWAY_LOG_OTHER, NULL), PROHIBITED);
	RULE(b, "output", "accept the loopback", META(OIF), IS(loopback), ACCEPT);
	RULE(b, "output", "answer the workload", DADDR, IS(workload), ACCEPT);
}

int ruleset_load(const struct ruleset *rules, struct err *e)
{
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct netlink_batch b = { 0 };
	int rc;

	if (fd < 0)
		return err_sys(e, "open a netlink socket for packet rules");
	add_marker(&b, NFNL_MSG_BATCH_BEGIN);
	add_chains(&b);
	if (!rules->everything && rules->row_count > 0)
		add_set(&b, rules);
	add_arrival(&b, rules);
	add_decision(&b, rules);
	add_rest(&b, rules);
	add_marker(&b, NFNL_MSG_BATCH_END);
	rc = netlink_send(fd, &b, e);
	netlink_release(&b);
	return rc;
}

/* ------------------------------------------------------------------------------------------- log */

static struct nl_msg *log_message(uint16_t group)
{
	const struct nfgenmsg fixed = { .nfgen_family = AF_UNSPEC,
					.version = NFNETLINK_V0,
					.res_id = htons(group) };

	return netlink_message(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, 0, &fixed, sizeof(fixed),
			       128);
}

static void add_bind(struct netlink_batch *b, uint16_t group)
{
	const struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	struct nl_msg *msg = log_message(group);

	add(b, msg, !msg || nla_put(msg, NFULA_CFG_CMD, sizeof(bind), &bind),
	    "bind the packet log (kernel module nfnetlink_log)");
}

static void add_mode(struct netlink_batch *b, uint16_t group)
{
	const struct nfulnl_msg_config_mode mode = { .copy_range = htonl(LOG_SNAPLEN),
						     .copy_mode = NFULNL_COPY_PACKET };
	struct nl_msg *msg = log_message(group);

	add(b, msg,
	    !msg || nla_put(msg, NFULA_CFG_MODE, sizeof(mode), &mode) ||
		    nla_put_u16(msg, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ)) ||
		    put_be32(msg, NFULA_CFG_QTHRESH, 1),
	    "number the packet log");
}

int ruleset_open_log(struct err *e)
{
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct netlink_batch b = { 0 };
	int rc;

	if (fd < 0)
		return err_sys(e, "open a netlink socket for the packet log");
	for (uint16_t group = 1; group <= GATEWAY_LOG_GROUPS; group++) {
		add_bind(&b, group);
		add_mode(&b, group);
	}
	rc = netlink_send(fd, &b, e);
	netlink_release(&b);
	return rc == 0 ? fd_take(&fd) : -1;
}
