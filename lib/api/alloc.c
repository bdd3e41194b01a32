/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - the malloc family beyond the fast paths: see alloc.h.
 */
#include "api/alloc.h"

#include "api/libc_mode.h"
#include "api/locate.h"
#include "api/sample.h"
#include "heap/background.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "os/os.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"

/* A run this long moves by its page tables when it cannot grow in place. */
#define MOVE_PAGES_MIN	HK_MIB

/* Alignments above are left to a mapping of its own. */
#define RUN_ALIGN_MAX	HK_SUPER

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static size_t units_for(size_t n)
{
	return (n + HK_UNIT - 1) >> HK_UNIT_SHIFT;
}

/*
 * The calling thread's heap, given now if it has none, or the shared one;
 * NULL without memory.  leave() must follow: until then *shared says that
 * the heap is locked.
 */
static struct hk_heap *enter(bool *shared)
{
	struct hk_heap *heap = hk_tls.heap;

	*shared = false;
	if (hk_likely(heap->attached))
		return heap;
	if (!hk_libc_mode_on() && !hk_share_wanted()) {
		heap = hk_thread_attach();
		if (heap) {
			hk_share_inherit(heap);
			return heap;
		}
	}
	heap = hk_share_enter();
	*shared = heap != NULL;
	return heap;
}

static void leave(bool shared)
{
	if (hk_unlikely(shared))
		hk_share_leave();
}

/* ---- allocation ---- */

/* `align`: what the class's size is a multiple of, and must be. */
static void *alloc_class(struct hk_heap *heap, unsigned int class,
			 size_t align, bool *zeroed)
{
	void *p;

	*zeroed = false;
	if (class >= HK_SMALL_CLASSES)
		return hk_heap_medium(heap, class, align, zeroed);
	p = hk_pop(hk_tls.current[class]);
	return p ? p : hk_heap_small(heap, class);
}

/*
 * A run, at a multiple of `align`; of 1 MiB and more, a mapping of its own
 * where the arena has no room, as long as the run would have been.
 */
static void *alloc_run(struct hk_heap *heap, size_t align, size_t n,
		       bool *zeroed)
{
	void *p = hk_heap_run(heap, units_for(n),
			      hk_max(align >> HK_UNIT_SHIFT, 1), zeroed);

	if (p || n < MOVE_PAGES_MIN)
		return p;
	*zeroed = true;
	return hk_huge_alloc(units_for(n) << HK_UNIT_SHIFT,
			     hk_max(align, HK_PAGE));
}

/* `n` bytes, up to the longest run; *zeroed: they read as zero. */
static void *alloc_size(struct hk_heap *heap, size_t n, bool *zeroed)
{
	if (hk_likely(n <= HK_MEDIUM_MAX))
		return alloc_class(heap, hk_class_of(n), 1, zeroed);
	return alloc_run(heap, 1, n, zeroed);
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
	struct hk_heap *heap = enter(&shared);
	void *p;

	if (hk_unlikely(!heap))
		return NULL;
	hk_count(&heap->counts.allocs, 1);
	if (hk_likely(n <= HK_RUN_MAX_UNITS << HK_UNIT_SHIFT)) {
		p = alloc_size(heap, n, zeroed);
		leave(shared);
		return p;
	}
	/* A call to the system that needs no heap: others shall not wait. */
	leave(shared);
	*zeroed = true;
	return hk_huge_alloc(n, HK_PAGE);
}

static void *alloc(size_t n, bool zero)
{
	bool zeroed;
	void *p;

	if (hk_unlikely(n > PTRDIFF_MAX))
		return no_memory();
	p = try_alloc(n, &zeroed);
	if (hk_unlikely(!p && make_room(n)))
		p = try_alloc(n, &zeroed);
	hk_background_poll();
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
	void *p = alloc_near(hk_tls.heap, n);

	if (hk_likely(p)) {
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

static void free_small(struct hk_heap *heap, struct hk_desc *d, void *p)
{
	/* Relaxed: see struct hk_desc. */
	if (hk_desc_owner(d) == heap)
		hk_heap_free_own(heap, d, p);
	else
		hk_remote_free(heap, d, p);
}

/* But for kinds that are not in a heap. */
static void free_in_heap(struct hk_heap *heap, void *p,
			 const struct hk_block_info *info)
{
	switch (info->kind) {
	case HK_KIND_SMALL:
		free_small(heap, info->d, p);
		break;
	case HK_KIND_MEDIUM:
		hk_heap_medium_free(heap, info->d->class, p);
		break;
	case HK_KIND_RUN:
		hk_heap_run_free(heap, info->d);
		break;
	default:
		break;
	}
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
	heap = enter(&shared);
	if (heap) {
		hk_count(&heap->counts.frees, 1);
		free_in_heap(heap, p, info);
	}
	leave(shared);
	if (info->kind == HK_KIND_HUGE)
		hk_huge_free(p);
	hk_background_poll();
}

void hk_free_event(struct hk_desc *d)
{
	hk_heap_event(hk_tls.heap, d);
	hk_background_poll();
}

static HK_NOINLINE void free_medium_slow(struct hk_heap *heap,
					 struct hk_desc *d, void *p)
{
	hk_heap_medium_free(heap, d->class, p);
	hk_background_poll();
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
	struct hk_heap *heap = hk_tls.heap;

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

/* The class that a plain call for `n` bytes would have used, as a size. */
static size_t size_for(size_t n)
{
	if (n <= HK_MEDIUM_MAX)
		return hk_class_size(hk_class_of(n));
	if (n <= HK_RUN_MAX_UNITS << HK_UNIT_SHIFT)
		return units_for(n) << HK_UNIT_SHIFT;
	if (n > PTRDIFF_MAX)
		return 0;
	return hk_round_up(n, hk_os_page_size());
}

static size_t size_for_aligned(size_t align, size_t n)
{
	unsigned int class = HK_CLASSES;

	if (align <= 16 || n > PTRDIFF_MAX)
		return size_for(n);
	if (align <= HK_PAGE)
		class = hk_class_aligned(n, align);
	if (class < HK_CLASSES)
		return hk_class_size(class);
	if (n > HK_RUN_MAX_UNITS << HK_UNIT_SHIFT || align > RUN_ALIGN_MAX)
		return hk_round_up(hk_max(n, 1), hk_os_page_size());
	return units_for(hk_max(n, 1)) << HK_UNIT_SHIFT;
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
	bool inexact;

	hk_locate(p, "free", &info);
	if (info.kind == HK_KIND_GUARD && n == info.size)
		expected = n;
	inexact = (info.kind == HK_KIND_HUGE && n >= MOVE_PAGES_MIN) ||
		atomic_load_explicit(&shrink_failed, memory_order_relaxed);
	if (info.kind != HK_KIND_FOREIGN && !serves(&info, p, expected) &&
	    (!inexact || n > info.size))
		fatal_size(p, n, info.size);
	free_located(p, &info);
}

void hk_free_sized(void *p, size_t n)
{
	if (p)
		free_checked(p, n, size_for(n));
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

	if (!to && n <= info->size) {
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
	void *to = n < MOVE_PAGES_MIN ? NULL : hk_huge_realloc(p, n);

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
	size_t size = size_for(n);
	struct hk_desc *d = info->d;

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
	if (info->size >= MOVE_PAGES_MIN)
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
	old = hk_note_extent(p, info.size);
	to = resize(p, n, &info);
	if (to == p)
		hk_note_resize(p, old, n);
	if (to)
		return to;
	return move(p, n, &info, old);
}

void *hk_reallocarray(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return no_memory();
	return hk_realloc(p, n);
}

/* ---- alignment ---- */

static void *alloc_aligned(struct hk_heap *heap, size_t align, size_t n)
{
	unsigned int class = HK_CLASSES;
	bool zeroed;

	if (align <= HK_PAGE)
		class = hk_class_aligned(n, align);
	if (class < HK_CLASSES)
		return alloc_class(heap, class, align, &zeroed);
	if (n > HK_RUN_MAX_UNITS << HK_UNIT_SHIFT || align > RUN_ALIGN_MAX)
		return hk_huge_alloc(hk_max(n, 1), align);
	return alloc_run(heap, align, hk_max(n, 1), &zeroed);
}

static void *try_aligned(size_t align, size_t n)
{
	void *p = NULL;
	bool shared;
	struct hk_heap *heap = enter(&shared);

	if (hk_likely(heap)) {
		hk_count(&heap->counts.allocs, 1);
		p = alloc_aligned(heap, align, n);
	}
	leave(shared);
	return p;
}

static HK_NOINLINE void *aligned_due(size_t align, size_t n)
{
	return hk_sample(n, align, __builtin_frame_address(0));
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
	p = try_aligned(align, n);
	if (hk_unlikely(!p && make_room(n)))
		p = try_aligned(align, n);
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

	if (!p)
		return 0;
	hk_locate(p, "malloc_usable_size", &info);
	if (info.kind == HK_KIND_FOREIGN)
		return hk_libc.usable_size(p);
	hk_note_resize(p, hk_note_extent(p, info.size), info.size);
	return info.size;
}

size_t hk_good_size(size_t n)
{
	return size_for(n);
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
	return given > 0;
}
