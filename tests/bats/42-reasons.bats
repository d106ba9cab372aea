#!/usr/bin/env bats
# vm: short
# The fast rows of tests/verdict/table, once each; all of them, many times, is tests/verdict/run -n 20.

# shellcheck disable=SC2154 # variables that helpers.bash assigns
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

@test "every way to end has its verdict: the fast rows of the table" {
	ENCLAVE_RUN=${ENCLAVE_RUN:-$repo/build/enclave-run} run timeout -k 5 200 "$repo/tests/verdict/run" -s
	grep -v '^ok' <<<"$output" || :
	[ "$status" = 0 ]
}

@test "the table has at least sixty rows and no name twice" {
	mapfile -t names < <(sed -n '/^#/!s/^\([a-z0-9-]*\) *|.*/\1/p' "$repo/tests/verdict/table")
	[ ${#names[@]} -ge 60 ]
	[ -z "$(printf '%s\n' "${names[@]}" | sort | uniq -d)" ]
}

# valid - the record is one JSON object of strict UTF-8, without a control character or a name twice
valid() {
	python3 - "$top/$who/record.json" <<-'END'
		import json, sys
		text = open(sys.argv[1], "rb").read().decode("utf-8", "strict")
		def once(pairs):
		    names = [name for name, _ in pairs]
		    assert len(names) == len(set(names)), names
		    return dict(pairs)
		json.loads(text, object_pairs_hook=once, parse_constant=lambda word: 1 / 0)
		assert not [c for c in text if c < " " and c != "\n"]
	END
}

@test "hostile bytes in every place that reaches the record keep it valid" {
	bytes=$'\xff\xc3(\xed\xa0\x80"\\ \e[31m\t\n\a\177\xf4\x90\x80\x80\xe2\x80\xae'
	for who in $users; do
		run -0 sandbox -e "A$bytes=x" -e "B=$bytes" --label "k$bytes=$bytes" -- echo "$bytes"
		valid
		run -0 as "$who" env "SLURM_JOB_ID=$bytes" "$enclave" --record "$top/$who/record.json" -- true
		valid
		[ "$(field '.labels | length')" = 1 ]
		run -127 sandbox -- "/bin/$bytes"
		valid
		verdict exec-failed 127
		for options in --ro=/none --chdir= --tmpfs=relative --stdout=/none/ --hostname=a --rootfs=/none --seccomp=/none \
			--cgroup-parent=/none --user= --hide=/none --stdin=/none; do
			run sandbox "$options$bytes" -- true
			[ "$status" != 0 ] || continue
			# a line that is no command is refused before a record is thought of
			[ ! -e "$top/$who/record.json" ] || valid || { echo "$options"; false; }
			! grep -q $'[\e\a]' <<<"$output" || { echo "$options: printed as it is"; false; }
		done
		run sandbox -- sh -c "printf '%s' '$bytes' >&2; printf '%s' '$bytes' >/tmp/'x'; kill -9 \$\$"
		valid
	done
}

# members - names in the record, two levels deep, without what a main process that never was has not
members() {
	jq -r 'paths | select(length <= 2 and all(type == "string")) | join(".")' "$top/$who/record.json" |
		grep -vE '^(evidence\.main_(code|status)|error\.|labels\.)' | sort
}

@test "a record of whatever failed has every member, the reason and the stage" {
	for who in $users; do
		run -0 sandbox -- true
		members >"$top/$who/members"
		while read -r options; do
			# shellcheck disable=SC2086 # words on purpose
			run -125 sandbox $options -- true
			valid
			jq -e '.reason == "setup" and (.error.stage | length > 1) and (.error.message | length > 10)' \
				"$top/$who/record.json" >/dev/null || { echo "$options: $(field .error)"; false; }
			diff "$top/$who/members" <(members) || { echo "$options"; false; }
			nothing_left
		done <<-END
			--chdir /no/such
			--stdout /no/such/file
			--ro /no/such:/x
			--rootfs /no/such
			--require landlock
			--seccomp /no/such
		END
		run -127 sandbox -- /no/such
		diff "$top/$who/members" <(members)
		run sandbox --wall-time 100ms -- sleep 5
		diff "$top/$who/members" <(members)
	done
}
