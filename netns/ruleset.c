/* ruleset.c - the table in ruleset.h as rules, the set of permitted destinations, the packet log. */
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
#include "netns/nft.h"

#define SET "allow"
#define ELEMENTS_PER_MESSAGE 400 /* an attribute holds 64 KiB, an element takes about 80 bytes */

/* ------------------------------------------------------------------------------------------- set */

struct set_key {
	uint32_t address_be;
	uint8_t protocol, pad[3];
	uint16_t port_be, pad2;
};

_Static_assert(sizeof(struct set_key) == 12, "three 4-byte registers");

/* For nft(8), which can't print a concatenation of unknown types: its ipv4_addr . inet_proto . inet_service,
 * six bits each (nftables, include/datatype.h). */
#define SET_KEY_TYPE (7u << 12 | 12u << 6 | 13u)

static int put_set(struct nl_msg *msg)
{
	static const uint32_t fields[] = { 4, 1, 2 }; /* address . protocol . port */
	struct nlattr *desc, *concat, *field;
	int rc = nla_put_string(msg, NFTA_SET_TABLE, NFT_TABLE) |
		 nla_put_string(msg, NFTA_SET_NAME, SET) |
		 nft_put_be32(msg, NFTA_SET_FLAGS,
			      NFT_SET_INTERVAL | NFT_SET_CONCAT | NFT_SET_CONSTANT) |
		 nft_put_be32(msg, NFTA_SET_KEY_TYPE, SET_KEY_TYPE) |
		 nft_put_be32(msg, NFTA_SET_KEY_LEN, sizeof(struct set_key)) |
		 nft_put_be32(msg, NFTA_SET_ID, 1);

	desc = nla_nest_start(msg, NFTA_SET_DESC);
	concat = desc ? nla_nest_start(msg, NFTA_SET_DESC_CONCAT) : NULL;
	for (size_t i = 0; concat && i < 3; i++) {
		field = nla_nest_start(msg, NFTA_LIST_ELEM);
		if (!field)
			return -1;
		rc |= nft_put_be32(msg, NFTA_SET_FIELD_LEN, fields[i]) | nla_nest_end(msg, field);
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
	return nft_put_data(msg, NFTA_SET_ELEM_KEY, &low, sizeof(low)) |
	       nft_put_data(msg, NFTA_SET_ELEM_KEY_END, &high, sizeof(high)) |
	       nla_nest_end(msg, element);
}

static int put_elements(struct nl_msg *msg, const struct egress_kernel_row *rows, size_t count)
{
	struct nlattr *list;
	int rc = nla_put_string(msg, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE) |
		 nla_put_string(msg, NFTA_SET_ELEM_LIST_SET, SET) |
		 nft_put_be32(msg, NFTA_SET_ELEM_LIST_SET_ID, 1);

	list = nla_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		rc |= put_element(msg, &rows[i]);
	return rc | nla_nest_end(msg, list);
}

static void add_set(struct netlink_batch *b, const struct ruleset *rules)
{
	struct nl_msg *msg = nft_message(NFT_MSG_NEWSET, 0, NFPROTO_IPV4, 512);

	nft_add(b, msg, !msg || put_set(msg), "make the set of permitted destinations");
	for (size_t at = 0; at < rules->row_count; at += ELEMENTS_PER_MESSAGE) {
		size_t left = rules->row_count - at;
		size_t count = left < ELEMENTS_PER_MESSAGE ? left : ELEMENTS_PER_MESSAGE;

		msg = nft_message(NFT_MSG_NEWSETELEM, 0, NFPROTO_IPV4, 256 + count * 96);
		nft_add(b, msg, !msg || put_elements(msg, rules->rows + at, count),
			"fill the set of permitted destinations");
	}
}

/* ----------------------------------------------------------------------------------------- rules */

static const uint8_t tcp = IPPROTO_TCP, udp = IPPROTO_UDP;

static void add_chains(struct netlink_batch *b)
{
	nft_table(b, NFPROTO_IPV4);
	nft_table(b, NFPROTO_IPV6);
	nft_chain(b, NFPROTO_IPV4, "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE);
	nft_chain(b, NFPROTO_IPV4, "forward", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	nft_chain(b, NFPROTO_IPV4, "output", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
	nft_chain(b, NFPROTO_IPV4, "deny", -1, 0);
	nft_chain(b, NFPROTO_IPV6, "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE);
	nft_chain(b, NFPROTO_IPV6, "output", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
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
	const in_addr_t workload = rules->net.workload.s_addr, own = rules->net.network.s_addr;
	const in_addr_t gateway = rules->net.gateway.s_addr;
	const uint16_t domain = htons(53);
	const uint8_t bound = 0, icmp = IPPROTO_ICMP, unreachable = ICMP_DEST_UNREACH;
	const uint8_t this_network = 0, local = 127, multicast = 224;
	const uint8_t net_mask[4] = { 255, 255, 255, 252 };

	add_marks(b);
	RULE(b, "prerouting", "accept the loopback", META(IIF), IS(loopback), ACCEPT);
	RULE(b, "prerouting", "drop foreign interfaces", META(IIF), IS_NOT(gate), DROP);
	RULE(b, "prerouting", "drop foreign sources", SADDR, IS_NOT(workload), COUNT, DROP);
	/* The kernel's word that an answer came too late for somebody: no attempt to get out. */
	RULE(b, "prerouting", "drop complaints about answers", META(L4PROTO), IS(icmp),
	     HEADER_TO(0, TRANSPORT, 0, 1), IS(unreachable), DROP);
	/* Before port 53: what the kernel drops itself behind these rules nothing would count. */
	RULE(b, "prerouting", "deny 0.0.0.0/8", IP(16, 1), IS(this_network), DENY);
	RULE(b, "prerouting", "deny 127.0.0.0/8", IP(16, 1), IS(local), DENY);
	RULE(b, "prerouting", "deny multicast", IP(16, 1), FROM(multicast), DENY);
	RULE(b, "prerouting", "deny the run's own network", DADDR, MASK(net_mask), IS(own), DADDR,
	     IS_NOT(gateway), DENY);
	RULE(b, "prerouting", "accept dns", META(L4PROTO), IS(udp), DPORT, IS(domain), ACCEPT);
	RULE(b, "prerouting", "accept dns", META(L4PROTO), IS(tcp), DPORT, IS(domain), ACCEPT);
	RULE(b, "prerouting", "accept open udp flows (kernel module nft_socket)", META(L4PROTO),
	     IS(udp), BOUND, IS(bound), ACCEPT);
}

static void add_decision(struct netlink_batch *b, const struct ruleset *rules)
{
	const uint8_t pool[4] = { 198, 18, 0, 0 }, pool_mask[4] = { 255, 254, 0, 0 };
	const in_addr_t gateway = rules->net.gateway.s_addr;

	RULE(b, "prerouting", "deny the gateway itself", DADDR, IS(gateway), DENY);
	if (rules->everything) {
		RULE(b, "prerouting", "hand tcp over (kernel module nft_tproxy)", META(L4PROTO),
		     IS(tcp), TPROXY(RULESET_TPROXY_PORT));
		RULE(b, "prerouting", "hand udp over", META(L4PROTO), IS(udp),
		     TPROXY(RULESET_TPROXY_PORT));
	} else if (rules->row_count > 0) {
		RULE(b, "prerouting", "hand permitted destinations over", DADDR,
		     META_TO(1, L4PROTO), DPORT_TO(2), LOOKUP(SET), TPROXY(RULESET_TPROXY_PORT));
	}
	RULE(b, "prerouting", "hand names over (kernel module nft_tproxy)", META(L4PROTO), IS(tcp),
	     DADDR, MASK(pool_mask), IS(pool), TPROXY(RULESET_TPROXY_PORT));
	RULE(b, "prerouting", "hand names over", META(L4PROTO), IS(udp), DADDR, MASK(pool_mask),
	     IS(pool), TPROXY(RULESET_TPROXY_PORT));
	RULE(b, "prerouting", "deny the rest", DENY);
}

static void add_rest(struct netlink_batch *b, const struct ruleset *rules)
{
	const in_addr_t workload = rules->net.workload.s_addr;
	const uint32_t loopback = 1;

	/* One group per protocol: each is counted exactly, even when messages are lost. */
	RULE(b, "deny", "reset denied connections (kernel module nft_reject)", META(L4PROTO),
	     IS(tcp), LOG(GATEWAY_LOG_TCP, NULL), RESET);
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
	nft_begin(&b);
	add_chains(&b);
	if (!rules->everything && rules->row_count > 0)
		add_set(&b, rules);
	add_arrival(&b, rules);
	add_decision(&b, rules);
	add_rest(&b, rules);
	nft_end(&b);
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

	nft_add(b, msg, !msg || nla_put(msg, NFULA_CFG_CMD, sizeof(bind), &bind),
		"bind the packet log (kernel module nfnetlink_log)");
}

static void add_mode(struct netlink_batch *b, uint16_t group)
{
	const struct nfulnl_msg_config_mode mode = { .copy_range = htonl(NFT_LOG_SNAPLEN),
						     .copy_mode = NFULNL_COPY_PACKET };
	struct nl_msg *msg = log_message(group);

	nft_add(b, msg,
		!msg || nla_put(msg, NFULA_CFG_MODE, sizeof(mode), &mode) ||
			nla_put_u16(msg, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ)) ||
			nft_put_be32(msg, NFULA_CFG_QTHRESH, 1),
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
