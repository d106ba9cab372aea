/* Policy files: presets, merging order, and errors that say where. */
#include "profiles/load.h"

#include <stdlib.h>
#include <unistd.h>

#include "profiles/presets.h"
#include "tests/unit/tap.h"

struct fixture {
	struct policy policy;
	struct merge m;
	struct err e;
};

static void setup(struct fixture *f)
{
	static char *const empty[] = { NULL };

	memset(f, 0, sizeof(*f));
	f->m = (struct merge){ .policy = &f->policy, .caller_env = empty, .directory = "/here" };
	if (merge_begin(&f->m, &f->e) != 0)
		fail("begin");
}

static int load(struct fixture *f, const char *text)
{
	setup(f);
	return load_text(&f->m, "p.json", text, strlen(text), &f->e);
}

#define HEAD "{ \"schema\": \"" LOAD_SCHEMA "\",\n"

static void refuses(const char *rest, const char *message)
{
	char text[512];
	struct fixture f;

	snprintf(text, sizeof(text), "%s%s", *rest == '{' ? "" : HEAD, rest);
	is_int(load(&f, text), -1, "refused: %s", message);
	ok(strncmp(f.e.msg, message, strlen(message)) == 0, "%s", f.e.msg);
	policy_release(&f.policy);
}

static void check_presets(void)
{
	ok(preset_count >= 4, "there are presets");
	for (size_t i = 0; i < preset_count; i++) {
		struct fixture f;

		setup(&f);
		if (!ok(load_policy(&f.m, presets[i].name, &f.e) == 0, "preset %s loads",
			presets[i].name))
			diag("%s", f.e.msg);
		is_str(f.policy.unavailable, NULL, "%s asks for nothing this version lacks",
		       presets[i].name);
		policy_release(&f.policy);
	}
}

static void check_defaults(void)
{
	struct fixture f;
	const uint64_t *limit = f.policy.limits.value;

	setup(&f);
	ok(load_policy(&f.m, NULL, &f.e) == 0 && merge_finish(&f.m, &f.e) == 0, "preset default");
	ok(limit[LIMIT_MEMORY] == UINT64_C(1) << 30, "memory 1G");
	ok(limit[LIMIT_CPUS] == 2000 && limit[LIMIT_CPU_TIME] == LIMIT_NONE,
	   "cpus 2, cpu-time none");
	ok(limit[LIMIT_WALL_TIME] == UINT64_C(3600000000000), "wall-time 1h");
	ok(limit[LIMIT_PIDS] == 256 && limit[LIMIT_DISK] == 512 << 20, "pids 256, disk 512M");
	ok(limit[LIMIT_OUTPUT] == 64 << 20 && limit[LIMIT_FSIZE] == 512 << 20, "output, fsize");
	is_str(f.policy.workdir, "/home/sandbox", "directory");
	is_str(f.policy.seccomp, "default", "seccomp");
	ok(f.policy.inside_uid == 65534 && f.policy.inside_gid == 65534, "nobody");
	ok(f.policy.kill_on_pids && !f.policy.kill_on_violation, "on-pids, on-violation");
	is_int(f.policy.net, NET_DENY, "nothing gets out");
	is_int(f.policy.rlimit_count, 2, "nofile and core");
	is_int(f.policy.status_fd, -1, "no status descriptor");
	policy_release(&f.policy);

	setup(&f);
	ok(load_policy(&f.m, "judge", &f.e) == 0, "preset judge");
	ok(limit[LIMIT_MEMORY] == 256 << 20 && limit[LIMIT_PIDS] == 32 && limit[LIMIT_CPUS] == 1000,
	   "its own limits");
	ok(limit[LIMIT_DISK] == 64 << 20, "its disk below its memory, which pays for it");
	ok(limit[LIMIT_OUTPUT] == 64 << 20, "the rest from default");
	is_str(f.policy.seccomp, "strict", "strict system calls");
	policy_release(&f.policy);
}

static void check_document(void)
{
	struct fixture f;
	const struct policy *p = &f.policy;

	ok(load(&f,
		HEAD "\"extends\": \"ci\",\n"
		     "\"limits\": { \"cpus\": 1.5, \"wall-time\": 0.25, \"pids\": \"none\",\n"
		     "  \"rlimit\": { \"nofile\": 77, \"stack\": \"1M\" } },\n"
		     "\"files\": { \"rw\": \"data:/data\", \"hide\": [\"/data/x\", \"/data/y\"],\n"
		     "  \"ro\": [\"/z\"] },\n"
		     "\"process\": { \"env\": { \"CI\": \"1\", \"X\": \"\" }, \"user\": 1000,\n"
		     "  \"stderr-to-stdout\": true },\n"
		     "\"network\": { \"net\": \"none\", \"allow\": [] },\n"
		     "\"secrets\": { \"secret\": { \"db\": \"file:key\" } },\n"
		     "\"result\": { \"label\": { \"k\": \"v\" } } }") == 0,
	   "a whole document: %s", f.e.msg);
	ok(p->limits.value[LIMIT_CPUS] == 1500, "a fraction keeps its digits");
	ok(p->limits.value[LIMIT_WALL_TIME] == 250000000, "a fraction of a second");
	ok(p->limits.value[LIMIT_PIDS] == LIMIT_NONE, "none");
	ok(p->limits.value[LIMIT_MEMORY] == UINT64_C(4) << 30, "from the preset it extends");
	ok(p->rlimit_count == 3 && p->rlimits[0].value == 77, "pairs with numbers");
	ok(p->file_count == 4 && p->files[0].kind == FILE_RW && p->files[2].kind == FILE_HIDE &&
		   p->files[3].kind == FILE_RO,
	   "files in the order of the document");
	is_str(p->env[p->env_count - 2].name, "CI", "environment");
	ok(p->inside_uid == 1000 && p->stderr_to_stdout, "user, flag");
	is_str(p->unavailable, NULL, "an empty list asks for nothing");
	is_str(p->labels[0].value, "v", "label");
	is_str(p->secrets[0].path, "/here/key", "a secret by its name");
	policy_release(&f.policy);
}

static void check_rules(void)
{
	struct fixture f;
	const struct policy *p = &f.policy;

	ok(load(&f, HEAD
		"\"network\": { \"net\": \"allow\", \"gate\": true, \"allow\": [\n"
		"  { \"to\": \"api.example.org\", \"ports\": [443, \"8000-8010\"], \"protocol\": \"udp\" },\n"
		"  \"*.example.org:443\", { \"to\": \"10.1.0.0/16\" },\n"
		"  { \"ports\": 22, \"to\": \"h\" } ] } }") == 0,
	   "rules in both forms: %s", f.e.msg);
	if (is_int((int)p->allow.count, 4, "four")) {
		is_str(p->allow.items[0], "api.example.org:443,8000-8010/udp", "an object");
		is_str(p->allow.items[1], "*.example.org:443", "a string");
		is_str(p->allow.items[2], "10.1.0.0/16", "a prefix, no ports");
		is_str(p->allow.items[3], "h:22", "one port alone");
	}
	ok(p->net == NET_ALLOW && p->gate, "mode and gate");
	policy_release(&f.policy);
	ok(load(&f, HEAD "\"network\": { \"allow\": { \"to\": \"h\" } } }") == 0 &&
		   p->allow.count == 1,
	   "one rule needs no array: %s", f.e.msg);
	policy_release(&f.policy);
}

#define RULE(text) "\"network\": { \"allow\": [ " text " ] } }"
#define AT "p.json:2: network.allow[0]: "

static void check_rule_errors(void)
{
	refuses(RULE("{ \"to\": \"h\", \"port\": 1 }"),
		AT "unknown member 'port' of a rule; did you mean 'ports'?");
	refuses(RULE("{ \"to\": \"h\", \"zzz\": 1 }"),
		AT "unknown member 'zzz' of a rule: to, ports");
	refuses(RULE("{ \"ports\": 1 }"), AT "a rule wants \"to\"");
	refuses(RULE("{ \"to\": 1 }"), AT "a rule wants \"to\"");
	refuses(RULE("{ \"to\": \"\" }"), AT "the rule is empty");
	refuses(RULE("{ \"to\": \"h:443\" }"), AT "\"to\": 'h:443' holds a ':'");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [] }"), AT "\"ports\" is empty");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [1.5] }"), AT "\"ports\" wants numbers");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [0] }"), AT "port '0': wants");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [-1] }"), AT "port '-1': wants");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [65536] }"), AT "port '65536': wants");
	refuses(RULE("{ \"to\": \"h\", \"ports\": [\"\"] }"), AT "port '': wants");
	refuses(RULE("{ \"to\": \"h\", \"ports\": null }"), AT "\"ports\" wants numbers");
	refuses(RULE("{ \"to\": \"h\", \"protocol\": 6 }"), AT "\"protocol\" wants");
	refuses(RULE("{ \"to\": \"h\", \"protocol\": \"icmp\" }"), AT "'/icmp' is no protocol");
	refuses(RULE("{ \"to\": \"2001:db8::1\" }"), AT "'[2001:db8::1]': an IPv6 address");
	refuses(RULE("{ \"to\": \"2001:db8::/32\", \"ports\": 1 }"),
		AT "'[2001:db8::/32]:1': an IPv6");
	refuses(RULE("1"), AT "is a number: wants a string or an object");
	refuses(RULE("\"a.*.b\""), AT "'a.*.b': '*' can only be");
}

static void check_errors(void)
{
	refuses("{ \"limits\": {} }", "p.json: lacks \"schema\"");
	refuses("{ \"schema\": \"enclave-run/policy/2\" }", "p.json:1: schema: wants \"schema\"");
	refuses("\"limits\": { \"memory\": \"1G\",\n\"memroy\": 1 } }",
		"p.json:3: limits.memroy: unknown key; did you mean 'memory'?");
	refuses("\"limits\": { \"net\": \"none\" } }",
		"p.json:2: limits.net: unknown key; 'net' belongs to the group 'network'");
	refuses("\"result\": { \"status-fd\": 3 } }",
		"p.json:2: result.status-fd: can't be said in a policy file, only as option --status-fd");
	refuses("\"memory\": 1 }",
		"p.json:2: memory: unknown member; 'memory' belongs to the group");
	refuses("\"limit\": {} }", "p.json:2: limit: unknown member; did you mean 'limits'?");
	refuses("\"limits\": 7 }", "p.json:2: limits: is a number: wants an object");
	refuses("\"limits\":\n {\n \"memory\":\n \"10s\" } }",
		"p.json:4: limits.memory: '10s' has an unknown unit");
	refuses("\"limits\": { \"pids\": 0 } }", "p.json:2: limits.pids: '0' is out of range: 1 to");
	refuses("\"limits\": { \"pids\": 1e2 } }",
		"p.json:2: limits.pids: '1e2' has an unknown unit");
	refuses("\"limits\": { \"pids\": -1 } }", "p.json:2: limits.pids: '-1' is not a number");
	refuses("\"limits\": { \"pids\": null } }",
		"p.json:2: limits.pids: is null: wants a string or a number");
	refuses("\"limits\": { \"pids\": [1] } }", "p.json:2: limits.pids: is an array: wants");
	refuses("\"limits\": { \"pids\": 1,\n \"pids\": 2 } }",
		"p.json:3: not valid JSON: duplicate");
	refuses("\"limits\": { \"rlimit\": { \"nofile\": \"x\" } } }",
		"p.json:2: limits.rlimit.nofile: '");
	refuses("\"files\": { \"ro\": [ \"/a\",\n\"/b\", \"/c:d\" ] } }",
		"p.json:3: files.ro[2]: 'd' is not an absolute path inside");
	refuses("\"files\": { \"ro\": [ 7 ] } }",
		"p.json:2: files.ro[0]: is a number: wants a string");
	refuses("\"files\": { \"chdir\": [\"/\"] } }",
		"p.json:2: files.chdir: is an array: wants a string");
	refuses("\"process\": { \"env\": { \"A\": 1 } } }",
		"p.json:2: process.env.A: is a number: wants a string");
	refuses("\"process\": { \"env\": { \"A=B\": \"1\" } } }",
		"p.json:2: process.env.A=B: the name holds");
	refuses("\"process\": { \"stderr-to-stdout\": \"yes\" } }",
		"p.json:2: process.stderr-to-stdout: is a string: wants true or false");
	refuses("\"walls\": { \"require\": [\"secomp\"] } }",
		"p.json:2: walls.require[0]: no wall is called");
	refuses("\"secrets\": { \"secret\": [\"a=fd:9\",\n \"a=fd:8\"] } }",
		"p.json:3: secrets.secret[1]: the name 'a' is given twice");
	refuses("\"secrets\": { \"secret\": { \"a\": \"hunter2\" } } }",
		"p.json:2: secrets.secret.a: a: wants NAME=file:PATH");
	refuses("\"extends\": \"x.json\" }",
		"p.json:2: extends: wants the name of a preset: agent, ci");
	refuses("\"extends\": null }", "p.json:2: extends: wants the name of a preset");
	refuses("\"limits\": {", "p.json:2: not valid JSON");
	refuses("\"limits\": {} } x", "p.json:2: not valid JSON");
}

static void check_files(void)
{
	char path[] = "/tmp/policy-XXXXXX";
	int fd = mkostemp(path, 0);
	static const char text[] = HEAD "\"limits\": { \"pids\": 5 } }";
	struct fixture f;

	ok(write(fd, text, sizeof(text) - 1) == sizeof(text) - 1, "a policy file");
	setup(&f);
	ok(load_policy(&f.m, path, &f.e) == 0, "loads by path");
	ok(f.policy.limits.value[LIMIT_PIDS] == 5, "its own value");
	ok(f.policy.limits.value[LIMIT_MEMORY] == UINT64_C(1) << 30, "extends default unsaid");
	policy_release(&f.policy);
	unlink(path);
	setup(&f);
	is_int(load_policy(&f.m, path, &f.e), -1, "no such file");
	ok(strstr(f.e.msg, "No such file") != NULL, "%s", f.e.msg);
	is_int(load_policy(&f.m, "nope", &f.e), -1, "no such preset");
	ok(strstr(f.e.msg, "neither a preset (agent, ci, default, judge) nor a file"), "%s",
	   f.e.msg);
	ok(ftruncate(fd, 17 << 20) == 0, "a huge file");
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	is_int(load_policy(&f.m, path, &f.e), -1, "is refused");
	ok(strstr(f.e.msg, "larger than 16M") != NULL, "%s", f.e.msg);
	policy_release(&f.policy);
	close(fd);
}

int main(void)
{
	check_presets();
	check_defaults();
	check_document();
	check_rules();
	check_rule_errors();
	check_errors();
	check_files();
	return done();
}
