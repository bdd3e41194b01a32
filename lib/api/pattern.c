/* SPDX-License-Identifier: MIT */
/*
 * pattern.c - see pattern.h.  A branch that goes either way costs more than
 * what is done here, so there are few: sixteen bytes at a time are compared
 * as a vector, of which GCC and clang make what the machine has.
 */
#include "api/pattern.h"

#include "base/annotate.h"
#include "superslab/unitmap.h"

#include <string.h>

typedef uint64_t pair __attribute__((vector_size(16), aligned(1), may_alias));

#define PAIRS (HK_PATTERN_MAX / sizeof(pair))

static bool is_none(pair v)
{
	return !(v[0] | v[1]);
}

bool hk_is_zero(const void *p, size_t n)
{
	const pair *at = p;
	size_t pairs = n / sizeof(pair);
	pair any = { 0, 0 };
	uint64_t last = 0;

	hk_note_open(p, n);
	for (; pairs >= 4; pairs -= 4, at += 4)
		any |= at[0] | at[1] | at[2] | at[3];
	for (; pairs; pairs--)
		any |= *at++;
	if (n % sizeof(pair))
		memcpy(&last, at, sizeof(last));
	hk_note_close(p, n);
	return is_none(any) && !last;
}

/* Never zero, and nothing that is ASCII. */
static uint8_t pattern(void)
{
	return (uint8_t)(hk_arena.mark_key >> 8 | 0x80);
}

static pair pattern_pair(void)
{
	uint64_t eight = pattern() * 0x0101010101010101u;

	return (pair){ eight, eight };
}

/*
 * The HK_PATTERN_MAX bytes that have the pattern, or that end with it where
 * it is shorter.  A block may be too short for that.
 *
 *   base        base + before     base + HK_PATTERN_MAX
 *   +-----------+-----------------+------------------
 *   | program's | pattern         | zero, or the seal
 *   +-----------+-----------------+------------------
 */
struct window {
	pair *base;
	size_t before;
};

static bool has_window(size_t end)
{
	return hk_likely(end >= HK_PATTERN_MAX);
}

static struct window window_of(const char *p, size_t n, size_t end)
{
	size_t base = hk_min(n, end - HK_PATTERN_MAX);

	return (struct window){ (pair *)(p + base), n - base };
}

/*
 * Which bytes of pair `i` of a window are the pattern's: all ones.  They are
 * read at the place in a row of zeroes and ones where the window would have
 * to lie.
 */
static pair mask_of(const struct window *w, unsigned int i)
{
	static const unsigned char masks[2 * HK_PATTERN_MAX] = {
		[HK_PATTERN_MAX ... 2 * HK_PATTERN_MAX - 1] = 0xff
	};
	const unsigned char *first = &masks[HK_PATTERN_MAX - w->before];

	return ((const pair *)first)[i];
}

/*
 * Here the block may be the program's, which it stays for memcheck: bytes
 * before the pattern, and the one that a block of none has.  Whatever the
 * program does to those meanwhile is masked.
 */
static bool is_in_window(const struct window *w)
{
	pair differs = { 0, 0 };

	hk_note_deaf();
	for (unsigned int i = 0; i < PAIRS; i++)
		differs |= (w->base[i] ^ pattern_pair()) & mask_of(w, i);
	hk_note_hears();
	hk_note_open(&differs, sizeof(differs));
	return is_none(differs);
}

static bool is_byte_by_byte(const char *p, size_t n)
{
	bool is = true;

	hk_note_deaf();
	for (size_t i = 0; i < n; i++)
		is &= (uint8_t)p[i] == pattern();
	hk_note_hears();
	hk_note_open(&is, sizeof(is));
	return is;
}

bool hk_pattern_is(const char *p, size_t n, size_t end)
{
	struct window w;

	if (!has_window(end))
		return is_byte_by_byte(p + n, hk_pattern_size(n, end));
	w = window_of(p, n, end);
	return is_in_window(&w);
}

void hk_pattern_set(char *p, size_t n, size_t end)
{
	size_t behind = hk_pattern_size(n, end);

	hk_note_open(p + n, behind);
	memset(p + n, pattern(), behind);
	hk_note_close(p + n, behind);
}

/* What is before the pattern in its window may be written, as zero. */
void hk_pattern_set_zeroed(char *p, size_t n, size_t end)
{
	struct window w;

	if (!has_window(end)) {
		hk_pattern_set(p, n, end);
		return;
	}
	w = window_of(p, n, end);
	hk_note_open(w.base, HK_PATTERN_MAX);
	for (unsigned int i = 0; i < PAIRS; i++)
		w.base[i] = pattern_pair() & mask_of(&w, i);
	hk_note_close(w.base, HK_PATTERN_MAX);
}
