#!/usr/bin/env bats
# summary: many records counted by reason; labels tell which job a record belongs to.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# summary ARGUMENTS... - as $who, in the directory of the records
summary() {
	run --separate-stderr as "$who" "$enclave" summary "$@"
}

# records N... - one record r-N for a run that exits with N
records() {
	local n
	rm -f "$top/$who"/r-*
	for n; do
		as "$who" "$enclave" --record "$top/$who/r-$n" -- sh -c "exit ${n%%-*}" || :
	done
}

@test "all ok: a table, exit status 0" {
	for who in $users; do
		records 0-a 0-b 0-c
		summary "$top/$who"/r-*
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		[[ $output = *$'\n'exit*" 3 "*"100.0%"*" 3 "* ]]
		[[ $output != *"not ok"* ]]
	done
}

@test "one that is not ok: exit status 1, and it is named" {
	for who in $users; do
		records 0-a 0-b 7
		as "$who" "$enclave" -q --wall-time 100ms --record "$top/$who/r-late" -- sleep 5 || :
		as "$who" "$enclave" -q --record "$top/$who/r-refused" --chdir /no/such -- true 2>/dev/null || :
		summary "$top/$who"/r-*
		[ "$status" = 1 ]
		[[ $output = *$'\n'exit*" 3 "*"60.0%"*" 2 "* ]]
		[[ $output = *$'\n'deadline*" 1 "* ]]
		[[ $output = *$'\n'setup*" 1 "* ]]
		[[ $output = *$'\n'all*" 5 "* ]]
		[[ $output = *"not ok  $top/$who/r-7: exit 7"* && $output = *"r-late: deadline"* && $output = *"r-refused: setup"* ]]
		[[ $output != *"not ok  $top/$who/r-0"* ]]
	done
}

@test "--json has the figures as integers, and every run that is not ok" {
	for who in $users; do
		records 0-a 0-b 7
		summary --json "$top/$who"/r-* "$top/$who/missing"
		[ "$status" = 1 ]
		jq -e '.schema == "enclave-run/summary/1" and .all.runs == 4 and .all.ok == 2
			and .reasons.exit.runs == 3 and .reasons.exit.ok == 2 and .reasons.exit.share == 0.75
			and (.reasons.exit.wall_ns | .median > 0 and .max >= .median)
			and (.reasons.exit.cpu_ns.max | type) == "number"
			and .reasons.unreadable.runs == 1 and .reasons.unreadable.wall_ns.max == null
			and (.not_ok | length) == 2 and (.not_ok[0] | .reason == "exit" and .exit_code == 7)
			and (.not_ok[1].message | test("missing"))' <<<"$output"
		# options may stand behind the records, too
		summary "$top/$who"/r-0-a --json
		[ "$status" = 0 ]
		jq -e '.all.ok == 1' <<<"$output"
	done
}

@test "a record of a lost launcher is launcher-lost, one of a run that goes on is running; neither is ok" {
	for who in $users; do
		start -- sleep 20
		started
		summary "$top/$who/record.json"
		[ "$status" = 1 ]
		[[ $output = *$'\n'running*" 1 "* ]]
		kill -9 $launcher
		wait $launcher 2>/dev/null || :
		summary "$top/$who/record.json"
		[ "$status" = 1 ]
		[[ $output = *$'\n'launcher-lost*" 1 "* ]]
		nothing_left except-cgroups
	done
}

@test "files that can't be read or are no records are named and counted as not ok" {
	for who in $users; do
		records 0-a
		echo '{' >"$top/cut"
		echo '[]' >"$top/array"
		echo '{"schema":"enclave-run/record/99","reason":"exit","exit_code":0}' >"$top/schema"
		: >"$top/empty"
		printf '\xff\xfe' >"$top/bytes"
		[ -e "$top/secret" ] || { echo '{}' >"$top/secret" && chmod 0 "$top/secret"; }
		for bad in cut array schema empty bytes nosuch . $'esc\e[31m' $([ "$who" = root ] || echo secret); do
			summary "$top/$who/r-0-a" "$top/$bad"
			[ "$status" = 1 ]
			[[ $output = *$'\n'unreadable*" 1 "*$'\n'"not ok  "*"$top/${bad%$'\e'*}"* ]]
			[[ $output != *$'\e'* ]]
		done
	done
}

@test "an edited record is never a crash" {
	for who in $users; do
		records 0-a
		for edit in 'del(.reason)' '.reason = 7' '.reason = null' '.usage = []' '.usage.wall_ns = -1' \
			'.usage.wall_ns = "x"' '.exit_code = 1.5' '.exit_code = 99999999999' 'del(.exit_code)' '.status = "running"' \
			'.status = "running" | .launcher = {pid: -1, start_ticks: "x"}' '.reason = "\u0000x"'; do
			jq "$edit" "$top/$who/r-0-a" >"$top/edited"
			summary "$top/edited" "$top/$who/r-0-a"
			[ "$status" -le 1 ] || { echo "$edit: $status"; false; }
			[[ $output = *$'\n'all*" 2 "* ]]
		done
	done
}

@test "without a record, or with an option of a run, it is refused; a command of that name runs" {
	for who in $users; do
		summary
		[ "$status" = 125 ]
		[[ $stderr = *"wants records"* ]]
		summary --memory 1G x
		[ "$status" = 125 ]
		summary --format md x
		[ "$status" = 125 ]
		run -127 as "$who" "$enclave" -- summary
		run -0 as "$who" "$enclave" --help
		[[ $output = *"summary"* ]]
	done
}

@test "ten thousand records are counted within ten seconds" {
	local limit=10
	[[ ! -d /sys/fs/cgroup/vm && ${ENCLAVE_RUN:-} != */asan/* ]] || limit=100 # slow for other reasons
	who=user
	records 0-a
	mkdir "$top/many"
	python3 -c 'import os, sys
for i in range(10000): os.link(sys.argv[1], f"{sys.argv[2]}/{i}")' "$top/user/r-0-a" "$top/many"
	before=$SECONDS
	summary "$top/many"/*
	[ "$status" = 0 ]
	[[ $output = *" 10000 "* ]]
	[ $((SECONDS - before)) -le $limit ]
}

@test "the job of a scheduler or CI system becomes labels, its tokens do not" {
	for who in $users; do
		run -0 as "$who" env SLURM_JOB_ID=77 SLURM_PROCID=3 GITHUB_RUN_ID=5 GITHUB_TOKEN=hunter2 GITLAB_CI=1 CI_PIPELINE_ID=8 \
			CI_JOB_TOKEN=hunter2 JENKINS_URL=http://j BUILD_TAG=jenkins-x-1 BUILDKITE_JOB_ID=0a "$enclave" \
			--label SLURM_PROCID=mine --record "$top/$who/labels" -- true
		[ "$(jq -c '.labels | to_entries | map(.key + "=" + .value) | sort' "$top/$who/labels")" = \
			'["BUILDKITE_JOB_ID=0a","BUILD_TAG=jenkins-x-1","CI_PIPELINE_ID=8","GITHUB_RUN_ID=5","SLURM_JOB_ID=77","SLURM_PROCID=mine"]' ]
		run -0 as "$who" env BUILD_TAG=mine JOB_NAME=x "$enclave" --record "$top/$who/labels" -- true
		[ "$(jq -c .labels "$top/$who/labels")" = '{}' ]
	done
}
