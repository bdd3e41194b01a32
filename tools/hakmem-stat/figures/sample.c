/* SPDX-License-Identifier: MIT */
/*
 * sample.c - see sample.h.
 *
 * The address of the page is looked up once.  /proc is asked after the memory
 * was read: what it then says of the process holds for what was read, too.
 */
#include "figures/sample.h"

#include "common/util.h"
#include "figures/listed.h"
#include "process/look.h"
#include "process/page.h"
#include "process/proc.h"
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t sample_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void sampler_open(struct sampler *sampler, pid_t pid)
{
	struct proc_stat usage;
	struct page page;

	*sampler = (struct sampler){ .pid = proc_group(pid) };
	look_require(pid, origin_find(&sampler->origin, &page, pid));
	if (!proc_stat(sampler->pid, &usage))
		look_require(pid, process_why(-ESRCH));
	origin_say(&sampler->origin);
	sampler->born = usage.start;
	sampler->start_ns = page.start_ns;
	sampler->abi = page.abi;
	sampler->command = proc_name(pid, "comm");
	page_free(&page);
}

/* The same process, but its page is not where it was, or not the same. */
static enum sampled look_again(const struct sampler *sampler, pid_t task)
{
	uint64_t at;

	if (sampler->origin.is_copy)
		return SAMPLED_UNREADABLE;
	return process_symbol(task, PROCESS_PAGE, &at) ||
		at != sampler->origin.at ? SAMPLED_EXECUTED :
		SAMPLED_UNREADABLE;
}

static void add_values(struct figures *figures, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct page_value *value = &page->values[i];

		if (value->count && figures_have(value->name) &&
		    (value->type == 'c' || value->type == 'g'))
			figures_add(figures, value->name, value->type == 'c',
				    page_total(value));
	}
}

static void fill(struct figures *figures, const struct page *page,
		 const struct proc_state *state,
		 const struct proc_stat *usage)
{
	figures_add(figures, "rss_bytes", false, state->rss);
	figures_add(figures, "used_bytes", false, listed_used(page));
	figures_add(figures, "committed_bytes", false,
		    listed_committed(page));
	figures_add(figures, "heaps", false, page->heaps);
	figures_add(figures, "threads", false, usage->threads);
	figures_add(figures, "minor_faults", true, usage->minor_faults);
	figures_add(figures, "major_faults", true, usage->major_faults);
	figures_add(figures, "cpu_ms", true, usage->cpu_ms);
	add_values(figures, page);
}

/*
 * The page, by the number of a thread that lives, which is stored: twice, as
 * that one may end meanwhile.
 */
static const char *load(struct page *page, const struct sampler *sampler,
			pid_t *task)
{
	struct origin origin = sampler->origin;
	const char *why = "";

	for (int i = 0; why && i < 2; i++) {
		struct proc_state state;

		*task = proc_alive(sampler->pid, &state);
		why = origin_load(&origin, page, *task);
	}
	return why;
}

enum sampled sampler_take(const struct sampler *sampler,
			  struct sample *sample)
{
	enum sampled status = SAMPLED;
	struct proc_stat usage;
	struct proc_state state;
	struct page page;
	const char *why;
	pid_t task;

	*sample = (struct sample){
		.time_ns = sample_clock(CLOCK_REALTIME),
		.clock_ns = sample_clock(CLOCK_MONOTONIC),
	};
	why = load(&page, sampler, &task);
	if (!proc_stat(sampler->pid, &usage) ||
	    usage.start != sampler->born ||
	    !proc_alive(sampler->pid, &state))
		status = SAMPLED_ENDED;
	else if (!why && page.start_ns != sampler->start_ns)
		status = SAMPLED_EXECUTED;
	else if (why)
		status = look_again(sampler, task);
	else
		fill(&sample->figures, &page, &state, &usage);
	if (!why)
		page_free(&page);
	return status;
}

int sampler_over(const struct sampler *sampler, enum sampled why)
{
	long pid = (long)sampler->pid;

	switch (why) {
	case SAMPLED:
		return STATUS_FINE;
	case SAMPLED_ENDED:
		util_say("process %ld has ended", pid);
		return STATUS_FINE;
	case SAMPLED_EXECUTED:
		util_say("process %ld has executed another program, whose "
			 "figures begin anew", pid);
		return STATUS_FINE;
	default:
		util_say("process %ld: its statistics page makes no sense any "
			 "more", pid);
		return STATUS_UNREADABLE;
	}
}

void sample_free(struct sample *sample)
{
	figures_free(&sample->figures);
}

void sampler_close(struct sampler *sampler)
{
	free(sampler->command);
	*sampler = (struct sampler){ 0 };
}
