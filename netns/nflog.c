/* nflog.c - see nflog.h.  Every read is preceded by the check of its length. */
#include "netns/nflog.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

static void read_v4(const uint8_t *p, size_t len, struct nflog_packet *out)
{
	const size_t header = 4 * (size_t)(p[0] & 15);

	if (len < 20 || header < 20)
		return;
	out->has_packet = true;
	out->protocol = p[9];
	out->destination = (struct addr){ .family = ADDR_V4 };
	memcpy(out->destination.bytes, p + 16, 4);
	if (has_ports(out->protocol) && (be16(p + 6) & 0x1fff) == 0 && len >= header + 4)
		out->port = be16(p + header + 2);
}

/* Extension headers are not walked: what carries them is shown by the first one's number. */
static void read_v6(const uint8_t *p, size_t len, struct nflog_packet *out)
{
	if (len < 40)
		return;
	out->has_packet = true;
	out->protocol = p[6];
	out->destination = (struct addr){ .family = ADDR_V6 };
	memcpy(out->destination.bytes, p + 24, 16);
	if (has_ports(out->protocol) && len >= 44)
		out->port = be16(p + 42);
}

static void read_attribute(unsigned type, const uint8_t *p, size_t len, struct nflog_packet *out)
{
	switch (type) {
	case NFULA_SEQ:
		if (len >= 4) {
			out->has_sequence = true;
			out->sequence = be32(p);
		}
		break;
	case NFULA_PREFIX:
		len = strnlen((const char *)p, len < NFLOG_PREFIX_CAP ? len : NFLOG_PREFIX_CAP - 1);
		memcpy(out->prefix, p, len);
		out->prefix[len] = '\0';
		break;
	case NFULA_PAYLOAD:
		if (len >= 1 && p[0] >> 4 == 4)
			read_v4(p, len, out);
		else if (len >= 1 && p[0] >> 4 == 6)
			read_v6(p, len, out);
		break;
	default:
		break;
	}
}

static void read_attributes(const uint8_t *p, size_t len, struct nflog_packet *out)
{
	struct nlattr attr;

	while (len >= sizeof(attr)) {
		size_t size;

		memcpy(&attr, p, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > len)
			return;
		read_attribute(attr.nla_type & 0x3fffu, p + sizeof(attr),
			       attr.nla_len - sizeof(attr), out);
		size = ((size_t)attr.nla_len + 3) & ~(size_t)3;
		if (size > len)
			return;
		p += size;
		len -= size;
	}
}

enum nflog_status nflog_next(const uint8_t **bytes, size_t *len, struct nflog_packet *out)
{
	const uint8_t *message = *bytes;
	struct nlmsghdr head;
	struct nfgenmsg gen;
	size_t size;

	if (*len < sizeof(head))
		return NFLOG_END;
	memcpy(&head, message, sizeof(head));
	if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > *len)
		return NFLOG_END;
	size = NLMSG_ALIGN((size_t)head.nlmsg_len);
	size = size < *len ? size : *len;
	*bytes += size;
	*len -= size;
	if (head.nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
	    head.nlmsg_len < sizeof(head) + sizeof(gen))
		return NFLOG_OTHER;
	memcpy(&gen, message + sizeof(head), sizeof(gen));
	memset(out, 0, sizeof(*out));
	out->group = ntohs(gen.res_id);
	read_attributes(message + sizeof(head) + sizeof(gen),
			head.nlmsg_len - sizeof(head) - sizeof(gen), out);
	return NFLOG_PACKET;
}
