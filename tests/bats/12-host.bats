#!/usr/bin/env bats
# Nothing of the host is inside but what was named: files, devices, environment, descriptors, keys.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup descriptors
	# bait: what a host would not like to lose
	echo "bait-$$" >"$top/secret"
	chmod 644 "$top/secret"
	export BAIT_VARIABLE=bait-in-the-environment
}

teardown_file() {
	enclave_teardown
}

@test "the top of the tree holds the system tree and nothing else" {
	for who in $users; do
		run -0 sandbox -- ls -A /
		for name in $output; do
			case $name in
			bin | sbin | lib | lib32 | lib64 | libx32 | usr | etc | dev | proc | sys | tmp | run | home | var) ;;
			*) echo "as $who: /$name"; false ;;
			esac
		done
	done
}

@test "no shadow, no home, no /root, no /opt, no /srv, no /boot, no host /tmp" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls -d /etc/shadow /etc/gshadow /etc/ssh /etc/sudoers /etc/ssl/private \
			/root /opt /srv /boot /mnt /media /var/lib /var/log /var/spool '"$top"' 2>/dev/null; ls -A /home /tmp /run /var/tmp /dev/shm'
		[[ $output != */etc* && $output != */root* && $output != */var/l* && $output != *$top* ]]
		run -0 sandbox -- sh -c 'ls -A /tmp /run /var/tmp /dev/shm | grep -v ":$" | grep .; ls /home'
		[ "$output" = sandbox ]
	done
}

@test "no socket of the host is reachable: /run is empty and nothing of type socket exists" {
	for who in $users; do
		run -0 sandbox -- sh -c 'find / -xdev -type s 2>/dev/null; find /run /var /home /tmp /dev -type s 2>/dev/null; echo end'
		[ "$output" = end ]
	done
}

@test "/etc/passwd, /etc/group, /etc/hosts and /etc/resolv.conf are made up" {
	for who in $users; do
		run -0 sandbox -- cat /etc/passwd /etc/group
		[ "$(wc -l <<<"$output")" -le 8 ]
		[[ $output = *sandbox:*65534* ]]
		run -0 sandbox -- id -un
		[ "$output" = sandbox ]
		run -0 sandbox -- cat /etc/hosts
		[[ $output = *127.0.0.1*localhost* ]]
		[[ $output != *"$(hostname)"* || $(hostname) = localhost ]]
	done
}

@test "the environment is exactly the documented one" {
	for who in $users; do
		run -0 sandbox -- env
		expected=$(printf '%s\n' PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/home/sandbox USER=sandbox SHELL=/bin/sh LANG=C.UTF-8 TMPDIR=/tmp \
			container=enclave-run | sort)
		[ "$(sort <<<"$output")" = "$expected" ]
	done
}

@test "the caller's environment is not even in the memory of a process inside" {
	for who in $users; do
		run -0 sandbox -- sh -c 'cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\0" "\n"'
		[[ $output != *bait-in-the-environment* ]]
		[[ $output != *record.json* ]]
	done
}

@test "only 0, 1 and 2 are open, whatever the caller leaks" {
	for who in $users; do
		run -0 as "$who" bash -c '
			cd / && for fd in 10 11 12 13 14 15 16 17 18 19 20; do eval "exec $fd</etc/passwd"; done
			exec 3</ 4</proc 5<>/dev/null 6</etc 7</dev 21</ 99</ 2000</
			exec "$@" </dev/null' - "$enclave" --ro "$top/probes:/probes" -- /probes/descriptors
		[ "$(grep '^open' <<<"$output" | tr '\n' ' ')" = "open 0 open 1 open 2 " ]
		[[ $output = *complete* ]]
	done
}

@test "a redirected regular file arrives as a pipe and can't be opened again for writing" {
	for who in $users; do
		echo input >"$top/$who/in"
		chmod 666 "$top/$who/in"
		: >"$top/$who/out"
		chmod 666 "$top/$who/out"
		as "$who" "$enclave" --ro "$top/probes:/probes" -- /probes/descriptors \
			<"$top/$who/in" >"$top/$who/out" 2>&1
		cat "$top/$who/out"
		[ "$(grep -c '^type . fifo' "$top/$who/out")" = 3 ]
		grep -q '^up 0 ENOTDIR' "$top/$who/out"
		[ "$(cat "$top/$who/in")" = input ]
	done
}

@test "a directory as stdin is refused" {
	for who in $users; do
		run -125 sandbox -- cat <"$top"
		[[ $output = enclave-run:* ]]
	done
}

@test "nothing can be written to the tree: /, /usr, /etc, /sys and /proc/sys are read-only" {
	for who in $users; do
		run -0 sandbox -- sh -c 'for d in / /usr /usr/bin /etc /dev /proc/sys/kernel /var /home /sys; do
			(: >"$d/x") 2>&1; mkdir "$d/y" 2>&1; done
			for f in /etc/passwd /proc/sys/kernel/hostname /etc/ld.so.cache /usr/bin/env; do (echo x >>$f) 2>&1 && echo "WRITTEN $f"; done; true'
		[[ $output != *WRITTEN* ]]
		[ "$(grep -ciE 'read-only|permission|nonexistent|no such|invalid|not permitted' <<<"$output")" -ge 18 ]
		# hidden behind /dev/null, where the kernel has it at all
		run -0 sandbox -- sh -c '[ ! -f /proc/sysrq-trigger ]'
		run sandbox -- sh -c '>/usr/x'
		[[ $output = *"Read-only file system"* ]]
		run sandbox -- sh -c '>/etc/x'
		[[ $output = *"Read-only file system"* ]]
		run sandbox -- sh -c '>/x'
		[[ $output = *"Read-only file system"* ]]
	done
}

@test "the writable places are /tmp, /var/tmp, /run, /dev/shm and the home" {
	for who in $users; do
		run -0 sandbox -- sh -c 'for d in /tmp /var/tmp /dev/shm /home/sandbox; do echo x >$d/f && cat $d/f; done; ls -d /run'
		[ "$(grep -c x <<<"$output")" = 4 ]
	done
}

@test "no mount inside is writable but those, and none honours set-user-id" {
	for who in $users; do
		run -0 sandbox -- cat /proc/self/mountinfo
		while read -r _ _ _ _ point options _; do
			case $point in
			/tmp | /var/tmp | /run | /dev/shm | /home/sandbox) ;;
			/dev/*) ;;
			*)
				# a covered single file is a bind of /dev/null
				[ "$options" != "${options#ro}" ] || [[ $point = /proc/* ]] ||
					{ echo "as $who: $point $options"; false; }
				;;
			esac
			[[ ,$options, = *,nosuid,* || $point = /dev/* || $point = /proc/* ]] || { echo "as $who: $point $options"; false; }
		done <<<"$output"
	done
}

@test "the path of no mount tells where on the host it comes from, but for what was named" {
	for who in $users; do
		run -0 sandbox -- cat /proc/self/mountinfo
		[[ $output != *"$top"* ]]
		[[ $output != */home/[a-rt-z]* ]]
	done
}

@test "/proc hides what tells about the host, and /sys is empty" {
	for who in $users; do
		run -0 sandbox -- sh -c 'for f in cmdline kcore keys key-users kallsyms timer_list interrupts sched_debug kmsg; do
			[ ! -e /proc/$f ] || head -c 10 /proc/$f 2>/dev/null; done
			ls -A /sys /proc/acpi /proc/scsi /proc/irq /proc/bus /proc/fs 2>/dev/null | grep -v ":$" | grep .; true'
		[ -z "$output" ]
	done
}

@test "/dev holds exactly the harmless devices" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls -A /dev | tr "\n" " "'
		[ "$output" = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero " ]
		run -0 sandbox -- sh -c 'find / -path /proc -prune -o -path /usr -prune -o -print0 2>/dev/null | xargs -0 stat -c "%F %n" | sed -n "s/^\(character\|block\) special file //p" | sort | tr "\n" " "'
		[ "$output" = "/dev/full /dev/null /dev/pts/ptmx /dev/random /dev/tty /dev/urandom /dev/zero " ]
		run sandbox -- sh -c 'head -c 4 /dev/zero | od -An -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null; echo y >/dev/full'
		[[ $output = *4*"No space left"* || $output = *4*"I/O error"* ]]
	done
}

@test "host name and domain name of the host are not visible" {
	for who in $users; do
		run -0 sandbox -- uname -n
		[ "$output" != "$(uname -n)" ] || [ "$(uname -n)" = localhost ]
		run -0 sandbox --hostname judge-7 -- uname -n
		[ "$output" = judge-7 ]
	done
}

@test "an abstract unix socket of the host can't be reached" {
	need python3
	for who in $users; do
		name=enclave-bait-$BATS_TEST_NUMBER-$who
		/usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0" + sys.argv[1]); s.listen(); print("ready", flush=True); time.sleep(8)' \
			"$name" >"$top/ready" &
		bait=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s "$top/ready" ] || break; sleep 0.1; done
		run sandbox -- /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
try: s.connect("\0" + sys.argv[1]); print("REACHED")
except OSError as e: print(e)
print(open("/proc/net/unix").read().count("enclave-bait"))' "$name"
		kill $bait
		wait $bait || :
		rm "$top/ready"
		[[ $output != *REACHED* ]]
		[[ $output = *0 ]]
	done
}

@test "loopback inside is not the loopback of the host" {
	need python3
	for who in $users; do
		/usr/bin/python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(8)' >"$top/port" &
		server=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s "$top/port" ] || break; sleep 0.1; done
		run sandbox -- bash -c "exec 9<>/dev/tcp/127.0.0.1/$(cat "$top/port")"
		kill $server
		wait $server || :
		rm "$top/port"
		[ "$status" -ne 0 ]
		[[ $output = *refused* ]]
	done
}

@test "System V and POSIX ipc of the host are not visible" {
	need ipcmk ipcs
	for who in $users; do
		id=$(as "$who" ipcmk -M 4096 -p 0666 | grep -o '[0-9]*$')
		run -0 sandbox -- ipcs -m
		as "$who" ipcrm -m "$id"
		[[ $output != *" $id "* ]]
		[ "$(grep -c 0x <<<"$output")" = 0 ]
	done
}

@test "the cgroup path of the host is not visible" {
	for who in $users; do
		run -0 sandbox -- cat /proc/self/cgroup
		[[ $output != *enclave* ]]
		[[ $users != root* || $who != root ]] || ! has_cgroup ||
			[ -z "$(sed 's/^[^:]*:[^:]*://' <<<"$output" | grep -v '^/$' | grep -v '^/\.\.')" ]
	done
}

@test "processes of the host are not visible" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls /proc | grep -c "^[0-9]"'
		[ "$output" -le 6 ]
	done
}

@test "a file or a directory that the caller may not read can't be shown" {
	need_root
	who=user
	mkdir -m 700 "$top/closed"
	echo bait >"$top/closed/file"
	run -125 sandbox --ro "$top/closed/file:/file" -- cat /file
	[[ $output = enclave-run:* && $output != *bait* ]]
}
