# SPDX-License-Identifier: MIT
#
# literals.awk - prints the string literals of C files, one a line, adjacent
# ones joined as a compiler does.  What stands in directives, in comments and
# in static_assert() is left out.

# The text of the file, but for its directives.
!/^[ \t]*#/ { text = text $0 "\n" }

# The length of the literal that starts at `i`, quotes included.
function literal(i,    j) {
	for (j = i + 1; substr(text, j, 1) != "\""; j++)
		if (substr(text, j, 1) == "\\")
			j++
	return j - i + 1
}

END {
	end = length(text)
	for (i = 1; i <= end; i++) {
		c = substr(text, i, 1)
		if (substr(text, i, 2) == "/*") {
			i += index(substr(text, i + 2), "*/") + 2
		} else if (substr(text, i, 13) == "static_assert") {
			i += index(substr(text, i), ";") - 1
		} else if (c == "'") {
			i += substr(text, i + 1, 1) == "\\" ? 3 : 2
		} else if (c == "\"") {
			n = literal(i)
			joined = joined substr(text, i + 1, n - 2)
			open = 1
			i += n - 1
		} else if (open && c !~ /[ \t\n]/) {
			print joined
			joined = ""
			open = 0
		}
	}
}
