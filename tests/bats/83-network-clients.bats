#!/usr/bin/env bats
# Programs that people use, through an allowlist, unchanged: no proxy variable, no special build.

# shellcheck disable=SC2154,SC2016,SC2034 # variables that helpers.bash assigns or reads
load helpers
load network

setup_file() {
	www=/tmp/enclave-www.$$
	mkdir "$www" || return 1
	export www
	lab_servers+=("files:203.0.113.81:80:$www")
	network_setup
	if command -v git >/dev/null; then
		git init -q "$www/work"
		git -C "$www/work" -c user.name=a -c user.email=a@b.example commit -q --allow-empty -m first
		git clone -q --bare "$www/work" "$www/repository.git"
		git -C "$www/repository.git" update-server-info
	fi
	head -c 3000000 /dev/urandom >"$www/large"
	chmod -R a+rX "$www"
	zone '{ "files.example": { "A": ["203.0.113.81"] } }'
}
teardown_file() {
	rm -rf "$www"
	enclave_teardown
}

# what each client is allowed, and what it is not: the other name leads to the same server
client() {
	online -q --allow a.example --allow files.example "$@"
}

@test "curl: HTTP, HTTPS, and an error at once for what is not allowed" {
	need curl
	for who in $users; do
		run -0 client -- curl -sS http://a.example/1 http://a.example/2
		[[ $output = *"request=1 host=a.example"*"request=2 host=a.example"*"/2 HTTP/1.1"* ]]
		run -0 client -- curl -ksS https://a.example/3
		[[ $output = *"sni=a.example"* ]]
		run -6 client -- curl -sS http://b.example/
		run -7 client -- curl -sS http://203.0.113.80/
		run client -- curl -sS -H 'Host: b.example' http://a.example/
		[ "$status" != 0 ]
		run client -- curl -ksS --connect-to b.example:443:a.example:443 https://b.example/
		[ "$status" != 0 ]
		[ "$(field .egress.denials[0].cause)" = sni-mismatch ]
	done
}

@test "python: urllib" {
	for who in $users; do
		run -0 client -- /usr/bin/python3 -c '
import ssl, urllib.request, urllib.error
context = ssl._create_unverified_context()
for url in "http://a.example/p", "https://a.example/q", "http://b.example/", "http://203.0.113.80/":
    try:
        print(urllib.request.urlopen(url, timeout=5, context=context).read().decode().strip())
    except urllib.error.URLError as e:
        print(type(e.reason).__name__)'
		same "request=1 host=a.example sni=None line=GET /p HTTP/1.1
request=1 host=a.example sni=a.example line=GET /q HTTP/1.1
gaierror
ConnectionRefusedError" "$output"
	done
}

@test "node: fetch" {
	need node
	for who in $users; do
		run -0 client --memory 2G -- node -e '
(async () => {
	for (const url of ["http://a.example/n", "http://b.example/", "http://203.0.113.80/"])
		await fetch(url).then(async r => console.log((await r.text()).trim()),
			e => console.log((e.cause || e).code));
})()'
		same "request=1 host=a.example sni=None line=GET /n HTTP/1.1
ENOTFOUND
ECONNREFUSED" "$output"
	done
}

@test "openssl s_client: a TLS session by name, none with another SNI" {
	need openssl
	for who in $users; do
		run -0 client -- sh -c 'printf "GET /s HTTP/1.1\r\nHost: a.example\r\n\r\n" |
			openssl s_client -quiet -ign_eof -connect a.example:443 -servername a.example \
			>/tmp/said 2>/dev/null &
			for i in $(seq 100); do grep line= /tmp/said && break; sleep 0.1; done; kill $!'
		[[ $output = *"sni=a.example line=GET /s"* ]]
		run client -- openssl s_client -connect a.example:443 -servername b.example
		[[ $status != 0 && $output != *"CONNECTED"*"Server certificate"* ]]
	done
}

@test "dig: addresses from the pool, REFUSED with the remedy" {
	need dig
	for who in $users; do
		run -0 client -- dig +short a.example
		[[ $output = 198.18.* ]]
		run -0 client -- dig +tcp +short a.example
		[[ $output = 198.18.* ]]
		run -0 client -- dig b.example
		[[ $output = *"status: REFUSED"*"Prohibited"*"--allow"* ]]
	done
}

@test "git: a clone over HTTP from a bare repository; a large file arrives whole" {
	need git curl
	for who in $users; do
		run -0 client -- sh -c 'git clone -q http://files.example/repository.git /tmp/c && git -C /tmp/c log --format=%s'
		[ "$output" = first ]
		run -0 client -- sh -c 'curl -sS http://files.example/large | sha256sum'
		[ "$output" = "$(sha256sum <"$www/large")" ]
		[ "$(field .egress.bytes_in)" -gt 3000000 ]
		run -128 client -- git clone -q http://other.example/repository.git /tmp/c
	done
}
