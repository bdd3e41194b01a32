# SPDX-License-Identifier: MIT
#
# insn.awk - reads objdump's listing of one x86-64 function and prints how
# many instructions its fast path has: the longest way from the entry to a
# "ret" that calls nothing, goes back nowhere and stays in the function.
# What leaves the function, by a call, by a jump to another function or by
# stopping, is the cold side.  Padding and endbr64, which the user's flags
# decide about, are not counted.
#
# Prints the count, and after it the listing of that path; "none" where no
# path returns without a call.

# ADDRESS:<tab>MNEMONIC OPERANDS
/^ *[0-9a-f]+:\t/ {
	line = $0
	sub(/^ */, "", line)
	address = line
	sub(/:.*/, "", address)
	sub(/^[0-9a-f]+:\t/, "", line)
	sub(/[ \t]+$/, "", line)
	n++
	at[address] = n
	text[n] = line
	split(line, word, /[ \t]+/)
	# Prefixes stand in front of the instruction that they change.
	i = 1
	while (word[i] ~ /^(bnd|notrack|lock|rep|repz|repnz|data16|cs|ds)$/)
		i++
	name[n] = word[i]
	operand[n] = word[i + 1]
}

# The longest way from instruction i, or -1 where there is none.  done[]
# keeps what was found; open[] holds the instructions on the way here, and a
# way that meets one of them goes round in a circle.
function longest(i,    best, other, own)
{
	if (i > n || i == 0)
		return -1
	if (i in done)
		return done[i]
	if (open[i])
		return -1
	open[i] = 1
	own = (name[i] ~ /^(endbr64|nop|nopw|nopl)$/) ? 0 : 1
	best = -1
	if (name[i] ~ /^ret/) {
		best = 0
	} else if (name[i] ~ /^(call|hlt|ud2|syscall|int3)/) {
		best = -1
	} else if (name[i] == "jmp" || name[i] == "jmpq") {
		best = longest(at[operand[i]] + 0)
		follow[i] = at[operand[i]] + 0
	} else {
		best = longest(i + 1)
		follow[i] = i + 1
		if (name[i] ~ /^(j|loop)/) {
			other = longest(at[operand[i]] + 0)
			if (other > best) {
				best = other
				follow[i] = at[operand[i]] + 0
			}
		}
	}
	open[i] = 0
	done[i] = best < 0 ? -1 : best + own
	return done[i]
}

END {
	count = longest(1)
	if (count < 0) {
		print "none"
		exit
	}
	print count
	for (i = 1; name[i] !~ /^ret/; i = follow[i])
		print "  " text[i]
	print "  " text[i]
}
