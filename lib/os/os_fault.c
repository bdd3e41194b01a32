/* SPDX-License-Identifier: MIT */
/*
 * os_fault.c - what the processor says of an access that trapped: os.h.
 */
#define _GNU_SOURCE
#include "os/os.h"

#include <ucontext.h>

#if defined(__x86_64__)

/* The error code of a page fault: bit 1 is a write. */
#define ERROR_WRITE 2

void hk_os_fault(const void *arg, struct hk_fault *fault)
{
	const ucontext_t *context = arg;
	const greg_t *regs = context->uc_mcontext.gregs;

	fault->pc = (uintptr_t)regs[REG_RIP];
	fault->frame = (const void *)regs[REG_RBP];
	fault->access = regs[REG_ERR] & ERROR_WRITE ? HK_ACCESS_WRITE :
						      HK_ACCESS_READ;
}

#else

void hk_os_fault(const void *arg, struct hk_fault *fault)
{
	const ucontext_t *context = arg;

	fault->pc = context->uc_mcontext.pc;
	fault->frame = (const void *)context->uc_mcontext.regs[29];
	fault->access = HK_ACCESS;
}

#endif
