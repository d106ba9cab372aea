/* Addresses: what is one, which are wrapped, and which row of the never-dialled table they are in. */
#include "netns/addr.h"

#include "tests/unit/tap.h"

static struct addr at(const char *text)
{
	struct addr addr = { 0 };

	if (!addr_parse(text, strlen(text), &addr))
		fail("'%s' is no address", text);
	return addr;
}

static const char *text_of(struct addr addr)
{
	static char buf[ADDR_TEXT_MAX];
	struct text t = TEXT_ON(buf);

	buf[0] = '\0';
	addr_format(&t, &addr);
	return buf;
}

static void test_parse(void)
{
	static const char *const bad[] = {
		"",	     "1",	   "1.2.3",    "1.2.3.4.", "01.2.3.4",	   "1.2.3.04",
		"0x1.2.3.4", "256.1.1.1",  "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",	   "1.2.3.4/8",
		"::g",	     ":::",	   "1::2::3",  "[::1]",	   "fe80::1%eth0", "::1.2.3.400",
		"12345::",   "1.2.3.4:80",
	};
	struct addr addr;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!addr_parse(bad[i], strlen(bad[i]), &addr), "'%s' is no address", bad[i]);
	ok(!addr_parse("1.2.3.4\0x", 9, &addr), "a NUL inside is no address");
	ok(addr_parse("1.2.3.45", 7, &addr), "the length counts, not the NUL");
	is_str(text_of(addr), "1.2.3.4", "  and what is behind it does not");
	is_str(text_of(at("2001:DB8:0:0:0:0:0:1")), "2001:db8::1", "RFC 5952");
	is_int(addr_v4_host(&addr), 0x01020304, "host order");
	addr = addr_v4(0xcb007101);
	is_str(text_of(addr), "203.0.113.1", "from host order");
	is_str(text_of(addr_mask(&addr, 20)), "203.0.112.0", "mask to 20 bits");
	is_str(text_of(addr_mask(&addr, 0)), "0.0.0.0", "mask to nothing");
	addr = at("2001:db8:ffff::");
	is_str(text_of(addr_mask(&addr, 33)), "2001:db8:8000::", "mask to 33 bits");
}

static void test_unwrap(void)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "::2", "0.0.0.2" },
		{ "::10.0.0.1", "10.0.0.1" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "::fffe:10.0.0.1", "::fffe:a00:1" },
		{ "64:ff9b::192.0.2.1", "192.0.2.1" },
		{ "64:ff9b::1:0:1", "64:ff9b::1:0:1" },
		{ "2002:a00:1::", "10.0.0.1" },
		{ "2003:a00:1::", "2003:a00:1::" },
		/* RFC 8215, read at /48, /56, /64 and /96 */
		{ "64:ff9b:1:a00:0:100::", "10.0.0.1" },
		{ "64:ff9b:1:a:0:1::", "10.0.0.1" },
		{ "64:ff9b:1::a:0:100:0", "10.0.0.1" },
		{ "64:ff9b:1::10.0.0.1", "10.0.0.1" },
		{ "64:ff9b:1::203.0.113.9", "203.0.113.9" },
		{ "64:ff9b:1:a00:0:100:cb00:7109", "10.0.0.1" },
		{ "64:ff9b:1::", "0.0.0.0" },
		{ "64:ff9b:2::10.0.0.1", "64:ff9b:2::a00:1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr addr = at(rows[i].from);

		is_str(text_of(addr_unwrap(&addr)), rows[i].to, "%s stands for %s", rows[i].from,
		       rows[i].to);
	}
}

static void test_never(void)
{
	static const struct {
		const char *addr, *word;
	} rows[] = {
		{ "0.0.0.0", "this-network" },
		{ "0.255.255.255", "this-network" },
		{ "1.0.0.0", "public" },
		{ "9.255.255.255", "public" },
		{ "10.0.0.0", "private" },
		{ "10.255.255.255", "private" },
		{ "11.0.0.0", "public" },
		{ "100.63.255.255", "public" },
		{ "100.64.0.0", "shared" },
		{ "100.127.255.255", "shared" },
		{ "100.100.100.200", "metadata" },
		{ "100.100.100.201", "shared" },
		{ "100.128.0.0", "public" },
		{ "126.255.255.255", "public" },
		{ "127.0.0.0", "loopback" },
		{ "127.255.255.255", "loopback" },
		{ "128.0.0.0", "public" },
		{ "168.63.129.15", "public" },
		{ "168.63.129.16", "metadata" },
		{ "169.253.255.255", "public" },
		{ "169.254.0.0", "link-local" },
		{ "169.254.169.253", "link-local" },
		{ "169.254.169.254", "metadata" },
		{ "169.254.170.2", "metadata" },
		{ "169.254.170.23", "metadata" },
		{ "169.254.255.255", "link-local" },
		{ "169.255.0.0", "public" },
		{ "172.15.255.255", "public" },
		{ "172.16.0.0", "private" },
		{ "172.31.255.255", "private" },
		{ "172.32.0.0", "public" },
		{ "192.0.0.0", "ietf-protocols" },
		{ "192.0.0.192", "metadata" },
		{ "192.0.0.255", "ietf-protocols" },
		{ "192.0.1.0", "public" },
		{ "192.0.2.1", "public" },
		{ "192.167.255.255", "public" },
		{ "192.168.0.0", "private" },
		{ "192.168.255.255", "private" },
		{ "192.169.0.0", "public" },
		{ "198.17.255.255", "public" },
		{ "198.18.0.0", "benchmark" },
		{ "198.19.255.255", "benchmark" },
		{ "198.20.0.0", "public" },
		{ "198.51.100.1", "public" },
		{ "203.0.113.1", "public" },
		{ "223.255.255.255", "public" },
		{ "224.0.0.0", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "240.0.0.0", "reserved" },
		{ "255.255.255.254", "reserved" },
		{ "255.255.255.255", "broadcast" },
		{ "::", "this-network" },
		{ "::1", "loopback" },
		{ "::2", "this-network" },
		{ "100::1", "reserved" },
		{ "1fff::", "reserved" },
		{ "2000::", "public" },
		{ "2001:0:1::", "teredo" },
		{ "2001:1::1", "ietf-protocols" }, /* anycast of port control (RFC 7723) */
		{ "2001:1ff:ffff::", "ietf-protocols" },
		{ "2001:200::", "public" },
		{ "2001:db8::1", "public" },
		{ "3fff:ffff::", "public" },
		{ "4000::", "reserved" },
		{ "8000::", "reserved" },
		{ "fbff::", "reserved" },
		{ "fc00::", "private" },
		{ "fd00:ec2::253", "private" },
		{ "fd00:ec2::254", "metadata" },
		{ "fd00:ec2::23", "metadata" },
		{ "fd20:ce::254", "metadata" },
		{ "fdff::", "private" },
		{ "fe00::", "reserved" },
		{ "fe80::", "link-local" },
		{ "febf::", "link-local" },
		{ "fec0::", "private" },
		{ "feff::", "private" },
		{ "ff00::", "multicast" },
		{ "ff02::1", "multicast" },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:8.8.8.8", "public" },
		{ "::169.254.169.254", "metadata" },
		{ "64:ff9b::a9fe:a9fe", "metadata" },
		{ "64:ff9b::8.8.8.8", "public" },
		{ "2002:7f00:1::", "loopback" },
		{ "2002:808:808::", "public" },
		{ "64:ff9b:1:a9fe:a9:fe00::", "metadata" },
		{ "64:ff9b:1::192.168.1.1", "private" },
		{ "64:ff9b:1::8.8.8.8", "public" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr addr = at(rows[i].addr);

		is_str(addr_never_row(addr_never(&addr))->word, rows[i].word, "%s is %s",
		       rows[i].addr, rows[i].word);
	}
}

static void test_table(void)
{
	for (unsigned i = 1; i < ADDR_NEVER_COUNT; i++) {
		const struct addr_never_row *row = addr_never_row((enum addr_never)i);
		struct addr addr = at(row->text), masked = addr_mask(&addr, row->prefix_len);

		ok(addr.family == row->family && addr_equal(&addr, &masked),
		   "row %s/%u is a prefix", row->text, row->prefix_len);
	}
}

int main(void)
{
	test_parse();
	test_unwrap();
	test_never();
	test_table();
	return done();
}
