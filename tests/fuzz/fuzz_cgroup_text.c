/* fuzz_cgroup_text.c - the parsers of /proc/PID/cgroup, mountinfo and cgroup files.
 *
 * Input: the two /proc texts, divided by the first NUL.  Checked beside memory safety: a directory that
 * comes out is below its mount point and has no ".." that was not in the mount point itself. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/cgroup_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const struct cgroup_place *place, const char *parent)
{
	char dir[CGROUP_PATH_CAP], seen[CGROUP_PATH_CAP];

	if (!cgroup_text_parent(place, parent, dir, seen))
		return;
	if (place->mount[0] == '\0' || !text_starts(dir, place->mount) ||
	    (parent && strstr(dir + strlen(place->mount), "/../")))
		abort();
}

static void check_values(const char *text)
{
	uint64_t value;

	(void)cgroup_text_counter(text, "oom_kill", &value);
	(void)cgroup_text_limit(text, 0, &value);
	(void)cgroup_text_limit(text, 1, &value);
	(void)cgroup_text_has_word(text, "memory");
	(void)cgroup_text_sole_pid(text, 1);
	(void)cgroup_text_is_run(text);
	(void)cgroup_text_in(text, 0, "/a");
	(void)cgroup_text_in(text, CONTROLLER_BIT(CONTROLLER_PIDS), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_layout layout;
	char *text;
	size_t first;

	if (size > 8192)
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	first = strlen(text);
	cgroup_text_layout(text, &layout);
	for (size_t at = first + 1; at < size;) {
		size_t len = strcspn(text + at, "\n");

		cgroup_text_mount(text + at, len, &layout);
		at += len + 1;
	}
	(void)cgroup_text_mode(&layout);
	check_place(&layout.v2, NULL);
	for (size_t i = 0; i < layout.v1_count; i++) {
		check_place(&layout.v1[i], NULL);
		check_place(&layout.v1[i], text);
	}
	check_values(text);
	free(text);
	return 0;
}
