/* SPDX-License-Identifier: MIT */
/*
 * sampled_block HOW SIZE: crimes on blocks that are sampled, where every
 * allocation is: see sampled.test.  Ends with status 3 where it got away with
 * one.
 */
#include "crime.h"

#include <pthread.h>
#include <signal.h>

static struct sigaction before;

static void own_handler(int signal)
{
	(void)signal;
	_exit(7);
}

static void chaining_handler(int signal, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(signal, info, context);
}

static void install(void)
{
	struct sigaction action = { .sa_handler = own_handler };

	CHECK(sigaction(SIGSEGV, &action, &before) == 0);
}

static void install_chained(void)
{
	struct sigaction action = {
		.sa_sigaction = chaining_handler,
		.sa_flags = SA_SIGINFO,
	};

	CHECK(sigaction(SIGSEGV, &action, &before) == 0);
}

static void *free_it(void *p)
{
	free(p);
	return NULL;
}

/* Frees in another thread, which has ended when this returns. */
static void free_elsewhere(void *p)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, free_it, p) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

/* Two, as they are by turns at the start and at the end of a page. */
static void write_at(size_t size, ptrdiff_t offset)
{
	for (int i = 0; i < 2; i++)
		((volatile char *)HIDE(malloc(size)))[offset] = 1;
}

/* Behind the last multiple of 16 there is no room for the pattern. */
static ptrdiff_t past(size_t size)
{
	return (ptrdiff_t)((size + 15) / 16 * 16);
}

/* A block that is at the start of its page, or has room behind it. */
static void write_one_past(size_t size)
{
	for (int i = 0; i < 2; i++) {
		char *p = (char *)HIDE(malloc(size));

		if ((uintptr_t)(p + size) % 4096)
			p[size] = 1;
		free(HIDE(p));
	}
}

static void after_free(size_t size, bool write, void (*release)(void *p))
{
	volatile char *p = (volatile char *)HIDE(malloc(size));

	p[0] = 1;
	release((void *)p);
	if (write)
		p[size - 1] = 2;
	else
		(void)p[0];
}

/*
 * One of the next blocks that is sampled, freed: those have what was asked
 * for, others 48 bytes.  Sampled are those that leave the fast path, so many
 * are needed at a time.
 */
static volatile char *next_sampled(void)
{
	static char *some[2000];
	volatile char *found = NULL;

	while (!found) {
		for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
			some[i] = (char *)HIDE(malloc(40));
			if (malloc_usable_size(some[i]) == 40)
				found = some[i];
		}
		for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
			free(some[i]);
	}
	return found;
}

/* Behind the first ones, which trap, and some that do not. */
static void write_late(void)
{
	for (int i = 0; i < 600; i++)
		next_sampled();
	*next_sampled() = 1;
	for (int i = 0; i < 200; i++)
		next_sampled();
}

static bool commit(int argc, char **argv, size_t size)
{
	char *p;

	if (crime_is(argc, argv, "read-after-free"))
		after_free(size, false, free);
	else if (crime_is(argc, argv, "write-after-free"))
		after_free(size, true, free);
	else if (crime_is(argc, argv, "in-threads"))
		after_free(size, false, free_elsewhere);
	else if (crime_is(argc, argv, "overflow"))
		write_at(size, past(size));
	else if (crime_is(argc, argv, "underflow"))
		write_at(size, -1);
	else if (crime_is(argc, argv, "write-late"))
		write_late();
	else if (crime_is(argc, argv, "one-past"))
		write_one_past(size);
	else if (crime_is(argc, argv, "double-free")) {
		p = (char *)HIDE(malloc(size));
		free(p);
		free(HIDE(p));
	} else if (crime_is(argc, argv, "interior")) {
		free(HIDE((char *)HIDE(malloc(size)) + 16));
	} else {
		return false;
	}
	return true;
}

/* What is about the handler of the signal. */
static void signals(int argc, char **argv, size_t size)
{
	volatile char *nowhere = (volatile char *)HIDE(8);

	free(HIDE(malloc(size)));
	if (crime_is(argc, argv, "other-address"))
		*nowhere = 1;
	else if (crime_is(argc, argv, "raised"))
		raise(SIGSEGV);
	else if (crime_is(argc, argv, "handler-later"))
		install();
	else if (crime_is(argc, argv, "chained"))
		install_chained();
	else
		CHECK_ERROR("no such crime");
	after_free(size, true, free);
}

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);

	if (crime_is(argc, argv, "own-handler")) {
		install();
		after_free(size, true, free);
	} else if (!commit(argc, argv, size)) {
		signals(argc, argv, size);
	}
	return GOT_AWAY;
}
