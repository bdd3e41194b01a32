/* SPDX-License-Identifier: MIT */
/*
 * Every call to the system that can fail does so, one by one: of mmap,
 * munmap, mremap, mprotect and madvise the library's n-th call of the kind,
 * alone, with the next one, or with all that follow, for every n of a
 * workload.  Wherever it is: NULL with ENOMEM, or all is well; what is held
 * stays intact, free() keeps errno, and when the system gives again, so does
 * the library.
 *
 * Each point is a child.  A seccomp filter turns the library's own calls into
 * SIGSYS, whose handler makes the call or lets it fail; it tells them from
 * the C library's by the address of the instruction.
 *
 * fault_points                      all points under several options
 * fault_points KIND N LENGTH        one point, under those of HAKMEM_CONF
 */
#define _GNU_SOURCE 1
#define HELD_ENDS 2000
#include "lib/held.h"

#include <dlfcn.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#define NR_KINDS 5
#define RESULT_FD 9	/* where a process tells how many points it tried */
#define PROMISED 1000	/* points at HAKMEM_TEST_SCALE=100 */

static const struct {
	const char *name;
	int nr;
} kinds[NR_KINDS] = {
	{ "mmap", SYS_mmap }, { "munmap", SYS_munmap },
	{ "mremap", SYS_mremap }, { "mprotect", SYS_mprotect },
	{ "madvise", SYS_madvise },
};

/* Which calls are to fail; none where `length` is 0, nor when it is over. */
static struct {
	size_t kind, when, length;
	bool over;
} plan;

static const size_t lengths[] = { 1, 2, SIZE_MAX };

/* What happened: shared with the parent. */
static struct tally {
	_Atomic size_t calls[NR_KINDS];
	_Atomic size_t refused;		/* calls to the system */
	_Atomic size_t nulls;		/* calls of the program */
} *tally;

/* The system: the registers of a call that trapped, and its result. */

#if defined(__x86_64__)
static long *call_register(ucontext_t *context, int i)
{
	static const int registers[] = {
		REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9, REG_RAX,
	};

	return (long *)&context->uc_mcontext.gregs[registers[i]];
}
#else
static long *call_register(ucontext_t *context, int i)
{
	return (long *)&context->uc_mcontext.regs[i == 6 ? 0 : i];
}
#endif

static bool is_refused(int nr)
{
	size_t kind = 0, n;

	while (kinds[kind].nr != nr)
		kind++;
	if (plan.over)
		return false;
	n = ++tally->calls[kind];
	return kind == plan.kind && n >= plan.when &&
		n - plan.when < plan.length;
}

/* errno stays what it was, as it does where nothing traps. */
static void trapped(int signal, siginfo_t *info, void *argument)
{
	ucontext_t *context = argument;
	long a[6], result = -ENOMEM;
	int before = errno;

	(void)signal;
	for (int i = 0; i < 6; i++)
		a[i] = *call_register(context, i);
	if (is_refused(info->si_syscall)) {
		tally->refused++;
	} else {
		result = syscall(info->si_syscall, a[0], a[1], a[2], a[3],
			a[4], a[5]);
		if (result == -1)
			result = -errno;
	}
	*call_register(context, 6) = result;
	errno = before;
}

/* The library's code: all of it in the object that has malloc(). */
struct range {
	uintptr_t of, from, to;
};

static int find_range(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct range *range = argument;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t to = from + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_LOAD ||
			range->of < from || range->of >= to)
			continue;
		range->from = from;
		range->to = to;
		return 1;
	}
	return 0;
}

/* Filters know 32 bits at a time: the upper half must be the same. */
static struct range library_range(char **argv)
{
	struct range range = { .of = (uintptr_t)dlsym(RTLD_NEXT, "malloc") };

	CHECK_EQ(dl_iterate_phdr(find_range, &range), 1);
	if (range.from >> 32 != range.to >> 32) {
		/* another time it is loaded elsewhere */
		execv("/proc/self/exe", argv);
		CHECK_ERROR("execv");
	}
	return range;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define JUMP(test, k, yes, no)                                                 \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(k), yes, no)
#define GIVE(action) BPF_STMT(BPF_RET | BPF_K, action)

static bool trap_calls(const struct range *range)
{
	const uint32_t ip = offsetof(struct seccomp_data, instruction_pointer);
	struct sock_filter filter[] = {
		LOAD(ip + 4),
		JUMP(BPF_JEQ, range->from >> 32, 0, 9),
		LOAD(ip),
		JUMP(BPF_JGE, range->from, 0, 7),
		JUMP(BPF_JGE, range->to, 6, 0),
		LOAD(offsetof(struct seccomp_data, nr)),
		JUMP(BPF_JEQ, SYS_mmap, 5, 0),
		JUMP(BPF_JEQ, SYS_munmap, 4, 0),
		JUMP(BPF_JEQ, SYS_mremap, 3, 0),
		JUMP(BPF_JEQ, SYS_mprotect, 2, 0),
		JUMP(BPF_JEQ, SYS_madvise, 1, 0),
		GIVE(SECCOMP_RET_ALLOW),
		GIVE(SECCOMP_RET_TRAP),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]), .filter = filter,
	};
	struct sigaction action = { .sa_flags = SA_SIGINFO };

	action.sa_sigaction = trapped;
	CHECK_EQ(sigaction(SIGSYS, &action, NULL), 0);
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* The program: a little of everything. */

#define LIVE 40

static struct held live[LIVE];

static size_t size_of(size_t i)
{
	static const size_t sizes[] = {
		40, 700, 4000, 20000, 50000, 90000, 150000, 500000,
	};

	return sizes[i % 8] + i;
}

static void *by_posix_memalign(size_t alignment, size_t size)
{
	void *p = &p;
	int err;

	CHECK_ERRNO_KEPT(err = posix_memalign(&p, alignment, size));
	CHECK(err == 0 || (err == ENOMEM && p == &p));
	if (err)
		errno = err;
	return err ? NULL : p;
}

static void *call_for(size_t i, size_t size)
{
	switch (i / 4 % 5) {
	case 0:
		return calloc(1, size);
	case 1:
		return memalign((size_t)64 << i % 8 * 2, size);
	case 2:
		return by_posix_memalign((size_t)4096 << i % 8, size);
	case 3:
		return realloc(NULL, size);
	default:
		return malloc(size);
	}
}

static void obtain(size_t i, size_t size)
{
	void *p;

	errno = 4711;
	p = HIDE(call_for(i, size));
	CHECK_EQ(errno, p ? 4711 : ENOMEM);
	if (!p) {
		tally->nulls++;
		return;
	}
	if (i / 4 % 5 == 0)
		CHECK_ZERO(p, held_least(size, 60000));
	held_fill(&live[i], p, size, i);
}

static void resize(size_t i, size_t size)
{
	if (live[i].p && !held_resize(&live[i], size, i))
		tally->nulls++;
}

static void release(size_t i)
{
	held_release(&live[i], i);
}

static void release_all(void)
{
	for (size_t i = 0; i < LIVE; i++)
		release(i);
}

static void trim(void)
{
	CHECK_ERRNO_KEPT(malloc_trim(0));
}

/* Blocks with a mapping of their own grow, shrink and move. */
static void huge(void)
{
	release(4);
	obtain(4, 70 * MIB);
	resize(4, 130 * MIB);
	resize(4, 66 * MIB);
	resize(4, 90000);
	resize(4, 80 * MIB);
	release(4);
	obtain(4, 9 * MIB);
	resize(4, 67 * MIB);
	release(4);
}

static void all_kinds(void)
{
	for (size_t i = 0; i < LIVE; i++)
		obtain(i, size_of(i));
	huge();
	for (size_t i = 0; i < LIVE; i += 3)
		resize(i, size_of(i * 5) * 2);
	for (size_t i = 0; i < LIVE; i += 2)
		release(i);
	trim();
	for (size_t i = 0; i < LIVE; i += 4)
		obtain(i, size_of(i * 3));
	for (size_t i = 1; i < LIVE; i += 4)
		resize(i, size_of(i * 7) / 2);
	release_all();
}

/* Frees what another thread was given, and leaves blocks behind. */
static void *other(void *unused)
{
	(void)unused;
	release_all();
	for (size_t i = 0; i < LIVE; i += 2)
		obtain(i, size_of(i + 3));
	return NULL;
}

/* Where there is no memory for a thread, it is done without. */
static void in_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other, NULL) == 0)
		CHECK_EQ(pthread_join(thread, NULL), 0);
	else
		other(NULL);
}

/* The system gives again: so must the library, blocks of every kind. */
static void recover(void)
{
	size_t before;

	plan.over = true;
	release_all();
	before = tally->nulls;
	for (size_t i = 0; i < LIVE; i++)
		obtain(i, size_of(i));
	huge();
	in_thread();
	release_all();
	CHECK_EQ(tally->nulls, before);
}

static void victim(const struct range *range)
{
	alarm(100);
	if (!trap_calls(range))
		CHECK_SKIP("no seccomp filters here");
	all_kinds();
	for (size_t i = 0; i < LIVE; i++)
		obtain(i, i * i * 30 + 1);
	in_thread();
	recover();
	_exit(0);
}

/* The points. */

static void describe(void)
{
	struct check_line line = { .len = 0 };

	check_str(&line, "under ");
	check_str(&line, getenv("HAKMEM_CONF"));
	check_str(&line, ": ");
	check_str(&line, kinds[plan.kind].name);
	check_str(&line, " fails, from call ");
	check_num(&line, plan.when);
	check_str(&line, " on, times: ");
	check_num(&line, plan.length);
	check_write(&line);
}

/* Whether a call was refused: its number may not have come. */
static bool try_point(const struct range *range)
{
	int status;
	pid_t pid;

	memset((void *)tally, 0, sizeof(*tally));
	pid = fork();
	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0)
		victim(range);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_SKIP_STATUS)
		_exit(CHECK_SKIP_STATUS);
	if (status)
		describe();
	CHECK_AT(WIFEXITED(status), status);
	CHECK_EQ(WEXITSTATUS(status), 0);
	return tally->refused > 0;
}

/* Each `step`-th call of a kind, but the first in any case. */
static size_t points_of_kind(const struct range *range, size_t calls,
	size_t step)
{
	size_t tried = 0;

	for (size_t i = 0; i < 3; i++) {
		plan.length = lengths[i];
		for (plan.when = 1; plan.when <= calls; plan.when += step)
			tried += try_point(range);
	}
	CHECK_AT(tried > 0, calls);
	return tried;
}

static void points_here(char **argv)
{
	struct range range = library_range(argv);
	size_t step = (size_t)strtoul(argv[1], NULL, 10);
	size_t calls[NR_KINDS], tried = 0;

	try_point(&range);
	CHECK_EQ(tally->nulls, 0);
	for (size_t kind = 0; kind < NR_KINDS; kind++)
		calls[kind] = tally->calls[kind];
	for (plan.kind = 0; plan.kind < NR_KINDS; plan.kind++)
		if (calls[plan.kind])
			tried += points_of_kind(&range, calls[plan.kind],
				step);
	check_tell(getenv("HAKMEM_CONF"), tried);
	CHECK(write(RESULT_FD, &tried, sizeof(tried)) == sizeof(tried));
}

/* A process of its own, since options are chosen as it starts. */
static size_t points_under(const char *conf, size_t step)
{
	struct check_line number = { .len = 0 };
	char *const argv[] = {
		(char[]){ "fault_points" }, number.text, NULL,
	};
	size_t tried = 0;
	int status, ends[2];
	pid_t pid;

	check_num(&number, step);
	number.text[number.len] = '\0';
	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0) {
		setenv("HAKMEM_CONF", conf, 1);
		dup2(ends[1], RESULT_FD);
		execv("/proc/self/exe", argv);
		_exit(CHECK_ERROR_STATUS);
	}
	close(ends[1]);
	if (read(ends[0], &tried, sizeof(tried)) < 0)
		CHECK_ERROR("read");
	close(ends[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_AT(WIFEXITED(status), status);
	if (WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	return tried;
}

static void one_point(char **argv)
{
	struct range range = library_range(argv);

	while (strcmp(kinds[plan.kind].name, argv[1]))
		CHECK(++plan.kind < NR_KINDS);
	plan.when = (size_t)strtoul(argv[2], NULL, 10);
	plan.length = (size_t)strtoul(argv[3], NULL, 10);
	try_point(&range);
	check_tell("calls refused", tally->refused);
	check_tell("NULL returned", tally->nulls);
}

int main(int argc, char **argv)
{
	/* sealed blocks take long: of their calls some must do */
	static const struct {
		const char *conf;
		size_t step;
	} rows[] = {
		{ "guard=0", 1 }, { "guard=7", 1 },
		{ "guard=0,purge_age=0,empties=0", 1 },
		{ "guard=0,purge_age=0,decommit=free", 1 },
		{ "guard=3,purge_age=0", 1 },
		{ "preset=hardened,guard=0", 12 },
	};
	size_t total = 0, sparse = 100 / held_least(check_count(100), 100);

	if (check_emulated())
		CHECK_SKIP("an emulator has no filters, and calls of its own");
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(tally != MAP_FAILED);
	if (argc == 4) {
		one_point(argv);
		return 0;
	}
	if (argc == 2) {
		points_here(argv);
		return 0;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		total += points_under(rows[i].conf, rows[i].step * sparse);
	check_tell("points", total);
	CHECK_AT(total >= held_least(check_count(PROMISED), PROMISED), total);
	return 0;
}
