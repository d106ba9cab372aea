# bash completion for enclave-run: the program prints it, from the table of its options
_enclave_run_load() {
	local program
	program=$(type -P "$1") && eval "$("$program" --completion=bash)" && return 124
}
complete -F _enclave_run_load enclave-run
