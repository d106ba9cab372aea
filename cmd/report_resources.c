/* report_resources.c - what was used beside what was allowed. */
#include <string.h>

#include "cmd/record_read.h"
#include "cmd/report_parts.h"

static uint64_t sum(uint64_t a, uint64_t b)
{
	if (a == RECORD_UNKNOWN || b == RECORD_UNKNOWN || a + b < a)
		return RECORD_UNKNOWN;
	return a + b;
}

static uint64_t use_of(const json_t *usage, const char *name)
{
	return record_number(usage, name);
}

static uint64_t cpu_of(const json_t *usage)
{
	return sum(use_of(usage, "cpu_user_ns"), use_of(usage, "cpu_system_ns"));
}

static uint64_t memory_used(const json_t *usage)
{
	return use_of(usage, "memory_peak_bytes");
}

/* Over the whole run. */
static uint64_t cpus_used(const json_t *usage)
{
	uint64_t cpu_ns = cpu_of(usage), wall_ns = use_of(usage, "wall_ns");

	if (cpu_ns == RECORD_UNKNOWN || wall_ns == RECORD_UNKNOWN || wall_ns == 0 ||
	    cpu_ns > UINT64_MAX / 1000)
		return RECORD_UNKNOWN;
	return cpu_ns * 1000 / wall_ns;
}

static uint64_t wall_used(const json_t *usage)
{
	return use_of(usage, "wall_ns");
}

static uint64_t pids_used(const json_t *usage)
{
	return use_of(usage, "pids_peak");
}

static uint64_t disk_used(const json_t *usage)
{
	return use_of(usage, "disk_used_bytes");
}

static uint64_t output_used(const json_t *usage)
{
	return sum(use_of(usage, "stdout_bytes"), use_of(usage, "stderr_bytes"));
}

static const struct resource {
	const char *name; /* of the limit */
	enum amount kind;
	uint64_t (*used)(const json_t *usage);
	const char *qualifier; /* of the amount used */
} resources[] = {
	{ "memory", AMOUNT_BYTES, memory_used, " (peak)" },
	{ "cpus", AMOUNT_MILLICPUS, cpus_used, " (average)" },
	{ "cpu-time", AMOUNT_NS, cpu_of, "" },
	{ "wall-time", AMOUNT_NS, wall_used, "" },
	{ "pids", AMOUNT_COUNT, pids_used, " (peak)" },
	{ "disk", AMOUNT_BYTES, disk_used, " (at the end)" },
	{ "output-max", AMOUNT_BYTES, output_used, "" },
	{ "fsize", AMOUNT_BYTES, NULL, "" },
};

static const struct resource *resource_find(const char *name)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
		if (strcmp(resources[i].name, name) == 0)
			return &resources[i];
	return NULL;
}

static enum amount kind_of(const struct resource *resource, const json_t *limit)
{
	const char *unit = record_word(limit, "unit");

	if (resource)
		return resource->kind;
	if (!unit)
		return AMOUNT_COUNT;
	return strcmp(unit, "bytes") == 0	? AMOUNT_BYTES
	       : strcmp(unit, "ns") == 0	? AMOUNT_NS
	       : strcmp(unit, "millicpus") == 0 ? AMOUNT_MILLICPUS
						: AMOUNT_COUNT;
}

static json_t *used_cell(const struct resource *resource, uint64_t used, bool never_started)
{
	char buf[96];
	struct text t = TEXT_ON(buf);

	if (!resource || !resource->used || never_started)
		return json_string("");
	if (used == RECORD_UNKNOWN)
		return json_string("not known");
	report_amount(&t, resource->kind, used);
	text_str(&t, resource->qualifier);
	return json_string(buf);
}

static json_t *limit_cell(const json_t *limit, enum amount kind)
{
	if (json_is_null(json_object_get(limit, "value")))
		return json_string("none");
	return report_amount_string(kind, record_number(limit, "value"));
}

static json_t *share_cell(uint64_t used, uint64_t limit)
{
	char buf[32];
	struct text t = TEXT_ON(buf);

	if (used == RECORD_UNKNOWN || limit == RECORD_UNKNOWN || limit == 0)
		return json_string("");
	if (used / limit >= 10)
		text_str(&t, "over 999 %");
	else
		text_fmt(&t, "%u %%", (unsigned)((long double)used * 100 / (long double)limit));
	return json_string(buf);
}

void report_resources(struct report *r)
{
	json_t *limits = json_object_get(r->record, "limits"), *limit;
	const json_t *usage = json_object_get(r->record, "usage");
	bool started = use_of(usage, "wall_ns") != RECORD_UNKNOWN;
	const char *name;

	json_object_foreach(limits, name, limit) {
		const struct resource *resource = resource_find(name);
		enum amount kind = kind_of(resource, limit);
		uint64_t used = resource && resource->used ? resource->used(usage) : RECORD_UNKNOWN;
		const char *by = record_word(limit, "enforced_by");

		report_row(&r->tables[TABLE_RESOURCES],
			   (json_t *[]){ report_string(name), used_cell(resource, used, !started),
					 limit_cell(limit, kind),
					 share_cell(used, record_number(limit, "value")),
					 report_string(by ? by : "not known") });
	}
}
