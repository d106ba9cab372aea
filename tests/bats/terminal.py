#!/usr/bin/python3
"""terminal.py ACTION... -- COMMAND... - run a command on a terminal, as a shell with job control would.

A terminal of 31 rows and 97 columns; the command is a job of its own in the foreground.  Actions, in order:
  expect:TEXT   wait until TEXT was printed (behind what the last expect found)
  send:TEXT     type it; \\x03 and the like are understood
  size:RxC      change the window
  signal:NAME   send SIGNAME to the command
  raw, cooked   wait until the terminal is in that state
  stopped       wait until the command is stopped; the terminal then belongs to the shell
  fg, bg        SIGCONT, with or without giving it the terminal
  first:bg      before the start: do not give it the terminal
  silence       nothing is printed for 0.3 s
  hangup        the terminal goes away
  stderr:PATH, stdout:PATH, stdin:PATH   redirections
  strange:FLAG  before the start: noecho, or erase (the key is ^H)
What was printed goes to standard output without \\r, then lines beginning with `== `.  Every wait ends after
15 seconds; then the last line says what was missing.  Exit status 0 unless that happened."""
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 15


def shell(slave, command, redirects, first_bg, orders, reports):
    """The session leader: starts the job, tells how it stops and ends, moves it to and fro."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        if not first_bg:
            os.tcsetpgrp(slave, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        for fd in range(3):
            if fd in redirects:
                flags = os.O_RDONLY if fd == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                os.dup2(os.open(redirects[fd], flags, 0o644), fd)
            else:
                os.dup2(slave, fd)
        os.closerange(3, 64)
        os.execvp(command[0], command)
    os.write(reports, b"pid %d\n" % job)
    while True:
        pid, status = os.waitpid(job, os.WUNTRACED | os.WNOHANG)
        if pid and os.WIFSTOPPED(status):
            os.tcsetpgrp(slave, os.getpgrp())
            os.write(reports, b"stopped %d\n" % os.WSTOPSIG(status))
        elif pid:
            os.write(reports, b"status %d\n" % os.waitstatus_to_exitcode(status))
            os._exit(0)
        if select.select([orders], [], [], 0.01)[0]:
            order = os.read(orders, 1)
            if order == b"f":
                os.tcsetpgrp(slave, job)
            os.killpg(job, signal.SIGCONT)


class Terminal:
    def __init__(self):
        self.master, self.slave = os.openpty()
        self.out, self.at, self.lines = b"", 0, []
        self.job, self.status, self.ended = None, None, False
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))

    def start(self, command, redirects, first_bg):
        self.before = termios.tcgetattr(self.slave)
        orders, self.orders = os.pipe()
        self.reports, reports = os.pipe()
        if os.fork() == 0:
            os.close(self.master)
            shell(self.slave, command, redirects, first_bg, orders, reports)
        os.close(reports)

    def turn(self, wait=0.02):
        fds = [fd for fd in (self.master, self.reports) if fd >= 0]
        ready = select.select(fds, [], [], wait)[0]
        if self.master in ready:
            self.out += os.read(self.master, 65536)
        if self.reports in ready:
            told = os.read(self.reports, 4096).decode()
            if not told:  # the shell died with the terminal
                self.reports, self.ended = -1, True
            for line in told.splitlines():
                word, value = line.split()
                if word == "pid":
                    self.job = int(value)
                elif word == "status":
                    self.status, self.ended = int(value), True
                else:
                    self.lines.append(f"stopped by {signal.Signals(int(value)).name}")

    def until(self, what, done):
        end = time.monotonic() + LIMIT
        while not done():
            if time.monotonic() > end:
                self.report()
                print(f"== never came: {what}")
                if self.job and not self.ended:
                    os.kill(self.job, signal.SIGKILL)
                sys.exit(1)
            self.turn()

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def found(self, text):
        where = self.out.find(text, self.at)
        if where >= 0:
            self.at = where + len(text)
        return where >= 0

    def act(self, action):
        word, _, value = action.partition(":")
        value = value.encode().decode("unicode_escape").encode("latin-1")
        if word == "expect":
            self.until(action, lambda: self.found(value))
        elif word == "send":
            os.write(self.master, value)
        elif word == "size":
            rows, columns = map(int, value.split(b"x"))
            fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        elif word == "signal":
            self.until("the start", lambda: self.job)
            os.kill(self.job, signal.Signals["SIG" + value.decode()])
        elif word == "raw":
            self.until(action, self.is_raw)
        elif word == "cooked":
            self.until(action, lambda: not self.is_raw())
        elif word == "stopped":
            count = len(self.lines)
            self.until(action, lambda: len(self.lines) > count)
        elif word in ("fg", "bg"):
            os.write(self.orders, word[:1].encode())
        elif word == "silence":
            size, end = len(self.out), time.monotonic() + 0.3
            while time.monotonic() < end:
                self.turn()
            self.lines.append("silence" if len(self.out) == size else "noise")
        elif word == "hangup":
            os.close(self.slave)
            os.close(self.master)
            self.master = self.slave = -1
        else:
            sys.exit(f"terminal.py: no action {action}")

    def finish(self):
        self.until("the end", lambda: self.ended)
        if self.master < 0:
            self.report()
            return
        size = -1
        while size != len(self.out):
            size = len(self.out)
            self.turn(0.05)
        same = termios.tcgetattr(self.slave) == self.before
        self.lines.append("settings " + ("restored" if same else "CHANGED"))
        self.report()

    def report(self):
        sys.stdout.flush()
        sys.stdout.buffer.write(self.out.replace(b"\r", b""))
        for line in self.lines:
            sys.stdout.buffer.write(f"\n== {line}".encode())
        sys.stdout.buffer.write(f"\n== status {self.status}\n".encode())
        sys.stdout.flush()


def strange(fd, flag):
    now = termios.tcgetattr(fd)
    if flag == "noecho":
        now[3] &= ~termios.ECHO
    else:
        now[6][termios.VERASE] = b"\b"
    termios.tcsetattr(fd, termios.TCSANOW, now)


def main():
    cut = sys.argv.index("--")
    terminal, redirects, first_bg, actions = Terminal(), {}, False, []
    for action in sys.argv[1:cut]:
        word, _, value = action.partition(":")
        if word in ("stdin", "stdout", "stderr"):
            redirects[["stdin", "stdout", "stderr"].index(word)] = value
        elif word == "first":
            first_bg = True
        elif word == "strange":
            strange(terminal.slave, value)
        else:
            actions.append(action)
    terminal.start(sys.argv[cut + 1:], redirects, first_bg)
    for action in actions:
        terminal.act(action)
    terminal.finish()


main()
