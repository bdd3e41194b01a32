/* SPDX-License-Identifier: MIT */
/*
 * fatal.h - the last words of a process: one line on standard error that
 * says what is wrong and where, then abort().  Nothing here allocates, uses
 * stdio or takes a lock, so it works in any state of the heap.
 */
#ifndef HK_FATAL_H
#define HK_FATAL_H

#include "base/base.h"

/*
 * A line of text being put together on the stack.  What does not fit is
 * cut off; there is always room for the newline.
 */
struct hk_line {
	size_t len;
	char text[480];
};

void hk_line_str(struct hk_line *line, const char *s);
void hk_line_num(struct hk_line *line, uint64_t n);
void hk_line_ptr(struct hk_line *line, const void *p);

/*
 * Ends the line with a newline and writes it to `fd`; errno is kept, and the
 * signals of a write that fails are not raised.
 */
void hk_line_write(struct hk_line *line, int fd);

/* Starts a line with "hakmem: fatal: ". */
void hk_fatal_start(struct hk_line *line);

/* The same, and what is wrong with a block: "WHAT of 0xADDRESS". */
void hk_fatal_start_of(struct hk_line *line, const char *what, const void *p);

/* Writes the line to standard error and ends the process. */
HK_NORETURN void hk_fatal_end(struct hk_line *line);

/* `heap`: the number of the heap that has the block already, 0 = unknown. */
HK_NORETURN HK_COLD void hk_fatal_double_free(const void *p, size_t size,
					      uint32_t heap);

/* A broken promise inside the library itself. */
HK_NORETURN HK_COLD void hk_fatal_assert(const char *file, int line,
					 const char *what);

#define hk_assert(cond)							\
	do {								\
		if (hk_debug && !(cond))				\
			hk_fatal_assert(__FILE__, __LINE__, #cond);	\
	} while (0)

#endif /* HK_FATAL_H */
