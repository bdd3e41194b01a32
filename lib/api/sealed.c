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
 * A first block of a slab goes to the quarantine, which may give another such
 * block in exchange, but hardly so often.
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

/* After the lock is let go. */
static void judge(const struct finding *f)
{
	if (hk_unlikely(f->verdict != HK_SEAL_WHOLE))
		hk_seal_fatal(f->verdict, f->block, f->size);
}

/* A block that is whole goes; what it drives out of its place, to the heap. */
static void retire(struct hk_heap *heap, void *p, struct hk_block_info info,
		   struct finding *f)
{
	void *back = hk_seal_retire(p, &info, &f->verdict);

	if (!back)
		return;
	find(f, f->verdict, back, &info);
	if (f->verdict == HK_SEAL_WHOLE)
		hk_serve_free(heap, back, &info);
}

static void *take(struct hk_heap *heap, size_t align, size_t n,
		  struct finding *f)
{
	size_t room = hk_seal_room(n, align);

	for (int i = 0; ; i++) {
		struct hk_block_info info;
		void *p = hk_serve_aligned(heap, align, room);

		if (!p)
			return NULL;
		hk_locate(p, "malloc", &info);
		find(f, hk_seal_close(p, n, &info), p, &info);
		if (f->verdict != HK_SEAL_WHOLE || i == TRIES ||
		    !hk_seal_avoids(p, &info))
			return p;
		retire(heap, p, info, f);
		if (f->verdict != HK_SEAL_WHOLE)
			return NULL;
	}
}

void *hk_sealed_alloc(size_t align, size_t n)
{
	struct finding f = { .verdict = HK_SEAL_WHOLE };
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);
	void *p;

	if (!heap)
		return NULL;
	hk_count(&heap->counts.allocs, 1);
	p = take(heap, align, n, &f);
	hk_serve_leave(shared);
	judge(&f);
	return p;
}

void hk_sealed_free(void *p, const struct hk_block_info *info)
{
	struct finding f;
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);
	size_t n;

	/* Its block was taken from the same heap. */
	if (!heap)
		return;
	hk_count(&heap->counts.frees, 1);
	find(&f, hk_seal_look(p, &n, info), p, info);
	if (f.verdict == HK_SEAL_WHOLE)
		retire(heap, p, *info, &f);
	hk_serve_leave(shared);
	judge(&f);
	if (info->kind == HK_KIND_HUGE)
		hk_huge_free(p);
}

size_t hk_sealed_size(const void *p, const struct hk_block_info *info)
{
	struct finding f;
	bool shared;
	size_t n;

	hk_serve_enter(&shared);
	find(&f, hk_seal_look(p, &n, info), p, info);
	hk_serve_leave(shared);
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
	struct finding f;
	bool shared, resized;
	size_t was;

	hk_serve_enter(&shared);
	find(&f, hk_seal_look(p, &was, info), p, info);
	resized = f.verdict == HK_SEAL_WHOLE && can_become(n, was, info);
	if (resized)
		hk_seal_again(p, was, n, info);
	hk_serve_leave(shared);
	judge(&f);
	return resized;
}
