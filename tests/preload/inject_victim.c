/* SPDX-License-Identifier: MIT */
/*
 * inject_victim - a little of everything, for a run under strace that makes
 * one call to the system fail, or all from one on.  Wherever it happens:
 * NULL with ENOMEM, or all is well; what is held stays intact; errno is kept
 * by free().  getppid() marks where main() begins and ends.
 */
#define _GNU_SOURCE 1
#define HELD_ENDS 5000
#include "lib/held.h"

#include <malloc.h>
#include <pthread.h>

#define LIVE 160

static struct held live[LIVE];

static void obtain(size_t i, size_t size)
{
	void *p;

	errno = 4711;
	switch (i % 4) {
	case 0:
		p = HIDE(calloc(1, size));
		break;
	case 1:
		p = HIDE(memalign(256, size));
		break;
	default:
		p = HIDE(malloc(size));
		break;
	}
	CHECK_EQ(errno, p ? 4711 : ENOMEM);
	if (!p)
		return;
	if (i % 4 == 0)
		CHECK_ZERO(p, held_least(size, 20000));
	held_fill(&live[i], p, size, i);
}

static void resize(size_t i, size_t size)
{
	if (live[i].p)
		held_resize(&live[i], size, i);
}

static void release(size_t i)
{
	held_release(&live[i], i);
}

static void rounds(void)
{
	static const size_t sizes[] = {
		40, 700, 4000, 20000, 50000, 300000, 2000000, 9000000,
	};

	for (size_t i = 0; i < LIVE; i++)
		obtain(i, sizes[i % 8] + i);
	release(0);
	obtain(0, 70 * MIB);
	resize(0, 130 * MIB);
	resize(0, 66 * MIB);
	for (size_t i = 0; i < LIVE; i += 3)
		resize(i, sizes[i * 5 % 8] * 2);
	for (size_t i = 0; i < LIVE; i += 2)
		release(i);
	errno = 4711;
	malloc_trim(0);
	CHECK_EQ(errno, 4711);
	for (size_t i = 0; i < LIVE; i += 4)
		obtain(i, sizes[i * 3 % 8]);
	for (size_t i = 0; i < LIVE; i++)
		release(i);
}

static void *other(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < LIVE; i++)
		release(i);
	free(HIDE(malloc(100)));
	return NULL;
}

int main(void)
{
	pthread_t thread;

	alarm(50);
	getppid();
	rounds();
	for (size_t i = 0; i < LIVE; i++)
		obtain(i, i * i * 10 + 1);
	/* no thread, where its stack was refused */
	if (pthread_create(&thread, NULL, other, NULL) == 0)
		pthread_join(thread, NULL);
	else
		other(NULL);
	rounds();
	getppid();
	return 0;
}
