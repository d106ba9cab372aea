/* The language of rules: what each text means, and what each refusal says. */
#include "netns/egress_rule.h"

#include "base/arena.h"
#include "tests/unit/tap.h"

static void takes(const char *text, const char *canonical)
{
	struct egress_rule rule, again;
	void *arena = NULL;
	char buf[400] = "", twice[400] = "";
	struct text t = TEXT_ON(buf), t2 = TEXT_ON(twice);
	struct err e;

	if (!ok(egress_rule_parse(text, &arena, &rule, &e) == 0, "'%s' is a rule", text)) {
		diag("%s", e.msg);
		return;
	}
	egress_rule_format(&t, &rule);
	is_str(buf, canonical, "  it means %s", canonical);
	if (ok(egress_rule_parse(buf, &arena, &again, &e) == 0, "  what is printed is a rule")) {
		egress_rule_format(&t2, &again);
		is_str(twice, buf, "  the same one");
	}
	arena_release(&arena);
}

static void refuses(const char *text, const char *because)
{
	struct egress_rule rule;
	void *arena = NULL;
	struct err e = { 0 };

	ok(egress_rule_parse(text, &arena, &rule, &e) != 0 && strstr(e.msg, because) &&
		   e.kind == ERR_USAGE,
	   "'%s' is refused: %s", text, because);
	if (!strstr(e.msg, because))
		diag("said: %s", e.msg);
	arena_release(&arena);
}

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_names(void)
{
	takes("api.github.com", "api.github.com:443,80");
	takes("API.GitHub.com.", "api.github.com:443,80");
	takes("*.Example.org:8443", "*.example.org:8443");
	takes("*.org", "*.org:443,80");
	takes("intranet:1", "intranet:1");
	takes("_dmarc.example_1.org", "_dmarc.example_1.org:443,80");
	takes("xn--bcher-kva.example", "xn--bcher-kva.example:443,80");
	takes("3com.com", "3com.com:443,80");
	takes("1.2.3.4.example", "1.2.3.4.example:443,80");
	takes(L63 "." L63 "." L63 "." L63 + 2, L63 "." L63 "." L63 "." L63 ":443,80" + 2);
	refuses("", "HOST[:PORTS][/udp]");
	refuses(":443", "names no host");
	refuses("/udp", "names no host");
	refuses("*", "is every host");
	refuses("*:443", "is every host");
	refuses("a.*.b", "only be the whole first label");
	refuses("a*.b", "only be the whole first label");
	refuses("*a.b", "only be the whole first label");
	refuses("*.*.b", "only be the whole first label");
	refuses("**.b", "only be the whole first label");
	refuses("*.", "only be the whole first label");
	refuses("a..b", "empty label");
	refuses(".a", "empty label");
	refuses("a..", "empty label");
	refuses(".", "empty label");
	refuses("*..a", "empty label");
	refuses("*.a..", "empty label");
	refuses(L63 "a.b", "more than 63 bytes");
	refuses(L63 "." L63 "." L63 "." L63 + 1, "longer than 253 bytes");
	takes("-a-.b", "-a-.b:443,80"); /* a name that can be asked for can be allowed */
	refuses("b\xc3\xbc"
		"cher.example",
		"xn--");
	refuses("a!b", "is no host name");
	refuses("a b", "blank");
	refuses("a\tb", "blank");
	refuses("a\x7f", "control character");
	refuses("a,b", "is no host name");
	refuses("https://example.org/x", "is a URL");
	refuses("example.org/x", "no protocol");
	refuses("example.org/x", "no path");
	refuses("localhost", "is the sandbox itself");
	refuses("LocalHost.:8080", "is the sandbox itself");
	refuses("*.localhost", "is the sandbox itself");
	refuses("a.localhost:1", "is the sandbox itself");
	takes("notlocalhost", "notlocalhost:443,80");
	takes("localhost.example", "localhost.example:443,80");
	refuses("example.org/8", "only an address takes a prefix length");
}

static void test_addresses(void)
{
	takes("203.0.113.7", "203.0.113.7:443,80");
	takes("203.0.113.0/24:5432", "203.0.113.0/24:5432");
	takes("10.1.0.0/16:5432/udp", "10.1.0.0/16:5432/udp");
	takes("0.0.0.0/0", "0.0.0.0/0:443,80");
	takes("1.2.3.4/32", "1.2.3.4:443,80");
	takes("127.0.0.1:8080", "127.0.0.1:8080");
	takes("169.254.169.254:80", "169.254.169.254:80");
	takes("[2001:DB8::1]:443", "[2001:db8::1]:443");
	takes("[2001:db8::/32]", "[2001:db8::/32]:443,80");
	takes("[2001:db8::]/32:53/udp", "[2001:db8::/32]:53/udp");
	takes("[::]/0", "[::/0]:443,80");
	refuses("10.1.2.3/8", "write 10.0.0.0/8, or 10.1.2.3 for this one");
	refuses("[2001:db8::1]/32", "write 2001:db8::/32, or 2001:db8::1");
	refuses("1.2.3.4/33", "not 0 to 32");
	refuses("1.2.3.4/08", "not 0 to 32");
	refuses("1.2.3.4/", "no protocol");
	refuses("1.2.3.4/8x", "not 0 to 32");
	refuses("[2001:db8::]/129", "not 0 to 128");
	refuses("01.2.3.4", "without leading zeros");
	refuses("0x7f.1", "without leading zeros");
	refuses("0x7f000001", "without leading zeros");
	refuses("2130706433", "without leading zeros");
	refuses("127.1", "without leading zeros");
	refuses("1.2.3.256", "without leading zeros");
	refuses("1.2.3.4.5", "without leading zeros");
	refuses("1.2.3.4.", "without leading zeros");
	refuses("*.3.4", "without leading zeros");
	refuses("::1", "IPv6 address can't be allowed");
	refuses("2001:db8::1:443", "IPv6 address can't be allowed");
	refuses("::/0", "IPv6 address can't be allowed");
	refuses("a.b:443:80", "more than one ':'");
	refuses("[::1", "brackets hold");
	refuses("[::1]x", "brackets hold");
	refuses("[1.2.3.4]:1", "brackets hold");
	refuses("[example.org]:1", "brackets hold");
	refuses("[fe80::1%eth0]:1", "zone");
	refuses("[1:2:3]:1", "is no address");
	refuses("[::ffff:10.0.0.1]:1", "as in 10.0.0.1");
	refuses("[64:ff9b::10.0.0.1]:1", "as in 10.0.0.1");
	refuses("[2002:a00:1::]:1", "as in 10.0.0.1");
	refuses("0.0.0.0", "never dialled");
	refuses("224.0.0.1:5353/udp", "never dialled");
	refuses("255.255.255.255:67/udp", "never dialled");
	refuses("198.18.0.5", "never dialled");
	refuses("[ff02::1]:1", "never dialled");
	refuses("[::]:1", "never dialled");
}

static void test_ports(void)
{
	takes("a.b:443", "a.b:443");
	takes("a.b:443/tcp", "a.b:443");
	takes("a.b:443/udp", "a.b:443/udp");
	takes("a.b/udp", "a.b:443,80/udp");
	takes("a.b:1-65535", "a.b:1-65535");
	takes("a.b:443,8000-8010,7-7", "a.b:443,8000-8010,7");
	refuses("a.b:", "wants numbers");
	refuses("a.b:0", "wants numbers");
	refuses("a.b:65536", "wants numbers");
	refuses("a.b:99999999999999999999", "wants numbers");
	refuses("a.b:-1", "wants numbers");
	refuses("a.b:+1", "wants numbers");
	refuses("a.b:0443", "wants numbers");
	refuses("a.b:https", "wants numbers");
	refuses("a.b:1,", "wants numbers");
	refuses("a.b:,1", "wants numbers");
	refuses("a.b:1-", "wants numbers");
	refuses("a.b:1-2-3", "wants numbers");
	refuses("a.b:10-9", "write 9-10");
	refuses("a.b:*", "1-65535");
	refuses("a.b:443/icmp", "/tcp or /udp");
	refuses("a.b:443/UDP", "/tcp or /udp");
	refuses("a.b:443/", "/tcp or /udp");
	refuses("a.b:443/udp/tcp", "wants numbers");
	refuses("a.b:1:2", "more than one ':'");
}

int main(void)
{
	test_names();
	test_addresses();
	test_ports();
	return done();
}
