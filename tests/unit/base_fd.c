/* Descriptors between our own processes: bounds, close-on-exec, refusal of what is cut. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static void test_passing(int a, int b)
{
	int sent[2] = { 0, 1 }, got[2] = { -1, -1 };
	size_t count = 9;
	pid_t pid = 0;
	char buf[8];
	int one = 1;

	setsockopt(b, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	is_int(fd_send(a, "ping", 4, sent, 2), 0, "send two descriptors");
	is_int(fd_recv(b, buf, sizeof(buf), got, 2, &count, &pid), 4, "receive them");
	ok(count == 2 && got[0] > 2 && got[1] > 2, "both arrive");
	ok(fcntl(got[0], F_GETFD) == FD_CLOEXEC, "they arrive close-on-exec");
	is_int(pid, getpid(), "the sender's pid is the kernel's word");
	close(got[0]);
	close(got[1]);
}

static void test_cut(int a, int b)
{
	int sent[3] = { 0, 1, 2 }, got[1];
	size_t count = 9;
	char buf[8];
	int next = dup(0);

	close(next);
	fd_send(a, "ping", 4, sent, 3);
	ok(fd_recv(b, buf, sizeof(buf), got, 1, &count, NULL) == -1 && errno == EMSGSIZE,
	   "more descriptors than expected are refused");
	fd_send(a, "too long a message", 18, NULL, 0);
	ok(fd_recv(b, buf, sizeof(buf), NULL, 0, NULL, NULL) == -1 && errno == EMSGSIZE,
	   "a longer message is refused");
	is_int(dup(0), next, "and every received descriptor is closed");
	close(next);
}

static void test_files(void)
{
	char buf[16];

	ok(fd_read_file(AT_FDCWD, "/proc/self/stat", buf, sizeof(buf)) == -1 && errno == EFBIG,
	   "a file that does not fit is an error, not a part");
	ok(fd_read_file(AT_FDCWD, "/nonexistent", buf, sizeof(buf)) == -1 && errno == ENOENT,
	   "errno of a missing file");
}

int main(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return 1;
	test_passing(pair[0], pair[1]);
	test_cut(pair[0], pair[1]);
	test_files();
	return done();
}
