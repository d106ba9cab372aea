/* host.c - facts about this process and this host. */
#include "sandbox/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/slot.h"

const char *status_field(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, name, len) == 0 && line[len] == ':' && line[len + 1] == '\t')
			return line + len + 2;
	}
	return NULL;
}

/* "Groups:\t0 4 24 \n": any group other than the primary one? */
static bool other_groups(const char *groups, gid_t gid)
{
	while (*groups && *groups != '\n') {
		char *end;
		unsigned long group = strtoul(groups, &end, 10);

		if (end == groups)
			break;
		if (group != gid)
			return true;
		groups = end;
		while (*groups == ' ')
			groups++;
	}
	return false;
}

bool host_parse_status(const char *text, struct host *out)
{
	const char *caps = status_field(text, "CapEff"), *ignored = status_field(text, "SigIgn");
	const char *groups = status_field(text, "Groups");

	if (!caps || !ignored || !groups)
		return false;
	out->capabilities = strtoull(caps, NULL, 16);
	out->ignored_signals = strtoull(ignored, NULL, 16);
	out->has_groups = other_groups(groups, out->gid);
	return true;
}

bool host_maps_id(const char *map, uint64_t id)
{
	for (const char *p = map; *p;) {
		char *end;
		uint64_t inside = strtoull(p, &end, 10), count;

		(void)strtoull(end, &end, 10);
		count = strtoull(end, &end, 10);
		if (end == p)
			return false;
		if (id >= inside && id - inside < count)
			return true;
		p = end + strspn(end, " \n");
	}
	return false;
}

static void find_root(struct host *h, const char *uid_map)
{
	const uint64_t need = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID |
			      UINT64_C(1) << CAP_SYS_ADMIN;
	struct text why = TEXT_ON(h->root_why);

	if (h->uid != 0)
		text_str(&why, "not started as root");
	else if ((h->capabilities & need) != need)
		text_str(&why, "CAP_SETUID, CAP_SETGID or CAP_SYS_ADMIN is missing");
	else if (!host_maps_id(uid_map, SLOT_UID_BASE) ||
		 !host_maps_id(uid_map, SLOT_UID_BASE + SLOT_COUNT - 1))
		text_str(&why, "the uids of runs are not mapped in this user namespace");
	else
		h->root = true;
}

int host_read(struct host *out, struct err *e)
{
	char status[4096], map[1024] = "";

	*out = (struct host){ .uid = geteuid(), .gid = getegid() };
	if (fd_read_once(AT_FDCWD, "/proc/self/status", status, sizeof(status)) < 0)
		return err_sys(e, "read /proc/self/status");
	if (!host_parse_status(status, out))
		return err_internal(e, "/proc/self/status has no CapEff, SigIgn or Groups");
	if (out->uid == 0 && fd_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return err_sys(e, "read /proc/self/uid_map");
	find_root(out, out->uid == 0 ? map : "");
	return 0;
}
