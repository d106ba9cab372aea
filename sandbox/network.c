/* network.c - start the gate, listen to it, end it. */
#include "sandbox/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "netns/event.h"
#include "sandbox/idmap.h"
#include "sandbox/readback.h"
#include "sandbox/run.h"
#include "seccomp/filter.h"

#define GATE_MEMORY_BYTES (UINT64_C(256) << 20) /* buffers of every socket count, too */
#define GATE_PIDS 4
#define EVENTS_PER_STEP 64 /* then the loop looks at its clocks again */
#define FINISH_MS 3000	   /* six times the gateway's own stop timeout: after that it is lost */
#define FINISH_KILLED_MS 60

void network_init(struct network *net)
{
	*net = (struct network){
		.gate = { .pidfd = -1 }, .maker = { .pidfd = -1 }, .wire = -1, .event = -1
	};
}

/* ----------------------------------------------------------------------------------------- start */

static int socket_pair(int *out_ours, int *out_theirs, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, "socketpair");
	*out_ours = ends[0];
	*out_theirs = ends[1];
	return 0;
}

static int find_filter(const char *name, struct sock_fprog *out, struct err *e)
{
	const struct seccomp_profile *profile = seccomp_profile_find(name);

	if (!profile)
		return err_internal(e, "no shipped seccomp profile '%s'", name);
	*out = profile->allow;
	return 0;
}

static int make_sockets(struct run *r, struct err *e)
{
	struct launch_net *net = &r->launch.net;

	if (socket_pair(&r->net.wire, &net->wire, e) != 0 ||
	    socket_pair(&r->net.event, &net->event, e) != 0 ||
	    socket_pair(&net->link_stage, &net->link_maker, e) != 0)
		return -1;
	net->wire_supervisor = r->net.wire;
	net->event_supervisor = r->net.event;
	net->subnet = subnet_of_slot(r->slot);
	if (find_filter("gateway", &net->gateway_filter, e) != 0)
		return -1;
	return find_filter("maker", &net->maker_filter, e);
}

static int make_cgroup(struct run *r, struct err *e)
{
	const struct cgroup_spec spec = { .slot = r->slot,
					  .memory_bytes = GATE_MEMORY_BYTES,
					  .cpus_milli = LIMIT_NONE,
					  .pids_count = GATE_PIDS };

	if (cgroup_create_gate(r->cgroup, &spec, &r->net.cgroup, e) != 0)
		return err_stage(e, "cgroup");
	r->launch.net.cgroup = r->net.cgroup;
	return 0;
}

static int open_outer_ns(struct run *r, struct err *e)
{
	char path[48];
	struct text t = TEXT_ON(path);

	text_fmt(&t, "/proc/%d/ns/user", (int)r->net.gate.pid);
	r->launch.net.outer_ns = open(path, O_RDONLY | O_CLOEXEC);
	return r->launch.net.outer_ns < 0 ? err_sys(e, "open %s", path) : 0;
}

/* Theirs alone, so that we see their end. */
static void close_gate_ends(struct run *r)
{
	fd_close(&r->launch.net.wire);
	fd_close(&r->launch.net.event);
	fd_close(&r->launch.net.link_maker);
}

int network_start(struct run *r, struct err *e)
{
	struct process_spec spec = {
		.flags = CLONE_NEWUSER, .cgroup_fd = -1, .main = gate_main, .arg = &r->launch
	};
	const struct wire go = { .type = WIRE_GO };

	if (r->plan->net == NET_NONE)
		return 0;
	r->out->egress = calloc(1, sizeof(*r->out->egress));
	if (!r->out->egress)
		return err_nomem(e);
	if (make_cgroup(r, e) != 0 || make_sockets(r, e) != 0)
		return -1;
	spec.cgroup_fd = cgroup_clone_fd(r->net.cgroup);
	if (process_clone(&spec, &r->net.gate, e) != 0)
		return err_wrap(e, "make the run's outer user namespace");
	cgroup_entered(r->net.cgroup);
	close_gate_ends(r);
	if (open_outer_ns(r, e) != 0 ||
	    idmap_write(r->net.gate.pid, 0, r->host_uid, 0, r->host_gid, !r->plan->root, e) != 0)
		return -1;
	return fd_send(r->net.wire, &go, sizeof(go), NULL, 0) == 0
		       ? 0
		       : err_sys(e, "let the gateway go on");
}

void network_children_started(struct run *r)
{
	fd_close(&r->launch.net.link_stage);
	fd_close(&r->launch.net.outer_ns);
}

/* ----------------------------------------------------------------------------------------- ready */

static int take_wire(struct run *r, struct err *e)
{
	size_t count = 0;
	struct wire w;
	int fd = -1;
	ssize_t n = fd_recv(r->net.wire, &w, sizeof(w), &fd, 1, &count, NULL);

	/* As in run_wait(): they ended without having read our message, which is said before theirs. */
	if (n < 0 && errno == ECONNRESET)
		n = fd_recv(r->net.wire, &w, sizeof(w), &fd, 1, &count, NULL);
	if (n == 0) { /* both children have closed it: set-up is over */
		fd_close(&r->net.wire);
		return 0;
	}
	if (n == (ssize_t)sizeof(w) && w.type == WIRE_ERROR) {
		err_sanitize(&w.err);
		*e = w.err;
		return -1;
	}
	if (n != (ssize_t)sizeof(w) || w.type != WIRE_MAKER || count != 1)
		return err_internal(e, "unexpected message from the gateway's set-up");
	r->net.maker = (struct process){ .pid = w.pid, .pidfd = fd };
	return 0;
}

/* 1: an event is in *event.  0: nothing there.  -1: the gateway is gone, or sends garbage. */
static int take_event(struct run *r, struct net_event *event)
{
	ssize_t n = recv(r->net.event, event, sizeof(*event), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 && net_event_valid(event, (size_t)n) ? 1 : -1;
}

static int take_ready(struct run *r, struct err *e)
{
	struct net_event event;

	switch (take_event(r, &event)) {
	case 0:
		return 0;
	case 1:
		if (event.kind == NET_EVENT_READY) {
			r->net.ready = true;
			return 0;
		}
		if (event.kind == NET_EVENT_FAILED) {
			err_sanitize(&event.err);
			*e = event.err;
			return -1;
		}
		return err_internal(e, "the gateway reports before it is ready");
	default:
		return err_set(e, ERR_SETUP, 0, ERR_AT,
			       "the network gateway died during set-up without a message");
	}
}

int network_ready(struct run *r, struct err *e)
{
	if (r->plan->net == NET_NONE)
		return 0;
	while (!r->net.ready || r->net.maker.pidfd < 0) {
		struct pollfd wait[] = { { .fd = r->signal_fd, .events = POLLIN },
					 { .fd = r->net.wire, .events = POLLIN },
					 { .fd = r->net.event, .events = POLLIN } };

		if (run_poll(r, wait, sizeof(wait) / sizeof(wait[0]), "the gateway", e) != 0)
			return -1;
		/* The wire first: why the gateway ended stands there.  Look again, because poll has looked
		 * at it before it saw the end of the other. */
		if (!wait[1].revents && poll(&wait[1], 1, 0) < 0)
			return err_sys(e, "wait for the gateway");
		if (wait[1].revents && take_wire(r, e) != 0)
			return -1;
		if (!wait[1].revents && wait[2].revents && take_ready(r, e) != 0)
			return -1;
	}
	return readback_helpers(r->net.gate.pid, r->net.maker.pid, e);
}

#define WIRE_MESSAGES_MAX 3 /* the maker, and an error of each */

/* Everything that lies in the wire; the first error, if there is one, into *e. */
static bool read_wire(struct run *r, struct err *e)
{
	struct err later;
	bool failed = false;

	for (int i = 0; i < WIRE_MESSAGES_MAX && r->net.wire >= 0; i++) {
		struct pollfd wait = { .fd = r->net.wire, .events = POLLIN };

		if (poll(&wait, 1, 0) <= 0)
			break;
		if (take_wire(r, failed ? &later : e) != 0)
			failed = true;
	}
	return failed;
}

void network_explain(struct run *r, struct err *e)
{
	struct err first = { 0 };

	if (!read_wire(r, &first))
		return;
	*e = first;
	err_stage(e, "network");
}

/* ------------------------------------------------------------------------------------------ loop */

void network_poll(const struct run *r, struct pollfd *fds)
{
	fds[NETWORK_POLL_EVENT] = (struct pollfd){ .fd = r->net.event, .events = POLLIN };
	fds[NETWORK_POLL_GATE] = (struct pollfd){ .fd = r->net.gate.pidfd, .events = POLLIN };
}

static void warn_of(struct run *r, const struct net_event *event)
{
	struct err err = event->err;

	if (event->kind == NET_EVENT_LIMITED) {
		outcome_warn(r->out, "network: %s",
			     net_cause_meaning((enum net_cause)event->flow.cause));
	} else if (event->kind == NET_EVENT_FAILED) {
		err_sanitize(&err);
		outcome_warn(r->out, "network gateway: %.*s", 120, err.msg);
	}
}

/* Not only what is denied: in audit mode also what would be. */
static void tell_denial(struct run *r, const struct net_event *event)
{
	struct err ignored;

	if (!r->notify || !(event->kind == NET_EVENT_DENIED ||
			    (event->kind == NET_EVENT_ALLOWED && event->flow.would_deny)))
		return;
	r->out->egress->latest = &event->flow;
	(void)r->notify(r->notify_arg, SESSION_DENIED, r->out, &ignored);
	r->out->egress->latest = NULL;
}

static void use_event(struct run *r, const struct net_event *event)
{
	if (egress_report_add(r->out->egress, event)) {
		run_told(r, trail_flow(r->trail, r->plan, r->out, event));
		tell_denial(r, event);
	}
	warn_of(r, event);
	if (event->kind == NET_EVENT_DENIED && r->plan->gate) {
		/* Also after the end: a run with a denial has failed, whatever its own status. */
		r->out->evidence.kill_egress = true;
		if (!r->init_gone)
			supervise_kill(r, &r->out->evidence.kill_egress);
	}
}

/* The end of the gateway is the end of the network: the run may not go on as if it had none.  Nor may it
 * have been none: a workload that loses its connections may well end before we hear of it, and what was
 * denied at last is not known without the totals that an asked for, orderly end brings. */
static void lose_gateway(struct run *r)
{
	const bool orderly = r->net.stopping && r->out->egress->final;

	fd_close(&r->net.event);
	if (!r->net.ended && !orderly) {
		if (!r->init_gone)
			supervise_kill(r, &r->out->evidence.kill_gateway);
		else if (!r->killed)
			r->out->evidence.kill_gateway = true;
	}
	r->net.ended = true;
}

static void take_events(struct run *r)
{
	struct net_event event;

	for (int i = 0; i < EVENTS_PER_STEP; i++) {
		switch (take_event(r, &event)) {
		case 0:
			return;
		case 1:
			use_event(r, &event);
			break;
		default:
			lose_gateway(r);
			return;
		}
	}
}

static void reap_gate(struct run *r)
{
	siginfo_t info;

	if (process_reap(&r->net.gate, &info, NULL, 0) != 0)
		return;
	fd_close(&r->net.gate.pidfd);
	if (r->net.event >= 0)
		take_events(r);
	lose_gateway(r);
}

void network_step(struct run *r, const struct pollfd *fds)
{
	if (fds[NETWORK_POLL_EVENT].revents && r->net.event >= 0)
		take_events(r);
	if (fds[NETWORK_POLL_GATE].revents && r->net.gate.pidfd >= 0)
		reap_gate(r);
}

/* ------------------------------------------------------------------------------------------- end */

void network_stop(struct run *r)
{
	const struct net_command stop = { .magic = NET_EVENT_MAGIC, .kind = NET_COMMAND_STOP };

	if (r->net.event < 0)
		return;
	r->net.stopping = true;
	(void)fd_send(r->net.event, &stop, sizeof(stop), NULL, 0); /* gone: its end is read later */
}

static void wait_for_totals(struct run *r)
{
	const uint64_t limit_ms = r->killed ? FINISH_KILLED_MS : FINISH_MS;
	uint64_t until_ns = clock_now_ns() + limit_ms * NS_PER_MS;

	while (r->net.event >= 0 && !r->out->egress->final) { /* the last thing it says */
		struct pollfd wait = { .fd = r->net.event, .events = POLLIN };
		uint64_t now = clock_now_ns();

		if (now >= until_ns ||
		    (poll(&wait, 1, (int)((until_ns - now) / NS_PER_MS) + 1) < 0 && errno != EINTR))
			break;
		if (wait.revents)
			take_events(r);
	}
	/* No totals in time: what was denied at last is as unknown as if it had died. */
	if (r->net.event >= 0 && !r->out->egress->final && !r->killed)
		lose_gateway(r);
}

void network_finish(struct run *r)
{
	if (!r->net.stopping && !r->net.ended)
		return; /* no network, or no workload that could use it */
	wait_for_totals(r);
	if (r->out->egress->totals.unread > 0)
		outcome_warn(r->out,
			     "network: %llu datagrams came faster than they could be read and are in no count",
			     (unsigned long long)r->out->egress->totals.unread);
	run_told(r, trail_network_end(r->trail, r->out, egress_report_exact(r->out->egress)));
}

bool network_release(struct run *r)
{
	bool gate_gone, maker_gone;
	struct err ignored;

	close_gate_ends(r);
	network_children_started(r);
	process_signal(&r->net.maker, SIGKILL); /* both end at the same time */
	gate_gone = process_release(&r->net.gate);
	/* A run that ends early may not have heard of the socket maker yet; nobody else would end it. */
	read_wire(r, &ignored);
	fd_close(&r->net.wire);
	fd_close(&r->net.event);
	maker_gone = process_release(&r->net.maker);
	/* Killed between the maker's start and the message about it: then this is all that finds it. */
	if (!gate_gone || r->net.maker.pid == 0)
		cgroup_kill(r->net.cgroup);
	if (cgroup_destroy(r->net.cgroup) > 0)
		outcome_warn(r->out,
			     "a cgroup directory could not be removed yet; the next start sweeps it");
	r->net.cgroup = NULL;
	return gate_gone && maker_gone;
}
