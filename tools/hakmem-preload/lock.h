/* SPDX-License-Identifier: MIT */
/*
 * lock.h - one hakmem-preload at a time changes a tree.
 *
 * The lock is flock(2) on a file of root's in /etc, so that two see each
 * other also where one works on the tree from outside, by --root.  It is
 * removed at the end; one that is left by a process that was killed is
 * locked by nobody and is used again.
 */
#ifndef PRELOAD_LOCK_H
#define PRELOAD_LOCK_H

#define LOCK_FILE	"/etc/.hakmem-preload.lock"

/*
 * Waits up to ten seconds, and removes what a process that was killed left of
 * its changes.  Returns a status.  Where /etc is read-only all is well, since
 * nobody can change anything there.
 */
int lock_take(void);
void lock_give(void);

#endif /* PRELOAD_LOCK_H */
