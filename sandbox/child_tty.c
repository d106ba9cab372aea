/* child_tty.c - the workload's private terminal.
 *
 * Runs in the workload's process after pivot_root, so the pty comes from the sandbox's own devpts: it
 * has a name inside (ttyname(3) works), and no pty of the host can be reached through it.  The slave
 * becomes the controlling terminal; the master goes to the supervisor with READY and is close-on-exec
 * here.  A slave goes along: held by the supervisor, it keeps the pty from hanging up while no process
 * of the workload has it open.  TIOCGPTPEER opens the peer of this very master (4.13, tty_ioctl(4)). */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/launch.h"

int child_tty(const struct launch *l, int *out_master, int *out_slave, struct err *e)
{
	autofd int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), slave = -1;
	const int unlock = 0;

	if (master < 0)
		return err_sys(e, "open a terminal (--tty)");
	if (ioctl(master, TIOCSPTLCK, &unlock) != 0)
		return err_sys(e, "unlock the terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(e, "open the terminal's other side");
	if (ioctl(slave, TIOCSCTTY, 0) != 0)
		return err_sys(e, "make it the controlling terminal");
	for (int i = 0; i < 3; i++)
		if (l->plan->on_tty[i] && dup2(slave, i) < 0) /* lint: cloexec-ok: 0-2 */
			return err_sys(e, "place stream %d", i);
	*out_master = fd_take(&master);
	*out_slave = fd_take(&slave);
	return 0;
}
