/* SPDX-License-Identifier: MIT */
/*
 * A kernel that refuses: from one moment on mmap, munmap, mprotect, mremap
 * or madvise, or all of them, fail.  What was allocated stays intact and may
 * be freed, free() keeps errno, malloc() and realloc() succeed or return
 * NULL with ENOMEM, and memory that was freed serves new calls.
 *
 * Each case is a child with a seccomp filter, which cannot be taken back.
 * (Single calls that fail: tests/preload/inject.test.)
 */
#define _GNU_SOURCE 1
#include "lib/held.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LIVE 600

static struct held live[LIVE];

/* From here on the calls in `calls` fail with `code`. */
static int refuse(const int *calls, size_t nr_calls, unsigned int code)
{
	struct sock_filter filter[16];
	struct sock_fprog program = { .filter = filter };
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < nr_calls; i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[i], 0,
			1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
			SECCOMP_RET_ERRNO | code);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static size_t size_of(size_t i)
{
	static const size_t sizes[] = {
		16, 100, 500, 1000, 3000, 8000, 12000, 30000, 50000, 200000,
		1000000, 5000000,
	};

	if (i == 0)
		return 80 * MIB;
	if (i == 1)
		return 66 * MIB;
	return sizes[i % (sizeof(sizes) / sizeof(sizes[0]))] + i;
}

/*
 * Allocates until nothing is left, or `max` bytes; links the blocks through
 * their first words and frees them.  Returns how many bytes there were.
 */
static size_t fill_up(size_t size, size_t max)
{
	void **first = NULL;
	size_t total = 0;

	while (total < max) {
		void **p;

		errno = 4711;
		p = HIDE(malloc(size));
		if (!p) {
			CHECK_EQ(errno, ENOMEM);
			break;
		}
		CHECK_EQ(errno, 4711);
		*p = first;
		first = p;
		total += size;
	}
	while (first) {
		void **next = *first;

		CHECK_ERRNO_KEPT(free(first));
		first = next;
	}
	return total;
}

static void victim(const int *calls, size_t nr_calls, unsigned int code)
{
	size_t before[4];
	static const size_t sizes[4] = { 64, 2000, 20000, 300000 };

	for (size_t i = 0; i < LIVE; i++) {
		void *p = HIDE(malloc(size_of(i)));

		CHECK(p != NULL);
		held_fill(&live[i], p, size_of(i), i);
	}
	if (refuse(calls, nr_calls, code))
		CHECK_SKIP("no seccomp filters here");

	for (size_t i = 0; i < LIVE; i += 3)
		held_release(&live[i], i);
	for (size_t i = 1; i < LIVE; i += 3)
		held_resize(&live[i], live[i].size * 2, i);
	for (size_t i = 2; i < LIVE; i += 3)
		held_resize(&live[i], live[i].size / 2 + 1, i);
	for (size_t i = 0; i < LIVE; i += 3) {
		/* what was freed is there again, if not all at one size */
		void *p = HIDE(malloc(size_of(i)));

		CHECK_AT(p || size_of(i) > 8000, size_of(i));
		if (p)
			held_fill(&live[i], p, size_of(i), i);
	}
	for (size_t k = 0; k < 4; k++)
		before[k] = fill_up(sizes[k], 100 * MIB);
	for (size_t k = 0; k < 4; k++) {
		/* and none of it is lost by being freed */
		size_t again = fill_up(sizes[k], 100 * MIB);

		CHECK_AT(again >= before[k] - before[k] / 8, sizes[k]);
	}
	errno = 4711;
	malloc_trim(0);
	CHECK_EQ(errno, 4711);
	for (size_t i = 0; i < LIVE; i++)
		held_release(&live[i], i);
	/* all is free: a block of each kind can be had from it */
	for (size_t k = 0; k < 4; k++) {
		void *p = HIDE(malloc(sizes[k]));

		CHECK_AT(p != NULL, sizes[k]);
		CHECK_ERRNO_KEPT(free(p));
	}
	_exit(0);
}

static int run(const int *calls, size_t nr_calls, unsigned int code)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0) {
		alarm(120);
		victim(calls, nr_calls, code);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_AT(WIFEXITED(status), status);
	return WEXITSTATUS(status);
}

int main(void)
{
	static const int each[] = {
		SYS_madvise, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_mmap,
	};
	const size_t nr = sizeof(each) / sizeof(each[0]);

	if (check_valgrind())
		CHECK_SKIP("Valgrind could not bear it");
	for (size_t i = 0; i < nr; i++) {
		int status = run(&each[i], 1, ENOMEM);

		if (status == CHECK_SKIP_STATUS)
			return status;
		CHECK_AT(status == 0, each[i]);
	}
	CHECK_EQ(run(each, nr, ENOMEM), 0);
	CHECK_EQ(run(&each[0], 1, EINVAL), 0);
	CHECK_EQ(run(&each[0], 1, EAGAIN), 0);
	CHECK_EQ(run(&each[1], 1, EINVAL), 0);
	return 0;
}
