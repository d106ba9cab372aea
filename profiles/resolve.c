/* resolve.c - policy and host facts become a plan.
 *
 * Pure but for reading: links and optional files of the host's root, our own limits and identity.
 * Each part of the plan has its own function; resolve_plan() is their order. */
#include "profiles/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "profiles/resolve_tree.h"
#include "profiles/seccomp_json.h"
#include "sandbox/host.h"
#include "seccomp/filter.h"

static int resolve_identity(const struct policy *policy, struct plan *plan, struct err *e)
{
	struct host host;

	if (host_read(&host, e) != 0)
		return -1;
	plan->root = host.root;
	plan->user_mode = host.root ? "root" : "rootless";
	plan->user_why = plan_printf(plan, "%s", host.root_why);
	plan->ignored_signals = host.ignored_signals;
	plan->caller_groups = host.has_groups;
	plan->inside_uid = policy->inside_uid;
	plan->inside_gid = policy->inside_gid;
	plan->hostname = policy->hostname;
	plan->workdir = policy->workdir;
	return plan->user_why ? 0 : err_nomem(e);
}

static const char *find_env(const struct policy *policy, const char *name)
{
	for (size_t i = policy->env_count; i > 0; i--)
		if (strcmp(policy->env[i - 1].name, name) == 0)
			return policy->env[i - 1].value;
	return NULL;
}

static int resolve_environment(const struct policy *policy, struct plan *plan, struct err *e)
{
	char **envp = plan_alloc(plan, (policy->env_count + 2) * sizeof(*envp));

	if (!envp)
		return err_nomem(e);
	if (plan->tty && !find_env(policy, "TERM")) {
		const char *term = policy->caller_term ? policy->caller_term : "dumb";

		envp[policy->env_count] = plan_printf(plan, "TERM=%s", term);
		if (!envp[policy->env_count])
			return err_nomem(e);
	}
	for (size_t i = 0; i < policy->env_count; i++) {
		envp[i] = plan_printf(plan, "%s=%s", policy->env[i].name, policy->env[i].value);
		if (!envp[i])
			return err_nomem(e);
	}
	plan->envp = envp;
	return 0;
}

/* The candidates execvp(3) would try, as full paths inside; looked up there, never here. */
static int resolve_command(const struct policy *policy, struct plan *plan, struct err *e)
{
	const char *command = policy->argv[0], *path = find_env(policy, "PATH");
	const char **list;
	size_t count = 1, used = 0;

	if (!command || !*command)
		return err_usage(e, "the command is empty");
	plan->argv = policy->argv;
	if (!path || !*path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (const char *p = path; *p; p++)
		count += *p == ':';
	list = plan_alloc(plan, (count + 1) * sizeof(*list));
	if (!list)
		return err_nomem(e);
	if (strchr(command, '/')) {
		list[used++] = command;
	} else {
		for (const char *p = path, *end; p; p = *end ? end + 1 : NULL) {
			end = strchrnul(p, ':');
			/* An empty element would mean the current directory: never searched. */
			if (end > p)
				list[used++] = plan_printf(plan, "%.*s/%s", (int)(end - p), p,
							   command);
			if (used && !list[used - 1])
				return err_nomem(e);
		}
	}
	plan->exec_paths = list;
	return 0;
}

static void add_rlimit(struct plan *plan, const char *name, int resource, rlim_t wanted)
{
	struct rlimit_row *row = NULL;
	struct rlimit now;

	for (size_t i = 0; i < plan->rlimit_count; i++)
		if (plan->rlimits[i].resource == resource)
			row = &plan->rlimits[i];
	if (!row)
		row = &plan->rlimits[plan->rlimit_count++];
	/* Never raised: root may lack CAP_SYS_RESOURCE, and an outer limit is there for a reason. */
	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		now.rlim_max = RLIM_INFINITY;
	*row = (struct rlimit_row){ .resource = resource,
				    .name = name,
				    .wanted = wanted,
				    .set = wanted < now.rlim_max ? wanted : now.rlim_max };
}

/* Where one file may be as large as the whole disk (the default), the disk's own limit must be hit
 * first, or a full disk would end as SIGXFSZ. */
static void add_fsize(struct plan *plan)
{
	uint64_t fsize = plan->limits.value[LIMIT_FSIZE];

	if (fsize == LIMIT_NONE)
		return;
	add_rlimit(plan, "fsize", RLIMIT_FSIZE,
		   fsize == plan->limits.value[LIMIT_DISK] ? fsize + (1u << 20) : fsize);
}

static int resolve_limits(const struct policy *policy, struct plan *plan, struct err *e)
{
	plan->limits = policy->limits;
	plan->kill_on_pids = policy->kill_on_pids;
	plan->cgroup_parent = policy->cgroup_parent;
	plan->stop_timeout_ns = policy->stop_timeout_ns;
	plan->scratch_bytes = policy->limits.value[LIMIT_DISK];
	/* Files are small on average, but a hostile run could make nothing else: one inode per 4 KiB
	 * costs about 1 KiB of kernel memory, charged to the run where there is a cgroup. */
	plan->scratch_inodes = plan->scratch_bytes == LIMIT_NONE ? LIMIT_NONE
								 : plan->scratch_bytes / 4096 + 64;
	plan->rlimits = plan_alloc(plan, (policy->rlimit_count + 4) * sizeof(*plan->rlimits));
	if (!plan->rlimits)
		return err_nomem(e);
	/* 1, not 0: a piped core_pattern ignores 0 and would run the host's crash handler. */
	add_rlimit(plan, "core", RLIMIT_CORE, 1);
	add_rlimit(plan, "nofile", RLIMIT_NOFILE, 1024);
	add_fsize(plan);
	for (size_t i = 0; i < policy->rlimit_count; i++)
		add_rlimit(plan, policy->rlimits[i].name, policy->rlimits[i].resource,
			   policy->rlimits[i].value);
	return 0;
}

/* A file of the user only adds to the shipped default denials: they are the floor. */
static int resolve_seccomp_file(const char *path, struct plan *plan, struct err *e)
{
	const struct seccomp_profile *floor = seccomp_profile_find("default");
	struct seccomp_profile compiled = { 0 };
	struct seccomp_spec spec = { 0 };
	char *text = plan_alloc(plan, 1 << 20);
	ssize_t len;
	int rc = -1;

	if (!text)
		return err_nomem(e);
	len = fd_read_file(AT_FDCWD, path, text, 1 << 20);
	if (len < 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "--seccomp '%s'", path);
	if (seccomp_json_parse(text, (size_t)len, path, &spec, e) == 0 &&
	    seccomp_compile(&spec, false, seccomp_notified_names, &compiled, e) == 0) {
		plan->filters[plan->filter_count++] = floor->deny;
		plan->filters[plan->filter_count++] = compiled.deny; /* lives until exit */
		plan->filters[plan->filter_count++] = compiled.allow;
		rc = 0;
	}
	seccomp_spec_release(&spec);
	return rc;
}

static int resolve_seccomp(const struct policy *policy, struct plan *plan, struct err *e)
{
	const struct seccomp_profile *profile;

	plan->kill_on_violation = policy->kill_on_violation;
	plan->seccomp_name = policy->seccomp;
	if (policy->seccomp_is_file)
		return resolve_seccomp_file(policy->seccomp, plan, e);
	profile = seccomp_profile_find(policy->seccomp);
	if (!profile)
		return err_usage(e,
				 "no seccomp profile '%s': shipped are default, strict and debug; a "
				 "file is named by a path with a '/'",
				 policy->seccomp);
	plan->filters[plan->filter_count++] = profile->deny;
	plan->filters[plan->filter_count++] = profile->allow;
	return 0;
}

/* A terminal has one output; standard error is part of it unless the caller sends it elsewhere. */
static bool stderr_follows(const struct plan *plan)
{
	struct stat out, err;

	if (plan->stderr_to_stdout || (plan->stdout_to.terminal && plan->stderr_to.terminal))
		return true;
	return plan->stdout_to.kind == STREAM_INHERIT && plan->stderr_to.kind == STREAM_INHERIT &&
	       fstat(1, &out) == 0 && fstat(2, &err) == 0 && out.st_dev == err.st_dev &&
	       out.st_ino == err.st_ino;
}

static int resolve_streams(const struct policy *policy, struct plan *plan, struct err *e)
{
	const char *const paths[3] = { policy->stdin_path, policy->stdout_path,
				       policy->stderr_path };
	struct stream_plan *const streams[3] = { &plan->stdin_from, &plan->stdout_to,
						 &plan->stderr_to };

	(void)e;
	for (int i = 0; i < 3; i++) {
		streams[i]->kind = paths[i] ? STREAM_PATH : STREAM_INHERIT;
		streams[i]->path = paths[i];
		streams[i]->terminal = !paths[i] && isatty(i);
		if (!paths[i] && !streams[i]->terminal && errno == EBADF && fcntl(i, F_GETFD) < 0)
			streams[i]->kind = STREAM_NULL;
	}
	plan->stderr_to_stdout = policy->stderr_to_stdout;
	plan->strip_escapes = policy->strip_escapes;
	plan->tty = policy->tty == TTY_YES ||
		    (policy->tty == TTY_AUTO && plan->stdin_from.terminal &&
		     plan->stdout_to.terminal);
	plan->on_tty[0] = plan->on_tty[1] = plan->tty;
	plan->on_tty[2] = plan->tty && stderr_follows(plan);
	plan->pass_fd_count = policy->pass_fd_count;
	memcpy(plan->pass_fds, policy->pass_fds, sizeof(plan->pass_fds));
	return 0;
}

/* Walls that are not built yet: absent unless the policy insists on them. */
static int resolve_walls(const struct policy *policy, struct plan *plan, struct err *e)
{
	plan->walls_required = policy->walls_required;
	plan->walls_may_miss = policy->walls_may_miss;
	if (policy->apparmor == WANT_REQUIRED)
		plan->walls_required |= 1u << WALL_APPARMOR;
	if (policy->landlock == WANT_REQUIRED)
		plan->walls_required |= 1u << WALL_LANDLOCK;
	if (plan->walls_required & (1u << WALL_APPARMOR | 1u << WALL_LANDLOCK))
		return err_unsupported(e,
				       "the wall '%s' is required, and this version does not put it up yet; "
				       "drop the requirement to run without it",
				       wall_name(plan->walls_required & 1u << WALL_APPARMOR
							 ? WALL_APPARMOR
							 : WALL_LANDLOCK));
	return 0;
}

/* Without a network there is nothing to decide, and nothing is compiled. */
static int resolve_network(const struct policy *policy, struct plan *plan, struct err *e)
{
	plan->net = policy->net;
	plan->gate = policy->gate;
	plan->allow_texts = (const char *const *)policy->allow.items;
	plan->allow_rules = policy->allow_rules;
	plan->allow_count = policy->allow.count;
	if (policy->net == NET_NONE)
		return 0;
	return egress_build(policy->net, policy->allow_rules, policy->allow.count, &plan->arena,
			    &plan->egress, e);
}

int resolve_plan(const struct policy *policy, struct plan *out_plan, struct err *e)
{
	static int (*const parts[])(const struct policy *, struct plan *, struct err *) = {
		resolve_walls,	     resolve_identity, resolve_streams,
		resolve_environment, resolve_command,  resolve_limits,
		resolve_seccomp,     resolve_network,  resolve_tree,
	};

	memset(out_plan, 0, sizeof(*out_plan));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i](policy, out_plan, e) != 0) {
			plan_release(out_plan);
			return err_stage(e, "plan");
		}
	return 0;
}
