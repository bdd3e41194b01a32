/* SPDX-License-Identifier: MIT */
/*
 * Blocks freed by threads that do not own them: chains in heaps and
 * inboxes, slabs that change hands, owners that do not look, and orphans.
 *
 * Threads take turns: the other thread of a test does one thing at a time,
 * when it is told to.  The last test lets them run free.
 */
#include "unit.h"

#include "api/alloc.h"
#include "heap/remote.h"
#include "heap/thread.h"
#include "slab/run.h"

#include <semaphore.h>

#define SIZE_HERE	((size_t)1024)

/* ---- a thread on a string ---- */

struct puppet {
	pthread_t thread;
	sem_t go, done;
	void (*act)(void *arg);		/* NULL: end */
	void *arg;
	struct hk_heap *heap;		/* after its first act */
};

static void *live(void *arg)
{
	struct puppet *p = arg;

	for (;;) {
		sem_wait(&p->go);
		if (!p->act)
			return NULL;
		p->act(p->arg);
		p->heap = hk_tls.heap;
		sem_post(&p->done);
	}
}

static void bring(struct puppet *p)
{
	assert_int_equal(sem_init(&p->go, 0, 0), 0);
	assert_int_equal(sem_init(&p->done, 0, 0), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, live, p), 0);
}

static void let(struct puppet *p, void (*act)(void *arg), void *arg)
{
	p->act = act;
	p->arg = arg;
	sem_post(&p->go);
	sem_wait(&p->done);
}

static void end(struct puppet *p)
{
	p->act = NULL;
	sem_post(&p->go);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	sem_destroy(&p->go);
	sem_destroy(&p->done);
}

/* ---- acts ---- */

#define MANY	1500

/* Three times what may wait in an inbox. */
#define SLABS	(768 * HK_KIB / HK_UNIT)

static void *blocks[MANY];
static size_t n_blocks;

static void take_n(void *arg)
{
	n_blocks = *(size_t *)arg;
	for (size_t i = 0; i < n_blocks; i++) {
		blocks[i] = hk_malloc(SIZE_HERE);
		CHECK(blocks[i] != NULL);
		pattern_fill(blocks[i], 0, SIZE_HERE, i);
	}
}

static void free_one(void *arg)
{
	hk_free(arg);
}

static void free_all(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < n_blocks; i++)
		hk_free(blocks[i]);
	n_blocks = 0;
}

static void send_all(void *arg)
{
	(void)arg;
	hk_remote_send_all(hk_tls.heap);
}

static void drain(void *arg)
{
	(void)arg;
	hk_remote_drain(hk_tls.heap);
}

static void flush(void *arg)
{
	(void)arg;
	hk_heap_flush(hk_tls.heap);
}

static void nothing(void *arg)
{
	hk_free(hk_malloc(16));
	(void)arg;
}

/* ---- what the test looks at ---- */

static struct hk_desc *slab(size_t i)
{
	return hk_desc_of(blocks[i]);
}

static bool inbox_empty(struct hk_heap *heap)
{
	return !atomic_load(&heap->inbox);
}

static size_t owned_by(const struct hk_heap *heap)
{
	size_t n = 0, units = hk_arena_span() >> HK_UNIT_SHIFT;

	for (uint32_t i = 1; i < units; i++)
		n += hk_desc_owner(hk_desc_at(i)) == heap;
	return n;
}

static size_t out_of(const struct hk_heap *heap)
{
	size_t n = 0, units = hk_arena_span() >> HK_UNIT_SHIFT;

	for (uint32_t i = 1; i < units; i++)
		if (hk_desc_owner(hk_desc_at(i)) == heap)
			n += hk_slab_out(hk_desc_at(i));
	return n;
}

static size_t capacity(void)
{
	return hk_class_capacity(hk_class_of(SIZE_HERE));
}

/* ---- tests ---- */

/* Freed here, kept in a chain, sent, fetched: counted right all the way. */
static void there_and_back(void **state)
{
	size_t n = 20;
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	assert_ptr_not_equal(p.heap, hk_tls.heap);
	assert_int_equal(out_of(p.heap), 20);
	for (size_t i = 0; i < 5; i++) {
		hk_free(blocks[i]);
		assert_true(hk_block_marked(blocks[i]));
		assert_true(hk_remote_has(hk_tls.heap, slab(i), blocks[i]));
	}
	assert_false(hk_remote_has(hk_tls.heap, slab(7), blocks[7]));
	assert_int_equal(hk_tls.heap->chain_bytes, 5 * SIZE_HERE);
	assert_true(inbox_empty(p.heap));
	/* In a chain they are out for their owner. */
	assert_int_equal(out_of(p.heap), 20);

	hk_remote_send_all(hk_tls.heap);
	assert_int_equal(hk_tls.heap->chain_bytes, 0);
	assert_false(inbox_empty(p.heap));
	assert_false(hk_remote_has(hk_tls.heap, slab(0), blocks[0]));
	assert_int_equal(out_of(p.heap), 20);
	/* A chain of one block, and two more in front of the first. */
	hk_free(blocks[5]);
	hk_remote_send_all(hk_tls.heap);
	hk_free(blocks[6]);
	hk_free(blocks[7]);
	hk_remote_send_all(hk_tls.heap);
	assert_int_equal(out_of(p.heap), 20);
	let(&p, drain, NULL);
	assert_true(inbox_empty(p.heap));
	assert_int_equal(out_of(p.heap), 12);
	hk_slab_verify(slab(0));
	for (size_t i = 8; i < 20; i++) {
		CHECK_PATTERN(blocks[i], 0, SIZE_HERE, i);
		hk_free(blocks[i]);
	}
	hk_remote_send_all(hk_tls.heap);
	let(&p, drain, NULL);
	assert_int_equal(out_of(p.heap), 0);
	let(&p, flush, NULL);
	assert_int_equal(owned_by(p.heap), 0);
	end(&p);
}

/* Two slabs that use one place of the cache: the older chain is sent. */
static void conflict(void **state)
{
	size_t n = (HK_CHAINS + 2) * capacity(), other = 0;
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	for (size_t i = 0; i < n; i++)
		if (slab(i) != slab(0) && (hk_desc_index(slab(i)) -
						  hk_desc_index(slab(0))) %
						 HK_CHAINS == 0)
			other = i;
	assert_int_not_equal(other, 0);
	hk_free(blocks[0]);
	assert_true(inbox_empty(p.heap));
	hk_free(blocks[other]);
	assert_false(inbox_empty(p.heap));
	assert_true(hk_remote_has(hk_tls.heap, slab(other), blocks[other]));
	assert_int_equal(hk_tls.heap->chain_bytes, SIZE_HERE);
	blocks[0] = blocks[other] = NULL;
	free_all(NULL);
	hk_heap_flush(hk_tls.heap);
	let(&p, flush, NULL);
	assert_int_equal(out_of(p.heap), 0);
	end(&p);
}

/* All blocks of a full slab in one hand: the slab comes along. */
static void taking_over(void **state)
{
	size_t n = 2 * capacity();
	uint64_t retired;
	struct hk_desc *d;
	struct puppet p;
	void *first;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	hk_heap_flush(hk_tls.heap);
	retired = atomic_load(&hk_tls.heap->counts.retired);
	d = slab(0);
	assert_int_equal(hk_desc_state(d), HK_SLAB_FULL);
	for (size_t i = 0; i < n; i++)
		if (slab(i) == d)
			hk_free(blocks[i]);
	assert_true(inbox_empty(p.heap));
	assert_ptr_equal(hk_desc_owner(d), hk_tls.heap);
	assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
	assert_int_equal(hk_slab_out(d), 0);
	hk_slab_verify(d);
	hk_heap_verify(hk_tls.heap);
	/* The first is kept for use; the next is one too many. */
	first = hk_malloc(SIZE_HERE);
	assert_ptr_equal(hk_desc_of(first), d);
	hk_free(first);
	assert_int_equal(atomic_load(&hk_tls.heap->counts.retired), retired);
	/* The owner's current slab is not full yet, whoever has its blocks. */
	d = slab(n - 1);
	assert_int_equal(hk_desc_state(d), HK_SLAB_CURRENT);
	for (size_t i = 0; i < n; i++)
		if (slab(i) == d)
			hk_free(blocks[i]);
	assert_ptr_equal(hk_desc_owner(d), p.heap);
	assert_false(inbox_empty(p.heap));
	let(&p, drain, NULL);
	assert_int_equal(out_of(p.heap), 0);
	let(&p, flush, NULL);
	end(&p);
	hk_heap_flush(hk_tls.heap);
}

/* Every second block, so that no chain is complete. */
static void scatter(size_t from)
{
	for (size_t i = from; i < n_blocks; i += 2)
		hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
}

/*
 * An owner that does not look: when too much waits, the sender sorts it, and
 * slabs all of whose blocks have come become his.
 */
static void robbing(void **state)
{
	size_t n = SLABS * capacity(), left;
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	assert_int_equal(owned_by(p.heap), SLABS);
	scatter(0);
	assert_int_equal(owned_by(p.heap), SLABS);
	scatter(1);
	/* Of 768 KiB freed, at most 256 wait; the rest was sorted. */
	left = owned_by(p.heap);
	assert_true(left < SLABS);
	assert_true(atomic_load(&p.heap->inbox_bytes) <= 256 * HK_KIB);
	hk_heap_verify(hk_tls.heap);
	/* What was robbed of other slabs, the owner gets. */
	let(&p, drain, NULL);
	assert_int_equal(out_of(p.heap), 0);
	assert_int_equal(atomic_load(&p.heap->robbed), 0);
	let(&p, flush, NULL);
	assert_int_equal(owned_by(p.heap), 0);
	end(&p);
	hk_heap_flush(hk_tls.heap);
	assert_int_equal(owned_by(hk_tls.heap), 0);
	hk_run_verify();
}

/* Robbed of, and then an orphan: the next owner finds all of it. */
static void robbed_orphan(void **state)
{
	size_t n = SLABS * capacity();
	struct hk_heap *victim;
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	for (size_t i = 0; i < n; i++)
		if (i % 3)
			hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
	victim = p.heap;
	assert_int_not_equal(atomic_load(&victim->robbed), 0);
	end(&p);
	assert_true(atomic_load(&victim->orphan));
	assert_int_equal(atomic_load(&victim->robbed), 0);
	assert_int_equal(out_of(victim), n / 3);
	for (size_t i = 0; i < n; i += 3) {
		CHECK_PATTERN(blocks[i], 0, SIZE_HERE, i);
		hk_free(blocks[i]);
	}
	hk_heap_flush(hk_tls.heap);
	assert_int_equal(owned_by(victim), 0);
	assert_int_equal(owned_by(hk_tls.heap), 0);
}

/* A block of a slab whose heap has no thread: the slab becomes ours. */
static void claiming(void **state)
{
	size_t n = capacity() + 10, out;
	struct hk_heap *orphan;
	struct hk_desc *d;
	struct puppet p;

	(void)state;
	hk_heap_flush(hk_tls.heap);
	bring(&p);
	let(&p, take_n, &n);
	orphan = p.heap;
	end(&p);
	assert_true(atomic_load(&orphan->orphan));
	assert_int_equal(out_of(orphan), n);
	/* A full slab */
	d = slab(0);
	hk_free(blocks[0]);
	hk_remote_send_all(hk_tls.heap);
	assert_ptr_equal(hk_desc_owner(d), hk_tls.heap);
	out = hk_slab_out(d);
	assert_int_equal(out, capacity() - 1);
	/* and a usable one */
	d = slab(n - 1);
	hk_free(blocks[n - 1]);
	hk_remote_send_all(hk_tls.heap);
	assert_ptr_equal(hk_desc_owner(d), hk_tls.heap);
	assert_int_equal(hk_slab_out(d), 9);
	hk_heap_verify(hk_tls.heap);
	assert_int_equal(owned_by(orphan), 0);
	for (size_t i = 1; i < n - 1; i++) {
		CHECK_PATTERN(blocks[i], 0, SIZE_HERE, i);
		hk_free(blocks[i]);
	}
	hk_heap_flush(hk_tls.heap);
	assert_int_equal(owned_by(hk_tls.heap), 0);
}

/* A chain under way to a heap that has lost the slab: it is forwarded. */
static void forwarding(void **state)
{
	size_t n = capacity() / 2;
	struct hk_heap *first;
	struct puppet p, q;

	(void)state;
	bring(&p);
	bring(&q);
	let(&p, take_n, &n);
	first = p.heap;
	hk_free(blocks[0]);
	hk_remote_send_all(hk_tls.heap);
	assert_false(inbox_empty(first));
	/* Ours is in the inbox; put it back there after the slab is gone. */
	let(&p, drain, NULL);
	let(&q, nothing, NULL);
	hk_free(blocks[1]);
	end(&p);
	/* q takes the slab from the orphan with a block of its own. */
	let(&q, free_one, blocks[2]);
	let(&q, send_all, NULL);
	assert_ptr_equal(hk_desc_owner(slab(3)), q.heap);
	/* Now the chain goes to q, not to the orphan. */
	hk_remote_send_all(hk_tls.heap);
	assert_true(inbox_empty(first));
	assert_false(inbox_empty(q.heap));
	let(&q, drain, NULL);
	assert_int_equal(out_of(q.heap), n - 3);
	for (size_t i = 3; i < n; i++)
		hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
	let(&q, flush, NULL);
	assert_int_equal(owned_by(q.heap), 0);
	end(&q);
}

/* Takes a slab from a heap whose thread sleeps, as if that were an orphan. */
struct hand_over {
	struct hk_heap *from;
	struct hk_desc *d;
};

static void hand_over(void *arg)
{
	struct hand_over *h = arg;

	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	hk_remote_hand_over(h->from, h->d, hk_tls.heap);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
}

/* Two owners: the first has `n` blocks, the second none yet. */
static void bring_two(struct puppet *p, struct puppet *q, size_t *n)
{
	bring(p);
	bring(q);
	let(p, take_n, n);
	let(q, nothing, NULL);
}

/* With all blocks freed, nobody owns anything. */
static void end_two(struct puppet *p, struct puppet *q)
{
	hk_heap_flush(hk_tls.heap);
	let(p, flush, NULL);
	let(q, flush, NULL);
	assert_int_equal(owned_by(p->heap), 0);
	assert_int_equal(owned_by(q->heap), 0);
	end(p);
	end(q);
}

/* The slab goes while a chain waits in the inbox: the drain forwards it. */
static void moved_before_drain(void **state)
{
	size_t n = 2 * capacity();
	struct puppet p, q;
	struct hand_over h;

	(void)state;
	bring_two(&p, &q, &n);
	hk_free(blocks[0]);
	hk_free(blocks[1]);
	hk_remote_send_all(hk_tls.heap);
	h = (struct hand_over){ p.heap, slab(0) };
	let(&q, hand_over, &h);
	assert_ptr_equal(hk_desc_owner(h.d), q.heap);
	assert_true(inbox_empty(q.heap));
	let(&p, drain, NULL);
	assert_false(inbox_empty(q.heap));
	assert_int_equal(hk_slab_out(h.d), capacity());
	let(&q, drain, NULL);
	assert_int_equal(hk_slab_out(h.d), capacity() - 2);
	hk_slab_verify(h.d);
	blocks[0] = blocks[1] = NULL;
	free_all(NULL);
	end_two(&p, &q);
}

/* The same where a sender comes to sort the inbox. */
static void moved_before_robbery(void **state)
{
	size_t n = SLABS * capacity();
	struct puppet p, q;
	struct hand_over h;

	(void)state;
	bring_two(&p, &q, &n);
	hk_free(blocks[0]);
	hk_remote_send_all(hk_tls.heap);
	h = (struct hand_over){ p.heap, slab(0) };
	let(&q, hand_over, &h);
	for (size_t i = 2; i < n; i++)
		if (i % 3 && slab(i) != h.d)
			hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
	assert_int_not_equal(atomic_load(&p.heap->robbed), 0);
	assert_int_equal(h.d->rob_count, 0);
	assert_false(inbox_empty(q.heap));
	let(&q, drain, NULL);
	assert_int_equal(hk_slab_out(h.d), capacity() - 1);
	hk_slab_verify(h.d);
	for (size_t i = 1; i < n; i++)
		if (i == 1 || i % 3 == 0 || slab(i) == h.d)
			hk_free(blocks[i]);
	end_two(&p, &q);
}

/* What was robbed of a slab goes with it. */
static void moved_after_robbery(void **state)
{
	size_t n = SLABS * capacity(), robbed, out;
	struct hand_over h = { NULL, NULL };
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	for (size_t i = 0; i < n; i++)
		if (i % 3)
			hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
	for (size_t i = 0; i < n; i += 3)
		if (slab(i)->rob_count)
			h.d = slab(i);
	assert_non_null(h.d);
	h.from = p.heap;
	robbed = h.d->rob_count;
	out = hk_slab_out(h.d);
	hand_over(&h);
	assert_int_equal(h.d->rob_count, 0);
	assert_ptr_equal(hk_desc_owner(h.d), hk_tls.heap);
	assert_int_equal(hk_slab_out(h.d), out - robbed);
	hk_slab_verify(h.d);
	for (uint32_t i = atomic_load(&p.heap->robbed); i;
		i = hk_desc_at(i)->rob_next) {
		assert_ptr_not_equal(hk_desc_at(i), h.d);
		assert_ptr_equal(hk_desc_owner(hk_desc_at(i)), p.heap);
	}
	for (size_t i = 0; i < n; i += 3)
		hk_free(blocks[i]);
	hk_heap_flush(hk_tls.heap);
	let(&p, flush, NULL);
	hk_heap_flush(hk_tls.heap);
	assert_int_equal(owned_by(p.heap), 0);
	assert_int_equal(owned_by(hk_tls.heap), 0);
	end(&p);
}

/* A chain that reached an orphan's inbox: its last slab is not kept. */
static void emptied_orphan(void **state)
{
	size_t n = 10;
	struct hk_heap *orphan;
	struct puppet p;

	(void)state;
	bring(&p);
	let(&p, take_n, &n);
	orphan = p.heap;
	end(&p);
	/* As if the sender had looked just before the thread's end. */
	atomic_store(&orphan->orphan, false);
	free_all(NULL);
	hk_remote_send_all(hk_tls.heap);
	atomic_store(&orphan->orphan, true);
	assert_false(inbox_empty(orphan));
	assert_int_equal(out_of(orphan), 10);
	hk_orphans_trim();
	assert_int_equal(owned_by(orphan), 0);
	assert_int_equal(orphan->empties, 0);
	assert_int_equal(orphan->empties_given, 0);
}

/* What is written into a block on its way is found when it arrives. */
static void forge(void *arg)
{
	size_t n = 30;
	struct puppet p;
	uintptr_t *words;

	bring(&p);
	let(&p, take_n, &n);
	words = blocks[3];
	hk_free(blocks[2]);
	hk_free(blocks[3]);
	hk_remote_send_all(hk_tls.heap);
	hk_note_open(words, 16);
	words[*(int *)arg] = 0x4242424242424242;
	let(&p, drain, NULL);
}

static void forged(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_dies(forge, &i, "corrupted free list at 0x");
}

/* ---- all at once ---- */

#define THREADS	4
#define RING	256

struct slot {
	_Atomic(unsigned char *) block;
};

static struct slot ring[THREADS][RING];

/* Takes what others left in a slot, checks it, leaves another. */
static void *trade(void *arg)
{
	unsigned int me = *(unsigned int *)arg;
	size_t steps = check_count(150000);
	uint64_t seed = me + 5;

	for (size_t i = 0; i < steps; i++) {
		size_t to = random_below(&seed, THREADS);
		struct slot *slot = &ring[to][random_below(&seed, RING)];
		size_t size = random_below(&seed, 4) ? 700 + me : 32 + me;
		unsigned char *p = hk_malloc(size);

		CHECK(p != NULL);
		p[0] = (unsigned char)(me + 1);
		p[1] = (unsigned char)(size & 0xff);
		p[size - 1] = (unsigned char)(me + 1);
		p = atomic_exchange(&slot->block, p);
		if (!p)
			continue;
		size = (p[1] >= 0xbc && p[1] <= 0xbf ? 700u : 32u) + p[0] - 1;
		CHECK_EQ(p[1], size & 0xff);
		CHECK_EQ(p[size - 1], p[0]);
		p[0] = p[size - 1] = 0;
		hk_free(p);
		if (i % 20000 == 19999)
			hk_heap_verify(hk_tls.heap);
	}
	return NULL;
}

static void trading(void **state)
{
	unsigned int numbers[THREADS] = { 0, 1, 2, 3 };

	(void)state;
	for (int round = 0; round < 3; round++)
		unit_threads(THREADS, trade, numbers, sizeof(numbers[0]));
	for (size_t t = 0; t < THREADS; t++)
		for (size_t i = 0; i < RING; i++)
			hk_free(atomic_exchange(&ring[t][i].block, NULL));
	/* A chain may be forwarded from one heap to another. */
	for (int i = 0; i < 4; i++) {
		hk_orphans_trim();
		hk_heap_flush(hk_tls.heap);
	}
	/* Everything came back: no slab is anybody's. */
	for (uint32_t i = 1; i < hk_arena_span() >> HK_UNIT_SHIFT; i++)
		assert_null(hk_desc_owner(hk_desc_at(i)));
	hk_run_verify();
}

static int set_up(void **state)
{
	nothing(NULL);
	(void)state;
	unit_own_heaps();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(conflict),
		cmocka_unit_test(taking_over),
		cmocka_unit_test(robbing),
		cmocka_unit_test(robbed_orphan),
		cmocka_unit_test(claiming),
		cmocka_unit_test(forwarding),
		cmocka_unit_test(moved_before_drain),
		cmocka_unit_test(moved_before_robbery),
		cmocka_unit_test(moved_after_robbery),
		cmocka_unit_test(emptied_orphan),
		cmocka_unit_test(forged),
		cmocka_unit_test(trading),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
