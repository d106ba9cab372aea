/* canary.c - plant things on the host, try for them from inside real sandboxes, judge.
 *
 * Theory of operation.  Listeners, unix sockets and a file are made on the host, and the probes' own code
 * is run against them there first: what can't succeed proves nothing (a failed control fails the canary, one
 * that can't be had is said).  Then a second sandbox is started that listens, and a first one in which every
 * probe is tried.  A probe that got through, a control that failed, a line that is missing, a denial that
 * the record does not have, or a connection that a listener of ours saw ends in exit status 1.
 * Nothing is sent to any address but the host's own: what goes elsewhere is refused inside the sandbox. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <jansson.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/canary.h"
#include "cmd/json.h"
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "netns/subnet.h"
#include "sandbox/process.h"

#define INSIDE "/canary"
#define OUTPUT_BYTES 16384
#define LISTENERS 5
#define ARGUMENTS_MAX 64

enum state { STATE_OK, STATE_UNAVAILABLE, STATE_FAILED, STATE_NOT_NEEDED };

struct finding {
	struct canary_try inside, host;
	bool answered; /* the probe's line came */
	enum state control;
	bool unrecorded;
};

struct canary {
	struct options *o;
	struct canary_target target;
	char show[2 * PATH_MAX]; /* --ro: this program, inside */
	char record[96];
	int listener[LISTENERS];
	struct process neighbour;
	int neighbour_out;
	struct finding finding[CANARY_COUNT];
	struct canary_try control_gateway, control_name;
	bool seen; /* somebody called at a listener */
};

/* ---------------------------------------------------------------------------------------- plant */

static int listen_at(struct canary *c, size_t index, int family, const void *addr, socklen_t len,
		     uint16_t *out_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage got;
	socklen_t size = sizeof(got);

	c->listener[index] = fd;
	if (fd < 0 || bind(fd, addr, len) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&got, &size) != 0)
		return -1;
	if (out_port) /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getsockname filled it */
		*out_port = ntohs(family == AF_INET6
					  ? ((struct sockaddr_in6 *)(void *)&got)->sin6_port
					  : ((struct sockaddr_in *)(void *)&got)->sin_port);
	return 0;
}

static in_addr_t find_own_address(void)
{
	struct ifaddrs *list = NULL;
	in_addr_t own = 0;

	if (getifaddrs(&list) != 0)
		return 0;
	for (const struct ifaddrs *i = list; i && !own; i = i->ifa_next) {
		struct sockaddr_in addr;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP))
			continue;
		memcpy(&addr, i->ifa_addr, sizeof(addr));
		if (ntohl(addr.sin_addr.s_addr) >> 24 != 127)
			own = addr.sin_addr.s_addr;
	}
	freeifaddrs(list);
	return own;
}

static int plant_network(struct canary *c, struct err *e)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in own = { .sin_family = AF_INET };
	const struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
					   .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	if (listen_at(c, 0, AF_INET, &loopback, sizeof(loopback), &c->target.loopback_port) != 0)
		return err_sys(e, "listen on 127.0.0.1");
	own.sin_addr.s_addr = c->target.own = find_own_address();
	if (c->target.own &&
	    (listen_at(c, 1, AF_INET, &own, sizeof(own), &c->target.own_port) != 0 ||
	     listen_at(c, 2, AF_INET, &own, sizeof(own), &c->target.allowed_port) != 0))
		return err_sys(e, "listen on an address of this host");
	if (listen_at(c, 3, AF_INET6, &ipv6, sizeof(ipv6), &c->target.ipv6_port) != 0)
		c->target.ipv6_port = 0; /* a host without IPv6 */
	return 0;
}

static int plant_unix(struct canary *c, struct err *e)
{
	struct sockaddr_un abstract = { .sun_family = AF_UNIX }, path = { .sun_family = AF_UNIX };
	struct text name = TEXT_ON(c->target.abstract), at = TEXT_ON(path.sun_path);
	struct text hidden = { .at = abstract.sun_path + 1, .cap = sizeof(abstract.sun_path) - 1 };
	char file[96] = "";
	struct text t = TEXT_ON(file);
	autofd int planted = -1;

	text_fmt(&name, "enclave-canary-%d", (int)getpid());
	text_str(&hidden, c->target.abstract);
	text_fmt(&at, "%s/socket", c->target.directory);
	text_fmt(&t, "%s/file", c->target.directory);
	planted = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (planted < 0)
		return err_sys(e, "make '%s'", file);
	if (listen_at(c, 4, AF_UNIX, &path, sizeof(path), NULL) != 0)
		return err_sys(e, "listen on '%s'", path.sun_path);
	/* Root's sandbox runs as another uid: what it could reach, it shall be able to. */
	if (chmod(path.sun_path, 0666) != 0)
		return err_sys(e, "open '%s' to everybody", path.sun_path);
	fd_close(&planted);
	planted = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (planted < 0 ||
	    bind(planted, (const struct sockaddr *)&abstract,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + hidden.len)) != 0 ||
	    listen(planted, 8) != 0)
		return err_sys(e, "listen on an abstract socket");
	(void)fd_take(&planted); /* open until the end of the program */
	return 0;
}

static int plant(struct canary *c, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct text t = TEXT_ON(c->target.directory), record = TEXT_ON(c->record);

	text_fmt(&t, "%s/enclave-canary.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(c->target.directory) || chmod(c->target.directory, 0755) != 0)
		return err_sys(e, "make a directory in %s", tmp ? tmp : "/tmp");
	text_fmt(&record, "%s/record.json", c->target.directory);
	return plant_network(c, e) == 0 ? plant_unix(c, e) : -1;
}

static void unplant(struct canary *c)
{
	static const char *const names[] = { "socket", "file", "record.json" };
	siginfo_t info;

	if (process_signal(&c->neighbour, SIGTERM) == 0)
		process_reap(&c->neighbour, &info, NULL, true);
	fd_close(&c->neighbour.pidfd);
	fd_close(&c->neighbour_out);
	for (size_t i = 0; i < LISTENERS; i++)
		fd_close(&c->listener[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[96] = "";
		struct text t = TEXT_ON(path);

		text_fmt(&t, "%s/%s", c->target.directory, names[i]);
		unlink(path);
	}
	rmdir(c->target.directory);
}

/* ----------------------------------------------------------------------------------------- runs */

/* How often somebody called since the last time; the calls are taken off. */
static unsigned callers(struct canary *c)
{
	unsigned count = 0;

	for (size_t i = 0; i < LISTENERS; i++) {
		int fd;

		if (i == 2) /* the allowed one */
			continue;
		while (c->listener[i] >= 0 &&
		       (fd = accept4(c->listener[i], NULL, NULL, SOCK_CLOEXEC)) >= 0) {
			close(fd);
			count++;
		}
	}
	return count;
}

struct arguments {
	const char *at[ARGUMENTS_MAX];
	size_t count;
	char text[8][160]; /* for those that are put together */
	size_t texts;
};

static void add(struct arguments *a, const char *word)
{
	if (a->count < ARGUMENTS_MAX - 1)
		a->at[a->count++] = word;
}

__attribute__((format(printf, 2, 3))) static void add_text(struct arguments *a, const char *fmt, ...)
{
	struct text t = { .at = a->text[a->texts], .cap = sizeof(a->text[0]) };
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(&t, fmt, ap);
	va_end(ap);
	add(a, a->text[a->texts++]);
}

/* What both runs have: ourselves inside, and the user's own options (after "--"). */
static void add_common(struct canary *c, struct arguments *a)
{
	add(a, "enclave-run");
	add(a, "-q");
	add(a, "--wall-time");
	add(a, "20s");
	for (size_t i = 0; i < c->o->rest_count; i++)
		add(a, c->o->rest[i]);
	add(a, "--ro");
	add(a, c->show);
}

static void add_command(struct arguments *a, const char *word)
{
	add(a, "--");
	add(a, INSIDE);
	add(a, "canary");
	add(a, "inside");
	add(a, word);
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

/* "er-SLOT-..." after "session": the slot tells the run's addresses. */
static bool find_slot(const char *text, unsigned *out_slot)
{
	const char *at = strstr(text, "\"er-");
	uint64_t slot;

	if (!at || !text_parse_u64(at + 4, strcspn(at + 4, "-"), &slot) || slot >= SUBNET_COUNT)
		return false;
	*out_slot = (unsigned)slot;
	return true;
}

static int start_neighbour(struct canary *c, struct err *e)
{
	struct arguments a = { 0 };
	char text[4096] = "";
	struct subnet net;
	unsigned slot;
	int fd = -1;

	add_common(c, &a);
	add(&a, "--status-fd");
	add(&a, "1");
	add_command(&a, "listen");
	if (start_run(&a, &c->neighbour, &fd, e) != 0)
		return -1;
	c->neighbour_out = fd;
	if (!read_until(fd, text, sizeof(text), CANARY_LISTENING "\n") || !find_slot(text, &slot))
		return err_set(e, ERR_SETUP, 0, ERR_AT, "the second sandbox did not start");
	net = subnet_of_slot(slot);
	c->target.neighbour = net.workload.s_addr;
	c->target.neighbour_gateway = net.gateway.s_addr;
	c->target.neighbour_port = CANARY_NEIGHBOUR_PORT;
	return 0;
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

static void take_line(struct canary *c, const char *line)
{
	struct canary_try got = { 0 };
	int tried, through;
	char name[40];

	if (sscanf(line, "%39s %d %d %d", name, &tried, &through, &got.error) != 4) /* NOLINT */
		return;
	got.tried = tried != 0;
	got.through = through != 0;
	if (strcmp(name, "control-gateway") == 0)
		c->control_gateway = got;
	else if (strcmp(name, "control-name") == 0)
		c->control_name = got;
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		if (strcmp(name, canary_rows[i].name) != 0)
			continue;
		c->finding[i].inside = got;
		c->finding[i].answered = true;
	}
}

static int run_inside(struct canary *c, struct err *e)
{
	char hex[2 * sizeof(c->target) + 1], text[OUTPUT_BYTES] = "", address[INET_ADDRSTRLEN];
	struct process run = { .pidfd = -1 };
	struct arguments a = { 0 };
	siginfo_t info;
	int fd = -1;

	to_hex(&c->target, sizeof(c->target), hex);
	add_common(c, &a);
	add(&a, "--record");
	add(&a, c->record);
	add(&a, "--allow");
	add(&a, CANARY_ALLOWED_NAME);
	if (c->target.own) {
		inet_ntop(AF_INET, &c->target.own, address, sizeof(address));
		add(&a, "--allow");
		add_text(&a, "%s:%u", address, (unsigned)c->target.allowed_port);
	}
	add_command(&a, hex);
	if (start_run(&a, &run, &fd, e) != 0)
		return -1;
	read_until(fd, text, sizeof(text), NULL);
	close(fd);
	process_reap(&run, &info, NULL, true);
	fd_close(&run.pidfd);
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the sandbox with the probes ended with status %d", info.si_status);
	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		take_line(c, line);
	}
	return 0;
}

/* --------------------------------------------------------------------------------------- judge */

static bool has_denial(const json_t *denials, const char *host, in_addr_t addr)
{
	char text[INET_ADDRSTRLEN] = "";
	const json_t *row;
	size_t i;

	if (!host)
		inet_ntop(AF_INET, &addr, text, sizeof(text));
	json_array_foreach(denials, i, row) {
		const char *got = json_string_value(json_object_get(row, host ? "host" : "address"));

		if (got && (host ? strstr(got, host) != NULL : strcmp(got, text) == 0))
			return true;
	}
	return false;
}

static bool is_recorded(const struct canary *c, enum canary_id id, const json_t *denials,
			in_addr_t gateway)
{
	const struct {
		const char *host;
		enum canary_id id;
		in_addr_t addr;
	} wanted[] = {
		{ NULL, CANARY_NEIGHBOUR, c->target.neighbour },
		{ NULL, CANARY_NEIGHBOUR_GATEWAY, c->target.neighbour_gateway },
		{ NULL, CANARY_HOST_ADDRESS, c->target.own },
		{ NULL, CANARY_METADATA, inet_addr("169.254.169.254") },
		{ NULL, CANARY_DIRECT_TCP, inet_addr("192.0.2.1") },
		{ NULL, CANARY_DIRECT_UDP, inet_addr("192.0.2.1") },
		{ "not-allowed.canary.example", CANARY_NAME, 0 },
		{ ".tunnel.example", CANARY_TUNNEL, 0 },
		{ NULL, CANARY_GATEWAY_PORT, gateway },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i].id == id)
			return has_denial(denials, wanted[i].host, wanted[i].addr);
	return false;
}

static void judge_record(struct canary *c)
{
	json_t *record = json_load_file(c->record, 0, NULL);
	const char *session = json_string_value(json_object_get(record, "session"));
	const json_t *egress = json_object_get(record, "egress");
	in_addr_t gateway = 0;
	char quoted[40] = "";
	struct text t = TEXT_ON(quoted);
	unsigned slot;

	text_fmt(&t, "\"%.*s", 30, session ? session : "");
	if (find_slot(quoted, &slot))
		gateway = subnet_of_slot(slot).gateway.s_addr;
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		struct finding *f = &c->finding[i];

		f->unrecorded = canary_rows[i].recorded && f->inside.tried && !f->inside.through &&
				!is_recorded(c, (enum canary_id)i,
					     json_object_get(egress, "denials"), gateway);
	}
	json_decref(record);
}

static enum state state_of(const struct canary_try *t, enum state otherwise)
{
	return !t->tried ? STATE_UNAVAILABLE : t->through ? STATE_OK : otherwise;
}

static void judge_controls(struct canary *c)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		struct finding *f = &c->finding[i];

		switch (canary_rows[i].control) {
		case CONTROL_HOST:
			f->control = state_of(&f->host, STATE_FAILED);
			break;
		case CONTROL_KERNEL:
			f->control = state_of(&f->host, STATE_UNAVAILABLE);
			break;
		case CONTROL_GATEWAY:
			f->control = state_of(&c->control_gateway, STATE_FAILED);
			break;
		case CONTROL_NAME:
			f->control = state_of(&c->control_name, STATE_FAILED);
			break;
		case CONTROL_NONE:
			f->control = STATE_NOT_NEEDED;
			break;
		}
	}
}

/* NULL: as it should be. */
static const char *problem(const struct finding *f)
{
	if (!f->answered)
		return "no answer";
	if (f->inside.through)
		return "got through";
	if (f->control == STATE_FAILED)
		return "its control failed";
	return f->unrecorded ? "is not in the record" : NULL;
}

static const char *const state_words[] = {
	[STATE_OK] = "ok",
	[STATE_UNAVAILABLE] = "unavailable",
	[STATE_FAILED] = "failed",
	[STATE_NOT_NEEDED] = "none",
};

static bool is_ok(const struct canary *c)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		if (problem(&c->finding[i]))
			return false;
	return !c->seen;
}

static void print_json(FILE *out, const void *arg)
{
	const struct canary *c = arg;
	json_t *object = json_object(), *probes = json_array();
	autofree char *line = NULL;

	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		const struct finding *f = &c->finding[i];
		const char *why = problem(f);
		json_t *row = json_object();

		json_object_set_new(row, "name", json_string(canary_rows[i].name));
		json_object_set_new(row, "what", json_string(canary_rows[i].what));
		json_object_set_new(row, "ok", json_boolean(!why));
		json_object_set_new(row, "problem", why ? json_string(why) : json_null());
		json_object_set_new(row, "tried", json_boolean(f->inside.tried));
		json_object_set_new(row, "got_through", json_boolean(f->inside.through));
		json_object_set_new(row, "errno",
				    f->inside.error ? json_string(text_errno_name(f->inside.error))
						    : json_null());
		json_object_set_new(row, "control", json_string(state_words[f->control]));
		json_array_append_new(probes, row);
	}
	json_object_set_new(object, "schema", json_string("enclave-run/canary/1"));
	json_object_set_new(object, "ok", json_boolean(is_ok(c)));
	json_object_set_new(object, "host_was_called", json_boolean(c->seen));
	json_object_set_new(object, "probes", probes);
	line = json_line(object);
	json_decref(object);
	if (line)
		fputs(line, out);
}

static void print_text(FILE *out, const void *arg)
{
	const struct canary *c = arg;

	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		const struct finding *f = &c->finding[i];
		const char *why = problem(f);

		fprintf(out, "  %-7s %-18s %s: %s%s\n", why ? "FAILED" : "held",
			canary_rows[i].name, canary_rows[i].what,
			why		  ? why
			: f->inside.tried ? text_errno_name(f->inside.error)
					  : "not tried, this host has none",
			f->control == STATE_UNAVAILABLE ? " (control: unavailable here)" : "");
	}
	if (c->seen)
		fprintf(out, "  FAILED  a service of the host was called\n");
	fprintf(out, "%s\n", is_ok(c) ? "canary: nothing got out" : "canary: FAILED");
}

static int sing(struct canary *c, struct err *e)
{
	if (plant(c, e) != 0)
		return -1;
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		if (canary_rows[i].control == CONTROL_HOST ||
		    canary_rows[i].control == CONTROL_KERNEL)
			c->finding[i].host = canary_probe((enum canary_id)i, &c->target);
	callers(c);
	if (start_neighbour(c, e) != 0 || run_inside(c, e) != 0)
		return -1;
	c->seen = callers(c) > 0;
	judge_controls(c);
	judge_record(c);
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
	if (o->rest_count > 0 && o->rest[0][0] != '-') {
		err_usage(&e, "'canary' takes options of a run behind '--', '%s' is none",
			  o->rest[0]);
		return report_error(&e);
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		err_nomem(&e);
		return report_error(&e);
	}
	c->o = o;
	c->neighbour.pidfd = c->neighbour_out = -1;
	for (size_t i = 0; i < LISTENERS; i++)
		c->listener[i] = -1;
	if (show_self(c, &e) != 0 || sing(c, &e) != 0) {
		status = report_error(&e);
	} else {
		status = report_page(o->json ? print_json : print_text, c);
		if (status == 0)
			status = is_ok(c) ? 0 : 1;
	}
	unplant(c);
	free(c);
	return status;
}
