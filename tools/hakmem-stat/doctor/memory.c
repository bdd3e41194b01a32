/* SPDX-License-Identifier: MIT */
/*
 * doctor_memory.c - what bounds a process's memory: its control group, the
 * number of its mappings, its resource limits; and huge pages.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "process/container.h"
#include "process/proc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Percent of a limit from which on it is near. */
#define NEAR		90
#define HALF		50

/* The kernel's own limit; fewer are for machines that do little. */
#define MAPPINGS_LEAST	65530u

/* Lines that are counted: no process comes near it. */
#define LINES_MAX	((uint64_t)1 << 24)

/* Percent of ten seconds for which tasks may wait for memory. */
#define PRESSURE_SOME	10.0
#define PRESSURE_FULL	5.0

#define MAX_MAP_COUNT	"/proc/sys/vm/max_map_count"
#define THP	"/sys/kernel/mm/transparent_hugepage/enabled"

bool doctor_number(const char *path, uint64_t *n)
{
	char *text = util_read(path);
	bool is = text && sscanf(text, "%" SCNu64, n) == 1;

	free(text);
	return is;
}

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)(100 * (double)part / (double)whole) : 0;
}

/* ---- the control group ---- */

static void look_at_limit(struct findings *findings,
			  const struct container *c)
{
	char used[UTIL_BYTES_MAX], limit[UTIL_BYTES_MAX];
	bool near = c->has_anon && percent(c->anon, c->limit) >= NEAR;

	if (c->limit == UINT64_MAX) {
		findings_add(findings, FINDING_OK, "cgroup",
			     util_format("%s has no limit on memory",
					 c->path), NULL);
		return;
	}
	util_bytes(used, c->anon);
	util_bytes(limit, c->limit);
	findings_add(findings, near ? FINDING_PROBLEM : FINDING_OK, "cgroup",
		     util_format("%s uses %s of anonymous memory, its limit "
				 "is %s", c->path, c->has_anon ? used : "?",
				 limit),
		     near ? util_format("raise memory.max (MemoryMax= of a "
					"service), or set lean = yes; "
					"hakmem-stat explain -p PID shows "
					"where memory is") : NULL);
}

static void look_at_kills(struct findings *findings,
			  const struct container *c)
{
	if (c->oom_kills)
		findings_add(findings, FINDING_PROBLEM, "oom",
			     util_format("the kernel has ended processes of "
					 "%s for want of memory: %" PRIu64,
					 c->path, c->oom_kills),
			     util_format("raise its limit on memory, or find "
					 "what grows: journalctl -k has what "
					 "was ended, hakmem-stat explain "
					 "where memory is"));
}

static void look_at_pressure(struct findings *findings,
			     const struct container *c)
{
	bool bad = c->pressure.some >= PRESSURE_SOME ||
		c->pressure.full >= PRESSURE_FULL;

	if (!c->has_pressure)
		return;
	findings_add(findings, bad ? FINDING_PROBLEM : FINDING_OK, "pressure",
		     util_format("some task of %s waited for memory in "
				 "%.2f %% of the last 10 s, all in %.2f %%",
				 c->path, c->pressure.some,
				 c->pressure.full),
		     bad ? util_format("give it more memory, or have less kept "
				       "ready: lean = yes in "
				       "/etc/hakmem.conf") : NULL);
}

void doctor_cgroup(struct findings *findings, pid_t pid)
{
	struct container container;

	container_read(&container, pid);
	if (*container.path) {
		look_at_limit(findings, &container);
		look_at_kills(findings, &container);
		look_at_pressure(findings, &container);
	} else {
		findings_add(findings, FINDING_NOTE, "cgroup",
			     util_format("the control group is not told: "
					 "limits on memory are not known"),
			     util_format("mount cgroup2 on /sys/fs/cgroup, as "
					 "systemd and containers do"));
	}
	container_free(&container);
}

/* ---- mappings ---- */

static uint64_t count_mappings(pid_t pid)
{
	FILE *in = proc_open(pid, "maps");
	char *line = NULL;
	size_t room = 0;
	uint64_t n = 0;

	while (in && n < LINES_MAX && getline(&line, &room, in) >= 0)
		n++;
	free(line);
	if (in)
		fclose(in);
	return n;
}

/* Of the machine where the process is this one. */
void doctor_mappings(struct findings *findings, pid_t pid)
{
	uint64_t most, n = pid ? count_mappings(pid) : 0;
	unsigned int share;
	bool few;

	if (!doctor_number(MAX_MAP_COUNT, &most))
		return;
	few = !pid && most < MAPPINGS_LEAST;
	share = percent(n, most);
	findings_add(findings, few || share >= NEAR ? FINDING_PROBLEM :
		     share >= HALF ? FINDING_NOTE : FINDING_OK, "mappings",
		     pid ? util_format("%" PRIu64 " of at most %" PRIu64
				       " mappings", n, most) :
		     util_format("vm.max_map_count is %" PRIu64, most),
		     few || share >= HALF ?
		     util_format("sysctl -w vm.max_map_count=%" PRIu64
				 ", and a line in /etc/sysctl.d",
				 few ? 2 * (uint64_t)MAPPINGS_LEAST :
				 2 * most) : NULL);
}

/* ---- resource limits ---- */

/* A line is "Max address space   SOFT   HARD   bytes"; false: unlimited. */
static bool soft_limit(const char *limits, const char *name, uint64_t *n)
{
	const char *at = limits ? strstr(limits, name) : NULL;

	return at && sscanf(at + strlen(name), "%" SCNu64, n) == 1;
}

static void look_at_rlimit(struct findings *findings, pid_t pid,
			   const char *limits, const char *name,
			   const char *option, const char *status)
{
	char used[UTIL_BYTES_MAX], most[UTIL_BYTES_MAX];
	uint64_t limit, kib = 0;
	bool near;

	if (!soft_limit(limits, name, &limit))
		return;
	proc_status(pid, status, &kib);
	near = percent(kib << 10, limit) >= NEAR;
	util_bytes(used, kib << 10);
	util_bytes(most, limit);
	findings_add(findings, near ? FINDING_PROBLEM : FINDING_NOTE,
		     "rlimit", util_format("%s: %s of %s; what does not fit "
					   "fails with ENOMEM", name, used,
					   most),
		     pid ? util_format("where that is too little: prlimit "
				       "--pid %ld --%s=unlimited", (long)pid,
				       option) :
		     util_format("where that is too little: prlimit "
				 "--%s=unlimited COMMAND", option));
}

void doctor_limits(struct findings *findings, pid_t pid)
{
	char *limits = proc_read(pid, "limits");
	size_t before = findings->count;

	look_at_rlimit(findings, pid, limits, "Max address space", "as",
		       "VmSize");
	look_at_rlimit(findings, pid, limits, "Max data size", "data",
		       "VmData");
	if (limits && findings->count == before)
		findings_add(findings, FINDING_OK, "rlimit",
			     util_format("neither address space nor data is "
					 "limited"), NULL);
	free(limits);
}

/* ---- huge pages ---- */

/* The word in force is in brackets. */
static void look_at_system_huge_pages(struct findings *findings)
{
	char *text = util_read(THP);
	bool never = !text || strstr(text, "[never]");
	bool always = text && strstr(text, "[always]");

	if (never)
		findings_add(findings, FINDING_NOTE, "huge_pages",
			     util_format("the kernel has no transparent huge "
					 "pages%s: large heaps are slower",
					 text ? " (never)" : ""),
			     text ? util_format("echo madvise > %s", THP) :
			     util_format("a kernel with "
					 "CONFIG_TRANSPARENT_HUGEPAGE"));
	else
		findings_add(findings, FINDING_OK, "huge_pages",
			     util_format("transparent huge pages are given "
					 "%s", always ?
					 "always; the heap's first 32 MiB ask "
					 "for small ones" :
					 "to those who ask (madvise)"), NULL);
	free(text);
}

void doctor_huge_pages(struct findings *findings, pid_t pid)
{
	uint64_t on = 1;

	if (pid)
		proc_status(pid, "THP_enabled", &on);
	if (on)
		look_at_system_huge_pages(findings);
	else
		findings_add(findings, FINDING_NOTE, "huge_pages",
			     util_format("transparent huge pages are off for "
					 "it (PR_SET_THP_DISABLE)"),
			     util_format("start it by something that does not "
					 "set that, where its heap is large"));
}
