# SPDX-License-Identifier: MIT
"""The rows of the benchmark table: which command each of them runs.

A row is a workload of bench/ with fixed arguments, or a real program on an
input that is made here from fixed numbers.  Lengths are chosen so that a row
takes a few tenths of a second on glibc's allocator: long enough to measure,
short enough for five allocators and three rounds in ten minutes.  Rows that
take longer are left out of every second round (SELDOM).  The quick lengths
only prove that everything runs.
"""

import dataclasses
import os
import shutil
import sys


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    command: tuple          # workload or program, then its arguments
    quick: tuple            # the same, shortened
    kind: str = "workload"  # workload (of bench/), program, server
    idle: float = 0.0       # seconds that it sleeps, not counted as time
    quick_idle: float = 0.0  # the same when shortened
    cpu: bool = False       # its time is user+sys, whatever the metric
    own_malloc: bool = False  # linked with one: preload libc for glibc's
    load: str = ""          # the program that keeps a server busy
    stdin: str = ""         # name of an input file
    product: str = ""       # a file that it leaves, part of its output
    environment: tuple = ()  # more variables, NAME=VALUE
    figure: bool = False    # its closing line belongs into the report
    several: bool = False   # it is more than one process
    extra: tuple = ()       # the command in runs that nobody times
    every: int = 1          # it takes part in each n-th round only
    optional: bool = False  # cannot be built everywhere
    about: str = ""

    def program(self):
        """The name of what must be installed or built."""
        return self.command[0]


def workload(name, full, quick, about, **more):
    """A row of one of the programs of bench/."""
    program = full.split()[0]
    return Row(name, tuple(full.split()), (program, *quick.split()),
               about=about, **more)


WORKLOADS = (
    workload("mixed-400", "random_mixed 20000000 400 1", "200000 400 1",
             "16-1024 bytes, 400 slots: the reference"),
    workload("mixed-10k", "random_mixed 15000000 10000 1",
             "200000 10000 1", "16-1024 bytes, 10000 slots"),
    workload("mixed-c6", "random_mixed 20000000 200 1 257 768",
             "200000 200 1 257 768", "257-768 bytes, 200 slots"),
    workload("mixed-c7", "random_mixed 25000000 400 1 1024 1024",
             "200000 400 1 1024 1024", "1024 bytes, 400 slots"),
    workload("mixed-8k", "random_mixed 6000000 10000 1 16 8192",
             "100000 10000 1 16 8192", "16-8192 bytes, 10000 slots"),
    workload("mixed-128k", "random_mixed 3000000 400 1 1024 131072",
             "20000 400 1 1024 131072", "1-128 KiB, 400 slots"),
    workload("mixed-1m", "random_mixed 200000 200 1 100000 1000000",
             "5000 200 1 100000 1000000", "100-1000 kB, 200 slots"),
    workload("mixed-400-2t", "random_mixed 20000000 400 1 16 1024 2",
             "200000 400 1 16 1024 2", "the reference in two threads"),
    workload("mixed-8k-2t", "random_mixed 5000000 10000 1 16 8192 2",
             "100000 10000 1 16 8192 2",
             "16-8192 bytes, 10000 slots, two threads"),
    workload("pair", "pair 15000000", "200000",
             "replace a block: 8-264 bytes, 1 in 16 to 4 KiB", figure=True),
    workload("pair-2t", "pair 10000000 8192 1 2", "200000 8192 1 2",
             "the same in two threads", figure=True),
    workload("batch", "batch 12000000 128 1", "200000 128 1",
             "25-6400 blocks of 128 bytes, freed in three orders"),
    workload("batch-2t", "batch 9000000 128 1 2", "200000 128 1 2",
             "the same in two threads"),
    workload("larson-2", "larson 600 20000 1 2", "20 2000 1 2",
             "blocks of two threads handed to successors"),
    workload("larson-8", "larson 160 10000 1 8", "10 1000 1 8",
             "the same with eight threads"),
    workload("prodcons-2", "producer_consumer 3000000 2 1", "100000 2 1",
             "64 bytes, allocated by one thread, freed by the other"),
    workload("prodcons-8", "producer_consumer 8000000 8 1", "100000 8 1",
             "the same in four pairs"),
    workload("prodcons-2-mixed", "producer_consumer 800000 2 1 16 2048",
             "50000 2 1 16 2048", "16-2048 bytes, one pair"),
    workload("prodcons-8-mixed", "producer_consumer 2000000 8 1 16 2048",
             "50000 8 1 16 2048", "16-2048 bytes, four pairs"),
    workload("stress-2", "stress 60 1000 1 2", "5 200 1 2",
             "trees, lists, blocks to 800 KB; threads die, parcels migrate"),
    workload("stress-8", "stress 40 500 1 8", "5 100 1 8",
             "the same with eight threads"),
    workload("scratch", "false_sharing scratch 12 200 2000",
             "scratch 5 10 200", "writes to blocks given by another thread"),
    workload("thrash", "false_sharing thrash 20 200 2000",
             "thrash 5 10 200", "writes to blocks allocated beside others"),
    workload("pareto", "pareto 2500000 1048576 1", "100000 50000 1",
             "a million Pareto-like blocks to 1 KB, replaced at random"),
    workload("medium", "medium 1200000 1000 1", "20000 500 1",
             "8-16000 bytes, all written, alignments 8 and 16"),
    workload("medium-1m", "medium 5000 200 1 100000 1000000",
             "500 50 1 100000 1000000", "100-1000 kB, all written"),
    workload("large", "large memset 80 1", "memset 1 1",
             "20 blocks of 5-25 MiB, cleared, replaced at random"),
    workload("large-calloc", "large calloc 60 1", "calloc 1 1",
             "the same by calloc"),
    workload("large-realloc", "large realloc 1 1", "realloc 1 1",
             "realloc in small steps to 256 MiB"),
    workload("json", "json 2000 1", "100 1",
             "JSON parsed into trees, freed as a whole"),
    workload("compiler", "compiler 1500 1", "60 1",
             "arenas and trees of a function, freed in bursts; symbols stay"),
    workload("kvstore", "kvstore 1000000 50000 48 1", "50000 5000 4 1",
             "values of 16 B-64 KiB: overwritten, expiring, drifting sizes",
             figure=True),
    workload("strings", "strings 800000 2000 1", "50000 500 1",
             "strings that grow by realloc, all at once"),
    workload("containers", "containers 150000 1", "8000 1",
             "C++: map, unordered_map, vector, deque, string",
             optional=True),
    workload("pool-2", "pool 400000 2 1", "20000 2 1",
             "tasks handed to two workers, results handed back"),
    workload("pool-4", "pool 400000 4 1", "20000 4 1",
             "the same with four workers"),
    workload("idle-64", "idle_threads 1000 64 1", "10 64 1",
             "64 threads that have used 64 small blocks, and wait",
             figure=True),
    workload("idle-1000", "idle_threads 4 1000 1", "1 200 1",
             "the same with 1000 threads", figure=True),
    workload("busy-64", "busy_threads 80000 64 1", "2000 64 1",
             "64 threads at work on all processors"),
    workload("phases", "phases 500 1 3000 1000", "50 1 3000 100",
             "500 MB built, 95 % freed, another size built, a second idle",
             idle=1.0, quick_idle=0.1, figure=True),
    workload("thread-churn", "thread_churn 20000 1", "1000 1",
             "20000 short threads", figure=True),
    workload("startup", "startup 1000", "50", "/bin/true 1000 times",
             figure=True, several=True, extra=("startup", "100")),
)

PROGRAMS = (
    Row("python", ("python3", "@SOURCE@/programs/work.py", "10"),
        ("python3", "@SOURCE@/programs/work.py", "1"), "program",
        environment=("PYTHONMALLOC=malloc", "PYTHONHASHSEED=0",
                     "PYTHONDONTWRITEBYTECODE=1"),
        about="python3: JSON, dictionaries, lists, objects"),
    Row("sqlite", ("sqlite3", "-batch", ":memory:"),
        ("sqlite3", "-batch", ":memory:"), "program", stdin="work.sql",
        about="sqlite3: inserts, an index, joins, updates in memory"),
    Row("lua", ("lua5.4|lua", "@SOURCE@/programs/work.lua", "16"),
        ("lua5.4|lua", "@SOURCE@/programs/work.lua", "1"), "program",
        about="lua: tables, strings, closures, trees"),
    Row("gcc", ("gcc", "-O1", "-S", "-o", "@WORK@/big.s", "@WORK@/big.c"),
        ("gcc", "-O1", "-S", "-o", "@WORK@/big.s", "@WORK@/big.c"),
        "program", product="big.s", several=True,
        about="gcc -O1: a generated file of C"),
    Row("z3", ("z3", "@WORK@/queens.smt2"), ("z3", "@WORK@/queens.smt2"),
        "program", about="z3: a board of queens as integer constraints"),
    Row("redis", ("redis-server|valkey-server",),
        ("redis-server|valkey-server",), "server", cpu=True,
        own_malloc=True, load="redis-benchmark|valkey-benchmark",
        about="redis-server under redis-benchmark: its processor time"),
)


# The rows that take so long, or are so steady, that every second round does.
SELDOM = {"large", "large-calloc", "large-realloc", "phases", "scratch",
          "thrash", "startup", *(row.name for row in PROGRAMS)}


def all_rows():
    """Every row there is, in the order of the table."""
    return tuple(dataclasses.replace(row, every=2)
                 if row.name in SELDOM else row
                 for row in WORKLOADS + PROGRAMS)


def program_path(names):
    """Where the first of some programs (a|b) is, or nothing."""
    if names == "python3":
        return os.path.realpath(sys.executable)
    for name in names.split("|"):
        path = shutil.which(name)
        if path:
            return path
    return ""


# --- inputs, made from fixed numbers -------------------------------------

def sql_input(scale):
    """A script for sqlite3: some tables in memory, read and changed."""
    rows = 2500 * scale
    return f"""\
PRAGMA temp_store = memory;
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, city INTEGER,
    note TEXT);
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < {rows})
INSERT INTO person SELECT i, printf('person %06d', i * 7919 % {rows}),
    i * 31 % 500, substr(hex(i * 2654435761), 1, 4 + i % 12) FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
    WHERE i < 499)
INSERT INTO city SELECT i, 'city ' || i FROM n;
COMMIT;
CREATE INDEX person_name ON person (name);
SELECT count(*), min(name), max(note) FROM person;
SELECT c.name, count(*) AS k FROM person p JOIN city c ON c.id = p.city
    GROUP BY c.name ORDER BY k DESC, c.name LIMIT 3;
UPDATE person SET note = note || upper(name) WHERE id % 3 = 0;
DELETE FROM person WHERE id % 5 = 0;
SELECT sum(length(note)), length(group_concat(name)) FROM person;
SELECT city, group_concat(DISTINCT substr(note, 1, 2)) FROM person
    WHERE city < 3 GROUP BY city;
SELECT count(*) FROM person a JOIN person b ON a.name = b.name;
"""


def c_input(scale):
    """A file of C with many functions, for the compiler."""
    parts = ["struct item { int key; struct item *next; double value; };\n"
             "extern int emit(const char *, int, double);\n"]
    for i in range(28 * scale):
        parts.append(f"""
static int step{i}(struct item *list, int limit)
{{
    int sum = {i}, count = 0;
    double mean = 0.5 * {i};
    for (struct item *p = list; p && count < limit; p = p->next) {{
        switch ((p->key ^ {i * 37}) % {5 + i % 4}) {{
        case 0: sum += p->key * {i + 3}; break;
        case 1: mean = (mean + p->value) / {i % 9 + 2}; break;
        case 2: if (sum > limit) sum -= limit; else sum++; break;
        case 3: sum ^= count << {i % 13}; break;
        default: mean += sum * 0.25; break;
        }}
        for (int k = 0; k < count % {i % 7 + 2}; k++)
            sum += emit("step{i}", k, mean * k);
        count++;
    }}
    return sum + count + (int)mean;
}}
int run{i}(struct item *list) {{ return step{i}(list, {i * 11 + 5}); }}
""")
    return "".join(parts)


def smt_input(scale):
    """Queens on a board, one integer for each column."""
    size = 8 + scale // 4
    parts = [f"(declare-const q{i} Int)\n(assert (and (<= 1 q{i}) "
             f"(<= q{i} {size})))\n" for i in range(size)]
    for i in range(size):
        for j in range(i):
            parts.append(f"(assert (and (not (= q{i} q{j})) "
                         f"(not (= (- q{i} q{j}) {i - j})) "
                         f"(not (= (- q{j} q{i}) {i - j}))))\n")
    return "".join(parts) + "(check-sat)\n"


# The file of a row, what writes it, and how large it is in a real run.
INPUTS = {
    "sqlite": ("work.sql", sql_input, 70),
    "gcc": ("big.c", c_input, 3),
    "z3": ("queens.smt2", smt_input, 48),
}


def make_inputs(table, work, quick):
    """Writes the input files of the programs in table."""
    for row in table:
        if row.name in INPUTS:
            name, make, scale = INPUTS[row.name]
            with open(os.path.join(work, name), "w",
                      encoding="ascii") as file:
                file.write(make(1 if quick else scale))
