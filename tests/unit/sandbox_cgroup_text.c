/* sandbox_cgroup_text.c - the parsers of the cgroup layer, and the names of limits. */
#include "sandbox/cgroup_ops.h"
#include "tests/unit/tap.h"

#define MIB (UINT64_C(1) << 20)

static const char hybrid_cgroup[] = "9:name=systemd:/\n8:pids:/\n6:freezer:/\n"
				    "4:memory:/outer/job7\n3:cpu,cpuacct:/a:b\n0::/\n";
static const char *const hybrid_mounts[] = {
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
	"35 31 0:32 /outer /sys/fs/cgroup/mem\\040ory rw shared:4 master:1 - cgroup cgroup rw,memory",
	"36 31 0:33 /outer /second rw - cgroup cgroup rw,memory",
	"39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids",
	"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd",
	"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
};

static void add_mount(struct cgroup_layout *l, const char *line)
{
	cgroup_text_mount(line, strlen(line), l);
}

static void test_layout_hybrid(void)
{
	struct cgroup_layout l;
	char dir[CGROUP_PATH_CAP], seen[CGROUP_PATH_CAP];

	cgroup_text_layout(hybrid_cgroup, &l);
	for (size_t i = 0; i < sizeof(hybrid_mounts) / sizeof(hybrid_mounts[0]); i++)
		add_mount(&l, hybrid_mounts[i]);
	is_int(l.v1_count, 3, "hybrid: three hierarchies of ours, the named one is ignored");
	is_int(cgroup_text_mode(&l), CGROUP_V1, "hybrid: controllers on v1 make it v1");
	ok(cgroup_text_parent(&l.v1[0], NULL, dir, seen), "pids: has a parent");
	is_str(dir, "/sys/fs/cgroup/pids", "pids: own cgroup is the root");
	is_str(seen, "", "pids: seen from /proc as the root");
	ok(cgroup_text_parent(&l.v1[1], NULL, dir, seen), "memory: has a parent");
	is_str(dir, "/sys/fs/cgroup/mem ory/job7",
	       "memory: the mount's root is taken off, \\040 decoded");
	is_str(seen, "/outer/job7", "memory: seen from /proc as it is");
	is_int(l.v1[2].controllers,
	       CONTROLLER_BIT(CONTROLLER_CPU) | CONTROLLER_BIT(CONTROLLER_CPUACCT),
	       "cpu,cpuacct are one hierarchy");
	ok(cgroup_text_parent(&l.v1[2], "x/y/", dir, seen), "--cgroup-parent below the mount");
	is_str(dir, "/sys/fs/cgroup/cpu,cpuacct/x/y", "path of --cgroup-parent");
	is_str(seen, "/x/y", "seen path of --cgroup-parent");
	ok(cgroup_text_parent(&l.v1[1], "/x", dir, seen) && strcmp(seen, "/outer/x") == 0,
	   "--cgroup-parent keeps the mount's root in the seen path");
	ok(!cgroup_text_parent(&l.v1[0], "x/../y", dir, seen), "--cgroup-parent with .. is refused");
	ok(!cgroup_text_parent(&l.v1[0], "x//y", dir, seen), "empty component is refused");
	ok(!cgroup_text_parent(&l.v1[0], "/", dir, seen), "the root itself is refused");
}

static void test_layout_v2(void)
{
	struct cgroup_layout l;
	char dir[CGROUP_PATH_CAP], seen[CGROUP_PATH_CAP];

	cgroup_text_layout("0::/user.slice/app.scope\n", &l);
	is_int(cgroup_text_mode(&l), CGROUP_V2, "v2 alone");
	ok(!cgroup_text_parent(&l.v2, NULL, dir, seen), "v2: no mount, no parent");
	add_mount(&l, "30 23 0:26 /other.slice /mnt rw - cgroup2 cgroup2 rw");
	ok(!cgroup_text_parent(&l.v2, NULL, dir, seen),
	   "v2: a mount that shows another part is not used");
	add_mount(&l, "30 23 0:26 /user.slice/app /mnt rw - cgroup2 cgroup2 rw");
	ok(!cgroup_text_parent(&l.v2, NULL, dir, seen), "v2: a prefix that cuts a name is none");
	add_mount(&l,
		  "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate");
	ok(cgroup_text_parent(&l.v2, NULL, dir, seen), "v2: the real mount");
	is_str(dir, "/sys/fs/cgroup/user.slice/app.scope", "v2: own directory");

	cgroup_text_layout("0::/../x\n", &l);
	add_mount(&l, "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
	ok(!cgroup_text_parent(&l.v2, NULL, dir, seen), "outside of the cgroup namespace: none");
	cgroup_text_layout("", &l);
	is_int(cgroup_text_mode(&l), CGROUP_NONE, "empty /proc/self/cgroup: none");
	cgroup_text_layout("1:name=systemd:/\n2:freezer:/\nrubbish\n3:pids\n", &l);
	is_int(cgroup_text_mode(&l), CGROUP_NONE, "nothing of ours: none");
}

static void test_values(void)
{
	uint64_t v = 0;

	ok(cgroup_text_counter("low 0\nhigh 3\noom_kill 12\n", "oom_kill", &v) && v == 12,
	   "counter");
	ok(!cgroup_text_counter("oom_kill_disable 1\n", "oom_kill", &v),
	   "a longer key is another key");
	ok(!cgroup_text_counter("max\n", "max", &v), "a counter without a number");
	ok(cgroup_text_limit("max 100000\n", 0, &v) && v == LIMIT_NONE, "max is no limit");
	ok(cgroup_text_limit("max 100000\n", 1, &v) && v == 100000, "second word");
	ok(!cgroup_text_limit("max 100000\n", 2, &v), "third word is missing");
	ok(cgroup_text_limit("-1\n", 0, &v) && v == LIMIT_NONE, "-1 is no limit");
	ok(cgroup_text_limit("9223372036854771712\n", 0, &v) && v == LIMIT_NONE,
	   "v1's huge is no limit");
	ok(cgroup_text_limit("67108864\n", 0, &v) && v == 64 * MIB, "64 MiB");
	ok(cgroup_text_has_word("cpuset cpu io memory pids\n", "cpu"), "a word among words");
	ok(!cgroup_text_has_word("cpuset io\n", "cpu"), "part of a word is not the word");
	ok(cgroup_text_sole_pid("77\n", 77), "sole pid");
	ok(!cgroup_text_sole_pid("77\n78\n", 77), "two pids");
	ok(!cgroup_text_sole_pid("0\n", 77) && !cgroup_text_sole_pid("", 77), "another pid, no pid");
}

static void test_names(void)
{
	char name[CGROUP_NAME_CAP];

	cgroup_name(name, 3, 0, "work");
	ok(cgroup_text_is_run(name), "'%s' is a run", name);
	cgroup_name(name, 65535, 7, "self");
	ok(cgroup_text_is_run(name), "'%s' is a run", name);
	ok(!cgroup_text_is_run("enclave-run-1-2.scope"), "a systemd scope is none");
	ok(!cgroup_text_is_run("enclave-run-1.work") &&
		   !cgroup_text_is_run("enclave-run-a-1.work") &&
		   !cgroup_text_is_run("enclave-run-1-2-3-4.work") &&
		   !cgroup_text_is_run("enclave-run-"),
	   "other names are none");
	is_str(limit_name(LIMIT_MEMORY), "memory", "name of a limit");
	is_str(enforcer_name(BY_CGROUP), "cgroup", "name of an enforcer");
	is_str(enforcer_name(BY_NONE), "none", "name of no enforcer");
}

static void test_in(void)
{
	const char *text = "4:memory:/a/enclave-run-0-1.work\n3:cpu,cpuacct:/x\n0::/b/c\n";
	unsigned memory = CONTROLLER_BIT(CONTROLLER_MEMORY);

	ok(cgroup_text_in(text, memory, "/a/enclave-run-0-1.work"), "in the v1 directory");
	ok(!cgroup_text_in(text, memory, "/a/enclave-run-0-1"), "a prefix of the name is not it");
	ok(!cgroup_text_in(text, CONTROLLER_BIT(CONTROLLER_CPU), "/x"),
	   "another set of controllers");
	ok(cgroup_text_in(text, 0, "/b"), "below the v2 directory");
	ok(!cgroup_text_in(text, 0, "/b/c/d"), "above the v2 directory");
}

int main(void)
{
	test_layout_hybrid();
	test_layout_v2();
	test_values();
	test_names();
	test_in();
	return done();
}
