/* What one record counts as, and the figures of many. */
#include "cmd/summary.h"

#include <stdlib.h>
#include <unistd.h>

#include "cmd/record_read.h"
#include "tests/unit/tap.h"

static struct summary_run take(const char *json)
{
	struct summary_run run = { 0 };
	json_t *record = json_loads(json, JSON_DECODE_ANY, NULL);

	summary_take(record, &run);
	json_decref(record);
	return run;
}

static void counts(const char *json, unsigned row, bool is_ok, const char *name)
{
	struct summary_run run = take(json);

	is_int((int)run.row, (int)row, "%s", name);
	ok(run.ok == is_ok, "%s is %s", name, is_ok ? "ok" : "not ok");
}

static void check_rows(void)
{
	counts("{\"status\":\"exited\",\"reason\":\"exit\",\"exit_code\":0}", REASON_EXIT, true,
	       "exit 0");
	counts("{\"status\":\"exited\",\"reason\":\"exit\",\"exit_code\":1}", REASON_EXIT, false,
	       "exit 1");
	counts("{\"status\":\"exited\",\"reason\":\"exit\"}", REASON_EXIT, false, "no exit code");
	counts("{\"status\":\"exited\",\"reason\":\"exit\",\"exit_code\":\"0\"}", REASON_EXIT,
	       false, "an exit code of another type");
	counts("{\"status\":\"killed\",\"reason\":\"egress\",\"exit_code\":0}", REASON_EGRESS,
	       false, "a denied connection of a run that ended with 0");
	counts("{\"status\":\"killed\",\"reason\":\"new-reason\"}", SUMMARY_OTHER, false,
	       "a reason of a later version");
	counts("{}", SUMMARY_OTHER, false, "nothing");
	counts("[]", SUMMARY_OTHER, false, "no object");
	counts("{\"reason\":7,\"usage\":[],\"status\":{}}", SUMMARY_OTHER, false, "wrong types");
	counts("{\"status\":\"running\",\"launcher\":{\"pid\":1,\"start_ticks\":1}}",
	       REASON_LAUNCHER_LOST, false, "a launcher that is another process now");
	counts("{\"status\":\"running\"}", REASON_LAUNCHER_LOST, false, "no launcher at all");
}

static void check_numbers(void)
{
	struct summary_run run = take("{\"usage\":{\"wall_ns\":5,\"cpu_user_ns\":3,"
				      "\"cpu_system_ns\":4,\"memory_peak_bytes\":null}}");

	ok(run.used[SUMMARY_WALL] == 5 && run.used[SUMMARY_CPU] == 7, "cpu is the sum");
	ok(run.used[SUMMARY_MEMORY] == RECORD_UNKNOWN, "null is not known");
	run = take("{\"usage\":{\"wall_ns\":-5,\"cpu_user_ns\":3}}");
	ok(run.used[SUMMARY_WALL] == RECORD_UNKNOWN && run.used[SUMMARY_CPU] == RECORD_UNKNOWN,
	   "nor is less than nothing, nor half a sum");
	run = take("{\"usage\":{\"cpu_user_ns\":9223372036854775807,"
		   "\"cpu_system_ns\":9223372036854775807}}");
	ok(run.used[SUMMARY_CPU] == UINT64_MAX - 1, "the largest sum does not wrap");
}

static char *page(void (*print)(FILE *, const void *), const struct summary *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(out, s);
	fclose(out);
	return text;
}

static void check_pages(void)
{
	static char problem[] = "bad \x1b[31m file";
	struct summary_run runs[] = {
		{ "a", REASON_EXIT, true, 0, { 4000000000, 1000000, 1 << 20 }, NULL },
		{ "b", REASON_EXIT, true, 0, { 1000000000, 1000000, 3 << 20 }, NULL },
		{ "c", REASON_EXIT, false, 7, { 2000000000, 1000000, RECORD_UNKNOWN }, NULL },
		{ "d\n\xff", REASON_MEMORY, false, -1, { 3000000000, 1000000, 9 << 20 }, NULL },
		{ "e",
		  SUMMARY_UNREADABLE,
		  false,
		  -1,
		  { RECORD_UNKNOWN, RECORD_UNKNOWN, RECORD_UNKNOWN },
		  problem },
	};
	uint64_t values[5];
	struct summary s = { runs, 5, values };
	char *text = page(summary_text, &s), *json = page(summary_json, &s);
	json_t *root = json_loads(json, 0, NULL), *exits;
	double share;

	ok(strstr(text, "\nexit                 3   60.0%       2      2.000      4.000"),
	   "count, share, ok, median and maximum");
	ok(strstr(text, "        1.0        3.0\n"), "memory of those that know it");
	ok(strstr(text, "\nall                  5  100.0%       2"), "all");
	ok(strstr(text, "\nnot ok  c: exit 7\nnot ok  d??: memory\nnot ok  bad ?[31m file\n"),
	   "names, harmless on a terminal");
	exits = json_object_get(json_object_get(root, "reasons"), "exit");
	is_int(json_integer_value(json_object_get(json_object_get(exits, "wall_ns"), "median")),
	       2000000000, "median in JSON");
	ok(json_is_null(
		   json_object_get(json_object_get(json_object_get(json_object_get(root, "reasons"),
								   "unreadable"),
						   "wall_ns"),
				   "max")),
	   "null where nobody knows");
	share = json_real_value(json_object_get(exits, "share"));
	ok(share > 0.599 && share < 0.601, "share");
	is_int((int)json_array_size(json_object_get(root, "not_ok")), 3, "all that are not ok");
	json_decref(root);
	free(json);
	free(text);
}

int main(void)
{
	check_rows();
	check_numbers();
	check_pages();
	return done();
}
