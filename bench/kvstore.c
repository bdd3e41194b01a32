/* SPDX-License-Identifier: MIT */
/*
 * kvstore - values of a cache whose sizes and lifetimes are mixed, for long.
 *
 * A table of keys holds values of 16 bytes to 64 KiB, small ones more often
 * than large ones.  Values are overwritten, read, deleted, and expire: each
 * has a time to live, short for most, so old ones sit between young ones.
 * As the hours go by the values that are stored drift from small to large
 * and halfway back, while the total stays below a limit: when it is passed,
 * values of random keys are thrown out.  What an allocator has set aside for
 * yesterday's sizes does not help with today's.
 *
 * The figure is resident memory over stored bytes at the end of the last
 * hour; the table of keys is not in it.
 */
#include "bench.h"

enum {
	SMALLEST_SHIFT = 4,	/* 16 bytes */
	LARGEST_SHIFT = 16,	/* 64 KiB */
	WINDOW = 7,		/* powers of two that are stored in an hour */
	HOURS = 12,
	NOON = 7,		/* the hour of the largest values */
	LONG_LIFE = 8,		/* one value in so many lives long */
	SWEEP = 64,		/* keys that are looked at for expiry */
	PAGE = 4096,
};

struct value {
	unsigned char *block;
	uint32_t size;
	uint32_t expires;	/* in steps / SWEEP */
};

struct store {
	struct value *value;
	size_t keys;
	size_t limit;
	size_t live;		/* bytes */
	size_t hand;		/* where the next sweep begins */
	uint32_t clock;
};

static void drop(struct store *s, size_t key)
{
	struct value *v = &s->value[key];

	if (!v->block)
		return;
	block_delete(v->block, v->size, key);
	s->live -= v->size;
	v->block = NULL;
}

static void put(struct store *s, size_t key, size_t size, uint32_t life)
{
	struct value *v = &s->value[key];

	drop(s, key);
	v->block = block_raw(size);
	for (size_t i = 0; i < size; i += PAGE)
		v->block[i] = 1;
	block_mark(v->block, size, key);
	v->size = (uint32_t)size;
	v->expires = s->clock + life;
	s->live += size;
}

static void get(const struct store *s, size_t key)
{
	const struct value *v = &s->value[key];

	if (v->block)
		block_check(v->block, v->size, key);
}

/* The next keys in turn: those whose time is up go. */
static void sweep(struct store *s)
{
	s->clock++;
	for (size_t i = 0; i < SWEEP; i++) {
		if (s->value[s->hand].expires <= s->clock)
			drop(s, s->hand);
		s->hand = s->hand + 1 < s->keys ? s->hand + 1 : 0;
	}
}

/* The smallest size of an hour: up until the noon, then half of it down. */
static size_t lowest_shift(size_t hour)
{
	size_t way = LARGEST_SHIFT - WINDOW - SMALLEST_SHIFT;

	if (hour <= NOON)
		return SMALLEST_SHIFT + hour * way / NOON;
	return LARGEST_SHIFT - WINDOW -
		(hour - NOON) * way / (2 * (HOURS - 1 - NOON));
}

/*
 * Of the powers of two of the hour each is half as likely as the one below;
 * the size lies evenly between a power and the next.
 */
static size_t pick_size(struct rng *rng, size_t hour)
{
	uint64_t random = rng_next(rng);
	size_t up = (size_t)__builtin_ctzll(random | 1 << (WINDOW - 1));
	size_t power = (size_t)1 << (lowest_shift(hour) + up);

	return power + scale_high(random, power);
}

static void step(struct store *s, struct rng *rng, size_t hour)
{
	uint64_t random = rng_next(rng);
	size_t key = scale_high(random, s->keys);
	size_t what = scale_low(random, 16);
	uint32_t life = (uint32_t)(s->keys / SWEEP);

	if (what < 5) {
		get(s, key);
	} else if (what < 6) {
		drop(s, key);
	} else {
		put(s, key, pick_size(rng, hour),
		    random % LONG_LIFE ? life / 2 : life * 8);
		while (s->live > s->limit)
			drop(s, rng_below(rng, s->keys));
	}
}

int main(int argc, char **argv)
{
	struct store s = { 0 };
	uint64_t steps, seed;
	struct rng rng;
	double start, seconds, ratio;
	size_t tables, empty;

	arg_help(argc, argv, "[STEPS [KEYS [MIB [SEED]]]]\n"
		 "  STEPS  in all hours together (1000000)\n"
		 "  KEYS   (50000)\n"
		 "  MIB    of values at most (48)\n"
		 "  SEED   of the random numbers (1)");
	steps = arg_number(argc, argv, 1, "STEPS", 1000000, HOURS,
			   UINT32_MAX);
	s.keys = arg_number(argc, argv, 2, "KEYS", 50000, SWEEP, 1 << 26);
	s.limit = arg_number(argc, argv, 3, "MIB", 48, 1, 1 << 20) * MIB;
	seed = arg_number(argc, argv, 4, "SEED", 1, 0, UINT64_MAX);
	rng = rng_new(seed, 0);
	s.value = table_new(s.keys, sizeof(*s.value));
	empty = status_kib("VmRSS:");
	tables = s.keys * sizeof(*s.value) / KIB;
	start = now();
	for (uint64_t i = 0; i < steps; i++) {
		step(&s, &rng, (size_t)(i * HOURS / steps));
		if (i % SWEEP == 0)
			sweep(&s);
	}
	seconds = now() - start;
	ratio = ((double)status_kib("VmRSS:") - (double)empty -
		 (double)tables) * (double)KIB / (double)s.live;
	printf("kvstore: %.3f x live at the end, live_mib=%.1f ops=%" PRIu64
	       " seconds=%.4f\n", ratio, (double)s.live / (double)MIB, steps,
	       seconds);
	for (size_t key = 0; key < s.keys; key++)
		drop(&s, key);
	return 0;
}
