/* report_facts.c - the other tables: one function each, and what no function took. */
#include <string.h>

#include "base/text.h"
#include "cmd/record_read.h"
#include "cmd/report_parts.h"

static void pair(struct report_table *table, json_t *take_name, json_t *take_value)
{
	report_row(table, (json_t *[]){ take_name, take_value });
}

/* --- members that are one fact each: X of a table, a path, a label -------------------------------- */

struct fact {
	const char *object; /* NULL = the record itself */
	const char *name;
	const char *label;
};

static const struct fact run_facts[] = {
	{ NULL, "session", "session" },
	{ NULL, "started", "started" },
	{ NULL, "ended", "ended" },
	{ NULL, "phase", "came as far as" },
	{ NULL, "exit_code", "exit code of the command" },
	{ NULL, "exit_status", "exit status of enclave-run" },
	{ "host", "kernel", "kernel" },
	{ "host", "cgroup", "control groups" },
	{ "host", "user", "started by" },
	{ "launcher", "pid", "process of the launcher" },
	{ "error", "stage", "failed at" },
	{ "error", "errno", "error number" },
	{ "error", "message", "error" },
	{ "audit", "records", "records in the audit log" },
	{ "audit", "head_sha256", "last hash of the audit log" },
};

static const struct fact network_facts[] = {
	{ "network", "mode", "mode" },
	{ "egress", "allowed", "connections allowed" },
	{ "egress", "denied", "connections denied" },
	{ "egress", "unreached", "allowed, but not reached" },
	{ "egress", "bytes_in", "bytes into the sandbox" },
	{ "egress", "bytes_out", "bytes out of the sandbox" },
};

static void facts(struct report *r, enum report_table_id id, const struct fact *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *object = rows[i].object ? json_object_get(r->record, rows[i].object)
						      : r->record;
		const json_t *value = json_object_get(object, rows[i].name);

		if (value && !json_is_null(value))
			pair(&r->tables[id], json_string(rows[i].label), report_value(value));
	}
}

#define FACTS(r, id, rows) facts(r, id, rows, sizeof(rows) / sizeof((rows)[0]))

static const struct use {
	const char *name, *label;
	enum amount kind;
} uses[] = {
	{ "cpu_user_ns", "cpu time in programs", AMOUNT_NS },
	{ "cpu_system_ns", "cpu time in the kernel", AMOUNT_NS },
	{ "throttled_ns", "held back by the cpu limit", AMOUNT_NS },
	{ "oom_kills", "processes killed for memory", AMOUNT_COUNT },
	{ "stdin_bytes", "standard input read", AMOUNT_BYTES },
	{ "stdout_bytes", "standard output written", AMOUNT_BYTES },
	{ "stderr_bytes", "standard error written", AMOUNT_BYTES },
	{ "disk_used_inodes", "files in the writable space", AMOUNT_COUNT },
	{ "max_rss_bytes", "memory of the largest process", AMOUNT_BYTES },
	{ "context_switches_voluntary", "context switches, voluntary", AMOUNT_COUNT },
	{ "context_switches_forced", "context switches, forced", AMOUNT_COUNT },
};

/* Shown with the limits, or nothing but a yes. */
static const char *const used_elsewhere[] = { "wall_ns", "memory_peak_bytes", "pids_peak",
					      "disk_used_bytes", "output_truncated" };

static bool use_known(const char *name)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (strcmp(uses[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < sizeof(used_elsewhere) / sizeof(used_elsewhere[0]); i++)
		if (strcmp(used_elsewhere[i], name) == 0)
			return true;
	return false;
}

static void usage(struct report *r)
{
	json_t *object = json_object_get(r->record, "usage"), *value;
	const char *name;

	/* Without a wall time nothing ran, and nothing was measured. */
	for (size_t i = 0; record_number(object, "wall_ns") != RECORD_UNKNOWN &&
			   i < sizeof(uses) / sizeof(uses[0]);
	     i++)
		pair(&r->tables[TABLE_USAGE], json_string(uses[i].label),
		     report_amount_string(uses[i].kind, record_number(object, uses[i].name)));
	if (json_is_true(json_object_get(object, "output_truncated")))
		pair(&r->tables[TABLE_USAGE], json_string("output"),
		     json_string("cut at the limit"));
	json_object_foreach(object, name, value)
		if (!use_known(name))
			pair(&r->tables[TABLE_MORE], report_string(name), report_value(value));
}

/* --- lists ---------------------------------------------------------------------------------------- */

static json_t *word_cell(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value) ? report_value(value) : json_string("");
}

/* host:port, address:port or [address]:port */
static json_t *target_cell(const json_t *denial)
{
	const char *host = record_word(denial, "host"), *address = record_word(denial, "address");
	uint64_t port = record_number(denial, "port");
	const char *name = host ? host : address ? address : "?";
	bool v6 = strchr(name, ':') != NULL;
	char buf[512];
	struct text t = TEXT_ON(buf);

	text_fmt(&t, "%s%.*s%s", v6 ? "[" : "", 400, name, v6 ? "]" : "");
	if (port != RECORD_UNKNOWN)
		text_fmt(&t, ":%llu", (unsigned long long)port);
	if (host && address)
		text_fmt(&t, " (%.*s)", 64, address);
	return json_string(buf);
}

static json_t *count_cell(const json_t *row)
{
	return report_amount_string(AMOUNT_COUNT, record_number(row, "count"));
}

static void denials(struct report *r)
{
	json_t *list = json_object_get(json_object_get(r->record, "egress"), "denials"), *item;
	size_t index;

	json_array_foreach(list, index, item)
		if (json_is_true(json_object_get(item, "would_deny")))
			report_row(&r->tables[TABLE_UNRULED],
				   (json_t *[]){ target_cell(item), word_cell(item, "protocol"),
						 count_cell(item), word_cell(item, "hint") });
		else
			report_row(&r->tables[TABLE_DENIALS],
				   (json_t *[]){ target_cell(item), word_cell(item, "protocol"),
						 count_cell(item), word_cell(item, "rule"),
						 word_cell(item, "hint") });
}

static void failures(struct report *r)
{
	json_t *list = json_object_get(json_object_get(r->record, "egress"), "failures"), *item;
	size_t index;

	json_array_foreach(list, index, item)
		report_row(&r->tables[TABLE_FAILURES],
			   (json_t *[]){ target_cell(item), word_cell(item, "protocol"),
					 count_cell(item), word_cell(item, "rule"),
					 word_cell(item, "cause") });
}

static void violations(struct report *r)
{
	json_t *list = json_object_get(r->record, "violations"), *item;
	size_t index;

	json_array_foreach(list, index, item)
		report_row(&r->tables[TABLE_VIOLATIONS],
			   (json_t *[]){ word_cell(item, "syscall"), count_cell(item),
					 word_cell(item, "action"),
					 report_amount_string(AMOUNT_COUNT,
							      record_number(item, "pid")) });
}

static void walls(struct report *r)
{
	json_t *object = json_object_get(r->record, "walls"), *wall;
	const char *phase = record_word(r->record, "phase"), *name;

	/* Where nothing was started every wall is missing, and none is missed. */
	if (phase && strcmp(phase, "setup") == 0)
		return;
	json_object_foreach(object, name, wall) {
		const char *state = record_word(wall, "state");
		const json_t *seen = json_object_get(wall, "read_back");

		if (state && strcmp(state, "applied") == 0)
			report_row(&r->tables[TABLE_WALLS],
				   (json_t *[]){ report_string(name), report_value(seen),
						 word_cell(wall, "detail") });
		else
			report_row(&r->tables[TABLE_ABSENT],
				   (json_t *[]){ report_string(name), word_cell(wall, "state"),
						 word_cell(wall, "detail") });
	}
}

static void list(struct report *r, enum report_table_id id, const char *name)
{
	json_t *items = json_object_get(r->record, name), *item;
	size_t index;

	json_array_foreach(items, index, item)
		report_row(&r->tables[id], (json_t *[]){ report_value(item) });
}

/* null, false, 0, "" and [] are what did not happen. */
static bool happened(const json_t *value)
{
	return !(json_is_null(value) || json_is_false(value) ||
		 (json_is_integer(value) && json_integer_value(value) == 0) ||
		 (json_is_string(value) && json_string_length(value) == 0) ||
		 (json_is_array(value) && json_array_size(value) == 0) ||
		 (json_is_object(value) && json_object_size(value) == 0));
}

static void members(struct report *r, enum report_table_id id, const char *name, bool all)
{
	json_t *object = json_object_get(r->record, name), *value;
	const char *key;

	json_object_foreach(object, key, value)
		if (all || happened(value))
			pair(&r->tables[id], report_string(key), report_value(value));
}

/* --- what is left --------------------------------------------------------------------------------- */

static void others(struct report *r)
{
	static const char *const known[] = {
		"schema",
		"session",
		"started",
		"ended",
		"argv",
		"labels",
		"host",
		"phase",
		"status",
		"reason",
		"cause",
		"certainty",
		"evidence",
		"usage",
		"limits",
		"exit_code",
		"exit_status",
		"signal",
		"walls",
		"egress",
		"network",
		"violations",
		"violations_total",
		"warnings",
		"core_dumped",
		"error",
		"audit",
		"timeline",
		"launcher",
		"secrets_used",
	};
	json_t *record = (json_t *)(uintptr_t)r->record, *value;
	const char *key;

	json_object_foreach(record, key, value) {
		bool found = !happened(value);

		for (size_t i = 0; !found && i < sizeof(known) / sizeof(known[0]); i++)
			found = strcmp(known[i], key) == 0;
		if (!found)
			pair(&r->tables[TABLE_MORE], report_string(key), report_value(value));
	}
}

void report_facts(struct report *r)
{
	FACTS(r, TABLE_RUN, run_facts);
	FACTS(r, TABLE_NETWORK, network_facts);
	usage(r);
	denials(r);
	failures(r);
	violations(r);
	walls(r);
	list(r, TABLE_WARNINGS, "warnings");
	list(r, TABLE_SECRETS, "secrets_used");
	members(r, TABLE_EVIDENCE, "evidence", false);
	members(r, TABLE_LABELS, "labels", true);
	others(r);
}
