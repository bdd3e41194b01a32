/* SPDX-License-Identifier: MIT */
/*
 * process.c - see process.h.
 */
#include "heap/process.h"

#include "heap/config.h"
#include "heap/thread.h"
#include "slab/run.h"
#include "superslab/arena.h"

pthread_key_t hk_process_key;
struct hk_lock hk_process_lock;

/* Set with release after everything else; read with acquire. */
static _Atomic bool started;

static int start_locked(void)
{
	static bool have_key;
	int err;

	if (atomic_load_explicit(&started, memory_order_relaxed))
		return 0;
	hk_config_start();
	if (!have_key)
		have_key = !pthread_key_create(&hk_process_key,
					       hk_thread_ends);
	if (!have_key)
		return -ENOMEM;
	err = hk_arena_init();
	if (err)
		return err;
	if (!hk_policy_get(HK_OPT_LEAN))
		hk_run_prewarm(hk_policy_get(HK_OPT_PREWARM));
	atomic_store_explicit(&started, true, memory_order_release);
	return 0;
}

void hk_process_configure(void)
{
	hk_lock(&hk_process_lock, HK_RANK_INIT);
	hk_config_start();
	hk_unlock(&hk_process_lock, HK_RANK_INIT);
}

int hk_process_set(enum hk_option_id id, struct hk_span text)
{
	int err;

	hk_process_configure();
	hk_lock(&hk_process_lock, HK_RANK_INIT);
	err = hk_option_change(&hk_policy, id, text);
	hk_unlock(&hk_process_lock, HK_RANK_INIT);
	return err;
}

int hk_process_start(void)
{
	int err;

	if (atomic_load_explicit(&started, memory_order_acquire))
		return 0;
	hk_lock(&hk_process_lock, HK_RANK_INIT);
	err = start_locked();
	hk_unlock(&hk_process_lock, HK_RANK_INIT);
	return err;
}
