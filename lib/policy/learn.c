/* SPDX-License-Identifier: MIT */
/*
 * learn.c - see learn.h.
 */
#include "policy/learn.h"

#include "policy/option.h"

#include <string.h>

/* Nine parts old, one part new. */
#define PARTS		10u

/* Nothing is decided for a class with fewer events than these. */
#define EVENTS_MIN	10u

/* A class is busy that has so large a share of all events... */
#define BUSY		1000u
/* ...and past when it had none for so long. */
#define PAST_MS		2000u

/* The least and most of each number. */
#define BATCH_MIN	2u
#define BATCH_MAX	31u
#define WAKE_SPARSE	8u
#define EMPTIES_MIN	0u
#define EMPTIES_MAX	32u

/* Memory that will be used again soon waits so many times as long as other,
   and what nobody has used for a while a part of it. */
#define AGE_BUSY	4u
#define AGE_PAST	5u

/* A slab is sparse of which less than this was ever used. */
#define SPARSE		5000u

/* The events of one class among the last hundred. */
struct sums {
	uint32_t events, given, carved, capacity, refills;
};

static uint16_t share(uint32_t part, uint32_t all)
{
	if (!all)
		return 0;
	return (uint16_t)((uint64_t)hk_min(part, all) * HK_LEARN_ALL / all);
}

/* A first value counts in full. */
static uint16_t mix(uint16_t old, uint16_t now, bool first)
{
	if (first)
		return now;
	return (uint16_t)((old * (PARTS - 1) + now + PARTS / 2) / PARTS);
}

static void learn_class(struct hk_learn_class *c, const struct sums *sum,
			uint32_t last)
{
	bool first = !c->events;

	c->retire = mix(c->retire, share(sum->events, HK_LEARN_EVERY), first);
	if (!sum->events)
		return;
	c->given = mix(c->given, share(sum->given, sum->events), first);
	c->hit = mix(c->hit,
		     (uint16_t)(HK_LEARN_ALL -
				share(sum->refills, sum->carved)), first);
	c->use = mix(c->use, share(sum->carved, sum->capacity), first);
	c->last = last;
	c->events += sum->events;
}

/* Mixes the last hundred events in. */
static void aggregate(struct hk_learn *learn)
{
	for (uint16_t class = 0; class < HK_LEARN_CLASSES; class++) {
		struct sums sum = { 0 };
		uint32_t last = 0;

		for (uint32_t i = 1; i <= HK_LEARN_EVERY; i++) {
			const struct hk_learn_event *e =
				&learn->ring[(learn->count - i) %
					     HK_LEARN_RING];

			if (e->class != class)
				continue;
			if (!sum.events)
				last = e->ms;
			sum.events++;
			sum.given += e->given;
			sum.carved += e->carved;
			sum.capacity += e->capacity;
			sum.refills += e->refills;
		}
		if (sum.events || learn->classes[class].events)
			learn_class(&learn->classes[class], &sum, last);
	}
}

bool hk_learn_note(struct hk_learn *learn, const struct hk_learn_event *event)
{
	if (event->class >= HK_LEARN_CLASSES)
		return false;
	learn->ring[learn->count++ % HK_LEARN_RING] = *event;
	if (learn->count % HK_LEARN_EVERY)
		return false;
	aggregate(learn);
	return true;
}

static unsigned int between(unsigned int least, size_t n, unsigned int most)
{
	return (unsigned int)hk_max(least, hk_min(n, most));
}

static enum hk_learn_why why(const struct hk_learn_class *c, uint32_t now)
{
	if (c->events < EVENTS_MIN)
		return HK_LEARN_UNKNOWN;
	if (now - c->last > PAST_MS)
		return HK_LEARN_PAST;
	return c->retire >= BUSY ? HK_LEARN_BUSY : HK_LEARN_QUIET;
}

static unsigned int number(enum hk_option_id id, enum hk_preset preset)
{
	return (unsigned int)hk_option[id].preset[preset];
}

void hk_learn_preset(enum hk_preset preset, struct hk_learn_choice *choice)
{
	*choice = (struct hk_learn_choice){
		.batch = number(HK_OPT_BATCH, preset),
		.wake = number(HK_OPT_WAKE, preset),
		.empties = number(HK_OPT_EMPTIES, preset),
		.age = number(HK_OPT_PURGE_AGE, preset),
		.why = HK_LEARN_UNKNOWN,
	};
}

/*
 * Where refills are many for the blocks that they bring, more are taken at a
 * time: from the least, where all but one in 64 are there, to the most, where
 * a refill brings four.  A class that gave slabs away and has more of the
 * traffic than others keeps more of them, and its memory is worth waiting
 * for; one that has stopped keeps nothing.  Slabs that are never filled are
 * left to become empty: their blocks are used again later.
 */
void hk_learn_choose(const struct hk_learn_class *c, uint32_t now,
		     const struct hk_learn_choice *otherwise,
		     struct hk_learn_choice *choice)
{
	size_t more;

	*choice = *otherwise;
	choice->why = why(c, now);
	if (choice->why == HK_LEARN_UNKNOWN)
		return;
	choice->batch = between(BATCH_MIN, (HK_LEARN_ALL - c->hit) / 80u,
				BATCH_MAX);
	if (c->use < SPARSE)
		choice->wake = WAKE_SPARSE;
	if (choice->why == HK_LEARN_PAST) {
		choice->empties = EMPTIES_MIN;
		choice->age = otherwise->age / AGE_PAST;
		return;
	}
	more = (size_t)EMPTIES_MAX * c->given / HK_LEARN_ALL * c->retire /
		HK_LEARN_ALL;
	choice->empties = between(otherwise->empties,
				  more + otherwise->empties, EMPTIES_MAX);
	if (choice->why == HK_LEARN_BUSY)
		choice->age = otherwise->age * AGE_BUSY;
}

/*
 * Each class that has more to come adds what it wants beyond the default, and
 * the one that wants the most time gets it.  Nothing is kept where all is
 * past.
 */
void hk_learn_overall(const struct hk_learn *learn, uint32_t now,
		      const struct hk_learn_choice *otherwise,
		      struct hk_learn_choice *choice)
{
	size_t age = otherwise->age / AGE_PAST;
	size_t empties = otherwise->empties;
	struct hk_learn_choice one;

	*choice = *otherwise;
	choice->why = HK_LEARN_UNKNOWN;
	for (unsigned int class = 0; class < HK_LEARN_CLASSES; class++) {
		hk_learn_choose(&learn->classes[class], now, otherwise, &one);
		if (one.why == HK_LEARN_UNKNOWN)
			continue;
		/* The most promising reason is the smallest known one. */
		if (choice->why == HK_LEARN_UNKNOWN || one.why < choice->why)
			choice->why = one.why;
		age = hk_max(age, one.age);
		if (one.why != HK_LEARN_PAST)
			empties += one.empties - otherwise->empties;
	}
	if (choice->why == HK_LEARN_UNKNOWN)
		return;
	choice->age = (unsigned int)age;
	choice->empties = choice->why == HK_LEARN_PAST ? EMPTIES_MIN :
		between(otherwise->empties, empties, EMPTIES_MAX);
}
