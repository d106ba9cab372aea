#!/usr/bin/env bats
# The record: one JSON object per run, complete, valid, replaced at the end, written also on failure.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

@test "the record is one valid JSON object with every documented member" {
	for who in $users; do
		run -0 sandbox --label a=b -- echo hi
		for member in schema session started ended argv labels host phase status reason certainty \
			evidence exit_code signal usage limits walls violations warnings; do
			jq -e "has(\"$member\")" "$top/$who/record.json" >/dev/null || { echo "no member $member"; false; }
		done
		[ "$(field .schema)" = enclave-run/record/1 ]
		[ "$(jq -s length "$top/$who/record.json")" = 1 ]
		[ "$(field '.argv | join(",")')" = echo,hi ]
		[[ $(field .host.kernel) = *"$(uname -r)"* ]]
		[[ $(field .host.cgroup) =~ ^(v1|v2|none)$ ]]
		if [ "$who" = root ]; then [ "$(field .host.user)" = root ]; else [ "$(field .host.user)" = rootless ]; fi
	done
}

@test "start and end are RFC 3339 UTC, and numbers are plain integers" {
	for who in $users; do
		before=$(date +%s)
		run -0 sandbox -- sleep 0.2
		[[ $(field .started) =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$ ]]
		[ "$(date -d "$(field .started)" +%s)" -ge $((before - 1)) ]
		[ "$(date -d "$(field .ended)" +%s)" -le $(($(date +%s) + 1)) ]
		for n in wall_ns cpu_user_ns cpu_system_ns memory_peak_bytes pids_peak stdout_bytes stderr_bytes; do
			[[ $(field .usage.$n) =~ ^[0-9]+$ ]] || { echo "$n: $(field .usage.$n)"; false; }
		done
		if has_cgroup; then [ "$(field .usage.oom_kills)" = 0 ]; else [ "$(field .usage.oom_kills)" = null ]; fi
		[ "$(field .usage.wall_ns)" -ge 200000000 ]
	done
}

@test "hostile bytes in the arguments keep the record valid JSON" {
	for who in $users; do
		run sandbox -- echo $'quote " back \\ tab \t newline \n bell \a esc \e del \177' $'\xff\xfe\x80 bad utf8 \xc3' $'\xed\xa0\x80' "$(printf 'x%.0s' {1..5000})"
		jq -e . "$top/$who/record.json" >/dev/null
		python3 -c 'import json,sys; json.loads(open(sys.argv[1], "rb").read().decode("utf-8", "strict"))' "$top/$who/record.json"
		[ "$(field '.argv | length')" = 5 ]
		jq -e '.argv[1] | startswith("quote \" back \\ tab \t newline \n")' "$top/$who/record.json"
	done
}

@test "while the run goes on the record says so, and is replaced at the end" {
	for who in $users; do
		rm -f "$top/$who/record.json"
		as "$who" "$enclave" --record "$top/$who/record.json" -- sleep 1.5 &
		for _ in {1..40}; do
			[ ! -e "$top/$who/record.json" ] || break
			sleep 0.05
		done
		[ "$(field .status)" = running ]
		inode=$(stat -c %i "$top/$who/record.json")
		wait $!
		[ "$(field .status)" = exited ]
		[ "$(stat -c %i "$top/$who/record.json")" != "$inode" ]
		[ "$(find "$top/$who" -name '*record.json*' | wc -l)" = 1 ]
	done
}

@test "the record of a lost launcher still says running" {
	for who in $users; do
		start -- sleep 30
		started
		kill -9 $launcher
		wait $launcher 2>/dev/null || :
		jq -e . "$top/$who/record.json" >/dev/null
		[ "$(field .status)" = running ]
		nothing_left except-cgroups
	done
}

@test "patterns in the name of the record are replaced" {
	for who in $users; do
		mkdir -p "$top/$who/records"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/records"
		for _ in 1 2; do
			as "$who" "$enclave" --record "$top/$who/records/r-%p-%t.json" -- true
		done
		[ "$(find "$top/$who/records" -type f | wc -l)" = 2 ]
		[ -z "$(find "$top/$who/records" -name '*%*')" ]
		jq -e . "$top/$who/records/"* >/dev/null
		rm -r "$top/$who/records"
	done
}

@test "the record belongs to the caller and others may not write it" {
	for who in $users; do
		run -0 as "$who" sh -c 'umask 000; exec "$@"' - "$enclave" --record "$top/$who/record.json" -- true
		[ "$(stat -c %u "$top/$who/record.json")" = "$(as "$who" id -u)" ]
		[ $((0$(stat -c %a "$top/$who/record.json") & 022)) = 0 ]
	done
}

@test "a record that already exists is replaced, a symbolic link is not followed to its target" {
	for who in $users; do
		echo precious >"$top/$who/precious"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/precious"
		rm -f "$top/$who/record.json"
		ln -s precious "$top/$who/record.json"
		run as "$who" "$enclave" --record "$top/$who/record.json" -- true
		[ "$(cat "$top/$who/precious")" = precious ]
		rm -f "$top/$who/record.json"
	done
}

@test "--record /dev/stderr or a pipe gets the record as well, or is refused" {
	for who in $users; do
		run as "$who" "$enclave" --record /dev/stderr -- true
		[ "$status" = 125 ] || jq -e .schema <<<"$output"
	done
}

@test "no set-up failure goes without a record" {
	for who in $users; do
		for bad in "--chdir /no/such" "--ro /no/such:/x" "--rootfs /no/such" "--seccomp nosuch" "--require landlock"; do
			# shellcheck disable=SC2086 # two words on purpose
			run -125 sandbox $bad -- true
			jq -e '.reason == "setup" and (.status == "refused" or .status == "failed") and .error.message != null
				and ([.walls[] | select(.state == "applied" and .read_back == false)] | length) == 0' \
				"$top/$who/record.json" || { echo "$bad"; false; }
		done
	done
}

@test "the workload can't see or change the record" {
	for who in $users; do
		run -0 sandbox -- sh -c "ls $top 2>/dev/null; find / -path /usr -prune -o -path /proc -prune -o -name 'record.json*' -print 2>/dev/null; echo end"
		[ "$output" = end ]
	done
}

@test "evidence is there for what the verdict says" {
	for who in $users; do
		run sandbox --wall-time 300ms -- sleep 5
		jq -e '.evidence | length > 0' "$top/$who/record.json"
		run sandbox -- sh -c 'exit 9'
		jq -e '.evidence | length > 0' "$top/$who/record.json"
	done
}

@test "warnings name what an ordinary user does not get" {
	who=user
	run -0 sandbox -- true
	has_cgroup || jq -e '(.walls["cgroup-memory"].state == "absent") and (.walls["cgroup-memory"].detail | length > 10)' "$top/user/record.json"
}
