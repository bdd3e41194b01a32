# SPDX-License-Identifier: MIT
#
# style.awk - prints the lines of C files that break the house style, as far
# as a script can see it.  With -v library=1 the rules for lib/ are added.

function complain(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what
}

# The width of a line with tabs to every 8th column.
function width(line,    i, n, c, bytes)
{
	n = 0
	bytes = length(line)
	for (i = 1; i <= bytes; i++) {
		c = substr(line, i, 1)
		if (c == "\t")
			n += 8 - n % 8
		else
			n++
	}
	return n
}

FNR == 1 {
	start = 0
	if ($0 !~ /SPDX-License-Identifier: MIT/)
		complain("the first line is not the SPDX line")
	# Where the compiler's conditions live.
	conditions = FILENAME ~ /lib\/base\/(base|annotate)\.h$/ || \
		FILENAME ~ /lib\/os\/os_[a-z]+\.[ch]$/
}

FNR == 2 && !/^\/\*/ { complain("no comment tells what the file is") }

width($0) > 80 { complain("longer than 80 columns") }
/[ \t]$/ { complain("blanks at the end") }
/^        / { complain("indented with blanks") }
/TODO|FIXME|XXX/ { complain("unfinished") }
/^[ \t]*#[ \t]*include.*\.c[">]/ { complain("includes a source file") }

library && !conditions && /^[ \t]*#[ \t]*(if|elif|else)/ {
	if (!(FILENAME ~ /\.h$/ && /^#ifndef HK_[A-Z0-9_]+_H$/))
		complain("a condition of the compiler outside base and os")
}

# A function is what stands between braces in the first column.
/^\{/ { start = FNR }
/^\}/ && start {
	if (library && FNR - start > 100)
		complain("a function of " FNR - start - 1 " lines")
	start = 0
}
