"""A host, a gateway namespace G, a workload namespace W and servers S, all made of network namespaces.

    W eth0 10.200.0.2/30 -- gw0 10.200.0.1 G      H h0 203.0.113.1/24 -- s0 203.0.113.10-29 S
                                                 (the gateway process lives in H)

The caller's own namespace is H; world() must be called first, it starts the program anew in private
mount and network namespaces.  Nothing outside of them is touched.  Works as root and as an ordinary
user.  Sockets of W and S are made by entering the namespace for a moment.
"""
import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SERVER = "203.0.113.10"
NAMESERVER = "203.0.113.29"


def world():
    if "GATEWAY_WORLD" not in os.environ:
        user = [] if os.getuid() == 0 else ["-U", "-r"]
        os.environ["GATEWAY_WORLD"] = "1"
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        os.execvp("unshare", ["unshare", *user, "-m", "-n", "--", sys.executable, *sys.argv])
    run("mount -t tmpfs none /run")
    for ns in "GWS":
        run(f"ip netns add {ns}")
    run("ip link set lo up")
    for ns in "GWS":
        run(f"ip -n {ns} link set lo up")
    run("ip link add gw0 netns G mtu 65520 type veth peer name eth0 netns W mtu 65520")
    run("ip -n G addr add 10.200.0.1/30 dev gw0")
    run("ip -n G link set gw0 up")
    run("ip -n G route add local 0.0.0.0/0 dev lo")
    run("ip -n W addr add 10.200.0.2/30 dev eth0")
    run("ip -n W link set eth0 up")
    run("ip -n W route add default via 10.200.0.1")
    run("ip link add h0 mtu 65520 type veth peer name s0 netns S mtu 65520")
    run("ip addr add 203.0.113.1/24 dev h0")
    run("ip link set h0 up")
    for last in range(10, 30):
        run(f"ip -n S addr add 203.0.113.{last}/24 dev s0")
    run("ip -n S link set s0 up")
    run("ip route add 10.77.0.0/16 via 203.0.113.10")
    run("ip -n S addr add 10.77.0.1/32 dev lo")


def run(command, **more):
    subprocess.run(command.split(), check=True, **more)


def inside(ns, function, *args):
    """function(*args) with the calling thread in namespace ns: what it makes stays there."""
    home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    try:
        if LIBC.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        return function(*args)
    finally:
        LIBC.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


def new_socket(ns, kind=socket.SOCK_STREAM, timeout=5):
    s = inside(ns, socket.socket, socket.AF_INET, kind)
    s.settimeout(timeout)
    return s


def rules_of_g(permit):
    """permit: nft matches that go to the gateway."""
    marks = "\n".join(
        f'iif lo udp dport {i} log prefix "mark" group {i} snaplen 64 queue-threshold 1 drop'
        for i in (1, 2, 3))
    lines = "\n".join(f"{match} tproxy ip to :40000 accept" for match in permit)
    return f"""
table inet g {{
    chain pre {{
        type filter hook prerouting priority mangle; policy drop;
        {marks}
        iif lo accept
        iifname != "gw0" drop
        ip saddr != 10.200.0.2 drop
        udp dport 53 accept
        tcp dport 53 accept
        meta l4proto udp socket wildcard 0 accept
        {lines}
        ip daddr 198.18.0.0/15 meta l4proto {{ tcp, udp }} tproxy ip to :40000 accept
        goto deny
    }}
    chain deny {{
        meta l4proto tcp log group 1 snaplen 64 queue-threshold 1 reject with tcp reset
        meta l4proto udp log group 2 snaplen 64 queue-threshold 1 reject with icmpx admin-prohibited
        log group 3 snaplen 64 queue-threshold 1 reject with icmpx admin-prohibited
    }}
}}
"""


class Nameserver:
    """names: {name: [address, ...]}; a name of None is not answered at all."""

    def __init__(self, names, address=NAMESERVER):
        self.names, self.asked = names, []
        self.socket = new_socket("S", socket.SOCK_DGRAM, None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            name, at = read_name(query, 12)
            kind = struct.unpack_from("!H", query, at)[0]
            question = query[12:at + 4]
            self.asked.append((name, kind))
            found = self.names.get(name, [])
            if found is None:
                continue
            answers = [socket.inet_pton(socket.AF_INET6 if ":" in a else socket.AF_INET, a)
                       for a in found if (":" in a) == (kind == 28) and kind in (1, 28)]
            rcode = 0 if name in self.names else 3
            reply = query[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, len(answers), 0, 0) + question
            for data in answers:
                reply += struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(data)) + data
            self.socket.sendto(reply, peer)


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), at + 1


def query(name, kind=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack("!HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(
        "!HH", kind, 1)


def read_reply(reply):
    """(rcode, first A address or None)"""
    count = struct.unpack_from("!H", reply, 6)[0]
    if count == 0 or reply[3] & 15:
        return reply[3] & 15, None
    _, at = read_name(reply, 12)
    return 0, socket.inet_ntoa(reply[at + 4 + 12:at + 4 + 16])


class Gateway:
    def __init__(self, rules, permit=(), mode="allow", servers=NAMESERVER, limits=(),
                 program=None, events=True):
        subprocess.run(["ip", "netns", "exec", "G", "nft", "-f", "-"], text=True, check=True,
                       input="flush ruleset\n" + rules_of_g(permit))
        program = program or os.environ.get("HARNESS", f"{TOP}/build/net/harness")
        self.events, self.news = [], threading.Condition()
        self.process = subprocess.Popen(
            [program, "/run/netns/G", servers, mode, *rules, "--", *limits],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()
        self.wait(event="ready")

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.events.append({"event": "eof"})
            self.news.notify_all()

    def find(self, **want):
        return [e for e in self.events if all(e.get(k) == v for k, v in want.items())]

    def wait(self, seconds=5, **want):
        end = time.monotonic() + seconds
        with self.news:
            while not self.find(**want):
                left = end - time.monotonic()
                if left <= 0 or self.events and self.events[-1]["event"] == "eof":
                    raise AssertionError(f"no event {want} in {self.events[-20:]}")
                self.news.wait(left)
            return self.find(**want)[0]

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def rss(self):
        before = len(self.find(event="rss"))
        self.say("rss")
        while len(self.find(event="rss")) == before:
            time.sleep(0.02)
        return self.find(event="rss")[-1]

    def totals(self):
        before = len(self.find(event="totals"))
        self.say("totals")
        end = time.monotonic() + 5
        while len(self.find(event="totals")) == before:
            assert time.monotonic() < end, "no totals"
            time.sleep(0.02)
        return self.find(event="totals")[-1]

    def stop(self):
        """The final totals; the gateway has ended in order."""
        self.say("stop")
        self.wait(event="exit")
        assert self.find(event="exit")[0]["status"] == 0, self.find(event="exit")
        assert not self.find(event="invalid"), self.find(event="invalid")
        return self.find(event="totals", final=1)[0]

    # ------------------------------------------------------------------ what the workload does
    def connect(self, address, port, timeout=5):
        s = new_socket("W", timeout=timeout)
        s.connect((address, port))
        return s

    def udp(self, timeout=3):
        return new_socket("W", socket.SOCK_DGRAM, timeout)

    def ask(self, name, kind=1, server="10.200.0.1"):
        with self.udp() as s:
            s.sendto(query(name, kind), (server, 53))
            return read_reply(s.recv(4096))

    def address(self, name):
        rcode, address = self.ask(name)
        assert address, f"{name}: rcode {rcode}"
        return address


class Server:
    """handler(connection, peer) in a thread for each connection."""

    def __init__(self, port, handler, address=SERVER):
        self.socket = new_socket("S", timeout=None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(1024)
        self.handler = handler
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, peer = self.socket.accept()
            threading.Thread(target=self.one, args=(connection, peer), daemon=True).start()

    def one(self, connection, peer):
        try:
            self.handler(connection, peer)
        except OSError:
            pass
        finally:
            connection.close()


def echo(connection, _peer):
    while data := connection.recv(65536):
        connection.sendall(data)


def udp_echo(port, address=SERVER):
    s = new_socket("S", socket.SOCK_DGRAM, None)
    s.bind((address, port))

    def serve():
        while True:
            data, peer = s.recvfrom(65536)
            s.sendto(data, peer)
    threading.Thread(target=serve, daemon=True).start()
    return s
