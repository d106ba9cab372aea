/* slot.c - take the first free slot, starting at a place of our own. */
#include "sandbox/slot.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

int slot_take(unsigned *out_slot, struct err *e)
{
	autofd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Neighbouring pids land on neighbouring slots: hardly ever a second try. */
	unsigned start = (unsigned)getpid() % SLOT_COUNT;

	if (sock < 0)
		return err_sys(e, "socket");
	for (unsigned i = 0; i < SLOT_COUNT; i++) {
		unsigned slot = (start + i) % SLOT_COUNT;
		struct sockaddr_un addr = { .sun_family = AF_UNIX };
		struct text name = { .at = addr.sun_path + 1, .cap = sizeof(addr.sun_path) - 1 };
		socklen_t len;

		text_fmt(&name, "enclave-run/slot/%u", slot);
		len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name.len);
		if (bind(sock, (struct sockaddr *)&addr, len) == 0) {
			*out_slot = slot;
			return fd_take(&sock);
		}
		if (errno != EADDRINUSE)
			return err_sys(e, "bind a session slot");
	}
	return err_unsupported(e, "all %u session slots of this host are in use", SLOT_COUNT);
}
