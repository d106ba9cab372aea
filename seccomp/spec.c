/* spec.c - release a profile. */
#include <stdlib.h>

#include "seccomp/spec.h"

void seccomp_spec_release(struct seccomp_spec *spec)
{
	for (size_t i = 0; i < spec->rule_count; i++) {
		for (size_t n = 0; n < spec->rules[i].name_count; n++)
			free(spec->rules[i].names[n]);
		free(spec->rules[i].names);
	}
	free(spec->rules);
	*spec = (struct seccomp_spec){ 0 };
}
