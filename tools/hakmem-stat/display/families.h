/* SPDX-License-Identifier: MIT */
/*
 * families.h - the figures of processes as families of metrics: what
 * "hakmem-stat export" prints.
 */
#ifndef STAT_FAMILIES_H
#define STAT_FAMILIES_H

#include "display/exposition.h"
#include "figures/listed.h"

/*
 * Prints every figure of each of the processes, and, where they are `all` of
 * the machine, how many there are.  Puts them in the order of users and
 * numbers.
 */
void families_print(struct exposition *to, struct listing *listing, bool all);

#endif /* STAT_FAMILIES_H */
