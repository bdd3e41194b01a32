/* SPDX-License-Identifier: MIT */
/*
 * pngfile.h - a picture as the bytes of a PNG file.
 */
#ifndef STAT_PNGFILE_H
#define STAT_PNGFILE_H

#include "display/canvas.h"

#include <stdbool.h>
#include <stddef.h>

/* False in a build without libpng: then there is no picture. */
extern const bool pngfile_built;

/*
 * Makes the file, with `title` as its text; the caller frees it.  Ends the
 * program where there is no memory.
 */
char *pngfile_make(const struct canvas *canvas, const char *title, size_t *len);

#endif /* STAT_PNGFILE_H */
