# helpers.bash - what the bats files share: the two callers, one run of the sandbox, its record.
# shellcheck shell=bash disable=SC2154
#
# A file starts with `load helpers`, `setup_file() { enclave_setup PROBE...; }` and
# `teardown_file() { enclave_teardown; }`.  What must hold whoever calls is one loop:
#
#	for who in $users; do
#		run -3 sandbox -- sh -c 'exit 3'
#		[ "$(field .reason)" = exit ]
#	done
#
# As root $users is "root user": `user` is an ordinary uid without any privilege, group or subordinate
# ids, one of its own for each file, so that two suites at a time don't meet.  Started by an ordinary
# user, $users is "user", and that is the caller himself.

bats_require_minimum_version 1.5.0

# The first uid that runs started by root take; the number of the session slot is added to it.
SLOT_UID_BASE=1879048192

enclave_setup() {
	top=$(mktemp -d /tmp/enclave-test.XXXXXX) || return 1
	chmod 755 "$top"
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	users=user user_uid=$EUID user_gid=$(id -g)
	if [ "$EUID" = 0 ]; then
		users="root user"
		user_uid=$((1000000 + $$)) user_gid=$((1000000 + $$))
	fi
	# A copy, because an ordinary user may not be able to reach the checkout.
	enclave=$top/enclave-run
	cp "${ENCLAVE_RUN:-$repo/build/enclave-run}" "$enclave"
	bare=$enclave # the launcher itself also where $enclave becomes a script that calls it
	find_cgroup_parent
	export top repo enclave bare users user_uid user_gid
	for who in root user; do
		mkdir -m 755 "$top/$who"
		[ "$EUID" != 0 ] || [ $who = root ] || chown "$user_uid:$user_gid" "$top/$who"
	done
	mkdir "$top/probes"
	build_probes "$@"
}

# parent_of WHO - the option that gives a run of that caller a control group in the test machine,
# where bats shares its own with the launcher, who then may not use it
parent_of() {
	if [ -w /sys/fs/cgroup/vm/cgroup.procs ] && { [ "$1" = root ] || [ "$EUID" != 0 ]; }; then
		echo --cgroup-parent=vm
	fi
}

enclave_teardown() {
	leave_outer_cgroup
	[ -z "${cgroup_parent:-}" ] || rmdir "$cgroup_parent"/* "$cgroup_parent" 2>/dev/null || :
	[ -z "$top" ] || rm -rf "$top"
}

# Every test starts in a directory that everybody may read, as the least privileged caller.
setup() {
	cd "$top" || return 1
	who=user
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || echo "the caller was: $who; the last output: ${output:0:3000}"
}

# find_cgroup_parent - on cgroup v2 a group that holds processes, as that of this suite does, can't have
# groups below it.  Root steps up to the root group, an ordinary user with a delegated group takes a
# neighbour of his own; both stand for what systemd-run does on a real machine.
find_cgroup_parent() {
	local own above
	[ -e /sys/fs/cgroup/cgroup.controllers ] || return 0
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	above=/sys/fs/cgroup$(dirname "$own")
	if [ "$EUID" = 0 ]; then
		echo $$ >/sys/fs/cgroup/cgroup.procs || :
	elif [ -w "$above/cgroup.procs" ] && mkdir "$above/enclave-bats-$$"; then
		echo "+cpu +memory +pids" >"$above/enclave-bats-$$/cgroup.subtree_control"
		bare=$enclave.real
		mv "$enclave" "$bare"
		cat >"$enclave" <<-END
			#!/bin/sh
			case \$1 in
			-*) exec $bare --cgroup-parent "$(dirname "$own")/enclave-bats-$$" "\$@" ;;
			canary) exec $bare "\$@" --cgroup-parent "$(dirname "$own")/enclave-bats-$$" ;;
			*) exec $bare "\$@" ;;
			esac
		END
		chmod 755 "$enclave"
		export cgroup_parent=$above/enclave-bats-$$
	fi
}

# build_probes NAME... - the programs of tests/probes, to be shown with --ro "$top/probes:/probes"
build_probes() {
	local name source cached
	for name; do
		source=$repo/tests/probes/$name.c cached=$repo/build/probes/$name
		if ! [ "$cached" -nt "$source" ]; then
			mkdir -p "$repo/build/probes" 2>/dev/null || : # an ordinary user may not
			[ -w "$repo/build/probes" ] || cached=$top/probes/$name
			gcc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -pthread -o "$cached.$$" "$source" || return 1
			mv "$cached.$$" "$cached"
		fi
		[ "$cached" = "$top/probes/$name" ] || cp "$cached" "$top/probes/"
		chmod 755 "$top/probes/$name"
	done
}

# as WHO COMMAND... - run a program (no shell function) as that caller
as() {
	local caller=$1
	shift
	if [ "$caller" = user ] && [ "$EUID" = 0 ]; then
		setpriv --reuid "$user_uid" --regid "$user_gid" --clear-groups -- \
			env HOME="$top/user" USER=somebody "$@"
	else
		"$@"
	fi
}

# init_of LAUNCHER - the one of its children that is pid 1 of the sandbox
init_of() {
	local child
	for child in $(pgrep -P "$1"); do
		! grep -q '^NSpid:.*[[:space:]]1$' "/proc/$child/status" || echo "$child"
	done
}

# start OPTIONS... - a run in the background; $launcher is the pid of enclave-run itself
start() {
	rm -f "$top/$who/record.json"
	# shellcheck disable=SC2046 # one option or none
	set -- "$enclave" --record "$top/$who/record.json" $(parent_of "$who") "$@"
	if [ "$who" = user ] && [ "$EUID" = 0 ]; then
		setpriv --reuid "$user_uid" --regid "$user_gid" --clear-groups -- "$@" &
	else
		"$@" &
	fi
	# shellcheck disable=SC2034 # read by the tests
	launcher=$!
}

# started - wait until the workload of `start` runs: one in its place that is no launcher any more
started() {
	local i pid
	for ((i = 0; i < 200; i++)); do
		sleep 0.05
		[ "$(jq -r .status "$top/$who/record.json" 2>/dev/null)" = running ] || continue
		for pid in $(processes_of "$(run_uid)"); do
			[[ $(cat "/proc/$pid/comm" 2>/dev/null) = @("$(basename "$enclave")"|) ]] || break 2
		done
	done
	sleep 0.1
}

# sandbox OPTIONS... - one run as $who with a record and a time limit
sandbox() {
	rm -f "$top/$who/record.json"
	# shellcheck disable=SC2046 # one option or none
	as "$who" timeout -k 2 "${seconds:-30}" "$enclave" --record "$top/$who/record.json" \
		$(parent_of "$who") "$@"
}

# field EXPRESSION - of the last record of $who
field() {
	jq -r "$1" "$top/$who/record.json"
}

# verdict REASON STATUS - of the run before, which `run` started
verdict() {
	local reason
	reason=$(field .reason)
	[ "$reason" = "$1" ] && [ "$status" = "$2" ] && return
	echo "as $who: reason $reason, status $status; expected $1, $2"
	echo "output: ${output:0:2000}"
	jq '{status, reason, certainty, evidence, exit_code, signal, error, warnings}' \
		"$top/$who/record.json"
	return 1
}

# need_root - the test is about a run that root starts
need_root() {
	[ "$EUID" = 0 ] || skip "only root can do this"
}

# need PROGRAM... - below /usr, because nothing else of the host is visible inside
need() {
	local program path
	for program; do
		path=$(PATH=/usr/local/bin:/usr/bin:/usr/sbin command -v "$program") ||
			skip "$program is not installed below /usr"
		path=$(readlink -f "$path")
		[[ $path = /usr/* ]] || skip "$program is not installed below /usr"
	done
}

# has_cgroup - did the last run of $who have a control group?
has_cgroup() {
	[ "$(field .host.cgroup)" != none ]
}

# run_uid - the uid on the host of the last run of $who
run_uid() {
	local session
	if [ "$who" = root ]; then
		session=$(field .session)
		session=${session#er-}
		echo $((SLOT_UID_BASE + ${session%%-*}))
	else
		echo "$user_uid"
	fi
}

# processes_of UID - pids of its processes that live in a nested pid namespace
processes_of() {
	awk -v uid="$1" '/^Uid:/ { u = $2 }
		/^State:/ { zombie = $2 == "Z" }
		/^NSpid:/ { if (NF > 2 && u == uid && !zombie) print $2 }' \
		/proc/[0-9]*/status 2>/dev/null || :
}

# nothing_left - within a second: no process, cgroup or mount of the last run of $who
nothing_left() {
	local uid session slot left dirs i
	uid=$(run_uid)
	session=$(field .session)
	slot=${session#er-} slot=${slot%%-*}
	for ((i = 0; i < 20; i++)); do
		left=$(processes_of "$uid")
		[ -n "$left" ] || break
		sleep 0.05
	done
	[ -z "$left" ] || {
		echo "processes left of run $session:"
		ps -o pid,ppid,uid,stat,args -p "$(echo $left | tr ' ' ,)"
		return 1
	}
	dirs=$(find /sys/fs/cgroup -name "enclave-run-$slot-*" 2>/dev/null || :)
	if [ "${1:-}" != except-cgroups ] && [ -n "$dirs" ]; then
		echo "cgroups left of run $session: $dirs"
		return 1
	fi
	if grep -E "enclave-(root|scratch|hidden|secrets|test)" /proc/self/mountinfo; then
		echo "that mount is left on the host"
		return 1
	fi
}

# enter_outer_cgroup MEMORY PIDS - a limit around everything this file does (cgroup v1, root)
enter_outer_cgroup() {
	local name=enclave-bats-$$ controller own
	[ "$EUID" = 0 ] || return 0
	for controller in memory pids; do
		own=$(awk -F: -v c=$controller '$2 == c { print $3 }' /proc/self/cgroup)
		[ -n "$own" ] || continue
		mkdir "/sys/fs/cgroup/$controller$own/$name" 2>/dev/null || continue
		outer_cgroups+="/sys/fs/cgroup/$controller$own/$name "
		case $controller in
		memory) echo "$1" >"/sys/fs/cgroup/memory$own/$name/memory.limit_in_bytes" ;;
		pids) echo "$2" >"/sys/fs/cgroup/pids$own/$name/pids.max" ;;
		esac
		echo $$ >"/sys/fs/cgroup/$controller$own/$name/cgroup.procs"
	done
	export outer_cgroups
}

leave_outer_cgroup() {
	local dir
	for dir in ${outer_cgroups:-}; do
		echo $$ >"$dir/../cgroup.procs"
		for _ in {1..20}; do # what the last test started may still be ending
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || :
			[ -d "$dir" ] || break
			sleep 0.1
		done
	done
}
