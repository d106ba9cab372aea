/* main.c - enclave-run: one untrusted command in a namespace sandbox, and why it ended.
 *
 * Read these six files and you know the product: cmd/main.c (this map), sandbox/plan.h,
 * sandbox/process.c, sandbox/reason.c, netns/egress.h, profiles/keys.c.
 *
 *	argv -> cmd/options -> policy -> profiles/resolve -> plan -> sandbox/session -> outcome
 *
 * cmd/       main          this map; verbs: the table of verbs
 *            options       words of the command line to a merged policy
 *            run           the verb run; explain, check, show, summary, audit: the other verbs
 *            record        outcome to JSON; record_file: its replacement; record_read: back again
 *            meta          outcome to isolate(1)'s lines; labels: of Slurm and CI systems
 *            status        JSON lines on --status-fd
 *            report        the only writer to stdout and stderr; verdict: its sentences
 *            report_*      a record as a page: report_model.h; escape: hostile bytes on it
 *            canary        two sandboxes to get out of; canary_plant: what is outside; canary_probe:
 *                          the tries, inside and as controls; canary_judge: what they mean
 *            explain_net   the network in a plan; suggest*: the rules that a recorded run needs
 *            pages, help, man, man_policy, keyref, completion   printed from the key table
 *            json          strings of hostile bytes
 * profiles/  keys          the table of everything a policy can say
 *            load          policy files and presets; load_net: rules as objects; locate: lines of errors
 *            merge, set*   values into the policy, by type; units: sizes and durations
 *            check         rules over several keys
 *            resolve*      policy and host facts to plan
 *            seccomp_json  system call profiles in OCI form; compile_main: run by the build
 *            *.json        the presets; seccomp/: the shipped system call profiles
 * sandbox/   plan          everything one run will do, as data
 *            process       every clone and exec: the process table
 *            session       a run from start to teardown: prepare: what can be refused; start: its
 *                          processes; supervise: its loop; collect: the last look after its end
 *            child_*       the steps inside: stage, init, last step before execve
 *            gate, network  gateway and socket maker of a run: their processes, and the supervisor's side
 *            secrets       values read by the supervisor, written by init (child_secrets)
 *            host, slot    facts of this host; one number per live run
 *            idmap, caps, rootfs, limits, cgroup*   user ids, file tree, quotas and their back ends
 *            streams, streams_open   relays; escapes: --strip-escapes; terminal: the caller's, while
 *                          a private pty (child_tty) stands in for it
 *            watchdog, readback   limits without a cgroup; what is really in force
 *            trail         what a run tells the audit log
 *            reason        evidence to verdict; outcome, timeline, egress_report: what a record is made from
 * seccomp/   spec, filter  profiles to BPF, compiled at build time; notify: denied calls, counted
 * netns/     egress        may this leave?  egress_build, _block, _kernel: compiled; _rule: as text
 *            addr          addresses, and which are never dialled; cursor: foreign bytes in order
 *            name          canonical host names; pool: a synthetic address for each allowed one
 *            dns           the sandbox's name server, from policy alone; dns_wire: messages
 *            sniff*        the name a connection asks for: SNI, Host
 *            gateway*      the process through which everything leaves; event: what it tells the supervisor
 *            maker         the process in the gateway's namespace: link, ruleset (nft, netlink), sockets
 *            aim           where a flow goes, second decision; resolver, hostaddr: asked when dialling
 *            relay*, channel   TCP connections; udp*: UDP flows; nflog: denials of the kernel's
 *            outbox, flow, denials   events on their way: nothing dropped, floods added up
 * audit/     event         the table of what a log can say; line: how it stands there
 *            chain         appending, shared and locked; verify: reading; hash: SHA-256
 * base/      err fd text utf8 clock loop timers banned   what everything may use
 * tests/     run           counts; unit, bats, fuzz, fault, vm, bench, lint mirror the above */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/pages.h"
#include "cmd/report.h"

/* A missing 0, 1 or 2 would be the number of the next file opened, and messages would go there. */
static int fill_standard_descriptors(struct err *e)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return err_sys(e, "open /dev/null as descriptor %d", fd);
	return 0;
}

/* jansson would open /dev/urandom for this; the kernel gave us random bytes already (getauxval(3)). */
static void seed_json(void)
{
	const void *bytes = (const void *)getauxval(AT_RANDOM); /* NOLINT: an address as a number */
	size_t seed = 1;

	if (bytes)
		memcpy(&seed, bytes, sizeof(seed));
	json_object_seed(seed ? seed : 1); /* 0 would mean: choose one */
}

static int dispatch(struct options *o, struct err *e)
{
	int status;

	if (options_page(o)) {
		status = pages_print(o, e);
		return status >= 0 ? status : report_error(e);
	}
	if (!o->verb->run) {
		err_usage(e,
			  "'%s' is not available in this version; a command of this name is run by "
			  "'enclave-run -- %s'",
			  o->verb->name, o->verb->name);
		return report_error(e);
	}
	return o->verb->run(o);
}

int main(int argc, char **argv)
{
	struct options options;
	struct err e;
	int status;

	seed_json();
	if (fill_standard_descriptors(&e) != 0 ||
	    options_parse(argv + (argc > 0), &options, &e) != 0)
		return report_error(&e);
	status = dispatch(&options, &e);
	options_release(&options);
	return status;
}
