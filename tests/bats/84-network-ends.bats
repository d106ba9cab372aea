#!/usr/bin/env bats
# The end of a network, however it comes; what stands while it lives; runs beside each other.

# shellcheck disable=SC2154,SC2016 # variables that helpers.bash assigns
load helpers
load network

setup_file() { network_setup; }
teardown_file() { enclave_teardown; }

# inside_of LAUNCHER - gate and maker, the pids of the two processes of its network
inside_of() {
	local pid found=()
	for pid in $(cat "/proc/$1/task/$1/children"); do
		[ "$(awk '/^NSpid/ { print NF }' "/proc/$pid/status")" != 2 ] || found+=("$pid")
	done
	[ ${#found[@]} = 2 ] && gate=${found[0]} maker=${found[1]}
}

@test "kill -9 of the gateway or of the socket maker with 1,000 connections open: over at once, reason gateway" {
	for who in $users; do
		for part in gateway maker; do
			run -0 killed $part 1000 --rlimit nofile=1100
			[ "$(finding held)" = 1000 ]
			cut_off
			[ "$(finding status) $(finding left)" = "125 " ]
			verdict gateway 0
			[ "$(field .egress.exact)" = false ]
			nothing_left
		done
	done
}

@test "a workload that ends because its gateway did is no success, whoever is heard of first" {
	for who in $users; do
		run -0 killed behind 3
		[ "$(finding status)" = 125 ]
		verdict gateway 0
		[ "$(field .exit_code)" = 0 ]
	done
}

@test "what is denied while the gateway is held up is counted to the last packet, and --gate hears of it" {
	cat >"$top/late" <<-'TEXT'
		cd "$1" || exit
		shift
		"$@" >late &
		until grep -q here late; do sleep 0.02; done
		for pid in $(cat /proc/$!/task/$!/children); do
			[ "$(awk '/^NSpid/ { print NF }' "/proc/$pid/status")" != 2 ] || break
		done
		kill -STOP "$pid"
		until grep -q there late; do sleep 0.02; done
		kill -CONT "$pid"
		wait $!
	TEXT
	for who in $users; do
		# shellcheck disable=SC2046 # one option or none
		run -1 lab bash "$top/late" "$top/$who" "$enclave" --record "$top/$who/record.json" --gate \
			--ro "$top/net:/net" $(parent_of "$who") -- sh -c 'echo here; sleep 0.4
				/usr/bin/python3 /net/attempts flood=203.0.113.9:443=8000; echo there'
		grep -q "refused 8000" "$top/$who/late"
		verdict egress 1
		[ "$(field '.egress | "\(.denied) \(.exact) \([.denials[].count] | add + 0 <= 8000)"')" = \
			"8000 true true" ]
		[ "$(field '.egress | ([.denials[].count] | add) + .denials_unlisted')" = 8000 ]
		[ "$(field .exit_code)" = 0 ]
		rm "$top/$who/late"
	done
}

@test "a gateway that does not answer at the end takes along what it knew: no success" {
	need_root # to find it
	local launcher gate maker workload
	for who in $users; do
		rm -f "$top/$who/pid"
		# shellcheck disable=SC2046 # one option or none
		lab bash -c '"$@" & echo $! >"$0"; wait' "$top/$who/pid" "$enclave" \
			--record "$top/$who/record.json" $(parent_of "$who") -- sleep 1.5 &
		for _ in {1..100}; do
			launcher=$(cat "$top/$who/pid" 2>/dev/null) && inside_of "$launcher" 2>/dev/null && break
			sleep 0.05
		done
		sleep 0.5 # until both are confined and the workload runs
		kill -STOP "$gate"
		wait
		[ "$(field '"\(.reason) \(.exit_code) \(.egress.exact)"')" = "gateway 0 false" ]
	done
}

@test "what the workload tried at its very end, behind as many connections as there may be, is denied and counted" {
	for who in $users; do
		run -1 online --gate -q --rlimit nofile=1100 --allow 203.0.113.80:7000 -- \
			/usr/bin/python3 /net/attempts crowd=203.0.113.80:7000=1030 last=198.18.9.9:80
		verdict egress 1
		# exact only if it was heard of after the end: else it was killed for it, and not waited for
		[ "$(field .egress.denied)" = 1 ]
	done
}

@test "kill -9 of the launcher with 1,000 connections open: over at once, nothing is left" {
	for who in $users; do
		run -0 killed launcher 1000 --rlimit nofile=1100
		[ "$(finding held)" = 1000 ]
		cut_off
		[ "$(finding status) $(finding left)" = "-9 " ]
		nothing_left except-cgroups
		cp "$top/$who/record.json" "$top/$who/killed.json"
		for _ in {1..5}; do # a later start sweeps the control groups, once the kernel lets go of them
			run -0 online -- true
			cp "$top/$who/killed.json" "$top/$who/record.json"
			! nothing_left || break
			sleep 0.1
		done
		nothing_left
	done
}

@test "an ordinary end and a cancelled one leave nothing in the host's network namespace" {
	for who in $users; do
		run -0 killed cancel 100
		[ "$(finding status) $(finding left)" = "143 " ]
		[ "$(field '.egress | "\(.exact) \(.allowed)"')" = "true 100" ]
		nothing_left
	done
}

@test "two runs beside each other: neither reaches the other, its gateway or its names" {
	zone '{ "own.example": { "A": ["203.0.113.80"] } }'
	cat >"$top/beside" <<-'TEXT'
		cd "$1" || exit
		shift
		run="$* --ro $top/net:/net"
		$run --allow own.example --record other.json -- /usr/bin/python3 /net/attempts listen=8080=0.8 >other &
		until [ -s other ]; do sleep 0.02; done
		read -r _ address gate <other
		$run --allow a.example --record record.json -- /usr/bin/python3 /net/attempts "tcp=$address:8080" \
			"tcp=$gate:40000" "udp=$gate:40000" "dns=own.example=$gate" "dns=a.example=$gate" |
			sed "s/$address/OTHER/; s/$gate/GATE/"
		wait
		sed 1d other
	TEXT
	for who in $users; do
		# shellcheck disable=SC2046 # one option or none
		run -0 lab env top="$top" bash "$top/beside" "$top/$who" "$enclave" -q $(parent_of "$who")
		same "tcp=OTHER:8080 ECONNREFUSED
tcp=GATE:40000 ECONNREFUSED
udp=GATE:40000 EHOSTUNREACH
dns=own.example=GATE NXDOMAIN
dns=a.example=GATE synthetic
listen=8080=0.8 timeout" "$output"
		[ "$(field .egress.denied)" = 4 ]
		[ "$(jq .egress.denied "$top/$who/other.json")" = 0 ]
		rm "$top/$who/other" "$top/$who/other.json"
	done
}

@test "ten runs at a time: each with four addresses of its own, all of them through" {
	cat >"$top/ten" <<-'TEXT'
		cd "$1" || exit
		shift
		for i in {1..10}; do
			"$@" --allow 203.0.113.80:7000 --ro "$top/net:/net" -- \
				/usr/bin/python3 /net/attempts own tcp=203.0.113.80:7000 sleep=0.5 >"ten.$i" &
		done
		wait
		cat ten.*
		rm ten.*
	TEXT
	for who in $users; do
		# shellcheck disable=SC2046 # one option or none
		run -0 lab env top="$top" bash "$top/ten" "$top/$who" "$enclave" $(parent_of "$who")
		[ "$(grep -c 'tcp=203.0.113.80:7000 connected' <<<"$output")" = 10 ]
		[ "$(awk -F '[. ]' '/^own/ { print $2, $3, $4, int($5 / 4) }' <<<"$output" | sort -u | wc -l)" = 10 ]
		[ "$(grep -c '^own 10\.20' <<<"$output")" = 10 ]
	done
}

# shellcheck disable=SC2016 # nothing to expand
rules_of_a_run='table ip enclave {
	set allow {
		type ipv4_addr . inet_proto . inet_service
		flags constant,interval
		elements = { 203.0.113.0/28 . udp . 80-90,
			     203.0.113.80 . tcp . 7000 }
	}

	chain prerouting {
		type filter hook prerouting priority mangle; policy drop;
		iif "lo" udp dport 1 log prefix "mark" group 1 snaplen 128 queue-threshold 1 drop
		iif "lo" udp dport 2 log prefix "mark" group 2 snaplen 128 queue-threshold 1 drop
		iif "lo" udp dport 3 log prefix "mark" group 3 snaplen 128 queue-threshold 1 drop
		iif "lo" accept
		iif != "gw0" drop
		ip saddr != WORKLOAD counter drop
		icmp type destination-unreachable drop
		ip daddr 0.0.0.0/8 goto deny
		ip daddr 127.0.0.0/8 goto deny
		@nh,128,8 >= 0xe0 goto deny
		ip daddr NETWORK/30 ip daddr != GATEWAY goto deny
		udp dport 53 accept
		tcp dport 53 accept
		meta l4proto udp socket wildcard 0 accept
		ip daddr GATEWAY goto deny
		ip daddr . meta l4proto . th dport @allow tproxy to :40000 accept
		meta l4proto tcp ip daddr 198.18.0.0/15 tproxy to :40000 accept
		meta l4proto udp ip daddr 198.18.0.0/15 tproxy to :40000 accept
		goto deny
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
	}

	chain output {
		type filter hook output priority filter; policy drop;
		oif "lo" accept
		ip daddr WORKLOAD accept
	}

	chain deny {
		meta l4proto tcp log group 1 snaplen 128 queue-threshold 1 reject with tcp reset
		meta l4proto udp log group 2 snaplen 128 queue-threshold 1 reject with icmp admin-prohibited
		log group 3 snaplen 128 queue-threshold 1 reject with icmp admin-prohibited
	}
}
table ip6 enclave {
	chain prerouting {
		type filter hook prerouting priority mangle; policy drop;
	}

	chain output {
		type filter hook output priority filter; policy drop;
	}
}'

@test "the packet rules as loaded, the gateway's addresses, and two processes without privilege" {
	need_root
	need nft
	local launcher gate maker workload pid status want
	for who in $users; do
		rm -f "$top/$who/pid"
		# shellcheck disable=SC2046 # one option or none
		lab bash -c '"$@" & echo $! >"$0"; wait' "$top/$who/pid" "$enclave" \
			--record "$top/$who/record.json" --allow 203.0.113.80:7000 --allow a.example \
			--allow 203.0.113.0/28:80-90/udp $(parent_of "$who") -- sleep 50 &
		for _ in {1..100}; do
			[ ! -s "$top/$who/pid" ] || break
			sleep 0.05
		done
		launcher=$(cat "$top/$who/pid")
		for _ in {1..100}; do
			! inside_of "$launcher" || ! grep -q Seccomp:.2 "/proc/$gate/status" ||
				! grep -q Seccomp:.2 "/proc/$maker/status" || break
			sleep 0.05
		done
		workload=$(nsenter -t "$maker" -n ip -4 -o address show dev gw0 | awk '{ print $4 }')
		[[ $workload = 10.20*/30 ]]
		IFS=./ read -r a b c d _ <<<"$workload"
		want=${rules_of_a_run//GATEWAY/$a.$b.$c.$d}
		same "${want//WORKLOAD/$a.$b.$c.$((d + 1))}" \
			"$(nsenter -t "$maker" -n nft -s list ruleset | sed "s,$a.$b.$c.$((d - 1))/30,NETWORK/30,")"
		same "lo gw0" "$(nsenter -t "$maker" -n ip -o link | awk -F '[:@ ]+' '{ print $2 }' | xargs)"
		[ -z "$(nsenter -t "$maker" -n ip -6 -o address)" ]
		[ "$(nsenter -t "$maker" -n cat /proc/sys/net/ipv4/ip_forward)" = 0 ]
		for pid in $gate $maker; do
			status=$(cat "/proc/$pid/status")
			[ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):.0000000000000000$' <<<"$status")" = 4 ]
			[ "$(grep -cE '^(Seccomp:.2|NoNewPrivs:.1)$' <<<"$status")" = 2 ]
			[ -z "$(find "/proc/$pid/fd" -lname '/*' ! -lname /dev/null)" ]
			[ "$(tr -d '\0' <"/proc/$pid/environ" | wc -c)" = 0 ]
		done
		kill "$launcher"
		wait
	done
}
