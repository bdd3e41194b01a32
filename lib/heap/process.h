/* SPDX-License-Identifier: MIT */
/*
 * process.h - what is set up once in a process, by the first call that needs
 * memory.  That call may come from the dynamic loader or from a constructor
 * that runs before any of ours: nothing here may allocate or depend on the
 * C library having started.
 */
#ifndef HK_PROCESS_H
#define HK_PROCESS_H

#include "os/lock.h"
#include "policy/option.h"

#include <pthread.h>

/*
 * Reads what the user chose, unless it was read: nothing else of the heap
 * starts by that.
 */
void hk_process_configure(void);

/*
 * The same; then draws the keys, finds the arena, makes the thread-specific
 * key.  Returns 0 (also when it is done already) or -ENOMEM, after which it is
 * tried again by the next call.
 */
int hk_process_start(void);

/*
 * Gives an option another value, as hk_option_change() does and returns, for
 * all that the process does from now on.
 */
int hk_process_set(enum hk_option_id id, struct hk_span text);

/* Its value is the thread's heap, its destructor hk_thread_ends(). */
extern pthread_key_t hk_process_key;

/* For fork; and for whoever changes hk_policy while the process runs. */
extern struct hk_lock hk_process_lock;

#endif /* HK_PROCESS_H */
