/* SPDX-License-Identifier: MIT */
/*
 * trap.c - see trap.h.
 *
 * The kernel takes the handler away as it calls it (SA_RESETHAND): when it
 * returns, the instruction traps again and ends the process.  A program that
 * installs a handler of its own later, and calls the one before it, which is
 * ours, finds the same flag in what sigaction(2) told it.
 */
#include "api/trap.h"

#include "api/sample.h"
#include "os/os.h"

#include <signal.h>

/*
 * A handler that called this one may think that it has set things right, and
 * return: then the next time is the last.
 */
static void last_time(void)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };

	sigaction(SIGSEGV, &by_default, NULL);
}

/* No affair of ours: let it have a try, but not for ever. */
static bool is_again(uintptr_t pc)
{
	static _Atomic uintptr_t seen;

	return atomic_exchange_explicit(&seen, pc, memory_order_relaxed) == pc;
}

static void handle(int signal, siginfo_t *info, void *arg)
{
	struct hk_fault fault;
	int saved = errno;

	hk_os_fault(arg, &fault);
	/* Sent by somebody: nothing would trap again. */
	if (info->si_code <= 0)
		raise(signal);
	else if (hk_sample_trapped(info->si_addr, &fault) ||
		 is_again(fault.pc))
		last_time();
	errno = saved;
}

void hk_trap_arm(void)
{
	static _Atomic bool armed;
	struct sigaction now, ours = {
		.sa_sigaction = handle,
		.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND),
	};

	if (atomic_exchange_explicit(&armed, true, memory_order_relaxed))
		return;
	if (sigaction(SIGSEGV, NULL, &now) || now.sa_handler != SIG_DFL)
		return;
	sigaction(SIGSEGV, &ours, NULL);
}
