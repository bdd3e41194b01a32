/* SPDX-License-Identifier: MIT */
/*
 * Small stacks: every call from a thread with PTHREAD_STACK_MIN bytes, and
 * from a handler on an alternate signal stack (for a signal that the program
 * sends itself, not from within the allocator).  And what a call needs: the
 * stack is painted before, and the paint that is gone afterwards measured.
 * At most 2 KiB are promised for what the library does itself.
 *
 * HAKMEM_TEST_DEBUG=1 in the environment leaves the measuring out: a debug
 * build checks more than fits.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"
#include "lib/family.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>

#define PAINT 0x5c
#define PAINTED 6144

/* 2 KiB of the library's and what a call from here needs itself. */
#define ALLOWED (2048 + 512)

static void *held[4];

static void small(void)
{
	free(HIDE(malloc(100)));
}

static void refill(void)
{
	static void *blocks[3000];

	for (size_t i = 0; i < 3000; i++)
		blocks[i] = HIDE(malloc(200));
	for (size_t i = 0; i < 3000; i++)
		free(blocks[i]);
}

static void medium(void)
{
	for (size_t i = 0; i < 40; i++)
		free(HIDE(malloc(9000 + i * 500)));
}

static void run(void)
{
	held[0] = HIDE(malloc(MIB));
	held[1] = HIDE(malloc(2 * MIB));
	free(held[0]);
	held[1] = HIDE(realloc(held[1], 5 * MIB));
	free(held[1]);
}

static void huge(void)
{
	held[0] = HIDE(malloc(70 * MIB));
	held[0] = HIDE(realloc(held[0], 90 * MIB));
	free(held[0]);
}

static void zeroed(void)
{
	free(HIDE(calloc(3, 1000)));
	free(HIDE(calloc(3, 100000)));
}

static void aligned(void)
{
	void *p;

	free(HIDE(memalign(256, 3000)));
	free(HIDE(aligned_alloc(65536, 65536)));
	CHECK_EQ(posix_memalign(&p, 4096, 10000), 0);
	free(p);
	free(HIDE(valloc(1000)));
	free(HIDE(pvalloc(1000)));
}

static void resized(void)
{
	held[2] = HIDE(realloc(held[2], 10));
	held[2] = HIDE(realloc(held[2], 3000));
	held[2] = HIDE(realloc(held[2], 30000));
	held[2] = HIDE(realloc(held[2], 300000));
	held[2] = HIDE(reallocarray(held[2], 40, 40));
	CHECK(malloc_usable_size(held[2]) >= 1600);
	free(held[2]);
	held[2] = NULL;
}

static void trimmed(void)
{
	malloc_trim(0);
}

static void refused(void)
{
	CHECK_NULL(malloc(SIZE((size_t)1 << 50)), ENOMEM);
}

static void (*const steps[])(void) = {
	small, refill, medium, run, huge, zeroed, aligned, resized, trimmed,
	refused,
};
#define NR_STEPS (sizeof(steps) / sizeof(steps[0]))

static void all_steps(void)
{
	for (size_t i = 0; i < NR_STEPS; i++)
		steps[i]();
}

/*
 * How deep a step goes below this function's frame.  The painted area is
 * where its frames will be.
 */
__attribute__((noinline)) static size_t paint(unsigned char **bottom)
{
	unsigned char area[PAINTED];

	memset(area, PAINT, sizeof(area));
	*bottom = HIDE(area);
	return sizeof(area);
}

__attribute__((noinline)) static size_t measure(void (*step)(void))
{
	unsigned char *volatile bottom = NULL;
	unsigned char *area;
	size_t untouched = 0;

	paint((unsigned char **)(uintptr_t)&bottom);
	step();
	area = HIDE(bottom);
	while (untouched < PAINTED && area[untouched] == PAINT)
		untouched++;
	return PAINTED - untouched;
}

static void *on_small_stack(void *measured)
{
	size_t *depths = measured;

	all_steps();
	for (size_t i = 0; depths && i < NR_STEPS; i++)
		depths[i] = measure(steps[i]);
	return NULL;
}

static void with_stack(size_t size, size_t *depths)
{
	pthread_attr_t attr;
	pthread_t thread;

	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, size), 0);
	CHECK_EQ(pthread_create(&thread, &attr, on_small_stack, depths), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
}

static void handler(int number)
{
	(void)number;
	all_steps();
}

static void on_alternate_stack(void)
{
	size_t size = (size_t)sysconf(_SC_SIGSTKSZ);
	stack_t stack = { .ss_size = size < 16384 ? 16384 : size };
	struct sigaction action = { .sa_flags = SA_ONSTACK };

	stack.ss_sp = HIDE(malloc(stack.ss_size));
	CHECK(stack.ss_sp != NULL);
	action.sa_handler = handler;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	stack.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	free(stack.ss_sp);
}

int main(void)
{
	size_t depths[NR_STEPS];
	const char *debug = getenv("HAKMEM_TEST_DEBUG");

	with_stack((size_t)PTHREAD_STACK_MIN, NULL);
	on_alternate_stack();
	if ((debug && debug[0] == '1') || check_emulated())
		return 0;
	with_stack(65536, depths);
	for (size_t i = 0; i < NR_STEPS; i++) {
		if (depths[i] > ALLOWED)
			check_tell("step", i);
		CHECK_AT(depths[i] <= ALLOWED, depths[i]);
	}
	return 0;
}
