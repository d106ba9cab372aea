/* seccomp_json.h - read a seccomp profile: the OCI runtime-spec's "linux.seccomp" object, and the
 * additions of Docker and Podman to it.
 *
 * Strict: an unknown key, action, operator, flag or architecture, and a number out of range, is an
 * error that names the place; nothing is skipped.  `includes` and `excludes` are decided for what a
 * workload is here: no capability, this machine's architecture, a kernel that is new enough.
 * Integers are those of JSON in jansson: up to 2^63 - 1.  Runs in: supervisor, build-time compiler. */
#ifndef PROFILES_SECCOMP_JSON_H
#define PROFILES_SECCOMP_JSON_H

#include <stddef.h>

#include "base/err.h"
#include "seccomp/spec.h"

/* seccomp_json_parse() - @origin: what to call the text in messages, usually its path.
 * *out is written only on success; release it with seccomp_spec_release(). */
int seccomp_json_parse(const char *text, size_t len, const char *origin, struct seccomp_spec *out,
		       struct err *e);

#endif
