/* SPDX-License-Identifier: MIT */
/*
 * conf.c - see conf.h: one row for each variable.
 */
#include "policy/conf.h"

static const struct {
	const char *name;
	size_t offset;		/* of a bool in struct hk_policy */
} switches[] = {
	{ "HAKMEM_SS_OS_STATS", offsetof(struct hk_policy, os_stats) },
	{ "HAKMEM_FORCE_LIBC_ALLOC", offsetof(struct hk_policy, force_libc) },
	{ "HAKMEM_BACKGROUND_THREAD",
	  offsetof(struct hk_policy, background_thread) },
	{ "HAKMEM_LEARNER", offsetof(struct hk_policy, learner) },
};

static bool is_digit(const char *value, char digit)
{
	return value[0] == digit && !value[1];
}

void hk_conf_environment(struct hk_policy *policy,
			 const char *(*get)(const char *name),
			 void (*warn)(const char *name, const char *value))
{
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		bool *on = (bool *)((char *)policy + switches[i].offset);
		const char *value = get(switches[i].name);

		*on = value && is_digit(value, '1');
		if (value && *value && !*on && !is_digit(value, '0'))
			warn(switches[i].name, value);
	}
}
