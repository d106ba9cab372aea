#!/usr/bin/env bats
# Environment, user, streams, descriptors and labels: what the caller can give to the command.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup descriptors
	export KEPT_ONE=1 KEPT_TWO=2 NOT_KEPT=3
}

teardown_file() {
	enclave_teardown
}

@test "-e VAR=VALUE sets, -e VAR takes the caller's, a missing one stays unset" {
	for who in $users; do
		run -0 sandbox -e A=b=c -e KEPT_ONE -e NO_SUCH_VARIABLE -e PATH=/usr/bin -- sh -c 'echo "$A $KEPT_ONE ${NO_SUCH_VARIABLE-unset} $PATH ${NOT_KEPT-unset}"'
		[ "$output" = "b=c 1 unset /usr/bin unset" ]
	done
}

@test "--keep-env takes names and prefixes, never everything" {
	for who in $users; do
		run -0 sandbox --keep-env 'KEPT_*' -- sh -c 'echo "$KEPT_ONE$KEPT_TWO${NOT_KEPT-}"'
		[ "$output" = 12 ]
		run -0 sandbox --keep-env KEPT_TWO -- sh -c 'echo "${KEPT_ONE-}$KEPT_TWO"'
		[ "$output" = 2 ]
		run -125 sandbox --keep-env '*' -- true
		[[ $output = enclave-run:* ]]
	done
}

@test "--env-file reads one variable per line, comments and blank lines apart" {
	for who in $users; do
		printf '# comment\n\nONE=1\nTWO=a b = c\nKEPT_ONE\nEMPTY=\n' >"$top/$who/env"
		run -0 sandbox --env-file "$top/$who/env" -- sh -c 'echo "$ONE/$TWO/$KEPT_ONE/${EMPTY-unset}/"'
		[ "$output" = "1/a b = c/1//" ]
		run -125 sandbox --env-file /nowhere/env -- true
		printf 'A=\0B\n' >"$top/$who/env"
		run -125 sandbox --env-file "$top/$who/env" -- true
		[[ $output = enclave-run:* ]]
	done
}

@test "the last -e, --env-file or --keep-env of a variable wins" {
	for who in $users; do
		echo 'X=file' >"$top/$who/env"
		run -0 sandbox -e X=option --env-file "$top/$who/env" -- sh -c 'echo $X'
		[ "$output" = file ]
		run -0 sandbox --env-file "$top/$who/env" -e X=option -- sh -c 'echo $X'
		[ "$output" = option ]
	done
}

@test "--user UID:GID chooses the ids inside; 0 is refused" {
	for who in $users; do
		run -0 sandbox --user 1000:1001 -- sh -c 'id -u; id -g; grep Cap /proc/self/status | grep -v 0000000000000000; whoami'
		[ "$output" = $'1000\n1001\nsandbox' ]
		run -0 sandbox --user 1000 -- sh -c 'id -u; id -g'
		[ "$output" = $'1000\n1000' ]
		for bad in 0 0:0 1:0 -1 root 4294967295 1:2:3 ''; do
			run -125 sandbox --user "$bad" -- true
			[[ $output = enclave-run:* ]]
		done
	done
}

@test "--stdin, --stdout and --stderr name files" {
	for who in $users; do
		echo "some input" >"$top/$who/in"
		run -0 sandbox --stdin "$top/$who/in" --stdout "$top/$who/out" --stderr "$top/$who/err" -- sh -c 'cat; echo oops >&2'
		[ -z "$output" ]
		[ "$(cat "$top/$who/out")" = "some input" ]
		[ "$(cat "$top/$who/err")" = oops ]
		[ "$(stat -c %u "$top/$who/out")" = "$(as "$who" id -u)" ]
		run -125 sandbox --stdin /nowhere/in -- cat
		[[ $output = enclave-run:* ]]
	done
}

@test "--stderr-to-stdout keeps the order of the two streams" {
	for who in $users; do
		sandbox --stderr-to-stdout -- sh -c 'for i in 1 2 3 4 5 6 7 8; do echo o$i; echo e$i >&2; done' >"$top/out" 2>"$top/err"
		[ "$(tr '\n' ' ' <"$top/out")" = "o1 e1 o2 e2 o3 e3 o4 e4 o5 e5 o6 e6 o7 e7 o8 e8 " ]
		[ ! -s "$top/err" ]
	done
}

@test "stdin, stdout and stderr are separate and complete" {
	for who in $users; do
		echo hello | sandbox -- sh -c 'cat; echo err >&2' >"$top/out" 2>"$top/err"
		[ "$(cat "$top/out")" = hello ]
		[ "$(cat "$top/err")" = err ]
		[ "$(field .usage.stdout_bytes)" = 6 ]
		[ "$(field .usage.stderr_bytes)" = 4 ]
	done
}

@test "a reader that goes away ends the writer by SIGPIPE, not the launcher" {
	for who in $users; do
		sandbox -- yes | head -n 1 >"$top/out" || :
		[ "$(cat "$top/out")" = y ]
		[[ $(field .reason) = signal || $(field .reason) = exit ]]
		[ "$(field .reason)" = exit ] || [ "$(field .signal)" = 13 ]
	done
}

@test "closed stdin, empty stdin and /dev/null are all an end of file" {
	for who in $users; do
		run -0 sandbox -- wc -c </dev/null
		[ "$output" -eq 0 ]
		run -0 as "$who" bash -c 'exec "$@" <&-' - "$enclave" -- wc -c
		[ "$output" -eq 0 ]
		run -0 sandbox -- wc -c < <(:)
		[ "$output" -eq 0 ]
	done
}

@test "/dev/stdin, /dev/stdout and /dev/stderr can be opened by name" {
	for who in $users; do
		run -0 sandbox -- sh -c 'echo one >/dev/stdout; echo two >/dev/stderr; echo three | tee /dev/stderr >/dev/null; cat /dev/stdin' <<<"four"
		[ "$(sort <<<"$output" | tr '\n' ' ')" = "four one three two " ]
	done
}

@test "a stdin that nobody closes does not keep the run alive" {
	for who in $users; do
		mkfifo "$top/pipe"
		sleep 20 >"$top/pipe" &
		holder=$!
		start=$SECONDS
		sandbox -- true <"$top/pipe"
		[ $((SECONDS - start)) -lt 10 ]
		kill $holder
		wait $holder || :
		rm -f "$top/pipe"
	done
}

@test "--pass-fd hands over a pipe, under its own number" {
	for who in $users; do
		run -0 as "$who" bash -c 'exec 7< <(echo through seven); exec "$@"' - "$enclave" --pass-fd 7 -- sh -c 'cat <&7; ls /proc/self/fd | tr "\n" " "'
		[[ $output = "through seven"* ]]
		[[ $output != *" 4 5"* ]]
	done
}

@test "--pass-fd refuses directories, regular files, connected unix sockets and closed descriptors" {
	for who in $users; do
		run -125 as "$who" bash -c 'exec 7</; exec "$@"' - "$enclave" --pass-fd 7 -- true
		[[ $output = enclave-run:*"neither a pipe"* ]]
		run -125 as "$who" bash -c 'exec 7</etc/passwd; exec "$@"' - "$enclave" --pass-fd 7 -- true
		[[ $output = enclave-run:*"neither a pipe"* ]]
		run -125 as "$who" bash -c 'exec 7<&-; exec "$@"' - "$enclave" --pass-fd 7 -- true
		[[ $output = enclave-run:* ]]
		run -125 as "$who" /usr/bin/python3 -c '
import os, socket, sys
a, b = socket.socketpair(); os.dup2(a.fileno(), 7); os.execv(sys.argv[1], sys.argv[1:])' "$enclave" --pass-fd 7 -- true
		[[ $output = enclave-run:*"neither a pipe"* ]]
		run -125 as "$who" /usr/bin/python3 -c '
import os, sys
os.dup2(os.open("/", os.O_PATH), 7); os.execv(sys.argv[1], sys.argv[1:])' "$enclave" --pass-fd 7 -- true
		[[ $output = enclave-run:* ]]
	done
}

@test "labels appear in the record, hostile bytes escaped" {
	for who in $users; do
		run -0 sandbox --label job=17 --label 'odd=a"b\c' --label empty= -- true
		[ "$(field .labels.job)" = 17 ]
		[ "$(field .labels.odd)" = 'a"b\c' ]
		[ "$(field .labels.empty)" = "" ]
	done
}

@test "the command is looked up in the PATH inside; an empty PATH element is not the current directory" {
	for who in $users; do
		mkdir -p "$top/$who/bin"
		printf '#!/bin/sh\necho mine\n' >"$top/$who/bin/only-here"
		chmod 755 "$top/$who/bin/only-here"
		run -0 sandbox --ro "$top/$who/bin:/b" -e PATH=/nowhere:/b -- only-here
		[ "$output" = mine ]
		run -127 sandbox --ro "$top/$who/bin:/b" --chdir /b -- only-here
		run -127 sandbox --ro "$top/$who/bin:/b" --chdir /b -e PATH=:/nowhere: -- only-here
		run -0 sandbox --ro "$top/$who/bin:/b" --chdir /b -- ./only-here
	done
}

@test "the first word that is no option ends the options" {
	for who in $users; do
		run -0 sandbox echo --memory -q -- x
		[ "$output" = "--memory -q -- x" ]
		run -0 as "$who" "$enclave" run -- echo verb
		[ "$output" = verb ]
	done
}

@test "--tty no and auto give no terminal to a run whose streams are pipes" {
	for who in $users; do
		for tty in no auto; do
			run -0 sandbox --tty $tty -- sh -c 'test -t 0 || test -t 1 || echo none; (: </dev/tty) 2>&1 || :'
			[[ $output = none* ]]
			[[ $output = *"No such device or address"* ]]
		done
	done
}

@test "32 MiB of random bytes go in and come out unchanged" {
	head -c 32M /dev/urandom >"$top/random"
	chmod 644 "$top/random"
	sum=$(sha256sum <"$top/random")
	for who in $users; do
		[ "$(sandbox -- cat <"$top/random" | sha256sum)" = "$sum" ]
		[ "$(cat "$top/random" | sandbox -- sh -c 'cat >&2' 2>&1 | sha256sum)" = "$sum" ]
		[ "$(cat "$top/random" | sandbox --output-max none -- cat | sha256sum)" = "$sum" ]
		sandbox --stdin "$top/random" --stdout "$top/$who/copy" -- cat
		[ "$(sha256sum <"$top/$who/copy")" = "$sum" ]
		[ "$(field .usage.stdin_bytes)" = 33554432 ]
		[ "$(field .usage.stdout_bytes)" = 33554432 ]
	done
}

@test "--output-max none: root's workload gets the pipe itself, for writing only" {
	for who in $users; do
		sandbox --output-max none -- sh -c 'echo x; cat </proc/self/fd/1' 2>/dev/null | cat >"$top/out" || :
		[ "$(cat "$top/out")" = x ]
		if [ "$who" = root ]; then
			[ "$(field .usage.stdout_bytes)" = null ]
			[ "$(field .exit_code)" != 0 ]
		else
			[ "$(field .usage.stdout_bytes)" = 2 ]
		fi
	done
}

@test "--output-max none: what others wrote into the caller's pipe can't be read back" {
	need python3
	for who in $users; do
		# shellcheck disable=SC2016
		run -0 as "$who" python3 -c '
import os, subprocess, sys
r, w = os.pipe()
os.write(w, b"of another program")
code = "import os; fd = os.open(chr(47) + \"proc/self/fd/1\", os.O_RDONLY | os.O_NONBLOCK); print(os.read(fd, 99))"
subprocess.run([sys.argv[1], "--output-max", "none", "--", "python3", "-c", code], stdout=w, stderr=subprocess.DEVNULL)
os.close(w)
print(os.read(r, 99).decode())' "$enclave"
		[[ $output = "of another program"* ]]
	done
}

@test "--output-max none: files, sockets, terminals and FIFOs are relayed all the same" {
	need python3
	for who in $users; do
		sandbox --output-max none -- sh -c 'readlink /proc/self/fd/1; true' >"$top/out"
		grep -q pipe: "$top/out"
		[ "$(field .usage.stdout_bytes)" != null ]
		mkfifo -m 666 "$top/$who/fifo"
		cat "$top/$who/fifo" >"$top/out" &
		sandbox --output-max none -- echo through >"$top/$who/fifo"
		wait $!
		[ "$(field .usage.stdout_bytes)" = 8 ]
		run -0 as "$who" python3 -c '
import socket, subprocess, sys
a, b = socket.socketpair()
subprocess.run([sys.argv[1], "--record", sys.argv[2], "--output-max", "none", "--", "echo", "x"], stdout=b)
print(a.recv(9))' "$enclave" "$top/$who/record.json"
		[ "$(field .usage.stdout_bytes)" = 2 ]
		sandbox --output-max none --strip-escapes -- echo y | cat >/dev/null
		[ "$(field .usage.stdout_bytes)" = 2 ]
	done
}

@test "a process that keeps the caller's pipe does not delay the end, also when it has the pipe itself" {
	for who in $users; do
		for max in 1M none; do
			SECONDS=0
			[ "$(sandbox --output-max $max -- sh -c 'sleep 100 & (setsid sleep 100 &); echo x' | cat)" = x ]
			[ $SECONDS -lt 20 ]
		done
	done
}

@test "--status-fd writes JSON lines while the run goes on" {
	for who in $users; do
		run -0 as "$who" bash -c 'exec 9>"$1"; shift; exec "$@"' - "$top/$who/status-lines" "$enclave" --status-fd 9 -- true
		jq -e . "$top/$who/status-lines" >/dev/null
		[ "$(wc -l <"$top/$who/status-lines")" -ge 1 ]
	done
}

@test "quiet by default: nothing but the workload's bytes; -v says how it ended" {
	for who in $users; do
		sandbox -- sh -c 'exit 3' >"$top/out" 2>"$top/err" || :
		[ "$(cat "$top/out" "$top/err")" = "" ]
		run sandbox -v -- sh -c 'exit 3'
		[[ $output = *enclave-run:* ]]
	done
}
