/* SPDX-License-Identifier: MIT */
/*
 * os_call.h - a call to the system by the instruction itself, for the files of
 * this directory: the C library's wrappers set errno, some are points where a
 * thread is cancelled, and a program may have replaced them.
 */
#ifndef HK_OS_CALL_H
#define HK_OS_CALL_H

#include "base/base.h"

#include <sys/syscall.h>

/*
 * A system call with up to six arguments: registers as in syscall(2),
 * "Architecture calling conventions".  Gives the kernel's result, errors as
 * negative errno values.
 */
static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#else
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x5)
			 : "memory");
	return x0;
#endif
}

static inline long sys3(long nr, long a, long b, long c)
{
	return sys6(nr, a, b, c, 0, 0, 0);
}

static inline bool failed(long ret)
{
	return ret < 0 && ret > -4096;
}

#endif /* HK_OS_CALL_H */
