/* SPDX-License-Identifier: MIT */
/*
 * meta.c - see meta.h: a pointer that moves through chunks from the system.
 */
#include "os/meta.h"

#include "os/os.h"

#define CHUNK (64 * HK_KIB)

struct hk_lock hk_meta_lock;

_Atomic size_t hk_meta_taken;
struct hk_meta_chunk *hk_meta_chunks;

/* What a chunk begins with takes a cache line, as everything does. */
#define HEAD	HK_CACHE_LINE
static_assert(sizeof(struct hk_meta_chunk) <= HEAD, "it has its place");

/* Under hk_meta_lock. */
static char *next, *end;

static int new_chunk(size_t size)
{
	void *chunk;
	int err = hk_os_map(NULL, size, &chunk);

	if (err)
		return err;
	*(struct hk_meta_chunk *)chunk =
		(struct hk_meta_chunk){ hk_meta_chunks, size };
	__atomic_store_n(&hk_meta_chunks, chunk, __ATOMIC_RELEASE);
	next = (char *)chunk + HEAD;
	end = (char *)chunk + size;
	atomic_fetch_add_explicit(&hk_meta_taken, size, memory_order_relaxed);
	return 0;
}

void *hk_meta_alloc(size_t size)
{
	void *p = NULL;

	size = hk_round_up(size, HK_CACHE_LINE);
	hk_lock(&hk_meta_lock, HK_RANK_META);
	if (size <= (size_t)(end - next) ||
	    !new_chunk(hk_round_up(HEAD + size, CHUNK))) {
		p = next;
		next += size;
	}
	hk_unlock(&hk_meta_lock, HK_RANK_META);
	return p;
}

size_t hk_meta_bytes(void)
{
	return atomic_load_explicit(&hk_meta_taken, memory_order_relaxed);
}
