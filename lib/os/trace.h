/* SPDX-License-Identifier: MIT */
/*
 * trace.h - who is calling: a thread and the addresses that it will return
 * to.  Taken by following frame pointers, which needs neither memory nor an
 * unwinder, and no lock; programs that were built without them (gcc and clang
 * leave them out at -O1 and above, unless -fno-omit-frame-pointer is given)
 * show the caller and little more.
 */
#ifndef HK_TRACE_H
#define HK_TRACE_H

#include "base/base.h"

#define HK_TRACE_FRAMES 14

struct hk_trace {
	uint32_t thread;	/* its number in the system; 0: not taken */
	uint32_t n;
	uintptr_t pc[HK_TRACE_FRAMES];	/* innermost first */
};

/*
 * Fills `trace`; `frame` is what __builtin_frame_address(0) gives in the
 * function whose callers are wanted.  What the chain leads to is read only
 * where it can be: a chain that is none ends the trace.  Any thread, signal
 * handlers included.
 */
void hk_trace_take(struct hk_trace *trace, const void *frame);

/* The same for a frame of which nothing is known: a register had it. */
void hk_trace_take_at(struct hk_trace *trace, const void *frame);

/*
 * After a fork, in the child: its thread has another number.  The child of a
 * _Fork() or of a raw system call goes on under its parent's.
 */
void hk_trace_fork_child(void);

#endif /* HK_TRACE_H */
