# SPDX-License-Identifier: MIT
#
# layers.awk - reads the files of a tree and prints the #include lines that
# break the order of its layers.  A file may include its own directory and
# those below.
#
# The tree is lib/ or, with -v tool=1, tools/hakmem-stat/; a path is taken
# from the last of it on.

BEGIN {
	if (tool)
		layers_of_the_tool()
	else
		layers_of_the_library()
}

# policy and stats stand beside the others.
function layers_of_the_library()
{
	tree = "lib/"
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

# What reads a process knows what is there, and nothing of the library that
# does anything; what tells of options asks the library itself.
function layers_of_the_tool()
{
	tree = "tools/hakmem-stat/"
	below["common"] = ""
	below["process"] = "common os policy stats superslab"
	below["figures"] = "common process base policy slab stats"
	below["display"] = "common process figures"
	below["commands"] = "common process figures display heap policy stats"
	below["top"] = below["commands"] " commands"
	below["doctor"] = below["commands"] " commands os"
}

function complain(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what
}

FNR == 1 {
	file = FILENAME
	sub("^.*" tree, "", file)
	layer = file
	sub(/\/.*/, "", layer)
	if (!(layer in below))
		complain("the directory " layer " is no known layer")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	target = part[2]
	if (target == "hakmem.h" && !tool) {
		if (layer != "api" && layer != "stats")
			complain("only api and stats know hakmem.h")
		next
	}
	# Parts of hakmem-preload, which has one directory.
	if (layer == "doctor" && tool && target ~ /^[a-z_]+\.h$/)
		next
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
