/* From what a run did on the network to the rules it needs: table of records and what comes out, one
 * line per suggestion: sign, space, rule. */
#include "cmd/suggest.h"

#include "base/arena.h"
#include "netns/egress_rule.h"
#include "tests/unit/tap.h"

#define RECORD(rules, denials, rest)                                                             \
	"{\"schema\":\"enclave-run/record/1\",\"network\":{\"mode\":\"allow\",\"rules\":[" rules \
	"]},\"egress\":{\"denials\":[" denials "]" rest "}}"
#define TCP(host, port) \
	"{\"protocol\":\"tcp\",\"host\":\"" host "\",\"port\":" port ",\"cause\":\"no-rule\"}"
#define TO(address, port, cause)                                                         \
	"{\"protocol\":\"tcp\",\"host\":null,\"address\":\"" address "\",\"port\":" port \
	",\"cause\":\"" cause "\"}"
#define ASKED(host) \
	"{\"protocol\":\"dns\",\"host\":\"" host "\",\"port\":null,\"cause\":\"no-rule\"}"
#define LET(flows) ",\"destinations\":[" flows "]"

static const struct {
	const char *name, *input, *lines;
} rows[] = {
	{ "nothing", RECORD("", "", ""), "" },
	{ "ports of a host are one rule, sorted, touching ones a range",
	  RECORD("",
		 TCP("a.x", "443") "," TCP("a.x", "81") "," TCP("a.x", "80") "," TCP("a.x", "443"),
		 ""),
	  "+ a.x:80-81,443\n" },
	{ "names before addresses, by name",
	  RECORD("",
		 TO("9.9.9.9", "1",
		    "no-rule") "," TCP("b.x", "1") "," TCP("a.x", "1") "," TO("8.8.8.8", "1",
									      "no-rule"),
		 ""),
	  "+ a.x:1\n+ b.x:1\n+ 8.8.8.8:1\n+ 9.9.9.9:1\n" },
	{ "a name in capitals with a dot is the same",
	  RECORD("", TCP("A.x.", "1") "," TCP("a.X", "2"), ""), "+ a.x:1-2\n" },
	{ "a question that nothing followed", RECORD("", ASKED("a.x"), ""), "+ a.x:443,80\n" },
	{ "a question with a connection that followed",
	  RECORD("", ASKED("a.x") "," TCP("a.x", "22"), ""), "+ a.x:22\n" },
	{ "what is not listed as let through keeps all present rules",
	  RECORD("\"k.x\"", TCP("a.x", "1"), ""), "  k.x\n+ a.x:1\n" },
	{ "a present rule that nothing used",
	  RECORD("\"k.x\",\"*.u.x:1\"", "", LET(TCP("a.u.x", "1"))), "  *.u.x:1\n- k.x\n" },
	{ "a rule whose host was not reached is used",
	  RECORD("\"a.x:1\",\"b.x\"", "", LET("") ",\"failures\":[" TCP("a.x", "1") "]"),
	  "  a.x:1\n- b.x\n" },
	{ "what was let through without a rule that says so", RECORD("", "", LET(TCP("a.x", "1"))),
	  "+ a.x:1\n" },
	{ "a denial that the present rules let through needs no new one",
	  RECORD("\"a.x:1\"", TCP("a.x", "1"), LET("")), "  a.x:1\n" },
	{ "metadata, loopback and multicast are never suggested",
	  RECORD("",
		 TO("169.254.169.254", "80",
		    "never-dialled") "," TO("127.0.0.1", "1",
					    "never-dialled") "," TO("224.0.0.1", "1",
								    "no-rule") "," TO("198.18.0.1",
										      "1",
										      "unknown-name"),
		 ""),
	  "! 127.0.0.1:1\n! 169.254.169.254:80\n! 198.18.0.1:1\n! 224.0.0.1:1\n" },
	{ "a private address comes with a warning",
	  RECORD("", TO("10.0.0.1", "1", "never-dialled"), ""), "+ 10.0.0.1:1\n! 10.0.0.1:1\n" },
	{ "the host's own is not suggested", RECORD("", TO("192.0.2.1", "1", "host-local"), ""),
	  "! 192.0.2.1:1\n" },
	{ "IPv6 is no rule", RECORD("", TO("2001:db8::1", "1", "no-rule"), ""),
	  "! [2001:db8::1]:1\n" },
	{ "what was said inside a connection is no matter of rules",
	  RECORD("",
		 "{\"protocol\":\"tcp\",\"host\":\"a.x\",\"port\":443,\"cause\":\"sni-mismatch\"}",
		 ""),
	  "! a.x:443\n" },
	{ "an allowed name that led to a private address needs the address",
	  RECORD("\"a.x:1\"",
		 "{\"protocol\":\"tcp\",\"host\":\"a.x\",\"address\":\"10.0.0.1\",\"port\":1,"
		 "\"cause\":\"never-dialled\"}",
		 LET("")),
	  "  a.x:1\n+ 10.0.0.1:1\n! 10.0.0.1:1\n" },
	{ "udp is a rule of its own",
	  RECORD("", TCP("a.x", "1") ",{\"protocol\":\"udp\",\"host\":\"a.x\",\"port\":1}", ""),
	  "+ a.x:1\n+ a.x:1/udp\n" },
	{ "other protocols can't be let out",
	  RECORD("", "{\"protocol\":\"icmp\",\"address\":\"1.1.1.1\"}", ""), "! 1.1.1.1\n" },
	{ "hostile members are as if absent",
	  RECORD("1,\"*\",\"a b\"",
		 "1,{},{\"protocol\":7},{\"protocol\":\"tcp\",\"host\":\"\\u001b[2J\",\"port\":1},"
		 "{\"protocol\":\"tcp\",\"host\":\"a.x\",\"port\":99999},{\"protocol\":\"tcp\",\"host\":\"1.2.3\","
		 "\"port\":-1}",
		 ""),
	  "! (a host that can't be named)\n! (a host that can't be named)\n"
	  "! (a host that can't be named):1\n! *\n! a b\n! a.x\n" },
	{ "denials that are not listed", RECORD("", "", ",\"denials_unlisted\":5"),
	  "! 5 denials\n" },
	{ "a run without a network",
	  "{\"schema\":\"enclave-run/record/1\",\"network\":{\"mode\":\"none\"},"
	  "\"egress\":null}",
	  "" },
	{ "an audit log of a run without a network",
	  "{\"event\":\"start\",\"network\":\"none\"}\n{\"event\":\"result\"}\n", "" },
	{ "an audit log",
	  "{\"event\":\"start\",\"network\":{\"mode\":\"allow\",\"rules\":[\"a.x:1\",\"u.x\"]}}\n"
	  "{\"event\":\"egress-denied\",\"protocol\":\"tcp\",\"host\":\"b.x\",\"port\":1}\n"
	  "{\"event\":\"walls\",\"protocol\":\"tcp\",\"host\":\"z.x\",\"port\":1}\n\n"
	  "{\"event\":\"egress\",\"protocol\":\"tcp\",\"host\":\"c.x\",\"port\":1,\"would_deny\":true}\n"
	  "{\"event\":\"dns-denied\",\"host\":\"d.x\",\"type\":\"A\"}\n"
	  "{\"event\":\"egress-allowed\",\"protocol\":\"tcp\",\"host\":\"a.x\",\"port\":1}",
	  "  a.x:1\n+ b.x:1\n+ c.x:1\n+ d.x:443,80\n- u.x\n" },
};

static const char *const bad[] = {
	"x",
	"{}",
	"[]",
	"{\"schema\":\"enclave-run/record/2\"}",
	"{\"schema\":\"enclave-run/record/1\"}",
	"{\"event\":\"start\"}\nx\n",
	"{\"event\":\"start\"}\n{}\n",
	"{\"event\":1}",
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct suggest s = { 0 };
		char buf[1024] = "";
		struct text t = TEXT_ON(buf);
		struct err e;

		if (ok(suggest_read_bytes(&s, rows[i].input, strlen(rows[i].input), &e) == 0 &&
			       suggest_make(&s, &e) == 0,
		       "%s: is read", rows[i].name))
			for (size_t k = 0; k < s.line_count; k++)
				text_fmt(&t, "%c %s\n", suggest_sign(s.lines[k].kind),
					 s.lines[k].text);
		else
			diag("%s", e.msg);
		is_str(buf, rows[i].lines, "%s", rows[i].name);
		suggest_release(&s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct suggest s = { 0 };
		struct err e = { 0 };

		is_int(suggest_read_bytes(&s, bad[i], strlen(bad[i]), &e), -1,
		       "refused: bad row %zu", i);
		suggest_release(&s);
	}
}

/* What is suggested lets through what was denied: the promise of the verb. */
static void test_promise(void)
{
	static const char input[] = RECORD("\"k.x:7\"",
					   TCP("a.x", "443") "," TCP("b.x", "22") "," TO("9.9.9.9",
											 "53",
											 "no-rule"),
					   LET(TCP("k.x", "7")));
	static const char *const hosts[] = { "a.x", "b.x", "k.x" };
	static const uint16_t ports[] = { 443, 22, 7 };
	struct egress_rule rules[8];
	const struct egress *egress = NULL;
	struct suggest s = { 0 };
	size_t count = 0;
	struct err e;

	if (!ok(suggest_read_bytes(&s, input, strlen(input), &e) == 0 && suggest_make(&s, &e) == 0,
		"made"))
		return;
	for (size_t i = 0; i < s.line_count && count < 8; i++)
		if (egress_rule_parse(s.lines[i].text, &s.arena, &rules[count], &e) == 0)
			count++;
	if (!ok(egress_build(NET_ALLOW, rules, count, &s.arena, &egress, &e) == 0, "compiled"))
		return;
	for (size_t i = 0; i < 3; i++) {
		struct egress_flow flow = { .port = ports[i], .name = hosts[i], .name_len = 3 };

		is_int(egress_decide(egress, &flow).verdict, EGRESS_ALLOW, "%s passes", hosts[i]);
		flow.port++;
		is_int(egress_decide(egress, &flow).verdict, EGRESS_DENY, "and not its next port");
	}
	suggest_release(&s);
}

int main(void)
{
	test_rows();
	test_promise();
	return done();
}
