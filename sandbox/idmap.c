/* idmap.c - write one-line id maps through /proc/PID. */
#include "sandbox/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static int write_map(int proc, const char *file, unsigned inside, unsigned outside, struct err *e)
{
	char line[48];
	struct text t = TEXT_ON(line);

	text_fmt(&t, "%u %u 1", inside, outside);
	if (fd_write_file(proc, file, line) != 0)
		return err_sys(e, "write '%s' to %s", line, file);
	return 0;
}

int idmap_write(pid_t pid, uid_t inside_uid, uid_t outside_uid, gid_t inside_gid, gid_t outside_gid,
		bool deny_setgroups, struct err *e)
{
	char path[32];
	struct text t = TEXT_ON(path);
	autofd int proc = -1;

	text_fmt(&t, "/proc/%d", (int)pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return err_sys(e, "open %s", path);
	if (deny_setgroups && fd_write_file(proc, "setgroups", "deny") != 0)
		return err_sys(e, "seal setgroups");
	if (write_map(proc, "uid_map", inside_uid, outside_uid, e) != 0)
		return -1;
	return write_map(proc, "gid_map", inside_gid, outside_gid, e);
}
