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

/* With the option off: when to look again. */
#define LATER 100000

/*
 * A sampled block costs some five microseconds, its free included, and twice
 * that with threads on other processors: so many in a millisecond are about
 * one percent.
 */
#define PER_MS		1

/* A thread that comes too soon comes again after so many times as many. */
#define TOO_SOON	8

/* Whoever wants one in fewer wants them all, whatever it costs. */
#define SELDOM		1000

/*
 * A live one costs a page: one for so much of the heap is less than one
 * percent.  Some may be in any case.
 */
#define HEAP_FOR_ONE	(512 * HK_KIB)
#define LEAST_LIVE	8
#define MOST_LIVE	(HK_GUARD_SLOTS / 2)

/*
 * From 1 to 2 * every - 1, `every` on average, by a count of all draws:
 * relaxed, any will do.
 */
static int32_t draw(size_t every)
{
	static _Atomic uint64_t draws;
	uint64_t n = atomic_fetch_add_explicit(&draws, 1,
					       memory_order_relaxed);
	uint64_t z = hk_splitmix(hk_arena.link_key + n * HK_SPLITMIX_STEP);

	/* Far from what TOO_SOON makes too large. */
	return (int32_t)hk_min(1 + (z >> 32) % (2 * every - 1), 1u << 27);
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

static size_t most_live(size_t every)
{
	if (every < SELDOM)
		return HK_GUARD_SLOTS;
	return hk_min(hk_max(hk_arena_committed() / HEAP_FOR_ONE, LEAST_LIVE),
		      MOST_LIVE);
}

/* Draws the next one.  The first of a thread may be the one at hand. */
static bool is_due(size_t every)
{
	bool began = hk_tls.sampling;

	hk_tls.sampling = true;
	if (!every) {
		hk_tls.until_sample = LATER;
		return false;
	}
	hk_tls.until_sample = draw(every);
	return began || hk_tls.until_sample == 1;
}

void *hk_sample(size_t n, size_t align, const void *frame)
{
	size_t every;
	void *p;

	if (hk_libc_mode_on() || hk_process_start() || hk_note_watched()) {
		hk_tls.until_sample = LATER;
		return NULL;
	}
	every = hk_policy_get(HK_OPT_GUARD);
	if (!is_due(every) || n > hk_os_page_size())
		return NULL;
	if (!is_time(every)) {
		hk_tls.until_sample *= TOO_SOON;
		return NULL;
	}
	p = hk_guard_alloc(n, align, most_live(every), frame);
	if (p)
		hk_trap_arm();
	return p;
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
	hk_line_str(line, slot->state == HK_GUARD_FREED ? ", freed)" : ")");
}

static void tell_block(const struct hk_guard_slot *slot)
{
	tell_trace("allocated", &slot->allocated);
	if (slot->state == HK_GUARD_FREED)
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
	if (!hk_guard_free(p, frame))
		check(p, "free", frame);
}

size_t hk_sample_size(const void *p, const char *call)
{
	return check(p, call, __builtin_frame_address(0));
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
	hk_trace_take(&now, fault->frame);
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
