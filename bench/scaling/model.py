#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# model.py - what becomes of throughput with many threads, on a machine that
# one need not have.
#
# Each thread works by itself for a while, then needs something that others
# need too: a lock, or a line that another processor wrote last.  That is a
# closed queueing network, the "machine repairman": threads are customers,
# locks are stations with one server, the rest of an operation is think time.
# Mean value analysis solves it exactly (Reiser, Lavenberg, "Mean-Value
# Analysis of Closed Multichain Queuing Networks", 1980) for service times
# that vary as the exponential distribution does; real ones vary less, so
# queues here are rather too long.
#
# How often an operation enters which lock, and how many instructions it has
# there, is counted by callgrind on the built library; how long an
# instruction takes, by the clock, in runs of one thread and of two.
#
#     model.py --build DIR              count, measure, predict; a table
#     model.py --build DIR --save FILE  keep the counts as JSON
#     model.py --from FILE              predict from them; counts nothing
#
# Options: --move NS, a line's way from one processor to another (60), and
# --threads "1 2 4 ...".

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

# name, program, arguments to count with, arguments to measure with; {} is
# the number of threads.  Sizes as in bench/rows.py.
WORKLOADS = [
    ("mixed-400", "random_mixed", "100000 400 1 16 1024 {}",
     "4000000 400 1 16 1024 {}"),
    ("mixed-8k", "random_mixed", "60000 2000 1 16 8192 {}",
     "1500000 2000 1 16 8192 {}"),
    ("mixed-128k", "random_mixed", "40000 400 1 1024 131072 {}",
     "600000 400 1 1024 131072 {}"),
    ("larson", "larson", "4 10000 1 {}", "200 10000 1 {}"),
    ("prodcons", "producer_consumer", "60000 2 1", "2000000 2 1"),
    ("stress", "stress", "3 300 1 {}", "12 1000 1 {}"),
]

# What is shared: the functions that take a lock for their whole length, and
# how many locks of the kind there are.  Nested ones are counted where they
# are entered and, as the outer lock is held meanwhile, in the outer one too.
LOCKS = {
    "runs": ["hk_run_take", "hk_run_give", "hk_run_grow", "hk_run_shrink"],
    "medium": ["hk_medium_take", "hk_medium_give"],
    "orphans": ["hk_orphan_steal", "hk_thread_attach", "hk_thread_detach"],
}
CALLS = ["malloc", "calloc", "realloc", "free", "posix_memalign"]

# A lock and its release, in ns, without anybody else: two atomic exchanges.
ATOMICS = 12


def parse_callgrind(path):
    """Returns {function: [calls, instructions with all it called]}."""
    names, self_cost, edges = {}, {}, {}
    fn = callee = None
    calls = 0

    def name(text):
        match = re.match(r"\((\d+)\)(?: (.*))?", text)
        if match.group(2):
            names[match.group(1)] = re.sub(r"'\d+$", "", match.group(2))
        return names[match.group(1)]

    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("fn="):
                fn = name(line[3:].strip())
            elif line.startswith("cfn="):
                callee = name(line[4:].strip())
            elif line.startswith("calls="):
                calls = int(line[6:].split()[0])
            elif line[0] in "0123456789+-*" and fn:
                cost = int(line.split()[1]) if len(line.split()) > 1 else 0
                if calls:
                    edge = edges.setdefault(callee, [0, 0])
                    edge[0] += calls
                    edge[1] += cost
                    calls = 0
                else:
                    self_cost[fn] = self_cost.get(fn, 0) + cost
    return edges, sum(self_cost.values())


def preload(build):
    return dict(LC_ALL="C", PATH="/usr/bin:/bin",
                LD_PRELOAD=os.path.join(build, ".libs/libhakmem.so.1"))


def command(build, program, arguments, threads):
    return [os.path.join(build, "bench", program)] + \
        arguments.format(threads).split()


def count(build, program, arguments):
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        env = preload(build)
        lib = env.pop("LD_PRELOAD")
        # Valgrind must not have the library, and must not replace it.
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
             "--trace-children=yes",
             "--soname-synonyms=somalloc=nouserintercepts",
             "/usr/bin/env", "LD_PRELOAD=" + lib] +
            command(build, program, arguments, 2),
            env=env, check=True, capture_output=True)
        return parse_callgrind(out)


def chains(build, program, arguments):
    env = preload(build)
    env["HAKMEM_SS_OS_STATS"] = "1"
    run = subprocess.run(command(build, program, arguments, 2), env=env,
                         check=True, capture_output=True, text=True)
    return int(re.search(r"remote=(\d+)", run.stderr).group(1))


def seconds(build, program, arguments, threads):
    """Processor time, which a busy machine disturbs least."""
    times = []
    for _ in range(7):
        child = subprocess.Popen(command(build, program, arguments, threads),
                                 env=preload(build),
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status:
            sys.exit(program + " failed")
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)


def calibrate(build):
    rows = []
    for name, program, short, full in WORKLOADS:
        edges, total = count(build, program, short)
        ops = sum(edges.get(call, [0, 0])[0] for call in CALLS)
        locks = {}
        for lock, functions in LOCKS.items():
            entered = sum(edges.get(f, [0, 0])[0] for f in functions)
            inside = sum(edges.get(f, [0, 0])[1] for f in functions)
            if lock == "orphans":
                # A thread's end flushes its heap before it takes the lock.
                inside -= min(inside, edges.get("hk_heap_flush", [0, 0])[1])
            locks[lock] = dict(per_op=entered / ops,
                               instructions=inside / max(entered, 1))
        row = dict(name=name, program=program, full=full,
                   instructions=total / ops, locks=locks,
                   chains=chains(build, program, short) / ops)
        row["one"] = seconds(build, program, full, 1) \
            if "{}" in full else None
        row["two"] = seconds(build, program, full, 2)
        row["foreign"] = edges.get("hk_remote_free", [0, 0])[0] / ops
        if program == "random_mixed":
            row["ns"] = row["one"] * 1e9 / int(full.split()[0]) / \
                row["instructions"]
        rows.append(row)
        print(name + " is counted", file=sys.stderr)
    return rows


def stations(row, ns, classes, move, threads):
    """[(name, how many alike, visits for each operation, ns of a visit)]"""
    # With many threads the last holder was somebody else.
    move *= 1 - 1 / threads
    result = []
    for lock, use in row["locks"].items():
        alike = classes if lock == "medium" else 1
        result.append((lock, alike, use["per_op"],
                       use["instructions"] * ns + ATOMICS + move))
    # An inbox and its chain's blocks: each owner has one.
    result.append(("inbox", threads, row["chains"], ATOMICS + 3 * move))
    return result


def solve(think, servers, threads):
    """Mean value analysis: operations per ns, use of each station."""
    queue = [0.0] * len(servers)
    rate = 0.0
    for n in range(1, threads + 1):
        waits = [visits / alike * service * (1 + queue[i])
                 for i, (_, alike, visits, service) in enumerate(servers)]
        rate = n / (think + sum(w * s[1] for w, s in zip(waits, servers)))
        queue = [rate * w for w in waits]
    use = [rate * visits / alike * service
           for (_, alike, visits, service) in servers]
    return rate, use


# Classes that share a workload's medium traffic, seven tenths of those that
# it uses: some are asked for more often than others.
SHARDS = 8
CLASSES = {"mixed-400": 1, "mixed-8k": 16, "mixed-128k": 24, "larson": 1,
           "prodcons": 1, "stress": 12}


def predict(row, ns, move, counts, classes):
    alone = stations(row, ns, classes, 0, 1)
    think = row["instructions"] * ns
    think -= sum(visits * (service - ATOMICS)
                 for (_, _, visits, service) in alone[:-1])
    think = max(think, 1.0)
    # A foreign free reads the descriptor's first line, which the owner
    # writes, and writes a block that the other processor had: no queue.
    foreign = row["foreign"] * 2 * move
    base, _ = solve(think, alone, 1)
    cells, first = [], ""
    for threads in counts:
        servers = stations(row, ns, classes, move, threads)
        rate, use = solve(think + foreign * (1 - 1 / threads), servers,
                          threads)
        cells.append(rate / base)
        busiest = max(range(len(use)), key=lambda i: use[i])
        first = "%s %.0f %%" % (servers[busiest][0], 100 * use[busiest])
    return cells, first


def table(rows, move, counts, ns):
    print("| workload | instr/op | runs | medium | orphans | chains |"
          " two threads: measured | " +
          " | ".join(str(n) for n in counts) + " | busiest at the last |")
    print("|:--|" + "--:|" * (len(counts) + 6) + ":--|")
    for row in rows:
        locks = row["locks"]
        measured = "%.2f" % (2 * row["one"] / row["two"]) \
            if row["one"] else "-"
        for label, classes in ((row["name"], CLASSES[row["name"]]),
                               ("one class alone", 1),
                ("one class, a lock for each shard", SHARDS)):
            if label != row["name"] and (
                    classes == CLASSES[row["name"]] or
                    locks["medium"]["per_op"] < 1e-4):
                continue
            cells, first = predict(row, ns, move, counts, classes)
            print("| %s | %.0f | %s | %s | %s | %s | %s | %s | %s |" % (
                label, row["instructions"],
                *("%.4f x %.0f" % (locks[k]["per_op"],
                                   locks[k]["instructions"])
                  for k in LOCKS),
                "%.4f" % row["chains"], measured,
                " | ".join("%.1f" % c for c in cells), first))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=".")
    parser.add_argument("--save")
    parser.add_argument("--from", dest="source")
    parser.add_argument("--move", type=float, default=60)
    parser.add_argument("--ns", type=float, default=0.25,
                        help="ns of an instruction on the machine meant")
    parser.add_argument("--threads", default="1 2 4 8 16 32 64 128")
    options = parser.parse_args()
    if options.source:
        with open(options.source, encoding="utf-8") as file:
            rows = json.load(file)
    else:
        rows = calibrate(options.build)
    if options.save:
        with open(options.save, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
            file.write("\n")
    for row in rows:
        if "ns" in row:
            print("%s: %.2f ns for an instruction" % (row["name"],
                                                      row["ns"]))
    print()
    table(rows, options.move, [int(n) for n in options.threads.split()],
          options.ns)


if __name__ == "__main__":
    main()
