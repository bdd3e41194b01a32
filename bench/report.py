# SPDX-License-Identifier: MIT
"""What becomes of the figures: medians, ratios, tables, the machine.

A ratio is always one of medians of the same run.  "Best peer" is the best
allocator of a row that is not ours; names that begin with the subject's
(hakmem, hakmem-old ...) are ours.  A failure is a cell of its own and keeps
the row out of that allocator's mean, which then says so.
"""

import csv
import dataclasses
import json
import math
import os
import re
import statistics
import subprocess
import sys

# What "Done when" and the design ask for, to mark the rows that miss it.
LIMIT_TIME = 1.10
LIMIT_RSS = 1.25

# The part of the machine that others may use before a report says so.
BUSY = 0.05

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"

MEDIAN_FIELDS = ("row", "allocator", "runs", "result", "time", "time_min",
                 "time_max", "cpu", "rss_kib", "minflt", "time_over_best_peer",
                 "rss_over_best_peer", "os_calls", "figure")


@dataclasses.dataclass
class Cell:
    """The medians of one allocator on one row."""

    result: str = "missing"
    runs: int = 0
    time: float = 0.0
    time_min: float = 0.0
    time_max: float = 0.0
    cpu: float = 0.0
    rss: float = 0.0        # KiB
    faults: float = 0.0
    figure: float = 0.0
    unit: str = ""
    exact: bool = False     # every peak was read to the page
    calls: int = -1         # to the system, for memory; -1: not counted

    @property
    def good(self):
        """Whether every run of it ended as it should."""
        return self.result == "ok"

    @classmethod
    def of(cls, runs):
        """From the dictionaries of runs.csv; one bad run spoils a cell."""
        bad = [r["result"] for r in runs if r["result"] != "ok"]
        if bad or not runs:
            return cls(result=bad[0] if bad else "missing", runs=len(runs))
        column = {f: [float(r[f]) for r in runs]
                  for f in ("time", "user", "sys", "rss_kib", "minflt")}
        figures = [re.match(r"\S+: ([0-9.]+) ([^,]+)", r["figure"])
                   for r in runs]
        figures = [f for f in figures if f]
        return cls("ok", len(runs), statistics.median(column["time"]),
                   min(column["time"]), max(column["time"]),
                   statistics.median(map(sum, zip(column["user"],
                                                  column["sys"]))),
                   statistics.median(column["rss_kib"]),
                   statistics.median(column["minflt"]),
                   statistics.median(float(f[1]) for f in figures)
                   if figures else 0.0,
                   figures[0][2] if figures else "",
                   all(r.get("exact") == "1" for r in runs))


def read_calls(directory):
    """The lines of calls.csv; none where calls were not counted."""
    path = os.path.join(directory, "calls.csv")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def say(text):
    """Progress and messages: standard error, at once."""
    print(text, file=sys.stderr, flush=True)


def geomean(values):
    """The geometric mean; values are above zero."""
    return math.exp(statistics.fmean(map(math.log, values)))


class Table:
    """All medians of one run, and the questions that are asked of them."""

    def __init__(self, about, cells, subject, baseline):
        self.about = about
        self.cells = cells
        self.subject = subject
        self.baseline = baseline
        self.rows = about["rows"]
        self.allocators = about["allocators"]
        self.peers = [a for a in self.allocators
                      if not a.startswith(subject)]
        self.fast = [a for a in self.peers if a != baseline]

    @classmethod
    def read(cls, directory, subject, baseline):
        """From what a run left in its directory."""
        with open(os.path.join(directory, "about.json"),
                  encoding="utf-8") as file:
            about = json.load(file)
        with open(os.path.join(directory, "runs.csv"), encoding="utf-8",
                  newline="") as file:
            runs = list(csv.DictReader(file))
        cells = {}
        for row in about["rows"]:
            for name in about["allocators"]:
                cells[row, name] = Cell.of(
                    [r for r in runs
                     if r["row"] == row and r["allocator"] == name])
        for line in read_calls(directory):
            cell = cells.get((line["row"], line["allocator"]))
            if cell:
                cell.calls = int(line["total"])
                about["calls"] = line["source"]
        return cls(about, cells, subject, baseline)

    def best(self, row, what, among):
        """The best allocator of a row by Cell field, and its value."""
        values = [(getattr(self.cells[row, a], what), a) for a in among
                  if self.cells[row, a].good]
        return min(values) if values else (0.0, "")

    def ratio(self, row, name, what, among=None):
        """An allocator's figure over the best one's; None without both."""
        best, _ = self.best(row, what, self.peers if among is None else among)
        cell = self.cells[row, name]
        return getattr(cell, what) / best if cell.good and best else None

    def mean(self, name, what, among=None):
        """Geometric mean of the ratios, and over how many rows."""
        ratios = [self.ratio(r, name, what, among) for r in self.rows]
        ratios = [r for r in ratios if r]
        return (geomean(ratios) if ratios else 0.0), len(ratios)

    def failures(self):
        """(row, allocator, reason) of every cell that is not good."""
        return [(r, a, self.cells[r, a].result) for r in self.rows
                for a in self.allocators if not self.cells[r, a].good]

    def fatal_failures(self):
        """Those that make the run itself fail: ours, or the harness's."""
        return [f for f in self.failures()
                if f[1] in (self.subject, self.baseline)]

    # --- files -----------------------------------------------------------

    def write_medians(self, path):
        """One line per row and allocator."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(MEDIAN_FIELDS)
            for (row, name), c in self.cells.items():
                ratios = [self.ratio(row, name, w) for w in ("time", "rss")]
                out.writerow((row, name, c.runs, c.result, f"{c.time:.6f}",
                              f"{c.time_min:.6f}", f"{c.time_max:.6f}",
                              f"{c.cpu:.6f}", f"{c.rss:.0f}",
                              f"{c.faults:.0f}",
                              *(f"{r:.4f}" if r else "" for r in ratios),
                              c.calls if c.calls >= 0 else "",
                              f"{c.figure:g} {c.unit}".strip()
                              if c.unit else ""))

    def grid(self, what, show, limit):
        """Heading and lines of one table, as lists of words."""
        ours = self.subject in self.allocators
        head = ["workload", *self.allocators]
        if ours:
            head += [f"{self.subject}/best", "best peer"]
        lines = []
        for row in self.rows:
            line = [row]
            for name in self.allocators:
                cell = self.cells[row, name]
                line.append(show(getattr(cell, what)) if cell.good
                            else "fail")
            if ours:
                ratio = self.ratio(row, self.subject, what)
                mark = "*" if ratio and ratio > limit else ""
                line += [f"{ratio:.2f}{mark}" if ratio else "-",
                         self.best(row, what, self.peers)[1] or "-"]
            lines.append(line)
        return head, lines

    def grids(self):
        """(title, heading, lines) of every table."""
        metric = "user + system time" if self.about["metric"] == "cpu" \
            else "time"
        yield (f"{metric.capitalize()}, seconds",
               *self.grid("time", "{:.3f}".format, LIMIT_TIME))
        yield ("Peak RSS, MiB",
               *self.grid("rss", lambda k: f"{k / 1024:.1f}", LIMIT_RSS))
        yield ("Page faults",
               *self.grid("faults", "{:.0f}".format, math.inf))
        if "calls" in self.about:
            yield ("Calls to the system for memory",
                   ["workload", *self.allocators], self.calls_lines())
        head = ["", *self.allocators]
        yield "Geometric mean over the best peer of each row", head, [
            self.mean_line("time", "time", None),
            self.mean_line("peak RSS", "rss", None),
            self.mean_line("peak RSS, fast peers", "rss", self.fast),
        ]
        lines = self.figure_lines()
        if lines:
            yield "Figures of their own", head, lines

    def calls_lines(self):
        """Counts of all rows; "-" where nobody counted."""
        return [[row] + [str(self.cells[row, a].calls)
                         if self.cells[row, a].calls >= 0 else "-"
                         for a in self.allocators] for row in self.rows]

    def rough(self):
        """The rows whose peak RSS was not read to the page."""
        return [r for r in self.rows if not all(
            self.cells[r, a].exact for a in self.allocators
            if self.cells[r, a].good)]

    def mean_line(self, title, what, among):
        """The means of all allocators; (n) where rows are missing."""
        line = [title]
        for name in self.allocators:
            mean, count = self.mean(name, what, among)
            partial = f" ({count})" if count < len(self.rows) else ""
            line.append(f"{mean:.3f}{partial}" if count else "-")
        return line

    def figure_lines(self):
        """The closing lines of the rows that have something to say."""
        lines = []
        for row in self.about.get("figures", ()):
            units = {self.cells[row, a].unit for a in self.allocators} - {""}
            if units:
                lines.append([f"{row}: {units.pop()}"] + [
                    f"{self.cells[row, a].figure:.2f}"
                    if self.cells[row, a].good else "fail"
                    for a in self.allocators])
        return lines

    def remarks(self):
        """Sentences about what the tables cannot show."""
        for row, name, reason in self.failures():
            yield f"fail: {name} on {row}: {reason}."
        for name in self.about["missing"]:
            yield f"Not there and not measured: {name}."
        for row in self.about["absent"]:
            yield f"Not measured, program not installed: {row}."
        if self.about.get("others", 0) > BUSY:
            yield (f"Other programs took {self.about['others']:.0%} of the "
                   "processors meanwhile: times are not to be trusted.")
        if self.about.get("seldom") and self.about["rounds"] > 1:
            yield ("Not in every round: "
                   + ", ".join(self.about["seldom"]) + ".")
        rough = self.rough()
        if rough:
            which = "all rows" if rough == self.rows else ", ".join(rough)
            yield (f"Peak RSS by wait4(), not read to the page: {which}.")
        if self.about.get("calls", "strace") != "strace":
            yield (f"Without strace {self.subject} counts its calls itself, "
                   "and those of the dynamic linker are missing.")
        failed = len(self.failures())
        if failed:
            yield (f"{failed} failed cells are in no mean; (n) is the "
                   f"number of rows counted, of {len(self.rows)}.")
        if self.subject in self.allocators:
            yield (f"* more than {LIMIT_TIME:.2f} x the time or "
                   f"{LIMIT_RSS:.2f} x the peak RSS of the best peer.")

    def text(self):
        """The tables as plain text."""
        parts = []
        if self.about["quick"]:
            parts.append("Quick run: the figures mean nothing.\n")
        for title, head, lines in self.grids():
            parts.append(title + "\n\n" + columns(head, lines))
        parts.append("".join(r + "\n" for r in self.remarks()))
        return "\n".join(p for p in parts if p)


def is_name(column, head):
    """Whether a column holds words, which stand to the left."""
    return column == 0 or head[column] in ("best peer", "mode")


def columns(head, lines):
    """Aligned columns, two blanks between them."""
    table = [head, *lines]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    rule = ["-" * w for w in widths]
    return "".join(
        "  ".join(word.ljust(w) if is_name(i, head) else word.rjust(w)
                  for i, (word, w) in enumerate(zip(line, widths))).rstrip()
        + "\n" for line in (head, rule, *lines))


def markdown_table(head, lines):
    """The same as a Markdown table."""
    rule = [":--" if is_name(i, head) else "--:" for i in range(len(head))]
    return "".join("| " + " | ".join(line) + " |\n"
                   for line in (head, rule, *lines)).replace("*", r"\*")


# --- the machine and the versions ----------------------------------------

def first(path, pattern, default="unknown"):
    """The first group of a pattern in a file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return default
    return found[1].strip() if found else default


def machine():
    """What the figures were measured on: no names, no paths."""
    uname = os.uname()
    memory = int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0"))
    libc = os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    return {
        "processor": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$",
                           uname.machine),
        "architecture": uname.machine,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**20:.1f} GiB",
        "kernel": f"{uname.sysname} "
                  + ".".join(re.findall(r"\d+", uname.release)[:3]),
        "transparent huge pages": first(
            "/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]"),
        "system": first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "C library": libc,
    }


def output_of(*command):
    """What a command prints, or nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def version(path, source):
    """The version of an allocator: of its package, or of our source."""
    if not path:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    real = os.path.realpath(path)
    if source:
        commit = output_of("git", "-C", source, "describe", "--always",
                           "--dirty", "--tags")
        return f"{os.path.basename(real)}, commit {commit}" if commit \
            else os.path.basename(real)
    for candidate in (real, path, re.sub(r"^/usr", "", real)):
        package = output_of("dpkg-query", "-S", candidate).partition(":")[0]
        if package:
            return package + " " + output_of(
                "dpkg-query", "-W", "-f", "${Version}", package)
    return output_of("rpm", "-qf", real) or os.path.basename(real)


# --- doc/benchmarks.md ---------------------------------------------------

def markdown(table, image):
    """The measured section: the machine, the tables, the picture."""
    about = table.about
    parts = ["| | |\n|:--|:--|\n"
             + "".join(f"| {k} | {v} |\n"
                       for k, v in about["machine"].items())
             + "".join(f"| {k} | {v} |\n"
                       for k, v in about["versions"].items())]
    parts.append(f"Rounds: {about['rounds']}; every figure is a median.\n")
    if image:
        parts.append(f"![time and peak RSS of every allocator on every "
                     f"workload]({image})\n")
    for title, head, lines in table.grids():
        parts.append(f"### {title}\n\n" + markdown_table(head, lines))
    remarks = "".join(f"- {r}\n" for r in table.remarks())
    parts.append(remarks.replace("- * ", r"- \* "))
    return "\n".join(p for p in parts if p)


def write_markdown(table, path, drawn):
    """The measured section of doc/benchmarks.md, the picture beside it."""
    image = ""
    if drawn:
        image = os.path.splitext(os.path.basename(path))[0] + ".svg"
        with open(drawn, encoding="utf-8") as source, \
                open(os.path.join(os.path.dirname(path), image), "w",
                     encoding="utf-8") as target:
            target.write(source.read())
    write_section(path, PREFACE, markdown(table, image))


def write_section(path, preface, contents):
    """Replaces the measured section of a file, or begins the file."""
    section = f"{BEGIN}\n\n{contents}\n{END}"
    text = preface + section + "\n"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = file.read()
        before, begin, rest = old.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise SystemExit(f"bench: {path} has no measured section "
                             f"({BEGIN} ... {END})")
        text = before + section + after
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


PREFACE = """\
# Benchmarks

Every figure is a median of runs that were made side by side: in each round
every allocator runs every workload once, from the same binary, in the same
clean environment, chosen by `LD_PRELOAD`.  Only ratios between columns mean
something; the seconds are those of one machine.  `bench/README.md` says what
the workloads do and how to make this table again.

"""
