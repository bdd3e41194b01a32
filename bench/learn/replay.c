/* SPDX-License-Identifier: MIT */
/*
 * replay.c - replays a recorded trace of slabs that became empty, and tells
 * what the learner decided, when, and why.  A trace is text, one event a
 * line, "#" before remarks:
 *
 *     MS CLASS CAPACITY CARVED REFILLS GIVEN
 *
 * with the fields of struct hk_learn_event (policy/learn.h).  Times may start
 * anywhere.  A line is printed for each class each time that its numbers
 * change.
 *
 *     replay FILE
 */
#include "policy/learn.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const reasons[] = {
	[HK_LEARN_UNKNOWN] = "too little is known",
	[HK_LEARN_BUSY] = "many slabs come and go",
	[HK_LEARN_QUIET] = "some slabs come and go",
	[HK_LEARN_PAST] = "none has for a while",
};

static struct hk_learn learn;
static struct hk_learn_choice choices[HK_LEARN_CLASSES];

static bool same(const struct hk_learn_choice *a,
	const struct hk_learn_choice *b)
{
	return a->batch == b->batch && a->wake == b->wake &&
		a->empties == b->empties && a->age == b->age &&
		a->why == b->why;
}

static void tell(unsigned int class, uint32_t now)
{
	const struct hk_learn_class *c = &learn.classes[class];
	struct hk_learn_choice balanced, choice;

	hk_learn_preset(HK_BALANCED, &balanced);
	hk_learn_choose(c, now, &balanced, &choice);
	if (same(&choice, &choices[class]))
		return;
	choices[class] = choice;
	printf("%6u events, %u ms: class %u: batch %u, wake 1/%u, "
	       "empties %u, age %u ms: %s (retire %u, given %u, hit %u, "
	       "use %u)\n", learn.count, now, class, choice.batch,
		choice.wake, choice.empties, choice.age, reasons[choice.why],
		c->retire, c->given, c->hit, c->use);
}

static bool parse(const char *line, struct hk_learn_event *event)
{
	unsigned int field[6];
	int end = 0;

	if (sscanf(line, "%u %u %u %u %u %u %n", &field[0], &field[1],
		    &field[2], &field[3], &field[4], &field[5], &end) != 6 ||
		line[end])
		return false;
	for (int i = 1; i < 5; i++)
		if (field[i] > UINT16_MAX)
			return false;
	*event = (struct hk_learn_event){
		.ms = field[0], .class = (uint16_t)field[1],
		.capacity = (uint16_t)field[2],
		.carved = (uint16_t)field[3],
		.refills = (uint16_t)field[4], .given = field[5],
	};
	return field[1] < HK_LEARN_CLASSES && field[3] <= field[2] &&
		field[5] <= 1;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct hk_learn_event event;
	unsigned int number = 0;
	char line[256];

	if (!file) {
		fprintf(stderr, "usage: replay FILE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (line[0] == '#')
			continue;
		if (!parse(line, &event)) {
			fprintf(stderr, "%s:%u: no event\n", argv[1], number);
			return 1;
		}
		if (!hk_learn_note(&learn, &event))
			continue;
		for (unsigned int c = 0; c < HK_LEARN_CLASSES; c++)
			if (learn.classes[c].events)
				tell(c, event.ms);
	}
	fclose(file);
	return 0;
}
