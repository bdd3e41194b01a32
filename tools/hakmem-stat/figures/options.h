/* SPDX-License-Identifier: MIT */
/*
 * options.h - an option of the library as text, for whatever prints it.
 */
#ifndef STAT_OPTIONS_H
#define STAT_OPTIONS_H

#include "policy/policy.h"
#include "process/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_PRESETS	3

struct option_row {
	const char *name;
	const char *type;
	const char *unit;
	const char *help;
	bool changes;		/* at run time */
	bool chosen;		/* not left to the preset */
	char *value;		/* of a process that starts now */
	char *preset[OPTION_PRESETS];
	char *least, *most, *range;
};

/* A row of an option, of a process with that policy; and its texts go. */
void options_fill(struct option_row *row, const struct hk_policy *policy,
		  enum hk_option_id id);
void options_release(struct option_row *row);

/*
 * A value as the library reads it, of an option that is a number and within
 * its range; and what a policy has, of any.  The caller frees them.
 */
char *options_value(enum hk_option_id id, size_t value);
char *options_value_of(const struct hk_policy *policy, enum hk_option_id id);

/* The same of a number that a process says; NULL where it cannot be one. */
char *options_value_said(enum hk_option_id id, uint64_t n);

/* What a page has of the option of that name; NULL where it has nothing. */
#define OPTIONS_PREFIX	"option_"
const struct page_value *options_on_page(const struct page *page,
					 const char *name);

/* Of a page's value "option_...": is it a share, in thousandths? */
bool options_is_share(const char *name);

/* `name`, which is a preset's; for any other, ends with util_trouble. */
const char *options_preset(const char *name);

/* The name of a preset by its number; "?" for one of a later version. */
const char *options_preset_word(uint64_t value);

#endif /* STAT_OPTIONS_H */
