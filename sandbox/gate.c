/* gate.c - the two processes of a run's network: gateway and socket maker.
 *
 * Theory of operation.  The gate is cloned by the supervisor into a new user namespace, U1, and stays in
 * the host's network namespace: from there it will dial.  It starts the socket maker in a new network
 * namespace, W, as a sibling (CLONE_PARENT: the supervisor reaps it).  The maker hands W to stage, makes
 * G, builds the veth pair, rules and listening sockets, hands the sockets to the gate, gives every
 * privilege up and from then on only makes sockets.  The gate becomes the gateway (netns/gateway.h).
 * Both wait for nobody but each other, so all of this goes on beside what the supervisor prepares.
 *
 *	supervisor --clone--> gate (U1, host's network) --clone--> maker (U1, W, then G)
 *	maker --descriptor of W--> stage       maker --sockets--> gate --events--> supervisor
 *
 * Unlike stage, init and the workload's process both go on as full programs: they may allocate, because
 * their copy of the single-threaded supervisor is theirs for good.  They keep nothing of it: neither
 * descriptors (the locks of the control groups hang on them) nor environment nor secrets.
 * Order: the uid change before the parent-death signal, which it clears; joining the cgroup before
 * anything is allocated; everything closed before the first foreign byte is read.
 * Fails closed: an error during set-up goes over the gate's own wire and ends the run as `setup`. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "netns/gateway.h"
#include "netns/maker.h"
#include "sandbox/launch.h"
#include "sandbox/process.h"

struct gate {
	struct launch launch; /* its ctl is the gate's own wire */
	int maker_end, gate_end;
	int workload_ns; /* of the maker */
	int sockets[MAKER_SOCKET_COUNT];
};

static int die_with_supervisor(struct gate *g, struct err *e)
{
	(void)g;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : err_sys(e, "prctl(PR_SET_PDEATHSIG)");
}

static int use_no_streams(struct gate *g, struct err *e)
{
	autofd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)g;
	for (int i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0) /* lint: cloexec-ok: nothing is executed */
			return err_sys(e, "put /dev/null on descriptor %d", i);
	return 0;
}

static int forget_caller(struct gate *g, struct err *e)
{
	(void)e;
	secrets_forget(g->launch.secrets);
	if (g->launch.argv_area) /* there may be no environment */
		explicit_bzero(g->launch.argv_area, g->launch.argv_area_len);
	return 0;
}

struct gate_step {
	const char *stage;
	int (*run)(struct gate *g, struct err *e);
};

static void run_steps(struct gate *g, const struct gate_step *steps, size_t count)
{
	struct err e = { 0 };

	for (size_t i = 0; i < count; i++)
		if (steps[i].run(g, &e) != 0)
			child_fail(&g->launch, &e, steps[i].stage);
}

#define RUN_STEPS(g, steps) run_steps(g, steps, sizeof(steps) / sizeof((steps)[0]))

/* ----------------------------------------------------------------------------------------- maker */

static int maker_close_rest(struct gate *g, struct err *e)
{
	int keep[] = { g->launch.ctl, g->launch.net.link_maker, g->maker_end };

	return fd_close_except(keep, sizeof(keep) / sizeof(keep[0])) == 0
		       ? 0
		       : err_sys(e, "close_range");
}

/* First of all: stage waits for it.  Nothing runs in W before the supervisor knows that all of it stands. */
static int maker_hand_workload(struct gate *g, struct err *e)
{
	const char none = 0;

	g->workload_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (g->workload_ns < 0 ||
	    fd_send(g->launch.net.link_maker, &none, sizeof(none), &g->workload_ns, 1) != 0)
		return err_sys(e, "hand the workload's network namespace on");
	fd_close(&g->launch.net.link_maker);
	return 0;
}

static int maker_network(struct gate *g, struct err *e)
{
	const struct launch_net *net = &g->launch.net;
	int rc = maker_build(g->workload_ns, &net->subnet, g->launch.plan->egress, g->sockets, e);

	fd_close(&g->workload_ns);
	return rc;
}

static int maker_give_up(struct gate *g, struct err *e)
{
	return maker_confine(&g->launch.net.maker_filter, e);
}

static int maker_hand_over_sockets(struct gate *g, struct err *e)
{
	return maker_hand_over(g->maker_end, g->sockets, e);
}

static const struct gate_step maker_steps[] = {
	{ "process", die_with_supervisor },
	{ "descriptors", maker_close_rest },
	{ "network", maker_hand_workload },
	{ "descriptors", use_no_streams },
	{ "process", forget_caller },
	{ "network", maker_network },
	{ "gateway", maker_give_up },
	/* last: the gateway is ready only after this, and then both are read back */
	{ "network", maker_hand_over_sockets },
};

static void maker_main(void *gate) __attribute__((noreturn));

static void maker_main(void *gate)
{
	struct gate *g = gate;

	RUN_STEPS(g, maker_steps);
	close(g->launch.ctl);
	maker_serve(g->maker_end, &g->launch.net.subnet);
	process_exit(0);
}

/* ------------------------------------------------------------------------------------------ gate */

static int gate_become_run_uid(struct gate *g, struct err *e)
{
	return g->launch.plan->root ? child_become_run_uid(e) : 0;
}

static int gate_enter_cgroup(struct gate *g, struct err *e)
{
	return cgroup_enter(g->launch.net.cgroup, e);
}

static int gate_start_maker(struct gate *g, struct err *e)
{
	struct process_spec spec = {
		.flags = CLONE_NEWNET | CLONE_PARENT, .cgroup_fd = -1, .main = maker_main, .arg = g
	};
	struct wire w = { .type = WIRE_MAKER };
	struct process maker = { .pidfd = -1 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, "socketpair");
	g->gate_end = ends[0];
	g->maker_end = ends[1];
	if (process_clone(&spec, &maker, e) != 0)
		return err_wrap(e, "start the socket maker in a network namespace of its own");
	w.pid = maker.pid;
	if (fd_send(g->launch.ctl, &w, sizeof(w), &maker.pidfd, 1) != 0)
		return err_sys(e, "hand the socket maker to the supervisor");
	return 0;
}

static int gate_close_rest(struct gate *g, struct err *e)
{
	int keep[] = { g->launch.ctl, g->launch.net.event, g->gate_end };

	return fd_close_except(keep, sizeof(keep) / sizeof(keep[0])) == 0
		       ? 0
		       : err_sys(e, "close_range");
}

/* The end of the maker is told by the maker itself, if it can be told at all. */
static int gate_take_sockets(struct gate *g, struct err *e)
{
	int flags = fcntl(g->gate_end, F_GETFL);

	if (maker_take_over(g->gate_end, g->sockets, e) != 0)
		return -1;
	if (flags < 0 || fcntl(g->gate_end, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_sys(e, "make the socket maker's socket non-blocking");
	return 0;
}

static const struct gate_step gate_steps[] = {
	{ "userns", gate_become_run_uid },  { "process", die_with_supervisor },
	{ "cgroup", gate_enter_cgroup },    { "network", gate_start_maker },
	{ "descriptors", gate_close_rest }, { "descriptors", use_no_streams },
	{ "process", forget_caller },	    { "network", gate_take_sockets },
};

void gate_main(void *launch)
{
	struct gate g = { .launch = *(const struct launch *)launch,
			  .maker_end = -1,
			  .gate_end = -1,
			  .workload_ns = -1 };
	const struct launch_net *net = &g.launch.net;
	struct gateway_config config;
	struct err e = { 0 };

	g.launch.ctl = net->wire;
	close(net->wire_supervisor);
	child_wait_go(&g.launch);
	RUN_STEPS(&g, gate_steps);
	close(g.launch.ctl);
	config = (struct gateway_config){
		.event_fd = net->event,
		.maker_fd = g.gate_end,
		.tcp_fd = g.sockets[MAKER_TCP],
		.udp_fd = g.sockets[MAKER_UDP],
		.dns_udp_fd = g.sockets[MAKER_DNS_UDP],
		.dns_tcp_fd = g.sockets[MAKER_DNS_TCP],
		.nflog_fd = g.sockets[MAKER_NFLOG],
		.icmp_fd = g.sockets[MAKER_ICMP],
		.gateway_address = net->subnet.gateway,
		.workload_address = net->subnet.workload,
		.egress = g.launch.plan->egress,
		.filter = &net->gateway_filter,
	};
	process_exit(gateway_run(&config, &e) == 0 ? 0 : 125);
}
