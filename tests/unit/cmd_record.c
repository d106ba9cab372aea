/* The record's members are an interface: these tests name them all. */
#include "cmd/record.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/record_file.h"
#include "tests/unit/tap.h"

static char *const command[] = { (char[]){ "sh" }, (char[]){ "\xff" }, NULL };

static const struct policy policy = {
	.argv = (char **)(uintptr_t)command,
	.labels = (struct env_entry[]){ { (char[]){ "k" }, (char[]){ "v" } } },
	.label_count = 1,
	.limits.value = { [LIMIT_MEMORY] = 64 << 20 },
};
static const struct plan plan = { .user_mode = "rootless" };

static struct outcome ended(void)
{
	struct outcome o = { .session = "er-1-2",
			     .started_real_ns = 1,
			     .ended_real_ns = 2,
			     .supervisor_pid = 42,
			     .phase = PHASE_TEARDOWN,
			     .cgroup_mode = "v2" };

	o.evidence = (struct evidence){ .init_killed = true,
					.init_signal = SIGKILL,
					.oom_kills = 1,
					.kill_memory = true,
					.has_cgroup = true };
	o.verdict = reason_from(&o.evidence);
	o.usage = (struct outcome_usage){ .wall_ns = 5,
					  .memory_peak_bytes = 64 << 20,
					  .stdout_bytes = UINT64_MAX };
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		o.limits[i].value = LIMIT_NONE;
	o.limits[LIMIT_MEMORY] = (struct limit_report){ 64 << 20, BY_CGROUP };
	o.walls[WALL_NNP] = (struct wall_report){ WALL_APPLIED, true, "NoNewPrivs 1" };
	o.walls[WALL_APPARMOR] = (struct wall_report){ WALL_ABSENT, false, "not built" };
	o.violations.entries[0] = (struct seccomp_violation){ SYS_mount, 77, 3 };
	o.violations.count = 1;
	o.violations.total = 3;
	timeline_add(&o.timeline, &(struct timeline_sample){ 10, 4096, 7, TIMELINE_UNKNOWN }, 10);
	outcome_warn(&o, "a %s", "warning");
	return o;
}

static json_t *get(json_t *value, const char *path)
{
	char copy[80], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name = strtok_r(copy, ".", &save); name && value;
	     name = strtok_r(NULL, ".", &save))
		value = json_is_array(value) ? json_array_get(value, (size_t)(*name - '0'))
					     : json_object_get(value, name);
	return value;
}

static void word(json_t *record, const char *path, const char *want)
{
	is_str(json_string_value(get(record, path)), want, "%s", path);
}

static void integer(json_t *record, const char *path, json_int_t want)
{
	ok(json_is_integer(get(record, path)), "%s is an integer", path);
	is_int(json_integer_value(get(record, path)), want, "%s", path);
}

static void null(json_t *record, const char *path)
{
	ok(json_is_null(get(record, path)), "%s is null", path);
}

static void check_final(void)
{
	struct outcome o = ended();
	json_t *r = record_final(&policy, &plan, &o);

	word(r, "schema", "enclave-run/record/1");
	word(r, "session", "er-1-2");
	word(r, "started", "1970-01-01T00:00:00.000000001Z");
	word(r, "ended", "1970-01-01T00:00:00.000000002Z");
	word(r, "argv.1", "\xc3\xbf");
	word(r, "labels.k", "v");
	ok(json_is_string(get(r, "host.kernel")), "host.kernel");
	word(r, "host.cgroup", "v2");
	word(r, "host.user", "rootless");
	integer(r, "launcher.pid", 42);
	ok(json_is_integer(get(r, "launcher.start_ticks")), "launcher.start_ticks");
	word(r, "phase", "teardown");
	word(r, "status", "killed");
	word(r, "reason", "memory");
	word(r, "certainty", "exact");
	word(r, "cause", "limit of 64 MiB reached; raise it with --memory");
	null(r, "exit_code");
	integer(r, "signal", 9);
	ok(json_is_false(get(r, "core_dumped")), "core_dumped");
	integer(r, "exit_status", 137);
	integer(r, "evidence.oom_kills", 1);
	integer(r, "evidence.init_signal", 9);
	word(r, "evidence.own_kills.0", "memory");
	integer(r, "usage.wall_ns", 5);
	integer(r, "usage.memory_peak_bytes", 64 << 20);
	null(r, "usage.stdout_bytes");
	null(r, "usage.pids_peak");
	integer(r, "timeline.interval_ns", 10);
	integer(r, "timeline.samples.0.0", 10);
	integer(r, "timeline.samples.0.1", 4096);
	integer(r, "timeline.samples.0.2", 7);
	null(r, "timeline.samples.0.3");
	integer(r, "limits.memory.value", 64 << 20);
	word(r, "limits.memory.enforced_by", "cgroup");
	null(r, "limits.cpu-time.value");
	word(r, "limits.cpu-time.enforced_by", "none");
	is_int(json_object_size(get(r, "limits")), LIMIT_COUNT, "every limit");
	is_int(json_object_size(get(r, "walls")), WALL_COUNT, "every wall");
	word(r, "walls.no-new-privs.state", "applied");
	ok(json_is_true(get(r, "walls.no-new-privs.read_back")), "read back");
	word(r, "walls.apparmor.state", "absent");
	word(r, "walls.apparmor.detail", "not built");
	word(r, "violations.0.syscall", "mount");
	integer(r, "violations.0.count", 3);
	integer(r, "violations.0.pid", 77);
	word(r, "violations.0.action", "refused");
	word(r, "network.mode", "none");
	word(r, "warnings.0", "a warning");
	null(r, "error");
	json_decref(r);
}

static void check_audit(void)
{
	struct outcome o = ended();
	json_t *r = record_final(&policy, &plan, &o);

	null(r, "audit");
	json_decref(r);
	o.audit = (struct audit_report){
		.wanted = true, .records = 4, .head_line = 9, .head = hash_of("abc", 3)
	};
	r = record_final(&policy, &plan, &o);
	integer(r, "audit.records", 4);
	integer(r, "audit.head_line", 9);
	word(r, "audit.head_sha256",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	json_decref(r);
	o.audit.records = 0;
	r = record_final(&policy, &plan, &o);
	null(r, "audit.head_sha256");
	json_decref(r);
}

static void check_running(void)
{
	struct outcome o = { .session = "er-1-2", .started_real_ns = 1, .supervisor_pid = getpid() };
	json_t *r = record_running(&policy, &plan, &o);

	word(r, "status", "running");
	word(r, "phase", "setup");
	null(r, "ended");
	integer(r, "launcher.pid", getpid());
	ok(!get(r, "reason"), "no reason yet");
	json_decref(r);
}

static void check_refused(void)
{
	struct outcome o;
	struct err why;
	json_t *r;

	err_usage(&why, "no such thing");
	record_refused(&policy, &why, &o);
	r = record_final(&policy, NULL, &o);
	word(r, "status", "refused");
	word(r, "reason", "setup");
	word(r, "phase", "setup");
	null(r, "session");
	null(r, "host.user");
	null(r, "usage.wall_ns");
	null(r, "usage.cpu_user_ns");
	null(r, "usage.oom_kills");
	null(r, "timeline.interval_ns");
	integer(r, "exit_status", 125);
	word(r, "error.message", "no such thing");
	null(r, "error.errno");
	word(r, "walls.seccomp.state", "absent");
	json_decref(r);
}

static const char *fake_env(const char *name)
{
	return strcmp(name, "SLURM_JOB_ID") == 0   ? "77"
	       : strcmp(name, "SLURM_PROCID") == 0 ? "a/b"
						   : NULL;
}

static void check_pattern(void)
{
	char *path = NULL, want[64];
	struct err e;

	ok(record_path_expand("--record", "/x/rec-%j-%a%%.json", fake_env, &path, &e) == 0,
	   "a pattern");
	is_str(path, "/x/rec-77-none%.json", "expanded");
	free(path);
	snprintf(want, sizeof(want), "r-%d", getpid());
	ok(record_path_expand("--record", "r-%p", fake_env, &path, &e) == 0, "the pid");
	is_str(path, want, "expanded");
	free(path);
	is_int(record_path_expand("--record", "r-%x", fake_env, &path, &e), -1, "an unknown letter");
	is_int(record_path_expand("--record", "r-%", fake_env, &path, &e), -1,
	       "a percent at the end");
	is_int(record_path_expand("--record", "r-%t", fake_env, &path, &e), -1,
	       "a value that leaves the directory");
	ok(strstr(e.msg, "%t holds a '/'") != NULL, "%s", e.msg);
}

static void check_writing(void)
{
	char dir[] = "/tmp/record-XXXXXX", path[64], link[64];
	struct record_file file;
	struct err e;
	json_t *back;

	ok(mkdtemp(dir) != NULL, "a directory");
	snprintf(path, sizeof(path), "%s/r.json", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	ok(record_file_open("--record", path, &file, &e) == 0, "opens");
	ok(record_file_write(&file, json_pack("{s:i}", "a", 1), &e) == 0, "writes");
	ok(record_file_write(&file, json_pack("{s:i}", "a", 2), &e) == 0, "replaces");
	record_file_close(&file);
	back = json_load_file(path, 0, NULL);
	integer(back, "a", 2);
	json_decref(back);
	ok(symlink("r.json", link) == 0, "a link");
	is_int(record_file_open("--record", link, &file, &e), -1, "a link is not replaced");
	is_int(record_file_open("--record", "/dev/null", &file, &e), -1, "nor a device");
	ok(strstr(e.msg, "not a regular file") != NULL, "%s", e.msg);
	is_int(record_file_open("--record", "/tmp/", &file, &e), -1, "nor a directory");
	is_int(record_file_open("--record", "/nonexistent/x", &file, &e), -1,
	       "the directory must exist");
	unlink(link);
	unlink(path);
	ok(rmdir(dir) == 0, "no temporary file is left");
}

int main(void)
{
	check_final();
	check_audit();
	check_running();
	check_refused();
	check_pattern();
	check_writing();
	return done();
}
