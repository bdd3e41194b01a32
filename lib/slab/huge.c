/* SPDX-License-Identifier: MIT */
/*
 * huge.c - see huge.h.  The blocks are kept in a hash table by address: open
 * addressing, linear probing, at most half full.  Removal moves the entries
 * behind the hole up (Knuth, The Art of Computer Programming 3, algorithm
 * 6.4 R), so there are no tombstones.
 */
#include "slab/huge.h"

#include "base/annotate.h"
#include "os/meta.h"
#include "os/os.h"
#include "policy/policy.h"

struct hk_lock hk_huge_lock;

struct entry {
	uintptr_t start;	/* 0: free */
	size_t len;
};

#define FIRST_ENTRIES	256

/*
 * A mapping is a scarce thing (vm.max_map_count, 65,530 by default): blocks
 * below this size may become mappings only while there are few.
 */
#define PLENTY_BYTES	(8 * HK_MIB)
#define FEW_BLOCKS	1024

struct hk_huge_counts hk_huge_counts;

/* All under hk_huge_lock. */
static struct entry *table;
static size_t entries;		/* a power of two, or 0 */
static size_t used;

/* ---- the table ---- */

static size_t home_of(uintptr_t start)
{
	/* Fibonacci hashing (Knuth 3, 6.4): pages differ in low bits. */
	return (size_t)((start >> HK_PAGE_SHIFT) * 0x9e3779b97f4a7c15u >> 32) &
		(entries - 1);
}

/* The entry of `start`, or the free one where it belongs. */
static struct entry *find(uintptr_t start)
{
	size_t i = home_of(start);

	while (table[i].start && table[i].start != start)
		i = (i + 1) & (entries - 1);
	return &table[i];
}

/* Room for one more: the old table is left behind, as metadata is. */
static int reserve_entry(void)
{
	struct entry *old = table;
	size_t n = entries;

	if (used * 2 < n)
		return 0;
	table = hk_meta_alloc((n ? n * 2 : FIRST_ENTRIES) * sizeof(*table));
	if (!table) {
		table = old;
		return -ENOMEM;
	}
	entries = n ? n * 2 : FIRST_ENTRIES;
	for (size_t i = 0; i < n; i++)
		if (old[i].start)
			*find(old[i].start) = old[i];
	return 0;
}

static void add(void *p, size_t len)
{
	*find((uintptr_t)p) = (struct entry){ (uintptr_t)p, len };
	used++;
	atomic_fetch_add_explicit(&hk_huge_counts.bytes, len,
				  memory_order_relaxed);
}

static void drop(struct entry *e)
{
	size_t mask = entries - 1;
	size_t hole = (size_t)(e - table);

	used--;
	atomic_fetch_sub_explicit(&hk_huge_counts.bytes, e->len,
				  memory_order_relaxed);
	for (size_t i = (hole + 1) & mask; table[i].start; i = (i + 1) & mask) {
		size_t home = home_of(table[i].start);

		/* Is `hole` between its home and where it is? */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			table[hole] = table[i];
			hole = i;
		}
	}
	table[hole].start = 0;
}

static struct entry *look_up(const void *p)
{
	struct entry *e = entries ? find((uintptr_t)p) : NULL;

	return e && e->start ? e : NULL;
}

/* ---- blocks ---- */

/*
 * Maps `len` bytes at a multiple of `align`: with enough room around it,
 * what is too much is cut off at both ends.
 */
static void *map_aligned(size_t len, size_t align)
{
	size_t page = hk_os_page_size();
	size_t room = align > page ? align - page : 0;
	size_t before, behind;
	char *start;
	void *p;

	if (len > PTRDIFF_MAX - room || hk_os_map(NULL, len + room, &p))
		return NULL;
	start = (char *)hk_round_up((uintptr_t)p, align);
	before = (size_t)(start - (char *)p);
	behind = room - before;
	if (before)
		hk_os_unmap(p, before);
	if (behind)
		hk_os_unmap(start + len, behind);
	return start;
}

/* Mappings start and end at multiples of the page size. */
static size_t whole_pages(size_t size)
{
	return hk_round_up(size, hk_os_page_size());
}

void *hk_huge_alloc(size_t size, size_t align)
{
	size_t len = whole_pages(size);
	void *p = NULL;

	/* Huge pages need their own alignment. */
	align = hk_max(align, HK_SUPER);
	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	if (!reserve_entry())
		p = map_aligned(len, align);
	if (p) {
		hk_note_close(p, len);
		add(p, len);
		atomic_fetch_add_explicit(&hk_huge_counts.allocs, 1,
					  memory_order_relaxed);
	}
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	if (p)
		hk_os_huge_pages(p, len, hk_policy_get(HK_OPT_HUGE_PAGES) !=
				 HK_HUGE_NEVER);
	return p;
}

size_t hk_huge_size(const void *p)
{
	struct entry *e;
	size_t len;

	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	e = look_up(p);
	len = e ? e->len : 0;
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	return len;
}

void *hk_huge_around(const void *p)
{
	void *found = NULL;

	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	for (size_t i = 0; i < entries; i++)
		if (table[i].start && (uintptr_t)p - table[i].start <
				      table[i].len)
			found = (void *)table[i].start;
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	return found;
}

/*
 * Unmapping fails where it would split a mapping that the kernel joined and
 * the process has too many: then the pages at least go back, and the
 * address range is lost.
 */
bool hk_huge_free(void *p)
{
	struct entry *e;
	size_t len = 0;

	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	e = look_up(p);
	if (e) {
		len = e->len;
		drop(e);
	}
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	if (len && hk_os_unmap(p, len))
		hk_os_discard(p, len);
	return len != 0;
}

void *hk_huge_realloc(void *p, size_t size)
{
	size_t len = whole_pages(size);
	void *moved = NULL;
	struct entry *e;

	/* Under the lock: nobody may be given the old place meanwhile. */
	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	e = look_up(p);
	if (e && !hk_os_remap(p, e->len, len, &moved)) {
		drop(e);
		add(moved, len);
	}
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	return moved;
}

void *hk_huge_adopt(void *p, size_t len, size_t size)
{
	size_t new_len = whole_pages(size);
	void *moved = NULL;

	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	if ((len >= PLENTY_BYTES || used < FEW_BLOCKS) && !reserve_entry() &&
	    !hk_os_move_pages(p, len, new_len, &moved)) {
		add(moved, new_len);
		atomic_fetch_add_explicit(&hk_huge_counts.allocs, 1,
					  memory_order_relaxed);
	}
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	return moved;
}

size_t hk_huge_bytes(void)
{
	return atomic_load_explicit(&hk_huge_counts.bytes,
				    memory_order_relaxed);
}

const void *hk_huge_table(const size_t **pairs)
{
	static_assert(sizeof(struct entry) == 2 * sizeof(uint64_t),
		      "a pair of words, as readers have it");
	*pairs = &entries;
	return &table;
}

size_t hk_huge_blocks(void)
{
	size_t n;

	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	n = used;
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	return n;
}

uint64_t hk_huge_allocs(void)
{
	return atomic_load_explicit(&hk_huge_counts.allocs,
				    memory_order_relaxed);
}
