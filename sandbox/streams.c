/* streams.c - copy the workload's streams without ever blocking. */
#include "sandbox/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

void streams_init(struct streams *s)
{
	*s = (struct streams){ .workload_ends = { -1, -1, -1 },
			       .tty_slave = -1,
			       .terminal = { .input = -1, .size = -1 } };
	for (int i = 0; i < 3; i++)
		s->relay[i].from = s->relay[i].to = -1;
}

bool streams_is_pipe(const struct streams *s, int n)
{
	if (s->tty && n < 2)
		return false;
	return n > 0 ? s->relay[n].from >= 0 : s->relay[0].to >= 0;
}

void streams_started(struct streams *s)
{
	for (int i = 0; i < 3; i++)
		fd_close(&s->workload_ends[i]);
}

static void relay_close(struct relay *r)
{
	fd_close(&r->from);
	fd_close(&r->to);
	r->len = 0;
}

int streams_take_tty(struct streams *s, int take_master, int take_slave, struct err *e)
{
	int flags = fcntl(take_master, F_GETFL);

	s->tty_slave = take_slave;
	s->relay[1].from = take_master;
	s->relay[0].to = fcntl(take_master, F_DUPFD_CLOEXEC, 3);
	if (flags < 0 || fcntl(take_master, F_SETFL, flags | O_NONBLOCK) != 0 || s->relay[0].to < 0)
		return err_sys(e, "copy to and from the terminal");
	if (terminal_settings(&s->terminal, take_master, e) != 0)
		return -1;
	terminal_enter(&s->terminal);
	return 0;
}

bool streams_take_signal(struct streams *s, int sig)
{
	if (!s->tty || (sig != SIGWINCH && sig != SIGTSTP && sig != SIGCONT))
		return false;
	if (sig == SIGTSTP)
		terminal_stop(&s->terminal);
	else if (sig == SIGCONT)
		terminal_continued(&s->terminal);
	/* The size may have changed while we were stopped. */
	if (s->relay[0].to >= 0)
		(void)terminal_resize(&s->terminal, s->relay[0].to);
	return true;
}

/* A background job that reads its terminal is stopped, and what is typed is not for it anyway. */
static bool may_read_input(struct streams *s)
{
	if (s->terminal.input < 0)
		return true;
	return s->tty ? terminal_enter(&s->terminal) : terminal_foreground(&s->terminal);
}

void streams_poll(struct streams *s, struct pollfd *fds)
{
	for (int i = 0; i < 3; i++) {
		const struct relay *r = &s->relay[i];

		fds[i] = (struct pollfd){ .fd = -1 };
		if (r->len > 0)
			fds[i] = (struct pollfd){ .fd = r->to, .events = POLLOUT };
		else if (r->from >= 0 && (i > 0 || may_read_input(s)))
			fds[i] = (struct pollfd){ .fd = r->from, .events = POLLIN };
	}
}

/* At the limit one more byte is asked for: only its presence says that the limit was exceeded. */
static size_t relay_room(const struct streams *s, const struct relay *r)
{
	if (!r->counted || s->output_left == LIMIT_NONE || s->output_left >= RELAY_BUFFER_BYTES)
		return RELAY_BUFFER_BYTES;
	return s->output_left > 0 ? (size_t)s->output_left : 1;
}

/* The caller's input is at its end.  A terminal has no end but the key for it: once for what stands in an
 * unfinished line, once for the end itself (termios(3), VEOF). */
static void type_end(struct relay *r)
{
	struct termios now;
	bool known = tcgetattr(r->to, &now) == 0;
	char key = 4;

	fd_close(&r->from);
	if (r->to < 0)
		return;
	if (known)
		key = (char)now.c_cc[VEOF];
	r->buf[0] = r->buf[1] = key;
	r->off = 0;
	r->len = known && (now.c_lflag & ICANON) && r->line_open ? 2 : 1;
}

static void relay_lose(struct streams *s, struct relay *r, int errnum)
{
	s->lost = errnum;
	relay_close(r);
}

/* A pipe of ours has no errors, and a file no end before its last byte; a socket whose other side is gone and
 * a terminal that hangs up do say so by one, but ours does not while we have its other side open too. */
static bool is_ours_to_read(const struct streams *s, const struct relay *r)
{
	if (r == &s->relay[0])
		return r->regular_from;
	return !s->tty || r != &s->relay[1] || s->tty_slave >= 0;
}

static void relay_read(struct streams *s, struct relay *r)
{
	ssize_t n;

	if (!r->buf)
		r->buf = malloc(RELAY_BUFFER_BYTES + 1);
	if (!r->buf) { /* analyzer-ok: the relay has it */
		relay_lose(s, r, ENOMEM);
		return;
	}
	n = read(r->from, r->buf + r->strip, relay_room(s, r));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && is_ours_to_read(s, r)) {
		relay_lose(s, r, errno);
		return;
	}
	if (n <= 0) {
		if (s->tty && r == &s->relay[0])
			type_end(r);
		else
			relay_close(r);
		return;
	}
	if (r->counted && s->output_left == 0) {
		s->output_over = true;
		relay_close(r);
		return;
	}
	if (r->counted && s->output_left != LIMIT_NONE)
		s->output_left -= (uint64_t)n;
	r->off = 0;
	r->len = r->strip ? escapes_strip(&r->escapes, r->buf + 1, (size_t)n, r->buf) : (size_t)n;
	if (r->to_terminal && !r->disturbed && escapes_present(r->buf, r->len))
		r->disturbed = true;
	r->line_open = r->len > 0 && r->buf[r->len - 1] != '\n';
}

static void relay_write(struct streams *s, struct relay *r)
{
	const char *at = r->buf + r->off;
	ssize_t n;

	if (r->how == RELAY_SOCKET)
		n = send(r->to, at, r->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = write(r->to, at,
			  r->how == RELAY_CAREFUL && r->len > PIPE_BUF ? PIPE_BUF : r->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && r == &s->relay[0] && !s->tty && errno != EPIPE) {
		relay_lose(s, r, errno);
		return;
	}
	if (n < 0) { /* the workload gets EPIPE in turn */
		if (errno != EPIPE && errno != ECONNRESET && !r->to_terminal)
			r->refused = errno;
		relay_close(r);
		return;
	}
	r->off += (size_t)n;
	r->len -= (size_t)n;
	r->bytes += (uint64_t)n;
}

static void relay_step(struct streams *s, struct relay *r, const struct pollfd *fd)
{
	if (fd->fd < 0 || !fd->revents)
		return;
	if (r->len == 0)
		relay_read(s, r);
	/* Try at once what was just read; a careful descriptor waits for its own POLLOUT. */
	if (r->len > 0 && (r->how != RELAY_CAREFUL || (fd->events & POLLOUT)))
		relay_write(s, r);
}

void streams_step(struct streams *s, const struct pollfd *fds)
{
	for (int i = 0; i < 3; i++)
		relay_step(s, &s->relay[i], &fds[i]);
	/* Nobody takes its output any more: to the workload its terminal is gone. */
	if (s->tty && s->relay[1].from < 0)
		streams_stop_input(s);
}

bool streams_output_done(const struct streams *s)
{
	return s->relay[1].from < 0 && s->relay[2].from < 0;
}

void streams_stop_input(struct streams *s)
{
	relay_close(&s->relay[0]);
	fd_close(&s->tty_slave);
}

uint64_t streams_bytes(const struct streams *s, int n)
{
	return s->relay[n].passed ? UINT64_MAX : s->relay[n].bytes;
}

void streams_release(struct streams *s)
{
	streams_started(s);
	streams_stop_input(s);
	terminal_leave(&s->terminal);
	for (int i = 0; i < 3; i++) {
		relay_close(&s->relay[i]);
		free(s->relay[i].buf);
		s->relay[i].buf = NULL;
		if (s->relay[i].disturbed)
			terminal_reset(i);
		s->relay[i].disturbed = false;
	}
}
