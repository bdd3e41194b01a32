/* SPDX-License-Identifier: MIT */
/*
 * hakmem.h - the public interface of libhakmem.
 *
 * libhakmem replaces the C library's allocator: a program that is linked
 * with it, or started with it in LD_PRELOAD, has its malloc() and free()
 * served by it without a change.  The functions below are the same calls
 * under names of their own, for programs that want to be sure which
 * allocator they reach, and a few that the malloc family does not have.
 *
 * Blocks are interchangeable: what hakmem_malloc() returns may be given to
 * free(), and the other way round, when the library serves the process.
 *
 * Unless a function says otherwise:
 *   - sizes and alignments are in bytes;
 *   - every block is aligned to 16 bytes, of whatever size;
 *   - every function may be called from any thread, from constructors,
 *     destructors and atfork handlers, and after main() has returned;
 *   - none may be called from a signal handler;
 *   - a function that fails for want of memory returns NULL and sets errno
 *     to ENOMEM; one that succeeds leaves errno alone;
 *   - misuse that is found (a block freed twice, a pointer that is not the
 *     start of a live block) ends the process: one line on standard error
 *     that starts "hakmem: fatal:", then abort().
 */
#ifndef HAKMEM_H
#define HAKMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAKMEM_VERSION_MAJOR 1
#define HAKMEM_VERSION_MINOR 0
#define HAKMEM_VERSION_PATCH 0
#define HAKMEM_VERSION_STRING "1.0.0"

#if defined(__GNUC__)
#define HAKMEM_MALLOC __attribute__((malloc))
#define HAKMEM_SIZE(n) __attribute__((alloc_size(n)))
#define HAKMEM_PRODUCT(n, m) __attribute__((alloc_size(n, m)))
#define HAKMEM_CHECK __attribute__((warn_unused_result))
#else
#define HAKMEM_MALLOC
#define HAKMEM_SIZE(n)
#define HAKMEM_PRODUCT(n, m)
#define HAKMEM_CHECK
#endif

#if defined(__cplusplus) && __cplusplus >= 201103L
#define HAKMEM_NOTHROW noexcept
#elif defined(__cplusplus)
#define HAKMEM_NOTHROW throw()
#else
#define HAKMEM_NOTHROW
#endif

/*
 * The version of the library that is loaded, "MAJOR.MINOR.PATCH".  The
 * macros above tell the version of the header.  A constant string; never
 * fails.
 */
const char *hakmem_version(void) HAKMEM_NOTHROW;

/*
 * A block of at least `size` bytes, contents undefined.  Size 0 gives a
 * block of its own that may be freed.  More than PTRDIFF_MAX bytes: NULL,
 * ENOMEM.
 */
void *hakmem_malloc(size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_SIZE(1) HAKMEM_CHECK;

/*
 * A block for `count` objects of `size` bytes, all bytes zero.  NULL and
 * ENOMEM also where count * size overflows.
 */
void *hakmem_calloc(size_t count, size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_PRODUCT(1, 2) HAKMEM_CHECK;

/* hakmem_calloc(1, size). */
void *hakmem_zalloc(size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_SIZE(1) HAKMEM_CHECK;

/*
 * Resizes a block; its contents are kept up to the smaller of both sizes.
 * Returns the block, perhaps at another address.  A NULL `ptr` is
 * hakmem_malloc(size).  Size 0 with a block frees it and returns NULL, as
 * glibc does.  On failure the old block is left as it was.
 */
void *hakmem_realloc(void *ptr, size_t size) HAKMEM_NOTHROW
	HAKMEM_SIZE(2) HAKMEM_CHECK;

/*
 * hakmem_realloc(ptr, count * size), but NULL and ENOMEM, with the old
 * block left as it was, where the product overflows.
 */
void *hakmem_reallocarray(void *ptr, size_t count, size_t size)
	HAKMEM_NOTHROW HAKMEM_PRODUCT(2, 3) HAKMEM_CHECK;

/* Frees a block.  NULL is ignored.  Leaves errno alone. */
void hakmem_free(void *ptr) HAKMEM_NOTHROW;

/*
 * Frees a block whose requested size the caller knows, and ends the process
 * where the block cannot have been allocated with that size: the check
 * compares size classes, not bytes.  NULL is ignored.
 */
void hakmem_free_sized(void *ptr, size_t size) HAKMEM_NOTHROW;

/*
 * The same for a block from an aligned call, with the alignment and the
 * size that were given there.
 */
void hakmem_free_aligned_sized(void *ptr, size_t alignment, size_t size)
	HAKMEM_NOTHROW;

/*
 * A block of `size` bytes at a multiple of `alignment`, which must be a
 * power of two (any other: NULL, EINVAL).  `size` need not be a multiple of
 * it.  hakmem_memalign() rounds any other alignment up to a power of two,
 * as glibc does, and fails with EINVAL where there is none.
 */
void *hakmem_aligned_alloc(size_t alignment, size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_SIZE(2) HAKMEM_CHECK;
void *hakmem_memalign(size_t alignment, size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_SIZE(2) HAKMEM_CHECK;

/*
 * The same, the block in *ptr.  Returns 0, EINVAL (the alignment is not a
 * power of two or not a multiple of sizeof(void *)) or ENOMEM; errno and,
 * on failure, *ptr are left alone.
 */
int hakmem_posix_memalign(void **ptr, size_t alignment, size_t size)
	HAKMEM_NOTHROW HAKMEM_CHECK;

/*
 * A block aligned to the system's page size; hakmem_pvalloc() also rounds
 * the size up to whole pages.
 */
void *hakmem_valloc(size_t size) HAKMEM_NOTHROW
	HAKMEM_MALLOC HAKMEM_SIZE(1) HAKMEM_CHECK;
void *hakmem_pvalloc(size_t size) HAKMEM_NOTHROW HAKMEM_MALLOC HAKMEM_CHECK;

/*
 * How many bytes of the block may be used: at least what was requested.
 * 0 for NULL.
 */
size_t hakmem_malloc_usable_size(void *ptr) HAKMEM_NOTHROW;

/*
 * The least usable size that hakmem_malloc(size) would give, but for blocks
 * between guard pages, which have what was asked for: asking for it instead
 * of for `size` costs no memory.  `size` itself where blocks are sealed.  From
 * 1 KiB to 32 KiB a block may have up to a quarter more, where one of another
 * size lay ready.  0 where no block of `size` bytes can exist.
 */
size_t hakmem_good_size(size_t size) HAKMEM_NOTHROW;

/*
 * Gives free memory back to the system at once: what this thread, the
 * heaps of ended threads and the whole process keep for reuse.  Keeps about
 * `keep` bytes of free memory resident.  Returns 1 if anything was given
 * back, else 0.
 */
int hakmem_trim(size_t keep) HAKMEM_NOTHROW;

/*
 * Figures about the process.  Bytes are bytes, the rest are counts since
 * the process started (a forked child starts from its parent's).  Later
 * versions append fields; none is ever removed or moved.
 */
struct hakmem_stats {
	uint64_t size;            /* of this struct, as the library filled it */

	/* memory, at the time of the call */
	uint64_t live_bytes;      /* in blocks that the program holds, their
				     rounding included: how much was asked
				     for is recorded nowhere */
	uint64_t free_bytes;      /* kept for reuse and perhaps resident */
	uint64_t committed_bytes; /* mapped readable and writable */
	uint64_t reserved_bytes;  /* address space, committed included */
	uint64_t metadata_bytes;  /* the library's own, in committed */
	uint64_t huge_bytes;      /* in mappings of their own, in live */
	uint64_t heaps;           /* heaps made: of the most busy threads at
				     once, and one that others share */

	/* calls to the system */
	uint64_t mmap_calls;
	uint64_t munmap_calls;
	uint64_t mremap_calls;
	uint64_t mprotect_calls;
	uint64_t madvise_calls;
	uint64_t madvise_failures;

	/* events */
	uint64_t superslabs_taken; /* of 2 MiB, from the system */
	uint64_t superslabs_freed; /* given back whole */
	uint64_t fallback_mmaps;   /* times the arena had to go round
				      somebody else's mapping */
	uint64_t purged_bytes;     /* given back without unmapping */
	uint64_t refills;          /* times a thread's list ran empty */
	uint64_t slabs_retired;    /* slabs that became empty */
	uint64_t remote_chains;    /* batches of blocks freed by a thread
				      that does not own them */
	uint64_t huge_allocs;      /* mappings of their own made */

	/*
	 * Where the committed bytes are, each counted once:
	 *
	 *   committed = live + metadata + the following but run_bytes
	 *
	 * to the byte while no other thread runs.
	 */
	uint64_t run_bytes;        /* above 128 KiB, without own mappings; in
				      live */
	uint64_t cached_bytes;     /* freed blocks that threads keep ready */
	uint64_t sent_bytes;       /* freed by other threads, and not yet
				      fetched by the heap that has the slab */
	uint64_t slab_free_bytes;  /* free blocks in slabs */
	uint64_t slab_purged_bytes; /* the same, their pages given back */
	uint64_t slab_uncarved_bytes; /* never handed out */
	uint64_t slab_tail_bytes;  /* behind the last block of a slab */
	uint64_t empty_slab_bytes; /* empty slabs that heaps keep */
	uint64_t cached_run_bytes; /* longer blocks that heaps keep */
	uint64_t dirty_bytes;      /* free, perhaps resident */
	uint64_t clean_bytes;      /* free, not resident */
	uint64_t transit_bytes;    /* changing from one kind to another */

	/* blocks between guard pages (option guard) */
	uint64_t guarded_bytes;    /* the pages of live ones; in live */
	uint64_t guarded_allocs;   /* made so far */

	uint64_t thp_bytes;        /* for which huge pages were asked so
				      far */
};

/*
 * Fills `stats`, whose size the caller gives as sizeof(struct
 * hakmem_stats), so that programs and libraries of different versions fit:
 * at most that many bytes are written.  Returns 0, or -1 with EINVAL where
 * `stats` is NULL or `size` is too small for the first field.  Takes the
 * library's locks for a moment; the figures of other threads may be some
 * operations old.
 */
int hakmem_stats_get(struct hakmem_stats *stats, size_t size)
	HAKMEM_NOTHROW;

/* How hakmem_stats_print() writes. */
enum hakmem_format {
	HAKMEM_TEXT,		/* lines that start "hakmem: " */
	HAKMEM_JSON		/* one object, "schema": 1 */
};

/*
 * Writes all figures to the file descriptor `fd`: those of struct
 * hakmem_stats, a row for each size class in use, in blocks, and one for
 * each heap.  By write(2) alone: nothing is allocated or buffered.  Returns
 * 0, or -1 with EINVAL for an unknown format, or with the error of write(2),
 * when a part may have been written.
 */
int hakmem_stats_print(int fd, enum hakmem_format format) HAKMEM_NOTHROW;

/*
 * Options: what the configuration file and the environment choose when the
 * process starts, and what of it may change later; hakmem.conf(5) has all of
 * them.  A value is text, as in the file.
 *
 * hakmem_option_name() is the name of one option after the other, from 0 on,
 * and NULL behind the last: a constant string.
 *
 * hakmem_option_get() puts the value in force into `buf`, of `size` bytes,
 * ended by a null byte.  Returns 0, or -1 with ENOENT (there is no option of
 * that name), ERANGE (`buf` is too small and left alone; 256 bytes are
 * enough), or EINVAL (a pointer is NULL).
 *
 * hakmem_option_set() gives an option another value, for what the whole
 * process does from then on.  A new preset changes all options that may change
 * and that nobody has chosen one by one, by any source or by this call.
 * Returns 0, or -1 with the option as it was: ENOENT as above, EPERM (it does
 * not change at run time; a preset that is not "hardened" where blocks are
 * sealed, or "hardened" where they are not), EINVAL (that is no value, or a
 * pointer is NULL), ERANGE (the value is too small or too large).
 */
const char *hakmem_option_name(size_t index) HAKMEM_NOTHROW;
int hakmem_option_get(const char *name, char *buf, size_t size)
	HAKMEM_NOTHROW;
int hakmem_option_set(const char *name, const char *value) HAKMEM_NOTHROW;

#undef HAKMEM_MALLOC
#undef HAKMEM_SIZE
#undef HAKMEM_PRODUCT
#undef HAKMEM_CHECK
#undef HAKMEM_NOTHROW

#ifdef __cplusplus
}
#endif
#endif /* HAKMEM_H */
