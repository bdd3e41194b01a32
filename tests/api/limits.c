/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_AS and RLIMIT_DATA, set before the program starts and while it
 * runs: at least 95 % of the limit can be had, in blocks of every kind, then
 * NULL and ENOMEM, and after everything is freed it can be had again.
 *
 * Each case is the program itself, started again under the limit.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* The header gives the resource a type of its own, in glibc only. */
static int set_limit(int resource, const struct rlimit *rlimit)
{
	return setrlimit((__rlimit_resource_t)resource, rlimit);
}

/* The size of all blocks that can be had; they stay on *list. */
static size_t exhaust(size_t size, size_t cap, void ***list)
{
	size_t total = 0;

	/* smaller ones for what the last large one left */
	do {
		for (;;) {
			void **p;

			errno = 4711;
			p = HIDE(malloc(size));
			if (!p) {
				CHECK_EQ(errno, ENOMEM);
				break;
			}
			CHECK_EQ(errno, 4711);
			*p = *list;
			*list = p;
			total += malloc_usable_size(p);
			if (total >= cap)
				break;
		}
		size /= 4;
	} while (size >= 64 && total < cap);
	return total;
}

static void give_back(void ***list)
{
	while (*list) {
		void **next = **list;

		CHECK_ERRNO_KEPT(free(*list));
		*list = next;
	}
}

/* In a process that started under the limit. */
static void under(size_t limit)
{
	static const size_t sizes[] = {
		64, 1024, 8192, 32768, 128 * 1024, 1048576, 20 * 1048576,
		100 * 1048576, 48,
	};
	void **list = NULL;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t total = exhaust(sizes[i], 4 * limit, &list);
		void *p, *q;

		if (total < limit / 100 * 95 || total > limit)
			check_tell("bytes in blocks", total);
		CHECK_AT(total <= limit, sizes[i]);
		CHECK_AT(total >= limit / 100 * 95, sizes[i]);
		/* the other calls say the same, and keep what they are given */
		CHECK_NULL(calloc(1, limit), ENOMEM);
		CHECK_NULL(memalign(4096, limit), ENOMEM);
		p = &q;
		CHECK_ERRNO_KEPT(
			CHECK_EQ(posix_memalign(&p, 64, limit), ENOMEM));
		CHECK(p == &q);
		p = HIDE(list);
		CHECK_NULL(realloc(p, limit), ENOMEM);
		give_back(&list);
	}
}

/*
 * A limit that comes while the program runs.  The library has reserved
 * address space by then that it would not have under the limit.
 */
#define RESERVED (256 * MIB)

static void while_running(int resource, size_t limit)
{
	static const size_t sizes[] = { 64, 8192, 32768, 128 * 1024, 20971520 };
	struct rlimit rlimit = { .rlim_cur = limit, .rlim_max = limit };
	void **list = NULL;
	void **kept = NULL;
	size_t wanted = limit / 100 * 95, held;

	wanted -= wanted < RESERVED ? wanted : RESERVED;
	exhaust(20000, limit / 4, &list);
	held = exhaust(700, limit / 8, &kept);
	if (set_limit(resource, &rlimit))
		CHECK_ERROR("setrlimit");
	give_back(&list);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t total = exhaust(sizes[i], limit, &list);

		total += held;
		if (total < wanted)
			check_tell("bytes in blocks", total);
		CHECK_AT(total >= wanted, sizes[i]);
		give_back(&list);
	}
	/* huge ones: there, or not there */
	for (size_t i = 0; i < 3; i++) {
		void *p;

		errno = 0;
		p = HIDE(malloc(100 * MIB));
		CHECK(p || errno == ENOMEM);
		free(p);
	}
	give_back(&kept);
}

static void start(const char *mode, int resource, size_t limit)
{
	char resource_text[2] = { (char)('0' + resource), '\0' };
	char limit_text[24];
	char *const argv[] = {
		(char[]){ "limits" }, (char *)(uintptr_t)mode, resource_text,
		limit_text, NULL,
	};
	struct check_line number = { .len = 0 };
	int status;
	pid_t pid;

	check_num(&number, limit);
	number.text[number.len] = '\0';
	memcpy(limit_text, number.text, number.len + 1);
	pid = fork();
	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0) {
		struct rlimit rlimit = { .rlim_cur = limit, .rlim_max = limit };

		alarm(120);
		if (mode[0] == 'u' &&
			set_limit(resource, &rlimit))
			_exit(CHECK_ERROR_STATUS);
		execv("/proc/self/exe", argv);
		_exit(CHECK_ERROR_STATUS);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		check_tell(resource == RLIMIT_AS ? "RLIMIT_AS" : "RLIMIT_DATA",
			limit);
	CHECK_AT(WIFEXITED(status), status);
	CHECK_EQ(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	static const int resources[] = { RLIMIT_AS, RLIMIT_DATA };

	if (argc == 4) {
		int resource = argv[2][0] - '0';
		size_t limit = (size_t)strtoul(argv[3], NULL, 10);

		if (argv[1][0] == 'u')
			under(limit);
		else
			while_running(resource, limit);
		return 0;
	}
	if (check_emulated())
		CHECK_SKIP("the limits are not the program's alone");
	for (size_t r = 0; r < 2; r++) {
		start("under", resources[r], 256 * MIB);
		start("under", resources[r], 1024 * MIB);
		start("running", resources[r], 512 * MIB);
		start("running", resources[r], 1024 * MIB);
	}
	/* so little that hardly more than the program itself fits */
	start("running", RLIMIT_AS, 16 * MIB);
	return 0;
}
