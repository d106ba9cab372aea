/* canary_judge.c - from what the probes said to a verdict, and the verdict as text and JSON.
 *
 * A probe holds when it did not get through, when what stopped it answered as the first of its walls
 * does, when its control shows that it could have succeeded, and when the record has its denial.
 * What the inside prints is read as text of a stranger: if walls are missing, it may be one. */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/canary.h"
#include "cmd/json.h"

void canary_take_line(struct canary_findings *f, const char *line)
{
	struct canary_try got = { 0 };
	int tried, through;
	char name[40];

	if (sscanf(line, "%39s %d %d %d", name, &tried, &through, &got.error) != 4) /* NOLINT */
		return;
	got.tried = tried != 0;
	got.through = through != 0;
	if (strcmp(name, CANARY_CONTROL_GATEWAY) == 0)
		f->control_gateway = got;
	else if (strcmp(name, CANARY_CONTROL_NAME) == 0)
		f->control_name = got;
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		if (strcmp(name, canary_rows[i].name) != 0)
			continue;
		f->probe[i].inside = got;
		f->probe[i].answered = true;
	}
}

bool canary_subnet(const char *session, struct subnet *out)
{
	uint64_t slot;

	if (!text_starts(session, "er-") ||
	    !text_parse_u64(session + 3, strcspn(session + 3, "-"), &slot) || slot >= SUBNET_COUNT)
		return false;
	*out = subnet_of_slot((unsigned)slot);
	return true;
}

/* ---------------------------------------------------------------------------------------- record */

/* A denial as the record must have it. */
struct denial {
	enum canary_id id;
	const char *protocol;
	in_addr_t address; /* 0: by name */
	uint16_t port;	   /* 0: a question for a name */
	const char *name;  /* the end of it is enough */
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_denial(const json_t *row, const struct denial *wanted)
{
	const char *protocol = json_string_value(json_object_get(row, "protocol"));
	const char *address = json_string_value(json_object_get(row, "address"));
	const char *name = json_string_value(json_object_get(row, "host"));
	char text[INET_ADDRSTRLEN] = "";

	if (!protocol || strcmp(protocol, wanted->protocol) != 0 ||
	    json_integer_value(json_object_get(row, "port")) != wanted->port)
		return false;
	if (wanted->name)
		return name && ends_with(name, wanted->name);
	inet_ntop(AF_INET, &wanted->address, text, sizeof(text));
	return address && strcmp(address, text) == 0;
}

static bool has_denial(const json_t *denials, const struct denial *wanted)
{
	const json_t *row;
	size_t i;

	json_array_foreach(denials, i, row)
		if (is_denial(row, wanted))
			return true;
	return false;
}

/* @gateway: of the sandbox with the probes */
static bool is_recorded(const struct canary_target *t, in_addr_t gateway, enum canary_id id,
			const json_t *denials)
{
	const in_addr_t nobody = inet_addr(CANARY_NOBODY);
	const struct denial wanted[] = {
		{ CANARY_NEIGHBOUR, "tcp", t->neighbour, CANARY_NEIGHBOUR_PORT, NULL },
		{ CANARY_NEIGHBOUR_GATEWAY, "tcp", t->neighbour_gateway, CANARY_GATEWAY_TRIED,
		  NULL },
		{ CANARY_HOST_ADDRESS, "tcp", t->own, t->own_port, NULL },
		{ CANARY_HOST_RANGE, "tcp", t->own, t->range_port, NULL },
		{ CANARY_METADATA, "tcp", inet_addr(CANARY_METADATA_ADDRESS), 80, NULL },
		{ CANARY_DIRECT_TCP, "tcp", nobody, 443, NULL },
		{ CANARY_DIRECT_UDP, "udp", nobody, 443, NULL },
		{ CANARY_MULTICAST, "udp", inet_addr(CANARY_MULTICAST_ADDRESS), 53, NULL },
		{ CANARY_THIS_NETWORK, "tcp", inet_addr(CANARY_THIS_ADDRESS), 53, NULL },
		{ CANARY_NAME, "dns", 0, 0, CANARY_OTHER_NAME },
		{ CANARY_NAME_PORT, "tcp", 0, CANARY_OTHER_PORT, CANARY_ALLOWED_NAME },
		{ CANARY_TUNNEL, "dns", 0, 0, CANARY_TUNNEL_NAME },
		{ CANARY_GATEWAY_PORT, "tcp", gateway, CANARY_GATEWAY_TRIED, NULL },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i].id == id)
			return has_denial(denials, &wanted[i]);
	return false;
}

static void judge_record(struct canary_findings *f, const char *path)
{
	json_t *record = json_load_file(path, 0, NULL);
	const char *session = json_string_value(json_object_get(record, "session"));
	const json_t *egress = json_object_get(record, "egress");
	struct subnet net = { 0 };

	if (session)
		canary_subnet(session, &net);
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		struct canary_finding *p = &f->probe[i];

		p->unrecorded = canary_rows[i].recorded && p->inside.tried && !p->inside.through &&
				!is_recorded(&f->target, net.gateway.s_addr, (enum canary_id)i,
					     json_object_get(egress, "denials"));
	}
	json_decref(record);
}

/* ---------------------------------------------------------------------------------------- verdict */

static enum canary_state state_of(const struct canary_try *t, enum canary_state otherwise)
{
	return !t->tried ? CANARY_UNAVAILABLE : t->through ? CANARY_OK : otherwise;
}

static enum canary_state judge_control(const struct canary_findings *f, unsigned i)
{
	switch (canary_rows[i].control) {
	case CONTROL_HOST:
		return state_of(&f->probe[i].host, CANARY_FAILED);
	case CONTROL_KERNEL:
		return state_of(&f->probe[i].host, CANARY_UNAVAILABLE);
	case CONTROL_GATEWAY:
		return state_of(&f->control_gateway, CANARY_FAILED);
	case CONTROL_NAME:
		return state_of(&f->control_name, CANARY_FAILED);
	case CONTROL_NONE:
		break;
	}
	return CANARY_NOT_NEEDED;
}

void canary_judge(struct canary_findings *f, const char *record)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		f->probe[i].control = judge_control(f, i);
	judge_record(f, record);
}

/* The answer of the first wall; 0: any. */
static int answer_of(const struct canary_findings *f, unsigned i)
{
	const struct canary_row *row = &canary_rows[i];

	if (row->first == FIRST_FILTER && f->own_filter)
		return 0;
	if (row->first == FIRST_RULES && f->everything && row->answer == ECONNREFUSED)
		return ECONNRESET;
	return row->answer;
}

/* NULL: as it should be. */
static const char *problem(const struct canary_findings *f, unsigned i)
{
	const struct canary_finding *p = &f->probe[i];
	int answer = answer_of(f, i);

	if (!p->answered)
		return "no answer";
	if (p->inside.through)
		return "got through";
	if (p->control == CANARY_FAILED)
		return "its control failed";
	if (p->inside.tried && answer && p->inside.error != answer)
		return "the first wall is missing, another stopped it";
	return p->unrecorded ? "is not in the record" : NULL;
}

bool canary_is_ok(const struct canary_findings *f)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		if (problem(f, i))
			return false;
	return !f->seen;
}

/* ----------------------------------------------------------------------------------------- report */

static const char *const state_words[] = {
	[CANARY_OK] = "ok",
	[CANARY_UNAVAILABLE] = "unavailable",
	[CANARY_FAILED] = "failed",
	[CANARY_NOT_NEEDED] = "none",
};

static json_t *errno_json(int error)
{
	return error ? json_string(text_errno_name(error)) : json_null();
}

static json_t *probe_json(const struct canary_findings *f, unsigned i)
{
	const struct canary_finding *p = &f->probe[i];
	const char *why = problem(f, i);
	json_t *row = json_object();

	json_object_set_new(row, "name", json_string(canary_rows[i].name));
	json_object_set_new(row, "what", json_string(canary_rows[i].what));
	json_object_set_new(row, "ok", json_boolean(!why));
	json_object_set_new(row, "problem", why ? json_string(why) : json_null());
	json_object_set_new(row, "tried", json_boolean(p->inside.tried));
	json_object_set_new(row, "got_through", json_boolean(p->inside.through));
	json_object_set_new(row, "errno", errno_json(p->inside.error));
	json_object_set_new(row, "expected", errno_json(answer_of(f, i)));
	json_object_set_new(row, "control", json_string(state_words[p->control]));
	return row;
}

void canary_print_json(FILE *out, const void *arg)
{
	const struct canary_findings *f = arg;
	json_t *object = json_object(), *probes = json_array();
	autofree char *line = NULL;

	for (unsigned i = 0; i < CANARY_COUNT; i++)
		json_array_append_new(probes, probe_json(f, i));
	json_object_set_new(object, "schema", json_string("enclave-run/canary/1"));
	json_object_set_new(object, "ok", json_boolean(canary_is_ok(f)));
	json_object_set_new(object, "host_was_called", json_boolean(f->seen));
	json_object_set_new(object, "probes", probes);
	line = json_line(object);
	json_decref(object);
	if (line)
		fputs(line, out);
}

static void print_probe(FILE *out, const struct canary_findings *f, unsigned i)
{
	const struct canary_finding *p = &f->probe[i];
	const char *why = problem(f, i), *error = text_errno_name(p->inside.error);

	fprintf(out, "  %-7s %-18s %s: ", why ? "FAILED" : "held", canary_rows[i].name,
		canary_rows[i].what);
	if (!why)
		fputs(p->inside.tried ? error : "not tried, this host has none", out);
	else if (p->inside.error)
		fprintf(out, "%s (%s)", why, error);
	else
		fputs(why, out);
	fputs(p->control == CANARY_UNAVAILABLE ? " (control: unavailable here)\n" : "\n", out);
}

void canary_print_text(FILE *out, const void *arg)
{
	const struct canary_findings *f = arg;

	for (unsigned i = 0; i < CANARY_COUNT; i++)
		print_probe(out, f, i);
	if (f->seen)
		fprintf(out, "  FAILED  a service of the host was called\n");
	fprintf(out, "%s\n", canary_is_ok(f) ? "canary: nothing got out" : "canary: FAILED");
}
