#!/usr/bin/env bats
# The semantics of --net, --allow and --gate, line by line; how a denial reads; what is suggested after a run.

# shellcheck disable=SC2154,SC2016 # variables that helpers.bash assigns
load helpers
load network

setup_file() { network_setup; }
teardown_file() { enclave_teardown; }

# ------------------------------------------------------------------------------------------- modes

@test "--net none has no interface; deny, the default, denies and records; nothing gets out of either" {
	for who in $users; do
		run -0 attempts --net none -- addresses tcp=203.0.113.80:7000
		same "addresses lo, 0 routes, 0 if_inet6, 0 ipv6_route
tcp=203.0.113.80:7000 ENETUNREACH" "$(sed 's/, [01] if_inet6, .*/, 0 if_inet6, 0 ipv6_route/' <<<"$output")"
		[ "$(field .egress)" = null ]
		run -0 attempts -- addresses tcp=203.0.113.80:7000 udp=203.0.113.80:7000 dns=a.example
		same "addresses eth0, lo, 2 routes, 0 if_inet6, 0 ipv6_route
tcp=203.0.113.80:7000 ECONNREFUSED
udp=203.0.113.80:7000 EHOSTUNREACH
dns=a.example NXDOMAIN" "$(grep -v ^enclave-run <<<"$output")"
		[ "$(field .egress.denied)" = 3 ]
		[ -z "$(reached)" ]
	done
}

@test "--allow means --net allow; with --net none or deny it is refused, and so is what is no rule" {
	for who in $users; do
		for words in "--net none --allow a.example" "--allow *" "--allow a.*.b" "--allow a.example:0" \
			"--allow a.example:443/sctp" "--allow [2001:db8::1" "--allow 10.0.0.1/8" \
			"--allow [2001:db8:5::80]:7000"; do
			read -ra options <<<"$words"
			run -125 online "${options[@]}" -- true
			[[ $output = enclave-run:* && $(wc -l <<<"$output") = 1 ]]
		done
	done
}

@test "no PORTS means 443 and 80; *.x is one or more labels below x; PORTS are lists and ranges" {
	zone '{ "*.deep.example": { "A": ["203.0.113.80"] }, "deep.example": { "A": ["203.0.113.80"] } }'
	for who in $users; do
		run -0 attempts --allow '*.deep.example' --allow 203.0.113.80:6999-7001,9 -- \
			http=x.deep.example http=x.y.z.deep.example dns=deep.example tls=x.deep.example \
			tcpname=x.deep.example:7000 tcp=203.0.113.80:7000 tcp=203.0.113.80:7002
		same "http=x.deep.example answered
http=x.y.z.deep.example answered
dns=deep.example NXDOMAIN
tls=x.deep.example answered
tcpname=x.deep.example:7000 reset
tcp=203.0.113.80:7000 connected
tcp=203.0.113.80:7002 ECONNREFUSED" "$(grep -v ^enclave-run <<<"$output")"
		same "dns deep.example - - no-rule 1
tcp x.deep.example - 7000 wrong-port 1
tcp - 203.0.113.80 7002 wrong-port 1" "$(rows)"
	done
}

@test "a name that leads to IPv6 alone is reached, though inside there is none" {
	zone '{ "six.example": { "AAAA": ["2001:db8:5::80"] } }'
	for who in $users; do
		run -0 attempts --allow six.example:7000 -- tcpname=six.example:7000
		same "tcpname=six.example:7000 connected" "$output"
		[ "$(field '.egress.destinations[0] | "\(.host) \(.address)"')" = "six.example 2001:db8:5::80" ]
	done
}

@test "UDP to a name that is allowed for TCP only is refused at once" {
	for who in $users; do
		run -0 attempts --allow a.example:7000 -- udpname=a.example:7000 tcpname=a.example:7000
		same "udpname=a.example:7000 EHOSTUNREACH
tcpname=a.example:7000 connected" "$(grep -v ^enclave-run <<<"$output")"
		same "udp a.example - 7000 wrong-protocol 1" "$(rows)"
		run -0 attempts --allow a.example:7000/udp -- udpname=a.example:7000 tcpname=a.example:7000
		same "udpname=a.example:7000 answered
tcpname=a.example:7000 reset" "$(grep -v ^enclave-run <<<"$output")"
	done
}

@test "a slow or dead name server delays only those who wait for it" {
	zone '{ "dead.example": { "dead": true }, "slow.example": { "A": ["203.0.113.80"], "delay_ms": 600 } }'
	for who in $users; do
		run -0 online --allow a.example:7000 --allow dead.example:7000 --allow slow.example:7000 -- sh -c '
			t="/usr/bin/python3 /net/attempts"
			$t tcpname=dead.example:7000 >/tmp/dead & dead=$!
			$t tcpname=slow.example:7000 & slow=$!
			$t tcpname=a.example:7000 # overtakes
			wait $slow; kill $dead'
		same "tcpname=a.example:7000 connected
tcpname=slow.example:7000 connected" "$output"
	done
}

@test "what is allowed but can't be reached is a failure, not a denial" {
	zone '{ "nowhere.example": {}, "broken.example": { "rcode": 2 } }'
	for who in $users; do
		run -0 attempts --gate --allow 203.0.113.80:1 --allow '*.example' -- tcp=203.0.113.80:1 \
			http=nowhere.example http=unknown.example http=broken.example
		[[ $output = *'enclave-run: 4 allowed, but not reached: 203.0.113.80:1, nowhere.example:80, '*' and 1 more' ]]
		[ "$(field .egress.denied)" = 0 ]
		same "no-connection 203.0.113.80
no-address nowhere.example
no-address unknown.example
no-resolver broken.example" "$(field '.egress.failures[] | "\(.cause) \(.host // .address)"')"
	done
}

@test "under an address rule a connection may carry any SNI and any Host" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80 -- get=203.0.113.80:80=anything.example \
			hello=203.0.113.80:443=anything.example
		same "get=203.0.113.80:80=anything.example answered
hello=203.0.113.80:443=anything.example answered" "$output"
	done
}

@test "--net audit lets through and says what would have been denied; what is never dialled stays so" {
	zone '{ "ten.example": { "A": ["10.77.0.1"] }, "own.example": { "A": ["198.51.100.1"] } }'
	for who in $users; do
		run -0 attempts --net audit --allow a.example:80 -- http=a.example tcp=203.0.113.9:443 \
			udp=203.0.113.80:7000 tls=a.example http=a.example=b.example tcp=10.77.0.1:80 \
			tcp=198.51.100.1:7001 http=ten.example http=own.example tcp=169.254.169.254:80 \
			'tcp=$GW:40000'
		same "http=a.example answered
tcp=203.0.113.9:443 connected
udp=203.0.113.80:7000 answered
tls=a.example answered
http=a.example=b.example answered
tcp=10.77.0.1:80 ECONNREFUSED
tcp=198.51.100.1:7001 reset
http=ten.example reset
http=own.example reset
tcp=169.254.169.254:80 ECONNREFUSED
tcp=\$GW:40000 ECONNREFUSED" "$(grep -v ^enclave-run <<<"$output")"
		[[ $(reached) != *10.77* && $(reached) != *198.51* && $(reached) != *127.0.0.1* ]]
		[ "$(field '.egress | "\(.allowed) \(.would_deny) \(.denied)"')" = "5 4 6" ]
		same "tcp - 203.0.113.9 443 would-deny
udp - 203.0.113.80 7000 would-deny
tcp a.example 203.0.113.80 443 would-deny
tcp a.example 203.0.113.80 80 would-deny" "$(rows | grep would-deny | sed 's/ 1$//')"
		[ "$(jq -r 'select(.would_deny == 1) | .port' "$top/$who/audit.log" | wc -l)" -ge 3 ]
	done
}

@test "--gate with --net audit: what is let through does not fail the run, what is refused does" {
	for who in $users; do
		run -0 attempts --net audit --gate -- tcp=203.0.113.9:443
		verdict exit 0
		run -1 attempts --net audit --gate -- tcp=10.77.0.1:80
		verdict egress 1
	done
}

# --------------------------------------------------------------------------------- how a denial reads

@test "a denial: connect() fails at once, one status line and one row with everything, one line at the end" {
	local want
	want='tcp null 203.0.113.9 443 null no-rule --allow 203.0.113.9:443
tcp null 203.0.113.80 81 203.0.113.80:7000 wrong-port --allow 203.0.113.80:81
udp null 203.0.113.9 53000 null no-rule --allow 203.0.113.9:53000/udp
dns b.example null null null no-rule --allow b.example'
	for who in $users; do
		run -0 lab bash -c 'status=$1; shift; "$@" 9>"$status"' - "$top/$who/status" "$enclave" \
			--status-fd 9 --record "$top/$who/record.json" --ro "$top/net:/net" \
			--allow 203.0.113.80:7000 -- /usr/bin/python3 /net/attempts tcp=203.0.113.9:443 \
			tcp=203.0.113.80:81 udp=203.0.113.9:53000 dns=b.example
		[[ $output != *slow* ]]
		same "$want" "$(field '.egress.denials[] | [.protocol, .host, .address, .port, .rule, .cause, .hint]
			| map(tostring) | join(" ")')"
		same "$want" "$(jq -r 'select(.event == "denied") | [.protocol, .host, .address, .port, .rule,
			.cause, .hint] | map(tostring) | join(" ")' "$top/$who/status")"
		same "enclave-run: 4 denied by the network policy: 203.0.113.9:443, 203.0.113.80:81, 203.0.113.9:53000/udp and 1 more; let out by --allow 203.0.113.9:443 --allow 203.0.113.80:81 --allow 203.0.113.9:53000/udp" "$(grep ^enclave-run: <<<"$output")"
		rm "$top/$who/status"
	done
}

@test "a status reader that does not read, or is gone, holds nothing up" {
	for who in $users; do
		run -0 lab bash -c 'mkfifo /tmp/$$.fifo; exec 8<>/tmp/$$.fifo; rm /tmp/$$.fifo; "$@" 9>&8' - \
			"$enclave" --status-fd 9 --record "$top/$who/record.json" --ro "$top/net:/net" -- \
			/usr/bin/python3 /net/attempts ports=203.0.113.9=1000
		[[ $output = "ports=203.0.113.9=1000 refused 1000"* ]]
		[ "$(field .egress.denied)" = 1000 ]
	done
}

@test "-q keeps the line back, a run without denials has none" {
	for who in $users; do
		run -0 attempts -q -- tcp=203.0.113.9:443
		[ "$output" = "tcp=203.0.113.9:443 ECONNREFUSED" ]
		run -0 attempts --allow a.example -- http=a.example
		[ "$output" = "http=a.example answered" ]
	done
}

# ------------------------------------------------------------------------------------- suggestions

@test "what policy suggest makes of a record or an audit log lets exactly these flows through" {
	zone '{ "b.example": { "A": ["203.0.113.80"] }, "c.example": { "A": ["203.0.113.80"] } }'
	local words=(http=a.example tls=a.example tcp=203.0.113.9:443 udp=203.0.113.80:7000
		tcpname=b.example:7000 http=b.example) source
	for who in $users; do
		for source in record.json audit.log; do
			run -0 attempts --net audit -- "${words[@]}"
			[[ $output != *REFUSED* && $output != *reset* ]]
			as "$who" "$enclave" policy suggest "$top/$who/$source" 2>/dev/null \
				>"$top/$who/policy.json"
			run -0 attempts --policy "$top/$who/policy.json" --gate -- "${words[@]}"
			same "http=a.example answered
tls=a.example answered
tcp=203.0.113.9:443 connected
udp=203.0.113.80:7000 answered
tcpname=b.example:7000 connected
http=b.example answered" "$output"
			run -0 attempts --policy "$top/$who/policy.json" -- tcp=203.0.113.9:80 dns=c.example \
				udp=203.0.113.9:443 tcp=203.0.113.80:7000 tls=b.example
			same "tcp=203.0.113.9:80 ECONNREFUSED
dns=c.example NXDOMAIN
udp=203.0.113.9:443 EHOSTUNREACH
tcp=203.0.113.80:7000 ECONNREFUSED
tls=b.example reset" "$(grep -v ^enclave-run <<<"$output")"
		done
	done
}
