/* channel.h - one direction of a relayed TCP connection.
 *
 * Theory of operation.  Both sockets are watched edge-triggered, once, for everything; what is known
 * to be ready stands in struct half.  So a moving connection costs recv + send per block and never an
 * epoll_ctl, and a stalled one costs nothing: nothing is read while the other side takes nothing, the
 * kernel's window then closes and holds the sender back.
 * Bytes pass through one buffer that all connections share.  Only what a sink did not take at once is
 * copied into memory of the channel, and freed when it has been sent; an idle connection holds no buffer.
 * When many are stalled, blocks become small: what all of them keep together stays bounded.
 *
 *	source --recv--> shared buffer --send--> sink
 *	                      | short send
 *	                      v
 *	                 channel.bytes --send when writable--> sink
 *
 * Urgent data (tcp(7)) end one read early and are left out themselves, what follows is passed on.
 * End of file is passed on by shutdown(SHUT_WR) after the last byte; a reset is the caller's matter.
 * Allocates (one block per stalled direction).   Runs in: gateway, tests. */
#ifndef NETNS_CHANNEL_H
#define NETNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

/* Four full packets, by segments of 1448 bytes (Ethernet) as well as by those of the veth pair (65468).
 * Every block is sent at once, so one of 32 KB makes packets of half the size, which cost as much each;
 * one of 64 KB makes a full one and one of 68 bytes. */
#define CHANNEL_BLOCK_BYTES 260640
#define CHANNEL_SMALL_BYTES 32768 /* while more than this is kept: */
#define CHANNEL_KEPT_MAX (32u << 20)
#define CHANNEL_EVENTS ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP) | (uint32_t)EPOLLET)

/* One socket of a connection and what may be done with it now. */
struct half {
	struct watch watch;
	bool readable, writable;
	bool broken; /* an error stands on it: what can still be read comes before it */
	bool ending; /* by the peer, or urgent data were there: read until EOF or error, not until short */
};

/* What the channels of a process share. */
struct channel_room {
	uint8_t *block;	   /* CHANNEL_BLOCK_BYTES, used within one call only */
	size_t kept_bytes; /* of all channels, for sinks that are slow */
};

struct channel {
	uint8_t *bytes; /* heap: what waits for the sink, NULL = nothing */
	uint32_t at, len, cap;
	uint32_t kept;	/* of them counted in channel_room.kept_bytes */
	uint32_t limit; /* set by the owner: of bytes no more than these may be sent; 0 = all */
	bool ended;	/* the source said end of file */
	bool last; /* set by the owner: the other direction is over, who closes both after this one */
	bool passed_on; /* and the sink was told, after everything else */
};

enum channel_result {
	CHANNEL_WAITS, /* for an event of either socket, or has ended */
	CHANNEL_MORE,  /* stopped to be fair to others: call again soon */
	CHANNEL_SOURCE_BROKEN,
	CHANNEL_SINK_BROKEN,
	CHANNEL_NO_MEMORY
};

void half_note(struct half *half, uint32_t events); /* an event of epoll */

/* channel_pump() - move what can be moved.  @out_moved: bytes given to the sink */
enum channel_result channel_pump(struct channel *channel, struct half *source, struct half *sink,
				 struct channel_room *room, uint64_t *out_moved);

/* channel_hold() - read into the channel's memory without passing on, up to max bytes in all.
 * WAITS: source has nothing more for now, has ended, or max is reached. */
enum channel_result channel_hold(struct channel *channel, struct half *source, size_t max);

/* channel_go_on() - all of bytes may be sent.
 * channel_start_over() - what was not sent yet is held as if it had just been read: for channel_hold(). */
void channel_go_on(struct channel *channel, struct channel_room *room);
void channel_start_over(struct channel *channel, struct channel_room *room);

void channel_release(struct channel *channel, struct channel_room *room);

#endif
