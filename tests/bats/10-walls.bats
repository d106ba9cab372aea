#!/usr/bin/env bats
# Which walls stand around every run, seen from inside and compared with the record.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup attack-init foreign
	for who in $users; do
		sandbox -- cat /proc/self/status >"$top/$who/status"
		sandbox --ro "$top/probes:/probes" -- /probes/attack-init >"$top/$who/init" || :
		sandbox -- sh -c 'for n in /proc/self/ns/*; do readlink $n; done' >"$top/$who/ns"
	done
}

teardown_file() {
	enclave_teardown
}

# status NAME - of the file that a workload read about itself
status() {
	sed -n "s/^$1:[[:space:]]*//p" "$top/$who/status"
}

# attack NAME... - fails unless each of these attacks on pid 1 failed
attack() {
	local name result bad=0
	for name; do
		result=$(awk -v n="$name" '$1 == n { print $2 }' "$top/$who/init")
		if [ -z "$result" ] || [ "$result" = OK ]; then
			echo "as $who: $name: ${result:-was not tried}"
			bad=1
		fi
	done
	return $bad
}

@test "every capability set is empty" {
	for who in $users; do
		for set in CapInh CapPrm CapEff CapBnd CapAmb; do
			[ "$(status $set)" = 0000000000000000 ]
		done
	done
}

@test "no_new_privs is set and at least two seccomp filters are in force" {
	for who in $users; do
		[ "$(status NoNewPrivs)" = 1 ]
		[ "$(status Seccomp)" = 2 ]
		[ "$(status Seccomp_filters)" -ge 2 ]
	done
}

@test "the workload is uid and gid 65534, and no group of the caller is left for root" {
	for who in $users; do
		[ "$(status Uid)" = "65534	65534	65534	65534" ]
		[ "$(status Gid)" = "65534	65534	65534	65534" ]
	done
	[[ $users != root* ]] || { who=root; [ -z "$(status Groups | tr -d ' ')" ]; }
}

@test "on the host the run of root has a uid of its own, never 0" {
	need_root
	who=root
	run -0 sandbox -- cat /proc/self/uid_map
	read -r inside _ count <<<"$output"
	[ "$inside" = 65534 ]
	[ "$count" = 1 ]
	sandbox -- sleep 2 &
	sleep 1
	[ -n "$(processes_of "$(run_uid)")" ]
	[ "$(run_uid)" -ge $SLOT_UID_BASE ]
	wait
}

@test "two runs of root at a time have different uids on the host" {
	need_root
	mkdir -p "$top/root/a" "$top/root/b"
	for i in a b; do
		"$enclave" --record "$top/root/$i/record.json" -- sleep 1.5 &
	done
	sleep 0.7
	[ "$(jq -r .session "$top/root/a/record.json" | cut -d- -f2)" != \
		"$(jq -r .session "$top/root/b/record.json" | cut -d- -f2)" ]
	wait
}

@test "user, pid, mount, network, ipc, uts and cgroup namespace differ from the caller's" {
	for who in $users; do
		for ns in user pid mnt net ipc uts cgroup; do
			theirs=$(grep "^$ns:" "$top/$who/ns")
			[ -n "$theirs" ]
			[ "$theirs" != "$(readlink /proc/self/ns/$ns)" ]
		done
	done
}

@test "the user namespace is a child of another one of the run, which owns the network" {
	for who in $users; do
		run -0 sandbox -- cat /proc/self/uid_map
		# seen from inside the outer one, only one id is mapped: nothing else of the host exists
		[ "$(wc -l <<<"$output")" = 1 ]
		run -0 sandbox -- sh -c 'cat /proc/sys/user/max_user_namespaces'
		[ "$output" = 0 ]
	done
}

@test "without a network there is a loopback interface inside and nothing else" {
	for who in $users; do
		run -0 sandbox --net none -- cat /proc/net/dev
		[ "$(grep -c : <<<"$output")" = 1 ]
		[[ $output = *lo:* ]]
		run -0 sandbox --net none -- cat /proc/net/route
		[ "$(wc -l <<<"$output")" = 1 ]
	done
}

@test "pid 1 is the sandbox's own init, and the workload is another process" {
	for who in $users; do
		run -0 sandbox -- sh -c 'echo $$'
		[ "$output" -gt 1 ]
		[ "$output" -lt 10 ]
	done
}

@test "pid 1 is invisible: not listed in /proc and no file of it can be opened" {
	for who in $users; do
		grep -q '^complete OK' "$top/$who/init"
		attack listed
		attack open-mem write-mem open-environ open-cmdline open-fd open-fdinfo open-maps \
			open-smaps open-root open-cwd open-exe open-status open-stat open-ns/user \
			open-ns/mnt open-auxv open-stack open-syscall open-mountinfo open-limits \
			open-io open-fd/0 open-attr/current write-attr/current open-uid_map \
			write-uid_map write-oom_score_adj write-task/1/mem open-map_files \
			open-personality chdir-root chdir-cwd
	done
}

@test "pid 1 can't be traced, read, written, slowed down or robbed of descriptors" {
	for who in $users; do
		attack ptrace-attach ptrace-seize process_vm_readv process_vm_writev pidfd_getfd \
			prlimit-set
	done
}

@test "pid 1 survives every signal that the workload can send" {
	for who in $users; do
		grep -q '^alive-after-signals' "$top/$who/init"
		run -0 sandbox -- sh -c 'for s in 1 2 3 9 11 15 19 20; do kill -$s 1; done; sleep 0.1; echo still here'
		[[ $output = *"still here" ]]
		verdict exit 0
	done
}

@test "kill -9 -1 inside ends only processes of the sandbox" {
	for who in $users; do
		as $who sleep 5 &
		bystander=$!
		run sandbox -- sh -c 'sleep 100 & kill -9 -1; exit 4'
		verdict exit 4
		kill -0 $bystander
		kill $bystander
		wait $bystander || :
	done
}

@test "the workload has no way to the channel on which init reports" {
	for who in $users; do
		run -7 sandbox -- bash -c '
			for fd in {3..9} {12..1023}; do # 10 and 11 are bash itself
				{ head -c 512 /dev/zero >&"$fd"; } 2>/dev/null && echo "descriptor $fd"
			done
			exit 7'
		verdict exit 7
		[ -z "$output" ]
		[ "$(field .certainty)" = exact ]
	done
}

@test "an int 0x80 system call ends the run as reason seccomp" {
	[ "$(uname -m)" = x86_64 ] || skip "int 0x80 exists on x86_64 only"
	for who in $users; do
		run sandbox --ro "$top/probes:/probes" -- /probes/foreign int80
		[[ $output != *int80* ]]
		[ "$status" -ge 128 ]
		[ "$(field .reason)" = seccomp ]
	done
}

@test "an x32 system call is refused or ends the run" {
	[ "$(uname -m)" = x86_64 ] || skip "x32 exists on x86_64 only"
	for who in $users; do
		run sandbox --ro "$top/probes:/probes" -- /probes/foreign x32
		[[ $output != *"x32 OK"* ]]
	done
}

@test "scheduling, umask, session and signals are fresh inside" {
	for who in $users; do
		run -0 as $who sh -c "umask 077; trap '' INT QUIT USR1 TERM; exec nice -n 5 $enclave -- \
			sh -c 'umask; cat /proc/self/status; cat /proc/self/stat'"
		[ "$(head -n 1 <<<"$output")" = 0022 ]
		grep -q '^SigIgn:[[:space:]]*0000000000000000' <<<"$output"
		grep -q '^SigBlk:[[:space:]]*0000000000000000' <<<"$output"
	done
}

@test "the record lists every wall as applied and read back" {
	for who in $users; do
		run -0 sandbox -- true
		for wall in user-namespace pid-namespace mount-namespace net-namespace ipc-namespace \
			uts-namespace cgroup-namespace no-nested-userns read-only-root unprivileged-uid \
			no-capabilities no-new-privs seccomp; do
			[ "$(field ".walls[\"$wall\"].state")" = applied ] || { echo "$who: $wall"; false; }
			[ $wall = no-nested-userns ] || # no file shows it from outside; init reads it again
				[ "$(field ".walls[\"$wall\"].read_back")" = true ] || { echo "$who: $wall"; false; }
		done
	done
}

@test "as root the limits of memory, processes and cpu are walls of the kernel, read back" {
	need_root
	who=root
	run -0 sandbox -- true
	has_cgroup || skip "no control group can be made here"
	for wall in cgroup-memory cgroup-pids cgroup-cpu no-groups; do
		[ "$(field ".walls[\"$wall\"] | \"\(.state) \(.read_back)\"")" = "applied true" ]
	done
}

@test "a wall that this host can't put up refuses the run when it is required" {
	for who in $users; do
		run -125 sandbox --require apparmor,landlock -- sh -c 'echo ran'
		[[ $output = *enclave-run:* ]]
		[[ $output != ran* ]]
	done
}
