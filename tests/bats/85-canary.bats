#!/usr/bin/env bats
# The canary: it says ok here, and it does not when something is open or when a probe could prove nothing.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# canary ARG... - as the caller; its options for a run stand last
canary() {
	local options
	options=$(parent_of "$who")
	# shellcheck disable=SC2086 # one option or none
	as "$who" "$enclave" canary "$@" $options
}

@test "nothing gets out, every probe is controlled or says why not, and nothing is left" {
	for who in $users; do
		run -0 canary --
		[[ ${lines[-1]} = "canary: nothing got out" ]]
		[ "$(grep -c '^  held' <<<"$output")" -ge 23 ]
		[[ $output != *FAILED* ]]
		[ -z "$(find /tmp -maxdepth 1 -name 'enclave-canary.*' -user "$(as "$who" id -u)")" ]
		[ "$who" = root ] || [ -z "$(processes_of "$user_uid")" ]
	done
}

@test "--json is one object: schema, verdict, and each probe with its control" {
	for who in $users; do
		canary --json -- >"$top/$who/canary.json"
		[ "$(jq -r .schema "$top/$who/canary.json")" = enclave-run/canary/1 ]
		[ "$(jq -c '[.ok, .host_was_called]' "$top/$who/canary.json")" = '[true,false]' ]
		[ "$(jq '[.probes[] | select(.ok and (.got_through | not))] | length >= 23' "$top/$who/canary.json")" = true ]
		[ "$(jq '[.probes[] | select(.control == "failed")] | length' "$top/$who/canary.json")" = 0 ]
		# what is planted on this host is found on it, whoever looks
		for name in host-loopback abstract-socket unix-socket host-file name dns-tunnel; do
			[ "$(jq -r ".probes[] | select(.name == \"$name\").control" "$top/$who/canary.json")" = ok ]
		done
	done
}

@test "what is open is named: files, sockets, names, the record" {
	for who in $users; do
		run -1 canary -- --ro /tmp
		[[ $output = *"FAILED  unix-socket"*"got through"* && $output = *"FAILED  host-file"*"got through"* ]]
		run -1 canary -- --allow not-allowed.canary.example
		[[ $output = *"FAILED  name"*"got through"* ]]
		run -1 canary -- --allow '*.tunnel.example'
		[[ $output = *"FAILED  dns-tunnel"*"got through"* ]]
		canary --json -- --ro /tmp >"$top/$who/canary.json" || [ $? = 1 ]
		[ "$(jq -c '[.probes[] | select(.ok | not).name]' "$top/$who/canary.json")" = '["unix-socket","host-file"]' ]
		[ "$(jq .host_was_called "$top/$who/canary.json")" = true ]
	done
}

@test "a sandbox that can't be started is no success" {
	for who in $users; do
		run -125 canary -- --require landlock
		run -125 canary -- --no-such-option
		run -125 canary ls
		[[ $output = "enclave-run: 'canary' takes options of a run behind '--', 'ls' is none" ]]
		run -125 as "$who" env TMPDIR=/nowhere "$enclave" canary
		[[ $output = *enclave-run:*nowhere* ]]
	done
}
