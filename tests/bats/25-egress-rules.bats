#!/usr/bin/env bats
# What may leave: how rules are written, what is refused, and what explain says about them.  Nothing in
# this file makes a connection.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# explained OPTIONS... - the network of the plan, as JSON in one line
explained() {
	as "$who" "$enclave" explain --json "$@" -- true | jq -c .network
}

# rules OPTIONS... - its rules, one a line: HOST PROTOCOL PORTS
rules() {
	explained "$@" | jq -r '.rules[] | "\(.to) \(.protocol) \(.ports | map(tostring) | join(","))"'
}

# refuses WORDS OPTIONS... - 125, one line, which holds WORDS; by explain and when it should run
refuses() {
	local words=$1 verb
	shift
	for verb in run explain; do
		run as "$who" timeout 10 "$enclave" $verb "$@" -- sh -c 'echo the command ran'
		if [ "$status" != 125 ] || [[ $output != enclave-run:*"$words"* ]] ||
			[ "$(wc -l <<<"$output")" != 1 ]; then
			echo "as $who: $verb $*: status $status, expected '$words': $output"
			return 1
		fi
	done
}

policy() {
	printf '{ "schema": "enclave-run/policy/1", %s }\n' "$1" >"$top/$who/policy.json"
}

@test "a rule is a name, *.name, address or prefix, with ports and a protocol" {
	for who in $users; do
		run -0 rules --allow Example.ORG. --allow '*.example.org:8443' --allow 203.0.113.7:1,5-9 \
			--allow 10.1.0.0/16:53/udp --allow example.org/udp --allow a_b.xn--bcher-kva.example:1
		[ "$output" = "example.org tcp 443,80
*.example.org tcp 8443
203.0.113.7 tcp 1,5-9
10.1.0.0/16 udp 53
example.org udp 443,80
a_b.xn--bcher-kva.example tcp 1" ]
	done
}

@test "--allow alone means --net allow; without it nothing changes" {
	for who in $users; do
		run -0 explained --allow example.org
		[ "$(jq -r .mode <<<"$output")" = allow ]
		run -0 explained --net audit --allow example.org
		[ "$(jq -r .mode <<<"$output")" = audit ]
		run -0 explained --allow example.org --net allow --gate
		[ "$(jq -c '[.mode, .gate, (.rules | length)]' <<<"$output")" = '["allow",true,1]' ]
		run -0 explained --policy agent
		[ "$output" = '{"mode":"allow","gate":false,"rules":[]}' ]
		run -0 explained --policy judge
		[ "$output" = '{"mode":"none","gate":false,"rules":[]}' ]
	done
}

@test "--allow where nothing may leave, and --gate where there is nothing to deny, are contradictions" {
	for who in $users; do
		refuses 'contradicts --net none' --net none --allow example.org
		refuses 'contradicts --net none' --allow example.org --net none
		refuses 'contradicts --net deny' --net deny --allow example.org
		refuses 'says net none' --policy judge --allow example.org
		refuses '--gate contradicts --net none' --net none --gate
		policy '"network": { "net": "deny", "allow": [ "example.org" ] }'
		refuses 'contradicts --net deny' --policy "$top/$who/policy.json"
	done
}

@test "a rule that could be read in more than one way is refused, with what to write instead" {
	for who in $users; do
		refuses 'is every host' --allow '*'
		refuses 'whole first label' --allow 'a.*.b'
		refuses 'write 10.0.0.0/8' --allow 10.1.2.3/8
		refuses 'without leading zeros' --allow 010.0.0.1
		refuses 'without leading zeros' --allow 0x7f.1
		refuses 'without leading zeros' --allow 2130706433
		refuses 'is a URL' --allow https://example.org/
		refuses 'empty label' --allow a..b
		refuses 'xn--' --allow bücher.example
		refuses '1 to 65535' --allow example.org:0
		refuses '1 to 65535' --allow example.org:65536
		refuses '1 to 65535' --allow example.org:https
		refuses 'write 1-2' --allow example.org:2-1
		refuses '/tcp or /udp' --allow example.org:1/sctp
		refuses 'blank' --allow 'example.org '
		refuses 'empty' --allow ''
		refuses 'never dialled' --allow 224.0.0.251:5353/udp
		refuses 'never dialled' --allow 198.18.0.1
		refuses 'is the sandbox itself' --allow localhost:8080
		refuses "more than one ':'" --allow example.org:443:80
		refuses 'no path' --allow example.org/simple
	done
}

@test "an IPv6 literal is refused: inside there is IPv4 only" {
	for who in $users; do
		refuses 'IPv4 only' --allow '[2001:db8::1]:443'
		refuses 'IPv4 only' --allow '[::1]:443'
		refuses 'IPv4 only' --allow '[2001:db8::]/32'
		refuses 'only a name that resolves to it' --allow 2001:db8::1
		refuses 'as in 10.0.0.1' --allow '[::ffff:10.0.0.1]:443'
		policy '"network": { "allow": [ { "to": "2001:db8::1", "ports": 443 } ] }'
		refuses 'policy.json:1: network.allow[0]: ' --policy "$top/$who/policy.json"
		[[ $output = *'IPv4 only'* ]]
	done
}

@test "a policy file takes strings and objects, and options add to its list" {
	for who in $users; do
		policy '"network": { "net": "allow", "allow": [ { "to": "api.example.org", "ports": [443, "8000-8010"],
			"protocol": "udp" }, "*.example.org:443", { "to": "10.1.0.0/16" } ] }'
		run -0 rules --policy "$top/$who/policy.json" --allow more.example:1
		[ "$output" = "api.example.org udp 443,8000-8010
*.example.org tcp 443
10.1.0.0/16 tcp 443,80
more.example tcp 1" ]
		run -0 explained --policy "$top/$who/policy.json" --net none
		[ "$output" = '{"mode":"none","gate":false,"rules":[]}' ]
		policy '"network": { "allow": [ { "to": "h", "port": 1 } ] }'
		refuses "did you mean 'ports'" --policy "$top/$who/policy.json"
		policy '"network": { "allow": [ { "to": "h:1" } ] }'
		refuses 'stand in "ports"' --policy "$top/$who/policy.json"
		policy '"network": { "allow": [ "ok.example", "b:0" ] }'
		refuses 'network.allow[1]: ' --policy "$top/$who/policy.json"
	done
}

@test "100,000 rules load" {
	who=${users%% *}
	{
		printf '{ "schema": "enclave-run/policy/1", "network": { "net": "allow", "allow": [ '
		seq -f '"host%.0f.example:443",' 1 50000
		seq 1 50000 | awk '{ printf "\"%d.%d.%d.0/24:443\",\n", 11 + $1 / 65536, $1 / 256 % 256, $1 % 256 }'
		printf '"last.example" ] } }'
	} >"$top/$who/policy.json"
	run -0 explained --policy "$top/$who/policy.json"
	[ "$(jq '.rules | length' <<<"$output")" = 100001 ]
}

@test "policy suggest: the smallest policy that a recorded run needs, as a file that can be used" {
	for who in $users; do
		cat >"$top/$who/r.json" <<-'END'
			{ "schema": "enclave-run/record/1",
			  "network": { "mode": "allow", "gate": false, "rules": [ "*.used.example:443", "unused.example" ] },
			  "egress": {
			    "destinations": [
			      { "protocol": "tcp", "host": "a.used.example", "address": "203.0.113.1", "port": 443 },
			      { "protocol": "tcp", "host": "new.example", "address": null, "port": 8000, "count": 1 } ],
			    "denials": [
			      { "protocol": "tcp", "host": "new.example", "address": null, "port": 8001, "count": 2, "cause": "no-rule" },
			      { "protocol": "tcp", "host": "new.example", "address": null, "port": 8000, "count": 1, "would_deny": true },
			      { "protocol": "dns", "host": "asked.example", "address": null, "port": null, "count": 1, "cause": "no-rule" },
			      { "protocol": "udp", "host": null, "address": "203.0.113.9", "port": 53, "count": 1, "cause": "no-rule" },
			      { "protocol": "tcp", "host": null, "address": "169.254.169.254", "port": 80, "count": 1, "cause": "never-dialled" } ] } }
		END
		chmod 644 "$top/$who/r.json"
		run -0 --separate-stderr as "$who" "$enclave" policy suggest "$top/$who/r.json"
		[ "$(jq -c .network.allow <<<"$output")" = \
			'["*.used.example:443","asked.example:443,80","new.example:8000-8001","203.0.113.9:53/udp"]' ]
		[[ $stderr = *'+ new.example:8000-8001 ('*'3 times)'* ]]
		[[ $stderr = *'- unused.example (nothing used it)'* ]]
		[[ $stderr = *'! 169.254.169.254:80 (not suggested'* ]]
		printf '%s\n' "$output" >"$top/suggested.json"
		run -0 rules --policy "$top/suggested.json"
		[ "${lines[2]}" = "new.example tcp 8000-8001" ]
		# against another policy: what that has already is not new
		policy '"network": { "allow": [ "new.example:1-65535", "203.0.113.0/24:53/udp" ] }'
		chmod 644 "$top/$who/policy.json"
		run -0 --separate-stderr as "$who" "$enclave" policy suggest "$top/$who/r.json" --policy "$top/$who/policy.json"
		[ "$(jq -c .network.allow <<<"$output")" = \
			'["new.example:1-65535","203.0.113.0/24:53/udp","a.used.example:443","asked.example:443,80"]' ]
		# the same file twice gives the same bytes
		run -0 --separate-stderr as "$who" "$enclave" policy suggest "$top/$who/r.json"
		[ "$output" = "$(cat "$top/suggested.json")" ]
	done
}

@test "policy suggest reads real records, and refuses what is none" {
	for who in $users; do
		run -0 sandbox -- true
		run -0 --separate-stderr as "$who" "$enclave" policy suggest "$top/$who/record.json"
		[ "$(jq -c .network <<<"$output")" = '{"net":"deny","allow":[]}' ]
		run -0 sandbox --net none -- true
		run -0 --separate-stderr as "$who" "$enclave" policy suggest "$top/$who/record.json"
		[ "$(jq -c .network <<<"$output")" = '{"net":"none","allow":[]}' ]
		[[ $stderr = *'nothing is recorded: run it with --net deny'* ]]
		for bad in /etc/passwd /nowhere /dev/null "$top"; do
			run -125 as "$who" "$enclave" policy suggest "$bad"
			[[ $output = enclave-run:*"$bad"* ]]
		done
		run -125 as "$who" "$enclave" policy suggest
		[[ $output = *'wants one file'* ]]
		run -125 as "$who" "$enclave" policy forget "$top/$who/record.json"
	done
}
