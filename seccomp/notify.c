/* notify.c - refuse what the filter of denials hands to the supervisor, and remember it.
 *
 * Only the call number and the registers of the notification are looked at: the kernel copied them
 * before it woke us, so the caller can't change them.  Memory behind pointers is never read.
 * The attempt is counted when it is received, not when it is answered: a caller that is killed in
 * between has made the attempt all the same.  (A call interrupted by a signal is restarted and then
 * counted again.)   Kernel: 5.0; the two structs are part of the ioctl numbers. */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "seccomp/notify.h"

_Static_assert(sizeof(struct seccomp_notif) == 80 && sizeof(struct seccomp_notif_resp) == 24,
	       "layout of the listener's messages");

/* socket(2) as the kernel would answer for a family, or a protocol, that was compiled out. */
static int socket_errno(const struct seccomp_data *data)
{
	unsigned family = (unsigned)data->args[0], type = (unsigned)data->args[1] & 0xf;
	unsigned protocol = (unsigned)data->args[2];

	if (family == AF_NETLINK && protocol != 0)
		return EPROTONOSUPPORT;
	if ((family == AF_INET || family == AF_INET6) && type != SOCK_STREAM && type != SOCK_DGRAM)
		return EPROTONOSUPPORT;
	return EAFNOSUPPORT;
}

static int family_errno(const struct seccomp_data *data)
{
	(void)data;
	return EAFNOSUPPORT;
}

/* Calls whose refusal is not EPERM. */
static const struct {
	int nr;
	int (*answer)(const struct seccomp_data *data);
} answers[] = {
	{ SYS_socket, socket_errno },
	{ SYS_socketpair, family_errno },
};

static int refusal_errno(const struct seccomp_data *data)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].nr == data->nr)
			return answers[i].answer(data);
	return EPERM;
}

static void violation_add(struct seccomp_violations *v, int nr, pid_t pid)
{
	v->total++;
	for (size_t i = 0; i < v->count; i++)
		if (v->entries[i].nr == nr) {
			v->entries[i].count++;
			return;
		}
	if (v->count == SECCOMP_VIOLATION_MAX) {
		v->more++;
		return;
	}
	v->entries[v->count++] = (struct seccomp_violation){ .nr = nr, .pid = pid, .count = 1 };
}

int seccomp_notify_answer(int listener, struct seccomp_violations *v, struct err *e)
{
	/* Receiving blocks when nothing pends, even on a non-blocking descriptor: ask first. */
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	struct seccomp_notif_resp response = { 0 };
	struct seccomp_notif request;

	if (poll(&ready, 1, 0) < 0 && errno != EINTR)
		return err_sys(e, "poll the seccomp listener");
	if (!(ready.revents & POLLIN))
		return 0;
	memset(&request, 0, sizeof(request)); /* the kernel insists */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) {
		if (errno == ENOENT || errno == EINTR)
			return 0;
		return err_sys(e, "receive a seccomp notification");
	}
	violation_add(v, request.data.nr, (pid_t)request.pid);
	response.id = request.id;
	response.error = -refusal_errno(&request.data);
	while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0) {
		if (errno == ENOENT)
			return 0;
		if (errno != EINTR)
			return err_sys(e, "answer a seccomp notification");
	}
	return 1;
}
