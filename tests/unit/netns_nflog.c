/* Messages of the kernel's packet log: what is read, and every cut of it. */
#include "netns/nflog.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

struct message {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct message *m, unsigned type, const void *value, size_t len)
{
	struct nlattr attr = { .nla_type = (uint16_t)type,
			       .nla_len = (uint16_t)(sizeof(attr) + len) };

	memcpy(m->bytes + m->len, &attr, sizeof(attr));
	memcpy(m->bytes + m->len + sizeof(attr), value, len);
	m->len += (sizeof(attr) + len + 3) & ~(size_t)3;
}

static void finish(struct message *m)
{
	struct nlmsghdr head = { .nlmsg_len = (uint32_t)m->len,
				 .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET };
	struct nfgenmsg gen = { .res_id = htons(2) };

	memcpy(m->bytes, &head, sizeof(head));
	memcpy(m->bytes + sizeof(head), &gen, sizeof(gen));
}

static struct message sample(const uint8_t *packet, size_t len)
{
	struct message m = { .len = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) };
	uint32_t sequence = htonl(41);

	put(&m, NFULA_PREFIX, "mark", 5);
	put(&m, NFULA_SEQ, &sequence, sizeof(sequence));
	put(&m, NFULA_PAYLOAD, packet, len);
	finish(&m);
	return m;
}

static const uint8_t udp4[28] = { 0x45, 0, 0, 28, 0, 0, 0,    0,    64, 17, 0, 0, 10, 200,
				  0,	2, 8, 8,  8, 8, 0x30, 0x39, 0,	53, 0, 8, 0,  0 };
static const uint8_t tcp6[44] = { 0x60, 0, 0, 0, 0, 4, 6, 64, [39] = 1, [42] = 1, [43] = 0xbb };

static void test_read(void)
{
	struct message m = sample(udp4, sizeof(udp4));
	const uint8_t *at = m.bytes;
	size_t len = m.len;
	struct nflog_packet p;

	is_int(nflog_next(&at, &len, &p), NFLOG_PACKET, "a message");
	is_int(p.group, 2, "group");
	ok(p.has_sequence && p.sequence == 41, "sequence number");
	is_str(p.prefix, "mark", "prefix");
	ok(p.has_packet && p.protocol == 17 && p.port == 53, "protocol and port");
	ok(p.destination.family == ADDR_V4 && p.destination.bytes[0] == 8, "destination");
	is_int(len, 0, "stepped over");
	is_int(nflog_next(&at, &len, &p), NFLOG_END, "then the end");
	m = sample(tcp6, sizeof(tcp6));
	at = m.bytes;
	len = m.len;
	nflog_next(&at, &len, &p);
	ok(p.has_packet && p.protocol == 6 && p.port == 443, "IPv6: protocol and port");
	ok(p.destination.family == ADDR_V6 && p.destination.bytes[15] == 1, "IPv6: destination");
}

static void test_fragment(void)
{
	uint8_t later[28];
	struct message m;
	const uint8_t *at = m.bytes;
	size_t len;
	struct nflog_packet p;

	memcpy(later, udp4, sizeof(later));
	later[7] = 1; /* fragment offset */
	m = sample(later, sizeof(later));
	len = m.len;
	nflog_next(&at, &len, &p);
	ok(p.has_packet && p.port == 0, "a later fragment has no ports");
	memcpy(later, udp4, sizeof(later));
	later[0] = 0x4f; /* options that are not there */
	m = sample(later, sizeof(later));
	at = m.bytes;
	len = m.len;
	nflog_next(&at, &len, &p);
	ok(p.has_packet && p.port == 0, "a header longer than what was logged");
}

/* Every cut, in memory of exactly that size: the sanitizer sees one byte too much. */
static void test_cuts(void)
{
	struct message m = sample(udp4, sizeof(udp4));

	for (size_t cut = 0; cut <= m.len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		const uint8_t *at = copy;
		size_t len = cut;
		struct nflog_packet p;

		memcpy(copy, m.bytes, cut);
		while (nflog_next(&at, &len, &p) != NFLOG_END)
			;
		if (cut >= sizeof(struct nlmsghdr)) { /* the head tells what is there */
			uint32_t told = (uint32_t)cut;

			memcpy(copy, &told, sizeof(told));
			at = copy;
			len = cut;
			while (nflog_next(&at, &len, &p) != NFLOG_END)
				;
		}
		free(copy);
	}
	pass("every cut of a message");
}

int main(void)
{
	test_read();
	test_fragment();
	test_cuts();
	return done();
}
