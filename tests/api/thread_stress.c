/* SPDX-License-Identifier: MIT */
/*
 * Threads that allocate, resize and free blocks of all kinds, hand them to
 * each other, die and start, while every byte of every block is verified
 * each time it changes hands.
 *
 * thread_stress [ROUNDS [THREADS]]
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#define MAX_THREADS 64
#define MAILBOXES 512
#define LIVES 6		/* how often each thread is started anew */
#define HELD 64		/* blocks a thread keeps for itself */

/* At the start of each block; the pattern of `seed` follows. */
struct header {
	size_t size;
	uint64_t seed;
};

static _Atomic(struct header *) mailboxes[MAILBOXES];
static atomic_ulong seeds = 1;
static size_t rounds;

static struct header *fill(void *p, size_t size)
{
	struct header *block = p;

	CHECK_AT(block != NULL, size);
	block->size = size;
	block->seed = atomic_fetch_add_explicit(&seeds, 1,
		memory_order_relaxed);
	pattern_fill(block, sizeof(*block), size, block->seed);
	return block;
}

static void verify(const struct header *block)
{
	CHECK_PATTERN(block, sizeof(*block), block->size, block->seed);
}

static size_t pick_size(uint64_t *state)
{
	size_t dice = random_below(state, 20000);

	if (dice == 0)
		return 65 * MIB + random_below(state, 10 * MIB);
	if (dice < 20)
		return MIB + random_below(state, 4 * MIB);
	if (dice < 200)
		return 32768 + random_below(state, 300000);
	if (dice < 1500)
		return 8192 + random_below(state, 24576);
	return sizeof(struct header) + random_size(state, 8192);
}

static struct header *obtain(uint64_t *state)
{
	size_t size = pick_size(state);
	size_t alignment = (size_t)16 << random_below(state, 10);
	struct header *block;
	void *p = NULL;

	switch (random_below(state, 12)) {
	case 0:
		p = HIDE(calloc(1, size));
		CHECK_AT(p != NULL, size);
		CHECK_ZERO(p, size);
		return fill(p, size);
	case 1:
		p = HIDE(memalign(alignment, size));
		CHECK(is_aligned(p, alignment));
		return fill(p, size);
	case 2:
		CHECK_EQ(posix_memalign(&p, alignment, size), 0);
		CHECK(is_aligned(p, alignment));
		return fill(p, size);
	case 3:
		p = HIDE(aligned_alloc(alignment, size));
		CHECK(is_aligned(p, alignment));
		return fill(p, size);
	case 4:
		block = fill(HIDE(malloc(size)), size);
		size = pick_size(state);
		p = HIDE(realloc(block, size));
		CHECK_AT(p != NULL, size);
		block = p;
		CHECK_PATTERN(block, sizeof(*block),
			size < block->size ? size : block->size, block->seed);
		return fill(p, size);
	default:
		return fill(HIDE(malloc(size)), size);
	}
}

static void dispose(struct header *block, uint64_t *state)
{
	if (!block)
		return;
	verify(block);
	if (random_below(state, 30) == 0) {
		CHECK(HIDE(realloc(block, SIZE(0))) == NULL);
		return;
	}
	CHECK_ERRNO_KEPT(free(block));
}

static void *work(void *argument)
{
	struct header *held[HELD] = { NULL };
	uint64_t state = (uintptr_t)argument * 0x9e3779b97f4a7c15ull + 1;

	for (size_t i = 0; i < rounds; i++) {
		size_t box = random_below(&state, MAILBOXES);
		size_t slot = random_below(&state, HELD);

		switch (random_below(&state, 4)) {
		case 0:	/* keep for later */
			dispose(held[slot], &state);
			held[slot] = obtain(&state);
			break;
		case 1:	/* send what was kept, take what is there */
			held[slot] = atomic_exchange(&mailboxes[box],
				held[slot]);
			if (held[slot])
				verify(held[slot]);
			break;
		case 2:	/* send a new one, free what is there */
			dispose(atomic_exchange(&mailboxes[box],
					obtain(&state)),
				&state);
			break;
		default: /* at once */
			dispose(obtain(&state), &state);
			break;
		}
	}
	/* half is left to others, half freed here */
	for (size_t i = 0; i < HELD; i++) {
		if (i % 2)
			dispose(held[i], &state);
		else
			dispose(atomic_exchange(&mailboxes[i * 8 % MAILBOXES],
					held[i]),
				&state);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_THREADS];
	size_t nr = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 8;
	uint64_t state = 1;
	uintptr_t number = 1;

	alarm(argc > 1 ? 0 : 600);
	rounds = check_argument(argc, argv, 1, 7000);
	CHECK(nr >= 1 && nr <= MAX_THREADS);
	for (size_t i = 0; i < nr; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work,
				 (void *)number++),
			0);
	for (size_t life = 0; life < LIVES; life++) {
		for (size_t i = 0; i < nr; i++) {
			CHECK_EQ(pthread_join(threads[i], NULL), 0);
			if (life + 1 < LIVES)
				CHECK_EQ(pthread_create(&threads[i], NULL, work,
						 (void *)number++),
					0);
		}
	}
	for (size_t i = 0; i < MAILBOXES; i++)
		dispose(atomic_load(&mailboxes[i]), &state);
	return 0;
}
