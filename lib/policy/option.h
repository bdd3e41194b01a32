/* SPDX-License-Identifier: MIT */
/*
 * option.h - options by name, and their values as text.
 *
 * Nothing here takes a lock: a policy that others see is the process lock's.
 * Functions that can fail return a negative errno value:
 *
 *   -ENOENT   there is no such option
 *   -EINVAL   the text is no value of its type
 *   -ERANGE   the value is too small or too large
 *   -EPERM    it does not change at run time
 */
#ifndef HK_OPTION_H
#define HK_OPTION_H

#include "base/fatal.h"
#include "policy/policy.h"

enum hk_option_type {
	HK_BOOL, HK_SIZE, HK_PERCENT, HK_MS, HK_NUMBER, HK_ENUM, HK_TEXT
};

#define HK_NAME_SIZE	20
#define HK_WORDS_SIZE	30

/* A row of the table.  No pointers: nothing to relocate in any process. */
struct hk_option {
	char name[HK_NAME_SIZE];
	char words[HK_WORDS_SIZE];	/* ENUM: "first|second|third" */
	uint8_t type;			/* enum hk_option_type */
	bool changes;			/* at run time */
	size_t least, most;		/* TEXT: bytes */
	size_t preset[HK_PRESETS];
};

extern const struct hk_option hk_option[HK_OPTIONS] HK_HIDDEN;

/* A piece of text that nothing ends. */
struct hk_span {
	const char *at;
	size_t len;
};

HK_COLD struct hk_span hk_span_of(const char *s);

/* Upper and lower case are the same. */
HK_COLD bool hk_span_is(struct hk_span span, const char *word);

/* The position of `span` among "first|second|third", or -EINVAL. */
HK_COLD int hk_span_among(struct hk_span span, const char *words);

/* The option of that name, or -ENOENT. */
HK_COLD int hk_option_find(struct hk_span name);

/* The one that `name` is likely a slip of the pen for, or -ENOENT. */
HK_COLD int hk_option_nearest(struct hk_span name);

/* A value from text, of an option that is no TEXT.  Returns 0 or why not. */
HK_COLD int hk_option_parse(enum hk_option_id id, struct hk_span text,
			    size_t *value);

/* Gives an option a value, chosen from now on, whatever the preset. */
HK_COLD int hk_option_assign(struct hk_policy *policy, enum hk_option_id id,
			     struct hk_span text);

/*
 * The same at run time.  A preset gives its values to all options that may
 * change and that nobody has chosen; -EPERM too for one that seals blocks
 * where they are not sealed, and the other way round.
 */
HK_COLD int hk_option_change(struct hk_policy *policy, enum hk_option_id id,
			     struct hk_span text);

/* Was it chosen, or left to the preset? */
HK_COLD bool hk_option_chosen(const struct hk_policy *policy,
			      enum hk_option_id id);

/* Gives an option a value where nobody chose another. */
HK_COLD void hk_option_propose(struct hk_policy *policy, enum hk_option_id id,
			       size_t value);

/* The value that is in force, whatever was chosen: see who calls it. */
HK_COLD void hk_option_overrule(struct hk_policy *policy, enum hk_option_id id,
				size_t value);

/*
 * Turns off what a process with more privileges than its caller does not do:
 * it writes nothing and starts no thread.
 */
HK_COLD void hk_option_secure(struct hk_policy *policy);

/* Everything as a preset has it, nothing chosen. */
HK_COLD void hk_option_reset(struct hk_policy *policy, enum hk_preset preset);

/* Adds a value as text to a line: a form that is read as the same value. */
HK_COLD void hk_option_put(struct hk_line *line, enum hk_option_id id,
			   size_t value);

/* The same for what a policy has, texts included. */
HK_COLD void hk_option_put_of(struct hk_line *line,
			      const struct hk_policy *policy,
			      enum hk_option_id id);

#endif /* HK_OPTION_H */
