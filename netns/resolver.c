/* resolver.c - c-ares behind the contract of resolver.h. */
#include "netns/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SOCKETS_MAX 32 /* c-ares holds one UDP and one TCP socket per server */

/* What is known of one name of the pool. */
struct lookup {
	struct resolver *resolver;
	struct resolver_answer answer;
	struct resolver_wait *waiting;
	uint64_t good_until_ns;
	bool in_flight;
};

struct ares_watch {
	struct watch watch;
	struct resolver *resolver;
};

struct resolver {
	struct loop *loop;
	ares_channel channel;
	const struct pool *pool;
	struct timer timer; /* c-ares' next time-out */
	struct ares_watch sockets[SOCKETS_MAX];
	struct lookup *lookups[POOL_MAX]; /* by index in the pool */
};

/* ----------------------------------------------------------------------- c-ares and the event loop */

static void rearm(struct resolver *r)
{
	struct timeval max = { .tv_sec = 3600 }, left;

	if (ares_timeout(r->channel, &max, &left) == &max)
		loop_clear_timer(r->loop, &r->timer);
	else
		loop_set_timer(r->loop, &r->timer,
			       (uint64_t)left.tv_sec * NS_PER_S + (uint64_t)left.tv_usec * 1000);
}

static void socket_ready(struct watch *watch, uint32_t events)
{
	struct ares_watch *s = container_of(watch, struct ares_watch, watch);
	const bool broken = events & (EPOLLERR | EPOLLHUP);

	ares_process_fd(s->resolver->channel,
			(events & EPOLLIN) || broken ? watch->fd : ARES_SOCKET_BAD,
			(events & EPOLLOUT) || broken ? watch->fd : ARES_SOCKET_BAD);
	rearm(s->resolver);
}

static void time_is_out(struct timer *timer)
{
	struct resolver *r = container_of(timer, struct resolver, timer);

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	rearm(r);
}

static struct ares_watch *socket_slot(struct resolver *r, int fd)
{
	struct ares_watch *free_slot = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		if (r->sockets[i].watch.watched && r->sockets[i].watch.fd == fd)
			return &r->sockets[i];
		if (!r->sockets[i].watch.watched)
			free_slot = &r->sockets[i];
	}
	return free_slot;
}

/* c-ares tells what it wants of a socket; nothing at all: it is about to close it. */
static void socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = data;
	struct ares_watch *s = socket_slot(r, fd);
	uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);

	if (!s)
		return; /* more servers than slots: its questions run into their time-out */
	if (events)
		loop_watch(r->loop, &s->watch, fd, events);
	else
		loop_unwatch(r->loop, &s->watch);
}

/* ---------------------------------------------------------------------------------------- answers */

static bool take_addr(struct resolver_answer *answer, const struct ares_addrinfo_node *node)
{
	struct addr *out = &answer->addrs[answer->count];

	if (answer->count == RESOLVER_ADDRS_MAX)
		return false;
	if (node->ai_family == AF_INET) {
		const struct sockaddr_in *sa = (const void *)node->ai_addr;

		*out = addr_v4(ntohl(sa->sin_addr.s_addr));
	} else {
		const struct sockaddr_in6 *sa = (const void *)node->ai_addr;

		*out = addr_v6(sa->sin6_addr.s6_addr);
	}
	answer->count++;
	return true;
}

static void take_family(struct resolver_answer *answer, const struct ares_addrinfo *info,
			int family, uint64_t *keep_s)
{
	for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
		uint64_t ttl_s = node->ai_ttl > 0 ? (uint64_t)node->ai_ttl : 0;

		if (node->ai_family != family || !take_addr(answer, node))
			continue;
		if (ttl_s < *keep_s)
			*keep_s = ttl_s;
	}
}

/* A user may ask again, or give up his neighbour, while he hears the answer: so the list is taken
 * apart from its front, and everybody is told the same copy. */
static void tell(struct lookup *l)
{
	const struct resolver_answer answer = l->answer;
	struct resolver_wait *list = l->waiting;

	l->waiting = NULL;
	if (list)
		list->self = &list;
	while (list) {
		struct resolver_wait *wait = list;

		resolver_forget(wait);
		wait->found(wait, &answer);
	}
}

static void answered(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct lookup *l = arg;
	uint64_t keep_s = RESOLVER_KEEP_MAX_S;

	(void)timeouts;
	memset(&l->answer, 0, sizeof(l->answer));
	if (status == ARES_SUCCESS) {
		take_family(&l->answer, info, AF_INET, &keep_s);
		take_family(&l->answer, info, AF_INET6, &keep_s);
		ares_freeaddrinfo(info);
	}
	if (l->answer.count == 0) {
		keep_s = RESOLVER_KEEP_FAILURE_S;
		l->answer.cause = status == ARES_ENOTFOUND || status == ARES_ENODATA ||
						  status == ARES_SUCCESS || status == ARES_EBADNAME
					  ? NET_CAUSE_NO_ADDRESS
					  : NET_CAUSE_NO_RESOLVER;
	}
	l->good_until_ns = l->resolver->loop->now_ns + keep_s * NS_PER_S;
	l->in_flight = false;
	if (status != ARES_EDESTRUCTION)
		tell(l);
}

/* ---------------------------------------------------------------------------------------- contract */

static struct lookup *lookup_of(struct resolver *r, const struct pool_entry *entry)
{
	struct lookup **slot = &r->lookups[entry - r->pool->entries];

	if (!*slot) {
		*slot = calloc(1, sizeof(struct lookup));
		if (*slot)
			(*slot)->resolver = r;
	}
	return *slot;
}

const struct resolver_answer *resolver_ask(struct resolver *r, const struct pool_entry *entry,
					   struct resolver_wait *wait)
{
	static const struct resolver_answer none = { .cause = NET_CAUSE_NO_RESOLVER };
	const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
						   .ai_family = AF_UNSPEC,
						   .ai_socktype = SOCK_STREAM };
	struct lookup *l = r ? lookup_of(r, entry) : NULL; /* NULL: no memory */

	if (!l)
		return &none;
	if (!l->in_flight) {
		if (l->good_until_ns > r->loop->now_ns)
			return &l->answer;
		l->in_flight = true;
		ares_getaddrinfo(r->channel, entry->name, NULL, &hints, answered, l);
		if (!l->in_flight) /* answered without a question: "localhost", no server */
			return &l->answer;
		rearm(r);
	}
	wait->next = l->waiting;
	if (wait->next)
		wait->next->self = &wait->next;
	wait->self = &l->waiting;
	l->waiting = wait;
	return NULL;
}

void resolver_forget(struct resolver_wait *wait)
{
	if (!wait->self)
		return;
	*wait->self = wait->next;
	if (wait->next)
		wait->next->self = wait->self;
	wait->self = NULL;
}

/* ------------------------------------------------------------------------------------------ set-up */

static int open_channel(struct resolver *r, const char *servers, int try_timeout_ms, struct err *e)
{
	char bind_only[] = "b";
	struct ares_options options = { .flags = ARES_FLAG_NOSEARCH,
					.lookups = bind_only,
					.timeout = try_timeout_ms,
					.tries = 2,
					.sock_state_cb = socket_state,
					.sock_state_cb_data = r };
	const int mask = ARES_OPT_FLAGS | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
			 ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS;
	int status = ares_init_options(&r->channel, &options, mask);

	if (status == ARES_SUCCESS && servers) {
		status = ares_set_servers_ports_csv(r->channel, servers);
		if (status != ARES_SUCCESS)
			ares_destroy(r->channel);
	}
	if (status != ARES_SUCCESS)
		return err_set(e, ERR_SETUP, 0, ERR_AT, "start the resolver: %s",
			       ares_strerror(status));
	return 0;
}

static unsigned server_count(struct resolver *r)
{
	struct ares_addr_port_node *list = NULL;
	unsigned count = 0;

	if (ares_get_servers_ports(r->channel, &list) != ARES_SUCCESS)
		return 1;
	for (const struct ares_addr_port_node *node = list; node; node = node->next)
		count++;
	ares_free_data(list);
	return count ? count : 1;
}

/* c-ares waits t for every server in turn, then 2t: 3t for each.  How many there are is known only
 * after they were read. */
int resolver_new(struct resolver **out, struct loop *loop, const struct pool *pool,
		 const char *servers, uint32_t timeout_ms, struct err *e)
{
	struct resolver *r = calloc(1, sizeof(*r));
	unsigned count;

	if (!r)
		return err_nomem(e);
	r->loop = loop;
	r->pool = pool;
	r->timer.fire = time_is_out;
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		r->sockets[i].watch.ready = socket_ready;
		r->sockets[i].resolver = r;
	}
	if (open_channel(r, servers, (int)(timeout_ms / 3), e) != 0) {
		free(r);
		return -1;
	}
	count = server_count(r);
	if (count > 1) {
		ares_destroy(r->channel);
		if (open_channel(r, servers, (int)(timeout_ms / (3 * count)), e) != 0) {
			free(r);
			return -1;
		}
	}
	*out = r;
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	ares_destroy(r->channel);
	for (size_t i = 0; i < POOL_MAX; i++)
		free(r->lookups[i]);
	free(r);
}
