/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - blocks whose every byte is known: patterns to fill and verify,
 * a random number generator, and the sizes at which an allocator changes its
 * mind.  Includes check.h; allocates nothing itself.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <time.h>

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

/* xorshift64*: `state` must not be 0. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static inline size_t random_below(uint64_t *state, size_t limit)
{
	return (size_t)((random_next(state) >> 11) % limit);
}

/*
 * A size as programs ask for them: mostly small, each further step of a
 * factor of eight or so a quarter as likely, up to `max`.
 */
static inline size_t random_size(uint64_t *state, size_t max)
{
	size_t limit = 128;

	while (limit < max && random_below(state, 4) == 0)
		limit *= 8;
	return random_below(state, limit < max ? limit : max) + 1;
}

static inline uint64_t pattern_word(uint64_t seed, size_t index)
{
	return (seed + index) * 0x9e3779b97f4a7c15ull ^ seed;
}

/* Fills bytes [from, to) of a block with the pattern of `seed`. */
static inline void pattern_fill(void *block, size_t from, size_t to,
	uint64_t seed)
{
	unsigned char *bytes = (unsigned char *)block;
	size_t i = from;

	while (i < to) {
		uint64_t word = pattern_word(seed, i / 8);

		if (i % 8 == 0 && to - i >= 8) {
			memcpy(bytes + i, &word, 8);
			i += 8;
		} else {
			bytes[i] = (unsigned char)(word >> (i % 8 * 8));
			i++;
		}
	}
}

/* The first byte in [from, to) that is not the pattern's, else `to`. */
static inline size_t pattern_check(const void *block, size_t from, size_t to,
	uint64_t seed)
{
	const unsigned char *bytes = (const unsigned char *)block;
	size_t i = from;

	while (i < to) {
		uint64_t word = pattern_word(seed, i / 8);

		if (i % 8 == 0 && to - i >= 8 &&
			memcmp(bytes + i, &word, 8) == 0) {
			i += 8;
			continue;
		}
		if (bytes[i] != (unsigned char)(word >> (i % 8 * 8)))
			return i;
		i++;
	}
	return to;
}

/* The first byte in [0, size) that is not zero, else `size`. */
static inline size_t zero_check(const void *block, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)block;
	size_t i = 0;

	for (; size - i >= 8; i += 8) {
		uint64_t word;

		memcpy(&word, bytes + i, 8);
		if (word)
			break;
	}
	while (i < size && !bytes[i])
		i++;
	return i;
}

#define CHECK_PATTERN(block, from, to, seed)                                   \
	do {                                                                   \
		size_t check_to = (to);                                        \
		size_t check_bad = pattern_check(block, from, check_to, seed); \
		CHECK_EQ(check_bad, check_to);                                 \
	} while (0)

#define CHECK_ZERO(block, size)                                                \
	do {                                                                   \
		size_t check_to = (size);                                      \
		size_t check_first_dirty = zero_check(block, check_to);        \
		CHECK_EQ(check_first_dirty, check_to);                         \
	} while (0)

static inline bool is_aligned(const void *block, size_t alignment)
{
	return (uintptr_t)block % alignment == 0;
}

/*
 * Calls visit(size) for sizes around which blocks are likely to change
 * kind: one below, at and above each step of an eighth of a power of two
 * (16 bytes in the smallest sizes), from 1 to `max`.
 */
static inline void each_boundary(size_t max, void (*visit)(size_t size))
{
	size_t step = 16;
	size_t size = 16;

	visit(1);
	while (size <= max) {
		visit(size - 1);
		visit(size);
		visit(size + 1);
		if (size / step >= 16)
			step *= 2;
		size += step;
	}
}

/* A number out of a line of a file below /proc/self: 0 where it has none. */
static inline size_t proc_number(const char *path, const char *key)
{
	static char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;
	const char *at;

	if (fd < 0)
		return 0;
	while (len < sizeof(text) - 1 &&
		(n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	at = strstr(text, key);
	return at ? (size_t)strtoull(at + strlen(key), NULL, 10) : 0;
}

/*
 * Resident bytes of this process.  Not for several threads at once.  0 under
 * an emulator, where nobody knows.
 */
static inline size_t resident_bytes(void)
{
	if (check_emulated())
		return 0;
	return proc_number("/proc/self/status", "VmRSS:") * KIB;
}

/* Lines in /proc/self/maps. */
static inline size_t count_mappings(void)
{
	char text[4096];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t lines = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	}
	if (fd >= 0)
		close(fd);
	return lines;
}

static inline uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif /* BLOCKS_H */
