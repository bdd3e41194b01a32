/* SPDX-License-Identifier: MIT */
/*
 * The learner, with invented events and times.
 */
#include "unit.h"

#include "policy/learn.h"

#include <stdio.h>

static struct hk_learn learn;

/* `n` events of a class, one each millisecond from `ms` on. */
static unsigned int events(unsigned int n, struct hk_learn_event event)
{
	unsigned int changes = 0;

	while (n--) {
		changes += hk_learn_note(&learn, &event);
		event.ms++;
	}
	return changes;
}

static const struct hk_learn_event plain = {
	.ms = 1000, .class = 5, .capacity = 400, .carved = 400, .refills = 4,
};

static const struct hk_learn_choice preset = {
	.batch = 8, .wake = 32, .empties = 2, .age = 250,
};

static int forget(void **state)
{
	(void)state;
	memset(&learn, 0, sizeof(learn));
	return 0;
}

static struct hk_learn_choice choose(unsigned int class, uint32_t now)
{
	struct hk_learn_choice choice;

	hk_learn_choose(&learn.classes[class], now, &preset, &choice);
	return choice;
}

static void nothing_is_known(void **state)
{
	struct hk_learn_choice choice;

	(void)state;
	assert_int_equal(events(99, plain), 0);
	choice = choose(5, 1100);
	assert_int_equal(choice.why, HK_LEARN_UNKNOWN);
	assert_int_equal(choice.batch, 8);
	assert_int_equal(choice.wake, 32);
	assert_int_equal(choice.empties, 2);
	assert_int_equal(choice.age, 250);
	assert_int_equal(events(1, plain), 1);
	assert_int_equal(choose(5, 1100).why, HK_LEARN_BUSY);
	assert_int_equal(choose(6, 1100).why, HK_LEARN_UNKNOWN);
	/* A class that there is not. */
	assert_false(hk_learn_note(&learn,
		&(struct hk_learn_event){ .class = HK_LEARN_CLASSES }));
	assert_int_equal(learn.count, 100);
}

static void first_values(void **state)
{
	struct hk_learn_event sparse = plain;
	const struct hk_learn_class *c = learn.classes;

	(void)state;
	sparse.class = 7;
	sparse.carved = 100;
	sparse.refills = 25;
	sparse.given = 1;
	events(75, plain);
	events(25, sparse);
	assert_int_equal(c[5].retire, 7500);
	assert_int_equal(c[5].given, 0);
	assert_int_equal(c[5].hit, 9900);
	assert_int_equal(c[5].use, 10000);
	assert_int_equal(c[5].last, 1074);
	assert_int_equal(c[7].retire, 2500);
	assert_int_equal(c[7].given, 10000);
	assert_int_equal(c[7].hit, 7500);
	assert_int_equal(c[7].use, 2500);
	/* 2500 / 80, at most 31; slabs never filled wake later. */
	assert_int_equal(choose(7, 1100).batch, 31);
	assert_int_equal(choose(7, 1100).wake, 8);
	/* 32 * 1.0 * 0.25 + 2 */
	assert_int_equal(choose(7, 1100).empties, 10);
	assert_int_equal(choose(7, 1100).age, 1000);
	assert_int_equal(choose(5, 1100).batch, 2);
	assert_int_equal(choose(5, 1100).wake, 32);
	assert_int_equal(choose(5, 1100).empties, 2);
}

/* Nine parts old, one part new, to a basis point or so. */
static void smoothing(void **state)
{
	struct hk_learn_event other = plain;
	double expected = 10000;

	(void)state;
	other.class = 9;
	assert_int_equal(events(100, plain), 1);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(events(100, other), 1);
		expected *= 0.9;
		assert_in_range(learn.classes[5].retire,
			expected > 6 ? expected - 6 : 0, expected + 6);
		/* The others stay as they were when there was something. */
		assert_int_equal(learn.classes[5].use, 10000);
		assert_int_equal(learn.classes[5].last, 1099);
	}
	assert_int_equal(learn.classes[9].retire, 10000);
	assert_int_equal(choose(5, 1200).why, HK_LEARN_QUIET);
	assert_int_equal(choose(5, 1200).age, 250);
}

static void past(void **state)
{
	(void)state;
	events(100, plain);
	assert_int_equal(choose(5, 1099 + 2000).why, HK_LEARN_BUSY);
	assert_int_equal(choose(5, 1099 + 2001).why, HK_LEARN_PAST);
	assert_int_equal(choose(5, 1099 + 2001).empties, 0);
	assert_int_equal(choose(5, 1099 + 2001).age, 50);
}

static struct hk_learn_choice overall(uint32_t now)
{
	struct hk_learn_choice choice;

	hk_learn_overall(&learn, now, &preset, &choice);
	return choice;
}

/* Wants are added up; the age is the longest, while anything is to come. */
static void all_classes(void **state)
{
	struct hk_learn_event other = plain;

	(void)state;
	assert_int_equal(overall(1000).why, HK_LEARN_UNKNOWN);
	assert_int_equal(overall(1000).empties, 2);
	assert_int_equal(overall(1000).age, 250);
	other.class = 9;
	other.given = 1;
	events(50, plain);
	events(50, other);
	/* 2 + 0 of the one, 32 * 1.0 * 0.5 of the other */
	assert_int_equal(overall(1100).empties, 18);
	assert_int_equal(overall(1100).age, 1000);
	assert_int_equal(overall(1100).why, HK_LEARN_BUSY);
	assert_int_equal(overall(9000).empties, 0);
	assert_int_equal(overall(9000).age, 50);
	assert_int_equal(overall(9000).why, HK_LEARN_PAST);
	/* One class goes on, the other does not. */
	other.ms = 9000;
	events(100, other);
	assert_int_equal(choose(5, 9100).why, HK_LEARN_PAST);
	assert_int_equal(overall(9100).why, HK_LEARN_BUSY);
	assert_int_equal(overall(9100).empties,
		choose(9, 9100).empties);
}

/* The time of 32 bits goes round, and nothing becomes too large. */
static void extremes(void **state)
{
	struct hk_learn_event e = {
		.ms = UINT32_MAX - 50, .class = HK_LEARN_CLASSES - 1,
		.capacity = UINT16_MAX, .carved = UINT16_MAX,
		.refills = UINT16_MAX, .given = 1,
	};
	struct hk_learn_choice choice;

	(void)state;
	for (unsigned int i = 0; i < 3 * HK_LEARN_RING; i++)
		hk_learn_note(&learn, &e);
	events(100, e);
	assert_int_equal(learn.classes[e.class].last, 48);
	choice = choose(e.class, 50);
	assert_int_equal(choice.why, HK_LEARN_BUSY);
	assert_int_equal(choice.batch, 31);
	assert_int_equal(choice.empties, 32);
	/* Slabs without a block, which are none. */
	e = (struct hk_learn_event){ .class = 3 };
	events(100, e);
	assert_int_equal(learn.classes[3].use, 0);
	assert_int_equal(learn.classes[3].hit, 10000);
}

/* What a real program did, and what follows from it. */
static void recorded(void **state)
{
	const char *top = getenv("top_srcdir");
	unsigned int f[6], n = 0;
	char path[500], line[100];
	FILE *file;

	(void)state;
	if (!top)
		skip();
	snprintf(path, sizeof(path), "%s/bench/learn/python.trace", top);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%u %u %u %u %u %u", &f[0],
			&f[1], &f[2], &f[3], &f[4], &f[5]), 6);
		n += events(1, (struct hk_learn_event){
			.ms = f[0], .class = (uint16_t)f[1],
			.capacity = (uint16_t)f[2],
			.carved = (uint16_t)f[3],
			.refills = (uint16_t)f[4], .given = f[5],
		});
	}
	fclose(file);
	assert_int_equal(n, 10);
	/* Most slabs were of one class, and nearly all were given away. */
	assert_int_equal(choose(3, f[0]).why, HK_LEARN_BUSY);
	assert_in_range(choose(3, f[0]).empties, 16, 32);
	assert_int_equal(choose(1, f[0]).why, HK_LEARN_BUSY);
	assert_int_equal(choose(9, f[0]).why, HK_LEARN_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_known, forget),
		cmocka_unit_test_setup(first_values, forget),
		cmocka_unit_test_setup(smoothing, forget),
		cmocka_unit_test_setup(past, forget),
		cmocka_unit_test_setup(all_classes, forget),
		cmocka_unit_test_setup(extremes, forget),
		cmocka_unit_test_setup(recorded, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
