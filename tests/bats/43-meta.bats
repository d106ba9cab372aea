#!/usr/bin/env bats
# --meta: the result in the format of isolate(1), so that judges which read that can read ours.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# meta OPTIONS... - one run with a meta file; its result is taken by meta_is
meta() {
	rm -f "$top/$who/meta"
	status=0
	output=$(sandbox --meta "$top/$who/meta" "$@" 2>&1) || status=$?
}

# meta_is LINE... - every line is in the file; "!KEY" = no line of that key
meta_is() {
	local line
	for line; do
		if [[ $line = !* ]]; then
			! grep -q "^${line#!}:" "$top/$who/meta" && continue
		else
			grep -qxF -- "$line" "$top/$who/meta" && continue
		fi
		echo "as $who, wanted $line:"
		cat "$top/$who/meta"
		return 1
	done
}

@test "every line is KEY:VALUE with a key that isolate has, and none stands twice" {
	for who in $users; do
		for end in true 'exit 3' 'kill -9 $$'; do
			meta -- sh -c "$end"
			! grep -vE '^(time|time-wall|max-rss|cg-mem|cg-oom-killed|csw-voluntary|csw-forced|exitcode|exitsig|killed|status|message):.+$' "$top/$who/meta"
			[ -z "$(cut -d: -f1 "$top/$who/meta" | sort | uniq -d)" ]
		done
	done
}

@test "exit 0 has no status, another code is RE, a signal is SG" {
	for who in $users; do
		meta -- true
		meta_is exitcode:0 '!status' '!message' '!killed' '!exitsig'
		meta -- sh -c 'exit 3'
		meta_is exitcode:3 status:RE 'message:Exited with error status 3' '!killed'
		meta -- sh -c 'kill -SEGV $$'
		meta_is exitsig:11 status:SG 'message:Caught fatal signal 11' '!killed' '!exitcode'
	done
}

@test "time, time-wall and memory are the record's, in seconds and kilobytes" {
	for who in $users; do
		meta -- sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; sleep 0.3'
		[ "$(grep -cE '^time(-wall)?:[0-9]+\.[0-9]{3}$' "$top/$who/meta")" = 2 ]
		[ "$(sed -n 's/^time-wall:\(.*\)\.\(.*\)/\1\2/p' "$top/$who/meta" | sed 's/^0*//')" = "$(field '.usage.wall_ns / 1000000 | floor')" ]
		[ "$(sed -n 's/^time:\(.*\)\.\(.*\)/\1\2/p' "$top/$who/meta" | sed 's/^0*//')" = \
			"$(field '(.usage.cpu_user_ns + .usage.cpu_system_ns) / 1000000 | floor')" ]
		grep -qE '^max-rss:[1-9][0-9]+$' "$top/$who/meta"
		if has_cgroup; then
			meta_is "cg-mem:$(field '.usage.memory_peak_bytes / 1024 | floor')"
		else
			meta_is '!cg-mem'
		fi
		meta_is "csw-voluntary:$(field .usage.context_switches_voluntary)"
	done
}

@test "the clocks are TO, and of the wall clock the message says so" {
	for who in $users; do
		meta --wall-time 200ms -- sleep 5
		meta_is status:TO killed:1 'message:Time limit exceeded (wall clock)'
		meta --cpu-time 200ms -- sh -c 'while :; do :; done'
		meta_is status:TO killed:1 'message:Time limit exceeded'
	done
}

@test "memory, output and a forbidden call are SG with the signal that ended it" {
	for who in $users; do
		meta --memory 32M -- sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x)'
		meta_is status:SG exitsig:9 killed:1 'message:Memory limit exceeded'
		if has_cgroup; then meta_is cg-oom-killed:1; fi
		meta --output-max 1K -- head -c 10000 /dev/zero
		meta_is status:SG exitsig:9 killed:1 'message:Output limit exceeded' '!cg-oom-killed'
		meta --on-violation kill -- unshare -U true
		meta_is status:SG killed:1 'message:Forbidden system call'
	done
}

@test "what could not be started is XX: refused, no such command, not executable" {
	for who in $users; do
		meta --chdir /no/such -- true
		meta_is status:XX '!exitcode' '!time'
		meta --require landlock --landlock off -- true
		meta_is status:XX
		meta -- /no/such/program
		meta_is status:XX 'message:execve("/no/such/program"): No such file or directory'
		meta -- /etc/passwd
		meta_is status:XX 'message:execve("/etc/passwd"): Permission denied'
	done
}

@test "no byte of a command or message makes another line" {
	for who in $users; do
		meta -- $'/no\nstatus:OK\nexitcode:0'
		[ "$(wc -l <"$top/$who/meta")" = 2 ]
		meta --ro $'/no\nexitcode=0:/x' -- true
		[ "$(wc -l <"$top/$who/meta")" = 2 ]
	done
}

@test "until the end the file says XX, so that no old result is taken for that of a lost launcher" {
	for who in $users; do
		meta -- true
		start --meta "$top/$who/meta" -- sleep 20
		started
		meta_is status:XX '!exitcode'
		kill -9 $launcher
		wait $launcher 2>/dev/null || :
		meta_is status:XX '!exitcode'
		nothing_left except-cgroups
	done
}

@test "it is replaced as a whole, patterns work, and a place that the command could write is refused" {
	for who in $users; do
		meta -- true
		ln "$top/$who/meta" "$top/$who/old"
		run sandbox --meta "$top/$who/meta" -- false
		meta_is exitcode:1
		grep -qx exitcode:0 "$top/$who/old"
		rm "$top/$who/old"
		run -1 as "$who" env SLURM_JOB_ID=77 "$enclave" --meta "$top/$who/m-%j" -- false
		grep -qx exitcode:1 "$top/$who/m-77"
		mkdir -p "$top/$who/rw"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/rw"
		run -125 sandbox --meta "$top/$who/rw/meta" --rw "$top/$who/rw:/rw" -- true
		[[ $output = *--meta*--rw* ]]
		for bad in /nowhere/at/all/m "$top/$who" /dev/null "$top/$who/record.json" "$top/$who/../$who/record.json" "$top/$who/m-%z"; do
			run -125 sandbox --meta "$bad" -- true
			[[ $output = enclave-run:*--meta* ]]
		done
		run -125 sandbox --meta "$top/$who/log" --audit "$top/$who/log" -- true
		[[ $output = *--meta*--audit* ]]
	done
}

@test "a refusal of --meta itself is in the record" {
	for who in $users; do
		run -125 sandbox --meta /nowhere/at/all/m -- true
		[ "$(field .status)" = refused ]
	done
}
