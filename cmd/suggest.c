/* suggest.c - the verb `policy suggest`: the smallest policy that a recorded run needs.
 *
 * Standard output is that policy and nothing else, so that it can go into a file; what changed against
 * the rules in force, and what is not suggested, goes to standard error, a line each. */
#include "cmd/suggest.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "cmd/explain_net.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "profiles/load.h"

/* --policy FILE|PRESET stands for the rules that the record names. */
static int read_policy(const char *name, struct suggest *s, struct err *e)
{
	static char *const nothing[] = { NULL };
	struct policy policy = { 0 };
	struct merge m = { .policy = &policy, .caller_env = nothing, .directory = "/" };
	int rc = merge_begin(&m, e) == 0 && load_policy(&m, name, e) == 0 ? merge_finish(&m, e)
									  : -1;

	s->present_count = 0;
	for (size_t i = 0; i < policy.allow.count && rc == 0; i++)
		rc = suggest_present(s, policy.allow.items[i], e);
	policy_release(&policy);
	return rc;
}

static void policy_page(FILE *out, const void *arg)
{
	const struct suggest *s = arg;
	json_t *policy = json_object(), *network = json_object(), *allow = json_array();
	enum net_mode mode;

	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].kind == SUGGEST_KEPT || s->lines[i].kind == SUGGEST_ADDED)
			json_array_append_new(allow, json_string(s->lines[i].text));
	mode = json_array_size(allow) > 0 ? NET_ALLOW : s->no_network ? NET_NONE : NET_DENY;
	json_object_set_new(network, "net", json_string(net_mode_word(mode)));
	json_object_set_new(network, "allow", allow);
	json_object_set_new(policy, "schema", json_string(LOAD_SCHEMA));
	json_object_set_new(policy, "network", network);
	json_dumpf(policy, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputs("\n", out);
	json_decref(policy);
}

static void report_lines(const struct suggest *s)
{
	for (size_t i = 0; i < s->line_count; i++) {
		char buf[640];
		struct text t = TEXT_ON(buf);

		text_fmt(&t, "%c %s (%s)", suggest_sign(s->lines[i].kind), s->lines[i].text,
			 s->lines[i].why);
		report_note(buf);
	}
}

int suggest_verb(struct options *o)
{
	struct suggest s = { 0 };
	struct err e;
	int status;

	if (o->rest_count != 1) {
		err_usage(&e, "'policy suggest' wants one file, a record or an audit log; a command "
			      "called policy is run by 'enclave-run -- policy'");
		return report_error(&e);
	}
	if (suggest_read(o->rest[0], &s, &e) != 0 ||
	    (o->policy_name && read_policy(o->policy_name, &s, &e) != 0) ||
	    suggest_make(&s, &e) != 0) {
		status = report_error(&e);
	} else {
		report_lines(&s);
		if (s.no_network)
			report_note("! with --net none nothing is recorded: run it with --net deny, "
				    "or with --net audit to let it through");
		status = report_page(policy_page, &s);
	}
	suggest_release(&s);
	return status;
}
