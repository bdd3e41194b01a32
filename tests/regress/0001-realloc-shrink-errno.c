/* SPDX-License-Identifier: MIT */
/*
 * realloc() to a smaller size, when there is no memory for a smaller block:
 * it may return the old one, and did, but with errno changed to ENOMEM.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void exhaust(void)
{
	for (size_t size = MIB; size >= 16; size /= 2)
		while (HIDE(malloc(size)))
			;
}

static void child(void)
{
	static const size_t sizes[] = { 500, 5000, 20000, 100000, 3000000 };
	struct rlimit limit = { 100 * MIB, 100 * MIB };
	unsigned char *blocks[5];

	for (size_t i = 0; i < 5; i++) {
		blocks[i] = HIDE(malloc(sizes[i]));
		CHECK(blocks[i] != NULL);
		pattern_fill(blocks[i], 0, sizes[i], i);
	}
	CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	exhaust();
	for (size_t i = 0; i < 5; i++) {
		CHECK_ERRNO_KEPT(blocks[i] = HIDE(realloc(blocks[i], 40)));
		CHECK(blocks[i] != NULL);
		CHECK_PATTERN(blocks[i], 0, 40, i);
		CHECK_ERRNO_KEPT(free(blocks[i]));
	}
	_exit(0);
}

int main(void)
{
	int status;
	pid_t pid;

	if (check_emulated())
		CHECK_SKIP("the limits are not the program's alone");
	pid = fork();
	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0) {
		alarm(30);
		child();
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_AT(WIFEXITED(status), status);
	CHECK_EQ(WEXITSTATUS(status), 0);
	return 0;
}
