/* SPDX-License-Identifier: MIT */
/*
 * conf.h - from text to policy: what the configuration file and the
 * environment say.  Later sources win over earlier ones:
 *
 *   1. the preset "balanced"
 *   2. the file: lines of "key = value", "#" starts a comment
 *   3. HAKMEM_CONF: "key=value,key=value"
 *   4. variables that stand for one option each
 *
 * The last preset that any source names comes first, before all keys: a key
 * that is given anywhere holds whatever the preset says.
 *
 * Whatever is wrong is left out and told; the rest is in force.  Nothing here
 * allocates, or reads anything but its arguments.
 */
#ifndef HK_CONF_H
#define HK_CONF_H

#include "base/fatal.h"
#include "policy/policy.h"

/* How many problems are told; then how many more there are. */
#define HK_CONF_TOLD	8

struct hk_conf {
	/* From the caller. */
	const char *file;		/* the name of the file */
	const char *text;		/* what is in it; NULL: there is none */
	size_t len;
	const char *const *env;		/* "NAME=value" until NULL; or NULL */
	/* Called with each problem, a line without its end; or NULL. */
	void (*tell)(struct hk_line *line);

	/* What comes of it. */
	struct hk_policy *policy;
	unsigned int problems;
};

/* Reads all sources into conf->policy. */
HK_COLD void hk_conf_read(struct hk_conf *conf);

/*
 * Counts one more problem and, where it is to be told, starts a line that
 * names the source: "hakmem: SOURCE: " or "hakmem: SOURCE:NUMBER: ".
 * Otherwise returns false.
 */
HK_COLD bool hk_conf_problem(struct hk_conf *conf, struct hk_line *line,
			     const char *source, unsigned int number);

#endif /* HK_CONF_H */
