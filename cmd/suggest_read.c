/* suggest_read.c - a record (one JSON object) or an audit log (one per line) to flows. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/text.h"
#include "cmd/record.h"
#include "cmd/record_read.h"
#include "cmd/suggest.h"

#define SUGGEST_BYTES_MAX (256u << 20)

static const char *copy_text(struct suggest *s, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(&s->arena, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

/* The parts of a host and an address that could be a rule; anything else is as if absent. */
static int read_target(struct suggest *s, const json_t *row, struct suggest_flow *flow,
		       struct err *e)
{
	const char *host = record_word(row, "host"), *address = record_word(row, "address");
	char name[NAME_CAP];

	if (address)
		(void)addr_parse(address, strlen(address), &flow->addr);
	if (!host || !name_canonical(host, strlen(host), name) || name_is_address(name) ||
	    name_below(name, "localhost"))
		return 0;
	flow->host = copy_text(s, name);
	return flow->host ? 0 : err_nomem(e);
}

static int read_flow(struct suggest *s, const json_t *row, bool allowed, struct err *e)
{
	const char *protocol = record_word(row, "protocol"), *cause = record_word(row, "cause");
	uint64_t port = record_number(row, "port"), count = record_number(row, "count");
	struct suggest_flow flow = { .port = port <= UINT16_MAX ? (uint16_t)port : 0,
				     .count = count == RECORD_UNKNOWN ? 1 : count };

	flow.protocol = copy_text(s, protocol ? protocol : "dns");
	/* With --net audit it went through, but a rule is missing all the same. */
	if (json_is_true(json_object_get(row, "would_deny")))
		cause = "would-deny";
	else if (allowed)
		cause = NULL;
	else if (!cause)
		cause = "denied";
	flow.cause = cause ? copy_text(s, cause) : NULL;
	if (!flow.protocol || (cause && !flow.cause))
		return err_nomem(e);
	return read_target(s, row, &flow, e) == 0 ? suggest_add_flow(s, &flow, e) : -1;
}

static int read_flows(struct suggest *s, const json_t *list, bool allowed, struct err *e)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_flow(s, json_array_get(list, i), allowed, e) != 0)
			return -1;
	return 0;
}

/* What a record, or the first line of a run in an audit log, says about the rules in force.  A log says
 * the mode alone: --policy tells the rules, else everything that was let through needs one. */
static int read_network(struct suggest *s, const json_t *network, struct err *e)
{
	const json_t *rules = json_object_get(network, "rules");
	const char *mode = json_is_string(network) ? json_string_value(network)
						   : record_word(network, "mode");

	s->no_network = mode && strcmp(mode, "none") == 0;
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const char *text = json_string_value(json_array_get(rules, i));

		if (text && suggest_present(s, text, e) != 0)
			return -1;
	}
	return 0;
}

static int read_record(struct suggest *s, const json_t *record, struct err *e)
{
	const json_t *egress = json_object_get(record, "egress");
	const json_t *allowed = json_object_get(egress, "destinations");
	uint64_t unlisted = record_number(egress, "denials_unlisted");

	if (read_network(s, json_object_get(record, "network"), e) != 0)
		return -1;
	if (!json_is_object(egress) && !s->no_network)
		return err_usage(e, "this record says nothing about the network: it has no member "
				    "'egress'");
	s->knows_allowed = json_is_array(allowed);
	s->unlisted = unlisted == RECORD_UNKNOWN ? 0 : unlisted;
	/* What was allowed and not reached needs its rule, too. */
	return read_flows(s, json_object_get(egress, "denials"), false, e) == 0 &&
			       read_flows(s, allowed, true, e) == 0
		       ? read_flows(s, json_object_get(egress, "failures"), true, e)
		       : -1;
}

/* ---------------------------------------------------------------------------------------- audit log */

static int read_event(struct suggest *s, const json_t *line, struct err *e)
{
	const char *event = record_word(line, "event");
	const json_t *inner = event ? json_object_get(line, event) : NULL;
	const char *verdict = record_word(line, "verdict");
	bool allowed;

	if (!event)
		return 0;
	if (strcmp(event, "start") == 0)
		return read_network(s, json_object_get(line, "network"), e);
	if (strcmp(event, "egress") != 0 && strcmp(event, "egress-allowed") != 0 &&
	    strcmp(event, "egress-denied") != 0 && strcmp(event, "dns-denied") != 0)
		return 0;
	allowed = strcmp(event, "egress-allowed") == 0 ||
		  (verdict && text_starts(verdict, "allow"));
	s->knows_allowed = s->knows_allowed || allowed;
	return read_flow(s, json_is_object(inner) ? inner : line, allowed, e);
}

static int read_lines(struct suggest *s, const char *bytes, size_t len, struct err *e)
{
	const char *end = bytes + len;
	unsigned number = 1;

	for (const char *p = bytes, *eol; p < end; p = eol + 1, number++) {
		json_t *line;
		int rc;

		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if (eol == p)
			continue;
		line = json_loadb(p, (size_t)(eol - p), 0, NULL);
		if (!json_is_object(line) || !record_word(line, "event")) {
			json_decref(line);
			return err_usage(e,
					 "line %u is no event of an audit log, and the file is no "
					 "record",
					 number);
		}
		rc = read_event(s, line, e);
		json_decref(line);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/* --------------------------------------------------------------------------------------------- file */

static char *read_file(const char *path, size_t *out_len, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t len;
	char *bytes;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(e, ERR_USAGE, errno, ERR_AT, "'%s'", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > SUGGEST_BYTES_MAX) {
		err_usage(e, "'%s' is %s", path,
			  S_ISREG(st.st_mode) ? "larger than 256M" : "not a regular file");
		return NULL;
	}
	bytes = malloc((size_t)st.st_size + 2); /* fd_pread_all() wants to see the end */
	len = bytes ? fd_pread_all(fd, bytes, (size_t)st.st_size + 2) : -1;
	if (len < 0) {
		err_set(e, ERR_USAGE, errno, ERR_AT, "read '%s'", path);
		free(bytes);
		return NULL;
	}
	*out_len = (size_t)len;
	return bytes;
}

int suggest_read_bytes(struct suggest *out, const char *bytes, size_t len, struct err *e)
{
	json_t *whole = json_loadb(bytes, len, 0, NULL);
	const char *schema = record_word(whole, "schema");
	int rc;

	if (!json_is_object(whole) || record_word(whole, "event"))
		rc = read_lines(out, bytes, len, e);
	else if (schema && strcmp(schema, RECORD_SCHEMA) == 0)
		rc = read_record(out, whole, e);
	else
		rc = err_usage(e, "neither a record (" RECORD_SCHEMA ") nor an audit log");
	json_decref(whole);
	return rc;
}

int suggest_read(const char *path, struct suggest *out, struct err *e)
{
	size_t len = 0;
	autofree char *bytes = read_file(path, &len, e);

	if (!bytes)
		return -1;
	return suggest_read_bytes(out, bytes, len, e) == 0 ? 0 : err_wrap(e, "'%s'", path);
}
