#!/usr/bin/env bats
# The network of a run, the short way: what is listed gets out, all else fails at once and is named, the end
# of the gateway is the end of the run.
# vm: short

# shellcheck disable=SC2154,SC2016 # variables that helpers.bash assigns; $GW is for tests/net/attempts
load helpers
load network

setup_file() {
	network_setup
	# the test machine is slow, and runs this file once for each caller
	[ ! -e /sys/fs/cgroup/vm ] || users=${users%% *}
}
teardown_file() { enclave_teardown; }

@test "listed destinations are reached; all others fail at once, are named, and fail a run with --gate" {
	local words=(tcp=203.0.113.80:7000 udp=203.0.113.80:7000 http=a.example http=a.example=b.example
		tcp=203.0.113.9:443 udp=203.0.113.9:443 'tcp=$GW:40000' tcp=169.254.169.254:80
		tcpname=rebound.example:80 dns=b.example addresses)
	zone '{ "rebound.example": { "A": ["10.77.0.1"] } }'
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 --allow 203.0.113.80:7000/udp --allow a.example \
			--allow rebound.example -- "${words[@]}"
		same "tcp=203.0.113.80:7000 connected
udp=203.0.113.80:7000 answered
http=a.example answered
http=a.example=b.example reset
tcp=203.0.113.9:443 ECONNREFUSED
udp=203.0.113.9:443 EHOSTUNREACH
tcp=\$GW:40000 ECONNREFUSED
tcp=169.254.169.254:80 ECONNREFUSED
tcpname=rebound.example:80 reset
dns=b.example NXDOMAIN
addresses eth0, lo, 2 routes, 0 if_inet6, 0 ipv6_route
enclave-run: 7 denied by the network policy: a.example:80, 203.0.113.9:443, 203.0.113.9:443/udp and 4 more; let out by --allow 203.0.113.9:443 --allow 203.0.113.9:443/udp" "$output"
		[[ $(reached) != *203.0.113.9* && $(reached) != *10.77.0.1* ]]
		[ "$(field '.egress | "\(.allowed) \(.denied) \(.exact)"')" = "3 7 true" ]
		[ "$(logged egress-denied | wc -l)" = 6 ]
		run -0 as "$who" "$enclave" audit verify "$top/$who/audit.log"
	done
}

@test "a refusal comes at once also where many runs start at the same time" {
	runs=${ENCLAVE_TEST_RUNS:-100}
	[ ! -e /sys/fs/cgroup/vm ] || skip "the test machine is too slow for many runs at a time"
	for who in $users; do
		# A first packet that is lost costs a second.  A shell tries sooner than other programs.
		run -0 as "$who" timeout -k 5 300 bash -c 'seq "$1" | xargs -P 6 -I@ "$2" -q -- \
			bash -c "timeout 0.9 bash -c \": >/dev/tcp/192.0.2.1/80\" 2>/dev/null; echo \$?"' - "$runs" "$enclave"
		[ "$(sort <<<"$output" | uniq -c | xargs)" = "$runs 1" ]
	done
}

@test "--gate fails the run that was denied something, also at its very end, and only that one" {
	for who in $users; do
		run -1 attempts --gate --allow 203.0.113.80:7000 -- \
			tcp=203.0.113.80:7000 tcp=203.0.113.9:443 udp=203.0.113.80:7001
		verdict egress 1
		same "enclave-run: killed: egress: $(field .egress.denied) denied by the network policy" \
			"$(grep ^enclave-run: <<<"$output" | sed 's/policy: .*/policy/')"
		[ "$(field .egress.denials[0].address)" = 203.0.113.9 ]
		# the workload ends with status 0 before anybody can have heard of the datagram
		for _ in {1..3}; do
			run -1 online --gate --net deny -- bash -c 'echo >/dev/udp/203.0.113.9/9'
			verdict egress 1
		done
		run -0 attempts --gate --allow 203.0.113.80:7000 -- tcp=203.0.113.80:7000
		verdict exit 0
	done
}

@test "kill -9 of the gateway ends the run at once, as reason gateway, and nothing is left" {
	for who in $users; do
		run -0 killed gateway 10
		cut_off
		[ "$(finding status)$(finding left)" = 125 ]
		[ "$(field .reason)" = gateway ]
		nothing_left
	done
}

# in_file FILE WANT - of the one group of $gates that has it
in_file() {
	local found
	found=$(for dir in $gates; do cat "$dir/$1" 2>/dev/null || :; done)
	[ "$found" = "$2" ] || { echo "$1 of $gates: $found"; return 1; }
}

@test "gateway and socket maker have a control group of their own, limited, and gone with them" {
	for who in $users; do
		start -- sleep 100
		started
		if ! has_cgroup; then
			kill $launcher
			wait $launcher || :
			continue # an ordinary user on version 1
		fi
		session=$(field .session) slot=${session#er-} slot=${slot%%-*}
		gates=$(find /sys/fs/cgroup -name "enclave-run-$slot-*.gate")
		if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
			in_file memory.max $((256 << 20))
			in_file memory.swap.max 0
			in_file memory.oom.group 1
		else
			in_file memory.limit_in_bytes $((256 << 20))
		fi
		in_file pids.max 4
		for dir in $gates; do
			[ "$(wc -l <"$dir/cgroup.procs")" = 2 ]
		done
		kill $launcher
		wait $launcher || :
		nothing_left
	done
}
