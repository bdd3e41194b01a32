/* SPDX-License-Identifier: MIT */
/*
 * preset.h - the preset that hakmem.conf names.
 */
#ifndef PRELOAD_PRESET_H
#define PRELOAD_PRESET_H

/*
 * The preset of a process that starts now and has no variables; never NULL.
 * `*why` becomes what is wrong with the file as a whole, or NULL.
 */
const char *preset_in_force(char **why);

#endif /* PRELOAD_PRESET_H */
