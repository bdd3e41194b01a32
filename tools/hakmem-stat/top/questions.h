/* SPDX-License-Identifier: MIT */
/*
 * questions.h - what "hakmem-stat top" asks, in the line above the list: the
 * answer is typed there, and takes effect with Enter.
 */
#ifndef STAT_QUESTIONS_H
#define STAT_QUESTIONS_H

#include "top/view.h"

#define QUESTIONS_DELAY_LEAST	0.1
#define QUESTIONS_DELAY_MOST	86400.0

/* A number of seconds as -d and the key take it; false where it is none. */
bool questions_delay(const char *word, double *delay);

enum view_does questions_ask(struct view *view, enum view_question question);

/* A key while something is asked. */
enum view_does questions_key(struct view *view, int key);

/* What is asked, "" without a question. */
const char *questions_text(const struct view *view);

#endif /* STAT_QUESTIONS_H */
