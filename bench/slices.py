# SPDX-License-Identifier: MIT
"""A workload that goes on, and tells of each slice of equal work that it has
done: how many operations it had for a second of processor time, and what is
resident.  Processes that are compared run by turns: one works while the other
is stopped."""

import math
import os
import re
import signal
import subprocess
import threading
import time

ENDLESS = str(1 << 60)
SLICE = re.compile(r"slice ops=(\d+) ops/cpu_s=(\d+) rss_kib=(\d+)")

# After a process goes on: its caches are cold.
WARM_UP = 0.1


class Work:
    """One process, and its slices: (time, operations, operations per second,
    KiB)."""

    def __init__(self, build, library, arguments, **environment):
        self.slices = []
        self.environment = dict(os.environ, **environment)
        if library:
            self.environment["LD_PRELOAD"] = library
        program, *more = arguments
        self.process = subprocess.Popen(
            [os.path.join(build, "bench", program), *more],
            env=self.environment, stdout=subprocess.PIPE, text=True)
        self.start = time.monotonic()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            match = SLICE.search(line)
            if match:
                self.slices.append((time.monotonic(),
                                    *(int(n) for n in match.groups())))

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """Ends it; False where it had ended by itself."""
        alive = self.process.poll() is None
        self.process.terminate()
        self.go()
        self.process.wait()
        self.reader.join()
        return alive

    def operations(self):
        """How many it has told of."""
        return sum(s[1] for s in self.slices)

    def within(self, start, end):
        """The slices that ended in that time."""
        found = [s for s in self.slices if start <= s[0] < end]
        if len(found) < 3:
            raise SystemExit(
                f"process {self.process.pid}: {len(found)} slices in "
                f"{end - start:.1f} s are too few")
        return found


def by_turns(pairs, seconds, one, other):
    """Calls one() or other() at the start of each period, pairwise, the order
    of a pair the reverse of that before; returns for each pair the periods of
    the one and of the other, (start, end)."""
    result = []
    for i in range(pairs):
        periods = {}
        for call in (one, other) if i % 2 else (other, one):
            call()
            start = time.monotonic() + WARM_UP
            time.sleep(seconds)
            periods[call] = start, time.monotonic()
        result.append((periods[one], periods[other]))
    return result


def median_interval(values):
    """Two of the values; the median lies between them in 95 of 100 cases, by
    the binomial distribution: nothing is assumed of the noise."""
    values, n = sorted(values), len(values)
    tail, below = 0.0, 0
    while tail <= 0.025 and below < n:
        tail += math.comb(n, below) / 2 ** n
        below += 1
    return values[max(below - 2, 0)], values[min(n - below + 1, n - 1)]
