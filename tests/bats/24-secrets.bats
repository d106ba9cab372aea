#!/usr/bin/env bats
# --secret: a value is in one read-only file inside and nowhere else: not in the environment, an argument
# list, the record, or the memory of any process that we left behind.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

# The value stands in no argument list and in no variable: two halves, put together in the file only.
half1=s3cr3t-left half2=right-t3rc3s

setup_file() {
	enclave_setup
	for who in root user; do
		printf '%s%s' "$half1" "$half2" >"$top/$who/key"
		[ "$EUID" != 0 ] || chown --reference="$top/$who" "$top/$who/key"
		chmod 600 "$top/$who/key"
	done
}

teardown_file() {
	enclave_teardown
}

# refuses ARGUMENTS... - 125, one line from us, the command did not run, and no value is in the line
refuses() {
	run as "$who" timeout 10 "$enclave" "$@" -- sh -c 'echo the command ran'
	[ "$status" = 125 ] && [[ $output = enclave-run:* && $output != *hunter2* ]] &&
		[ "$(wc -l <<<"$output")" = 1 ] && return
	printf 'as %s:' "$who"
	printf ' %q' "$@"
	printf ': status %s: %s\n' "$status" "$output"
	return 1
}

@test "a file arrives with its bytes, 0400, owned by the workload, in a directory it can't write" {
	for who in $users; do
		run -0 sandbox --secret key=file:"$top/$who/key" -- sh -c 'cat /run/secrets/key; echo
			stat -c "%a %U %F" /run/secrets/key /run/secrets; ls -A /run/secrets; ls -A /run'
		[ "$output" = "$half1$half2
400 sandbox regular file
500 sandbox directory
key
secrets" ]
		[ "$(field '.secrets_used | join(" ")')" = key ]
		nothing_left
	done
}

@test "any bytes and no bytes at all are values too, from a pipe, a regular file, a socket and a memfd" {
	for who in $users; do
		printf 'a\0b\n\xff\n' >"$top/bytes"
		run -0 sandbox --secret b=fd:7 --secret empty=fd:8 -- sh -c 'od -An -tx1 /run/secrets/b; wc -c </run/secrets/empty' \
			7<"$top/bytes" 8< <(:)
		[ "$output" = $' 61 00 62 0a ff 0a\n0' ]
		run -0 sandbox --secret b=fd:7 -- cat /run/secrets/b 7< <(sleep 0.3; printf 'one '; sleep 0.3; echo two)
		[ "$output" = "one two" ]
		run -0 as "$who" python3 -c '
import os, socket, sys
a, b = socket.socketpair()
a.sendall(b"through a socket "); a.close()
m = os.memfd_create("x"); os.write(m, b"through a memfd"); os.lseek(m, 0, 0)
for fd in (b.fileno(), m): os.set_inheritable(fd, True)
os.execv(sys.argv[1], [sys.argv[1], "--secret", f"s=fd:{b.fileno()}", "--secret", f"m=fd:{m}",
	"--", "cat", "/run/secrets/s", "/run/secrets/m"])' "$enclave"
		[ "$output" = "through a socket through a memfd" ]
	done
}

@test "a credential of systemd is taken by its name" {
	for who in $users; do
		run -0 as "$who" env CREDENTIALS_DIRECTORY="$top/$who" "$enclave" --secret db=cred:key -- cat /run/secrets/db
		[ "$output" = "$half1$half2" ]
		refuses --secret db=cred:key
		[[ $output = *LoadCredential* ]]
	done
}

@test "a policy file may name secrets, as a list or by name" {
	for who in $users; do
		printf '{ "schema": "enclave-run/policy/1", "secrets": { "secret": { "a": "file:%s" } } }' "$top/$who/key" >"$top/p.json"
		run -0 sandbox --policy "$top/p.json" --secret b=fd:7 -- sh -c 'cat /run/secrets/a; cat /run/secrets/b' 7< <(echo +)
		[ "$output" = "$half1$half2+" ]
		printf '{ "schema": "enclave-run/policy/1",\n "secrets": { "secret": ["a=file:%s", "a=fd:7"] } }' "$top/$who/key" >"$top/p.json"
		refuses --policy "$top/p.json"
		[[ $output = *p.json:2*twice* ]]
	done
}

@test "the workload can't change, cover, move or unmount it, even in a directory of its own" {
	for who in $users; do
		run -0 sandbox --secret key=file:"$top/$who/key" -- sh -c '
			cd /run/secrets
			for c in "rm -f key" "touch x" "mv key k" "chmod 600 key" "chmod 700 ." "rmdir /run/secrets" \
				"mv /run/secrets /run/s" "umount /run/secrets" "mount -t tmpfs x /run/secrets" \
				"ln -s /tmp /run/secrets/l" "mount --bind /tmp /run/secrets" "mount -o remount,rw /run/secrets" \
				"truncate -s 0 key"; do
				$c 2>/dev/null && echo "DONE: $c"
			done; cat /run/secrets/key'
		[ "$output" = "$half1$half2" ]
	done
}

@test "the mount is a tmpfs of its own: read-only, nosuid, nodev, noexec, of a limited size" {
	for who in $users; do
		run -0 sandbox --secret key=file:"$top/$who/key" -- grep ' /run/secrets ' /proc/self/mountinfo
		[ "$(wc -l <<<"$output")" = 1 ]
		[[ $output = *' /run/secrets ro,nosuid,nodev,noexec'*' - tmpfs enclave-secrets ro,size=64k,'* ]]
	done
}

@test "without a secret there is no such directory, and one can be made" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls -A /run; mkdir /run/secrets && echo made'
		[ "$output" = made ]
		run -0 sandbox --tmpfs /run/secrets -- sh -c 'echo x >/run/secrets/x'
		[ "$(field '.secrets_used | length')" = 0 ]
	done
}

@test "inside nothing but the file holds the value: no environment, argument list, memory of a process" {
	for who in $users; do
		run -0 sandbox --secret key=file:"$top/$who/key" -- sh -c '
			printf %s%s s3cr3t-left right-t3rc3s >/tmp/pattern # in no argument list
			cat /proc/*/environ /proc/*/cmdline /proc/1/mem /proc/1/maps 2>/dev/null | grep -caf /tmp/pattern
			grep -rlaf /tmp/pattern /run /home /etc /dev/shm 2>/dev/null'
		[ "$output" = $'0\n/run/secrets/key' ]
	done
}

@test "outside nothing holds it: command line and environment, record, and the memory of launcher, init and workload" {
	need_root
	for who in $users; do
		start --secret key=file:"$top/$who/key" --secret pipe=fd:7 -- sleep 30 7<"$top/$who/key"
		started
		init=$(init_of $launcher)
		workload=$(pgrep -P "$init")
		# shellcheck disable=SC2046 # init, gateway and socket maker
		run -0 python3 "$repo/tests/probes/holds.py" $half1 $half2 $launcher $(pgrep -P $launcher) "$workload"
		[ -z "$output" ]
		# and it is found where it is: here in the memory of a shell that reads the same file
		bash -c 'value=$(<"$1"); sleep 30 & wait' - "$top/$who/key" &
		control=$!
		sleep 0.3
		run -0 python3 "$repo/tests/probes/holds.py" $half1 $half2 $control
		kill $control
		[ "$output" = $control ]
		! grep -q "$half1$half2" /proc/$launcher/cmdline /proc/$launcher/environ "$top/$who/record.json"
		run -0 ls -l /proc/$launcher/fd
		[[ $output != *"$top/$who/key"* ]]
		kill -TERM $launcher
		wait $launcher || :
		! grep -q "$half1$half2" "$top/$who/record.json"
	done
}

@test "while the rest of a value is awaited, what has come is left out of core dumps" {
	for who in $users; do
		[ -p "$top/fifo" ] || mkfifo -m 666 "$top/fifo"
		exec 8<>"$top/fifo"
		start --secret a=file:"$top/$who/key" --secret b=fd:8 -- true
		exec 8>&-
		sleep 0.5
		# proc(5), VmFlags: dd = MADV_DONTDUMP, sh = shared; the only shared anonymous mapping is that of the values
		awk '/\/dev\/zero \(deleted\)/ { ours = 1; next }
			ours && /^VmFlags:/ { n++; good += / dd / && / sh /; ours = 0 }
			END { exit !(n == 1 && good == 1) }' /proc/$launcher/smaps
		kill -TERM $launcher
		wait $launcher || :
	done
}

@test "explain shows names and sources, never values, and reads nothing" {
	for who in $users; do
		run -0 as "$who" "$enclave" explain --secret key=file:"$top/$who/key" --secret p=fd:7 -- true 7<"$top/$who/key"
		[[ $output = *"key "*file*"$top/$who/key"* && $output = *"p "*"fd 7"* && $output != *"$half1$half2"* ]]
		run -0 as "$who" "$enclave" explain --json --secret key=file:"$top/$who/key" -- true
		[ "$(jq -r '.secrets[0] | .name + " " + .source' <<<"$output")" = "key file" ]
		[[ $output != *"$half1$half2"* ]]
	done
}

@test "a name that is no plain file name is refused" {
	for who in $users; do
		for name in '' . .. .hidden -dash a/b /abs 'a b' $'a\nb' $'a\eb' 'ä' 'a:b' "$(printf 'x%.0s' {1..129})"; do
			refuses --secret "$name=file:$top/$who/key"
		done
		run -0 sandbox --secret "$(printf 'x%.0s' {1..128})=file:$top/$who/key" -- true
	done
}

@test "a source that is none is refused, and a value that was written there instead is not repeated" {
	for who in $users; do
		for bad in hunter2 a=hunter2 a= a=env:hunter2 a=FILE:/hunter2 =file:/hunter2; do
			refuses --secret "$bad"
		done
		run -125 sandbox --secret a=hunter2 -- true
		! grep -q hunter2 "$top/$who/record.json" 2>/dev/null
		for bad in fd: fd:x fd:-1 fd:2 fd:0 fd:3x fd:99999999999 cred: cred:.. cred:a/b file: file:/nowhere/at/all; do
			refuses --secret "a=$bad"
		done
	done
}

@test "the same name or the same descriptor twice, or one that is used elsewhere, is refused" {
	for who in $users; do
		refuses --secret a=file:"$top/$who/key" --secret a=file:"$top/$who/key"
		refuses --secret a=fd:7 --secret b=fd:7 7<"$top/$who/key"
		refuses --secret a=fd:7 --pass-fd 7 7< <(:)
		refuses --secret a=fd:7 --status-fd 7 7<>"$top/$who/out"
		refuses --secret a=fd:7
		[[ $output = *"not open"* ]]
	done
}

@test "a source that has no end or is no file is refused" {
	for who in $users; do
		for bad in "$top" /dev/null /dev/zero /dev/tty /proc/self/fd/0 /dev/stdin; do
			refuses --secret a=file:$bad
		done
		[ -p "$top/fifo" ] || mkfifo -m 666 "$top/fifo"
		refuses --secret a=file:"$top/fifo"
		refuses --secret a=fd:7 7</dev/zero
		refuses --secret a=fd:7 7</
		refuses --secret a=fd:7 7>/dev/null
		refuses --secret a=fd:7 7>"$top/$who/out"
		refuses --secret a=fd:7 7< <(yes)
		[[ $output = *"64 KiB"* ]]
	done
}

@test "64 KiB are the limit of one value, 1 MiB of all, 64 their number" {
	for who in $users; do
		head -c 65536 /dev/zero >"$top/large"
		head -c 65537 /dev/zero >"$top/larger"
		run -0 sandbox --secret a=file:"$top/large" -- wc -c /run/secrets/a
		[[ $output = 65536* ]]
		refuses --secret a=file:"$top/larger"
		many=()
		for i in {1..16}; do many+=(--secret "s$i=file:$top/large"); done
		run -0 sandbox "${many[@]}" -- sh -c 'cat /run/secrets/* | wc -c'
		[ "$output" = 1048576 ]
		refuses "${many[@]}" --secret one=file:"$top/$who/key"
		[[ $output = *"1024 KiB"* ]]
		many=()
		for i in {1..64}; do many+=(--secret "s$i=file:$top/$who/key"); done
		run -0 sandbox "${many[@]}" -- sh -c 'ls /run/secrets | wc -l'
		[ "$output" = 64 ]
		refuses "${many[@]}" --secret more=file:"$top/$who/key"
	done
}

@test "a file that everybody can read is taken with a warning" {
	for who in $users; do
		echo x >"$top/open"
		chmod 644 "$top/open"
		run -0 sandbox --secret a=file:"$top/open" -- true
		jq -e '.warnings | any(test("secret a"))' "$top/$who/record.json"
		run -0 sandbox --secret a=file:"$top/$who/key" -- true
		jq -e '.warnings | any(test("secret")) | not' "$top/$who/record.json"
	done
}

@test "a file that the caller can't read is refused" {
	need_root
	who=user
	refuses --secret a=file:"$top/root/key"
	[[ $output = *"$top/root/key"*denied* ]]
}

@test "a place of the files group on or above the secrets is refused" {
	for who in $users; do
		for place in "--hide /run/secrets" "--tmpfs /run/secrets" "--tmpfs /run/secrets/x" "--ro /etc:/run/secrets" \
			"--rw $top/$who:/run/secrets/key" "--ro-try /nowhere:/run/secrets" "--ro /etc:/run" "--hide /run" \
			"--rw $top/$who:/run" "--tmpfs /var/run/secrets" "--ro /etc:/var/run"; do
			# shellcheck disable=SC2086 # two words on purpose
			refuses --secret key=file:"$top/$who/key" $place
			[[ $output = *secrets* ]]
		done
		run -0 sandbox --secret key=file:"$top/$who/key" --tmpfs /run --tmpfs /run/secretsx -- cat /run/secrets/key
		[ "$output" = "$half1$half2" ]
	done
}

@test "a link in a --rootfs can't lead another mount on top of the secrets" {
	for who in $users; do
		mkdir -p "$top/tree/usr"
		for name in bin lib lib64 sbin; do ln -sfn usr/$name "$top/tree/$name"; done
		ln -sfn /run "$top/tree/alias"
		# the scratch directory put there before the secrets is covered by them ...
		run sandbox --rootfs "$top/tree" --ro /usr:/usr --secret key=file:"$top/$who/key" --tmpfs /alias/secrets -- \
			sh -c 'cat /run/secrets/key; (: >/run/secrets/x) 2>/dev/null || echo " and nothing else"'
		# ... or seen by the read-back
		if [ "$status" = 0 ]; then
			[ "$output" = "$half1$half2 and nothing else" ]
		else
			[ "$status" = 125 ] && [[ $output = *read-back*/run/secrets* ]]
		fi
	done
}

@test "a signal while a value is awaited ends the run as cancelled, and nothing is left" {
	for who in $users; do
		[ -p "$top/fifo" ] || mkfifo -m 666 "$top/fifo"
		exec 7<>"$top/fifo"
		start --secret a=fd:7 -- true
		exec 7>&-
		sleep 0.5
		kill -TERM $launcher
		wait $launcher || status=$?
		[ "$status" = 143 ]
		[ "$(field .reason)" = cancelled ]
		[ "$(field '.secrets_used | length')" = 0 ]
	done
}
