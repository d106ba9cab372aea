/* gateway.c - start, the supervisor's commands, and the end.
 *
 *	prepare		memory, resolver (reads resolv.conf), routing socket: the last files it opens
 *	gateway_confine
 *	start		every part watches its sockets
 *	READY		then rounds of the loop until EOF, a failure, or the end of a stop:
 *
 *	STOP -> no new flows -> bytes in flight go out    -> every denial counted -> all events taken
 *		(stop_timeout_ms at most, then cut off)	     (log_drain)	     -> TOTALS, final
 *
 * Must not: open files, start processes, block anywhere but in the loop, believe anything that comes
 * from the workload. */
#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "netns/gateway_state.h"

#define OWN_DESCRIPTORS 64 /* what the config holds, and c-ares' sockets */
#define RETRY_MS 100

/* ---------------------------------------------------------------------------- events of the gateway */

static bool ready_fill(struct report *report, struct net_event *out)
{
	struct gateway *gw = container_of(report, struct gateway, ready);

	if (!gw->ready_due)
		return false;
	gw->ready_due = false;
	out->kind = NET_EVENT_READY;
	return true;
}

static bool limited_fill(struct report *report, struct net_event *out)
{
	struct gateway *gw = container_of(report, struct gateway, limited);

	if (!gw->limited_due)
		return false;
	gw->limited_due = false;
	out->kind = NET_EVENT_LIMITED;
	out->flow.cause = NET_CAUSE_CONNECTION_LIMIT;
	out->flow.rule = NET_NO_RULE;
	out->flow.count = 1;
	out->flow.time_ns = clock_realtime_ns();
	return true;
}

/* What the kernel dropped for want of room in the buffer (sock_diag(7), SK_MEMINFO_DROPS, 4.12).  If it
 * won't say, then not nothing: totals may not be called exact by mistake. */
static uint64_t dropped_by(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0 || len != sizeof(info))
		return 1;
	return info[SK_MEMINFO_DROPS];
}

static bool totals_fill(struct report *report, struct net_event *out)
{
	struct gateway *gw = container_of(report, struct gateway, totals_told);

	if (!gw->totals_due)
		return false;
	gw->totals_due = false;
	out->kind = NET_EVENT_TOTALS;
	out->totals = gw->totals;
	out->totals.final = gw->stop == STOP_TOTALS;
	out->totals.unread = gw->log.unmarked + dropped_by(gw->config->udp_fd) +
			     dropped_by(gw->config->dns_udp_fd);
	return true;
}

static void tell_totals(struct gateway *gw)
{
	gw->totals_due = true;
	outbox_add(&gw->outbox, &gw->totals_told);
}

void gateway_limited(struct gateway *gw)
{
	if (gw->limited_once)
		return;
	gw->limited_once = gw->limited_due = true;
	outbox_add(&gw->outbox, &gw->limited);
}

/* The loop is left, so the outbox won't run again. */
static void tell_failure(struct gateway *gw, const struct err *e)
{
	struct net_event event;

	memset(&event, 0, sizeof(event));
	event.magic = NET_EVENT_MAGIC;
	event.kind = NET_EVENT_FAILED;
	event.err = *e;
	send(gw->config->event_fd, &event, sizeof(event), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ------------------------------------------------------------------------------------- for all parts */

bool gateway_is_workload(const struct gateway *gw, const struct sockaddr_in *from)
{
	return from->sin_family == AF_INET &&
	       from->sin_addr.s_addr == gw->config->workload_address.s_addr;
}

void gateway_fail(struct gateway *gw, const char *why)
{
	if (!gw->failed)
		err_internal(&gw->failure, "the gateway: %s", why);
	gw->failed = true;
}

bool gateway_may_accept(const struct gateway *gw)
{
	return gw->stop == STOP_NO && gw->retry.place == 0;
}

void gateway_pause(struct gateway *gw)
{
	loop_set_timer(&gw->loop, &gw->retry, RETRY_MS * NS_PER_MS);
	gateway_limited(gw);
}

static void retry(struct timer *timer)
{
	struct gateway *gw = container_of(timer, struct gateway, retry);

	relay_listen(gw);
	dns_listen(gw);
}

/* -------------------------------------------------------------------------------------------- stop */

static void log_drained(struct gateway *gw)
{
	gw->log_is_drained = true;
	denials_tell(&gw->denials);
	if (gw->stop == STOP_NO)
		tell_totals(gw);
}

static void begin_stop(struct gateway *gw)
{
	if (gw->stop != STOP_NO)
		return;
	gw->stop = STOP_FLOWS;
	gw->log_is_drained = false;
	relay_stop(gw);
	udp_stop(gw);
	dns_stop(gw);
	loop_set_timer(&gw->loop, &gw->stop_timer, gw->limits.stop_timeout_ms * NS_PER_MS);
	log_drain(gw, log_drained);
}

static void cut_off(struct timer *timer)
{
	relay_cut_off(container_of(timer, struct gateway, stop_timer));
}

static void stop_step(struct gateway *gw)
{
	if (gw->stop == STOP_FLOWS && gw->totals.open_now == 0 && gw->log_is_drained)
		gw->stop = STOP_EVENTS;
	if (gw->stop == STOP_EVENTS && outbox_empty(&gw->outbox)) {
		gw->stop = STOP_TOTALS;
		tell_totals(gw);
		return;
	}
	if (gw->stop == STOP_TOTALS && outbox_empty(&gw->outbox))
		gw->finished = true;
}

static void commanded(struct watch *watch, uint32_t events)
{
	struct gateway *gw = container_of(watch, struct gateway, commands);
	struct net_command command;
	ssize_t n;

	if (events & EPOLLOUT)
		outbox_writable(&gw->outbox);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(watch->fd, &command, sizeof(command), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		gw->finished = true; /* no supervisor, nobody to tell */
	else if (n != (ssize_t)sizeof(command) || command.magic != NET_EVENT_MAGIC)
		gateway_fail(gw, "a message from the supervisor makes no sense");
	else if (command.kind == NET_COMMAND_STOP)
		begin_stop(gw);
	else if (command.kind == NET_COMMAND_TOTALS && gw->stop == STOP_NO)
		log_drain(gw, log_drained);
}

/* ------------------------------------------------------------------------------------------- start */

static void default_to(uint32_t *value, uint32_t fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void fill_limits(struct gateway_limits *l)
{
	struct rlimit files = { 1024, 1024 };
	uint64_t room;

	default_to(&l->connections, 1024);
	default_to(&l->udp_flows, 1024);
	default_to(&l->denials, 1024);
	default_to(&l->new_names, 256);
	default_to(&l->new_name_ms, 1000);
	default_to(&l->connect_timeout_ms, 10000);
	default_to(&l->resolve_timeout_ms, 10000);
	default_to(&l->hello_timeout_ms, 10000);
	default_to(&l->idle_timeout_ms, 3600000);
	default_to(&l->udp_timeout_ms, 60000);
	default_to(&l->stop_timeout_ms, 500);
	getrlimit(RLIMIT_NOFILE, &files);
	/* Two descriptors for each; a scarce number is shared out, most to TCP. */
	if (l->udp_flows > files.rlim_max / 8)
		l->udp_flows = (uint32_t)(files.rlim_max / 8);
	room = OWN_DESCRIPTORS + DNS_CLIENTS_MAX + 2 * (uint64_t)l->udp_flows;
	room = files.rlim_max > room + 2 ? (files.rlim_max - room) / 2 : 1;
	if (l->connections > room)
		l->connections = (uint32_t)room;
}

static int allocate(struct gateway *gw, struct err *e)
{
	const size_t timers = gw->limits.connections + gw->limits.udp_flows + DNS_CLIENTS_MAX + 16;
	uint64_t seed[2];

	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return err_sys(e, "getrandom");
	gw->udp.seed = seed[0];
	if (loop_init(&gw->loop, timers, e) != 0)
		return -1;
	gw->block = gw->relays.room.block = malloc(GATEWAY_BLOCK_BYTES);
	gw->dns.pool = calloc(1, sizeof(*gw->dns.pool));
	if (!gw->block || !gw->dns.pool ||
	    denials_init(&gw->denials, gw->limits.denials, seed[1], &gw->loop, &gw->outbox,
			 &gw->totals) != 0)
		return err_nomem(e);
	return 0;
}

static int prepare(struct gateway *gw, struct err *e)
{
	gw->ready.fill = ready_fill;
	gw->limited.fill = limited_fill;
	gw->totals_told.fill = totals_fill;
	gw->commands.ready = commanded;
	gw->stop_timer.fire = cut_off;
	gw->retry.fire = retry;
	fill_limits(&gw->limits);
	if (allocate(gw, e) != 0 || hostaddr_open(&gw->hostaddr, e) != 0)
		return -1;
	if (egress_mode(gw->config->egress) == NET_DENY)
		return 0; /* no name is ever let in, so none is asked for */
	return resolver_new(&gw->resolver, &gw->loop, gw->dns.pool, gw->config->dns_servers,
			    gw->limits.resolve_timeout_ms, e);
}

static int start(struct gateway *gw, struct err *e)
{
	outbox_init(&gw->outbox, &gw->loop, &gw->commands);
	if (loop_watch(&gw->loop, &gw->commands, gw->config->event_fd, EPOLLIN) != 0)
		return err_sys(e, "watch the supervisor's socket");
	if (relay_start(gw, e) != 0 || udp_start(gw, e) != 0 || dns_start(gw, e) != 0 ||
	    log_start(gw, e) != 0)
		return -1;
	gw->ready_due = true;
	outbox_add(&gw->outbox, &gw->ready);
	return 0;
}

static int serve(struct gateway *gw, struct err *e)
{
	while (!gw->finished && !gw->outbox.gone) {
		if (loop_round(&gw->loop, e) != 0)
			return -1;
		if (gw->failed) {
			*e = gw->failure;
			return -1;
		}
		if (gw->stop != STOP_NO)
			stop_step(gw);
	}
	return 0;
}

static void release(struct gateway *gw)
{
	relay_free_all(gw);
	udp_free_all(gw);
	dns_free_all(gw);
	resolver_free(gw->resolver);
	fd_close(&gw->hostaddr.fd);
	denials_release(&gw->denials);
	free(gw->dns.pool);
	free(gw->block);
	loop_release(&gw->loop);
	free(gw);
}

int gateway_run(const struct gateway_config *config, struct err *e)
{
	struct gateway *gw = calloc(1, sizeof(*gw));
	int rc = -1;

	if (!gw)
		return err_nomem(e);
	gw->config = config;
	gw->limits = config->limits;
	gw->hostaddr.fd = gw->loop.epoll_fd = -1;
	if (prepare(gw, e) == 0 && gateway_confine(config->filter, e) == 0 && start(gw, e) == 0)
		rc = serve(gw, e);
	if (rc != 0)
		tell_failure(gw, e);
	release(gw);
	return rc;
}
