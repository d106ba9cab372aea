#!/usr/bin/env bats
# Usage: the record's numbers against what the workload is known to have done; the timeline.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# between LOW EXPRESSION HIGH - a number of the record
between() {
	local value
	value=$(field "$2")
	[[ $value =~ ^[0-9]+$ ]] && [ "$value" -ge "$1" ] && [ "$value" -le "$3" ] && return
	echo "as $who: $2 is $value, expected $1 to $3"
	jq -c .usage "$top/$who/record.json"
	return 1
}

# spin user|system SECONDS: burns cpu time by its own clock, then says what it has used: user and system, in
# nanoseconds
spin="
import os, sys, time
end = float(sys.argv[2]) + sum(os.times()[:2])
zero = open('/dev/zero', 'rb', buffering=0)
while sum(os.times()[:2]) < end:
    if sys.argv[1] == 'user':
        for i in range(20000): pass
    else:
        for i in range(20): zero.read(1 << 16)
print(*[int(t * 1e9) for t in os.times()[:2]])
"

# The programs of ours in the same group come on top, and the kernel shares out by sampling.
@test "user and system time are what the workload burned" {
	need python3
	for who in $users; do
		for kind in user system; do
			run -0 sandbox -- python3 -c "$spin" $kind 0.4
			read -r user system <<<"$output"
			between $((user + system - 30000000)) '.usage.cpu_user_ns + .usage.cpu_system_ns' \
				$((user + system + (user + system) / 2 + 100000000))
			between $((${!kind} / 2)) ".usage.cpu_${kind}_ns" $((${!kind} * 2 + 100000000))
		done
	done
}

@test "the time of children, and of those whom nobody waits for, counts" {
	need python3
	for who in $users; do
		run -0 sandbox -- python3 -c "
import os, time
gone, end = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while sum(os.times()[:2]) < 0.3: pass
        os.write(end, b'x')
    os._exit(0)
os.read(gone, 1)
time.sleep(0.2)
print(int(sum(os.times()[:2]) * 1e9))"
		between $((output + 270000000)) '.usage.cpu_user_ns + .usage.cpu_system_ns' \
			$((2 * output + 800000000))
	done
}

@test "wall time is the run's, not that of a reader who takes his time" {
	for who in $users; do
		# shellcheck disable=SC2046 # one option or none
		as "$who" "$enclave" --record "$top/$who/record.json" $(parent_of "$who") -- \
			head -c 70000 /dev/zero | { sleep 1.2; wc -c; } >"$top/count"
		[ "$(cat "$top/count")" = 70000 ]
		[ "$(field .usage.stdout_bytes)" = 70000 ]
		between 0 .usage.wall_ns 1000000000
		run -0 sandbox -- sleep 0.3
		between 300000000 .usage.wall_ns 900000000
	done
}

@test "the memory peak holds what was touched" {
	need python3
	for who in $users; do
		run -0 sandbox --memory 400M -- python3 -c "
import time
x = bytearray(100 << 20)
time.sleep(0.2)"
		between 104857600 .usage.memory_peak_bytes 140000000
		between 104857600 '[.timeline.samples[][1]] | max' 140000000
	done
}

@test "the peak of processes is what was there at the same time" {
	need python3
	for who in $users; do
		run -0 sandbox -- python3 -c "
import os, time
for i in range(19):
    if os.fork() == 0:
        time.sleep(0.5)
        os._exit(0)
for i in range(19): os.wait()"
		[ "$(field .usage.pids_peak)" = 20 ]
		[ "$(field '[.timeline.samples[][3]] | max')" = 20 ]
	done
}

@test "throttled time: seen under a quota, 0 without, null where nobody counts" {
	need python3
	for who in $users; do
		run -0 sandbox --cpus none -- true
		if ! has_cgroup; then
			[ "$(field .usage.throttled_ns)" = null ]
			[ "$(field .usage.oom_kills)" = null ]
			continue
		fi
		[ "$(field .usage.throttled_ns)" = 0 ]
		[ "$(field .usage.oom_kills)" = 0 ]
		run -0 sandbox --cpus 0.2 -- python3 -c "
import os
while sum(os.times()[:2]) < 0.2: pass"
		# 200 ms of work at a fifth of a cpu
		between 300000000 .usage.throttled_ns 3000000000
		between 700000000 .usage.wall_ns 6000000000
	done
}

@test "oom kills count processes" {
	need python3
	for who in $users; do
		run -137 sandbox --memory 40M -- python3 -c "x = bytearray(200 << 20)"
		[ "$(field .reason)" = memory ]
		has_cgroup || continue
		[ "$(field .usage.oom_kills)" = 1 ]
		[ "$(field .usage.memory_peak_bytes)" = 41943040 ]
	done
}

@test "context switches of a run that ended by itself; of a killed one they are not known" {
	need python3
	for who in $users; do
		run -0 sandbox -- python3 -c "
import time
for i in range(100): time.sleep(0.001)"
		between 100 .usage.context_switches_voluntary 400
		run sandbox --wall-time 300ms -- sh -c 'sleep 10 & wait'
		[ "$(field .usage.context_switches_voluntary)" = null ]
	done
}

@test "nothing was measured of a run that never started" {
	for who in $users; do
		run -125 sandbox --chdir /no/such -- true
		[ "$(field '[.usage[] | select(. != null and . != false)] | length')" = 0 ]
		[ "$(field '.timeline.samples | length')" = 0 ]
	done
}

@test "the timeline follows memory and cpu time, in order and bounded" {
	need python3
	for who in $users; do
		run -0 sandbox --memory 300M -- python3 -c "
import time
time.sleep(0.3)
x = bytearray(80 << 20)
end = time.process_time() + 0.3
while time.process_time() < end: pass
del x
time.sleep(0.3)"
		jq -e '.timeline.samples as $s | ($s | length) > 10 and ($s | length) <= 128
			and ($s | map(.[0]) == ($s | map(.[0]) | sort | unique))
			and ($s | map(.[2]) == ($s | map(.[2]) | sort))
			and ([$s[][1]] | max) > 80000000 and $s[-1][1] < 40000000
			and $s[-1][2] > 250000000' "$top/$who/record.json"
	done
}

@test "a long run has a bounded timeline with a longer interval" {
	for who in $users; do
		run -0 sandbox -- sleep 3.3
		between 32 '.timeline.samples | length' 128
		between 40000000 .timeline.interval_ns 80000000
		between 3000000000 '.timeline.samples[-1][0]' "$(field .usage.wall_ns)"
	done
}

@test "a run shorter than a tick opens nothing for the timeline before the workload starts" {
	need strace
	who=root
	[ "$EUID" = 0 ] || who=user
	run strace -f -o "$top/trace" -e trace=openat,execve "$enclave" -- /bin/true
	[ "$status" = 0 ] || skip "no tracing here"
	! sed '/execve("\/bin\/true"/,$d' "$top/trace" | grep -E 'memory\.(usage_in_bytes|current)|pids\.current'
}
