#!/usr/bin/env bats
# The verb report: one record for people, as text, Markdown and a page, whatever became of the run and
# whatever somebody wrote into its record.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# page FORMAT - of the last record of $who, into $output
page() {
	run -0 as "$who" "$enclave" report "$top/$who/record.json" --format "$1"
}

# html_is_inert FILE - a real parser finds no script, handler, link or image in it
html_is_inert() {
	python3 - "$1" <<-'END'
		import sys
		from html.parser import HTMLParser
		allowed = set("html head meta title style body main header h1 h2 p pre section div table thead "
		    "tbody tr th td code span i figure figcaption svg path text footer".split())
		class Check(HTMLParser):
		    open = []
		    def handle_starttag(self, tag, attrs):
		        assert tag in allowed, tag
		        for name, value in attrs:
		            assert not name.startswith("on") and name not in ("src", "href"), name
		            assert "url(" not in (value or ""), value
		        if tag not in ("meta", "path"):
		            self.open.append(tag)
		    def handle_startendtag(self, tag, attrs):
		        self.handle_starttag(tag, attrs)
		        if tag not in ("meta", "path"):
		            self.open.pop()
		    def handle_endtag(self, tag):
		        assert self.open and self.open.pop() == tag, tag
		text = open(sys.argv[1], "rb").read().decode("utf-8", "strict")
		check = Check()
		check.feed(text)
		check.close()
		assert not check.open, check.open
		assert not any(ord(c) < 32 and c != "\n" for c in text)
		assert not any(0x202a <= ord(c) <= 0x202e for c in text)
	END
}

# every format of the last record: made, inert
all_formats() {
	page text
	[[ $output = *"verdict   $1"* ]]
	page md
	[[ $output = *"enclave-run: \`$1"* ]]
	as "$who" "$enclave" report --format html "$top/$who/record.json" >"$top/page.html"
	html_is_inert "$top/page.html"
	grep -qF "$1" "$top/page.html"
}

@test "a run that ended well, one that failed, one that a signal ended" {
	for who in $users; do
		run -0 sandbox -- true
		all_formats "exited with 0"
		run -3 sandbox -- sh -c 'exit 3'
		all_formats "exited with 3"
		run sandbox -- sh -c 'kill -SEGV $$'
		all_formats "ended by SIGSEGV"
	done
}

@test "a kill for memory: limit, peak, curve with the limit's line, the sentence that was printed" {
	need python3
	for who in $users; do
		run -137 sandbox --memory 60M -- python3 -c "
import time
x = []
while True:
    x.append(bytearray(2 << 20))
    time.sleep(0.01)"
		all_formats "killed: memory"
		grep -q 'limit of 60 MiB reached; raise it with --memory' "$top/page.html"
		grep -q 'limit 60 MiB</text>' "$top/page.html"
		grep -q 'class="line" d="M' "$top/page.html"
		page md
		[[ $output = *"| \`memory\` | "*" MiB (peak) | 60 MiB | "* ]]
	done
}

@test "a deadline, a refusal, a failed exec" {
	for who in $users; do
		run -124 sandbox --wall-time 200ms -- sleep 5
		all_formats "killed: deadline"
		run -125 sandbox --ro /no/such -- true
		all_formats "failed: setup"
		page text
		[[ $output = *"/no/such"* ]]
		[[ $output != *Walls* ]]
		run -127 sandbox -- /no/such/command
		all_formats "failed: exec-failed"
	done
}

@test "a run that goes on, and one whose launcher was killed" {
	for who in $users; do
		start -- sleep 30
		started
		all_formats running
		kill -9 $launcher
		wait $launcher 2>/dev/null || :
		all_formats "killed: launcher-lost"
		page text
		[[ $output = *inferred* ]]
	done
}

@test "hostile arguments, labels and messages act nowhere" {
	evil=$'</script><img src=x onerror=alert(1)>\e]0;title\a\e[31m|`**x**[a](b)\n# head\n'$'\xff\xfe\xe2\x80\xaeabc\xc2\x9b'
	for who in $users; do
		run sandbox --label "x=$evil" --ro "/no/such$evil" -- sh -c "$evil" "it's" ''
		all_formats "failed: setup"
		page text
		[[ $output != *$'\e'* ]] && [[ $output != *$'\a'* ]]
		[[ $output = *"it\\'s"* ]]
		LC_ALL=C page text
		! LC_ALL=C grep -q '[^[:print:][:space:]]' <<<"$output"
		page md
		! grep -v '^`\|^|\|^sh ' <<<"$output" | grep -q '<img\|^# head'
	done
}

@test "GitHub's own renderer finds nothing but our tables and code in the Markdown" {
	need cmark-gfm
	evil=$'`|</code></td></details><img src=x onerror=alert(1)>\n\n# head\n[x](javascript) www.evil.example a@b.example **b** @user #1\n```\n~~~\n| a | '
	for who in $users; do
		run sandbox --label "x=$evil" --ro "/no/such$evil" -- sh -c "$evil" '``````'
		page md
		cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tasklist <<<"$output" >"$top/md.html"
		run -0 bash -c 'grep -o "<[a-z][a-z0-9]*" "$1" | sort -u | tr -d "<\n"' - "$top/md.html"
		[ "$output" = codedetailsh3ppresummarytabletbodytdththeadtr ] ||
			[ "$output" = codedetailsh3pprestrongsummarytabletbodytdththeadtr ]
		[ "$(grep -c '<h3' "$top/md.html")" = 1 ]
	done
}

@test "forbidden system calls and walls that were not there are named" {
	need python3
	for who in $users; do
		run -0 sandbox -- python3 -c "
import ctypes
for i in range(3): ctypes.CDLL(None).mount(b'a', b'/', b'tmpfs', 0, None)"
		for format in text md html; do
			page $format
			[[ $output = *mount* ]]
		done
		has_cgroup || [[ $output = *cgroup-memory* ]]
	done
}

@test "records of others: members missing, of the wrong type, not known" {
	for text in '{}' '{"status":7,"argv":{},"limits":[1],"usage":"x","walls":[{}],"timeline":[1]}' \
		'{"argv":[1,null],"violations":[1,"x"],"limits":{"memory":1},"egress":{"denials":[1,{}]}}' \
		'{"brand_new":{"a":["</script>"]},"timeline":{"samples":[[1],["a"],[5,5,5,5],[4,4,4,4]]}}'; do
		jq -c '. + {schema: "enclave-run/record/1"}' <<<"$text" >"$top/other.json"
		for format in text md html; do
			run -0 "$enclave" report "$top/other.json" --format $format
		done
		echo "$output" >"$top/page.html"
		html_is_inert "$top/page.html"
	done
	[[ $output = *brand_new* ]]
}

@test "denied connections show what would allow them" {
	echo '{"schema":"enclave-run/record/1","status":"exited","reason":"egress","egress":{"allowed":1,
		"denied":2,"denials":[{"host":"evil.example","port":443,"protocol":"tcp","count":2,
		"hint":"--allow evil.example:443"}]}}' >"$top/other.json"
	for format in text md html; do
		run -0 "$enclave" report "$top/other.json" --format $format
		[[ $output = *evil.example:443* ]]
		[[ $output = *"--allow evil.example:443"* ]]
	done
}

@test "what --net audit let out, and what was not reached, are no denials" {
	echo '{"schema":"enclave-run/record/1","status":"exited","reason":"exit","egress":{"allowed":1,"denied":0,
		"would_deny":1,"unreached":2,"denials":[{"host":"new.example","port":443,"protocol":"tcp","count":1,
		"cause":"would-deny","would_deny":true,"hint":"--allow new.example:443"}],
		"failures":[{"host":"down.example","port":80,"protocol":"tcp","count":2,"rule":"down.example",
		"cause":"no-connection"}]}}' >"$top/other.json"
	for format in text md html; do
		run -0 "$enclave" report "$top/other.json" --format $format
		[[ $output != *"Denied connections"* ]]
		[[ $output = *"which no rule allows"*new.example:443*"--allow new.example:443"* ]]
		[[ $output = *"Allowed, but not reached"*down.example:80*no-connection* ]]
	done
}

@test "bad values are refused with the reason" {
	run -0 sandbox -- true
	run -125 "$enclave" report "$top/$who/record.json" --format pdf
	[[ $output = *"'pdf' is none of text, md, html"* ]]
	run -125 "$enclave" report "$top/$who/record.json" --format
	[[ $output = *"wants a value"* ]]
	run -125 "$enclave" report
	[[ $output = *"wants one record"* ]]
	run -125 "$enclave" report a b
	run -125 "$enclave" report "$top/no-such.json"
	[[ $output = *'No such file or directory (ENOENT)' ]]
	run -125 "$enclave" report "$top"
	[[ $output = *EISDIR* ]]
	echo 'no json' >"$top/other.json"
	run -125 "$enclave" report "$top/other.json"
	[[ $output = *"not valid JSON"* ]]
	echo '{"schema":"enclave-run/policy/1"}' >"$top/other.json"
	run -125 "$enclave" report "$top/other.json"
	[[ $output = *"is no record"* ]]
	echo '[1]' >"$top/other.json"
	run -125 "$enclave" report "$top/other.json"
	: >"$top/other.json"
	run -125 "$enclave" report "$top/other.json"
	truncate -s 9M "$top/other.json"
	run -125 "$enclave" report "$top/other.json"
	[[ $output = *"larger than 8 MiB"* ]]
	python3 -c "print('[' * 200000)" >"$top/other.json"
	run -125 "$enclave" report "$top/other.json"
}

@test "a page that can't be written is an error, a record from a pipe is none" {
	run -0 sandbox -- true
	run -125 bash -c '"$1" report "$2" --format html >/dev/full' - "$enclave" "$top/$who/record.json"
	[[ $output = *ENOSPC* ]]
	mkfifo "$top/pipe"
	cat "$top/$who/record.json" >"$top/pipe" &
	run -0 timeout 20 "$enclave" report "$top/pipe"
	wait $!
	[[ $output = *"exited with 0"* ]]
}
