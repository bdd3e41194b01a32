/* SPDX-License-Identifier: MIT */
/*
 * sample.c - see sample.h: the choice, and the reports.
 */
#include "api/sample.h"

#include "api/libc_mode.h"
#include "api/trap.h"
#include "base/annotate.h"
#include "heap/process.h"
#include "os/maps.h"
#include "os/os.h"
#include "policy/policy.h"
#include "superslab/arena.h"

#include <unistd.h>

/* ---- which ---- */

/*
 * The option may change: it is looked at once in so many allocations, also
 * where none is due.
 */
#define LOOK_EACH 10000

/* So many in a millisecond are not noticed. */
#define PER_MS		1

/*
 * A freed one that traps costs two calls to the system, while other threads
 * wait for the lock of the address space; so only the first ones of a process
 * do, and then one in so many milliseconds.
 */
#define TRAP_FIRST	128
#define TRAP_EVERY_MS	10000

/* A thread that comes too soon comes again after so many times as many. */
#define TOO_SOON	8

/* Whoever wants one in fewer wants them all, whatever it costs. */
#define SELDOM		1000

/*
 * An open one costs a page: one for so much of the heap is less than one
 * percent.  Some may be in any case.
 */
#define HEAP_FOR_ONE	(512 * HK_KIB)
#define LEAST_OPEN	8
#define MOST_OPEN	(HK_GUARD_SLOTS / 2)

/*
 * From 1 to 2 * every - 1, `every` on average.  What is beyond LOOK_EACH is
 * drawn again there: so from 1 to every + LOOK_EACH / 2 where that is less,
 * which is `every` on average then, as it is LOOK_EACH * (1 - p) / p +
 * LOOK_EACH / 2 where p is LOOK_EACH over the range.  By a count of all
 * draws: relaxed, any will do.
 */
static size_t draw(size_t every)
{
	static _Atomic uint64_t draws;
	uint64_t n = atomic_fetch_add_explicit(&draws, 1,
					       memory_order_relaxed);
	uint64_t z = hk_splitmix(hk_arena.link_key + n * HK_SPLITMIX_STEP);

	return 1 + (z >> 32) % hk_min(2 * every - 1,
				   every + LOOK_EACH / 2);
}

/*
 * Are there not too many for the time?  Threads that ask at once may both be
 * told yes: relaxed.
 */
static bool is_time(size_t every)
{
	static _Atomic uint64_t tick;
	static _Atomic uint32_t taken;
	uint64_t now = hk_os_clock_ms();
	uint64_t last = atomic_load_explicit(&tick, memory_order_relaxed);

	if (every < SELDOM)
		return true;
	if (now != last) {
		atomic_store_explicit(&tick, now, memory_order_relaxed);
		atomic_store_explicit(&taken, 0, memory_order_relaxed);
	}
	/* The clock may tick once in four milliseconds. */
	return atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed) <
		PER_MS * hk_min(hk_max(now - last, 1), 4);
}

static size_t most_open(size_t every)
{
	if (every < SELDOM)
		return HK_GUARD_SLOTS;
	return hk_min(hk_max(hk_arena_committed() / HEAP_FOR_ONE, LEAST_OPEN),
		      MOST_OPEN);
}

/*
 * Is a freed one to trap?  Of threads that ask at once one is told yes by the
 * clock; some more than the first ones may be: relaxed, only the sums count.
 */
static bool is_to_trap(void)
{
	static _Atomic uint32_t traps;
	static _Atomic uint64_t next;
	size_t every = hk_policy_get(HK_OPT_GUARD);
	uint64_t now, at;

	/* More are open than may be where the option was changed. */
	if (every < SELDOM || hk_guard_open() > most_open(every))
		return true;
	now = hk_os_clock_ms();
	if (atomic_load_explicit(&traps, memory_order_relaxed) < TRAP_FIRST) {
		atomic_fetch_add_explicit(&traps, 1, memory_order_relaxed);
		atomic_store_explicit(&next, now + TRAP_EVERY_MS,
				      memory_order_relaxed);
		return true;
	}
	at = atomic_load_explicit(&next, memory_order_relaxed);
	return now >= at && atomic_compare_exchange_strong_explicit(
		&next, &at, now + TRAP_EVERY_MS,
		memory_order_relaxed, memory_order_relaxed);
}

/*
 * Draws the next one.  Where none was drawn before, the first may be the one
 * at hand.
 */
static bool is_due(size_t every)
{
	bool drawn = hk_tls.sample_drawn;
	size_t n = every ? draw(every) : SIZE_MAX;

	hk_tls.sample_drawn = n <= LOOK_EACH;
	hk_tls.until_sample = (int32_t)hk_min(n, (size_t)LOOK_EACH);
	return every && (drawn || n == 1);
}

/* ---- reports ---- */

static void start(struct hk_line *line)
{
	line->len = 0;
	hk_line_str(line, "hakmem:   ");
}

/* `pc` is where to return to, behind the call that it names. */
static void tell_pc(unsigned int number, uintptr_t pc)
{
	struct hk_place place;
	struct hk_line line;

	start(&line);
	hk_line_str(&line, "  #");
	hk_line_num(&line, number);
	hk_line_str(&line, " ");
	hk_line_ptr(&line, (const void *)pc);
	if (hk_maps_find(pc - 1, &place)) {
		hk_line_str(&line, " ");
		hk_line_str(&line, place.file);
		hk_line_str(&line, "+");
		hk_line_ptr(&line, (const void *)place.offset);
	}
	hk_line_write(&line, STDERR_FILENO);
}

static void tell_trace(const char *what, const struct hk_trace *trace)
{
	struct hk_line line;

	if (!trace->thread)
		return;
	start(&line);
	hk_line_str(&line, what);
	hk_line_str(&line, " by thread ");
	hk_line_num(&line, trace->thread);
	hk_line_str(&line, ":");
	hk_line_write(&line, STDERR_FILENO);
	for (unsigned int i = 0; i < trace->n; i++)
		tell_pc(i, trace->pc[i]);
}

static void tell_offset(struct hk_line *line, const char *p,
			enum hk_guard_verdict verdict,
			const struct hk_guard_slot *slot)
{
	const char *end = slot->start + slot->size;

	if (verdict == HK_GUARD_BEFORE) {
		hk_line_num(line, (uint64_t)(slot->start - p));
		hk_line_str(line, " bytes before a ");
	} else if (verdict == HK_GUARD_PAST) {
		hk_line_num(line, (uint64_t)(p - end));
		hk_line_str(line, " bytes past the end of a ");
	} else {
		hk_line_num(line, (uint64_t)(p - slot->start));
		hk_line_str(line, " bytes into a ");
	}
}

/* "(8 bytes past the end of a 64-byte block at 0x..., freed)" */
static void tell_where(struct hk_line *line, const char *p,
		       enum hk_guard_verdict verdict,
		       const struct hk_guard_slot *slot)
{
	hk_line_str(line, " (");
	if (p != slot->start)
		tell_offset(line, p, verdict, slot);
	hk_line_num(line, slot->size);
	hk_line_str(line, "-byte block");
	if (p != slot->start) {
		hk_line_str(line, " at ");
		hk_line_ptr(line, slot->start);
	}
	hk_line_str(line, slot->state == HK_GUARD_LIVE ? ")" : ", freed)");
}

static void tell_block(const struct hk_guard_slot *slot)
{
	tell_trace("allocated", &slot->allocated);
	if (slot->state != HK_GUARD_LIVE)
		tell_trace("freed", &slot->freed);
}

static void start_hint(struct hk_line *line)
{
	line->len = 0;
	hk_line_str(line, "hakmem: FILE+OFFSET as a line of source: "
		    "addr2line -Cfie FILE OFFSET");
}

/* One line that says what and where, as of any mistake; then who. */
HK_NORETURN static void die(struct hk_line *line,
			    const struct hk_guard_slot *slot,
			    const void *frame)
{
	struct hk_trace now;

	hk_line_write(line, STDERR_FILENO);
	hk_trace_take(&now, frame);
	now.thread = hk_os_tid();
	tell_trace("found", &now);
	tell_block(slot);
	start_hint(line);
	hk_fatal_end(line);
}

HK_NORETURN static void invalid(const char *p, const char *call,
				enum hk_guard_verdict verdict,
				const struct hk_guard_slot *slot,
				const void *frame)
{
	struct hk_line line;

	if (verdict == HK_GUARD_SPILLED) {
		hk_fatal_start_of(&line, "write past the end", p);
	} else if (verdict == HK_GUARD_AFTER_FREE && p == slot->start) {
		hk_fatal_start_of(&line, "double free", p);
	} else {
		hk_fatal_start(&line);
		hk_line_str(&line, "invalid ");
		hk_line_str(&line, call);
		hk_line_str(&line, " of ");
		hk_line_ptr(&line, p);
	}
	tell_where(&line, p, verdict, slot);
	die(&line, slot, frame);
}

/* ---- allocations ---- */

HK_NORETURN static void written(const struct hk_guard_slot *slot,
				const void *frame)
{
	struct hk_line line;

	hk_fatal_start_of(&line, "write after free", slot->start);
	tell_where(&line, slot->start, HK_GUARD_AFTER_FREE, slot);
	die(&line, slot, frame);
}

void *hk_sample(size_t n, size_t align, const void *frame)
{
	struct hk_guard_slot culprit;
	size_t every;
	void *p;

	if (hk_libc_mode_on() || hk_process_start() || hk_note_watched()) {
		hk_tls.until_sample = LOOK_EACH;
		return NULL;
	}
	every = hk_policy_get(HK_OPT_GUARD);
	if (!is_due(every) || n > hk_os_page_size())
		return NULL;
	if (!is_time(every)) {
		hk_tls.until_sample *= TOO_SOON;
		return NULL;
	}
	p = hk_guard_alloc(n, align, most_open(every), frame, &culprit);
	if (p)
		hk_trap_arm();
	else if (culprit.state != HK_GUARD_UNUSED)
		written(&culprit, frame);
	return p;
}

/* ---- frees and questions ---- */

static size_t check(const void *p, const char *call, const void *frame)
{
	struct hk_guard_slot slot = { .state = HK_GUARD_UNUSED };
	enum hk_guard_verdict verdict = hk_guard_look(p, &slot);
	struct hk_line line;

	if (verdict == HK_GUARD_BLOCK)
		return slot.size;
	if (verdict != HK_GUARD_NONE)
		invalid(p, call, verdict, &slot, frame);
	hk_fatal_start_of(&line, "invalid free", p);
	hk_line_str(&line, " (not from this allocator)");
	hk_fatal_end(&line);
}

void hk_sample_free(void *p, const void *frame)
{
	check(p, "free", frame);
	/* Another thread was faster: it is a freed block by now. */
	if (!hk_guard_free(p, frame, is_to_trap()))
		check(p, "free", frame);
}

size_t hk_sample_size(const void *p, const char *call)
{
	size_t size = check(p, call, __builtin_frame_address(0));

	HK_KEEP_FRAME();
	return size;
}

/* ---- traps ---- */

static const char *const access_words[] = {
	[HK_ACCESS] = "access to",
	[HK_ACCESS_READ] = "read of",
	[HK_ACCESS_WRITE] = "write to",
};

static void tell_access(const struct hk_guard_slot *slot,
			const struct hk_fault *fault)
{
	struct hk_trace now;

	/* The frame is of the function that trapped. */
	hk_trace_take_at(&now, fault->frame);
	now.thread = hk_os_tid();
	for (unsigned int i = HK_TRACE_FRAMES - 1; i > 0; i--)
		now.pc[i] = now.pc[i - 1];
	now.pc[0] = fault->pc + 1;
	now.n = (uint32_t)hk_min(now.n + 1, HK_TRACE_FRAMES);
	tell_trace("accessed", &now);
	tell_block(slot);
}

bool hk_sample_trapped(const void *address, const struct hk_fault *fault)
{
	struct hk_guard_slot slot = { .state = HK_GUARD_UNUSED };
	enum hk_guard_verdict verdict = hk_guard_look(address, &slot);
	struct hk_line line;

	if (verdict == HK_GUARD_NONE)
		return false;
	hk_fatal_start(&line);
	hk_line_str(&line, access_words[fault->access]);
	hk_line_str(&line, " ");
	hk_line_ptr(&line, address);
	tell_where(&line, address, verdict, &slot);
	hk_line_write(&line, STDERR_FILENO);
	tell_access(&slot, fault);
	start_hint(&line);
	hk_line_write(&line, STDERR_FILENO);
	return true;
}
