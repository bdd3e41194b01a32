/* SPDX-License-Identifier: MIT */
/*
 * coroutines.c - coroutines that allocate, on stacks that lie beside each
 * other without a gap: one starts the other, ends, and its stack is unmapped
 * while the other goes on, whose frame pointers lead there.  Who takes a stack
 * trace may not follow them.
 *
 * The program keeps frame pointers: see tests/Makefile.inc.
 */
#include "lib/check.h"

#include <sys/mman.h>
#include <ucontext.h>

#define STACK	(64 << 10)
#define ROUNDS	20
#define BLOCKS	2000

static ucontext_t back, first, second;
static char *stacks;

static void allocate(void)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		char *p = (char *)HIDE(malloc(100 + i % 50));

		CHECK(p != NULL);
		p[0] = 1;
		free(p);
	}
}

static void start(ucontext_t *context, char *stack, void (*run)(void))
{
	CHECK(getcontext(context) == 0);
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = STACK;
	context->uc_link = &back;
	makecontext(context, run, 0);
}

/* On the lower stack. */
static void run_second(void)
{
	allocate();
	CHECK(swapcontext(&second, &first) == 0);
	allocate();
}

static void run_first(void)
{
	allocate();
	start(&second, stacks, run_second);
	CHECK(swapcontext(&first, &second) == 0);
}

int main(void)
{
	/* Which takes the other stack for frames of this one. */
	if (check_valgrind())
		return CHECK_SKIP_STATUS;
	for (int i = 0; i < ROUNDS; i++) {
		stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(stacks != MAP_FAILED);
		start(&first, stacks + STACK, run_first);
		CHECK(swapcontext(&back, &first) == 0);
		CHECK(munmap(stacks + STACK, STACK) == 0);
		CHECK(swapcontext(&back, &second) == 0);
		CHECK(munmap(stacks, STACK) == 0);
	}
	return 0;
}
