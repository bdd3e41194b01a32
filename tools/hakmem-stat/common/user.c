/* SPDX-License-Identifier: MIT */
/*
 * user.c - see user.h.
 */
#define _GNU_SOURCE
#include "common/user.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

bool user_named(const char *name, uid_t *uid)
{
	const struct passwd *entry = getpwnam(name);
	unsigned long number;
	char *end;

	if (entry) {
		*uid = entry->pw_uid;
		return true;
	}
	number = strtoul(name, &end, 10);
	*uid = (uid_t)number;
	return strspn(name, "0123456789") > 0 && !*end && number < (uid_t)-1;
}
