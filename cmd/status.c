/* status.c - one event, one line, one write. */
#include "cmd/status.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
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

int status_event(int fd, enum session_event event, const struct outcome *o, struct err *e)
{
	static const char *const names[] = {
		[SESSION_CREATED] = "created",
		[SESSION_STARTED] = "started",
		[SESSION_ENDED] = "ended",
	};
	json_t *line;

	if (fd < 0)
		return 0;
	line = head(names[event], o);
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
