/* SPDX-License-Identifier: MIT */
/*
 * learn.h - from what happens to slabs to how each class is best kept.  Pure
 * code: events and times in, numbers out; nothing here allocates, locks or
 * asks for the time.  The caller has the lock, and decides what to do with
 * the numbers.
 *
 * An event is a slab that has become empty.  The last thousand are kept in a
 * ring.  At every hundredth, what they tell of each class is mixed into what
 * was known: nine parts old, one part new.  Shares are in basis points.
 */
#ifndef HK_LEARN_H
#define HK_LEARN_H

#include "policy/policy.h"

#define HK_LEARN_RING	1000u
#define HK_LEARN_EVERY	100u
#define HK_LEARN_CLASSES 80u
#define HK_LEARN_ALL	10000u	/* basis points */

struct hk_learn_event {
	uint32_t ms;
	uint16_t class;
	uint16_t capacity;	/* blocks that the slab might have had */
	uint16_t carved;	/* and had */
	uint16_t refills;	/* of the heap since its last event */
	uint32_t given;		/* 1: not kept, but given to the arena */
};

/* What is known of a class; all zero: nothing. */
struct hk_learn_class {
	uint16_t retire;	/* share of all slabs that became empty */
	uint16_t given;		/* share of its own that were not kept */
	uint16_t hit;		/* blocks that were there without a refill */
	uint16_t use;		/* share of a slab that was ever used */
	uint32_t last;		/* ms of its last event */
	uint32_t events;	/* ever */
};

struct hk_learn {
	struct hk_learn_class classes[HK_LEARN_CLASSES];
	uint32_t count;		/* events ever */
	struct hk_learn_event ring[HK_LEARN_RING];
};

/* Why a number was chosen. */
enum hk_learn_why {
	HK_LEARN_UNKNOWN,	/* too little is known: the default */
	HK_LEARN_BUSY,		/* many slabs come and go */
	HK_LEARN_QUIET,		/* some do */
	HK_LEARN_PAST,		/* none has for a while */
};

struct hk_learn_choice {
	unsigned int batch;	/* blocks that go between heap and slabs */
	unsigned int wake;	/* a full slab is used at 1/wake free */
	unsigned int empties;	/* empty slabs to keep */
	unsigned int age;	/* ms until idle memory is given back */
	enum hk_learn_why why;
};

/* Takes an event in; true where the classes have changed. */
bool hk_learn_note(struct hk_learn *learn, const struct hk_learn_event *event);

/* The numbers of a preset: what holds where nothing is known. */
void hk_learn_preset(enum hk_preset preset, struct hk_learn_choice *choice);

/*
 * What is best for a class at a time.  `otherwise` is what holds where
 * nothing is known, the preset's numbers; it is also what the others are
 * reckoned from.
 */
void hk_learn_choose(const struct hk_learn_class *class, uint32_t now,
		     const struct hk_learn_choice *otherwise,
		     struct hk_learn_choice *choice);

/*
 * What is best for the process, whose heaps keep empty slabs for any class
 * and whose idle memory has one age: `empties`, `age` and `why`.
 */
void hk_learn_overall(const struct hk_learn *learn, uint32_t now,
		      const struct hk_learn_choice *otherwise,
		      struct hk_learn_choice *choice);

#endif /* HK_LEARN_H */
