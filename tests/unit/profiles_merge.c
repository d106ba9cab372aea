/* Every type of value: what is taken, what is refused and with which words. */
#include "profiles/merge.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static char *const caller_env[] = {
	(char[]){ "LANG=de_DE" },
	(char[]){ "CI=1" },
	(char[]){ "CI_JOB=7" },
	(char[]){ "EMPTY=" },
	(char[]){ "NOEQUALS" },
	(char[]){ "A=x=y" },
	(char[]){ "CREDENTIALS_DIRECTORY=/run/credentials/u" },
	NULL,
};

struct fixture {
	struct policy policy;
	struct merge m;
	struct err e;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->m = (struct merge){ .policy = &f->policy,
			       .caller_env = caller_env,
			       .directory = "/here/x" };
	ok(merge_begin(&f->m, &f->e) == 0, "begin");
}

static int set(struct fixture *f, const char *name, const char *value)
{
	return merge_set(&f->m, key_find(name), value, &f->e);
}

static void takes(struct fixture *f, const char *name, const char *value)
{
	int rc = set(f, name, value);

	if (!ok(rc == 0, "--%s %s is taken", name, value))
		diag("%s", f->e.msg);
}

static void refuses(struct fixture *f, const char *name, const char *value, const char *message)
{
	memset(&f->e, 0, sizeof(f->e));
	is_int(set(f, name, value), -1, "--%s %s is refused", name, value);
	ok(strstr(f->e.msg, message) != NULL, "... because: %s", f->e.msg);
	is_int(f->e.kind, ERR_USAGE, "... as a usage error");
}

static const char *env_of(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->policy.env_count; i++)
		if (strcmp(f->policy.env[i].name, name) == 0)
			return f->policy.env[i].value;
	return NULL;
}

static void check_numbers(struct fixture *f)
{
	const struct limits *l = &f->policy.limits;

	takes(f, "memory", "64M");
	ok(l->value[LIMIT_MEMORY] == 64 << 20, "64M");
	takes(f, "memory", "none");
	ok(l->value[LIMIT_MEMORY] == LIMIT_NONE, "none lifts");
	takes(f, "cpus", "0.5");
	ok(l->value[LIMIT_CPUS] == 500, "half a cpu");
	takes(f, "wall-time", "500ms");
	takes(f, "pids", "1");
	takes(f, "output-max", "0");
	refuses(f, "memory", "10s", "'10s' has an unknown unit: wants bytes or K, M, G, T");
	refuses(f, "memory", "1023K", "out of range: 1M to 64T, or none");
	refuses(f, "memory", "", "is not a number");
	refuses(f, "memory", "-1", "is not a number");
	refuses(f, "pids", "0", "out of range: 1 to 4194304, or none");
	refuses(f, "cpus", "0.001", "out of range: 0.01 to 4096, or none");
	refuses(f, "wall-time", "1M", "unknown unit: wants seconds or ms, s, m, h, or none");
	refuses(f, "cpu-time", "1ms", "out of range: 10ms to 87600h");
	refuses(f, "stop-timeout", "none", "is not a number");
	refuses(f, "pass-fd", "2", "out of range: 3 to");
	refuses(f, "status-fd", "0", "out of range: 1 to");
}

static void check_words(struct fixture *f)
{
	takes(f, "on-pids", "kill");
	ok(f->policy.kill_on_pids, "kill");
	takes(f, "on-pids", "continue");
	ok(!f->policy.kill_on_pids, "continue");
	takes(f, "apparmor", "off");
	is_int(f->policy.apparmor, WANT_OFF, "off");
	takes(f, "net", "audit");
	is_int(f->policy.net, NET_AUDIT, "audit is known here; check refuses it");
	takes(f, "stderr-to-stdout", "yes");
	ok(f->policy.stderr_to_stdout, "yes");
	takes(f, "verbose", "yes");
	is_int(f->policy.verbosity, 1, "verbose");
	takes(f, "quiet", "yes");
	is_int(f->policy.verbosity, -1, "the last of -v and -q counts");
	refuses(f, "on-pids", "Kill", "'Kill' is not continue or kill");
	refuses(f, "landlock", "on", "'on' is not required, if-available or off");
	refuses(f, "stderr-to-stdout", "true", "is not yes or no");
}

static void check_user(struct fixture *f)
{
	takes(f, "user", "1000");
	ok(f->policy.inside_uid == 1000 && f->policy.inside_gid == 1000, "gid as uid");
	takes(f, "user", "1000:5");
	ok(f->policy.inside_uid == 1000 && f->policy.inside_gid == 5, "uid and gid");
	refuses(f, "user", "0", "out of range");
	refuses(f, "user", "1:0", "out of range");
	refuses(f, "user", "root", "is not a number");
	refuses(f, "user", "1:", "is not a number");
	refuses(f, "user", "1:2:3", "unknown unit");
	refuses(f, "user", "4294967295", "out of range");
	refuses(f, "user", "99999999999999999999999999", "too long");
}

static void file_is(struct fixture *f, const char *name, const char *value, const char *source,
		    const char *target)
{
	const struct file_entry *entry;

	takes(f, name, value);
	entry = &f->policy.files[f->policy.file_count - 1];
	is_str(entry->source, source, "%s: source", value);
	is_str(entry->target, target, "%s: target", value);
}

static void check_files(struct fixture *f)
{
	file_is(f, "ro", "/usr/share", "/usr/share", "/usr/share");
	file_is(f, "ro", "/a//b/./c/", "/a//b/./c/", "/a/b/c");
	file_is(f, "rw", "data:/job", "/here/x/data", "/job");
	file_is(f, "rw", ".", "/here/x/.", "/here/x");
	file_is(f, "ro-try", "../y", "/here/x/../y", "/here/y");
	file_is(f, "ro", "a\\:b:/c\\:d", "/here/x/a:b", "/c:d");
	file_is(f, "ro", "a\\b", "/here/x/a\\b", "/here/x/a\\b");
	file_is(f, "tmpfs", "/scratch/", NULL, "/scratch");
	file_is(f, "hide", "/usr/share/doc", NULL, "/usr/share/doc");
	file_is(f, "ro", "/x:/process", "/x", "/process");
	is_int(f->policy.file_count, 10, "in order, nothing replaced");
	is_int(f->policy.files[2].kind, FILE_RW, "kind of an entry");
	refuses(f, "ro", "", "is empty");
	refuses(f, "ro", ":/x", "is empty");
	refuses(f, "ro", "/x:", "not an absolute path");
	refuses(f, "ro", "/x:y", "not an absolute path");
	refuses(f, "ro", "/x:/y:ro", "said by --ro or --rw");
	refuses(f, "ro", "/x:/a/../b", "holds '..'");
	refuses(f, "ro", "/", "'/' itself");
	refuses(f, "ro", "/x:/", "'/' itself");
	refuses(f, "rw", "../..", "'/' itself");
	refuses(f, "ro", "/proc", "belongs to the sandbox");
	refuses(f, "ro", "/x:/proc/self", "belongs to the sandbox");
	refuses(f, "ro", "/x://dev/./shm", "belongs to the sandbox");
	refuses(f, "tmpfs", "/sys/fs", "belongs to the sandbox");
	refuses(f, "hide", "relative", "not an absolute path");
	takes(f, "chdir", "/job/./x");
	is_str(f->policy.workdir, "/job/x", "chdir is normalised");
	takes(f, "chdir", "/");
	refuses(f, "chdir", "work", "not an absolute path");
}

static void check_rlimits(struct fixture *f)
{
	takes(f, "rlimit", "nofile=10");
	takes(f, "rlimit", "STACK=1M");
	takes(f, "rlimit", "nofile=none");
	is_int(f->policy.rlimit_count, 2, "the same name replaces");
	ok(f->policy.rlimits[0].value == RLIM_INFINITY, "none");
	ok(f->policy.rlimits[1].resource == RLIMIT_STACK && f->policy.rlimits[1].value == 1 << 20,
	   "stack in bytes");
	is_str(f->policy.rlimits[1].name, "stack", "lower case");
	refuses(f, "rlimit", "nofile", "has no '='");
	refuses(f, "rlimit", "files=1", "'files' is none of as core");
	refuses(f, "rlimit", "nofile=1M", "wants a whole number, or none");
	refuses(f, "rlimit", "nproc=1", "is set by --pids");
	refuses(f, "rlimit", "fsize=1", "is set by --fsize");
	refuses(f, "rlimit", "=1", "is none of");
}

static void check_environment(struct fixture *f)
{
	char path[] = "/tmp/env-file-XXXXXX";
	int fd = mkostemp(path, 0);
	static const char text[] = "# comment\n\n  INDENTED=1\r\nQUOTED=\"a b\"\nCI\nGONE\nLAST= x ";

	is_str(env_of(f, "HOME"), "/home/sandbox", "base environment");
	is_str(env_of(f, "LANG"), "C.UTF-8", "the caller's is not passed");
	is_str(env_of(f, "container"), "enclave-run", "container interface");
	takes(f, "env", "B=1=2");
	is_str(env_of(f, "B"), "1=2", "the first '=' splits");
	takes(f, "env", "B=");
	is_str(env_of(f, "B"), "", "replaced by nothing");
	takes(f, "env", "A");
	is_str(env_of(f, "A"), "x=y", "the caller's value");
	takes(f, "env", "NEVER_SET");
	is_str(env_of(f, "NEVER_SET"), NULL, "absent stays absent");
	takes(f, "env", "NOEQUALS");
	is_str(env_of(f, "NOEQUALS"), NULL, "an entry without '=' is no variable");
	refuses(f, "env", "=x", "wants VAR=VALUE");
	refuses(f, "env", "", "wants VAR=VALUE");
	takes(f, "keep-env", "CI_*");
	is_str(env_of(f, "CI_JOB"), "7", "by prefix");
	is_str(env_of(f, "CI"), NULL, "shorter than the prefix");
	takes(f, "keep-env", "EMPTY");
	is_str(env_of(f, "EMPTY"), "", "by name");
	refuses(f, "keep-env", "*", "would keep everything");
	refuses(f, "keep-env", "", "would keep everything");
	refuses(f, "keep-env", "A*B", "wants NAME or PREFIX*");
	refuses(f, "keep-env", "**", "wants NAME or PREFIX*");
	ok(write(fd, text, sizeof(text) - 1) == sizeof(text) - 1, "an env file");
	takes(f, "env-file", path);
	is_str(env_of(f, "INDENTED"), "1", "leading blanks and CR go");
	is_str(env_of(f, "QUOTED"), "\"a b\"", "quotes stay");
	is_str(env_of(f, "CI"), "1", "the caller's value");
	is_str(env_of(f, "GONE"), NULL, "absent stays absent");
	is_str(env_of(f, "LAST"), " x ", "blanks of a value stay, no newline at the end needed");
	ok(ftruncate(fd, 0) == 0 && pwrite(fd, "A=1\nB C=2\n", 10, 0) == 10, "a bad line");
	refuses(f, "env-file", path, ":2: no variable name");
	refuses(f, "env-file", "/nonexistent/file", "No such file");
	unlink(path);
	close(fd);
}

static void check_sets(struct fixture *f)
{
	takes(f, "require", "seccomp,uts-namespace");
	takes(f, "require", "seccomp");
	ok(f->policy.walls_required == (1u << WALL_SECCOMP | 1u << WALL_UTS_NS), "a set of walls");
	refuses(f, "require", "secomp", "did you mean 'seccomp'?");
	refuses(f, "require", "seccomp,", "no wall is called ''");
	refuses(f, "allow-missing", "everything", "--keys' lists them");
	takes(f, "label", "a=b=c");
	takes(f, "label", "a=d");
	is_int(f->policy.label_count, 1, "the same label replaces");
	is_str(f->policy.labels[0].value, "d", "the last one counts");
	refuses(f, "label", "a", "wants KEY=VALUE");
	refuses(f, "label", "=a", "wants KEY=VALUE");
	takes(f, "pass-fd", "7");
	takes(f, "pass-fd", "7");
	is_int(f->policy.pass_fd_count, 1, "the same descriptor once");
	for (int fd = 8; fd < 7 + PLAN_PASS_FD_MAX; fd++) {
		char number[16];

		snprintf(number, sizeof(number), "%d", fd);
		set(f, "pass-fd", number);
	}
	refuses(f, "pass-fd", "99", "more than 16");
}

static void check_rest(struct fixture *f)
{
	takes(f, "seccomp", "strict");
	ok(!f->policy.seccomp_is_file, "a name");
	takes(f, "seccomp", "./strict");
	ok(f->policy.seccomp_is_file, "a path");
	is_str(f->policy.seccomp, "/here/x/./strict", "relative to the caller");
	takes(f, "hostname", "a-1.b");
	refuses(f, "hostname", "", "is no host name");
	refuses(f, "hostname", "-a", "is no host name");
	refuses(f, "hostname", "a b", "is no host name");
	refuses(f, "hostname", "0123456789012345678901234567890123456789012345678901234567890123",
		"at most 63");
	for (size_t i = 0; i < key_count; i++) {
		if (keys[i].type != KEY_TYPE_LATER)
			continue;
		f->policy.unavailable = NULL;
		takes(f, keys[i].name, keys[i].flags & KEY_NO_VALUE ? "yes" : "x");
		is_str(f->policy.unavailable, keys[i].name, "remembered for check");
	}
}

static void check_rules(struct fixture *f)
{
	takes(f, "allow", "API.example.org.:8443");
	takes(f, "allow", "10.1.0.0/16:5432/udp");
	is_int((int)f->policy.allow.count, 2, "two rules");
	is_str(f->policy.allow.items[0], "API.example.org.:8443", "as written");
	is_str(f->policy.allow_rules[0].name, "api.example.org", "parsed");
	ok(f->policy.allow_rules[1].prefix_len == 16 &&
		   f->policy.allow_rules[1].protocol == EGRESS_UDP,
	   "parsed");
	refuses(f, "allow", "", "the rule is empty");
	refuses(f, "allow", "*", "is every host");
	refuses(f, "allow", "a.*.b", "whole first label");
	refuses(f, "allow", "a:0", "numbers from 1 to 65535");
	refuses(f, "allow", "[2001:db8::1]:443", "IPv4 only");
	refuses(f, "allow", "::1", "only a name that resolves to it");
	refuses(f, "net", "all", "'all' is not none, deny, allow or audit");
	takes(f, "gate", "yes");
	ok(f->policy.gate, "gate");
	is_int((int)f->policy.allow.count, 2, "what was refused left nothing");
}

#define ALL_MODES "none", "deny", "allow", "audit"

/* Words said one after the other: "|" begins a source, "+" is a rule, else a mode.  What comes out. */
static const struct {
	const char *said;
	const char *mode; /* NULL = refused */
	size_t rules;
} lifts[] = {
	{ "| none |", "none", 0 },
	{ "| none | +", "allow", 1 },
	{ "| deny | +", "allow", 1 },
	{ "| deny | + | + +", "allow", 3 },
	{ "| none | deny", "deny", 0 },
	{ "| none | none +", NULL, 0 },
	{ "| none | + none", NULL, 0 },
	{ "| none | deny +", NULL, 0 },
	{ "| none | allow +", "allow", 1 },
	{ "| none | audit +", "audit", 1 },
	{ "| none | allow + | none", "none", 0 },
	{ "| none | allow + | deny", "deny", 0 },
	{ "| none | allow + | none +", NULL, 0 },
	{ "| none | allow + | audit", "audit", 1 },
	{ "| none | none | +", NULL, 0 },
	{ "| none | none | allow +", "allow", 1 },
	{ "| none | deny | +", "allow", 1 },
	{ "| none | none | + | none", "none", 0 },
	{ "| none | audit | +", "audit", 1 },
	{ "| none | allow | + +", "allow", 2 },
};

static void check_lifts(void)
{
	static const char *const modes[] = { ALL_MODES };

	for (size_t i = 0; i < sizeof(lifts) / sizeof(lifts[0]); i++) {
		struct fixture f;
		int rc;

		setup(&f);
		for (const char *p = lifts[i].said; *p; p += strcspn(p, " "), p += *p == ' ') {
			char word[8] = "";

			snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, " "), p);
			if (*word == '|')
				merge_source(&f.m);
			else if (*word == '+')
				takes(&f, "allow", "example.org");
			else
				takes(&f, "net", word);
		}
		rc = merge_finish(&f.m, &f.e);
		ok(lifts[i].mode ? rc == 0 && strcmp(modes[f.policy.net], lifts[i].mode) == 0 &&
					   f.policy.allow.count == lifts[i].rules
				 : rc == -1 && strstr(f.e.msg, "--allow contradicts") != NULL,
		   "%s: %s", lifts[i].said, lifts[i].mode ? lifts[i].mode : f.e.msg);
		policy_release(&f.policy);
	}
}

static void check_finish(struct fixture *f)
{
	struct limits *l = &f->policy.limits;

	takes(f, "disk", "1M");
	ok(merge_finish(&f->m, &f->e) == 0 && l->value[LIMIT_FSIZE] == 1 << 20, "fsize as disk");
	takes(f, "fsize", "2M");
	ok(merge_finish(&f->m, &f->e) == 0 && l->value[LIMIT_FSIZE] == 2 << 20, "fsize as said");
	takes(f, "fsize", "none");
	ok(merge_finish(&f->m, &f->e) == 0 && l->value[LIMIT_FSIZE] == LIMIT_NONE, "fsize none");
}

static void check_secrets(struct fixture *f)
{
	static const char *const names[] = { "",    ".",    "..",	".h",  "-d",  "a/b",
					     "a b", "a\nb", "\xc3\xa4", "a:b", "a\\b" };
	char value[200];

	takes(f, "secret", "a=file:key");
	takes(f, "secret", "b.c_D-1=fd:3");
	takes(f, "secret", "c=cred:db");
	is_int((int)f->policy.secret_count, 3, "three");
	is_str(f->policy.secrets[0].path, "/here/x/key", "relative to the caller's directory");
	is_str(f->policy.secrets[0].name, "a", "name");
	is_int(f->policy.secrets[1].fd, 3, "descriptor");
	is_str(f->policy.secrets[2].path, "/run/credentials/u/db", "credential");
	refuses(f, "secret", "a=file:other", "'a' is given twice");
	refuses(f, "secret", "d=fd:3", "descriptor 3 is given twice");
	refuses(f, "secret", "hunter2", "there is no '='");
	refuses(f, "secret", "d=hunter2", "d: wants NAME=file:PATH");
	ok(!strstr(f->e.msg, "hunter2"), "the value is not repeated");
	refuses(f, "secret", "d=fd:hunter2", "no descriptor number");
	ok(!strstr(f->e.msg, "hunter2"), "nor here");
	refuses(f, "secret", "d=fd:2", "no descriptor number from 3 on");
	refuses(f, "secret", "d=fd:1048576", "no descriptor number");
	refuses(f, "secret", "d=file:", "the path is empty");
	refuses(f, "secret", "d=cred:", "no name of a credential");
	refuses(f, "secret", "d=cred:..", "no name of a credential");
	refuses(f, "secret", "d=cred:a/b", "no name of a credential");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(value, sizeof(value), "%s=file:x", names[i]);
		refuses(f, "secret", value, "the name before the '='");
	}
	snprintf(value, sizeof(value), "%0129d=file:x", 0);
	refuses(f, "secret", value, "at most 128");
	takes(f, "secret", value + 1);
	for (int i = 4; i < SECRET_MAX; i++) {
		snprintf(value, sizeof(value), "n%d=file:x", i);
		takes(f, "secret", value);
	}
	refuses(f, "secret", "more=file:x", "more than 64 secrets");
	f->m.caller_env += 7; /* without CREDENTIALS_DIRECTORY */
	refuses(f, "secret", "d=cred:db", "CREDENTIALS_DIRECTORY");
}

int main(void)
{
	static void (*const parts[])(struct fixture *) = {
		check_numbers, check_words,	  check_user,  check_files,
		check_rlimits, check_environment, check_sets,  check_rest,
		check_finish,  check_secrets,	  check_rules,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct fixture f;

		setup(&f);
		parts[i](&f);
		policy_release(&f.policy);
	}
	check_lifts();
	return done();
}
