/* SPDX-License-Identifier: MIT */
/*
 * copy.c - see copy.h.
 *
 * One thread at a time copies, the others go on; a thread that a signal has
 * stopped while it copies is one of those.  A reader may see figures of two
 * moments, as in the process's memory.  What must fit: a list leads to blocks
 * that the file has.  So their pieces come first, and its head at last.
 */
#define _GNU_SOURCE
#include "api/copy.h"

#include "api/page.h"
#include "base/fatal.h"
#include "base/glance.h"
#include "heap/heap.h"
#include "heap/thread.h"
#include "os/os.h"
#include "os/shm.h"
#include "policy/policy.h"
#include "stats/copy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 *   0      PIECES                         READY          LENGTH
 *   +------+--------+------+------+------+--------------+
 *   | head | pieces | page | rows | ...  | heaps, as they
 *   +------+--------+------+------+------+  come
 */
#define PIECES_MAX	1024u
#define DATA_AT		hk_round_up(sizeof(struct hk_copy) + \
				    PIECES_MAX * sizeof(struct hk_copy_piece), \
				    8)
#define LENGTH		(16 * HK_MIB)

/* What has memory from the start: all but heaps, and the first one. */
#define READY		(64 * HK_KIB)
/* And then whenever there is a heap more than that. */
#define READY_MORE	(64 * HK_KIB)

/*
 * Between two copies, as a program may fall asleep at any time; and so much
 * longer than one takes, if that is more.
 */
#define PERIOD_MS	5
#define PERIOD_TIMES	200

/*
 * Only a process that has lived so long has a file: nobody takes away those of
 * the many that execute another program at once, or end by _exit(2).
 */
#define FIRST_MS	100

_Atomic uint32_t hk_copy_at;

/*
 * Whoever copies has the rest: taken with acquire, given with release, as is
 * hk_copy_at by those who begin it, so that each sees what the one before has
 * done.
 */
static _Atomic bool busy;

/* How many calls each thread lets pass before it asks for the time. */
static HK_TLS struct pace {
	uint16_t left, each;
} pace;

static struct hk_copy *copy;	/* where it is mapped, or NULL */
static size_t used, ready;	/* bytes of it */
static uint32_t lasting;	/* pieces that are copied anew: from here */
static const struct hk_heap *newest;	/* that the file has */

/* Written by the constructor, and by a child's handler. */
static struct hk_line directory, name;

static struct hk_copy_piece *pieces(void)
{
	return (struct hk_copy_piece *)(copy + 1);
}

static void *in_file(uint64_t from)
{
	return (char *)copy + from;
}

/* ---- pieces ---- */

/* Is there memory for so many bytes more, and a piece for them? */
static bool has_room(size_t len)
{
	if (copy->pieces == PIECES_MAX || used + len > LENGTH)
		return false;
	while (used + len > ready) {
		if (ready + READY_MORE > LENGTH ||
		    !hk_os_prefault(in_file(ready), READY_MORE))
			return false;
		ready += READY_MORE;
	}
	return true;
}

/* Release: a reader that counts it finds it whole. */
static struct hk_copy_piece *add_piece(const volatile void *at, size_t len)
{
	struct hk_copy_piece *piece = pieces() + copy->pieces;

	*piece = (struct hk_copy_piece){ (uintptr_t)at, len, used };
	hk_glance_copy(in_file(used), at, len);
	used += hk_round_up(len, 8);
	__atomic_store_n(&copy->pieces, copy->pieces + 1, __ATOMIC_RELEASE);
	return piece;
}

static void add(uint64_t at, size_t len)
{
	/* Those that are there from the start, READY has room for. */
	if (at && len && has_room(len))
		add_piece((const void *)(uintptr_t)at, len);
}

/* Heaps are told apart by where they are, and stay. */
static uint32_t heaps_since(const struct hk_heap *heap,
			    const struct hk_heap *last)
{
	uint32_t n = 0;

	for (; heap != last; heap = heap->next_heap)
		n++;
	return n;
}

/*
 * The heaps that were made since.  Where there is no room for all, it is the
 * newest ones that are left out: the list goes from new to old.
 */
static void add_heaps(void)
{
	const struct hk_heap *first = hk_heaps_first();
	uint32_t n = heaps_since(first, newest);

	/* The oldest first, so that what the file has is a whole list. */
	while (n && has_room(sizeof(*first))) {
		const struct hk_heap *heap = first;

		for (uint32_t i = 1; i < n; i++)
			heap = heap->next_heap;
		add_piece(heap, sizeof(*heap));
		newest = heap;
		n--;
	}
	copy->left_out = n;
}

/* ---- the file ---- */

/* Without what only the process's memory has. */
static void put_page(struct hk_stats_page *page)
{
	struct hk_page_section *units = &page->section[HK_SECTION_UNITS];

	page->head.map = 0;
	*units = (struct hk_page_section){ 0 };
}

static void add_section(const struct hk_page_section *section)
{
	if (section->link)
		add(section->at, sizeof(uint64_t));
	else if (!section->many)
		add(section->at, section->size);
}

static void fill(void)
{
	const struct hk_page *head = &hakmem_stats_page.head;

	memcpy(copy->magic, HK_COPY_MAGIC, sizeof(copy->magic));
	copy->abi = HK_COPY_ABI;
	copy->size = sizeof(*copy);
	copy->piece_size = sizeof(struct hk_copy_piece);
	copy->page = (uintptr_t)&hakmem_stats_page;
	copy->pid = head->pid;
	/* A thread's, but those of others begin later than this. */
	hk_os_name(copy->name);
	used = DATA_AT;
	ready = READY;
	newest = NULL;
	put_page(in_file(add_piece(&hakmem_stats_page,
				   sizeof(hakmem_stats_page))->from));
	add(head->schema, head->rows * head->row_size);
	add(head->text, head->text_size);
	lasting = copy->pieces;
	for (int i = 0; i < HK_SECTIONS; i++)
		add_section(&hakmem_stats_page.section[i]);
}

/* Returns 0 or a negative errno value. */
static int make(void)
{
	void *at;
	int err = hk_shm_make(directory.text, name.text, LENGTH, READY, &at);

	if (err)
		return err;
	copy = at;
	fill();
	return 0;
}

/* ---- copying ---- */

/*
 * The list of heaps begins at the newest that the file has; its head comes
 * last.
 */
static void copy_all(void)
{
	uint64_t heaps = hakmem_stats_page.section[HK_SECTION_HEAPS].at;
	uint64_t list = 0;

	add_heaps();
	for (uint32_t i = lasting; i < copy->pieces; i++) {
		const struct hk_copy_piece *piece = pieces() + i;

		if (piece->at == heaps)
			list = piece->from;
		else
			hk_glance_copy(in_file(piece->from),
				       (const void *)(uintptr_t)piece->at,
				       piece->len);
	}
	__atomic_store_n((uint64_t *)in_file(list), (uintptr_t)newest,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&copy->date_ns, hk_os_date_ns(), __ATOMIC_RELEASE);
}

static void due_in(uint64_t ms)
{
	atomic_store_explicit(&hk_copy_at,
			      (uint32_t)(hk_os_clock_ms() + ms) | 1,
			      memory_order_release);
}

/*
 * The child of a raw system call, or of vfork(), has no file: what is mapped
 * is its parent's.
 */
static bool is_own(void)
{
	return hk_os_pid() == hakmem_stats_page.head.pid;
}

/* Where there is no room for the file, there is none: see complain(). */
static void bring_up_to_date(void)
{
	uint64_t start, took;

	if (!is_own())
		return;
	if (!copy && make()) {
		atomic_store_explicit(&hk_copy_at, 0, memory_order_relaxed);
		return;
	}
	start = hk_os_clock_ns();
	copy_all();
	took = (hk_os_clock_ns() - start) * PERIOD_TIMES / 1000000;
	due_in(hk_max(took, PERIOD_MS));
}

/*
 * To ask for the time takes longer than many a slow path.  So a thread asks at
 * each, at each second, ... as long as it is not yet due, and begins anew once
 * it was: one that seldom comes always asks.
 */
#define LOOK_EACH_MOST	256

static bool asks_now(void)
{
	if (pace.left) {
		pace.left--;
		return false;
	}
	return true;
}

static bool is_due(uint32_t at)
{
	if ((int32_t)((uint32_t)hk_os_clock_ms() - at) >= 0) {
		pace = (struct pace){ 0, 0 };
		return true;
	}
	pace.each = (uint16_t)hk_min(2 * pace.each + 1u, LOOK_EACH_MOST - 1);
	pace.left = pace.each;
	return false;
}

void hk_copy_due(void)
{
	uint32_t at = atomic_load_explicit(&hk_copy_at, memory_order_acquire);

	if (!at || !asks_now() || !is_due(at) ||
	    atomic_exchange_explicit(&busy, true, memory_order_acquire))
		return;
	bring_up_to_date();
	atomic_store_explicit(&busy, false, memory_order_release);
}

/* ---- start, fork and end ---- */

static void put_names(void)
{
	directory.len = name.len = 0;
	hk_line_str(&directory, HK_COPY_DIRECTORY);
	hk_line_num(&directory, geteuid());
	directory.text[directory.len] = '\0';
	hk_line_num(&name, hakmem_stats_page.head.pid);
	name.text[name.len] = '\0';
}

/* Where it could not be made even now. */
static void complain(int err)
{
	struct hk_line line = { 0 };

	if (hk_policy.quiet)
		return;
	hk_line_str(&line, "hakmem: stats_shm: cannot make files in ");
	hk_line_str(&line, directory.text);
	hk_line_str(&line, err == -EPERM ? ": it is not this user's alone" :
		    err == -ENODEV ? ": it may be on a disk" :
		    err == -EFBIG ? ": the limit on files (ulimit -f)" :
		    ": the system does not let it");
	hk_line_write(&line, STDERR_FILENO);
}

void hk_copy_start(void)
{
	int err;

	if (!hk_policy_get(HK_OPT_STATS_SHM) || hk_os_secure())
		return;
	put_names();
	err = hk_shm_check(directory.text, LENGTH);
	if (err) {
		complain(err);
		return;
	}
	due_in(FIRST_MS);
	at_quick_exit(hk_copy_end);
}

void hk_copy_forked(void)
{
	if (!atomic_load_explicit(&hk_copy_at, memory_order_relaxed))
		return;
	if (copy)
		hk_os_unmap(copy, LENGTH);
	copy = NULL;
	put_names();
	atomic_store_explicit(&busy, false, memory_order_relaxed);
	due_in(FIRST_MS);
}

/* The mapping stays: another thread may be about to write it. */
void hk_copy_end(void)
{
	if (!atomic_load_explicit(&hk_copy_at, memory_order_relaxed) ||
	    !is_own())
		return;
	atomic_store_explicit(&hk_copy_at, 0, memory_order_relaxed);
	hk_shm_remove(directory.text, name.text);
}
