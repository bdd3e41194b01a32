/* SPDX-License-Identifier: MIT */
/*
 * sealed_block CRIME TRIALS [SEED] - what only sealed blocks (the preset
 * hardened) stop every time, and what every preset stops.  Each trial is a
 * child with a heap of some hundred blocks of other sizes, and a block of a
 * random size in it; the child must die by SIGABRT with the one line that
 * belongs to the crime.  Prints "CRIME: N of TRIALS stopped" and what the
 * first that was not did; status 0 if all were.
 *
 * The names are those of the design's twelve attacks.
 */
#include "crime.h"

#include "lib/family.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define NEIGHBOURS	400
#define LARGEST		6000
#define REUSES		100000	/* until a freed block must have come again */

static uint64_t rng = 1;

static unsigned char *block(size_t *size)
{
	*size = random_size(&rng, LARGEST);
	return crime_block(*size);
}

/* Others come and go, until the freed block must have been used again. */
static void reuse(size_t size)
{
	for (int i = 0; i < REUSES; i++)
		free(HIDE(malloc(size)));
}

static void free_twice(void)
{
	size_t size;
	void *p = block(&size);

	free(p);
	free(HIDE(p));
}

static void free_later(void)
{
	size_t size;
	void *p = block(&size);

	free(p);
	for (int i = 0; i < 1024; i++)
		free(HIDE(malloc(size)));
	free(HIDE(p));
}

static void *freeing(void *p)
{
	free(p);
	return NULL;
}

static void free_in_thread(void)
{
	size_t size;
	void *p = block(&size);
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, freeing, p));
	CHECK(!pthread_join(thread, NULL));
	free(HIDE(p));
}

static void free_inside(void)
{
	size_t size;
	unsigned char *p;

	do {
		p = block(&size);
	} while (size < 2);
	free(HIDE(p + 1 + random_below(&rng, size - 1)));
}

static void free_foreign(void)
{
	static long global[512];
	long local[512];
	char *mapping = mmap(NULL, 8 * KIB, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *places[] = { (char *)global, (char *)local, mapping };

	CHECK(mapping != MAP_FAILED);
	free(HIDE(places[random_below(&rng, 3)] +
		  16 * random_below(&rng, 100)));
}

/* A zero, as a string's end, or something that a string may have. */
static void write_past(void)
{
	size_t size;
	unsigned char *p = block(&size);

	p[size] = (unsigned char)(random_below(&rng, 2) * 'A');
	free(HIDE(p));
}

static void write_before(void)
{
	size_t size, n = 1 + random_below(&rng, 32);
	unsigned char *p = block(&size);

	memset((void *)HIDE(p - n), (int)(random_below(&rng, 2) * 'A'), n);
	free(HIDE(p));
}

static void forge_link(void)
{
	size_t size;
	void **p, **freed;
	long target[64];

	do {
		p = (void **)block(&size);
	} while (size < 8);
	freed = HIDE(p);
	free(p);
	*(void *volatile *)freed = target;
	reuse(size);
}

static void write_freed(void)
{
	size_t size;
	unsigned char *p = block(&size), *freed = HIDE(p);

	free(p);
	*(volatile unsigned char *)&freed[random_below(&rng, size)] = 'A';
	reuse(size);
}

/* The second words of freed blocks have a mark of the heap, or are zero. */
static void copy_freed(void)
{
	static uintptr_t *freed[300];
	size_t size = 16 + random_below(&rng, 1000);

	for (int i = 0; i < 300; i++)
		freed[i] = HIDE(crime_block(size));
	for (int i = 0; i < 300; i++)
		free(HIDE(freed[i]));
	for (int i = 0; i < 300; i++)
		for (int k = 0; k < 300; k++)
			freed[i][1] |= freed[k][1];
	reuse(size);
}

static void free_as_other(void)
{
	size_t size;
	unsigned char *p = block(&size);
	size_t other = size + 1 + random_below(&rng, 100);

	if (random_below(&rng, 2))
		other = size - 1 - random_below(&rng, size);
	if (random_below(&rng, 2))
		free_sized(p, other);
	else
		free_aligned_sized(p, 16, other);
}

/* The child ends by itself: nothing of what it wrote is to be seen again. */
static void read_stale(void)
{
	size_t size;
	unsigned char *p = block(&size);

	free(p);
	for (int i = 0; i < 2000; i++) {
		unsigned char *q = HIDE(malloc(size));

		for (size_t k = 0; k < size; k++)
			if (q[k])
				_exit(GOT_AWAY);
		memset(HIDE(q), 'A', size);
		free(HIDE(q));
	}
	_exit(0);
}

static void overflow(void)
{
	size_t n = 2 + random_below(&rng, 1000);

	if (HIDE(calloc(SIZE(SIZE_MAX / n + 1), n)) || errno != ENOMEM ||
	    HIDE(malloc(SIZE(PTRDIFF_MAX) + n)) || errno != ENOMEM ||
	    HIDE(reallocarray(NULL, SIZE(SIZE_MAX / n + 1), n)) ||
	    errno != ENOMEM)
		_exit(GOT_AWAY);
	_exit(0);
}

static const struct attack {
	const char *name;
	void (*commit)(void);
	const char *said;	/* NULL: ends with status 0 */
} attacks[] = {
	{ "A1", free_twice, "double free of " },
	{ "A2", free_later, "double free of " },
	{ "A3", free_in_thread, "double free of " },
	{ "A4", free_inside, "invalid free of " },
	{ "A5", free_foreign, "invalid free of " },
	{ "A6", write_past, "overflow of " },
	{ "A7", write_before, "underflow of " },
	{ "A8", forge_link, "use after free of " },
	{ "A9", write_freed, "use after free of " },
	{ "A9-mark", copy_freed, "use after free of " },
	{ "A10", free_as_other, "size mismatch on free of " },
	{ "A11", read_stale, NULL },
	{ "A12", overflow, NULL },
};

/* A heap as programs have them. */
static void neighbours(void)
{
	static void *kept[NEIGHBOURS];

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < NEIGHBOURS; i++) {
			free(kept[i]);
			kept[i] = crime_block(random_size(&rng, LARGEST));
		}
	for (int i = 0; i < NEIGHBOURS; i += 3) {
		free(kept[i]);
		kept[i] = NULL;
	}
}

/* What the child says comes into said[]; returns its status. */
static int trial(const struct attack *attack, char *said, size_t size)
{
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	CHECK(!pipe(ends));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		neighbours();
		attack->commit();
		_exit(GOT_AWAY);
	}
	close(ends[1]);
	n = read(ends[0], said, size - 1);
	said[n > 0 ? n : 0] = 0;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_stopped(const struct attack *attack, int status,
		       const char *said)
{
	static const char fatal[] = "hakmem: fatal: ";
	const char *end = strchr(said, '\n');

	if (!attack->said)
		return status == 0 && !*said;
	/* What an emulator says of the signal is not the program's. */
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && end &&
		!strncmp(said, fatal, strlen(fatal)) &&
		!strncmp(said + strlen(fatal), attack->said,
			 strlen(attack->said)) &&
		(!end[1] || !strncmp(end + 1, "qemu: ", 6));
}

int main(int argc, char **argv)
{
	size_t trials = crime_number(argc, argv, 2), stopped = 0;
	const struct attack *attack = attacks;
	const struct attack *end = attacks +
		sizeof(attacks) / sizeof(*attacks);
	uint64_t seed = argc > 3 ? crime_number(argc, argv, 3) : 1;

	while (attack < end && !crime_is(argc, argv, attack->name))
		attack++;
	if (attack == end)
		CHECK_ERROR("no such crime");
	for (size_t i = 0; i < trials; i++) {
		char said[600];
		int status;

		rng = (seed * trials + i) * 2 + 1;
		status = trial(attack, said, sizeof(said));
		if (is_stopped(attack, status, said))
			stopped++;
		else if (stopped == i)
			printf("trial %zu: status %#x, said: %s\n", i,
			       (unsigned int)status, said);
	}
	printf("%s: %zu of %zu stopped\n", attack->name, stopped, trials);
	return stopped == trials ? 0 : 1;
}
