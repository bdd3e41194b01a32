# SPDX-License-Identifier: MIT
"""The calls to the system by which a row's memory comes and goes.

They are counted in one more run of each row and allocator, outside of the
rounds, because strace slows what it watches.  What the dynamic linker maps
and the stacks of threads are in the count: they are the same for all.

Where strace is missing or not allowed, libhakmem counts its own calls and
tells them in a line at exit (HAKMEM_SS_OS_STATS); nobody does for the peers,
and the linker's calls are not in that line.
"""

import functools
import re
import shutil
import subprocess

CALLS = ("mmap", "munmap", "mremap", "mprotect", "madvise", "brk")
FIELDS = ("row", "allocator", "source", *CALLS, "total")

OWN_VARIABLE = "HAKMEM_SS_OS_STATS=1"
OWN_LINE = re.compile(r"^.*\[SS_OS_STATS\] (.*)$", re.MULTILINE)
# A call, and the key of the library's line that counts it.
OWN_KEYS = {"mmap": "mmap_total", "munmap": "munmap_total",
            "mremap": "mremap_total", "mprotect": "mprotect_total",
            "madvise": "madvise"}


@functools.cache
def strace():
    """The beginning of an strace command; nothing where it cannot trace."""
    path = shutil.which("strace")
    if not path:
        return ()
    # Without a filter in the kernel every call of the program would stop it.
    for filtered in (("--seccomp-bpf",), ()):
        words = (path, "-f", *filtered, "-c", "-q",
                 "-e", "trace=" + ",".join(CALLS))
        tried = subprocess.run([*words, "/bin/true"], capture_output=True,
                               check=False)
        if tried.returncode == 0 and b"mmap" in tried.stderr:
            return words
    return ()


def wrapped(words, preload, output):
    """A command under strace, the library preloaded into it alone."""
    library = ("-E", f"LD_PRELOAD={preload}") if preload else ()
    return [*strace(), "-o", output, *library, *words]


def from_strace(summary):
    """{call: count} from the table that strace -c writes."""
    counts = dict.fromkeys(CALLS, 0)
    for line in summary.splitlines():
        words = line.split()
        if words and words[-1] in counts:
            counts[words[-1]] = int(words[3])
    return counts


def from_own_line(text):
    """{call: count} from the line of libhakmem; nothing without one."""
    found = OWN_LINE.findall(text)
    if not found:
        return {}
    pairs = dict(p.split("=", 1) for p in found[-1].split() if "=" in p)
    return {call: int(pairs.get(OWN_KEYS.get(call), 0)) for call in CALLS}


def record(row, allocator, source, counts):
    """One line of calls.csv."""
    return {"row": row, "allocator": allocator, "source": source, **counts,
            "total": sum(counts.values())}
