/* SPDX-License-Identifier: MIT */
/*
 * user.h - users as a command line names them.
 */
#ifndef STAT_USER_H
#define STAT_USER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The user of that name, or number, whether it has a name or not, as ps(1) has
 * it.  False where there is none.
 */
bool user_named(const char *name, uid_t *uid);

#endif /* STAT_USER_H */
