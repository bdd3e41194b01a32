# SPDX-License-Identifier: MIT
"""Mutants of C code: one small mistake each, of the kinds that people make.

Kinds, after the operators of A. J. Offutt et al., "An experimental
determination of sufficient mutant operators" (1996), and the removal of
statements: relational operators, logical connectors, negated conditions,
arithmetic and bitwise operators, constants off by one, conditions that are
always one way, calls and assignments left out.
"""

import dataclasses
import random
import re


@dataclasses.dataclass(frozen=True)
class Mutant:
    """Line `line` (from 0) of a file reads `new` instead of `old`."""

    path: str
    line: int
    kind: str
    old: str
    new: str


RELATIONS = {"==": ("!=",), "!=": ("==",), "<": ("<=", ">="),
             ">": (">=", "<="), "<=": ("<", ">"), ">=": (">", "<")}
CONNECTORS = {"&&": ("||",), "||": ("&&",)}
ARITHMETIC = {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",),
              "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",)}
ASSIGNMENTS = {"+=": ("-=",), "-=": ("+=",), "|=": ("&=",), "&=": ("|=",)}
# Binary operators have a blank on each side in this code, unary ones have not.
OPERATOR = re.compile(r"(?<= )(&&|\|\||[=!<>]=|<<|>>|[-+|&]=|[-+*/&|<>])"
                      r"(?= |$)")
NUMBER = re.compile(r"(?<![\w.\"'])(\d+)(?=[uUlL]*\b)(?![\w.]*[xX.])")
CONDITION = re.compile(r"^(\t+(?:\} else )?(?:if|while) \()(.+)(\)(?: \{)?)$")
STATEMENT = re.compile(r"^\t+(?!return\b|break\b|continue\b|goto\b|else\b)"
                       r"[\w>*.\[\]()&-]+(?:\(.*\)| [-+|&]?= .+|\+\+|--);$")
RETURNS = re.compile(r"^(\t+return )(true|false)(;)$")
NEVER = re.compile(r"^\s*(?:[#*/]|case\b|static_assert|enum\b|\w+:$)|"
                   r"[\"']|/\*|\*/|hk_debug_assert|CHECK")


def code_lines(text):
    """The numbers of the lines that are code, inside functions."""
    comment = macro = False
    inside = False
    for number, line in enumerate(text.split("\n")):
        begins = macro or line.startswith("#")
        macro = begins and line.endswith("\\")
        if comment:
            comment = "*/" not in line
            continue
        if "/*" in line and "*/" not in line.split("/*", 1)[1]:
            comment = True
            continue
        if line == "{":
            inside = True
        elif line == "}":
            inside = False
        elif inside and not begins and not NEVER.search(line):
            yield number, line


def replaced(line, match, new):
    return line[:match.start(1)] + new + line[match.end(1):]


def of_operators(line):
    kinds = (("relation", RELATIONS), ("connector", CONNECTORS),
             ("assignment", ASSIGNMENTS), ("arithmetic", ARITHMETIC))
    for match in OPERATOR.finditer(line):
        for kind, table in kinds:
            for new in table.get(match[1], ()):
                yield kind, replaced(line, match, new)


def of_numbers(line):
    for match in NUMBER.finditer(line):
        for new in {int(match[1]) + 1, max(int(match[1]) - 1, 0)}:
            if new != int(match[1]):
                yield "constant", replaced(line, match, str(new))


def of_conditions(line):
    match = CONDITION.match(line)
    if match and match[2].count("(") == match[2].count(")"):
        yield "negation", f"{match[1]}!({match[2]}){match[3]}"
        if "while" not in match[1]:
            yield "always", f"{match[1]}({match[2]}, 1){match[3]}"
        yield "never", f"{match[1]}({match[2]}, 0){match[3]}"


def of_statements(line):
    if STATEMENT.match(line):
        yield "removal", re.match(r"\t+", line)[0] + ";"
    match = RETURNS.match(line)
    if match:
        yield "return", match[1] + \
            ("false" if match[2] == "true" else "true") + match[3]


def of_line(line):
    for kinds in (of_operators, of_numbers, of_conditions, of_statements):
        yield from kinds(line)


def of_text(path, text):
    """All mutants of a file."""
    return [Mutant(path, number, kind, line, new)
            for number, line in code_lines(text)
            for kind, new in of_line(line) if new != line]


def drawn(mutants, count, seed):
    """`count` of them, no two of a line, the same ones for a seed."""
    order = sorted(mutants, key=lambda m: (m.path, m.line, m.kind, m.new))
    random.Random(seed).shuffle(order)
    lines, chosen = set(), []
    for mutant in order:
        if (mutant.path, mutant.line) not in lines and len(chosen) < count:
            lines.add((mutant.path, mutant.line))
            chosen.append(mutant)
    return chosen


def applied(mutant, text):
    lines = text.split("\n")
    if lines[mutant.line] != mutant.old:
        raise ValueError(f"{mutant.path}: line {mutant.line + 1} is another")
    lines[mutant.line] = mutant.new
    return "\n".join(lines)
