/* One direction of a connection over socket pairs: order, stalls, ends, memory. */
#include "netns/channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static uint8_t block[CHANNEL_BLOCK_BYTES];
static struct channel_room room = { .block = block };

struct pair {
	struct half source, sink;
	int writer, reader;
};

static bool make(struct pair *p)
{
	int a[2], b[2], small = 4096;

	*p = (struct pair){ 0 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, a) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, b) != 0)
		return ok(false, "socketpair");
	setsockopt(b[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	p->writer = a[0];
	p->source.watch.fd = a[1];
	p->sink.watch.fd = b[0];
	p->reader = b[1];
	p->source.readable = p->sink.writable = true;
	return true;
}

static void drop(struct pair *p)
{
	close(p->writer);
	close(p->source.watch.fd);
	close(p->sink.watch.fd);
	close(p->reader);
}

static void test_moves(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;
	char got[16] = "";

	if (!make(&p))
		return;
	is_int(send(p.writer, "hello", 5, 0), 5, "five bytes");
	is_int(channel_pump(&c, &p.source, &p.sink, &room, &moved), CHANNEL_WAITS, "are moved");
	is_int(moved, 5, "and counted");
	ok(!p.source.readable, "a short read says that there is no more");
	ok(!c.bytes, "no memory is held");
	is_int(recv(p.reader, got, sizeof(got), 0), 5, "they arrive");
	is_str(got, "hello", "unchanged");
	shutdown(p.writer, SHUT_WR);
	half_note(&p.source, EPOLLIN | EPOLLRDHUP);
	is_int(channel_pump(&c, &p.source, &p.sink, &room, &moved), CHANNEL_WAITS, "the end");
	ok(c.ended && c.passed_on, "is passed on");
	is_int(recv(p.reader, got, sizeof(got), 0), 0, "and seen");
	drop(&p);
}

/* The source of a pair made anew as TCP, which alone has urgent data. */
static bool over_tcp(struct pair *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted = -1;
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0 &&
	    getsockname(listener, (struct sockaddr *)&at, &len) == 0 &&
	    connect(client, (struct sockaddr *)&at, len) == 0)
		accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	close(listener);
	close(p->writer);
	close(p->source.watch.fd);
	p->writer = client;
	p->source.watch.fd = accepted;
	return ok(accepted >= 0, "a TCP connection");
}

static void test_urgent(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;
	char got[16] = "";

	if (!make(&p) || !over_tcp(&p))
		return;
	p.source.readable = false;
	ok(send(p.writer, "abc", 3, 0) == 3 && send(p.writer, "!", 1, MSG_OOB) == 1 &&
		   send(p.writer, "def", 3, 0) == 3,
	   "urgent data between others");
	half_note(&p.source, EPOLLIN | EPOLLPRI);
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	is_int(moved, 6, "the others are moved at once");
	is_int(recv(p.reader, got, sizeof(got), 0), 6, "and arrive");
	is_str(got, "abcdef", "without the urgent byte");
	drop(&p);
}

/* A sink that takes little: everything arrives, in order, and nothing is read ahead. */
static void test_stall(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved, total = 0;
	uint8_t out[8192], in[8192];
	unsigned written = 0, read_back = 0;
	bool in_order = true, bounded = true;

	if (!make(&p))
		return;
	for (int round = 0; round < 2000 && read_back < 500000; round++) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (uint8_t)((written + i) * 7);
		n = written < 500000 ? send(p.writer, out, sizeof(out), 0) : 0;
		written += n > 0 ? (unsigned)n : 0;
		half_note(&p.source, EPOLLIN);
		channel_pump(&c, &p.source, &p.sink, &room, &moved);
		total += moved;
		bounded = bounded && c.len <= CHANNEL_BLOCK_BYTES && (!c.bytes || !p.sink.writable);
		n = recv(p.reader, in, round % 3 ? 100 : sizeof(in), 0);
		for (ssize_t i = 0; i < n; i++)
			in_order = in_order && in[i] == (uint8_t)((read_back + (unsigned)i) * 7);
		read_back += n > 0 ? (unsigned)n : 0;
		half_note(&p.sink, EPOLLOUT);
	}
	ok(read_back >= 500000, "a slow sink gets everything");
	ok(in_order, "in order");
	ok(bounded, "with one block held at most, and only while it is stalled");
	ok(total >= read_back, "counted");
	channel_release(&c, &room);
	is_int(room.kept_bytes, 0, "nothing is kept any more");
	drop(&p);
}

/* A sink that takes nothing, while others keep so much or so much already: how big is the block? */
static size_t kept_of_block(size_t kept_before)
{
	static uint8_t out[CHANNEL_BLOCK_BYTES];
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;
	size_t kept;

	if (!make(&p))
		return 0;
	send(p.writer, out, sizeof(out), 0);
	while (send(p.sink.watch.fd, "x", 1, 0) == 1)
		continue;
	room.kept_bytes = kept_before;
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	kept = room.kept_bytes - kept_before;
	is_int(kept, c.len, "what is kept is counted");
	channel_release(&c, &room);
	is_int(room.kept_bytes, (intmax_t)kept_before, "and is counted off again");
	room.kept_bytes = 0;
	drop(&p);
	return kept;
}

static void test_memory(void)
{
	ok(kept_of_block(0) > CHANNEL_SMALL_BYTES, "a stalled one keeps a block");
	is_int(kept_of_block(CHANNEL_KEPT_MAX), CHANNEL_SMALL_BYTES, "among many a small one");
}

static void test_breaks(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;

	if (!make(&p))
		return;
	send(p.writer, "x", 1, 0);
	close(p.reader);
	p.reader = -1;
	is_int(channel_pump(&c, &p.source, &p.sink, &room, &moved), CHANNEL_SINK_BROKEN,
	       "a sink that is gone");
	drop(&p);
}

static void test_hold(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;
	char got[16] = "";

	if (!make(&p))
		return;
	send(p.writer, "abc", 3, 0);
	is_int(channel_hold(&c, &p.source, 5), CHANNEL_WAITS, "hold what came");
	is_int(c.len, 3, "three bytes");
	send(p.writer, "defg", 4, 0);
	half_note(&p.source, EPOLLIN);
	channel_hold(&c, &p.source, 5);
	is_int(c.len, 5, "up to the limit");
	ok(recv(p.reader, got, sizeof(got), 0) < 0 && errno == EAGAIN, "nothing passed");
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	is_int(moved, 7, "then all of it");
	is_int(recv(p.reader, got, sizeof(got), 0), 7, "arrives");
	is_str(got, "abcdefg", "in order");
	channel_release(&c, &room);
	drop(&p);
}

/* Of what is held only so much, then the rest, or the rest as if it had just come. */
static void test_limit(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;
	char got[16] = "";

	if (!make(&p))
		return;
	is_int(send(p.writer, "firstrest", 9, 0), 9, "nine bytes");
	channel_hold(&c, &p.source, 100);
	c.limit = 5;
	for (int i = 0; i < 2; i++)
		channel_pump(&c, &p.source, &p.sink, &room, &moved);
	is_int(recv(p.reader, got, sizeof(got), 0), 5, "no more than the limit goes out");
	channel_start_over(&c, &room);
	is_int(c.len, 4, "the rest is held");
	is_int(send(p.writer, "more", 4, 0), 4, "four bytes");
	p.source.readable = true;
	channel_hold(&c, &p.source, 100);
	c.limit = 6;
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	shutdown(p.writer, SHUT_WR);
	half_note(&p.source, EPOLLIN | EPOLLRDHUP);
	channel_go_on(&c, &room);
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	is_int(recv(p.reader, got, sizeof(got) - 1, 0), 8, "until it may");
	is_str(got, "restmore", "in order");
	ok(c.passed_on && !c.bytes, "and the end behind it");
	drop(&p);
}

/* A channel that has held nothing but the end still passes it on. */
static void test_held_end(void)
{
	struct channel c = { 0 };
	struct pair p;
	uint64_t moved;

	if (!make(&p))
		return;
	shutdown(p.writer, SHUT_WR);
	channel_hold(&c, &p.source, 100);
	channel_pump(&c, &p.source, &p.sink, &room, &moved);
	ok(c.passed_on && !c.bytes, "an end before the first byte");
	drop(&p);
}

int main(void)
{
	test_moves();
	test_limit();
	test_held_end();
	test_urgent();
	test_stall();
	test_memory();
	test_breaks();
	test_hold();
	return done();
}
