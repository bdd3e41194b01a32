/* SPDX-License-Identifier: MIT */
/*
 * stress - everything at once: trees and lists of mixed sizes, blocks to
 * 800 KB, threads that die in every round, blocks that migrate.
 *
 * A parcel is a binary tree, a list or one large block.  Each thread has a
 * shelf of parcels; at random it makes one, drops one, grows one (realloc),
 * or swaps one with the exchange, a table that all threads share.  At the
 * end of a round every thread leaves half of its shelf in the exchange and
 * ends; the next round has new threads, which free what the dead ones
 * allocated.  So memory is released by whoever finds it, and peak RSS shows
 * what an allocator makes of that.
 *
 * Who gets which parcel depends on the scheduler: with several threads the
 * work is equal from run to run on average, not step by step.
 */
#include "bench.h"
#include <stdatomic.h>

enum {
	SHELF = 48,		/* parcels that a thread keeps */
	EXCHANGE = 256,		/* parcels between threads */
	TREE_NODES = 64,	/* at most */
	LIST_NODES = 128,
	TOUCH_STEP = 4096,	/* a byte of each page is written */
};

#define LARGEST (800 * KIB)

/* One block; list nodes use right only.  check depends on size and tag. */
struct piece {
	struct piece *left;
	struct piece *right;
	uint32_t size;
	uint32_t check;
};

static _Atomic(struct piece *) exchange[EXCHANGE];

struct worker {
	struct rng rng;
	uint64_t steps;
	uint64_t made;		/* pieces */
	struct piece *shelf[SHELF];
};

static uint32_t check_of(const struct piece *p)
{
	return (uint32_t)((p->size * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* Marks a piece: its check, a byte in each page from there, its last byte. */
static void touch(struct piece *p, size_t from)
{
	unsigned char *bytes = (unsigned char *)p;

	p->check = check_of(p);
	for (size_t i = from; i < p->size; i += TOUCH_STEP)
		bytes[i] = (unsigned char)(p->check + i);
	bytes[p->size - 1] = (unsigned char)p->check;
}

static void verify(const struct piece *p)
{
	const unsigned char *bytes = (const unsigned char *)p;

	if (p->check != check_of(p) ||
	    bytes[p->size - 1] != (unsigned char)p->check)
		die("piece %p of %u bytes is damaged", (const void *)p,
		    p->size);
	for (size_t i = sizeof(*p); i < p->size - 1; i += TOUCH_STEP)
		if (bytes[i] != (unsigned char)(p->check + i))
			die("piece %p of %u bytes is damaged at %zu",
			    (const void *)p, p->size, i);
}

/* Mostly small sizes, with a long and thin tail up to 32 KiB. */
static size_t node_size(struct rng *rng)
{
	uint64_t r = rng_next(rng);
	size_t max = r % 128 == 0 ? 32 * KIB : r % 8 == 0 ? 2 * KIB : 256;

	return sizeof(struct piece) + 1 + scale_high(r, max);
}

static struct piece *piece_new(struct worker *w, size_t size)
{
	struct piece *p;

	w->made++;
	if (rng_below(&w->rng, 8) == 0) {
		p = calloc(1, size);
		if (!p)
			die("calloc(%zu) failed", size);
		for (size_t i = 0; i < size; i += TOUCH_STEP / 16)
			if (((unsigned char *)p)[i])
				die("calloc(%zu): not zero at %zu", size, i);
	} else {
		p = malloc(size);
		if (!p)
			die("malloc(%zu) failed", size);
	}
	p->left = NULL;
	p->right = NULL;
	p->size = (uint32_t)size;
	touch(p, sizeof(*p));
	return p;
}

/* Hangs nodes at random places of the tree, as a search tree grows. */
static struct piece *tree_new(struct worker *w)
{
	size_t nodes = rng_range(&w->rng, 1, TREE_NODES);
	struct piece *root = piece_new(w, node_size(&w->rng));

	while (--nodes) {
		struct piece **link = &root;
		uint64_t path = rng_next(&w->rng);

		while (*link) {
			link = path & 1 ? &(*link)->left : &(*link)->right;
			path >>= 1;
		}
		*link = piece_new(w, node_size(&w->rng));
	}
	return root;
}

static struct piece *list_new(struct worker *w)
{
	size_t nodes = rng_range(&w->rng, 1, LIST_NODES);
	struct piece *head = NULL;

	while (nodes--) {
		struct piece *p = piece_new(w, node_size(&w->rng));

		p->right = head;
		head = p;
	}
	return head;
}

static struct piece *parcel_new(struct worker *w)
{
	size_t kind = rng_below(&w->rng, 16);

	if (kind == 0)
		return piece_new(w, rng_range(&w->rng, 32 * KIB, LARGEST));
	return kind < 8 ? tree_new(w) : list_new(w);
}

/* Frees a tree or a list without recursion: rotates left branches away. */
static void parcel_delete(struct piece *p)
{
	while (p) {
		struct piece *next = p->left;

		if (next) {
			p->left = next->right;
			next->right = p;
		} else {
			next = p->right;
			verify(p);
			p->check = ~p->check;
			free(p);
		}
		p = next;
	}
}

/* Gives the first piece of a parcel another size. */
static struct piece *parcel_resize(struct worker *w, struct piece *p)
{
	size_t old = p->size;
	size_t size = old / 2 + rng_below(&w->rng, old + 256);

	if (size <= sizeof(*p))
		size = sizeof(*p) + 1;
	if (size > LARGEST)
		size = LARGEST;
	verify(p);
	p = realloc(p, size);
	if (!p)
		die("realloc(%zu) failed", size);
	if (p->size != old || p->check != check_of(p))
		die("realloc(%zu) from %zu lost the contents", size, old);
	p->size = (uint32_t)size;
	touch(p, sizeof(*p));
	return p;
}

/* Puts a parcel (or nothing) into the exchange, returns what was there. */
static struct piece *swap(struct rng *rng, struct piece *p)
{
	return atomic_exchange_explicit(&exchange[rng_below(rng, EXCHANGE)], p,
					memory_order_acq_rel);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < w->steps; i++) {
		struct piece **p = &w->shelf[rng_below(&w->rng, SHELF)];
		size_t action = rng_below(&w->rng, 8);

		if (action < 3) {
			parcel_delete(*p);
			*p = parcel_new(w);
		} else if (action < 4) {
			parcel_delete(*p);
			*p = NULL;
		} else if (action < 5 && *p) {
			*p = parcel_resize(w, *p);
		} else {
			*p = swap(&w->rng, *p);
		}
	}
	for (size_t i = 0; i < SHELF; i++) {
		if (i % 2)
			w->shelf[i] = swap(&w->rng, w->shelf[i]);
		parcel_delete(w->shelf[i]);
		w->shelf[i] = NULL;
	}
	return NULL;
}

static uint64_t blocks_made(const struct worker *workers, size_t threads)
{
	uint64_t made = 0;

	for (size_t i = 0; i < threads; i++)
		made += workers[i].made;
	return made;
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_THREADS];
	uint64_t rounds, steps, seed, every, made, told = 0;
	double start, cpu = 0;
	size_t threads;

	arg_help(argc, argv, "[ROUNDS [STEPS [SEED [THREADS [EVERY]]]]]\n"
		 "  ROUNDS   generations of threads (20)\n"
		 "  STEPS    of each thread in a round (1000)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  THREADS  (2)\n"
		 "  EVERY    so many rounds it tells its speed (0: never)");
	rounds = arg_number(argc, argv, 1, "ROUNDS", 20, 1, UINT64_MAX);
	steps = arg_number(argc, argv, 2, "STEPS", 1000, 1, UINT64_MAX);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 4, "THREADS", 2, 1, MAX_THREADS);
	every = arg_number(argc, argv, 5, "EVERY", 0, 0, UINT64_MAX);
	start = now();
	for (uint64_t r = 0; r < rounds; r++) {
		for (size_t i = 0; i < threads; i++) {
			workers[i].rng = rng_new(seed, r * MAX_THREADS + i);
			workers[i].steps = steps;
		}
		threads_run(threads, work, workers, sizeof(workers[0]));
		if (every && (r + 1) % every == 0) {
			made = blocks_made(workers, threads);
			report_slice("stress", made - told, &cpu);
			told = made;
		}
	}
	for (size_t i = 0; i < EXCHANGE; i++)
		parcel_delete(exchange[i]);
	made = blocks_made(workers, threads);
	report_ops("stress", made, now() - start);
	return 0;
}
