#!/usr/bin/env bats
# What --ro, --ro-try, --rw, --tmpfs, --hide, --rootfs and --chdir show and what they leave on the host.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup denied
	for who in $users; do
		mkdir -p "$top/$who/tree/sub" "$top/$who/other" "$top/$who/write"
		echo tree >"$top/$who/tree/file"
		echo other >"$top/$who/other/file"
		chmod 755 "$top/$who/write"
		[ "$EUID" != 0 ] || [ "$who" = root ] || chown -R "$user_uid:$user_gid" "$top/$who"
	done
	find_writers
}

# find_writers - who may write through --rw: root not where the kernel can't map ids (tmpfs before 6.3)
find_writers() {
	local said
	export writers=$users
	[ "$EUID" = 0 ] || return 0
	# shellcheck disable=SC2046 # one option or none
	said=$("$enclave" $(parent_of root) --rw "$top/root/write:/w" -- true 2>&1) || :
	[[ $said != *"no id-mapped mounts"* ]] || writers=${users#root }
}

teardown_file() {
	enclave_teardown
}

@test "--ro SRC:DST shows a directory or a file read-only" {
	for who in $users; do
		run -0 sandbox --ro "$top/$who/tree:/data" --ro "$top/$who/tree/file:/one" -- sh -c \
			'cat /data/file /one; (echo x >/data/new) 2>&1; (echo x >/one) 2>&1; rm /data/file 2>&1; true'
		[ "$(grep -c tree <<<"$output")" -ge 2 ]
		[ "$(grep -c 'Read-only' <<<"$output")" -ge 3 ]
		[ "$(cat "$top/$who/tree/file")" = tree ]
	done
}

@test "--ro SRC without DST shows it at its own path, and nothing beside it" {
	for who in $users; do
		run -0 sandbox --ro "$top/$who/tree" -- sh -c "cat $top/$who/tree/file; ls $top $top/$who"
		[[ $output = tree* ]]
		[[ $output != *other* && $output != *record.json* ]]
	done
}

@test "a relative SRC counts from the caller's directory" {
	for who in $users; do
		cd "$top/$who"
		run -0 sandbox --ro tree:/data --ro ./other/../tree/file:/file -- cat /data/file /file
		[ "$output" = $'tree\ntree' ]
		cd "$top"
	done
}

@test "--ro of a missing SRC refuses the run, --ro-try goes on without it" {
	for who in $users; do
		run -125 sandbox --ro /nowhere/at/all:/x -- sh -c 'echo ran'
		[[ $output = enclave-run:*nowhere* && $output != *ran ]]
		run -0 sandbox --ro-try /nowhere/at/all:/x --ro-try "$top/$who/tree:/y" -- sh -c 'ls -d /x 2>/dev/null; cat /y/file'
		[ "$output" = tree ]
	done
}

@test "of entries with one DST the last wins" {
	for who in $writers; do
		run -0 sandbox --ro "$top/$who/tree:/data" --ro "$top/$who/other:/data" -- cat /data/file
		[ "$output" = other ]
		run -0 sandbox --ro "$top/$who/other:/data" --ro "$top/$who/tree:/data" -- cat /data/file
		[ "$output" = tree ]
		run -0 sandbox --rw "$top/$who/write:/data" --ro "$top/$who/write:/data" -- sh -c '(>/data/x) 2>&1 || true'
		[[ $output = *Read-only* ]]
		run -0 sandbox --ro "$top/$who/tree:/data" --tmpfs /data -- sh -c 'ls -A /data; echo x >/data/y; cat /data/y'
		[ "$output" = x ]
	done
}

@test "a later entry goes on top of a part of an earlier one" {
	for who in $users; do
		run -0 sandbox --ro "$top/$who/tree:/data" --ro "$top/$who/other:/data/sub" -- cat /data/file /data/sub/file
		[ "$output" = $'tree\nother' ]
	done
}

@test "--hide covers a file, a directory or what a link names; a missing PATH is refused" {
	for who in $users; do
		run -0 sandbox --hide /usr/share --hide /etc/passwd -- sh -c \
			'ls -A /usr/share; cat /etc/passwd; (>/usr/share/x) 2>/dev/null && echo WRITTEN; true'
		[ -z "$output" ]
		run -0 sandbox --ro "$top/$who/tree:/data" --hide /data/file -- cat /data/file
		[ -z "$output" ]
		run -0 sandbox --hide /bin/sh -- cat /bin/sh
		[ -z "$output" ]
		run -125 sandbox --hide /no/such/path -- true
		[[ $output = *--hide*no/such* ]]
	done
}

@test "--tmpfs gives a writable directory that is gone afterwards" {
	for who in $users; do
		run -0 sandbox --tmpfs /space/deep/dir --chdir /space/deep/dir -- sh -c 'pwd; echo x >f; cat f'
		[ "$output" = $'/space/deep/dir\nx' ]
		nothing_left
	done
}

@test "what is written below --rw is there afterwards and belongs to the owner of SRC" {
	for who in $writers; do
		run -0 sandbox --rw "$top/$who/write:/out" -- sh -c 'umask; echo made >/out/file; mkdir /out/dir; ln -s file /out/link; stat -c %u /out /out/file'
		if [ "$status" = 0 ]; then
			[ "$(cat "$top/$who/write/file")" = made ]
			[ "$(stat -c %u "$top/$who/write/file")" = "$(stat -c %u "$top/$who/write")" ]
			[ "$(stat -c %u "$top/$who/write/dir")" = "$(stat -c %u "$top/$who/write")" ]
			[ "$(stat -c %a "$top/$who/write/file")" = 644 ]
		fi
		# inside, the workload is the owner
		[ "$(grep -c 65534 <<<"$output")" = 2 ]
		rm -rf "$top/$who/write/"*
	done
}

@test "as root, --rw of a tree of another owner writes as that owner" {
	need_root
	[[ $writers = root* ]] || skip "this kernel maps no ids here"
	who=root
	mkdir "$top/root/theirs"
	chown 4711:4712 "$top/root/theirs"
	run -0 sandbox --rw "$top/root/theirs:/out" -- sh -c 'echo x >/out/file; id -u'
	[ "$(stat -c %u:%g "$top/root/theirs/file")" = 4711:4712 ]
}

@test "no set-user-id, set-group-id or device file gets onto the host through --rw" {
	for who in $writers; do
		run sandbox --rw "$top/$who/write:/out" --ro "$top/probes:/probes" --chdir /out -- /probes/denied
		[[ $output = *"complete OK"* ]]
		run find "$top/$who/write" -perm /7000 ! -name sticky
		[ -z "$output" ]
		run find "$top/$who/write" -type b -o -type c
		[ -z "$output" ]
		[ -e "$top/$who/write/plain" ]
		rm -rf "$top/$who/write/"*
	done
}

@test "set-user-id programs in an --ro or --rw tree don't change the user" {
	need_root
	build_probes setid
	for who in $users; do
		mkdir -p "$top/$who/suid"
		cp "$top/probes/setid" "$top/$who/suid/setid"
		chown root:root "$top/$who/suid/setid"
		chmod 6755 "$top/$who/suid/setid"
		run -0 sandbox --ro "$top/$who/suid:/suid" -- /suid/setid
		[[ $output = "uid 65534 euid 65534 gid 65534 egid 65534" ]]
		rm -rf "$top/$who/suid"
	done
}

@test "devices in an --ro tree can't be opened" {
	need_root
	who=root
	mkdir "$top/root/devices"
	mknod -m 666 "$top/root/devices/null" c 1 3
	run sandbox --ro "$top/root/devices:/devices" -- cat /devices/null
	[ "$status" -ne 0 ]
	[[ $output = *ermission* ]]
}

@test "a symbolic link in a tree resolves inside, never on the host" {
	for who in $users; do
		echo "host file" >"$top/$who/target"
		ln -sfn "$top/$who/target" "$top/$who/tree/link"
		ln -sfn / "$top/$who/tree/rootlink"
		run sandbox --ro "$top/$who/tree:/data" -- sh -c 'cat /data/link; ls /data/rootlink/root /data/rootlink/../../root'
		[[ $output != *"host file"* ]]
		rm "$top/$who/tree/link" "$top/$who/tree/rootlink"
	done
}

@test "a DST below a symbolic link of the tree makes nothing on the host" {
	for who in $users; do
		mkdir -p "$top/$who/evil" "$top/$who/victim"
		ln -sfn "$top/$who/victim" "$top/$who/evil/link"
		chmod 777 "$top/$who/victim"
		run sandbox --rw "$top/$who/evil:/evil" --tmpfs /evil/link/made --ro "$top/$who/tree:/evil/link/two" -- true
		[ -z "$(ls -A "$top/$who/victim")" ]
		rm -rf "$top/$who/evil" "$top/$who/victim"
	done
}

@test "moving a directory out of the way inside --rw does not reach above SRC" {
	for who in $writers; do
		mkdir -p "$top/$who/write/a/b"
		[ "$EUID" != 0 ] || chown -R --reference="$top/$who/write" "$top/$who/write"
		run sandbox --rw "$top/$who/write:/out" -- sh -c 'cd /out/a/b; mv /out/a/b /out/b; ls ../.. ; cat ../../../record.json; ls ../../../../../root'
		[[ $output != *schema* && $output != *rootfs* ]]
		[ "$(grep -c 'No such file' <<<"$output")" = 2 ]
		rm -rf "$top/$who/write/"*
	done
}

# make_rootfs DIR - a little tree of its own, with busybox
make_rootfs() {
	mkdir -p "$1/bin" "$1/etc" "$1/lib" "$1/data"
	cp /bin/busybox "$1/bin/busybox"
	for tool in sh ls cat echo id mkdir touch pwd env; do
		ln -sf busybox "$1/bin/$tool"
	done
	echo "the rootfs" >"$1/etc/name"
}

@test "--rootfs DIR replaces the host's system tree" {
	need busybox
	for who in $users; do
		make_rootfs "$top/$who/rootfs"
		run -0 sandbox --rootfs "$top/$who/rootfs" -- sh -c 'cat /etc/name; ls / | tr "\n" " "; id -u; ls /usr 2>/dev/null; (>/etc/x) 2>&1; (>/bin/x) 2>&1; echo w >/tmp/x; cat /tmp/x'
		[[ $output = *"the rootfs"* ]]
		[[ $output = *65534* ]]
		[[ $output != *python* ]]
		[ "$(grep -ci 'read-only' <<<"$output")" -ge 2 ]
		[[ $output = *w ]]
		run -0 sandbox --rootfs "$top/$who/rootfs" --ro "$top/$who/tree:/data" -- cat /data/file
		[ "$output" = tree ]
		rm -rf "$top/$who/rootfs"
	done
}

@test "an absolute symbolic link at the top of a rootfs makes and writes nothing on the host" {
	need busybox
	for who in $users; do
		make_rootfs "$top/$who/rootfs"
		mkdir -p "$top/$who/victim"
		chmod 777 "$top/$who/victim"
		ln -sfn "$top/$who/victim" "$top/$who/rootfs/escape"
		ln -sfn "$top/$who/victim" "$top/$who/rootfs/etc/escape"
		run sandbox --rootfs "$top/$who/rootfs" --tmpfs /escape/one --ro "$top/$who/tree:/etc/escape/two" -- \
			sh -c 'echo x >/escape/file; ls /escape'
		[ -z "$(ls -A "$top/$who/victim")" ]
		for name in proc dev tmp sys run home var; do
			rm -rf "$top/$who/rootfs/${name:?}"
			ln -sfn "$top/$who/victim" "$top/$who/rootfs/$name"
		done
		run sandbox --rootfs "$top/$who/rootfs" -- sh -c 'echo x >/tmp/file; echo x >/run/file; echo alive'
		[ -z "$(ls -A "$top/$who/victim")" ]
		rm -rf "$top/$who/rootfs" "$top/$who/victim"
	done
}

@test "--rootfs that is missing or no directory refuses the run" {
	for who in $users; do
		for path in /nowhere/at/all /etc/passwd; do
			run -125 sandbox --rootfs $path -- true
			[[ $output = enclave-run:* ]]
		done
	done
}

@test "/, /proc, /sys and /dev can't be targets" {
	for who in $users; do
		for target in / /proc /proc/sys /sys/x /dev /dev/null /dev/../dev; do
			run -125 sandbox --ro "$top/$who/tree:$target" -- true
			[[ $output = enclave-run:* ]]
			[ "$(wc -l <<<"$output")" = 1 ]
		done
		run -125 sandbox --tmpfs /proc -- true
		run -125 sandbox --hide / -- true
	done
}

@test "a source in /proc or /sys of the host shows no more than the caller may read" {
	for who in $users; do
		run sandbox --ro /proc/1:/p -- sh -c 'ls /p/root; cat /p/environ'
		[[ $output != *bin* && $output != *PATH=* ]]
	done
}

@test "--chdir DIR is where the command starts; a missing DIR refuses the run" {
	for who in $users; do
		run -0 sandbox -- pwd
		[ "$output" = /home/sandbox ]
		run -0 sandbox --chdir /usr/lib -- pwd
		[ "$output" = /usr/lib ]
		run -125 sandbox --chdir /no/such/dir -- true
		[[ $output = enclave-run:* && $output = *"/no/such/dir"* ]]
	done
}

@test "record and output files may not lie below an --rw tree" {
	for who in $users; do
		run -125 as "$who" "$enclave" --record "$top/$who/write/r.json" --rw "$top/$who/write:/out" -- true
		[[ $output = enclave-run:* ]]
		run -125 sandbox --stdout "$top/$who/write/out.txt" --rw "$top/$who/write:/out" -- true
		[[ $output = enclave-run:* ]]
		[ ! -e "$top/$who/write/r.json" ]
	done
}

@test "a file name with a colon, a blank and a newline can be shown" {
	for who in $users; do
		name=$top/$who/$'odd: na\nme'
		echo odd >"$name"
		run -0 sandbox --ro "${name//:/\\:}:/odd" -- cat /odd
		[ "$output" = odd ]
		rm "$name"
	done
}

@test "an fd leaked to the launcher can't be used as a source through /proc/self/fd" {
	for who in $users; do
		run as "$who" bash -c 'exec 5</; exec "$@"' - "$enclave" --ro /proc/self/fd/5:/x -- ls /x
		[ "$status" = 125 ] || [[ $output != *root* ]]
	done
}
