# SPDX-License-Identifier: MIT
"""Work for the python row: JSON, dictionaries, lists, strings, objects.

Run with PYTHONMALLOC=malloc, or the interpreter's own allocator hides the
one that is measured.  Prints checksums, the same under every allocator.
"""

import hashlib
import json
import random
import re
import sys


class Node:
    """An object with a dictionary of its own."""

    def __init__(self, key, left=None, right=None):
        self.key = key
        self.left = left
        self.right = right


def tree(depth, rng):
    """A full binary tree of objects."""
    if depth == 0:
        return None
    return Node(rng.random(), tree(depth - 1, rng), tree(depth - 1, rng))


def total(node):
    """The sum of a tree's keys."""
    return node.key + total(node.left) + total(node.right) if node else 0.0


def records(count, rng):
    """Records as a web service would have them."""
    return [{"id": i, "name": f"user{rng.randrange(10**6):06d}",
             "tags": [f"t{rng.randrange(500)}" for _ in range(i % 7)],
             "score": rng.random(), "active": i % 3 == 0,
             "address": {"street": "x" * (i % 40), "zip": i % 99999}}
            for i in range(count)]


def main(scale):
    """All of it, scale times as much as for a short test."""
    rng = random.Random(1)
    text = json.dumps(records(1200 * scale, rng))
    for _ in range(3):
        data = json.loads(text)
    print("json", len(data), hashlib.sha256(text.encode()).hexdigest()[:16])

    by_tag = {}
    for record in data:
        for tag in record["tags"]:
            by_tag.setdefault(tag, []).append(record["name"])
    print("tags", len(by_tag), max(map(len, by_tag.values())))

    words = re.findall(r"[a-z]+[0-9]+", text)
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    print("words", len(words), sorted(counts.items())[:2])

    lists = [[] for _ in range(1000)]
    for i in range(12000 * scale):
        lists[rng.randrange(1000)].append(i)
    print("lists", sum(len(x) * i for i, x in enumerate(lists)))

    print("tree", f"{total(tree(13, rng)):.6f}",
          f"{total(tree(14, rng)):.6f}")
    lines = "\n".join(r["name"] + "," + r["address"]["street"]
                      for r in data)
    print("join", len(sorted(lines.split("\n"), reverse=True)))


main(int(sys.argv[1]))
