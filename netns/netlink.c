/* netlink.c - batches of messages.
 *
 * Only the last message that is answered at all asks for it: an error is always reported, in order,
 * so silence up to there means success.  rtnetlink and nfnetlink do the work inside sendmsg, so the
 * answers lie in the socket when it returns. */
#include "netns/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct nl_msg *netlink_message(uint16_t type, uint16_t flags, const void *fixed, size_t fixed_len,
			       size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(NLMSG_SPACE(fixed_len) + room);

	if (!msg)
		return NULL;
	if (!nlmsg_put(msg, 0, 0, type, 0, NLM_F_REQUEST | flags) ||
	    nlmsg_append(msg, (void *)(uintptr_t)fixed, fixed_len, NLMSG_ALIGNTO) != 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static bool reserve(struct netlink_batch *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 16384;
	char *grown;

	while (cap < b->len + more)
		cap *= 2;
	if (cap == b->cap)
		return true;
	grown = realloc(b->bytes, cap);
	if (!grown)
		return false;
	b->bytes = grown;
	b->cap = cap;
	return true;
}

/* Sequence numbers are positions + 1; 0 marks a message that is never answered. */
static void append(struct netlink_batch *b, struct nl_msg *take_msg, uint32_t seq)
{
	struct nlmsghdr *header = take_msg ? nlmsg_hdr(take_msg) : NULL;

	if (!header || !reserve(b, NLMSG_ALIGN(header->nlmsg_len))) {
		b->failed = true;
	} else {
		header->nlmsg_seq = seq;
		memcpy(b->bytes + b->len, header, header->nlmsg_len);
		memset(b->bytes + b->len + header->nlmsg_len, 0,
		       NLMSG_ALIGN(header->nlmsg_len) - header->nlmsg_len);
		b->len += NLMSG_ALIGN(header->nlmsg_len);
	}
	nlmsg_free(take_msg);
}

void netlink_add(struct netlink_batch *b, struct nl_msg *take_msg, const char *what)
{
	if (b->count == NETLINK_BATCH_MESSAGES) {
		b->failed = true;
		nlmsg_free(take_msg);
		return;
	}
	b->what[b->count++] = what;
	append(b, take_msg, b->count);
}

void netlink_add_marker(struct netlink_batch *b, struct nl_msg *take_msg)
{
	append(b, take_msg, 0);
}

/* Ask for an answer to the last counted message. */
static void ask_for_answer(struct netlink_batch *b)
{
	for (size_t at = 0; at < b->len;) {
		struct nlmsghdr *header = (struct nlmsghdr *)(void *)(b->bytes + at);

		if (header->nlmsg_seq == b->count)
			header->nlmsg_flags |= NLM_F_ACK;
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
}

/* One datagram of answers: 1 = the last one came, 0 = go on, -1 = refused. */
static int take_answers(const struct netlink_batch *b, char *buf, size_t len, struct err *e)
{
	struct nlmsghdr *header = (void *)buf;

	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		const struct nlmsgerr *answer = NLMSG_DATA(header);

		if (header->nlmsg_type != NLMSG_ERROR ||
		    header->nlmsg_len < NLMSG_LENGTH(sizeof(*answer)))
			continue;
		if (answer->error != 0)
			return err_sysn(e, -answer->error, "%s",
					header->nlmsg_seq >= 1 && header->nlmsg_seq <= b->count
						? b->what[header->nlmsg_seq - 1]
						: "netlink batch");
		if (header->nlmsg_seq == b->count)
			return 1;
	}
	return 0;
}

static int transact(int fd, struct netlink_batch *b, struct err *e)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int done;

	if (b->failed)
		return err_nomem(e);
	ask_for_answer(b);
	if (sendto(fd, b->bytes, b->len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) !=
	    (ssize_t)b->len)
		return err_sys(e, "send %u netlink messages (%s, ...)", b->count,
			       b->count ? b->what[0] : "none");
	do {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0)
			return err_sys(e, "no answer to '%s'",
				       b->count ? b->what[b->count - 1] : "");
		done = take_answers(b, buf, (size_t)n, e);
	} while (done == 0);
	return done < 0 ? -1 : 0;
}

int netlink_send(int fd, struct netlink_batch *b, struct err *e)
{
	int rc = transact(fd, b, e);

	b->len = 0;
	b->count = 0;
	b->failed = false;
	return rc;
}

void netlink_release(struct netlink_batch *b)
{
	free(b->bytes);
	*b = (struct netlink_batch){ 0 };
}
