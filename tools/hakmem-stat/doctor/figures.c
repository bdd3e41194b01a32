/* SPDX-License-Identifier: MIT */
/*
 * doctor_figures.c - counters of a process's statistics page that show
 * trouble, and memory that it keeps and does not use.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "figures/options.h"
#include "process/copy.h"
#include "process/proc.h"

#include "policy/policy.h"
#include "stats/copy.h"

#include <inttypes.h>

/* Less than this is not worth a word. */
#define BYTES_LEAST	((uint64_t)64 << 20)
#define CLASHES_LEAST	100u
#define IDLE_LEAST	64u

/* ---- calls to the system ---- */

static void look_at_refused(struct findings *findings, pid_t pid,
			    const struct page *page)
{
	uint64_t calls = page_sum(page, "madvise_calls");
	uint64_t failed = page_sum(page, "madvise_failures");
	uint64_t locked = 0;

	proc_status(pid, "VmLck", &locked);
	if (!failed) {
		findings_add(findings, FINDING_OK, "purges",
			     util_format("no call that gives memory back was "
					 "refused"), NULL);
		return;
	}
	findings_add(findings, failed > calls / 10 ? FINDING_PROBLEM :
		     FINDING_NOTE, "purges",
		     util_format("%" PRIu64 " of %" PRIu64 " calls of madvise "
				 "were refused: memory may stay resident",
				 failed, calls), locked ?
		     util_format("the process has locked memory (mlock, "
				 "mlockall), which cannot be given back: "
				 "unlock it, or lock less") :
		     util_format("see whether a seccomp filter refuses "
				 "madvise (strace -e madvise -p %ld)",
				 (long)pid));
}

static void look_at_clashes(struct findings *findings,
			    const struct page *page)
{
	uint64_t n = page_sum(page, "fallback_mmaps");

	if (n >= CLASHES_LEAST)
		findings_add(findings, FINDING_NOTE, "clashes",
			     util_format("%" PRIu64 " times a mapping of "
					 "somebody else lay where the heap "
					 "was to grow", n),
			     util_format("nothing while memory is enough; "
					 "where allocations fail, raise "
					 "arena_size"));
}

/* ---- memory that is kept ---- */

/* Worth a word: it is a lot, and much of what the heap has. */
static bool is_much(const struct page *page, uint64_t bytes)
{
	return bytes >= BYTES_LEAST &&
		bytes >= page_sum(page, "arena_bytes") / 4;
}

static void look_at_dirty(struct findings *findings, pid_t pid,
			  const struct page *page)
{
	uint64_t bytes = page_sum(page, "dirty_bytes");
	bool much = is_much(page, bytes);
	char text[UTIL_BYTES_MAX];

	findings_add(findings, much ? FINDING_NOTE : FINDING_OK, "kept",
		     util_format("%s of freed memory waits for reuse",
				 util_bytes(text, bytes)), much ?
		     util_format("hakmem-stat trim -p %ld gives it back now; "
				 "set background_thread = 1 for a program "
				 "that sleeps, or a lower purge_age and "
				 "dirty_budget", (long)pid) : NULL);
}

static void look_at_cached(struct findings *findings, pid_t pid,
			   const struct page *page)
{
	uint64_t bytes = page_sum(page, "cached_run_bytes") +
		page_sum(page, "empty_slabs") * HK_UNIT;
	char text[UTIL_BYTES_MAX];

	if (is_much(page, bytes))
		findings_add(findings, FINDING_NOTE, "kept",
			     util_format("threads keep %s ready for "
					 "themselves", util_bytes(text, bytes)),
			     util_format("set background_thread = 1 or a "
					 "lower empties; hakmem-stat threads "
					 "-p %ld shows which do", (long)pid));
}

static void look_at_sent(struct findings *findings, const struct page *page)
{
	uint64_t bytes = page_sum(page, "inbox_bytes") +
		page_sum(page, "chain_bytes");
	char text[UTIL_BYTES_MAX];

	if (is_much(page, bytes))
		findings_add(findings, FINDING_NOTE, "kept",
			     util_format("%s was freed by other threads than "
					 "those it belongs to, which do not "
					 "fetch it", util_bytes(text, bytes)),
			     util_format("set background_thread = 1, which "
					 "fetches for threads that sleep"));
}

static void look_at_idle(struct findings *findings, const struct page *page)
{
	uint64_t n = page_sum(page, "heaps_idle");

	if (n >= IDLE_LEAST && n > page->heaps / 2)
		findings_add(findings, FINDING_NOTE, "heaps",
			     util_format("%" PRIu64 " of %zu heaps have no "
					 "thread any more", n, page->heaps),
			     util_format("nothing where so many threads will "
					 "run again; else start fewer at a "
					 "time"));
}

static void look_at_decommit(struct findings *findings,
			     const struct page *page)
{
	if (page_find(page, "option_decommit") &&
	    page_sum(page, "option_decommit") == HK_DECOMMIT_OFF)
		findings_add(findings, FINDING_NOTE, "purges",
			     util_format("decommit is off: freed memory is not "
					 "given back"),
			     util_format("take decommit = off out, or set it "
					 "to dontneed"));
}

/* The library says nothing of it: see lib/api/copy.c. */
static void look_at_copy(struct findings *findings, pid_t pid,
			 const struct page *page)
{
	struct page copy;
	const char *why;

	if (!page_total(options_on_page(page, "stats_shm")))
		return;
	why = copy_load(&copy, proc_group(pid), NULL);
	if (!why)
		page_free(&copy);
	else
		findings_add(findings, FINDING_NOTE, "stats_shm",
			     util_format("%s", why),
			     util_format("nothing where it has just begun, or "
					 "sleeps; else see that "
					 HK_COPY_DIRECTORY "UID is its user's, "
					 "with mode 700, "
					 "that ulimit -f is above 16 MiB, and "
					 "that Linux is 5.14 or later; then "
					 "restart it"));
}

void doctor_figures(struct findings *findings, pid_t pid,
		    const struct page *page)
{
	look_at_refused(findings, pid, page);
	look_at_clashes(findings, page);
	look_at_dirty(findings, pid, page);
	look_at_cached(findings, pid, page);
	look_at_sent(findings, page);
	look_at_idle(findings, page);
	look_at_decommit(findings, page);
	look_at_copy(findings, pid, page);
}
