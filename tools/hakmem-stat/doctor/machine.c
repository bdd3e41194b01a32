/* SPDX-License-Identifier: MIT */
/*
 * doctor_machine.c - "hakmem-stat doctor" without an argument: is the library
 * there and enabled, and what does the kernel let it, and us, do?
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "process/proc.h"
#include "process/process.h"

#include "root.h"

#include "heap/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define OVERCOMMIT	"/proc/sys/vm/overcommit_memory"
#define MEMINFO		"/proc/meminfo"
#define PTRACE_SCOPE	"/proc/sys/kernel/yama/ptrace_scope"

/* Percent of what may be committed from which on it is near. */
#define COMMITTED_NEAR	90u

extern char **environ;

/* ---- memory ---- */

static void look_at_page_size(struct findings *findings)
{
	long size = sysconf(_SC_PAGESIZE);

	if (size > (long)HK_UNIT)
		findings_add(findings, FINDING_NOTE, "page_size",
			     util_format("pages have %ld KiB: parts of the "
					 "heap's units of %zu KiB cannot be "
					 "given back", size >> 10,
					 HK_UNIT >> 10),
			     util_format("a kernel with pages of 4 or 16 KiB, "
					 "where memory is scarce"));
	else
		findings_add(findings, FINDING_OK, "page_size",
			     util_format("pages have %ld KiB", size >> 10),
			     NULL);
}

static void look_at_committed(struct findings *findings)
{
	char *text = util_read(MEMINFO);
	uint64_t limit, used;

	if (proc_key(text, "CommitLimit", &limit) &&
	    proc_key(text, "Committed_AS", &used) &&
	    used >= limit / 100 * COMMITTED_NEAR)
		findings_add(findings, FINDING_PROBLEM, "overcommit",
			     util_format("%" PRIu64 " of %" PRIu64 " MiB that "
					 "may be committed are", used >> 10,
					 limit >> 10),
			     util_format("raise vm.overcommit_ratio or add "
					 "swap: what goes beyond fails with "
					 "ENOMEM"));
	free(text);
}

static void look_at_overcommit(struct findings *findings)
{
	uint64_t mode;

	if (!doctor_number(OVERCOMMIT, &mode))
		return;
	if (mode != 2) {
		findings_add(findings, FINDING_OK, "overcommit",
			     util_format("vm.overcommit_memory is %" PRIu64,
					 mode), NULL);
		return;
	}
	findings_add(findings, FINDING_NOTE, "overcommit",
		     util_format("vm.overcommit_memory is 2: memory counts "
				 "before it is used"),
		     util_format("where calls fail with ENOMEM: sysctl -w "
				 "vm.overcommit_memory=0"));
	look_at_committed(findings);
}

/* ---- looking into processes ---- */

/* Always allowed of oneself, unless the call itself is not. */
static void look_at_call(struct findings *findings)
{
	pid_t self = getpid();
	int from = 1, to = 0;

	errno = 0;
	if (process_read(&self, (uintptr_t)&from, &to, sizeof(to)) && to)
		findings_add(findings, FINDING_OK, "looking_in",
			     util_format("process_vm_readv works"), NULL);
	else
		findings_add(findings, FINDING_PROBLEM, "looking_in",
			     util_format("process_vm_readv does not work: %s",
					 strerror(errno)),
			     util_format("a seccomp filter of the container "
					 "refuses it, or the kernel lacks "
					 "CONFIG_CROSS_MEMORY_ATTACH: run "
					 "hakmem-stat outside of it"));
}

static void look_at_scope(struct findings *findings)
{
	uint64_t scope = 0;

	/* Without the file there is no such restriction. */
	doctor_number(PTRACE_SCOPE, &scope);
	if (scope >= 3)
		findings_add(findings, FINDING_PROBLEM, "looking_in",
			     util_format("kernel.yama.ptrace_scope is %" PRIu64
					 ": not even root may look into a "
					 "process", scope),
			     util_format("set it to less in /etc/sysctl.d and "
					 "restart the machine: 3 cannot be "
					 "changed back"));
	else if (scope && geteuid())
		findings_add(findings, FINDING_NOTE, "looking_in",
			     util_format("kernel.yama.ptrace_scope is %" PRIu64
					 ": only root may look into a "
					 "process", scope),
			     util_format("run hakmem-stat as root, or sysctl "
					 "-w kernel.yama.ptrace_scope=0"));
}

/* ---- all of it ---- */

void doctor_machine(struct findings *findings, const char *library)
{
	const struct doctor_choices choices = {
		.env = (const char *const *)environ, .path = hk_config_path,
	};

	doctor_library(findings, library);
	doctor_preload_file(findings);
	doctor_preload_variable(findings, getenv("LD_PRELOAD"));
	doctor_options(findings, &choices);
	/* In DIR, which may have what the kernel says of another system. */
	if (!root_is_system() && access("/proc/sys", F_OK))
		return;
	look_at_page_size(findings);
	doctor_huge_pages(findings, 0);
	look_at_overcommit(findings);
	doctor_mappings(findings, 0);
	doctor_cgroup(findings, 0);
	doctor_limits(findings, 0);
	look_at_call(findings);
	look_at_scope(findings);
}
