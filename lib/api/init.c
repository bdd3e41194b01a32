/* SPDX-License-Identifier: MIT */
/*
 * init.c - the library's constructor and destructor.  When the constructor
 * runs, the dynamic loader and the C library are ready, but others may have
 * allocated before.
 */
#include "api/init.h"

#include "api/libc_mode.h"
#include "api/stats.h"
#include "base/fatal.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/conf.h"
#include "stats/emit.h"

#include <pthread.h>
#include <unistd.h>

void hk_init_anchor(void)
{
}

static void warn(const char *name, const char *value)
{
	struct hk_line line = { 0 };

	hk_line_str(&line, "hakmem: ");
	hk_line_str(&line, name);
	hk_line_str(&line, "=");
	hk_line_str(&line, value);
	hk_line_str(&line, " ignored: 0 or 1 expected");
	hk_line_write(&line, STDERR_FILENO);
}

__attribute__((constructor)) static void library_starts(void)
{
	hk_conf_environment(&hk_policy, hk_os_getenv, warn);
	pthread_atfork(hk_fork_prepare, hk_fork_parent, hk_fork_child);
	if (hk_policy.force_libc)
		hk_libc_mode_start();
}

__attribute__((destructor)) static void library_ends(void)
{
	struct hk_line line = { 0 };
	struct hakmem_stats stats;

	if (!hk_policy.os_stats)
		return;
	hk_stats_collect(&stats);
	hk_emit_os_line(&line, &stats);
	hk_line_write(&line, STDERR_FILENO);
}
