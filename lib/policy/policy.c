/* SPDX-License-Identifier: MIT */
/*
 * policy.c - the policy in force; all zero is the default.
 */
#include "policy/policy.h"

struct hk_policy hk_policy;
