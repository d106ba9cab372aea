/* canary.h - try to get out of a real sandbox, from inside, and prove that each try could succeed.
 *
 *	canary.c	  the verb: two sandboxes
 *	canary_plant.c	  what is planted on the host, to be found by whoever gets out
 *	canary_probe.c	  the table of probes; the same code tries inside and, as a control, on the host
 *	canary_judge.c	  what each probe and its control mean, and the report
 *
 * Inside, this very program is shown read-only and started as `canary inside HEX`, where HEX is a struct
 * canary_target.  It prints one line for each probe: its name, 1 when it got through, and errno.
 *
 * Most things are stopped by two walls, and the outer one would hide that the inner one is missing.  They
 * answer differently, so a probe also says how the first must answer: another answer is a failure, too. */
#ifndef CMD_CANARY_H
#define CMD_CANARY_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "netns/subnet.h"

/* Everything a probe may need to know; plain bytes, handed over in hex. */
struct canary_target {
	bool inside;
	in_addr_t own; /* an address of the host that is not a loopback one; 0 = there is none */
	in_addr_t neighbour; /* of the second sandbox, and of its gateway's end */
	in_addr_t neighbour_gateway;
	in_addr_t gateway; /* of the sandbox itself; filled inside */
	uint16_t loopback_port, own_port, range_port, ipv6_port,
		allowed_port; /* listeners of the host; 0 = none */
	char abstract[32];    /* name of an abstract unix socket of the host */
	char directory[64];   /* holds a unix socket `socket` and a file `file` */
};

/* Where the probe proves itself.  HOST: the same code succeeds on the host, against what is planted there.
 * GATEWAY: connecting works inside, to the one allowed address.  NAME: an allowed name has an address.
 * KERNEL: the same call, on the host; what this user may not do there either is `unavailable`. */
enum canary_control { CONTROL_HOST, CONTROL_GATEWAY, CONTROL_NAME, CONTROL_KERNEL, CONTROL_NONE };

/* Which wall comes first.  RULES: the packet rules; beyond RULESET_ROWS_MAX destinations they leave the
 * decision to the gateway, which cuts off.  FILTER: the shipped system call filters; a profile of the
 * user's, or a filter around all of us, may answer differently. */
enum canary_first { FIRST_RULES, FIRST_FILTER, FIRST_OTHER };

/* X(identifier, name, control, first wall, its answer (0: any), must the record have a denial?, what) */
/* clang-format off */
#define CANARY_TABLE(X) \
	X(NEIGHBOUR, "neighbour", CONTROL_GATEWAY, FIRST_RULES, ECONNREFUSED, true, \
	  "a service of a second live run") \
	X(NEIGHBOUR_GATEWAY, "neighbour-gateway", CONTROL_GATEWAY, FIRST_RULES, ECONNREFUSED, true, \
	  "the gateway of a second live run") \
	X(HOST_LOOPBACK, "host-loopback", CONTROL_HOST, FIRST_OTHER, ECONNREFUSED, false, \
	  "a service on the host's 127.0.0.1") \
	X(HOST_ADDRESS, "host-address", CONTROL_HOST, FIRST_RULES, ECONNREFUSED, true, \
	  "a service on an address of the host") \
	X(HOST_RANGE, "host-range", CONTROL_HOST, FIRST_OTHER, ECONNRESET, true, \
	  "the same through a rule for a range around it") \
	X(HOST_IPV6, "host-ipv6", CONTROL_HOST, FIRST_OTHER, 0, false, "a service on the host's ::1") \
	X(HOST_4IN6, "host-4in6", CONTROL_HOST, FIRST_OTHER, 0, false, \
	  "one on its 127.0.0.1, as ::ffff:127.0.0.1") \
	X(METADATA, "metadata", CONTROL_GATEWAY, FIRST_RULES, ECONNREFUSED, true, \
	  "the metadata service 169.254.169.254, through a rule for 169.254.0.0/16") \
	X(DIRECT_TCP, "direct-tcp", CONTROL_GATEWAY, FIRST_RULES, ECONNREFUSED, true, \
	  "an address that no rule names, tcp") \
	X(DIRECT_UDP, "direct-udp", CONTROL_GATEWAY, FIRST_RULES, EHOSTUNREACH, true, \
	  "an address that no rule names, udp") \
	X(MULTICAST, "multicast", CONTROL_GATEWAY, FIRST_OTHER, 0, true, \
	  "a multicast address, to the port of names") \
	X(THIS_NETWORK, "this-network", CONTROL_GATEWAY, FIRST_OTHER, ECONNREFUSED, true, \
	  "an address of 0.0.0.0/8, to the port of names") \
	X(IPV6, "ipv6", CONTROL_GATEWAY, FIRST_OTHER, 0, false, "an IPv6 address") \
	X(NAME, "name", CONTROL_NAME, FIRST_OTHER, EACCES, true, "a name that is not allowed") \
	X(NAME_PORT, "name-port", CONTROL_NAME, FIRST_OTHER, ECONNRESET, true, \
	  "an allowed name, but a port that is not") \
	X(TUNNEL, "dns-tunnel", CONTROL_NAME, FIRST_OTHER, EACCES, true, \
	  "data in the labels of 100 names") \
	X(GATEWAY_PORT, "gateway-port", CONTROL_GATEWAY, FIRST_OTHER, ECONNREFUSED, true, \
	  "the gateway's own ports") \
	X(ABSTRACT, "abstract-socket", CONTROL_HOST, FIRST_OTHER, ECONNREFUSED, false, \
	  "an abstract unix socket of the host") \
	X(UNIX_PATH, "unix-socket", CONTROL_HOST, FIRST_OTHER, 0, false, \
	  "a unix socket of the host by its path") \
	X(HOST_FILE, "host-file", CONTROL_HOST, FIRST_OTHER, 0, false, "a file of the host") \
	X(RAW, "raw-socket", CONTROL_KERNEL, FIRST_FILTER, EPROTONOSUPPORT, false, "a raw socket") \
	X(PING, "ping-socket", CONTROL_KERNEL, FIRST_FILTER, EPROTONOSUPPORT, false, \
	  "a datagram socket for ICMP") \
	X(PACKET, "packet-socket", CONTROL_KERNEL, FIRST_FILTER, EAFNOSUPPORT, false, \
	  "a packet socket (forged ARP)") \
	X(VSOCK, "vsock", CONTROL_KERNEL, FIRST_FILTER, EAFNOSUPPORT, false, \
	  "a socket to the hypervisor") \
	X(NETLINK, "netlink", CONTROL_KERNEL, FIRST_FILTER, EPROTONOSUPPORT, false, \
	  "a socket to the kernel's packet filter") \
	X(TRANSPARENT, "transparent", CONTROL_KERNEL, FIRST_OTHER, EPERM, false, \
	  "a foreign source address") \
	X(INTERFACE, "interface", CONTROL_NONE, FIRST_OTHER, EPERM, false, "taking the interface down") \
	X(NAMESPACE, "namespace", CONTROL_NONE, FIRST_FILTER, EPERM, false, \
	  "a user namespace of its own") \
	X(NAMESPACE_LIMIT, "namespace-limit", CONTROL_KERNEL, FIRST_OTHER, ENOSPC, false, \
	  "a limit of user namespaces above 0, behind that") \
	X(INIT, "init-memory", CONTROL_NONE, FIRST_OTHER, ENOENT, false, "the memory of pid 1")
/* clang-format on */

enum canary_id {
#define CANARY_ENUM(id, name, control, first, answer, recorded, what) CANARY_##id,
	CANARY_TABLE(CANARY_ENUM)
#undef CANARY_ENUM
		CANARY_COUNT
};

struct canary_row {
	const char *name, *what;
	enum canary_control control;
	enum canary_first first;
	int answer;
	bool recorded;
};

extern const struct canary_row canary_rows[CANARY_COUNT];

/* ------------------------------------------------------------------------------------------- try */

/* What one try gave. */
struct canary_try {
	bool tried; /* false: there is nothing to try it on */
	bool through;
	int error; /* errno of the failure */
};

/* canary_probe() - one try, as whoever calls it.  Seconds at most. */
struct canary_try canary_probe(enum canary_id id, const struct canary_target *target);

/* canary_inside() - all probes and controls, one line each on standard output; or, with the word
 * "listen", a service until the end of the run.  The exit status of the program. */
int canary_inside(char *const *words, size_t count);

/* The controls inside: is the allowed address reached; has the allowed name an address? */
#define CANARY_CONTROL_GATEWAY "control-gateway"
#define CANARY_CONTROL_NAME "control-name"

/* What is tried.  The name is allowed with the ports 80 and 443, and never connected to. */
#define CANARY_ALLOWED_NAME "allowed.canary.example"
#define CANARY_OTHER_PORT 81
#define CANARY_OTHER_NAME "not-allowed.canary.example"
#define CANARY_TUNNEL_NAME ".tunnel.example"
#define CANARY_NOBODY "192.0.2.1" /* RFC 5737: for documentation */
#define CANARY_METADATA_ADDRESS "169.254.169.254"
#define CANARY_MULTICAST_ADDRESS "224.0.0.251"
#define CANARY_THIS_ADDRESS "0.1.2.3"
#define CANARY_GATEWAY_TRIED 40000
#define CANARY_NEIGHBOUR_PORT 7777

/* Rules that must not open what lies in them: the metadata address, private ones. */
#define CANARY_METADATA_RANGE "169.254.0.0/16:80"
#define CANARY_NEIGHBOUR_RANGE "8.0.0.0/5:7777"

#define CANARY_LISTENING "listening" /* what the second sandbox prints once it does */

/* ----------------------------------------------------------------------------------------- plant */

enum canary_listener {
	CANARY_LISTENER_LOOPBACK,
	CANARY_LISTENER_OWN,
	CANARY_LISTENER_RANGE,	 /* a rule for a range covers it */
	CANARY_LISTENER_ALLOWED, /* by a rule for itself: somebody may call */
	CANARY_LISTENER_IPV6,
	CANARY_LISTENER_UNIX,
	CANARY_LISTENERS
};

struct canary_plants {
	int listener[CANARY_LISTENERS], abstract;
	char record[96]; /* path, in the same directory: the record of the run with the probes */
};

/* canary_plant() - fills what it has planted into @target.  Also after -1, with *e, canary_unplant() has to
 * follow; with a target all zero it does nothing. */
int canary_plant(struct canary_plants *plants, struct canary_target *target, struct err *e);
void canary_unplant(struct canary_plants *plants, const struct canary_target *target);

/* canary_callers() - how often somebody called since the last time, not counting the allowed listener. */
unsigned canary_callers(struct canary_plants *plants);

/* ----------------------------------------------------------------------------------------- judge */

enum canary_state { CANARY_OK, CANARY_UNAVAILABLE, CANARY_FAILED, CANARY_NOT_NEEDED };

struct canary_finding {
	struct canary_try inside, host;
	bool answered; /* the probe's line came */
	enum canary_state control;
	bool unrecorded;
};

struct canary_findings {
	struct canary_target target;
	struct canary_finding probe[CANARY_COUNT];
	struct canary_try control_gateway, control_name;
	bool seen;	 /* somebody called at a listener */
	bool everything; /* too many destinations for the packet rules */
	bool own_filter; /* a system call filter that is not one of ours */
};

/* canary_take_line() - one line of canary_inside(); any other is passed over. */
void canary_take_line(struct canary_findings *f, const char *line);

/* canary_subnet() - of the run whose session starts here: "er-SLOT-..." */
bool canary_subnet(const char *session, struct subnet *out);

/* canary_judge() - @record: path of the record of the run with the probes. */
void canary_judge(struct canary_findings *f, const char *record);
bool canary_is_ok(const struct canary_findings *f);

/* @arg: struct canary_findings */
void canary_print_json(FILE *out, const void *arg);
void canary_print_text(FILE *out, const void *arg);

#endif
