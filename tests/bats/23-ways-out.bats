#!/usr/bin/env bats
# What a caller may hand in without noticing that it is a way out, or a way to stop the launcher.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

@test "--stdin and --stdout take no FIFO, because it could make the launcher wait past the deadline" {
	for who in $users; do
		rm -f "$top/$who/fifo"
		mkfifo "$top/$who/fifo"
		chmod 666 "$top/$who/fifo"
		for option in stdin stdout stderr; do
			seconds=5 run -125 sandbox --wall-time 1 "--$option" "$top/$who/fifo" -- true
			[[ $output = *"no regular file"* ]]
		done
	done
}

@test "a reader that stops reading can't delay the deadline" {
	for who in $users; do
		mkfifo "$top/$who/stuck"
		exec 9<>"$top/$who/stuck"
		seconds=5 run -124 sandbox --wall-time 1 -- sh -c 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxx; done' >&9
		exec 9>&-
		[ "$(field .reason)" = deadline ]
	done
}

@test "--pass-fd takes neither unix sockets nor files, devices and pidfds" {
	for who in $users; do
		run -0 as "$who" python3 - "$enclave" <<'P'
import os, socket, subprocess, sys
def status(fd):
    os.set_inheritable(fd, True)
    return subprocess.run([sys.argv[1], '-q', '--pass-fd', str(fd), '--', 'true'],
                          close_fds=False, stderr=subprocess.DEVNULL).returncode
pair = socket.socketpair()
refused = {'datagram': socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).fileno(), 'pair': pair[0].fileno(),
           'udp': socket.socket(socket.AF_INET, socket.SOCK_DGRAM).fileno(), 'file': os.open('/etc/passwd', 0),
           'directory': os.open('/', 0), 'device': os.open('/dev/null', 0), 'pidfd': os.pidfd_open(os.getpid())}
for what, fd in refused.items():
    assert status(fd) == 125, what
assert status(os.pipe()[0]) == 0
P
	done
}

@test "a set-id file below --rw is refused as root: it could be rewritten with its bit" {
	need_root
	who=root
	mkdir -p "$top/root/tree/deep"
	cp /bin/true "$top/root/tree/deep/tool"
	chmod 4755 "$top/root/tree/deep/tool"
	run -125 sandbox --rw "$top/root/tree:/out" -- true
	[[ $output = *deep/tool* ]]
	chmod 755 "$top/root/tree/deep/tool"
	run -0 sandbox --rw "$top/root/tree:/out" -- true
}

@test "names with space, backslash and newline are mounted and read back" {
	for who in $users; do
		name=$'a b\\c\nd'
		as "$who" mkdir -p "$top/$who/$name"
		run -0 sandbox --rw "$top/$who/$name:/o $name" -- touch "/o $name/x"
		[ -e "$top/$who/$name/x" ]
	done
}

@test "a forged SIGSYS blames no system call" {
	for who in $users; do
		# shellcheck disable=SC2016 # expanded inside
		run sandbox -- sh -c 'mount -t tmpfs x /tmp 2>/dev/null; kill -SYS $$'
		verdict seccomp 159
		[ "$(field .certainty)" = inferred ]
		[[ $output != *"system call mount"* ]]
	done
}

@test "no mount honours set-user-id bits, and the devices are not executable" {
	for who in $users; do
		run -0 sandbox -- cat /proc/self/mountinfo
		[ -z "$(awk '$6 !~ /nosuid/' <<<"$output")" ]
		[ -z "$(awk '$5 ~ "^/dev/(null|zero)" && $6 !~ /noexec/' <<<"$output")" ]
	done
}

@test "window changes and other harmless signals during set-up do not stop a run" {
	for who in $users; do
		run -0 as "$who" python3 - "$enclave" <<'P'
import signal, subprocess, sys
for i in range(20):
    p = subprocess.Popen([sys.argv[1], '--', 'true'], preexec_fn=lambda: signal.pthread_sigmask(
        signal.SIG_BLOCK, [signal.SIGWINCH, signal.SIGUSR1]))
    for _ in range(40):
        if p.poll() is not None:
            break
        p.send_signal(signal.SIGWINCH)
    assert p.wait() == 0, i
P
	done
}
