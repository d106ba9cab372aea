#!/usr/bin/env bats
# The stage of the network tests: what tests/net/lab and tests/net/servers promise.

# shellcheck disable=SC2154 # variables that helpers.bash assigns
load helpers

setup_file() {
	enclave_setup
	cp -r "$repo/tests/net" "$top/net"
	cat >"$top/zone" <<-'TEXT'
	{ "a.example": { "A": ["203.0.113.80"] }, "private.example": { "A": ["10.77.0.1"] },
	  "flip.example": { "rounds": [ { "A": ["203.0.113.80"] }, { "A": ["127.0.0.1"] } ] } }
	TEXT
	chmod -R a+rX "$top/net" "$top/zone"
}
teardown_file() { enclave_teardown; }

# lab WHO ARG... - the lab, started by that user
lab() {
	local who=$1
	shift
	as "$who" timeout -k 5 60 "$top/net/lab" --zone "$top/zone" "$@"
}

@test "names, HTTP, TLS, UDP and banners are served over the wire, as the caller" {
	need curl
	for who in $users; do
		run -7 lab "$who" http:203.0.113.80:80 tls:203.0.113.80:443 udp:203.0.113.9:7 \
			banner:203.0.113.22:22 http:10.77.0.1:80 -- bash -c '
			id -u
			curl -sm5 http://a.example/1
			curl -skm5 https://a.example/2
			curl -sm5 http://private.example/3
			getent ahostsv4 flip.example | head -1
			getent ahostsv4 flip.example | head -1
			getent hosts other.example || echo "no other"
			exec 5<>/dev/tcp/203.0.113.22/22 && read -r line <&5 && echo "$line"
			exec 6<>/dev/udp/203.0.113.9/7 && echo hello >&6 && dd bs=64 count=1 status=none <&6
			grep -c "\"sni\": \"a.example\"" "$LAB_LOG"
			exit 7'
		# inside the lab of an ordinary user 65534 means nobody in particular: another number stands for it
		expected=$([ $who = root ] && echo 0 || echo "$user_uid")
		[ "$expected" != 65534 ] || expected=1000
		[ "${lines[0]}" = "$expected" ]
		[ "${lines[1]}" = 'request=1 host=a.example sni=None line=GET /1 HTTP/1.1' ]
		[ "${lines[2]}" = 'request=1 host=a.example sni=a.example line=GET /2 HTTP/1.1' ]
		[ "${lines[3]}" = 'request=1 host=private.example sni=None line=GET /3 HTTP/1.1' ]
		[[ ${lines[4]} = 203.0.113.80* && ${lines[5]} = 127.0.0.1* ]]
		[ "${lines[6]}" = "no other" ]
		[[ ${lines[7]} = "220 banner"* ]]
		[ "${lines[8]}" = hello ]
		[ "${lines[9]}" = 1 ]
	done
}

@test "the servers' addresses are not local, and the sandbox starts there" {
	for who in $users; do
		run -0 lab "$who" -- sh -c "ip route get 203.0.113.1; '$enclave' --net none -- /bin/echo inside"
		[[ $output = *"via 198.51.100.2 dev h0"* && $output = *inside* ]]
		[[ $output != *local* ]]
	done
}

@test "the servers end with a lab that is killed" {
	local lab command servers
	for who in $users; do
		as "$who" "$top/net/lab" tcp:203.0.113.1:7 -- sh -c 'echo $PPID $$; exec sleep 60' \
			>"$top/$who/pids" 3>&- &
		for _ in $(seq 100); do
			[ -s "$top/$who/pids" ] && break
			sleep 0.05
		done
		read -r lab command <"$top/$who/pids"
		servers=$(pgrep -f "^/usr/bin/python3 $top/net/servers")
		[ -n "$servers" ]
		kill -9 "$lab"
		kill "$command"
		for _ in $(seq 100); do
			pgrep -f "^/usr/bin/python3 $top/net/servers" >/dev/null || break
			sleep 0.05
		done
		run -1 pgrep -f "^/usr/bin/python3 $top/net/servers"
	done
}
