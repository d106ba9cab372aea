/* presets.h - the shipped presets, embedded at build time from the JSON files of this folder. */
#ifndef PROFILES_PRESETS_H
#define PROFILES_PRESETS_H

#include <stddef.h>

struct preset_blob {
	const char *name; /* "default" for default.json */
	const char *json;
	size_t len;
};

extern const struct preset_blob presets[];
extern const size_t preset_count;

#endif
