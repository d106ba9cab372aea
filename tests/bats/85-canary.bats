#!/usr/bin/env bats
# The canary: it says ok here, and it does not when something is open or when a probe could prove nothing.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers
load network

# What the probes try to reach is really there in the lab.
setup_file() {
	lab_servers+=(--route 192.0.2.0/24 --route 169.254.169.254/32
		tcp:192.0.2.1:443 udp:192.0.2.1:443 tcp:169.254.169.254:80)
	network_setup
}

teardown_file() {
	enclave_teardown
}

# canary ARG... - as the caller
canary() {
	# shellcheck disable=SC2046 # one option or none
	as "$who" "$enclave" canary "$@" $(parent_of "$who")
}

# online_canary ARG... - the same in the lab
online_canary() {
	# shellcheck disable=SC2046 # one option or none
	lab "$enclave" canary "$@" $(parent_of "$who")
}

# failed - the names of the probes that did not hold, of the JSON in $output
failed() {
	jq -r '[.probes[] | select(.ok | not).name] | join(" ")' <<<"$output"
}

@test "nothing gets out, every probe is controlled or says why not, and nothing is left" {
	for who in $users; do
		run -0 canary
		[[ ${lines[-1]} = "canary: nothing got out" ]]
		[ "$(grep -c '^  held' <<<"$output")" -ge 30 ]
		[[ $output != *FAILED* ]]
		[ -z "$(find /tmp -maxdepth 1 -name 'enclave-canary.*' -user "$(as "$who" id -u)")" ]
		[ "$who" = root ] || [ -z "$(processes_of "$user_uid")" ]
	done
}

@test "--json is one object: schema, verdict, and each probe with its control" {
	for who in $users; do
		canary --json >"$top/$who/canary.json"
		[ "$(jq -r .schema "$top/$who/canary.json")" = enclave-run/canary/1 ]
		[ "$(jq -c '[.ok, .host_was_called]' "$top/$who/canary.json")" = '[true,false]' ]
		[ "$(jq '[.probes[] | select(.ok and (.got_through | not))] | length >= 30' "$top/$who/canary.json")" = true ]
		[ "$(jq '[.probes[] | select(.control == "failed")] | length' "$top/$who/canary.json")" = 0 ]
		# what is planted on this host is found on it, whoever looks
		for name in host-loopback abstract-socket unix-socket host-file name dns-tunnel; do
			[ "$(jq -r ".probes[] | select(.name == \"$name\").control" "$top/$who/canary.json")" = ok ]
		done
	done
}

@test "what is open is named: files, sockets, names, the record" {
	for who in $users; do
		run -1 canary --ro /tmp
		[[ $output = *"FAILED  unix-socket"*"got through"* && $output = *"FAILED  host-file"*"got through"* ]]
		run -1 canary --allow not-allowed.canary.example
		[[ $output = *"FAILED  name"*"got through"* ]]
		run -1 canary --allow '*.tunnel.example'
		[[ $output = *"FAILED  dns-tunnel"*"got through"* ]]
		canary --json --ro /tmp >"$top/$who/canary.json" || [ $? = 1 ]
		[ "$(jq -c '[.probes[] | select(.ok | not).name]' "$top/$who/canary.json")" = '["unix-socket","host-file"]' ]
		[ "$(jq .host_was_called "$top/$who/canary.json")" = true ]
	done
}

@test "a sandbox that can't be started is no success" {
	for who in $users; do
		run -125 canary --require landlock
		run -125 canary --no-such-option
		[[ $output = "enclave-run: unknown option '--no-such-option'"* ]]
		run -125 canary --net none
		[[ $output = "enclave-run: the canary tries the network"* && $(wc -l <<<"$output") = 1 ]]
		run -125 canary --memory 64M ls
		[[ $output = "enclave-run: 'canary' takes the options of a run and no command: 'ls' is none" ]]
		run -125 as "$who" env TMPDIR=/nowhere "$enclave" canary
		[[ $output = *enclave-run:*nowhere* ]]
	done
}

@test "with an internet behind it nothing is reached, not even a name server; and all of it could be" {
	for who in $users; do
		run -0 online_canary --json
		[ "$(jq -c '[.ok, .host_was_called]' <<<"$output")" = '[true,false]' ]
		[ "$(jq -r '[.probes[] | select(.control == "failed")] | length' <<<"$output")" = 0 ]
		for name in direct-tcp metadata host-address host-range name-port; do
			[ "$(jq -r ".probes[] | select(.name == \"$name\").control" <<<"$output")" = ok ]
		done
		[ -z "$(reached)" ]
		run -1 online_canary --json --allow 192.0.2.1:443 --allow=192.0.2.1:443/udp --allow 169.254.169.254
		[ "$(failed)" = "metadata direct-tcp direct-udp" ]
		[ "$(jq -c '[.probes[] | select(.ok | not).problem] | unique' <<<"$output")" = '["got through"]' ]
		same "tcp:169.254.169.254:80 connect
tcp:192.0.2.1:443 connect
udp:192.0.2.1:443 data" "$(reached | sort)"
	done
}

@test "the options of a run are the canary's: presets, values, a policy; in audit mode the first walls are gone" {
	echo '{ "schema": "enclave-run/policy/1", "network": { "net": "deny" }, "limits": { "pids": 40 } }' >"$top/policy.json"
	chmod 644 "$top/policy.json"
	for who in $users; do
		run -0 canary --policy "$top/policy.json" --memory 128M --cpus=1 -e A=--json
		[[ ${lines[-1]} = "canary: nothing got out" ]]
		run -1 online_canary --net audit --json
		[ "$(failed)" = "host-address direct-tcp direct-udp name name-port dns-tunnel" ]
	done
}

@test "more destinations than the packet rules hold: the gateway cuts off, and that is as it should be" {
	for who in $users; do
		run -0 canary --json --allow="203.0.113.7:$(seq -s, 2 2 2100)"
		[ "$(jq -r '.probes[] | select(.name == "direct-tcp") | "\(.errno) \(.expected)"' <<<"$output")" = "ECONNRESET ECONNRESET" ]
		[ "$(jq -r '.probes[] | select(.name == "gateway-port").errno' <<<"$output")" = ECONNREFUSED ]
	done
}
