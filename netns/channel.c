/* channel.c - see channel.h. */
#include "netns/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCKS_PER_TURN 2 /* 512 KB, then others have theirs */
#define HOLD_FIRST_BYTES 2048

void half_note(struct half *half, uint32_t events)
{
	const uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

	if (events & (EPOLLIN | EPOLLPRI | ends))
		half->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		half->writable = true;
	if (events & (EPOLLPRI | ends))
		half->ending = true;
	if (events & EPOLLERR)
		half->broken = true;
}

/* A short read means that the queue was empty, which spares the read that says EAGAIN; unless the end
 * is in the queue, or urgent data at which the kernel stops: of neither would a further edge tell. */
static ssize_t half_read(struct half *half, void *buf, size_t cap)
{
	ssize_t n;

	do
		n = recv(half->watch.fd, buf, cap, 0);
	while (n < 0 && errno == EINTR);
	if ((n < 0 && errno == EAGAIN) || (n > 0 && (size_t)n < cap && !half->ending))
		half->readable = false;
	return n;
}

static ssize_t half_write(struct half *half, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(half->watch.fd, buf, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if ((n < 0 && errno == EAGAIN) || (n >= 0 && (size_t)n < len))
		half->writable = false;
	return n < 0 && errno == EAGAIN ? 0 : n;
}

void channel_release(struct channel *channel, struct channel_room *room)
{
	free(channel->bytes);
	room->kept_bytes -= channel->kept;
	channel->bytes = NULL;
	channel->at = channel->len = channel->cap = channel->kept = channel->limit = 0;
}

static bool keep(struct channel *channel, struct channel_room *room, const uint8_t *bytes,
		 size_t len)
{
	channel->bytes = malloc(len);
	if (!channel->bytes)
		return false;
	memcpy(channel->bytes, bytes, len);
	channel->at = 0;
	channel->len = channel->cap = channel->kept = (uint32_t)len;
	room->kept_bytes += len;
	return true;
}

/* What was kept goes first.  False: the sink is broken. */
static bool send_kept(struct channel *channel, struct half *sink, struct channel_room *room,
		      uint64_t *out_moved)
{
	while (channel->bytes && sink->writable) {
		const uint32_t end = channel->limit ? channel->limit : channel->len;
		ssize_t n = channel->at < end ? half_write(sink, channel->bytes + channel->at,
							   end - channel->at)
					      : 0;

		if (n < 0)
			return false;
		*out_moved += (uint64_t)n;
		channel->at += (uint32_t)n;
		if (channel->at == channel->len && !channel->limit)
			channel_release(channel, room);
		else if (channel->at == end)
			break;
	}
	return true;
}

static enum channel_result move_block(struct channel *channel, struct half *source,
				      struct half *sink, struct channel_room *room,
				      uint64_t *out_moved)
{
	const size_t size = room->kept_bytes < CHANNEL_KEPT_MAX ? CHANNEL_BLOCK_BYTES
								: CHANNEL_SMALL_BYTES;
	ssize_t got = half_read(source, room->block, size), sent;

	if (got < 0)
		return errno == EAGAIN ? CHANNEL_WAITS : CHANNEL_SOURCE_BROKEN;
	if (got == 0) {
		channel->ended = true;
		return CHANNEL_WAITS;
	}
	sent = half_write(sink, room->block, (size_t)got);
	if (sent < 0)
		return CHANNEL_SINK_BROKEN;
	*out_moved += (uint64_t)sent;
	if (sent < got && !keep(channel, room, room->block + sent, (size_t)(got - sent)))
		return CHANNEL_NO_MEMORY;
	return CHANNEL_WAITS;
}

enum channel_result channel_pump(struct channel *channel, struct half *source, struct half *sink,
				 struct channel_room *room, uint64_t *out_moved)
{
	enum channel_result result = CHANNEL_WAITS;

	*out_moved = 0;
	if (!send_kept(channel, sink, room, out_moved))
		return CHANNEL_SINK_BROKEN;
	for (int turn = 0; !channel->bytes && !channel->ended && source->readable && sink->writable;
	     turn++) {
		if (turn == BLOCKS_PER_TURN)
			return CHANNEL_MORE;
		result = move_block(channel, source, sink, room, out_moved);
		if (result != CHANNEL_WAITS)
			return result;
	}
	if (channel->ended && !channel->bytes && !channel->passed_on) {
		channel->passed_on = true;
		if (!channel->last && shutdown(sink->watch.fd, SHUT_WR) != 0)
			return CHANNEL_SINK_BROKEN;
	}
	return CHANNEL_WAITS;
}

void channel_go_on(struct channel *channel, struct channel_room *room)
{
	channel->limit = 0;
	if (channel->at == channel->len)
		channel_release(channel, room);
}

void channel_start_over(struct channel *channel, struct channel_room *room)
{
	channel_go_on(channel, room);
	if (!channel->bytes)
		return;
	channel->len -= channel->at;
	memmove(channel->bytes, channel->bytes + channel->at, channel->len);
	channel->at = 0;
}

static bool grow(struct channel *channel, size_t max)
{
	size_t cap = channel->cap ? 2 * (size_t)channel->cap : HOLD_FIRST_BYTES;
	uint8_t *bytes = realloc(channel->bytes, cap < max ? cap : max);

	if (!bytes)
		return false;
	channel->bytes = bytes;
	channel->cap = (uint32_t)(cap < max ? cap : max);
	return true;
}

enum channel_result channel_hold(struct channel *channel, struct half *source, size_t max)
{
	while (source->readable && !channel->ended && channel->len < max) {
		ssize_t n;

		if (channel->len == channel->cap && !grow(channel, max))
			return CHANNEL_NO_MEMORY;
		n = half_read(source, channel->bytes + channel->len, channel->cap - channel->len);
		if (n < 0)
			return errno == EAGAIN ? CHANNEL_WAITS : CHANNEL_SOURCE_BROKEN;
		if (n == 0)
			channel->ended = true;
		channel->len += (uint32_t)n;
	}
	return CHANNEL_WAITS;
}
