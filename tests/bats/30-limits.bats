#!/usr/bin/env bats
# What each limit does when it is reached, and how the record says so.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup eat forks
	# whatever a hole in a limit would let through, the machine is not to feel it
	enter_outer_cgroup 3G 3000
}

teardown_file() {
	enclave_teardown
}

probe() {
	sandbox --ro "$top/probes:/probes" "$@"
}

@test "memory: more than --memory ends the run as reason memory, whichever kind it is" {
	for who in $users; do
		run -0 sandbox -- true
		if has_cgroup; then
			kinds="anonymous shared memfd tmpfs shm children pipes"
		else
			kinds="anonymous shared" # what can be seen from outside without a control group
		fi
		for kind in $kinds; do
			run probe --memory 48M --wall-time 20 --rlimit nofile=4096 -- /probes/eat $kind 200
			[[ $output != *eaten* ]]
			[ "$kind" = pipes ] && [ "$status" = 9 ] && continue # pipe-user-pages-soft
			verdict memory 137
			[ "$(field .status)" = killed ]
		done
	done
}

@test "memory: what lies in socket buffers is limited, too" {
	local program='
import socket
queued, held = 0, []
listener = socket.create_server(("127.0.0.1", 0))
for _ in range(60):
    here = socket.create_connection(listener.getsockname())
    held += [here, listener.accept()[0]]
    here.setblocking(False)
    try:
        while True:
            queued += here.send(bytes(65536))
    except BlockingIOError:
        print(queued >> 20, flush=True)'
	for who in $users; do
		run -0 sandbox -- true
		has_cgroup || continue # SECURITY.md, limit 2
		run sandbox --net none --memory 64M --wall-time 20 -- /usr/bin/python3 -c "$program"
		# the kernel may kill, or let the sender wait until the deadline: what counts is how much there was
		[ "$({ echo 0 && grep -x '[0-9][0-9]*' <<<"$output"; } | tail -n 1)" -le 100 ]
	done
}

@test "memory: three quarters of the limit are fine and the peak is recorded" {
	for who in $users; do
		run -0 probe --memory 128M -- /probes/eat anonymous 90
		verdict exit 0
		[ "$(field .usage.memory_peak_bytes)" -lt $((130 * 1048576)) ]
		! has_cgroup || [ "$(field .usage.memory_peak_bytes)" -gt $((85 * 1048576)) ]
		! has_cgroup || [ "$(field .usage.oom_kills)" = 0 ]
	done
}

@test "memory: a hog in a child ends the whole run" {
	for who in $users; do
		run probe --memory 48M --wall-time 20 -- sh -c '/probes/eat anonymous 200; sleep 1; echo survived'
		verdict memory 137
		[[ $output != *survived* ]]
	done
}

@test "pids: the first refused fork ends the run as reason pids" {
	for who in $users; do
		run -0 sandbox -- true
		if has_cgroup; then
			run probe --pids 20 --wall-time 20 -- /probes/forks
			verdict pids 137
			[ "$(field .limits.pids.enforced_by)" = cgroup ]
		else
			run probe --pids 20 --wall-time 5 -- /probes/forks
			verdict deadline 124
			[ "$(field .limits.pids.enforced_by)" = rlimit ]
		fi
		nothing_left
	done
}

@test "pids: N means N processes of the workload" {
	for who in $users; do
		run -0 probe --pids 10 --on-pids continue -- /probes/forks 9
		[[ $output = "made 9 of 9: OK" ]]
		run -0 probe --pids 10 --on-pids continue -- /probes/forks 30
		[[ $output = "made 9 of 30: EAGAIN" ]]
		verdict exit 0
		run -0 probe --pids 10 --on-pids continue -- /probes/forks 30 threads
		[[ $output = "made 9 of 30: EAGAIN" ]]
		! has_cgroup || [ "$(field .usage.pids_peak)" = 10 ]
	done
}

@test "pids: a fork bomb under --on-pids continue is still ended by the deadline, completely" {
	for who in $users; do
		run probe --pids 100 --memory none --on-pids continue --wall-time 2 -- /probes/forks
		verdict deadline 124
		nothing_left
	done
}

@test "wall-time: the deadline ends the run with 124" {
	for who in $users; do
		start=$SECONDS
		run sandbox --wall-time 500ms -- sh -c 'sleep 100 & sleep 100'
		verdict deadline 124
		[ "$(field .status)" = killed ]
		[ "$(field .certainty)" = exact ]
		[ $((SECONDS - start)) -lt 5 ]
		[ "$(field .usage.wall_ns)" -ge 500000000 ]
		[ "$(field .usage.wall_ns)" -lt 2000000000 ]
		nothing_left
	done
}

@test "wall-time: a tree that ignores every signal or stopped itself is ended too" {
	for who in $users; do
		run sandbox --wall-time 500ms -- sh -c 'trap "" TERM INT HUP QUIT; while :; do sleep 0.1; done'
		verdict deadline 124
		run sandbox --wall-time 500ms -- sh -c 'kill -STOP $$'
		verdict deadline 124
		run sandbox --wall-time 500ms -- sh -c 'sleep 100 & kill -STOP $! ; kill -STOP -1; sleep 100'
		verdict deadline 124
		nothing_left
	done
}

@test "cpu-time: the budget of the whole tree ends the run with 124" {
	for who in $users; do
		run sandbox --cpu-time 500ms --wall-time 20 -- sh -c 'while :; do :; done'
		verdict cpu-time 124
		used=$(($(field .usage.cpu_user_ns) + $(field .usage.cpu_system_ns)))
		[ "$used" -ge 450000000 ]
		[ "$used" -lt 1500000000 ]
	done
}

@test "cpu-time: children count, also those that have ended" {
	for who in $users; do
		run sandbox --cpu-time 600ms --wall-time 30 -- sh -c 'while :; do (i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done); done'
		verdict cpu-time 124
		run sandbox --cpu-time 600ms --wall-time 30 -- sh -c '(while :; do :; done) & (while :; do :; done) & wait'
		verdict cpu-time 124
	done
}

@test "cpu-time: sleeping costs nothing" {
	for who in $users; do
		run -0 sandbox --cpu-time 500ms -- sleep 1
		verdict exit 0
	done
}

@test "cpus: a tree that wants more is slowed down, not ended" {
	for who in $users; do
		run sandbox --cpus 0.2 --wall-time 2 -- sh -c 'while :; do :; done'
		verdict deadline 124
		if has_cgroup; then
			[ "$(field .usage.throttled_ns)" -gt 100000000 ]
			used=$(($(field .usage.cpu_user_ns) + $(field .usage.cpu_system_ns)))
			[ "$used" -lt 1200000000 ]
		else
			[ "$(field .limits.cpus.enforced_by)" = none ]
		fi
	done
}

@test "disk: all writable places share one limit, and filling it ends the run as reason disk" {
	for who in $users; do
		run sandbox --disk 8M --wall-time 20 -- sh -c 'head -c 5M /dev/zero >/tmp/a; head -c 5M /dev/zero >/home/sandbox/b; sleep 5; echo went on'
		verdict disk 137
		[[ $output != *"went on"* ]]
		run -0 sandbox --disk 8M -- sh -c 'head -c 3M /dev/zero >/tmp/a; head -c 3M /dev/zero >/var/tmp/b; ls -s /tmp/a'
		verdict exit 0
		[ "$(field .usage.disk_used_bytes)" -ge 6291456 ]
	done
}

@test "disk: a flood of empty files ends the run too" {
	for who in $users; do
		run sandbox --disk 2M --wall-time 20 -- bash -c 'cd /tmp; i=0; while ((i < 100000)); do : >$((i++)) || break; done; sleep 3'
		verdict disk 137
	done
}

@test "disk: a --tmpfs counts too" {
	for who in $users; do
		run sandbox --disk 4M --tmpfs /more --wall-time 20 -- sh -c 'head -c 8M /dev/zero >/more/a; sleep 5'
		verdict disk 137
	done
}

@test "output-max: exactly that many bytes are delivered, then the run ends as reason output" {
	for who in $users; do
		sandbox --output-max 100000 --wall-time 20 -- sh -c 'head -c 200000 /dev/zero; sleep 10' >"$top/out" && status=0 || status=$?
		verdict output 137
		[ "$(stat -c %s "$top/out")" = 100000 ]
		[ "$(field .usage.stdout_bytes)" = 100000 ]
	done
}

@test "output-max: stdout and stderr count together, and the limit itself is allowed" {
	for who in $users; do
		run sandbox --output-max 1000 --wall-time 20 -- sh -c 'head -c 600 /dev/zero | tr "\0" x; head -c 600 /dev/zero | tr "\0" y >&2; sleep 10'
		verdict output 137
		sandbox --output-max 1000 -- sh -c 'head -c 600 /dev/zero; head -c 400 /dev/zero >&2' >"$top/out" 2>"$top/err" && status=0 || status=$?
		verdict exit 0
		[ "$(stat -c %s "$top/out" "$top/err" | tr '\n' ' ')" = "600 400 " ]
	done
}

@test "output-max: an endless writer ends at once, also with --output-max 0" {
	for who in $users; do
		sandbox --output-max 1M --wall-time 20 -- yes >"$top/out" 2>/dev/null && status=0 || status=$?
		verdict output 137
		[ "$(stat -c %s "$top/out")" = 1048576 ]
		run sandbox --output-max 0 --wall-time 20 -- sh -c 'echo x; sleep 10'
		verdict output 137
		[[ $output != x* ]]
	done
}

@test "fsize: a file that grows too far ends the writer by SIGXFSZ, reason file-size" {
	for who in $users; do
		run sandbox --fsize 100K -- sh -c 'exec head -c 200K /dev/zero >/tmp/x'
		verdict file-size 153
		run -0 sandbox --fsize 100K -- sh -c 'head -c 100K /dev/zero >/tmp/x; stat -c %s /tmp/x'
		[ "$output" = 102400 ]
	done
}

@test "rlimit: soft and hard limit are set, clamped to the caller's hard limit, and can't be raised" {
	for who in $users; do
		run -0 sandbox --rlimit nofile=77 --rlimit stack=4M -- bash -c 'ulimit -n; ulimit -Hn; ulimit -s; ulimit -n 100 2>&1 || echo no'
		[[ $output = $'77\n77\n4096\n'*no ]]
		run -0 sandbox -- bash -c 'ulimit -n; ulimit -c'
		[ "$(head -n 1 <<<"$output")" = 1024 ]
		run -0 as "$who" bash -c 'ulimit -n 60; exec "$@"' - "$enclave" --rlimit nofile=500 -- bash -c 'ulimit -n'
		[ "$output" = 60 ]
	done
}

@test "no core dump is written and no handler of the host is started" {
	for who in $users; do
		run sandbox -- bash -c 'cd /tmp; ulimit -c unlimited 2>/dev/null; sh -c "kill -SEGV \$\$"; ls -A /tmp'
		[[ $output != *core* || $output = *"core dumped"* ]]
		run -0 sandbox -- bash -c 'ulimit -Hc; grep "Max core" /proc/self/limits'
		[[ $output = *" 1 "* ]]
	done
}

@test "none lifts a limit" {
	for who in $users; do
		run -0 sandbox --memory none --cpus none --pids none --wall-time none --disk none --output-max none --fsize none -- echo free
		[ "$output" = free ]
		for limit in memory cpus pids wall-time disk output-max fsize; do
			[ "$(field ".limits[\"$limit\"].enforced_by")" = none ]
		done
	done
}

@test "every limit in force is in the record with its value and who enforces it" {
	for who in $users; do
		run -0 sandbox --memory 200M --cpus 1.5 --pids 50 --wall-time 1m --cpu-time 30 --disk 64M --output-max 5M --fsize 10M -- true
		[ "$(field .limits.memory.value)" = 209715200 ]
		[ "$(field .limits.pids.value)" = 50 ]
		[ "$(field '.limits["wall-time"].value')" = 60000000000 ]
		[ "$(field '.limits["cpu-time"].value')" = 30000000000 ]
		[ "$(field .limits.disk.value)" = 67108864 ]
		[ "$(field '.limits["output-max"].value')" = 5242880 ]
		[ "$(field .limits.fsize.value)" = 10485760 ]
		[ "$(field .limits.disk.enforced_by)" = tmpfs ]
		[ "$(field .limits.fsize.enforced_by)" = rlimit ]
		[ "$(field '.limits["wall-time"].enforced_by')" = watchdog ]
		if has_cgroup; then
			[ "$(field .limits.memory.enforced_by)" = cgroup ]
			[ "$(field .limits.cpus.enforced_by)" = cgroup ]
		else
			[ "$(field .limits.memory.enforced_by)" = watchdog ]
		fi
	done
}

@test "root has a control group on this host" {
	need_root
	[ -n "$(awk -F: '$2 == "memory" || $1 == 0' /proc/self/cgroup)" ] || skip "no control groups here"
	who=root
	run -0 sandbox -- true
	has_cgroup
}
