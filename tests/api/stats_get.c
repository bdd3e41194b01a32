/* SPDX-License-Identifier: MIT */
/*
 * hakmem_stats_get(): sizes of other versions of the struct, bad arguments,
 * and figures that agree with what the program did.
 */
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>

#include "hakmem.h"

#define SIZEOF sizeof(struct hakmem_stats)

static struct hakmem_stats get(void)
{
	struct hakmem_stats stats;

	memset(&stats, 0xee, sizeof(stats));
	CHECK_ERRNO_KEPT(CHECK_EQ(hakmem_stats_get(&stats, SIZEOF), 0));
	CHECK_EQ(stats.size, SIZEOF);
	return stats;
}

static void sizes(void)
{
	union {
		struct hakmem_stats stats;
		unsigned char bytes[SIZEOF + 64];
	} room;

	/* an older program: only the first fields */
	for (size_t size = 8; size < SIZEOF; size += 8) {
		memset(room.bytes, 0xee, sizeof(room.bytes));
		CHECK_EQ(hakmem_stats_get(&room.stats, size), 0);
		for (size_t i = size; i < sizeof(room.bytes); i++)
			CHECK_AT(room.bytes[i] == 0xee, size);
		CHECK_AT(room.stats.size <= SIZEOF && room.stats.size >= 8,
			size);
	}
	/* a newer program: what this library does not know is told by size */
	memset(room.bytes, 0xee, sizeof(room.bytes));
	CHECK_EQ(hakmem_stats_get(&room.stats, SIZEOF + 64), 0);
	CHECK_EQ(room.stats.size, SIZEOF);

	for (size_t size = 0; size < 8; size++) {
		memset(room.bytes, 0xee, sizeof(room.bytes));
		errno = 0;
		CHECK_EQ(hakmem_stats_get(&room.stats, size), -1);
		CHECK_EQ(errno, EINVAL);
		CHECK_EQ(room.bytes[0], 0xee);
	}
	errno = 0;
	CHECK_EQ(hakmem_stats_get(NULL, SIZEOF), -1);
	CHECK_EQ(errno, EINVAL);
}

static void sane(const struct hakmem_stats *stats)
{
	CHECK(stats->committed_bytes <= stats->reserved_bytes);
	CHECK(stats->metadata_bytes <= stats->committed_bytes);
	CHECK(stats->live_bytes <= stats->reserved_bytes);
	CHECK(stats->huge_bytes <= stats->live_bytes);
	CHECK(stats->heaps >= 1);
	CHECK(stats->madvise_failures <= stats->madvise_calls);
	CHECK(stats->superslabs_freed <= stats->purged_bytes / (2 * MIB));
	CHECK(stats->superslabs_taken < (uint64_t)1 << 40);
	CHECK(stats->mmap_calls >= 1);
	/* nothing below zero */
	CHECK(stats->live_bytes < (uint64_t)1 << 50);
	CHECK(stats->free_bytes < (uint64_t)1 << 50);
}

/* One thread: every committed byte is somewhere, and nowhere twice. */
static void adds_up(void)
{
	struct hakmem_stats s = get();

	CHECK_EQ(s.transit_bytes, 0);
	CHECK_EQ(s.live_bytes + s.cached_bytes + s.sent_bytes +
			s.slab_free_bytes + s.slab_purged_bytes +
			s.slab_uncarved_bytes + s.slab_tail_bytes +
			s.empty_slab_bytes + s.cached_run_bytes +
			s.dirty_bytes + s.clean_bytes + s.metadata_bytes,
		s.committed_bytes);
	CHECK(s.run_bytes + s.huge_bytes <= s.live_bytes);
}

/* Through random states. */
static void identity(void)
{
	static void *blocks[2000];
	uint64_t state = 11;

	for (size_t i = 0; i < check_count(20000); i++) {
		size_t k = random_below(&state, 2000);
		size_t max = i % 100 ? 40000 : 3 * MIB;

		free(blocks[k]);
		blocks[k] = HIDE(malloc(random_size(&state, max)));
		CHECK(blocks[k] != NULL);
		if (i % 50 == 0)
			adds_up();
		if (i % 3000 == 0)
			malloc_trim(0);
	}
	for (size_t k = 0; k < 2000; k++)
		free(blocks[k]);
	adds_up();
	malloc_trim(0);
	adds_up();
}

/* `size` bytes in blocks of `each` are seen as live, and then as not. */
static void seen(size_t size, size_t each)
{
	size_t count = size / each;
	struct hakmem_stats before, during, after;
	void **blocks = HIDE(malloc(count * sizeof(*blocks)));
	uint64_t grown;

	CHECK(blocks != NULL);
	before = get();
	sane(&before);
	for (size_t i = 0; i < count; i++) {
		blocks[i] = HIDE(malloc(each));
		CHECK(blocks[i] != NULL);
	}
	during = get();
	sane(&during);
	grown = during.live_bytes - before.live_bytes;
	CHECK_AT(grown >= size - size / 50, each);
	CHECK_AT(grown <= size + size / 4 + MIB, each);
	for (size_t i = 0; i < count; i++)
		free(blocks[i]);
	after = get();
	sane(&after);
	CHECK_AT(after.live_bytes + size / 2 < during.live_bytes, each);
	free(blocks);
}

static void counted(void)
{
	struct hakmem_stats before = get(), after;
	void *p = HIDE(malloc(200 * MIB));

	CHECK(p != NULL);
	after = get();
	CHECK_EQ(after.huge_allocs, before.huge_allocs + 1);
	CHECK(after.huge_bytes >= before.huge_bytes + 200 * MIB);
	CHECK(after.mmap_calls > before.mmap_calls);
	p = HIDE(realloc(p, 400 * MIB));
	CHECK(p != NULL);
	after = get();
	CHECK(after.huge_bytes >= before.huge_bytes + 400 * MIB);
	CHECK(after.mremap_calls > before.mremap_calls);
	free(p);
	after = get();
	CHECK(after.huge_bytes < before.huge_bytes + 100 * MIB);

	/* superslabs are taken, memory is purged and counted */
	before = get();
	for (size_t i = 0; i < 4; i++) {
		p = HIDE(malloc(40 * MIB));
		CHECK(p != NULL);
		memset(p, 1, 40 * MIB);
		free(p);
	}
	after = get();
	CHECK(after.superslabs_taken >= before.superslabs_taken);
	CHECK(after.free_bytes > before.free_bytes ||
		after.purged_bytes > before.purged_bytes);
	malloc_trim(0);
	after = get();
	CHECK(after.purged_bytes >= before.purged_bytes + 30 * MIB);
	CHECK(after.free_bytes < 16 * MIB);
}

static void *other_thread(void *blocks)
{
	void **all = blocks;

	/* freed by a thread that does not own them */
	for (size_t i = 0; i < 20000; i++)
		free(all[i]);
	return NULL;
}

static void threads(void)
{
	struct hakmem_stats before, after;
	void **all = HIDE(malloc(20000 * sizeof(*all)));
	pthread_t thread;

	CHECK(all != NULL);
	for (size_t i = 0; i < 20000; i++) {
		all[i] = HIDE(malloc(64));
		CHECK(all[i] != NULL);
	}
	before = get();
	CHECK_EQ(pthread_create(&thread, NULL, other_thread, all), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	after = get();
	sane(&after);
	CHECK(after.heaps >= 2);
	CHECK(after.remote_chains > before.remote_chains);
	free(all);
	adds_up();
}

/* Counts only ever grow. */
static void grow(void)
{
	struct hakmem_stats last = get();
	uint64_t state = 5;

	for (size_t i = 0; i < 200; i++) {
		struct hakmem_stats now;
		void *blocks[100];

		for (size_t k = 0; k < 100; k++)
			blocks[k] = HIDE(malloc(random_size(&state, 300000)));
		for (size_t k = 0; k < 100; k++)
			free(blocks[k]);
		now = get();
		sane(&now);
		CHECK(now.mmap_calls >= last.mmap_calls);
		CHECK(now.munmap_calls >= last.munmap_calls);
		CHECK(now.mremap_calls >= last.mremap_calls);
		CHECK(now.mprotect_calls >= last.mprotect_calls);
		CHECK(now.madvise_calls >= last.madvise_calls);
		CHECK(now.madvise_failures >= last.madvise_failures);
		CHECK(now.superslabs_taken >= last.superslabs_taken);
		CHECK(now.superslabs_freed >= last.superslabs_freed);
		CHECK(now.purged_bytes >= last.purged_bytes);
		CHECK(now.refills >= last.refills);
		CHECK(now.slabs_retired >= last.slabs_retired);
		CHECK(now.remote_chains >= last.remote_chains);
		CHECK(now.huge_allocs >= last.huge_allocs);
		CHECK(now.heaps >= last.heaps);
		last = now;
	}
	CHECK(last.refills > 0);
}

int main(void)
{
	sizes();
	seen(20 * MIB, 48);
	seen(20 * MIB, 1000);
	seen(20 * MIB, 20000);
	seen(20 * MIB, MIB);
	seen(300 * MIB, 100 * MIB);
	counted();
	identity();
	threads();
	grow();
	return 0;
}
