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

/* What has memory with the first copy, and with each heap more than that. */
#define STEP		(64 * HK_KIB)

/*
 * Between two copies, as a program may fall asleep at any time; and so much
 * longer than one takes, if that is more, as for one with a thousand heaps.
 */
#define PERIOD_MS	5
#define PERIOD_TIMES	200
#define PERIOD_MOST_MS	1000

/* Most processes end before: then there was nothing to do. */
#define FIRST_MS	100

/* What a process has left is kept for so long: see sweep(). */
#define LEFT_NS		(24 * 3600 * (uint64_t)1000000000)
#define SWEEP_EACH	64

static_assert(sizeof(struct hk_copy) <= HK_SHM_START, "read by is_left()");

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

/* This thread is the one that copies: a signal's handler may fork. */
static HK_TLS volatile bool copying;

static struct hk_copy *copy;	/* where it is mapped, or NULL */
static size_t used, ready;	/* bytes of it */
static uint32_t lasting;	/* pieces that are copied anew: from here */
static const struct hk_heap *newest;	/* that the file has */

/*
 * Not zero in the process that has the file, and in who shares its memory.
 * The child of a raw system call finds zero, by the kernel's doing.
 */
static uint64_t *own;

/* Written by the constructor, and by a child's handler. */
static struct hk_line directory, name, suffix;
static uint64_t boot_ns;	/* when the process began */
static char program[16];

static struct hk_copy_piece *pieces(void)
{
	return (struct hk_copy_piece *)(copy + 1);
}

static void *in_file(uint64_t from)
{
	return (char *)copy + from;
}

/* ---- pieces ---- */

/* Is there memory for so many bytes more? */
static bool has_room(size_t len)
{
	while (used + len > ready) {
		if (ready + STEP > LENGTH ||
		    !hk_shm_commit(in_file(ready), STEP))
			return false;
		ready += STEP;
	}
	return true;
}

static void put_piece(uint32_t i, const volatile void *at, size_t len,
		      size_t from)
{
	pieces()[i] = (struct hk_copy_piece){ (uintptr_t)at, len, from };
	hk_glance_copy(in_file(from), at, len);
}

/* Release: a reader that counts them finds them whole. */
static void count_pieces(uint32_t n, size_t bytes)
{
	used += bytes;
	__atomic_store_n(&copy->pieces, copy->pieces + n, __ATOMIC_RELEASE);
}

static void add(uint64_t at, size_t len)
{
	if (!at || !len || !has_room(len))
		return;
	put_piece(copy->pieces, (const void *)(uintptr_t)at, len, used);
	count_pieces(1, hk_round_up(len, 8));
}

/* How many heaps were made since `last` was the newest. */
static uint32_t heaps_since(const struct hk_heap *heap,
			    const struct hk_heap *last)
{
	uint32_t n = 0;

	for (; heap != last; heap = heap->next_heap)
		n++;
	return n;
}

/* So many of them, at most, as there is room for. */
static uint32_t room_for(uint32_t heaps)
{
	uint32_t n = 0;

	heaps = (uint32_t)hk_min(heaps, PIECES_MAX - copy->pieces);
	while (n < heaps && has_room((n + 1) * sizeof(struct hk_heap)))
		n++;
	return n;
}

/*
 * The heaps that were made since the last time.  The list goes from new to
 * old: what the file has is its end, so where there is no room for all it is
 * the newest ones that are left out.
 */
static void add_heaps(void)
{
	const struct hk_heap *heap = hk_heaps_first();
	uint32_t n = heaps_since(heap, newest);
	uint32_t take = room_for(n);
	uint32_t i;

	for (i = take; i < n; i++)
		heap = heap->next_heap;
	copy->left_out = n - take;
	if (!take)
		return;
	newest = heap;
	for (i = 0; i < take; i++, heap = heap->next_heap)
		put_piece(copy->pieces + i, heap, sizeof(*heap),
			  used + i * sizeof(*heap));
	count_pieces(take, take * sizeof(*heap));
}

/* ---- the file ---- */

/* Without what only the process's memory has. */
static void put_page(struct hk_stats_page *page)
{
	page->head.map = 0;
	page->section[HK_SECTION_UNITS] = (struct hk_page_section){ 0 };
}

static void add_section(const struct hk_page_section *section)
{
	if (section->link)
		add(section->at, sizeof(uint64_t));
	else if (!section->many)
		add(section->at, section->size);
}

/* For the first time; false where there is no memory for it. */
static bool fill(void)
{
	const struct hk_page *head = &hakmem_stats_page.head;

	if (!has_room(DATA_AT))
		return false;
	memcpy(copy->magic, HK_COPY_MAGIC, sizeof(copy->magic));
	copy->abi = HK_COPY_ABI;
	copy->size = sizeof(*copy);
	copy->piece_size = sizeof(struct hk_copy_piece);
	copy->page = (uintptr_t)&hakmem_stats_page;
	copy->boot_ns = boot_ns;
	copy->pid = head->pid;
	memcpy(copy->name, program, sizeof(copy->name));
	used = DATA_AT;
	add((uintptr_t)&hakmem_stats_page, sizeof(hakmem_stats_page));
	put_page(in_file(DATA_AT));
	add(head->schema, head->rows * head->row_size);
	add(head->text, head->text_size);
	lasting = copy->pieces;
	for (int i = 0; i < HK_SECTIONS; i++)
		add_section(&hakmem_stats_page.section[i]);
	return true;
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

static void never_due(void)
{
	atomic_store_explicit(&hk_copy_at, 0, memory_order_relaxed);
}

static void bring_up_to_date(void)
{
	uint64_t start, took;

	if (!*own || (!ready && !fill())) {
		never_due();
		return;
	}
	start = hk_os_clock_ns();
	copy_all();
	took = (hk_os_clock_ns() - start) * PERIOD_TIMES / 1000000;
	due_in(hk_min(hk_max(took, PERIOD_MS), PERIOD_MOST_MS));
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
	copying = true;
	bring_up_to_date();
	copying = false;
	atomic_store_explicit(&busy, false, memory_order_release);
}

/* ---- what others have left ---- */

/* The number that a name begins with, where the rest is our suffix. */
static uint32_t number_in(const char *text)
{
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n <= INT32_MAX; text++)
		n = 10 * n + (uint64_t)(*text - '0');
	return n > INT32_MAX || strcmp(text, suffix.text) ? 0 : (uint32_t)n;
}

static bool is_left(const char *text, const void *start)
{
	uint32_t pid = number_in(text);
	struct hk_copy left;

	memcpy(&left, start, sizeof(left));
	return pid && !hk_os_pid_lives(pid) &&
		(!left.date_ns || left.date_ns + LEFT_NS < hk_os_date_ns());
}

/*
 * Files of processes that have ended.  Those that have nothing, as after an
 * orderly end, are of no use; others once nobody has come to see them.
 */
static void sweep(void)
{
	if (hakmem_stats_page.head.pid % SWEEP_EACH == 0)
		hk_shm_sweep(directory.text, is_left);
}

/* ---- start, fork and end ---- */

/*
 * "PID.NAMESPACE": /dev/shm may be that of several, in which numbers are of
 * different processes.
 */
static void put_names(void)
{
	directory.len = name.len = suffix.len = 0;
	hk_line_str(&directory, HK_COPY_DIRECTORY);
	hk_line_num(&directory, geteuid());
	directory.text[directory.len] = '\0';
	hk_line_str(&suffix, ".");
	hk_line_num(&suffix, hk_os_pid_namespace());
	suffix.text[suffix.len] = '\0';
	hk_line_num(&name, hakmem_stats_page.head.pid);
	hk_line_str(&name, suffix.text);
	name.text[name.len] = '\0';
}

/*
 * Where no file can be made there is none, and no word of it: whoever has put
 * something else in its place could have each process of the user complain.
 * "hakmem-stat doctor" says so.
 */
static bool make(void)
{
	void *at;

	put_names();
	boot_ns = hk_os_boot_ns();
	hk_os_name(program);
	if (hk_shm_make(directory.text, name.text, LENGTH, &at))
		return false;
	copy = at;
	ready = 0;
	newest = NULL;
	*own = 1;
	sweep();
	return true;
}

void hk_copy_start(void)
{
	void *page;

	if (!hk_policy_get(HK_OPT_STATS_SHM) || hk_os_secure() ||
	    hk_os_map(NULL, hk_os_page_size(), &page))
		return;
	own = page;
	if (hk_os_wipe_on_fork(page, hk_os_page_size()) || !make())
		return;
	due_in(FIRST_MS);
	at_quick_exit(hk_copy_end);
}

/*
 * Whether this thread has taken busy for the fork: not within a copy, nor from
 * one who does not give it back, such as a child of vfork() that was killed.
 */
static HK_TLS bool held;

void hk_copy_prepare(void)
{
	static _Atomic uint32_t word;

	held = false;
	if (!atomic_load_explicit(&hk_copy_at, memory_order_acquire) ||
	    copying)
		return;
	for (int ms = 0; !held && ms < PERIOD_MOST_MS; ms++) {
		held = !atomic_exchange_explicit(&busy, true,
						 memory_order_acquire);
		if (!held)
			hk_os_wait_ms(&word, 0, 1);
	}
}

static void give_back(void)
{
	if (held)
		atomic_store_explicit(&busy, false, memory_order_release);
}

void hk_copy_parent(void)
{
	give_back();
}

/*
 * What is mapped is the parent's file.  A copy that goes on after this, since
 * it was within one that a signal's handler has forked, writes to nowhere, and
 * is the last.
 */
void hk_copy_child(void)
{
	if (!atomic_load_explicit(&hk_copy_at, memory_order_relaxed))
		return;
	if (copying)
		hk_shm_leave(copy, LENGTH);
	else
		hk_shm_unmap(copy, LENGTH);
	if (held && make())
		due_in(FIRST_MS);
	else
		never_due();
	give_back();
}

/*
 * Its memory goes, by a call that an allocator makes anyway; the name stays,
 * since to remove it takes others, which the program may have forbidden
 * itself: see shm.h.  Nor is asked whether this is the child of a vfork() that
 * calls exit() instead of _exit(): its parent has no copy any more.
 *
 * Nobody copies from then on.  Where another thread does so now, all stays, as
 * it would by _exit().
 */
void hk_copy_end(void)
{
	if (!atomic_load_explicit(&hk_copy_at, memory_order_acquire) ||
	    atomic_exchange_explicit(&busy, true, memory_order_acquire))
		return;
	never_due();
	if (ready)
		hk_shm_empty(copy, ready);
}
