/* profiles_seccomp_json.c - what is read from seccomp documents, and every error with its place. */
#include <errno.h>
#include <stdlib.h>

#include "profiles/seccomp_json.h"
#include "seccomp/words.h"
#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OURS SECCOMP_ARCH_OCI
#define OURS_GO SECCOMP_ARCH_GO
#ifdef __x86_64__
#define OTHER "SCMP_ARCH_AARCH64"
#define OTHER_GO "arm64"
#else
#define OTHER "SCMP_ARCH_X86_64"
#define OTHER_GO "amd64"
#endif

/* Documents are written with ' for ", which JSON has no use for. */
static int parse(const char *quoted, struct seccomp_spec *spec, struct err *e)
{
	char *text = strdup(quoted);
	int rc;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	*e = (struct err){ 0 };
	rc = seccomp_json_parse(text, strlen(text), "f.json", spec, e);
	free(text);
	return rc;
}

#define DOC(rules) "{'defaultAction':'SCMP_ACT_KILL','syscalls':[" rules "]}"
#define RULE(rest) DOC("{'names':['read'],'action':'SCMP_ACT_ERRNO'," rest "}")
#define ARG(rest) DOC("{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[{" rest "}]}")
#define TOP(rest) "{'defaultAction':'SCMP_ACT_ERRNO'," rest "}"

/* --------------------------------------------------------------------------------------- errors */

static const struct {
	const char *json, *message;
} errors[] = {
	{ "", "f.json:" },
	{ "{\n\n'defaultAction' 'x'}", "f.json:3: " },
	{ "{'defaultAction':'SCMP_ACT_KILL'} x", "f.json:1: " },
	{ "{'defaultAction':'SCMP_ACT_KILL','defaultAction':'SCMP_ACT_ALLOW'}",
	  "f.json:1: duplicate" },
	{ "[]", "f.json: expected an object" },
	{ "{}", "f.json: 'defaultAction' is missing" },
	{ "{'defaultaction':'SCMP_ACT_KILL'}", "f.json: defaultaction: unknown key" },
	{ "{'defaultAction':7}", "f.json: defaultAction: expected a string" },
	{ "{'defaultAction':'SCMP_ACT_DENY'}",
	  "f.json: defaultAction: unknown action 'SCMP_ACT_DENY'" },
	{ "{'defaultAction':'SCMP_ACT_TRACE'}",
	  "f.json: defaultAction: action 'SCMP_ACT_TRACE' is not supported here" },
	{ "{'defaultAction':'SCMP_ACT_KILL','defaultErrnoRet':1}",
	  "f.json: 'defaultErrnoRet' is for SCMP_ACT_ERRNO only" },
	{ TOP("'defaultErrnoRet':-1"), "f.json: defaultErrnoRet: -1 is out of range, 0 to 4095" },
	{ TOP("'defaultErrnoRet':4096"), "f.json: defaultErrnoRet: 4096 is out of range" },
	{ TOP("'defaultErrnoRet':1.5"), "f.json: defaultErrnoRet: expected an integer" },
	{ TOP("'defaultErrnoRet':99999999999999999999"), "f.json:1: too big integer" },
	{ TOP("'defaultErrno':'ENONE'"), "f.json: defaultErrno: unknown error name 'ENONE'" },
	{ TOP("'defaultErrno':'E?'"), "f.json: defaultErrno: unknown error name 'E?'" },
	{ TOP("'defaultErrno':'EPERM','defaultErrnoRet':38"), "f.json: defaultErrnoRet: differs" },
	{ TOP("'architectures':['" OTHER "']"),
	  "f.json: made for other architectures than this one" },
	{ TOP("'architectures':['SCMP_ARCH_Z80']"),
	  "f.json: architectures[0]: unknown architecture 'SCMP_ARCH_Z80'" },
	{ TOP("'architectures':'" OURS "'"), "f.json: architectures: expected an array" },
	{ TOP("'archMap':[{'architecture':'" OTHER "','subArchitectures':['" OURS "']}]"),
	  "f.json: made for other architectures" },
	{ TOP("'archMap':[{'architecture':'" OURS "','subArchitectures':['x86']}]"),
	  "f.json: archMap[0].subArchitectures[0]: unknown architecture 'x86'" },
	{ TOP("'archMap':[{'arch':'" OURS "'}]"), "f.json: archMap[0].arch: unknown key" },
	{ TOP("'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW']"),
	  "f.json: flags[0]: flag 'SECCOMP_FILTER_FLAG_SPEC_ALLOW' is not supported here" },
	{ TOP("'flags':['FAST']"), "f.json: flags[0]: unknown flag 'FAST'" },
	{ TOP("'listenerPath':'/run/x'"), "f.json: listenerPath: not supported" },
	{ TOP("'syscalls':{}"), "f.json: syscalls: expected an array" },
	{ DOC("7"), "f.json: syscalls[0]: expected an object" },
	{ DOC("{'action':'SCMP_ACT_ALLOW'}"), "f.json: syscalls[0]: a rule needs 'names'" },
	{ DOC("{'names':[],'action':'SCMP_ACT_ALLOW'}"),
	  "f.json: syscalls[0]: a rule needs 'names'" },
	{ DOC("{'names':['read']}"), "f.json: syscalls[0]: a rule needs 'action'" },
	{ DOC("{'names':['read',1]}"), "f.json: syscalls[0].names[1]: expected a string" },
	{ DOC("{'names':['Read']}"),
	  "f.json: syscalls[0].names[0]: 'Read' can't be a system call's name" },
	{ DOC("{'names':['']}"), "f.json: syscalls[0].names[0]: '' can't be" },
	{ DOC("{'names':['a\\u0000b']}"), "f.json:1: " },
	{ DOC("{'name':'read','names':['read'],'action':'SCMP_ACT_ALLOW'}"),
	  "'name' and 'names' in" },
	{ RULE("'priority':1"), "f.json: syscalls[0].priority: unknown key" },
	{ RULE("'errnoRet':5000"), "f.json: syscalls[0].errnoRet: 5000 is out of range, 0 to 4095" },
	{ RULE("'errnoRet':'EPERM'"), "f.json: syscalls[0].errnoRet: expected an integer" },
	{ RULE("'errno':'EPERM','errnoRet':2"),
	  "f.json: syscalls[0].errnoRet: differs from the errno said before" },
	{ DOC("{'names':['read'],'action':'SCMP_ACT_KILL','errnoRet':1}"),
	  "f.json: syscalls[0]: 'errnoRet' is for SCMP_ACT_ERRNO only" },
	{ RULE("'comment':1"), "f.json: syscalls[0].comment: expected a string" },
	{ RULE("'includes':{'caps':['SYS_ADMIN']}"),
	  "f.json: syscalls[0].includes.caps[0]: 'SYS_ADMIN' is no capability" },
	{ RULE("'includes':{'arches':['z80']}"),
	  "f.json: syscalls[0].includes.arches[0]: unknown architecture 'z80'" },
	{ RULE("'includes':{'minKernel':'new'}"),
	  "f.json: syscalls[0].includes.minKernel: 'new' is no kernel version like 4.8" },
	{ RULE("'excludes':{'cap':[]}"), "f.json: syscalls[0].excludes.cap: unknown key" },
	{ ARG("'index':0"), "f.json: syscalls[0].args[0]: an argument needs 'index' and 'op'" },
	{ ARG("'op':'SCMP_CMP_EQ'"), "an argument needs 'index' and 'op'" },
	{ ARG("'index':6,'op':'SCMP_CMP_EQ'"),
	  "f.json: syscalls[0].args[0].index: 6 is out of range, 0 to 5" },
	{ ARG("'index':0,'op':'SCMP_CMP_EQUAL'"),
	  "f.json: syscalls[0].args[0].op: unknown operator 'SCMP_CMP_EQUAL'" },
	{ ARG("'index':0,'op':'SCMP_CMP_EQ','value':-1"),
	  "f.json: syscalls[0].args[0].value: -1 is out" },
	{ ARG("'index':0,'op':'SCMP_CMP_EQ','value':1,'valueTwo':2"), "'valueTwo' is for" },
	{ ARG("'index':0,'op':'SCMP_CMP_MASKED_EQ','value':1,'valueTwo':2"), "no match ever" },
	{ ARG("'index':0,'op':'SCMP_CMP_GE','value':1},{'index':0,'op':'SCMP_CMP_LE','value':9"),
	  "f.json: syscalls[0].args[1]: a second condition on argument 0: write one rule per condition" },
};

static void test_errors(void)
{
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct seccomp_spec spec = { .rule_count = 77 };
		struct err e;

		is_int(parse(errors[i].json, &spec, &e), -1, "refused: %s", errors[i].message);
		if (!ok(strstr(e.msg, errors[i].message) != NULL && e.kind == ERR_USAGE, "says: %s",
			errors[i].message))
			diag("got '%s'", e.msg);
		is_int(spec.rule_count, 77, "nothing was written");
	}
}

/* ------------------------------------------------------------------------------------- contents */

static const char full[] =
	"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'defaultErrno':'ENOSYS',"
	"'archMap':[{'architecture':'" OTHER "','subArchitectures':[]},"
	"{'architecture':'" OURS "','subArchitectures':['SCMP_ARCH_X86','SCMP_ARCH_X32']}],"
	"'flags':['SECCOMP_FILTER_FLAG_TSYNC'],"
	"'syscalls':["
	"{'names':['read','write'],'action':'SCMP_ACT_ALLOW','args':null,'comment':''},"
	"{'name':'clone3','action':'SCMP_ACT_ERRNO','errno':'ENOSYS','errnoRet':38},"
	"{'names':['socket'],'action':'SCMP_ACT_NOTIFY','args':["
	"{'index':0,'value':2147483649,'valueTwo':1,'op':'SCMP_CMP_MASKED_EQ'},"
	"{'index':5,'value':9223372036854775807,'op':'SCMP_CMP_LT'}]},"
	"{'names':['mount'],'action':'SCMP_ACT_KILL_PROCESS','includes':{},'excludes':{}},"
	"{'names':['dup'],'action':'SCMP_ACT_ERRNO'}"
	"]}";

static void test_full(void)
{
	struct seccomp_spec spec = { 0 };
	struct err e;

	if (!is_int(parse(full, &spec, &e), 0, "a document with everything")) {
		diag("%s", e.msg);
		return;
	}
	is_int(spec.default_action, SECCOMP_ACT_ERRNO, "default action");
	is_int(spec.default_errno, 38, "its errno");
	is_int(spec.rule_count, 5, "all rules");
	is_int(spec.rules[0].name_count, 2, "two names");
	is_str(spec.rules[0].names[1], "write", "the second");
	is_int(spec.rules[0].arg_count, 0, "args may be null");
	is_str(spec.rules[1].names[0], "clone3", "a single name");
	is_int(spec.rules[1].errno_value, 38, "errno in both ways");
	is_int(spec.rules[2].action, SECCOMP_ACT_NOTIFY, "notify");
	is_int(spec.rules[2].arg_count, 2, "two conditions");
	is_int(spec.rules[2].args[0].op, SECCOMP_OP_MASKED_EQ, "masked");
	ok(spec.rules[2].args[0].value == 0x80000001 && spec.rules[2].args[0].value_two == 1,
	   "mask and value");
	ok(spec.rules[2].args[1].value == INT64_MAX && spec.rules[2].args[1].index == 5,
	   "largest number");
	is_int(spec.rules[3].action, SECCOMP_ACT_KILL_PROCESS, "kill the process");
	is_int(spec.rules[4].errno_value, EPERM, "an errno that is not said is EPERM");
	seccomp_spec_release(&spec);
	ok(spec.rules == NULL && spec.rule_count == 0, "released");
	seccomp_spec_release(&spec);
}

static const struct {
	const char *when;
	size_t kept;
} conditions[] = {
	{ "'includes':{'caps':['CAP_SYS_ADMIN']}", 0 },
	{ "'includes':{'caps':[]}", 1 },
	{ "'excludes':{'caps':['CAP_SYS_ADMIN']}", 1 },
	{ "'includes':{'arches':['" OTHER_GO "']}", 0 },
	{ "'includes':{'arches':['" OTHER_GO "','" OURS_GO "']}", 1 },
	{ "'excludes':{'arches':['" OTHER_GO "','" OURS_GO "']}", 0 },
	{ "'excludes':{'arches':['" OTHER_GO "']}", 1 },
	{ "'includes':{'minKernel':'4.8'}", 1 },
	{ "'includes':{'minKernel':'4.8','caps':['CAP_SYS_PTRACE']}", 0 },
	{ "'includes':{'arches':['" OURS_GO "']},'excludes':{'caps':['CAP_SYS_ADMIN']}", 1 },
	{ "'includes':{'arches':['" OURS_GO "']},'excludes':{'arches':['" OURS_GO "']}", 0 },
};

static void test_conditions(void)
{
	char json[512];

	for (size_t i = 0; i < COUNT(conditions); i++) {
		struct seccomp_spec spec = { 0 };
		struct err e;

		snprintf(json, sizeof(json), DOC("{'names':['dup'],'action':'SCMP_ACT_ALLOW',%s}"),
			 conditions[i].when);
		is_int(parse(json, &spec, &e), 0, "read: %s", conditions[i].when);
		is_int(spec.rule_count, conditions[i].kept, "applies: %s", conditions[i].when);
		seccomp_spec_release(&spec);
	}
}

static const struct {
	const char *word;
	enum seccomp_action action;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_ACT_LOG },
	{ "SCMP_ACT_ERRNO", SECCOMP_ACT_ERRNO },
	{ "SCMP_ACT_NOTIFY", SECCOMP_ACT_NOTIFY },
	{ "SCMP_ACT_TRAP", SECCOMP_ACT_TRAP },
	{ "SCMP_ACT_KILL", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
};

static void test_actions(void)
{
	char json[128];

	for (size_t i = 0; i < COUNT(actions); i++) {
		struct seccomp_spec spec = { 0 };
		struct err e;

		snprintf(json, sizeof(json), "{'defaultAction':'%s'}", actions[i].word);
		is_int(parse(json, &spec, &e), 0, "%s", actions[i].word);
		is_int(spec.default_action, actions[i].action, "%s is known", actions[i].word);
		seccomp_spec_release(&spec);
	}
}

/* A long path of keys is cut, not written past its end. */
static void test_long_key(void)
{
	char json[2048];
	struct seccomp_spec spec = { 0 };
	struct err e;

	memset(json, 'k', sizeof(json));
	memcpy(json, "{'", 2);
	memcpy(json + 1500, "':1}", 5);
	is_int(parse(json, &spec, &e), -1, "a very long key");
	ok(strstr(e.msg, "f.json: kkk") != NULL, "is named from its start");
}

int main(void)
{
	test_errors();
	test_full();
	test_conditions();
	test_actions();
	test_long_key();
	return done();
}
