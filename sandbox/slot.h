/* slot.h - the one number a live run owns on this host; its uid and later its subnet derive from it.
 *
 * Held by binding the abstract unix socket "enclave-run/slot/N": atomic, across users, gone at death,
 * no file.  Scope: the caller's network namespace.  Two launchers in different network namespaces of
 * one host may get the same N; their runs still can't see each other (every namespace is own), they
 * only share per-uid kernel accounting.  Runs in: supervisor. */
#ifndef SANDBOX_SLOT_H
#define SANDBOX_SLOT_H

#include <sys/types.h>

#include "base/err.h"

#define SLOT_COUNT 65536u

/* Between systemd's container range and 2^31: nobody's accounts. */
#define SLOT_UID_BASE 1879048192u

/* slot_take() - returns a descriptor that holds the slot, and its number; -1 with *e. */
int slot_take(unsigned *out_slot, struct err *e);

#endif
