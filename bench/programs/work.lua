-- SPDX-License-Identifier: MIT
-- Work for the lua row: tables, strings, closures, binary trees.  Prints
-- checksums, the same under every allocator.

local scale = tonumber(arg[1])

-- A generator of our own: math.random is seeded differently by versions.
local state = 1
local function random(n)
	state = (state * 1103515245 + 12345) % 2147483648
	return state // 65536 % n + 1
end

local function tree(depth)
	if depth == 0 then
		return { value = 1 }
	end
	return { left = tree(depth - 1), right = tree(depth - 1), value = depth }
end

local function sum(node)
	if not node.left then
		return node.value
	end
	return node.value + sum(node.left) + sum(node.right)
end

local trees = 0
for _ = 1, scale do
	trees = trees + sum(tree(12))
end
print("trees", trees)

local counts, words = {}, {}
for _ = 1, 20000 * scale do
	local word = "w" .. random(5000)
	counts[word] = (counts[word] or 0) + 1
	words[#words + 1] = word
end
table.sort(words)
print("words", #words, words[1], counts[words[1]])

local parts = {}
for i = 1, 10000 * scale do
	parts[i] = string.format("%d:%s;", i, string.rep("x", random(60)))
end
local text = table.concat(parts)
print("text", #text, select(2, text:gsub("x:", "")))

local queue = {}
for i = 1, 10000 * scale do
	local seen = i
	queue[#queue + 1] = function(n) seen = seen + n return seen end
	if #queue > 500 then
		queue = { queue[#queue] }
	end
end
print("closures", queue[#queue](1))
