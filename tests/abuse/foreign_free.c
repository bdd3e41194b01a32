/* SPDX-License-Identifier: MIT */
/*
 * foreign_free CALL WHERE: an address that no allocation call has returned.
 *
 * case: free stack
 * case: free stack-16
 * case: free global
 * case: free literal
 * case: free function
 * case: free thread-local
 * case: free mapping
 * case: free mapping-inside
 * case: free read-only
 * case: free unreadable
 * case: free unmapped
 * case: free one
 * case: free sixteen
 * case: free page-one
 * case: free non-canonical
 * case: free kernel
 * case: free last
 * case: free last-aligned
 * case: free argv
 * case: free brk
 * case: free own-thread-stack
 * dies: invalid free of @P \(not from this allocator\)
 * case: realloc stack
 * case: realloc global
 * case: realloc mapping
 * case: realloc unmapped
 * case: realloc non-canonical
 * case: realloc last-aligned
 * dies: invalid realloc of @P \(not from this allocator\)
 * case: usable stack
 * case: usable global
 * case: usable mapping
 * case: usable unmapped
 * case: usable non-canonical
 * dies: invalid malloc_usable_size of @P \(not from this allocator\)
 * case: free beyond
 * case: free before
 * dies: invalid free of @P \((not from this allocator|memory that is free)\)
 * case: free never-given
 * case: free never-given-run
 * dies: invalid free of @P \(memory that is free\)
 * case: free never-given-medium
 * case: free trimmed
 * case: free trimmed-inside
 * dies: (double|invalid) free of @P \(.*
 * case: realloc never-given
 * case: realloc trimmed-inside
 * dies: invalid realloc of @P \(memory that is free\)
 * case: free null
 * case: realloc null
 * case: usable null
 * lives
 */
#define _GNU_SOURCE 1
#include "crime.h"

#include <pthread.h>
#include <sys/mman.h>

static _Alignas(64) char global[256];
static _Thread_local _Alignas(16) char local[64];
static _Alignas(16) const char literal[] = "a string of the program";

static void *pages(int prot)
{
	void *p = mmap(NULL, 1 << 20, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void *unmapped(void)
{
	void *p = pages(PROT_READ);

	CHECK_EQ(munmap(p, 1 << 20), 0);
	return p;
}

/* The end of the slab or run of a block: nobody has been there. */
static void *never_given(size_t size, size_t slab)
{
	uintptr_t end = ((uintptr_t)crime_block(size) | (slab - 1)) + 1;

	return (void *)(end - end % slab - (slab % size ? slab % size : 0) -
		size);
}

/* A large block that was freed, its memory given back. */
static char *trimmed(void)
{
	char *p = (char *)crime_block(3 * MIB);
	void *behind = crime_block(MIB);

	free(HIDE(p));
	/* others take the place in the lists of recent blocks */
	for (size_t i = 0; i < 64; i++)
		free(crime_block(100000 + i * 65536));
	malloc_trim(0);
	HIDE(behind);
	return p;
}

static void *where(const char *name, char **argv, char *stack)
{
	const struct {
		const char *name;
		uintptr_t address;
	} fixed[] = {
		{ "null", 0 },
		{ "one", 1 },
		{ "sixteen", 16 },
		{ "page-one", 4096 },
		{ "non-canonical", 0x4141414141414140 },
		{ "kernel", 0xffff800000001000 },
		{ "last", UINTPTR_MAX },
		{ "last-aligned", UINTPTR_MAX - 15 },
		{ "stack", (uintptr_t)stack & ~(uintptr_t)15 },
		{ "stack-16", ((uintptr_t)stack | 15) - 7 },
		{ "global", (uintptr_t)global + 16 },
		{ "literal", (uintptr_t)literal },
		{ "function", (uintptr_t)where & ~(uintptr_t)15 },
		{ "thread-local", (uintptr_t)local },
		{ "argv", (uintptr_t)argv },
	};
	char *block;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(fixed[i].name, name) == 0)
			return HIDE(fixed[i].address);
	}
	if (strcmp(name, "mapping") == 0)
		return pages(PROT_READ | PROT_WRITE);
	if (strcmp(name, "mapping-inside") == 0)
		return (char *)pages(PROT_READ | PROT_WRITE) + 64;
	if (strcmp(name, "read-only") == 0)
		return pages(PROT_READ);
	if (strcmp(name, "unreadable") == 0)
		return pages(PROT_NONE);
	if (strcmp(name, "unmapped") == 0)
		return unmapped();
	if (strcmp(name, "brk") == 0)
		return (char *)sbrk(4096) + 16;
	if (strcmp(name, "own-thread-stack") == 0)
		return (char *)pthread_self() - 4096;
	if (strcmp(name, "never-given") == 0)
		return never_given(64, 65536);
	if (strcmp(name, "never-given-medium") == 0)
		return never_given(16384, 262144);
	block = (char *)crime_block(100);
	if (strcmp(name, "never-given-run") == 0)
		return (char *)((uintptr_t)block & ~(uintptr_t)0x1fffff) +
			30 * 65536;
	if (strcmp(name, "beyond") == 0)
		return block + 4 * GIB;
	if (strcmp(name, "before") == 0)
		return block - 64 * MIB;
	if (strcmp(name, "trimmed") == 0)
		return trimmed();
	if (strcmp(name, "trimmed-inside") == 0)
		return trimmed() + MIB + 16;
	CHECK_ERROR("no such place");
}

int main(int argc, char **argv)
{
	char stack[64];
	void *p;

	if (argc != 3)
		CHECK_ERROR("two arguments");
	memset(stack, 0, sizeof(stack));
	p = where(argv[2], argv, HIDE(stack));
	crime_tell(p, p);
	p = HIDE(p);
	if (crime_is(argc, argv, "realloc"))
		HIDE(realloc(p, 100));
	else if (crime_is(argc, argv, "usable"))
		HIDE(malloc_usable_size(p));
	else
		free(p);
	return p ? GOT_AWAY : 0;
}
