/* SPDX-License-Identifier: MIT */
/*
 * sealed.c - see sealed.h.
 */
#include "api/sealed.h"

#include "api/alloc.h"
#include "api/seal.h"
#include "api/serve.h"
#include "slab/huge.h"

/*
 * A first block of a medium slab goes to the quarantine, which may give
 * another such block in exchange, but hardly so often.
 */
#define TRIES	16

/* What is wrong, if anything, and with which block. */
struct finding {
	enum hk_seal_verdict verdict;
	const void *block;
	size_t size;
};

static void find(struct finding *f, enum hk_seal_verdict verdict,
		 const void *block, const struct hk_block_info *info)
{
	f->verdict = verdict;
	f->block = block;
	f->size = info->size;
}

/* Under no lock: whoever handles the signal may allocate. */
static void judge(const struct finding *f)
{
	if (hk_unlikely(f->verdict != HK_SEAL_WHOLE))
		hk_seal_fatal(f->verdict, f->block, f->size);
}

/* A cleared block goes; what it drives out of its place, to the heap. */
static void retire(struct hk_heap *heap, void *p, struct hk_block_info info,
		   struct finding *f)
{
	void *back = hk_seal_retire(heap->sealed, p, &info, &f->verdict);

	if (!back)
		return;
	find(f, f->verdict, back, &info);
	if (f->verdict == HK_SEAL_WHOLE)
		hk_serve_free(heap, back, &info);
}

/*
 * The first block of a medium slab, with which nobody but the library can have
 * done anything.
 */
static void put_aside(struct hk_heap *heap, void *p,
		      const struct hk_block_info *info, struct finding *f)
{
	find(f, hk_seal_close(p, 0, info), p, info);
	if (f->verdict == HK_SEAL_WHOLE)
		find(f, hk_seal_break(p, info), p, info);
	if (f->verdict == HK_SEAL_WHOLE && hk_seal_clear(p, info))
		retire(heap, p, *info, f);
}

/* A block that is not closed yet, or NULL. */
static void *take(struct hk_heap *heap, size_t align, size_t room,
		  struct hk_block_info *info, struct finding *f)
{
	for (int i = 0; ; i++) {
		void *p = hk_serve_aligned(heap, align, room);

		if (!p)
			return NULL;
		hk_locate(p, "malloc", info);
		if (hk_likely(!hk_seal_avoids(p, info)) || i == TRIES)
			return p;
		put_aside(heap, p, info, f);
		if (f->verdict != HK_SEAL_WHOLE)
			return NULL;
	}
}

void *hk_sealed_alloc(size_t align, size_t n)
{
	struct finding f = { .verdict = HK_SEAL_WHOLE };
	struct hk_block_info info;
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);
	void *p;

	if (!heap)
		return NULL;
	hk_count(&heap->counts.allocs, 1);
	p = take(heap, align, hk_seal_room(n, align), &info, &f);
	hk_serve_leave(shared);
	if (p)
		find(&f, hk_seal_close(p, n, &info), p, &info);
	judge(&f);
	return p;
}

static void give(void *p, const struct hk_block_info *info, struct finding *f)
{
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);

	/* Without memory for a heap it stays as it is, free and nobody's. */
	if (!heap)
		return;
	hk_count(&heap->counts.frees, 1);
	retire(heap, p, *info, f);
	hk_serve_leave(shared);
}

void hk_sealed_free(void *p, const struct hk_block_info *info)
{
	struct finding f;

	find(&f, hk_seal_break(p, info), p, info);
	judge(&f);
	if (hk_seal_clear(p, info))
		give(p, info, &f);
	judge(&f);
	if (info->kind == HK_KIND_HUGE)
		hk_huge_free(p);
}

size_t hk_sealed_size(const void *p, const struct hk_block_info *info)
{
	struct finding f;
	size_t n;

	find(&f, hk_seal_look(p, &n, info), p, info);
	judge(&f);
	return n;
}

/* A longer one where there is room, a shorter one in the same class. */
static bool can_become(size_t n, size_t was, const struct hk_block_info *info)
{
	if (n > was)
		return hk_seal_fits(n, info);
	return hk_size_for(hk_seal_room(n, 1)) == info->size;
}

bool hk_sealed_resize(void *p, size_t n, const struct hk_block_info *info)
{
	size_t was = hk_sealed_size(p, info);
	struct finding f;

	if (!can_become(n, was, info))
		return false;
	find(&f, hk_seal_again(p, was, n, info), p, info);
	judge(&f);
	return true;
}
