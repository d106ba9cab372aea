/* nft.c - expressions, rules and chains as netlink attributes. */
#include "netns/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#define RULE_ROOM 2048
#define REG(n) (NFT_REG32_00 + (n))

int nft_put_be32(struct nl_msg *msg, int type, uint32_t value)
{
	return nla_put_u32(msg, type, htonl(value));
}

int nft_put_data(struct nl_msg *msg, int type, const void *value, size_t len)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest || nla_put(msg, NFTA_DATA_VALUE, (int)len, value) != 0)
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_meta(struct nl_msg *msg, const struct nft_expr *x)
{
	return nft_put_be32(msg, NFTA_META_KEY, x->a) |
	       nft_put_be32(msg, NFTA_META_DREG, REG(x->reg));
}

static int put_payload(struct nl_msg *msg, const struct nft_expr *x)
{
	return nft_put_be32(msg, NFTA_PAYLOAD_DREG, REG(x->reg)) |
	       nft_put_be32(msg, NFTA_PAYLOAD_BASE, x->a) |
	       nft_put_be32(msg, NFTA_PAYLOAD_OFFSET, x->b) |
	       nft_put_be32(msg, NFTA_PAYLOAD_LEN, x->c);
}

static int put_mask(struct nl_msg *msg, const struct nft_expr *x)
{
	const uint32_t zero = 0;

	return nft_put_be32(msg, NFTA_BITWISE_SREG, REG(0)) |
	       nft_put_be32(msg, NFTA_BITWISE_DREG, REG(0)) |
	       nft_put_be32(msg, NFTA_BITWISE_LEN, x->c) |
	       nft_put_data(msg, NFTA_BITWISE_MASK, x->value, x->c) |
	       nft_put_data(msg, NFTA_BITWISE_XOR, &zero, x->c);
}

static int put_cmp(struct nl_msg *msg, const struct nft_expr *x)
{
	return nft_put_be32(msg, NFTA_CMP_SREG, REG(0)) | nft_put_be32(msg, NFTA_CMP_OP, x->a) |
	       nft_put_data(msg, NFTA_CMP_DATA, x->value, x->c);
}

static int put_lookup(struct nl_msg *msg, const struct nft_expr *x)
{
	return nla_put_string(msg, NFTA_LOOKUP_SET, x->chain) |
	       nft_put_be32(msg, NFTA_LOOKUP_SET_ID, 1) |
	       nft_put_be32(msg, NFTA_LOOKUP_SREG, REG(0));
}

static int put_port(struct nl_msg *msg, const struct nft_expr *x)
{
	const uint16_t port = htons((uint16_t)x->a);

	return nft_put_be32(msg, NFTA_IMMEDIATE_DREG, REG(0)) |
	       nft_put_data(msg, NFTA_IMMEDIATE_DATA, &port, sizeof(port));
}

static int put_tproxy(struct nl_msg *msg, const struct nft_expr *x)
{
	(void)x;
	return nft_put_be32(msg, NFTA_TPROXY_FAMILY, NFPROTO_IPV4) |
	       nft_put_be32(msg, NFTA_TPROXY_REG_PORT, REG(0));
}

static int put_socket(struct nl_msg *msg, const struct nft_expr *x)
{
	(void)x;
	return nft_put_be32(msg, NFTA_SOCKET_KEY, NFT_SOCKET_WILDCARD) |
	       nft_put_be32(msg, NFTA_SOCKET_DREG, REG(0));
}

/* a: group, chain: prefix or NULL. */
static int put_log(struct nl_msg *msg, const struct nft_expr *x)
{
	int rc = nla_put_u16(msg, NFTA_LOG_GROUP, htons((uint16_t)x->a)) |
		 nft_put_be32(msg, NFTA_LOG_SNAPLEN, NFT_LOG_SNAPLEN) |
		 nla_put_u16(msg, NFTA_LOG_QTHRESHOLD, htons(1));

	return x->chain ? rc | nla_put_string(msg, NFTA_LOG_PREFIX, x->chain) : rc;
}

static int put_nothing(struct nl_msg *msg, const struct nft_expr *x)
{
	(void)msg;
	(void)x;
	return 0;
}

static int put_reject(struct nl_msg *msg, const struct nft_expr *x)
{
	return nft_put_be32(msg, NFTA_REJECT_TYPE, x->a) |
	       nla_put_u8(msg, NFTA_REJECT_ICMP_CODE, (uint8_t)x->b);
}

static int put_verdict(struct nl_msg *msg, const struct nft_expr *x)
{
	struct nlattr *data, *verdict;
	int rc = nft_put_be32(msg, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);

	data = nla_nest_start(msg, NFTA_IMMEDIATE_DATA);
	verdict = data ? nla_nest_start(msg, NFTA_DATA_VERDICT) : NULL;
	if (!verdict)
		return -1;
	rc |= nft_put_be32(msg, NFTA_VERDICT_CODE, x->a);
	if (x->chain)
		rc |= nla_put_string(msg, NFTA_VERDICT_CHAIN, x->chain);
	return rc | nla_nest_end(msg, verdict) | nla_nest_end(msg, data);
}

static const struct {
	const char *name;
	int (*put)(struct nl_msg *msg, const struct nft_expr *x);
} kinds[] = {
	[E_META] = { "meta", put_meta },       [E_PAYLOAD] = { "payload", put_payload },
	[E_MASK] = { "bitwise", put_mask },    [E_CMP] = { "cmp", put_cmp },
	[E_LOOKUP] = { "lookup", put_lookup }, [E_PORT] = { "immediate", put_port },
	[E_TPROXY] = { "tproxy", put_tproxy }, [E_SOCKET] = { "socket", put_socket },
	[E_LOG] = { "log", put_log },	       [E_COUNT] = { "counter", put_nothing },
	[E_REJECT] = { "reject", put_reject }, [E_VERDICT] = { "immediate", put_verdict },
};

static int put_expr(struct nl_msg *msg, const struct nft_expr *x)
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

struct nl_msg *nft_message(unsigned type, unsigned flags, uint8_t family, size_t room)
{
	const struct nfgenmsg fixed = { .nfgen_family = family, .version = NFNETLINK_V0 };

	return netlink_message((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
			       (uint16_t)(NLM_F_CREATE | flags), &fixed, sizeof(fixed), room);
}

void nft_add(struct netlink_batch *b, struct nl_msg *take_msg, int failed, const char *what)
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

void nft_table(struct netlink_batch *b, uint8_t family)
{
	struct nl_msg *msg = nft_message(NFT_MSG_NEWTABLE, 0, family, 64);

	nft_add(b, msg, !msg || nla_put_string(msg, NFTA_TABLE_NAME, NFT_TABLE),
		"make a packet rule table (kernel module nf_tables)");
}

/* A base chain drops what it does not accept; without a hook it is one to go to. */
static int put_chain(struct nl_msg *msg, const char *name, int hook, int priority)
{
	struct nlattr *nest;
	int rc = nla_put_string(msg, NFTA_CHAIN_TABLE, NFT_TABLE) |
		 nla_put_string(msg, NFTA_CHAIN_NAME, name);

	if (hook < 0)
		return rc;
	nest = nla_nest_start(msg, NFTA_CHAIN_HOOK);
	if (!nest)
		return -1;
	rc |= nft_put_be32(msg, NFTA_HOOK_HOOKNUM, (uint32_t)hook) |
	      nft_put_be32(msg, NFTA_HOOK_PRIORITY, (uint32_t)priority) | nla_nest_end(msg, nest);
	return rc | nft_put_be32(msg, NFTA_CHAIN_POLICY, NF_DROP) |
	       nla_put_string(msg, NFTA_CHAIN_TYPE, "filter");
}

void nft_chain(struct netlink_batch *b, uint8_t family, const char *name, int hook, int priority)
{
	struct nl_msg *msg = nft_message(NFT_MSG_NEWCHAIN, 0, family, 256);

	nft_add(b, msg, !msg || put_chain(msg, name, hook, priority), "make a packet rule chain");
}

static int put_rule(struct nl_msg *msg, const char *chain, const struct nft_expr *x, size_t count)
{
	int rc = nla_put_string(msg, NFTA_RULE_TABLE, NFT_TABLE) |
		 nla_put_string(msg, NFTA_RULE_CHAIN, chain);
	struct nlattr *list = nla_nest_start(msg, NFTA_RULE_EXPRESSIONS);

	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		rc |= put_expr(msg, &x[i]);
	return rc | nla_nest_end(msg, list);
}

void nft_rule(struct netlink_batch *b, const char *chain, const char *what,
	      const struct nft_expr *x, size_t count)
{
	struct nl_msg *msg = nft_message(NFT_MSG_NEWRULE, NLM_F_APPEND, NFPROTO_IPV4, RULE_ROOM);

	nft_add(b, msg, !msg || put_rule(msg, chain, x, count), what);
}

void nft_begin(struct netlink_batch *b)
{
	add_marker(b, NFNL_MSG_BATCH_BEGIN);
}

void nft_end(struct netlink_batch *b)
{
	add_marker(b, NFNL_MSG_BATCH_END);
}
