/* SPDX-License-Identifier: MIT */
/*
 * protocol.c - every interleaving of the cross-thread protocol, on a model.
 *
 * The functions below are those of lib/heap/remote.c, thread.c and heap.c,
 * under the same names and with the same atomic operations in the same
 * order.  A STEP stands before each that another thread could notice; plain
 * accesses, letting locks go, what happens right after taking one, and words
 * that nobody else may touch at that time need none (Lipton, "Reduction",
 * 1975), and if somebody does, the clocks below tell.  Slabs are small
 * (two blocks, one carved at a time), threads run short scripts, and all
 * ways in which their steps can follow each other are tried, with each value
 * that the memory model lets a load return:
 *
 *   - An atomic word keeps its latest values.  A load returns any that is
 *     not older than what its thread has seen or knows of; an acquire load
 *     learns what the thread knew that stored it with release.  A
 *     read-modify-write reads the latest and continues a release.
 *   - Knowing is a vector clock per thread.  Each plain access is checked
 *     against the clocks: two that are not ordered, one of them a write, are
 *     a data race, and an error.  So "owner-only" is not assumed but found.
 *
 * Errors besides: a block handed out that the program has, a block that no
 * list, chain, inbox or program has at the end, a slab in two lists or in
 * none, a count that is wrong, a state that cannot be, a deadlock.
 *
 * To see that it would notice, the model is also run with mistakes put in on
 * purpose; each must be found.
 *
 * What is left out: sizes of inboxes and ages of chains (a chain may be sent
 * and an inbox robbed at any time instead), classes (there is one), all but
 * one of the empty slabs that a heap parks.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	THREADS = 3, HEAPS = 4, SLABS = 4, CAP = 2, BLOCKS = SLABS * CAP,
	WAKE = 1, HISTORY = 12, DEPTH = 10, LOCALS = 6, SLOTS = 5, MAILS = 4,
};

/* enum hk_state, as far as it matters here. */
enum { NONE, CURRENT, USABLE, FULL, BUSY };

/* The mistakes. */
enum mistake {
	RIGHT,
	STATE_NOT_READ,		/* send() takes over without the state */
	STATE_RELAXED,		/* hk_desc_is_full() is not an acquire */
	COUNT_AFTER_STATE,	/* hk_slab_leave() writes the count last */
	READ_AFTER_LEAVE,	/* leave() looks at the state once more */
	TOO_EARLY,		/* send() takes over one block too early */
	PUSH_RELAXED,		/* push() is not a release */
	TAKE_RELAXED,		/* the inbox is taken without acquire */
	NO_FORWARD,		/* hk_remote_drain() trusts the inbox */
	ROB_NO_OWNER,		/* rob() trusts the inbox */
	ROB_UNLOCKED,		/* rob() looks at the owner before locking */
	CLAIM_BLIND,		/* claim() trusts the look without the lock */
	ROBBED_LEFT,		/* hand-over forgets the robbed chain */
	LISTED_LEFT,		/* hand-over forgets the old heap's list */
	DRAIN_UNLOCKED,		/* unrob() takes no lock */
	PARK_RELAXED,		/* hk_park() is not a release */
	UNPARK_PLAIN,		/* hk_unpark() is a load and a store */
	MISTAKES
};

static const char *const mistake_names[MISTAKES] = {
	"right", "state not read", "state relaxed", "count after state",
	"read after leave", "too early", "push relaxed", "take relaxed",
	"no forward", "rob without owner", "rob unlocked", "claim blind",
	"robbed left", "listed left", "drain unlocked", "park relaxed",
	"unpark plain",
};

static enum mistake mistake;

/* Do heaps park empty slabs?  Where a script has a 'b': see below. */
static bool parking;

/* ---- the state of everything ---- */

typedef int8_t num;	/* numbers are small; 0 of an index is "none" */

struct store {
	num value;
	uint8_t thread, clock;		/* who stored it, and when */
	uint8_t released[THREADS];	/* what an acquire learns */
};

struct word {
	struct store stores[HISTORY];	/* oldest first */
	uint8_t n;
	uint8_t seen[THREADS];		/* the latest that a thread read */
};

struct mutex {
	num holder;			/* thread + 1 */
	uint8_t released[THREADS];
};

/* A plain variable, or several that go together: who touched it last. */
struct plain {
	uint8_t writer, wrote;
	uint8_t reads[THREADS];
};

struct frame {
	uint16_t pc;
	uint8_t fn;
	num v[LOCALS];
};

struct thread {
	struct frame stack[DEPTH];
	num depth, ret, op;
	num wants_lock, wants_mail;	/* + 1: cannot go on without */
	num heap;			/* + 1: hk_tls.heap */
	num current;			/* slab + 1: hk_tls.current[class] */
	num slots[SLOTS];		/* block + 1: the program's variables */
};

struct system {
	struct thread threads[THREADS];
	uint8_t clocks[THREADS][THREADS];

	/* descriptors */
	struct word owner[SLABS], state[SLABS];
	struct plain desc[SLABS];	/* guards the next line */
	num freed[SLABS], count[SLABS], carved[SLABS];
	struct plain links[SLABS];	/* guards the next line */
	num next[SLABS], prev[SLABS];
	struct plain rob[SLABS];	/* guards the next line */
	num rob_first[SLABS], rob_last[SLABS], rob_count[SLABS],
		rob_next[SLABS], rob_prev[SLABS];

	/* blocks: the two words of a free one */
	struct plain block[BLOCKS];	/* guards the next line */
	num link[BLOCKS], last[BLOCKS], second[BLOCKS], chained[BLOCKS];

	/* heaps */
	struct word inbox[HEAPS], robbed[HEAPS], orphan[HEAPS], parked[HEAPS];
	struct plain heap[HEAPS];	/* guards the next two lines */
	num head[HEAPS], tail[HEAPS], chain_slab[HEAPS], chain_first[HEAPS],
		chain_last[HEAPS], chain_count[HEAPS];
	struct word orphans;
	struct plain all;		/* guards the next line */
	num heaps, next_orphan[HEAPS];

	/* locks: of orphans, of free slabs, and each heap's rob lock */
	struct mutex locks[2 + HEAPS];
	struct plain arena;		/* guards the next line */
	num pool;			/* free slabs, linked by next[] */

	/* the program: mail between threads, and who has which block */
	struct word mail[MAILS];
	num held[BLOCKS];		/* a ghost: no thread reads it */
};

enum { LOCK_ORPHANS, LOCK_ARENA, LOCK_ROB };

/* ---- what went wrong ---- */

static jmp_buf found;
static const char *error;

static void wrong(const char *what)
{
	error = what;
	longjmp(found, 1);
}

static void must(bool condition, const char *what)
{
	if (!condition)
		wrong(what);
}

/* ---- choices that a step makes, all of which are tried ---- */

static uint8_t choices[16], ranges[16];
static int made, known;

static int choose(int n)
{
	if (n <= 1)
		return 0;
	must(made < 16, "too many choices in one step");
	if (made == known) {
		choices[known] = 0;
		ranges[known++] = (uint8_t)n;
	}
	return choices[made++];
}

static bool next_choices(void)
{
	while (known && choices[known - 1] + 1 == ranges[known - 1])
		known--;
	if (!known)
		return false;
	choices[known - 1]++;
	return true;
}

/* ---- memory ---- */

static void learn(struct system *s, int t, const uint8_t *clocks)
{
	for (int i = 0; i < THREADS; i++)
		if (clocks[i] > s->clocks[t][i])
			s->clocks[t][i] = clocks[i];
}

static bool knows(const struct system *s, int t, int who, int clock)
{
	return clock <= s->clocks[t][who];
}

/* The oldest store that thread `t` may still read. */
static int oldest(const struct system *s, const struct word *w, int t)
{
	int from = w->seen[t];

	for (int i = w->n - 1; i > from; i--)
		if (knows(s, t, w->stores[i].thread, w->stores[i].clock))
			return i;
	return from;
}

static num load(struct system *s, int t, struct word *w, bool acquire)
{
	int from = oldest(s, w, t);
	int i = w->n - 1 - choose(w->n - from);

	w->seen[t] = (uint8_t)i;
	if (acquire)
		learn(s, t, w->stores[i].released);
	return w->stores[i].value;
}

static num latest(const struct word *w)
{
	return w->stores[w->n - 1].value;
}

static bool is_done(const struct system *s, int t);

/* Forgets what nobody can read any more. */
static void forget(struct system *s, struct word *w)
{
	int from = w->n - 1;

	for (int t = 0; t < THREADS; t++) {
		int i = is_done(s, t) ? from : oldest(s, w, t);

		from = i < from ? i : from;
	}
	if (!from)
		return;
	for (int t = 0; t < THREADS; t++)
		w->seen[t] = (uint8_t)(w->seen[t] > from ? w->seen[t] - from
							 : 0);
	memmove(w->stores, w->stores + from,
		(size_t)(w->n - from) * sizeof(w->stores[0]));
	memset(w->stores + w->n - from, 0,
		(size_t)from * sizeof(w->stores[0]));
	w->n = (uint8_t)(w->n - from);
}

static void append(struct system *s, int t, struct word *w, num value,
	bool release, bool continues)
{
	struct store *st;
	uint8_t before[THREADS] = { 0 };

	forget(s, w);
	must(w->n < HISTORY, "a word's history is too short");
	if (continues)
		memcpy(before, w->stores[w->n - 1].released, sizeof(before));
	st = &w->stores[w->n];
	st->value = value;
	st->thread = (uint8_t)t;
	st->clock = s->clocks[t][t];
	memcpy(st->released, before, sizeof(before));
	for (int i = 0; release && i < THREADS; i++)
		if (s->clocks[t][i] > st->released[i])
			st->released[i] = s->clocks[t][i];
	s->clocks[t][t]++;
	w->seen[t] = w->n++;
}

static void store(struct system *s, int t, struct word *w, num value,
	bool release)
{
	append(s, t, w, value, release, false);
}

static num exchange(struct system *s, int t, struct word *w, num value,
	bool acquire, bool release)
{
	num old = latest(w);

	if (acquire)
		learn(s, t, w->stores[w->n - 1].released);
	append(s, t, w, value, release, true);
	return old;
}

static void rd(struct system *s, int t, struct plain *p)
{
	must(knows(s, t, p->writer, p->wrote), "data race: read");
	p->reads[t] = s->clocks[t][t];
}

static void wr(struct system *s, int t, struct plain *p)
{
	must(knows(s, t, p->writer, p->wrote), "data race: two writes");
	for (int i = 0; i < THREADS; i++)
		must(knows(s, t, i, p->reads[i]), "data race: write");
	p->writer = (uint8_t)t;
	p->wrote = s->clocks[t][t];
	memset(p->reads, 0, sizeof(p->reads));
}

static void lock(struct system *s, int t, int l)
{
	s->locks[l].holder = (num)(t + 1);
	learn(s, t, s->locks[l].released);
}

static void unlock(struct system *s, int t, int l)
{
	must(s->locks[l].holder == t + 1, "a lock let go that is not held");
	s->locks[l].holder = 0;
	memcpy(s->locks[l].released, s->clocks[t], THREADS);
	s->clocks[t][t]++;
}

/* ---- functions with steps ---- */

enum fn {
	F_SCRIPT, F_MALLOC, F_FREE, F_REFILL, F_LEAVE, F_EVENT, F_SPLICE,
	F_RETIRE, F_TAKE_OVER, F_SEND, F_CLAIM, F_HAND_OVER, F_PUSH, F_ROB,
	F_DRAIN, F_UNROB, F_STEAL, F_ATTACH, F_DETACH, F_ROB_LIST,
	F_ROB_UNLIST, F_BACKGROUND, F_UNPARK, F_GIVE, FUNCTIONS
};

static bool call(struct system *s, int t, enum fn fn, num a, num b, num c,
	num d)
{
	struct thread *th = &s->threads[t];
	struct frame *f;

	must(th->depth < DEPTH, "the model's stack is too short");
	f = &th->stack[th->depth++];
	f->fn = (uint8_t)fn;
	f->v[0] = a;
	f->v[1] = b;
	f->v[2] = c;
	f->v[3] = d;
	return true;
}

static bool leave_frame(struct system *s, int t, num ret)
{
	struct thread *th = &s->threads[t];

	memset(&th->stack[--th->depth], 0, sizeof(th->stack[0]));
	th->ret = ret;
	return true;
}

/*
 * A function is a switch over the places where it may be left.  STEP: others
 * may go first; what follows is one atomic operation.  It returns false to
 * let others go, true to go on in the same thread.
 */
#define BEGIN	switch (f->pc) { case 0:
#define END	} wrong("a function fell off its end"); return true;
#define STEP \
	do { \
		f->pc = __LINE__; \
		return false; \
	case __LINE__:; \
	} while (0)
#define LOCK(l) \
	do { \
		f->pc = __LINE__; \
		s->threads[t].wants_lock = (num)((l) + 1); \
		return false; \
	case __LINE__: \
		lock(s, t, l); \
	} while (0)
#define CALL4(fn, a, b, c, d) \
	do { \
		f->pc = __LINE__; \
		return call(s, t, fn, (num)(a), (num)(b), (num)(c), \
			(num)(d)); \
	case __LINE__:; \
	} while (0)
#define CALL(fn, a, b)	CALL4(fn, a, b, 0, 0)
#define RET		(s->threads[t].ret)
#define RETURN(x)	return leave_frame(s, t, (num)(x))
#define FN(name) \
	static bool name(struct system *s, int t, struct frame *f)
#define V(i)		(f->v[i])
#define MY_HEAP		(s->threads[t].heap - 1)

static int slab_of(int block)
{
	return block / CAP;
}

/* Blocks and slabs are passed as number + 1 where there may be none. */

/* hk_block_set(): `next` + 1, or 0 for the end of the list. */
static void block_set(struct system *s, int t, int b, num next)
{
	wr(s, t, &s->block[b]);
	s->link[b] = next;
	s->chained[b] = 0;
}

static void heap_list(struct system *s, int t, int h, int d)
{
	wr(s, t, &s->heap[h]);
	wr(s, t, &s->links[d]);
	s->next[d] = 0;
	s->prev[d] = s->tail[h];
	if (s->tail[h]) {
		wr(s, t, &s->links[s->tail[h] - 1]);
		s->next[s->tail[h] - 1] = (num)(d + 1);
	} else {
		s->head[h] = (num)(d + 1);
	}
	s->tail[h] = (num)(d + 1);
}

static void heap_unlist(struct system *s, int t, int h, int d)
{
	wr(s, t, &s->heap[h]);
	rd(s, t, &s->links[d]);
	if (s->prev[d]) {
		wr(s, t, &s->links[s->prev[d] - 1]);
		s->next[s->prev[d] - 1] = s->next[d];
	} else {
		must(s->head[h] == d + 1, "a slab unlisted that is not in "
					  "the heap's list");
		s->head[h] = s->next[d];
	}
	if (s->next[d]) {
		wr(s, t, &s->links[s->next[d] - 1]);
		s->prev[s->next[d] - 1] = s->prev[d];
	} else {
		s->tail[h] = s->prev[d];
	}
}

/* hk_pop(): block + 1. */
static num pop(struct system *s, int t, int d)
{
	num b;

	wr(s, t, &s->desc[d]);
	b = s->freed[d];
	if (!b)
		return 0;
	rd(s, t, &s->block[b - 1]);
	s->freed[d] = s->link[b - 1];
	s->count[d]++;
	wr(s, t, &s->block[b - 1]);
	return b;
}

/* hk_slab_carve(): one block at a time. */
static bool carve(struct system *s, int t, int d)
{
	int b;

	wr(s, t, &s->desc[d]);
	if (s->carved[d] == CAP)
		return false;
	b = d * CAP + s->carved[d]++;
	block_set(s, t, b, s->freed[d]);
	s->freed[d] = (num)(b + 1);
	return true;
}

/* hk_run_give(d) */
FN(give)
{
	BEGIN
	LOCK(LOCK_ARENA);
	wr(s, t, &s->arena);
	wr(s, t, &s->desc[V(0)]);
	wr(s, t, &s->links[V(0)]);
	wr(s, t, &s->rob[V(0)]);
	s->next[V(0)] = s->pool;
	s->pool = (num)(V(0) + 1);
	unlock(s, t, LOCK_ARENA);
	RETURN(0);
	END
}

/*
 * hk_unpark(heap): slab + 1.  The count of a stack of one place is not told
 * apart from the place: with a background thread it says no more.
 */
FN(unpark)
{
	BEGIN
	if (!parking)
		RETURN(0);
	STEP;				/* exchange */
	if (mistake == UNPARK_PLAIN) {
		V(1) = load(s, t, &s->parked[V(0)], true);
		STEP;
		store(s, t, &s->parked[V(0)], 0, false);
	} else {
		V(1) = exchange(s, t, &s->parked[V(0)], 0, true, false);
	}
	RETURN(V(1));
	END
}

/* retire(heap, d): parked if its place is free, else to the arena. */
FN(retire)
{
	BEGIN
	/* hk_desc_set_owner(), hk_desc_set_state() */
	store(s, t, &s->owner[V(1)], 0, true);
	store(s, t, &s->state[V(1)], BUSY, true);
	if (parking && !load(s, t, &s->orphan[V(0)], false)) {
		STEP;			/* hk_park() */
		/* The count would tell: nobody else fills the place. */
		if (!latest(&s->parked[V(0)])) {
			wr(s, t, &s->desc[V(1)]);
			wr(s, t, &s->links[V(1)]);
			wr(s, t, &s->rob[V(1)]);
			store(s, t, &s->parked[V(0)], (num)(V(1) + 1),
				mistake != PARK_RELAXED);
			RETURN(0);
		}
	}
	CALL(F_GIVE, V(1), 0);
	RETURN(0);
	END
}

/* is_kept(heap, d), with the look at the orphan mark made by the caller. */
static bool is_kept(struct system *s, int t, int h, bool orphan)
{
	rd(s, t, &s->heap[h]);
	return s->head[h] == s->tail[h] && !orphan;
}

/* hk_heap_event(heap, d) */
FN(event)
{
	BEGIN
	/* hk_desc_state() */
	V(2) = load(s, t, &s->state[V(1)], false);
	must(V(2) == FULL || V(2) == USABLE, "an event of a current slab");
	if (V(2) == FULL) {
		/* hk_slab_wake() */
		store(s, t, &s->state[V(1)], USABLE, true);
		wr(s, t, &s->desc[V(1)]);
		s->count[V(1)] = CAP - WAKE;
		heap_list(s, t, V(0), V(1));
		RETURN(0);
	}
	/* is_orphan(): nobody else changes it now */
	V(3) = load(s, t, &s->orphan[V(0)], false);
	if (is_kept(s, t, V(0), V(3)))
		RETURN(0);
	heap_unlist(s, t, V(0), V(1));
	CALL(F_RETIRE, V(0), V(1));
	RETURN(0);
	END
}

/* hk_heap_splice(heap, first, last, n): the slab is the blocks'. */
FN(splice)
{
	BEGIN
	V(4) = (num)slab_of(V(1));
	wr(s, t, &s->desc[V(4)]);
	block_set(s, t, V(2), s->freed[V(4)]);
	s->freed[V(4)] = (num)(V(1) + 1);
	while (V(3) && V(3) >= s->count[V(4)]) {
		/* hk_desc_state() */
		V(5) = load(s, t, &s->state[V(4)], false);
		wr(s, t, &s->desc[V(4)]);
		V(3) = (num)(V(3) - s->count[V(4)]);
		must(!(V(5) == USABLE && V(3)), "more came back than was out");
		s->count[V(4)] = 0;
		CALL(F_EVENT, V(0), V(4));
		if (!V(3))
			RETURN(0);
	}
	if (V(3)) {
		wr(s, t, &s->desc[V(4)]);
		s->count[V(4)] = (num)(s->count[V(4)] - V(3));
	}
	RETURN(0);
	END
}

/* hk_heap_take_over(heap, d, first) */
FN(take_over)
{
	BEGIN
	/* hk_slab_wake() */
	must(load(s, t, &s->state[V(1)], false) == FULL,
		"a slab taken over that is not full");
	store(s, t, &s->state[V(1)], USABLE, true);
	wr(s, t, &s->desc[V(1)]);
	s->freed[V(1)] = (num)(V(2) + 1);
	s->count[V(1)] = 0;
	STEP;				/* hk_desc_set_owner() */
	store(s, t, &s->owner[V(1)], (num)(V(0) + 1), true);
	heap_list(s, t, V(0), V(1));
	/* is_orphan(): nobody else changes it now */
	V(3) = load(s, t, &s->orphan[V(0)], false);
	if (is_kept(s, t, V(0), V(3)))
		RETURN(0);
	heap_unlist(s, t, V(0), V(1));
	CALL(F_RETIRE, V(0), V(1));
	RETURN(0);
	END
}

/* leave(heap): the current slab becomes one among others. */
FN(leave)
{
	BEGIN
	V(1) = s->threads[t].current;
	if (!V(1))
		RETURN(0);
	s->threads[t].current = 0;
	V(1)--;
	wr(s, t, &s->desc[V(1)]);
	if (s->freed[V(1)] || s->carved[V(1)] < CAP) {
		s->count[V(1)]--;
		STEP;			/* hk_desc_set_state() */
		store(s, t, &s->state[V(1)], USABLE, true);
		heap_list(s, t, V(0), V(1));
		if (!s->count[V(1)])
			CALL(F_EVENT, V(0), V(1));
		RETURN(0);
	}
	if (mistake != COUNT_AFTER_STATE)
		s->count[V(1)] = WAKE;
	STEP;				/* hk_desc_set_state() */
	store(s, t, &s->state[V(1)], FULL, true);
	if (mistake == COUNT_AFTER_STATE) {
		wr(s, t, &s->desc[V(1)]);
		s->count[V(1)] = WAKE;
	}
	if (mistake == READ_AFTER_LEAVE) {
		STEP;
		if (load(s, t, &s->state[V(1)], false) == USABLE)
			heap_list(s, t, V(0), V(1));
	}
	RETURN(0);
	END
}

/* refill(heap) */
FN(refill)
{
	BEGIN
	CALL(F_DRAIN, V(0), 0);		/* hk_remote_tick() */
	V(1) = s->threads[t].current;
	if (V(1)) {
		rd(s, t, &s->desc[V(1) - 1]);
		if (s->freed[V(1) - 1] || carve(s, t, V(1) - 1))
			RETURN(0);
		CALL(F_LEAVE, V(0), 0);
	}
	rd(s, t, &s->heap[V(0)]);
	if (!s->head[V(0)]) {
		CALL(F_STEAL, V(0), 0);
		if (!RET) {
			CALL(F_UNPARK, V(0), 0);
			V(1) = (num)(RET - 1);
			if (!RET) {
				LOCK(LOCK_ARENA);	/* hk_run_take() */
				wr(s, t, &s->arena);
				must(s->pool, "the model has too few slabs");
				V(1) = (num)(s->pool - 1);
				rd(s, t, &s->links[V(1)]);
				s->pool = s->next[V(1)];
				unlock(s, t, LOCK_ARENA);
			}
			/* hk_slab_init() */
			wr(s, t, &s->desc[V(1)]);
			wr(s, t, &s->rob[V(1)]);
			s->freed[V(1)] = s->count[V(1)] = s->carved[V(1)] = 0;
			s->rob_count[V(1)] = 0;
			store(s, t, &s->state[V(1)], USABLE, true);
			store(s, t, &s->owner[V(1)], (num)(V(0) + 1), true);
			heap_list(s, t, V(0), V(1));
		}
	}
	V(1) = (num)(s->head[V(0)] - 1);
	heap_unlist(s, t, V(0), V(1));
	/* hk_slab_choose() */
	must(load(s, t, &s->state[V(1)], false) == USABLE,
		"a slab chosen that is not usable");
	store(s, t, &s->state[V(1)], CURRENT, true);
	wr(s, t, &s->desc[V(1)]);
	s->count[V(1)]++;
	s->threads[t].current = (num)(V(1) + 1);
	if (!s->freed[V(1)])
		must(carve(s, t, V(1)), "a usable slab has nothing to give");
	RETURN(0);
	END
}

/* hk_malloc(): block + 1 */
FN(model_malloc)
{
	BEGIN
	if (s->threads[t].current) {
		V(0) = pop(s, t, s->threads[t].current - 1);
		if (V(0))
			RETURN(V(0));
	}
	CALL(F_REFILL, MY_HEAP, 0);
	V(0) = pop(s, t, s->threads[t].current - 1);
	must(V(0), "refilled, and nothing to give");
	RETURN(V(0));
	END
}

/* ---- remote.c ---- */

/* push(to, first, last, n) */
FN(push)
{
	BEGIN
	STEP;				/* load of the inbox */
	V(4) = load(s, t, &s->inbox[V(0)], false);
	/* pack() */
	wr(s, t, &s->block[V(1)]);
	s->second[V(1)] = s->link[V(1)];
	s->last[V(1)] = V(2);
	s->chained[V(1)] = V(3);
	for (;;) {
		wr(s, t, &s->block[V(1)]);	/* pack_next() */
		s->link[V(1)] = V(4);
		STEP;				/* compare and swap */
		if (latest(&s->inbox[V(0)]) == V(4))
			break;
		V(4) = latest(&s->inbox[V(0)]);
		s->inbox[V(0)].seen[t] = (uint8_t)(s->inbox[V(0)].n - 1);
	}
	exchange(s, t, &s->inbox[V(0)], (num)(V(1) + 1), false,
		mistake != PUSH_RELAXED);
	RETURN(0);
	END
}

/* unpack(first): next chain + 1; a plain list again. */
static num unpack(struct system *s, int t, int first, num *last, num *n)
{
	num next;

	rd(s, t, &s->block[first]);
	next = s->link[first];
	*last = s->last[first];
	*n = s->chained[first];
	must(*n > 0 && *n <= CAP, "an inbox has what is no chain");
	block_set(s, t, first, *n > 1 ? s->second[first] : 0);
	return next;
}

/* rob_list(victim, d), rob_unlist(victim, d) */
FN(rob_list)
{
	BEGIN
	/* under the lock: the latest */
	V(2) = load(s, t, &s->robbed[V(0)], false);
	wr(s, t, &s->rob[V(1)]);
	s->rob_prev[V(1)] = 0;
	s->rob_next[V(1)] = V(2);
	if (V(2)) {
		wr(s, t, &s->rob[V(2) - 1]);
		s->rob_prev[V(2) - 1] = (num)(V(1) + 1);
	}
	STEP;
	store(s, t, &s->robbed[V(0)], (num)(V(1) + 1), false);
	RETURN(0);
	END
}

FN(rob_unlist)
{
	BEGIN
	wr(s, t, &s->rob[V(1)]);
	if (s->rob_prev[V(1)]) {
		wr(s, t, &s->rob[s->rob_prev[V(1)] - 1]);
		s->rob_next[s->rob_prev[V(1)] - 1] = s->rob_next[V(1)];
	} else {
		STEP;
		store(s, t, &s->robbed[V(0)], s->rob_next[V(1)], false);
	}
	if (s->rob_next[V(1)]) {
		wr(s, t, &s->rob[s->rob_next[V(1)] - 1]);
		s->rob_prev[s->rob_next[V(1)] - 1] = s->rob_prev[V(1)];
	}
	s->rob_count[V(1)] = 0;
	RETURN(0);
	END
}

/* rob(heap, victim): v[2] chain + 1, v[3] claimed, v[4] slab, v[5] owner */
FN(rob)
{
	num last, n;

	BEGIN
	if (mistake == ROB_UNLOCKED) {
		/* The inbox is taken and looked at, then the lock. */
		STEP;
		V(2) = exchange(s, t, &s->inbox[V(1)], 0, true, false);
		STEP;
		V(5) = V(2) ? load(s, t, &s->owner[slab_of(V(2) - 1)], true)
			    : 0;
	}
	STEP;				/* hk_trylock() */
	if (s->locks[LOCK_ROB + V(1)].holder) {
		must(mistake != ROB_UNLOCKED || !V(2), "lost on the way");
		RETURN(0);
	}
	lock(s, t, LOCK_ROB + V(1));
	if (mistake != ROB_UNLOCKED) {
		STEP;
		V(2) = exchange(s, t, &s->inbox[V(1)], 0, true, false);
	}
	while (V(2)) {
		V(4) = (num)slab_of(V(2) - 1);
		if (mistake == ROB_NO_OWNER) {
			V(5) = (num)(V(1) + 1);
		} else if (mistake != ROB_UNLOCKED) {
			STEP;		/* hk_desc_owner() */
			V(5) = load(s, t, &s->owner[V(4)], true);
		}
		if (V(5) != V(1) + 1) {
			V(5) = (num)(V(2) - 1);
			V(2) = unpack(s, t, V(5), &last, &n);
			STEP;		/* hk_desc_owner() */
			V(4) = load(s, t, &s->owner[V(4)], true);
			must(V(4), "a chain of a slab without an owner");
			/* both still stand in the block */
			CALL4(F_PUSH, V(4) - 1, V(5), s->last[V(5)],
				s->second[V(5)] && s->last[V(5)] != V(5) ? 2
									 : 1);
			continue;
		}
		/* rob_add() */
		V(5) = (num)(V(2) - 1);
		V(2) = unpack(s, t, V(5), &last, &n);
		wr(s, t, &s->rob[V(4)]);
		if (s->rob_count[V(4)]) {
			block_set(s, t, last,
				(num)(s->rob_first[V(4)] + 1));
		} else {
			s->rob_last[V(4)] = last;
			s->rob_count[V(4)] = n;
			CALL(F_ROB_LIST, V(1), V(4));
			n = 0;
		}
		wr(s, t, &s->rob[V(4)]);
		s->rob_first[V(4)] = V(5);
		s->rob_count[V(4)] = (num)(s->rob_count[V(4)] + n);
		if (s->rob_count[V(4)] != CAP)
			continue;
		STEP;			/* hk_desc_is_full() */
		if (load(s, t, &s->state[V(4)],
			    mistake != STATE_RELAXED) != FULL)
			continue;
		CALL(F_ROB_UNLIST, V(1), V(4));
		wr(s, t, &s->links[V(4)]);
		s->next[V(4)] = V(3);
		V(3) = (num)(V(4) + 1);
	}
	unlock(s, t, LOCK_ROB + V(1));
	while (V(3)) {
		V(4) = (num)(V(3) - 1);
		rd(s, t, &s->links[V(4)]);
		V(3) = s->next[V(4)];
		rd(s, t, &s->rob[V(4)]);
		CALL4(F_TAKE_OVER, V(0), V(4), s->rob_first[V(4)], 0);
	}
	RETURN(0);
	END
}

/* unrob(heap) */
FN(unrob)
{
	BEGIN
	STEP;				/* look without the lock */
	if (!load(s, t, &s->robbed[V(0)], false))
		RETURN(0);
	if (mistake != DRAIN_UNLOCKED)
		LOCK(LOCK_ROB + V(0));
	for (;;) {
		V(1) = load(s, t, &s->robbed[V(0)], false);
		if (!V(1))
			break;
		V(1)--;
		rd(s, t, &s->rob[V(1)]);
		V(2) = s->rob_first[V(1)];
		V(3) = s->rob_last[V(1)];
		V(4) = s->rob_count[V(1)];
		CALL(F_ROB_UNLIST, V(0), V(1));
		CALL4(F_SPLICE, V(0), V(2), V(3), V(4));
	}
	if (mistake != DRAIN_UNLOCKED) {
			unlock(s, t, LOCK_ROB + V(0));
	}
	RETURN(0);
	END
}

/* hk_remote_drain(heap) */
FN(drain)
{
	BEGIN
	STEP;				/* look */
	if (load(s, t, &s->inbox[V(0)], false)) {
		STEP;
		V(1) = exchange(s, t, &s->inbox[V(0)], 0,
			mistake != TAKE_RELAXED, false);
		while (V(1)) {
			V(2) = (num)(V(1) - 1);
			V(1) = unpack(s, t, V(2), &V(3), &V(4));
			STEP;		/* hk_desc_owner() */
			V(5) = load(s, t, &s->owner[slab_of(V(2))], true);
			must(V(5), "a chain of a slab without an owner");
			if (V(5) == V(0) + 1 || mistake == NO_FORWARD)
				CALL4(F_SPLICE, V(0), V(2), V(3), V(4));
			else
				CALL4(F_PUSH, V(5) - 1, V(2), V(3), V(4));
		}
	}
	CALL(F_UNROB, V(0), 0);
	RETURN(0);
	END
}

/* hk_remote_hand_over(owner, d, heap) */
FN(hand_over)
{
	BEGIN
	LOCK(LOCK_ROB + V(0));
	rd(s, t, &s->rob[V(1)]);
	V(3) = s->rob_count[V(1)];
	if (V(3) && mistake != ROBBED_LEFT) {
		V(4) = s->rob_first[V(1)];
		V(5) = s->rob_last[V(1)];
		CALL(F_ROB_UNLIST, V(0), V(1));
	} else {
		V(3) = 0;
	}
	/* hk_desc_state() */
	if (load(s, t, &s->state[V(1)], false) == USABLE) {
		if (mistake != LISTED_LEFT)
			heap_unlist(s, t, V(0), V(1));
		heap_list(s, t, V(2), V(1));
	}
	STEP;				/* hk_desc_set_owner() */
	store(s, t, &s->owner[V(1)], (num)(V(2) + 1), true);
	unlock(s, t, LOCK_ROB + V(0));
	if (V(3))
		CALL4(F_SPLICE, V(2), V(4), V(5), V(3));
	RETURN(0);
	END
}

/* claim(heap, first, last, n): 1 if the slab is the heap's now. */
FN(claim)
{
	BEGIN
	LOCK(LOCK_ORPHANS);
	/* hk_desc_owner() */
	V(4) = load(s, t, &s->owner[slab_of(V(1))], true);
	must(V(4), "a chain of a slab without an owner");
	STEP;
	V(5) = load(s, t, &s->orphan[V(4) - 1], false);
	if (mistake == CLAIM_BLIND)
		V(5) = 1;
	if (V(5))
		CALL4(F_HAND_OVER, V(4) - 1, slab_of(V(1)), V(0), 0);
	unlock(s, t, LOCK_ORPHANS);
	if (V(5))
		CALL4(F_SPLICE, V(0), V(1), V(2), V(3));
	RETURN(V(5));
	END
}

/* send(heap): its only chain. v[1] first, v[2] last, v[3] n, v[4] owner */
FN(send)
{
	BEGIN
	wr(s, t, &s->heap[V(0)]);
	if (!s->chain_slab[V(0)])
		RETURN(0);
	V(1) = s->chain_first[V(0)];
	V(2) = s->chain_last[V(0)];
	V(3) = s->chain_count[V(0)];
	s->chain_slab[V(0)] = s->chain_count[V(0)] = 0;
	s->chain_first[V(0)] = s->chain_last[V(0)] = 0;
	STEP;				/* hk_desc_owner() */
	V(4) = load(s, t, &s->owner[slab_of(V(1))], true);
	must(V(4), "a chain of a slab without an owner");
	if (V(4) == V(0) + 1) {
		CALL4(F_SPLICE, V(0), V(1), V(2), V(3));
		RETURN(0);
	}
	if (V(3) == CAP || mistake == TOO_EARLY) {
		STEP;			/* hk_desc_is_full() */
		V(5) = load(s, t, &s->state[slab_of(V(1))],
			mistake != STATE_RELAXED);
		if (mistake == STATE_NOT_READ)
			V(5) = FULL;
		if (V(5) == FULL) {
			CALL4(F_TAKE_OVER, V(0), slab_of(V(1)), V(1), 0);
			RETURN(0);
		}
	}
	STEP;				/* a hint */
	if (load(s, t, &s->orphan[V(4) - 1], false)) {
		CALL4(F_CLAIM, V(0), V(1), V(2), V(3));
		if (RET)
			RETURN(0);
	}
	STEP;				/* hk_desc_owner(), again */
	V(4) = load(s, t, &s->owner[slab_of(V(1))], true);
	CALL4(F_PUSH, V(4) - 1, V(1), V(2), V(3));
	/* inbox_bytes is a number; it may be too much at any time. */
	if (choose(2))
		CALL(F_ROB, V(0), V(4) - 1);
	RETURN(0);
	END
}

/* hk_free(block): v[1] owner, v[2] slab */
FN(model_free)
{
	BEGIN
	V(2) = (num)slab_of(V(0));
	STEP;				/* hk_own_slab(): relaxed */
	V(1) = load(s, t, &s->owner[V(2)], false);
	if (V(1) == MY_HEAP + 1) {
		wr(s, t, &s->desc[V(2)]);
		block_set(s, t, V(0), s->freed[V(2)]);
		s->freed[V(2)] = (num)(V(0) + 1);
		must(s->count[V(2)] > 0, "a block freed that is not out");
		if (--s->count[V(2)] == 0)
			CALL(F_EVENT, MY_HEAP, V(2));
		RETURN(0);
	}
	STEP;				/* free_small(): hk_desc_owner() */
	V(1) = load(s, t, &s->owner[V(2)], true);
	must(V(1), "a block of a slab without an owner");
	if (V(1) == MY_HEAP + 1) {
		CALL4(F_SPLICE, MY_HEAP, V(0), V(0), 1);
		RETURN(0);
	}
	/* hk_remote_free() */
	wr(s, t, &s->heap[MY_HEAP]);
	if (s->chain_slab[MY_HEAP] && s->chain_slab[MY_HEAP] != V(2) + 1)
		CALL(F_SEND, MY_HEAP, 0);
	if (!s->chain_slab[MY_HEAP]) {
		s->chain_slab[MY_HEAP] = (num)(V(2) + 1);
		s->chain_last[MY_HEAP] = V(0);
		block_set(s, t, V(0), 0);
	} else {
		block_set(s, t, V(0), (num)(s->chain_first[MY_HEAP] + 1));
	}
	s->chain_first[MY_HEAP] = V(0);
	s->chain_count[MY_HEAP]++;
	/* Full, or too much is held back, or too old. */
	if (s->chain_count[MY_HEAP] == CAP || choose(2))
		CALL(F_SEND, MY_HEAP, 0);
	RETURN(0);
	END
}

/* ---- thread.c ---- */

/* hk_orphan_steal(heap): 1 if the heap has a usable slab. */
FN(steal)
{
	BEGIN
	STEP;				/* look */
	if (!load(s, t, &s->orphans, false))
		RETURN(0);
	LOCK(LOCK_ORPHANS);
	V(1) = load(s, t, &s->orphans, false);
	while (V(1)) {
		CALL(F_DRAIN, V(1) - 1, 0);
		rd(s, t, &s->heap[V(1) - 1]);
		if (s->head[V(1) - 1]) {
			CALL4(F_HAND_OVER, V(1) - 1, s->head[V(1) - 1] - 1,
				V(0), 0);
			rd(s, t, &s->heap[V(0)]);
			V(2) = s->head[V(0)] != 0;
		}
		rd(s, t, &s->all);
		V(1) = V(2) ? 0 : s->next_orphan[V(1) - 1];
	}
	unlock(s, t, LOCK_ORPHANS);
	RETURN(V(2));
	END
}

/* hk_thread_attach() */
FN(attach)
{
	BEGIN
	LOCK(LOCK_ORPHANS);
	/* orphan_pop() */
	V(0) = load(s, t, &s->orphans, false);
	if (V(0)) {
		rd(s, t, &s->all);
		store(s, t, &s->orphans, s->next_orphan[V(0) - 1], false);
		STEP;
		store(s, t, &s->orphan[V(0) - 1], 0, false);
	} else {
		wr(s, t, &s->all);	/* heap_new() */
		must(s->heaps < HEAPS, "the model has too few heaps");
		V(0) = ++s->heaps;
		wr(s, t, &s->heap[V(0) - 1]);
	}
	unlock(s, t, LOCK_ORPHANS);
	s->threads[t].heap = V(0);
	RETURN(0);
	END
}

/* hk_thread_detach(): v[0] heap */
FN(detach)
{
	BEGIN
	V(0) = (num)MY_HEAP;
	/* hk_heap_flush() */
	CALL(F_LEAVE, V(0), 0);
	CALL(F_SEND, V(0), 0);
	CALL(F_DRAIN, V(0), 0);
	rd(s, t, &s->heap[V(0)]);
	V(1) = s->head[V(0)];
	while (V(1)) {			/* flush_kept() */
		rd(s, t, &s->links[V(1) - 1]);
		V(2) = s->next[V(1) - 1];
		rd(s, t, &s->desc[V(1) - 1]);
		if (!s->count[V(1) - 1]) {
			heap_unlist(s, t, V(0), V(1) - 1);
			CALL(F_RETIRE, V(0), V(1) - 1);
		}
		V(1) = V(2);
	}
	CALL(F_UNPARK, V(0), 0);	/* give_empties() */
	V(1) = RET;
	if (V(1))
		CALL(F_GIVE, V(1) - 1, 0);
	s->threads[t].heap = 0;
	LOCK(LOCK_ORPHANS);
	/* orphan_push() */
	V(1) = load(s, t, &s->orphans, false);
	wr(s, t, &s->all);
	s->next_orphan[V(0)] = V(1);
	store(s, t, &s->orphan[V(0)], 1, false);
	STEP;
	store(s, t, &s->orphans, (num)(V(0) + 1), false);
	unlock(s, t, LOCK_ORPHANS);
	RETURN(0);
	END
}

/* ---- background.c ---- */

/*
 * tend_heap() of all heaps but its own: v[0] heap + 1.  It may come at any
 * time, whether the heap is idle or not.
 */
FN(background)
{
	BEGIN
	LOCK(LOCK_ORPHANS);		/* hk_heaps_first() */
	rd(s, t, &s->all);
	V(0) = s->heaps;
	unlock(s, t, LOCK_ORPHANS);
	for (; V(0); V(0)--) {
		if (V(0) == s->threads[t].heap)
			continue;
		CALL(F_UNPARK, V(0) - 1, 0);
		V(1) = RET;
		if (V(1))
			CALL(F_GIVE, V(1) - 1, 0);
		STEP;			/* hk_remote_rob() */
		if (load(s, t, &s->inbox[V(0) - 1], false))
			CALL(F_ROB, MY_HEAP, V(0) - 1);
	}
	RETURN(0);
	END
}

/* ---- programs ---- */

/*
 * A thread's script: pairs of a letter and a digit.
 *
 *   m0  slot 0 = malloc()     f0  free(slot 0)
 *   g0  give slot 0 away as mail 0     w0  wait for mail 0, into slot 0
 *   b   what the background thread does in a round
 *   x   the thread ends; what follows is a new one
 */
static const char *const *scripts;

FN(script)
{
	const char *op = scripts[t] + s->threads[t].op * 2;

	BEGIN
	if (!*op)
		return false;
	V(0) = (num)(op[1] - '0');
	s->threads[t].op++;
	V(1) = (num)op[0];
	if (!s->threads[t].heap && V(1) != 'g' && V(1) != 'w' && V(1) != 'x')
		CALL(F_ATTACH, 0, 0);
	if (V(1) == 'm') {
		CALL(F_MALLOC, 0, 0);
		V(2) = RET;
		must(!s->held[V(2) - 1], "a block was handed out twice");
		s->held[V(2) - 1] = 1;
		wr(s, t, &s->block[V(2) - 1]);	/* the program writes */
		s->threads[t].slots[V(0)] = V(2);
	} else if (V(1) == 'f') {
		V(2) = s->threads[t].slots[V(0)];
		must(s->held[V(2) - 1], "the script frees what it has not");
		s->held[V(2) - 1] = 0;
		s->threads[t].slots[V(0)] = 0;
		wr(s, t, &s->block[V(2) - 1]);
		CALL(F_FREE, V(2) - 1, 0);
	} else if (V(1) == 'g') {
		STEP;
		store(s, t, &s->mail[V(0)], s->threads[t].slots[V(0)], true);
		s->threads[t].slots[V(0)] = 0;
	} else if (V(1) == 'w') {
		s->threads[t].wants_mail = (num)(V(0) + 1);
		STEP;
		V(2) = latest(&s->mail[V(0)]);
		learn(s, t, s->mail[V(0)].stores[s->mail[V(0)].n - 1]
				    .released);
		s->threads[t].slots[V(0)] = V(2);
		wr(s, t, &s->block[V(2) - 1]);
	} else if (V(1) == 'b') {
		CALL(F_BACKGROUND, 0, 0);
	} else {
		CALL(F_DETACH, 0, 0);
	}
	memset(f, 0, sizeof(*f));	/* from the top: the next one */
	return true;
	END
}

static bool (*const functions[FUNCTIONS])(struct system *s, int t,
	struct frame *f) = {
	[F_SCRIPT] = script, [F_MALLOC] = model_malloc, [F_FREE] = model_free,
	[F_REFILL] = refill, [F_LEAVE] = leave, [F_EVENT] = event,
	[F_SPLICE] = splice, [F_RETIRE] = retire, [F_TAKE_OVER] = take_over,
	[F_SEND] = send, [F_CLAIM] = claim, [F_HAND_OVER] = hand_over,
	[F_PUSH] = push, [F_ROB] = rob, [F_DRAIN] = drain, [F_UNROB] = unrob,
	[F_STEAL] = steal, [F_ATTACH] = attach, [F_DETACH] = detach,
	[F_ROB_LIST] = rob_list, [F_ROB_UNLIST] = rob_unlist,
	[F_BACKGROUND] = background, [F_UNPARK] = unpark, [F_GIVE] = give,
};

/* ---- one step of a thread ---- */

static bool is_done(const struct system *s, int t)
{
	const struct thread *th = &s->threads[t];

	return th->depth == 1 && !th->stack[0].pc &&
	       !scripts[t][th->op * 2];
}

static bool can_step(const struct system *s, int t)
{
	const struct thread *th = &s->threads[t];

	if (is_done(s, t))
		return false;
	if (th->wants_lock)
		return !s->locks[th->wants_lock - 1].holder;
	return !th->wants_mail || latest(&s->mail[th->wants_mail - 1]);
}

static void step(struct system *s, int t)
{
	struct thread *th = &s->threads[t];
	struct frame *f;

	th->wants_lock = th->wants_mail = 0;
	do {
		if (is_done(s, t))
			return;
		f = &th->stack[th->depth - 1];
	} while (functions[f->fn](s, t, f));
}

/* ---- what must hold in the end ---- */

static void count_list(const struct system *s, num first, num *where)
{
	for (int n = 0; first; n++) {
		must(n < BLOCKS, "a list goes round");
		where[first - 1]++;
		first = s->link[first - 1];
	}
}

/* Counts a chain of `n` blocks, all of one slab. */
static void count_chain(const struct system *s, num first, num n, num second,
	num *where)
{
	where[first]++;
	for (num b = second; n > 1; n--) {
		must(b && slab_of(b - 1) == slab_of(first),
			"a chain of blocks of two slabs");
		where[b - 1]++;
		b = s->link[b - 1];
	}
}

static void check_lists(const struct system *s, num *listed)
{
	for (int h = 0; h < s->heaps; h++) {
		num prev = 0;

		for (num d = s->head[h]; d; d = s->next[d - 1]) {
			must(listed[d - 1]++ == 0, "a slab is in two lists");
			must(s->prev[d - 1] == prev, "a list is torn");
			must(latest(&s->owner[d - 1]) == h + 1,
				"a slab is in the list of another heap");
			prev = d;
		}
		must(s->tail[h] == prev, "a list is torn");
	}
}

static void count_blocks(const struct system *s, num *where)
{
	for (int h = 0; h < s->heaps; h++) {
		num b = latest(&s->inbox[h]);

		for (; b; b = s->link[b - 1])
			count_chain(s, (num)(b - 1), s->chained[b - 1],
				s->second[b - 1], where);
		if (s->chain_slab[h])
			count_chain(s, s->chain_first[h], s->chain_count[h],
				s->link[s->chain_first[h]], where);
		for (num d = latest(&s->robbed[h]); d;
			d = s->rob_next[d - 1]) {
			must(latest(&s->owner[d - 1]) == h + 1,
				"robbed of a slab of another heap");
			count_chain(s, s->rob_first[d - 1],
				s->rob_count[d - 1],
				s->link[s->rob_first[d - 1]], where);
		}
	}
	for (int b = 0; b < BLOCKS; b++)
		where[b] = (num)(where[b] + s->held[b]);
}

static void check_slab(const struct system *s, int d, const num *where,
	bool listed)
{
	num state = latest(&s->state[d]), in_slab[BLOCKS] = { 0 }, n = 0;
	num out = s->count[d];
	bool current = false;

	count_list(s, s->freed[d], in_slab);
	for (int b = d * CAP; b < d * CAP + CAP; b++) {
		num is = b < d * CAP + s->carved[d];

		must(where[b] + in_slab[b] >= is, "a block is lost");
		must(where[b] + in_slab[b] <= is, "a block is in two places");
		n = (num)(n + in_slab[b]);
	}
	for (int t = 0; t < THREADS; t++)
		if (s->threads[t].current == d + 1) {
			must(!current, "a slab is current twice");
			must(latest(&s->owner[d]) == s->threads[t].heap,
				"a slab is current in another heap");
			current = true;
		}
	must(current == (state == CURRENT), "a current slab is not that");
	must(listed == (state == USABLE), "a usable slab is not listed");
	if (state == CURRENT)
		out--;
	else if (state == FULL)
		out = (num)(CAP - WAKE + out);
	else
		must(state == USABLE, "a slab's state is none");
	must(out == s->carved[d] - n, "a slab's count is wrong");
}

static void check_end(const struct system *s)
{
	num listed[SLABS] = { 0 }, pool[SLABS] = { 0 }, where[BLOCKS] = { 0 };

	check_lists(s, listed);
	count_blocks(s, where);
	for (num d = s->pool; d; d = s->next[d - 1])
		must(pool[d - 1]++ == 0, "a slab is in the arena twice");
	for (int h = 0; h < HEAPS; h++)
		if (latest(&s->parked[h]))
			must(pool[latest(&s->parked[h]) - 1]++ == 0,
				"a slab is parked, and elsewhere");
	for (int d = 0; d < SLABS; d++) {
		must((latest(&s->owner[d]) == 0) == pool[d],
			"a slab is lost, or nobody's");
		if (pool[d])
			must(!listed[d], "a slab of the arena is listed");
		else
			check_slab(s, d, where, listed[d]);
	}
	for (int l = 0; l < 2 + HEAPS; l++)
		must(!s->locks[l].holder, "a lock is held");
}

/* ---- all interleavings ---- */

#define TABLE	(1u << 23)

static uint64_t *visited;
static uint32_t states;
static uint64_t ends;

static uint64_t hash(const struct system *s)
{
	const unsigned char *bytes = (const unsigned char *)s;
	uint64_t h = 0x9e3779b97f4a7c15u, word;
	size_t i = 0;

	for (; i + 8 <= sizeof(*s); i += 8) {
		memcpy(&word, bytes + i, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	for (; i < sizeof(*s); i++)
		h = (h ^ bytes[i]) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 29;
	return h ? h : 1;
}

/* True where the state is new. */
static bool visit(const struct system *s)
{
	uint64_t h = hash(s);
	uint32_t i = (uint32_t)h & (TABLE - 1);

	while (visited[i]) {
		if (visited[i] == h)
			return false;
		i = (i + 1) & (TABLE - 1);
	}
	visited[i] = h;
	must(++states < TABLE / 4 * 3, "too many states for the table");
	return true;
}

static void explore(const struct system *s)
{
	uint8_t my_choices[16] = { 0 }, my_ranges[16] = { 0 };
	bool stepped = false;

	if (!visit(s))
		return;
	for (int t = 0; t < THREADS; t++) {
		int my_known = 0;
		bool more = true;

		if (!can_step(s, t))
			continue;
		stepped = true;
		while (more) {
			struct system after = *s;

			memcpy(choices, my_choices, sizeof(choices));
			memcpy(ranges, my_ranges, sizeof(ranges));
			known = my_known;
			made = 0;
			step(&after, t);
			more = next_choices();
			memcpy(my_choices, choices, sizeof(choices));
			memcpy(my_ranges, ranges, sizeof(ranges));
			my_known = known;
			explore(&after);
		}
	}
	if (stepped)
		return;
	for (int t = 0; t < THREADS; t++)
		must(is_done(s, t), "a deadlock");
	ends++;
	check_end(s);
}

static void start(struct system *s)
{
	memset(s, 0, sizeof(*s));
	for (int t = 0; t < THREADS; t++) {
		s->threads[t].depth = 1;
		s->clocks[t][t] = 1;
	}
	for (int d = 0; d < SLABS; d++) {
		s->owner[d].n = s->state[d].n = 1;
		s->next[d] = (num)(d + 1 < SLABS ? d + 2 : 0);
	}
	s->pool = 1;
	for (int h = 0; h < HEAPS; h++)
		s->inbox[h].n = s->robbed[h].n = s->orphan[h].n =
			s->parked[h].n = 1;
	for (int m = 0; m < MAILS; m++)
		s->mail[m].n = 1;
	s->orphans.n = 1;
}

/* NULL, or what was wrong. */
static const char *try(const char *const *what)
{
	static struct system s;

	memset(visited, 0, TABLE * sizeof(visited[0]));
	states = 0;
	ends = 0;
	error = NULL;
	scripts = what;
	parking = false;
	for (int t = 0; t < THREADS; t++)
		parking |= strchr(what[t], 'b') != NULL;
	start(&s);
	if (!setjmp(found))
		explore(&s);
	return error;
}

/* ---- the programs that are tried ---- */

static const struct {
	const char *name;
	const char *scripts[THREADS];
} programs[] = {
	{ "a whole slab freed elsewhere while its owner leaves it",
		{ "m0m1g0g1m2f2x ", "w0w1f0f1m2x ", "" } },
	{ "the owner ends, another thread has its blocks",
		{ "m0m1g0g1x ", "w0f0w1f1m2f2x ", "" } },
	{ "two senders, an owner that may be robbed",
		{ "m0m1g0g1m2", "w0f0x ", "w1f1x " } },
	{ "an orphan is adopted while its blocks come back",
		{ "m0m1g0g1x ", "w0f0", "w1f1m2x " } },
	{ "an inbox is robbed by a thread that sent nothing",
		{ "m0m1g0g1m2", "w0f0w1f1", "b x " } },
	{ "parked slabs are taken while their owner parks and wants them",
		{ "m0m1m2m3m4f0f1f2f3m0m1m2m3", "b b ", "" } },
};

static int run_right(void)
{
	int failed = 0;

	mistake = RIGHT;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const char *what = try(programs[i].scripts);

		printf("%s: %u states, %llu ends%s%s\n", programs[i].name,
			states, (unsigned long long)ends,
			what ? ", WRONG: " : "", what ? what : "");
		fflush(stdout);
		failed += what != NULL || !ends;
	}
	return failed;
}

static int run_mistakes(void)
{
	int missed = 0;

	for (int m = RIGHT + 1; m < MISTAKES; m++) {
		const char *what = NULL;
		size_t i = 0;

		mistake = (enum mistake)m;
		while (!what && i < sizeof(programs) / sizeof(programs[0]))
			what = try(programs[i++].scripts);
		printf("mistake \"%s\": %s\n", mistake_names[m],
			what ? what : "NOT FOUND");
		fflush(stdout);
		missed += !what;
	}
	return missed;
}

int main(void)
{
	int bad;

	visited = calloc(TABLE, sizeof(visited[0]));
	if (!visited)
		return 99;
	bad = run_right();
	bad += run_mistakes();
	free(visited);
	return bad != 0;
}
