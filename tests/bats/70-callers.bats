#!/usr/bin/env bats
# Callers in odd states: closed streams, ignored signals, strange directories, limits and priorities.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup descriptors
}

teardown_file() {
	enclave_teardown
}

# shell SCRIPT - run by a shell of the caller, the launcher is "$0"
shell() {
	as "$who" timeout -k 2 20 bash -c "$1" "$enclave"
}

@test "closed stdin, stdout or stderr of the caller: the workload has /dev/null there" {
	for who in $users; do
		run -0 shell '"$0" -- sh -c "wc -c" <&-'
		[ "$output" -eq 0 ]
		run -5 shell '"$0" -- sh -c "echo lost; echo kept >&2; exit 5" >&-'
		[ "$output" = kept ]
		run -5 shell '"$0" -- sh -c "echo kept; echo lost >&2; exit 5" 2>&-'
		[ "$output" = kept ]
		run -5 shell '"$0" -- sh -c "echo lost; exit 5" <&- >&- 2>&-'
		[ -z "$output" ]
	done
}

@test "with all streams closed no descriptor of the launcher slips into 0, 1 or 2" {
	for who in $users; do
		: >"$top/$who/found"
		chmod 666 "$top/$who/found"
		run -0 shell '"$0" --ro '"$top/probes:/probes"' --stdout '"$top/$who/found"' -- /probes/descriptors <&- >&- 2>&-'
		[ "$(grep -c '^open' "$top/$who/found")" = 3 ]
		grep -q '^type 0 char' "$top/$who/found"
		[ "$(grep -c '^reopen . OK' "$top/$who/found")" -le 3 ]
	done
}

@test "a record is written also when the caller has no streams" {
	for who in $users; do
		rm -f "$top/$who/record.json"
		run -0 shell '"$0" --record '"$top/$who/record.json"' -- true <&- >&- 2>&-'
		[ "$(field .reason)" = exit ]
	done
}

@test "a caller that ignores INT, QUIT, TERM and PIPE can still cancel, and the workload starts with defaults" {
	for who in $users; do
		run -0 shell 'trap "" INT QUIT TERM PIPE; "$0" -- sh -c "grep SigIgn /proc/self/status"'
		[[ $output = *0000000000000000* ]]
		# bash ignores INT for what it starts in the background: exactly that case
		start -- sleep 60
		started
		kill -INT $launcher
		status=0
		wait $launcher || status=$?
		verdict cancelled 130
	done
}

@test "a caller that ignores CHLD, as some daemons do" {
	need python3
	for who in $users; do
		run -4 as "$who" timeout -k 2 5 /usr/bin/python3 -c '
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$enclave" -- sh -c 'true; exit 4'
	done
}

@test "a caller that blocks all signals" {
	need python3
	for who in $users; do
		run -0 as "$who" timeout 20 /usr/bin/python3 -c '
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); os.execv(sys.argv[1], sys.argv[1:])' "$enclave" -- sh -c 'grep -E "SigBlk|ShdPnd" /proc/self/status; kill -TERM $$ & wait; echo no' || :
		[[ $output != *no ]] || [ "$status" = 0 ]
		[ "$(grep -c 0000000000000000 <<<"$output")" = 2 ]
	done
}

@test "a child that the caller had before the launcher's exec does not confuse it" {
	for who in $users; do
		run -3 shell 'sleep 0.3 & exec "$0" -- sh -c "sleep 0.6; exit 3"'
		run -3 shell 'sleep 3 >/dev/null 2>&1 & exec "$0" -- sh -c "exit 3"'
	done
}

@test "umask, nice and working directory of the caller stay outside" {
	for who in $users; do
		run -0 shell 'umask 000; cd /; nice -n 7 "$0" -- sh -c "umask; pwd"'
		[ "$output" = $'0022\n/home/sandbox' ]
	done
}

@test "a caller in a directory that was removed or may not be entered" {
	local enclave=$bare # a script would have its own difficulties
	for who in $users; do
		run -0 shell 'd=$(mktemp -d) && cd "$d" && rmdir "$d" && "$0" -- pwd'
		[ "$output" = /home/sandbox ]
		run -125 shell 'd=$(mktemp -d) && cd "$d" && rmdir "$d" && "$0" --ro file:/x -- pwd'
		[[ $output = *enclave-run:* ]]
	done
	[ "$EUID" != 0 ] || {
		mkdir -m 700 "$top/forbidden"
		cd "$top/forbidden"
		who=user
		run -0 shell '"$0" -- pwd'
		cd "$top"
		rmdir "$top/forbidden"
	}
}

@test "low limits of the caller: few descriptors, small stack, no core, file size" {
	local enclave=$bare
	for who in $users; do
		run -0 shell 'ulimit -n 64; ulimit -s 512; ulimit -c 0; "$0" -- echo fine'
		[ "$output" = fine ]
		run -0 shell 'ulimit -f 1000; "$0" -- sh -c "ulimit -f"'
		[ "$output" -le 2000 ] # in blocks of 512
		run shell 'ulimit -n 8; "$0" -- echo fine'
		[ "$status" = 0 ] || [[ $status = 125 && $output = enclave-run:* ]]
	done
}

@test "an empty environment, and one with broken entries" {
	for who in $users; do
		run -0 as "$who" env -i "$enclave" -- echo fine
		[ "$output" = fine ]
		run -0 as "$who" /usr/bin/python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None); argv = [a.encode() for a in sys.argv[1:]]
A = ctypes.c_char_p * (len(argv) + 1); E = ctypes.c_char_p * 5
libc.execve(argv[0], A(*argv, None), E(b"NOEQUALS", b"=x", b"A=1", b"A=2", None))' "$enclave" --keep-env 'A*' -- env
		[[ $output = *A=[12]* ]]
		[[ $output != *NOEQUALS* ]]
	done
}

@test "a launcher without argv[0] refuses or works, but does not crash" {
	need python3
	for who in $users; do
		run as "$who" /usr/bin/python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None); A = ctypes.c_char_p * 1
libc.execve(sys.argv[1].encode(), A(None), A(None))' "$enclave"
		[ "$status" = 125 ]
	done
}

@test "the variables that steer libraries and shells don't reach the inside" {
	for who in $users; do
		run -0 as "$who" env LD_LIBRARY_PATH=/evil BASH_ENV=/evil PYTHONPATH=/evil IFS=x PS4=evil ENV=/evil "$enclave" -- env
		[[ $output != *evil* ]]
	done
}

@test "an ordinary user with supplementary groups works, and the record is honest about them" {
	need_root
	who=user
	rm -f "$top/user/record.json"
	run -0 setpriv --reuid "$user_uid" --regid "$user_gid" --groups "$user_gid,1,4242" -- \
		"$enclave" --record "$top/user/record.json" -- sh -c 'id -G'
	[ "$(field '.walls["no-groups"].state')" = absent ]
	run -125 setpriv --reuid "$user_uid" --regid "$user_gid" --groups "$user_gid,1,4242" -- \
		"$enclave" --require no-groups -- true
	[[ $output = enclave-run:*group* ]]
}

@test "root without its capabilities is handled as an ordinary user or refused, never half" {
	need_root
	who=root
	run setpriv --bounding-set -all --inh-caps -all -- "$enclave" --record "$top/root/record.json" -- \
		sh -c 'grep CapEff /proc/self/status'
	[ "$status" = 125 ] || { [[ $output = *0000000000000000* ]]; [ "$(field .host.user)" = rootless ]; }
	run setpriv --no-new-privs -- "$enclave" -- echo fine
	[ "$output" = fine ]
}

@test "a sandbox inside a sandbox is refused with a reason" {
	for who in $users; do
		run sandbox --ro "$bare:/enclave-run" -- /enclave-run -- echo nested
		[ "$status" = 125 ]
		[[ $output = enclave-run:* ]]
		[[ $output != *nested* ]]
	done
}

@test "the launcher in the background of a script, with its stdin at the terminal's mercy" {
	for who in $users; do
		run -0 shell '"$0" -- sh -c "cat; exit 3" & wait $!; echo "status $?"'
		[ "$output" = "status 3" ]
	done
}

@test "a slow reader gets everything" {
	for who in $users; do
		sandbox -- sh -c 'seq 100000' | { sleep 1; wc -l; } >"$top/count"
		[ "$(cat "$top/count")" -eq 100000 ]
	done
}

@test "output that goes to a full device does not hang the run" {
	for who in $users; do
		run sandbox -- sh -c 'seq 100000; echo end >&2' >/dev/full
		[ "$status" != 124 ]
	done
}

@test "output that can't be written is told, input that can't be read ends the run" {
	for who in $users; do
		sandbox -- sh -c 'seq 100000' >/dev/full || :
		[[ $(field .warnings) = *"stdout could not be written (ENOSPC): the rest of it is lost"* ]]
		# a regular file whose first byte can't be read: the workload must not take that for its end
		run -125 sandbox --stdin /proc/self/mem -- cat
		[[ $output = "enclave-run: relay the streams of the workload; the run was killed:"*EIO* ]]
		[ "$(field .reason)/$(field .error.stage)" = setup/supervise ]
	done
}
