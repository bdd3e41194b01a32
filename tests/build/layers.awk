# SPDX-License-Identifier: MIT
#
# layers.awk - reads the files of lib/ and prints the #include lines that
# break the order of the layers.  A file may include its own directory and
# those below; policy and stats stand beside the others.
#
# A path is taken from the last "lib/" on.

BEGIN {
	below["base"] = ""
	below["os"] = "base policy stats"
	below["superslab"] = "base os policy stats"
	below["slab"] = "base os superslab policy stats"
	below["heap"] = "base os superslab slab policy stats"
	below["api"] = "base os superslab slab heap policy stats"
	below["policy"] = "base"
	below["stats"] = "base"
	# These two read the system and write to it.
	more["policy/conf.c"] = "os"
	more["stats/stats_emit.c"] = "os policy"
}

function complain(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what
}

FNR == 1 {
	file = FILENAME
	sub(/^.*lib\//, "", file)
	layer = file
	sub(/\/.*/, "", layer)
	if (!(layer in below))
		complain("the directory " layer " is no known layer")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	target = part[2]
	if (target == "hakmem.h") {
		if (layer != "api" && layer != "stats")
			complain("only api and stats know hakmem.h")
		next
	}
	if (target !~ /^[a-z]+\/[a-z0-9_]+\.h$/) {
		complain("\"" target "\" is not written as \"layer/file.h\"")
		next
	}
	wanted = target
	sub(/\/.*/, "", wanted)
	allowed = " " layer " " below[layer] " " more[file] " "
	if (index(allowed, " " wanted " ") == 0)
		complain(layer " must not include " target)
}
