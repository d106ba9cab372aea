/* fuzz_seccomp_json.c - seccomp documents that a user wrote: read, and compiled if they can be read.
 *
 * Small documents only are compiled: libseccomp's time grows faster than the document. */
#include <stddef.h>
#include <stdint.h>

#include "profiles/seccomp_json.h"
#include "seccomp/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_profile profile = { 0 };
	struct seccomp_spec spec = { 0 };
	struct err e = { 0 };

	if (seccomp_json_parse((const char *)data, size, "fuzz", &spec, &e) != 0) {
		if (e.kind == ERR_NONE || e.msg[0] == '\0')
			__builtin_trap(); /* a failure that says nothing */
		return 0;
	}
	if (spec.rule_count <= 16 &&
	    seccomp_compile(&spec, size % 2 == 0, NULL, &profile, &e) == 0) {
		if (profile.deny.len == 0 || profile.allow.len == 0)
			__builtin_trap();
		seccomp_profile_release(&profile);
	}
	seccomp_spec_release(&spec);
	return 0;
}
