/* canary.h - try to get out of a real sandbox, from inside, and prove that each try could succeed.
 *
 *	canary.c	  the verb: what is planted on the host, two sandboxes, the judgement
 *	canary_probe.c	  the table of probes; the same code tries inside and, as a control, on the host
 *
 * Inside, this very program is shown read-only and started as `canary inside HEX`, where HEX is a struct
 * canary_target.  It prints one line for each probe: its name, 1 when it got through, and errno. */
#ifndef CMD_CANARY_H
#define CMD_CANARY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Everything a probe may need to know; plain bytes, handed over in hex. */
struct canary_target {
	in_addr_t own; /* an address of the host that is not a loopback one; 0 = there is none */
	in_addr_t neighbour; /* of the second sandbox, and of its gateway's end */
	in_addr_t neighbour_gateway;
	in_addr_t gateway; /* of the sandbox itself; filled inside */
	uint16_t loopback_port, own_port, ipv6_port,
		allowed_port; /* listeners of the host; 0 = none */
	uint16_t neighbour_port;
	char abstract[32];  /* name of an abstract unix socket of the host */
	char directory[64]; /* holds a unix socket `socket` and a file `file` */
};

/* Where the probe proves itself.  HOST: the same code succeeds on the host, against what is planted there.
 * GATEWAY: connecting works inside, to the one allowed address.  NAME: an allowed name has an address.
 * KERNEL: the same call, on the host; what this user may not do there either is `unavailable`. */
enum canary_control { CONTROL_HOST, CONTROL_GATEWAY, CONTROL_NAME, CONTROL_KERNEL, CONTROL_NONE };

/* X(identifier, name, control, must the record have a denial?, what it tries) */
#define CANARY_TABLE(X)                                                                             \
	X(NEIGHBOUR, "neighbour", CONTROL_GATEWAY, true, "a service of a second live run")          \
	X(NEIGHBOUR_GATEWAY, "neighbour-gateway", CONTROL_GATEWAY, true,                            \
	  "the gateway of a second live run")                                                       \
	X(HOST_LOOPBACK, "host-loopback", CONTROL_HOST, false, "a service on the host's 127.0.0.1") \
	X(HOST_ADDRESS, "host-address", CONTROL_HOST, true, "a service on an address of the host")  \
	X(HOST_IPV6, "host-ipv6", CONTROL_HOST, false, "a service on the host's ::1")               \
	X(HOST_4IN6, "host-4in6", CONTROL_HOST, false, "the same as ::ffff:127.0.0.1")              \
	X(METADATA, "metadata", CONTROL_GATEWAY, true, "the metadata service 169.254.169.254")      \
	X(DIRECT_TCP, "direct-tcp", CONTROL_GATEWAY, true, "an address that no rule names, tcp")    \
	X(DIRECT_UDP, "direct-udp", CONTROL_GATEWAY, true, "an address that no rule names, udp")    \
	X(IPV6, "ipv6", CONTROL_GATEWAY, false, "an IPv6 address")                                  \
	X(NAME, "name", CONTROL_NAME, true, "a name that is not allowed")                           \
	X(TUNNEL, "dns-tunnel", CONTROL_NAME, true, "data in the labels of 100 names")              \
	X(GATEWAY_PORT, "gateway-port", CONTROL_GATEWAY, true, "the gateway's own ports")           \
	X(ABSTRACT, "abstract-socket", CONTROL_HOST, false, "an abstract unix socket of the host")  \
	X(UNIX_PATH, "unix-socket", CONTROL_HOST, false, "a unix socket of the host by its path")   \
	X(HOST_FILE, "host-file", CONTROL_HOST, false, "a file of the host")                        \
	X(RAW, "raw-socket", CONTROL_KERNEL, false, "a raw socket")                                 \
	X(PACKET, "packet-socket", CONTROL_KERNEL, false, "a packet socket (forged ARP)")           \
	X(VSOCK, "vsock", CONTROL_KERNEL, false, "a socket to the hypervisor")                      \
	X(TRANSPARENT, "transparent", CONTROL_KERNEL, false, "a foreign source address")            \
	X(INTERFACE, "interface", CONTROL_NONE, false, "taking the interface down")                 \
	X(NAMESPACE, "namespace", CONTROL_NONE, false, "a user namespace of its own")               \
	X(INIT, "init-memory", CONTROL_NONE, false, "the memory of pid 1")

enum canary_id {
#define CANARY_ENUM(id, name, control, recorded, what) CANARY_##id,
	CANARY_TABLE(CANARY_ENUM)
#undef CANARY_ENUM
		CANARY_COUNT
};

struct canary_row {
	const char *name, *what;
	enum canary_control control;
	bool recorded;
};

extern const struct canary_row canary_rows[CANARY_COUNT];

/* What one try gave. */
struct canary_try {
	bool tried; /* false: there is nothing to try it on */
	bool through;
	int error; /* errno of the failure */
};

/* canary_probe() - one try, as whoever calls it.  At most a second. */
struct canary_try canary_probe(enum canary_id id, const struct canary_target *target);

/* The two controls inside: is the allowed address reached; has the allowed name an address? */
#define CANARY_ALLOWED_NAME "allowed.canary.example"
struct canary_try canary_control_gateway(const struct canary_target *target);
struct canary_try canary_control_name(void);

/* canary_inside() - all probes and controls, one line each on standard output; or, with the word
 * "listen", a service until the end of the run.  The exit status of the program. */
int canary_inside(char *const *words, size_t count);

/* canary_neighbour_line - what the second sandbox prints once it listens. */
#define CANARY_LISTENING "listening"
#define CANARY_NEIGHBOUR_PORT 7777

#endif
