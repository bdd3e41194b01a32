# SPDX-License-Identifier: MIT
"""The picture: a bar for each allocator and row, time and RSS, by gnuplot.

Bars are normalised to the best allocator of the row, so the best bar ends at
1 and shorter is better; bars that would leave the frame are cut, with their
value written at the end.  A failure is the word "fail" where the bar would
be.  The top group is the geometric mean over the rows without a failure.
"""

import os
import shutil
import subprocess

import report

COLOURS = ("#999999", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
           "#8c6d31", "#7f5fa8")
OURS = "#d7301f"

CUT = 3.0               # where bars end
WIDTH = 1000            # pixels
BAR = 8                 # pixels from one bar to the next
GAP = 10                # between groups
LABEL = 7               # points
TOP, BOTTOM = 74, 34    # margins
MEAN = "geometric mean"


def lengths(table, what):
    """{(row, allocator): ratio to the best of all, None for a failure}."""
    found = {(row, a): table.ratio(row, a, what, table.allocators)
             for row in table.rows for a in table.allocators}
    for a in table.allocators:
        good = [found[row, a] for row in table.rows if found[row, a]]
        found[MEAN, a] = report.geomean(good) if good else None
    return found


def colour(table, name):
    """Ours is red, peers have a colour by their place."""
    if name == table.subject:
        return OURS
    return COLOURS[table.allocators.index(name) % len(COLOURS)]


class Panel:
    """One half of the picture: the bars of one figure."""

    def __init__(self, table, what, title):
        self.table = table
        self.title = title
        self.rows = [MEAN, *table.rows]
        self.ratios = lengths(table, what)
        self.group = len(table.allocators) * BAR + GAP
        self.height = len(self.rows) * self.group

    def y(self, row_number, place):
        """The middle of a bar, pixels from the top of the panel."""
        return row_number * self.group + GAP / 2 + (place + 0.5) * BAR

    def data(self):
        """A gnuplot data block for each allocator."""
        for place, name in enumerate(self.table.allocators):
            lines = [f"{min(self.ratios[row, name], CUT):.4f} "
                     f"{self.y(i, place):.1f}"
                     for i, row in enumerate(self.rows)
                     if self.ratios[row, name]]
            yield name, "\n".join(lines)

    def labels(self):
        """(x, y, text) beside the bars that need a word."""
        for i, row in enumerate(self.rows):
            for place, name in enumerate(self.table.allocators):
                ratio = self.ratios[row, name]
                if ratio is None:
                    yield 0.03, self.y(i, place), "fail"
                elif ratio > CUT:
                    yield CUT + 0.03, self.y(i, place), f"{ratio:.1f}"
                elif row == MEAN:
                    yield ratio + 0.03, self.y(i, place), f"{ratio:.2f}"


def panel_script(panel, left, right, prefix, first):
    """The gnuplot commands of one panel."""
    total = panel.height + TOP + BOTTOM
    out = ["unset label", "unset arrow"]
    for x, y, text in panel.labels():
        out.append(f'set label "{text}" at {x:.3f},{y:.1f} left '
                   f'font ",{LABEL}" noenhanced front')
    for i in range(1, round(CUT * 2)):
        out.append(f"set arrow from {i / 2},0 to {i / 2},{panel.height} "
                   f"nohead lc rgb '{'#888888' if i == 2 else '#dddddd'}' "
                   "back")
    for i in range(1, len(panel.rows)):
        y = i * panel.group
        out.append(f"set arrow from 0,{y} to {CUT},{y} nohead "
                   f"lc rgb '{'#666666' if i == 1 else '#e4e4e4'}' back")
    tics = ", ".join(f'"{row}" {(i + 0.5) * panel.group:.1f}'
                     for i, row in enumerate(panel.rows))
    out += [
        f"set lmargin at screen {left}", f"set rmargin at screen {right}",
        f"set tmargin at screen {1 - TOP / total:.5f}",
        f"set bmargin at screen {BOTTOM / total:.5f}",
        f"set xrange [0:{CUT}]", f"set yrange [{panel.height}:0]",
        f'set title "{panel.title}" offset 0,-0.4',
        f"set ytics ({tics}) scale 0" if first else "unset ytics",
        f"set key at screen 0.5,{1 - 20 / total:.5f} center maxrows 1 "
        "samplen 1.5" if first else "unset key",
    ]
    plots = []
    for n, (name, lines) in enumerate(panel.data()):
        if not lines:
            continue
        out.append(f"${prefix}{n} << EOD\n{lines}\nEOD")
        plots.append(f"${prefix}{n} using ($1/2):2:($1/2):({BAR * 0.43}) "
                     f"with boxxyerror fc rgb '{colour(panel.table, name)}' "
                     f"lw 0 title \"{name}\" noenhanced")
    out.append("plot " + ", \\\n  ".join(plots))
    return "\n".join(out)


def script(table, output, terminal="svg"):
    """The whole gnuplot script."""
    time = Panel(table, "time", "time, best = 1")
    rss = Panel(table, "rss", "peak RSS, best = 1")
    kind = "svg" if terminal == "svg" else "pngcairo"
    background = 'background "white"' if terminal == "svg" else ""
    return "\n".join((
        f"set terminal {kind} size {WIDTH},{time.height + TOP + BOTTOM} "
        f'{background} font "sans-serif,11"',
        f'set output "{output}"',
        "set multiplot", "set style fill solid noborder",
        "set border 1 lc rgb '#666666'", "set xtics 0.5 nomirror scale 0.5",
        'set format x "%.1f"',
        panel_script(time, 0.155, 0.53, "time", True),
        panel_script(rss, 0.585, 0.96, "rss", False),
        "unset multiplot", ""))


def draw(table, directory):
    """Draws the picture; its path, or nothing without gnuplot."""
    if not shutil.which("gnuplot"):
        report.say("bench: no gnuplot, no picture")
        return ""
    source = os.path.join(directory, "table.gnuplot")
    target = os.path.join(directory, "table.svg")
    with open(source, "w", encoding="utf-8") as file:
        file.write(script(table, os.path.basename(target)))
    done = subprocess.run(["gnuplot", os.path.basename(source)],
                          cwd=directory, capture_output=True, text=True,
                          check=False)
    if done.returncode or done.stderr.strip():
        report.say("bench: gnuplot: " + done.stderr.strip())
    return target if done.returncode == 0 else ""
