/* SPDX-License-Identifier: MIT */
/*
 * ops.h - an input as a list of operations on the heap.
 *
 * Any bytes are an input.  An operation is one byte that says which (modulo
 * their number, in the order of enum ops_code), and then the bytes that it
 * reads; the end of the input is followed by zeros.
 *
 *   slot   1 byte        one of the first 256 slots
 *   first  1 byte        slot 64 * first, where a row of slots starts
 *   count  1 byte        16 * (count + 1) slots
 *   size   1 byte kind, then 1 or 2 bytes: see read_size() in ops.c
 *   align  1 byte        1 << (align % 22), to 2 MiB
 *
 * An input that runs long is cut short, and large sizes are reduced, so that
 * every input ends soon: see the limits in ops.c.
 */
#ifndef OPS_H
#define OPS_H

#include <stddef.h>
#include <stdint.h>

enum ops_code {
	OP_MALLOC,		/* slot size */
	OP_CALLOC,		/* slot size count */
	OP_ZALLOC,		/* slot size */
	OP_REALLOC,		/* slot size */
	OP_REALLOCARRAY,	/* slot size count */
	OP_FREE,		/* slot */
	OP_FREE_SIZED,		/* slot */
	OP_ALIGNED_ALLOC,	/* slot align size */
	OP_POSIX_MEMALIGN,	/* slot align size */
	OP_MEMALIGN,		/* slot align size */
	OP_VALLOC,		/* slot size */
	OP_CHECK,		/* slot */
	OP_FILL_ROW,		/* first count size step */
	OP_FREE_ROW,		/* first count stride */
	OP_RESIZE_ROW,		/* first count size */
	OP_REPEAT,		/* count size */
	OP_REFUSED,		/* which slot */
	OP_STATS,		/* size of the struct */
	OP_TRIM,		/* keep */
	OP_CODES
};

/*
 * Takes one operation, in the thread that is to execute it.  ops_run()
 * calls `run(step)` for each operation; it returns when step() has.
 */
typedef void ops_step(void);
typedef void ops_runner(ops_step *step, unsigned int thread);

/*
 * Executes the input, with each operation in the thread that a byte before
 * it names, modulo `threads`; with one thread there is no such byte.  At
 * the end every block is checked and freed.
 */
void ops_run(const uint8_t *data, size_t len, ops_runner *run,
	     unsigned int threads);

#endif /* OPS_H */
