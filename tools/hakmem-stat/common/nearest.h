/* SPDX-License-Identifier: MIT */
/*
 * nearest.h - "did you mean": of hakmem-stat and of hakmem-preload.
 */
#ifndef STAT_NEAREST_H
#define STAT_NEAREST_H

/*
 * The one of `words` (NULL ends them) that `word` is likely a slip of the
 * pen for, or NULL.
 */
const char *util_nearest(const char *word, const char *const *words);

#endif /* STAT_NEAREST_H */
