/* SPDX-License-Identifier: MIT */
/*
 * heads.h - the two lines that "hakmem-stat top" shows above its list.  The
 * texts are the caller's, to free.
 */
#ifndef STAT_HEADS_H
#define STAT_HEADS_H

#include "top/view.h"

/* The time, how many processes, and what was chosen. */
char *heads_list(const struct view *view);

/* The sums of those that are shown, and the memory of the machine. */
char *heads_sums(const struct watched *watched);

#endif /* STAT_HEADS_H */
