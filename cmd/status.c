/* status.c - one event, one line, one write. */
#include "cmd/status.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cmd/egress_text.h"
#include "cmd/json.h"
#include "cmd/report.h"

static int send_line(int fd, json_t *take_line, struct err *e)
{
	autofree char *line = take_line ? json_line(take_line) : NULL;

	json_decref(take_line);
	if (!line)
		return err_nomem(e);
	if (report_bytes(fd, line, strlen(line)) != 0)
		return err_sys(e, "write to --status-fd %d", fd);
	return 0;
}

static json_t *head(const char *event, const struct outcome *o)
{
	json_t *line = json_object();

	json_object_set_new(line, "event", json_string(event));
	json_object_set_new(line, "session", json_bytes(o->session));
	json_object_set_new(line, "time", json_time(clock_realtime_ns()));
	json_object_set_new(line, "pid", json_integer(o->supervisor_pid));
	return line;
}

static void put_verdict(json_t *line, const struct verdict *v)
{
	json_object_set_new(line, "status", json_string(run_status_word(v->status)));
	json_object_set_new(line, "reason", json_string(reason_word(v->reason)));
	json_object_set_new(line, "exit_code",
			    v->exit_code >= 0 ? json_integer(v->exit_code) : json_null());
	json_object_set_new(line, "signal", v->signal ? json_integer(v->signal) : json_null());
	json_object_set_new(line, "exit_status", json_integer(v->exit_status));
}

/* Denials come as often as the workload likes: a reader that does not read may not hold the run up.  A
 * pipe that is ready takes PIPE_BUF bytes, more than such a line has; the record has them all. */
static bool has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

int status_event(const struct policy *policy, enum session_event event, const struct outcome *o,
		 struct err *e)
{
	static const char *const names[] = {
		[SESSION_CREATED] = "created",
		[SESSION_STARTED] = "started",
		[SESSION_DENIED] = "denied",
		[SESSION_ENDED] = "ended",
	};
	const int fd = policy->status_fd;
	json_t *line;

	if (fd < 0 || (event == SESSION_DENIED && !has_room(fd)))
		return 0;
	line = head(names[event], o);
	if (event == SESSION_DENIED)
		json_object_update_missing_new(line, egress_denial_json(policy, o->egress->latest));
	if (event == SESSION_ENDED)
		put_verdict(line, &o->verdict);
	return send_line(fd, line, e);
}

int status_refused(int fd, const struct err *why, struct err *e)
{
	json_t *line;

	if (fd < 0)
		return 0;
	line = json_object();
	json_object_set_new(line, "event", json_string("refused"));
	json_object_set_new(line, "time", json_time(clock_realtime_ns()));
	json_object_set_new(line, "message", json_bytes(why->msg));
	return send_line(fd, line, e);
}
