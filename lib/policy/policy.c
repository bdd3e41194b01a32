/* SPDX-License-Identifier: MIT */
/*
 * policy.c - the policy in force; at first the preset "balanced".
 */
#include "policy/policy.h"

/* The texts are empty. */
#define X(id, name, type, unit, changes, least, most, balanced, ...) \
	[HK_OPT_##id] = balanced,

struct hk_policy hk_policy = { .value = { HK_OPTION_NUMBERS(X) } };
