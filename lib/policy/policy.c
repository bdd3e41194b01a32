/* SPDX-License-Identifier: MIT */
/*
 * policy.c - the policy in force; at first the preset "balanced".
 */
#include "policy/policy.h"

/* Texts are beyond the words, and empty. */
#define X(id, name, type, unit, changes, least, most, balanced, ...) \
	WORD_##type(id, balanced)
#define WORD_BOOL(id, v)	[HK_OPT_##id] = v,
#define WORD_SIZE(id, v)	[HK_OPT_##id] = v,
#define WORD_PERCENT(id, v)	[HK_OPT_##id] = v,
#define WORD_MS(id, v)		[HK_OPT_##id] = v,
#define WORD_NUMBER(id, v)	[HK_OPT_##id] = v,
#define WORD_ENUM(id, v)	[HK_OPT_##id] = v,
#define WORD_TEXT(id, v)

struct hk_policy hk_policy = { .value = { HK_OPTION_TABLE(X) } };
