/* canary.c - plant things on the host, try for them from inside real sandboxes, judge.
 *
 * Theory of operation.  Listeners, unix sockets and a file are made on the host, and the probes' own code
 * is run against them there first: what can't succeed proves nothing (a failed control fails the canary, one
 * that can't be had is said).  Then a second sandbox is started that listens, and a first one in which every
 * probe is tried.  A probe that got through, a first wall that is missing, a control that failed, a line that
 * is missing, a denial that the record does not have, or a connection that a listener of ours saw ends in
 * exit status 1.
 * Nothing is sent to any address but the host's own: what goes elsewhere is refused inside the sandbox. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/canary.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "netns/egress.h"
#include "netns/ruleset.h"
#include "profiles/check.h"
#include "profiles/resolve.h"
#include "sandbox/host.h"
#include "sandbox/process.h"
#include "seccomp/filter.h"

#define INSIDE "/canary"
#define LASTS "120s" /* for when every probe waits in vain */
#define OUTPUT_BYTES 16384
#define OWN_ARGUMENTS 40
#define RULE_ROWS 16 /* more than our rules are in the set of permitted destinations */

struct rules {
	const char *at[8];
	size_t count;
};

struct canary {
	struct options *o;
	struct canary_findings found;
	struct rules rules; /* --allow */
	char inside[sizeof(INSIDE)], *command[2];
	char show[2 * PATH_MAX]; /* --ro: this program, inside */
	struct canary_plants plants;
	struct process neighbour;
	int neighbour_out;
};

/* ----------------------------------------------------------------------------------------- runs */

struct arguments {
	const char **at; /* the user's and OWN_ARGUMENTS of ours */
	size_t count;
};

static void add(struct arguments *a, const char *word)
{
	a->at[a->count++] = word;
}

static void add_option(struct arguments *a, const char *name, const char *value)
{
	add(a, name);
	add(a, value);
}

/* What both runs have: the user's own options, ourselves inside. */
static int add_common(struct canary *c, struct arguments *a, struct err *e)
{
	const struct text_list *own = &c->o->words;

	a->at = policy_alloc(&c->o->policy, (own->count + OWN_ARGUMENTS) * sizeof(*a->at));
	if (!a->at)
		return err_nomem(e);
	add(a, "enclave-run");
	add(a, "-q");
	add_option(a, "--wall-time", LASTS);
	for (size_t i = 0; i < own->count; i++)
		add(a, own->items[i]);
	add_option(a, "--ro", c->show);
	return 0;
}

static void add_command(struct arguments *a, const char *word)
{
	add(a, "--");
	add(a, INSIDE);
	add(a, "canary");
	add(a, "inside");
	add(a, word);
	add(a, NULL);
}

static int start_run(const struct arguments *a, struct process *out, int *out_fd, struct err *e)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, "pipe");
	rc = process_spawn("/proc/self/exe", (char *const *)(uintptr_t)a->at, ends[1], out, e);
	close(ends[1]);
	if (rc == 0)
		*out_fd = ends[0];
	else
		close(ends[0]);
	return rc;
}

/* Append what comes until `until` stands in it, or the end; false when that did not come in time. */
static bool read_until(int fd, char *buf, size_t cap, const char *until)
{
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, 30000) != 1)
			return false;
		n = read(fd, buf + len, cap - 1 - len);
		if (n <= 0)
			return until == NULL && n == 0;
		len += (size_t)n;
		buf[len] = '\0';
		if (until && strstr(buf, until))
			return true;
		if (len == cap - 1)
			return false;
	}
}

static int start_neighbour(struct canary *c, struct err *e)
{
	struct arguments a = { 0 };
	char text[4096] = "";
	const char *session;
	struct subnet net;
	int fd = -1;

	if (add_common(c, &a, e) != 0)
		return -1;
	add_option(&a, "--status-fd", "1");
	add_command(&a, "listen");
	if (start_run(&a, &c->neighbour, &fd, e) != 0)
		return -1;
	c->neighbour_out = fd;
	if (!read_until(fd, text, sizeof(text), CANARY_LISTENING "\n") ||
	    !(session = strstr(text, "\"er-")) || !canary_subnet(session + 1, &net))
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the second sandbox did not come to listen (a canary needs sockets, and its own "
			       "standard output)");
	c->found.target.neighbour = net.workload.s_addr;
	c->found.target.neighbour_gateway = net.gateway.s_addr;
	return 0;
}

static void end_neighbour(struct canary *c)
{
	siginfo_t info;

	if (process_signal(&c->neighbour, SIGTERM) == 0)
		process_reap(&c->neighbour, &info, NULL, -1);
	fd_close(&c->neighbour.pidfd);
	fd_close(&c->neighbour_out);
}

static void to_hex(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[at[i] >> 4];
		out[2 * i + 1] = digits[at[i] & 15];
	}
	out[2 * len] = '\0';
}

/* The rules of the run with the probes: two controls, and three that must not open what they cover. */
static int make_rules(struct canary *c, struct err *e)
{
	const struct canary_target *t = &c->found.target;
	const in_addr_t even = t->own & htonl(~1u);
	struct in_addr own = { t->own }, range = { even };
	char text[INET_ADDRSTRLEN] = "";
	struct rules *r = &c->rules;

	r->at[r->count++] = CANARY_ALLOWED_NAME;
	r->at[r->count++] = CANARY_METADATA_RANGE;
	r->at[r->count++] = CANARY_NEIGHBOUR_RANGE;
	if (!t->own)
		return 0;
	inet_ntop(AF_INET, &own, text, sizeof(text));
	r->at[r->count++] = policy_printf(&c->o->policy, "%s:%u", text, t->allowed_port);
	inet_ntop(AF_INET, &range, text, sizeof(text));
	r->at[r->count++] = policy_printf(&c->o->policy, "%s/31:%u", text, t->range_port);
	return r->at[r->count - 1] && r->at[r->count - 2] ? 0 : err_nomem(e);
}

static int run_inside(struct canary *c, struct err *e)
{
	char hex[2 * sizeof(c->found.target) + 1], text[OUTPUT_BYTES] = "";
	struct process run = { .pidfd = -1 };
	struct arguments a = { 0 };
	siginfo_t info;
	int fd = -1;

	to_hex(&c->found.target, sizeof(c->found.target), hex);
	if (add_common(c, &a, e) != 0)
		return -1;
	add_option(&a, "--record", c->plants.record);
	if (c->o->policy.net == NET_DENY) /* said in so many words, it would contradict our rules */
		add_option(&a, "--net", "allow");
	for (size_t i = 0; i < c->rules.count; i++)
		add_option(&a, "--allow", c->rules.at[i]);
	add_command(&a, hex);
	if (start_run(&a, &run, &fd, e) != 0)
		return -1;
	read_until(fd, text, sizeof(text), NULL);
	close(fd);
	process_reap(&run, &info, NULL, -1);
	fd_close(&run.pidfd);
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the sandbox with the probes ended with status %d", info.si_status);
	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		canary_take_line(&c->found, line);
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------ verb */

static bool is_filtered(void)
{
	char status[4096] = "";
	const char *mode;

	if (fd_read_file(AT_FDCWD, "/proc/self/status", status, sizeof(status)) < 0)
		return false;
	mode = status_field(status, "Seccomp");
	return mode && mode[0] != '0';
}

/* What the options make of the walls.  Here also ends what no run could be started with. */
static int look_ahead(struct canary *c, struct err *e)
{
	autofree struct egress_kernel_row *rows = calloc(RULESET_ROWS_MAX, sizeof(*rows));
	struct policy *policy = &c->o->policy;
	struct plan plan = { 0 };

	policy->argv = c->command;
	if (!rows)
		return err_nomem(e);
	if (check_policy(policy, e) != 0)
		return -1;
	if (policy->net == NET_NONE)
		return err_usage(e, "the canary tries the network: not with --net none");
	if (resolve_plan(policy, &plan, e) != 0)
		return -1;
	/* each of our rules becomes one row, or a few where it is cut by what is never dialled */
	c->found.everything = egress_kernel_rows(plan.egress, rows, RULESET_ROWS_MAX) >
			      RULESET_ROWS_MAX - RULE_ROWS;
	c->found.own_filter = !seccomp_profile_find(plan.seccomp_name) || is_filtered();
	plan_release(&plan);
	return 0;
}

static void try_on_host(struct canary *c)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		if (canary_rows[i].control == CONTROL_HOST ||
		    canary_rows[i].control == CONTROL_KERNEL)
			c->found.probe[i].host = canary_probe((enum canary_id)i, &c->found.target);
	canary_callers(&c->plants);
}

static int sing(struct canary *c, struct err *e)
{
	if (look_ahead(c, e) != 0 || canary_plant(&c->plants, &c->found.target, e) != 0 ||
	    make_rules(c, e) != 0)
		return -1;
	try_on_host(c);
	if (start_neighbour(c, e) != 0 || run_inside(c, e) != 0)
		return -1;
	c->found.seen = canary_callers(&c->plants) > 0;
	canary_judge(&c->found, c->plants.record);
	return 0;
}

/* "SRC:DST", a colon in SRC escaped. */
static int show_self(struct canary *c, struct err *e)
{
	char self[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct text t = TEXT_ON(c->show);

	if (n <= 0)
		return err_sys(e, "find our own program");
	for (const char *p = self; *p; p++) {
		text_str(&t, *p == ':' ? "\\" : "");
		text_bytes(&t, p, 1);
	}
	text_str(&t, ":" INSIDE);
	return t.cut ? err_usage(e, "the path of this program is too long") : 0;
}

int canary_verb(struct options *o)
{
	struct canary *c;
	struct err e = { 0 };
	int status = 125;

	if (o->rest_count > 0 && strcmp(o->rest[0], "inside") == 0)
		return canary_inside(o->rest + 1, o->rest_count - 1);
	if (o->rest_count > 0) {
		err_usage(&e, "'canary' takes the options of a run and no command: '%s' is none",
			  o->rest[0]);
		return report_error(&e);
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		err_nomem(&e);
		return report_error(&e);
	}
	c->o = o;
	memcpy(c->inside, INSIDE, sizeof(INSIDE));
	c->command[0] = c->inside;
	c->neighbour.pidfd = c->neighbour_out = -1;
	if (show_self(c, &e) != 0 || sing(c, &e) != 0) {
		status = report_error(&e);
	} else {
		status = report_page(o->json ? canary_print_json : canary_print_text, &c->found);
		if (status == 0)
			status = canary_is_ok(&c->found) ? 0 : 1;
	}
	end_neighbour(c);
	canary_unplant(&c->plants, &c->found.target);
	free(c);
	return status;
}
