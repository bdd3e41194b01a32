/* SPDX-License-Identifier: MIT */
/*
 * os_linux.c - os.h for Linux on x86-64 and aarch64.
 */
#define _GNU_SOURCE
#include "os/os.h"

#include "base/annotate.h"
#include "os/os_call.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

struct hk_os_counts hk_os_counts;

/* Relaxed: a count orders nothing. */
static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* The clock is read without entering the kernel where that allows it. */
void hk_os_count_time(_Atomic uint64_t *buckets, uint64_t start)
{
	unsigned int log = hk_log2((hk_os_clock_ns() - start) | 1);

	count(&buckets[hk_min(log, HK_NS_BUCKETS - 1)], 1);
}

/* A call for memory: `len` bytes, counted in `bytes` where it succeeds. */
static long timed6(_Atomic uint64_t *bytes, size_t len, const long call[7])
{
	uint64_t start = hk_os_clock_ns();
	long ret = sys6(call[0], call[1], call[2], call[3], call[4], call[5],
			call[6]);

	hk_os_count_time(hk_os_counts.call_ns, start);
	if (!failed(ret))
		count(bytes, len);
	return ret;
}

#define TIMED(bytes, len, ...) \
	timed6(bytes, len, (const long[7]){ __VA_ARGS__ })

/*
 * Kernels before 4.17 take the address of MAP_FIXED_NOREPLACE for a hint and
 * may map elsewhere: that is undone and reported like any other clash.
 */
static int map(void *at, size_t len, int prot, void **out)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	long ret;

	if (at)
		flags |= MAP_FIXED_NOREPLACE;
	if (prot != PROT_NONE)
		flags &= ~MAP_NORESERVE;
	count(&hk_os_counts.mmap, 1);
	ret = TIMED(&hk_os_counts.mapped, len, SYS_mmap, (long)at, (long)len,
		    prot, flags, -1, 0);
	if (failed(ret))
		return (int)ret;
	if (at && ret != (long)at) {
		hk_os_unmap((void *)ret, len);
		return -EEXIST;
	}
	*out = (void *)ret;
	return 0;
}

int hk_os_map(void *at, size_t len, void **out)
{
	return map(at, len, PROT_READ | PROT_WRITE, out);
}

int hk_os_reserve(void *at, size_t len, void **out)
{
	return map(at, len, PROT_NONE, out);
}

int hk_os_commit(void *p, size_t len)
{
	count(&hk_os_counts.mprotect, 1);
	return (int)TIMED(&hk_os_counts.committed, len, SYS_mprotect, (long)p,
			  (long)len, PROT_READ | PROT_WRITE);
}

int hk_os_unmap(void *p, size_t len)
{
	count(&hk_os_counts.munmap, 1);
	return (int)TIMED(&hk_os_counts.unmapped, len, SYS_munmap, (long)p,
			  (long)len);
}

static int remap(void *p, size_t old_len, size_t new_len, int flags,
		 void **out)
{
	long ret;

	count(&hk_os_counts.mremap, 1);
	ret = TIMED(&hk_os_counts.remapped, new_len, SYS_mremap, (long)p,
		    (long)old_len, (long)new_len, flags);
	if (failed(ret))
		return (int)ret;
	*out = (void *)ret;
	return 0;
}

int hk_os_remap(void *p, size_t old_len, size_t new_len, void **out)
{
	return remap(p, old_len, new_len, MREMAP_MAYMOVE, out);
}

/*
 * MREMAP_DONTUNMAP keeps the length: the pages move first, then the new
 * mapping grows.  Where it cannot, the pages move back into the old range,
 * which is still mapped and empty.
 */
int hk_os_move_pages(void *p, size_t old_len, size_t new_len, void **out)
{
	void *moved, *grown;
	long back;
	int ret;

	if (((uintptr_t)p | old_len) & (hk_os_page_size() - 1))
		return -EINVAL;
	ret = remap(p, old_len, old_len, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    &moved);
	if (ret)
		return ret;
	ret = hk_os_remap(moved, old_len, new_len, &grown);
	if (!ret) {
		*out = grown;
		return 0;
	}
	count(&hk_os_counts.mremap, 1);
	back = TIMED(&hk_os_counts.remapped, old_len, SYS_mremap, (long)moved,
		     (long)old_len, (long)old_len,
		     MREMAP_MAYMOVE | MREMAP_FIXED, (long)p);
	if (!failed(back))
		return ret;
	/* Refused as well: copy, which needs nothing of the kernel. */
	memcpy(p, moved, old_len);
	hk_os_unmap(moved, old_len);
	return ret;
}

static int advise(void *p, size_t len, int advice, _Atomic uint64_t *bytes)
{
	int ret;

	count(&hk_os_counts.madvise, 1);
	ret = (int)TIMED(bytes, len, SYS_madvise, (long)p, (long)len, advice);
	if (ret)
		count(&hk_os_counts.madvise_failed, 1);
	return ret;
}

/*
 * The last word at once: others may read the end of a free block meanwhile
 * (api/seal.h).  Relaxed, as they do.
 */
static void clear(char *from, char *to)
{
	size_t len = (size_t)(to - from);
	char *last = to - sizeof(uint64_t);

	if (!len)
		return;
	hk_note_open(from, len);
	memset(from, 0, len - sizeof(uint64_t));
	__atomic_store_n((uint64_t *)(void *)last, 0, __ATOMIC_RELAXED);
	hk_note_close(from, len);
}

/* The system rounds lengths up, into what is somebody else's. */
int hk_os_discard(void *p, size_t len)
{
	size_t page = hk_os_page_size();
	char *end = (char *)p + len;
	char *from = (char *)hk_round_up((uintptr_t)p, page);
	char *to = (char *)((uintptr_t)end & ~(page - 1));
	int ret;

	if (from >= to) {
		clear(p, end);
		return 0;
	}
	ret = advise(from, (size_t)(to - from), MADV_DONTNEED,
		     &hk_os_counts.discarded);
	if (ret)
		return ret;
	count(&hk_os_counts.discards, 1);
	clear(p, from);
	clear(to, end);
	return 0;
}

int hk_os_discard_later(void *p, size_t len)
{
	size_t page = hk_os_page_size();
	uintptr_t from = hk_round_up((uintptr_t)p, page);
	uintptr_t to = ((uintptr_t)p + len) & ~(page - 1);
	int ret;

	if (from >= to)
		return -EINVAL;
	ret = advise((void *)from, to - from, MADV_FREE,
		     &hk_os_counts.discarded);
	if (!ret)
		count(&hk_os_counts.discards, 1);
	return ret;
}

/* Kernels before 5.14 do not know the advice. */
bool hk_os_prefault(void *p, size_t len)
{
	return !advise(p, len, MADV_POPULATE_WRITE, &hk_os_counts.populated);
}

/* Where it is refused: a byte of each page is written. */
void hk_os_populate(void *p, size_t len)
{
	if (hk_os_prefault(p, len))
		return;
	hk_note_open(p, len);
	for (size_t i = 0; i < len; i += HK_PAGE)
		((volatile char *)p)[i] = 0;
	hk_note_close(p, len);
}

int hk_os_wipe_on_fork(void *p, size_t len)
{
	return (int)sys3(SYS_madvise, (long)p, (long)len, MADV_WIPEONFORK);
}

int hk_os_huge_pages(void *p, size_t len, bool on)
{
	return advise(p, len, on ? MADV_HUGEPAGE : MADV_NOHUGEPAGE,
		      on ? &hk_os_counts.huge : &hk_os_counts.nohuge);
}

int hk_os_guard(void *p, size_t len)
{
	return advise(p, len, MADV_GUARD_INSTALL, &hk_os_counts.guarded);
}

int hk_os_unguard(void *p, size_t len)
{
	return advise(p, len, MADV_GUARD_REMOVE, &hk_os_counts.guarded);
}

/* First the pages: those of a mapping without access cannot be given back. */
int hk_os_forbid(void *p, size_t len)
{
	int ret = advise(p, len, MADV_DONTNEED, &hk_os_counts.discarded);

	if (ret)
		return ret;
	count(&hk_os_counts.mprotect, 1);
	return (int)TIMED(&hk_os_counts.guarded, len, SYS_mprotect, (long)p,
			  (long)len, PROT_NONE);
}

/*
 * A wait of no time for a word to change from a value that it does not have:
 * -EAGAIN, or -EFAULT.  A call that every filter allows and that emulators
 * leave to the kernel.
 */
bool hk_os_readable(const void *p)
{
	const struct timespec none = { 0 };
	uintptr_t word = (uintptr_t)p & ~(uintptr_t)3;

	return sys6(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
		    0x5eed1e55, (long)&none, 0, 0) != -EFAULT;
}

int hk_os_write(int fd, const void *buf, size_t len)
{
	const char *from = buf;

	while (len) {
		long n = sys3(SYS_write, fd, (long)from, (long)len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint64_t clock_of(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t hk_os_clock_ns(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

uint64_t hk_os_boot_ns(void)
{
	return clock_of(CLOCK_BOOTTIME);
}

uint64_t hk_os_date_ns(void)
{
	return clock_of(CLOCK_REALTIME);
}

uint32_t hk_os_pid(void)
{
	return (uint32_t)sys3(SYS_getpid, 0, 0, 0);
}

uint64_t hk_os_pid_namespace(void)
{
	struct stat st;
	long ret = sys6(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/pid",
			(long)&st, 0, 0, 0);

	return failed(ret) ? 0 : st.st_ino;
}

bool hk_os_pid_lives(uint32_t pid)
{
	return sys3(SYS_kill, (long)pid, 0, 0) != -ESRCH;
}

uint32_t hk_os_tid(void)
{
	return (uint32_t)sys3(SYS_gettid, 0, 0, 0);
}

/* The C library's clock reads the vDSO: no kernel entry, no errno. */
uint64_t hk_os_clock_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * GRND_INSECURE does not wait for entropy early in boot.  Older kernels
 * refuse it; then the kernel's own 16 bytes in the auxiliary vector, mixed
 * with the clock, must do.
 */
void hk_os_random(void *buf, size_t len)
{
	const unsigned char *seed = (const void *)getauxval(AT_RANDOM);
	unsigned char *out = buf;
	struct timespec now = { 0 };
	uint64_t state;

	if (sys3(SYS_getrandom, (long)buf, (long)len, GRND_INSECURE) ==
	    (long)len)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	state = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)buf;
	for (size_t i = 0; i < 16 && seed; i++)
		state = (state ^ seed[i]) * 0x100000001b3u;	/* FNV-1a */
	for (size_t i = 0; i < len; i++) {
		state += HK_SPLITMIX_STEP;
		out[i] = (unsigned char)(hk_splitmix(state) >> 56);
	}
}

size_t hk_os_memory(void)
{
	struct sysinfo info;

	if (failed(sys3(SYS_sysinfo, (long)&info, 0, 0)))
		return HK_GIB;
	return ((size_t)info.totalram + info.totalswap) * info.mem_unit;
}

size_t hk_os_limit(void)
{
	struct rlimit limit;

	if (failed(sys6(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&limit, 0, 0)))
		return (size_t)1 << 48;
	return hk_min(limit.rlim_cur, (size_t)1 << 48);
}

size_t hk_os_page_size(void)
{
	size_t size = getauxval(AT_PAGESZ);

	return size ? size : HK_PAGE;
}

/*
 * The stack is at the top of the address space, whose size is a power of
 * two (47 bits on x86-64, 39 to 52 on aarch64): the one above the address
 * of something that the kernel put on the stack.
 */
uintptr_t hk_os_address_top(void)
{
	uintptr_t stack = getauxval(AT_RANDOM);

	if (!stack)
		stack = (uintptr_t)&stack;
	return (uintptr_t)2 << hk_log2(stack);
}

/*
 * Where the kernel put argc, the arguments and the environment; set by the
 * dynamic loader, or by the start-up code of a static program, before
 * anything can allocate.
 */
extern void *__libc_stack_end __attribute__((weak));

static char **environment(void)
{
	char **argv;
	long argc;

	if (!&__libc_stack_end || !__libc_stack_end)
		return NULL;
	argc = *(long *)__libc_stack_end;
	argv = (char **)__libc_stack_end + 1;
	return argv + argc + 1;
}

bool hk_os_secure(void)
{
	return getauxval(AT_SECURE);
}

const char *const *hk_os_environment(void)
{
	return hk_os_secure() ? NULL : (const char *const *)environment();
}

/* In place, where the C library's own pointer leads too. */
void hk_os_scrub_environment(const char *prefix)
{
	char **env = environment();
	char **to = env;

	if (!env || !hk_os_secure())
		return;
	for (; *env; env++)
		if (strncmp(*env, prefix, strlen(prefix)) != 0)
			*to++ = *env;
	*to = NULL;
}

bool hk_os_name_among(const char *path, const char *names)
{
	static const char between[] = " \t,";
	const char *slash = strrchr(path, '/');
	size_t len = strlen(slash ? slash + 1 : path);

	for (names += strspn(names, between); *names;
	     names += strspn(names, between)) {
		size_t n = strcspn(names, between);

		if (n == len && !memcmp(names, slash ? slash + 1 : path, n))
			return true;
		names += n;
	}
	return false;
}

bool hk_os_program_among(const char *names)
{
	const char *executed = (const char *)getauxval(AT_EXECFN);
	char path[512];
	long len;

	if (!*names)
		return false;
	len = sys6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe",
		   (long)path, sizeof(path) - 1, 0, 0);
	if (!failed(len)) {
		path[len] = '\0';
		if (hk_os_name_among(path, names))
			return true;
	}
	return executed && !hk_os_secure() &&
		hk_os_name_among(executed, names);
}

/* Tells its length.  The kernel's struct stat is glibc's on both processors. */
static int check_trusted(long fd, size_t size, size_t *len)
{
	struct stat st;
	long ret = sys3(SYS_fstat, fd, (long)&st, 0);

	if (failed(ret))
		return (int)ret;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	*len = (size_t)st.st_size;
	return *len > size ? -EFBIG : 0;
}

/* Up to `size` bytes, or as many as there are. */
static int read_all(long fd, char *buf, size_t size, size_t *len)
{
	long n;

	*len = 0;
	do {
		n = sys3(SYS_read, fd, (long)(buf + *len),
			 (long)(size - *len));
		if (n > 0)
			*len += (size_t)n;
	} while ((n > 0 && *len < size) || n == -EINTR);
	return n < 0 ? (int)n : 0;
}

/* A fifo, for one, is opened without waiting, and then refused. */
int hk_os_read_trusted(const char *path, char *buf, size_t size, size_t *len)
{
	long fd = sys6(SYS_openat, AT_FDCWD, (long)path,
		       O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0, 0);
	int err;

	if (failed(fd))
		return (int)fd;
	err = check_trusted(fd, size, &size);
	if (!err)
		err = read_all(fd, buf, size, len);
	sys3(SYS_close, fd, 0, 0);
	return err;
}

void hk_os_wait(_Atomic uint32_t *word, uint32_t value)
{
	uint64_t start = hk_os_clock_ns();

	sys6(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value,
	     0, 0, 0);
	hk_os_count_time(hk_os_counts.wait_ns, start);
}

void hk_os_wait_ms(_Atomic uint32_t *word, uint32_t value, unsigned int ms)
{
	struct timespec limit = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	sys6(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value,
	     (long)&limit, 0, 0);
}

void hk_os_wake(_Atomic uint32_t *word, int n)
{
	sys6(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, 0, 0,
	     0);
}

int hk_os_read_file(const char *path, char *buf, size_t size)
{
	long fd = sys6(SYS_openat, AT_FDCWD, (long)path,
		       O_RDONLY | O_CLOEXEC, 0, 0, 0);
	size_t len = 0;
	long n;

	if (failed(fd))
		return (int)fd;
	do {
		n = sys3(SYS_read, fd, (long)(buf + len),
			 (long)(size - 1 - len));
		if (!failed(n))
			len += (size_t)n;
	} while (n == -EINTR || (n > 0 && len < size - 1));
	sys3(SYS_close, fd, 0, 0);
	buf[len] = '\0';
	return failed(n) ? (int)n : 0;
}

/* What of `buf` comes behind its first line moves to the front. */
static size_t drop_line(char *buf, size_t len, size_t line)
{
	memmove(buf, buf + line, len - line);
	return len - line;
}

bool hk_os_each_line(const char *path, char *buf, size_t size,
		     bool (*line)(const char *text, void *arg), void *arg)
{
	long fd = sys6(SYS_openat, AT_FDCWD, (long)path,
		       O_RDONLY | O_CLOEXEC, 0, 0, 0);
	bool found = false, cut = false;
	size_t len = 0;

	while (!failed(fd) && !found) {
		char *end = memchr(buf, '\n', len);
		long n;

		if (!end && len < size - 1) {
			n = sys3(SYS_read, fd, (long)(buf + len),
				 (long)(size - 1 - len));
			if (n == -EINTR)
				continue;
			if (n <= 0)
				break;
			len += (size_t)n;
			continue;
		}
		buf[end ? (size_t)(end - buf) : len] = '\0';
		/* The rest of a line that was cut off is not one. */
		if (!cut)
			found = line(buf, arg);
		cut = !end;
		len = end ? drop_line(buf, len, (size_t)(end - buf) + 1) : 0;
	}
	if (!failed(fd))
		sys3(SYS_close, fd, 0, 0);
	return found;
}

void hk_os_name(char name[16])
{
	name[0] = '\0';
	sys3(SYS_prctl, PR_GET_NAME, (long)name, 0);
}

void hk_os_name_thread(const char *name)
{
	sys3(SYS_prctl, PR_SET_NAME, (long)name, 0);
}

void hk_os_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield" ::: "memory");
#endif
}
