/* profiles.c - find a shipped profile.
 *
 * Apart from filter.c, because the build-time compiler uses that one before the profiles exist. */
#include <string.h>

#include "seccomp/filter.h"

const struct seccomp_profile *seccomp_profile_find(const char *name)
{
	for (size_t i = 0; i < seccomp_profile_count; i++)
		if (strcmp(seccomp_profiles[i].name, name) == 0)
			return &seccomp_profiles[i];
	return NULL;
}
