#!/usr/bin/env bats
# Every mistake in the arguments is refused before anything starts: exit 125, one line that names cause
# and remedy, nothing left behind.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# refuses ARGUMENTS... - 125, exactly one line from us, and the command did not run
refuses() {
	run as "$who" timeout 10 "$enclave" "$@" -- sh -c 'echo the command ran'
	if [ "$status" = 125 ] && [[ $output = enclave-run:* ]] && [ "$(wc -l <<<"$output")" = 1 ] &&
		[ "${#output}" -gt 30 ] && [[ $output != *"the command ran"* ]]; then
		return
	fi
	printf 'as %s:' "$who"
	printf ' %q' "$@"
	printf ': status %s: %s\n' "$status" "$output"
	return 1
}

@test "an unknown option is refused with the option that was meant" {
	for who in $users; do
		refuses --memroy 1G
		[[ $output = *--memory* ]]
		refuses --wall-tme 3
		[[ $output = *--wall-time* ]]
		refuses --readonly /x
		refuses -Z
		refuses --xyzzy
	done
}

@test "an option of bubblewrap is refused with what it is here" {
	for who in $users; do
		refuses --ro-bind /usr /usr
		[[ $output = *'--ro SRC[:DST]'* ]]
		refuses --bind / /
		[[ $output = *'--rw SRC[:DST]'* ]]
		refuses --setenv A b
		[[ $output = *'--env VAR=VALUE'* ]]
		refuses --unshare-net
		[[ $output = *'--net none'* ]]
		refuses --share-net
		[[ $output = *--allow* ]]
		refuses --die-with-parent
		[[ $output = *'leave it away'* ]]
	done
}

@test "a missing command is refused" {
	for who in $users; do
		run -125 as "$who" "$enclave" --memory 1G
		[[ $output = enclave-run:* ]]
		run -125 as "$who" "$enclave" --memory 1G --
		[[ $output = enclave-run:* ]]
		run -125 as "$who" "$enclave" -- ''
		[[ $output = enclave-run:* ]]
		run -125 as "$who" "$enclave"
	done
}

@test "a value that is missing, empty or belongs to no value is refused" {
	for who in $users; do
		run -125 as "$who" "$enclave" --memory
		# what stands there instead of the value is not taken for it
		for option in --memory --allow --record --policy -e; do
			refuses $option
			[[ $output = *"$option wants a value: "*"'--' is none" ]]
		done
		refuses --allow --gate
		[[ $output = *"'--gate' is none" ]]
		refuses --record --audit=x
		[ ! -e --audit=x ]
		refuses --memory ''
		refuses --memory=
		refuses --stderr-to-stdout=maybe
		refuses -q=7
	done
}

@test "--memory wants a size of at least a megabyte" {
	for who in $users; do
		for bad in x 1X -1 0 1k 1.2.3 1G2 99999999999999999999 1e9 0x100000 ' 64M' '64 M' 64MB/s; do
			refuses --memory "$bad"
			[[ $output = *memory* ]]
		done
	done
}

@test "--cpus wants a positive number" {
	for who in $users; do
		for bad in x 0 -1 1.2.3 none2 2cpus 1/2 99999999999999999999; do
			refuses --cpus "$bad"
		done
	done
}

@test "--wall-time, --cpu-time and --stop-timeout want a duration" {
	for who in $users; do
		for option in --wall-time --cpu-time --stop-timeout; do
			for bad in x -1 1M 5d '1 s' s 1.s 99999999999999999999; do
				refuses $option "$bad"
				[[ $output = *${option#--}* ]]
			done
		done
		refuses --wall-time 0
		refuses --cpu-time 0
	done
}

@test "--pids wants a positive count" {
	for who in $users; do
		for bad in x 0 -5 1.5 1K 99999999999; do
			refuses --pids "$bad"
		done
	done
}

@test "--disk, --output-max and --fsize want a size" {
	for who in $users; do
		for option in --disk --output-max --fsize; do
			for bad in x -1 1Q '' 99999999999999999999; do
				refuses $option "$bad"
			done
		done
		refuses --disk 1
	done
}

@test "--rlimit wants a known name and a value, and sends the others to their own option" {
	for who in $users; do
		for bad in nofile nofile= nofile=x =5 nosuch=5 nofile=-1; do
			refuses --rlimit "$bad"
		done
		refuses --rlimit nproc=5
		[[ $output = *--pids* ]]
		refuses --rlimit fsize=5
		[[ $output = *--fsize* ]]
	done
}

@test "--on-pids, --on-violation, --tty, --apparmor, --landlock and --net know their words" {
	for who in $users; do
		refuses --on-pids maybe
		refuses --on-violation ignore
		refuses --tty sometimes
		refuses --apparmor on
		refuses --landlock maybe
		refuses --net all
		[[ $output = *none* ]]
	done
}

@test "--ro, --rw, --tmpfs, --hide and --chdir want absolute places inside" {
	for who in $users; do
		refuses --ro /etc:relative
		refuses --ro /etc:/a:/b
		refuses --ro ''
		refuses --ro /usr:/../x
		refuses --rw /nowhere/at/all:/x
		refuses --tmpfs relative
		refuses --tmpfs ''
		refuses --hide relative
		refuses --chdir relative
		refuses --chdir /../..
	done
}

@test "--hostname wants a host name" {
	for who in $users; do
		for bad in '' '-x' 'a b' 'a/b' "$(printf 'x%.0s' {1..70})" 'ä'; do
			refuses --hostname "$bad"
		done
	done
}

@test "-e, --env-file, --keep-env, --label and --pass-fd want their forms" {
	for who in $users; do
		refuses -e =x
		refuses -e ''
		refuses --env-file /nowhere/at/all
		refuses --keep-env '*'
		refuses --keep-env 'A*B'
		refuses --label nolabel
		refuses --label =x
		refuses --pass-fd x
		refuses --pass-fd 2
		refuses --pass-fd -1
		refuses --pass-fd 999
		refuses --status-fd 999
	done
}

@test "--require and --allow-missing know the walls by name" {
	for who in $users; do
		refuses --require nosuchwall
		refuses --allow-missing seccomp,nosuchwall
		refuses --require ''
		refuses --require seccmp
		[[ $output = *seccomp* ]]
	done
}

@test "--policy that is missing, no JSON, of a wrong schema or with an unknown key is refused with the place" {
	for who in $users; do
		refuses --policy /nowhere/at/all.json
		refuses --policy nosuchpreset
		echo '{' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
		printf '{ "schema": "enclave-run/policy/1",\n "limits": { "memroy": "1G" } }' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
		[[ $output = *memroy* && $output = *2* ]]
		printf '{ "schema": "enclave-run/policy/99" }' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
		printf '{ "schema": "enclave-run/policy/1",\n\n "limits": { "memory": "lots" } }' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
		[[ $output = *memory* && $output = *3* ]]
		printf '{ "schema": "enclave-run/policy/1", "extends": "nosuch" }' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
		printf '{ "schema": "enclave-run/policy/1", "limits": [] }' >"$top/$who/p.json"
		refuses --policy "$top/$who/p.json"
	done
}

@test "--record, --stdout and --stderr to places that can't be written are refused" {
	for who in $users; do
		refuses --record /nowhere/at/all/r.json
		refuses --record "$top/$who"
		refuses --stdout /nowhere/at/all/out
		refuses --stderr /nowhere/at/all/err
		refuses --stdin /nowhere/at/all/in
	done
}

@test "--cgroup-parent that does not exist or escapes refuses the run" {
	for who in $users; do
		refuses --cgroup-parent /no/such/group
		refuses --cgroup-parent ../..
	done
}

@test "a refusal of hostile arguments prints no control characters" {
	for who in $users; do
		run -125 as "$who" "$enclave" --memory $'\e[31mred\a\n\r' -- true
		[[ $output != *$'\e'* && $output != *$'\a'* && $output != *$'\r'* ]]
		run -125 as "$who" "$enclave" $'--\e]0;title\a' -- true
		[[ $output != *$'\e'* && $output != *$'\a'* ]]
		[ "$(wc -l <<<"$output")" -le 2 ]
		# C1 in UTF-8, a mark that reorders the line, bytes that are no UTF-8; letters stay
		run -125 as "$who" "$enclave" --ro $'/\u00e9\u009b31m\u202eabc\xff' -- true
		[[ $output = *"/é?31m?abc?'"* ]]
	done
}

@test "a refused run leaves no process, no control group and no mount" {
	for who in $users; do
		before=$(find /sys/fs/cgroup -name "enclave-run-*" 2>/dev/null | sort)
		for _ in 1 2 3; do
			run -125 as "$who" "$enclave" --chdir /no/such/dir -- true
			run -125 as "$who" "$enclave" --ro /no/such/src -- true
		done
		[ "$who" = root ] || [ -z "$(processes_of "$user_uid")" ]
		run grep -E "enclave-(root|scratch|hidden|secrets|test)" /proc/self/mountinfo
		[ -z "$output" ]
		for _ in {1..50}; do # those of other people's runs come and go
			after=$(find /sys/fs/cgroup -name "enclave-run-*" 2>/dev/null | sort)
			left=$(comm -13 <(echo "$before") <(echo "$after"))
			[ -n "$left" ] || break
			sleep 0.1
		done
		[ -z "$left" ]
	done
}

@test "presets and policies can be named, and options win over them" {
	for who in $users; do
		for preset in default ci judge agent; do
			case $preset in
			agent) continue ;; # needs a network
			esac
			run -0 sandbox --policy $preset -- echo "$preset"
			[ "$output" = $preset ]
		done
		run -0 sandbox --policy judge -- true
		[ "$(field .limits.memory.value)" = 268435456 ]
		[ "$(field .limits.pids.value)" = 32 ]
		run -0 sandbox --memory 100M --policy judge -- true
		[ "$(field .limits.memory.value)" = 104857600 ]
		printf '{ "schema": "enclave-run/policy/1", "extends": "judge", "limits": { "pids": 20 },
			"process": { "env": { "FROM": "policy" } }, "files": { "ro": ["%s:/data"] } }' "$top/$who" >"$top/$who/p.json"
		run -0 sandbox --policy "$top/$who/p.json" -- sh -c 'echo $FROM; ls -d /data'
		[ "$output" = $'policy\n/data' ]
		[ "$(field .limits.pids.value)" = 20 ]
		[ "$(field .limits.memory.value)" = 268435456 ]
	done
}

@test "the same policy as FILE in the current directory needs a slash or .json, never shadows a preset" {
	for who in $users; do
		cd "$top/$who"
		printf '{ "schema": "enclave-run/policy/1", "limits": { "pids": 20 } }' >judge
		run -0 sandbox --policy judge -- true
		[ "$(field .limits.pids.value)" = 32 ]
		rm judge
		cd "$top"
	done
}

@test "--help and --version print to stdout and end with 0" {
	for who in $users; do
		run -0 --separate-stderr as "$who" "$enclave" --help
		[[ $output = *--memory* && $output = *--rootfs* ]]
		[ -z "$stderr" ]
		run -0 --separate-stderr as "$who" "$enclave" --version
		[[ $output = enclave-run* ]]
	done
}
