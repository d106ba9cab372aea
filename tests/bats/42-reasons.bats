#!/usr/bin/env bats
# vm: short
# The fast rows of tests/verdict/table, once each; all of them, many times, is tests/verdict/run -n 20.

# shellcheck disable=SC2154 # variables that helpers.bash assigns
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

@test "every way to end has its verdict: the fast rows of the table" {
	ENCLAVE_RUN=${ENCLAVE_RUN:-$repo/build/enclave-run} run timeout -k 5 200 "$repo/tests/verdict/run" -s
	grep -v '^ok' <<<"$output" || :
	[ "$status" = 0 ]
}

@test "the table has at least sixty rows and no name twice" {
	mapfile -t names < <(sed -n '/^#/!s/^\([a-z0-9-]*\) *|.*/\1/p' "$repo/tests/verdict/table")
	[ ${#names[@]} -ge 60 ]
	[ -z "$(printf '%s\n' "${names[@]}" | sort | uniq -d)" ]
}
