/* filter.h - compile a profile into the two programs of spec.h; find shipped, precompiled ones.
 *
 * Runs in: the build-time compiler and the supervisor (only for --seccomp FILE); never in a child.
 * Children load struct sock_fprog values prepared here. */
#ifndef SECCOMP_FILTER_H
#define SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "seccomp/spec.h"

/* A compiled profile.  Shipped ones are const data generated at build time into
 * build/gen/seccomp_blobs.c: `const struct seccomp_profile seccomp_profiles[]; const size_t
 * seccomp_profile_count;` */
struct seccomp_profile {
	const char *name;
	struct sock_fprog deny;
	struct sock_fprog allow;
};

extern const struct seccomp_profile seccomp_profiles[];
extern const size_t seccomp_profile_count;

/* seccomp_profile_find() - shipped profile by name, NULL if there is none. */
const struct seccomp_profile *seccomp_profile_find(const char *name);

/* seccomp_compile() - native architecture only, binary-tree optimised.
 * @notify: false turns NOTIFY into ERRNO(EPERM) (a second listener is impossible: EBUSY)
 * @also_allowed: NULL-terminated names the allow filter must let through besides the rules, because
 *   a filter loaded earlier answers them by NOTIFY; may be NULL
 * On success the programs are heap memory owned by *out (seccomp_profile_release).  A name unknown
 * to libseccomp is resolved through a small own table of newer calls; still unknown: error for a
 * denying rule, ignored for an allowing one (the default action already refuses it). */
int seccomp_compile(const struct seccomp_spec *spec, bool notify, const char *const *also_allowed,
		    struct seccomp_profile *out, struct err *e);
void seccomp_profile_release(struct seccomp_profile *profile);

/* seccomp_notified_names() - NULL-terminated list of the calls the shipped `default` deny filter
 * answers unconditionally by NOTIFY (generated with the blobs). */
extern const char *const seccomp_notified_names[];

#endif
