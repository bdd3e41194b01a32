#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seed inputs of the fuzz targets: fuzz/mkseeds.py DIRECTORY

Makes DIRECTORY/ops, threads, conf, log, page and recording.  A seed of the
first two is a short program for the machine of ops.c, built to reach one part
of the allocator: a kind of size, an alignment, a way of freeing, a hand-over
between threads.  Those of conf, log and recording are text, as fuzz_conf.c,
fuzz_log.c and fuzz_recording.c have it, and those of page the memory of a
process, from its statistics page on (lib/stats/page.h), or a file with the
copy of one (lib/stats/copy.h), as fuzz_page.c has it.
The committed files in fuzz/corpus are what this script writes; run it again
after a change of the format, and after an operation is added.
"""

import os
import struct
import sys

OPS = """MALLOC CALLOC ZALLOC REALLOC REALLOCARRAY FREE FREE_SIZED
    ALIGNED_ALLOC POSIX_MEMALIGN MEMALIGN VALLOC CHECK FILL_ROW FREE_ROW
    RESIZE_ROW REPEAT REFUSED STATS TRIM""".split()

KIB = 1 << 10
MIB = 1 << 20

# How a row is freed: one in (how % 32 + 1), BACKWARDS, with sizes.
ALL, EVERY_OTHER, BACKWARDS, SIZED = 0, 1, 32, 64


def u16(n):
    assert 0 <= n < 65536, n
    return [n & 255, n >> 8]


def size(n):
    """The shortest encoding of a size, see read_size_kind() in ops.c."""
    if n <= 255:
        return [0, n]
    if n <= 1024 and n % 4 == 0:
        return [1, n // 4 - 1]
    if n <= 8 * KIB:
        return [2] + u16(n - 1)
    if n < 33 * KIB:
        return [3] + u16(n)
    if n < 2 * MIB:
        return [4] + u16((n - 32 * KIB) // 31)
    if n < 66 * MIB:
        return [5] + u16((n - 2 * MIB) // KIB)
    return [6] + u16((n - 60 * MIB) // (3 * KIB))


def near(power, delta):
    """A size beside a power of two."""
    return [7, power, delta + 128]


class Seed:
    """One input; each method adds an operation."""

    def __init__(self, threads):
        self.threads = threads
        self.data = bytearray()
        self.thread = 0

    def on(self, thread):
        """The operations from here on are of this thread; 4 is a passing
        one.  Without effect in an input for one thread."""
        self.thread = thread
        return self

    def op(self, name, *operands):
        if self.threads:
            self.data.append(self.thread)
        self.data.append(OPS.index(name))
        for operand in operands:
            if isinstance(operand, list):
                self.data.extend(operand)
            else:
                self.data.append(operand)
        return self

    def fill(self, first, count, n, step=0):
        """count is a multiple of 16, first one of 64."""
        encoded = n if isinstance(n, list) else size(n)
        return self.op("FILL_ROW", first // 64, count // 16 - 1, encoded, step)

    def free(self, first, count, how=ALL):
        return self.op("FREE_ROW", first // 64, count // 16 - 1, how)

    def resize(self, first, count, n):
        return self.op("RESIZE_ROW", first // 64, count // 16 - 1, size(n))


def small_classes(s):
    for n in range(16, 1025, 48):
        s.fill(0, 64, n, step=16).free(0, 64, BACKWARDS)


def tiny_sizes(s):
    for n in (0, 1, 2, 8, 15, 16, 17, 31, 32, 33):
        s.op("MALLOC", n, size(n)).op("CHECK", n)
    for n in (0, 1, 2, 8, 15, 16, 17, 31, 32, 33):
        s.op("FREE_SIZED", n)


def whole_slabs(s):
    s.fill(0, 4096, 16).free(0, 4096, EVERY_OTHER)
    s.fill(0, 4096, 16).free(0, 4096, BACKWARDS).fill(0, 4096, 64)
    s.free(0, 4096, SIZED)


def slab_becomes_another_class(s):
    for n in (48, 200, 1000, 96, 640):
        s.fill(0, 1024, n).free(0, 1024)


def classes_to_8k(s):
    for n in range(1100, 8192, 700):
        s.fill(0, 32, n, step=31).free(0, 32, EVERY_OTHER).free(0, 32, SIZED)


def classes_to_32k(s):
    for n in range(8193, 32768, 3000):
        s.fill(0, 48, n).free(0, 48, EVERY_OTHER).fill(0, 48, n)
        s.free(0, 48, BACKWARDS)


def classes_to_128k(s):
    for n in range(33000, 131072, 14000):
        s.fill(0, 32, n).free(0, 32, EVERY_OTHER).resize(0, 32, n + 9000)
        s.op("ZALLOC", 200, size(n)).free(0, 32, BACKWARDS + SIZED)


def class_edges(s):
    for power in range(4, 18):
        for delta in (-1, 0, 1):
            s.op("MALLOC", power * 8 + delta + 1, near(power, delta))
    for power in range(4, 18):
        for delta in (-1, 0, 1):
            s.op("FREE_SIZED", power * 8 + delta + 1)


def run_edges(s):
    for power in range(15, 27):
        for delta in (-1, 0, 1):
            s.op("MALLOC", 1, near(power, delta)).op("CHECK", 1)
        s.op("FREE_SIZED", 1)


def runs(s):
    for i in range(24):
        s.op("MALLOC", i, size(40 * KIB + i * 50 * KIB))
    for i in range(0, 24, 2):
        s.op("FREE", i)
    for i in range(0, 24, 2):
        s.op("MALLOC", i, size(33 * KIB + i * 30 * KIB))
    for i in range(24):
        s.op("FREE", 23 - i)


def runs_coalesce(s):
    for i in range(8):
        s.op("MALLOC", i, size(300 * KIB))
    for i in (0, 2, 1, 7, 5, 6, 4, 3):
        s.op("FREE", i)
    s.op("MALLOC", 0, size(2 * MIB)).op("FREE_SIZED", 0)


def large_runs(s):
    for i, n in enumerate((3, 9, 17, 33, 48, 60)):
        s.op("MALLOC", i, size(n * MIB))
        s.op("CHECK", i)
        s.op("FREE", i)
    s.op("MALLOC", 9, size(40 * MIB)).op("MALLOC", 8, size(20 * MIB))
    s.op("FREE_SIZED", 9).op("MALLOC", 7, size(41 * MIB))


def huge_blocks(s):
    s.op("MALLOC", 0, size(65 * MIB)).op("CHECK", 0).op("FREE_SIZED", 0)
    s.op("ZALLOC", 0, size(100 * MIB)).op("FREE", 0)
    s.op("MALLOC", 1, size(80 * MIB)).op("MALLOC", 2, size(90 * MIB))
    s.op("FREE", 1).op("CALLOC", 1, size(70 * MIB), 7)


def huge_resizes(s):
    s.op("MALLOC", 0, size(66 * MIB))
    for n in (100, 200, 120, 67, 30, 70, 1):
        s.op("REALLOC", 0, size(n * MIB))
    s.op("REALLOC", 0, size(100))


def growing_block(s):
    n = 1
    while n < 64 * MIB:
        s.op("REALLOC", 0, size(n))
        n = n * 7 // 4 + 1
    for n in (30 * MIB, 5 * MIB, 500 * KIB, 40 * KIB, 20 * KIB, 2000, 60, 1):
        s.op("REALLOC", 0, size(n))
    s.op("FREE_SIZED", 0)


def runs_resized_in_place(s):
    s.op("MALLOC", 0, size(100 * KIB)).op("MALLOC", 1, size(400 * KIB))
    s.op("MALLOC", 2, size(100 * KIB)).op("FREE", 1)
    s.op("REALLOC", 0, size(300 * KIB)).op("REALLOC", 0, size(450 * KIB))
    s.op("REALLOC", 0, size(90 * KIB)).op("MALLOC", 1, size(200 * KIB))
    s.op("REALLOC", 1, size(2 * MIB)).op("REALLOC", 2, size(3 * MIB))
    s.op("FREE_SIZED", 0).op("FREE_SIZED", 1).op("FREE_SIZED", 2)


def grown_into_a_gap(s):
    """A gap that is one unit too short, just long enough, and longer."""
    for more in (21, 20, 19):
        for i in range(3):
            s.op("MALLOC", i, size(20 * 64 * KIB))
        s.op("FREE", 1).op("REALLOC", 0, size((20 + more) * 64 * KIB))
        s.op("CHECK", 2).op("FREE", 0).op("FREE", 2)


def cut_off_tails(s):
    """What a resize cuts off has been written to."""
    for n, kept in ((2 * MIB, MIB), (30 * MIB, 9 * MIB),
                    (300 * KIB, 70 * KIB), (20000, 9000)):
        s.op("MALLOC", 0, size(n)).op("REALLOC", 0, size(kept))
        for i in range(1, 9):
            s.op("ZALLOC", i, size((n - kept) // 4))
        for i in range(9):
            s.op("FREE", i)


def rows_resized(s):
    s.fill(0, 256, 40).resize(0, 256, 60).resize(0, 256, 30)
    s.resize(0, 256, 500).resize(0, 256, 9000).resize(0, 256, 100)
    s.free(0, 256, SIZED)


def resized_then_freed_with_size(s):
    """What a resize left in place has a size of its own from then on."""
    for i, (a, b) in enumerate(((64, 40), (1024, 700), (8000, 5000),
                                (32000, 20000), (100 * KIB, 40 * KIB),
                                (3 * MIB, MIB))):
        s.op("MALLOC", i, size(a)).op("REALLOC", i, size(b))
        s.op("FREE_SIZED", i)


def alignments(s):
    for align in range(22):
        for i, n in enumerate((0, 24, 100, 5000)):
            s.op("ALIGNED_ALLOC", align * 4 + i, align, size(n))
    for slot in range(0, 88, 2):
        s.op("FREE_SIZED", slot)
    for slot in range(1, 88, 2):
        s.op("FREE", slot)


def alignments_of_large_blocks(s):
    for align in range(12, 22):
        s.op("POSIX_MEMALIGN", align, align, size(300 * KIB))
        s.op("MEMALIGN", align + 32, align + 154, size(3 * MIB))
    s.op("POSIX_MEMALIGN", 99, 21, size(70 * MIB)).op("FREE_SIZED", 99)
    for align in range(12, 22):
        s.op("FREE_SIZED", align).op("REALLOC", align + 32, size(4 * MIB))


def aligned_then_resized(s):
    for align in range(4, 22):
        s.op("ALIGNED_ALLOC", align, align, size(200))
        s.op("REALLOC", align, size(100)).op("REALLOC", align, size(9000))
        s.op("FREE_SIZED", align)


def page_calls(s):
    for n in (0, 1, 2, 4095, 4096, 4097, 8192, 40000, 100001, MIB):
        s.op("VALLOC", n % 251, size(n))


def zeroed_after_use(s):
    for n in (24, 500, 3000, 20000, 100 * KIB, MIB, 5 * MIB, 70 * MIB):
        s.op("MALLOC", 0, size(n)).op("FREE", 0).op("ZALLOC", 0, size(n))
        s.op("FREE", 0).op("CALLOC", 0, size(n - 8), 3)


def zeroed_after_neighbours(s):
    s.op("MALLOC", 0, size(200 * KIB)).op("MALLOC", 1, size(130 * KIB))
    s.op("MALLOC", 2, size(70 * KIB)).op("FREE", 1).op("FREE", 0)
    s.op("ZALLOC", 3, size(320 * KIB)).op("FREE", 3).op("TRIM", 0)
    s.op("ZALLOC", 3, size(250 * KIB)).op("ZALLOC", 4, size(60 * KIB))


def arrays(s):
    for i, (n, count) in enumerate(((1000, 10), (1000, 0), (7, 7), (0, 0),
                                    (MIB, 255), (64, 1))):
        s.op("CALLOC", i, size(n), count)
        s.op("REALLOCARRAY", i, size(n * 2), count)
        s.op("REALLOCARRAY", i + 10, size(n), count)
        s.op("FREE_SIZED", i)


def refused(s):
    s.op("MALLOC", 3, size(100)).op("MALLOC", 4, size(MIB))
    for which in range(64):
        s.op("REFUSED", which, 3 + which // 4 % 3)


def statistics(s):
    s.fill(0, 64, 5000).op("MALLOC", 200, size(70 * MIB))
    for n in (0, 7, 8, 9, 64, 160, 176, 190):
        s.op("STATS", n)
    s.op("TRIM", 16).op("STATS", 160)


def trimmed(s):
    s.fill(0, 2048, 300).free(0, 2048, EVERY_OTHER).op("TRIM", 0)
    s.fill(0, 2048, 300).free(0, 2048).op("TRIM", 4).op("TRIM", 0)
    s.fill(0, 256, 12000).free(0, 256).op("TRIM", 0)
    s.op("MALLOC", 0, size(30 * MIB)).op("FREE", 0).op("TRIM", 255)
    s.op("TRIM", 0).op("MALLOC", 0, size(30 * MIB))


def repeated(s):
    for n in (16, 1024, 4096, 30000, 64 * KIB, 3 * MIB, 70 * MIB):
        s.op("REPEAT", 255, size(n))


def scattered_frees(s):
    s.fill(0, 4096, 112)
    for stride in (7, 5, 3, 2):
        s.free(0, 4096, stride - 1)
    s.fill(0, 4096, 112)
    for stride in (16, 9, 1):
        s.free(0, 4096, stride - 1 + BACKWARDS)


def two_kinds_interleaved(s):
    for first in range(0, 2048, 128):
        s.fill(first, 64, 320).fill(first + 64, 64, 2600)
    s.free(0, 2048, EVERY_OTHER).resize(0, 2048, 1000).free(0, 2048)


def mixed(s):
    """A little of everything, in an order that repeats nothing."""
    x = 12345
    for i in range(120):
        x = (x * 1103515245 + 12345) & 0x7fffffff
        n = (1 << (x >> 8) % 20) + (x >> 16) % 300
        slot = (x >> 4) % 24
        name = ("MALLOC", "REALLOC", "ZALLOC", "FREE", "FREE_SIZED",
                "REALLOC", "CHECK")[(x >> 13) % 7]
        if name in ("FREE", "FREE_SIZED", "CHECK"):
            s.op(name, slot)
        else:
            s.op(name, slot, size(n))


def handed_over(s):
    """One thread allocates, the other frees."""
    for n in (64, 1000, 6000, 20000, 100000):
        s.on(1).fill(0, 512, n).on(2).free(0, 512, SIZED)
        s.on(1).fill(0, 512, n).on(0).free(0, 512, EVERY_OTHER)
        s.on(3).free(0, 512, BACKWARDS)


def whole_chains(s):
    s.on(1).fill(0, 4096, 16).on(2).free(0, 4096).fill(0, 4096, 16)
    s.on(1).free(0, 4096).fill(0, 4096, 48).on(2).fill(4096, 1024, 48)


def orphaned_heap(s):
    """Blocks outlive the thread that allocated them."""
    s.on(4).fill(0, 1024, 100).on(1).free(0, 1024, EVERY_OTHER)
    s.on(4).fill(0, 1024, 100).on(2).fill(2048, 1024, 100)
    s.on(4).free(0, 1024).on(1).fill(0, 2048, 100).on(4).free(0, 3072)


def threads_that_only_free(s):
    s.on(1).fill(0, 1024, 200).fill(1024, 64, 9000)
    s.op("MALLOC", 255, size(3 * MIB)).on(4).free(0, 1088).op("FREE", 255)
    s.on(1).fill(0, 1024, 200)


def resized_elsewhere(s):
    s.on(1).fill(0, 256, 40).on(2).resize(0, 256, 1500)
    s.on(4).resize(0, 256, 10000).on(3).resize(0, 256, 50)
    s.on(0).op("MALLOC", 0, size(70 * MIB)).on(1)
    s.op("REALLOC", 0, size(80 * MIB)).on(4).op("REALLOC", 0, size(MIB))


def large_handed_over(s):
    for i in range(12):
        s.on(i % 4).op("MALLOC", i, size(100 * KIB + i * 200 * KIB))
    for i in range(12):
        s.on((i + 1) % 5).op("FREE_SIZED", i)
    s.on(2).op("TRIM", 0)


def trimmed_elsewhere(s):
    s.on(1).fill(0, 2048, 256).on(4).free(0, 2048).on(2).op("TRIM", 0)
    s.on(3).fill(0, 2048, 256).op("STATS", 160).on(1).free(0, 2048)


SINGLE = [small_classes, tiny_sizes, whole_slabs, slab_becomes_another_class,
          classes_to_8k, classes_to_32k, classes_to_128k, class_edges,
          run_edges, runs, runs_coalesce, large_runs, huge_blocks,
          huge_resizes, growing_block, runs_resized_in_place, grown_into_a_gap,
          cut_off_tails, rows_resized, resized_then_freed_with_size,
          alignments, alignments_of_large_blocks, aligned_then_resized,
          page_calls, zeroed_after_use, zeroed_after_neighbours, arrays,
          refused, statistics, trimmed, repeated, scattered_frees,
          two_kinds_interleaved, mixed]

THREADED = [handed_over, whole_chains, orphaned_heap, threads_that_only_free,
            resized_elsewhere, large_handed_over, trimmed_elsewhere, mixed,
            aligned_then_resized, zeroed_after_use]


# Files, and variables behind a zero each.
CONF = {
    "empty-lines": "\n\n # nothing\n\t\r\n",
    "one-of-each-kind": """# all types
purge_age = 2s
dirty_budget = 12.5%
dirty_min = 16MiB
decommit = free
lean = yes
wake = 64
huge_pages = never
stats_file = /tmp/stats.%p
exclude = one two  three
""",
    "presets": "preset = speed-first\npurge_age = 1ms\npreset=hardened\n"
               "\0HAKMEM_PROFILE=MIXED_TINYV3_C7_SAFE",
    "numbers": "arena_size=4T\nprewarm = 1g\nempties=32\nbatch = 2\n"
               "huge_pages_from = 0\nlean_target = 1023B\n",
    "out-of-range": "batch = 1\nwake = 99999999999999999999\n"
                    "arena_size = 18446744073709551615K\n"
                    "dirty_budget = 1000.1%\n",
    "mistakes": "purgeage = 1\n= 2\nlean\nlean = maybe\n\001\377 = 3\n"
                "decommit == off\n#\nwibble",
    "list": "\0HAKMEM_CONF=purge_age=1, lean = on,,batch=7,wibble,exclude=a",
    "variables": "lean_target = 5M\0HAKMEM_SS_OS_STATS=1"
                 "\0HAKMEM_SS_MEM_LEAN=1\0HAKMEM_SS_MEM_LEAN_DECOMMIT=OFF"
                 "\0HAKMEM_SS_MEM_LEAN_TARGET_MB=64"
                 "\0HAKMEM_FORCE_LIBC_ALLOC=0\0HAKMEM_STATS_FILE=x",
    "quiet": "nonsense\0HAKMEM_QUIET=1\0HAKMEM_CONF=nonsense",
    "not-ours": "\0PATH=/bin\0HAKMEM\0HAKMEM_\0HAKMEM_CONFX=lean=1",
    "many-mistakes": "x=1\n" * 40,
    "long-text": "exclude = " + "name " * 70,
}


TAG = "[SS_OS_STATS]"
LOG = {
    "plain": f"{TAG} alloc=9 free=1 madvise=0 purge_bytes=4096\n",
    "two-processes": f"a\n{TAG} alloc=1 refill=7\nb {TAG} refill=5 alloc=3\n",
    "syslog": "Nov 30 01:00:00 host web[17]: \033[1m" + TAG +
              "\033[0m alloc=18446744073709551615 word=dontneed\n",
    "json": '{"log":"' + TAG + ' alloc=1 free=2\\\\n","stream":"stderr"}\n',
    "cut-off": f"{TAG} alloc=1 free=\n{TAG}\n[SS_OS_ST",
    "twice": f"{TAG} alloc=1 {TAG} alloc=2 alloc=3\n",
    "titles": "\033]0;title\007" + TAG + "\033]2;x\033\\\\ alloc=\0331\n",
    "not-numbers": f"{TAG} a=-1 b=1.5 c=0x10 d=99999999999999999999 e==f\n",
}


HEAD = ('{"schema":1,"kind":"recording","version":"1.0.0","pid":7,'
        '"command":"a<b","abi":1,"start_ns":5,"interval_ns":9,'
        '"counters":["refills"]}\n')
SAMPLE = '{"time_ns":%d,"elapsed_ns":%d,"rss_bytes":%d,"refills":%d}\n'
SAMPLES = "".join(SAMPLE % (i + 9, i, 4096 + i % 3, i * i) for i in range(4))
MOMENT = ('{"kind":"moment","time_ns":9,"elapsed_ns":%d,"total_bytes":99,'
          '"kernel_bytes":98,"rows":{"live":90,"dirty":9,"changed":-1},'
          '"base":65536,"unit":32768,"names":["free","small<"],'
          '"colors":[4,9],"idle":[1,0],"bytes":[32768,65536],'
          '"live":[0,99],"resident":[0,8192],"cells":[1,0,152,102]}\n')
RECORDING = {
    "samples": HEAD + SAMPLES,
    "moment": HEAD + SAMPLES + MOMENT % 3,
    "moments": HEAD + SAMPLES + MOMENT % 3 + MOMENT % 9,
    "moments-first": HEAD + MOMENT % 0 + MOMENT % 1 + SAMPLES,
    "cut-off": (HEAD + SAMPLES + MOMENT % 3)[:-40],
    "later": HEAD.replace('"schema":1', '"schema":2') + SAMPLES,
    "page": '{"schema":1,"pid":7,"abi":1,"command":"sh","time_ns":5,'
            '"counters":["refills"],"values":{"refills":3,"small_out":[1,2],'
            '"option_x":4}}\n',
    "clock-set": HEAD + "".join('{"time_ns":%d,"rss_bytes":1}\n' % t
                                for t in (9, 12, 3, 20)),
    "backwards": HEAD + SAMPLE % (9, 9, 1, 1) + SAMPLE % (9, 3, 1, 1),
    "large-numbers": HEAD + SAMPLE % (2**64 - 1, 2**64 - 2, 2**64 - 1, 2**63),
}


class Image:
    """The memory of a process with a statistics page at its start."""

    BASE = 0x10000

    def __init__(self, sections, longer=0):
        self.longer = longer
        self.rows, self.sections = [], []
        self.text = b""
        head = 72 + longer + sections * (32 + longer)
        self.bytes = bytearray(head)

    def place(self, data):
        """Its address."""
        at = self.BASE + len(self.bytes)
        self.bytes += data
        return at

    def section(self, at, size, link=0, many=0, shift=0):
        self.sections.append(struct.pack("<QIIQII", at, size, link, many,
                                         shift, 0))
        return len(self.sections) - 1

    def row(self, name, section, offset, kind="g", unit="n", index=0, width=8,
            count=1, stride=8, first=0, shift=0):
        at = len(self.text)
        self.text += name.encode() + b"\0of something\0"
        index = ord(index) if index else 0
        self.rows.append(struct.pack(
            "<HBBBBBBHHHHI", at, ord(kind), ord(unit), index, section, width,
            shift, count, stride, first, 0, offset))

    def finish(self):
        more = b"\1" * self.longer
        schema = self.place(b"".join(row + more for row in self.rows))
        text = self.place(self.text)
        head = struct.pack(
            "<8sIIIIIIQQIIQQ", b"HAKMEMPG", 1, 72 + self.longer,
            20 + self.longer, 32 + self.longer, len(self.rows),
            len(self.sections), schema, text, len(self.text), 17, 10**18, 0)
        head += more + b"".join(s + more for s in self.sections)
        self.bytes[:len(head)] = head
        return bytes(self.bytes)


def page_of_counters(longer=0):
    image = Image(1, longer)
    at = image.place(struct.pack("<8Q", *range(1, 9)))
    s = image.section(at, 64)
    image.row("mmap_calls", s, 0, kind="c")
    image.row("call_time", s, 8, kind="c", index="t", count=6)
    image.row("purged_bytes", s, 56, kind="c", unit="b", shift=3)
    return image.finish()


def page_of_heaps(loop=False):
    """A list of three: id, thread, link, refills; and its head."""
    image = Image(1)
    at, heaps = 0, []
    for i in range(3):
        at = image.place(struct.pack("<IIQQQ", i + 1, 100 + i, at, 5 * i, 7))
        heaps.append(at)
    if loop:
        link = heaps[0] + 8 - image.BASE
        image.bytes[link:link + 8] = struct.pack("<Q", heaps[-1])
    s = image.section(image.place(struct.pack("<Q", at)), 32, link=8)
    heap_rows(image, s)
    return image.finish()


def heap_rows(image, s):
    image.row("heap_id", s, 0, kind="l", width=4)
    image.row("heap_thread", s, 4, kind="l", width=4)
    image.row("refills", s, 16, kind="c")
    image.row("small_refills", s, 16, kind="c", index="c", count=2)
    image.row("magazine_blocks", s, 24, width=4, index="c", first=2, count=2,
              stride=4)


def page_of_units():
    """Two heaps, four classes, and a table of six units."""
    image = Image(4)
    first = image.place(struct.pack("<IIQQQ", 1, 100, 0, 3, 4))
    second = image.place(struct.pack("<IIQQQ", 2, 101, first, 5, 6))
    s = image.section(image.place(struct.pack("<Q", second)), 32, link=8)
    heap_rows(image, s)
    sizes = image.section(image.place(struct.pack("<4I", 16, 32, 2048, 4096)),
                          16)
    image.row("class_size", sizes, 0, unit="b", width=4, stride=4, index="c",
              count=4)
    many = image.section(image.place(struct.pack("<4H", 2048, 1024, 32, 16)),
                         8)
    image.row("class_capacity", many, 0, width=2, stride=2, index="c",
              count=4)
    # owner, avail, idle, count, state, class, carved, wake, robbed
    units = ((second, 0, 0, 9, 5, 0, 40, 0, 0),
             (first, 0, 0, 3, 6, 1, 50, 0, 1),
             (first, 0, 0, 60, 7, 1, 1024, 64, 0),
             (0, 0xff, 0x0f, 0, 8, 2, 20, 0, 0),
             (0, 0, 0, 0, 9, 2, 0, 0, 0),
             (0, 0, 0, 0, 10, 0, 0, 0, 0))
    table = image.place(b"".join(struct.pack("<QQQIBBHHHxxxx", *unit)
                                 for unit in units))
    u = image.section(image.place(struct.pack("<Q", table)), 40,
                      many=image.place(struct.pack("<Q", 6 << 15)), shift=15)
    for name, offset, width in (
            ("owner", 0, 8), ("avail", 8, 8), ("idle", 16, 8),
            ("count", 24, 4), ("state", 28, 1), ("class", 29, 1),
            ("carved", 30, 2), ("wake", 32, 2), ("robbed", 34, 2)):
        image.row("unit_" + name, u, offset, index="u", width=width,
                  count=0, stride=0)
    return image.finish()


def copy_of(memory, longer=0):
    """A file of /dev/shm (lib/stats/copy.h): the memory in two pieces."""
    base, head = Image.BASE, 72 + longer
    cut = 72                    # between the page's head and its sections
    data = head + 2 * (24 + longer)
    pieces = ((base, cut, data + len(memory) - cut),
              (base + cut, len(memory) - cut, data))
    more = b"\1" * longer
    return (struct.pack("<8sIIIIQQQII16s", b"HAKMEMCP", 1, head, 24 + longer,
                        2, base, 10**18, 10**9, 17, 3, b"a program") + more +
            b"".join(struct.pack("<3Q", *piece) + more for piece in pieces) +
            memory[cut:] + memory[:cut])


PAGE = {
    "copy": copy_of(page_of_counters()),
    "copy-of-heaps": copy_of(page_of_heaps()),
    "copy-later": copy_of(page_of_counters(longer=4), longer=8),
    "copy-cut-off": copy_of(page_of_heaps())[:-30],
    "counters": page_of_counters(),
    "later": page_of_counters(longer=12),
    "heaps": page_of_heaps(),
    "loop": page_of_heaps(loop=True),
    "units": page_of_units(),
    "cut-off": page_of_units()[:-60],
}


def write_all(directory, inputs):
    os.makedirs(directory, exist_ok=True)
    for name, data in inputs.items():
        if isinstance(data, str):
            data = data.encode("latin-1")
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


def write(directory, functions, threads):
    os.makedirs(directory, exist_ok=True)
    for function in functions:
        seed = Seed(threads)
        function(seed)
        name = os.path.join(directory, function.__name__.replace("_", "-"))
        with open(name, "wb") as file:
            file.write(seed.data)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    write(os.path.join(sys.argv[1], "ops"), SINGLE, False)
    write(os.path.join(sys.argv[1], "threads"), THREADED, True)
    write_all(os.path.join(sys.argv[1], "conf"), CONF)
    write_all(os.path.join(sys.argv[1], "log"), LOG)
    write_all(os.path.join(sys.argv[1], "page"), PAGE)
    write_all(os.path.join(sys.argv[1], "recording"), RECORDING)


if __name__ == "__main__":
    main()
