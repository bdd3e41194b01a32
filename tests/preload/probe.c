/* SPDX-License-Identifier: MIT */
/*
 * probe WHAT: a small program for the scripts of this directory, which
 * compile it, with or without the library, and judge what it prints.
 *
 *   where     which allocator malloc() is: "hakmem", "libc" or "other"
 *   thread    the same in a thread that first frees what was allocated early;
 *             with MALLOC_ARENA_MAX=1
 *   secure    "secure" where the kernel started it with AT_SECURE, "plain"
 *             where not, and the same as "where"
 *   quiet     nothing
 *   huge      nothing, after seven allocations of 100 MiB
 *   exit      nothing, ends by _exit()
 *   threads   nothing, from four threads
 *   counted   the calls to the system that the library says it made between
 *             two calls of getppid(): "mmap N munmap N mremap N mprotect N
 *             madvise N"; for a run under strace
 *   busy      nothing, after allocations of all kinds and from threads
 *   option NAME
 *             the value of an option; "early: VALUE" before it where that was
 *             another one for the first allocation
 *   variables what the environment has of names that start with HAKMEM_
 *   quick     nothing, ends by quick_exit()
 *   child     nothing, after a child that ended by _exit() and a second one
 *             by exit()
 *
 * Whatever it does, it allocates before the library's constructor has run, and
 * frees half of that in main() and half in its last destructor.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/wait.h>

#include "hakmem.h"

static __typeof__(hakmem_stats_get) *stats_get;

static struct hakmem_stats stats(void)
{
	struct hakmem_stats now;

	memset(&now, 0, sizeof(now));
	if (!stats_get)
		*(void **)&stats_get = dlsym(RTLD_DEFAULT, "hakmem_stats_get");
	if (stats_get)
		stats_get(&now, sizeof(now));
	return now;
}

/* A block of glibc's is in the "brk" heap, in a program without threads. */
static const char *where(void)
{
	char *start = sbrk(0);
	char *blocks[200];
	const char *answer = "other";
	uint64_t before = stats().live_bytes;

	/* enough that some cannot be from what was there */
	for (size_t i = 0; i < 200; i++) {
		blocks[i] = HIDE(malloc(1000));
		CHECK(blocks[i] != NULL);
	}
	if (stats().live_bytes >= before + 150000)
		answer = "hakmem";
	else if (blocks[199] < (char *)sbrk(0) &&
		blocks[199] > start - 16 * MIB)
		answer = "libc";
	for (size_t i = 0; i < 200; i++)
		free(blocks[i]);
	return answer;
}

static void *work(void *argument)
{
	uint64_t state = (uintptr_t)argument;
	void *blocks[64] = { NULL };

	for (size_t i = 0; i < 20000; i++) {
		size_t slot = random_below(&state, 64);
		size_t size = random_size(&state, MIB);

		if (i % 7 == 0) {
			blocks[slot] = HIDE(realloc(blocks[slot], size));
		} else {
			free(blocks[slot]);
			blocks[slot] = HIDE(malloc(size));
		}
		CHECK(blocks[slot] != NULL);
		memset(blocks[slot], 1, size < 4000 ? size : 4000);
	}
	for (size_t i = 0; i < 64; i++)
		free(blocks[i]);
	return NULL;
}

static void threads(void)
{
	pthread_t all[4];

	for (uintptr_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&all[i], NULL, work, (void *)(i + 1)),
			0);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(all[i], NULL), 0);
}

static void huge(void)
{
	for (size_t i = 0; i < 7; i++)
		free(HIDE(malloc(100 * MIB)));
}

static void counted(void)
{
	struct hakmem_stats before, after;
	static void *blocks[3000];

	/* both calls of stdio and of the loader are behind us then */
	printf("\n");
	fflush(stdout);
	before = stats();
	getppid();
	for (size_t i = 0; i < 3000; i++) {
		size_t size = i * i % 200000 + 1;

		blocks[i] = HIDE(malloc(size));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, size);
	}
	huge();
	blocks[0] = HIDE(realloc(blocks[0], 70 * MIB));
	blocks[0] = HIDE(realloc(blocks[0], 170 * MIB));
	for (size_t i = 0; i < 3000; i++)
		free(blocks[i]);
	malloc_trim(0);
	getppid();
	after = stats();
	printf("mmap %llu munmap %llu mremap %llu mprotect %llu "
	       "madvise %llu\n",
		(unsigned long long)(after.mmap_calls - before.mmap_calls),
		(unsigned long long)(after.munmap_calls - before.munmap_calls),
		(unsigned long long)(after.mremap_calls - before.mremap_calls),
		(unsigned long long)(after.mprotect_calls -
			before.mprotect_calls),
		(unsigned long long)(after.madvise_calls -
			before.madvise_calls));
}

static __typeof__(hakmem_option_get) *option_get;
static char early_value[256];

static void get_option(const char *name, char value[256])
{
	*(void **)&option_get = dlsym(RTLD_DEFAULT, "hakmem_option_get");
	CHECK(option_get != NULL);
	CHECK_EQ(option_get(name, value, 256), 0);
}

static void option(const char *name)
{
	char value[256];

	get_option(name, value);
	if (strcmp(value, early_value) != 0)
		printf("early: %s\n", early_value);
	puts(value);
}

static void variables(void)
{
	for (char **env = environ; *env; env++)
		if (strncmp(*env, "HAKMEM_", 7) == 0)
			puts(*env);
}

static void child(void (*ends)(int status))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		ends(0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void *early_blocks[40];

/* The linker's arguments are main()'s. */
static void preinit(int argc, char **argv)
{
	for (size_t i = 0; i < 40; i++) {
		early_blocks[i] = HIDE(malloc(i * i * 100 + 1));
		CHECK(early_blocks[i] != NULL);
		pattern_fill(early_blocks[i], 0, i * i * 100 + 1, i);
	}
	if (argc > 2 && strcmp(argv[1], "option") == 0)
		get_option(argv[2], early_value);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(
	int argc, char **argv) = preinit;

static void early_end(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		CHECK_PATTERN(early_blocks[i], 0, i * i * 100 + 1, i);
		CHECK(malloc_usable_size(early_blocks[i]) >= i * i * 100 + 1);
		if (i % 3 == 0) {
			early_blocks[i] = HIDE(realloc(early_blocks[i],
				i * i * 200 + 9));
			CHECK(early_blocks[i] != NULL);
			CHECK_PATTERN(early_blocks[i], 0, i * i * 100 + 1, i);
		}
		free(early_blocks[i]);
	}
}

__attribute__((destructor(101))) static void finish(void)
{
	early_end(20, 40);
}

static void *where_in_thread(void *unused)
{
	early_end(0, 20);
	puts(where());
	return unused;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "thread") == 0) {
		pthread_t thread;

		CHECK(pthread_create(&thread, NULL, where_in_thread, NULL) ==
			0);
		CHECK(pthread_join(thread, NULL) == 0);
		return 0;
	}
	early_end(0, 20);
	if (strcmp(what, "where") == 0) {
		puts(where());
	} else if (strcmp(what, "secure") == 0) {
		puts(getauxval(AT_SECURE) ? "secure" : "plain");
		puts(where());
	} else if (strcmp(what, "huge") == 0) {
		huge();
	} else if (strcmp(what, "exit") == 0) {
		_exit(0);
	} else if (strcmp(what, "option") == 0) {
		option(argv[2]);
	} else if (strcmp(what, "variables") == 0) {
		variables();
	} else if (strcmp(what, "quick") == 0) {
		quick_exit(0);
	} else if (strcmp(what, "child") == 0) {
		child(_exit);
		child(exit);
	} else if (strcmp(what, "threads") == 0) {
		threads();
	} else if (strcmp(what, "counted") == 0) {
		counted();
	} else if (strcmp(what, "busy") == 0) {
		work((void *)1);
		huge();
		threads();
	}
	return 0;
}
