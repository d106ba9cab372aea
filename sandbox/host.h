/* host.h - facts about this process and this host, each read from the kernel, none assumed.
 *
 * Runs in: supervisor (resolve, explain).  Sources: /proc/self/status, /proc/self/uid_map (proc(5)). */
#ifndef SANDBOX_HOST_H
#define SANDBOX_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct host {
	uid_t uid; /* effective, as are all */
	gid_t gid;
	uint64_t capabilities;	  /* CapEff */
	uint64_t ignored_signals; /* SigIgn */
	bool has_groups;	  /* supplementary groups other than gid */
	bool root;	   /* CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN and the runs' uids are mapped */
	char root_why[96]; /* why not, "" if root */
};

int host_read(struct host *out, struct err *e);

/* host_parse_status() - pure: the text of /proc/self/status.  False if a needed line is missing. */
bool host_parse_status(const char *text, struct host *out);

/* host_maps_id() - pure: does the text of a uid_map cover `id` on its inside? */
bool host_maps_id(const char *map, uint64_t id);

/* status_field() - the text after "NAME:\t" of a /proc/PID/status text, NULL if there is none. */
const char *status_field(const char *text, const char *name);

#endif
