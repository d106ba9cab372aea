#!/usr/bin/env bats
# The short form of everything: one pass over walls, limits, verdicts and teardown.  The other files go
# into detail; this one is small enough to run on every kernel at every check.
# vm: short

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup denied attack-init eat forks
}

teardown_file() {
	enclave_teardown
}

@test "a command runs, its streams and its exit code come back, and the record says so" {
	for who in $users; do
		run -7 sandbox -- sh -c 'cat; echo err >&2; exit 7' <<<in
		[ "$output" = $'in\nerr' ]
		verdict exit 7
		[ "$(field '"\(.schema) \(.status) \(.certainty) \(.exit_code)"')" = "enclave-run/record/1 exited exact 7" ]
	done
}

@test "no capability, no new privileges, two filters, uid 65534, namespaces of its own" {
	for who in $users; do
		run -0 sandbox --net none -- sh -c 'cat /proc/self/status; readlink /proc/self/ns/*; cat /proc/sys/user/max_user_namespaces /proc/net/dev'
		[ "$(grep -c '^Cap.*0000000000000000$' <<<"$output")" = 5 ]
		[[ $output =~ NoNewPrivs:[[:space:]]*1 ]]
		[[ $output =~ Seccomp:[[:space:]]*2 ]]
		[[ $output =~ Uid:[[:space:]]*65534[[:space:]]*65534 ]]
		for ns in user pid mnt net ipc uts cgroup; do
			[[ $output != *"$(readlink /proc/self/ns/$ns)"* ]]
		done
		[ "$(grep -c '^ *[a-z0-9]*:.* 0 *0 *0' <<<"$output")" = 1 ]
		[ "$(field '[.walls[] | select(.state == "applied" and .read_back)] | length >= 12')" = true ]
	done
}

@test "forbidden calls are refused and named; pid 1 is out of reach" {
	for who in $users; do
		run -0 sandbox --ro "$top/probes:/probes" --chdir /tmp -- /probes/denied
		[[ $output = *"complete OK"* ]]
		for call in mount unshare-user clone-user setns-net bpf ptrace-attach io_uring_setup keyctl \
			chmod-setuid mknod-block socket-packet socket-netlink-netfilter socket-vsock pivot_root; do
			[[ $output =~ (^|$'\n')$call\ (EPERM|ENOSYS|EAFNOSUPPORT|EPROTONOSUPPORT)($'\n'|$) ]] || { echo "$call"; false; }
		done
		[ "$(field '[.violations[].syscall] | (index("mount") and index("bpf") and index("unshare")) != null')" = true ]
		run -0 sandbox --ro "$top/probes:/probes" -- /probes/attack-init
		[[ $output = *"complete OK"* ]]
		! grep -E '^(open|write|ptrace|process|chdir|pidfd|listed|prlimit-set).* OK' <<<"$output" || false
	done
}

@test "nothing of the host: tree, devices, environment, descriptors, hostname" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls -d /root /etc/shadow /boot /var/lib /srv 2>/dev/null; ls -A /home /run /tmp; ls /proc/self/fd; env | wc -l; (>/usr/x) 2>&1 || :'
		[[ $output != */* || $output = *"Read-only file system"* ]]
		[[ $output != */root* && $output != *shadow* ]]
		[ "$(grep -cx '[0-9]' <<<"$output")" = 5 ] # descriptors 0-3, and seven variables
	done
}

@test "--ro, --rw, --tmpfs and --hide do what they say" {
	for who in $users; do
		mkdir "$top/$who/out"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/out"
		echo data >"$top/$who/data"
		run sandbox --ro "$top/$who/data:/data" --rw "$top/$who/out:/out" --tmpfs /space --hide /usr/share -- \
			sh -c 'cat /data; echo made >/out/file; echo x >/space/x; ls -A /usr/share; (echo y >/data) 2>&1'
		if [ "$status" = 125 ] && [[ $output = *id-map* || $output = *idmap* ]]; then
			echo "# this kernel can't id-map $(stat -f -c %T "$top")" >&3
			continue
		fi
		[[ $output = data*Read-only* ]]
		[ "$(cat "$top/$who/out/file")" = made ]
		[ "$(stat -c %u "$top/$who/out/file")" = "$(stat -c %u "$top/$who/out")" ]
	done
}

@test "memory: too much ends the run as reason memory" {
	for who in $users; do
		run sandbox --memory 48M --wall-time 25 --ro "$top/probes:/probes" -- /probes/eat anonymous 200
		verdict memory 137
		if has_cgroup; then
			run sandbox --memory 48M --wall-time 25 --ro "$top/probes:/probes" -- sh -c '/probes/eat tmpfs 200; sleep 2; echo survived'
			verdict memory 137
			[[ $output != *survived* ]]
		fi
	done
}

@test "pids: a fork bomb ends as reason pids where there is a control group, else by the deadline" {
	for who in $users; do
		run sandbox --pids 20 --wall-time 4 --ro "$top/probes:/probes" -- /probes/forks
		if has_cgroup; then verdict pids 137; else verdict deadline 124; fi
		nothing_left
	done
}

@test "deadline, cpu time, disk, output and file size end the run, each with its own reason" {
	for who in $users; do
		run sandbox --wall-time 500ms -- sh -c 'trap "" TERM; sleep 60 & kill -STOP $$'
		verdict deadline 124
		run sandbox --cpu-time 300ms --wall-time 25 -- sh -c 'while :; do :; done'
		verdict cpu-time 124
		run sandbox --disk 4M --wall-time 25 -- sh -c 'head -c 8M /dev/zero >/tmp/x; sleep 20'
		verdict disk 137
		run sandbox --output-max 1000 --wall-time 25 -- sh -c 'head -c 3000 /dev/zero | tr "\0" x; sleep 20'
		verdict output 137
		[ "${#output}" -ge 1000 ]
		run sandbox --fsize 100K -- sh -c 'exec head -c 200K /dev/zero >/tmp/x'
		verdict file-size 153
	done
}

@test "cpus: a greedy tree is throttled, not ended" {
	for who in $users; do
		run sandbox --cpus 0.2 --wall-time 1500ms -- sh -c 'while :; do :; done'
		verdict deadline 124
		! has_cgroup || [ "$(field '.usage.throttled_ns > 50000000')" = true ]
	done
}

@test "signals, missing commands and set-up failures have their own reasons" {
	for who in $users; do
		run sandbox -- sh -c 'kill -TERM $$'
		verdict signal 143
		run -127 sandbox -- no-such-command
		verdict exec-failed 127
		run sandbox -- /etc/passwd
		verdict exec-failed 126
		run sandbox --chdir /no/such -- true
		verdict setup 125
		run sandbox --memory lots -- true
		[ "$status" = 125 ]
		[[ $output = enclave-run:* ]]
	done
}

@test "--on-violation kill ends the run as reason seccomp" {
	for who in $users; do
		run sandbox --on-violation kill -- sh -c 'unshare -U true; sleep 20'
		verdict seccomp 137
	done
}

@test "TERM to the launcher is cancelled, kill -9 of it ends the run within a second" {
	for who in $users; do
		start --stop-timeout 300ms -- sh -c 'trap "" TERM; sleep 60 & wait; sleep 60'
		started
		kill -TERM $launcher
		status=0
		wait $launcher || status=$?
		verdict cancelled 143
		nothing_left
		start -- sh -c 'setsid sleep 60 & sleep 60'
		started
		kill -9 $launcher
		wait $launcher || :
		nothing_left except-cgroups
		for _ in {1..20}; do # each start looks at some; what still ends is left for the next
			run -0 sandbox -- true
			run find /sys/fs/cgroup -name "enclave-run-*-$launcher.*"
			[ -n "$output" ] || break
		done
		[ -z "$output" ]
	done
}

@test "twenty runs at a time all end well" {
	for who in $users; do
		# shellcheck disable=SC2016
		run -0 as "$who" timeout -k 5 60 bash -c '
			for i in {1..20}; do "$0" -- sh -c "sleep 0.2; exit 7" & pids+=($!); done
			for pid in "${pids[@]}"; do s=0; wait $pid || s=$?; [ $s = 7 ] && echo good; done' "$enclave"
		[ "$(grep -c good <<<"$output")" = 20 ]
	done
}

@test "python, when it is there, works with threads, processes and sockets" {
	need python3
	for who in $users; do
		run -0 sandbox -- /usr/bin/python3 -c '
import multiprocessing as mp, socket, subprocess, threading
t = threading.Thread(target=print, args=("thread",)); t.start(); t.join()
p = mp.get_context("fork").Process(target=print, args=("process",), kwargs={"flush": True}); p.start(); p.join()
s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname()); print(subprocess.call(["true"]))'
		[ "$output" = $'thread\nprocess\n0' ]
	done
}
