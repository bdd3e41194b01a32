/* SPDX-License-Identifier: MIT */
/*
 * strings - many strings that grow at their ends, all at once.
 *
 * Text is put together piece by piece: pages of HTML, lines of a log,
 * answers to requests.  Each step appends a few bytes to a random string by
 * realloc(), so that each one grows between others that grow too.  Half of
 * the strings are given exactly what they need each time, the others half
 * as much again when they are full.  A string that has reached its length
 * is checked byte by byte, cut down to its beginning, and starts again.
 */
#include "bench.h"

enum {
	PIECE_MAX = 48,		/* bytes that are appended */
	SHORTEST = 64,		/* lengths at which strings are complete */
	LONGEST_SHIFT = 8,	/* SHORTEST << 0 .. 8: 64 bytes to 16 KiB */
	KEPT = 16,		/* bytes of one that starts again */
};

struct string {
	unsigned char *text;
	size_t length;
	size_t room;
	size_t complete;
};

/* What byte i of string n is. */
static unsigned char letter(size_t n, size_t i)
{
	return (unsigned char)(n * 131 + i * 7 + (i >> 8));
}

/* The lengths to come: each power of two equally likely. */
static size_t pick_length(struct rng *rng)
{
	return (size_t)SHORTEST << rng_below(rng, LONGEST_SHIFT + 1);
}

static void resize(struct string *s, size_t room)
{
	unsigned char *p = realloc(s->text, room);

	if (!p)
		die("realloc to %zu bytes failed", room);
	__asm__ volatile("" : "+r"(p) : : "memory");
	s->text = p;
	s->room = room;
}

/* Appends a piece; the seam must be as it was before realloc(). */
static void append(struct string *s, size_t n, size_t piece)
{
	size_t old = s->length;

	if (old + piece > s->room)
		resize(s, n % 2 ? old + piece : (old + piece) * 3 / 2);
	for (size_t i = old; i < old + piece; i++)
		s->text[i] = letter(n, i);
	s->length = old + piece;
	if (old && (s->text[0] != letter(n, 0) ||
		    s->text[old - 1] != letter(n, old - 1)))
		die("string %zu of %zu bytes: not what it was", n, old);
}

static void check(const struct string *s, size_t n)
{
	for (size_t i = 0; i < s->length; i++)
		if (s->text[i] != letter(n, i))
			die("string %zu: byte %zu of %zu has changed", n, i,
			    s->length);
}

/* Keeps the beginning of a complete string, in a block that fits. */
static void start_again(struct string *s, size_t n, struct rng *rng)
{
	check(s, n);
	resize(s, KEPT);
	s->length = KEPT;
	s->complete = pick_length(rng);
	check(s, n);
}

int main(int argc, char **argv)
{
	uint64_t steps, seed;
	size_t count;
	struct string *strings;
	struct rng rng;
	double start, seconds;

	arg_help(argc, argv, "[STEPS [STRINGS [SEED]]]\n"
		 "  STEPS    pieces that are appended (800000)\n"
		 "  STRINGS  at once (2000)\n"
		 "  SEED     of the random numbers (1)");
	steps = arg_number(argc, argv, 1, "STEPS", 800000, 1, UINT64_MAX);
	count = arg_number(argc, argv, 2, "STRINGS", 2000, 1, 1 << 24);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	rng = rng_new(seed, 0);
	strings = table_new(count, sizeof(*strings));
	for (size_t n = 0; n < count; n++)
		strings[n].complete = pick_length(&rng);
	start = now();
	for (uint64_t i = 0; i < steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, count);
		struct string *s = &strings[n];

		append(s, n, 1 + scale_low(random, PIECE_MAX));
		if (s->length >= s->complete)
			start_again(s, n, &rng);
	}
	for (size_t n = 0; n < count; n++) {
		check(&strings[n], n);
		free(strings[n].text);
	}
	seconds = now() - start;
	report_ops("strings", steps, seconds);
	return 0;
}
