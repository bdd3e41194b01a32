/* SPDX-License-Identifier: MIT */
/*
 * moments.c - see moments.h.
 */
#define _GNU_SOURCE
#include "commands/moments.h"

#include "common/util.h"
#include "figures/charted.h"
#include "figures/explained.h"
#include "figures/moment.h"
#include "process/proc.h"

#include <stdlib.h>
#include <time.h>

/* A line for the caller to free, or NULL and why not. */
static char *look(pid_t pid, uint64_t elapsed, const char **why)
{
	uint64_t time = sample_clock(CLOCK_REALTIME);
	struct explained explained;
	struct mapped mapped;
	struct chart chart;
	char *line = NULL;

	*why = explained_read(&explained, pid);
	if (*why)
		return NULL;
	*why = charted_read(&chart, CHART_STATE, &mapped, pid);
	if (!*why) {
		chart_fit(&chart, MOMENT_CELLS);
		line = moment_line(time, elapsed, &explained, &chart);
		chart_free(&chart);
		mapped_free(&mapped);
	}
	explained_free(&explained);
	return line;
}

/* Is the program that was recorded still there, now that it was looked at? */
static enum sampled still_there(const struct sampler *sampler)
{
	struct sample sample;
	enum sampled taken = sampler_take(sampler, &sample);

	if (taken == SAMPLED)
		sample_free(&sample);
	return taken;
}

/* Those that are due by now, late or not, are this one. */
static void set_due(struct moments *moments, uint64_t elapsed)
{
	uint64_t every = moments->every_ns, due = moments->due_ns;
	uint64_t now = elapsed + moments->slack_ns;

	if (now >= due)
		moments->due_ns = due + ((now - due) / every + 1) * every;
	moments->taken_ns = elapsed;
}

bool moments_due(const struct moments *moments, uint64_t elapsed_ns)
{
	return moments->every_ns &&
		elapsed_ns + moments->slack_ns >= moments->due_ns;
}

enum sampled moments_look(struct moments *moments,
			  const struct sampler *sampler, char **line)
{
	uint64_t elapsed = sample_clock(CLOCK_MONOTONIC) - moments->start_ns;
	struct proc_state state;
	const char *why;
	enum sampled there;

	*line = look(proc_alive(sampler->pid, &state), elapsed, &why);
	there = still_there(sampler);
	if (there != SAMPLED) {
		free(*line);
		*line = NULL;
		return there;
	}
	set_due(moments, elapsed);
	if (!*line && !moments->has_failed) {
		util_say("process %ld: %s: without a heap map of this moment",
			 (long)sampler->pid, why);
		moments->has_failed = true;
	}
	return SAMPLED;
}
