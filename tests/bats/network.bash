# network.bash - what the bats files about the network share: runs with a host and an internet around them.
# shellcheck shell=bash disable=SC2154
#
# Everything happens in tests/net/lab: the launcher sees h0 as its only way out, and 203.0.113.0/24 and
# 10.77.0.0/16 behind it.  tests/net/attempts runs inside the sandbox and prints one line per attempt.

# What answers there.  203.0.113.9, the private addresses and H itself are for proving that nobody gets there.
lab_servers=(
	tcp:203.0.113.80:7000 udp:203.0.113.80:7000 http:203.0.113.80:80 tls:203.0.113.80:443
	tcp:203.0.113.9:443 udp:203.0.113.9:443 "tcp:[2001:db8:5::80]:7000" http:10.77.0.1:80 http:203.0.113.9:80
	--host tcp:127.0.0.1:7001 --host tcp:198.51.100.1:7001 --host http:198.51.100.1:80
)

# network_setup - one lab for each caller, which ends with this file however it ends
network_setup() {
	local who user
	enclave_setup "$@" || return 1
	cp -r "$repo/tests/net" "$top/net"
	zone '{}'
	chmod -R a+rX "$top/net"
	for who in $users; do
		user=()
		[ "$who" = root ] || [ "$EUID" != 0 ] || user=(--user "$user_uid")
		mkdir -m 777 "$top/$who/lab"
		mkfifo -m 600 "$top/$who/lab/commands" "$top/$who/lab/status"
		[ "$EUID" != 0 ] || [ "$who" = root ] ||
			chown "$user_uid" "$top/$who/lab/commands" "$top/$who/lab/status"
		"$top/net/lab" --zone "$top/zone" "${user[@]}" "${lab_servers[@]}" -- \
			"$top/net/console" "$top/$who/lab" 3>&- &
		eval "exec {console_$who}>\"$top/$who/lab/commands\"" # open as long as this file runs
	done
}

# zone JSON - what the name server knows, besides a.example
zone() {
	jq -n --argjson more "$1" '{ "a.example": { A: ["203.0.113.80"] } } + $more' >"$top/zone"
	chmod 644 "$top/zone"
}

# lab COMMAND... - in the lab of $who, as $who; what reached the servers is in $top/$who/lab/log
lab() {
	local script=$top/$who/lab/script status=none
	printf '%q ' timeout -k 5 "${seconds:-60}" "$@" >"$script"
	chmod 644 "$script"
	echo "$script" 1<>"$top/$who/lab/commands"
	read -r -t 70 status <>"$top/$who/lab/status"
	[ ! -e "$top/$who/lab/output" ] || cat "$top/$who/lab/output"
	[[ $status = [0-9]* ]] || { echo "the lab of $who does not answer"; return 125; }
	return "$status"
}

# online OPTIONS... - one run as $who in the lab, with record and audit log
online() {
	rm -f "$top/$who/record.json" "$top/$who/audit.log"
	# shellcheck disable=SC2046 # one option or none
	lab "$enclave" --record "$top/$who/record.json" --audit "$top/$who/audit.log" \
		--ro "$top/net:/net" $(parent_of "$who") "$@"
}

# attempts OPTIONS... -- WORD... - online, with that program inside
attempts() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	online "${options[@]}" -- /usr/bin/python3 /net/attempts "$@"
}

# rows - of the record's denials: PROTOCOL HOST ADDRESS PORT CAUSE COUNT, "-" for none
rows() {
	field '.egress.denials[] | [.protocol, .host, .address, .port, .cause, .count]
		| map(. // "-" | tostring) | join(" ")'
}

# logged EVENT - the same without count, of the audit log
logged() {
	jq -r --arg event "$1" 'select(.event == $event) | [.protocol, .host, .address, .port, .cause]
		| map(. // "-" | tostring) | join(" ")' "$top/$who/audit.log"
}

# reached - what arrived at the servers, one line each: SERVER EVENT
reached() {
	jq -r 'select(.event != "close") | "\(.server) \(.event)"' "$top/$who/lab/log"
}

# same EXPECTED GOT - two texts, a diff when they differ
same() {
	diff <(echo "$1") <(echo "$2") && return
	echo "as $who: expected <, got >"
	return 1
}

# killed WHOM CONNECTIONS [OPTIONS...] - tests/net/killer on a run of $who
killed() {
	local whom=$1 count=$2
	shift 2
	rm -f "$top/$who/record.json"
	# shellcheck disable=SC2046 # one option or none
	lab "$top/net/killer" "$whom" "$count" "$enclave" \
		--record "$top/$who/record.json" --ro "$top/net:/net" --allow 203.0.113.80:7000 \
		$(parent_of "$who") "$@"
}

# finding NAME - of the run that `killed` made
finding() {
	sed -n "s/^$1 //p" <<<"$output"
}

# cut_off - is everything over within half a second?  In the test machine every step takes ten times as long.
cut_off() {
	local limit=500 name
	[ ! -e /sys/fs/cgroup/vm ] || limit=5000
	for name in cut_ms dead_ms; do
		[ "$(finding $name)" -lt $limit ] || { echo "as $who: $output"; return 1; }
	done
}
