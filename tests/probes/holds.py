#!/usr/bin/env python3
"""holds.py HALF HALF PID... - print each PID whose memory holds the two halves side by side.

The value is given in halves, so that neither this program's own arguments nor its caller's hold it.
Memory that can't be read at all is an error, not an absence."""
import sys


def holds(pid, needle):
    found = read = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            start, end = (int(x, 16) for x in span.split("-"))
            if mode[0] != "r" or start >= 1 << 47 or end - start > 1 << 32:  # a sanitizer's shadow
                continue
            try:
                mem.seek(start)
                data = mem.read(end - start)
            except OSError:  # [vvar] and the like
                continue
            read += len(data)
            found += needle in data
    if read == 0:
        sys.exit(f"nothing of process {pid} could be read")
    return found > 0


needle = (sys.argv[1] + sys.argv[2]).encode()
print(" ".join(pid for pid in sys.argv[3:] if holds(pid, needle)))
