#!/usr/bin/env bats
# Nothing of a run survives it: not after a normal end, not when the launcher dies at any instant.
#
# ENCLAVE_TEST_RUNS (default 200) is the number of runs of the longer loops.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup forks
	enter_outer_cgroup 4G 4000
}

teardown_file() {
	enclave_teardown
}

# machine - what a leak would change, as far as it is ours
machine() {
	grep -c . /proc/self/mountinfo
	# shellcheck disable=SC2086 # several; those of another suite at the same time are not ours
	find /dev/null ${outer_cgroups:-} ${cgroup_parent:-} -name 'enclave-run-*' 2>/dev/null | wc -l
	processes_of "$user_uid"
	find "$top" -mindepth 1 | wc -l
}

@test "after a normal end no process, control group or mount is left" {
	for who in $users; do
		run -0 sandbox -- sh -c 'sleep 100 & setsid sleep 100 & (sleep 100 &) ; true'
		nothing_left
	done
}

@test "after a kill by a limit no process, control group or mount is left" {
	for who in $users; do
		run sandbox --wall-time 300ms -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do setsid sleep 100 & done; sleep 100'
		verdict deadline 124
		nothing_left
	done
}

@test "kill -9 of a launcher whose workload runs ends the whole run within a second" {
	for who in $users; do
		start -- sh -c 'sleep 100 & setsid sleep 100 & trap "" TERM HUP; sleep 100'
		started
		[ -n "$(processes_of "$(run_uid)")" ]
		kill -9 $launcher
		wait $launcher || :
		nothing_left except-cgroups
	done
}

@test "kill -9 of a launcher in the middle of a fork bomb ends the whole run within a second" {
	for who in $users; do
		# What refused forks cost is freed late on a busy machine, and counts until then.
		start --pids 200 --on-pids continue --memory 3G --ro "$top/probes:/probes" -- /probes/forks
		started
		kill -9 $launcher
		wait $launcher || :
		nothing_left except-cgroups
	done
}

@test "kill -9 at random moments of the first 30 ms leaves nothing that lives" {
	for who in $users; do
		for i in {0..40}; do
			start -- sleep 100
			sleep "0.0$(printf %02d $((i * 30 / 40)))"
			kill -9 $launcher
			wait $launcher 2>/dev/null || :
			sessions+=" $(field .session 2>/dev/null || :)"
		done
		sleep 1
		if [ "$who" = user ]; then
			left=$(processes_of "$user_uid")
		else
			left=
			for session in $sessions; do
				slot=${session#er-}
				left+=$(processes_of $((SLOT_UID_BASE + ${slot%%-*})))
			done
		fi
		[ -z "$left" ] || { ps -o pid,ppid,uid,stat,args -p "${left//$'\n'/,}"; false; }
		sessions=
		run grep -E "enclave-(root|scratch|hidden|test)" /proc/self/mountinfo
		[ -z "$output" ]
	done
}

@test "control groups of killed launchers are swept at the next start" {
	who=${users%% *}
	start -- sleep 100
	started
	has_cgroup || { kill $launcher; wait $launcher || :; skip "no control group can be made here"; }
	session=$(field .session)
	slot=${session#er-} slot=${slot%%-*}
	kill -9 $launcher
	wait $launcher || :
	[ -n "$(find /sys/fs/cgroup -name "enclave-run-$slot-$launcher.*" 2>/dev/null)" ]
	# A directory goes once the kernel has let go of its dead, and a start looks into one hierarchy:
	# on a busy machine the second or third start finds the rest.
	for _ in {1..25}; do
		sleep 0.2
		run -0 sandbox -- true
		dirs=$(find /sys/fs/cgroup -name "enclave-run-$slot-$launcher.*" 2>/dev/null)
		[ -n "$dirs" ] || break
	done
	[ -z "$dirs" ] || { echo "not swept: $dirs"; false; }
}

@test "check --sweep removes the control groups of killed launchers too" {
	who=${users%% *}
	if [ -n "$(parent_of "$who")" ]; then
		# It looks below its own group, where in the test machine only root's runs can be.
		[ "$EUID" = 0 ] || skip "this control group holds the test itself"
		parent_of() { :; }
	fi
	start -- sleep 100
	started
	has_cgroup || { kill $launcher; wait $launcher || :; skip "no control group can be made here"; }
	kill -9 $launcher
	wait $launcher || :
	nothing_left except-cgroups
	for _ in {1..25}; do
		run as "$who" "$enclave" check --sweep
		dirs=$(find /sys/fs/cgroup -name "enclave-run-*-$launcher.*" 2>/dev/null)
		[ -n "$dirs" ] || break
		sleep 0.2 # the kernel has not let go of its dead yet
	done
	[ -z "$dirs" ] || { echo "not swept: $dirs"; false; }
}

@test "a sweep does not touch the control group of a run that lives" {
	who=${users%% *} seconds=3
	[ ! -d /sys/fs/cgroup/vm ] || seconds=20 # three more runs take long in an emulated machine
	start --wall-time 60 -- sleep $seconds
	started
	first=$launcher
	has_cgroup || { kill $first; wait $first || :; skip "no control group can be made here"; }
	session=$(field .session)
	for _ in 1 2 3; do
		"$enclave" -- true
	done
	slot=${session#er-} slot=${slot%%-*}
	[ -n "$(find /sys/fs/cgroup -name "enclave-run-$slot-$first.*" 2>/dev/null)" ]
	status=0
	wait $first || status=$?
	verdict exit 0
}

@test "many runs one after the other leave the machine as they found it" {
	runs=${ENCLAVE_TEST_RUNS:-200}
	"$enclave" -- true
	before=$(machine)
	for who in $users; do
		# shellcheck disable=SC2016 # expanded by the inner shell
		as "$who" bash -c 'for ((i = 0; i < $1; i++)); do "$2" -- true || exit 1; done' - "$runs" "$enclave"
	done
	sleep 0.2
	[ "$(machine)" = "$before" ] || { echo "before: $before"; echo "after: $(machine)"; false; }
}

@test "two hundred runs at a time all end well" {
	runs=200
	[ ! -d /sys/fs/cgroup/vm ] || runs=40 # an emulated machine is about twenty times slower
	before=$(machine)
	for who in $users; do
		# In one shell of that caller, so that all start as fast as they can.
		# shellcheck disable=SC2016
		run -0 as "$who" timeout -k 5 100 bash -c '
			for ((i = 0; i < $1; i++)); do "$2" --memory 16M -- sh -c "sleep 1; exit 7" & pids+=($!); done
			good=0
			for pid in "${pids[@]}"; do s=0; wait $pid || s=$?; [ $s = 7 ] && good=$((good + 1)); done
			echo "$good good"' - "$runs" "$enclave"
		[ "$(tail -n 1 <<<"$output")" = "$runs good" ]
	done
	sleep 0.5
	[ "$(machine)" = "$before" ] || { echo "before: $before"; echo "after: $(machine)"; false; }
}

@test "the launcher leaves no descriptor, child or setting behind in the shell that called it" {
	for who in $users; do
		# shellcheck disable=SC2016
		run -0 as "$who" bash -c '
			stty -a <&0 >/dev/null 2>&1
			# by the shell itself: a substitution opens and closes pipes at its own pace
			state() { fds=(/proc/$$/fd/*); state="${#fds[@]} $(umask; cat /proc/$$/oom_score_adj; grep -c . /proc/$$/limits)"; }
			state; before=$state
			"$1" -- sh -c "umask 0; ulimit -n 5; cd /tmp" </dev/null
			state; after=$state
			[ "$before" = "$after" ] && echo same; jobs' - "$enclave"
		[ "$output" = same ]
	done
}

@test "O_NONBLOCK is not left on the caller's pipes" {
	need python3
	for who in $users; do
		# shellcheck disable=SC2016
		run -0 as "$who" /usr/bin/python3 -c '
import fcntl, os, subprocess, sys
r, w = os.pipe(); r2, w2 = os.pipe()
os.write(w2, b"x"); os.close(w2)
subprocess.run([sys.argv[1], "--", "sh", "-c", "cat; echo y"], stdin=r2, stdout=w, check=True)
print([fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (r, w, r2)])' "$enclave"
		[ "$output" = "[0, 0, 0]" ]
	done
}
