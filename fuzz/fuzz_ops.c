/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ops.c - the main fuzz target: operations of one thread against a
 * shadow heap.
 *
 * Built from fuzz_ops.c, ops.c, shadow.c and fuzz_common.c, and linked with
 * libhakmem-core (the library without the names that take the place of the
 * C library's).  ops.h says what the bytes of an input mean, README.md how to
 * run the program.
 */
#include "fuzz_common.h"
#include "ops.h"

static void run_here(ops_step *step, unsigned int thread)
{
	(void)thread;
	step();
}

static void fuzz_ops(const uint8_t *data, size_t len)
{
	ops_run(data, len, run_here, 1);
}

FUZZ_MAIN(fuzz_ops)
