/* SPDX-License-Identifier: MIT */
/*
 * remote.c - see remote.h.
 */
#include "heap/remote.h"

#include "heap/thread.h"
#include "slab/due.h"

/* Bytes of chains that a heap may hold back, and refills it may hold one. */
#define CHAINS_MAX_BYTES	(256 * HK_KIB)
#define CHAIN_MAX_AGE		16

/* An inbox this full has an owner that does not look: it is robbed. */
#define INBOX_MAX_BYTES		(256 * HK_KIB)

/* ---- a chain as it travels ---- */

static uint16_t place_of(const struct hk_block *b)
{
	return (uint16_t)(((uintptr_t)b & (HK_UNIT - 1)) / 16);
}

static struct hk_block *block_at(const struct hk_desc *d, uintptr_t place)
{
	return (struct hk_block *)(hk_desc_start(d) + (place & 0xffff) * 16);
}

static void pack(struct hk_chain *c)
{
	struct hk_block *first = c->first;
	uintptr_t second = place_of(c->count > 1 ? hk_block_next(first) :
						   first);

	hk_note_open(first, sizeof(*first));
	first->mark = (second | (uintptr_t)place_of(c->last) << 16 |
		       (uintptr_t)c->count << 32) ^ hk_arena.mark_key;
}

/* Puts a packed chain before the one whose first block is `next`. */
static void pack_next(struct hk_block *first, uintptr_t next)
{
	hk_note_open(first, sizeof(*first));
	first->link = hk_link_encode((void *)next);
	hk_note_close(first, sizeof(*first));
}

/*
 * Opens the chain that starts at `first`: makes it a plain list again and
 * returns the first block of the next chain.  What is written into a freed
 * block by mistake shows here as places that cannot be.
 */
static struct hk_block *unpack(struct hk_heap *heap, struct hk_block *first,
			       struct hk_chain *c)
{
	struct hk_block *next = hk_block_next(first);
	struct hk_desc *d = hk_desc_of(first);
	uintptr_t info;

	hk_note_open(first, sizeof(*first));
	info = first->mark ^ hk_arena.mark_key;
	c->slab = d;
	c->first = first;
	c->last = block_at(d, info >> 16);
	c->count = (uint32_t)(info >> 32);
	if (!c->count || c->count > hk_slab_capacity(d->class) ||
	    !hk_desc_is_start(d, c->last) ||
	    !hk_desc_is_start(d, block_at(d, info)) ||
	    (next && !hk_desc_of(next)))
		hk_fatal_list(heap, d, first);
	hk_block_set(first, c->count > 1 ? block_at(d, info) :
					   hk_list_end(d));
	return next;
}

/* ---- robbing: sorting the inbox of a heap that does not ---- */

static void rob_list(struct hk_heap *victim, struct hk_desc *d)
{
	uint32_t head = atomic_load_explicit(&victim->robbed,
					     memory_order_relaxed);

	d->rob_prev = 0;
	d->rob_next = head;
	if (head)
		hk_desc_at(head)->rob_prev = hk_desc_index(d);
	atomic_store_explicit(&victim->robbed, hk_desc_index(d),
			      memory_order_relaxed);
}

static void rob_unlist(struct hk_heap *victim, struct hk_desc *d)
{
	if (d->rob_prev)
		hk_desc_at(d->rob_prev)->rob_next = d->rob_next;
	else
		atomic_store_explicit(&victim->robbed, d->rob_next,
				      memory_order_relaxed);
	if (d->rob_next)
		hk_desc_at(d->rob_next)->rob_prev = d->rob_prev;
	d->rob_count = 0;
}

/* Joins a chain to what was robbed of its slab before. */
static void rob_add(struct hk_heap *victim, const struct hk_chain *c)
{
	struct hk_desc *d = c->slab;

	if (d->rob_count) {
		hk_block_set(c->last, block_at(d, d->rob_first));
	} else {
		rob_list(victim, d);
		d->rob_last = place_of(c->last);
	}
	d->rob_first = place_of(c->first);
	d->rob_count = (uint16_t)(d->rob_count + c->count);
}

static size_t push(struct hk_heap *to, struct hk_chain *c);

static size_t bytes_of(const struct hk_chain *c)
{
	return c->count * hk_class_size(c->slab->class);
}

/* So many bytes of chains were taken out of the inbox.  Relaxed: a figure. */
static void inbox_took(struct hk_heap *heap, size_t bytes)
{
	atomic_fetch_sub_explicit(&heap->inbox_bytes, bytes,
				  memory_order_relaxed);
}

/*
 * Takes the whole inbox of `victim` and sorts it by slab.  Full slabs all
 * of whose blocks are there become `heap`'s: the owner made it full last of
 * all (see hk_slab_leave()), and no block can come back to it.
 */
static void rob(struct hk_heap *heap, struct hk_heap *victim)
{
	struct hk_block *first, *next;
	uint32_t claimed = 0;
	size_t took = 0;
	struct hk_chain c;

	if (!hk_trylock(&victim->rob_lock, HK_RANK_ROB))
		return;
	hk_count(&heap->counts.robbed, 1);
	/* Acquire pairs with the release in push(). */
	first = (struct hk_block *)atomic_exchange_explicit(
		&victim->inbox, 0, memory_order_acquire);
	for (; first; first = next) {
		struct hk_desc *d;

		next = unpack(victim, first, &c);
		took += bytes_of(&c);
		d = c.slab;
		if (hk_desc_owner(d) !=
		    victim) {
			push(hk_desc_owner(d), &c);
			continue;
		}
		rob_add(victim, &c);
		if (d->rob_count == hk_slab_capacity(d->class) &&
		    hk_desc_is_full(d)) {
			rob_unlist(victim, d);
			d->next = claimed;	/* full: in no list */
			claimed = hk_desc_index(d);
		}
	}
	inbox_took(victim, took);
	hk_unlock(&victim->rob_lock, HK_RANK_ROB);
	while (claimed) {
		struct hk_desc *d = hk_desc_at(claimed);

		claimed = d->next;
		hk_heap_take_over(heap, d, block_at(d, d->rob_first));
	}
}

void hk_remote_rob(struct hk_heap *heap, struct hk_heap *victim)
{
	if (atomic_load_explicit(&victim->inbox, memory_order_relaxed))
		rob(heap, victim);
}

/* The owner fetches what was robbed. */
static void unrob(struct hk_heap *heap)
{
	uint32_t i;

	if (!atomic_load_explicit(&heap->robbed, memory_order_relaxed))
		return;
	hk_lock(&heap->rob_lock, HK_RANK_ROB);
	while ((i = atomic_load_explicit(&heap->robbed,
					 memory_order_relaxed))) {
		struct hk_desc *d = hk_desc_at(i);
		uint32_t n = d->rob_count;

		rob_unlist(heap, d);
		hk_heap_splice(heap, d, block_at(d, d->rob_first),
			       block_at(d, d->rob_last), n);
	}
	hk_unlock(&heap->rob_lock, HK_RANK_ROB);
}

/* ---- orphans ---- */

/*
 * The chain's slab belongs to a heap without a thread: the slab becomes the
 * sender's, and the chain with it.  False where a thread came meanwhile.
 */
static bool claim(struct hk_heap *heap, struct hk_chain *c)
{
	struct hk_desc *d = c->slab;
	struct hk_heap *owner;
	bool mine;

	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	/* Orphans' slabs change hands under this lock: relaxed. */
	owner = hk_desc_owner(d);
	mine = atomic_load_explicit(&owner->orphan, memory_order_relaxed);
	if (mine)
		hk_remote_hand_over(owner, d, heap);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
	if (mine)
		hk_heap_splice(heap, d, c->first, c->last, c->count);
	return mine;
}

void hk_remote_hand_over(struct hk_heap *owner, struct hk_desc *d,
			 struct hk_heap *heap)
{
	struct hk_block *first = NULL, *last = NULL;
	uint32_t n;

	hk_lock(&owner->rob_lock, HK_RANK_ROB);
	n = d->rob_count;
	if (n) {
		first = block_at(d, d->rob_first);
		last = block_at(d, d->rob_last);
		rob_unlist(owner, d);
	}
	if (hk_desc_state(d) == HK_SLAB_USABLE) {
		hk_heap_unlist(owner, d);
		hk_heap_list(heap, d);
	}
	/* Release: with the slab as its last owner left it. */
	hk_desc_set_owner(d, heap);
	hk_unlock(&owner->rob_lock, HK_RANK_ROB);
	if (n)
		hk_heap_splice(heap, d, first, last, n);
}

/* ---- sending ---- */

/*
 * Release: the receiver sees the links and what the freeing thread did to
 * the blocks before.  The bytes are counted first, relaxed, so that whoever
 * takes them has them to subtract.  Returns how many the inbox then has.
 */
static size_t push(struct hk_heap *to, struct hk_chain *c)
{
	uintptr_t old = atomic_load_explicit(&to->inbox, memory_order_relaxed);
	size_t size = bytes_of(c);

	size += atomic_fetch_add_explicit(&to->inbox_bytes, size,
					  memory_order_relaxed);
	pack(c);
	do {
		pack_next(c->first, old);
	} while (!atomic_compare_exchange_weak_explicit(
			 &to->inbox, &old, (uintptr_t)c->first,
			 memory_order_release, memory_order_relaxed));
	return size;
}

/*
 * A chain that is all of a full slab stays here, and the slab comes to it:
 * the owner made it full last of all, and no block can come back to it.
 */
static void send(struct hk_heap *heap, struct hk_chain *c)
{
	struct hk_chain sent = *c;
	struct hk_desc *d = sent.slab;
	struct hk_heap *owner;

	hk_count(&heap->counts.chains, 1);
	heap->chain_bytes -= bytes_of(&sent);
	c->slab = NULL;
	/* Acquire pairs with the release where the owner was set. */
	owner = hk_desc_owner(d);
	if (owner == heap) {
		hk_heap_splice(heap, d, sent.first, sent.last, sent.count);
		return;
	}
	if (sent.count == hk_slab_capacity(d->class) && hk_desc_is_full(d)) {
		hk_heap_take_over(heap, d, sent.first);
		return;
	}
	/* The next thread to get the orphan shall find its slabs there. */
	if (!heap->shared &&
	    atomic_load_explicit(&owner->orphan, memory_order_relaxed) &&
	    claim(heap, &sent))
		return;
	owner = hk_desc_owner(d);
	/* At worst a needless or a late robbery. */
	if (push(owner, &sent) > INBOX_MAX_BYTES)
		rob(heap, owner);
	else
		hk_due_note();
}

void hk_remote_send_all(struct hk_heap *heap)
{
	for (unsigned int i = 0; i < HK_CHAINS; i++)
		if (heap->chain[i].slab)
			send(heap, &heap->chain[i]);
}

static struct hk_chain *chain_for(struct hk_heap *heap,
				  const struct hk_desc *d)
{
	return &heap->chain[hk_desc_index(d) % HK_CHAINS];
}

void hk_remote_free(struct hk_heap *heap, struct hk_desc *d,
		    struct hk_block *b)
{
	struct hk_chain *c = chain_for(heap, d);

	if (c->slab != d) {
		if (c->slab)
			send(heap, c);
		c->slab = d;
		c->first = hk_list_end(d);
		c->last = b;
		c->count = 0;
		c->since = heap->tick;
	}
	hk_block_set(b, c->first);
	c->first = b;
	c->count++;
	heap->chain_bytes += hk_class_size(d->class);
	if (c->count == hk_slab_capacity(d->class))
		send(heap, c);
	else if (heap->chain_bytes > CHAINS_MAX_BYTES)
		hk_remote_send_all(heap);
}

bool hk_remote_has(struct hk_heap *heap, const struct hk_desc *d,
		   const struct hk_block *b)
{
	struct hk_chain *c = chain_for(heap, d);

	return c->slab == d && hk_list_has(c->first, b);
}

/* ---- fetching ---- */

/*
 * A chain for a slab that is no longer the heap's goes on to the owner;
 * whoever that is keeps it until he forwards it in turn.
 */
void hk_remote_drain(struct hk_heap *heap)
{
	struct hk_block *first, *next;

	/* Relaxed look: an empty inbox costs no atomic. */
	if (atomic_load_explicit(&heap->inbox, memory_order_relaxed)) {
		size_t took = 0;

		/* Acquire pairs with the release in push(). */
		first = (struct hk_block *)atomic_exchange_explicit(
			&heap->inbox, 0, memory_order_acquire);
		for (; first; first = next) {
			struct hk_heap *owner;
			struct hk_chain c;

			next = unpack(heap, first, &c);
			hk_count(&heap->counts.received, 1);
			took += bytes_of(&c);
			owner = hk_desc_owner(c.slab);
			if (owner == heap)
				hk_heap_splice(heap, c.slab, c.first, c.last,
					       c.count);
			else
				push(owner, &c);
		}
		inbox_took(heap, took);
	}
	unrob(heap);
}

void hk_remote_tick(struct hk_heap *heap)
{
	heap->tick++;
	hk_remote_drain(heap);
	if (!heap->chain_bytes)
		return;
	for (unsigned int i = 0; i < HK_CHAINS; i++) {
		struct hk_chain *c = &heap->chain[i];

		if (c->slab && heap->tick - c->since > CHAIN_MAX_AGE)
			send(heap, c);
	}
}
