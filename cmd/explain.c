/* explain.c - the verb `explain`: the plan of a run as text or JSON.  Starts nothing, writes nothing. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/explain.h"
#include "cmd/explain_net.h"
#include "cmd/json.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "profiles/check.h"
#include "profiles/resolve.h"
#include "profiles/units.h"

struct explained {
	const struct policy *policy;
	const struct plan *plan;
};

static const char *tree_word(enum tree_kind kind)
{
	static const char *const words[TREE_KIND_COUNT] = {
#define TREE_WORD(id, word) [TREE_##id] = word,
		TREE_TABLE(TREE_WORD)
#undef TREE_WORD
	};

	return words[kind];
}

/* What would enforce a limit: on the way with a control group, and without one. */
static const struct {
	const char *with, *without;
	void (*format)(struct text *t, uint64_t value);
} limit_rows[LIMIT_COUNT] = {
	[LIMIT_MEMORY] = { "cgroup", "watchdog", units_format_size },
	[LIMIT_CPUS] = { "cgroup", "none", units_format_cpus },
	[LIMIT_CPU_TIME] = { "watchdog", "watchdog", units_format_duration },
	[LIMIT_WALL_TIME] = { "watchdog", "watchdog", units_format_duration },
	[LIMIT_PIDS] = { "cgroup", "rlimit", text_u64 },
	[LIMIT_DISK] = { "tmpfs", "tmpfs", units_format_size },
	[LIMIT_OUTPUT] = { "watchdog", "watchdog", units_format_size },
	[LIMIT_FSIZE] = { "rlimit", "rlimit", units_format_size },
};

static const char *wall_wanted(const struct plan *plan, enum wall_id id)
{
	if (plan->walls_required & 1u << id)
		return "required";
	return plan->walls_may_miss & 1u << id ? "may be missing" : "wanted";
}

/* ------------------------------------------------------------------------------------------- text */

static void text_identity(FILE *out, const struct plan *plan)
{
	fprintf(out, "Identity\n  started as     %s%s%s\n", plan->user_mode,
		*plan->user_why ? ": " : "", plan->user_why);
	fprintf(out, "  inside         uid %u, gid %u, host name %s\n", plan->inside_uid,
		plan->inside_gid, plan->hostname);
	fprintf(out, "  directory      %s\n", plan->workdir);
	fputs("  command        ", out);
	for (char *const *arg = plan->argv; *arg; arg++)
		fprintf(out, "%s%s", arg == plan->argv ? "" : " ", *arg);
	fputs("\n  looked up as  ", out);
	for (const char *const *path = plan->exec_paths; *path; path++)
		fprintf(out, " %s", *path);
	fputs("\n", out);
}

static void text_environment(FILE *out, const struct plan *plan)
{
	/* Names only: values may be secrets. */
	fputs("\nEnvironment\n ", out);
	for (char *const *entry = plan->envp; *entry; entry++)
		fprintf(out, " %.*s", (int)strcspn(*entry, "="), *entry);
	fputs("\n", out);
}

static void text_tree(FILE *out, const struct plan *plan)
{
	fputs("\nFile tree, in order\n", out);
	for (size_t i = 0; i < plan->row_count; i++) {
		const struct tree_row *row = &plan->rows[i];

		fprintf(out, "  %-8s %s", tree_word(row->kind), row->target);
		if (row->kind == TREE_BIND)
			fprintf(out, " from %s, %s%s", row->source,
				row->writable ? "writable" : "read-only",
				row->optional ? ", skipped if missing" : "");
		else if (row->kind == TREE_SYMLINK)
			fprintf(out, " -> %s", row->source);
		fputs("\n", out);
	}
}

static void text_limits(FILE *out, const struct plan *plan)
{
	fputs("\nLimits                value           enforced by (without a control group)\n",
	      out);
	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		char buf[40] = "";
		struct text t = TEXT_ON(buf);

		if (plan->limits.value[i] == LIMIT_NONE) {
			fprintf(out, "  %-18s  none\n", limit_name((enum limit_id)i));
			continue;
		}
		limit_rows[i].format(&t, plan->limits.value[i]);
		fprintf(out, "  %-18s  %-14s  %s (%s)\n", limit_name((enum limit_id)i), buf,
			limit_rows[i].with, limit_rows[i].without);
	}
	for (size_t i = 0; i < plan->rlimit_count; i++) {
		const struct rlimit_row *row = &plan->rlimits[i];

		fprintf(out, "  rlimit %-12s ", row->name);
		if (row->set == RLIM_INFINITY)
			fputs("none", out);
		else
			fprintf(out, "%llu", (unsigned long long)row->set);
		fputs(row->set < row->wanted ? " (our own hard limit)\n" : "\n", out);
	}
}

static void text_walls(FILE *out, const struct plan *plan)
{
	fputs("\nWalls\n", out);
	for (unsigned i = 0; i < WALL_COUNT; i++)
		fprintf(out, "  %-18s %-15s %s\n", wall_name((enum wall_id)i),
			wall_wanted(plan, (enum wall_id)i), wall_meaning((enum wall_id)i));
	fprintf(out, "\nSystem calls  profile %s, %zu filters, a forbidden call %s\n",
		plan->seccomp_name, plan->filter_count,
		plan->kill_on_violation ? "ends the run" : "fails and is recorded");
	explain_net_text(out, plan);
}

static void text_secrets(FILE *out, const struct plan *plan)
{
	if (plan->secret_count == 0)
		return;
	fputs("\nSecrets       files in " SECRET_DIR "; their values are not read by explain\n",
	      out);
	for (size_t i = 0; i < plan->secret_count; i++) {
		const struct secret *s = &plan->secrets[i];

		fprintf(out, "  %-18s %s ", s->name, secret_source_word(s->source));
		if (s->source == SECRET_FD)
			fprintf(out, "%d\n", s->fd);
		else
			fprintf(out, "%s\n", s->path);
	}
}

static void text_streams(FILE *out, const struct plan *plan)
{
	const struct stream_plan *streams[] = { &plan->stdin_from, &plan->stdout_to,
						&plan->stderr_to };
	static const char *const names[] = { "stdin", "stdout", "stderr" };

	fprintf(out, "\nStreams%s\n",
		plan->strip_escapes ? "       without terminal control sequences" : "");
	for (int i = 0; i < 3; i++) {
		const char *what = streams[i]->kind == STREAM_PATH   ? streams[i]->path
				   : streams[i]->kind == STREAM_NULL ? "/dev/null"
								     : "the caller's, relayed";

		fprintf(out, "  %-8s %s%s\n", names[i],
			i == 2 && (plan->stderr_to_stdout || plan->on_tty[2]) ? "where stdout goes"
									      : what,
			plan->on_tty[i] ? ", through a private terminal" : "");
	}
	for (size_t i = 0; i < plan->pass_fd_count; i++)
		fprintf(out, "  fd %-5d passed\n", plan->pass_fds[i]);
}

static void text_page(FILE *out, const void *arg)
{
	const struct explained *x = arg;

	text_identity(out, x->plan);
	text_environment(out, x->plan);
	text_tree(out, x->plan);
	text_limits(out, x->plan);
	text_walls(out, x->plan);
	text_streams(out, x->plan);
	text_secrets(out, x->plan);
}

/* ------------------------------------------------------------------------------------------- JSON */

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *tree_json(const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->row_count; i++) {
		const struct tree_row *row = &plan->rows[i];
		json_t *object = json_object();

		put(object, "kind", json_string(tree_word(row->kind)));
		put(object, "target", json_bytes(row->target));
		if (row->kind == TREE_BIND || row->kind == TREE_SYMLINK)
			put(object, "source", json_bytes(row->source));
		if (row->kind == TREE_BIND) {
			put(object, "writable", json_boolean(row->writable));
			put(object, "optional", json_boolean(row->optional));
		}
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *limits_json(const struct plan *plan)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		json_t *limit = json_object();

		put(limit, "value", json_u64(plan->limits.value[i]));
		put(limit, "enforced_by", json_string(limit_rows[i].with));
		put(limit, "without_cgroup", json_string(limit_rows[i].without));
		put(object, limit_name((enum limit_id)i), limit);
	}
	return object;
}

static json_t *rlimits_json(const struct plan *plan)
{
	json_t *object = json_object();

	for (size_t i = 0; i < plan->rlimit_count; i++)
		put(object, plan->rlimits[i].name, json_u64(plan->rlimits[i].set));
	return object;
}

static json_t *walls_json(const struct plan *plan)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		json_t *wall = json_object();

		put(wall, "wanted", json_string(wall_wanted(plan, (enum wall_id)i)));
		put(wall, "meaning", json_string(wall_meaning((enum wall_id)i)));
		put(object, wall_name((enum wall_id)i), wall);
	}
	return object;
}

static json_t *secrets_json(const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->secret_count; i++) {
		const struct secret *s = &plan->secrets[i];
		json_t *object = json_object();

		put(object, "name", json_bytes(s->name));
		put(object, "source", json_string(secret_source_word(s->source)));
		if (s->source == SECRET_FD)
			put(object, "fd", json_integer(s->fd));
		else
			put(object, "path", json_bytes(s->path));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *environment_json(const struct plan *plan)
{
	json_t *list = json_array();

	for (char *const *entry = plan->envp; *entry; entry++) {
		char *name = strndup(*entry, strcspn(*entry, "="));

		json_array_append_new(list, json_bytes(name ? name : ""));
		free(name);
	}
	return list;
}

static json_t *paths_json(const char *const *paths)
{
	json_t *list = json_array();

	for (; *paths; paths++)
		json_array_append_new(list, json_bytes(*paths));
	return list;
}

static json_t *plan_json(const struct plan *plan)
{
	json_t *object = json_object();

	put(object, "schema", json_string("enclave-run/plan/1"));
	put(object, "user", json_string(plan->user_mode));
	put(object, "user_why", json_bytes(plan->user_why));
	put(object, "inside_uid", json_integer(plan->inside_uid));
	put(object, "inside_gid", json_integer(plan->inside_gid));
	put(object, "hostname", json_bytes(plan->hostname));
	put(object, "directory", json_bytes(plan->workdir));
	put(object, "argv", json_words(plan->argv));
	put(object, "exec_paths", paths_json(plan->exec_paths));
	put(object, "environment", environment_json(plan));
	put(object, "tree", tree_json(plan));
	put(object, "secrets", secrets_json(plan));
	put(object, "limits", limits_json(plan));
	put(object, "rlimits", rlimits_json(plan));
	put(object, "walls", walls_json(plan));
	put(object, "seccomp", json_bytes(plan->seccomp_name));
	put(object, "filters", json_integer((json_int_t)plan->filter_count));
	put(object, "network", explain_net_json(plan));
	return object;
}

/* On the heap; NULL when out of memory. */
static char *plan_text(const struct plan *plan)
{
	json_t *object = plan_json(plan);
	char *text = json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	json_decref(object);
	return text;
}

static void json_page(FILE *out, const void *arg)
{
	const struct explained *x = arg;
	autofree char *text = plan_text(x->plan);

	if (text)
		fputs(text, out);
	fputs("\n", out);
}

int explain_hash(const struct plan *plan, struct hash *out, struct err *e)
{
	autofree char *text = plan_text(plan);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return err_nomem(e);
	text[len] = '\n'; /* as printed; the NUL is not needed any more */
	*out = hash_of(text, len + 1);
	return 0;
}

int explain_verb(struct options *o)
{
	struct plan plan = { 0 };
	struct explained x = { &o->policy, &plan };
	struct err e;
	int status;

	if (check_policy(&o->policy, &e) != 0 || resolve_plan(&o->policy, &plan, &e) != 0)
		return report_error(&e);
	status = report_page(o->json ? json_page : text_page, &x);
	plan_release(&plan);
	return status;
}
