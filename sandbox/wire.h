/* wire.h - the fixed-size messages between the supervisor and its children.
 *
 * One SEQPACKET socketpair per run.  Every message is one struct wire; a message of another size or
 * of a type that is not due is garbage and ends the run.  The supervisor's end has SO_PASSCRED, so
 * the sender's pid is the kernel's word, not the sender's.
 *
 *	supervisor -> stage	WIRE_GO		id maps are written
 *	stage -> supervisor	WIRE_INIT	init is started; carries its pidfd
 *	supervisor -> init	WIRE_GO		stage is reaped: the workload may be forked
 *	init -> supervisor	WIRE_SEALED	own filter loaded, every other descriptor closed
 *	workload -> supervisor	WIRE_READY	all walls up, holding; carries listener, scratch directory,
 *						and both sides of the terminal, as the flags say
 *	supervisor -> workload	WIRE_GO		released: execve
 *				(SEALED and READY come in any order)
 *	any -> supervisor	WIRE_ERROR	a step failed; carries struct err
 *	gate -> supervisor	WIRE_MAKER	the socket maker is started; carries its pidfd
 *				(on a wire of the gate's own, on which it is also told to GO)
 *	init -> supervisor	WIRE_ENDED	the workload's main process ended; carries its siginfo */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum wire_type {
	WIRE_GO = 0x45523031,
	WIRE_INIT,
	WIRE_READY,
	WIRE_SEALED,
	WIRE_ERROR,
	WIRE_ENDED,
	WIRE_MAKER
};

struct wire {
	uint32_t type;
	int32_t pid;	/* INIT: pid as the sender's namespace sees it */
	int32_t code;	/* ENDED: CLD_EXITED, CLD_KILLED, CLD_DUMPED */
	int32_t status; /* ENDED: exit code or signal */
	uint32_t flags; /* READY: WIRE_F_* */
	struct err err; /* ERROR */
};

#define WIRE_F_HAS_SCRATCH 1u
#define WIRE_F_HAS_TTY 2u

#endif
