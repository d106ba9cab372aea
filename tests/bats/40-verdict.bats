#!/usr/bin/env bats
# How a run ended: exit status of the launcher, status and reason in the record.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

@test "the workload's exit code is the launcher's" {
	for who in $users; do
		for code in 0 1 42 124 125 126 127 128 137 143 255; do
			run -"$code" sandbox -- sh -c "exit $code"
			verdict exit $code
			[ "$(field '"\(.exit_code) \(.status) \(.certainty)"')" = "$code exited exact" ]
		done
	done
}

@test "a signal that ends the workload is 128+N and reason signal" {
	for who in $users; do
		for signal in 1 2 3 6 9 11 13 14 15 24 34 64; do
			run sandbox -- sh -c "ulimit -c 0; kill -$signal \$\$; sleep 5"
			verdict signal $((128 + signal))
			[ "$(field '"\(.exit_code) \(.signal) \(.status)"')" = "null $signal signaled" ]
		done
	done
}

@test "exit 137 by itself is not a kill, and a kill by itself is not a quota" {
	for who in $users; do
		run sandbox -- sh -c 'exit 137'
		verdict exit 137
		run sandbox -- sh -c 'kill -9 $$'
		verdict signal 137
		[ "$(field .evidence.oom_kills)" = 0 ]
	done
}

@test "SIGSYS and SIGXFSZ sent by the workload itself look like a quota: the verdict says inferred" {
	for who in $users; do
		run sandbox -- sh -c 'kill -31 $$'
		[ "$status" = 159 ]
		[ "$(field .certainty)" = inferred ] || [ "$(field .reason)" = signal ]
		run sandbox -- sh -c 'kill -25 $$'
		[ "$status" = 153 ]
		[ "$(field .certainty)" = inferred ] || [ "$(field .reason)" = signal ]
	done
}

@test "a command that does not exist is 127, one that can't be executed 126, both exec-failed" {
	for who in $users; do
		run -127 sandbox -- no-such-command-here
		verdict exec-failed 127
		[[ $output = enclave-run:*no-such-command-here* ]]
		[ "$(wc -l <<<"$output")" = 1 ]
		run -127 sandbox -- /no/such/path
		verdict exec-failed 127
		run sandbox -- /etc/passwd
		verdict exec-failed 126
		run sandbox -- /usr
		verdict exec-failed 126
		[ "$(field .phase)" != run ] || [ "$(field .exit_code)" = null ]
	done
}

@test "a text file without #! is 126: no shell guesses" {
	for who in $users; do
		mkdir -p "$top/$who/bin"
		echo 'echo guessed' >"$top/$who/bin/plain"
		printf '#!/no/such/interpreter\n' >"$top/$who/bin/orphan"
		printf '#!/bin/sh\necho script "$@"\n' >"$top/$who/bin/script"
		printf '\177ELFgarbage' >"$top/$who/bin/garbage"
		chmod 755 "$top/$who/bin/"*
		run sandbox --ro "$top/$who/bin:/b" -- /b/plain
		verdict exec-failed 126
		[[ $output != *guessed* ]]
		run sandbox --ro "$top/$who/bin:/b" -- /b/garbage
		verdict exec-failed 126
		run -127 sandbox --ro "$top/$who/bin:/b" -- /b/orphan
		[ "$(field .reason)" = exec-failed ]
		run -0 sandbox --ro "$top/$who/bin:/b" -- /b/script 1 2
		[ "$output" = "script 1 2" ]
		chmod 644 "$top/$who/bin/script"
		run sandbox --ro "$top/$who/bin:/b" -- /b/script
		verdict exec-failed 126
	done
}

@test "a program that itself exits 127 or 126 is not exec-failed" {
	for who in $users; do
		run -127 sandbox -- sh -c 'no-such-thing'
		verdict exit 127
	done
}

@test "a run that can't be set up is 125, with a record that names the stage" {
	for who in $users; do
		run sandbox --chdir /no/such/dir -- true
		verdict setup 125
		[[ $(field .status) = refused || $(field .status) = failed ]]
		[ "$(field .error.stage)" != null ]
		[ "$(field .error.message)" != null ]
		[ "$(field .exit_code)" = null ]
		run sandbox --ro /no/such/source:/x -- true
		verdict setup 125
		nothing_left
	done
}

# cancel SIGNAL COMMAND... - start a run in the background, signal the launcher when the workload runs
cancel() {
	local signal=$1
	shift
	start "$@" >"$top/$who/out" 2>&1
	for _ in {1..100}; do
		! grep -q ready "$top/$who/out" || break
		sleep 0.05
	done
	kill -"$signal" $launcher
	status=0
	wait $launcher || status=$?
	output=$(cat "$top/$who/out")
}

@test "TERM, INT, HUP and QUIT to the launcher reach the workload: cancelled, 128+N" {
	for who in $users; do
		for signal in TERM INT HUP QUIT; do
			cancel $signal -- sh -c 'echo ready; exec sleep 60'
			verdict cancelled $((128 + $(kill -l $signal)))
			[ "$(field .certainty)" = exact ]
			nothing_left
		done
	done
}

@test "INT reaches the children of a shell too, as Ctrl-C at a terminal would" {
	for who in $users; do
		start=$SECONDS
		cancel INT -- sh -c 'echo ready; sleep 60; echo went on'
		verdict cancelled 130
		[ $((SECONDS - start)) -lt 5 ]
	done
}

@test "a workload that cleans up on TERM gets the time, and the run is still cancelled" {
	for who in $users; do
		cancel TERM -- sh -c 'trap "echo cleaned; exit 0" TERM; echo ready; while :; do sleep 0.1; done'
		verdict cancelled 143
		[[ $output = *cleaned* ]]
	done
}

@test "a workload that ignores TERM is killed after --stop-timeout" {
	for who in $users; do
		start=$SECONDS
		cancel TERM --stop-timeout 500ms -- sh -c 'trap "" TERM INT; echo ready; while :; do sleep 0.1; done'
		verdict cancelled 143
		[ $((SECONDS - start)) -lt 8 ]
		nothing_left
	done
}

@test "a workload in a session and process group of its own is reached as well" {
	for who in $users; do
		cancel TERM --stop-timeout 500ms -- sh -c 'echo ready; setsid sleep 60 & sleep 60'
		verdict cancelled 143
		nothing_left
	done
}

@test "a signal after the end of the workload only ends the waiting for a reader" {
	for who in $users; do
		rm -f "$top/$who/fifo"
		mkfifo -m 666 "$top/$who/fifo"
		exec 5<>"$top/$who/fifo" # nobody reads; 64 KiB fit in, as much again into the pipe inside
		start -- head -c 100000 /dev/zero >&5
		started
		sleep 0.3
		kill -TERM $launcher
		status=0
		wait $launcher || status=$?
		exec 5<&-
		verdict exit 0
		[ "$(field .usage.output_truncated)" = true ]
	done
}

@test "a cancelled run does not wait longer than --stop-timeout for a reader either" {
	for who in $users; do
		rm -f "$top/$who/fifo"
		mkfifo -m 666 "$top/$who/fifo"
		exec 5<>"$top/$who/fifo"
		start --stop-timeout 1 -- head -c 10M /dev/zero >&5
		started
		kill -TERM $launcher
		status=0
		wait $launcher || status=$?
		exec 5<&-
		verdict cancelled 143
		[ "$(field .usage.output_truncated)" = true ]
	done
}

@test "USR1 and USR2 are forwarded and do not cancel" {
	for who in $users; do
		cancel USR1 -- sh -c 'trap "echo got; exit 5" USR1; echo ready; while :; do sleep 0.1; done'
		verdict exit 5
		[[ $output = *got* ]]
	done
}

@test "two quick signals, or a signal in the first milliseconds, still end in a verdict" {
	for who in $users; do
		for delay in 0 0.001 0.003 0.005 0.01 0.02; do
			start --stop-timeout 300ms -- sleep 60 2>/dev/null
			sleep $delay
			kill -TERM $launcher || :
			status=0
			wait $launcher || status=$?
			# before its handlers exist the launcher simply dies, with nothing started
			[ "$status" = 143 ] || { echo "status $status after $delay"; false; }
			[ ! -e "$top/$who/record.json" ] || verdict cancelled 143
		done
		[ "$who" = root ] || [ -z "$(processes_of "$user_uid")" ]
	done
}

@test "killing the sandbox from outside is not reported as its own end" {
	need_root
	for who in $users; do
		start -- sleep 60 2>/dev/null
		started
		init=$(init_of $launcher)
		kill -9 "$init"
		status=0
		wait $launcher || status=$?
		verdict external-kill 137
	done
}

@test "grandchildren that hold stdout don't keep the launcher waiting" {
	for who in $users; do
		start=$SECONDS
		run -3 sandbox -- sh -c 'sleep 30 & setsid sleep 30 & echo done; exit 3'
		[ "$output" = "done" ]
		[ $((SECONDS - start)) -lt 8 ]
		verdict exit 3
		nothing_left
	done
}

@test "the workload can't end init by a limit on it and so pass for killed from outside" {
	need python3
	for who in $users; do
		run sandbox --wall-time 10 -- /usr/bin/python3 -c '
import os, resource, sys, time
for call in (lambda: resource.prlimit(1, resource.RLIMIT_CPU, (1, 1)), lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
             lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))):
    try: call(); print("CHANGED")
    except OSError: pass
sys.exit(6)'
		verdict exit 6
		[[ $output != *CHANGED* ]]
	done
}

@test "all exit codes from 0 to 255 pass through" {
	who=${users%% *}
	for code in {0..255..5}; do
		status=0
		"$enclave" -- sh -c "exit $code" || status=$?
		[ "$status" = "$code" ]
	done
}
