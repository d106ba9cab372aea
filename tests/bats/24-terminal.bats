#!/usr/bin/env bats
# The private terminal of a run, and what becomes of the caller's.  terminal.py plays the caller's shell.

# shellcheck disable=SC2154,SC2034,SC2016 # variables of helpers.bash; the workload expands its own
load helpers

setup_file() {
	enclave_setup descriptors
	cp "$repo/tests/bats/terminal.py" "$top/"
	for who in root user; do
		mkdir -p "$top/$who"
	done
}

teardown_file() {
	enclave_teardown
}

setup() {
	need python3
	cd "$top" || return 1
	who=user
}

# on_terminal ACTION... -- OPTIONS... - one run as $who on a terminal with these actions (terminal.py)
on_terminal() {
	local actions=()
	while [ "$1" != -- ]; do
		actions+=("$1")
		shift
	done
	shift
	rm -f "$top/$who/record.json"
	# shellcheck disable=SC2046 # one option or none
	as "$who" timeout -k 2 40 env TERM=xterm-256color python3 "$top/terminal.py" "${actions[@]}" -- \
		"$enclave" --record "$top/$who/record.json" $(parent_of "$who") "$@"
}

# ended STATUS - the last run on a terminal: its exit status, and the settings are what they were
ended() {
	[[ $output = *"== settings restored"* ]] && [ "$(tail -n 1 <<<"$output")" = "== status $1" ]
}

@test "on a terminal the workload has a terminal of its own: name, size, TERM, control" {
	for who in $users; do
		run -0 on_terminal -- -- sh -c 'tty; stty size; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo three
			ls /dev/pts | tr "\n" " "; : </dev/tty && echo controlled; exit 7'
		[ "$(head -n 5 <<<"$output")" = "/dev/pts/0
31 97
xterm-256color
three
0 ptmx controlled" ]
		ended 7
	done
}

@test "no descriptor inside leads to the caller's terminal" {
	for who in $users; do
		run -0 on_terminal -- -- sh -c 'ls /proc/self/fd | wc -l; readlink /proc/self/fd/[02] | sort -u
			stat -Lc %d:%r /dev/fd/0 /dev/pts/0'
		[ "$(sed -n 1,2p <<<"$output")" = "4
/dev/pts/0" ]
		[ "$(sed -n 3p <<<"$output")" = "$(sed -n 4p <<<"$output")" ]
		ended 0
	done
}

@test "--tty no on a terminal gives pipes and no TERM" {
	for who in $users; do
		run -0 on_terminal -- --tty no -- sh -c 'test -t 0 || test -t 1 || test -t 2 || echo none; echo "<$TERM>"'
		[[ $output = "none
<>"* ]]
		ended 0
		run -0 on_terminal -- -e TERM=vt52 -- sh -c 'echo "<$TERM>"'
		[[ $output = "<vt52>"* ]]
	done
}

@test "--tty auto gives none when stdin or stdout is no terminal; stderr alone may go elsewhere" {
	for who in $users; do
		run -0 on_terminal stdin:/dev/null -- -- sh -c 'test -t 0 || test -t 1 || test -t 2 || echo none'
		[[ $output = none* ]]
		run -0 on_terminal stdout:"$top/$who/out" -- -- sh -c 'test -t 0 || test -t 1 || test -t 2 || echo none >&2'
		[[ $output = none* ]]
		run -0 on_terminal stderr:"$top/$who/err" -- -- sh -c 'test -t 1 && echo terminal; test -t 2 || echo apart >&2'
		[[ $output = terminal* ]]
		[ "$(cat "$top/$who/err")" = apart ]
		ended 0
	done
}

@test "--tty yes gives a terminal without one outside, with an end of input" {
	local wait=0.3 # until the terminal has stopped to echo
	[ ! -d /sys/fs/cgroup/vm ] || wait=3
	for who in $users; do
		unset TERM
		run -0 sandbox --tty yes -- sh -c 'tty; stty size; echo $TERM; cat; echo end' </dev/null
		[ "${output//$'\r'/}" = "/dev/pts/0
24 80
dumb
end" ]
		for typed in 'a\nb\n' 'a\nb'; do
			run -0 sandbox --tty yes -- sh -c 'stty -echo; echo; cat' < <(sleep $wait; printf "$typed")
			[ "${output//$'\r'/}" = "
a
b" ]
		done
	done
}

@test "--tty yes keeps standard error apart where the caller does" {
	for who in $users; do
		run -0 --separate-stderr sandbox --tty yes -- sh -c 'echo out; echo err >&2; test -t 2 || echo pipe >&2'
		[ "$output" = $'out\r' ]
		[ "$stderr" = "err
pipe" ]
		run -0 sandbox --tty yes -- sh -c 'test -t 2 && echo same'
		[ "$output" = $'same\r' ]
		run -0 --separate-stderr sandbox --tty yes --stderr-to-stdout -- sh -c 'echo err >&2'
		[ "$output$stderr" = $'err\r' ]
	done
}

@test "--tty yes with files: typed from --stdin, shown in --stdout" {
	for who in $users; do
		printf 'one\ntwo\n' >"$top/in"
		run -0 sandbox --tty yes --stdin "$top/in" --stdout "$top/$who/shown" -- sh -c 'tty; cat'
		[ "$output" = "" ]
		grep -q /dev/pts/0 "$top/$who/shown"
		grep -q two "$top/$who/shown"
	done
}

@test "the window size follows the caller's" {
	for who in $users; do
		run -0 on_terminal expect:ready size:44x123 expect:44 -- -- \
			bash -c 'trap "stty size; exit 5" WINCH; echo ready; while :; do sleep 0.05; done'
		[[ $output = *"44 123"* ]]
		ended 5
	done
}

@test "^C and ^\\ reach the foreground inside, not the launcher" {
	for who in $users; do
		run -0 on_terminal expect:ready 'send:\x03' -- -- bash -c 'trap "echo caught; exit 4" INT; echo ready; while :; do sleep 0.05; done'
		[[ $output = *caught* ]]
		ended 4
		run -0 on_terminal expect:ready 'send:\x03' -- -- sh -c 'echo ready; exec sleep 100'
		ended 130
		[ "$(field .reason)" = signal ]
		run -0 on_terminal expect:ready 'send:\x1c' -- -- sh -c 'echo ready; exec sleep 100'
		ended 131
	done
}

@test "^Z stops the job of a shell inside; the launcher goes on" {
	for who in $users; do
		run -0 on_terminal 'expect:$ ' 'send:sh -c "echo u""p; read x"\r' 'expect:up' 'send:\x1a' expect:Stopped \
			'expect:$ ' 'send:fg\r' 'expect:read x' silence 'send:a line\r' 'expect:$ ' 'send:exit 6\r' -- -- bash --norc -i
		[[ $output != *"== stopped"* ]]
		ended 6
	done
}

@test "^Z does not wedge a program that no shell could continue" {
	for who in $users; do
		run -0 on_terminal expect:ready 'send:\x1a' expect:on -- -- bash -c 'echo ready; for i in {1..10}; do sleep 0.1; done; echo on'
		ended 0
	done
}

@test "^D ends the input of a program inside" {
	for who in $users; do
		run -0 on_terminal expect:ready 'send:abc\r\x04' expect:end -- -- sh -c 'echo ready; cat >/dev/null; echo end'
		ended 0
	done
}

@test "a launcher that is stopped gives the terminal back and takes it again" {
	for who in $users; do
		run -0 on_terminal raw expect:ready signal:TSTP stopped cooked fg raw 'send:x\r' expect:'got x' -- -- \
			sh -c 'echo ready; read a; echo got $a'
		[[ $output = *"== stopped by SIGTSTP"* ]]
		ended 0
		run -0 on_terminal raw expect:ready signal:STOP stopped fg raw 'send:x\r' expect:'got x' -- -- \
			sh -c 'echo ready; read a; echo got $a'
		ended 0
	done
}

@test "in the background the launcher neither reads nor changes the terminal" {
	for who in $users; do
		run -0 on_terminal first:bg expect:ready cooked expect:later -- -- sh -c 'echo ready; sleep 0.5; echo later'
		[[ $output != *"== stopped"* ]]
		ended 0
		run -0 on_terminal raw expect:ready signal:TSTP stopped bg cooked 'send:typed\n' expect:later cooked -- -- \
			sh -c 'echo ready; sleep 1; echo later'
		ended 0
		run -0 on_terminal first:bg expect:ready 'send:typed\n' expect:later -- --tty no -- sh -c 'echo ready; sleep 0.5; echo later'
		[[ $output != *"== stopped"* ]]
		run -0 on_terminal first:bg expect:ready cooked fg raw 'send:x\r' expect:'got x' -- -- sh -c 'echo ready; read a; echo got $a'
		ended 0
	done
}

@test "the settings of the terminal are restored however the run ends" {
	for who in $users; do
		for sig in TERM INT HUP QUIT; do
			run -0 on_terminal raw expect:ready signal:$sig -- -- sh -c 'echo ready; exec sleep 100'
			ended $((128 + $(kill -l $sig)))
			[ "$(field .reason)" = cancelled ]
		done
		run -0 on_terminal -- --wall-time 300ms -- sleep 100
		ended 124
		run -0 on_terminal -- --output-max 1000 -- yes
		ended 137
		[ "$(field .reason)" = output ]
		[ "$(field .usage.stdout_bytes)" -le 1000 ]
		run -0 on_terminal -- -- /nonexistent
		ended 127
		run -0 on_terminal -- --ro /nonexistent -- true
		ended 125
		run -0 on_terminal strange:noecho strange:erase -- -- sh -c 'stty -a'
		[[ $output = *"erase = ^H"*" -echo "* ]]
		ended 0
	done
}

@test "a terminal that goes away ends the run" {
	for who in $users; do
		run -0 on_terminal raw expect:ready hangup -- -- sh -c 'echo ready; exec sleep 100'
		for _ in {1..100}; do
			[ "$(field .status)" = running ] || break
			sleep 0.05
		done
		[ "$(field .reason)" = cancelled ]
		[ "$(field .evidence.cancel_signal)" = 1 ] || field .evidence
		nothing_left
	done
}

@test "who holds the terminal inside does not delay the end, and nothing is lost" {
	for who in $users; do
		SECONDS=0
		run -0 on_terminal -- -- sh -c 'sleep 100 & setsid sleep 100 & (setsid sh -c "trap \"\" HUP; sleep 100" &)
			i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i + 1)); done'
		[ $SECONDS -lt 20 ]
		[ "$(grep -c '^line-' <<<"$output")" = 20000 ]
		[[ $output = *line-19999* ]]
		ended 0
		nothing_left
	done
}

@test "output goes on after every process has let go of the terminal for a while" {
	for who in $users; do
		run -0 on_terminal expect:later -- -- bash -c 'exec 0<&- 1>&- 2>&-; sleep 0.3; echo later >/dev/tty'
		ended 0
		[ "$(field .usage.cpu_system_ns)" -lt 1000000000 ]
	done
}

@test "what a program left switched on is switched off, and only then" {
	for who in $users; do
		run -0 on_terminal -- -- printf '\033[?1049h\033[?25l\033[?1003h\033(0left'
		[[ $output = *left*'[?1049l'*'(B'*'[?1000;1001;1002;1003;'*'[?7;25h'* ]]
		run -0 on_terminal -- --tty no -- printf '\033[31mred'
		[[ $output = *red*'[?1049l'* ]]
		run -0 on_terminal -- -- echo plain
		[ "$(head -n 2 <<<"$output")" = "plain" ]
		run -0 on_terminal -- --strip-escapes -- printf '\033[?1049h\033]0;x\aleft'
		[ "$(head -n 1 <<<"$output")" = "left" ]
		run -0 sandbox -- printf '\033[31mred'
		[ "$output" = $'\033[31mred' ]
	done
}

@test "nothing can be typed into the terminal inside by ioctl either, in every profile" {
	for who in $users; do
		for profile in default strict debug; do
			run -0 on_terminal -- --seccomp $profile -- python3 -c '
import fcntl, termios
for request in (termios.TIOCSTI, termios.TIOCSTI | 1 << 32):
    try: fcntl.ioctl(0, termios.TIOCSTI, b"x"); print("typed")
    except OSError as e: print(e.errno)
print(*__import__("os").get_terminal_size(), __import__("os").ttyname(0))'
			[[ $output = "1
1
97 31 /dev/pts/0"* ]]
			ended 0
		done
	done
}

@test "--strip-escapes takes control sequences out of pipes and files" {
	for who in $users; do
		run -0 --separate-stderr sandbox --strip-escapes -- sh -c 'printf "\033[1mb\302\233mo\ald\033[0m \342\202\254\n"; printf "\033]0;t\aerr\n" >&2'
		[ "$output" = "bold €" ]
		[ "$stderr" = err ]
		run sandbox --strip-escapes --output-max 100 --stdout "$top/$who/stripped" -- sh -c 'i=0; while [ $i -lt 50 ]; do printf "\033[31mx"; i=$((i+1)); done'
		verdict output 137
		[ "$(field .usage.stdout_bytes)" -lt 25 ]
	done
}

@test "wrong words for --tty and --strip-escapes are refused" {
	for who in $users; do
		run -125 sandbox --tty maybe -- true
		[[ $output = *"auto, yes or no"* || $output = *auto*yes*no* ]]
		run -125 sandbox --tty= -- true
		run -125 sandbox --strip-escapes=2 -- true
	done
}

@test "explain names the terminal" {
	run -0 "$enclave" explain --tty yes --strip-escapes -- true
	[[ $output = *"private terminal"* ]]
	[[ $output = *"without terminal control sequences"* ]]
	run -0 "$enclave" explain --tty no -- true
	[[ $output != *"private terminal"* ]]
}
