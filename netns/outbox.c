/* outbox.c - see outbox.h. */
#include "netns/outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* False: not now.  SEQPACKET: a message goes as a whole or not at all. */
static bool send_held(struct outbox *outbox)
{
	ssize_t n;

	do
		n = send(outbox->watch->fd, &outbox->held, sizeof(outbox->held),
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(outbox->held)) {
		outbox->is_held = false;
		return true;
	}
	if (errno == EAGAIN || errno == ENOBUFS)
		loop_watch(outbox->loop, outbox->watch, outbox->watch->fd, EPOLLIN | EPOLLOUT);
	else
		outbox->gone = true;
	return false;
}

static void enqueue(struct outbox *outbox, struct report *report)
{
	report->queued = true;
	report->next = NULL;
	*outbox->last = report;
	outbox->last = &report->next;
}

static struct report *dequeue(struct outbox *outbox)
{
	struct report *report = outbox->first;

	outbox->first = report->next;
	if (!outbox->first)
		outbox->last = &outbox->first;
	report->queued = false;
	return report;
}

/* One that may have more to tell goes to the end, so that nobody waits for a talkative one; one that
 * has not may free itself, so it is out of the queue when it is asked. */
static void fill_held(struct outbox *outbox)
{
	struct report *report = dequeue(outbox);

	memset(&outbox->held, 0, sizeof(outbox->held));
	outbox->held.magic = NET_EVENT_MAGIC;
	outbox->is_held = report->fill(report, &outbox->held);
	if (outbox->is_held)
		enqueue(outbox, report);
}

static void flush(struct task *task)
{
	struct outbox *outbox = container_of(task, struct outbox, task);

	while (!outbox->gone) {
		if (outbox->is_held && !send_held(outbox))
			return;
		if (!outbox->first)
			return;
		fill_held(outbox);
	}
}

void outbox_init(struct outbox *outbox, struct loop *loop, struct watch *watch)
{
	*outbox = (struct outbox){ .loop = loop, .watch = watch, .task = { .run = flush } };
	outbox->last = &outbox->first;
}

void outbox_add(struct outbox *outbox, struct report *report)
{
	if (report->queued)
		return;
	enqueue(outbox, report);
	loop_later(outbox->loop, &outbox->task);
}

void outbox_writable(struct outbox *outbox)
{
	loop_watch(outbox->loop, outbox->watch, outbox->watch->fd, EPOLLIN);
	loop_later(outbox->loop, &outbox->task);
}

bool outbox_empty(const struct outbox *outbox)
{
	return !outbox->first && !outbox->is_held;
}
