#!/usr/bin/env bats
# Real programs work under the default policy.

# shellcheck disable=SC2154,SC2034 # variables that helpers.bash assigns or reads
load helpers

setup_file() {
	enclave_setup
}

teardown_file() {
	enclave_teardown
}

# python CODE - by the system's python, because others don't live below /usr
python() {
	sandbox -- /usr/bin/python3 -c "$1"
}

@test "python: threads, processes, asyncio and subprocesses" {
	need python3
	for who in $users; do
		run -0 python '
import asyncio, concurrent.futures as cf, multiprocessing as mp, subprocess, threading, queue
def square(x): return x * x
with cf.ThreadPoolExecutor(8) as pool: assert sum(pool.map(square, range(100))) == 328350
if __name__ == "__main__":
    with mp.get_context("fork").Pool(4) as pool: assert pool.map(square, range(10))[-1] == 81
    q = mp.Queue(); p = mp.Process(target=q.put, args=(42,)); p.start(); assert q.get() == 42; p.join()
    lock = mp.Lock(); value = mp.Value("i", 0)
    with lock: value.value += 1
assert subprocess.run(["sh", "-c", "echo a; exit 3"], capture_output=True).returncode == 3
async def main():
    p = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    out, _ = await p.communicate(b"through cat")
    s = await asyncio.start_server(lambda r, w: (w.write(b"hi"), w.close()), "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*s.sockets[0].getsockname()); got = await r.read()
    assert (out, got) == (b"through cat", b"hi")
asyncio.run(main())
print("fine")'
		[ "$output" = fine ]
		[ "$(field '.violations | length')" = 0 ]
	done
}

@test "python: sqlite, ssl, temporary files, ctypes, shared memory, mmap, semaphores" {
	need python3
	for who in $users; do
		run -0 python '
import ctypes, hashlib, mmap, os, signal, sqlite3, ssl, tempfile, time
from multiprocessing import shared_memory
db = sqlite3.connect("/tmp/x.db"); db.execute("pragma journal_mode=wal"); db.execute("create table t(a)")
db.executemany("insert into t values(?)", [(i,) for i in range(1000)]); db.commit()
assert db.execute("select sum(a) from t").fetchone()[0] == 499500
ssl.create_default_context(); hashlib.sha256(b"x").hexdigest()
with tempfile.NamedTemporaryFile() as f, tempfile.TemporaryDirectory() as d: f.write(b"x" * 100000); f.flush()
assert ctypes.CDLL(None).getpid() == os.getpid()
m = shared_memory.SharedMemory(create=True, size=4096); m.buf[0] = 7; m.close(); m.unlink()
a = mmap.mmap(-1, 1 << 20); a[0] = 1
fd = os.memfd_create("x"); os.write(fd, b"y"); r, w = os.pipe(); os.sendfile(w, fd, 0, 1)
signal.signal(signal.SIGALRM, lambda *a: None); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
os.sched_getaffinity(0); os.getloadavg(); os.cpu_count(); os.urandom(10); time.sleep(0.01)
os.mkfifo("/tmp/fifo"); os.link("/tmp/x.db", "/tmp/y.db"); 
print("fine")'
		[ "$output" = fine ]
	done
}

@test "a pseudo terminal can be made inside, with job control" {
	need python3
	for who in $users; do
		run -0 python '
import os, pty
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-c", "tty; set -m; sleep 0.1 & wait; sleep 5 & jobs; kill %1; echo finished"])
out = b""
try:
    while True:
        b = os.read(fd, 1000)
        if not b: break
        out += b
except OSError: pass
print(out.decode())'
		[[ $output = */dev/pts/0* ]]
		[[ $output = *finished* ]]
	done
}

@test "script makes a terminal session" {
	need script
	for who in $users; do
		run -0 sandbox -- script -qec 'tty; stty size; echo hello' /dev/null
		[[ $output = *hello* ]]
	done
}

@test "bash: process substitution, here strings, pipes, traps, wait -n, coproc" {
	for who in $users; do
		run -0 sandbox -- bash -c '
			set -euo pipefail
			diff <(echo a) <(echo a)
			read -r x <<<"here"; [ "$x" = here ]
			seq 1000 | tee >(wc -l >/tmp/count) >/dev/null; sleep 0.1; [ "$(cat /tmp/count)" -eq 1000 ]
			sleep 0.05 & wait -n
			coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r y <&"${CAT[0]}"; [ "$y" = through ]
			trap "echo trapped" EXIT
			ulimit -n >/dev/null; umask 077; cd /tmp; mkdir -p a/b; rmdir a/b
			[ -z "$(jobs -r | grep -v coproc | grep -v CAT)" ] || true
			exec {fd}<>/tmp/file; echo x >&$fd'
		[ "$output" = trapped ]
	done
}

@test "node: workers, child processes, timers and a local server" {
	need node
	for who in $users; do
		run -0 sandbox -- node -e '
const { Worker, isMainThread, parentPort } = require("worker_threads");
const { execFileSync } = require("child_process"); const http = require("http");
const w = new Worker("require(\"worker_threads\").parentPort.postMessage(6*7)", { eval: true });
w.on("message", m => {
  if (execFileSync("echo", ["hi"]).toString() !== "hi\n" || m !== 42) process.exit(1);
  const s = http.createServer((q, r) => r.end("served")).listen(0, "127.0.0.1", () =>
    http.get({ port: s.address().port, host: "127.0.0.1" }, r => r.on("data", d => { console.log(d.toString()); s.close(); })));
});'
		[ "$output" = served ]
	done
}

@test "gcc and g++ compile and run a program with threads; make -j2 builds" {
	need gcc g++ make
	for who in $users; do
		run -0 sandbox --chdir /tmp -- sh -ec '
			printf "#include <thread>\n#include <iostream>\nint main() { std::thread t([] { std::cout << \"threaded\" << std::endl; }); t.join(); }\n" >a.cc
			g++ -O1 -pthread a.cc -o a && ./a
			printf ".PHONY: all\nall: one two\none two: %%: %%.o\n\tcc -o \$@ \$<\n%%.o:\n\techo \"int main(void) { return 0; }\" | cc -x c -c -o \$@ -\n" >Makefile
			make -s -j2 && ./one && ./two && echo made'
		[ "$output" = $'threaded\nmade' ]
	done
}

@test "git: init, commit, log, gc, clone" {
	need git
	for who in $users; do
		run -0 sandbox -- sh -ec '
			git init -q r && cd r && git config user.email a@b && git config user.name n
			for i in 1 2 3; do echo $i >f; git add f; git commit -qm "commit $i"; done
			git gc -q && git fsck --no-progress && git log --oneline | wc -l
			cd .. && git clone -q r s && cat s/f'
		[ "$(tr -d ' ' <<<"$output" | tr '\n' ' ')" = "3 3 " ]
	done
}

@test "java compiles and runs a program with threads" {
	need java
	for who in $users; do
		echo 'public class T { public static void main(String[] a) throws Exception {
			Thread t = new Thread(() -> System.out.println("java")); t.start(); t.join();
			java.nio.file.Files.writeString(java.nio.file.Path.of("/tmp/x"), "y");
			new ProcessBuilder("true").start().waitFor(); } }' >"$top/T.java"
		run sandbox --memory 1G --ro "$top/T.java:/src/T.java" -- java -Xmx256m /src/T.java
		[[ $output != *"no compiler"* && $output != *"jdk.compiler"* ]] || skip "a runtime without compiler"
		[ "$status" = 0 ]
		[[ $output = *java* ]]
	done
}

@test "go builds and runs a program" {
	need go
	for who in $users; do
		printf 'package main\nimport ("fmt"; "os/exec"; "net")\nfunc main() { c := make(chan int); go func() { c <- 7 }(); o, _ := exec.Command("echo", "x").Output(); l, e := net.Listen("tcp", "127.0.0.1:0"); fmt.Print(<-c, string(o), e == nil, l != nil) }\n' >"$top/m.go"
		run -0 sandbox --pids 512 --disk 2G --ro "$top/m.go:/src/m.go" -e GOCACHE=/tmp/cache -e GOFLAGS=-mod=mod -e GO111MODULE=off -- go run /src/m.go
		[[ $output = *$'x\ntrue true' ]]
	done
}

@test "tar, gzip and xz: pack, compare, unpack" {
	need tar gzip xz
	for who in $users; do
		run -0 sandbox --chdir /tmp -- sh -ec '
			cp -r /usr/share/common-licenses src 2>/dev/null || cp -r /etc/alternatives src
			tar cf - src | gzip | gunzip | tar tf - | wc -l >n; [ "$(cat n)" -gt 1 ]
			tar cJf a.txz src; mkdir out; tar xJf a.txz -C out; diff -r src out/src; tar cf a.tar src; xz -T2 -k a.tar; xz -t a.tar.xz; echo same'
		[ "$output" = same ]
	done
}

@test "sort with temporary files, perl, awk, sed, find, xargs -P" {
	need perl sort
	for who in $users; do
		run -0 sandbox -- sh -ec '
			seq 200000 | sort -R -S 1M | sort -n -S 1M | tail -n 1
			perl -e "use POSIX; my \$p = fork; exit 0 unless \$p; waitpid \$p, 0; print \"perl \$?\n\""
			seq 20 | xargs -P 4 -n 1 echo | wc -l
			find /etc -maxdepth 1 -name passwd'
		[ "$(tr '\n' ' ' <<<"$output")" = "200000 perl 0 20 /etc/passwd " ]
	done
}

@test "openssl computes, and reads its random numbers" {
	need openssl
	for who in $users; do
		run -0 sandbox -- sh -ec 'openssl rand -hex 4 | wc -c; openssl genpkey -algorithm ed25519 -out /tmp/k; openssl speed -seconds 1 -bytes 1024 sha256 2>&1 | tail -n 1'
		[[ $output = 9*sha256* ]]
	done
}

@test "unix and loopback sockets, also datagrams and passed descriptors, work inside" {
	need python3
	for who in $users; do
		run -0 python '
import array, os, socket
s = socket.socket(socket.AF_UNIX); s.bind("/tmp/sock"); s.listen(); c = socket.socket(socket.AF_UNIX); c.connect("/tmp/sock")
a, _ = s.accept(); r, w = os.pipe(); socket.send_fds(c, [b"x"], [r]); m, fds, *_ = socket.recv_fds(a, 10, 1)
os.write(w, b"passed"); assert os.read(fds[0], 10) == b"passed"
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); u.sendto(b"d", u.getsockname()); assert u.recv(9) == b"d"
assert socket.getaddrinfo("localhost", 80)[0][4][0] in ("127.0.0.1", "::1")
assert socket.gethostbyname(socket.gethostname()).startswith("127.")
b = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); b.bind("\0abstract"); b.listen()
try: socket.create_connection(("192.0.2.1", 80), 3); print("CONNECTED")
except OSError as e: print(e.errno in (101, 111, 113))'
		[[ $output = True* ]]
	done
}

@test "a large stderr beside a large stdout arrives complete" {
	for who in $users; do
		sandbox -- bash -c 'head -c 3000000 /dev/zero & head -c 3000000 /dev/zero >&2 & wait' >"$top/out" 2>"$top/err"
		[ "$(stat -c %s "$top/out")" = 3000000 ]
		[ "$(stat -c %s "$top/err")" = 3000000 ]
	done
}

@test "a daemon that detaches itself does not survive the run, nor hinder it" {
	for who in $users; do
		run -0 sandbox -- sh -c '(setsid sh -c "trap \"\" HUP TERM; exec sleep 100" >/dev/null 2>&1 &) ; echo started'
		[ "$output" = started ]
		nothing_left
	done
}

@test "programs that ask for the machine get an answer: nproc, free, df, ps, uptime, id, date, locale" {
	for who in $users; do
		run -0 sandbox -- sh -ec 'nproc >/dev/null; df /tmp >/dev/null; ps ax >/dev/null; id >/dev/null; date >/dev/null; locale >/dev/null 2>&1; uname -a >/dev/null; echo fine'
		[ "$output" = fine ]
	done
}
