/* terminal.c - save, raw, restore, reset.
 *
 * Pitfall: tcsetattr from the background sends SIGTTOU to the whole job.  Going raw, that is what should
 * happen (the shell stops us, and once continued in the foreground the call is restarted); going back,
 * the signal is blocked, or a launcher that must end would be stopped instead. */
#include "sandbox/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

#define RESET_WAIT_MS 100

/* In this order, because of the cursor: DECSC before 1049 makes that harmless where no alternate screen
 * is on (it moves the cursor to the saved place), and a new scroll region moves the cursor home.
 * Not undone: window title, palette, cursor shape, fonts; nothing shows what they were. */
static const char reset_sequence[] =
	"\030\033\\"	    /* CAN, ST: end what is unfinished */
	"\0337\033[?1049l"  /* alternate screen */
	"\0337\033[r\0338"  /* scroll region */
	"\017\033(B\033[0m" /* character set, colours */
	"\033[4;20l"	    /* insert mode, newline mode */
	"\033[?1;5;9;66l"   /* cursor keys, reverse, X10 mouse, keypad */
	"\033[?1000;1001;1002;1003;1004;1005;1006;1015;1016l" /* mouse, focus */
	"\033[?2004;2026l"				      /* bracketed paste, held screen */
	"\033[>4;0m\033[=0u" /* keyboard protocols of xterm, kitty */
	"\033>\033[?7;25h";  /* keypad; autowrap, cursor visible */

void terminal_init(struct terminal *t, const struct plan *plan)
{
	*t = (struct terminal){ .input = -1, .size = -1 };
	if (plan->stdin_from.terminal)
		t->input = t->size = 0;
	else if (plan->stdout_to.terminal)
		t->size = 1;
	else if (plan->stderr_to.terminal)
		t->size = 2;
}

int terminal_resize(const struct terminal *t, int master)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	/* A terminal that has just hung up tells none; its end is noticed elsewhere. */
	if (t->size >= 0 && ioctl(t->size, TIOCGWINSZ, &size) != 0)
		return 0;
	return ioctl(master, TIOCSWINSZ, &size);
}

int terminal_settings(const struct terminal *t, int master, struct err *e)
{
	bool known = false;
	struct termios now;

	if (t->input >= 0)
		known = tcgetattr(t->input, &now) == 0;
	if (!known && tcgetattr(master, &now) != 0)
		return err_sys(e, "ask for the terminal's settings");
	if (!known)
		now.c_iflag |= IUTF8;
	if (tcsetattr(master, TCSANOW, &now) != 0 || terminal_resize(t, master) != 0)
		return err_sys(e, "set up the terminal");
	return 0;
}

/* A terminal that is not our session's has no foreground for us: then nobody stops us either. */
bool terminal_foreground(const struct terminal *t)
{
	pid_t group = tcgetpgrp(t->input);

	return group < 0 || group == getpgrp();
}

bool terminal_enter(struct terminal *t)
{
	struct termios raw;

	if (t->raw || t->input < 0)
		return true;
	if (!terminal_foreground(t))
		return false;
	if (tcgetattr(t->input, &t->saved) != 0)
		return true; /* it has hung up: reading will tell */
	raw = t->saved;
	cfmakeraw(&raw);
	/* What was typed before stays in the queue: TCSANOW, not TCSAFLUSH. */
	if (tcsetattr(t->input, TCSANOW, &raw) == 0 && tcgetattr(t->input, &t->ours) == 0)
		t->raw = true;
	return true;
}

/* Member by member: nobody writes the padding in between. */
static bool still_ours(const struct terminal *t)
{
	const struct termios *ours = &t->ours;
	struct termios now;

	return tcgetattr(t->input, &now) == 0 && now.c_iflag == ours->c_iflag &&
	       now.c_oflag == ours->c_oflag && now.c_cflag == ours->c_cflag &&
	       now.c_lflag == ours->c_lflag && memcmp(now.c_cc, ours->c_cc, sizeof(now.c_cc)) == 0;
}

void terminal_leave(struct terminal *t)
{
	sigset_t ttou, before;

	if (!t->raw)
		return;
	t->raw = false;
	/* Stopped by SIGSTOP and ended from there: the shell has its own settings in force. */
	if (!terminal_foreground(t) && !still_ours(t))
		return;
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &before);
	(void)tcsetattr(t->input, TCSANOW, &t->saved);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void terminal_stop(struct terminal *t)
{
	sigset_t tstp, before;

	terminal_leave(t);
	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	/* The default action, so that the shell sees an ordinary ^Z; where nobody could continue us (an
	 * orphaned process group) the kernel ignores it. */
	kill(getpid(), SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &tstp, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void terminal_continued(struct terminal *t)
{
	if (t->raw && !still_ours(t))
		t->raw = false;
}

void terminal_reset(int n)
{
	autofd int own = fd_reopen(n, O_WRONLY | O_NONBLOCK | O_NOCTTY);
	struct pollfd out = { .fd = own >= 0 ? own : n, .events = POLLOUT };

	if (poll(&out, 1, RESET_WAIT_MS) == 1 && (out.revents & POLLOUT))
		(void)!write(out.fd, reset_sequence, sizeof(reset_sequence) - 1);
}
