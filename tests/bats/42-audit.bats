#!/usr/bin/env bats
# The audit log: what is in it, what is refused, what happens when it can't be written, what is found.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup denied
}

teardown_file() {
	enclave_teardown
}

# log - of the caller; new_log - and without what was in it
log() {
	echo "$top/$who/audit.jsonl"
}

new_log() {
	rm -f "$(log)"
}

# audited OPTIONS... - one run with the log, without a network, which has lines of its own
audited() {
	sandbox --audit "$(log)" --net none "$@"
}

verify() {
	as "$who" "$enclave" audit verify "$@"
}

# events - of the log, in one line
events() {
	jq -r .event "$(log)" | tr '\n' ' '
}

# last EVENT EXPRESSION - of the last event of that kind
last() {
	jq -rs "map(select(.event == \"$1\")) | last | $2" "$(log)"
}

@test "start and walls before the release, teardown and result at the end" {
	for who in $users; do
		new_log
		run -3 audited --label a=b -- sh -c 'exit 3'
		[ "$(events)" = "start walls teardown result " ]
		[ "$(last start '.argv | join(" ")')" = "sh -c exit 3" ]
		last start '.labels[]' | grep -qx a=b
		[ "$(last start .session)" = "$(field .session)" ]
		jq -es 'map(.session) | unique | length == 1' "$(log)"
		jq -e -s --slurpfile r "$top/$who/record.json" '
			(.[1].applied | sort) == ([$r[0].walls | to_entries[]
				| select(.value.state == "applied").key] | sort)' "$(log)"
		[ "$(last result '[.status, .reason, .exit_code, .exit_status, .lost] | join(" ")')" = \
			"exited exit 3 3 0" ]
		[ "$(last teardown .processes)" = gone ]
		[[ $(last teardown .cgroup) =~ ^(removed|none)$ ]]
	done
}

@test "start names the plan by the hash of what explain prints" {
	for who in $users; do
		new_log
		run -0 audited --memory 64M -- true
		# shellcheck disable=SC2046 # one option or none
		hash=$(as "$who" "$enclave" explain --net none --json $(parent_of "$who") --memory 64M -- true | sha256sum)
		[ "$(last start .plan_sha256)" = "${hash%% *}" ]
	done
}

@test "the record keeps the head: the hash of the last line that the run wrote" {
	for who in $users; do
		new_log
		run -0 audited -- true
		head=$(tail -n 1 "$(log)" | sha256sum)
		[ "$(field .audit.head_sha256)" = "${head%% *}" ]
		[ "$(field '[.audit.records, .audit.head_line] | join(" ")')" = "4 4" ]
		run -0 audited -- true
		[ "$(field '[.audit.records, .audit.head_line] | join(" ")')" = "4 8" ]
		run -0 sandbox -- true
		[ "$(field .audit)" = null ]
	done
}

@test "a refused run and a failed set-up are in the log" {
	for who in $users; do
		new_log
		run -125 audited --require landlock -- true
		[ "$(events)" = "refused result " ]
		[ "$(last refused .session)" = null ]
		[[ $(last refused .message) = *landlock* ]]
		[ "$(last result .status)" = refused ]
		run -125 audited --chdir /no/such -- true
		[[ $(last refused .message) = */no/such* ]]
		[ "$(last result .reason)" = setup ]
		run -127 audited -- /no/such/command
		[ "$(last result .reason)" = exec-failed ]
		head=$(field .audit.head_sha256)
		run -0 verify "$(log)" --head "$head"
	done
}

@test "a kill of ours, a signal to us and forbidden calls are told before and in total" {
	for who in $users; do
		new_log
		run audited --wall-time 300ms -- sleep 5
		verdict deadline 124
		[ "$(events)" = "start walls kill teardown result " ]
		[ "$(last kill .reason)" = deadline ]

		new_log
		rm -f "$top/$who/record.json"
		start --audit "$(log)" --net none -- sleep 20
		started
		kill -TERM $launcher
		wait $launcher || :
		[ "$(events)" = "start walls cancel teardown result " ]
		[ "$(last cancel .signal)" = 15 ]
		[ "$(last result .reason)" = cancelled ]

		new_log
		run audited --ro "$top/probes:/probes" -- sh -c '/probes/denied; /probes/denied'
		kinds=$(field '.violations | length')
		[ "$(jq -r 'select(.event == "violation") | .syscall' "$(log)" | wc -l)" = "$kinds" ]
		[ "$(last violations .total)" = "$(field .violations_total)" ]
		jq -es --slurpfile r "$top/$who/record.json" 'map(select(.event == "violations"))[0].calls
			== ($r[0].violations | map({ (.syscall): .count }) | add)' "$(log)"

		new_log
		run audited --on-violation kill --ro "$top/probes:/probes" -- /probes/denied
		verdict seccomp 137
		[ "$(events)" = "start walls violation kill violations teardown result " ]
		[ "$(last kill .reason)" = seccomp ]
		run -0 verify "$(log)" --head "$(field .audit.head_sha256)"
	done
}

@test "hostile bytes in arguments and labels stay inside their line" {
	for who in $users; do
		new_log
		bytes=$'\xff\xfe\x80 \xc3 \xed\xa0\x80 "}\n{"seq":1,"prev":"\e[2J\a\177'
		run -0 audited --label "$bytes=$bytes" -- true "$bytes" "$(printf 'x%.0s' {1..50000})"
		[ "$(wc -l <"$(log)")" = 4 ]
		[ "$(LC_ALL=C tr -d ' -~\n' <"$(log)" | wc -c)" = 0 ]
		jq -e . "$(log)" >/dev/null
		jq -es '.[0].argv[1] | startswith("\u00ff\u00fe\u0080 \u00c3 ")' "$(log)"
		[ "$(last start .argv_total)" = 3 ]
		run -0 verify "$(log)"
		run -0 as "$who" "$enclave" audit show "$(log)"
		[ "${#lines[@]}" = 4 ]
		[ "$(LC_ALL=C tr -d ' -~\n' <<<"$output" | wc -c)" = 0 ]
	done
}

@test "twenty runs at a time share one log, and every head occurs in it" {
	for who in $users; do
		new_log
		mkdir -p "$top/$who/heads"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/heads"
		for n in {1..20}; do
			# shellcheck disable=SC2046 # one option or none
			as "$who" timeout -k 2 60 "$enclave" --net none --audit "$(log)" $(parent_of "$who") \
				--record "$top/$who/heads/$n.json" -- sh -c "exit $n" &
		done
		failed=0
		for job in $(jobs -p); do
			wait "$job" || [ $? -le 20 ] || failed=$((failed + 1))
		done
		[ $failed = 0 ]
		[ "$(wc -l <"$(log)")" = 80 ]
		heads=()
		for n in {1..20}; do
			heads+=(--head-from "$top/$who/heads/$n.json")
		done
		run -0 verify "$(log)" "${heads[@]}"
		[[ $output = *"80 lines"*"20 of 20 heads occur" ]]
		[ "$(jq -r .session "$(log)" | sort | uniq -c | awk '$1 != 4' | wc -l)" = 0 ]
		rm -r "$top/$who/heads"
	done
}

@test "where a log can't be: refused, and nothing is made" {
	for who in $users; do
		new_log
		mkdir -p "$top/$who/tree"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/tree"
		run -125 as "$who" "$enclave" --audit "$top/$who/tree/log" --rw "$top/$who/tree:/t" -- true
		[[ $output = *"lies below --rw"* ]]
		[ ! -e "$top/$who/tree/log" ]
		run -125 as "$who" "$enclave" --audit /dev/full -- true
		run -125 as "$who" "$enclave" --audit "$top/$who/tree" -- true
		run -125 as "$who" "$enclave" --audit "$top/$who/no/such/log" -- true
		ln -s audit.jsonl "$top/$who/link"
		run -125 as "$who" "$enclave" --audit "$top/$who/link" -- true
		[[ $output = *"symbolic link"* ]]
		[ ! -e "$(log)" ]
		as "$who" mkfifo "$top/$who/fifo"
		run -125 as "$who" timeout 5 "$enclave" --audit "$top/$who/fifo" -- true
		run -0 audited -- true
		ln "$(log)" "$top/$who/second"
		run -125 as "$who" "$enclave" --audit "$(log)" -- true
		[[ $output = *"second name"* ]]
		rm "$top/$who/second"
		for option in "--rw $(log):/log" "--stdout $(log)" "--stderr $(log)" "--stdin $(log)" \
			"--record $(log)"; do
			# shellcheck disable=SC2086 # two words on purpose
			run -125 as "$who" "$enclave" --audit "$(log)" $option -- true
		done
		run as "$who" sh -c '"$0" --audit "$1" -- echo x >>"$1"' "$enclave" "$(log)"
		[ "$status" = 125 ]
		run -0 verify "$(log)"
		rm -rf "$top/$who/link" "$top/$who/fifo" "$top/$who/tree"
	done
}

@test "a log below a --rw tree that is named through another mount is refused" {
	need_root
	mkdir -p "$top/root/tree/deep" "$top/root/elsewhere"
	# shellcheck disable=SC2016 # for the inner shell
	run -125 unshare -m sh -c 'mount --bind "$1/tree" "$1/elsewhere" &&
		"$0" --audit "$1/tree/deep/log" --rw "$1/elsewhere:/t" -- true' "$enclave" "$top/root"
	[[ $output = *"lies below --rw"* ]]
	[ ! -e "$top/root/tree/deep/log" ]
	rm -r "$top/root/tree" "$top/root/elsewhere"
}

@test "a new log is for its owner alone, and the workload never has it" {
	for who in $users; do
		new_log
		run -0 as "$who" sh -c 'umask 000; exec "$@"' - "$enclave" --audit "$(log)" -- \
			sh -c "ls -l /proc/self/fd /proc/*/fd; cat $(log)"  || [ "$status" -le 2 ]
		[[ $output != *audit.jsonl\ * ]]
		[ "$(stat -c %a "$(log)")" = 600 ]
		[ "$(stat -c %u "$(log)")" = "$(as "$who" id -u)" ]
		rm -f "$top/$who/record.json"
		start --audit "$(log)" --net none -- sleep 3
		started
		# of all processes of the run only the launcher holds it
		[ "$(find /proc/[0-9]*/fd -lname "$(log)" 2>/dev/null | cut -d / -f 3 | sort -u)" = $launcher ]
		kill $launcher
		wait $launcher || :
	done
}

@test "nothing is appended to a torn or foreign end" {
	for who in $users; do
		for damage in 'printf x' 'echo' 'echo {}' 'printf "{\"seq\":5"'; do
			new_log
			run -0 audited -- true
			eval "$damage" >>"$(log)"
			before=$(sha256sum <"$(log)")
			run -125 audited -- touch /tmp/executed
			[[ $output = *"torn or foreign"* ]]
			[ "$(field .status)" = refused ]
			[ "$(field .audit)" = null ]
			[ "$(sha256sum <"$(log)")" = "$before" ]
			run -1 verify "$(log)"
			[[ $output = *"broken: line 5"* ]]
		done
		echo "my diary" >"$(log)"
		run -125 audited -- true
		[ "$(cat "$(log)")" = "my diary" ]
	done
}

@test "a log that is cut, removed or given a second name during a run ends the run as audit" {
	for who in $users; do
		for harm in "truncate -s 100" "truncate -s 0" "rm" "ln -f -t $top/$who/tree"; do
			new_log
			rm -rf "$top/$who/tree"
			mkdir -p "$top/$who/tree"
			start --audit "$(log)" --net none -- sleep 2
			started
			$harm "$(log)"
			status=0
			wait $launcher || status=$?
			verdict audit 125
			[ "$(field .status)" = failed ]
			rm -rf "$top/$who/tree"
		done
	done
}

@test "a log that was renamed for rotation is written to its end" {
	for who in $users; do
		new_log
		start --audit "$(log)" --net none -- sleep 2
		started
		mv "$(log)" "$top/$who/rotated"
		run -0 sandbox --audit "$(log)" --record "$top/$who/other.json" -- true
		wait $launcher
		[ "$(wc -l <"$top/$who/rotated")" = 4 ]
		run -0 verify "$top/$who/rotated" --head "$(field .audit.head_sha256)"
		run -0 verify "$(log)"
		rm -f "$top/$who/rotated" "$top/$who/other.json"
	done
}

@test "who holds the lock delays a run by seconds, then it counts as not written; the dead hold none" {
	need python3
	python=$(PATH=/usr/local/bin:/usr/bin command -v python3)
	for who in $users; do
		new_log
		run -0 audited -- true
		cat >"$top/$who/hold.py" <<-'END'
			import fcntl, struct, sys, time
			log = open(sys.argv[1], "r+b")
			fcntl.fcntl(log, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)) # F_OFD_SETLK
			open(sys.argv[2], "w").close()
			time.sleep(60)
		END
		rm -f "$top/$who/held"
		if [ "$who" = user ] && [ "$EUID" = 0 ]; then
			setpriv --reuid "$user_uid" --regid "$user_gid" --clear-groups "$python" \
				"$top/$who/hold.py" "$(log)" "$top/$who/held" &
		else
			"$python" "$top/$who/hold.py" "$(log)" "$top/$who/held" &
		fi
		holder=$!
		for _ in {1..100}; do
			[ ! -e "$top/$who/held" ] || break
			sleep 0.05
		done
		before=$(date +%s)
		run -125 audited -- true
		[[ $output = *"has held its lock"* ]]
		[ $(($(date +%s) - before)) -le 10 ]
		kill -9 $holder
		wait $holder || :
		run -0 audited -- true
		run -0 verify "$(log)"
	done
}

@test "a killed launcher leaves a log that others go on with" {
	for who in $users; do
		new_log
		start --audit "$(log)" --net none -- sleep 30
		started
		kill -9 $launcher
		wait $launcher 2>/dev/null || :
		run -0 audited -- true
		run -0 verify "$(log)" --head "$(field .audit.head_sha256)"
		[ "$(events)" = "start walls start walls teardown result " ]
		nothing_left except-cgroups
	done
}

# on_small_disk SIZE COMMAND... - in a mount namespace of its own, with a tmpfs at $top/small
on_small_disk() {
	local size=$1
	shift
	mkdir -p "$top/small"
	export who enclave
	export -f as sandbox parent_of
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -c 'mount -t tmpfs -o "size=$1,mode=777" none "$0/small" && shift && "$@"' \
		"$top" "$size" "$@"
}

@test "no room for the start: nothing is executed, reason audit" {
	need_root
	for who in $users; do
		run -125 on_small_disk 4k bash -c '
			dd if=/dev/zero of="$0/small/filler" bs=4096 count=1 status=none
			sandbox --audit "$0/small/log" -- touch /tmp/executed
			status=$?
			[ "$(stat -c %s "$0/small/log")" = 0 ] || exit 99
			exit $status' "$top"
		verdict audit 125
		[ "$(field .status)" = failed ]
		[ "$(field .phase)" = setup ]
		[ "$(field .exit_code)" = null ]
		[[ $(field .error.message) = *"can't be written"*ENOSPC* ]]
		[[ $output = *"audit: --audit"*"can't be written"* ]]
	done
}

@test "the disk becomes full during the run: it is killed, reason audit, and the log is whole" {
	need_root
	for who in $users; do
		run -125 on_small_disk 8k bash -c '
			sandbox --audit "$0/small/log" --ro "$top/probes:/probes" -- \
				sh -c "/probes/denied; sleep 20"
			status=$?
			"$enclave" audit verify "$0/small/log" >&2 || exit 98
			exit $status' "$top"
		verdict audit 125
		[ "$(field .status)" = killed ]
		[ "$(field '.evidence.own_kills | index("audit") != null')" = true ]
		[[ $output = *": ok: "* ]]
		[ "$(field .usage.wall_ns)" -lt 15000000000 ]
	done
}

@test "a file size limit of the caller is an error, not the end of the launcher" {
	for who in $users; do
		new_log
		run -125 as "$who" timeout -k 2 20 prlimit --fsize=1000 "$enclave" --audit "$(log)" -- true
		[[ $output = *"audit: --audit"*"can't be written"* ]]
		run -0 verify "$(log)"
		new_log
		run -125 as "$who" timeout -k 2 20 prlimit --fsize=6000 "$enclave" --audit "$(log)" \
			--ro "$top/probes:/probes" -- sh -c "/probes/denied; sleep 15"
		[[ $output = *"killed: audit: --audit"* ]]
		run -0 verify "$(log)"
		run -125 as "$who" timeout -k 2 20 prlimit --fsize=100 "$enclave" --record "$top/$who/r.json" -- true
		[[ $output = *"--record"*"can't be written"* ]]
	done
}

@test "audit verify: 0 when in order, 1 with the first broken line, 125 when it can't tell" {
	for who in $users; do
		new_log
		for _ in 1 2 3; do
			run -0 audited -- true
		done
		head=$(field .audit.head_sha256)
		run -0 verify "$(log)"
		[[ $output = *"12 lines"*"without --head"* ]]
		run -0 verify --head "$head" "$(log)" --json
		[ "$(jq -r '[.ok, .lines, .heads_found] | join(" ")' <<<"$output")" = "true 12 1" ]
		bad=$top/$who/bad
		sed 5d "$(log)" >"$bad"
		run -1 verify "$bad"
		[[ $output = *"broken: line 5: "* ]]
		sed '5s/start/stalt/' "$(log)" >"$bad"
		run -1 verify "$bad" --json
		[ "$(jq -r '[.ok, .broken_line] | join(" ")' <<<"$output")" = "false 5" ]
		head -n 8 "$(log)" >"$bad"
		run -0 verify "$bad"
		run -1 verify "$bad" --head "$head"
		[[ $output = *"line 8: it was changed, or what followed it was cut off"* ]]
		sed '12s/exited/failed/' "$(log)" >"$bad"
		run -0 verify "$bad"
		run -1 verify "$bad" --head-from "$top/$who/record.json"
		: >"$bad"
		run -0 verify "$bad"
		run -1 verify "$bad" --head "$head"
		run -125 verify "$top/$who/nosuch"
		run -125 verify "$top"
		run -125 verify
		run -125 verify "$(log)" "$(log)"
		run -125 verify "$(log)" --head 1234
		run -125 verify "$(log)" --head "${head^^}0"
		run -125 verify "$(log)" --head-from "$(log)"
		run -125 verify "$(log)" --head "$head" --head-from "$top/$who/record.json"
		run -125 as "$who" "$enclave" audit
		run -125 as "$who" "$enclave" audit check "$(log)"
		run -0 as "$who" "$enclave" audit show "$(log)"
		[ "${#lines[@]}" = 12 ]
		[[ ${lines[0]} = *" er-"*" start "*"argv=[true]"* ]]
		printf '\e]0;x\a\n' >"$bad"
		run -1 as "$who" "$enclave" audit show "$bad"
		[ "$output" = "line 1 is no line of an audit log" ]
	done
}

@test "random edits, drops, swaps and cuts of a log that several runs shared are all found" {
	new_log
	mkdir -p "$top/$who/heads"
	[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/heads"
	for n in {1..8}; do
		# shellcheck disable=SC2046 # one option or none
		as "$who" "$enclave" --audit "$(log)" $(parent_of "$who") --ro "$top/probes:/probes" \
			--record "$top/$who/heads/$n.json" -- sh -c "exit $n" &
	done
	wait
	mapfile -t heads < <(jq -rs 'sort_by(.audit.head_line)[].audit.head_sha256' "$top/$who"/heads/*.json)
	[ ${#heads[@]} = 8 ]
	edits=300
	[ -z "${ENCLAVE_TEST_RUNS:-}" ] || edits=10000 # check-all
	run -0 python3 "$repo/tests/audit/edits" "$enclave" "$(log)" $edits "${heads[@]}"
	[[ $output = *"$edits edits, $edits found, $edits named"* ]]
	rm -r "$top/$who/heads"
}
