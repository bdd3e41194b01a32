/* SPDX-License-Identifier: MIT */
/*
 * ops.c - see ops.h: decodes operations and executes them on the allocator
 * and on the shadow heap side by side.
 *
 * Each call is also held to what include/hakmem.h says of errno: a call that
 * succeeds leaves it alone, one that fails sets it to what is documented.
 *
 * In a debug build the library's own structures are verified after each
 * operation, those of all threads: nothing is locked here, as with several
 * threads only one is ever running.
 */
#include "ops.h"

#include "api/stats.h"
#include "fuzz_common.h"
#include "hakmem.h"
#include "heap/thread.h"
#include "shadow.h"
#include "slab/run.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define KIB		((size_t)1 << 10)
#define MIB		((size_t)1 << 20)

/* Limits of one input, so that it takes milliseconds. */
#define LIVE_MAX	(256 * MIB)	/* bytes asked for, in all blocks */
#define CHURN_MAX	(512 * MIB) /* bytes of all large requests */
#define LARGE		(64 * KIB)	/* requests from here on are churn */
#define TOUCHED_MAX	(48 * MIB)	/* what writing to pages may cost */
#define STEPS_MAX	20000u		/* calls of the allocator */

#define ACCOUNT_STEPS	16u		/* operations between two accounts */

#define ALIGN_KINDS	22u		/* 1 to 2 MiB */
#define MAX_ALIGN	16u		/* what every block has */
#define ERRNO_MARK	4711		/* no error has this number */

static struct fuzz_input in;
static size_t churn;
static size_t touched;
static unsigned int steps;

/* ---- operands ---- */

static unsigned int read_slot(void)
{
	return fuzz_u8(&in);
}

static size_t read_align(void)
{
	return (size_t)1 << (fuzz_u8(&in) % ALIGN_KINDS);
}

/* One size of each kind that the allocator may treat in its own way. */
static size_t read_size_kind(void)
{
	unsigned int kind = fuzz_u8(&in) % 8;

	switch (kind) {
	case 0:
		return fuzz_u8(&in);			/* to 255 */
	case 1:
		return fuzz_u8(&in) * 4u + 4;		/* to 1 KiB */
	case 2:
		return fuzz_u16(&in) % (8 * KIB) + 1;	/* to 8 KiB */
	case 3:
		return fuzz_u16(&in) % (33 * KIB);	/* past 32 KiB */
	case 4:
		return 32 * KIB + fuzz_u16(&in) * 31u;	/* to 2 MiB */
	case 5:
		return 2 * MIB + fuzz_u16(&in) * KIB;	/* to 66 MiB */
	case 6:
		return 60 * MIB + fuzz_u16(&in) * 3 * KIB; /* to 252 MiB */
	default: {
		/* About a power of two; below 0 is a very large one. */
		size_t power = (size_t)1 << (fuzz_u8(&in) % 28);

		return power + fuzz_u8(&in) - 128;
	}
	}
}

/* A size for `count` blocks, reduced to what the limits leave. */
static size_t read_size(size_t count)
{
	size_t size = read_size_kind();
	size_t live = shadow_live();
	/* Steps of a row and whole pages may have gone a little beyond. */
	size_t room = live < LIVE_MAX ? LIVE_MAX - live : 0;

	if (size > room / count)
		size = room / count ? size % (room / count) : 0;
	if (size >= LARGE) {
		if (churn + size * count > CHURN_MAX)
			size %= LARGE / 4;
		else
			churn += size * count;
	}
	return size;
}

/* ---- errno ---- */

static void expect_errno(const char *call, int want)
{
	if (errno != want)
		fuzz_fail("%s left errno at %d, not %d", call, errno, want);
}

/*
 * A NULL for a request within the limits: right only where the process may
 * not have much memory.
 */
static void no_memory(const char *call, size_t size)
{
	struct rlimit limit;

	expect_errno(call, ENOMEM);
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur == RLIM_INFINITY)
		fuzz_fail("%s of %zu bytes failed", call, size);
}

/* ---- one block ---- */

/*
 * What a block costs as if in small pages: see shadow.h for what is written.
 * A huge page costs about as much as a hundred small ones.
 */
static size_t pages_written(size_t size)
{
	if (size >= 4 * MIB)
		return 2 * MIB;
	return size < 256 * KIB ? size : 256 * KIB;
}

static void adopt(const char *call, unsigned int slot, void *ptr, size_t size,
		  size_t align, enum shadow_kind kind, bool zeroed)
{
	struct shadow_block block = {
		.ptr = ptr,
		.size = size,
		.align = align,
		.kind = kind,
		.zeroed = zeroed,
	};

	steps++;
	if (!ptr) {
		no_memory(call, size);
		return;
	}
	expect_errno(call, ERRNO_MARK);
	touched += pages_written(size);
	block.usable = hakmem_malloc_usable_size(ptr);
	shadow_add(slot, &block);
	expect_errno("hakmem_malloc_usable_size", ERRNO_MARK);
}

static void drop(unsigned int slot, bool sized)
{
	struct shadow_block block = *shadow_get(slot);

	if (!block.ptr)
		return;
	shadow_take(slot);
	steps++;
	errno = ERRNO_MARK;
	if (sized && block.kind == SHADOW_PLAIN) {
		fuzz_trace("\thakmem_free_sized(b[%u], %zu);\n", slot,
			   block.size);
		hakmem_free_sized(block.ptr, block.size);
	} else if (sized && block.kind == SHADOW_ALIGNED) {
		fuzz_trace("\thakmem_free_aligned_sized(b[%u], %zu, %zu);\n",
			   slot, block.align, block.size);
		hakmem_free_aligned_sized(block.ptr, block.align, block.size);
	} else {
		fuzz_trace("\thakmem_free(b[%u]);\n", slot);
		hakmem_free(block.ptr);
	}
	expect_errno("free", ERRNO_MARK);
}

static void take_plain(unsigned int slot, size_t size)
{
	drop(slot, false);
	fuzz_trace("\tb[%u] = hakmem_malloc(%zu);\n", slot, size);
	errno = ERRNO_MARK;
	adopt("hakmem_malloc", slot, hakmem_malloc(size), size, MAX_ALIGN,
	      SHADOW_PLAIN, false);
}

static void resize(unsigned int slot, size_t count, size_t size, bool array)
{
	const char *call = array ? "hakmem_reallocarray" : "hakmem_realloc";
	struct shadow_block old = *shadow_get(slot);
	size_t total = count * size;
	size_t kept = old.size < total ? old.size : total;
	void *ptr;

	if (old.ptr)
		shadow_take(slot);
	else
		kept = 0;
	if (array)
		fuzz_trace("\tb[%u] = hakmem_reallocarray(b[%u], %zu, %zu);\n",
			   slot, slot, count, size);
	else
		fuzz_trace("\tb[%u] = hakmem_realloc(b[%u], %zu);\n", slot,
			   slot, total);
	errno = ERRNO_MARK;
	if (array)
		ptr = hakmem_reallocarray(old.ptr, count, size);
	else
		ptr = hakmem_realloc(old.ptr, total);
	if (old.ptr && !total) {
		/* Freed, as glibc does. */
		steps++;
		if (ptr)
			fuzz_fail("%s to 0 bytes returned %p", call, ptr);
		expect_errno(call, ERRNO_MARK);
		return;
	}
	if (ptr && kept)
		shadow_check_moved(&old, ptr, kept);
	if (!ptr && old.ptr) {
		/* The old block is as it was. */
		shadow_check_moved(&old, old.ptr, old.usable);
		no_memory(call, total);
		old.zeroed = false;
		shadow_add(slot, &old);
		return;
	}
	adopt(call, slot, ptr, total, MAX_ALIGN, SHADOW_PLAIN, false);
}

static void op_malloc(void)
{
	unsigned int slot = read_slot();
	size_t size;
	size_t good;

	drop(slot, false);
	size = read_size(1);
	good = hakmem_good_size(size);
	take_plain(slot, size);
	if (shadow_get(slot)->ptr && shadow_get(slot)->usable < good)
		fuzz_fail("hakmem_good_size(%zu) is %zu, the block has %zu",
			  size, good, shadow_get(slot)->usable);
}

/* Splits `size` into a number of objects and their size. */
static size_t read_count(size_t *size)
{
	size_t count = fuzz_u8(&in);

	if (count)
		*size /= count;
	return count;
}

static void op_calloc(void)
{
	unsigned int slot = read_slot();
	size_t size;
	size_t count;

	drop(slot, false);
	size = read_size(1);
	count = read_count(&size);
	fuzz_trace("\tb[%u] = hakmem_calloc(%zu, %zu);\n", slot, count, size);
	errno = ERRNO_MARK;
	adopt("hakmem_calloc", slot, hakmem_calloc(count, size), count * size,
	      MAX_ALIGN, SHADOW_PLAIN, true);
}

static void op_zalloc(void)
{
	unsigned int slot = read_slot();
	size_t size;

	drop(slot, false);
	size = read_size(1);
	fuzz_trace("\tb[%u] = hakmem_zalloc(%zu);\n", slot, size);
	errno = ERRNO_MARK;
	adopt("hakmem_zalloc", slot, hakmem_zalloc(size), size, MAX_ALIGN,
	      SHADOW_PLAIN, true);
}

static void op_realloc(void)
{
	unsigned int slot = read_slot();

	resize(slot, 1, read_size(1), false);
}

static void op_reallocarray(void)
{
	unsigned int slot = read_slot();
	size_t size = read_size(1);
	size_t count = read_count(&size);

	resize(slot, count, size, true);
}

static void op_aligned_alloc(void)
{
	unsigned int slot = read_slot();
	size_t align = read_align();
	size_t size;

	drop(slot, false);
	size = read_size(1);
	fuzz_trace("\tb[%u] = hakmem_aligned_alloc(%zu, %zu);\n", slot, align,
		   size);
	errno = ERRNO_MARK;
	adopt("hakmem_aligned_alloc", slot, hakmem_aligned_alloc(align, size),
	      size, align, SHADOW_ALIGNED, false);
}

static void op_posix_memalign(void)
{
	unsigned int slot = read_slot();
	size_t align = read_align();
	void *ptr = NULL;
	size_t size;
	int err;

	drop(slot, false);
	size = read_size(1);
	if (align < sizeof(void *))
		align = sizeof(void *);
	fuzz_trace("\thakmem_posix_memalign(&b[%u], %zu, %zu);\n", slot, align,
		   size);
	errno = ERRNO_MARK;
	err = hakmem_posix_memalign(&ptr, align, size);
	expect_errno("hakmem_posix_memalign", ERRNO_MARK);
	if ((err != 0 && err != ENOMEM) || !err != !!ptr)
		fuzz_fail("hakmem_posix_memalign returned %d and %p", err,
			  ptr);
	errno = err ? err : ERRNO_MARK;
	adopt("hakmem_posix_memalign", slot, ptr, size, align, SHADOW_ALIGNED,
	      false);
}

static void op_memalign(void)
{
	unsigned int slot = read_slot();
	unsigned int byte = fuzz_u8(&in);
	size_t align = (size_t)1 << (byte % ALIGN_KINDS);
	size_t asked = align;
	size_t size;

	drop(slot, false);
	size = read_size(1);
	/* Any other alignment is rounded up. */
	if (byte >= 128)
		asked = align / 2 + 1;
	fuzz_trace("\tb[%u] = hakmem_memalign(%zu, %zu);\n", slot, asked,
		   size);
	errno = ERRNO_MARK;
	adopt("hakmem_memalign", slot, hakmem_memalign(asked, size), size,
	      align, SHADOW_NEITHER, false);
}

static void op_valloc(void)
{
	unsigned int slot = read_slot();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size;

	drop(slot, false);
	size = read_size(1);
	if (size % 2) {
		fuzz_trace("\tb[%u] = hakmem_valloc(%zu);\n", slot, size);
		errno = ERRNO_MARK;
		adopt("hakmem_valloc", slot, hakmem_valloc(size), size, page,
		      SHADOW_NEITHER, false);
		return;
	}
	fuzz_trace("\tb[%u] = hakmem_pvalloc(%zu);\n", slot, size);
	size = (size + page - 1) & ~(page - 1);
	errno = ERRNO_MARK;
	adopt("hakmem_pvalloc", slot, hakmem_pvalloc(size), size, page,
	      SHADOW_NEITHER, false);
}

static void op_free(void)
{
	drop(read_slot(), false);
}

static void op_free_sized(void)
{
	drop(read_slot(), true);
}

static void op_check(void)
{
	unsigned int slot = read_slot();
	const struct shadow_block *block = shadow_get(slot);

	if (!block->ptr)
		return;
	shadow_check(slot);
	if (hakmem_malloc_usable_size(block->ptr) != block->usable)
		fuzz_fail("the usable size of %p was %zu and is %zu",
			  (void *)block->ptr, block->usable,
			  hakmem_malloc_usable_size(block->ptr));
}

/* ---- rows of blocks ---- */

struct row {
	unsigned int first;
	unsigned int count;
};

static struct row read_row(void)
{
	struct row row;

	row.first = fuzz_u8(&in) * 64;
	row.count = (fuzz_u8(&in) + 1) * 16;
	return row;
}

static unsigned int row_slot(struct row row, unsigned int i)
{
	return (row.first + i) % SHADOW_SLOTS;
}

static bool steps_left(void)
{
	return steps < STEPS_MAX && touched < TOUCHED_MAX;
}

/* A row of blocks of one size, or of sizes that grow by a step. */
static void op_fill_row(void)
{
	struct row row = read_row();
	size_t size = read_size(row.count);
	size_t step = fuzz_u8(&in);

	/* Eight sizes in turn, so that no row comes near the limits. */
	if (size < LARGE)
		step = step % 32;
	else
		step = 0;
	for (unsigned int i = 0; i < row.count && steps_left(); i++)
		if (!shadow_get(row_slot(row, i))->ptr)
			take_plain(row_slot(row, i), size + i % 8 * step);
}

/* Forwards or backwards, all or one in so many, with or without sizes. */
static void op_free_row(void)
{
	struct row row = read_row();
	unsigned int how = fuzz_u8(&in);
	unsigned int stride = how % 32 + 1;
	bool backwards = how & 32;
	bool sized = how & 64;

	for (unsigned int i = 0; i < row.count && steps_left(); i += stride)
		drop(row_slot(row, backwards ? row.count - 1 - i : i), sized);
}

static void op_resize_row(void)
{
	struct row row = read_row();
	size_t size = read_size(row.count);

	for (unsigned int i = 0; i < row.count && steps_left(); i++)
		if (shadow_get(row_slot(row, i))->ptr)
			resize(row_slot(row, i), 1, size, false);
}

/* The same block again and again: ages what is kept for reuse. */
static void op_repeat(void)
{
	unsigned int count = (fuzz_u8(&in) + 1) * 4;
	size_t size = read_size(1);

	/* Large ones would be charged once and taken many times. */
	if (size >= LARGE)
		count = 4;
	for (unsigned int i = 0; i < count && steps_left(); i++) {
		take_plain(SHADOW_SLOTS - 1, size);
		drop(SHADOW_SLOTS - 1, i % 2);
	}
}

/* ---- requests that must be refused, and that must do nothing ---- */

static void expect_refused(const char *call, const void *ptr, int want)
{
	if (ptr)
		fuzz_fail("%s returned %p where it must fail", call, ptr);
	expect_errno(call, want);
	errno = ERRNO_MARK;
}

/* Read through a volatile: the compiler knows these calls, and warns. */
static size_t impossible_size(unsigned int which)
{
	static const volatile size_t sizes[] = {
		(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2,
		PTRDIFF_MAX, PTRDIFF_MAX - 15, PTRDIFF_MAX - 4096,
		SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16,
		SIZE_MAX - 4095, SIZE_MAX - 65535, SIZE_MAX - 0x1fffff,
		(size_t)1 << 62, (size_t)1 << 56, (size_t)1 << 50,
	};

	return sizes[which % (sizeof(sizes) / sizeof(sizes[0]))];
}

struct product {
	size_t count;
	size_t size;
};

static struct product overflowing_product(unsigned int which)
{
	static const volatile struct product products[] = {
		{ SIZE_MAX / 2 + 1, 2 }, { 2, SIZE_MAX / 2 + 1 },
		{ (size_t)1 << 32, (size_t)1 << 32 },
		{ SIZE_MAX, SIZE_MAX }, { SIZE_MAX / 16 + 1, 16 },
		{ SIZE_MAX / 3 + 1, 3 }, { PTRDIFF_MAX, 3 },
	};

	which %= sizeof(products) / sizeof(products[0]);
	return (struct product){ products[which].count,
		products[which].size };
}

static size_t bad_align(unsigned int which)
{
	static const volatile size_t aligns[] = {
		0, 3, 24, 4095, 4097, SIZE_MAX, ((size_t)1 << 63) + 1,
		((size_t)1 << 21) + 16,
	};

	return aligns[which % (sizeof(aligns) / sizeof(aligns[0]))];
}

static void refuse_sizes(unsigned int which)
{
	size_t size = impossible_size(which);
	size_t align = (size_t)1 << (which % ALIGN_KINDS);
	void *ptr = &size;
	int err;

	fuzz_trace("\t/* refused: %zu bytes, aligned to %zu */\n", size,
		   align);
	expect_refused("hakmem_malloc", hakmem_malloc(size), ENOMEM);
	expect_refused("hakmem_zalloc", hakmem_zalloc(size), ENOMEM);
	expect_refused("hakmem_calloc", hakmem_calloc(1, size), ENOMEM);
	expect_refused("hakmem_realloc", hakmem_realloc(NULL, size), ENOMEM);
	expect_refused("hakmem_aligned_alloc",
		       hakmem_aligned_alloc(align, size), ENOMEM);
	expect_refused("hakmem_memalign", hakmem_memalign(align, size),
		       ENOMEM);
	expect_refused("hakmem_valloc", hakmem_valloc(size), ENOMEM);
	expect_refused("hakmem_pvalloc", hakmem_pvalloc(size), ENOMEM);
	err = hakmem_posix_memalign(&ptr, align < 8 ? 8 : align, size);
	if (err != ENOMEM || ptr != &size)
		fuzz_fail("hakmem_posix_memalign of %zu returned %d", size,
			  err);
	expect_errno("hakmem_posix_memalign", ERRNO_MARK);
	if (size > PTRDIFF_MAX && hakmem_good_size(size))
		fuzz_fail("hakmem_good_size(%zu) is not 0", size);
	expect_errno("hakmem_good_size", ERRNO_MARK);
}

static void refuse_aligns(unsigned int which)
{
	size_t align = bad_align(which);
	void *ptr = &align;
	int err;

	fuzz_trace("\t/* refused: alignment %zu */\n", align);
	expect_refused("hakmem_aligned_alloc",
		       hakmem_aligned_alloc(align, 100), EINVAL);
	err = hakmem_posix_memalign(&ptr, align, 100);
	if (err == EINVAL)
		err = hakmem_posix_memalign(&ptr, 4, 100);
	if (err != EINVAL || ptr != &align)
		fuzz_fail("hakmem_posix_memalign at %zu returned %d", align,
			  err);
	expect_errno("hakmem_posix_memalign", ERRNO_MARK);
	if (align > (size_t)1 << 63)
		expect_refused("hakmem_memalign",
			       hakmem_memalign(align, 100), EINVAL);
	expect_refused("hakmem_aligned_alloc",
		       hakmem_aligned_alloc((size_t)1 << 62, 16), ENOMEM);
}

/* A resize that fails leaves the block as it was. */
static void refuse_resizes(unsigned int which, unsigned int slot)
{
	const struct shadow_block *block = shadow_get(slot);
	struct product product = overflowing_product(which);
	size_t size = impossible_size(which);

	fuzz_trace("\t/* refused: b[%u] resized to %zu and to %zu * %zu */\n",
		   slot, size, product.count, product.size);
	expect_refused("hakmem_calloc",
		       hakmem_calloc(product.count, product.size), ENOMEM);
	expect_refused("hakmem_reallocarray",
		       hakmem_reallocarray(block->ptr, product.count,
					   product.size), ENOMEM);
	expect_refused("hakmem_realloc", hakmem_realloc(block->ptr, size),
		       ENOMEM);
	if (!block->ptr)
		return;
	shadow_check(slot);
	if (hakmem_malloc_usable_size(block->ptr) != block->usable)
		fuzz_fail("a failed resize changed the size of %p",
			  (void *)block->ptr);
}

static void do_nothing(unsigned int which)
{
	fuzz_trace("\t/* on NULL */\n");
	hakmem_free(NULL);
	hakmem_free_sized(NULL, which);
	hakmem_free_aligned_sized(NULL, which, which);
	if (hakmem_malloc_usable_size(NULL))
		fuzz_fail("NULL has a usable size");
	expect_errno("a call on NULL", ERRNO_MARK);
}

static void op_refused(void)
{
	unsigned int which = fuzz_u8(&in);
	unsigned int slot = read_slot();

	steps++;
	errno = ERRNO_MARK;
	switch (which % 4) {
	case 0:
		refuse_sizes(which / 4);
		break;
	case 1:
		refuse_aligns(which / 4);
		break;
	case 2:
		refuse_resizes(which / 4, slot);
		break;
	default:
		do_nothing(which / 4);
	}
}

/* ---- the process ---- */

/*
 * Only one thread runs: what the shadow heap has is what is live, to the
 * byte, and every committed byte is counted once.
 */
static void check_account(void)
{
	struct hakmem_stats s;
	uint64_t sum;

	if (hakmem_stats_get(&s, sizeof(s)))
		fuzz_fail("hakmem_stats_get failed");
	sum = s.live_bytes + s.cached_bytes + s.sent_bytes +
		s.slab_free_bytes + s.slab_purged_bytes +
		s.slab_uncarved_bytes + s.slab_tail_bytes +
		s.empty_slab_bytes + s.cached_run_bytes + s.dirty_bytes +
		s.clean_bytes + s.metadata_bytes;
	if (s.live_bytes != shadow_usable())
		fuzz_fail("%ju bytes are live, not %zu",
			  (uintmax_t)s.live_bytes, shadow_usable());
	if (s.transit_bytes || sum != s.committed_bytes)
		fuzz_fail("%ju bytes of %ju are accounted for, %ju in transit",
			  (uintmax_t)sum, (uintmax_t)s.committed_bytes,
			  (uintmax_t)s.transit_bytes);
	if (s.huge_bytes > s.live_bytes || s.run_bytes > s.live_bytes ||
	    s.committed_bytes > s.reserved_bytes)
		fuzz_fail("hakmem_stats_get: a part exceeds its whole");
}

static void op_stats(void)
{
	struct {
		struct hakmem_stats stats;
		unsigned char after[64];
	} room;
	size_t size = fuzz_u8(&in) % (sizeof(room.stats) + 16);
	int err;

	fuzz_trace("\thakmem_stats_get(&stats, %zu);\n", size);
	memset(&room, 0xa5, sizeof(room));
	errno = ERRNO_MARK;
	err = hakmem_stats_get(&room.stats, size);
	for (size_t i = size; i < sizeof(room); i++)
		if (((unsigned char *)&room)[i] != 0xa5)
			fuzz_fail("hakmem_stats_get wrote at %zu of %zu", i,
				  size);
	if (size < sizeof(room.stats.size)) {
		if (err != -1)
			fuzz_fail("hakmem_stats_get took a size of %zu", size);
		expect_errno("hakmem_stats_get", EINVAL);
		return;
	}
	if (err)
		fuzz_fail("hakmem_stats_get returned %d", err);
	expect_errno("hakmem_stats_get", ERRNO_MARK);
	check_account();
}

static void op_trim(void)
{
	size_t keep = fuzz_u8(&in) * 64 * KIB;
	int done;

	fuzz_trace("\thakmem_trim(%zu);\n", keep);
	steps += 100;
	errno = ERRNO_MARK;
	done = hakmem_trim(keep);
	if (done != 0 && done != 1)
		fuzz_fail("hakmem_trim returned %d", done);
	expect_errno("hakmem_trim", ERRNO_MARK);
}

/* ---- the whole input ---- */

static void verify_heap(struct hk_heap *heap, void *arg)
{
	(void)arg;
	hk_heap_verify(heap);
}

static void verify(void)
{
	if (!hk_debug)
		return;
	hk_heaps_each(verify_heap, NULL);
	hk_run_verify();
	hk_stats_verify();
}

static void step_operation(void)
{
	static void (*const operations[OP_CODES])(void) = {
		[OP_MALLOC] = op_malloc,
		[OP_CALLOC] = op_calloc,
		[OP_ZALLOC] = op_zalloc,
		[OP_REALLOC] = op_realloc,
		[OP_REALLOCARRAY] = op_reallocarray,
		[OP_FREE] = op_free,
		[OP_FREE_SIZED] = op_free_sized,
		[OP_ALIGNED_ALLOC] = op_aligned_alloc,
		[OP_POSIX_MEMALIGN] = op_posix_memalign,
		[OP_MEMALIGN] = op_memalign,
		[OP_VALLOC] = op_valloc,
		[OP_CHECK] = op_check,
		[OP_FILL_ROW] = op_fill_row,
		[OP_FREE_ROW] = op_free_row,
		[OP_RESIZE_ROW] = op_resize_row,
		[OP_REPEAT] = op_repeat,
		[OP_REFUSED] = op_refused,
		[OP_STATS] = op_stats,
		[OP_TRIM] = op_trim,
	};

	operations[fuzz_u8(&in) % OP_CODES]();
	verify();
}

static void step_free_all(void)
{
	unsigned int slot;

	while (shadow_last(&slot))
		drop(slot, false);
	verify();
}

void ops_run(const uint8_t *data, size_t len, ops_runner *run,
	     unsigned int threads)
{
	in.data = data;
	in.len = len < FUZZ_INPUT_MAX ? len : FUZZ_INPUT_MAX;
	in.pos = 0;
	churn = 0;
	touched = 0;
	steps = 0;
	for (unsigned int i = 1; fuzz_more(&in) && steps_left(); i++) {
		unsigned int thread = threads > 1 ? fuzz_u8(&in) % threads : 0;

		run(step_operation, thread);
		if (i % ACCOUNT_STEPS == 0)
			check_account();
	}
	run(step_free_all, 0);
	if (shadow_live())
		fuzz_fail("%zu bytes are left over", shadow_live());
	check_account();
}
