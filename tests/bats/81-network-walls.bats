#!/usr/bin/env bats
# What a hostile workload may try on its network, one attempt after the other, and what record and audit log say.

# shellcheck disable=SC2154,SC2016 # variables that helpers.bash assigns; $GW is for tests/net/attempts
load helpers
load network

setup_file() { network_setup; }
teardown_file() { enclave_teardown; }

@test "addresses: other hosts, metadata, private, the host's own, the gateway, synthetic ones never given out" {
	local got gate='10\.20[0-9]\.[0-9.]*'
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- tcp=1.1.1.1:443 tcp=203.0.113.9:443 \
			tcp=169.254.169.254:80 tcp=198.51.100.1:7001 tcp=198.51.100.1:80 tcp=10.77.0.1:80 \
			tcp=203.0.113.80:80 'tcp=$GW:40000' 'tcp=$GW:22' tcp=198.18.0.0:80 \
			tcp=198.19.77.77:443 tcp=203.0.113.80:7000
		same "tcp=1.1.1.1:443 ECONNREFUSED
tcp=203.0.113.9:443 ECONNREFUSED
tcp=169.254.169.254:80 ECONNREFUSED
tcp=198.51.100.1:7001 ECONNREFUSED
tcp=198.51.100.1:80 ECONNREFUSED
tcp=10.77.0.1:80 ECONNREFUSED
tcp=203.0.113.80:80 ECONNREFUSED
tcp=\$GW:40000 ECONNREFUSED
tcp=\$GW:22 ECONNREFUSED
tcp=198.18.0.0:80 reset
tcp=198.19.77.77:443 reset
tcp=203.0.113.80:7000 connected" "$(grep -v ^enclave-run <<<"$output")"
		got="tcp - 1.1.1.1 443 no-rule
tcp - 203.0.113.9 443 no-rule
tcp - 169.254.169.254 80 never-dialled
tcp - 198.51.100.1 7001 no-rule
tcp - 198.51.100.1 80 no-rule
tcp - 10.77.0.1 80 never-dialled
tcp - 203.0.113.80 80 wrong-port
tcp - GATEWAY 40000 never-dialled
tcp - GATEWAY 22 never-dialled
tcp - 198.18.0.0 80 unknown-name
tcp - 198.19.77.77 443 unknown-name"
		same "$(sort <<<"$got")" "$(logged egress-denied | sed "s/$gate/GATEWAY/" | sort)"
		# one each, in the record
		same "$(sed 's/$/ 1/' <<<"$got" | sort)" "$(rows | sed "s/$gate/GATEWAY/" | sort)"
		[ "$(field '.egress | "\(.denied) \(.allowed) \(.exact) \(.denials_unlisted)"')" = "11 1 true 0" ]
		same "tcp:203.0.113.80:7000 connect
tcp:203.0.113.80:7000 data" "$(reached)"
	done
}

@test "every kind of loopback is the sandbox's own, where nobody listens" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- tcp=127.0.0.1:7001 tcp=127.0.0.2:7001 \
			tcp=0.0.0.0:7001 'tcp=[::1]:7001' 'tcp=[::ffff:127.0.0.1]:7001'
		same "tcp=127.0.0.1:7001 ECONNREFUSED
tcp=127.0.0.2:7001 ECONNREFUSED
tcp=0.0.0.0:7001 ECONNREFUSED
tcp=[::1]:7001 EADDRNOTAVAIL
tcp=[::ffff:127.0.0.1]:7001 ECONNREFUSED" "$output"
		[ -z "$(reached)" ]
		[ "$(field .egress.denied)" = 0 ]
	done
}

@test "there is no IPv6: no address, no route, no way in an IPv4 suit" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- 'tcp=[2001:db8:5::1]:80' six_multicast \
			'tcp=[::ffff:203.0.113.9]:443' 'tcp=[::ffff:203.0.113.80]:7000' \
			'tcp=[64:ff9b::203.0.113.9]:443' addresses
		same "tcp=[2001:db8:5::1]:80 EADDRNOTAVAIL
six_multicast EADDRNOTAVAIL
tcp=[::ffff:203.0.113.9]:443 ECONNREFUSED
tcp=[::ffff:203.0.113.80]:7000 connected
tcp=[64:ff9b::203.0.113.9]:443 EADDRNOTAVAIL
addresses eth0, lo, 2 routes, 0 if_inet6, 0 ipv6_route" "$(grep -v ^enclave-run <<<"$output")"
		same "tcp - 203.0.113.9 443 no-rule 1" "$(rows)"
	done
}

@test "UDP: QUIC, NTP, the gateway, fragments, multicast and broadcast; a listed peer of any size" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000/udp -- udp=203.0.113.9:443 udp=1.1.1.1:123 \
			'udp=$GW:40000' udp=203.0.113.80:7001=65507 udp=203.0.113.9:443=65507 \
			udp=203.0.113.80:7000=65507 \
			udp=224.0.0.251:5353 broadcast=255.255.255.255:67 udp=224.0.0.251:53 udp=0.1.2.3:53 past_lo
		same "udp=203.0.113.9:443 EHOSTUNREACH
udp=1.1.1.1:123 EHOSTUNREACH
udp=\$GW:40000 EHOSTUNREACH
udp=203.0.113.80:7001=65507 EHOSTUNREACH
udp=203.0.113.9:443=65507 EHOSTUNREACH
udp=203.0.113.80:7000=65507 answered
udp=224.0.0.251:5353 silence
broadcast=255.255.255.255:67 silence
udp=224.0.0.251:53 silence
udp=0.1.2.3:53 EHOSTUNREACH
past_lo sent True" "$(grep -v ^enclave-run <<<"$output")"
		same "udp - 203.0.113.9 443 no-rule 2
udp - 1.1.1.1 123 no-rule 1
udp - GATEWAY 40000 never-dialled 1
udp - 203.0.113.80 7001 wrong-port 1
udp - 224.0.0.251 5353 never-dialled 1
udp - 255.255.255.255 67 never-dialled 1
udp - 224.0.0.251 53 never-dialled 1
udp - 0.1.2.3 53 never-dialled 1
udp - 127.0.0.1 53 never-dialled 1" "$(rows | sed 's/10\.20[0-9]\.[0-9.]*/GATEWAY/')"
		[[ $(reached) != *203.0.113.9* ]]
	done
}

@test "an answer that nobody waits for any more is no denial" {
	for who in $users; do
		run -0 online --gate --allow 203.0.113.80:7000/udp -- bash -c 'echo x >/dev/udp/203.0.113.80/7000; sleep 0.5'
		same "udp:203.0.113.80:7000 data" "$(reached)"
		[ "$(field '.egress | "\(.allowed) \(.denied) \(.exact)"')" = "1 0 true" ]
	done
}

@test "a protocol is not another: UDP to what is listed for TCP, and the reverse" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 --allow 203.0.113.9:443/udp -- \
			udp=203.0.113.80:7000 tcp=203.0.113.9:443
		same "udp=203.0.113.80:7000 EHOSTUNREACH
tcp=203.0.113.9:443 ECONNREFUSED" "$(grep -v ^enclave-run <<<"$output")"
		same "udp - 203.0.113.80 7000 wrong-protocol 1
tcp - 203.0.113.9 443 wrong-protocol 1" "$(rows)"
		[ -z "$(reached)" ]
	done
}

@test "privileged sockets, other families and options are refused" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- raw ping packet vsock transparent mark \
			source_route bind53 spoof to_lo mptcp=203.0.113.9:443 udplite=203.0.113.80:7000
		same "raw EPROTONOSUPPORT
ping EPROTONOSUPPORT
packet EAFNOSUPPORT
vsock EAFNOSUPPORT
transparent EPERM
mark EPERM
source_route EPERM
bind53 EACCES
spoof EADDRNOTAVAIL
to_lo timeout
mptcp=203.0.113.9:443 EPROTONOSUPPORT
udplite=203.0.113.80:7000 EPROTONOSUPPORT" "$output"
		[ -z "$(reached)" ]
	done
}

@test "links, routes, rules and namespaces can't be changed, nor other ones entered" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- link_down add_route flush_rules setns \
			unshare_net unshare_user_net tcp=203.0.113.9:443 tcp=203.0.113.80:7000
		same "link_down EPERM
add_route EPERM
flush_rules EPROTONOSUPPORT
setns EPERM
unshare_net EPERM
unshare_user_net EPERM
tcp=203.0.113.9:443 ECONNREFUSED
tcp=203.0.113.80:7000 connected" "$(grep -v ^enclave-run <<<"$output")"
	done
}

@test "unix sockets of the host: abstract ones are in another namespace, files are not shown" {
	for who in $users; do
		run -0 lab /usr/bin/python3 -c '
import socket, subprocess, sys
a = socket.socket(socket.AF_UNIX); a.bind("\0lab-bait"); a.listen()
p = socket.socket(socket.AF_UNIX); p.bind(sys.argv[1]); p.listen()
sys.exit(subprocess.run(sys.argv[2:]).returncode)' "$top/$who/bait" "$enclave" --net deny \
			--ro "$top/net:/net" -- /usr/bin/python3 /net/attempts abstract=lab-bait "path=$top/$who/bait"
		rm "$top/$who/bait"
		same "abstract=lab-bait ECONNREFUSED
path=$top/$who/bait ENOENT" "$output"
	done
}

# ------------------------------------------------------------------------------------------- names

@test "DNS is answered by the sandbox's own responder, whoever is asked, over UDP and TCP" {
	for who in $users; do
		run -0 attempts --allow a.example -- dns=a.example dns=A.ExAmPlE dns=a.example=8.8.8.8 \
			dnstcp=a.example dnstcp=a.example=203.0.113.53 dns=a.example/28 dns=a.example/16 \
			dns=a.example/65 dns=b.example dnstcp=b.example dns=b.example/16
		same "dns=a.example synthetic
dns=A.ExAmPlE synthetic
dns=a.example=8.8.8.8 synthetic
dnstcp=a.example synthetic
dnstcp=a.example=203.0.113.53 synthetic
dns=a.example/28 nodata
dns=a.example/16 nodata
dns=a.example/65 nodata
dns=b.example NXDOMAIN
dnstcp=b.example NXDOMAIN
dns=b.example/16 NXDOMAIN" "$(grep -v ^enclave-run <<<"$output")"
		[ -z "$(reached)" ] # no question left the machine
		same "b.example A 2 --allow b.example
b.example TXT 1 --allow b.example" \
			"$(field '.egress.denials[] | "\(.host) \(.question) \(.count) \(.hint)"')"
		same "b.example A
b.example TXT" "$(jq -r 'select(.event == "dns-denied") | "\(.host) \(.type)"' "$top/$who/audit.log")"
	done
}

@test "2,000 long names: every one refused and counted, none asked outside, the log bounded" {
	for who in $users; do
		run -0 attempts --net deny -- questions=2000
		[[ $output = "questions=2000 refused 2000"* ]]
		[ "$(field .egress.denied)" = 2000 ]
		[ "$(field '.egress | ([.denials[].count] | add) + .denials_unlisted')" = 2000 ]
		[ "$(wc -l <"$top/$who/audit.log")" -lt 300 ]
		[ -z "$(reached)" ]
	done
}

@test "questions that come faster than they are read are in no count, and the record says so" {
	for who in $users; do
		run -0 sandbox -- /usr/bin/python3 -c 'import socket
q = bytes.fromhex("000101000001000000000000") + b"\1x\7example\0\0\1\0\1"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(50000): s.sendto(q, ("192.0.2.53", 53))'
		denied=$(field .egress.denied)
		lost=$(field '[.warnings[] | capture("network: (?<n>[0-9]+) datagrams") | .n] | first // "0"')
		[ $((denied + lost)) -le 50000 ] && [ $((denied + lost)) -gt 45000 ]
		[ "$(field .egress.exact)" = "$([ "$lost" = 0 ] && echo true || echo false)" ]
		[ "$lost" -gt 0 ] || [ "$denied" = 50000 ]
	done
}

@test "names below a wildcard: bounded in number, asked outside only when one is connected to" {
	zone '{ "*.wild.example": { "A": ["203.0.113.80"] } }'
	for who in $users; do
		run -0 attempts --allow '*.wild.example' -- names=wild.example=4200 \
			http=n7.wild.example dns=wild.example
		names=${lines[0]#names=wild.example=4200 answered }
		[ "$names" -ge 256 ] && [ "$names" -le 300 ] # one more each second
		same "names=wild.example=4200 answered $names
http=n7.wild.example answered
dns=wild.example NXDOMAIN" "$(grep -v ^enclave-run <<<"$output")"
		[ "$(reached | grep -c question)" -le 2 ] # A and AAAA
		[ "$(grep -c n7.wild.example "$top/$who/lab/log")" -ge 1 ]
		[ "$(field '[.egress.denials[] | select(.cause == "rate-limit")] | length > 0')" = true ]
		[ "$(field .egress.denied)" = $((4200 - names + 1)) ]
	done
}

@test "an allowed name that leads to a private address or to the host itself is not dialled" {
	local label words=() wants=''
	zone '{ "loop.bind.example": { "A": ["127.0.0.1"] }, "meta.bind.example": { "A": ["169.254.169.254"] },
		"ten.bind.example": { "A": ["10.77.0.1"] }, "synth.bind.example": { "A": ["198.18.0.1"] },
		"own.bind.example": { "A": ["198.51.100.1"] }, "six.bind.example": { "AAAA": ["::1"] },
		"mapped.bind.example": { "AAAA": ["::ffff:10.77.0.1"] },
		"suit.bind.example": { "AAAA": ["::ffff:198.51.100.1"] },
		"flip.bind.example": { "rounds": [ { "A": ["203.0.113.80"], "ttl": 0 },
			{ "A": ["10.77.0.1"], "ttl": 0 } ] },
		"mixed.bind.example": { "A": ["10.77.0.1", "203.0.113.80"] } }'
	for label in loop meta ten synth own six mapped suit; do
		words+=("http=$label.bind.example")
		wants+="http=$label.bind.example reset"$'\n'
	done
	for who in $users; do
		run -0 attempts --allow '*.bind.example' -- "${words[@]}" http=mixed.bind.example
		same "${wants}http=mixed.bind.example answered" "$(grep -v ^enclave-run <<<"$output")"
		same "tcp loop.bind.example 127.0.0.1 80 never-dialled 1
tcp meta.bind.example 169.254.169.254 80 never-dialled 1
tcp ten.bind.example 10.77.0.1 80 never-dialled 1
tcp synth.bind.example 198.18.0.1 80 never-dialled 1
tcp own.bind.example 198.51.100.1 80 host-local 1
tcp six.bind.example ::1 80 never-dialled 1
tcp mapped.bind.example ::ffff:10.77.0.1 80 never-dialled 1
tcp suit.bind.example ::ffff:198.51.100.1 80 host-local 1" "$(rows)"
		same "$(rows | sed 's/ 1$//')" "$(logged egress-denied)"
		[[ $(reached) != *http:10.77* && $(reached) != *http:198.51* && $(reached) != *tcp:127* ]]
	done
}

@test "a private address that a literal rule names may be reached by an allowed name; the host's takes its own" {
	zone '{ "ten.bind.example": { "A": ["10.77.0.1"] }, "own.bind.example": { "A": ["198.51.100.1"] } }'
	for who in $users; do
		run -0 attempts --allow '*.bind.example' --allow 10.77.0.0/16:80 --allow 198.51.100.0/24:80 -- \
			http=ten.bind.example get=10.77.0.1:80 http=own.bind.example tcp=198.51.100.1:80
		same "http=ten.bind.example answered
get=10.77.0.1:80 answered
http=own.bind.example reset
tcp=198.51.100.1:80 reset" "$(grep -v ^enclave-run <<<"$output")"
		same "tcp own.bind.example 198.51.100.1 80 host-local 1
tcp - 198.51.100.1 80 host-local 1" "$(rows)"
		[[ $(reached) != *http:198.51* ]]
		run -0 attempts --allow '*.bind.example' --allow 198.51.100.1:80 -- http=own.bind.example
		[ "$output" = "http=own.bind.example answered" ]
	done
}

@test "SNI and Host must be the name asked for; nothing of another one goes out" {
	zone '{ "b.example": { "A": ["203.0.113.80"] } }'
	for who in $users; do
		run -0 attempts --allow a.example --allow b.example:80 -- http=a.example \
			http=a.example=b.example http=a.example=evil.example tls=a.example \
			tls=a.example=b.example tls=a.example=evil.example http=a.example=a.example:80 http=b.example
		same "http=a.example answered
http=a.example=b.example reset
http=a.example=evil.example reset
tls=a.example answered
tls=a.example=b.example reset
tls=a.example=evil.example reset
http=a.example=a.example:80 answered
http=b.example answered" "$(grep -v ^enclave-run <<<"$output")"
		same "a.example 80 host-mismatch b.example
a.example 443 sni-mismatch b.example" "$(jq -r 'select(.event == "egress-denied") |
			"\(.host) \(.port) \(.cause) \(.presented)"' "$top/$who/audit.log")"
		# a second name presented for the same one is counted, not named
		same "a.example 80 host-mismatch 2 b.example
a.example 443 sni-mismatch 2 b.example" "$(field '.egress.denials[] |
			"\(.host) \(.port) \(.cause) \(.count) \(.presented)"')"
		! grep -q evil "$top/$who/lab/log"
	done
}

# ------------------------------------------------------------------------------------------ floods

@test "floods are counted exactly; record, audit log and status lines stay small" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 -- flood=203.0.113.9:443=20000 ports=203.0.113.9=3000
		[[ $output = "flood=203.0.113.9:443=20000 refused 20000"$'\n'"ports=203.0.113.9=3000 refused 3000"* ]]
		[ "$(field '.egress | "\(.denied) \(.exact)"')" = "23000 true" ]
		[ "$(field '.egress | ([.denials[].count] | add) + .denials_unlisted')" = 23000 ]
		[ "$(field '.egress.denials | length')" -le 256 ]
		[ "$(wc -l <"$top/$who/audit.log")" -lt 300 ]
		[ "$(jq -r 'select(.event == "egress-totals") | .denied' "$top/$who/audit.log")" = 23000 ]
		[ "$(grep -c ^enclave-run: <<<"$output")" = 1 ]
	done
}

@test "a status line is for a kind of denial, not for each moment in which it comes again" {
	for who in $users; do
		# shellcheck disable=SC2046 # one option or none
		run -0 lab bash -c 'status=$1; shift; "$@" 9>"$status"' - "$top/$who/status" "$enclave" \
			--status-fd 9 --record "$top/$who/record.json" --ro "$top/net:/net" \
			$(parent_of "$who") -- /usr/bin/python3 /net/attempts ports=203.0.113.9=5 sleep=0.4 \
			ports=203.0.113.9=5 sleep=0.4 ports=203.0.113.9=5
		[ "$(field .egress.denied)" = 15 ]
		[ "$(jq -r 'select(.event == "denied") | .event' "$top/$who/status" | wc -l)" = 5 ]
	done
}

@test "1,024 connections at a time, the rest waits; a warning says so" {
	for who in $users; do
		run -0 attempts --allow 203.0.113.80:7000 --rlimit nofile=1100 -- idle=203.0.113.80:7000=1030
		[[ $output = "idle=203.0.113.80:7000=1030 moved 1024"* ]]
		[[ $(field '.warnings[]') = *"too many connections"* ]]
		[ "$(field .egress.denied)" = 0 ]
	done
}
