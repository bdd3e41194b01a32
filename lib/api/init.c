/* SPDX-License-Identifier: MIT */
/*
 * init.c - the library's constructor and destructor.  When the constructor
 * runs, the dynamic loader and the C library are ready, but others may have
 * allocated before.
 */
#define _GNU_SOURCE
#include "api/init.h"

#include "api/copy.h"
#include "api/goodbye.h"
#include "api/libc_mode.h"
#include "api/page.h"
#include "heap/background.h"
#include "heap/config.h"
#include "heap/process.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/option.h"

#include <pthread.h>

void hk_init_anchor(void)
{
	hk_page_anchor();
}

static bool wants_libc(void)
{
	return hk_policy_get(HK_OPT_FORCE_LIBC) ||
		hk_os_program_among(hk_policy_text(HK_OPT_EXCLUDE));
}

__attribute__((constructor)) static void library_starts(void)
{
	int saved = errno;

	hk_process_configure();
	hk_config_complain();
	hk_os_scrub_environment("HAKMEM_");
	pthread_atfork(hk_fork_prepare, hk_fork_parent, hk_fork_child);
	if (wants_libc()) {
		hk_libc_mode_start();
		/* Others see by it who serves the process. */
		hk_option_overrule(&hk_policy, HK_OPT_FORCE_LIBC,
				   hk_libc_mode_on());
	}
	hk_libc_mode_forget();
	if (hk_policy_get(HK_OPT_BACKGROUND_THREAD) && !hk_libc_mode_on())
		hk_background_arm();
	hk_goodbye_start();
	errno = saved;
}

__attribute__((destructor)) static void library_ends(void)
{
	hk_background_stop();
	hk_goodbye();
	hk_copy_end();
}
