/* The one line that is said about a run. */
#include "cmd/verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/tap.h"

static struct policy policy(void)
{
	struct policy p = { .stop_timeout_ns = UINT64_C(10000000000) };

	p.limits.value[LIMIT_MEMORY] = 64 << 20;
	p.limits.value[LIMIT_CPU_TIME] = UINT64_C(10000000000);
	p.limits.value[LIMIT_WALL_TIME] = 500000000;
	p.limits.value[LIMIT_PIDS] = 32;
	p.limits.value[LIMIT_DISK] = UINT64_C(1) << 30;
	p.limits.value[LIMIT_OUTPUT] = 1000;
	p.limits.value[LIMIT_FSIZE] = 1 << 20;
	return p;
}

static void says(struct evidence ev, const char *want)
{
	struct outcome o = { .evidence = ev };
	struct policy p = policy();
	char buf[300] = "";
	struct text t = TEXT_ON(buf);
	bool said;

	o.verdict = reason_from(&ev);
	if (ev.violations) {
		o.violations.entries[0].nr = SYS_mount;
		o.violations.count = 1;
	}
	said = verdict_line(&t, &p, &o);
	is_str(said ? buf : NULL, want, "%s", want ? want : "nothing is said");
}

static struct net_flow flow(enum net_protocol protocol, const char *name, const char *address,
			    unsigned port, enum net_cause cause)
{
	struct net_flow f = { .protocol = protocol,
			      .port = (uint16_t)port,
			      .cause = cause,
			      .count = 1,
			      .rule = NET_NO_RULE };

	snprintf(f.name, sizeof(f.name), "%s", name);
	if (address)
		addr_parse(address, strlen(address), &f.address);
	f.never = addr_never(&f.address);
	return f;
}

static void says_network(bool (*say)(struct text *, const struct outcome *),
			 struct egress_report *report, const char *want)
{
	struct outcome o = { .egress = report };
	char buf[960] = "";
	struct text t = TEXT_ON(buf);
	bool said = say(&t, &o);

	is_str(said ? buf : NULL, want, "%s", want ? want : "nothing is said");
}

static void test_network(void)
{
	static struct egress_report r;
	struct egress_list *d = &r.denials, *u = &r.unreached;

	says_network(verdict_egress, &r, NULL);
	says_network(verdict_unreached, &r, NULL);
	d->row[d->count++] = flow(NET_PROTOCOL_DNS, "a.example", NULL, 0, NET_CAUSE_NO_RULE);
	d->row[d->count++] = flow(NET_PROTOCOL_DNS, "a.example", NULL, 0, NET_CAUSE_NO_RULE);
	r.denied = 2;
	says_network(verdict_egress, &r,
		     "2 denied by the network policy: the name a.example; let out by --allow a.example");
	d->row[d->count++] = flow(NET_PROTOCOL_UDP, "", "192.0.2.1", 53, NET_CAUSE_NO_RULE);
	d->row[d->count++] = flow(NET_PROTOCOL_TCP, "b.example", NULL, 80, NET_CAUSE_NO_HOST);
	d->row[d->count++] = flow(NET_PROTOCOL_TCP, "", "192.0.2.2", 80, NET_CAUSE_NO_RULE);
	r.denied = 5;
	says_network(verdict_egress, &r,
		     "5 denied by the network policy: the name a.example, 192.0.2.1:53/udp, "
		     "b.example:80 and 1 more; let out by --allow a.example --allow 192.0.2.1:53/udp");
	d->count = 0;
	d->row[d->count++] = flow(NET_PROTOCOL_TCP, "b.example", "127.0.0.1", 80,
				  NET_CAUSE_HOST_LOCAL);
	d->row[d->count++] = flow(NET_PROTOCOL_DNS, "", NULL, 0, NET_CAUSE_BAD_QUESTION);
	r.denied = 2;
	says_network(verdict_egress, &r,
		     "2 denied by the network policy: b.example:80, a question that can't be read");
	d->count = 1;
	says_network(verdict_egress, &r,
		     "2 denied by the network policy: b.example:80; an address of the host, not named "
		     "by a rule");
	u->row[u->count++] = flow(NET_PROTOCOL_TCP, "c.example", "203.0.113.1", 443,
				  NET_CAUSE_NO_CONNECTION);
	u->row[0].count = 3;
	u->row[u->count] = u->row[0];
	u->row[u->count++].errnum = ECANCELED; /* the command did not wait */
	says_network(verdict_unreached, &r,
		     "3 allowed, but not reached: c.example:443; the upstream host refuses or does not "
		     "answer");
}

#define KILLED .init_killed = true, .init_signal = SIGKILL

int main(void)
{
	test_network();
	says((struct evidence){ .main_reported = true, .main_code = CLD_EXITED, .main_status = 3 },
	     NULL);
	says((struct evidence){ .main_reported = true, .main_code = CLD_KILLED, .main_status = 11 },
	     NULL);
	says((struct evidence){ KILLED, .oom_kills = 1 },
	     "killed: memory: limit of 64 MiB reached; raise it with --memory");
	says((struct evidence){ KILLED, .kill_cpu_time = true },
	     "killed: cpu-time: budget of 10s used up; raise it with --cpu-time");
	says((struct evidence){ KILLED, .kill_deadline = true },
	     "killed: deadline: still running after 500ms; raise it with --wall-time");
	says((struct evidence){ KILLED, .kill_deadline = true, .stopped = true },
	     "killed: deadline: still running after 500ms; raise it with --wall-time (its main process "
	     "was stopped)");
	says((struct evidence){ KILLED, .kill_pids = true },
	     "killed: pids: limit of 32 processes reached; raise it with --pids, or let the fork fail "
	     "with --on-pids continue");
	says((struct evidence){ KILLED, .kill_disk = true },
	     "killed: disk: writable space of 1 GiB is full; raise it with --disk");
	says((struct evidence){ KILLED, .kill_output = true },
	     "killed: output: more than 1000 bytes written; raise it with --output-max");
	says((struct evidence){ .main_reported = true,
				.main_code = CLD_KILLED,
				.main_status = SIGXFSZ,
				.file_size_signal = true },
	     "ended: file-size: a file grew to the limit of 1 MiB; raise it with --fsize");
	says((struct evidence){ KILLED, .kill_seccomp = true, .violations = 1 },
	     "killed: seccomp: forbidden system call mount; a profile that allows it can be given with "
	     "--seccomp FILE");
	says((struct evidence){ KILLED, .cancel_signal = SIGTERM },
	     "killed: cancelled: SIGTERM received");
	says((struct evidence){ KILLED, .cancel_signal = SIGINT, .cancel_escalated = true },
	     "killed: cancelled: SIGINT received; still running after --stop-timeout 10s");
	says((struct evidence){ KILLED },
	     "killed: external-kill: something outside the run killed it with SIGKILL");
	says((struct evidence){ KILLED, .outer_oom_kills = 1 },
	     "killed: external-kill: something outside the run killed it; a control group around it, or "
	     "the machine, ran out of memory");
	says((struct evidence){ KILLED, .outer_oom_kills = 1, .oom_cgroup = "/job/7" },
	     "killed: external-kill: something outside the run killed it; the control group /job/7 "
	     "around it ran out of memory");
	for (int i = 0; i < REASON_COUNT; i++) {
		struct outcome o = { .verdict = { .reason = (enum reason)i, .status = RUN_KILLED } };
		struct policy p = policy();
		char buf[300] = "";
		struct text t = TEXT_ON(buf);
		bool said = verdict_line(&t, &p, &o);

		ok(said == (i != REASON_EXIT && i != REASON_SIGNAL) && !t.cut, "%s: %s",
		   reason_word((enum reason)i), buf);
	}
	return done();
}
