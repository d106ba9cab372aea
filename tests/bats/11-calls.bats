#!/usr/bin/env bats
# Every forbidden system call is made for real; what comes back is what the kernel answered.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup denied
	for who in $users; do
		sandbox --ro "$top/probes:/probes" --chdir /tmp -- /probes/denied >"$top/$who/denied" || :
		cp "$top/$who/record.json" "$top/$who/denied.json" || :
	done
}

teardown_file() {
	enclave_teardown
}

# refused ERRNO|ERRNO NAME... - each of these calls came back with one of these, for both callers
refused() {
	local want=$1 name result bad=0
	shift
	for who in $users; do
		for name; do
			result=$(sed -n "s/^${name//./\\.} //p" "$top/$who/denied")
			if ! [[ $result =~ ^($want)$ ]]; then
				echo "as $who: $name: ${result:-was not tried}; expected $want"
				bad=1
			fi
		done
	done
	return $bad
}

@test "the probe came to its end: no refused call kills by default" {
	refused OK complete
}

@test "no namespace can be made with unshare or clone, also with garbage in the high half" {
	for ns in mount cgroup uts ipc user pid net; do
		refused "EPERM|ENOSYS" unshare-$ns "unshare-user+$ns" clone-$ns clone-high-$ns
	done
	refused "EPERM|ENOSYS" unshare-time unshare-user+time
}

@test "clone3 does not exist, so that no flag can hide behind its pointer" {
	refused ENOSYS clone3-user clone3-plain
}

@test "no namespace can be entered" {
	refused "EPERM|ENOSYS" setns-self setns-net setns-pidfd
}

@test "nothing can be mounted, unmounted, pivoted or chrooted" {
	refused "EPERM|ENOSYS" mount mount-bind mount-remount mount-proc umount2 pivot_root chroot fsopen \
		fsconfig fsmount fspick open_tree move_mount mount_setattr statmount listmount \
		open_tree_attr
}

@test "file handles, swap, quota, accounting and fanotify are refused" {
	refused "EPERM|ENOSYS" name_to_handle_at open_by_handle_at swapon swapoff quotactl quotactl_fd \
		acct fanotify_init fanotify_mark
}

@test "no device node can be made" {
	refused "EPERM|ENOSYS" mknod-char mknod-block
}

@test "no mode argument may carry set-user-id or set-group-id" {
	refused "EPERM|ENOSYS" mknod-setuid mknodat-setuid chmod-setuid chmod-setgid chmod-high \
		fchmod-setuid fchmodat-setuid fchmodat2-setuid chmod-dir-setgid open-setuid \
		openat-setuid openat-setgid openat-tmpfile-setuid creat-setuid mkdir-setgid \
		mkdirat-setuid
	refused OK mkdir-sticky chmod-plain
}

@test "openat2 does not exist, because its mode hides behind a pointer" {
	refused ENOSYS openat2-setuid
}

@test "no process can be traced, read, written or robbed of descriptors" {
	refused "EPERM|ENOSYS" ptrace-traceme ptrace-attach ptrace-seize process_vm_readv \
		process_vm_writev pidfd_getfd process_madvise process_mrelease kcmp
}

@test "bpf, io_uring, userfaultfd, perf events and keyrings are refused" {
	refused "EPERM|ENOSYS" bpf io_uring_setup io_uring_enter io_uring_register userfaultfd \
		perf_event_open keyctl add_key request_key
}

@test "modules, kexec, reboot, kernel log, ports, clocks and names of the host are refused" {
	refused "EPERM|ENOSYS" init_module finit_module delete_module kexec_load kexec_file_load reboot \
		syslog iopl ioperm settimeofday clock_settime sethostname setdomainname vhangup
}

@test "dead and dangerous corners of the kernel do not exist" {
	refused "EPERM|ENOSYS" modify_ldt memfd_secret vmsplice mbind set_mempolicy move_pages \
		migrate_pages io_setup uselib ustat sysfs lookup_dcookie remap_file_pages \
		lsm_get_self_attr lsm_list_modules
	refused ENOSYS unknown-call
}

@test "personalities that weaken memory protection are refused, asking is not" {
	refused "EPERM|ENOSYS" personality-read-implies-exec personality-mmap-zero
	refused OK personality-query
}

@test "prctl can't fake the program or open it to tracers; a plain nested filter is fine" {
	refused "EPERM|EINVAL|ENOSYS" prctl-set-mm prctl-set-ptracer seccomp-listener
	refused "EPERM|ENOSYS" prctl-set-mm prctl-set-ptracer
	refused OK prctl-capbset seccomp-plain
}

@test "no input can be pushed into a terminal, also with garbage in the high half of the request" {
	refused OK open-ptmx
	refused "EPERM|ENOSYS" ioctl-tiocsti ioctl-tiocsti-high ioctl-tioclinux ioctl-tiocsetd \
		ioctl-tioccons
}

@test "there is no controlling terminal" {
	refused ENXIO open-tty
}

@test "unix, tcp, udp and route sockets can be made" {
	refused OK socket-unix socket-inet-stream socket-inet-dgram socket-netlink-route socketpair-unix
	refused "OK|EAFNOSUPPORT" socket-inet6-stream
}

@test "raw, packet, sctp, mptcp and other protocols of the internet families are refused" {
	refused "EPERM|EACCES|EPROTONOSUPPORT|EAFNOSUPPORT" socket-inet-raw socket-inet-raw-tcp \
		socket-inet-icmp socket-inet6-raw socket-inet-packet socket-inet-sctp \
		socket-inet-mptcp socket-inet-dccp socket-inet-udplite
}

@test "every other address family is refused before the kernel loads a module for it" {
	refused "EPERM|EAFNOSUPPORT" socket-packet socket-packet-dgram socket-vsock socket-vsock-high \
		socket-alg socket-key socket-tipc socket-bluetooth socket-can socket-rds socket-kcm \
		socket-xdp socket-smc socket-nfc socket-x25 socket-qipcrtr socket-mctp socketpair-tipc
}

@test "netlink is for routes only: netfilter, xfrm, audit, uevent, generic, diag are refused" {
	refused "EPERM|EAFNOSUPPORT|EPROTONOSUPPORT" socket-netlink-netfilter socket-netlink-xfrm \
		socket-netlink-audit socket-netlink-uevent socket-netlink-generic socket-netlink-diag
}

@test "the record names the forbidden calls, with count and pid" {
	for who in $users; do
		for call in mount ptrace bpf unshare keyctl io_uring_setup perf_event_open setns \
			pivot_root socket; do
			jq -e --arg call $call '.violations[] | select(.syscall == $call) |
				.count >= 1 and .pid >= 1' "$top/$who/denied.json" || { echo "$who: $call"; false; }
		done
		# unshare was called sixteen times
		jq -e '.violations[] | select(.syscall == "unshare") | .count == 16' "$top/$who/denied.json"
	done
}

@test "--on-violation kill ends the run at the first forbidden call and says which" {
	for who in $users; do
		run sandbox --on-violation kill -- sh -c 'unshare -U true; sleep 10; echo went on'
		verdict seccomp 137
		[[ $output != *"went on"* ]]
		[ "$(field '.violations[0].syscall')" = unshare ]
		[ "$(field .status)" = killed ]
	done
}

@test "a run without forbidden calls has no violations" {
	for who in $users; do
		run -0 sandbox -- sh -c 'ls -R /etc >/dev/null; echo a | sort'
		[ "$(field '.violations | length')" = 0 ]
	done
}

@test "set-user-id programs of the host give nothing" {
	for who in $users; do
		run sandbox -- sh -c 'for p in /usr/bin/su /usr/bin/passwd /usr/bin/mount /usr/bin/newgrp; do
			[ ! -e $p ] || echo there; done; grep Cap /proc/self/status | grep -v 0000000000000000'
		[[ $output != *Cap* ]]
		run sandbox -- sh -c 'su -c id root </dev/null'
		[[ $output != *"uid=0"* ]]
	done
}

@test "--seccomp strict refuses more than default, and ordinary programs still run" {
	for who in $users; do
		run -0 sandbox --seccomp strict -- sh -c 'echo a b | tr " " "\n" | sort | wc -l'
		[ "$output" -eq 2 ]
		run sandbox --seccomp strict -- unshare -U true
		[ "$status" -ne 0 ]
	done
}

@test "--seccomp debug lets a debugger trace its children, and nothing else more" {
	need strace
	for who in $users; do
		run -0 sandbox --seccomp debug -- strace -e trace=exit_group true
		[[ $output = *exit_group* ]]
		run sandbox --seccomp debug -- unshare -U true
		[ "$status" -ne 0 ]
		run sandbox -- strace true
		[ "$status" -ne 0 ]
	done
}

@test "--seccomp FILE takes a profile of the OCI form, and the built-in denials stay" {
	for who in $users; do
		cat >"$top/$who/profile.json" <<-'END'
			{ "defaultAction": "SCMP_ACT_ALLOW",
			  "archMap": [ { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": [] } ],
			  "syscalls": [
			    { "names": ["getcwd", "no_such_call_on_earth"], "action": "SCMP_ACT_ALLOW" },
			    { "names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 },
			    { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO" } ] }
		END
		run sandbox --seccomp "$top/$who/profile.json" -- sh -c 'mkdir /tmp/x; uname; unshare -U true; echo end'
		[[ $output = *end* ]] # the streams are two: their order is nobody's promise
		[[ $output = *[Pp]"ermission denied"* || $output = *"not permitted"* ]]
		[[ $output != *Linux* ]]
		[[ $output = *unshare* ]]
	done
}

@test "--seccomp FILE in Docker's form: allow list, default errno, conditions on arguments" {
	for who in $users; do
		cat >"$top/$who/docker.json" <<-'END'
			{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
			  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
			  "syscalls": [
			    { "names": ["read", "write", "open", "openat", "close", "fstat", "stat", "lstat",
			        "newfstatat", "statx", "mmap", "mprotect", "munmap", "brk", "pread64", "access",
			        "faccessat", "faccessat2", "execve", "exit", "exit_group", "arch_prctl", "rseq",
			        "set_tid_address", "set_robust_list", "prlimit64", "getrandom", "rt_sigaction",
			        "rt_sigprocmask", "rt_sigreturn", "wait4", "vfork", "fork", "getpid", "getppid",
			        "getuid", "geteuid", "getgid", "getegid", "ioctl", "dup", "dup2", "dup3", "fcntl",
			        "lseek", "getcwd", "futex", "uname", "fadvise64", "getdents64", "sysinfo",
			        "sendmsg", "recvmsg", "close_range", "prctl", "pipe", "pipe2"],
			      "action": "SCMP_ACT_ALLOW", "args": [], "comment": "", "includes": {}, "excludes": {} },
			    { "names": ["clone"], "action": "SCMP_ACT_ALLOW",
			      "args": [ { "index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" } ] } ] }
		END
		run -0 sandbox --seccomp "$top/$who/docker.json" -- sh -c 'cat /proc/self/status | grep Seccomp:; mkdir /tmp/x || echo refused'
		[[ $output = *Seccomp:*2* ]]
		[[ $output = *refused* ]]
	done
}

@test "a seccomp profile that leaves out what the launcher's last step needs is refused with that reason" {
	for who in $users; do
		echo '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
			{ "names": ["execve", "read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW" } ] }' >"$top/$who/little.json"
		run -125 sandbox --seccomp "$top/$who/little.json" -- true
		[[ $output = enclave-run:*seccomp* || $output = enclave-run:*profile* ]]
	done
}

@test "a seccomp profile that is missing, no JSON or of an unknown action refuses the run" {
	for who in $users; do
		echo '{ "defaultAction": "SCMP_ACT_PARTY" }' >"$top/$who/bad.json"
		echo 'not json' >"$top/$who/none.json"
		for file in "$top/$who/bad.json" "$top/$who/none.json" /nowhere/at/all.json nosuchprofile; do
			run -125 sandbox --seccomp "$file" -- sh -c 'echo ran'
			[[ $output = enclave-run:* ]]
			[[ $output != *ran ]]
		done
	done
}
