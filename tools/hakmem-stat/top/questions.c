/* SPDX-License-Identifier: MIT */
/*
 * questions.c - see questions.h.
 */
#include "top/questions.h"

#include "common/user.h"
#include "common/util.h"
#include "figures/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *questions_text(const struct view *view)
{
	static const char *const texts[] = {
		[VIEW_NONE] = "",
		[VIEW_USER] = "processes of user (none: of all): ",
		[VIEW_TEXT] = "processes with the text (none: all): ",
		[VIEW_DELAY] = "seconds between looks: ",
		[VIEW_SORT] = "sort by column: ",
	};

	return texts[view->question];
}

enum view_does questions_ask(struct view *view, enum view_question question)
{
	view->question = question;
	*view->answer = '\0';
	return VIEW_DRAW;
}

bool questions_delay(const char *word, double *delay)
{
	char *end;
	double value = strtod(word, &end);

	/* No sign, no exponent, no "inf". */
	if (!*word || word[strspn(word, "0123456789.")] || *end ||
	    value < QUESTIONS_DELAY_LEAST || value > QUESTIONS_DELAY_MOST)
		return false;
	*delay = value;
	return true;
}

static enum view_does answer_user(struct view *view)
{
	uid_t uid;

	if (!*view->answer) {
		view->whose = (struct listed_whose){ .any = true };
	} else if (user_named(view->answer, &uid)) {
		view->whose = (struct listed_whose){ .uid = uid };
	} else {
		snprintf(view->message, sizeof(view->message),
			 "there is no user '%s'", view->answer);
		return VIEW_DRAW;
	}
	snprintf(view->user, sizeof(view->user), "%s", view->answer);
	return VIEW_READ;
}

static enum view_does answer_sort(struct view *view)
{
	const char *nearest;

	for (int c = 0; columns_names[c]; c++)
		if (!strcmp(columns_names[c], view->answer)) {
			view_sort(view, c);
			return VIEW_DRAW;
		}
	if (!*view->answer)
		return VIEW_DRAW;
	nearest = util_nearest(view->answer, columns_names);
	snprintf(view->message, sizeof(view->message),
		 "there is no column '%s'%s%s%s", view->answer,
		 nearest ? "; did you mean '" : "", nearest ? nearest : "",
		 nearest ? "'?" : "");
	return VIEW_DRAW;
}

static enum view_does answer(struct view *view)
{
	enum view_question question = view->question;

	view->question = VIEW_NONE;
	switch (question) {
	case VIEW_USER:
		return answer_user(view);
	case VIEW_SORT:
		return answer_sort(view);
	case VIEW_TEXT:
		snprintf(view->watched.text, sizeof(view->watched.text), "%s",
			 view->answer);
		watched_arrange(&view->watched);
		view_follow(view);
		return VIEW_DRAW;
	case VIEW_DELAY:
		if (!*view->answer ||
		    questions_delay(view->answer, &view->delay))
			return VIEW_READ;
		snprintf(view->message, sizeof(view->message),
			 "'%s' is no number of seconds from 0.1 to 86400",
			 view->answer);
		return VIEW_DRAW;
	case VIEW_NONE:
		break;
	}
	return VIEW_DRAW;
}

enum view_does questions_key(struct view *view, int key)
{
	size_t len = strlen(view->answer);

	if (key == VIEW_ENTER)
		return answer(view);
	if (key == VIEW_ESCAPE)
		view->question = VIEW_NONE;
	else if (key == VIEW_ERASE && len)
		view->answer[len - 1] = '\0';
	else if (key >= ' ' && key <= '~' && len < sizeof(view->answer) - 2) {
		view->answer[len] = (char)key;
		view->answer[len + 1] = '\0';
	}
	return VIEW_DRAW;
}
