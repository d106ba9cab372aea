/* record_egress.c - the member `egress`: what left, what was denied, and what would have let it. */
#include <stdlib.h>

#include "base/fd.h"
#include "cmd/egress_text.h"
#include "cmd/json.h"
#include "cmd/record.h"

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *destination_json(const struct policy *policy, const struct net_flow *row)
{
	json_t *object = egress_flow_json(policy, row);

	put(object, "bytes_in", json_u64(row->bytes_in));
	put(object, "bytes_out", json_u64(row->bytes_out));
	return object;
}

static json_t *list_json(const struct policy *policy, const struct egress_list *list,
			 json_t *(*row_json)(const struct policy *, const struct net_flow *))
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, row_json(policy, &list->row[i]));
	return array;
}

json_t *record_egress(const struct policy *policy, const struct egress_report *report)
{
	autofree struct egress_report *none = NULL;
	json_t *object;

	if (policy->net == NET_NONE)
		return json_null();
	if (!report) { /* it did not come so far */
		none = calloc(1, sizeof(*none));
		report = none;
	}
	if (!report)
		return NULL;
	object = json_object();
	put(object, "allowed", json_u64(report->allowed));
	put(object, "denied", json_u64(egress_report_denied(report)));
	put(object, "would_deny", json_u64(report->would_deny));
	put(object, "unreached", json_u64(report->unreached_count));
	put(object, "bytes_in", json_u64(report->bytes_in));
	put(object, "bytes_out", json_u64(report->bytes_out));
	put(object, "exact", json_boolean(egress_report_exact(report)));
	put(object, "denials", list_json(policy, &report->denials, egress_denial_json));
	put(object, "denials_unlisted",
	    json_u64(report->denials.unlisted + report->totals.unlisted));
	put(object, "destinations", list_json(policy, &report->destinations, destination_json));
	put(object, "failures", list_json(policy, &report->unreached, egress_denial_json));
	return object;
}
