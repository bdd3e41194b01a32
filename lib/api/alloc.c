/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - the malloc family beyond the fast paths: see alloc.h.
 */
#include "api/alloc.h"

#include "api/copy.h"
#include "api/libc_mode.h"
#include "api/locate.h"
#include "api/request.h"
#include "api/sample.h"
#include "api/seal.h"
#include "api/sealed.h"
#include "api/serve.h"
#include "heap/background.h"
#include "heap/process.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "os/os.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"

static HK_COLD void attend_now(void)
{
	hk_request_serve();
	hk_copy_due();
}

/* To what other processes want.  One branch: seldom is there anything. */
HK_INLINE void attend(void)
{
	if (hk_unlikely(hk_request_pending() | hk_copy_pending()))
		attend_now();
}

/* The library holds no lock, and is in the middle of nothing. */
HK_INLINE void serve_others(void)
{
	hk_background_poll();
	attend();
}

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

/* ---- allocation ---- */

/* `n` bytes, up to the longest run; *zeroed: they read as zero. */
static void *alloc_size(struct hk_heap *heap, size_t n, bool *zeroed)
{
	if (hk_likely(n <= HK_MEDIUM_MAX))
		return hk_serve_class(heap, hk_class_of(n), 1, zeroed);
	return hk_serve_run(heap, 1, n, zeroed);
}

/*
 * There was no memory for `n` bytes: what lies ready for other sizes may make
 * room, but not for mappings.  Says whether to try again.
 */
static bool make_room(size_t n)
{
	if (n > HK_RUN_MAX_UNITS << HK_UNIT_SHIFT)
		return false;
	hk_trim(0);
	return true;
}

/* One try, by whatever heap serves the thread. */
static void *try_alloc(size_t n, bool *zeroed)
{
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);
	void *p;

	if (hk_unlikely(!heap))
		return NULL;
	hk_count(&heap->counts.allocs, 1);
	if (hk_likely(n <= HK_RUN_MAX_UNITS << HK_UNIT_SHIFT)) {
		p = alloc_size(heap, n, zeroed);
		hk_serve_leave(shared);
		return p;
	}
	/* A call to the system that needs no heap: others shall not wait. */
	hk_serve_leave(shared);
	hk_medium_make_up();
	*zeroed = true;
	return hk_huge_alloc(n, HK_PAGE);
}

/* What the user chose is known once the process has tried to start. */
static bool sealing(void)
{
	hk_process_start();
	return hk_seal_on();
}

static void *alloc_once(size_t n, bool *zeroed)
{
	*zeroed = true;
	return sealing() ? hk_sealed_alloc(1, n) : try_alloc(n, zeroed);
}

static void *alloc(size_t n, bool zero)
{
	bool zeroed;
	void *p;

	if (hk_unlikely(n > PTRDIFF_MAX))
		return no_memory();
	p = alloc_once(n, &zeroed);
	if (hk_unlikely(!p && make_room(n)))
		p = alloc_once(n, &zeroed);
	serve_others();
	if (hk_unlikely(!p))
		return no_memory();
	hk_note_malloc(p, n, zero);
	if (zero && !zeroed)
		memset(p, 0, n);
	return p;
}

/* A block where that takes no more than the heap; or NULL. */
HK_INLINE void *alloc_near(struct hk_heap *heap, size_t n)
{
	/* A heap that serves nobody has nothing in its magazines. */
	if (hk_likely(n - HK_SMALL_MAX - 1 < HK_MEDIUM_MAX - HK_SMALL_MAX))
		return hk_magazine_pop(heap, hk_class_medium(n));
	if (n <= HK_SMALL_MAX && heap->attached)
		return hk_heap_small(heap, hk_class_small(n));
	return NULL;
}

static void *malloc_plain(size_t n)
{
	void *p = alloc_near(hk_tls.fast, n);

	if (hk_likely(p)) {
		attend();
		hk_note_malloc(p, n, false);
		return p;
	}
	if (hk_libc_mode_on())
		return hk_libc.malloc(n);
	return alloc(n, false);
}

static void *calloc_plain(size_t n)
{
	if (hk_libc_mode_on())
		return hk_libc.calloc(1, n);
	return alloc(n, true);
}

/*
 * Functions of their own, that others end with a jump to: their frame is the
 * first one, and leads to whom the program called from.
 */
static HK_NOINLINE void *malloc_due(size_t n)
{
	void *p = hk_sample(n, 16, __builtin_frame_address(0));

	return p ? p : malloc_plain(n);
}

static HK_NOINLINE void *calloc_due(size_t n)
{
	void *p = hk_sample(n, 16, __builtin_frame_address(0));

	return p ? p : calloc_plain(n);
}

static HK_NOINLINE void free_sampled(void *p)
{
	hk_sample_free(p, __builtin_frame_address(0));
	HK_KEEP_FRAME();
}

void *hk_malloc_slow(size_t n)
{
	if (hk_sample_due())
		return malloc_due(n);
	return malloc_plain(n);
}

void *hk_calloc_slow(size_t n)
{
	if (hk_sample_due())
		return calloc_due(n);
	return calloc_plain(n);
}

/* ---- freeing ---- */

/* Is it sealed, not a sampled one or the C library's? */
static bool is_sealed(const struct hk_block_info *info)
{
	return hk_seal_on() && info->kind != HK_KIND_GUARD &&
		info->kind != HK_KIND_FOREIGN;
}

static void free_located(void *p, const struct hk_block_info *info)
{
	struct hk_heap *heap;
	bool shared;

	if (info->kind == HK_KIND_FOREIGN) {
		hk_libc.free(p);
		return;
	}
	if (info->kind == HK_KIND_GUARD) {
		free_sampled(p);
		return;
	}
	hk_note_free(p);
	if (is_sealed(info)) {
		hk_sealed_free(p, info);
		serve_others();
		return;
	}
	heap = hk_serve_enter(&shared);
	if (heap) {
		hk_count(&heap->counts.frees, 1);
		hk_serve_free(heap, p, info);
	}
	hk_serve_leave(shared);
	if (info->kind == HK_KIND_HUGE)
		hk_huge_free(p);
	serve_others();
}

void hk_free_event(struct hk_desc *d)
{
	hk_heap_event(hk_tls.heap, d);
	serve_others();
}

static HK_NOINLINE void free_medium_slow(struct hk_heap *heap,
					 struct hk_desc *d, void *p)
{
	hk_heap_medium_free(heap, d->class, p);
	serve_others();
}

/* Apart from hk_free_slow(), which is to end with a jump: free_sampled(). */
static HK_NOINLINE void free_found(void *p)
{
	struct hk_block_info info;

	hk_locate(p, "free", &info);
	free_located(p, &info);
}

void hk_free_slow(void *p)
{
	if (!p)
		return;
	if (hk_guard_is(p))
		free_sampled(p);
	else
		free_found(p);
}

/* The plain case of a medium block that the magazine takes: in line. */
void hk_free_other(void *p, struct hk_desc *d)
{
	struct hk_heap *heap = hk_tls.fast;

	if (hk_desc_state(d) - HK_MEDIUM > HK_MEDIUM_PART - HK_MEDIUM ||
	    hk_unlikely(!hk_medium_is_out(d, p) || hk_block_marked(p) ||
			!heap->attached)) {
		hk_free_slow(p);
		return;
	}
	hk_note_free(p);
	if (hk_unlikely(!hk_magazine_push(heap, d->class, p)))
		free_medium_slow(heap, d, p);
}

size_t hk_size_for(size_t n)
{
	if (n <= HK_MEDIUM_MAX)
		return hk_class_size(hk_class_of(n));
	if (n <= HK_RUN_MAX_UNITS << HK_UNIT_SHIFT)
		return hk_units_for(n) << HK_UNIT_SHIFT;
	if (n > PTRDIFF_MAX)
		return 0;
	return hk_round_up(n, hk_os_page_size());
}

static size_t size_for_aligned(size_t align, size_t n)
{
	unsigned int class = HK_CLASSES;

	if (align <= 16 || n > PTRDIFF_MAX)
		return hk_size_for(n);
	if (align <= HK_PAGE)
		class = hk_class_aligned(n, align);
	if (class < HK_CLASSES)
		return hk_class_size(class);
	if (n > HK_RUN_MAX_UNITS << HK_UNIT_SHIFT || align > HK_RUN_ALIGN_MAX)
		return hk_round_up(hk_max(n, 1), hk_os_page_size());
	return hk_units_for(hk_max(n, 1)) << HK_UNIT_SHIFT;
}

/*
 * For want of memory a realloc() to less once left a block in its place:
 * from then on a size may be smaller than its block tells.
 */
static _Atomic bool shrink_failed;

HK_NORETURN HK_COLD static void fatal_size(void *p, size_t n, size_t size)
{
	struct hk_line line;

	hk_fatal_start_of(&line, "size mismatch on free", p);
	hk_line_str(&line, " (freed as ");
	hk_line_num(&line, n);
	hk_line_str(&line, " bytes, block of the ");
	hk_line_num(&line, size);
	hk_line_str(&line, "-byte class)");
	hk_fatal_end(&line);
}

/* Is it known how many bytes it was asked for? */
static bool is_exact(const struct hk_block_info *info)
{
	return info->kind == HK_KIND_GUARD || is_sealed(info);
}

/* How many bytes the program may use. */
static size_t usable(const void *p, const struct hk_block_info *info)
{
	return is_sealed(info) ? hk_sealed_size(p, info) : info->size;
}

/* Can a request of `size` bytes, a block's, have got this block? */
static bool serves(const struct hk_block_info *info, const void *p,
		   size_t size)
{
	if (size == info->size)
		return true;
	return info->kind == HK_KIND_MEDIUM && size < info->size &&
		hk_medium_serves(info->d, p, hk_class_of(size));
}

/*
 * A huge block that realloc() made may be longer than a new one of its size,
 * and the other way round; then only too large a size is a mistake.
 */
static void free_checked(void *p, size_t n, size_t expected)
{
	struct hk_block_info info;
	bool inexact, fits;
	size_t most;

	hk_locate(p, "free", &info);
	most = usable(p, &info);
	inexact = atomic_load_explicit(&shrink_failed, memory_order_relaxed);
	if (is_exact(&info)) {
		fits = n == most;
	} else {
		fits = serves(&info, p, expected);
		inexact |= info.kind == HK_KIND_HUGE &&
			n >= HK_MOVE_PAGES_MIN;
	}
	if (info.kind != HK_KIND_FOREIGN && !fits && (!inexact || n > most))
		fatal_size(p, n, info.size);
	free_located(p, &info);
}

void hk_free_sized(void *p, size_t n)
{
	if (p)
		free_checked(p, n, hk_size_for(n));
}

static void check_alignment(void *p, size_t align)
{
	if (!hk_is_pow2(align) || (uintptr_t)p & (align - 1))
		hk_fatal_block("alignment mismatch on free", p,
			       " (freed as aligned to ", align, ")");
}

void hk_free_aligned(void *p, size_t align)
{
	if (p)
		check_alignment(p, align);
	hk_free(p);
}

void hk_free_aligned_sized(void *p, size_t align, size_t n)
{
	if (!p)
		return;
	check_alignment(p, align);
	free_checked(p, n, size_for_aligned(align, n));
}

/* ---- realloc ---- */

/* Where the block is not kept: a new one, the contents, the old one freed. */
static void *move(void *p, size_t n, const struct hk_block_info *info,
		  size_t old)
{
	int saved = errno;
	void *to = hk_malloc(n);

	if (!to && n <= old) {
		/* Relaxed: a program cannot know of it earlier. */
		atomic_store_explicit(&shrink_failed, true,
				      memory_order_relaxed);
		errno = saved;
		return p;
	}
	if (!to)
		return NULL;
	memcpy(to, p, hk_min(n, old));
	free_located(p, info);
	return to;
}

/* For checkers: a new mapping is open as a whole. */
static void close_rest(char *huge, size_t n)
{
	if (hk_debug)
		hk_note_close(huge + n, hk_huge_size(huge) - n);
}

/* A run that must grow beyond its place: the page tables move instead. */
static void *run_to_huge(void *p, size_t n, const struct hk_block_info *info)
{
	size_t len = info->size;
	void *to = hk_huge_adopt(p, len, n);

	if (!to)
		return NULL;
	hk_note_free(p);
	hk_note_malloc(to, n, true);
	close_rest(to, n);
	hk_heap_run_drop(info->d);
	return to;
}

static void *resize_huge(void *p, size_t n)
{
	void *to = n < HK_MOVE_PAGES_MIN ? NULL : hk_huge_realloc(p, n);

	if (to && to != p) {
		hk_note_free(p);
		hk_note_malloc(to, n, true);
	}
	if (to)
		close_rest(to, n);
	return to;
}

/* Resizes without copying where it can; NULL where it cannot. */
static void *resize(void *p, size_t n, const struct hk_block_info *info)
{
	size_t size = hk_size_for(n);
	struct hk_desc *d = info->d;

	if (is_sealed(info))
		return hk_sealed_resize(p, n, info) ? p : NULL;
	if (info->kind == HK_KIND_HUGE)
		return resize_huge(p, n);
	/* Whose size is exact. */
	if (info->kind == HK_KIND_GUARD)
		return NULL;
	if (serves(info, p, size))
		return p;
	if (info->kind != HK_KIND_RUN || n <= HK_MEDIUM_MAX)
		return NULL;
	if (n <= HK_RUN_MAX_UNITS << HK_UNIT_SHIFT &&
	    hk_heap_run_resize(d, size >> HK_UNIT_SHIFT))
		return p;
	if (info->size >= HK_MOVE_PAGES_MIN)
		return run_to_huge(p, n, info);
	return NULL;
}

void *hk_realloc(void *p, size_t n)
{
	struct hk_block_info info;
	size_t old;
	void *to;

	if (!p)
		return hk_malloc(n);
	if (n > PTRDIFF_MAX)
		return no_memory();
	hk_locate(p, "realloc", &info);
	if (info.kind == HK_KIND_FOREIGN)
		return hk_libc.realloc(p, n);
	if (!n) {
		free_located(p, &info);
		return NULL;
	}
	old = hk_note_extent(p, usable(p, &info));
	to = resize(p, n, &info);
	if (to == p)
		hk_note_resize(p, old, n);
	if (!to)
		return move(p, n, &info, old);
	/* A program that has one long block may call nothing else. */
	if (info.kind == HK_KIND_RUN || info.kind == HK_KIND_HUGE)
		serve_others();
	return to;
}

void *hk_reallocarray(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return no_memory();
	return hk_realloc(p, n);
}

/* ---- alignment ---- */

static void *try_aligned(size_t align, size_t n)
{
	void *p = NULL;
	bool shared;
	struct hk_heap *heap = hk_serve_enter(&shared);

	if (hk_likely(heap)) {
		hk_count(&heap->counts.allocs, 1);
		p = hk_serve_aligned(heap, align, n);
	}
	hk_serve_leave(shared);
	return p;
}

static void *aligned_once(size_t align, size_t n)
{
	return sealing() ? hk_sealed_alloc(align, n) : try_aligned(align, n);
}

static HK_NOINLINE void *aligned_due(size_t align, size_t n)
{
	void *p = hk_sample(n, align, __builtin_frame_address(0));

	HK_KEEP_FRAME();
	return p;
}

void *hk_aligned(size_t align, size_t n)
{
	void *p;

	if (hk_libc_mode_on())
		return hk_libc.memalign(align, n);
	if (align <= 16)
		return hk_malloc(n);
	if (n > PTRDIFF_MAX || align > PTRDIFF_MAX)
		return no_memory();
	if (hk_sample_due()) {
		p = aligned_due(align, n);
		if (p)
			return p;
	}
	p = aligned_once(align, n);
	if (hk_unlikely(!p && make_room(n)))
		p = aligned_once(align, n);
	if (!p)
		return no_memory();
	hk_note_malloc(p, n, false);
	return p;
}

void *hk_aligned_alloc(size_t align, size_t n)
{
	if (!hk_is_pow2(align)) {
		errno = EINVAL;
		return NULL;
	}
	return hk_aligned(align, n);
}

void *hk_memalign(size_t align, size_t n)
{
	if (align > SIZE_MAX / 2 + 1) {
		errno = EINVAL;
		return NULL;
	}
	if (!hk_is_pow2(align))
		align = align ? (size_t)2 << hk_log2(align) : 1;
	return hk_aligned(align, n);
}

int hk_posix_memalign(void **out, size_t align, size_t n)
{
	int saved = errno;
	void *p;

	if (!hk_is_pow2(align) || align % sizeof(void *))
		return EINVAL;
	p = hk_aligned(align, n);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void *hk_valloc(size_t n)
{
	return hk_aligned(hk_os_page_size(), n);
}

void *hk_pvalloc(size_t n)
{
	size_t page = hk_os_page_size();

	if (n > PTRDIFF_MAX)
		return no_memory();
	return hk_aligned(page, hk_round_up(hk_max(n, 1), page));
}

/* ---- questions ---- */

size_t hk_usable_size(void *p)
{
	struct hk_block_info info;
	size_t n;

	if (!p)
		return 0;
	hk_locate(p, "malloc_usable_size", &info);
	if (info.kind == HK_KIND_FOREIGN)
		return hk_libc.usable_size(p);
	n = usable(p, &info);
	hk_note_resize(p, hk_note_extent(p, info.size), n);
	return n;
}

size_t hk_good_size(size_t n)
{
	if (hk_seal_on())
		return n <= PTRDIFF_MAX ? n : 0;
	return hk_size_for(n);
}

int hk_trim(size_t keep)
{
	size_t given;

	/* Twice: what one sends to the other is there by then. */
	for (int i = 0; i < 2; i++) {
		if (hk_tls.heap->attached)
			hk_heap_flush(hk_tls.heap);
		hk_share_trim();
	}
	hk_orphans_trim();
	given = hk_medium_trim();
	given += hk_run_purge(keep);
	if (hk_libc.trim && hk_libc.trim(keep))
		return 1;
	return given > 0;
}
