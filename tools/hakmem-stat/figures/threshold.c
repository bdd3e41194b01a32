/* SPDX-License-Identifier: MIT */
/*
 * threshold.c - see threshold.h.
 */
#include "figures/threshold.h"

#include "common/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char decimals[] = "0123456789";

static void blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

static bool read_name(struct threshold *threshold, const char **at)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strspn(*at, letters);

	if (!len)
		return false;
	threshold->name = util_copy(*at, len);
	*at += len;
	return true;
}

static bool read_order(struct threshold *threshold, const char **at)
{
	bool equal;

	if (**at != '>' && **at != '<')
		return false;
	equal = (*at)[1] == '=';
	if (**at == '>')
		threshold->order = equal ? THRESHOLD_AT_LEAST :
			THRESHOLD_ABOVE;
	else
		threshold->order = equal ? THRESHOLD_AT_MOST :
			THRESHOLD_BELOW;
	*at += equal ? 2 : 1;
	return true;
}

/* "12", "0.5", "+3", "-3". */
static bool read_number(struct threshold *threshold, const char **at)
{
	const char *start = *at + (**at == '+' || **at == '-');
	size_t len = strspn(start, decimals);
	size_t more = start[len] == '.' ? strspn(start + len + 1, decimals) : 0;

	if (!len || (start[len] == '.' && !more)) {
		*at = start + len + (len && start[len] == '.');
		return false;
	}
	threshold->amount = strtold(*at, NULL);
	*at = start + len + (more ? more + 1 : 0);
	return true;
}

static void read_unit(struct threshold *threshold, const char **at)
{
	static const char letters[] = "KMGT";
	const char *letter = **at ? strchr(letters, **at) : NULL;

	if (**at == '%') {
		threshold->is_percent = true;
		++*at;
	} else if (letter) {
		threshold->amount *= (long double)
			((uint64_t)1 << 10 * (letter - letters + 1));
		++*at;
		if (!strncmp(*at, "iB", 2))
			*at += 2;
	}
}

static const char *read_all(struct threshold *threshold, const char **at)
{
	blanks(at);
	if (!read_name(threshold, at))
		return "the name of a figure";
	blanks(at);
	if (!read_order(threshold, at))
		return "'>', '>=', '<' or '<='";
	blanks(at);
	if (!read_number(threshold, at))
		return "a number";
	blanks(at);
	read_unit(threshold, at);
	blanks(at);
	return **at ? "'%', 'K', 'M', 'G', 'T' or the end" : NULL;
}

const char *threshold_read(struct threshold *threshold, const char *text,
			   size_t *column)
{
	const char *at = text;
	const char *wanted;

	*threshold = (struct threshold){ .text = text };
	wanted = read_all(threshold, &at);
	*column = (size_t)(at - text) + 1;
	if (wanted)
		free(threshold->name);
	return wanted;
}

/* Of nothing, anything is infinitely much. */
static long double percent(long double difference, long double of)
{
	if (difference == 0)
		return 0;
	if (of == 0)
		return difference > 0 ? HUGE_VALL : -HUGE_VALL;
	return 100 * difference / of;
}

bool threshold_is_met(const struct threshold *threshold, long double a,
		      long double b)
{
	long double by = threshold->is_percent ? percent(b - a, a) : b - a;

	switch (threshold->order) {
	case THRESHOLD_ABOVE:
		return by > threshold->amount;
	case THRESHOLD_AT_LEAST:
		return by >= threshold->amount;
	case THRESHOLD_BELOW:
		return by < threshold->amount;
	default:
		return by <= threshold->amount;
	}
}
