/* SPDX-License-Identifier: MIT */
/*
 * init.c - the library's constructor and destructor.  When the constructor
 * runs, the dynamic loader and the C library are ready, but others may have
 * allocated before.
 */
#define _GNU_SOURCE
#include "api/init.h"

#include "api/libc_mode.h"
#include "api/stats.h"
#include "base/fatal.h"
#include "heap/background.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/conf.h"
#include "stats/emit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
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

/*
 * Where the statistics line goes at the end.  By then the program may have
 * closed standard error, or a file of its own may have its number: so a
 * duplicate is kept, out of the way, which is used if it still is what it
 * was.  -1: none.
 */
static int stats_fd = -1;
static struct stat stats_file;

static void keep_stderr(void)
{
	static const int places[] = { 1000, 200, 10 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		stats_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, places[i]);
		if (stats_fd >= 0)
			break;
	}
	if (stats_fd >= 0 && fstat(stats_fd, &stats_file))
		stats_fd = -1;
}

static bool is_stderr_still(void)
{
	struct stat now;

	return stats_fd >= 0 && !fstat(stats_fd, &now) &&
		now.st_dev == stats_file.st_dev &&
		now.st_ino == stats_file.st_ino;
}

__attribute__((constructor)) static void library_starts(void)
{
	int saved = errno;

	hk_conf_environment(&hk_policy, hk_os_getenv, warn);
	pthread_atfork(hk_fork_prepare, hk_fork_parent, hk_fork_child);
	if (hk_policy.force_libc)
		hk_libc_mode_start();
	if (hk_policy.background_thread && !hk_libc_mode_on())
		hk_background_arm();
	if (hk_policy.os_stats)
		keep_stderr();
	errno = saved;
}

__attribute__((destructor)) static void library_ends(void)
{
	struct hk_line line = { 0 };
	struct hakmem_stats stats;

	hk_background_stop();
	if (!is_stderr_still())
		return;
	hk_stats_collect(&stats);
	hk_emit_os_line(&line, &stats);
	hk_line_write(&line, stats_fd);
}
