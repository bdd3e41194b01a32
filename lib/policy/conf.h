/* SPDX-License-Identifier: MIT */
/*
 * conf.h - from text to policy.
 */
#ifndef HK_CONF_H
#define HK_CONF_H

#include "policy/policy.h"

/*
 * Reads the environment variables of one process into `policy`.  `get`
 * looks one up by name, NULL where it is not set.  A switch is on with "1",
 * off with "0", empty, or when it is not set; any other value leaves it off
 * and is told to `warn`, once for each variable.
 */
void hk_conf_environment(struct hk_policy *policy,
			 const char *(*get)(const char *name),
			 void (*warn)(const char *name, const char *value));

#endif /* HK_CONF_H */
